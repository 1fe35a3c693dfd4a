//! Composer, editor and review: what is shown of the text that is being written, and when it is left.

use super::{company, hint, perform, saving};
use crate::domain::address::is_addr_spec;
use crate::protocol::answer::{Complaint, Review};
use crate::protocol::job::Job;
use crate::tui::model::{Field, Kind, Model, Purpose, Screen, Stage};
use crate::tui::msg::{EditTask, Edited, Effect};

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
    let mut effects = saving::flush(model);
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
    if in_composer { saving::flush(model) } else { to_review(model) }
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
        return saving::flush(model);
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
    let mut effects = saving::save(model);
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
        saving::keep_unsaved(model);
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
