//! The command line: clap from the registry, one order, one answer.

pub mod build;
pub mod clock;
pub mod fail;
pub mod meant;
pub mod out;
pub mod table;
pub mod usage;
pub mod words;
