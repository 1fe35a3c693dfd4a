//! Who takes part in a ticket, asked of its stored mail.

use rusqlite::Connection;

use super::ticket_rows::{self, Context};
use super::tickets::{TicketRowId, load_state};
use super::{Store, StoreError};
use crate::domain::participants::Roster;
use crate::domain::{Address, TicketKey};

/// The people of a ticket and, by row id, who wrote as a stranger.
pub(super) fn roster(cache: &Connection, row: TicketRowId, context: &Context) -> rusqlite::Result<(Roster, Vec<i64>)> {
    let state = load_state(cache, row)?;
    let (roster, messages) = ticket_rows::roster(cache, row, state.as_ref(), context)?;
    Ok((roster, messages))
}

impl Store {
    /// The people of a ticket; its strangers are in the order of [`Store::messages_of`] by id.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn people(&self, ticket: &TicketKey) -> Result<People, StoreError> {
        let read = || -> rusqlite::Result<People> {
            let Some(row) = super::tickets::row_by_key(&self.cache, ticket)? else { return Ok(People::default()) };
            let row = super::merge::home(&self.cache, row)?;
            let (roster, messages) = roster(&self.cache, row, &Context::load(&self.cache)?)?;
            let strangers = messages.iter().zip(&roster.strangers).filter(|(_, is_stranger)| **is_stranger).map(|(id, _)| *id).collect();
            Ok(People { roster, strangers })
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// When an address from outside was first heard of, in seconds; `None` if it never wrote.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn first_heard_of(&self, address: &Address) -> Result<Option<i64>, StoreError> {
        use rusqlite::OptionalExtension as _;
        let sql = "SELECT first FROM correspondent WHERE hash = ?1";
        let read = || self.cache.prepare_cached(sql)?.query_row([crate::domain::id::hash63(&address.key())], |row| row.get(0)).optional();
        read().map_err(|error| self.cache_error(error))
    }
}

/// Who takes part, and which messages strangers wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub roster: Roster,
    /// Row ids of messages.
    pub strangers: std::collections::BTreeSet<i64>,
}
