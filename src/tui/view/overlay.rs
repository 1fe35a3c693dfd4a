//! Pickers, questions, and what is wrong in a prompt.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use crate::tui::layout::{Layout, centred};
use crate::tui::model::{Confirm, Model, Overlay, Picker, PickerKind, Prompt, PromptKind, Report};
use crate::tui::pointer::Target;
use crate::tui::text;
use crate::tui::update::filter;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    match model.overlay.as_ref()? {
        Overlay::Prompt(prompt) => {
            // A line that was refused says why, whatever could complete it; a query is tried while it is typed.
            let is_refused = prompt.kind == PromptKind::Command && prompt.error.is_some();
            if is_refused || !completions(model, prompt, canvas, layout.status) {
                prompt_error(model, prompt, canvas, layout.status);
            }
            None
        }
        Overlay::Picker(picker) => Some(draw_picker(model, picker, canvas, layout.body)),
        Overlay::Report(report) => Some(draw_report(model, report, canvas, layout.body)),
        Overlay::Confirm(question) => Some(draw_question(model, question, canvas, layout.body)),
    }
}

/// What could continue the word, above the line; tells whether there is anything.
fn completions(model: &Model, prompt: &Prompt, canvas: &mut Canvas<'_>, area: Rect) -> bool {
    let offers = filter::offers(model);
    let chosen = prompt.cycle.as_ref().map(|cycle| cycle.at);
    let begun = prompt.input.text().get(..prompt.input.cursor()).is_some_and(|before| !before.ends_with(char::is_whitespace) && !before.is_empty());
    if offers.is_empty() || !(begun || chosen.is_some()) {
        return false;
    }
    canvas.clear(area);
    let mut x = area.x + canvas.put(area.x, area.y, area.width, " tab ", model.theme.dim);
    // What was gone past scrolls out on the left.
    for (index, offer) in offers.iter().enumerate().skip(chosen.unwrap_or(0).saturating_sub(2)) {
        if x >= area.right() {
            break;
        }
        let style = if chosen == Some(index) { model.theme.selected } else { model.theme.key };
        x += canvas.put(x, area.y, area.right() - x, offer, style) + 2;
    }
    true
}

/// What failed, one line each.
fn draw_report(model: &Model, report: &Report, canvas: &mut Canvas<'_>, body: Rect) -> Position {
    let width = body.width.min(76);
    let area = centred(body, width, (report.lines.len() as u16).saturating_add(3).clamp(4, body.height.max(4)));
    let inside = canvas.boxed(area, &report.title, model.theme.error);
    let room = inside.height.saturating_sub(1);
    for (row, line) in (0..room).zip(report.lines.iter().skip(report.scroll)) {
        canvas.line(inside, row, &format!(" {line}"), model.theme.text);
    }
    let more = report.lines.len().saturating_sub(report.scroll + usize::from(room));
    let end = if more > 0 { format!(" j {more} more · any other key closes") } else { " any key closes".to_owned() };
    canvas.line(inside, room, &end, model.theme.dim);
    Position::new(inside.x, inside.y + room)
}

/// Why the line is wrong, above it.
fn prompt_error(model: &Model, prompt: &Prompt, canvas: &mut Canvas<'_>, area: Rect) {
    if let Some((.., why)) = &prompt.error {
        canvas.clear(area);
        canvas.line(area, 0, &format!(" ✗ {why}"), model.theme.error);
    }
}

fn draw_picker(model: &Model, picker: &Picker, canvas: &mut Canvas<'_>, body: Rect) -> Position {
    let matches = picker.matches();
    let height = (matches.len().max(1) as u16).saturating_add(3).clamp(4, body.height.max(4));
    let previews = matches!(picker.kind, PickerKind::Template(_) | PickerKind::Insert);
    let area = centred(body, if previews { 76 } else { picker.kind.width() }, if previews { body.height } else { height });
    let mut inside = canvas.boxed(area, &picker.title, model.theme.accent);
    if previews && inside.height >= 10 {
        let rows = (matches.len() as u16 + 1).clamp(2, inside.height / 2);
        let below = Rect { y: inside.y + rows, height: inside.height - rows, ..inside };
        template_preview(model, canvas, below);
        inside.height = rows;
    }
    let (typed, column) = picker.input.window(usize::from(inside.width.saturating_sub(2)));
    canvas.line(inside, 0, &format!("> {typed}"), model.theme.text);
    let rows = usize::from(inside.height.saturating_sub(1));
    let top = (picker.selected + 1).saturating_sub(rows.max(1));
    let empty = if picker.loading { "reading…" } else { "nothing matches" };
    if matches.is_empty() {
        canvas.line(inside, 1, &format!("  {empty}"), model.theme.dim);
    }
    for (row, (index, item)) in matches.iter().enumerate().skip(top).take(rows).enumerate() {
        let chosen = index == picker.selected;
        let label = crate::domain::sanitise::line(&item.label);
        let width = usize::from(inside.width);
        // The label comes first, unless there is a warning; what it leaves is the hint's, and a quarter in any case.
        let share = if item.hint.starts_with('!') { 2 } else { 4 };
        let left = width.saturating_sub(text::width(&label) + 3).max(width / share);
        let hint = text::cut(&item.hint, left);
        let room = width.saturating_sub(text::width(&hint) + 3);
        let line = format!("{} {} {hint}", if chosen { "▸" } else { " " }, text::fit(&label, room));
        let style = if chosen { model.theme.selected } else { model.theme.text };
        canvas.bar(inside, row as u16 + 1, &line, style);
        canvas.hit(Rect::new(inside.x, inside.y + row as u16 + 1, inside.width, 1), Target::Choice(index));
    }
    Position::new((inside.x + 2 + column as u16).min(inside.right().saturating_sub(1)), inside.y)
}

/// The text of the template the picker points at, as it would stand in the mail.
fn template_preview(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.line(area, 0, &"─".repeat(usize::from(area.width)), model.theme.border);
    let Some(rendered) = &model.template_preview else { return };
    let columns = usize::from(area.width.saturating_sub(2));
    let mut row = 1;
    if !rendered.unfilled.is_empty() {
        canvas.line(area, row, &format!(" ! left without a value: {}", rendered.unfilled.join(", ")), model.theme.warning);
        row += 1;
    }
    let clean = crate::domain::sanitise::text(&rendered.text);
    for part in clean.lines().flat_map(|line| text::wrap(line, columns)).take(usize::from(area.height.saturating_sub(row))) {
        canvas.line(area, row, &format!(" {part}"), model.theme.text);
        row += 1;
    }
}

fn draw_question(model: &Model, question: &Confirm, canvas: &mut Canvas<'_>, body: Rect) -> Position {
    let width = 60.min(body.width);
    let columns = usize::from(width.saturating_sub(4));
    let mut lines: Vec<String> = text::wrap(&question.question, columns);
    lines.extend(question.remarks.iter().flat_map(|remark| text::wrap(&crate::domain::sanitise::line(remark), columns)));
    let area = centred(body, width, lines.len() as u16 + 3);
    let inside = canvas.boxed(area, "", model.theme.warning);
    let room = inside.height.saturating_sub(1);
    for (row, line) in (0..room).zip(&lines) {
        canvas.line(inside, row, &format!(" {line}"), if row == 0 { model.theme.title } else { model.theme.text });
    }
    let answer = room.min(lines.len() as u16);
    let used = canvas.put(inside.x + 1, inside.y + answer, inside.width, "y yes   ", model.theme.key);
    let yes = Rect::new(inside.x + 1, inside.y + answer, used, 1);
    let used_by_no = canvas.put(yes.right(), yes.y, inside.width.saturating_sub(used + 1), "[n no]", model.theme.selected);
    canvas.hit(yes, Target::Yes);
    canvas.hit(Rect::new(yes.right(), yes.y, used_by_no, 1), Target::No);
    Position::new(inside.x + 2 + used, inside.y + answer)
}
