//! Syncing and sending.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::Canvas;
use super::frame;
use crate::tui::jobs::{self, JobKind, JobText};
use crate::tui::layout::Layout;
use crate::tui::model::{JobRow, Model};
use crate::tui::pointer::Target;
use crate::tui::text;

/// Lines a text may take, while its row is selected and while it is not; a remedy takes half of them.
const OPEN: usize = 6;
const CLOSED: usize = 2;
/// Columns of what a row is about.
const HEAD: usize = 12;
const NARROW_HEAD: usize = 9;
/// A terminal this wide has room for the wide one.
const WIDE: u16 = 60;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Position {
    let area = layout.body;
    let errors = match model.jobs.troubles.len() {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    frame::title(model, canvas, layout.top, "Syncing and sending", &errors);
    let rows = model.job_rows();
    let at = model.job_index(&rows);
    let mut lines: Vec<(bool, String, Style)> = Vec::new();
    // To which row each line belongs.
    let mut owners: Vec<usize> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for (index, row) in rows.iter().enumerate() {
        let selected = index == at;
        if selected {
            begin = lines.len();
        }
        lines.extend(row_lines(model, row, selected, area.width));
        owners.resize(lines.len(), index);
        if selected {
            end = lines.len();
        }
    }
    let height = usize::from(area.height);
    let top = end.saturating_sub(height).min(begin);
    for (y, ((selected, line, style), owner)) in (area.y..area.bottom()).zip(lines.into_iter().zip(owners).skip(top)) {
        let row = Rect { y, height: 1, ..area };
        if let Some(job) = rows.get(owner) {
            canvas.hit(row, Target::Job(job.clone()));
        }
        if selected { canvas.bar(row, 0, &line, style) } else { canvas.line(row, 0, &line, style) }
    }
    Position::new(area.x, area.y + u16::try_from(begin - top).unwrap_or(0))
}

fn row_lines(model: &Model, row: &JobRow, selected: bool, width: u16) -> Vec<(bool, String, Style)> {
    let Some(JobText { kind, head, text, remedy }) = jobs::row(model, row) else { return Vec::new() };
    let theme = &model.theme;
    let base = match kind {
        JobKind::Good => theme.good,
        JobKind::Active => theme.accent,
        JobKind::Waiting => theme.warning,
        JobKind::Bad => theme.error,
        JobKind::Plain => theme.text,
    };
    let is_section = matches!(row, JobRow::Sync | JobRow::Sending);
    let base = if is_section { base.patch(theme.title) } else { base };
    let style = if selected { base.patch(theme.selected) } else { base };
    let head_width = if width >= WIDE { HEAD } else { NARROW_HEAD };
    // What belongs to a section stands a little to the right of it.
    let indent = if is_section { "" } else { " " };
    let mark = if selected { "▸" } else { " " };
    let first = format!("{mark} {indent}{} ", text::fit(&head, head_width - indent.len()));
    let room = usize::from(width).saturating_sub(text::width(&first));
    let most = if selected { OPEN } else { CLOSED };
    let mut lines = wrapped(&text, room, most);
    if !remedy.is_empty() {
        lines.extend(wrapped(&format!("→ {remedy}"), room, most / 2));
    }
    let lead = " ".repeat(text::width(&first));
    lines.into_iter().enumerate().map(|(index, line)| (selected, format!("{}{line}", if index == 0 { &first } else { &lead }), style)).collect()
}

/// Wraps a text to at most so many lines; a point between two parts does not begin or end one.
fn wrapped(content: &str, room: usize, most: usize) -> Vec<String> {
    let lines = text::wrap(content, room);
    let is_cut = lines.len() > most;
    let tidy = |line: &str| line.trim_end_matches(" ·").trim_start_matches("· ").to_owned();
    let mut lines: Vec<String> = lines.iter().take(most).map(|line| tidy(line)).collect();
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        *last = text::cut(&format!("{last} …"), room).into_owned();
    }
    lines
}
