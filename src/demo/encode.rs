//! Text and bytes as they stand in a mail: encoded-words, quoted-printable, base64.

use std::fmt::Write as _;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without line breaks (RFC 4648 §4).
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = 0_u32;
        for index in 0..3 {
            word = word << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..4 {
            let digit = (word >> (18 - 6 * index)) & 63;
            let letter = ALPHABET.get(digit as usize).copied().unwrap_or(b'=');
            text.push(if index > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// Base64 in lines of 76 characters (RFC 2045 §6.8).
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 / 2);
    for line in bytes.chunks(57) {
        text.push_str(&base64(line));
        text.push('\n');
    }
    text
}

/// Quoted-printable with soft line breaks at 76 characters (RFC 2045 §6.7).
pub(super) fn quoted_printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5 / 4);
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut width = 0;
        for (index, byte) in line.iter().enumerate() {
            let at_end = index + 1 == line.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !at_end);
            let needed = if plain { 1 } else { 3 };
            if width + needed > 75 {
                text.push_str("=\n");
                width = 0;
            }
            if plain {
                text.push(char::from(*byte));
            } else {
                let _ = write!(text, "={byte:02X}");
            }
            width += needed;
        }
        text.push('\n');
    }
    text.pop();
    text
}

/// A header value: as it is when ASCII, else as encoded-words in UTF-8 (RFC 2047).
pub(super) fn header_text(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > 42 {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    words.iter().map(|word| format!("=?UTF-8?B?{}?=", base64(word.as_bytes()))).collect::<Vec<_>>().join("\n ")
}

/// `Name <address>` with the name encoded or quoted as needed.
pub(super) fn mailbox(name: &str, address: &str) -> String {
    if name.is_empty() {
        address.to_owned()
    } else if !name.is_ascii() {
        format!("{} <{address}>", header_text(name))
    } else if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '\'')) {
        format!("{name} <{address}>")
    } else {
        format!("\"{name}\" <{address}>")
    }
}

/// A text for HTML: special characters escaped.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_the_rfc_shows() {
        let encoded: Vec<String> = ["", "f", "fo", "foo", "foob"].iter().map(|text| base64(text.as_bytes())).collect();

        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn quoted_printable_keeps_lines_short_and_guards_trailing_blanks() {
        let encoded = quoted_printable("größer = besser \nweiter".as_bytes());

        assert_eq!(encoded, "gr=C3=B6=C3=9Fer =3D besser=20\nweiter");
        assert!(quoted_printable("ü".repeat(200).as_bytes()).lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn an_ascii_header_stays_readable_and_another_is_encoded() {
        assert_eq!(header_text("Hello"), "Hello");
        assert_eq!(header_text("Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
        assert!(header_text(&"お".repeat(90)).lines().all(|line| line.len() <= 78));
    }
}
