//! Strings as IMAP commands carry them (RFC 3501 §4.3).

/// Puts a text in quotes, `\` and `"` escaped.
///
/// `None` for what no quoted string can hold: CR, LF and NUL, which would end
/// the command and start another.
pub fn quoted(text: &str) -> Option<String> {
    if text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return None;
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    Some(quoted)
}

/// Tells whether a text can be a keyword (an atom, RFC 3501 §9) that common servers take: at most 50 octets.
pub fn is_keyword(text: &str) -> bool {
    let special = |byte: u8| matches!(byte, b'(' | b')' | b'{' | b' ' | b'%' | b'*' | b'"' | b'\\' | b']' | b'[');
    !text.is_empty() && text.len() <= 50 && text.bytes().all(|byte| byte.is_ascii_graphic() && !special(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_can_end_the_command() {
        assert_eq!(quoted(r#"a"b\c"#).as_deref(), Some(r#""a\"b\\c""#));
        assert_eq!(quoted("x\r\na1 DELETE INBOX"), None);
        assert_eq!(quoted("x\0"), None);
    }

    #[test]
    fn keywords_are_short_atoms() {
        assert!(is_keyword("$HelpdeskOpen"));
        assert!(!is_keyword("two words"));
        assert!(!is_keyword("\\Seen"));
        assert!(!is_keyword("a)"));
        assert!(!is_keyword(&"x".repeat(51)));
    }

    proptest::proptest! {
        #[test]
        fn a_quoted_text_reads_back(text in "[^\r\n\0]*") {
            let quoted = quoted(&text).unwrap();
            let inner = quoted.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            let mut plain = String::new();
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                proptest::prop_assert!(c != '"');
                plain.push(if c == '\\' { chars.next().unwrap() } else { c });
            }
            proptest::prop_assert_eq!(plain, text);
        }
    }
}
