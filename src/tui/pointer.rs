//! What the pointer does, and what lies under it.

use ratatui::layout::{Position, Rect};

use crate::domain::TicketKey;
use crate::tui::model::JobRow;

/// Something done with the pointer, at a cell of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    Click {
        x: u16,
        y: u16,
    },
    /// The wheel was turned by so many steps, down if positive.
    Wheel {
        x: u16,
        y: u16,
        by: i32,
    },
}

/// What can be pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The tab of a view.
    Tab(usize),
    Ticket(TicketKey),
    Preview,
    /// A message of the conversation.
    Message(usize),
    /// A line of the outbox or of the drafts.
    Line(usize),
    /// A row of the jobs.
    Job(JobRow),
    /// The hint of an action in the footer, by the action's name.
    Hint(&'static str),
    /// An item of the picker, of those that match.
    Choice(usize),
    Yes,
    No,
    /// Something that lies over the rest and does nothing.
    Nothing,
}

/// Where on the screen what is; noted while the screen is drawn, so that it cannot differ from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits(Vec<(Rect, Target)>);

impl Hits {
    pub fn note(&mut self, area: Rect, target: Target) {
        self.0.push((area, target));
    }

    /// What was drawn last at a cell.
    pub fn at(&self, x: u16, y: u16) -> Option<&Target> {
        self.0.iter().rev().find(|(area, _)| area.contains(Position::new(x, y))).map(|(_, target)| target)
    }

    /// Where a target is.
    pub fn place_of(&self, target: &Target) -> Option<Rect> {
        self.0.iter().rev().find(|(_, other)| other == target).map(|(area, _)| *area)
    }
}
