//! The message a delivery report is about, as far as the report gives it back.

use super::headers::Headers;
use super::ids;
use super::structure::{Part, Structure};
use crate::domain::MessageId;

/// The returned message, or its headers, as a part of the report.
pub fn part<'s, 'a>(structure: &'s Structure<'a>) -> Option<&'s Part<'a>> {
    structure.parts.iter().skip(1).find(|part| {
        matches!(
            part.kind.as_str(),
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" | "message/partial"
        )
    })
}

/// The headers of the returned message, wherever they stand.
pub fn headers_of(structure: &Structure<'_>, text: &str) -> Option<ReturnedHeaders> {
    if let Some(part) = part(structure) {
        let root = part.children.first().and_then(|index| structure.parts.get(*index));
        let found = match root {
            Some(root) => ReturnedHeaders::of(&root.headers),
            None => ReturnedHeaders::of(&Headers::read(&structure.decoded(part)).0),
        };
        return Some(found);
    }
    let at = start(text)?;
    Some(ReturnedHeaders::of(&Headers::read(text.get(at..)?.trim_start().as_bytes()).0))
}

/// What the returned message says of itself.
pub struct ReturnedHeaders {
    message_id: Option<MessageId>,
    pub to: Vec<String>,
}

impl ReturnedHeaders {
    fn of(headers: &Headers<'_>) -> Self {
        let to = headers.addresses("To").into_iter().chain(headers.addresses("Cc"));
        Self { message_id: ids::own(&headers.text("Message-ID")), to: to.map(|address| address.address).collect() }
    }
}

pub fn original_id(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Option<MessageId> {
    let returned = headers_of(structure, text).and_then(|returned| returned.message_id);
    returned
        .or_else(|| id_in_text(text))
        .or_else(|| ids::scan(&headers.text("In-Reply-To")).ids.pop())
        .or_else(|| ids::scan(&headers.text("References")).ids.pop())
}

fn id_in_text(text: &str) -> Option<MessageId> {
    text.lines().filter_map(|line| line.trim_start_matches(['>', ' ', '\t']).split_once(':')).find_map(|(name, value)| {
        let name = name.trim();
        if name.eq_ignore_ascii_case("message-id") || name.eq_ignore_ascii_case("messageid") { ids::own(value) } else { None }
    })
}

/// Where a text starts to quote the returned message: the first line that is a trace or origin field.
fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let name = line.trim_start().split(':').next().unwrap_or_default();
        if line.contains(": ")
            && ["Received", "Return-Path", "Message-ID", "Delivered-To", "MIME-Version", "X-Received", "DKIM-Signature"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The report's own words, without the message it returns.
pub fn report_part(text: &str) -> &str {
    let end = start(text).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reports_own_words_end_where_the_returned_header_begins() {
        let text = "It failed.\n\nReceived: from x\nMessage-ID: <ours@desk.example>\n";

        assert_eq!(report_part(text), "It failed.\n\n");
        assert_eq!(id_in_text(text).map(|id| id.to_string()).as_deref(), Some("ours@desk.example"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<|>|@|x|: |\n|Received|Message-ID: |é){0,50}") {
            let _ = (id_in_text(&text), start(&text));
        }
    }
}
