//! The screen as a pure function of messages: [`update()`] takes one in and says
//! what is to be done, [`view()`] draws the model. Nothing here reads a clock, a
//! key, a file or a socket; that is the runtime's part.

pub mod chrome;
pub mod complete;
pub mod conversation;
pub mod editor;
pub mod held;
pub mod help;
pub mod input;
pub mod jobs;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod model;
pub mod msg;
pub mod palette;
pub mod pointer;
pub mod review;
pub mod signs;
pub mod text;
pub mod theme;
pub mod update;
pub mod verb;
pub mod view;

#[cfg(test)]
mod tests;

pub use key::Key;
pub use keymap::Override;
pub use model::{Habits, Model, ParseQuery, Setup};
pub use msg::{EditTask, Edited, Effect, Input, Lane, Msg, Piped, Renewed};
pub use pointer::Pointer;
pub use theme::Theme;
pub use update::{SAY_AGAIN, closing, start, update};
pub use view::view;
