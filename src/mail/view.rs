//! What is worked out when a mail is first looked at.

use super::read::{HtmlWay, assemble, clean};
use super::{html, language, line_ends, quote};
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
    pub links: Vec<String>,
    /// What the mail wanted to load from elsewhere; nothing of it was.
    pub remote: Vec<String>,
    /// ISO 639-1; empty when the text is too short to tell.
    pub language: String,
}

pub fn view(bytes: &[u8]) -> Reading {
    let repaired = line_ends::repaired(bytes);
    let assembled = assemble(&repaired, HtmlWay::LayOut);
    let new = quote::new_text(&assembled.marked_text);
    let new_text = clean(&new.text);
    let mut reading = Reading {
        language: language::detect(&new_text),
        text: assembled.message.text,
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
    fn a_reading_holds_new_text_links_and_language() {
        let mail = b"Content-Type: text/html\n\n<p>Guten Tag, der Export ist leider immer noch zu gro&szlig; und bricht ab, siehe <a href='https://x.example/log'>Log</a>.</p><img src='https://t.example/p.gif'><div class='gmail_quote'><div class='gmail_attr'>Ana (a@x.example) tapasi</div><blockquote>alt</blockquote></div>";

        let reading = view(mail);

        assert_eq!(reading.new_text, "Guten Tag, der Export ist leider immer noch zu groß und bricht ab, siehe Log.");
        assert_eq!((reading.links, reading.remote), (vec!["https://x.example/log".to_owned()], vec!["https://t.example/p.gif".to_owned()]));
        assert_eq!((reading.language.as_str(), reading.html), ("de", true));
        assert!(reading.text.contains("> alt"), "{}", reading.text);
    }
}
