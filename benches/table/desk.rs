//! The large desk: made by `demo`, and asked as the screen's workers ask it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postdesk::demo;
use postdesk::desk::{Desk, DeskSetup, Places};
use postdesk::domain::TicketKey;
use postdesk::domain::query::{self, Query, QueryContext, Sort};
use postdesk::protocol::job::ListPage;
use tempfile::TempDir;

use crate::report::{Bar, Report, Times};
use crate::sizes::Sizes;
use crate::timed;

/// A demo desk on disk, removed with this unless it is to be kept.
pub struct LargeDesk {
    pub dir: PathBuf,
    _scratch: TempDir,
}

/// The longest conversation of a large demo.
const LONG: &str = "Gaps in the readings at Skerry lighthouse";

/// Rows the screen asks for while a query is typed.
const FIRST_PAGE: u32 = 100;

/// Words an agent might look for; each is typed letter by letter.
pub const TYPED: [&str; 12] = [
    "invoice",
    "lighthouse",
    "refund",
    "camera",
    "the",
    "with",
    "station offline",
    "order NL",
    "müller",
    "from:vance",
    "status:open battery",
    "subject:crash",
];

impl LargeDesk {
    /// Finds the desk kept from an earlier run, or makes it and measures that.
    pub fn find_or_make(sizes: &Sizes, report: &mut Report) -> Self {
        let scratch = TempDir::new().unwrap();
        let dir = sizes.desk.clone().unwrap_or_else(|| scratch.path().join("desk"));
        let desk = Self { dir, _scratch: scratch };
        report.heading(&format!("The desk: {} messages in {}", sizes.messages, desk.dir.display()));
        if desk.dir.join("postdesk-demo").exists() {
            report.skipped("demo --messages", "the desk is there already, skipped");
        } else {
            let begun = Instant::now();
            desk.demo(&["--messages", &sizes.messages.to_string(), "--", "list", "--limit", "1"]);
            let bar = if sizes.messages <= 100_000 { Bar::Figure(60.0) } else { Bar::Figure(600.0) };
            report.figure("demo --messages, with sync and past", begun.elapsed().as_secs_f64(), "s", bar);
        }
        let mb = |path: &str| fs::metadata(desk.dir.join(path)).map_or(0.0, |data| data.len() as f64 / 1_048_576.0);
        report.beside("cache.db : the Maildir", mb("cache/cache.db"), tree_mb(&desk.dir.join("mail")), "MB", Bar::None);
        report.figure("data.db", mb("data/data.db"), "MB", Bar::None);
        desk
    }

    fn demo(&self, args: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
        command.arg("demo").arg("--dir").arg(&self.dir).args(args).env_clear().env("HOME", &self.dir);
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }

    /// The desk without its screen.
    pub fn open(&self) -> Desk {
        let places = Places { data: self.dir.join("data"), cache: self.dir.join("cache"), state: self.dir.join("state") };
        let agent = demo::agents().remove(0);
        Desk::open(DeskSetup { desk: demo::desk_config(&self.dir), agent, places, offline: true }).unwrap()
    }

    /// The ticket with the longest conversation: its key, number and length.
    pub fn longest(&self) -> Option<(TicketKey, u64, u64)> {
        let mut desk = self.open();
        let query = read(&format!("subject:\"{LONG}\""), &desk);
        let rows = desk.page(&ListPage { query, order: Sort::Updated.into(), limit: 1_000, after: None }).unwrap().rows;
        let longest = rows.into_iter().max_by_key(|row| row.messages)?;
        Some((longest.key, longest.number?, longest.messages))
    }

    /// Forgets how messages look, as if no ticket had been opened yet.
    pub fn forget_readings(&self) {
        let cache = rusqlite::Connection::open(self.dir.join("cache/cache.db")).unwrap();
        cache.execute("DELETE FROM reading", []).unwrap();
    }

    /// Full-text queries, each several times; the screen has to answer within a tenth of a second.
    fn full_text(desk: &mut Desk, sizes: &Sizes, report: &mut Report) {
        let mut times = Times::default();
        for text in std::iter::repeat_n(SEARCHED, sizes.runs * 2).flatten() {
            let page = ListPage { query: read(text, desk), order: Sort::Updated.into(), limit: 200, after: None };
            times.add(timed(|| drop(desk.page(&page).unwrap())));
        }
        report.figure("full-text query: p50", times.median(), "ms", Bar::None);
        report.figure("full-text query: p95 (check 64)", times.at(95), "ms", Bar::Figure(100.0));
    }

    /// Measures what the workers do for the screen, without the screen.
    pub fn measure(&self, sizes: &Sizes, report: &mut Report) {
        let mut desk = self.open();
        let mut typed = Times::default();
        let mut slowest = (Duration::ZERO, String::new());
        for word in TYPED {
            for end in word.char_indices().map(|(at, letter)| at + letter.len_utf8()) {
                let Some(query) = typed_so_far(&word[..end], &desk) else { continue };
                let page = ListPage { query, order: Sort::Updated.into(), limit: FIRST_PAGE, after: None };
                let time = timed(|| drop(desk.page(&page).unwrap()));
                typed.add(time);
                slowest = slowest.max((time, word[..end].to_owned()));
            }
        }
        report.figure("search as you type, the query: p50", typed.median(), "ms", Bar::None);
        report.figure("search as you type, the query: p95", typed.at(95), "ms", Bar::None);
        report.figure("search as you type, the query: p99", typed.at(99), "ms", Bar::Figure(10.0));
        report.figure(&format!("the slowest of them, `{}`", slowest.1), slowest.0.as_secs_f64() * 1_000.0, "ms", Bar::None);
        Self::full_text(&mut desk, sizes, report);
        let views: Vec<Query> = demo::views().iter().map(|view| read(&view.query, &desk)).collect();
        let counts: Times = (0..sizes.runs).map(|_| timed(|| drop(desk.count(&views).unwrap()))).collect();
        report.figure("counts of all views, beside the reading", counts.median(), "ms", Bar::None);
        if let Some((key, _, messages)) = self.longest() {
            self.forget_readings();
            let first = timed(|| drop(desk.show(&key).unwrap()));
            report.figure(&format!("ticket with {messages} messages, read first"), first.as_secs_f64() * 1_000.0, "ms", Bar::None);
            let again: Times = (0..sizes.runs).map(|_| timed(|| drop(desk.show(&key).unwrap()))).collect();
            report.figure(&format!("ticket with {messages} messages, read again"), again.median(), "ms", Bar::None);
        }
    }
}

/// Whole words, phrases and fields as they are searched for once they are typed: the newest tickets, by the words' text.
const SEARCHED: [&str; 10] = [
    "invoice",
    "lighthouse",
    "the",
    "station offline",
    "refund invoice",
    "\"silver strip\"",
    "inv*",
    "from:vance",
    "subject:crash",
    "firmware -camera",
];

fn context(desk: &Desk) -> QueryContext {
    desk.query_context(postdesk::domain::Timestamp::now())
}

fn read(text: &str, desk: &Desk) -> Query {
    query::parse(text, &context(desk)).unwrap()
}

/// What the screen asks while this much has been typed; nothing where it cannot be read yet.
fn typed_so_far(text: &str, desk: &Desk) -> Option<Query> {
    query::parse(text, &context(desk)).ok()
}

fn tree_mb(folder: &Path) -> f64 {
    let mut octets = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) => octets += data.len(),
                Err(_) => {}
            }
        }
    }
    octets as f64 / 1_048_576.0
}
