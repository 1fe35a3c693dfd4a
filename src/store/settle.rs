//! Questions asked once all mail of a pass is in: what to open, to reopen, to join.

use rusqlite::{OptionalExtension as _, params};

use super::tickets::{TicketRowId, load_state};
use super::{Store, StoreError, time};
use crate::domain::event::Opening;
use crate::domain::ticket::{Status, TicketState};
use crate::domain::{Address, MessageId, TicketKey, Timestamp};

/// A ticket that no event speaks of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unopened {
    pub opening: Opening,
    pub created: Timestamp,
}

/// An opened ticket whose mail has changed: its newest human mail from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub key: TicketKey,
    pub project: String,
    pub status: Status,
    pub seen_at: Option<Timestamp>,
    pub reopened_by: std::collections::BTreeSet<MessageId>,
    pub newest_human: Option<(MessageId, Timestamp)>,
}

/// A mail that names a ticket by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberClaim {
    pub message: i64,
    pub reason: String,
    /// The sender, in lower case.
    pub sender: String,
    /// Every id in the row the mail began, itself included.
    pub ids: Vec<MessageId>,
    /// The named ticket, and the outside addresses that take part in it; `None` if there is none.
    pub target: Option<(TicketKey, Vec<String>)>,
}

impl Store {
    /// Tickets not opened yet, oldest first; those that lie in the junk folder alone are left out.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unopened(&self, limit: u32) -> Result<Vec<Unopened>, StoreError> {
        self.unopened_where("t.opened = 0 AND t.messages > 0 AND t.status <> 4 ORDER BY t.created, t.key LIMIT ?1", limit)
    }

    /// What an `open` event would say of a ticket that has none; `None` when it is opened.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unopened_ticket(&self, key: &TicketKey) -> Result<Option<Unopened>, StoreError> {
        let row = super::tickets::row_by_key(&self.cache, key).map_err(|error| self.cache_error(error))?;
        let Some(row) = row else { return Ok(None) };
        Ok(self.unopened_where("t.opened = 0 AND t.id = ?1", row.0)?.pop())
    }

    fn unopened_where(&self, condition: &str, value: impl rusqlite::ToSql) -> Result<Vec<Unopened>, StoreError> {
        let sql = format!("SELECT t.id, t.project, t.subject, t.requester_name, t.requester_address, t.created FROM ticket t WHERE {condition}");
        let read = || -> rusqlite::Result<Vec<Unopened>> {
            let mut statement = self.cache.prepare_cached(&sql)?;
            let rows = statement.query_map([value], |row| {
                let requester = Address { name: row.get(3)?, address: row.get(4)? };
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, requester, row.get::<_, i64>(5)?))
            })?;
            let mut found = Vec::new();
            for row in rows {
                let (id, project, subject, requester, created) = row?;
                let ids = self.ids_of(id)?;
                let Some(first) = ids.first() else { continue };
                let requester = (!requester.address.is_empty()).then_some(requester);
                let opening = Opening { key: TicketKey::of(first), project, ids, subject, requester };
                found.push(Unopened { opening, created: time(created) });
            }
            Ok(found)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// The ids of a ticket's messages, earliest first, at most 200: what makes two clients' openings meet.
    fn ids_of(&self, ticket: i64) -> rusqlite::Result<Vec<MessageId>> {
        let mut statement = self.cache.prepare_cached("SELECT mid FROM message WHERE ticket = ?1 ORDER BY at, mid LIMIT 200")?;
        let mids = statement.query_map([ticket], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut seen = std::collections::BTreeSet::new();
        Ok(mids.iter().filter_map(|mid| MessageId::new(mid)).filter(|id| seen.insert(id.clone())).collect())
    }

    /// Opened tickets whose mail has changed since [`Store::settled`].
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unsettled(&self) -> Result<Vec<Unsettled>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Unsettled>> {
            let mut statement = self.cache.prepare_cached("SELECT u.ticket FROM unsettled u JOIN ticket t ON t.id = u.ticket WHERE t.opened = 1")?;
            let rows = statement.query_map([], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().filter_map(|row| load_state(&self.cache, row).transpose().map(|state| self.unsettled_ticket(row, state?))).collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    fn unsettled_ticket(&self, row: TicketRowId, state: TicketState) -> rusqlite::Result<Unsettled> {
        let sql = "SELECT mid, at FROM message WHERE ticket = ?1 AND direction = 0 AND class = 0 ORDER BY at DESC, id DESC LIMIT 1";
        let newest: Option<(String, i64)> = self.cache.prepare_cached(sql)?.query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(Unsettled {
            key: state.key,
            project: state.project.value,
            status: state.status.value,
            seen_at: state.seen_at,
            reopened_by: state.reopened_by,
            newest_human: newest.and_then(|(mid, at)| Some((MessageId::new(&mid)?, time(at)))),
        })
    }

    /// Every open question about arrived mail has been decided.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn settled(&mut self) -> Result<(), StoreError> {
        self.cache.execute_batch("DELETE FROM unsettled; DELETE FROM number_claim;").map_err(|error| self.cache_error(error))
    }

    /// Mails that name a ticket by number and have not been placed otherwise.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn number_claims(&self) -> Result<Vec<NumberClaim>, StoreError> {
        let read = || -> rusqlite::Result<Vec<NumberClaim>> {
            let sql = "SELECT c.message, c.number, c.reason, lower(m.from_address), m.ticket FROM number_claim c JOIN message m ON m.id = c.message
                       JOIN ticket t ON t.id = m.ticket WHERE t.opened = 0 ORDER BY m.at";
            let mut statement = self.cache.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?, row.get::<_, i64>(4)?))
            })?;
            let mut claims = Vec::new();
            for row in rows {
                let (message, number, reason, sender, ticket) = row?;
                claims.push(NumberClaim { message, reason, sender, ids: self.ids_of(ticket)?, target: self.takes_part(number)? });
            }
            Ok(claims)
        };
        read().map_err(|error| self.cache_error(error))
    }

    fn takes_part(&self, number: i64) -> rusqlite::Result<Option<(TicketKey, Vec<String>)>> {
        let sql = "SELECT key, requester_address, participants FROM ticket WHERE number = ?1";
        let found: Option<(String, String, String)> =
            self.cache.prepare_cached(sql)?.query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        Ok(found.and_then(|(key, requester, participants)| {
            let participants: Vec<Address> = serde_json::from_str(&participants).unwrap_or_default();
            let addresses = participants.iter().map(Address::key).chain([requester.to_lowercase()]).collect();
            Some((TicketKey::new(&key)?, addresses))
        }))
    }

    /// Pairs of opened tickets that a late mail joins, the lower number first, with all ids of both.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn late_joins(&self) -> Result<Vec<(TicketKey, Vec<MessageId>)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(TicketKey, Vec<MessageId>)>> {
            let sql = "SELECT a.id, b.id, a.key, b.key, a.number > b.number, j.mid FROM late_join j JOIN ticket a ON a.id = j.a JOIN ticket b ON b.id = j.b";
            let mut statement = self.cache.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                    row.get::<_, bool>(4)?,
                    row.get::<_, String>(5)?,
                ))
            })?;
            let mut joins = Vec::new();
            for row in rows {
                let (a, b, a_key, b_key, b_is_lower, mid) = row?;
                let mut ids: Vec<MessageId> = MessageId::new(&mid).into_iter().collect();
                // One id of each is enough for the fold to unify them.
                ids.extend(self.ids_of(a)?.into_iter().take(1));
                ids.extend(self.ids_of(b)?.into_iter().take(1));
                if let Some(key) = TicketKey::new(if b_is_lower { &b_key } else { &a_key }) {
                    joins.push((key, ids));
                }
            }
            Ok(joins)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// The late joins have been written as events.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn late_joins_done(&mut self) -> Result<(), StoreError> {
        self.cache.execute_batch("DELETE FROM late_join").map_err(|error| self.cache_error(error))
    }

    /// Says why a message stands where it does.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn set_placed_by(&mut self, message: i64, reason: &str) -> Result<(), StoreError> {
        self.cache
            .execute("UPDATE message SET placed_by = ?2 WHERE id = ?1", params![message, reason])
            .map(drop)
            .map_err(|error| self.cache_error(error))
    }
}
