//! The events of the log in words, for people who look into its folder with their mail program.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{told, words};
use crate::domain::TicketKey;
use crate::domain::event::{Change, Event};
use crate::store::Store;
use crate::sync::log::Words;

/// A note stands in the text of its event up to so many octets; whole in the part for the program.
const NOTE_OCTETS: usize = 8 * 1_024;

/// An event in words, for people who look into the folder with their mail program. The end of
/// the subject makes it unlike that of any other event: some servers gather mails by subject.
pub(super) fn describe(store: &Store, event: &Event) -> Words {
    let named = |key: Option<&TicketKey>| {
        let row = key.and_then(|key| store.plain_ticket_row(key).ok().flatten());
        row.map(|row| (row.label(), row.subject)).or_else(|| key.map(|key| (key.short().to_owned(), String::new())))
    };
    let tickets = event.change.tickets();
    let done = done(store, &event.change);
    let ticket = named(tickets.first()).filter(|_| tickets.len() <= 2);
    let mark = format!("{:.4}.{}", event.id.actor.to_string(), event.id.seq);
    let label = ticket.as_ref().map(|(label, _)| format!("[{label}] ")).unwrap_or_default();
    let mut text = format!("{} {done}.\n\n", event.agent);
    if let Some((label, subject)) = &ticket {
        let _ = writeln!(text, "Ticket: {label} {}", words::subject(subject));
    }
    let _ = writeln!(text, "When:   {}", event.at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    if let Change::Note { text: note, .. } = &event.change {
        let _ = writeln!(text, "\n{}", shortened(note));
    }
    text.push_str("\nThis mail is a part of the team's log: postdesk reads the attached file. Please leave it here.\n");
    Words { subject: format!("{label}{} {done} ({mark})", event.agent), text }
}

fn done(store: &Store, change: &Change) -> String {
    match change {
        Change::Open { tickets } if tickets.len() > 1 => format!("opened {} tickets", tickets.len()),
        Change::Claim { what, .. } => format!("claimed: {what}"),
        Change::Hello { .. } => "has followed the log up to here".into(),
        Change::Skip { .. } => "left a change out".into(),
        Change::Forget { .. } => "had a person forgotten".into(),
        // Without a mail of its own: so a turn is given up.
        Change::Intent { sha, .. } if sha.is_empty() => "leaves the answer to others".into(),
        Change::Intent { .. } => "is about to answer".into(),
        Change::Presence { what, .. } => format!("is {what}"),
        Change::Left { what, .. } => format!("is no longer {what}"),
        Change::Snapshot { part, parts, .. } => format!("wrote down where everything stands (part {part} of {parts})"),
        Change::Reepoch { part, parts, .. } => format!("carried the order over (part {part} of {parts})"),
        other_change => match told::in_words(store, other_change, None, &TimeZone::UTC).unwrap_or_default() {
            words if words.is_empty() => other_change.op().to_owned(),
            words => words,
        },
    }
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(NOTE_OCTETS);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = "ü".repeat(NOTE_OCTETS);

        assert_eq!(shortened(&note).len(), NOTE_OCTETS);
        assert_eq!(shortened("x"), "x");
        assert!(shortened(&format!("a{note}")).len() < NOTE_OCTETS);
    }
}
