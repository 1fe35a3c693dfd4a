//! Mail put into Maildir folders on this machine, one per recipient; nothing leaves.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::clean;
use super::wire::Parcel;
use super::{Accepted, SendError};
use crate::domain::sanitise;

/// Distinguishes files written by this process within one nanosecond.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Writes one file per recipient to `tmp`, then moves all of them to `new`.
pub(super) fn deliver(root: &Path, parcel: &Parcel, before_handover: &mut dyn FnMut() -> Result<(), String>) -> Result<Accepted, SendError> {
    let folders: Vec<PathBuf> =
        parcel.to.iter().map(|address| root.join(sanitise::file_name(&AsRef::<str>::as_ref(address).to_lowercase()))).collect();
    for folder in &folders {
        make(folder).map_err(|error| failed(folder, &error))?;
    }
    before_handover().map_err(|why| SendError::NotBegun(clean(&why)))?;
    let name = unique_name();
    for folder in &folders {
        write(&folder.join("tmp").join(&name), parcel.with_lf()).map_err(|error| failed(folder, &error))?;
    }
    for (delivered, folder) in folders.iter().enumerate() {
        fs::rename(folder.join("tmp").join(&name), folder.join("new").join(&name)).map_err(|error| partly(folder, delivered, &error))?;
    }
    Ok(Accepted { server_text: format!("put into {}", clean(&root.display().to_string())) })
}

fn make(folder: &Path) -> io::Result<()> {
    ["tmp", "new", "cur"].iter().try_for_each(|part| fs::create_dir_all(folder.join(part)))
}

fn write(path: &Path, mail: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(mail)?;
    file.sync_all()
}

fn unique_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.M{}P{}Q{}.postdesk", now.as_secs(), now.subsec_nanos(), std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Once somebody has the mail, sending it again would be a second copy.
fn partly(folder: &Path, delivered: usize, error: &io::Error) -> SendError {
    if delivered == 0 {
        return failed(folder, error);
    }
    SendError::Uncertain { server: folder.display().to_string(), why: format!("{delivered} other recipients have it: {error}") }
}

fn failed(folder: &Path, error: &io::Error) -> SendError {
    SendError::Folder { folder: clean(&folder.display().to_string()), why: error.to_string() }
}
