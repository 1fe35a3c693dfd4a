//! Changes of ours that lost are made all the same, in knowledge of what came first.

use jiff::tz::TimeZone;

use super::act::label;
use super::conflicts::anew;
use super::{Desk, DeskError, DeskResult, Done, words};
use crate::domain::conflict::{holds, written};
use crate::domain::event::Change;
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, TicketKey};
use crate::protocol::answer::BatchDone;
use crate::protocol::job::{Act, Batch, Decision};
use crate::store::conflicts::{Conflict, Fate, OpenConflict, Settlement};
use crate::store::events::NewEvent;

impl Desk {
    /// Applies one change, or all that were not applied, of some tickets.
    pub(super) fn apply_conflicts(&mut self, tickets: &[TicketKey], event: Option<EventId>) -> DeskResult<Done> {
        if let Some(done) = event.map_or(Ok(None), |event| self.decide_parked(event, Decision::Apply))? {
            return Ok(done);
        }
        let mut settlements = Vec::new();
        let mut labels = Vec::new();
        for key in tickets {
            labels.push(label(&self.opened(key)?));
            settlements.extend(self.settlements(key, event)?);
        }
        let events = self.store.settle_conflicts(&self.author(), settlements, None)?;
        self.ring();
        if let Some((_, error)) = self.lost_again(&events)?.pop() {
            return Err(error);
        }
        let what = words::act(&Act::Apply(event), &labels, events.len(), None, &TimeZone::system());
        Ok(Done { what, events, tickets: tickets.to_vec() })
    }

    /// The same for a part of many tickets: one that fails does not stop the others.
    pub(super) fn apply_each(&mut self, batch: &Batch, event: Option<EventId>) -> DeskResult<BatchDone> {
        let mut done = BatchDone { first: batch.first, ..BatchDone::default() };
        let mut settlements = Vec::new();
        let mut made: Vec<(&TicketKey, Vec<Change>)> = Vec::new();
        for key in &batch.tickets {
            match self.settlements(key, event) {
                Ok(of_ticket) => {
                    made.push((key, of_ticket.iter().filter_map(|(_, settlement)| made_of(settlement)).map(|new| new.change.clone()).collect()));
                    settlements.extend(of_ticket);
                }
                Err(error) => done.failed.push((key.clone(), error.to_string())),
            }
        }
        let events = self.store.settle_conflicts(&self.author(), settlements, batch.first)?;
        done.first = done.first.or(events.first().copied());
        self.ring();
        let mut lost = Vec::new();
        for (id, error) in self.lost_again(&events)? {
            lost.extend(self.store.event(id)?.map(|event| (event.change, error.to_string())));
        }
        for (key, changes) in made {
            match lost.iter().find(|(change, _)| changes.contains(change)) {
                Some((_, why)) => done.failed.push((key.clone(), why.clone())),
                None => done.changed += 1,
            }
        }
        Ok(done)
    }

    /// Those of the changes made anew that have lost once more: against what came in between, or
    /// against one another. Each with what to say of it.
    pub(super) fn lost_again(&self, events: &[EventId]) -> DeskResult<Vec<(EventId, DeskError)>> {
        let mut lost = Vec::new();
        for id in events {
            let Some((why, _)) = self.store.unapplied(*id)? else { continue };
            let state = self.store.event(*id)?.map_or(Ok(None), |event| self.store.state_of(&event.change))?;
            let which = state.as_ref().map(label).unwrap_or_default();
            lost.push((*id, DeskError::Conflict(format!("{which}: not applied again: {why}"))));
        }
        Ok(lost)
    }

    fn settlements(&mut self, key: &TicketKey, event: Option<EventId>) -> DeskResult<Vec<(EventId, Settlement)>> {
        if let Some(id) = event {
            let conflict = self.named_conflict(key, id)?;
            let state = self.store.state_of(&conflict.event.change)?.ok_or_else(|| DeskError::no_ticket(format!("there is no ticket {key}")))?;
            self.require_no_hindrance(&conflict, &state)?;
            self.require_a_difference(&conflict, &state)?;
            return Ok(vec![(id, anew(&conflict, &state, &[]))]);
        }
        let state = self.opened(key)?;
        let open: Vec<_> = self.conflicts_of(&state.key)?;
        if open.is_empty() {
            return Err(DeskError::no_event(format!("no change of yours to ticket {} waits to be applied", label(&state))));
        }
        open.iter().try_for_each(|(conflict, state)| self.require_no_hindrance(conflict, state))?;
        let all: Vec<&OpenConflict> = open.iter().collect();
        Ok(open.iter().map(|(conflict, state)| (conflict.event.id, anew(conflict, state, &all))).collect())
    }

    /// Refuses to apply what its author has dealt with for good.
    fn require_unsettled(&self, id: EventId) -> DeskResult<()> {
        let Some(settled) = self.store.settlement(id)? else { return Ok(()) };
        let (who, at) = (&settled.agent, words::moment(settled.at));
        match settled.how {
            Fate::Applied => Err(DeskError::Conflict(format!("event {id} was applied already: {who} made the change anew at {at}"))),
            Fate::Dropped => {
                Err(DeskError::Conflict(format!("event {id} was dropped: {who} gave the change up at {at}, before anybody else saw it")))
            }
            Fate::Left => Ok(()),
        }
    }

    /// Refuses to apply what has come about meanwhile: who sees to it first is told.
    fn require_a_difference(&self, conflict: &Conflict, state: &TicketState) -> DeskResult<()> {
        if conflict.is_undecided || !holds(state, &conflict.event.change) {
            return Ok(());
        }
        let id = conflict.event.id;
        let writer = written(state, &conflict.event.change).and_then(|field| field.writer);
        let by = match writer.map_or(Ok(None), |writer| self.store.event(writer.event))? {
            Some(event) => format!(": {} {} at {}", event.agent, self.in_words(&event.change)?, words::moment(event.at)),
            None => String::new(),
        };
        Err(DeskError::Conflict(format!("{}: as event {id} wishes already{by}", label(state))))
    }

    /// A change that was not applied, by its id: of anybody, and however long ago.
    fn named_conflict(&mut self, key: &TicketKey, id: EventId) -> DeskResult<Conflict> {
        let state = self.opened(key)?;
        self.require_unsettled(id)?;
        let undecided = self.store.undecided(id)?;
        let is_undecided = undecided.is_some();
        let event = match undecided {
            Some(event) => event,
            None => self.store.event(id)?.ok_or_else(|| DeskError::no_event(format!("there is no event {id}")))?,
        };
        let why = match self.store.unapplied(id)? {
            _ if is_undecided => String::new(),
            Some((why, true)) => why,
            Some((why, false)) => {
                return Err(DeskError::usage(format!("event {id} cannot be applied: {why}"), "Make the change anew, if it is still wanted."));
            }
            None => return Err(DeskError::usage(format!("event {id} is applied"), "`postdesk undo` takes a change back.")),
        };
        let is_named = event.change.tickets().iter().any(|key| *key == state.key || state.aliases.contains(key));
        let is_about = match self.store.state_of(&event.change)? {
            Some(of) => is_named || self.is_within(&of, &state.key)?,
            None => false,
        };
        if !is_about {
            return Err(DeskError::usage(
                format!("event {id} is about another ticket than {}", label(&state)),
                "`postdesk show N` lists what happened to a ticket.",
            ));
        }
        Ok(Conflict { event, why, winner: None, is_undecided })
    }
}

/// What is written when a conflict is settled like this.
fn made_of(settlement: &Settlement) -> Option<&NewEvent> {
    match settlement {
        Settlement::Apply(new) => Some(new),
        Settlement::Drop | Settlement::Keep => None,
    }
}
