//! Changing the ticket at hand.

use super::{hint, overlay, perform};
use crate::domain::TicketKey;
use crate::domain::ticket::{self, Priority, Status, TicketRow};
use crate::protocol::job::{Act, Job};
use crate::tui::model::{Model, PickerKind, PromptKind, Purpose, Screen};
use crate::tui::msg::Effect;
use crate::tui::verb::Assignee;

/// The ticket that keys are about: the one being read, else the selected one.
pub(super) fn target(model: &Model) -> Option<&TicketRow> {
    match model.screen() {
        Screen::Ticket => model.ticket.shown.as_ref().map(|ticket| &ticket.row),
        Screen::Queue => model.queue.row(),
        Screen::Review | Screen::Outbox | Screen::Help => None,
    }
}

/// The target, or a word on why there is none.
pub(super) fn require(model: &mut Model) -> Option<TicketRow> {
    let row = target(model).cloned();
    if row.is_none() {
        hint(model, "there is no ticket here to do that to");
    }
    row
}

/// Asks the worker to change a ticket.
pub(super) fn change(model: &mut Model, key: TicketKey, act: Act) -> Vec<Effect> {
    vec![perform(model, Purpose::Act, Job::Act { tickets: vec![key], act })]
}

pub(super) fn assign(model: &mut Model, who: Option<Assignee>) -> Vec<Effect> {
    let Some(row) = require(model) else { return Vec::new() };
    let Some(who) = who else { return overlay::pick(model, PickerKind::Assignee(row.key)) };
    let name = match who {
        Assignee::Me => Some(model.agent.clone()),
        Assignee::Nobody => None,
        Assignee::Agent(name) => Some(name),
    };
    if row.assignee == name {
        let who = name.unwrap_or_else(|| "nobody".to_owned());
        hint(model, format!("{} is assigned to {who} already", row.label()));
        return Vec::new();
    }
    change(model, row.key, Act::Assign(name))
}

pub(super) fn status(model: &mut Model, status: Option<Status>) -> Vec<Effect> {
    let Some(row) = require(model) else { return Vec::new() };
    match status {
        None => overlay::pick(model, PickerKind::Status(row.key)),
        Some(status) if status == row.status => {
            hint(model, format!("{} is {} already", row.label(), status.as_str()));
            Vec::new()
        }
        Some(status) => change(model, row.key, Act::Status(status)),
    }
}

pub(super) fn priority(model: &mut Model, priority: Option<Priority>) -> Vec<Effect> {
    let Some(row) = require(model) else { return Vec::new() };
    match priority {
        None => overlay::pick(model, PickerKind::Priority(row.key)),
        Some(priority) if priority == row.priority => {
            hint(model, format!("{} has priority {} already", row.label(), priority.as_str()));
            Vec::new()
        }
        Some(priority) => change(model, row.key, Act::Priority(priority)),
    }
}

pub(super) fn tag(model: &mut Model, changes: &[String]) -> Vec<Effect> {
    let Some(row) = require(model) else { return Vec::new() };
    if changes.is_empty() {
        return overlay::prompt(model, PromptKind::Tags(row.key), "");
    }
    match read_tags(&changes.join(" ")) {
        Ok(act) => change(model, row.key, act),
        Err((.., why)) => {
            hint(model, why);
            Vec::new()
        }
    }
}

pub(super) fn note(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(row) = require(model) else { return Vec::new() };
    if text.trim().is_empty() { overlay::prompt(model, PromptKind::Note(row.key), "") } else { change(model, row.key, Act::Note(text)) }
}

/// Reads `+billing -spam urgent`.
///
/// # Errors
/// Returns where the first wrong word stands, in octets, and why it is wrong.
pub(super) fn read_tags(text: &str) -> Result<Act, (usize, usize, String)> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let (start, name) = (at, word.trim_end());
        at += word.len();
        if name.is_empty() {
            continue;
        }
        let (list, bare) = match name.strip_prefix('-') {
            Some(bare) => (&mut remove, bare),
            None => (&mut add, name.strip_prefix('+').unwrap_or(name)),
        };
        let why = || (start, start + name.len(), format!("`{name}` is no tag: letters, digits, - _ . / only"));
        list.push(ticket::tag(bare).ok_or_else(why)?);
    }
    if add.is_empty() && remove.is_empty() {
        return Err((0, text.len(), "type +tag to add, -tag to remove".to_owned()));
    }
    Ok(Act::Tag { add, remove })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_signs_and_the_wrong_word_is_pointed_at() {
        assert_eq!(read_tags(" +Billing -spam vip"), Ok(Act::Tag { add: vec!["billing".into(), "vip".into()], remove: vec!["spam".into()] }));
        assert_eq!(read_tags("+a b,c").map_err(|(start, end, _)| (start, end)), Err((3, 6)));
        assert!(read_tags("  ").is_err());
    }
}
