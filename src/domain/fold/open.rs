//! Tickets coming into being: opened, unified, split off; and the messages that move with them.

use std::collections::{BTreeMap, BTreeSet};

use super::{LogState, Outcome, canonical, forget, resolve};
use crate::domain::event::{Event, FirstMail, Opening};
use crate::domain::ticket::{TicketState, Writer};
use crate::domain::{MessageId, TicketKey, Timestamp};

/// Opens that share an id become one ticket: the one opened first, or the lower number when two meet.
pub(super) fn open(state: &mut LogState, event: &Event, openings: &[Opening], gives_numbers: bool) -> Outcome {
    for opening in openings {
        let known = related(state, opening);
        let winner = known.iter().filter_map(|key| state.tickets.get(key)).min_by_key(|ticket| seniority(ticket));
        match winner.map(|ticket| ticket.key.clone()) {
            Some(winner) => unify(state, &winner, known, opening),
            None => create(state, event, opening, gives_numbers),
        }
    }
    Outcome::Applied
}

fn seniority(ticket: &TicketState) -> (u64, TicketKey) {
    (ticket.number.unwrap_or(u64::MAX), ticket.key.clone())
}

/// The tickets an opening meets, merges followed. Of two that were split only the senior one:
/// an answer to both does not join again what an agent has put asunder.
fn related(state: &LogState, opening: &Opening) -> BTreeSet<TicketKey> {
    let by_id = opening.ids.iter().filter_map(|id| state.owners.get(id)).filter_map(|key| resolve(state, key));
    let mut found: Vec<&TicketState> =
        by_id.chain(resolve(state, &opening.key)).collect::<BTreeSet<_>>().iter().filter_map(|key| state.tickets.get(key)).collect();
    found.sort_by_key(|ticket| seniority(ticket));
    let mut related: Vec<&TicketState> = Vec::new();
    for ticket in found {
        if !related.iter().any(|senior| senior.is_split_with(ticket)) {
            related.push(ticket);
        }
    }
    related.into_iter().map(|ticket| ticket.key.clone()).collect()
}

fn next_number(state: &mut LogState, gives_numbers: bool) -> Option<u64> {
    if !gives_numbers {
        return None;
    }
    let number = state.counters.next_number;
    state.counters.next_number += 1;
    Some(number)
}

fn create(state: &mut LogState, event: &Event, opening: &Opening, gives_numbers: bool) {
    let mut ticket = TicketState::new(opening.key.clone());
    ticket.number = next_number(state, gives_numbers);
    // Of what belongs to another ticket nothing is taken: the two were split on purpose.
    ticket.ids = opening.ids.iter().filter(|id| !state.owners.contains_key(*id)).cloned().collect();
    (ticket.requester, ticket.subject.value) = forget::opened_by(state, event, opening.requester.as_ref(), &opening.subject);
    ticket.created = opening.created;
    ticket.project.value.clone_from(&opening.project);
    state.owners.extend(ticket.ids.iter().map(|id| (id.clone(), opening.key.clone())));
    state.tickets.insert(opening.key.clone(), ticket);
}

fn unify(state: &mut LogState, winner: &TicketKey, known: BTreeSet<TicketKey>, opening: &Opening) {
    // What an earlier event gave to a ticket merged here, or split off, stays there.
    let mut ids: BTreeSet<MessageId> = opening.ids.iter().filter(|id| !state.owners.contains_key(*id)).cloned().collect();
    let mut aliases = BTreeSet::new();
    if canonical(state, &opening.key).is_none() {
        aliases.insert(opening.key.clone());
    }
    let mut losers = Vec::new();
    for loser in known.into_iter().filter(|key| key != winner) {
        if let Some(ticket) = state.tickets.remove(&loser) {
            ids.extend(ticket.ids.iter().cloned());
            aliases.extend(ticket.aliases.iter().cloned());
            aliases.insert(loser);
            losers.push(ticket);
        }
    }
    state.owners.extend(ids.iter().map(|id| (id.clone(), winner.clone())));
    state.aliases.extend(aliases.iter().map(|alias| (alias.clone(), winner.clone())));
    if let Some(ticket) = state.tickets.get_mut(winner) {
        ticket.ids.extend(ids);
        ticket.aliases.extend(aliases);
        ticket.created = earliest(ticket.created, opening.created);
        for loser in losers {
            inherit(ticket, loser);
        }
    }
}

/// What is kept by element survives; of fields the senior ticket's count.
fn inherit(ticket: &mut TicketState, loser: TicketState) {
    let own = ticket.key.clone();
    keep(&mut ticket.tags, loser.tags);
    keep(&mut ticket.participants, loser.participants);
    keep(&mut ticket.taken_off, loser.taken_off);
    keep(&mut ticket.watchers, loser.watchers);
    keep(&mut ticket.links, loser.links.into_iter().filter(|(key, _)| *key != own).collect());
    ticket.split_from.extend(loser.split_from);
    ticket.reopened_by.extend(loser.reopened_by);
    ticket.seen_at = ticket.seen_at.max(loser.seen_at);
    ticket.snooze_seen_at = ticket.snooze_seen_at.max(loser.snooze_seen_at);
    ticket.active_at = ticket.active_at.max(loser.active_at);
    ticket.created = earliest(ticket.created, loser.created);
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

fn keep<K: Ord>(own: &mut BTreeMap<K, Option<Writer>>, others: BTreeMap<K, Option<Writer>>) {
    for (element, writer) in others {
        own.entry(element).or_insert(writer);
    }
}

/// Gives messages to a ticket, whoever had them before.
pub(super) fn attach(state: &mut LogState, key: &TicketKey, ids: &[MessageId]) -> Outcome {
    let Some(key) = resolve(state, key) else { return Outcome::NoEffect("no such ticket") };
    give(state, &key, ids);
    Outcome::Applied
}

fn give(state: &mut LogState, key: &TicketKey, ids: &[MessageId]) {
    for id in ids {
        if let Some(previous) = state.owners.insert(id.clone(), key.clone()) {
            if let Some(ticket) = canonical(state, &previous).and_then(|key| state.tickets.get_mut(&key)) {
                ticket.ids.remove(id);
            }
        }
        if let Some(ticket) = state.tickets.get_mut(key) {
            ticket.ids.insert(id.clone());
        }
    }
}

/// Messages that leave a ticket, and the one they become.
pub(super) struct Parting<'a> {
    pub from: &'a TicketKey,
    pub ids: &'a [MessageId],
    pub key: &'a TicketKey,
    pub first: Option<&'a FirstMail>,
}

/// Makes messages a ticket of their own, in the project of the one they come from. Who wrote the first of them may
/// be somebody else.
pub(super) fn split(state: &mut LogState, event: &Event, parting: &Parting<'_>, gives_numbers: bool) -> Outcome {
    let Parting { ids, key, .. } = *parting;
    let Some(source) = resolve(state, parting.from).and_then(|key| state.tickets.get(&key).cloned()) else {
        return Outcome::NoEffect("no such ticket");
    };
    let Some(there) = canonical(state, key) else {
        let mut ticket = TicketState::new(key.clone());
        ticket.number = next_number(state, gives_numbers);
        ticket.project.value = source.project.value;
        (ticket.requester, ticket.subject.value) = match parting.first {
            Some(first) => forget::opened_by(state, event, Some(&first.from), &first.subject),
            None => (source.requester, source.subject.value),
        };
        ticket.created = parting.first.map(|first| first.at);
        ticket.split_from.insert(source.key);
        state.tickets.insert(key.clone(), ticket);
        give(state, key, ids);
        return Outcome::Applied;
    };
    if there == source.key {
        return Outcome::Conflict("it would be split off from itself");
    }
    give(state, &there, ids);
    Outcome::Applied
}
