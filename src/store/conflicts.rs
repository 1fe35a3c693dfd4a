//! Changes of this device that are not in force because somebody else was first.
//!
//! One that was shared stays in the history as it is. One that lost while this device was away
//! may wait for a word of its author: then an event that changes nothing is shared in its place,
//! so that whatever came behind it need not wait, and it is written anew if it is still wanted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::events::{self, Author, NewEvent, Standing};
use super::{Store, StoreError, log, time};
use crate::domain::conflict::{matters, plain};
use crate::domain::event::{Base, Change, Event};
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, TicketKey, Timestamp};

/// A change of ours that is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// As it was written.
    pub event: Event,
    pub why: String,
    /// What came first; `None` if it contradicts what stands.
    pub winner: Option<EventId>,
    /// Its author has to say what becomes of it; nobody else has seen it.
    pub is_undecided: bool,
}

/// One that still matters, with its ticket as it is now.
pub type OpenConflict = (Conflict, Rc<TicketState>);

/// What becomes of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: what was shared stands in the history, what was not is gone.
    Drop,
    /// It stands in the history as not applied.
    Keep,
    /// It is made anew, in knowledge of what came first.
    Apply(NewEvent),
}

/// What has become of a conflict, and who said so when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub agent: String,
    pub at: Timestamp,
    pub how: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was made anew.
    Applied,
    /// Nobody else has seen it, and nothing is left of it.
    Dropped,
    /// It stands in the history, and can be applied later.
    Left,
}

/// So many conflicts are looked through at most, the newest first.
const LOOKED_THROUGH: u32 = 500;
/// Merged tickets are followed so far.
const MERGES: usize = 64;
/// What `told` says of an event: its author has seen that it was not applied, and has said what he wants.
const SETTLED: i64 = 2;

impl Store {
    /// The changes of this device that wait to be shared and have lost already, oldest first. One that its author
    /// wants to have in the history all the same is none of them.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn stale(&self) -> Result<Vec<Conflict>, StoreError> {
        let mut stale = Vec::new();
        for (n, event) in log::waiting(&self.data, 0, u32::MAX).map_err(|error| self.data_error(error))? {
            if !matches!(event.change, Change::Skip { .. }) && !self.is_settled(n)? {
                let lost = self.lost(n)?;
                stale.extend(lost.map(|(why, winner)| Conflict { event, why, winner: parsed(winner), is_undecided: false }));
            }
        }
        Ok(stale)
    }

    /// Keeps changes that wait to be shared from it, until their author has said what becomes of them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn set_conflicts_aside(&mut self, stale: &[Conflict]) -> Result<(), StoreError> {
        let rows = set_aside(&mut self.data, stale).map_err(|error| self.data_error(error))?;
        // What fills a place has lost against nobody; were this not reached, reading it back says so.
        for n in rows {
            self.cache.execute("DELETE FROM event_unapplied WHERE n = ?1", [n]).map_err(|error| self.cache_error(error))?;
        }
        Ok(())
    }

    fn is_settled(&self, n: i64) -> Result<bool, StoreError> {
        let read = || self.data.prepare_cached("SELECT told = ?2 FROM event WHERE n = ?1")?.query_row(params![n, SETTLED], |row| row.get(0));
        read().map_err(|error| self.data_error(error))
    }

    fn lost(&self, n: i64) -> Result<Option<(String, Option<String>)>, StoreError> {
        let sql = "SELECT why, winner FROM event_unapplied WHERE n = ?1 AND conflict = 1";
        let read = || self.cache.prepare_cached(sql)?.query_row([n], |row| Ok((row.get(0)?, row.get(1)?))).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Everything of ours that is not in force and about which its author has not said what he
    /// wants, oldest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        let mut found = undecided(&self.data).map_err(|error| self.data_error(error))?;
        let lost = {
            let read = || -> rusqlite::Result<Vec<(i64, String, Option<String>)>> {
                let sql = "SELECT n, why, winner FROM event_unapplied WHERE conflict = 1 ORDER BY n DESC LIMIT ?1";
                let mut statement = self.cache.prepare_cached(sql)?;
                statement.query_map([LOOKED_THROUGH], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
            };
            read().map_err(|error| self.cache_error(error))?
        };
        for (n, why, winner) in lost.into_iter().rev() {
            let shared = unsettled(&self.data, n).map_err(|error| self.data_error(error))?;
            found.extend(shared.map(|event| Conflict { event, why, winner: parsed(winner), is_undecided: false }));
        }
        Ok(found)
    }

    /// This device's events that were decided against and whose author has not been told, oldest first.
    /// From here on he has.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn tell_conflicts(&mut self) -> Result<Vec<Conflict>, StoreError> {
        let lost = {
            let read = || -> rusqlite::Result<Vec<(i64, String, Option<String>)>> {
                let mut statement = self.cache.prepare_cached("SELECT n, why, winner FROM event_unapplied WHERE conflict = 1 ORDER BY n")?;
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
            };
            read().map_err(|error| self.cache_error(error))?
        };
        let mut told = Vec::new();
        for (n, why, winner) in lost {
            let sql = "UPDATE event SET told = 1 WHERE n = ?1 AND told = 0 AND state = 2 AND actor = (SELECT id FROM actor) RETURNING body";
            let body: Option<String> = self
                .data
                .prepare_cached(sql)
                .and_then(|mut update| update.query_row([n], |row| row.get(0)).optional())
                .map_err(|error| self.data_error(error))?;
            let event = body.and_then(|body| serde_json::from_str::<Event>(&body).ok());
            told.extend(event.map(|event| Conflict { event, why, winner: parsed(winner), is_undecided: false }));
        }
        Ok(told)
    }

    /// The conflicts that still matter.
    ///
    /// One that was shared matters no more when the ticket is as it wished, or when its author has
    /// written the same field since.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn open_conflicts(&self) -> Result<Vec<OpenConflict>, StoreError> {
        self.open_conflicts_among(|_| true)
    }

    /// The same of some changes.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn open_conflicts_among(&self, wanted: impl Fn(EventId) -> bool) -> Result<Vec<OpenConflict>, StoreError> {
        // Many are about the same few tickets, and the state of one that has seen much is long.
        let mut states: BTreeMap<(Option<TicketKey>, bool), Option<Rc<TicketState>>> = BTreeMap::new();
        let mut open = Vec::new();
        for conflict in self.conflicts()?.into_iter().filter(|conflict| wanted(conflict.event.id)) {
            let change = &conflict.event.change;
            let state = match states.entry((change.tickets().into_iter().next(), is_about_merging(change))) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(place) => place.insert(self.state_of(change)?.map(Rc::new)).clone(),
            };
            open.extend(state.filter(|state| conflict.is_undecided || matters(state, &conflict.event)).map(|state| (conflict, state)));
        }
        Ok(open)
    }

    /// The ticket a change is about as it is now: through merges, unless the change is a merge itself.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn state_of(&self, change: &Change) -> Result<Option<TicketState>, StoreError> {
        let Some(key) = change.tickets().into_iter().next() else { return Ok(None) };
        let mut state = self.ticket_state(&key)?;
        if is_about_merging(change) {
            return Ok(state);
        }
        for _ in 0..MERGES {
            let Some(target) = state.as_ref().and_then(|state| state.merged_into.value.clone()) else { break };
            state = self.ticket_state(&target)?;
        }
        Ok(state)
    }

    /// One change of ours that waits for a word of its author.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn undecided(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let all = undecided(&self.data).map_err(|error| self.data_error(error))?;
        Ok(all.into_iter().map(|conflict| conflict.event).find(|event| event.id == id))
    }

    /// What the author of a change of this device that was not applied has said of it.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn settlement(&self, id: EventId) -> Result<Option<Settled>, StoreError> {
        let read = || -> rusqlite::Result<Option<(String, i64, String)>> {
            let sql = "SELECT agent, at, how FROM settled WHERE actor = ?1 AND seq = ?2";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            self.data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], row).optional()
        };
        let found = read().map_err(|error| self.data_error(error))?;
        Ok(found.map(|(agent, at, how)| {
            let how = match how.as_str() {
                "applied" => Fate::Applied,
                "dropped" => Fate::Dropped,
                _ => Fate::Left,
            };
            Settled { agent, at: time(at), how }
        }))
    }

    /// How many wait for that word.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn undecided_count(&self) -> Result<u64, StoreError> {
        let read = || self.data.prepare_cached("SELECT count(*) FROM undecided")?.query_row([], |row| row.get::<_, i64>(0));
        Ok(read().map_err(|error| self.data_error(error))?.unsigned_abs())
    }

    /// Settles conflicts, in the order given and in one transaction. What is applied is one
    /// gesture, or a further part of the one that began with `first`; its events are returned.
    ///
    /// One that nobody knows (any more) is passed over.
    ///
    /// # Errors
    /// `data.db` cannot be written; then none is settled.
    pub fn settle_conflicts(
        &mut self,
        author: &Author<'_>,
        settlements: Vec<(EventId, Settlement)>,
        first: Option<EventId>,
    ) -> Result<Vec<EventId>, StoreError> {
        let base = self.base()?;
        let place = Standing { base, gesture: first.map(|first| first.seq) };
        let written = settle(&mut self.data, author, settlements, place).map_err(|error| self.data_error(error))?;
        self.catch_up()?;
        Ok(written)
    }
}

/// Whether a change is about a ticket itself, even where that is merged into another.
fn is_about_merging(change: &Change) -> bool {
    matches!(plain(change), Change::Merge { .. } | Change::Unmerge { .. })
}

/// The rows of those that were.
fn set_aside(data: &mut Connection, stale: &[Conflict]) -> rusqlite::Result<Vec<i64>> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut rows = Vec::new();
    for Conflict { event, why, winner, .. } in stale {
        let (actor, seq) = (event.id.actor.to_string(), event.id.seq as i64);
        let filler = Event { change: Change::Skip { seq: event.id.seq }, ..event.clone() };
        // Who reads the log at the same moment may have found it there.
        let sql = "UPDATE event SET body = ?3, inverse = NULL WHERE actor = ?1 AND seq = ?2 AND state < 2 RETURNING n";
        let filler = serde_json::to_string(&filler).unwrap_or_default();
        let filled: Option<i64> = transaction.prepare_cached(sql)?.query_row(params![actor, seq, filler], |row| row.get(0)).optional()?;
        let Some(n) = filled else { continue };
        let body = serde_json::to_string(event).unwrap_or_default();
        let sql = "INSERT INTO undecided (n, actor, seq, body, why, winner) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        transaction.prepare_cached(sql)?.execute(params![n, actor, seq, body, why, winner.map(|winner| winner.to_string())])?;
        // Other mail programs are shown nothing of it, and it has taken nothing back.
        transaction.prepare_cached("DELETE FROM mirror WHERE n = ?1")?.execute([n])?;
        transaction.prepare_cached("UPDATE event SET undone = NULL WHERE undone = ?1")?.execute([n])?;
        rows.push(n);
    }
    transaction.commit()?;
    Ok(rows)
}

fn undecided(data: &Connection) -> rusqlite::Result<Vec<Conflict>> {
    let mut statement = data.prepare_cached("SELECT body, why, winner FROM undecided ORDER BY n")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Ok(event) = serde_json::from_str(&row.get::<_, String>(0)?) {
            found.push(Conflict { event, why: row.get(1)?, winner: parsed(row.get(2)?), is_undecided: true });
        }
    }
    Ok(found)
}

fn parsed(winner: Option<String>) -> Option<EventId> {
    winner.and_then(|winner| winner.parse().ok())
}

/// An event of ours that was shared, if its author has not said what he wants.
fn unsettled(data: &Connection, n: i64) -> rusqlite::Result<Option<Event>> {
    let sql = "SELECT body FROM event WHERE n = ?1 AND state = 2 AND told < ?2 AND actor = (SELECT id FROM actor)";
    let body: Option<String> = data.prepare_cached(sql)?.query_row(params![n, SETTLED], |row| row.get(0)).optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

fn settle(data: &mut Connection, author: &Author<'_>, all: Vec<(EventId, Settlement)>, place: Standing) -> rusqlite::Result<Vec<EventId>> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut applied = Vec::new();
    let mut renamed = BTreeMap::new();
    for (id, settlement) in all {
        let (actor, seq) = (id.actor.to_string(), id.seq as i64);
        let sql = "DELETE FROM undecided WHERE actor = ?1 AND seq = ?2 RETURNING n, body";
        let aside: Option<(i64, String)> =
            transaction.prepare_cached(sql)?.query_row(params![actor, seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let sql = "UPDATE event SET told = ?3 WHERE actor = ?1 AND seq = ?2 AND told < ?3";
        let is_known = transaction.prepare_cached(sql)?.execute(params![actor, seq, SETTLED])? > 0;
        if let Some((n, _)) = &aside {
            // Of the ticket's history the place that is filled is no part.
            transaction.prepare_cached("DELETE FROM event_ticket WHERE n = ?1")?.execute([n])?;
        }
        let event = aside.and_then(|(_, body)| serde_json::from_str::<Event>(&body).ok());
        if event.is_some() || is_known {
            let how = match settlement {
                Settlement::Apply(_) => "applied",
                Settlement::Drop if event.is_some() => "dropped",
                Settlement::Drop | Settlement::Keep => "left",
            };
            let sql = "INSERT OR REPLACE INTO settled (actor, seq, agent, at, how) VALUES (?1, ?2, ?3, ?4, ?5)";
            transaction.prepare_cached(sql)?.execute(params![actor, seq, author.agent, author.now.as_second(), how])?;
        }
        match (settlement, event) {
            (Settlement::Keep, Some(event)) => drop(renamed.insert(id, write_again(&transaction, event, &renamed)?)),
            (Settlement::Apply(new), event) if event.is_some() || is_known => applied.push(new),
            _ => {}
        }
    }
    let written = events::write_in(&transaction, author, applied, place)?;
    transaction.commit()?;
    Ok(written)
}

/// Writes a change as it was, and as ignorant as its author was, behind everything else; its new name.
fn write_again(transaction: &Transaction<'_>, mut event: Event, renamed: &BTreeMap<EventId, EventId>) -> rusqlite::Result<EventId> {
    log::rename_within(&mut event.change, renamed);
    let author = Author { agent: event.agent.into(), now: event.at };
    let place = Standing { base: Base { ..event.base }, gesture: None };
    let written = events::write_in(transaction, &author, vec![NewEvent { change: event.change, inverse: None }], place)?;
    let id = written.first().copied().unwrap_or(event.id);
    let sql = "UPDATE event SET told = ?3 WHERE actor = ?1 AND seq = ?2";
    transaction.prepare_cached(sql)?.execute(params![id.actor.to_string(), id.seq as i64, SETTLED])?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MessageId;
    use crate::domain::event::Opening;
    use crate::store::StorePaths;

    /// A ticket with so many tags, each of which a colleague was said to have been first with.
    fn with_conflicts(count: usize) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open("desk", StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() }).unwrap();
        let author = Author { agent: "ana".into(), now: Timestamp::now() };
        let ids = vec![MessageId::synthetic(b"one")];
        let ticket = TicketKey::of(&ids[0]);
        let opening = Opening { key: ticket.clone(), project: "app".into(), ids, subject: String::new(), requester: None, created: Some(author.now) };
        let tag = |number| Change::Tag { ticket: ticket.clone(), add: vec![format!("t{number}")], remove: Vec::new() };
        let changes = std::iter::once(Change::Open { tickets: vec![opening] }).chain((0..count).map(tag));
        store.append_events(&author, changes.map(|change| NewEvent { change, inverse: None }).collect()).unwrap();
        store.data.execute("UPDATE event SET state = 2", []).unwrap();
        for n in 2..=count + 1 {
            store.cache.execute("INSERT INTO event_unapplied (n, why, conflict) VALUES (?1, 'stale', 1)", [n as i64]).unwrap();
        }
        (folder, store)
    }

    #[test]
    fn conflicts_about_a_ticket_with_a_long_history_are_found_in_linear_time() {
        crate::growth::assert_linear("conflicts", 256, with_conflicts, |(_, store)| drop(store.open_conflicts().unwrap()));
    }
}
