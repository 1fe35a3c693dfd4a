//! What single lines say about framing, and how they look to the `imap` crate.

use memchr::memchr;

/// Status responses end in free text, in which `{5}` means nothing (RFC 3501 §7.1); only other untagged ones carry literals.
pub fn may_have_literals(unit: &[u8]) -> bool {
    let Some(rest) = unit.strip_prefix(b"* ") else { return false };
    let word: Vec<u8> = rest.iter().take(8).take_while(|byte| byte.is_ascii_alphabetic()).map(u8::to_ascii_uppercase).collect();
    !matches!(word.as_slice(), b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH")
}

/// The size in `{size}` at the end of a line; also `{size+}` (RFC 7888).
pub fn literal_size(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = line.split_at_checked(line.len() - digits)?;
    if digits == 0 || before.last() != Some(&b'{') {
        return None;
    }
    Some(number.iter().fold(0_u64, |size, digit| size.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

/// Tells whether an untagged unit is a change of the selected folder that had `exists` messages.
pub fn is_news(unit: &[u8], exists: u32) -> bool {
    let text = unit.get(2..unit.len().min(60)).unwrap_or_default();
    let mut words = text.split(u8::is_ascii_whitespace);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if first.eq_ignore_ascii_case(b"VANISHED") {
        return true;
    }
    let number = std::str::from_utf8(first).ok().and_then(|digits| digits.parse::<u32>().ok());
    match number {
        Some(count) if second.eq_ignore_ascii_case(b"EXISTS") => count != exists,
        Some(_) => second.eq_ignore_ascii_case(b"EXPUNGE") || second.eq_ignore_ascii_case(b"FETCH"),
        None => false,
    }
}

pub fn command_tag(bytes: &[u8]) -> Option<&[u8]> {
    let space = memchr(b' ', bytes)?;
    let tag = bytes.get(..space)?;
    (tag.first() == Some(&b'a') && tag.get(1..)?.iter().all(u8::is_ascii_digit)).then_some(tag)
}

/// A tagged line as the crate may see it: tag and result, no text to trip over.
pub fn masked_tagged(unit: &[u8]) -> Option<Vec<u8>> {
    let mut words = unit.splitn(3, u8::is_ascii_whitespace);
    let tag = words.next().filter(|tag| !tag.is_empty() && tag.len() <= 64 && tag.iter().all(u8::is_ascii_alphanumeric))?;
    let status = words.next()?.to_ascii_uppercase();
    if !matches!(status.as_slice(), b"OK" | b"NO" | b"BAD") {
        return None;
    }
    Some([tag, b" ", &status, b" done\r\n"].concat())
}

/// A continuation line with nothing but printable ASCII; an empty one becomes `+`.
pub fn masked_continuation(unit: &[u8]) -> Vec<u8> {
    let text = unit.get(1..).unwrap_or_default().trim_ascii();
    let mut line = b"+".to_vec();
    if !text.is_empty() {
        line.push(b' ');
        line.extend(text.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'?' }));
    }
    line.extend_from_slice(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_sees_results_without_their_text() {
        assert_eq!(masked_tagged("a7 NO [ALÉRT] (\"é\r\n".as_bytes()).unwrap(), b"a7 NO done\r\n");
        assert_eq!(masked_tagged(b"HTTP/1.1 400 Bad\r\n"), None);
        assert_eq!(masked_continuation("+ idlé\r\n".as_bytes()), b"+ idl??\r\n");
        assert_eq!(masked_continuation(b"+ \r\n"), b"+\r\n");
    }

    #[test]
    fn the_same_number_of_messages_is_no_news() {
        assert!(!is_news(b"* 5 EXISTS\r\n", 5));
        assert!(is_news(b"* 6 EXISTS\r\n", 5));
        assert!(is_news(b"* 3 EXPUNGE\r\n", 5));
        assert!(is_news(b"* VANISHED 7\r\n", 5));
        assert!(!is_news(b"* OK Still here\r\n", 5));
    }
}
