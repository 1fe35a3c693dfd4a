//! What follows from mail that has come in: tickets are opened, joined and reopened, each by an event.

use std::collections::BTreeSet;

use crate::domain::event::{Change, Opening};
use crate::domain::ticket::Status;
use crate::domain::{EventId, MessageId, TicketKey};
use crate::store::events::{Author, NewEvent};
use crate::store::settle::{NumberClaim, Unsettled};
use crate::store::{Store, StoreError};

/// What was decided. A team's log may show that colleagues had decided the same before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Tickets in `openings`.
    pub opened: u64,
    /// Events that open tickets, each some.
    pub openings: Vec<EventId>,
    /// Events that reopen one ticket each.
    pub reopenings: Vec<EventId>,
}

/// So many tickets are opened in one transaction.
const TICKETS_AT_ONCE: u32 = 5_000;
/// At most so many tickets in one `open` event, and so many octets: its mail is a third longer.
const TICKETS_PER_OPEN: usize = 500;
const OCTETS_PER_OPEN: usize = 40 * 1_024;

/// Who opens the tickets that arrived mail makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    Here,
    /// Here, and the events are applied once they have been shared: of a backlog each ticket would
    /// be written twice otherwise. The caller shares them, or catches up, and then settles the rest.
    Backlog,
    /// Another client is about to; a backlog is opened once.
    Elsewhere,
}

/// Decides everything that is open about arrived mail and writes the events.
///
/// `reopens` says whether a project wants its tickets reopened by a reply.
///
/// # Errors
/// A file cannot be read or written; what was not decided is decided by the next pass.
pub fn settle(store: &mut Store, author: &Author<'_>, opens: Opens, reopens: &dyn Fn(&str) -> bool) -> Result<Settled, StoreError> {
    attach_by_number(store, author)?;
    let (opened, openings) = match opens {
        Opens::Here | Opens::Backlog => open_new(store, author, opens)?,
        Opens::Elsewhere => (0, Vec::new()),
    };
    if opens == Opens::Backlog {
        // What else there is to decide speaks of opened tickets.
        return Ok(Settled { opened, openings, reopenings: Vec::new() });
    }
    join_late(store, author)?;
    let reopenings = reopen(store, author, reopens)?;
    store.settled()?;
    Ok(Settled { opened, openings, reopenings })
}

/// A bare id, or a number in subject or recipient, counts only if the sender takes part in that ticket;
/// of several the first that does.
fn attach_by_number(store: &mut Store, author: &Author<'_>) -> Result<(), StoreError> {
    let mut attached = BTreeSet::new();
    let mut claims = store.join_by_bare_ids()?;
    claims.extend(store.number_claims()?);
    for claim in claims.into_iter().filter(|claim| claim.may_join) {
        // The mails of one thread go along with the first of them.
        if claim.ids.iter().any(|id| attached.contains(id)) {
            continue;
        }
        attached.extend(claim.ids.iter().cloned());
        store.append_events(author, vec![NewEvent { change: attachment(claim), inverse: None }])?;
    }
    Ok(())
}

fn attachment(claim: NumberClaim) -> Change {
    Change::Attach { ticket: claim.ticket, ids: claim.ids, reason: claim.reason }
}

fn open_new(store: &mut Store, author: &Author<'_>, opens: Opens) -> Result<(u64, Vec<EventId>), StoreError> {
    let (mut opened, mut openings) = (0, Vec::new());
    let mut last = None;
    loop {
        let waiting = store.unopened(TICKETS_AT_ONCE, last)?;
        let Some(end) = waiting.last() else { return Ok((opened, openings)) };
        last = Some(end.place);
        opened += waiting.len() as u64;
        let events = batches(waiting.into_iter().map(|unopened| unopened.opening)).into_iter();
        let events = events.map(|tickets| NewEvent { change: Change::Open { tickets }, inverse: None }).collect();
        openings.extend(match opens {
            Opens::Backlog => store.write_events(author, events)?,
            Opens::Here | Opens::Elsewhere => store.append_events(author, events)?,
        });
    }
}

/// The openings in groups that fit into one event each.
fn batches(openings: impl Iterator<Item = Opening>) -> Vec<Vec<Opening>> {
    let mut batches: Vec<Vec<Opening>> = Vec::new();
    let mut octets = 0;
    let mut keys = BTreeSet::new();
    for opening in openings {
        let size = serde_json::to_string(&opening).map_or(0, |text| text.len());
        octets += size;
        let fits = octets <= OCTETS_PER_OPEN && keys.len() < TICKETS_PER_OPEN && !keys.contains(&opening.key);
        keys.insert(opening.key.clone());
        match batches.last_mut().filter(|_| fits) {
            Some(batch) => batch.push(opening),
            None => {
                (octets, keys) = (size, BTreeSet::from([opening.key.clone()]));
                batches.push(vec![opening]);
            }
        }
    }
    batches
}

/// Opens one ticket now, because somebody acts on it. Tells whether it had to be opened.
///
/// # Errors
/// A file cannot be read or written.
pub fn open_one(store: &mut Store, author: &Author<'_>, key: &TicketKey) -> Result<Option<TicketKey>, StoreError> {
    let Some(unopened) = store.unopened_ticket(key)? else { return Ok(None) };
    let opened = unopened.opening.key.clone();
    store.append_events(author, vec![NewEvent { change: Change::Open { tickets: vec![unopened.opening] }, inverse: None }])?;
    Ok(Some(opened))
}

/// Two opened tickets that a late mail joins become one, by an `open` that names ids of both.
///
/// A stranger's mail joins nothing: he could send the missing link between his own ticket
/// and another's. The agent sees that both are named and may merge them.
fn join_late(store: &mut Store, author: &Author<'_>) -> Result<(), StoreError> {
    for join in store.late_joins()?.into_iter().filter(|join| join.is_trusted) {
        let Some(state) = store.ticket_state(&join.into)? else { continue };
        let opening = Opening {
            key: join.into,
            project: state.project.value,
            ids: join.ids,
            subject: state.subject.value,
            requester: state.requester,
            created: state.created,
        };
        store.append_events(author, vec![NewEvent { change: Change::Open { tickets: vec![opening] }, inverse: None }])?;
    }
    Ok(())
}

fn reopen(store: &mut Store, author: &Author<'_>, reopens: &dyn Fn(&str) -> bool) -> Result<Vec<EventId>, StoreError> {
    let unsettled = store.unsettled()?;
    let events: Vec<NewEvent> = unsettled
        .iter()
        .filter(|ticket| reopens(&ticket.project))
        .filter_map(|ticket| {
            reopening(ticket).map(|(mid, at)| NewEvent { change: Change::Reopen { ticket: ticket.key.clone(), mid, at }, inverse: None })
        })
        .collect();
    store.append_events(author, events)
}

/// The human mail that reopens a ticket: the newest, unless a status was set in knowledge of it.
fn reopening(ticket: &Unsettled) -> Option<(MessageId, crate::domain::Timestamp)> {
    let (mid, at) = ticket.newest_human.clone()?;
    let is_waiting = matches!(ticket.status, Status::Pending | Status::Hold | Status::Solved);
    let is_new = ticket.seen_at.is_none_or(|seen| at > seen) && !ticket.reopened_by.contains(&mid);
    (is_waiting && is_new).then_some((mid, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn unsettled(status: Status, seen: Option<i64>, newest: i64) -> Unsettled {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        Unsettled {
            key: TicketKey::new("0011223344556677").unwrap(),
            project: String::new(),
            status,
            seen_at: seen.map(at),
            reopened_by: BTreeSet::new(),
            newest_human: Some((MessageId::new("a@b").unwrap(), at(newest))),
        }
    }

    #[test]
    fn a_mail_nobody_had_seen_when_solving_reopens() {
        assert!(reopening(&unsettled(Status::Solved, Some(100), 101)).is_some());
        assert!(reopening(&unsettled(Status::Pending, None, 1)).is_some());
    }

    #[test]
    fn a_mail_that_was_seen_an_open_ticket_and_spam_stay_as_they_are() {
        assert_eq!(reopening(&unsettled(Status::Solved, Some(100), 100)), None);
        assert_eq!(reopening(&unsettled(Status::Open, None, 1)), None);
        assert_eq!(reopening(&unsettled(Status::Spam, None, 1)), None);
    }

    #[test]
    fn openings_are_grouped_so_that_each_group_fits_an_event_and_names_a_ticket_once() {
        let opening = |number: usize, subject: usize| {
            let id = MessageId::synthetic(format!("{number}").as_bytes());
            Opening { key: TicketKey::of(&id), project: String::new(), ids: vec![id], subject: "s".repeat(subject), requester: None, created: None }
        };
        let sizes = |openings: Vec<Opening>| batches(openings.into_iter()).iter().map(Vec::len).collect::<Vec<_>>();

        assert!(sizes(vec![]).is_empty());
        assert_eq!(sizes(vec![opening(1, 0), opening(2, 0), opening(1, 0), opening(3, 0)]), [2, 2]);
        assert_eq!(sizes(vec![opening(1, OCTETS_PER_OPEN), opening(2, 0), opening(3, 0)]), [1, 2]);
        let many: Vec<Opening> = (0..1_000).map(|number| opening(number, 0)).collect();
        let grouped = batches(many.clone().into_iter());
        let octets = |batch: &Vec<Opening>| batch.iter().map(|opening| serde_json::to_string(opening).unwrap().len()).sum::<usize>();
        assert!(grouped.len() < 10 && grouped.iter().all(|batch| octets(batch) <= OCTETS_PER_OPEN), "{}", grouped.len());
        assert_eq!(grouped.concat(), many);
    }

    #[test]
    fn the_same_mail_reopens_once() {
        let mut ticket = unsettled(Status::Solved, None, 5);
        ticket.reopened_by.insert(MessageId::new("a@b").unwrap());

        assert_eq!(reopening(&ticket), None);
    }
}
