//! The real program in a terminal: from process start to the first tickets, from a key to its frame.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::desk::{LargeDesk, TYPED};
use crate::home::Home;
use crate::memory_kib;
use crate::pty::Screen;
use crate::report::{Bar, Report, Times};
use crate::server;
use crate::sizes::Sizes;
use crate::support::testbed::Testbed;
use crate::sync::command;

const SIZE: (u16, u16) = (40, 120);
const PATIENCE: Duration = Duration::from_secs(30);
/// Of the 95th and the 99th percent of the presses.
const KEY_BARS: [Bar; 2] = [Bar::Figure(10.0), Bar::Figure(16.0)];
/// Without a byte for so long a screen is taken to be complete.
const QUIET: Duration = Duration::from_millis(120);

/// The first frame with tickets, keys, search, a long ticket and memory on the large desk.
pub fn measure(sizes: &Sizes, desk: &LargeDesk, report: &mut Report) {
    report.heading(&format!("The screen on that desk, {} columns by {} rows, as a process in a pty", SIZE.1, SIZE.0));
    let (frame, memory) = if sizes.messages > 100_000 { (100.0, 120.0) } else { (60.0, 60.0) };
    let first: Times = (0..sizes.runs * 2).map(|_| first_frame(&desk.dir)).collect();
    report.figure("process start to first tickets: median", first.median(), "ms", Bar::Figure(frame));
    report.figure("process start to first tickets: worst", first.at(100), "ms", Bar::None);
    let mut screen = open(&desk.dir);
    // At rest: the Maildir has been looked through.
    screen.settled(Duration::from_secs(1));
    report.figure("memory after the first frame (RSS)", memory_mb(&screen), "MB", Bar::Figure(memory));
    keys("key to frame, idle", &mut screen, |_, presses| presses < 300, KEY_BARS, report);
    typing(&mut screen, report);
    if let Some((_, number, messages)) = desk.longest() {
        long_ticket(desk, &mut screen, number, messages, report);
    }
    report.figure("memory after all that (RSS)", memory_mb(&screen), "MB", Bar::Figure(memory));
}

/// Keys while the same process fetches a mailbox for the first time, and while it fetches as much again.
pub fn measure_during_sync(sizes: &Sizes, bed: &Testbed, count: usize, report: &mut Report) {
    let home = server::configured(bed);
    report.heading(&format!("The screen while it fetches {count} messages for the first time"));
    let mut screen = start(&home, &[]);
    screen.wait_for("unread mail", has_several_unread, PATIENCE);
    let bars = [Bar::Figure(50.0), Bar::None];
    keys("key to frame, first sync (check 51)", &mut screen, still_syncs, bars, report);
    drop(screen);

    // The bench may have been given too few messages, or too many: the next part needs all of them.
    assert!(command(&home, &["sync"]).status().unwrap().success());
    let more = server::fill_more(bed, sizes);
    report.heading(&format!("The screen while it fetches {more} new messages"));
    let mut screen = start(&home, &[]);
    screen.wait_for("tickets", has_several_tickets, PATIENCE);
    keys("key to frame, during a sync", &mut screen, still_syncs, KEY_BARS, report);
}

fn still_syncs(screen: &Screen, presses: usize) -> bool {
    presses < 400 && !screen.text().contains("synced now")
}

fn start(home: &Home, args: &[&str]) -> Screen {
    Screen::of(home, args, SIZE)
}

fn environment() -> impl Iterator<Item = (String, OsString)> {
    [("PATH", "/usr/bin:/bin"), ("TZ", "UTC"), ("LANG", "C.UTF-8"), ("HOME", "/nonexistent")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
}

fn open(dir: &Path) -> Screen {
    let dir = dir.to_str().unwrap();
    let screen = Screen::start(Path::new(env!("CARGO_BIN_EXE_postdesk")), &["demo", "--dir", dir], environment(), Path::new("/"), SIZE);
    screen.wait_for("tickets", has_tickets, PATIENCE);
    screen
}

fn first_frame(dir: &Path) -> Duration {
    let begun = Instant::now();
    let mut screen = open(dir);
    let time = begun.elapsed();
    screen.send("q");
    let _ = screen.wait_exit(PATIENCE);
    time
}

/// A number sign with a number behind it stands in rows of tickets alone.
fn has_tickets(text: &str) -> bool {
    text.split('#').skip(1).any(|behind| behind.starts_with(|c: char| c.is_ascii_digit()))
}

/// So many that the selection can go down and up.
fn has_several_tickets(text: &str) -> bool {
    text.lines().filter(|line| has_tickets(line)).count() > 11
}

/// The same while a first sync runs: tickets get their numbers at its end.
fn has_several_unread(text: &str) -> bool {
    text.lines().filter(|line| line.contains('●')).count() > 11
}

/// `j` and `k` in turn, while `go_on` says so; the time until another line is marked.
fn keys(what: &str, screen: &mut Screen, go_on: impl Fn(&Screen, usize) -> bool, [p95, p99]: [Bar; 2], report: &mut Report) {
    let mut times = Times::default();
    while go_on(screen, times.len()) {
        let press = times.len();
        let before = screen.marked();
        let begun = Instant::now();
        screen.send(if press % 20 < 10 { "j" } else { "k" });
        screen.wait_for_marked(|marked| *marked != before, PATIENCE);
        times.add(begun.elapsed());
        // A person does not press faster than the eye follows; and the preview has its turn.
        std::thread::sleep(Duration::from_millis(15 + (press as u64 * 7) % 20));
    }
    report.figure(&format!("{what}: presses"), times.len() as f64, "", Bar::None);
    report.figure(&format!("{what}: p50"), times.median(), "ms", Bar::None);
    report.figure(&format!("{what}: p95"), times.at(95), "ms", p95);
    report.figure(&format!("{what}: p99"), times.at(99), "ms", p99);
}

/// Types words letter by letter; the first frame shows the letter, the last one what was found.
fn typing(screen: &mut Screen, report: &mut Report) {
    let (mut echo, mut found) = (Times::default(), Times::default());
    for word in TYPED {
        screen.send("/");
        screen.settled(QUIET);
        for letter in word.chars() {
            let answer = screen.press(&letter.to_string(), QUIET);
            echo.add(answer.first);
            found.add(answer.last);
        }
        escape(screen);
    }
    report.figure("search as you type, key to letter: p95", echo.at(95), "ms", Bar::Figure(10.0));
    report.figure("search as you type, key to letter: p99", echo.at(99), "ms", Bar::Figure(16.0));
    report.figure("search as you type, key to last frame: p50", found.median(), "ms", Bar::None);
    report.figure("search as you type, key to last frame: p99", found.at(99), "ms", Bar::None);
}

/// A key that comes at once behind Escape is taken for one with Alt.
fn escape(screen: &mut Screen) {
    screen.send("<esc>");
    std::thread::sleep(QUIET);
    screen.settled(QUIET);
}

/// From Enter on the line of the queue to the conversation on the screen.
fn long_ticket(desk: &LargeDesk, screen: &mut Screen, number: u64, messages: u64, report: &mut Report) {
    let mut times = Times::default();
    for run in 0..5 {
        let head = format!("#{number}");
        screen.send(&format!("/number:{number}<enter>"));
        screen.wait_for(
            "the ticket alone in the list",
            |text| text.lines().skip(2).filter(|line| has_tickets(line)).count() <= 2 && text.lines().skip(2).any(|line| line.contains(&head)),
            PATIENCE,
        );
        screen.settled(QUIET * 4);
        if run == 0 {
            // The preview has read it; nobody has now.
            desk.forget_readings();
        }
        let begun = Instant::now();
        screen.send("<enter>");
        screen.wait_for("the conversation", |text| is_conversation(text, &head), PATIENCE);
        times.add(begun.elapsed());
        if run == 0 {
            report.figure(&format!("ticket with {messages} messages opens, first time"), times.median(), "ms", Bar::Figure(100.0));
        }
        screen.send("q");
        screen.settled(QUIET);
        escape(screen);
    }
    report.figure(&format!("ticket with {messages} messages opens, again"), times.median(), "ms", Bar::Figure(100.0));
}

fn is_conversation(text: &str, head: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.contains(head) && text.lines().filter(|line| !line.trim().is_empty()).count() > 10
}

fn memory_mb(screen: &Screen) -> f64 {
    memory_kib(screen.process(), "VmRSS") as f64 / 1_024.0
}
