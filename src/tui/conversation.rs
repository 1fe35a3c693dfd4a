//! A ticket as lines: messages oldest first, events between them, quotes folded.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::text;
use crate::domain::sanitise;
use crate::domain::{Address, Timestamp};
use crate::protocol::json::{ShownDirection, ShownEvent, ShownMessage, ShownTicket};

/// What a line is, which decides its border, label and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Header(ShownDirection),
    /// Recipients, attachments, flaws: about the message, not in it.
    About(ShownDirection),
    Text(ShownDirection),
    Quote(ShownDirection),
    /// Says that text is hidden.
    Folded(ShownDirection),
    Event,
    Blank,
}

/// One line of the conversation, already clean and not wider than asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationLine {
    pub kind: LineKind,
    pub text: String,
    /// The message it belongs to, or the one that follows an event.
    pub message: usize,
}

/// What is folded away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    pub show_quotes: bool,
    /// Messages of which only the header is shown.
    pub closed: BTreeSet<usize>,
}

/// The surroundings of a layout.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Columns, the border included.
    pub width: usize,
    pub now: Timestamp,
    pub zone: &'a TimeZone,
}

/// Columns taken by the border left of each message.
pub const BORDER: usize = 2;

/// Lays a ticket out as lines.
pub fn lay_out(ticket: &ShownTicket, folds: &Folds, page: &Page<'_>) -> Vec<ConversationLine> {
    let mut lines = Vec::new();
    let mut events = ticket.events.iter().filter(|event| is_shown(event)).peekable();
    for (index, message) in ticket.messages.iter().enumerate() {
        while let Some(event) = events.next_if(|event| message.date.is_some_and(|date| event.at < date)) {
            push_event(&mut lines, event, index, page);
        }
        push_message(&mut lines, message, index, folds, page);
    }
    let last = ticket.messages.len().saturating_sub(1);
    for event in events {
        push_event(&mut lines, event, last, page);
    }
    lines
}

/// The line on which a message begins.
pub fn start_of(lines: &[ConversationLine], message: usize) -> Option<usize> {
    lines.iter().position(|line| line.message == message && matches!(line.kind, LineKind::Header(_)))
}

/// Notes stand among the messages; opening a ticket is told by its first message.
fn is_shown(event: &ShownEvent) -> bool {
    !matches!(event.change.op(), "note" | "open" | "attach" | "skip")
}

fn push_event(lines: &mut Vec<ConversationLine>, event: &ShownEvent, message: usize, page: &Page<'_>) {
    let what = if event.summary.is_empty() { format!("{}: {}", event.agent, event.change.op()) } else { event.summary.clone() };
    let applied = if event.applied { "" } else { " (not applied: somebody was first)" };
    let line = format!("· {what}{applied} · {}", moment(event.at, page));
    for part in text::wrap(&sanitise::line(&line), page.width) {
        lines.push(ConversationLine { kind: LineKind::Event, text: part, message });
    }
    lines.push(ConversationLine { kind: LineKind::Blank, text: String::new(), message });
}

fn push_message(lines: &mut Vec<ConversationLine>, message: &ShownMessage, index: usize, folds: &Folds, page: &Page<'_>) {
    let closed = folds.closed.contains(&index);
    let way = message.direction;
    let mut push = |kind, text: &str| lines.push(ConversationLine { kind, text: text.to_owned(), message: index });
    push(LineKind::Header(way), &header(message, closed, page));
    if !closed {
        let columns = page.width.saturating_sub(BORDER);
        for line in about(message) {
            for part in text::wrap(&sanitise::line(&line), columns) {
                push(LineKind::About(way), &part);
            }
        }
        push_text(&mut push, message, folds, columns);
    }
    push(LineKind::Blank, "");
}

fn push_text(push: &mut impl FnMut(LineKind, &str), message: &ShownMessage, folds: &Folds, columns: usize) {
    let way = message.direction;
    let shown = if folds.show_quotes { &message.text } else { &message.new_text };
    let clean = sanitise::text(shown);
    let mut blank_before = true;
    for line in clean.trim_end().lines() {
        let blank = line.trim().is_empty();
        if !(blank && blank_before) {
            let kind = if line.trim_start().starts_with('>') { LineKind::Quote(way) } else { LineKind::Text(way) };
            for part in text::wrap(line, columns) {
                push(kind, &part);
            }
        }
        blank_before = blank;
    }
    let hidden = lines_in(&message.text).saturating_sub(lines_in(&message.new_text));
    if !folds.show_quotes && hidden > 0 {
        push(LineKind::Folded(way), &text::cut(&format!("⋯ {hidden} quoted or repeated lines (\" shows them)"), columns));
    }
}

fn lines_in(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

fn header(message: &ShownMessage, closed: bool, page: &Page<'_>) -> String {
    let who = message.from.as_ref().map_or("unknown sender", Address::label);
    let sign = if closed { "▸" } else { "▾" };
    let label = match message.direction {
        ShownDirection::In => format!("{sign} ← {who}"),
        ShownDirection::Out => format!("{sign} → {who}"),
        ShownDirection::Note => format!("{sign} INTERNAL NOTE by {who} (never sent)"),
    };
    let when = message.date.map_or_else(|| "no date".to_owned(), |date| moment(date, page));
    let label = sanitise::line(&label);
    let room = page.width.saturating_sub(text::width(&when) + 1);
    if room < 12 { text::cut(&label, page.width).into_owned() } else { format!("{} {when}", text::fit(&label, room)) }
}

/// Recipients, attachments, and what is odd about the message.
fn about(message: &ShownMessage) -> Vec<String> {
    let mut lines = Vec::new();
    let list = |people: &[Address]| people.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
    if message.direction != ShownDirection::Note {
        if let Some(from) = message.from.as_ref().filter(|from| !from.name.is_empty()) {
            lines.push(format!("From: {from}"));
        }
        if !message.to.is_empty() {
            lines.push(format!("To: {}", list(&message.to)));
        }
        if !message.cc.is_empty() {
            lines.push(format!("Cc: {}", list(&message.cc)));
        }
    }
    for file in &message.attachments {
        lines.push(format!("Attached: {} ({}, {})", file.name, file.kind, text::size(file.size)));
    }
    if !matches!(message.class.as_str(), "human" | "own") {
        lines.push(format!("Automatic mail: {}", message.class.as_str().replace('_', " ")));
    }
    if message.authentication.starts_with("fail") {
        lines.push(format!("Warning: the sender could not be verified ({})", message.authentication));
    }
    for signal in &message.signals {
        lines.push(format!("{}: {}", if signal.kind.is_warning() { "Warning" } else { "Note" }, signal.words));
    }
    if !message.flaws.is_empty() {
        lines.push(format!("Repaired: {}", message.flaws.join(", ").replace('_', " ")));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// When something happened: the time alone today, else the date as well, with the age.
pub fn moment(at: Timestamp, page: &Page<'_>) -> String {
    let local = at.to_zoned(page.zone.clone());
    let today = page.now.to_zoned(page.zone.clone()).date();
    let clock = if local.date() == today { local.strftime("%H:%M") } else { local.strftime("%Y-%m-%d %H:%M") };
    format!("{clock} ({})", text::age(page.now, at))
}
