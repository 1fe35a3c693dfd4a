//! The fold: ticket state as a pure function of the ordered events.
//!
//! No clock, configuration, randomness, locale or unordered iteration enters
//! here, so that every client that has read the same log prints the same state.
//! The state is handed over in pieces: [`touched`] says which tickets an event
//! needs, the store loads just those, [`apply`] changes them, the store saves them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{Base, Change, Event, Opening, Position};
use super::ticket::{Field, Status, TicketState, Writer};
use super::{ActorId, EventId, MessageId, TicketKey};

/// The tickets a fold step works on, and the counters that belong to the whole log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// By canonical key.
    pub tickets: BTreeMap<TicketKey, TicketState>,
    /// Keys that were unified away, to the canonical key.
    pub aliases: BTreeMap<TicketKey, TicketKey>,
    /// Which ticket a Message-ID belongs to, as far as the log says so.
    pub owners: BTreeMap<MessageId, TicketKey>,
    pub counters: Counters,
}

/// What the fold counts over the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub next_number: u64,
    pub lamport: u64,
    /// The next `seq` expected of each device.
    pub next_seq: BTreeMap<ActorId, u64>,
}

impl Default for Counters {
    fn default() -> Self {
        Self { next_number: 1, lamport: 0, next_seq: BTreeMap::new() }
    }
}

/// What has to be in [`LogState`] before an event can be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub keys: BTreeSet<TicketKey>,
    pub ids: BTreeSet<MessageId>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// Kept in the history, but somebody else had changed the field first.
    Stale {
        field: &'static str,
        winner: EventId,
    },
    /// Kept, but it changes nothing: the ticket is unknown, already as wished, or the claim was lost.
    NoEffect(&'static str),
    /// Seen before at a lower position.
    Duplicate,
    /// Comes before an earlier event of the same device has been read.
    Hole {
        expected: u64,
    },
    /// An operation of a newer version.
    Unknown,
}

impl Outcome {
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied)
    }
}

/// The tickets and ids an event may read or change.
pub fn touched(event: &Event) -> Touched {
    let mut touched = Touched { keys: event.change.tickets().into_iter().collect(), ids: BTreeSet::new() };
    collect_ids(&event.change, &mut touched.ids);
    touched
}

fn collect_ids(change: &Change, ids: &mut BTreeSet<MessageId>) {
    match change {
        Change::Open { tickets } => ids.extend(tickets.iter().flat_map(|opening| opening.ids.iter().cloned())),
        Change::Attach { ids: named, .. } | Change::Split { ids: named, .. } => ids.extend(named.iter().cloned()),
        Change::Undo { change, .. } => collect_ids(change, ids),
        _ => {}
    }
}

/// Applies the next event of the log. Events must come in order of position.
pub fn apply(state: &mut LogState, event: &Event, position: Position) -> Outcome {
    let expected = state.counters.next_seq.get(&event.id.actor).copied().unwrap_or(1);
    if event.id.seq < expected {
        return Outcome::Duplicate;
    }
    if event.id.seq > expected {
        return Outcome::Hole { expected };
    }
    state.counters.next_seq.insert(event.id.actor, expected + 1);
    state.counters.lamport = state.counters.lamport.max(event.lamport);
    let step = Step { writer: Writer { event: event.id, position, lamport: event.lamport }, base: event.base };
    step.change(state, &event.change)
}

/// The author's side of a change: who writes, and what he had seen.
struct Step {
    writer: Writer,
    base: Base,
}

impl Step {
    fn change(&self, state: &mut LogState, change: &Change) -> Outcome {
        match change {
            Change::Open { tickets } => open(state, tickets),
            Change::Undo { change, .. } => self.change(state, change),
            Change::Attach { ticket, ids, .. } => attach(state, ticket, ids),
            Change::Split { ticket, ids, key } => split(state, ticket, ids, key),
            Change::Link { a, b } => link(state, a, b, BTreeSet::insert),
            Change::Unlink { a, b } => link(state, a, b, |links, key| links.remove(&key)),
            Change::Merge { ticket, into } => self.merge(state, ticket, into),
            Change::Unmerge { ticket } => on_source(state, ticket, |ticket| self.set("merge", &mut ticket.merged_into, None)),
            Change::Assign { ticket, value } => on(state, ticket, |ticket| self.set("assignee", &mut ticket.assignee, value.clone())),
            Change::Priority { ticket, value } => on(state, ticket, |ticket| self.set("priority", &mut ticket.priority, *value)),
            Change::Project { ticket, value } => on(state, ticket, |ticket| self.set("project", &mut ticket.project, value.clone())),
            Change::Subject { ticket, value } => on(state, ticket, |ticket| self.set("subject", &mut ticket.subject, value.clone())),
            Change::Snooze { ticket, value, .. } => on(state, ticket, |ticket| self.set("snooze", &mut ticket.snoozed_until, *value)),
            Change::Status { ticket, value, seen } => on(state, ticket, |ticket| {
                let outcome = self.set("status", &mut ticket.status, *value);
                if outcome.is_applied() {
                    ticket.seen_at = ticket.seen_at.max(seen.as_ref().map(|seen| seen.at));
                }
                outcome
            }),
            Change::Reopen { ticket, mid, at } => on(state, ticket, |ticket| self.reopen(ticket, mid, *at)),
            Change::Tag { ticket, add, remove } => on(state, ticket, |ticket| self.elements(&mut ticket.tags, add, remove)),
            Change::Participant { ticket, add, remove } => on(state, ticket, |ticket| self.elements(&mut ticket.participants, add, remove)),
            Change::Note { ticket, .. } => on(state, ticket, |_| Outcome::Applied),
            Change::Sent { ticket, mid, .. } => {
                if let Some(key) = canonical(state, ticket) {
                    state.owners.entry(mid.clone()).or_insert(key);
                }
                on(state, ticket, |ticket| {
                    ticket.number_frozen = ticket.number.is_some();
                    ticket.ids.insert(mid.clone());
                    Outcome::Applied
                })
            }
            Change::Skip {} => Outcome::Applied,
            Change::Unknown(_) => Outcome::Unknown,
        }
    }

    /// The field rule: a write is stale if somebody else wrote after what its author had seen.
    fn set<T>(&self, name: &'static str, field: &mut Field<T>, value: T) -> Outcome {
        if let Some(last) = field.writer {
            if !self.has_seen(&last) {
                return Outcome::Stale { field: name, winner: last.event };
            }
        }
        *field = Field { value, writer: Some(self.writer) };
        Outcome::Applied
    }

    fn has_seen(&self, last: &Writer) -> bool {
        if last.event.actor == self.writer.event.actor {
            return true;
        }
        if last.position.epoch == self.base.position.epoch { last.position <= self.base.position } else { last.lamport <= self.base.lamport }
    }

    /// Adds and removes by element: an addition its remover had not seen survives.
    fn elements(&self, set: &mut BTreeMap<String, Option<Writer>>, add: &[String], remove: &[String]) -> Outcome {
        for element in remove {
            let covered = set.get(element).is_some_and(|added| added.as_ref().is_none_or(|writer| self.has_seen(writer)));
            if covered {
                set.remove(element);
            }
        }
        for element in add {
            set.insert(element.clone(), Some(self.writer));
        }
        Outcome::Applied
    }

    fn reopen(&self, ticket: &mut TicketState, mid: &MessageId, at: super::Timestamp) -> Outcome {
        let is_new = ticket.reopened_by.insert(mid.clone());
        if !is_new {
            return Outcome::NoEffect("this message has reopened the ticket before");
        }
        if ticket.seen_at.is_some_and(|seen| seen >= at) {
            return Outcome::NoEffect("the status was set in knowledge of this message");
        }
        if ticket.status.value == Status::Open {
            return Outcome::NoEffect("the ticket is open");
        }
        ticket.status = Field { value: Status::Open, writer: Some(self.writer) };
        Outcome::Applied
    }

    fn merge(&self, state: &mut LogState, ticket: &TicketKey, into: &TicketKey) -> Outcome {
        let (Some(source), Some(target)) = (canonical(state, ticket), resolve(state, into)) else { return Outcome::NoEffect("no such ticket") };
        if source == target || resolve(state, &source) != Some(source.clone()) {
            return Outcome::NoEffect("it is merged already, or would be merged into itself");
        }
        on_source(state, &source, |ticket| self.set("merge", &mut ticket.merged_into, Some(target)))
    }
}

/// Acts on the ticket a key leads to, through aliases and merges.
fn on(state: &mut LogState, key: &TicketKey, act: impl FnOnce(&mut TicketState) -> Outcome) -> Outcome {
    match resolve(state, key).and_then(|key| state.tickets.get_mut(&key)) {
        Some(ticket) => act(ticket),
        None => Outcome::NoEffect("no such ticket"),
    }
}

/// Acts on the ticket itself, even when it is merged into another.
fn on_source(state: &mut LogState, key: &TicketKey, act: impl FnOnce(&mut TicketState) -> Outcome) -> Outcome {
    match canonical(state, key).and_then(|key| state.tickets.get_mut(&key)) {
        Some(ticket) => act(ticket),
        None => Outcome::NoEffect("no such ticket"),
    }
}

/// Opens that share an id become one ticket: the one opened first, or the lower number when two meet.
fn open(state: &mut LogState, openings: &[Opening]) -> Outcome {
    for opening in openings {
        let mut known: BTreeSet<TicketKey> =
            opening.ids.iter().filter_map(|id| state.owners.get(id)).filter_map(|key| canonical(state, key)).collect();
        known.extend(canonical(state, &opening.key));
        let winner =
            known.iter().filter_map(|key| state.tickets.get(key)).min_by_key(|ticket| (ticket.number.unwrap_or(u64::MAX), ticket.key.clone()));
        match winner.map(|ticket| ticket.key.clone()) {
            Some(winner) => unify(state, &winner, known, opening),
            None => create(state, opening),
        }
    }
    Outcome::Applied
}

fn create(state: &mut LogState, opening: &Opening) {
    let mut ticket = TicketState::new(opening.key.clone());
    ticket.number = Some(state.counters.next_number);
    state.counters.next_number += 1;
    ticket.ids = opening.ids.iter().cloned().collect();
    ticket.requester.clone_from(&opening.requester);
    ticket.project.value.clone_from(&opening.project);
    ticket.subject.value.clone_from(&opening.subject);
    state.owners.extend(opening.ids.iter().map(|id| (id.clone(), opening.key.clone())));
    state.tickets.insert(opening.key.clone(), ticket);
}

/// The canonical key a key or alias stands for, if such a ticket is loaded.
pub fn canonical(state: &LogState, key: &TicketKey) -> Option<TicketKey> {
    let key = state.aliases.get(key).unwrap_or(key);
    state.tickets.contains_key(key).then(|| key.clone())
}

/// Where a key leads once aliases and merges are followed.
pub fn resolve(state: &LogState, key: &TicketKey) -> Option<TicketKey> {
    let mut key = canonical(state, key)?;
    // A merge is refused when it would close a cycle, so this ends; the bound
    // keeps even a damaged state from hanging a client.
    for _ in 0..=state.tickets.len() {
        match state.tickets.get(&key).and_then(|ticket| ticket.merged_into.value.as_ref()) {
            Some(next) => key = canonical(state, next)?,
            None => return Some(key),
        }
    }
    None
}

fn unify(state: &mut LogState, winner: &TicketKey, known: BTreeSet<TicketKey>, opening: &Opening) {
    let mut ids: BTreeSet<MessageId> = opening.ids.iter().cloned().collect();
    let mut aliases = BTreeSet::new();
    if opening.key != *winner {
        aliases.insert(opening.key.clone());
    }
    for loser in known.into_iter().filter(|key| key != winner) {
        if let Some(ticket) = state.tickets.remove(&loser) {
            ids.extend(ticket.ids);
            aliases.extend(ticket.aliases);
            aliases.insert(loser);
        }
    }
    state.owners.extend(ids.iter().map(|id| (id.clone(), winner.clone())));
    state.aliases.extend(aliases.iter().map(|alias| (alias.clone(), winner.clone())));
    if let Some(ticket) = state.tickets.get_mut(winner) {
        ticket.ids.extend(ids);
        ticket.aliases.extend(aliases);
    }
}

fn attach(state: &mut LogState, key: &TicketKey, ids: &[MessageId]) -> Outcome {
    let Some(key) = resolve(state, key) else { return Outcome::NoEffect("no such ticket") };
    for id in ids {
        if let Some(previous) = state.owners.insert(id.clone(), key.clone()) {
            if let Some(ticket) = state.tickets.get_mut(&previous) {
                ticket.ids.remove(id);
            }
        }
        if let Some(ticket) = state.tickets.get_mut(&key) {
            ticket.ids.insert(id.clone());
        }
    }
    Outcome::Applied
}

fn split(state: &mut LogState, from: &TicketKey, ids: &[MessageId], key: &TicketKey) -> Outcome {
    let Some(source) = resolve(state, from).and_then(|key| state.tickets.get(&key).cloned()) else {
        return Outcome::NoEffect("no such ticket");
    };
    if canonical(state, key).is_none() {
        let mut ticket = TicketState::new(key.clone());
        ticket.number = Some(state.counters.next_number);
        state.counters.next_number += 1;
        ticket.requester = source.requester;
        ticket.project.value = source.project.value;
        ticket.subject.value = source.subject.value;
        state.tickets.insert(key.clone(), ticket);
    }
    attach(state, key, ids)
}

fn link(state: &mut LogState, a: &TicketKey, b: &TicketKey, act: impl Fn(&mut BTreeSet<TicketKey>, TicketKey) -> bool) -> Outcome {
    let (Some(a), Some(b)) = (resolve(state, a), resolve(state, b)) else { return Outcome::NoEffect("no such ticket") };
    if a == b {
        return Outcome::NoEffect("a ticket is not linked with itself");
    }
    for (from, to) in [(&a, &b), (&b, &a)] {
        if let Some(ticket) = state.tickets.get_mut(from) {
            act(&mut ticket.links, to.clone());
        }
    }
    Outcome::Applied
}

/// The change that takes an applied one back, given the ticket as it was before.
///
/// Returns `None` for what cannot be taken back: notes, mail that has left, openings.
pub fn inverse(before: &TicketState, change: &Change) -> Option<Change> {
    let ticket = before.key.clone();
    Some(match change {
        Change::Assign { .. } => Change::Assign { ticket, value: before.assignee.value.clone() },
        Change::Priority { .. } => Change::Priority { ticket, value: before.priority.value },
        Change::Project { .. } => Change::Project { ticket, value: before.project.value.clone() },
        Change::Subject { .. } => Change::Subject { ticket, value: before.subject.value.clone() },
        Change::Snooze { seen, .. } => Change::Snooze { ticket, value: before.snoozed_until.value, seen: seen.clone() },
        Change::Status { seen, .. } => Change::Status { ticket, value: before.status.value, seen: seen.clone() },
        Change::Reopen { mid, at, .. } => {
            Change::Status { ticket, value: before.status.value, seen: Some(super::event::Seen { mid: mid.clone(), at: *at }) }
        }
        Change::Tag { add, remove, .. } => Change::Tag {
            ticket,
            add: remove.iter().filter(|tag| before.tags.contains_key(*tag)).cloned().collect(),
            remove: add.iter().filter(|tag| !before.tags.contains_key(*tag)).cloned().collect(),
        },
        Change::Participant { add, remove, .. } => Change::Participant {
            ticket,
            add: remove.iter().filter(|who| before.participants.contains_key(*who)).cloned().collect(),
            remove: add.iter().filter(|who| !before.participants.contains_key(*who)).cloned().collect(),
        },
        Change::Link { a, b } => Change::Unlink { a: a.clone(), b: b.clone() },
        Change::Unlink { a, b } => Change::Link { a: a.clone(), b: b.clone() },
        Change::Merge { ticket, .. } => Change::Unmerge { ticket: ticket.clone() },
        Change::Undo { change, .. } => return inverse(before, change),
        _ => return None,
    })
}
