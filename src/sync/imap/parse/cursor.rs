//! Walks over the bytes of one response (RFC 3501 §9). Never recursive: nesting is counted.

use std::borrow::Cow;

use super::ParseError;

/// Deeper lists than this appear in no answer we ask for.
const DEPTH: usize = 64;

#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The name of a FETCH item, as the server writes it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    name: &'a [u8],
    section: Option<&'a [u8]>,
}

impl Item<'_> {
    pub fn is(&self, name: &str) -> bool {
        self.section.is_none() && self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether it is a section that begins so. Servers write it back as they like.
    pub fn is_section(&self, name: &str, section: &str) -> bool {
        let begins = |found: &[u8]| found.get(..section.len()).is_some_and(|start| start.eq_ignore_ascii_case(section.as_bytes()));
        self.section.is_some_and(begins) && self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn error(&self, expected: &'static str) -> ParseError {
        ParseError { expected, at: self.at }
    }

    /// Steps over `byte` if it is next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), ParseError> {
        if self.eat(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    pub fn skip_blanks(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest().iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' '))
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let count = rest.iter().take_while(|byte| keep(**byte)).count();
        self.at += count;
        rest.get(..count).unwrap_or_default()
    }

    /// Everything up to a blank, a parenthesis, a quote or the end: an atom, a flag, a number, NIL.
    pub fn word(&mut self) -> &'a [u8] {
        self.take_while(|byte| !matches!(byte, b' ' | b'(' | b')' | b'"' | b'\r' | b'\n'))
    }

    /// A word in capitals.
    pub fn name(&mut self) -> String {
        String::from_utf8_lossy(self.word()).to_ascii_uppercase()
    }

    pub fn number(&mut self) -> Result<u64, ParseError> {
        let error = self.error("a number");
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(error)
    }

    pub fn number32(&mut self) -> Result<u32, ParseError> {
        let error = self.error("a number below 2^32");
        u32::try_from(self.number()?).map_err(|_| error)
    }

    /// A quoted string, a literal, or NIL as `None` (nstring).
    pub fn nstring(&mut self) -> Result<Option<Cow<'a, [u8]>>, ParseError> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Some),
            Some(b'{' | b'~') => self.literal().map(|bytes| Some(Cow::Borrowed(bytes))),
            _ if self.word().eq_ignore_ascii_case(b"NIL") => Ok(None),
            _ => Err(self.error("a string or NIL")),
        }
    }

    /// A name of a folder: atom, quoted string or literal.
    pub fn astring(&mut self) -> Result<Cow<'a, [u8]>, ParseError> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal().map(Cow::Borrowed),
            _ => {
                let error = self.error("a name");
                let word = self.word();
                if word.is_empty() { Err(error) } else { Ok(Cow::Borrowed(word)) }
            }
        }
    }

    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, ParseError> {
        self.expect(b'"', "a quote")?;
        let plain = self.take_while(|byte| !matches!(byte, b'"' | b'\\' | b'\r' | b'\n'));
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_vec();
        loop {
            match self.peek() {
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.peek().ok_or_else(|| self.error("an escaped character"))?);
                    self.at += 1;
                }
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(byte) if !matches!(byte, b'\r' | b'\n') => {
                    text.push(byte);
                    self.at += 1;
                }
                _ => return Err(self.error("a closing quote")),
            }
        }
    }

    fn literal(&mut self) -> Result<&'a [u8], ParseError> {
        self.eat(b'~');
        self.expect(b'{', "a literal")?;
        let size = usize::try_from(self.number()?).map_err(|_| self.error("a literal that fits"))?;
        self.eat(b'+');
        self.expect(b'}', "the end of a literal's size")?;
        self.eat(b'\r');
        self.expect(b'\n', "a line end after a literal's size")?;
        let bytes = self.rest().get(..size).ok_or_else(|| self.error("a whole literal"))?;
        self.at += size;
        Ok(bytes)
    }

    /// Steps over one value of whatever kind; lists may nest [`DEPTH`] deep.
    pub fn skip_value(&mut self) -> Result<(), ParseError> {
        let mut depth = 0_usize;
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'(') => {
                    self.at += 1;
                    depth += 1;
                    if depth > DEPTH {
                        return Err(self.error("lists less deep"));
                    }
                }
                Some(b')') if depth > 0 => {
                    self.at += 1;
                    depth -= 1;
                }
                Some(b'"') => drop(self.quoted()?),
                Some(b'{') => drop(self.literal()?),
                Some(b'~') if self.rest().get(1) == Some(&b'{') => drop(self.literal()?),
                Some(b'\r' | b'\n' | b')') | None => return Err(self.error("a value")),
                Some(_) => drop(self.word()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A parenthesised list of words.
    pub fn words(&mut self) -> Result<Vec<&'a [u8]>, ParseError> {
        self.expect(b'(', "a list")?;
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat(b')') {
                return Ok(words);
            }
            let word = self.word();
            if word.is_empty() {
                return Err(self.error("a word or the end of a list"));
            }
            words.push(word);
        }
    }

    /// The name of a FETCH item with its section: `BODY[HEADER.FIELDS (DATE)]<0>`.
    pub fn item(&mut self) -> Result<Item<'a>, ParseError> {
        let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        let mut section = None;
        if self.eat(b'[') {
            section = Some(self.take_while(|byte| !matches!(byte, b']' | b'\r' | b'\n')));
            self.expect(b']', "the end of a section")?;
        }
        if self.eat(b'<') {
            self.number()?;
            self.expect(b'>', "the end of an origin")?;
        }
        if name.is_empty() && section.is_none() { Err(self.error("an item")) } else { Ok(Item { name, section }) }
    }
}
