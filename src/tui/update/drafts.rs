//! The saved drafts, and what can be done with the mail in the outbox.

use super::{confirm, departing, held, hint, perform, read, say};
use crate::domain::outbox::OutboxState;
use crate::protocol::job::Job;
use crate::protocol::json::OutboxLine;
use crate::tui::model::{Confirmed, Model, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};

pub(super) fn open_list(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Review | Screen::Compose) {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    model.screens.retain(|screen| *screen != Screen::Drafts);
    model.screens.push(Screen::Drafts);
    ask(model)
}

pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    vec![read(model, Lane::Drafts, Purpose::Drafts, Job::Drafts)]
}

pub(super) fn take(model: &mut Model, lines: Vec<crate::domain::draft::DraftLine>) {
    model.drafts.selected = model.drafts.selected.min(lines.len().saturating_sub(1));
    model.drafts.lines = lines;
    (model.drafts.loaded, model.drafts.error) = (true, None);
}

fn selected(model: &mut Model) -> Option<(i64, bool)> {
    let line = model.drafts.lines.get(model.drafts.selected).map(|line| (line.id, line.discarded));
    if line.is_none() {
        hint(model, "there is no draft here");
    }
    line
}

pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        Some((_, true)) => {
            hint(model, "this draft is in the trash; r recovers it");
            Vec::new()
        }
        Some((id, false)) => vec![perform(model, Purpose::Open, Job::OpenDraft(id))],
        None => Vec::new(),
    }
}

pub(super) fn discard_selected(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        Some((_, true)) => {
            hint(model, "it is in the trash already");
            Vec::new()
        }
        Some((id, false)) => {
            say(model, "in the trash for seven days; r recovers it");
            vec![perform(model, Purpose::Discard, Job::DiscardDraft(id))]
        }
        None => Vec::new(),
    }
}

pub(super) fn recover_selected(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        Some((id, true)) => {
            say(model, "recovered");
            vec![perform(model, Purpose::Discard, Job::RecoverDraft(id))]
        }
        Some((_, false)) => {
            hint(model, "this draft is not in the trash; enter opens it");
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The mail that keys are about: the held one that is looked at, else the selected one.
pub(super) fn selected_mail(model: &mut Model) -> Option<OutboxLine> {
    let looked_at = model.held.mail.as_ref().map(|mail| mail.id).filter(|_| model.screen() == Screen::Held);
    let line = match looked_at {
        Some(id) => model.outbox.lines.iter().find(|line| line.id == id).cloned(),
        None => model.outbox.lines.get(model.outbox.selected).cloned(),
    };
    if line.is_none() {
        hint(model, "there is no mail here");
    }
    line
}

/// Tries a mail again now; one that could reach somebody twice only after asking.
pub(super) fn retry(model: &mut Model) -> Vec<Effect> {
    let Some(line) = selected_mail(model) else { return Vec::new() };
    let why = match line.state {
        OutboxState::Sent => {
            hint(model, "it has been sent");
            return Vec::new();
        }
        OutboxState::Queued | OutboxState::Scheduled | OutboxState::Refused => return retry_now(model, &line, false),
        OutboxState::Held => "The ticket has moved since it was written.",
        OutboxState::Sending | OutboxState::Uncertain => "The server may have taken it: the customer could get it twice. Look into Sent first.",
    };
    confirm(model, "Send it all the same?", [vec![why.to_owned()], line.error.into_iter().collect()].concat(), Confirmed::RetryAnyway(line.id));
    Vec::new()
}

pub(super) fn retry_anyway(model: &mut Model, id: i64) -> Vec<Effect> {
    match model.outbox.lines.iter().find(|line| line.id == id).cloned() {
        Some(line) => retry_now(model, &line, true),
        None => Vec::new(),
    }
}

fn retry_now(model: &mut Model, line: &OutboxLine, anyway: bool) -> Vec<Effect> {
    departing::forget(model, line.id);
    held::close(model);
    hint(model, "trying again");
    let to = line.to.first().cloned().unwrap_or_default();
    vec![Effect::Send(super::ask(model, Purpose::Depart { id: line.id, to }, Job::Retry { id: line.id, anyway }))]
}

/// Makes a mail a draft again and opens it.
pub(super) fn edit_mail(model: &mut Model) -> Vec<Effect> {
    let Some(line) = selected_mail(model) else { return Vec::new() };
    if matches!(line.state, OutboxState::Sent | OutboxState::Sending | OutboxState::Uncertain) {
        hint(model, format!("it is {} and cannot be edited any more", line.state.as_str()));
        return Vec::new();
    }
    departing::forget(model, line.id);
    held::close(model);
    vec![perform(model, Purpose::Open, Job::Recall(line.id))]
}

pub(super) fn ask_cancel(model: &mut Model) -> Vec<Effect> {
    let Some(line) = selected_mail(model) else { return Vec::new() };
    match line.state {
        OutboxState::Sent | OutboxState::Sending => hint(model, format!("it is {} and cannot be cancelled", line.state.as_str())),
        _ => {
            let remarks = vec![format!("{} to {}", line.subject, line.to.join(", ")), "Its text is lost; e makes it a draft instead.".to_owned()];
            confirm(model, "Cancel this mail?", remarks, Confirmed::CancelMail(line.id));
        }
    }
    Vec::new()
}

pub(super) fn cancel(model: &mut Model, id: i64) -> Vec<Effect> {
    departing::forget(model, id);
    held::close(model);
    say(model, "cancelled");
    vec![perform(model, Purpose::Discard, Job::CancelMail(id))]
}
