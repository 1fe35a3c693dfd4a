//! Questions asked once all mail of a pass is in: what to open, to reopen, to join.

use rusqlite::OptionalExtension as _;

use super::ticket_rows::Context;
use super::tickets::{TicketRowId, load_state};
use super::{Store, StoreError, time};
use crate::domain::event::{Change, Opening};
use crate::domain::message::Class;
use crate::domain::ticket::{Status, TicketState};
use crate::domain::{Address, MessageId, TicketKey, Timestamp};

/// A ticket that no event speaks of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unopened {
    pub opening: Opening,
    pub created: Timestamp,
    pub place: UnopenedPlace,
}

/// Where a ticket stands among those that wait to be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnopenedPlace {
    created: i64,
    row: i64,
}

/// An opened ticket whose mail has changed: its newest human mail from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub key: TicketKey,
    pub project: String,
    pub status: Status,
    pub seen_at: Option<Timestamp>,
    pub reopened_by: std::collections::BTreeSet<MessageId>,
    pub newest_human: Option<(MessageId, Timestamp)>,
}

/// A mail that names a ticket by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberClaim {
    pub message: i64,
    pub reason: String,
    /// Every id in the row the mail began, itself included.
    pub ids: Vec<MessageId>,
    /// The named ticket.
    pub ticket: TicketKey,
    /// The sender takes part in it, and nothing says that he is another.
    pub may_join: bool,
}

/// Two opened tickets between which the missing mail has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateJoin {
    /// The one with the lower number, and the other.
    pub into: TicketKey,
    pub other: TicketKey,
    /// The late mail, and one mail of each: enough for the fold to unify them.
    pub ids: Vec<MessageId>,
    /// Its sender takes part in the ticket it names, and nothing says that he is another.
    pub is_trusted: bool,
}

/// What goes into an event has to fit a mail, whatever a sender wrote.
const IDS_OCTETS: usize = 16 * 1_024;
const LINE_CHARS: usize = 240;

/// A name or subject as it stands in an event.
pub fn shortened(text: String) -> String {
    if text.chars().count() <= LINE_CHARS { text } else { text.chars().take(LINE_CHARS - 1).chain(['…']).collect() }
}

impl Store {
    /// Tickets not opened yet, oldest first, from behind a place on; those that lie in the junk folder alone are left out.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unopened(&self, limit: u32, after: Option<UnopenedPlace>) -> Result<Vec<Unopened>, StoreError> {
        let after = after.unwrap_or(UnopenedPlace { created: i64::MIN, row: 0 });
        let condition = "t.opened = 0 AND t.messages > 0 AND t.status <> 4 AND (t.created, t.id) > (?1, ?2) ORDER BY t.created, t.id LIMIT ?3";
        self.unopened_where(condition, rusqlite::params![after.created, after.row, limit])
    }

    /// How many tickets wait to be opened.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unopened_count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM ticket t WHERE t.opened = 0 AND t.messages > 0 AND t.status <> 4";
        let count = || self.cache.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
        Ok(count().map_err(|error| self.cache_error(error))?.unsigned_abs())
    }

    /// What an `open` event would say of a ticket that has none; `None` when it is opened.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unopened_ticket(&self, key: &TicketKey) -> Result<Option<Unopened>, StoreError> {
        let row = super::tickets::row_by_key(&self.cache, key).map_err(|error| self.cache_error(error))?;
        let Some(row) = row else { return Ok(None) };
        Ok(self.unopened_where("t.opened = 0 AND t.id = ?1", rusqlite::params![row.0])?.pop())
    }

    fn unopened_where(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Unopened>, StoreError> {
        let sql = format!("SELECT t.id, t.project, t.subject, t.requester_name, t.requester_address, t.created FROM ticket t WHERE {condition}");
        let read = || -> rusqlite::Result<Vec<Unopened>> {
            let mut statement = self.cache.prepare_cached(&sql)?;
            let rows = statement.query_map(values, |row| {
                let requester = Address { name: row.get(3)?, address: row.get(4)? };
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, requester, row.get::<_, i64>(5)?))
            })?;
            let mut found = Vec::new();
            for row in rows {
                let (id, project, subject, requester, created) = row?;
                let ids = self.ids_of(id)?;
                let Some(first) = ids.first() else { continue };
                let requester = (!requester.address.is_empty()).then(|| Address::new(shortened(requester.name), requester.address));
                let opening =
                    Opening { key: TicketKey::of(first), project, ids, subject: shortened(subject), requester, created: Some(time(created)) };
                found.push(Unopened { opening, created: time(created), place: UnopenedPlace { created, row: id } });
            }
            Ok(found)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// The ids of a ticket's messages, earliest first, at most 200: what makes two clients' openings meet.
    fn ids_of(&self, ticket: i64) -> rusqlite::Result<Vec<MessageId>> {
        let mut statement = self.cache.prepare_cached("SELECT mid FROM message WHERE ticket = ?1 ORDER BY at, mid LIMIT 200")?;
        let mids = statement.query_map([ticket], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut seen = std::collections::BTreeSet::new();
        let mut room = IDS_OCTETS;
        let mut fits = |id: &MessageId| {
            room = room.saturating_sub(id.as_str().len());
            room > 0
        };
        let ids = mids.iter().filter_map(|mid| MessageId::new(mid)).filter(|id| seen.insert(id.clone()));
        Ok(ids.take_while(|id| fits(id)).collect())
    }

    /// Opened tickets whose mail has changed since [`Store::settled`].
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn unsettled(&self) -> Result<Vec<Unsettled>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Unsettled>> {
            let mut statement = self.cache.prepare_cached("SELECT u.ticket FROM unsettled u JOIN ticket t ON t.id = u.ticket WHERE t.opened = 1")?;
            let rows = statement.query_map([], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().filter_map(|row| load_state(&self.cache, row).transpose().map(|state| self.unsettled_ticket(row, state?))).collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    fn unsettled_ticket(&self, row: TicketRowId, state: TicketState) -> rusqlite::Result<Unsettled> {
        // Somebody has dealt with a mail that was found in the archive and never lay in an inbox.
        let sql = "SELECT m.mid, m.at FROM message m WHERE m.ticket = ?1 AND m.direction = 0 AND m.class = 0
                       AND NOT (EXISTS (SELECT 1 FROM location l JOIN folder f ON f.id = l.folder WHERE l.message = m.id AND f.role = 2)
                           AND NOT EXISTS (SELECT 1 FROM location l JOIN folder f ON f.id = l.folder WHERE l.message = m.id AND f.role <> 2)
                           AND NOT EXISTS (SELECT 1 FROM departure d WHERE d.message = m.id))
                   ORDER BY m.at DESC, m.id DESC LIMIT 1";
        let newest: Option<(String, i64)> = self.cache.prepare_cached(sql)?.query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(Unsettled {
            key: state.key,
            project: state.project.value,
            status: state.status.value,
            seen_at: state.seen_at,
            reopened_by: state.reopened_by,
            newest_human: newest.and_then(|(mid, at)| Some((MessageId::new(&mid)?, time(at)))),
        })
    }

    /// Every open question about arrived mail has been decided.
    ///
    /// The numbers that were not followed stay: they are shown to an agent.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn settled(&mut self) -> Result<(), StoreError> {
        self.cache.execute_batch("DELETE FROM unsettled; UPDATE crossing SET late = 0 WHERE late = 1;").map_err(|error| self.cache_error(error))
    }

    /// The numbers in mails that have not been placed otherwise, in the order in which they count.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn number_claims(&self) -> Result<Vec<NumberClaim>, StoreError> {
        let read = || -> rusqlite::Result<Vec<NumberClaim>> {
            let sql = "SELECT c.message, c.reason, m.from_address, m.ticket, m.ours, m.auth, n.id FROM ticket t JOIN message m ON m.ticket = t.id
                       JOIN number_claim c ON c.message = m.id JOIN ticket n ON n.number = c.number
                       WHERE t.opened = 0 AND n.id <> t.id ORDER BY m.at, m.id, c.position";
            let mut statement = self.cache.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let context = Context::load(&self.cache)?;
            let mut claims = Vec::new();
            while let Some(row) = rows.next()? {
                let target = super::merge::home(&self.cache, TicketRowId(row.get(6)?))?;
                let Some(ticket) = self.key_of(target)? else { continue };
                let sender = Address::new("", row.get::<_, String>(2)?);
                let (is_ours, is_forged) = (row.get::<_, i64>(4)? == 2, row.get::<_, i64>(5)? == 2);
                let takes_part = || -> rusqlite::Result<bool> { Ok(super::people::roster(&self.cache, target, &context)?.0.includes(&sender)) };
                let may_join = is_ours || (!is_forged && takes_part()?);
                claims.push(NumberClaim { message: row.get(0)?, reason: row.get(1)?, ids: self.ids_of(row.get(3)?)?, ticket, may_join });
            }
            Ok(claims)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Mails that name one of an opened ticket by an id without brackets, as [`Store::number_claims`]; those
    /// whose ticket no event speaks of yet are put into it at once.
    ///
    /// Who writes through a list takes part in the list, not in a ticket.
    ///
    /// # Errors
    /// The cache cannot be read or written.
    pub fn join_by_bare_ids(&mut self) -> Result<Vec<NumberClaim>, StoreError> {
        let join = || -> rusqlite::Result<Vec<NumberClaim>> {
            let sql = "SELECT c.message, c.reason, m.from_address, m.ours, m.auth FROM ticket t JOIN message m ON m.ticket = t.id
                       JOIN number_claim c ON c.message = m.id
                       WHERE t.opened = 0 AND c.number = 0 AND m.class <> ?1 AND m.placed_by = 'first' ORDER BY m.at, m.id, c.position";
            let list = super::ticket_rows::class_code(Class::List);
            let mut statement = self.cache.prepare_cached(sql)?;
            let claims = statement
                .query_map([list], |row| {
                    Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)? == 2, row.get::<_, i64>(4)? == 2))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            if claims.is_empty() {
                return Ok(Vec::new());
            }
            let transaction = rusqlite::Transaction::new_unchecked(&self.cache, rusqlite::TransactionBehavior::Immediate)?;
            let context = Context::load(&self.cache)?;
            let mut of_opened = Vec::new();
            for (message, reason, sender, is_ours, is_forged) in claims {
                let own: i64 = self.cache.prepare_cached("SELECT ticket FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
                let Some((thread, is_opened)) = super::placement::named(&self.cache, &reason)? else { continue };
                let shown = super::merge::home(&self.cache, thread)?;
                if shown.0 == own || thread.0 == own {
                    continue;
                }
                let may_join = is_ours || (!is_forged && super::people::roster(&self.cache, shown, &context)?.0.includes(&Address::new("", sender)));
                if is_opened {
                    let Some(ticket) = self.key_of(shown)? else { continue };
                    of_opened.push(NumberClaim { message, reason, ids: self.ids_of(own)?, ticket, may_join });
                } else if may_join {
                    super::mail_in::absorb(&self.cache, TicketRowId(own), thread, None)?;
                    self.cache.prepare_cached("UPDATE message SET placed_by = ?2 WHERE id = ?1")?.execute(rusqlite::params![message, reason])?;
                    super::ticket_rows::refresh(&self.cache, thread, &context)?;
                }
            }
            transaction.commit()?;
            Ok(of_opened)
        };
        join().map_err(|error| self.cache_error(error))
    }

    /// Opened tickets that a mail joins which came after its answers, and that nobody has taken apart.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn late_joins(&self) -> Result<Vec<LateJoin>, StoreError> {
        let read = || -> rusqlite::Result<Vec<LateJoin>> {
            let sql = "SELECT m.id, m.mid, m.ticket, c.ticket, m.ours, m.auth FROM crossing c JOIN message m ON m.id = c.message WHERE c.late = 1";
            let mut statement = self.cache.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let context = Context::load(&self.cache)?;
            let mut joins = Vec::new();
            while let Some(row) = rows.next()? {
                let message: i64 = row.get(0)?;
                let (home, other) = (TicketRowId(row.get(2)?), super::merge::home(&self.cache, TicketRowId(row.get(3)?))?);
                let (roster, messages) = super::people::roster(&self.cache, home, &context)?;
                let is_stranger = messages.iter().zip(&roster.strangers).any(|(id, is_stranger)| *id == message && *is_stranger);
                let is_trusted = row.get::<_, i64>(4)? > 0 && row.get::<_, i64>(5)? != 2 || !is_stranger;
                let mut ids: Vec<MessageId> = MessageId::new(&row.get::<_, String>(1)?).into_iter().collect();
                ids.extend(self.ids_of(home.0)?.into_iter().take(1));
                ids.extend(self.ids_of(other.0)?.into_iter().take(1));
                if let Some((into, other)) = self.by_number(home, other)?.filter(|_| home != other) {
                    joins.push(LateJoin { into, other, ids, is_trusted });
                }
            }
            Ok(joins)
        };
        let joins = read().map_err(|error| self.cache_error(error))?;
        let mut apart = Vec::new();
        for join in joins {
            if !self.were_taken_apart(&join.into, &join.other)? {
                apart.push(join);
            }
        }
        Ok(apart)
    }

    /// Two opened tickets, the one with the lower number first.
    fn by_number(&self, one: TicketRowId, other: TicketRowId) -> rusqlite::Result<Option<(TicketKey, TicketKey)>> {
        let sql = "SELECT key FROM ticket WHERE id IN (?1, ?2) AND opened = 1 ORDER BY number, key";
        let mut statement = self.cache.prepare_cached(sql)?;
        let keys = statement.query_map([one.0, other.0], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut keys = keys.iter().filter_map(|key| TicketKey::new(key));
        Ok(keys.next().zip(keys.next()))
    }

    pub(super) fn key_of(&self, row: TicketRowId) -> rusqlite::Result<Option<TicketKey>> {
        let key: Option<String> =
            self.cache.prepare_cached("SELECT key FROM ticket WHERE id = ?1")?.query_row([row.0], |row| row.get(0)).optional()?;
        Ok(key.as_deref().and_then(TicketKey::new))
    }

    /// Tells whether an agent has split one of them off the other, or taken back their merge:
    /// nothing but an agent joins them again.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn were_taken_apart(&self, one: &TicketKey, other: &TicketKey) -> Result<bool, StoreError> {
        let history = self.history(one)?;
        Ok(history.iter().any(|entry| entry.unapplied.is_none() && parts(&entry.event.change) && entry.event.change.tickets().contains(other)))
    }
}

/// Whether a change between two tickets that are two now took them apart: a split, or a
/// merge, which then has been taken back.
fn parts(change: &Change) -> bool {
    match change {
        Change::Split { .. } | Change::Merge { .. } => true,
        Change::Undo { change, .. } => parts(change),
        _ => false,
    }
}
