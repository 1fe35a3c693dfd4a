//! Changes of ours that were not applied, with what colleagues did.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use super::frame;
use crate::domain::sanitise;
use crate::protocol::answer::ConflictLine;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::pointer::Target;
use crate::tui::text;
use crate::tui::update::sentence;

/// Rows for what is said of the selected one.
const ABOUT: u16 = 6;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.body;
    let screen = &model.conflicts;
    let count = match screen.undecided() {
        0 => format!("{} not applied", screen.lines.len()),
        count => format!("{count} to decide"),
    };
    let title = if screen.is_stuck() { "Not shared, not applied" } else { "Colleagues were first" };
    frame::title(model, canvas, layout.top, title, &count);
    let word = match (&screen.error, screen.loaded, screen.lines.is_empty()) {
        (Some(complaint), ..) => Some((format!("✗ {}", sentence(complaint)), model.theme.error)),
        (None, false, _) => Some(("reading…".to_owned(), model.theme.dim)),
        (None, true, true) => Some(("Nothing waits for a decision of yours.".to_owned(), model.theme.dim)),
        (None, true, false) => None,
    };
    if let Some((line, style)) = word {
        canvas.sentence(area, &line, style);
        return Position::new(area.x, area.y);
    }
    let rows = area.height.saturating_sub(ABOUT).max(1);
    let top = (screen.selected + 1).saturating_sub(usize::from(rows));
    let mut cursor = Position::new(area.x, area.y);
    for (row, (index, line)) in (0..rows).zip(screen.lines.iter().enumerate().skip(top)) {
        let selected = index == screen.selected;
        let base = if line.is_undecided { model.theme.warning } else { model.theme.text };
        let style = if selected { base.patch(model.theme.selected) } else { base };
        let place = Rect::new(area.x, area.y + row, area.width, 1);
        canvas.bar(place, 0, &row_text(model, line, selected, usize::from(area.width)), style);
        canvas.hit(place, Target::Line(index));
        if selected {
            cursor = Position::new(area.x, area.y + row);
        }
    }
    let shown = rows.min(screen.lines.len() as u16);
    if let Some(line) = screen.lines.get(screen.selected) {
        about(model, line, canvas, Rect { y: area.y + shown, height: area.height - shown, ..area });
    }
    cursor
}

fn row_text(model: &Model, line: &ConflictLine, selected: bool, width: usize) -> String {
    let sign = if selected { "▸" } else { " " };
    let state = match (line.is_parked, line.is_undecided) {
        (true, _) => "stuck",
        (_, true) => "waits",
        _ => "lost",
    };
    let head = format!("{sign} {} {} ", text::fit(state, 5), text::fit(&text::age(model.now, line.at), 3));
    let rest = format!("{} you {} · {}", line.label, line.mine, line.subject);
    format!("{head}{}", text::cut(&sanitise::line(&rest), width.saturating_sub(text::width(&head))))
}

/// What we did, what the colleague did, and what can be done about it.
fn about(model: &Model, line: &ConflictLine, canvas: &mut Canvas<'_>, area: Rect) {
    let when = |at: Option<crate::domain::Timestamp>| at.map(|at| format!(" · {}", model.clock(at))).unwrap_or_default();
    let theirs = if line.theirs.is_empty() { line.why.clone() } else { format!("{}{}", line.theirs, when(line.theirs_at)) };
    let keys = |actions: [(&str, &str); 3]| {
        let possible = actions.into_iter().filter(|(name, _)| line.can_be_applied || *name != "apply-mine");
        let named =
            possible.map(|(name, words)| format!("{} {words}", model.keymap.key_of(model.scope(), name).unwrap_or_else(|| format!(":{name}"))));
        named.collect::<Vec<_>>().join(", ")
    };
    let state = if line.is_parked {
        let key = |name: &str| model.keymap.key_of(model.scope(), name).unwrap_or_else(|| format!(":{name}"));
        let (again, out) = (key("apply-mine"), key("drop-mine"));
        format!("The mail server does not take it, and all you did after it waits: {again} tries it once more, {out} leaves it out for good.")
    } else if line.is_undecided {
        let keys =
            keys([("apply-mine", "applies yours anyway"), ("drop-mine", "drops it"), ("keep-as-is", "leaves it in the history as not applied")]);
        format!("Yours has not been shared: {keys}.")
    } else {
        let keys = keys([("apply-mine", "applies it anyway"), ("drop-mine", "takes it off this list"), ("open-conflict", "opens the ticket")]);
        format!("Yours stands in the history as not applied: {keys}.")
    };
    let lines = [
        (format!("{} {}", line.label, line.subject), model.theme.title),
        (format!("You {}{}", line.mine, when(Some(line.at))), model.theme.text),
        (format!("But {theirs}"), model.theme.warning),
        (state, model.theme.dim),
    ];
    let columns = usize::from(area.width.saturating_sub(2));
    let mut row = 1;
    for (words, style) in lines {
        for part in text::wrap(&sanitise::line(&words), columns) {
            if row < area.height {
                canvas.line(area, row, &format!(" {part}"), style);
            }
            row += 1;
        }
    }
}
