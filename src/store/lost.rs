//! What the folder of the log does not hold any more, and what is known of it here.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::compact::is_kept;
use super::log::{self, ReadMessage};
use super::refold::Marks;
use super::{Store, StoreError, snapshot};
use crate::domain::EventId;
use crate::domain::event::Event;
use crate::domain::replica::Content;

/// Under this name the cache remembers which absences from the folder have been looked into.
const LOOKED_INTO: &str = "log_looked_into";
/// Under this name it is remembered that a person wants the log put back.
const CONSENT: &str = "log_consent";

/// An event that is known here and cannot be found in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostEvent {
    pub event: Event,
    /// As it stood there, where that says more than this version understands.
    pub raw: Option<String>,
}

/// What a folder lacks of the log this desk belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The first message, without which nobody can join.
    pub genesis: bool,
    /// In the order in which they were decided.
    pub events: Vec<LostEvent>,
    /// The beginning of another team's log stands there, and none of ours.
    pub is_other: bool,
}

impl Losses {
    pub fn count(&self) -> usize {
        self.events.len() + usize::from(self.genesis)
    }
}

impl Store {
    /// What the folder lacks. What a snapshot holds that is there is no loss, but for texts that no state holds.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn losses(&self, validity: u32, is_there: &dyn Fn(u32) -> bool) -> Result<Losses, StoreError> {
        let read = || -> rusqlite::Result<Losses> {
            let places = places(&self.data, validity)?;
            let there: BTreeSet<i64> = places.iter().filter(|place| is_there(place.uid)).filter_map(|place| place.event).collect();
            let stands = |kind: &str| places.iter().any(|place| place.kind == kind && is_there(place.uid));
            let genesis = !stands("genesis");
            let mut absent = shared(&self.data)?;
            absent.retain(|(n, _)| !there.contains(n));
            if !absent.is_empty() {
                let mut read = log::messages_under(&self.data, validity)?;
                read.retain(|message| is_there(message.uid));
                let covers = covered(&read);
                absent.retain(|(_, lost)| is_kept(&lost.event.change) || !covers(lost.event.id));
            }
            Ok(Losses { genesis, events: absent.into_iter().map(|(_, lost)| lost).collect(), is_other: genesis && stands("other") })
        };
        read().map_err(|error| self.data_error(error))
    }

    /// Whether everything that was ever read of the log stands under this UIDVALIDITY, if `gone` is empty.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn all_stands_under(&self, validity: u32) -> Result<bool, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM event WHERE state = 2) =
                              (SELECT count(DISTINCT event) FROM log_message WHERE validity = ?1 AND event IS NOT NULL)
                       AND EXISTS (SELECT 1 FROM log_message WHERE validity = ?1 AND kind = 'genesis')";
        let read = || self.data.prepare_cached(sql)?.query_row([validity], |row| row.get(0));
        read().map_err(|error| self.data_error(error))
    }

    /// Whether it was found out that these absences are no loss.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn has_looked_into(&self, absences: &str) -> Result<bool, StoreError> {
        Ok(self.remembered(LOOKED_INTO)?.as_deref() == Some(absences))
    }

    /// Notes that they are none.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn looked_into(&mut self, absences: &str) -> Result<(), StoreError> {
        self.remember(LOOKED_INTO, absences)
    }

    /// Notes that a person wants the log put back into its folder. The next exchange does it.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn consent_to_restore(&mut self) -> Result<(), StoreError> {
        self.remember(CONSENT, "restore")
    }

    /// Whether a person wants it.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn may_restore(&self) -> Result<bool, StoreError> {
        Ok(self.remembered(CONSENT)?.as_deref() == Some("restore"))
    }

    /// What was wanted has been done.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn consent_used(&mut self) -> Result<(), StoreError> {
        self.remember(CONSENT, "")
    }

    /// Some events and where they were read, spread over the whole of the log; at most `count`.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn sample(&self, validity: u32, count: usize) -> Result<Vec<(u32, Option<EventId>)>, StoreError> {
        let sql = "SELECT m.uid, e.actor, e.seq FROM log_message m LEFT JOIN event e ON e.n = m.event
                   WHERE m.validity = ?1 AND m.kind IN ('event', 'genesis') ORDER BY m.uid";
        let read = || -> rusqlite::Result<Vec<(u32, Option<EventId>)>> {
            let mut statement = self.data.prepare_cached(sql)?;
            let rows = statement.query_map([validity], |row| {
                let id = row.get::<_, Option<String>>(1)?.and_then(|actor| actor.parse().ok()).zip(row.get::<_, Option<i64>>(2)?);
                Ok((row.get(0)?, id.map(|(actor, seq)| EventId { actor, seq: seq.unsigned_abs() })))
            })?;
            rows.collect()
        };
        let all = read().map_err(|error| self.data_error(error))?;
        let step = all.len().div_ceil(count.max(1)).max(1);
        let newest = all.last().copied();
        let mut some: Vec<_> = all.into_iter().step_by(step).collect();
        some.extend(newest);
        some.dedup();
        Ok(some)
    }

    /// Treats what was read under a UIDVALIDITY as read under another, that no server has given: the
    /// numbers mean other messages now. Everything there is read again, and the order decided before is kept.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn distrust_numbers(&mut self, validity: u32) -> Result<(), StoreError> {
        let known = |data: &Connection, number: u32| -> rusqlite::Result<bool> {
            let sql = "SELECT 1 FROM log_message WHERE validity = ?1 LIMIT 1";
            Ok(data.prepare_cached(sql)?.query_row([number], |_| Ok(())).optional()?.is_some())
        };
        let free = || -> rusqlite::Result<u32> {
            let mut number = validity ^ (1 << 31);
            while number == 0 || number == validity || known(&self.data, number)? {
                number = number.wrapping_add(1);
            }
            Ok(number)
        };
        let other = free().map_err(|error| self.data_error(error))?;
        // The cache first: who ends between the two finds an order that has to be carried over, not one that was forgotten.
        Marks::renumber(&mut self.cache, validity, other).map_err(|error| self.cache_error(error))?;
        let write = |data: &mut Connection| -> rusqlite::Result<()> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.prepare_cached("UPDATE log_message SET validity = ?2 WHERE validity = ?1")?.execute([validity, other])?;
            transaction.prepare_cached("UPDATE log SET validity = ?2 WHERE validity = ?1")?.execute([validity, other])?;
            transaction.commit()
        };
        write(&mut self.data).map_err(|error| self.data_error(error))
    }
}

struct Place {
    uid: u32,
    event: Option<i64>,
    kind: String,
}

fn places(data: &Connection, validity: u32) -> rusqlite::Result<Vec<Place>> {
    let mut statement = data.prepare_cached("SELECT uid, event, kind FROM log_message WHERE validity = ?1")?;
    statement.query_map([validity], |row| Ok(Place { uid: row.get(0)?, event: row.get(1)?, kind: row.get(2)? }))?.collect()
}

/// Every event that was read back at any time, in the order in which they were decided.
fn shared(data: &Connection) -> rusqlite::Result<Vec<(i64, LostEvent)>> {
    let mut statement = data.prepare_cached("SELECT n, body, raw FROM event WHERE state = 2 ORDER BY place, n")?;
    let mut rows = statement.query(params![])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let event = serde_json::from_str::<Event>(&row.get::<_, String>(1)?).ok();
        events.extend(event.map(|event| (row.get(0), event, row.get(2))).map(|(n, event, raw)| Ok((n?, LostEvent { event, raw: raw? }))));
    }
    events.into_iter().collect::<rusqlite::Result<Vec<_>>>()
}

/// Which events the snapshots among some messages hold.
fn covered(read: &[ReadMessage]) -> impl Fn(EventId) -> bool + use<> {
    let states = snapshot::assemble(read).into_iter().filter_map(|message| match message.content {
        Content::Snapshot(snapshot) | Content::Reepoch(snapshot) => Some(snapshot.state.counters.next_seq),
        _ => None,
    });
    let states: Vec<_> = states.collect();
    move |id| states.iter().any(|next| next.get(&id.actor).is_some_and(|next| *next > id.seq))
}
