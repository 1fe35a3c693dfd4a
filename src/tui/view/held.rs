//! A held mail beside what came in between.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::tui::held::{HeldKind, HeldLine, rows, second_column};
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::update::sentence;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.body;
    let Some(mail) = &model.held.mail else {
        frame::title(model, canvas, layout.top, "Held", "");
        let (line, style) = match &model.held.error {
            Some(complaint) => (format!("✗ {}", sentence(complaint)), model.theme.error),
            None => ("reading…".to_owned(), model.theme.dim),
        };
        canvas.sentence(area, &line, style);
        return Position::new(area.x, area.y);
    };
    let subject = format!("HELD · {} {}", mail.label, mail.subject);
    let key = model.keymap.key_of(model.scope(), "retry-mail").unwrap_or_else(|| ":retry-mail".to_owned());
    frame::title(model, canvas, layout.top, crate::domain::sanitise::line(&subject).trim(), &format!("{key} sends it anyway"));
    let width = usize::from(area.width.saturating_sub(2));
    let column = second_column(width).unwrap_or(width) as u16;
    for (row, (left, right)) in (0..area.height).zip(rows(mail, width, model.now).into_iter().skip(model.held.scroll)) {
        put(model, canvas, Rect::new(area.x + 1, area.y + row, area.width.saturating_sub(1), 1), &left);
        if let Some(right) = right {
            let x = area.x + 1 + column;
            canvas.put(x.saturating_sub(2), area.y + row, 1, "│", model.theme.border);
            put(model, canvas, Rect::new(x, area.y + row, area.right().saturating_sub(x), 1), &right);
        }
    }
    Position::new(area.x, area.y)
}

fn put(model: &Model, canvas: &mut Canvas<'_>, place: Rect, (kind, line): &HeldLine) {
    let style = match kind {
        HeldKind::Why => model.theme.error,
        HeldKind::Own => model.theme.outgoing,
        HeldKind::Other => model.theme.incoming,
        HeldKind::Text => model.theme.text,
    };
    canvas.put(place.x, place.y, place.width, line, style);
}
