//! What came to nothing while nobody looked: said once, as soon as nothing more urgent is being said.

use crate::domain::outbox::OutboxState;
use crate::domain::sanitise;
use crate::protocol::json::OutboxLine;
use crate::tui::model::{Model, Screen, Toast, Tone};

/// Says what has not been said yet; `before` is what was being said when this began, and can make room.
pub(super) fn tell(model: &mut Model, before: Option<&Toast>) {
    let makes_room = |toast: &Toast| toast.tone != Tone::Bad && before == Some(toast);
    if !model.toast.as_ref().is_none_or(makes_room) {
        return;
    }
    let Some(text) = of_conflicts(model).or_else(|| of_mails(model)) else { return };
    model.toast = Some(Toast { tone: Tone::Bad, text });
}

/// Changes of ours that colleagues' came before. What was lost before this screen was opened is counted in the status line.
fn of_conflicts(model: &mut Model) -> Option<String> {
    if !model.conflicts.loaded {
        return None;
    }
    let new = model.conflicts.untold();
    if new == 0 {
        return None;
    }
    let text = (model.screen() != Screen::Conflicts).then(|| lost(model, new));
    model.conflicts.announce_shared();
    text
}

fn lost(model: &Model, count: usize) -> String {
    let key = key_of(model, "go-conflicts");
    match (count, model.conflicts.lines.iter().rfind(|line| !line.is_undecided)) {
        (1, Some(line)) => format!("{}: not applied: you {}, but {}; {key} shows it", line.label, line.mine, line.reason()),
        _ => format!("{count} changes of yours were not applied: colleagues were first; {key} shows them"),
    }
}

/// Mails that wait for a word of the agent.
fn of_mails(model: &mut Model) -> Option<String> {
    let new: Vec<OutboxLine> = model.outbox.untold().cloned().collect();
    let first = new.first()?;
    let is_in_sight = matches!(model.screen(), Screen::Outbox | Screen::Held);
    let text = (!is_in_sight).then(|| stuck(model, first, new.len()));
    model.outbox.announce();
    text
}

fn stuck(model: &Model, mail: &OutboxLine, count: usize) -> String {
    let key = key_of(model, "go-outbox");
    if count > 1 {
        return format!("{count} mails did not leave and wait for your word; {key} shows them");
    }
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let about = match &mail.ticket {
        Some(number) if is_number(number) => format!("#{number}"),
        Some(label) => label.clone(),
        None => format!("“{}”", mail.subject),
    };
    let what = match mail.state {
        OutboxState::Refused => "was refused",
        OutboxState::Uncertain => "may have been sent, and may not",
        _ => "is held",
    };
    let why = mail.error.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    sanitise::line(&format!("your mail on {about} {what}{why}; {key} shows it")).into_owned()
}

fn key_of(model: &Model, action: &str) -> String {
    model.keymap.key_of(model.scope(), action).unwrap_or_else(|| format!(":{action}"))
}
