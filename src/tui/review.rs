//! The review as lines: what goes to whom, and what stands against it.

use super::model::{Composing, Stage};
use super::text;
use crate::domain::draft::Draft;
use crate::domain::{Address, sanitise};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewKind {
    Field,
    Objection,
    Remark,
    Error,
    Text,
    Blank,
}

/// More people or remarks than this stand below the text, so that the text can be reached.
const MANY: usize = 10;
/// So many of them are named above it then.
const NAMED: usize = 3;

/// Lays the review out; nobody a mail goes to is left out: of many, the first stand above the text and all below it.
pub fn lines(composing: &Composing, width: usize) -> Vec<(ReviewKind, String)> {
    let width = width.saturating_sub(1);
    let mut lines = Vec::new();
    let mut push = |kind, line: &str| {
        for part in text::wrap(&sanitise::line(line), width) {
            lines.push((kind, part));
        }
    };
    if !composing.as_received {
        if let Some(error) = &composing.error {
            push(ReviewKind::Error, &format!("✗ {}", super::update::sentence(error)));
        }
        for line in &composing.company_lines {
            push(ReviewKind::Remark, &format!("! {line}"));
        }
        for objection in &composing.objections {
            push(ReviewKind::Objection, &format!("✗ {}", objection.what));
        }
        for remark in above(&composing.remarks) {
            push(ReviewKind::Remark, &format!("! {remark}"));
        }
        if composing.remarks.len() > MANY {
            push(ReviewKind::Remark, &format!("! … {} remarks in all, below the text", composing.remarks.len()));
        }
    }
    let fields = match (composing.is_note(), composing.as_received) {
        (true, _) => Vec::new(),
        (false, true) => received_fields(&composing.draft),
        (false, false) => fields(&composing.draft),
    };
    for (name, value) in fields {
        push(ReviewKind::Field, &format!("{name:<9}{value}"));
    }
    push(ReviewKind::Blank, "");
    let shown = if composing.text.is_empty() { &composing.draft.body } else { &composing.text };
    for line in sanitise::text(shown).lines() {
        push_text(&mut lines, line, width);
    }
    if !composing.is_note() {
        lines.extend(below(composing, width));
    }
    lines
}

/// Those of many that are named above the text; few are all named.
fn above<T>(all: &[T]) -> &[T] {
    all.get(..NAMED).filter(|_| all.len() > MANY).unwrap_or(all)
}

/// The lists that are too long to stand above the text, whole.
fn below(composing: &Composing, width: usize) -> Vec<(ReviewKind, String)> {
    let (draft, whole) = (&composing.draft, !composing.as_received);
    let mut lines = Vec::new();
    let mut push = |kind, head: String, entries: Vec<String>| {
        lines.push((ReviewKind::Blank, String::new()));
        for line in [head].into_iter().chain(entries) {
            lines.extend(text::wrap(&sanitise::line(&line), width).into_iter().map(|part| (kind, part)));
        }
    };
    for (name, people) in [("To", &draft.to), ("Cc", &draft.cc), ("Bcc", &draft.bcc)] {
        if people.len() > MANY && (whole || name != "Bcc") {
            push(ReviewKind::Field, format!("{name}: all {}", people.len()), people.iter().map(|person| format!("  {person}")).collect());
        }
    }
    if whole && composing.remarks.len() > MANY {
        push(
            ReviewKind::Remark,
            format!("All {} remarks", composing.remarks.len()),
            composing.remarks.iter().map(|remark| format!("! {remark}")).collect(),
        );
    }
    lines
}

/// A quoted line that is wrapped stays quoted in each of its parts.
fn push_text(lines: &mut Vec<(ReviewKind, String)>, line: &str, width: usize) {
    let marks = line.len() - line.trim_start_matches(['>', ' ']).len();
    let (mark, rest) = line.split_at_checked(marks).filter(|(mark, _)| mark.contains('>')).unwrap_or(("", line));
    let room = width.saturating_sub(text::width(mark)).max(8);
    for part in text::wrap(rest, room) {
        lines.push((ReviewKind::Text, format!("{mark}{part}")));
    }
}

/// What the customer's mail program shows of the head.
fn received_fields(draft: &Draft) -> Vec<(&'static str, String)> {
    fields(draft).into_iter().filter(|(name, _)| !matches!(*name, "Bcc" | "Then")).collect()
}

/// How many people the mail goes to, where they are many, and a word on where it is.
pub fn standing(composing: &Composing) -> String {
    let (people, stage) = (composing.audience(), stage(composing));
    if people > MANY { format!("to {people} people · {stage}") } else { stage.to_owned() }
}

fn stage(composing: &Composing) -> &'static str {
    match composing.stage {
        Stage::Beginning | Stage::Preparing => "preparing…",
        Stage::Editing => "in the editor",
        Stage::Ready if composing.is_note() => "ready to add",
        Stage::Ready if composing.is_unsendable() => "cannot be sent yet",
        Stage::Ready if !composing.objections.is_empty() => "to be confirmed",
        Stage::Ready => "ready to send",
        Stage::Sending if composing.is_note() => "adding…",
        Stage::Sending => "sending… q leaves, it goes on",
    }
}

fn fields(draft: &Draft) -> Vec<(&'static str, String)> {
    let list = |people: &[Address]| {
        let named = above(people).iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
        if people.len() > MANY { format!("{} people: {named} … (all of them below the text)", people.len()) } else { named }
    };
    let mut fields = vec![("From", draft.from.to_string()), ("To", if draft.to.is_empty() { "nobody".to_owned() } else { list(&draft.to) })];
    for (name, people) in [("Cc", &draft.cc), ("Bcc", &draft.bcc)] {
        if !people.is_empty() {
            fields.push((name, list(people)));
        }
    }
    fields.push(("Subject", draft.subject.clone()));
    for file in &draft.attachments {
        fields.push(("Attached", format!("{} ({}, {})", file.name, file.kind, text::size(file.bytes.len() as u64))));
    }
    let after: Vec<String> =
        draft.status.iter().map(|status| format!("status {}", status.as_str())).chain(draft.tags.iter().map(|tag| format!("+{tag}"))).collect();
    if !after.is_empty() {
        fields.push(("Then", after.join(", ")));
    }
    fields
}
