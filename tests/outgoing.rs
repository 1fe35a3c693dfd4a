//! Mail that leaves from the command line: to whom without a question, and what waits, whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use std::time::Duration;

use home::Home;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

/// One question, which names so many other people whom an answer goes to as well.
fn asked_with(others: usize) -> Home {
    let home = questions::without_mail("");
    let cc: Vec<String> = (0..others).map(|number| format!("p{number}@crowd.example")).collect();
    let cc = if cc.is_empty() { String::new() } else { format!("Cc: {}\r\n", cc.join(",\r\n ")) };
    home.file(
        "mail/new/1700000001.M1P1.host",
        format!(
            "From: Maria Keller <maria@client.example>\r\nTo: support@acme.example\r\n{cc}Subject: Cannot log in\r\n\
             Date: Mon, 02 Mar 2026 01:00:00 +0000\r\nMessage-ID: <q1@client.example>\r\n\r\nHello, this is a question.\r\n"
        ),
    );
    home.file("body.txt", "It works again.\n");
    home.postdesk(["sync"]).assert().code(0);
    home
}

/// Exit code, and both outputs.
fn run(home: &Home, args: &[&str]) -> (i32, String) {
    let output = home.postdesk(args.iter().copied()).output().unwrap();
    (output.status.code().unwrap_or(-1), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

fn lines(home: &Home, args: &[&str]) -> Vec<Value> {
    let output = home.postdesk(args.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const SEND: [&str; 5] = ["reply", "1", "--body", "body.txt", "--send"];

#[test]
fn a_script_that_does_not_say_so_sends_nothing_to_a_crowd_and_loses_no_text() {
    let home = asked_with(24);

    let (code, words) = run(&home, &SEND);

    assert_eq!(code, 1, "{words}");
    assert!(words.contains("25 people, 25 of whom you did not name") && words.contains("drafts send 1 --yes"), "{words}");
    assert_eq!((lines(&home, &["outbox", "list", "--json"]).len(), lines(&home, &["drafts", "list", "--json"]).len()), (0, 1));
    assert_eq!(run(&home, &["drafts", "send", "1"]).0, 1);
    let (code, words) = run(&home, &["drafts", "send", "1", "--yes"]);
    assert_eq!(code, 0, "{words}");
    let sent = lines(&home, &["outbox", "list", "--json"]);
    assert_eq!((sent[0]["state"].as_str(), sent[0]["to"].as_array().unwrap().len()), (Some("sent"), 25), "{sent:?}");
}

#[test]
fn people_the_command_names_and_a_few_others_are_no_crowd() {
    let home = asked_with(19);
    let (code, words) = run(&home, &SEND);
    assert_eq!(code, 0, "{words}");

    let home = asked_with(40);
    let named: Vec<String> = (0..30).map(|number| format!("--cc=p{number}@crowd.example")).collect();
    let all: Vec<&str> = SEND.into_iter().chain(["--to", "maria@client.example"]).chain(named.iter().map(String::as_str)).collect();
    let (code, words) = run(&home, &all);
    assert_eq!(code, 0, "{words}");

    let (code, words) = run(&home, &["reply", "1", "--body", "body.txt", "--dry-run"]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("41 people, 41 of whom you did not name"), "{words}");
}

#[test]
fn of_more_people_than_are_read_of_a_mail_it_is_said_that_some_are_left_out() {
    for (others, is_said) in [(500, false), (600, true)] {
        let home = asked_with(others);

        let (code, words) = run(&home, &["reply", "1", "--body", "body.txt", "--dry-run"]);

        assert_eq!(code, 0, "{words}");
        assert_eq!(words.contains("names more people than are read of a mail"), is_said, "{others}: {words}");
        assert_eq!(run(&home, &["show", "1"]).1.contains("too_many_addresses"), is_said, "{others}");
    }
}

#[test]
fn at_a_terminal_a_crowd_is_asked_about_and_enter_means_no() {
    for (answer, code, said) in [("<enter>", 1, "not sent"), ("y<enter>", 0, "Sent to maria@client.example")] {
        let home = asked_with(24);
        let mut screen = questions::start(&home, &SEND, (24, 80));
        screen.wait_for_text("Send it to 25 people, 25 of whom you did not name? [y/N]");

        screen.send(answer);

        screen.wait_for_text(said);
        assert_eq!(screen.wait_exit(PATIENCE).exit_code(), code, "{}", screen.text());
    }
}

#[test]
fn a_mail_that_waits_is_shown_whole_and_so_it_leaves() {
    let home = asked_with(2);
    let words =
        ["--offline", "reply", "1", "--body", "body.txt", "--status", "pending", "--attach", "body.txt", "--bcc", "boss@acme.example", "--send"];
    assert_eq!(run(&home, &words).0, 4);

    let (code, text) = run(&home, &["outbox", "show", "1"]);
    let shown = lines(&home, &["outbox", "show", "1", "--json"]).remove(0);

    assert_eq!(code, 0, "{text}");
    for part in ["State     queued since ", "p1@crowd.example", "Bcc       boss@acme.example", "It works again.", "body.txt (16 B)", "outbox edit 1"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let line = lines(&home, &["outbox", "list", "--json"]).remove(0);
    assert!(line.as_object().unwrap().iter().all(|(field, value)| shown[field] == *value), "{shown:#}\n{line:#}");
    let mail = &shown["mail"];
    assert_eq!((mail["to"][0]["address"].as_str(), mail["cc"].as_array().unwrap().len()), (Some("maria@client.example"), 2), "{mail:#}");
    assert_eq!((mail["status"].as_str(), mail["attachments"][0]["size"].as_u64()), (Some("pending"), Some(16)), "{mail:#}");
    assert_eq!(shown["meanwhile"], serde_json::json!([]));
    assert_eq!(run(&home, &["sync"]).0, 0);
    let sent = lines(&home, &["outbox", "show", "1", "--json"]).remove(0);
    assert_eq!((sent["state"].as_str(), &sent["mail"]["text"]), (Some("sent"), &mail["text"]), "{sent:#}");
}

#[test]
fn a_sync_that_reports_an_error_fails_in_either_form() {
    for form in [&["sync"] as &[&str], &["sync", "--json"]] {
        let home = asked_with(0);
        assert_eq!(run(&home, &["--offline", "reply", "1", "--body", "body.txt", "--send"]).0, 4);
        std::fs::remove_dir_all(home.path().join("out")).unwrap();
        home.file("out", "no folder");

        let (code, words) = run(&home, form);

        assert_eq!(code, 1, "{form:?}: {words}");
        assert!(words.contains("mail 1: "), "{form:?}: {words}");
        assert_eq!(lines(&home, &["list", "--json"]).len(), 1, "the rest is done");
    }
}

#[test]
fn an_import_takes_nothing_but_mail_and_says_what_it_did_not_find() {
    let home = asked_with(0);
    home.file("passwd", "root:x:0:0:root:/root:/bin/sh\n");
    std::fs::create_dir(home.path().join("empty")).unwrap();

    let (code, words) = run(&home, &["import", "passwd"]);
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("passwd: it is neither an mbox nor a mail") && !words.contains("0 mails"), "{words}");
    let (code, words) = run(&home, &["import", "nowhere.mbox"]);
    assert_eq!(code, 3, "{words}");
    assert!(words.contains("nowhere.mbox") && !words.contains("0 mails"), "{words}");
    let (code, words) = run(&home, &["import", "empty"]);
    assert_eq!((code, words.trim()), (0, "acme: no mail is in what was named; nothing was imported"));
    assert_eq!(lines(&home, &["list", "--json"]).len(), 1);
}

#[test]
fn a_held_mail_is_shown_beside_what_the_customer_wrote_meanwhile() {
    let home = asked_with(0);
    assert_eq!(run(&home, &["--offline", "reply", "1", "--body", "body.txt", "--send"]).0, 4);
    home.file(
        "mail/new/1700000002.M2P1.host",
        "From: Maria Keller <maria@client.example>\r\nTo: support@acme.example\r\nSubject: Re: Cannot log in\r\nDate: Mon, 02 Mar 2026 02:00:00 +0000\r\n\
         Message-ID: <q2@client.example>\r\nIn-Reply-To: <q1@client.example>\r\n\r\nNever mind, I found it.\r\n",
    );
    run(&home, &["sync"]);

    let (_, text) = run(&home, &["outbox", "show", "1"]);

    assert!(text.contains("State     held since ") && text.contains("the customer wrote again"), "{text}");
    let (answer, meanwhile) = text.split_once("Meanwhile Maria Keller").unwrap_or_else(|| panic!("{text}"));
    assert!(answer.contains("It works again.") && meanwhile.contains("Never mind, I found it."), "{text}");
    assert!(meanwhile.contains("outbox retry 1 --anyway"), "{text}");
}

#[test]
fn an_answer_names_the_mail_by_the_time_its_writer_gave_it_and_not_by_that_of_its_arrival() {
    let home = asked_with(0);
    let mut screen = questions::open(&home, (24, 80));
    screen.wait_for_text("Cannot log in");

    screen.send("4r");
    screen.wait_for_text("On 2026-03-02 01:00 UTC, Maria Keller wrote:");
    screen.send("<ctrl-c><ctrl-c>");
    screen.wait_exit(PATIENCE);

    let text = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&text.replace("default = true", "default = true\ntemplates = [\"./templates\"]"));
    home.file("config/postdesk/templates/told.md", "You wrote at {{ quote.date }}.\n");
    let (code, words) = run(&home, &["reply", "1", "--template", "told", "--dry-run"]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("You wrote at 2026-03-02 01:00."), "{words}");
}

#[test]
fn a_mail_that_is_not_there_is_not_found() {
    let home = asked_with(0);

    let (code, words) = run(&home, &["outbox", "show", "99"]);

    assert_eq!(code, 3, "{words}");
    assert!(words.contains("there is no mail 99 in the outbox"), "{words}");
}
