//! The forms in which values leave a thread or the process: the messages
//! between the screen and the workers, and the documented JSON of the commands.

pub mod answer;
pub mod doctor;
pub mod job;
pub mod json;
pub mod news;
pub mod redaction;
