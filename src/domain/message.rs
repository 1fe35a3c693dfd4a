//! One mail, as postdesk understands it.

use serde::{Deserialize, Serialize};

use super::{Address, MessageId, Timestamp};

/// What a mail says, with everything a guard or a repair had to do listed in `flaws`.
///
/// Reading never fails: a mail that is no MIME at all still becomes a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub message_id: MessageId,
    /// The ids In-Reply-To and References name, as written, oldest first, at most 200 each.
    pub in_reply_to: Vec<MessageId>,
    pub references: Vec<MessageId>,
    /// Those of them that stand there without brackets, as other words with an `@` may, too.
    pub bare_ids: Vec<MessageId>,
    pub from: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    /// Only set when it can be a real date (years 1970 to 9998); what a sorter uses is the server's own date.
    pub date: Option<Timestamp>,
    pub subject: String,
    /// The subject without `Re:`, `Fwd:`, their translations and a leading ticket tag.
    pub base_subject: String,
    /// The whole readable text in reading order, line feeds as line ends.
    pub text: String,
    /// Whether the readable text came from HTML because the mail had no plain text.
    pub html: bool,
    pub attachments: Vec<Attachment>,
    pub class: Class,
    /// What kind of automatic mail this is, or which header said so; empty for a human's.
    pub auto_reason: String,
    pub bounce: Option<Bounce>,
    /// Whether an automatic acknowledgement may go out, by the headers alone.
    pub may_acknowledge: bool,
    /// Every address the mail may have been sent to, in the order in which they are asked for a project.
    pub recipients: Vec<RoutedAddress>,
    /// The Authentication-Results headers, newest first, at most ten; those of one hop together.
    pub authentication: Vec<Vec<String>>,
    /// What Outlook calls the conversation (from Thread-Index), in hex; a hint, not more.
    pub conversation: Option<String>,
    pub flaws: Vec<Flaw>,
}

/// A part a person could save. `name` is safe as a file name; `size` is in octets after decoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub size: u64,
    /// Content-ID without brackets, for parts the HTML refers to.
    #[serde(skip)]
    pub content_id: Option<String>,
}

/// An address found in a header that can decide the project, and that header's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutedAddress {
    pub header: String,
    pub address: String,
}

/// Who, or what, wrote a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    #[default]
    Human,
    AutoReply,
    Bounce,
    List,
    Own,
}

impl Class {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::AutoReply => "auto_reply",
            Self::Bounce => "bounce",
            Self::List => "list",
            Self::Own => "own",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Human, Self::AutoReply, Self::Bounce, Self::List, Self::Own].into_iter().find(|class| class.as_str() == text)
    }
}

/// What a delivery report says (RFC 3464, or as much as a free-form one gives away).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    pub permanent: bool,
    pub recipients: Vec<String>,
    /// The enhanced status code (RFC 3463), for example `5.1.1`; empty if none was given.
    pub status: String,
    pub original_message_id: Option<MessageId>,
}

/// Something about a mail that had to be repaired, guessed or cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    NotMime,
    /// No text and no attachments.
    Empty,
    /// Attachments, but no text that could be shown.
    NoVisibleText,
    MissingMessageId,
    InvalidMessageId,
    MissingFrom,
    MissingDate,
    ImplausibleDate,
    CharsetRepaired,
    TooManyReferences,
    TooManyParts,
    TooManyHeaders,
    /// More people in To, Cc or Reply-To than are read.
    TooManyAddresses,
    TooDeep,
    HtmlTooComplex,
    TextTruncated,
    HeaderTruncated,
    /// The server holds more of this mail than has been fetched.
    Partial,
}

impl Flaw {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotMime => "not_mime",
            Self::Empty => "empty",
            Self::NoVisibleText => "no_visible_text",
            Self::MissingMessageId => "missing_message_id",
            Self::InvalidMessageId => "invalid_message_id",
            Self::MissingFrom => "missing_from",
            Self::MissingDate => "missing_date",
            Self::ImplausibleDate => "implausible_date",
            Self::CharsetRepaired => "charset_repaired",
            Self::TooManyReferences => "too_many_references",
            Self::TooManyParts => "too_many_parts",
            Self::TooManyHeaders => "too_many_headers",
            Self::TooManyAddresses => "too_many_addresses",
            Self::TooDeep => "too_deep",
            Self::HtmlTooComplex => "html_too_complex",
            Self::TextTruncated => "text_truncated",
            Self::HeaderTruncated => "header_truncated",
            Self::Partial => "partial",
        }
    }
}

/// Which way a message went: from outside, or from the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}
