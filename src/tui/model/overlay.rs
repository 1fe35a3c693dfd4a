//! Prompts, pickers and questions.

use crate::domain::{EventId, MessageId, TicketKey};
use crate::protocol::job::{Act, Decision};
use crate::tui::conversation::find::Find;
use crate::tui::input::LineInput;

/// What lies over a screen and takes the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    Prompt(Prompt),
    Picker(Picker),
    Confirm(Confirm),
    Report(Report),
}

/// What went wrong, item by item; any key closes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub title: String,
    pub lines: Vec<String>,
    pub scroll: usize,
}

/// One line to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub kind: PromptKind,
    pub input: LineInput,
    /// Where the text is wrong, in octets, and why.
    pub error: Option<(usize, usize, String)>,
    /// A completion that is being tried out.
    pub cycle: Option<Cycle>,
}

/// Completions of one word, one of which stands in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Where the word starts, in octets.
    pub start: usize,
    pub options: Vec<String>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// The path of a file to send along.
    Attach,
    Filter(BeforeFilter),
    Snooze(Vec<TicketKey>),
    Subject(Vec<TicketKey>),
    /// Addresses to be added and taken off.
    Participants(Vec<TicketKey>),
    SaveView,
    /// An action and its arguments.
    Command,
    /// Words in the conversation, with what was found and where the reader was before.
    Find(Box<(Option<Find>, usize, usize)>),
    /// A command for the text of a message, or for the mail as it came.
    Pipe {
        message: MessageId,
        raw: bool,
    },
}

/// What esc brings back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeforeFilter {
    pub view: usize,
    pub filter: Option<String>,
    pub selected: Option<TicketKey>,
    pub top: usize,
}

/// One of several to be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picker {
    pub kind: PickerKind,
    pub title: String,
    pub items: Vec<PickerItem>,
    pub input: LineInput,
    pub selected: usize,
    /// The choices that fit what was typed are still to come.
    pub loading: bool,
    /// Enter was pressed before they came: the first of them is chosen when they do, and further keys wait for that.
    pub is_chosen: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickerKind {
    Assignee(Vec<TicketKey>),
    Status(Vec<TicketKey>),
    Priority(Vec<TicketKey>),
    Tag(Vec<TicketKey>, Tagging),
    Project(Vec<TicketKey>),
    /// A project whose tickets are to be shown.
    GoProject,
    Merge(Vec<TicketKey>),
    Link(Vec<TicketKey>),
    /// The tickets this one is linked with.
    Unlink(TicketKey),
    Template(TicketKey),
    SendStatus,
    /// A template to put where the cursor is.
    Insert,
    /// The project to write as.
    Identity,
    /// A file to take off.
    Detach,
    /// Links, files and HTML of a message.
    Open(MessageId),
    /// The attachments of a message, so many.
    Save(MessageId, usize),
    Copy,
    /// Every action there is.
    Palette,
    Theme,
    /// The other tickets of this one's requester.
    Others(TicketKey),
    /// What may be done about this ticket.
    Suggestions(TicketKey),
}

impl PickerKind {
    /// Columns the picker takes where there is room.
    pub fn width(&self) -> u16 {
        match self {
            Self::Open(_) | Self::Suggestions(_) => 110,
            Self::Palette => 78,
            Self::Copy | Self::Save(..) | Self::Others(_) | Self::Unlink(_) => 76,
            _ => 56,
        }
    }

    /// The worker looks for what was typed; the items are what it found.
    pub fn is_search(&self) -> bool {
        matches!(self, Self::Merge(_) | Self::Link(_))
    }
}

/// What choosing a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// Adds it, or removes it where all have it.
    Toggle,
    Add,
    Remove,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickerItem {
    pub value: String,
    pub label: String,
    pub hint: String,
}

/// What is typed to choose nobody.
const NOBODY: [&str; 4] = ["-", "- nobody", "nobody", "none"];

impl Picker {
    /// The items that contain what was typed, case ignored: those that begin with it first.
    pub fn matches(&self) -> Vec<&PickerItem> {
        let wanted = self.input.text().trim().to_lowercase();
        if wanted.is_empty() || self.kind.is_search() {
            return self.items.iter().collect();
        }
        if self.kind == PickerKind::Palette {
            return crate::tui::palette::ranked(&self.items, self.input.text().trim());
        }
        let rank = |text: &str| match text.to_lowercase().find(&wanted) {
            Some(0) => Some(0),
            Some(_) => Some(1),
            None => None,
        };
        let best = |item: &PickerItem| match (&self.kind, item.value.as_str()) {
            // Somebody whose name is a part of the word must not lose a ticket by it.
            (PickerKind::Assignee(_), "-") => NOBODY.iter().any(|word| word.starts_with(&wanted)).then_some(0),
            _ => rank(&item.value).into_iter().chain(rank(&item.label)).min(),
        };
        let mut found: Vec<(i32, &PickerItem)> = self.items.iter().filter_map(|item| Some((best(item)?, item))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, item)| item).collect()
    }
}

/// A question with the harmless answer in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    pub question: String,
    pub remarks: Vec<String>,
    pub then: Confirmed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// One change to these tickets.
    Change(Vec<TicketKey>, Act),
    DropView(String),
    /// The person with this address.
    Forget(String),
    Quit,
    Discard,
    SendAnyway,
    /// The note becomes a public reply.
    MakePublic,
    /// A look at the changes that wait for a decision.
    Conflicts,
    Decide(Vec<(EventId, Decision)>),
    /// What the team's folder lacks is put back into it.
    RestoreLog,
    RetryAnyway(i64),
    CancelMail(i64),
}
