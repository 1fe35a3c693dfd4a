//! Modified UTF-7, in which IMAP writes folder names (RFC 3501 §5.1.3).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes a folder name: printable ASCII stands for itself, `&` becomes `&-`,
/// the rest becomes base64 of UTF-16 between `&` and `-`.
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut units: Vec<u16> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut encoded, &mut units);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut encoded, &mut units);
    encoded
}

fn flush(encoded: &mut String, units: &mut Vec<u16>) {
    if units.is_empty() {
        return;
    }
    encoded.push('&');
    let (mut bits, mut count) = (0_u32, 0);
    for unit in units.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        count += 16;
        while count >= 6 {
            count -= 6;
            encoded.push(digit(bits >> count));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        encoded.push(digit(bits << (6 - count)));
    }
    encoded.push('-');
}

fn digit(sextet: u32) -> char {
    ALPHABET.get((sextet & 63) as usize).map_or('A', |byte| char::from(*byte))
}

/// Reads a folder name; `None` for what no encoder writes: characters outside
/// printable ASCII, an open shift, foreign base64, half a surrogate pair.
pub fn decode(encoded: &str) -> Option<String> {
    let mut name = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((plain, shifted)) = rest.split_once('&') {
        push_plain(&mut name, plain)?;
        let (digits, after) = shifted.split_once('-')?;
        if digits.is_empty() {
            name.push('&');
        } else {
            push_shifted(&mut name, digits)?;
        }
        rest = after;
    }
    push_plain(&mut name, rest)?;
    Some(name)
}

fn push_plain(name: &mut String, plain: &str) -> Option<()> {
    plain.bytes().all(|byte| matches!(byte, b' '..=b'~')).then(|| name.push_str(plain))
}

fn push_shifted(name: &mut String, digits: &str) -> Option<()> {
    let mut units = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == digit)?;
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
        }
        bits &= (1 << count) - 1;
    }
    if count >= 6 || bits != 0 {
        return None;
    }
    for unit in char::decode_utf16(units) {
        name.push(unit.ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold_in_both_directions() {
        for (name, encoded) in
            [("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"), ("Entwürfe & Co", "Entw&APw-rfe &- Co"), ("☺!", "&Jjo-!")]
        {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        for broken in ["&", "&Jjo", "&Jj!-", "ü", "&2AA-", "&JjoA-", "a\tb", "&J-"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_name_survives_and_travels_as_printable_ascii(name in "\\PC*|[\\x00-\\x{10ffff}]*") {
            let encoded = encode(&name);
            proptest::prop_assert!(encoded.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            proptest::prop_assert_eq!(decode(&encoded), Some(name));
        }

        #[test]
        fn decoding_never_panics_and_never_widens_what_it_cannot_write(text in "[&A-Za-z0-9+,/ -]*") {
            if let Some(name) = decode(&text) {
                proptest::prop_assert_eq!(decode(&encode(&name)), Some(name));
            }
        }
    }
}
