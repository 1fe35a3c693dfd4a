//! The parts of a message (RFC 2045, 2046), found in one pass over its lines.
//!
//! The walk is ours and not the MIME library's because it has to stay within
//! [`limits`](super::limits) on any input: it keeps a stack instead of recursing,
//! and a part is a range of the message until somebody asks for its text.

use std::ops::Range;

use mail_parser::ContentType;

use super::headers::{self, Headers};
use super::transfer::{self, Encoding};
use super::{charset, encoded, limits};
use crate::domain::message::Flaw;

/// A message as a list of parts in the order they begin; the first is the message itself.
#[derive(Debug)]
pub struct Structure<'a> {
    pub bytes: &'a [u8],
    pub parts: Vec<Part<'a>>,
    pub flaws: Vec<Flaw>,
}

#[derive(Debug, Default)]
pub struct Part<'a> {
    pub parent: Option<usize>,
    pub depth: usize,
    pub headers: Headers<'a>,
    /// Lower case; `text/plain` when nothing is said (RFC 2045 §5.2).
    pub kind: String,
    parameters: Vec<(String, String)>,
    /// `inline`, `attachment`, or empty.
    pub disposition: String,
    file_name: Option<String>,
    pub encoding: Encoding,
    pub body: Range<usize>,
    pub children: Vec<usize>,
    boundary: Option<Vec<u8>>,
    /// A message inside the message: its one child is that message's own root.
    pub is_message: bool,
}

impl Part<'_> {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The name the sender gave the part, as written; not yet safe for any use.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref().or_else(|| self.parameter("name")).filter(|name| !name.trim().is_empty())
    }

    pub fn is_multipart(&self) -> bool {
        self.boundary.is_some() && !self.children.is_empty()
    }

    pub fn is_text(&self) -> bool {
        self.kind.starts_with("text/")
    }
}

impl<'a> Structure<'a> {
    /// Takes a message apart. Never fails: what is no MIME is one part of plain text.
    pub fn read(bytes: &'a [u8]) -> Self {
        let (bytes, cut) = match bytes.get(..limits::MESSAGE_BYTES) {
            Some(head) => (head, true),
            None => (bytes, false),
        };
        let mut walk = Walk { structure: Self { bytes, parts: Vec::new(), flaws: Vec::new() }, stack: Vec::new(), dashes: 0 };
        if cut {
            walk.structure.flag(Flaw::TextTruncated);
        }
        walk.run();
        walk.structure
    }

    /// Reads only the header block at the start of `bytes`.
    pub fn read_header(bytes: &'a [u8]) -> Self {
        let (headers, _) = Headers::read(bytes);
        let mut structure = Self { bytes, parts: Vec::new(), flaws: Vec::new() };
        let part = part_of(headers, None, 0, bytes.len(), "text/plain");
        structure.note_header_flaws(&part.headers);
        structure.parts.push(part);
        structure
    }

    pub fn headers(&self) -> &Headers<'a> {
        // `read` and `read_header` always push the root; an empty block stands in for the impossible.
        static NONE: std::sync::OnceLock<Headers<'static>> = std::sync::OnceLock::new();
        match self.parts.first() {
            Some(root) => &root.headers,
            None => NONE.get_or_init(Headers::default),
        }
    }

    pub fn raw_body(&self, part: &Part<'_>) -> &'a [u8] {
        headers::slice(self.bytes, part.body.start, part.body.end)
    }

    /// The octets of a part as its writer meant them.
    pub fn decoded(&self, part: &Part<'_>) -> std::borrow::Cow<'a, [u8]> {
        transfer::decode(self.raw_body(part), part.encoding)
    }

    pub fn decoded_len(&self, part: &Part<'_>) -> u64 {
        transfer::decoded_len(self.raw_body(part), part.encoding)
    }

    /// A text part's characters with line feeds as line ends; true when its charset had to be repaired.
    pub fn text(&self, part: &Part<'_>) -> (String, bool) {
        let bytes = self.decoded(part);
        let label = part.parameter("charset").unwrap_or_default();
        let (text, repaired) = charset::decode(&bytes, label);
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        (text, repaired)
    }

    pub fn flag(&mut self, flaw: Flaw) {
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    fn note_header_flaws(&mut self, headers: &Headers<'_>) {
        if headers.too_many {
            self.flag(Flaw::TooManyHeaders);
        }
        if headers.cut {
            self.flag(Flaw::HeaderTruncated);
        }
    }
}

/// The walk over the lines: `stack` holds the open parts, outermost first.
struct Walk<'a> {
    structure: Structure<'a>,
    stack: Vec<usize>,
    /// Length of the dashes that may start a boundary: 0 while no multipart is open.
    dashes: usize,
}

impl Walk<'_> {
    fn run(&mut self) {
        let mut at = self.open(0, None, "text/plain");
        let bytes = self.structure.bytes;
        while self.dashes > 0 {
            let Some(start) = next_dashes(bytes, at) else { break };
            let end = headers::line_at(bytes, start).map_or(bytes.len(), |(_, end)| end);
            let line = headers::slice(bytes, start, end).trim_ascii_end();
            at = match self.boundary_of(line) {
                Some((level, closes)) => self.cross(level, closes, start, end),
                None => end,
            };
            if self.structure.parts.len() >= limits::PARTS {
                self.structure.flag(Flaw::TooManyParts);
                break;
            }
        }
        self.close_above(0, bytes.len());
    }

    /// Which open multipart a line belongs to, the innermost first, and whether it closes it.
    fn boundary_of(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--")?;
        self.stack.iter().enumerate().rev().find_map(|(level, index)| {
            let boundary = self.structure.parts.get(*index)?.boundary.as_deref()?;
            match text.strip_prefix(boundary)? {
                b"" => Some((level, false)),
                b"--" => Some((level, true)),
                _ => None,
            }
        })
    }

    /// A boundary line: what is open inside the multipart ends before it. Returns where to go on.
    fn cross(&mut self, level: usize, closes: bool, start: usize, end: usize) -> usize {
        let body_end = before_line_end(self.structure.bytes, start);
        self.close_above(level + 1, body_end);
        if closes {
            // The epilogue belongs to nobody; the multipart stays open only for its own end.
            self.close_above(level, end);
            return end;
        }
        let Some(&parent) = self.stack.last() else { return end };
        let digest = self.structure.parts.get(parent).is_some_and(|part| part.kind == "multipart/digest");
        self.open(end, Some(parent), if digest { "message/rfc822" } else { "text/plain" })
    }

    /// Reads the headers of a part that begins at `at`, and of the messages it holds. Returns where its content begins.
    fn open(&mut self, at: usize, parent: Option<usize>, default_kind: &'static str) -> usize {
        let (mut at, mut parent, mut default_kind) = (at, parent, default_kind);
        loop {
            let bytes = self.structure.bytes;
            let (mut headers, length) = Headers::read(bytes.get(at..).unwrap_or_default());
            let depth = parent.and_then(|index| self.structure.parts.get(index)).map_or(0, |part| part.depth + 1);
            // A part may begin with its empty line: it has no headers, and skipping blank lines would eat its text.
            let empty_header = parent.is_some()
                && default_kind == "text/plain"
                && headers::line_at(bytes, at).is_some_and(|(start, end)| headers::is_blank(headers::slice(bytes, start, end)));
            let body = if empty_header {
                headers = Headers::default();
                headers::line_at(bytes, at).map_or(at, |(_, end)| end)
            } else {
                at + length
            };
            self.structure.note_header_flaws(&headers);
            let mut part = part_of(headers, parent, depth, body, default_kind);
            if depth + 1 >= limits::DEPTH && (part.boundary.is_some() || part.is_message) {
                self.structure.flag(Flaw::TooDeep);
                (part.boundary, part.is_message) = (None, false);
            }
            let (is_message, is_multipart) = (part.is_message, part.boundary.is_some());
            let index = self.structure.parts.len();
            if let Some(parent) = parent.and_then(|index| self.structure.parts.get_mut(index)) {
                parent.children.push(index);
            }
            self.structure.parts.push(part);
            self.stack.push(index);
            if is_multipart {
                self.dashes = 2;
            }
            if !is_message || self.structure.parts.len() >= limits::PARTS {
                return body;
            }
            (at, parent, default_kind) = (body, Some(index), "text/plain");
        }
    }

    /// Ends every open part from `level` of the stack on.
    fn close_above(&mut self, level: usize, end: usize) {
        while self.stack.len() > level {
            let Some(part) = self.stack.pop().and_then(|index| self.structure.parts.get_mut(index)) else { continue };
            part.body.end = end.max(part.body.start);
        }
    }
}

fn part_of<'a>(headers: Headers<'a>, parent: Option<usize>, depth: usize, body: usize, default_kind: &str) -> Part<'a> {
    let content_type = headers.get("Content-Type").and_then(headers::Field::content_type);
    let disposition = headers.get("Content-Disposition").and_then(headers::Field::content_type);
    let kind = content_type.as_ref().and_then(kind_of).unwrap_or_else(|| default_kind.to_owned());
    let encoding = Encoding::of(&headers.word("Content-Transfer-Encoding"));
    let parameters = content_type.map(parameters).unwrap_or_default();
    let boundary = parameters.iter().find(|(key, _)| key == "boundary").map(|(_, value)| value.trim_end().as_bytes().to_vec());
    Part {
        parent,
        depth,
        is_message: matches!(kind.as_str(), "message/rfc822" | "message/global") && encoding == Encoding::Identity,
        boundary: boundary.filter(|boundary| kind.starts_with("multipart/") && !boundary.is_empty()),
        disposition: disposition.as_ref().map(|disposition| disposition.c_type.to_lowercase()).unwrap_or_default(),
        file_name: disposition.map(parameters_of_name).unwrap_or_default(),
        parameters,
        kind,
        encoding,
        body: body..body,
        headers,
        children: Vec::new(),
    }
}

fn kind_of(content_type: &ContentType<'_>) -> Option<String> {
    let major = content_type.c_type.trim().to_lowercase();
    match content_type.c_subtype.as_deref().map(|minor| minor.trim().to_lowercase()).filter(|minor| !minor.is_empty()) {
        Some(minor) if !major.is_empty() => Some(format!("{major}/{minor}")),
        _ if major == "text" => Some("text/plain".to_owned()),
        _ => None,
    }
}

fn parameters(content_type: ContentType<'static>) -> Vec<(String, String)> {
    let attributes = content_type.attributes.unwrap_or_default();
    attributes.into_iter().map(|attribute| (attribute.name.to_lowercase(), encoded::decode(&attribute.value))).collect()
}

/// The file name; written twice, the one beyond ASCII is the whole one (RFC 6266 §4.3 says the same of HTTP).
fn parameters_of_name(disposition: ContentType<'static>) -> Option<String> {
    let names: Vec<String> = parameters(disposition).into_iter().filter(|(key, _)| key == "filename").map(|(_, value)| value).collect();
    names.iter().find(|name| !name.is_ascii()).or_else(|| names.first()).cloned()
}

/// The start of the next line that begins with two dashes, at or behind `at`.
fn next_dashes(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if rest.starts_with(b"--") {
        return Some(at);
    }
    memchr::memmem::find(rest, b"\n--").map(|index| at + index + 1)
}

/// The end of the content in front of a boundary line: its line end belongs to the boundary (RFC 2046 §5.1.1).
fn before_line_end(bytes: &[u8], start: usize) -> usize {
    let content = headers::slice(bytes, 0, start);
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content.strip_suffix(b"\r").unwrap_or(content).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<(String, usize, String)> {
        let structure = Structure::read(bytes);
        structure.parts.iter().map(|part| (part.kind.clone(), part.depth, structure.text(part).0)).collect()
    }

    #[test]
    fn parts_are_found_in_order_with_their_text() {
        let parts = kinds(b"Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>two\r\n--b--\r\nepilogue");

        assert_eq!(
            parts.iter().map(|(kind, depth, _)| (kind.as_str(), *depth)).collect::<Vec<_>>(),
            [("multipart/mixed", 0), ("text/plain", 1), ("text/html", 1)]
        );
        assert_eq!((parts[1].2.as_str(), parts[2].2.as_str()), ("one", "<p>two"));
    }

    #[test]
    fn a_missing_last_boundary_loses_nothing() {
        let parts = kinds(b"Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\none\n--b\n\ntwo\n");

        assert_eq!((parts[1].2.as_str(), parts[2].2.as_str()), ("one", "two\n"));
    }

    #[test]
    fn a_message_inside_has_its_own_root() {
        let parts = kinds(b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ndeep\n--c--\n--b\n\nlast\n--b--\n");

        assert_eq!(
            parts.iter().map(|(kind, depth, _)| (kind.as_str(), *depth)).collect::<Vec<_>>(),
            [("multipart/mixed", 0), ("message/rfc822", 1), ("multipart/mixed", 2), ("text/plain", 3), ("text/plain", 1)]
        );
        assert_eq!(parts[4].2, "last");
    }

    #[test]
    fn twenty_thousand_nested_multiparts_stop_at_the_depth_limit() {
        use std::fmt::Write as _;
        let mut bomb = String::new();
        for level in 0..20_000 {
            let _ = write!(bomb, "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
        }

        let structure = Structure::read(bomb.as_bytes());

        assert!(structure.parts.len() <= limits::PARTS);
        assert!(structure.flaws.contains(&Flaw::TooDeep));
    }

    #[test]
    fn a_hundred_thousand_parts_stop_at_the_part_limit() {
        let bomb = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));

        let structure = Structure::read(bomb.as_bytes());

        assert_eq!(structure.parts.len(), limits::PARTS);
        assert!(structure.flaws.contains(&Flaw::TooManyParts));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_walk_panic(bytes in "(Content-Type: (multipart/mixed|message/rfc822); boundary=b\n|\n|--b\n|--b--\n|x\r\n|[^a]){0,60}") {
            let structure = Structure::read(bytes.as_bytes());
            proptest::prop_assert!(!structure.parts.is_empty());
        }
    }
}
