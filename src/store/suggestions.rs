//! What a ticket's mail hints at and leaves to an agent: numbers strangers named, other
//! threads it names, the same conversation or subject, people nobody has confirmed.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, Row, params};

use super::merge::home;
use super::ticket_rows::Context;
use super::tickets::{TicketRowId, load_state, row_by_key};
use super::{Store, StoreError};
use crate::domain::event::Change;
use crate::domain::suggestion::{Suggestion, SuggestionKind, Which};
use crate::domain::thread::PlacedBy;
use crate::domain::{Address, TicketKey, sanitise};

/// Two mails of one subject further apart than this are two matters.
const SAME_SUBJECT_SECS: i64 = 14 * 24 * 3_600;
/// At most so many are shown.
const SHOWN: usize = 10;
/// At most so many tickets are looked at for each hint.
const LOOKED_AT: i64 = 50;

/// Another ticket that was hinted at.
struct Hint {
    kind: SuggestionKind,
    row: TicketRowId,
    why: String,
}

impl Store {
    /// The suggestions for a ticket, the surest first; each other ticket once.
    ///
    /// What an agent has linked, unlinked, dismissed, split off or merged and taken back is not suggested again.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn suggestions(&self, ticket: &TicketKey) -> Result<Vec<Suggestion>, StoreError> {
        let row = row_by_key(&self.cache, ticket).and_then(|row| row.map(|row| home(&self.cache, row)).transpose());
        let Some(row) = row.map_err(|error| self.cache_error(error))? else { return Ok(Vec::new()) };
        let hints = self.hints(row).map_err(|error| self.cache_error(error))?;
        let mut seen = BTreeSet::from([row]);
        let mut found = Vec::new();
        for hint in hints {
            let other = home(&self.cache, hint.row).map_err(|error| self.cache_error(error))?;
            if found.len() < SHOWN && seen.insert(other) {
                found.extend(self.about_ticket(ticket, row, &Hint { row: other, ..hint })?);
            }
        }
        found.extend(self.unconfirmed(row).map_err(|error| self.cache_error(error))?);
        if !found.is_empty() {
            // The history may be long.
            let dismissed = self.dismissed(ticket)?;
            found.retain(|suggestion| dismissed.iter().all(|which| !which.fits(suggestion)));
        }
        Ok(found)
    }

    /// What agents have said is not so: tickets that are not related, people who are left out.
    fn dismissed(&self, ticket: &TicketKey) -> Result<Vec<Which>, StoreError> {
        let mut dismissed = Vec::new();
        for entry in self.history(ticket)?.into_iter().filter(|entry| !entry.undone && entry.unapplied.is_none()) {
            match entry.event.change {
                Change::Unlink { a, b } => dismissed.extend([Which::Ticket(a), Which::Ticket(b)]),
                Change::Participant { remove, .. } => dismissed.extend(remove.into_iter().map(Which::Person)),
                _ => {}
            }
        }
        Ok(dismissed)
    }

    fn hints(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let mut hints = self.claimed(row)?;
        hints.extend(self.named_without_brackets(row)?);
        hints.extend(self.crossed(row)?);
        hints.extend(self.same_conversation(row)?);
        hints.extend(self.same_subject(row)?);
        Ok(hints)
    }

    fn claimed(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let sql = "SELECT n.id, c.reason, c.number, m.from_address FROM message m JOIN number_claim c ON c.message = m.id JOIN ticket n ON n.number = c.number
                   WHERE m.ticket = ?1 ORDER BY m.at, m.id, c.position LIMIT ?2";
        let hint = |row: &Row<'_>| {
            let (reason, number, sender): (String, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let is_plus = matches!(PlacedBy::parse(&reason), Some(PlacedBy::PlusTag(_)));
            let (kind, way) = if is_plus {
                (SuggestionKind::PlusTag, format!("a mail was sent to +t{number}"))
            } else {
                (SuggestionKind::SubjectTag, format!("a subject says [#{number}]"))
            };
            Ok(Hint { kind, row: TicketRowId(row.get(0)?), why: format!("{way}, but {sender} does not take part in #{number}") })
        };
        self.cache.prepare_cached(sql)?.query_map(params![row.0, LOOKED_AT], hint)?.collect()
    }

    fn named_without_brackets(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let sql = "SELECT c.reason, m.from_address FROM message m JOIN number_claim c ON c.message = m.id WHERE m.ticket = ?1 AND c.number = 0
                   ORDER BY m.at, m.id, c.position LIMIT ?2";
        let mut statement = self.cache.prepare_cached(sql)?;
        let claims = statement
            .query_map(params![row.0, LOOKED_AT], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut hints = Vec::new();
        for (reason, sender) in claims {
            let found = super::placement::named(&self.cache, &reason)?;
            let why = format!("a mail from {sender} names one of it, but without brackets");
            hints.extend(found.map(|(row, _)| Hint { kind: SuggestionKind::NamesBoth, row, why }));
        }
        Ok(hints)
    }

    fn crossed(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let sql = "SELECT c.ticket, m.from_address FROM message m JOIN crossing c ON c.message = m.id WHERE m.ticket = ?1
                   UNION SELECT m.ticket, m.from_address FROM crossing c JOIN message m ON m.id = c.message WHERE c.ticket = ?1 LIMIT ?2";
        let hint = |row: &Row<'_>| {
            let sender: String = row.get(1)?;
            Ok(Hint { kind: SuggestionKind::NamesBoth, row: TicketRowId(row.get(0)?), why: format!("a mail from {sender} names mails of both") })
        };
        self.cache.prepare_cached(sql)?.query_map(params![row.0, LOOKED_AT], hint)?.collect()
    }

    fn same_conversation(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let sql = "SELECT DISTINCT o.ticket FROM message m JOIN message o ON o.conversation = m.conversation AND o.conversation <> 0
                   WHERE m.ticket = ?1 AND m.conversation <> 0 AND o.ticket <> ?1 LIMIT ?2";
        let hint = |row: &Row<'_>| {
            Ok(Hint { kind: SuggestionKind::Conversation, row: TicketRowId(row.get(0)?), why: "Outlook counts both to one conversation".into() })
        };
        self.cache.prepare_cached(sql)?.query_map(params![row.0, LOOKED_AT], hint)?.collect()
    }

    /// Same subject, and somebody who takes part in both.
    fn same_subject(&self, row: TicketRowId) -> rusqlite::Result<Vec<Hint>> {
        let sql = "SELECT DISTINCT o.ticket FROM message m JOIN message o
                       ON o.subject_hash = m.subject_hash AND o.subject_hash <> 0 AND o.at BETWEEN m.at - ?2 AND m.at + ?2
                   WHERE m.ticket = ?1 AND m.subject_hash <> 0 AND o.ticket <> ?1 LIMIT ?3";
        let mut statement = self.cache.prepare_cached(sql)?;
        let others = statement
            .query_map(params![row.0, SAME_SUBJECT_SECS, LOOKED_AT], |row| row.get(0).map(TicketRowId))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let people = self.people_of(row)?;
        let mut hints = Vec::new();
        for other in others {
            let shared = self.people_of(other)?.into_iter().find(|person| people.iter().any(|known| known.key() == person.key()));
            let why = |person: Address| format!("same subject, and {} takes part in both", person.address);
            hints.extend(shared.map(|person| Hint { kind: SuggestionKind::SameSubject, row: other, why: why(person) }));
        }
        Ok(hints)
    }

    /// The requester and the participants, as the ticket's line has them.
    fn people_of(&self, row: TicketRowId) -> rusqlite::Result<Vec<Address>> {
        let sql = "SELECT requester_address, participants FROM ticket WHERE id = ?1";
        let found: Option<(String, String)> = self.cache.prepare_cached(sql)?.query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((requester, participants)) = found else { return Ok(Vec::new()) };
        let participants: Vec<Address> = serde_json::from_str(&participants).unwrap_or_default();
        Ok(std::iter::once(Address::new("", requester)).chain(participants).filter(|person| !person.address.is_empty()).collect())
    }

    fn about_ticket(&self, own: &TicketKey, row: TicketRowId, hint: &Hint) -> Result<Option<Suggestion>, StoreError> {
        let sql = "SELECT key, number, subject FROM ticket WHERE id = ?1 AND hidden = 0 AND status <> 4";
        let read = || -> rusqlite::Result<Option<(String, Option<i64>, String)>> {
            self.cache.prepare_cached(sql)?.query_row([hint.row.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
        };
        let Some((key, number, subject)) = read().map_err(|error| self.cache_error(error))? else { return Ok(None) };
        let Some(key) = TicketKey::new(&key) else { return Ok(None) };
        let state = load_state(&self.cache, row).map_err(|error| self.cache_error(error))?;
        if state.is_some_and(|state| state.links.contains_key(&key)) || self.were_taken_apart(own, &key)? {
            return Ok(None);
        }
        let why = sanitise::line(&hint.why).into_owned();
        Ok(Some(Suggestion { kind: hint.kind, key: Some(key), number: number.map(i64::unsigned_abs), subject, address: None, why }))
    }

    fn unconfirmed(&self, row: TicketRowId) -> rusqlite::Result<Vec<Suggestion>> {
        let (roster, messages) = super::people::roster(&self.cache, row, &Context::load(&self.cache)?)?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for id in messages.iter().zip(&roster.strangers).filter(|(_, is_stranger)| **is_stranger).map(|(id, _)| *id) {
            let sql =
                "SELECT from_name, from_address, origin IS NOT NULL FROM message WHERE id = ?1 AND auth <> 2 AND ours = 0 AND from_address <> ''";
            let read = |row: &rusqlite::Row<'_>| Ok((Address { name: row.get(0)?, address: row.get(1)? }, row.get(2)?));
            let found_by: Option<(Address, bool)> = self.cache.prepare_cached(sql)?.query_row([id], read).optional()?;
            let Some((from, is_merged)) = found_by.filter(|(from, _)| !roster.includes(from) && seen.insert(from.key())) else { continue };
            let way = if is_merged { "came with a merged ticket" } else { "joined by a reference" };
            let why = format!("{from} {way} and has not been confirmed");
            found.push(Suggestion {
                kind: SuggestionKind::Participant,
                key: None,
                number: None,
                subject: String::new(),
                address: Some(from.key()),
                why: sanitise::line(&why).into_owned(),
            });
        }
        found.truncate(SHOWN);
        Ok(found)
    }
}
