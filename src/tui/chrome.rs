//! What the screen itself draws, in seven bits: for terminals and fonts that have no more.
//!
//! Lines and signs are exchanged in the finished picture, so that no drawing code
//! knows of it. A mail that contains such a sign shows its stand-in as well.

use ratatui::buffer::Buffer;

/// Which parts are drawn in seven bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chrome {
    pub ascii_borders: bool,
    pub ascii_signs: bool,
}

const BORDERS: [(&str, &str); 16] = [
    ("┃", "#"),
    ("║", "#"),
    ("━", "="),
    ("│", "|"),
    ("─", "-"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
    ("├", "+"),
    ("┤", "+"),
    ("┬", "+"),
    ("┴", "+"),
    ("┼", "+"),
    ("▌", "|"),
    ("█", "#"),
];

const SIGNS: [(&str, &str); 15] = [
    ("▸", ">"),
    ("▾", "v"),
    ("●", "o"),
    ("✓", "+"),
    ("✗", "x"),
    ("·", "-"),
    ("…", "~"),
    ("⋯", "~"),
    ("—", "-"),
    ("–", "-"),
    ("←", "<"),
    ("→", ">"),
    ("↑", "^"),
    ("↓", "v"),
    ("⚠", "!"),
];

impl Chrome {
    /// Exchanges what has a stand-in.
    pub fn apply(self, buffer: &mut Buffer) {
        if self == Self::default() {
            return;
        }
        for cell in &mut buffer.content {
            if let Some(plain) = self.stand_in(cell.symbol()) {
                cell.set_symbol(plain);
            }
        }
    }

    fn stand_in(self, symbol: &str) -> Option<&'static str> {
        let in_table =
            |wanted: bool, table: &[(&str, &'static str)]| table.iter().find(|(drawn, _)| wanted && *drawn == symbol).map(|(_, plain)| *plain);
        if symbol.is_ascii() { None } else { in_table(self.ascii_borders, &BORDERS).or_else(|| in_table(self.ascii_signs, &SIGNS)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text;

    #[test]
    fn every_stand_in_takes_the_cells_of_what_it_stands_for() {
        for (drawn, plain) in BORDERS.iter().chain(&SIGNS) {
            assert_eq!(text::width(drawn), text::width(plain), "{drawn}");
            assert!(plain.is_ascii());
        }
    }
}
