//! Bytes into characters, whatever the label says.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Decodes a text part; the second value tells that the label was wrong and the text was repaired.
///
/// A missing label, UTF-8 and US-ASCII mean UTF-8; of bytes that are none the
/// encoding is guessed, windows-1252 being the commonest lie. A label whose decoder stumbles gives way to
/// UTF-8 when the bytes are good UTF-8. UTF-7 is never guessed.
pub fn decode(bytes: &[u8], label: &str) -> (String, bool) {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return (encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0.into_owned(), false);
    }
    if matches!(label.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "7bit" | "8bit" | "unknown-8bit" | "x-unknown") {
        return unlabelled(bytes);
    }
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) => labelled(bytes, encoding),
        None => match charset_decoder(label.as_bytes()) {
            Some(decoder) => (decoder(bytes), false),
            None => unlabelled(bytes),
        },
    }
}

/// UTF-8 if it is, else what the bytes look like.
pub fn utf8_or_guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() + 4 > bytes.len() => String::from_utf8_lossy(bytes),
        Err(_) if mostly_utf8(bytes) => String::from_utf8_lossy(bytes),
        Err(_) => guess(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// Octets a guess is made from.
const GUESSED_FROM: usize = 16 << 10;
/// Octets beyond ASCII below which a guess would be a bet.
const ENOUGH: usize = 4;

/// The encoding bytes without a label look like.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..GUESSED_FROM).unwrap_or(bytes);
    if sample.iter().filter(|byte| !byte.is_ascii()).take(ENOUGH).count() < ENOUGH {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, sample.len() == bytes.len());
    detector.guess(None, Utf8Detection::Deny)
}

fn unlabelled(bytes: &[u8]) -> (String, bool) {
    if memchr::memchr(0x1b, bytes).is_some() && bytes.is_ascii() {
        let (text, had_errors) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(bytes);
        if !had_errors && (memchr::memmem::find(bytes, b"\x1b$B").is_some() || memchr::memmem::find(bytes, b"\x1b$@").is_some()) {
            return (text.into_owned(), true);
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (utf8_or_guessed(bytes).into_owned(), true),
    }
}

fn labelled(bytes: &[u8], encoding: &'static Encoding) -> (String, bool) {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors && !bytes.is_ascii() {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return (text.to_owned(), true);
        }
    }
    (text.into_owned(), false)
}

/// Whether good multi-byte sequences outnumber the broken bytes: a UTF-8 text with a few bytes damaged.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += chunk.invalid().len();
    }
    good > bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_bytes_labelled_utf8_are_repaired() {
        assert_eq!(decode(b"Gr\xfc\xdfe", "UTF-8"), ("Grüße".into(), true));
    }

    #[test]
    fn the_encoding_of_unlabelled_text_is_guessed() {
        for (text, encoding) in [
            ("机房环境法规和设备的说明", encoding_rs::GB18030),
            ("Мы не можем открыть файл", encoding_rs::WINDOWS_1251),
            ("ご連絡ありがとうございます", encoding_rs::SHIFT_JIS),
            ("Les données étaient déjà très âgées", WINDOWS_1252),
        ] {
            let bytes = encoding.encode(text).0;
            assert_eq!(decode(&bytes, ""), (text.to_owned(), true), "{}", encoding.name());
        }
    }

    #[test]
    fn the_label_counts_where_it_can_be_true() {
        assert_eq!(decode(b"\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r").0, "Привет");
        assert_eq!(decode(b"\x83n\x83\x8D\x81[", "Shift_JIS").0, "ハロー");
        assert_eq!(decode(b"\xc4\xe3\xba\xc3", "GB2312").0, "你好");
        assert_eq!(decode(b"\xff\xfe\xe1\x00", "utf-16").0, "á");
    }

    #[test]
    fn utf8_under_a_wrong_asian_label_is_repaired() {
        assert_eq!(decode("Grüße, 你".as_bytes(), "iso-2022-jp"), ("Grüße, 你".into(), true));
    }

    #[test]
    fn a_utf8_text_with_one_damaged_byte_stays_utf8() {
        assert_eq!(decode("Grüße Köln\u{e4}".as_bytes().get(..14).unwrap(), "utf-8").0, "Grüße Köln\u{fffd}");
    }
}
