//! What servers on the way, and Outlook, wrote into the header.

use super::headers::{Field, Headers};
use crate::domain::id::hex;

/// At most so many Authentication-Results are kept.
const RESULTS: usize = 10;

/// The Authentication-Results headers, newest first, one list for each hop.
///
/// A server writes its own above what was there, so a `Received` line between two of
/// them parts one server's words from what the mail brought along.
pub fn authentication(headers: &Headers<'_>) -> Vec<Vec<String>> {
    let mut hops: Vec<Vec<String>> = Vec::new();
    let mut has_moved_on = true;
    let mut count = 0;
    for field in headers.fields() {
        if field.name.eq_ignore_ascii_case("Received") {
            has_moved_on = true;
        } else if field.name.eq_ignore_ascii_case("Authentication-Results") && count < RESULTS {
            count += 1;
            match hops.last_mut() {
                Some(hop) if !has_moved_on => hop.push(field.text()),
                _ => hops.push(vec![field.text()]),
            }
            has_moved_on = false;
        }
    }
    hops
}

/// The conversation of Outlook's Thread-Index: base64 of 22 octets, of which the
/// last 16 stay the same in every answer; answers only append.
pub fn conversation(headers: &Headers<'_>) -> Option<String> {
    let value = headers.get("Thread-Index").map(Field::unfolded)?;
    let octets = mail_parser::decoders::base64::base64_decode(value.trim().as_bytes())?;
    octets.get(6..22).map(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> Headers<'_> {
        Headers::read(text.as_bytes()).0
    }

    #[test]
    fn results_of_one_hop_stand_together_and_others_apart() {
        let text = "Authentication-Results: a; spf=pass\nReceived: x\nAuthentication-Results: b; dkim=pass\nAuthentication-Results: b; dmarc=pass\n\
                    Received: y\nReceived: z\nAuthentication-Results: c; dmarc=pass\n\n";

        assert_eq!(authentication(&headers(text)), [vec!["a; spf=pass"], vec!["b; dkim=pass", "b; dmarc=pass"], vec!["c; dmarc=pass"]]);
    }

    #[test]
    fn an_answer_belongs_to_the_conversation_of_what_it_answers() {
        let first = "Thread-Index: AdqBcdEfGhIjKlMnOpQrStUvWxYzAA==\n\n";
        let answer = "Thread-Index: AdqBcdEfGhIjKlMnOpQrStUvWxYzAAAAAQID\n\n";

        let (first, answer) = (conversation(&headers(first)), conversation(&headers(answer)));

        assert!(first.is_some());
        assert_eq!(first, answer);
        assert_eq!(conversation(&headers("Thread-Index: AdqB\n\n")), None);
        assert_eq!(conversation(&headers("Thread-Index: no base64!\n\n")), None);
    }
}
