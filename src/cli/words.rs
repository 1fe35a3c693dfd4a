//! Words that begin with a dash and are no options: `-billing`, `-tag:spam`.

use std::ffi::OsString;

use crate::action::{self, Arg, ArgKind, Value};

/// Puts a blank before words such as `-billing` in `tag 5 -billing` and
/// `-tag:spam` in `list -tag:spam`, so that clap takes them for values.
///
/// Queries and tags are trimmed when they are read, so the blank has no meaning.
/// The first element is the program's name. What stands behind `--` is left alone.
pub fn fit_for_clap(line: Vec<OsString>) -> Vec<OsString> {
    let end = line.iter().position(|word| word == "--").unwrap_or(line.len());
    let Some(command) = command_place(line.get(..end).unwrap_or_default()) else { return line };
    let takes_dashes = line.get(command).and_then(|word| word.to_str()).and_then(action::find).is_some_and(takes_dash_words);
    if !takes_dashes {
        return line;
    }
    let is_word = |index: usize, word: &OsString| index > command && index < end && is_dash_word(word);
    line.into_iter().enumerate().map(|(index, word)| if is_word(index, &word) { blank_before(&word) } else { word }).collect()
}

fn takes_dash_words(action: &action::Action) -> bool {
    action.args.iter().any(|arg| matches!(arg.kind, ArgKind::Positional(Value::TagChange | Value::ParticipantChange | Value::Query)))
}

/// A single dash and more than an `h` behind it.
fn is_dash_word(word: &OsString) -> bool {
    word.to_str().is_some_and(|word| word.starts_with('-') && !word.starts_with("--") && word.len() > 1 && word != "-h")
}

fn blank_before(word: &OsString) -> OsString {
    let mut fitted = OsString::from(" ");
    fitted.push(word);
    fitted
}

/// Where the command stands: the first word that is neither a global option nor its value.
fn command_place(line: &[OsString]) -> Option<usize> {
    let mut words = line.iter().enumerate().skip(1);
    while let Some((index, word)) = words.next() {
        match word.to_str().and_then(|word| word.strip_prefix("--")) {
            Some(name) if takes_value(name) => drop(words.next()),
            Some(_) => {}
            None if word.to_str().is_some_and(|word| word.starts_with('-')) => {}
            None => return Some(index),
        }
    }
    None
}

fn takes_value(name: &str) -> bool {
    action::GLOBAL_OPTIONS.iter().any(|arg: &Arg| arg.name == name && arg.value().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: &str) {
        let fitted = fit_for_clap(typed.split(' ').map(OsString::from).collect());
        let fitted: Vec<&str> = fitted.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(fitted.join("|"), expected, "{typed}");
    }

    #[test]
    fn words_with_a_dash_become_values_where_they_have_a_meaning() {
        check("postdesk tag 5 +a -b --offline", "postdesk|tag|5|+a| -b|--offline");
        check("postdesk --desk tag list -tag:spam --json", "postdesk|--desk|tag|list| -tag:spam|--json");
        check("postdesk --desk=x list -h", "postdesk|--desk=x|list|-h");
    }

    #[test]
    fn elsewhere_they_stay_options() {
        check("postdesk show 5 -x", "postdesk|show|5|-x");
        check("postdesk demo -- tag 5 -b", "postdesk|demo|--|tag|5|-b");
        check("postdesk list -- -a", "postdesk|list|--|-a");
        check("postdesk note 5 --body -", "postdesk|note|5|--body|-");
        check("postdesk", "postdesk");
    }
}
