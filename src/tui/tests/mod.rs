mod pictures;
mod sizes;
mod stories;
mod support;
