//! The fold: ticket state as a pure function of the ordered events.
//!
//! No clock, configuration, randomness, locale or unordered iteration enters
//! here, so that every client that has read the same log prints the same state.
//! The state is handed over in pieces: [`touched`] says which tickets an event
//! needs, the store loads just those, [`apply`] changes them, the store saves them.

mod forget;
mod inverse;
mod open;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::forget::{FORGOTTEN, FORGOTTEN_SUBJECT};
pub use self::inverse::inverse;
use self::rules::Step;
use super::event::{Change, Event, Position};
use super::seal;
use super::ticket::{TicketState, Writer};
use super::{ActorId, EventId, MessageId, TicketKey, Timestamp};

/// The tickets a fold step works on, and what belongs to the whole log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// By canonical key.
    pub tickets: BTreeMap<TicketKey, TicketState>,
    /// Keys that were unified away, to the canonical key.
    pub aliases: BTreeMap<TicketKey, TicketKey>,
    /// Which ticket a Message-ID belongs to, as far as the log says so.
    pub owners: BTreeMap<MessageId, TicketKey>,
    /// Who may do what must happen once, by its name.
    #[serde(default)]
    pub claims: BTreeMap<String, Claim>,
    pub counters: Counters,
    /// Events in a snapshot that changed nothing, by `ACTOR.SEQ`: who reads it cannot find that out again. Kept in
    /// snapshots alone and no part of the [`hash`]: versions that do not write it agree with those that do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unapplied: BTreeMap<String, Unapplied>,
}

/// Why an event changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    pub why: String,
    /// Somebody else's change stands against it; its author may apply it anyway.
    pub is_conflict: bool,
    /// That change, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<EventId>,
}

/// What the fold keeps over the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub next_number: u64,
    pub lamport: u64,
    /// The next `seq` expected of each device.
    pub next_seq: BTreeMap<ActorId, u64>,
    #[serde(default, skip_serializing_if = "Shared::is_empty")]
    pub shared: Shared,
}

impl Default for Counters {
    fn default() -> Self {
        Self { next_number: 1, lamport: 0, next_seq: BTreeMap::new(), shared: Shared::default() }
    }
}

/// The few facts that are about no ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shared {
    /// Devices whose later events count for nothing.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub revoked: BTreeSet<ActorId>,
    /// The key events are signed with since the last `rekey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `project/feature`, and since which position it is on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub activated: BTreeMap<String, Position>,
    /// The team's files: name and hash of the content, and the event that holds it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, (String, EventId)>,
    /// Hashes of the addresses whose owners are forgotten.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub forgotten: BTreeSet<String>,
    /// When each of them was forgotten last; of one who is missing here that is not known. No part of the
    /// [`hash`]: versions that do not keep it agree with those that do.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub forgotten_at: BTreeMap<String, Forgetting>,
    /// What devices wrote anew after they had been copied, by digest.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub rewritten: BTreeSet<String>,
    /// Events that came before an earlier one of the same device, as `ACTOR.SEQ`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<String, Event>,
    /// An operation this version does not know stands in the log: it reads, but writes no snapshot.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_newer: bool,
}

impl Shared {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// When a person was forgotten: who writes or is written of after that is somebody new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgetting {
    /// When the server received the event. Mail that arrived by then is the person's.
    pub at: Timestamp,
    pub writer: Writer,
}

impl Forgetting {
    /// Whether the author of an event knew of it: then whoever it names is not the one who is forgotten.
    pub fn is_known_to(&self, event: &Event) -> bool {
        let forgets = self.writer.event;
        if forgets.actor == event.id.actor { forgets.seq < event.id.seq } else { self.writer.is_seen(&event.base) }
    }
}

/// A claim that was won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub event: EventId,
    /// When the server received it.
    pub since: Timestamp,
    /// In seconds; 0 for ever.
    pub ttl: u64,
}

/// Where an event stands, and when the server received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub position: Position,
    /// INTERNALDATE of its message; leases are compared by it alone.
    pub received: Option<Timestamp>,
    /// Read back from the log, so that its place is the same for everybody. Numbers
    /// are given to no other.
    pub is_decided: bool,
}

impl Placed {
    /// The place of an event of a desk that shares no log: decided at once.
    pub fn local(n: u64) -> Self {
        Self { position: Position { local: n, ..Position::default() }, received: None, is_decided: true }
    }
}

/// What has to be in [`LogState`] before an event can be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub keys: BTreeSet<TicketKey>,
    pub ids: BTreeSet<MessageId>,
    pub claims: BTreeSet<String>,
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
    /// Kept in the history; it contradicts what stands.
    Conflict(&'static str),
    /// Somebody else's claim came first.
    Lost {
        winner: EventId,
    },
    /// Kept, but it changes nothing: the ticket is unknown, or already as wished.
    NoEffect(&'static str),
    /// Seen before at a lower position.
    Duplicate,
    /// Comes before an earlier event of the same device has been read; it is held until then.
    Hole {
        expected: u64,
    },
    /// Its device was revoked.
    Revoked,
    /// An operation of a newer version.
    Unknown,
}

impl Outcome {
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied)
    }

    /// Whether its author should be told that it was not applied.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Stale { .. } | Self::Conflict(_))
    }

    /// Why the event changed nothing; `None` if it did.
    pub fn unapplied(&self) -> Option<Unapplied> {
        let why = match self {
            Self::Applied => return None,
            Self::Stale { field: "merge", .. } => "the ticket had been merged meanwhile".into(),
            Self::Stale { field, .. } => format!("the {field} had been changed meanwhile"),
            Self::NoEffect(why) | Self::Conflict(why) => (*why).to_owned(),
            Self::Lost { .. } => "a colleague came first".to_owned(),
            Self::Revoked => "its device was revoked".to_owned(),
            Self::Duplicate => "it had been applied before".to_owned(),
            Self::Hole { expected } => format!("event {expected} of the same device is missing"),
            Self::Unknown => "it was written by a newer version".to_owned(),
        };
        let winner = match self {
            Self::Stale { winner, .. } | Self::Lost { winner } => Some(*winner),
            _ => None,
        };
        Some(Unapplied { why, is_conflict: self.is_conflict(), winner })
    }
}

/// The tickets, ids and claims an event may read or change.
pub fn touched(event: &Event) -> Touched {
    let mut touched = Touched { keys: event.change.tickets().into_iter().collect(), ..Touched::default() };
    collect(&event.change, &mut touched);
    touched
}

fn collect(change: &Change, touched: &mut Touched) {
    match change {
        Change::Open { tickets } => touched.ids.extend(tickets.iter().flat_map(|opening| opening.ids.iter().cloned())),
        Change::Attach { ids, .. } | Change::Split { ids, .. } => touched.ids.extend(ids.iter().cloned()),
        Change::Sent { mid, .. } | Change::Ack { mid, .. } => drop(touched.ids.insert(mid.clone())),
        Change::Claim { what, .. } => drop(touched.claims.insert(what.clone())),
        Change::Undo { change, .. } => collect(change, touched),
        _ => {}
    }
}

/// Applies the next event of the log. Events must come in order of position.
///
/// After it, events of the same device that were held may have come due: see [`next_held`].
pub fn apply(state: &mut LogState, event: &Event, placed: &Placed) -> Outcome {
    let expected = state.counters.next_seq.get(&event.id.actor).copied().unwrap_or(1);
    if event.id.seq < expected {
        return Outcome::Duplicate;
    }
    if event.id.seq > expected {
        state.counters.shared.held.entry(held_name(event.id)).or_insert_with(|| event.clone());
        return Outcome::Hole { expected };
    }
    state.counters.next_seq.insert(event.id.actor, expected + 1);
    state.counters.lamport = state.counters.lamport.max(event.lamport);
    if state.counters.shared.revoked.contains(&event.id.actor) {
        return Outcome::Revoked;
    }
    if event.was.as_ref().is_some_and(|was| !state.counters.shared.rewritten.insert(was.clone())) {
        return Outcome::NoEffect("a copy of its device wrote it before");
    }
    let outcome = Step::new(event, placed).change(state, &event.change);
    if outcome.is_applied() && is_by_a_person(&event.change) {
        note_activity(state, event);
    }
    outcome
}

/// Whether a change is something a person did to a ticket; the rest follows from mail, whose own date counts.
fn is_by_a_person(change: &Change) -> bool {
    !matches!(
        change,
        Change::Open { .. }
            | Change::Attach { .. }
            | Change::Reopen { .. }
            | Change::Sent { .. }
            | Change::Ack { .. }
            | Change::Intent { .. }
            | Change::Presence { .. }
            | Change::Left { .. }
            | Change::Forget { .. }
    )
}

fn note_activity(state: &mut LogState, event: &Event) {
    for key in event.change.tickets() {
        if let Some(ticket) = resolve(state, &key).and_then(|key| state.tickets.get_mut(&key)) {
            ticket.active_at = ticket.active_at.max(Some(event.at));
        }
    }
}

/// Takes out the event of a device that was held and comes next now. It is applied
/// at the place of the event that filled the hole.
pub fn next_held(counters: &mut Counters, actor: ActorId) -> Option<Event> {
    if counters.shared.held.is_empty() {
        return None;
    }
    let seq = counters.next_seq.get(&actor).copied().unwrap_or(1);
    counters.shared.held.remove(&held_name(EventId { actor, seq }))
}

fn held_name(id: EventId) -> String {
    format!("{}.{:020}", id.actor, id.seq)
}

/// The canonical key a key or alias stands for, if such a ticket is loaded.
pub fn canonical(state: &LogState, key: &TicketKey) -> Option<TicketKey> {
    named(state, key).map(|ticket| ticket.key.clone())
}

/// Where a key leads once aliases and merges are followed.
pub fn resolve(state: &LogState, key: &TicketKey) -> Option<TicketKey> {
    let mut ticket = named(state, key)?;
    // A merge is refused when it would close a cycle, so this ends; the bound
    // keeps even a damaged state from hanging a client.
    for _ in 0..=state.tickets.len() {
        match ticket.merged_into.value.as_ref() {
            Some(next) => ticket = named(state, next)?,
            None => return Some(ticket.key.clone()),
        }
    }
    None
}

/// The ticket a key or alias stands for.
fn named<'a>(state: &'a LogState, key: &TicketKey) -> Option<&'a TicketState> {
    state.tickets.get(state.aliases.get(key).unwrap_or(key))
}

/// SHA-256 of the whole state in its canonical form: equal on all clients that have
/// folded the same log. Presence is advice and left out, and so is what earlier versions do not keep.
pub fn hash(state: &LogState) -> String {
    let mut state = state.clone();
    state.tickets.values_mut().for_each(|ticket| ticket.presence.clear());
    state.counters.shared.forgotten_at.clear();
    state.unapplied.clear();
    // Owners follow from the tickets' ids.
    state.owners.clear();
    let value = serde_json::to_value(&state).unwrap_or_default();
    seal::digest(&seal::canonical(&value).unwrap_or_default())
}

#[cfg(test)]
mod tests;
