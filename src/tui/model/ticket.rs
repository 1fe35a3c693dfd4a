//! The conversation that is being read.

use std::collections::BTreeSet;

use crate::domain::{MessageId, TicketKey};
use crate::protocol::answer::Complaint;
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};
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
    /// Messages whose text is kept while what is said beside it may have changed.
    pub stale: BTreeSet<MessageId>,
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

    /// The mail in focus; `None` for a note.
    pub fn mail(&self) -> Option<&ShownMessage> {
        self.message().filter(|message| message.direction != ShownDirection::Note)
    }
}
