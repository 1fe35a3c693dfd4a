//! A list of addresses as a header, folded between them.

use lettre::message::header::{HeaderName, HeaderValue, Headers, To};

use super::compose::{ComposeError, mailbox};
use crate::domain::Address;

/// Columns a header line keeps to, the comma included (RFC 5322 §2.1.1).
const LINE: usize = 78;

/// Writes people into an address header, in lines of at most 78 columns wherever
/// one address fits into that (RFC 5322 §2.2.3).
///
/// # Errors
/// An address that no header can hold.
pub(super) fn address_list(name: &'static str, people: &[Address]) -> Result<HeaderValue, ComposeError> {
    let mut folded = String::new();
    let mut column = name.len() + ": ".len();
    for (index, person) in people.iter().enumerate() {
        let written = written(person)?;
        let first_line = written.split("\r\n").next().unwrap_or_default().len();
        if index > 0 {
            let fits = column + ", ".len() + first_line < LINE;
            folded.push_str(if fits { ", " } else { ",\r\n " });
            column = if fits { column + 2 } else { 1 };
        }
        column = written.rsplit_once("\r\n").map_or(column + written.len(), |(_, last)| last.len());
        folded.push_str(&written);
    }
    let plain: Vec<String> = people.iter().map(Address::to_string).collect();
    Ok(HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), plain.join(", "), folded))
}

/// One person as a header line of their own has them: name quoted or encoded, folded where it is long.
fn written(person: &Address) -> Result<String, ComposeError> {
    let mut alone = Headers::new();
    alone.set(To::from(lettre::message::Mailboxes::from(mailbox(person)?)));
    let line = alone.to_string();
    Ok(line.trim_start_matches("To: ").trim_end().to_owned())
}
