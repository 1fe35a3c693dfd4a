use super::*;
use crate::domain::ticket::{Badge, Status};
use crate::protocol::json::Glance;
use crate::tui::tests::support::{now, row, shown};

fn page(zone: &TimeZone) -> Page<'_> {
    Page { width: 60, now: now(), zone }
}

/// A ticket of so many messages, the last one unread and all others outlines.
fn long(count: usize) -> ShownTicket {
    let mut ticket = shown(&row(1, "s", "Kim", Status::Open));
    let one = ticket.messages.remove(0);
    ticket.messages = (0..count)
        .map(|index| ShownMessage {
            message_id: MessageId::new(&format!("m{index}@x.example")).unwrap(),
            glance: Glance { outline: (index + 1 < count).then(|| "first words".to_owned()), ..Glance::default() },
            ..one.clone()
        })
        .collect();
    ticket
}

fn text(conversation: &Conversation) -> Vec<&str> {
    conversation.from(0).map(|(_, line)| line.text.as_str()).collect()
}

#[test]
fn what_was_read_is_one_line_and_the_newest_is_open() {
    let zone = TimeZone::UTC;
    let ticket = long(5);

    let laid = lay_out(&ticket, &Folds::of(&ticket), &page(&zone));

    let closed = laid.from(0).filter(|(_, line)| matches!(line.kind, LineKind::Closed(_))).count();
    assert_eq!(closed, 4, "{:#?}", text(&laid));
    assert!(text(&laid).iter().any(|line| line.contains("I cannot log in")), "{:#?}", text(&laid));
}

#[test]
fn reading_begins_behind_our_last_answer_else_at_the_newest_unread() {
    let mut ticket = shown(&row(1, "s", "Kim", Status::Open));
    assert_eq!(first_to_read(&ticket), 3);
    ticket.messages[0].glance.is_unread = true;
    assert_eq!(first_to_read(&ticket), 0, "the only unread one");
    ticket.messages.swap(2, 3);
    ticket.messages[2].glance.is_unread = true;
    let more = ticket.messages[2].clone();
    ticket.messages.push(more);
    assert_eq!(first_to_read(&ticket), 2, "the first one behind the answer");
}

#[test]
fn lines_are_found_by_number_and_messages_by_line() {
    let zone = TimeZone::UTC;
    let ticket = shown(&row(1, "s", "Kim", Status::Open));
    let laid = lay_out(&ticket, &Folds::of(&ticket), &page(&zone));

    let all: Vec<_> = laid.from(0).collect();
    assert_eq!(all.len(), laid.len());
    for (index, (message, line)) in all.iter().enumerate() {
        assert_eq!(laid.message_at(index), Some(*message));
        assert_eq!(laid.from(index).next(), Some((*message, *line)));
    }
    for message in 0..ticket.messages.len() {
        let (start, end) = (laid.start_of(message).unwrap(), laid.end_of(message).unwrap());
        assert!(matches!(all[start].1.kind, LineKind::Header(_) | LineKind::Closed(_)));
        assert!(end > start && all[end - 1].0 == message);
    }
}

#[test]
fn what_did_not_change_is_not_laid_out_again_and_ages_go_on() {
    let zone = TimeZone::UTC;
    let ticket = long(3);
    let folds = Folds::of(&ticket);
    let laid = lay_out(&ticket, &folds, &page(&zone));
    let later = Page { now: now().checked_add(jiff::SignedDuration::from_hours(30)).unwrap(), ..page(&zone) };

    let renewed = laid.clone().renewed(&ticket, &folds, &later);
    let fresh = lay_out(&ticket, &folds, &later);

    assert_eq!(text(&renewed), text(&fresh));
    assert_ne!(text(&renewed), text(&laid));
}

#[test]
fn an_anchor_holds_the_line_while_messages_above_unfold() {
    let zone = TimeZone::UTC;
    let ticket = shown(&row(1, "s", "Kim", Status::Open));
    let mut folds = Folds::of(&ticket);
    let laid = lay_out(&ticket, &folds, &page(&zone));
    let line = laid.start_of(3).unwrap() + 2;
    let anchor = laid.anchor(line, &ticket).unwrap();
    let before = text(&laid)[line].to_owned();

    folds.closed.clear();
    let laid = laid.renewed(&ticket, &folds, &page(&zone));

    let now_at = laid.line_at(&anchor, &ticket).unwrap();
    assert!(now_at > line);
    assert_eq!(text(&laid)[now_at], before);
}

#[test]
fn a_text_that_is_too_long_says_so_and_goes_on() {
    let zone = TimeZone::UTC;
    let mut ticket = long(1);
    ticket.messages[0].new_text = "word\n".repeat(3_000);
    let mut folds = Folds::of(&ticket);

    let laid = lay_out(&ticket, &folds, &page(&zone));
    assert!(laid.goes_on(0) && laid.len() < 500, "{}", laid.len());
    assert!(text(&laid).iter().any(|line| line.contains("2600 more lines, 12 KB (space shows more)")), "{:?}", text(&laid).last());

    folds.show_more(&ticket.messages[0]);
    let laid = laid.renewed(&ticket, &folds, &page(&zone));
    assert!(laid.goes_on(0) && laid.len() > 1_600);
    folds.show_more(&ticket.messages[0]);
    assert!(!laid.renewed(&ticket, &folds, &page(&zone)).goes_on(0));
}

#[test]
fn a_text_without_any_line_end_is_cut_into_pieces_without_losing_a_letter() {
    let zone = TimeZone::UTC;
    let mut ticket = long(1);
    ticket.messages[0].new_text = "äb".repeat(9_000);

    let laid = lay_out(&ticket, &Folds::of(&ticket), &page(&zone));

    let letters: String = laid.from(0).filter(|(_, line)| matches!(line.kind, LineKind::Text(_))).map(|(_, line)| line.text.as_str()).collect();
    assert_eq!(letters, "äb".repeat(9_000));
}

#[test]
fn a_hit_leads_to_its_wrapped_line() {
    let zone = TimeZone::UTC;
    let mut ticket = long(1);
    ticket.messages[0].new_text = format!("{} needle at the end", "hay ".repeat(60));
    let folds = Folds::of(&ticket);
    let laid = lay_out(&ticket, &folds, &page(&zone));

    let hits = find::find("NEEDLE at", &ticket, &folds);

    let [hit] = hits.as_slice() else { panic!("{hits:?}") };
    let line = laid.line_of(hit.message, hit.source, hit.start).unwrap();
    assert!(text(&laid)[line].contains("needle"), "{:?}", text(&laid)[line]);
}

#[test]
fn no_control_character_of_a_mail_reaches_a_line() {
    let zone = TimeZone::UTC;
    let mut ticket = long(1);
    let hostile = "\u{1b}]52;c;QUFB\u{7}\u{1b}[2J\u{9b}31m\u{202e}evil\u{200b}\u{2028}\rX\tY";
    ticket.messages[0].new_text = hostile.into();
    ticket.messages[0].flaws = vec![hostile.into()];
    ticket.messages[0].from = Some(crate::domain::Address::new(hostile, hostile));
    ticket.messages[0].attachments[0].name = hostile.into();
    ticket.events[0].summary = hostile.into();
    let mut folds = Folds::of(&ticket);
    folds.headers.insert(ticket.messages[0].message_id.clone(), format!("Subject: {hostile}"));

    let laid = lay_out(&ticket, &folds, &page(&zone));

    for line in text(&laid) {
        assert!(!line.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{2028}')), "{line:?}");
    }
}

#[test]
fn a_ticket_whose_mail_is_gone_says_so_and_one_that_has_it_does_not() {
    let zone = TimeZone::UTC;
    let mut ticket = long(1);
    ticket.row.badges.push(Badge::Gone);
    let says =
        |ticket: &ShownTicket| text(&lay_out(ticket, &Folds::of(ticket), &page(&zone))).join(" ").contains("Its mail is no longer on the server");

    assert!(!says(&ticket), "its text is here");
    ticket.messages.clear();
    assert!(says(&ticket));
}
