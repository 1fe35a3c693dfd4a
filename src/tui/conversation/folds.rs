//! What of a ticket is folded away.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::MessageId;
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};

/// Lines of a message that are shown before it is asked for more, and by how much that grows.
const FIRST_LINES: usize = 400;
const GROWTH: usize = 4;

/// What is shown of each message, by its id, so that it stays when mail comes in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    pub show_quotes: bool,
    /// Messages of which one line is shown.
    pub closed: BTreeSet<MessageId>,
    /// Messages that nobody had read when the ticket was opened.
    pub fresh: BTreeSet<MessageId>,
    /// Header blocks that are shown.
    pub headers: BTreeMap<MessageId, String>,
    /// Messages of which every signal is explained.
    pub signals: BTreeSet<MessageId>,
    /// Messages of which it is said why they are here.
    pub why: BTreeSet<MessageId>,
    known: BTreeSet<MessageId>,
    lines: BTreeMap<MessageId, usize>,
}

impl Folds {
    /// How a ticket is first shown: what has been read is folded, the newest message is not.
    pub fn of(ticket: &ShownTicket) -> Self {
        let mut folds = Self::default();
        folds.meet(ticket);
        folds
    }

    /// Decides about the messages that were not there before, and returns them.
    pub fn meet<'a>(&mut self, ticket: &'a ShownTicket) -> Vec<&'a ShownMessage> {
        let last = ticket.messages.len().saturating_sub(1);
        let mut met = Vec::new();
        for (index, message) in ticket.messages.iter().enumerate() {
            let id = &message.message_id;
            if !self.known.insert(id.clone()) {
                continue;
            }
            met.push(message);
            if message.glance.is_unread {
                self.fresh.insert(id.clone());
            } else if index < last {
                self.closed.insert(id.clone());
            }
        }
        met
    }

    pub fn is_closed(&self, message: &ShownMessage) -> bool {
        self.closed.contains(&message.message_id)
    }

    /// How many lines of a message are shown at most.
    pub fn lines(&self, message: &ShownMessage) -> usize {
        self.lines.get(&message.message_id).copied().unwrap_or(FIRST_LINES)
    }

    /// Shows more of a long message.
    pub fn show_more(&mut self, message: &ShownMessage) {
        let more = self.lines(message).saturating_mul(GROWTH);
        self.lines.insert(message.message_id.clone(), more);
    }
}

/// The message to begin reading at: the first unread one behind our last answer, else the
/// newest unread one, else the newest.
pub fn first_to_read(ticket: &ShownTicket) -> usize {
    let answered = ticket.messages.iter().rposition(|message| message.direction == ShownDirection::Out).map_or(0, |index| index + 1);
    let unread = |message: &ShownMessage| message.glance.is_unread;
    let behind = ticket.messages.iter().skip(answered).position(unread).map(|index| index + answered);
    behind.or_else(|| ticket.messages.iter().rposition(unread)).unwrap_or(ticket.messages.len().saturating_sub(1))
}
