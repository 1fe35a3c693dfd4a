//! The fold's state of single tickets: loading, saving, and finding them by key, number or id.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError, mail_in, merge, presence, ticket_rows};
use crate::domain::fold::{Claim, Counters, LogState, Touched};
use crate::domain::id::TicketName;
use crate::domain::ticket::TicketState;
use crate::domain::{MessageId, TicketKey};

/// A row of the ticket table. Only meaningful within one cache file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketRowId(pub(super) i64);

/// What a ticket's name led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    One(TicketKey),
    None,
    /// A key prefix fits several.
    Many(Vec<TicketKey>),
}

impl Store {
    /// Finds the ticket a person named.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn find_ticket(&self, name: &TicketName) -> Result<Found, StoreError> {
        let found = match name {
            TicketName::Number(number) => by_number(&self.cache, *number).map(into_found),
            TicketName::KeyPrefix(prefix) => by_prefix(&self.cache, prefix),
            TicketName::Either(number, prefix) => match by_number(&self.cache, *number) {
                Ok(Some(key)) => Ok(Found::One(key)),
                Ok(None) => by_prefix(&self.cache, prefix),
                Err(error) => Err(error),
            },
        };
        found.map_err(|error| self.cache_error(error))
    }

    /// The fold's state of a ticket; `None` when it has not been opened in the log yet.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn ticket_state(&self, key: &TicketKey) -> Result<Option<TicketState>, StoreError> {
        let row = row_by_key(&self.cache, key).map_err(|error| self.cache_error(error))?;
        row.map_or(Ok(None), |row| load_state(&self.cache, row)).map_err(|error| self.cache_error(error))
    }
}

fn into_found(key: Option<TicketKey>) -> Found {
    key.map_or(Found::None, Found::One)
}

fn by_number(cache: &Connection, number: u64) -> rusqlite::Result<Option<TicketKey>> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let sql = "SELECT coalesce(h.key, t.key) FROM ticket t LEFT JOIN ticket h ON h.id = t.home WHERE t.number = ?1";
    let key: Option<String> = cache.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional()?;
    Ok(key.as_deref().and_then(TicketKey::new))
}

fn by_prefix(cache: &Connection, prefix: &str) -> rusqlite::Result<Found> {
    let sql =
        "SELECT DISTINCT coalesce(h.key, t.key) AS name FROM ticket_alias a JOIN ticket t ON t.id = a.ticket LEFT JOIN ticket h ON h.id = t.home
               WHERE a.key >= ?1 AND a.key < ?1 || 'g' ORDER BY name LIMIT 20";
    let mut statement = cache.prepare_cached(sql)?;
    let keys = statement.query_map([prefix], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut keys: Vec<TicketKey> = keys.iter().filter_map(|key| TicketKey::new(key)).collect();
    Ok(if keys.len() > 1 { Found::Many(keys) } else { into_found(keys.pop()) })
}

pub(super) fn row_by_key(cache: &Connection, key: &TicketKey) -> rusqlite::Result<Option<TicketRowId>> {
    cache.prepare_cached("SELECT ticket FROM ticket_alias WHERE key = ?1")?.query_row([key.as_str()], |row| row.get(0).map(TicketRowId)).optional()
}

pub(super) fn row_by_log_id(cache: &Connection, id: &MessageId) -> rusqlite::Result<Option<TicketRowId>> {
    cache.prepare_cached("SELECT ticket FROM log_id WHERE id = ?1")?.query_row([id.hash63()], |row| row.get(0).map(TicketRowId)).optional()
}

fn row_by_node(cache: &Connection, id: &MessageId) -> rusqlite::Result<Option<TicketRowId>> {
    cache.prepare_cached("SELECT ticket FROM node WHERE id = ?1")?.query_row([id.hash63()], |row| row.get(0).map(TicketRowId)).optional()
}

pub(super) fn load_state(cache: &Connection, row: TicketRowId) -> rusqlite::Result<Option<TicketState>> {
    let text: Option<String> =
        cache.prepare_cached("SELECT value FROM ticket_state WHERE ticket = ?1")?.query_row([row.0], |row| row.get(0)).optional()?;
    Ok(text.filter(|text| !text.is_empty()).and_then(|text| serde_json::from_str(&text).ok()))
}

/// Loads the tickets an event needs into a state the fold can work on.
pub(super) fn load(cache: &Connection, touched: &Touched, counters: Counters) -> rusqlite::Result<LogState> {
    let mut state = LogState { counters, ..LogState::default() };
    for key in &touched.keys {
        if let Some(row) = row_by_key(cache, key)? {
            load_into(cache, row, &mut state)?;
        }
    }
    for id in &touched.ids {
        if let Some(row) = row_by_log_id(cache, id)? {
            if let Some(key) = load_into(cache, row, &mut state)? {
                state.owners.insert(id.clone(), key);
            }
        }
    }
    for what in &touched.claims {
        state.claims.extend(load_claim(cache, what)?.map(|claim| (what.clone(), claim)));
    }
    Ok(state)
}

pub(super) fn load_claim(cache: &Connection, what: &str) -> rusqlite::Result<Option<Claim>> {
    let text: Option<String> = cache.prepare_cached("SELECT value FROM claim WHERE what = ?1")?.query_row([what], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn save_claim(cache: &Connection, what: &str, claim: &Claim) -> rusqlite::Result<()> {
    let text = serde_json::to_string(claim).unwrap_or_default();
    cache.prepare_cached("INSERT OR REPLACE INTO claim (what, value) VALUES (?1, ?2)")?.execute([what, &text]).map(drop)
}

/// Loads one ticket and those it is merged into.
fn load_into(cache: &Connection, row: TicketRowId, state: &mut LogState) -> rusqlite::Result<Option<TicketKey>> {
    let Some(ticket) = load_state(cache, row)? else { return Ok(None) };
    let key = ticket.key.clone();
    let target = ticket.merged_into.value.clone();
    if state.tickets.contains_key(&key) {
        return Ok(Some(key));
    }
    state.aliases.extend(ticket.aliases.iter().map(|alias| (alias.clone(), key.clone())));
    state.tickets.insert(key.clone(), ticket);
    if let Some(row) = target.map_or(Ok(None), |target| row_by_key(cache, &target))? {
        load_into(cache, row, state)?;
    }
    Ok(Some(key))
}

/// Writes what a fold step changed.
pub(super) fn save(cache: &Connection, before: &LogState, after: &LogState, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    free_numbers(cache, before, after)?;
    presence::note(cache, before, after)?;
    for (key, ticket) in &after.tickets {
        let known = before.tickets.get(key);
        if known != Some(ticket) {
            leave_shared_row(cache, key, after)?;
            // That a ticket has a number now changes nothing else in its line.
            let is_opened = known.is_none_or(|known| TicketState { number: ticket.number, ..known.clone() } == *ticket);
            save_ticket(cache, ticket, is_opened, context)?;
        }
    }
    for (what, claim) in after.claims.iter().filter(|(what, claim)| before.claims.get(*what) != Some(*claim)) {
        save_claim(cache, what, claim)?;
    }
    // Only now are all rows and states there that a merge leads through.
    for (key, ticket) in &after.tickets {
        let before = before.tickets.get(key).and_then(|before| before.merged_into.value.as_ref());
        if before != ticket.merged_into.value.as_ref() {
            merge::regroup(cache, key, context)?;
        }
    }
    Ok(())
}

/// Two tickets that were one here, and are two now, do not live in one row.
fn leave_shared_row(cache: &Connection, key: &TicketKey, after: &LogState) -> rusqlite::Result<()> {
    let Some(row) = row_by_key(cache, key)? else { return Ok(()) };
    let holder = load_state(cache, row)?.map(|state| state.key);
    if holder.is_some_and(|holder| holder != *key && after.tickets.contains_key(&holder)) {
        create(cache, key)?;
    }
    Ok(())
}

/// Two tickets may change their numbers with each other; none is there twice, even for a moment.
fn free_numbers(cache: &Connection, before: &LogState, after: &LogState) -> rusqlite::Result<()> {
    for (key, ticket) in before.tickets.iter().filter(|(_, ticket)| ticket.number.is_some()) {
        if after.tickets.get(key).and_then(|after| after.number) != ticket.number {
            cache.prepare_cached("UPDATE ticket SET number = NULL WHERE key = ?1")?.execute([key.as_str()])?;
        }
    }
    Ok(())
}

/// Takes back that the log speaks of a ticket; its mail stays where it is.
pub(super) fn unopen(cache: &Connection, key: &TicketKey, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    let Some(row) = row_by_key(cache, key)? else { return Ok(()) };
    // Another ticket may live in the row by now.
    if load_state(cache, row)?.is_none_or(|state| state.key != *key) {
        return Ok(());
    }
    cache.prepare_cached("DELETE FROM ticket_state WHERE ticket = ?1")?.execute([row.0])?;
    cache.prepare_cached("DELETE FROM log_id WHERE ticket = ?1")?.execute([row.0])?;
    cache.prepare_cached("UPDATE ticket SET opened = 0, number = NULL, touched = 0 WHERE id = ?1")?.execute([row.0])?;
    context.refresh_later(row);
    Ok(())
}

fn save_ticket(cache: &Connection, ticket: &TicketState, is_opened: bool, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    let row = match row_by_key(cache, &ticket.key)? {
        Some(row) => row,
        None => adopt_or_create(cache, ticket)?,
    };
    for alias in &ticket.aliases {
        match row_by_key(cache, alias)? {
            Some(other) if other != row => mail_in::absorb(cache, other, row, None)?,
            _ => {}
        }
        link_key(cache, alias, row)?;
    }
    let mut has_moved = false;
    for id in &ticket.ids {
        has_moved |= claim_id(cache, id, row)?;
    }
    let sql = "INSERT INTO ticket_state (ticket, value) VALUES (?1, ?2) ON CONFLICT (ticket) DO UPDATE SET value = excluded.value";
    cache.prepare_cached(sql)?.execute(params![row.0, serde_json::to_string(ticket).unwrap_or_default()])?;
    let sql = "UPDATE ticket SET opened = 1, key = ?2, touched = ?3 WHERE id = ?1";
    cache.prepare_cached(sql)?.execute(params![row.0, ticket.key.as_str(), ticket.active_at.map_or(0, jiff::Timestamp::as_second)])?;
    link_key(cache, &ticket.key, row)?;
    // A backlog opens tens of thousands of tickets whose mail is here unchanged.
    if is_opened && !has_moved && ticket.aliases.is_empty() && ticket_rows::opened(cache, row, ticket)? {
        return Ok(());
    }
    if merge::home(cache, row)? != row {
        return merge::regroup(cache, &ticket.key, context);
    }
    context.refresh_later(row);
    Ok(())
}

/// The mail may have been here before the log spoke of the ticket: then its row
/// becomes the ticket's. A row that is another opened ticket's stays alone.
fn adopt_or_create(cache: &Connection, ticket: &TicketState) -> rusqlite::Result<TicketRowId> {
    for id in &ticket.ids {
        if let Some(row) = row_by_node(cache, id)? {
            if load_state(cache, row)?.is_none() {
                return Ok(row);
            }
        }
    }
    create(cache, &ticket.key)
}

pub(super) fn create(cache: &Connection, key: &TicketKey) -> rusqlite::Result<TicketRowId> {
    let sql =
        "INSERT INTO ticket (key, number, opened, project, status, priority, assignee, subject, requester_name, requester_address, participants,
                   tags, messages, unread, created, updated, touched, waiting_since, snoozed_until, badges, quiet, hidden)
               VALUES (?1, NULL, 0, '', 0, 1, NULL, '', '', '', '[]', '[]', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 1)";
    cache.prepare_cached(sql)?.execute([key.as_str()])?;
    let row = TicketRowId(cache.last_insert_rowid());
    link_key(cache, key, row)?;
    Ok(row)
}

fn link_key(cache: &Connection, key: &TicketKey, row: TicketRowId) -> rusqlite::Result<()> {
    cache
        .prepare_cached("INSERT INTO ticket_alias (key, ticket) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET ticket = excluded.ticket")?
        .execute(params![key.as_str(), row.0])
        .map(drop)
}

/// Gives a Message-ID, and the mail that bears it, to a ticket because the log says so.
/// Tells whether mail came from another row.
fn claim_id(cache: &Connection, id: &MessageId, row: TicketRowId) -> rusqlite::Result<bool> {
    let hash = id.hash63();
    let known: Option<i64> = cache.prepare_cached("SELECT ticket FROM log_id WHERE id = ?1")?.query_row([hash], |row| row.get(0)).optional()?;
    if known == Some(row.0) {
        return Ok(false);
    }
    let sql = "INSERT INTO log_id (id, ticket) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET ticket = excluded.ticket";
    cache.prepare_cached(sql)?.execute(params![hash, row.0])?;
    match row_by_node(cache, id)? {
        Some(other) if other == row => Ok(false),
        // Mail that no log entry speaks of yet comes along whole: its answers belong with it.
        Some(other) if load_state(cache, other)?.is_none() => mail_in::absorb(cache, other, row, None).map(|()| true),
        Some(other) => mail_in::move_message(cache, id, other, row).map(|()| true),
        None => cache.prepare_cached("INSERT OR REPLACE INTO node (id, ticket) VALUES (?1, ?2)")?.execute(params![hash, row.0]).map(|_| false),
    }
}
