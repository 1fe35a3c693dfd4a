//! What a message looks like when it is shown: computed once, kept in the cache.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;
use crate::domain::link::Link;
use crate::domain::message::{Attachment, Direction};
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::{Address, lookalike, sanitise};
use crate::mail;
use crate::protocol::json::{Glance, ShownDirection, ShownMessage};
use crate::store::messages::StoredMessage;

/// The expensive part of a shown message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub text: String,
    pub new_text: String,
    pub html: bool,
    pub language: String,
    pub date: Option<Timestamp>,
    pub attachments: Vec<Attachment>,
    pub authentication: Vec<String>,
    pub flaws: Vec<String>,
    pub links: Vec<Link>,
    pub signals: Vec<Signal>,
}

/// Reads the stored bytes of a message for showing.
pub fn of_bytes(bytes: &[u8], is_incomplete: bool) -> Reading {
    let (message, view) = mail::open(bytes);
    let mut flaws: Vec<String> = message.flaws.iter().map(|flaw| flaw.as_str().to_owned()).collect();
    let partial = crate::domain::message::Flaw::Partial.as_str();
    if is_incomplete && !flaws.iter().any(|flaw| flaw == partial) {
        flaws.push(partial.to_owned());
    }
    let footnotes = footnotes(&view);
    Reading {
        text: view.text + &footnotes,
        new_text: view.new_text + &footnotes,
        html: view.html,
        language: view.language,
        date: message.date,
        attachments: message.attachments,
        authentication: message.authentication,
        flaws,
        links: view.links,
        signals: view.signals,
    }
}

/// How many links are listed below a mail laid out from HTML.
const LINKS_LISTED: usize = 30;

/// Where the links of an HTML mail lead, and what was not loaded.
fn footnotes(view: &mail::Reading) -> String {
    let mut notes = String::new();
    let hidden: Vec<&String> = view.links.iter().map(|link| &link.url).filter(|url| !view.text.contains(url.as_str())).take(LINKS_LISTED).collect();
    if view.html && !hidden.is_empty() {
        notes.push_str("\n\nLinks:");
        for (index, link) in hidden.iter().enumerate() {
            let _ = write!(notes, "\n[{}] {link}", index + 1);
        }
    }
    if view.html && !view.remote.is_empty() {
        let remote = view.remote.iter().take(LINKS_LISTED).cloned().collect::<Vec<_>>().join(", ");
        let _ = write!(notes, "\n\nNot loaded from elsewhere: {remote}");
    }
    notes
}

/// Puts a stored message and its reading together.
pub fn shown(message: StoredMessage, reading: Reading, authserv_id: Option<&str>) -> ShownMessage {
    let glance = glance(&message, None, reading.links);
    ShownMessage {
        message_id: message.message_id,
        direction: if message.direction == Direction::Out { ShownDirection::Out } else { ShownDirection::In },
        from: message.from,
        to: message.to,
        cc: message.cc,
        date: reading.date.or(Some(message.at)),
        subject: message.subject,
        text: reading.text,
        new_text: reading.new_text,
        html: reading.html,
        attachments: reading.attachments,
        class: message.class,
        placed_by: message.placed_by,
        authentication: verdict(&reading.authentication, authserv_id),
        flaws: reading.flaws,
        signals: reading.signals,
        glance,
    }
}

/// A stored message of which only the head is known yet.
pub fn outline(mut message: StoredMessage, authserv_id: Option<&str>) -> ShownMessage {
    let preview = std::mem::take(&mut message.preview);
    let mut outline = shown(message, Reading::default(), authserv_id);
    outline.glance.outline = Some(preview);
    outline
}

fn glance(message: &StoredMessage, outline: Option<String>, links: Vec<Link>) -> Glance {
    Glance {
        is_unread: message.direction == Direction::In && !message.is_seen,
        is_partial: message.is_incomplete,
        has_attachments: message.has_attachments,
        outline,
        links,
    }
}

/// The warning that a sender's domain is made to look like one of ours; `own` are our addresses, patterns included.
pub fn look_alike(from: Option<&Address>, own: &[String]) -> Option<Signal> {
    let domain_of = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let own: Vec<String> = own.iter().filter_map(|address| domain_of(address)).collect();
    let domain = domain_of(&from?.address)?;
    let resembled = lookalike::resembles(&domain, &own)?;
    let words = format!("the sender's domain {domain} looks like our {resembled}, and is not");
    Some(Signal::new(SignalKind::LookAlike, sanitise::line(&words)))
}

/// What our own server said of the sender: the topmost Authentication-Results
/// that bears its name (RFC 8601 §5); anything else may be forged.
fn verdict(results: &[String], authserv_id: Option<&str>) -> String {
    let Some(own) = authserv_id else { return "none".into() };
    let ours = results.iter().find(|result| result.split([';', ' ', '\t']).next().is_some_and(|id| id.eq_ignore_ascii_case(own)));
    ours.and_then(|result| result.split_once(';')).map_or_else(|| "none".into(), |(_, words)| sanitise::line(words.trim()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_who_looks_like_us_is_told() {
        let own = ["support@desk-mail.example".to_owned(), "*@app.example".to_owned()];
        let warned = |address: &str| look_alike(Some(&Address::new("", address)), &own).map(|signal| signal.words);

        assert_eq!(
            warned("boss@desk-rnail.example").as_deref(),
            Some("the sender's domain desk-rnail.example looks like our desk-mail.example, and is not")
        );
        assert_eq!(warned("ana@desk-mail.example"), None);
        assert_eq!(warned("ana@customer.example"), None);
    }

    #[test]
    fn only_our_own_server_is_believed() {
        let results = ["evil.example; dmarc=pass".to_owned(), "mx.desk.example; spf=fail".to_owned()];

        assert_eq!(verdict(&results, Some("mx.desk.example")), "spf=fail");
        assert_eq!(verdict(&results, Some("other.example")), "none");
        assert_eq!(verdict(&results, None), "none");
    }
}
