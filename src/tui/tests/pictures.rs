//! Every screen at three sizes, normal, empty and in trouble, as reviewed text.

mod matrix;
mod queue;
mod settings;

use super::support::{Fake, Play, objection, waiting_mail};
use crate::domain::draft::Check;
use crate::domain::outbox::OutboxState;
use crate::protocol::news::News;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

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
