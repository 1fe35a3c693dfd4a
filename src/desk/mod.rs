//! What an action does, without any user interface: the one code path of the
//! command line and the screen.

mod act;
mod apply;
mod arbitrate;
pub mod archive;
mod backlog;
mod beacon;
mod bulk;
mod claims;
mod company;
mod compare;
mod conflicts;
pub mod doctor;
mod drafting;
mod ear;
mod elsewhere;
mod files;
mod forget;
mod held_back;
mod listen;
mod log_trouble;
mod log_words;
mod mirror;
mod network;
mod notes;
mod noticed;
mod onlooker;
mod outgoing;
mod parked;
mod past;
mod read;
mod reading;
mod reply;
mod sync;
mod team;
mod template;
mod told;
mod undo;
pub mod views;
mod visit;
mod wake;
mod watch;
mod words;

use std::borrow::Cow;
use std::path::PathBuf;

pub use claims::Claimed;
pub use onlooker::Seen;
pub use past::PastAct;

use crate::config::{Agent, DeskConfig, ProjectConfig};
pub use crate::domain::draft::DraftLine;
pub use drafting::paths_like;

use crate::domain::draft::Draft;
use crate::domain::query::QueryContext;
use crate::domain::{EventId, TicketKey, Timestamp};
use crate::protocol::answer::KnownWords;
use crate::protocol::json::SyncReport;
use crate::store::events::Author;
use crate::store::{Stamp, Store, StoreError, StorePaths};
use crate::sync::pass::FolderRefused;
use crate::sync::prepare::DeskContext;
use crate::sync::source::Glance;
use onlooker::Onlooker;

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
    store: Store,
    context: DeskContext,
    /// The folder of the team's log as it was when it was last read; `None` when it could not be followed.
    followed: Option<Glance>,
    /// The folders of mail that the last pass read.
    reads: Vec<String>,
    onlooker: Onlooker,
    /// There is somebody who can be asked before changes that have lost are shared.
    asks: bool,
    /// What waits because the server did not take it a moment ago.
    held_back: held_back::HeldBack,
    /// It is tried again by itself.
    watches: bool,
    /// The words for completion, and what the files were like then.
    words: Option<(Stamp, KnownWords)>,
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

/// How far a sync has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// For example `INBOX`, `outbox`.
    pub what: String,
    pub done: u64,
    pub total: u64,
    pub bytes: u64,
}

/// What whoever keeps a desk up to date tells of it.
#[derive(Debug)]
pub enum Watched<'a> {
    Progress(Progress),
    /// A pass is over, or there was no connection for one.
    Ended(Result<&'a SyncReport, &'a DeskError>),
    /// A look has shown that nothing is new, at this moment.
    Unchanged(Timestamp),
    /// After trouble: when it is tried again.
    NextTry(Timestamp),
    /// While that is waited for: what other processes have done to the files.
    Seen(Seen),
}

/// What went wrong with an action. `Display` says what and why; [`DeskError::remedy`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// What is not there, and how to find out what is.
    #[error("{what}")]
    NotFound { what: String, remedy: Cow<'static, str> },
    /// Wrong word, field, project: the command line's exit code 2.
    #[error("{what}")]
    Usage { what: String, remedy: Cow<'static, str> },
    /// Somebody else was first.
    #[error("{0}")]
    Conflict(String),
    /// Offline, or the server said no.
    #[error("{what}")]
    Server { what: String, remedy: String },
    /// An inbox that the server would not let be read.
    #[error(transparent)]
    Inbox(FolderRefused),
    /// A newer question made this one pointless.
    #[error("given up for a newer question")]
    Interrupted,
    #[error("{what}")]
    Failed { what: String, remedy: String },
}

impl DeskError {
    pub fn remedy(&self) -> &str {
        match self {
            Self::Conflict(_) | Self::Interrupted => "",
            Self::NotFound { remedy, .. } | Self::Usage { remedy, .. } => remedy,
            Self::Server { remedy, .. } | Self::Failed { remedy, .. } => remedy,
            Self::Inbox(_) => "Everything else was done. Check `folders` in the desk's configuration, or create the folder on the server.",
        }
    }

    fn usage(what: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self::Usage { what: what.into(), remedy: remedy.into() }
    }

    fn no_address(text: &str) -> Self {
        Self::usage(format!("`{text}` is no address"), "Write it like name@example.org.")
    }

    fn no_ticket(what: String) -> Self {
        Self::NotFound { what, remedy: "`postdesk list` shows the tickets there are; one of new mail comes with the next `postdesk sync`.".into() }
    }

    fn no_message(what: String) -> Self {
        Self::NotFound { what, remedy: "`postdesk show N` lists the mails of a ticket, the oldest first.".into() }
    }

    fn no_event(what: String) -> Self {
        Self::NotFound { what, remedy: "`postdesk show N --json` prints the ids of a ticket's events.".into() }
    }

    fn no_suggestion(what: String) -> Self {
        Self::NotFound { what, remedy: "`postdesk show N` prints what is suggested for a ticket.".into() }
    }

    /// 1 failed, 2 usage, 3 not found, 4 offline or refused by the server, 5 conflict.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed { .. } | Self::Interrupted => 1,
            Self::Usage { .. } => 2,
            Self::NotFound { .. } => 3,
            Self::Server { .. } | Self::Inbox(_) => 4,
            Self::Conflict(_) => 5,
        }
    }
}

pub type DeskResult<T> = Result<T, DeskError>;

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Interrupted => Self::Interrupted,
            error => Self::Failed { what: error.to_string(), remedy: error.remedy().to_owned() },
        }
    }
}

impl Desk {
    /// Opens, and on first use creates, the desk's files.
    ///
    /// # Errors
    /// The files cannot be made, opened or brought up to date.
    pub fn open(setup: DeskSetup) -> DeskResult<Self> {
        let paths = StorePaths { data: setup.places.data.clone(), cache: setup.places.cache.clone() };
        let context = DeskContext {
            mailbox: setup.desk.mailbox.clone(),
            projects: setup.desk.projects.iter().map(|project| project.project.clone()).collect(),
            authserv_id: setup.desk.authserv_id.clone(),
        };
        let open = if setup.desk.folders.team.is_some() { Store::open_shared } else { Store::open };
        let mut store = open(&setup.desk.name, paths)?;
        store.set_own_addresses(&context.own_addresses())?;
        Ok(Self {
            setup,
            store,
            context,
            followed: None,
            reads: Vec::new(),
            onlooker: Onlooker::default(),
            asks: false,
            held_back: held_back::HeldBack::default(),
            watches: false,
            words: None,
        })
    }

    pub fn name(&self) -> &str {
        &self.setup.desk.name
    }

    /// Says that nobody waits for this desk's answers: it makes do with little memory.
    ///
    /// # Errors
    /// A file does not obey.
    pub fn stand_aside(&mut self) -> DeskResult<()> {
        Ok(self.store.stand_aside()?)
    }

    pub fn agent(&self) -> &Agent {
        &self.setup.agent
    }

    pub fn projects(&self) -> &[ProjectConfig] {
        &self.setup.desk.projects
    }

    /// Where a damaged cache was moved to when the desk was opened; a sync rebuilds it.
    pub fn cache_set_aside(&self) -> Option<&std::path::Path> {
        self.store.set_aside()
    }

    /// What ends a search of this desk from another thread.
    pub fn interrupter(&self) -> crate::store::Interrupter {
        self.store.interrupter()
    }

    /// What `me` and `<7d` mean in a query.
    pub fn query_context(&self, now: Timestamp) -> QueryContext {
        QueryContext { agent: self.setup.agent.name.clone(), now }
    }

    fn cannot_send(&self) -> DeskError {
        let name = self.name();
        DeskError::usage(format!("desk `{name}` cannot send"), format!("Write smtp = {{ host = \"…\" }} into [desk.{name}]."))
    }

    /// The project of a name.
    fn project(&self, id: &str) -> DeskResult<&ProjectConfig> {
        let known = || self.setup.desk.projects.iter().map(|project| project.project.id.as_str());
        self.setup.desk.projects.iter().find(|project| project.project.id == id).ok_or_else(|| {
            let nearest = crate::domain::words::nearest(id, known()).map(|nearest| format!("Did you mean `{nearest}`? ")).unwrap_or_default();
            DeskError::usage(format!("there is no project `{id}`"), format!("{nearest}One of: {}.", known().collect::<Vec<_>>().join(", ")))
        })
    }

    /// The project of a ticket; the default one when its own has left the configuration.
    fn project_or_default(&self, id: &str) -> DeskResult<&ProjectConfig> {
        let projects = &self.setup.desk.projects;
        let found = projects
            .iter()
            .find(|project| project.project.id == id)
            .or_else(|| projects.iter().find(|project| project.project.is_default))
            .or_else(|| projects.first());
        found.ok_or_else(|| DeskError::usage(format!("desk `{}` has no project", self.name()), "Add a [project.NAME] section to the configuration."))
    }

    fn author(&self) -> Author<'static> {
        Author { agent: self.setup.agent.name.clone().into(), now: Timestamp::now() }
    }
}
