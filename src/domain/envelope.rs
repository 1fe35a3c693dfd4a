//! How an event stands in the log: one JSON object, sealed with the team's key.
//!
//! `v, team, epoch, actor, agent, seq, lt, base: {epoch, uid, lt}, ts, op, ticket, args, mac`.
//! The MAC covers everything else in its canonical form, fields of newer versions included.

mod own;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::{Base, Change, Event, Position};
use super::seal::{self, NotCanonical, TeamKey};
use super::{ActorId, EventId, Timestamp};

pub use own::open_own;

/// The major version this program writes, and the greatest it reads.
pub const VERSION: u64 = 1;

/// Whose log it is, and which: both stand in its genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogName {
    pub team: String,
    /// 128 random bits in hex; another one is another log.
    pub epoch: String,
}

/// Why the text of a message is not an event of this log. Such a message is counted and shown, never applied.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotOurs {
    #[error("it holds no event")]
    NoEvent,
    #[error("it was written by a newer postdesk (version {0} of the log)")]
    Newer(u64),
    #[error("it belongs to another team's log")]
    OtherLog,
    #[error("its signature is wrong: whoever wrote it does not know the team's key")]
    Forged,
}

/// An event as it is written.
#[derive(Serialize)]
struct Wire {
    v: u64,
    team: String,
    epoch: String,
    actor: ActorId,
    agent: String,
    seq: u64,
    lt: u64,
    base: WireBase,
    ts: Timestamp,
    op: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Value>,
    args: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
}

/// What an event says of itself; `op`, `ticket` and `args` are its change.
#[derive(Deserialize)]
struct Head {
    v: u64,
    actor: ActorId,
    #[serde(default)]
    agent: String,
    seq: u64,
    lt: u64,
    base: WireBase,
    ts: Timestamp,
    #[serde(default)]
    was: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireBase {
    epoch: u64,
    uid: u64,
    lt: u64,
}

/// Writes an event as the log holds it.
///
/// # Errors
/// An operation of a newer version holds a number that is not whole.
pub fn seal(event: &Event, log: &LogName, key: &TeamKey) -> Result<String, NotCanonical> {
    let mut value = serde_json::to_value(wire(event, log)).unwrap_or_default();
    let mac = key.mac(&seal::canonical(&value)?).to_hex();
    if let Value::Object(fields) = &mut value {
        fields.insert("mac".into(), Value::String(mac));
    }
    seal::canonical(&value)
}

/// Signs the text of an event anew, whatever a newer version has written into it.
///
/// # Errors
/// It is no text of an event.
pub fn seal_again(text: &str, key: &TeamKey) -> Result<String, NotCanonical> {
    let mut value: Value = serde_json::from_str(text).map_err(|_| NotCanonical { number: String::new() })?;
    if let Value::Object(fields) = &mut value {
        fields.remove("mac");
    }
    let mac = key.mac(&seal::canonical(&value)?).to_hex();
    if let Value::Object(fields) = &mut value {
        fields.insert("mac".into(), Value::String(mac));
    }
    seal::canonical(&value)
}

/// Which event a text says it is, believed or not.
pub fn names(text: &str) -> Option<EventId> {
    let value: Value = serde_json::from_str(text).ok()?;
    let actor: ActorId = value.get("actor")?.as_str()?.parse().ok()?;
    Some(EventId { actor, seq: value.get("seq")?.as_u64()? })
}

/// Reads an event that bears this log's name and the team's signature.
///
/// # Errors
/// Says why it is not to be believed.
pub fn open(text: &str, log: &LogName, key: &TeamKey) -> Result<Event, NotOurs> {
    Text::read(text)?.open(log, key).map(|(event, _)| event)
}

/// The text of a message of the folder, taken apart once and not believed yet.
#[derive(Clone, Debug)]
pub struct Text(Map<String, Value>);

impl Text {
    /// Takes a text apart.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn read(text: &str) -> Result<Self, NotOurs> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(NotOurs::NoEvent),
        }
    }

    /// The event, and whether the text holds more than this version reads out of it.
    ///
    /// # Errors
    /// Says why it is not to be believed.
    pub fn open(self, log: &LogName, key: &TeamKey) -> Result<(Event, bool), NotOurs> {
        let Self(mut fields) = self;
        match fields.get("v").and_then(Value::as_u64) {
            Some(version) if version > VERSION => return Err(NotOurs::Newer(version)),
            Some(_) => {}
            None => return Err(NotOurs::NoEvent),
        }
        let names = |field: &str, expected: &str| fields.get(field).and_then(Value::as_str) == Some(expected);
        if !names("team", &log.team) || !names("epoch", &log.epoch) {
            return Err(NotOurs::OtherLog);
        }
        let mac = fields.remove("mac");
        let value = Value::Object(fields);
        let text = seal::canonical(&value).map_err(|_| NotOurs::NoEvent)?;
        if !mac.as_ref().and_then(Value::as_str).is_some_and(|mac| key.mac(&text).is(mac)) {
            return Err(NotOurs::Forged);
        }
        let head = Head::deserialize(&value).map_err(|_| NotOurs::NoEvent)?;
        let Value::Object(mut fields) = value else { return Err(NotOurs::NoEvent) };
        let (change, change_says_more) = change(&mut fields).ok_or(NotOurs::NoEvent)?;
        let says_more = change_says_more || head.says_less_than(&fields);
        Ok((head.event(change), says_more))
    }

    /// The beginning of a log, which is signed with the key it brings.
    pub fn genesis(&self) -> Option<Genesis> {
        let Self(fields) = self;
        let named = |field: &str| fields.get(field).and_then(Value::as_str);
        // Nearly every message is none; that is seen before anything is reckoned.
        named("op").filter(|op| *op == GENESIS)?;
        let key = TeamKey::parse(fields.get("args")?.get("key")?.as_str()?)?;
        let log = LogName { team: named("team")?.to_owned(), epoch: named("epoch")?.to_owned() };
        let (event, _) = self.clone().open(&log, &key).ok()?;
        let Change::Genesis { team, epoch, .. } = &event.change else { return None };
        let is_whole = *team == log.team && *epoch == log.epoch && !epoch.is_empty();
        let validity = u32::try_from(event.base.position.epoch).ok()?;
        is_whole.then_some(Genesis { log, key, validity })
    }
}

/// The operation of the first message of a log.
const GENESIS: &str = "genesis";

/// The beginning of a log, as its first message tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    pub log: LogName,
    pub key: TeamKey,
    /// UIDVALIDITY of the folder when it was made.
    pub validity: u32,
}

/// Reads the beginning of a log ([`Text::genesis`]).
pub fn open_genesis(text: &str) -> Option<Genesis> {
    Text::read(text).ok()?.genesis()
}

/// Whether a text is an event of some team's log, believed or not.
pub fn names_a_log(text: &str) -> bool {
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.is_some_and(|value| value.get("epoch").is_some_and(Value::is_string) && value.get("mac").is_some() && value.get("actor").is_some())
}

/// An event as it will be when it is read back: its base loses what only this client knows.
#[must_use]
pub fn as_read_back(mut event: Event) -> Event {
    event.base.position.local = 0;
    event
}

fn wire(event: &Event, log: &LogName) -> Wire {
    let mut args = match serde_json::to_value(&event.change) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    args.remove("op");
    let position = event.base.position;
    Wire {
        v: VERSION,
        team: log.team.clone(),
        epoch: log.epoch.clone(),
        actor: event.id.actor,
        agent: event.agent.clone(),
        seq: event.id.seq,
        lt: event.lamport,
        base: WireBase { epoch: position.epoch, uid: position.uid, lt: event.base.lamport },
        ts: event.at,
        op: event.change.op().to_owned(),
        ticket: args.remove("ticket"),
        args,
        was: event.was.clone(),
    }
}

/// Takes the change out of the fields of an event; with it, whether they hold more of it than this version reads.
fn change(fields: &mut Map<String, Value>) -> Option<(Change, bool)> {
    let Some(Value::String(op)) = fields.remove("op") else { return None };
    let args = fields.remove("args");
    let has_args = args.is_some();
    let mut said = match args {
        None => Map::new(),
        Some(Value::Object(args)) => args,
        Some(_) => return None,
    };
    let mut is_odd = said.insert("op".into(), Value::String(op)).is_some();
    match fields.remove("ticket") {
        None => is_odd |= said.contains_key("ticket"),
        Some(Value::Null) => is_odd = true,
        Some(ticket) => is_odd |= said.insert("ticket".into(), ticket).is_some(),
    }
    let said = Value::Object(said);
    let change = Change::deserialize(&said).ok()?;
    let says_more = is_odd || !has_args || serde_json::to_value(&change).is_ok_and(|own| own != said);
    Some((change, says_more))
}

impl Head {
    /// Whether the fields beside the change are others than those that are written of this.
    fn says_less_than(&self, fields: &Map<String, Value>) -> bool {
        let is_text = |name: &str, own: &str| fields.get(name).and_then(Value::as_str) == Some(own);
        // v, team, epoch, actor, agent, seq, lt, base, ts
        let count = 9 + usize::from(self.was.is_some());
        let is_same = self.v == VERSION
            && fields.len() == count
            && fields.contains_key("agent")
            && fields.get("base").and_then(Value::as_object).is_some_and(|base| base.len() == 3)
            && is_text("actor", &self.actor.to_string())
            && is_text("ts", &self.ts.to_string());
        !is_same
    }

    fn event(self, change: Change) -> Event {
        Event {
            id: EventId { actor: self.actor, seq: self.seq },
            agent: self.agent,
            at: self.ts,
            lamport: self.lt,
            base: Base { position: Position { epoch: self.base.epoch, uid: self.base.uid, local: 0 }, lamport: self.base.lt },
            was: self.was,
            change,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::event::{FirstMail, Opening, Seen};
    use crate::domain::ticket::{Priority, Status};
    use crate::domain::{Address, MessageId, TicketKey};

    fn log() -> LogName {
        LogName { team: "acme".into(), epoch: "00ff".into() }
    }

    fn key() -> TeamKey {
        TeamKey::new([7; 32])
    }

    fn an_event(change: Change) -> Event {
        Event {
            id: EventId { actor: ActorId(0x00c0_ffee), seq: 17 },
            agent: "ana".into(),
            at: Timestamp::UNIX_EPOCH,
            lamport: 40,
            base: Base { position: Position { epoch: 3, uid: 12, local: 0 }, lamport: 39 },
            was: None,
            change,
        }
    }

    fn solved() -> Event {
        an_event(Change::Status { ticket: TicketKey::of(&MessageId::synthetic(b"t")), value: Status::Solved, seen: None })
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let other = Change::Tag { ticket: TicketKey::of(&MessageId::synthetic(b"t")), add: vec!["ü".into()], remove: vec![] };
        for event in [solved(), an_event(other), an_event(Change::Claim { what: "import".into(), ttl: 60 }), solved().rewritten(solved().id)] {
            let text = seal(&event, &log(), &key()).unwrap();

            assert_eq!(open(&text, &log(), &key()), Ok(event), "{text}");
        }
    }

    /// Every operation there is, with all that it can say.
    fn every_change() -> Vec<Change> {
        let ticket = TicketKey::of(&MessageId::synthetic(b"t"));
        let other = TicketKey::of(&MessageId::synthetic(b"o"));
        let mid = MessageId::new("a\"b@x").unwrap_or_else(|| MessageId::synthetic(b"m"));
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let seen = Some(Seen { mid: mid.clone(), at });
        let words = || vec!["ü".to_owned(), "b\\\n".to_owned()];
        let id = EventId { actor: ActorId(7), seq: 3 };
        let (sha, text, hash) = (|| "00ff".to_owned(), || "a \u{1} \"b\"".to_owned(), || "ff".to_owned());
        let requester = Some(Address::new("Carla", "carla@x.example"));
        let opening = Opening { key: ticket.clone(), project: "app".into(), ids: vec![mid.clone()], subject: text(), requester, created: None };
        let first = FirstMail { from: Address::new("Kim", "kim@x.example"), subject: text(), at };
        let status = |seen: Option<Seen>| Change::Status { ticket: ticket.clone(), value: Status::Solved, seen };
        vec![
            Change::Open { tickets: vec![opening] },
            Change::Attach { ticket: ticket.clone(), ids: vec![mid.clone()], reason: text() },
            Change::Split { ticket: ticket.clone(), ids: vec![mid.clone()], key: other.clone(), first: None },
            Change::Split { ticket: ticket.clone(), ids: vec![mid.clone()], key: other.clone(), first: Some(Box::new(first)) },
            Change::Merge { ticket: ticket.clone(), into: other.clone() },
            Change::Unmerge { ticket: ticket.clone() },
            Change::Link { a: ticket.clone(), b: other.clone() },
            Change::Unlink { a: ticket.clone(), b: other.clone() },
            Change::Assign { ticket: ticket.clone(), value: Some("ana".into()) },
            Change::Assign { ticket: ticket.clone(), value: None },
            Change::Priority { ticket: ticket.clone(), value: Priority::Urgent },
            Change::Project { ticket: ticket.clone(), value: "app".into() },
            Change::Subject { ticket: ticket.clone(), value: text() },
            Change::Snooze { ticket: ticket.clone(), value: Some(at), seen: seen.clone() },
            status(None),
            status(seen.clone()),
            Change::Reopen { ticket: ticket.clone(), mid: mid.clone(), at },
            Change::Tag { ticket: ticket.clone(), add: words(), remove: vec![] },
            Change::Participant { ticket: ticket.clone(), add: words(), remove: words(), clear: vec![] },
            Change::Participant { ticket: ticket.clone(), add: vec![], remove: vec![], clear: words() },
            Change::Watch { ticket: ticket.clone(), add: words(), remove: words() },
            Change::Note { ticket: ticket.clone(), text: text(), edits: None },
            Change::Note { ticket: ticket.clone(), text: text(), edits: Some(id) },
            Change::Undo { event: id, change: Box::new(Change::Undo { event: id, change: Box::new(status(seen)) }) },
            Change::Sent { ticket: ticket.clone(), mid: mid.clone(), sha: sha() },
            Change::Ack { ticket: ticket.clone(), mid: mid.clone(), sha: sha() },
            Change::Intent { ticket: ticket.clone(), mid, sha: sha(), ttl: 900 },
            Change::Claim { what: "import".into(), ttl: 60 },
            Change::Presence { ticket: ticket.clone(), what: "replying".into() },
            Change::Left { ticket, what: "replying".into() },
            Change::Skip { seq: 17 },
            Change::Hello { uidvalidity: 3, uid: 12, hash: hash(), version: "0.1.0".into(), event: Some(id) },
            Change::Snapshot { snap: "s".into(), cut: 9, part: 1, parts: 2, hash: hash(), text: text() },
            Change::Reepoch { snap: "s".into(), uidvalidity: 4, part: 1, parts: 2, hash: hash(), text: text() },
            Change::Revoke { actor: ActorId(9) },
            Change::Rekey { key: key().to_hex() },
            Change::Activate { project: "app".into(), feature: "ack".into() },
            Change::Share { name: "views".into(), hash: hash(), content: text() },
            Change::Forget { address: hash() },
        ]
    }

    #[test]
    fn what_this_version_writes_is_read_at_once_and_as_if_it_were_looked_at_closely() {
        for event in every_change().into_iter().map(an_event) {
            let event = if event.change.op() == "claim" { event.rewritten(event.id) } else { event };
            let text = seal(&event, &log(), &key()).unwrap();

            assert_eq!(Text::read(&text).unwrap().open(&log(), &key()), Ok((event.clone(), false)), "{text}");
            // An opening holds objects in a list, which only a parser compares.
            let expected = Some(event).filter(|event| event.change.op() != "open");
            assert_eq!(open_own(&text, &log(), &key()), expected, "{text}");
        }
    }

    #[test]
    fn the_fields_are_those_of_the_protocol() {
        let text = seal(&solved(), &log(), &key()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();

        let names: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(names, ["actor", "agent", "args", "base", "epoch", "lt", "mac", "op", "seq", "team", "ticket", "ts", "v"]);
        assert_eq!(
            (&value["op"], &value["args"], &value["base"]),
            (&json!("status"), &json!({"value": "solved", "seen": null}), &json!({"epoch": 3, "uid": 12, "lt": 39}))
        );
    }

    #[test]
    fn an_operation_and_a_field_of_a_newer_version_are_covered_and_kept() {
        let event = an_event(Change::Unknown(json!({"op": "teleport", "to": {"planet": "mars"}}).as_object().unwrap().clone()));
        let text = seal(&event, &log(), &key()).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value["colour"] = json!("red");
        value.as_object_mut().unwrap().remove("mac");
        let mac = key().mac(&seal::canonical(&value).unwrap()).to_hex();
        value["mac"] = json!(mac);

        assert_eq!(open(&text, &log(), &key()), Ok(event.clone()));
        assert_eq!(open(&value.to_string(), &log(), &key()), Ok(event));
    }

    #[test]
    fn whatever_an_event_says_that_is_not_read_out_of_it_is_noticed() {
        let says_more = |value: &Value| {
            let mut value = value.clone();
            value.as_object_mut().unwrap().remove("mac");
            let mac = key().mac(&seal::canonical(&value).unwrap()).to_hex();
            value["mac"] = json!(mac);
            let says_more = Text::read(&value.to_string()).unwrap().open(&log(), &key()).unwrap().1;
            assert_eq!(open_own(&seal::canonical(&value).unwrap(), &log(), &key()).is_none(), says_more, "{value}");
            says_more
        };
        let claim = an_event(Change::Claim { what: "import".into(), ttl: 60 });
        for event in [solved(), claim.clone(), claim.rewritten(claim.id)] {
            let own: Value = serde_json::from_str(&seal(&event, &log(), &key()).unwrap()).unwrap();
            assert!(!says_more(&own), "{own}");
            for (place, name) in [("", "colour"), ("/base", "zone"), ("/args", "colour"), ("/args", "op"), ("/args", "ticket")] {
                let mut more = own.clone();
                more.pointer_mut(place).unwrap()[name] = json!("red");
                assert!(says_more(&more), "{place}/{name}");
            }
            for (name, other) in
                [("v", json!(0)), ("ts", json!("1970-01-01T01:00:00+01:00")), ("actor", json!("0000000000C0FFEE")), ("ticket", json!(null))]
            {
                let mut more = own.clone();
                more[name] = other;
                assert!(says_more(&more), "{name}");
            }
        }
        let mut without = serde_json::from_str::<Value>(&seal(&solved(), &log(), &key()).unwrap()).unwrap();
        without.as_object_mut().unwrap().remove("agent");
        assert!(says_more(&without));
    }

    #[test]
    fn a_genesis_brings_its_key_and_is_signed_with_it() {
        let change = Change::Genesis { team: "acme".into(), epoch: "00ff".into(), key: key().to_hex() };
        let text = seal(&an_event(change.clone()), &log(), &key()).unwrap();

        assert_eq!(open_genesis(&text), Some(Genesis { log: log(), key: key(), validity: 3 }));
        assert_eq!(open_genesis(&text.replace("acme", "evil")), None);
        let forged = seal(&an_event(change), &log(), &TeamKey::new([8; 32])).unwrap();
        assert_eq!(open_genesis(&forged), None);
        assert_eq!(open_genesis(&seal(&solved(), &log(), &key()).unwrap()), None);
        assert_eq!(open_own(&text, &log(), &key()), None, "it brings its own key");
    }

    #[test]
    fn whatever_is_changed_in_it_is_noticed() {
        let text = seal(&solved(), &log(), &key()).unwrap();
        let refused = |text: &str| open(text, &log(), &key()).unwrap_err();

        for (from, to) in [("solved", "spam"), ("\"seq\":17", "\"seq\":18"), ("ana", "eve"), ("\"uid\":12", "\"uid\":13")] {
            assert!(text.contains(from));
            assert_eq!(refused(&text.replace(from, to)), NotOurs::Forged, "{from}");
            assert_eq!(open_own(&text.replace(from, to), &log(), &key()), None, "{from}");
        }
        assert_eq!(open(&text, &log(), &TeamKey::new([8; 32])), Err(NotOurs::Forged));
        assert_eq!(refused(&text.replace("acme", "evil")), NotOurs::OtherLog);
        assert_eq!(open_own(&text.replace("acme", "evil"), &log(), &key()), None);
        assert_eq!(open_own(&text, &log(), &TeamKey::new([8; 32])), None);
        assert_eq!(refused(&text.replace("\"v\":1", "\"v\":2")), NotOurs::Newer(2));
        assert_eq!(refused("{\"v\":1.5}"), NotOurs::NoEvent);
        assert_eq!(refused("not json"), NotOurs::NoEvent);
    }
}
