//! What a message says, line by line, before it is wrapped.

use super::{Folds, LineKind, Page, about};
use crate::domain::suggestion::Suggestion;
use crate::domain::{Address, Timestamp, sanitise};
use crate::protocol::json::{Linked, ShownDirection, ShownEvent, ShownMessage, ShownTicket};
use crate::tui::{signs, text};

/// One line as it was written, clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub kind: LineKind,
    pub text: String,
}

/// Octets of one line that are laid out together; what has no line ends is cut into such pieces.
const PIECE: usize = 2_000;

/// Below this the header has no room for more than an age.
const NARROW: usize = 60;

/// Notes stand among the messages; opening a ticket is told by its first message.
pub fn is_shown_event(event: &ShownEvent) -> bool {
    !event.summary.is_empty() && !matches!(event.change.op(), "note" | "open" | "attach" | "skip")
}

/// Events that stand together.
pub fn events<'a>(events: impl Iterator<Item = &'a ShownEvent>, page: &Page<'_>) -> Vec<Source> {
    events.map(|event| Source { kind: LineKind::Event, text: event_line(event, page) }).collect()
}

fn event_line(event: &ShownEvent, page: &Page<'_>) -> String {
    let what = if event.summary.is_empty() { event.change.op() } else { &event.summary };
    let fate = match (event.applied, event.pending) {
        (true, false) => String::new(),
        (true, true) => " (not shared yet)".to_owned(),
        (false, _) if event.is_ours_to_apply => format!(" (NOT APPLIED: {}; C applies it anyway)", event.not_applied),
        (false, _) => format!(" (not applied: {})", event.not_applied),
    };
    sanitise::line(&format!("· {} {what}{fate} · {}", event.agent, moment(event.at, page))).into_owned()
}

/// What stands in the place of mail that is not there any more.
pub fn missing_mail(ticket: &ShownTicket) -> Vec<Source> {
    ticket.says_of_missing_mail().into_iter().map(|text| Source { kind: LineKind::Event, text: text.to_owned() }).collect()
}

/// The tickets it is linked with.
pub fn links(links: &[Linked]) -> Vec<Source> {
    let line = |link: &Linked| format!("{} Linked with {} “{}”", signs::RELATED, link.label(), link.subject);
    links.iter().map(|link| Source { kind: LineKind::Event, text: sanitise::line(&line(link)).into_owned() }).collect()
}

/// What may be done about a ticket; nothing of it has been done.
pub fn suggestions(suggestions: &[Suggestion]) -> Vec<Source> {
    let line = |suggestion: &Suggestion| {
        let subject = if suggestion.subject.is_empty() { String::new() } else { format!(" “{}”", suggestion.subject) };
        let what = if suggestion.address.is_some() {
            suggestion.why.clone()
        } else {
            format!("Possibly {}{subject}: {}", suggestion.label(), suggestion.why)
        };
        let text = sanitise::line(&format!("{} {what}", if suggestion.address.is_some() { '?' } else { signs::RELATED })).into_owned();
        Source { kind: LineKind::Suggestion, text }
    };
    let mut lines: Vec<Source> = suggestions.iter().map(line).collect();
    if !lines.is_empty() {
        lines.push(Source { kind: LineKind::Suggestion, text: "  L goes there, accepts or dismisses it.".to_owned() });
    }
    lines
}

/// All lines of a message: one when it is folded.
pub fn message(message: &ShownMessage, folds: &Folds, page: &Page<'_>) -> Vec<Source> {
    let mut lines = vec![header(message, folds, page)];
    if folds.is_closed(message) {
        return lines;
    }
    lines.extend(body(message, folds));
    lines.push(blank());
    lines
}

/// What a message shows below its header when it is not folded.
pub fn body(message: &ShownMessage, folds: &Folds) -> Vec<Source> {
    let mut lines = about::about(message, folds);
    if !lines.is_empty() {
        lines.push(Source { kind: LineKind::About(message.direction), text: String::new() });
    }
    push_text(&mut lines, message, folds);
    lines
}

fn blank() -> Source {
    Source { kind: LineKind::Blank, text: String::new() }
}

/// The first line of a message: who wrote, when, and, folded, the first words.
pub fn header(message: &ShownMessage, folds: &Folds, page: &Page<'_>) -> Source {
    let way = message.direction;
    let closed = folds.is_closed(message);
    let sign = if closed { "▸" } else { "▾" };
    let fresh = if folds.fresh.contains(&message.message_id) { "● " } else { "" };
    let who = message.from.as_ref().map_or("unknown sender", Address::label);
    let never_sent = if closed || page.width < NARROW { "" } else { " (never sent)" };
    let label = match way {
        ShownDirection::In => format!("{sign} {fresh}← {who}"),
        ShownDirection::Out => format!("{sign} → {who}"),
        ShownDirection::Note => format!("{sign} INTERNAL NOTE by {who}{}{never_sent}", if message.edited.is_some() { " (corrected)" } else { "" }),
    };
    let files = if closed && (message.glance.has_attachments || !message.attachments.is_empty()) { " @" } else { "" };
    let words = if closed { format!("{files}  {}", message.first_words()) } else { String::new() };
    let label = sanitise::line(&format!("{label}{words}")).into_owned();
    let when = match message.date {
        None => "no date".to_owned(),
        Some(date) if page.width < NARROW => text::age(page.now, date),
        Some(date) => moment(date, page),
    };
    let room = page.width.saturating_sub(text::width(&when) + 1);
    let text = if room < 12 { text::cut(&label, page.width).into_owned() } else { format!("{} {when}", text::fit(label.trim_end(), room)) };
    Source { kind: if closed { LineKind::Closed(way) } else { LineKind::Header(way) }, text }
}

fn push_text(lines: &mut Vec<Source>, message: &ShownMessage, folds: &Folds) {
    let way = message.direction;
    if message.glance.outline.is_some() {
        lines.push(Source { kind: LineKind::Folded(way), text: "reading…".to_owned() });
        return;
    }
    let whole = folds.show_quotes || message.new_text.trim().is_empty();
    let shown = if whole { &message.text } else { &message.new_text }.trim_end();
    if shown.is_empty() {
        lines.push(Source { kind: LineKind::Folded(way), text: "(no text)".to_owned() });
    }
    let first = lines.len();
    let mut blank_before = true;
    for (at, piece) in pieces(shown) {
        if lines.len() - first >= folds.lines(message) {
            lines.push(Source { kind: LineKind::More(way), text: rest(shown.get(at..).unwrap_or_default()) });
            break;
        }
        let blank = piece.trim().is_empty();
        if !(blank && blank_before) {
            let kind = if piece.trim_start().starts_with('>') { LineKind::Quote(way) } else { LineKind::Text(way) };
            lines.push(Source { kind, text: sanitise::text(piece).into_owned() });
        }
        blank_before = blank;
    }
    let hidden = if whole { 0 } else { lines_in(&message.text).saturating_sub(lines_in(&message.new_text)) };
    if hidden > 0 {
        lines.push(Source {
            kind: LineKind::Folded(way),
            text: format!(
                "⋯ {hidden} quoted or repeated line{} (\" shows {})",
                if hidden == 1 { "" } else { "s" },
                if hidden == 1 { "it" } else { "them" }
            ),
        });
    }
}

/// The lines of a text with the octet each begins at; very long ones in pieces.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').flat_map(move |line| {
        let start = at;
        at += line.len() + 1;
        cut_line(line).map(move |(offset, piece)| (start + offset, piece))
    })
}

fn cut_line(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    let mut over = false;
    std::iter::from_fn(move || {
        let rest = line.get(from..).filter(|rest| !over && (from == 0 || !rest.is_empty()))?;
        let end = rest.floor_char_boundary(PIECE).max(rest.chars().next().map_or(0, char::len_utf8));
        let piece = (from, rest.get(..end)?);
        over = rest.is_empty();
        from += end;
        Some(piece)
    })
}

/// How much is left of a text that is not shown to its end.
fn rest(text: &str) -> String {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let what = if lines == 1 { "the line goes on".to_owned() } else { format!("{lines} more lines") };
    format!("⋯ {what}, {} (space shows more)", text::size(text.len() as u64))
}

fn lines_in(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// When something happened: the time alone today, else the date as well, with the age.
pub fn moment(at: Timestamp, page: &Page<'_>) -> String {
    let local = at.to_zoned(page.zone.clone());
    let today = page.now.to_zoned(page.zone.clone()).date();
    let clock = if local.date() == today { local.strftime("%H:%M") } else { local.strftime("%Y-%m-%d %H:%M") };
    format!("{clock} ({})", text::age(page.now, at))
}
