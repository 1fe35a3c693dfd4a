//! What has come from people since a moment, and up to where that has been announced.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::ticket_rows::class_code;
use super::{Store, StoreError};
use crate::domain::arrivals::Arrivals;
use crate::domain::message::Class;
use crate::domain::{Address, Timestamp};

/// Mail is news for so long: over a weekend.
const NEWS: Duration = Duration::from_hours(72);
/// The name under which the row of the newest announced message is remembered.
const ANNOUNCED: &str = "announced";

/// The row of the newest message, by which later ones are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastMessage(i64);

impl Store {
    /// The message that was written last.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn last_message(&self) -> Result<LastMessage, StoreError> {
        last_message(&self.cache).map_err(|error| self.cache_error(error))
    }

    /// Remembers that what has been stored by now is not to be announced.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn pass_over_arrivals(&mut self) -> Result<(), StoreError> {
        let LastMessage(last) = self.last_message()?;
        self.remember(ANNOUNCED, &last.to_string())
    }

    /// What people wrote and nobody has read yet, of what was stored behind `from` and has not
    /// been taken before, by this process or another; `None` if nothing.
    ///
    /// Not our own mail, nothing automatic, nothing from the junk folder, nothing older than
    /// three days: a folder that was not read before is no news.
    ///
    /// # Errors
    /// The cache cannot be read, or not be written although there is something new.
    pub fn take_arrivals(&mut self, from: LastMessage, now: Timestamp) -> Result<Option<Arrivals>, StoreError> {
        let after = now.checked_sub(NEWS).unwrap_or(Timestamp::UNIX_EPOCH);
        take_arrivals(&mut self.cache, from, after).map_err(|error| StoreError::sql(&self.paths.cache.join(super::connection::CACHE.name), error))
    }
}

fn take_arrivals(cache: &mut Connection, from: LastMessage, after: Timestamp) -> rusqlite::Result<Option<Arrivals>> {
    // Most looks find nothing, and need no lock for that.
    if last_message(cache)? <= from.max(announced(cache)?) {
        return Ok(None);
    }
    let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (from, last) = (from.max(announced(&transaction)?), last_message(&transaction)?);
    if last <= from {
        return Ok(None);
    }
    let found = arrivals(&transaction, from, after)?;
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, [ANNOUNCED, &last.0.to_string()])?;
    transaction.commit()?;
    Ok(found)
}

fn last_message(cache: &Connection) -> rusqlite::Result<LastMessage> {
    cache.prepare_cached("SELECT coalesce(max(id), 0) FROM message")?.query_row([], |row| row.get(0)).map(LastMessage)
}

fn announced(cache: &Connection) -> rusqlite::Result<LastMessage> {
    let mut statement = cache.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1")?;
    Ok(LastMessage(statement.query_row([ANNOUNCED], |row| row.get(0)).optional()?.unwrap_or(0)))
}

fn arrivals(cache: &Connection, from: LastMessage, after: Timestamp) -> rusqlite::Result<Option<Arrivals>> {
    let sql = "
        SELECT count(*) OVER (), coalesce('#' || t.number, t.key), m.subject, m.from_name, m.from_address
        FROM message m JOIN ticket t ON t.id = m.ticket
        WHERE m.id > ?1 AND m.at > ?2 AND m.direction = 0 AND m.class = ?3 AND m.junk = 0 AND m.flags & 1 = 0
        ORDER BY m.at DESC, m.id DESC LIMIT 1";
    let parameters = params![from.0, after.as_second(), class_code(Class::Human)];
    cache.prepare_cached(sql)?.query_map(parameters, described)?.next().transpose()
}

fn described(row: &Row<'_>) -> rusqlite::Result<Arrivals> {
    let from = Address::new(&row.get::<_, String>(3)?, row.get::<_, String>(4)?);
    let count: i64 = row.get(0)?;
    Ok(Arrivals { count: count.unsigned_abs(), ticket: row.get(1)?, subject: row.get(2)?, from: from.label().to_owned() })
}
