//! Handing messages to the folder, and what it means when the server does not take them.

use super::{LogError, LogSync};
use crate::domain::event::{Change, Event};
use crate::sync::refusal::Refusal;
use crate::sync::source::{Flags, SourceError, Trouble};

impl LogSync<'_> {
    /// Puts messages into the folder, in order.
    ///
    /// # Errors
    /// The session failed, or the server refused; of several some may be there all the same.
    pub(super) fn put(&mut self, messages: &[Vec<u8>]) -> Result<(), LogError> {
        let is_seen = Flags { seen: true, ..Flags::default() };
        match self.source.append_all(self.folder, &is_seen, messages) {
            Err(error) if error.trouble == Trouble::NoFolder && self.store.log_head()?.is_some() => {
                Err(LogError::Gone { folder: self.folder.to_owned() })
            }
            Err(error) if !error.is_fatal() => Err(LogError::Refused { event: None, error }),
            other => Ok(other?),
        }
    }
}

/// A refusal that is about one event and will be the same the next time. If the server does not even
/// take what only fills an event's place, it is about no event.
pub(super) fn of_one(alone: Option<&Event>, error: LogError) -> LogError {
    match (alone, error) {
        (Some(event), LogError::Refused { error, .. }) if is_about_the_message(&error) && !matches!(event.change, Change::Skip { .. }) => {
            LogError::Refused { event: Some(event.id), error }
        }
        (_, other) => other,
    }
}

pub(super) fn is_about_the_message(error: &SourceError) -> bool {
    error.refusal.is_some_and(Refusal::is_about_the_message)
}
