//! What is being written.

use crate::domain::draft::{Draft, Objection};
use crate::protocol::job::Complaint;

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
