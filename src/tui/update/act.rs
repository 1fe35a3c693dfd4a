//! Changing the ticket at hand.

use super::{begin, bulk, hint, onward, perform, picker, prompt, queue};
use crate::domain::address::is_addr_spec;
use crate::domain::suggestion::Which;
use crate::domain::ticket::{Priority, Status, TicketRow};
use crate::domain::{TicketKey, moment};
use crate::protocol::job::{Act, Job};
use crate::protocol::json::ShownTicket;
use crate::tui::model::{AfterAction, Confirmed, Model, PickerKind, PromptKind, Purpose, Screen, Tagging};
use crate::tui::msg::Effect;
use crate::tui::verb::{Assignee, SnoozeTo};

/// The ticket that keys are about: the one being read, else the selected one.
pub(super) fn target(model: &Model) -> Option<&TicketRow> {
    match model.screen() {
        Screen::Ticket => model.ticket.shown.as_ref().map(|ticket| &ticket.row).or_else(|| being_opened(model)),
        Screen::Queue => model.queue.row(),
        Screen::Compose
        | Screen::Review
        | Screen::Drafts
        | Screen::Outbox
        | Screen::Held
        | Screen::Conflicts
        | Screen::Jobs
        | Screen::Help
        | Screen::Source => None,
    }
}

/// The line of the ticket that is being read in: who types fast need not wait for it.
fn being_opened(model: &Model) -> Option<&TicketRow> {
    let key = model.ticket.key.as_ref()?;
    model.queue.rows.iter().find(|row| row.key == *key)
}

/// All that is known here of a ticket: of the one that is read, or that the preview shows.
pub(super) fn known<'a>(model: &'a Model, key: &TicketKey) -> Option<&'a ShownTicket> {
    let reading = model.ticket.shown.as_deref().filter(|_| model.screen() == Screen::Ticket);
    reading.or(model.queue.preview.ticket.as_deref()).filter(|ticket| ticket.row.key == *key)
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

/// Changes one ticket at once, or asks about several.
pub(super) fn change(model: &mut Model, tickets: Vec<TicketKey>, act: Act) -> Vec<Effect> {
    match tickets.len() {
        0 => Vec::new(),
        1 if !joins(&act) => {
            let purpose = if goes_on(&act) { Purpose::ActAndGo(act.clone()) } else { Purpose::Act(Some(act.clone())) };
            vec![perform(model, purpose, Job::Act { tickets, act })]
        }
        _ => bulk::ask(model, tickets, act),
    }
}

/// Whether a change makes one ticket of two, which is asked about.
fn joins(act: &Act) -> bool {
    matches!(act, Act::Merge(_) | Act::Accept(Which::Ticket(_) | Which::Surest))
}

/// What was asked about is to be done.
pub(super) fn confirmed(model: &mut Model, tickets: Vec<TicketKey>, act: Act) -> Vec<Effect> {
    let is_single = tickets.len() == 1 && model.queue.marks.is_empty();
    if is_single { vec![perform(model, Purpose::ActAndGo(act.clone()), Job::Act { tickets, act })] } else { bulk::start(model, tickets, act) }
}

/// Whether a change is the last thing one does to a ticket for now.
fn goes_on(act: &Act) -> bool {
    matches!(act, Act::Assign(_) | Act::Status(_) | Act::Snooze(Some(_)) | Act::Project(_) | Act::Merge(_) | Act::Accept(Which::Ticket(_)))
}

/// A marked ticket that was changed is done with.
pub(super) fn unmark(model: &mut Model, tickets: &[TicketKey]) {
    model.queue.marks.retain(|key| !tickets.contains(key));
}

/// Moves the cursor behind a change as the configuration says, by ticket, and reads everything anew.
pub(super) fn follow_up(model: &mut Model, changed: &[TicketKey]) -> Vec<Effect> {
    model.queue.keep_order = true;
    let is_selected = model.queue.selected.as_ref().is_some_and(|key| changed.contains(key));
    let mut effects = match (model.after_action, model.screen()) {
        (AfterAction::Next, Screen::Queue | Screen::Ticket) if is_selected => onward::go_on(model),
        (AfterAction::Back, Screen::Ticket) => super::navigate::back(model),
        _ => Vec::new(),
    };
    effects.extend(queue::refresh(model));
    effects
}

pub(super) fn assign(model: &mut Model, who: Option<Assignee>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(who) = who else { return picker::pick(model, PickerKind::Assignee(tickets)) };
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
    let Some(status) = status else { return picker::pick(model, PickerKind::Status(tickets)) };
    if let Some(row) = only_target(model, &tickets).filter(|row| row.status == status) {
        let already = format!("{} is {} already", row.label(), status.as_str());
        hint(model, already);
        return Vec::new();
    }
    change(model, tickets, Act::Status(status))
}

pub(super) fn priority(model: &mut Model, priority: Option<Priority>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(priority) = priority else {
        let present = only_target(model, &tickets).map(|row| row.priority.as_str());
        return picker::pick_at(model, PickerKind::Priority(tickets), present);
    };
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
        return picker::pick(model, PickerKind::Tag(tickets, Tagging::Toggle));
    }
    match read_tags(&changes.join(" ")) {
        Ok(act) => change(model, tickets, act),
        Err((.., why)) => {
            hint(model, why);
            Vec::new()
        }
    }
}

pub(super) fn pick_tag(model: &mut Model, how: Tagging) -> Vec<Effect> {
    match require_some(model) {
        Some(tickets) => picker::pick(model, PickerKind::Tag(tickets, how)),
        None => Vec::new(),
    }
}

/// Puts tickets to sleep, or wakes them.
pub(super) fn snooze(model: &mut Model, to: SnoozeTo) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let words = match to {
        SnoozeTo::Ask => return prompt::open(model, PromptKind::Snooze(tickets), ""),
        SnoozeTo::Wake => return wake(model, tickets),
        SnoozeTo::Until(words) => words,
        SnoozeTo::Again => match model.last_snooze.clone() {
            Some(words) => words,
            None => {
                hint(model, "nothing was snoozed yet; z h, z t, z w or z d first");
                return Vec::new();
            }
        },
    };
    match moment::until(&words, model.now, &model.zone) {
        Ok(until) => {
            model.last_snooze = Some(words);
            change(model, tickets, Act::Snooze(Some(until)))
        }
        Err(error) => {
            hint(model, error.to_string());
            Vec::new()
        }
    }
}

fn wake(model: &mut Model, tickets: Vec<TicketKey>) -> Vec<Effect> {
    if let Some(row) = only_target(model, &tickets).filter(|row| row.snoozed_until.is_none()) {
        let awake = format!("{} is awake", row.label());
        hint(model, awake);
        return Vec::new();
    }
    change(model, tickets, Act::Snooze(None))
}

/// Gives tickets to another project.
pub(super) fn move_to(model: &mut Model, project: Option<String>) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    let Some(project) = project else {
        if model.projects.len() < 2 {
            hint(model, "this desk has one project only");
            return Vec::new();
        }
        return picker::pick(model, PickerKind::Project(tickets));
    };
    if let Some(row) = only_target(model, &tickets).filter(|row| row.project == project) {
        let already = format!("{} is in {project} already", row.label());
        hint(model, already);
        return Vec::new();
    }
    change(model, tickets, Act::Project(project))
}

/// Chooses the ticket that others become part of.
pub(super) fn merge(model: &mut Model, typed: &str) -> Vec<Effect> {
    match require_some(model) {
        Some(tickets) => picker::pick_typed(model, PickerKind::Merge(tickets), typed),
        None => Vec::new(),
    }
}

/// Links marked tickets together, or one with a ticket to be chosen.
pub(super) fn link(model: &mut Model, typed: &str) -> Vec<Effect> {
    let Some(mut tickets) = require_some(model) else { return Vec::new() };
    if tickets.len() < 2 {
        return picker::pick_typed(model, PickerKind::Link(tickets), typed);
    }
    let first = tickets.remove(0);
    bulk::ask(model, tickets, Act::Link(first))
}

/// Makes what was not applied all the same.
pub(super) fn apply_anyway(model: &mut Model) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    change(model, tickets, Act::Apply(None))
}

/// Changes who takes part; without changes by the prompt.
pub(super) fn participants(model: &mut Model, changes: &[String]) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    if changes.is_empty() {
        return prompt::open(model, PromptKind::Participants(tickets), "+");
    }
    match read_participants(&changes.join(" ")) {
        Ok(act) => change(model, tickets, act),
        Err((.., why)) => {
            hint(model, why);
            Vec::new()
        }
    }
}

/// Changes what tickets are called; without a text by the prompt, in which the present subject stands.
pub(super) fn subject(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    if text.trim().is_empty() {
        let now = only_target(model, &tickets).map(|row| row.subject.clone()).unwrap_or_default();
        return prompt::open(model, PromptKind::Subject(tickets), &now);
    }
    change(model, tickets, Act::Subject(text))
}

/// Asks whether a person is to be forgotten: the one named, else the requester of the ticket at hand.
pub(super) fn ask_forget(model: &mut Model, address: Option<String>) -> Vec<Effect> {
    let requester = target(model).and_then(|row| row.requester.as_ref()).map(|who| who.address.clone());
    let Some(address) = address.or(requester).filter(|address| !address.is_empty()) else {
        hint(model, "there is no requester here; write `:forget ADDRESS`");
        return Vec::new();
    };
    let remarks = vec![
        "Name, address, subjects, texts and files of this person's mail are redacted here and at every colleague's.".to_owned(),
        "Mail on the server stays. This cannot be undone.".to_owned(),
    ];
    super::confirm(model, format!("Forget {address}?"), remarks, Confirmed::Forget(address));
    Vec::new()
}

pub(super) fn note(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(tickets) = require_some(model) else { return Vec::new() };
    if text.trim().is_empty() { begin::note(model, tickets) } else { change(model, tickets, Act::Note(text)) }
}

/// Reads `+billing -spam urgent`.
///
/// # Errors
/// Returns where the first wrong word stands, in octets, and why it is wrong.
pub(super) fn read_tags(text: &str) -> Result<Act, (usize, usize, String)> {
    let (add, remove) = read_signed(text, "tag", "is no tag: letters, digits, - _ . / only", &crate::domain::ticket::tag)?;
    Ok(Act::Tag { add, remove })
}

/// Reads `+boss@example.org -list@example.org`.
///
/// # Errors
/// Returns where the first wrong word stands, in octets, and why it is wrong.
pub(super) fn read_participants(text: &str) -> Result<Act, (usize, usize, String)> {
    let (add, remove) = read_signed(text, "address", "is no address", &|word| is_addr_spec(word).then(|| word.to_lowercase()))?;
    Ok(Act::Participant { add, remove })
}

type Signed = (Vec<String>, Vec<String>);

/// Words to add, with `+` or nothing before them, and words to remove, with `-`.
fn read_signed(text: &str, name: &str, wrong: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Signed, (usize, usize, String)> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += word.len();
        let word = word.trim_end();
        if word.is_empty() {
            continue;
        }
        let (list, bare) = match word.strip_prefix('-') {
            Some(bare) => (&mut remove, bare),
            None => (&mut add, word.strip_prefix('+').unwrap_or(word)),
        };
        list.push(read(bare).ok_or_else(|| (start, start + word.len(), format!("`{word}` {wrong}")))?);
    }
    if add.is_empty() && remove.is_empty() {
        return Err((0, text.len(), format!("type +{name} to add, -{name} to remove")));
    }
    Ok((add, remove))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participants_are_read_with_signs_and_the_wrong_word_is_pointed_at() {
        let act = Act::Participant { add: vec!["boss@x.example".into()], remove: vec!["list@y.example".into()] };

        assert_eq!(read_participants("+Boss@x.example  -list@y.example"), Ok(act));
        assert_eq!(read_participants("+a@b.example nobody").map_err(|(start, end, _)| (start, end)), Err((13, 19)));
        assert!(read_participants("+").is_err() && read_participants(" ").is_err());
    }

    #[test]
    fn tags_are_read_with_signs_and_the_wrong_word_is_pointed_at() {
        assert_eq!(read_tags(" +Billing -spam vip"), Ok(Act::Tag { add: vec!["billing".into(), "vip".into()], remove: vec!["spam".into()] }));
        assert_eq!(read_tags("+a b,c").map_err(|(start, end, _)| (start, end)), Err((3, 6)));
        assert!(read_tags("  ").is_err());
    }
}
