//! Speed and memory of the sources; run by hand: `cargo test --release --test source_speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stdout)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::maildir::MaildirSource;
use postdesk::sync::source::{FetchPart, Flags, MailSource, SyncPoint, UidSet};
use support::testbed::Testbed;

const USER: &str = "support@example.test";

/// Peak resident memory of this process in MB; 0 where the system does not tell.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn body(n: u32) -> String {
    let mut text = format!("From: eva{n}@example.org\r\nTo: {USER}\r\nSubject: message {n}\r\nMessage-ID: <{n}@speed>\r\n\r\n");
    for line in 0..20 {
        let _ = write!(text, "line {line} of a message that is about as long as most of them are, number {n}\r\n");
    }
    text
}

#[test]
#[ignore = "measures; minutes in a debug build"]
fn twenty_thousand_bodies_over_imap() {
    let Some(bed) = Testbed::start() else { return };
    let mut filler = ImapSource::connect(&bed.plain_endpoint(USER), Timeouts::default()).unwrap();
    for n in 0..20_000 {
        filler.append("INBOX", &Flags::default(), body(n).as_bytes()).unwrap();
    }
    for (name, endpoint) in [("plain", bed.plain_endpoint(USER)), ("tls", bed.endpoint(USER))] {
        for part in [FetchPart::Flags, FetchPart::Header, FetchPart::Whole, FetchPart::Whole] {
            let begun = Instant::now();
            let mut source = ImapSource::connect(&endpoint, Timeouts::default()).unwrap();
            source.select("INBOX", None).unwrap();
            let (mut count, mut octets) = (0, 0);
            source
                .fetch(&UidSet::range(1, 20_000), part, &mut |mail| {
                    count += 1;
                    octets += mail.bytes.len();
                    Ok(())
                })
                .unwrap();
            println!("{name} {part:?}: {count} messages, {octets} octets in {:?}, peak {} MB", begun.elapsed(), peak_mb());
            assert_eq!(count, 20_000);
        }
    }
    if let Ok(pause) = std::env::var("POSTDESK_SPEED_PAUSE") {
        println!("{} {:?} {}", bed.ports().imap, bed.ports(), bed.ca_file().display());
        std::thread::sleep(std::time::Duration::from_secs(pause.parse().unwrap()));
    }
}

#[test]
#[ignore = "measures; writes 100,000 files"]
fn a_hundred_thousand_files_in_a_maildir() {
    let dir = tempfile::tempdir().unwrap();
    let mut source = MaildirSource::open(dir.path()).unwrap();
    for n in 0..100_000 {
        fs::write(dir.path().join(format!("cur/{}.M{n}.host:2,S", 1_700_000_000 + n)), body(n)).unwrap();
    }
    let mut known = None;
    for what in ["first", "second"] {
        let begun = Instant::now();
        let selected = source.select("INBOX", known).unwrap();
        println!("{what} select: {:?}", begun.elapsed());
        assert_eq!(selected.exists, 100_000);
        known = Some(SyncPoint { uid_validity: selected.uid_validity, uid_next: selected.uid_next, highest_modseq: selected.highest_modseq });
    }
    let begun = Instant::now();
    let mut again = MaildirSource::open(dir.path()).unwrap();
    again.select("INBOX", None).unwrap();
    println!("select by another process: {:?}", begun.elapsed());
    let begun = Instant::now();
    let mut count = 0;
    let mut counting = |_| {
        count += 1;
        Ok(())
    };
    again.fetch(&UidSet::range(1, 100_000), FetchPart::Flags, &mut counting).unwrap();
    println!("{count} flags: {:?}", begun.elapsed());
    let begun = Instant::now();
    again.append("INBOX", &Flags::default(), body(0).as_bytes()).unwrap();
    println!("one append: {:?}", begun.elapsed());
    std::thread::sleep(std::time::Duration::from_millis(2500));
    source.select("INBOX", known).unwrap();
    let begun = Instant::now();
    source.select("INBOX", known).unwrap();
    println!("select of a folder at rest: {:?}", begun.elapsed());
}
