//! The outbox: every state change is one committed transaction.

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::events::{self, Author, NewEvent};
use super::{Store, StoreError, drafts, time};
use crate::domain::draft::{Draft, ReadyReply};
use crate::domain::outbox::OutboxState;
use crate::domain::{MessageId, TicketKey, Timestamp};

/// A mail in the outbox, without its rendered bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    pub id: i64,
    pub ticket: Option<TicketKey>,
    pub state: OutboxState,
    pub recipients: Vec<String>,
    pub subject: String,
    pub message_id: Option<MessageId>,
    pub since: Timestamp,
    pub attempts: u32,
    pub next_try: Timestamp,
    /// Pauses of the timer so far: each is twice as long as the one before.
    pub pauses: u32,
    /// When the timer would have tried, had nobody asked for a try before.
    pub planned: Option<Timestamp>,
    pub error: Option<String>,
    pub anyway: bool,
    /// Whether a copy lies in Sent.
    pub filed: bool,
    /// Whether we have begun to put one there ourselves.
    pub filing: bool,
}

/// How long sent mail is listed, in seconds.
const SENT_KEPT_SECS: i64 = 7 * 86_400;

const COLUMNS: &str = "id, ticket, state, recipients, subject, mid, since, attempts, next_try, error, anyway, filed, pauses, planned";

impl Store {
    /// Takes a checked mail into the outbox; the draft it came from goes with the same commit.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn queue(&mut self, ready: &ReadyReply, draft_id: Option<i64>, now: Timestamp) -> Result<i64, StoreError> {
        self.take_in(ready, draft_id, now, OutboxState::Queued, 0)
    }

    /// The same, but the mail stays `scheduled` until its time.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn schedule(&mut self, ready: &ReadyReply, draft_id: Option<i64>, now: Timestamp, at: Timestamp) -> Result<i64, StoreError> {
        self.take_in(ready, draft_id, now, OutboxState::Scheduled, at.as_second())
    }

    /// Queues the scheduled mails whose time has come.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn queue_scheduled(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'queued' WHERE state = 'scheduled' AND next_try <= ?1";
        self.data.execute(sql, [now.as_second()]).map(drop).map_err(|error| self.data_error(error))
    }

    fn take_in(&mut self, ready: &ReadyReply, draft_id: Option<i64>, now: Timestamp, state: OutboxState, next_try: i64) -> Result<i64, StoreError> {
        let draft = ready.draft();
        let write = |data: &mut Connection| -> rusqlite::Result<i64> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let recipients: Vec<&str> = draft.to.iter().chain(&draft.cc).chain(&draft.bcc).map(|address| address.address.as_str()).collect();
            let sql = "INSERT INTO outbox (ticket, state, draft, recipients, subject, since, attempts, next_try, anyway, filed) VALUES (?1, ?6, ?2, ?3, ?4, ?5, 0, ?7, 0, 0)";
            transaction.execute(
                sql,
                params![
                    draft.ticket.as_ref().map(TicketKey::as_str),
                    serde_json::to_string(&drafts::without_files(draft)).unwrap_or_default(),
                    serde_json::to_string(&recipients).unwrap_or_default(),
                    draft.subject,
                    now.as_second(),
                    state.as_str(),
                    next_try
                ],
            )?;
            let id = transaction.last_insert_rowid();
            for (position, file) in draft.attachments.iter().enumerate() {
                transaction
                    .execute("INSERT INTO outbox_file (outbox, position, bytes) VALUES (?1, ?2, ?3)", params![id, position as i64, file.bytes])?;
            }
            if let Some(draft_id) = draft_id {
                transaction.execute("DELETE FROM draft_file WHERE draft = ?1", [draft_id])?;
                transaction.execute("DELETE FROM draft WHERE id = ?1", [draft_id])?;
            }
            let sql = "DELETE FROM outbox WHERE state = 'sent' AND filed = 1 AND since < ?1";
            transaction.execute(sql, [now.as_second() - SENT_KEPT_SECS])?;
            transaction.execute("DELETE FROM outbox_file WHERE outbox NOT IN (SELECT id FROM outbox)", [])?;
            transaction.commit()?;
            Ok(id)
        };
        write(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// All mails in the outbox, oldest first; sent ones for a week.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>, StoreError> {
        self.outbox_where("1 = 1")
    }

    /// Whether no mail waits for its time, for an answer about it, or for its copy.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn has_nothing_to_send(&self) -> Result<bool, StoreError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'held', 'refused') OR (state = 'sent' AND filed <> 1))";
        let read = || self.data.prepare_cached(sql)?.query_row([], |row| row.get(0));
        read().map_err(|error| self.data_error(error))
    }

    /// Mails that may go out now.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn due(&self, now: Timestamp) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut due = self.outbox_where("state = 'queued'")?;
        due.retain(|entry| entry.next_try <= now);
        Ok(due)
    }

    /// Makes every mail due that waits for its next try, which stays planned in case this one fails; those
    /// that wait for a time a person chose still do.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn hasten(&mut self) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET planned = next_try, next_try = 0 WHERE state = 'queued' AND next_try > 0";
        self.data.execute(sql, []).map(drop).map_err(|error| self.data_error(error))
    }

    /// Mails in one state.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn outbox_in(&self, state: OutboxState) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut entries = self.outbox()?;
        entries.retain(|entry| entry.state == state);
        Ok(entries)
    }

    /// Sent mails of which no copy lies in Sent yet.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn unfiled(&self) -> Result<Vec<OutboxEntry>, StoreError> {
        self.outbox_where("state = 'sent' AND filed <> 1")
    }

    fn outbox_where(&self, condition: &str) -> Result<Vec<OutboxEntry>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE {condition} ORDER BY id");
        let read = || -> rusqlite::Result<Vec<OutboxEntry>> { self.data.prepare_cached(&sql)?.query_map([], entry)?.collect() };
        read().map_err(|error| self.data_error(error))
    }

    /// One mail of the outbox.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn outbox_entry(&self, id: i64) -> Result<Option<OutboxEntry>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
        let read = || self.data.prepare_cached(&sql)?.query_row([id], entry).optional();
        read().map_err(|error| self.data_error(error))
    }

    /// The draft a mail in the outbox was made from.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn outbox_draft(&self, id: i64) -> Result<Option<Draft>, StoreError> {
        let read = || -> rusqlite::Result<Option<Draft>> {
            let text: Option<String> =
                self.data.prepare_cached("SELECT draft FROM outbox WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
            let files = self
                .data
                .prepare_cached("SELECT bytes FROM outbox_file WHERE outbox = ?1 ORDER BY position")?
                .query_map([id], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<Vec<u8>>>>()?;
            Ok(text.and_then(|text| drafts::with_files(&text, files)))
        };
        read().map_err(|error| self.data_error(error))
    }

    /// The rendered bytes, once there are any and until a copy lies in Sent.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn outbox_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let read = || -> rusqlite::Result<Option<Option<Vec<u8>>>> {
            self.data.prepare_cached("SELECT bytes FROM outbox WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
        };
        Ok(read().map_err(|error| self.data_error(error))?.flatten())
    }

    /// Fixes the bytes and the Message-ID of a mail; done once, kept for ever.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn freeze(&mut self, id: i64, message_id: &MessageId, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET mid = ?2, bytes = ?3 WHERE id = ?1 AND mid IS NULL";
        self.data.execute(sql, params![id, message_id.as_str(), bytes]).map(drop).map_err(|error| self.data_error(error))
    }

    /// Moves a mail to a state, if it is still in the one it is thought to be in. Tells whether it was.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn set_outbox_state(&mut self, id: i64, from: OutboxState, to: OutboxState, error: Option<&str>) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET state = ?3, error = ?4, attempts = attempts + (?3 = 'sending') WHERE id = ?1 AND state = ?2";
        let rows = self.data.execute(sql, params![id, from.as_str(), to.as_str(), error]).map_err(|error| self.data_error(error))?;
        Ok(rows > 0)
    }

    /// A mail could not be handed over; it stays queued and is tried again later, after so many pauses in all.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn postpone(&mut self, id: i64, next_try: Timestamp, pauses: u32, error: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'queued', next_try = ?2, planned = 0, pauses = ?3, error = ?4, attempts = attempts + 1 WHERE id = ?1";
        self.data.execute(sql, params![id, next_try.as_second(), pauses, error]).map(drop).map_err(|error| self.data_error(error))
    }

    /// Notes why a queued mail has not left yet; it is tried again as before.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn note_trouble(&mut self, id: i64, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET error = ?2 WHERE id = ?1 AND state = 'queued'";
        self.data.execute(sql, params![id, why]).map(drop).map_err(|error| self.data_error(error))
    }

    /// Lets a held mail go out although its ticket has moved, and an uncertain one once more.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn retry(&mut self, id: i64, anyway: bool) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'queued', planned = iif(state = 'queued', max(planned, next_try), 0), next_try = 0, error = NULL,
                       anyway = max(anyway, ?2) WHERE id = ?1";
        self.data.execute(sql, params![id, anyway]).map(drop).map_err(|error| self.data_error(error))
    }

    /// Records that a mail was accepted, with the events that follow from it, in one commit.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn accepted(&mut self, id: i64, author: &Author<'_>, events: Vec<NewEvent>) -> Result<(), StoreError> {
        let base = self.base()?;
        let write = |data: &mut Connection| -> rusqlite::Result<()> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let rows = transaction.execute("UPDATE outbox SET state = 'sent', error = NULL WHERE id = ?1 AND state <> 'sent'", [id])?;
            if rows > 0 && !events.is_empty() {
                events::write_in(&transaction, author, events, events::Standing { base, gesture: None })?;
            }
            transaction.commit()
        };
        write(&mut self.data).map_err(|error| self.data_error(error))?;
        self.catch_up()
    }

    /// We are about to put a copy into Sent: one found there later may be ours.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn begin_filing(&mut self, id: i64) -> Result<(), StoreError> {
        self.data.execute("UPDATE outbox SET filed = 2 WHERE id = ?1 AND filed = 0", [id]).map(drop).map_err(|error| self.data_error(error))
    }

    /// A copy lies in Sent, so that the bytes need not be kept here.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn filed(&mut self, id: i64) -> Result<(), StoreError> {
        self.data.execute("UPDATE outbox SET filed = 1, bytes = NULL WHERE id = ?1", [id]).map(drop).map_err(|error| self.data_error(error))
    }

    /// Removes a mail that has not been handed over. Tells whether it could be.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn cancel(&mut self, id: i64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM outbox WHERE id = ?1 AND state NOT IN ('sending', 'sent')";
        let rows = self.data.execute(sql, [id]).map_err(|error| self.data_error(error))?;
        self.data.execute("DELETE FROM outbox_file WHERE outbox NOT IN (SELECT id FROM outbox)", []).map_err(|error| self.data_error(error))?;
        Ok(rows > 0)
    }

    /// Makes a mail that has not been handed over a draft again, in one commit; the draft's id.
    ///
    /// # Errors
    /// `data.db` cannot be read or written.
    pub fn recall(&mut self, id: i64, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let Some(draft) = self.outbox_draft(id)? else { return Ok(None) };
        let write = |data: &mut Connection| -> rusqlite::Result<Option<i64>> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if transaction.execute("DELETE FROM outbox WHERE id = ?1 AND state NOT IN ('sending', 'sent', 'uncertain')", [id])? == 0 {
                return Ok(None);
            }
            transaction.execute("DELETE FROM outbox_file WHERE outbox = ?1", [id])?;
            let draft_id = drafts::save(&transaction, None, &draft, now)?;
            transaction.commit()?;
            Ok(Some(draft_id))
        };
        write(&mut self.data).map_err(|error| self.data_error(error))
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        id: row.get(0)?,
        ticket: row.get::<_, Option<String>>(1)?.as_deref().and_then(TicketKey::new),
        state: row.get::<_, String>(2)?.parse().unwrap_or(OutboxState::Uncertain),
        recipients: serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default(),
        subject: row.get(4)?,
        message_id: row.get::<_, Option<String>>(5)?.as_deref().and_then(MessageId::new),
        since: time(row.get(6)?),
        attempts: row.get(7)?,
        next_try: time(row.get(8)?),
        error: row.get(9)?,
        anyway: row.get(10)?,
        filed: row.get::<_, i64>(11)? == 1,
        filing: row.get::<_, i64>(11)? == 2,
        pauses: row.get(12)?,
        planned: Some(row.get::<_, i64>(13)?).filter(|at| *at > 0).map(time),
    })
}
