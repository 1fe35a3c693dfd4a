//! The list of tickets and the preview of one.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::Canvas;
use super::{frame, ticket};
use crate::domain::sanitise;
use crate::domain::ticket::{Badge, Priority, Status, TicketRow};
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::update::sentence;

/// How many columns each field of a row gets; 0 leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    number: usize,
    age: usize,
    requester: usize,
    subject: usize,
    project: usize,
    assignee: usize,
    badges: usize,
}

/// Sign of selection and sign of unread before each row.
const SIGNS: usize = 2;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    frame::tabs(model, canvas, layout.top);
    let cursor = list(model, canvas, layout);
    preview(model, canvas, layout);
    cursor
}

fn list(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.list;
    let columns = columns(usize::from(area.width), number_width(&model.queue.rows));
    titles(model, canvas, layout.columns, &columns);
    if model.queue.rows.is_empty() {
        empty(model, canvas, area);
    }
    let mut cursor = Position::new(area.x, area.y);
    for (line, row) in (0..area.height).zip(model.queue.rows.iter().skip(model.queue.top)) {
        let selected = model.queue.selected.as_ref() == Some(&row.key);
        draw_row(model, canvas, Rect::new(area.x, area.y + line, area.width, 1), row, &columns);
        if selected {
            cursor = Position::new(area.x, area.y + line);
        }
    }
    cursor
}

/// Why there is nothing to see, and what would change that.
fn empty(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let (what, style) = match (&model.queue.error, model.queue.loaded) {
        (Some(complaint), _) => (format!("✗ {}", sentence(complaint)), model.theme.error),
        (None, false) => ("reading…".to_owned(), model.theme.dim),
        (None, true) if model.queue.filter.is_some() => ("No ticket matches; esc clears the filter.".to_owned(), model.theme.dim),
        (None, true) => ("No tickets here. $ fetches mail, 1-9 show the other views.".to_owned(), model.theme.dim),
    };
    let clean = sanitise::line(&what).into_owned();
    for (row, line) in (0..area.height).zip(text::wrap(&clean, usize::from(area.width.saturating_sub(2)))) {
        canvas.line(area, row, &format!(" {line}"), style);
    }
}

fn titles(model: &Model, canvas: &mut Canvas<'_>, area: Rect, columns: &Columns) {
    let mut line = " ".repeat(SIGNS);
    for (width, title) in [
        (columns.number, "#"),
        (columns.age, "age"),
        (columns.requester, "requester"),
        (columns.subject, "subject"),
        (columns.project, "project"),
        (columns.assignee, "assignee"),
        (columns.badges, ""),
    ] {
        if width > 0 {
            line.push_str(&text::fit(title, width));
            line.push(' ');
        }
    }
    canvas.line(area, 0, line.trim_end(), model.theme.dim);
    if let Some(complaint) = model.queue.error.as_ref().filter(|_| !model.queue.rows.is_empty()) {
        canvas.bar(area, 0, &format!(" ✗ {}", sentence(complaint)), model.theme.error);
    }
}

fn number_width(rows: &[TicketRow]) -> usize {
    rows.iter().map(|row| text::width(&row.label())).max().unwrap_or(4).max(4)
}

/// Shares the width: number, age and subject always, the rest as it fits.
fn columns(width: usize, number: usize) -> Columns {
    let mut columns = Columns { number, age: 3, requester: 0, subject: 0, project: 0, assignee: 0, badges: 0 };
    let mut left = width.saturating_sub(SIGNS + number + 1 + columns.age + 1);
    let mut take = |wanted: usize, keep: usize| {
        if left > keep + wanted {
            left -= wanted + 1;
            return wanted;
        }
        0
    };
    columns.badges = take(4, 16);
    columns.requester = take(if width >= 100 { 22 } else { 16 }, 20);
    columns.assignee = take(8, 26);
    columns.project = take(if width >= 100 { 12 } else { 8 }, 24);
    columns.subject = left;
    columns
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, area: Rect, row: &TicketRow, columns: &Columns) {
    let selected = model.queue.selected.as_ref() == Some(&row.key);
    let late = is_late(model, row);
    let base = match (row.unread > 0, late) {
        (_, true) => model.theme.overdue,
        (true, false) => model.theme.unread,
        (false, false) => model.theme.text,
    };
    let sign = match (late, row.unread > 0) {
        (true, _) => "!",
        (false, true) => "●",
        (false, false) => " ",
    };
    let mut line = format!("{}{sign}", if selected { "▸" } else { " " });
    for (width, field) in [
        (columns.number, row.label()),
        (columns.age, text::age(model.now, row.waiting_since.unwrap_or(row.updated))),
        (columns.requester, row.requester.as_ref().map(|address| address.label().to_owned()).unwrap_or_default()),
        (columns.subject, row.subject.clone()),
        (columns.project, row.project.clone()),
        (columns.assignee, row.assignee.clone().unwrap_or_else(|| "-".to_owned())),
        (columns.badges, badges(row)),
    ] {
        if width > 0 {
            line.push_str(&text::fit(&sanitise::line(&field), width));
            line.push(' ');
        }
    }
    let style = if selected { base.patch(model.theme.selected) } else { base };
    canvas.bar(area, 0, line.trim_end(), style);
}

fn is_late(model: &Model, row: &TicketRow) -> bool {
    row.status == Status::Open && row.first_response_due.is_some_and(|due| due < model.now)
}

/// One letter per mark: the most pressing first, so that a cut loses the least.
fn badges(row: &TicketRow) -> String {
    let mut marks = String::new();
    match row.priority {
        Priority::Urgent => marks.push('U'),
        Priority::High => marks.push('H'),
        Priority::Normal | Priority::Low => {}
    }
    for badge in &row.badges {
        match badge {
            Badge::Bounced => marks.push('B'),
            Badge::Outbox => marks.push('>'),
            Badge::Draft => marks.push('d'),
            Badge::Attachment => marks.push('@'),
            Badge::Pending => marks.push('~'),
            Badge::Gone => marks.push('x'),
            Badge::Stranger => marks.push('?'),
            Badge::AutoReply => marks.push('a'),
            Badge::List => marks.push('l'),
            Badge::Unread => {}
        }
    }
    marks
}

fn preview(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) {
    let area = layout.preview;
    if area.height == 0 {
        return;
    }
    divider(model, canvas, layout.divider);
    let style: Style = model.theme.title;
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
    if area.width == 1 {
        for row in 0..area.height {
            canvas.line(area, row, "│", model.theme.border);
        }
    } else {
        canvas.line(area, 0, &"─".repeat(usize::from(area.width)), model.theme.border);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_take_more_than_there_is_and_the_subject_keeps_its_share() {
        for width in 0..250 {
            let columns = columns(width, 6);
            let fields = [columns.number, columns.age, columns.requester, columns.subject, columns.project, columns.assignee, columns.badges];
            let used: usize = fields.iter().filter(|field| **field > 0).map(|field| field + 1).sum();
            if width >= 30 {
                assert!(used + SIGNS <= width + 1, "{width}: {columns:?}");
                assert!(columns.subject >= 14, "{width}: {columns:?}");
            }
        }
    }
}
