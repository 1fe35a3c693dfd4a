//! Drafts: saved while they are written, and kept for a week after they were discarded.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::{Store, StoreError, time};
use crate::domain::draft::{Draft, NoteDraft, Writing};
use crate::domain::{TicketKey, Timestamp};

/// A draft as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDraft {
    pub id: i64,
    pub writing: Writing,
    pub saved: Timestamp,
    pub discarded: bool,
}

/// How long a discarded draft can be recovered, in seconds.
const TRASH_SECS: i64 = 7 * 24 * 3_600;

impl Store {
    /// Saves a draft; without an id, or when that draft is gone, as a new one. Returns its id.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn save_draft(&mut self, id: Option<i64>, draft: &Draft, now: Timestamp) -> Result<i64, StoreError> {
        self.save_writing(now, |transaction| save(transaction, id, draft, now))
    }

    /// Saves a note; without an id, or when that draft is gone, as a new draft. Returns its id.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn save_note(&mut self, id: Option<i64>, note: &NoteDraft, now: Timestamp) -> Result<i64, StoreError> {
        let ticket = note.note_on.first().map(TicketKey::as_str);
        let body = serde_json::to_string(note).unwrap_or_default();
        self.save_writing(now, |transaction| save_body(transaction, id, ticket, &body, now))
    }

    /// Removes a draft that has become something else.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn remove_draft(&mut self, id: i64) -> Result<(), StoreError> {
        let remove = |data: &mut Connection| -> rusqlite::Result<()> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM draft_file WHERE draft = ?1", [id])?;
            transaction.execute("DELETE FROM draft WHERE id = ?1", [id])?;
            transaction.commit()
        };
        remove(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// Saves in one transaction, and empties the trash of what lay there long enough.
    fn save_writing(&mut self, now: Timestamp, save: impl FnOnce(&Connection) -> rusqlite::Result<i64>) -> Result<i64, StoreError> {
        let save = |data: &mut Connection| -> rusqlite::Result<i64> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let id = save(&transaction)?;
            transaction
                .execute("DELETE FROM draft_file WHERE draft IN (SELECT id FROM draft WHERE discarded < ?1)", [now.as_second() - TRASH_SECS])?;
            transaction.execute("DELETE FROM draft WHERE discarded < ?1", [now.as_second() - TRASH_SECS])?;
            transaction.commit()?;
            Ok(id)
        };
        save(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// All drafts, newest first, those in the trash included.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>, StoreError> {
        let read = || -> rusqlite::Result<Vec<StoredDraft>> {
            let ids = self
                .data
                .prepare_cached("SELECT id FROM draft ORDER BY saved DESC, id DESC")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()?;
            ids.into_iter().filter_map(|id| load(&self.data, id).transpose()).collect()
        };
        read().map_err(|error| self.data_error(error))
    }

    /// One draft.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn draft(&self, id: i64) -> Result<Option<StoredDraft>, StoreError> {
        load(&self.data, id).map_err(|error| self.data_error(error))
    }

    /// Puts a draft into the trash, or takes it out again. Tells whether there was one.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn set_draft_discarded(&mut self, id: i64, discarded: Option<Timestamp>) -> Result<bool, StoreError> {
        let sql = "UPDATE draft SET discarded = ?2 WHERE id = ?1";
        self.data.execute(sql, params![id, discarded.map(Timestamp::as_second)]).map(|rows| rows > 0).map_err(|error| self.data_error(error))
    }
}

/// Saves inside a transaction of the caller's.
pub(super) fn save(data: &Connection, id: Option<i64>, draft: &Draft, now: Timestamp) -> rusqlite::Result<i64> {
    let ticket = draft.ticket.as_ref().map(TicketKey::as_str);
    let body = serde_json::to_string(&without_files(draft)).unwrap_or_default();
    let id = save_body(data, id, ticket, &body, now)?;
    for (position, file) in draft.attachments.iter().enumerate() {
        data.prepare_cached("INSERT INTO draft_file (draft, position, bytes) VALUES (?1, ?2, ?3)")?.execute(params![
            id,
            position as i64,
            file.bytes
        ])?;
    }
    Ok(id)
}

/// Writes the row of a draft, without files.
fn save_body(data: &Connection, id: Option<i64>, ticket: Option<&str>, body: &str, now: Timestamp) -> rusqlite::Result<i64> {
    let updated =
        match id {
            Some(id) => data
                .prepare_cached("UPDATE draft SET ticket = ?2, body = ?3, saved = ?4, discarded = NULL WHERE id = ?1")?
                .execute(params![id, ticket, body, now.as_second()])?,
            None => 0,
        };
    let id = match id {
        Some(id) if updated > 0 => id,
        _ => {
            data.prepare_cached("INSERT INTO draft (ticket, body, saved) VALUES (?1, ?2, ?3)")?.execute(params![ticket, body, now.as_second()])?;
            data.last_insert_rowid()
        }
    };
    data.execute("DELETE FROM draft_file WHERE draft = ?1", [id])?;
    Ok(id)
}

/// A draft as JSON leaves the bytes of its files out; they have rows of their own.
pub(super) fn without_files(draft: &Draft) -> Draft {
    let mut draft = draft.clone();
    for file in &mut draft.attachments {
        file.bytes = Vec::new();
    }
    draft
}

/// Puts the bytes of the files back into a draft read from JSON.
pub(super) fn with_files(text: &str, files: Vec<Vec<u8>>) -> Option<Draft> {
    let mut draft: Draft = serde_json::from_str(text).ok()?;
    for (file, bytes) in draft.attachments.iter_mut().zip(files) {
        file.bytes = bytes;
    }
    Some(draft)
}

fn load(data: &Connection, id: i64) -> rusqlite::Result<Option<StoredDraft>> {
    let row = data
        .prepare_cached("SELECT body, saved, discarded IS NOT NULL FROM draft WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?)))
        .optional()?;
    let Some((body, saved, discarded)) = row else { return Ok(None) };
    let files = data
        .prepare_cached("SELECT bytes FROM draft_file WHERE draft = ?1 ORDER BY position")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<Vec<u8>>>>()?;
    let note = || serde_json::from_str(&body).ok().map(Writing::Note);
    let writing = with_files(&body, files).map(|draft| Writing::Mail(Box::new(draft))).or_else(note);
    Ok(writing.map(|writing| StoredDraft { id, writing, saved: time(saved), discarded }))
}
