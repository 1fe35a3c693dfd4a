//! Changes to tickets: where the cursor goes behind them, and those to many at once.

use std::collections::VecDeque;

use crate::domain::{EventId, TicketKey};
use crate::protocol::job::Act;

/// What happens once a ticket has been solved, assigned, put to sleep, moved or merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterAction {
    /// The next ticket of the list.
    Next,
    /// The same one; when it leaves the list, its neighbour.
    #[default]
    Stay,
    /// Back to the list.
    Back,
}

impl AfterAction {
    pub const ALL: [(&'static str, Self); 3] = [("next", Self::Next), ("stay", Self::Stay), ("back", Self::Back)];
}

/// A change to many tickets, made in batches so that other work comes in between.
#[derive(Clone, Debug)]
pub struct Bulk {
    pub act: Act,
    pub left: VecDeque<TicketKey>,
    pub total: usize,
    pub changed: usize,
    /// Tickets that were as wished already.
    pub unchanged: usize,
    /// Which ticket failed, and why.
    pub failed: Vec<(TicketKey, String)>,
    /// The first event: all that follow are one gesture with it.
    pub first: Option<EventId>,
    /// The agent wants no further batch.
    pub stopping: bool,
}

impl Bulk {
    pub fn new(tickets: Vec<TicketKey>, act: Act) -> Self {
        let total = tickets.len();
        Self { act, left: tickets.into(), total, changed: 0, unchanged: 0, failed: Vec::new(), first: None, stopping: false }
    }

    /// How many tickets have been looked at.
    pub fn done(&self) -> usize {
        self.changed + self.unchanged + self.failed.len()
    }
}
