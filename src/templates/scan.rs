//! Finds tags, GitLab placeholders and field names in a template's text.

use std::ops::Range;

use super::context::PLACEHOLDERS;

/// A template's text made ready for the engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanned {
    /// The text with `%{NAME}` written as `{{NAME}}`.
    pub text: String,
    /// Placeholders that do not exist, with their place in the original.
    pub unknown: Vec<(String, usize)>,
    /// Where tags and placeholders stand in the original.
    tags: Vec<Range<usize>>,
    /// Where in `text` a placeholder made it one octet longer than the original.
    grown: Vec<usize>,
}

impl Scanned {
    /// The place in the original for a place in `text`.
    pub fn original(&self, offset: usize) -> usize {
        offset - self.grown.iter().filter(|grown| **grown < offset).count()
    }

    /// Where a field or placeholder is named inside a tag of the original.
    pub fn locate(&self, source: &str, name: &str) -> Option<usize> {
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        self.tags.iter().find_map(|tag| {
            let inside = source.get(tag.clone())?;
            inside.match_indices(name).find_map(|(at, _)| {
                let before = inside.get(..at)?.chars().next_back();
                let after = inside.get(at + name.len()..)?.chars().next();
                (!before.is_some_and(part) && !after.is_some_and(part)).then_some(tag.start + at)
            })
        })
    }
}

/// Reads the text once from left to right. What stands in `{% raw %}` is left alone.
pub(super) fn scan(source: &str) -> Scanned {
    let mut scanned = Scanned::default();
    let mut position = 0;
    let mut raw = false;
    while let Some(rest) = source.get(position..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = tag_length(rest).filter(|_| !raw || is_statement(rest, "endraw")) {
            raw = is_statement(rest, "raw");
            scanned.tags.push(position..position + length);
            scanned.take_tag(rest.get(..length).unwrap_or_default(), keeps_line_end(source, position, length));
            position += length;
        } else if let Some((name, length)) = placeholder(rest).filter(|_| !raw) {
            scanned.take_placeholder(name, position, rest.get(..length).unwrap_or_default());
            position += length;
        } else {
            let Some(c) = rest.chars().next() else { break };
            scanned.text.push(c);
            position += c.len_utf8();
        }
    }
    scanned
}

/// Tells whether the line end behind a statement is text. It is not when the
/// statement stands alone on its line, unless it is an include, whose text needs one.
fn keeps_line_end(source: &str, at: usize, length: usize) -> bool {
    let tag = source.get(at..at + length).unwrap_or_default();
    let before = source.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let ends_line = source.get(at + length..).is_some_and(|rest| rest.starts_with('\n'));
    tag.starts_with("{%") && ends_line && (!before.trim().is_empty() || is_include(tag))
}

fn is_include(tag: &str) -> bool {
    tag.trim_start_matches(['{', '%', '-', '+', ' ']).starts_with("include")
}

impl Scanned {
    /// A `+` before the closing sign tells the engine to keep the line end behind it.
    fn take_tag(&mut self, tag: &str, keeps_line_end: bool) {
        match tag.strip_suffix("%}").filter(|inner| keeps_line_end && !inner.ends_with(['-', '+'])) {
            Some(inner) => {
                self.text.push_str(inner);
                self.text.push_str("+%}");
                self.grown.push(self.text.len() - 1);
            }
            None => self.text.push_str(tag),
        }
    }

    fn take_placeholder(&mut self, name: &str, at: usize, written: &str) {
        self.tags.push(at..at + written.len());
        if !PLACEHOLDERS.contains(&name) {
            self.unknown.push((name.to_owned(), at));
        }
        let inner = written.trim_start_matches("%{").trim_end_matches('}');
        self.text.push_str("{{");
        self.text.push_str(inner);
        self.text.push_str("}}");
        self.grown.push(self.text.len() - 1);
    }
}

/// The octets of `{{ … }}`, `{% … %}` or `{# … #}` at the start of a text; to the end when it is not closed.
fn tag_length(rest: &str) -> Option<usize> {
    let close = ["{{", "{%", "{#"].iter().zip(["}}", "%}", "#}"]).find_map(|(open, close)| rest.starts_with(open).then_some(close))?;
    let mut quote: Option<char> = None;
    for (at, c) in rest.char_indices().skip(2) {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') && close != "#}" => quote = Some(c),
            None if rest.get(at..).is_some_and(|tail| tail.starts_with(close)) => return Some(at + 2),
            _ => {}
        }
    }
    Some(rest.len())
}

fn is_statement(rest: &str, word: &str) -> bool {
    rest.strip_prefix("{%").is_some_and(|rest| {
        rest.trim_start_matches(['-', '+', ' ']).strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with(['%', '-', '+']))
    })
}

/// `%{NAME}` with blanks allowed inside, and its octets.
fn placeholder(rest: &str) -> Option<(&str, usize)> {
    let inner = rest.strip_prefix("%{")?;
    let length = inner.find('}').filter(|length| *length <= 60)?;
    let name = inner.get(..length)?.trim_matches(' ');
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    named.then_some((name, length + 3))
}
