//! A whole mail, or its header block, as a [`Message`].

use super::body::Body;
use super::headers::Headers;
use super::html::Rendered;
use super::structure::Structure;
use super::{attachment, class, dates, flowed, html, ids, limits, line_ends, marks, routing, subject, trace};
use crate::domain::message::{Flaw, Message};
use crate::domain::{Address, MessageId, sanitise};

/// How HTML becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HtmlWay {
    /// In linear time, for the search index.
    Strip,
    /// With tables, lists and hidden parts as a reader would see them.
    LayOut,
}

/// A message and what reading it also brought to light.
#[derive(Debug)]
pub(super) struct Assembled<'a> {
    pub message: Message,
    pub structure: Structure<'a>,
    pub body: Body,
    /// The text with the marks that [`quote`] understands; `message.text` has none.
    pub marked_text: String,
}

/// Reads a mail. Never fails, never panics; flaws are values.
pub fn read(bytes: &[u8]) -> Message {
    assemble(&line_ends::repaired(bytes), HtmlWay::LayOut).message
}

/// Reads what a header block says; the text is empty and there are no attachments.
///
/// A mail without a Message-ID gets a stand-in made of its header alone, which
/// differs from the one [`read`] makes of the whole mail.
pub fn read_header(bytes: &[u8]) -> Message {
    let bytes = line_ends::repaired(bytes);
    let structure = Structure::read_header(&bytes);
    let mut message = from_headers(&structure);
    message.flaws.extend(structure.flaws.iter().cloned());
    classify(&mut message, &structure, "");
    message
}

pub(super) fn assemble(bytes: &[u8], way: HtmlWay) -> Assembled<'_> {
    let mut structure = Structure::read(bytes);
    let body = Body::of(&structure);
    let marked_text = readable(&mut structure, &body, way);
    let mut message = from_headers(&structure);
    message.text = clean(&marked_text);
    message.html = body.is_html(&structure);
    message.attachments = attachment::list(&structure, &body);
    if message.text.trim().is_empty() {
        structure.flag(if message.attachments.is_empty() { Flaw::Empty } else { Flaw::NoVisibleText });
    }
    message.flaws.extend(structure.flaws.iter().cloned());
    classify(&mut message, &structure, &marked_text);
    Assembled { message, structure, body, marked_text }
}

/// What the terminal may show of a text that [`quote`] may still want to look at.
pub(super) fn clean(marked: &str) -> String {
    // Most mail is printable ASCII, and telling that is far cheaper than looking at each character.
    if marked.bytes().all(|byte| matches!(byte, b'\n' | 0x20..=0x7e)) {
        return marked.trim_end().to_owned();
    }
    sanitise::text(marks::without_marks(marked).trim_end()).into_owned()
}

/// The readable parts in order, one blank line between them.
fn readable(structure: &mut Structure<'_>, body: &Body, way: HtmlWay) -> String {
    let mut text = String::new();
    for index in &body.texts {
        let Some(part) = structure.parts.get(*index) else { continue };
        let is_html = part.kind == "text/html";
        let flowed = part.parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        let delsp = part.parameter("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
        let (raw, repaired) = structure.text(part);
        let plain = |text| Rendered { text, ..Rendered::default() };
        let rendered = match (is_html, way) {
            (true, HtmlWay::Strip) => html::strip(&raw),
            (true, HtmlWay::LayOut) => html::lay_out(&marks::without_marks(&raw)),
            (false, _) if flowed => plain(flowed::unflow(&raw, delsp)),
            (false, _) => plain(raw),
        };
        // Only rendering leaves marks; those a sender wrote himself mean nothing.
        let marked_by_sender = !(is_html && way == HtmlWay::LayOut);
        let piece = if marked_by_sender { marks::drop_marks(rendered.text) } else { rendered.text };
        let flaws = [(Flaw::CharsetRepaired, repaired), (Flaw::HtmlTooComplex, rendered.is_stripped), (Flaw::TextTruncated, rendered.is_shortened)];
        for (flaw, found) in flaws {
            if found {
                structure.flag(flaw);
            }
        }
        if !append(&mut text, &piece) {
            structure.flag(Flaw::TextTruncated);
            break;
        }
    }
    text
}

/// Appends a part's text as far as the limit allows; false when something had to be left out.
fn append(text: &mut String, piece: &str) -> bool {
    if !text.trim().is_empty() {
        text.truncate(text.trim_end_matches('\n').len());
        text.push_str("\n\n");
    }
    let room = limits::TEXT_BYTES.saturating_sub(text.len());
    let mut end = piece.len().min(room);
    while !piece.is_char_boundary(end) {
        end -= 1;
    }
    text.push_str(piece.get(..end).unwrap_or_default());
    end == piece.len()
}

fn classify(message: &mut Message, structure: &Structure<'_>, text: &str) {
    let found = class::classify(structure, text);
    message.class = found.class;
    message.auto_reason = found.auto_reason;
    message.bounce = found.bounce;
    message.may_acknowledge = found.may_acknowledge;
}

fn from_headers(structure: &Structure<'_>) -> Message {
    let headers = structure.headers();
    let mut flaws = Vec::new();
    if headers.is_empty() {
        flaws.push(if structure.bytes.is_empty() { Flaw::Empty } else { Flaw::NotMime });
    }
    let subject = headers.text("Subject");
    let message_id = message_id(structure, &mut flaws);
    let date = date(headers, &mut flaws);
    let from = sender(headers, &mut flaws);
    let (reply_to, to, cc) = (headers.addresses("Reply-To"), headers.addresses("To"), headers.addresses("Cc"));
    let lists = [("Reply-To", &reply_to), ("To", &to), ("Cc", &cc)];
    if lists.iter().any(|(name, list)| list.len() == limits::ADDRESSES && headers.has_more_addresses(name)) {
        flaws.push(Flaw::TooManyAddresses);
    }
    let people: Vec<Address> = from.iter().chain(&reply_to).chain(&to).chain(&cc).cloned().collect();
    let in_reply_to = ids_of(headers, "In-Reply-To", |value| ids::scan_parents(value, &people), &mut flaws);
    let references = ids_of(headers, "References", ids::scan, &mut flaws);
    let bare_ids = [&in_reply_to, &references].into_iter().filter(|found| found.are_bare).flat_map(|found| found.ids.clone()).collect();
    let (in_reply_to, references) = (in_reply_to.ids, references.ids);
    Message {
        message_id,
        in_reply_to,
        references,
        bare_ids,
        from,
        reply_to,
        to,
        cc,
        date,
        base_subject: subject::base(&subject),
        subject,
        text: String::new(),
        html: false,
        attachments: Vec::new(),
        class: crate::domain::message::Class::Human,
        auto_reason: String::new(),
        bounce: None,
        may_acknowledge: false,
        recipients: routing::recipients(headers),
        authentication: trace::authentication(headers),
        conversation: trace::conversation(headers),
        flaws,
    }
}

fn message_id(structure: &Structure<'_>, flaws: &mut Vec<Flaw>) -> MessageId {
    let headers = structure.headers();
    let written = headers.get("Message-ID").map(super::headers::Field::unfolded).unwrap_or_default();
    if let Some(id) = ids::own(&written) {
        return id;
    }
    flaws.push(if written.is_empty() { Flaw::MissingMessageId } else { Flaw::InvalidMessageId });
    MessageId::synthetic(&seed(structure))
}

/// What the stand-in for a missing Message-ID is made of: From, Date, Subject, size and body.
fn seed(structure: &Structure<'_>) -> Vec<u8> {
    let headers = structure.headers();
    let mut seed = Vec::new();
    for name in ["From", "Date", "Subject"] {
        seed.extend_from_slice(headers.raw(name).trim_ascii());
        seed.push(0);
    }
    seed.extend_from_slice(&(structure.bytes.len() as u64).to_be_bytes());
    if let Some(root) = structure.parts.first() {
        seed.extend_from_slice(structure.raw_body(root));
    }
    seed
}

fn date(headers: &Headers<'_>, flaws: &mut Vec<Flaw>) -> Option<crate::domain::Timestamp> {
    let Some(field) = headers.get("Date") else {
        flaws.push(Flaw::MissingDate);
        return None;
    };
    let date = dates::read(field);
    if date.is_none() {
        flaws.push(Flaw::ImplausibleDate);
    }
    date
}

/// The first From address; only when there is none do Sender and Reply-To count.
fn sender(headers: &Headers<'_>, flaws: &mut Vec<Flaw>) -> Option<Address> {
    let from = headers.addresses("From").into_iter().next();
    if from.is_none() {
        flaws.push(Flaw::MissingFrom);
    }
    from.or_else(|| ["Sender", "Reply-To"].iter().find_map(|name| headers.addresses(name).into_iter().next()))
}

/// The ids of all fields of that name; there should be one, and some mails have more.
fn ids_of(headers: &Headers<'_>, name: &str, scan: impl Fn(&str) -> ids::Found, flaws: &mut Vec<Flaw>) -> ids::Found {
    let mut written: Vec<String> = headers.all(name).map(super::headers::Field::unfolded).collect();
    if written.is_empty() {
        return ids::Found::default();
    }
    let value = if written.len() == 1 { written.pop().unwrap_or_default() } else { written.join(" ") };
    let found = scan(&value);
    if found.too_many && !flaws.contains(&Flaw::TooManyReferences) {
        flaws.push(Flaw::TooManyReferences);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Class;

    fn fixture(name: &str) -> Message {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail").join(name);
        read(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Compares one aspect of how a fixture is read; prints the whole reading when it differs.
    #[expect(clippy::needless_pass_by_value, reason = "every caller makes the value on the spot")]
    fn check<T: PartialEq + std::fmt::Debug>(name: &str, aspect: impl Fn(&Message) -> T, expected: T) {
        let message = fixture(name);
        assert_eq!(aspect(&message), expected, "{name}: {message:#?}");
    }

    #[test]
    fn a_plain_mail_is_read_whole() {
        check(
            "plain.eml",
            |m| (m.message_id.to_string(), m.subject.clone(), m.base_subject.clone(), m.text.clone()),
            (
                "plain.1@customer.example".into(),
                "Re: Größe des Exports".into(),
                "Größe des Exports".into(),
                "Hallo,\n\nder Export ist zu groß.\n\nGrüße\nAna".into(),
            ),
        );
        check("plain.eml", |m| m.date.map(|date| date.to_string()), Some("2026-11-23T13:05:00Z".into()));
        check("plain.eml", |m| m.flaws.clone(), vec![]);
    }

    #[test]
    fn flowed_text_is_joined() {
        check(
            "flowed.eml",
            |m| m.text.clone(),
            "This is one long paragraph that was broken softly.\n\n> and a quoted one too\nEnd.\n\n-- \nAna".into(),
        );
    }

    #[test]
    fn html_only_mail_is_read_as_text() {
        check("html-only.eml", |m| (m.html, m.text.clone()), (true, "Hello team,\n\nthe export fails:\n* large files\n* old files".into()));
    }

    #[test]
    fn marks_of_the_folder_written_by_a_sender_fold_nothing() {
        for kind in ["plain", "html"] {
            let mail = format!("Content-Type: text/{kind}; charset=utf-8\n\none<br>\n\u{e0f2}\ntwo\n");
            assert!(crate::mail::view(mail.as_bytes()).new_text.contains("two"), "{kind}");
        }
    }

    #[test]
    fn attachments_are_listed_with_safe_names_and_true_sizes() {
        check(
            "attachment.eml",
            |m| m.attachments.iter().map(|a| (a.name.clone(), a.kind.clone(), a.size)).collect::<Vec<_>>(),
            vec![("passwd".into(), "application/pdf".into(), 5)],
        );
    }

    #[test]
    fn western_text_labelled_utf8_is_repaired_and_said() {
        check("mislabelled.eml", |m| (m.text.clone(), m.flaws.clone()), ("Größe".into(), vec![Flaw::CharsetRepaired]));
    }

    #[test]
    fn a_date_in_the_year_9999_is_no_date() {
        check("year-9999.eml", |m| (m.date, m.flaws.clone()), (None, vec![Flaw::ImplausibleDate]));
    }

    #[test]
    fn a_mail_without_an_id_gets_the_same_one_everywhere() {
        let (first, second) = (fixture("no-id.eml"), fixture("no-id.eml"));

        assert!(first.message_id.is_synthetic());
        assert_eq!(first.message_id, second.message_id);
        assert_eq!(first.flaws, [Flaw::MissingMessageId]);
    }

    #[test]
    fn what_is_no_mail_at_all_is_still_a_message() {
        let message = read(b"hello world");
        assert_eq!((message.text.as_str(), message.flaws.contains(&Flaw::NotMime)), ("hello world", true));
        assert!(read(b"").flaws.contains(&Flaw::Empty));
    }

    #[test]
    fn a_bounce_names_the_lost_recipient_and_our_mail() {
        check("bounce.eml", |m| (m.class, m.may_acknowledge), (Class::Bounce, false));
        check(
            "bounce.eml",
            |m| m.bounce.clone().map(|b| (b.permanent, b.recipients, b.status, b.original_message_id.map(|id| id.to_string()))),
            Some((true, vec!["gone@customer.example".into()], "5.1.1".into(), Some("answer.1@desk.example".into()))),
        );
    }

    #[test]
    fn a_vacation_note_is_automatic_and_says_why() {
        check("vacation.eml", |m| (m.class, m.auto_reason.clone(), m.may_acknowledge), (Class::AutoReply, "vacation".into(), false));
    }

    #[test]
    fn escape_sequences_do_not_survive_reading() {
        let message = read(b"From: \x1b]0;x\x07 <a@x.example>\nSubject: \x1b[31mred\n\n\x1b]52;c;AAAA\x07text\n");

        let shown = format!("{:?}{}{}", message.from, message.subject, message.text);
        assert!(!shown.contains(|c: char| c.is_control()), "{shown:?}");
    }

    #[test]
    fn a_header_block_alone_gives_the_same_header() {
        let bytes =
            b"From: Ana <a@x.example>\r\nMessage-ID: <1@x>\r\nReferences: <0@x>\r\nSubject: Re: x\r\nDate: Mon, 23 Nov 2026 14:05:00 +0000\r\n\r\n";
        let (header, whole) = (read_header(bytes), read(&[bytes.as_slice(), b"text"].concat()));

        assert_eq!((header.message_id, header.references, header.from, header.date), (whole.message_id, whole.references, whole.from, whole.date));
        assert_eq!(header.text, "");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let _ = (read(&bytes), read_header(&bytes));
        }

        #[test]
        fn no_mail_like_bytes_make_reading_panic(text in "((Content-Type|Subject|From|To|Date|References|Message-ID|Received|Content-Disposition|Return-Path): |multipart/(mixed|alternative|report); boundary=b|text/(plain|html); charset=(utf-8|x)|message/(rfc822|delivery-status)|\n--b|--|\n\n|\r\n|<|>|=\\?utf-8\\?[BQ]\\?|\\?=|@|é|for | |\"|\\(){0,80}") {
            let _ = (read(text.as_bytes()), super::super::ingest(text.as_bytes(), 0), super::super::view(text.as_bytes()), super::super::attachment(text.as_bytes(), 0));
        }
    }
}
