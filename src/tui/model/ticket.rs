//! The conversation that is being read.

use crate::domain::TicketKey;
use crate::protocol::job::Complaint;
use crate::protocol::json::ShownTicket;
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
