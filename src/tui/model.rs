//! Everything the screen knows. Changed by [`super::update()`] alone, drawn by [`super::view()`].

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::conversation::{ConversationLine, Folds, Page};
use super::input::LineInput;
use super::key::Key;
use super::keymap::{Keymap, Override};
use super::layout::{self, Layout};
use super::theme::Theme;
use crate::action::Scope;
use crate::domain::draft::{Draft, Objection};
use crate::domain::outbox::OutboxState;
use crate::domain::query::{Query, QueryContext, QueryError, Sort};
use crate::domain::ticket::TicketRow;
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::job::{Complaint, PageMark};
use crate::protocol::json::{OutboxLine, ShownTicket};

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
    /// Views of the configuration: name and query.
    pub views: Vec<(String, String)>,
    pub overrides: Vec<Override>,
    pub parse_query: ParseQuery,
    pub theme: Theme,
    pub offline: bool,
    /// What is odd about the configuration.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub desk: String,
    pub agent: String,
    pub now: Timestamp,
    pub zone: TimeZone,
    pub width: u16,
    pub height: u16,
    pub theme: Theme,
    pub keymap: Keymap,
    pub parse_query: ParseQuery,
    /// From the queue to what is seen now.
    pub screens: Vec<Screen>,
    pub queue: Queue,
    pub ticket: TicketScreen,
    pub composing: Option<Composing>,
    pub outbox: OutboxScreen,
    pub help: HelpScreen,
    pub overlay: Option<Overlay>,
    /// Keys of a sequence that is not complete.
    pub pending: Vec<Key>,
    pub toast: Option<Toast>,
    pub sync: SyncState,
    /// The last worker that died, and why.
    pub failed_worker: Option<String>,
    /// Whether the next `ctrl-c` quits.
    pub interrupted: bool,
    pub asked: BTreeMap<u64, Purpose>,
    pub last_id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Queue,
    Ticket,
    Review,
    Outbox,
    Help,
}

/// What an answer is for. Of those for reading only the newest request counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    List,
    More,
    Counts,
    Preview,
    Conversation,
    Outbox,
    Choices,
    Act,
    Seen,
    Begin,
    Save,
    Review,
    Discard,
    Send,
    Sync,
}

/// One tab over the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewTab {
    pub name: String,
    pub query: String,
    pub count: Option<u64>,
}

/// The list of tickets and its preview.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub views: Vec<ViewTab>,
    pub view: usize,
    /// A query of the moment, instead of the view's own.
    pub filter: Option<String>,
    pub sort: Sort,
    pub rows: Vec<TicketRow>,
    pub next: Option<PageMark>,
    pub selected: Option<TicketKey>,
    /// The first row on the screen.
    pub top: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
    pub preview: Preview,
}

/// The conversation beside or below the list.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub hidden: bool,
    pub ticket: Option<Box<ShownTicket>>,
    pub lines: Vec<ConversationLine>,
    pub scroll: usize,
}

/// One ticket, to be read.
#[derive(Clone, Debug, Default)]
pub struct TicketScreen {
    pub key: Option<TicketKey>,
    pub shown: Option<Box<ShownTicket>>,
    pub folds: Folds,
    pub lines: Vec<ConversationLine>,
    pub scroll: usize,
    /// The message keys are about.
    pub focus: usize,
    pub error: Option<Complaint>,
}

/// A reply on its way from `r` to sent.
#[derive(Clone, Debug)]
pub struct Composing {
    pub draft: Draft,
    pub draft_id: Option<i64>,
    /// The text the draft began with: unchanged means nothing was written.
    pub begun_with: String,
    pub stage: Stage,
    /// The text as the recipient will read it.
    pub text: String,
    pub objections: Vec<Objection>,
    pub remarks: Vec<String>,
    pub scroll: usize,
    /// The agent wants to leave as soon as the draft is saved.
    pub leaving: bool,
    pub error: Option<Complaint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The worker prepares the draft.
    Beginning,
    /// The editor has the terminal.
    Editing,
    /// The worker renders what would be sent.
    Preparing,
    Ready,
    Sending,
}

#[derive(Clone, Debug, Default)]
pub struct OutboxScreen {
    pub lines: Vec<OutboxLine>,
    pub selected: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
}

#[derive(Clone, Debug)]
pub struct HelpScreen {
    /// The screen that is explained.
    pub about: Scope,
    pub scroll: usize,
}

/// What lies over a screen and takes the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    Prompt(Prompt),
    Picker(Picker),
    Confirm(Confirm),
}

/// One line to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub kind: PromptKind,
    pub input: LineInput,
    /// Where the text is wrong, in octets, and why.
    pub error: Option<(usize, usize, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// With the filter as it was before.
    Filter(Option<String>),
    Tags(TicketKey),
    Note(TicketKey),
}

/// One of several to be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picker {
    pub kind: PickerKind,
    pub title: String,
    pub items: Vec<PickerItem>,
    pub input: LineInput,
    pub selected: usize,
    pub loading: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickerKind {
    Assignee(TicketKey),
    Status(TicketKey),
    Priority(TicketKey),
    Template(TicketKey),
    SendStatus,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickerItem {
    pub value: String,
    pub label: String,
    pub hint: String,
}

impl Picker {
    /// The items that contain what was typed, case ignored.
    pub fn matches(&self) -> Vec<&PickerItem> {
        let wanted = self.input.text().trim().to_lowercase();
        let found =
            |item: &&PickerItem| wanted.is_empty() || item.value.to_lowercase().contains(&wanted) || item.label.to_lowercase().contains(&wanted);
        self.items.iter().filter(found).collect()
    }
}

/// A question with the harmless answer in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    pub question: String,
    pub remarks: Vec<String>,
    pub then: Confirmed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    Quit,
    Discard,
    SendAnyway,
}

/// A word on what just happened; stays until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub tone: Tone,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Hint,
    Bad,
}

#[derive(Clone, Debug, Default)]
pub struct SyncState {
    /// `--offline`.
    pub never: bool,
    pub running: Option<Running>,
    pub last_success: Option<Timestamp>,
    /// Kept until a sync succeeds, with the time of the first failure.
    pub failed: Option<(Timestamp, Complaint)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub what: String,
    pub done: u64,
    pub total: u64,
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
            Screen::Review => Scope::Review,
            Screen::Outbox => Scope::Outbox,
            Screen::Help => Scope::Help,
        }
    }

    pub fn layout(&self) -> Layout {
        layout::of(self.width, self.height, self.queue.preview.hidden)
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

    /// Whether an answer of this purpose is under way.
    pub fn awaits(&self, purpose: &Purpose) -> bool {
        self.asked.values().any(|asked| asked == purpose)
    }
}

impl Queue {
    pub fn index(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| row.key == *selected)
    }

    pub fn row(&self) -> Option<&TicketRow> {
        self.rows.get(self.index()?)
    }
}

impl OutboxScreen {
    /// Mail that has not left the house.
    pub fn waiting(&self) -> usize {
        self.lines.iter().filter(|line| line.state != OutboxState::Sent).count()
    }
}
