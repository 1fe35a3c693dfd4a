//! Opening the two database files: permissions, pragmas, migrations.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// One of the two files, with how it is written and its schema so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileSpec {
    pub name: &'static str,
    /// `FULL` for what exists nowhere else, `NORMAL` for what can be rebuilt.
    pub synchronous: &'static str,
    /// `ON`: what is deleted is overwritten at once; `FAST`: where that writes no page more.
    pub secure_delete: &'static str,
    /// Page cache in KiB.
    pub cache_kib: u32,
    pub migrations: &'static [&'static str],
}

pub(super) const DATA: FileSpec = FileSpec {
    name: "data.db",
    synchronous: "FULL",
    secure_delete: "ON",
    cache_kib: 1_024,
    migrations: &[
        include_str!("schema/data_1.sql"),
        include_str!("schema/data_2.sql"),
        include_str!("schema/data_3.sql"),
        include_str!("schema/data_4.sql"),
        include_str!("schema/data_5.sql"),
        include_str!("schema/data_6.sql"),
        include_str!("schema/data_7.sql"),
        include_str!("schema/data_8.sql"),
        include_str!("schema/data_9.sql"),
    ],
};
pub(super) const CACHE: FileSpec = FileSpec {
    name: "cache.db",
    synchronous: "NORMAL",
    secure_delete: "FAST",
    cache_kib: 4_096,
    migrations: &[
        include_str!("schema/cache_1.sql"),
        include_str!("schema/cache_2.sql"),
        include_str!("schema/cache_3.sql"),
        include_str!("schema/cache_4.sql"),
        include_str!("schema/cache_5.sql"),
        include_str!("schema/cache_6.sql"),
        include_str!("schema/cache_7.sql"),
        include_str!("schema/cache_8.sql"),
        include_str!("schema/cache_9.sql"),
    ],
};

/// Page cache in KiB while a mailbox is being read in: its indexes are written all over.
const BULK_CACHE_KIB: u32 = 49_152;

/// Page cache in KiB of each file of a store whose answers nobody waits for: the system keeps the pages as well.
const FRUGAL_CACHE_KIB: u32 = 1_024;

/// How long a statement waits for somebody else who is writing.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a store is used for, as far as its page caches depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Somebody waits for its answers.
    Answering,
    /// Nobody does.
    Aside,
    /// Much is being written.
    Bulk,
}

/// Gives a connection the memory that its use deserves; when that becomes less, what is too much is given back.
///
/// # Errors
/// The connection does not obey.
pub(super) fn set_use(connection: &Connection, spec: FileSpec, used: Use) -> rusqlite::Result<()> {
    let (kib, shrink) = match used {
        Use::Answering => (spec.cache_kib, "PRAGMA shrink_memory;"),
        Use::Aside => (FRUGAL_CACHE_KIB.min(spec.cache_kib), "PRAGMA shrink_memory;"),
        Use::Bulk => (BULK_CACHE_KIB, ""),
    };
    connection.execute_batch(&format!("PRAGMA cache_size = -{kib}; {shrink}"))
}

/// Makes statements wait so long for somebody else who is writing.
///
/// # Errors
/// The connection does not obey.
pub(super) fn set_patience(connection: &Connection, time: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(time)
}

/// Opens a file for reading and writing; makes it, and its folder, on first use.
///
/// # Errors
/// Folder or file cannot be made or written, is no database, or is of a newer version.
pub(super) fn open(folder: &Path, spec: FileSpec) -> Result<Connection, StoreError> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match open_once(folder, spec) {
            // SQLite does not wait when somebody else is just making the file or turning to WAL.
            Err(StoreError::Busy { .. }) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            outcome => return outcome,
        }
    }
}

fn open_once(folder: &Path, spec: FileSpec) -> Result<Connection, StoreError> {
    private_folder(folder)?;
    let path = folder.join(spec.name);
    private_file(&path)?;
    let mut connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError::sql(&path, error))?;
    prepare(&connection, spec).and_then(|()| migrate(&mut connection, spec)).map_err(|error| match error {
        Migration::Sql(error) => StoreError::sql(&path, error),
        Migration::Newer(found) => StoreError::Newer { path: path.clone(), found, known: spec.migrations.len() },
    })?;
    Ok(connection)
}

enum Migration {
    Sql(rusqlite::Error),
    Newer(usize),
}

impl From<rusqlite::Error> for Migration {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn prepare(connection: &Connection, spec: FileSpec) -> Result<(), Migration> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Without this guarantee SQLite, built with STAT4, plans a statement anew whenever a bound value changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {};
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{};
         PRAGMA journal_size_limit = 67108864;
         PRAGMA wal_autocheckpoint = 12000;
         PRAGMA secure_delete = {};
         PRAGMA trusted_schema = OFF;",
        spec.synchronous, spec.cache_kib, spec.secure_delete
    ))?;
    Ok(())
}

/// Runs the steps that are still missing, each in a transaction of its own.
fn migrate(connection: &mut Connection, spec: FileSpec) -> Result<(), Migration> {
    let version = |connection: &Connection| {
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map(|v| usize::try_from(v).unwrap_or(usize::MAX))
    };
    if version(connection)? == spec.migrations.len() {
        return Ok(());
    }
    // Another process may be migrating at this very moment: look again once the lock is ours.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > spec.migrations.len() {
        return Err(Migration::Newer(found));
    }
    for (step, sql) in spec.migrations.iter().enumerate().skip(found) {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", i64::try_from(step + 1).unwrap_or(i64::MAX))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Makes a folder of mode 0700 with its parents.
///
/// # Errors
/// The folder cannot be made.
pub fn private_folder(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| StoreError::Io { path: folder.to_owned(), source })
}

/// Makes sure that the file exists with mode 0600 before SQLite opens it; the
/// `-wal` and `-shm` files get the mode of the main file.
fn private_file(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    // Never open and close an existing database file by hand: on POSIX that
    // drops the locks SQLite holds on it in this process.
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(io),
        Ok(_) => Ok(()),
        Err(_) => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop).or_else(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(io(error)),
        }),
    }
}

/// Moves a damaged cache out of the way, so that it can be rebuilt. Returns where it went.
///
/// # Errors
/// The file cannot be renamed.
pub(super) fn set_aside(folder: &Path, spec: FileSpec) -> Result<PathBuf, StoreError> {
    let path = folder.join(spec.name);
    let aside = folder.join(format!("{}.damaged", spec.name));
    fs::rename(&path, &aside).map_err(|source| StoreError::Io { path: path.clone(), source })?;
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("{}{suffix}", spec.name)));
    }
    Ok(aside)
}
