//! The list of the real program in a real terminal: the jobs of a day in few keys, and hundreds of tickets at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use std::path::Path;
use std::time::Duration;

use home::Home;
use screen::{PATIENCE, Screen};

const SHOP: &str = r#"
[project.shop]
desk = "acme"
name = "Acme Shop"
addresses = ["shop@acme.example"]
from = "Acme Shop <shop@acme.example>"
"#;

/// A desk with so many customers' mails, synced; the one with the highest number is the newest.
fn desk(mails: u32, more: &str) -> Home {
    let home = questions::without_mail(&format!("{SHOP}{more}"));
    for number in 1..=mails {
        let at = 1_772_000_000 + u64::from(number) * 60;
        home.file(
            &format!("mail/new/{at}.M{number}P1.host"),
            format!(
                "From: Customer{number} <customer{number}@client.example>\r\nTo: support@acme.example\r\nSubject: Question {number}q\r\n\
                 Date: {}\r\nMessage-ID: <q{number}@client.example>\r\n\r\nHello, this is question {number}.\r\n",
                jiff::Timestamp::from_second(i64::try_from(at).unwrap()).unwrap().strftime("%a, %d %b %Y %H:%M:%S +0000"),
            ),
        );
    }
    home.postdesk(["sync"]).assert().success();
    home
}

fn open(home: &Home) -> Screen {
    let screen = questions::open_offline(home, (24, 80));
    screen.wait_for("the list and its counts", |text| text.contains("Question") && text.contains("4 open "), PATIENCE);
    screen
}

/// Lines of `list QUERY --json`.
fn listed(home: &Home, query: &str) -> Vec<String> {
    let output = home.postdesk(["list", query, "--limit", "5000", "--json"]).output().unwrap();
    assert!(output.status.success(), "{query}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What `show` prints of the ticket with a word in its subject.
fn shown(home: &Home, word: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(&listed(home, &format!("subject:{word}"))[0]).unwrap();
    let output = home.postdesk(["show", &line["number"].to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Presses keys, at most five; what is typed besides is not counted.
fn press(screen: &mut Screen, keys: &[&str]) {
    assert!(keys.iter().filter(|key| key.chars().count() == 1 || key.starts_with('<')).count() <= 5, "{keys:?}");
    for key in keys {
        screen.send(key);
    }
}

/// Does a job in at most five keys (typed text not counted) and checks what the command line sees of it.
fn job(keys: &[&str], shown: &str, query: &str, expected: usize) {
    let home = desk(5, "");
    let mut screen = open(&home);
    press(&mut screen, keys);
    screen.wait_for_text(shown);
    assert_eq!(listed(&home, query).len(), expected, "{keys:?} then {query}:\n{}", screen.text());
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn job_assign_to_me_takes_one_key() {
    job(&["A"], "assigned to ana", "assignee:ana", 1);
}

#[test]
fn job_solve_takes_one_key() {
    job(&["x"], ": solved", "status:solved", 1);
}

#[test]
fn job_snooze_takes_two_keys() {
    job(&["z", "t"], "snoozed until", "is:snoozed", 1);
}

#[test]
fn job_tag_takes_two_keys_and_a_word() {
    job(&["t", "billing", "<enter>"], "+billing", "tag:billing", 1);
}

#[test]
fn job_merge_takes_three_keys_and_a_number() {
    let home = desk(5, "");
    let mut screen = open(&home);
    press(&mut screen, &["M", "question 3", "<enter>"]);
    // What is typed before the ticket was found takes Enter back.
    screen.wait_for_text("Merge #5 into #3?");
    screen.send("y");
    screen.wait_for_text("merged into");
    // All tickets match; those merged into another are not listed.
    assert_eq!(listed(&home, "-status:spam").len(), 4, "{}", screen.text());
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn job_move_to_another_project_takes_two_keys_and_a_word() {
    job(&[">", "shop", "<enter>"], "moved to shop", "project:shop", 1);
}

#[test]
fn job_assign_all_takes_four_keys() {
    job(&["*", "A", "y"], "5 tickets: assigned to ana", "assignee:ana", 5);
}

#[test]
fn job_find_a_customers_tickets_takes_three_keys_and_a_name() {
    job(&["g", "/", "from:customer3", "<enter>"], "Question 3q", "from:customer3", 1);
}

#[test]
fn job_read_the_next_ticket_takes_two_keys() {
    let home = desk(5, "");
    let mut screen = open(&home);
    press(&mut screen, &["<enter>", "J"]);
    screen.wait_for("the next ticket, opened", |text| text.contains("question 4.") && !text.contains("question 5."), PATIENCE);
    screen.send("qq");
    screen.wait_exit(PATIENCE);
    assert_eq!(listed(&home, "-is:unread").len(), 2);
}

#[test]
fn job_reply_with_a_template_takes_four_keys() {
    let home = desk(5, "\n[send]\nundo_window = \"0s\"\n");
    home.file("config/postdesk/templates/refund.md", "Dear customer,\n\nwe have refunded it.\n");
    let mut screen = questions::open(&home, (24, 80));
    screen.wait_for("the synced list", |text| text.contains("Question 5q") && text.contains("synced"), PATIENCE);

    screen.send("T");
    screen.wait_for_text("we have refunded it");
    press(&mut screen, &["<enter>"]);
    screen.wait_for_text("PUBLIC REPLY");
    press(&mut screen, &["<esc>"]);
    screen.wait_for_text("ready to send");
    press(&mut screen, &["y"]);

    screen.wait_for("sent, and nothing left in the outbox", |text| text.contains("sent to") && !text.contains("outbox 1"), PATIENCE);
    screen.send("q");
    screen.wait_exit(PATIENCE);
    let text = shown(&home, "5q");
    assert!(text.contains("(sent)") && text.contains("we have refunded it."), "{text}");
}

#[test]
fn job_note_takes_three_keys_and_its_text() {
    let home = desk(5, "");
    let mut screen = open(&home);
    press(&mut screen, &["c"]);
    screen.wait_for_text("INTERNAL NOTE");
    press(&mut screen, &["ask Ben first", "<esc>"]);
    screen.wait_for_text("y adds it");
    press(&mut screen, &["y"]);
    screen.wait_for_text("note added");
    screen.send("q");
    screen.wait_exit(PATIENCE);
    assert!(shown(&home, "5q").contains("ask Ben first"));
}

#[test]
fn job_undo_takes_one_key_and_names_what_it_took_back() {
    let home = desk(5, "");
    let mut screen = open(&home);
    screen.send("x");
    screen.wait_for_text(": solved");
    press(&mut screen, &["u"]);
    screen.wait_for("what was undone", |text| text.contains("undid") || text.contains("undone"), PATIENCE);
    assert_eq!(listed(&home, "status:open").len(), 5);
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

#[test]
fn check_46_a_change_to_500_tickets_is_asked_about_once_goes_on_in_the_background_and_is_one_undo() {
    let home = desk(500, "");
    let mut screen = open(&home);

    screen.send("*");
    screen.wait_for_text("500 marked");
    screen.send("x");
    let asked = screen.wait_for_text("Set 500 tickets to solved?");
    assert!(asked.contains("[n no]"), "{asked}");
    screen.send("y");
    // Keys are answered while the change goes on.
    screen.wait_for_text("/500 done");
    screen.send("?");
    screen.wait_for_text("Keys on the list");
    screen.send("q");
    screen.wait_for("the end of it", |text| text.contains("4 open 0 "), Duration::from_mins(1));
    assert_eq!(listed(&home, "status:solved").len(), 500);

    screen.send("u");
    screen.wait_for("all of them open again", |text| text.contains("4 open 500"), Duration::from_mins(1));
    assert_eq!(listed(&home, "status:open").len(), 500);
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn a_change_to_many_tickets_is_stopped_by_ctrl_c_and_says_how_far_it_came() {
    let home = desk(1_500, "");
    let mut screen = open(&home);
    screen.send("*");
    screen.wait_for_text("1500 marked");
    screen.send("A");
    screen.wait_for_text("Assign 1500 tickets to ana?");

    screen.send("y");
    screen.wait_for_text("/1500 done");
    screen.send("<ctrl-c>");

    screen.wait_for("how far it came", |text| text.contains("not reached") && text.contains("marked"), PATIENCE);
    let done = listed(&home, "assignee:ana").len();
    assert!(done > 0 && done < 1_500, "{done} were assigned");
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

#[test]
fn check_49_after_solving_the_cursor_goes_where_the_configuration_says() {
    for (after, selected) in [("stay", "Question 19q"), ("next", "Question 19q"), ("back", "Question 19q")] {
        let home = desk(22, &format!("\n[ui]\nafter_action = \"{after}\"\n"));
        let mut screen = open(&home);
        screen.send("jjx");
        screen.wait_for("the neighbour selected", |text| text.lines().any(|line| line.starts_with('▸') && line.contains(selected)), PATIENCE);
        screen.send("q");
        screen.wait_exit(PATIENCE);
    }
}

#[test]
fn check_49_after_assigning_in_a_ticket_the_screen_goes_where_the_configuration_says() {
    for (after, shown) in [("stay", "question 5."), ("next", "question 4."), ("back", "▸")] {
        let home = desk(5, &format!("\n[ui]\nafter_action = \"{after}\"\n"));
        let mut screen = open(&home);
        screen.send("<enter>");
        screen.wait_for_text("this is question 5.");
        screen.send("A");
        screen.wait_for(shown, |text| text.contains("assigned to ana") && text.contains(shown), PATIENCE);
        screen.send("qq");
        screen.wait_exit(PATIENCE);
    }
}

#[test]
fn the_list_works_without_any_network() {
    let home = desk(5, "");
    let mut screen = open(&home);
    assert!(screen.text().contains("offline"), "{}", screen.text());
    screen.send("A");
    screen.wait_for_text("assigned to ana");
    screen.send("tlater<enter>");
    screen.wait_for_text("+later");
    screen.send("/<ctrl-u>question 2q<enter>");
    screen.wait_until_gone("Question 5q");
    screen.wait_for_text("Question 2q");
    screen.send("qq");
    assert_eq!(listed(&home, "tag:later assignee:ana").len(), 1);
}

#[test]
fn check_66_a_query_gives_the_same_tickets_on_the_screen_on_the_command_line_and_as_a_saved_view() {
    let home = desk(12, "");
    home.postdesk(["tag", "3", "+vip"]).assert().success();
    home.postdesk(["status", "4", "pending"]).assert().success();
    for (index, query) in ["tag:vip", "question 1q OR status:pending", "from:customer1 -subject:11q", "-status:pending number:4"].iter().enumerate() {
        let expected: Vec<String> =
            listed(&home, query).iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].to_string()).collect();
        let mut screen = open(&home);
        // Rows stand between the column titles and the line over the preview.
        let numbers = |text: &str| -> Vec<String> {
            let rows = text.lines().skip(3).take_while(|line| !line.contains("──"));
            rows.filter_map(|line| line.split_once('#')?.1.split_whitespace().next().map(str::to_owned)).collect()
        };
        let name = format!("same{index}");
        screen.send(&format!("g/{query}<enter>"));
        screen.wait_for(&format!("{query} filtered"), |text| numbers(text) == expected, PATIENCE);
        screen.send("<esc>");
        screen.settle();
        screen.send(&format!("g/{query}<enter>"));
        screen.wait_for(&format!("{query} once more"), |text| numbers(text) == expected, PATIENCE);
        screen.send_bytes(b"\x1bs");
        screen.wait_for_text("Save the view as");
        screen.send(&format!("{name}<enter>"));
        screen.wait_for_text(&format!("view `{name}` saved"));
        screen.wait_for(&format!("{query} as a view"), |text| numbers(text) == expected, PATIENCE);
        screen.send("q");
        screen.wait_exit(PATIENCE);

        let mut screen = open(&home);
        screen.send("1h");
        screen.wait_for(&format!("the saved view {name}"), |text| text.contains(&name) && numbers(text) == expected, PATIENCE);
        screen.send("q");
        screen.wait_exit(PATIENCE);
    }
    let kept = home.path().join("data");
    assert!(find(&kept, "views.toml").is_some_and(|file| std::fs::read_to_string(file).unwrap().contains("[view.\"same0\"]\nquery = \"tag:vip\"")));
}

fn find(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { (path.file_name()? == name).then_some(path) }
    })
}

#[test]
fn the_list_ends_at_what_was_typed_however_fast() {
    let home = desk(300, "");
    let mut screen = open(&home);
    screen.send("/<ctrl-u>");
    screen.wait_until_gone("status:open -is");
    screen.send("question 277q");
    screen.wait_for("the one ticket", |text| text.contains("Question 277q") && !text.contains("Question 300q"), PATIENCE);
    screen.send("<esc>");
    screen.wait_for_text("Question 300q");
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

#[test]
fn the_list_keeps_its_place_when_the_terminal_becomes_small_and_large_again() {
    let home = desk(40, "");
    let mut screen = open(&home);
    screen.send("jjjj<space>");
    screen.wait_for_text("1 marked");
    for (rows, columns) in [(10, 40), (40, 120), (8, 30), (24, 80)] {
        screen.resize(rows, columns);
        screen.wait_for("the marked ticket and the selected one", |text| text.lines().any(|line| line.starts_with('▸')), PATIENCE);
    }
    screen.wait_for("the same row selected", |text| text.lines().any(|line| line.starts_with('▸') && line.contains("Question 35q")), PATIENCE);
    screen.send("<esc>");
    screen.wait_for_text("marks cleared");
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn check_52_mail_that_comes_in_moves_neither_the_cursor_nor_the_marks_nor_what_is_typed() {
    let home = desk(30, "");
    let mut screen = questions::open(&home, (24, 80));
    screen.wait_for("the synced list", |text| text.contains("Question 30q") && text.contains("synced"), PATIENCE);
    let cursor_on = |text: &str, subject: &str| text.lines().any(|line| line.starts_with('▸') && line.contains(subject));
    screen.send("<ctrl-d><ctrl-d>j<space>");
    let before = screen.wait_for("the mark", |text| text.contains("1 marked"), PATIENCE);
    let row = before.lines().position(|line| line.starts_with('▸')).unwrap();
    let subject = before.lines().nth(row).unwrap().split("Question ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    screen.send("/from:customer");
    screen.wait_for_text("from:customer");

    home.file(
        "mail/new/1990000000.M1P1.host",
        "From: Newcomer <new@client.example>\r\nTo: support@acme.example\r\nSubject: Brand new\r\nMessage-ID: <new@client.example>\r\n\r\nHello.\r\n",
    );
    home.postdesk(["sync"]).assert().success();
    screen.wait_for("the new mail counted", |text| text.contains("4 open 31"), PATIENCE);

    let text = screen.text();
    assert!(text.contains("/ ") && text.contains("from:customer"), "what was typed is there:\n{text}");
    screen.send("<esc>");
    let after = screen.wait_for("the list again", |text| cursor_on(text, &subject) && text.contains("1 marked"), PATIENCE);
    assert_eq!(after.lines().position(|line| line.starts_with('▸')), Some(row), "on the same line:\n{after}");
    screen.send("gg");
    screen.wait_for("the new mail on top", |text| cursor_on(text, "Brand new"), PATIENCE);
    screen.send("<ctrl-c><ctrl-c>");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn a_key_that_has_nothing_to_do_says_why() {
    let home = desk(1, "");
    let mut screen = open(&home);
    for (keys, why) in [
        ("Q", "does nothing here"),
        ("zz", "nothing was snoozed yet"),
        ("zu", "is awake"),
        ("n", "no filter is set"),
        ("X", "is open already"),
        ("9", "there is no view 9"),
    ] {
        screen.send(keys);
        screen.wait_for_text(why);
    }
    screen.send("p");
    screen.send("\t");
    screen.wait_for_text("there is no preview");
    screen.send("q");
    screen.wait_exit(PATIENCE);
}
