//! Orders of the list, page by page, and searches that are given up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::{Duration, Instant};

use postdesk::domain::project::Project;
use postdesk::domain::query::{Order, Query, QueryContext, Sort, parse};
use postdesk::domain::ticket::TicketRow;
use postdesk::domain::{TicketKey, Timestamp};
use postdesk::store::events::Author;
use postdesk::store::{Store, StoreError, StorePaths};
use postdesk::sync::fake::FakeServer;
use postdesk::sync::pass::{self, FolderChoice, Pass};
use postdesk::sync::prepare::DeskContext;
use postdesk::sync::settle;
use postdesk::sync::source::{Flags, Waker};

const NAMES: [&str; 6] = ["Özlem", "ana", "Zoë", "Ben", "Ben", "mira"];

/// Words that every so many-th mail holds.
const WORDS: [(&str, usize); 3] = [("third", 3), ("thirtieth", 30), ("hundredth", 100)];

/// A desk with so many mails, each a ticket, of a handful of people.
fn desk(folder: &Path, mails: usize) -> Store {
    let server = FakeServer::new();
    for number in 0..mails {
        let name = NAMES[number % NAMES.len()];
        let words = WORDS.map(|(word, every)| if number % every == 0 { word } else { "" }).join(" ");
        let mail = format!(
            "From: {name} <{number}@customer.example>\r\nTo: support@desk.example\r\nSubject: Case {number}\r\nMessage-ID: <{number}@c>\r\n\
             Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nWords that all of them have: alpha beta gamma {number} {words}.\r\n"
        );
        server.deliver("INBOX", &Flags::default(), mail.as_bytes());
    }
    synced(folder, &server)
}

/// What a desk makes of what lies on a server.
fn synced(folder: &Path, server: &FakeServer) -> Store {
    let mut store = fetched(folder, server);
    let author = Author { agent: "ana".into(), now: Timestamp::from_second(1_800_000_000).unwrap() };
    settle::settle(&mut store, &author, settle::Opens::Here, &|_| true).unwrap();
    store
}

/// The same, without a ticket that has a number.
fn fetched(folder: &Path, server: &FakeServer) -> Store {
    let app = Project { id: "app".into(), addresses: vec!["support@desk.example".into()], is_default: true, ..Project::default() };
    let context = DeskContext { mailbox: "support@desk.example".into(), projects: vec![app], authserv_id: None };
    let mut store = Store::open("desk", StorePaths { data: folder.to_owned(), cache: folder.to_owned() }).unwrap();
    store.set_own_addresses(&context.own_addresses()).unwrap();
    let mut source = server.connect();
    let folders = pass::folders(&mut source, &FolderChoice { inbox: vec!["INBOX".into()], ..FolderChoice::default() }).unwrap();
    Pass { store: &mut store, source: &mut source, context: &context, stop: &Waker::default(), progress: &mut |_| {} }.run(&folders).unwrap();
    store
}

fn query(text: &str) -> Query {
    parse(text, &QueryContext { agent: "ana".into(), now: Timestamp::now() }).unwrap()
}

/// All tickets in an order, read in pages of a few.
fn paged(store: &Store, order: Order) -> Vec<(TicketKey, String)> {
    found(store, "", order).into_iter().map(|row| (row.key, row.requester.unwrap().name)).collect()
}

/// The tickets of a query in an order, read in pages of a few.
fn found(store: &Store, text: &str, order: Order) -> Vec<TicketRow> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.page(&query(text), order, 4, after).unwrap();
        all.extend(page.rows);
        match page.next {
            Some(mark) => after = Some(mark),
            None => return all,
        }
    }
}

#[test]
fn pages_of_every_order_hold_each_ticket_once_and_backwards_is_the_reverse() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 23);

    for sort in Sort::ALL {
        let forwards = paged(&store, sort.into());
        let mut backwards = paged(&store, Order { sort, reversed: true });
        backwards.reverse();

        assert_eq!(forwards.iter().map(|(key, _)| key).collect::<std::collections::BTreeSet<_>>().len(), 23, "{sort:?}");
        assert_eq!(forwards, backwards, "{sort:?}");
    }
}

/// A mail like all others, but for its number.
fn alike(number: usize) -> String {
    format!("From: Ana <a@c.example>\r\nTo: support@desk.example\r\nSubject: Case alike\r\nMessage-ID: <{number}@c>\r\n\r\nalpha\r\n")
}

#[test]
fn equal_tickets_come_in_the_same_order_in_whichever_they_were_fetched() {
    let mails: Vec<String> = (0..23).map(alike).collect();
    let stores = [mails.clone(), mails.into_iter().rev().collect()].map(|mails| {
        let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
        for mail in mails {
            server.deliver_at("INBOX", Timestamp::from_second(1_795_000_000).unwrap(), mail.as_bytes());
        }
        (fetched(folder.path(), &server), folder)
    });

    for order in Sort::ALL.into_iter().flat_map(|sort| [false, true].map(|reversed| Order { sort, reversed })) {
        for text in ["", "alpha"] {
            let [one, other] = stores.each_ref().map(|(store, _)| found(store, text, order).into_iter().map(|row| row.key).collect::<Vec<_>>());
            assert_eq!(one, other, "{text:?} {order:?}");
            assert_eq!(one.len(), 23, "{text:?} {order:?}");
        }
    }
}

#[test]
fn of_equal_tickets_the_one_with_the_greater_number_is_the_newer_and_those_without_one_are_the_newest() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    for number in 0..15 {
        server.deliver_at("INBOX", at, alike(number).as_bytes());
    }
    drop(synced(folder.path(), &server));
    for number in 15..20 {
        server.deliver_at("INBOX", at, alike(number).as_bytes());
    }
    let store = fetched(folder.path(), &server);

    for sort in [Sort::Updated, Sort::Created, Sort::Priority, Sort::Waiting, Sort::Status] {
        let numbers: Vec<_> = found(&store, "", sort.into()).into_iter().map(|row| row.number).collect();
        let expected: Vec<_> = std::iter::repeat_n(None, 5).chain((1..=15).rev().map(Some)).collect();
        assert_eq!(numbers, expected, "{sort:?}");
    }
}

#[test]
fn however_rare_a_word_is_its_pages_hold_each_match_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 120);

    for sort in Sort::ALL {
        for reversed in [false, true] {
            let order = Order { sort, reversed };
            let all: Vec<String> = found(&store, "", order).into_iter().map(|row| row.subject).collect();
            for (word, every) in WORDS.into_iter().chain([("alpha", 1), ("nowhere", usize::MAX)]) {
                let holds = |subject: &str| every < usize::MAX && subject.rsplit(' ').next().unwrap().parse::<usize>().unwrap() % every == 0;
                let expected: Vec<&String> = all.iter().filter(|subject| holds(subject)).collect();
                let rows = found(&store, word, order);
                assert_eq!(rows.iter().map(|row| &row.subject).collect::<Vec<_>>(), expected, "{word}, {order:?}");
            }
        }
    }
}

#[test]
fn a_word_is_found_in_the_same_tickets_however_many_are_asked_for_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 2_000);

    for sort in [Sort::Updated, Sort::Number, Sort::Requester] {
        let all = store.page(&query(""), sort, 2_000, None).unwrap().rows;
        for text in ["third", "third -hundredth", "alpha", "case alpha", "hundred*"] {
            let keys: std::collections::BTreeSet<TicketKey> = store.keys(&query(text)).unwrap().into_iter().collect();
            let expected: Vec<&TicketKey> = all.iter().map(|row| &row.key).filter(|key| keys.contains(key)).collect();
            for limit in [1, 40, 200, 2_000] {
                let rows = store.page(&query(text), sort, limit, None).unwrap().rows;
                let first = expected.len().min(limit as usize);
                assert_eq!(rows.iter().map(|row| &row.key).collect::<Vec<_>>(), expected[..first], "{text}, {limit}, {sort:?}");
            }
        }
    }
}

/// The mails of a ticket, each with the words in it.
type Thread = Vec<Vec<&'static str>>;

/// So many threads of one to seven mails each, whose mails lie far from each other; one of them is long.
fn threads(count: usize) -> Vec<Thread> {
    let words = |thread: usize, mail: usize| {
        let spread = [("common", 1), ("second", 2), ("fifth", 5), ("twentieth", 20), ("seldom", 71)];
        spread.into_iter().filter(|(_, every)| (thread * 7 + mail * 3).is_multiple_of(*every)).map(|(word, _)| word).collect()
    };
    (0..count).map(|thread| (0..if thread == 11 { 90 } else { 1 + thread % 7 }).map(|mail| words(thread, mail)).collect()).collect()
}

fn deliver(server: &FakeServer, threads: &[Thread]) {
    let longest = threads.iter().map(Vec::len).max().unwrap();
    for mail in 0..longest {
        for (thread, mails) in threads.iter().enumerate().filter(|(_, mails)| mails.len() > mail) {
            let (name, words) = (NAMES[thread % NAMES.len()], mails[mail].join(" "));
            let root = if mail == 0 { String::new() } else { format!("References: <{thread}-0@c>\r\n") };
            let text = format!(
                "From: {name} <{thread}@customer.example>\r\nTo: support@desk.example\r\nSubject: Case {thread}\r\nMessage-ID: <{thread}-{mail}@c>\r\n\
                 {root}Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n{words}\r\n"
            );
            server.deliver("INBOX", &Flags::default(), text.as_bytes());
        }
    }
}

fn holds(thread: &Thread, words: &[&str]) -> bool {
    thread.iter().any(|mail| words.iter().all(|word| mail.contains(word)))
}

#[test]
fn whatever_is_asked_pages_hold_exactly_the_tickets_whose_mails_answer_it() {
    type Answers = fn(&Thread) -> bool;
    let asked: [(&str, Answers); 14] = [
        ("common", |t| holds(t, &["common"])),
        ("second", |t| holds(t, &["second"])),
        ("fifth", |t| holds(t, &["fifth"])),
        ("twentieth", |t| holds(t, &["twentieth"])),
        ("seldom", |t| holds(t, &["seldom"])),
        ("second fifth", |t| holds(t, &["second", "fifth"])),
        ("twent*", |t| holds(t, &["twentieth"])),
        ("-second", |t| !holds(t, &["second"])),
        ("common -fifth", |t| !holds(t, &["fifth"])),
        ("fifth OR seldom", |t| holds(t, &["fifth"]) || holds(t, &["seldom"])),
        ("second (fifth OR twent*)", |t| holds(t, &["second"]) && (holds(t, &["fifth"]) || holds(t, &["twentieth"]))),
        ("-(second OR fifth) -seldom", |t| !holds(t, &["second"]) && !holds(t, &["fifth"]) && !holds(t, &["seldom"])),
        ("seldom OR (status:open -second)", |t| holds(t, &["seldom"]) || !holds(t, &["second"])),
        ("to:support (status:solved OR fifth OR to:nobody)", |t| holds(t, &["fifth"])),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (server, threads) = (FakeServer::new(), threads(160));
    deliver(&server, &threads);
    let store = synced(folder.path(), &server);

    for order in [Order::default(), Order { sort: Sort::Requester, reversed: true }] {
        let all: Vec<String> = found(&store, "", order).into_iter().map(|row| row.subject).collect();
        assert_eq!(all.len(), threads.len());
        for (text, answers) in &asked {
            let thread = |subject: &String| &threads[subject.rsplit(' ').next().unwrap().parse::<usize>().unwrap()];
            let expected: Vec<&String> = all.iter().filter(|subject| answers(thread(subject))).collect();
            let rows = found(&store, text, order);
            assert_eq!(rows.iter().map(|row| &row.subject).collect::<Vec<_>>(), expected, "{text}, {order:?}");
            assert_eq!(store.keys(&query(text)).unwrap().len(), expected.len(), "{text}");
            assert_eq!(store.count(&query(text)).unwrap() as usize, expected.len(), "{text}");
        }
    }
}

#[test]
fn customers_are_listed_by_name_whatever_its_case() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 6);

    let names: Vec<String> = paged(&store, Sort::Requester.into()).into_iter().map(|(_, name)| name).collect();

    assert_eq!(&names[..4], ["ana", "Ben", "Ben", "mira"]);
}

#[test]
fn all_keys_of_a_query_are_those_of_its_pages() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 23);

    for text in ["", "status:open", "alpha", "subject:case -from:ben", "from:ben OR from:mira"] {
        let mut keys = store.keys(&query(text)).unwrap();
        let mut listed: Vec<TicketKey> = store.page(&query(text), Sort::Updated, 100, None).unwrap().rows.into_iter().map(|row| row.key).collect();
        keys.sort();
        listed.sort();
        assert_eq!(keys, listed, "{text}");
        assert_eq!(store.count(&query(text)).unwrap() as usize, keys.len(), "{text}");
    }
}

#[test]
fn a_search_that_runs_is_given_up_at_once_and_the_next_one_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 2_000);
    let interrupter = store.interrupter();
    // Each ticket is compared with a text that occurs nowhere: as slow as a search gets.
    let slow = query(&format!("({})", vec!["to:nowhere.example"; 40].join(" OR ")));
    let (started, begun) = std::sync::mpsc::channel();

    let stopper = std::thread::spawn(move || {
        begun.recv().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end && begun.try_recv().is_err() {
            interrupter.interrupt();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    started.send(()).unwrap();
    let outcome = (0..200).map(|_| store.page(&slow, Sort::Requester, 10, None)).find(Result::is_err);
    started.send(()).unwrap();
    stopper.join().unwrap();

    assert!(matches!(outcome, Some(Err(StoreError::Interrupted))), "{outcome:?}");
    assert_eq!(store.count(&query("alpha")).unwrap(), 2_000, "the store goes on as before");
}

#[test]
fn whenever_a_search_is_given_up_the_next_one_can_begin() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), 60);
    let interrupter = store.interrupter();
    let is_over = std::sync::atomic::AtomicBool::new(false);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                interrupter.interrupt();
                std::thread::yield_now();
            }
        });
        for _ in 0..3_000 {
            let _ = store.page(&query("alpha"), Order::default(), 5, None);
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });

    assert_eq!(store.page(&query("alpha"), Order::default(), 5, None).map(|page| page.rows.len()).map_err(|error| error.to_string()), Ok(5));
}
