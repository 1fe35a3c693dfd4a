//! Identities: of messages, tickets, devices and events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A Message-ID without its angle brackets (RFC 5322 §3.6.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    /// Takes an id with or without brackets; white space around it is dropped.
    ///
    /// Returns `None` for what cannot be an id: empty, with blanks, controls or
    /// brackets inside, or longer than 998 octets (a header line, RFC 5322 §2.1.1).
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('<').unwrap_or(text);
        let text = text.strip_suffix('>').unwrap_or(text);
        let clean = |c: char| !c.is_whitespace() && !c.is_control() && c != '<' && c != '>';
        (!text.is_empty() && text.len() <= 998 && text.chars().all(clean)).then(|| Self(text.to_owned()))
    }

    /// The stand-in for a message that came without an id: the same bytes give
    /// the same id on every client.
    pub fn synthetic(seed: &[u8]) -> Self {
        Self(format!("{}@postdesk.invalid", hex(&Sha256::digest(seed))))
    }

    pub fn is_synthetic(&self) -> bool {
        self.0.ends_with("@postdesk.invalid")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 63 bits of SHA-256: the compact name of the id in the thread table.
    ///
    /// The domain's case is left out of it: some relays and programs change that on the way.
    pub fn hash63(&self) -> i64 {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let mut digest = Sha256::new();
        if domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
            digest.update(local.as_bytes());
            digest.update(b"@");
            digest.update(domain.to_ascii_lowercase().as_bytes());
        } else {
            digest.update(self.0.as_bytes());
        }
        sixty_three(&digest.finalize())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 63 bits of SHA-256 over a text, as a key of a table.
pub fn hash63(text: &str) -> i64 {
    sixty_three(&Sha256::digest(text.as_bytes()))
}

fn sixty_three(digest: &[u8]) -> i64 {
    let mut eight = [0_u8; 8];
    eight.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    i64::from_be_bytes(eight) & i64::MAX
}

/// What a ticket is called before and beside its number: 16 hex digits of
/// SHA-256 over the earliest Message-ID known when the ticket was opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketKey(String);

impl TicketKey {
    pub fn of(earliest: &MessageId) -> Self {
        let mut digits = hex(&Sha256::digest(earliest.as_str().as_bytes()));
        digits.truncate(16);
        Self(digits)
    }

    /// Takes exactly 16 lower-case hex digits.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The six digits that stand for the number while there is none.
    pub fn short(&self) -> &str {
        self.0.get(..6).unwrap_or(&self.0)
    }
}

impl fmt::Display for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a person names a ticket: `1042`, `#1042`, a key, or a prefix of one (≥ 4 digits).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketName {
    Number(u64),
    KeyPrefix(String),
    /// Digits alone that may be both; a number wins when such a ticket exists.
    Either(u64, String),
}

impl FromStr for TicketName {
    type Err = TicketNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || TicketNameError { text: text.to_owned() };
        if let Some(digits) = text.strip_prefix('#') {
            if let Ok(number) = digits.parse() {
                return Ok(Self::Number(number));
            }
        }
        let bare = text.strip_prefix('#').unwrap_or(text).to_lowercase();
        let is_prefix = (4..=16).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_hexdigit());
        match (text.parse::<u64>(), is_prefix) {
            (Ok(number), true) => Ok(Self::Either(number, bare)),
            (Ok(number), false) => Ok(Self::Number(number)),
            (Err(_), true) => Ok(Self::KeyPrefix(bare)),
            (Err(_), false) => Err(error()),
        }
    }
}

/// A text that names no ticket.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a ticket (expected a number such as 1042 or #1042, or at least 4 digits of its key)")]
pub struct TicketNameError {
    pub text: String,
}

/// A device that writes events: 64 random bits, minted at its first run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u64);

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for ActorId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || EventIdError { text: text.to_owned() };
        if text.len() == 16 { u64::from_str_radix(text, 16).map(Self).map_err(|_| error()) } else { Err(error()) }
    }
}

impl Serialize for ActorId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActorId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An event: its device and the device's gapless counter, from 1. Written `ACTOR.SEQ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId {
    pub actor: ActorId,
    pub seq: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.actor, self.seq)
    }
}

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || EventIdError { text: text.to_owned() };
        let (actor, seq) = text.split_once('.').ok_or_else(error)?;
        Ok(Self { actor: actor.parse()?, seq: seq.parse().map_err(|_| error())? })
    }
}

/// A text that names no event.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not an event (expected ACTOR.SEQ as `show --json` prints it)")]
pub struct EventIdError {
    pub text: String,
}

/// Lower-case hex digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_loses_its_brackets_and_refuses_blanks() {
        assert_eq!(MessageId::new(" <a@b> ").map(|id| id.to_string()), Some("a@b".into()));
        assert_eq!(MessageId::new("<a b@c>"), None);
        assert_eq!(MessageId::new("<a@b> <c@d>"), None);
        assert_eq!(MessageId::new("<>"), None);
    }

    #[test]
    fn the_case_of_an_ids_domain_does_not_tell_two_ids_apart_but_that_of_the_rest_does() {
        let hash = |text: &str| MessageId::new(text).unwrap().hash63();

        assert_eq!(hash("A@MX.Example"), hash("A@mx.example"));
        assert_ne!(hash("A@mx.example"), hash("a@mx.example"));
    }

    #[test]
    fn a_ticket_goes_by_number_hash_number_or_key_prefix() {
        assert_eq!("1042".parse(), Ok(TicketName::Either(1042, "1042".into())));
        assert_eq!("#1042".parse(), Ok(TicketName::Number(1042)));
        assert_eq!("7".parse(), Ok(TicketName::Number(7)));
        assert_eq!("a1b2".parse(), Ok(TicketName::KeyPrefix("a1b2".into())));
        assert!("a1b".parse::<TicketName>().is_err());
        assert!("".parse::<TicketName>().is_err());
    }

    #[test]
    fn an_event_id_survives_being_written_and_read() {
        let id = EventId { actor: ActorId(0xdead_beef), seq: 17 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("x.1".parse::<EventId>().is_err());
    }
}
