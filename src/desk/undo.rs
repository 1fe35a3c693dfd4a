//! Taking back what was done, and doing it again.

use jiff::tz::TimeZone;

use super::act::label;
use super::{Desk, DeskError, DeskResult, Done, words};
use crate::domain::conflict::written;
use crate::domain::event::Change;
use crate::domain::fold;
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, TicketKey};
use crate::store::events::NewEvent;
use crate::store::undo::Undoable;

impl Desk {
    /// Takes back an event, or this device's newest gesture that has not been taken back.
    ///
    /// What a colleague has changed since stays as it is.
    ///
    /// # Errors
    /// There is nothing to take back, or all of it was changed by others since.
    pub fn undo(&mut self, event: Option<EventId>) -> DeskResult<Done> {
        let undoable = self.store.undoable(event)?;
        if undoable.is_empty() {
            return Err(match event {
                Some(id) => DeskError::no_event(format!("there is no event {id} that could be taken back")),
                None => DeskError::NotFound {
                    what: "there is nothing to take back".into(),
                    remedy: "Only what was done on this computer is undone; change the ticket instead.".into(),
                },
            });
        }
        self.take_back(&undoable, "undid")
    }

    /// Does again what was taken back last, as long as nothing new was done since.
    ///
    /// # Errors
    /// There is nothing to do again, or all of it was changed by others since.
    pub fn redo(&mut self) -> DeskResult<Done> {
        let redoable = self.store.redoable()?;
        if redoable.is_empty() {
            return Err(DeskError::NotFound {
                what: "there is nothing to do again".into(),
                remedy: "`redo` follows an undo, as long as nothing new was done.".into(),
            });
        }
        self.take_back(&redoable, "redid")
    }

    fn take_back(&mut self, gesture: &[Undoable], verb: &str) -> DeskResult<Done> {
        let mut events = Vec::new();
        let mut labels = Vec::new();
        let mut done = Done::default();
        let mut in_the_way = None;
        for undone in gesture {
            let Some(state) = self.state_before(undone)? else { continue };
            if let Some(why) = self.changed_since(&state, undone)? {
                in_the_way = Some(format!("{}: {why}", label(&state)));
                continue;
            }
            let inverse = match &undone.inverse {
                // That a note is gone says nothing of what it said.
                Change::Note { text, .. } if text.is_empty() => self.root_change(undone)?,
                inverse => fold::inverse(&state, inverse).or_else(|| Some(inverse.clone())),
            };
            events.push(NewEvent { change: Change::Undo { event: undone.event.id, change: Box::new(undone.inverse.clone()) }, inverse });
            labels.push(label(&state));
            done.tickets.extend(undone.inverse.tickets());
            done.tickets.push(state.key);
        }
        if events.is_empty() {
            return Err(DeskError::Conflict(in_the_way.unwrap_or_else(|| "its ticket is gone".into())));
        }
        let first = gesture.first().map(|undone| self.root_change(undone)).transpose()?.flatten();
        let other = first.as_ref().and_then(other_ticket).map(|key| self.label_of(&key)).transpose()?;
        let what = first.map(|change| words::change(&change, other.as_deref(), &TimeZone::system())).unwrap_or_default();
        done.events = self.store.append_events(&self.author(), events)?;
        done.what = format!("{verb} on {}: {what}{}", words::tickets(&labels), in_the_way.map(|why| format!(" (except {why})")).unwrap_or_default());
        self.ring();
        Ok(done)
    }

    /// The state of the ticket that taking back would change.
    fn state_before(&mut self, undone: &Undoable) -> DeskResult<Option<TicketState>> {
        let named = undone.inverse.tickets().into_iter().chain(undone.event.change.tickets()).next();
        let Some(key) = named else { return Ok(None) };
        match undone.inverse {
            Change::Merge { .. } | Change::Unmerge { .. } => Ok(self.store.ticket_state(&key)?),
            _ => self.opened(&key).map(Some),
        }
    }

    /// Why taking back would undo something else: the field no longer holds what was written.
    fn changed_since(&self, state: &TicketState, undone: &Undoable) -> DeskResult<Option<String>> {
        let Some(writer) = written(state, &undone.event.change).filter(|field| !field.holds).and_then(|field| field.writer) else {
            return Ok(None);
        };
        let by = self.store.event(writer.event)?.map_or_else(|| "somebody".into(), |event| event.agent);
        Ok(Some(format!("{by} changed it since (event {})", writer.event)))
    }

    /// What was done in the first place, however often it was undone and redone.
    fn root_change(&self, undone: &Undoable) -> DeskResult<Option<Change>> {
        let root = self.store.root_of(undone.event.id)?;
        Ok(self.store.event(root)?.map(|event| event.change))
    }

    /// What a person calls the ticket: `#1042`, or the first digits of its key.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn label_of(&self, key: &TicketKey) -> DeskResult<String> {
        Ok(self.store.ticket_row(key)?.map_or_else(|| key.short().to_owned(), |row| row.label()))
    }
}

/// The ticket on the other side of a merge or link.
pub(super) fn other_ticket(change: &Change) -> Option<TicketKey> {
    match change {
        Change::Merge { into, .. } => Some(into.clone()),
        Change::Link { b, .. } | Change::Unlink { b, .. } => Some(b.clone()),
        Change::Split { key, .. } => Some(key.clone()),
        Change::Undo { change, .. } => other_ticket(change),
        _ => None,
    }
}
