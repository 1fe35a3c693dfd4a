//! Delivery reports: RFC 3464, and what servers write that know nothing of it.

use super::headers::{self, Headers};
use super::ids;
use super::structure::{Part, Structure};
use super::subject_words::{SubjectKind, kind_of_subject};
use crate::domain::MessageId;
use crate::domain::address::is_addr_spec;
use crate::domain::message::Bounce;

/// What a report reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    Bounce(Bounce),
    /// Delivery is late, to whom and why; the mail may still arrive.
    Delay(Bounce),
    /// No failure: a delay, a receipt, a complaint; the kind in words.
    Notice(&'static str),
}

/// Recipients listed for one report.
const MAX_RECIPIENTS: usize = 100;

/// Finds out whether a mail is a report about another one.
pub fn report(structure: &Structure<'_>, text: &str) -> Option<Report> {
    let headers = structure.headers();
    if let Some(part) = structure.parts.iter().find(|part| part.kind.ends_with("delivery-status") && part.depth <= 3) {
        let status = DeliveryStatus::read(&structure.decoded(part));
        if let Some(report) = status.into_report(structure, headers, text) {
            return Some(report);
        }
    }
    let report_type = structure.parts.first().filter(|root| root.kind == "multipart/report").and_then(|root| root.parameter("report-type"));
    let report_type = report_type.unwrap_or_default().to_lowercase();
    let says_failure = matches!(kind_of_subject(&headers.text("Subject")), Some(SubjectKind::Bounce | SubjectKind::Report));
    if says_failure && report_type == "disposition-notification" && speaks_of_failure(text) {
        return free_form(structure, headers, text, true);
    }
    if report_type == "disposition-notification"
        || structure.parts.iter().any(|part| part.kind == "message/disposition-notification" && part.depth <= 2)
    {
        return Some(Report::Notice("receipt"));
    }
    if report_type == "feedback-report" || structure.parts.iter().any(|part| part.kind == "message/feedback-report") {
        return Some(Report::Notice("feedback report"));
    }
    free_form(structure, headers, text, report_type == "delivery-status")
}

/// The fields of a delivery-status part (RFC 3464 §2).
#[derive(Debug, Default)]
struct DeliveryStatus {
    recipients: Vec<StatusRecipient>,
}

#[derive(Debug, Default)]
struct StatusRecipient {
    address: String,
    action: String,
    status: String,
    diagnostic: String,
}

impl DeliveryStatus {
    fn read(bytes: &[u8]) -> Self {
        let mut status = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() && status.recipients.len() < MAX_RECIPIENTS {
            let (block, length) = Headers::read(rest);
            rest = rest.get(length.max(1)..).unwrap_or_default();
            if block.is_empty() {
                // A line that is no field: pass over it, or the rest would never be reached.
                rest = headers::line_at(rest, 0).and_then(|(_, end)| rest.get(end..)).unwrap_or_default();
                continue;
            }
            status.recipients.extend(StatusRecipient::read(&block));
        }
        status
    }

    fn into_report(self, structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Option<Report> {
        let failed: Vec<&StatusRecipient> = self.recipients.iter().filter(|recipient| recipient.has_failed()).collect();
        if failed.is_empty() {
            let delayed: Vec<&StatusRecipient> = self.recipients.iter().filter(|recipient| recipient.action == "delayed").collect();
            if delayed.is_empty() {
                return self.recipients.iter().any(StatusRecipient::has_arrived).then_some(Report::Notice("delivery receipt"));
            }
            return Some(Report::Delay(Bounce { permanent: false, ..Self::details(&delayed, structure, headers, text) }));
        }
        Some(Report::Bounce(Self::details(&failed, structure, headers, text)))
    }

    fn details(failed: &[&StatusRecipient], structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Bounce {
        let mut recipients = Vec::new();
        for recipient in failed {
            push_address(&mut recipients, &recipient.address);
        }
        if recipients.is_empty() {
            recipients = recipients_in(structure, headers, text);
        }
        let status = failed.iter().map(|recipient| recipient.enhanced_status()).find(|status| !status.is_empty()).unwrap_or_default();
        let permanent = failed.iter().any(|recipient| recipient.is_permanent());
        Bounce { permanent, recipients, status, original_message_id: original_id(structure, headers, text) }
    }
}

impl StatusRecipient {
    fn read(block: &Headers<'_>) -> Option<Self> {
        let address = ["Original-Recipient", "Final-Recipient", "X-Actual-Recipient"]
            .iter()
            .map(|name| typed(&block.text(name)))
            .find(|address| address.contains('@'));
        let action = block.word("Action");
        if address.is_none() && action.is_empty() && !block.has("Status") {
            return None;
        }
        Some(Self {
            address: address.unwrap_or_default(),
            action: action.split([' ', ';', '(']).next().unwrap_or_default().to_owned(),
            status: block.word("Status"),
            diagnostic: typed(&block.text("Diagnostic-Code")),
        })
    }

    fn has_failed(&self) -> bool {
        match self.action.as_str() {
            "failed" | "failure" => true,
            "delayed" | "delivered" | "relayed" | "expanded" => false,
            _ => !self.status.starts_with('2'),
        }
    }

    fn has_arrived(&self) -> bool {
        matches!(self.action.as_str(), "delivered" | "relayed" | "expanded")
    }

    fn enhanced_status(&self) -> String {
        let own = find_status(&self.status).unwrap_or_default();
        // `5.0.0` says nothing; the server's own words may say more.
        let said = find_status(&self.diagnostic);
        if own.is_empty() || own.ends_with(".0.0") { said.unwrap_or(own) } else { own }
    }

    fn is_permanent(&self) -> bool {
        match self.enhanced_status().chars().next() {
            Some(class) => class == '5',
            None => smtp_code(&self.diagnostic).is_none_or(|code| code >= 500),
        }
    }
}

/// The value behind the type in `rfc822; ana@x.example`, brackets and stray marks removed.
fn typed(value: &str) -> String {
    let value = value.split_once(';').map_or(value, |(_, value)| value);
    value.trim().trim_matches(['<', '>', ' ', '"']).to_owned()
}

/// A report without a delivery-status part: told by who wrote it and what it says.
fn free_form(structure: &Structure<'_>, headers: &Headers<'_>, text: &str, declared: bool) -> Option<Report> {
    let subject = kind_of_subject(&headers.text("Subject"));
    let daemon = is_from_daemon(headers);
    let by_machine = daemon || declared || headers.has("X-Failed-Recipients");
    let null_sender = headers.get("Return-Path").is_some_and(|field| field.unfolded().contains("<>"));
    let returned = returned_message(structure).is_some();
    let details = || details(structure, headers, text);
    if subject == Some(SubjectKind::Delay) && (by_machine || null_sender || speaks_of_delay(text)) {
        return Some(Report::Delay(Bounce { permanent: false, ..details() }));
    }
    let says_failure = matches!(subject, Some(SubjectKind::Bounce | SubjectKind::Report));
    let is_report = headers.has("X-Failed-Recipients")
        || declared
        || subject == Some(SubjectKind::Report)
        || is_mailer_daemon(headers)
        || by_machine && (says_failure || returned || speaks_of_failure(text))
        || says_failure && (null_sender || returned || speaks_of_failure(text))
        || null_sender && speaks_of_failure(text) && (subject.is_none() || says_failure);
    if !is_report || matches!(subject, Some(SubjectKind::Vacation | SubjectKind::Receipt)) {
        return None;
    }
    if speaks_of_delay(text) && !speaks_of_final_failure(text) {
        return Some(Report::Delay(Bounce { permanent: false, ..details() }));
    }
    Some(Report::Bounce(details()))
}

fn details(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Bounce {
    let head = report_part(text);
    let status = find_status(head).unwrap_or_default();
    let permanent = match status.chars().next() {
        Some(class) => class == '5',
        None => smtp_code(head).is_none_or(|code| code >= 500),
    };
    let recipients = recipients_in(structure, headers, text);
    Bounce { permanent, recipients, status, original_message_id: original_id(structure, headers, text) }
}

/// The sender that mail servers use for reports, and people never.
fn is_mailer_daemon(headers: &Headers<'_>) -> bool {
    headers.addresses("From").iter().any(|sender| sender.key().split('@').next() == Some("mailer-daemon"))
}

fn is_from_daemon(headers: &Headers<'_>) -> bool {
    let senders = ["From", "Sender", "Return-Path"].iter().flat_map(|name| headers.addresses(name));
    let raw = headers.text("From").to_lowercase();
    senders.into_iter().any(|sender| is_daemon(&sender.address))
        || ["mailer-daemon", "mail delivery", "postmaster", "mail administrator"].iter().any(|name| raw.contains(name))
}

fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase().replace('_', "");
    ["mailer-daemon", "mailerdaemon", "postmaster", "mailer", "mdaemon", "mail-daemon", "maildaemon", "bounce"].iter().any(|name| local == *name)
        || local.starts_with("mailer-daemon")
        || local.starts_with("postmaster")
}

/// Senders that are programs of the mail system (RFC 2142, RFC 3834 §2).
pub fn is_machine(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    is_daemon(address)
        || matches!(local.as_str(), "root" | "daemon" | "abuse" | "listserv" | "majordomo" | "mailman" | "uucp")
        || local.starts_with("owner-")
        || local.ends_with("-request")
}

const FAILURE: [&str; 50] = [
    "has been returned",
    "error has occurred while attempting",
    "no valid recipients",
    "automatically rejected",
    "virus was found",
    "found virus",
    "virus detected",
    "detected virus",
    "files attached are blocked",
    "no such user here",
    "could not be delivered",
    "couldn't be delivered",
    "cannot be delivered",
    "can not be delivered",
    "can't be delivered",
    "was not delivered",
    "were not delivered",
    "not been delivered",
    "wasn't delivered",
    "unable to deliver",
    "undeliverable",
    "undelivered",
    "delivery failed",
    "delivery failure",
    "delivery has failed",
    "delivery to the following",
    "failed to deliver",
    "failed permanently",
    "permanent error",
    "permanent fatal error",
    "fatal errors",
    "user unknown",
    "unknown user",
    "no such user",
    "user not found",
    "mailbox unavailable",
    "mailbox not found",
    "mailbox is full",
    "mailbox full",
    "quota exceeded",
    "does not exist",
    "recipient rejected",
    "address rejected",
    "returned to sender",
    "message returned",
    "did not reach",
    "rejected your message",
    "unzustellbar",
    "nicht zugestellt",
    "not listed in",
];

fn speaks_of_failure(text: &str) -> bool {
    contains_any(text, &FAILURE)
}

fn speaks_of_delay(text: &str) -> bool {
    const DELAY: [&str; 15] = [
        "has been postponed",
        "still being retried",
        "will be retried",
        "we will continue to try",
        "is still awaiting delivery",
        "will continue to be attempted",
        "do not need to resend",
        "do not need to re-send",
        "need not resend",
        "this is a warning message only",
        "temporary failure report",
        "will keep trying",
        "will continue trying",
        "is delayed for more than",
        "no action is required on your part",
    ];
    contains_any(text, &DELAY)
}

fn speaks_of_final_failure(text: &str) -> bool {
    contains_any(text, &["permanent error", "permanently", "fatal error", "giving up", "given up"])
}

/// Looks at the beginning only: a report says what it is about before it quotes anything.
fn contains_any(text: &str, phrases: &[&str]) -> bool {
    let lower = beginning(text, 8 << 10).to_lowercase();
    let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    phrases.iter().any(|phrase| lower.contains(phrase))
}

fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// The returned message, or its headers, as a part of the report.
fn returned_message<'s, 'a>(structure: &'s Structure<'a>) -> Option<&'s Part<'a>> {
    structure.parts.iter().skip(1).find(|part| {
        matches!(
            part.kind.as_str(),
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" | "message/partial"
        )
    })
}

/// The headers of the returned message, wherever they stand.
fn returned_headers(structure: &Structure<'_>, text: &str) -> Option<ReturnedHeaders> {
    if let Some(part) = returned_message(structure) {
        let root = part.children.first().and_then(|index| structure.parts.get(*index));
        let found = match root {
            Some(root) => ReturnedHeaders::of(&root.headers),
            None => ReturnedHeaders::of(&Headers::read(&structure.decoded(part)).0),
        };
        return Some(found);
    }
    let at = start_of_returned(text)?;
    Some(ReturnedHeaders::of(&Headers::read(text.get(at..)?.trim_start().as_bytes()).0))
}

struct ReturnedHeaders {
    message_id: Option<MessageId>,
    to: Vec<String>,
}

impl ReturnedHeaders {
    fn of(headers: &Headers<'_>) -> Self {
        let to = headers.addresses("To").into_iter().chain(headers.addresses("Cc"));
        Self { message_id: ids::own(&headers.text("Message-ID")), to: to.map(|address| address.address).collect() }
    }
}

fn original_id(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Option<MessageId> {
    let returned = returned_headers(structure, text).and_then(|returned| returned.message_id);
    returned
        .or_else(|| id_in_text(text))
        .or_else(|| ids::scan(&headers.text("In-Reply-To")).ids.pop())
        .or_else(|| ids::scan(&headers.text("References")).ids.pop())
}

fn id_in_text(text: &str) -> Option<MessageId> {
    text.lines().filter_map(|line| line.trim_start_matches(['>', ' ', '\t']).split_once(':')).find_map(|(name, value)| {
        let name = name.trim();
        if name.eq_ignore_ascii_case("message-id") || name.eq_ignore_ascii_case("messageid") { ids::own(value) } else { None }
    })
}

/// Where a text starts to quote the returned message: the first line that is a trace or origin field.
fn start_of_returned(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let name = line.trim_start().split(':').next().unwrap_or_default();
        if line.contains(": ")
            && ["Received", "Return-Path", "Message-ID", "Delivered-To", "MIME-Version", "X-Received", "DKIM-Signature"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The report's own words, without the message it returns.
fn report_part(text: &str) -> &str {
    let end = start_of_returned(text).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// The addresses that could not be reached, as far as a free-form report gives them away.
fn recipients_in(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in headers.all("X-Failed-Recipients") {
        field.addresses().iter().for_each(|address| push_address(&mut found, &address.address));
    }
    for line in text.lines() {
        if let Some((name, value)) = line.trim_start_matches(['>', ' ']).split_once(':') {
            if ["final-recipient", "original-recipient"].iter().any(|known| name.trim().eq_ignore_ascii_case(known)) {
                push_address(&mut found, &typed(value));
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    let ours: Vec<String> =
        ["To", "From", "Delivered-To", "Cc"].iter().flat_map(|name| headers.addresses(name)).map(|address| address.key()).collect();
    let is_theirs = |address: &str| !ours.contains(&address.to_lowercase()) && !is_daemon(address);
    for local in local_users(report_part(text)) {
        let reporter = headers.addresses("From").into_iter().find_map(|from| from.address.split_once('@').map(|(_, domain)| domain.to_owned()));
        push_address(&mut found, &format!("{local}@{}", reporter.unwrap_or_default()));
    }
    if !found.is_empty() {
        return found;
    }
    for line in report_part(text).lines().take(400).filter(|line| !is_origin_field(line)) {
        for address in addresses_of_line(line) {
            if is_theirs(&address) {
                push_address(&mut found, &address);
            }
        }
    }
    if found.is_empty() {
        for address in returned_headers(structure, text).map(|returned| returned.to).unwrap_or_default() {
            if is_theirs(&address) {
                push_address(&mut found, &address);
            }
        }
    }
    found
}

/// Users of the reporting server itself, whom it names without a domain: indented, each alone on
/// its line, right below a sentence about recipients that ends with a colon.
fn local_users(text: &str) -> Vec<String> {
    let text = beginning(text, 8 << 10);
    let joined = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").to_lowercase();
    let lines: Vec<&str> = text.lines().collect();
    let announces = |at: usize| {
        let sentence = joined(lines.get(at.saturating_sub(2)..=at).unwrap_or_default());
        sentence.ends_with(':') && sentence.contains("recipient") && contains_any(&sentence, &FAILURE)
    };
    let Some(at) = (0..lines.len()).find(|at| lines.get(*at).is_some_and(|line| line.ends_with(':')) && announces(*at)) else { return Vec::new() };
    let user = |line: &&str| {
        let name = line.trim();
        line.starts_with([' ', '\t'])
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    lines.iter().skip(at + 1).take_while(|line| user(line)).map(|line| line.trim().to_owned()).collect()
}

/// A line that repeats the lost mail's own header, `From: …`, where its writer and other readers stand.
fn is_origin_field(line: &str) -> bool {
    let name = line.trim_start().split(':').next().unwrap_or_default();
    ["From", "To", "Cc", "Subject", "Date", "Sent", "Reply-To", "Sender", "Mail From"].iter().any(|field| name.eq_ignore_ascii_case(field))
}

/// The addresses in a line of a report.
fn addresses_of_line(line: &str) -> Vec<String> {
    if line.len() > 2_000 || !line.contains('@') {
        return Vec::new();
    }
    let words = line.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '\'' | '[' | ']' | '«' | '»' | '|'));
    words.filter_map(address_in_word).collect()
}

fn address_in_word(word: &str) -> Option<String> {
    let word = word.rsplit_once("mailto:").or_else(|| word.rsplit_once("MAILTO:")).map_or(word, |(_, address)| address);
    // `dda:SMTP=ana@x`: a type in front.
    let typed = |(tag, _): &(&str, &str)| !tag.contains('@') && tag.ends_with(|c: char| c.is_ascii_uppercase());
    let word = word.rsplit_once('=').filter(typed).map_or(word, |(_, address)| address);
    let word = match word.split_once(':') {
        Some((tag, address)) if !tag.contains('@') => address,
        _ => word,
    };
    let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '*' | '=' | '`' | '!' | '…' | '?'));
    let word = word.split_once(':').map_or(word, |(address, _)| address);
    let (local, domain) = word.split_once('@')?;
    let plausible = domain.contains('.') && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')) && !local.is_empty();
    (plausible && is_addr_spec(word)).then(|| word.to_owned())
}

fn push_address(list: &mut Vec<String>, address: &str) {
    let address = crate::domain::sanitise::line(address.trim()).into_owned();
    if address.contains('@') && address.len() <= 254 && list.len() < MAX_RECIPIENTS && !list.iter().any(|known| known.eq_ignore_ascii_case(&address))
    {
        list.push(address);
    }
}

/// The first enhanced status code, `5.1.1` (RFC 3463 §2), of a failure or delay.
fn find_status(text: &str) -> Option<String> {
    let bytes = beginning(text, 16 << 10).as_bytes();
    let mut at = 0;
    while let Some(index) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'4', b'5', rest)) {
        let start = at + index;
        let before = start.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(b' ');
        if !before.is_ascii_alphanumeric() && before != b'.' {
            if let Some(status) = status_at(bytes.get(start..).unwrap_or_default()) {
                return Some(status);
            }
        }
        at = start + 1;
    }
    None
}

fn status_at(bytes: &[u8]) -> Option<String> {
    let code: String = bytes.iter().take(9).map(|byte| char::from(*byte)).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let code = code.trim_end_matches('.');
    let fields: Vec<&str> = code.split('.').collect();
    let [class, subject, detail] = fields.as_slice() else { return None };
    (class.len() == 1 && (1..=3).contains(&detail.len()) && matches!(subject.len(), 1..=2)).then(|| code.to_owned())
}

/// The first SMTP reply code of a failure, 400 to 599 (RFC 5321 §4.2).
fn smtp_code(text: &str) -> Option<u16> {
    let words = beginning(text, 16 << 10).split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 3).filter_map(|word| word.parse().ok()).find(|code| (400..600).contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mail: &str, text: &str) -> Option<Report> {
        report(&Structure::read(mail.as_bytes()), text)
    }

    fn dsn(action: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nreport\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; gone@y.example\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@desk.example>\nTo: gone@y.example\n\nhi\n--b--\n"
        )
    }

    #[test]
    fn a_delivery_status_gives_recipient_status_and_original() {
        let Some(Report::Bounce(bounce)) = read(&dsn("failed", "5.0.0"), "report") else { panic!("no bounce") };

        assert_eq!(bounce.recipients, ["gone@y.example"]);
        assert_eq!((bounce.status.as_str(), bounce.permanent), ("5.1.1", true));
        assert_eq!(bounce.original_message_id.map(|id| id.to_string()).as_deref(), Some("ours@desk.example"));
    }

    #[test]
    fn a_delay_and_a_receipt_are_no_bounces() {
        let Some(Report::Delay(late)) = read(&dsn("delayed", "4.4.1"), "") else { panic!("no delay") };
        assert_eq!((late.recipients, late.permanent), (vec!["gone@y.example".to_owned()], false));
        assert_eq!(read(&dsn("delivered", "2.0.0"), ""), Some(Report::Notice("delivery receipt")));
    }

    #[test]
    fn a_free_form_report_is_read_from_its_words() {
        let text = "Hi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\nThis is a permanent error.\n\n<gone@y.example>:\n550 5.1.1 User unknown\n\n--- Below this line is a copy of the message.\n\nReceived: from z\nMessage-ID: <ours@desk.example>\nTo: someone.else@y.example\n";
        let mail = "From: MAILER-DAEMON@mx.example\nTo: support@desk.example\nSubject: failure notice\nReturn-Path: <>\n\n";

        let Some(Report::Bounce(bounce)) = read(mail, text) else { panic!("no bounce") };

        assert_eq!(bounce.recipients, ["gone@y.example"]);
        assert_eq!((bounce.status.as_str(), bounce.permanent), ("5.1.1", true));
        assert_eq!(bounce.original_message_id.map(|id| id.to_string()).as_deref(), Some("ours@desk.example"));
    }

    #[test]
    fn a_server_names_its_own_users_without_a_domain() {
        let text = "Sorry support@desk.example. Your mail to the following recipients could not be\ndelivered because they accept none from support@desk.example:\n\tscreenname\n\n";
        let mail = "From: MAILER-DAEMON@mx.example\nTo: support@desk.example\nSubject: Mail Delivery Problem\n\n";

        let Some(Report::Bounce(bounce)) = read(mail, text) else { panic!("no bounce") };

        assert_eq!(bounce.recipients, ["screenname@mx.example"]);
    }

    #[test]
    fn a_person_who_speaks_of_failures_is_no_daemon() {
        assert_eq!(read("From: ana@x.example\nSubject: My mail could not be delivered\n\n", "It said user unknown, what does that mean?"), None);
    }

    #[test]
    fn status_codes_are_no_addresses_and_no_dates() {
        assert_eq!(find_status("host 5.9.11.12 said: 550 5.7.1 no"), Some("5.7.1".into()));
        assert_eq!(find_status("2014.5.1"), None);
        assert_eq!(smtp_code("error 451 try later"), Some(451));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<|>|@|a\\.b|x|: |\n|550 |5\\.1\\.1|Received|Final-Recipient: rfc822;|é){0,50}") {
            let _ = (find_status(&text), smtp_code(&text), addresses_of_line(&text), DeliveryStatus::read(text.as_bytes()), id_in_text(&text), start_of_returned(&text));
        }
    }
}
