//! A session on a [`FakeServer`].

use std::time::{Duration, Instant};

use super::state::{Folder, Message, State};
use super::{FakeServer, Fault, Mode};
use crate::domain::MessageId;
use crate::sync::source::{
    Changes, Deposit, FetchPart, Fetched, Flags, FolderEntry, Glance, Landed, MailSource, Relocation, Selected, SourceError, SourceResult, SyncPoint,
    Trouble, UidSet, WaitEnd, Waker,
};

/// One session on a [`FakeServer`].
#[derive(Debug)]
pub struct FakeSource {
    server: FakeServer,
    selected: Option<String>,
    /// Mod-sequence of the selected folder as last told.
    told: u64,
    dead: bool,
}

impl FakeSource {
    /// A session that counts as logged in.
    pub(super) fn on(server: FakeServer) -> Self {
        Self { server, selected: None, told: 0, dead: false }
    }

    /// Takes a step, which may be one that was told to fail.
    fn step<T>(&mut self, work: impl FnOnce(&mut Self, &mut State) -> SourceResult<T>) -> SourceResult<T> {
        if self.dead {
            return Err(SourceError::new(Trouble::Unreachable, "the connection is closed"));
        }
        let server = self.server.clone();
        let mut state = server.lock();
        let number = state.steps;
        state.steps += 1;
        let result = match state.faults.remove(&number) {
            Some(Fault::Before(trouble)) => Err(planned(number, trouble)),
            Some(Fault::After(trouble)) => work(self, &mut state).and(Err(planned(number, trouble))),
            None => work(self, &mut state),
        };
        self.dead = result.as_ref().is_err_and(SourceError::is_fatal);
        result
    }

    fn current(&self) -> SourceResult<String> {
        self.selected.clone().ok_or_else(|| SourceError::new(Trouble::Refused, "no folder is selected"))
    }
}

fn planned(step: u64, trouble: Trouble) -> SourceError {
    SourceError::new(trouble, format!("step {step} was told to fail"))
}

impl MailSource for FakeSource {
    fn folders(&mut self) -> SourceResult<Vec<FolderEntry>> {
        self.step(|_, state| {
            Ok(state.folders.iter().map(|(name, folder)| FolderEntry { name: name.clone(), role: folder.role, selectable: true }).collect())
        })
    }

    fn select(&mut self, folder: &str, known: Option<SyncPoint>) -> SourceResult<Selected> {
        self.step(|source, state| {
            source.selected = None;
            let mode = state.mode;
            let found = state.folder(folder)?;
            source.selected = Some(folder.to_owned());
            source.told = found.modseq;
            Ok(Selected {
                exists: u32::try_from(found.shown().count()).unwrap_or(u32::MAX),
                uid_validity: found.uid_validity,
                uid_next: found.uid_next,
                highest_modseq: if mode == Mode::Plain { 0 } else { found.modseq },
                read_only: found.read_only,
                keeps: found.keeps.clone(),
                changes: changes(found, mode, known),
            })
        })
    }

    fn fetch(&mut self, uids: &UidSet, part: FetchPart, sink: &mut dyn FnMut(Fetched) -> SourceResult<()>) -> SourceResult<()> {
        let wanted = self.step(|source, state| {
            let folder = state.folder(&source.current()?)?;
            Ok(folder.shown().filter(|uid| uids.contains(*uid) && !folder.withheld.contains(uid)).collect::<Vec<_>>())
        })?;
        for uid in wanted {
            let fetched = self.step(|source, state| {
                let folder = state.folder(&source.current()?)?;
                Ok(folder.messages.get(&uid).map(|message| cut(uid, message, part)))
            })?;
            if let Some(fetched) = fetched {
                sink(fetched).inspect_err(|_| self.dead = true)?;
            }
        }
        Ok(())
    }

    fn uids(&mut self) -> SourceResult<UidSet> {
        self.step(|source, state| Ok(state.folder(&source.current()?)?.shown().collect()))
    }

    fn find(&mut self, id: &MessageId) -> SourceResult<UidSet> {
        self.step(|source, state| {
            let folder = state.folder(&source.current()?)?;
            let mark = format!("message-id: <{}>", id.as_str().to_lowercase());
            let holds = |message: &Message| {
                String::from_utf8_lossy(&message.bytes).to_lowercase().lines().take_while(|line| !line.is_empty()).any(|line| line == mark)
            };
            Ok(folder.messages.iter().filter(|(_, message)| holds(message)).map(|(uid, _)| *uid).collect())
        })
    }

    fn append(&mut self, folder: &str, flags: &Flags, message: &[u8]) -> SourceResult<Option<u32>> {
        let server = self.server.clone();
        let result = self.step(|_, state| {
            state.folder(folder)?;
            state.version += 1;
            state.put(folder, flags, message).map(Some)
        });
        server.0.1.notify_all();
        result
    }

    fn deposit(&mut self, folder: &str, mails: &[Deposit]) -> SourceResult<()> {
        mails.iter().try_for_each(|mail| {
            let uid = self.append(folder, &mail.flags, &mail.bytes)?;
            let (Some(uid), Some(date)) = (uid, mail.internal_date) else { return Ok(()) };
            self.server.set_date(folder, uid, date);
            Ok(())
        })
    }

    fn append_all(&mut self, folder: &str, flags: &Flags, messages: &[Vec<u8>]) -> SourceResult<()> {
        messages.iter().try_for_each(|message| self.append(folder, flags, message).map(drop))
    }

    fn expunge(&mut self, uids: &UidSet) -> SourceResult<bool> {
        self.step(|source, state| {
            state.version += 1;
            let is_able = state.relocation != Relocation::Never;
            let folder = writable(state, &source.current()?)?;
            for uid in folder.messages.keys().copied().filter(|uid| is_able && uids.contains(*uid)).collect::<Vec<_>>() {
                folder.drop_message(uid);
            }
            Ok(is_able)
        })
    }

    fn relocation(&self) -> Relocation {
        self.server.lock().relocation
    }

    fn move_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        self.step(|source, state| {
            let from = source.current()?;
            writable(state, &from)?;
            let landed = state.copy(&from, uids, folder)?;
            let left = state.folder_mut(&from)?;
            uids.iter().for_each(|uid| left.drop_message(uid));
            Ok(state.tells_uids.then_some(landed))
        })
    }

    fn copy_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        self.step(|source, state| {
            let landed = state.copy(&source.current()?, uids, folder)?;
            Ok(state.tells_uids.then_some(landed))
        })
    }

    fn glance(&mut self, folder: &str) -> SourceResult<Glance> {
        self.step(|_, state| {
            let found = state.folder(folder)?;
            let messages = u32::try_from(found.messages.len()).unwrap_or(u32::MAX);
            Ok(Glance { uid_validity: found.uid_validity, uid_next: found.uid_next, messages, highest_modseq: 0 })
        })
    }

    fn glance_every(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn store_flags(&mut self, uids: &UidSet, flags: &Flags, on: bool) -> SourceResult<()> {
        self.step(|source, state| {
            state.version += 1;
            state.stores += 1;
            let folder = writable(state, &source.current()?)?;
            if !flags.keywords.is_empty() && (folder.refuses_keywords || !flags.keywords.iter().all(|keyword| folder.keeps.keyword(keyword))) {
                return Err(SourceError::new(Trouble::Refused, "this folder takes no such keyword"));
            }
            let was_told = source.told == folder.modseq;
            for (_, message) in folder.messages.iter_mut().filter(|(uid, _)| uids.contains(**uid)) {
                folder.modseq += 1;
                message.modseq = folder.modseq;
                apply(&mut message.flags, flags, on);
            }
            if was_told {
                source.told = folder.modseq;
            }
            Ok(())
        })
    }

    fn create(&mut self, folder: &str) -> SourceResult<()> {
        self.step(|_, state| {
            if folder.is_empty() || folder.chars().any(char::is_control) {
                return Err(SourceError::new(Trouble::Refused, format!("{folder:?} cannot be the name of a folder")));
            }
            if !state.folders.contains_key(folder) {
                state.add_folder(folder, None);
            }
            Ok(())
        })
    }

    fn wait(&mut self, max: Duration, waker: &Waker) -> SourceResult<WaitEnd> {
        self.step(|source, _| source.current())?;
        let end = Instant::now() + max;
        let server = self.server.clone();
        let mut state = server.lock();
        loop {
            if waker.take() {
                return Ok(WaitEnd::Woken);
            }
            let modseq = state.folder(&self.current()?)?.modseq;
            if modseq != self.told {
                self.told = modseq;
                return Ok(WaitEnd::Changed);
            }
            let now = Instant::now();
            if now >= end {
                return Ok(WaitEnd::TimedOut);
            }
            // The waker has no way to signal: it is looked at every 20 ms.
            let nap = (end - now).min(Duration::from_millis(20));
            state = server.0.1.wait_timeout(state, nap).map_or_else(|error| error.into_inner().0, |(state, _)| state);
        }
    }

    fn resync_mode(&self) -> &'static str {
        match self.server.lock().mode {
            Mode::Qresync => "QRESYNC",
            Mode::Condstore => "CONDSTORE",
            Mode::Plain => "plain",
        }
    }

    fn close(&mut self) {
        self.dead = true;
    }
}

fn writable<'a>(state: &'a mut State, name: &str) -> SourceResult<&'a mut Folder> {
    let folder = state.folder_mut(name)?;
    if folder.read_only { Err(SourceError::new(Trouble::Refused, format!("the folder {name:?} is read-only"))) } else { Ok(folder) }
}

fn changes(folder: &Folder, mode: Mode, known: Option<SyncPoint>) -> Changes {
    let known = known.filter(|known| known.uid_validity == folder.uid_validity && (1..=folder.modseq).contains(&known.highest_modseq));
    let Some(known) = known.filter(|_| mode != Mode::Plain) else { return Changes::Unknown };
    let changed = folder.messages.range(..known.uid_next).filter(|(_, message)| message.modseq > known.highest_modseq);
    let flags = changed.map(|(uid, message)| (*uid, message.flags.clone())).collect();
    if mode == Mode::Condstore {
        return Changes::FlagsOnly { flags };
    }
    Changes::Exact { flags, vanished: folder.vanished.iter().filter(|(when, _)| *when > known.highest_modseq).map(|(_, uid)| *uid).collect() }
}

fn cut(uid: u32, message: &Message, part: FetchPart) -> Fetched {
    let bytes = &message.bytes;
    let header = memchr::memmem::find(bytes, b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
    let length = match part {
        FetchPart::Flags => 0,
        FetchPart::Identity | FetchPart::Header => header,
        FetchPart::Upto(octets) | FetchPart::Event(octets) => bytes.len().min(octets as usize),
        FetchPart::Whole => bytes.len(),
    };
    let is_flags = part == FetchPart::Flags;
    Fetched {
        uid,
        flags: message.flags.clone(),
        internal_date: (!is_flags).then_some(message.date),
        size: if is_flags { 0 } else { u32::try_from(bytes.len()).unwrap_or(u32::MAX) },
        bytes: bytes.get(..length).unwrap_or_default().to_vec(),
    }
}

fn apply(flags: &mut Flags, change: &Flags, on: bool) {
    let pairs = [
        (&mut flags.seen, change.seen),
        (&mut flags.answered, change.answered),
        (&mut flags.flagged, change.flagged),
        (&mut flags.deleted, change.deleted),
        (&mut flags.draft, change.draft),
    ];
    for (flag, named) in pairs {
        if named {
            *flag = on;
        }
    }
    flags.keywords.retain(|keyword| !change.keywords.contains(keyword));
    if on {
        flags.keywords.extend(change.keywords.iter().cloned());
    }
}
