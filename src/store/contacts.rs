//! The people mail was exchanged with.

use rusqlite::params;

use super::{Store, StoreError};
use crate::domain::Address;

impl Store {
    /// Requesters whose name or address holds a text, letter case ignored: those of the project
    /// first, then the ones heard of last. At most `limit`; an empty text finds the latest.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn contacts(&self, project: &str, text: &str, limit: usize) -> Result<Vec<Address>, StoreError> {
        let sql = "SELECT requester_name, requester_address, max(updated) AS heard, max(project = ?1) AS ours FROM ticket
                   WHERE requester_address <> '' AND status <> 4 AND (instr(lower(requester_name), ?2) > 0 OR instr(lower(requester_address), ?2) > 0)
                   GROUP BY lower(requester_address) ORDER BY ours DESC, heard DESC LIMIT ?3";
        let read = || -> rusqlite::Result<Vec<Address>> {
            let mut statement = self.cache.prepare_cached(sql)?;
            let found = statement.query_map(params![project, text.to_lowercase(), limit as i64], |row| {
                Ok(Address::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            found.collect()
        };
        read().map_err(|error| self.cache_error(error))
    }
}
