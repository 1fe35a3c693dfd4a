//! Reading stored mail.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, Row, params};

use super::ticket_rows::class_from;
use super::{Store, StoreError, time};
use crate::domain::authentication::Verdict;
use crate::domain::event::Seen;
use crate::domain::message::{Class, Direction};
use crate::domain::participants::Ours;
use crate::domain::thread::{self, Step};
use crate::domain::{Address, MessageId, TicketKey, Timestamp};

/// A stored message without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    pub id: i64,
    pub message_id: MessageId,
    /// Only the header, or only a part, is here.
    pub is_incomplete: bool,
    pub at: Timestamp,
    pub size: u64,
    pub direction: Direction,
    pub class: Class,
    pub is_seen: bool,
    /// In no folder any more.
    pub is_gone: bool,
    pub from: Option<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    pub preview: String,
    pub placed_by: String,
    pub routed_to: String,
    pub routed_by: String,
    /// Whether it can be believed to be ours.
    pub ours: Ours,
    /// The hash of the id it answers directly; 0: none.
    pub parent: i64,
    /// What our server said of the sender.
    pub auth: Verdict,
    /// The number of the ticket it came with, when that was merged into this one.
    pub came_with: Option<u64>,
    pub has_attachments: bool,
}

/// A message somebody wants the whole of, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedMessage {
    pub folder: String,
    pub uid: u32,
}

const COLUMNS: &str =
    "m.id, m.mid, m.extent, m.at, m.size, m.direction, m.class, m.flags, m.copies, m.from_name, m.from_address, m.sent_to, m.cc, m.subject,
    m.preview, m.placed_by, m.routed_to, m.routed_by, m.attachments, m.ours, m.parent, m.auth,
    (SELECT h.number FROM ticket h WHERE h.id = m.origin)";

impl Store {
    /// The messages of a ticket, oldest first; a reply never stands before its parent, whatever the clocks say.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn messages_of(&self, ticket: &TicketKey) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket_alias a JOIN message m ON m.ticket = a.ticket WHERE a.key = ?1 ORDER BY m.at, m.id");
        let read = || -> rusqlite::Result<Vec<StoredMessage>> { self.cache.prepare_cached(&sql)?.query_map([ticket.as_str()], stored)?.collect() };
        let messages = read().map_err(|error| self.cache_error(error))?;
        let steps: Vec<Step> = messages.iter().map(|message| Step { id: message.message_id.hash63(), parent: message.parent }).collect();
        let mut by_time: Vec<Option<StoredMessage>> = messages.into_iter().map(Some).collect();
        Ok(thread::in_order(&steps).into_iter().filter_map(|place| by_time.get_mut(place)?.take()).collect())
    }

    /// A message by its id; of several with the same id the first that came.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn message_by_id(&self, id: &MessageId) -> Result<Option<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM message m WHERE m.mid_hash = ?1 AND m.mid = ?2 ORDER BY m.id LIMIT 1");
        let read = || self.cache.prepare_cached(&sql)?.query_row(params![id.hash63(), id.as_str()], stored).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// The newest inbound mail of a ticket; of humans alone, or of any class.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn newest_inbound(&self, ticket: &TicketKey, class: Option<Class>) -> Result<Option<Seen>, StoreError> {
        let sql = "SELECT m.mid, m.at FROM ticket_alias a JOIN message m ON m.ticket = a.ticket
                   WHERE a.key = ?1 AND m.direction = 0 AND (?2 IS NULL OR m.class = ?2) ORDER BY m.at DESC, m.id DESC LIMIT 1";
        let read = || -> rusqlite::Result<Option<(String, i64)>> {
            let class = class.map(super::ticket_rows::class_code);
            self.cache.prepare_cached(sql)?.query_row(params![ticket.as_str(), class], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        };
        let found = read().map_err(|error| self.cache_error(error))?;
        Ok(found.and_then(|(mid, at)| Some(Seen { mid: MessageId::new(&mid)?, at: time(at) })))
    }

    /// The ticket a message lies in.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn ticket_of(&self, id: &MessageId) -> Result<Option<TicketKey>, StoreError> {
        let sql = "SELECT t.key FROM message m JOIN ticket t ON t.id = m.ticket WHERE m.mid_hash = ?1 AND m.mid = ?2 LIMIT 1";
        let read = || -> rusqlite::Result<Option<String>> {
            self.cache.prepare_cached(sql)?.query_row(params![id.hash63(), id.as_str()], |row| row.get(0)).optional()
        };
        Ok(read().map_err(|error| self.cache_error(error))?.as_deref().and_then(TicketKey::new))
    }

    /// The stored bytes of a message.
    ///
    /// # Errors
    /// The cache cannot be read, or the stored bytes are damaged.
    pub fn raw(&self, message: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let read = || -> rusqlite::Result<Option<Vec<u8>>> {
            self.cache.prepare_cached("SELECT bytes FROM raw WHERE message = ?1")?.query_row([message], |row| row.get(0)).optional()
        };
        let packed = read().map_err(|error| self.cache_error(error))?;
        packed
            .map(|packed| {
                zstd::stream::decode_all(packed.as_slice()).map_err(|source| StoreError::Io { path: self.paths.cache.join("cache.db"), source })
            })
            .transpose()
    }

    /// What was computed when the message was first shown.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn reading(&self, message: i64) -> Result<Option<String>, StoreError> {
        let read = || self.cache.prepare_cached("SELECT value FROM reading WHERE message = ?1")?.query_row([message], |row| row.get(0)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Keeps what was computed for messages shown for the first time. Does not wait for
    /// somebody else who is writing: it can be computed again, and a person is looking.
    ///
    /// # Errors
    /// The cache cannot be written now.
    pub fn save_readings(&mut self, readings: &[(i64, String)]) -> Result<(), StoreError> {
        if readings.is_empty() {
            return Ok(());
        }
        super::connection::set_patience(&self.cache, Duration::ZERO).map_err(|error| self.cache_error(error))?;
        let written = self.write_readings(readings);
        super::connection::set_patience(&self.cache, super::connection::BUSY_TIMEOUT).map_err(|error| self.cache_error(error))?;
        written
    }

    fn write_readings(&mut self, readings: &[(i64, String)]) -> Result<(), StoreError> {
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.cache.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for (message, value) in readings {
                transaction.prepare_cached("INSERT OR REPLACE INTO reading (message, value) VALUES (?1, ?2)")?.execute(params![message, value])?;
            }
            transaction.commit()
        };
        write().map_err(|error| self.cache_error(error))
    }

    /// Tells whether a mail with this id and content is here; of one that is here in part its size decides.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn holds(&self, id: &MessageId, body_hash: &[u8; 32], size: u64) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE mid_hash = ?1 AND mid = ?2 AND copies > 0 AND (body_hash = ?3 OR (extent < 2 AND size = ?4)))";
        let read = || self.cache.prepare_cached(sql)?.query_row(params![id.hash63(), id.as_str(), &body_hash[..], size as i64], |row| row.get(0));
        read().map_err(|error| self.cache_error(error))
    }

    /// Messages in the order in which they came, behind `after`: row, ticket row, and whether only a part is here.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn message_places(&self, after: i64, limit: u32) -> Result<Vec<(i64, i64, bool)>, StoreError> {
        let sql = "SELECT id, ticket, extent < 2 FROM message WHERE id > ?1 ORDER BY id LIMIT ?2";
        let read = || -> rusqlite::Result<Vec<(i64, i64, bool)>> {
            self.cache.prepare_cached(sql)?.query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// The rows of tickets, to be compared with [`Store::message_places`].
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn rows_of(&self, keys: &[TicketKey]) -> Result<std::collections::HashSet<i64>, StoreError> {
        let rows = keys.iter().map(|key| super::tickets::row_by_key(&self.cache, key).map(|row| row.map(|row| row.0)));
        rows.filter_map(Result::transpose).collect::<rusqlite::Result<_>>().map_err(|error| self.cache_error(error))
    }

    /// Notes that the whole is wanted of everything that is here in part and still on the server; returns how many those are.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn want_all_whole(&mut self) -> Result<u64, StoreError> {
        let sql = "INSERT OR IGNORE INTO wanted (message) SELECT id FROM message WHERE extent < 2 AND copies > 0";
        self.cache.execute(sql, []).map_err(|error| self.cache_error(error))?;
        let count: i64 = self.cache.query_row("SELECT count(*) FROM wanted", [], |row| row.get(0)).map_err(|error| self.cache_error(error))?;
        Ok(count.unsigned_abs())
    }

    /// Notes that somebody wants the whole of a message.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn want_whole(&mut self, message: i64) -> Result<(), StoreError> {
        self.cache.execute("INSERT OR IGNORE INTO wanted (message) VALUES (?1)", [message]).map(drop).map_err(|error| self.cache_error(error))
    }

    /// The messages wanted whole, and one place where each lies.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn wanted(&self) -> Result<Vec<WantedMessage>, StoreError> {
        let read = || -> rusqlite::Result<Vec<WantedMessage>> {
            let sql = "SELECT f.name, min(l.uid) FROM wanted w JOIN location l ON l.message = w.message JOIN folder f ON f.id = l.folder GROUP BY w.message";
            self.cache.prepare_cached(sql)?.query_map([], |row| Ok(WantedMessage { folder: row.get(0)?, uid: row.get(1)? }))?.collect()
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Marks the ticket's inbound mail as read, here at once and for the server to be told.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn mark_seen(&mut self, ticket: &TicketKey) -> Result<u64, StoreError> {
        let unread: Vec<StoredMessage> = self.messages_of(ticket)?.into_iter().filter(|m| m.direction == Direction::In && !m.is_seen).collect();
        for message in &unread {
            let sql = "INSERT INTO flag_change (mid, flags) VALUES (?1, 1) ON CONFLICT (mid) DO UPDATE SET flags = flags | 1";
            self.data.execute(sql, [message.message_id.as_str()]).map_err(|error| self.data_error(error))?;
        }
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.cache.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for message in &unread {
                transaction.prepare_cached("UPDATE message SET flags = flags | 1 WHERE id = ?1")?.execute([message.id])?;
            }
            if let Some(row) = super::tickets::row_by_key(&transaction, ticket)? {
                super::ticket_rows::refresh(&transaction, row, &super::ticket_rows::Context::load(&transaction)?)?;
            }
            transaction.commit()
        };
        if !unread.is_empty() {
            write().map_err(|error| self.cache_error(error))?;
        }
        Ok(unread.len() as u64)
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredMessage> {
    let mid: String = row.get(1)?;
    let from = Address { name: row.get(9)?, address: row.get(10)? };
    let addresses = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(StoredMessage {
        id: row.get(0)?,
        message_id: MessageId::new(&mid).unwrap_or_else(|| MessageId::synthetic(mid.as_bytes())),
        is_incomplete: row.get::<_, i64>(2)? < 2,
        at: time(row.get(3)?),
        size: row.get::<_, i64>(4)?.unsigned_abs(),
        direction: if row.get::<_, i64>(5)? == 1 { Direction::Out } else { Direction::In },
        class: class_from(row.get(6)?),
        is_seen: row.get::<_, i64>(7)? & 1 == 1,
        is_gone: row.get::<_, i64>(8)? == 0,
        from: (!from.address.is_empty() || !from.name.is_empty()).then_some(from),
        to: addresses(row.get(11)?),
        cc: addresses(row.get(12)?),
        subject: row.get(13)?,
        preview: row.get(14)?,
        placed_by: row.get(15)?,
        routed_to: row.get(16)?,
        routed_by: row.get(17)?,
        has_attachments: row.get::<_, i64>(18)? > 0,
        ours: super::ticket_rows::ours_from(row.get(19)?),
        parent: row.get(20)?,
        auth: super::ticket_rows::auth_from(row.get(21)?),
        came_with: row.get::<_, Option<i64>>(22)?.map(i64::unsigned_abs),
    })
}
