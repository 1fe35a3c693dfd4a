//! The state of a ticket: what the fold over the events gives.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Address, EventId, MessageId, TicketKey, Timestamp};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Open,
    /// Waiting for the requester.
    Pending,
    /// Waiting for a third party.
    Hold,
    Solved,
    Spam,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Open, Self::Pending, Self::Hold, Self::Solved, Self::Spam];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Hold => "hold",
            Self::Solved => "solved",
            Self::Spam => "spam",
        }
    }
}

impl FromStr for Status {
    type Err = super::words::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::words::pick("status", text, &Self::ALL, Self::as_str)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
    Urgent,
}

impl Priority {
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl FromStr for Priority {
    type Err = super::words::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::words::pick("priority", text, &Self::ALL, Self::as_str)
    }
}

/// A tag: 1 to 50 letters, digits, `-`, `_`, `.` or `/`, lower-cased.
pub fn tag(text: &str) -> Option<String> {
    let tag = text.trim().to_lowercase();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (!tag.is_empty() && tag.chars().count() <= 50 && !tag.starts_with('-') && tag.chars().all(allowed)).then_some(tag)
}

/// The last applied writer of a field: what a later event's `base` is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    pub event: EventId,
    pub position: super::event::Position,
    pub lamport: u64,
}

impl Writer {
    /// Whether it was in what somebody else had seen.
    pub fn is_seen(&self, base: &super::event::Base) -> bool {
        if self.position.epoch == base.position.epoch { self.position <= base.position } else { self.lamport <= base.lamport }
    }
}

/// A value and who wrote it; `None` until somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field<T> {
    pub value: T,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<Writer>,
}

/// An answer that is about to leave. It is live until its mail was sent, or for `ttl` seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub event: EventId,
    pub mid: MessageId,
    /// When the server received it.
    pub since: Timestamp,
    pub ttl: u64,
}

/// What somebody is doing, and since when by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub what: String,
    pub since: Timestamp,
}

/// Everything the log says of one ticket.
///
/// The mail in it (messages, unread, waiting times) is not here: that is the
/// cache's business and may differ from client to client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    pub key: TicketKey,
    /// Other keys that were unified with this ticket.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<TicketKey>,
    pub number: Option<u64>,
    /// Once a reply or acknowledgement carried it, the number never changes again.
    #[serde(default)]
    pub number_frozen: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ids: BTreeSet<MessageId>,
    pub requester: Option<Address>,
    /// INTERNALDATE of the earliest mail that anybody had who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    pub project: Field<String>,
    pub subject: Field<String>,
    /// An undo has put back the subject that was there before, so that it may be the requester's after all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub subject_put_back: bool,
    pub status: Field<Status>,
    /// INTERNALDATE of the newest inbound message the status' author had seen.
    #[serde(default)]
    pub seen_at: Option<Timestamp>,
    pub assignee: Field<Option<String>>,
    pub priority: Field<Priority>,
    pub snoozed_until: Field<Option<Timestamp>>,
    /// INTERNALDATE of the newest inbound message the author of the snooze had seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snooze_seen_at: Option<Timestamp>,
    pub merged_into: Field<Option<TicketKey>>,
    /// Each tag with the writer that added it last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Option<Writer>>,
    /// Addresses, in lower case, that an agent added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub participants: BTreeMap<String, Option<Writer>>,
    /// Addresses, in lower case, that an agent took off, although they stand in the mail.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_off: BTreeMap<String, Option<Writer>>,
    /// Agents who want to hear of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub watchers: BTreeMap<String, Option<Writer>>,
    /// Related tickets, by the key they had when they were linked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<TicketKey, Option<Writer>>,
    /// The tickets it was split off from: a mail that refers to both does not join them again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub split_from: BTreeSet<TicketKey>,
    /// The answer somebody is about to send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Who is doing what on it, by agent; only advice, and in no snapshot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub presence: BTreeMap<String, Presence>,
    /// Messages whose late arrival has already reopened the ticket.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reopened_by: BTreeSet<MessageId>,
    /// When a person last did something to it, by that person's clock; for display alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_at: Option<Timestamp>,
}

impl TicketState {
    pub fn new(key: TicketKey) -> Self {
        Self {
            key,
            aliases: BTreeSet::new(),
            number: None,
            number_frozen: false,
            ids: BTreeSet::new(),
            requester: None,
            created: None,
            project: Field::default(),
            subject: Field::default(),
            subject_put_back: false,
            status: Field::default(),
            seen_at: None,
            assignee: Field::default(),
            priority: Field::default(),
            snoozed_until: Field::default(),
            snooze_seen_at: None,
            merged_into: Field::default(),
            tags: BTreeMap::new(),
            participants: BTreeMap::new(),
            taken_off: BTreeMap::new(),
            watchers: BTreeMap::new(),
            links: BTreeMap::new(),
            split_from: BTreeSet::new(),
            intent: None,
            presence: BTreeMap::new(),
            reopened_by: BTreeSet::new(),
            active_at: None,
        }
    }

    /// Until when it sleeps, given the INTERNALDATE of its newest human mail from outside.
    ///
    /// A mail that nobody had seen who put it to sleep wakes it. That follows from the log and the
    /// mail alone, so that all clients agree without an event.
    pub fn asleep_until(&self, newest_human: Option<Timestamp>) -> Option<Timestamp> {
        let until = self.snoozed_until.value?;
        let is_unseen = |at: Timestamp| self.snooze_seen_at.is_none_or(|seen| at > seen);
        (!newest_human.is_some_and(is_unseen)).then_some(until)
    }

    /// Whether one of the two was split off from the other, so that only an agent may join them.
    pub fn is_split_with(&self, other: &Self) -> bool {
        let from = |one: &Self, other: &Self| one.split_from.iter().any(|key| *key == other.key || other.aliases.contains(key));
        from(self, other) || from(other, self)
    }
}

/// One line of the queue; the object `list --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRow {
    pub desk: String,
    pub number: Option<u64>,
    pub key: TicketKey,
    pub project: String,
    pub status: Status,
    pub priority: Priority,
    pub assignee: Option<String>,
    pub subject: String,
    pub requester: Option<Address>,
    pub participants: Vec<Address>,
    pub tags: Vec<String>,
    pub messages: u64,
    pub unread: u64,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// Since when the customer waits for us; `None` when the last word was ours.
    pub waiting_since: Option<Timestamp>,
    pub snoozed_until: Option<Timestamp>,
    pub first_response_due: Option<Timestamp>,
    pub badges: Vec<Badge>,
}

impl TicketRow {
    /// `#1042`, or the first six digits of the key while there is no number.
    pub fn label(&self) -> String {
        self.number.map_or_else(|| self.key.short().to_owned(), |number| format!("#{number}"))
    }
}

/// A mark on a queue line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    Unread,
    Attachment,
    /// A mail of ours was reported as not delivered.
    Bounced,
    AutoReply,
    List,
    Draft,
    /// An answer waits in the outbox.
    Outbox,
    /// An event that no colleague has seen yet.
    Pending,
    /// A colleague writes an answer at this moment.
    Replying,
    /// All its mail is gone from the server.
    Gone,
    /// Somebody who has not taken part before joined; an agent has to say whether he belongs here.
    Stranger,
}

impl Badge {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Attachment => "attachment",
            Self::Bounced => "bounced",
            Self::AutoReply => "auto_reply",
            Self::List => "list",
            Self::Draft => "draft",
            Self::Outbox => "outbox",
            Self::Pending => "pending",
            Self::Replying => "replying",
            Self::Gone => "gone",
            Self::Stranger => "stranger",
        }
    }
}
