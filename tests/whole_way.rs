//! The main job on real servers: mail in, a ticket, an answer out, the customer's next mail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;

use std::path::Path;
use std::time::Duration;

use home::Home;
use screen::{PATIENCE, Screen};
use serde_json::Value;
use support::testbed::Testbed;

const CUSTOMER: &str = "customer@example.test";
const DESK: &str = "support@example.test";

/// A desk of ten lines on the test-bed.
fn desk(bed: &Testbed) -> Home {
    let home = Home::new();
    home.private_file("config/postdesk/password", "secret\n");
    home.file("config/postdesk/templates/fixed.md", "+++\ntitle = \"Fixed\"\nstatus = \"solved\"\ntags = [\"fixed\"]\n+++\nHello {{ requester.first_name }},\n\nit is fixed in 2.0, see {{ ticket.number }}.\n\n{{ agent.name }}\n");
    home.config(&config(bed));
    home
}

fn config(bed: &Testbed) -> String {
    let servers = bed.servers(DESK, "password_file = \"password\"");
    format!(
        r#"
agent = {{ name = "ana", display = "Ana Ruiz", address = "ana@example.test" }}
[desk.acme]
source = "imap"
{servers}
[project.app]
desk = "acme"
addresses = ["support+app@example.test"]
from = "Acme App <{DESK}>"
templates = ["./templates"]
[send]
undo_window = "1s"
"#
    )
}

fn mail(id: &str, subject: &str, parent: Option<&str>) -> String {
    let parent = parent.map(|parent| format!("In-Reply-To: <{parent}>\r\nReferences: <first@customer.test> <{parent}>\r\n")).unwrap_or_default();
    format!(
        "From: Carla Customer <{CUSTOMER}>\r\nTo: support+app@example.test\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{parent}\
         Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nThe device does not start.\r\n"
    )
}

fn ok(home: &Home, args: &[&str]) -> String {
    let output = home.postdesk(args.iter().copied()).output().unwrap();
    assert!(
        output.status.success(),
        "postdesk {}\n{}{}",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn json(home: &Home, args: &[&str]) -> Vec<Value> {
    ok(home, args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn fails(home: &Home, args: &[&str]) -> (i32, String) {
    let output = home.postdesk(args.iter().copied()).output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_mail_becomes_a_ticket_is_answered_and_reopened_by_the_customer() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    bed.deliver(CUSTOMER, "support+app@example.test", &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);

    ok(&home, &["sync"]);
    let row = json(&home, &["list", "--json"]).remove(0);
    assert_eq!((&row["number"], row["project"].as_str(), row["status"].as_str()), (&Value::from(1), Some("app"), Some("open")));

    ok(&home, &["reply", "1", "--template", "fixed", "--send"]);
    let answers = bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    let answer = &answers[0];
    assert_eq!(answer.header("In-Reply-To").as_deref(), Some("<first@customer.test>"));
    assert_eq!(answer.header("References").as_deref(), Some("<first@customer.test>"));
    assert_eq!(answer.header("Subject").as_deref(), Some("Re: It does not start [#1]"));
    assert!(answer.text.contains("Hello Carla,") && answer.text.contains("Ana Ruiz"), "{}", answer.text);
    assert_eq!(answer.header("Auto-Submitted"), None);
    let id = answer.header("Message-ID").unwrap();
    assert_eq!(bed.mails(DESK, "Sent").iter().filter(|copy| copy.header("Message-ID").as_ref() == Some(&id)).count(), 1);
    let row = json(&home, &["list", "--json"]).remove(0);
    assert_eq!((row["status"].as_str(), row["tags"][0].as_str(), row["messages"].as_u64()), (Some("solved"), Some("fixed"), Some(2)));

    // INTERNALDATE counts whole seconds: the customer writes in a later one than the answer was given.
    let solved_at = std::time::SystemTime::now();
    support::wait_until("the next second", Duration::from_secs(3), || solved_at.elapsed().unwrap() > Duration::from_millis(1_100));
    bed.deliver(CUSTOMER, "support+app@example.test", &mail("second@customer.test", "Re: It does not start [#1]", Some(id.trim_matches(['<', '>']))));
    bed.wait_for_mails(DESK, "INBOX", 2);
    ok(&home, &["sync"]);
    let rows = json(&home, &["list", "--json"]);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0]["status"].as_str(), rows[0]["messages"].as_u64()), (Some("open"), Some(3)));

    let before = json(&home, &["show", "1", "--json"]);
    let again = json(&home, &["sync", "--json"]).remove(0);
    assert_eq!(
        (again["messages_new"].as_u64(), again["bytes"].as_u64(), again["tickets_reopened"].as_u64(), again["sent"].as_u64()),
        (Some(0), Some(0), Some(0), Some(0))
    );
    assert_eq!(json(&home, &["show", "1", "--json"]), before);
    assert_eq!(bed.mails(DESK, "Sent").len(), 1);
}

#[test]
fn the_same_by_keyboard_in_the_screen() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    bed.deliver(CUSTOMER, "support+app@example.test", &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);
    ok(&home, &["sync"]);

    let mut screen = Screen::of(&home, &[], (24, 80));
    screen.wait_for_text("It does not start");
    screen.send("\r");
    screen.wait_for_text("The device does not start.");
    screen.send("r");
    screen.wait_for_text("PUBLIC REPLY");
    screen.send("Please hold the button for ten seconds.<esc>");
    let review = screen.wait_for_text("ready to send");
    assert!(review.contains("Please hold the button"), "{review}");
    screen.send("y");
    let answers = bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    assert!(answers[0].text.contains("ten seconds"), "{}", answers[0].text);
    assert_eq!(answers[0].header("In-Reply-To").as_deref(), Some("<first@customer.test>"));
    bed.wait_for_mails(DESK, "Sent", 1);
    screen.wait_for_text("sent to");
    screen.send("A");
    screen.wait_for_text("assigned to ana");
    screen.send("q");
    screen.wait_for_text("1 mine");
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();

    ok(&home, &["sync"]);
    let row = json(&home, &["list", "--json"]).remove(0);
    assert_eq!((row["assignee"].as_str(), row["messages"].as_u64()), (Some("ana"), Some(2)));
    assert_eq!(bed.mails(DESK, "Sent").len(), 1);
}

#[test]
fn a_customer_who_wrote_again_holds_the_answer_until_somebody_has_looked() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    bed.deliver(CUSTOMER, DESK, &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);
    ok(&home, &["sync"]);
    bed.deliver(CUSTOMER, DESK, &mail("second@customer.test", "Re: It does not start", Some("first@customer.test")));
    bed.wait_for_mails(DESK, "INBOX", 2);

    let (code, words) = fails(&home, &["reply", "1", "--template", "fixed", "--send"]);

    assert_eq!(code, 5, "{words}");
    assert!(bed.mails(CUSTOMER, "INBOX").is_empty());
    let line = json(&home, &["outbox", "list", "--json"]).remove(0);
    assert_eq!(line["state"].as_str(), Some("held"));
    ok(&home, &["outbox", "retry", &line["id"].to_string(), "--anyway"]);
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);
}

#[test]
fn a_refused_recipient_sends_to_nobody_and_says_who() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    bed.deliver(CUSTOMER, DESK, &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);
    ok(&home, &["sync"]);

    let (code, words) = fails(&home, &["reply", "1", "--template", "fixed", "--cc", "nosuchuser@example.test", "--send"]);

    assert_eq!(code, 4, "{words}");
    assert!(words.contains("nosuchuser@example.test"), "{words}");
    assert!(bed.mails(CUSTOMER, "INBOX").is_empty());
    assert_eq!(json(&home, &["outbox", "list", "--json"])[0]["state"].as_str(), Some("refused"));
}

#[test]
fn offline_the_answer_waits_and_goes_out_with_the_next_sync() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    bed.deliver(CUSTOMER, DESK, &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);
    ok(&home, &["sync"]);

    let (code, words) = fails(&home, &["--offline", "reply", "1", "--template", "fixed", "--send"]);
    assert_eq!(code, 4, "{words}");
    assert_eq!(json(&home, &["outbox", "list", "--json"])[0]["state"].as_str(), Some("queued"));
    let row = json(&home, &["list", "--json"]).remove(0);
    assert!(row["badges"].as_array().unwrap().iter().any(|badge| badge == "outbox"), "{row:#}");

    ok(&home, &["sync"]);
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
    assert_eq!(bed.wait_for_mails(DESK, "Sent", 1).len(), 1);
}

#[test]
fn a_new_mail_opens_a_ticket_that_the_answer_joins() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    let body = home.file("body.txt", "Your order has been sent.\n");

    ok(&home, &["new", "--project", "app", "--to", CUSTOMER, "--subject", "Your order", "--body", body.to_str().unwrap(), "--send"]);
    let sent = bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    let id = sent[0].header("Message-ID").unwrap();
    bed.deliver(CUSTOMER, DESK, &mail("thanks@customer.test", "Re: Your order", Some(id.trim_matches(['<', '>']))));
    bed.wait_for_mails(DESK, "INBOX", 1);
    ok(&home, &["sync"]);

    let rows = json(&home, &["list", "--json"]);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0]["messages"].as_u64(), rows[0]["requester"]["address"].as_str()), (Some(2), Some(CUSTOMER)));
}

#[test]
fn wrong_password_host_and_certificate_say_what_why_and_what_to_do() {
    let Some(bed) = Testbed::start() else { return };
    let cases: [(&str, String, i32, &[&str]); 4] = [
        ("wrong password", config(&bed).replace("password_file = \"password\"", "password_command = \"echo wrong\""), 4, &["localhost", "password"]),
        ("unknown host", config(&bed).replacen("host = \"localhost\"", "host = \"nowhere.invalid\"", 1), 4, &["nowhere.invalid"]),
        ("nobody listens", config(&bed).replace(&bed.ports().imaps.to_string(), "1"), 4, &["localhost:1"]),
        (
            "own certificate not trusted",
            config(&bed).replace(&format!(", ca_file = \"{}\"", bed.ca_file().display()), ""),
            4,
            &["certificate", "ca_file"],
        ),
    ];
    for (what, config, code, words) in cases {
        let home = desk(&bed);
        home.config(&config);

        let (exit, error) = fails(&home, &["sync"]);

        assert_eq!(exit, code, "{what}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{what}: {error}");
        assert!(!error.contains("wrong\n"), "{what}: {error}");
    }
}

#[test]
fn an_inbox_deleted_meanwhile_fails_the_sync_and_loses_nothing() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    home.config(&config(&bed).replacen("user = ", "folders = { inbox = [\"INBOX\", \"Forms\"] }, user = ", 1));
    bed.imap(DESK).command("CREATE Forms");
    bed.imap(DESK).append("Forms", "", &mail("form@customer.test", "A form", None));
    ok(&home, &["sync"]);
    bed.imap(DESK).command("DELETE Forms");
    bed.deliver(CUSTOMER, DESK, &mail("first@customer.test", "It does not start", None));
    bed.wait_for_mails(DESK, "INBOX", 1);

    let (code, words) = fails(&home, &["sync"]);

    assert_eq!(code, 4, "{words}");
    assert!(words.contains("Forms") && words.contains("folders"), "{words}");
    assert_eq!(json(&home, &["list", "--json"]).len(), 2);
}

#[test]
fn several_processes_sync_and_change_tickets_at_once() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    for number in 0..20 {
        bed.deliver(CUSTOMER, DESK, &mail(&format!("m{number}@customer.test"), &format!("Mail {number}"), None));
    }
    bed.wait_for_mails(DESK, "INBOX", 20);
    ok(&home, &["sync"]);

    std::thread::scope(|scope| {
        for worker in 0..6 {
            let home = &home;
            scope.spawn(move || {
                for ticket in 1..=10 {
                    match worker % 3 {
                        0 => drop(ok(home, &["sync"])),
                        1 => drop(ok(home, &["tag", &ticket.to_string(), &format!("+w{worker}")])),
                        _ => drop(ok(home, &["list", "--json"])),
                    }
                }
            });
        }
    });

    let tagged = json(&home, &["list", "tag:w1 tag:w4", "--json"]);
    assert_eq!(tagged.len(), 10);
    let numbers: std::collections::BTreeSet<u64> = json(&home, &["list", "--json"]).iter().filter_map(|row| row["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=20).collect());
}

#[test]
fn a_watching_process_brings_new_mail_and_serves_a_sync_of_another() {
    let Some(bed) = Testbed::start() else { return };
    let home = desk(&bed);
    ok(&home, &["sync"]);
    let mut watch = std::process::Command::new(env!("CARGO_BIN_EXE_postdesk"))
        .args(["sync", "--watch"])
        .env_clear()
        .envs(home.environment())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lock = home.path().join("data/postdesk");
    support::wait_until("the watcher has the role", Duration::from_secs(20), || find_socket(&lock));

    bed.deliver(CUSTOMER, DESK, &mail("first@customer.test", "Seen while idling", None));
    support::wait_until("the watcher brings the mail", Duration::from_secs(20), || {
        // It is there a moment before its number has been read back.
        json(&home, &["list", "--json"]).first().is_some_and(|row| row["number"] == 1)
    });
    ok(&home, &["reply", "1", "--template", "fixed", "--send"]);
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);

    std::process::Command::new("kill").arg(watch.id().to_string()).status().unwrap();
    support::wait_until("the watcher ends", Duration::from_secs(20), || watch.try_wait().unwrap().is_some());
}

fn find_socket(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name() == "wake.sock" || entry.path().is_dir() && find_socket(&entry.path()))
}
