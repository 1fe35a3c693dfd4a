//! Who types faster than the choices come gets what was typed, and not what stood there before.

use super::support::{Fake, Play, key, row};
use crate::domain::ticket::Status;
use crate::protocol::job::Act;

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
fn what_is_typed_on_takes_an_early_choice_back() {
    let mut play = Play::new();
    let asked = play.press_slowly("a");

    play.typed("be").press("enter").typed("n");
    play.run(asked);

    assert!(play.fake.acts.is_empty() && play.text().contains("Assign to"), "{}", play.text());
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
