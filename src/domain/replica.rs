//! What a client makes of the shared log: the decided order and the state it gives.
//!
//! Pure: it is handed the UIDs that are there and the messages it has not read, and
//! says what follows. The rules are those a server forces that shows a lower UID
//! late, drops what a snapshot covers, or numbers its messages anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{Base, Event, Position};
use super::fold::{self, LogState, Outcome, Placed, Unapplied};
use super::{ActorId, EventId, Timestamp, sanitise};

/// A message of the log, as far as it could be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub uid: u32,
    /// INTERNALDATE.
    pub received: Timestamp,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The first message of the log, with the UIDVALIDITY its author saw.
    Genesis {
        validity: u32,
    },
    Event(Arc<Event>),
    Snapshot(Snapshot),
    /// The order decided before the server numbered its messages anew.
    Reepoch(Snapshot),
    /// Not ours: forged, broken, or somebody's mail. Counted, never applied.
    Foreign,
}

/// The state at a place of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// UIDVALIDITY under which `cut` has a meaning.
    pub validity: u32,
    /// Every event up to this UID is in the state, or held in it.
    pub cut: u32,
    pub state: LogState,
    pub hash: String,
}

impl Snapshot {
    /// Whether the state is what its hash says.
    pub fn is_whole(&self) -> bool {
        fold::hash(&self.state) == self.hash
    }

    /// How many events it holds.
    fn weight(&self) -> u64 {
        weight(&self.state)
    }
}

fn weight(state: &LogState) -> u64 {
    state.counters.next_seq.values().map(|next| next - 1).sum()
}

/// A client's view of the log, without what it has written and not read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replica {
    state: LogState,
    validity: u32,
    /// Every UID that was read, or positively ignored, under this UIDVALIDITY.
    read: BTreeSet<u32>,
    last: u32,
    /// What became of the events decided here, for their authors.
    outcomes: BTreeMap<EventId, Outcome>,
    /// What the base says of events it holds that changed nothing.
    covered: BTreeMap<EventId, Unapplied>,
}

/// What has to be fetched before [`Replica::advance`] can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// These messages alone; all lie behind what was read.
    New(BTreeSet<u32>),
    /// Every message that is there, because the order has to be decided anew.
    All,
}

/// Why a log could not be followed.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Lost {
    /// Messages came that make it necessary to read everything.
    #[error("the log has to be read from its beginning")]
    ReadAll,
    /// The server has numbered its messages anew, and nobody has said what the order was.
    #[error("the server has numbered the log anew and the order decided before is not known here")]
    NoOrder,
}

impl Replica {
    /// Goes on where an earlier reading ended. Of the state at least what the next messages
    /// touch has to be there (see [`fold::touched`]), and all of its counters.
    pub fn resume(state: LogState, validity: u32, last: u32) -> Self {
        Self { state, validity, last, ..Self::default() }
    }

    /// The state, and what became of each event that was decided since [`Replica::resume`].
    pub fn into_parts(self) -> (LogState, BTreeMap<EventId, Outcome>) {
        (self.state, self.outcomes)
    }

    /// The events that changed nothing before [`Replica::decide`] began, as the snapshot says that holds them.
    pub fn take_covered(&mut self) -> BTreeMap<EventId, Unapplied> {
        std::mem::take(&mut self.covered)
    }

    pub fn state(&self) -> &LogState {
        &self.state
    }

    pub fn validity(&self) -> u32 {
        self.validity
    }

    /// What an event names as seen by its author.
    pub fn base(&self) -> Base {
        Base { position: Position { epoch: u64::from(self.validity), uid: u64::from(self.last), local: 0 }, lamport: self.state.counters.lamport }
    }

    pub fn outcome(&self, id: EventId) -> Option<&Outcome> {
        self.outcomes.get(&id)
    }

    /// Whether an event is decided: in the state, whoever's reading brought it there.
    pub fn holds(&self, id: EventId) -> bool {
        self.next_seq(id.actor) > id.seq
    }

    /// The seq a device's next event has to bear.
    pub fn next_seq(&self, actor: ActorId) -> u64 {
        self.state.counters.next_seq.get(&actor).copied().unwrap_or(1)
    }

    /// What to fetch, given every UID that is there now.
    ///
    /// A UID below what was read, and not read, came late: then its place in the
    /// order is before what was folded already.
    pub fn wanted(&self, validity: u32, there: &BTreeSet<u32>) -> Wanted {
        let new: BTreeSet<u32> = there.difference(&self.read).copied().collect();
        let came_late = new.first().is_some_and(|uid| *uid <= self.last);
        if validity != self.validity || came_late || self.last == 0 { Wanted::All } else { Wanted::New(new) }
    }

    /// Applies messages that lie behind what was read.
    ///
    /// # Errors
    /// [`Lost::ReadAll`] when they do not simply follow: one is a snapshot or carries an order
    /// over, or an event has no predecessor. Then nothing is changed.
    pub fn advance(&mut self, mut new: Vec<Message>) -> Result<(), Lost> {
        new.sort_by_key(|message| message.uid);
        if new.iter().any(|message| matches!(message.content, Content::Snapshot(_) | Content::Reepoch(_))) || self.leaves_a_hole(&new) {
            return Err(Lost::ReadAll);
        }
        for message in &new {
            self.take(message);
        }
        Ok(())
    }

    fn leaves_a_hole(&self, new: &[Message]) -> bool {
        let mut seqs: BTreeMap<ActorId, BTreeSet<u64>> = BTreeMap::new();
        for message in new {
            if let Content::Event(event) = &message.content {
                seqs.entry(event.id.actor).or_default().insert(event.id.seq);
            }
        }
        let holes = seqs.iter().any(|(actor, seqs)| {
            let next = self.next_seq(*actor);
            let ahead = seqs.range(next..).count() as u64;
            seqs.last().is_some_and(|last| *last >= next && last - next + 1 != ahead)
        });
        holes || !self.state.counters.shared.held.is_empty()
    }

    /// Decides the order anew from every message there is.
    ///
    /// The base is the snapshot with the greatest cut under this UIDVALIDITY; after a
    /// renumbering, the order somebody carried over, and of several the one that knows most.
    ///
    /// # Errors
    /// [`Lost::NoOrder`] after a renumbering that nobody has carried the order over; then
    /// the state stays, and nothing may be written but a `reepoch` (see [`Replica::carry_over`]).
    pub fn decide(&mut self, validity: u32, mut all: Vec<Message>) -> Result<(), Lost> {
        all.sort_by_key(|message| message.uid);
        let base = Self::base_of(validity, &all);
        // Who knows nothing has no order to lose; then only what stands in the log counts.
        let is_renumbered = self.validity != validity && weight(&self.state) > 0;
        let was_renumbered = all.iter().any(|message| names_other_epoch(&message.content, validity));
        if base.is_none() && (is_renumbered || was_renumbered) {
            return Err(Lost::NoOrder);
        }
        let mut next = Self { validity, outcomes: std::mem::take(&mut self.outcomes), ..Self::default() };
        if let Some(snapshot) = base {
            next.state = snapshot.state.clone();
            next.covered = covered(std::mem::take(&mut next.state.unapplied));
        }
        // What the base holds is a duplicate, whatever UID it bears now.
        for message in &all {
            next.take(message);
        }
        next.covered.retain(|id, _| !next.outcomes.contains_key(id));
        *self = next;
        Ok(())
    }

    /// The state to begin with. A snapshot taken under this UIDVALIDITY knows more than any order carried over to it.
    fn base_of(validity: u32, all: &[Message]) -> Option<&Snapshot> {
        let mut known: Vec<(u32, u64, &Snapshot)> = all
            .iter()
            .filter_map(|message| match &message.content {
                Content::Snapshot(snapshot) => Some((snapshot.cut, snapshot)),
                Content::Reepoch(snapshot) => Some((0, snapshot)),
                _ => None,
            })
            .filter(|(_, snapshot)| snapshot.validity == validity)
            .map(|(cut, snapshot)| (cut, snapshot.weight(), snapshot))
            .collect();
        // Of equals the one with the lowest UID. The best first: to see whether one is whole takes long.
        known.sort_by_key(|(cut, weight, _)| std::cmp::Reverse((*cut, *weight)));
        known.into_iter().map(|(.., snapshot)| snapshot).find(|snapshot| snapshot.is_whole())
    }

    /// What to append after a renumbering, so that everybody keeps the order decided before.
    ///
    /// `None` when that has been done, or when the log holds what is not known here: somebody
    /// else may have decided its order and shown the numbers that followed. When nobody who
    /// knows more comes, a person can have [`Replica::carry_over_anyway`].
    pub fn carry_over(&self, validity: u32, all: &[Message]) -> Option<Snapshot> {
        let has_order = self.validity != 0;
        if has_order && all.iter().all(|message| self.knows(&message.content)) { self.carry_over_anyway(validity, all) } else { None }
    }

    /// The same, on a person's word that nobody knows more of the log.
    pub fn carry_over_anyway(&self, validity: u32, all: &[Message]) -> Option<Snapshot> {
        let is_known = Self::base_of(validity, all).is_some_and(|base| base.weight() >= weight(&self.state));
        if self.validity == validity || is_known {
            return None;
        }
        let state = if weight(&self.state) == 0 { by_lamport(validity, all) } else { self.durable_state() };
        let state = older(state, validity, self.validity);
        Some(Snapshot { validity, cut: 0, hash: fold::hash(&state), state })
    }

    fn knows(&self, content: &Content) -> bool {
        match content {
            Content::Event(event) => self.holds(event.id),
            Content::Snapshot(snapshot) | Content::Reepoch(snapshot) => {
                snapshot.state.counters.next_seq.iter().all(|(actor, next)| self.next_seq(*actor) >= *next)
            }
            Content::Genesis { .. } | Content::Foreign => true,
        }
    }

    /// A snapshot of everything read.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { validity: self.validity, cut: self.last, hash: fold::hash(&self.state), state: self.durable_state() }
    }

    fn durable_state(&self) -> LogState {
        let mut state = self.state.clone();
        state.tickets.values_mut().for_each(|ticket| ticket.presence.clear());
        state
    }

    fn note(&mut self, uid: u32) {
        self.read.insert(uid);
        self.last = self.last.max(uid);
    }

    fn take(&mut self, message: &Message) {
        self.note(message.uid);
        let Content::Event(event) = &message.content else { return };
        let position = Position { epoch: u64::from(self.validity), uid: u64::from(message.uid), local: 0 };
        let placed = Placed { position, received: Some(message.received), is_decided: true };
        self.apply(event, &placed);
        while let Some(held) = fold::next_held(&mut self.state.counters, event.id.actor) {
            self.apply(&held, &placed);
        }
    }

    fn apply(&mut self, event: &Event, placed: &Placed) {
        let outcome = fold::apply(&mut self.state, event, placed);
        if !matches!(outcome, Outcome::Duplicate | Outcome::Hole { .. }) {
            self.outcomes.insert(event.id, outcome);
        }
    }
}

/// The messages that were read and count no longer: an event that is gone from the folder, while under another number
/// it stands there once more, or something else in its place. Nobody who reads the log now folds it where it was, so
/// that nobody may; but what a snapshot holds is decided.
pub fn overruled(validity: u32, read: &[Message], is_there: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
    let held = read.iter().filter(|message| is_there(message.uid)).filter_map(|message| match &message.content {
        Content::Snapshot(snapshot) | Content::Reepoch(snapshot) if snapshot.validity == validity => Some(&snapshot.state.counters.next_seq),
        _ => None,
    });
    let held: Vec<_> = held.collect();
    let is_held = |id: EventId| held.iter().any(|next| next.get(&id.actor).is_some_and(|next| *next > id.seq));
    let there: BTreeSet<EventId> = events(read).filter(|(uid, _)| is_there(*uid)).map(|(_, event)| event.id).collect();
    let gone = events(read).filter(|(uid, _)| !is_there(*uid));
    gone.filter(|(_, event)| there.contains(&event.id) && !is_held(event.id)).map(|(uid, _)| uid).collect()
}

fn events(read: &[Message]) -> impl Iterator<Item = (u32, &Event)> {
    read.iter().filter_map(|message| match &message.content {
        Content::Event(event) => Some((message.uid, event.as_ref())),
        _ => None,
    })
}

/// The order of the authors' own clocks: nearly the decided one, for who knows no other.
fn by_lamport(validity: u32, all: &[Message]) -> LogState {
    let mut events: Vec<(&Arc<Event>, Timestamp)> = all
        .iter()
        .filter_map(|message| match &message.content {
            Content::Event(event) => Some((event, message.received)),
            _ => None,
        })
        .collect();
    events.sort_by_key(|(event, _)| (event.lamport, event.id.actor, event.id.seq));
    let mut replica = Replica { validity, ..Replica::default() };
    for ((event, received), uid) in events.into_iter().zip(1..) {
        replica.take(&Message { uid, received, content: Content::Event(Arc::clone(event)) });
    }
    let unapplied = replica.outcomes.iter().filter_map(|(id, outcome)| Some((id.to_string(), outcome.unapplied()?))).collect();
    LogState { unapplied, ..replica.durable_state() }
}

/// What a snapshot says of events that changed nothing, fit to be shown.
fn covered(told: BTreeMap<String, Unapplied>) -> BTreeMap<EventId, Unapplied> {
    let clean = |told: Unapplied| Unapplied { why: sanitise::line(&told.why).into_owned(), ..told };
    told.into_iter().filter_map(|(id, told)| Some((id.parse().ok()?, clean(told)))).collect()
}

/// The state with everything that stands under `validity` put under an earlier numbering: where a server gives
/// the same UIDVALIDITY to other numbers, those of before must not be compared with them.
fn older(state: LogState, validity: u32, before: u32) -> LogState {
    let Ok(mut value) = serde_json::to_value(&state) else { return state };
    let is_changed = renumber(&mut value, validity.into(), before.into());
    if is_changed { serde_json::from_value(value).unwrap_or(state) } else { state }
}

fn renumber(value: &mut Value, from: u64, to: u64) -> bool {
    match value {
        Value::Object(fields) => {
            let is_position = fields.contains_key("uid") && fields.get("epoch").and_then(Value::as_u64) == Some(from);
            if is_position {
                fields.insert("epoch".into(), to.into());
            }
            fields.values_mut().fold(is_position, |changed, value| renumber(value, from, to) | changed)
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, value| renumber(value, from, to) | changed),
        _ => false,
    }
}

/// A snapshot or order of another numbering shows that there was one.
fn names_other_epoch(content: &Content, validity: u32) -> bool {
    match content {
        Content::Snapshot(snapshot) | Content::Reepoch(snapshot) => snapshot.validity != validity,
        Content::Genesis { validity: first } => *first != validity,
        Content::Event(_) | Content::Foreign => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_snapshot_says_of_its_events_is_told_and_changes_no_hash() {
        let id = EventId { actor: ActorId(7), seq: 3 };
        let mut state = LogState::default();
        state.counters.next_seq.insert(id.actor, 4);
        let hash = fold::hash(&state);
        let told = |why: &str| Unapplied { why: why.into(), is_conflict: true, winner: None };
        state.unapplied.insert(id.to_string(), told("it came \u{1b}[2Jtoo late"));
        state.unapplied.insert("no name".into(), told("of nothing"));
        let snapshot = Message {
            uid: 9,
            received: Timestamp::default(),
            content: Content::Snapshot(Snapshot { validity: 1, cut: 8, state, hash: hash.clone() }),
        };
        let mut replica = Replica::default();

        replica.decide(1, vec![snapshot]).unwrap();

        let covered = replica.take_covered();
        assert_eq!(covered.keys().collect::<Vec<_>>(), [&id]);
        assert!(!covered.values().any(|unapplied| unapplied.why.contains('\u{1b}')), "{covered:?}");
        assert_eq!(fold::hash(replica.state()), hash);
        assert!(replica.state().unapplied.is_empty());
    }
}
