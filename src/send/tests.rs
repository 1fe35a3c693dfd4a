use std::time::{Duration, Instant};

use super::*;

#[path = "scripted.rs"]
mod scripted;

use scripted::{Act, Certificates, Script, Server};

fn access(server: &Server, security: Security) -> ServerAccess {
    ServerAccess { host: "localhost".into(), port: server.port, security, credential: None, ca_file: None, timeout: Duration::from_secs(5) }
}

fn envelope(to: &[&str]) -> Envelope {
    Envelope { from: "desk@x.example".into(), to: to.iter().map(|address| (*address).to_owned()).collect() }
}

const MAIL: &[u8] = b"Subject: hi\r\n\r\nhello\n.\n..two\r\nend";

/// Sends one mail and returns the outcome and how often the hand-over was announced.
fn send(access: &ServerAccess) -> (Result<Accepted, SendError>, usize) {
    let mut announced = 0;
    let result = deliver(&SmtpAccess::Server(access.clone()), &envelope(&["mia@y.example"]), MAIL, &mut || {
        announced += 1;
        Ok(())
    });
    (result, announced)
}

fn fails(script: Script) -> (SendError, usize) {
    let server = Server::start(script);
    let mut access = access(&server, Security::None);
    access.timeout = Duration::from_millis(300);
    let (result, announced) = send(&access);
    (result.expect_err("must fail"), announced)
}

#[test]
fn a_mail_is_handed_over_octet_for_octet() {
    let server = Server::start(Script::default());

    let (result, announced) = send(&access(&server, Security::None));

    assert_eq!(result.unwrap().server_text, "250 queued as 1");
    assert_eq!(announced, 1);
    let seen = server.seen();
    assert_eq!(seen.commands[1..4], ["MAIL FROM:<desk@x.example>", "RCPT TO:<mia@y.example>", "DATA"]);
    assert_eq!(seen.commands.last().map(String::as_str), Some("QUIT"));
    assert_eq!(String::from_utf8(seen.payload).unwrap(), "Subject: hi\r\n\r\nhello\r\n..\r\n...two\r\nend\r\n");
}

#[test]
fn a_refusal_at_each_stage_says_where_and_whether_to_try_again() {
    let cases = [
        ("greeting", Stage::Greeting),
        ("EHLO", Stage::Hello),
        ("MAIL", Stage::Sender),
        ("RCPT", Stage::Recipients),
        ("DATA", Stage::Data),
        (".", Stage::Accept),
    ];
    for (verb, stage) in cases {
        for (reply, transient) in [("451 later\x1b[31m", true), ("554 never\x1b[31m", false)] {
            let (error, announced) = fails(Script::default().on(verb, Act::Say(reply)));
            assert_eq!(error.stage(), stage, "{verb} {reply}: {error}");
            assert_eq!(error.is_transient(), transient, "{verb} {reply}: {error}");
            assert_eq!(error.is_permanent(), !transient && stage >= Stage::Sender, "{verb} {reply}: {error}");
            assert!(!error.is_uncertain() && !error.is_auth());
            assert!(
                error.server_text().contains(if transient { "later" } else { "never" }) && !error.server_text().contains('\x1b'),
                "{:?}",
                error.server_text()
            );
            assert!(!error.remedy().is_empty());
            assert_eq!(announced, usize::from(stage == Stage::Accept));
        }
    }
}

#[test]
fn a_connection_lost_before_the_dot_means_not_sent() {
    for verb in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        let (error, announced) = fails(Script::default().on(verb, Act::Close));
        assert!(error.is_transient() && !error.is_uncertain(), "{verb}: {error:?}");
        assert_eq!(announced, 0, "{verb}");
    }
}

#[test]
fn a_connection_lost_after_the_dot_is_uncertain() {
    for act in [Act::Close, Act::Silent, Act::Say("what?")] {
        let (error, announced) = fails(Script::default().on(".", act));
        assert!(error.is_uncertain(), "{error:?}");
        assert!(!error.is_transient() && !error.is_permanent() && !error.is_auth(), "{error:?}");
        assert_eq!((error.stage(), announced), (Stage::Accept, 1));
        assert!(error.remedy().contains("Sent"));
    }
}

#[test]
fn a_silent_server_is_given_up_in_time() {
    for verb in ["greeting", "EHLO", "MAIL", "DATA"] {
        let started = Instant::now();
        let (error, _) = fails(Script::default().on(verb, Act::Silent));
        assert!(matches!(error.cause(), Cause::TimedOut), "{verb}: {error:?}");
        assert!(error.is_transient() && started.elapsed() < Duration::from_secs(20), "{verb}");
    }
}

#[test]
fn a_server_that_speaks_something_else_is_named() {
    for greeting in ["HTTP/1.1 400 Bad Request", "* OK IMAP4rev1 ready", "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}"] {
        let (error, _) = fails(Script::default().on("greeting", Act::Say(greeting)));
        assert!(matches!(error.cause(), Cause::NotSmtp { .. }), "{greeting}: {error:?}");
        assert!(error.remedy().contains("port"));
    }
}

#[test]
fn one_refused_recipient_keeps_the_mail_from_all() {
    let server = Server::start(Script::default().on("RCPT TO:<bad@y.example>", Act::Say("550 5.1.1 no such user")));
    let mut announced = 0;

    let access = SmtpAccess::Server(access(&server, Security::None));
    let error = deliver(&access, &envelope(&["good@y.example", "bad@y.example", "fine@y.example"]), MAIL, &mut || {
        announced += 1;
        Ok(())
    })
    .unwrap_err();

    let accepted: Vec<bool> = error.recipients().iter().map(|result| result.accepted).collect();
    assert_eq!(accepted, [true, false, true]);
    assert!(error.is_permanent() && error.to_string().contains("bad@y.example"), "{error}");
    assert_eq!(announced, 0);
    assert!(!server.seen().commands.iter().any(|command| command == "DATA"));
}

#[test]
fn a_hand_over_that_cannot_be_recorded_does_not_happen() {
    let server = Server::start(Script::default());
    let access = SmtpAccess::Server(access(&server, Security::None));

    let error = deliver(&access, &envelope(&["mia@y.example"]), MAIL, &mut || Err("disk full".into())).unwrap_err();

    assert!(matches!(error.cause(), Cause::Handover { .. }) && !error.is_uncertain(), "{error:?}");
    assert_eq!(server.seen().payload, b"");
}

#[test]
fn a_login_works_by_plain_login_and_token() {
    for (offer, credential, expected) in [
        ("AUTH PLAIN LOGIN", Credential::password("ana", "pw"), "AUTH PLAIN AGFuYQBwdw=="),
        ("AUTH LOGIN", Credential::password("ana", "pw"), "cHc="),
        ("AUTH XOAUTH2", Credential::token("ana", "tok"), "AUTH XOAUTH2 dXNlcj1hbmEBYXV0aD1CZWFyZXIgdG9rAQE="),
    ] {
        let server = Server::start(Script::default().offering(offer));
        let mut access = access(&server, Security::None);
        access.credential = Some(credential);
        send(&access).0.unwrap_or_else(|error| panic!("{offer}: {error}"));
        assert!(server.seen().commands.iter().any(|command| command == expected), "{offer}");
    }
}

#[test]
fn a_wrong_password_is_told_apart_however_it_is_said() {
    let cases = [
        ("AUTH PLAIN", Act::Say("535 5.7.8 wrong"), Credential::password("ana", "hunter2")),
        ("AUTH XOAUTH2", Act::Say("334 eyJzdGF0dXMiOiI0MDAifQ=="), Credential::token("ana", "hunter2")),
        ("STARTTLS", Act::Say("250"), Credential::password("ana", "hunter2")),
    ];
    for (offer, act, credential) in cases {
        let server = Server::start(Script::default().offering(offer).on("AUTH", act).on("*", Act::Say("535 renew")));
        let mut access = access(&server, Security::None);
        access.credential = Some(credential);
        let error = send(&access).0.unwrap_err();
        assert!(error.is_auth() && !error.is_transient() && !error.is_permanent(), "{offer}: {error:?}");
        assert_eq!(error.stage(), Stage::Login);
        assert!(!format!("{error} {error:?} {access:?}").contains("hunter2"));
    }
}

#[test]
fn a_server_that_wants_a_login_first_is_told_apart_from_one_that_refuses_the_mail() {
    let (error, _) = fails(Script::default().on("MAIL", Act::Say("530 5.7.0 authentication required")));
    assert!(error.is_auth() && !error.is_permanent() && error.remedy().contains("password_command"), "{error:?}");
}

#[test]
fn without_starttls_nothing_is_said() {
    let server = Server::start(Script::default());
    let mut access = access(&server, Security::StartTls);
    access.credential = Some(Credential::password("ana", "pw"));

    let error = send(&access).0.unwrap_err();

    assert!(matches!(error.cause(), Cause::NoStartTls), "{error:?}");
    assert!(!error.is_transient() && !error.is_permanent() && !error.is_auth());
    assert!(server.seen().commands.iter().all(|command| command.starts_with("EHLO")));
}

#[test]
fn tls_protects_the_mail_both_ways() {
    let certificates = Certificates::for_host("localhost");
    for (security, script) in
        [(Security::Implicit, Script::default().implicit(&certificates)), (Security::StartTls, Script::default().starttls(&certificates))]
    {
        let server = Server::start(script);
        let mut access = access(&server, security);
        access.ca_file = Some(certificates.path());
        send(&access).0.unwrap_or_else(|error| panic!("{security:?}: {error:?}"));
        assert!(server.seen().payload.starts_with(b"Subject: hi"));
    }
}

#[test]
fn a_certificate_of_another_host_or_unknown_issuer_is_refused() {
    let wrong_host = Certificates::for_host("other.example");
    let right_host = Certificates::for_host("localhost");
    for (certificates, trusted) in [(&wrong_host, true), (&right_host, false)] {
        let server = Server::start(Script::default().implicit(certificates));
        let mut access = access(&server, Security::Implicit);
        access.ca_file = trusted.then(|| certificates.path());
        let error = send(&access).0.unwrap_err();
        assert!(matches!(error.cause(), Cause::Tls { .. }), "{error:?}");
        assert!(error.remedy().contains("ca_file"));
    }
}

#[test]
fn octets_smuggled_in_with_the_answer_to_starttls_are_never_taken_for_answers() {
    let certificates = Certificates::for_host("localhost");
    let script = Script::default().starttls(&certificates).on("STARTTLS", Act::Say("220 go\r\n250-evil\r\n250 AUTH PLAIN"));
    let server = Server::start(script);
    let mut access = access(&server, Security::StartTls);
    access.ca_file = Some(certificates.path());

    let error = send(&access).0.unwrap_err();

    assert_eq!(error.stage(), Stage::Tls, "{error:?}");
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let server = Server::start(Script::default());
    let mut unknown = access(&server, Security::None);
    unknown.host = "no-such-host.invalid".into();
    let mut closed = access(&server, Security::None);
    closed.port = scripted::closed_port();
    for access in [unknown, closed] {
        let error = send(&access).0.unwrap_err();
        assert_eq!(error.stage(), Stage::Connect, "{error:?}");
        assert!(error.is_transient() && error.remedy().contains("host"));
    }
}

#[test]
fn what_could_be_a_second_command_never_reaches_the_wire() {
    let access = SmtpAccess::Command(vec!["false".into()]);
    for address in ["a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b\n", "", "a,b@c"] {
        let error = deliver(&access, &envelope(&[address]), MAIL, &mut || panic!("too late")).unwrap_err();
        assert!(matches!(error.cause(), Cause::BadAddress { .. }) && error.is_permanent(), "{address:?}: {error:?}");
    }
    let overlong = [b"a: b\r\n\r\n".as_slice(), &[b'x'; 1200]].concat();
    let error = deliver(&access, &envelope(&["a@b"]), &overlong, &mut || panic!("too late")).unwrap_err();
    assert!(matches!(error.cause(), Cause::LineTooLong { line: 3 }), "{error:?}");
}

#[cfg(unix)]
mod commands {
    use super::*;

    fn run(script: &str, extra: &[&str]) -> Result<Accepted, SendError> {
        let words = ["sh", "-c", script, "sendmail"].iter().chain(extra).map(|word| (*word).to_owned()).collect();
        deliver(&SmtpAccess::Command(words), &envelope(&["mia@y.example", "hidden@z.example"]), MAIL, &mut || Ok(()))
    }

    #[test]
    fn a_command_gets_the_mail_and_every_recipient() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let script = format!("echo \"$@\" > '{0}'; cat >> '{0}'", out.display());

        run(&script, &[]).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "-- mia@y.example hidden@z.example\nSubject: hi\n\nhello\n.\n..two\nend\n");

        run(&script, &["-t", "-i"]).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "-t -i\nBcc: mia@y.example,\n hidden@z.example\nSubject: hi\n\nhello\n.\n..two\nend\n");
    }

    #[test]
    fn the_exit_status_decides() {
        let permanent = run("cat >/dev/null; echo no route >&2; exit 67", &[]).unwrap_err();
        assert!(permanent.is_permanent() && permanent.server_text() == "no route", "{permanent:?}");
        assert!(run("exit 75", &[]).unwrap_err().is_transient());
        assert!(run("kill -9 $$", &[]).unwrap_err().is_uncertain());
        let missing = deliver(&SmtpAccess::Command(vec!["/nonexistent/sendmail".into()]), &envelope(&["a@b"]), MAIL, &mut || Ok(())).unwrap_err();
        assert!(!missing.is_uncertain() && missing.remedy().contains("command"), "{missing:?}");
    }
}

#[test]
fn folders_get_one_maildir_per_recipient_and_nothing_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let access = SmtpAccess::Folders(dir.path().to_owned());

    deliver(&access, &envelope(&["Mia@y.example", "../evil@z.example"]), MAIL, &mut || Ok(())).unwrap();

    let new = dir.path().join("mia@y.example/new");
    let files: Vec<_> = std::fs::read_dir(new).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(&files[0]).unwrap(), b"Subject: hi\n\nhello\n.\n..two\nend\n");
    assert!(dir.path().join("evil@z.example/new").is_dir());
}
