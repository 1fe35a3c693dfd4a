//! What the screen does when an action runs: the registry's names as values.
//!
//! [`super::update()`] matches on [`Verb`] exhaustively, so an action without a handler
//! does not compile or fails the test in `named`.

mod named;

use super::model::Field;
use super::theme::ThemeName;
use crate::domain::EventId;
use crate::domain::query::Sort;
use crate::domain::ticket::{Priority, Status};
use crate::protocol::job::Decision;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Move(Motion),
    Open,
    Filter,
    /// The filter, over all tickets there are.
    Search,
    /// On to the next ticket the filter has found, or back.
    StepMatch(i32),
    Mark,
    MarkRange,
    MarkAll,
    Sort(Sort),
    Find,
    Headers,
    Source,
    Why,
    OpenOutside,
    SaveFiles,
    Copy,
    CopyAddress,
    Pipe,
    Others,
    Split,
    StepFound(i32),
    TogglePreview,
    PlacePreview,
    NextPane,
    ScrollPreview(i32),
    StepView(i32),
    View(usize),
    NamedView(String),
    /// Without a name: by the prompt.
    SaveView(Option<String>),
    DropView(String),
    GoProject,
    ReadOn,
    ReadBack,
    ShowMore,
    StepMessage(i32),
    StepTicket(i32),
    StepWaiting(i32),
    Fold,
    FoldAll,
    Quotes,
    Reply {
        sender_only: bool,
        template: Option<String>,
    },
    ReplyFromTemplate,
    /// Without a name: by the picker.
    Assign(Option<Assignee>),
    Status(Option<Status>),
    Priority(Option<Priority>),
    /// Without changes: by the prompt.
    Tag(Vec<String>),
    TagAdd,
    TagRemove,
    Snooze(SnoozeTo),
    /// Without a project: by the picker.
    MoveTo(Option<String>),
    /// By the picker, in which this is typed already.
    Merge(String),
    Link(String),
    Unlink,
    /// What was not applied to the tickets is made all the same.
    ApplyAnyway,
    /// Without changes: by the prompt.
    Participant(Vec<String>),
    Subject(String),
    /// Without an address: the requester.
    Forget(Option<String>),
    Note(String),
    /// The note in focus is corrected.
    EditNote,
    New,
    Forward,
    ToReview,
    StepField(i32),
    EditField(Field),
    EditExternally,
    InsertTemplate,
    CompletePerson,
    LeaveDraft,
    /// Takes typing back, or does it again.
    UndoTyping(bool),
    Attach,
    Detach,
    AsReceived,
    ToggleNote,
    Identity,
    Drafts,
    OpenDraft,
    DiscardSaved,
    RecoverDraft,
    RetryMail,
    CompareMail,
    EditMail,
    CancelMail,
    Conflicts,
    OpenConflict,
    Decide(Decision),
    DecideAll(Decision),
    Jobs,
    OpenJob,
    RetryJob,
    CancelJob,
    DismissJob,
    DismissJobs,
    OpenLog,
    /// Without an event: the newest change.
    Undo(Option<EventId>),
    Redo,
    Suggestions,
    AcceptSurest,
    DismissSurest,
    Signals,
    Repeat,
    Palette,
    /// From the help: an action of the screen that is explained.
    FindAction,
    CommandLine,
    Send,
    SendAndSet,
    EditAgain,
    KeepDraft,
    DiscardDraft,
    Outbox,
    Reload,
    SyncNow,
    Mouse,
    /// Without a name: by the picker.
    Theme(Option<ThemeName>),
    Help,
    Quit,
    Back,
    Interrupt,
    Suspend,
    Repaint,
}

impl Verb {
    /// Whether it moves among the messages of a ticket, or does something with the one in focus.
    pub fn is_about_messages(&self) -> bool {
        matches!(
            self,
            Self::Move(_)
                | Self::ReadOn
                | Self::ReadBack
                | Self::ShowMore
                | Self::StepMessage(_)
                | Self::Fold
                | Self::FoldAll
                | Self::Quotes
                | Self::Headers
                | Self::Source
                | Self::Why
                | Self::Signals
                | Self::Find
                | Self::StepFound(_)
                | Self::OpenOutside
                | Self::SaveFiles
                | Self::Copy
                | Self::CopyAddress
                | Self::Pipe
                | Self::Split
                | Self::Reply { .. }
                | Self::ReplyFromTemplate
                | Self::Forward
                | Self::EditNote
        )
    }

    /// Whether it moves among the tickets of a list, or does something with the one at hand or the marked ones.
    pub fn is_about_tickets(&self) -> bool {
        matches!(
            self,
            Self::Move(_)
                | Self::Open
                | Self::StepMatch(_)
                | Self::Mark
                | Self::MarkRange
                | Self::MarkAll
                | Self::ScrollPreview(_)
                | Self::StepTicket(_)
                | Self::StepWaiting(_)
                | Self::Copy
                | Self::CopyAddress
                | Self::Others
                | Self::Reply { .. }
                | Self::ReplyFromTemplate
                | Self::Forward
                | Self::Note(_)
                | Self::Assign(_)
                | Self::Status(_)
                | Self::Priority(_)
                | Self::Tag(_)
                | Self::TagAdd
                | Self::TagRemove
                | Self::Snooze(_)
                | Self::MoveTo(_)
                | Self::Merge(_)
                | Self::Link(_)
                | Self::Unlink
                | Self::ApplyAnyway
                | Self::Participant(_)
                | Self::Subject(_)
                | Self::Forget(None)
                | Self::Suggestions
                | Self::AcceptSurest
                | Self::DismissSurest
                | Self::Signals
                | Self::Repeat
        )
    }
}

/// How long a ticket sleeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnoozeTo {
    Ask,
    /// A time in words, such as `3h` or `tomorrow`.
    Until(String),
    /// As it was done last.
    Again,
    Wake,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    Me,
    Nobody,
    Agent(String),
}

impl Assignee {
    /// Reads `me`, `none`, `-` or a name.
    pub fn parse(word: &str) -> Self {
        match word {
            "me" => Self::Me,
            "none" | "-" => Self::Nobody,
            name => Self::Agent(name.to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Lines(i32),
    HalfPages(i32),
    Pages(i32),
    Top,
    Bottom,
}

impl Motion {
    /// Towards the end.
    pub fn is_down(self) -> bool {
        matches!(self, Self::Lines(1..) | Self::HalfPages(1..) | Self::Pages(1..) | Self::Bottom)
    }
}
