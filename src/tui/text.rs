//! Text in columns: widths, cuts and wraps that never split a grapheme.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::Timestamp;

/// Columns a text takes on the terminal.
pub fn width(text: &str) -> usize {
    // Most text is printable ASCII, and telling that is far cheaper than looking at graphemes.
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return text.len();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

/// Columns one grapheme takes; what the terminal cannot show takes none.
pub fn grapheme_width(grapheme: &str) -> usize {
    // The voiced sound marks of half-width kana take a cell of their own on terminals.
    grapheme.width() + grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count()
}

/// Cuts to at most `columns`; what is lost is marked by `…` in the last column.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let (head, _) = split_at(text, columns - 1);
    Cow::Owned(format!("{head}…"))
}

/// Cuts, then pads with blanks on the right to exactly `columns`.
pub fn fit(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let pad = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(pad))
}

/// Cuts, then pads with blanks on the left to exactly `columns`.
pub fn fit_right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let pad = columns.saturating_sub(width(&text));
    format!("{}{text}", " ".repeat(pad))
}

/// The longest head of at most `columns`, and the rest.
pub fn split_at(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_width(grapheme);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Wraps one line at blanks to at most `columns` each; a word that is longer is cut between graphemes.
pub fn wrap(line: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    if width(line) <= columns {
        return vec![line.trim_end().to_owned()];
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive(' ') {
        let mut word = word;
        if width(&current) + width(word.trim_end()) > columns && !current.is_empty() {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
        }
        while width(word.trim_end()) > columns {
            let (head, rest) = split_at(word, columns);
            if head.is_empty() {
                break;
            }
            lines.push(head.to_owned());
            word = rest;
        }
        current.push_str(word);
    }
    if !current.trim_end().is_empty() {
        lines.push(current.trim_end().to_owned());
    }
    lines
}

/// How long ago, in at most four columns: `now`, `5m`, `3h`, `2d`, `4w`, `1y`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let secs = now.as_second().saturating_sub(then.as_second());
    match secs {
        ..60 => "now".to_owned(),
        60..3_600 => format!("{}m", secs / 60),
        3_600..86_400 => format!("{}h", secs / 3_600),
        86_400..1_209_600 => format!("{}d", secs / 86_400),
        1_209_600..31_536_000 => format!("{}w", secs / 604_800),
        _ => format!("{}y", secs / 31_536_000),
    }
}

/// The same in words: `just now`, `5m ago`.
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    let age = age(now, then);
    if age == "now" { "just now".to_owned() } else { format!("{age} ago") }
}

/// Octets in a form people read: `512 B`, `3 KB`, `2.4 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_splits_a_grapheme_and_always_fits() {
        for text in ["お世話になっております", "a\u{301}e\u{301}o\u{301}", "👩‍💻👩‍💻👩‍💻", "plain", "مرحبا بالعالم", "ﾊﾛｰﾜｰﾙﾄﾞ"]
        {
            for columns in 0..12 {
                assert!(width(&cut(text, columns)) <= columns, "{text} in {columns}");
                assert_eq!(width(&fit(text, columns)), columns, "{text} in {columns}");
                let (head, _) = split_at(text, columns);
                assert!(
                    text.graphemes(true)
                        .scan(0, |at, g| {
                            *at += g.len();
                            Some(*at)
                        })
                        .any(|end| end == head.len())
                        || head.is_empty()
                );
            }
        }
    }

    #[test]
    fn a_wrap_loses_no_word_and_keeps_to_its_columns() {
        let text = "The quick brown fox jumps over the lazy dog and a verylongwordwithoutanyblanksinit お世話になっております";
        for columns in 2..60 {
            let lines = wrap(text, columns);
            assert!(lines.iter().all(|line| width(line) <= columns), "{columns}: {lines:#?}");
            let kept: String = lines.concat().split_whitespace().collect();
            assert_eq!(kept, text.split_whitespace().collect::<String>(), "{columns}");
        }
    }

    #[test]
    fn an_age_fits_three_columns() {
        let then = Timestamp::UNIX_EPOCH;
        let later = |secs| Timestamp::from_second(secs).unwrap();
        let ages: Vec<String> = [0, 61, 7_200, 200_000, 2_000_000, 70_000_000].into_iter().map(|secs| age(later(secs), then)).collect();
        assert_eq!(ages, ["now", "1m", "2h", "2d", "3w", "2y"]);
        assert_eq!(age(then, later(500)), "now", "a clock that runs ahead is no error");
    }
}
