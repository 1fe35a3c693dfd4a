//! What the workers answer: rows, texts, and what became of what was asked for.

use std::path::PathBuf;

use super::job::{Known, PageMark};
use super::json::{OutboxLine, Replying, ShownMessage, ShownTicket, SyncReport};
use crate::domain::draft::{Draft, DraftAttachment, DraftLine, Objection, Writing};
use crate::domain::ticket::{Status, TicketRow};
use crate::domain::{Address, EventId, MessageId, TicketKey, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Page(ListedPage),
    Counts(Vec<u64>),
    Ticket(Box<ShownTicket>),
    Texts(Vec<ShownMessage>),
    Source(Box<MailSource>),
    /// Files that were written.
    Files(Vec<PathBuf>),
    /// What was done, in words, and the events that did it.
    Done {
        what: String,
        events: Vec<EventId>,
        tickets: Vec<TicketKey>,
    },
    Draft {
        id: Option<i64>,
        draft: Box<Draft>,
        remarks: Vec<String>,
    },
    Company(Box<Company>),
    Held(Box<HeldMail>),
    Saved(i64),
    Drafts(Vec<DraftLine>),
    Opened {
        id: i64,
        writing: Writing,
    },
    Rendered(Box<RenderedTemplate>),
    Identities(Vec<ProjectLine>),
    Contacts(Vec<Address>),
    Paths(Vec<String>),
    Attached(DraftAttachment),
    Scheduled {
        id: i64,
        at: Timestamp,
    },
    Review(Box<Review>),
    Sent(SendOutcome),
    Outbox(Vec<OutboxLine>),
    Templates(Vec<TemplateLine>),
    Agents(Vec<String>),
    Batch(BatchDone),
    Conflicts(Vec<ConflictLine>),
    Keys(Vec<TicketKey>),
    Wake(Option<Timestamp>),
    Known(KnownWords),
    Synced(Box<SyncReport>),
}

/// A page of the queue and where the next one begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedPage {
    pub rows: Vec<TicketRow>,
    pub next: Option<PageMark>,
}

/// What became of a [`Batch`](super::job::Batch).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchDone {
    pub changed: usize,
    /// Tickets that were as wished already.
    pub unchanged: usize,
    pub failed: Vec<(TicketKey, String)>,
    /// The first event of all parts so far, if there was one.
    pub first: Option<EventId>,
}

/// A change of ours that was not applied because a colleague was first, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictLine {
    pub event: EventId,
    pub ticket: TicketKey,
    /// `#1042`, with its subject.
    pub label: String,
    pub subject: String,
    /// What we did, in words, and when.
    pub mine: String,
    pub at: Timestamp,
    /// Who was first, with what, and when; empty if it contradicts what stands, which `why` tells.
    pub theirs: String,
    pub theirs_at: Option<Timestamp>,
    pub why: String,
    /// It has not been shared: its author is asked first.
    pub is_undecided: bool,
    /// The mail server does not take it, `why` are its words, and what was done after it waits behind it.
    pub is_parked: bool,
    /// It can be made all the same; a merge that would close a circle cannot.
    pub can_be_applied: bool,
}

impl ConflictLine {
    /// What stands against it, in words.
    pub fn reason(&self) -> String {
        if self.theirs.is_empty() { self.why.clone() } else { format!("{} first", self.theirs) }
    }
}

/// What will leave the house, as the review screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub draft: Draft,
    /// The text as the recipient will read it: wrapped, with signature.
    pub text: String,
    pub objections: Vec<Objection>,
    /// What to notice: recipients added or left out, differing domains.
    pub remarks: Vec<String>,
}

/// What others do on a ticket while an answer to it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    pub ticket: TicketKey,
    pub replying: Vec<Replying>,
    /// What has happened since the answer was begun, and when, oldest first.
    pub news: Vec<(Timestamp, String)>,
    /// What its author knows who has read this.
    pub now: Known,
}

/// A held mail, and what was written on its ticket since it was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldMail {
    pub id: i64,
    pub why: String,
    /// Number or short key of its ticket.
    pub label: String,
    pub subject: String,
    pub to: Vec<String>,
    pub text: String,
    /// Oldest first.
    pub others: Vec<Other>,
}

/// What somebody else has written, or is about to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub who: String,
    pub at: Timestamp,
    /// `None`: it is not here yet.
    pub text: Option<String>,
}

/// What became of a mail handed over for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    Sent,
    /// Kept; goes out with a later sync. The reason is for people.
    Queued(String),
    Held(String),
    Refused(String),
    Uncertain(String),
    /// In a demo or without `--send`.
    Objected(Vec<Objection>),
}

/// A template with its fields filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedTemplate {
    pub name: String,
    pub text: String,
    /// Fields that were left without a value, with the place.
    pub unfilled: Vec<String>,
    pub status: Option<Status>,
    pub tags: Vec<String>,
    pub attachments: Vec<DraftAttachment>,
}

/// A project that can be written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectLine {
    pub id: String,
    pub name: String,
    pub from: Address,
}

/// Agents and tags there are on a desk; the tags used most come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownWords {
    pub agents: Vec<String>,
    pub tags: Vec<String>,
}

/// A mail as it came, as far as it is shown; not fit for the terminal yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSource {
    pub message: MessageId,
    pub text: String,
    /// Octets of the whole mail, of which `text` may be the beginning.
    pub size: u64,
    /// The server holds more of it than is here; the rest comes with the next sync.
    pub is_partial: bool,
}

/// A template as a picker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateLine {
    pub name: String,
    pub title: String,
    pub language: String,
}

/// What went wrong, why, and what to do: ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub what: String,
    pub remedy: String,
}
