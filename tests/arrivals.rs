//! What a pass takes for news: what customers have written since, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod support;

use std::time::{Duration, SystemTime};

use postdesk::desk::Desk;
use postdesk::domain::arrivals::Arrivals;
use postdesk::sync::source::Waker;
use support::TestDesk;

fn announcing() -> TestDesk {
    let mut desk = TestDesk::new();
    desk.desk.announce_arrivals().unwrap();
    desk
}

/// Another process on the same files.
fn beside(desk: &TestDesk) -> Desk {
    let mut beside = Desk::open(desk.setup.clone()).unwrap();
    beside.announce_arrivals().unwrap();
    beside
}

/// A pass over a mailbox into which this has come, `age` ago.
fn pass(desk: &mut TestDesk, place: &str, headers: &str, age: Duration) -> Option<Arrivals> {
    let path = desk.path().join("mail").join(place);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("{headers}\r\nDate: Tue, 03 Mar 2026 09:00:00 +0000\r\n\r\nHello.\r\n")).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() - age).unwrap();
    let report = desk.desk.sync(&mut |_| {}, &Waker::default()).unwrap();
    assert_eq!(report.messages_new, 1, "{report:?}");
    report.arrived.map(|arrived| *arrived)
}

fn customer(id: &str, subject: &str) -> String {
    format!("From: Rosa Diaz <rosa@client.example>\r\nTo: support@desk.example\r\nSubject: {subject}\r\nMessage-ID: <{id}@client.example>")
}

const NOW: Duration = Duration::from_secs(5);

#[test]
fn a_customers_mail_is_news_with_its_ticket_from_the_second_pass_on() {
    let mut desk = announcing();

    assert_eq!(pass(&mut desk, "new/1.test", &customer("a", "First"), NOW), None, "the first pass reads what lay there");
    let arrived = pass(&mut desk, "new/2.test", &customer("b", "Second"), NOW);

    let expected = Arrivals { count: 1, ticket: "#2".into(), subject: "Second".into(), from: "Rosa Diaz".into() };
    assert_eq!(arrived, Some(expected));
    desk.sync();
    let again = desk.desk.sync(&mut |_| {}, &Waker::default()).unwrap();
    assert_eq!(again.arrived, None, "it is news once");
}

#[test]
fn old_read_automatic_and_own_mail_is_no_news() {
    let mut desk = announcing();
    pass(&mut desk, "new/1.test", &customer("a", "First"), NOW);
    let automatic = format!("{}\r\nAuto-Submitted: auto-replied", customer("c", "Out of office"));
    let own = "From: App <support+app@desk.example>\r\nTo: rosa@client.example\r\nSubject: Re: First\r\nMessage-ID: <o@desk.example>";

    assert_eq!(pass(&mut desk, "new/2.test", &customer("b", "Last week"), Duration::from_hours(24 * 7)), None);
    assert_eq!(pass(&mut desk, "cur/3.test:2,S", &customer("d", "Read elsewhere"), NOW), None);
    assert_eq!(pass(&mut desk, "new/4.test", &automatic, NOW), None);
    assert_eq!(pass(&mut desk, ".Sent/cur/5.test:2,S", own, NOW), None);
    assert!(pass(&mut desk, "new/6.test", &customer("e", "After all that"), NOW).is_some());
}

#[test]
fn of_all_who_look_on_while_another_syncs_one_announces_what_came() {
    let mut desk = TestDesk::new();
    let (mut first, mut second) = (beside(&desk), beside(&desk));
    assert!(first.look().unwrap().is_some_and(|seen| seen.arrived.is_none()));

    assert_eq!(pass(&mut desk, "new/1.test", &customer("a", "First"), NOW), None);
    assert!(first.look().unwrap().is_some_and(|seen| seen.arrived.is_none() && seen.synced.is_some()), "the first pass reads what lay there");
    assert_eq!(pass(&mut desk, "new/2.test", &customer("b", "Second"), NOW), None, "a command announces nothing");

    let expected = Arrivals { count: 1, ticket: "#2".into(), subject: "Second".into(), from: "Rosa Diaz".into() };
    assert_eq!(first.look().unwrap().unwrap().arrived, Some(expected));
    assert_eq!(second.look().unwrap().unwrap().arrived, None, "it is announced already");
    assert_eq!(first.look().unwrap(), None, "nothing has changed since");
    assert_eq!(beside(&desk).look().unwrap().unwrap().arrived, None, "who came later has seen it in the list");
}

#[test]
fn who_syncs_and_who_looks_on_do_not_both_announce() {
    let mut desk = announcing();
    let mut onlooker = beside(&desk);
    pass(&mut desk, "new/1.test", &customer("a", "First"), NOW);

    let announced = pass(&mut desk, "new/2.test", &customer("b", "Second"), NOW);

    assert!(announced.is_some());
    assert_eq!(onlooker.look().unwrap().unwrap().arrived, None);
}
