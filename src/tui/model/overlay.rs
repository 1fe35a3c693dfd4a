//! Prompts, pickers and questions.

use crate::domain::{MessageId, TicketKey};
use crate::tui::conversation::find::Find;
use crate::tui::input::LineInput;

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
    Tags(Vec<TicketKey>),
    Note(Vec<TicketKey>),
    /// Words in the conversation, with what was found and where the reader was before.
    Find(Box<(Option<Find>, usize, usize)>),
    /// A command for the text of a message, or for the mail as it came.
    Pipe {
        message: MessageId,
        raw: bool,
    },
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
    Assignee(Vec<TicketKey>),
    Status(Vec<TicketKey>),
    Priority(Vec<TicketKey>),
    Template(TicketKey),
    SendStatus,
    /// Links, files and HTML of a message.
    Open(MessageId),
    /// The attachments of a message, so many.
    Save(MessageId, usize),
    Copy,
    /// The other tickets of this one's requester.
    Others(TicketKey),
}

impl PickerKind {
    /// Columns the picker takes where there is room.
    pub fn width(&self) -> u16 {
        match self {
            Self::Open(_) => 110,
            Self::Copy | Self::Save(..) | Self::Others(_) => 76,
            _ => 56,
        }
    }
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
