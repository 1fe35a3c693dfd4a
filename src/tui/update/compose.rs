//! From the first letter to the draft that is kept: beginning, resuming, saving, leaving.

use super::{act, company, hint, perform, queue, say};
use crate::domain::address::is_addr_spec;
use crate::domain::draft::{Draft, Writing};
use crate::domain::ticket::Badge;
use crate::domain::{Address, MessageId, TicketKey, sanitise};
use crate::protocol::job::{Complaint, Job, ReplyOptions, Review};
use crate::protocol::json::{ShownDirection, ShownMessage};
use crate::tui::model::{Composing, Field, Form, Kind, Model, Purpose, Screen, Stage, keys_of};
use crate::tui::msg::{EditTask, Edited, Effect};
use crate::tui::text;

/// A save that failed is tried again after this long.
const SAVE_AGAIN: std::time::Duration = std::time::Duration::from_secs(10);

/// Asks the worker for a draft that answers the ticket at hand: the mail in focus, or, in the
/// list and on a note, the newest one.
pub(super) fn begin(model: &mut Model, sender_only: bool, template: Option<String>) -> Vec<Effect> {
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

/// The mail that the agent is reading.
fn focused_mail(model: &Model) -> Option<MessageId> {
    let on_ticket = model.screen() == Screen::Ticket;
    model.ticket.mail().filter(|_| on_ticket).map(|mail| mail.message_id.clone())
}

/// Begins a mail that opens a ticket.
pub(super) fn begin_new(model: &mut Model) -> Vec<Effect> {
    let project = act::target(model).map(|row| row.project.clone());
    if !start(model, Kind::Mail, Draft::default()) {
        return Vec::new();
    }
    vec![perform(model, Purpose::Begin, Job::BeginNew { project })]
}

/// Begins to pass a mail on: the one in focus, else the newest of the ticket.
pub(super) fn begin_forward(model: &mut Model) -> Vec<Effect> {
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
pub(super) fn begin_note(model: &mut Model, tickets: Vec<TicketKey>) -> Vec<Effect> {
    let body = older_in_focus(model).map(|message| format!("\n\n-- {}", what_it_is_about(model, message))).unwrap_or_default();
    if !start(model, Kind::Note(tickets), Draft { body, ..Draft::default() }) {
        return Vec::new();
    }
    open(model)
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

/// Goes on with what was saved.
pub(super) fn resume(model: &mut Model, id: i64, writing: Writing) -> Vec<Effect> {
    let (kind, draft) = match writing {
        Writing::Mail(draft) => (Kind::Mail, *draft),
        Writing::Note(note) => (Kind::Note(note.note_on), Draft { body: note.text, ..Draft::default() }),
    };
    if !start(model, kind, draft) {
        return Vec::new();
    }
    if let Some(composing) = &mut model.composing {
        composing.draft_id = Some(id);
        composing.begun = Draft::default();
    }
    open(model)
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

/// The draft is there: it is opened for typing.
pub(super) fn take_draft(model: &mut Model, draft: Draft, remarks: Vec<String>) -> Vec<Effect> {
    let Some(composing) = model.composing.as_mut().filter(|composing| composing.stage == Stage::Beginning) else { return Vec::new() };
    if composing.is_note() {
        return super::review::take_public(model, draft, remarks);
    }
    composing.begun.clone_from(&draft);
    composing.came_with = keys_of(&draft);
    composing.form = Form::of(&draft);
    if draft.to.is_empty() {
        composing.form.focus = Field::To;
    }
    composing.draft = draft;
    composing.remarks = remarks;
    model.toast = None;
    open(model)
}

/// Shows the composer, or hands the text to the editor where the agent prefers that.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let external = model.habits.external_editor;
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.stage = Stage::Editing;
    composing.leaving = false;
    composing.as_received = false;
    composing.form.body = crate::tui::editor::Editor::new(&composing.draft.body);
    let mut effects = company::ask(model);
    effects.extend(if external { to_editor(model) } else { show(model, Screen::Compose) });
    effects
}

/// Puts composer or review in front; there is one of them at a time.
pub(super) fn show(model: &mut Model, screen: Screen) -> Vec<Effect> {
    model.screens.retain(|known| !matches!(known, Screen::Compose | Screen::Review));
    model.screens.push(screen);
    Vec::new()
}

/// Hands the text to `$VISUAL` or `$EDITOR`; what there is of it is saved first.
pub(super) fn to_editor(model: &mut Model) -> Vec<Effect> {
    let mut effects = flush(model);
    let Some(composing) = &model.composing else { return effects };
    let text = if model.screen() == Screen::Compose { composing.form.body.text() } else { composing.draft.body.clone() };
    let task = match &composing.kind {
        Kind::Mail => EditTask::Reply,
        Kind::Note(tickets) => EditTask::Note(tickets.clone()),
    };
    effects.push(Effect::Edit { task, text });
    effects
}

/// The editor has ended, with a text or with trouble.
pub(super) fn edited(model: &mut Model, outcome: Edited) -> Vec<Effect> {
    let (text, complaint) = match outcome {
        Edited::Text(text) => (Some(text), None),
        Edited::Failed { text, complaint } => (text, Some(complaint)),
    };
    if let Some(complaint) = &complaint {
        super::complain(model, complaint);
    }
    let in_composer = model.screen() == Screen::Compose;
    let Some(composing) = model.composing.as_mut() else { return Vec::new() };
    composing.error = complaint;
    if let Some(text) = text {
        composing.unsaved |= text != composing.draft.body;
        // A text that came back as it was keeps its cursor and what can be taken back of the typing.
        if text != composing.form.body.text() {
            composing.form.body = crate::tui::editor::Editor::new(&text);
        }
        composing.draft.body = text;
    }
    if in_composer { flush(model) } else { to_review(model) }
}

/// Leaves the typing for the review; what was not touched leaves no draft.
pub(super) fn to_review(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = model.composing.as_mut() else { return Vec::new() };
    if model.screens.last() == Some(&Screen::Compose) {
        composing.form.write_into(&mut composing.draft);
    }
    if composing.is_untouched() && model.screens.last() != Some(&Screen::Review) {
        let failed = composing.error.is_some();
        leave(model);
        if !failed {
            hint(model, "nothing written; no draft kept");
        }
        return Vec::new();
    }
    if model.screen() == Screen::Compose && stays_at_no_address(model) {
        return flush(model);
    }
    show(model, Screen::Review);
    prepare(model)
}

/// Whether a recipient that is no address keeps the agent in the composer, with a word on which.
fn stays_at_no_address(model: &mut Model) -> bool {
    let Some(composing) = model.composing.as_mut().filter(|composing| !composing.is_note()) else { return false };
    let Some((name, objection)) = composing.draft.bad_recipient(|address| is_addr_spec(&address.address)) else { return false };
    composing.form.focus = Field::ALL.into_iter().find(|field| field.label() == name).unwrap_or(Field::To);
    hint(model, objection.what);
    true
}

/// Saves first, so that nothing written depends on what comes after; then asks what would be sent.
pub(super) fn prepare(model: &mut Model) -> Vec<Effect> {
    let mut effects = save(model);
    let Some(composing) = &mut model.composing else { return effects };
    if composing.is_note() {
        composing.stage = Stage::Ready;
        composing.text = composing.draft.body.clone();
        (composing.objections, composing.remarks) = (Vec::new(), Vec::new());
        return effects;
    }
    composing.stage = Stage::Preparing;
    let draft = composing.draft.clone();
    effects.push(perform(model, Purpose::Review, Job::Review(draft)));
    effects.extend(company::ask(model));
    effects
}

/// Saves what is being written. Until the first save has its id, the next one waits for it:
/// one text makes one draft.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    let first_under_way = model.awaits(&Purpose::Save);
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.unsaved = composing.draft_id.is_none() && first_under_way;
    if composing.unsaved {
        return Vec::new();
    }
    let id = composing.draft_id;
    let job = match composing.note() {
        Some(note) => Job::SaveNote { id, note },
        None => Job::SaveDraft { id, draft: composing.draft.clone() },
    };
    vec![perform(model, Purpose::Save, job)]
}

/// Saves what was typed since the last save, if there is anything.
pub(super) fn flush(model: &mut Model) -> Vec<Effect> {
    let typing = model.screens.contains(&Screen::Compose);
    let Some(composing) = model.composing.as_mut().filter(|composing| composing.unsaved) else { return Vec::new() };
    if typing {
        composing.form.write_into(&mut composing.draft);
    }
    if composing.is_untouched() { Vec::new() } else { save(model) }
}

pub(super) fn take_saved(model: &mut Model, id: i64) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.draft_id = Some(id);
    if composing.unsaved && !composing.leaving {
        return flush(model);
    }
    if composing.leaving {
        return keep(model);
    }
    match composing.stage {
        Stage::Sending => super::review::hand_over_saved(model),
        _ => Vec::new(),
    }
}

pub(super) fn take_review(model: &mut Model, review: Review) {
    if let Some(composing) = model.composing.as_mut().filter(|composing| composing.stage == Stage::Preparing) {
        composing.draft = review.draft;
        composing.text = review.text;
        composing.objections = review.objections;
        composing.remarks = review.remarks;
        composing.stage = Stage::Ready;
    }
}

/// A step of composing failed: what was written stays where it is.
pub(super) fn take_complaint(model: &mut Model, purpose: &Purpose, complaint: Complaint) {
    if *purpose == Purpose::Save {
        keep_unsaved(model);
    }
    let saved = model.composing.as_ref().is_some_and(|composing| composing.draft_id.is_some());
    let in_front = model.screens.iter().any(|screen| matches!(screen, Screen::Compose | Screen::Review));
    let is_safe = saved && *purpose != Purpose::Save;
    if !in_front && (is_safe || *purpose == Purpose::Begin) {
        model.composing = None;
        super::complain(model, &complaint);
        return;
    }
    if model.screen() == Screen::Compose {
        super::complain(model, &complaint);
        return;
    }
    come_back(model);
    if let Some(composing) = &mut model.composing {
        composing.stage = Stage::Ready;
        composing.leaving = false;
        composing.error = Some(complaint);
    }
}

/// A save has failed: the text is not left, and saved again in a while.
fn keep_unsaved(model: &mut Model) {
    let Some(composing) = &mut model.composing else { return };
    (composing.unsaved, composing.leaving) = (true, false);
    if let Ok(at) = model.now.checked_add(SAVE_AGAIN) {
        model.alarms.entry(crate::tui::model::Alarm::Autosave).or_insert(at);
    }
}

/// Shows the review again if the agent has left it meanwhile.
pub(super) fn come_back(model: &mut Model) {
    if model.composing.is_some() && !model.screens.contains(&Screen::Review) {
        show(model, Screen::Review);
    }
}

/// Forgets the text on the screen; the draft in the store is another matter.
pub(super) fn leave(model: &mut Model) {
    model.composing = None;
    model.alarms.remove(&crate::tui::model::Alarm::Autosave);
    model.screens.retain(|screen| !matches!(screen, Screen::Compose | Screen::Review));
    // Help about it has nothing to go back to either.
    if matches!(model.help.about, crate::action::Scope::Review | crate::action::Scope::Compose) {
        model.screens.retain(|screen| *screen != Screen::Help);
    }
}

pub(super) fn edit_again(model: &mut Model) -> Vec<Effect> {
    if super::review::ready(model).is_none() { Vec::new() } else { open(model) }
}

/// Leaves composer or review and keeps the draft.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    if model.screen() == Screen::Compose {
        if let Some(composing) = &mut model.composing {
            composing.form.write_into(&mut composing.draft);
            if composing.is_untouched() {
                leave(model);
                hint(model, "nothing written; no draft kept");
                return Vec::new();
            }
        }
        // What began with a template is worth keeping before anything was typed.
        let is_saved = model.composing.as_ref().is_none_or(|composing| composing.draft_id.is_some());
        let effects = if is_saved { flush(model) } else { save(model) };
        if !effects.is_empty() {
            if let Some(composing) = &mut model.composing {
                composing.leaving = true;
            }
            return effects;
        }
    }
    match model.composing.as_ref().map(|composing| (composing.stage, composing.draft_id)) {
        Some((Stage::Sending, _)) => {
            model.screens.retain(|screen| *screen != Screen::Review);
            hint(model, "sending goes on in the background");
            Vec::new()
        }
        // Whether the text is safe is known with the answer.
        Some(_) if model.awaits(&Purpose::Save) => {
            hint(model, "saving the draft");
            if let Some(composing) = &mut model.composing {
                composing.leaving = true;
            }
            Vec::new()
        }
        // Saving failed: leaving would lose the text, so it is tried once more.
        Some((_, None)) => {
            hint(model, "the draft is not saved yet; trying again (D discards it)");
            prepare(model)
        }
        Some((_, Some(_))) if model.composing.as_ref().is_some_and(|composing| composing.unsaved) => {
            let effects = save(model);
            if let Some(composing) = &mut model.composing {
                composing.leaving = true;
            }
            effects
        }
        Some((_, Some(id))) => {
            leave(model);
            let key = model.keymap.key_of(crate::action::Scope::List, "go-drafts").unwrap_or_else(|| ":go-drafts".to_owned());
            say(model, format!("kept as draft {id}; {key} shows the drafts"));
            queue::refresh(model)
        }
        None => {
            leave(model);
            Vec::new()
        }
    }
}
