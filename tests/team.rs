//! A team on one real mail server: processes of the real program that share tickets through its folder.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postdesk::desk::Watched;
use postdesk::domain::Timestamp;
use postdesk::domain::event::Change;
use postdesk::protocol::job::Decision;
use postdesk::store::events::{Author, NewEvent};
use postdesk::sync::source::Waker;
use serde_json::Value;
use support::testbed::{Setup, Storage, Testbed};
use team::promises::assert_promises;
use team::{Agent, DESK, assert_agree, assert_numbered, fill, mail, sync_all};

/// A mailbox with so many mails, and people who have all synced.
fn a_team<const N: usize>(bed: &Testbed, names: [&'static str; N], mails: usize) -> [Agent; N] {
    team::a_team(bed, names, (1..=mails).map(mail))
}

#[test]
fn what_one_does_the_others_see_and_all_agree() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;

    ana.run(&["assign", "1", "bo"]);
    ana.run(&["tag", "2", "+billing"]);
    bo.run(&["status", "3", "solved"]);
    let note = bo.home.file("note.txt", "Called back.\n");
    bo.run(&["note", "1", "--body", note.to_str().unwrap()]);
    for agent in [ana, bo, ana] {
        agent.sync();
    }

    assert_promises(&bed, &agents);
    assert_numbered(ana, 3);
    assert_eq!((bo.ticket(1)["assignee"].as_str(), bo.ticket(2)["tags"][0].as_str()), (Some("bo"), Some("billing")));
    assert_eq!(ana.ticket(3)["status"].as_str(), Some("solved"));
}

#[test]
fn events_are_mails_that_say_what_happened() {
    let Some(bed) = Testbed::start() else { return };
    let [ana] = a_team(&bed, ["ana"], 1);

    ana.run(&["assign", "1", "bo"]);
    ana.sync();

    let mails = bed.mails(DESK, "Postdesk");
    let last = mails.last().unwrap();
    let subject = last.header("Subject").unwrap();
    assert!(subject.starts_with("[#1] ana assigned it to bo ("), "{subject}");
    assert!(last.text.contains("Ticket: #1 Question 1"), "{}", last.text);
    assert!(last.header("Message-ID").unwrap().starts_with("<pd1."), "{}", last.text);
    assert!(mails.iter().all(|mail| mail.flags.contains("\\Seen") && mail.header("References").is_none() && mail.header("In-Reply-To").is_none()));
    assert_eq!(mails.iter().filter(|mail| mail.header("Message-ID").unwrap().contains(".genesis@")).count(), 1);
}

#[test]
fn what_is_undone_and_done_again_is_named_in_the_mails_of_the_log_as_on_the_screen() {
    let Some(bed) = Testbed::start() else { return };
    fill(&mut bed.imap(DESK), [mail(1).replace("Subject: Question 1", "Subject:"), mail(2)]);
    let ana = Agent::on(&bed, "ana");
    ana.sync();
    for words in [&["subject", "1", "Refund"][..], &["undo"], &["merge", "2", "1"], &["undo"], &["redo"]] {
        ana.run(words);
    }
    ana.sync();

    let log = bed.mails(DESK, "Postdesk");
    let subjects: Vec<String> = log.iter().filter_map(|mail| mail.header("Subject")).collect();
    for wanted in ["ana undid: changed the subject to Refund", "ana took the merge back", "ana redid: merged it into #1"] {
        assert!(subjects.iter().any(|subject| subject.contains(wanted)), "{wanted}: {subjects:#?}");
    }
    assert!(log.iter().any(|mail| mail.text.contains("Ticket: #1 (no subject)")), "a ticket without a subject");
}

#[test]
fn of_clients_that_begin_at_once_on_a_full_mailbox_one_opens_its_tickets() {
    let Some(bed) = Testbed::start() else { return };
    fill(&mut bed.imap(DESK), (1..=400).map(mail));
    let agents = ["ana", "bo", "cy"].map(|name| Agent::on(&bed, name));

    let started: Vec<_> = agents.iter().map(|agent| agent.start(&["sync", "--json"])).collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    sync_all(&agents);

    assert_promises(&bed, &agents);
    assert_numbered(&agents[0], 400);
    let log = bed.mails(DESK, "Postdesk");
    let openers: std::collections::BTreeSet<String> =
        log.iter().filter(|mail| mail.header("Subject").unwrap().contains(" opened ")).map(|mail| mail.header("From").unwrap()).collect();
    assert_eq!(openers.len(), 1, "{openers:?}");
}

#[test]
fn what_was_done_offline_goes_out_later_and_waits_visibly_until_then() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 2);
    let [ana, bo] = &agents;

    ana.run(&["--offline", "tag", "1", "+waits"]);
    ana.run(&["--offline", "assign", "2", "ana"]);
    assert_eq!(ana.store().waiting_count().unwrap(), 2);
    assert_eq!(ana.ticket(1)["tags"][0].as_str(), Some("waits"), "one's own work shows at once");
    let is_pending = |number| ana.ticket(number)["badges"].as_array().unwrap().iter().any(|badge| badge == "pending");
    assert!(is_pending(1) && is_pending(2));
    bo.sync();
    assert_eq!(bo.ticket(1)["tags"].as_array().unwrap().len(), 0);

    let report = ana.sync();
    bo.sync();

    assert_eq!((report["events_out"].as_u64(), report["events_waiting"].as_u64()), (Some(2), Some(0)));
    assert!(!is_pending(1) && !is_pending(2));
    assert_promises(&bed, &agents);
}

#[test]
fn a_ticket_that_its_customer_woke_sleeps_once_more_until_the_same_moment() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    ana.run(&["snooze", "1", "2099-01-01"]);
    // INTERNALDATE counts whole seconds.
    let asleep = Instant::now();
    support::wait_until("the next second", Duration::from_secs(3), || asleep.elapsed() > Duration::from_millis(1_100));
    bed.imap(DESK).append("INBOX", "", &mail(1).replace("Message-ID: <q1@", "References: <q1@customer.test>\r\nMessage-ID: <again@"));
    ana.sync();
    assert!(ana.ticket(1)["snoozed_until"].is_null(), "{:#}", ana.ticket(1));

    ana.run(&["snooze", "1", "2099-01-01"]);
    ana.sync();
    bo.sync();

    assert!(bo.ticket(1)["snoozed_until"].is_string(), "{:#}", bo.ticket(1));
    assert_promises(&bed, &agents);
}

#[test]
fn what_two_split_off_without_a_connection_is_shown_no_number_that_changes_later() {
    let Some(bed) = Testbed::start() else { return };
    let again = |number| mail(number).replace("Message-ID: <q", &format!("References: <q{number}@customer.test>\r\nMessage-ID: <again-"));
    let agents = team::a_team(&bed, ["ana", "bo"], [mail(1), mail(2), again(1), again(2)]);
    let [ana, bo] = &agents;

    ana.run(&["--offline", "split", "1", "2"]);
    bo.run(&["--offline", "split", "2", "2"]);
    let shown = agents.each_ref().map(Agent::numbers);
    for agent in [bo, ana, bo] {
        agent.sync();
    }

    assert_eq!(shown.map(|numbers| numbers.len()), [2, 2], "there is no number before it is shared");
    assert_numbered(ana, 4);
    assert_promises(&bed, &agents);
}

#[test]
fn a_write_that_came_too_late_is_not_applied_its_author_is_told_and_can_apply_it_anyway() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    bo.run(&["--offline", "assign", "1", "bo"]);
    ana.run(&["assign", "1", "ana"]);
    ana.sync();

    let report = bo.sync();
    ana.sync();

    assert_agree(&agents);
    assert_eq!(ana.ticket(1)["assignee"].as_str(), Some("ana"), "the later writer had not seen the earlier one");
    let conflict = report["conflicts"][0].as_str().unwrap_or_else(|| panic!("{report:#}")).to_owned();
    assert!(conflict.starts_with("#1: not applied: you assigned it to bo, but ana assigned it to ana first (postdesk apply 1 "), "{conflict}");
    let shown = bo.run(&["show", "1"]);
    assert!(shown.contains("bo: assigned it to bo (not applied: ana assigned it to ana first; event "), "{shown}");
    assert_eq!(bo.sync()["conflicts"], Value::Array(Vec::new()), "it is told once");
    let shown = bo.json(&["show", "1", "--json"]).remove(0);
    let lost = shown["events"].as_array().unwrap().iter().find(|event| event["applied"] == false).cloned().unwrap();
    let id = format!("{}.{}", lost["id"]["actor"].as_str().unwrap(), lost["id"]["seq"]);
    bo.run(&["apply", "1", &id]);
    bo.sync();
    ana.sync();
    assert_promises(&bed, &agents);
    assert_eq!(ana.ticket(1)["assignee"].as_str(), Some("bo"));
}

/// Ana was first to set the priority of a ticket that bo had tagged before; his was made offline and is not applied.
fn bo_too_late(bed: &Testbed) -> [Agent; 2] {
    let agents = a_team(bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    bo.run(&["tag", "1", "+older"]);
    bo.sync();
    ana.sync();
    bo.run(&["--offline", "priority", "1", "high"]);
    ana.run(&["priority", "1", "low"]);
    ana.sync();
    bo.sync();
    agents
}

#[test]
fn a_change_that_was_not_applied_is_passed_over_by_undo_which_says_so_once() {
    let Some(bed) = Testbed::start() else { return };
    let agents = bo_too_late(&bed);
    let [ana, bo] = &agents;
    bo.run(&["--offline", "subject", "1", "Newer"]);
    bo.run(&["undo"]);

    let undone = bo.run(&["undo"]);

    assert_eq!(
        undone.trim_end(),
        "#1: your change (set the priority to high) was not applied: ana set the priority to low first; undid on #1: tagged it +older"
    );
    bo.sync();
    ana.sync();
    assert_eq!(ana.ticket(1)["tags"], serde_json::json!([]));
    let (code, why) = bo.refuses(&["undo"]);
    assert!(code == 3 && why.contains("there is nothing to take back") && !why.contains("not applied"), "{code} {why}");
    bo.run(&["redo"]);
    assert_eq!(bo.ticket(1)["tags"][0], "older");
    assert_promises(&bed, &agents);
}

#[test]
fn a_change_that_was_applied_anyway_is_taken_back_by_its_author_who_goes_on_from_there() {
    let Some(bed) = Testbed::start() else { return };
    let agents = bo_too_late(&bed);
    let [ana, bo] = &agents;
    bo.run(&["apply", "1"]);
    bo.sync();

    assert_eq!(bo.run(&["undo"]).trim_end(), "undid on #1: set the priority to high");
    bo.sync();
    assert!(bo.run(&["undo"]).ends_with("undid on #1: tagged it +older\n"));

    bo.sync();
    ana.sync();
    assert_eq!((&ana.ticket(1)["priority"], &ana.ticket(1)["tags"]), (&serde_json::json!("low"), &serde_json::json!([])));
    assert_promises(&bed, &agents);
}

#[test]
fn what_a_colleague_has_changed_since_is_refused_once_and_undo_goes_on_to_what_came_before() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    bo.run(&["tag", "1", "+older"]);
    bo.run(&["priority", "1", "high"]);
    bo.sync();
    ana.sync();
    ana.run(&["priority", "1", "low"]);
    ana.sync();
    bo.sync();
    // What bo does to the same and takes back leaves what ana wrote.
    bo.run(&["priority", "1", "urgent"]);
    bo.run(&["undo"]);

    let (code, why) = bo.refuses(&["undo"]);
    assert!(
        code == 5 && why.contains("#1: ana changed it since (event ") && why.contains("undo again goes on to what came before that"),
        "{code} {why}"
    );
    assert_eq!(bo.run(&["undo"]).trim_end(), "undid on #1: tagged it +older");

    let (code, why) = bo.refuses(&["undo"]);
    assert!(code == 5 && why.contains("ana changed it since") && why.contains("there is nothing before that to undo"), "{code} {why}");
    ana.run(&["undo"]);
    ana.sync();
    bo.sync();
    assert!(bo.run(&["undo"]).contains("set the priority to high"), "nothing is in its way any more");
    assert_promises(&bed, &agents);
}

#[test]
fn a_gesture_of_several_changes_to_a_ticket_names_it_once_when_it_is_undone() {
    let Some(bed) = Testbed::start() else { return };
    let agents = bo_too_late(&bed);
    let [ana, bo] = &agents;
    bo.run(&["--offline", "assign", "1", "bo"]);
    ana.run(&["assign", "1", "ana"]);
    ana.sync();
    bo.sync();
    bo.run(&["apply", "1"]);

    assert_eq!(bo.run(&["undo"]).trim_end(), "undid on #1: assigned it to bo, set the priority to high");
    assert_promises(&bed, &agents);
}

#[test]
fn who_was_first_is_named_even_when_his_event_is_not_there_any_more() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    ana.run(&["note", "1", "--body", &ana.home.file("note.txt", "Mine.").display().to_string()]);
    bo.run(&["--offline", "assign", "1", "bo"]);
    ana.run(&["assign", "1", "ana"]);
    ana.sync();
    bo.sync();
    let data = rusqlite::Connection::open(bo.home.path().join("data/postdesk/desks/acme/data.db")).unwrap();
    assert_eq!(data.execute("DELETE FROM event WHERE agent = 'ana' AND body LIKE '%assign%'", []).unwrap(), 1);

    let shown = bo.run(&["show", "1"]);
    let listed = bo.desk().conflicts().unwrap();

    assert!(shown.contains("(not applied: ana assigned it to ana first; event "), "{shown}");
    assert_eq!(listed[0].reason(), "ana assigned it to ana first");
}

#[test]
fn a_merge_that_would_close_a_circle_is_not_offered_and_cannot_be_applied() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 2);
    let [ana, bo] = &agents;
    ana.run(&["--offline", "merge", "1", "2"]);
    bo.run(&["merge", "2", "1"]);
    bo.sync();

    let report = ana.sync();

    assert_eq!(report["conflicts"][0], "#1: not applied: you merged it into #2, but bo merged #2 into #1 first");
    let desk = ana.desk();
    let line = desk.conflicts().unwrap().remove(0);
    assert!(!line.can_be_applied);
    let before = ana.json(&["show", "1", "--json"]).remove(0)["events"].clone();
    for words in [vec!["apply", "1"], vec!["apply", "1", &line.event.to_string()]] {
        let ran = ana.home.postdesk(words).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(5), "{said}");
        assert!(said.contains("#1: this cannot be applied: #2 is merged into #1 already"), "{said}");
    }
    let mut desk = desk;
    assert!(desk.decide(&[(line.event, Decision::Apply)]).is_err(), "nor on the screen");
    assert_eq!(ana.json(&["show", "1", "--json"]).remove(0)["events"], before, "nothing was written");
    assert_eq!(desk.decide(&[(line.event, Decision::Keep)]).unwrap().what, "1 left in the history as not applied");
    assert!(desk.conflicts().unwrap().is_empty());
}

#[test]
fn what_is_put_into_the_folder_from_outside_is_ignored_counted_and_said() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 1);
    let [ana, bo] = &agents;
    ana.run(&["assign", "1", "ana"]);
    ana.sync();
    let event = bed.mails(DESK, "Postdesk").pop().unwrap().text;
    let mut outsider = bed.imap(DESK);
    outsider.append("Postdesk", "", "From: a@b.test\r\nSubject: hello\r\n\r\nhello\r\n");
    outsider.append("Postdesk", "", &format!("Received: from mx by lmtp\r\n{event}"));
    outsider.append("Postdesk", "\\Seen", &forged(&event));
    outsider.append("Postdesk", "", &format!("Subject: large\r\n\r\n{}", "x".repeat(800_000)));
    // One that a gateway has put a footer into is still the team's.
    let footed = event.replacen(
        "\r\nContent-Type: application/json",
        "\r\nContent-Type: text/plain\r\n\r\nScanned.\r\n--PART\r\nContent-Type: application/json",
        1,
    );
    outsider.append("Postdesk", "\\Seen", &footed.replace("--PART", boundary(&event)));
    // The same event twice: the second is a copy, and no alarm.
    outsider.append("Postdesk", "\\Seen", &event);

    let report = bo.sync();
    ana.sync();

    assert_agree(&agents);
    assert_eq!(report["events_ignored"].as_u64(), Some(4), "{report:#}");
    assert_eq!(bo.ticket(1)["assignee"].as_str(), Some("ana"));
    assert!(bo.run(&["sync"]).contains("ignored: 4 messages in the team's folder that the team did not write"));
    bo.run(&["assign", "1", "bo"]);
    bo.sync();
    ana.sync();
    assert_promises(&bed, &agents);
}

/// The line that parts an event's mail.
fn boundary(event: &str) -> &str {
    event.lines().find(|line| line.starts_with("--")).unwrap()
}

/// The event with another value in it, so that its seal is wrong.
fn forged(event: &str) -> String {
    let (head, body) = event.split_once("Content-Transfer-Encoding: base64\r\n\r\n").unwrap();
    let (part, rest) = body.split_once("\r\n--").unwrap();
    let mut part: Vec<char> = part.chars().collect();
    let middle = part.len() / 2;
    part[middle] = if part[middle] == 'A' { 'B' } else { 'A' };
    let part: String = part.into_iter().collect();
    format!("{head}Content-Transfer-Encoding: base64\r\n\r\n{part}\r\n--{rest}")
}

#[test]
fn a_client_that_comes_later_knows_what_all_know() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = a_team(&bed, ["ana", "bo"], 2);
    ana.run(&["status", "1", "solved"]);
    bo.run(&["merge", "2", "1"]);
    ana.sync();
    bo.sync();
    ana.sync();

    let cy = Agent::on(&bed, "cy");
    cy.sync();

    assert_promises(&bed, &[ana, bo, cy]);
}

#[test]
fn whatever_was_done_to_a_ticket_a_client_that_comes_later_shows_it() {
    let Some(bed) = Testbed::start() else { return };
    let acts: [&[&str]; 8] = [
        &["priority", "1", "urgent"],
        &["subject", "2", "Another subject"],
        &["snooze", "3", "2099-01-01"],
        &["participant", "4", "+more@customer.test"],
        &["participant", "5", "-c5@customer.test"],
        &["tag", "6", "+red"],
        &["link", "7", "8"],
        &["note", "9", "--body", "note.txt"],
    ];
    let [ana] = a_team(&bed, ["ana"], acts.len() + 1);
    ana.home.file("note.txt", "Called back.\n");
    for act in acts {
        ana.run(act);
    }
    ana.sync();

    let late = Agent::on(&bed, "late");
    late.sync();

    assert_promises(&bed, &[ana, late]);
}

#[test]
fn a_cache_that_was_thrown_away_is_made_again_as_it_was() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;
    ana.run(&["tag", "1", "+kept"]);
    bo.run(&["assign", "2", "bo"]);
    bo.sync();
    ana.sync();
    ana.run(&["--offline", "priority", "3", "urgent"]);
    std::fs::remove_dir_all(ana.home.path().join("cache/postdesk")).unwrap();

    ana.sync();
    bo.sync();

    assert_promises(&bed, &agents);
    assert_eq!(ana.ticket(3)["priority"].as_str(), Some("urgent"));
}

#[test]
fn a_colleague_who_watches_sees_a_change_within_moments() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = a_team(&bed, ["ana", "bo"], 1);
    let mut watching = [ana.start(&["sync", "--watch", "--json"]), bo.start(&["sync", "--watch", "--json"])];
    let at_rest =
        || ana.home.path().join("data/postdesk/desks/acme/wake.sock").exists() && bo.home.path().join("data/postdesk/desks/acme/wake.sock").exists();
    support::wait_until("both watch", Duration::from_secs(20), at_rest);
    std::thread::sleep(Duration::from_secs(1));

    let acted = Instant::now();
    ana.run(&["assign", "1", "bo"]);
    support::wait_until("the colleague sees it", Duration::from_secs(15), || bo.ticket(1)["assignee"] == "bo");
    let seen = acted.elapsed();

    for child in &mut watching {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    eprintln!("seen after {seen:?}");
    assert!(seen < Duration::from_secs(4), "{seen:?}");
}

/// Nothing rings and nobody syncs: what is told is told while the line is given up.
#[test]
fn who_goes_while_writing_an_answer_is_gone_for_colleagues_without_another_sync() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = &a_team(&bed, ["ana", "bo"], 1);
    let (stop, told) = (Waker::default(), Arc::new(AtomicUsize::new(0)));
    let watching = std::thread::spawn({
        let (mut desk, stop, told) = (ana.desk(), stop.clone(), Arc::clone(&told));
        let mut count = move |_: Watched<'_>| {
            told.fetch_add(1, Ordering::SeqCst);
        };
        move || desk.watch(&mut count, &stop)
    });
    // A pass that is still to come would tell what this is about; too short a wait only lets it.
    let at_rest = || {
        let before = told.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(1));
        before > 0 && told.load(Ordering::SeqCst) == before
    };
    support::wait_until("ana watches", Duration::from_mins(1), at_rest);
    let mut desk = ana.desk();
    let key = desk.find(&"#1".parse().unwrap()).unwrap();
    desk.tell_replying(&key, true).unwrap();
    let says = |words: &str| bed.imap(DESK).heads("Postdesk", 1).iter().any(|head| head.header("Subject").unwrap().contains(words));
    support::wait_until("that ana writes is told", Duration::from_mins(1), || says("is replying") && at_rest());

    let change = Change::Left { ticket: key, what: "replying".into() };
    let author = Author { agent: "ana".into(), now: Timestamp::now() };
    ana.store().append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
    stop.wake();
    watching.join().unwrap().unwrap();

    assert!(says("is no longer replying"));
    bo.sync();
    assert_eq!(bo.json(&["show", "1", "--json"])[0]["replying"], serde_json::json!([]));
}

#[test]
fn a_log_whose_folder_was_deleted_comes_back_on_a_persons_word_and_not_before() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;
    ana.run(&["assign", "1", "bo"]);
    let note = bo.home.file("note.txt", "Called back.\n");
    bo.run(&["note", "2", "--body", note.to_str().unwrap()]);
    sync_all(&agents);
    sync_all(&agents);
    let before = ana.list();
    ana.run(&["tag", "3", "+waits"]);
    bed.imap(DESK).command("DELETE Postdesk");

    for agent in &agents {
        let report = agent.json(&["sync", "--json"]).remove(0);
        let error = report["errors"][0].as_str().unwrap_or_else(|| panic!("{report:#}"));
        assert!(error.contains("is gone") && error.contains("postdesk sync --restore-log"), "{error}");
        assert_eq!(report["log_can_be_restored"], true);
    }
    assert!(bed.mails(DESK, "Postdesk").is_empty());
    let report = ana.json(&["sync", "--restore-log", "--json"]).remove(0);
    assert_eq!((&report["errors"], &report["events_waiting"]), (&serde_json::json!([]), &serde_json::json!(0)), "{report:#}");
    bo.sync();

    let cy = Agent::on(&bed, "cy");
    cy.sync();
    let [ana, bo] = agents;
    let all = [ana, bo, cy];
    assert_promises(&bed, &all);
    assert_numbered(&all[2], 3);
    assert_eq!(all[2].ticket(1)["assignee"], "bo");
    assert!(all[2].run(&["show", "2"]).contains("Called back."));
    assert_eq!(all[1].ticket(3)["tags"][0], "waits");
    assert_ne!(all[0].list(), before);
}

/// What a joiner sees of a person, by whatever command names people or texts.
fn told_of(agent: &Agent, number: u32) -> String {
    let (number, all) = (number.to_string(), ["--limit", "50"]);
    agent.run(&["show", &number]) + &agent.run(&["show", &number, "--json"]) + &agent.run(&[["list", "--json"].as_slice(), &all].concat())
}

#[test]
fn a_forgotten_person_stays_so_for_who_joins_after_the_log_was_put_back() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;
    ana.run(&["forget", "c2@customer.test"]);
    sync_all(&agents);
    sync_all(&agents);
    assert!(!told_of(bo, 2).contains("c2@customer.test"), "{}", told_of(bo, 2));
    bed.imap(DESK).command("DELETE Postdesk");
    ana.run(&["sync", "--restore-log"]);
    bo.sync();

    let cy = Agent::on(&bed, "cy");
    cy.sync();
    cy.sync();

    let told = told_of(&cy, 2);
    assert!(!told.contains("c2@customer.test") && !told.contains("Customer 2") && !told.contains("Question 2"), "{told}");
    assert!(told_of(&cy, 1).contains("c1@customer.test") && told_of(&cy, 1).contains("How does it work?"));
    let [ana, bo] = agents;
    assert_promises(&bed, &[ana, bo, cy]);
}

#[test]
fn mails_deleted_out_of_the_log_are_missed_and_put_back_as_they_were() {
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() }) else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;
    ana.run(&["assign", "1", "bo"]);
    ana.sync();
    bo.sync();
    let uid = bed.mails(DESK, "Postdesk").last().unwrap().uid;
    bed.expunge(DESK, "Postdesk", uid);
    bo.run(&["assign", "1", "ana"]);

    let report = bo.json(&["sync", "--json"]).remove(0);
    assert!(report["errors"][0].as_str().unwrap().contains("has lost 1 of its messages"), "{report:#}");
    assert_eq!(report["events_waiting"], 1);
    bo.run(&["sync", "--restore-log"]);
    ana.sync();

    let cy = Agent::on(&bed, "cy");
    cy.sync();
    let [ana, bo] = agents;
    let all = [ana, bo, cy];
    assert_promises(&bed, &all);
    assert_eq!(all[2].ticket(1)["assignee"], "ana");
}

/// What everybody sees of each act: whether it was applied.
fn applied(agent: &Agent) -> Vec<(String, bool)> {
    agent.fates(1).into_iter().map(|(id, fate)| (id, fate.applied)).collect()
}

#[test]
fn what_was_not_applied_is_so_for_who_reads_the_log_afresh_after_it_was_put_back() {
    let Some(bed) = Testbed::start() else { return };
    let agents = bo_too_late(&bed);
    let [ana, bo] = &agents;
    ana.sync();
    let before = applied(ana);
    assert!(before.iter().any(|(_, is_applied)| !is_applied), "{before:?}");
    bed.imap(DESK).command("DELETE Postdesk");
    ana.run(&["sync", "--restore-log"]);
    bo.sync();

    let cy = Agent::on(&bed, "cy");
    cy.sync();
    std::fs::remove_dir_all(bo.home.path().join("cache/postdesk")).unwrap();
    bo.sync();

    let [ana, bo] = agents;
    let all = [ana, bo, cy];
    assert_promises(&bed, &all);
    for agent in &all {
        assert_eq!(applied(agent), before, "as {} sees it", agent.name);
    }
    assert!(all[2].run(&["show", "1"]).contains("bo: set the priority to high (not applied: ana set the priority to low first"));
}

#[test]
fn an_index_that_was_lost_under_the_same_numbers_loses_nothing() {
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() }) else { return };
    let agents = a_team(&bed, ["ana", "bo"], 3);
    let [ana, bo] = &agents;
    for number in ["1", "2", "3"] {
        ana.run(&["tag", number, "+before"]);
    }
    sync_all(&agents);
    let modseq = |bed: &Testbed| {
        let answer = String::from_utf8_lossy(&bed.imap(DESK).command("STATUS Postdesk (UIDVALIDITY HIGHESTMODSEQ)")).into_owned();
        let number = |name: &str| {
            answer.split(name).nth(1).unwrap().trim_matches([' ', ')', '\r', '\n']).split([' ', ')']).next().unwrap().parse::<u64>().unwrap()
        };
        (number("UIDVALIDITY"), number("HIGHESTMODSEQ"))
    };
    let before = modseq(&bed);
    let folder = bed.dir().join("home/support/mail/.Postdesk");
    for file in std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("dovecot.index") || name.starts_with("dovecot.list") {
            std::fs::remove_file(file).unwrap();
        }
    }
    let after = modseq(&bed);
    assert!(after.0 == before.0 && after.1 < before.1, "{before:?} {after:?}");
    bo.run(&["tag", "1", "+after"]);

    sync_all(&agents);
    sync_all(&agents);

    assert_promises(&bed, &agents);
    assert_eq!(ana.ticket(1)["tags"].as_array().unwrap().len(), 2);
}

#[test]
fn on_a_maildir_several_share_the_same_log() {
    let mailbox = tempfile::tempdir().unwrap();
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mailbox.path().join("mail").join(part)).unwrap();
    }
    for number in 1..=3 {
        std::fs::write(mailbox.path().join("mail/new").join(format!("{number}.test")), mail(number)).unwrap();
    }
    let agents = ["ana", "bo", "cy"].map(|name| Agent::on_maildir(&mailbox.path().join("mail"), name));
    let started: Vec<_> = agents.iter().map(|agent| agent.start(&["sync", "--json"])).collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    let [ana, bo, cy] = &agents;
    std::thread::scope(|scope| {
        for agent in &agents {
            scope.spawn(move || {
                agent.run(&["tag", "1", &format!("+{}", agent.name)]);
                agent.sync();
            });
        }
    });
    bo.run(&["--offline", "assign", "2", "bo"]);
    cy.run(&["assign", "2", "cy"]);
    cy.sync();
    let report = bo.sync();
    sync_all(&agents);

    assert_agree(&agents);
    assert_numbered(ana, 3);
    assert_eq!(ana.ticket(1)["tags"].as_array().unwrap().len(), 3);
    assert_eq!((ana.ticket(2)["assignee"].as_str(), report["conflicts"].as_array().unwrap().len()), (Some("cy"), 1));

    // The numbers of the folder's messages are lost: what was decided stays.
    std::fs::remove_file(mailbox.path().join("mail/.Postdesk/postdesk-uidlist")).unwrap();
    bo.run(&["tag", "3", "+after"]);
    sync_all(&agents);
    sync_all(&agents);
    assert_agree(&agents);
    assert_numbered(cy, 3);
}

#[test]
fn what_was_decided_outlives_a_server_that_lost_its_index() {
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() }) else { return };
    let agents = a_team(&bed, ["ana", "bo"], 5);
    let [ana, bo] = &agents;
    for number in ["1", "2", "3"] {
        ana.run(&["assign", number, "ana"]);
        ana.sync();
        bo.sync();
        bo.run(&["assign", number, "bo"]);
        bo.sync();
    }
    sync_all(&agents);
    let before = (ana.numbers(), ana.hash());
    let validity = bed.validity(DESK, "Postdesk");
    let folder = bed.dir().join("home/support/mail/.Postdesk");
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().is_some_and(|name| name.starts_with("dovecot")) {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    assert_ne!(bed.validity(DESK, "Postdesk"), validity, "the server has numbered anew");
    ana.run(&["tag", "4", "+after"]);

    sync_all(&agents);
    sync_all(&agents);

    let cy = Agent::on(&bed, "cy");
    cy.sync();
    let [ana, bo] = agents;
    let all = [ana, bo, cy];
    assert_promises(&bed, &all);
    assert_numbered(&all[2], 5);
    assert_eq!(all[0].numbers(), before.0, "every ticket has kept its number");
    assert_ne!(all[0].hash(), before.1, "and what came after is in");
}

/// What everybody can say of a ticket: since when its customer waits was in the mail alone.
fn without_the_wait(agent: &Agent) -> Vec<Value> {
    let mut rows: Vec<Value> = agent.list().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("waiting_since");
    }
    rows
}

#[test]
fn a_ticket_whose_mail_is_gone_is_listed_by_those_who_never_had_it_as_by_those_who_did() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = a_team(&bed, ["ana", "bo"], 3);
    ana.run(&["tag", "3", "+lost"]);
    ana.sync();
    bed.expunge(DESK, "INBOX", 2);
    bed.expunge(DESK, "INBOX", 3);
    std::fs::remove_dir_all(bo.home.path().join("cache/postdesk/desks/acme")).unwrap();
    let cy = Agent::on(&bed, "cy");
    let all = [ana, bo, cy];
    sync_all(&all);

    let [ana, bo, cy] = &all;
    let rows = without_the_wait(ana);
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert_eq!(without_the_wait(bo), rows, "whose cache was lost");
    assert_eq!(without_the_wait(cy), rows, "who has just come");
    assert_eq!((cy.ticket(3)["badges"][0].as_str(), cy.ticket(3)["unread"].as_u64()), (Some("gone"), Some(0)));
    assert_ne!(ana.ticket(3)["waiting_since"], Value::Null, "who has the mail knows that its customer waits");

    cy.run(&["assign", "3", "me"]);
    let mine: Vec<Value> = cy.json(&["list", "assignee:me", "--json"]);
    assert_eq!(mine.iter().map(|row| row["number"].as_u64()).collect::<Vec<_>>(), [Some(3)]);
    let shown = cy.run(&["show", "3"]);
    assert!(shown.contains("Its mail is no longer on the server"), "{shown}");
    assert!(!ana.run(&["show", "3"]).contains("Its mail is no longer on the server"), "who has it shows it");
    sync_all(&all);
    sync_all(&all);
    assert_eq!(without_the_wait(ana), without_the_wait(cy));
    assert_eq!(ana.hash(), cy.hash());

    // It is put back.
    fill(&mut bed.imap(DESK), [mail(3)]);
    sync_all(&all);
    assert_eq!(cy.ticket(3)["badges"], serde_json::json!(["unread"]));
    assert!(cy.run(&["show", "3"]).contains("How does it work?"));
}
