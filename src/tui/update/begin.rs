//! What is written begins: an answer, a new mail, a mail passed on, a note, or a draft that goes on.

use super::compose::open;
use super::{act, hint, perform};
use crate::domain::draft::{Draft, Writing};
use crate::domain::ticket::Badge;
use crate::domain::{Address, MessageId, TicketKey, sanitise};
use crate::protocol::job::{Job, ReplyOptions};
use crate::protocol::json::{ShownDirection, ShownMessage};
use crate::tui::model::{Composing, Field, Form, Kind, Model, Purpose, Screen, Stage};
use crate::tui::msg::Effect;
use crate::tui::text;

/// Asks the worker for a draft that answers the ticket at hand: the mail in focus, or, in the
/// list and on a note, the newest one.
pub(super) fn reply(model: &mut Model, sender_only: bool, template: Option<String>) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    let draft = Draft { template: template.clone(), ..Draft::default() };
    let has_draft = row.badges.contains(&Badge::Draft);
    if !start(model, Kind::Mail, draft) {
        return Vec::new();
    }
    let other = if has_draft { "; another draft for it lies in g D" } else { "" };
    hint(model, format!("preparing a reply to {}{other}", row.label()));
    let message = focused_mail(model);
    let options = ReplyOptions { message, template, sender_only, quote: true };
    vec![perform(model, Purpose::Begin, Job::BeginReply { ticket: row.key, options })]
}

/// Begins a mail that opens a ticket.
pub(super) fn new_mail(model: &mut Model) -> Vec<Effect> {
    let project = act::target(model).map(|row| row.project.clone());
    if !start(model, Kind::Mail, Draft::default()) {
        return Vec::new();
    }
    vec![perform(model, Purpose::Begin, Job::BeginNew { project })]
}

/// Begins to pass a mail on: the one in focus, else the newest of the ticket.
pub(super) fn forward(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    let message = focused_mail(model);
    if model.screen() == Screen::Ticket && message.is_none() && model.ticket.message().is_some() {
        hint(model, "a note is never passed on; move to a mail with { and }");
        return Vec::new();
    }
    if !start(model, Kind::Mail, Draft::default()) {
        return Vec::new();
    }
    vec![perform(model, Purpose::Begin, Job::BeginForward { ticket: row.key, message })]
}

/// Begins a note on tickets; nobody outside will ever read it.
///
/// A note stands behind the newest message. One that is begun on an older message says below which one it means.
pub(super) fn note(model: &mut Model, tickets: Vec<TicketKey>) -> Vec<Effect> {
    let body = older_in_focus(model).map(|message| format!("\n\n-- {}", what_it_is_about(model, message))).unwrap_or_default();
    if !start(model, Kind::Note(tickets), Draft { body, ..Draft::default() }) {
        return Vec::new();
    }
    open(model)
}

/// Opens the note in focus to be corrected by who wrote it.
pub(super) fn edit_note(model: &mut Model) -> Vec<Effect> {
    let key = model.ticket.key.clone();
    let note = model.ticket.message().and_then(|message| Some((message.glance.note?, message.clone())));
    let (Some(key), Some((id, note))) = (key, note) else {
        hint(model, "this is no note; { and } move to one");
        return Vec::new();
    };
    let author = note.from.as_ref().map_or("", Address::label);
    if author != model.agent {
        let why = format!("{author} wrote this note, and nobody else corrects it; c writes one of your own");
        hint(model, why);
        return Vec::new();
    }
    if !start(model, Kind::Note(vec![key]), Draft { body: note.text, ..Draft::default() }) {
        return Vec::new();
    }
    if let Some(composing) = &mut model.composing {
        composing.edits = Some(id);
    }
    open(model)
}

/// Goes on with what was saved.
pub(super) fn resume(model: &mut Model, id: i64, writing: Writing) -> Vec<Effect> {
    let mut edits = None;
    let (kind, draft) = match writing {
        Writing::Mail(draft) => (Kind::Mail, *draft),
        Writing::Note(note) => {
            edits = note.edits;
            (Kind::Note(note.note_on), Draft { body: note.text, ..Draft::default() })
        }
    };
    if !start(model, kind, draft) {
        return Vec::new();
    }
    if let Some(composing) = &mut model.composing {
        composing.draft_id = Some(id);
        composing.edits = edits;
        composing.begun = Draft::default();
    }
    open(model)
}

/// The draft is there: it is opened for typing.
pub(super) fn take_draft(model: &mut Model, draft: Draft, remarks: Vec<String>) -> Vec<Effect> {
    let Some(composing) = model.composing.as_mut().filter(|composing| composing.stage == Stage::Beginning) else { return Vec::new() };
    if composing.is_note() {
        return super::review::take_public(model, draft, remarks);
    }
    composing.begun.clone_from(&draft);
    composing.came_with = draft.recipient_keys();
    composing.form = Form::of(&draft);
    if draft.to.is_empty() {
        composing.form.focus = Field::To;
    }
    composing.draft = draft;
    composing.remarks = remarks;
    model.toast = None;
    if model.habits.external_editor {
        // What was typed ahead cannot be handed to another program.
        model.ahead.clear();
    }
    open(model)
}

/// The mail that the agent is reading.
fn focused_mail(model: &Model) -> Option<MessageId> {
    let on_ticket = model.screen() == Screen::Ticket;
    model.ticket.mail().filter(|_| on_ticket).map(|mail| mail.message_id.clone())
}

fn older_in_focus(model: &Model) -> Option<&ShownMessage> {
    let last = model.ticket.shown.as_ref()?.messages.len().saturating_sub(1);
    model.ticket.message().filter(|_| model.screen() == Screen::Ticket && model.ticket.focus < last)
}

/// `about the mail of Maria Keller, 2026-03-04 07:00: Hello, I cannot log in`.
fn what_it_is_about(model: &Model, message: &ShownMessage) -> String {
    let what = if message.direction == ShownDirection::Note { "note" } else { "mail" };
    let who = message.from.as_ref().map_or("somebody", Address::label);
    let when = message.date.map(|date| format!(", {}", date.to_zoned(model.zone.clone()).strftime("%Y-%m-%d %H:%M"))).unwrap_or_default();
    let words = message.first_words();
    sanitise::line(&format!("about the {what} of {who}{when}: {}", text::cut(&words, 60))).into_owned()
}

/// Makes room for something to be written; `false`, with a word on why, when there is none.
fn start(model: &mut Model, kind: Kind, draft: Draft) -> bool {
    if let Some(composing) = &model.composing {
        let why = if composing.stage == Stage::Sending { "a reply is still being sent" } else { "a reply is already being prepared" };
        hint(model, why);
        return false;
    }
    model.composing = Some(Composing::begin(kind, draft));
    true
}
