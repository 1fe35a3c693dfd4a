//! What is being written is saved: while it is typed, before anything else is done with it, and to be gone on with later.

use std::time::Duration;

use super::{compose, hint, perform, queue, say};
use crate::action::Scope;
use crate::protocol::job::Job;
use crate::tui::model::{Alarm, Model, Purpose, Screen, Stage};
use crate::tui::msg::Effect;

/// A save that failed is tried again after this long.
const SAVE_AGAIN: Duration = Duration::from_secs(10);

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

/// Leaves composer or review and keeps the draft.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    if model.screen() == Screen::Compose {
        if let Some(first) = take_typed(model) {
            return first;
        }
    }
    let Some((stage, id)) = model.composing.as_ref().map(|composing| (composing.stage, composing.draft_id)) else {
        compose::leave(model);
        return Vec::new();
    };
    let is_unsaved = model.composing.as_ref().is_some_and(|composing| composing.unsaved);
    match id {
        _ if stage == Stage::Sending => {
            model.screens.retain(|screen| *screen != Screen::Review);
            let outbox = model.keymap.key_of(crate::action::Scope::List, "go-outbox").unwrap_or_else(|| ":go-outbox".to_owned());
            hint(model, format!("sending goes on in the background; {outbox} shows what becomes of it"));
            Vec::new()
        }
        // Whether the text is safe is known with the answer.
        _ if model.awaits(&Purpose::Save) => {
            hint(model, "saving the draft");
            leave_once_saved(model, Vec::new())
        }
        // Saving failed: leaving would lose the text, so it is tried once more.
        None => {
            hint(model, "the draft is not saved yet; trying again (D discards it)");
            compose::prepare(model)
        }
        Some(_) if is_unsaved => {
            let effects = save(model);
            leave_once_saved(model, effects)
        }
        Some(id) => {
            compose::leave(model);
            let key = model.keymap.key_of(Scope::List, "go-drafts").unwrap_or_else(|| ":go-drafts".to_owned());
            say(model, format!("kept as draft {id}; {key} shows the drafts"));
            queue::refresh(model)
        }
    }
}

/// Takes what stands in the composer into the draft; what is to be done before that can be left, if there is anything.
fn take_typed(model: &mut Model) -> Option<Vec<Effect>> {
    if let Some(composing) = &mut model.composing {
        composing.form.write_into(&mut composing.draft);
        if composing.is_untouched() {
            compose::leave(model);
            hint(model, "nothing written; no draft kept");
            return Some(Vec::new());
        }
    }
    // What began with a template is worth keeping before anything was typed.
    let is_saved = model.composing.as_ref().is_none_or(|composing| composing.draft_id.is_some());
    let effects = if is_saved { flush(model) } else { save(model) };
    if effects.is_empty() { None } else { Some(leave_once_saved(model, effects)) }
}

fn leave_once_saved(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    if let Some(composing) = &mut model.composing {
        composing.leaving = true;
    }
    effects
}

/// A save has failed: the text is not left, and saved again in a while.
pub(super) fn keep_unsaved(model: &mut Model) {
    let Some(composing) = &mut model.composing else { return };
    (composing.unsaved, composing.leaving) = (true, false);
    if let Ok(at) = model.now.checked_add(SAVE_AGAIN) {
        model.alarms.entry(Alarm::Autosave).or_insert(at);
    }
}
