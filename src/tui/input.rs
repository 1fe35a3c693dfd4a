//! One line being typed.

use unicode_segmentation::UnicodeSegmentation;

use super::key::{Code, Key};
use super::text;

/// A line and the cursor in it, in octets and always between graphemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineInput {
    text: String,
    cursor: usize,
}

impl LineInput {
    /// Starts with a text and the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Octets before the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Columns before the cursor.
    pub fn cursor_column(&self) -> usize {
        text::width(self.before())
    }

    /// The part of the line around the cursor that fits into so many columns, and the cursor's column in it.
    ///
    /// A line that is longer is scrolled so that the cursor is in sight, with a column left for it at the end.
    pub fn window(&self, columns: usize) -> (&str, usize) {
        let before = self.cursor_column();
        let skip = before.saturating_sub(columns.saturating_sub(1));
        let (head, _) = text::split_at(&self.text, skip);
        // A wide character is skipped as a whole.
        let (_, shown) = text::split_at(&self.text, skip + usize::from(text::width(head) < skip));
        let skipped = text::width(&self.text) - text::width(shown);
        (text::split_at(shown, columns).0, before.saturating_sub(skipped))
    }

    /// Types a text; line ends and other controls become blanks.
    pub fn insert(&mut self, typed: &str) {
        let clean: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Puts a text in the place of what stands between an octet and the cursor.
    pub fn replace_before_cursor(&mut self, start: usize, text: &str) {
        if self.text.get(start..self.cursor).is_some() {
            self.text.replace_range(start..self.cursor, text);
            self.cursor = start + text.len();
        }
    }

    /// Applies an editing key and tells whether it was one.
    pub fn press(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (Code::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Left, ..) | (Code::Char('b'), true, _) => self.cursor -= self.last_grapheme().len(),
            (Code::Right, ..) | (Code::Char('f'), true, _) => self.cursor += self.next_grapheme().len(),
            (Code::Home, ..) | (Code::Char('a'), true, _) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, _) => self.cursor = self.text.len(),
            (Code::Backspace, false, false) | (Code::Char('h'), true, _) => self.delete_back(self.last_grapheme().len()),
            (Code::Delete, ..) | (Code::Char('d'), true, _) => {
                let end = self.cursor + self.next_grapheme().len();
                self.text.replace_range(self.cursor..end, "");
            }
            (Code::Char('u'), true, _) => self.delete_back(self.cursor),
            (Code::Char('k'), true, _) => self.text.truncate(self.cursor),
            (Code::Char('w'), true, _) | (Code::Backspace, ..) => self.delete_back(self.last_word()),
            _ => return false,
        }
        true
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn last_grapheme(&self) -> &str {
        self.before().graphemes(true).next_back().unwrap_or_default()
    }

    fn next_grapheme(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default().graphemes(true).next().unwrap_or_default()
    }

    /// Octets from the start of the word before the cursor.
    fn last_word(&self) -> usize {
        let before = self.before();
        let start = before
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before.get(at..).and_then(|b| b.chars().next()).map_or(1, char::len_utf8));
        before.len() - start
    }

    fn delete_back(&mut self, octets: usize) {
        let start = self.cursor.saturating_sub(octets);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(start: &str, keys: &[&str]) -> String {
        let mut input = LineInput::new(start);
        for key in keys {
            input.press(Key::parse(key).unwrap());
        }
        format!("{}|{}", input.before(), input.text.get(input.cursor..).unwrap())
    }

    #[test]
    fn a_line_is_edited_by_grapheme_and_word() {
        assert_eq!(typed("ab", &["left", "x"]), "ax|b");
        assert_eq!(typed("a👩‍💻", &["backspace"]), "a|");
        assert_eq!(typed("one two", &["ctrl-w", "ctrl-w"]), "|");
        assert_eq!(typed("one two", &["home", "delete", "ctrl-k", "y"]), "y|");
        assert_eq!(typed("a\u{3000}b", &["ctrl-w"]), "a\u{3000}|");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_cursor_is_shown() {
        let mut input = LineInput::new("abcdefgh");

        assert_eq!(input.window(20), ("abcdefgh", 8));
        assert_eq!(input.window(4), ("fgh", 3));
        input.press(Key::parse("home").unwrap());
        assert_eq!(input.window(4), ("abcd", 0));
        assert_eq!(LineInput::new("お世話になって").window(5), ("って", 4));
        assert_eq!(LineInput::new("abc").window(0), ("", 0));
    }

    #[test]
    fn pasted_line_ends_become_blanks() {
        let mut input = LineInput::default();
        input.insert("a\r\nb\x1b[31m");
        assert_eq!(input.text(), "a  b [31m");
    }
}
