//! The one sanitiser: nothing a mail says reaches a terminal, a file name or a header without passing here.

use std::borrow::Cow;

/// Makes a single line fit for the terminal.
///
/// Control characters (C0, DEL, C1), line and paragraph separators, bidi
/// controls and invisible format characters become visible marks or vanish; tabs
/// and line ends become one blank. Printable text, whatever its script, is kept.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => clean.push(' '),
            c => push_visible(&mut clean, c),
        }
    }
    Cow::Owned(clean)
}

/// Makes a text of several lines fit for the terminal: line feeds stay, tabs
/// become blanks up to the next eighth column, everything else as in [`line()`].
pub fn text(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == '\n' || is_plain(c)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\n' => {
                clean.push('\n');
                column = 0;
                continue;
            }
            '\r' => continue,
            '\t' => {
                let blanks = 8 - column % 8;
                clean.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            c => push_visible(&mut clean, c),
        }
        column += 1;
    }
    Cow::Owned(clean)
}

/// Octets a file name may have; file systems take 255, and a number or an ending may be added.
const FILE_NAME_BYTES: usize = 200;

/// Makes a name safe as the last component of a path: no separators, controls,
/// bidi tricks, leading dots or dashes, trailing dots or blanks, reserved device
/// names; at most 200 octets, the extension kept. Empty input becomes `attachment`.
///
/// Marks that mean something to a shell, `$(id)` or `*`, become `_` although no
/// shell is ever asked; `:`, `;`, `&` and quotes stand in many honest names and stay.
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let spaced = last.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c });
    let clean: String =
        spaced.filter(|c| is_plain(*c)).map(|c| if matches!(c, '*' | '?' | '"' | '<' | '>' | '|' | '$' | '`') { '_' } else { c }).collect();
    let clean = clean.trim().trim_start_matches(['.', '-', '~', ' ']).trim_end_matches(['.', ' ']);
    let clean = cut_keeping_extension(clean, FILE_NAME_BYTES);
    let stem = clean.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let reserved =
        matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || (stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")));
    match (clean.is_empty(), reserved) {
        (true, _) => "attachment".to_owned(),
        (false, true) => format!("_{clean}"),
        (false, false) => clean,
    }
}

/// Makes a text fit for one header value: CR, LF, NUL and their Unicode kin become blanks.
pub fn header(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut_keeping_extension(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let mut end = limit.saturating_sub(extension.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

fn push_visible(clean: &mut String, c: char) {
    match c {
        c if is_plain(c) => clean.push(c),
        // The pictures of the C0 controls and of DEL (Unicode block 2400).
        '\0'..='\u{1f}' => clean.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
        '\u{7f}' => clean.push('\u{2421}'),
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            clean.push('\u{fffd}');
        }
        // Zero-width characters, tags, the soft hyphen and the byte order mark say nothing on a terminal.
        _ => {}
    }
}

/// Tells whether a character shows something, or is a blank, and does nothing else to a terminal.
pub fn is_plain(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_256_and_no_escape_sequence_survives() {
        let mut hostile: String = (0..=0x9f_u32).filter_map(char::from_u32).collect();
        hostile.push_str("\x1b]52;c;AAAA\x07\x1b]8;;http://x\x1b\\\u{9b}31m\u{202e}");

        for clean in [line(&hostile), text(&hostile)] {
            assert!(clean.chars().all(|c| c == '\n' || !c.is_control()), "{clean:?}");
            assert!(!clean.contains('\u{202e}'));
        }
    }

    #[test]
    fn ordinary_text_of_any_script_is_untouched() {
        for plain in ["Grüße aus Köln", "お世話になっております", "مرحبا", "a\u{301} 👩‍💻"] {
            assert!(matches!(line(plain), Cow::Borrowed(_)), "{plain}");
        }
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("C:\\Windows\\x.exe"), "x.exe");
        assert_eq!(file_name("-rf $(id).txt"), "rf _(id).txt");
        assert_eq!(file_name("Call: order; no. 7 & more.eml"), "Call: order; no. 7 & more.eml");
        assert_eq!(file_name("statement\nmay.pdf"), "statement may.pdf");
        assert_eq!(file_name("..."), "attachment");
        assert_eq!(file_name("con.txt"), "_con.txt");
        assert!(file_name(&"ä".repeat(300)).len() <= FILE_NAME_BYTES);
        assert_eq!(file_name(&format!("{}.pdf", "x".repeat(300))).len(), FILE_NAME_BYTES);
    }

    #[test]
    fn a_header_value_has_no_line_end() {
        assert_eq!(header("hello\r\nBcc: x@y\u{2028}z\0"), "hello Bcc: x@y z");
    }
}
