//! The list of tickets, its views and its preview.

use std::collections::BTreeSet;

use crate::domain::TicketKey;
use crate::domain::query::Sort;
use crate::domain::ticket::TicketRow;
use crate::protocol::job::{Complaint, PageMark};
use crate::protocol::json::ShownTicket;
use crate::tui::conversation::Conversation;

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
    /// What the next change is about, instead of the selected one.
    pub marks: BTreeSet<TicketKey>,
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
    pub lines: Conversation,
    pub scroll: usize,
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
