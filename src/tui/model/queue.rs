//! The list of tickets, its views and its preview.

use std::collections::BTreeSet;

use crate::domain::TicketKey;
use crate::domain::query::Order;
use crate::domain::ticket::TicketRow;
use crate::protocol::answer::Complaint;
use crate::protocol::job::PageMark;
use crate::protocol::json::ShownTicket;
use crate::tui::conversation::Conversation;
use crate::tui::layout::Place;

/// One tab over the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewTab {
    pub name: String,
    pub query: String,
    pub count: Option<u64>,
    pub origin: Origin,
}

/// Who made a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    BuiltIn,
    Configuration,
    /// Saved from the screen; it can be taken away there as well.
    Saved,
}

/// A project as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectTab {
    pub id: String,
    pub name: String,
    /// The address customers write to.
    pub address: String,
}

/// The list of tickets and its preview.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub views: Vec<ViewTab>,
    pub view: usize,
    /// A query of the moment, instead of the view's own.
    pub filter: Option<String>,
    pub order: Order,
    pub rows: Vec<TicketRow>,
    pub next: Option<PageMark>,
    pub selected: Option<TicketKey>,
    /// What the next change is about, instead of the selected one.
    pub marks: BTreeSet<TicketKey>,
    /// A range that grows and shrinks with the selection.
    pub range: Option<Range>,
    /// The first row on the screen.
    pub top: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
    pub preview: Preview,
    /// The rows that come next keep the order of those on the screen: a change of
    /// ours must not move the ticket from under the eyes.
    pub keep_order: bool,
    /// Tickets for which something is suggested, among those that were in sight.
    pub related: BTreeSet<TicketKey>,
    /// Those of which that is known, or asked.
    pub looked_at: BTreeSet<TicketKey>,
    /// The ticket that was chosen last to be merged into or linked with, and what people call it:
    /// it need not be in the list.
    pub chosen: Option<(TicketKey, String)>,
    /// Something changed while the views were being counted.
    pub recount: bool,
}

/// From where to where `v` marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub anchor: TicketKey,
    /// What was marked before.
    pub before: BTreeSet<TicketKey>,
}

/// The conversation beside or below the list.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub place: Place,
    /// Whether moving scrolls it instead of moving in the list.
    pub focused: bool,
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

    /// How many marked tickets are not among the rows read so far.
    pub fn marked_elsewhere(&self) -> usize {
        let here = self.rows.iter().filter(|row| self.marks.contains(&row.key)).count();
        self.marks.len() - here
    }
}
