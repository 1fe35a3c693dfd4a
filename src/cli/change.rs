//! `assign`, `status`, `priority`, `tag`, `note`, `undo`: changes of tickets, written locally.

use super::desks::Desks;
use super::fail::{Failure, Outcome};
use super::input;
use super::meant::{BodySource, ChangeOrder};
use super::out::Out;
use crate::desk::{Desk, Done};
use crate::domain::id::TicketName;
use crate::domain::{EventId, TicketKey};
use crate::protocol::job::Act;

/// Changes tickets.
pub fn change(desks: &Desks, tickets: &[TicketName], change: ChangeOrder, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let keys = find_all(&mut desk, tickets)?;
    let act = act(change, &desk.agent().name);
    report(&desk.act(&keys, &act)?, out)
}

/// Adds internal text to a ticket.
pub fn note(desks: &Desks, ticket: &TicketName, body: &BodySource, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    let text = input::text(body)?;
    if text.trim().is_empty() {
        return Err(Failure::usage("the note is empty", "write it to standard input, or name a file with --body"));
    }
    report(&desk.act(&[key], &Act::Note(text.trim_end().to_owned()))?, out)
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

fn act(change: ChangeOrder, me: &str) -> Act {
    match change {
        ChangeOrder::AssignMe => Act::Assign(Some(me.to_owned())),
        ChangeOrder::Assign(agent) => Act::Assign(agent),
        ChangeOrder::Status(status) => Act::Status(status),
        ChangeOrder::Priority(priority) => Act::Priority(priority),
        ChangeOrder::Tag { add, remove } => Act::Tag { add, remove },
    }
}

fn report(done: &Done, out: &mut Out<'_>) -> Outcome<()> {
    out.text(&done.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn me_is_the_agent_of_the_run() {
        assert_eq!(act(ChangeOrder::AssignMe, "ana"), Act::Assign(Some("ana".into())));
        assert_eq!(act(ChangeOrder::Assign(None), "ana"), Act::Assign(None));
    }
}
