//! Message-IDs in headers, found however they are written.

use std::borrow::Cow;

use super::limits;
use crate::domain::{Address, MessageId};

/// The ids of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub ids: Vec<MessageId>,
    /// They stand there without brackets, as addresses and other words may, too.
    pub are_bare: bool,
    /// There were more than [`limits::IDS`]; the first and the newest ones were kept.
    pub too_many: bool,
}

/// Finds the ids in the value of Message-ID, In-Reply-To or References, in order, each once.
///
/// Ids are separated by blanks, commas or nothing at all; comments, quoted words and
/// phrases between them are passed over (RFC 5322 §3.6.4 and the obsolete forms of
/// §4.5.4). Without a pair of brackets, words with an `@` count.
pub fn scan(value: &str) -> Found {
    let tokens = tokens(&decoded(value));
    let are_bare = tokens.iter().any(|token| token.is_bare);
    limited(tokens.into_iter().map(|token| token.id), are_bare)
}

/// The same for In-Reply-To, where old programs write whose mail it was:
/// `Message from Ana <ana@x.example> of "Tue, 1 Jan" <1@x.example>`.
///
/// An address is no id, or everything Ana ever wrote would become one thread; `people`
/// are the addresses of the mail's other headers.
pub fn scan_parents(value: &str, people: &[Address]) -> Found {
    let tokens = tokens(&decoded(value));
    let are_bare = tokens.iter().any(|token| token.is_bare);
    let is_person = |token: &Token| people.iter().any(|person| person.address.eq_ignore_ascii_case(token.id.as_str()));
    let has_other = |token: &Token| tokens.iter().any(|other| other.id != token.id && !is_person(other));
    let is_author = |token: &Token| token.is_behind_from && has_other(token);
    limited(tokens.iter().filter(|token| !is_person(token) && !is_author(token)).map(|token| token.id.clone()), are_bare)
}

fn limited(found: impl Iterator<Item = MessageId>, are_bare: bool) -> Found {
    let mut seen = std::collections::HashSet::new();
    let mut ids: Vec<MessageId> = found.filter(|id| seen.insert(id.clone())).collect();
    let too_many = ids.len() > limits::IDS;
    if too_many {
        let newest = ids.len() - (limits::IDS - 1);
        ids.drain(1..newest);
    }
    Found { ids, are_bare, too_many }
}

/// Some programs encode a header that holds nothing but ids (RFC 2047 does not let them).
fn decoded(value: &str) -> Cow<'_, str> {
    if value.contains("=?") { Cow::Owned(super::encoded::decode(value)) } else { Cow::Borrowed(value) }
}

/// An id, and whether the word `from` stands before it.
#[derive(Debug)]
struct Token {
    id: MessageId,
    is_behind_from: bool,
    is_bare: bool,
}

fn tokens(value: &str) -> Vec<Token> {
    let found = bracketed(value, true).filter(|found| !found.is_empty()).or_else(|| bracketed(value, false));
    match found {
        Some(found) if !found.is_empty() => found,
        _ => bare(value),
    }
}

/// The ids between `<` and `>`; an opening bracket inside starts anew, so a truncated id hides no good one.
///
/// `None` when a comment or quotation that is to be passed over has no end.
fn bracketed(value: &str, passes_over: bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let (mut depth, mut is_quoted, mut opened, mut phrase) = (0_usize, false, None, 0);
    for (at, c) in value.char_indices() {
        match c {
            '<' if depth == 0 && !is_quoted => opened = Some(at + 1),
            '>' if opened.is_some() => {
                let start = opened.take().unwrap_or(at);
                let before = value.get(phrase..start).unwrap_or_default();
                let id = value.get(start..at).and_then(joined);
                tokens.extend(id.map(|id| Token { id, is_behind_from: ends_with_from(before), is_bare: false }));
                phrase = at + 1;
            }
            // Brackets inside an id belong to it, however it looks.
            _ if opened.is_some() || !passes_over => {}
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (depth == 0 && !is_quoted).then_some(tokens)
}

/// A blank inside is folding damage when what it joins is an id, and a truncated id before another word else.
fn joined(inside: &str) -> Option<MessageId> {
    if inside.split_whitespace().count() > 2 {
        return None;
    }
    MessageId::new(&inside.split_whitespace().collect::<String>())
}

/// Whether `from` is among the last words before an id, as far as a name can be long.
fn ends_with_from(phrase: &str) -> bool {
    phrase.split_whitespace().rev().take(8).any(|word| word.eq_ignore_ascii_case("from"))
}

fn bare(value: &str) -> Vec<Token> {
    let value = super::headers::without_comments(value);
    value
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '<' | '>'))
        .map(|word| word.trim_matches(['(', ')']))
        .filter(|word| word.contains('@'))
        .filter_map(MessageId::new)
        .map(|id| Token { id, is_behind_from: false, is_bare: true })
        .collect()
}

/// The id of the Message-ID header: bracketed if possible, else the whole value when it can be one.
pub fn own(value: &str) -> Option<MessageId> {
    let found = bracketed(value, true).filter(|found| !found.is_empty()).or_else(|| bracketed(value, false));
    let first = found.and_then(|found| found.into_iter().next()).map(|token| token.id);
    first.or_else(|| MessageId::new(super::headers::without_comments(value).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[&str]) {
        let ids: Vec<String> = scan(value).ids.iter().map(ToString::to_string).collect();
        assert_eq!(ids, expected, "{value}");
    }

    #[test]
    fn ids_are_found_between_anything() {
        check("<a@x> <b@x>", &["a@x", "b@x"]);
        check("<a@x>,<b@x>\t<c@x>", &["a@x", "b@x", "c@x"]);
        check("<a@x><b@x>", &["a@x", "b@x"]);
        check("Message from x of \"Tue\" <q@x> (comment)", &["q@x"]);
        check("<a@x> <a@x>", &["a@x"]);
    }

    #[test]
    fn comments_and_quoted_words_are_no_ids() {
        check("<a@x> (was <b@x>) \"see <c@x>\" <d@x>", &["a@x", "d@x"]);
        check("(<a@x>)", &["a@x"]);
        check("<a@x> (no end <b@x>", &["a@x", "b@x"]);
        check("<a(1)@x> <\"q\"@x>", &["a(1)@x", "\"q\"@x"]);
    }

    #[test]
    fn encoded_lists_are_decoded() {
        check("=?us-ascii?Q?=3Ca=40x=3E_=3Cb=40x=3E?=", &["a@x", "b@x"]);
    }

    #[test]
    fn the_address_of_whoever_is_answered_is_no_id() {
        let parents = |value: &str, people: &[Address]| scan_parents(value, people).ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let ana = [Address::new("", "Ana@x.example")];

        assert_eq!(parents("Message from Ana Ruiz <ana@x.example> of \"Tue, 1 Jan\" <1@x>", &[]), ["1@x"]);
        assert_eq!(parents("<1@x> (Ana Ruiz <ana@x.example>'s message of Tuesday)", &ana), ["1@x"]);
        assert_eq!(parents("<ana@x.example> <1@x>", &ana), ["1@x"]);
        assert_eq!(parents("Your message from yesterday <1@x>", &[]), ["1@x"]);
        assert_eq!(parents("<1@x>; from ana@x.example on Tue", &[]), ["1@x"]);
    }

    #[test]
    fn a_megabyte_of_brackets_is_read_in_linear_time() {
        for piece in ["<", "(", "\"", "<a@x", "(<", "< a ", "from <"] {
            let text = |octets| piece.repeat(octets / piece.len());

            crate::growth::assert_linear(piece, 8_000, text, |text| drop(scan_parents(text, &[])));
        }
        let _ = scan_parents(&"<".repeat(1_000_000), &[]);
    }

    #[test]
    fn a_truncated_id_hides_no_good_one() {
        check("<trunc@x <ok@x> <cut", &["ok@x"]);
    }

    #[test]
    fn missing_brackets_are_forgiven() {
        check("a@x b@x", &["a@x", "b@x"]);
        check("<a@x", &["a@x"]);
        check("a@x>, b@x", &["a@x", "b@x"]);
        assert!(scan("a@x").are_bare && !scan("a@x <b@x>").are_bare);
        assert_eq!(own("a@x").map(|id| id.to_string()), Some("a@x".into()));
        assert_eq!(own("no id here"), None);
    }

    #[test]
    fn of_too_many_ids_the_first_and_the_newest_stay() {
        let value = (0..500).map(|n| format!("<{n}@x>")).collect::<Vec<_>>().join(" ");

        let Found { ids, too_many, .. } = scan(&value);

        assert!(too_many);
        assert_eq!((ids.len(), ids[0].as_str(), ids[199].as_str()), (200, "0@x", "499@x"));
    }

    proptest::proptest! {
        #[test]
        fn no_value_makes_the_scanner_panic(value in "[<>@ ,()a\u{e4}]{0,80}") {
            let _ = (scan(&value), own(&value));
        }
    }
}
