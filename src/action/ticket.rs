//! What is done to tickets, on the screen and on the command line alike.

use super::Action;

pub static ACTIONS: &[Action] = &[];
