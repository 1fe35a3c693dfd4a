//! What the screen is told, and what it asks for in return.

use crate::domain::arrivals::Arrivals;
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::answer::Complaint;
use crate::protocol::job::Request;
use crate::protocol::news::FromWorker;

use super::key::Key;
use super::model::{Alarm, Settings};
use super::pointer::Pointer;

/// Something happened, at a time the runtime read from its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msg {
    pub now: Timestamp,
    pub input: Input,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    Pointer(Pointer),
    Worker(FromWorker),
    /// The time of an alarm has come.
    Alarm(Alarm),
    /// The editor has ended.
    Edited {
        task: EditTask,
        outcome: Edited,
    },
    /// The configuration was read again, because it was written or the agent asked for it.
    Settings {
        outcome: Result<Box<Renewed>, Complaint>,
        asked: bool,
    },
    /// What came of something that was opened or copied.
    Outside(Result<String, Complaint>),
    /// What a command printed.
    Piped(Result<Piped, Complaint>),
}

/// The configuration as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    pub settings: Settings,
    /// Parts that changed and work only from the next start on.
    pub at_next_start: Vec<String>,
}

/// What a command made of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piped {
    /// The command, and how it ended if not well.
    pub title: String,
    pub output: String,
}

/// What a text is edited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditTask {
    Reply,
    Note(Vec<TicketKey>),
}

/// How an editor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    Text(String),
    /// It failed. What could be read of the text, if anything; the complaint says where it lies.
    Failed {
        text: Option<String>,
        complaint: Complaint,
    },
}

/// What the runtime is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Only the newest reading of each lane is worth answering.
    Read(Lane, Request),
    /// To be done in order.
    Do(Request),
    /// Takes as long as the mail server does.
    Send(Request),
    SyncNow(Request),
    StopSync,
    /// Hands the terminal to `$VISUAL` or `$EDITOR`; answered by [`Input::Edited`].
    Edit {
        task: EditTask,
        text: String,
    },
    /// Gives a link or a file to the agent's opener.
    Open(String),
    /// Puts a text into the clipboard; `what` names it.
    Copy {
        what: String,
        text: String,
    },
    /// Gives a text to a command; answered by [`Input::Piped`].
    Pipe {
        command: String,
        input: String,
    },
    /// Makes new mail known as the configuration wants it.
    Announce(Arrivals),
    /// Reads the configuration; answered by [`Input::Settings`].
    ReadConfig,
    /// Takes the pointer from the terminal, or gives it back.
    Mouse(bool),
    Suspend,
    Repaint,
    Quit,
}

/// Readings that replace each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    List,
    Counts,
    Preview,
    Conversation,
    Texts,
    Source,
    Outbox,
    Conflicts,
    Choices,
    Drafts,
    Template,
    /// The words of the desk, for completion.
    Known,
    /// Who else is at the ticket that is being answered.
    Company,
    /// A held mail beside what came in between.
    Held,
    /// Everything that is to be marked.
    Marks,
    Wake,
    /// What is suggested for the tickets in sight.
    Related,
}
