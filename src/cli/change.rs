//! `assign`, `status`, `merge`, `note`, `undo` and their like: changes of tickets, written locally.

use std::io::{self, IsTerminal};

use super::clock::Clock;
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::input;
use super::order::{BodySource, ChangeOrder};
use super::out::Out;
use crate::desk::{Desk, Done};
use crate::domain::id::TicketName;
use crate::domain::suggestion::Which;
use crate::domain::{EventId, TicketKey, Timestamp, moment};
use crate::protocol::job::Act;

/// Changes tickets.
pub fn change(desks: &Desks, tickets: &[TicketName], change: ChangeOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let keys = find_all(&mut desk, tickets)?;
    let act = act(change, &mut desk, clock)?;
    refuse_itself(&keys, tickets, &act)?;
    report(&desk.act(&keys, &act)?, out)
}

/// Makes a message, and what follows it, a ticket of its own.
pub fn split(desks: &Desks, ticket: &TicketName, message: &str, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    let message = desk.message_named(&key, message)?;
    report(&desk.act(&[key], &Act::Split(message))?, out)
}

/// Makes changes that lost against others, or lets them be.
pub fn apply(desks: &Desks, tickets: &[TicketName], event: Option<EventId>, leave: bool, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let keys = find_all(&mut desk, tickets)?;
    let done = if leave { desk.leave(&keys, event)? } else { desk.act(&keys, &Act::Apply(event))? };
    report(&done, out)
}

/// Redacts what is known of a person; asks whoever sits at the terminal first, unless told not to.
pub fn forget(desks: &Desks, address: &str, yes: bool, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    desk.may_be_forgotten(address, yes)?;
    let question = format!("Redact what is known of {address}, here and at your colleagues'? This cannot be undone.");
    if !yes && io::stdin().is_terminal() && !input::agrees(&question, &mut io::stdin().lock(), &mut io::stderr())? {
        return Err(Failure::new(FAILED, "nothing was redacted", ""));
    }
    report(&desk.forget(address, yes)?, out)
}

/// Does again what was undone last.
pub fn redo(desks: &Desks, out: &mut Out<'_>) -> Outcome<()> {
    report(&desks.open()?.redo()?, out)
}

/// Adds internal text to a ticket, or corrects a note of it.
pub fn note(desks: &Desks, ticket: &TicketName, body: &BodySource, edit: Option<&str>, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    // Before anybody types a text for it.
    let note = edit.map(|name| desk.note_named(&key, name)).transpose()?;
    let text = input::text(body)?;
    if text.trim().is_empty() {
        return Err(Failure::usage("the note is empty", "write it to standard input, or name a file with --body"));
    }
    let text = text.trim_end().to_owned();
    report(&desk.act(&[key], &note.map_or_else(|| Act::Note(text.clone()), |note| Act::EditNote { note, text: text.clone() }))?, out)
}

/// Takes a change back.
pub fn undo(desks: &Desks, event: Option<EventId>, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    report(&desk.undo(event)?, out)
}

/// All of them, or none: a wrong name stops the command before anything is changed.
fn find_all(desk: &mut Desk, tickets: &[TicketName]) -> Outcome<Vec<TicketKey>> {
    let mut keys = Vec::new();
    for ticket in tickets {
        let key = desk.find(ticket)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn act(change: ChangeOrder, desk: &mut Desk, clock: &Clock) -> Outcome<Act> {
    Ok(match change {
        ChangeOrder::AssignMe => Act::Assign(Some(desk.agent().name.clone())),
        ChangeOrder::Assign(agent) => Act::Assign(agent),
        ChangeOrder::Status(status) => Act::Status(status),
        ChangeOrder::Priority(priority) => Act::Priority(priority),
        ChangeOrder::Tag { add, remove } => Act::Tag { add, remove },
        ChangeOrder::Snooze(when) => Act::Snooze(snooze(&when, clock)?),
        ChangeOrder::Project(project) => Act::Project(project),
        ChangeOrder::Subject(subject) => Act::Subject(subject),
        ChangeOrder::Merge(into) => Act::Merge(desk.find(&into)?),
        ChangeOrder::Link(other) => Act::Link(desk.find(&other)?),
        ChangeOrder::Unlink(other) => Act::Unlink(desk.find(&other)?),
        ChangeOrder::Participant { add, remove } => Act::Participant { add, remove },
        ChangeOrder::Accept(name) => Act::Accept(which(name.as_deref(), desk)?),
        ChangeOrder::Dismiss(name) => Act::Dismiss(which(name.as_deref(), desk)?),
    })
}

/// A ticket is neither merged into itself nor related to itself.
fn refuse_itself(keys: &[TicketKey], tickets: &[TicketName], act: &Act) -> Outcome<()> {
    let (Act::Merge(other) | Act::Link(other) | Act::Unlink(other)) = act else { return Ok(()) };
    if !keys.contains(other) {
        return Ok(());
    }
    let what = if matches!(act, Act::Merge(_)) { "a ticket cannot be merged into itself" } else { "a ticket cannot be linked with itself" };
    let remedy = if tickets.len() > 1 { "leave it out of those before it; nothing was changed" } else { "name two tickets" };
    Err(Failure::usage(what, remedy))
}

/// A suggestion by the ticket or the person it is about; without a name the surest.
fn which(name: Option<&str>, desk: &mut Desk) -> Outcome<Which> {
    Ok(match name.map(str::trim) {
        None => Which::Surest,
        Some(address) if address.contains('@') => Which::Person(address.to_lowercase()),
        Some(ticket) => {
            let name: TicketName =
                ticket.parse().map_err(|_| Failure::usage(format!("`{ticket}` is no ticket and no address"), "as `show` prints it"))?;
            Which::Ticket(desk.find(&name)?)
        }
    })
}

/// `off` wakes; everything else is a time.
fn snooze(when: &str, clock: &Clock) -> Outcome<Option<Timestamp>> {
    if matches!(when.trim().to_lowercase().as_str(), "off" | "none" | "now") {
        return Ok(None);
    }
    moment::until(when, clock.now, &clock.zone).map(Some).map_err(|error| Failure::usage(error.to_string(), "or `off`, to wake the ticket"))
}

fn report(done: &Done, out: &mut Out<'_>) -> Outcome<()> {
    out.text(&done.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::samples;

    #[test]
    fn off_wakes_and_a_word_that_is_no_time_is_refused() {
        let clock = samples::clock();

        assert!(matches!(snooze(" Off", &clock), Ok(None)));
        assert!(matches!(snooze("3h", &clock), Ok(Some(until)) if until > clock.now));
        assert_eq!(snooze("soon", &clock).map_err(|failure| failure.code).err(), Some(2));
    }
}
