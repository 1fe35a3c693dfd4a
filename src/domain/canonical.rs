//! Canonical JSON taken apart by its text alone, without making values of it.
//!
//! What [`super::seal::canonical`] writes can be recognised in one pass: names in order, no blanks, one way to
//! write a string, whole numbers. Everything else is left to a parser.

/// A field of an object: its name and the text of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub name: &'a str,
    pub value: &'a str,
    /// Where the field begins in the object's text, in octets.
    pub at: usize,
}

/// Deeper values are left to a parser.
const DEPTH: u32 = 32;
/// Numbers of more digits too: they may not fit 64 bits.
const DIGITS: usize = 18;

/// The fields of an object whose text is canonical all through; `None` when it is not, or may not be.
pub fn entries(text: &str) -> Option<Vec<Entry<'_>>> {
    of_object(text, true)
}

/// The fields of an object whose names may stand in any order.
pub fn parts(text: &str) -> Option<Vec<Entry<'_>>> {
    of_object(text, false)
}

/// Whether two texts say the same, of which the second may have its names in any order. A `false` may mean that
/// only a parser can tell.
pub fn says_the_same(canonical: &str, other: &str) -> bool {
    if canonical == other {
        return true;
    }
    let (Some(these), Some(mut those)) = (entries(canonical), parts(other)) else { return false };
    those.sort_unstable_by_key(|entry| entry.name);
    these.len() == those.len() && these.iter().zip(&those).all(|(this, that)| this.name == that.name && says_the_same(this.value, that.value))
}

fn of_object(text: &str, is_sorted: bool) -> Option<Vec<Entry<'_>>> {
    let mut scan = Scan { text, at: 0, is_sorted };
    let mut entries = Vec::with_capacity(16);
    scan.object(DEPTH, &mut |entry| entries.push(entry))?;
    (scan.at == text.len()).then_some(entries)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    is_sorted: bool,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next.then_some(())
    }

    fn object(&mut self, depth: u32, found: &mut dyn FnMut(Entry<'a>)) -> Option<()> {
        self.eat(b'{')?;
        if self.eat(b'}').is_some() {
            return Some(());
        }
        let mut before: Option<&str> = None;
        loop {
            let at = self.at;
            let name = self.name()?;
            if self.is_sorted && before.is_some_and(|before| before >= name) {
                return None;
            }
            before = Some(name);
            self.eat(b':')?;
            let from = self.at;
            self.value(depth)?;
            found(Entry { name, value: self.text.get(from..self.at)?, at });
            if self.eat(b',').is_none() {
                return self.eat(b'}');
            }
        }
    }

    /// A name without anything that would have to be written otherwise.
    fn name(&mut self) -> Option<&'a str> {
        let from = self.at + 1;
        self.string()?;
        let name = self.text.get(from..self.at - 1)?;
        (!name.contains('\\')).then_some(name)
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.object(depth, &mut |_| {}),
            b'[' => self.array(depth),
            b'-' | b'0'..=b'9' => self.number(),
            _ => ["true", "false", "null"].into_iter().find_map(|word| self.word(word)),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        self.eat(b'[')?;
        if self.eat(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if self.eat(b',').is_none() {
                return self.eat(b']');
            }
        }
    }

    /// A whole number; what follows it has to be the end of a value.
    fn number(&mut self) -> Option<()> {
        let is_negative = self.eat(b'-').is_some();
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.text.get(from..self.at)?;
        let is_plain = if digits.starts_with('0') { digits.len() == 1 && !is_negative } else { (1..=DIGITS).contains(&digits.len()) };
        is_plain.then_some(())
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            match self.peek()? {
                b'"' => return self.eat(b'"'),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// Each character is escaped in one way only, and few are.
    fn escape(&mut self) -> Option<()> {
        self.eat(b'\\')?;
        let kind = self.peek()?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let code = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                let is_lower = code.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let value = u8::from_str_radix(code, 16).ok().filter(|_| is_lower)?;
                (value < 0x20 && !matches!(value, 8 | 9 | 10 | 12 | 13)).then_some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::seal;

    #[test]
    fn what_is_written_in_any_other_way_is_left_to_a_parser() {
        assert!(entries(r#"{"a":[1,-2,0,true,null,"ü\n\u0001"],"b":{}}"#).is_some());
        for text in [
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a": 1}"#,
            r#"{"a":1} "#,
            r#"{"a":01}"#,
            r#"{"a":-0}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":"\/"}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":"\u000a"}"#,
            r#"{"a":"\u001F"}"#,
            r#"{"a":"\u+1f"}"#,
            r#"{"a\n":1}"#,
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            r#"{"a":tru}"#,
            "[1]",
            r#"{"a":"#,
            r#"{"a":99999999999999999999}"#,
            "{\"a\":\"\u{1}\"}",
            "",
        ] {
            assert_eq!(entries(text), None, "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(entries(&deep), None);
    }

    #[test]
    fn the_order_of_names_makes_no_difference_and_everything_else_does() {
        let canonical = r#"{"a":{"x":1,"y":[1,2]},"b":"z"}"#;
        assert!(says_the_same(canonical, r#"{"b":"z","a":{"y":[1,2],"x":1}}"#));
        for other in [r#"{"b":"z","a":{"y":[2,1],"x":1}}"#, r#"{"b":"z","a":{"x":1}}"#, r#"{"b":"z","a":{"y":[1,2],"x":1},"c":0}"#, r#"{"b":"z"}"#] {
            assert!(!says_the_same(canonical, other), "{other}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,6}".prop_map(Value::from),
        ];
        let key = prop_oneof!["[a-c]{0,2}", "[\\x00-\\x7f]{0,2}", ".{0,2}"];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key.clone(), inner, 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// What is recognised is what the writer makes of what the parser reads, field by field.
        #[test]
        fn a_text_is_recognised_only_if_writing_it_anew_changes_nothing(value in values(), cut in 0_usize..200, other in 0_u8..128) {
            let text = seal::canonical(&json!({ "v": value })).unwrap();
            let mut bytes = text.clone().into_bytes();
            if let Some(byte) = bytes.get_mut(cut) {
                *byte = other;
            }
            for text in [text, String::from_utf8(bytes).unwrap_or_default()] {
                if let Some(entries) = entries(&text) {
                    let parsed: Value = serde_json::from_str(&text).unwrap();
                    prop_assert_eq!(&seal::canonical(&parsed).unwrap(), &text);
                    for entry in entries {
                        prop_assert_eq!(serde_json::from_str::<Value>(entry.value).unwrap(), parsed[entry.name].clone());
                    }
                }
            }
        }
    }
}
