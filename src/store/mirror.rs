//! What the server is to show of an author's events, and what lies where on it.

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::folders::FolderRole;
use super::mail_in::{ANSWERED, FLAGGED};
use super::{Store, StoreError, merge, tickets};
use crate::domain::event::{Change, Event};
use crate::domain::message::Direction;
use crate::domain::ticket::TicketState;
use crate::domain::{MessageId, TicketKey, Timestamp};

/// An event of this device that the team can see and other mail programs cannot yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Names it to [`Store::mirrored`] and its like.
    pub n: i64,
    pub event: Event,
    /// What takes it back, which says what was there before.
    pub inverse: Option<Change>,
    /// Mail may have been copied already in order to be moved.
    pub has_begun: bool,
    /// How often the server has refused.
    pub tries: u32,
}

/// Where a message lies, and what it bears there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub message: i64,
    pub folder: i64,
    pub name: String,
    pub role: FolderRole,
    pub uid_validity: u32,
    pub uid: u32,
    pub flags: u8,
}

/// What the server tells of a message beside its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    pub direction: Direction,
    pub is_flagged: bool,
    /// It bears `\Answered`, and no answer of ours is here.
    pub is_answered_unseen: bool,
    /// The folder it left last and has not come back to.
    pub left: Option<String>,
    /// Where it lies now.
    pub now: Vec<(String, FolderRole)>,
}

const PLACE: &str = "l.message, f.id, f.name, f.role, f.uid_validity, l.uid, l.flags FROM message m
    JOIN location l ON l.message = m.id JOIN folder f ON f.id = l.folder WHERE m.direction = 0 AND f.role <> 1";

impl Store {
    /// Whether anything is to be told to the server now.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn owes_mirror(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM mirror m JOIN event e ON e.n = m.n WHERE (e.state = 2 OR ?1 = 0) AND m.later <= ?2)
                       OR EXISTS (SELECT 1 FROM flag_change)";
        let read = || self.data.prepare_cached(sql)?.query_row(params![self.is_shared, now.as_second()], |row| row.get(0));
        read().map_err(|error| self.data_error(error))
    }

    /// What is to be mirrored now, in the order it was done.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn mirror_due(&self, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let sql = "SELECT m.n, e.body, e.inverse, m.begun, m.tries FROM mirror m JOIN event e ON e.n = m.n
                   WHERE (e.state = 2 OR ?1 = 0) AND m.later <= ?2 ORDER BY m.n";
        let values = params![self.is_shared, now.as_second()];
        let read = || -> rusqlite::Result<Vec<Option<Due>>> { self.data.prepare_cached(sql)?.query_map(values, due)?.collect() };
        Ok(read().map_err(|error| self.data_error(error))?.into_iter().flatten().collect())
    }

    /// The server shows these, or there is nothing to be shown of them any more.
    ///
    /// # Errors
    /// `data.db` cannot be written; then they are looked at again.
    pub fn mirrored(&mut self, rows: &[i64]) -> Result<(), StoreError> {
        self.each_mirror_row("DELETE FROM mirror WHERE n = ?1", rows)
    }

    /// Notes, before the first copy, that mail of these events is being moved by copies.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn begin_moves(&mut self, rows: &[i64]) -> Result<(), StoreError> {
        self.each_mirror_row("UPDATE mirror SET begun = 1 WHERE n = ?1", rows)
    }

    /// The server has refused; it is tried again by the next sync.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn mirror_refused(&mut self, rows: &[i64]) -> Result<(), StoreError> {
        self.each_mirror_row("UPDATE mirror SET tries = tries + 1 WHERE n = ?1", rows)
    }

    /// Nothing of them is told to the server before that time.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn mirror_later(&mut self, rows: &[i64], until: Timestamp) -> Result<(), StoreError> {
        self.each_mirror_row(&format!("UPDATE mirror SET later = {} WHERE n = ?1", until.as_second()), rows)
    }

    fn each_mirror_row(&mut self, sql: &str, rows: &[i64]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let write = |data: &mut Connection| -> rusqlite::Result<()> {
            let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for n in rows {
                transaction.prepare_cached(sql)?.execute([n])?;
            }
            transaction.commit()
        };
        write(&mut self.data).map_err(|error| self.data_error(error))
    }

    /// The state a change of a ticket acts on: merges are followed.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn acted_on(&self, key: &TicketKey) -> Result<Option<TicketState>, StoreError> {
        let read = || match tickets::row_by_key(&self.cache, key)? {
            Some(row) => tickets::load_state(&self.cache, merge::home(&self.cache, row)?),
            None => Ok(None),
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Where the customers' mails of a ticket lie.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn places_of(&self, key: &TicketKey) -> Result<Vec<Place>, StoreError> {
        let sql = format!("SELECT {PLACE} AND m.ticket = ?1 ORDER BY l.folder, l.uid");
        let read = || -> rusqlite::Result<Vec<Place>> {
            let Some(row) = tickets::row_by_key(&self.cache, key)? else { return Ok(Vec::new()) };
            self.cache.prepare_cached(&sql)?.query_map([merge::home(&self.cache, row)?.0], place)?.collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Where the mail lies that one of ours answers; `None` while ours is not here.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn places_answered_by(&self, answer: &MessageId) -> Result<Option<Vec<Place>>, StoreError> {
        let sql = format!("SELECT {PLACE} AND m.mid_hash = ?1 ORDER BY l.folder, l.uid");
        let read = || -> rusqlite::Result<Option<Vec<Place>>> {
            let parent = "SELECT parent FROM message WHERE mid_hash = ?1 AND mid = ?2 AND direction = 1 LIMIT 1";
            let parent: Option<i64> =
                self.cache.prepare_cached(parent)?.query_row(params![answer.hash63(), answer.as_str()], |row| row.get(0)).optional()?;
            let Some(parent) = parent else { return Ok(None) };
            self.cache.prepare_cached(&sql)?.query_map([parent], place)?.collect::<rusqlite::Result<_>>().map(Some)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Messages that were read here, and where they lie; those the cache does not know (yet) are left out.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn unsent_seen(&self) -> Result<Vec<(MessageId, Vec<Place>)>, StoreError> {
        let sql = format!("SELECT {PLACE} AND m.mid_hash = ?1 AND m.mid = ?2 ORDER BY l.folder, l.uid");
        let read = || -> rusqlite::Result<Vec<String>> {
            self.data.prepare_cached("SELECT mid FROM flag_change")?.query_map([], |row| row.get(0))?.collect()
        };
        let ids = read().map_err(|error| self.data_error(error))?;
        let locate = |mid: MessageId| -> rusqlite::Result<Option<(MessageId, Vec<Place>)>> {
            let values = params![mid.hash63(), mid.as_str()];
            let known = "SELECT EXISTS (SELECT 1 FROM message WHERE mid_hash = ?1 AND mid = ?2)";
            if !self.cache.prepare_cached(known)?.query_row(values, |row| row.get::<_, bool>(0))? {
                return Ok(None);
            }
            let places = self.cache.prepare_cached(&sql)?.query_map(values, place)?.collect::<rusqlite::Result<_>>()?;
            Ok(Some((mid, places)))
        };
        let located = ids.iter().filter_map(|mid| MessageId::new(mid)).filter_map(|mid| locate(mid).transpose());
        located.collect::<rusqlite::Result<_>>().map_err(|error| self.cache_error(error))
    }

    /// The server has been told that these messages were read.
    ///
    /// # Errors
    /// `data.db` cannot be written.
    pub fn seen_sent(&mut self, ids: &[MessageId]) -> Result<(), StoreError> {
        for id in ids {
            self.data.execute("DELETE FROM flag_change WHERE mid = ?1", [id.as_str()]).map_err(|error| self.data_error(error))?;
        }
        Ok(())
    }

    /// Notes the flags a folder has taken, so that they are not told it twice.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn note_flags(&mut self, folder: i64, uids: impl Iterator<Item = u32>, set: u8, clear: u8) -> Result<(), StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<()> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for uid in uids {
                let sql = "UPDATE location SET flags = (flags | ?3) & ~?4 WHERE folder = ?1 AND uid = ?2 RETURNING message";
                let message: Option<i64> =
                    transaction.prepare_cached(sql)?.query_row(params![folder, uid, set, clear], |row| row.get(0)).optional()?;
                let sql = "UPDATE message SET flags = (flags | ?2) & ~?3 WHERE id = ?1";
                transaction.prepare_cached(sql)?.execute(params![message, set, clear])?;
            }
            transaction.commit()
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// What the server tells of a stored message; `None`: there is no such message.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn whereabouts(&self, message: i64) -> Result<Option<Whereabouts>, StoreError> {
        let read = || -> rusqlite::Result<Option<Whereabouts>> {
            let sql = "SELECT m.direction, m.flags, (SELECT f.name FROM departure d JOIN folder f ON f.id = d.folder WHERE d.message = m.id),
                           -- First what the index leads to at once: a ticket may have thousands of mails before this one.
                           CASE WHEN m.flags & ?2 = 0 THEN 0
                                WHEN EXISTS (SELECT 1 FROM message o WHERE o.ticket = m.ticket AND o.at >= m.at AND o.direction = 1) THEN 0
                                ELSE NOT EXISTS (SELECT 1 FROM message o WHERE o.ticket = m.ticket AND o.direction = 1 AND o.parent = m.mid_hash) END
                       FROM message m WHERE m.id = ?1";
            let found = self.cache.prepare_cached(sql)?.query_row(params![message, ANSWERED], whereabouts).optional()?;
            let Some(mut found) = found else { return Ok(None) };
            let sql = "SELECT DISTINCT f.name, f.role FROM location l JOIN folder f ON f.id = l.folder WHERE l.message = ?1 ORDER BY f.role, f.name";
            let mut statement = self.cache.prepare_cached(sql)?;
            found.now =
                statement.query_map([message], |row| Ok((row.get(0)?, FolderRole::from_code(row.get(1)?))))?.collect::<rusqlite::Result<_>>()?;
            found.left = found.left.filter(|left| !found.now.iter().any(|(name, _)| name == left));
            Ok(Some(found))
        };
        read().map_err(|error| self.cache_error(error))
    }
}

/// Notes, in the transaction that writes an event of this device, that it is to be mirrored.
pub(super) fn owe(data: &Connection, n: i64, change: &Change) -> rusqlite::Result<()> {
    if is_mirrored(change) { data.prepare_cached("INSERT OR IGNORE INTO mirror (n) VALUES (?1)")?.execute([n]).map(drop) } else { Ok(()) }
}

fn is_mirrored(change: &Change) -> bool {
    match change {
        Change::Undo { change, .. } => is_mirrored(change),
        Change::Status { .. } | Change::Reopen { .. } | Change::Priority { .. } | Change::Sent { .. } => true,
        _ => false,
    }
}

fn due(row: &Row<'_>) -> rusqlite::Result<Option<Due>> {
    let (body, inverse): (String, Option<String>) = (row.get(1)?, row.get(2)?);
    let Ok(event) = serde_json::from_str(&body) else { return Ok(None) };
    let inverse = inverse.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Some(Due { n: row.get(0)?, event, inverse, has_begun: row.get(3)?, tries: row.get(4)? }))
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        message: row.get(0)?,
        folder: row.get(1)?,
        name: row.get(2)?,
        role: FolderRole::from_code(row.get(3)?),
        uid_validity: row.get(4)?,
        uid: row.get(5)?,
        flags: row.get(6)?,
    })
}

fn whereabouts(row: &Row<'_>) -> rusqlite::Result<Whereabouts> {
    Ok(Whereabouts {
        direction: if row.get::<_, i64>(0)? == 1 { Direction::Out } else { Direction::In },
        is_flagged: row.get::<_, u8>(1)? & FLAGGED != 0,
        is_answered_unseen: row.get(3)?,
        left: row.get(2)?,
        now: Vec::new(),
    })
}
