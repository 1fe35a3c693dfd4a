//! The screen of the real program in a real terminal, on a desk that is a local Maildir.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use home::Home;
use screen::{PATIENCE, Screen};

/// Texts are written in an editor that always writes the same.
fn desk() -> Home {
    let mut home = questions::two_questions("[send]\ncomposer = \"external\"\nundo_window = \"0s\"\n");
    let editor = home.file("editor.sh", "#!/bin/sh\nprintf 'It is fixed.\\n' > \"$1\"\n");
    home.set("EDITOR", format!("/bin/sh {}", editor.display()));
    home
}

fn open(home: &Home) -> Screen {
    questions::open(home, (24, 80))
}

#[test]
fn an_agent_looks_around_and_leaves_a_clean_terminal() {
    let home = desk();
    let mut screen = open(&home);

    screen.wait_for_text("Cannot log in");
    screen.wait_for_text("Refund please");
    screen.send("?");
    screen.wait_for_text("Keys on the list");
    screen.send("q");
    screen.wait_until_gone("Keys on the list");
    screen.send("j<enter>");
    screen.wait_for_text("Hello, this is question");
    screen.send("q");
    screen.wait_for_text("q quit");
    screen.send("q");

    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn every_signal_that_ends_the_program_leaves_a_clean_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let home = desk();
        let mut screen = open(&home);
        screen.wait_for_text("Refund please");

        screen.signal(signal);

        screen.wait_exit(PATIENCE);
        screen.assert_restored();
    }
}

#[test]
fn a_key_changes_what_the_command_line_sees() {
    let home = desk();
    let mut screen = open(&home);
    screen.wait_for_text("Refund please");

    screen.send("A");
    screen.wait_for("the ticket assigned", |text| text.contains("✓"), PATIENCE);
    screen.send("q");
    screen.wait_exit(PATIENCE);

    let listed = home.postdesk(["list", "assignee:ana", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1, "{listed:?}");
}

#[test]
fn a_reply_goes_through_the_editor_to_the_review_and_is_kept() {
    let home = desk();
    let mut screen = open(&home);
    screen.wait_for_text("Refund please");

    screen.send("r");
    screen.wait_for_text("PUBLIC REPLY");
    screen.wait_for_text("It is fixed.");
    screen.send("q");
    screen.wait_for_text("kept as draft");
    // Keys typed after the editor has had the terminal arrive as before.
    screen.send("?");
    screen.wait_for_text("Keys on the list");
    screen.send("qq");

    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn a_suspended_screen_gives_the_terminal_back_and_comes_back_the_same() {
    let home = desk();
    let mut screen = open(&home);
    let before = screen.wait_for(
        "the synced queue and its counts",
        |text| text.contains("Refund please") && text.contains("synced") && text.contains("unassigned 2"),
        PATIENCE,
    );

    screen.send("<ctrl-z>");
    screen.wait_for("the shell's screen", |text| !text.contains("Refund please"), PATIENCE);
    screen.wait_stopped(PATIENCE);
    screen.signal("CONT");

    let after = screen.wait_for_text("Refund please");
    assert_eq!(after.lines().next(), before.lines().next());
    screen.send("?");
    screen.wait_for_text("Keys on the list");
    screen.send("qq");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn the_smallest_terminal_and_back_leaves_a_whole_screen() {
    let home = desk();
    let mut screen = open(&home);
    screen.wait_for_text("Refund please");

    screen.resize(5, 20);
    screen.wait_for_text("too small");
    screen.resize(24, 80);
    screen.wait_for_text("Refund please");

    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn forgetting_a_person_on_a_terminal_asks_first_and_enter_means_no() {
    for (args, answer, code, said) in [
        (["forget", "customer1@client.example"].as_slice(), "<enter>", 1, "nothing was redacted"),
        (&["forget", "customer1@client.example"], "y<enter>", 0, "redacted here"),
    ] {
        let home = desk();
        assert!(questions::start(&home, &["sync"], (24, 80)).wait_exit(PATIENCE).success());
        let mut screen = questions::start(&home, args, (24, 80));
        screen.wait_for_text("cannot be undone. [y/N]");

        screen.send(answer);

        let exit = screen.wait_exit(PATIENCE);
        assert_eq!(exit.exit_code(), code, "{}", screen.text());
        assert!(screen.text().contains(said), "{}", screen.text());
    }
}

#[test]
fn told_not_to_ask_forgetting_does_not() {
    let home = desk();

    let mut screen = questions::start(&home, &["forget", "customer1@client.example", "--yes"], (24, 80));

    assert_eq!(screen.wait_exit(PATIENCE).exit_code(), 0, "{}", screen.text());
    assert!(!screen.text().contains("[y/N]"), "{}", screen.text());
}
