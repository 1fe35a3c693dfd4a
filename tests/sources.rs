//! One set of promises, kept by every [`MailSource`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::time::Duration;

use postdesk::domain::MessageId;
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::fake::{FakeServer, Mode};
use postdesk::sync::imap::ImapSource;
use postdesk::sync::maildir::MaildirSource;
use postdesk::sync::source::{Changes, FetchPart, Fetched, Flags, MailSource, Role, Selected, SyncPoint, Trouble, UidSet, WaitEnd, Waker};
use support::testbed::{Setup, Storage, Testbed};

/// Opens another session on the same mail each time.
type Open<'a> = &'a dyn Fn() -> Box<dyn MailSource>;

fn mail(id: &str) -> Vec<u8> {
    format!("From: eva@example.org\r\nSubject: hi\r\nMessage-ID: <{id}>\r\n\r\nbody of {id}\r\n").into_bytes()
}

fn fetch(source: &mut dyn MailSource, uids: &UidSet, part: FetchPart) -> Vec<Fetched> {
    let mut all = Vec::new();
    source
        .fetch(uids, part, &mut |fetched| {
            all.push(fetched);
            Ok(())
        })
        .unwrap();
    all
}

fn point(selected: &Selected) -> SyncPoint {
    SyncPoint { uid_validity: selected.uid_validity, uid_next: selected.uid_next, highest_modseq: selected.highest_modseq }
}

fn keeps_its_promises(open: Open<'_>) {
    roles_are_known(open);
    appended_mail_reads_back(open);
    changes_are_told(open);
    missing_folders_are_told(open);
    waiting_ends(open);
    uids_are_lasting(open);
}

fn roles_are_known(open: Open<'_>) {
    let mut source = open();
    for folder in ["Sent", "Archive", "Junk"] {
        source.create(folder).unwrap();
        source.create(folder).unwrap();
    }
    let folders = source.folders().unwrap();
    for (name, role) in [("INBOX", Role::Inbox), ("Sent", Role::Sent), ("Archive", Role::Archive), ("Junk", Role::Junk)] {
        assert!(folders.iter().any(|folder| folder.name == name && folder.role == Some(role) && folder.selectable), "{name} in {folders:?}");
    }
}

fn appended_mail_reads_back(open: Open<'_>) {
    let mut source = open();
    source.create("Größe & Co").unwrap();
    let flags = Flags { seen: true, flagged: true, keywords: vec!["$Work".into()], ..Flags::default() };
    let uids: Vec<_> = ["a@x", "b@x", "c@x"].iter().map(|id| source.append("Größe & Co", &flags, &mail(id)).unwrap()).collect();
    assert_eq!(uids, [Some(1), Some(2), Some(3)]);

    let selected = source.select("Größe & Co", None).unwrap();
    assert_eq!((selected.exists, selected.uid_next, selected.read_only), (3, 4, false));
    assert_eq!(source.uids().unwrap().to_string(), "1:3");
    assert_eq!(source.find(&MessageId::new("b@x").unwrap()).unwrap().to_string(), "2");
    assert!(source.find(&MessageId::new("z@x").unwrap()).unwrap().is_empty());
    let whole = fetch(source.as_mut(), &UidSet::parse("2:3,77").unwrap(), FetchPart::Whole);
    assert_eq!(whole.iter().map(|mail| mail.uid).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((&whole[0].bytes, whole[0].size as usize, &whole[0].flags), (&mail("b@x"), mail("b@x").len(), &flags));
    assert!(whole[0].internal_date.is_some());
    assert!(fetch(source.as_mut(), &UidSet::range(1, 1), FetchPart::Header)[0].bytes.ends_with(b"<a@x>\r\n\r\n"));
    assert_eq!(fetch(source.as_mut(), &UidSet::range(1, 1), FetchPart::Upto(7))[0].bytes, b"From: e");
    assert!(fetch(source.as_mut(), &UidSet::range(1, 9), FetchPart::Flags).iter().all(|mail| mail.bytes.is_empty() && mail.flags == flags));
}

fn changes_are_told(open: Open<'_>) {
    let (mut source, mut other) = (open(), open());
    source.create("Changes").unwrap();
    for id in ["1@x", "2@x", "3@x"] {
        source.append("Changes", &Flags::default(), &mail(id)).unwrap();
    }
    let before = source.select("Changes", None).unwrap();
    assert_eq!(before.changes, Changes::Unknown);
    other.select("Changes", None).unwrap();
    let seen = Flags { seen: true, keywords: vec!["later".into()], ..Flags::default() };
    other.store_flags(&UidSet::range(2, 2), &seen, true).unwrap();
    other.append("Changes", &Flags::default(), &mail("4@x")).unwrap();

    let after = source.select("Changes", Some(point(&before))).unwrap();

    assert_eq!((after.uid_validity, after.uid_next, after.exists), (before.uid_validity, 5, 4));
    match after.changes {
        Changes::Exact { flags, vanished } => assert_eq!((flags, vanished), (vec![(2, seen.clone())], UidSet::new())),
        Changes::FlagsOnly { flags } => assert_eq!(flags, [(2, seen.clone())]),
        Changes::Unknown => assert_eq!(source.resync_mode(), "plain"),
    }
    assert_eq!(fetch(source.as_mut(), &UidSet::range(2, 2), FetchPart::Flags)[0].flags, seen);
    source.store_flags(&UidSet::range(1, 4), &Flags { seen: true, ..Flags::default() }, false).unwrap();
    let left = Flags { keywords: vec!["later".into()], ..Flags::default() };
    assert_eq!(fetch(source.as_mut(), &UidSet::range(2, 2), FetchPart::Flags)[0].flags, left);
}

fn missing_folders_are_told(open: Open<'_>) {
    let mut source = open();
    let select = source.select("Nowhere", None).unwrap_err();
    let append = source.append("Nowhere", &Flags::default(), &mail("x@x")).unwrap_err();
    assert_eq!((select.trouble, append.trouble), (Trouble::NoFolder, Trouble::NoFolder), "{select}; {append}");
    assert_eq!(source.create("a\r\nb").unwrap_err().trouble, Trouble::Refused);
    assert!(source.select("INBOX", None).is_ok(), "a refusal leaves the session usable");
}

fn waiting_ends(open: Open<'_>) {
    let (mut source, mut other) = (open(), open());
    let waker = Waker::default();
    source.create("Waiting").unwrap();
    source.select("Waiting", None).unwrap();
    assert_eq!(source.wait(Duration::from_millis(50), &waker).unwrap(), WaitEnd::TimedOut);
    waker.wake();
    assert_eq!(source.wait(Duration::from_secs(20), &waker).unwrap(), WaitEnd::Woken);
    other.append("Waiting", &Flags::default(), &mail("news@x")).unwrap();
    assert_eq!(source.wait(Duration::from_secs(20), &waker).unwrap(), WaitEnd::Changed);
    assert_eq!(source.select("Waiting", None).unwrap().exists, 1);
    assert_eq!(source.wait(Duration::from_millis(50), &waker).unwrap(), WaitEnd::TimedOut);
}

fn uids_are_lasting(open: Open<'_>) {
    let mut source = open();
    source.create("Lasting").unwrap();
    source.append("Lasting", &Flags::default(), &mail("1@x")).unwrap();
    let first = source.select("Lasting", None).unwrap();
    source.close();
    let mut again = open();
    let second = again.select("Lasting", None).unwrap();
    assert_eq!((first.uid_validity, first.uid_next), (second.uid_validity, second.uid_next));
    assert_eq!(again.append("Lasting", &Flags::default(), &mail("2@x")).unwrap(), Some(2));
}

#[test]
fn the_fake_keeps_the_promises_in_each_mode() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let server = FakeServer::new();
        server.set_mode(mode);
        keeps_its_promises(&|| Box::new(server.connect()));
    }
}

#[test]
fn a_maildir_keeps_the_promises() {
    let dir = tempfile::tempdir().unwrap();
    keeps_its_promises(&|| Box::new(MaildirSource::open(dir.path()).unwrap()));
}

#[test]
fn dovecot_keeps_the_promises_on_each_storage() {
    for storage in [Storage::Sdbox, Storage::Maildir, Storage::Mdbox] {
        let Some(bed) = Testbed::start_with(Setup { storage, ..Setup::default() }) else { return };
        let endpoint = bed.endpoint("support@example.test");
        keeps_its_promises(&|| Box::new(ImapSource::connect(&endpoint, Timeouts::default()).unwrap()));
    }
}
