//! The log alone, without mail: tens of thousands of events written, read by a newcomer, and read from a snapshot.

use std::time::{Duration, Instant};

use postdesk::domain::event::{Change, Event, Opening};
use postdesk::domain::ticket::{Priority, Status};
use postdesk::domain::{MessageId, TicketKey, Timestamp, fold};
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::log::{Compaction, LogError, LogSync, Words};
use postdesk::sync::source::{MailSource as _, Waker};
use tempfile::TempDir;

use super::FOLDER;
use crate::report::{Bar, Report};
use crate::sizes::Sizes;
use crate::support::testbed::Testbed;

/// A mailbox of its own on the same server.
const USER: &str = "log@example.test";
/// One ticket for so many events.
const EVENTS_PER_TICKET: usize = 10;

struct Client {
    store: Store,
    _home: TempDir,
}

impl Client {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let store = Store::open_shared("log", StorePaths { data: home.path().to_owned(), cache: home.path().to_owned() }).unwrap();
        Self { store, _home: home }
    }

    /// How long it takes over a session that stands.
    fn over(&mut self, bed: &Testbed, work: impl FnOnce(&mut LogSync<'_>) -> Result<(), LogError>) -> Duration {
        let mut source = ImapSource::connect(&bed.endpoint(USER), Timeouts::default()).unwrap();
        let describe = |_: &Store, event: &Event| Words { subject: format!("{} {}", event.agent, event.id), text: "ana did something.\n".repeat(8) };
        let mut log = LogSync {
            store: &mut self.store,
            source: &mut source,
            folder: FOLDER,
            mailbox: USER,
            agent: "ana",
            describe: &describe,
            stop: &Waker::default(),
            progress: &mut |_, _| {},
        };
        let begun = Instant::now();
        work(&mut log).unwrap();
        let time = begun.elapsed();
        source.close();
        time
    }

    fn hash(&self) -> String {
        fold::hash(&self.store.decided_state().unwrap())
    }
}

pub fn measure(sizes: &Sizes, bed: &Testbed, report: &mut Report) {
    let mut ana = Client::new();
    ana.over(bed, |log| log.pull().map(drop));
    let written = write_down(&mut ana.store, sizes.team_events);
    let pushed = ana.over(bed, |log| {
        log.pull()?;
        log.push().map(drop)
    });
    report.figure(&format!("{written} events into the log"), pushed.as_secs_f64(), "s", Bar::None);
    let mut bo = Client::new();
    let read = bo.over(bed, |log| log.pull().map(drop));
    assert_eq!(bo.hash(), ana.hash());
    report.figure(&format!("{written} events read and folded"), read.as_secs_f64(), "s", Bar::Figure(2.0));
    let when = Compaction { events: 1, age_secs: 0 };
    let snapshot = ana.over(bed, |log| log.compact(when).map(drop));
    report.figure("a snapshot of that written", snapshot.as_secs_f64(), "s", Bar::None);
    let shortened = ana.over(bed, |log| log.compact(Compaction { events: u64::MAX, ..when }).map(drop));
    report.figure("what it covers taken out", shortened.as_secs_f64(), "s", Bar::None);
    let mut cy = Client::new();
    let joined = cy.over(bed, |log| log.pull().map(drop));
    assert_eq!(cy.hash(), ana.hash());
    report.figure("a client that joins at the snapshot", joined.as_secs_f64(), "s", Bar::Figure(1.0));
}

/// Openings, then what people do to tickets; how many events.
fn write_down(store: &mut Store, count: usize) -> usize {
    let tickets = count / EVENTS_PER_TICKET;
    let id = |number: usize| MessageId::new(&format!("q{number}@customer.test")).unwrap();
    let key = |number: usize| TicketKey::of(&id(number));
    let opening = |number: usize| Opening {
        key: key(number),
        project: "app".into(),
        ids: vec![id(number)],
        subject: format!("Question {number}"),
        requester: None,
        created: None,
    };
    let numbers: Vec<usize> = (0..tickets).collect();
    let mut changes: Vec<Change> =
        numbers.chunks(200).map(|some| Change::Open { tickets: some.iter().map(|number| opening(*number)).collect() }).collect();
    let left = count.saturating_sub(changes.len());
    changes.extend((0..left).map(|number| {
        let ticket = key(number % tickets.max(1));
        match number / tickets.max(1) % 20 {
            0 | 5 => Change::Assign { ticket, value: Some(["ana", "bo", "cy"][number % 3].into()) },
            1 | 6 => Change::Status { ticket, value: [Status::Pending, Status::Solved, Status::Open][number % 3], seen: None },
            2 => Change::Priority { ticket, value: Priority::High },
            9 => Change::Note { ticket, text: "Called back; will send the invoice again.".into(), edits: None },
            other => Change::Tag { ticket, add: vec![format!("tag-{}", (number + other) % 40)], remove: vec![] },
        }
    }));
    let count = changes.len();
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    let past = changes.into_iter().map(|change| (Author { agent: "ana".into(), now }, NewEvent { change, inverse: None })).collect();
    store.append_past(past).unwrap();
    count
}
