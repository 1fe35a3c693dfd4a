//! What a message looks like when it is shown: computed once, kept in the cache.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::domain::authentication::Checked;
use crate::domain::link::Link;
use crate::domain::message::{Attachment, Bounce, Direction};
use crate::domain::signal::Signal;
use crate::domain::{Address, Timestamp};
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
    pub auto_reason: String,
    pub bounce: Option<Bounce>,
    pub date: Option<Timestamp>,
    pub attachments: Vec<Attachment>,
    pub reply_to: Vec<Address>,
    /// One list for each hop, as in [`crate::domain::message::Message`].
    pub authentication: Vec<Vec<String>>,
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
        auto_reason: message.auto_reason,
        bounce: message.bounce,
        date: message.date,
        attachments: message.attachments,
        reply_to: message.reply_to,
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

/// What is said beside a message that is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    pub checked: Checked,
    pub why: String,
    /// What its ticket and our server tell of the sender.
    pub signals: Vec<Signal>,
}

/// Puts a stored message and its reading together.
pub fn shown(message: StoredMessage, reading: Reading, beside: Beside) -> ShownMessage {
    let mut signals = beside.signals;
    signals.extend(reading.signals);
    signals.sort_by_key(|signal| !signal.kind.is_warning());
    let glance = glance(&message, None, reading.links);
    ShownMessage {
        message_id: message.message_id,
        direction: if message.direction == Direction::Out { ShownDirection::Out } else { ShownDirection::In },
        from: message.from,
        to: message.to,
        cc: message.cc,
        date: reading.date.or(Some(message.at)),
        edited: None,
        subject: message.subject,
        text: reading.text,
        new_text: reading.new_text,
        html: reading.html,
        attachments: reading.attachments,
        class: message.class,
        auto_reason: reading.auto_reason,
        bounce: reading.bounce,
        language: reading.language,
        placed_by: message.placed_by,
        placed_why: beside.why,
        routed_to: message.routed_to,
        routed_by: message.routed_by,
        authentication: format!("{} {}", beside.checked.verdict.as_str(), beside.checked.words).trim_end().to_owned(),
        flaws: reading.flaws,
        signals,
        glance,
    }
}

/// A stored message of which only the head is known yet.
pub fn outline(mut message: StoredMessage, beside: Beside) -> ShownMessage {
    let preview = std::mem::take(&mut message.preview);
    let mut outline = shown(message, Reading::default(), beside);
    outline.glance.outline = Some(preview);
    outline
}

fn glance(message: &StoredMessage, outline: Option<String>, links: Vec<Link>) -> Glance {
    Glance {
        note: None,
        is_unread: message.direction == Direction::In && !message.is_seen,
        is_partial: message.is_incomplete,
        has_attachments: message.has_attachments,
        outline,
        links,
    }
}
