//! A linear scanner over the tags of HTML, for everything that must not cost what a real HTML parser can cost.

/// A piece of an HTML text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Tag(Tag<'a>),
}

/// A tag; `name` as written, `inside` everything between the name and `>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    pub name: &'a str,
    pub inside: &'a str,
    pub closes: bool,
    /// Where the tag begins in the scanned text.
    pub at: usize,
}

impl Tag<'_> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of an attribute, entities decoded; the first one counts.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.inside;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let key_len = rest.find(|c: char| c == '=' || c == '/' || c.is_whitespace()).unwrap_or(rest.len());
            let (key, after) = rest.split_at(key_len.max(rest.chars().next().map_or(1, char::len_utf8)));
            let (value, after) = attribute_value(after);
            if key.eq_ignore_ascii_case(name) {
                return Some(decode_entities(value));
            }
            rest = after;
        }
    }
}

fn attribute_value(after: &str) -> (&str, &str) {
    let Some(value) = after.trim_start().strip_prefix('=') else { return ("", after) };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    value.split_at(value.find(char::is_whitespace).unwrap_or(value.len()))
}

/// Walks over an HTML text. Comments, declarations and the contents of `script`,
/// `style`, `title` and `template` are passed over.
pub fn scan(html: &str) -> Scan<'_> {
    Scan { html, at: 0, trusts_quotes: true }
}

#[derive(Debug)]
pub struct Scan<'a> {
    html: &'a str,
    at: usize,
    /// Off once a quote in a tag was not closed within reach: looking for its end again and again would not be linear.
    trusts_quotes: bool,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    fn skip_past(&mut self, end: &str) {
        self.at = match memchr::memmem::find(self.rest().as_bytes(), end.as_bytes()) {
            Some(index) => self.at + index + end.len(),
            None => self.html.len(),
        };
    }

    /// Goes to the closing tag of an element whose content is no text; to the end when there is none.
    fn skip_content(&mut self, name: &str) {
        let mut from = self.at;
        while let Some(index) = self.html.get(from..).and_then(|rest| memchr::memmem::find(rest.as_bytes(), b"</")) {
            from += index + 2;
            if self.html.get(from..from + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.at = from - 2;
                return;
            }
        }
        self.at = self.html.len();
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let rest = self.rest();
            let open = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            if open > 0 {
                self.at += open;
                return rest.get(..open).map(Piece::Text);
            }
            let inner = rest.get(1..)?;
            if inner.starts_with("!--") {
                // `<!-->` and `<!--->` are empty comments.
                self.at += 2;
                self.skip_past("-->");
            } else if inner.starts_with(['!', '?']) {
                self.skip_past(">");
            } else if inner.starts_with(|c: char| c.is_ascii_alphabetic())
                || inner.strip_prefix('/').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
            {
                return Some(Piece::Tag(self.tag(inner)));
            } else {
                self.at += 1;
                return Some(Piece::Text("<"));
            }
        }
    }
}

impl<'a> Scan<'a> {
    fn tag(&mut self, inner: &'a str) -> Tag<'a> {
        let at = self.at;
        let closes = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let end = self.tag_end(inner);
        let body = inner.get(..end).unwrap_or_default();
        let name_len = body.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(body.len());
        let (name, inside) = body.split_at(name_len);
        self.at = (at + 1 + usize::from(closes) + end + 1).min(self.html.len());
        let tag = Tag { name, inside, closes, at };
        if !closes && ["script", "style", "title", "template"].iter().any(|name| tag.is(name)) && !inside.ends_with('/') {
            self.skip_content(name);
        }
        tag
    }

    /// The length up to the `>` that ends a tag; quotes may hide one, but only over a bounded distance.
    fn tag_end(&mut self, inner: &str) -> usize {
        const REACH: usize = 16 << 10;
        let plain_end = memchr::memchr(b'>', inner.as_bytes()).unwrap_or(inner.len());
        if !self.trusts_quotes {
            return plain_end;
        }
        let mut quote: Option<u8> = None;
        let mut before = b' ';
        for (index, &byte) in inner.as_bytes().iter().take(REACH).enumerate() {
            match quote {
                Some(open) if byte == open => quote = None,
                None if matches!(byte, b'"' | b'\'') && before == b'=' => quote = Some(byte),
                None if byte == b'>' => return index,
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                before = byte;
            }
        }
        self.trusts_quotes = false;
        plain_end
    }
}

/// Replaces `&amp;`, `&#8364;`, `&eacute;` and the like.
pub fn decode_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find('&') {
        let (before, entity) = rest.split_at(index);
        decoded.push_str(before);
        let end = entity.bytes().take(34).position(|byte| byte == b';');
        match end
            .and_then(|end| entity.get(..=end))
            .filter(|entity| entity.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b';')))
        {
            Some(whole) => {
                mail_parser::decoders::html::add_html_token(&mut decoded, whole.as_bytes(), false);
                rest = entity.get(whole.len()..).unwrap_or_default();
            }
            None => {
                decoded.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_tags_come_in_order() {
        let pieces: Vec<String> = scan("a<b class='x>y'>c</b><!-- <i> --><style>p{}</style>d < e")
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Tag(tag) => format!("[{}{}]", if tag.closes { "/" } else { "" }, tag.name),
            })
            .collect();

        assert_eq!(pieces, ["a", "[b]", "c", "[/b]", "[style]", "[/style]", "d ", "<", " e"]);
    }

    #[test]
    fn attributes_are_found_whatever_their_quotes() {
        let Some(Piece::Tag(tag)) = scan("<a target=_blank HREF=\"http://x/?a&amp;b\" title='t'>").next() else { panic!("no tag") };

        assert_eq!(tag.attribute("href").as_deref(), Some("http://x/?a&b"));
        assert_eq!(tag.attribute("title").as_deref(), Some("t"));
        assert_eq!(tag.attribute("none"), None);
    }

    #[test]
    fn unclosed_quotes_cost_no_more_than_linear_time() {
        let hostile = |count| "<a b=\">".repeat(count);

        crate::growth::assert_linear("so many tags", 3_200, hostile, |text| assert_ne!(scan(text).count(), 0));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic_or_stand_still(html in "(<|>|/|!--|-->|a|style|</|\"|=| |&|;|#x|é){0,60}") {
            for piece in scan(&html) {
                if let Piece::Tag(tag) = piece {
                    let _ = tag.attribute("a");
                }
            }
            let _ = decode_entities(&html);
        }
    }
}
