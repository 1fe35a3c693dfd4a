//! Three real clients that do at random what people do, over lines that break at random, to a server whose
//! sessions are killed: again and again all is let come to rest, and then every one of the promises must hold.
//!
//! `POSTDESK_SOAK_SECS` says for how long (a few seconds by default), `POSTDESK_SEED` with which chance.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dice::Dice;
use support::proxy::{Break, Fault, Proxy, Way};
use support::testbed::Testbed;
use team::{Agent, DESK, assert_agree, hostile_mail, mail};

/// So long everything goes wrong before it is let come to rest.
const BURST: Duration = Duration::from_secs(6);
/// A session has about so many octets each way.
const OCTETS: usize = 9_000;

/// Every second connection breaks, somewhere.
fn bad_lines(seed: u64) -> impl FnMut() -> Option<Fault> + Send + 'static {
    let mut dice = Dice::new(seed);
    move || {
        let way = if dice.one_in(2) { Way::ToServer } else { Way::ToClient };
        let kinds = [Break::Close, Break::Reset, Break::Truncate, Break::SingleOctets];
        let fault = Fault { way, at: 1 + dice.below(OCTETS), what: kinds[dice.below(kinds.len())] };
        dice.one_in(2).then_some(fault)
    }
}

/// What an agent did that always leaves an event, by kind.
type Done = BTreeMap<&'static str, usize>;

/// Acts and syncs at random until the time is over.
fn live(agent: &Agent, dice: &mut Dice, tickets: u64, end: Instant, done: &mut Done) {
    while Instant::now() < end {
        let number = (1 + dice.below(tickets as usize)).to_string();
        let nth: usize = done.values().sum();
        let mut act = |op, args: &[&str]| {
            agent.run(args);
            *done.entry(op).or_default() += 1;
        };
        match dice.below(9) {
            0 => act("tag", &["tag", &number, &format!("+{}{nth}", agent.name)]),
            1 => act("subject", &["subject", &number, &format!("{} {nth}", agent.name)]),
            2 => {
                agent.home.file("note.txt", format!("{} {nth}\n", agent.name));
                act("note", &["note", &number, "--body", "note.txt"]);
            }
            3 => drop(agent.run(&["assign", &number, agent.name])),
            4 => drop(agent.run(&["status", &number, ["open", "pending", "solved"][dice.below(3)]])),
            5 => drop(agent.run(&["priority", &number, ["low", "normal", "urgent"][dice.below(3)]])),
            _ => {
                let code = agent.try_run(&["sync"]);
                assert!(matches!(code, 0 | 1 | 4), "{}: a sync over a bad line ends with {code}", agent.name);
            }
        }
    }
}

/// Nothing goes wrong any more; then everything must be in order.
fn come_to_rest(agents: &[Agent], proxy: &Proxy, done: &[Done], tickets: u64, numbers: &mut BTreeMap<String, u64>) {
    proxy.break_as(|| None);
    for agent in agents.iter().chain(agents) {
        agent.sync_at_last();
    }
    for agent in agents {
        agent.sync();
        let traffic = proxy.traffic();
        assert_eq!((traffic.commands("APPEND"), traffic.commands("STORE")), (0, 0), "{}: a sync without news writes", agent.name);
    }
    assert_agree(agents);
    let now = agents[0].numbers();
    assert_eq!(now.len() as u64, tickets);
    assert!(numbers.iter().all(|(key, number)| now[key] == *number), "a number has changed: {numbers:?}, {now:?}");
    *numbers = now;
    let fates = agents[0].fates(tickets);
    for (agent, done) in agents.iter().zip(done) {
        let found = |op: &str| fates.values().filter(|fate| fate.agent == agent.name && fate.op == op).count();
        let found: Done = done.keys().map(|op| (*op, found(op))).collect();
        assert_eq!(found, *done, "{}: every act is there once", agent.name);
    }
    for agent in agents {
        agent.assert_in_order();
    }
}

#[test]
fn three_clients_at_random_over_bad_lines_agree_whenever_they_come_to_rest() {
    let Some(bed) = Testbed::start() else { return };
    let (seconds, seed) = (support::setting("POSTDESK_SOAK_SECS", 1), support::setting("POSTDESK_SEED", 1));
    let proxy = Proxy::start(bed.ports().imap);
    let agents = ["ana", "bo", "cy"].map(|name| Agent::in_the_clear(proxy.port, DESK, name));
    let mut tickets = 4;
    for number in 1..=tickets as usize {
        bed.imap(DESK).append("INBOX", "", &if number == 1 { hostile_mail(1) } else { mail(number) });
    }
    for agent in &agents {
        agent.sync();
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut done = [Done::new(), Done::new(), Done::new()];
    let mut numbers = BTreeMap::new();
    let (mut bursts, mut kills) = (0, 0);

    while bursts == 0 || Instant::now() < end {
        bursts += 1;
        let seed = seed * 10_000 + bursts;
        proxy.break_as(bad_lines(seed));
        let until = Instant::now() + BURST;
        std::thread::scope(|scope| {
            for (index, (agent, done)) in (0..).zip(agents.iter().zip(&mut done)) {
                let mut dice = Dice::new(seed * 10 + index);
                scope.spawn(move || live(agent, &mut dice, tickets, until, done));
            }
            while Instant::now() < until {
                std::thread::sleep(BURST / 5);
                kills += bed.kill_sessions();
            }
        });
        tickets += 1;
        bed.imap(DESK).append("INBOX", "", &mail(tickets as usize));
        come_to_rest(&agents, &proxy, &done, tickets, &mut numbers);
    }
    let acts: usize = done.iter().flat_map(BTreeMap::values).sum();
    eprintln!("{bursts} bursts, {acts} acts that leave an event, {kills} sessions killed, {tickets} tickets");
}
