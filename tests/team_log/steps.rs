//! Whatever step of an exchange breaks off, and whatever the server shows late or never.

use std::collections::BTreeSet;

use postdesk::domain::Timestamp;
use postdesk::domain::event::Change;
use postdesk::domain::ticket::Status;
use postdesk::mail;
use postdesk::sync::fake::{FakeServer, Fault};
use postdesk::sync::log::LogError;
use postdesk::sync::source::{Flags, Trouble};

use super::log_client::{FOLDER, LogClient, id, key, opened, tagged};
use super::{assert_in_once, come_to_rest, write_much};

/// Two people who act, in turn on-line and not; every exchange may fail.
fn day(server: &FakeServer) -> (LogClient, LogClient) {
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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

#[test]
fn a_change_is_shown_to_other_mail_programs_when_its_author_has_read_it_back_and_by_nobody_else() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    ana.act(Change::Status { ticket: key("one"), value: Status::Solved, seen: None });
    ana.act(tagged("one", "red"));
    let owed = |client: &LogClient| {
        client.store.mirror_due(Timestamp::now()).unwrap().into_iter().map(|due| due.event.change.op().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(owed(&ana), Vec::<String>::new(), "it waits here");

    server.fail_at(server.steps(), Fault::Before(Trouble::Unreachable));
    assert!(ana.exchange(&server).is_err());
    assert_eq!(owed(&ana), Vec::<String>::new(), "and waits on");
    ana.restart();
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();

    assert_eq!((owed(&ana), owed(&bo)), (vec!["status".to_owned()], vec![]));
    let rows: Vec<i64> = ana.store.mirror_due(Timestamp::now()).unwrap().iter().map(|due| due.n).collect();
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
fn of_a_long_log_what_came_before_the_line_broke_is_not_fetched_again() {
    // Pages are of 500 messages, the first of what is left over.
    const FIRST: u64 = 202;
    const READ: u64 = FIRST + 500;
    const ALL: u64 = READ + 500;
    let server = FakeServer::new();
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
    write_much(&mut ana, ALL - 1);
    ana.exchange(&server).unwrap();
    assert_eq!(server.messages(FOLDER).len() as u64, ALL);
    // Each message that is handed out is a step: the first page is looked through for the beginning of the log, then all are read.
    server.fail_at(server.steps() + FIRST + READ + 200, Fault::Before(Trouble::Unreachable));

    assert!(bo.exchange(&server).is_err());

    let validity = bo.store.log_head().unwrap().unwrap().validity;
    assert_eq!(bo.store.read_uids(validity).unwrap().len() as u64, READ);
    bo.restart();
    let before = server.steps();
    bo.exchange(&server).unwrap();
    let steps = server.steps() - before;
    assert!((ALL - READ..ALL - READ + 20).contains(&steps), "{steps} steps for what was missing");
    assert_eq!((bo.tags(&key("99")).len(), bo.number(&key("99"))), (11, Some(100)));
    assert_eq!(bo.hash(), ana.hash());
}

#[test]
fn a_message_that_is_shown_late_takes_the_place_its_number_gives_it() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut cy) = (LogClient::new("ana"), LogClient::new("bo"), LogClient::new("cy"));
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
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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
    let mut ana = LogClient::new("ana");
    ana.act(opened("one"));
    let steps = {
        let probe = FakeServer::new();
        LogClient::new("probe").exchange(&probe).unwrap();
        probe.steps()
    };
    for step in 0..steps {
        let server = FakeServer::new();
        server.fail_at(step, Fault::After(Trouble::Unreachable));
        let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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
    LogClient::new("other").exchange(&second).unwrap();
    server.deliver(FOLDER, &flags, &second.messages(FOLDER)[0].2);
    let mut bo = LogClient::new("bo");
    bo.act(tagged("one", "red"));
    come_to_rest(&server, &mut [&mut ana, &mut bo], "two beginnings");
    assert_eq!(ana.tags(&key("one")), ["red"]);
    assert_eq!(server.messages(FOLDER)[0].2, beginning);
    assert!(ana.store.ignored_messages().unwrap().is_empty(), "the loser of a race is no cause for alarm");
}

#[test]
fn an_event_too_large_for_any_server_leaves_a_mark_and_keeps_nobody_waiting() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
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

#[test]
fn the_servers_clock_is_held_against_ours_when_an_event_was_read_back() {
    let server = FakeServer::new();
    let mut ana = LogClient::new("ana");
    assert_eq!(ana.exchange(&server).unwrap().clock_ahead, None);
    ana.act(opened("one"));

    let ahead = ana.exchange(&server).unwrap().clock_ahead.unwrap();

    // Its clock stands still in 2023, and an event may have waited for long: only the moment of handing it over counts.
    let expected = 1_700_000_002 - Timestamp::now().as_second();
    assert!((ahead - expected).abs() < 60, "{ahead} {expected}");
}
