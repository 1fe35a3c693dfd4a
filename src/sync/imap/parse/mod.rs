//! Our own reader of untagged and tagged responses (RFC 3501 §7, 4315, 4731, 5161, 6154, 7162).
//!
//! It reads what we ask for and steps over the rest. It never panics, never
//! recurses, and copies nothing but what it returns.

mod cursor;
mod fetch;

use std::fmt;

use cursor::Cursor;
pub use fetch::FetchItems;

use crate::sync::source::{Flags, Keeps, UidSet};

/// What was expected at which octet of a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not IMAP: expected {expected} at octet {at}")]
pub struct ParseError {
    pub expected: &'static str,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

/// A response code (RFC 3501 §7.1, 4315, 5530, 7162).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    UidValidity(u32),
    UidNext(u32),
    HighestModseq(u64),
    NoModseq,
    ReadOnly,
    TryCreate,
    NonExistent,
    AlreadyExists,
    Closed,
    AuthenticationFailed,
    AppendUid {
        uid_validity: u32,
        uids: UidSet,
    },
    /// Which message became which in another folder (RFC 4315 §3).
    CopyUid {
        uid_validity: u32,
        uids: Vec<(u32, u32)>,
    },
    Capability(Vec<String>),
    PermanentFlags(Keeps),
    /// Any other, by name in capitals.
    Other(String),
}

/// A folder in an answer to LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// In capitals, with their backslash.
    pub attributes: Vec<String>,
    pub delimiter: Option<char>,
    pub name: Vec<u8>,
}

/// An untagged response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untagged<'a> {
    Status {
        kind: StatusKind,
        code: Option<Code>,
        text: String,
    },
    /// In capitals.
    Capability(Vec<String>),
    Enabled(Vec<String>),
    List(Listed),
    /// Items of STATUS with numbers.
    MailboxStatus {
        items: Vec<(String, u64)>,
    },
    Search(UidSet),
    Exists(u32),
    Expunge(u32),
    Vanished {
        earlier: bool,
        uids: UidSet,
    },
    Fetch(FetchItems<'a>),
    /// Where our own folders begin, such as `INBOX.` (RFC 2342).
    Namespace {
        prefix: Vec<u8>,
    },
    /// Something legal that nobody asked for.
    Other,
}

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    pub tag: Vec<u8>,
    pub kind: StatusKind,
    pub code: Option<Code>,
    pub text: String,
}

/// Reads one unit that begins with `* `.
pub fn parse_untagged(unit: &[u8]) -> Result<Untagged<'_>, ParseError> {
    let mut cursor = Cursor::new(unit);
    cursor.expect(b'*', "an untagged response")?;
    cursor.skip_blanks();
    if cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return numbered(&mut cursor);
    }
    let name = cursor.name();
    if let Some(kind) = status_kind(&name) {
        let (code, text) = code_and_text(cursor.rest());
        return Ok(Untagged::Status { kind, code, text });
    }
    match name.as_str() {
        "CAPABILITY" => Ok(Untagged::Capability(capitals(cursor.rest()))),
        "ENABLED" => Ok(Untagged::Enabled(capitals(cursor.rest()))),
        // Some servers do not quote every name: such a folder is passed over, the session lives.
        "LIST" | "XLIST" => Ok(listed(&mut cursor).map_or(Untagged::Other, Untagged::List)),
        "STATUS" => Ok(mailbox_status(&mut cursor).unwrap_or(Untagged::Other)),
        "NAMESPACE" => Ok(namespace(&mut cursor).unwrap_or(Untagged::Other)),
        "SEARCH" => search(&mut cursor),
        "ESEARCH" => esearch(&mut cursor),
        "VANISHED" => vanished(&mut cursor),
        "" => Err(cursor.error("the name of a response")),
        _ => Ok(Untagged::Other),
    }
}

/// Reads a tagged line.
pub fn parse_tagged(unit: &[u8]) -> Result<Tagged, ParseError> {
    let mut cursor = Cursor::new(unit);
    let tag = cursor.word().to_vec();
    cursor.expect(b' ', "a blank after the tag")?;
    let kind = status_kind(&cursor.name()).filter(|kind| matches!(kind, StatusKind::Ok | StatusKind::No | StatusKind::Bad));
    let kind = kind.ok_or_else(|| cursor.error("OK, NO or BAD"))?;
    let (code, text) = code_and_text(cursor.rest());
    Ok(Tagged { tag, kind, code, text })
}

fn status_kind(name: &str) -> Option<StatusKind> {
    match name {
        "OK" => Some(StatusKind::Ok),
        "NO" => Some(StatusKind::No),
        "BAD" => Some(StatusKind::Bad),
        "BYE" => Some(StatusKind::Bye),
        "PREAUTH" => Some(StatusKind::Preauth),
        _ => None,
    }
}

fn capitals(words: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(words).split_ascii_whitespace().map(str::to_ascii_uppercase).collect()
}

/// Splits `[CODE …] text`; a code that cannot be read counts as text.
fn code_and_text(rest: &[u8]) -> (Option<Code>, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let trimmed = rest.trim_ascii();
    let split = trimmed.strip_prefix(b"[").and_then(|inner| Some((inner, memchr::memchr(b']', inner)?)));
    let Some((inner, end)) = split else { return (None, text(trimmed)) };
    match code(inner.get(..end).unwrap_or_default()) {
        Some(code) => (Some(code), text(inner.get(end + 1..).unwrap_or_default())),
        None => (None, text(trimmed)),
    }
}

fn code(inner: &[u8]) -> Option<Code> {
    let mut cursor = Cursor::new(inner);
    let name = cursor.name();
    cursor.skip_blanks();
    Some(match name.as_str() {
        "" => return None,
        "UIDVALIDITY" => Code::UidValidity(cursor.number32().ok()?),
        "UIDNEXT" => Code::UidNext(cursor.number32().ok()?),
        "HIGHESTMODSEQ" => Code::HighestModseq(cursor.number().ok()?),
        "NOMODSEQ" => Code::NoModseq,
        "READ-ONLY" => Code::ReadOnly,
        "TRYCREATE" => Code::TryCreate,
        "NONEXISTENT" => Code::NonExistent,
        "ALREADYEXISTS" => Code::AlreadyExists,
        "CLOSED" => Code::Closed,
        "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
        "CAPABILITY" => Code::Capability(capitals(cursor.rest())),
        "APPENDUID" => {
            let uid_validity = cursor.number32().ok()?;
            cursor.skip_blanks();
            Code::AppendUid { uid_validity, uids: uid_set(cursor.rest())? }
        }
        "COPYUID" => {
            let uid_validity = cursor.number32().ok()?;
            cursor.skip_blanks();
            let before = uid_list(cursor.word())?;
            cursor.skip_blanks();
            let after = uid_list(cursor.rest())?;
            Code::CopyUid { uid_validity, uids: (before.len() == after.len()).then(|| before.into_iter().zip(after).collect())? }
        }
        "PERMANENTFLAGS" => {
            let words = cursor.words().ok()?;
            Code::PermanentFlags(Keeps { any_keyword: words.iter().any(|word| *word == b"\\*"), flags: flags(&words) })
        }
        _ => Code::Other(name),
    })
}

/// Reads a set of plain UIDs and ranges, whatever their order.
fn uid_set(bytes: &[u8]) -> Option<UidSet> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let mut ranges = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (low, high) = part.split_once(':').unwrap_or((part, part));
        let (low, high): (u32, u32) = (low.parse().ok()?, high.parse().ok()?);
        ranges.push((low.min(high), low.max(high)));
    }
    // Ascending, so that each one is added at the end of the set.
    ranges.sort_unstable();
    let mut set = UidSet::new();
    for (low, high) in ranges {
        set.insert_range(low, high);
    }
    Some(set)
}

/// More messages than this are never moved at once.
const LISTED_AT_MOST: usize = 10_000;

/// Reads a set in its own order, which is that of the set it belongs to.
fn uid_list(bytes: &[u8]) -> Option<Vec<u32>> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let mut uids = Vec::new();
    for part in text.split(',') {
        let (low, high) = part.split_once(':').unwrap_or((part, part));
        let (low, high): (u32, u32) = (low.parse().ok()?, high.parse().ok()?);
        let (low, high) = (low.min(high), low.max(high));
        if (high - low) as usize >= LISTED_AT_MOST.saturating_sub(uids.len()) {
            return None;
        }
        uids.extend(low..=high);
    }
    Some(uids)
}

fn numbered<'a>(cursor: &mut Cursor<'a>) -> Result<Untagged<'a>, ParseError> {
    let number = cursor.number32()?;
    cursor.skip_blanks();
    match cursor.name().as_str() {
        "EXISTS" => Ok(Untagged::Exists(number)),
        "EXPUNGE" => Ok(Untagged::Expunge(number)),
        "FETCH" => {
            cursor.skip_blanks();
            fetch::items(cursor).map(Untagged::Fetch)
        }
        _ => Ok(Untagged::Other),
    }
}

fn listed(cursor: &mut Cursor<'_>) -> Result<Listed, ParseError> {
    cursor.skip_blanks();
    let attributes = cursor.words()?.iter().map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).collect();
    cursor.skip_blanks();
    let delimiter = cursor.nstring()?.and_then(|text| text.first().copied()).map(char::from);
    cursor.skip_blanks();
    Ok(Listed { attributes, delimiter, name: cursor.astring()?.into_owned() })
}

fn mailbox_status<'a>(cursor: &mut Cursor<'_>) -> Result<Untagged<'a>, ParseError> {
    cursor.skip_blanks();
    cursor.astring()?;
    cursor.skip_blanks();
    cursor.expect(b'(', "a list")?;
    let mut items = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.eat(b')') {
            return Ok(Untagged::MailboxStatus { items });
        }
        let name = cursor.name();
        cursor.skip_blanks();
        if cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            items.push((name, cursor.number()?));
        } else {
            cursor.skip_value()?;
        }
    }
}

/// The first personal namespace; NIL means there is none.
fn namespace<'a>(cursor: &mut Cursor<'_>) -> Result<Untagged<'a>, ParseError> {
    cursor.skip_blanks();
    cursor.expect(b'(', "a list")?;
    cursor.expect(b'(', "a list")?;
    Ok(Untagged::Namespace { prefix: cursor.astring()?.into_owned() })
}

fn search<'a>(cursor: &mut Cursor<'_>) -> Result<Untagged<'a>, ParseError> {
    let mut uids = Vec::new();
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            Some(byte) if byte.is_ascii_digit() => uids.push(cursor.number32()?),
            // `(MODSEQ 917162500)`, RFC 7162 §3.1.5.
            Some(b'(') => cursor.skip_value()?,
            _ if cursor.is_at_end() => return Ok(Untagged::Search(uids.into_iter().collect())),
            _ => return Err(cursor.error("a number")),
        }
    }
}

fn esearch<'a>(cursor: &mut Cursor<'_>) -> Result<Untagged<'a>, ParseError> {
    cursor.skip_blanks();
    if cursor.peek() == Some(b'(') {
        cursor.skip_value()?;
    }
    let mut uids = UidSet::new();
    while !cursor.is_at_end() {
        cursor.skip_blanks();
        match cursor.name().as_str() {
            "UID" => {}
            "ALL" => {
                cursor.skip_blanks();
                uids = uid_set(cursor.word()).ok_or_else(|| cursor.error("a set of numbers"))?;
            }
            _ => cursor.skip_value()?,
        }
    }
    Ok(Untagged::Search(uids))
}

fn vanished<'a>(cursor: &mut Cursor<'_>) -> Result<Untagged<'a>, ParseError> {
    cursor.skip_blanks();
    let earlier = cursor.peek() == Some(b'(') && cursor.words()?.iter().any(|word| word.eq_ignore_ascii_case(b"EARLIER"));
    let uids = uid_set(cursor.rest()).ok_or_else(|| cursor.error("a set of numbers"))?;
    Ok(Untagged::Vanished { earlier, uids })
}

/// Sorts flags into those we know and keywords (RFC 3501 §2.3.2).
fn flags(words: &[&[u8]]) -> Flags {
    let mut flags = Flags::default();
    for word in words {
        let system = [
            ("\\Seen", &mut flags.seen),
            ("\\Answered", &mut flags.answered),
            ("\\Flagged", &mut flags.flagged),
            ("\\Deleted", &mut flags.deleted),
            ("\\Draft", &mut flags.draft),
        ];
        match system.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())) {
            Some((_, flag)) => *flag = true,
            None if word.starts_with(b"\\") => {}
            None => flags.keywords.push(String::from_utf8_lossy(word).into_owned()),
        }
    }
    flags
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::Preauth => "PREAUTH",
        })
    }
}

#[cfg(test)]
mod tests;
