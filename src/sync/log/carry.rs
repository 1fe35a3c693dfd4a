//! What has been decided, carried over to the numbers a server has given the log's messages anew.

use super::message;
use super::{Exchanged, LogError, LogSync};
use crate::domain::event::{Base, Change, Event, Position};
use crate::domain::id::hex;
use crate::domain::replica::Snapshot;
use crate::domain::{EventId, Timestamp};
use crate::store::snapshot;
use crate::sync::source::UidSet;

impl LogSync<'_> {
    /// Writes the order down that was decided before, if every event that is known here is there
    /// and nothing else: who does not know everything might bring back numbers that were shown otherwise.
    ///
    /// # Errors
    /// Events are missing, or somebody else has to do it. Then nothing may be written.
    pub(super) fn carry_over(&mut self, validity: u32, gone: &UidSet, exchanged: &mut Exchanged) -> Result<(), LogError> {
        let losses = self.store.losses(validity, &|uid| !gone.contains(uid))?;
        if losses.is_other {
            return Err(LogError::Other { folder: self.folder.to_owned() });
        }
        if losses.count() > 0 {
            return Err(LogError::Missing { folder: self.folder.to_owned(), count: losses.count() });
        }
        let Some(order) = self.store.order_to_carry_over(validity)? else {
            return Err(LogError::NoOrder { folder: self.folder.to_owned() });
        };
        self.append_order(&order, validity)?;
        let Some(head) = self.store.log_head()? else { return Ok(()) };
        self.source.select(self.folder, None)?;
        self.read(&head, validity, exchanged)?;
        self.store.catch_up()?;
        if self.store.knows_order()? { Ok(()) } else { Err(LogError::NoOrder { folder: self.folder.to_owned() }) }
    }

    /// Writes down under new numbers what was decided under others.
    pub(super) fn append_order(&mut self, order: &Snapshot, validity: u32) -> Result<(), LogError> {
        let snap = hex(&super::begin::random::<8>());
        self.append_state(order, validity, &|part, parts, text| Change::Reepoch {
            snap: snap.clone(),
            uidvalidity: validity,
            part,
            parts,
            hash: order.hash.clone(),
            text,
        })
    }

    /// Appends a state in as many parts as it takes.
    pub(super) fn append_state(&mut self, state: &Snapshot, validity: u32, change: &dyn Fn(u32, u32, String) -> Change) -> Result<(), LogError> {
        let Some(head) = self.store.log_head()? else { return Ok(()) };
        let texts = snapshot::pack(&state.state);
        let parts = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        let actor = self.store.actor()?;
        let mut messages = Vec::with_capacity(texts.len());
        for (part, text) in (0..parts).zip(texts) {
            let event = Event {
                // It belongs to no device's row of events.
                id: EventId { actor, seq: 0 },
                agent: self.agent.to_owned(),
                at: Timestamp::now(),
                lamport: state.state.counters.lamport,
                base: Base { position: Position { epoch: validity.into(), uid: state.cut.into(), local: 0 }, lamport: state.state.counters.lamport },
                was: None,
                change: change(part, parts, text),
            };
            let words = (self.describe)(self.store, &event);
            let bytes = message::write(&event, &words, self.mailbox, &head.log, &head.key).map_err(|error| self.unwritable(error))?;
            messages.push(bytes);
        }
        self.put(&messages)
    }
}
