//! Who types faster than the choices come gets what was typed, and not what stood there before.

use super::support::{Fake, Play, key, row};
use super::{conflicts, restore};
use crate::domain::ticket::Status;
use crate::protocol::job::Act;
use crate::protocol::news::News;

fn assigned(typed: &str) -> Vec<Act> {
    let mut play = Play::new();
    let asked = play.press_slowly("a");
    play.typed(typed).press("enter");
    assert!(play.fake.acts.is_empty(), "nothing is chosen among choices that are still to come");

    play.run(asked);

    play.fake.acts.into_iter().map(|(_, act)| act).collect()
}

#[test]
fn an_agent_who_is_chosen_before_the_agents_come_is_the_one_that_was_typed() {
    assert_eq!(assigned("ben"), [Act::Assign(Some("ben".into()))]);
    // A part of the word that takes a ticket from everybody.
    assert_eq!(assigned("bo"), [Act::Assign(Some("bo".into()))]);
    assert_eq!(assigned("nob"), [Act::Assign(None)]);
}

#[test]
fn what_is_typed_behind_an_early_choice_waits_for_it_and_leaves_it_as_it_is() {
    let mut play = Play::new();
    let asked = play.press_slowly("a");

    play.typed("ben").press("enter").press("j j");
    assert!(play.toast().contains("still being read in"), "{}", play.toast());
    play.run(asked);

    let acts: Vec<Act> = play.fake.acts.iter().map(|(_, act)| act.clone()).collect();
    assert_eq!(acts, [Act::Assign(Some("ben".into()))]);
    assert!(play.model.overlay.is_none() && play.model.ahead.is_empty());
    assert_eq!(play.model.queue.selected, Some(key(1039)), "two further down");
}

#[test]
fn esc_drops_an_early_choice_with_what_was_typed_behind_it() {
    let mut play = Play::new();
    let asked = play.press_slowly("a");

    play.typed("ben").press("enter j esc");
    play.run(asked);

    assert!(play.fake.acts.is_empty() && play.model.overlay.is_none() && play.model.ahead.is_empty());
    assert_eq!(play.model.queue.selected, Some(key(1042)));
}

#[test]
fn where_the_early_choice_finds_nothing_the_keys_behind_it_are_not_typed_into_the_picker() {
    let mut play = Play::new();
    play.press("M").typed("9999");
    play.press("backspace");
    let found = play.press_slowly("9");

    play.press("enter y j");
    play.fake.rows.clear();
    play.run(found);

    assert!(play.toast().contains("nothing matches") && play.model.ahead.is_empty(), "{}", play.text());
    assert!(play.text().contains("9999") && !play.text().contains("9999y"), "{}", play.text());
}

#[test]
fn a_merge_is_chosen_and_confirmed_before_its_ticket_was_found() {
    let mut play = Play::new();
    play.press("M").typed("104");
    let found = play.press_slowly("1");

    play.press("enter y");
    assert!(play.fake.acts.is_empty());
    play.run(found);

    assert_eq!(play.fake.acts, [(key(1042), Act::Merge(key(1041)))]);
}

#[test]
fn keys_about_a_ticket_that_is_being_read_in_wait_in_order_until_it_stands_there() {
    let mut play = Play::new();
    let mut opened = Play::new();
    opened.press("enter g g } w");
    play.model.queue.preview.ticket = None;

    let read = play.press_slowly("enter");
    for key in ["g", "g", "}", "w"] {
        assert!(play.press_slowly(key).is_empty(), "{key} asks for nothing");
    }
    assert!(play.toast().contains("g g } w") && play.toast().contains("esc drops"), "{}", play.toast());
    play.run(read);

    assert!(play.model.ahead.is_empty() && play.model.pending.is_empty());
    assert_eq!(play.model.ticket.focus, opened.model.ticket.focus);
    assert_eq!(play.model.ticket.folds.why, opened.model.ticket.folds.why);
    assert!(!play.model.ticket.folds.why.is_empty());
}

#[test]
fn keys_about_a_ticket_of_a_list_that_is_being_read_in_wait_until_it_stands_there() {
    let mut play = Play::new();
    let read = play.press_slowly("8");

    for key in ["j", "x"] {
        assert!(play.press_slowly(key).is_empty(), "{key} asks for nothing");
    }
    assert!(play.toast().contains("still being read in, then j x"), "{}", play.toast());
    play.run(read);

    let second = play.model.queue.rows[1].key.clone();
    assert_eq!(play.fake.acts, [(second, Act::Status(Status::Solved))]);
    assert!(play.model.ahead.is_empty());
}

/// Keys wait for a list, `y` among them, while something comes that asks for a word of the agent.
fn with_a_yes_ahead(comes: impl Fn(&mut Play)) -> Play {
    let mut play = Play::new();
    let read = play.press_slowly("8");
    for key in ["j", "y"] {
        play.press_slowly(key);
    }
    comes(&mut play);
    assert!(!play.text().contains("[n no]"), "nothing is asked between keys that wait: {}", play.text());
    play.run(read);
    assert!(play.text().contains("Copy"), "they mean what they would have meant: {}", play.text());
    play.press("esc");
    play
}

#[test]
fn a_yes_that_was_typed_ahead_answers_no_question_that_came_meanwhile() {
    let asked = with_a_yes_ahead(|play| restore::pass(play, restore::loss()));
    assert_eq!(asked.fake.restores, 0);
    assert!(asked.text().contains("Put the team's log back"), "it is asked once the keys are gone: {}", asked.text());

    let asked = with_a_yes_ahead(|play| {
        play.model.conflicts.lines = vec![conflicts::conflict(1042, "set the status to solved", true)];
        play.model.conflicts.loaded = true;
        play.news(News::SyncElsewhere);
    });
    assert!(asked.text().contains("While you were offline"), "{}", asked.text());
}

#[test]
fn what_is_about_no_ticket_does_not_wait_for_the_list() {
    let mut play = Play::new();
    let read = play.press_slowly("3");

    assert!(!play.press_slowly("2").is_empty(), "another view is read at once");
    play.press_slowly("?");

    assert!(play.model.ahead.is_empty());
    assert_eq!(play.model.screen(), crate::tui::model::Screen::Help);
    play.run(read);
}

#[test]
fn esc_drops_the_keys_and_no_more_of_them_wait_than_anybody_types_blindly() {
    let mut play = Play::new();
    play.model.queue.preview.ticket = None;
    let read = play.press_slowly("enter");
    for _ in 0..200 {
        play.press_slowly("}");
    }
    assert_eq!(play.model.ahead.len(), 64);

    play.press_slowly("esc");
    assert!(play.toast().contains("dropped") && play.model.ahead.is_empty(), "{}", play.toast());
    play.run(read);

    assert_eq!(play.model.screen(), crate::tui::model::Screen::Ticket, "esc dropped the keys and nothing else");
}

#[test]
fn what_is_typed_while_a_reply_is_prepared_is_typed_into_it() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 80, 24);
    let begun = play.press_slowly("r");

    for key in ["H", "i", "q"] {
        assert!(play.press_slowly(key).is_empty(), "{key}");
    }
    play.run(begun);

    let composing = play.model.composing.as_ref().unwrap();
    assert!(composing.form.body.text().contains("Hiq"), "{}", composing.form.body.text());
}

#[test]
fn a_ticket_that_is_chosen_before_it_was_found_is_the_one_that_was_typed_and_is_asked_about_by_its_number() {
    let rows = vec![row(1042, "Cannot log in", "Maria Keller", Status::Open), row(1041, "Refund please", "Sam Lee", Status::Open)];
    let mut play = Play::on(Fake { rows, ..Fake::new() }, 100, 30);
    play.press("M").typed("104");
    let found = play.press_slowly("1");
    // Of the list nothing is left when the answer comes.
    play.model.queue.rows.retain(|row| row.key == key(1042));

    play.press("enter");
    assert!(!play.text().contains("Merge #1042 into"), "{}", play.text());
    play.run(found);

    assert!(play.text().contains("Merge #1042 into #1041?"), "{}", play.text());
}
