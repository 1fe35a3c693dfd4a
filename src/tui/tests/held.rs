//! A mail that is held: both texts on the screen, and what can be done about it.

use super::support::{Fake, Play, now, waiting_mail};
use crate::domain::Timestamp;
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::{HeldMail, Other};
use crate::protocol::news::News;
use crate::tui::model::Screen;

fn held_mail() -> HeldMail {
    let at = Timestamp::from_second(now().as_second() - 120).unwrap();
    HeldMail {
        id: 7,
        why: "bo answered this ticket at 2026-03-04 11:58: read it, then send yours all the same or edit it".into(),
        label: "#1042".into(),
        subject: "Re: Cannot log in".into(),
        to: vec!["maria@client.example".into()],
        text: "Hello Maria,\n\nplease clear the cookies of your browser and try again.\n\nAna".into(),
        others: vec![Other { who: "bo".into(), at, text: Some("Hello Maria,\n\nwe have reset your password.\n\nBo".into()) }],
    }
}

fn play(width: u16, height: u16) -> Play {
    let outbox = vec![waiting_mail(6, OutboxState::Queued, None), waiting_mail(7, OutboxState::Held, Some("bo answered this ticket"))];
    Play::on(Fake { external: false, outbox, held: Some(held_mail()), ..Fake::new() }, width, height)
}

#[test]
fn a_held_mail_is_compared_side_by_side_or_below_each_other() {
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut play = play(width, height);
        play.press("g o j v");
        assert_eq!(play.model.screen(), Screen::Held, "{width}x{height}");
        insta::assert_snapshot!(format!("held-{width}x{height}"), play.text());
    }
}

#[test]
fn it_opens_by_itself_when_a_mail_is_held_unless_something_else_is_written() {
    let mut play = play(80, 24);
    play.fake.holds = true;
    play.press("r").typed("mine").press("esc y");
    assert_eq!(play.model.screen(), Screen::Held);
    assert!(play.text().contains("we have reset your password"), "{}", play.text());
    assert!(play.model.composing.is_none(), "the mail lies in the outbox");
    play.press("q");
    assert_eq!(play.model.screen(), Screen::Queue);
}

#[test]
fn from_there_it_is_edited_sent_all_the_same_or_given_up() {
    let mut play = play(80, 24);
    play.press("g o j v r");
    assert!(play.text().contains("Send it all the same?"), "{}", play.text());
    play.press("y");
    assert!(!play.fake.outbox.iter().any(|line| line.id == 7), "it has left");
    assert_eq!(play.model.screen(), Screen::Outbox);

    let mut play = self::play(80, 24);
    play.press("g o j v D y");
    assert_eq!(play.fake.outbox.iter().map(|line| line.id).collect::<Vec<_>>(), [6], "the one that was looked at is gone");

    let mut play = self::play(80, 24);
    play.press("g o j v e");
    assert_eq!(play.model.screen(), Screen::Compose);
}

#[test]
fn keys_are_about_the_mail_that_is_looked_at_although_the_outbox_has_changed_below_it() {
    let mut play = play(80, 24);
    play.press("g o j v");
    play.fake.outbox.insert(0, waiting_mail(5, OutboxState::Queued, None));
    play.news(News::Outbox);
    play.press("D y");
    assert_eq!(play.fake.outbox.iter().map(|line| line.id).collect::<Vec<_>>(), [5, 6]);
}

#[test]
fn only_a_held_mail_is_compared() {
    let mut play = play(80, 24);
    play.press("g o v");
    assert_eq!(play.model.screen(), Screen::Outbox);
    assert!(play.toast().contains("only a held mail"), "{}", play.toast());
}

#[test]
fn a_mail_that_is_held_by_a_sync_in_the_background_is_told_once() {
    let queued = waiting_mail(6, OutboxState::Queued, None);
    let mut play = Play::on(Fake { outbox: vec![queued], ..Fake::new() }, 80, 24);

    play.fake.outbox = vec![waiting_mail(6, OutboxState::Held, Some("bo answered this ticket at 2026-03-04 11:58: read it"))];
    play.news(News::Tickets(vec![]));

    let told = play.toast();
    assert!(told.contains("is held: bo answered this ticket") && told.contains("g o shows it"), "{told}");
    play.press("j");
    play.news(News::Tickets(vec![]));
    assert!(!play.toast().contains("is held"), "{}", play.toast());
}

#[test]
fn a_mail_that_was_held_before_the_screen_was_opened_is_only_counted() {
    let held = waiting_mail(6, OutboxState::Held, Some("bo answered this ticket"));
    let play = Play::on(Fake { outbox: vec![held], ..Fake::new() }, 80, 24);

    assert!(!play.text().contains("is held") && play.text().contains("outbox 1"), "{}", play.text());
}
