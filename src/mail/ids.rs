//! Message-IDs in headers, found however they are written.

use super::limits;
use crate::domain::MessageId;

/// Finds the ids in the value of Message-ID, In-Reply-To or References, in order, each once.
///
/// Ids are separated by blanks, commas or nothing at all; comments and phrases
/// between them are passed over (RFC 5322 §3.6.4 and the obsolete forms of §4.5.4).
/// Without any brackets, words with an `@` count. The second value tells that
/// there were more than [`limits::IDS`]; then the first and the newest ones are kept.
pub fn scan(value: &str) -> (Vec<MessageId>, bool) {
    let bracketed = bracketed(value);
    let found = if bracketed.is_empty() && !value.contains('<') { bare(value) } else { bracketed };
    let mut seen = std::collections::HashSet::new();
    let mut ids: Vec<MessageId> = found.into_iter().filter(|id| seen.insert(id.clone())).collect();
    let too_many = ids.len() > limits::IDS;
    if too_many {
        let newest = ids.len() - (limits::IDS - 1);
        ids.drain(1..newest);
    }
    (ids, too_many)
}

/// The ids between `<` and `>`; an opening bracket inside starts anew, so a truncated id hides no good one.
fn bracketed(value: &str) -> Vec<MessageId> {
    let mut ids = Vec::new();
    let mut pieces = value.split('<');
    pieces.next();
    for piece in pieces {
        let Some((inside, _)) = piece.split_once('>') else { continue };
        let joined: String = inside.split_whitespace().collect();
        // A blank inside is folding damage when what it joins is an id, and a truncated id before another word else.
        if inside.split_whitespace().count() <= 2 {
            ids.extend(MessageId::new(&joined));
        }
    }
    ids
}

fn bare(value: &str) -> Vec<MessageId> {
    let value = super::headers::without_comments(value);
    value
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"'))
        .map(|word| word.trim_matches(['>', '(', ')']))
        .filter(|word| word.contains('@'))
        .filter_map(MessageId::new)
        .collect()
}

/// The id of the Message-ID header: bracketed if possible, else the whole value when it can be one.
pub fn own(value: &str) -> Option<MessageId> {
    let clean = super::headers::without_comments(value);
    bracketed(&clean).into_iter().next().or_else(|| MessageId::new(clean.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[&str]) {
        let ids: Vec<String> = scan(value).0.iter().map(ToString::to_string).collect();
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
    fn a_truncated_id_hides_no_good_one() {
        check("<trunc@x <ok@x> <cut", &["ok@x"]);
    }

    #[test]
    fn missing_brackets_are_forgiven() {
        check("a@x b@x", &["a@x", "b@x"]);
        assert_eq!(own("a@x").map(|id| id.to_string()), Some("a@x".into()));
        assert_eq!(own("no id here"), None);
    }

    #[test]
    fn of_too_many_ids_the_first_and_the_newest_stay() {
        let value = (0..500).map(|n| format!("<{n}@x>")).collect::<Vec<_>>().join(" ");

        let (ids, too_many) = scan(&value);

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
