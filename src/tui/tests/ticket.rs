//! Reading a ticket: what an agent does in the conversation.

use super::outside::with_links;
use super::support::{Fake, Play, key, nth_mail, reading, ticket_of};
use crate::protocol::answer::{Answer, Complaint};
use crate::protocol::job::{Act, Job};
use crate::protocol::news::{FromWorker, News};
use crate::tui::model::Screen;
use crate::tui::{Effect, Input};

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
        matches!(&effects[..], [Effect::Read(_, request)] if matches!(&request.job, Job::Texts { messages, .. } if messages == &[nth_mail(1)])),
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
    assert_eq!(play.fake.acts, [(key(1042), Act::Split(nth_mail(3)))]);
    assert!(play.press("g g #").toast().contains("at a later mail"), "{}", play.toast());
    assert_eq!(play.fake.acts.len(), 1);
}

#[test]
fn an_answer_is_about_the_mail_in_focus_and_from_the_list_about_the_newest() {
    let mut play = Play::on(Fake { ticket: Some(ticket_of(4)), external: false, ..Fake::new() }, 80, 24);
    play.press("enter");
    for (keys, sender_only) in [("{ r", false), ("R", true)] {
        play.press(keys).press("ctrl-g");
        let begun = play.fake.replies.last().unwrap();
        assert_eq!((begun.message.clone(), begun.sender_only), (Some(nth_mail(2)), sender_only), "{keys}");
    }
    play.press("T enter ctrl-g");
    assert_eq!(play.fake.replies.last().unwrap().message, Some(nth_mail(2)));
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
