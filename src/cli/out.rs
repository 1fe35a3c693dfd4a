//! Standard output: sanitised text, JSON Lines, and nothing a pipe does not want.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::fail::Outcome;
use crate::domain::sanitise;

/// Where a command prints, and what that place can take.
pub struct Out<'a> {
    writer: &'a mut dyn Write,
    terminal: bool,
    colour: bool,
    width: usize,
}

impl std::fmt::Debug for Out<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("terminal", &self.terminal).field("colour", &self.colour).field("width", &self.width).finish_non_exhaustive()
    }
}

/// The few ways text stands out; plain where colours are unwelcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Bold,
    Dim,
    /// What the team must not mistake for mail.
    Internal,
}

impl Style {
    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("", ""),
            Self::Bold => ("\u{1b}[1m", "\u{1b}[0m"),
            Self::Dim => ("\u{1b}[2m", "\u{1b}[0m"),
            Self::Internal => ("\u{1b}[1;33m", "\u{1b}[0m"),
        }
    }
}

/// Columns where the terminal does not say, and where a pipe reads.
const DEFAULT_WIDTH: usize = 100;

impl<'a> Out<'a> {
    /// For what is no terminal: no colour, and a fixed width in columns.
    #[cfg(test)]
    pub fn plain(writer: &'a mut dyn Write, width: usize) -> Self {
        Self { writer, terminal: false, colour: false, width }
    }

    /// For the process's standard output, asked what it is.
    pub fn stdout(writer: &'a mut dyn Write) -> Self {
        let terminal = io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        Self { writer, terminal, colour: terminal && !no_colour && !dumb, width: columns.unwrap_or(DEFAULT_WIDTH) }
    }

    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Columns a line may take.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Prints one line; control characters do not get through.
    pub fn line(&mut self, text: &str) -> Outcome<()> {
        self.styled_line(text, Style::Plain)
    }

    pub fn styled_line(&mut self, text: &str, style: Style) -> Outcome<()> {
        let (on, off) = if self.colour { style.codes() } else { ("", "") };
        Ok(writeln!(self.writer, "{on}{}{off}", sanitise::line(text).trim_end())?)
    }

    /// Prints a text of several lines, without blank lines at its end.
    pub fn text(&mut self, text: &str) -> Outcome<()> {
        Ok(writeln!(self.writer, "{}", sanitise::text(text).trim_end())?)
    }

    /// Prints one JSON object on one line.
    pub fn json<T: Serialize>(&mut self, value: &T) -> Outcome<()> {
        let json = serde_json::to_string(value)?;
        let json = if self.terminal { escape_for_terminal(&json) } else { json };
        Ok(writeln!(self.writer, "{json}")?)
    }

    /// Writes bytes of a mail. To a terminal they go as sanitised text, elsewhere as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        if self.terminal {
            return self.text(&String::from_utf8_lossy(bytes));
        }
        Ok(self.writer.write_all(bytes)?)
    }

    /// Writes a text made by this program as it is: a script, a page.
    pub fn file(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.writer.write_all(bytes)?)
    }

    pub fn flush(&mut self) -> Outcome<()> {
        Ok(self.writer.flush()?)
    }
}

/// Writes `\uXXXX` for every character the sanitiser would not let through.
///
/// serde_json escapes C0 only; DEL, C1, bidi controls and invisible characters
/// can stand in JSON as they are, and only inside strings.
fn escape_for_terminal(json: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(json.len());
    let mut one = [0; 4];
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' || matches!(sanitise::line(c.encode_utf8(&mut one)), std::borrow::Cow::Borrowed(_)) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_on_a_terminal_holds_no_control_and_means_the_same() {
        let hostile = "a\u{1b}[31m\u{7f}\u{9b}2J\u{202e}\u{e0001}ü👩";

        let escaped = escape_for_terminal(&serde_json::to_string(hostile).unwrap());

        assert!(escaped.chars().all(|c| !c.is_control() && c != '\u{202e}' && c != '\u{e0001}'), "{escaped}");
        assert!(escaped.contains('ü') && escaped.contains('👩'), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), hostile);
    }

    #[test]
    fn a_pipe_gets_no_colour_and_no_control_characters() {
        let mut bytes = Vec::new();

        Out::plain(&mut bytes, 80).styled_line("a\u{1b}[31mb\nc", Style::Bold).unwrap();

        assert_eq!(String::from_utf8(bytes).unwrap(), "a\u{241b}[31mb c\n");
    }
}
