//! Aligned columns, measured as terminals draw them.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::sanitise;

/// A column: its title, and what happens when space is short.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    pub fit: Fit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As wide as its widest cell.
    Whole,
    /// At most so many columns; fewer, down to [`NARROW`], when space is short.
    Cap(usize),
    /// Three tenths of the line, and what the others leave; at least [`LEAST`].
    Rest,
}

/// What a column that takes the rest is never narrower than.
const LEAST: usize = 12;
/// What a capped column is never narrower than.
const NARROW: usize = 6;
const GAP: &str = "  ";

/// Columns a terminal needs for a text.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Lays cells out, the titles first. Every cell is sanitised; lines have no blanks at their end.
pub fn lay_out(columns: &[Column], rows: &[Vec<String>], total: usize) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| sanitise::line(cell).into_owned()).collect()).collect();
    let widths = widths(columns, &rows, total);
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_owned()).collect();
    std::iter::once(&titles).chain(&rows).map(|row| join(row, &widths)).collect()
}

fn widths(columns: &[Column], rows: &[Vec<String>], total: usize) -> Vec<usize> {
    let natural = |index: usize, column: &Column| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
        cells.max(width(column.title))
    };
    let mut widths: Vec<usize> = columns.iter().enumerate().map(|(index, column)| natural(index, column)).collect();
    for (column, width) in columns.iter().zip(&mut widths) {
        match column.fit {
            Fit::Whole => {}
            Fit::Cap(cap) => *width = (*width).min(cap),
            Fit::Rest => *width = (*width).min((total * 3 / 10).max(LEAST)),
        }
    }
    let fits = total.saturating_sub(GAP.len() * columns.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > fits && give_way(columns, &mut widths) {}
    let left = fits.saturating_sub(widths.iter().sum());
    for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.fit == Fit::Rest) {
        if let Some(width) = widths.get_mut(index) {
            *width = (*width + left).min(natural(index, column));
        }
    }
    widths
}

/// Takes one from the widest column that may shrink; the rest comes last.
fn give_way(columns: &[Column], widths: &mut [usize]) -> bool {
    let widest = |fit: fn(Fit) -> bool, least: usize, widths: &[usize]| {
        let candidates = columns.iter().zip(widths).enumerate().filter(|(_, (column, width))| fit(column.fit) && **width > least);
        candidates.max_by_key(|(_, (_, width))| **width).map(|(index, _)| index)
    };
    let chosen = widest(|fit| matches!(fit, Fit::Cap(_)), NARROW, widths).or_else(|| widest(|fit| fit == Fit::Rest, LEAST, widths));
    let Some(width) = chosen.and_then(|index| widths.get_mut(index)) else { return false };
    *width -= 1;
    true
}

fn join(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| pad(&cut(cell, *width), *width)).collect();
    padded.join(GAP).trim_end().to_owned()
}

fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Shortens a text to so many columns; never in the middle of a character a reader sees.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        if width(&kept) + width(grapheme) + 1 > columns {
            break;
        }
        kept.push_str(grapheme);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_aligned_with_wide_and_combining_characters() {
        let columns = [Column { title: "A", fit: Fit::Rest }, Column { title: "B", fit: Fit::Whole }];
        let rows = [vec!["日本語".into(), "x".into()], vec!["e\u{301}te".into(), "y".into()], vec!["plain".into(), "z".into()]];

        let lines = lay_out(&columns, &rows, 40);

        let places: Vec<usize> = lines.iter().map(|line| width(line) - 1).collect();
        assert_eq!(places, [8, 8, 8, 8], "{lines:#?}");
    }

    #[test]
    fn a_text_is_never_cut_inside_a_grapheme() {
        assert_eq!(cut("日本語日本語", 6), "日本…");
        assert_eq!(cut("ae\u{301}xyz", 3), "ae\u{301}…");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn lines_keep_to_the_width_as_long_as_the_rest_can_give_way() {
        let columns = [Column { title: "A", fit: Fit::Cap(8) }, Column { title: "B", fit: Fit::Rest }];
        let rows = [vec!["abcdefgh".into(), "x".repeat(80)]];

        for line in lay_out(&columns, &rows, 30) {
            assert!(width(&line) <= 30, "{line}");
        }
    }
}
