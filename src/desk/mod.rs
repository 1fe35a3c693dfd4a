//! What an action does, without any user interface: the one code path of the
//! command line and the screen.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::config::{Agent, DeskConfig, ProjectConfig};
use crate::domain::draft::{Check, Draft};
use crate::domain::id::TicketName;
use crate::domain::query::{Query, QueryContext};
use crate::domain::{Address, EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::job::{Act, ListPage, ListedPage, ReplyOptions, Review, SendOutcome, TemplateLine};
use crate::protocol::json::{OutboxLine, ShownTicket, SyncReport};
use crate::sync::source::Waker;

/// Where a desk keeps its files; all three are folders of this desk alone.
#[derive(Clone, Debug)]
pub struct Places {
    pub data: PathBuf,
    pub cache: PathBuf,
    pub state: PathBuf,
}

/// Everything a desk needs to be opened.
#[derive(Clone, Debug)]
pub struct DeskSetup {
    pub desk: DeskConfig,
    pub agent: Agent,
    pub places: Places,
    /// `--offline`: never touch the network.
    pub offline: bool,
}

/// A desk that can be worked on. Not shared between threads: each opens its own.
#[derive(Debug)]
pub struct Desk {
    setup: DeskSetup,
}

/// What an action did, in words, and the events that did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub what: String,
    pub events: Vec<EventId>,
    pub tickets: Vec<TicketKey>,
}

/// A draft that was begun, with what the agent should notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub draft: Draft,
    pub remarks: Vec<String>,
}

/// One saved draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub id: i64,
    pub ticket: Option<TicketKey>,
    pub subject: String,
    pub to: Vec<Address>,
    pub saved: Timestamp,
    pub discarded: bool,
}

/// How far a sync has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// For example `INBOX`, `outbox`.
    pub what: String,
    pub done: u64,
    pub total: u64,
    pub bytes: u64,
}

/// What went wrong with an action. `Display` says what and why; [`DeskError::remedy`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("{0}")]
    NotFound(String),
    /// Wrong word, field, project: the command line's exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Somebody else was first.
    #[error("{0}")]
    Conflict(String),
    /// Offline, or the server said no.
    #[error("{what}")]
    Server { what: String, remedy: String },
    #[error("{what}")]
    Failed { what: String, remedy: String },
}

impl DeskError {
    pub fn remedy(&self) -> &str {
        match self {
            Self::NotFound(_) | Self::Usage(_) | Self::Conflict(_) => "",
            Self::Server { remedy, .. } | Self::Failed { remedy, .. } => remedy,
        }
    }

    /// 1 failed, 2 usage, 3 not found, 4 offline or refused by the server, 5 conflict.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed { .. } => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Server { .. } => 4,
            Self::Conflict(_) => 5,
        }
    }
}

pub type DeskResult<T> = Result<T, DeskError>;

impl Desk {
    /// Opens, and on first use creates, the desk's files.
    pub fn open(setup: DeskSetup) -> DeskResult<Self> {
        Ok(Self { setup })
    }

    pub fn name(&self) -> &str {
        &self.setup.desk.name
    }

    pub fn agent(&self) -> &Agent {
        &self.setup.agent
    }

    pub fn projects(&self) -> &[ProjectConfig] {
        &self.setup.desk.projects
    }

    /// What `me` and `<7d` mean in a query.
    pub fn query_context(&self, now: Timestamp) -> QueryContext {
        QueryContext { agent: self.setup.agent.name.clone(), now }
    }

    pub fn page(&mut self, _page: &ListPage) -> DeskResult<ListedPage> {
        Err(unbuilt())
    }

    pub fn count(&mut self, _queries: &[Query]) -> DeskResult<Vec<u64>> {
        Err(unbuilt())
    }

    pub fn find(&mut self, _name: &TicketName) -> DeskResult<TicketKey> {
        Err(unbuilt())
    }

    pub fn show(&mut self, _ticket: &TicketKey) -> DeskResult<ShownTicket> {
        Err(unbuilt())
    }

    /// The stored bytes of each message of the ticket, oldest first.
    pub fn raw(&mut self, _ticket: &TicketKey) -> DeskResult<Vec<(MessageId, Vec<u8>)>> {
        Err(unbuilt())
    }

    pub fn act(&mut self, _tickets: &[TicketKey], _act: &Act) -> DeskResult<Done> {
        Err(unbuilt())
    }

    /// Takes back an event, or this device's newest one that has not been taken back.
    pub fn undo(&mut self, _event: Option<EventId>) -> DeskResult<Done> {
        Err(unbuilt())
    }

    /// Notes that the ticket's mail has been read (the shared `\Seen`).
    pub fn mark_seen(&mut self, _ticket: &TicketKey) -> DeskResult<Done> {
        Err(unbuilt())
    }

    pub fn begin_reply(&mut self, _ticket: &TicketKey, _options: &ReplyOptions) -> DeskResult<Begun> {
        Err(unbuilt())
    }

    pub fn begin_new(&mut self, _project: &str, _to: Vec<Address>, _subject: &str, _template: Option<&str>) -> DeskResult<Begun> {
        Err(unbuilt())
    }

    /// What exactly would leave the house, and what stands against it.
    pub fn review(&mut self, _draft: &Draft, _allowed: &BTreeSet<Check>) -> DeskResult<Review> {
        Err(unbuilt())
    }

    /// Saves a draft; without an id a new one. Returns its id.
    pub fn save_draft(&mut self, _id: Option<i64>, _draft: &Draft) -> DeskResult<i64> {
        Err(unbuilt())
    }

    pub fn drafts(&mut self) -> DeskResult<Vec<DraftLine>> {
        Err(unbuilt())
    }

    pub fn draft(&mut self, _id: i64) -> DeskResult<Draft> {
        Err(unbuilt())
    }

    /// Puts a draft into the trash, from which it can be recovered for seven days.
    pub fn discard_draft(&mut self, _id: i64) -> DeskResult<()> {
        Err(unbuilt())
    }

    pub fn recover_draft(&mut self, _id: i64) -> DeskResult<()> {
        Err(unbuilt())
    }

    /// Checks the draft, puts it into the outbox and sends it if the network may be used.
    /// The draft, if it was saved, is gone once the outbox has it.
    pub fn send(&mut self, _draft_id: Option<i64>, _draft: Draft, _allowed: &BTreeSet<Check>) -> DeskResult<SendOutcome> {
        Err(unbuilt())
    }

    pub fn outbox(&mut self) -> DeskResult<Vec<OutboxLine>> {
        Err(unbuilt())
    }

    /// Tries again; `anyway` sends a held one, and an uncertain one after its owner said so.
    pub fn outbox_retry(&mut self, _id: i64, _anyway: bool) -> DeskResult<SendOutcome> {
        Err(unbuilt())
    }

    pub fn outbox_cancel(&mut self, _id: i64) -> DeskResult<()> {
        Err(unbuilt())
    }

    /// Takes a mail back out of the outbox and makes it a draft again; the draft's id.
    pub fn outbox_edit(&mut self, _id: i64) -> DeskResult<i64> {
        Err(unbuilt())
    }

    pub fn templates(&mut self, _project: Option<&str>) -> DeskResult<Vec<(String, TemplateLine)>> {
        Err(unbuilt())
    }

    /// Problems of all templates, each with file, line and nearest name; empty when all is well.
    pub fn check_templates(&mut self) -> DeskResult<Vec<String>> {
        Err(unbuilt())
    }

    pub fn render_template(&mut self, _name: &str, _ticket: &TicketKey) -> DeskResult<String> {
        Err(unbuilt())
    }

    /// Agents that have acted on this desk or own tickets, sorted.
    pub fn agents(&mut self) -> DeskResult<Vec<String>> {
        Err(unbuilt())
    }

    /// One pass: mail in, openings and reopenings, due outbox, Sent copies.
    pub fn sync(&mut self, _progress: &mut dyn FnMut(Progress), _stop: &Waker) -> DeskResult<SyncReport> {
        Err(unbuilt())
    }

    /// Syncs, then waits for news and syncs again until `stop` is woken.
    pub fn watch(
        &mut self,
        _progress: &mut dyn FnMut(Progress),
        _report: &mut dyn FnMut(&Result<SyncReport, DeskError>),
        _stop: &Waker,
    ) -> DeskResult<()> {
        Err(unbuilt())
    }
}

fn unbuilt() -> DeskError {
    DeskError::Failed { what: "not built yet".into(), remedy: String::new() }
}
