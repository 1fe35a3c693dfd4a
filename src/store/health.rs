//! How a desk's two files are, found out without changing them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::connection::{CACHE, DATA, FileSpec};
use super::{StoreError, StorePaths};

/// Looking through a file ends after this, whether it has been seen whole or not.
const PATIENCE: Duration = Duration::from_secs(15);

/// One file, looked at.
#[derive(Debug)]
pub struct FileHealth {
    pub path: PathBuf,
    pub state: FileState,
    /// The schema this program writes.
    pub known_schema: usize,
}

/// What was found.
#[derive(Debug)]
pub enum FileState {
    /// There is no such file yet.
    Absent,
    /// No fault was found.
    Sound {
        schema: usize,
        bytes: u64,
    },
    /// No fault was found in the part that could be looked at in time.
    SoundSoFar {
        schema: usize,
        bytes: u64,
    },
    /// `SQLite`'s first words on what is wrong.
    Faulty(String),
    Unusable(StoreError),
}

/// The version of `SQLite` in this program.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Looks at both files: `data.db`, then `cache.db`.
pub fn examine(paths: &StorePaths) -> [FileHealth; 2] {
    [of(&paths.data, DATA), of(&paths.cache, CACHE)]
}

fn of(folder: &Path, spec: FileSpec) -> FileHealth {
    let path = folder.join(spec.name);
    let state = state(&path).unwrap_or_else(|error| FileState::Unusable(StoreError::sql(&path, error)));
    FileHealth { path, state, known_schema: spec.migrations.len() }
}

fn state(path: &Path) -> rusqlite::Result<FileState> {
    let Ok(found) = path.metadata() else { return Ok(FileState::Absent) };
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    let schema: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let (schema, bytes) = (usize::try_from(schema).unwrap_or(usize::MAX), found.len());
    let deadline = Instant::now() + PATIENCE;
    connection.progress_handler(100_000, Some(move || Instant::now() > deadline))?;
    match connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
        Ok(verdict) if verdict == "ok" => Ok(FileState::Sound { schema, bytes }),
        Ok(fault) => Ok(FileState::Faulty(fault)),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => Ok(FileState::SoundSoFar { schema, bytes }),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn desk() -> (tempfile::TempDir, StorePaths) {
        let dir = tempfile::tempdir().unwrap();
        let paths = StorePaths { data: dir.path().join("data"), cache: dir.path().join("cache") };
        (dir, paths)
    }

    #[test]
    fn new_files_are_sound_and_of_the_schema_this_program_writes() {
        let (_dir, paths) = desk();
        assert!(examine(&paths).iter().all(|file| matches!(file.state, FileState::Absent)));

        Store::open("acme", paths.clone()).unwrap();

        for file in examine(&paths) {
            assert!(matches!(file.state, FileState::Sound { schema, .. } if schema == file.known_schema), "{file:?}");
        }
    }

    #[test]
    fn a_file_with_a_page_overwritten_is_found_out() {
        let (_dir, paths) = desk();
        drop(Store::open("acme", paths.clone()).unwrap());
        let path = paths.data.join("data.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let length = bytes.len();
        bytes[8192..length.min(8192 * 4)].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();

        let [data, cache] = examine(&paths);

        assert!(matches!(data.state, FileState::Faulty(_) | FileState::Unusable(StoreError::Damaged { .. })), "{data:?}");
        assert!(matches!(cache.state, FileState::Sound { .. }), "{cache:?}");
    }
}
