//! The fields of a delivery-status part (RFC 3464 §2), and the codes that reports give (RFC 3463, RFC 5321).

use super::headers::{self, Headers};

/// Recipients listed for one report.
pub const MAX_RECIPIENTS: usize = 100;

/// A delivery-status part.
#[derive(Debug, Default)]
pub struct DeliveryStatus {
    pub recipients: Vec<StatusRecipient>,
}

/// One recipient of the reported mail; every field may be empty.
#[derive(Debug, Default)]
pub struct StatusRecipient {
    pub address: String,
    /// Lower case.
    pub action: String,
    status: String,
    pub diagnostic: String,
}

impl DeliveryStatus {
    pub fn read(bytes: &[u8]) -> Self {
        let mut status = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() && status.recipients.len() < MAX_RECIPIENTS {
            let (block, length) = Headers::read(rest);
            rest = rest.get(length.max(1)..).unwrap_or_default();
            if block.is_empty() {
                // A line that is no field: pass over it, or the rest would never be reached.
                rest = headers::line_at(rest, 0).and_then(|(_, end)| rest.get(end..)).unwrap_or_default();
                continue;
            }
            status.recipients.extend(StatusRecipient::read(&block));
        }
        status
    }
}

impl StatusRecipient {
    fn read(block: &Headers<'_>) -> Option<Self> {
        let address = ["Original-Recipient", "Final-Recipient", "X-Actual-Recipient"]
            .iter()
            .map(|name| typed(&block.text(name)))
            .find(|address| address.contains('@'));
        let action = block.word("Action");
        if address.is_none() && action.is_empty() && !block.has("Status") {
            return None;
        }
        Some(Self {
            address: address.unwrap_or_default(),
            action: action.split([' ', ';', '(']).next().unwrap_or_default().to_owned(),
            status: block.word("Status"),
            diagnostic: typed(&block.text("Diagnostic-Code")),
        })
    }

    pub fn has_failed(&self) -> bool {
        match self.action.as_str() {
            "failed" | "failure" => true,
            "delayed" | "delivered" | "relayed" | "expanded" => false,
            _ => !self.status.starts_with('2'),
        }
    }

    pub fn is_delayed(&self) -> bool {
        self.action == "delayed"
    }

    pub fn has_arrived(&self) -> bool {
        matches!(self.action.as_str(), "delivered" | "relayed" | "expanded")
    }

    /// The most telling status code, `5.1.1`.
    pub fn enhanced_status(&self) -> String {
        let own = find_status(&self.status).unwrap_or_default();
        // `5.0.0` says nothing; the server's own words may say more.
        let said = find_status(&self.diagnostic);
        if own.is_empty() || own.ends_with(".0.0") { said.unwrap_or(own) } else { own }
    }

    pub fn is_permanent(&self) -> bool {
        match self.enhanced_status().chars().next() {
            Some(class) => class == '5',
            None => smtp_code(&self.diagnostic).is_none_or(|code| code >= 500),
        }
    }
}

/// The value behind the type in `rfc822; ana@x.example`, brackets and stray marks removed.
pub fn typed(value: &str) -> String {
    let value = value.split_once(';').map_or(value, |(_, value)| value);
    value.trim().trim_matches(['<', '>', ' ', '"']).to_owned()
}

/// The first enhanced status code, `5.1.1` (RFC 3463 §2), of a failure or delay.
pub fn find_status(text: &str) -> Option<String> {
    let bytes = beginning(text).as_bytes();
    let mut at = 0;
    while let Some(index) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'4', b'5', rest)) {
        let start = at + index;
        let before = start.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(b' ');
        if !before.is_ascii_alphanumeric() && before != b'.' {
            if let Some(status) = status_at(bytes.get(start..).unwrap_or_default()) {
                return Some(status);
            }
        }
        at = start + 1;
    }
    None
}

fn status_at(bytes: &[u8]) -> Option<String> {
    let code: String = bytes.iter().take(9).map(|byte| char::from(*byte)).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let code = code.trim_end_matches('.');
    let fields: Vec<&str> = code.split('.').collect();
    let [class, subject, detail] = fields.as_slice() else { return None };
    (class.len() == 1 && (1..=3).contains(&detail.len()) && matches!(subject.len(), 1..=2)).then(|| code.to_owned())
}

/// The first SMTP reply code of a failure, 400 to 599 (RFC 5321 §4.2).
pub fn smtp_code(text: &str) -> Option<u16> {
    let words = beginning(text).split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 3).filter_map(|word| word.parse().ok()).find(|code| (400..600).contains(code))
}

/// Octets in which a code is looked for.
const LOOKED_AT: usize = 16 << 10;

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_no_addresses_and_no_dates() {
        assert_eq!(find_status("host 5.9.11.12 said: 550 5.7.1 no"), Some("5.7.1".into()));
        assert_eq!(find_status("2014.5.1"), None);
        assert_eq!(smtp_code("error 451 try later"), Some(451));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<|>|@|a\\.b|x|: |\n|550 |5\\.1\\.1|Final-Recipient: rfc822;|é){0,50}") {
            let _ = (find_status(&text), smtp_code(&text), DeliveryStatus::read(text.as_bytes()));
        }
    }
}
