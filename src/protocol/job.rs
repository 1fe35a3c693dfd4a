//! What the screen asks of the workers.
//!
//! Every request carries an id; the answer ([`super::answer`]) repeats it. News ([`super::news`])
//! goes out without being asked for, after a commit, and says only *what* changed: rows travel
//! in answers alone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::domain::answers::KnownAnswers;
use crate::domain::draft::{Check, Draft, NoteDraft};
use crate::domain::event::{Base, Seen};
use crate::domain::query::{Order, Query, SortValue};
use crate::domain::suggestion::Which;
use crate::domain::ticket::{Priority, Status};
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};

/// A job with the id under which the screen remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: u64,
    pub job: Job,
}

/// Which end of the queue to read, by keyset: no offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    pub query: Query,
    pub order: Order,
    /// At most so many rows.
    pub limit: u32,
    /// The last row already at hand; the page starts behind it.
    pub after: Option<PageMark>,
}

/// The place of the last row of a page: its sort value, and what decides between rows that have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageMark {
    pub value: SortValue,
    pub tie: SortValue,
}

/// A change a person makes to tickets, before it becomes events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Assign(Option<String>),
    Status(Status),
    Priority(Priority),
    Tag {
        add: Vec<String>,
        remove: Vec<String>,
    },
    Note(String),
    /// A note of one's own says this from here on.
    EditNote {
        note: EventId,
        text: String,
    },
    /// Until when; `None` wakes the ticket.
    Snooze(Option<Timestamp>),
    Project(String),
    Subject(String),
    /// The tickets become part of this one; later mail follows.
    Merge(TicketKey),
    /// Takes tickets out of the one they were merged into.
    Unmerge,
    /// This message and what follows it in the ticket become a ticket of their own.
    Split(MessageId),
    /// Related, without being one.
    Link(TicketKey),
    Unlink(TicketKey),
    /// Addresses that take part, or do so no longer.
    Participant {
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// A change that was not applied, because somebody else was first, is made all the same;
    /// without an event everything of the ticket that was not.
    Apply(Option<EventId>),
    /// Does what is suggested for the ticket.
    Accept(Which),
    /// What is suggested for the ticket is not so, and is suggested no more.
    Dismiss(Which),
}

/// A part of a change to many tickets: one that fails does not stop the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub tickets: Vec<TicketKey>,
    pub act: Act,
    /// The first event of the part before; all parts are taken back together.
    pub first: Option<EventId>,
}

/// What becomes of a change that was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is made all the same, in knowledge of the other.
    Apply,
    /// Nothing, and nobody hears of it.
    Drop,
    /// It stands in the history as not applied.
    Keep,
}

/// How a reply is begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyOptions {
    /// The mail that is answered; without one the newest that asks for an answer.
    pub message: Option<MessageId>,
    pub template: Option<String>,
    /// To the sender alone, not to the others.
    pub sender_only: bool,
    /// The quoted text of the mail being answered is put below.
    pub quote: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    List(ListPage),
    /// How many tickets each query matches.
    Count(Vec<Query>),
    /// A ticket with the texts that will be read first; the others are outlines.
    Show(TicketKey),
    /// The texts of some messages of a ticket.
    Texts {
        ticket: TicketKey,
        messages: Vec<MessageId>,
    },
    /// A mail as it came.
    Source(MessageId),
    /// Saves attachments of a message, by their numbers, into a folder.
    SaveFiles {
        message: MessageId,
        which: Vec<usize>,
        folder: PathBuf,
    },
    /// Puts something of a message into a private file, for another program to show.
    PutAside {
        message: MessageId,
        what: Aside,
    },
    Act {
        tickets: Vec<TicketKey>,
        act: Act,
    },
    /// A part of a change to many tickets.
    Batch(Batch),
    /// Changes of ours that were not applied.
    Conflicts,
    /// Puts the team's log back into its folder with the next sync.
    RestoreLog,
    /// What becomes of some of them.
    Decide(Vec<(EventId, Decision)>),
    /// Takes back an event, or this device's newest gesture as a whole.
    Undo(Option<EventId>),
    /// Does again what was taken back last.
    Redo,
    /// Redacts what is known of the person with this address.
    Forget(String),
    MarkSeen(TicketKey),
    BeginReply {
        ticket: TicketKey,
        options: ReplyOptions,
    },
    /// Tells colleagues that an answer is being written here, or no longer is.
    TellReplying {
        ticket: TicketKey,
        is_replying: bool,
    },
    /// What others do on a ticket, and have done since an answer to it was begun.
    Company {
        ticket: TicketKey,
        since: Known,
    },
    /// Saves a draft; without an id a new one.
    SaveDraft {
        id: Option<i64>,
        draft: Draft,
    },
    SaveNote {
        id: Option<i64>,
        note: NoteDraft,
    },
    /// Adds a note to its tickets; what was saved of it goes.
    WriteNote {
        draft_id: Option<i64>,
        note: NoteDraft,
    },
    BeginNew {
        /// The default project when there is none given.
        project: Option<String>,
    },
    BeginForward {
        ticket: TicketKey,
        message: Option<MessageId>,
    },
    Drafts,
    OpenDraft(i64),
    DiscardDraft(i64),
    RecoverDraft(i64),
    /// A template's text as it would stand in this draft.
    RenderTemplate {
        draft: Box<Draft>,
        template: String,
    },
    Identities,
    /// People whose name or address holds the text.
    Contacts {
        project: String,
        text: String,
    },
    /// Files and folders that continue a path.
    Paths(String),
    Attach(String),
    /// What exactly would be sent.
    Review(Draft),
    /// Checks, queues and sends; what is in `allowed` is not objected to.
    Send {
        draft_id: Option<i64>,
        draft: Draft,
        allowed: BTreeSet<Check>,
    },
    /// Checks a mail and keeps it until a time, up to which it can be called back.
    Schedule {
        draft_id: Option<i64>,
        draft: Box<Draft>,
        allowed: BTreeSet<Check>,
        at: Timestamp,
    },
    /// Sends a scheduled mail whose time has come.
    SendScheduled(i64),
    /// Makes a mail of the outbox a draft again.
    Recall(i64),
    Retry {
        id: i64,
        anyway: bool,
    },
    CancelMail(i64),
    /// A mail of the outbox beside what came in between; the newest held one if it is not named.
    Compare(Option<i64>),
    Outbox,
    Templates {
        project: String,
    },
    Agents,
    /// The keys of all tickets that match.
    Keys(Query),
    /// When the next ticket that sleeps at a time wakes.
    NextWake(Timestamp),
    /// Which of these tickets something is suggested for.
    Related(Vec<TicketKey>),
    /// The words the desk knows.
    Known,
    /// Keeps a query as a view of this desk.
    SaveView {
        name: String,
        query: String,
    },
    /// Takes a saved view away.
    DropView(String),
    Sync,
}

/// What somebody who writes an answer knows of its ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest inbound mail.
    pub seen: Option<Seen>,
    /// How far the team's log was followed.
    pub base: Option<Base>,
    pub answers: Option<KnownAnswers>,
}

/// What of a message another program is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// The attachment of this number.
    File(usize),
    Html,
}
