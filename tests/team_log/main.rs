//! The team log on a scripted server: broken off at every step, shown late, withheld, copied, lost, renumbered, made shorter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod copies;
mod fillers;
#[path = "../support/log_client.rs"]
mod log_client;
mod lost;
mod numbers;
mod shorter;
mod steps;

use std::collections::BTreeSet;

use log_client::{FOLDER, LogClient, key, opened, tagged};
use postdesk::domain::Timestamp;
use postdesk::domain::event::Change;
use postdesk::mail;
use postdesk::store::events::{Author, NewEvent};
use postdesk::sync::fake::FakeServer;

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

/// Writes so many events, more than a hundred: a ticket each for the first hundred, then tags on these.
fn write_much(client: &mut LogClient, events: u64) {
    let author = Author { agent: client.name.clone().into(), now: Timestamp::from_second(1_795_000_000).unwrap() };
    let name = |number: u64| (number % 100).to_string();
    let opens = (0..100).map(|number| opened(&name(number)));
    let tags = (100..events).map(|number| tagged(&name(number), &format!("{number:04}")));
    let events = opens.chain(tags).map(|change| NewEvent { change, inverse: None }).collect();
    client.store.append_events(&author, events).unwrap();
}

/// Everybody comes back, twice; then nothing is left to do.
#[track_caller]
fn come_to_rest(server: &FakeServer, clients: &mut [&mut LogClient], what: &str) {
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

/// What everybody sees of two tickets.
fn seen(client: &LogClient) -> (Option<u64>, Option<u64>, Vec<String>, usize) {
    let notes = client.store.history(&key("one")).unwrap().iter().filter(|entry| matches!(entry.event.change, Change::Note { .. })).count();
    (client.number(&key("one")), client.number(&key("two")), client.tags(&key("one")), notes)
}

/// A log with two tickets, a conflict, a note, and what nobody has heard of yet.
fn a_past(server: &FakeServer) -> (LogClient, LogClient) {
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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
