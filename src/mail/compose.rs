//! A mail of ours as bytes, ready for SMTP and for the Sent folder.

use std::time::SystemTime;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Built, MultiPart, SinglePart};

use super::address_list::address_list;
use super::flowed;
use super::id_list::{bracketed, id_list, trimmed_references};
use crate::domain::draft::DraftAttachment;
use crate::domain::{Address, MessageId, Timestamp, sanitise};

/// Everything that goes into a mail. Blind copies are the envelope's business and have no place here.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    /// Line feeds as line ends.
    pub text: String,
    /// An alternative to the text, when the project wants one.
    pub html: Option<String>,
    pub attachments: Vec<DraftAttachment>,
    pub message_id: MessageId,
    pub date: Timestamp,
    pub in_reply_to: Option<MessageId>,
    /// Oldest first; shortened to what relays let pass.
    pub references: Vec<MessageId>,
    /// Marks the mail as automatic (RFC 3834); an agent's answer is not.
    pub automatic: bool,
    /// Outlook's name for the conversation, kept when the customer's mail had one.
    pub thread_topic: Option<String>,
}

/// Why no mail could be made.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("`{address}` cannot be written into a mail header")]
    Address { address: String },
    #[error("the media type `{kind}` of attachment `{name}` is malformed")]
    MediaType { kind: String, name: String },
    #[error("the mail could not be built")]
    Build(#[from] lettre::error::Error),
}

/// Builds the mail: 7-bit, CRLF line ends, no line above 998 octets, text as
/// format=flowed (RFC 3676). No value can bring in a header line of its own.
///
/// # Errors
/// An address or a media type that no header can hold, or no sender.
pub fn compose(mail: &Outgoing) -> Result<Vec<u8>, ComposeError> {
    let mut builder = Built::builder().from(mailbox(&mail.from)?).date(SystemTime::from(mail.date)).message_id(Some(bracketed(&mail.message_id)));
    for (name, people) in [("To", &mail.to), ("Cc", &mail.cc)] {
        if !people.is_empty() {
            builder = builder.raw_header(address_list(name, people)?);
        }
    }
    builder = builder.subject(sanitise::header(&mail.subject));
    let parent: Vec<String> = mail.in_reply_to.iter().map(bracketed).collect();
    for (name, ids) in [("In-Reply-To", parent), ("References", trimmed_references(&mail.references))] {
        if let Some(header) = id_list(name, &ids) {
            builder = builder.raw_header(header);
        }
    }
    if mail.automatic {
        builder = builder.raw_header(raw("Auto-Submitted", "auto-replied")).raw_header(raw("X-Auto-Response-Suppress", "DR, RN, OOF, AutoReply"));
    }
    if let Some(topic) = mail.thread_topic.as_deref().map(sanitise::header).filter(|topic| !topic.is_empty()) {
        builder = builder.raw_header(raw("Thread-Topic", &topic));
    }
    // Nobody outside the list of recipients is in the bytes, so an envelope of the sender alone is enough to build.
    builder = builder.envelope(envelope(mail)?);
    let built = if mail.attachments.is_empty() {
        match &mail.html {
            None => builder.singlepart(text_part(&mail.text))?,
            Some(html) => builder.multipart(alternative(&mail.text, html))?,
        }
    } else {
        builder.multipart(with_attachments(mail)?)?
    };
    Ok(built.formatted())
}

/// Whether a mail header and an envelope can hold an address.
pub fn is_writable(address: &Address) -> bool {
    mailbox(address).is_ok()
}

pub(super) fn mailbox(address: &Address) -> Result<Mailbox, ComposeError> {
    let error = || ComposeError::Address { address: sanitise::line(&address.address).into_owned() };
    if !crate::domain::address::is_addr_spec(&address.address) {
        return Err(error());
    }
    let name = Some(sanitise::header(&address.name)).filter(|name| !name.is_empty() && is_foldable(name));
    let spec = address.address.parse().map_err(|_| error())?;
    Ok(Mailbox::new(name, spec))
}

/// Whether a name has blanks enough to be folded into lines of 998 octets. One without comes
/// from nobody's keyboard, and the mail is better without it than not sent.
fn is_foldable(name: &str) -> bool {
    const LONGEST_WORD: usize = 400;
    !name.is_ascii() || name.split(' ').all(|word| word.len() <= LONGEST_WORD)
}

fn envelope(mail: &Outgoing) -> Result<lettre::address::Envelope, ComposeError> {
    let from = mailbox(&mail.from)?.email;
    Ok(lettre::address::Envelope::new(Some(from.clone()), vec![from])?)
}

pub(super) fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn text_part(text: &str) -> SinglePart {
    let text = sanitise_line_ends(text);
    SinglePart::builder().header(FlowedText).body(flowed::flow(text.trim_end_matches('\n')) + "\n")
}

/// A lone CR would be a line end to some servers and none to others.
pub(super) fn sanitise_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], "\n").replace('\0', "")
}

fn alternative(text: &str, html: &str) -> MultiPart {
    MultiPart::alternative().singlepart(text_part(text)).singlepart(SinglePart::html(sanitise_line_ends(html)))
}

fn with_attachments(mail: &Outgoing) -> Result<MultiPart, ComposeError> {
    let mixed = MultiPart::mixed();
    let mut parts = match &mail.html {
        None => mixed.singlepart(text_part(&mail.text)),
        Some(html) => mixed.multipart(alternative(&mail.text, html)),
    };
    for attachment in &mail.attachments {
        parts = parts.singlepart(file_part(attachment)?);
    }
    Ok(parts)
}

fn file_part(attachment: &DraftAttachment) -> Result<SinglePart, ComposeError> {
    let name = sanitise::file_name(&attachment.name);
    let kind = if attachment.kind.is_empty() { "application/octet-stream" } else { attachment.kind.as_str() };
    let clean = kind.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let kind = ContentType::parse(kind).ok().filter(|_| clean);
    let kind = kind.ok_or_else(|| ComposeError::MediaType { kind: sanitise::line(&attachment.kind).into_owned(), name: name.clone() })?;
    let encoded = lettre::message::Body::new_with_encoding(attachment.bytes.clone(), lettre::message::header::ContentTransferEncoding::Base64);
    let body = encoded.unwrap_or_else(lettre::message::Body::new);
    Ok(SinglePart::builder().header(kind).header(FileName(name)).body(body))
}

/// `Content-Type: text/plain` with format=flowed, which the builder has no word for.
#[derive(Clone, Debug)]
struct FlowedText;

impl Header for FlowedText {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Type")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        let value = "text/plain; charset=utf-8; format=flowed".to_owned();
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), value)
    }
}

/// `Content-Disposition: attachment` with the name twice: in ASCII for old readers, and whole (RFC 2231).
#[derive(Clone, Debug)]
struct FileName(String);

impl Header for FileName {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.value())
    }
}

impl FileName {
    fn value(&self) -> String {
        let plain: String = self.0.chars().map(|c| if c.is_ascii_alphanumeric() || " ._-()+@,=#".contains(c) { c } else { '_' }).collect();
        let mut value = format!("attachment;\r\n filename=\"{plain}\"");
        if plain != self.0 {
            value.push_str(";\r\n filename*=UTF-8''");
            value.push_str(&percent_encoded(&self.0));
        }
        value
    }
}

fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail;

    fn outgoing() -> Outgoing {
        Outgoing {
            from: Address::new("Ana Ruiz (App)", "app@desk.example"),
            to: vec![Address::new("Jürgen Groß", "j@customer.example")],
            cc: vec![],
            subject: "Re: Größe [#1042]".into(),
            text: "Hallo,\n\nes geht wieder.\n\n-- \nAna".into(),
            html: None,
            attachments: vec![],
            message_id: MessageId::new("answer@desk.example").unwrap(),
            date: "2026-11-23T14:05:00Z".parse().unwrap(),
            in_reply_to: MessageId::new("question@customer.example"),
            references: vec![MessageId::new("first@customer.example").unwrap(), MessageId::new("question@customer.example").unwrap()],
            automatic: false,
            thread_topic: None,
        }
    }

    fn text_of(mail: &Outgoing) -> String {
        String::from_utf8(compose(mail).unwrap()).unwrap()
    }

    #[test]
    fn what_was_composed_is_read_back() {
        let mut mail = outgoing();
        mail.text = format!("Hallo,\n\n{}\n From here on.\n> zitiert\n\n-- \nAna", "lang ".repeat(60).trim_end());
        mail.attachments = vec![DraftAttachment { name: "Größe.pdf".into(), kind: "application/pdf".into(), bytes: vec![0, 255, 10, 13] }];

        let bytes = compose(&mail).unwrap();
        let read = mail::read(&bytes);

        assert_eq!(read.text, mail.text);
        assert_eq!((read.subject.as_str(), read.message_id.as_str()), ("Re: Größe [#1042]", "answer@desk.example"));
        assert_eq!((read.from, read.to), (Some(mail.from.clone()), mail.to.clone()));
        assert_eq!((read.in_reply_to.first().cloned(), read.references.clone()), (mail.in_reply_to.clone(), mail.references.clone()));
        assert_eq!(read.date, Some(mail.date));
        assert_eq!(mail::attachment(&bytes, 0), Some(("Größe.pdf".into(), vec![0, 255, 10, 13])));
    }

    #[test]
    fn the_bytes_are_seven_bit_with_crlf_and_short_lines() {
        let mut mail = outgoing();
        mail.text = format!("ä{}\nb\rc\n.\n", "x".repeat(5_000));
        mail.html = Some(format!("<p>{}</p>", "ü".repeat(3_000)));

        let bytes = compose(&mail).unwrap();

        assert!(bytes.is_ascii());
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999 && !line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r'));
        }
        assert_eq!(memchr::memchr_iter(b'\n', &bytes).count(), memchr::memmem::find_iter(&bytes, b"\r\n").count());
    }

    #[test]
    fn a_long_list_of_recipients_is_folded_between_them() {
        let bare = |n: i32| Address::new("", format!("person{n}@very-long-domain.example"));
        let named = |n: i32| Address::new(format!("Grün, Person {n}"), format!("person{n}@very-long-domain.example"));
        let mail = Outgoing { to: (0..150).map(bare).collect(), cc: (0..70).flat_map(|n| [bare(n), named(n)]).collect(), ..outgoing() };

        let bytes = compose(&mail).unwrap();

        let text = String::from_utf8(bytes.clone()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().all(|line| line.len() <= 78 && !line.trim().is_empty()), "{head}");
        let read = mail::read(&bytes);
        assert!(read.to == mail.to && read.cc == mail.cc, "{head}");
    }

    #[test]
    fn a_name_no_line_can_hold_does_not_keep_a_mail_from_being_sent() {
        let mail = Outgoing { to: vec![Address::new("x".repeat(1_200), "j@customer.example")], ..outgoing() };

        assert!(text_of(&mail).lines().all(|line| line.len() <= 998));
        assert_eq!(mail::read(&compose(&mail).unwrap()).to, [Address::new("", "j@customer.example")]);
    }

    #[test]
    fn only_automatic_mail_says_so() {
        assert!(!text_of(&outgoing()).contains("Auto-Submitted"));
        assert!(text_of(&Outgoing { automatic: true, ..outgoing() }).contains("Auto-Submitted: auto-replied\r\n"));
    }

    #[test]
    fn an_answer_to_a_mail_whose_id_fills_a_line_can_be_sent_and_finds_its_ticket() {
        let long = MessageId::new(&format!("{}@customer.example", "x".repeat(975))).unwrap();
        let mail = Outgoing { in_reply_to: Some(long.clone()), references: vec![long.clone()], ..outgoing() };

        let bytes = compose(&mail).unwrap();

        assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
        let read = mail::read(&bytes);
        assert_eq!((read.in_reply_to, read.references), (vec![long.clone()], vec![long]));
    }

    #[test]
    fn an_address_that_no_header_can_hold_is_refused() {
        let mail = Outgoing { to: vec![Address::new("", "a@x\r\nBcc: b@y")], ..outgoing() };

        assert!(matches!(compose(&mail), Err(ComposeError::Address { .. })));
    }

    #[test]
    fn a_name_beyond_ascii_is_given_twice() {
        assert_eq!(FileName("Größe 1.pdf".into()).value(), "attachment;\r\n filename=\"Gr__e 1.pdf\";\r\n filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.pdf");
        assert_eq!(FileName("plain.pdf".into()).value(), "attachment;\r\n filename=\"plain.pdf\"");
    }

    proptest::proptest! {
        #[test]
        fn no_field_can_bring_in_a_header_line(evil in "[a\r\n\u{85}\u{2028}\u{0}:ä ]{0,40}") {
            let evil = format!("{evil}\r\nBcc: spy@evil.example\nX-Evil: 1\r{evil}");
            let mut mail = outgoing();
            mail.subject = evil.clone();
            mail.from.name = evil.clone();
            mail.to = vec![Address::new(evil.clone(), "j@customer.example")];
            mail.thread_topic = Some(evil.clone());
            mail.attachments = vec![DraftAttachment { name: evil.clone(), kind: "text/plain".into(), bytes: b"x".to_vec() }];
            let bytes = compose(&mail).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            for line in text.split("\r\n") {
                let lower = line.to_lowercase();
                proptest::prop_assert!(!lower.starts_with("bcc") && !lower.starts_with("x-evil") && !line.contains(['\r', '\n']), "{line:?}");
            }
        }
    }
}
