//! A page of plain text.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::update::sentence;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let source = &model.source;
    let last = source.lines.len();
    let seen = (source.scroll + usize::from(layout.body.height)).min(last);
    let far = if last == 0 { String::new() } else { format!("{seen}/{last}") };
    frame::title(model, canvas, layout.top, &source.title, &far);
    let mut area = layout.body;
    let word = match (&source.error, source.loading) {
        (Some(complaint), _) => Some((format!("✗ {}", sentence(complaint)), model.theme.error)),
        (None, true) => Some(("reading…".to_owned(), model.theme.dim)),
        (None, false) if !source.note.is_empty() => Some((source.note.clone(), model.theme.warning)),
        (None, false) => None,
    };
    if let Some((word, style)) = word {
        let width = usize::from(area.width.saturating_sub(2));
        let rows = if source.lines.is_empty() { area.height } else { text::wrap(&word, width).len() as u16 };
        canvas.sentence(Rect { height: rows.min(area.height), ..area }, &word, style);
        area = Rect { y: area.y + rows, height: area.height.saturating_sub(rows), ..area };
    }
    for (row, line) in (0..area.height).zip(source.lines.iter().skip(source.scroll)) {
        canvas.line(area, row, line, model.theme.text);
    }
    Position::new(area.x, area.y)
}
