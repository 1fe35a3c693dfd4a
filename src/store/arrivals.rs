//! What has come from people since a moment.

use rusqlite::{Row, params};

use super::ticket_rows::class_code;
use super::{Store, StoreError};
use crate::domain::arrivals::Arrivals;
use crate::domain::message::Class;
use crate::domain::{Address, Timestamp};

/// The row of the newest message, by which later ones are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastMessage(i64);

impl Store {
    /// The message that was written last.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn last_message(&self) -> Result<LastMessage, StoreError> {
        let read = || self.cache.query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| row.get(0));
        read().map(LastMessage).map_err(|error| self.cache_error(error))
    }

    /// What people wrote and nobody has read yet, of what was stored behind `last` and came after `after`; `None` if nothing.
    ///
    /// Not our own mail, nothing automatic, nothing from the junk folder.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn arrivals(&self, last: LastMessage, after: Timestamp) -> Result<Option<Arrivals>, StoreError> {
        let sql = "
            SELECT count(*) OVER (), coalesce('#' || t.number, t.key), m.subject, m.from_name, m.from_address
            FROM message m JOIN ticket t ON t.id = m.ticket
            WHERE m.id > ?1 AND m.at > ?2 AND m.direction = 0 AND m.class = ?3 AND m.junk = 0 AND m.flags & 1 = 0
            ORDER BY m.at DESC, m.id DESC LIMIT 1";
        let parameters = params![last.0, after.as_second(), class_code(Class::Human)];
        let read = || -> rusqlite::Result<Option<Arrivals>> { self.cache.prepare_cached(sql)?.query_map(parameters, arrivals)?.next().transpose() };
        read().map_err(|error| self.cache_error(error))
    }
}

fn arrivals(row: &Row<'_>) -> rusqlite::Result<Arrivals> {
    let from = Address::new(&row.get::<_, String>(3)?, row.get::<_, String>(4)?);
    let count: i64 = row.get(0)?;
    Ok(Arrivals { count: count.unsigned_abs(), ticket: row.get(1)?, subject: row.get(2)?, from: from.label().to_owned() })
}
