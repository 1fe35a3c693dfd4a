//! Keys as the registry and the configuration write them: `x`, `ctrl-p`, `enter`, `g m`.

use std::fmt;

/// One key stroke. Shift is part of a character (`X`), and a flag only for keys that have no other form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a key (expected for example x, ctrl-p, shift-tab, f1, space, or `g m`)")]
pub struct KeyError {
    pub text: String,
}

const NAMED: [(&str, Code); 18] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("space", Code::Char(' ')),
    ("return", Code::Enter),
];

impl Key {
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    pub fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    pub fn ctrl(c: char) -> Self {
        Self { ctrl: true, ..Self::char(c) }
    }

    /// The character a person typed, if the key types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Whether a text that is typed takes the key for itself.
    pub fn is_editing(self) -> bool {
        crate::tui::editor::Editor::new("").press(self) != crate::tui::editor::Typed::Nothing
    }

    /// Parses one key of the notation.
    ///
    /// # Errors
    /// Returns the text when it names no key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut key = Self::char(' ');
        let mut rest = text;
        while let Some((modifier, behind)) = rest.split_once('-').filter(|(_, behind)| !behind.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                "shift" => key.shift = true,
                _ => break,
            }
            rest = behind;
        }
        key.code = code(rest).ok_or_else(|| KeyError { text: text.to_owned() })?;
        Ok(key.normalised())
    }

    /// The one form of keys that terminals report differently: shift folded into letters,
    /// control letters in lower case.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        if let Code::Char(c) = self.code {
            if self.ctrl {
                self.code = Code::Char(c.to_ascii_lowercase());
            } else if self.shift {
                self.code = Code::Char(c.to_uppercase().next().unwrap_or(c));
            }
            self.shift = false;
        }
        self
    }
}

/// Parses a key or a sequence of keys with blanks between them.
///
/// # Errors
/// Returns the first part that names no key.
pub fn parse_sequence(text: &str) -> Result<Vec<Key>, KeyError> {
    let keys = text.split_whitespace().map(Key::parse).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(KeyError { text: text.to_owned() }) } else { Ok(keys) }
}

/// Writes a sequence as the configuration would.
pub fn print_sequence(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

fn code(text: &str) -> Option<Code> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(Code::Char(c));
    }
    let name = text.to_ascii_lowercase();
    if let Some(number) = name.strip_prefix('f').and_then(|digits| digits.parse::<u8>().ok()).filter(|n| (1..=24).contains(n)) {
        return Some(Code::F(number));
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                f.write_str(word)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(number) => write!(f, "f{number}"),
            code => f.write_str(NAMED.iter().find(|(_, known)| *known == code).map_or("?", |(name, _)| name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_printed_in_the_same_notation() {
        for text in ["x", "X", "?", "-", "ctrl-p", "alt-enter", "shift-tab", "space", "f1", "g m", "pagedown", "ctrl--", "\"", "g /"] {
            assert_eq!(print_sequence(&parse_sequence(text).unwrap()), text);
        }
    }

    #[test]
    fn shift_is_part_of_a_letter() {
        assert_eq!(Key::parse("shift-x"), Key::parse("X"));
        assert_eq!(Key::parse("ctrl-P"), Key::parse("ctrl-p"));
    }

    #[test]
    fn what_names_no_key_is_refused() {
        for text in ["", "ctrl-", "entre", "hyper-x", "f99"] {
            assert!(parse_sequence(text).is_err(), "{text}");
        }
    }
}
