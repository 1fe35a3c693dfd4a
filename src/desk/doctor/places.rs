//! The desk's folders and files on this machine.

use std::io;
use std::path::{Path, PathBuf};

use crate::desk::DeskSetup;
use crate::protocol::doctor::Check;
use crate::store::StorePaths;
use crate::store::health::{self, FileHealth, FileState};

/// Folders, then the two databases.
pub fn checks(setup: &DeskSetup) -> Vec<Check> {
    let places = &setup.places;
    let folders = [("data folder", &places.data), ("cache folder", &places.cache), ("state folder", &places.state)];
    let files = health::examine(&StorePaths { data: places.data.clone(), cache: places.cache.clone() });
    folders
        .iter()
        .map(|(name, path)| folder(name, path))
        .chain(["data.db", "cache.db"].into_iter().zip(files).map(|(name, file)| database(name, &file)))
        .collect()
}

/// Tries to write into a folder, or into the nearest one above it when it is not there yet.
fn folder(name: &str, path: &Path) -> Check {
    let existing = path.ancestors().find(|folder| folder.exists()).map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let note = if existing == path { "" } else { ", made when first needed" };
    match writable(&existing) {
        Ok(()) => Check::ok(name, format!("{}{note}", path.display())),
        Err(error) => Check::failed(
            name,
            format!("{}: cannot be written: {error}", existing.display()),
            "Make the folder writable for you, or choose another with --data-dir.",
        ),
    }
}

/// Whether a file can be made in a folder; it is gone again afterwards.
pub fn writable(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".doctor-").tempfile_in(folder).map(drop)
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
