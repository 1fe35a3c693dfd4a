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
        Act::Subject(value) => format!("subject is now {}", subject(value)),
        Act::Merge(_) => format!("merged into {other}"),
        Act::Accept(_) if other.contains('@') => format!("{other} takes part now"),
        Act::Accept(_) => format!("joined with {other}"),
        Act::Dismiss(_) if other.contains('@') => format!("{other} is left out"),
        Act::Dismiss(_) => format!("not related to {other}"),
        Act::Unmerge => "a ticket of its own again".into(),
        Act::Split(_) => format!("split off as {other}"),
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

/// How the tickets that an event speaks of are called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named<'a> {
    /// The one it is about, where the reader looks at another; else it is `it`.
    pub it: Option<&'a str>,
    /// The second one, as in a merge.
    pub other: Option<&'a str>,
}

impl Named<'_> {
    /// ` of #12` or the like; nothing where the reader looks at the ticket.
    fn with(self, word: &str) -> String {
        self.it.map(|it| format!(" {word} {it}")).unwrap_or_default()
    }
}

/// An event in a few words, without its author.
/// Empty for what is about the log and no ticket.
pub fn change(change: &Change, named: Named<'_>, zone: &TimeZone) -> String {
    let (it, of, on) = (named.it.unwrap_or("it"), named.with("of"), named.with("on"));
    let other = named.other.unwrap_or("another ticket");
    match change {
        Change::Open { .. } => format!("opened {}", named.it.unwrap_or("the ticket")),
        Change::Attach { reason, .. } => format!("attached mail{} ({reason})", named.with("to")),
        Change::Split { ids, .. } => format!("split {}{of} off as {other}", mails(ids.len())),
        Change::Merge { .. } => format!("merged {it} into {other}"),
        Change::Unmerge { .. } => format!("took the merge{of} back"),
        Change::Link { .. } => format!("linked {it} with {other}"),
        Change::Unlink { .. } => format!("took {it} as not related to {other}"),
        Change::Assign { value: Some(agent), .. } => format!("assigned {it} to {agent}"),
        Change::Assign { value: None, .. } => format!("unassigned {it}"),
        Change::Priority { value, .. } => format!("set the priority{of} to {}", value.as_str()),
        Change::Project { value, .. } => format!("moved {it} to {value}"),
        Change::Subject { value, .. } => format!("changed the subject{of} to {}", subject(value)),
        Change::Snooze { value: Some(until), .. } => format!("snoozed {it} until {}", local(*until, zone)),
        Change::Snooze { value: None, .. } => format!("woke {it}"),
        Change::Status { value, .. } => format!("set the status{of} to {}", value.as_str()),
        Change::Reopen { .. } => format!("reopened {it}: the customer wrote"),
        Change::Tag { add, remove, .. } => format!("tagged {it} {}", signed(add, remove)),
        Change::Watch { add, remove, .. } => format!("changed who watches {it} {}", signed(add, remove)),
        Change::Participant { add, remove, clear, .. } if add.is_empty() && remove.is_empty() => {
            format!("reset whether {} takes part{}", clear.join(", "), named.with("in"))
        }
        Change::Participant { add, remove, .. } => format!("changed the participants{of} {}", signed(add, remove)),
        Change::Note { text, edits: None, .. } if text.is_empty() => format!("took a note{on} back"),
        Change::Note { text, .. } if text.is_empty() => format!("took the correction of a note{on} back"),
        Change::Note { edits: None, .. } => format!("wrote a note{on}"),
        Change::Note { .. } => format!("corrected a note{on}"),
        Change::Undo { change: inner, .. } => taken_back(inner, false, named, zone),
        Change::Sent { .. } => format!("sent a mail{on}"),
        Change::Ack { .. } => format!("sent an acknowledgement{on}"),
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

/// An undo, or the undo of one, where what was undone is not at hand: this is what it came to.
pub fn taken_back(inner: &Change, is_again: bool, named: Named<'_>, zone: &TimeZone) -> String {
    match inner {
        Change::Note { text, edits: None, .. } if !text.is_empty() => format!("put the note{} back", named.with("on")),
        Change::Note { text, .. } if !text.is_empty() => format!("corrected the note{} again", named.with("on")),
        Change::Note { .. } | Change::Unmerge { .. } => change(inner, named, zone),
        Change::Participant { add, remove, clear, .. } if add.is_empty() && remove.is_empty() => {
            format!("{} a change of who takes part{}: {}", taking_back(is_again), named.with("in"), clear.join(", "))
        }
        inner => format!("{} a change, which {}", taking_back(is_again), change(inner, named, zone)),
    }
}

/// The word for an undo, or for the undo of one.
pub fn taking_back(is_again: bool) -> &'static str {
    if is_again { "redid" } else { "undid" }
}

/// A subject, also of a mail that has none.
pub fn subject(subject: &str) -> &str {
    if subject.trim().is_empty() { "(no subject)" } else { subject }
}

/// What went wrong, and what to do about it if that is known.
pub fn with_remedy(what: &str, remedy: &str) -> String {
    if remedy.is_empty() { what.to_owned() } else { format!("{what}. {remedy}") }
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

    #[test]
    fn trouble_without_a_remedy_ends_with_its_last_word() {
        assert_eq!(with_remedy("connection refused", ""), "connection refused");
        assert_eq!(with_remedy("connection refused", "Check host and port."), "connection refused. Check host and port.");
    }

    #[test]
    fn an_undo_whose_change_is_not_at_hand_is_told_by_what_it_came_to() {
        let ticket = crate::domain::TicketKey::new("0011223344556677").unwrap();
        let said = |inner: &Change, is_again| taken_back(inner, is_again, Named::default(), &TimeZone::UTC);
        let nameless = Change::Subject { ticket: ticket.clone(), value: String::new() };
        let unsaid = Change::Participant { ticket, add: Vec::new(), remove: Vec::new(), clear: vec!["bob@client.example".into()] };

        assert_eq!(said(&nameless, false), "undid a change, which changed the subject to (no subject)");
        assert_eq!(said(&nameless, true), "redid a change, which changed the subject to (no subject)");
        assert_eq!(said(&unsaid, false), "undid a change of who takes part: bob@client.example");
    }
}
