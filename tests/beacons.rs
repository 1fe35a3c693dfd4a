//! Clients that make something else of the same log are seen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use postdesk::domain::Timestamp;
use postdesk::domain::event::Change;
use postdesk::store::events::{Author, NewEvent};
use serde_json::Value;
use support::testbed::Testbed;
use team::{Agent, DESK, a_team, mail};

fn two(bed: &Testbed) -> [Agent; 2] {
    let agents = a_team(bed, ["ana", "bo"], [mail(1), mail(2)]);
    agents[0].sync();
    agents
}

fn beacons(bed: &Testbed) -> usize {
    bed.mails(DESK, "Postdesk").iter().filter(|mail| mail.header("Subject").unwrap().contains("has followed the log up to here")).count()
}

fn say(agent: &Agent, change: Change) {
    let author = Author { agent: agent.name.into(), now: Timestamp::now() };
    agent.store().append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
}

/// A beacon as this client would send it now.
fn beacon(agent: &Agent) -> Change {
    let store = agent.store();
    let base = store.base().unwrap();
    let hash = postdesk::domain::fold::hash(&store.decided_state().unwrap());
    Change::Hello { uidvalidity: base.position.epoch as u32, uid: base.position.uid as u32, hash, version: "0.1.0".into(), event: None }
}

fn warnings(report: &Value) -> String {
    report["warnings"].to_string()
}

/// Makes what a client shows something else than what the log says.
fn damage(agent: &Agent) {
    let cache = rusqlite::Connection::open(agent.home.path().join("cache/postdesk/desks/acme/cache.db")).unwrap();
    let changed = cache
        .execute("UPDATE ticket_state SET value = json_set(value, '$.assignee.value', 'mallory') WHERE json_extract(value, '$.number') = 1", [])
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn a_client_that_shows_something_else_than_the_log_says_is_seen_says_so_and_folds_again() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = two(&bed);
    damage(&bo);
    assert_ne!(ana.hash(), bo.hash());
    say(&bo, beacon(&bo));
    say(&ana, beacon(&ana));
    bo.sync();

    let seen = ana.sync();

    assert!(warnings(&seen).contains("the client of bo (version 0.1.0) has made something else"), "{seen:#}");
    assert!(warnings(&ana.sync()).contains("the client of bo"), "it is said until it is over");
    let doctor = ana.home.postdesk(["doctor", "--json"]).output().unwrap();
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("the client of bo"), "{}", String::from_utf8_lossy(&doctor.stdout));

    let mended = bo.sync();
    assert!(warnings(&mended).contains("it has been made again from the log"), "{mended:#}");
    assert_eq!((ana.hash(), ana.list()), (bo.hash(), bo.list()));
    assert_eq!(bo.sync()["warnings"], Value::Array(Vec::new()));
    say(&bo, beacon(&bo));
    bo.sync();
    assert_eq!(ana.sync()["warnings"], Value::Array(Vec::new()), "the next beacon agrees");
}

#[test]
fn clients_that_agree_say_so_rarely_and_do_not_answer_each_other() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = two(&bed);
    for number in 0..250 {
        say(&ana, Change::Claim { what: format!("send:{number}"), ttl: 60 });
    }
    for _ in 0..4 {
        for agent in [&ana, &bo] {
            let report = agent.sync();
            assert_eq!(report["warnings"], Value::Array(Vec::new()), "{report:#}");
        }
    }

    assert_eq!(beacons(&bed), 2, "one of each, and silence from there on");
    ana.run(&["tag", "1", "+after"]);
    ana.sync();
    bo.sync();
    assert_eq!(beacons(&bed), 2, "one change is no reason yet");
}

#[test]
fn after_a_day_a_change_is_reason_enough() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = two(&bed);
    ana.run(&["tag", "1", "+new"]);
    assert_eq!(beacons(&bed), 0);
    let cache = ana.home.path().join("data/postdesk/desks/acme/data.db");
    // As if the log had begun the day before yesterday.
    rusqlite::Connection::open(cache).unwrap().execute("UPDATE log_message SET received = received - 172800 WHERE kind = 'genesis'", []).unwrap();

    ana.sync();
    bo.sync();
    ana.sync();

    assert_eq!(beacons(&bed), 1);
}

#[test]
fn a_server_that_numbers_for_each_client_is_seen() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = two(&bed);
    bo.run(&["tag", "1", "+one"]);
    bo.sync();
    let store = bo.store();
    let base = store.base().unwrap();
    let actor = bo.store().actor().unwrap();
    let event = Some(postdesk::domain::EventId { actor, seq: 1 });
    let (uidvalidity, uid) = (base.position.epoch as u32, base.position.uid as u32 + 40);
    say(&bo, Change::Hello { uidvalidity, uid, hash: "0".repeat(64), version: "0.1.0".into(), event });
    bo.sync();

    let report = ana.sync();

    assert!(warnings(&report).contains("numbers the team's folder differently for each client"), "{report:#}");
}
