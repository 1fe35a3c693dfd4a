//! The list of tickets and the preview of one.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::Canvas;
use super::columns::{self, Columns};
use super::{frame, ticket};
use crate::domain::sanitise;
use crate::domain::ticket::{Status, TicketRow};
use crate::tui::layout::Layout;
use crate::tui::model::{Model, ProjectTab};
use crate::tui::pointer::Target;
use crate::tui::text;
use crate::tui::update::{sentence, views};

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    frame::tabs(model, canvas, layout.top);
    address(model, canvas, layout.address);
    let cursor = list(model, canvas, layout);
    preview(model, canvas, layout);
    cursor
}

/// The address customers of the project at hand write to, and the order of the list.
fn address(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let filter = model.queue.filter.as_ref().map(|filter| format!("/{filter} · ")).unwrap_or_default();
    let right = format!("{filter}by {} ", views::described(model.queue.order));
    let left = match project(model) {
        Some(project) => format!(" {} · {}", project.name, project.address),
        None => format!(" {}", model.desk),
    };
    let used = canvas.put(area.x, area.y, area.width, &left, model.theme.title);
    let room = usize::from(area.width.saturating_sub(used + 2));
    let clean = sanitise::line(&right).into_owned();
    let right = text::cut(&clean, room);
    let x = area.right().saturating_sub(text::width(&right) as u16);
    canvas.put(x, area.y, area.right() - x, &right, model.theme.dim);
}

/// The project the list is about: the only one, the one of its query, or that of the selected ticket.
fn project(model: &Model) -> Option<&ProjectTab> {
    let named = |id: &str| model.projects.iter().find(|project| project.id == id);
    let in_query = model.query_text().split_whitespace().find_map(|word| word.strip_prefix("project:")).and_then(named);
    match model.projects.as_slice() {
        [only] => Some(only),
        _ => in_query.or_else(|| named(&model.queue.row()?.project)),
    }
}

fn list(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.list;
    let columns = Columns::of(usize::from(area.width), columns::wishes(model));
    titles(model, canvas, layout.columns, &columns);
    if model.queue.rows.is_empty() {
        empty(model, canvas, area);
    }
    let mut cursor = Position::new(area.x, area.y);
    for (line, row) in (0..area.height).zip(model.queue.rows.iter().skip(model.queue.top)) {
        let selected = model.queue.selected.as_ref() == Some(&row.key);
        let place = Rect::new(area.x, area.y + line, area.width, 1);
        draw_row(model, canvas, place, row, &columns);
        canvas.hit(place, Target::Ticket(row.key.clone()));
        if selected {
            cursor = Position::new(area.x, area.y + line);
        }
    }
    if layout.columns.height == 0 && area.height > 1 {
        trouble(model, canvas, Rect { y: area.bottom() - 1, height: 1, ..area });
    }
    cursor
}

/// Why there is nothing to see, and what would change that.
fn empty(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let (what, style) = match (&model.queue.error, model.queue.loaded) {
        (Some(complaint), _) => (format!("✗ {}", sentence(complaint)), model.theme.error),
        (None, false) => ("reading…".to_owned(), model.theme.dim),
        (None, true) if model.queue.filter.is_some() => (nothing_found(model), model.theme.dim),
        (None, true) => ("No tickets here. $ fetches mail, 1-9 show the other views.".to_owned(), model.theme.dim),
    };
    let clean = sanitise::line(&what).into_owned();
    for (row, line) in (0..area.height).zip(text::wrap(&clean, usize::from(area.width.saturating_sub(2)))) {
        canvas.line(area, row, &format!(" {line}"), style);
    }
}

/// A filter begins with what the view asks for; who has not seen that looks in the wrong place.
fn nothing_found(model: &Model) -> String {
    match model.queue.views.get(model.queue.view) {
        Some(view) if view.name != views::EVERYTHING => {
            format!("No ticket in the view \"{}\" matches; esc clears the filter, g / searches everything.", view.name)
        }
        _ => "No ticket matches; esc clears the filter.".to_owned(),
    }
}

fn titles(model: &Model, canvas: &mut Canvas<'_>, area: Rect, columns: &Columns) {
    canvas.line(area, 0, &columns.titles(), model.theme.dim);
    trouble(model, canvas, area);
}

/// Why the rows may be old, where there are any.
fn trouble(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    if let Some(complaint) = model.queue.error.as_ref().filter(|_| !model.queue.rows.is_empty()) {
        canvas.bar(area, 0, &format!(" ✗ {}", sentence(complaint)), model.theme.error);
    }
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, area: Rect, row: &TicketRow, columns: &Columns) {
    let selected = model.queue.selected.as_ref() == Some(&row.key);
    let marked = model.queue.marks.contains(&row.key);
    let late = is_late(model, row);
    let mut style = match (row.unread > 0, late) {
        (_, true) => model.theme.overdue,
        (true, false) => model.theme.unread,
        (false, false) => model.theme.text,
    };
    let attention = match (late, row.unread > 0) {
        (true, _) => "!",
        (false, true) => "●",
        (false, false) => " ",
    };
    let signs = format!("{}{}{attention}", if selected { "▸" } else { " " }, if marked { "*" } else { " " });
    if selected {
        style = style.patch(model.theme.selected);
    }
    canvas.bar(area, 0, &columns.row(model, signs, row), style);
    if marked {
        canvas.put(area.x + 1, area.y, 1, "*", style.patch(model.theme.key));
    }
}

fn is_late(model: &Model, row: &TicketRow) -> bool {
    row.status == Status::Open && row.first_response_due.is_some_and(|due| due < model.now)
}

fn preview(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) {
    let area = layout.preview;
    if area.height == 0 {
        return;
    }
    divider(model, canvas, layout.divider);
    canvas.hit(area, Target::Preview);
    let style: Style = if model.queue.preview.focused { model.theme.tab } else { model.theme.title };
    let Some(shown) = &model.queue.preview.ticket else {
        let word = if model.queue.selected.is_some() { "reading…" } else { "" };
        canvas.line(area, 0, word, model.theme.dim);
        return;
    };
    canvas.line(area, 0, &format!("{} {}", shown.row.label(), shown.row.subject), style);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    ticket::lines(model, canvas, body, &model.queue.preview.lines, model.queue.preview.scroll, None);
}

fn divider(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let style = if model.queue.preview.focused { model.theme.accent } else { model.theme.border };
    if area.width == 1 {
        for row in 0..area.height {
            canvas.line(area, row, "│", style);
        }
    } else {
        canvas.line(area, 0, &"─".repeat(usize::from(area.width)), style);
    }
}
