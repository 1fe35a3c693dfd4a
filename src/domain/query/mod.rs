//! The query language of list, views, search and bulk actions.

mod complete;
mod lexer;
mod moment;
mod parser;
pub mod reference;

use std::str::FromStr;

pub use complete::complete;
pub use parser::parse;

use super::Timestamp;
use super::ticket::{Priority, Status};

/// A query as a tree. An empty query is `And(vec![])` and matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    And(Vec<Query>),
    Or(Vec<Query>),
    Not(Box<Query>),
    Term(Term),
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    Status(Status),
    /// `assignee:ana`; `me` has been replaced by the agent's name when parsing.
    Assignee(Option<String>),
    Project(String),
    Tag(String),
    /// Part of an address or name, case ignored.
    From(String),
    To(String),
    Cc(String),
    Subject(String),
    Has(Has),
    Is(Is),
    Priority(Comparison, Priority),
    Created(Comparison, Timestamp),
    /// How the ticket's last activity compares with an instant: `updated:<7d` is `Greater` than seven days before now.
    Updated(Comparison, Timestamp),
    /// How the instant since when the customer waits compares: `waiting:>2d` is `Less` than two days before now.
    Waiting(Comparison, Timestamp),
    Number(u64),
    /// Words that must all occur in one message, in this order when `phrase`.
    Text {
        words: Vec<String>,
        phrase: bool,
        prefix: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    Attachment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Unread,
    Waiting,
    Snoozed,
    Overdue,
    Bounced,
    /// Nothing but bounces, automatic and list mail.
    Automatic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// What a query's relative words are resolved against.
#[derive(Clone, Debug)]
pub struct QueryContext {
    /// The agent `me` stands for.
    pub agent: String,
    pub now: Timestamp,
}

/// Where a query is wrong, and what may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", nearest.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
pub struct QueryError {
    /// Octets from the start of the query: the word at fault.
    pub start: usize,
    pub end: usize,
    pub what: String,
    pub nearest: Option<String>,
}

/// How a list is ordered; ties are broken by the ticket's age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Updated,
    Created,
    Priority,
    Number,
    /// The longest wait first.
    Waiting,
    /// From open to spam, the newest activity of each first.
    Status,
    /// By name, unassigned tickets last.
    Assignee,
    /// By the requester's name, or address where there is none.
    Requester,
}

/// An order, or the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub sort: Sort,
    pub reversed: bool,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        Self { sort, reversed: false }
    }
}

/// What a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortValue {
    Number(i64),
    Text(String),
}

impl Sort {
    pub const ALL: [Self; 8] =
        [Self::Updated, Self::Created, Self::Priority, Self::Number, Self::Waiting, Self::Status, Self::Assignee, Self::Requester];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Created => "created",
            Self::Priority => "priority",
            Self::Number => "number",
            Self::Waiting => "waiting",
            Self::Status => "status",
            Self::Assignee => "assignee",
            Self::Requester => "requester",
        }
    }
}

impl FromStr for Sort {
    type Err = super::words::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::words::pick("order", text, &Self::ALL, Self::as_str)
    }
}
