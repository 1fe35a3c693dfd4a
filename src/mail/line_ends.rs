//! Mail whose lines end in a lone CR, as old systems stored it.

use std::borrow::Cow;

/// Octets that are looked at to tell how lines end.
const LOOKED_AT: usize = 16 << 10;

/// Turns CR into LF when the mail has no LF near its beginning; everything else stays as it is.
pub fn repaired(bytes: &[u8]) -> Cow<'_, [u8]> {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    if memchr::memchr(b'\n', head).is_some() || memchr::memchr(b'\r', head).is_none() {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_carriage_returns_become_line_feeds() {
        assert_eq!(repaired(b"a: b\r\rc\r").as_ref(), b"a: b\n\nc\n");
        assert!(matches!(repaired(b"a: b\r\n\r\nc\r"), Cow::Borrowed(_)));
    }
}
