//! The JSON objects of `list`, `show`, `export`, `parse`, `outbox` and `sync`.
//!
//! Field names are part of the interface and change only with a new major version.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::link::Link;
use crate::domain::message::{Attachment, Bounce, Class};
use crate::domain::outbox::OutboxState;
use crate::domain::signal::Signal;
use crate::domain::suggestion::Suggestion;
use crate::domain::ticket::{Badge, Priority, Status, TicketRow};
use crate::domain::{Address, EventId, MessageId, TicketKey, Timestamp};

/// `show --json`: the queue line and everything in the ticket.
///
/// In the line `messages` is their number; here it is the messages themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownTicket {
    #[serde(flatten, serialize_with = "Uncounted::serialize")]
    pub row: TicketRow,
    pub messages: Vec<ShownMessage>,
    pub events: Vec<ShownEvent>,
    /// What an agent may want to accept.
    pub suggestions: Vec<Suggestion>,
    /// Tickets an agent has linked it with.
    pub links: Vec<Linked>,
    /// Colleagues who write an answer at this moment.
    pub replying: Vec<Replying>,
}

impl ShownTicket {
    /// What is said in place of its mail, where that was gone before this client could fetch it.
    pub fn says_of_missing_mail(&self) -> Option<&'static str> {
        let has_mail = self.messages.iter().any(|message| message.direction != ShownDirection::Note);
        let is_gone = self.row.badges.contains(&Badge::Gone);
        (is_gone && !has_mail).then_some("Its mail is no longer on the server, and was gone before it could be fetched here.")
    }
}

/// The queue line without the number of messages, field by field.
#[derive(Serialize)]
#[serde(remote = "TicketRow")]
struct Uncounted {
    desk: String,
    number: Option<u64>,
    key: TicketKey,
    project: String,
    status: Status,
    priority: Priority,
    assignee: Option<String>,
    subject: String,
    requester: Option<Address>,
    participants: Vec<Address>,
    tags: Vec<String>,
    unread: u64,
    created: Timestamp,
    updated: Timestamp,
    waiting_since: Option<Timestamp>,
    snoozed_until: Option<Timestamp>,
    first_response_due: Option<Timestamp>,
    badges: Vec<Badge>,
}

/// A colleague who writes an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replying {
    pub agent: String,
    pub since: Timestamp,
}

/// A ticket that another one is linked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    pub key: TicketKey,
    pub number: Option<u64>,
    pub subject: String,
}

impl Linked {
    /// `#1042`, or the first digits of the key.
    pub fn label(&self) -> String {
        self.number.map_or_else(|| self.key.short().to_owned(), |number| format!("#{number}"))
    }
}

/// `in`, `out`, or `note` for internal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownDirection {
    In,
    Out,
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMessage {
    pub message_id: MessageId,
    pub direction: ShownDirection,
    pub from: Option<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub date: Option<Timestamp>,
    /// When a note got another text; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Timestamp>,
    pub subject: String,
    pub text: String,
    /// What the sender wrote now: quotes, signature and footers folded away.
    pub new_text: String,
    pub html: bool,
    pub attachments: Vec<Attachment>,
    pub class: Class,
    /// What kind of automatic mail it is, or which header said so; empty for a person's.
    #[serde(default)]
    pub auto_reason: String,
    #[serde(default)]
    pub bounce: Option<Bounce>,
    /// ISO 639-1, empty when the text is too short to tell.
    #[serde(default)]
    pub language: String,
    pub placed_by: String,
    /// The same as a sentence, for people.
    #[serde(default)]
    pub placed_why: String,
    /// The recipient that decided the project, and the header it stood in.
    #[serde(default)]
    pub routed_to: String,
    #[serde(default)]
    pub routed_by: String,
    /// `pass`, `fail` or `none` as our own server said, with its words behind it.
    pub authentication: String,
    pub flaws: Vec<String>,
    /// What to know before believing or answering it, warnings first.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// What only the screen asks for.
    #[serde(skip)]
    pub glance: Glance,
}

impl ShownMessage {
    /// The beginning of what it says, on one line.
    pub fn first_words(&self) -> String {
        let text = self.glance.outline.as_deref().unwrap_or(&self.new_text);
        let beginning = text.get(..text.floor_char_boundary(400)).unwrap_or_default();
        beginning.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What is known of a message before, and beside, its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// The event of a note.
    pub note: Option<EventId>,
    /// Mail from outside that nobody has read yet.
    pub is_unread: bool,
    /// The server holds more of it than is here.
    pub is_partial: bool,
    pub has_attachments: bool,
    /// The first words, while text and attachments have not been read out of the mail.
    pub outline: Option<String>,
    /// Where the mail's links lead, in order.
    pub links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownEvent {
    pub id: EventId,
    pub agent: String,
    pub at: Timestamp,
    /// `op` and its arguments.
    #[serde(flatten)]
    pub change: crate::domain::event::Change,
    pub applied: bool,
    /// Why not, as a sentence; empty when it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub not_applied: String,
    /// No colleague can see it yet.
    #[serde(default)]
    pub pending: bool,
    /// It is this device's, and `apply` makes it all the same.
    #[serde(skip_serializing, default)]
    pub is_ours_to_apply: bool,
    /// The event in a sentence, for people.
    #[serde(skip_serializing, default)]
    pub summary: String,
}

/// `parse --json`: how one file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedMail {
    pub file: String,
    pub message_id: MessageId,
    pub in_reply_to: Vec<MessageId>,
    pub references: Vec<MessageId>,
    pub from: Option<Address>,
    pub reply_to: Option<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub date: Option<Timestamp>,
    pub subject: String,
    pub base_subject: String,
    pub text: String,
    pub new_text: String,
    pub quoted_lines: u64,
    pub attachments: Vec<Attachment>,
    pub class: Class,
    pub auto_reason: String,
    pub bounce: Option<Bounce>,
    pub may_acknowledge: bool,
    pub routed_to: String,
    pub routed_by: String,
    /// ISO 639-1, empty when the text is too short to tell.
    pub language: String,
    pub flaws: Vec<String>,
    /// What to know before believing or answering it, warnings first.
    #[serde(default)]
    pub signals: Vec<Signal>,
}

/// One line of `outbox list --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLine {
    pub id: i64,
    /// Number or key of the ticket; null for a mail that opens one.
    pub ticket: Option<String>,
    pub state: OutboxState,
    pub to: Vec<String>,
    pub subject: String,
    pub message_id: Option<MessageId>,
    pub since: Timestamp,
    pub attempts: u32,
    /// When it is sent, or tried again, by itself; null if that is not planned.
    #[serde(default)]
    pub next_try: Option<Timestamp>,
    pub error: Option<String>,
}

/// `outbox show --json`: a line of the outbox, and the mail itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownOutgoing {
    #[serde(flatten)]
    pub line: OutboxLine,
    pub mail: OutgoingMail,
    /// What others have written on its ticket since it was begun, oldest first.
    pub meanwhile: Vec<Meanwhile>,
}

/// The mail in the outbox, as its recipients will read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutgoingMail {
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// The status its ticket gets once it is sent.
    pub status: Option<Status>,
    /// Tags set at the same time.
    pub tags: Vec<String>,
}

/// What somebody else has written, or is about to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meanwhile {
    pub who: String,
    pub at: Timestamp,
    /// Null: it is not here yet.
    pub text: Option<String>,
}

/// `sync --json`: what one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    pub desk: String,
    pub steps: Vec<SyncStep>,
    pub messages_new: u64,
    pub flags_changed: u64,
    pub messages_gone: u64,
    pub tickets_opened: u64,
    pub tickets_reopened: u64,
    pub sent: u64,
    /// Mails whose flags or keywords were set on the server, and mails moved to another folder there.
    #[serde(default)]
    pub marked: u64,
    #[serde(default)]
    pub moved: u64,
    /// Changes colleagues made, and changes of ours that they can see now.
    #[serde(default)]
    pub events_in: u64,
    #[serde(default)]
    pub events_out: u64,
    /// Changes of ours that still wait to be shared.
    #[serde(default)]
    pub events_waiting: u64,
    /// Mails that could not be handed over and wait for their next try.
    #[serde(default)]
    pub mails_waiting: Vec<MailWaiting>,
    /// Mails of the outbox that may have been sent; what becomes of them is for a person to decide.
    #[serde(default)]
    pub mails_uncertain: Vec<i64>,
    /// Signs of colleagues that change no ticket, such as that one of them writes an answer.
    #[serde(default)]
    pub signals_in: u64,
    /// Changes of ours that wait for a decision on the screen, because colleagues were first.
    #[serde(default)]
    pub undecided: u64,
    /// Messages in the team's folder that are none of the team's, in all.
    #[serde(default)]
    pub events_ignored: u64,
    pub bytes: u64,
    pub conflicts: Vec<String>,
    pub errors: Vec<String>,
    /// The team's folder lacks what is known here; `sync --restore-log` puts it back.
    #[serde(default)]
    pub log_can_be_restored: bool,
    /// What keeps this client from following the team's log, or from adding to it.
    #[serde(default)]
    pub log_trouble: Option<Box<LogTrouble>>,
    /// What is amiss although everything was done.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What customers have written and whoever runs the pass is to announce.
    #[serde(skip)]
    pub arrived: Option<Box<crate::domain::arrivals::Arrivals>>,
}

/// What is wrong with the team's log, as far as a pass has found out. Changes wait in order meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTrouble {
    /// What, and why.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// When they are offered to the server again by itself; null if nobody is there to do it, or it would be of no use.
    pub next_try: Option<Timestamp>,
    /// A change the server does not take at all, and behind which the others wait.
    pub event: Option<EventId>,
}

/// The command that puts the team's log back, as remedies name it.
pub const RESTORE_LOG: &str = "`postdesk sync --restore-log`";

/// A mail of the outbox that a server did not take for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailWaiting {
    pub id: i64,
    pub why: String,
    pub next_try: Timestamp,
}

impl SyncReport {
    /// `3 changes wait, next try at 11:40:07`; `None` if nothing waits, or nobody tries again by himself.
    pub fn waiting_changes(&self, zone: &TimeZone) -> Option<String> {
        let at = self.log_trouble.as_ref()?.next_try?.to_zoned(zone.clone()).strftime("%H:%M:%S");
        match self.events_waiting {
            0 => None,
            1 => Some(format!("1 change waits to be shared, next try at {at}")),
            count => Some(format!("{count} changes wait to be shared, in order, next try at {at}")),
        }
    }

    /// `1 mail waits (WHY), next try at 11:40:07`, of the one that is tried first; `None` if none waits.
    pub fn waiting_mail(&self, zone: &TimeZone) -> Option<String> {
        let first = self.mails_waiting.iter().min_by_key(|mail| mail.next_try)?;
        let wait = match self.mails_waiting.len() {
            1 => "1 mail waits".to_owned(),
            count => format!("{count} mails wait"),
        };
        let at = first.next_try.to_zoned(zone.clone()).strftime("%H:%M:%S");
        Some(format!("{wait} ({}), next try at {at}", first.why.trim_end_matches('.')))
    }
}

/// One folder, or one other piece of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStep {
    pub name: String,
    pub messages: u64,
    pub bytes: u64,
    pub mode: String,
}
