//! Forgetting a person: taken out of the state, and kept out of it whatever comes later.

use super::{Forgetting, LogState, Outcome};
use crate::domain::event::Event;
use crate::domain::ticket::TicketState;
use crate::domain::{Address, seal};

/// Stands for a person who is forgotten.
pub const FORGOTTEN: &str = "forgotten@postdesk.invalid";
/// Stands for what such a person wrote as a subject.
pub const FORGOTTEN_SUBJECT: &str = "(forgotten)";

/// Takes a person out of the state. Only tickets that are loaded are looked at: the
/// store hands over all of them for this one operation.
pub(super) fn forget(state: &mut LogState, address: &str, forgetting: Forgetting) -> Outcome {
    let shared = &mut state.counters.shared;
    shared.forgotten.insert(address.to_owned());
    let latest = shared.forgotten_at.get(address).map_or(forgetting.at, |before| before.at.max(forgetting.at));
    shared.forgotten_at.insert(address.to_owned(), Forgetting { at: latest, ..forgetting });
    let is_meant = |known: &str| hash(known) == address;
    for ticket in state.tickets.values_mut() {
        ticket.participants.retain(|known, _| !is_meant(known));
        ticket.taken_off.retain(|known, _| !is_meant(known));
        if ticket.requester.as_ref().is_some_and(|requester| is_meant(&requester.address)) {
            ticket.requester = Some(Address::new("", FORGOTTEN));
            // One that an agent wrote is not the person's.
            if ticket.subject.writer.is_none() || ticket.subject_put_back {
                ticket.subject.value = FORGOTTEN_SUBJECT.to_owned();
            }
        }
    }
    Outcome::Applied
}

fn hash(address: &str) -> String {
    seal::digest(&address.to_lowercase())
}

/// Whether the owner of an address is forgotten, and who wrote an event did not know of it: otherwise it names
/// somebody new.
fn is_forgotten(state: &LogState, event: &Event, address: &str) -> bool {
    let shared = &state.counters.shared;
    if shared.forgotten.is_empty() {
        return false;
    }
    let hash = hash(address);
    shared.forgotten.contains(&hash) && !shared.forgotten_at.get(&hash).is_some_and(|forgetting| forgetting.is_known_to(event))
}

/// Of the addresses an event names those whose owners are not forgotten.
pub(super) fn known(state: &LogState, event: &Event, addresses: &[String]) -> Vec<String> {
    addresses.iter().filter(|address| !is_forgotten(state, event, address)).cloned().collect()
}

/// Who opened a ticket and as what, without the name of somebody who is forgotten.
pub(super) fn opened_by(state: &LogState, event: &Event, requester: Option<&Address>, subject: &str) -> (Option<Address>, String) {
    match requester {
        Some(requester) if is_forgotten(state, event, &requester.address) => (Some(Address::new("", FORGOTTEN)), FORGOTTEN_SUBJECT.to_owned()),
        requester => (requester.cloned(), subject.to_owned()),
    }
}

/// What an undo makes the subject of a ticket: perhaps the words of the requester, who may be forgotten by now.
pub(super) fn put_back(ticket: &TicketState, subject: &str) -> String {
    let is_forgotten = ticket.requester.as_ref().is_some_and(|requester| requester.address == FORGOTTEN);
    if is_forgotten { FORGOTTEN_SUBJECT.to_owned() } else { subject.to_owned() }
}
