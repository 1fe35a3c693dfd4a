//! How far each folder has been read.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::{Store, StoreError};

/// What a folder is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderRole {
    Inbox,
    Sent,
    Archive,
    Junk,
}

/// A folder's progress, as committed together with the rows it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderProgress {
    pub id: i64,
    pub name: String,
    pub role: FolderRole,
    /// 0: never read.
    pub uid_validity: u32,
    pub uid_next: u32,
    pub highest_modseq: u64,
    /// UIDs still to be fetched, as an IMAP sequence set.
    pub todo: String,
}

impl FolderRole {
    fn code(self) -> i64 {
        match self {
            Self::Inbox => 0,
            Self::Sent => 1,
            Self::Archive => 2,
            Self::Junk => 3,
        }
    }

    pub(super) fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Sent,
            2 => Self::Archive,
            3 => Self::Junk,
            _ => Self::Inbox,
        }
    }
}

/// Row ids set aside for a range of UIDs about to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRange {
    pub low: u32,
    pub high: u32,
}

impl Store {
    /// The progress of a folder; begun at nothing when it is new.
    ///
    /// # Errors
    /// The cache cannot be read or written.
    pub fn folder(&mut self, name: &str, role: FolderRole) -> Result<FolderProgress, StoreError> {
        let read = |cache: &Connection| -> rusqlite::Result<FolderProgress> {
            let sql = "INSERT INTO folder (name, role, uid_validity, uid_next, highest_modseq, todo) VALUES (?1, ?2, 0, 1, 0, '')
                       ON CONFLICT (name) DO UPDATE SET role = excluded.role WHERE role <> excluded.role";
            cache.prepare_cached(sql)?.execute(params![name, role.code()])?;
            let sql = "SELECT id, name, role, uid_validity, uid_next, highest_modseq, todo FROM folder WHERE name = ?1";
            cache.prepare_cached(sql)?.query_row([name], progress)
        };
        read(&self.cache).map_err(|error| self.cache_error(error))
    }

    /// The next UID a folder was known to give when it was last read; `None` if it never was.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_uid_next(&self, name: &str) -> Result<Option<u32>, StoreError> {
        let sql = "SELECT uid_next FROM folder WHERE name = ?1 AND uid_validity <> 0";
        let read = || self.cache.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// How far a folder has been read; `None` if it never was.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_folder(&self, name: &str) -> Result<Option<FolderProgress>, StoreError> {
        let sql = "SELECT id, name, role, uid_validity, uid_next, highest_modseq, todo FROM folder WHERE name = ?1 AND uid_validity <> 0";
        let read = || self.cache.prepare_cached(sql)?.query_row([name], progress).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Notes what SELECT said and which new UIDs are to be fetched, in one transaction.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn begin_folder(&mut self, progress: &FolderProgress, new: Option<NewRange>) -> Result<(), StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<()> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            save(&transaction, progress)?;
            if let Some(range) = new {
                reserve(&transaction, progress.id, range)?;
            }
            transaction.commit()
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// Forgets where a folder's messages lie, because its UIDs mean nothing any more;
    /// the messages stay and are matched anew.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn forget_locations(&mut self, progress: &FolderProgress) -> Result<(), StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<()> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "UPDATE message SET copies = copies - (SELECT count(*) FROM location l WHERE l.message = message.id AND l.folder = ?1)
                 WHERE id IN (SELECT message FROM location WHERE folder = ?1)",
                [progress.id],
            )?;
            transaction.execute("DELETE FROM location WHERE folder = ?1", [progress.id])?;
            transaction.execute("DELETE FROM folder_block WHERE folder = ?1", [progress.id])?;
            save(&transaction, progress)?;
            transaction.commit()
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// The UIDs known in a folder with their flags, ascending.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_uids(&self, folder: i64) -> Result<Vec<(u32, u8)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(u32, u8)>> {
            let mut statement = self.cache.prepare_cached("SELECT uid, flags FROM location WHERE folder = ?1 ORDER BY uid")?;
            statement.query_map([folder], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// How many UIDs are known in a folder.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn location_count(&self, folder: i64) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM location WHERE folder = ?1";
        let read = || self.cache.prepare_cached(sql)?.query_row([folder], |row| row.get::<_, i64>(0));
        read().map(i64::unsigned_abs).map_err(|error| self.cache_error(error))
    }

    /// The names and ids of folders that are no longer among those read.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn other_folders(&self, names: &[String]) -> Result<Vec<FolderProgress>, StoreError> {
        let read = || -> rusqlite::Result<Vec<FolderProgress>> {
            let mut statement = self.cache.prepare_cached("SELECT id, name, role, uid_validity, uid_next, highest_modseq, todo FROM folder")?;
            statement.query_map([], progress)?.collect()
        };
        let mut folders = read().map_err(|error| self.cache_error(error))?;
        folders.retain(|folder| !names.contains(&folder.name));
        Ok(folders)
    }
}

fn progress(row: &rusqlite::Row<'_>) -> rusqlite::Result<FolderProgress> {
    Ok(FolderProgress {
        id: row.get(0)?,
        name: row.get(1)?,
        role: FolderRole::from_code(row.get(2)?),
        uid_validity: row.get(3)?,
        uid_next: row.get(4)?,
        highest_modseq: row.get::<_, i64>(5)?.unsigned_abs(),
        todo: row.get(6)?,
    })
}

pub(super) fn save(cache: &Connection, progress: &FolderProgress) -> rusqlite::Result<()> {
    let sql = "UPDATE folder SET uid_validity = ?2, uid_next = ?3, highest_modseq = ?4, todo = ?5 WHERE id = ?1";
    cache
        .prepare_cached(sql)?
        .execute(params![progress.id, progress.uid_validity, progress.uid_next, progress.highest_modseq as i64, progress.todo])
        .map(drop)
}

fn reserve(cache: &Connection, folder: i64, range: NewRange) -> rusqlite::Result<()> {
    let highest_row: i64 = cache.query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| row.get(0))?;
    let highest_reserved: i64 = cache.query_row("SELECT coalesce(max(base + high - low), 0) FROM folder_block", [], |row| row.get(0))?;
    let base = highest_row.max(highest_reserved) + 1;
    cache
        .prepare_cached("INSERT OR REPLACE INTO folder_block (folder, low, high, base) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![folder, range.low, range.high, base])
        .map(drop)
}

/// The ranges of a folder that have row ids reserved.
pub(super) fn blocks(cache: &Connection, folder: i64) -> rusqlite::Result<Vec<Block>> {
    let mut statement = cache.prepare_cached("SELECT low, high, base FROM folder_block WHERE folder = ?1")?;
    statement.query_map([folder], |row| Ok(Block { low: row.get(0)?, high: row.get(1)?, base: row.get(2)? }))?.collect()
}

/// A range of UIDs and the row id of its first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    low: u32,
    high: u32,
    base: i64,
}

impl Block {
    /// The row id reserved for a UID, if it is one of these.
    pub fn id_of(&self, uid: u32) -> Option<i64> {
        (self.low..=self.high).contains(&uid).then(|| self.base + i64::from(uid - self.low))
    }
}
