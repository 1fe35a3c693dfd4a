//! What has come to a ticket from other devices, and what became of single events of this one.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError, time};
use crate::domain::event::{Base, Change, Event};
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};

/// An event of another device, with the time the server received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignEvent {
    pub event: Event,
    pub received: Timestamp,
}

impl ForeignEvent {
    /// When it happened: the server has it later than that where its author was offline, or where the log was put back;
    /// the clock of an author that is ahead is not believed.
    pub fn happened(&self) -> Timestamp {
        self.event.at.min(self.received)
    }
}

/// What became of an event of this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has not been read back from the log.
    Waits,
    Applied,
    /// It stands in the log and changed nothing; why.
    Unapplied(String),
}

impl Store {
    /// Events of other devices on a ticket that changed something and that an author who had followed the
    /// log up to `base` had not seen, in the order of the log.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn foreign_since(&self, ticket: &TicketKey, base: &Base) -> Result<Vec<ForeignEvent>, StoreError> {
        let mut found = Vec::new();
        for key in self.all_keys(ticket)? {
            found.extend(foreign(&self.data, &key, base).map_err(|error| self.data_error(error))?);
        }
        found.sort_by_key(|(place, ..)| *place);
        found.dedup_by_key(|(place, ..)| *place);
        let mut applied = Vec::new();
        for (_, n, event) in found {
            if self.fate(n)?.is_none() {
                applied.push(event);
            }
        }
        Ok(applied)
    }

    /// Whether the log says that this mail was sent, whoever said so.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn log_says_sent(&self, ticket: &TicketKey, mail: &MessageId) -> Result<bool, StoreError> {
        let is_sent = |event: &Event| matches!(&event.change, Change::Sent { mid, .. } if mid == mail);
        Ok(self.history(ticket)?.iter().any(|entry| !entry.is_pending && is_sent(&entry.event)))
    }

    /// What became of an event of this device.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn fate_of(&self, id: EventId) -> Result<Fate, StoreError> {
        let sql = "SELECT n, state FROM event WHERE actor = ?1 AND seq = ?2";
        let read = || -> rusqlite::Result<Option<(i64, i64)>> {
            self.data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        };
        match read().map_err(|error| self.data_error(error))? {
            Some((n, state)) if state == 2 || !self.is_shared => Ok(self.fate(n)?.map_or(Fate::Applied, |unapplied| Fate::Unapplied(unapplied.why))),
            _ => Ok(Fate::Waits),
        }
    }

    /// How many of the tickets that these events of this device open had been opened by colleagues first, as
    /// far as both have been read back from the log.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn opened_before(&self, openings: &[EventId]) -> Result<u64, StoreError> {
        opened_before(&self.data, openings).map_err(|error| self.data_error(error))
    }

    /// Replaces an event that was never handed to a server by one that only fills its place. Tells whether it could.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn unsay(&mut self, id: EventId) -> Result<bool, StoreError> {
        let Some(event) = self.event(id)? else { return Ok(false) };
        let skip = Event { change: Change::Skip { seq: id.seq }, ..event };
        let body = serde_json::to_string(&skip).unwrap_or_default();
        let sql = "UPDATE event SET body = ?3, inverse = NULL WHERE actor = ?1 AND seq = ?2 AND state = 0";
        let rows = self.data.execute(sql, params![id.actor.to_string(), id.seq as i64, body]).map_err(|error| self.data_error(error))?;
        Ok(rows > 0)
    }
}

fn opened_before(data: &Connection, openings: &[EventId]) -> rusqlite::Result<u64> {
    let mut ours = Vec::new();
    for id in openings {
        let sql = "SELECT n, place, body FROM event WHERE actor = ?1 AND seq = ?2 AND state = 2";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, opened_keys(&row.get::<_, String>(2)?)));
        ours.extend(data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], row).optional()?);
    }
    let Some(first) = ours.iter().map(|(n, ..)| *n).min() else { return Ok(0) };
    // What colleagues had written before ours were was known here when they were.
    let sql = "SELECT place, body FROM event WHERE n > ?1 AND state = 2 AND actor <> (SELECT id FROM actor)";
    let mut statement = data.prepare_cached(sql)?;
    let rows = statement.query_map([first], |row| Ok((row.get::<_, i64>(0)?, opened_keys(&row.get::<_, String>(1)?))))?;
    let mut theirs = HashMap::new();
    for row in rows {
        let (place, keys) = row?;
        for key in keys {
            theirs.entry(key).and_modify(|first: &mut i64| *first = place.min(*first)).or_insert(place);
        }
    }
    let is_late = |place: i64, key: &TicketKey| theirs.get(key).is_some_and(|first| *first < place);
    Ok(ours.iter().map(|(_, place, keys)| keys.iter().filter(|key| is_late(*place, key)).count() as u64).sum())
}

fn opened_keys(body: &str) -> Vec<TicketKey> {
    match serde_json::from_str::<Event>(body).map(|event| event.change) {
        Ok(Change::Open { tickets }) => tickets.into_iter().map(|opening| opening.key).collect(),
        _ => Vec::new(),
    }
}

/// Place, row and content of events of other devices that lie behind `base`.
fn foreign(data: &Connection, key: &TicketKey, base: &Base) -> rusqlite::Result<Vec<(u64, i64, ForeignEvent)>> {
    let sql = "SELECT e.n, e.place, e.body, m.received, m.validity FROM event_ticket t JOIN event e ON e.n = t.n
               JOIN log_message m ON m.validity = (SELECT validity FROM log) AND m.uid = e.place
               WHERE t.ticket = ?1 AND e.state = 2 AND e.actor <> (SELECT id FROM actor)";
    let mut statement = data.prepare_cached(sql)?;
    let mut rows = statement.query([key.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (place, validity): (u64, u64) = (row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(4)?.unsigned_abs());
        let Ok(event) = serde_json::from_str::<Event>(&row.get::<_, String>(2)?) else { continue };
        let is_seen = if base.position.epoch == validity { place <= base.position.uid } else { event.lamport <= base.lamport };
        if !is_seen {
            found.push((place, row.get(0)?, ForeignEvent { event, received: time(row.get(3)?) }));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ActorId;

    #[test]
    fn an_answer_happened_when_it_was_given_and_not_when_the_log_was_put_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let change = Change::Sent { ticket: TicketKey::of(&MessageId::synthetic(b"t")), mid: MessageId::synthetic(b"m"), sha: String::new() };
        let id = EventId { actor: ActorId(1), seq: 1 };
        let event = Event { id, agent: "ana".into(), at: at(1_000), lamport: 1, base: Base::default(), was: None, change };
        let received = |second| ForeignEvent { event: event.clone(), received: at(second) }.happened().as_second();

        assert_eq!(received(90_000), 1_000, "put back a day later");
        assert_eq!(received(940), 940, "its author's clock is a minute ahead");
    }
}
