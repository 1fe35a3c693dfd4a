//! A moment in which nothing is written to either file.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::{StorePaths, connection};

/// Nobody else can write to either file until this is let go.
#[derive(Debug)]
pub struct Lull {
    held: Vec<Connection>,
}

impl Lull {
    /// Waits until what is being written to the files is committed, and keeps others from beginning.
    /// A file that is not there, or stays busy for as long as `patience`, is left out.
    pub fn wait(paths: &StorePaths, patience: Duration) -> Self {
        let deadline = Instant::now() + patience;
        let files = [(&paths.data, connection::DATA), (&paths.cache, connection::CACHE)];
        let hold = |path: &std::path::Path| {
            let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            file.busy_timeout(deadline.saturating_duration_since(Instant::now()))?;
            file.execute_batch("BEGIN IMMEDIATE")?;
            Ok::<_, rusqlite::Error>(file)
        };
        Self { held: files.iter().filter_map(|(folder, spec)| hold(&folder.join(spec.name)).ok()).collect() }
    }

    /// Lets others write again. Nothing was written, so this takes no time; the files are closed later.
    pub fn let_go(&self) {
        for file in &self.held {
            let _ = file.execute_batch("ROLLBACK");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::store::Store;

    fn files() -> (tempfile::TempDir, StorePaths, Connection) {
        let home = tempfile::tempdir().unwrap();
        let paths = StorePaths { data: home.path().join("data"), cache: home.path().join("cache") };
        drop(Store::open("acme", paths.clone()).unwrap());
        let writer = Connection::open(paths.data.join("data.db")).unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        (home, paths, writer)
    }

    #[test]
    fn it_comes_when_what_is_being_written_is_committed() {
        let (_home, paths, writer) = files();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();

        let lull = thread::scope(|scope| {
            let waiting = scope.spawn(|| Lull::wait(&paths, Duration::from_mins(1)));
            // Whoever does not wait is back after this.
            thread::sleep(Duration::from_millis(100));
            assert!(!waiting.is_finished(), "it waits for what is being written");
            writer.execute_batch("COMMIT").unwrap();
            waiting.join().unwrap()
        });

        assert_eq!(lull.held.len(), 2);
        assert!(writer.execute_batch("BEGIN IMMEDIATE").is_err(), "nobody begins to write");
        lull.let_go();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    }

    #[test]
    fn it_is_not_waited_for_without_end() {
        let (_home, paths, writer) = files();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();

        assert_eq!(Lull::wait(&paths, Duration::from_millis(1)).held.len(), 1, "cache.db alone");
    }
}
