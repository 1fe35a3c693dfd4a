//! What is to be noticed about a mail, and what a ticket may belong to.

use super::support::{Fake, Play, key, nth_mail, ticket_of};
use crate::domain::message::{Bounce, Class};
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::suggestion::{Suggestion, SuggestionKind, Which};
use crate::protocol::job::Act;
use crate::protocol::json::ShownMessage;
use crate::protocol::news::News;

/// A ticket to which a stranger wrote, and that may belong to another.
fn doubtful() -> Play {
    let mut ticket = ticket_of(2);
    let mail = &mut ticket.messages[1];
    mail.authentication = "fail spf=fail dmarc=fail".into();
    mail.language = "de".into();
    mail.signals = vec![
        Signal::new(SignalKind::Stranger, "eve@z.example has not taken part in this ticket before"),
        Signal::new(SignalKind::Signed, "signed with OpenPGP"),
        Signal::new(SignalKind::FirstTime, "first mail from eve@z.example"),
    ];
    ticket.suggestions = vec![
        Suggestion {
            kind: SuggestionKind::SameSubject,
            key: Some(key(1030)),
            number: Some(1030),
            subject: "Refund".into(),
            address: None,
            why: "same subject, and maria@client.example takes part in both".into(),
        },
        Suggestion {
            kind: SuggestionKind::Participant,
            key: None,
            number: None,
            subject: String::new(),
            address: Some("eve@z.example".into()),
            why: "eve@z.example joined by a reference and has not been confirmed".into(),
        },
    ];
    let mut play = Play::on(Fake { ticket: Some(ticket), related: vec![key(1042)], ..Fake::new() }, 100, 40);
    play.press("enter");
    play
}

#[test]
fn signals_are_a_word_each_and_one_key_explains_them() {
    let mut play = doubtful();
    let text = play.text();
    assert!(text.contains("Warning: eve@z.example has not taken part"), "a warning is said unasked: {text}");
    assert!(text.contains("Signals: signed · first time (i explains)"), "{text}");

    let text = play.press("i").text();

    for said in [
        "Sender: our server says that the sender is another: SPF fail, DMARC fail",
        "accept him with L if he belongs here",
        "Signal: signed with OpenPGP — the signature has not been checked",
        "Language: German",
    ] {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").replace("┃ ", "").contains(said), "{said}: {text}");
    }
    assert!(!play.press("i").text().contains("Language: German"));
}

#[test]
fn what_other_mail_programs_did_is_said_in_words_and_alarms_nobody() {
    let mut ticket = ticket_of(1);
    ticket.messages[0].signals = vec![
        Signal::new(SignalKind::FirstTime, "first mail from eve@z.example"),
        Signal::new(SignalKind::Moved, "moved from INBOX to Archive on the server"),
    ];
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 100, 40);

    let text = play.press("enter").text();

    assert!(text.contains("Notice: moved from INBOX to Archive on the server"), "{text}");
    assert!(text.contains("Signals: first time (i explains)") && !text.contains("Warning"), "{text}");
}

#[test]
fn signals_of_an_ordinary_mail_say_that_there_is_nothing() {
    let text = Play::new().press("enter i").text();
    assert!(text.contains("Sender: nobody has checked it") && text.contains("Signals: none"), "{text}");
}

#[test]
fn a_delivery_report_says_who_was_not_reached() {
    let mut ticket = ticket_of(1);
    ticket.messages[0].class = Class::Bounce;
    ticket.messages[0].auto_reason = "delivery_status".into();
    ticket.messages[0].bounce =
        Some(Bounce { permanent: true, recipients: vec!["gone@x.example".into()], status: "5.1.1".into(), original_message_id: None });

    let text = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 100, 30).press("enter").text();

    assert!(text.contains("Automatic mail: a delivery report (delivery status)"), "{text}");
    assert!(text.contains("Not delivered to gone@x.example (code 5.1.1), for good"), "{text}");
}

#[test]
fn a_suggestion_is_seen_in_the_list_and_on_the_ticket() {
    let mut play = doubtful();
    let text = play.text();
    assert!(text.contains("& #1030"), "the title says it: {text}");
    assert!(text.contains("& Possibly #1030 “Refund”: same subject"), "{text}");
    assert!(text.contains("? eve@z.example joined by a reference"), "{text}");

    let list = play.press("q p").text();

    let row = list.lines().find(|line| line.contains("#1042")).unwrap();
    assert!(row.ends_with("&@"), "{row}");
}

#[test]
fn a_suggestion_is_looked_at_accepted_or_dismissed() {
    let mut play = doubtful();
    play.press("L");
    assert!(play.text().contains("go to #1030 “Refund”") && play.text().contains("not related to #1030"), "{}", play.text());
    play.press("enter");
    assert_eq!(play.model.ticket.key, Some(key(1030)));
    play.press("q");
    assert_eq!(play.model.ticket.key, Some(key(1042)), "back leads here");

    play.press("L down enter");
    assert!(play.text().contains("Join #1042 with #1030?"), "joining two tickets is asked about: {}", play.text());
    play.press("enter");
    assert!(play.fake.acts.is_empty(), "no is the default");
    play.press("L").typed("not related").press("enter");
    assert_eq!(play.fake.acts, [(key(1042), Act::Dismiss(Which::Ticket(key(1030))))]);

    play.press("L").typed("takes part").press("enter");
    assert_eq!(play.fake.acts[1].1, Act::Accept(Which::Person("eve@z.example".into())));
    assert!(play.press("L").toast().contains("nothing is suggested for #1042"), "{}", play.toast());
}

#[test]
fn suggestions_are_reached_from_the_list_too() {
    let mut play = doubtful();
    play.press("q p L");
    assert!(play.text().contains("go to #1030"), "the ticket is read for it: {}", play.text());
    play.press("esc j L");
    assert!(play.toast().contains("nothing is suggested"), "{}", play.toast());
}

#[test]
fn what_is_said_beside_a_text_is_read_anew_when_the_ticket_changes() {
    let mut play = doubtful();
    let ticket = play.fake.ticket.as_mut().unwrap();
    ticket.messages[1].signals.clear();
    ticket.messages[1].glance.is_unread = false;
    ticket.messages.push(ShownMessage { message_id: nth_mail(9), ..ticket.messages[1].clone() });

    play.news(News::Tickets(vec![key(1042)]));

    assert!(!play.text().contains("has not taken part"), "eve takes part now: {}", play.text());
    assert!(play.model.ticket.stale.is_empty());
}
