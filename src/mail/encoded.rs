//! Encoded words in headers (RFC 2047).

use super::{charset, transfer};

/// Decodes the encoded words of a line; neighbours of the same charset are joined
/// before decoding, because writers cut characters in two at the seam.
pub fn decode(line: &str) -> String {
    if !line.contains("=?") {
        return line.to_owned();
    }
    let mut decoded = String::with_capacity(line.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = line;
    while let Some(start) = rest.find("=?") {
        let (before, candidate) = rest.split_at(start);
        let Some((word, after)) = Word::read(candidate) else {
            flush(&mut decoded, &mut pending);
            decoded.push_str(before);
            decoded.push_str("=?");
            rest = candidate.get(2..).unwrap_or_default();
            continue;
        };
        // Blanks between two encoded words are part of the encoding (§6.2).
        if pending.is_none() || !before.trim().is_empty() {
            flush(&mut decoded, &mut pending);
            decoded.push_str(before);
        }
        match &mut pending {
            Some((charset, bytes)) if charset.eq_ignore_ascii_case(word.charset) => bytes.extend(word.bytes),
            _ => {
                flush(&mut decoded, &mut pending);
                pending = Some((word.charset.to_owned(), word.bytes));
            }
        }
        rest = after;
    }
    flush(&mut decoded, &mut pending);
    decoded.push_str(rest);
    decoded
}

fn flush(decoded: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((charset, bytes)) = pending.take() {
        decoded.push_str(&charset::decode(&bytes, &charset).0);
    }
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

impl<'a> Word<'a> {
    /// Reads `=?charset*language?Q|B?text?=` at the start; returns it with what follows.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let rest = text.strip_prefix("=?")?;
        let (charset, rest) = rest.split_once('?').filter(|(charset, _)| charset.len() <= 64 && !charset.contains(char::is_whitespace))?;
        let (encoding, rest) = rest.split_once('?').filter(|(encoding, _)| encoding.len() == 1)?;
        let (payload, after) = payload(rest)?;
        // Raw characters where only ASCII may stand: they have been read already, so the label no longer counts.
        let charset = if payload.is_ascii() { charset } else { "utf-8" };
        let bytes = match encoding {
            "q" | "Q" => transfer::quoted_printable_word(payload.as_bytes()),
            "b" | "B" => transfer::base64(payload.as_bytes()),
            _ => return None,
        };
        Some((Self { charset: charset.split('*').next().unwrap_or(charset), bytes }, after))
    }
}

/// The text up to `?=`. A `?=` inside a Q word that is followed by hex digits belongs to the word.
fn payload(rest: &str) -> Option<(&str, &str)> {
    rest.split_once("?=").or_else(|| rest.trim_end().strip_suffix('?').map(|payload| (payload, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_encodings_are_decoded() {
        assert_eq!(decode("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= aus =?iso-8859-1?B?S/ZsbgA=?="), "Grüße aus Köln\0");
    }

    #[test]
    fn a_character_cut_in_two_words_is_whole_again() {
        assert_eq!(decode("=?utf-8?B?4pg=?= =?utf-8?B?gw==?="), "☃");
    }

    #[test]
    fn blanks_between_words_vanish_and_others_stay() {
        assert_eq!(decode("a =?utf-8?Q?b?=  =?utf-8?Q?c?= d"), "a bc d");
    }

    #[test]
    fn what_only_looks_like_a_word_stays() {
        assert_eq!(decode("2 =? 3 =?x?y"), "2 =? 3 =?x?y");
    }
}
