//! What each operation does to the state.

use std::collections::BTreeMap;

use super::open::{Parting, attach, open, split};
use super::{Claim, Forgetting, LogState, Outcome, Placed, canonical, forget, named, resolve};
use crate::domain::event::{Base, Change, Event};
use crate::domain::seal;
use crate::domain::ticket::{Field, Intent, Presence, Status, TicketState, Writer};
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};

/// The author's side of a change: who writes, what he had seen, and where it stands.
pub(super) struct Step<'a> {
    event: &'a Event,
    writer: Writer,
    base: Base,
    placed: &'a Placed,
    /// It takes something back.
    is_undo: bool,
}

/// Elements of a set, each with who added it last.
type Elements<K> = BTreeMap<K, Option<Writer>>;

impl<'a> Step<'a> {
    pub fn new(event: &'a Event, placed: &'a Placed) -> Self {
        let writer = Writer { event: event.id, position: placed.position, lamport: event.lamport };
        Self { event, writer, base: event.base, placed, is_undo: false }
    }

    pub fn change(&self, state: &mut LogState, change: &Change) -> Outcome {
        match change {
            Change::Open { tickets } => open(state, self.event, tickets, self.placed.is_decided),
            Change::Undo { change, .. } => Self { is_undo: true, ..*self }.change(state, change),
            Change::Attach { ticket, ids, .. } => attach(state, ticket, ids),
            Change::Split { ticket, ids, key, first } => {
                let parting = Parting { from: ticket, ids, key, first: first.as_deref() };
                split(state, self.event, &parting, self.placed.is_decided)
            }
            Change::Link { a, b } => self.link(state, a, b),
            Change::Unlink { a, b } => self.unlink(state, a, b),
            Change::Merge { ticket, into } => self.merge(state, ticket, into),
            Change::Unmerge { ticket } => on_source(state, ticket, |ticket| self.unmerge(ticket)),
            Change::Assign { ticket, value } => self.on_field(state, ticket, |ticket| self.set("assignee", &mut ticket.assignee, value.clone())),
            Change::Priority { ticket, value } => self.on_field(state, ticket, |ticket| self.set("priority", &mut ticket.priority, *value)),
            Change::Project { ticket, value } => self.on_field(state, ticket, |ticket| self.set("project", &mut ticket.project, value.clone())),
            Change::Subject { ticket, value } => self.on_field(state, ticket, |ticket| self.subject(ticket, value)),
            Change::Snooze { ticket, value, seen } => self.on_field(state, ticket, |ticket| {
                let outcome = self.set("snooze", &mut ticket.snoozed_until, *value);
                if outcome.is_applied() {
                    ticket.snooze_seen_at = ticket.snooze_seen_at.max(seen.as_ref().map(|seen| seen.at));
                }
                outcome
            }),
            Change::Status { ticket, value, seen } => self.on_field(state, ticket, |ticket| {
                let outcome = self.set("status", &mut ticket.status, *value);
                if outcome.is_applied() {
                    ticket.seen_at = ticket.seen_at.max(seen.as_ref().map(|seen| seen.at));
                }
                outcome
            }),
            Change::Reopen { ticket, mid, at } => on(state, ticket, |ticket| self.reopen(ticket, mid, *at)),
            Change::Tag { ticket, add, remove } => on(state, ticket, |ticket| self.elements(&mut ticket.tags, add, remove)),
            Change::Watch { ticket, add, remove } => on(state, ticket, |ticket| self.elements(&mut ticket.watchers, add, remove)),
            Change::Participant { ticket, add, remove, clear } => self.participants(state, ticket, add, remove, clear),
            Change::Note { ticket, .. } => on(state, ticket, |_| Outcome::Applied),
            Change::Sent { ticket, mid, .. } | Change::Ack { ticket, mid, .. } => sent(state, ticket, mid),
            Change::Intent { ticket, mid, ttl, .. } => on(state, ticket, |ticket| self.intend(ticket, mid, *ttl)),
            Change::Presence { ticket, what } => on(state, ticket, |ticket| {
                ticket.presence.insert(self.event.agent.clone(), Presence { what: what.clone(), since: self.received() });
                Outcome::Applied
            }),
            Change::Left { ticket, what } => on(state, ticket, |ticket| {
                if ticket.presence.get(&self.event.agent).is_some_and(|presence| presence.what == *what) {
                    ticket.presence.remove(&self.event.agent);
                }
                Outcome::Applied
            }),
            about_the_log => self.log_wide(state, about_the_log),
        }
    }

    fn log_wide(&self, state: &mut LogState, change: &Change) -> Outcome {
        let shared = &mut state.counters.shared;
        match change {
            Change::Claim { what, ttl } => return self.claim(state, what, *ttl),
            Change::Revoke { actor } => drop(shared.revoked.insert(*actor)),
            Change::Rekey { key } => shared.key = Some(key.clone()),
            Change::Activate { project, feature } => {
                shared.activated.entry(format!("{project}/{feature}")).or_insert(self.placed.position);
            }
            Change::Share { name, hash, content } => {
                if seal::digest(content) != *hash {
                    return Outcome::Conflict("its content is not what its hash says");
                }
                shared.files.insert(name.clone(), (hash.clone(), self.event.id));
            }
            Change::Forget { address } => return forget::forget(state, address, Forgetting { at: self.received(), writer: self.writer }),
            Change::Unknown(_) => {
                shared.has_newer = true;
                return Outcome::Unknown;
            }
            _ => {}
        }
        Outcome::Applied
    }

    fn received(&self) -> Timestamp {
        self.placed.received.unwrap_or(self.event.at)
    }

    /// Acts on a field of the ticket a key leads to. Who had not seen that it was merged meant another one, and does
    /// not, for example, solve what somebody else has asked.
    fn on_field(&self, state: &mut LogState, key: &TicketKey, act: impl FnOnce(&mut TicketState) -> Outcome) -> Outcome {
        match self.unseen_merge(state, key) {
            Some(winner) => Outcome::Stale { field: "merge", winner },
            None => on(state, key, act),
        }
    }

    /// The first merge on the way to where a key leads that the author had not seen.
    fn unseen_merge(&self, state: &LogState, key: &TicketKey) -> Option<EventId> {
        let mut ticket = named(state, key)?;
        for _ in 0..=state.tickets.len() {
            let next = ticket.merged_into.value.as_ref()?;
            if let Some(unseen) = ticket.merged_into.writer.filter(|writer| !self.has_seen(writer)) {
                return Some(unseen.event);
            }
            ticket = named(state, next)?;
        }
        None
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

    fn subject(&self, ticket: &mut TicketState, value: &str) -> Outcome {
        let value = if self.is_undo { forget::put_back(ticket, value) } else { value.to_owned() };
        let outcome = self.set("subject", &mut ticket.subject, value);
        if outcome.is_applied() {
            ticket.subject_put_back = self.is_undo;
        }
        outcome
    }

    fn has_seen(&self, last: &Writer) -> bool {
        last.event.actor == self.writer.event.actor || last.is_seen(&self.base)
    }

    /// Adds and removes by element: an addition its remover had not seen survives.
    fn elements<K: Ord + Clone>(&self, set: &mut Elements<K>, add: &[K], remove: &[K]) -> Outcome {
        for element in remove.iter().filter(|element| !add.contains(element)) {
            if self.covers(set, element) {
                set.remove(element);
            }
        }
        for element in add {
            set.insert(element.clone(), Some(self.writer));
        }
        Outcome::Applied
    }

    fn covers<K: Ord>(&self, set: &Elements<K>, element: &K) -> bool {
        set.get(element).is_some_and(|added| added.as_ref().is_none_or(|writer| self.has_seen(writer)))
    }

    /// An address that stands in the mail cannot be removed from it, so that it is noted as taken off.
    /// One that is cleared is neither added nor taken off from here on. Who is forgotten comes back by none of that.
    fn participants(&self, state: &mut LogState, key: &TicketKey, add: &[String], remove: &[String], clear: &[String]) -> Outcome {
        let [add, remove] = [add, remove].map(|addresses| forget::known(state, self.event, addresses));
        on(state, key, |ticket| self.set_participants(ticket, &add, &remove, clear))
    }

    fn set_participants(&self, ticket: &mut TicketState, add: &[String], remove: &[String], clear: &[String]) -> Outcome {
        for address in clear.iter().filter(|address| !add.contains(address) && !remove.contains(address)) {
            for set in [&mut ticket.participants, &mut ticket.taken_off] {
                if self.covers(set, address) {
                    set.remove(address);
                }
            }
        }
        for address in remove.iter().filter(|address| !add.contains(address)) {
            let was_added = ticket.participants.contains_key(address);
            if was_added && !self.covers(&ticket.participants, address) {
                continue;
            }
            ticket.participants.remove(address);
            ticket.taken_off.insert(address.clone(), Some(self.writer));
        }
        for address in add {
            ticket.taken_off.remove(address);
            ticket.participants.insert(address.clone(), Some(self.writer));
        }
        Outcome::Applied
    }

    fn reopen(&self, ticket: &mut TicketState, mid: &MessageId, at: Timestamp) -> Outcome {
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
        let merged = state.tickets.get(&source).map(|ticket| ticket.merged_into.clone()).unwrap_or_default();
        if let Some(elsewhere) = merged.value {
            return match merged.writer {
                _ if resolve(state, &elsewhere).as_ref() == Some(&target) => Outcome::NoEffect("it is merged into that ticket already"),
                Some(winner) => Outcome::Stale { field: "merge", winner: winner.event },
                None => Outcome::Conflict("it is merged into another ticket"),
            };
        }
        if source == target {
            return Outcome::Conflict("it would be merged into itself");
        }
        on_source(state, &source, |ticket| self.set("merge", &mut ticket.merged_into, Some(target)))
    }

    fn unmerge(&self, ticket: &mut TicketState) -> Outcome {
        if ticket.merged_into.value.is_none() {
            return Outcome::NoEffect("it is not merged");
        }
        self.set("merge", &mut ticket.merged_into, None)
    }

    fn link(&self, state: &mut LogState, a: &TicketKey, b: &TicketKey) -> Outcome {
        both(state, a, b, |ticket, other| self.elements(&mut ticket.links, &[other], &[]))
    }

    fn unlink(&self, state: &mut LogState, a: &TicketKey, b: &TicketKey) -> Outcome {
        both(state, a, b, |ticket, other| self.elements(&mut ticket.links, &[], &[other]))
    }

    /// The lowest live intent of a ticket goes on; leases are compared by the server's clock alone.
    /// A device never stands in its own way: what it intends later replaces what it intended before.
    fn intend(&self, ticket: &mut TicketState, mid: &MessageId, ttl: u64) -> Outcome {
        let now = self.received();
        let is_anothers = |first: &Intent| first.event.actor != self.event.id.actor;
        if let Some(first) = ticket.intent.as_ref().filter(|first| is_anothers(first) && is_live(first.since, first.ttl, now)) {
            return Outcome::Lost { winner: first.event };
        }
        ticket.intent = Some(Intent { event: self.event.id, mid: mid.clone(), since: now, ttl });
        Outcome::Applied
    }

    fn claim(&self, state: &mut LogState, what: &str, ttl: u64) -> Outcome {
        let now = self.received();
        // An acknowledgement that may have left is never sent by somebody else.
        let ttl = if what.starts_with(ONCE_FOR_EVER) { 0 } else { ttl };
        if let Some(first) = state.claims.get(what).filter(|first| is_live(first.since, first.ttl, now)) {
            return Outcome::Lost { winner: first.event };
        }
        state.claims.insert(what.to_owned(), Claim { event: self.event.id, since: now, ttl });
        Outcome::Applied
    }
}

/// Claims of this name never expire, whatever they say.
const ONCE_FOR_EVER: &str = "ack:";

/// Whether a lease still held when another came; 0 is for ever.
fn is_live(since: Timestamp, ttl: u64, now: Timestamp) -> bool {
    ttl == 0 || now.as_second().saturating_sub(since.as_second()) < i64::try_from(ttl).unwrap_or(i64::MAX)
}

/// A number that has left the house is frozen, and the mail belongs to its ticket.
fn sent(state: &mut LogState, ticket: &TicketKey, mid: &MessageId) -> Outcome {
    let Some(key) = resolve(state, ticket) else { return Outcome::NoEffect("no such ticket") };
    let is_its = *state.owners.entry(mid.clone()).or_insert(key.clone()) == key;
    on(state, &key, |ticket| {
        ticket.number_frozen |= ticket.number.is_some();
        if is_its {
            ticket.ids.insert(mid.clone());
        }
        if ticket.intent.as_ref().is_some_and(|intent| intent.mid == *mid) {
            ticket.intent = None;
        }
        Outcome::Applied
    })
}

/// Acts on two tickets, each with the key of the other.
fn both(state: &mut LogState, a: &TicketKey, b: &TicketKey, act: impl Fn(&mut TicketState, TicketKey) -> Outcome) -> Outcome {
    let (Some(a), Some(b)) = (resolve(state, a), resolve(state, b)) else { return Outcome::NoEffect("no such ticket") };
    if a == b {
        return Outcome::Conflict("a ticket is not linked with itself");
    }
    for (from, to) in [(&a, &b), (&b, &a)] {
        if let Some(ticket) = state.tickets.get_mut(from) {
            act(ticket, to.clone());
        }
    }
    Outcome::Applied
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
