//! One change to many tickets: asked about once, made in batches, stopped by `ctrl-c`.

use super::{complain, hint, perform, queue, say, views};
use crate::domain::TicketKey;
use crate::domain::suggestion::{Suggestion, Which};
use crate::domain::ticket::TicketRow;
use crate::protocol::answer::{BatchDone, Complaint};
use crate::protocol::job::{Act, Batch, Job};
use crate::tui::model::{Bulk, Confirmed, Model, Overlay, Purpose, Report};
use crate::tui::msg::Effect;

/// Tickets of a batch: few enough that what else is asked for waits a moment only.
const BATCH: usize = 20;

/// Asks whether the change is to be made to all these tickets.
pub(super) fn ask(model: &mut Model, tickets: Vec<TicketKey>, act: Act) -> Vec<Effect> {
    if let Some(bulk) = &model.bulk {
        hint(model, format!("a change to {} tickets is still being made; ctrl-c stops it", bulk.total));
        return Vec::new();
    }
    let count = tickets.len();
    let which = if count == 1 { label(model, tickets.first()) } else { format!("{count} tickets") };
    let question = format!("{}?", order(model, &act, &which));
    let mut remarks = Vec::new();
    match model.queue.marked_elsewhere() {
        0 => {}
        1 if count > 1 => remarks.push("One of them is not among the rows of this list.".to_owned()),
        elsewhere if count > 1 => remarks.push(format!("{elsewhere} of them are not among the rows read so far.")),
        _ => {}
    }
    remarks.push("u takes it back.".to_owned());
    super::confirm(model, question, remarks, Confirmed::Change(tickets, act));
    Vec::new()
}

/// Begins with the first batch.
pub(super) fn start(model: &mut Model, tickets: Vec<TicketKey>, act: Act) -> Vec<Effect> {
    model.bulk = Some(Bulk::new(tickets, act));
    next(model)
}

fn next(model: &mut Model) -> Vec<Effect> {
    let Some(bulk) = &mut model.bulk else { return Vec::new() };
    let upto = BATCH.min(bulk.left.len());
    let tickets: Vec<TicketKey> = bulk.left.drain(..upto).collect();
    let batch = Batch { tickets, act: bulk.act.clone(), first: bulk.first };
    vec![perform(model, Purpose::Bulk, Job::Batch(batch))]
}

/// A batch is done: on with the next, or the end.
pub(super) fn take(model: &mut Model, done: BatchDone) -> Vec<Effect> {
    let Some(bulk) = &mut model.bulk else { return Vec::new() };
    bulk.changed += done.changed;
    bulk.unchanged += done.unchanged;
    bulk.first = bulk.first.or(done.first);
    bulk.failed.extend(done.failed);
    if bulk.left.is_empty() || bulk.stopping { finish(model) } else { next(model) }
}

/// The whole change is none that can be made, or a file cannot be written.
pub(super) fn fail(model: &mut Model, complaint: &Complaint) -> Vec<Effect> {
    let Some(bulk) = model.bulk.take() else { return Vec::new() };
    let made = if bulk.changed > 0 { format!(" after {} tickets", bulk.changed) } else { String::new() };
    complain(model, &Complaint { what: format!("stopped{made}: {}", complaint.what), remedy: complaint.remedy.clone() });
    refresh(model)
}

/// What is done stays done; what failed or was not reached stays marked.
fn finish(model: &mut Model) -> Vec<Effect> {
    let Some(bulk) = model.bulk.take() else { return Vec::new() };
    super::command::remember(model, &bulk.act, bulk.changed);
    let mut marks: std::collections::BTreeSet<TicketKey> = bulk.failed.iter().map(|(key, _)| key.clone()).collect();
    marks.extend(bulk.left.iter().cloned());
    model.queue.marks.retain(|key| marks.contains(key));
    model.queue.range = None;
    let mut words = vec![format!("{}: {}", counted(bulk.changed), done(&bulk.act))];
    if bulk.unchanged > 0 {
        words.push(format!("{} as wished already", bulk.unchanged));
    }
    if !bulk.failed.is_empty() {
        words.push(format!("{} failed and stay marked", bulk.failed.len()));
    }
    if !bulk.left.is_empty() {
        words.push(format!("stopped, {} not reached and still marked", bulk.left.len()));
    }
    say(model, words.join(" · "));
    if !bulk.failed.is_empty() {
        let lines = bulk.failed.iter().map(|(key, why)| format!("{}: {why}", label(model, Some(key)))).collect();
        let title = format!("{} of {} failed", bulk.failed.len(), bulk.total);
        model.overlay = Some(Overlay::Report(Report { title, lines, scroll: 0 }));
    }
    refresh(model)
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = queue::refresh(model);
    effects.extend(views::count(model));
    effects
}

/// No further batch; tells whether there was anything to stop.
pub(super) fn stop(model: &mut Model) -> bool {
    let Some(bulk) = &mut model.bulk else { return false };
    bulk.stopping = true;
    hint(model, "stopping; what is done can be undone with u");
    true
}

fn counted(count: usize) -> String {
    if count == 1 { "1 ticket".to_owned() } else { format!("{count} tickets") }
}

/// A ticket as people call it, if it is among the rows, suggested, or chosen.
pub(super) fn label(model: &Model, key: Option<&TicketKey>) -> String {
    let Some(key) = key else { return String::new() };
    let shown = model.ticket.shown.as_ref();
    let row = model.queue.rows.iter().chain(shown.map(|ticket| &ticket.row)).find(|row| row.key == *key);
    let suggested = || shown?.suggestions.iter().find(|suggestion| suggestion.key.as_ref() == Some(key)).map(Suggestion::label);
    let chosen = || model.queue.chosen.as_ref().filter(|(chosen, _)| chosen == key).map(|(_, label)| label.clone());
    row.map(TicketRow::label).or_else(suggested).or_else(chosen).unwrap_or_else(|| key.short().to_owned())
}

/// The change as an order: `Assign 12 tickets to ana`.
fn order(model: &Model, act: &Act, which: &str) -> String {
    match act {
        Act::Assign(Some(agent)) => format!("Assign {which} to {agent}"),
        Act::Assign(None) => format!("Unassign {which}"),
        Act::Status(status) => format!("Set {which} to {}", status.as_str()),
        Act::Priority(priority) => format!("Give {which} priority {}", priority.as_str()),
        Act::Tag { add, remove } => format!("Tag {which} {}", signed(add, remove)),
        Act::Note(_) => format!("Write the note on {which}"),
        Act::Snooze(Some(until)) => format!("Snooze {which} until {}", moment(model, *until)),
        Act::Snooze(None) => format!("Wake {which}"),
        Act::Project(project) => format!("Move {which} to {project}"),
        Act::Merge(into) => format!("Merge {which} into {}", label(model, Some(into))),
        Act::Link(other) => format!("Link {which} with {}", label(model, Some(other))),
        Act::Unlink(other) => format!("Take the link of {which} with {} away", label(model, Some(other))),
        Act::Apply(_) => format!("Apply what was not applied to {which}"),
        Act::Subject(subject) => format!("Call {which} “{}”", crate::domain::sanitise::line(subject)),
        Act::Participant { add, remove } => format!("Change who takes part in {which}: {}", signed(add, remove)),
        Act::Accept(Which::Ticket(other)) => format!("Join {which} with {}", label(model, Some(other))),
        Act::Accept(_) => format!("Do what is suggested for {which}"),
        Act::Dismiss(_) => format!("Dismiss what is suggested for {which}"),
        _ => format!("Change {which}"),
    }
}

fn done(act: &Act) -> String {
    match act {
        Act::Assign(Some(agent)) => format!("assigned to {agent}"),
        Act::Assign(None) => "unassigned".to_owned(),
        Act::Status(status) => status.as_str().to_owned(),
        Act::Priority(priority) => format!("priority {}", priority.as_str()),
        Act::Tag { add, remove } => signed(add, remove),
        Act::Note(_) => "note added".to_owned(),
        Act::Snooze(Some(_)) => "snoozed".to_owned(),
        Act::Snooze(None) => "awake".to_owned(),
        Act::Project(project) => format!("moved to {project}"),
        Act::Merge(_) => "merged".to_owned(),
        Act::Link(_) => "linked".to_owned(),
        Act::Unlink(_) => "no longer linked".to_owned(),
        Act::Apply(_) => "applied all the same".to_owned(),
        Act::Subject(_) => "subject changed".to_owned(),
        Act::Participant { add, remove } => signed(add, remove),
        Act::Accept(_) => "accepted".to_owned(),
        Act::Dismiss(_) => "dismissed".to_owned(),
        _ => "changed".to_owned(),
    }
}

fn signed(add: &[String], remove: &[String]) -> String {
    add.iter().map(|tag| format!("+{tag}")).chain(remove.iter().map(|tag| format!("-{tag}"))).collect::<Vec<_>>().join(" ")
}

/// A time as the agent's clock shows it.
pub(super) fn moment(model: &Model, at: crate::domain::Timestamp) -> String {
    at.to_zoned(model.zone.clone()).strftime("%a %d %b %H:%M").to_string()
}
