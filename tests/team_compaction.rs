//! Keeping the log short on real mail servers, by several at once, while others write and read it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postdesk::domain::event::Change;
use postdesk::sync::endpoint::Endpoint;
use postdesk::sync::log::{Compaction, LogError};
use support::log_client::{FOLDER, LogClient, key, opened, tagged};
use support::testbed::{Setup, Storage, Testbed};
use support::wait_until;

const USER: &str = "support@example.test";
const WRITERS: usize = 4;
/// Acts of each writer, with an exchange after each.
const ROUNDS: usize = 30;
const TICKETS: [&str; 3] = ["one", "two", "three"];
/// A snapshot every so many events, and what it covers is taken out at once.
const AT_ONCE: Compaction = Compaction { events: 15, age_secs: 0 };

fn exchange(client: &mut LogClient, endpoint: &Endpoint) {
    client.exchange(endpoint).unwrap_or_else(|error| panic!("{}: {error}", client.name));
}

fn compact(client: &mut LogClient, endpoint: &Endpoint) -> Result<(), LogError> {
    client.over(endpoint, |log| {
        log.pull()?;
        log.compact(AT_ONCE).map(drop)
    })
}

fn write(mut client: LogClient, endpoint: &Endpoint) -> LogClient {
    for round in 0..ROUNDS {
        let ticket = TICKETS[round % TICKETS.len()];
        client.act(match round % 5 {
            4 => Change::Assign { ticket: key(ticket), value: Some(client.name.clone()) },
            3 => Change::Note { ticket: key(ticket), text: format!("{} says {round}", client.name), edits: None },
            _ => tagged(ticket, &format!("{}-{round}", client.name)),
        });
        exchange(&mut client, endpoint);
    }
    client
}

/// Everybody reads the log to its end.
fn come_to_rest(clients: &mut [LogClient], endpoint: &Endpoint) {
    for _ in 0..2 {
        for client in &mut *clients {
            exchange(client, endpoint);
        }
    }
}

#[track_caller]
fn assert_agree(clients: &[LogClient]) {
    for client in &clients[1..] {
        assert_eq!(client.hash(), clients[0].hash(), "{} and {} have folded differently", client.name, clients[0].name);
    }
    for client in clients {
        let tags: BTreeSet<String> = TICKETS.iter().flat_map(|ticket| client.tags(&key(ticket))).collect();
        assert_eq!(tags.len(), WRITERS * ROUNDS * 3 / 5, "{}", client.name);
    }
}

/// Four write, two make the log shorter, one reads along and others join all the time.
fn two_compactors(bed: &Testbed) -> Vec<LogClient> {
    let endpoint = &bed.plain_endpoint(USER);
    let mut first = LogClient::new("first");
    for ticket in TICKETS {
        first.act(opened(ticket));
    }
    exchange(&mut first, endpoint);
    let writing = AtomicUsize::new(WRITERS);
    let is_over = || writing.load(Ordering::SeqCst) == 0;

    let mut clients = std::thread::scope(|scope| {
        let writers = (0..WRITERS).map(|index| {
            let writing = &writing;
            scope.spawn(move || {
                let client = write(LogClient::new(format!("writer{index}")), endpoint);
                writing.fetch_sub(1, Ordering::SeqCst);
                client
            })
        });
        let compactors = (0..2).map(|index| {
            scope.spawn(move || {
                let mut client = LogClient::new(format!("compactor{index}"));
                while !is_over() {
                    compact(&mut client, endpoint).unwrap_or_else(|error| panic!("{}: {error}", client.name));
                }
                client
            })
        });
        let joining = scope.spawn(move || {
            let mut joined = Vec::new();
            while !is_over() {
                let mut client = LogClient::new(format!("reader{}", joined.len()));
                exchange(&mut client, endpoint);
                joined.push(client);
                std::thread::sleep(Duration::from_millis(200));
            }
            joined
        });
        let working: Vec<_> = writers.chain(compactors).collect();
        let mut clients: Vec<LogClient> = working.into_iter().map(|thread| thread.join().unwrap()).collect();
        clients.extend(joining.join().unwrap());
        clients
    });
    clients.push(first);
    clients.push(LogClient::new("late"));
    come_to_rest(&mut clients, endpoint);
    clients
}

/// How many snapshots were ever written, by what is left: the ids of their parts.
fn in_folder(bed: &Testbed) -> (usize, usize) {
    let ids: Vec<String> = bed.imap(USER).heads(FOLDER, 1).iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    let snapshots = ids.iter().filter(|id| id.contains('-')).count();
    (ids.len() - snapshots, snapshots)
}

fn compacted_on(storage: Storage) -> Option<(Testbed, Vec<LogClient>)> {
    let bed = Testbed::start_with(Setup { storage, ..Setup::default() })?;
    let clients = two_compactors(&bed);
    assert_agree(&clients);
    let (events, snapshots) = in_folder(&bed);
    let notes = WRITERS * ROUNDS / 5;
    assert!(snapshots >= 2, "the newest snapshots stay: {snapshots}");
    assert!(events >= notes && events < WRITERS * ROUNDS, "{events} of {} events are left: {notes} notes stay", WRITERS * ROUNDS);
    eprintln!("{storage:?}: {} clients, {events} events and {snapshots} snapshots left of {} events", clients.len(), WRITERS * ROUNDS + 4);
    Some((bed, clients))
}

#[test]
fn two_compactors_and_all_who_write_read_and_join_agree_on_maildir() {
    compacted_on(Storage::Maildir);
}

#[test]
fn two_compactors_and_all_who_write_read_and_join_agree_on_sdbox() {
    compacted_on(Storage::Sdbox);
}

/// The server forgets its map and index, and gives back what was expunged, under other numbers and in another order.
#[test]
fn events_that_come_back_after_a_compaction_on_mdbox_have_no_effect() {
    let Some((bed, mut clients)) = compacted_on(Storage::Mdbox) else { return };
    let endpoint = bed.plain_endpoint(USER);
    let (hash, left, validity) = (clients[0].hash(), in_folder(&bed), bed.validity(USER, FOLDER));
    clients.truncate(3);
    bed.lose_indexes(USER);
    bed.doveadm(&["force-resync", "-u", USER, "*"]);
    let back = in_folder(&bed);
    assert!(back.0 > left.0, "the server gave back what was expunged: {back:?}, before {left:?}");
    assert_ne!(bed.validity(USER, FOLDER), validity);

    wait_until("all know the order", Duration::from_secs(20), || clients.iter_mut().all(|client| client.exchange(&endpoint).is_ok()));
    clients.push(LogClient::new("late"));
    come_to_rest(&mut clients, &endpoint);

    assert_agree(&clients);
    assert_eq!(clients[0].hash(), hash, "nothing that came back counts");
    clients[1].act(tagged("one", "after"));
    come_to_rest(&mut clients, &endpoint);
    assert!(clients.iter().all(|client| client.tags(&key("one")).contains(&"after".to_owned())));
}
