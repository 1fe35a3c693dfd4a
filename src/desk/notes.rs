//! Internal notes: which of them stand, and with which text.
//!
//! A note is corrected by a later one that names it. The correction stands in its place, for all to
//! see that there was one; what was written before is in the log alone. It is taken back by itself,
//! and goes with the note when that is taken back.

use std::collections::BTreeMap;

use super::{Desk, DeskError, DeskResult};
use crate::domain::event::{Change, Event};
use crate::domain::message::Class;
use crate::domain::ticket::TicketState;
use crate::domain::{Address, EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::json::{Glance, ShownDirection, ShownMessage};
use crate::store::events::HistoryEntry;

/// A note as it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'a> {
    /// What it was written as.
    pub first: &'a Event,
    /// The last correction that stands.
    pub correction: Option<&'a Event>,
}

impl Note<'_> {
    pub fn text(&self) -> &str {
        match &self.correction.unwrap_or(self.first).change {
            Change::Note { text, .. } => text,
            _ => "",
        }
    }

    /// As it stands among the messages, and when it was written.
    pub fn shown(&self) -> (ShownMessage, Timestamp) {
        let message = ShownMessage {
            message_id: id_of(self.first.id),
            direction: ShownDirection::Note,
            from: Some(Address::new(self.first.agent.clone(), "")),
            to: Vec::new(),
            cc: Vec::new(),
            date: Some(self.first.at),
            edited: self.correction.map(|event| event.at),
            subject: String::new(),
            text: self.text().to_owned(),
            new_text: self.text().to_owned(),
            html: false,
            attachments: Vec::new(),
            class: Class::Own,
            auto_reason: String::new(),
            bounce: None,
            language: String::new(),
            placed_by: "agent".into(),
            placed_why: "an agent wrote it".into(),
            routed_to: String::new(),
            routed_by: String::new(),
            authentication: "none".into(),
            flaws: Vec::new(),
            signals: Vec::new(),
            glance: Glance { note: Some(self.first.id), ..Glance::default() },
        };
        (message, self.first.at)
    }
}

/// The notes that have not been taken back, in the order in which they were written.
///
/// A correction counts if whoever wrote the note wrote it too; another one is a note of its own,
/// so that nobody has words put into his mouth.
pub(super) fn standing(history: &[HistoryEntry]) -> Vec<Note<'_>> {
    let all: BTreeMap<EventId, &HistoryEntry> =
        history.iter().filter(|entry| matches!(entry.event.change, Change::Note { .. })).map(|entry| (entry.event.id, entry)).collect();
    let mut notes: Vec<Note<'_>> = Vec::new();
    for entry in history.iter().filter(|entry| all.contains_key(&entry.event.id)) {
        let first = corrected(&all, &entry.event);
        if entry.undone || all.get(&first).is_some_and(|first| first.undone) {
            continue;
        }
        match notes.iter_mut().find(|note| note.first.id == first) {
            Some(note) => note.correction = Some(&entry.event),
            None => notes.push(Note { first: &entry.event, correction: None }),
        }
    }
    notes
}

/// The note that an event corrects in the end; itself if it corrects none of its author's.
fn corrected(all: &BTreeMap<EventId, &HistoryEntry>, event: &Event) -> EventId {
    let mut at = event;
    // A chain of corrections is as long as there are notes; the bound keeps a circle from hanging us.
    for _ in 0..all.len() {
        let Change::Note { edits: Some(edited), .. } = &at.change else { break };
        match all.get(edited).map(|entry| &entry.event).filter(|before| before.agent == event.agent) {
            Some(before) => at = before,
            None => break,
        }
    }
    at.id
}

fn id_of(event: EventId) -> MessageId {
    MessageId::new(&format!("pd1.{event}@postdesk.invalid")).unwrap_or_else(|| MessageId::synthetic(event.to_string().as_bytes()))
}

impl Desk {
    /// What corrects a note; nothing if it says that already.
    pub(super) fn correction(&mut self, state: &TicketState, note: EventId, text: &str) -> DeskResult<Option<Change>> {
        let history = self.store.history(&state.key)?;
        let notes = standing(&history);
        let found = notes
            .iter()
            .find(|found| found.first.id == note)
            .ok_or_else(|| no_note(format!("there is no note {note} on ticket {}", super::act::label(state))))?;
        if found.first.agent != self.setup.agent.name {
            return Err(DeskError::usage(format!("{} wrote this note, and nobody else corrects it", found.first.agent), "Write one of your own."));
        }
        if found.text() == text {
            return Ok(None);
        }
        // On the ticket it was written on: were that taken out of a merge, both go along.
        let ticket = found.first.change.tickets().pop().unwrap_or_else(|| state.key.clone());
        Ok(Some(Change::Note { ticket, text: text.to_owned(), edits: Some(note) }))
    }

    /// The note of a ticket that a person named: by its place among the notes (1 is the oldest), by the event or by the
    /// Message-ID that `show --json` prints.
    ///
    /// # Errors
    /// There is no such note.
    pub fn note_named(&mut self, ticket: &TicketKey, name: &str) -> DeskResult<EventId> {
        let history = self.store.history(ticket)?;
        let notes: Vec<EventId> = standing(&history).iter().map(|note| note.first.id).collect();
        let name = name.trim();
        let by_place = name.parse::<usize>().ok().and_then(|place| notes.get(place.checked_sub(1)?));
        let by_id = || notes.iter().find(|id| id.to_string() == name || MessageId::new(name).is_some_and(|named| named == id_of(**id)));
        by_place.or_else(by_id).copied().ok_or_else(|| no_note(format!("`{name}` is no note of it; it has {}, counted from 1", notes.len())))
    }
}

fn no_note(what: String) -> DeskError {
    DeskError::NotFound { what, remedy: "`postdesk show TICKET` prints its notes.".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Base;
    use crate::domain::{ActorId, Timestamp};

    fn note(seq: u64, agent: &str, text: &str, edits: Option<u64>) -> HistoryEntry {
        let id = |seq| EventId { actor: ActorId(7), seq };
        let ticket = TicketKey::of(&MessageId::synthetic(b"one"));
        let change = Change::Note { ticket, text: text.into(), edits: edits.map(id) };
        let event = Event { id: id(seq), agent: agent.into(), at: Timestamp::UNIX_EPOCH, lamport: seq, base: Base::default(), was: None, change };
        HistoryEntry { event, unapplied: None, is_conflict: false, winner: None, undone: false, is_pending: false }
    }

    fn texts(history: &[HistoryEntry]) -> Vec<(String, bool)> {
        standing(history).iter().map(|note| (note.text().to_owned(), note.correction.is_some())).collect()
    }

    #[test]
    fn the_last_correction_that_stands_is_what_a_note_says() {
        let mut history = vec![
            note(1, "ana", "frist", None),
            note(2, "bo", "second", None),
            note(3, "ana", "first", Some(1)),
            note(4, "ana", "first, again", Some(3)),
        ];

        assert_eq!(texts(&history), [("first, again".to_owned(), true), ("second".to_owned(), false)]);
        history[3].undone = true;
        assert_eq!(texts(&history)[0], ("first".to_owned(), true));
        history[2].undone = true;
        assert_eq!(texts(&history)[0], ("frist".to_owned(), false));
    }

    #[test]
    fn a_note_that_is_taken_back_takes_its_corrections_along() {
        let mut history = vec![note(1, "ana", "frist", None), note(2, "ana", "first", Some(1))];
        history[0].undone = true;

        assert_eq!(texts(&history), []);
    }

    #[test]
    fn what_somebody_else_calls_a_correction_stands_beside_the_note() {
        let history = [note(1, "ana", "mine", None), note(2, "bo", "not hers", Some(1)), note(3, "bo", "of nothing", Some(99))];

        assert_eq!(texts(&history), ["mine", "not hers", "of nothing"].map(|text| (text.to_owned(), false)));
    }

    #[test]
    fn corrections_in_a_circle_end() {
        let history = [note(1, "ana", "one", Some(2)), note(2, "ana", "two", Some(1))];

        assert!(!texts(&history).is_empty());
    }
}
