//! What is worked out when a mail is first looked at.

use super::read::{HtmlWay, assemble, clean};
use super::{html, language, line_ends, quote};
use crate::domain::link::Link;
use crate::domain::message::Message;
use crate::domain::sanitise;

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
}

pub fn view(bytes: &[u8]) -> Reading {
    open(bytes).1
}

/// As [`view`], together with the message, whose own text is left empty: both are found in one pass.
pub fn open(bytes: &[u8]) -> (Message, Reading) {
    let repaired = line_ends::repaired(bytes);
    let mut assembled = assemble(&repaired, HtmlWay::LayOut);
    let new = quote::new_text(&assembled.marked_text);
    let new_text = clean(&new.text);
    let mut reading = Reading {
        language: language::detect(&new_text),
        text: std::mem::take(&mut assembled.message.text),
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
