//! A tree of Maildir++ folders on this machine as a [`MailSource`].
//!
//! The directory itself is INBOX, `.Sent`, `.Archive` and so on lie in it.
//! UIDs are kept in a file of ours in each folder; messages move from `new` to
//! `cur` only when a flag is set, so other programs still see them as new.

mod folder;
mod name;
mod names;
mod private;
mod uidlist;
mod watch;

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::{MessageId, sanitise};
use crate::sync::roles;
use crate::sync::source::{
    Changes, Deposit, FetchPart, Fetched, Flags, FolderEntry, Glance, Keeps, Landed, MailSource, Relocation, Role, Selected, SourceError,
    SourceResult, SyncPoint, Trouble, UidSet, WaitEnd, Waker, Woke,
};
use folder::Folder;
use watch::Watch;

/// Who listens to one folder looks at another this often, where nothing is heard of that one.
const GLANCE_EVERY: Duration = Duration::from_secs(2);
/// The same where something is: a file system of another machine may keep silent.
const GLANCE_ALL_THE_SAME: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct MaildirSource {
    root: PathBuf,
    folders: HashMap<String, Folder>,
    selected: Option<String>,
    /// [`Folder::changed`] of the selected folder as last told.
    told: u64,
    /// Folders that were looked at beside the selected one: a wait hears of them too.
    glanced: BTreeSet<PathBuf>,
}

impl MaildirSource {
    /// Opens a Maildir; `new`, `cur` and `tmp` are made where they are missing.
    ///
    /// The directory itself must exist: a mistyped path is an error ([`Trouble::Io`]), not an empty mailbox.
    pub fn open(root: impl Into<PathBuf>) -> SourceResult<Self> {
        let root = root.into();
        if !root.is_dir() {
            return Err(SourceError::new(Trouble::Io, format!("{}: there is no such directory", root.display())));
        }
        make_parts(&root).map_err(|error| trouble(&root, error))?;
        Ok(Self { root, folders: HashMap::new(), selected: None, told: 0, glanced: BTreeSet::new() })
    }

    fn directory(&self, name: &str) -> SourceResult<PathBuf> {
        if name.eq_ignore_ascii_case("INBOX") {
            return Ok(self.root.clone());
        }
        let directory = name::directory(name);
        let directory =
            directory.ok_or_else(|| SourceError::new(Trouble::Refused, format!("{:?} cannot be the name of a folder", sanitise::line(name))))?;
        Ok(self.root.join(directory))
    }

    /// The folder as last seen, or a fresh look at it.
    fn folder(&mut self, name: &str) -> SourceResult<&mut Folder> {
        let directory = self.directory(name)?;
        if !directory.join("cur").is_dir() {
            self.folders.remove(name);
            return Err(SourceError::new(Trouble::NoFolder, format!("{}: there is no folder {:?}", self.root.display(), sanitise::line(name))));
        }
        if !self.folders.contains_key(name) {
            make_parts(&directory).map_err(|error| trouble(&directory, error))?;
        }
        Ok(self.folders.entry(name.to_owned()).or_insert_with(|| Folder::new(directory)))
    }

    fn current(&mut self) -> SourceResult<&mut Folder> {
        match self.selected.clone() {
            Some(name) => self.folder(&name),
            None => Err(SourceError::new(Trouble::Refused, "no folder is selected")),
        }
    }

    fn io(&self, error: io::Error) -> SourceError {
        trouble(&self.root, error)
    }
}

impl MailSource for MaildirSource {
    fn folders(&mut self) -> SourceResult<Vec<FolderEntry>> {
        let mut folders = vec![FolderEntry { name: "INBOX".into(), role: Some(Role::Inbox), selectable: true }];
        for entry in fs::read_dir(&self.root).map_err(|error| self.io(error))? {
            let entry = entry.map_err(|error| self.io(error))?;
            let folder = entry.file_name().to_str().and_then(name::folder).filter(|_| entry.path().join("cur").is_dir());
            folders.extend(folder.map(|name| FolderEntry { name, role: None, selectable: true }));
        }
        folders.sort_by(|a, b| a.name.cmp(&b.name));
        roles::guess(&mut folders);
        Ok(folders)
    }

    fn select(&mut self, folder: &str, known: Option<SyncPoint>) -> SourceResult<Selected> {
        self.selected = None;
        let root = self.root.clone();
        let state = self.folder(folder)?;
        state.refresh().map_err(|error| trouble(&root, error))?;
        let told = state.changed;
        let selected = Selected {
            exists: u32::try_from(state.len()).unwrap_or(u32::MAX),
            uid_validity: state.uid_validity(),
            uid_next: state.uid_next(),
            highest_modseq: state.modseq(),
            read_only: false,
            keeps: Keeps::everything(),
            changes: known.map_or(Changes::Unknown, |known| state.changes_since(known)),
        };
        self.told = told;
        self.selected = Some(folder.to_owned());
        Ok(selected)
    }

    fn fetch(&mut self, uids: &UidSet, part: FetchPart, sink: &mut dyn FnMut(Fetched) -> SourceResult<()>) -> SourceResult<()> {
        let root = self.root.clone();
        let state = self.current()?;
        let wanted: Vec<u32> = state.uids().iter().filter(|uid| uids.contains(*uid)).collect();
        for uid in wanted {
            if let Some(fetched) = read_message(state, uid, part).map_err(|error| trouble(&root, error))? {
                sink(fetched)?;
            }
        }
        Ok(())
    }

    fn uids(&mut self) -> SourceResult<UidSet> {
        let root = self.root.clone();
        let state = self.current()?;
        state.refresh().map_err(|error| trouble(&root, error))?;
        Ok(state.uids())
    }

    fn find(&mut self, id: &MessageId) -> SourceResult<UidSet> {
        let root = self.root.clone();
        let state = self.current()?;
        state.refresh().and_then(|()| state.find(id)).map_err(|error| trouble(&root, error))
    }

    fn append(&mut self, folder: &str, flags: &Flags, message: &[u8]) -> SourceResult<Option<u32>> {
        let root = self.root.clone();
        self.folder(folder)?.append(flags, message).map_err(|error| trouble(&root, error))
    }

    fn deposit(&mut self, folder: &str, mails: &[Deposit]) -> SourceResult<()> {
        let root = self.root.clone();
        self.folder(folder)?.deposit(mails).map_err(|error| trouble(&root, error))
    }

    fn append_all(&mut self, folder: &str, flags: &Flags, messages: &[Vec<u8>]) -> SourceResult<()> {
        let mails: Vec<Deposit> = messages.iter().map(|bytes| Deposit { flags: flags.clone(), internal_date: None, bytes: bytes.clone() }).collect();
        self.deposit(folder, &mails)
    }

    fn expunge(&mut self, uids: &UidSet) -> SourceResult<bool> {
        let root = self.root.clone();
        self.current()?.expunge(uids).map_err(|error| trouble(&root, error)).map(|()| true)
    }

    fn relocation(&self) -> Relocation {
        Relocation::AtOnce
    }

    fn move_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        let root = self.root.clone();
        let directory = self.folder(folder)?.directory().to_owned();
        let from = self.current()?;
        if from.directory() == directory {
            return Ok(None);
        }
        let mut target = Folder::new(directory);
        let uids = from.hand_over(uids, &mut target).map_err(|error| trouble(&root, error))?;
        Ok(Some(Landed { uid_validity: target.uid_validity(), uids }))
    }

    fn copy_to(&mut self, _uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        Err(SourceError::new(Trouble::Refused, format!("{}: files are moved into {:?}, not copied", self.root.display(), sanitise::line(folder))))
    }

    fn glance(&mut self, folder: &str) -> SourceResult<Glance> {
        let root = self.root.clone();
        let state = self.folder(folder)?;
        state.refresh().map_err(|error| trouble(&root, error))?;
        let messages = u32::try_from(state.len()).unwrap_or(u32::MAX);
        let glance = Glance { uid_validity: state.uid_validity(), uid_next: state.uid_next(), messages, highest_modseq: 0 };
        let directory = state.directory().to_owned();
        self.glanced.insert(directory);
        Ok(glance)
    }

    fn glance_every(&self) -> Duration {
        GLANCE_ALL_THE_SAME
    }

    fn store_flags(&mut self, uids: &UidSet, flags: &Flags, on: bool) -> SourceResult<()> {
        let root = self.root.clone();
        self.current()?.store_flags(uids, flags, on).map_err(|error| trouble(&root, error))
    }

    fn create(&mut self, folder: &str) -> SourceResult<()> {
        let directory = self.directory(folder)?;
        make_parts(&directory).map_err(|error| trouble(&directory, error))
    }

    fn wait(&mut self, max: Duration, waker: &Waker) -> SourceResult<WaitEnd> {
        let directory = self.current()?.directory().to_owned();
        let others = self.glanced.iter().filter(|other| **other != directory).cloned();
        let folders: Vec<PathBuf> = std::iter::once(directory.clone()).chain(others).collect();
        let watch = Watch::of(&folders);
        // What came between the glance and the watch is not heard any more.
        if self.has_news(&folders)? {
            return Ok(WaitEnd::TimedOut);
        }
        let is_deaf = watch.events().is_none() && folders.len() > 1;
        let end = Instant::now() + if is_deaf { max.min(GLANCE_EVERY) } else { max };
        loop {
            if waker.take() {
                return Ok(WaitEnd::Woken);
            }
            watch.silence();
            let (root, told) = (self.root.clone(), self.told);
            let state = self.current()?;
            state.refresh().map_err(|error| trouble(&root, error))?;
            if state.changed != told {
                self.told = state.changed;
                return Ok(WaitEnd::Changed);
            }
            let next_look = if state.is_settled() { watch.look_every() } else { Watch::look_soon() };
            if Instant::now() >= end {
                return Ok(WaitEnd::TimedOut);
            }
            let woke = waker.wait(watch.events(), end.min(Instant::now() + next_look));
            // What is not about the selected folder is about one that was glanced at: it is to be looked at again.
            if woke == Woke::Readable && folders.len() > 1 {
                let state = self.current()?;
                state.refresh().map_err(|error| trouble(&root, error))?;
                if state.changed == told {
                    return Ok(WaitEnd::TimedOut);
                }
            }
        }
    }

    fn resync_mode(&self) -> &'static str {
        "plain"
    }

    fn close(&mut self) {
        self.selected = None;
        self.folders.clear();
    }
}

impl MaildirSource {
    /// Looks whether any of the folders but the selected one has changed since it was looked at.
    fn has_news(&mut self, directories: &[PathBuf]) -> SourceResult<bool> {
        let (root, selected) = (self.root.clone(), self.selected.clone());
        let mut has_news = false;
        for (name, folder) in &mut self.folders {
            if selected.as_ref() != Some(name) && directories.iter().any(|directory| directory == folder.directory()) {
                let before = folder.changed;
                folder.refresh().map_err(|error| trouble(&root, error))?;
                has_news |= folder.changed != before;
            }
        }
        Ok(has_news)
    }
}

fn make_parts(directory: &Path) -> io::Result<()> {
    if !directory.is_dir() {
        private::new_directory(directory)?;
    }
    for part in ["tmp", "new", "cur"] {
        let path = directory.join(part);
        if !path.is_dir() {
            private::new_directory(&path)?;
        }
    }
    Ok(())
}

fn trouble(path: &Path, error: io::Error) -> SourceError {
    let kind = match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::QuotaExceeded => Trouble::Refused,
        _ => Trouble::Io,
    };
    SourceError::new(kind, format!("{}: {error}", path.display())).because(error)
}

fn read_message(state: &mut Folder, uid: u32, part: FetchPart) -> io::Result<Option<Fetched>> {
    let flags = state.flags(uid).unwrap_or_default();
    if part == FetchPart::Flags {
        return Ok(Some(Fetched { uid, flags, internal_date: None, size: 0, bytes: Vec::new() }));
    }
    let Some(mut file) = state.open(uid)? else { return Ok(None) };
    let data = file.metadata()?;
    let bytes = read_part(&mut file, part)?;
    let internal_date = data.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    Ok(Some(Fetched { uid, flags, internal_date, size: u32::try_from(data.len()).unwrap_or(u32::MAX), bytes }))
}

fn read_part(file: &mut File, part: FetchPart) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match part {
        FetchPart::Flags => {}
        FetchPart::Identity | FetchPart::Header => return folder::read_header(file),
        FetchPart::Upto(octets) | FetchPart::Event(octets) => drop(file.take(u64::from(octets)).read_to_end(&mut bytes)?),
        FetchPart::Whole => drop(file.read_to_end(&mut bytes)?),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
