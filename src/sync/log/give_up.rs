//! Going on, on a person's word, without events that nobody has.

use super::message;
use super::{Exchanged, LogError, LogSync};
use crate::domain::event::{Change, Event};
use crate::domain::{EventId, Timestamp};

impl LogSync<'_> {
    /// Fills the places of events that are missing in the rows of other devices, so that what these
    /// did later counts. Should one of them come after all, what fills its place was first.
    ///
    /// # Errors
    /// The session or a file failed, or the server refused.
    pub fn give_up_missing(&mut self) -> Result<Exchanged, LogError> {
        let Some(head) = self.store.log_head()? else { return self.pull() };
        let base = self.store.base()?;
        let mut messages = Vec::new();
        for id in self.store.holes()? {
            let event = self.filler(id, base);
            let words = (self.describe)(self.store, &event);
            messages.push(message::write(&event, &words, self.mailbox, &head.log, &head.key).map_err(|error| self.unwritable(error))?);
        }
        if !messages.is_empty() {
            self.put(&messages)?;
        }
        self.pull()
    }

    fn filler(&self, id: EventId, base: crate::domain::event::Base) -> Event {
        let change = Change::Skip { seq: id.seq };
        Event { id, agent: self.agent.to_owned(), at: Timestamp::now(), lamport: base.lamport + 1, base, was: None, change }
    }
}
