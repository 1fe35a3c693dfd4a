//! format=flowed undone and made (RFC 3676).

/// Joins the soft-broken lines of a flowed text; `delsp` drops the blank that marks the break.
///
/// Space-stuffing is undone, quote depth kept as `>` marks, and the signature
/// separator `-- ` is never a soft break (§4.3).
pub fn unflow(text: &str, delsp: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut open_depth: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = line.get(depth..).unwrap_or_default();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_separator = content == "-- " || content == "--";
        if open_depth != Some(depth) || is_separator {
            if open_depth.is_some() {
                joined.truncate(joined.trim_end_matches(' ').len());
                joined.push('\n');
            }
            joined.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !content.is_empty() {
                joined.push(' ');
            }
        }
        let soft = content.ends_with(' ') && !is_separator;
        joined.push_str(if soft && delsp { content.strip_suffix(' ').unwrap_or(content) } else { content });
        open_depth = if soft { Some(depth) } else { None };
        if !soft {
            joined.push('\n');
        }
    }
    // `split` sees one line more than there are line feeds.
    joined.pop();
    joined
}

/// The width at which flowed text is broken, blank included (§4.2 advises 66 to 78).
const WIDTH: usize = 76;
/// Octets of a line that no writer may exceed (RFC 5322 §2.1.1), less the line end.
const HARD_LIMIT: usize = 998;

/// Breaks a text of long paragraphs softly, so that any reader can join it again.
///
/// Quoted lines are left as they are; blank space at line ends goes, because it
/// would mean a soft break, except behind the signature separator.
pub fn flow(text: &str) -> String {
    let mut flowed = String::with_capacity(text.len() + text.len() / 16);
    for line in text.split('\n') {
        let line = line.trim_end_matches('\r');
        match line {
            "-- " | "--" => flowed.push_str("-- "),
            line if line.starts_with('>') => push_hard(&mut flowed, line.trim_end()),
            line => push_soft(&mut flowed, line.trim_end()),
        }
        flowed.push('\n');
    }
    flowed.pop();
    flowed
}

fn push_soft(flowed: &mut String, line: &str) {
    let mut width = 0;
    push_stuffing(flowed, line);
    for word in line.split_inclusive(' ') {
        let length = word.chars().count();
        // Neither may `--` end up alone on a line: it would begin a signature.
        let only_dashes = width == 3 && flowed.ends_with("-- ");
        if width > 0 && width + length > WIDTH && word.trim_end() != "--" && !only_dashes {
            if flowed.ends_with(' ') {
                flowed.push('\n');
                push_stuffing(flowed, word);
                width = 0;
            }
        }
        push_hard(flowed, word);
        width += length;
    }
}

/// A line that begins with a blank or with `From ` gets a blank in front (§4.4).
fn push_stuffing(flowed: &mut String, line: &str) {
    if line.starts_with(' ') || line.starts_with("From ") || line.starts_with('>') {
        flowed.push(' ');
    }
}

fn push_hard(flowed: &mut String, text: &str) {
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > HARD_LIMIT - 200 {
            flowed.push('\n');
            length = 0;
        }
        flowed.push(c);
        length += c.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_breaks_are_joined_and_hard_ones_stay() {
        assert_eq!(unflow("one \ntwo\nthree\n", false), "one two\nthree\n");
        assert_eq!(unflow("on \ne", true), "one");
    }

    #[test]
    fn quote_depth_ends_a_paragraph() {
        assert_eq!(unflow("> a \n> b\n>> c \nd", false), "> a b\n>> c\nd");
    }

    #[test]
    fn stuffing_goes_and_the_signature_separator_stays() {
        assert_eq!(unflow(" From here\nx \n-- \nAna", false), "From here\nx\n-- \nAna");
    }

    #[test]
    fn dashes_before_a_long_word_begin_no_signature() {
        let text = format!("-- {}", "x".repeat(80));

        assert_eq!(flow(&text), text);
    }

    #[test]
    fn long_paragraphs_are_broken_softly() {
        let text = "word ".repeat(40);
        let flowed = flow(text.trim_end());

        assert!(flowed.lines().all(|line| line.chars().count() <= WIDTH), "{flowed}");
        assert!(flowed.lines().take(2).all(|line| line.ends_with(' ')));
    }

    proptest::proptest! {
        // A word longer than a line may be has to be broken, so none is as long as that.
        #[test]
        fn what_was_flowed_comes_back(lines in proptest::collection::vec("([a-zF>-]{1,90} ){0,30}", 0..6)) {
            let text: Vec<String> = lines.iter().map(|line| line.trim_end().trim_start_matches('>').to_owned()).filter(|line| line != "--").collect();
            let text = text.join("\n");
            proptest::prop_assert_eq!(unflow(&flow(&text), false), text);
        }

        #[test]
        fn no_line_is_longer_than_mail_allows(text in "[ab\u{20ac} ]{0,3000}") {
            proptest::prop_assert!(flow(&text).lines().all(|line| line.len() <= 998));
        }
    }
}
