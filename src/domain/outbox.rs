//! The life of a mail between "send" and "sent".

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// States survive crashes: each change is one committed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutboxState {
    /// Accepted for sending; not yet handed to the server.
    Queued,
    /// To be sent at a later time.
    Scheduled,
    /// The ticket moved since the answer was written: a person has to look.
    Held,
    /// Committed just before the message is handed over.
    Sending,
    /// The server may or may not have taken it; never resent without asking.
    Uncertain,
    /// The server said no.
    Refused,
    Sent,
}

impl OutboxState {
    pub const ALL: [Self; 7] = [Self::Queued, Self::Scheduled, Self::Held, Self::Sending, Self::Uncertain, Self::Refused, Self::Sent];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Scheduled => "scheduled",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Refused => "refused",
            Self::Sent => "sent",
        }
    }
}

impl FromStr for OutboxState {
    type Err = super::words::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::words::pick("outbox state", text, &Self::ALL, Self::as_str)
    }
}
