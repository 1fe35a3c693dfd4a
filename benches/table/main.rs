//! One table of ratios and figures, each beside its bar: sync, index, search, the screen, memory, sizes.
//!
//! `make bench`, or `cargo bench --bench table`. Everything is measured in one run, what is compared
//! in turn, and medians count; a machine that does something else meanwhile makes all of it worthless.
//! `sizes` says what the environment can set. What is compared with and not installed is left out, and
//! said to be. Times of programs are those of whole processes unless the line says otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stdout)]
#![allow(clippy::print_stderr, missing_debug_implementations)]

#[path = "../../tests/support/home.rs"]
mod home;
#[path = "../../tests/support/screen.rs"]
mod pty;
#[path = "../../tests/support/mod.rs"]
mod support;

mod desk;
mod peers;
mod report;
mod screen;
mod server;
mod sizes;
mod sync;
mod team;

use std::time::{Duration, Instant};

use report::Report;
use sizes::Sizes;

fn main() {
    // `cargo test --all-targets` runs benches too, with this flag missing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let sizes = Sizes::of_the_environment();
    let mut report = Report::default();
    if sizes.wants("sync") || sizes.wants("during") {
        match server::start(&sizes) {
            Some((bed, count)) => on_server(&sizes, &bed, count, &mut report),
            None => report.skipped("sync", "no mail server is installed, skipped"),
        }
    }
    if sizes.wants("team") {
        team::measure(&sizes, &mut report);
    }
    // A part of it that is quick to repeat.
    if sizes.wants_alone("log") {
        team::measure_log(&sizes, &mut report);
    }
    if sizes.wants("index") {
        peers::measure(&sizes, &mut report);
    }
    if sizes.wants("desk") || sizes.wants("screen") {
        let large = desk::LargeDesk::find_or_make(&sizes, &mut report);
        if sizes.wants("desk") {
            large.measure(&sizes, &mut report);
        }
        if sizes.wants("screen") {
            screen::measure(&sizes, &large, &mut report);
        }
    }
    report.end();
}

fn on_server(sizes: &Sizes, bed: &support::testbed::Testbed, count: usize, report: &mut Report) {
    if sizes.wants("sync") {
        sync::measure(sizes, bed, count, report);
    }
    if sizes.wants("during") {
        screen::measure_during_sync(sizes, bed, count, report);
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// A line of `/proc/PID/status` that is in KiB; 0 when the process has ended.
fn memory_kib(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
