//! A page of plain text: a mail as it came, or what a command printed.

use crate::protocol::answer::Complaint;

#[derive(Clone, Debug, Default)]
pub struct SourceScreen {
    pub title: String,
    pub text: String,
    /// The text, clean and wrapped.
    pub lines: Vec<String>,
    /// What to know about the text.
    pub note: String,
    pub scroll: usize,
    pub loading: bool,
    pub error: Option<Complaint>,
}
