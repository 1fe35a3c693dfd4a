//! A reply from `r` to sent: draft, editor, review, send.

use std::collections::BTreeSet;

use super::{act, confirm, hint, overlay, perform, queue, say};
use crate::domain::draft::{Check, Draft};
use crate::domain::ticket::Status;
use crate::protocol::job::{Complaint, Job, ReplyOptions, Review, SendOutcome};
use crate::tui::model::{Composing, Confirmed, Model, PickerKind, Purpose, Screen, Stage};
use crate::tui::msg::{EditTask, Edited, Effect};

/// Asks the worker for a draft that answers the ticket at hand.
pub(super) fn begin(model: &mut Model, sender_only: bool, template: Option<String>) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    if let Some(composing) = &model.composing {
        let why = if composing.stage == Stage::Sending { "a reply is still being sent" } else { "a reply is already being prepared" };
        hint(model, why);
        return Vec::new();
    }
    model.composing = Some(Composing {
        draft: Draft { template: template.clone(), ..Draft::default() },
        draft_id: None,
        begun_with: String::new(),
        stage: Stage::Beginning,
        text: String::new(),
        objections: Vec::new(),
        remarks: Vec::new(),
        scroll: 0,
        leaving: false,
        error: None,
    });
    hint(model, format!("preparing a reply to {}", row.label()));
    let options = ReplyOptions { template, sender_only, quote: true };
    vec![perform(model, Purpose::Begin, Job::BeginReply { ticket: row.key, options })]
}

/// The draft is there: it goes to the editor.
pub(super) fn take_draft(model: &mut Model, draft: Draft, remarks: Vec<String>) -> Vec<Effect> {
    let Some(composing) = model.composing.as_mut().filter(|composing| composing.stage == Stage::Beginning) else { return Vec::new() };
    composing.begun_with.clone_from(&draft.body);
    composing.draft = draft;
    composing.remarks = remarks;
    composing.stage = Stage::Editing;
    model.toast = None;
    vec![Effect::Edit { task: EditTask::Reply, text: composing.begun_with.clone() }]
}

/// The editor has ended, with a text or with trouble.
pub(super) fn edited(model: &mut Model, task: EditTask, outcome: Edited) -> Vec<Effect> {
    let (text, complaint) = match outcome {
        Edited::Text(text) => (Some(text), None),
        Edited::Failed { text, complaint } => (text, Some(complaint)),
    };
    if let Some(complaint) = &complaint {
        super::complain(model, complaint);
    }
    match (task, text) {
        (EditTask::Note(key), Some(text)) if complaint.is_none() => overlay::write_note(model, key, text),
        // What a failed editor leaves is offered again, not written.
        (EditTask::Note(key), Some(text)) if !text.trim().is_empty() => {
            overlay::prompt(model, crate::tui::model::PromptKind::Note(key), text.lines().next().unwrap_or_default())
        }
        (EditTask::Note(_), _) => Vec::new(),
        (EditTask::Reply, text) => reply_edited(model, text, complaint),
    }
}

fn reply_edited(model: &mut Model, text: Option<String>, complaint: Option<Complaint>) -> Vec<Effect> {
    let Some(composing) = model.composing.as_mut() else { return Vec::new() };
    let text = text.unwrap_or_else(|| composing.draft.body.clone());
    let unchanged = text.trim() == composing.begun_with.trim() && composing.draft.template.is_none();
    if composing.draft_id.is_none() && model.screens.last() != Some(&Screen::Review) && (unchanged || text.trim().is_empty()) {
        model.composing = None;
        if complaint.is_none() {
            hint(model, "nothing written; no draft kept");
        }
        return Vec::new();
    }
    composing.draft.body = text;
    composing.stage = Stage::Preparing;
    composing.error = complaint;
    if model.screen() != Screen::Review {
        model.screens.push(Screen::Review);
    }
    save_and_review(model)
}

/// Saves first, so that nothing written depends on what comes after.
fn save_and_review(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = &model.composing else { return Vec::new() };
    let (id, draft) = (composing.draft_id, composing.draft.clone());
    vec![perform(model, Purpose::Save, Job::SaveDraft { id, draft: draft.clone() }), perform(model, Purpose::Review, Job::Review(draft))]
}

pub(super) fn take_saved(model: &mut Model, id: i64) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.draft_id = Some(id);
    if composing.leaving { keep(model) } else { Vec::new() }
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
    let saved = model.composing.as_ref().is_some_and(|composing| composing.draft_id.is_some());
    if *purpose == Purpose::Begin || (saved && !model.screens.contains(&Screen::Review)) {
        model.composing = None;
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

/// Shows the review again if the agent has left it meanwhile.
fn come_back(model: &mut Model) {
    if model.composing.is_some() && !model.screens.contains(&Screen::Review) {
        model.screens.push(Screen::Review);
    }
}

/// The reply under review if it can be acted upon; else says why not.
fn ready(model: &mut Model) -> Option<&mut Composing> {
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
    let Some(composing) = ready(model) else { return Vec::new() };
    if composing.objections.is_empty() {
        return hand_over(model, BTreeSet::new());
    }
    let objections: Vec<String> = composing.objections.iter().map(|objection| format!("· {}", objection.what)).collect();
    if composing.objections.iter().any(|objection| objection.check == Check::NoRecipient) {
        hint(model, "there is nobody to send it to");
        return Vec::new();
    }
    confirm(model, "Send all the same?", objections, Confirmed::SendAnyway);
    Vec::new()
}

pub(super) fn send_anyway(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    let allowed = composing.objections.iter().map(|objection| objection.check).collect();
    hand_over(model, allowed)
}

pub(super) fn pick_status_and_send(model: &mut Model) -> Vec<Effect> {
    if ready(model).is_none() {
        return Vec::new();
    }
    overlay::pick(model, PickerKind::SendStatus)
}

pub(super) fn send_and_set(model: &mut Model, status: Option<Status>) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    composing.draft.status = status;
    send(model)
}

fn hand_over(model: &mut Model, allowed: BTreeSet<Check>) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.stage = Stage::Sending;
    composing.leaving = false;
    composing.error = None;
    let (draft_id, draft) = (composing.draft_id, composing.draft.clone());
    vec![Effect::Send(super::ask(model, Purpose::Send, Job::Send { draft_id, draft, allowed }))]
}

pub(super) fn take_outcome(model: &mut Model, outcome: SendOutcome) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let to = composing.draft.to.first().map(|address| address.label().to_owned()).unwrap_or_default();
    match outcome {
        SendOutcome::Objected(objections) => {
            composing.objections = objections;
            composing.stage = Stage::Ready;
            come_back(model);
            hint(model, "not sent: see what stands against it");
            return Vec::new();
        }
        SendOutcome::Sent => say(model, format!("sent to {to}")),
        SendOutcome::Queued(why) => hint(model, format!("kept in the outbox: {why}")),
        SendOutcome::Held(why) => hint(model, format!("held: {why}; g o shows the outbox")),
        SendOutcome::Refused(why) => hint(model, format!("the server refused it: {why}; g o shows the outbox")),
        SendOutcome::Uncertain(why) => hint(model, format!("it is uncertain whether it was sent: {why}; g o shows the outbox")),
    }
    leave(model);
    queue::refresh(model)
}

/// Forgets the reply on the screen; the draft in the store is another matter.
fn leave(model: &mut Model) {
    model.composing = None;
    model.screens.retain(|screen| *screen != Screen::Review);
    // Help about the review has nothing to go back to either.
    if model.help.about == crate::action::Scope::Review {
        model.screens.retain(|screen| *screen != Screen::Help);
    }
}

pub(super) fn edit_again(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    composing.stage = Stage::Editing;
    composing.leaving = false;
    vec![Effect::Edit { task: EditTask::Reply, text: composing.draft.body.clone() }]
}

/// Leaves the review; the draft has been saved when the editor ended.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    match model.composing.as_ref().map(|composing| (composing.stage, composing.draft_id)) {
        Some((Stage::Sending, _)) => {
            model.screens.retain(|screen| *screen != Screen::Review);
            hint(model, "sending goes on in the background");
            Vec::new()
        }
        Some((_, None)) if model.awaits(&Purpose::Save) => {
            hint(model, "saving the draft");
            if let Some(composing) = &mut model.composing {
                composing.leaving = true;
            }
            Vec::new()
        }
        // Saving failed: leaving would lose the text, so it is tried once more.
        Some((_, None)) => {
            hint(model, "the draft is not saved yet; trying again (D discards it)");
            if let Some(composing) = &mut model.composing {
                composing.stage = Stage::Preparing;
            }
            save_and_review(model)
        }
        Some((_, Some(id))) => {
            leave(model);
            say(model, format!("kept as draft {id}"));
            queue::refresh(model)
        }
        None => {
            leave(model);
            Vec::new()
        }
    }
}

pub(super) fn ask_discard(model: &mut Model) -> Vec<Effect> {
    if ready(model).is_some() {
        let remark = vec!["It can be recovered from the trash for seven days.".to_owned()];
        confirm(model, "Discard the draft?", remark, Confirmed::Discard);
    }
    Vec::new()
}

pub(super) fn discard(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = ready(model) else { return Vec::new() };
    let id = composing.draft_id;
    leave(model);
    say(model, "draft discarded");
    id.map(|id| perform(model, Purpose::Discard, Job::DiscardDraft(id))).into_iter().collect()
}
