//! A held mail as lines: the own text and what others wrote meanwhile, side by side where there is room.

use super::text;
use crate::domain::{Timestamp, sanitise};
use crate::protocol::answer::HeldMail;

/// From so many columns on the texts stand side by side.
const SIDE_BY_SIDE: usize = 78;
/// Between them.
const GAP: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    Why,
    Own,
    Other,
    Text,
}

pub type HeldLine = (HeldKind, String);

/// A row of the screen: a line, and where there are two columns the one beside it.
pub type HeldRow = (HeldLine, Option<HeldLine>);

/// Where the second column begins; `None`: the texts stand below each other.
pub fn second_column(width: usize) -> Option<usize> {
    (width >= SIDE_BY_SIDE).then(|| width.div_ceil(2))
}

/// Lays everything out for so many columns.
pub fn rows(mail: &HeldMail, width: usize, now: Timestamp) -> Vec<HeldRow> {
    let mut rows: Vec<HeldRow> = text::wrap(&sanitise::line(&mail.why), width).into_iter().map(|line| ((HeldKind::Why, line), None)).collect();
    rows.push(blank());
    match second_column(width) {
        Some(column) => {
            let (left, right) = (own(mail, column - GAP), others(mail, width - column, now));
            let count = left.len().max(right.len());
            let mut left = left.into_iter();
            let mut right = right.into_iter();
            rows.extend((0..count).map(|_| (left.next().unwrap_or_else(empty), Some(right.next().unwrap_or_else(empty)))));
        }
        None => {
            rows.extend(others(mail, width, now).into_iter().map(|line| (line, None)));
            rows.push(blank());
            rows.extend(own(mail, width).into_iter().map(|line| (line, None)));
        }
    }
    rows
}

fn empty() -> HeldLine {
    (HeldKind::Text, String::new())
}

fn blank() -> HeldRow {
    (empty(), None)
}

fn own(mail: &HeldMail, width: usize) -> Vec<HeldLine> {
    let to = sanitise::line(&format!("YOURS, not sent, to {}", mail.to.join(", "))).into_owned();
    block(HeldKind::Own, &to, &mail.text, width)
}

fn others(mail: &HeldMail, width: usize, now: Timestamp) -> Vec<HeldLine> {
    let mut lines = Vec::new();
    for other in &mail.others {
        if !lines.is_empty() {
            lines.push(empty());
        }
        let head = format!("{}, {}", sanitise::line(&other.who), text::ago(now, other.at));
        let said = other.text.as_deref().unwrap_or("(the text is not here yet; it comes with the next sync, or nothing was sent)");
        lines.extend(block(HeldKind::Other, &head, said, width));
    }
    if lines.is_empty() {
        lines.extend(block(HeldKind::Other, "MEANWHILE", "(nothing that is known here)", width));
    }
    lines
}

fn block(kind: HeldKind, head: &str, said: &str, width: usize) -> Vec<HeldLine> {
    let mut lines: Vec<HeldLine> = text::wrap(head, width).into_iter().map(|line| (kind, line)).collect();
    for line in sanitise::text(said.trim_end()).lines() {
        lines.extend(text::wrap(line, width).into_iter().map(|line| (HeldKind::Text, line)));
    }
    lines
}
