//! The event a server does not take, whatever is done: everything this device did after it waits
//! behind it, until a person says what is to become of it.

use super::{Store, StoreError};
use crate::domain::EventId;
use crate::domain::event::{Change, Event};

/// Under this name the cache remembers it. Should that be lost, the server says so again.
const PARKED: &str = "log_parked";

impl Store {
    /// Notes that the server does not take an event, and its words.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn park(&mut self, event: EventId, why: &str) -> Result<(), StoreError> {
        self.remember(PARKED, &format!("{event} {why}"))
    }

    /// The next try may hand it over like any other.
    ///
    /// # Errors
    /// The cache cannot be read or written.
    pub fn unpark(&mut self) -> Result<(), StoreError> {
        match self.remembered(PARKED)?.as_deref() {
            None | Some("") => Ok(()),
            Some(_) => self.remember(PARKED, ""),
        }
    }

    /// The event, as long as it waits, and the server's words.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn parked(&self) -> Result<Option<(Event, String)>, StoreError> {
        let noted = self.remembered(PARKED)?.unwrap_or_default();
        let Some((id, why)) = noted.split_once(' ').and_then(|(id, why)| Some((id.parse::<EventId>().ok()?, why))) else { return Ok(None) };
        let first = self.waiting_events(1)?.pop();
        Ok(first.filter(|event| event.id == id && !matches!(event.change, Change::Skip { .. })).map(|event| (event, why.to_owned())))
    }
}
