//! Ordering by words and doing things again.

use std::time::Duration;

use crate::domain::ticket::Status;
use crate::protocol::job::Act;
use crate::tui::model::Overlay;
use crate::tui::tests::support::{Fake, Play, key};

#[test]
fn the_palette_finds_an_action_by_a_few_letters_and_shows_its_key() {
    let mut play = Play::new();

    play.press("ctrl-p").typed("slve");
    assert!(play.text().contains("Solve · solve"), "{}", play.text());
    play.press("enter");

    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Solved))]);
}

#[test]
fn the_palette_takes_arguments() {
    let mut play = Play::new();

    play.press("ctrl-p").typed("status hold").press("enter");

    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Hold))]);
}

#[test]
fn the_palette_says_why_an_action_does_not_work_here_and_which_has_no_key() {
    let mut play = Play::on(Fake::empty(), 80, 24);

    play.press("ctrl-p").typed("solve");
    assert!(play.text().contains("(no ticket here)"), "{}", play.text());
    play.press("enter");

    assert!(play.toast().contains("no ticket here"), "{}", play.toast());
    assert!(play.model.overlay.is_some());

    play.press("esc ctrl-p").typed("send-and-set");
    assert!(play.text().contains("(only: review)"), "{}", play.text());

    play = Play::new();
    play.press("ctrl-p").typed("status");
    assert!(play.text().contains("unbound"), "{}", play.text());
}

#[test]
fn a_wrong_line_stays_says_why_and_is_remembered_when_it_is_right() {
    let mut play = Play::new();

    play.press(":").typed("stauts solved").press("enter");
    assert!(play.text().contains("did you mean `status`?"), "{}", play.text());

    play.press("ctrl-u").typed("status solvde").press("enter");
    assert!(play.text().contains("did you mean `solved`?"), "{}", play.text());
    assert!(play.fake.acts.is_empty());

    play.press("ctrl-u").typed("status solved").press("enter");
    play.press(": up enter");
    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Solved)), (key(1041), Act::Status(Status::Solved))]);
}

#[test]
fn a_dot_does_not_repeat_what_failed() {
    let mut play = Play::new();
    play.press("x");
    play.fake.refuses = true;
    assert!(play.press("z h").toast().contains("the disk is full"), "{}", play.toast());
    play.fake.refuses = false;

    play.press(".");

    assert_eq!(play.fake.acts[1].1, Act::Status(Status::Solved));
}

#[test]
fn a_dot_repeats_what_was_done_to_many_tickets_once_it_is_done() {
    let mut play = Play::new();
    play.press("space space x");
    assert!(play.model.commands.last.is_none(), "nobody has said yes yet");

    play.press("y .");

    assert_eq!(play.fake.acts.len(), 3, "{}", play.text());
    assert!(play.fake.acts.iter().all(|(_, act)| *act == Act::Status(Status::Solved)));
}

#[test]
fn the_line_completes_actions_and_their_values() {
    let mut play = Play::new();

    play.press(":").typed("prio").press("tab").typed(" urg").press("tab");

    let Some(Overlay::Prompt(prompt)) = &play.model.overlay else { panic!("closed") };
    assert_eq!(prompt.input.text().trim_end(), "priority urgent");
}

#[test]
fn a_dot_makes_the_last_change_again_to_the_ticket_at_hand() {
    let mut play = Play::new();

    play.press(".");
    assert!(play.toast().contains("nothing was changed"), "{}", play.toast());
    play.press("x .");

    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Solved)), (key(1041), Act::Status(Status::Solved))]);
}

#[test]
fn redo_names_what_it_did() {
    let mut play = Play::new();

    play.press("u U");

    assert!(play.toast().contains("redone: status solved"), "{}", play.toast());
}

#[test]
fn whoever_hesitates_is_shown_the_keys_that_can_follow_and_a_question_mark_shows_them_at_once() {
    let mut play = Play::new();

    play.press("s");
    assert!(!play.text().contains("Put on hold"), "{}", play.text());
    play.wait(Duration::from_millis(301));
    assert!(play.text().contains("Put on hold"), "{}", play.text());
    play.press("esc s ?");
    assert!(play.text().contains("Put on hold"), "{}", play.text());
    play.press("s");

    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Solved))]);
    assert!(play.model.next_alarm().is_none());
}

#[test]
fn the_help_is_searched_and_enter_runs_on_the_screen_it_explains() {
    let mut play = Play::new();
    play.press("? /").typed("pending").press("enter");
    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Pending))], "{}", play.text());
    assert_eq!(play.model.screen(), crate::tui::model::Screen::Queue);
}

#[test]
fn a_line_with_a_word_too_many_or_half_a_word_changes_nothing_and_says_why() {
    for (line, said) in [
        ("status solved 23", "`status` takes one word here (open|pending|hold|solved|spam), not 2"),
        ("assign 23 cy", "`assign` takes one word here (AGENT|me|none), not 2"),
        ("priority high low", "`priority` takes one word here (low|normal|high|urgent), not 2"),
        ("status 14 pending", "`status` takes one word here"),
        ("status pen", "unknown status `pen`"),
        ("priority hi", "unknown priority `hi`"),
    ] {
        let mut play = Play::new();

        play.press(":").typed(line).press("enter");

        assert!(play.text().contains(said), "{line}: {}", play.text());
        assert!(play.fake.acts.is_empty(), "{line}: {:?}", play.fake.acts);
    }
}
