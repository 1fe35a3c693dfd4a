//! What postdesk can be told to do: the orders, and the words that choose between their forms.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::Shell;

use crate::domain::draft::Check;
use crate::domain::id::TicketName;
use crate::domain::query::Sort;
use crate::domain::ticket::{Priority, Status};
use crate::domain::{Address, EventId};

/// The options that stand before any command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globals {
    pub config: Option<PathBuf>,
    pub desk: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub agent: Option<String>,
    pub offline: bool,
}

/// One run of postdesk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    pub globals: Globals,
    pub order: Order,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// No command: the screen.
    Screen,
    Demo(DemoOrder),
    Sync {
        watch: bool,
        restore_log: bool,
        json: bool,
    },
    List(ListOrder),
    Show {
        ticket: TicketName,
        form: ShowForm,
    },
    Reply {
        ticket: TicketName,
        status: Option<Status>,
        mail: MailOrder,
    },
    Forward {
        ticket: TicketName,
        mail: MailOrder,
    },
    New {
        project: String,
        subject: String,
        mail: MailOrder,
    },
    Change {
        tickets: Vec<TicketName>,
        change: ChangeOrder,
    },
    Note {
        ticket: TicketName,
        body: BodySource,
        /// The note that is corrected instead: its place, or its id.
        edit: Option<String>,
    },
    Split {
        ticket: TicketName,
        /// Its place in the ticket, or its Message-ID.
        message: String,
    },
    Apply {
        tickets: Vec<TicketName>,
        /// Nothing: every change of these tickets that was not applied.
        event: Option<EventId>,
        /// They stay as they are instead.
        leave: bool,
    },
    Forget {
        address: String,
        /// Nobody is asked first.
        yes: bool,
    },
    Undo(Option<EventId>),
    Redo,
    Outbox(OutboxOrder),
    Drafts(DraftsOrder),
    Templates(TemplatesOrder),
    Parse {
        files: Vec<BodySource>,
        json: bool,
    },
    Import {
        archives: Vec<BodySource>,
        json: bool,
    },
    Export(ExportOrder),
    Doctor {
        json: bool,
    },
    Completions(Shell),
    Man,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOrder {
    /// As typed, words joined by a blank; empty: everything.
    pub query: String,
    pub format: ExportFormat,
    /// `None`: standard output.
    pub output: Option<PathBuf>,
    /// Placeholders instead of people.
    pub redact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Mbox,
    Json,
    Csv,
    Markdown,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoOrder {
    pub messages: Option<u32>,
    pub seed: Option<u64>,
    pub dir: Option<PathBuf>,
    pub fresh: bool,
    pub command: Vec<OsString>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOrder {
    /// As typed, words joined by a blank.
    pub query: String,
    pub sort: Sort,
    pub limit: u32,
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowForm {
    Text,
    Raw,
    Headers,
    Json,
}

/// What `reply` and `new` have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailOrder {
    /// The mail of the ticket it is about: its place, or its Message-ID.
    pub message: Option<String>,
    pub template: Option<String>,
    pub body: Option<BodySource>,
    pub attach: Vec<PathBuf>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub allow: BTreeSet<Check>,
    /// Nobody is asked about a crowd.
    pub yes: bool,
    pub fate: Fate,
}

/// What becomes of a mail once it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// Kept for review.
    #[default]
    Draft,
    /// Printed and forgotten.
    DryRun,
    Send,
}

/// Where a text is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodySource {
    Stdin,
    File(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOrder {
    AssignMe,
    Assign(Option<String>),
    Status(Status),
    Priority(Priority),
    Tag {
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// As typed: what it means depends on the clock.
    Snooze(String),
    Project(String),
    Subject(String),
    Merge(TicketName),
    Link(TicketName),
    Unlink(TicketName),
    Participant {
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// A ticket or an address; nothing means the surest.
    Accept(Option<String>),
    Dismiss(Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxOrder {
    List { json: bool },
    Show { id: i64, json: bool },
    Retry { id: i64, anyway: bool },
    Cancel(i64),
    Edit(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftsOrder {
    List { json: bool },
    Show(i64),
    Send { id: i64, allow: BTreeSet<Check>, yes: bool },
    Recover(i64),
    Discard(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatesOrder {
    List { project: Option<String>, json: bool },
    Check,
    Render { name: String, ticket: TicketName },
}

/// So many tickets are listed unless it is said otherwise.
pub const DEFAULT_LIMIT: u32 = 50;

pub const SORTS: [(&str, Sort); 8] = [
    ("updated", Sort::Updated),
    ("created", Sort::Created),
    ("priority", Sort::Priority),
    ("number", Sort::Number),
    ("waiting", Sort::Waiting),
    ("status", Sort::Status),
    ("assignee", Sort::Assignee),
    ("requester", Sort::Requester),
];

pub const FORMATS: [(&str, ExportFormat); 4] =
    [("mbox", ExportFormat::Mbox), ("json", ExportFormat::Json), ("csv", ExportFormat::Csv), ("markdown", ExportFormat::Markdown)];

pub const SHELLS: [(&str, Shell); 5] =
    [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish), ("elvish", Shell::Elvish), ("powershell", Shell::PowerShell)];
