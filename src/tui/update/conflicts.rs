//! Changes of ours that were not applied: told, looked at, decided about.

use super::{confirm, hint, perform, read, say, ticket};
use crate::domain::EventId;
use crate::protocol::answer::ConflictLine;
use crate::protocol::job::{Decision, Job};
use crate::tui::model::{Confirmed, Model, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};

pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Review | Screen::Compose) {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    model.screens.retain(|screen| *screen != Screen::Conflicts);
    model.screens.push(Screen::Conflicts);
    model.conflicts.selected = 0;
    model.conflicts.announce();
    vec![ask(model)]
}

pub(super) fn ask(model: &mut Model) -> Effect {
    read(model, Lane::Conflicts, Purpose::Conflicts, Job::Conflicts)
}

pub(super) fn take(model: &mut Model, mut lines: Vec<ConflictLine>) {
    lines.sort_by_key(|line| (!line.is_parked, !line.is_undecided));
    let is_first = !model.conflicts.loaded;
    let selected = model.conflicts.lines.get(model.conflicts.selected).map(|line| line.event);
    let there = selected.and_then(|event| lines.iter().position(|line| line.event == event));
    model.conflicts.selected = there.unwrap_or(model.conflicts.selected).min(lines.len().saturating_sub(1));
    model.conflicts.lines = lines;
    (model.conflicts.loaded, model.conflicts.error) = (true, None);
    if is_first {
        model.conflicts.announce_shared();
    }
    // Who has the list before his eyes need not be asked whether to look at it.
    if model.screen() == Screen::Conflicts {
        model.conflicts.announce();
    }
}

/// Asks for a decision once nothing is being typed or chosen: who was away comes back to it.
pub(super) fn announce(model: &mut Model) {
    let is_free = matches!(model.screen(), Screen::Queue | Screen::Ticket | Screen::Jobs | Screen::Outbox | Screen::Drafts);
    if !is_free || model.overlay.is_some() || model.has_keys_waiting() || !model.conflicts.is_to_be_announced() {
        return;
    }
    model.conflicts.announce();
    let question = match model.conflicts.undecided() {
        _ if model.conflicts.is_stuck() => {
            "The mail server does not take a change of yours, and what you did after it waits behind it. Look at it now?".to_owned()
        }
        1 => "While you were offline a colleague changed what you changed too. Look at it now?".to_owned(),
        count => format!("While you were offline colleagues changed {count} things that you changed too. Look at them now?"),
    };
    let key = model.keymap.key_of(model.scope(), "go-conflicts").unwrap_or_else(|| ":go-conflicts".to_owned());
    let rest = if model.conflicts.is_stuck() {
        "Nothing is lost: all of it is kept here, in order."
    } else {
        "Everything else has been shared; these changes of yours wait for your word."
    };
    let remarks = vec![rest.to_owned(), format!("{key} comes back to them.")];
    confirm(model, question, remarks, Confirmed::Conflicts);
}

fn selected(model: &mut Model) -> Option<ConflictLine> {
    let line = model.conflicts.lines.get(model.conflicts.selected).cloned();
    if line.is_none() {
        hint(model, "nothing waits for a decision");
    }
    line
}

/// Decides about the selected one.
pub(super) fn decide(model: &mut Model, decision: Decision) -> Vec<Effect> {
    let Some(line) = selected(model) else { return Vec::new() };
    vec![perform(model, Purpose::Decide, Job::Decide(vec![(line.event, decision)]))]
}

/// Decides about all that wait for it, or, where none does, about all that are listed; after asking.
pub(super) fn ask_about_all(model: &mut Model, decision: Decision) -> Vec<Effect> {
    let waits = |line: &&ConflictLine| line.is_undecided || model.conflicts.undecided() == 0;
    let all: Vec<(EventId, Decision)> = model.conflicts.lines.iter().filter(waits).map(|line| (line.event, decision)).collect();
    let what = match decision {
        Decision::Apply => "Apply all of yours anyway",
        Decision::Drop => "Drop all of yours",
        Decision::Keep => "Leave all of yours in the history, not applied",
    };
    match all.len() {
        0 => drop(selected(model)),
        1 => return decide(model, decision),
        count => {
            let undo = if decision == Decision::Apply { vec!["u takes it back.".to_owned()] } else { Vec::new() };
            confirm(model, format!("{what} ({count})?"), undo, Confirmed::Decide(all));
        }
    }
    Vec::new()
}

pub(super) fn confirmed(model: &mut Model, all: Vec<(EventId, Decision)>) -> Vec<Effect> {
    vec![perform(model, Purpose::Decide, Job::Decide(all))]
}

/// Decisions were made: on with the rest, or back.
pub(super) fn take_decided(model: &mut Model, what: String) -> Vec<Effect> {
    say(model, what);
    model.queue.keep_order = true;
    super::queue::refresh(model)
}

/// Opens the ticket of the selected one.
pub(super) fn open_ticket(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        Some(line) => ticket::open(model, line.ticket),
        None => Vec::new(),
    }
}
