//! A client that keeps watch: how soon it sees what a colleague does or a customer writes, and what it costs at rest.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::proxy::Counted;
use super::sync;
use crate::home::Home;
use crate::report::{Bar, Report, Times};
use crate::server::{USER, configured_for};
use crate::sizes::Sizes;
use crate::support::testbed::Testbed;
use crate::sync::command;

const PATIENCE: Duration = Duration::from_secs(90);

struct Watcher {
    child: Child,
    reports: Receiver<serde_json::Value>,
}

impl Watcher {
    fn start(home: &Home) -> Self {
        let mut child = command(home, &["sync", "--watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, reports) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let watcher = Self { child, reports };
        watcher.reports.recv_timeout(PATIENCE).unwrap();
        watcher
    }

    /// Waits for a report in which something is counted.
    fn sees(&self, what: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let report = self.reports.recv_timeout(end.saturating_duration_since(Instant::now())).unwrap_or_else(|_| panic!("no {what} came"));
            if report[what].as_u64() > Some(0) {
                return;
            }
        }
    }

    /// CPU time used so far, in seconds.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        ticks as f64 / 100.0
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn measure(sizes: &Sizes, bed: &Testbed, ana: &Home, report: &mut Report) {
    let line = Counted::before(bed.ports().imaps);
    let dee = configured_for(bed, line.port, "dee");
    sync(&dee);
    let watching = Watcher::start(&dee);
    let acting = Watcher::start(ana);
    settle(&watching, &acting);
    let mut seen = Times::default();
    for run in 0..sizes.runs {
        let agent = ["bo", "cy"][run % 2];
        let begun = Instant::now();
        assert!(command(ana, &["assign", "7", agent]).status().unwrap().success());
        watching.sees("events_in");
        seen.add(begun.elapsed());
        settle(&watching, &acting);
    }
    report.figure("a change, seen by a colleague who watches", seen.median() / 1_000.0, "s", Bar::Figure(1.5));
    drop(acting);
    let mut client = bed.imap(USER);
    let mut came = Times::default();
    for run in 0..2 {
        // A moment that fits no rhythm of the watch.
        std::thread::sleep(Duration::from_secs(3));
        let begun = Instant::now();
        client.append(
            "INBOX",
            "",
            &format!("From: c@customer.test\r\nMessage-ID: <late{run}@customer.test>\r\nSubject: Late {run}\r\n\r\nHello\r\n"),
        );
        watching.sees("messages_new");
        came.add(begun.elapsed());
    }
    report.figure("a customer's mail, seen by who watches", came.at(100) / 1_000.0, "s", Bar::Figure(5.0));
    idle(sizes, &line, &watching, report);
}

/// Lets what has been begun come to its end.
fn settle(one: &Watcher, other: &Watcher) {
    while one.reports.recv_timeout(Duration::from_millis(1_500)).is_ok() || other.reports.try_recv().is_ok() {}
}

fn idle(sizes: &Sizes, line: &Counted, watching: &Watcher, report: &mut Report) {
    std::thread::sleep(Duration::from_secs(2));
    let (octets, cpu, begun) = (line.octets(), watching.cpu(), Instant::now());
    std::thread::sleep(sizes.idle);
    let hours = begun.elapsed().as_secs_f64() / 3_600.0;
    report.figure("at rest: octets in an hour", (line.octets() - octets) as f64 / 1_024.0 / hours, "KB", Bar::Figure(200.0));
    report.figure("at rest: CPU time in an hour", (watching.cpu() - cpu) / hours, "s", Bar::Figure(5.0));
    report.figure("at rest: connections so far", line.connections() as f64, "", Bar::None);
}
