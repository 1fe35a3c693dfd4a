//! Redacting what the cache holds of a person.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::ticket_rows;
use super::tickets::{TicketRowId, load_state};
use crate::domain::event::{Change, Event};
use crate::domain::fold::{FORGOTTEN, FORGOTTEN_SUBJECT};
use crate::domain::ticket::TicketState;
use crate::domain::{Address, seal};

/// Shown instead of what was redacted.
const REDACTED: &str = FORGOTTEN_SUBJECT;

/// The opened tickets in which an address, known by its hash, is requester or participant.
pub(super) fn states_with(cache: &Connection, address: &str) -> rusqlite::Result<Vec<TicketState>> {
    let sql = "SELECT ticket FROM ticket_state";
    let mut statement = cache.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for row in rows {
        let Some(state) = load_state(cache, row)? else { continue };
        let addresses = state.participants.keys().chain(state.taken_off.keys()).cloned();
        let all = addresses.chain(state.requester.as_ref().map(|requester| requester.address.to_lowercase()));
        if all.into_iter().any(|known| is_meant(&known, address)) {
            found.push(state);
        }
    }
    Ok(found)
}

/// Takes sender, subject and text out of every mail of the person, here; the ids stay,
/// so that threads hold together. Returns the tickets it happened in.
pub(super) fn redact(cache: &Connection, address: &str) -> rusqlite::Result<Vec<TicketRowId>> {
    let mut senders = cache.prepare_cached("SELECT DISTINCT from_address FROM message WHERE from_address <> ?1")?;
    let senders = senders.query_map([FORGOTTEN], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut touched = Vec::new();
    for sender in senders.iter().filter(|sender| is_meant(sender, address)) {
        let mut statement = cache.prepare_cached("SELECT id, ticket FROM message WHERE from_address = ?1")?;
        let messages =
            statement.query_map([sender], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()?;
        for (message, ticket) in messages {
            redact_message(cache, message)?;
            touched.push(TicketRowId(ticket));
        }
    }
    touched.sort_unstable();
    touched.dedup();
    Ok(touched)
}

/// Redacts the mail of those whom the state says are forgotten, though no event that was just folded does: it came
/// with a snapshot.
pub(super) fn keep_to(cache: &Connection, forgotten: &BTreeSet<String>, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    let known = self::forgotten(cache)?;
    let mut new = forgotten.difference(&known).peekable();
    if new.peek().is_none() {
        return Ok(());
    }
    for address in new {
        redact(cache, address)?.into_iter().try_for_each(|row| ticket_rows::refresh(cache, row, context))?;
    }
    super::events::set_meta(cache, "forgotten", &serde_json::to_string(&known.union(forgotten).collect::<BTreeSet<_>>()).unwrap_or_default())
}

/// Redacts a message that has just come, if its sender is forgotten.
pub(super) fn redact_arrived(cache: &Connection, message: i64, sender: &str, forgotten: &BTreeSet<String>) -> rusqlite::Result<bool> {
    let is_forgotten = !forgotten.is_empty() && forgotten.contains(&seal::digest(&sender.to_lowercase()));
    if is_forgotten {
        redact_message(cache, message)?;
    }
    Ok(is_forgotten)
}

fn redact_message(cache: &Connection, message: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE message SET from_name = '', from_address = ?2, subject = ?3, preview = '', attachments = 0, sent_to = '[]', cc = '[]',
                   extent = 2, routed_to = '' WHERE id = ?1";
    cache.prepare_cached(sql)?.execute(params![message, FORGOTTEN, REDACTED])?;
    for sql in ["DELETE FROM raw WHERE message = ?1", "DELETE FROM reading WHERE message = ?1", "DELETE FROM wanted WHERE message = ?1"] {
        cache.prepare_cached(sql)?.execute([message])?;
    }
    cache.prepare_cached("DELETE FROM fts WHERE rowid = ?1")?.execute([message]).map(drop)
}

fn is_meant(known: &str, address: &str) -> bool {
    seal::digest(&known.to_lowercase()) == address
}

/// Takes the person out of what earlier events say of tickets. The fold gives the same state with it.
pub(super) fn redact_events(data: &mut Connection, address: &str) -> rusqlite::Result<()> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "SELECT n, body FROM event WHERE json_extract(body, '$.change.op') = 'open'";
    let openings = {
        let mut statement = transaction.prepare(sql)?;
        statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for (n, body) in openings {
        let Ok(mut event) = serde_json::from_str::<Event>(&body) else { continue };
        if redact_openings(&mut event.change, address) {
            let body = serde_json::to_string(&event).unwrap_or(body);
            transaction.execute("UPDATE event SET body = ?2 WHERE n = ?1", params![n, body])?;
        }
    }
    transaction.commit()
}

fn redact_openings(change: &mut Change, address: &str) -> bool {
    let Change::Open { tickets } = change else { return false };
    let mut is_changed = false;
    for opening in tickets.iter_mut().filter(|opening| opening.requester.as_ref().is_some_and(|requester| is_meant(&requester.address, address))) {
        opening.requester = Some(Address::new("", FORGOTTEN));
        opening.subject = FORGOTTEN_SUBJECT.to_owned();
        is_changed = true;
    }
    is_changed
}

/// Who is forgotten, by hash.
pub(super) fn forgotten(cache: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let text: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'forgotten'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

impl super::Store {
    /// Whether anything here is from or to an address, lower-cased: mail, a ticket, a draft or a mail in the outbox.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn knows_person(&self, address: &str) -> Result<bool, super::StoreError> {
        // As it stands in lists of people, which are JSON.
        let quoted = serde_json::to_string(address).unwrap_or_default();
        let in_cache = "SELECT EXISTS (SELECT 1 FROM message WHERE lower(from_address) = ?1 OR instr(lower(sent_to), ?2) OR instr(lower(cc), ?2))
                               OR EXISTS (SELECT 1 FROM ticket_state WHERE instr(lower(value), ?2))";
        let in_data = "SELECT EXISTS (SELECT 1 FROM draft WHERE instr(lower(body), ?1)) OR EXISTS (SELECT 1 FROM outbox WHERE instr(lower(draft), ?1) OR instr(lower(recipients), ?1))";
        let cache = || self.cache.prepare_cached(in_cache)?.query_row([address, &quoted], |row| row.get::<_, bool>(0));
        let data = || self.data.prepare_cached(in_data)?.query_row([&quoted], |row| row.get::<_, bool>(0));
        Ok(cache().map_err(|error| self.cache_error(error))? || data().map_err(|error| self.data_error(error))?)
    }

    /// Has what was redacted leave the files for good, as far as SQLite can.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn shred(&mut self) -> Result<(), super::StoreError> {
        let sql = "INSERT INTO fts (fts) VALUES ('optimize'); PRAGMA wal_checkpoint(TRUNCATE); VACUUM;";
        self.cache.execute_batch(sql).map_err(|error| self.cache_error(error))
    }
}
