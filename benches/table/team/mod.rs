//! The team's log: a backlog opened once, changes out and in, and what it costs to keep watch.

mod log;
mod proxy;
mod watch;

use std::collections::BTreeSet;
use std::process::Child;
use std::time::Instant;

use postdesk::config;
use postdesk::desk::{Desk, DeskSetup, Places};
use postdesk::domain::Timestamp;
use postdesk::domain::event::Change;
use postdesk::domain::query::{self, Sort};
use postdesk::protocol::job::{Act, ListPage};
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{FetchPart, Flags, MailSource as _};

use crate::home::Home;
use crate::report::{Bar, Report, Times};
use crate::server::{USER, configured_for};
use crate::sizes::Sizes;
use crate::support::testbed::Testbed;
use crate::sync::command;
use crate::timed;

const FOLDER: &str = "Postdesk";
const QUEUED: usize = 1_000;
const AT_ONCE: usize = 3;

/// Measures everything about the log, on a server of its own.
pub fn measure(sizes: &Sizes, report: &mut Report) {
    let Some(bed) = Testbed::start() else { return report.skipped("the team's log", "no mail server is installed, skipped") };
    report.heading(&format!("The team's log on a private Dovecot: {} threads, {} events", sizes.team_threads, sizes.team_events));
    let homes = ["ana", "bo", "cy"].map(|name| configured_for(&bed, bed.ports().imaps, name));
    fill(&bed, sizes.team_threads);
    backlog(&bed, &homes, report);
    let [ana, bo, _] = &homes;
    queue(ana);
    let pushed = timed(|| sync(ana));
    report.figure(&format!("sync with {QUEUED} changes to share"), pushed.as_secs_f64(), "s", Bar::Figure(3.0));
    sync(bo);
    local_action(sizes, ana, report);
    log::measure(sizes, &bed, report);
    watch::measure(sizes, &bed, ana, report);
}

/// The log alone, without a mailbox beside it.
pub fn measure_log(sizes: &Sizes, report: &mut Report) {
    let Some(bed) = Testbed::start() else { return report.skipped("the log", "no mail server is installed, skipped") };
    report.heading(&format!("The log alone: {} events", sizes.team_events));
    log::measure(sizes, &bed, report);
}

fn sync(home: &Home) {
    assert!(command(home, &["sync"]).status().unwrap().success());
}

/// Mails that are each a thread of its own.
fn fill(bed: &Testbed, count: usize) {
    let mut source = ImapSource::connect(&bed.plain_endpoint(USER), Timeouts::default()).unwrap();
    let mails: Vec<Vec<u8>> = (1..=count)
        .map(|number| {
            format!(
                "From: Customer {number} <c{number}@customer.test>\r\nTo: {USER}\r\nSubject: Question {number}\r\nMessage-ID: <q{number}@customer.test>\r\n\
                 Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nHow does it work?\r\n"
            )
            .into_bytes()
        })
        .collect();
    source.append_all("INBOX", &Flags::default(), &mails).unwrap();
    source.close();
}

/// Everybody begins at once on a full mailbox; what the server's clock says of the openings.
fn backlog(bed: &Testbed, homes: &[Home; AT_ONCE], report: &mut Report) {
    let begun = Instant::now();
    let started: Vec<Child> = homes.iter().map(|home| command(home, &["sync"]).spawn().unwrap()).collect();
    for mut child in started {
        assert!(child.wait().unwrap().success());
    }
    let all = begun.elapsed();
    let lines = subjects(bed);
    let claimed = lines.iter().filter(|line| line.text.contains("claimed: import")).map(|line| line.at).min().unwrap();
    let opened: Vec<&Line> = lines.iter().filter(|line| line.text.contains(" opened ")).collect();
    let last = opened.iter().map(|line| line.at).max().unwrap();
    let openers: BTreeSet<&str> = opened.iter().map(|line| line.from.as_str()).collect();
    // The server's clock has seconds: what began late in one and ended early in another took less.
    let seconds = (last - claimed + 1) as f64;
    report.figure(&format!("{AT_ONCE} first starts: from the claim to the last open"), seconds, "s", Bar::Figure(10.0));
    report.figure("  clients that opened", openers.len() as f64, "", Bar::Figure(1.0));
    report.figure("  all of it, mail included", all.as_secs_f64(), "s", Bar::None);
}

/// A message of the log: who, when by the server's clock, and what.
struct Line {
    at: i64,
    from: String,
    text: String,
}

fn subjects(bed: &Testbed) -> Vec<Line> {
    let mut source = ImapSource::connect(&bed.plain_endpoint(USER), Timeouts::default()).unwrap();
    source.select(FOLDER, None).unwrap();
    let uids = source.uids().unwrap();
    let mut lines = Vec::new();
    source
        .fetch(&uids, FetchPart::Header, &mut |message| {
            let text = String::from_utf8_lossy(&message.bytes).into_owned();
            let from = text.lines().find(|line| line.starts_with("From:")).unwrap_or_default().to_owned();
            lines.push(Line { at: message.internal_date.map_or(0, Timestamp::as_second), from, text: text.replace("\r\n ", " ") });
            Ok(())
        })
        .unwrap();
    lines
}

fn store(home: &Home) -> Store {
    let folder = |part: &str| home.path().join(part).join("postdesk/desks/bench");
    Store::open_shared("bench", StorePaths { data: folder("data"), cache: folder("cache") }).unwrap()
}

/// Changes that were made without a network.
fn queue(home: &Home) {
    let mut store = store(home);
    let keys: Vec<_> = store.decided_state().unwrap().tickets.into_keys().take(QUEUED).collect();
    for (number, key) in keys.iter().cycle().take(QUEUED).enumerate() {
        let change = Change::Tag { ticket: key.clone(), add: vec![format!("t{}", number % 7)], remove: vec![] };
        let author = Author { agent: "ana".into(), now: Timestamp::now() };
        store.append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
    }
}

/// What the screen does when a key is pressed on a ticket, up to the moment it survives a crash.
fn local_action(sizes: &Sizes, home: &Home, report: &mut Report) {
    let config = config::load(&home.config_path()).unwrap();
    let folder = |part: &str| home.path().join(part).join("postdesk/desks/bench");
    let places = Places { data: folder("data"), cache: folder("cache"), state: home.path().join("state") };
    let mut desk = Desk::open(DeskSetup { desk: config.desks[0].clone(), agent: config.agent, places, offline: true }).unwrap();
    let query = query::parse("status:open", &desk.query_context(Timestamp::now())).unwrap();
    let rows = desk.page(&ListPage { query, order: Sort::Updated.into(), limit: 200, after: None }).unwrap().rows;
    let mut times = Times::default();
    for (number, row) in rows.iter().cycle().take(sizes.runs * 40).enumerate() {
        let agent = ["ana", "bo"][number / rows.len() % 2];
        times.add(timed(|| drop(desk.act(std::slice::from_ref(&row.key), &Act::Assign(Some(agent.into()))).unwrap())));
    }
    report.figure("one action, local: median", times.median(), "ms", Bar::Figure(5.0));
    report.figure("one action, local: p99", times.at(99), "ms", Bar::None);
}
