//! What is worked out for every mail as it arrives: as much as lists and search need, and nothing dear.

use sha2::{Digest, Sha256};

use super::read::{HtmlWay, assemble};
use super::{limits, line_ends, quote};
use crate::domain::message::{Flaw, Message};
use crate::domain::sanitise;

/// A mail as the store takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingested {
    pub message: Message,
    /// The body's words for the index; subject and names are indexed apart.
    pub search_text: String,
    /// One line of new text, at most [`limits::PREVIEW_CHARS`] characters.
    pub preview: String,
    /// SHA-256 over the octets behind the header block.
    pub body_hash: [u8; 32],
    /// SHA-256 over From, Date, Subject and Message-ID as written: what stays the same when a server renumbers.
    pub header_hash: [u8; 32],
}

/// Reads a mail for the store. `size_on_server` is what the server says the mail
/// measures; when fewer octets are at hand the message is marked as partial.
pub fn ingest(bytes: &[u8], size_on_server: u64) -> Ingested {
    let repaired = line_ends::repaired(bytes);
    let assembled = assemble(&repaired, HtmlWay::Strip);
    let mut message = assembled.message;
    if (bytes.len() as u64) < size_on_server {
        message.flaws.push(Flaw::Partial);
    }
    let search_text = beginning(&message.text, limits::SEARCH_BYTES).to_owned();
    let headers = assembled.structure.headers();
    let body = assembled.structure.parts.first().map(|root| assembled.structure.raw_body(root)).unwrap_or_default();
    let mut header_hash = Sha256::new();
    for name in ["From", "Date", "Subject", "Message-ID"] {
        header_hash.update(headers.raw(name).trim_ascii());
        header_hash.update([0]);
    }
    Ingested {
        preview: preview(&assembled.marked_text),
        search_text,
        body_hash: Sha256::digest(body).into(),
        header_hash: header_hash.finalize().into(),
        message,
    }
}

/// Octets of text a preview is made from.
const PREVIEW_SOURCE: usize = 2 << 10;

fn preview(text: &str) -> String {
    let new = quote::new_text(beginning(text.trim_start(), PREVIEW_SOURCE)).text;
    let words = new.split_whitespace().take(limits::PREVIEW_CHARS).collect::<Vec<_>>().join(" ");
    let line: String = words.chars().take(limits::PREVIEW_CHARS).collect();
    sanitise::line(&line).into_owned()
}

fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: Ana <a@x.example>\nSubject: Help\nMessage-ID: <1@x>\nDate: Mon, 23 Nov 2026 14:05:00 +0000\n\nIt fails\nagain.\n\nOn Mon, 23 Nov 2026, Bo <b@x.example> wrote:\n> old words\n";

    #[test]
    fn the_preview_is_one_line_of_what_is_new_and_the_index_gets_all() {
        let ingested = ingest(MAIL, MAIL.len() as u64);

        assert_eq!(ingested.preview, "It fails again.");
        assert!(ingested.search_text.contains("old words") && !ingested.search_text.contains("Help"));
        assert_eq!(ingested.message.flaws, []);
    }

    #[test]
    fn fewer_octets_than_the_server_has_make_it_partial() {
        assert_eq!(ingest(MAIL, 100_000).message.flaws, [Flaw::Partial]);
    }

    #[test]
    fn the_hashes_tell_body_and_header_apart() {
        let other_body = [MAIL, b"more"].concat();
        let (a, b) = (ingest(MAIL, 0), ingest(&other_body, 0));

        assert_eq!(a.header_hash, b.header_hash);
        assert_ne!(a.body_hash, b.body_hash);
    }

    /// Run by hand: `cargo test --release --lib mail::ingest -- --ignored --nocapture`.
    #[test]
    #[ignore = "a measurement"]
    fn ingesting_keeps_up_with_the_drain() {
        let mail = [MAIL, "Some words of an ordinary mail, eighty characters to a line or so.\n".repeat(80).as_bytes()].concat();
        let start = std::time::Instant::now();
        for _ in 0..20_000 {
            std::hint::black_box(ingest(&mail, 0));
        }
        println!("{:.0} messages per second of {} octets", 20_000.0 / start.elapsed().as_secs_f64(), mail.len());
    }
}
