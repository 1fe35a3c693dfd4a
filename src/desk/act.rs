//! Changing tickets: every change is one event, and every event but mail can be taken back.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::event::Change;
use crate::domain::fold;
use crate::domain::ticket::{self, TicketState};
use crate::domain::{EventId, TicketKey, Timestamp};
use crate::protocol::job::Act;
use crate::store::events::{Author, NewEvent};
use crate::sync::settle;

impl Desk {
    /// Does one thing to tickets, as one gesture that is taken back together.
    ///
    /// A ticket that is as wished already gets no event.
    ///
    /// # Errors
    /// A ticket, project, agent or tag is none; then nothing is changed.
    pub fn act(&mut self, tickets: &[TicketKey], act: &Act) -> DeskResult<Done> {
        self.act_as_of(tickets, act, Timestamp::now())
    }

    /// The same, dated by the caller: for a past that is made up, as the demo's.
    ///
    /// # Errors
    /// As [`Desk::act`].
    pub fn act_as_of(&mut self, tickets: &[TicketKey], act: &Act, at: Timestamp) -> DeskResult<Done> {
        self.check_act(act)?;
        let known = if matches!(act, Act::Assign(Some(_))) { self.agents()? } else { Vec::new() };
        let mut done = Done::default();
        let mut events = Vec::new();
        let mut labels = Vec::new();
        for key in tickets {
            let state = self.opened(key)?;
            labels.push(label(&state));
            if let Some(change) = self.change(&state, act)? {
                events.push(NewEvent { inverse: fold::inverse(&state, &change), change });
                done.tickets.push(state.key);
            }
        }
        let changed = events.len();
        done.events = self.store.append_events(&Author { now: at, ..self.author() }, events)?;
        done.what = described(act, &labels, changed) + &remark(act, &known);
        self.ring();
        Ok(done)
    }

    /// The state of a ticket; one that no event speaks of yet is opened first.
    pub(super) fn opened(&mut self, key: &TicketKey) -> DeskResult<TicketState> {
        let author = self.author();
        let opened = settle::open_one(&mut self.store, &author, key)?;
        let key = opened.as_ref().unwrap_or(key);
        let state = self.store.ticket_state(key)?.ok_or_else(|| DeskError::NotFound(format!("there is no ticket {key}")))?;
        match &state.merged_into.value {
            Some(target) => self.opened(&target.clone()),
            None => Ok(state),
        }
    }

    pub(super) fn check_act(&self, act: &Act) -> DeskResult<()> {
        match act {
            Act::Project(project) => self.project(project).map(drop),
            Act::Assign(Some(agent)) if !is_agent_name(agent) => {
                Err(DeskError::Usage(format!("`{agent}` cannot be an agent's name (letters, digits, `.`, `-` and `_`, at most 40)")))
            }
            Act::Tag { add, remove } => match add.iter().chain(remove).find(|word| ticket::tag(word).is_none()) {
                Some(word) => Err(DeskError::Usage(format!("`{word}` cannot be a tag (letters, digits, `-`, `_`, `.` and `/`, at most 50)"))),
                None => Ok(()),
            },
            Act::Note(text) if text.trim().is_empty() => Err(DeskError::Usage("the note is empty".into())),
            Act::Note(text) if text.len() > NOTE_OCTETS => Err(DeskError::Usage(format!("the note is longer than {} KiB", NOTE_OCTETS / 1_024))),
            Act::Subject(text) if text.trim().is_empty() => Err(DeskError::Usage("the subject is empty".into())),
            _ => Ok(()),
        }
    }

    pub(super) fn change(&self, state: &TicketState, act: &Act) -> DeskResult<Option<Change>> {
        let ticket = state.key.clone();
        Ok(match act {
            Act::Assign(value) => (state.assignee.value != *value).then(|| Change::Assign { ticket, value: value.clone() }),
            Act::Status(value) => {
                let seen = self.store.newest_inbound(&state.key, None)?;
                (state.status.value != *value).then_some(Change::Status { ticket, value: *value, seen })
            }
            Act::Priority(value) => (state.priority.value != *value).then_some(Change::Priority { ticket, value: *value }),
            Act::Project(value) => (state.project.value != *value).then(|| Change::Project { ticket, value: value.clone() }),
            Act::Subject(value) => (state.subject.value != *value).then(|| Change::Subject { ticket, value: value.clone() }),
            Act::Snooze(value) => {
                let seen = self.store.newest_inbound(&state.key, None)?;
                (state.snoozed_until.value != *value).then_some(Change::Snooze { ticket, value: *value, seen })
            }
            Act::Note(text) => Some(Change::Note { ticket, text: text.clone() }),
            Act::Tag { add, remove } => {
                let words = |words: &[String], present: bool| -> Vec<String> {
                    words.iter().filter_map(|word| ticket::tag(word)).filter(|tag| state.tags.contains_key(tag) == present).collect()
                };
                let (add, remove) = (words(add, false), words(remove, true));
                (!add.is_empty() || !remove.is_empty()).then_some(Change::Tag { ticket, add, remove })
            }
        })
    }

    /// Takes back an event, or this device's newest gesture that has not been taken back.
    ///
    /// # Errors
    /// There is nothing to take back, or the event is none that can be.
    pub fn undo(&mut self, event: Option<EventId>) -> DeskResult<Done> {
        let undoable = self.store.undoable(event)?;
        if undoable.is_empty() {
            return Err(match event {
                Some(id) => DeskError::NotFound(format!("there is no event {id} that could be taken back")),
                None => DeskError::NotFound("there is nothing to take back".into()),
            });
        }
        let mut events = Vec::new();
        let mut done = Done::default();
        for undone in &undoable {
            let Some(ticket) = undone.inverse.tickets().into_iter().chain(undone.event.change.tickets()).next() else { continue };
            let state = self.opened(&ticket)?;
            let back = fold::inverse(&state, &undone.inverse).or_else(|| Some(undone.inverse.clone()));
            events.push(NewEvent { change: Change::Undo { event: undone.event.id, change: Box::new(undone.inverse.clone()) }, inverse: back });
            done.tickets.push(state.key);
        }
        let what = undoable.first().map(|undone| undone.event.change.op().to_owned()).unwrap_or_default();
        done.events = self.store.append_events(&self.author(), events)?;
        done.what = match done.tickets.as_slice() {
            [one] => format!("undid {what} on {}", self.label_of(one)?),
            many => format!("undid {what} on {} tickets", many.len()),
        };
        self.ring();
        Ok(done)
    }

    fn label_of(&self, key: &TicketKey) -> DeskResult<String> {
        Ok(self.store.ticket_row(key)?.map_or_else(|| key.short().to_owned(), |row| row.label()))
    }

    /// Notes that the ticket's mail has been read; the next sync sets the shared `\Seen`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn mark_seen(&mut self, ticket: &TicketKey) -> DeskResult<Done> {
        let read = self.store.mark_seen(ticket)?;
        if read > 0 {
            self.ring();
        }
        Ok(Done { what: format!("{read} read"), events: Vec::new(), tickets: if read > 0 { vec![ticket.clone()] } else { Vec::new() } })
    }
}

/// An event's message stays below 64 KiB, its JSON and its text part together.
const NOTE_OCTETS: usize = 24 * 1_024;

/// A name nobody has borne on this desk may be a colleague's first ticket, or a slip.
fn remark(act: &Act, known: &[String]) -> String {
    let Act::Assign(Some(agent)) = act else { return String::new() };
    if known.contains(agent) {
        return String::new();
    }
    match crate::domain::words::nearest(agent, known.iter().map(String::as_str)) {
        Some(nearest) => format!(" (a new name here; if you meant {nearest}: undo)"),
        None => format!(" (a new name here; known: {})", known.join(", ")),
    }
}

fn is_agent_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 40 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn label(state: &TicketState) -> String {
    state.number.map_or_else(|| state.key.short().to_owned(), |number| format!("#{number}"))
}

fn described(act: &Act, labels: &[String], changed: usize) -> String {
    let which = match labels {
        [one] => one.clone(),
        many if many.len() <= 5 => many.join(", "),
        many => format!("{} tickets", many.len()),
    };
    if changed == 0 {
        return format!("{which}: nothing to change");
    }
    let signed = |add: &[String], remove: &[String]| {
        add.iter().map(|tag| format!("+{tag}")).chain(remove.iter().map(|tag| format!("-{tag}"))).collect::<Vec<_>>().join(" ")
    };
    match act {
        Act::Assign(Some(agent)) => format!("{which}: assigned to {agent}"),
        Act::Assign(None) => format!("{which}: unassigned"),
        Act::Status(status) => format!("{which}: {}", status.as_str()),
        Act::Priority(priority) => format!("{which}: priority {}", priority.as_str()),
        Act::Tag { add, remove } => format!("{which}: {}", signed(add, remove)),
        Act::Note(_) => format!("{which}: note added"),
        Act::Snooze(Some(until)) => format!("{which}: snoozed until {until}"),
        Act::Snooze(None) => format!("{which}: awake"),
        Act::Project(project) => format!("{which}: moved to {project}"),
        Act::Subject(subject) => format!("{which}: subject is now {subject}"),
    }
}
