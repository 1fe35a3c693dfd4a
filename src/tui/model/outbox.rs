//! The mail that waits to leave.

use std::collections::BTreeSet;

use crate::domain::outbox::OutboxState;
use crate::protocol::answer::Complaint;
use crate::protocol::json::OutboxLine;

#[derive(Clone, Debug, Default)]
pub struct OutboxScreen {
    pub lines: Vec<OutboxLine>,
    pub selected: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
    /// The mails waiting for a word of the agent that he has been told of.
    pub announced: BTreeSet<i64>,
    /// What was said of a mail that could not leave for now: untrue as soon as none waits.
    pub said: Option<String>,
}

impl OutboxScreen {
    /// Mail that has not left the house.
    pub fn waiting(&self) -> usize {
        self.lines.iter().filter(|line| line.state != OutboxState::Sent).count()
    }

    /// Takes in what is there now. What waited before this screen was opened is counted in the status line.
    pub fn take(&mut self, lines: Vec<OutboxLine>) {
        self.selected = self.selected.min(lines.len().saturating_sub(1));
        self.lines = lines;
        let stuck: BTreeSet<i64> = self.stuck().map(|line| line.id).collect();
        self.announced.retain(|id| stuck.contains(id));
        if !self.loaded {
            self.announced = stuck;
        }
        (self.loaded, self.error) = (true, None);
    }

    /// Mails about which the agent has to say something.
    fn stuck(&self) -> impl Iterator<Item = &OutboxLine> {
        self.lines.iter().filter(|line| matches!(line.state, OutboxState::Held | OutboxState::Refused | OutboxState::Uncertain))
    }

    /// Those of them that the agent has not been told of.
    pub fn untold(&self) -> impl Iterator<Item = &OutboxLine> {
        self.stuck().filter(|line| !self.announced.contains(&line.id))
    }

    /// Notes all of them as told.
    pub fn announce(&mut self) {
        self.announced = self.stuck().map(|line| line.id).collect();
    }

    pub fn left_the_house(&mut self, id: i64) {
        self.lines.iter_mut().filter(|line| line.id == id).for_each(|line| line.state = OutboxState::Sent);
    }
}
