//! What is done to tickets, from the command line: every change, what it says, undone and done again by other runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A generated desk; every command is a process of its own.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn run(&self, words: &[&str]) -> Command {
        let mut command = Command::cargo_bin("postdesk").unwrap();
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC").current_dir(self.home.path());
        command.args(["--agent", "ana", "demo", "--dir", "desk", "--messages", "60", "--seed", "7", "--"]).args(words);
        command
    }

    #[track_caller]
    fn text(&self, words: &[&str]) -> String {
        let output = self.run(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn fails(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words).output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn json(&self, words: &[&str]) -> Vec<Value> {
        self.text(words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn show(&self, ticket: &str) -> Value {
        self.json(&["show", ticket, "--json"]).remove(0)
    }

    /// The numbers of tickets that match.
    fn some(&self, query: &str, count: usize) -> Vec<String> {
        let rows = self.json(&["list", query, "--json", "--limit", &count.to_string()]);
        assert_eq!(rows.len(), count, "{query}");
        rows.iter().map(|row| row["number"].to_string()).collect()
    }

    /// A ticket with at least so many mails.
    fn with_mails(&self, count: u64) -> String {
        let rows = self.json(&["list", "--json", "--limit", "500"]);
        rows.iter().find(|row| row["messages"].as_u64() >= Some(count)).expect("a long ticket")["number"].to_string()
    }
}

fn ids(ticket: &Value) -> Vec<String> {
    ticket["messages"].as_array().unwrap().iter().map(|message| message["message_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn merged_tickets_are_one_until_it_is_undone() {
    let desk = Desk::new();
    let numbers = desk.some("status:open", 3);
    let [into, one, two] = [&numbers[0], &numbers[1], &numbers[2]];
    desk.run(&["note", one]).write_stdin("A note that moves along.").assert().code(0);
    desk.run(&["tag", one, "+later"]).assert().code(0);
    let (before, all_before) = (desk.show(into), desk.json(&["list", "--json", "--limit", "500"]));
    let mails: usize = [into, one, two].iter().map(|number| desk.show(number)["messages"].as_array().unwrap().len()).sum();

    assert_eq!(desk.text(&["merge", one, two, into]), format!("#{one}, #{two}: merged into #{into}"));

    let merged = desk.show(into);
    assert_eq!(ids(&merged).len(), mails);
    assert_eq!(desk.show(one), merged, "the old number leads to the ticket that stayed");
    assert_eq!(desk.json(&["list", "--json", "--limit", "500"]).len(), all_before.len() - 2);
    let told = desk.text(&["show", into]);
    assert!(told.contains(&format!("merged #{one} into #{into}")) && told.contains(&format!("tagged #{one} +later")), "{told}");
    assert!(told.contains(&format!("merged #{two} into #{into}")), "{told}");
    let (code, words) = desk.fails(&["merge", into, "99999"]);
    assert_eq!(code, 3, "{words}");

    assert_eq!(desk.text(&["undo"]), format!("undid on #{two}, #{one}: merged it into #{into}"));
    assert_eq!(ids(&desk.show(into)), ids(&before));
    assert_eq!(desk.json(&["list", "--json", "--limit", "500"]).len(), all_before.len());

    assert_eq!(desk.text(&["redo"]), format!("redid on #{one}, #{two}: merged it into #{into}"));
    assert_eq!(ids(&desk.show(into)).len(), mails);
}

#[test]
fn of_several_tags_those_are_told_that_made_a_difference() {
    let desk = Desk::new();
    let numbers = desk.some("status:open", 2);
    let [one, two] = [&numbers[0], &numbers[1]];

    assert_eq!(desk.text(&["tag", one, two, "+fresh", "-never-set"]), format!("#{one}, #{two}: +fresh"));
    assert_eq!(desk.text(&["tag", one, "-fresh"]), format!("#{one}: -fresh"));
    assert_eq!(desk.text(&["tag", one, two, "-fresh"]), format!("#{one}, #{two}: -fresh"));
}

#[test]
fn a_ticket_is_split_at_a_message_and_put_together_again() {
    let desk = Desk::new();
    let number = desk.with_mails(3);
    let before = desk.show(&number);
    let newest = desk.json(&["list", "--json", "--limit", "500", "--sort", "number"]).iter().filter_map(|row| row["number"].as_u64()).max().unwrap();

    let said = desk.text(&["split", &number, "2"]);

    let (left, split) = (desk.show(&number), desk.show(&(newest + 1).to_string()));
    let mails: Vec<String> = ids(&before).into_iter().filter(|id| !id.starts_with("pd1.")).collect();
    let left_mails: Vec<String> = ids(&left).into_iter().filter(|id| !id.starts_with("pd1.")).collect();
    assert_eq!(left_mails, mails[..1]);
    assert_eq!(ids(&split), mails[1..]);
    assert_eq!(said, format!("#{number}: split off as #{} ({})", newest + 1, split["subject"].as_str().unwrap()));
    assert!(desk.text(&["show", &number]).contains(&format!("off as #{}", newest + 1)));
    desk.text(&["sync"]);
    assert_eq!(ids(&desk.show(&(newest + 1).to_string())), mails[1..], "a sync joins nothing again");

    desk.text(&["undo"]);
    assert_eq!(ids(&desk.show(&number)), ids(&before));
    assert_eq!(desk.fails(&["split", &number, "1"]).0, 2, "nothing would be left");
    assert_eq!(desk.fails(&["split", &number, "77"]).0, 3);
}

#[test]
fn tickets_sleep_move_and_are_renamed_linked_and_joined_by_others() {
    let desk = Desk::new();
    let numbers = desk.some("status:open project:app", 2);
    let [number, other] = [&numbers[0], &numbers[1]];

    let said = desk.text(&["snooze", number, other, "2031-12-24 15:30"]);
    assert_eq!(said.trim_end_matches(" UTC"), format!("#{number}, #{other}: snoozed until 2031-12-24 15:30"));
    assert_eq!(desk.show(other)["snoozed_until"], "2031-12-24T15:30:00Z");
    assert_eq!(desk.text(&["snooze", number, "off"]), format!("#{number}: awake"));
    assert_eq!(desk.fails(&["snooze", number, "whenever"]).0, 2);

    assert_eq!(desk.text(&["move", number, "shop"]), format!("#{number}: moved to shop"));
    assert_eq!(desk.show(number)["project"], "shop");
    desk.text(&["undo"]);
    assert!(desk.text(&["show", number]).contains("undid: moved it to shop"), "{}", desk.text(&["show", number]));
    desk.text(&["redo"]);
    assert!(desk.text(&["show", number]).contains("redid: moved it to shop"), "{}", desk.text(&["show", number]));
    assert_eq!(desk.text(&["subject", number, "Refund for order 77"]), format!("#{number}: subject is now Refund for order 77"));
    assert_eq!(desk.show(number)["subject"], "Refund for order 77");
    for line in
        [["merge", number, number].as_slice(), &["merge", other, number, number], &["link", number, number], &["link", number, number, "--remove"]]
    {
        let (code, said) = desk.fails(line);
        assert!(code == 2 && said.contains("itself"), "{line:?}: {code} {said}");
    }

    assert_eq!(desk.text(&["link", number, other]), format!("#{number}: linked with #{other}"));
    assert_eq!(desk.text(&["link", other, number]), format!("#{other}: nothing to change"));
    assert_eq!(desk.text(&["link", other, number, "--remove"]), format!("#{other}: no longer linked with #{number}"));

    let requester = desk.show(number)["requester"]["address"].as_str().unwrap().to_owned();
    desk.text(&["participant", number, "+boss@example.org"]);
    assert!(desk.show(number)["participants"].to_string().contains("boss@example.org"));
    let reply = |desk: &Desk| desk.run(&["reply", number, "--body", "-", "--dry-run"]).write_stdin("Hello.").output().unwrap().stdout;
    assert!(String::from_utf8(reply(&desk)).unwrap().contains("boss@example.org"));
    desk.text(&["participant", number, "-boss@example.org"]);
    let text = String::from_utf8(reply(&desk)).unwrap();
    assert!(!text.contains("boss@example.org") && text.contains(&requester), "{text}");
}

#[test]
fn several_tickets_are_renamed_linked_and_joined_by_somebody_at_once_and_it_is_undone_as_a_whole() {
    let desk = Desk::new();
    let numbers = desk.some("status:open project:app", 3);
    let [one, two, other] = [&numbers[0], &numbers[1], &numbers[2]];
    let before = [desk.show(one), desk.show(two)];
    let same = |desk: &Desk, field: &str| [one, two].iter().zip(&before).all(|(number, before)| desk.show(number)[field] == before[field]);

    assert_eq!(desk.text(&["subject", one, two, "Outage"]), format!("#{one}, #{two}: subject is now Outage"));
    assert!([one, two].iter().all(|number| desk.show(number)["subject"] == "Outage"));
    desk.text(&["undo"]);
    assert!(same(&desk, "subject"));

    desk.text(&["participant", one, two, "+boss@example.org"]);
    assert!([one, two].iter().all(|number| desk.show(number)["participants"].to_string().contains("boss@example.org")));
    desk.text(&["undo"]);
    assert!(same(&desk, "participants"));

    desk.text(&["link", one, two, other]);
    let links: Vec<String> = desk.show(other)["links"].as_array().unwrap().iter().map(|link| link["number"].to_string()).collect();
    assert_eq!(std::collections::BTreeSet::from_iter(&links), std::collections::BTreeSet::from([one, two]));
    assert!(desk.text(&["show", one]).contains(&format!("Linked     #{other}")));
    desk.text(&["undo"]);
    assert_eq!(desk.show(other)["links"], serde_json::json!([]));
}

#[test]
fn what_is_not_there_is_named_with_what_to_do_about_it() {
    let desk = Desk::new();
    let number = desk.some("status:open", 1).remove(0);
    for words in [
        vec!["show", "99999"],
        vec!["assign", "99999", "me"],
        vec!["split", &number, "77"],
        vec!["apply", &number, "00c0ffee00c0ffee.17"],
        vec!["undo", "00c0ffee00c0ffee.17"],
        vec!["redo"],
        vec!["accept", &number],
        vec!["drafts", "discard", "99"],
        vec!["outbox", "cancel", "99"],
        vec!["reply", &number, "--message", "99", "--body", "x", "--dry-run"],
    ] {
        let (code, why) = desk.fails(&words);
        assert_eq!(code, 3, "{words:?}: {why}");
        assert!(why.trim_end().lines().count() >= 2, "{words:?} does not say what to do: {why}");
    }
}

#[test]
fn check_45_a_gesture_over_many_tickets_is_undone_and_redone_as_a_whole_by_later_runs() {
    let desk = Desk::new();
    let numbers = desk.some("status:open assignee:none", 4);
    let mut words = vec!["assign"];
    words.extend(numbers.iter().map(String::as_str));
    words.push("me");
    desk.text(&words);
    desk.text(&["status", &numbers[0], "solved"]);
    let owners = |desk: &Desk| numbers.iter().filter(|number| desk.show(number)["assignee"] == "ana").count();
    assert_eq!(owners(&desk), 4);

    assert_eq!(desk.text(&["undo"]), format!("undid on #{}: set the status to solved", numbers[0]));
    let undone = desk.text(&["undo"]);
    assert!(undone.ends_with(": assigned it to ana"), "{undone}");
    assert_eq!((owners(&desk), desk.show(&numbers[0])["status"].clone()), (0, "open".into()));

    assert!(desk.text(&["redo"]).starts_with("redid on "));
    assert_eq!(owners(&desk), 4);
    assert_eq!(desk.text(&["redo"]), format!("redid on #{}: set the status to solved", numbers[0]));
    assert_eq!(desk.fails(&["redo"]).0, 3, "there is nothing more");

    desk.text(&["undo"]);
    desk.text(&["tag", &numbers[1], "+new"]);
    assert_eq!(desk.fails(&["redo"]).0, 3, "something new was done");
}

#[test]
fn fifty_changes_are_undone_one_after_the_other() {
    let desk = Desk::new();
    let number = desk.some("status:open", 1).remove(0);
    let before = desk.show(&number)["tags"].clone();
    for index in 0..50 {
        desk.text(&["tag", &number, &format!("+t{index}")]);
    }

    for _ in 0..50 {
        desk.text(&["undo"]);
    }

    assert_eq!(desk.show(&number)["tags"], before);
}

#[test]
fn a_note_is_taken_back_and_written_again() {
    let desk = Desk::new();
    let number = desk.some("status:open", 1).remove(0);
    let has_note = |desk: &Desk| desk.text(&["show", &number]).contains("Only for us.");
    desk.run(&["note", &number]).write_stdin("Only for us.").assert().code(0);

    assert!(has_note(&desk));
    assert_eq!(desk.text(&["undo"]), format!("undid on #{number}: wrote a note"));
    assert!(!has_note(&desk));
    desk.text(&["redo"]);
    assert!(has_note(&desk));
}

#[test]
fn a_change_is_undone_by_name_unless_something_newer_stands_on_it() {
    let desk = Desk::new();
    let number = desk.some("status:open assignee:none", 1).remove(0);
    desk.text(&["assign", &number, "me"]);
    let event = desk.show(&number)["events"].as_array().unwrap().last().unwrap()["id"].clone();
    let name = format!("{}.{}", event["actor"].as_str().unwrap(), event["seq"]);
    desk.text(&["assign", &number, "ben"]);

    let (code, words) = desk.fails(&["undo", &name]);
    assert_eq!(code, 5, "{words}");
    desk.text(&["undo"]);
    desk.text(&["undo", &name]);
    assert_eq!(desk.show(&number)["assignee"], Value::Null);
}

#[test]
fn a_person_is_forgotten_and_stays_so_after_the_next_sync() {
    let desk = Desk::new();
    let number = desk.some("status:open", 1).remove(0);
    let address = desk.show(&number)["requester"]["address"].as_str().unwrap().to_owned();

    desk.text(&["forget", &address]);
    desk.text(&["sync"]);

    let text = desk.text(&["show", &number, "--json"]);
    assert!(!text.contains(&address), "{text}");
    assert!(!desk.text(&["list", "--json", "--limit", "500"]).contains(&format!("\"requester\":{{\"name\":\"\",\"address\":\"{address}")));
    assert_eq!(desk.fails(&["forget", "nobody"]).0, 2);
}

#[test]
fn nobody_of_the_team_can_be_forgotten_and_nobody_unknown_without_a_word_more() {
    let desk = Desk::new();
    let number = desk.with_mails(3);
    let before = desk.show(&number);
    let out = |ticket: &Value| ticket["messages"].as_array().unwrap().iter().find(|mail| mail["direction"] == "out").cloned();
    let own =
        out(&before).or_else(|| desk.json(&["list", "--json", "--limit", "500"]).iter().find_map(|row| out(&desk.show(&row["number"].to_string()))));
    let own = own.unwrap()["from"]["address"].as_str().unwrap().to_uppercase();

    for yes in [[].as_slice(), &["--yes"]] {
        let (code, words) = desk.fails(&[["forget", &own].as_slice(), yes].concat());
        assert!(code == 2 && words.contains("the team's own"), "{code}: {words}");
    }
    let (code, words) = desk.fails(&["forget", "nobody@x.test"]);

    assert!(code == 3 && words.contains("nothing here is from or to nobody@x.test") && words.contains("--yes"), "{code}: {words}");
    assert_eq!(desk.show(&number), before);
    assert!(desk.text(&["forget", "nobody@x.test", "--yes"]).contains("redacted here"));
}

#[test]
fn one_who_was_forgotten_cannot_be_answered_unnoticed() {
    let desk = Desk::new();
    let number = desk.some("status:open", 1).remove(0);
    let address = desk.show(&number)["requester"]["address"].as_str().unwrap().to_owned();
    desk.text(&["forget", &address]);

    for words in [["reply", &number].as_slice(), &["forward", &number, "--to", "forgotten@postdesk.invalid"]] {
        desk.run(&[words, &["--body", "-", "--send"]].concat())
            .write_stdin("Hello.")
            .assert()
            .code(1)
            .stderr(predicates::str::contains("stands for a person who was forgotten"));
    }
    assert_eq!(desk.text(&["outbox", "list", "--json"]), "");
}

#[test]
fn a_mail_of_a_ticket_is_answered_or_passed_on_by_its_place_or_id() {
    let desk = Desk::new();
    let number = desk.with_mails(2);
    let written = |what: &str, message: &str| {
        let mut words = vec![what, &number, "--message", message, "--body", "-", "--dry-run"];
        words.extend(if what == "forward" { ["--to", "lab@partner.example"].as_slice() } else { &[] });
        let output = desk.run(&words).write_stdin("Hello.").output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };

    let first = desk.show(&number)["messages"][0].clone();
    let (code, by_place) = written("forward", "1");
    assert_eq!(code, Some(0), "{by_place}");
    let words = first["new_text"].as_str().unwrap().lines().find(|line| line.len() > 20).unwrap();
    assert!(by_place.contains(words), "`{words}` is passed on:\n{by_place}");
    assert_eq!(written("forward", first["message_id"].as_str().unwrap()).1, by_place);

    assert_eq!(written("reply", "1").0, Some(0));
    let (code, why) = written("reply", "99");
    assert_eq!(code, Some(3), "{why}");
    assert!(why.contains("`99` is no message of it"), "{why}");
}

#[test]
fn without_a_suggestion_there_is_nothing_to_accept_or_dismiss() {
    let desk = Desk::new();
    let rows = desk.json(&["list", "--json", "--limit", "500"]);
    let number =
        rows.iter().map(|row| row["number"].to_string()).find(|number| desk.show(number)["suggestions"].as_array().unwrap().is_empty()).unwrap();
    for order in ["accept", "dismiss"] {
        let (code, why) = desk.fails(&[order, &number]);
        assert_eq!(code, 3, "{why}");
        assert!(why.contains("nothing is suggested"), "{why}");
        assert_eq!(desk.fails(&[order, &number, "no such ticket"]).0, 2);
    }
}
