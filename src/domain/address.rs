//! A mail address as people see it: a display name and an addr-spec.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A display name (may be empty) and an addr-spec (RFC 5322 §3.4.1).
///
/// The address is kept as written; comparisons go through [`Address::key`],
/// because mail providers ignore case and people vary it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    pub name: String,
    pub address: String,
}

impl Address {
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self { name: name.into(), address: address.into() }
    }

    /// Parses `Name <a@b>`, `"Name, X" <a@b>` or `a@b`, as a person types it.
    ///
    /// # Errors
    /// Returns the reason when there is no usable addr-spec.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (name, spec) = match (text.rfind('<'), text.strip_suffix('>')) {
            (Some(open), Some(body)) => {
                let name = text.get(..open).unwrap_or_default().trim();
                (name.trim_matches('"').replace("\\\"", "\""), body.get(open + 1..).unwrap_or_default().trim())
            }
            _ => (String::new(), text),
        };
        if is_addr_spec(spec) { Ok(Self { name, address: spec.to_owned() }) } else { Err(AddressError { text: text.to_owned() }) }
    }

    /// The form under which two spellings of one address are equal.
    pub fn key(&self) -> String {
        self.address.to_lowercase()
    }

    /// The part behind the last `@`, lower-cased; empty if there is none.
    pub fn domain(&self) -> String {
        self.address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default()
    }

    /// The first word of the name; for "Last, First" the word behind the comma.
    pub fn first_name(&self) -> Option<&str> {
        let given = self.name.split_once(',').map_or(self.name.as_str(), |(_, first)| first);
        given.split_whitespace().next()
    }

    /// What a narrow column shows: the name, else the address.
    pub fn label(&self) -> &str {
        if self.name.trim().is_empty() { &self.address } else { &self.name }
    }
}

/// Tells whether a text can stand in an SMTP envelope: one `@`, no blanks,
/// no control characters, no brackets (RFC 5321 §4.1.2, without quoted local parts).
pub fn is_addr_spec(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '(' | ')' | '"' | '\\' | '@');
    !local.is_empty() && !domain.is_empty() && text.len() <= 254 && local.chars().all(plain) && domain.chars().all(plain)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str(&self.address)
        } else if self.name.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "-'_".contains(c)) {
            write!(f, "{} <{}>", self.name, self.address)
        } else {
            write!(f, "\"{}\" <{}>", self.name.replace('"', "\\\""), self.address)
        }
    }
}

/// A text that is no mail address.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a mail address (expected name@domain or Name <name@domain>)")]
pub struct AddressError {
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        assert_eq!(Address::parse("Ana Ruiz <ana@x.example>"), Ok(Address::new("Ana Ruiz", "ana@x.example")));
        assert_eq!(Address::parse("\"Ruiz, Ana\" <ana@x.example>"), Ok(Address::new("Ruiz, Ana", "ana@x.example")));
        assert_eq!(Address::parse(" ana@x.example "), Ok(Address::new("", "ana@x.example")));
        assert!(Address::parse("ana").is_err());
        assert!(Address::parse("ana@x\r\nBcc: b@y").is_err());
    }

    #[test]
    fn the_first_name_stands_behind_the_comma() {
        assert_eq!(Address::new("Ruiz, Ana", "a@b").first_name(), Some("Ana"));
        assert_eq!(Address::new("Ana Ruiz", "a@b").first_name(), Some("Ana"));
        assert_eq!(Address::new("", "a@b").first_name(), None);
    }
}
