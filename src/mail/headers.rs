//! The header block of a message or part: fields as they stand, and their decoded values.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, ContentType, HeaderValue};

use super::{charset, encoded, limits};
use crate::domain::{Address, sanitise};

/// One header field; `value` holds everything behind the colon, folding included.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    pub name: &'a str,
    pub value: &'a [u8],
}

/// The fields of one header block, in order, and what had to be left out.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// There were more than [`limits::HEADERS`] fields.
    pub too_many: bool,
    /// A field was longer than [`limits::HEADER_BYTES`].
    pub cut: bool,
}

impl<'a> Headers<'a> {
    /// Reads the header block at the start of `bytes`; returns it with the offset at which the body begins.
    ///
    /// A line that can be no header field ends the block, as if the empty line
    /// before the body had been lost. An mbox `From ` line at the start is passed over.
    pub fn read(bytes: &'a [u8]) -> (Self, usize) {
        let mut headers = Self::default();
        let mut at = skip_leading_lines(bytes);
        while let Some((start, end)) = line_at(bytes, at) {
            let line = slice(bytes, start, end);
            if is_blank(line) {
                return (headers, end);
            }
            let Some(colon) = field_name_len(line) else { return (headers, start) };
            let field_end = end_of_field(bytes, end);
            headers.push(slice(bytes, start, field_end), colon);
            at = field_end;
        }
        (headers, bytes.len())
    }

    fn push(&mut self, field: &'a [u8], colon: usize) {
        if self.fields.len() >= limits::HEADERS {
            self.too_many = true;
            return;
        }
        let Some(name) = field.get(..colon).and_then(|name| std::str::from_utf8(name).ok()) else { return };
        let mut value = field.get(colon + 1..).unwrap_or_default();
        if value.len() > limits::HEADER_BYTES {
            value = value.get(..limits::HEADER_BYTES).unwrap_or(value);
            self.cut = true;
        }
        self.fields.push(Field { name: name.trim_end(), value });
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first field of that name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h Field<'a>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// All fields in the order in which they stand.
    pub fn fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of the first field of that name as bytes, empty when there is none.
    pub fn raw(&self, name: &str) -> &'a [u8] {
        self.get(name).map(|field| field.value).unwrap_or_default()
    }

    /// The first field of that name, unfolded and decoded, on one line; empty when there is none.
    pub fn text(&self, name: &str) -> String {
        self.get(name).map(Field::text).unwrap_or_default()
    }

    /// The first field of that name in lower case and without comments, for comparing with known words.
    pub fn word(&self, name: &str) -> String {
        self.get(name).map(|field| without_comments(&field.text()).trim().to_lowercase()).unwrap_or_default()
    }

    /// The addresses of all fields of that name.
    pub fn addresses(&self, name: &str) -> Vec<Address> {
        let mut list: Vec<Address> = self.all(name).flat_map(Field::addresses).collect();
        list.truncate(limits::ADDRESSES);
        list
    }

    /// Whether the fields of that name hold more addresses than [`Self::addresses`] gives.
    pub fn has_more_addresses(&self, name: &str) -> bool {
        self.all(name).map(|field| field.each_address().len()).sum::<usize>() > limits::ADDRESSES
    }
}

impl Field<'_> {
    /// The value on one line, encoded words decoded (RFC 2047), controls made harmless.
    pub fn text(&self) -> String {
        sanitise::line(&encoded::decode(&unfold(self.value))).trim().to_owned()
    }

    /// The value unfolded, nothing decoded.
    pub fn unfolded(&self) -> String {
        unfold(self.value)
    }

    /// The addresses in the field, groups dissolved; entries without an address are left out.
    pub fn addresses(&self) -> Vec<Address> {
        let mut list = self.each_address();
        list.truncate(limits::ADDRESSES);
        list
    }

    fn each_address(&self) -> Vec<Address> {
        let line = self.line();
        let HeaderValue::Address(list) = MessageStream::new(&line).parse_address() else { return Vec::new() };
        // Behind an empty `<>` the words are a name; only without any brackets can one word be an address.
        let words_may_be_addresses = memchr::memmem::find(&line, b"<>").is_none();
        let usable = |address: &Address| words_may_be_addresses || address.address.contains('@');
        list.iter().filter_map(address).filter(usable).collect()
    }

    /// The value as Content-Type or Content-Disposition with parameters (RFC 2045, 2183, 2231).
    pub fn content_type(&self) -> Option<ContentType<'static>> {
        match MessageStream::new(&self.line()).parse_content_type() {
            HeaderValue::ContentType(kind) => Some(owned(&kind)),
            _ => None,
        }
    }

    /// The value as valid UTF-8 that ends with a line feed, as the value parsers want it.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = unfold(self.value).into_bytes();
        line.push(b'\n');
        line
    }
}

fn owned(kind: &ContentType<'_>) -> ContentType<'static> {
    let attributes = kind
        .attributes
        .iter()
        .flatten()
        .map(|attribute| mail_parser::Attribute { name: Cow::Owned(attribute.name.to_string()), value: Cow::Owned(attribute.value.to_string()) });
    ContentType {
        c_type: Cow::Owned(kind.c_type.to_string()),
        c_subtype: kind.c_subtype.as_ref().map(|subtype| Cow::Owned(subtype.to_string())),
        attributes: Some(attributes.collect()),
    }
}

fn address(addr: &Addr<'_>) -> Option<Address> {
    let written = addr.address.as_deref().map(str::trim).unwrap_or_default();
    let name = addr.name.as_deref().map(encoded::decode).unwrap_or_default();
    let (name, written) = if written.contains('@') || !name.contains('@') { (name, written.to_owned()) } else { (String::new(), name) };
    let (name, written) = split_words(name, encoded::decode(&written));
    let written: String = sanitise::line(&written).chars().filter(|c| !c.is_whitespace()).collect();
    if written.starts_with('@') && !written.contains(':') && !name.is_empty() {
        // A quoted local part (RFC 5322 §3.2.4), which the parser takes for a name.
        let quoted = format!("\"{}\"{}", sanitise::line(&name).replace(['"', '\\'], ""), written.trim_end_matches('>'));
        return Some(Address { name: String::new(), address: quoted });
    }
    let written = without_route(&written);
    let written = written.trim_matches(|c| matches!(c, '<' | '>' | '\'' | ',' | ';')).to_owned();
    if written.is_empty() {
        return None;
    }
    let name = sanitise::line(&name).split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Address { name: without_quotes(&name).to_owned(), address: written })
}

/// Some programs encode a name with the quotes it bore, Outlook puts `'…'` around an address it shows as a name.
fn without_quotes(name: &str) -> &str {
    let inside = |quote: char| name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).filter(|inner| !inner.contains(quote));
    inside('"').or_else(|| inside('\'')).map_or(name, str::trim)
}

/// `Ana ana@x.example` without brackets: the last word is the address. A single word is one without a domain, `postmaster`.
fn split_words(name: String, written: String) -> (String, String) {
    match written.trim().rsplit_once(char::is_whitespace) {
        Some((words, last)) if last.contains('@') && name.is_empty() && !words.contains('@') => (words.trim().to_owned(), last.to_owned()),
        None if written.trim().is_empty() && !name.trim().is_empty() && !name.contains(char::is_whitespace) => (String::new(), name),
        _ => (name, written),
    }
}

/// The obsolete source route `@relay:ana@x.example` (RFC 5322 §4.4) says nothing any more.
fn without_route(written: &str) -> &str {
    match written.trim_start_matches('<').strip_prefix('@').and_then(|route| route.split_once(':')) {
        Some((_, address)) => address,
        None => written,
    }
}

/// Joins the lines of a folded value (RFC 5322 §2.2.3); what is no UTF-8 is read as windows-1252.
pub fn unfold(value: &[u8]) -> String {
    let text = charset::utf8_or_guessed(value);
    let mut line = String::with_capacity(text.len());
    for (index, piece) in text.split(['\r', '\n']).filter(|piece| !piece.is_empty()).enumerate() {
        if index > 0 && !line.ends_with([' ', '\t']) && !piece.starts_with([' ', '\t']) {
            line.push(' ');
        }
        line.push_str(piece);
    }
    line.trim().to_owned()
}

/// Drops `(comments)`, nested ones included (RFC 5322 §3.2.2); an unclosed one is kept as text.
pub fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains('(') || !text.contains(')') {
        return Cow::Borrowed(text);
    }
    let mut depth = 0_usize;
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if depth == 0 => clean.push(c),
            _ => {}
        }
    }
    if depth == 0 { Cow::Owned(clean) } else { Cow::Borrowed(text) }
}

/// The bounds of the line that starts at `at`, its line feed included; `None` at the end.
pub fn line_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    Some((at, memchr::memchr(b'\n', rest).map_or(bytes.len(), |index| at + index + 1)))
}

pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
}

pub fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

fn skip_leading_lines(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((start, end)) = line_at(bytes, at) {
        let line = slice(bytes, start, end);
        if at == 0 && line.starts_with(b"\xef\xbb\xbf") && field_name_len(slice(line, 3, line.len())).is_some() {
            return 3;
        }
        if !(is_blank(line) || line.starts_with(b"From ") || line.starts_with(b">From ")) {
            break;
        }
        at = end;
    }
    at
}

/// The length of the field name when a line is the first of a field: printable
/// ASCII without blanks, then a colon (RFC 5322 §3.6.8; a blank before the colon is tolerated).
fn field_name_len(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', slice(line, 0, line.len().min(256)))?;
    let name = slice(line, 0, colon).trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(colon)
}

fn end_of_field(bytes: &[u8], mut end: usize) -> usize {
    let mut complete = end;
    while let Some((start, next)) = line_at(bytes, end) {
        let line = slice(bytes, start, next);
        let indented = matches!(line.first(), Some(b' ' | b'\t'));
        let blank = is_blank(line);
        // A parameter whose indentation got lost still belongs to the line that announced it with `;`.
        let announced = || slice(bytes, 0, end).trim_ascii_end().ends_with(b";");
        let stray = !indented && !blank && line.contains(&b'=') && field_name_len(line).is_none() && announced();
        if !indented && !stray {
            break;
        }
        end = next;
        // A line of blanks alone folds only when the field goes on below it (RFC 5322 §4.2); else it ends the header.
        if !blank {
            complete = end;
        }
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_begins_behind_the_empty_line() {
        let (headers, body) = Headers::read(b"Subject: a\r\n b\r\nX: y\r\n\r\nhello");

        assert_eq!(headers.text("subject"), "a b");
        assert_eq!(body, 24);
    }

    #[test]
    fn a_line_that_is_no_field_begins_the_body() {
        let (headers, body) = Headers::read(b"Subject: a\nhello world\n");

        assert_eq!((headers.text("Subject").as_str(), body), ("a", 11));
    }

    #[test]
    fn the_line_an_mbox_begins_with_is_passed_over() {
        let (headers, _) = Headers::read(b"From ana@x.example Mon Jan  1 00:00:00 2026\nSubject: a\n\n");

        assert_eq!(headers.text("Subject"), "a");
    }

    #[test]
    fn raw_western_bytes_in_a_header_are_read_as_windows_1252() {
        let (headers, _) = Headers::read(b"Subject: Gr\xfc\xdfe\n\n");

        assert_eq!(headers.text("Subject"), "Grüße");
    }

    #[test]
    fn groups_names_and_comments_become_plain_addresses() {
        let (headers, _) = Headers::read(b"To: team: Ana <ana@x.example>, b@y.example;, \"C, D\" <c@z.example> (home)\n\n");

        let to = headers.addresses("To");

        assert_eq!(to.iter().map(|a| a.address.as_str()).collect::<Vec<_>>(), ["ana@x.example", "b@y.example", "c@z.example"]);
        assert_eq!(to[2].name, "C, D (home)");
    }

    #[test]
    fn damaged_folding_is_mended() {
        let (headers, _) = Headers::read(b"To: a@x.example,\n \n b@x.example\nContent-Type: multipart/mixed;\nboundary=\"b\"\nSubject: s\n\n");

        assert_eq!(headers.addresses("To").len(), 2);
        assert!(headers.get("Content-Type").unwrap().unfolded().contains("boundary"));
        assert_eq!(headers.text("Subject"), "s");
    }

    #[test]
    fn addresses_as_old_and_careless_programs_write_them_are_read() {
        let (headers, _) = Headers::read(
            b"From: MAILER-DAEMON\nCc: \"Ana\" <>\nBcc: \"Ana Ruiz\"@x.example\nTo: Ana Ruiz ana@x.example, <@relay.example:b@x.example>\n\n",
        );

        assert_eq!(headers.addresses("From"), [Address::new("", "MAILER-DAEMON")]);
        assert_eq!(headers.addresses("Cc"), []);
        assert_eq!(headers.addresses("Bcc"), [Address::new("", "\"Ana Ruiz\"@x.example")]);
        assert_eq!(headers.addresses("To"), [Address::new("Ana Ruiz", "ana@x.example"), Address::new("", "b@x.example")]);
    }

    #[test]
    fn a_name_is_read_without_the_quotes_it_was_encoded_with() {
        let (headers, _) =
            Headers::read(b"To: =?UTF-8?Q?=22J=C3=B6rg_E=22?= <j@x.example>, \"'ana@x.example'\" <ana@x.example>, \"'t Hooft\" <h@x.example>\n\n");

        let names: Vec<String> = headers.addresses("To").into_iter().map(|address| address.name).collect();

        assert_eq!(names, ["J\u{f6}rg E", "ana@x.example", "'t Hooft"]);
    }

    #[test]
    fn a_million_fields_are_cut_at_the_limit() {
        let bytes = b"a: b\n".repeat(100_000);

        let (headers, _) = Headers::read(&bytes);

        assert_eq!(headers.fields.len(), limits::HEADERS);
        assert!(headers.too_many);
    }
}
