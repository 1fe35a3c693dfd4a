//! Finding again, in another place, what is stored: messages of a renumbered folder, and messages that were moved.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::super::folders::{self, FolderProgress, FolderRole};
use super::super::tickets::TicketRowId;
use super::super::{Store, StoreError};
use super::BatchWrite;
use crate::domain::MessageId;

/// A message on the server as it is recognised without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub uid: u32,
    pub flags: u8,
    /// Octets of the whole message.
    pub size: u32,
    pub id: MessageId,
    /// As of [`Arrived`](super::Arrived).
    pub header_hash: [u8; 32],
}

impl Store {
    /// Matches messages of a renumbered folder by Message-ID and size; returns the UIDs that matched.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn rematch(&mut self, progress: &FolderProgress, found: &[(u32, u8, u32, MessageId)]) -> Result<Vec<u32>, StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<Vec<u32>> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, Some(progress))?;
            let mut matched = Vec::new();
            for (uid, flags, size, mid) in found {
                if batch_write.rematch_one(*uid, *flags, *size, mid)? {
                    matched.push(*uid);
                }
            }
            batch_write.finish()?;
            folders::save(&transaction, progress)?;
            transaction.commit()?;
            Ok(matched)
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// Whether any message has left its folder and was not found elsewhere.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn has_departed(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM departure d JOIN message m ON m.id = d.message WHERE m.copies = 0 AND m.extent > 0)";
        self.cache.prepare_cached(sql).and_then(|mut read| read.query_row([], |row| row.get(0))).map_err(|error| self.cache_error(error))
    }

    /// Links messages that have come into a folder with those that have left another: what the
    /// same identity and size names is the same message. Returns the UIDs that were linked.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn relink(&mut self, progress: &FolderProgress, found: &[Known]) -> Result<Vec<u32>, StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<Vec<u32>> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, Some(progress))?;
            let mut linked = Vec::new();
            for known in found {
                if batch_write.relink_one(known)? {
                    linked.push(known.uid);
                }
            }
            batch_write.finish()?;
            transaction.commit()?;
            Ok(linked)
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// Notes where messages went that were moved from here, as the server told it, unless the
    /// folder they went to has been numbered anew.
    ///
    /// # Errors
    /// The cache cannot be written; then the next pass finds them.
    pub fn note_moved(&mut self, from: i64, to: &str, role: FolderRole, uid_validity: u32, uids: &[(u32, u32)]) -> Result<(), StoreError> {
        let target = self.folder(to, role)?;
        if target.uid_validity != uid_validity {
            return Ok(());
        }
        let write = |cache: &mut Connection| -> rusqlite::Result<()> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, Some(&target))?;
            for (before, after) in uids {
                batch_write.move_one(from, *before, *after)?;
            }
            batch_write.finish()?;
            transaction.commit()
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// UIDs of a folder that are known although they have not been read yet: [`Store::note_moved`] put them there.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_beyond(&self, folder: i64, uid_next: u32) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT uid FROM location WHERE folder = ?1 AND uid >= ?2 ORDER BY uid";
        let read =
            || -> rusqlite::Result<Vec<u32>> { self.cache.prepare_cached(sql)?.query_map(params![folder, uid_next], |row| row.get(0))?.collect() };
        read().map_err(|error| self.cache_error(error))
    }
}

impl BatchWrite<'_> {
    fn rematch_one(&mut self, uid: u32, flags: u8, size: u32, mid: &MessageId) -> rusqlite::Result<bool> {
        let sql = "SELECT id FROM message m WHERE mid_hash = ?1 AND mid = ?2 AND size = ?3 AND extent > 0
                       AND NOT EXISTS (SELECT 1 FROM location l WHERE l.message = m.id AND l.folder = ?4)";
        let found: Option<i64> =
            self.cache.prepare_cached(sql)?.query_row(params![mid.hash63(), mid.as_str(), size, self.folder], |row| row.get(0)).optional()?;
        let Some(message) = found else { return Ok(false) };
        self.locate(uid, message, flags)?;
        self.arrive(message)?;
        let sql = "UPDATE message SET copies = copies + 1, flags = ?2 WHERE id = ?1 RETURNING ticket";
        let ticket = self.cache.prepare_cached(sql)?.query_row(params![message, flags], |row| row.get(0).map(TicketRowId))?;
        self.dirty.insert(ticket);
        Ok(true)
    }

    fn relink_one(&mut self, known: &Known) -> rusqlite::Result<bool> {
        let sql = "SELECT m.id FROM message m JOIN departure d ON d.message = m.id
                   WHERE m.mid_hash = ?1 AND m.mid = ?2 AND m.size = ?3 AND m.header_hash = ?4 AND m.extent > 0 AND m.copies = 0 LIMIT 1";
        let values = params![known.id.hash63(), known.id.as_str(), known.size, &known.header_hash[..]];
        let found: Option<i64> = self.cache.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
        let Some(message) = found else { return Ok(false) };
        self.locate(known.uid, message, known.flags)?;
        self.arrive(message)?;
        let sql = "UPDATE message SET copies = 1, flags = flags | ?2 WHERE id = ?1 RETURNING ticket";
        let ticket = self.cache.prepare_cached(sql)?.query_row(params![message, known.flags], |row| row.get(0).map(TicketRowId))?;
        self.dirty.insert(ticket);
        Ok(true)
    }

    fn move_one(&mut self, from: i64, before: u32, after: u32) -> rusqlite::Result<()> {
        let sql = "DELETE FROM location WHERE folder = ?1 AND uid = ?2 RETURNING message, flags";
        let moved = self.cache.prepare_cached(sql)?.query_row(params![from, before], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((message, flags)) = moved else { return Ok(()) };
        self.depart(message, from)?;
        self.locate(after, message, flags)?;
        self.arrive(message)
    }

    /// Notes what folder a message has left.
    pub(super) fn depart(&self, message: i64, folder: i64) -> rusqlite::Result<()> {
        self.cache.prepare_cached("INSERT OR REPLACE INTO departure (message, folder) VALUES (?1, ?2)")?.execute([message, folder]).map(drop)
    }

    /// A message that is back where it was has not left.
    pub(super) fn arrive(&self, message: i64) -> rusqlite::Result<()> {
        self.cache.prepare_cached("DELETE FROM departure WHERE message = ?1 AND folder = ?2")?.execute([message, self.folder]).map(drop)
    }
}
