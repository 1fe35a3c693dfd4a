//! Snapshots of the log's state: packed into texts that fit a message, and put together again.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::log::ReadMessage;
use super::refold::plain;
use crate::domain::event::{Change, Event};
use crate::domain::fold::LogState;
use crate::domain::replica::{Content, Message, Snapshot};

/// Octets of text in one part; its message stays below 512 KiB.
const PART_OCTETS: usize = 340 * 1_024;
/// A state that unpacks to more is none that we have written.
const UNPACKED_OCTETS: u64 = 1 << 30;
const LEVEL: i32 = 3;

/// The state as texts, in order.
pub fn pack(state: &LogState) -> Vec<String> {
    let json = serde_json::to_vec(state).unwrap_or_default();
    let packed = base64(&zstd::encode_all(json.as_slice(), LEVEL).unwrap_or_default());
    let mut parts = Vec::new();
    let mut rest = packed.as_str();
    while rest.len() > PART_OCTETS {
        let (part, more) = rest.split_at(PART_OCTETS);
        parts.push(part.to_owned());
        rest = more;
    }
    parts.push(rest.to_owned());
    parts
}

/// The state of which all texts are there; `None` when they are not what [`pack`] makes.
pub fn unpack(parts: &[&str]) -> Option<LogState> {
    let packed = from_base64(parts.concat().as_bytes())?;
    let mut json = Vec::new();
    zstd::stream::Decoder::new(packed.as_slice()).ok()?.take(UNPACKED_OCTETS).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

/// The messages as the replica reads them: the parts of a snapshot are one, at the place of the last of them.
pub(super) fn assemble(all: &[ReadMessage]) -> Vec<Message> {
    let mut messages = Vec::with_capacity(all.len());
    let mut parts: BTreeMap<String, Vec<(&ReadMessage, Event)>> = BTreeMap::new();
    for message in all {
        match message.kind.as_str() {
            "snapshot" | "reepoch" => {
                let event: Option<Event> = message.text.as_deref().and_then(|text| serde_json::from_str(text).ok());
                match event.as_ref().and_then(|event| name_of(&event.change)).zip(event.as_ref()) {
                    Some((name, event)) => parts.entry(name).or_default().push((message, event.clone())),
                    None => messages.push(plain(message)),
                }
            }
            "genesis" => {
                let validity = message.text.as_deref().and_then(|text| text.parse().ok()).unwrap_or(message.validity);
                messages.push(Message { content: Content::Genesis { validity }, ..plain(message) });
            }
            _ => messages.push(plain(message)),
        }
    }
    for parts in parts.into_values() {
        let whole = whole(&parts);
        let last = parts.iter().map(|(message, _)| message.uid).max();
        for (message, _) in &parts {
            let content = if Some(message.uid) == last { whole.clone() } else { None };
            messages.push(Message { content: content.unwrap_or(Content::Foreign), ..plain(message) });
        }
    }
    messages
}

fn name_of(change: &Change) -> Option<String> {
    match change {
        Change::Snapshot { snap, .. } | Change::Reepoch { snap, .. } => Some(snap.clone()),
        _ => None,
    }
}

/// Every part once, whatever order they came in.
fn whole(found: &[(&ReadMessage, Event)]) -> Option<Content> {
    let mut texts: BTreeMap<u32, &str> = BTreeMap::new();
    let mut wanted = None;
    for (_, event) in found {
        match &event.change {
            Change::Snapshot { part, parts, text, .. } | Change::Reepoch { part, parts, text, .. } => {
                texts.entry(*part).or_insert(text);
                wanted = Some(*parts);
            }
            _ => {}
        }
    }
    if texts.len() != wanted? as usize {
        return None;
    }
    let state = unpack(&texts.into_values().collect::<Vec<_>>())?;
    let (_, event) = found.first()?;
    let validity = u32::try_from(event.base.position.epoch).ok()?;
    Some(match &event.change {
        Change::Snapshot { cut, hash, .. } => Content::Snapshot(Snapshot { validity, cut: *cut, state, hash: hash.clone() }),
        Change::Reepoch { uidvalidity, hash, .. } => Content::Reepoch(Snapshot { validity: *uidvalidity, cut: 0, state, hash: hash.clone() }),
        _ => return None,
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 §4, without padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for three in bytes.chunks(3) {
        let word = three.iter().enumerate().fold(0_u32, |word, (index, byte)| word | u32::from(*byte) << (16 - 8 * index));
        for index in 0..=three.len() {
            let digit = (word >> (18 - 6 * index)) & 63;
            text.push(DIGITS.get(digit as usize).copied().unwrap_or(b'A').into());
        }
    }
    text
}

fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4 + 3);
    for four in text.chunks(4) {
        let mut word = 0_u32;
        for (index, digit) in four.iter().enumerate() {
            word |= value(*digit)? << (18 - 6 * index);
        }
        let [_, a, b, c] = word.to_be_bytes();
        bytes.extend([a, b, c].into_iter().take(four.len().saturating_sub(1)));
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ticket::TicketState;
    use crate::domain::{MessageId, TicketKey};

    #[test]
    fn what_is_packed_is_unpacked_and_nothing_else_is() {
        let mut state = LogState::default();
        for number in 0..3_000 {
            let key = TicketKey::of(&MessageId::synthetic(format!("{number}").as_bytes()));
            state.tickets.insert(key.clone(), TicketState { number: Some(number), ..TicketState::new(key) });
        }
        let parts = pack(&state);
        let texts: Vec<&str> = parts.iter().map(String::as_str).collect();

        assert_eq!(unpack(&texts), Some(state));
        assert!(parts.iter().all(|part| part.len() <= PART_OCTETS));
        assert_eq!(unpack(&["%%%"]), None);
        assert_eq!(unpack(&["AAAA"]), None);
    }

    proptest::proptest! {
        #[test]
        fn octets_survive_being_written_as_text(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
            proptest::prop_assert_eq!(from_base64(base64(&bytes).as_bytes()), Some(bytes));
        }
    }
}
