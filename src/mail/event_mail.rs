//! An event of the team log as a mail: words for people, one JSON part for the program.

use std::time::SystemTime;

use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType};
use lettre::message::{Message as Built, MultiPart, SinglePart};

use super::compose::{ComposeError, mailbox, raw, sanitise_line_ends};
use super::structure::Structure;
use super::transfer;
use crate::domain::{Address, MessageId, Timestamp, sanitise};

/// The whole mail of an event stays below this, which every server takes.
pub const EVENT_OCTETS: usize = 64 * 1_024;
/// One part of a snapshot may be larger.
pub const SNAPSHOT_OCTETS: usize = 768 * 1_024;

/// Everything that goes into the mail of an event.
#[derive(Clone, Debug)]
pub struct EventMail<'a> {
    /// The team's mailbox: sender and recipient, whoever acted.
    pub mailbox: &'a str,
    /// Who acted.
    pub agent: &'a str,
    /// What happened, in words; unlike that of any other event.
    pub subject: &'a str,
    pub text: &'a str,
    pub message_id: MessageId,
    pub date: Timestamp,
    /// The sealed event.
    pub json: &'a str,
}

/// The header of the part that counts, as it is put above one that was fetched without the rest of its mail.
pub const EVENT_PART_HEAD: &[u8] = b"Content-Type: application/json\r\nContent-Transfer-Encoding: base64\r\n\r\n";

/// Why a message of the log folder is none of its events.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoEventMail {
    #[error("it was delivered from outside")]
    Delivered,
    #[error("it is larger than any event")]
    TooLarge,
    #[error("it holds no event")]
    NoEvent,
}

/// Builds the mail: 7-bit, lines of at most 78 octets in the part that counts, and no
/// reference to any other mail, which would weave it into a customer's conversation.
///
/// # Errors
/// The mailbox's address cannot stand in a header.
pub fn write_event(mail: &EventMail<'_>) -> Result<Vec<u8>, ComposeError> {
    let team = Address::new(mail.agent, mail.mailbox);
    let message = Built::builder()
        .from(mailbox(&team)?)
        .to(mailbox(&Address::new("", mail.mailbox))?)
        .subject(sanitise::header(mail.subject))
        .date(SystemTime::from(mail.date))
        .message_id(Some(format!("<{}>", mail.message_id)))
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("X-Auto-Response-Suppress", "All"))
        .multipart(MultiPart::mixed().singlepart(words(mail.text)).singlepart(event_part(mail.json)))?;
    Ok(message.formatted())
}

fn words(text: &str) -> SinglePart {
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(sanitise_line_ends(text))
}

fn event_part(json: &str) -> SinglePart {
    let kind = ContentType::parse("application/json").unwrap_or(ContentType::TEXT_PLAIN);
    SinglePart::builder()
        .header(kind)
        .header(ContentDisposition::attachment("event.json"))
        .header(ContentTransferEncoding::Base64)
        .body(json.to_owned())
}

/// Takes the JSON out of a message of the log folder. `size` is that of the whole message,
/// of which `bytes` may be the beginning.
///
/// # Errors
/// Says why the message is none of ours. What is taken out still has to be believed:
/// [`crate::domain::envelope::open`] looks at its seal.
pub fn read_event(bytes: &[u8], size: usize) -> Result<String, NoEventMail> {
    if size > SNAPSHOT_OCTETS || bytes.len() > SNAPSHOT_OCTETS {
        return Err(NoEventMail::TooLarge);
    }
    let no_event = |_| NoEventMail::NoEvent;
    // Nearly everything is read as such a part: there is nothing to be found out about it.
    if let Some(part) = bytes.strip_prefix(EVENT_PART_HEAD) {
        return String::from_utf8(transfer::base64(part)).map_err(no_event);
    }
    let message = Structure::read(bytes);
    // Nobody delivers into the log: what a server received by SMTP or LMTP bears this.
    if message.headers().has("received") {
        return Err(NoEventMail::Delivered);
    }
    let part = message.parts.iter().find(|part| part.kind == "application/json").ok_or(NoEventMail::NoEvent)?;
    String::from_utf8(message.decoded(part).into_owned()).map_err(no_event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn an_event<'a>(json: &'a str, text: &'a str) -> EventMail<'a> {
        EventMail {
            mailbox: "support@example.test",
            agent: "ana",
            subject: "[#1042] ana gab es Bärbel (c0ff.17)",
            text,
            message_id: MessageId::new("pd1.00c0ffee00c0ffee.17@00ff.invalid").unwrap(),
            date: Timestamp::from_second(1_795_000_000).unwrap(),
            json,
        }
    }

    #[test]
    fn an_event_is_a_mail_that_a_person_can_read() {
        let bytes = write_event(&an_event(r#"{"v":1}"#, "ana assigned #1042 to Bärbel.\n")).unwrap();
        let mail = crate::mail::read(&bytes);

        assert_eq!(mail.subject, "[#1042] ana gab es Bärbel (c0ff.17)");
        assert_eq!(mail.attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["event.json"]);
        assert!(crate::mail::view(&bytes).text.contains("ana assigned #1042 to Bärbel."));
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        let header = text.split("\r\n\r\n").next().unwrap();
        for line in ["Message-ID: <pd1.00c0ffee00c0ffee.17@00ff.invalid>", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All"] {
            assert!(header.contains(line), "{header}");
        }
        assert!(!header.contains("References") && !header.contains("In-Reply-To"));
    }

    #[test]
    fn what_was_written_is_read_whatever_it_holds() {
        let json = format!(r#"{{"text":"{}"}}"#, "a3 OK\\r\\n.\\r\\nü".repeat(500));
        let bytes = write_event(&an_event(&json, &"a long note ".repeat(300))).unwrap();

        assert_eq!(read_event(&bytes, bytes.len()), Ok(json));
        assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    }

    #[test]
    fn what_was_delivered_is_too_large_or_holds_nothing_is_no_event() {
        let bytes = write_event(&an_event("{}", "text")).unwrap();
        let delivered = [b"Received: from mx by lmtp; now\r\n".as_slice(), &bytes].concat();

        assert_eq!(read_event(&delivered, delivered.len()), Err(NoEventMail::Delivered));
        assert_eq!(read_event(&bytes, SNAPSHOT_OCTETS + 1), Err(NoEventMail::TooLarge));
        assert_eq!(read_event(b"Subject: hello\r\n\r\nhello\r\n", 30), Err(NoEventMail::NoEvent));
        assert_eq!(read_event(b"", 0), Err(NoEventMail::NoEvent));
    }

    #[test]
    fn a_subject_or_an_address_brings_in_no_line_of_its_own() {
        let mail = EventMail { subject: "a\r\nReceived: x", agent: "ana\nBcc: eve@example.test", ..an_event("{}", "text") };
        let bytes = write_event(&mail).unwrap();

        assert_eq!(read_event(&bytes, bytes.len()), Ok("{}".into()));
        assert!(!String::from_utf8(bytes).unwrap().contains("\nBcc:"));
    }
}
