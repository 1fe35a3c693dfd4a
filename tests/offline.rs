//! Who was away comes back: what was done meanwhile goes out, and what has lost is asked about first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;
#[path = "support/team.rs"]
mod team;

use std::sync::mpsc;
use std::time::Duration;

use postdesk::desk::{Desk, Watched};
use postdesk::domain::{TicketKey, Timestamp};
use postdesk::protocol::answer::ConflictLine;
use postdesk::protocol::job::{Act, Batch, Decision};
use postdesk::sync::source::Waker;
use screen::{PATIENCE, Screen};
use serde_json::Value;
use support::testbed::Testbed;
use team::promises::assert_promises;
use team::{Agent, a_team, assert_agree, mail};

/// The agent's desk with somebody at the screen who can be asked.
fn asking(agent: &Agent) -> Desk {
    let mut desk = agent.desk();
    desk.ask_before_sharing();
    desk
}

/// As if the last sync were so long ago.
fn away(agent: &Agent, minutes: i64) {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    agent.store().remember("last_sync", &then.to_string()).unwrap();
}

/// As if what waits to be shared had been done so long ago.
fn acted_before(agent: &Agent, minutes: i64) {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    let data = rusqlite::Connection::open(agent.home.path().join("data/postdesk/desks/acme/data.db")).unwrap();
    let changed = data.execute("UPDATE event SET body = json_set(body, '$.at', ?1) WHERE state < 2", [then.to_string()]).unwrap();
    assert!(changed > 0);
}

fn sync(desk: &mut Desk) -> postdesk::protocol::json::SyncReport {
    let report = desk.sync(&mut |_| {}, &Waker::default()).unwrap();
    assert!(report.errors.is_empty(), "{report:?}");
    report
}

/// Both change tickets 1 and 2; only one of them, tickets 3 and 4.
fn collide(ana: &Agent, bo: &Agent) {
    ana.run(&["--offline", "status", "1", "solved"]);
    ana.run(&["--offline", "tag", "3", "+seen"]);
    ana.run(&["--offline", "assign", "2", "ana"]);
    ana.run(&["--offline", "priority", "4", "high"]);
    bo.run(&["status", "1", "pending"]);
    bo.run(&["assign", "2", "bo"]);
    bo.sync();
}

fn by_ticket<'a>(lines: &'a [ConflictLine], label: &str) -> &'a ConflictLine {
    lines.iter().find(|line| line.label == label).unwrap_or_else(|| panic!("{lines:#?}"))
}

fn events(agent: &Agent, ticket: &str, op: &str) -> Vec<Value> {
    let shown = agent.json(&["show", ticket, "--json"]).remove(0);
    shown["events"].as_array().unwrap().iter().filter(|event| event["op"] == op).cloned().collect()
}

#[test]
fn who_was_away_is_asked_before_what_lost_is_shared_and_everything_else_goes_out() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 120);
    let mut desk = asking(ana);

    let report = sync(&mut desk);

    assert_eq!((report.undecided, report.events_waiting, report.conflicts.len()), (2, 0, 0), "{report:?}");
    bo.sync();
    assert_eq!((bo.ticket(3)["tags"][0].as_str(), bo.ticket(4)["priority"].as_str()), (Some("seen"), Some("high")), "the rest went out");
    assert_eq!((events(bo, "1", "status").len(), events(bo, "2", "assign").len()), (1, 1), "bo hears nothing of what waits");
    let waiting = events(ana, "1", "status").into_iter().find(|event| event["agent"] == "ana").unwrap();
    assert_eq!((waiting["applied"].as_bool(), waiting["pending"].as_bool()), (Some(false), Some(true)), "{waiting}");

    let lines = desk.conflicts().unwrap();
    let (status, assign) = (by_ticket(&lines, "#1"), by_ticket(&lines, "#2"));
    assert_eq!((status.mine.as_str(), status.theirs.as_str()), ("set the status to solved", "bo set the status to pending"));
    assert_eq!((assign.mine.as_str(), assign.theirs.as_str()), ("assigned it to ana", "bo assigned it to bo"));
    let done = desk.decide(&[(status.event, Decision::Apply), (assign.event, Decision::Drop)]).unwrap();
    assert_eq!(done.what, "1 applied anyway, 1 dropped");
    assert!(desk.conflicts().unwrap().is_empty());
    sync(&mut desk);
    bo.sync();

    assert_agree(&agents);
    assert_eq!((bo.ticket(1)["status"].as_str(), bo.ticket(2)["assignee"].as_str()), (Some("solved"), Some("bo")));
    assert_eq!((events(bo, "1", "status").len(), events(bo, "2", "assign").len()), (2, 1), "each once, and what was dropped not at all");
    ana.run(&["undo"]);
    ana.sync();
    bo.sync();
    assert_eq!(bo.ticket(1)["status"].as_str(), Some("pending"), "applying anyway is undone like anything else");
    assert_promises(&bed, &agents);
}

#[test]
fn what_is_kept_stands_in_everybodys_history_as_not_applied() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 120);
    acted_before(ana, 60);
    let mut desk = asking(ana);
    sync(&mut desk);

    let all: Vec<_> = desk.conflicts().unwrap().iter().map(|line| (line.event, Decision::Keep)).collect();
    desk.decide(&all).unwrap();
    let report = sync(&mut desk);
    assert_eq!((report.undecided, desk.conflicts().unwrap()), (0, Vec::new()), "nobody is asked again");
    bo.sync();

    assert_promises(&bed, &agents);
    assert_eq!(report.conflicts, Vec::<String>::new(), "who decided it is not told");
    let kept = events(bo, "1", "status").into_iter().find(|event| event["agent"] == "ana").expect("in the history");
    assert_eq!((kept["applied"].as_bool(), kept["not_applied"].as_str()), (Some(false), Some("bo set the status to pending first")));
    assert_eq!(bo.ticket(1)["status"].as_str(), Some("pending"));
}

#[test]
fn a_status_given_to_a_ticket_that_was_merged_meanwhile_solves_no_other() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    ana.run(&["--offline", "status", "3", "solved"]);
    ana.run(&["--offline", "tag", "3", "+seen"]);
    bo.run(&["merge", "3", "1"]);
    bo.sync();

    let report = ana.sync();
    bo.sync();

    let told = report["conflicts"][0].as_str().unwrap_or_default();
    assert!(told.starts_with("#1: not applied: you set the status to solved, but bo merged #3 into #1 first"), "{report:#}");
    assert_promises(&bed, &agents);
    for agent in &agents {
        let ticket = agent.ticket(1);
        assert_eq!((ticket["status"].as_str(), ticket["tags"][0].as_str()), (Some("open"), Some("seen")), "{}: {ticket:#}", agent.name);
    }
    ana.run(&["apply", "1"]);
    assert_eq!(ana.ticket(1)["status"].as_str(), Some("solved"), "in knowledge of it");
}

#[test]
fn an_undo_that_lost_is_told_by_what_it_took_back_and_then_by_what_it_came_to() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    ana.run(&["--offline", "status", "1", "pending"]);
    ana.run(&["--offline", "undo"]);
    bo.run(&["status", "1", "solved"]);
    bo.sync();
    away(ana, 120);
    let mut desk = asking(ana);
    sync(&mut desk);

    let mine = |desk: &Desk| desk.conflicts().unwrap().into_iter().map(|line| (line.event, line.mine)).collect::<Vec<_>>();
    let waiting = mine(&desk);
    let words: Vec<&str> = waiting.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words, ["set the status to pending", "undid: set the status to pending"]);
    desk.decide(&[(waiting[0].0, Decision::Drop)]).unwrap();
    assert_eq!(mine(&desk)[0].1, "undid a change, which set the status to open");
    desk.decide(&[(waiting[1].0, Decision::Keep)]).unwrap();
    sync(&mut desk);
    bo.sync();
    for agent in &agents {
        let told = agent.run(&["show", "1"]);
        assert!(told.contains("ana: undid a change, which set the status to open (not applied: "), "to {}: {told}", agent.name);
    }
}

#[test]
fn what_waits_for_a_decision_survives_a_restart_and_is_kept_where_nobody_can_be_asked() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 120);
    sync(&mut asking(ana));

    let mut desk = asking(ana);
    assert_eq!(desk.conflicts().unwrap().len(), 2, "after a restart");
    assert_eq!(sync(&mut desk).undecided, 2, "and after a further sync");
    drop(desk);
    assert!(ana.run(&["apply", "1"]).contains("#1: applied all the same"));
    let report = ana.sync();
    bo.sync();

    assert_eq!(report["undecided"], 0, "{report:#}");
    assert_promises(&bed, &agents);
    assert_eq!((bo.ticket(1)["status"].as_str(), bo.ticket(2)["assignee"].as_str()), (Some("solved"), Some("bo")));
    assert_eq!(events(bo, "2", "assign").iter().filter(|event| event["applied"] == false).count(), 1, "the other stands in the history");
}

#[test]
fn who_was_away_for_a_moment_is_told_afterwards_and_applies_one_or_many() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 5);
    let mut desk = asking(ana);

    let report = sync(&mut desk);

    assert_eq!((report.undecided, report.conflicts.len()), (0, 2), "{report:?}");
    assert!(report.conflicts[0].starts_with("#1: not applied: you set the status to solved, but bo set the status to pending first"), "{report:?}");
    assert_eq!(desk.conflicts().unwrap().iter().filter(|line| !line.is_undecided).count(), 2, "they are listed until they are decided about");
    assert_eq!(ana.run(&["apply", "1", "2"]).trim_end(), "#1, #2: applied all the same");
    assert!(desk.conflicts().unwrap().is_empty());
    ana.sync();
    bo.sync();
    assert_agree(&agents);
    assert_eq!((bo.ticket(1)["status"].as_str(), bo.ticket(2)["assignee"].as_str()), (Some("solved"), Some("ana")));

    ana.run(&["undo"]);
    ana.sync();
    bo.sync();
    assert_promises(&bed, &agents);
    assert_eq!((bo.ticket(1)["status"].as_str(), bo.ticket(2)["assignee"].as_str()), (Some("pending"), Some("bo")), "as one gesture");
}

#[test]
fn a_change_that_lost_matters_no_more_once_it_is_left_or_the_same_is_set_again() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    ana.sync();
    let desk = asking(ana);
    assert_eq!(desk.conflicts().unwrap().len(), 2);

    ana.run(&["status", "1", "hold"]);
    assert_eq!(desk.conflicts().unwrap().len(), 1, "the later word counts");
    assert_eq!(ana.run(&["apply", "2", "--leave"]).trim_end(), "1 left in the history as not applied");
    assert!(desk.conflicts().unwrap().is_empty());
    let refused = ana.home.postdesk(["apply", "2"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("no change of yours to ticket #2 waits to be applied"), "{said}");
}

#[test]
fn what_was_said_of_a_change_before_is_said_when_it_is_to_be_applied_once_more() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 120);
    let mut desk = asking(ana);
    sync(&mut desk);
    let lines = desk.conflicts().unwrap();
    let (status, assign) = (by_ticket(&lines, "#1").event, by_ticket(&lines, "#2").event);
    desk.decide(&[(status, Decision::Apply), (assign, Decision::Drop)]).unwrap();
    drop(desk);
    let said = |words: &[&str]| {
        let output = ana.home.postdesk(words.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };

    let (code, applied) = said(&["apply", "1", &status.to_string()]);
    assert!(code == Some(5) && applied.contains("was applied already: ana made the change anew at 20"), "{code:?} {applied}");
    let (code, dropped) = said(&["apply", "2", &assign.to_string()]);
    assert!(code == Some(5) && dropped.contains("was dropped: ana gave the change up at 20"), "{code:?} {dropped}");

    // One that was shared, and that has come about by another's hand.
    ana.run(&["--offline", "assign", "3", "ana"]);
    bo.run(&["assign", "3", "bo"]);
    bo.sync();
    ana.sync();
    let lost = events(ana, "3", "assign").into_iter().find(|event| event["applied"] == false).unwrap();
    let id = format!("{}.{}", lost["id"]["actor"].as_str().unwrap(), lost["id"]["seq"]);
    bo.sync();
    bo.run(&["assign", "3", "ana"]);
    bo.sync();
    ana.sync();
    let (code, moot) = said(&["apply", "3", &id]);
    assert!(code == Some(5) && moot.contains("#3: as event") && moot.contains("already: bo assigned it to ana at 20"), "{code:?} {moot}");
}

#[test]
fn a_lost_merge_is_spoken_of_by_the_number_of_its_own_ticket() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    ana.run(&["--offline", "merge", "2", "3"]);
    bo.run(&["merge", "2", "4"]);
    bo.sync();
    ana.sync();

    let event = ana.desk().conflicts().unwrap()[0].event.to_string();
    for words in [&["apply", "2"][..], &["apply", "2", &event]] {
        let refused = ana.home.postdesk(words.iter().copied()).output().unwrap();

        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("#2: this cannot be applied: #2 is merged into #4 already"), "{said}");
    }
    assert_eq!(ana.run(&["apply", "2", "--leave"]).trim_end(), "1 left in the history as not applied");
    assert!(ana.desk().conflicts().unwrap().is_empty());
}

#[test]
fn nobody_is_asked_about_what_has_come_to_the_same() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], [mail(1)]);
    let [ana, bo] = &agents;
    ana.run(&["--offline", "assign", "1", "cy"]);
    bo.run(&["assign", "1", "cy"]);
    bo.sync();
    away(ana, 120);

    let report = sync(&mut asking(ana));

    assert_eq!((report.undecided, report.events_waiting), (0, 0), "{report:?}");
    bo.sync();
    assert_promises(&bed, &agents);
}

/// Two merges of ana's that bo's overtook, each of which can be made, but not both: with bo's they close a circle.
fn a_circle(ana: &Agent, bo: &Agent) {
    ana.run(&["--offline", "merge", "1", "2"]);
    ana.run(&["--offline", "merge", "2", "3"]);
    for number in ["1", "2"] {
        bo.run(&["merge", number, "4"]);
        bo.run(&["undo"]);
    }
    bo.run(&["merge", "3", "1"]);
    bo.sync();
    ana.sync();
}

fn key(desk: &mut Desk, number: u64) -> TicketKey {
    desk.find(&format!("#{number}").parse().unwrap()).unwrap()
}

#[test]
fn of_many_that_are_applied_again_the_one_that_loses_once_more_is_told_and_the_others_are_made() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    a_circle(ana, bo);
    let mut desk = asking(ana);
    let lines = desk.conflicts().unwrap();
    let tickets: Vec<TicketKey> = lines.iter().map(|line| line.ticket.clone()).collect();
    assert!(lines.len() == 2 && lines.iter().all(|line| line.can_be_applied), "{lines:#?}");

    let done = desk.act_each(&Batch { tickets: tickets.clone(), act: Act::Apply(None), first: None }).unwrap();

    assert_eq!(done.changed, 1, "{done:?}");
    assert_eq!(done.failed, [(tickets[1].clone(), "#2: not applied again: it would be merged into itself".to_owned())]);
    sync(&mut desk);
    bo.sync();
    assert_promises(&bed, &agents);
    assert_eq!(key(&mut desk, 1), key(&mut desk, 2), "the first was made");
}

#[test]
fn of_all_that_are_decided_about_the_one_that_loses_once_more_is_told() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    a_circle(ana, bo);
    let mut desk = asking(ana);
    let all: Vec<_> = desk.conflicts().unwrap().iter().map(|line| (line.event, Decision::Apply)).collect();

    let done = desk.decide(&all).unwrap();

    assert_eq!(done.what, "1 applied anyway; #2: not applied again: it would be merged into itself");
    assert_eq!(done.events.len(), 1);
    let left: Vec<_> = desk.conflicts().unwrap();
    assert!(left.iter().all(|line| !line.can_be_applied), "{left:#?}");
}

/// Watches until `stop`, telling each time when it will try again.
fn next_tries(mut desk: Desk, stop: Waker) -> mpsc::Receiver<Timestamp> {
    let (sender, tries) = mpsc::channel();
    std::thread::spawn(move || {
        let mut tell = |news: Watched<'_>| {
            if let Watched::NextTry(at) = news {
                let _ = sender.send(at);
            }
        };
        desk.watch(&mut tell, &stop).unwrap();
    });
    tries
}

#[test]
fn what_is_done_while_offline_does_not_put_off_the_next_try_and_a_sync_begins_anew() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], [mail(1)]);
    let [ana, _] = &agents;
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    ana.home.config(&config.replace(&format!("port = {}, user", bed.ports().imaps), "port = 1, user"));
    let stop = Waker::default();
    let tries = next_tries(asking(ana), stop.clone());
    let next = || tries.recv_timeout(PATIENCE).unwrap();
    // Pauses of 1, 2, 4 and 8 seconds.
    let timer = [(); 4].map(|()| next())[3];
    let told = Timestamp::now();

    let after_ring = |priority| {
        ana.run(&["priority", "1", priority]);
        next()
    };
    let soon = [after_ring("high"), after_ring("low")];
    // A pause that began anew with each ring would end later by this.
    support::wait_until("a while has passed", PATIENCE, || Timestamp::now().duration_since(told).as_secs() >= 2);
    let late = after_ring("urgent");
    assert_eq!(ana.try_run(&["sync"]), 4);
    let after_sync = next();

    stop.wake();
    let a_second = jiff::SignedDuration::from_secs(1);
    let is_off = |at: &Timestamp| at.duration_since(timer).abs() > a_second;
    assert!(!soon.iter().chain([&late]).any(is_off), "told at {told} that it is {timer}, and then {soon:?} and {late}");
    assert!(after_sync < timer - a_second, "{after_sync}, by the timer {timer}");
}

#[test]
fn a_screen_that_reaches_no_server_shows_what_another_process_did_here() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], [mail(1)]);
    let [ana, _] = &agents;
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    ana.home.config(&config.replace(&format!("port = {}, user", bed.ports().imaps), "port = 1, user"));
    for (args, subject) in [(&[][..], "Renamed while the server is down"), (&["--offline"], "Renamed while it is not asked")] {
        let mut screen = Screen::of(&ana.home, args, (30, 100));
        screen.wait_for_text("#1 ");
        if args.is_empty() {
            screen.wait_for_text("offline since");
        }

        ana.run(&["--offline", "subject", "1", subject]);

        screen.wait_for_text(subject);
        screen.send("q");
        screen.wait_exit(PATIENCE);
    }
}

#[test]
fn check_55_the_screen_asks_who_comes_back_and_shares_what_is_decided() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=4).map(mail));
    let [ana, bo] = &agents;
    collide(ana, bo);
    away(ana, 120);

    let mut screen = Screen::of(&ana.home, &[], (30, 100));
    screen.wait_for_text("While you were offline colleagues changed 2 things");
    screen.send("y");
    screen.wait_for_text("But bo set the status to pending");
    screen.send("a");
    screen.wait_for_text("1 to decide");
    screen.send("d");
    screen.wait_for_text("Nothing waits for a decision of yours.");
    let end = std::time::Instant::now() + PATIENCE;
    while bo.ticket(1)["status"] != "solved" {
        assert!(std::time::Instant::now() < end, "{}", screen.text());
        std::thread::sleep(Duration::from_millis(50));
        bo.sync();
    }
    screen.send("qq");
    screen.wait_exit(PATIENCE);

    ana.reckon("assign", -1);
    assert_promises(&bed, &agents);
    assert_eq!(bo.ticket(2)["assignee"].as_str(), Some("bo"));
}
