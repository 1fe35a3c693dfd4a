//! A change that lost against another: what it is about, and whether it still matters.

use super::event::{Change, Event};
use super::ticket::{Field, TicketState, Writer};

/// A field that a change wrote, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether it still holds what the change wrote.
    pub holds: bool,
    pub writer: Option<Writer>,
}

/// The field of a ticket that a change wrote; `None` for what is kept by element.
pub fn written(state: &TicketState, change: &Change) -> Option<Written> {
    fn compare<T: PartialEq>(field: &Field<T>, value: &T) -> Written {
        Written { holds: field.value == *value, writer: field.writer }
    }
    Some(match change {
        Change::Assign { value, .. } => compare(&state.assignee, value),
        Change::Priority { value, .. } => compare(&state.priority, value),
        Change::Project { value, .. } => compare(&state.project, value),
        Change::Subject { value, .. } => compare(&state.subject, value),
        Change::Snooze { value, .. } => compare(&state.snoozed_until, value),
        Change::Status { value, .. } => compare(&state.status, value),
        Change::Unmerge { .. } => compare(&state.merged_into, &None),
        Change::Merge { .. } => Written { holds: state.merged_into.value.is_some(), writer: state.merged_into.writer },
        Change::Undo { change, .. } => return written(state, change),
        _ => return None,
    })
}

/// What an undo comes down to, or the change itself.
pub fn plain(change: &Change) -> &Change {
    match change {
        Change::Undo { change, .. } => plain(change),
        change => change,
    }
}

/// Whether the ticket is as a change wished it to be.
pub fn holds(state: &TicketState, change: &Change) -> bool {
    match plain(change) {
        // Into which ticket it is merged counts too.
        Change::Merge { into, .. } => state.merged_into.value.as_ref() == Some(into),
        change => written(state, change).is_some_and(|field| field.holds),
    }
}

/// Whether an event that was not applied is worth its author's attention: the ticket is not as it
/// wished, and its author has not written the same field since.
pub fn matters(state: &TicketState, event: &Event) -> bool {
    // The ticket may be one that it was merged into, and the field one its author wrote there long before.
    let is_mine = |writer: Writer| writer.event.actor == event.id.actor && writer.lamport > event.lamport;
    !holds(state, &event.change) && !written(state, &event.change).and_then(|field| field.writer).is_some_and(is_mine)
}
