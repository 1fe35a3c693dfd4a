//! The test harness itself, proven on a shell before anything is proven with it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;

use std::path::Path;
use std::time::Duration;

use home::Home;
use screen::{PATIENCE, Screen};

fn shell(home: &Home, script: &str) -> Screen {
    Screen::start(Path::new("/bin/sh"), &["-c", script], home.environment(), home.path(), (24, 80))
}

#[test]
fn nothing_of_the_callers_environment_reaches_the_program_but_the_path() {
    let home = Home::new();

    let output = home.command("/usr/bin/env").output().unwrap();

    let mut names: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(|line| line.split('=').next().unwrap().to_owned()).collect();
    names.sort();
    let mut expected: Vec<String> = home.environment().into_keys().collect();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn a_home_holds_what_is_written_into_it_and_is_gone_afterwards() {
    let mut home = Home::new();
    home.set("WHO", "ana");
    home.config("agent = { name = \"ana\" }\n");
    home.file("templates/refund.md", "Hello");

    let output = home
        .command("/bin/sh")
        .args(["-c", "cat \"$XDG_CONFIG_HOME/postdesk/config.toml\" templates/refund.md; printf %s \"$WHO\""])
        .output()
        .unwrap();

    assert_eq!(String::from_utf8(output.stdout).unwrap(), "agent = { name = \"ana\" }\nHelloana");
    let path = home.path().to_owned();
    drop(home);
    assert!(!path.exists());
}

#[test]
fn the_program_under_test_can_be_started() {
    Home::new().postdesk(["--version"]).assert().success();
}

#[test]
fn keys_arrive_and_the_screen_shows_what_was_drawn() {
    let home = Home::new();
    let mut screen = shell(&home, "stty -echo; printf 'name? '; read name; printf 'hello %s\\n' \"$name\"; read end");

    screen.wait_for_text("name?");
    screen.send("ana<enter>");

    screen.wait_for_text("hello ana");
    screen.send("<enter>");
    assert!(screen.wait_exit(PATIENCE).success());
}

#[test]
fn the_exit_status_is_the_programs() {
    let home = Home::new();

    assert_eq!(shell(&home, "exit 3").wait_exit(PATIENCE).exit_code(), 3);
}

#[test]
fn a_resize_reaches_the_program() {
    let home = Home::new();
    let mut screen = shell(&home, "trap 'stty size' WINCH; stty size; while :; do read line && exit 0; done");
    screen.wait_for_text("24 80");

    screen.resize(30, 100);

    screen.wait_for_text("30 100");
    screen.send("<enter>");
    screen.wait_exit(PATIENCE);
}

#[test]
fn a_signal_reaches_the_program() {
    let home = Home::new();
    let mut screen = shell(&home, "trap 'echo caught; exit 7' TERM; echo ready; while :; do read line; done");
    screen.wait_for_text("ready");

    screen.signal("TERM");

    assert_eq!(screen.wait_exit(PATIENCE).exit_code(), 7);
    assert!(screen.text().contains("caught"));
}

#[test]
fn a_terminal_that_is_restored_passes_and_one_that_is_not_is_named() {
    let home = Home::new();
    let on = "printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[?2004h'";
    let off = "printf '\\033[?2004l\\033[?1000l\\033[?25h\\033[?1049l'";

    let mut good = shell(&home, &format!("{on}; {off}"));
    good.wait_exit(PATIENCE);
    good.assert_restored();

    let mut bad = shell(&home, on);
    bad.wait_exit(PATIENCE);
    let complaint = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bad.assert_restored())).unwrap_err();
    let complaint = complaint.downcast_ref::<String>().unwrap();
    for part in ["alternate screen", "cursor", "mouse", "bracketed paste"] {
        assert!(complaint.contains(part), "{complaint}");
    }
}

#[test]
fn waiting_in_vain_shows_the_last_screen() {
    let home = Home::new();
    let screen = shell(&home, "echo something else; read line");
    screen.wait_for_text("something else");

    let wait = || screen.wait_for("the queue", |text| text.contains("queue"), Duration::from_millis(50));
    let complaint = std::panic::catch_unwind(std::panic::AssertUnwindSafe(wait)).unwrap_err();

    let complaint = complaint.downcast_ref::<String>().unwrap();
    assert!(complaint.contains("the queue") && complaint.contains("|something else"), "{complaint}");
}

#[test]
fn text_that_goes_away_can_be_waited_for_and_stays_in_the_log() {
    let home = Home::new();
    let mut screen = shell(&home, "printf draft; read line; printf '\\033[2J\\033[Hdone'; read line");
    screen.wait_for_text("draft");

    screen.send_bytes(b"\r");

    screen.wait_until_gone("draft");
    assert!(screen.raw().windows(5).any(|bytes| bytes == b"draft"));
}
