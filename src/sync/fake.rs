//! A mail server in memory, for tests of what is built on [`MailSource`].
//!
//! One [`FakeServer`] has any number of sessions. It can pretend each way of
//! resynchronising, lose an answer or a session at a chosen step, renumber a
//! folder and lose folders. Its clock is its own: one second per message.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::source::{
    Changes, Deposit, FetchPart, Fetched, Flags, FolderEntry, Glance, Keeps, Landed, MailSource, Relocation, Role, Selected, SourceError,
    SourceResult, SyncPoint, Trouble, UidSet, WaitEnd, Waker,
};
use crate::domain::MessageId;

/// What the server can do to keep a client up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Qresync,
    Condstore,
    Plain,
}

/// When a step fails: before anything is done, or after it, so that only the answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Before(Trouble),
    After(Trouble),
}

#[derive(Clone, Debug)]
struct Message {
    flags: Flags,
    date: Timestamp,
    bytes: Vec<u8>,
    modseq: u64,
}

#[derive(Clone, Debug)]
struct Folder {
    role: Option<Role>,
    uid_validity: u32,
    uid_next: u32,
    modseq: u64,
    messages: BTreeMap<u32, Message>,
    vanished: Vec<(u64, u32)>,
    /// There, and shown to nobody yet.
    hidden: BTreeSet<u32>,
    /// Listed, and handed out to nobody.
    withheld: BTreeSet<u32>,
    read_only: bool,
    keeps: Keeps,
    refuses_keywords: bool,
}

impl Folder {
    fn drop_message(&mut self, uid: u32) {
        if self.messages.remove(&uid).is_some() {
            self.modseq += 1;
            self.vanished.push((self.modseq, uid));
        }
    }

    fn shown(&self) -> impl Iterator<Item = u32> + '_ {
        self.messages.keys().copied().filter(|uid| !self.hidden.contains(uid))
    }
}

#[derive(Clone, Debug)]
struct State {
    folders: BTreeMap<String, Folder>,
    mode: Mode,
    next_validity: u32,
    clock: i64,
    steps: u64,
    faults: BTreeMap<u64, Fault>,
    relocation: Relocation,
    /// COPYUID is told.
    tells_uids: bool,
    /// How often flags were changed by a session.
    stores: u64,
    /// Grows with each change of any folder.
    version: u64,
}

/// The server; clones are the same server.
#[derive(Clone, Debug)]
pub struct FakeServer(Arc<(Mutex<State>, Condvar)>);

impl Default for FakeServer {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeServer {
    /// A server with INBOX, Sent, Archive and Junk, all empty.
    pub fn new() -> Self {
        let state = State {
            folders: BTreeMap::new(),
            mode: Mode::default(),
            next_validity: 1000,
            clock: 1_700_000_000,
            steps: 0,
            faults: BTreeMap::new(),
            relocation: Relocation::AtOnce,
            tells_uids: true,
            stores: 0,
            version: 0,
        };
        let server = Self(Arc::new((Mutex::new(state), Condvar::new())));
        for (name, role) in [("INBOX", Role::Inbox), ("Sent", Role::Sent), ("Archive", Role::Archive), ("Junk", Role::Junk)] {
            server.change(|state| state.add_folder(name, Some(role)));
        }
        server
    }

    /// A session that counts as logged in.
    pub fn connect(&self) -> FakeSource {
        FakeSource { server: self.clone(), selected: None, told: 0, dead: false }
    }

    pub fn set_mode(&self, mode: Mode) {
        self.change(|state| state.mode = mode);
    }

    /// Puts a message into a folder (made if need be) as another program would; returns its UID.
    pub fn deliver(&self, folder: &str, flags: &Flags, bytes: &[u8]) -> u32 {
        self.change(|state| {
            if !state.folders.contains_key(folder) {
                state.add_folder(folder, None);
            }
            state.put(folder, flags, bytes).unwrap_or(0)
        })
    }

    pub fn set_flags(&self, folder: &str, uid: u32, flags: &Flags) {
        self.change(|state| {
            let Some(folder) = state.folders.get_mut(folder) else { return };
            folder.modseq += 1;
            if let Some(message) = folder.messages.get_mut(&uid) {
                message.flags = flags.clone();
                message.modseq = folder.modseq;
            }
        });
    }

    fn set_date(&self, folder: &str, uid: u32, date: Timestamp) {
        self.change(|state| {
            let message = state.folders.get_mut(folder).and_then(|folder| folder.messages.get_mut(&uid));
            if let Some(message) = message {
                message.date = date;
            }
        });
    }

    pub fn expunge(&self, folder: &str, uid: u32) {
        self.change(|state| {
            if let Some(folder) = state.folders.get_mut(folder) {
                folder.drop_message(uid);
            }
        });
    }

    /// Moves a message as another program would; its UID there.
    pub fn relocate(&self, from: &str, uid: u32, to: &str) -> u32 {
        self.change(|state| {
            let landed = state.copy(from, &UidSet::range(uid, uid), to).unwrap_or_default();
            if let Some(folder) = state.folders.get_mut(from) {
                folder.drop_message(uid);
            }
            landed.uids.first().map_or(0, |(_, uid)| *uid)
        })
    }

    /// How sessions can move messages, and whether they are told where those went.
    pub fn set_relocation(&self, relocation: Relocation, tells_uids: bool) {
        self.change(|state| (state.relocation, state.tells_uids) = (relocation, tells_uids));
    }

    pub fn set_read_only(&self, folder: &str, is_read_only: bool) {
        self.change(|state| state.folders.get_mut(folder).into_iter().for_each(|folder| folder.read_only = is_read_only));
    }

    /// Which flags a folder says it keeps; others are refused.
    pub fn set_keeps(&self, folder: &str, keeps: &Keeps) {
        self.change(|state| state.folders.get_mut(folder).into_iter().for_each(|folder| folder.keeps = keeps.clone()));
    }

    /// Makes a folder refuse every keyword, whatever it says.
    pub fn refuse_keywords(&self, folder: &str) {
        self.change(|state| state.folders.get_mut(folder).into_iter().for_each(|folder| folder.refuses_keywords = true));
    }

    /// How often sessions have tried to change flags.
    pub fn stores(&self) -> u64 {
        self.lock().stores
    }

    /// Renumbers a folder under a new UIDVALIDITY, as servers do that lost their index.
    pub fn renumber(&self, folder: &str) {
        self.change(|state| {
            state.next_validity += 1;
            let validity = state.next_validity;
            let Some(folder) = state.folders.get_mut(folder) else { return };
            let messages = std::mem::take(&mut folder.messages);
            folder.messages = (1..).zip(messages.into_values()).collect();
            folder.uid_validity = validity;
            folder.uid_next = u32::try_from(folder.messages.len()).unwrap_or(u32::MAX).saturating_add(1);
            folder.vanished.clear();
            folder.modseq = 1;
        });
    }

    /// The same, and in the reverse order: what is decided by position alone comes out otherwise.
    pub fn renumber_backwards(&self, folder: &str) {
        self.change(|state| {
            let Some(folder) = state.folders.get_mut(folder) else { return };
            let messages = std::mem::take(&mut folder.messages);
            folder.messages = (1..).zip(messages.into_values().rev()).collect();
        });
        self.renumber(folder);
    }

    /// Gives the messages of a folder each other's numbers, and says nothing of it.
    pub fn turn_round(&self, folder: &str) {
        self.change(|state| {
            let Some(folder) = state.folders.get_mut(folder) else { return };
            let messages = std::mem::take(&mut folder.messages);
            let uids: Vec<u32> = messages.keys().copied().collect();
            folder.messages = uids.into_iter().zip(messages.into_values().rev()).collect();
        });
    }

    /// The server as it is now, as a backup that is put back in its place.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.lock().clone();
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    /// Keeps a message out of sight, as a server does that shows a greater UID first; `false` shows it.
    pub fn hide(&self, folder: &str, uid: u32, is_hidden: bool) {
        self.change(|state| {
            let Some(folder) = state.folders.get_mut(folder) else { return };
            let _ = if is_hidden { folder.hidden.insert(uid) } else { folder.hidden.remove(&uid) };
        });
    }

    /// Lists a message and answers nothing when it is fetched, as servers do of one that is expunged meanwhile.
    pub fn withhold(&self, folder: &str, uid: u32, is_withheld: bool) {
        self.change(|state| {
            let Some(folder) = state.folders.get_mut(folder) else { return };
            let _ = if is_withheld { folder.withheld.insert(uid) } else { folder.withheld.remove(&uid) };
        });
    }

    pub fn delete_folder(&self, folder: &str) {
        self.change(|state| drop(state.folders.remove(folder)));
    }

    /// Makes step `step` fail. Each call of [`MailSource`] is a step, and so is each message handed on by `fetch`.
    pub fn fail_at(&self, step: u64, fault: Fault) {
        self.change(|state| {
            let _ = state.faults.insert(step, fault);
        });
    }

    /// Steps taken so far, by all sessions; the next one has this number.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// What lies in a folder: UID, flags, bytes.
    pub fn messages(&self, folder: &str) -> Vec<(u32, Flags, Vec<u8>)> {
        let state = self.lock();
        let messages = state.folders.get(folder).into_iter().flat_map(|folder| &folder.messages);
        messages.map(|(uid, message)| (*uid, message.flags.clone(), message.bytes.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.version += 1;
        let result = change(&mut state);
        self.0.1.notify_all();
        result
    }
}

impl State {
    fn add_folder(&mut self, name: &str, role: Option<Role>) {
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

    fn put(&mut self, folder: &str, flags: &Flags, bytes: &[u8]) -> SourceResult<u32> {
        self.clock += 1;
        let date = Timestamp::from_second(self.clock).unwrap_or_default();
        let folder = self.folder_mut(folder)?;
        let uid = folder.uid_next;
        folder.uid_next += 1;
        folder.modseq += 1;
        folder.messages.insert(uid, Message { flags: flags.clone(), date, bytes: bytes.to_vec(), modseq: folder.modseq });
        Ok(uid)
    }

    fn copy(&mut self, from: &str, uids: &UidSet, to: &str) -> SourceResult<Landed> {
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

    fn folder(&self, name: &str) -> SourceResult<&Folder> {
        self.folders.get(name).ok_or_else(|| no_folder(name))
    }

    fn folder_mut(&mut self, name: &str) -> SourceResult<&mut Folder> {
        self.folders.get_mut(name).ok_or_else(|| no_folder(name))
    }
}

fn no_folder(name: &str) -> SourceError {
    SourceError::new(Trouble::NoFolder, format!("there is no folder {name:?}"))
}

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
            Ok(Glance { uid_validity: found.uid_validity, uid_next: found.uid_next, messages })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_answer_leaves_the_message_stored_and_the_session_dead() {
        let server = FakeServer::new();
        let mut source = server.connect();
        server.fail_at(0, Fault::After(Trouble::Unreachable));
        assert_eq!(source.append("Sent", &Flags::default(), b"a: b\r\n\r\n").unwrap_err().trouble, Trouble::Unreachable);
        assert_eq!(server.messages("Sent").len(), 1);
        assert!(source.folders().is_err());
        assert!(server.connect().folders().is_ok());
    }

    #[test]
    fn a_transfer_can_break_at_each_message() {
        let server = FakeServer::new();
        for _ in 0..3 {
            server.deliver("INBOX", &Flags::default(), b"a: b\r\n\r\n");
        }
        for broken in 0..3 {
            let mut source = server.connect();
            source.select("INBOX", None).unwrap();
            server.fail_at(server.steps() + 1 + broken, Fault::Before(Trouble::Unreachable));
            let mut seen = 0;
            let result = source.fetch(&UidSet::range(1, 3), FetchPart::Whole, &mut |_| {
                seen += 1;
                Ok(())
            });
            assert!(result.is_err() && seen == broken);
        }
    }

    #[test]
    fn renumbering_changes_validity_and_makes_every_point_worthless() {
        let server = FakeServer::new();
        server.deliver("INBOX", &Flags::default(), b"a: 1\r\n\r\n");
        server.deliver("INBOX", &Flags::default(), b"a: 2\r\n\r\n");
        let mut source = server.connect();
        let before = source.select("INBOX", None).unwrap();
        server.expunge("INBOX", 1);
        server.renumber("INBOX");
        let known = SyncPoint { uid_validity: before.uid_validity, uid_next: before.uid_next, highest_modseq: before.highest_modseq };
        let after = source.select("INBOX", Some(known)).unwrap();
        assert!(after.uid_validity != before.uid_validity);
        assert_eq!((after.changes, after.uid_next, server.messages("INBOX")[0].0), (Changes::Unknown, 2, 1));
    }
}
