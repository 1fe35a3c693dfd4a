//! What is worked out when a mail is first looked at.

use super::headers::Headers;
use super::links::{self, References};
use super::quote::NewText;
use super::read::{Assembled, HtmlWay, assemble, clean};
use super::{html, language, line_ends, quote, signals};
use crate::domain::link::Link;
use crate::domain::message::Message;
use crate::domain::sanitise;
use crate::domain::signal::Signal;

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
    pub links: Vec<Link>,
    /// What the mail wanted to load from elsewhere; nothing of it was.
    pub remote: Vec<String>,
    /// ISO 639-1; empty when the text is too short to tell.
    pub language: String,
    /// Warnings first.
    pub signals: Vec<Signal>,
}

pub fn view(bytes: &[u8]) -> Reading {
    open(bytes).1
}

/// As [`view`], together with the message, whose own text is left empty: both are found in one pass.
pub fn open(bytes: &[u8]) -> (Message, Reading) {
    let repaired = line_ends::repaired(bytes);
    let mut assembled = assemble(&repaired, HtmlWay::LayOut);
    let new = new_text(&assembled);
    let new_text = clean(&new.text);
    let shown = std::mem::take(&mut assembled.message.text);
    let mut reading = Reading {
        language: language::detect(&new_text),
        text: if shown.trim().is_empty() { NO_VISIBLE_TEXT.to_owned() } else { shown },
        new_text,
        quoted_lines: new.quoted_lines,
        html: assembled.message.html,
        ..Reading::default()
    };
    let found = references(&assembled);
    reading.signals = signals::of(&assembled, &found);
    (reading.links, reading.remote) = (found.links, found.remote);
    if !reading.html {
        let found = plain_links(&reading.text);
        reading.links.extend(found);
    }
    tidy(&mut reading.links);
    let mut seen = std::collections::HashSet::new();
    reading.remote.retain(|url| seen.insert(url.clone()));
    reading.remote.truncate(super::limits::LINKS);
    for url in &mut reading.remote {
        *url = sanitise::line(url).into_owned();
    }
    (assembled.message, reading)
}

/// What the mail's HTML refers to, that included which plain text was preferred to.
fn references(assembled: &Assembled<'_>) -> References {
    let mut all = References::default();
    let is_content = |index: &usize| !assembled.body.attachments.contains(index);
    for part in (0..assembled.structure.parts.len()).filter(is_content).filter_map(|index| assembled.structure.parts.get(index)) {
        if part.kind == "text/html" {
            let found = links::references(&assembled.structure.text(part).0);
            all.links.extend(found.links);
            all.remote.extend(found.remote);
            all.disguised.extend(found.disguised);
        }
    }
    all
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

/// The HTML of a mail as a page that neither runs nor loads anything; `None` when it has none.
pub fn browser_page(bytes: &[u8]) -> Option<String> {
    let repaired = line_ends::repaired(bytes);
    let assembled = assemble(&repaired, HtmlWay::Strip);
    let mut parts = assembled.structure.parts.iter().enumerate().filter(|(index, _)| !assembled.body.attachments.contains(index));
    let (_, part) = parts.find(|(_, part)| part.kind == "text/html")?;
    Some(html::harmless(&assembled.structure.text(part).0))
}

/// The addresses that stand in a plain text.
fn plain_links(text: &str) -> Vec<Link> {
    let finder = linkify::LinkFinder::new();
    let url = |found: linkify::Link<'_>| match found.kind() {
        linkify::LinkKind::Email => format!("mailto:{}", found.as_str()),
        _ => found.as_str().to_owned(),
    };
    finder.links(text).take(super::limits::LINKS).map(|found| Link { url: url(found), label: String::new() }).collect()
}

/// Each address once; what the mail says is made fit for the terminal.
fn tidy(links: &mut Vec<Link>) {
    let mut seen = std::collections::HashSet::new();
    links.retain(|link| seen.insert(link.url.clone()));
    links.truncate(super::limits::LINKS);
    for link in links {
        link.url = sanitise::line(&link.url).into_owned();
        link.label = sanitise::line(&link.label).into_owned();
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
        assert_eq!(reading.links, [Link { url: "https://x.example/log".into(), label: "Log".into() }]);
        assert_eq!(reading.remote, ["https://t.example/p.gif"]);
        assert_eq!((reading.language.as_str(), reading.html), ("de", true));
        assert!(reading.text.contains("> alt"), "{}", reading.text);
    }
}
