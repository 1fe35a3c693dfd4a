//! A change of ours that the mail server does not take, whatever is done: everything done after it
//! waits behind it. Its author is told, and says whether it is tried again or left out.

use super::act::label;
use super::{Desk, DeskResult, Done};
use crate::domain::event::Event;
use crate::domain::{EventId, TicketKey};
use crate::protocol::answer::ConflictLine;
use crate::protocol::job::Decision;
use crate::store::conflicts::{Conflict, Settlement};

impl Desk {
    /// It as a line of the list of changes that are to be decided about.
    pub(super) fn parked_line(&self) -> DeskResult<Option<ConflictLine>> {
        let Some((event, why)) = self.store.parked()? else { return Ok(None) };
        let state = self.store.state_of(&event.change)?;
        let ticket = state.as_ref().map(|state| state.key.clone()).or_else(|| event.change.tickets().into_iter().next());
        let row = ticket.as_ref().map_or(Ok(None), |key| self.store.plain_ticket_row(key))?;
        Ok(Some(ConflictLine {
            event: event.id,
            label: state.as_ref().map(label).unwrap_or_default(),
            subject: row.map(|row| row.subject).unwrap_or_default(),
            ticket: ticket.unwrap_or_else(|| TicketKey::of(&crate::domain::MessageId::synthetic(b"no ticket"))),
            mine: self.in_words(&event.change)?,
            at: event.at,
            theirs: String::new(),
            theirs_at: None,
            why,
            is_undecided: true,
            is_parked: true,
            can_be_applied: true,
        }))
    }

    /// Does what was decided about it; `None` if that is about another change.
    pub(super) fn decide_parked(&mut self, id: EventId, decision: Decision) -> DeskResult<Option<Done>> {
        let Some((event, why)) = self.store.parked()?.filter(|(event, _)| event.id == id) else { return Ok(None) };
        let tickets: Vec<TicketKey> = self.store.state_of(&event.change)?.into_iter().map(|state| state.key).collect();
        let what = if decision == Decision::Drop {
            self.leave_out(event, why)?;
            "left out: what was done after it is shared now"
        } else {
            "offered to the mail server once more"
        };
        self.store.unpark()?;
        self.ring();
        Ok(Some(Done { what: what.to_owned(), events: Vec::new(), tickets }))
    }

    /// Something that changes nothing takes its place. Who ends between the two steps finds the change on the
    /// list of those that are to be decided about.
    fn leave_out(&mut self, event: Event, why: String) -> DeskResult<()> {
        let id = event.id;
        self.store.set_conflicts_aside(&[Conflict { event, why, winner: None, is_undecided: false }])?;
        self.store.settle_conflicts(&self.author(), vec![(id, Settlement::Drop)], None)?;
        Ok(())
    }
}
