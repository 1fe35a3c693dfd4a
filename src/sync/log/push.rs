//! Putting events into the log: looked for first, appended in order, done when read back.

use super::message::{self, Unwritable};
use super::put::{is_about_the_message, of_one};
use super::{Exchanged, LogError, LogSync};
use crate::domain::event::Event;
use crate::domain::{EventId, Timestamp};

/// So many events are appended before they are looked for …
const EVENTS_AT_ONCE: u32 = 100;
/// … and so many octets.
const OCTETS_AT_ONCE: usize = 2 << 20;
/// So often the same event is appended without being found afterwards.
const TRIES: u32 = 3;

impl LogSync<'_> {
    /// Appends everything that waits. The log must have been pulled over this session: what
    /// an earlier one may have appended was looked for then.
    ///
    /// # Errors
    /// The session or a file failed, or the server refused. What was not read back waits on.
    pub fn push(&mut self) -> Result<Exchanged, LogError> {
        if self.store.waiting_count()? == 0 {
            return Ok(Exchanged::default());
        }
        let pushed = self.push_all();
        // Once for all of it: what still waits is laid over everything that came, each time anew.
        self.store.catch_up()?;
        pushed
    }

    fn push_all(&mut self) -> Result<Exchanged, LogError> {
        let mut exchanged = Exchanged::default();
        let mut first: Option<EventId> = None;
        let mut tries = 0;
        let mut at_once = EVENTS_AT_ONCE;
        loop {
            let waiting = self.store.waiting_events(at_once)?;
            let Some(head) = waiting.first().map(|event| event.id) else { return Ok(exchanged) };
            tries = if first == Some(head) { tries + 1 } else { 0 };
            if tries >= TRIES {
                return Err(LogError::NotShown { folder: self.folder.to_owned(), count: waiting.len() });
            }
            first = Some(head);
            let handed_over = Timestamp::now();
            let alone = <[Event; 1]>::try_from(waiting.clone()).ok().map(|[event]| event);
            match self.append(waiting) {
                Err(LogError::Refused { error, .. }) if is_about_the_message(&error) && self.can_go_on(alone.as_ref())? => {
                    (at_once, first) = (1, None);
                    exchanged.join(self.read_back()?);
                    continue;
                }
                Err(error) => return Err(of_one(alone.as_ref(), error)),
                Ok(()) => exchanged.join(self.read_back()?),
            }
            let received = self.store.received(head)?;
            exchanged.clock_ahead = received.map(|at| at.as_second() - handed_over.as_second());
        }
    }

    /// What to do about a refusal that is about what was sent: of several events it shows which it is about when
    /// they go one by one; one that changes no ticket is left out, and nobody has to be asked.
    fn can_go_on(&mut self, alone: Option<&Event>) -> Result<bool, LogError> {
        match alone {
            None => Ok(true),
            Some(event) if event.change.is_signal() => Ok(self.store.skip_event(event).map(|_| true)?),
            Some(_) => Ok(false),
        }
    }

    /// Reads what is new into the replica; the cache follows later.
    fn read_back(&mut self) -> Result<Exchanged, LogError> {
        let selected = self.enter()?;
        match self.store.log_head()? {
            Some(head) if head.validity == selected.uid_validity => Ok(self.read_all(&head, &selected)?.0),
            // Numbered anew meanwhile: what that means has to be decided first.
            _ => self.pull(),
        }
    }

    fn append(&mut self, waiting: Vec<Event>) -> Result<(), LogError> {
        let Some(head) = self.store.log_head()? else { return Ok(()) };
        let mut octets = 0;
        let (mut ids, mut messages) = (Vec::new(), Vec::new());
        for event in waiting {
            let words = (self.describe)(self.store, &event);
            let bytes = match message::write(&event, &words, self.mailbox, &head.log, &head.key) {
                Ok(bytes) => bytes,
                Err(Unwritable::TooLarge) => self.write_skip(&event)?,
                Err(Unwritable::Compose(error)) => return Err(error.into()),
            };
            octets += bytes.len();
            if octets > OCTETS_AT_ONCE && !ids.is_empty() {
                break;
            }
            ids.push(event.id);
            messages.push(bytes);
        }
        self.store.about_to_append(&ids)?;
        self.put(&messages)
    }

    /// An event that would be too large leaves a mark in its place, or its device's later ones would wait for it for ever.
    fn write_skip(&mut self, event: &Event) -> Result<Vec<u8>, LogError> {
        let Some(head) = self.store.log_head()? else { return Ok(Vec::new()) };
        tracing::warn!(event = %event.id, "too large for the log; replaced by a mark");
        let skip = self.store.skip_event(event)?;
        let words = (self.describe)(self.store, &skip);
        message::write(&skip, &words, self.mailbox, &head.log, &head.key).map_err(|error| self.unwritable(error))
    }
}
