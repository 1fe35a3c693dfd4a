//! Notes on the screen: corrected by who wrote them, and never left behind as drafts.

use super::support::{Fake, Play, key, row, shown};
use crate::domain::draft::NoteDraft;
use crate::domain::ticket::Status;
use crate::domain::{ActorId, EventId};
use crate::protocol::json::ShownDirection;

const NOTE: EventId = EventId { actor: ActorId(7), seq: 3 };

/// A ticket with a note of somebody, which is in focus.
fn at_a_note_of(author: &str) -> Play {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    let note = ticket.messages.iter_mut().find(|message| message.direction == ShownDirection::Note).unwrap();
    note.glance.note = Some(NOTE);
    note.from.as_mut().unwrap().name = author.to_owned();
    let mut play = Play::on(Fake { ticket: Some(ticket), external: false, ..Fake::new() }, 100, 40);
    play.press("enter g g } }");
    play
}

#[test]
fn who_wrote_a_note_corrects_it() {
    let mut play = at_a_note_of("ana");

    play.press("e");
    assert!(play.text().contains("INTERNAL NOTE, corrected") && play.text().contains("session store is full"), "{}", play.text());
    play.typed("Sorry: ").press("esc y");

    let [NoteDraft { note_on, text, edits }] = play.fake.notes.as_slice() else { panic!("{:?}", play.fake.notes) };
    assert_eq!((note_on.as_slice(), *edits), ([key(1042)].as_slice(), Some(NOTE)));
    assert!(text.contains("Sorry: ") && text.contains("session store is full"), "{text}");
}

#[test]
fn a_note_of_somebody_else_is_not_corrected_and_a_mail_is_no_note() {
    let mut play = at_a_note_of("ben");

    assert!(play.press("e").toast().contains("ben wrote this note, and nobody else corrects it"), "{}", play.toast());
    assert!(play.press("{ e").toast().contains("this is no note"), "{}", play.toast());
    assert!(play.model.composing.is_none());
}

#[test]
fn a_correction_is_kept_as_a_draft_and_stays_a_note() {
    let mut play = at_a_note_of("ana");

    play.press("e").typed("Sorry: ").press("esc n");
    assert!(play.toast().contains("stays a note"), "{}", play.toast());
    play.press("p");
    assert_eq!(play.fake.note_drafts[0].1.edits, Some(NOTE));
    play.press("g D enter").press("esc y");

    assert_eq!(play.fake.notes[0].edits, Some(NOTE));
    assert!(play.fake.note_drafts.is_empty());
}

#[test]
fn a_note_that_was_corrected_says_so() {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    let note = ticket.messages.iter_mut().find(|message| message.direction == ShownDirection::Note).unwrap();
    note.edited = note.date;

    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 100, 40);

    assert!(play.press("enter E E").text().contains("INTERNAL NOTE by ana (corrected)"), "{}", play.text());
}

#[test]
fn a_note_that_is_added_while_its_draft_is_being_saved_leaves_no_draft() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 80, 24);
    play.press("c").typed("quickly");
    let saving = play.press_slowly("esc");

    play.press("y");
    play.run(saving);

    assert_eq!(play.fake.notes.len(), 1);
    assert!(play.fake.note_drafts.is_empty(), "{:?}", play.fake.note_drafts);
    assert!(play.model.composing.is_none());
}
