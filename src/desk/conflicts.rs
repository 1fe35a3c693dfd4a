//! Changes of ours that were not applied because a colleague was first: shown to their author, who decides.
//!
//! What was shared stands in the history, and can be applied anyway. What was done during a long
//! absence and has lost is not shared before its author has said so, where there is somebody to ask.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::act::label;
use super::{Desk, DeskError, DeskResult, Done, told};
use crate::domain::conflict::{holds, plain, written};
use crate::domain::event::Change;
use crate::domain::fold;
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, TicketKey, Timestamp};
use crate::protocol::answer::ConflictLine;
use crate::protocol::job::Decision;
use crate::store::StoreError;
use crate::store::conflicts::{Conflict, OpenConflict, Settlement};
use crate::store::events::NewEvent;

/// Who was away for longer is asked before what he did meanwhile is shared and has lost.
const AWAY: Duration = Duration::from_mins(10);

impl Desk {
    /// Says that there is somebody who can be asked: changes that lost during a long absence
    /// wait for a decision instead of being shared.
    pub fn ask_before_sharing(&mut self) {
        self.asks = true;
    }

    /// Before anything is shared, and after the log was read: looks for changes to ask about. Where
    /// nobody can be asked, what waits for an answer goes into the history as it is.
    pub(super) fn ask_about_stale(&mut self) -> Result<(), StoreError> {
        if !self.asks {
            let waiting = self.store.conflicts()?.into_iter().filter(|conflict| conflict.is_undecided);
            let kept: Vec<_> = waiting.map(|conflict| (conflict.event.id, Settlement::Keep)).collect();
            if !kept.is_empty() {
                self.store.settle_conflicts(&self.author(), kept, None)?;
            }
            return Ok(());
        }
        let mut stale = Vec::new();
        for conflict in self.store.stale()? {
            let is_moot = self.store.state_of(&conflict.event.change)?.is_some_and(|state| holds(&state, &conflict.event.change));
            stale.extend((!is_moot).then_some(conflict));
        }
        if self.was_away(&stale)? {
            self.store.set_conflicts_aside(&stale)?;
        }
        Ok(())
    }

    /// Whether the log had not been read for long, or what has lost is old.
    fn was_away(&self, stale: &[Conflict]) -> Result<bool, StoreError> {
        let last = self.store.remembered(super::sync::LAST_SYNC)?.and_then(|at| at.parse::<Timestamp>().ok());
        let now = Timestamp::now();
        let is_long = |since: Timestamp| Duration::try_from(now.duration_since(since)).is_ok_and(|away| away > AWAY);
        Ok(!stale.is_empty() && (last.is_some_and(is_long) || stale.iter().any(|conflict| is_long(conflict.event.at))))
    }

    /// The changes of ours that are not in force and that still matter, oldest first; before them one
    /// that the mail server does not take.
    ///
    /// One that was shared matters no more when the ticket is as it wished, or when we have changed
    /// the same again since.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn conflicts(&self) -> DeskResult<Vec<ConflictLine>> {
        let mut lines: Vec<ConflictLine> = self.parked_line()?.into_iter().collect();
        for (conflict, state) in self.store.open_conflicts()? {
            lines.push(self.conflict_line(&conflict, &state)?);
        }
        Ok(lines)
    }

    fn conflict_line(&self, conflict: &Conflict, state: &TicketState) -> DeskResult<ConflictLine> {
        let event = &conflict.event;
        // What a colleague did last says more than what he did first, unless that was to merge the ticket into this one.
        let writer = written(state, &event.change).and_then(|field| field.writer).map(|writer| writer.event);
        let is_its_own = event.change.tickets().iter().any(|key| *key == state.key || state.aliases.contains(key));
        let winner = writer.filter(|writer| is_its_own && writer.actor != event.id.actor).or(conflict.winner);
        let (theirs, theirs_at) = self.theirs(&event.change, state, winner)?.unwrap_or_default();
        let row = self.store.plain_ticket_row(&state.key)?;
        Ok(ConflictLine {
            event: event.id,
            ticket: state.key.clone(),
            label: label(state),
            subject: row.map(|row| row.subject).unwrap_or_default(),
            mine: self.in_words(&event.change)?,
            at: event.at,
            theirs,
            theirs_at,
            why: conflict.why.clone(),
            is_undecided: conflict.is_undecided,
            is_parked: false,
            can_be_applied: self.hindrance(&event.change, state)?.is_none(),
        })
    }

    /// Who was first, with what, and when that was; `None` if nobody is known to have been.
    fn theirs(&self, change: &Change, state: &TicketState, winner: Option<EventId>) -> DeskResult<Option<(String, Option<Timestamp>)>> {
        let Some(winner) = self.circle(change, state)?.or(winner) else { return Ok(None) };
        if let Some(first) = self.store.event(winner)? {
            let what = match plain(&first.change) {
                Change::Merge { ticket, into } if *ticket != state.key => format!("merged {} into {}", self.label_of(ticket)?, self.label_of(into)?),
                // It is no activity of its own: the mail is.
                Change::Intent { .. } => "began to send an answer".to_owned(),
                _ => self.in_words(&first.change)?,
            };
            return Ok(Some((format!("{} {what}", first.agent), Some(first.at))));
        }
        // Of what a snapshot has replaced no more is known than what stands in the ticket, and who wrote from there.
        let who = self.store.agent_of(winner.actor)?.unwrap_or_else(|| "a colleague".to_owned());
        let is_last = written(state, change).and_then(|field| field.writer).is_some_and(|writer| writer.event == winner);
        let what = match standing(state, change).filter(|_| is_last) {
            Some(now) => self.in_words(&now)?,
            None => "changed the same".to_owned(),
        };
        Ok(Some((format!("{who} {what}"), None)))
    }

    /// The merge that makes another one close a circle.
    fn circle(&self, change: &Change, state: &TicketState) -> DeskResult<Option<EventId>> {
        let Change::Merge { into, .. } = plain(change) else { return Ok(None) };
        let is_circle = self.state_of(into)?.is_some_and(|target| target.key == state.key);
        let other = if is_circle { self.store.ticket_state(into)? } else { None };
        Ok(other.and_then(|other| other.merged_into.writer).map(|writer| writer.event))
    }

    /// Why a change cannot be made, even in knowledge of everything; `None` if it can.
    fn hindrance(&self, change: &Change, state: &TicketState) -> DeskResult<Option<String>> {
        let Change::Merge { into, .. } = plain(change) else { return Ok(None) };
        if holds(state, change) {
            return Ok(None);
        }
        let is_circle = self.state_of(into)?.is_some_and(|target| target.key == state.key);
        Ok(match &state.merged_into.value {
            _ if is_circle => Some(format!("{} is merged into {} already", self.label_of(into)?, label(state))),
            Some(elsewhere) => Some(format!("{} is merged into {} already", label(state), self.label_of(elsewhere)?)),
            None => None,
        })
    }

    /// The changes that are not in force of a ticket; where there are none, the merges of tickets that
    /// have been merged into it since.
    pub(super) fn conflicts_of(&self, ticket: &TicketKey) -> DeskResult<Vec<OpenConflict>> {
        let (mut own, mut within) = (Vec::new(), Vec::new());
        for (conflict, of) in self.store.open_conflicts()? {
            match of.key == *ticket {
                true => own.push((conflict, of)),
                false if self.is_within(&of, ticket)? => within.push((conflict, of)),
                false => {}
            }
        }
        Ok(if own.is_empty() { within } else { own })
    }

    /// Whether a ticket is this one, or was merged into it.
    pub(super) fn is_within(&self, state: &TicketState, ticket: &TicketKey) -> DeskResult<bool> {
        Ok(state.key == *ticket || self.state_of(&state.key)?.is_some_and(|home| home.key == *ticket))
    }

    /// Whether a change can be made if its author insists.
    pub(super) fn can_be_made(&self, change: &Change) -> DeskResult<bool> {
        Ok(match self.store.state_of(change)? {
            Some(state) => self.hindrance(change, &state)?.is_none(),
            None => false,
        })
    }

    /// Refuses to apply what cannot be applied, before anything is written.
    pub(super) fn require_no_hindrance(&self, conflict: &Conflict, state: &TicketState) -> DeskResult<()> {
        match self.hindrance(&conflict.event.change, state)? {
            Some(why) => {
                Err(DeskError::Conflict(format!("{}: this cannot be applied: {why}; undo that first, or leave yours as it is", label(state))))
            }
            None => Ok(()),
        }
    }

    /// A change in a few words, to who knows which ticket it is about.
    pub(super) fn in_words(&self, change: &Change) -> DeskResult<String> {
        Ok(told::in_words(&self.store, change, None, &TimeZone::system())?)
    }

    /// The same to who looks at a ticket: a change to one that was merged into it says which.
    pub(super) fn in_words_at(&self, ticket: &TicketKey, change: &Change) -> DeskResult<String> {
        Ok(told::in_words(&self.store, change, Some(ticket), &TimeZone::system())?)
    }

    /// Why a change was not applied, as a sentence: who was first, with what.
    pub(super) fn why_not(&self, change: &Change, why: &str, winner: Option<EventId>) -> DeskResult<String> {
        let state = self.store.state_of(change)?;
        let theirs = state.map(|state| self.theirs(change, &state, winner)).transpose()?.flatten();
        Ok(theirs.map_or_else(|| why.to_owned(), |(theirs, _)| format!("{theirs} first")))
    }

    /// Those of our shared changes that were not applied and whose author has not been told. From here on he has.
    pub(super) fn untold_conflicts(&mut self) -> DeskResult<Vec<ConflictLine>> {
        let mut lines = Vec::new();
        for conflict in self.store.tell_conflicts()? {
            if let Some(state) = self.store.state_of(&conflict.event.change)? {
                lines.push(self.conflict_line(&conflict, &state)?);
            }
        }
        Ok(lines)
    }

    /// Does what was decided about changes that were not applied; those that are applied are one gesture.
    /// One that cannot be applied stays as it is, and is told of.
    ///
    /// # Errors
    /// None of it can be done, or a file cannot be read or written; then nothing is done.
    pub fn decide(&mut self, decisions: &[(EventId, Decision)]) -> DeskResult<Done> {
        let Some((id, decision)) = self.store.parked()?.and_then(|(parked, _)| decisions.iter().find(|(id, _)| *id == parked.id)) else {
            return self.decide_lost(decisions);
        };
        let parked = self.decide_parked(*id, *decision)?.unwrap_or_default();
        let others: Vec<(EventId, Decision)> = decisions.iter().filter(|(other, _)| other != id).copied().collect();
        if others.is_empty() {
            return Ok(parked);
        }
        let lost = self.decide_lost(&others)?;
        Ok(Done { what: format!("{}; {}", parked.what, lost.what), tickets: [parked.tickets, lost.tickets].concat(), ..lost })
    }

    fn decide_lost(&mut self, decisions: &[(EventId, Decision)]) -> DeskResult<Done> {
        let open = self.store.open_conflicts()?;
        let known = |id: &EventId| open.iter().find(|(conflict, _)| conflict.event.id == *id);
        let wanted: Vec<&OpenConflict> =
            decisions.iter().filter(|(_, decision)| *decision == Decision::Apply).filter_map(|(id, _)| known(id)).collect();
        let (mut settlements, mut done) = (Vec::new(), Done::default());
        let mut counts = [0_usize; 3];
        let mut refused = Vec::new();
        for (id, decision) in decisions {
            let Some((conflict, state)) = known(id) else { continue };
            let settlement = match decision {
                Decision::Apply => match self.require_no_hindrance(conflict, state) {
                    Ok(()) => anew(conflict, state, &wanted),
                    Err(error) => {
                        refused.push(error);
                        continue;
                    }
                },
                Decision::Drop => Settlement::Drop,
                Decision::Keep => Settlement::Keep,
            };
            if let Some(count) = counts.get_mut(*decision as usize) {
                *count += 1;
            }
            done.tickets.push(state.key.clone());
            settlements.push((*id, settlement));
        }
        // Where there is nothing else to tell, that is a failure.
        if let Some(error) = refused.pop_if(|_| settlements.is_empty()) {
            return Err(error);
        }
        done.events = self.store.settle_conflicts(&self.author(), settlements, None)?;
        self.ring();
        for (id, again) in self.lost_again(&done.events)? {
            refused.push(again);
            done.events.retain(|event| *event != id);
            if let Some(count) = counts.get_mut(Decision::Apply as usize) {
                *count = count.saturating_sub(1);
            }
        }
        if let Some(error) = refused.pop_if(|_| counts.iter().all(|count| *count == 0)) {
            return Err(error);
        }
        done.what = refused.iter().fold(decided(counts), |told, error| format!("{told}; {error}"));
        Ok(done)
    }

    /// Leaves changes that were not applied as they are: one, or all of some tickets.
    ///
    /// # Errors
    /// There is none, or a file cannot be read or written.
    pub fn leave(&mut self, tickets: &[TicketKey], event: Option<EventId>) -> DeskResult<Done> {
        // What would be gone for good has to be named.
        if let Some(done) = event.map_or(Ok(None), |event| self.decide_parked(event, Decision::Drop))? {
            return Ok(done);
        }
        let mut meant = Vec::new();
        for key in tickets {
            let key = self.opened(key)?.key;
            let open = self.conflicts_of(&key)?.into_iter().map(|(conflict, _)| conflict.event.id);
            meant.extend(open.filter(|id| event.is_none_or(|event| event == *id)).map(|id| (id, Decision::Keep)));
        }
        if meant.is_empty() {
            return Err(DeskError::no_event("no change of yours to that is to be decided about".into()));
        }
        self.decide(&meant)
    }
}

/// A change made anew; nothing if the ticket is as it wishes, or if one that is made with it, and was
/// done later, writes the same.
pub(super) fn anew(conflict: &Conflict, state: &TicketState, all: &[&OpenConflict]) -> Settlement {
    let change = plain(&conflict.event.change);
    let is_later = |other: &Conflict| (other.event.lamport, other.event.id.seq) > (conflict.event.lamport, conflict.event.id.seq);
    let is_replaced = all.iter().any(|(other, of)| of.key == state.key && plain(&other.event.change).op() == change.op() && is_later(other));
    if is_replaced || holds(state, change) {
        return Settlement::Drop;
    }
    Settlement::Apply(NewEvent { change: change.clone(), inverse: fold::inverse(state, change) })
}

/// What the field that a change wrote holds now, as the change that wrote it.
fn standing(state: &TicketState, change: &Change) -> Option<Change> {
    match plain(change) {
        Change::Merge { ticket, .. } => state.merged_into.value.clone().map(|into| Change::Merge { ticket: ticket.clone(), into }),
        change => fold::inverse(state, change),
    }
}

/// `2 applied anyway, 1 dropped`, in the order of [`Decision`].
fn decided(counts: [usize; 3]) -> String {
    let words = ["applied anyway", "dropped", "left in the history as not applied"];
    let told: Vec<String> = counts.iter().zip(words).filter(|(count, _)| **count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    if told.is_empty() { "nothing waits for a decision any more".into() } else { told.join(", ") }
}
