//! The command line: clap from the registry, one order, one answer.

pub mod build;
pub mod clock;
pub mod desks;
pub mod fail;
pub mod input;
pub mod list;
pub mod meant;
pub mod out;
pub mod places;
#[cfg(test)]
mod samples;
pub mod show;
pub mod table;
pub mod usage;
pub mod words;
