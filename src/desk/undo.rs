//! Taking back what was done, and doing it again.

use super::act::label;
use super::{Desk, DeskError, DeskResult, Done, told, words};
use crate::domain::conflict::{plain, written};
use crate::domain::event::{Change, Event};
use crate::domain::fold;
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, TicketKey};
use crate::store::events::{HistoryEntry, NewEvent};
use crate::store::undo::{LookBack, Undoable};

/// Which way a gesture is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Undo,
    Redo,
}

/// What came of taking a gesture back.
enum Attempt {
    /// It was; `is_whole` unless a part of it could not be.
    Done { done: Done, is_whole: bool },
    /// It had changed nothing, so that there is nothing to take back.
    WasNotApplied(String),
    /// Others have changed the same since.
    Refused(String),
}

impl Desk {
    /// Takes back an event, or this device's newest gesture that is in force.
    ///
    /// What was not applied is passed over. What a colleague has changed since stays as it is: a person
    /// is told so once, and the next undo goes on to what was done before that.
    ///
    /// # Errors
    /// There is nothing to take back, or all of it was changed by others since.
    pub fn undo(&mut self, event: Option<EventId>) -> DeskResult<Done> {
        let Some(id) = event else { return self.take_back_newest(Way::Undo) };
        let undoable = self.store.undoable(id)?;
        let undoable = undoable.ok_or_else(|| DeskError::no_event(format!("there is no event {id} that could be taken back")))?;
        match self.take_back(&[undoable], Way::Undo)? {
            Attempt::Done { done, .. } => Ok(done),
            Attempt::WasNotApplied(why) => Err(DeskError::Conflict(format!("{why}; there is nothing to take back"))),
            Attempt::Refused(why) => Err(DeskError::Conflict(why)),
        }
    }

    /// Does again what was taken back last, as long as nothing new was done since.
    ///
    /// # Errors
    /// There is nothing to do again, or all of it was changed by others since.
    pub fn redo(&mut self) -> DeskResult<Done> {
        self.take_back_newest(Way::Redo)
    }

    /// Goes back through this device's gestures until one can be taken back, or one is in the way that its
    /// author has not been told of.
    fn take_back_newest(&mut self, way: Way) -> DeskResult<Done> {
        let told = self.store.passed_over()?;
        let mut passed = told.clone();
        let (mut not_applied, mut refused) = (Vec::new(), None);
        let mut back = LookBack::default();
        let answer = loop {
            let found = match way {
                Way::Undo => self.store.next_undoable(&mut back)?,
                Way::Redo => self.store.next_redoable(&mut back)?,
            };
            let Some(gesture) = found else { break Err(nothing_left(way, refused, &not_applied)) };
            let is_told = told.contains(&gesture.first);
            match self.take_back(&gesture.events, way)? {
                Attempt::Done { done, is_whole } => {
                    if is_whole {
                        passed.remove(&gesture.first);
                    } else {
                        passed.insert(gesture.first);
                    }
                    break Ok(done);
                }
                Attempt::WasNotApplied(why) if passed.insert(gesture.first) => not_applied.push(why),
                Attempt::WasNotApplied(_) => {}
                Attempt::Refused(why) if is_told => drop(refused.get_or_insert(why)),
                Attempt::Refused(why) => {
                    passed.insert(gesture.first);
                    break Err(DeskError::Conflict(format!("{why}; {} again goes on to what came before that", way.order())));
                }
            }
        };
        if passed != told {
            self.store.pass_over(&passed)?;
        }
        match (told_of(&not_applied), answer) {
            (Some(remark), Ok(done)) => Ok(Done { what: format!("{remark}; {}", done.what), ..done }),
            (Some(remark), Err(DeskError::Conflict(why))) => Err(DeskError::Conflict(format!("{remark}; {why}"))),
            (_, answer) => answer,
        }
    }

    fn take_back(&mut self, gesture: &[Undoable], way: Way) -> DeskResult<Attempt> {
        let mut events = Vec::new();
        let mut labels = Vec::new();
        let mut taken_back: Vec<String> = Vec::new();
        let mut done = Done::default();
        let (mut not_applied, mut in_the_way) = (None, None);
        for undone in gesture {
            let Some(state) = self.state_before(undone)? else { continue };
            if let Some(why) = self.not_applied(&state, undone)? {
                not_applied = Some(why);
                continue;
            }
            if let Some(why) = self.changed_since(&state, undone)? {
                in_the_way = Some(format!("{}: {why}", label(&state)));
                continue;
            }
            let root = self.root_change(undone)?;
            let inverse = match &undone.inverse {
                // That a note is gone says nothing of what it said.
                Change::Note { text, .. } if text.is_empty() => root.clone(),
                inverse => fold::inverse(&state, inverse).or_else(|| Some(inverse.clone())),
            };
            events.push(NewEvent { change: Change::Undo { event: undone.event.id, change: Box::new(undone.inverse.clone()) }, inverse });
            push_new(&mut labels, label(&state));
            if let Some(root) = root {
                push_new(&mut taken_back, self.in_words(&root)?);
            }
            done.tickets.extend(undone.inverse.tickets());
            done.tickets.push(state.key);
        }
        if events.is_empty() {
            return Ok(match (in_the_way, not_applied) {
                (None, Some(why)) => Attempt::WasNotApplied(why),
                (why, _) => Attempt::Refused(why.unwrap_or_else(|| "its ticket is gone".into())),
            });
        }
        let except: Vec<String> = in_the_way.into_iter().chain(not_applied).collect();
        done.events = self.store.append_events(&self.author(), events)?;
        let but = if except.is_empty() { String::new() } else { format!(" (except {})", except.join("; ")) };
        done.what = format!("{} on {}: {}{but}", way.done(), words::tickets(&labels), listed(taken_back));
        self.ring();
        Ok(Attempt::Done { done, is_whole: except.is_empty() })
    }

    /// Why there is nothing to take back: the event has changed nothing.
    fn not_applied(&self, state: &TicketState, undone: &Undoable) -> DeskResult<Option<String>> {
        let Some(unapplied) = &undone.unapplied else { return Ok(None) };
        let why = self.why_not(&undone.event.change, &unapplied.why, unapplied.winner)?;
        Ok(Some(format!("{}: your change ({}) was not applied: {why}", label(state), self.in_words(&undone.event.change)?)))
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
        let event = match self.behind(state, writer.event)?.filter(|event| event.id != undone.event.id) {
            Some(event) => Some(event),
            None => self.store.event(writer.event)?,
        };
        let id = event.as_ref().map_or(writer.event, |event| event.id);
        let by = match event {
            Some(event) if event.agent == self.agent().name => "you".to_owned(),
            Some(event) => event.agent,
            None => "somebody".to_owned(),
        };
        Ok(Some(format!("{by} changed it since (event {id})")))
    }

    /// The change that an undo has put in force again: what it holds now is what its author wrote.
    fn behind(&self, state: &TicketState, writer: EventId) -> DeskResult<Option<Event>> {
        let Some(last) = self.store.event(writer)?.filter(|event| matches!(event.change, Change::Undo { .. })) else { return Ok(None) };
        let same = |change: &Change| std::mem::discriminant(plain(change)) == std::mem::discriminant(plain(&last.change));
        let history = self.store.history(&state.key)?;
        let stands = |entry: &HistoryEntry| entry.unapplied.is_none() && !entry.undone && !matches!(entry.event.change, Change::Undo { .. });
        Ok(history.into_iter().rev().find(|entry| stands(entry) && same(&entry.event.change)).map(|entry| entry.event))
    }

    /// What was done in the first place, however often it was undone and redone.
    fn root_change(&self, undone: &Undoable) -> DeskResult<Option<Change>> {
        let root = self.store.root_of(undone.event.id)?;
        Ok(self.store.as_written(root)?.map(|event| event.change))
    }

    /// What a person calls the ticket: `#1042`, or the first digits of its key.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn label_of(&self, key: &TicketKey) -> DeskResult<String> {
        Ok(told::label_of(&self.store, key)?)
    }
}

impl Way {
    fn order(self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::Redo => "redo",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Undo => "undid",
            Self::Redo => "redid",
        }
    }
}

/// What is said where nothing (more) can be taken back.
fn nothing_left(way: Way, refused: Option<String>, not_applied: &[String]) -> DeskError {
    if let Some(why) = refused {
        return DeskError::Conflict(format!("{why}; there is nothing before that to {}", way.order()));
    }
    let because = told_of(not_applied).map(|why| format!(": {why}")).unwrap_or_default();
    match way {
        Way::Undo => DeskError::NotFound {
            what: format!("there is nothing to take back{because}"),
            remedy: "Only what was done on this computer is undone; change the ticket instead.".into(),
        },
        Way::Redo => DeskError::NotFound {
            what: format!("there is nothing to do again{because}"),
            remedy: "`redo` follows an undo, as long as nothing new was done.".into(),
        },
    }
}

/// What is said of changes that are passed over because they were not applied.
fn told_of(not_applied: &[String]) -> Option<String> {
    match not_applied {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("{} changes of yours were not applied", many.len())),
    }
}

fn push_new(words: &mut Vec<String>, word: String) {
    if !words.contains(&word) {
        words.push(word);
    }
}

/// So many different changes are named.
const NAMED: usize = 3;

fn listed(mut changes: Vec<String>) -> String {
    let more = changes.len().saturating_sub(NAMED);
    if more > 0 {
        changes.truncate(NAMED);
        changes.push(format!("{more} more"));
    }
    changes.join(", ")
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
