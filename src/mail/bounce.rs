//! Delivery reports: RFC 3464, and what servers write that know nothing of it.

use super::delivery_status::{DeliveryStatus, StatusRecipient, find_status, smtp_code};
use super::headers::Headers;
use super::machine::is_daemon;
use super::report_words::{Says, says};
use super::structure::Structure;
use super::subject_words::{SubjectKind, kind_of_subject};
use super::{lost_recipients, returned, ses};
use crate::domain::message::Bounce;

/// What a report reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    Bounce(Bounce),
    /// Delivery is late, to whom and why; the mail may still arrive.
    Delay(Bounce),
    /// Delivery waits until the sender confirms something.
    Challenge(Bounce),
    /// No failure: a delay, a receipt, a complaint; the kind in words.
    Notice(&'static str),
}

/// Finds out whether a mail is a report about another one.
pub fn report(structure: &Structure<'_>, text: &str) -> Option<Report> {
    let headers = structure.headers();
    if let Some(part) = structure.parts.iter().find(|part| part.kind.ends_with("delivery-status") && part.depth <= 3) {
        let status = DeliveryStatus::read(&structure.decoded(part));
        if let Some(report) = of_status(&status, structure, headers, text) {
            return Some(report);
        }
    }
    if let Some(report) = ses::report(headers, text) {
        return Some(report);
    }
    let report_type = structure.parts.first().filter(|root| root.kind == "multipart/report").and_then(|root| root.parameter("report-type"));
    let report_type = report_type.unwrap_or_default().to_lowercase();
    let says_failure = matches!(kind_of_subject(&headers.text("Subject")), Some(SubjectKind::Bounce | SubjectKind::Report));
    if says_failure && report_type == "disposition-notification" && says(text, Says::Failure) {
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

/// What the fields of a delivery-status part report; `None` when they say nothing.
fn of_status(status: &DeliveryStatus, structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Option<Report> {
    let with = |wanted: fn(&StatusRecipient) -> bool| status.recipients.iter().filter(|recipient| wanted(recipient)).collect::<Vec<_>>();
    let (failed, delayed) = (with(StatusRecipient::has_failed), with(StatusRecipient::is_delayed));
    let details = |recipients: &[&StatusRecipient]| details_of_status(recipients, structure, headers, text);
    if failed.iter().any(|recipient| says(&recipient.diagnostic, Says::Challenge)) {
        return Some(Report::Challenge(Bounce { permanent: false, ..details(&failed) }));
    }
    if !failed.is_empty() {
        return Some(Report::Bounce(details(&failed)));
    }
    if !delayed.is_empty() {
        return Some(Report::Delay(Bounce { permanent: false, ..details(&delayed) }));
    }
    status.recipients.iter().any(StatusRecipient::has_arrived).then_some(Report::Notice("delivery receipt"))
}

fn details_of_status(reported: &[&StatusRecipient], structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Bounce {
    let mut recipients = Vec::new();
    for recipient in reported {
        lost_recipients::push(&mut recipients, &recipient.address);
    }
    if recipients.is_empty() {
        recipients = lost_recipients::named(structure, headers, text);
    }
    let status = reported.iter().map(|recipient| recipient.enhanced_status()).find(|status| !status.is_empty()).unwrap_or_default();
    let permanent = reported.iter().any(|recipient| recipient.is_permanent());
    Bounce { permanent, recipients, status, original_message_id: returned::original_id(structure, headers, text) }
}

/// A report without a delivery-status part: told by who wrote it and what it says.
fn free_form(structure: &Structure<'_>, headers: &Headers<'_>, text: &str, declared: bool) -> Option<Report> {
    let subject = kind_of_subject(&headers.text("Subject"));
    // fml writes this header, and another one with the number of the mail into what the list's people wrote.
    let by_list_server = headers.has("X-MLServer") && !headers.has("X-Mail-Count");
    let by_machine = is_from_daemon(headers) || by_list_server || declared || headers.has("X-Failed-Recipients");
    let null_sender = headers.get("Return-Path").is_some_and(|field| field.unfolded().contains("<>"));
    let returned = returned::part(structure).is_some();
    let (failure, delay) = (|| says(text, Says::Failure), || says(text, Says::Delay));
    if subject == Some(SubjectKind::Delay) && (by_machine || null_sender || delay()) {
        return Some(Report::Delay(Bounce { permanent: false, ..details(structure, headers, text) }));
    }
    let says_failure = matches!(subject, Some(SubjectKind::Bounce | SubjectKind::Report));
    let is_report = headers.has("X-Failed-Recipients")
        || declared
        || subject == Some(SubjectKind::Report)
        || is_mailer_daemon(headers)
        || by_machine && (says_failure || returned || failure())
        || says_failure && (null_sender || returned)
        || null_sender && failure() && (subject.is_none() || says_failure);
    let may_be_report = says_failure && failure();
    if !(is_report || may_be_report) || matches!(subject, Some(SubjectKind::Vacation | SubjectKind::Receipt)) {
        return None;
    }
    let details = details(structure, headers, text);
    // A person may write about a failure, too, but names neither an address nor a code.
    if !is_report && details.recipients.is_empty() && details.status.is_empty() && smtp_code(returned::report_part(text)).is_none() {
        return None;
    }
    if delay() && !says(text, Says::Final) {
        return Some(Report::Delay(Bounce { permanent: false, ..details }));
    }
    Some(Report::Bounce(details))
}

fn details(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Bounce {
    let head = returned::report_part(text);
    let status = find_status(head).unwrap_or_default();
    let permanent = match status.chars().next() {
        Some(class) => class == '5',
        None => smtp_code(head).is_none_or(|code| code >= 500),
    };
    let recipients = lost_recipients::named(structure, headers, text);
    Bounce { permanent, recipients, status, original_message_id: returned::original_id(structure, headers, text) }
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
}
