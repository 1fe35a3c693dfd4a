//! The words of a query with their meaning: what README and manual print.

/// Conditions that are explained together.
#[derive(Debug)]
pub struct QueryRow {
    /// As they are typed; what ends in a colon wants a value.
    pub written: &'static [&'static str],
    /// Plain words; what is typed stands between backticks.
    pub meaning: &'static str,
}

const fn row(written: &'static [&'static str], meaning: &'static str) -> QueryRow {
    QueryRow { written, meaning }
}

/// Every condition there is.
pub static CONDITIONS: &[QueryRow] = &[
    row(&["status:open"], "of a status: `open`, `pending`, `hold`, `solved`, `spam`"),
    row(&["assignee:me"], "of an agent; `me`, `none` or a short name"),
    row(&["project:app", "tag:billing", "number:1042"], "of a project, with a tag, of a number"),
    row(&["from:", "to:", "cc:", "subject:\"no light\""], "with such mail; `from:@acme.example` is a whole domain"),
    row(&["has:attachment"], "with files"),
    row(&["is:unread"], "also `waiting`, `snoozed`, `overdue`, `bounced`, `automatic`"),
    row(&["priority:>=high"], "by priority, with `>`, `>=`, `<`, `<=` or nothing before it"),
    row(&["created:>2026-01-01", "updated:<7d", "waiting:>2d"], "by a day, or by how long ago"),
    row(&["words", "\"a phrase\"", "prefix*"], "with that text"),
    row(&["-tag:spam", "A OR B", "( )"], "not, either, together; conditions side by side must all hold"),
];

#[cfg(test)]
mod tests {
    use super::super::parser::{FIELDS, IS, NUMBER};
    use super::super::{QueryContext, parse};
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::ticket::{Priority, Status};

    #[test]
    fn every_field_and_every_word_of_a_state_is_explained() {
        let written = |start: &str| CONDITIONS.iter().find(|row| row.written.iter().any(|written| written.starts_with(start)));
        for field in FIELDS.into_iter().chain([NUMBER]) {
            assert!(written(&format!("{field}:")).is_some(), "{field}");
        }
        let states = written("is:").unwrap();
        assert!(IS.iter().all(|(name, _)| format!("{:?} {}", states.written, states.meaning).contains(name)), "{states:?}");
        assert!(Status::ALL.iter().all(|status| written("status:").unwrap().meaning.contains(status.as_str())));
        assert!(Priority::ALL.iter().any(|priority| written("priority:").unwrap().written[0].ends_with(priority.as_str())));
    }

    #[test]
    fn every_condition_can_be_typed_as_it_stands_here() {
        let context = QueryContext { agent: "ana".into(), now: Timestamp::UNIX_EPOCH };
        for written in CONDITIONS.iter().flat_map(|row| row.written).filter(|written| **written != "( )") {
            let typed = if written.ends_with(':') { format!("{written}x") } else { (*written).to_owned() };
            assert!(parse(&typed, &context).is_ok(), "{typed}");
        }
    }
}
