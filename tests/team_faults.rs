//! A team on real mail servers while lines break and servers lose things.
//!
//! What must hold whatever goes wrong, and which tests say when it does not:
//!
//! | | | |
//! |---|---|---|
//! | I1 | once quiet, all clients have folded the same | all here; `team_servers`, `team_compaction`, `team_soak`; on a scripted server `team_log`; without one `model` |
//! | I2 | every act is there once, or told as a conflict | the same; what was told is counted in `team_servers` |
//! | I3 | a mail is delivered at most once | `send_faults`, `replies`; by a killed program `faults` |
//! | I4 | a ticket is acknowledged at most once | nothing acknowledges yet |
//! | I5 | numbers are unique, and stay once they are shown | `team_servers`, `team_soak`, lost indexes here; `team_log`, `model` |
//! | I6 | of a text at most two seconds are lost | the time: `tui::tests::composing`; with a killed program: `screen_compose` |
//! | I7 | of customers' mail nothing changes but flags and keywords, and moves that were asked for | `team_servers`: with neither asked for, nothing; `mirror` |
//! | I8 | a further sync writes nothing | cut sessions here, `team_soak`; `team_log`, `model` |
//! | I9 | no password in a log of everything, no control character in the output | `Agent::run` and `Agent::assert_in_order`, in every test of `team_servers`, `team_soak` and here |
//! | I10 | databases are sound, files private | `Agent::assert_in_order`; a file with a fault is found out by `store::health` |
//!
//! All but I4 and I6 are looked at together by `assert_promises`, at the end of what happens in `team`, `offline` and `two_screens`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postdesk::desk::Desk;
use postdesk::domain::TicketKey;
use postdesk::protocol::job::Act;
use postdesk::sync::endpoint::{Endpoint, Timeouts};
use postdesk::sync::source::Waker;
use support::log_client::{LogClient, key, opened, tagged};
use support::proxy::{Break, Fault, Proxy, Way};
use support::rawimap::{Mail, RawImap};
use support::testbed::{Setup, Storage, Testbed};
use team::{Agent, DESK, assert_agree, assert_numbered, fill, mail_or_hostile};

fn sync(desk: &mut Desk) -> Result<(), String> {
    let report = desk.sync(&mut |_| {}, &Waker::default()).map_err(|error| error.to_string())?;
    if report.errors.is_empty() { Ok(()) } else { Err(report.errors.join("; ")) }
}

fn ticket(desk: &mut Desk, number: u64) -> TicketKey {
    desk.find(&format!("#{number}").parse().unwrap()).unwrap()
}

/// A client behind a proxy whose sessions are cut, with all that is needed to see what came of it.
struct Cut<'a> {
    proxy: &'a Proxy,
    desk: Desk,
    tickets: [TicketKey; 2],
    raw: RawImap,
    /// Messages of the log that have been looked at.
    seen: u32,
    next_seq: u64,
    acts: usize,
}

impl Cut<'_> {
    /// Two events that no other resembles.
    fn act(&mut self) {
        self.acts += 1;
        let [one, two] = self.tickets.clone();
        self.desk.act(&[one], &Act::Subject(format!("Subject {}", self.acts))).unwrap();
        self.desk.act(&[two], &Act::Assign(Some(format!("agent{}", self.acts)))).unwrap();
    }

    /// What is new in the log are the two events, each once and in order; now and then a snapshot or a beacon too.
    fn assert_in_once(&mut self, what: &str) {
        let heads = self.raw.heads("Postdesk", self.seen + 1);
        let seqs: Vec<u64> = heads.iter().filter_map(|head| head.header("Message-ID")?.split(['.', '@']).nth(2)?.parse().ok()).collect();
        let is_beacon = |head: &&Mail| head.header("Subject").is_some_and(|subject| subject.contains("has followed the log"));
        let next = self.next_seq + 2 + heads.iter().filter(is_beacon).count() as u64;
        assert_eq!(seqs, (self.next_seq..next).collect::<Vec<_>>(), "{what}");
        self.seen = heads.last().unwrap().uid;
        self.next_seq = next;
    }

    /// Cuts one session, and lets the client come back.
    fn try_at(&mut self, fault: Fault) {
        let what = format!("{fault:?}");
        self.act();
        self.proxy.break_next(fault);
        let broken = sync(&mut self.desk);
        // Where only the end of the session was cut off, or nothing, there was no trouble.
        let again = sync(&mut self.desk);
        assert_eq!(again, Ok(()), "{what}: {broken:?}");
        self.assert_in_once(&what);
        assert_eq!(sync(&mut self.desk), Ok(()), "{what}");
        let traffic = self.proxy.traffic();
        assert_eq!((traffic.commands("APPEND"), traffic.commands("STORE")), (0, 0), "{what}: {}", String::from_utf8_lossy(&traffic.to_server));
    }
}

/// `POSTDESK_CUT_STEP=1` cuts at every octet; `POSTDESK_CUT_FROM` says at which the first cut is.
#[test]
fn a_session_cut_at_any_octet_is_made_up_for_by_the_next() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Proxy::start(bed.ports().imap);
    fill(&mut bed.imap(DESK), (1..=2).map(mail_or_hostile));
    let (ana, bo) = (Agent::in_the_clear(proxy.port, DESK, "ana"), Agent::in_the_clear(bed.ports().imap, DESK, "bo"));
    let mut desk = ana.desk();
    sync(&mut desk).unwrap();
    let tickets = [ticket(&mut desk, 1), ticket(&mut desk, 2)];
    let log = bed.imap(DESK).heads("Postdesk", 1);
    let next_seq = log.iter().filter(|head| !head.header("Message-ID").unwrap().contains("genesis")).count() as u64 + 1;
    let mut cut = Cut { proxy: &proxy, desk, tickets, raw: bed.imap(DESK), seen: log.last().unwrap().uid, next_seq, acts: 0 };

    // So that a flag goes out too.
    cut.desk.mark_seen(&cut.tickets[0].clone()).unwrap();
    cut.act();
    sync(&mut cut.desk).unwrap();
    let whole = proxy.traffic();
    assert!(whole.commands("APPEND") > 0 && whole.commands("STORE") > 0, "the session that is cut pushes events and a flag");
    cut.assert_in_once("without a fault");
    let step = support::setting("POSTDESK_CUT_STEP", 41);
    let kinds = [Break::Close, Break::Reset, Break::Truncate];
    let begun = Instant::now();
    let mut cuts = 0;
    for (way, length) in [(Way::ToServer, whole.to_server.len()), (Way::ToClient, whole.to_client.len())] {
        for (index, at) in (support::setting("POSTDESK_CUT_FROM", 1)..length).step_by(step).enumerate() {
            cut.try_at(Fault { way, at, what: kinds[index % kinds.len()] });
            cuts += 1;
        }
        cut.try_at(Fault { way, at: length, what: Break::SingleOctets });
    }
    eprintln!("{cuts} cuts of {} + {} octets in {:?}", whole.to_server.len(), whole.to_client.len(), begun.elapsed());

    // After so many events each says how it has folded them, which the other has to hear.
    sync(&mut bo.desk()).unwrap();
    sync(&mut cut.desk).unwrap();
    sync(&mut bo.desk()).unwrap();
    let all = [ana, bo];
    assert_agree(&all);
    assert_eq!(all[1].ticket(2)["assignee"].as_str(), Some(format!("agent{}", cut.acts).as_str()));
    assert_eq!(all[1].ticket(1)["subject"].as_str(), Some(format!("Subject {}", cut.acts).as_str()));
    all[1].run(&["sync"]);
    for agent in &all {
        agent.assert_in_order();
    }
}

/// Syncs however often it takes.
#[track_caller]
fn sync_at_last(desk: &mut Desk, patience: Duration) {
    let end = Instant::now() + patience;
    while let Err(what) = sync(desk) {
        assert!(Instant::now() < end, "no sync within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn sync_each(desks: &mut [Desk]) {
    for desk in desks {
        sync(desk).unwrap();
    }
}

/// Everybody comes back, twice.
fn come_to_rest(desks: &mut [Desk]) {
    for _ in 0..2 {
        for desk in &mut *desks {
            sync_at_last(desk, Duration::from_secs(30));
        }
    }
}

fn on_storage(storage: Storage) -> Option<Testbed> {
    Testbed::start_with(Setup { storage, ..Setup::default() })
}

/// Acts and syncs, whatever comes of it.
fn work_on(desk: &mut Desk, name: &str, tickets: u64, rounds: u64) {
    for round in 0..rounds {
        let key = ticket(desk, round % tickets + 1);
        let act =
            if round % 2 == 0 { Act::Tag { add: vec![format!("{name}{round}")], remove: vec![] } } else { Act::Subject(format!("{name} {round}")) };
        desk.act(&[key], &act).unwrap();
        let _ = sync(desk);
    }
}

/// Sessions are killed while four write: nothing is lost, nothing counts twice, and all agree.
fn killed_on(storage: Storage) {
    let Some(bed) = on_storage(storage) else { return };
    let (tickets, rounds) = (4, 16);
    fill(&mut bed.imap(DESK), (1..=tickets as usize).map(mail_or_hostile));
    let agents = ["ana", "bo", "cy", "di"].map(|name| Agent::in_the_clear(bed.ports().imap, DESK, name));
    let mut desks = agents.each_ref().map(Agent::desk);
    sync_each(&mut desks);
    let working = AtomicUsize::new(desks.len());
    let mut kills = 0;

    std::thread::scope(|scope| {
        for (desk, agent) in desks.iter_mut().zip(&agents) {
            let working = &working;
            scope.spawn(move || {
                work_on(desk, agent.name, tickets, rounds);
                working.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while working.load(Ordering::SeqCst) > 0 {
            kills += bed.kill_sessions();
            std::thread::sleep(Duration::from_millis(60));
        }
    });
    // The last killed may have left a lock.
    std::thread::sleep(Duration::from_millis(1_100));
    bed.kill_sessions();
    come_to_rest(&mut desks);

    let ids: Vec<String> = bed.imap(DESK).heads("Postdesk", 1).iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    eprintln!("{storage:?}: {kills} sessions killed; {} events, {} of them twice in the folder", distinct.len(), ids.len() - distinct.len());
    assert!(kills > 10, "{kills} kills are no test");
    assert_agree(&agents);
    assert_numbered(&agents[0], tickets);
    let fates = agents[0].fates(tickets);
    assert_eq!(fates.len() as u64, 4 * rounds, "every act is there once");
    let tags: usize = (1..=tickets).map(|number| agents[0].ticket(number)["tags"].as_array().unwrap().len()).sum();
    assert_eq!(tags as u64, 4 * rounds / 2);
    for agent in &agents {
        agent.assert_in_order();
    }
}

#[test]
fn sessions_killed_while_four_write_lose_nothing_on_maildir() {
    killed_on(Storage::Maildir);
}

#[test]
fn sessions_killed_while_four_write_lose_nothing_on_sdbox() {
    killed_on(Storage::Sdbox);
}

#[test]
fn sessions_killed_while_four_write_lose_nothing_on_mdbox() {
    killed_on(Storage::Mdbox);
}

/// The server loses everything but the mails: what was decided stays, nothing is read twice, and work goes on.
fn indexes_lost_on(storage: Storage) {
    let Some(bed) = on_storage(storage) else { return };
    fill(&mut bed.imap(DESK), (1..=5).map(mail_or_hostile));
    let agents = ["ana", "bo"].map(|name| Agent::in_the_clear(bed.ports().imap, DESK, name));
    let mut desks = agents.each_ref().map(Agent::desk);
    for round in 0..3 {
        for (desk, agent) in desks.iter_mut().zip(&agents) {
            sync(desk).unwrap();
            work_on(desk, &format!("{}{round}", agent.name), 5, 4);
        }
    }
    sync_each(&mut desks);
    assert_agree(&agents);
    let (list, hash, numbers) = (agents[0].list(), agents[0].hash(), agents[0].numbers());
    let validity = bed.validity(DESK, "Postdesk");

    // Now and then a busy server gives a folder its old number again; then it loses them once more.
    for _ in 0..5 {
        assert!(bed.lose_indexes(DESK) > 0);
        // What a server shows before it has looked through its files is not taken for the truth.
        let first = sync(&mut desks[0]);
        assert_eq!(agents[0].hash(), hash, "{first:?}");
        bed.doveadm(&["force-resync", "-u", DESK, "*"]);
        if bed.validity(DESK, "Postdesk") != validity {
            break;
        }
    }
    assert_ne!(bed.validity(DESK, "Postdesk"), validity, "the server has numbered anew");
    come_to_rest(&mut desks);

    assert_agree(&agents);
    assert_eq!(agents[0].numbers(), numbers);
    assert_eq!((agents[0].list(), agents[0].hash()), (list, hash.clone()), "the same state afterwards");
    work_on(&mut desks[1], "after", 5, 3);
    let late = Agent::in_the_clear(bed.ports().imap, DESK, "late");
    sync_at_last(&mut late.desk(), Duration::from_secs(20));
    sync(&mut desks[0]).unwrap();
    let [ana, bo] = agents;
    let all = [ana, bo, late];
    assert_agree(&all);
    assert_eq!(all[0].numbers(), numbers);
    assert_ne!(all[0].hash(), hash, "what came after is in");
    for agent in &all {
        agent.assert_in_order();
    }
}

#[test]
fn a_server_that_lost_its_indexes_changes_nothing_on_maildir() {
    indexes_lost_on(Storage::Maildir);
}

#[test]
fn a_server_that_lost_its_indexes_changes_nothing_on_sdbox() {
    indexes_lost_on(Storage::Sdbox);
}

#[test]
fn a_server_that_lost_its_indexes_changes_nothing_on_mdbox() {
    indexes_lost_on(Storage::Mdbox);
}

/// On a Maildir the UIDs stand in a list of their own: without the index only the mod-sequences begin anew.
#[test]
fn flags_set_after_the_mod_sequences_fell_are_seen() {
    let Some(bed) = on_storage(Storage::Maildir) else { return };
    fill(&mut bed.imap(DESK), (1..=3).map(mail_or_hostile));
    let ana = Agent::in_the_clear(bed.ports().imap, DESK, "ana");
    let mut desk = ana.desk();
    // Every change of a flag takes the mod-sequence further from where it begins.
    for _ in 0..10 {
        for sign in ["+", "-"] {
            let mut client = bed.imap(DESK);
            client.command("SELECT INBOX");
            client.command(&format!("UID STORE 1:3 {sign}FLAGS (\\Flagged)"));
        }
    }
    sync(&mut desk).unwrap();
    assert_eq!(ana.ticket(2)["unread"], 1);
    let modseq = |bed: &Testbed| {
        let answer = String::from_utf8(bed.imap(DESK).command("STATUS INBOX (HIGHESTMODSEQ)")).unwrap();
        answer.rsplit_once("HIGHESTMODSEQ ").unwrap().1.split(')').next().unwrap().parse::<u64>().unwrap()
    };
    let (before, validity) = (modseq(&bed), bed.validity(DESK, "INBOX"));

    assert!(bed.lose(DESK, &["dovecot.index"]) > 0);
    let mut client = bed.imap(DESK);
    client.command("SELECT INBOX");
    client.command("UID STORE 2 +FLAGS (\\Seen)");
    assert!(modseq(&bed) < before, "the mod-sequence fell");
    assert_eq!(bed.validity(DESK, "INBOX"), validity);
    sync(&mut desk).unwrap();

    assert_eq!(ana.ticket(2)["unread"], 0);
    assert_eq!(ana.ticket(3)["unread"], 1);
}

/// Silence for as long as a client is ready to wait; then it comes back and everything is in once.
#[test]
fn a_line_that_falls_silent_at_any_point_is_given_up_and_made_up_for() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Proxy::start(bed.ports().imap);
    let straight = bed.plain_endpoint(DESK);
    let endpoint = Endpoint { port: proxy.port, ..straight.clone() };
    let second = Duration::from_millis(700);
    let hasty = Timeouts { connect: second, read: second, write: second, append: second, poll: second };
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
    ana.act(opened("one"));
    ana.exchange(&endpoint).unwrap();
    ana.act(tagged("one", "first"));
    ana.exchange(&endpoint).unwrap();
    let whole = proxy.traffic();

    let mut tags = 1;
    for (way, length) in [(Way::ToServer, whole.to_server.len()), (Way::ToClient, whole.to_client.len())] {
        // Not in the farewell, whose loss nobody notices.
        for at in (1..length * 9 / 10).step_by(length / 6) {
            tags += 1;
            ana.act(tagged("one", &format!("t{tags}")));
            proxy.break_next(Fault { way, at, what: Break::Stall });
            let begun = Instant::now();
            let broken = ana.exchange(&(&endpoint, hasty));
            assert!(begun.elapsed() < Duration::from_secs(20), "{way:?} {at}: {:?}", begun.elapsed());
            assert!(broken.is_err(), "{way:?} {at}");
            ana.exchange(&endpoint).unwrap();
        }
    }
    bo.exchange(&straight).unwrap();

    assert_eq!(bo.hash(), ana.hash());
    assert_eq!(bo.tags(&key("one")).len(), tags);
    let ids: Vec<String> = bed.imap(DESK).heads("Postdesk", 1).iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:#?}");
}

/// Ana has not read the first of two changes of bo when somebody deletes it; the second waits for it.
fn with_a_hole(bed: &Testbed) -> [Agent; 3] {
    fill(&mut bed.imap(DESK), (1..=3).map(mail_or_hostile));
    let agents = ["ana", "bo", "cy"].map(|name| Agent::in_the_clear(bed.ports().imap, DESK, name));
    for _ in 0..2 {
        for agent in &agents {
            agent.sync();
        }
    }
    let [ana, bo, _] = &agents;
    bo.run(&["tag", "1", "+first"]);
    bo.run(&["tag", "2", "+second"]);
    bo.sync();
    let log = bed.imap(DESK).heads("Postdesk", 1);
    let first = log.iter().find(|head| head.header("Subject").unwrap().contains("+first")).unwrap().uid;
    bed.expunge(DESK, "Postdesk", first);
    ana.sync();
    assert_eq!(ana.ticket(2)["tags"], serde_json::json!([]), "what comes after it waits");
    // As if it had been looked for all afternoon.
    ana.store().remember("log_tries", "49").unwrap();
    agents
}

#[test]
fn who_misses_a_change_for_too_long_reads_on_and_writes_no_more_until_somebody_brings_it() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo, cy] = with_a_hole(&bed);
    ana.run(&["tag", "3", "+mine"]);
    cy.run(&["subject", "3", "From cy"]);
    // Who knew the lost change is told, and may put it back.
    let _ = cy.json(&["sync", "--json"]);

    let report = ana.json(&["sync", "--json"]).remove(0);

    let told = report["errors"][0].as_str().unwrap();
    assert!(told.contains("(1 of their changes)") && told.contains("nothing is written"), "{told}");
    assert_eq!((&report["events_waiting"], &report["log_can_be_restored"]), (&serde_json::json!(1), &serde_json::json!(true)), "{report:#}");
    let subjects = |bed: &Testbed| bed.imap(DESK).heads("Postdesk", 1).iter().map(|head| head.header("Subject").unwrap()).collect::<String>();
    assert!(!subjects(&bed).contains("+mine"));
    assert_eq!(ana.ticket(3)["tags"], serde_json::json!(["mine"]), "it is kept here");

    bo.run(&["sync", "--restore-log"]);
    let report = ana.sync();
    assert_eq!((&report["events_waiting"], &report["log_trouble"]), (&serde_json::json!(0), &serde_json::Value::Null), "{report:#}");
    assert_eq!(ana.ticket(2)["tags"], serde_json::json!(["second"]));
    let all = [ana, bo, cy];
    for _ in 0..2 {
        for agent in &all {
            agent.sync_at_last();
        }
    }
    assert_agree(&all);
}

#[test]
fn what_nobody_has_any_more_is_given_up_on_a_persons_word_alone() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, _, _] = with_a_hole(&bed);
    ana.run(&["tag", "3", "+mine"]);
    let report = ana.json(&["sync", "--json"]).remove(0);
    assert_eq!(report["events_waiting"], 1, "{report:#}");

    let report = ana.json(&["sync", "--restore-log", "--json"]).remove(0);

    assert_eq!((&report["errors"], &report["events_waiting"]), (&serde_json::json!([]), &serde_json::json!(0)), "{report:#}");
    assert_eq!((&ana.ticket(1)["tags"], &ana.ticket(2)["tags"]), (&serde_json::json!([]), &serde_json::json!(["second"])));
    let late = Agent::in_the_clear(bed.ports().imap, DESK, "late");
    late.sync();
    ana.sync();
    assert_agree(&[ana, late]);
}
