//! Answers to a ticket that left by another way than this outbox: from a colleague, or a telephone.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::mail_in::ANSWERED;
use super::ticket_rows::{OURS, class_code};
use super::{Store, StoreError, time};
use crate::domain::answers::KnownAnswers;
use crate::domain::event::Seen;
use crate::domain::message::Class;
use crate::domain::participants::Ours;
use crate::domain::{MessageId, TicketKey};

/// Whether an answer to the mail `m` is here.
const ANSWER_IS_HERE: &str = "EXISTS (SELECT 1 FROM message o
    WHERE o.ticket = m.ticket AND o.direction = 1 AND (o.parent = m.mid_hash OR o.at >= m.at))";

impl Store {
    /// What can be known here now of the answers to a ticket.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_answers(&self, ticket: &TicketKey) -> Result<KnownAnswers, StoreError> {
        let read = || -> rusqlite::Result<KnownAnswers> {
            let mut newest = answers(&self.cache, ticket, 0)?;
            let last = newest.last().map(|answer| answer.at);
            newest.retain(|answer| Some(answer.at) == last);
            Ok(KnownAnswers { newest, unseen: answered_unseen(&self.cache, ticket)? })
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Answers written by people that have come to be known since, and are not older than what was
    /// answered; oldest first, without those of this outbox.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn answers_since(&self, ticket: &TicketKey, known: &KnownAnswers, answered: Option<&Seen>) -> Result<Vec<Seen>, StoreError> {
        let from = known.newest.iter().chain(answered).map(|seen| seen.at.as_second()).max().unwrap_or(0);
        let mut found = answers(&self.cache, ticket, from).map_err(|error| self.cache_error(error))?;
        found.retain(|answer| known.newest.iter().all(|newest| newest.mid != answer.mid));
        let mut others = Vec::new();
        for answer in found {
            if !self.is_from_this_outbox(&answer.mid)? {
                others.push(answer);
            }
        }
        Ok(others)
    }

    fn is_from_this_outbox(&self, mid: &MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE mid = ?1) OR ?1 LIKE 'pd1.r.' || (SELECT id FROM actor) || '.%'";
        let read = || self.data.prepare_cached(sql)?.query_row([mid.as_str()], |row| row.get::<_, Option<bool>>(0)).optional();
        Ok(read().map_err(|error| self.data_error(error))?.flatten().unwrap_or(false))
    }
}

/// Mails of a ticket that certainly left from us, written by people, from a time on; oldest first.
fn answers(cache: &Connection, ticket: &TicketKey, from_secs: i64) -> rusqlite::Result<Vec<Seen>> {
    let sql = "SELECT m.mid, m.at FROM ticket_alias a JOIN message m ON m.ticket = a.ticket
               WHERE a.key = ?1 AND m.direction = 1 AND m.class = ?2 AND m.ours = ?3 AND m.at >= ?4 ORDER BY m.at, m.id";
    let sure = OURS.iter().position(|known| *known == Ours::Sure).unwrap_or_default() as i64;
    let mut statement = cache.prepare_cached(sql)?;
    let mut rows = statement.query(params![ticket.as_str(), class_code(Class::Own), sure, from_secs])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let at = time(row.get(1)?);
        found.extend(MessageId::new(&row.get::<_, String>(0)?).map(|mid| Seen { mid, at }));
    }
    Ok(found)
}

/// How many mails from outside the server has as answered although no answer to them is here.
fn answered_unseen(cache: &Connection, ticket: &TicketKey) -> rusqlite::Result<u64> {
    let sql = format!(
        "SELECT count(*) FROM ticket_alias a JOIN message m ON m.ticket = a.ticket
         WHERE a.key = ?1 AND m.direction = 0 AND m.flags & ?2 <> 0 AND NOT {ANSWER_IS_HERE}"
    );
    Ok(cache.prepare_cached(&sql)?.query_row(params![ticket.as_str(), ANSWERED], |row| row.get::<_, i64>(0))?.unsigned_abs())
}
