//! Events: the changes of which a ticket's state is made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ticket::{Priority, Status};
use super::{ActorId, Address, EventId, MessageId, TicketKey, Timestamp};

/// A place in the log: events are ordered by it within one epoch.
///
/// An event that has only been written here has no UID yet; it stands behind
/// everything that has been read back, in the order in which it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    pub epoch: u64,
    pub uid: u64,
    /// Order among events without a UID; 0 for those that have one.
    #[serde(default)]
    pub local: u64,
}

/// The last log position, and the greatest Lamport time, its author had folded when acting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub position: Position,
    pub lamport: u64,
}

/// One change, as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    /// The short name of the person who acted.
    pub agent: String,
    /// When the author's clock says it happened; for display alone.
    pub at: Timestamp,
    /// 1 + the greatest Lamport time the author had folded.
    pub lamport: u64,
    pub base: Base,
    /// The digest of the event it was before its device found that a copy of it writes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    pub change: Change,
}

impl Event {
    /// The same act under another device's name, because a copy of this device has used the old one.
    ///
    /// It stays recognisable, so that an act that both copies took along counts once.
    #[must_use]
    pub fn rewritten(&self, id: EventId) -> Self {
        let was = self.was.clone().unwrap_or_else(|| super::seal::digest(&serde_json::to_string(self).unwrap_or_default()));
        Self { id, was: Some(was), ..self.clone() }
    }
}

/// A ticket as an `open` event introduces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub key: TicketKey,
    pub project: String,
    pub ids: Vec<MessageId>,
    pub subject: String,
    pub requester: Option<Address>,
    /// INTERNALDATE of its earliest mail, for clients that come when that is gone from the server; `None` if nobody has it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

/// The first mail from outside of a ticket that was split off: what it goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstMail {
    pub from: Address,
    pub subject: String,
    /// Its INTERNALDATE.
    pub at: Timestamp,
}

/// The newest inbound message an author had seen, with its INTERNALDATE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub mid: MessageId,
    pub at: Timestamp,
}

/// The operations of the log. Serialised as `{"op": …, …args}`.
///
/// Most speak of a ticket; the rest of the log itself, and of what must happen once.
///
/// An operation this version does not know is kept as [`Change::Unknown`] and passed on untouched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Change {
    Open {
        tickets: Vec<Opening>,
    },
    Attach {
        ticket: TicketKey,
        ids: Vec<MessageId>,
        reason: String,
    },
    Split {
        ticket: TicketKey,
        ids: Vec<MessageId>,
        key: TicketKey,
        /// Without one, as earlier versions wrote it, the new ticket goes by what the other goes by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Box<FirstMail>>,
    },
    Merge {
        ticket: TicketKey,
        into: TicketKey,
    },
    Unmerge {
        ticket: TicketKey,
    },
    Link {
        a: TicketKey,
        b: TicketKey,
    },
    Unlink {
        a: TicketKey,
        b: TicketKey,
    },
    Assign {
        ticket: TicketKey,
        value: Option<String>,
    },
    Priority {
        ticket: TicketKey,
        value: Priority,
    },
    Project {
        ticket: TicketKey,
        value: String,
    },
    Subject {
        ticket: TicketKey,
        value: String,
    },
    Snooze {
        ticket: TicketKey,
        value: Option<Timestamp>,
        seen: Option<Seen>,
    },
    Status {
        ticket: TicketKey,
        value: Status,
        seen: Option<Seen>,
    },
    Reopen {
        ticket: TicketKey,
        mid: MessageId,
        at: Timestamp,
    },
    Tag {
        ticket: TicketKey,
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// Who is added takes part, who is removed stays out although he stands in the mail; of who is cleared
    /// agents say neither any more, so that the mail alone decides.
    Participant {
        ticket: TicketKey,
        add: Vec<String>,
        remove: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        clear: Vec<String>,
    },
    Watch {
        ticket: TicketKey,
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// Internal text. One that `edits` another of the same person stands in its place; one that is taken
    /// back is told by an [`Change::Undo`] around a note without text.
    Note {
        ticket: TicketKey,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edits: Option<EventId>,
    },
    /// `change` is the inverse the author computed when undoing `event`.
    Undo {
        event: EventId,
        change: Box<Change>,
    },
    /// A mail of ours has left the house: its ticket's number is frozen from here on.
    Sent {
        ticket: TicketKey,
        mid: MessageId,
        sha: String,
    },
    /// An automatic acknowledgement has left the house.
    Ack {
        ticket: TicketKey,
        mid: MessageId,
        sha: String,
    },
    /// A mail is about to leave; the first live intent of a ticket may go on.
    Intent {
        ticket: TicketKey,
        mid: MessageId,
        sha: String,
        #[serde(default)]
        ttl: u64,
    },
    /// What must happen once: the first claim in order wins. `ttl` in seconds, 0 for ever.
    Claim {
        what: String,
        #[serde(default)]
        ttl: u64,
    },
    /// What somebody is doing on a ticket; advice that expires.
    Presence {
        ticket: TicketKey,
        what: String,
    },
    Left {
        ticket: TicketKey,
        what: String,
    },
    /// Fills a seq that the server would not take.
    Skip {
        #[serde(default)]
        seq: u64,
    },
    /// The first message of a log: which team's it is, and the key its events are signed with.
    Genesis {
        team: String,
        epoch: String,
        key: String,
    },
    /// A beacon: what its author has folded, so that divergence is seen.
    Hello {
        uidvalidity: u32,
        uid: u32,
        hash: String,
        version: String,
        /// The event that stands at that UID, so that a server is seen which numbers for each client.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<EventId>,
    },
    /// One part of a snapshot's text.
    Snapshot {
        snap: String,
        cut: u32,
        part: u32,
        parts: u32,
        hash: String,
        text: String,
    },
    /// Carries the decided order over when the server has numbered its messages anew.
    Reepoch {
        snap: String,
        uidvalidity: u32,
        part: u32,
        parts: u32,
        hash: String,
        text: String,
    },
    /// Later events of a device are ignored.
    Revoke {
        actor: ActorId,
    },
    /// Later events are signed with another key; the event itself bears the old one's signature.
    Rekey {
        key: String,
    },
    /// A feature of a project is on since this place of the log.
    Activate {
        project: String,
        feature: String,
    },
    /// A file of the team.
    Share {
        name: String,
        hash: String,
        content: String,
    },
    /// SHA-256 of an address, in hex, whose owner's data is to be redacted.
    Forget {
        address: String,
    },
    #[serde(untagged)]
    Unknown(Map<String, Value>),
}

impl Change {
    /// The word in the log and in `show --json`.
    pub fn op(&self) -> &str {
        match self {
            Self::Open { .. } => "open",
            Self::Attach { .. } => "attach",
            Self::Split { .. } => "split",
            Self::Merge { .. } => "merge",
            Self::Unmerge { .. } => "unmerge",
            Self::Link { .. } => "link",
            Self::Unlink { .. } => "unlink",
            Self::Assign { .. } => "assign",
            Self::Priority { .. } => "priority",
            Self::Project { .. } => "project",
            Self::Subject { .. } => "subject",
            Self::Snooze { .. } => "snooze",
            Self::Status { .. } => "status",
            Self::Reopen { .. } => "reopen",
            Self::Tag { .. } => "tag",
            Self::Participant { .. } => "participant",
            Self::Note { .. } => "note",
            Self::Undo { .. } => "undo",
            Self::Sent { .. } => "sent",
            Self::Watch { .. } => "watch",
            Self::Ack { .. } => "ack",
            Self::Intent { .. } => "intent",
            Self::Claim { .. } => "claim",
            Self::Presence { .. } => "presence",
            Self::Left { .. } => "left",
            Self::Skip { .. } => "skip",
            Self::Genesis { .. } => "genesis",
            Self::Hello { .. } => "hello",
            Self::Snapshot { .. } => "snapshot",
            Self::Reepoch { .. } => "reepoch",
            Self::Revoke { .. } => "revoke",
            Self::Rekey { .. } => "rekey",
            Self::Activate { .. } => "activate",
            Self::Share { .. } => "share",
            Self::Forget { .. } => "forget",
            Self::Unknown(args) => args.get("op").and_then(Value::as_str).unwrap_or("unknown"),
        }
    }

    /// Whether it only helps clients get along, and says nothing that a person has done to a ticket.
    pub fn is_signal(&self) -> bool {
        matches!(self, Self::Presence { .. } | Self::Left { .. } | Self::Hello { .. } | Self::Intent { .. } | Self::Claim { .. })
    }

    /// The tickets the change speaks of, in its own words (keys may be aliases).
    pub fn tickets(&self) -> Vec<TicketKey> {
        match self {
            Self::Open { tickets } => tickets.iter().map(|opening| opening.key.clone()).collect(),
            Self::Merge { ticket, into } => vec![ticket.clone(), into.clone()],
            Self::Split { ticket, key, .. } => vec![ticket.clone(), key.clone()],
            Self::Link { a, b } | Self::Unlink { a, b } => vec![a.clone(), b.clone()],
            Self::Undo { change, .. } => change.tickets(),
            Self::Attach { ticket, .. }
            | Self::Unmerge { ticket }
            | Self::Assign { ticket, .. }
            | Self::Priority { ticket, .. }
            | Self::Project { ticket, .. }
            | Self::Subject { ticket, .. }
            | Self::Snooze { ticket, .. }
            | Self::Status { ticket, .. }
            | Self::Reopen { ticket, .. }
            | Self::Tag { ticket, .. }
            | Self::Participant { ticket, .. }
            | Self::Watch { ticket, .. }
            | Self::Note { ticket, .. }
            | Self::Intent { ticket, .. }
            | Self::Presence { ticket, .. }
            | Self::Left { ticket, .. }
            | Self::Ack { ticket, .. }
            | Self::Sent { ticket, .. } => vec![ticket.clone()],
            Self::Claim { .. }
            | Self::Skip { .. }
            | Self::Genesis { .. }
            | Self::Hello { .. }
            | Self::Snapshot { .. }
            | Self::Reepoch { .. }
            | Self::Revoke { .. }
            | Self::Rekey { .. }
            | Self::Activate { .. }
            | Self::Share { .. }
            | Self::Forget { .. } => Vec::new(),
            Self::Unknown(args) => args.get("ticket").and_then(Value::as_str).and_then(TicketKey::new).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_of_a_newer_version_survives_being_read_and_written() {
        let text = r#"{"op":"teleport","ticket":"0011223344556677","to":{"planet":"mars"}}"#;

        let change: Change = serde_json::from_str(text).unwrap();

        assert!(matches!(change, Change::Unknown(_)));
        assert_eq!(change.op(), "teleport");
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }

    #[test]
    fn a_known_operation_is_read_as_itself() {
        let change = Change::Tag { ticket: TicketKey::new("0011223344556677").unwrap(), add: vec!["billing".into()], remove: vec![] };

        let text = serde_json::to_string(&change).unwrap();

        assert_eq!(text, r#"{"op":"tag","ticket":"0011223344556677","add":["billing"],"remove":[]}"#);
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
    }
}
