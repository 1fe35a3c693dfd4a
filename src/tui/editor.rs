//! A text of several lines being typed: the library's text area under our own keys.

use ratatui::style::Style;
use ratatui_textarea::{CursorMove, Input, Key as AreaKey, TextArea, WrapMode};

use super::key::{Code, Key};
use crate::domain::sanitise;

/// A text, the cursor in it, and what can be taken back of the typing.
#[derive(Clone, Debug)]
pub struct Editor {
    area: TextArea<'static>,
}

/// What a key did to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Changed,
    Moved,
    /// It is none of the editing keys.
    Nothing,
}

/// How many steps of typing can be taken back.
const STEPS: usize = 1_000;

impl Editor {
    /// Starts with a text and the cursor at its very start.
    pub fn new(text: &str) -> Self {
        let lines = sanitise::text(&text.replace("\r\n", "\n")).split('\n').map(str::to_owned).collect();
        let mut area = TextArea::new(lines);
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_max_histories(STEPS);
        area.set_cursor_line_style(Style::new());
        // The terminal's own cursor stands there.
        area.set_cursor_style(Style::new());
        Self { area }
    }

    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// The library's widget, to be drawn.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Where the cursor stands in the area drawn last: columns and rows from its corner.
    pub fn cursor(&self) -> (u16, u16) {
        let at = self.area.screen_cursor();
        let (top, left) = self.area.scroll_offset();
        ((at.col as u16).saturating_sub(left), (at.row as u16).saturating_sub(top))
    }

    /// Whether the cursor stands on the first line.
    pub fn is_at_top(&self) -> bool {
        self.area.cursor().0 == 0
    }

    /// Inserts a text; line ends stay, other controls go, a tabulator becomes blanks.
    pub fn insert(&mut self, text: &str) -> Typed {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
        let clean: String = lines.chars().filter(|c| *c == '\n' || sanitise::is_plain(*c)).collect();
        if self.area.insert_str(clean) { Typed::Changed } else { Typed::Nothing }
    }

    pub fn to_end(&mut self) {
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Takes back, or does again, the last step of typing. Tells whether there was one.
    pub fn undo(&mut self) -> bool {
        self.area.undo()
    }

    pub fn redo(&mut self) -> bool {
        self.area.redo()
    }

    /// Applies an editing key.
    pub fn press(&mut self, key: Key) -> Typed {
        if let Some(towards) = movement(key) {
            self.area.move_cursor(towards);
            return Typed::Moved;
        }
        let changed = match (key.code, key.ctrl, key.alt) {
            (Code::Char('w'), true, false) | (Code::Backspace, true, _) | (Code::Backspace, _, true) => self.area.delete_word(),
            (Code::Char('d'), false, true) | (Code::Delete, true, _) => self.area.delete_next_word(),
            (Code::Char('k'), true, false) => self.area.delete_line_by_end(),
            (Code::Char('u'), true, false) => self.area.delete_line_by_head(),
            (Code::Char('h'), true, false) => self.area.delete_char(),
            (Code::Char('d'), true, false) => self.area.delete_next_char(),
            (Code::Char('y'), true, false) => self.area.paste(),
            (Code::Char(c), false, false) => return self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Enter, false, false) => self.plain(AreaKey::Enter),
            (Code::Backspace, false, false) => self.plain(AreaKey::Backspace),
            (Code::Delete, false, false) => self.plain(AreaKey::Delete),
            _ => return Typed::Nothing,
        };
        if changed { Typed::Changed } else { Typed::Moved }
    }

    fn plain(&mut self, key: AreaKey) -> bool {
        self.area.input_without_shortcuts(Input { key, ctrl: false, alt: false, shift: false })
    }
}

/// Where a key moves the cursor.
fn movement(key: Key) -> Option<CursorMove> {
    Some(match (key.code, key.ctrl, key.alt) {
        (Code::Left, false, false) | (Code::Char('b'), true, false) => CursorMove::Back,
        (Code::Right, false, false) | (Code::Char('f'), true, false) => CursorMove::Forward,
        (Code::Up, ..) | (Code::Char('p'), true, false) => CursorMove::Up,
        (Code::Down, ..) | (Code::Char('n'), true, false) => CursorMove::Down,
        (Code::Home, true, _) => CursorMove::Top,
        (Code::End, true, _) => CursorMove::Bottom,
        (Code::Home, ..) | (Code::Char('a'), true, false) => CursorMove::Head,
        (Code::End, ..) => CursorMove::End,
        (Code::Left, true, _) | (Code::Char('b'), false, true) => CursorMove::WordBack,
        (Code::Right, true, _) | (Code::Char('f'), false, true) => CursorMove::WordForward,
        (Code::PageUp, ..) => CursorMove::ParagraphBack,
        (Code::PageDown, ..) => CursorMove::ParagraphForward,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(start: &str, keys: &[&str]) -> String {
        let mut editor = Editor::new(start);
        for key in keys {
            editor.press(Key::parse(key).unwrap());
        }
        editor.text()
    }

    #[test]
    fn text_is_typed_and_taken_back() {
        assert_eq!(typed("", &["a", "enter", "漢", "backspace", "b"]), "a\nb");
        let mut editor = Editor::new("kept");
        editor.insert(" and more");
        assert!(editor.undo());
        assert_eq!(editor.text(), "kept");
        assert!(editor.redo());
        assert_eq!(editor.text(), " and morekept");
    }

    #[test]
    fn words_and_lines_are_deleted_by_the_keys_of_a_shell() {
        assert_eq!(typed("one two", &["end", "ctrl-w"]), "one ");
        assert_eq!(typed("one two", &["end", "ctrl-u"]), "");
        assert_eq!(typed("one two", &["ctrl-k"]), "");
        assert_eq!(typed("one two", &["alt-f", "ctrl-k", "ctrl-y", "ctrl-y"]), "one twotwo");
    }

    #[test]
    fn what_is_pasted_keeps_its_lines_and_loses_its_controls() {
        let mut editor = Editor::new("");
        editor.insert("a\r\nb\x1b[31m\u{9b}c\td\u{202e}");
        assert_eq!(editor.text(), "a\nb[31mc    d");
    }

    #[test]
    fn keys_that_edit_nothing_are_left_to_others() {
        let mut editor = Editor::new("");
        for key in ["f1", "ctrl-c", "ctrl-z", "alt-enter", "ctrl-t", "tab", "esc"] {
            assert_eq!(editor.press(Key::parse(key).unwrap()), Typed::Nothing, "{key}");
        }
    }
}
