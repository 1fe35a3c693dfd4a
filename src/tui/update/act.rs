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
        Screen::Review | Screen::Outbox | Screen::Help | Screen::Source => None,
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

/// The tickets a change is about: the marked ones of the list, else the one at hand.
pub(super) fn targets(model: &Model) -> Vec<TicketKey> {
    if model.screen() == Screen::Queue && !model.queue.marks.is_empty() {
        return model.queue.marks.iter().cloned().collect();
    }
    target(model).map(|row| row.key.clone()).into_iter().collect()
}

/// The targets, or a word on why there are none.
fn require_some(model: &mut Model) -> Option<Vec<TicketKey>> {
    let targets = targets(model);
    if targets.is_empty() {
        hint(model, "there is no ticket here to do that to");
        return None;
    }
    Some(targets)
}

/// The ticket at hand when it is the only target: what it is like already needs no change.
fn only_target<'a>(model: &'a Model, targets: &[TicketKey]) -> Option<&'a TicketRow> {
    let [key] = targets else { return None };
    target(model).filter(|row| row.key == *key)
}

/// Asks the worker to change tickets.
pub(super) fn change(model: &mut Model, tickets: Vec<TicketKey>, act: Act) -> Vec<Effect> {
    vec![perform(model, Purpose::Act, Job::Act { tickets, act })]
}

pub(super) fn assign(model: &mut Model, who: Option<Assignee>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(who) = who else { return overlay::pick(model, PickerKind::Assignee(tickets)) };
    let name = match who {
        Assignee::Me => Some(model.agent.clone()),
        Assignee::Nobody => None,
        Assignee::Agent(name) => Some(name),
    };
    if let Some(row) = only_target(model, &tickets).filter(|row| row.assignee == name) {
        let already = format!("{} is assigned to {} already", row.label(), name.as_deref().unwrap_or("nobody"));
        hint(model, already);
        return Vec::new();
    }
    change(model, tickets, Act::Assign(name))
}

pub(super) fn status(model: &mut Model, status: Option<Status>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(status) = status else { return overlay::pick(model, PickerKind::Status(tickets)) };
    if let Some(row) = only_target(model, &tickets).filter(|row| row.status == status) {
        let already = format!("{} is {} already", row.label(), status.as_str());
        hint(model, already);
        return Vec::new();
    }
    change(model, tickets, Act::Status(status))
}

pub(super) fn priority(model: &mut Model, priority: Option<Priority>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(priority) = priority else { return overlay::pick(model, PickerKind::Priority(tickets)) };
    if let Some(row) = only_target(model, &tickets).filter(|row| row.priority == priority) {
        let already = format!("{} has priority {} already", row.label(), priority.as_str());
        hint(model, already);
        return Vec::new();
    }
    change(model, tickets, Act::Priority(priority))
}

pub(super) fn tag(model: &mut Model, changes: &[String]) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    if changes.is_empty() {
        return overlay::prompt(model, PromptKind::Tags(tickets), "");
    }
    match read_tags(&changes.join(" ")) {
        Ok(act) => change(model, tickets, act),
        Err((.., why)) => {
            hint(model, why);
            Vec::new()
        }
    }
}

pub(super) fn note(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    if text.trim().is_empty() { overlay::prompt(model, PromptKind::Note(tickets), "") } else { change(model, tickets, Act::Note(text)) }
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
