//! A whole team on one real mail server, once for every way servers keep mail: many processes of the real
//! program at once, and what they come to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::courier::{self, Courier};
use support::cyrus::{self, Cyrus};
use support::rawimap::RawImap;
use support::testbed::{Setup, Storage, Testbed};
use team::{Agent, DESK, assert_agree, assert_numbered, fill, mail_or_hostile};

const TEAM: [&str; 8] = ["ana", "bo", "cy", "di", "ed", "flo", "gus", "hal"];
const TICKETS: u64 = 12;
/// Acts of each agent, with a sync after each.
const ROUNDS: usize = 6;

/// Acts and syncs, again and again; what was told not to have been applied.
fn work(agent: &Agent, index: usize) -> usize {
    let mut conflicts = 0;
    for round in 0..ROUNDS {
        let number = ((index + round) % TICKETS as usize + 1).to_string();
        match round % 3 {
            0 => agent.run(&["tag", &number, &format!("+{}{round}", agent.name)]),
            1 => agent.run(&["assign", &number, agent.name]),
            _ => agent.run(&["subject", &number, &format!("{} says {round}", agent.name)]),
        };
        conflicts += told(&agent.sync());
    }
    conflicts
}

fn told(report: &Value) -> usize {
    report["conflicts"].as_array().unwrap().len()
}

/// Everybody acts and syncs at once. Then all see the same, and every act was applied once or told as a conflict.
fn everybody_at_once(agents: &[Agent], client: &mut RawImap, folder: &str) {
    fill(client, (1..=TICKETS as usize).map(mail_or_hostile));
    let inbox = inbox(client);
    for agent in agents {
        agent.sync();
    }
    let numbers = agents[0].numbers();

    let mut conflicts: Vec<usize> = std::thread::scope(|scope| {
        let working: Vec<_> = agents.iter().enumerate().map(|(index, agent)| scope.spawn(move || work(agent, index))).collect();
        working.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for _ in 0..2 {
        for (agent, conflicts) in agents.iter().zip(&mut conflicts) {
            *conflicts += told(&agent.sync());
        }
    }

    assert_agree(agents);
    assert_eq!(self::inbox(client), inbox, "customers' mail is as it was");
    assert_numbered(&agents[0], TICKETS);
    assert_eq!(agents[0].numbers(), numbers, "a number that was shown has changed");
    let fates = agents[0].fates(TICKETS);
    for (agent, conflicts) in agents.iter().zip(conflicts) {
        let own: Vec<bool> = fates.values().filter(|fate| fate.agent == agent.name).map(|fate| fate.applied).collect();
        assert_eq!(own.len(), ROUNDS, "every act of {} is there once", agent.name);
        assert_eq!(own.iter().filter(|applied| !**applied).count(), conflicts, "what was not applied was told to {}", agent.name);
    }
    assert_tags(&agents[0]);
    assert_in_once(client, folder, fates.len());
    for agent in agents {
        agent.assert_in_order();
    }
}

/// What is in the customers' folder: UIDs, flags and texts.
fn inbox(client: &mut RawImap) -> Vec<(u32, String, String)> {
    client.mails("INBOX").into_iter().map(|mail| (mail.uid, mail.flags.replace("\\Recent", "").trim().to_owned(), mail.text)).collect()
}

/// Nobody contradicts a tag: all of them are there.
fn assert_tags(agent: &Agent) {
    let tags: Vec<Value> = (1..=TICKETS).flat_map(|number| agent.ticket(number)["tags"].as_array().unwrap().clone()).collect();
    let distinct: BTreeSet<&str> = tags.iter().filter_map(Value::as_str).collect();
    let expected = agent.fates(TICKETS).len() / 3;
    assert_eq!((tags.len(), distinct.len()), (expected, expected), "{tags:?}");
}

/// No event stands in the folder twice, and each device's are in its own order.
fn assert_in_once(client: &mut RawImap, folder: &str, at_least: usize) {
    let ids: Vec<String> = client.heads(folder, 1).iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "an event stands in the log twice");
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut events = 0;
    for id in &ids {
        let mut parts = id.split(['.', '@']).skip(1);
        let (Some(actor), Some(seq)) = (parts.next(), parts.next().and_then(|seq| seq.parse().ok())) else { continue };
        let before = last.insert(actor, seq).unwrap_or(0);
        assert_eq!(seq, before + 1, "{actor}: {ids:#?}");
        events += 1;
    }
    assert!(events >= at_least, "{events} of {at_least} events");
}

fn on_dovecot(storage: Storage) {
    let Some(bed) = Testbed::start_with(Setup { storage, ..Setup::default() }) else { return };
    let agents = TEAM.map(|name| Agent::in_the_clear(bed.ports().imap, DESK, name));
    everybody_at_once(&agents, &mut bed.imap(DESK), "Postdesk");
}

#[test]
fn eight_processes_at_once_come_to_the_same_on_maildir() {
    on_dovecot(Storage::Maildir);
}

#[test]
fn eight_processes_at_once_come_to_the_same_on_sdbox() {
    on_dovecot(Storage::Sdbox);
}

#[test]
fn eight_processes_at_once_come_to_the_same_on_mdbox() {
    on_dovecot(Storage::Mdbox);
}

#[test]
fn four_processes_at_once_come_to_the_same_on_cyrus() {
    let Some(server) = Cyrus::start() else { return };
    let agents = ["ana", "bo", "cy", "di"].map(|name| Agent::in_the_clear(server.port, cyrus::USER, name));
    everybody_at_once(&agents, &mut server.imap(), "Postdesk");
}

/// All folders lie under INBOX there, UIDNEXT is not told by SELECT, and there is no MULTIAPPEND.
#[test]
fn four_processes_at_once_come_to_the_same_on_courier() {
    let Some(server) = Courier::start() else { return };
    let agents = ["ana", "bo", "cy", "di"].map(|name| Agent::in_the_clear(server.port, courier::USER, name));
    everybody_at_once(&agents, &mut server.imap(), "INBOX.Postdesk");
}
