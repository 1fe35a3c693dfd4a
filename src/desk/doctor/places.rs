//! The desk's folders and files on this machine.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::desk::DeskSetup;
use crate::protocol::doctor::Check;
use crate::store::StorePaths;
use crate::store::health::{self, FileHealth, FileState};

/// Folders with the room in them, then the two databases.
pub fn checks(setup: &DeskSetup) -> Vec<Check> {
    let places = &setup.places;
    let folders = [("data folder", &places.data), ("cache folder", &places.cache), ("state folder", &places.state)];
    let files = health::examine(&StorePaths { data: places.data.clone(), cache: places.cache.clone() });
    folders
        .iter()
        .map(|(name, path)| folder(name, path))
        .chain([temporary()])
        .chain(["data.db", "cache.db"].into_iter().zip(files).map(|(name, file)| database(name, &file)))
        .collect()
}

/// Tries to write into a folder, or into the nearest one above it when it is not there yet, and looks for room.
fn folder(name: &str, path: &Path) -> Check {
    let existing = path.ancestors().find(|folder| folder.exists()).map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let note = if existing == path { "" } else { ", made when first needed" };
    judged(name, &format!("{}{note}", path.display()), &existing, writable(&existing), free_octets(&existing))
}

fn judged(name: &str, seen: &str, existing: &Path, written: io::Result<()>, free: Option<u64>) -> Check {
    match (written, free) {
        (Err(error), _) if is_full(&error) => Check::failed(name, format!("{}: there is no room: {error}", existing.display()), MAKE_ROOM),
        (Err(error), _) => Check::failed(
            name,
            format!("{}: cannot be written: {error}", existing.display()),
            "Make the folder writable for you, or choose another with --data-dir.",
        ),
        (Ok(()), Some(free)) if free < LITTLE => Check::degraded(name, format!("{seen}; only {} free there", size(free)), MAKE_ROOM),
        (Ok(()), Some(free)) => Check::ok(name, format!("{seen}, {} free", size(free))),
        (Ok(()), None) => Check::ok(name, seen),
    }
}

/// Where other programs put what they need for a moment: the editor, the command that tells a password.
fn temporary() -> Check {
    let (name, path) = ("temporary folder", std::env::temp_dir());
    match writable(&path) {
        Ok(()) => Check::ok(name, path.display().to_string()),
        Err(error) => Check::degraded(
            name,
            format!("{}: cannot be written: {error}", path.display()),
            "Make room or set TMPDIR: programs that postdesk starts may need it, and a screen may hear of news late.",
        ),
    }
}

const MAKE_ROOM: &str = "Make room on that disk, or choose another with --data-dir: neither new mail nor what you write can be kept without.";
/// Less room than this is soon used up: a mail may be tens of megabytes long.
const LITTLE: u64 = 64 << 20;
/// So much is written to find out whether there is room; an empty file can be made on a full disk.
const TRIAL_OCTETS: usize = 64 << 10;

/// Whether a file with something in it can be made in a folder; it is gone again afterwards.
pub fn writable(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".doctor-").tempfile_in(folder)?;
    file.write_all(".".repeat(TRIAL_OCTETS).as_bytes())?;
    // Some file systems find out only now that there is no room.
    file.as_file().sync_all()
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// What is left for this user where a folder lies; `None` where the system does not say.
fn free_octets(folder: &Path) -> Option<u64> {
    let seen = rustix::fs::statvfs(folder).ok()?;
    Some(seen.f_bavail.saturating_mul(seen.f_frsize))
}

fn database(name: &str, file: &FileHealth) -> Check {
    let path = file.path.display();
    match &file.state {
        FileState::Absent => Check::ok(name, format!("{path}: not there yet, made by the first command that needs it")),
        FileState::Sound { schema, .. } if *schema > file.known_schema => Check::failed(
            name,
            format!("{path}: schema {schema}, this program knows {}", file.known_schema),
            "Update postdesk on this machine; nothing was changed.",
        ),
        FileState::Sound { schema, bytes } => Check::ok(name, format!("{path}: sound, schema {schema} of {}, {}", file.known_schema, size(*bytes))),
        FileState::SoundSoFar { schema, bytes } => Check::ok(
            name,
            format!(
                "{path}: schema {schema} of {}, {}; too large to be looked through in the time, no fault so far",
                file.known_schema,
                size(*bytes)
            ),
        ),
        FileState::Faulty(fault) => Check::failed(name, format!("{path}: damaged: {fault}"), mend(name)),
        FileState::Unusable(error) => Check::failed(name, error.to_string(), error.remedy()),
    }
}

fn mend(name: &str) -> &'static str {
    if name == "cache.db" {
        "Delete the file; the next sync rebuilds it from the mailbox, and nothing is lost."
    } else {
        "Restore the file from a backup; it holds drafts and changes that are not in the mailbox yet."
    }
}

fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::doctor::Outcome;

    fn check(written: io::Result<()>, free: Option<u64>) -> (Outcome, String) {
        let check = judged("data folder", "/x", Path::new("/x"), written, free);
        assert_eq!(check.outcome == Outcome::Ok, check.remedy.is_empty(), "{check:?}");
        (check.outcome, check.seen)
    }

    #[test]
    fn a_folder_with_little_room_is_degraded_and_one_without_fails() {
        assert_eq!(check(Ok(()), Some(3 << 30)), (Outcome::Ok, "/x, 3 GB free".into()));
        assert_eq!(check(Ok(()), None), (Outcome::Ok, "/x".into()));
        assert_eq!(check(Ok(()), Some(12 << 20)), (Outcome::Degraded, "/x; only 12 MB free there".into()));
        let full = check(Err(io::ErrorKind::StorageFull.into()), Some(0));
        assert!(full.0 == Outcome::Failed && full.1.starts_with("/x: there is no room"), "{full:?}");
        let forbidden = check(Err(io::ErrorKind::PermissionDenied.into()), Some(3 << 30));
        assert!(forbidden.0 == Outcome::Failed && forbidden.1.contains("cannot be written"), "{forbidden:?}");
    }
}
