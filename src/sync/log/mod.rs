//! The team log on a mail source: finding it, reading it, and putting events into it.
//!
//! What is read is noted in `data.db` before anything is made of it, and an event of
//! ours counts as shared only when it was read back. So a line that breaks, or a
//! process that ends, anywhere, costs at most a second look.

mod begin;
mod carry;
mod compact;
mod fetch;
mod give_up;
mod message;
mod pull;
mod push;
mod put;
mod restore;
mod whole;

use super::source::{Glance, MailSource, SourceError, Waker};
use crate::domain::EventId;
use crate::domain::event::Event;
use crate::store::log::TakenIn;
use crate::store::{Store, StoreError};

pub use compact::Compaction;
pub use message::Words;

/// Everything an exchange with the log works with.
pub struct LogSync<'a> {
    pub store: &'a mut Store,
    pub source: &'a mut dyn MailSource,
    /// The name of the folder.
    pub folder: &'a str,
    /// The team's mailbox: sender and recipient of its events, and the name of a new log.
    pub mailbox: &'a str,
    /// Who works here; only a new log's first message bears the name.
    pub agent: &'a str,
    /// An event in words, for people who look into the folder.
    pub describe: &'a dyn Fn(&Store, &Event) -> Words,
    pub stop: &'a Waker,
    pub progress: &'a mut dyn FnMut(u64, u64),
}

impl std::fmt::Debug for LogSync<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSync").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl LogSync<'_> {
    fn unwritable(&self, error: message::Unwritable) -> LogError {
        match error {
            message::Unwritable::Compose(error) => LogError::Compose(error),
            message::Unwritable::TooLarge => LogError::NotShown { folder: self.folder.to_owned(), count: 1 },
        }
    }
}

/// What an exchange did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Events of others.
    pub came: u64,
    /// Events of ours that are in the log now.
    pub went: u64,
    /// Events of others that only help clients get along, such as that somebody writes an answer.
    pub signals: u64,
    /// Messages that are none of the team's.
    pub ignored: u64,
    pub bytes: u64,
    /// A copy of this client's files is used somewhere.
    pub was_copied: bool,
    /// How many seconds the server's clock was ahead of this computer's when it received an event of ours.
    pub clock_ahead: Option<i64>,
    /// The folder as it was when it was last entered.
    pub at: Glance,
}

impl Exchanged {
    fn add(&mut self, taken: &TakenIn) {
        self.came += taken.new;
        self.went += taken.done;
        self.signals += taken.signals;
        self.ignored += taken.ignored;
        self.was_copied |= taken.was_copied;
    }

    /// Takes up what a further exchange did.
    pub fn join(&mut self, other: Self) {
        self.came += other.came;
        self.went += other.went;
        self.signals += other.signals;
        self.ignored += other.ignored;
        self.bytes += other.bytes;
        self.was_copied |= other.was_copied;
        self.clock_ahead = other.clock_ahead.or(self.clock_ahead);
        self.at = other.at;
    }
}

/// Why the log could not be followed, or nothing could be put into it.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the folder {folder} of the team log is gone")]
    Gone { folder: String },
    #[error("the folder {folder} holds another team log than the one this desk belongs to")]
    Other { folder: String },
    #[error("the server has numbered the folder {folder} anew, and the order of its events is not known here")]
    NoOrder { folder: String },
    #[error("the server has numbered the folder {folder} anew and does not show {count} events that were in it")]
    Missing { folder: String, count: usize },
    #[error("the folder {folder} of the team log has lost {count} of its messages")]
    Lost { folder: String, count: usize },
    #[error("a newer postdesk has written to the log of the folder {folder}, and this one cannot put it back")]
    Newer { folder: String },
    #[error("the server says that {count} events are in the folder {folder} and does not show them")]
    NotShown { folder: String, count: usize },
    /// The server does not take what is put into the folder; of `event` it never will.
    #[error("{error}")]
    Refused { event: Option<EventId>, error: SourceError },
    /// It did not take something a while ago, and is left alone since.
    #[error("{why}")]
    HeldBack { why: String, remedy: &'static str },
    /// Of this event it said that it will never take it.
    #[error("{why}")]
    Parked { event: EventId, why: String },
    /// Events of others never came, however often they were looked for.
    #[error(
        "what colleagues did is missing in the folder {folder} ({missing} of their changes) and was looked for {tries} times: nothing is written there any more"
    )]
    Incomplete { folder: String, missing: usize, tries: u32 },
    #[error("an event could not be written as a mail")]
    Compose(#[from] crate::mail::ComposeError),
}

impl LogError {
    /// Whether the session can still be used for other things.
    pub fn leaves_session(&self) -> bool {
        match self {
            Self::Source(error) => !error.is_fatal(),
            Self::Store(_) => false,
            _ => true,
        }
    }

    /// Whether a person may have the log put back into its folder ([`LogSync::restore`]).
    pub fn can_be_restored(&self) -> bool {
        matches!(self, Self::Gone { .. } | Self::Lost { .. } | Self::Missing { .. } | Self::NoOrder { .. } | Self::Incomplete { .. })
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Source(error) | Self::Refused { error, .. } => error.remedy(),
            Self::Store(error) => error.remedy(),
            Self::HeldBack { remedy, .. } => remedy,
            Self::Incomplete { .. } => {
                "Reading goes on, and what you do here is kept. If a colleague's computer holds them, its next sync brings them and this ends by itself; if nobody has them, `postdesk sync --restore-log` goes on without them."
            }
            Self::Parked { .. } => "What was done after it waits until its author says what becomes of it; `postdesk sync` tries it once more.",
            Self::Gone { .. } => {
                "Every client holds the log. If somebody renamed the folder, set folders.team; if it was deleted, `postdesk sync --restore-log` puts it back."
            }
            Self::Other { .. } => "Set folders.team to the folder of your team's log; nothing was written.",
            Self::NoOrder { .. } => {
                "A colleague's client that knows the order sets this right at its next sync; what you do here is kept. If nobody knows more than this computer, `postdesk sync --restore-log` goes on with what it knows."
            }
            Self::Missing { .. } => {
                "Servers that rebuild an index show a folder in part for a while: the next sync looks again. Nothing is written to it until then, and nothing was lost here. If they stay away, `postdesk sync --restore-log` puts them back."
            }
            Self::Lost { .. } => {
                "Somebody has deleted mails there. Nothing was lost here and nothing is written until `postdesk sync --restore-log` puts them back."
            }
            Self::Newer { .. } => "Bring postdesk up to date on this computer, or restore the log on one that is.",
            Self::NotShown { .. } => "The next sync looks again; what you did is kept.",
            Self::Compose(_) => "Set `address` in the desk's configuration to the mailbox's address.",
        }
    }
}
