//! What only the command line offers: sync, demo, outbox, templates, …

use super::Action;

pub static ACTIONS: &[Action] = &[];
