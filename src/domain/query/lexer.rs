//! Cuts a query into words, quoted texts, parentheses and signs, each with its place.

use std::ops::Range;

use super::QueryError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Open,
    Close,
    Minus,
    Or,
    /// A value, perhaps behind `field:`.
    Word(Word<'t>),
}

/// `field:value`, `field:"value"`, `value`, `"value"`, each perhaps with a `*` behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub field: Option<&'t str>,
    pub value: &'t str,
    pub quoted: bool,
    pub prefix: bool,
    /// Where the value stands, in octets; the whole word starts at the token's start.
    pub at: Range<usize>,
}

pub(super) struct Lexed<'t> {
    pub token: Token<'t>,
    pub at: Range<usize>,
}

/// Cuts the whole text, in one pass.
pub(super) fn lex(text: &str) -> Result<Vec<Lexed<'_>>, QueryError> {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut position = 0;
    while let Some(c) = rest(text, position).chars().next() {
        let one = position..position + c.len_utf8();
        match c {
            c if c.is_whitespace() => {}
            '(' => {
                depth += 1;
                tokens.push(Lexed { token: Token::Open, at: one.clone() });
            }
            ')' => {
                depth = depth.saturating_sub(1);
                tokens.push(Lexed { token: Token::Close, at: one.clone() });
            }
            '-' => tokens.push(Lexed { token: Token::Minus, at: one.clone() }),
            _ => {
                let lexed = word(text, position, depth > 0)?;
                position = lexed.at.end;
                tokens.push(lexed);
                continue;
            }
        }
        position = one.end;
    }
    Ok(tokens)
}

fn rest(text: &str, position: usize) -> &str {
    text.get(position..).unwrap_or_default()
}

fn word(text: &str, start: usize, inside: bool) -> Result<Lexed<'_>, QueryError> {
    let field = field(rest(text, start));
    let value_start = start + field.map_or(0, |field| field.len() + 1);
    let mut word = match rest(text, value_start).strip_prefix('"') {
        Some(quoted) => quoted_value(quoted, value_start)?,
        None => bare_value(rest(text, value_start), value_start, inside),
    };
    word.field = field;
    // A quoted text ends one octet behind its value, and a `*` takes one more.
    let end = word.at.end + usize::from(word.prefix);
    let is_or = word.field.is_none() && !word.quoted && !word.prefix && word.value == "OR";
    Ok(Lexed { token: if is_or { Token::Or } else { Token::Word(word) }, at: start..end })
}

/// The letters before a colon, unless what follows is a URL's `//`.
fn field(text: &str) -> Option<&str> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let behind = text.get(letters..)?.strip_prefix(':')?;
    if letters == 0 || behind.starts_with("//") { None } else { text.get(..letters) }
}

fn quoted_value(text: &str, quote: usize) -> Result<Word<'_>, QueryError> {
    let Some(length) = text.find('"') else {
        let end = quote + 1 + text.len();
        return Err(QueryError { start: quote, end, what: "the quotation mark is never closed".into(), nearest: None });
    };
    let value = text.get(..length).unwrap_or_default();
    let prefix = rest(text, length + 1).starts_with('*');
    Ok(Word { field: None, value, quoted: true, prefix, at: quote..quote + length + 2 })
}

fn bare_value(text: &str, start: usize, inside: bool) -> Word<'_> {
    let length = text.find(|c: char| c.is_whitespace() || (inside && c == ')')).unwrap_or(text.len());
    let whole = text.get(..length).unwrap_or_default();
    let stem = whole.strip_suffix('*').filter(|stem| !stem.is_empty());
    let value = stem.unwrap_or(whole);
    Word { field: None, value, quoted: false, prefix: stem.is_some(), at: start..start + value.len() }
}
