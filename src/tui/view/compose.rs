//! The composer: who it goes to, and the text.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::Canvas;
use super::frame;
use crate::domain::sanitise;
use crate::tui::layout::Layout;
use crate::tui::model::{Composing, Field, Kind, Model};
use crate::tui::text;
use crate::tui::update::typing::OFFERS;

/// Columns of the names of the fields.
const LABEL: u16 = 9;

/// Stands in To as long as it waits for somebody: what is typed goes there, and not into the text.
const TO_WHOM: &str = "to whom? type a name or an address; enter goes on to the text";

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    let composing = model.composing.as_ref()?;
    frame::title(model, canvas, layout.top, &title(model, composing), state(composing));
    let area = layout.body;
    if composing.is_note() {
        return Some(note(model, composing, canvas, area));
    }
    let (rows, field_cursor) = fields(model, composing, canvas, area);
    let body = Rect { y: area.y + rows, height: area.height.saturating_sub(rows), ..area };
    canvas.line(body, 0, &"─".repeat(usize::from(body.width)), model.theme.border);
    let text = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let text_cursor = write(canvas, text, composing);
    offers(model, composing, canvas, text, field_cursor);
    field_cursor.or(text_cursor)
}

fn title(model: &Model, composing: &Composing) -> String {
    match &composing.kind {
        Kind::Note(tickets) if composing.edits.is_some() => format!("INTERNAL NOTE, corrected · never sent · {}", label(model, tickets)),
        Kind::Note(tickets) => format!("INTERNAL NOTE · never sent · {}", label(model, tickets)),
        Kind::Mail if composing.draft.ticket.is_none() => "NEW MAIL to a customer".to_owned(),
        Kind::Mail => format!("PUBLIC REPLY · {}", composing.form.subject.text()),
    }
}

fn label(model: &Model, tickets: &[crate::domain::TicketKey]) -> String {
    match tickets {
        [key] => model
            .queue
            .rows
            .iter()
            .find(|row| row.key == *key)
            .map_or_else(|| key.short().to_owned(), |row| format!("{} {}", row.label(), row.subject)),
        many => format!("{} tickets", many.len()),
    }
}

/// Whether what is typed lies on the disk.
fn state(composing: &Composing) -> &'static str {
    if composing.unsaved {
        "typing"
    } else if composing.draft_id.is_some() {
        "saved"
    } else {
        ""
    }
}

/// A note stands in a border of its own, in its own colour, so that nobody takes it for a mail.
fn note(model: &Model, composing: &Composing, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let inside = canvas.boxed(area, "INTERNAL NOTE: only colleagues read this", model.theme.note_text);
    write(canvas, inside, composing).unwrap_or(Position::new(inside.x, inside.y))
}

fn write(canvas: &mut Canvas<'_>, area: Rect, composing: &Composing) -> Option<Position> {
    if area.height == 0 || area.width == 0 {
        return None;
    }
    canvas.editor(area, &composing.form.body);
    let (column, row) = composing.form.body.cursor();
    let at = Position::new(area.x + column.min(area.width - 1), area.y + row.min(area.height - 1));
    (composing.form.focus == Field::Body || composing.is_note()).then_some(at)
}

/// The fields that have something in them or the focus; on a small screen, those alone.
fn fields(model: &Model, composing: &Composing, canvas: &mut Canvas<'_>, area: Rect) -> (u16, Option<Position>) {
    let form = &composing.form;
    let (mut row, mut cursor) = (0, None);
    let room = area.height.saturating_sub(3);
    canvas.line(area, row, &format!(" From    {}", composing.draft.from), model.theme.dim);
    row += 1;
    for field in [Field::To, Field::Cc, Field::Bcc, Field::Subject] {
        let Some(line) = form.line(field) else { continue };
        let focused = form.focus == field;
        if row >= room || (line.text().is_empty() && !focused && matches!(field, Field::Bcc | Field::Cc) && area.height < 14) {
            continue;
        }
        let y = area.y + row;
        canvas.put(area.x + 1, y, LABEL, field.label(), if focused { model.theme.key } else { model.theme.dim });
        let (x, width) = (area.x + LABEL, area.width.saturating_sub(LABEL + 1));
        let before = line.cursor_column();
        let skip = before.saturating_sub(usize::from(width.saturating_sub(1)));
        let clean = sanitise::line(line.text());
        let (_, shown) = text::split_at(&clean, if focused { skip } else { 0 });
        canvas.put(x, y, width, shown, Style::new());
        if focused && field == Field::To && clean.is_empty() {
            canvas.put(x + 1, y, width.saturating_sub(1), TO_WHOM, model.theme.warning);
        }
        if focused {
            let skipped = text::width(&clean) - text::width(shown);
            cursor = Some(Position::new(x + before.saturating_sub(skipped) as u16, y));
        }
        row += 1;
    }
    for line in composing.company_lines.iter().take(2) {
        if row < room {
            canvas.line(area, row, &format!(" ! {line}"), model.theme.warning);
            row += 1;
        }
    }
    let remarks: Vec<&String> = composing.remarks.iter().collect();
    for remark in remarks.into_iter().take(2).filter(|_| area.height >= 14) {
        canvas.line(area, row, &format!(" ! {remark}"), model.theme.warning);
        row += 1;
    }
    if !composing.draft.attachments.is_empty() && row < room {
        let names: Vec<&str> = composing.draft.attachments.iter().map(|file| file.name.as_str()).collect();
        canvas.line(area, row, &format!(" Files   {}", names.join(", ")), model.theme.dim);
        row += 1;
    }
    if !composing.draft.unfilled.is_empty() && row < room {
        canvas.line(area, row, &format!(" ! without a value: {}", composing.draft.unfilled.join(", ")), model.theme.warning);
        row += 1;
    }
    (row, cursor)
}

/// People who continue the field, over the text.
fn offers(model: &Model, composing: &Composing, canvas: &mut Canvas<'_>, text: Rect, field: Option<Position>) {
    let (Some(at), false) = (field, composing.form.offers.is_empty()) else { return };
    let shown = composing.form.offers.iter().take(OFFERS);
    for (row, (index, person)) in (0_u16..).zip(shown.enumerate()) {
        let y = at.y + 1 + row;
        if y >= text.bottom() {
            break;
        }
        let chosen = index == composing.form.offered;
        let area = Rect::new(text.x + LABEL, y, text.width.saturating_sub(LABEL), 1);
        canvas.clear(area);
        let style = if chosen { model.theme.selected } else { model.theme.accent };
        canvas.bar(area, 0, &format!("{} {person}", if chosen { "▸" } else { " " }), style);
    }
}
