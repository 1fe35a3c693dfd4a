//! What takes a change back.

use std::collections::BTreeMap;

use crate::domain::event::{Change, Seen};
use crate::domain::ticket::{TicketState, Writer};

/// The change that takes an applied one back, given the ticket as it was before.
///
/// Returns `None` for what cannot be taken back: mail that has left, openings, what is about the log itself.
pub fn inverse(before: &TicketState, change: &Change) -> Option<Change> {
    let ticket = before.key.clone();
    Some(match change {
        Change::Assign { .. } => Change::Assign { ticket, value: before.assignee.value.clone() },
        Change::Priority { .. } => Change::Priority { ticket, value: before.priority.value },
        Change::Project { .. } => Change::Project { ticket, value: before.project.value.clone() },
        Change::Subject { .. } => Change::Subject { ticket, value: before.subject.value.clone() },
        Change::Snooze { seen, .. } => Change::Snooze { ticket, value: before.snoozed_until.value, seen: seen.clone() },
        Change::Status { seen, .. } => Change::Status { ticket, value: before.status.value, seen: seen.clone() },
        Change::Reopen { mid, at, .. } => Change::Status { ticket, value: before.status.value, seen: Some(Seen { mid: mid.clone(), at: *at }) },
        Change::Tag { add, remove, .. } => {
            let (add, remove) = reversed(&before.tags, add, remove);
            Change::Tag { ticket, add, remove }
        }
        Change::Watch { add, remove, .. } => {
            let (add, remove) = reversed(&before.watchers, add, remove);
            Change::Watch { ticket, add, remove }
        }
        Change::Participant { add, remove, clear, .. } => participants_as_before(before, add, remove, clear),
        Change::Link { a, b } => Change::Unlink { a: a.clone(), b: b.clone() },
        Change::Unlink { a, b } => Change::Link { a: a.clone(), b: b.clone() },
        Change::Merge { ticket, .. } => Change::Unmerge { ticket: ticket.clone() },
        Change::Unmerge { ticket } => Change::Merge { ticket: ticket.clone(), into: before.merged_into.value.clone()? },
        Change::Split { key, .. } => Change::Merge { ticket: key.clone(), into: ticket },
        Change::Note { edits, .. } => Change::Note { ticket, text: String::new(), edits: *edits },
        Change::Undo { change, .. } => return inverse(before, change),
        _ => return None,
    })
}

/// What was added is removed and the other way round, as far as it made a difference.
fn reversed(before: &BTreeMap<String, Option<Writer>>, add: &[String], remove: &[String]) -> (Vec<String>, Vec<String>) {
    let added_again = remove.iter().filter(|element| before.contains_key(*element)).cloned().collect();
    (added_again, add.iter().filter(|element| !before.contains_key(*element)).cloned().collect())
}

/// Each address the change speaks of is again what it was: added, taken off, or neither.
fn participants_as_before(before: &TicketState, add: &[String], remove: &[String], clear: &[String]) -> Change {
    let (was_added, was_off) = (|who: &String| before.participants.contains_key(who), |who: &String| before.taken_off.contains_key(who));
    // As it came out: one that is removed and added at once is added.
    let removed = || remove.iter().filter(|who| !add.contains(who));
    let cleared = || clear.iter().filter(|who| !add.contains(who) && !remove.contains(who));
    Change::Participant {
        ticket: before.key.clone(),
        add: removed().chain(cleared()).filter(|who| was_added(who)).cloned().collect(),
        remove: add.iter().chain(cleared()).filter(|who| was_off(who)).cloned().collect(),
        clear: add.iter().chain(removed()).filter(|who| !was_added(who) && !was_off(who)).cloned().collect(),
    }
}
