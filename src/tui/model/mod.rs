//! Everything the screen knows. Changed by [`crate::tui::update()`] alone, drawn by [`crate::tui::view()`].

mod act;
mod command;
mod compose;
mod conflicts;
mod held;
mod help;
mod jobs;
mod outbox;
mod overlay;
mod queue;
mod settings;
mod source;
mod status;
mod ticket;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

pub use act::*;
pub use command::*;
pub use compose::*;
pub use conflicts::*;
pub use held::*;
pub use help::*;
pub use jobs::*;
pub use outbox::*;
pub use overlay::*;
pub use queue::*;
pub use settings::*;
pub use source::*;
pub use status::*;
pub use ticket::*;

use crate::action::Scope;
use crate::domain::draft::Check;
use crate::domain::query::{Query, QueryContext, QueryError};
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::answer::{KnownWords, ProjectLine, RenderedTemplate};
use crate::protocol::job::Act;
use crate::tui::chrome::Chrome;
use crate::tui::conversation::Page;
use crate::tui::key::Key;
use crate::tui::keymap::Keymap;
use crate::tui::layout::{self, Layout};
use crate::tui::pointer::Target;
use crate::tui::theme::Theme;

/// Reads a query as the language defines it.
pub type ParseQuery = fn(&str, &QueryContext) -> Result<Query, QueryError>;

/// What a screen is opened with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub desk: String,
    pub agent: String,
    pub now: Timestamp,
    pub zone: TimeZone,
    pub width: u16,
    pub height: u16,
    pub projects: Vec<ProjectTab>,
    pub settings: Settings,
    pub parse_query: ParseQuery,
    pub offline: bool,
    /// The folder in which the log lies.
    pub log_folder: std::path::PathBuf,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub desk: String,
    pub agent: String,
    pub now: Timestamp,
    pub zone: TimeZone,
    pub width: u16,
    pub height: u16,
    /// As the configuration was read last.
    pub configured: Box<Settings>,
    /// As the agent has it now.
    pub look: Look,
    pub theme: Theme,
    pub keymap: Keymap,
    pub parse_query: ParseQuery,
    /// From the queue to what is seen now.
    pub screens: Vec<Screen>,
    pub queue: Queue,
    pub projects: Vec<ProjectTab>,
    pub after_action: AfterAction,
    pub chrome: Chrome,
    /// Words of this desk, for completion.
    pub known: KnownWords,
    /// A change to many tickets that is being made.
    pub bulk: Option<Bulk>,
    /// The time a ticket was last put to sleep until.
    pub last_snooze: Option<String>,
    pub commands: Commands,
    pub ticket: TicketScreen,
    pub habits: Habits,
    pub composing: Option<Composing>,
    /// The screen goes; colleagues have been told that nothing is written here any more.
    pub is_closing: bool,
    /// The ticket of which colleagues were told that it is being answered here, and when.
    pub replying_to: Option<(TicketKey, Timestamp)>,
    /// Checks the agent overrode for the mail that is being handed over.
    pub allowed: BTreeSet<Check>,
    /// Mails that can still be called back.
    pub departing: Vec<Departing>,
    /// The template a picker points at, filled in.
    pub template_preview: Option<Box<RenderedTemplate>>,
    pub drafts: DraftsScreen,
    /// Who can be written as, once asked.
    pub identities: Vec<ProjectLine>,
    pub outbox: OutboxScreen,
    pub conflicts: ConflictScreen,
    pub held: HeldScreen,
    pub jobs: Jobs,
    pub help: HelpScreen,
    pub source: SourceScreen,
    /// Where attachments are saved.
    pub downloads: std::path::PathBuf,
    /// The folder in which the log lies.
    pub log_folder: std::path::PathBuf,
    pub overlay: Option<Overlay>,
    /// Keys of a sequence that is not complete.
    pub pending: Vec<Key>,
    /// Keys about something that is still being read in, in order.
    pub ahead: std::collections::VecDeque<Key>,
    /// Whether the keys that can follow are shown.
    pub which_key: bool,
    pub toast: Option<Toast>,
    pub sync: SyncState,
    /// Whether the next `ctrl-c` quits.
    pub interrupted: bool,
    /// What was clicked last; a second click on it opens it.
    pub clicked: Option<Target>,
    /// The only timers there are: without one, the runtime sleeps until something happens.
    pub alarms: BTreeMap<Alarm, Timestamp>,
    pub asked: BTreeMap<u64, Purpose>,
    pub last_id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Queue,
    Ticket,
    Compose,
    Review,
    Drafts,
    Outbox,
    Conflicts,
    /// A held mail beside what came in between.
    Held,
    Jobs,
    Help,
    /// A page of plain text.
    Source,
}

/// What an answer is for. Of those for reading only the newest request counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    List,
    More,
    Counts,
    /// When the next snoozed ticket wakes.
    Wake,
    /// Which of the tickets in sight something is suggested for.
    Related(Vec<TicketKey>),
    /// What is suggested for a ticket, to be chosen from.
    Suggestions,
    /// What a ticket is linked with, to be chosen from.
    Links,
    /// All that a query matches, to be marked.
    Mark,
    Known,
    Preview,
    Conversation,
    Texts,
    Headers,
    Source,
    /// A mail as it came, for a command.
    PipeSource(String),
    Others,
    Saved,
    Aside,
    Outbox,
    Conflicts,
    Decide,
    Choices,
    Contacts,
    Paths,
    TemplatePreview,
    Drafts,
    /// A change, or one that was taken back or made again.
    Act(Option<Act>),
    /// A change behind which the cursor may go on.
    ActAndGo(Act),
    /// A batch of a change to many tickets.
    Bulk,
    /// A view to be kept.
    SaveView(ViewTab),
    /// One to be taken away.
    DropView(String),
    Seen,
    Begin,
    Save,
    Review,
    Discard,
    TellReplying,
    /// A held mail beside what came in between.
    Held,
    /// Who else is at the ticket that is being answered.
    Company,
    Insert,
    Attach,
    WriteNote,
    /// A draft, or a mail of the outbox, is opened for writing.
    Open,
    Schedule,
    Send,
    /// A mail leaves on its own: the first of its recipients.
    Depart {
        id: i64,
        to: String,
    },
    Sync,
}

impl Model {
    pub fn screen(&self) -> Screen {
        self.screens.last().copied().unwrap_or(Screen::Queue)
    }

    /// Where the keys of the screen are looked up.
    pub fn scope(&self) -> Scope {
        match self.screen() {
            Screen::Queue => Scope::List,
            Screen::Ticket => Scope::Ticket,
            Screen::Compose => Scope::Compose,
            Screen::Review => Scope::Review,
            Screen::Drafts => Scope::Drafts,
            Screen::Conflicts => Scope::Conflicts,
            Screen::Outbox | Screen::Held => Scope::Outbox,
            Screen::Jobs => Scope::Jobs,
            Screen::Help => Scope::Help,
            Screen::Source => Scope::Source,
        }
    }

    pub fn layout(&self) -> Layout {
        layout::of(self.width, self.height, self.queue.preview.place)
    }

    /// The page the conversation is laid out for.
    pub fn page(&self, width: u16) -> Page<'_> {
        Page { width: usize::from(width), now: self.now, zone: &self.zone }
    }

    pub fn query_context(&self) -> QueryContext {
        QueryContext { agent: self.agent.clone(), now: self.now }
    }

    /// The query of the list as text: the filter, else the view's.
    pub fn query_text(&self) -> &str {
        let view = self.queue.views.get(self.queue.view).map_or("", |view| view.query.as_str());
        self.queue.filter.as_deref().unwrap_or(view)
    }

    /// The time of day, with the date if that is another one.
    pub fn clock(&self, at: Timestamp) -> String {
        self.clock_as(at, "%H:%M")
    }

    pub fn clock_with_seconds(&self, at: Timestamp) -> String {
        self.clock_as(at, "%H:%M:%S")
    }

    fn clock_as(&self, at: Timestamp, clock: &str) -> String {
        let (local, today) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()).date());
        let date = if local.date() == today { String::new() } else { format!("{} ", local.strftime("%d %b")) };
        format!("{date}{}", local.strftime(clock))
    }

    /// When the runtime has to wake the model at the latest; `None` lets it sleep.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.values().min().copied()
    }

    /// Whether the agent is in the middle of typing: what asks for a word of his now would be answered by a key
    /// that means something else.
    pub fn has_keys_waiting(&self) -> bool {
        !self.pending.is_empty() || !self.ahead.is_empty()
    }

    /// Whether an answer of this purpose is under way.
    pub fn awaits(&self, purpose: &Purpose) -> bool {
        self.asked.values().any(|asked| asked == purpose)
    }
}
