//! Each rule of reading one mail, on a small mail of our own in `tests/fixtures/mail`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use postdesk::domain::message::{Class, Flaw, Message};
use postdesk::domain::signal::SignalKind;
use postdesk::mail::{self, Reading};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail")
}

fn bytes(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn message(name: &str) -> Message {
    mail::read(&bytes(name))
}

fn reading(name: &str) -> Reading {
    mail::view(&bytes(name))
}

#[track_caller]
fn class(name: &str, expected: Class, reason: &str) {
    let found = message(name);
    assert_eq!((found.class, found.auto_reason.as_str(), found.may_acknowledge), (expected, reason, false), "{name}: {found:#?}");
}

#[track_caller]
fn bounced(name: &str, recipients: &[&str], status: &str, permanent: bool) {
    let found = message(name);
    let bounce = found.bounce.clone().unwrap_or_else(|| panic!("{name} is no bounce: {found:#?}"));
    let found: Vec<&str> = bounce.recipients.iter().map(String::as_str).collect();
    assert_eq!((found.as_slice(), bounce.status.as_str(), bounce.permanent), (recipients, status, permanent), "{name}");
}

#[track_caller]
fn text(name: &str, expected: &str) {
    let found = reading(name);
    assert_eq!(found.text, expected, "{name}: {found:#?}");
}

#[track_caller]
fn new_text(name: &str, expected: &str) {
    let found = reading(name);
    assert_eq!(found.new_text, expected, "{name}: {found:#?}");
}

/// Folding is presentation: the whole text still holds what was folded.
#[track_caller]
fn folded(name: &str, new: &str, kept: &str) {
    new_text(name, new);
    let found = reading(name);
    assert!(found.text.contains(kept) && found.quoted_lines > 0, "{name}: {found:#?}");
}

#[track_caller]
fn signal(name: &str, kind: SignalKind, words: &str) {
    let found = reading(name).signals;
    let said = found.iter().find(|signal| signal.kind == kind).unwrap_or_else(|| panic!("{name}: {found:#?}"));
    assert!(said.words.contains(words), "{name}: {said:#?}");
}

#[test]
fn an_acknowledgement_of_a_ticket_system_is_automatic() {
    class("class-acknowledgement.eml", Class::AutoReply, "automatic reply");
}

#[test]
fn a_delay_notice_is_automatic_and_names_who_waits() {
    class("class-delay.eml", Class::AutoReply, "delay notice");
    bounced("class-delay.eml", &["gone@customer.example"], "4.4.1", false);
}

#[test]
fn a_read_receipt_is_automatic() {
    class("class-receipt.eml", Class::AutoReply, "receipt");
}

#[test]
fn an_answer_to_an_invitation_is_automatic() {
    let found = message("class-calendar-answer.eml");
    assert_eq!((found.class, found.auto_reason.as_str()), (Class::AutoReply, "calendar reply"));
}

#[test]
fn a_challenge_is_automatic() {
    class("class-challenge.eml", Class::AutoReply, "challenge");
}

#[test]
fn list_mail_is_its_own_class() {
    class("class-list.eml", Class::List, "");
}

#[test]
fn a_sender_who_wants_no_automatic_answer_gets_none() {
    class("class-suppress.eml", Class::Human, "");
}

#[test]
fn an_empty_return_path_without_failure_is_automatic_and_no_bounce() {
    class("class-null-path.eml", Class::AutoReply, "empty return path");
}

#[test]
fn a_report_in_free_words_gives_recipient_status_and_our_mail() {
    bounced("bounce-qmail.eml", &["gone@customer.example"], "5.1.1", true);
    let original = message("bounce-qmail.eml").bounce.and_then(|bounce| bounce.original_message_id);
    assert_eq!(original.map(|id| id.to_string()).as_deref(), Some("answer.7@desk.example"));
}

#[test]
fn a_server_may_name_its_own_user_without_a_domain() {
    bounced("bounce-local-user.eml", &["screenname@mx.example"], "", true);
}

#[test]
fn a_full_mailbox_is_a_bounce_that_may_pass() {
    bounced("bounce-full-mailbox.eml", &["full@customer.example"], "4.2.2", false);
}

/// The fixtures of a folder, as `folder/name.eml`.
fn all(kind: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder().join(kind)).unwrap();
    let names: Vec<String> = files.map(|file| format!("{kind}/{}", file.unwrap().file_name().to_string_lossy())).collect();
    assert!(names.len() > 20, "{names:?}");
    names
}

#[test]
fn reports_of_every_known_server_name_whom_they_did_not_reach() {
    for name in all("bounce") {
        let found = message(&name);
        let recipients = found.bounce.clone().map(|bounce| bounce.recipients).unwrap_or_default();
        assert_eq!((found.class, recipients.as_slice()), (Class::Bounce, ["gone@customer.example".to_owned()].as_slice()), "{name}: {found:#?}");
        assert!(!found.may_acknowledge, "{name}");
    }
}

#[test]
fn responders_of_many_programs_and_languages_are_automatic() {
    for name in all("responder") {
        let found = message(&name);
        assert_eq!((found.class, found.bounce.is_some()), (Class::AutoReply, false), "{name}: {found:#?}");
    }
}

#[test]
fn people_who_write_about_failures_and_absences_are_people() {
    for name in all("person") {
        assert_eq!(message(&name).class, Class::Human, "{name}");
    }
}

#[test]
fn a_list_that_holds_our_mail_back_is_automatic() {
    class("class-held.eml", Class::AutoReply, "header X-List-Administrivia");
}

#[test]
fn a_report_that_asks_the_sender_to_confirm_is_a_challenge() {
    class("class-challenge-report.eml", Class::AutoReply, "challenge");
    bounced("class-challenge-report.eml", &["gone@customer.example"], "5.0.0", false);
}

#[test]
fn charsets_are_read_as_labelled() {
    text("text-koi8.eml", "Привет, экспорт не работает.");
    text("text-shift-jis.eml", "エクスポートが失敗します。");
    text("text-iso-2022-jp.eml", "日本語です。");
    text("text-utf16.eml", "Größe");
    assert_eq!(message("text-koi8.eml").subject, "Привет");
    assert_eq!(message("text-iso-2022-jp.eml").subject, "日本語");
}

#[test]
fn a_charset_without_a_label_is_guessed_and_said() {
    text("text-gb-unlabelled.eml", "我们的导出功能不能正常工作，请帮助我们。");
    assert_eq!(message("text-gb-unlabelled.eml").flaws, [Flaw::CharsetRepaired]);
}

#[test]
fn damaged_encodings_lose_nothing() {
    text("text-qp-damaged.eml", "Größe = 5=ZZ and a soft break");
    text("text-base64-damaged.eml", "Größe is fine");
}

#[test]
fn flowed_text_is_joined_without_its_blanks_where_it_says_so() {
    text("text-flowed-delsp.eml", "日本語\n> quoted\n-- \nKim");
}

#[test]
fn inline_texts_are_read_in_order_around_what_is_attached() {
    text("text-several-parts.eml", "First.\n\nSecond.");
    assert_eq!(names("text-several-parts.eml"), ["a.png", "log.txt"]);
}

fn names(name: &str) -> Vec<String> {
    message(name).attachments.into_iter().map(|attachment| attachment.name).collect()
}

#[test]
fn tnef_and_uuencode_are_listed_and_uuencode_is_unpacked() {
    assert_eq!(names("text-tnef-uuencode.eml"), ["winmail.dat", "old.bin"]);
    assert_eq!(mail::attachment(&bytes("text-tnef-uuencode.eml"), 1).map(|(_, content)| content), Some(b"hello".to_vec()));
}

#[test]
fn an_inline_image_is_named_where_it_stands_and_keeps_its_id() {
    text("text-inline-image.eml", "The logo: our logo");
    let ids: Vec<_> = message("text-inline-image.eml").attachments.into_iter().map(|attachment| (attachment.name, attachment.content_id)).collect();
    assert_eq!(ids, [("attachment.png".to_owned(), Some("logo@x".to_owned()))]);
}

#[test]
fn html_keeps_tables_and_nested_lists_and_hides_what_is_hidden() {
    let found = reading("text-html-tables.eml").text;
    for wanted in ["Orders:", "Lamp", "* one", "* inner", "* two"] {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
    let row = found.lines().find(|line| line.contains("Lamp")).unwrap_or_default();
    assert!(row.contains('1') && !found.contains("Preheader") && !found.contains("color"), "{found}");
}

#[test]
fn an_invitation_is_summed_up() {
    signal("text-invitation.eml", SignalKind::Invitation, "Invitation: Review, 2026-11-30 10:00 (Europe/Berlin), Room 5, from kim@customer.example");
    text("text-invitation.eml", "Please come.");
}

#[test]
fn a_forwarded_mail_is_recognised_with_its_first_sender_and_stays_in_view() {
    signal("text-forward-attached.eml", SignalKind::Forwarded, "Bo <bo@other.example>");
    signal("text-forward-inline.eml", SignalKind::Forwarded, "Bo <bo@other.example>");
    assert!(reading("text-forward-inline.eml").new_text.contains("It broke."));
}

#[test]
fn a_mail_that_shows_nothing_says_so() {
    text("text-none.eml", mail::NO_VISIBLE_TEXT);
    new_text("text-none.eml", "");
    assert_eq!(message("text-none.eml").flaws, [Flaw::NoVisibleText]);
}

#[test]
fn quotations_of_mail_programs_in_html_are_folded() {
    for name in ["gmail", "outlook", "apple", "yahoo", "proton", "gmx"] {
        folded(&format!("new-{name}.eml"), "It works.", "Does it?");
    }
}

#[test]
fn attributions_of_more_than_25_languages_are_folded() {
    let names = all("attribution");
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        folded(&name, "OK.", "earlier words");
    }
}

#[test]
fn interleaved_answers_keep_their_order_and_their_questions() {
    folded("new-interleaved.eml", "Hello,\n\n> Which version?\nThe newest.\n\n> Which system?\nLinux.", "> Kind regards");
}

/// The lines of a file in `tests/fixtures/lines`, its first one aside.
fn lines(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lines").join(name);
    let file = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines: Vec<String> = file.lines().skip(1).map(str::to_owned).collect();
    assert!(lines.len() > 20, "{name}");
    lines
}

/// What is new in a mail with this text.
fn new_text_of(text: &str) -> String {
    mail::view(format!("From: kim@customer.example\nContent-Type: text/plain; charset=utf-8\n\n{text}").as_bytes()).new_text
}

#[test]
fn attributions_of_many_programs_and_languages_are_folded_with_their_quotation() {
    for line in lines("attributions.txt") {
        assert_eq!(new_text_of(&format!("It works.\n\n{line}\n> Does it?\n> Bo\n")), "It works.", "{line}");
    }
}

#[test]
fn separators_of_many_programs_and_languages_end_the_new_text() {
    for line in lines("separators.txt") {
        assert_eq!(new_text_of(&format!("It works.\n\n{line}\nFrom: Bo Lee\nHello, does it?\n")), "It works.", "{line}");
    }
}

#[test]
fn footers_of_many_programs_and_languages_are_folded_above_a_quotation_too() {
    for line in lines("footers.txt") {
        assert_eq!(new_text_of(&format!("It works.\n\n{line}\n")), "It works.", "{line}");
        assert_eq!(
            new_text_of(&format!("It works.\n\n{line}\n\nOn Mon, Nov 23, 2026 at 2:05 PM Bo <bo@x.example> wrote:\n> a\n")),
            "It works.",
            "{line}"
        );
    }
}

#[test]
fn notices_of_many_languages_are_folded() {
    for line in lines("notices.txt") {
        assert_eq!(new_text_of(&format!("It works.\n\nAna\n\n{line}\n")), "It works.\n\nAna", "{line}");
    }
}

#[test]
fn an_answer_below_the_quotation_is_what_is_new() {
    folded("new-below.eml", "Yes, it does.", "> Does it work?");
}

#[test]
fn an_outlook_block_in_another_language_ends_the_new_text() {
    folded("new-outlook-plain.eml", "Danke, es geht.", "Geht es?");
}

#[test]
fn signatures_notices_and_footers_are_folded() {
    folded("new-trailers.eml", "It works.", "confidential");
    folded("new-mobile.eml", "It works.", "iPhone");
    folded("new-list-footer.eml", "It works.", "mailing list");
}

#[test]
fn a_mail_of_only_quotes_shows_whole() {
    new_text("new-only-quotes.eml", "> one\n> two");
}

#[test]
fn a_mail_below_a_second_header_is_read_and_its_source_kept() {
    folded("raw-mail-as-text.eml", "Grüße", "Received: from a.example");
}

#[test]
fn the_signals_of_a_mail_are_told() {
    signal("signal-reply-elsewhere.eml", SignalKind::ReplyElsewhere, "kim@free.example");
    signal("signal-name-is-address.eml", SignalKind::NameIsAddress, "thief@evil.example");
    signal("signal-link.eml", SignalKind::LookAlike, "bank.example leads to evil.example");
    signal("signal-mixed-script.eml", SignalKind::MixedScript, "pаypal");
    signal("signal-turned-name.eml", SignalKind::HiddenCharacters, "attachment");
    signal("signal-encrypted.eml", SignalKind::Encrypted, "OpenPGP");
    signal("signal-signed.eml", SignalKind::Signed, "S/MIME");
    signal("signal-spam.eml", SignalKind::Spam, "score 8.1");
    signal("signal-remote.eml", SignalKind::RemoteContent, "2 not loaded from elsewhere: track.example, cdn.example");
}

#[test]
fn an_ordinary_mail_has_no_signals() {
    assert_eq!(reading("plain.eml").signals, []);
}

#[test]
fn spam_is_never_acknowledged() {
    assert!(!message("signal-spam.eml").may_acknowledge);
}

#[test]
fn nothing_a_mail_says_controls_the_terminal() {
    let (found, shown) = (message("safe-escapes.eml"), reading("safe-escapes.eml"));
    for said in [&found.subject, &shown.text, &shown.new_text] {
        assert!(!said.contains(char::is_control), "{said:?}");
    }
}

#[test]
fn names_of_attachments_stay_in_their_folder_and_ask_no_shell() {
    assert_eq!(names("safe-file-names.eml"), ["authorized_keys", "rf _(id).txt"]);
}

#[test]
fn names_of_attachments_are_otherwise_as_written() {
    assert_eq!(names("attachment-names.eml"), ["attachment.png", "Order: 7 & 8.eml", "Call: order; no. 7.txt"]);
}

#[test]
fn who_wrote_is_found_however_it_is_written() {
    let from = |name: &str| message(name).from.map(|from| from.address);
    assert_eq!(from("sender-reply-to.eml").as_deref(), Some("kim@customer.example"));
    assert_eq!(from("sender-quoted-local.eml").as_deref(), Some("\"Kim Lee\"@customer.example"));
}

#[test]
fn a_page_of_a_million_lines_is_shortened_and_said_to_be() {
    let bytes = [b"Content-Type: text/html\n\n".as_slice(), "a<br>".repeat(1 << 20).as_bytes()].concat();

    let found = mail::view(&bytes);

    assert_eq!(mail::read(&bytes).flaws.iter().filter(|flaw| matches!(flaw, Flaw::HtmlTooComplex | Flaw::TextTruncated)).count(), 2);
    assert_eq!(found.text.lines().count(), mail::limits::HTML_LINES);
}

#[test]
fn a_hostile_page_is_stripped_in_time_and_said_to_be() {
    let mut bytes = b"Content-Type: text/html\n\n".to_vec();
    bytes.extend_from_slice("<table><tr><td>".repeat(350_000).as_bytes());
    bytes.extend_from_slice(b"end");
    let start = std::time::Instant::now();

    let found = mail::read(&bytes);

    assert!(found.flaws.contains(&Flaw::HtmlTooComplex) && found.text.ends_with("end"), "{:?}", found.flaws);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
