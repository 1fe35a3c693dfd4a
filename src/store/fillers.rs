//! Events of which the log holds something else: a mark that fills the place of one that was lost, so that what its
//! device did later counts.
//!
//! Everybody folds what stands in the folder. A client that has read the lost event itself gives it up as soon as the
//! mark is there and the event is not; its author is asked whether it is still wanted.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, TransactionBehavior, params};

use super::log::{self, ReadMessage};
use super::{Store, StoreError, events, snapshot};
use crate::domain::event::{Change, Event};
use crate::domain::replica;

impl Store {
    /// Gives up what is `gone` from the folder where the same event stands there once more, or something fills its
    /// place, and keeps of each event what counts. The cache follows. `is_looked_into` says that nothing has gone since
    /// this was done last.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn heed_fillers(&mut self, validity: u32, is_gone: &dyn Fn(u32) -> bool, is_looked_into: bool) -> Result<(), StoreError> {
        let disputed = log::disputed(&self.data, validity).map_err(|error| self.data_error(error))?;
        if disputed.is_empty() && is_looked_into {
            return Ok(());
        }
        let mut overruled = BTreeSet::new();
        if !is_looked_into || disputed.iter().any(|message| is_gone(message.uid)) {
            let read = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
            overruled = replica::overruled(validity, &snapshot::assemble(&read), &|uid| !is_gone(uid));
        }
        settle(&mut self.data, validity, &disputed, &overruled).map_err(|error| self.data_error(error))?;
        if overruled.is_empty() { Ok(()) } else { self.fold_again() }
    }
}

/// Whether an event only fills a place.
pub(super) fn is_filler(change: &Change) -> bool {
    matches!(change, Change::Skip { .. })
}

/// Notes that messages say different things of an event: from here on each says it itself.
pub(super) fn dispute(data: &Connection, n: i64, known: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE log_message SET text = ?2 WHERE event = ?1 AND kind = 'event' AND text IS NULL";
    data.prepare_cached(sql)?.execute(params![n, known]).map(drop)
}

fn settle(data: &mut Connection, validity: u32, disputed: &[ReadMessage], overruled: &BTreeSet<u32>) -> rusqlite::Result<()> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for uid in overruled {
        let sql = "UPDATE log_message SET kind = 'ignored', event = NULL, text = '' WHERE validity = ?1 AND uid = ?2";
        transaction.prepare_cached(sql)?.execute(params![validity, uid])?;
    }
    let mut standing: BTreeMap<i64, Vec<(u32, &Event)>> = BTreeMap::new();
    for message in disputed.iter().filter(|message| !overruled.contains(&message.uid)) {
        if let Some((n, event)) = &message.event {
            standing.entry(*n).or_default().push((message.uid, event));
        }
    }
    for (n, messages) in standing {
        if let Some((uid, counts)) = messages.first() {
            hold(&transaction, n, *uid, counts)?;
            if messages.iter().all(|(_, event)| is_filler(&event.change) == is_filler(&counts.change)) {
                transaction.prepare_cached("UPDATE log_message SET text = NULL WHERE event = ?1 AND kind = 'event'")?.execute([n])?;
            }
        }
    }
    transaction.commit()
}

/// Keeps of an event's name what counts of it.
pub(super) fn hold(data: &Connection, n: i64, uid: u32, counts: &Event) -> rusqlite::Result<()> {
    let sql = "SELECT body, actor = (SELECT id FROM actor) FROM event WHERE n = ?1";
    let (body, is_own): (String, bool) = data.prepare_cached(sql)?.query_row([n], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(known) = serde_json::from_str::<Event>(&body).ok().filter(|known| is_filler(&known.change) != is_filler(&counts.change)) else {
        return Ok(());
    };
    let sql = "UPDATE event SET body = ?2, state = 2, place = ?3, inverse = NULL, raw = NULL WHERE n = ?1";
    data.prepare_cached(sql)?.execute(params![n, serde_json::to_string(counts).unwrap_or_default(), uid])?;
    if is_filler(&counts.change) {
        return give_up(data, n, &known, is_own, &counts.agent);
    }
    data.prepare_cached("DELETE FROM undecided WHERE n = ?1")?.execute([n])?;
    events::note_tickets(data, n, counts)
}

/// An event of ours waits for the word of its author; of a colleague's nothing is left.
fn give_up(data: &Connection, n: i64, event: &Event, is_own: bool, by: &str) -> rusqlite::Result<()> {
    if is_own {
        let why = format!("the mail server had lost it, and {by} went on without it");
        let sql = "INSERT OR REPLACE INTO undecided (n, actor, seq, body, why, winner) VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
        let body = serde_json::to_string(event).unwrap_or_default();
        data.prepare_cached(sql)?.execute(params![n, event.id.actor.to_string(), event.id.seq as i64, body, why])?;
    } else {
        data.prepare_cached("DELETE FROM event_ticket WHERE n = ?1")?.execute([n])?;
    }
    // Other mail programs are shown nothing of it, and it has taken nothing back.
    data.prepare_cached("DELETE FROM mirror WHERE n = ?1")?.execute([n])?;
    data.prepare_cached("UPDATE event SET undone = NULL WHERE undone = ?1")?.execute([n]).map(drop)
}
