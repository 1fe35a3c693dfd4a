//! The first sync beside a raw drain and mbsync, in turn; then the commands on that desk.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::Home;
use crate::report::{Bar, Report, Times};
use crate::server::{USER, configured, drain};
use crate::sizes::Sizes;
use crate::support::testbed::Testbed;
use crate::{has_program, timed};

/// Measures everything about the server, whose shared mailbox holds `count` mails.
pub fn measure(sizes: &Sizes, bed: &Testbed, count: usize, report: &mut Report) {
    report.heading(&format!("Sync: {count} messages on a private Dovecot, IMAP over TLS; {} runs in turn, medians", sizes.runs));
    let mbsync = has_program("mbsync");
    drain(bed);
    let (mut raw, mut ours, mut theirs) = (Times::default(), Times::default(), Times::default());
    let mut peak = 0;
    let mut last = None;
    for _ in 0..sizes.runs {
        raw.add(timed(|| assert!(drain(bed) > 0)));
        let home = configured(bed);
        let begun = Instant::now();
        peak = peak.max(run_watching_memory(&home, &["sync"]));
        ours.add(begun.elapsed());
        let peer = tempfile::tempdir().unwrap();
        if mbsync {
            configure_mbsync(bed, peer.path());
            theirs.add(timed(|| run_mbsync(peer.path())));
        }
        last = Some((home, peer));
    }
    let (home, peer) = last.unwrap();
    report.beside("first sync : raw drain", ours.median() / 1_000.0, raw.median() / 1_000.0, "s", Bar::Ratio(2.5));
    if mbsync {
        report.beside("first sync (indexed) : mbsync (not)", ours.median() / 1_000.0, theirs.median() / 1_000.0, "s", Bar::Ratio(1.0));
    } else {
        report.skipped("first sync : mbsync", "not installed, skipped");
    }
    report.figure("peak memory of the first sync", peak as f64 / 1_024.0, "MB", Bar::Figure(150.0));
    report.beside("cache.db : bytes on the server", database_mb(&home), mailbox_mb(bed), "MB", Bar::None);
    nothing_new(sizes, &home, mbsync.then_some(peer.path()), report);
    commands(sizes, &home, report);
}

fn nothing_new(sizes: &Sizes, home: &Home, peer: Option<&Path>, report: &mut Report) {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..sizes.runs * 2 {
        ours.add(timed(|| quiet(home, &["sync"], 0)));
        if let Some(peer) = peer {
            theirs.add(timed(|| run_mbsync(peer)));
        }
    }
    report.figure("sync, nothing new", ours.median(), "ms", Bar::Figure(100.0));
    if peer.is_some() {
        report.beside("sync, nothing new : mbsync", ours.median(), theirs.median(), "ms", Bar::None);
    }
}

fn commands(sizes: &Sizes, home: &Home, report: &mut Report) {
    for (name, args) in [
        ("list", &["list"][..]),
        ("list QUERY (a common word)", &["list", "the"]),
        ("list QUERY (a prefix)", &["list", "inv*"]),
        ("list QUERY (fields)", &["list", "status:open", "is:unread", "from:vance"]),
        ("assign", &["assign", "5", "ana"]),
    ] {
        let times: Times = (0..sizes.runs * 2).map(|run| timed(|| quiet(home, args, run))).collect();
        report.figure(&format!("{name}, process"), times.median(), "ms", Bar::Figure(30.0));
    }
}

pub fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
    command.args(args).env_clear().envs(home.environment()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn quiet(home: &Home, args: &[&str], run: usize) {
    // Assigning to the same person twice would write nothing.
    let agents = ["ana", "ben"];
    let args: Vec<&str> = args.iter().map(|arg| if *arg == "ana" { agents[run % 2] } else { *arg }).collect();
    assert!(command(home, &args).status().unwrap().success(), "{args:?}");
}

/// Runs to the end; the peak of its resident memory in KiB.
fn run_watching_memory(home: &Home, args: &[&str]) -> u64 {
    let mut child = command(home, args).spawn().unwrap();
    let mut peak = 0;
    loop {
        peak = peak.max(crate::memory_kib(child.id(), "VmHWM"));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn database_mb(home: &Home) -> f64 {
    let size = fs::metadata(home.path().join("cache/postdesk/desks/bench/cache.db")).map_or(0, |data| data.len());
    size as f64 / 1_048_576.0
}

/// The octets of the shared mailbox, which [`drain`] counts with the protocol around them.
fn mailbox_mb(bed: &Testbed) -> f64 {
    drain(bed) as f64 / 1_048_576.0
}

/// A configuration for isync 1.4 with its usual durability.
fn configure_mbsync(bed: &Testbed, folder: &Path) {
    let text = format!(
        "IMAPStore far\nHost localhost\nPort {}\nUser {USER}\nPass secret\nSSLType IMAPS\nCertificateFile {}\n\n\
         MaildirStore near\nPath {folder}/\nInbox {folder}/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSyncState *\n",
        bed.ports().imaps,
        bed.ca_file().display(),
        folder = folder.display()
    );
    fs::write(folder.join("mbsyncrc"), text).unwrap();
}

fn run_mbsync(folder: &Path) {
    let mut command = Command::new("mbsync");
    command.arg("-q").arg("-c").arg(folder.join("mbsyncrc")).arg("-a").env("HOME", folder).stdout(Stdio::null());
    assert!(command.status().unwrap().success(), "mbsync failed");
}
