//! What makes an event believable: canonical JSON, and a MAC over it with the team's key.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::id::hex;

/// Writes a value the one way every client writes it: keys in order of their code
/// points, no blanks, whole numbers only.
///
/// # Errors
/// A number is none that every language writes alike: not whole.
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut text = Vec::new();
    write(value, &mut text)?;
    Ok(String::from_utf8(text).unwrap_or_default())
}

/// A number with a fraction, or too large for 64 bits.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{number} is not a whole number, and the log holds no others")]
pub struct NotCanonical {
    pub number: String,
}

fn write(value: &Value, text: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                text.extend_from_slice(if index == 0 { b"" } else { b"," });
                write(item, text)?;
            }
            text.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push(b'{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                text.extend_from_slice(if index == 0 { b"" } else { b"," });
                write_plain(name, text);
                text.push(b':');
                write(value, text)?;
            }
            text.push(b'}');
        }
        Value::Number(number) if !(number.is_i64() || number.is_u64()) => return Err(NotCanonical { number: number.to_string() }),
        plain => write_plain(plain, text),
    }
    Ok(())
}

/// Writes what holds no other value.
fn write_plain<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(text, value);
}

/// The key a team's events are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct TeamKey([u8; 32]);

impl TeamKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Takes 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut key = [0_u8; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(key))
    }

    /// As it stands in the genesis.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// HMAC-SHA-256 (RFC 2104) of a text.
    pub fn mac(&self, text: &str) -> Mac {
        self.mac_of(&[text])
    }

    /// The same of a text in pieces.
    pub fn mac_of(&self, pieces: &[&str]) -> Mac {
        Mac(hmac(&self.0, pieces))
    }
}

impl std::fmt::Debug for TeamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TeamKey(…)")
    }
}

/// What proves that an event comes from somebody who knows the team's key.
#[derive(Clone, Copy, Debug)]
pub struct Mac([u8; 32]);

impl Mac {
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Compares with one that came with an event, in a time that does not depend on where they differ.
    pub fn is(self, claimed: &str) -> bool {
        let own = self.to_hex();
        own.len() == claimed.len() && own.bytes().zip(claimed.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

/// SHA-256 works on blocks of so many octets (RFC 2104 calls it B).
const BLOCK: usize = 64;

fn hmac(key: &[u8], pieces: &[impl AsRef<[u8]>]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block.iter_mut().zip(Sha256::digest(key)).for_each(|(to, from)| *to = from);
    } else {
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    }
    let begun = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
    let inner = pieces.iter().fold(begun, Sha256::chain_update).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// SHA-256 of a text, in hex.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_value_is_always_written_alike() {
        let value = json!({"b": [1, null, true], "a": {"z": "ü\n\"", "a": -5}});

        assert_eq!(canonical(&value).unwrap(), r#"{"a":{"a":-5,"z":"ü\n\""},"b":[1,null,true]}"#);
        assert_eq!(canonical(&json!({"x": 1.5})), Err(NotCanonical { number: "1.5".into() }));
    }

    /// RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn the_mac_is_that_of_the_standard() {
        let check = |key: &[u8], text: &[u8], expected: &str| assert_eq!(hex(&hmac(key, &[text])), expected);
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    #[test]
    fn a_key_survives_the_genesis_and_a_wrong_mac_is_no_proof() {
        let key = TeamKey::new([7; 32]);

        assert_eq!(TeamKey::parse(&key.to_hex()), Some(key.clone()));
        assert_eq!(TeamKey::parse("07"), None);
        assert!(key.mac("text").is(&key.mac("text").to_hex()));
        assert!(!key.mac("text").is(&TeamKey::new([8; 32]).mac("text").to_hex()));
        assert!(!key.mac("text").is(""));
        assert_eq!(format!("{key:?}"), "TeamKey(…)");
    }
}
