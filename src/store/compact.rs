//! What a log can be made shorter by: the snapshots in it, and what they cover.

use std::collections::BTreeSet;

use rusqlite::params;

use super::log::ReadMessage;
use super::refold::Marks;
use super::{Store, StoreError, log, snapshot};
use crate::domain::event::{Change, Event};
use crate::domain::fold;
use crate::domain::replica::{Content, Message, Replica, Snapshot};

/// Under this name the cache remembers up to which snapshot the folder was cleared.
const COMPACTED: &str = "log_compacted";
/// The same of what only helps clients get along.
const SIGNALS_DROPPED: &str = "log_signals_dropped";
/// So many snapshots, the newest, stay in the folder.
const KEPT: usize = 2;

impl Store {
    /// Whether this client may write a snapshot or take anything out: it has read everything, nothing of
    /// its own waits, no device's event is missing, and nothing in the log is of a newer program.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn may_compact(&self) -> Result<bool, StoreError> {
        let shared = self.decided_counters()?.shared;
        let is_understood = !shared.has_newer && shared.held.is_empty();
        let is_newer = |why: &str| why.contains("newer postdesk");
        let has_newer_messages = self.ignored_messages()?.iter().any(|(why, _)| is_newer(why));
        Ok(is_understood && !has_newer_messages && self.waiting_count()? == 0 && self.knows_order()?)
    }

    /// How many events came since the newest snapshot.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn events_since_snapshot(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM log_message WHERE validity = (SELECT validity FROM log) AND kind = 'event' AND uid >
                       coalesce((SELECT max(uid) FROM log_message WHERE validity = (SELECT validity FROM log) AND kind IN ('snapshot', 'reepoch')), 0)";
        let count = || self.data.prepare_cached(sql)?.query_row(params![], |row| row.get::<_, i64>(0));
        Ok(count().map_err(|error| self.data_error(error))?.unsigned_abs())
    }

    /// The state as the log has decided it, up to the last message read.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let marks = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
        self.with_fates(marks.replica(self.decided_state()?).snapshot())
    }

    /// The newest snapshot that is so old, unless what it covers has been dealt with.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn old_snapshot(&self, age_secs: i64) -> Result<Option<u32>, StoreError> {
        self.snapshot_aged(age_secs, COMPACTED)
    }

    fn snapshot_aged(&self, age_secs: i64, name: &str) -> Result<Option<u32>, StoreError> {
        let sql = "SELECT max(uid) FROM log_message WHERE validity = (SELECT validity FROM log) AND kind = 'snapshot'
                       AND received <= (SELECT max(received) FROM log_message WHERE validity = (SELECT validity FROM log)) - ?1";
        let find = || self.data.prepare_cached(sql)?.query_row([age_secs], |row| row.get::<_, Option<u32>>(0));
        let found = find().map_err(|error| self.data_error(error))?;
        let done: Option<u32> = self.remembered(name)?.and_then(|uid| uid.parse().ok());
        Ok(found.filter(|uid| done != Some(*uid)))
    }

    /// Notes that what a snapshot covers has been dealt with.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn compacted(&mut self, snapshot: u32) -> Result<(), StoreError> {
        self.remember(COMPACTED, &snapshot.to_string())
    }

    /// The newest snapshot that is so old, unless the signs it covers that somebody was there have left the folder.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn snapshot_over_signals(&self, age_secs: i64) -> Result<Option<u32>, StoreError> {
        self.snapshot_aged(age_secs, SIGNALS_DROPPED)
    }

    /// Notes that they have.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn signals_dropped(&mut self, snapshot: u32) -> Result<(), StoreError> {
        self.remember(SIGNALS_DROPPED, &snapshot.to_string())
    }

    /// The UIDs of signs of presence and of beacons that a proven snapshot covers which is older than
    /// `age_secs`: no state holds them, and they have long expired.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn covered_signals(&self, age_secs: i64) -> Result<Vec<u32>, StoreError> {
        let validity = self.log_head()?.map_or(0, |head| head.validity);
        let read = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
        let all = snapshot::assemble(&read);
        let Some(proven) = proven(&all, &newest_first(&all), age_secs, validity) else { return Ok(Vec::new()) };
        let is_over = |change: &Change| matches!(change, Change::Presence { .. } | Change::Left { .. } | Change::Hello { .. });
        let covered = events_before(&read, proven).filter(|(_, event)| is_over(&event.change));
        Ok(covered.map(|(message, _)| message.uid).collect())
    }

    /// The UIDs of events that may leave the folder, because a snapshot holds them that is older than
    /// `age_secs` and says what this client has found out by itself; and those of snapshots that newer ones replace.
    ///
    /// Notes and the team's files stay: no state holds their texts.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn covered_by_old_snapshot(&self, age_secs: i64) -> Result<Vec<u32>, StoreError> {
        let validity = self.log_head()?.map_or(0, |head| head.validity);
        let read = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
        let all = snapshot::assemble(&read);
        let snapshots = newest_first(&all);
        let Some(proven) = proven(&all, &snapshots, age_secs, validity) else { return Ok(Vec::new()) };
        let events = events_before(&read, proven).filter(|(_, event)| !is_kept(&event.change));
        let mut covered: BTreeSet<u32> = events.map(|(message, _)| message.uid).collect();
        let oldest_kept = snapshots.iter().take(KEPT).map(|(_, snapshot)| snapshot.cut).min().unwrap_or(0);
        covered.extend(read.iter().filter(|message| message.kind == "snapshot" && message.uid <= oldest_kept).map(|message| message.uid));
        Ok(covered.into_iter().collect())
    }
}

fn snapshot_of(message: &Message) -> Option<&Snapshot> {
    match &message.content {
        Content::Snapshot(snapshot) => Some(snapshot),
        _ => None,
    }
}

fn newest_first(all: &[Message]) -> Vec<(&Message, &Snapshot)> {
    let mut snapshots: Vec<(&Message, &Snapshot)> = all.iter().filter_map(|message| snapshot_of(message).map(|found| (message, found))).collect();
    snapshots.sort_by_key(|(message, _)| std::cmp::Reverse(message.uid));
    snapshots
}

/// The newest snapshot that is so old and says what this client has found out by itself.
fn proven<'a>(all: &[Message], newest_first: &[(&Message, &'a Snapshot)], age_secs: i64, validity: u32) -> Option<&'a Snapshot> {
    let now = all.iter().map(|message| message.received).max().unwrap_or_default();
    let is_old = |message: &Message| now.as_second() - message.received.as_second() >= age_secs;
    let found = newest_first.iter().find(|(message, snapshot)| is_old(message) && is_reproduced(all, message.uid, snapshot, validity));
    found.map(|(_, snapshot)| *snapshot)
}

/// The events a snapshot holds, with their messages.
fn events_before<'a>(read: &'a [ReadMessage], snapshot: &'a Snapshot) -> impl Iterator<Item = (&'a ReadMessage, &'a Event)> {
    let holds = |event: &Event| snapshot.state.counters.next_seq.get(&event.id.actor).is_some_and(|next| *next > event.id.seq);
    let before = read.iter().filter(|message| message.uid <= snapshot.cut);
    before.filter_map(|message| message.event.as_ref().map(|(_, event)| (message, event.as_ref()))).filter(move |(_, event)| holds(event))
}

/// Whether the events before a snapshot give its state without it.
fn is_reproduced(all: &[Message], at: u32, snapshot: &Snapshot, validity: u32) -> bool {
    let before = all.iter().filter(|message| message.uid <= snapshot.cut && message.uid != at).cloned().collect();
    let mut replica = Replica::default();
    replica.decide(validity, before).is_ok() && fold::hash(replica.state()) == snapshot.hash
}

/// What stays although a snapshot covers it.
pub(super) fn is_kept(change: &Change) -> bool {
    match change {
        Change::Note { .. } | Change::Share { .. } => true,
        Change::Undo { change, .. } => is_kept(change),
        _ => false,
    }
}
