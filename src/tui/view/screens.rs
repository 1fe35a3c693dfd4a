//! Review, outbox and help.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::action::Scope;
use crate::domain::outbox::OutboxState;
use crate::protocol::json::OutboxLine;
use crate::tui::help::{self, Row};
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::pointer::Target;
use crate::tui::review::{self as lay, ReviewKind};
use crate::tui::text;
use crate::tui::update::sentence;

pub(super) fn review(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    let area = layout.body;
    let Some(composing) = &model.composing else {
        frame::title(model, canvas, layout.top, "Review", "");
        return None;
    };
    let what = match (composing.is_note(), composing.as_received) {
        (true, _) => "INTERNAL NOTE · never sent, y adds it",
        (false, true) => "AS THE CUSTOMER SEES IT · v shows the review",
        (false, false) => "PUBLIC REPLY · review before sending",
    };
    frame::title(model, canvas, layout.top, what, &lay::standing(composing));
    let area = if composing.is_note() { canvas.boxed(area, "only colleagues read this", model.theme.note_text) } else { area };
    for (row, (kind, line)) in (0..area.height).zip(lay::lines(composing, usize::from(area.width)).iter().skip(composing.scroll)) {
        let style = match kind {
            ReviewKind::Error | ReviewKind::Objection => model.theme.error,
            ReviewKind::Remark => model.theme.warning,
            ReviewKind::Field => model.theme.title,
            ReviewKind::Text | ReviewKind::Blank => model.theme.text,
        };
        canvas.line(area, row, &format!(" {line}"), style);
    }
    Some(Position::new(area.x, area.y))
}

pub(super) fn outbox(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    let area = layout.body;
    frame::title(model, canvas, layout.top, "Outbox", &format!("{} waiting", model.outbox.waiting()));
    let word = match (&model.outbox.error, model.outbox.loaded, model.outbox.lines.is_empty()) {
        (Some(complaint), ..) => Some((format!("✗ {}", sentence(complaint)), model.theme.error)),
        (None, false, _) => Some(("reading…".to_owned(), model.theme.dim)),
        (None, true, true) => Some(("Nothing waits to be sent.".to_owned(), model.theme.dim)),
        (None, true, false) => None,
    };
    if let Some((line, style)) = word {
        canvas.sentence(area, &line, style);
        return None;
    }
    let top = (model.outbox.selected + 1).saturating_sub(usize::from(area.height.max(1)));
    let mut cursor = Position::new(area.x, area.y);
    for (row, (index, line)) in (0..area.height).zip(model.outbox.lines.iter().enumerate().skip(top)) {
        let selected = index == model.outbox.selected;
        let trouble = matches!(line.state, OutboxState::Held | OutboxState::Uncertain | OutboxState::Refused);
        let base = if trouble { model.theme.error } else { model.theme.text };
        let style = if selected { base.patch(model.theme.selected) } else { base };
        let place = Rect::new(area.x, area.y + row, area.width, 1);
        canvas.bar(place, 0, &outbox_line(model, line, selected, usize::from(area.width)), style);
        canvas.hit(place, Target::Line(index));
        if selected {
            cursor = Position::new(area.x, area.y + row);
        }
    }
    why(model, canvas, area);
    Some(cursor)
}

/// Why the selected mail has not left, whole, where the rows leave room for it.
fn why(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(error) = model.outbox.lines.get(model.outbox.selected).and_then(|line| line.error.as_ref()) else { return };
    let below = (model.outbox.lines.len() as u16).saturating_add(1);
    if below < area.height {
        let area = Rect { y: area.y + below, height: area.height - below, ..area };
        canvas.sentence(area, error, model.theme.error);
    }
}

fn outbox_line(model: &Model, line: &OutboxLine, selected: bool, width: usize) -> String {
    let sign = if selected { "▸" } else { " " };
    let head = format!("{sign} {} {} ", text::fit(line.state.as_str(), 9), text::fit(&text::age(model.now, line.since), 3));
    let ticket = line.ticket.as_deref().unwrap_or("new");
    let why = line.error.as_ref().map(|error| format!(" — {error}")).unwrap_or_default();
    let rest = format!("{ticket} {} → {}{why}", line.subject, line.to.join(", "));
    let clean = crate::domain::sanitise::line(&rest);
    format!("{head}{}", text::cut(&clean, width.saturating_sub(text::width(&head))))
}

pub(super) fn keys(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.body;
    let name = match model.help.about {
        Scope::List => "the list",
        Scope::Ticket => "a ticket",
        Scope::Compose => "writing",
        Scope::Drafts => "the drafts",
        Scope::Conflicts => "changes not applied",
        Scope::Review => "the review",
        Scope::Outbox => "the outbox",
        Scope::Jobs => "syncing and sending",
        Scope::Source => "a page of text",
        Scope::Help | Scope::Global => "every screen",
    };
    frame::title(model, canvas, layout.top, &format!("Keys on {name}"), "q back");
    let columns = help::columns(usize::from(area.width));
    let x = area.x + columns.keys as u16 + 3;
    for (row, line) in (0..area.height).zip(help::rows(model).iter().skip(model.help.scroll)) {
        let y = area.y + row;
        let room = area.right().saturating_sub(x);
        match line {
            Row::Heading(words) => canvas.line(area, row, &format!(" {words}"), model.theme.dim),
            Row::Entry { keys, title, text } => {
                canvas.put(area.x + 1, y, columns.keys as u16, keys, model.theme.key);
                let used = canvas.put(x, y, room, title, model.theme.text);
                let used = if columns.titles > 0 { columns.titles as u16 + 2 } else { used };
                canvas.put(x + used, y, room.saturating_sub(used), text, model.theme.dim);
            }
        }
    }
    Position::new(area.x, area.y)
}
