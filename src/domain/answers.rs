//! What whoever writes an answer knew of other answers to the same ticket.

use serde::{Deserialize, Serialize};

use super::event::Seen;

/// The answers to a ticket that were known at a moment, whichever mail program they left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownAnswers {
    /// The newest mails that left for its people: all of one second, for a mail's time knows no smaller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub newest: Vec<Seen>,
    /// So many of its mails the server had as answered although the answer was not to be seen.
    pub unseen: u64,
}
