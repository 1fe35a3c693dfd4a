//! The octets of a mail as SMTP wants them: CRLF everywhere, dots stuffed.

/// RFC 5321 §4.5.3.1.6, without the CRLF.
const MAX_LINE_OCTETS: usize = 998;

/// Turns every line end (CR, LF or CRLF) into CRLF, and ends the mail with one.
pub(super) fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                lines.extend_from_slice(b"\r\n");
            }
            b'\n' => lines.extend_from_slice(b"\r\n"),
            byte => lines.push(byte),
        }
    }
    if !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// The 1-based number of the first line that is too long.
pub(super) fn overlong_line(lines: &[u8]) -> Option<usize> {
    lines.split(|byte| *byte == b'\n').position(|line| line.len() > MAX_LINE_OCTETS + 1).map(|index| index + 1)
}

/// Doubles a dot at the start of a line (RFC 5321 §4.5.2). Expects CRLF line ends.
pub(super) fn stuffed(lines: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(lines.len() + 16);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    stuffed
}

/// The line ends of a local program.
pub(super) fn lf(lines: &[u8]) -> Vec<u8> {
    lines.iter().copied().filter(|byte| *byte != b'\r').collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_line_end_becomes_crlf() {
        assert_eq!(crlf(b"a\nb\rc\r\nd\r\r\n"), b"a\r\nb\r\nc\r\nd\r\n\r\n");
        assert_eq!(crlf(b"a"), b"a\r\n");
    }

    #[test]
    fn a_line_of_998_octets_is_the_longest() {
        assert_eq!(overlong_line(&crlf(&[b'x'; 998])), None);
        assert_eq!(overlong_line(&crlf(&[b"a\n".as_slice(), &[b'x'; 999]].concat())), Some(2));
    }

    proptest! {
        #[test]
        fn nothing_in_a_mail_can_end_the_transfer(bytes in proptest::collection::vec(prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..80)) {
            let sent = stuffed(&crlf(&bytes));
            prop_assert!(!sent.windows(5).any(|window| window == b"\r\n.\r\n"));
            prop_assert!(!sent.starts_with(b".\r\n"));
            for (at, byte) in sent.iter().enumerate() {
                prop_assert!(*byte != b'\n' || (at > 0 && sent[at - 1] == b'\r'));
                prop_assert!(*byte != b'\r' || sent.get(at + 1) == Some(&b'\n'));
            }
        }
    }
}
