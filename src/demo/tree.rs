//! Writing a Maildir++ tree: `INBOX` is the root, the other folders lie beside `cur` with a dot.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::DemoError;
use crate::domain::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    Inbox,
    Sent,
    Archive,
    Junk,
}

impl Folder {
    const ALL: [Self; 4] = [Self::Inbox, Self::Sent, Self::Archive, Self::Junk];

    fn path(self) -> &'static str {
        match self {
            Self::Inbox => "",
            Self::Sent => ".Sent",
            Self::Archive => ".Archive",
            Self::Junk => ".Junk",
        }
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    written: u32,
}

impl Tree {
    /// Creates the empty folders.
    pub(super) fn create(root: &Path) -> Result<Self, DemoError> {
        for folder in Folder::ALL {
            for part in ["cur", "new", "tmp"] {
                create_folder(&root.join(folder.path()).join(part))?;
            }
        }
        Ok(Self { root: root.to_owned(), written: 0 })
    }

    /// Files a mail under a name that sorts by time. `flags` are Maildir's letters, in order;
    /// without any the mail is put into `new`. The file's time becomes the time of delivery.
    pub(super) fn deliver(&mut self, folder: Folder, flags: &str, at: Timestamp, mail: &[u8]) -> Result<(), DemoError> {
        self.written += 1;
        let second = at.as_second().max(0) as u64;
        let base = format!("{second}.M{:06}P1.demo,S={}", self.written, mail.len());
        let name = if flags.is_empty() { format!("new/{base}") } else { format!("cur/{base}:2,{}", flags.trim_start_matches('-')) };
        let path = self.root.join(folder.path()).join(name);
        write_file(&path, mail)
            .and_then(|file| file.set_modified(UNIX_EPOCH + Duration::from_secs(second)))
            .map_err(|source| DemoError::Write { path, source })
    }
}

/// Creates a folder that only its owner may enter, with all above it.
pub(super) fn create_folder(path: &Path) -> Result<(), DemoError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| DemoError::Write { path: path.to_owned(), source })
}

/// Writes a file that only its owner may read.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}
