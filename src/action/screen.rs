//! What only the screen offers: moving, opening, searching, quitting.

use super::Action;

pub static ACTIONS: &[Action] = &[];
