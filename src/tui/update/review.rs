//! The review: what stands between writing and sending.

use std::collections::BTreeSet;

use super::{company, compose, confirm, departing, held, hint, perform, picker, prompt, queue, read, saving, say};
use crate::domain::draft::{Check, Draft, DraftAttachment};
use crate::domain::recipients::UNASKED;
use crate::domain::ticket::Status;
use crate::protocol::answer::{ProjectLine, SendOutcome};
use crate::protocol::job::{Job, ReplyOptions};
use crate::tui::model::{Composing, Confirmed, Form, Kind, Model, PickerKind, PromptKind, Purpose, Stage};
use crate::tui::msg::{Effect, Lane};

/// Said before a draft is discarded of which the trash would not hold everything.
const NOT_SAVED: &str = "It could not be saved: what was written last cannot be recovered.";

/// What is under review if it can be acted upon; else says why not.
pub(super) fn ready(model: &mut Model) -> Option<&mut Composing> {
    let why = match model.composing.as_ref().map(|composing| composing.stage) {
        Some(Stage::Ready) => return model.composing.as_mut(),
        Some(Stage::Sending) => "the reply is being sent",
        Some(_) => "the reply is still being prepared",
        None => "there is no reply here",
    };
    hint(model, why);
    None
}

pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    let saving = model.awaits(&Purpose::Save);
    let Some(composing) = ready(model) else { return Vec::new() };
    if let Some(note) = composing.note() {
        if note.text.trim().is_empty() {
            hint(model, "the note is empty; e edits it");
            return Vec::new();
        }
        composing.stage = Stage::Sending;
        // The note takes the place of its draft, so the draft's id has to be known.
        return if composing.draft_id.is_none() && saving { Vec::new() } else { hand_over_saved(model) };
    }
    let company = company::against(composing);
    let crowd = crowd(composing);
    if composing.objections.is_empty() && company.is_empty() && crowd.is_none() {
        return hand_over(model, BTreeSet::new());
    }
    let objections: Vec<String> = composing.objections.iter().map(|objection| format!("· {}", objection.what)).collect();
    if let Some(objection) = composing.objections.iter().find(|objection| objection.check.is_final()) {
        let why = if objection.check == Check::NoRecipient { "it reaches nobody like this" } else { &objection.what };
        let why = format!("{why}; t, c and b edit the recipients");
        hint(model, why);
        return Vec::new();
    }
    let question = if crowd.is_some() { format!("Send to {} people?", composing.audience()) } else { "Send all the same?".to_owned() };
    let remarks = [company, crowd.into_iter().collect(), objections].concat();
    confirm(model, question, remarks, Confirmed::SendAnyway);
    Vec::new()
}

/// A word on more people than anybody answers unawares: a stranger's mail can name hundreds to reply to.
fn crowd(composing: &Composing) -> Option<String> {
    let untyped = composing.untyped();
    (untyped > UNASKED).then(|| format!("· {untyped} of them you did not type; t, c and b edit the recipients"))
}

pub(super) fn send_anyway(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    company::accept(composing);
    let allowed = composing.objections.iter().map(|objection| objection.check).collect();
    hand_over(model, allowed)
}

pub(super) fn pick_status_and_send(model: &mut Model) -> Vec<Effect> {
    if ready_mail(model).is_none() {
        return Vec::new();
    }
    picker::pick(model, PickerKind::SendStatus)
}

pub(super) fn send_and_set(model: &mut Model, status: Option<Status>) -> Vec<Effect> {
    let Some(composing) = ready_mail(model) else { return Vec::new() };
    composing.draft.status = status;
    send(model)
}

/// Hands the mail over, now or when the time in which it can be called back is over.
fn hand_over(model: &mut Model, allowed: BTreeSet<Check>) -> Vec<Effect> {
    let saving = model.awaits(&Purpose::Save);
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.stage = Stage::Sending;
    composing.leaving = false;
    composing.error = None;
    model.allowed = allowed;
    // The mail goes into the outbox in place of its draft, so the draft's id has to be known.
    if composing.draft_id.is_none() && saving { Vec::new() } else { hand_over_saved(model) }
}

/// The same, once the draft is saved or will not be.
pub(super) fn hand_over_saved(model: &mut Model) -> Vec<Effect> {
    let is_written = model.awaits(&Purpose::WriteNote);
    let Some(composing) = model.composing.as_ref() else { return Vec::new() };
    if let Some(note) = composing.note() {
        let draft_id = composing.draft_id;
        return if is_written { Vec::new() } else { vec![perform(model, Purpose::WriteNote, Job::WriteNote { draft_id, note })] };
    }
    let allowed = std::mem::take(&mut model.allowed);
    let Some(composing) = model.composing.as_ref() else { return Vec::new() };
    let (draft_id, draft) = (composing.draft_id, composing.draft.clone());
    let window = model.habits.undo_window;
    match model.now.checked_add(window).ok().filter(|_| !window.is_zero()) {
        Some(at) => vec![perform(model, Purpose::Schedule, Job::Schedule { draft_id, draft: Box::new(draft), allowed, at })],
        None => vec![Effect::Send(super::ask(model, Purpose::Send, Job::Send { draft_id, draft, allowed }))],
    }
}

pub(super) fn take_outcome(model: &mut Model, outcome: SendOutcome) -> Vec<Effect> {
    let to = model.composing.as_ref().map(departing::recipient).unwrap_or_default();
    if let SendOutcome::Objected(objections) = outcome {
        if let Some(composing) = &mut model.composing {
            composing.objections = objections;
            composing.stage = Stage::Ready;
        }
        compose::come_back(model);
        hint(model, "not sent: see what stands against it");
        return Vec::new();
    }
    let is_held = matches!(outcome, SendOutcome::Held(_));
    departing::tell(model, outcome, &to);
    compose::leave(model);
    let mut effects = queue::refresh(model);
    effects.extend(if is_held { held::open_when_free(model, None) } else { Vec::new() });
    effects
}

/// The note stands on its tickets.
pub(super) fn take_written(model: &mut Model, what: String) -> Vec<Effect> {
    compose::leave(model);
    say(model, what);
    queue::refresh(model)
}

pub(super) fn ask_discard(model: &mut Model) -> Vec<Effect> {
    if let Some(composing) = ready(model) {
        let is_safe = composing.draft_id.is_some() && !composing.unsaved;
        let remark = if is_safe { "It can be recovered from the trash for seven days (g D)." } else { NOT_SAVED };
        confirm(model, "Discard the draft?", vec![remark.to_owned()], Confirmed::Discard);
    }
    Vec::new()
}

pub(super) fn discard(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    let id = composing.draft_id;
    // Its last words go into the trash with it, if that can be done by now.
    let mut effects = if id.is_some() && composing.unsaved { saving::save(model) } else { Vec::new() };
    compose::leave(model);
    say(model, "draft discarded");
    effects.extend(id.map(|id| perform(model, Purpose::Discard, Job::DiscardDraft(id))));
    effects
}

/// Shows the mail as the customer will see it, or the whole review again.
pub(super) fn toggle_received(model: &mut Model) -> Vec<Effect> {
    if let Some(composing) = ready_mail(model) {
        composing.as_received = !composing.as_received;
        composing.scroll = 0;
    }
    Vec::new()
}

fn ready_mail(model: &mut Model) -> Option<&mut Composing> {
    if ready(model)?.is_note() {
        hint(model, "this is an internal note; it goes to nobody");
        return None;
    }
    model.composing.as_mut()
}

/// Turns a reply into a note at once, and a note into a reply only after asking.
pub(super) fn toggle_note(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    match &composing.kind {
        Kind::Note(tickets) if tickets.len() > 1 => hint(model, "this note is for several tickets; a reply goes to one"),
        Kind::Note(_) if composing.edits.is_some() => hint(model, "a note that is corrected stays a note; c and r begin anew"),
        Kind::Note(_) => {
            let remark = vec!["The customer would read this text. You see recipients and text before anything leaves.".to_owned()];
            confirm(model, "Turn the internal note into a public reply?", remark, Confirmed::MakePublic);
        }
        Kind::Mail if !composing.draft.attachments.is_empty() => hint(model, "a note carries no files; d detaches them"),
        Kind::Mail => match composing.draft.ticket.clone() {
            Some(ticket) => {
                composing.kind = Kind::Note(vec![ticket]);
                return compose::prepare(model);
            }
            None => hint(model, "this mail opens a ticket; there is none yet to put a note on"),
        },
    }
    Vec::new()
}

/// Asks for the recipients of the reply that the note is to become.
pub(super) fn make_public(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    let Some(ticket) = composing.note().and_then(|note| note.note_on.into_iter().next()) else { return Vec::new() };
    composing.stage = Stage::Beginning;
    vec![perform(model, Purpose::Begin, Job::BeginReply { ticket, options: ReplyOptions::default() })]
}

/// The recipients are there: the text is a reply from now on.
pub(super) fn take_public(model: &mut Model, draft: Draft, remarks: Vec<String>) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let body = std::mem::take(&mut composing.draft.body);
    composing.kind = Kind::Mail;
    composing.draft = Draft { body, ..draft };
    composing.came_with = composing.draft.recipient_keys();
    composing.form = Form::of(&composing.draft);
    composing.remarks = remarks;
    compose::prepare(model)
}

/// Asks for the path of a file to send along.
pub(super) fn attach(model: &mut Model) -> Vec<Effect> {
    if ready_mail(model).is_none() { Vec::new() } else { prompt::open(model, PromptKind::Attach, "") }
}

pub(super) fn take_attached(model: &mut Model, file: DraftAttachment) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let name = file.name.clone();
    composing.draft.attachments.push(file);
    composing.unsaved = true;
    say(model, format!("attached {name}"));
    compose::prepare(model)
}

/// Takes a file off again: the only one at once, one of several by a picker.
pub(super) fn detach(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready_mail(model) else { return Vec::new() };
    match composing.draft.attachments.len() {
        0 => {
            hint(model, "no file is attached; a attaches one");
            Vec::new()
        }
        1 => detach_one(model, 0),
        _ => picker::pick(model, PickerKind::Detach),
    }
}

pub(super) fn detach_one(model: &mut Model, index: usize) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    if index < composing.draft.attachments.len() {
        let file = composing.draft.attachments.remove(index);
        composing.unsaved = true;
        say(model, format!("took {} off", file.name));
    }
    compose::prepare(model)
}

/// Asks for the projects the mail can be written as.
pub(super) fn pick_identity(model: &mut Model) -> Vec<Effect> {
    if ready_mail(model).is_none() {
        return Vec::new();
    }
    picker::pick(model, PickerKind::Identity);
    vec![read(model, Lane::Choices, Purpose::Choices, Job::Identities)]
}

pub(super) fn take_identity(model: &mut Model, line: &ProjectLine) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.draft.project.clone_from(&line.id);
    composing.draft.from = line.from.clone();
    composing.unsaved = true;
    compose::prepare(model)
}
