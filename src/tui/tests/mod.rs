mod composing;
mod contrast;
mod jobs;
mod pictures;
mod sizes;
mod stories;
pub(super) mod support;
mod ticket;
