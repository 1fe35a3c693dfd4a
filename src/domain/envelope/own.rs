//! Events that stand in the log exactly as this version writes them, which nearly all do: read without making
//! values of their text. Everything else is read as [`super::Text`].

use std::ops::Range;

use super::{GENESIS, LogName};
use crate::domain::canonical::{self, Entry};
use crate::domain::event::{Base, Change, Event, Position};
use crate::domain::seal::TeamKey;
use crate::domain::{ActorId, EventId, Timestamp};

/// The event of a text that is written as this version writes events, bears this log's name and the team's
/// signature, and says no more than is read out of it. `None` says nothing but that it has to be looked at closely.
pub fn open_own(text: &str, log: &LogName, key: &TeamKey) -> Option<Event> {
    let own = Own::read(text)?;
    let is_ours = string(own.team)? == log.team && string(own.epoch)? == log.epoch && own.v == "1";
    // The beginning of a log brings its own key.
    if !is_ours || own.op == format!("\"{GENESIS}\"") {
        return None;
    }
    let signed = [text.get(..own.signature.start)?, text.get(own.signature.end..)?];
    if !key.mac_of(&signed).is(plain(own.mac)?) {
        return None;
    }
    Some(Event {
        id: EventId { actor: actor(own.actor)?, seq: own.seq.parse().ok()? },
        agent: string(own.agent)?,
        at: time(own.ts)?,
        lamport: own.lt.parse().ok()?,
        base: base(own.base)?,
        was: own.was.map_or(Some(None), |was| string(was).map(Some))?,
        change: change(&own)?,
    })
}

/// The texts of an event's fields.
#[derive(Default)]
struct Own<'a> {
    actor: &'a str,
    agent: &'a str,
    args: &'a str,
    base: &'a str,
    epoch: &'a str,
    lt: &'a str,
    mac: &'a str,
    op: &'a str,
    seq: &'a str,
    team: &'a str,
    ticket: Option<&'a str>,
    ts: &'a str,
    v: &'a str,
    was: Option<&'a str>,
    /// Where the signature stands, with the comma behind it: the rest is what was signed.
    signature: Range<usize>,
}

impl<'a> Own<'a> {
    /// Those of a text that has no others.
    fn read(text: &'a str) -> Option<Self> {
        let entries = canonical::entries(text)?;
        let mut own = Self::default();
        let mut of_all = 0;
        for (index, Entry { name, value, at }) in entries.iter().copied().enumerate() {
            let field = match name {
                "actor" => &mut own.actor,
                "agent" => &mut own.agent,
                "args" => &mut own.args,
                "base" => &mut own.base,
                "epoch" => &mut own.epoch,
                "lt" => &mut own.lt,
                "mac" => {
                    own.signature = at..entries.get(index + 1)?.at;
                    &mut own.mac
                }
                "op" => &mut own.op,
                "seq" => &mut own.seq,
                "team" => &mut own.team,
                "ticket" => {
                    own.ticket = Some(value);
                    continue;
                }
                "ts" => &mut own.ts,
                "v" => &mut own.v,
                "was" => {
                    own.was = Some(value);
                    continue;
                }
                _ => return None,
            };
            *field = value;
            of_all += 1;
        }
        (of_all == 12).then_some(own)
    }
}

/// What stands between the quotes of a string that needs no reading.
fn plain(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then_some(inner)
}

fn string(text: &str) -> Option<String> {
    plain(text).map_or_else(|| serde_json::from_str(text).ok(), |inner| Some(inner.to_owned()))
}

fn actor(text: &str) -> Option<ActorId> {
    let digits = plain(text)?;
    let is_own = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits.parse().ok().filter(|_| is_own)
}

fn time(text: &str) -> Option<Timestamp> {
    let text = plain(text)?;
    text.parse::<Timestamp>().ok().filter(|time| time.to_string() == text)
}

fn base(text: &str) -> Option<Base> {
    let entries = canonical::entries(text)?;
    let [Entry { name: "epoch", value: epoch, .. }, Entry { name: "lt", value: lt, .. }, Entry { name: "uid", value: uid, .. }] = entries.as_slice()
    else {
        return None;
    };
    Some(Base { position: Position { epoch: epoch.parse().ok()?, uid: uid.parse().ok()?, local: 0 }, lamport: lt.parse().ok()? })
}

/// The change, if writing it anew gives the same.
fn change(own: &Own<'_>) -> Option<Change> {
    let args = own.args.strip_prefix('{')?.strip_suffix('}')?;
    let mut said = format!("{{\"op\":{}", own.op);
    if let Some(ticket) = own.ticket {
        said.push_str(",\"ticket\":");
        said.push_str(ticket);
    }
    if !args.is_empty() {
        said.push(',');
        said.push_str(args);
    }
    said.push('}');
    let change: Change = serde_json::from_str(&said).ok()?;
    if matches!(change, Change::Unknown(_)) {
        return None;
    }
    let written = serde_json::to_string(&change).ok()?;
    let entries = canonical::parts(&written)?;
    says_no_more(own, &entries).then_some(change)
}

/// Whether what is written of a change is what the event says of it.
fn says_no_more(own: &Own<'_>, written: &[Entry<'_>]) -> bool {
    let Some(args) = canonical::entries(own.args) else { return false };
    let count = args.len() + 1 + usize::from(own.ticket.is_some());
    let said = |name: &str| match name {
        "op" => Some(own.op),
        "ticket" => own.ticket,
        name => args.iter().find(|entry| entry.name == name).map(|entry| entry.value),
    };
    written.len() == count && written.iter().all(|entry| said(entry.name).is_some_and(|said| canonical::says_the_same(said, entry.value)))
}
