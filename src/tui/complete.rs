//! What can stand where the cursor is in a query: the language's words and the desk's.

use crate::domain::query;

/// The words only this desk knows.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub agents: &'a [String],
    pub tags: &'a [String],
    pub projects: &'a [String],
}

/// So many are offered at most.
const OFFERED: usize = 60;

/// Octet at which the word before the cursor starts.
pub fn word_start(text: &str, cursor: usize) -> usize {
    let before = text.get(..cursor).unwrap_or(text);
    before
        .rfind(|c: char| c.is_whitespace() || c == '(')
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8))
}

/// Whole words that continue the one before the cursor; none for a word that is whole already.
pub fn offers(text: &str, cursor: usize, words: Words<'_>) -> Vec<String> {
    let word = text.get(word_start(text, cursor)..cursor).unwrap_or_default();
    let mut offers = query::complete(text, cursor);
    let (sign, bare) = word.strip_prefix('-').map_or(("", word), |rest| ("-", rest));
    if let Some((field, started)) = bare.split_once(':') {
        let known = match field {
            "assignee" => words.agents,
            "tag" => words.tags,
            "project" => words.projects,
            _ => &[],
        };
        let begun = started.to_lowercase();
        offers.extend(known.iter().filter(|word| word.to_lowercase().starts_with(&begun)).map(|word| format!("{sign}{field}:{word}")));
    }
    offers.truncate(OFFERED);
    if offers.iter().any(|offer| offer == word) { Vec::new() } else { offers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &str) -> Vec<String> {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (agents, tags, projects) = (own(&["ana", "ben"]), own(&["billing", "bug"]), own(&["app"]));
        offers(text, text.len(), Words { agents: &agents, tags: &tags, projects: &projects })
    }

    #[test]
    fn fields_and_known_values_continue_the_word_at_the_cursor() {
        assert_eq!(offered("is:unread stat"), ["status:"]);
        assert_eq!(offered("(status:s"), ["status:solved", "status:spam"]);
        assert_eq!(offered("assignee:"), ["assignee:me", "assignee:none", "assignee:ana", "assignee:ben"]);
        assert_eq!(offered("x -tag:B"), ["-tag:billing", "-tag:bug"]);
        assert_eq!(offered("project:a"), ["project:app"]);
    }

    #[test]
    fn a_whole_word_is_left_alone() {
        assert!(offered("status:open").is_empty());
        assert!(offered("tag:bug").is_empty());
        assert!(offered("hello").is_empty());
    }

    #[test]
    fn the_word_starts_behind_a_blank_or_a_parenthesis() {
        assert_eq!(word_start("a bc", 4), 2);
        assert_eq!(word_start("(bc", 3), 1);
        assert_eq!(word_start("a\u{3000}b", 5), 4);
    }
}
