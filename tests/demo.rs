//! The made-up mailbox: the same from the same seed, readable to the last mail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use mail_parser::{HeaderValue, MessageParser};
use postdesk::demo::{Demo, DemoError, DemoOptions, MESSAGES, SeededAct, agents, generate};
use postdesk::domain::ticket::Status;
use tempfile::TempDir;

const NOW: &str = "2026-03-04T12:00:00Z";

fn make(messages: u32, seed: u64, now: &str) -> (TempDir, Demo) {
    let dir = TempDir::new().unwrap();
    let options = DemoOptions { messages, seed, now: now.parse().unwrap(), dir: dir.path().to_owned() };
    let demo = generate(&options).unwrap();
    (dir, demo)
}

/// Path below the demo's folder → bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn mails(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    files(&dir.join("mail"))
}

fn count(mails: &BTreeMap<String, Vec<u8>>, needle: &str) -> usize {
    mails.values().filter(|bytes| String::from_utf8_lossy(bytes).contains(needle)).count()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (first, demo) = make(MESSAGES, 7, NOW);
    let (second, again) = make(MESSAGES, 7, NOW);
    let (third, _) = make(MESSAGES, 8, NOW);

    assert_eq!(files(first.path()), files(second.path()));
    assert_eq!(demo.seeded, again.seeded);
    assert_ne!(files(first.path()), files(third.path()));
}

#[test]
fn another_day_moves_the_dates_and_nothing_else() {
    let order = |dir: &Path| -> Vec<String> {
        let mut ids: Vec<(i64, String)> = mails(dir)
            .into_iter()
            .map(|(path, bytes)| {
                let second = path.rsplit('/').next().unwrap().split('.').next().unwrap().parse().unwrap();
                (second, MessageParser::default().parse(&bytes).unwrap().message_id().unwrap_or("none").to_owned())
            })
            .collect();
        ids.sort();
        ids.into_iter().map(|(_, id)| id).collect()
    };
    let (weekday, _) = make(MESSAGES, 1, NOW);
    let (sunday, _) = make(MESSAGES, 1, "2026-07-05T03:20:00Z");

    assert_eq!(order(weekday.path()), order(sunday.path()));
}

#[test]
fn every_mail_is_read_and_no_message_id_comes_twice() {
    let (dir, _) = make(1200, 3, NOW);
    let mut seen = HashSet::new();
    let mut without_id = 0;

    for (path, bytes) in mails(dir.path()) {
        let mail = MessageParser::default().parse(&bytes).unwrap_or_else(|| panic!("{path} is not read"));
        assert!(mail.from().is_some() && mail.subject().is_some(), "{path}:\n{}", String::from_utf8_lossy(&bytes));
        assert!(mail.text_body_count() > 0, "{path} has no text");
        match mail.message_id() {
            Some(id) => assert!(seen.insert(id.to_owned()), "{id} comes twice ({path})"),
            None => without_id += 1,
        }
    }

    assert_eq!(without_id, 4, "only the device from before MIME writes no id");
}

#[test]
fn every_answer_names_a_mail_of_the_mailbox() {
    let (dir, _) = make(MESSAGES, 1, NOW);
    let mails = mails(dir.path());
    let parsed: Vec<_> = mails.values().filter_map(|bytes| MessageParser::default().parse(bytes)).collect();
    let known: HashSet<&str> = parsed.iter().filter_map(|mail| mail.message_id()).collect();

    let mut answers = 0;
    for mail in &parsed {
        for header in [mail.in_reply_to(), mail.references()] {
            let ids: Vec<&str> = match header {
                HeaderValue::Text(id) => vec![id.as_ref()],
                HeaderValue::TextList(ids) => ids.iter().map(AsRef::as_ref).collect(),
                _ => Vec::new(),
            };
            assert!(ids.iter().all(|id| known.contains(id)), "{ids:?}");
            answers += ids.len();
        }
    }
    assert!(answers > 200, "{answers}");
}

#[test]
fn the_folders_hold_exactly_the_mails_that_were_asked_for() {
    for messages in [0, 1, 20, MESSAGES, 999] {
        let (dir, demo) = make(messages, 5, NOW);
        let mails = mails(dir.path());
        let counts = demo.counts;
        let in_folder = |folder: &str| mails.keys().filter(|path| path.starts_with(folder)).count() as u32;

        assert_eq!(mails.len() as u32, messages);
        assert_eq!(counts.inbox + counts.sent + counts.archive + counts.junk, messages);
        assert_eq!((counts.sent, counts.archive, counts.junk), (in_folder(".Sent/"), in_folder(".Archive/"), in_folder(".Junk/")));
    }
}

#[test]
fn there_is_something_of_every_kind() {
    let (dir, demo) = make(MESSAGES, 1, NOW);
    let mails = mails(dir.path());
    let counts = demo.counts;

    assert!(counts.conversations > 70, "{counts:?}");
    assert_eq!((counts.bounces, counts.list_mail, counts.hostile, counts.not_mime, counts.junk), (1, 2, 1, 1, 5));
    assert!(counts.auto_replies >= 3 && counts.archive > 0 && counts.sent > 50, "{counts:?}");
    for needle in [
        "format=flowed",
        "multipart/alternative",
        "multipart/related",
        "multipart/mixed",
        "message/delivery-status",
        "iso-2022-jp",
        "windows-1252",
        "application/pdf",
        "image/png",
        "Auto-Submitted: auto-replied",
        "List-Id:",
        "filename=\"../../.ssh/authorized_keys\"",
        "\u{1b}[2J",
    ] {
        assert!(count(&mails, needle) > 0, "no mail contains {needle:?}");
    }
    assert!(count(&mails, "Skerry lighthouse") >= 42, "the long conversation is not there");
    assert_eq!(mails.values().filter(|bytes| bytes.windows(2).any(|pair| pair == b"{n" || pair == b"{k")).count(), 0, "a slot was left open");
}

#[test]
fn the_newest_mail_is_minutes_old_and_the_oldest_weeks() {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let (dir, _) = make(MESSAGES, 1, NOW);

    let ages: Vec<i64> = mails(dir.path())
        .keys()
        .map(|path| now.as_second() - path.rsplit('/').next().unwrap().split('.').next().unwrap().parse::<i64>().unwrap())
        .collect();

    assert!((60..900).contains(ages.iter().min().unwrap()), "{:?}", ages.iter().min());
    assert!((25 * 86_400..46 * 86_400).contains(ages.iter().max().unwrap()), "{:?}", ages.iter().max());
}

#[test]
fn the_past_of_the_tickets_belongs_to_mails_and_agents_that_exist() {
    let (dir, demo) = make(MESSAGES, 1, NOW);
    let mails = mails(dir.path());
    let ids: HashSet<String> = mails.values().filter_map(|bytes| MessageParser::default().parse(bytes)?.message_id().map(str::to_owned)).collect();

    for seeded in &demo.seeded {
        assert!(ids.contains(seeded.message_id.as_str()), "{seeded:?}");
        assert!(agents().iter().any(|agent| agent.name == seeded.agent), "{seeded:?}");
        assert!(seeded.at <= NOW.parse().unwrap(), "{seeded:?}");
    }
    assert!(demo.seeded.is_sorted_by_key(|seeded| seeded.at));
    for wanted in [Status::Pending, Status::Hold, Status::Solved] {
        assert!(demo.seeded.iter().any(|seeded| seeded.act == SeededAct::Status(wanted)), "{wanted:?}");
    }
    assert!(demo.seeded.iter().any(|seeded| matches!(seeded.act, SeededAct::Note(_))));
}

#[test]
fn a_demo_is_not_written_over_mail_that_is_there() {
    let (dir, _) = make(5, 1, NOW);
    let before = files(dir.path());

    let again = generate(&DemoOptions { messages: 9, seed: 2, now: NOW.parse().unwrap(), dir: dir.path().to_owned() });

    assert!(matches!(again, Err(DemoError::Exists(_))));
    assert_eq!(files(dir.path()), before);
}

#[test]
fn nobody_else_may_read_the_mail() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, _) = make(5, 1, NOW);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    assert_eq!(mode(&dir.path().join("mail/cur")), 0o700);
    for path in files(dir.path()).keys() {
        assert_eq!(mode(&dir.path().join(path)), 0o600, "{path}");
    }
}
