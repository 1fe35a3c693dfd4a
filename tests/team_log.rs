//! The team log on a scripted server: broken off at every step, shown late, withheld, copied.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
// A method that borrows for a time of its own is no function of any time.
#![allow(clippy::redundant_closure_for_method_calls)]

use std::collections::BTreeSet;

use postdesk::domain::event::{Change, Event, Opening};
use postdesk::domain::ticket::{Priority, Status};
use postdesk::domain::{MessageId, TicketKey, Timestamp, fold};
use postdesk::mail;
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::fake::{FakeServer, Fault};
use postdesk::sync::log::{Compaction, Exchanged, LogError, LogSync, Words};
use postdesk::sync::source::{Flags, MailSource, Trouble, Waker};
use tempfile::TempDir;

const FOLDER: &str = "Postdesk";

struct Client {
    name: &'static str,
    home: TempDir,
    store: Store,
}

impl Client {
    fn new(name: &'static str) -> Self {
        let home = TempDir::new().unwrap();
        let store = open(&home);
        Self { name, home, store }
    }

    /// The same files once more, as a backup that is put back elsewhere.
    fn copy(&self, name: &'static str) -> Self {
        let home = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.home.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), home.path().join(entry.file_name())).unwrap();
        }
        let store = open(&home);
        Self { name, home, store }
    }

    /// Ends the process and begins another on the same files.
    fn restart(&mut self) {
        self.store = open(&self.home);
    }

    fn act(&mut self, change: Change) {
        let author = Author { agent: self.name.into(), now: Timestamp::from_second(1_795_000_000).unwrap() };
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
    }

    fn exchange(&mut self, server: &FakeServer) -> Result<Exchanged, LogError> {
        self.over(server, |log| {
            let mut exchanged = log.pull()?;
            exchanged.join(log.push()?);
            Ok(exchanged)
        })
    }

    /// Makes the log shorter, if there is anything: a snapshot after three events, and gone after a minute.
    fn compact(&mut self, server: &FakeServer) {
        let when = Compaction { events: 3, age_secs: 60 };
        self.over(server, |log| {
            log.pull()?;
            log.compact(when)
        })
        .unwrap();
    }

    fn restore(&mut self, server: &FakeServer) -> Result<Exchanged, LogError> {
        self.over(server, |log| log.restore())
    }

    fn spot_check(&mut self, server: &FakeServer) -> Result<(), LogError> {
        self.over(server, |log| log.spot_check())
    }

    fn over<T>(&mut self, server: &FakeServer, work: impl FnOnce(&mut LogSync<'_>) -> Result<T, LogError>) -> Result<T, LogError> {
        let mut source = server.connect();
        let describe = |_: &Store, event: &Event| Words { subject: format!("{} {}", event.agent, event.id), text: event.change.op().to_owned() };
        let mut log = LogSync {
            store: &mut self.store,
            source: &mut source,
            folder: FOLDER,
            mailbox: "support@example.test",
            agent: self.name,
            describe: &describe,
            stop: &Waker::default(),
            progress: &mut |_, _| {},
        };
        work(&mut log)
    }

    fn hash(&self) -> String {
        fold::hash(&self.store.decided_state().unwrap())
    }

    fn number(&self, ticket: &TicketKey) -> Option<u64> {
        self.store.ticket_state(ticket).unwrap().and_then(|state| state.number)
    }

    fn tags(&self, ticket: &TicketKey) -> Vec<String> {
        self.store.ticket_state(ticket).unwrap().map(|state| state.tags.into_keys().collect()).unwrap_or_default()
    }
}

fn open(home: &TempDir) -> Store {
    Store::open_shared("desk", StorePaths { data: home.path().to_owned(), cache: home.path().to_owned() }).unwrap()
}

fn id(text: &str) -> MessageId {
    MessageId::new(text).unwrap()
}

fn key(name: &str) -> TicketKey {
    TicketKey::of(&id(&format!("{name}@customer.test")))
}

fn opened(name: &str) -> Change {
    let ids = vec![id(&format!("{name}@customer.test"))];
    Change::Open { tickets: vec![Opening { key: key(name), project: "app".into(), ids, subject: name.into(), requester: None }] }
}

fn tagged(ticket: &str, tag: &str) -> Change {
    Change::Tag { ticket: key(ticket), add: vec![tag.into()], remove: vec![] }
}

/// The ids of the events in the folder, in order.
fn in_log(server: &FakeServer) -> Vec<String> {
    let subject = |bytes: &[u8]| mail::read(bytes).message_id.to_string();
    server.messages(FOLDER).iter().map(|(_, _, bytes)| subject(bytes)).collect()
}

#[track_caller]
fn assert_in_once(server: &FakeServer, events: usize, what: &str) {
    let ids = in_log(server);
    let beginnings = ids.iter().filter(|id| id.contains(".genesis@")).count();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{what}: an event stands there twice: {ids:#?}");
    assert_eq!(ids.len() - beginnings, events, "{what}: {ids:#?}");
}

/// Two people who act, in turn on-line and not; every exchange may fail.
fn day(server: &FakeServer) -> (Client, Client) {
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    ana.act(opened("one"));
    ana.act(opened("two"));
    let _ = ana.exchange(server);
    let _ = bo.exchange(server);
    ana.act(tagged("one", "red"));
    ana.act(Change::Assign { ticket: key("one"), value: Some("ana".into()) });
    bo.act(opened("three"));
    bo.act(tagged("three", "blue"));
    let _ = bo.exchange(server);
    let _ = ana.exchange(server);
    bo.act(Change::Status { ticket: key("three"), value: Status::Solved, seen: None });
    let _ = bo.exchange(server);
    (ana, bo)
}

const EVENTS: usize = 7;

/// Everybody comes back, twice; then nothing is left to do.
#[track_caller]
fn come_to_rest(server: &FakeServer, clients: &mut [&mut Client], what: &str) {
    for _ in 0..2 {
        for client in clients.iter_mut() {
            client.restart();
            client.exchange(server).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
    let before = server.messages(FOLDER).len();
    for client in clients.iter_mut() {
        client.exchange(server).unwrap();
        assert_eq!(client.store.waiting_count().unwrap(), 0, "{what}: {} waits", client.name);
    }
    assert_eq!(server.messages(FOLDER).len(), before, "{what}: with nothing to do, something was appended");
    let hashes: BTreeSet<String> = clients.iter().map(|client| client.hash()).collect();
    assert_eq!(hashes.len(), 1, "{what}: they have folded differently");
}

#[test]
fn a_change_is_shown_to_other_mail_programs_when_its_author_has_read_it_back_and_by_nobody_else() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    ana.act(Change::Status { ticket: key("one"), value: Status::Solved, seen: None });
    ana.act(tagged("one", "red"));
    let owed = |client: &Client| client.store.mirror_due().unwrap().into_iter().map(|due| due.event.change.op().to_owned()).collect::<Vec<_>>();
    assert_eq!(owed(&ana), Vec::<String>::new(), "it waits here");

    server.fail_at(server.steps(), Fault::Before(Trouble::Unreachable));
    assert!(ana.exchange(&server).is_err());
    assert_eq!(owed(&ana), Vec::<String>::new(), "and waits on");
    ana.restart();
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();

    assert_eq!((owed(&ana), owed(&bo)), (vec!["status".to_owned()], vec![]));
    let rows: Vec<i64> = ana.store.mirror_due().unwrap().iter().map(|due| due.n).collect();
    ana.store.mirrored(&rows).unwrap();
    ana.exchange(&server).unwrap();
    assert_eq!(owed(&ana), Vec::<String>::new(), "and once");
}

#[test]
fn whatever_step_breaks_off_every_event_is_in_once_and_all_agree() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = day(&server);
    let steps = server.steps();
    come_to_rest(&server, &mut [&mut ana, &mut bo], "without a fault");
    assert_in_once(&server, EVENTS, "without a fault");
    assert!(steps > 40, "{steps}");

    for step in 0..steps {
        for fault in [Fault::Before(Trouble::Unreachable), Fault::After(Trouble::Unreachable), Fault::Before(Trouble::Refused)] {
            let what = format!("{fault:?} at {step}");
            let server = FakeServer::new();
            server.fail_at(step, fault);
            let (mut ana, mut bo) = day(&server);
            come_to_rest(&server, &mut [&mut ana, &mut bo], &what);
            assert_in_once(&server, EVENTS, &what);
            assert_eq!((bo.tags(&key("one")), ana.tags(&key("three"))), (vec!["red".into()], vec!["blue".into()]), "{what}");
            let numbers: BTreeSet<Option<u64>> = ["one", "two", "three"].iter().map(|name| bo.number(&key(name))).collect();
            assert_eq!(numbers, [Some(1), Some(2), Some(3)].into(), "{what}");
        }
    }
}

#[test]
fn a_message_that_is_shown_late_takes_the_place_its_number_gives_it() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut cy) = (Client::new("ana"), Client::new("bo"), Client::new("cy"));
    for client in [&mut ana, &mut bo, &mut cy] {
        client.exchange(&server).unwrap();
    }
    ana.act(opened("early"));
    ana.exchange(&server).unwrap();
    let late = server.messages(FOLDER).last().unwrap().0;
    server.hide(FOLDER, late, true);
    bo.act(opened("later"));
    bo.exchange(&server).unwrap();
    cy.exchange(&server).unwrap();
    assert_eq!((cy.number(&key("later")), cy.number(&key("early"))), (Some(1), None));

    server.hide(FOLDER, late, false);
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "shown");

    for client in [&ana, &bo, &cy] {
        assert_eq!((client.number(&key("early")), client.number(&key("later"))), (Some(1), Some(2)), "{}", client.name);
    }
}

#[test]
fn a_message_without_a_body_is_no_empty_event_and_is_read_when_it_comes() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    bo.exchange(&server).unwrap();
    ana.act(opened("one"));
    ana.act(tagged("one", "red"));
    ana.exchange(&server).unwrap();
    let withheld = server.messages(FOLDER)[1].0;
    server.withhold(FOLDER, withheld, true);

    let trouble = bo.exchange(&server).unwrap_err();
    bo.restart();

    assert!(matches!(trouble, LogError::NotShown { count: 1, .. }), "{trouble}");
    assert_eq!(bo.store.ticket_state(&key("one")).unwrap(), None, "the later event waits for the earlier one");
    server.withhold(FOLDER, withheld, false);
    come_to_rest(&server, &mut [&mut ana, &mut bo], "shown");
    assert_eq!(bo.tags(&key("one")), ["red"]);
}

#[test]
fn of_two_that_begin_at_the_same_moment_one_log_comes() {
    // Both see an empty folder: the second's beginning goes in between the first's append and its look.
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    ana.act(opened("one"));
    let steps = {
        let probe = FakeServer::new();
        Client::new("probe").exchange(&probe).unwrap();
        probe.steps()
    };
    for step in 0..steps {
        let server = FakeServer::new();
        server.fail_at(step, Fault::After(Trouble::Unreachable));
        let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
        ana.act(opened("one"));
        bo.act(opened("two"));
        let _ = ana.exchange(&server);
        bo.exchange(&server).unwrap();
        come_to_rest(&server, &mut [&mut ana, &mut bo], &format!("broken at {step}"));
        assert_eq!(ana.store.log_head().unwrap().unwrap().log, bo.store.log_head().unwrap().unwrap().log);
    }
    ana.exchange(&server).unwrap();
    let (_, flags, beginning) = server.messages(FOLDER).remove(0);
    let second = FakeServer::new();
    Client::new("other").exchange(&second).unwrap();
    server.deliver(FOLDER, &flags, &second.messages(FOLDER)[0].2);
    let mut bo = Client::new("bo");
    bo.act(tagged("one", "red"));
    come_to_rest(&server, &mut [&mut ana, &mut bo], "two beginnings");
    assert_eq!(ana.tags(&key("one")), ["red"]);
    assert_eq!(server.messages(FOLDER)[0].2, beginning);
    assert!(ana.store.ignored_messages().unwrap().is_empty(), "the loser of a race is no cause for alarm");
}

#[test]
fn a_copied_client_takes_another_name_and_nothing_is_lost_or_done_twice() {
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    ana.act(tagged("one", "before-the-copy"));
    let mut copy = ana.copy("ana's laptop");
    ana.act(tagged("one", "here"));
    copy.act(tagged("one", "there"));
    copy.act(tagged("one", "there-too"));

    let first = ana.exchange(&server).unwrap();
    let second = copy.exchange(&server).unwrap();
    ana.act(Change::Priority { ticket: key("one"), value: Priority::High });
    come_to_rest(&server, &mut [&mut ana, &mut copy], "copied");

    assert!(!first.was_copied && second.was_copied);
    assert_eq!(copy.tags(&key("one")), ["before-the-copy", "here", "there", "there-too"]);
    let mut bo = Client::new("bo");
    come_to_rest(&server, &mut [&mut ana, &mut copy, &mut bo], "a third reads it");
    let actors: BTreeSet<String> = in_log(&server).iter().filter_map(|id| id.split('.').nth(1).map(str::to_owned)).collect();
    assert_eq!(actors.len(), 2, "{actors:?}");
}

#[test]
fn a_client_restored_from_a_backup_takes_another_name() {
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    let mut backup = ana.copy("ana, restored");
    ana.act(tagged("one", "lost-with-the-disk"));
    ana.exchange(&server).unwrap();
    drop(ana);

    backup.act(tagged("one", "after"));
    come_to_rest(&server, &mut [&mut backup], "restored");

    assert_eq!(backup.tags(&key("one")), ["after", "lost-with-the-disk"]);
    assert_in_once(&server, 3, "restored");
}

#[test]
fn an_event_too_large_for_any_server_leaves_a_mark_and_keeps_nobody_waiting() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    ana.act(opened("one"));
    ana.act(Change::Note { ticket: key("one"), text: "x".repeat(90_000), edits: None });
    ana.act(tagged("one", "after"));

    come_to_rest(&server, &mut [&mut ana, &mut bo], "too large");

    assert_eq!(bo.tags(&key("one")), ["after"]);
    assert!(server.messages(FOLDER).iter().all(|(_, _, bytes)| bytes.len() <= mail::EVENT_OCTETS));
}

#[test]
fn an_event_of_a_newer_program_is_kept_and_one_of_a_newer_protocol_is_ignored() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    let newer = serde_json::from_str(&format!(r#"{{"op":"teleport","ticket":"{}","to":{{"planet":"mars"}}}}"#, key("one"))).unwrap();
    ana.act(opened("one"));
    ana.act(Change::Unknown(newer));
    ana.act(tagged("one", "after"));

    come_to_rest(&server, &mut [&mut ana, &mut bo], "newer");

    assert_eq!(bo.tags(&key("one")), ["after"]);
    assert!(bo.store.decided_state().unwrap().counters.shared.has_newer);
    let text = r#"{"v":2,"team":"x","epoch":"y","actor":"0000000000000001","seq":1,"mac":"0"}"#;
    let mail = mail::EventMail {
        mailbox: "support@example.test",
        agent: "eve",
        subject: "s",
        text: "t",
        message_id: id("pd2.x@y.invalid"),
        date: Timestamp::UNIX_EPOCH,
        json: text,
    };
    server.deliver(FOLDER, &Flags::default(), &mail::write_event(&mail).unwrap());
    come_to_rest(&server, &mut [&mut ana, &mut bo], "a newer protocol");
    assert_eq!(bo.store.ignored_messages().unwrap(), [("it was written by a newer postdesk (version 2 of the log)".to_owned(), 1)]);
}

/// What everybody sees of two tickets.
fn seen(client: &Client) -> (Option<u64>, Option<u64>, Vec<String>, usize) {
    let notes = client.store.history(&key("one")).unwrap().iter().filter(|entry| matches!(entry.event.change, Change::Note { .. })).count();
    (client.number(&key("one")), client.number(&key("two")), client.tags(&key("one")), notes)
}

/// A log with two tickets, a conflict, a note, and what nobody has heard of yet.
fn a_past(server: &FakeServer) -> (Client, Client) {
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    for name in ["one", "two"] {
        ana.act(opened(name));
    }
    ana.act(Change::Note { ticket: key("one"), text: "about one".into(), edits: None });
    ana.exchange(server).unwrap();
    bo.exchange(server).unwrap();
    bo.act(tagged("one", "red"));
    ana.act(Change::Assign { ticket: key("one"), value: Some("ana".into()) });
    bo.act(Change::Assign { ticket: key("one"), value: Some("bo".into()) });
    ana.exchange(server).unwrap();
    bo.exchange(server).unwrap();
    ana.exchange(server).unwrap();
    bo.act(tagged("one", "waits"));
    (ana, bo)
}

/// Takes messages out of the folder as a person does with a mail program.
fn clear(server: &FakeServer, keep: usize) {
    for (uid, _, _) in server.messages(FOLDER).into_iter().skip(keep) {
        server.expunge(FOLDER, uid);
    }
}

type Harm<'a> = (&'a str, &'a dyn Fn(&FakeServer));

#[test]
fn a_log_that_was_deleted_or_emptied_is_put_back_when_a_person_says_so() {
    let deleted = |server: &FakeServer| server.delete_folder(FOLDER);
    let remade = |server: &FakeServer| {
        server.delete_folder(FOLDER);
        MailSource::create(&mut server.connect(), FOLDER).unwrap();
    };
    let emptied = |server: &FakeServer| clear(server, 0);
    let in_part = |server: &FakeServer| clear(server, 3);
    let harms: [Harm<'_>; 4] = [("deleted", &deleted), ("made anew", &remade), ("emptied", &emptied), ("emptied in part", &in_part)];
    for (what, harm) in harms {
        let server = FakeServer::new();
        let (mut ana, mut bo) = a_past(&server);
        let before = (seen(&ana), ana.hash());
        harm(&server);
        let left = server.messages(FOLDER).len();

        let trouble = [ana.exchange(&server).unwrap_err(), bo.exchange(&server).unwrap_err()];
        assert!(trouble.iter().all(LogError::can_be_restored), "{what}: {trouble:?}");
        assert_eq!(server.messages(FOLDER).len(), left, "{what}: nothing is written without a person's word");

        ana.restore(&server).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((seen(&ana), ana.hash()), before, "{what}");
        // The other one does the same a moment later, or hears of it; and somebody new joins.
        bo.restore(&server).unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut cy = Client::new("cy");
        come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], what);
        for client in [&ana, &bo, &cy] {
            assert_eq!(seen(client), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1), "{what}: {}", client.name);
        }
    }
}

#[test]
fn two_who_put_a_log_back_at_the_same_moment_do_no_harm() {
    for step in 0.. {
        let server = FakeServer::new();
        let (mut ana, mut bo) = a_past(&server);
        let hash = ana.hash();
        server.delete_folder(FOLDER);
        // One is broken off somewhere, the other does all of it, and the first goes on.
        let broken = server.steps() + step;
        server.fail_at(broken, Fault::After(Trouble::Unreachable));
        if ana.restore(&server).is_ok() && server.steps() <= broken {
            assert!(step > 10, "{step}");
            return;
        }
        bo.restore(&server).unwrap();
        let fresh = [ana.restore(&server), bo.restore(&server)];
        assert!(fresh.iter().all(Result::is_ok), "broken at {step}: {fresh:?}");
        assert_eq!(ana.hash(), hash, "broken at {step}");
        let mut cy = Client::new("cy");
        come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], &format!("broken at {step}"));
        assert_eq!(cy.tags(&key("one")), ["red", "waits"], "broken at {step}");
    }
}

#[test]
fn who_knows_more_than_what_was_put_back_brings_it_in() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    server.delete_folder(FOLDER);
    ana.restore(&server).unwrap();

    let trouble = bo.exchange(&server).unwrap_err();
    bo.restore(&server).unwrap();

    assert!(matches!(trouble, LogError::Lost { count: 1, .. } | LogError::Missing { count: 1, .. }), "{trouble}");
    let mut cy = Client::new("cy");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "both have");
    assert_eq!((ana.tags(&key("one")), cy.tags(&key("one"))), (vec!["red".into(), "waits".into()], vec!["red".into(), "waits".into()]));
}

#[test]
fn the_servers_clock_is_held_against_ours_when_an_event_was_read_back() {
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    assert_eq!(ana.exchange(&server).unwrap().clock_ahead, None);
    ana.act(opened("one"));

    let ahead = ana.exchange(&server).unwrap().clock_ahead.unwrap();

    // Its clock stands still in 2023, and an event may have waited for long: only the moment of handing it over counts.
    let expected = 1_700_000_002 - Timestamp::now().as_second();
    assert!((ahead - expected).abs() < 60, "{ahead} {expected}");
}

#[test]
fn another_teams_log_is_neither_followed_nor_written_to_whatever_a_person_says() {
    let server = FakeServer::new();
    let (mut ana, _) = a_past(&server);
    let before = seen(&ana);
    server.delete_folder(FOLDER);
    let mut other = Client::new("other");
    other.act(opened("theirs"));
    other.exchange(&server).unwrap();
    let count = server.messages(FOLDER).len();

    let trouble = [ana.exchange(&server).unwrap_err(), ana.restore(&server).unwrap_err()];

    assert!(trouble.iter().all(|error| matches!(error, LogError::Other { .. })), "{trouble:?}");
    assert!(!trouble[0].can_be_restored());
    assert_eq!((server.messages(FOLDER).len(), seen(&ana)), (count, before));
}

#[test]
fn an_order_nobody_else_knows_is_carried_over_on_a_persons_word() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    // The one who was there to the end does not come back; ana has not read bo's last event.
    drop(bo);
    server.renumber_backwards(FOLDER);
    let mut cy = Client::new("cy");

    let trouble = [ana.exchange(&server).unwrap_err(), cy.exchange(&server).unwrap_err()];
    let mut alone = Client::new("alone");
    let lonely = {
        let copy = server.copy();
        let _ = alone.exchange(&copy).unwrap_err();
        alone.restore(&copy).unwrap();
        seen(&alone)
    };
    ana.restore(&server).unwrap();

    assert!(trouble.iter().all(|error| matches!(error, LogError::NoOrder { .. })), "{trouble:?}");
    come_to_rest(&server, &mut [&mut ana, &mut cy], "carried over");
    for client in [&ana, &cy] {
        assert_eq!(seen(client), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1), "{}", client.name);
    }
    assert_eq!(lonely, seen(&ana), "who knows no order takes that of the authors' clocks");
}

#[test]
fn numbers_that_mean_other_messages_under_the_same_validity_are_found_out() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    let before = (seen(&ana), ana.hash());
    let assignee = |client: &Client| client.store.ticket_state(&key("one")).unwrap().unwrap().assignee.value;
    let was = assignee(&ana);
    server.turn_round(FOLDER);

    for client in [&mut ana, &mut bo] {
        client.spot_check(&server).unwrap();
        client.exchange(&server).unwrap();
    }

    let mut cy = Client::new("cy");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "turned round");
    for client in [&ana, &bo, &cy] {
        assert_eq!((seen(client), assignee(client)), (before.0.clone(), was.clone()), "{}", client.name);
    }
    bo.act(Change::Assign { ticket: key("one"), value: Some("cy".into()) });
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "and later changes apply");
    assert_eq!(assignee(&cy).as_deref(), Some("cy"));
}

#[test]
fn a_folder_put_back_from_a_backup_lacks_what_came_after_it() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    let backup = server.copy();
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    let count = backup.messages(FOLDER).len();

    ana.spot_check(&backup).unwrap();
    let trouble = ana.exchange(&backup).unwrap_err();
    assert!(matches!(trouble, LogError::Missing { count: 1, .. }), "{trouble}");
    assert_eq!(backup.messages(FOLDER).len(), count);
    ana.restore(&backup).unwrap();

    bo.spot_check(&backup).unwrap();
    let mut cy = Client::new("cy");
    come_to_rest(&backup, &mut [&mut ana, &mut bo, &mut cy], "put back");
    assert_eq!(seen(&cy), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1));
}

#[test]
fn a_folder_that_is_gone_is_not_made_again_behind_peoples_backs() {
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    server.delete_folder(FOLDER);
    ana.act(tagged("one", "red"));

    let trouble = ana.exchange(&server).unwrap_err();

    assert!(matches!(trouble, LogError::Gone { .. }), "{trouble}");
    assert!(server.messages(FOLDER).is_empty());
    assert_eq!((ana.store.waiting_count().unwrap(), ana.tags(&key("one")).len()), (1, 1));
}

#[test]
fn numbers_and_fields_stay_when_the_server_numbers_the_log_anew_in_another_order() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut cy) = (Client::new("ana"), Client::new("bo"), Client::new("cy"));
    for name in ["one", "two", "three", "four"] {
        ana.act(opened(name));
        ana.exchange(&server).unwrap();
        bo.exchange(&server).unwrap();
        bo.act(Change::Assign { ticket: key(name), value: Some("bo".into()) });
        bo.exchange(&server).unwrap();
    }
    ana.exchange(&server).unwrap();
    cy.exchange(&server).unwrap();
    let before = (ana.hash(), ana.number(&key("one")), ana.number(&key("four")));
    ana.act(tagged("one", "waits"));

    server.renumber_backwards(FOLDER);
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "numbered anew");

    let mut late = Client::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy, &mut late], "another joins");
    for client in [&ana, &bo, &cy, &late] {
        assert_eq!((client.number(&key("one")), client.number(&key("four"))), (before.1, before.2), "{}", client.name);
        assert_eq!(client.tags(&key("one")), ["waits"]);
    }
    let carried = in_log(&server).iter().filter(|id| id.contains('-')).count();
    assert_eq!(carried, 1, "one client carries the order over: {:#?}", in_log(&server));
}

#[test]
fn while_a_server_shows_a_part_of_a_folder_it_numbered_anew_nothing_is_written() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (Client::new("ana"), Client::new("bo"));
    ana.act(opened("one"));
    ana.act(tagged("one", "red"));
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();
    server.renumber_backwards(FOLDER);
    let count = server.messages(FOLDER).len();
    for uid in 1..=u32::try_from(count).unwrap() {
        server.hide(FOLDER, uid, true);
    }
    ana.act(tagged("one", "waits"));

    let empty = ana.exchange(&server).unwrap_err();
    server.hide(FOLDER, 1, false);
    let in_part = bo.exchange(&server).unwrap_err();

    assert!(matches!((&empty, &in_part), (LogError::Missing { .. }, LogError::Missing { .. })), "{empty}, {in_part}");
    assert_eq!(server.messages(FOLDER).len(), count, "nothing was written");
    assert_eq!((bo.number(&key("one")), bo.tags(&key("one"))), (Some(1), vec!["red".to_owned()]), "what was known stays");
    for uid in 1..=u32::try_from(count).unwrap() {
        server.hide(FOLDER, uid, false);
    }
    come_to_rest(&server, &mut [&mut ana, &mut bo], "all shown");
    assert_eq!(bo.tags(&key("one")), ["red", "waits"]);
}

/// Lets the server's clock go on.
fn later(server: &FakeServer) {
    for _ in 0..70 {
        let uid = server.deliver("Elsewhere", &Flags::default(), b"Subject: x\r\n\r\nx\r\n");
        server.expunge("Elsewhere", uid);
    }
}

#[test]
fn a_log_is_made_shorter_and_whoever_reads_it_then_knows_the_same() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut away) = (Client::new("ana"), Client::new("bo"), Client::new("away"));
    away.exchange(&server).unwrap();
    for name in ["one", "two", "three"] {
        ana.act(opened(name));
        ana.act(Change::Note { ticket: key(name), text: format!("about {name}"), edits: None });
    }
    ana.act(Change::Merge { ticket: key("three"), into: key("two") });
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();
    away.act(tagged("one", "from-afar"));
    ana.act(Change::Assign { ticket: key("one"), value: Some("ana".into()) });
    bo.act(Change::Assign { ticket: key("one"), value: Some("bo".into()) });
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();

    // Two compactors at once, then two who take out what the snapshots cover.
    let full = server.messages(FOLDER).len();
    ana.compact(&server);
    bo.compact(&server);
    assert!(server.messages(FOLDER).len() > full, "a snapshot was written");
    later(&server);
    bo.act(tagged("two", "after"));
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    ana.compact(&server);
    bo.compact(&server);

    let left = in_log(&server);
    assert!(left.len() < full, "{left:#?}");
    assert_eq!(left.iter().filter(|id| id.contains(".genesis@")).count(), 1);
    let texts: Vec<String> = server.messages(FOLDER).iter().filter_map(|(_, _, bytes)| mail::read_event(bytes, bytes.len()).ok()).collect();
    assert_eq!(texts.iter().filter(|text| text.contains("about ")).count(), 3, "no state holds the text of a note, so notes stay");
    let mut late = Client::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut away, &mut late], "shorter");
    assert_eq!(late.tags(&key("one")), ["from-afar"]);
    assert_eq!(late.store.history(&key("one")).unwrap().iter().filter(|entry| matches!(entry.event.change, Change::Note { .. })).count(), 1);
    let lost = bo.store.history(&key("one")).unwrap().into_iter().find(|entry| entry.is_conflict);
    assert!(lost.is_some(), "what was not applied stays known as that");
}

#[test]
fn what_an_unproven_snapshot_covers_stays() {
    let server = FakeServer::new();
    let (mut ana, mut liar) = (Client::new("ana"), Client::new("liar"));
    for name in ["one", "two", "three"] {
        ana.act(opened(name));
    }
    ana.exchange(&server).unwrap();
    liar.exchange(&server).unwrap();
    // Somebody who has the key, and a program that folds wrongly.
    liar.over(&server, |log| {
        let mut wrong = log.store.snapshot()?;
        wrong.state.counters.next_number = 77;
        wrong.hash = fold::hash(&wrong.state);
        log.append_snapshot(&wrong)
    })
    .unwrap();
    later(&server);
    ana.act(tagged("one", "red"));
    ana.exchange(&server).unwrap();
    let before = server.messages(FOLDER).len();

    ana.over(&server, |log| log.compact(Compaction { events: 1_000, age_secs: 60 })).unwrap();

    assert_eq!(server.messages(FOLDER).len(), before);
}

#[test]
fn an_older_program_before_a_newer_log_reads_and_writes_no_snapshot() {
    let server = FakeServer::new();
    let mut ana = Client::new("ana");
    let newer = serde_json::from_str(&format!(r#"{{"op":"teleport","ticket":"{}"}}"#, key("one"))).unwrap();
    for change in [opened("one"), opened("two"), opened("three"), Change::Unknown(newer)] {
        ana.act(change);
    }
    ana.exchange(&server).unwrap();
    let before = server.messages(FOLDER).len();

    ana.compact(&server);

    assert_eq!(server.messages(FOLDER).len(), before);
}
