//! Changing tickets: every change is one event, and what was done together is taken back together.

use jiff::tz::TimeZone;

use super::{Desk, DeskError, DeskResult, Done, words};
use crate::domain::address::is_addr_spec;
use crate::domain::event::{Change, FirstMail};
use crate::domain::fold;
use crate::domain::message::Direction;
use crate::domain::suggestion::{Suggestion, Which};
use crate::domain::ticket::{self, TicketState};
use crate::domain::{Address, MessageId, TicketKey, Timestamp};
use crate::protocol::job::Act;
use crate::store::events::{Author, NewEvent};
use crate::store::messages::StoredMessage;
use crate::store::settle::shortened;
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
        if let Act::Apply(event) = act {
            return self.apply_conflicts(tickets, *event);
        }
        let known = if matches!(act, Act::Assign(Some(_))) { self.agents()? } else { Vec::new() };
        let mut gesture = Gesture::default();
        for key in tickets {
            self.add_to(&mut gesture, key, act)?;
        }
        let act = &as_done(act, &gesture);
        let changed = gesture.events.len();
        let mut done = Done { tickets: gesture.changed, ..Done::default() };
        done.events = self.store.append_events(&Author { now: at, ..self.author() }, gesture.events)?;
        self.ring();
        let other = if let Act::Split(_) = act { self.split_off(&done.tickets)? } else { gesture.other };
        done.what = words::act(act, &gesture.labels, changed, other.as_deref(), &TimeZone::system()) + &remark(act, &known);
        Ok(done)
    }

    /// What has become of the mails that left a ticket: its number, if it has one by now, and its subject.
    fn split_off(&self, changed: &[TicketKey]) -> DeskResult<Option<String>> {
        let Some(new) = changed.first() else { return Ok(None) };
        Ok(self.store.plain_ticket_row(new)?.map(|row| format!("{} ({})", row.label(), row.subject)))
    }

    pub(super) fn add_to(&mut self, gesture: &mut Gesture, key: &TicketKey, act: &Act) -> DeskResult<()> {
        let state = if matches!(act, Act::Unmerge) { self.opened_itself(key)? } else { self.opened(key)? };
        gesture.labels.push(label(&state));
        let planned = self.plan(&state, act)?;
        gesture.other = planned.other.or(gesture.other.take());
        let Some(change) = planned.change else { return Ok(()) };
        gesture.events.push(NewEvent { inverse: planned.inverse.or_else(|| fold::inverse(&state, &change)), change });
        gesture.changed.extend(planned.also);
        gesture.changed.push(state.key);
        Ok(())
    }

    /// The state of a ticket, or of the one it is merged into; one that no event speaks of yet is opened first.
    pub(super) fn opened(&mut self, key: &TicketKey) -> DeskResult<TicketState> {
        let state = self.opened_itself(key)?;
        match &state.merged_into.value {
            Some(target) => self.opened(&target.clone()),
            None => Ok(state),
        }
    }

    fn opened_itself(&mut self, key: &TicketKey) -> DeskResult<TicketState> {
        let author = self.author();
        let opened = settle::open_one(&mut self.store, &author, key)?;
        let key = opened.as_ref().unwrap_or(key);
        self.store.ticket_state(key)?.ok_or_else(|| DeskError::no_ticket(format!("there is no ticket {key}")))
    }

    pub(super) fn check_act(&self, act: &Act) -> DeskResult<()> {
        match act {
            Act::Project(project) => self.project(project).map(drop),
            Act::Assign(Some(agent)) if !is_agent_name(agent) => Err(DeskError::usage(
                format!("`{agent}` cannot be an agent's name"),
                "A name has letters, digits, `.`, `-` and `_`, at most 40 of them.",
            )),
            Act::Tag { add, remove } => match add.iter().chain(remove).find(|word| ticket::tag(word).is_none()) {
                Some(word) => Err(DeskError::usage(
                    format!("`{word}` cannot be a tag"),
                    "A tag has letters, digits, `-`, `_`, `.` and `/`, at most 50 of them.",
                )),
                None => Ok(()),
            },
            Act::Participant { add, remove } => match add.iter().chain(remove).find(|address| !is_addr_spec(address)) {
                Some(address) => Err(DeskError::no_address(address)),
                None => Ok(()),
            },
            Act::Note(text) | Act::EditNote { text, .. } if text.trim().is_empty() => {
                Err(DeskError::usage("the note is empty", "Write what colleagues should know."))
            }
            Act::Note(text) | Act::EditNote { text, .. } if text.len() > NOTE_OCTETS => {
                Err(DeskError::usage(format!("the note is longer than {} KiB", NOTE_OCTETS / 1_024), "Write it as several notes."))
            }
            Act::Subject(text) if text.trim().is_empty() => Err(DeskError::usage("the subject is empty", "Give the words that lists are to show.")),
            Act::Subject(text) if text.chars().count() > SUBJECT_CHARS => {
                Err(DeskError::usage(format!("the subject is longer than {SUBJECT_CHARS} characters"), "Shorten it; a note takes the rest."))
            }
            _ => Ok(()),
        }
    }

    /// What has to change on one ticket; nothing when it is as wished.
    pub(super) fn plan(&mut self, state: &TicketState, act: &Act) -> DeskResult<Planned> {
        let ticket = state.key.clone();
        let change = match act {
            Act::Assign(value) => (state.assignee.value != *value).then(|| Change::Assign { ticket, value: value.clone() }),
            Act::Status(value) => {
                let seen = self.store.newest_inbound(&state.key, None)?;
                (state.status.value != *value).then_some(Change::Status { ticket, value: *value, seen })
            }
            Act::Priority(value) => (state.priority.value != *value).then_some(Change::Priority { ticket, value: *value }),
            Act::Project(value) => (state.project.value != *value).then(|| Change::Project { ticket, value: value.clone() }),
            Act::Subject(value) => {
                let value = crate::domain::sanitise::header(value.trim());
                (state.subject.value != value).then_some(Change::Subject { ticket, value })
            }
            Act::Snooze(value) => {
                let seen = self.store.newest_inbound(&state.key, None)?;
                // One that a mail has woken can be put to sleep until the same moment again.
                let was_woken = seen.as_ref().is_some_and(|seen| state.snooze_seen_at.is_none_or(|before| seen.at > before));
                (state.snoozed_until.value != *value || (value.is_some() && was_woken)).then_some(Change::Snooze { ticket, value: *value, seen })
            }
            Act::Note(text) => Some(Change::Note { ticket, text: text.clone(), edits: None }),
            Act::EditNote { note, text } => self.correction(state, *note, text)?,
            Act::Tag { add, remove } => {
                let words = |words: &[String], present: bool| -> Vec<String> {
                    words.iter().filter_map(|word| ticket::tag(word)).filter(|tag| state.tags.contains_key(tag) == present).collect()
                };
                let (add, remove) = (words(add, false), words(remove, true));
                (!add.is_empty() || !remove.is_empty()).then_some(Change::Tag { ticket, add, remove })
            }
            Act::Participant { add, remove } => self.participants(state, add, remove)?,
            Act::Merge(into) => return self.merge(state, into),
            Act::Unmerge => state.merged_into.value.as_ref().map(|_| Change::Unmerge { ticket }),
            Act::Split(from) => return self.split(state, from),
            Act::Link(other) | Act::Unlink(other) => return self.link(state, other, matches!(act, Act::Link(_))),
            // Settled in one step with what it is about: see `apply_conflicts`.
            Act::Apply(_) => None,
            Act::Accept(which) => return self.accept_suggestion(state, which),
            Act::Dismiss(which) => return self.dismiss_suggestion(state, which),
        };
        Ok(Planned { change, ..Planned::default() })
    }

    /// Only what makes a difference to who takes part now.
    fn participants(&self, state: &TicketState, add: &[String], remove: &[String]) -> DeskResult<Option<Change>> {
        let row = self.store.plain_ticket_row(&state.key)?;
        let takes_part: Vec<String> =
            row.map(|row| row.participants.iter().chain(row.requester.iter()).map(crate::domain::Address::key).collect()).unwrap_or_default();
        let keys = |addresses: &[String], present: bool| -> Vec<String> {
            addresses.iter().map(|address| address.trim().to_lowercase()).filter(|key| takes_part.contains(key) == present).collect()
        };
        let (add, remove) = (keys(add, false), keys(remove, true));
        Ok((!add.is_empty() || !remove.is_empty()).then(|| Change::Participant { ticket: state.key.clone(), add, remove, clear: Vec::new() }))
    }

    fn merge(&mut self, state: &TicketState, into: &TicketKey) -> DeskResult<Planned> {
        let target = self.opened(into)?;
        let change = (target.key != state.key).then(|| Change::Merge { ticket: state.key.clone(), into: target.key.clone() });
        Ok(Planned { change, other: Some(label(&target)), also: vec![target.key], ..Planned::default() })
    }

    /// The message named and what followed it in the ticket leave; something has to stay.
    fn split(&mut self, state: &TicketState, from: &MessageId) -> DeskResult<Planned> {
        let messages = self.store.messages_of(&state.key)?;
        let Some(place) = messages.iter().position(|message| message.message_id == *from) else {
            return Err(DeskError::no_message(format!("ticket {} holds no message {from}", label(state))));
        };
        if place == 0 {
            return Err(DeskError::usage(
                format!("splitting off the first message would leave nothing of ticket {}", label(state)),
                "Name a later one: it and what follows leave.",
            ));
        }
        let leaving = messages.get(place..).unwrap_or_default();
        let first = leaving.iter().filter(|message| message.direction == Direction::In).find_map(first_mail).map(Box::new);
        let mut ids: Vec<MessageId> = leaving.iter().map(|message| message.message_id.clone()).collect();
        ids.dedup();
        // Not the key of the message: that may have been, or become, another ticket's.
        let key = TicketKey::of(&MessageId::synthetic(format!("split {from} from {} at {}", state.key, Timestamp::now().as_nanosecond()).as_bytes()));
        let also = vec![key.clone()];
        Ok(Planned { change: Some(Change::Split { ticket: state.key.clone(), ids, key, first }), also, ..Planned::default() })
    }

    fn link(&mut self, state: &TicketState, other: &TicketKey, wanted: bool) -> DeskResult<Planned> {
        let other = self.opened(other)?;
        let (a, b) = (state.key.clone(), other.key.clone());
        let is_linked = state.links.contains_key(&b) || other.links.contains_key(&a);
        let change = match (wanted, is_linked) {
            _ if a == b => None,
            (true, false) => Some(Change::Link { a, b }),
            (false, true) => Some(Change::Unlink { a, b }),
            _ => None,
        };
        Ok(Planned { change, other: Some(label(&other)), also: vec![other.key], ..Planned::default() })
    }

    /// Does what is suggested for a ticket.
    fn accept_suggestion(&mut self, state: &TicketState, which: &Which) -> DeskResult<Planned> {
        let suggested = self.suggested(state, which)?;
        let Some(other) = suggested.key.clone() else {
            let (change, other) = (suggested.change(&state.key, state.number), Some(suggested.label()));
            return Ok(Planned { change, other, ..Planned::default() });
        };
        let other = self.opened(&other)?;
        let suggested = Suggestion { number: other.number, key: Some(other.key.clone()), ..suggested };
        Ok(Planned { change: suggested.change(&state.key, state.number), other: Some(label(&other)), also: vec![other.key], ..Planned::default() })
    }

    /// Says that what is suggested for a ticket is not so. Taking that back changes nothing in
    /// the ticket: it is suggested again.
    fn dismiss_suggestion(&mut self, state: &TicketState, which: &Which) -> DeskResult<Planned> {
        let suggested = self.suggested(state, which)?;
        // For a person the state says what takes it back: neither taken off nor added.
        let inverse = suggested.address.is_none().then(|| suggested.dismissal(&state.key)).flatten();
        Ok(Planned { change: suggested.dismissal(&state.key), inverse, other: Some(suggested.label()), also: suggested.key.into_iter().collect() })
    }

    /// One of the suggestions for a ticket: an offer, never acted upon by itself.
    fn suggested(&self, state: &TicketState, which: &Which) -> DeskResult<Suggestion> {
        let found = self.store.suggestions(&state.key)?.into_iter().find(|suggestion| which.fits(suggestion));
        found.ok_or_else(|| match which {
            Which::Surest => DeskError::no_suggestion(format!("nothing is suggested for ticket {}", label(state))),
            _ => DeskError::no_suggestion(format!("that is not, or no longer, suggested for ticket {}", label(state))),
        })
    }

    /// The message of a ticket that a person named: by its place (1 is the oldest mail), or by its Message-ID.
    ///
    /// # Errors
    /// There is no such message.
    pub fn message_named(&self, ticket: &TicketKey, name: &str) -> DeskResult<MessageId> {
        let messages = self.store.messages_of(ticket)?;
        let by_place = name.trim().parse::<usize>().ok().and_then(|place| messages.get(place.checked_sub(1)?));
        let by_id = || MessageId::new(name).and_then(|id| messages.iter().find(|message| message.message_id == id));
        by_place.or_else(by_id).map(|message| message.message_id.clone()).ok_or_else(|| {
            let inbound = messages.iter().filter(|message| message.direction == Direction::In).count();
            DeskError::no_message(format!(
                "`{name}` is no message of it; it holds {} mails, {inbound} of them from outside, counted from 1",
                messages.len()
            ))
        })
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

/// What is done at once, while it is put together.
#[derive(Debug, Default)]
pub(super) struct Gesture {
    pub events: Vec<NewEvent>,
    labels: Vec<String>,
    changed: Vec<TicketKey>,
    /// The ticket on the other side of a merge or link.
    other: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) change: Option<Change>,
    /// What takes it back, where that is not what the fold says.
    inverse: Option<Change>,
    other: Option<String>,
    /// Further tickets whose lines change.
    also: Vec<TicketKey>,
}

/// An event's message stays below 64 KiB, its JSON and its text part together.
const NOTE_OCTETS: usize = 24 * 1_024;
/// A header line holds 998 octets (RFC 5322 §2.1.1).
const SUBJECT_CHARS: usize = 240;

/// What an act has changed on any of its tickets, where it is made of parts.
fn as_done(act: &Act, gesture: &Gesture) -> Act {
    let changed = |word: &str, is_added: bool| {
        let word = word.trim().to_lowercase();
        gesture.events.iter().any(|event| match &event.change {
            Change::Tag { add, remove, .. } | Change::Participant { add, remove, .. } => {
                let done = if is_added { add } else { remove };
                done.contains(&word)
            }
            _ => false,
        })
    };
    let parts = |words: &[String], is_added| words.iter().filter(|word| changed(word, is_added)).cloned().collect();
    match act {
        Act::Tag { add, remove } => Act::Tag { add: parts(add, true), remove: parts(remove, false) },
        Act::Participant { add, remove } => Act::Participant { add: parts(add, true), remove: parts(remove, false) },
        other => other.clone(),
    }
}

/// What a ticket that begins with a mail goes by.
fn first_mail(message: &StoredMessage) -> Option<FirstMail> {
    let from = message.from.clone().filter(|from| !from.address.is_empty())?;
    Some(FirstMail { from: Address::new(shortened(from.name), from.address), subject: shortened(message.subject.clone()), at: message.at })
}

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

pub(super) fn label(state: &TicketState) -> String {
    state.number.map_or_else(|| state.key.short().to_owned(), |number| format!("#{number}"))
}
