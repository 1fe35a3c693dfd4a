//! Writing mail that has arrived: rows, thread graph, full text, progress, all in one transaction.

pub mod relink;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::folders::{self, FolderProgress, FolderRole};
use super::forget::{self, Forgotten};
use super::placement;
use super::ticket_rows::{self, class_code};
use super::tickets::{self, TicketRowId};
use super::{Store, StoreError, merge};
use crate::domain::authentication::Verdict;
use crate::domain::id::hash63;
use crate::domain::message::{Direction, Message};
use crate::domain::participants::Ours;
use crate::domain::project::Route;
use crate::domain::thread::{self, Claim, PlacedBy, Placement};
use crate::domain::{MessageId, TicketKey, Timestamp};

/// Bits of `message.flags` and `location.flags`.
pub const SEEN: u8 = 1;
pub const ANSWERED: u8 = 2;
pub const FLAGGED: u8 = 4;
/// The keywords that mirror a ticket's status.
pub const PENDING: u8 = 8;
pub const HOLD: u8 = 16;
pub const SOLVED: u8 = 32;
pub const SPAM: u8 = 64;

/// How much of a message is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    Header,
    Part,
    Whole,
}

/// A message ready to be written: read, hashed, compressed.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// 0: it lies in no folder yet (a mail of ours, just accepted by the server).
    pub uid: u32,
    pub flags: u8,
    /// INTERNALDATE.
    pub at: Timestamp,
    /// Octets on the server.
    pub size: u32,
    pub extent: Extent,
    pub direction: Direction,
    pub message: Message,
    pub route: Route,
    /// What our own server says of the sender.
    pub auth: Verdict,
    /// The ticket numbers it claims.
    pub claims: Vec<Claim>,
    pub search_text: String,
    pub preview: String,
    pub header_hash: [u8; 32],
    pub body_hash: [u8; 32],
    /// The bytes, compressed with zstd.
    pub raw: Vec<u8>,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    pub new_messages: u64,
    /// Tickets whose line changed.
    pub tickets: BTreeSet<TicketKey>,
}

/// Flags by UID, and UIDs that are gone, to be written together.
#[derive(Clone, Debug, Default)]
pub struct FlagBatch {
    pub flags: Vec<(u32, u8)>,
    pub gone: Vec<u32>,
}

impl Store {
    /// Tells the store which addresses are our own; derived rows depend on it.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn set_own_addresses(&mut self, own: &[String]) -> Result<(), StoreError> {
        let own: Vec<String> = own.iter().map(|address| crate::domain::project::without_tag(&address.to_lowercase())).collect();
        let text = serde_json::to_string(&own).unwrap_or_default();
        // Asked first: a statement that writes waits for a sync that is writing, even if nothing is to change.
        if self.remembered("own")?.as_deref() == Some(&text) { Ok(()) } else { self.remember("own", &text) }
    }

    /// Writes messages of one folder and the progress they amount to.
    ///
    /// # Errors
    /// The cache cannot be written; then nothing of the batch is.
    pub fn write_batch(&mut self, progress: &FolderProgress, mut batch: Vec<Arrived>) -> Result<BatchOutcome, StoreError> {
        // Ascending row ids spare the full-text index a flush for each message.
        batch.sort_by_key(|arrived| arrived.uid);
        let write = |cache: &mut Connection| -> rusqlite::Result<BatchOutcome> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, Some(progress))?;
            batch_write.expect(&batch)?;
            for arrived in &batch {
                batch_write.one(arrived)?;
            }
            let outcome = batch_write.finish()?;
            folders::save(&transaction, progress)?;
            transaction.commit()?;
            Ok(outcome)
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// Writes a mail of ours that the server has just accepted, before its copy is seen in Sent.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn write_own(&mut self, arrived: &Arrived) -> Result<BatchOutcome, StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<BatchOutcome> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, None)?;
            batch_write.one(arrived)?;
            let outcome = batch_write.finish()?;
            transaction.commit()?;
            Ok(outcome)
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }

    /// Writes changed flags and removes locations that are gone; the messages themselves stay.
    /// Returns how many flags and how many locations really changed.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn write_flags(&mut self, progress: &FolderProgress, batch: &FlagBatch) -> Result<(u64, u64), StoreError> {
        let write = |cache: &mut Connection| -> rusqlite::Result<(u64, u64)> {
            let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut batch_write = BatchWrite::new(&transaction, Some(progress))?;
            let (mut changed, mut gone) = (0, 0);
            for (uid, flags) in &batch.flags {
                changed += u64::from(batch_write.set_flags(*uid, *flags)?);
            }
            for uid in &batch.gone {
                gone += u64::from(batch_write.remove(*uid)?);
            }
            batch_write.finish()?;
            folders::save(&transaction, progress)?;
            transaction.commit()?;
            Ok((changed, gone))
        };
        write(&mut self.cache).map_err(|error| self.cache_error(error))
    }
}

/// One open transaction and what it has touched so far.
struct BatchWrite<'a> {
    cache: &'a Connection,
    /// The folder's id; 0 for mail that lies in none yet.
    folder: i64,
    is_junk: bool,
    /// What lies here has been sent by us.
    is_sent: bool,
    context: ticket_rows::Context,
    dirty: BTreeSet<TicketRowId>,
    new_messages: u64,
    /// Texts for the full-text index, written last: other statements that open a
    /// savepoint make it flush what it has, and a flush for each mail is slow.
    texts: Vec<(i64, &'a Arrived)>,
    blocks: Vec<folders::Block>,
    /// Whether any message of the batch may be here already, by its UID.
    may_be_located: bool,
    forgotten: Forgotten,
}

impl<'a> BatchWrite<'a> {
    fn new(cache: &'a Connection, progress: Option<&FolderProgress>) -> rusqlite::Result<Self> {
        let folder = progress.map_or(0, |progress| progress.id);
        let is_junk = progress.is_some_and(|progress| progress.role == FolderRole::Junk);
        Ok(Self {
            cache,
            folder,
            is_junk,
            is_sent: progress.is_none_or(|progress| progress.role == FolderRole::Sent),
            context: ticket_rows::Context::load(cache)?,
            dirty: BTreeSet::new(),
            new_messages: 0,
            texts: Vec::new(),
            blocks: folders::blocks(cache, folder)?,
            may_be_located: true,
            forgotten: Forgotten::load(cache)?,
        })
    }

    fn one(&mut self, arrived: &'a Arrived) -> rusqlite::Result<()> {
        if let Some(message) = self.located(arrived.uid)? {
            return self.complete(message, arrived);
        }
        if let Some(message) = self.same_message(arrived)? {
            return self.add_copy(message, arrived);
        }
        let placed = placement::decide(self.cache, &arrived.message)?;
        let thread = self.settle_in(&placed, &arrived.message)?;
        let ticket = merge::home(self.cache, thread)?;
        let id = self.insert(arrived, ticket, &placed.by)?;
        merge::note_origin(self.cache, id, thread, ticket)?;
        self.keep_forgotten(id, arrived)?;
        self.locate(arrived.uid, id, arrived.flags)?;
        self.leave_to_agents(id, arrived, &placed)?;
        self.dirty.insert(ticket);
        self.new_messages += 1;
        Ok(())
    }

    /// Nothing of who is forgotten comes back with mail that arrived before.
    fn keep_forgotten(&mut self, message: i64, arrived: &Arrived) -> rusqlite::Result<()> {
        if forget::redact_arrived(self.cache, message, arrived, &self.forgotten)? {
            self.texts.retain(|(known, _)| *known != message);
        }
        Ok(())
    }

    /// Asks once for a whole batch, so that a first sync need not ask for each message.
    fn expect(&mut self, batch: &[Arrived]) -> rusqlite::Result<()> {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(()) };
        let sql = "SELECT EXISTS (SELECT 1 FROM location WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3)";
        self.may_be_located = self.cache.prepare_cached(sql)?.query_row(params![self.folder, first.uid, last.uid], |row| row.get(0))?;
        Ok(())
    }

    fn located(&self, uid: u32) -> rusqlite::Result<Option<i64>> {
        if uid == 0 || !self.may_be_located {
            return Ok(None);
        }
        let mut statement = self.cache.prepare_cached("SELECT message FROM location WHERE folder = ?1 AND uid = ?2")?;
        statement.query_row(params![self.folder, uid], |row| row.get(0)).optional()
    }

    /// A message with the same id and the same content, in whatever folder.
    ///
    /// While only the header of either is here, header and size stand for the content.
    fn same_message(&self, arrived: &Arrived) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM message WHERE mid_hash = ?1 AND mid = ?2
                       AND (body_hash = ?3 OR ((body_hash IS NULL OR ?4 = 0) AND header_hash = ?5 AND size = ?6))";
        let whole = i64::from(arrived.extent != Extent::Header);
        let mid = &arrived.message.message_id;
        let mut statement = self.cache.prepare_cached(sql)?;
        statement
            .query_row(params![mid.hash63(), mid.as_str(), body_hash(arrived), whole, &arrived.header_hash[..], arrived.size], |row| row.get(0))
            .optional()
    }

    /// More of a message has come whose header, or part, was here.
    fn complete(&mut self, message: i64, arrived: &'a Arrived) -> rusqlite::Result<()> {
        let (extent, ticket, size): (i64, i64, u32) = self
            .cache
            .prepare_cached("SELECT extent, ticket, size FROM message WHERE id = ?1")?
            .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        self.dirty.insert(TicketRowId(ticket));
        if extent >= extent_code(arrived.extent) || (size != arrived.size && size != 0 && extent > 0) {
            return Ok(());
        }
        let sql = "UPDATE message SET extent = ?2, body_hash = ?3, class = ?4, preview = ?5, attachments = ?6, size = ?7 WHERE id = ?1";
        self.cache.prepare_cached(sql)?.execute(params![
            message,
            extent_code(arrived.extent),
            body_hash(arrived),
            class_code(arrived.message.class),
            arrived.preview,
            arrived.message.attachments.len() as i64,
            arrived.size
        ])?;
        self.cache.prepare_cached("DELETE FROM reading WHERE message = ?1")?.execute([message])?;
        self.cache.prepare_cached("DELETE FROM wanted WHERE message = ?1")?.execute([message])?;
        self.cache.prepare_cached("DELETE FROM fts WHERE rowid = ?1")?.execute([message])?;
        self.write_content(message, arrived)?;
        self.keep_forgotten(message, arrived)?;
        self.place_report(message, arrived)
    }

    /// Only its body says what a delivery report speaks of; its header came alone and opened a ticket.
    fn place_report(&mut self, message: i64, arrived: &Arrived) -> rusqlite::Result<()> {
        if arrived.message.bounce.as_ref().is_none_or(|bounce| bounce.original_message_id.is_none()) {
            return Ok(());
        }
        let sql = "SELECT t.id FROM message m JOIN ticket t ON t.id = coalesce(m.origin, m.ticket) WHERE m.id = ?1 AND m.placed_by = 'first' AND t.opened = 0";
        let begun: Option<TicketRowId> = self.cache.prepare_cached(sql)?.query_row([message], |row| row.get(0).map(TicketRowId)).optional()?;
        let Some(begun) = begun else { return Ok(()) };
        let found = placement::of_report(self.cache, &arrived.message, begun)?;
        let Some((home, by)) = found else { return Ok(()) };
        absorb(self.cache, begun, home, None)?;
        self.dirty.remove(&begun);
        self.dirty.insert(merge::home(self.cache, home)?);
        self.cache.prepare_cached("UPDATE message SET placed_by = ?2 WHERE id = ?1")?.execute(params![message, by.label()]).map(drop)
    }

    fn add_copy(&mut self, message: i64, arrived: &'a Arrived) -> rusqlite::Result<()> {
        self.take_date(message, arrived)?;
        self.locate(arrived.uid, message, arrived.flags)?;
        self.arrive(message)?;
        let sql =
            "UPDATE message SET flags = flags | ?2, copies = copies + ?3, junk = junk AND ?4, direction = max(direction, ?5), ours = max(ours, ?6)
                   WHERE id = ?1 RETURNING ticket";
        let ticket = self.cache.prepare_cached(sql)?.query_row(
            params![
                message,
                arrived.flags,
                i64::from(arrived.uid > 0),
                self.is_junk,
                direction_code(arrived.direction),
                ours_code(self.ours(arrived))
            ],
            |row| row.get(0).map(TicketRowId),
        )?;
        self.dirty.insert(ticket);
        if arrived.extent == Extent::Header { Ok(()) } else { self.complete(message, arrived) }
    }

    /// A mail of ours that nobody has seen in a folder yet bears the time of this computer. From its first
    /// copy on it bears the server's, as it does for everybody else.
    fn take_date(&self, message: i64, arrived: &Arrived) -> rusqlite::Result<()> {
        let sql = "UPDATE message SET at = ?2 WHERE id = ?1 AND copies = 0 AND ?3 AND NOT EXISTS (SELECT 1 FROM departure WHERE message = ?1)";
        self.cache.prepare_cached(sql)?.execute(params![message, arrived.at.as_second(), arrived.uid > 0]).map(drop)
    }

    fn locate(&self, uid: u32, message: i64, flags: u8) -> rusqlite::Result<()> {
        if uid == 0 {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO location (folder, uid, message, flags) VALUES (?1, ?2, ?3, ?4)";
        self.cache.prepare_cached(sql)?.execute(params![self.folder, uid, message, flags]).map(drop)
    }

    /// Anybody can write our address into From; Sent, our outbox and our own server tell.
    fn ours(&self, arrived: &Arrived) -> Ours {
        match arrived.direction {
            Direction::In => Ours::No,
            Direction::Out if self.is_sent || arrived.auth == Verdict::Pass => Ours::Sure,
            Direction::Out => Ours::Claimed,
        }
    }

    fn insert(&mut self, arrived: &'a Arrived, ticket: TicketRowId, placed_by: &PlacedBy) -> rusqlite::Result<i64> {
        let reserved = if arrived.uid == 0 { None } else { self.blocks.iter().rev().find_map(|block| block.id_of(arrived.uid)) };
        let message = &arrived.message;
        let from = message.from.clone().unwrap_or_default();
        let sql = "INSERT INTO message (id, ticket, mid, mid_hash, header_hash, body_hash, extent, at, size, direction, class, flags, copies, junk, from_name,
                       from_address, sent_to, cc, subject, preview, attachments, placed_by, project, routed_to, routed_by,
                       parent, ours, auth, subject_hash, conversation)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
                       ?26, ?27, ?28, ?29, ?30)";
        self.cache.prepare_cached(sql)?.execute(params![
            reserved,
            ticket.0,
            message.message_id.as_str(),
            message.message_id.hash63(),
            &arrived.header_hash[..],
            body_hash(arrived),
            extent_code(arrived.extent),
            arrived.at.as_second(),
            arrived.size,
            direction_code(arrived.direction),
            class_code(message.class),
            arrived.flags,
            i64::from(arrived.uid > 0),
            self.is_junk,
            from.name,
            from.address,
            json(&message.to),
            json(&message.cc),
            message.subject,
            arrived.preview,
            message.attachments.len() as i64,
            placed_by.label(),
            arrived.route.project,
            arrived.route.address,
            arrived.route.header,
            thread::parent(message).map_or(0, MessageId::hash63),
            ours_code(self.ours(arrived)),
            auth_code(arrived.auth),
            if *placed_by == PlacedBy::First { subject_hash(message) } else { 0 },
            message.conversation.as_deref().map_or(0, hash63)
        ])?;
        let id = self.cache.last_insert_rowid();
        self.write_content(id, arrived)?;
        Ok(id)
    }

    fn write_content(&mut self, id: i64, arrived: &'a Arrived) -> rusqlite::Result<()> {
        self.cache.prepare_cached("INSERT OR REPLACE INTO raw (message, bytes) VALUES (?1, ?2)")?.execute(params![id, arrived.raw])?;
        self.texts.push((id, arrived));
        Ok(())
    }

    /// Ascending row ids spare the index a flush for each message.
    fn write_texts(&mut self) -> rusqlite::Result<()> {
        self.texts.sort_by_key(|(id, _)| *id);
        let sql = "INSERT INTO fts (rowid, subject, sender, recipients, body) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut insert = self.cache.prepare_cached(sql)?;
        for (id, arrived) in &self.texts {
            let message = &arrived.message;
            let from = message.from.as_ref().map(|from| format!("{} {}", from.name, from.address)).unwrap_or_default();
            let recipients =
                message.to.iter().chain(&message.cc).fold(String::new(), |text, address| text + &address.name + " " + &address.address + " ");
            insert.execute(params![id, message.subject, from, recipients, arrived.search_text])?;
        }
        Ok(())
    }

    /// Finds or makes the ticket the message was placed in, and lets what no event speaks of become part of it.
    fn settle_in(&mut self, placed: &Placement<TicketRowId>, message: &Message) -> rusqlite::Result<TicketRowId> {
        let home = match placed.home {
            Some(home) => home,
            None => self.begin(message)?,
        };
        for ticket in &placed.absorbed {
            absorb(self.cache, *ticket, home, Some(&message.message_id))?;
            self.dirty.remove(ticket);
        }
        for (id, _) in thread::links(message) {
            self.cache.prepare_cached("INSERT OR IGNORE INTO node (id, ticket) VALUES (?1, ?2)")?.execute(params![id.hash63(), home.0])?;
        }
        Ok(home)
    }

    fn begin(&self, message: &Message) -> rusqlite::Result<TicketRowId> {
        let key = TicketKey::of(&message.message_id);
        match tickets::row_by_key(self.cache, &key)? {
            Some(row) => Ok(row),
            None => tickets::create(self.cache, &key),
        }
    }

    /// Notes what the graph alone does not settle: numbers it claims, other tickets it names, who is new.
    fn leave_to_agents(&self, id: i64, arrived: &Arrived, placed: &Placement<TicketRowId>) -> rusqlite::Result<()> {
        if placed.by == PlacedBy::First {
            for (position, (number, by)) in arrived.claims.iter().enumerate() {
                let sql = "INSERT OR REPLACE INTO number_claim (message, position, number, reason) VALUES (?1, ?2, ?3, ?4)";
                self.cache.prepare_cached(sql)?.execute(params![id, position as i64, *number as i64, by.label()])?;
            }
        }
        for ticket in &placed.crossed {
            let sql = "INSERT OR REPLACE INTO crossing (message, ticket, late) VALUES (?1, ?2, ?3)";
            self.cache.prepare_cached(sql)?.execute(params![id, ticket.0, placed.is_late])?;
        }
        let sender = arrived.message.from.as_ref().filter(|_| arrived.direction == Direction::In);
        let Some(sender) = sender else { return Ok(()) };
        let sql = "INSERT INTO correspondent (hash, first) VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE SET first = excluded.first WHERE first > excluded.first";
        self.cache.prepare_cached(sql)?.execute(params![hash63(&sender.key()), arrived.at.as_second()]).map(drop)
    }

    fn set_flags(&mut self, uid: u32, flags: u8) -> rusqlite::Result<bool> {
        let sql = "UPDATE location SET flags = ?3 WHERE folder = ?1 AND uid = ?2 AND flags <> ?3 RETURNING message";
        let message: Option<i64> = self.cache.prepare_cached(sql)?.query_row(params![self.folder, uid, flags], |row| row.get(0)).optional()?;
        let Some(message) = message else { return Ok(false) };
        let sql = "UPDATE message SET flags = ?2 WHERE id = ?1 RETURNING ticket";
        let ticket = self.cache.prepare_cached(sql)?.query_row(params![message, flags], |row| row.get(0).map(TicketRowId))?;
        self.dirty.insert(ticket);
        Ok(true)
    }

    fn remove(&mut self, uid: u32) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM location WHERE folder = ?1 AND uid = ?2 RETURNING message";
        let message: Option<i64> = self.cache.prepare_cached(sql)?.query_row(params![self.folder, uid], |row| row.get(0)).optional()?;
        let Some(message) = message else { return Ok(false) };
        self.depart(message, self.folder)?;
        let sql = "UPDATE message SET copies = max(copies - 1, 0) WHERE id = ?1 RETURNING ticket";
        let ticket = self.cache.prepare_cached(sql)?.query_row([message], |row| row.get(0).map(TicketRowId))?;
        self.dirty.insert(ticket);
        Ok(true)
    }

    /// Brings the lines of all touched tickets up to date.
    fn finish(mut self) -> rusqlite::Result<BatchOutcome> {
        let mut outcome = BatchOutcome { new_messages: self.new_messages, tickets: BTreeSet::new() };
        for ticket in &self.dirty {
            ticket_rows::refresh(self.cache, *ticket, &self.context)?;
            self.cache.prepare_cached("INSERT OR IGNORE INTO unsettled (ticket) VALUES (?1)")?.execute([ticket.0])?;
            let key: Option<String> =
                self.cache.prepare_cached("SELECT key FROM ticket WHERE id = ?1")?.query_row([ticket.0], |row| row.get(0)).optional()?;
            outcome.tickets.extend(key.as_deref().and_then(TicketKey::new));
        }
        self.write_texts()?;
        Ok(outcome)
    }
}

/// Moves everything of one ticket row to another and removes it.
pub(super) fn absorb(cache: &Connection, from: TicketRowId, into: TicketRowId, joined_by: Option<&MessageId>) -> rusqlite::Result<()> {
    if let Some(mid) = joined_by {
        let sql = "UPDATE message SET placed_by = ?2 WHERE ticket = ?1 AND placed_by = 'first'";
        cache.prepare_cached(sql)?.execute(params![from.0, PlacedBy::Joined(mid.clone()).label()])?;
    }
    for sql in [
        "UPDATE message SET ticket = ?2 WHERE ticket = ?1",
        "UPDATE message SET origin = ?2 WHERE origin = ?1 AND origin IS NOT NULL",
        "UPDATE ticket SET home = ?2 WHERE home = ?1 AND home IS NOT NULL",
        "UPDATE node SET ticket = ?2 WHERE ticket = ?1",
        "UPDATE ticket_alias SET ticket = ?2 WHERE ticket = ?1",
        "UPDATE log_id SET ticket = ?2 WHERE ticket = ?1",
        "UPDATE OR IGNORE unsettled SET ticket = ?2 WHERE ticket = ?1",
        "UPDATE OR REPLACE crossing SET ticket = ?2 WHERE ticket = ?1",
    ] {
        cache.prepare_cached(sql)?.execute(params![from.0, into.0])?;
    }
    let shown = merge::home(cache, into)?;
    if shown != into {
        let sql = "UPDATE message SET ticket = ?2, origin = ?1 WHERE ticket = ?1 AND origin IS NULL";
        cache.prepare_cached(sql)?.execute(params![into.0, shown.0])?;
    }
    cache.prepare_cached("DELETE FROM unsettled WHERE ticket = ?1")?.execute([from.0])?;
    cache.prepare_cached("DELETE FROM ticket_state WHERE ticket = ?1")?.execute([from.0])?;
    cache.prepare_cached("DELETE FROM ticket WHERE id = ?1")?.execute([from.0]).map(drop)
}

/// Moves one message to another ticket because the log says so.
pub(super) fn move_message(cache: &Connection, id: &MessageId, from: TicketRowId, into: TicketRowId) -> rusqlite::Result<()> {
    let sql = "UPDATE message SET ticket = ?3, origin = NULL, placed_by = 'agent' WHERE mid_hash = ?1 AND (ticket = ?2 OR origin = ?2)";
    cache.prepare_cached(sql)?.execute(params![id.hash63(), from.0, into.0])?;
    cache.prepare_cached("UPDATE node SET ticket = ?2 WHERE id = ?1")?.execute(params![id.hash63(), into.0])?;
    ticket_rows::refresh(cache, merge::home(cache, from)?, &ticket_rows::Context::load(cache)?)
}

fn ours_code(ours: Ours) -> i64 {
    ticket_rows::OURS.iter().position(|known| *known == ours).unwrap_or(0) as i64
}

fn auth_code(verdict: Verdict) -> i64 {
    ticket_rows::VERDICTS.iter().position(|known| *known == verdict).unwrap_or(0) as i64
}

/// Two mails of one subject are worth a look; two without any are not.
fn subject_hash(message: &Message) -> i64 {
    let subject = message.base_subject.trim().to_lowercase();
    if subject.is_empty() { 0 } else { hash63(&subject) }
}

fn body_hash(arrived: &Arrived) -> Option<&[u8]> {
    (arrived.extent != Extent::Header).then_some(&arrived.body_hash[..])
}

fn extent_code(extent: Extent) -> i64 {
    match extent {
        Extent::Header => 0,
        Extent::Part => 1,
        Extent::Whole => 2,
    }
}

fn direction_code(direction: Direction) -> i64 {
    match direction {
        Direction::In => 0,
        Direction::Out => 1,
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}
