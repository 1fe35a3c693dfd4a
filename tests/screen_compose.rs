//! Writing in the real program in a real terminal: nothing typed is lost, whatever happens to it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use std::time::{Duration, Instant};

use home::Home;
use screen::{PATIENCE, Screen};

fn open(home: &Home) -> Screen {
    let screen = questions::open(home, (24, 80));
    screen.wait_for_text("Refund please");
    screen
}

fn drafts(home: &Home) -> String {
    let listed = home.postdesk(["drafts", "list", "--json"]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

/// Looks until a draft is there, as another process sees it.
fn wait_for_draft(home: &Home, within: Duration) {
    let deadline = Instant::now() + within;
    while drafts(home).is_empty() {
        assert!(Instant::now() < deadline, "no draft was saved within {within:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_killed_program_has_saved_what_was_typed_two_seconds_ago() {
    let home = questions::two_questions("");
    let mut screen = open(&home);
    questions::type_reply(&mut screen, "every word of this");
    wait_for_draft(&home, PATIENCE);
    let id = drafts(&home).split("\"id\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let saved = || String::from_utf8_lossy(&home.postdesk(["drafts", "show", &id]).output().unwrap().stdout).into_owned();
    let deadline = Instant::now() + PATIENCE;
    while !saved().contains("every word of this") {
        assert!(Instant::now() < deadline, "{}", saved());
    }

    // From here on nothing but the time that passes has it saved.
    screen.send(" is precious");
    screen.wait_for_text("every word of this is precious");
    while !saved().contains("every word of this is precious") {
        assert!(Instant::now() < deadline, "{}", saved());
        std::thread::sleep(Duration::from_millis(50));
    }
    screen.signal("KILL");
    screen.wait_exit(PATIENCE);

    assert!(saved().contains("every word of this is precious"), "{}", saved());
}

#[test]
fn every_signal_that_ends_the_program_saves_what_was_typed_last() {
    for signal in ["TERM", "HUP", "INT"] {
        let home = questions::two_questions("");
        let mut screen = open(&home);
        screen.send("c");
        screen.wait_for_text("INTERNAL NOTE");
        screen.send("a thought");
        screen.wait_for_text("a thought");

        screen.signal(signal);
        screen.wait_exit(PATIENCE);

        screen.assert_restored();
        assert!(drafts(&home).contains("a thought"), "{signal}: {}", drafts(&home));
    }
}

#[test]
fn an_editor_that_fails_or_is_killed_leaves_the_text_and_the_terminal() {
    for script in ["exit 3", "kill -9 $$", "printf '\\377\\376' > \"$1\""] {
        let mut home = questions::two_questions("");
        let editor = home.file("editor.sh", format!("#!/bin/sh\n{script}\n"));
        home.set("EDITOR", format!("/bin/sh {}", editor.display()));
        let mut screen = open(&home);
        questions::type_reply(&mut screen, "still here");

        screen.send("<ctrl-e>");
        screen.wait_for("a word on the editor", |text| text.contains('✗') && text.contains("still here"), PATIENCE);
        screen.send(" and alive<esc>");
        screen.wait_for_text("still here and alive");
        screen.send("p");
        screen.wait_for_text("kept as draft");
        screen.send("q");
        screen.wait_exit(PATIENCE);
        screen.assert_restored();
        assert!(drafts(&home).contains("Refund please"), "{script}");
    }
}

#[test]
fn a_suspended_composer_comes_back_with_its_text() {
    let home = questions::two_questions("");
    let mut screen = open(&home);
    questions::type_reply(&mut screen, "half a sentence");

    screen.send("<ctrl-z>");
    screen.wait_until_gone("half a sentence");
    screen.wait_stopped(PATIENCE);
    screen.signal("CONT");

    screen.wait_for_text("half a sentence");
    screen.send(" more");
    screen.wait_for_text("half a sentence more");
    screen.send("<ctrl-g>");
    screen.wait_for_text("kept as draft");
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
}

#[test]
fn a_composer_suspended_while_it_saves_keeps_nobody_from_writing() {
    let home = questions::two_questions("");
    let mut screen = open(&home);
    questions::type_reply(&mut screen, "word 0");

    for round in 1..=8 {
        let word = format!("word {round}");
        screen.send(&format!(" {word}<ctrl-z>"));
        screen.wait_stopped(PATIENCE);

        let tagged = home.postdesk(["tag", "1", "+urgent"]).output().unwrap();

        screen.signal("CONT");
        assert!(tagged.status.success(), "round {round}: {}", String::from_utf8_lossy(&tagged.stderr));
        screen.wait_for_text(&word);
    }
    screen.send("<ctrl-g>");
    screen.wait_for_text("kept as draft");
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
}

#[test]
fn a_mail_is_called_back_within_its_time_with_everything_intact() {
    let home = questions::two_questions("[send]\nundo_window = \"60s\"\n");
    let mut screen = open(&home);
    questions::reply_up_to_review(&mut screen, "too early");
    screen.send("y");
    screen.wait_for_text("calls it back");
    screen.send("u");
    screen.wait_for("the composer with the text", |text| text.contains("PUBLIC REPLY") && text.contains("too early"), PATIENCE);
    screen.send("<ctrl-g>");
    screen.wait_for_text("kept as draft");
    screen.send("q");
    screen.wait_exit(PATIENCE);

    let outbox = home.postdesk(["outbox", "list", "--json"]).output().unwrap();
    assert!(outbox.stdout.is_empty(), "{outbox:?}");
}

#[test]
fn a_mail_leaves_by_itself_when_its_time_is_over() {
    let home = questions::two_questions("[send]\nundo_window = \"1s\"\n");
    let mut screen = open(&home);
    questions::reply_up_to_review(&mut screen, "It is done.");
    screen.send("y");
    screen.wait_for("sent, and nothing left in the outbox", |text| text.contains("sent to") && !text.contains("outbox 1"), PATIENCE);
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());

    let sent = std::fs::read_dir(home.path().join("out")).unwrap().count();
    assert!(sent > 0, "nothing was delivered");
}

#[test]
fn a_mail_whose_program_died_within_its_time_goes_out_with_a_later_sync() {
    let home = questions::two_questions("[send]\nundo_window = \"2s\"\n");
    let mut screen = open(&home);
    questions::reply_up_to_review(&mut screen, "It is done.");
    screen.send("y");
    screen.wait_for_text("calls it back");
    screen.signal("KILL");
    screen.wait_exit(PATIENCE);

    let state = || String::from_utf8_lossy(&home.postdesk(["outbox", "list", "--json"]).output().unwrap().stdout).into_owned();
    let deadline = Instant::now() + PATIENCE;
    while !state().contains("\"state\":\"sent\"") {
        assert!(Instant::now() < deadline, "never sent: {}", state());
        home.postdesk(["sync"]).assert().success();
    }
}
