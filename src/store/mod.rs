//! The two SQLite files of a desk, and every query there is.
//!
//! `data.db` holds what exists nowhere else (events, drafts, outbox) and is
//! written with `synchronous=FULL`; `cache.db` holds mail and everything derived
//! from mail and events. No transaction spans both: the cache remembers up to
//! which event it has been brought and catches up when opened.

mod answers;
pub mod arrivals;
pub mod beacon;
mod compact;
pub mod conflicts;
pub mod connection;
mod contacts;
pub mod drafts;
pub mod events;
mod fillers;
pub mod folders;
mod forget;
pub mod health;
mod holes;
pub mod log;
pub mod lost;
pub mod lull;
pub mod mail_in;
mod merge;
pub mod messages;
pub mod mirror;
pub mod news;
pub mod outbox;
mod own_work;
mod parked;
pub mod people;
mod placement;
pub mod presence;
mod refold;
pub mod requests;
pub mod search;
pub mod settle;
pub mod snapshot;
pub mod suggestions;
pub mod ticket_rows;
pub mod tickets;
pub mod undo;
mod without_mail;

use std::path::{Path, PathBuf};

use rusqlite::ffi::ErrorCode;
use rusqlite::{Connection, OptionalExtension as _};

/// Both files of a desk, open for reading and writing. One thread's own.
#[derive(Debug)]
pub struct Store {
    pub(crate) desk: String,
    data: Connection,
    cache: Connection,
    paths: StorePaths,
    /// Set when a damaged cache had to be moved out of the way at opening.
    set_aside: Option<PathBuf>,
    /// The desk's events are shared through a log: what is decided is decided there.
    is_shared: bool,
    /// Between the times at which much is written.
    used: connection::Use,
    at_hand: log::AtHand,
}

/// The folders of the two files.
#[derive(Clone, Debug)]
pub struct StorePaths {
    pub data: PathBuf,
    pub cache: PathBuf,
}

impl Store {
    /// Opens both files; a damaged or too new cache is moved aside and begun anew.
    ///
    /// # Errors
    /// A file cannot be made, opened or migrated.
    pub fn open(desk: &str, paths: StorePaths) -> Result<Self, StoreError> {
        Self::open_as(desk, paths, false)
    }

    /// Opens the files of a desk whose team shares a log.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_shared(desk: &str, paths: StorePaths) -> Result<Self, StoreError> {
        Self::open_as(desk, paths, true)
    }

    fn open_as(desk: &str, paths: StorePaths, is_shared: bool) -> Result<Self, StoreError> {
        let data = connection::open(&paths.data, connection::DATA)?;
        let (cache, set_aside) = match connection::open(&paths.cache, connection::CACHE) {
            Err(error) if error.is_rebuildable() => {
                let aside = connection::set_aside(&paths.cache, connection::CACHE)?;
                (connection::open(&paths.cache, connection::CACHE)?, Some(aside))
            }
            other => (other?, None),
        };
        let at_hand = log::AtHand::default();
        let mut store = Self { desk: desk.to_owned(), data, cache, paths, set_aside, is_shared, used: connection::Use::Answering, at_hand };
        store.catch_up()?;
        Ok(store)
    }

    /// Where a damaged cache was moved to at opening, if it was.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// Says that much will be written from here on.
    ///
    /// # Errors
    /// A file does not obey.
    pub fn begin_bulk(&self) -> Result<(), StoreError> {
        self.set_use(connection::Use::Bulk)
    }

    /// Says that it has been, and gives the memory back.
    ///
    /// # Errors
    /// A file does not obey.
    pub fn end_bulk(&self) -> Result<(), StoreError> {
        self.set_use(self.used)
    }

    /// Says that nobody waits for what is read here: it makes do with little memory.
    ///
    /// # Errors
    /// A file does not obey.
    pub fn stand_aside(&mut self) -> Result<(), StoreError> {
        self.used = connection::Use::Aside;
        self.set_use(self.used)
    }

    fn set_use(&self, used: connection::Use) -> Result<(), StoreError> {
        connection::set_use(&self.data, connection::DATA, used).map_err(|error| self.data_error(error))?;
        connection::set_use(&self.cache, connection::CACHE, used).map_err(|error| self.cache_error(error))
    }

    /// Opens the same files once more, for another thread.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn reopen(&self) -> Result<Self, StoreError> {
        Self::open_as(&self.desk, self.paths.clone(), self.is_shared)
    }

    fn data_error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.paths.data.join(connection::DATA.name), error)
    }

    fn cache_error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.paths.cache.join(connection::CACHE.name), error)
    }

    /// Remembers a fact about the server that can be found out again.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn remember(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.cache.execute(sql, [name, value]).map(drop).map_err(|error| self.cache_error(error))
    }

    /// What was remembered under a name.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn remembered(&self, name: &str) -> Result<Option<String>, StoreError> {
        let read = || self.cache.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// What ends a search of this store from another thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.cache.get_interrupt_handle())
    }

    /// What the files are like now.
    ///
    /// # Errors
    /// The files cannot be read.
    pub fn stamp(&self) -> Result<Stamp, StoreError> {
        let own = |connection: &Connection| connection.query_row("SELECT total_changes()", [], |row| row.get(0));
        let (data, cache) = self.version()?;
        let (own_data, own_cache) = (own(&self.data).map_err(|e| self.data_error(e))?, own(&self.cache).map_err(|e| self.cache_error(e))?);
        Ok(Stamp([(data, own_data), (cache, own_cache)]))
    }

    /// Changes whenever another connection has committed to either file.
    ///
    /// # Errors
    /// The files cannot be read.
    pub fn version(&self) -> Result<(i64, i64), StoreError> {
        let version = |connection: &Connection| connection.query_row("PRAGMA data_version", [], |row| row.get(0));
        Ok((version(&self.data).map_err(|e| self.data_error(e))?, version(&self.cache).map_err(|e| self.cache_error(e))?))
    }
}

/// What both files are like: two that are the same tell that nothing was written between them, by whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp([(i64, i64); 2]);

/// Ends what another thread's store is reading at this moment.
pub struct Interrupter(rusqlite::InterruptHandle);

impl std::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupter")
    }
}

impl Interrupter {
    /// The statement that runs now, if one does, fails with [`StoreError::Interrupted`]; later ones are not touched.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// What can go wrong with the files.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot write {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} was written by a newer postdesk (schema {found}, this one knows {known})", path.display())]
    Newer { path: PathBuf, found: usize, known: usize },
    #[error("{}: the disk is full", path.display())]
    Full { path: PathBuf, source: rusqlite::Error },
    #[error("{}: the disk failed: {source}", path.display())]
    Device { path: PathBuf, source: rusqlite::Error },
    #[error("{} cannot be written: it, its folder or its file system is read-only", path.display())]
    ReadOnly { path: PathBuf, source: rusqlite::Error },
    #[error("{} is damaged", path.display())]
    Damaged { path: PathBuf, source: rusqlite::Error },
    #[error("{} is kept busy by another process", path.display())]
    Busy { path: PathBuf, source: rusqlite::Error },
    #[error("the search was given up for a newer one")]
    Interrupted,
    #[error("{}: {source}", path.display())]
    Sql { path: PathBuf, source: rusqlite::Error },
}

impl StoreError {
    fn sql(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path, source },
            // Files that SQLite maps into memory fail in this way where there is no room for them.
            Some(ErrorCode::SystemIoFailure) if has_no_room(&path) => Self::Full { path, source },
            Some(ErrorCode::SystemIoFailure) => Self::Device { path, source },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly { path, source },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path, source },
            _ => Self::Sql { path, source },
        }
    }

    /// Whether a cache in this state should be begun anew.
    fn is_rebuildable(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Newer { .. })
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::ReadOnly { .. } => "Make the folder writable for you, or choose another with --data-dir.",
            Self::Newer { .. } => "Update postdesk on this machine; nothing was changed.",
            Self::Full { .. } => "Free some space; nothing that was confirmed is lost.",
            Self::Device { .. } => "Look after the disk, or the network it lies behind; nothing that was confirmed is lost.",
            Self::Damaged { .. } => "Restore the file from a backup; a damaged cache.db may simply be deleted, it is rebuilt from the server.",
            Self::Interrupted => "Nothing needs to be done.",
            Self::Busy { .. } => "Try again when the other postdesk has finished.",
            Self::Sql { .. } => "Please report this with the text above; nothing that was confirmed is lost.",
        }
    }
}

/// Less than this is no room: SQLite takes 32 KiB at once for what processes share of a file.
const ROOM_OCTETS: u64 = 64 << 10;

fn has_no_room(path: &Path) -> bool {
    let free = |seen: rustix::fs::StatVfs| seen.f_bavail.saturating_mul(seen.f_frsize);
    rustix::fs::statvfs(path.parent().unwrap_or(path)).is_ok_and(|seen| free(seen) < ROOM_OCTETS)
}

/// Seconds since 1970 as a timestamp; what lies outside its range becomes the epoch.
pub(crate) fn time(seconds: i64) -> crate::domain::Timestamp {
    crate::domain::Timestamp::from_second(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_for_whose_answers_nobody_waits_keeps_few_pages_and_comes_back_to_them_after_much_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let paths = StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() };
        let mut store = Store::open("desk", paths).unwrap();
        let kib = |store: &Store| -> [i64; 2] {
            [&store.data, &store.cache].map(|file| -file.query_row("PRAGMA cache_size", [], |row| row.get::<_, i64>(0)).unwrap())
        };
        assert_eq!(kib(&store), [1_024, 4_096]);

        store.stand_aside().unwrap();
        assert_eq!(kib(&store), [1_024, 1_024]);

        store.begin_bulk().unwrap();
        assert!(kib(&store).iter().all(|kib| *kib > 4_096));
        store.end_bulk().unwrap();
        assert_eq!(kib(&store), [1_024, 1_024]);
    }

    #[test]
    fn the_stamp_changes_with_what_is_written_here_or_elsewhere_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let paths = StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() };
        let mut store = Store::open("desk", paths).unwrap();
        let mut other = store.reopen().unwrap();

        let first = store.stamp().unwrap();
        store.tags().unwrap();
        assert_eq!(store.stamp().unwrap(), first);

        store.remember("here", "1").unwrap();
        let second = store.stamp().unwrap();
        assert_ne!(second, first);

        other.remember("there", "1").unwrap();
        assert_ne!(store.stamp().unwrap(), second);
    }
}
