//! The team log in `data.db`: whose it is, what has been read of it, and what waits to be put there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::events::{self, ReadEvents};
use super::{Store, StoreError, fillers, time};
use crate::domain::envelope::{self, Genesis, LogName};
use crate::domain::event::{Change, Event};
use crate::domain::seal::TeamKey;
use crate::domain::{ActorId, EventId, Timestamp};

/// Where this client stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    pub log: LogName,
    pub key: TeamKey,
    /// The UIDVALIDITY under which the log has been read; 0 before that.
    pub validity: u32,
    /// Where the newest change of the key stands.
    pub rekeyed: u32,
}

/// A message of the log folder, as far as it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub uid: u32,
    /// INTERNALDATE.
    pub received: Timestamp,
    pub content: LogContent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogContent {
    /// `raw` is its text where that says more than this version understands.
    Event { event: Arc<Event>, raw: Option<String> },
    /// The beginning of this log, with the UIDVALIDITY its author saw.
    Genesis { validity: u32 },
    /// The beginning of another log.
    OtherGenesis,
    /// A part of a snapshot, as JSON.
    Snapshot(String),
    /// A part of an order carried over a renumbering, as JSON.
    Reepoch(String),
    /// None of ours, and why.
    Ignored(String),
}

impl LogContent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Genesis { .. } => "genesis",
            Self::OtherGenesis => "other",
            Self::Snapshot(_) => "snapshot",
            Self::Reepoch(_) => "reepoch",
            Self::Ignored(_) => "ignored",
        }
    }
}

/// What taking messages in has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Events nobody here knew.
    pub new: u64,
    /// Events of ours that are in the log now.
    pub done: u64,
    pub ignored: u64,
    /// Events of others that only help clients get along; not counted as new.
    pub signals: u64,
    /// Somebody else writes under our name: a copy of this client's files, or we are one.
    /// What waited here has been given another name.
    pub was_copied: bool,
}

impl TakenIn {
    fn count(&mut self, change: &Change) {
        let is_signal = change.is_signal();
        self.new += u64::from(!is_signal);
        self.signals += u64::from(is_signal);
    }

    /// Takes up what taking in further messages has shown.
    pub fn join(&mut self, other: &Self) {
        self.new += other.new;
        self.done += other.done;
        self.ignored += other.ignored;
        self.signals += other.signals;
        self.was_copied |= other.was_copied;
    }
}

impl Store {
    /// Which log this desk's events go to; `None` before it has been seen for the first time.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn log_head(&self) -> Result<Option<LogHead>, StoreError> {
        let read = || {
            let sql = "SELECT team, epoch, key, validity, rekeyed FROM log";
            self.data.prepare_cached(sql)?.query_row([], |row| {
                let log = LogName { team: row.get(0)?, epoch: row.get(1)? };
                let key = TeamKey::parse(&row.get::<_, String>(2)?);
                Ok(key.map(|key| Ok(LogHead { log, key, validity: row.get(3)?, rekeyed: row.get(4)? })))
            })
        };
        let found = read().optional().map_err(|error| self.data_error(error))?;
        found.flatten().transpose().map_err(|error: rusqlite::Error| self.data_error(error))
    }

    /// Remembers the log this desk belongs to from here on.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn join_log(&mut self, genesis: &Genesis) -> Result<(), StoreError> {
        let sql = "INSERT INTO log (one, team, epoch, key, validity) VALUES (1, ?1, ?2, ?3, 0)";
        let values = params![genesis.log.team, genesis.log.epoch, genesis.key.to_hex()];
        self.data.execute(sql, values).map(drop).map_err(|error| self.data_error(error))
    }

    /// The UIDs that were read, or positively ignored, under a UIDVALIDITY, in ascending order.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn read_uids(&self, validity: u32) -> Result<Vec<u32>, StoreError> {
        let read = || -> rusqlite::Result<Vec<u32>> {
            let sql = "SELECT uid FROM log_message WHERE validity = ?1 ORDER BY uid";
            self.data.prepare_cached(sql)?.query_map([validity], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.data_error(error))
    }

    /// Notes messages of the log in one transaction: what they hold, and that they were read.
    ///
    /// The cache follows with [`Store::catch_up`].
    ///
    /// # Errors
    /// `data.db` cannot be written; then none of them counts as read.
    pub fn note_messages(&mut self, validity: u32, entries: &[LogEntry]) -> Result<TakenIn, StoreError> {
        let (taken, new) = take_in(&mut self.data, validity, entries).map_err(|error| self.data_error(error))?;
        self.at_hand.keep(new);
        Ok(taken)
    }

    /// This device's events that have not been read back, in order, at most `limit`.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn waiting_events(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        Ok(waiting(&self.data, 0, limit).map_err(|error| self.data_error(error))?.into_iter().map(|(_, event)| event).collect())
    }

    /// When the server received an event that was read back.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn received(&self, id: EventId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT m.received FROM event e JOIN log_message m ON m.validity = (SELECT validity FROM log) AND m.uid = e.place
                   WHERE e.actor = ?1 AND e.seq = ?2 AND e.state = 2";
        let read = || self.data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], |row| row.get(0)).optional();
        Ok(read().map_err(|error| self.data_error(error))?.map(time))
    }

    /// How many they are.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn waiting_count(&self) -> Result<u64, StoreError> {
        let read = || self.data.prepare_cached("SELECT count(*) FROM event WHERE state < 2")?.query_row([], |row| row.get::<_, i64>(0));
        Ok(read().map_err(|error| self.data_error(error))?.unsigned_abs())
    }

    /// Notes, before they are handed to the server, that events may be in the log from here on.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn about_to_append(&mut self, ids: &[EventId]) -> Result<(), StoreError> {
        let write = |data: &mut Connection| -> rusqlite::Result<()> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for id in ids {
                let sql = "UPDATE event SET state = 1 WHERE actor = ?1 AND seq = ?2 AND state = 0";
                transaction.prepare_cached(sql)?.execute(params![id.actor.to_string(), id.seq as i64])?;
            }
            transaction.commit()
        };
        write(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// Replaces an event that no server will take by one that only fills its place.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn skip_event(&mut self, event: &Event) -> Result<Event, StoreError> {
        let skip = Event { change: Change::Skip { seq: event.id.seq }, ..event.clone() };
        let body = serde_json::to_string(&skip).unwrap_or_default();
        let sql = "UPDATE event SET body = ?3, inverse = NULL WHERE actor = ?1 AND seq = ?2 AND state < 2";
        self.data.execute(sql, params![event.id.actor.to_string(), event.id.seq as i64, body]).map_err(|error| self.data_error(error))?;
        Ok(skip)
    }

    /// How many messages of the log are none of ours, and why, the most frequent first.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn ignored_messages(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(String, u64)>> {
            let sql = "SELECT text, count(*) FROM log_message WHERE kind = 'ignored' AND validity = (SELECT validity FROM log) AND text <> ''
                       GROUP BY text ORDER BY 2 DESC, 1";
            self.data.prepare_cached(sql)?.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?.collect()
        };
        read().map_err(|error| self.data_error(error))
    }
}

/// Events of this device that wait, from row `after` on, with their rows.
pub(super) fn waiting(data: &Connection, after: i64, limit: u32) -> rusqlite::Result<Vec<(i64, Event)>> {
    let sql = "SELECT n, body FROM event WHERE state < 2 AND n > ?1 ORDER BY n LIMIT ?2";
    let mut statement = data.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, limit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut events = Vec::new();
    for row in rows {
        let (n, body) = row?;
        events.extend(serde_json::from_str(&body).ok().map(|event| (n, event)));
    }
    Ok(events)
}

/// Events with their rows.
type WithRows = Vec<(i64, Arc<Event>)>;

/// With it the events whose rows are new.
fn take_in(data: &mut Connection, validity: u32, entries: &[LogEntry]) -> rusqlite::Result<(TakenIn, WithRows)> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let new = take_entries(&transaction, validity, entries)?;
    transaction.prepare_cached("UPDATE log SET validity = ?1 WHERE validity <> ?1")?.execute([validity])?;
    transaction.commit()?;
    Ok(new)
}

fn take_entries(data: &Connection, validity: u32, entries: &[LogEntry]) -> rusqlite::Result<(TakenIn, WithRows)> {
    let (mut taken, mut new) = (TakenIn::default(), Vec::with_capacity(entries.len()));
    let mut own = events::actor(data)?.0;
    let mut events = ReadEvents::prepare(data)?;
    let sql = "INSERT OR IGNORE INTO log_message (validity, uid, received, kind, event, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut messages = data.prepare_cached(sql)?;
    for entry in entries {
        let noted = match &entry.content {
            LogContent::Event { event, raw } => Some(take_event(&mut events, data, entry.uid, (event, raw.as_deref()), &mut own, &mut taken)?),
            _ => None,
        };
        let text = match &entry.content {
            LogContent::Event { event, .. } if noted.as_ref().is_some_and(|noted| noted.is_disputed) => serde_json::to_string(event.as_ref()).ok(),
            LogContent::Snapshot(text) | LogContent::Reepoch(text) | LogContent::Ignored(text) => Some(text.clone()),
            LogContent::Genesis { validity } => Some(validity.to_string()),
            LogContent::Event { .. } | LogContent::OtherGenesis => None,
        };
        taken.ignored += u64::from(matches!(entry.content, LogContent::Ignored(_)));
        let row = noted.as_ref().map(|noted| noted.row);
        let values = params![validity, entry.uid, entry.received.as_second(), entry.content.kind(), row, text];
        messages.execute(values)?;
        if let LogContent::Event { event, .. } = &entry.content {
            new.extend(noted.filter(|noted| noted.is_new).map(|noted| (noted.row, Arc::clone(event))));
            note_key(data, entry.uid, &event.change)?;
        }
    }
    Ok((taken, new))
}

/// The row of an event that was read.
struct Noted {
    row: i64,
    /// Nobody here knew it.
    is_new: bool,
    /// Something else is known of its name.
    is_disputed: bool,
}

/// Events behind a change of the key have to be signed with the new one.
fn note_key(data: &Connection, uid: u32, change: &Change) -> rusqlite::Result<()> {
    let Change::Rekey { key } = change else { return Ok(()) };
    let sql = "UPDATE log SET key = ?1, rekeyed = ?2 WHERE rekeyed < ?2";
    data.prepare_cached(sql)?.execute(params![key, uid]).map(drop)
}

/// Finds or makes the row of an event that was read; one of ours is done now. `own` is the name of this device.
fn take_event(
    events: &mut ReadEvents<'_>,
    data: &Connection,
    uid: u32,
    (event, raw): (&Event, Option<&str>),
    own: &mut ActorId,
    taken: &mut TakenIn,
) -> rusqlite::Result<Noted> {
    if *own != event.id.actor {
        // Nearly everything that is read is new, and somebody else's.
        if let Some(row) = events.insert(event, uid, raw)? {
            taken.count(&event.change);
            return Ok(Noted { row, is_new: true, is_disputed: false });
        }
    }
    let sql = "SELECT n, state, body FROM event WHERE actor = ?1 AND seq = ?2";
    let known: Option<(i64, i64, String)> = data
        .prepare_cached(sql)?
        .query_row(params![event.id.actor.to_string(), event.id.seq as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match known {
        Some((n, 2, body)) if differs_as_filler(&body, event) => {
            fillers::dispute(data, n, &body)?;
            return Ok(Noted { row: n, is_new: false, is_disputed: true });
        }
        Some((n, 2, _)) => {
            data.prepare_cached("UPDATE event SET place = ?2 WHERE n = ?1")?.execute(params![n, uid])?;
            return Ok(Noted { row: n, is_new: false, is_disputed: false });
        }
        Some((n, _, body)) if is_same(&body, event) => {
            data.prepare_cached("UPDATE event SET state = 2, place = ?2 WHERE n = ?1")?.execute(params![n, uid])?;
            taken.done += u64::from(!event.change.is_signal());
            return Ok(Noted { row: n, is_new: false, is_disputed: false });
        }
        // A colleague went on without one that may have been lost on its way.
        Some((n, _, body)) if is_given_up(&body, event) => {
            fillers::hold(data, n, uid, event)?;
            return Ok(Noted { row: n, is_new: false, is_disputed: false });
        }
        _ => {}
    }
    if *own == event.id.actor {
        *own = become_another(data)?;
        taken.was_copied = true;
    }
    taken.count(&event.change);
    // The name is free by now.
    let row = events.insert(event, uid, raw)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Noted { row, is_new: true, is_disputed: false })
}

fn is_same(body: &str, event: &Event) -> bool {
    serde_json::from_str::<Event>(body).is_ok_and(|known| envelope::as_read_back(known) == *event)
}

/// Whether one of them is the event and the other only fills its place.
fn differs_as_filler(body: &str, event: &Event) -> bool {
    // How a skip is written in its row: nearly nothing is read twice, and of that hardly anything is one.
    let is_known_filler = body.contains(r#""change":{"op":"skip""#);
    is_known_filler != fillers::is_filler(&event.change)
}

/// Whether somebody else has filled the place of an event of ours. What a device itself leaves out bears its own agent.
fn is_given_up(body: &str, event: &Event) -> bool {
    differs_as_filler(body, event)
        && fillers::is_filler(&event.change)
        && serde_json::from_str::<Event>(body).is_ok_and(|known| known.agent != event.agent)
}

/// Gives this device another name, because a copy of it uses the old one, and what waits here along with it; the name.
fn become_another(data: &Connection) -> rusqlite::Result<ActorId> {
    let waiting = waiting(data, 0, u32::MAX)?;
    let actor = ActorId(events::random_u64());
    let names: BTreeMap<EventId, EventId> = waiting.iter().zip(1..).map(|((_, event), seq)| (event.id, EventId { actor, seq })).collect();
    for (n, event) in &waiting {
        let Some(name) = names.get(&event.id) else { continue };
        let mut rewritten = event.rewritten(*name);
        rename_within(&mut rewritten.change, &names);
        let sql = "UPDATE event SET actor = ?2, seq = ?3, body = ?4, state = 0,
                       gesture = coalesce((SELECT ?3 - (event.seq - event.gesture) WHERE event.seq - event.gesture < ?3), ?3) WHERE n = ?1";
        let body = serde_json::to_string(&rewritten).unwrap_or_default();
        data.prepare_cached(sql)?.execute(params![n, actor.to_string(), name.seq as i64, body])?;
    }
    let next = waiting.len() as i64 + 1;
    data.prepare_cached("UPDATE actor SET id = ?1, next_seq = ?2")?.execute(params![actor.to_string(), next])?;
    Ok(actor)
}

/// An event that waits may speak of another that waits.
pub(super) fn rename_within(change: &mut Change, names: &BTreeMap<EventId, EventId>) {
    match change {
        Change::Undo { event, change } => {
            *event = names.get(event).copied().unwrap_or(*event);
            rename_within(change, names);
        }
        Change::Note { edits: Some(edited), .. } => *edited = names.get(edited).copied().unwrap_or(*edited),
        _ => {}
    }
}

/// A message as the cache follows it, with the row of its event.
pub(super) struct ReadMessage {
    pub n: i64,
    pub validity: u32,
    pub uid: u32,
    pub received: Timestamp,
    pub kind: String,
    pub event: Option<(i64, Arc<Event>)>,
    pub text: Option<String>,
}

/// Events that were noted a moment ago, by their rows, so that they need not be read again to be folded.
#[derive(Debug, Default)]
pub(super) struct AtHand(HashMap<i64, Arc<Event>>);

impl AtHand {
    fn keep(&mut self, events: WithRows) {
        if self.0.len() < KEPT_AT_HAND {
            self.0.extend(events);
        }
    }
}

/// More events than this are not kept in memory.
const KEPT_AT_HAND: usize = 100_000;

/// The messages read after row `n`, in the order of reading.
pub(super) fn messages_after(data: &Connection, n: i64, limit: u32, at_hand: &mut AtHand) -> rusqlite::Result<Vec<ReadMessage>> {
    messages(data, "n > ?1 ORDER BY n LIMIT ?2", params![n, limit], at_hand)
}

/// Every message that was read under a UIDVALIDITY, in ascending order of UID.
pub(super) fn messages_under(data: &Connection, validity: u32) -> rusqlite::Result<Vec<ReadMessage>> {
    messages_at_hand(data, validity, &mut AtHand::default())
}

/// The same with the help of what is at hand, which is at hand no longer afterwards.
pub(super) fn messages_at_hand(data: &Connection, validity: u32, at_hand: &mut AtHand) -> rusqlite::Result<Vec<ReadMessage>> {
    messages(data, "validity = ?1 ORDER BY uid", params![validity], at_hand)
}

/// Those that stand for events of which messages say different things, in ascending order of UID.
pub(super) fn disputed(data: &Connection, validity: u32) -> rusqlite::Result<Vec<ReadMessage>> {
    let any = "SELECT EXISTS (SELECT 1 FROM log_message WHERE kind = 'event' AND text IS NOT NULL)";
    if !data.prepare_cached(any)?.query_row([], |row| row.get::<_, bool>(0))? {
        return Ok(Vec::new());
    }
    let condition = "validity = ?1 AND event IN (SELECT event FROM log_message WHERE kind = 'event' AND text IS NOT NULL) ORDER BY uid";
    messages(data, condition, params![validity], &mut AtHand::default())
}

fn messages(data: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql], at_hand: &mut AtHand) -> rusqlite::Result<Vec<ReadMessage>> {
    let sql = format!("SELECT n, validity, uid, received, kind, event, text FROM log_message WHERE {condition}");
    let mut bodies = data.prepare_cached("SELECT body FROM event WHERE n = ?1")?;
    let mut statement = data.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let n: Option<i64> = row.get(5)?;
        let known = n.and_then(|n| at_hand.0.remove(&n));
        // One that differs from what is known of its name says so itself.
        let own: Option<String> = if n.is_some() { row.get(6)? } else { None };
        let event = match (known, n, own) {
            (Some(known), _, None) => Some(known),
            (_, Some(n), None) => parsed(bodies.query_row([n], |row| row.get::<_, String>(0)).optional()?),
            (_, _, own) => parsed(own),
        };
        messages.push(ReadMessage {
            n: row.get(0)?,
            validity: row.get(1)?,
            uid: row.get(2)?,
            received: time(row.get(3)?),
            kind: row.get(4)?,
            event: n.zip(event),
            text: row.get(6)?,
        });
    }
    Ok(messages)
}

fn parsed(body: Option<String>) -> Option<Arc<Event>> {
    body.and_then(|body| serde_json::from_str(&body).ok()).map(Arc::new)
}

/// The UIDVALIDITY under which the log has been read.
pub(super) fn validity(data: &Connection) -> rusqlite::Result<u32> {
    Ok(data.prepare_cached("SELECT validity FROM log")?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}
