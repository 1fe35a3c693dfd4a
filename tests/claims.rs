//! What must happen once happens once, however many clients of a team are about to do it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use postdesk::desk::{Claimed, Desk};
use postdesk::sync::source::Waker;
use support::proxy::{Break, Fault, Proxy, Way};
use support::testbed::Testbed;
use team::{Agent, mail};

const NAMES: [&str; 4] = ["ana", "bo", "cy", "di"];

/// Clients of one team, each with a desk of its own that is open.
fn clients(bed: &Testbed) -> (Vec<Agent>, Vec<Desk>) {
    bed.imap(team::DESK).append("INBOX", "", &mail(1));
    let agents: Vec<Agent> = NAMES.iter().map(|name| Agent::on(bed, name)).collect();
    for agent in &agents {
        agent.sync();
    }
    let desks = agents.iter().map(Agent::desk).collect();
    (agents, desks)
}

/// All claim the same at once, and who wins acts; how often somebody did.
fn race(desks: &mut [Desk], what: &str) -> usize {
    let acts = AtomicUsize::new(0);
    let start = Arc::new(Barrier::new(desks.len()));
    std::thread::scope(|scope| {
        for desk in desks {
            let (acts, start) = (&acts, start.clone());
            scope.spawn(move || {
                start.wait();
                match desk.claim(what, 600).unwrap() {
                    Claimed::Won => drop(acts.fetch_add(1, Ordering::SeqCst)),
                    Claimed::Lost => {}
                    Claimed::Unknown(why) => panic!("the server was there: {why}"),
                }
            });
        }
    });
    acts.into_inner()
}

#[test]
fn of_clients_that_claim_at_once_one_acts() {
    let Some(bed) = Testbed::start() else { return };
    let (_agents, mut desks) = clients(&bed);

    for round in 0..20 {
        assert_eq!(race(&mut desks, &format!("send:{round}")), 1, "round {round}");
    }
}

#[test]
fn a_ticket_that_several_clients_open_at_once_is_counted_by_one_of_them() {
    let Some(bed) = Testbed::start() else { return };
    let (_agents, mut desks) = clients(&bed);

    for round in 2..12 {
        bed.imap(team::DESK).append("INBOX", "", &mail(round));
        let start = Barrier::new(desks.len());
        let opened: Vec<u64> = std::thread::scope(|scope| {
            let syncs: Vec<_> = desks
                .iter_mut()
                .map(|desk| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        desk.sync(&mut |_| {}, &Waker::default()).unwrap().tickets_opened
                    })
                })
                .collect();
            syncs.into_iter().map(|sync| sync.join().unwrap()).collect()
        });

        assert_eq!(opened.iter().sum::<u64>(), 1, "round {round}: {opened:?}");
    }
}

#[test]
fn what_was_claimed_is_not_claimed_again_not_even_by_its_winner() {
    let Some(bed) = Testbed::start() else { return };
    let (_agents, mut desks) = clients(&bed);

    assert_eq!(desks[0].claim("send:1", 600).unwrap(), Claimed::Won);

    assert_eq!(desks[0].claim("send:1", 600).unwrap(), Claimed::Lost);
    assert_eq!(desks[1].claim("send:1", 600).unwrap(), Claimed::Lost);
}

#[test]
fn a_claim_whose_winner_died_is_taken_over_when_it_has_expired_and_an_acknowledgement_never() {
    let Some(bed) = Testbed::start() else { return };
    let (_agents, mut desks) = clients(&bed);
    let mut desks = desks.iter_mut();
    let (ana, bo, cy) = (desks.next().unwrap(), desks.next().unwrap(), desks.next().unwrap());

    assert_eq!(ana.claim("send:1", 2).unwrap(), Claimed::Won);
    assert_eq!(ana.claim("ack:0011223344556677", 2).unwrap(), Claimed::Won);
    assert_eq!(bo.claim("send:1", 2).unwrap(), Claimed::Lost);
    let begun = Instant::now();
    support::wait_until("the claims have expired", Duration::from_secs(10), || begun.elapsed() > Duration::from_millis(3_100));

    assert_eq!(bo.claim("send:1", 600).unwrap(), Claimed::Won);
    assert_eq!(cy.claim("send:1", 600).unwrap(), Claimed::Lost);
    assert_eq!(cy.claim("ack:0011223344556677", 600).unwrap(), Claimed::Lost);
}

#[test]
fn without_a_server_nobody_knows_and_nothing_is_claimed_behind_ones_back() {
    let Some(mut bed) = Testbed::start() else { return };
    let (agents, mut desks) = clients(&bed);
    bed.stop_imap();

    let claimed = desks[0].claim("send:1", 600).unwrap();

    assert!(matches!(&claimed, Claimed::Unknown(why) if why.contains("localhost")), "{claimed:?}");
    bed.start_imap();
    agents[0].sync();
    assert_eq!(desks[1].claim("send:1", 600).unwrap(), Claimed::Won);
}

#[test]
fn a_process_beside_one_that_watches_claims_through_it() {
    let Some(bed) = Testbed::start() else { return };
    let (agents, mut desks) = clients(&bed);
    let mut watch = agents[0].start(&["sync", "--watch", "--json"]);
    let socket = agents[0].home.path().join("data/postdesk/desks/acme/wake.sock");
    support::wait_until("it watches", Duration::from_secs(20), || socket.exists());

    let first = desks[0].claim("send:1", 600).unwrap();
    let second = desks[1].claim("send:1", 600).unwrap();
    let third = desks[0].claim("send:1", 600).unwrap();

    watch.kill().unwrap();
    watch.wait().unwrap();
    assert_eq!((first, second, third), (Claimed::Won, Claimed::Lost, Claimed::Lost));
}

#[test]
fn beside_a_watch_that_has_lost_its_server_nobody_wins() {
    let Some(mut bed) = Testbed::start() else { return };
    let (agents, mut desks) = clients(&bed);
    let mut watch = agents[0].start(&["sync", "--watch", "--json"]);
    let socket = agents[0].home.path().join("data/postdesk/desks/acme/wake.sock");
    support::wait_until("it watches", Duration::from_secs(20), || socket.exists());
    bed.stop_imap();

    let hers = desks[0].claim("send:1", 600).unwrap();

    watch.kill().unwrap();
    watch.wait().unwrap();
    bed.start_imap();
    assert!(matches!(hers, Claimed::Unknown(_)), "{hers:?}");
    assert_eq!(desks[1].claim("send:1", 600).unwrap(), Claimed::Won);
    agents[0].sync();
    assert_eq!(desks[0].claim("send:1", 600).unwrap(), Claimed::Lost, "hers was taken back");
}

#[test]
fn over_a_line_that_breaks_at_any_octet_at_most_one_wins() {
    let Some(bed) = Testbed::start() else { return };
    bed.imap(team::DESK).append("INBOX", "", &mail(1));
    let proxy = Proxy::start(bed.ports().imap);
    let agents = [Agent::in_the_clear(proxy.port, team::DESK, "ana"), Agent::in_the_clear(bed.ports().imap, team::DESK, "bo")];
    for agent in &agents {
        agent.sync();
    }
    let [mut ana, mut bo] = agents.each_ref().map(Agent::desk);
    assert_eq!(ana.claim("send:0", 600).unwrap(), Claimed::Won);
    let whole = proxy.traffic();
    let kinds = [Break::Close, Break::Reset, Break::Truncate];
    let mut outcomes = BTreeMap::<_, usize>::new();
    for (way, length) in [(Way::ToServer, whole.to_server.len()), (Way::ToClient, whole.to_client.len())] {
        for (index, at) in (1..length).step_by(97).enumerate() {
            let what = format!("send:{at}{way:?}");
            proxy.break_next(Fault { way, at, what: kinds[index % kinds.len()] });
            let hers = ana.claim(&what, 600);
            let his = bo.claim(&what, 600).unwrap();
            let has_won = |claimed: &Claimed| *claimed == Claimed::Won;
            assert!(!(hers.as_ref().is_ok_and(has_won) && has_won(&his)), "lost at {at}, {way:?}: {hers:?} and {his:?}");
            *outcomes.entry((hers.is_ok_and(|hers| has_won(&hers)), has_won(&his))).or_default() += 1;
            // So that the next session is as long as this one should have been.
            ana.sync(&mut |_| {}, &Waker::default()).unwrap();
        }
    }
    eprintln!("(she, he) won: {outcomes:?}");
    assert!(outcomes.contains_key(&(false, false)), "some cut lay behind her claim: {outcomes:?}");
    assert!(outcomes.contains_key(&(false, true)), "and some before it: {outcomes:?}");
}
