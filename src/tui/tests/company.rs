//! Colleagues at the same ticket: what they hear of us, and what we see of them before a mail leaves.

use std::time::Duration;

use super::support::{Fake, Play, now};
use crate::domain::ticket::Badge;
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::json::Replying;
use crate::protocol::news::News;
use crate::tui::model::{Overlay, Screen};

fn play() -> Play {
    Play::on(Fake { external: false, ..Fake::new() }, 80, 24)
}

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - minutes * 60).unwrap()
}

fn bo() -> Vec<Replying> {
    vec![Replying { agent: "bo".into(), since: minutes_ago(2) }]
}

/// Whether it was said that an answer is being written, of one ticket.
fn told(play: &Play) -> Vec<bool> {
    let tickets: std::collections::BTreeSet<&TicketKey> = play.fake.told.iter().map(|(key, _)| key).collect();
    assert!(tickets.len() <= 1, "{tickets:?}");
    play.fake.told.iter().map(|(_, is_replying)| *is_replying).collect()
}

#[test]
fn colleagues_hear_when_a_reply_is_begun_and_when_it_is_over() {
    for over in ["esc y", "ctrl-g", "esc D y", "ctrl-c ctrl-c"] {
        let mut play = play();
        play.press("r");
        assert_eq!(told(&play), [true], "{over}");
        play.typed("text").press(over);
        assert_eq!(told(&play), [true, false], "{over}");
    }
}

#[test]
fn who_goes_on_typing_says_so_every_three_minutes_and_who_does_not_is_silent() {
    let mut play = play();
    play.press("r").typed("a").wait(Duration::from_secs(170)).typed("b");
    assert_eq!(told(&play), [true]);

    play.wait(Duration::from_secs(11)).typed("c").typed("d");
    assert_eq!(told(&play), [true, true]);
    play.wait(Duration::from_mins(9));
    assert_eq!(told(&play), [true, true], "nothing was typed");
}

#[test]
fn a_note_and_a_new_mail_are_nobodys_business() {
    for keys in ["c", "m"] {
        let mut play = play();
        play.press(keys).typed("text");
        assert_eq!(play.model.screen(), Screen::Compose, "{keys}");
        assert_eq!(told(&play), [false; 0], "{keys}");
    }
}

#[test]
fn who_begins_while_a_colleague_writes_is_told_in_the_composer_and_asked_before_sending() {
    let mut play = play();
    play.fake.replying = bo();

    play.press("r").typed("mine");

    assert!(play.text().contains("bo started a reply 2 min ago"), "{}", play.text());
    play.press("esc");
    assert!(play.text().contains("! bo started a reply 2 min ago"), "{}", play.text());
    play.press("y");
    assert!(play.fake.sent.is_empty());
    assert!(matches!(&play.model.overlay, Some(Overlay::Confirm(confirm)) if confirm.remarks[0].contains("bo started a reply")));
    play.press("y");
    assert_eq!(play.fake.sent.len(), 1, "who has read it and wants to may");
}

#[test]
fn what_a_colleague_does_while_one_types_is_shown_and_asked_about_and_the_cursor_stays() {
    let mut play = play();
    play.press("r").typed("mine");
    let before = (play.cursor(), play.model.queue.selected.clone());
    assert!(!play.text().contains("answered"));

    play.fake.news = vec![(minutes_ago(0), "bo answered".into()), (minutes_ago(0), "bo assigned it to bo".into())];
    play.news(News::Tickets(Vec::new()));

    assert!(play.text().contains("! bo answered just now") && play.text().contains("! bo assigned it to bo just now"), "{}", play.text());
    assert_eq!((play.cursor().0, play.model.queue.selected.clone()), (before.0.0, before.1));
    play.press("esc y");
    assert!(play.fake.sent.is_empty(), "it asks first");
    play.press("y");
    let sent = &play.fake.sent[0];
    assert_eq!(sent.base.map(|base| base.lamport), Some(7), "what was read does not hold the mail later");
}

#[test]
fn nothing_is_asked_when_nobody_else_is_there() {
    let mut play = play();
    play.press("r").typed("mine").press("esc y");
    assert_eq!(play.fake.sent.len(), 1);
}

#[test]
fn a_ticket_that_a_colleague_answers_is_marked_in_the_list_and_looked_at_again() {
    let mut fake = Fake::new();
    fake.rows[0].badges = vec![Badge::Replying];
    let mut play = Play::on(fake, 80, 24);
    let marked = |play: &Play| play.model.queue.rows[0].badges.contains(&Badge::Replying);
    assert!(marked(&play));
    assert!(crate::tui::signs::all().any(|(sign, meaning)| sign == "r" && meaning.contains("writes an answer")));

    play.fake.rows[0].badges.clear();
    play.wait(Duration::from_secs(61));

    assert!(!marked(&play), "it has expired, and nobody had to press a key");
    assert!(!play.model.alarms.contains_key(&crate::tui::model::Alarm::Company), "and nothing wakes the screen any more");
}
