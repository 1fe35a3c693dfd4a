//! An answer given from a telephone is an answer: one that is queued here stops, as for a colleague's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use postdesk::protocol::job::Known;
use serde_json::Value;
use support::testbed::Testbed;
use team::{Agent, DESK};

const CUSTOMER: &str = "customer@example.test";

fn question(number: usize) -> String {
    format!(
        "From: Carla <{CUSTOMER}>\r\nTo: {DESK}\r\nSubject: Question {number}\r\nMessage-ID: <q{number}@example.test>\r\n\
         Date: Mon, 23 Nov 2026 10:00:{number:02} +0000\r\n\r\nHow does it work?\r\n"
    )
}

/// What a telephone files in Sent.
fn answer(number: usize) -> String {
    format!(
        "From: Support <{DESK}>\r\nTo: {CUSTOMER}\r\nSubject: Re: Question {number}\r\nMessage-ID: <phone{number}@phone.test>\r\n\
         In-Reply-To: <q{number}@example.test>\r\nReferences: <q{number}@example.test>\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\n\r\n\
         Said from the train.\r\n"
    )
}

fn ana_with(bed: &Testbed, tickets: usize) -> Agent {
    let mut mailbox = bed.imap(DESK);
    for number in 1..=tickets {
        mailbox.append("INBOX", "", &question(number));
    }
    let ana = Agent::on(bed, "ana");
    ana.home.file("answer.txt", "Like this, says ana.\n");
    ana.sync();
    ana
}

fn queue(ana: &Agent, ticket: &str) {
    assert_eq!(ana.try_run(&["--offline", "reply", ticket, "--body", "answer.txt", "--send"]), 4);
}

fn answered_by_phone(bed: &Testbed, number: usize) {
    let mut phone = bed.imap(DESK);
    phone.append("Sent", "\\Seen", &answer(number));
}

fn flagged_by_phone(bed: &Testbed, uid: u32) {
    let mut phone = bed.imap(DESK);
    phone.command("SELECT INBOX");
    phone.command(&format!("UID STORE {uid} +FLAGS (\\Answered)"));
}

fn outbox(ana: &Agent) -> Vec<Value> {
    ana.json(&["outbox", "list", "--json"])
}

#[test]
fn an_answer_in_sent_that_came_meanwhile_holds_the_queued_one_and_stands_beside_it() {
    let Some(bed) = Testbed::start() else { return };
    let ana = ana_with(&bed, 1);
    queue(&ana, "1");
    answered_by_phone(&bed, 1);

    let report = ana.sync();

    let why = report["conflicts"][0].as_str().unwrap_or_else(|| panic!("{report:#}")).to_owned();
    assert!(why.contains("somebody answered this ticket with another mail program at "), "{why}");
    let held = outbox(&ana).remove(0);
    assert_eq!(held["state"], "held", "{held:#}");
    let beside = ana.desk().compare(None).unwrap();
    assert_eq!(beside.others.iter().filter_map(|other| other.text.as_deref()).map(str::trim).collect::<Vec<_>>(), ["Said from the train."]);
    assert!(bed.mails(CUSTOMER, "INBOX").is_empty(), "nothing has left");

    ana.run(&["outbox", "retry", &held["id"].to_string(), "--anyway"]);
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);
}

#[test]
fn a_mail_that_another_program_marks_as_answered_holds_the_queued_one() {
    let Some(bed) = Testbed::start() else { return };
    let ana = ana_with(&bed, 2);
    queue(&ana, "1");
    queue(&ana, "2");
    flagged_by_phone(&bed, 1);

    let report = ana.sync();

    let why = report["conflicts"].to_string();
    assert!(why.contains("the server says, and the answer is not here: find it"), "{report:#}");
    let states: Vec<Value> = outbox(&ana).iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, ["held", "sent"], "the other ticket's leaves");
    let id = outbox(&ana)[0]["id"].to_string();
    ana.run(&["outbox", "edit", &id]);
    let draft = ana.json(&["drafts", "list", "--json"])[0]["id"].to_string();
    assert_eq!(ana.try_run(&["drafts", "send", &draft]), 5, "to edit it is not to send it all the same");
    let held = outbox(&ana).into_iter().find(|line| line["state"] == "held").unwrap();
    ana.run(&["outbox", "retry", &held["id"].to_string(), "--anyway"]);
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 2).len(), 2);
}

#[test]
fn what_was_known_when_an_answer_was_begun_does_not_hold_it_and_neither_do_our_own() {
    let Some(bed) = Testbed::start() else { return };
    let ana = ana_with(&bed, 2);
    answered_by_phone(&bed, 1);
    flagged_by_phone(&bed, 2);
    ana.sync();

    for ticket in ["1", "2"] {
        ana.run(&["reply", ticket, "--body", "answer.txt", "--send"]);
    }
    bed.wait_for_mails(CUSTOMER, "INBOX", 2);

    // Begun before another one of ours leaves.
    ana.run(&["reply", "1", "--body", "answer.txt"]);
    ana.run(&["reply", "1", "--body", "answer.txt", "--send"]);
    ana.sync();
    let draft = ana.json(&["drafts", "list", "--json"])[0]["id"].to_string();
    ana.run(&["drafts", "send", &draft]);
    bed.wait_for_mails(CUSTOMER, "INBOX", 4);
}

#[test]
fn whoever_is_writing_sees_it_before_the_mail_can_be_sent() {
    let Some(bed) = Testbed::start() else { return };
    let ana = ana_with(&bed, 2);
    let mut desk = ana.desk();
    let begun = ["#1", "#2"].map(|name| {
        let key = desk.find(&name.parse().unwrap()).unwrap();
        let known = desk.company(&key, &Known::default()).unwrap().now;
        assert!(desk.company(&key, &known).unwrap().news.is_empty(), "nothing has happened yet");
        (key, known)
    });
    answered_by_phone(&bed, 1);
    flagged_by_phone(&bed, 2);
    ana.sync();

    let news = begun.map(|(key, known)| desk.company(&key, &known).unwrap().news.into_iter().map(|(_, what)| what).collect::<Vec<_>>());

    assert_eq!(news[0], ["somebody answered with another mail program"]);
    assert_eq!(news[1], ["somebody answered with another mail program: the server says so, and the answer is not here"]);
}
