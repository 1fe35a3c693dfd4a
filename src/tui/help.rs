//! The help as lines: the keys of a screen, what they do, and what the signs on it mean.

use super::keymap::{HelpLine, Keymap};
use super::model::Model;
use super::{signs, text};
use crate::action::Scope;

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// What the lines below are about.
    Heading(&'static str),
    /// Keys or a sign, the name of what it is, and (a part of) its explanation.
    Entry { keys: String, title: String, text: String },
}

/// Where what stands, for a screen of so many columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    pub keys: usize,
    /// Columns of the titles in a table; 0 where titles and explanations run on.
    pub titles: usize,
    pub room: usize,
}

/// Keys take at most so many columns; longer lists of them stand on lines of their own.
const KEYS: usize = 16;
/// From here on there is room for a column of titles.
const WIDE: usize = 100;
const TITLES: usize = 30;
/// Below this only the titles are shown.
const NARROW: usize = 60;

/// Shares a width.
pub fn columns(width: usize) -> Columns {
    let keys = KEYS.min(width / 3);
    let room = width.saturating_sub(keys + 3).max(10);
    Columns { keys, titles: if width >= WIDE { TITLES } else { 0 }, room }
}

/// All lines of the help that is shown.
pub fn rows(model: &Model) -> Vec<Row> {
    of(&model.keymap, model.help.about, usize::from(model.width))
}

fn of(keymap: &Keymap, about: Scope, width: usize) -> Vec<Row> {
    let lines = keymap.help(about);
    let columns = columns(width);
    let entries = |global: bool| lines.iter().filter(move |line| line.global == global).flat_map(move |line| entry(line, columns, width));
    let mut rows: Vec<Row> = entries(false).collect();
    rows.push(Row::Heading("everywhere"));
    rows.extend(entries(true));
    if about == Scope::List {
        rows.push(Row::Heading("signs"));
        rows.extend(signs::all().flat_map(|(sign, meaning)| explained(&sign, meaning, columns)));
    }
    rows
}

/// A sign with its meaning.
fn explained(sign: &str, meaning: &str, columns: Columns) -> Vec<Row> {
    let parts = text::wrap(meaning, columns.room).into_iter().enumerate();
    let keys = |index| if index == 0 { sign.to_owned() } else { String::new() };
    parts.map(|(index, title)| Row::Entry { keys: keys(index), title, text: String::new() }).collect()
}

/// An action on as many lines as it needs.
fn entry(line: &HelpLine, columns: Columns, width: usize) -> Vec<Row> {
    let mut keys = text::wrap(&line.keys, columns.keys).into_iter();
    let texts = if width < NARROW {
        text::wrap(&line.title, columns.room).into_iter().map(|part| (part, String::new())).collect()
    } else if columns.titles > 0 {
        in_table(line, columns)
    } else {
        run_on(line, columns)
    };
    let mut rows: Vec<Row> = texts.into_iter().map(|(title, text)| Row::Entry { keys: keys.next().unwrap_or_default(), title, text }).collect();
    rows.extend(keys.map(|keys| Row::Entry { keys, title: String::new(), text: String::new() }));
    rows
}

/// The title on the first line, the explanation in a column beside it.
fn in_table(line: &HelpLine, columns: Columns) -> Vec<(String, String)> {
    let room = columns.room.saturating_sub(columns.titles + 2);
    let parts = text::wrap(&line.help, room).into_iter().enumerate();
    parts.map(|(index, part)| (if index == 0 { line.title.clone() } else { String::new() }, part)).collect()
}

/// The explanation behind the title, going on below it.
fn run_on(line: &HelpLine, columns: Columns) -> Vec<(String, String)> {
    let parts = text::wrap(&format!("{}: {}", line.title, line.help), columns.room).into_iter().enumerate();
    let cut = |index: usize, part: String| match part.strip_prefix(line.title.as_str()).filter(|_| index == 0) {
        Some(rest) => (line.title.clone(), rest.to_owned()),
        None => (String::new(), part),
    };
    parts.map(|(index, part)| cut(index, part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_at_any_width() {
        let keymap = Keymap::new(&[], "");
        for scope in Scope::ALL {
            for width in [60, 80, 100, 120, 200] {
                let columns = columns(width);
                let (mut words, mut keys) = (Vec::new(), Vec::new());
                for row in of(&keymap, scope, width) {
                    let Row::Entry { keys: own, title, text: rest } = row else { continue };
                    assert!(text::width(&own) <= columns.keys, "{own}");
                    let used = if columns.titles > 0 && !rest.is_empty() { columns.titles + 2 } else { text::width(&title) };
                    assert!(used + text::width(&rest) <= columns.room, "{width}: {title}{rest}");
                    words.push(rest);
                    keys.push(own);
                }
                let (words, keys) = (words.join(" "), keys.join(" "));
                let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
                for line in keymap.help(scope) {
                    assert!(flat.contains(&line.help), "{width}: `{}` is not there whole", line.help);
                    assert!(line.keys.split(' ').all(|key| keys.contains(key)), "{}", line.keys);
                }
            }
        }
    }

    #[test]
    fn a_narrow_screen_has_the_titles_alone() {
        let rows = of(&Keymap::new(&[], ""), Scope::Drafts, 40);
        assert!(rows.iter().any(|row| matches!(row, Row::Entry { title, text, .. } if title == "go on writing" && text.is_empty())));
    }
}
