//! The real binary on a generated desk: every command, its output and its exit code.

// A test that cannot be set up has failed.
#![allow(clippy::unwrap_used, clippy::panic)]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

/// A demo desk in a home of its own.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn postdesk(&self) -> Command {
        let mut command = Command::cargo_bin("postdesk").unwrap();
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC").current_dir(self.home.path());
        command
    }

    /// `postdesk demo -- WORDS`; the first call makes the desk.
    fn run(&self, words: &[&str]) -> Command {
        let mut command = self.postdesk();
        command.args(["--agent", "ana", "demo", "--dir", "desk", "--messages", "60", "--seed", "7", "--"]).args(words);
        command
    }

    /// What a command that has to work prints.
    fn text(&self, words: &[&str]) -> String {
        let output = self.run(words).assert().code(0).get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    fn json(&self, words: &[&str]) -> Vec<Value> {
        self.text(words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The number of a ticket that matches.
    fn a_ticket(&self, query: &str) -> String {
        let rows = self.json(&["list", query, "--json", "--limit", "1"]);
        rows.first().unwrap_or_else(|| panic!("no ticket matches {query}"))["number"].to_string()
    }

    fn ticket(&self, number: &str) -> Value {
        self.json(&["show", number, "--json"]).remove(0)
    }
}

#[test]
fn piped_a_demo_prints_its_queue_and_ends() {
    let desk = Desk::new();

    let output = desk.postdesk().args(["demo", "--messages", "60"]).assert().code(0).stderr("").get_output().stdout.clone();

    let text = String::from_utf8(output).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("NO ") && lines[0].ends_with("TAGS"), "{text}");
    assert!(lines.len() > 5 && lines[1].starts_with('#'), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(desk.home.path().join(".local/share/postdesk/desks/demo/mail").is_dir());
}

#[test]
fn list_prints_one_documented_object_per_line() {
    let desk = Desk::new();

    let rows = desk.json(&["list", "status:open", "--json", "--limit", "3"]);

    assert!((1..=3).contains(&rows.len()));
    let mut names: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    names.sort();
    let wanted = "assignee badges created desk first_response_due key messages number participants priority project requester snoozed_until status \
                  subject tags unread updated waiting_since";
    assert_eq!(names, wanted.split_whitespace().collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row["status"] == "open" && row["desk"] == "demo"));
}

#[test]
fn the_default_list_holds_no_spam_and_keeps_to_its_limit() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["status", &number, "spam"]).assert().code(0);

    let rows = desk.json(&["list", "--json"]);
    assert!(rows.len() <= 50 && rows.iter().all(|row| row["status"] != "spam"));
    assert!(rows.windows(2).all(|pair| pair[0]["updated"].as_str() >= pair[1]["updated"].as_str()), "newest activity first");
}

#[test]
fn every_change_is_seen_in_the_ticket_and_can_be_undone() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open assignee:none");

    desk.run(&["assign", &number, "me"]).assert().code(0).stdout(contains("ana"));
    desk.run(&["status", &number, "pending"]).assert().code(0);
    desk.run(&["priority", &number, "urgent"]).assert().code(0);
    desk.run(&["tag", &number, "+zebra", "-nothing"]).assert().code(0);
    desk.run(&["note", &number]).write_stdin("Only for us.\n").assert().code(0);

    let ticket = desk.ticket(&number);
    assert_eq!((&ticket["assignee"], &ticket["status"], &ticket["priority"]), (&"ana".into(), &"pending".into(), &"urgent".into()));
    assert!(ticket["tags"].as_array().unwrap().contains(&"zebra".into()), "{ticket}");
    assert!(
        ticket["messages"].as_array().unwrap().iter().any(|message| message["direction"] == "note" && message["text"] == "Only for us."),
        "{ticket}"
    );

    desk.run(&["undo"]).assert().code(0);
    desk.run(&["undo"]).assert().code(0);
    assert!(!desk.ticket(&number)["tags"].as_array().unwrap().contains(&"zebra".into()));
}

#[test]
fn a_note_stands_out_in_the_printed_ticket() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");
    desk.run(&["note", &number]).write_stdin("Only for us.").assert().code(0);

    let text = desk.text(&["show", &number]);

    assert!(text.contains("NOTE (internal)  ana") && text.contains("\nOnly for us.\n"), "{text}");
}

#[test]
fn an_empty_note_is_refused() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["note", &number]).write_stdin(" \n").assert().code(2).stderr(contains("the note is empty"));
}

#[test]
fn what_is_not_there_is_exit_code_3() {
    let desk = Desk::new();
    for words in [["show", "99999"], ["assign", "99999 me"], ["drafts", "show 99"], ["outbox", "cancel 99"], ["reply", "99999"]] {
        let words: Vec<&str> = words.iter().flat_map(|word| word.split(' ')).collect();
        desk.run(&words).assert().code(3).stdout("").stderr(contains("99"));
    }
}

#[test]
fn a_wrong_name_among_several_changes_nothing() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["status", &number, "99999", "solved"]).assert().code(3);

    assert_eq!(desk.ticket(&number)["status"], "open");
}

#[test]
fn a_wrong_query_is_shown_with_the_word_underlined() {
    let desk = Desk::new();

    desk.run(&["list", "tag:x", "status:opne"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `open`?").and(contains("  tag:x status:opne\n")).and(contains("^^^^")));
}

#[test]
fn a_dry_run_keeps_nothing_and_a_draft_is_kept_for_review() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["reply", &number, "--body", "-", "--dry-run"]).write_stdin("It is done.").assert().code(0).stdout(contains("It is done."));
    assert_eq!(desk.json(&["drafts", "list", "--json"]).len(), 0);

    desk.run(&["reply", &number, "--body", "-", "--cc", "boss@customer.example"]).write_stdin("It is done.").assert().code(0);
    let drafts = desk.json(&["drafts", "list", "--json"]);
    assert_eq!(drafts.len(), 1);
    let id = drafts[0]["id"].to_string();
    assert!(desk.text(&["drafts", "show", &id]).contains("boss@customer.example"));
    desk.run(&["drafts", "discard", &id]).assert().code(0);
    desk.run(&["drafts", "send", &id]).assert().code(2).stderr(contains("in the trash"));
    desk.run(&["drafts", "recover", &id]).assert().code(0);
    assert_eq!(desk.json(&["drafts", "list", "--json"])[0]["discarded"], false);
}

#[test]
fn the_list_marks_a_draft_until_it_is_sent() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");
    let marks = |badge: &str| {
        let row = desk.json(&["list", &format!("number:{number}"), "--json"]).remove(0);
        row["badges"].as_array().unwrap().iter().any(|there| there == badge)
    };
    assert!(!marks("draft") && !marks("outbox"));

    desk.run(&["reply", &number, "--body", "-"]).write_stdin("It is done.").assert().code(0);
    assert!(marks("draft") && !marks("outbox"));

    let id = desk.json(&["drafts", "list", "--json"])[0]["id"].to_string();
    desk.run(&["drafts", "send", &id]).assert().code(0);
    assert!(!marks("draft") && !marks("outbox"));
}

#[test]
fn what_stands_against_sending_is_named_and_the_text_is_kept() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["reply", &number, "--body", "-", "--send"])
        .write_stdin("See the attached file.")
        .assert()
        .code(1)
        .stderr(contains("not sent:").and(contains("--allow missing-attachment")).and(contains("kept as draft")));
    desk.run(&["reply", &number, "--send"]).assert().code(1).stderr(contains("the text is empty").and(contains("kept as draft").not()));

    assert_eq!(desk.json(&["drafts", "list", "--json"]).len(), 1);
}

#[test]
fn a_reply_is_sent_once_and_changes_the_status() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    desk.run(&["reply", &number, "--body", "-", "--status", "pending", "--send"])
        .write_stdin("It is done.")
        .assert()
        .code(0)
        .stdout(contains("Sent to "));
    desk.run(&["sync"]).assert().code(0);

    let ticket = desk.ticket(&number);
    let sent = |message: &&Value| message["direction"] == "out" && message["text"].as_str().unwrap().contains("It is done.");
    assert_eq!(ticket["messages"].as_array().unwrap().iter().filter(sent).count(), 1, "{ticket}");
    assert_eq!(ticket["status"], "pending");
    assert!(desk.json(&["outbox", "list", "--json"]).iter().all(|mail| mail["state"] == "sent"));
    assert_eq!(desk.json(&["drafts", "list", "--json"]).len(), 0);
}

#[test]
fn the_projects_templates_are_listed_sound_and_can_be_rendered() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open project:shop");

    let templates = desk.json(&["templates", "list", "--json", "--project", "shop"]);
    assert!(templates.iter().any(|template| template["name"] == "refund"), "{templates:?}");
    desk.run(&["templates", "check"]).assert().code(0);
    assert!(!desk.text(&["templates", "render", "refund", "--ticket", &number]).trim().is_empty());
}

#[test]
fn a_template_that_the_tickets_project_does_not_have_is_exit_code_3() {
    let desk = Desk::new();
    let number = desk.a_ticket("project:hub");

    let output = desk.run(&["reply", &number, "--template", "refund", "--send"]).assert().code(3).stdout("").get_output().stderr.clone();

    assert!(String::from_utf8(output).unwrap().contains("there is no template `refund`"));
}

/// In an order in which each finds what the one before has left.
#[test]
fn the_examples_of_the_demo_work_as_they_are_written() {
    let desk = Desk::new();
    let command = postdesk::action::find("demo").and_then(|action| action.command.as_ref()).unwrap();
    let program = assert_cmd::cargo::cargo_bin("postdesk");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let small = command.examples.iter().filter(|(line, _)| !line.contains("100000"));

    for (line, _) in small {
        let mut shell = Command::new("sh");
        shell.env_clear().env("HOME", desk.home.path()).env("PATH", &path).env("TZ", "UTC").args(["-c", line]);
        shell.assert().code(0).stderr("").stdout(predicate::str::is_empty().not());
    }
}

#[test]
fn a_kept_demo_is_opened_again_and_another_takes_fresh() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");
    desk.run(&["tag", &number, "+kept"]).assert().code(0);

    assert_eq!(desk.json(&["list", "tag:kept", "--json"]).len(), 1);
    desk.postdesk().args(["demo", "--dir", "desk", "--seed", "8", "--", "list"]).assert().code(2).stderr(contains("--fresh"));
    desk.postdesk()
        .args(["demo", "--dir", "desk", "--seed", "8", "--messages", "40", "--fresh", "--", "list", "tag:kept", "--json"])
        .assert()
        .code(0)
        .stdout("");
}

#[test]
fn the_same_seed_gives_the_same_queue_in_the_same_order() {
    let queue = || {
        let desk = Desk::new();
        let words = ["demo", "--messages", "1500", "--seed", "3", "--", "list", "--limit", "5000", "--json"];
        let output = desk.postdesk().args(words).assert().code(0).get_output().stdout.clone();
        let rows: Vec<Value> = String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // The times are those of the run, and the key of a mail without an id follows from its date;
        // everything else, the order included, is the seed's.
        let fixed = ["number", "project", "status", "priority", "assignee", "subject", "requester", "tags", "messages", "unread", "badges"];
        rows.iter().map(|row| fixed.map(|field| row[field].clone())).collect::<Vec<_>>()
    };

    let first = queue();

    assert!(first.len() > 400, "{}", first.len());
    assert_eq!(first, queue());
}

#[test]
fn syncing_again_changes_nothing() {
    let desk = Desk::new();
    let before = desk.text(&["list", "--json"]);

    let report = desk.json(&["sync", "--json"]).remove(0);

    assert_eq!((&report["messages_new"], &report["errors"]), (&0.into(), &Value::Array(vec![])));
    assert_eq!(desk.text(&["list", "--json"]), before);
}

#[test]
fn the_mail_itself_comes_out_byte_for_byte() {
    let desk = Desk::new();
    let number = desk.a_ticket("status:open");

    let raw = desk.run(&["show", &number, "--raw"]).assert().code(0).get_output().stdout.clone();
    let headers = desk.text(&["show", &number, "--headers"]);

    assert!(String::from_utf8_lossy(&raw).contains("Message-ID:"));
    assert!(headers.contains("Subject:") && headers.ends_with("\n\n"), "{headers}");
}

#[cfg(unix)]
#[test]
fn tickets_are_exported_as_a_table_and_as_conversations() {
    let desk = Desk::new();
    let tickets = desk.text(&["export", "--format", "json"]).lines().count();

    let table = desk.text(&["export", "--format", "csv"]);
    let one = desk.text(&["export", "number:1", "--format", "markdown"]);

    assert_eq!(table.lines().count(), tickets + 1, "{table}");
    assert!(table.starts_with("desk,number,key,") && table.ends_with("\r\n"), "{table}");
    assert!(one.starts_with("# #1 ") && one.contains("\n- Project: ") && one.contains("\n## "), "{one}");
    desk.run(&["export", "--format", "csv", "--output", "all.csv"]).assert().code(0).stdout("");
    assert_eq!(std::fs::read_to_string(desk.home.path().join("all.csv")).unwrap(), table);
}

#[test]
fn a_redacted_export_names_nobody_and_the_same_person_the_same_way() {
    let desk = Desk::new();
    let rows = desk.json(&["export", "--format", "json"]);
    let people: std::collections::BTreeSet<String> =
        rows.iter().filter_map(|row| row["requester"]["address"].as_str()).map(str::to_lowercase).collect();
    assert!(people.len() > 5, "{people:?}");

    for format in ["json", "csv", "markdown"] {
        let text = desk.text(&["export", "--format", format, "--redact"]);

        assert!(people.iter().all(|person| !text.to_lowercase().contains(person)), "{format}");
        assert!(text.contains("person1@redacted.invalid"), "{format}");
    }
    let redacted = desk.json(&["export", "--format", "json", "--redact"]);
    let requester = |rows: &[Value], at: usize| rows[at]["requester"]["address"].as_str().unwrap_or_default().to_lowercase();
    for (first, second) in (0..rows.len()).zip(1..rows.len()) {
        assert_eq!(requester(&rows, first) == requester(&rows, second), requester(&redacted, first) == requester(&redacted, second));
    }
    desk.run(&["export", "--format", "mbox", "--redact"]).assert().code(2).stderr(contains("byte for byte"));
}

#[test]
fn a_watching_sync_reports_and_ends_in_order_when_interrupted() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let desk = Desk::new();
    desk.run(&["list"]).assert().code(0);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("postdesk"))
        .args(["demo", "--dir", "desk", "--", "sync", "--watch", "--json"])
        .current_dir(desk.home.path())
        .env("HOME", desk.home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut report = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut report).unwrap();

    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("still running 20 s after the signal");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    };

    assert_eq!(status.code(), Some(0));
    assert_eq!(serde_json::from_str::<Value>(&report).unwrap()["desk"], "demo");
}
