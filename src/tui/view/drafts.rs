//! What was written and not sent.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::domain::draft::DraftLine;
use crate::domain::{Address, sanitise};
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::pointer::Target;
use crate::tui::text;
use crate::tui::update::sentence;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.body;
    let kept = model.drafts.lines.iter().filter(|line| !line.discarded).count();
    frame::title(model, canvas, layout.top, "Drafts", &format!("{kept} kept"));
    let word = match (&model.drafts.error, model.drafts.loaded, model.drafts.lines.is_empty()) {
        (Some(complaint), ..) => Some((format!("✗ {}", sentence(complaint)), model.theme.error)),
        (None, false, _) => Some(("reading…".to_owned(), model.theme.dim)),
        (None, true, true) => Some(("No drafts. r answers a ticket, m writes a new mail, c a note.".to_owned(), model.theme.dim)),
        (None, true, false) => None,
    };
    let mut cursor = Position::new(area.x, area.y);
    if let Some((line, style)) = word {
        canvas.sentence(area, &line, style);
        return cursor;
    }
    let top = (model.drafts.selected + 1).saturating_sub(usize::from(area.height.max(1)));
    for (row, (index, line)) in (0..area.height).zip(model.drafts.lines.iter().enumerate().skip(top)) {
        let selected = index == model.drafts.selected;
        let base = match (line.discarded, line.is_note) {
            (true, _) => model.theme.dim,
            (false, true) => model.theme.note_text,
            (false, false) => model.theme.text,
        };
        let style = if selected { base.patch(model.theme.selected) } else { base };
        let place = Rect::new(area.x, area.y + row, area.width, 1);
        canvas.bar(place, 0, &draft_line(model, line, selected, usize::from(area.width)), style);
        canvas.hit(place, Target::Line(index));
        if selected {
            cursor = Position::new(area.x, area.y + row);
        }
    }
    cursor
}

fn draft_line(model: &Model, line: &DraftLine, selected: bool, width: usize) -> String {
    let sign = if selected { "▸" } else { " " };
    let state = match (line.discarded, line.is_note) {
        (true, _) => "trash",
        (false, true) => "NOTE",
        (false, false) => "mail",
    };
    let head = format!("{sign} {} {} ", text::fit(state, 5), text::fit(&text::age(model.now, line.saved), 3));
    let label = if line.label.is_empty() { "new" } else { &line.label };
    let to = line.to.iter().map(Address::label).collect::<Vec<_>>().join(", ");
    let rest = if line.is_note { format!("{label} {}", line.subject) } else { format!("{label} {} → {to}", line.subject) };
    format!("{head}{}", text::cut(&sanitise::line(&rest), width.saturating_sub(text::width(&head))))
}
