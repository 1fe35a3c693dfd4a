//! The conversation that is being read.

use crate::domain::{MessageId, TicketKey};
use crate::protocol::job::Complaint;
use crate::protocol::json::{ShownMessage, ShownTicket};
use crate::tui::conversation::find::Find;
use crate::tui::conversation::{Conversation, Folds};

/// One ticket, to be read.
#[derive(Clone, Debug, Default)]
pub struct TicketScreen {
    pub key: Option<TicketKey>,
    pub shown: Option<Box<ShownTicket>>,
    pub folds: Folds,
    pub lines: Conversation,
    pub scroll: usize,
    /// The message keys are about.
    pub focus: usize,
    pub find: Option<Find>,
    /// Texts that are being read, or could not be.
    pub asked: Vec<MessageId>,
    /// The tickets from which this one was opened, the last one at the end.
    pub before: Vec<TicketKey>,
    pub error: Option<Complaint>,
}

impl TicketScreen {
    /// The message keys are about.
    pub fn message(&self) -> Option<&ShownMessage> {
        self.shown.as_ref()?.messages.get(self.focus)
    }
}
