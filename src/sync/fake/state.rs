//! What a [`super::FakeServer`] holds: folders and their messages, and what it was told to do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Fault, Mode};
use crate::sync::source::{Flags, Keeps, Landed, Relocation, Role, SourceError, SourceResult, Trouble, UidSet};

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) flags: Flags,
    pub(super) date: Timestamp,
    pub(super) bytes: Vec<u8>,
    pub(super) modseq: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) role: Option<Role>,
    pub(super) uid_validity: u32,
    pub(super) uid_next: u32,
    pub(super) modseq: u64,
    pub(super) messages: BTreeMap<u32, Message>,
    pub(super) vanished: Vec<(u64, u32)>,
    /// There, and shown to nobody yet.
    pub(super) hidden: BTreeSet<u32>,
    /// Listed, and handed out to nobody.
    pub(super) withheld: BTreeSet<u32>,
    pub(super) read_only: bool,
    pub(super) keeps: Keeps,
    pub(super) refuses_keywords: bool,
}

impl Folder {
    pub(super) fn drop_message(&mut self, uid: u32) {
        if self.messages.remove(&uid).is_some() {
            self.modseq += 1;
            self.vanished.push((self.modseq, uid));
        }
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = u32> + '_ {
        self.messages.keys().copied().filter(|uid| !self.hidden.contains(uid))
    }
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) folders: BTreeMap<String, Folder>,
    pub(super) mode: Mode,
    pub(super) next_validity: u32,
    pub(super) clock: i64,
    pub(super) steps: u64,
    pub(super) faults: BTreeMap<u64, Fault>,
    pub(super) relocation: Relocation,
    /// COPYUID is told.
    pub(super) tells_uids: bool,
    /// How often flags were changed by a session.
    pub(super) stores: u64,
    /// Grows with each change of any folder.
    pub(super) version: u64,
}

impl State {
    pub(super) fn add_folder(&mut self, name: &str, role: Option<Role>) {
        self.next_validity += 1;
        let folder = Folder {
            role,
            uid_validity: self.next_validity,
            uid_next: 1,
            modseq: 1,
            messages: BTreeMap::new(),
            vanished: Vec::new(),
            hidden: BTreeSet::new(),
            withheld: BTreeSet::new(),
            read_only: false,
            keeps: Keeps::everything(),
            refuses_keywords: false,
        };
        self.folders.insert(name.to_owned(), folder);
    }

    pub(super) fn put(&mut self, folder: &str, flags: &Flags, bytes: &[u8]) -> SourceResult<u32> {
        self.clock += 1;
        let date = Timestamp::from_second(self.clock).unwrap_or_default();
        let folder = self.folder_mut(folder)?;
        let uid = folder.uid_next;
        folder.uid_next += 1;
        folder.modseq += 1;
        folder.messages.insert(uid, Message { flags: flags.clone(), date, bytes: bytes.to_vec(), modseq: folder.modseq });
        Ok(uid)
    }

    pub(super) fn copy(&mut self, from: &str, uids: &UidSet, to: &str) -> SourceResult<Landed> {
        let uid_validity = self.folder(to)?.uid_validity;
        let originals: Vec<(u32, Message)> =
            self.folder(from)?.messages.iter().filter(|(uid, _)| uids.contains(**uid)).map(|(uid, message)| (*uid, message.clone())).collect();
        let mut landed = Landed { uid_validity, uids: Vec::new() };
        for (before, message) in originals {
            let after = self.put(to, &message.flags, &message.bytes)?;
            landed.uids.push((before, after));
        }
        self.version += 1;
        Ok(landed)
    }

    pub(super) fn folder(&self, name: &str) -> SourceResult<&Folder> {
        self.folders.get(name).ok_or_else(|| no_folder(name))
    }

    pub(super) fn folder_mut(&mut self, name: &str) -> SourceResult<&mut Folder> {
        self.folders.get_mut(name).ok_or_else(|| no_folder(name))
    }
}

pub(super) fn no_folder(name: &str) -> SourceError {
    SourceError::new(Trouble::NoFolder, format!("there is no folder {name:?}"))
}
