//! Changes of ours that were not applied because a colleague was first.

use std::collections::BTreeSet;

use crate::domain::{EventId, TicketKey};
use crate::protocol::answer::{Complaint, ConflictLine};

#[derive(Clone, Debug, Default)]
pub struct ConflictScreen {
    /// Those that wait for a decision come first.
    pub lines: Vec<ConflictLine>,
    pub selected: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
    /// Those the agent has been told of.
    pub announced: BTreeSet<EventId>,
}

impl ConflictScreen {
    /// How many wait for a decision and have not been shared.
    pub fn undecided(&self) -> usize {
        self.lines.iter().filter(|line| line.is_undecided).count()
    }

    /// Whether there is one that the mail server does not take.
    pub fn is_stuck(&self) -> bool {
        self.lines.iter().any(|line| line.is_parked)
    }

    /// Whether a change to a ticket was not applied.
    pub fn is_on(&self, ticket: &TicketKey) -> bool {
        self.lines.iter().any(|line| line.ticket == *ticket)
    }

    /// Whether the agent has not been told of one that waits for a decision.
    pub fn is_to_be_announced(&self) -> bool {
        self.lines.iter().any(|line| line.is_undecided && !self.announced.contains(&line.event))
    }

    /// How many were shared, lost, and have not been told of.
    pub fn untold(&self) -> usize {
        self.lines.iter().filter(|line| !line.is_undecided && !self.announced.contains(&line.event)).count()
    }

    /// Notes those that were shared as told.
    pub fn announce_shared(&mut self) {
        self.announced.extend(self.lines.iter().filter(|line| !line.is_undecided).map(|line| line.event));
    }

    /// Notes all as told.
    pub fn announce(&mut self) {
        self.announced.extend(self.lines.iter().map(|line| line.event));
    }
}
