//! What is worked out when a mail is first looked at.

use super::headers::Headers;
use super::quote::NewText;
use super::read::{Assembled, HtmlWay, assemble, clean};
use super::{html, language, line_ends, quote};
use crate::domain::sanitise;

/// Stands in place of the text of a mail that shows none; such a mail has no new text,
/// and the flaw `Empty` or `NoVisibleText`.
pub const NO_VISIBLE_TEXT: &str = "no visible content";

/// A mail as a reader sees it; every text is fit for the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub text: String,
    pub new_text: String,
    /// Lines of the text that `new_text` leaves out.
    pub quoted_lines: u64,
    pub html: bool,
    /// Where the mail's links lead, in order, each once.
    pub links: Vec<String>,
    /// What the mail wanted to load from elsewhere; nothing of it was.
    pub remote: Vec<String>,
    /// ISO 639-1; empty when the text is too short to tell.
    pub language: String,
}

pub fn view(bytes: &[u8]) -> Reading {
    let repaired = line_ends::repaired(bytes);
    let assembled = assemble(&repaired, HtmlWay::LayOut);
    let new = new_text(&assembled);
    let new_text = clean(&new.text);
    let shown = assembled.message.text;
    let mut reading = Reading {
        language: language::detect(&new_text),
        text: if shown.trim().is_empty() { NO_VISIBLE_TEXT.to_owned() } else { shown },
        new_text,
        quoted_lines: new.quoted_lines,
        html: assembled.message.html,
        ..Reading::default()
    };
    // Also the HTML that plain text was preferred to: its links are the mail's, too.
    let is_content = |index: &usize| !assembled.body.attachments.contains(index);
    for part in (0..assembled.structure.parts.len()).filter(is_content).filter_map(|index| assembled.structure.parts.get(index)) {
        if part.kind != "text/html" {
            continue;
        }
        let found = html::references(&assembled.structure.text(part).0);
        reading.remote.extend(found.remote);
        reading.links.extend(found.links);
    }
    if !reading.html {
        reading.links.extend(linkify::LinkFinder::new().links(&reading.text).map(|link| link.as_str().to_owned()));
    }
    tidy(&mut reading.links);
    tidy(&mut reading.remote);
    reading
}

/// What is new in a mail, or in the mail that its text is.
fn new_text(assembled: &Assembled<'_>) -> NewText {
    let first = assembled.body.texts.first().and_then(|index| assembled.structure.parts.get(*index));
    let bytes = first.filter(|part| part.kind == "text/plain").map(|part| assembled.structure.decoded(part));
    let Some(inner) = bytes.as_deref().filter(|bytes| is_whole_mail(bytes)) else { return quote::new_text(&assembled.marked_text) };
    let new = quote::new_text(&assemble(inner, HtmlWay::LayOut).marked_text);
    let lines = |text: &str| text.lines().count() as u64;
    NewText { quoted_lines: lines(&assembled.marked_text).saturating_sub(lines(&new.text)), ..new }
}

/// A text that begins with the header of a mail: gateways and broken filters put a second header on top.
fn is_whole_mail(text: &[u8]) -> bool {
    if !text.starts_with(b"Return-Path:") && !text.starts_with(b"Received:") && !text.starts_with(b"Delivered-To:") {
        return false;
    }
    let (headers, body) = Headers::read(text);
    headers.has("Received") && headers.has("From") && headers.has("Date") && body < text.len()
}

fn tidy(urls: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    urls.retain(|url| seen.insert(url.clone()));
    urls.truncate(super::limits::LINKS);
    for url in urls {
        *url = sanitise::line(url).into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_without_text_says_so_and_has_no_new_text() {
        let reading = view(b"Content-Type: application/pdf; name=a.pdf\n\n%PDF");

        assert_eq!((reading.text.as_str(), reading.new_text.as_str()), (NO_VISIBLE_TEXT, ""));
    }

    #[test]
    fn the_new_text_of_a_mail_below_a_second_header_is_that_mails() {
        let mail = b"From: gate@x.example\n\nReceived: from a by b\nFrom: ana@x.example\nDate: Mon, 23 Nov 2026 14:05:00 +0000\nContent-Type: text/html\n\n<p>It works.</p><div name='quote'><b>Von:</b> bo@x.example<br>old</div>";

        let reading = view(mail);

        assert_eq!(reading.new_text, "It works.");
        assert!(reading.text.starts_with("Received:") && reading.text.contains("old"), "{}", reading.text);
    }

    #[test]
    fn a_mail_forwarded_in_html_stays_in_view() {
        let mail = b"Content-Type: text/html\n\n<div>See below</div><div class='gmail_quote gmail_quote_container'><div class='gmail_attr'>---------- Forwarded message ---------<br>From: Bo</div><p>The text</p></div>";

        assert!(view(mail).new_text.contains("The text"), "{:?}", view(mail));
    }

    #[test]
    fn a_reading_holds_new_text_links_and_language() {
        let mail = b"Content-Type: text/html\n\n<p>Guten Tag, der Export ist leider immer noch zu gro&szlig; und bricht ab, siehe <a href='https://x.example/log'>Log</a>.</p><img src='https://t.example/p.gif'><div class='gmail_quote'><div class='gmail_attr'>Ana (a@x.example) tapasi</div><blockquote>alt</blockquote></div>";

        let reading = view(mail);

        assert_eq!(reading.new_text, "Guten Tag, der Export ist leider immer noch zu groß und bricht ab, siehe Log.");
        assert_eq!((reading.links, reading.remote), (vec!["https://x.example/log".to_owned()], vec!["https://t.example/p.gif".to_owned()]));
        assert_eq!((reading.language.as_str(), reading.html), ("de", true));
        assert!(reading.text.contains("> alt"), "{}", reading.text);
    }
}
