//! The configuration file: TOML read once into values that are known to be right.

mod desk;
mod notify;
mod problem;
mod project;
mod read;
pub mod reference;
pub mod secret;
mod section;
mod server;
mod ui;
mod value;

use std::path::PathBuf;
use std::time::Duration;

pub use notify::Notify;
pub use problem::{ConfigError, Problem};
pub use read::{default_path, load, parse};
pub use ui::{AfterAction, Theme, Ui};

use crate::domain::project::Project;

/// Everything the file says, checked.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub path: PathBuf,
    pub agent: Agent,
    /// In the order of the file.
    pub desks: Vec<DeskConfig>,
    pub views: Vec<View>,
    /// Scope (`list`, `ticket`, …) → key → command line.
    pub keys: Vec<KeyOverride>,
    pub sending: Sending,
    pub ui: Ui,
    pub outside: Outside,
    pub notify: Notify,
    /// Unknown keys and the like: reported, not fatal.
    pub warnings: Vec<String>,
}

/// `[send]`: how mail is written and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// So long a mail can be called back on the screen.
    pub undo_window: Duration,
    /// Texts are written in `$VISUAL` or `$EDITOR` from the start.
    pub external_editor: bool,
}

impl Default for Sending {
    fn default() -> Self {
        Self { undo_window: Duration::from_secs(10), external_editor: false }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// The short name, e.g. `ana`.
    pub name: String,
    /// What customers see; the short name when not set.
    pub display: String,
    pub address: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskConfig {
    pub name: String,
    pub source: Source,
    pub smtp: Option<Smtp>,
    /// The address of the shared mailbox itself (the IMAP user, if that is one).
    pub mailbox: String,
    pub folders: Folders,
    pub authserv_id: Option<String>,
    pub archive_on_solve: bool,
    pub junk_on_spam: bool,
    pub projects: Vec<ProjectConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Imap(Server),
    Maildir(PathBuf),
}

/// How a server is reached and logged in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
    pub user: String,
    pub secret: SecretSource,
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    Implicit,
    /// Mandatory: a server that does not offer it is refused.
    StartTls,
    /// Only for loopback.
    None,
}

/// Where the password or token comes from. Never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    Command(String),
    File(PathBuf),
    /// A command that prints an OAuth token (XOAUTH2).
    TokenCommand(String),
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Smtp {
    Server(Server),
    /// `sendmail`-like: reads the message on standard input.
    Command(Vec<String>),
    /// Delivers into folders of a Maildir tree: the demo's way, where no mail leaves.
    Folders(PathBuf),
}

/// Folder names; `None` means: find it by its special use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    pub inbox: Vec<String>,
    pub sent: Option<String>,
    pub archive: Option<String>,
    pub junk: Option<String>,
    /// `None`: no shared log.
    pub team: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectConfig {
    pub project: Project,
    /// Existing or not; `~` and relative paths are resolved against the file's folder.
    pub templates: Vec<PathBuf>,
    pub acknowledge: bool,
    pub ticket_template: Option<String>,
    pub on_new: Vec<String>,
    pub first_response: Option<Duration>,
}

/// `[outside]`: what is handed to other programs, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Program and arguments that open a link or a file; `None`: the platform's own.
    pub opener: Option<Vec<String>>,
    /// Where attachments are saved; `None`: the download folder.
    pub downloads: Option<PathBuf>,
    pub clipboard: Clipboard,
}

/// How text gets into the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clipboard {
    /// By what seems to work here.
    #[default]
    Auto,
    /// By a program such as `wl-copy` or `xclip`.
    Native,
    /// By the terminal (OSC 52).
    Osc52,
    /// By the terminal outside tmux, through tmux's passthrough.
    Osc52Tmux,
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: String,
    pub query: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOverride {
    pub scope: String,
    pub key: String,
    pub command: String,
    /// 1-based line in the file, for reports.
    pub line: usize,
}

#[cfg(test)]
mod tests;
