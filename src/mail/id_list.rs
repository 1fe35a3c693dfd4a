//! Message-IDs as a header, in lines that every relay lets pass.

use lettre::message::header::{HeaderName, HeaderValue};

use super::compose::raw;
use crate::domain::{MessageId, sanitise};

/// Columns a header line keeps to, and octets it must not exceed (RFC 5322 §2.1.1).
const LINE: usize = 78;
const LONGEST_LINE: usize = 998;
/// Octets of a References value: some relays refuse header blocks of a few thousand.
const REFERENCES_LIMIT: usize = 1_500;

/// Writes ids into a header, folded between them. An id that fills more than a line of its own is left out;
/// `None` if nothing is left.
pub(super) fn id_list(name: &'static str, ids: &[String]) -> Option<HeaderValue> {
    let plain = ids.join(" ");
    if !plain.is_ascii() {
        // No header can hold such an id as it is; encoded, some programs read it.
        return Some(raw(name, &plain));
    }
    let mut folded = String::new();
    let mut column = name.len() + ":".len();
    for id in ids.iter().filter(|id| " ".len() + id.len() <= LONGEST_LINE) {
        let end = column + " ".len() + id.len();
        let fits = if folded.is_empty() { end <= LONGEST_LINE } else { end <= LINE };
        if !fits {
            folded.push_str("\r\n ");
            column = 0;
        } else if !folded.is_empty() {
            folded.push(' ');
        }
        column += " ".len() + id.len();
        folded.push_str(id);
    }
    (!folded.is_empty()).then(|| HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), plain, folded))
}

pub(super) fn bracketed(id: &MessageId) -> String {
    format!("<{}>", sanitise::header(id.as_str()))
}

/// The first id and as many of the newest as fit, oldest first.
pub(super) fn trimmed_references(ids: &[MessageId]) -> Vec<String> {
    let mut written = ids.iter().map(bracketed);
    let Some(first) = written.next() else { return Vec::new() };
    let mut room = REFERENCES_LIMIT.saturating_sub(first.len());
    let mut kept: Vec<String> = Vec::new();
    for id in written.rev() {
        if id.len() + 1 > room && !kept.is_empty() {
            break;
        }
        room = room.saturating_sub(id.len() + 1);
        kept.push(id);
    }
    kept.push(first);
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &'static str, ids: &[String]) -> Vec<String> {
        let mut headers = lettre::message::header::Headers::new();
        headers.insert_raw(id_list(name, ids).unwrap());
        headers.to_string().trim_end().split("\r\n").map(str::to_owned).collect()
    }

    fn id(octets: usize) -> String {
        format!("<{}@x.example>", "i".repeat(octets - "<@x.example>".len()))
    }

    #[test]
    fn no_line_is_longer_than_a_relay_lets_pass_and_no_id_that_fits_one_is_lost() {
        for octets in 960..=997 {
            let long = id(octets);
            let ids = [id(20), long.clone(), id(30), id(40), id(60)];
            for (name, ids) in [("In-Reply-To", std::slice::from_ref(&long)), ("References", &ids[..]), ("References", &ids[1..])] {
                let lines = lines(name, ids);

                assert!(lines.iter().all(|line| line.len() <= 998), "{octets}: {:?}", lines.iter().map(String::len).collect::<Vec<_>>());
                assert!(lines.iter().skip(1).all(|line| line.starts_with(" <")), "{lines:?}");
                let value = lines.concat();
                assert_eq!(value.split(": ").nth(1).unwrap().split_whitespace().collect::<Vec<_>>(), ids, "{octets}");
            }
        }
    }

    #[test]
    fn short_ids_share_lines_of_78_columns() {
        let ids: Vec<String> = (0..9).map(|_| id(30)).collect();

        assert_eq!(lines("References", &ids).iter().map(String::len).collect::<Vec<_>>(), [73, 62, 62, 62, 31]);
    }

    #[test]
    fn an_id_that_no_line_can_hold_is_left_out() {
        assert!(id_list("In-Reply-To", &[id(998)]).is_none());
        assert_eq!(lines("References", &[id(998), id(20)]), [format!("References: {}", id(20))]);
    }

    #[test]
    fn five_hundred_references_are_cut_to_the_first_and_the_newest() {
        let ids: Vec<MessageId> = (0..500).map(|n| MessageId::new(&format!("{n}.long-enough-to-count@customer.example")).unwrap()).collect();

        let value = trimmed_references(&ids).join(" ");

        assert!(value.len() <= 1_500, "{}", value.len());
        assert!(value.starts_with("<0.long") && value.ends_with("<499.long-enough-to-count@customer.example>"));
    }
}
