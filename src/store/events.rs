//! The events of this device and the replica of everybody's: writing, reading, and bringing the cache up to them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, TransactionBehavior, params};

use super::forget::{self, Forgotten, Told};
use super::{Store, StoreError, mirror, refold, ticket_rows, tickets};
use crate::domain::event::{Base, Change, Event, Position};
use crate::domain::fold::{self, Counters, Outcome, Placed, Unapplied};
use crate::domain::thread::PlacedBy;
use crate::domain::{ActorId, EventId, TicketKey, Timestamp};

/// A change to be written, with what takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    pub change: Change,
    pub inverse: Option<Change>,
}

/// An event as it stands in the history of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    pub event: Event,
    /// Why it changed nothing; `None` if it did.
    pub unapplied: Option<String>,
    /// Not applied because of somebody else's change; its author may apply it anyway.
    pub is_conflict: bool,
    /// That change, if it is known.
    pub winner: Option<EventId>,
    /// Taken back by an undo that itself still stands.
    pub undone: bool,
    /// It waits to be shared: no colleague can see it yet.
    pub is_pending: bool,
}

/// An event of a ticket's past.
struct Past {
    n: i64,
    /// Where it stands in the log; `None`: it has not been read back.
    place: Option<i64>,
    event: Event,
    undone_by: Option<i64>,
    is_pending: bool,
    /// It was set aside until its author says what becomes of it.
    undecided: Option<Unapplied>,
}

/// What the author had seen, and the gesture events are a further part of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub base: Base,
    /// `None`: they are a gesture of their own.
    pub gesture: Option<u64>,
}

/// Who writes, and when.
#[derive(Clone, Debug)]
pub struct Author<'a> {
    pub agent: std::borrow::Cow<'a, str>,
    pub now: Timestamp,
}

/// So many events are applied in one transaction of the cache.
const EVENTS_AT_ONCE: i64 = 1_000;
/// A snapshot tells of so many events that they changed nothing, the newest.
const UNAPPLIED_TOLD: i64 = 20_000;

impl Store {
    /// Writes events durably, in order and as one gesture, and applies them.
    ///
    /// Once this returns they survive a crash; if the cache cannot be brought up
    /// to them now, the next opening does it.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn append_events(&mut self, author: &Author<'_>, events: Vec<NewEvent>) -> Result<Vec<EventId>, StoreError> {
        self.append_to_gesture(author, events, None)
    }

    /// The same, as a further part of the gesture that began with `first`.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn append_to_gesture(&mut self, author: &Author<'_>, events: Vec<NewEvent>, first: Option<EventId>) -> Result<Vec<EventId>, StoreError> {
        let written = self.write_to_gesture(author, events, first)?;
        if !written.is_empty() {
            self.catch_up()?;
        }
        Ok(written)
    }

    /// Writes events durably, in order and as one gesture, and leaves it to [`Store::catch_up`] to apply them:
    /// for many, about which nothing is asked until they have been shared.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn write_events(&mut self, author: &Author<'_>, events: Vec<NewEvent>) -> Result<Vec<EventId>, StoreError> {
        self.write_to_gesture(author, events, None)
    }

    fn write_to_gesture(&mut self, author: &Author<'_>, events: Vec<NewEvent>, first: Option<EventId>) -> Result<Vec<EventId>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let place = Standing { base: self.base()?, gesture: first.map(|first| first.seq) };
        write(&mut self.data, author, events, place).map_err(|error| self.data_error(error))
    }

    /// Writes a past that is made up: events of several authors and dates, each a gesture
    /// of its own, in one transaction.
    ///
    /// # Errors
    /// `data.db` cannot be written; then nothing is.
    pub fn append_past(&mut self, events: Vec<(Author<'_>, NewEvent)>) -> Result<(), StoreError> {
        let base = self.base()?;
        write_past(&mut self.data, events, base).map_err(|error| self.data_error(error))?;
        self.catch_up()
    }

    /// Applies to the cache every event it has not seen.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn catch_up(&mut self) -> Result<(), StoreError> {
        self.keep_mode()?;
        let before = Forgotten::load(&self.cache).map_err(|error| self.cache_error(error))?;
        let forgotten = if self.is_shared { self.follow_log()? } else { self.apply_all()? };
        let after = Forgotten::load(&self.cache).map_err(|error| self.cache_error(error))?;
        if forgotten.is_empty() && after == before {
            return Ok(());
        }
        let by_snapshot = after.people_beside(&before, &forgotten);
        let known = counters(&self.cache).map_err(|error| self.cache_error(error))?.shared.forgotten_at;
        for told in forgotten.into_iter().chain(by_snapshot) {
            let forgetting = known.get(&told.address);
            let redact = |data: &mut Connection| {
                forget::redact_events(data, &told.address, forgetting)?;
                forget::redact_begun(data, &told, forgetting)
            };
            redact(&mut self.data).map_err(|error| self.data_error(error))?;
        }
        Ok(())
    }

    /// Applies this device's events of a desk that shares no log; whom they forget.
    fn apply_all(&mut self) -> Result<Vec<Told>, StoreError> {
        let mut forgotten = Vec::new();
        loop {
            let applied = applied(&self.cache).map_err(|error| self.cache_error(error))?;
            let waiting = after(&self.data, applied, EVENTS_AT_ONCE).map_err(|error| self.data_error(error))?;
            if waiting.is_empty() {
                return Ok(forgotten);
            }
            apply(&mut self.cache, applied, &waiting).map_err(|error| self.cache_error(error))?;
            forgotten.extend(waiting.iter().filter_map(|(_, event)| Told::by(event)));
        }
    }

    /// The events of a ticket in the order they were applied.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn history(&self, ticket: &TicketKey) -> Result<Vec<HistoryEntry>, StoreError> {
        let keys = self.all_keys(ticket)?;
        let mut entries = Vec::new();
        for key in keys {
            entries.extend(history_of(&self.data, &key).map_err(|error| self.data_error(error))?);
        }
        entries.sort_by_key(|entry| (entry.place.is_none(), entry.place, entry.n));
        entries.dedup_by_key(|entry| entry.n);
        entries
            .into_iter()
            .map(|Past { n, event, undone_by, is_pending, undecided, .. }| {
                let is_pending = (is_pending || undecided.is_some()) && self.is_shared;
                let fate = undecided.map_or_else(|| self.fate(n), |fate| Ok(Some(fate)))?;
                // An undo that came too late has taken nothing back.
                let undone = undone_by.map_or(Ok(false), |undo| self.fate(undo).map(|fate| fate.is_none()))?;
                let (is_conflict, winner) = fate.as_ref().map(|fate| (fate.is_conflict, fate.winner)).unwrap_or_default();
                Ok(HistoryEntry { event, unapplied: fate.map(|fate| fate.why), is_conflict, winner, undone, is_pending })
            })
            .collect()
    }

    /// Why an event changed nothing; `None` if it did.
    pub(super) fn fate(&self, n: i64) -> Result<Option<Unapplied>, StoreError> {
        let sql = "SELECT why, conflict, winner FROM event_unapplied WHERE n = ?1";
        let fate = |row: &rusqlite::Row<'_>| {
            let winner = row.get::<_, Option<String>>(2)?.and_then(|winner| winner.parse().ok());
            Ok(Unapplied { why: row.get(0)?, is_conflict: row.get(1)?, winner })
        };
        let read = || self.cache.prepare_cached(sql)?.query_row([n], fate).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Why an event known by its id changed nothing, and whether that is a conflict; `None` if it did.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn unapplied(&self, id: EventId) -> Result<Option<(String, bool)>, StoreError> {
        let sql = "SELECT n FROM event WHERE actor = ?1 AND seq = ?2";
        let read = || self.data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], |row| row.get(0)).optional();
        match read().map_err(|error| self.data_error(error))? {
            Some(n) => Ok(self.fate(n)?.map(|fate| (fate.why, fate.is_conflict))),
            None => Ok(None),
        }
    }

    /// Everything of tickets that changed nothing although it was read in the log, by its name: for who reads a
    /// snapshot that holds it.
    pub(super) fn all_unapplied(&self) -> Result<BTreeMap<String, Unapplied>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<i64>> {
            let sql = "SELECT n FROM event_unapplied ORDER BY n DESC LIMIT ?1";
            self.cache.prepare_cached(sql)?.query_map([UNAPPLIED_TOLD], |row| row.get(0))?.collect()
        };
        let mut all = BTreeMap::new();
        for n in rows().map_err(|error| self.cache_error(error))? {
            let sql = "SELECT actor || '.' || seq FROM event
                       WHERE n = ?1 AND state = 2 AND EXISTS (SELECT 1 FROM event_ticket t WHERE t.n = event.n)";
            let name = || self.data.prepare_cached(sql)?.query_row([n], |row| row.get(0)).optional();
            if let Some(name) = name().map_err(|error| self.data_error(error))? {
                all.extend(self.fate(n)?.map(|fate| (name, fate)));
            }
        }
        Ok(all)
    }

    pub(super) fn all_keys(&self, ticket: &TicketKey) -> Result<Vec<TicketKey>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let sql = "SELECT b.key FROM ticket_alias a JOIN ticket_alias b
                           ON b.ticket = a.ticket OR b.ticket IN (SELECT id FROM ticket WHERE home = a.ticket) WHERE a.key = ?1";
            self.cache.prepare_cached(sql)?.query_map([ticket.as_str()], |row| row.get(0))?.collect()
        };
        let keys: Vec<TicketKey> = read().map_err(|e| self.cache_error(e))?.iter().filter_map(|key| TicketKey::new(key)).collect();
        Ok(if keys.is_empty() { vec![ticket.clone()] } else { keys })
    }

    /// Everybody who has written an event, in no order: sorting them would gather the names of all events first.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn event_agents(&self) -> Result<Vec<String>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.data.prepare_cached("SELECT DISTINCT agent FROM event")?.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.data_error(error))
    }

    /// Who writes on a device, by the last that is known of it.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn agent_of(&self, actor: ActorId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT agent FROM event WHERE actor = ?1 ORDER BY seq DESC LIMIT 1";
        let read = || self.data.prepare_cached(sql)?.query_row([actor.to_string()], |row| row.get(0)).optional();
        read().map_err(|error| self.data_error(error))
    }

    /// This device's identity.
    ///
    /// # Errors
    /// `data.db` cannot be read or written.
    pub fn actor(&mut self) -> Result<ActorId, StoreError> {
        let read = |data: &mut Connection| {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let (actor, _, _) = actor(&transaction)?;
            transaction.commit()?;
            Ok(actor)
        };
        read(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// How far the log, and on a desk without one this device's own events, are followed.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn base(&self) -> Result<Base, StoreError> {
        let read = || -> rusqlite::Result<Base> {
            let lamport = counters(&self.cache)?.lamport;
            let position = if self.is_shared {
                refold::Marks::read(&self.cache)?.position()
            } else {
                Position { local: applied(&self.cache)?.unsigned_abs(), ..Position::default() }
            };
            Ok(Base { position, lamport })
        };
        read().map_err(|error| self.cache_error(error))
    }
}

fn write(data: &mut Connection, author: &Author<'_>, events: Vec<NewEvent>, place: Standing) -> rusqlite::Result<Vec<EventId>> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write_in(&transaction, author, events, place)?;
    transaction.commit()?;
    Ok(written)
}

fn write_past(data: &mut Connection, events: Vec<(Author<'_>, NewEvent)>, base: Base) -> rusqlite::Result<()> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (author, event) in events {
        // What is made up was shown to nobody: there is nothing to mirror.
        write_rows(&transaction, &author, vec![event], Standing { base, gesture: None })?;
    }
    transaction.commit()
}

/// Writes events inside a transaction on `data.db`; the caller commits and catches up.
pub(super) fn write_in(data: &Connection, author: &Author<'_>, events: Vec<NewEvent>, place: Standing) -> rusqlite::Result<Vec<EventId>> {
    let written = write_rows(data, author, events, place)?;
    for (n, event) in &written {
        mirror::owe(data, *n, &event.change)?;
    }
    Ok(written.into_iter().map(|(_, event)| event.id).collect())
}

fn write_rows(data: &Connection, author: &Author<'_>, events: Vec<NewEvent>, place: Standing) -> rusqlite::Result<Vec<(i64, Event)>> {
    let (actor, mut seq, mut lamport) = actor(data)?;
    let Standing { base, gesture } = place;
    let gesture = gesture.unwrap_or(seq);
    let mut written = Vec::with_capacity(events.len());
    lamport = lamport.max(base.lamport);
    for new in events {
        lamport += 1;
        let id = EventId { actor, seq };
        let event = Event { id, agent: author.agent.clone().into_owned(), at: author.now, lamport, base, was: None, change: new.change };
        let n = insert(data, &event, new.inverse.as_ref(), gesture)?;
        written.push((n, event));
        seq += 1;
    }
    data.prepare_cached("UPDATE actor SET next_seq = ?1, lamport = ?2")?.execute(params![seq as i64, lamport as i64])?;
    Ok(written)
}

fn insert(data: &Connection, event: &Event, inverse: Option<&Change>, gesture: u64) -> rusqlite::Result<i64> {
    let json = |value: &Change| serde_json::to_string(value).unwrap_or_default();
    data.prepare_cached("INSERT INTO event (actor, seq, at, agent, body, inverse, gesture) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            event.id.actor.to_string(),
            event.id.seq as i64,
            event.at.as_second(),
            event.agent,
            serde_json::to_string(event).unwrap_or_default(),
            inverse.map(json),
            gesture as i64
        ],
    )?;
    note_row(data, event, &mut data.prepare_cached(NOTE_TICKET)?)
}

/// Writes events that were read in the log: tens of thousands, by statements that are prepared once.
pub(super) struct ReadEvents<'a> {
    data: &'a Connection,
    event: CachedStatement<'a>,
    ticket: CachedStatement<'a>,
}

impl<'a> ReadEvents<'a> {
    pub fn prepare(data: &'a Connection) -> rusqlite::Result<Self> {
        let sql = "INSERT INTO event (actor, seq, at, agent, body, gesture, state, place, raw) VALUES (?1, ?2, ?3, ?4, ?5, ?2, 2, ?6, ?7)
                   ON CONFLICT (actor, seq) DO NOTHING";
        Ok(Self { data, event: data.prepare_cached(sql)?, ticket: data.prepare_cached(NOTE_TICKET)? })
    }

    /// Notes an event at its UID; `None` if one of its name is there.
    pub fn insert(&mut self, event: &Event, uid: u32, raw: Option<&str>) -> rusqlite::Result<Option<i64>> {
        let body = serde_json::to_string(event).unwrap_or_default();
        let values = params![event.id.actor.to_string(), event.id.seq as i64, event.at.as_second(), event.agent, body, uid, raw];
        let is_new = self.event.execute(values)? == 1;
        is_new.then(|| note_row(self.data, event, &mut self.ticket)).transpose()
    }
}

/// What belongs to the row of an event that was just written.
fn note_row(data: &Connection, event: &Event, note_ticket: &mut CachedStatement<'_>) -> rusqlite::Result<i64> {
    let n = data.last_insert_rowid();
    for key in event.change.tickets() {
        note_ticket.execute(params![key.as_str(), n])?;
    }
    if let Change::Undo { event: target, .. } = &event.change {
        let sql = "UPDATE event SET undone = ?3 WHERE actor = ?1 AND seq = ?2";
        data.prepare_cached(sql)?.execute(params![target.actor.to_string(), target.seq as i64, n])?;
        // Undoing an undo puts the first event in force again.
        let sql = "UPDATE event SET undone = NULL WHERE undone = (SELECT n FROM event WHERE actor = ?1 AND seq = ?2)";
        data.prepare_cached(sql)?.execute(params![target.actor.to_string(), target.seq as i64])?;
    }
    Ok(n)
}

const NOTE_TICKET: &str = "INSERT OR IGNORE INTO event_ticket (ticket, n) VALUES (?1, ?2)";

/// Notes of which tickets an event speaks.
pub(super) fn note_tickets(data: &Connection, n: i64, event: &Event) -> rusqlite::Result<()> {
    let mut note = data.prepare_cached(NOTE_TICKET)?;
    event.change.tickets().iter().try_for_each(|key| note.execute(params![key.as_str(), n]).map(drop))
}

/// The device's id, its next `seq` and its Lamport time; minted at first use.
pub(super) fn actor(data: &Connection) -> rusqlite::Result<(ActorId, u64, u64)> {
    let known = data
        .prepare_cached("SELECT id, next_seq, lamport FROM actor")?
        .query_row([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
        .optional()?;
    if let Some((id, seq, lamport)) = known {
        return Ok((id.parse().unwrap_or(ActorId(0)), seq.unsigned_abs(), lamport.unsigned_abs()));
    }
    let id = ActorId(random_u64());
    data.execute("INSERT INTO actor (one, id, next_seq, lamport) VALUES (1, ?1, 1, 0)", [id.to_string()])?;
    Ok((id, 1, 0))
}

pub(super) fn random_u64() -> u64 {
    let mut bytes = [0_u8; 8];
    // Without the system's generator the clock and the process still tell devices apart.
    if getrandom::fill(&mut bytes).is_err() {
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |age| age.as_nanos() as u64);
        return nanos ^ (u64::from(std::process::id()) << 32);
    }
    u64::from_be_bytes(bytes)
}

fn after(data: &Connection, n: i64, limit: i64) -> rusqlite::Result<Vec<(i64, Event)>> {
    let mut statement = data.prepare_cached("SELECT n, body FROM event WHERE n > ?1 ORDER BY n LIMIT ?2")?;
    let rows = statement.query_map([n, limit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut events = Vec::new();
    for row in rows {
        let (n, body) = row?;
        if let Ok(event) = serde_json::from_str(&body) {
            events.push((n, event));
        }
    }
    Ok(events)
}

fn history_of(data: &Connection, key: &TicketKey) -> rusqlite::Result<Vec<Past>> {
    let sql = "SELECT e.n, e.place, coalesce(u.body, e.body), e.undone, e.state < 2, u.why, u.winner
               FROM event_ticket t JOIN event e ON e.n = t.n LEFT JOIN undecided u ON u.n = e.n WHERE t.ticket = ?1 ORDER BY e.n";
    let mut statement = data.prepare_cached(sql)?;
    let mut rows = statement.query([key.as_str()])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        if let Ok(event) = serde_json::from_str::<Event>(&row.get::<_, String>(2)?) {
            let event = only_about(event, key);
            let winner: Option<String> = row.get(6)?;
            let aside = |why: String| Unapplied { why, is_conflict: true, winner: winner.and_then(|winner| winner.parse().ok()) };
            let undecided = row.get::<_, Option<String>>(5)?.map(aside);
            entries.push(Past { n: row.get(0)?, place: row.get(1)?, event, undone_by: row.get(3)?, is_pending: row.get(4)?, undecided });
        }
    }
    Ok(entries)
}

/// An `open` may speak of hundreds of tickets; the history of one shows that one.
fn only_about(mut event: Event, key: &TicketKey) -> Event {
    if let Change::Open { tickets } = &mut event.change {
        tickets.retain(|opening| opening.key == *key);
    }
    event
}

pub(super) fn applied(cache: &Connection) -> rusqlite::Result<i64> {
    let value: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'applied'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(value.and_then(|value| value.parse().ok()).unwrap_or(0))
}

pub(super) fn counters(cache: &Connection) -> rusqlite::Result<Counters> {
    let value: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'counters'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(value.and_then(|value| serde_json::from_str(&value).ok()).unwrap_or_default())
}

pub(super) fn set_meta(cache: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    cache
        .prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute([name, value])
        .map(drop)
}

/// Folds events into the cache. If another process was faster, nothing happens.
fn apply(cache: &mut Connection, expected: i64, events: &[(i64, Event)]) -> rusqlite::Result<()> {
    let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if applied(&transaction)? != expected {
        return transaction.rollback();
    }
    let context = ticket_rows::Context::load(&transaction)?;
    let mut counters = counters(&transaction)?;
    for (n, event) in events {
        counters = apply_one(&transaction, *n, event, counters, &context)?;
    }
    context.refresh_now(&transaction)?;
    if let Some((n, _)) = events.last() {
        set_meta(&transaction, "applied", &n.to_string())?;
    }
    set_meta(&transaction, "counters", &serde_json::to_string(&counters).unwrap_or_default())?;
    transaction.commit()
}

fn apply_one(cache: &Connection, n: i64, event: &Event, counters: Counters, context: &ticket_rows::Context) -> rusqlite::Result<Counters> {
    let mut before = tickets::load(cache, &fold::touched(event), counters)?;
    if let Change::Forget { address } = &event.change {
        before.tickets.extend(forget::states_with(cache, address)?.into_iter().map(|state| (state.key.clone(), state)));
    }
    let mut after = before.clone();
    let outcome = fold::apply(&mut after, event, &Placed::local(n.unsigned_abs()));
    tickets::save(cache, &before, &after, context)?;
    if outcome.is_applied() {
        beside_the_state(cache, event, &after.counters, context)?;
    }
    note_fate(cache, n, &outcome)?;
    Ok(after.counters)
}

/// The rows of events that are noted as having changed nothing.
pub(super) fn unapplied_rows(cache: &Connection) -> rusqlite::Result<BTreeSet<i64>> {
    cache.prepare_cached("SELECT n FROM event_unapplied")?.query_map([], |row| row.get(0))?.collect()
}

/// Notes why an event changed nothing, or that it has changed something.
pub(super) fn note_fate(cache: &Connection, n: i64, outcome: &Outcome) -> rusqlite::Result<()> {
    match outcome.unapplied() {
        Some(unapplied) => note_unapplied(cache, n, &unapplied, "REPLACE"),
        None => cache.prepare_cached("DELETE FROM event_unapplied WHERE n = ?1")?.execute([n]).map(drop),
    }
}

/// The same of an event that a snapshot holds; what was found out here counts for more.
pub(super) fn note_covered_fate(cache: &Connection, n: i64, unapplied: &Unapplied) -> rusqlite::Result<()> {
    note_unapplied(cache, n, unapplied, "IGNORE")
}

fn note_unapplied(cache: &Connection, n: i64, unapplied: &Unapplied, or: &str) -> rusqlite::Result<()> {
    let Unapplied { why, is_conflict, winner } = unapplied;
    let sql = format!("INSERT OR {or} INTO event_unapplied (n, why, conflict, winner) VALUES (?1, ?2, ?3, ?4)");
    cache.prepare_cached(&sql)?.execute(params![n, why, is_conflict, winner.map(|winner| winner.to_string())]).map(drop)
}

/// What an event changes in the cache that is not in the state of a ticket.
pub(super) fn beside_the_state(cache: &Connection, event: &Event, counters: &Counters, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    match &event.change {
        Change::Forget { .. } => forget::keep_to(cache, &counters.shared, context),
        change => explain(cache, change),
    }
}

/// An event that puts mail somewhere is the reason why it stands there.
fn explain(cache: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Attach { ids, reason, .. } => super::placement::explain(cache, ids, &PlacedBy::parse(reason).unwrap_or(PlacedBy::Agent)),
        Change::Split { ids, .. } => super::placement::explain(cache, ids, &PlacedBy::Agent),
        _ => Ok(()),
    }
}
