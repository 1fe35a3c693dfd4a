//! What the lines at the bottom tell: news, trouble, the state of the sync. And the alarms.

use crate::domain::Timestamp;
use crate::protocol::answer::Complaint;

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
    /// When it is tried again by itself.
    pub next_try: Option<Timestamp>,
    /// Stopped by the agent, until asked to go on.
    pub stopped: bool,
    /// Another postdesk does it.
    pub elsewhere: bool,
    /// What the team's folder lacks and this computer knows, until it is whole again.
    pub log_loss: Option<LogLoss>,
}

/// Something is missing in the team's log that can be put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLoss {
    pub what: String,
    /// The agent has been asked.
    pub is_asked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub what: String,
    pub done: u64,
    pub total: u64,
    pub bytes: u64,
}

/// What the model waits for; of each kind there is at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// What was typed is to be saved.
    Autosave,
    /// The time in which a mail can be called back is over, or its countdown goes on.
    SendWindow,
    /// A snoozed ticket wakes.
    Wake,
    /// Somebody was writing an answer a while ago.
    Company,
    /// The keys that can follow are to be shown.
    WhichKey,
}
