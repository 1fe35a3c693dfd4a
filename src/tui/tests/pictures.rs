//! Every screen at three sizes, normal, empty and in trouble, as reviewed text.

mod queue;
mod settings;

use super::support::{Fake, Play, objection, waiting_mail};
use crate::domain::draft::Check;
use crate::domain::outbox::OutboxState;
use crate::protocol::job::{Complaint, News};
use crate::tui::model::Screen;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

/// Draws a screen reached by keys, on three desks and at three sizes.
fn picture(name: &str, keys: &str) {
    for (width, height) in SIZES {
        for (state, desk) in [("normal", normal as fn(u16, u16) -> Play), ("empty", empty), ("error", error)] {
            let mut play = desk(width, height);
            if !keys.is_empty() {
                play.press(keys);
            }
            if state != "normal" && matches!(name, "ticket" | "review") && play.model.screen() == Screen::Queue {
                continue;
            }
            insta::assert_snapshot!(format!("{name}-{state}-{width}x{height}"), play.text());
        }
    }
}

fn normal(width: u16, height: u16) -> Play {
    let mut play = Play::on(Fake::new(), width, height);
    play.fake.outbox = vec![
        waiting_mail(1, OutboxState::Queued, None),
        waiting_mail(2, OutboxState::Held, Some("the customer wrote again")),
        waiting_mail(3, OutboxState::Sent, None),
    ];
    play.news(News::Outbox);
    play.news(News::SyncEnded { at: super::support::now(), error: None });
    play
}

fn empty(width: u16, height: u16) -> Play {
    Play::on(Fake::empty(), width, height)
}

fn error(width: u16, height: u16) -> Play {
    let mut play = Play::on(Fake { broken: true, ..Fake::new() }, width, height);
    let complaint = Complaint { what: "imap.example.com does not answer".into(), remedy: "Check the network.".into() };
    play.news(News::SyncEnded { at: super::support::now(), error: Some(complaint) });
    play
}

#[test]
fn the_queue() {
    picture("queue", "");
}

#[test]
fn a_ticket() {
    picture("ticket", "enter");
}

#[test]
fn a_review() {
    picture("review", "r");
}

#[test]
fn the_outbox() {
    picture("outbox", "g o");
}

#[test]
fn the_help() {
    picture("help", "?");
}

#[test]
fn what_lies_over_a_screen() {
    for (name, keys) in [("menu", "s ?"), ("assign", "a"), ("templates", "T"), ("priority", "!"), ("tags", "t"), ("note", "c"), ("filter", "/")] {
        for (width, height) in SIZES {
            insta::assert_snapshot!(format!("over-{name}-{width}x{height}"), normal(width, height).press(keys).text());
        }
    }
}

#[test]
fn a_review_with_objections_and_its_question() {
    let mut play = normal(80, 24);
    play.fake.objections = vec![objection(Check::EmptyBody, "the text is empty")];
    insta::assert_snapshot!("review-objections", play.press("r").text());
    insta::assert_snapshot!("review-question", play.press("y").text());
}

#[test]
fn too_small_a_terminal_says_what_it_needs() {
    let play = Play::on(Fake::new(), 29, 7);
    assert_eq!(play.text().trim_end(), "29x7 is too small\nneeds 30x8");
}
