//! A client of the team log in the test's own process and without the mail around it, on a real mail server or a scripted one.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::redundant_closure_for_method_calls, reason = "a method that borrows for a time of its own is no function of any time")]

use postdesk::domain::event::{Change, Event, Opening};
use postdesk::domain::{MessageId, TicketKey, Timestamp, fold};
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::endpoint::{Endpoint, Timeouts};
use postdesk::sync::fake::FakeServer;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::log::{Exchanged, LogError, LogSync, Words};
use postdesk::sync::source::{MailSource, Waker};
use tempfile::TempDir;

pub const FOLDER: &str = "Postdesk";

/// Where a client reaches the log.
pub trait Line {
    fn session(&self) -> Result<Box<dyn MailSource>, LogError>;
}

impl Line for FakeServer {
    fn session(&self) -> Result<Box<dyn MailSource>, LogError> {
        Ok(Box::new(self.connect()))
    }
}

impl Line for Endpoint {
    fn session(&self) -> Result<Box<dyn MailSource>, LogError> {
        (self, Timeouts::default()).session()
    }
}

impl Line for (&Endpoint, Timeouts) {
    fn session(&self) -> Result<Box<dyn MailSource>, LogError> {
        Ok(Box::new(ImapSource::connect(self.0, self.1)?))
    }
}

pub struct LogClient {
    pub name: String,
    pub store: Store,
    home: TempDir,
}

impl LogClient {
    pub fn new(name: impl Into<String>) -> Self {
        Self::at_home(name.into(), TempDir::new().unwrap())
    }

    fn at_home(name: String, home: TempDir) -> Self {
        Self { name, store: open(&home), home }
    }

    /// The same files once more, as a backup that is put back elsewhere.
    pub fn copy(&self, name: &str) -> Self {
        let home = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.home.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), home.path().join(entry.file_name())).unwrap();
        }
        Self::at_home(name.to_owned(), home)
    }

    /// Ends the process and begins another on the same files.
    pub fn restart(&mut self) {
        self.store = open(&self.home);
    }

    pub fn act(&mut self, change: Change) {
        let author = Author { agent: self.name.clone().into(), now: Timestamp::from_second(1_795_000_000).unwrap() };
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
    }

    /// Reads what is there and puts there what waits, over a session of its own.
    pub fn exchange(&mut self, line: &impl Line) -> Result<Exchanged, LogError> {
        self.over(line, |log| {
            let mut exchanged = log.pull()?;
            exchanged.join(log.push()?);
            Ok(exchanged)
        })
    }

    pub fn restore(&mut self, line: &impl Line) -> Result<Exchanged, LogError> {
        self.over(line, |log| log.restore())
    }

    pub fn spot_check(&mut self, line: &impl Line) -> Result<(), LogError> {
        self.over(line, |log| log.spot_check())
    }

    pub fn over<T>(&mut self, line: &impl Line, work: impl FnOnce(&mut LogSync<'_>) -> Result<T, LogError>) -> Result<T, LogError> {
        let mut source = line.session()?;
        let describe = |_: &Store, event: &Event| Words { subject: format!("{} {}", event.agent, event.id), text: event.change.op().to_owned() };
        let mut log = LogSync {
            store: &mut self.store,
            source: source.as_mut(),
            folder: FOLDER,
            mailbox: "support@example.test",
            agent: &self.name,
            describe: &describe,
            stop: &Waker::default(),
            progress: &mut |_, _| {},
        };
        let done = work(&mut log);
        source.close();
        done
    }

    pub fn hash(&self) -> String {
        fold::hash(&self.store.decided_state().unwrap())
    }

    pub fn number(&self, ticket: &TicketKey) -> Option<u64> {
        self.store.ticket_state(ticket).unwrap().and_then(|state| state.number)
    }

    pub fn tags(&self, ticket: &TicketKey) -> Vec<String> {
        self.store.ticket_state(ticket).unwrap().map(|state| state.tags.into_keys().collect()).unwrap_or_default()
    }
}

fn open(home: &TempDir) -> Store {
    Store::open_shared("desk", StorePaths { data: home.path().to_owned(), cache: home.path().to_owned() }).unwrap()
}

pub fn id(text: &str) -> MessageId {
    MessageId::new(text).unwrap()
}

pub fn key(name: &str) -> TicketKey {
    TicketKey::of(&id(&format!("{name}@customer.test")))
}

pub fn opened(name: &str) -> Change {
    let ids = vec![id(&format!("{name}@customer.test"))];
    Change::Open { tickets: vec![Opening { key: key(name), project: "app".into(), ids, subject: name.into(), requester: None, created: None }] }
}

pub fn tagged(ticket: &str, tag: &str) -> Change {
    Change::Tag { ticket: key(ticket), add: vec![tag.into()], remove: vec![] }
}
