//! Reading a ticket: what an agent does in the conversation.

use super::support::{Fake, Play, key, row, shown};
use crate::domain::MessageId;
use crate::domain::link::Link;
use crate::domain::message::{Attachment, Bounce, Class};
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::suggestion::{Suggestion, SuggestionKind, Which};
use crate::domain::ticket::Status;
use crate::protocol::answer::{Answer, Complaint};
use crate::protocol::job::{Act, Job};
use crate::protocol::news::{FromWorker, News};
use crate::protocol::json::{ShownMessage, ShownTicket};
use crate::tui::model::Screen;
use crate::tui::{Effect, Input, Piped};

fn id(number: usize) -> MessageId {
    MessageId::new(&format!("n{number}@x.example")).unwrap()
}

/// A ticket of so many mails that say their number; the last is unread.
fn ticket_of(count: usize) -> ShownTicket {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    let one = ticket.messages[0].clone();
    ticket.messages = (0..count)
        .map(|number| {
            let text = format!("This is mail {number}.\n\n> quoted in {number}");
            let mut message = ShownMessage { message_id: id(number), new_text: format!("This is mail {number}."), text, ..one.clone() };
            message.glance.is_unread = number + 1 == count;
            message
        })
        .collect();
    ticket.events.clear();
    ticket
}

fn reading(count: usize) -> Play {
    let mut play = Play::on(Fake { ticket: Some(ticket_of(count)), ..Fake::new() }, 80, 24);
    play.press("enter");
    play
}

#[test]
fn check_31_read_next_takes_one_key_to_open_and_one_for_the_next() {
    let mut play = Play::new();
    assert!(play.press("enter").text().contains("It works again, thank you!"));
    assert_eq!(play.press("J").model.ticket.key, Some(key(1041)));
}

#[test]
fn what_was_read_is_folded_to_a_line_and_unfolds_with_its_text() {
    let mut play = reading(4);
    assert!(play.text().contains("▸ ← Maria Keller @  This is mail 2."), "{}", play.text());
    assert!(play.text().contains("▾ ● ← Maria Keller"), "{}", play.text());

    play.press("{ enter");

    assert_eq!(play.model.ticket.focus, 2);
    assert!(play.text().contains("┃ This is mail 2."), "{}", play.text());
    assert!(play.text().contains("Attached: screen.png (image/png, 48 KB)"), "{}", play.text());
    assert!(play.press("enter").text().contains("▸ ← Maria Keller @  This is mail 2."));
}

#[test]
fn texts_are_asked_for_when_they_come_into_sight_and_not_before() {
    let mut play = reading(300);
    let here = |play: &Play| play.model.ticket.shown.as_ref().unwrap().messages.iter().filter(|m| m.glance.outline.is_none()).count();
    assert_eq!(here(&play), 1);

    play.press("E g g");

    let shown = here(&play);
    assert!((5..60).contains(&shown), "{shown} texts were read");
    assert!(play.text().contains("This is mail 0."), "{}", play.text());
    assert!(!play.text().contains("reading…"), "{}", play.text());
}

#[test]
fn a_text_on_its_way_says_so_and_keeps_its_place() {
    let mut play = reading(3);
    play.press("{");
    let effects = play.press_slowly("enter");
    assert!(play.text().contains("reading…"), "{}", play.text());
    assert!(
        matches!(&effects[..], [Effect::Read(_, request)] if matches!(&request.job, Job::Texts { messages, .. } if messages == &[id(1)])),
        "{effects:?}"
    );
    assert!(play.press_slowly("j").is_empty(), "it is not asked for twice");

    play.run(effects);

    assert!(!play.text().contains("reading…"));
    assert!(play.text().contains("This is mail 1."), "{}", play.text());
}

#[test]
fn texts_that_cannot_be_read_are_told_once() {
    let mut play = reading(3);
    play.press("{");
    let effects = play.press_slowly("enter");
    let Some(Effect::Read(_, request)) = effects.first() else { panic!("{effects:?}") };
    let complaint = Complaint { what: "the cache cannot be read".into(), remedy: "Check the disk.".into() };

    let after = play.update(Input::Worker(FromWorker::Reply { id: request.id, result: Err(complaint) }));

    assert!(after.is_empty(), "{after:?}");
    assert!(play.text().contains("✗ the cache cannot be read — Check the disk."), "{}", play.text());
}

#[test]
fn space_reads_on_through_the_ticket_and_backspace_goes_back() {
    let mut play = reading(3);
    play.press("g g enter");
    assert_eq!(play.model.ticket.focus, 0);

    play.press("space");
    assert_eq!(play.model.ticket.focus, 1, "the end of the first message was in sight");
    assert!(play.text().contains("This is mail 1."), "the next one is unfolded: {}", play.text());
    play.press("space");
    assert!(play.press("space").toast().contains("end of the ticket"));
    play.press("backspace backspace");
    assert!(play.press("backspace").toast().contains("beginning"), "{}", play.toast());
}

#[test]
fn space_goes_through_a_long_message_page_by_page_and_asks_for_more() {
    let mut ticket = ticket_of(2);
    ticket.messages[1].new_text = (0..900).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    ticket.messages[1].text = ticket.messages[1].new_text.clone();
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 80, 24);
    play.press("enter");

    let mut pages = 0;
    while !play.text().contains("line 899") {
        play.press("space");
        pages += 1;
        assert!(pages < 60, "{}", play.text());
    }

    assert!(pages > 40, "{pages}");
    assert_eq!(play.model.ticket.focus, 1);
}

#[test]
fn fold_all_folds_or_unfolds_and_keeps_the_message() {
    let mut play = reading(6);
    play.press("{ {");
    let focus = play.model.ticket.focus;

    play.press("E");
    assert!(play.model.ticket.folds.closed.is_empty());
    play.press("E");

    assert_eq!(play.model.ticket.folds.closed.len(), 6);
    assert_eq!(play.model.ticket.focus, focus);
    let position = play.model.ticket.lines.start_of(focus).unwrap();
    assert!(position >= play.model.ticket.scroll, "the message is in sight");
}

#[test]
fn mail_that_comes_in_moves_nothing_and_is_told() {
    let mut play = reading(4);
    play.press("{ { enter");
    let before: Vec<String> = play.text().lines().take(18).map(str::to_owned).collect();
    let mut more = ticket_of(5);
    more.messages[3].glance.is_unread = false;

    play.fake.ticket = Some(more);
    play.news(News::Tickets(vec![]));

    let after: Vec<String> = play.text().lines().take(18).map(str::to_owned).collect();
    assert_eq!(before[..12], after[..12]);
    assert!(play.toast().contains("Maria Keller wrote meanwhile"), "{}", play.toast());
    assert_eq!(play.model.ticket.focus, 1);
}

#[test]
fn words_are_found_while_typing_counted_and_walked_through() {
    let mut play = reading(30);

    play.press("/").typed("mail 1");

    assert!(play.text().contains("This is mail 1"), "{}", play.text());
    play.press("enter");
    assert_eq!(play.toast(), "1 of 11 for `mail 1`", "1 and 10 to 19");
    assert!(play.press("n").toast().starts_with("2 of 11"));
    assert!(play.text().contains("This is mail 10."), "{}", play.text());
    assert!(play.press("N N").toast().starts_with("11 of 11"));
    play.press("esc");
    assert_eq!(play.model.screen(), Screen::Ticket, "esc ends the search first");
    assert!(play.press("n").toast().contains("/ asks for words"));
}

#[test]
fn what_was_found_is_marked_and_the_present_place_stands_out() {
    let mut play = reading(2);
    play.press("{ enter /").typed("mail").press("enter");
    let buffer = play.buffer();
    let marked =
        |modifier| buffer.content().iter().filter(|cell| cell.modifier.contains(modifier)).map(ratatui::buffer::Cell::symbol).collect::<String>();
    assert!(marked(ratatui::style::Modifier::UNDERLINED).contains("mail"), "{}", play.text());
    assert!(marked(ratatui::style::Modifier::REVERSED | ratatui::style::Modifier::BOLD).contains("mail"), "{}", play.text());
}

#[test]
fn a_search_that_is_cancelled_puts_everything_back() {
    let mut play = reading(30);
    let before = play.text();

    play.press("/").typed("mail 3").press("esc");

    let folded_again = play.model.ticket.focus == 29 && play.model.ticket.find.is_none();
    assert!(folded_again, "{}", play.text());
    assert_eq!(before.lines().last(), play.text().lines().last());
}

#[test]
fn words_that_stand_nowhere_are_told_with_the_quotes_left_out() {
    let mut play = reading(3);
    play.press("/").typed("quoted in").press("enter");
    assert!(play.toast().contains("stands nowhere") && play.toast().contains("quoted text is left out"), "{}", play.toast());

    play.press("\" n");

    assert!(play.toast().contains("of 3"), "{}", play.toast());
}

#[test]
fn a_ticket_whose_worker_fails_says_so() {
    let mut play = Play::on(Fake::new(), 80, 24);
    play.fake.broken = true;
    play.press("enter");
    assert!(play.text().contains("the cache cannot be read"), "{}", play.text());
    let answer = Ok(Answer::Texts(vec![]));
    play.update(Input::Worker(FromWorker::Reply { id: 999, result: answer }));
}

/// A ticket whose only mail has links, one of which pretends, two files and HTML.
fn with_links() -> Play {
    let mut ticket = ticket_of(1);
    let message = &mut ticket.messages[0];
    let link = |label: &str, url: &str| Link { label: label.into(), url: url.into() };
    message.glance.links = vec![
        link("click here", "https://shop.example/order/17"),
        link("www.bank.example", "https://evil.example/www.bank.example/login"),
        link("", "https://bank.example@trap.example/"),
        link("run", "javascript:alert(1)"),
        link("", "mailto:maria@client.example"),
    ];
    message.html = true;
    message.attachments.push(Attachment { name: "log.txt".into(), kind: "text/plain".into(), size: 900, content_id: None });
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 80, 24);
    play.press("enter");
    play
}

fn opened(play: &Play) -> Vec<&str> {
    play.fake.other.iter().filter_map(|effect| if let Effect::Open(what) = effect { Some(what.as_str()) } else { None }).collect()
}

#[test]
fn check_62_every_link_shows_its_true_host_and_what_is_odd() {
    let mut play = with_links();
    play.press("o");

    let text = play.text();
    for shown in ["1 shop.example  “click here”", "2 evil.example", "3 trap.example", "4 not opened", "5 maria@client.example", "file  screen.png"]
    {
        assert!(text.contains(shown), "{shown}:\n{text}");
    }
    for odd in ["! the text names another host", "! what stands before the @"] {
        assert!(text.contains(odd), "{odd}:\n{text}");
    }
}

#[test]
fn a_link_is_opened_as_it_is_and_anything_else_than_web_and_mail_never() {
    let mut play = with_links();
    assert!(play.press("o enter").toast().contains("opening shop.example"), "{}", play.toast());
    assert_eq!(opened(&play), ["https://shop.example/order/17"]);

    play.press("o").typed("javascript").press("enter");

    assert!(play.toast().contains("only http, https and mailto"), "{}", play.toast());
    assert_eq!(opened(&play).len(), 1);
}

#[test]
fn a_file_and_the_html_are_put_aside_and_then_opened() {
    let mut play = with_links();
    play.press("o").typed("screen.png").press("enter");
    play.press("o").typed("the HTML").press("enter");
    assert_eq!(opened(&play), ["/cache/opened/screen.png", "/cache/opened/screen.png"]);
}

#[test]
fn attachments_are_saved_one_or_all_and_the_place_is_told() {
    let mut play = with_links();
    assert!(play.press("S").text().contains("Save into /home/ana/Downloads"), "{}", play.text());
    play.press("enter");
    assert_eq!(play.toast(), "saved /home/ana/Downloads/file-0");

    play.press("S S");

    assert_eq!(play.toast(), "saved 2 files in /home/ana/Downloads: file-0, file-1");
    assert!(reading(2).press("{ S").toast().contains("has not been read yet"));
}

#[test]
fn the_copy_menu_offers_what_one_pastes_elsewhere() {
    let mut play = with_links();
    play.press("y enter");
    assert_eq!(play.fake.other.last(), Some(&Effect::Copy { what: "#1042".into(), text: "#1042".into() }));
    play.press("y").typed("evil.example").press("enter");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "https://evil.example/www.bank.example/login");
    play.press("Y");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "customer@client.example");
    play.press("o ctrl-y");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "https://shop.example/order/17");
    play.update(Input::Outside(Ok("copied #1042 by xclip".into())));
    assert_eq!(play.toast(), "copied #1042 by xclip");
}

#[test]
fn headers_and_source_are_shown_and_a_note_has_none() {
    let mut play = reading(2);
    assert!(play.press("H").text().contains("Received: from x"), "{}", play.text());
    assert!(!play.press("H").text().contains("Received: from x"));

    play.press("V");
    assert_eq!(play.model.screen(), Screen::Source);
    assert!(play.text().contains("Source of <n1@x.example>") && play.text().contains("body"), "{}", play.text());
    assert_eq!(play.press("q").model.screen(), Screen::Ticket);

    let mut play = Play::new();
    play.press("enter {");
    assert!(play.press("V").toast().contains("a note has no mail"));
    assert!(play.press("H").toast().contains("a note has no mail"));
}

#[test]
fn a_message_is_piped_as_text_or_raw_and_what_comes_out_is_shown() {
    let mut play = reading(1);
    play.press("|").typed("wc -l").press("enter");
    let Some(Effect::Pipe { command, input }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!((command.as_str(), input.as_str()), ("wc -l", "This is mail 0.\n\n> quoted in 0"));

    play.press("| tab").typed("cat").press("enter");
    let Some(Effect::Pipe { input, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert!(input.starts_with("Received: from x\r\n"), "{input}");

    play.update(Input::Piped(Ok(Piped { title: "cat (exit status: 1)".into(), output: "out\x1b[31mput\n".into() })));
    assert_eq!(play.model.screen(), Screen::Source);
    assert!(play.text().contains("cat (exit status: 1)") && play.text().contains("out␛[31mput"), "{}", play.text());
    play.press("q");
    play.update(Input::Piped(Ok(Piped { title: "true".into(), output: String::new() })));
    assert!(play.toast().contains("nothing printed"));
}

#[test]
fn the_requesters_other_tickets_are_listed_and_back_leads_here() {
    let mut play = Play::new();
    play.press("enter O");
    assert!(play.text().contains("Other tickets of Maria Keller") && play.text().contains("#1041 Invoice"), "{}", play.text());
    assert!(!play.text().contains("▸ #1042"), "the ticket itself is none of them");

    play.press("enter");
    assert_eq!(play.model.ticket.key, Some(key(1041)));
    play.press("q");
    assert_eq!((play.model.screen(), play.model.ticket.key.clone()), (Screen::Ticket, Some(key(1042))));
    assert_eq!(play.press("q").model.screen(), Screen::Queue);
}

#[test]
fn a_ticket_is_split_at_the_message_in_focus_but_not_at_its_first() {
    let mut play = reading(4);
    play.press("#");
    assert_eq!(play.fake.acts, [(key(1042), Act::Split(id(3)))]);
    assert!(play.press("g g #").toast().contains("at a later mail"), "{}", play.toast());
    assert_eq!(play.fake.acts.len(), 1);
}

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
    ticket.messages.push(ShownMessage { message_id: id(9), ..ticket.messages[1].clone() });

    play.news(News::Tickets(vec![key(1042)]));

    assert!(!play.text().contains("has not taken part"), "eve takes part now: {}", play.text());
    assert!(play.model.ticket.stale.is_empty());
}

#[test]
fn an_answer_is_about_the_mail_in_focus_and_from_the_list_about_the_newest() {
    let mut play = Play::on(Fake { ticket: Some(ticket_of(4)), external: false, ..Fake::new() }, 80, 24);
    play.press("enter");
    for (keys, sender_only) in [("{ r", false), ("R", true)] {
        play.press(keys).press("ctrl-g");
        let begun = play.fake.replies.last().unwrap();
        assert_eq!((begun.message.clone(), begun.sender_only), (Some(id(2)), sender_only), "{keys}");
    }
    play.press("T enter ctrl-g");
    assert_eq!(play.fake.replies.last().unwrap().message, Some(id(2)));
    assert!(play.fake.replies.last().unwrap().template.is_some());

    play.press("q r");
    assert_eq!(play.fake.replies.last().unwrap().message, None);
}

#[test]
fn an_answer_begun_on_a_note_is_about_the_newest_mail() {
    let mut play = Play::new();
    play.press("enter {");
    assert_eq!(play.model.ticket.mail(), None, "the note is in focus");

    play.press("r");

    assert_eq!(play.fake.replies.last().unwrap().message, None);
}

#[test]
fn a_note_on_an_older_message_says_which_one_it_means() {
    let mut play = Play::on(Fake { ticket: Some(ticket_of(4)), external: false, ..Fake::new() }, 80, 24);
    play.press("enter { c").typed("See here.");
    let text = play.text();
    assert!(text.contains("See here.") && text.contains("-- about the mail of Maria Keller, 2026-03-04 07:00: This is mail 2."), "{text}");

    play.press("esc y } c").typed("And this.").press("esc y");

    assert_eq!(play.fake.notes[1].text, "And this.", "on the newest one nothing needs to be said");
    play.press("{ c esc");
    assert!(play.toast().contains("nothing written"), "{}", play.toast());
}

#[test]
fn why_a_message_is_here_is_one_key_away() {
    let mut play = reading(1);
    assert!(!play.text().contains("Here because"));
    assert!(play.press("w").text().contains("Here because"), "{}", play.text());
    assert!(!play.press("w").text().contains("Here because"));
}

#[test]
fn check_39_a_note_is_told_by_label_border_and_colour_open_or_folded() {
    let mut play = Play::on(Fake::new(), 80, 60);
    play.press("enter");
    assert!(play.text().contains("▸ INTERNAL NOTE by ana"), "{}", play.text());
    play.press("E");
    let buffer = play.buffer();
    let line = |text: &str| (0..60).find(|y| (0..80).map(|x| buffer[(x, *y)].symbol()).collect::<String>().contains(text)).unwrap();
    let (head, body, mail) = (line("INTERNAL NOTE by ana (never sent)"), line("Looks like the session"), line("It works again"));
    assert!(buffer[(0, head)].modifier.contains(ratatui::style::Modifier::REVERSED));
    assert_eq!(buffer[(0, body)].symbol(), "▌");
    assert_ne!(buffer[(0, mail)].symbol(), "▌");
    assert_ne!(buffer[(2, body)].fg, buffer[(2, mail)].fg);
}

#[test]
fn check_48_changes_stand_between_the_messages() {
    let mut play = Play::on(Fake::new(), 80, 60);
    play.press("enter E");
    let text = play.text();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}:\n{text}"));
    assert!(at("I cannot log in") < at("· ana assigned it to ana") && at("· ana assigned it to ana") < at("please try again now"), "{text}");
}

#[test]
fn check_61_all_text_is_shown_and_attachments_are_listed_with_size_and_type() {
    let mut play = with_links();
    assert!(play.press("g g").text().contains("Attached: screen.png (image/png, 48 KB)"), "{}", play.text());
    assert!(play.text().contains("Attached: log.txt (text/plain, 900 B)"));
}

#[test]
fn pictures_of_a_ticket_and_what_lies_over_it() {
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut play = Play::on(Fake::new(), width, height);
        play.press("enter E");
        insta::assert_snapshot!(format!("ticket-unfolded-{width}x{height}"), play.text());
        for (name, keys) in [("open", "o"), ("save", "S"), ("copy", "y"), ("others", "O")] {
            let mut play = with_links();
            play.update(Input::Resize { width, height });
            insta::assert_snapshot!(format!("ticket-{name}-{width}x{height}"), play.press(keys).text());
        }
        let mut play = reading(12);
        play.update(Input::Resize { width, height });
        insta::assert_snapshot!(format!("ticket-find-{width}x{height}"), play.press("/").typed("mail 4").text());
        insta::assert_snapshot!(format!("ticket-source-{width}x{height}"), play.press("esc V").text());
    }
}
