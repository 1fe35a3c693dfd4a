//! A log that is made shorter.

use postdesk::domain::event::Change;
use postdesk::domain::fold;
use postdesk::mail;
use postdesk::sync::fake::{FakeServer, Fault};
use postdesk::sync::log::{Compaction, Exchanged, LogError};
use postdesk::sync::source::{Flags, Trouble};

use super::log_client::{FOLDER, LogClient, key, opened, tagged};
use super::{come_to_rest, in_log, write_much};

/// Makes the log shorter, if there is anything: a snapshot after three events, and gone after a minute.
fn compact(client: &mut LogClient, server: &FakeServer) {
    try_to_compact(client, server).unwrap();
}

fn try_to_compact(client: &mut LogClient, server: &FakeServer) -> Result<Exchanged, LogError> {
    client.over(server, |log| {
        log.pull()?;
        log.compact(Compaction { events: 3, age_secs: 60 })
    })
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
    let (mut ana, mut bo, mut away) = (LogClient::new("ana"), LogClient::new("bo"), LogClient::new("away"));
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
    compact(&mut ana, &server);
    compact(&mut bo, &server);
    assert!(server.messages(FOLDER).len() > full, "a snapshot was written");
    later(&server);
    bo.act(tagged("two", "after"));
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    compact(&mut ana, &server);
    compact(&mut bo, &server);

    let left = in_log(&server);
    assert!(left.len() < full, "{left:#?}");
    assert_eq!(left.iter().filter(|id| id.contains(".genesis@")).count(), 1);
    let texts: Vec<String> = server.messages(FOLDER).iter().filter_map(|(_, _, bytes)| mail::read_event(bytes, bytes.len()).ok()).collect();
    assert_eq!(texts.iter().filter(|text| text.contains("about ")).count(), 3, "no state holds the text of a note, so notes stay");
    let mut late = LogClient::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut away, &mut late], "shorter");
    assert_eq!(late.tags(&key("one")), ["from-afar"]);
    assert_eq!(late.store.history(&key("one")).unwrap().iter().filter(|entry| matches!(entry.event.change, Change::Note { .. })).count(), 1);
    let lost = bo.store.history(&key("one")).unwrap().into_iter().find(|entry| entry.is_conflict);
    assert!(lost.is_some(), "what was not applied stays known as that");
}

#[test]
fn much_is_taken_out_in_steps_and_a_line_that_breaks_costs_one_of_them() {
    // A thousand at a time, the oldest first and what is left over before them.
    const FIRST: usize = 201;
    let server = FakeServer::new();
    let mut ana = LogClient::new("ana");
    write_much(&mut ana, FIRST as u64 + 1_000);
    ana.exchange(&server).unwrap();
    compact(&mut ana, &server);
    later(&server);
    ana.act(tagged("1", "after"));
    ana.exchange(&server).unwrap();
    let full = server.messages(FOLDER).len();
    let (twin, mut double) = (server.copy(), ana.copy("double"));
    let before = twin.steps();
    compact(&mut double, &twin);
    let steps = twin.steps() - before;

    server.fail_at(server.steps() + steps - 1, Fault::Before(Trouble::Unreachable));
    assert!(try_to_compact(&mut ana, &server).is_err());

    assert_eq!(server.messages(FOLDER).len(), full - FIRST);
    ana.restart();
    compact(&mut ana, &server);
    assert_eq!(server.messages(FOLDER).len(), twin.messages(FOLDER).len());
    assert!(server.messages(FOLDER).len() < 10, "the beginning, the snapshot and what came after it");
    let mut late = LogClient::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut late], "shorter");
    assert_eq!(late.tags(&key("1")).len(), 12);
}

#[test]
fn signs_of_presence_and_beacons_leave_the_log_long_before_what_counts() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut away) = (LogClient::new("ana"), LogClient::new("bo"), LogClient::new("away"));
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    away.exchange(&server).unwrap();
    ana.act(tagged("one", "red"));
    ana.act(Change::Presence { ticket: key("one"), what: "replying".into() });
    ana.act(Change::Left { ticket: key("one"), what: "replying".into() });
    ana.act(tagged("one", "blue"));
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();
    let when = Compaction { events: 3, age_secs: 7 * 86_400 };
    let compact = |client: &mut LogClient| {
        client.over(&server, |log| {
            log.pull()?;
            log.compact(when)
        })
    };
    let full = server.messages(FOLDER).len();
    compact(&mut ana).unwrap();
    assert_eq!(server.messages(FOLDER).len(), full + 1, "a snapshot");
    compact(&mut bo).unwrap();
    assert_eq!(server.messages(FOLDER).len(), full + 1, "who has missed it a moment ago still finds it");
    for _ in 0..60 {
        later(&server);
    }
    bo.act(tagged("one", "late"));
    bo.exchange(&server).unwrap();

    compact(&mut bo).unwrap();
    compact(&mut ana).unwrap();

    let texts: Vec<String> = server.messages(FOLDER).iter().filter_map(|(_, _, bytes)| mail::read_event(bytes, bytes.len()).ok()).collect();
    let holds = |word: &str| texts.iter().filter(|text| text.contains(word)).count();
    assert_eq!((holds("\"presence\""), holds("\"left\"")), (0, 0), "{texts:#?}");
    assert_eq!(holds("\"tag\""), 3, "{texts:#?}");
    let mut late = LogClient::new("new");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut away, &mut late], "without signs");
    for client in [&away, &late] {
        assert_eq!(client.tags(&key("one")), ["blue", "late", "red"], "{}", client.name);
        assert_eq!(client.hash(), ana.hash(), "{}", client.name);
    }
}

#[test]
fn what_an_unproven_snapshot_covers_stays() {
    let server = FakeServer::new();
    let (mut ana, mut liar) = (LogClient::new("ana"), LogClient::new("liar"));
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
    let mut ana = LogClient::new("ana");
    let newer = serde_json::from_str(&format!(r#"{{"op":"teleport","ticket":"{}"}}"#, key("one"))).unwrap();
    for change in [opened("one"), opened("two"), opened("three"), Change::Unknown(newer)] {
        ana.act(change);
    }
    ana.exchange(&server).unwrap();
    let before = server.messages(FOLDER).len();

    compact(&mut ana, &server);

    assert_eq!(server.messages(FOLDER).len(), before);
}
