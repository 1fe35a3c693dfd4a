//! A ticket as lines: messages oldest first, events between them, quotes folded.
//!
//! Each message is a block of lines that is laid out once and kept while nothing
//! about it changes, so that a ticket of thousands of messages stays quick.

mod about;
pub mod find;
mod folds;
mod source;

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};

use jiff::tz::TimeZone;

use super::text;
use crate::domain::{MessageId, Timestamp};
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};

pub use folds::{Folds, first_to_read};
pub use source::{is_shown_event, moment};

/// What a line is, which decides its border, label and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Header(ShownDirection),
    /// All that is shown of a folded message.
    Closed(ShownDirection),
    /// Recipients, attachments, flaws: about the message, not in it.
    About(ShownDirection),
    /// About the message, and to be noticed.
    Warning(ShownDirection),
    Text(ShownDirection),
    Quote(ShownDirection),
    /// Says that text is hidden.
    Folded(ShownDirection),
    /// Says that a long text goes on.
    More(ShownDirection),
    Event,
    /// What may be done about the ticket.
    Suggestion,
    Blank,
}

/// One line of the conversation, already clean and not wider than asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationLine {
    pub kind: LineKind,
    pub text: String,
    /// Which line of the message it was wrapped from, and at which octet of that it begins.
    pub source: usize,
    pub from: usize,
}

/// The surroundings of a layout.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Columns, the border included.
    pub width: usize,
    pub now: Timestamp,
    pub zone: &'a TimeZone,
}

/// Columns taken by the border left of each message.
pub const BORDER: usize = 2;

/// A ticket laid out.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    blocks: Vec<Block>,
    /// The first line of each block.
    starts: Vec<usize>,
    count: usize,
}

/// A message, or the events before one.
#[derive(Clone, Debug)]
struct Block {
    /// The message it is, or the one that follows the events.
    message: usize,
    made_of: Option<MadeOf>,
    lines: Vec<ConversationLine>,
}

/// Everything the lines of a message depend on, the age in its header aside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MadeOf {
    id: MessageId,
    width: usize,
    is_closed: bool,
    is_fresh: bool,
    has_text: bool,
    has_headers: bool,
    tells_why: bool,
    tells_signals: bool,
    show_quotes: bool,
    lines: usize,
    /// What changes when more of the mail comes in.
    sizes: [usize; 3],
    /// What is said beside it, which changes while its text stays.
    beside: u64,
}

/// A place in the conversation that stays when lines come and go above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    message: MessageId,
    /// Lines from the beginning of the message; negative among the events before it.
    offset: i64,
}

/// Lays a ticket out as lines.
pub fn lay_out(ticket: &ShownTicket, folds: &Folds, page: &Page<'_>) -> Conversation {
    Conversation::default().renewed(ticket, folds, page)
}

/// The line on which a message begins.
pub fn start_of(conversation: &Conversation, message: usize) -> Option<usize> {
    conversation.start_of(message)
}

impl Conversation {
    /// Lays out anew; the lines of messages about which nothing changed are kept.
    #[must_use]
    pub fn renewed(self, ticket: &ShownTicket, folds: &Folds, page: &Page<'_>) -> Self {
        let known = self.blocks.into_iter().filter_map(|block| Some((block.made_of?, block.lines)));
        let mut known: HashMap<MessageId, (MadeOf, Vec<ConversationLine>)> = known.map(|(made, lines)| (made.id.clone(), (made, lines))).collect();
        let mut new = Self::default();
        new.push(0, None, wrapped(source::missing_mail(ticket), page));
        let mut events = ticket.events.iter().filter(|event| is_shown_event(event)).peekable();
        for (index, message) in ticket.messages.iter().enumerate() {
            let before = std::iter::from_fn(|| events.next_if(|event| message.date.is_some_and(|date| event.at < date)));
            new.push(index, None, wrapped(source::events(before, page), page));
            let made_of = MadeOf::of(message, folds, page);
            let kept = known.remove(&message.message_id).filter(|(made, _)| *made == made_of).map(|(_, lines)| lines);
            let lines = match kept {
                Some(lines) => with_new_header(lines, message, folds, page),
                None => wrapped(source::message(message, folds, page), page),
            };
            new.push(index, Some(made_of), lines);
        }
        let last = ticket.messages.len().saturating_sub(1);
        new.push(last, None, wrapped(source::events(events, page), page));
        new.push(last, None, wrapped(source::links(&ticket.links), page));
        new.push(last, None, wrapped(source::suggestions(&ticket.suggestions), page));
        new
    }

    fn push(&mut self, message: usize, made_of: Option<MadeOf>, lines: Vec<ConversationLine>) {
        if lines.is_empty() {
            return;
        }
        self.starts.push(self.count);
        self.count += lines.len();
        self.blocks.push(Block { message, made_of, lines });
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The lines from one on, each with the message it belongs to.
    pub fn from(&self, first: usize) -> impl Iterator<Item = (usize, &ConversationLine)> {
        let block = self.block_at(first);
        let skip = first.saturating_sub(self.starts.get(block).copied().unwrap_or(0));
        self.blocks.iter().skip(block).flat_map(|block| block.lines.iter().map(|line| (block.message, line))).skip(skip)
    }

    /// The line on which a message begins.
    pub fn start_of(&self, message: usize) -> Option<usize> {
        self.starts.get(self.block_of(message)?).copied()
    }

    /// The line behind a message's last one, the blank one below it left out.
    pub fn end_of(&self, message: usize) -> Option<usize> {
        let block = self.block_of(message)?;
        let lines = &self.blocks.get(block)?.lines;
        let blank = lines.iter().rev().take_while(|line| line.kind == LineKind::Blank).count();
        Some(self.starts.get(block)? + lines.len() - blank)
    }

    /// Whether a message ends in a word that it goes on.
    pub fn goes_on(&self, message: usize) -> bool {
        let block = self.block_of(message).and_then(|index| self.blocks.get(index));
        block.is_some_and(|block| block.lines.iter().rev().take(3).any(|line| matches!(line.kind, LineKind::More(_))))
    }

    pub fn message_at(&self, line: usize) -> Option<usize> {
        self.blocks.get(self.block_at(line)).map(|block| block.message)
    }

    /// The line of a message that holds an octet of one of its source lines.
    pub fn line_of(&self, message: usize, source: usize, octet: usize) -> Option<usize> {
        let block = self.block_of(message)?;
        let lines = &self.blocks.get(block)?.lines;
        let line = lines.iter().rposition(|line| line.source == source && line.from <= octet)?;
        Some(self.starts.get(block)? + line)
    }

    /// Messages any line of which is among these.
    pub fn messages_in(&self, lines: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
        let (first, last) = (self.block_at(lines.start), self.block_at(lines.end.saturating_sub(1)));
        let blocks = self.blocks.iter().take(last + 1).skip(first);
        blocks.filter(|block| block.made_of.is_some()).map(|block| block.message)
    }

    pub fn anchor(&self, line: usize, ticket: &ShownTicket) -> Option<Anchor> {
        let message = self.message_at(line)?;
        let id = ticket.messages.get(message)?.message_id.clone();
        Some(Anchor { message: id, offset: line as i64 - self.start_of(message)? as i64 })
    }

    /// The line an anchor stands for now.
    pub fn line_at(&self, anchor: &Anchor, ticket: &ShownTicket) -> Option<usize> {
        let message = ticket.messages.iter().position(|message| message.message_id == anchor.message)?;
        usize::try_from((self.start_of(message)? as i64 + anchor.offset).max(0)).ok()
    }

    fn block_at(&self, line: usize) -> usize {
        self.starts.partition_point(|start| *start <= line).saturating_sub(1)
    }

    /// Blocks are in the order of messages, so the place can be looked up.
    fn block_of(&self, message: usize) -> Option<usize> {
        let first = self.blocks.partition_point(|block| block.message < message);
        self.blocks
            .iter()
            .enumerate()
            .skip(first)
            .take(3)
            .find(|(_, block)| block.message == message && block.made_of.is_some())
            .map(|(index, _)| index)
    }
}

impl MadeOf {
    fn of(message: &ShownMessage, folds: &Folds, page: &Page<'_>) -> Self {
        let id = &message.message_id;
        Self {
            width: page.width,
            is_closed: folds.is_closed(message),
            is_fresh: folds.fresh.contains(id),
            has_text: message.glance.outline.is_none(),
            has_headers: folds.headers.contains_key(id),
            tells_why: folds.why.contains(id),
            tells_signals: folds.signals.contains(id),
            beside: beside(message),
            show_quotes: folds.show_quotes,
            lines: folds.lines(message),
            sizes: [message.text.len(), message.attachments.len(), message.flaws.len()],
            id: id.clone(),
        }
    }
}

/// A fingerprint of what ticket and server say of a message.
fn beside(message: &ShownMessage) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    (&message.placed_why, &message.routed_to, &message.routed_by, &message.authentication).hash(&mut hasher);
    message.signals.iter().for_each(|signal| (signal.kind, &signal.words).hash(&mut hasher));
    hasher.finish()
}

/// Ages go on while a message stays the same.
fn with_new_header(mut lines: Vec<ConversationLine>, message: &ShownMessage, folds: &Folds, page: &Page<'_>) -> Vec<ConversationLine> {
    if let Some(first) = lines.first_mut() {
        first.text = source::header(message, folds, page).text;
    }
    lines
}

/// Wraps source lines to the page.
fn wrapped(sources: Vec<source::Source>, page: &Page<'_>) -> Vec<ConversationLine> {
    let mut lines = Vec::with_capacity(sources.len());
    for (index, source) in sources.into_iter().enumerate() {
        let columns = match source.kind {
            LineKind::Header(_) | LineKind::Closed(_) | LineKind::Event | LineKind::Suggestion => page.width,
            _ => page.width.saturating_sub(BORDER),
        };
        if text::width(&source.text) <= columns {
            lines.push(ConversationLine { kind: source.kind, text: source.text, source: index, from: 0 });
            continue;
        }
        let mut at = 0;
        for part in text::wrap(&source.text, columns) {
            let from = at + source.text.get(at..).and_then(|rest| rest.find(&part)).unwrap_or(0);
            at = from + part.len();
            lines.push(ConversationLine { kind: source.kind, text: part, source: index, from });
        }
    }
    lines
}

#[cfg(test)]
mod tests;
