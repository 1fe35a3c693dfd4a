//! Questions to whichever process holds the network role.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::domain::Timestamp;

impl Store {
    /// Asks for a sync; the row's id, to look for the answer by.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn ask_for_sync(&mut self, now: Timestamp) -> Result<i64, StoreError> {
        let sql = "INSERT INTO network_request (kind, asked) VALUES ('sync', ?1)";
        self.data.execute(sql, [now.as_second()]).map_err(|error| self.data_error(error))?;
        Ok(self.data.last_insert_rowid())
    }

    /// The ids of questions nobody has answered yet.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn unanswered(&self) -> Result<Vec<i64>, StoreError> {
        let read = || -> rusqlite::Result<Vec<i64>> {
            self.data.prepare_cached("SELECT id FROM network_request WHERE answer IS NULL")?.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.data_error(error))
    }

    /// Answers questions, and forgets those older than a day.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn answer(&mut self, ids: &[i64], answer: &str, now: Timestamp) -> Result<(), StoreError> {
        for id in ids {
            self.data.execute("UPDATE network_request SET answer = ?2 WHERE id = ?1", params![id, answer]).map_err(|error| self.data_error(error))?;
        }
        let sql = "DELETE FROM network_request WHERE asked < ?1";
        self.data.execute(sql, [now.as_second() - 86_400]).map(drop).map_err(|error| self.data_error(error))
    }

    /// The answer to a question, once there is one.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn answer_to(&self, id: i64) -> Result<Option<String>, StoreError> {
        let read = || -> rusqlite::Result<Option<Option<String>>> {
            self.data.prepare_cached("SELECT answer FROM network_request WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
        };
        Ok(read().map_err(|error| self.data_error(error))?.flatten())
    }

    /// Takes a question back, because its asker does the work itself.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn withdraw(&mut self, id: i64) -> Result<(), StoreError> {
        self.data.execute("DELETE FROM network_request WHERE id = ?1", [id]).map(drop).map_err(|error| self.data_error(error))
    }
}
