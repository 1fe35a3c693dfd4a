//! Beacons: what each client makes of the log, told to the others, so that a difference is seen.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::log::{self, ReadMessage};
use super::refold::Marks;
use super::{Store, StoreError, snapshot};
use crate::domain::event::{Change, Event};
use crate::domain::fold;
use crate::domain::replica::{Content, Message, Replica};
use crate::domain::{ActorId, EventId};

/// A client says what it has folded after so many events …
const EVENTS: u64 = 200;
/// … or, if there was any, after so many seconds by the server's clock.
const SECS: i64 = 86_400;
/// Where the cache keeps what this device said last, which beacons it has looked at, and whom it doubts.
const SAID: &str = "beacon_said";
const LOOKED_AT: &str = "beacon_looked_at";
const DOUBTS: &str = "beacon_doubts";

/// Why another client, or the server, is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doubt {
    /// It has made something else of the log than this client.
    Differs { agent: String, version: String, uid: u32 },
    /// The server shows it the same event under another number.
    Numbers { agent: String, theirs: u32, ours: u32 },
}

/// What a look at the beacons of others has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What is shown here was not what the log says, and has been folded again.
    pub was_wrong: bool,
    /// It still is not: the program is at fault, or the disk.
    pub is_wrong: bool,
}

/// A beacon of another device.
struct Beacon {
    actor: ActorId,
    agent: String,
    validity: u32,
    uid: u32,
    hash: String,
    version: String,
    event: Option<EventId>,
}

impl Store {
    /// What this client has to tell the others about what it has folded; `None` when it has nothing new to
    /// say. Beacons themselves, and who is at a ticket, are nothing new, so that no beacon answers another.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn beacon_due(&self) -> Result<Option<Change>, StoreError> {
        let marks = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
        let is_settled = self.knows_order()? && self.waiting_count()? == 0 && self.decided_counters()?.shared.held.is_empty();
        if !is_settled || marks.position().uid == 0 {
            return Ok(None);
        }
        let (epoch, last) = (marks.position().epoch as u32, marks.position().uid as u32);
        let said = self.remembered(SAID)?.and_then(|text| parse_said(&text)).filter(|(validity, ..)| *validity == epoch);
        let (_, said_at, said_when) = said.unwrap_or((epoch, 0, i64::MAX));
        let news = news_after(&self.data, epoch, said_at).map_err(|error| self.data_error(error))?;
        let since = said_when.min(news.first);
        if news.count < EVENTS && (news.count == 0 || news.newest.saturating_sub(since) < SECS) {
            return Ok(None);
        }
        let event = event_at(&self.data, epoch, last).map_err(|error| self.data_error(error))?;
        let hash = fold::hash(&self.decided_state()?);
        Ok(Some(Change::Hello { uidvalidity: epoch, uid: last, hash, version: env!("CARGO_PKG_VERSION").to_owned(), event }))
    }

    /// Notes that it has been told.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn beacon_said(&mut self) -> Result<(), StoreError> {
        let position = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?.position();
        let sql = "SELECT max(received) FROM log_message WHERE validity = (SELECT validity FROM log)";
        let read = || self.data.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0));
        let when = read().map_err(|error| self.data_error(error))?.unwrap_or(0);
        self.remember(SAID, &format!("{} {} {when}", position.epoch, position.uid))
    }

    /// Looks at the beacons that have come in: compares what their authors have folded with what the log
    /// gives at the same place, and what is shown here with what the log gives now.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn look_at_beacons(&mut self) -> Result<Look, StoreError> {
        let validity = self.log_head()?.map_or(0, |head| head.validity);
        let before: i64 = self.remembered(LOOKED_AT)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let (upto, beacons) = beacons_after(&self.data, validity, before).map_err(|error| self.data_error(error))?;
        if beacons.is_empty() || !self.knows_order()? {
            return Ok(Look::default());
        }
        let read = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
        let mut log = Refolded::new(validity, snapshot::assemble(&read));
        let mut doubts = self.doubts_by_device()?;
        // In the order of the places they speak of, so that the log is folded once.
        let mut beacons: Vec<Beacon> = beacons.into_values().collect();
        beacons.sort_by_key(|beacon| beacon.uid);
        for beacon in beacons {
            match compare(&beacon, &read, &mut log) {
                Compared::Doubtful(doubt) => drop(doubts.insert(beacon.actor.to_string(), doubt)),
                Compared::Agrees => drop(doubts.remove(&beacon.actor.to_string())),
                Compared::Unknown => {}
            }
        }
        let look = self.look_at_oneself(&mut log)?;
        self.remember(DOUBTS, &serde_json::to_string(&doubts).unwrap_or_default())?;
        self.remember(LOOKED_AT, &upto.to_string())?;
        Ok(look)
    }

    /// What is shown is folded again once if it is not what the log says.
    fn look_at_oneself(&mut self, log: &mut Refolded) -> Result<Look, StoreError> {
        let Some(wanted) = log.hash_at(u32::MAX) else { return Ok(Look::default()) };
        if fold::hash(&self.decided_state()?) == wanted {
            return Ok(Look::default());
        }
        self.fold_again()?;
        Ok(Look { was_wrong: true, is_wrong: fold::hash(&self.decided_state()?) != wanted })
    }

    /// Whom this client doubts, and why.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn doubts(&self) -> Result<Vec<Doubt>, StoreError> {
        Ok(self.doubts_by_device()?.into_values().collect())
    }

    fn doubts_by_device(&self) -> Result<BTreeMap<String, Doubt>, StoreError> {
        Ok(self.remembered(DOUBTS)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

/// What comparing a beacon gives.
enum Compared {
    Agrees,
    Doubtful(Doubt),
    /// It speaks of a place of which this client knows too little.
    Unknown,
}

/// The log folded anew, as far as it was asked for.
struct Refolded {
    validity: u32,
    /// In the order of their numbers.
    all: Vec<Message>,
    /// How many of them are folded, and what they give.
    folded: usize,
    replica: Replica,
}

impl Refolded {
    fn new(validity: u32, mut all: Vec<Message>) -> Self {
        all.sort_by_key(|message| message.uid);
        Self { validity, all, folded: 0, replica: Replica::default() }
    }

    /// The hash of the state up to a number; `None` when the order is not known.
    fn hash_at(&mut self, uid: u32) -> Option<String> {
        let upto = self.all.partition_point(|message| message.uid <= uid);
        let (known, new) = (self.all.get(..upto)?, self.all.get(self.folded..upto));
        let follows = self.folded > 0 && new.is_some_and(|new| self.replica.advance(new.to_vec()).is_ok());
        if !follows {
            self.replica = Replica::default();
            self.folded = 0;
            self.replica.decide(self.validity, known.to_vec()).ok()?;
        }
        self.folded = upto;
        Some(fold::hash(self.replica.state()))
    }
}

fn compare(beacon: &Beacon, read: &[ReadMessage], log: &mut Refolded) -> Compared {
    let (validity, all) = (log.validity, &log.all);
    let place = beacon.event.and_then(|id| read.iter().find(|message| message.event.as_ref().is_some_and(|(_, event)| event.id == id)));
    // After a renumbering old beacons speak of other numbers, and that is as it should be.
    let was_numbered_once = all.iter().all(|message| match &message.content {
        Content::Genesis { validity: first } => *first == validity,
        Content::Reepoch(_) => false,
        _ => true,
    });
    if let Some(place) = place.filter(|place| was_numbered_once && (place.uid, validity) != (beacon.uid, beacon.validity)) {
        return Compared::Doubtful(Doubt::Numbers { agent: beacon.agent.clone(), theirs: beacon.uid, ours: place.uid });
    }
    let is_covered = all.iter().any(|message| matches!(&message.content, Content::Snapshot(snapshot) if snapshot.cut > beacon.uid));
    if beacon.validity != validity || is_covered {
        return Compared::Unknown;
    }
    let Some(hash) = log.hash_at(beacon.uid) else { return Compared::Unknown };
    if hash == beacon.hash {
        return Compared::Agrees;
    }
    Compared::Doubtful(Doubt::Differs { agent: beacon.agent.clone(), version: beacon.version.clone(), uid: beacon.uid })
}

fn parse_said(text: &str) -> Option<(u32, u32, i64)> {
    let mut words = text.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// Events behind a place that are worth a beacon.
struct News {
    count: u64,
    newest: i64,
    /// When the log began.
    first: i64,
}

fn news_after(data: &Connection, validity: u32, uid: u32) -> rusqlite::Result<News> {
    let sql = "SELECT count(*), max(m.received) FROM log_message m JOIN event e ON e.n = m.event
               WHERE m.validity = ?1 AND m.uid > ?2 AND json_extract(e.body, '$.change.op') NOT IN ('hello', 'presence', 'left', 'skip')";
    let (count, newest): (i64, Option<i64>) = data.prepare_cached(sql)?.query_row([validity, uid], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = "SELECT min(received) FROM log_message WHERE validity = ?1";
    let first: Option<i64> = data.prepare_cached(sql)?.query_row([validity], |row| row.get(0))?;
    Ok(News { count: count.unsigned_abs(), newest: newest.unwrap_or(0), first: first.unwrap_or(0) })
}

fn event_at(data: &Connection, validity: u32, uid: u32) -> rusqlite::Result<Option<EventId>> {
    let sql = "SELECT e.actor, e.seq FROM log_message m JOIN event e ON e.n = m.event WHERE m.validity = ?1 AND m.uid = ?2";
    let found: Option<(String, i64)> = data.prepare_cached(sql)?.query_row([validity, uid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.and_then(|(actor, seq)| Some(EventId { actor: actor.parse().ok()?, seq: seq.unsigned_abs() })))
}

/// The newest beacon of each other device among the messages read after row `n`, and the last such row.
fn beacons_after(data: &Connection, validity: u32, n: i64) -> rusqlite::Result<(i64, BTreeMap<ActorId, Beacon>)> {
    let sql = "SELECT m.n, e.body FROM log_message m JOIN event e ON e.n = m.event
               WHERE m.validity = ?1 AND m.n > ?2 AND e.actor <> (SELECT id FROM actor) AND json_extract(e.body, '$.change.op') = 'hello' ORDER BY m.uid";
    let mut statement = data.prepare_cached(sql)?;
    let mut rows = statement.query(params![validity, n])?;
    let (mut upto, mut beacons) = (n, BTreeMap::new());
    while let Some(row) = rows.next()? {
        upto = upto.max(row.get(0)?);
        let Ok(Event { id, agent, change: Change::Hello { uidvalidity, uid, hash, version, event }, .. }) =
            serde_json::from_str(&row.get::<_, String>(1)?)
        else {
            continue;
        };
        beacons.insert(id.actor, Beacon { actor: id.actor, agent, validity: uidvalidity, uid, hash, version, event });
    }
    Ok((upto, beacons))
}
