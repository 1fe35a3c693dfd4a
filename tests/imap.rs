//! `ImapSource` against a real Dovecot.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use postdesk::domain::MessageId;
use postdesk::sync::endpoint::{Credential, Endpoint, Timeouts};
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{Changes, FetchPart, Fetched, Flags, MailSource, Role, Selected, SyncPoint, Trouble, UidSet, WaitEnd, Waker};
use support::testbed::{Certificate, JWT_KEY, Setup, Storage, Testbed, expired_token, token};

const USER: &str = "support@example.test";

fn connect(bed: &Testbed) -> ImapSource {
    ImapSource::connect(&bed.endpoint(USER), Timeouts::default()).unwrap_or_else(|error| panic!("{error}\n{}", bed.logs()))
}

fn mail(id: &str, body: &str) -> String {
    format!(
        "From: Eva <eva@example.org>\r\nTo: {USER}\r\nSubject: {id}\r\nMessage-ID: <{id}>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\n{body}\r\n"
    )
}

fn point(selected: &Selected) -> SyncPoint {
    SyncPoint { uid_validity: selected.uid_validity, uid_next: selected.uid_next, highest_modseq: selected.highest_modseq }
}

fn fetch_all(source: &mut ImapSource, part: FetchPart) -> Vec<Fetched> {
    let uids = source.uids().unwrap();
    let mut all = Vec::new();
    source
        .fetch(&uids, part, &mut |fetched| {
            all.push(fetched);
            Ok(())
        })
        .unwrap();
    all
}

fn refused(endpoint: &Endpoint) -> (Trouble, String) {
    let error = ImapSource::connect(endpoint, Timeouts::default()).expect_err("refused");
    (error.trouble, error.to_string())
}

#[test]
fn login_works_over_tls_starttls_and_in_the_clear_on_loopback() {
    let Some(bed) = Testbed::start() else { return };

    for endpoint in [bed.endpoint(USER), bed.starttls_endpoint(USER), bed.plain_endpoint(USER)] {
        let mut source = ImapSource::connect(&endpoint, Timeouts::default()).unwrap_or_else(|error| panic!("{:?}: {error}", endpoint.tls));
        assert_eq!(source.resync_mode(), "QRESYNC");
        assert_eq!(source.select("INBOX", None).unwrap().exists, 0);
        source.close();
    }
}

#[test]
fn a_wrong_password_and_an_unknown_port_are_told_apart_and_never_show_the_secret() {
    let Some(bed) = Testbed::start() else { return };
    let wrong = Endpoint { secret: Credential::password("hunter2"), ..bed.endpoint(USER) };
    let closed = Endpoint { port: 1, ..bed.endpoint(USER) };
    let unknown = Endpoint { host: "no-such-host.invalid".into(), ..bed.endpoint(USER) };

    let (trouble, text) = refused(&wrong);
    assert_eq!(trouble, Trouble::Auth, "{text}");
    assert!(text.contains(USER) && !text.contains("hunter2"), "{text}");
    let (trouble, text) = refused(&closed);
    assert_eq!(trouble, Trouble::Unreachable, "{text}");
    assert!(text.contains("localhost:1: connection refused"), "{text}");
    assert_eq!(refused(&unknown).0, Trouble::Unreachable);
}

#[test]
fn a_password_outside_ascii_is_sent_whole() {
    let Some(bed) = Testbed::start() else { return };
    let endpoint = Endpoint { secret: Credential::password("pässwörd"), ..bed.endpoint(USER) };
    assert_eq!(refused(&endpoint).0, Trouble::Auth);
}

#[test]
fn a_token_logs_in_and_a_bad_one_is_an_auth_error() {
    let Some(bed) = Testbed::start() else { return };
    let with = |token: String| Endpoint { secret: Credential::token(token), ..bed.endpoint(USER) };

    let mut source = ImapSource::connect(&with(token(USER, JWT_KEY)), Timeouts::default()).unwrap_or_else(|error| panic!("{error}\n{}", bed.logs()));
    source.select("INBOX", None).unwrap();
    for bad in [expired_token(USER), token(USER, b"another key")] {
        let (trouble, text) = refused(&with(bad.clone()));
        assert_eq!(trouble, Trouble::Auth, "{text}");
        assert!(!text.contains(&bad), "{text}");
    }
}

#[test]
fn bad_certificates_are_refused_by_name() {
    for (certificate, reason) in [(Certificate::WrongHost, "another host name"), (Certificate::Expired, "expired")] {
        let Some(bed) = Testbed::start_with(Setup { certificate, ..Setup::default() }) else { return };
        for endpoint in [bed.endpoint(USER), bed.starttls_endpoint(USER)] {
            let (trouble, text) = refused(&endpoint);
            assert_eq!(trouble, Trouble::Tls, "{text}");
            assert!(text.contains(reason), "{text}");
        }
    }
    let Some(bed) = Testbed::start() else { return };
    let (trouble, text) = refused(&Endpoint { ca_file: None, ..bed.endpoint(USER) });
    assert_eq!(trouble, Trouble::Tls, "{text}");
    assert!(text.contains("signed by nobody this machine trusts"), "{text}");
}

#[test]
fn tls_on_the_plain_port_and_plain_on_the_tls_port_fail_with_a_reason() {
    let Some(bed) = Testbed::start() else { return };
    let (trouble, text) = refused(&Endpoint { port: bed.ports().imap, ..bed.endpoint(USER) });
    assert_eq!(trouble, Trouble::Tls, "{text}");
    let timeouts = Timeouts { connect: Duration::from_millis(700), ..Timeouts::default() };
    let silent = ImapSource::connect(&Endpoint { port: bed.ports().imaps, ..bed.plain_endpoint(USER) }, timeouts).unwrap_err();
    assert!(silent.is_transient(), "{silent}");
}

#[test]
fn folders_come_decoded_with_their_roles() {
    let Some(bed) = Testbed::start() else { return };
    let mut source = connect(&bed);
    source.create("Entwürfe & Co/Größe \"x\\y\"").unwrap();
    source.create("Entwürfe & Co/Größe \"x\\y\"").unwrap();

    let folders = source.folders().unwrap();
    let role = |name: &str| folders.iter().find(|folder| folder.name == name).unwrap_or_else(|| panic!("{name} in {folders:?}")).role;
    assert_eq!(role("INBOX"), Some(Role::Inbox));
    assert_eq!(role("Sent"), Some(Role::Sent));
    assert_eq!(role("Archive"), Some(Role::Archive));
    assert_eq!(role("Junk"), Some(Role::Junk));
    assert_eq!(role("Entwürfe & Co/Größe \"x\\y\""), None);
    source.select("Entwürfe & Co/Größe \"x\\y\"", None).unwrap();
}

#[test]
fn folders_of_a_server_with_dots_between_levels_can_be_used() {
    let Some(bed) = Testbed::start_with(Setup { separator: '.', storage: Storage::Maildir, ..Setup::default() }) else { return };
    let mut source = connect(&bed);
    source.create("Kunden.Köln").unwrap();
    assert!(source.folders().unwrap().iter().any(|folder| folder.name == "Kunden.Köln"));
    assert_eq!(source.select("Kunden.Köln", None).unwrap().exists, 0);
}

#[test]
fn a_folder_that_is_not_there_is_told_as_such_and_the_session_lives() {
    let Some(bed) = Testbed::start() else { return };
    let mut source = connect(&bed);

    let select = source.select("Nowhere", None).unwrap_err();
    let append = source.append("Nowhere", &Flags::default(), mail("a@x", "hi").as_bytes()).unwrap_err();
    let evil = source.select("a\r\nx LOGOUT", None).unwrap_err();

    assert_eq!((select.trouble, append.trouble, evil.trouble), (Trouble::NoFolder, Trouble::NoFolder, Trouble::Refused), "{select} / {append}");
    assert!(!select.is_fatal());
    source.select("INBOX", None).unwrap();
}

#[test]
fn each_part_of_a_message_can_be_fetched_and_nothing_becomes_seen() {
    let Some(bed) = Testbed::start() else { return };
    let text = mail("parts@x", &"0123456789".repeat(100));
    bed.imap(USER).append("INBOX", "\\Flagged $Work", &text);
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();

    let whole = fetch_all(&mut source, FetchPart::Whole).remove(0);
    let header = fetch_all(&mut source, FetchPart::Header).remove(0);
    let start = fetch_all(&mut source, FetchPart::Upto(300)).remove(0);
    let flags = fetch_all(&mut source, FetchPart::Flags).remove(0);

    assert_eq!(String::from_utf8(whole.bytes).unwrap(), text);
    assert_eq!(whole.size as usize, text.len());
    assert!(whole.internal_date.is_some());
    assert_eq!(String::from_utf8(header.bytes).unwrap(), text.split_inclusive("\r\n\r\n").next().unwrap());
    assert_eq!(start.bytes, &text.as_bytes()[..300]);
    assert!(flags.bytes.is_empty());
    assert_eq!(flags.flags, Flags { flagged: true, keywords: vec!["$Work".into()], ..Flags::default() });
    assert!(!bed.mails(USER, "INBOX")[0].flags.contains("\\Seen"));
}

#[test]
fn of_an_event_only_the_part_for_the_program_is_fetched() {
    let Some(bed) = Testbed::start() else { return };
    let head = "From: a@b.test\r\nSubject: event\r\n";
    let body = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n{}\r\n--x\r\nContent-Type: application/json\r\n\
         Content-Transfer-Encoding: base64\r\n\r\neyJ2IjoxfQ==\r\n--x--\r\n",
        "words ".repeat(200)
    );
    let mut other = bed.imap(USER);
    other.append("INBOX", "", &format!("{head}{body}"));
    other.append("INBOX", "", &format!("Received: from mx by lmtp\r\n{head}{body}"));
    other.append("INBOX", "", "Subject: one part\r\n\r\nhello\r\n");
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();

    let fetched = fetch_all(&mut source, FetchPart::Event(10_000));

    let read: Vec<_> = fetched.iter().map(|mail| (mail.uid, postdesk::mail::read_event(&mail.bytes, mail.size as usize))).collect();
    assert_eq!(read, [(1, Ok("{\"v\":1}".to_owned())), (2, Err(postdesk::mail::NoEventMail::Delivered))]);
    assert!(fetched.iter().all(|mail| mail.bytes.len() < 200 && mail.size > 1_200), "{fetched:?}");
    assert!(bed.mails(USER, "INBOX").iter().all(|mail| !mail.flags.contains("\\Seen")));
}

#[test]
fn qresync_tells_exactly_what_changed() {
    let Some(bed) = Testbed::start() else { return };
    let mut other = bed.imap(USER);
    for n in 1..=5 {
        other.append("INBOX", "", &mail(&format!("{n}@x"), "hi"));
    }
    let mut source = connect(&bed);
    let before = source.select("INBOX", None).unwrap();
    other.command("SELECT INBOX");
    other.command("UID STORE 2 +FLAGS (\\Seen hd-open)");
    bed.expunge(USER, "INBOX", 4);
    other.append("INBOX", "\\Seen", &mail("6@x", "new"));

    let after = source.select("INBOX", Some(point(&before))).unwrap();

    assert_eq!((before.exists, before.uid_next, after.exists, after.uid_next), (5, 6, 5, 7));
    let Changes::Exact { flags, vanished } = after.changes.clone() else { panic!("{after:?}") };
    assert_eq!(flags, [(2, Flags { seen: true, keywords: vec!["hd-open".into()], ..Flags::default() })]);
    assert_eq!(vanished.to_string(), "4");
    let quiet = source.select("INBOX", Some(point(&after))).unwrap();
    assert_eq!(quiet.changes, Changes::Exact { flags: vec![], vanished: UidSet::new() });
}

#[test]
fn a_glance_shows_a_flag_that_changed_and_a_message_that_is_gone() {
    let Some(bed) = Testbed::start() else { return };
    let mut other = bed.imap(USER);
    for n in 1..=3 {
        other.append("INBOX", "", &mail(&format!("{n}@x"), "hi"));
    }
    let mut source = connect(&bed);
    let selected = source.select("INBOX", None).unwrap();
    source.create("Postdesk").unwrap();
    source.select("Postdesk", None).unwrap();
    let before = source.glance("INBOX").unwrap();
    assert_eq!((before.uid_validity, before.uid_next, before.highest_modseq), (selected.uid_validity, 4, selected.highest_modseq));
    assert_eq!((source.glance("INBOX").unwrap(), before.messages), (before, 3), "nothing has happened");

    other.command("SELECT INBOX");
    other.command("UID STORE 2 +FLAGS (\\Seen)");
    let marked = source.glance("INBOX").unwrap();
    bed.expunge(USER, "INBOX", 3);
    let gone = source.glance("INBOX").unwrap();

    assert!(marked.highest_modseq > before.highest_modseq, "{before:?} {marked:?}");
    assert!(gone.highest_modseq > marked.highest_modseq && gone.messages == 2, "{marked:?} {gone:?}");
}

#[test]
fn another_uid_validity_means_nothing_is_known() {
    let Some(bed) = Testbed::start() else { return };
    bed.imap(USER).append("INBOX", "", &mail("1@x", "hi"));
    let mut source = connect(&bed);
    let now = source.select("INBOX", None).unwrap();
    let foreign = SyncPoint { uid_validity: now.uid_validity.wrapping_sub(1), ..point(&now) };
    assert_eq!(source.select("INBOX", Some(foreign)).unwrap().changes, Changes::Unknown);
}

#[test]
fn an_appended_message_is_found_by_its_uid_and_its_id() {
    for storage in [Storage::Sdbox, Storage::Maildir, Storage::Mdbox] {
        let Some(bed) = Testbed::start_with(Setup { storage, ..Setup::default() }) else { return };
        let mut source = connect(&bed);
        source.create("Postdesk").unwrap();
        let flags = Flags { seen: true, keywords: vec!["$Note".into()], ..Flags::default() };
        let mut bytes = mail("in-the-log@x", "binary ").into_bytes();
        bytes.extend_from_slice(b"\xff\xfe 8-bit\r\n");

        let uid = source.append("Postdesk", &flags, &bytes).unwrap();
        source.append("Postdesk", &flags, mail("other-in-the-log@x", "no").as_bytes()).unwrap();

        assert_eq!(uid, Some(1));
        source.select("Postdesk", None).unwrap();
        assert_eq!(source.find(&MessageId::new("in-the-log@x").unwrap()).unwrap().to_string(), "1");
        assert!(source.find(&MessageId::new("nowhere@x").unwrap()).unwrap().is_empty());
        let fetched = fetch_all(&mut source, FetchPart::Whole).remove(0);
        assert_eq!((fetched.bytes, fetched.flags), (bytes, flags));
    }
}

#[test]
fn flags_are_added_and_removed_for_everybody_to_see() {
    let Some(bed) = Testbed::start() else { return };
    bed.imap(USER).append("INBOX", "\\Seen", &mail("1@x", "hi"));
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();

    source.store_flags(&UidSet::range(1, 1), &Flags { answered: true, keywords: vec!["pd-solved".into()], ..Flags::default() }, true).unwrap();
    source.store_flags(&UidSet::range(1, 1), &Flags { seen: true, ..Flags::default() }, false).unwrap();

    let flags = bed.mails(USER, "INBOX").remove(0).flags;
    assert!(flags.contains("\\Answered") && flags.contains("pd-solved") && !flags.contains("\\Seen"), "{flags}");
    assert_eq!(source.wait(Duration::from_millis(100), &Waker::default()).unwrap(), WaitEnd::TimedOut, "our own change is no news");
}

#[test]
fn idle_sees_a_mail_delivered_by_smtp() {
    let Some(bed) = Testbed::start() else { return };
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();

    bed.deliver("eva@example.org", USER, &mail("news@x", "hi"));
    let end = source.wait(Duration::from_secs(20), &Waker::default()).unwrap();

    assert_eq!(end, WaitEnd::Changed);
    assert_eq!(source.select("INBOX", None).unwrap().exists, 1);
}

#[test]
fn idle_is_woken_within_a_fifth_of_a_second_and_the_session_goes_on() {
    let Some(bed) = Testbed::start() else { return };
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();
    let waker = Waker::default();
    for _ in 0..3 {
        let remote = waker.clone();
        let sleeper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            remote.wake();
            Instant::now()
        });

        let end = source.wait(Duration::from_secs(20), &waker).unwrap();
        let woken = Instant::now();

        assert_eq!(end, WaitEnd::Woken);
        let latency = woken.duration_since(sleeper.join().unwrap());
        assert!(latency < Duration::from_millis(200), "{latency:?}");
        assert!(source.uids().unwrap().is_empty());
    }
    assert_eq!(source.wait(Duration::from_millis(200), &waker).unwrap(), WaitEnd::TimedOut);
}

#[test]
fn a_mail_that_arrives_between_reading_and_waiting_ends_the_wait_at_once() {
    let Some(bed) = Testbed::start() else { return };
    let mut source = connect(&bed);
    for round in 1..=20 {
        source.select("INBOX", None).unwrap();
        bed.imap(USER).append("INBOX", "", &mail(&format!("{round}@x"), "hi"));
        // Any command may swallow the server's EXISTS before IDLE begins.
        source.uids().unwrap();
        let end = source.wait(Duration::from_secs(20), &Waker::default()).unwrap();
        assert_eq!(end, WaitEnd::Changed, "round {round}");
    }
}

#[test]
fn ten_clients_append_to_one_folder_and_each_uid_is_told_once() {
    let Some(bed) = Testbed::start() else { return };
    connect(&bed).create("Postdesk").unwrap();
    let told: Vec<u32> = thread::scope(|scope| {
        let writers: Vec<_> = (0..10)
            .map(|writer| {
                let mut source = connect(&bed);
                scope.spawn(move || -> Vec<u32> {
                    (0..10)
                        .filter_map(|n| source.append("Postdesk", &Flags::default(), mail(&format!("{writer}.{n}@x"), "e").as_bytes()).unwrap())
                        .collect()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(told.len(), 100);
    assert_eq!(told.into_iter().collect::<UidSet>().to_string(), "1:100");
}

#[test]
fn a_giving_up_sink_ends_the_transfer_and_the_session() {
    let Some(bed) = Testbed::start() else { return };
    let mut other = bed.imap(USER);
    for n in 1..=3 {
        other.append("INBOX", "", &mail(&format!("{n}@x"), "hi"));
    }
    let mut source = connect(&bed);
    source.select("INBOX", None).unwrap();
    let mut seen = 0;

    let result = source.fetch(&UidSet::range(1, 3), FetchPart::Whole, &mut |_| {
        seen += 1;
        Err(postdesk::sync::source::SourceError::new(Trouble::Io, "disk full"))
    });

    assert_eq!((seen, result.unwrap_err().trouble), (1, Trouble::Io));
    assert!(source.uids().unwrap_err().is_fatal());
}
