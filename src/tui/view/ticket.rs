//! The conversation.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::domain::ticket::{Priority, TicketRow};
use crate::protocol::json::ShownDirection;
use crate::tui::conversation::{BORDER, ConversationLine, LineKind};
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::update::sentence;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    let area = layout.body;
    let Some(shown) = &model.ticket.shown else {
        frame::title(model, canvas, layout.top, "Ticket", "");
        let (line, style) = match &model.ticket.error {
            Some(complaint) => (format!(" ✗ {}", sentence(complaint)), model.theme.error),
            None => (" reading…".to_owned(), model.theme.dim),
        };
        canvas.line(area, 0, &line, style);
        return None;
    };
    frame::title(model, canvas, layout.top, &format!("{} {}", shown.row.label(), shown.row.subject), &facts(&shown.row));
    lines(model, canvas, area, &model.ticket.lines, model.ticket.scroll, Some(model.ticket.focus));
    if let Some(complaint) = &model.ticket.error {
        canvas.bar(area, 0, &format!(" ✗ {}", sentence(complaint)), model.theme.error);
    }
    let focus = model.ticket.lines.iter().skip(model.ticket.scroll).position(|line| line.message == model.ticket.focus);
    let row = focus.unwrap_or(0).min(usize::from(area.height.saturating_sub(1)));
    Some(Position::new(area.x, area.y + row as u16))
}

/// Status, assignee, project, priority and tags, as short as they go.
fn facts(row: &TicketRow) -> String {
    let mut facts = vec![row.status.as_str().to_owned(), row.assignee.clone().unwrap_or_else(|| "unassigned".to_owned())];
    if !row.project.is_empty() {
        facts.push(row.project.clone());
    }
    if row.priority != Priority::Normal {
        facts.push(row.priority.as_str().to_owned());
    }
    facts.extend(row.tags.iter().take(3).map(|tag| format!("+{tag}")));
    crate::tui::text::cut(&crate::domain::sanitise::line(&facts.join(" · ")), 48).into_owned()
}

/// Draws laid-out lines from a first one on; the message in focus has a heavy border.
pub(super) fn lines(model: &Model, canvas: &mut Canvas<'_>, area: Rect, all: &[ConversationLine], first: usize, focus: Option<usize>) {
    for (row, line) in (0..area.height).zip(all.iter().skip(first)) {
        let focused = focus == Some(line.message);
        draw_line(model, canvas, Rect::new(area.x, area.y + row, area.width, 1), line, focused);
    }
}

fn draw_line(model: &Model, canvas: &mut Canvas<'_>, area: Rect, line: &ConversationLine, focused: bool) {
    let theme = &model.theme;
    let (way, style) = match line.kind {
        LineKind::Event => {
            canvas.line(area, 0, &line.text, theme.dim);
            return;
        }
        LineKind::Blank => return,
        LineKind::Header(way) => {
            canvas.bar(area, 0, &line.text, head(model, way));
            return;
        }
        LineKind::About(way) | LineKind::Folded(way) => (way, theme.dim),
        LineKind::Quote(way) => (way, theme.quote),
        LineKind::Text(ShownDirection::Note) => (ShownDirection::Note, theme.note_text),
        LineKind::Text(way) => (way, theme.text),
    };
    let border = match (way, focused) {
        (ShownDirection::Note, _) => "▌",
        (_, true) => "┃",
        (_, false) => "│",
    };
    let border_style = if way == ShownDirection::Note { theme.note_text } else { theme.border };
    canvas.put(area.x, area.y, 1, border, border_style);
    canvas.put(area.x + BORDER as u16, area.y, area.width.saturating_sub(BORDER as u16), &line.text, style);
}

fn head(model: &Model, way: ShownDirection) -> ratatui::style::Style {
    match way {
        ShownDirection::In => model.theme.incoming,
        ShownDirection::Out => model.theme.outgoing,
        ShownDirection::Note => model.theme.note,
    }
}
