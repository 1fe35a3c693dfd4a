//! What the screen asks of the workers, and what they answer.
//!
//! Every request carries an id; the answer repeats it. News goes out without
//! being asked for, after a commit, and says only *what* changed: rows travel
//! in answers alone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::json::{OutboxLine, Replying, ShownMessage, ShownTicket, SyncReport};
use crate::domain::draft::{Check, Draft, DraftAttachment, DraftLine, NoteDraft, Objection, Writing};
use crate::domain::event::{Base, Seen};
use crate::domain::query::{Order, Query, SortValue};
use crate::domain::suggestion::Which;
use crate::domain::ticket::{Priority, Status, TicketRow};
use crate::domain::{Address, EventId, MessageId, TicketKey, Timestamp};

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

/// The sort value and row id of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageMark {
    pub value: SortValue,
    pub row: i64,
}

/// A page of the queue and where the next one begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedPage {
    pub rows: Vec<TicketRow>,
    pub next: Option<PageMark>,
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

/// What became of a [`Batch`].
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
    /// It can be made all the same; a merge that would close a circle cannot.
    pub can_be_applied: bool,
}

impl ConflictLine {
    /// What stands against it, in words.
    pub fn reason(&self) -> String {
        if self.theirs.is_empty() { self.why.clone() } else { format!("{} first", self.theirs) }
    }
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
        seen: Option<Seen>,
        base: Option<Base>,
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
    /// What its author has seen who has read this.
    pub seen: Option<Seen>,
    pub base: Option<Base>,
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

/// What of a message another program is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// The attachment of this number.
    File(usize),
    Html,
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

/// Something happened that nobody asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These tickets changed; empty means "many, ask again".
    Tickets(Vec<TicketKey>),
    SyncProgress {
        what: String,
        done: u64,
        total: u64,
        bytes: u64,
    },
    /// What a pass did that is over; its end is told by [`News::SyncEnded`].
    SyncReport {
        at: Timestamp,
        report: Box<SyncReport>,
    },
    SyncEnded {
        at: Timestamp,
        error: Option<Complaint>,
    },
    /// Somebody asked for an end; nothing is synced until somebody asks for it.
    SyncStopped,
    /// After trouble: when it is tried again.
    NextTry(Timestamp),
    /// Another process keeps the desk up to date; it is looked again whether it still does.
    SyncElsewhere,
    /// When a sync succeeded last, before this run.
    LastSync(Timestamp),
    Outbox,
    /// Customers have written.
    Arrived(crate::domain::arrivals::Arrivals),
    /// A worker died and was started again.
    WorkerFailed {
        worker: &'static str,
        why: String,
    },
}

/// What the screen receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromWorker {
    Reply { id: u64, result: Result<Answer, Complaint> },
    News(News),
}
