//! Content-Transfer-Encoding undone (RFC 2045 §6), with damage tolerated.

use std::borrow::Cow;

/// The encodings that change bytes; everything else is taken as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Identity,
    QuotedPrintable,
    Base64,
    Uuencode,
}

impl Encoding {
    pub fn of(word: &str) -> Self {
        match word.trim().trim_matches(['"', '\'']) {
            "quoted-printable" | "quotedprintable" => Self::QuotedPrintable,
            "base64" => Self::Base64,
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Self::Uuencode,
            _ => Self::Identity,
        }
    }
}

pub fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Identity => Cow::Borrowed(bytes),
        Encoding::QuotedPrintable => Cow::Owned(quoted_printable(bytes)),
        Encoding::Base64 => Cow::Owned(base64(bytes)),
        Encoding::Uuencode => Cow::Owned(uuencode(bytes)),
    }
}

/// The number of octets [`decode`] would return, without making them where that is cheap.
pub fn decoded_len(bytes: &[u8], encoding: Encoding) -> u64 {
    match encoding {
        Encoding::Identity => bytes.len() as u64,
        Encoding::Base64 => base64_digits(bytes) * 3 / 4,
        Encoding::QuotedPrintable | Encoding::Uuencode => decode(bytes, encoding).len() as u64,
    }
}

/// Counts base64 digits, in a form the compiler turns into vector instructions: attachments are most of a mailbox.
fn base64_digits(bytes: &[u8]) -> u64 {
    #[expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch, and branches keep the loop scalar")]
    let digit = |byte: u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        u8::from(letter | (byte.wrapping_sub(b'0') < 10) | (byte == b'+') | (byte == b'/'))
    };
    bytes.chunks(255).map(|chunk| u64::from(chunk.iter().fold(0_u8, |count, byte| count + digit(*byte)))).sum()
}

/// Base64 with line ends, blanks and foreign characters passed over; padding ends a group, not the text.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut group, mut count) = (0_u32, 0_u32);
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        // Nearly everything is a whole group without anything between its digits.
        if let (0, Some((four, after))) = (count, rest.split_first_chunk::<4>()) {
            let [a, b, c, d] = four.map(sextet);
            if a | b | c | d < 64 {
                decoded.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
                rest = after;
                continue;
            }
        }
        rest = after;
        let value = sextet(byte);
        if value < 64 {
            group = group << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                decoded.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, count) = (0, 0);
            }
        } else if byte == b'=' && count > 0 {
            push_partial(&mut decoded, group, count);
            (group, count) = (0, 0);
        }
    }
    push_partial(&mut decoded, group, count);
    decoded
}

fn push_partial(decoded: &mut Vec<u8>, group: u32, count: u32) {
    match count {
        2 => decoded.push((group >> 4) as u8),
        3 => decoded.extend_from_slice(&[(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

/// The value of a base64 digit; 255 for anything else.
fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte)).copied().unwrap_or(255)
}

#[expect(clippy::indexing_slicing, reason = "reckoned while it is compiled")]
const SEXTETS: [u8; 256] = {
    let mut table = [255; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = digit(byte as u8);
        byte += 1;
    }
    table
};

const fn digit(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 255,
    }
}

/// Quoted-printable; a `=` that starts no code stays as it is, blanks before a line end are transport padding (§6.7).
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(soft) => push_codes(&mut decoded, soft),
            None => {
                push_codes(&mut decoded, content);
                if line.ends_with(b"\n") {
                    decoded.push(b'\n');
                }
            }
        }
    }
    decoded
}

/// The Q encoding of headers: quoted-printable in which `_` is a blank (RFC 2047 §4.2).
pub fn quoted_printable_word(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let blanks: Vec<u8> = bytes.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
    push_codes(&mut decoded, &blanks);
    decoded
}

fn push_codes(decoded: &mut Vec<u8>, mut rest: &[u8]) {
    while let Some(index) = memchr::memchr(b'=', rest) {
        let (before, code) = rest.split_at(index);
        decoded.extend_from_slice(before);
        let byte = match code {
            [_, high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.push(byte.unwrap_or(b'='));
        rest = code.get(if byte.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    decoded.extend_from_slice(rest);
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The lines between `begin MODE NAME` and `end`; without a `begin` everything that looks like such a line.
pub fn uuencode(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() * 3 / 4);
    for line in bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end) {
        let Some((&length, codes)) = line.split_first() else { continue };
        if line.starts_with(b"begin ") {
            decoded.clear();
            continue;
        }
        if line == b"end" {
            break;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 63);
        let before = decoded.len();
        for group in codes.chunks(4) {
            let value = (0..4).fold(0_u32, |value, index| value << 6 | u32::from(group.get(index).copied().unwrap_or(b' ').wrapping_sub(b' ') & 63));
            decoded.extend_from_slice(&value.to_be_bytes()[1..]);
        }
        decoded.truncate(before + length);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_line_ends_garbage_and_padding_in_the_middle() {
        assert_eq!(base64(b"aGVs\r\nbG8="), b"hello");
        assert_eq!(base64(b"aGVsbG8=IHdv!!cmxk"), b"hello world");
        assert_eq!(decoded_len(b"aGVs\r\nbG8=", Encoding::Base64), 5);
        for byte in 0..=255 {
            assert_eq!(base64_digits(&[byte]) == 1, sextet(byte) < 64, "{byte}");
        }
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_code() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc =  \r\nd=ZZ \n="), b"a=bc d=ZZ\n");
    }

    #[test]
    fn uuencoded_lines_are_decoded() {
        assert_eq!(uuencode(b"begin 644 x.txt\n%:&5L;&\\\n`\nend\n"), b"hello");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = (base64(&bytes), quoted_printable(&bytes), uuencode(&bytes));
        }
    }
}
