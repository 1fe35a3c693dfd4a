//! What was done, in words.

use jiff::tz::TimeZone;

use crate::domain::Timestamp;
use crate::domain::event::Change;
use crate::protocol::job::Act;

/// `#12`, `#12, #13`, or `12 tickets`.
pub fn tickets(labels: &[String]) -> String {
    match labels {
        [one] => one.clone(),
        many if many.len() <= 5 => many.join(", "),
        many => format!("{} tickets", many.len()),
    }
}

/// What an act did to tickets, of which `changed` were not as wished already.
pub fn act(act: &Act, labels: &[String], changed: usize, other: Option<&str>, zone: &TimeZone) -> String {
    let which = tickets(labels);
    let other = other.unwrap_or("another ticket");
    if changed == 0 {
        return format!("{which}: nothing to change");
    }
    let what = match act {
        Act::Assign(Some(agent)) => format!("assigned to {agent}"),
        Act::Assign(None) => "unassigned".into(),
        Act::Status(status) => status.as_str().to_owned(),
        Act::Priority(priority) => format!("priority {}", priority.as_str()),
        Act::Tag { add, remove } => signed(add, remove),
        Act::Note(_) => "note added".into(),
        Act::EditNote { .. } => "note corrected".into(),
        Act::Snooze(Some(until)) => format!("snoozed until {}", local(*until, zone)),
        Act::Snooze(None) => "awake".into(),
        Act::Project(project) => format!("moved to {project}"),
        Act::Subject(subject) => format!("subject is now {subject}"),
        Act::Merge(_) => format!("merged into {other}"),
        Act::Accept(_) if other.contains('@') => format!("{other} takes part now"),
        Act::Accept(_) => format!("joined with {other}"),
        Act::Dismiss(_) if other.contains('@') => format!("{other} is left out"),
        Act::Dismiss(_) => format!("not related to {other}"),
        Act::Unmerge => "a ticket of its own again".into(),
        Act::Split(_) => "split".into(),
        Act::Link(_) => format!("linked with {other}"),
        Act::Unlink(_) => format!("no longer linked with {other}"),
        Act::Participant { add, remove } => signed(add, remove),
        Act::Apply(_) => "applied all the same".into(),
    };
    format!("{which}: {what}")
}

fn signed(add: &[String], remove: &[String]) -> String {
    add.iter().map(|word| format!("+{word}")).chain(remove.iter().map(|word| format!("-{word}"))).collect::<Vec<_>>().join(" ")
}

/// An event in a few words, without its author; `other` names the second ticket it speaks of.
/// Empty for what is about the log and no ticket.
pub fn change(change: &Change, other: Option<&str>, zone: &TimeZone) -> String {
    let other = other.unwrap_or("another ticket");
    match change {
        Change::Open { .. } => "opened the ticket".into(),
        Change::Attach { reason, .. } => format!("attached mail ({reason})"),
        Change::Split { ids, .. } => format!("split {} off as {other}", mails(ids.len())),
        Change::Merge { .. } => format!("merged it into {other}"),
        Change::Unmerge { .. } => "took the merge back".into(),
        Change::Link { .. } => format!("linked it with {other}"),
        Change::Unlink { .. } => format!("took it as not related to {other}"),
        Change::Assign { value: Some(agent), .. } => format!("assigned it to {agent}"),
        Change::Assign { value: None, .. } => "unassigned it".into(),
        Change::Priority { value, .. } => format!("set the priority to {}", value.as_str()),
        Change::Project { value, .. } => format!("moved it to {value}"),
        Change::Subject { value, .. } => format!("changed the subject to {value}"),
        Change::Snooze { value: Some(until), .. } => format!("snoozed it until {}", local(*until, zone)),
        Change::Snooze { value: None, .. } => "woke it".into(),
        Change::Status { value, .. } => format!("set the status to {}", value.as_str()),
        Change::Reopen { .. } => "reopened it: the customer wrote".into(),
        Change::Tag { add, remove, .. } => format!("tagged it {}", signed(add, remove)),
        Change::Watch { add, remove, .. } => format!("changed who watches it {}", signed(add, remove)),
        Change::Participant { add, remove, clear, .. } if add.is_empty() && remove.is_empty() => {
            format!("left it to the mail whether {} takes part", clear.join(", "))
        }
        Change::Participant { add, remove, .. } => format!("changed the participants {}", signed(add, remove)),
        Change::Note { text, edits: None, .. } if text.is_empty() => "took a note back".into(),
        Change::Note { text, .. } if text.is_empty() => "took the correction of a note back".into(),
        Change::Note { edits: None, .. } => "wrote a note".into(),
        Change::Note { .. } => "corrected a note".into(),
        Change::Undo { change: inner, .. } => match inner.as_ref() {
            Change::Note { text, edits, .. } if !text.is_empty() => {
                if edits.is_none() {
                    "put the note back".into()
                } else {
                    "corrected the note again".into()
                }
            }
            Change::Note { .. } | Change::Unmerge { .. } => self::change(inner, Some(other), zone),
            // What was undone is not at hand here: this is what it came to.
            inner => format!("undid a change, which {}", self::change(inner, Some(other), zone)),
        },
        Change::Sent { .. } => "sent a mail".into(),
        Change::Ack { .. } => "sent an acknowledgement".into(),
        Change::Intent { .. } | Change::Presence { .. } | Change::Left { .. } => String::new(),
        Change::Unknown(_) => format!("did something newer ({})", change.op()),
        Change::Claim { .. }
        | Change::Skip { .. }
        | Change::Genesis { .. }
        | Change::Hello { .. }
        | Change::Snapshot { .. }
        | Change::Reepoch { .. }
        | Change::Revoke { .. }
        | Change::Rekey { .. }
        | Change::Activate { .. }
        | Change::Share { .. }
        | Change::Forget { .. } => String::new(),
    }
}

/// A time as the clock of this computer shows it.
pub fn moment(time: Timestamp) -> String {
    local(time, &TimeZone::system())
}

/// A time as a clock in that zone shows it; UTC, which is nobody's wall clock, says its name.
fn local(time: Timestamp, zone: &TimeZone) -> String {
    let shown = time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    if *zone == TimeZone::UTC { shown + " UTC" } else { shown }
}

fn mails(count: usize) -> String {
    if count == 1 { "one mail".into() } else { format!("{count} mails") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_when_a_ticket_sleeps_is_told_by_the_readers_clock() {
        let until: Timestamp = "2026-11-26T08:11:26.753184732Z".parse().unwrap();
        let said = |zone: &TimeZone| act(&Act::Snooze(Some(until)), &["#113".into()], 1, None, zone);

        assert_eq!(said(&TimeZone::fixed(jiff::tz::offset(1))), "#113: snoozed until 2026-11-26 09:11");
        assert_eq!(said(&TimeZone::UTC), "#113: snoozed until 2026-11-26 08:11 UTC");
    }
}
