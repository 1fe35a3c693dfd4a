//! Which tickets another may belong to: never joined by themselves, only offered.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::domain::TicketKey;

/// A ticket that another one may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub ticket: TicketKey,
    /// `#1042`, or the short key.
    pub label: String,
    pub subject: String,
}

/// The same person writes again within so many days.
const NEAR_DAYS: i64 = 30;

impl Store {
    /// The subject of a ticket's first mail.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn first_subject(&self, ticket: &TicketKey) -> Result<Option<String>, StoreError> {
        let sql = "SELECT m.subject FROM ticket_alias a JOIN message m ON m.ticket = a.ticket WHERE a.key = ?1 ORDER BY m.at, m.id LIMIT 1";
        let read = || self.cache.prepare_cached(sql)?.query_row([ticket.as_str()], |row| row.get(0)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// The ticket with a number, unless it is this one; merges followed.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn numbered(&self, number: u64, except: &TicketKey) -> Result<Option<Candidate>, StoreError> {
        let sql = "SELECT t.key, t.number, t.subject FROM ticket n JOIN ticket t ON t.id = coalesce(n.home, n.id)
                   WHERE n.number = ?1 AND t.id <> coalesce((SELECT ticket FROM ticket_alias WHERE key = ?2), 0)";
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let read = || self.cache.prepare_cached(sql)?.query_row(params![number, except.as_str()], candidate).optional();
        Ok(read().map_err(|error| self.cache_error(error))?.flatten())
    }

    /// Tickets of the same requester that were active shortly before this one began, newest first.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn neighbours(&self, ticket: &TicketKey) -> Result<Vec<Candidate>, StoreError> {
        let sql = "SELECT o.key, o.number, o.subject FROM ticket_alias a JOIN ticket t ON t.id = a.ticket
                   JOIN ticket o ON o.requester_address = t.requester_address AND o.id <> t.id AND o.hidden = 0
                   WHERE a.key = ?1 AND t.requester_address <> '' AND o.created <= t.created AND o.updated >= t.created - ?2
                   ORDER BY o.updated DESC LIMIT 50";
        let read = || -> rusqlite::Result<Vec<Option<Candidate>>> {
            self.cache.prepare_cached(sql)?.query_map(params![ticket.as_str(), NEAR_DAYS * 86_400], candidate)?.collect()
        };
        Ok(read().map_err(|error| self.cache_error(error))?.into_iter().flatten().collect())
    }
}

fn candidate(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Candidate>> {
    let (key, number, subject): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(TicketKey::new(&key).map(|ticket| {
        let label = number.map_or_else(|| ticket.short().to_owned(), |number| format!("#{number}"));
        Candidate { ticket, label, subject }
    }))
}
