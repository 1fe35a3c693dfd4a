//! The conversation.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::canvas::Canvas;
use super::frame;
use crate::domain::suggestion::Suggestion;
use crate::domain::ticket::Priority;
use crate::protocol::json::{ShownDirection, ShownTicket};
use crate::tui::conversation::find::Hit;
use crate::tui::conversation::{BORDER, Conversation, ConversationLine, LineKind};
use crate::tui::layout::Layout;
use crate::tui::model::{Model, TicketScreen};
use crate::tui::pointer::Target;
use crate::tui::update::sentence;
use crate::tui::{signs, text};

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) -> Option<Position> {
    let area = layout.body;
    let Some(shown) = &model.ticket.shown else {
        let row = model.queue.rows.iter().find(|row| model.ticket.key.as_ref() == Some(&row.key));
        let title = row.map_or_else(|| "Ticket".to_owned(), |row| format!("{} {}", row.label(), row.subject));
        frame::title(model, canvas, layout.top, &title, "");
        let (line, style) = match &model.ticket.error {
            Some(complaint) => (format!("✗ {}", sentence(complaint)), model.theme.error),
            None => ("reading…".to_owned(), model.theme.dim),
        };
        canvas.sentence(area, &line, style);
        return None;
    };
    frame::title(model, canvas, layout.top, &format!("{} {}", shown.row.label(), shown.row.subject), &facts(shown, usize::from(layout.top.width)));
    lines(model, canvas, area, &model.ticket.lines, model.ticket.scroll, Some(&model.ticket));
    if let Some(complaint) = &model.ticket.error {
        canvas.bar(area, 0, &format!(" ✗ {}", sentence(complaint)), model.theme.error);
    }
    let seen = model.ticket.lines.from(model.ticket.scroll).take(usize::from(area.height));
    let row = seen.into_iter().position(|(message, line)| message == model.ticket.focus && line.kind != LineKind::Event).unwrap_or(0);
    Some(Position::new(area.x, area.y + row as u16))
}

/// What is suggested, status, assignee, project, priority and tags, as short as they go.
fn facts(shown: &ShownTicket, width: usize) -> String {
    let row = &shown.row;
    let agents: Vec<&str> = shown.replying.iter().map(|who| who.agent.as_str()).collect();
    let mut facts: Vec<String> = agents.first().map(|_| replying(&agents)).into_iter().collect();
    facts.extend(shown.suggestions.first().map(suggested));
    facts.extend([row.status.as_str().to_owned(), row.assignee.clone().unwrap_or_else(|| "unassigned".to_owned())]);
    if !row.project.is_empty() {
        facts.push(row.project.clone());
    }
    if row.priority != Priority::Normal {
        facts.push(row.priority.as_str().to_owned());
    }
    facts.extend(row.tags.iter().take(3).map(|tag| format!("+{tag}")));
    // The number and some of the subject stand before it in any case.
    text::cut(&crate::domain::sanitise::line(&facts.join(" · ")), (width / 2).min(48)).into_owned()
}

/// `r bo is replying`.
fn replying(agents: &[&str]) -> String {
    let sign = signs::of(crate::domain::ticket::Badge::Replying).unwrap_or('r');
    let verb = if agents.len() == 1 { "is" } else { "are" };
    format!("{sign} {} {verb} replying", agents.join(", "))
}

/// `& #1017`: it may belong there.
fn suggested(suggestion: &Suggestion) -> String {
    if suggestion.address.is_some() { "? stranger".to_owned() } else { format!("{} {}", signs::RELATED, suggestion.label()) }
}

/// Draws laid-out lines from a first one on; on the ticket's own screen the message in focus
/// has a heavy border and the words looked for are marked.
pub(super) fn lines(model: &Model, canvas: &mut Canvas<'_>, area: Rect, all: &Conversation, first: usize, screen: Option<&TicketScreen>) {
    for (row, (message, line)) in (0..area.height).zip(all.from(first)) {
        let area = Rect::new(area.x, area.y + row, area.width, 1);
        let focused = screen.is_some_and(|screen| screen.focus == message);
        draw_line(model, canvas, area, line, focused);
        if screen.is_some() {
            canvas.hit(area, Target::Message(message));
        }
        if let Some(find) = screen.and_then(|screen| screen.find.as_ref()) {
            mark_found(model, canvas, area, line, find.in_source(message, line.source));
        }
    }
}

fn draw_line(model: &Model, canvas: &mut Canvas<'_>, area: Rect, line: &ConversationLine, focused: bool) {
    let theme = &model.theme;
    let (way, style) = match line.kind {
        LineKind::Event => {
            canvas.line(area, 0, &line.text, theme.dim);
            return;
        }
        LineKind::Suggestion => {
            canvas.line(area, 0, &line.text, theme.warning);
            return;
        }
        LineKind::Blank => return,
        LineKind::Header(way) => {
            canvas.bar(area, 0, &line.text, head(model, way));
            return;
        }
        LineKind::Closed(way) => {
            let style = if way == ShownDirection::Note { theme.note_text } else { theme.text };
            canvas.bar(area, 0, &line.text, if focused { style.patch(theme.selected) } else { style });
            return;
        }
        LineKind::About(way) | LineKind::Folded(way) => (way, theme.dim),
        LineKind::More(way) => (way, theme.key),
        LineKind::Warning(way) => (way, theme.error),
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

/// Marks the parts of a line that were found; the present one stands out.
fn mark_found<'a>(model: &Model, canvas: &mut Canvas<'_>, area: Rect, line: &ConversationLine, hits: impl Iterator<Item = (bool, &'a Hit)>) {
    if matches!(line.kind, LineKind::Header(_) | LineKind::Closed(_) | LineKind::Event | LineKind::Suggestion | LineKind::Blank) {
        return;
    }
    let column = |octet: usize| {
        let inside = octet.saturating_sub(line.from).min(line.text.len());
        text::width(line.text.get(..inside).unwrap_or(&line.text)) as u16
    };
    for (present, hit) in hits {
        let (start, end) = (column(hit.start), column(hit.end));
        let style = if present { model.theme.selected.patch(model.theme.title) } else { model.theme.key.add_modifier(Modifier::UNDERLINED) };
        let mark = Rect::new(area.x + BORDER as u16 + start, area.y, end.saturating_sub(start), 1);
        canvas.paint(mark.intersection(area), style);
    }
}

fn head(model: &Model, way: ShownDirection) -> ratatui::style::Style {
    match way {
        ShownDirection::In => model.theme.incoming,
        ShownDirection::Out => model.theme.outgoing,
        ShownDirection::Note => model.theme.note,
    }
}
