//! What can stand where the cursor is.

use super::parser::{FIELDS, IS, NUMBER};
use crate::domain::ticket::{Priority, Status};

/// Continuations for the word that ends at `cursor` (octets): whole words, in a
/// fixed order. Values that only a desk knows (projects, agents, tags) are not here.
pub fn complete(text: &str, cursor: usize) -> Vec<String> {
    let before = text.get(..cursor).unwrap_or(text);
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let (sign, word) = word.strip_prefix('-').map_or(("", word), |rest| ("-", rest));
    match word.split_once(':') {
        Some((field, started)) => {
            values(field).into_iter().filter(|value| value.starts_with(started)).map(|value| format!("{sign}{field}:{value}")).collect()
        }
        None => FIELDS.into_iter().chain([NUMBER]).filter(|field| field.starts_with(word)).map(|field| format!("{sign}{field}:")).collect(),
    }
}

fn values(field: &str) -> Vec<&'static str> {
    match field {
        "status" => Status::ALL.into_iter().map(Status::as_str).collect(),
        "priority" => Priority::ALL.into_iter().map(Priority::as_str).collect(),
        "assignee" => vec!["me", "none"],
        "has" => vec!["attachment"],
        "is" => IS.iter().map(|(name, _)| *name).collect(),
        "created" | "updated" => vec!["<1d", "<7d", ">7d", ">=today", "today", "yesterday"],
        "waiting" => vec![">4h", ">1d", ">2d", ">7d"],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::query::{QueryContext, parse};

    #[test]
    fn a_begun_word_is_continued() {
        assert_eq!(complete("is:unread sta", 13), ["status:"]);
        assert_eq!(complete("(-status:s", 10), ["-status:solved", "-status:spam"]);
        assert_eq!(complete("status:open x", 8), ["status:open"]);
        assert!(complete("grüße", 3).is_empty());
    }

    #[test]
    fn every_value_offered_is_valid() {
        let context = QueryContext { agent: "ana".into(), now: Timestamp::UNIX_EPOCH };
        for field in complete("", 0) {
            for query in complete(&field, field.len()) {
                assert!(parse(&query, &context).is_ok(), "{query}");
            }
        }
    }
}
