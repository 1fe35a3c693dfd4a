//! Looking at a held mail beside what came in between: edit it, send it all the same, or give it up.

use super::{drafts, hint, read};
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::{Complaint, HeldMail};
use crate::protocol::job::Job;
use crate::tui::model::{HeldScreen, Model, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};

/// Shows the selected mail of the outbox.
pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    match drafts::selected_mail(model) {
        Some(line) if line.state == OutboxState::Held => open(model, Some(line.id)),
        Some(line) => {
            hint(model, format!("it is {}; only a held mail has something to be compared with", line.state.as_str()));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// A mail has just been held: unless the agent writes or types something else by now, both texts are shown at once.
pub(super) fn open_when_free(model: &mut Model, id: Option<i64>) -> Vec<Effect> {
    if model.composing.is_some() || model.overlay.is_some() || model.has_keys_waiting() { Vec::new() } else { open(model, id) }
}

fn open(model: &mut Model, id: Option<i64>) -> Vec<Effect> {
    model.held = HeldScreen::default();
    close(model);
    model.screens.push(Screen::Held);
    vec![read(model, Lane::Held, Purpose::Held, Job::Compare(id))]
}

/// Reads it again: what was missing may have come.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    match &model.held.mail {
        Some(mail) if model.screens.contains(&Screen::Held) => {
            let id = Some(mail.id);
            vec![read(model, Lane::Held, Purpose::Held, Job::Compare(id))]
        }
        _ => Vec::new(),
    }
}

pub(super) fn take(model: &mut Model, mail: HeldMail) {
    model.held.error = None;
    model.held.mail = Some(Box::new(mail));
}

pub(super) fn take_complaint(model: &mut Model, complaint: Complaint) {
    model.held.error = Some(complaint);
}

/// Nothing is to be decided here any more.
pub(super) fn close(model: &mut Model) {
    model.screens.retain(|screen| *screen != Screen::Held);
}
