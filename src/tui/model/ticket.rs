//! The conversation that is being read.

use crate::domain::TicketKey;
use crate::protocol::job::Complaint;
use crate::protocol::json::{ShownMessage, ShownTicket};
use crate::tui::conversation::{ConversationLine, Folds};

/// One ticket, to be read.
#[derive(Clone, Debug, Default)]
pub struct TicketScreen {
    pub key: Option<TicketKey>,
    pub shown: Option<Box<ShownTicket>>,
    pub folds: Folds,
    pub lines: Vec<ConversationLine>,
    pub scroll: usize,
    /// The message keys are about.
    pub focus: usize,
    pub error: Option<Complaint>,
}

impl TicketScreen {
    /// The message that keys are about.
    pub fn focused_message(&self) -> Option<&ShownMessage> {
        self.shown.as_ref()?.messages.get(self.focus)
    }
}
