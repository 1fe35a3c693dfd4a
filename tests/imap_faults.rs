//! `ImapSource` against servers that misbehave: always an error of the right kind, never a panic, never for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::time::{Duration, Instant};

use postdesk::sync::endpoint::{Credential, Endpoint, Security, Timeouts};
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{
    Changes, FetchPart, Fetched, Flags, MailSource, Role, SourceError, SourceResult, SyncPoint, Trouble, UidSet, WaitEnd, Waker,
};
use support::script::{Expect, ExpectLine, Literal, Server, Silence, Step, hasty, login, patient, script, send};

fn connect(server: &Server) -> SourceResult<ImapSource> {
    ImapSource::connect(&server.endpoint(), patient())
}

fn failed<T>(result: SourceResult<T>) -> (Trouble, String) {
    match result {
        Ok(_) => panic!("it should have failed"),
        Err(error) => (error.trouble, error.to_string()),
    }
}

fn selected(extra: &str) -> Vec<Step> {
    let text = format!("{extra}* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 4] n\r\n{{T}} OK [READ-WRITE] done\r\n");
    vec![Expect("SELECT \"INBOX\""), send(text)]
}

fn bodies(source: &mut ImapSource) -> SourceResult<Vec<Fetched>> {
    let mut all = Vec::new();
    source.fetch(&UidSet::range(1, 3), FetchPart::Whole, &mut |fetched| {
        all.push(fetched);
        Ok(())
    })?;
    Ok(all)
}

/// Connects, selects and fetches bodies; the server says `answer` to the fetch.
fn fetch_with(answer: impl AsRef<[u8]>) -> SourceResult<Vec<Fetched>> {
    let server = Server::start(script([login(""), selected(""), vec![Expect("UID FETCH 1:3"), send(answer), Silence]]));
    let mut source = connect(&server)?;
    source.select("INBOX", None)?;
    bodies(&mut source)
}

#[test]
fn a_server_without_starttls_is_refused_before_the_password() {
    let server = Server::start(vec![send("* OK ready\r\n"), Expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1\r\n{T} OK done\r\n"), Silence]);
    let endpoint = Endpoint { tls: Security::StartTls, ..server.endpoint() };
    let (trouble, text) = failed(ImapSource::connect(&endpoint, patient()));
    assert_eq!(trouble, Trouble::Tls, "{text}");
    assert!(text.contains("does not offer STARTTLS"), "{text}");
    server.finish();
}

#[test]
fn a_byte_after_the_ok_to_starttls_is_an_attack() {
    let server = Server::start(vec![
        send("* OK ready\r\n"),
        Expect("CAPABILITY"),
        send("* CAPABILITY IMAP4rev1 STARTTLS\r\n{T} OK done\r\n"),
        Expect("STARTTLS"),
        send("{T} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n"),
        Silence,
    ]);
    let endpoint = Endpoint { tls: Security::StartTls, ..server.endpoint() };
    let (trouble, text) = failed(ImapSource::connect(&endpoint, patient()));
    assert_eq!(trouble, Trouble::Tls, "{text}");
    assert!(text.contains("after its OK to STARTTLS"), "{text}");
}

#[test]
fn greetings_that_are_no_welcome_are_told_apart() {
    let cases = [
        ("* PREAUTH welcome back\r\n", Trouble::Tls, "PREAUTH"),
        ("* BYE Too many connections\r\n", Trouble::Unreachable, "Too many connections"),
        ("SSH-2.0-OpenSSH_9.6\r\n", Trouble::Protocol, "SSH-2.0"),
        ("220 mx.example.org ESMTP\r\n", Trouble::Protocol, "220 mx"),
        ("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", Trouble::Protocol, "HTTP/1.1"),
        ("\0\u{1b}[2J\r\n", Trouble::Protocol, "not IMAP"),
        ("", Trouble::Unreachable, "no answer"),
    ];
    for (greeting, expected, words) in cases {
        let server = Server::start(vec![send(greeting), Silence]);
        let (trouble, text) = failed(ImapSource::connect(&server.endpoint(), hasty()));
        assert_eq!(trouble, expected, "{greeting:?}: {text}");
        assert!(text.contains(words) && text.contains(&format!("127.0.0.1:{}", server.port)), "{greeting:?}: {text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn a_server_that_wants_no_password_in_the_clear_gets_none() {
    let server =
        Server::start(vec![send("* OK ready\r\n"), Expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{T} OK done\r\n"), Silence]);
    let (trouble, text) = failed(connect(&server));
    assert_eq!(trouble, Trouble::Auth, "{text}");
    assert!(text.contains("LOGINDISABLED"), "{text}");
}

#[test]
fn a_server_that_is_silent_or_gone_during_the_handshake_is_unreachable() {
    for steps in [vec![Silence], vec![]] {
        let server = Server::start(steps);
        let endpoint = Endpoint { tls: Security::Implicit, ..server.endpoint() };
        let (trouble, text) = failed(ImapSource::connect(&endpoint, hasty()));
        assert_eq!(trouble, Trouble::Unreachable, "{text}");
        assert!(text.contains("TLS handshake"), "{text}");
    }
}

#[test]
fn plain_text_to_another_machine_is_refused_without_a_connection() {
    let endpoint =
        Endpoint { host: "192.0.2.1".into(), port: 143, tls: Security::None, user: "ana".into(), secret: Credential::password("x"), ca_file: None };
    assert_eq!(failed(ImapSource::connect(&endpoint, patient())).0, Trouble::Tls);
}

#[test]
fn a_server_that_echoes_the_password_does_not_get_it_into_the_error() {
    let mut steps = login("");
    steps.pop();
    steps.push(send("{T} BAD unknown command: LOGIN \"ana\" \"hunter2\"\r\n"));
    let (trouble, text) = failed(connect(&Server::start(steps)));
    assert_eq!(trouble, Trouble::Auth);
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn too_many_sessions_is_no_wrong_password() {
    for answer in ["{T} NO [LIMIT] Maximum number of connections exceeded\r\n", "{T} NO Too many simultaneous connections. (Failure)\r\n"] {
        let mut steps = login("");
        steps.pop();
        steps.push(send(answer));
        assert_eq!(failed(connect(&Server::start(steps))).0, Trouble::Unreachable, "{answer}");
    }
}

#[test]
fn warnings_and_strange_answers_during_select_are_borne() {
    let extra = "* NO [ALERT] mailbox nearly full \u{e9}\r\n* OK Still here\r\n* XWEIRD (((\"a\")) {3}\r\n)))\r\n* 0 RECENT\r\n";
    let server = Server::start(script([login(""), selected(extra)]));
    let mut source = connect(&server).unwrap();
    let selected = source.select("INBOX", None).unwrap();
    assert_eq!((selected.exists, selected.uid_validity, selected.uid_next), (3, 7, 4));
    assert_eq!(selected.changes, Changes::Unknown);
}

#[test]
fn uidnext_is_asked_for_where_select_does_not_tell_it() {
    let server = Server::start(script([
        login(""),
        vec![Expect("SELECT"), send("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n{T} OK done\r\n")],
        vec![Expect("STATUS \"INBOX\" (UIDNEXT)"), send("* STATUS INBOX (UIDNEXT 42)\r\n{T} OK done\r\n")],
        vec![Expect("SELECT"), send("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n{T} OK done\r\n")],
        vec![Expect("STATUS"), send("{T} OK done\r\n"), Expect("UID SEARCH ALL"), send("* SEARCH 9 5\r\n{T} OK done\r\n")],
    ]));
    let mut source = connect(&server).unwrap();
    assert_eq!(source.select("INBOX", None).unwrap().uid_next, 42);
    assert_eq!(source.select("INBOX", None).unwrap().uid_next, 10);
    server.finish();
}

#[test]
fn condstore_asks_for_changed_flags_and_a_fallen_modseq_means_start_over() {
    let answer =
        |modseq: u32| format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 5] n\r\n* OK [HIGHESTMODSEQ {modseq}] m\r\n{{T}} OK done\r\n");
    let server = Server::start(script([
        login("CONDSTORE"),
        vec![Expect("SELECT \"INBOX\" (CONDSTORE)"), send(answer(20))],
        vec![
            Expect("UID FETCH 1:3 (FLAGS) (CHANGEDSINCE 13)"),
            send("* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (19))\r\n* 3 FETCH (UID 4 FLAGS ())\r\n{T} OK done\r\n"),
        ],
        vec![Expect("SELECT \"INBOX\" (CONDSTORE)"), send(answer(2))],
        vec![Expect("SELECT \"INBOX\" (CONDSTORE)"), send(answer(13))],
    ]));
    let mut source = connect(&server).unwrap();
    let known = Some(SyncPoint { uid_validity: 7, uid_next: 4, highest_modseq: 13 });

    assert_eq!(source.resync_mode(), "CONDSTORE");
    assert_eq!(source.select("INBOX", known).unwrap().changes, Changes::FlagsOnly { flags: vec![(2, Flags { seen: true, ..Flags::default() })] });
    assert_eq!(source.select("INBOX", known).unwrap().changes, Changes::Unknown);
    assert_eq!(source.select("INBOX", known).unwrap().changes, Changes::FlagsOnly { flags: vec![] });
    server.finish();
}

#[test]
fn where_all_folders_lie_under_inbox_their_short_names_are_used() {
    let server = Server::start(script([
        login("NAMESPACE"),
        vec![Expect("NAMESPACE"), send("* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n{T} OK done\r\n")],
        vec![Expect("CREATE \"INBOX.Postdesk\""), send("{T} OK done\r\n")],
        vec![
            Expect("LIST \"\" \"*\""),
            send("* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX.Postdesk\r\n* LIST () \".\" INBOX.Sent\r\n{T} OK done\r\n"),
        ],
        vec![Expect("SELECT \"INBOX.Sent\""), send("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 1] n\r\n{T} OK done\r\n")],
    ]));
    let mut source = connect(&server).unwrap();
    source.create("Postdesk").unwrap();
    let folders: Vec<_> = source.folders().unwrap().into_iter().map(|folder| (folder.name, folder.role)).collect();
    assert_eq!(folders, [("INBOX".into(), Some(Role::Inbox)), ("Postdesk".into(), None), ("Sent".into(), Some(Role::Sent))]);
    source.select("Sent", None).unwrap();
    server.finish();
}

#[test]
fn a_half_open_line_is_noticed_when_idle_ends() {
    let server = Server::start(script([login("IDLE"), selected(""), vec![Expect("IDLE"), send("+ idling\r\n"), Silence]]));
    let mut source = ImapSource::connect(&server.endpoint(), hasty()).unwrap();
    source.select("INBOX", None).unwrap();
    let begun = Instant::now();
    assert_eq!(failed(source.wait(Duration::from_millis(300), &Waker::default())).0, Trouble::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn qresync_that_is_not_enabled_after_all_is_not_used() {
    let server = Server::start(script([login("ENABLE CONDSTORE QRESYNC"), vec![Expect("ENABLE QRESYNC"), send("* ENABLED\r\n{T} OK done\r\n")]]));
    assert_eq!(connect(&server).unwrap().resync_mode(), "CONDSTORE");
}

#[test]
fn a_body_or_date_of_nil_and_foreign_answers_are_borne() {
    let fetched = fetch_with(
        "* 1 FETCH (UID 1 FLAGS () INTERNALDATE NIL RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n\
         * 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Jan-2024 00:00:00 +0000\" RFC822.SIZE 3 BODY[] NIL)\r\n\
         * 9 FETCH (UID 99 FLAGS (\\Seen) RFC822.SIZE 1 BODY[] \"x\")\r\n\
         * 3 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (UID 3 FLAGS () RFC822.SIZE 7 BODY[] \"\" X-NEW ((a) \"b\"))\r\n{T} OK done\r\n",
    )
    .unwrap();
    assert_eq!(fetched.iter().map(|fetched| (fetched.uid, fetched.bytes.as_slice())).collect::<Vec<_>>(), [(1, &b"abc"[..])]);
    assert_eq!(fetched[0].internal_date, None);
}

#[test]
fn whatever_breaks_a_limit_is_a_protocol_error_and_the_end_of_the_session() {
    let deep = format!("* 1 FETCH (UID 1 X {}{})\r\n", "(".repeat(100_000), ")".repeat(100_000));
    let endless = "x".repeat(17 << 20);
    let cases: [(&str, &str); 7] = [
        ("a literal of 10 GB", "* 1 FETCH (UID 1 BODY[] {10737418240}\r\nabc"),
        ("a literal beyond u64", "* 1 FETCH (UID 1 BODY[] {99999999999999999999999999}\r\nabc"),
        ("an endless line", &endless),
        ("deep lists", &deep),
        ("a tag nobody asked for", "a999999 OK done\r\n"),
        ("no IMAP at all", "hello there\r\n"),
        ("a broken list", "* 1 FETCH (UID 1 FLAGS (\\Seen\r\n"),
    ];
    for (what, answer) in cases {
        let (trouble, text) = failed(fetch_with(answer));
        assert_eq!(trouble, Trouble::Protocol, "{what}: {text}");
        assert!(text.len() < 2000, "{what}");
    }
}

#[test]
fn a_negative_literal_is_no_literal_and_no_crash() {
    let (trouble, text) = failed(fetch_with("* 1 FETCH (UID 1 BODY[] {-1}\r\n)\r\n{T} OK done\r\n"));
    assert_eq!(trouble, Trouble::Protocol, "{text}");
}

#[test]
fn bye_in_the_middle_is_told_with_the_servers_words() {
    let (trouble, text) = failed(fetch_with("* BYE shutting down \u{1b}[31mnow\r\n"));
    assert_eq!(trouble, Trouble::Unreachable);
    assert!(text.contains("shutting down") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn silence_at_each_step_ends_in_a_time_out() {
    let whole = script([
        login("IDLE"),
        selected(""),
        vec![Expect("UID FETCH"), send("{T} OK done\r\n")],
        vec![Expect("IDLE"), send("+ idling\r\n"), ExpectLine("DONE")],
    ]);
    for length in 0..=whole.len() {
        let mut steps: Vec<Step> = whole.iter().take(length).cloned().collect();
        steps.push(Silence);
        let server = Server::start(steps);
        let begun = Instant::now();

        let (trouble, text) = failed(session(&server, hasty()));

        assert_eq!(trouble, Trouble::Unreachable, "after {length} steps: {text}");
        assert!(begun.elapsed() < Duration::from_secs(20), "after {length} steps: {:?}", begun.elapsed());
    }
}

/// A whole short session: connect, select, fetch, wait.
fn session(server: &Server, timeouts: Timeouts) -> SourceResult<WaitEnd> {
    let mut source = ImapSource::connect(&server.endpoint(), timeouts)?;
    source.select("INBOX", None)?;
    bodies(&mut source)?;
    source.wait(Duration::from_millis(200), &Waker::default())
}

fn session_script() -> Vec<Step> {
    script([
        login("IDLE LITERAL+"),
        selected("* NO [ALERT] careful\r\n"),
        vec![
            Expect("UID FETCH"),
            send("* 1 FETCH (UID 1 FLAGS (\\Seen) INTERNALDATE \"01-Jan-2024 00:00:00 +0000\" RFC822.SIZE 5 BODY[] {5}\r\na\r\nb )\r\n"),
            send("* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 1 BODY[] \"x\")\r\n{T} OK done\r\n"),
        ],
        vec![Expect("IDLE"), send("+ idling\r\n* 4 EXISTS\r\n"), ExpectLine("DONE"), send("{T} OK done\r\n")],
    ])
}

#[test]
fn a_line_that_drops_after_any_octet_is_an_error_and_nothing_worse() {
    let whole = Server::start(session_script());
    assert_eq!(session(&whole, patient()).unwrap(), WaitEnd::Changed);
    whole.finish();
    let octets: usize = session_script().iter().map(|step| if let Step::Send(bytes) = step { bytes.len() } else { 0 }).sum();
    for cut in 0..octets {
        let server = Server::start_cut(session_script(), cut.max(1));
        let error: SourceError = match session(&server, patient()) {
            Err(error) => error,
            // Tags are a few octets longer than their place-holder: the last cuts fall behind the news.
            Ok(end) => panic!("cut after {cut} of {octets}: {end:?}"),
        };
        assert!(error.is_fatal(), "cut after {cut}: {error}");
        assert!(matches!(error.trouble, Trouble::Unreachable | Trouble::Protocol), "cut after {cut}: {error}");
    }
}

fn idle_with(answer: Vec<Step>) -> SourceResult<WaitEnd> {
    let server = Server::start(script([login("IDLE"), selected(""), vec![Expect("IDLE")], answer, vec![Silence]]));
    let mut source = connect(&server)?;
    source.select("INBOX", None)?;
    source.wait(Duration::from_millis(900), &Waker::default())
}

#[test]
fn untagged_lines_before_the_plus_of_idle_count() {
    let done = || vec![ExpectLine("DONE"), send("{T} OK done\r\n")];
    let early = idle_with(script([vec![send("* 4 EXISTS\r\n* OK hm\r\n+ idling\r\n")], done()])).unwrap();
    let same = idle_with(script([vec![send("* 3 EXISTS\r\n+\r\n* OK Still here\r\n* 3 EXISTS\r\n")], done()])).unwrap();
    let gone = idle_with(script([vec![send("+ idling\r\n* 2 EXPUNGE\r\n")], done()])).unwrap();
    assert_eq!((early, same, gone), (WaitEnd::Changed, WaitEnd::TimedOut, WaitEnd::Changed));
}

#[test]
fn a_tagged_answer_to_idle_is_an_error_and_no_panic() {
    for answer in ["{T} OK idle is over\r\n", "{T} BAD what\r\n", "+ idling\r\n{T} OK enough\r\n"] {
        let (trouble, text) = failed(idle_with(vec![send(answer)]));
        assert_eq!(trouble, Trouble::Protocol, "{answer}: {text}");
    }
}

#[test]
fn bye_and_a_closed_line_during_idle_are_noticed() {
    let (trouble, text) = failed(idle_with(vec![send("+ idling\r\n* BYE logged out for inactivity\r\n")]));
    assert_eq!(trouble, Trouble::Unreachable);
    assert!(text.contains("inactivity"), "{text}");
}

#[test]
fn news_swallowed_by_another_command_ends_the_next_wait_at_once() {
    let server = Server::start(script([
        login("IDLE"),
        selected(""),
        vec![Expect("UID SEARCH ALL"), send("* SEARCH 1 2 3\r\n* 4 EXISTS\r\n{T} OK done\r\n"), Silence],
    ]));
    let mut source = connect(&server).unwrap();
    source.select("INBOX", None).unwrap();
    source.uids().unwrap();
    assert_eq!(source.wait(Duration::from_secs(10), &Waker::default()).unwrap(), WaitEnd::Changed);
}

#[test]
fn without_idle_the_folder_is_polled() {
    let noop = |answer: &str| vec![Expect("NOOP"), send(format!("{answer}{{T}} OK done\r\n"))];
    let server = Server::start(script([login(""), selected(""), noop(""), noop(""), noop("* 4 EXISTS\r\n"), noop("* 2 FETCH (FLAGS (\\Seen))\r\n")]));
    let mut source = connect(&server).unwrap();
    source.select("INBOX", None).unwrap();
    let waker = Waker::default();
    assert_eq!(source.wait(Duration::from_secs(10), &waker).unwrap(), WaitEnd::Changed);
    assert_eq!(source.wait(Duration::from_secs(10), &waker).unwrap(), WaitEnd::Changed);
    waker.wake();
    assert_eq!(source.wait(Duration::from_secs(10), &waker).unwrap(), WaitEnd::Woken);
    server.finish();
}

#[test]
fn without_literal_plus_the_message_waits_for_leave() {
    let append =
        |answer: &str| vec![Expect("APPEND \"Sent\" (\\Seen) {5}"), send("* OK hm\r\n+ go on\r\n"), Literal(5), send(format!("{{T}} {answer}\r\n"))];
    let server = Server::start(script([
        login(""),
        append("OK [APPENDUID 7 12] done"),
        vec![Expect("STATUS \"Sent\" (UIDVALIDITY)"), send("* STATUS Sent (UIDVALIDITY 7)\r\n{T} OK done\r\n")],
        append("OK [APPENDUID 12 7] swapped"),
        append("OK done"),
        vec![Expect("APPEND"), send("{T} NO [TRYCREATE] no such folder\r\n")],
        vec![Expect("APPEND"), send("{T} NO [OVERQUOTA] full\r\n")],
    ]));
    let mut source = connect(&server).unwrap();
    let seen = Flags { seen: true, ..Flags::default() };
    let mut append = || source.append("Sent", &seen, b"a\r\nb\n");

    assert_eq!(append().unwrap(), Some(12));
    assert_eq!(append().unwrap(), None, "the numbers of a UIDVALIDITY that does not fit are not believed");
    assert_eq!(append().unwrap(), None);
    assert_eq!(failed(append()).0, Trouble::NoFolder);
    let (trouble, text) = failed(append());
    assert_eq!(trouble, Trouble::Refused);
    assert!(text.contains("full") && text.contains("APPEND"), "{text}");
    server.finish();
}

#[test]
fn tags_differ_from_session_to_session() {
    let tag = || {
        let server = Server::start(vec![
            send("* OK ready\r\n"),
            Expect("CAPABILITY"),
            send("* CAPABILITY IMAP4rev1\r\n{T} OK done\r\n"),
            Expect("LOGIN"),
            send("{T} NO {T}\r\n"),
        ]);
        failed(connect(&server)).1.rsplit(' ').next().unwrap().to_owned()
    };
    let tags: std::collections::BTreeSet<String> = (0..4).map(|_| tag()).collect();
    assert!(tags.len() > 1, "{tags:?}");
}

#[test]
fn many_small_answers_are_handed_on_as_they_come() {
    let mut answer = String::new();
    for n in 1..=3 {
        use std::fmt::Write as _;
        let _ = write!(answer, "* {n} FETCH (UID {n} FLAGS () RFC822.SIZE 2 BODY[] {{2}}\r\nhi)\r\n");
    }
    // The tagged line never comes: what arrived has been handed on all the same.
    let server = Server::start(script([login(""), selected(""), vec![Expect("UID FETCH"), send(answer), Silence]]));
    let mut source = ImapSource::connect(&server.endpoint(), hasty()).unwrap();
    source.select("INBOX", None).unwrap();
    let mut seen = 0;
    let result = source.fetch(&UidSet::range(1, 3), FetchPart::Whole, &mut |_| {
        seen += 1;
        Ok(())
    });
    assert_eq!((seen, failed(result).0), (3, Trouble::Unreachable));
}
