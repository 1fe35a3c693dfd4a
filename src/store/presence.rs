//! Who is doing what on a ticket at this moment: advice, which expires by the server's clock.
//!
//! What the fold knows of it is noted beside the tickets, so that a list is marked without
//! reading the state of every ticket in it.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, events};
use crate::domain::event::Change;
use crate::domain::fold::LogState;
use crate::domain::ticket::{Badge, Presence, TicketRow};
use crate::domain::{EventId, TicketKey, Timestamp};

/// What somebody does counts for so long, unless it is said again, in seconds.
pub const PRESENCE_SECS: i64 = 600;
/// One that could not be told for so long is not told any more, in seconds.
const TOLD_WITHIN_SECS: i64 = 60;
/// The word for writing an answer.
pub const REPLYING: &str = "replying";

/// Under this name the cache keeps what is known.
const NAME: &str = "presence";
/// The clocks are compared by so many events, the newest of this device.
const COMPARED: i64 = 8;

/// Somebody at a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    pub ticket: TicketKey,
    pub agent: String,
    pub what: String,
    /// By the server's clock.
    pub since: Timestamp,
}

impl Store {
    /// Everybody but `me` who is at a ticket now, by the time of this computer.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn company(&self, me: &str, now: Timestamp) -> Result<Vec<Present>, StoreError> {
        let known = read(&self.cache).map_err(|error| self.cache_error(error))?;
        if known.iter().all(|present| present.agent == me) {
            return Ok(Vec::new());
        }
        let ahead = self.server_clock_ahead()?;
        let by_own_clock = |present: Present| {
            let since = Timestamp::from_second(present.since.as_second().saturating_sub(ahead)).unwrap_or(present.since);
            Present { since, ..present }
        };
        let is_here = |present: &Present| now.as_second() - present.since.as_second() < PRESENCE_SECS;
        Ok(known.into_iter().filter(|present| present.agent != me).map(by_own_clock).filter(is_here).collect())
    }

    /// Marks the tickets that somebody else answers at this moment.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn mark_company(&self, rows: &mut [TicketRow], me: &str, now: Timestamp) -> Result<(), StoreError> {
        let answered: BTreeSet<TicketKey> =
            self.company(me, now)?.into_iter().filter(|present| present.what == REPLYING).map(|present| present.ticket).collect();
        for row in rows.iter_mut().filter(|row| answered.contains(&row.key)) {
            row.badges.push(Badge::Replying);
        }
        Ok(())
    }

    /// By how many seconds the server's clock is ahead of this computer's, as the newest events of
    /// this device show; one that waited for a connection shows too much, so the least counts.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn server_clock_ahead(&self) -> Result<i64, StoreError> {
        let sql = "SELECT min(ahead) FROM (SELECT m.received - e.at AS ahead FROM event e
                       JOIN log_message m ON m.validity = (SELECT validity FROM log) AND m.uid = e.place
                       WHERE e.actor = (SELECT id FROM actor) AND e.state = 2 ORDER BY e.seq DESC LIMIT ?1)";
        let read = || self.data.prepare_cached(sql)?.query_row([COMPARED], |row| row.get::<_, Option<i64>>(0));
        Ok(read().map_err(|error| self.data_error(error))?.unwrap_or(0))
    }

    /// Takes back what this device was doing and could not tell in time: it would look as if it were new.
    ///
    /// # Errors
    /// `data.db` cannot be read or written.
    pub fn forget_stale_presence(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let is_stale =
            |change: &Change, at: Timestamp| matches!(change, Change::Presence { .. }) && now.as_second() - at.as_second() > TOLD_WITHIN_SECS;
        let waiting = self.waiting_events(u32::MAX)?;
        let stale: Vec<EventId> = waiting.iter().filter(|event| is_stale(&event.change, event.at)).map(|event| event.id).collect();
        for id in stale {
            self.unsay(id)?;
        }
        Ok(())
    }

    /// How many changes of this device no colleague has seen yet; what only helps clients get along is not counted.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn waiting_changes(&self) -> Result<u64, StoreError> {
        let waiting = self.waiting_events(u32::MAX)?;
        Ok(waiting.iter().filter(|event| !event.change.is_signal()).count() as u64)
    }
}

/// Notes who is at the tickets that a step of the fold has changed.
pub(super) fn note(cache: &Connection, before: &LogState, after: &LogState) -> rusqlite::Result<()> {
    let at = |state: &LogState, key: &TicketKey| state.tickets.get(key).map(|ticket| ticket.presence.clone()).unwrap_or_default();
    let keys: BTreeSet<&TicketKey> = before.tickets.keys().chain(after.tickets.keys()).collect();
    let changed: Vec<&TicketKey> = keys.into_iter().filter(|key| at(before, key) != at(after, key)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut known = read(cache)?;
    known.retain(|present| !changed.contains(&&present.ticket));
    for key in changed {
        let here = |(agent, Presence { what, since }): (String, Presence)| Present { ticket: key.clone(), agent, what, since };
        known.extend(at(after, key).into_iter().map(here));
    }
    let newest = known.iter().map(|present| present.since.as_second()).max().unwrap_or(0);
    known.retain(|present| newest - present.since.as_second() < PRESENCE_SECS);
    events::set_meta(cache, NAME, &serde_json::to_string(&known).unwrap_or_default())
}

fn read(cache: &Connection) -> rusqlite::Result<Vec<Present>> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    let text: Option<String> = cache.prepare_cached(sql)?.query_row(params![NAME], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
