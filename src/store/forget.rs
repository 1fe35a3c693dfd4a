//! Redacting what the files hold of a person.

mod begun;
mod scrub;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

pub(super) use self::begun::redact_begun;
use super::mail_in::Arrived;
use super::ticket_rows;
use super::tickets::{TicketRowId, load_state};
use crate::domain::event::{Change, Event, Opening};
use crate::domain::fold::{FORGOTTEN, FORGOTTEN_SUBJECT, Forgetting, Shared};
use crate::domain::ticket::TicketState;
use crate::domain::{Address, EventId, TicketKey, Timestamp, seal};

/// Shown instead of what was redacted.
const REDACTED: &str = FORGOTTEN_SUBJECT;

/// The opened tickets in which an address, known by its hash, is requester or participant.
pub(super) fn states_with(cache: &Connection, address: &str) -> rusqlite::Result<Vec<TicketState>> {
    let sql = "SELECT ticket FROM ticket_state";
    let mut statement = cache.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for row in rows {
        let Some(state) = load_state(cache, row)? else { continue };
        let addresses = state.participants.keys().chain(state.taken_off.keys()).cloned();
        let all = addresses.chain(state.requester.as_ref().map(|requester| requester.address.to_lowercase()));
        if all.into_iter().any(|known| is_meant(&known, address)) {
            found.push(state);
        }
    }
    Ok(found)
}

/// Where it is told that a person is to be forgotten.
pub(super) struct Told {
    /// The hash of the address.
    pub address: String,
    /// The event that says it; `None`: a snapshot.
    pub event: Option<EventId>,
}

impl Told {
    pub fn by(event: &Event) -> Option<Self> {
        match &event.change {
            Change::Forget { address } => Some(Self { address: address.clone(), event: Some(event.id) }),
            _ => None,
        }
    }
}

/// Who is forgotten here, by the hash of the address, and since which second: mail that came later is somebody new's.
/// Without a second, which only an earlier version leaves out, all mail is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Forgotten(BTreeMap<String, Option<i64>>);

impl Forgotten {
    /// As it is remembered in the cache.
    pub fn load(cache: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT value FROM meta WHERE name = 'forgotten'";
        let text: Option<String> = cache.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        let text = text.unwrap_or_default();
        // An earlier version remembered the hashes alone.
        let hashes = || serde_json::from_str::<BTreeSet<String>>(&text).unwrap_or_default().into_iter().map(|hash| (hash, None)).collect();
        Ok(Self(serde_json::from_str(&text).unwrap_or_else(|_| hashes())))
    }

    fn save(&self, cache: &Connection) -> rusqlite::Result<()> {
        super::events::set_meta(cache, "forgotten", &serde_json::to_string(&self.0).unwrap_or_default())
    }

    /// The same with what the state says; when somebody was forgotten stays known where that does not say it.
    fn joined(&self, shared: &Shared) -> Self {
        let mut joined = self.clone();
        for hash in &shared.forgotten {
            let at = shared.forgotten_at.get(hash).map(|forgetting| forgetting.at.as_second());
            let known = joined.0.entry(hash.clone()).or_insert(at);
            *known = at.or(*known);
        }
        joined
    }

    /// Those of whom more is to be redacted than by `before`.
    fn beyond(&self, before: &Self) -> Self {
        let reach = |at: &Option<i64>| at.unwrap_or(i64::MAX);
        let is_more = |hash: &String, at: &Option<i64>| before.0.get(hash).is_none_or(|known| reach(known) < reach(at));
        Self(self.0.iter().filter(|(hash, at)| is_more(hash, at)).map(|(hash, at)| (hash.clone(), *at)).collect())
    }

    /// Those who were not known before, and whom no event forgets: a snapshot says so.
    pub fn people_beside(&self, before: &Self, told: &[Told]) -> Vec<Told> {
        let is_new = |hash: &&String| !before.0.contains_key(*hash) && !told.iter().any(|told| told.address == **hash);
        let of = |hash: &String| Told { address: hash.clone(), event: None };
        self.0.keys().filter(is_new).map(of).collect()
    }

    /// Whether this is the address of one of them, in a mail that arrived at that second.
    fn covers(&self, address: &str, at: i64) -> bool {
        !self.0.is_empty() && self.0.get(&seal::digest(&address.to_lowercase())).is_some_and(|until| until.is_none_or(|until| at <= until))
    }

    /// Whether any address is one of theirs, whenever the mail arrived.
    fn knows(&self, address: &str) -> bool {
        self.covers(address, i64::MIN)
    }
}

/// Redacts the mail of those whom the state says are forgotten, whether an event that was just folded does or a
/// snapshot. Mail that comes later is looked at when it comes.
pub(super) fn keep_to(cache: &Connection, shared: &Shared, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    let known = Forgotten::load(cache)?;
    let now = known.joined(shared);
    if now == known {
        return Ok(());
    }
    erasing(cache, || redact(cache, &now.beyond(&known))?.into_iter().try_for_each(|row| ticket_rows::refresh(cache, row, context)))?;
    now.save(cache)
}

/// Does something to the cache while SQLite overwrites whatever it frees, whole pages too: what was redacted must not
/// stay in the file until its place is needed.
fn erasing<T>(cache: &Connection, what: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let secure_delete = |how: &str| cache.execute_batch(&format!("PRAGMA secure_delete = {how}"));
    secure_delete("ON")?;
    let done = what();
    secure_delete(super::connection::CACHE.secure_delete)?;
    done
}

/// Takes sender, subject and text out of every mail of the people, and their names and addresses out of
/// those to them; the ids stay, so that threads hold together. Returns the tickets it happened in.
fn redact(cache: &Connection, people: &Forgotten) -> rusqlite::Result<BTreeSet<TicketRowId>> {
    if people.0.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut touched = redact_theirs(cache, people)?;
    touched.extend(redact_those_to(cache, people)?);
    Ok(touched)
}

fn redact_theirs(cache: &Connection, people: &Forgotten) -> rusqlite::Result<BTreeSet<TicketRowId>> {
    let mut senders = cache.prepare_cached("SELECT DISTINCT from_address FROM message WHERE from_address <> ?1")?;
    let senders = senders.query_map([FORGOTTEN], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut touched = BTreeSet::new();
    for sender in senders.iter().filter(|sender| people.knows(sender)) {
        let mut statement = cache.prepare_cached("SELECT id, ticket, at FROM message WHERE from_address = ?1")?;
        let messages = statement.query_map([sender], |row| Ok((row.get(0)?, row.get(1).map(TicketRowId)?, row.get(2)?)))?;
        for (message, ticket, at) in messages.collect::<rusqlite::Result<Vec<(i64, TicketRowId, i64)>>>()? {
            if people.covers(sender, at) {
                redact_message(cache, message)?;
                touched.insert(ticket);
            }
        }
    }
    Ok(touched)
}

fn redact_those_to(cache: &Connection, people: &Forgotten) -> rusqlite::Result<BTreeSet<TicketRowId>> {
    let sql = "SELECT id, ticket, at, sent_to, cc FROM message WHERE sent_to <> '[]' OR cc <> '[]'";
    let mut statement = cache.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut are_known = BTreeMap::new();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let list = |column| -> rusqlite::Result<Vec<Address>> { Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default()) };
        let (to, cc, at) = (list(3)?, list(4)?, row.get::<_, i64>(2)?);
        // Most mail of a desk goes to the same few addresses.
        let mut is_theirs =
            |person: &Address| *are_known.entry(person.key()).or_insert_with_key(|key| people.knows(key)) && people.covers(&person.address, at);
        if to.iter().chain(&cc).any(&mut is_theirs) {
            found.push((row.get::<_, i64>(0)?, TicketRowId(row.get(1)?), Recipients { to, cc, at }));
        }
    }
    drop(rows);
    for (message, _, recipients) in &found {
        redact_recipients(cache, *message, recipients, people)?;
    }
    Ok(found.into_iter().map(|(_, ticket, _)| ticket).collect())
}

/// Whom a mail went to, and the second it arrived.
struct Recipients {
    to: Vec<Address>,
    cc: Vec<Address>,
    at: i64,
}

/// Redacts a message that has just come, or come as a whole, if its sender is forgotten or one it went to. Tells
/// whether it did; then its text must not be indexed.
pub(super) fn redact_arrived(cache: &Connection, message: i64, arrived: &Arrived, people: &Forgotten) -> rusqlite::Result<bool> {
    if people.0.is_empty() {
        return Ok(false);
    }
    let at = arrived.at.as_second();
    if arrived.message.from.as_ref().is_some_and(|from| people.covers(&from.address, at)) {
        return redact_message(cache, message).map(|()| true);
    }
    let recipients = Recipients { to: arrived.message.to.clone(), cc: arrived.message.cc.clone(), at };
    redact_recipients(cache, message, &recipients, people)
}

fn redact_message(cache: &Connection, message: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE message SET from_name = '', from_address = ?2, subject = ?3, preview = '', attachments = 0, sent_to = '[]', cc = '[]',
                   extent = 2, routed_to = '' WHERE id = ?1";
    cache.prepare_cached(sql)?.execute(params![message, FORGOTTEN, REDACTED])?;
    for sql in ["DELETE FROM raw WHERE message = ?1", "DELETE FROM reading WHERE message = ?1", "DELETE FROM wanted WHERE message = ?1"] {
        cache.prepare_cached(sql)?.execute([message])?;
    }
    cache.prepare_cached("DELETE FROM fts WHERE rowid = ?1")?.execute([message]).map(drop)
}

/// Takes those who are forgotten out of a mail somebody else wrote. Its text stays, but is not searched any
/// more: answers quote whom they answer. Tells whether it went to any of them.
fn redact_recipients(cache: &Connection, message: i64, recipients: &Recipients, people: &Forgotten) -> rusqlite::Result<bool> {
    let mut gone = Vec::new();
    let mut stand_in = |list: &[Address]| -> Vec<Address> {
        let of = |person: &Address| if people.covers(&person.address, recipients.at) { Some(person.clone()) } else { None };
        gone.extend(list.iter().filter_map(of));
        list.iter().map(|person| if of(person).is_some() { Address::new("", FORGOTTEN) } else { person.clone() }).collect()
    };
    let (to, cc) = (stand_in(&recipients.to), stand_in(&recipients.cc));
    if gone.is_empty() {
        return Ok(false);
    }
    let sql = "SELECT subject, preview, from_name, from_address FROM message WHERE id = ?1";
    let (subject, preview, name, from): (String, String, String, String) =
        cache.prepare_cached(sql)?.query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let subject = scrub::text(&subject, &gone);
    let sql = "UPDATE message SET subject = ?2, preview = ?3, sent_to = ?4, cc = ?5 WHERE id = ?1";
    let json = |list: &[Address]| serde_json::to_string(list).unwrap_or_else(|_| "[]".into());
    cache.prepare_cached(sql)?.execute(params![message, subject, scrub::text(&preview, &gone), json(&to), json(&cc)])?;
    cache.prepare_cached("DELETE FROM reading WHERE message = ?1")?.execute([message])?;
    let sql = "SELECT bytes FROM raw WHERE message = ?1";
    let raw: Option<Vec<u8>> = cache.prepare_cached(sql)?.query_row([message], |row| row.get(0)).optional()?;
    if let Some(raw) = raw {
        // Bytes that cannot be unpacked can be scrubbed by nobody.
        let scrubbed = zstd::decode_all(raw.as_slice()).and_then(|bytes| zstd::encode_all(scrub::source(&bytes, &gone).as_slice(), LEVEL));
        let sql = "INSERT OR REPLACE INTO raw (message, bytes) VALUES (?1, ?2)";
        match scrubbed {
            Ok(bytes) => cache.prepare_cached(sql)?.execute(params![message, bytes])?,
            Err(_) => cache.prepare_cached("DELETE FROM raw WHERE message = ?1")?.execute([message])?,
        };
    }
    cache.prepare_cached("DELETE FROM fts WHERE rowid = ?1")?.execute([message])?;
    let others = to.iter().chain(&cc).filter(|person| person.address != FORGOTTEN).map(|person| format!("{} {} ", person.name, person.address));
    let sql = "INSERT INTO fts (rowid, subject, sender, recipients, body) VALUES (?1, ?2, ?3, ?4, '')";
    cache.prepare_cached(sql)?.execute(params![message, subject, format!("{name} {from}"), others.collect::<String>()])?;
    Ok(true)
}

/// How hard the bytes of a mail are packed.
const LEVEL: i32 = 3;

fn is_meant(known: &str, address: &str) -> bool {
    seal::digest(&known.to_lowercase()) == address
}

/// Takes the person out of what events say of tickets whose authors did not know of it. The fold gives the same state with it.
pub(super) fn redact_events(data: &mut Connection, address: &str, forgetting: Option<&Forgetting>) -> rusqlite::Result<()> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "SELECT n, body FROM event WHERE json_extract(body, '$.change.op') IN ('open', 'split')";
    let openings = {
        let mut statement = transaction.prepare(sql)?;
        statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for (n, body) in openings {
        let Ok(mut event) = serde_json::from_str::<Event>(&body) else { continue };
        if forgetting.is_some_and(|forgetting| forgetting.is_known_to(&event)) {
            continue;
        }
        let subjects = redact_openings(&mut event.change, address);
        if !subjects.is_empty() {
            let body = serde_json::to_string(&event).unwrap_or(body);
            transaction.execute("UPDATE event SET body = ?2 WHERE n = ?1", params![n, body])?;
        }
        subjects.iter().try_for_each(|(key, subject)| redact_undone(&transaction, key, subject))?;
    }
    transaction.commit()
}

/// The subjects that were taken out, each with its ticket.
fn redact_openings(change: &mut Change, address: &str) -> Vec<(TicketKey, String)> {
    let tickets = match change {
        Change::Open { tickets } => tickets,
        Change::Split { key, first: Some(first), .. } if is_meant(&first.from.address, address) => {
            first.from = Address::new("", FORGOTTEN);
            return vec![(key.clone(), std::mem::replace(&mut first.subject, FORGOTTEN_SUBJECT.to_owned()))];
        }
        _ => return Vec::new(),
    };
    let theirs = tickets.iter_mut().filter(|opening| opening.requester.as_ref().is_some_and(|requester| is_meant(&requester.address, address)));
    let redact = |opening: &mut Opening| {
        opening.requester = Some(Address::new("", FORGOTTEN));
        (opening.key.clone(), std::mem::replace(&mut opening.subject, FORGOTTEN_SUBJECT.to_owned()))
    };
    theirs.map(redact).collect()
}

/// Takes a subject out of what has put it back, or would put it back.
fn redact_undone(data: &Connection, ticket: &TicketKey, subject: &str) -> rusqlite::Result<()> {
    let mut statement = data.prepare_cached("SELECT e.n, e.body, e.inverse FROM event_ticket t JOIN event e ON e.n = t.n WHERE t.ticket = ?1")?;
    let about =
        statement.query_map([ticket.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?)))?;
    for row in about.collect::<rusqlite::Result<Vec<_>>>()? {
        let (n, body, inverse) = row;
        if let Ok(mut event) = serde_json::from_str::<Event>(&body) {
            if matches!(event.change, Change::Undo { .. }) && redact_subject(&mut event.change, subject) {
                let body = serde_json::to_string(&event).unwrap_or(body);
                data.prepare_cached("UPDATE event SET body = ?2 WHERE n = ?1")?.execute(params![n, body])?;
            }
        }
        if let Some(mut inverse) = inverse.and_then(|text| serde_json::from_str::<Change>(&text).ok()) {
            if redact_subject(&mut inverse, subject) {
                let inverse = serde_json::to_string(&inverse).unwrap_or_default();
                data.prepare_cached("UPDATE event SET inverse = ?2 WHERE n = ?1")?.execute(params![n, inverse])?;
            }
        }
    }
    Ok(())
}

fn redact_subject(change: &mut Change, subject: &str) -> bool {
    match change {
        Change::Undo { change, .. } => redact_subject(change, subject),
        Change::Subject { value, .. } if value == subject => {
            FORGOTTEN_SUBJECT.clone_into(value);
            true
        }
        _ => false,
    }
}

/// Those of the forgotten whom openings name that were written in ignorance of it.
pub(super) fn named_in<'a>(events: impl Iterator<Item = &'a Event>, shared: &Shared) -> Vec<Told> {
    let mut named = BTreeSet::new();
    for event in events {
        let named_here: Vec<&Address> = match &event.change {
            Change::Open { tickets } => tickets.iter().filter_map(|opening| opening.requester.as_ref()).collect(),
            Change::Split { first: Some(first), .. } => vec![&first.from],
            _ => continue,
        };
        let hashes = named_here.into_iter().map(|requester| seal::digest(&requester.address.to_lowercase()));
        let is_known = |hash: &String| shared.forgotten_at.get(hash).is_some_and(|forgetting| forgetting.is_known_to(event));
        named.extend(hashes.filter(|hash| shared.forgotten.contains(hash) && !is_known(hash)));
    }
    named.into_iter().map(|address| Told { address, event: None }).collect()
}

impl super::Store {
    /// Whether anything here is from or to an address, lower-cased: mail, a ticket, a draft or a mail in the outbox.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn knows_person(&self, address: &str) -> Result<bool, super::StoreError> {
        // As it stands in lists of people, which are JSON.
        let quoted = serde_json::to_string(address).unwrap_or_default();
        let in_cache = "SELECT EXISTS (SELECT 1 FROM message WHERE lower(from_address) = ?1 OR instr(lower(sent_to), ?2) OR instr(lower(cc), ?2))
                               OR EXISTS (SELECT 1 FROM ticket_state WHERE instr(lower(value), ?2))";
        let in_data = "SELECT EXISTS (SELECT 1 FROM draft WHERE instr(lower(body), ?1)) OR EXISTS (SELECT 1 FROM outbox WHERE instr(lower(draft), ?1) OR instr(lower(recipients), ?1))";
        let cache = || self.cache.prepare_cached(in_cache)?.query_row([address, &quoted], |row| row.get::<_, bool>(0));
        let data = || self.data.prepare_cached(in_data)?.query_row([&quoted], |row| row.get::<_, bool>(0));
        Ok(cache().map_err(|error| self.cache_error(error))? || data().map_err(|error| self.data_error(error))?)
    }

    /// When the newest mail here from or to an address, lower-cased, arrived, by the server's clock.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn newest_with(&self, address: &str) -> Result<Option<Timestamp>, super::StoreError> {
        let quoted = serde_json::to_string(address).unwrap_or_default();
        let sql = "SELECT max(at) FROM message WHERE lower(from_address) = ?1 OR instr(lower(sent_to), ?2) OR instr(lower(cc), ?2)";
        let read = || self.cache.prepare_cached(sql)?.query_row([address, &quoted], |row| row.get::<_, Option<i64>>(0));
        Ok(read().map_err(|error| self.cache_error(error))?.map(super::time))
    }

    /// How many drafts are to an address, lower-cased, and how many mails of the outbox that have not left.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn begun_to(&self, address: &str) -> Result<(u64, u64), super::StoreError> {
        begun::count(&self.data, &seal::digest(address)).map_err(|error| self.data_error(error))
    }

    /// Has what was redacted leave the files for good, as far as SQLite can.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn shred(&mut self) -> Result<(), super::StoreError> {
        // What was there before stays in the file until the new one has taken its place.
        let sql = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
        let index = "INSERT INTO fts (fts) VALUES ('optimize');";
        self.cache.execute_batch(&format!("{index} {sql}")).map_err(|error| self.cache_error(error))?;
        self.data.execute_batch(sql).map_err(|error| self.data_error(error))
    }
}
