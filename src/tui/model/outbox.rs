//! The mail that waits to leave.

use crate::domain::outbox::OutboxState;
use crate::protocol::answer::Complaint;
use crate::protocol::json::OutboxLine;

#[derive(Clone, Debug, Default)]
pub struct OutboxScreen {
    pub lines: Vec<OutboxLine>,
    pub selected: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
}

impl OutboxScreen {
    /// Mail that has not left the house.
    pub fn waiting(&self) -> usize {
        self.lines.iter().filter(|line| line.state != OutboxState::Sent).count()
    }

    pub fn left_the_house(&mut self, id: i64) {
        self.lines.iter_mut().filter(|line| line.id == id).for_each(|line| line.state = OutboxState::Sent);
    }
}
