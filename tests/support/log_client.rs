//! A client of the team log on a real mail server, in the test's own process and without the mail around it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use postdesk::domain::event::{Change, Event, Opening};
use postdesk::domain::{MessageId, TicketKey, Timestamp, fold};
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::endpoint::{Endpoint, Timeouts};
use postdesk::sync::imap::ImapSource;
use postdesk::sync::log::{Exchanged, LogError, LogSync, Words};
use postdesk::sync::source::{MailSource as _, Waker};
use tempfile::TempDir;

pub const FOLDER: &str = "Postdesk";

pub struct LogClient {
    pub name: String,
    pub store: Store,
    _home: TempDir,
}

impl LogClient {
    pub fn new(name: impl Into<String>) -> Self {
        let home = TempDir::new().unwrap();
        let paths = StorePaths { data: home.path().to_owned(), cache: home.path().to_owned() };
        Self { name: name.into(), store: Store::open_shared("desk", paths).unwrap(), _home: home }
    }

    pub fn act(&mut self, change: Change) {
        let author = Author { agent: self.name.clone().into(), now: Timestamp::from_second(1_795_000_000).unwrap() };
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
    }

    /// Reads what is there and puts there what waits, over a session of its own.
    pub fn exchange(&mut self, endpoint: &Endpoint, timeouts: Timeouts) -> Result<Exchanged, LogError> {
        self.over(endpoint, timeouts, |log| {
            let mut exchanged = log.pull()?;
            exchanged.join(log.push()?);
            Ok(exchanged)
        })
    }

    pub fn over<T>(
        &mut self,
        endpoint: &Endpoint,
        timeouts: Timeouts,
        work: impl FnOnce(&mut LogSync<'_>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let mut source = ImapSource::connect(endpoint, timeouts)?;
        let describe = |_: &Store, event: &Event| Words { subject: format!("{} {}", event.agent, event.id), text: event.change.op().to_owned() };
        let mut log = LogSync {
            store: &mut self.store,
            source: &mut source,
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

    pub fn tags(&self, ticket: &TicketKey) -> Vec<String> {
        self.store.ticket_state(ticket).unwrap().map(|state| state.tags.into_keys().collect()).unwrap_or_default()
    }
}

fn id(name: &str) -> MessageId {
    MessageId::new(&format!("{name}@customer.test")).unwrap()
}

pub fn key(name: &str) -> TicketKey {
    TicketKey::of(&id(name))
}

pub fn opened(name: &str) -> Change {
    Change::Open { tickets: vec![Opening { key: key(name), project: "app".into(), ids: vec![id(name)], subject: name.into(), requester: None }] }
}

pub fn tagged(ticket: &str, tag: &str) -> Change {
    Change::Tag { ticket: key(ticket), add: vec![tag.into()], remove: vec![] }
}
