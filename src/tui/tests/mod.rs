mod composing;
mod contrast;
mod pictures;
mod sizes;
mod stories;
pub(super) mod support;
mod ticket;
