//! A mail server in memory, for tests of what is built on [`MailSource`](super::source::MailSource).
//!
//! One [`FakeServer`] has any number of sessions. It can pretend each way of
//! resynchronising, lose an answer or a session at a chosen step, renumber a
//! folder and lose folders. Its clock is its own: one second per message.

mod source;
mod state;

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::source::{Flags, Keeps, Relocation, Role, Trouble, UidSet};
pub use source::FakeSource;
use state::State;

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
        FakeSource::on(self.clone())
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

    /// Delivers a mail at a time of one's choice.
    pub fn deliver_at(&self, folder: &str, date: Timestamp, bytes: &[u8]) -> u32 {
        let uid = self.deliver(folder, &Flags::default(), bytes);
        self.set_date(folder, uid, date);
        uid
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

    /// Whether a folder refuses every keyword from now on, whatever it says.
    pub fn refuse_keywords(&self, folder: &str, refuses: bool) {
        self.change(|state| state.folders.get_mut(folder).into_iter().for_each(|folder| folder.refuses_keywords = refuses));
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

    /// Makes step `step` fail. Each call of [`MailSource`](super::source::MailSource) is a step, and so is each message handed on by `fetch`.
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

#[cfg(test)]
mod tests {
    use super::super::source::{Changes, FetchPart, MailSource as _, SyncPoint};
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
