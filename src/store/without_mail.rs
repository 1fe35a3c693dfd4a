//! Tickets the log speaks of while their mail is not here: not fetched yet, or gone from the server.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior};

use super::tickets::{TicketRowId, load_state};
use super::{Store, StoreError, ticket_rows};

impl Store {
    /// Tickets whose mail has not been seen here, and of which it is not known whether there still is any.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn without_mail(&self) -> Result<BTreeSet<TicketRowId>, StoreError> {
        without_mail(&self.cache).map_err(|error| self.cache_error(error))
    }

    /// Those of some such tickets that should have mail are listed with what the log says of them, if still none
    /// was found. Every folder must have been read since they were asked for: who opened them had the mail before.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn mail_was_looked_for(&mut self, tickets: &BTreeSet<TicketRowId>) -> Result<(), StoreError> {
        if tickets.is_empty() {
            return Ok(());
        }
        let write = |cache: &mut Connection| -> rusqlite::Result<()> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let context = ticket_rows::Context::load(&transaction)?;
            for row in without_mail(&transaction)?.intersection(tickets) {
                transaction.prepare_cached("UPDATE ticket SET mail_gone = 1 WHERE id = ?1")?.execute([row.0])?;
                ticket_rows::refresh(&transaction, *row, &context)?;
            }
            transaction.commit()
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }
}

fn without_mail(cache: &Connection) -> rusqlite::Result<BTreeSet<TicketRowId>> {
    let sql = "SELECT id FROM ticket WHERE opened = 1 AND messages = 0 AND mail_gone = 0 AND home IS NULL";
    let mut statement = cache.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut without = BTreeSet::new();
    for row in rows {
        // All mail of a ticket may have been given to others.
        if load_state(cache, row)?.is_some_and(|state| !state.ids.is_empty() && state.merged_into.value.is_none()) {
            without.insert(row);
        }
    }
    Ok(without)
}
