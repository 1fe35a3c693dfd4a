//! State in, keys, state out: what an agent does, on a scripted desk.

mod acts;
mod command;
mod pointer;
mod queue;
mod settings;

use std::time::Duration;

use super::support::{Fake, Play, key, objection, row, waiting_mail};
use crate::domain::draft::Check;
use crate::domain::outbox::OutboxState;
use crate::domain::ticket::Status;
use crate::protocol::answer::{Answer, Complaint, ListedPage};
use crate::protocol::job::Act;
use crate::protocol::news::{FromWorker, News};
use crate::tui::model::{Alarm, Overlay, Screen};
use crate::tui::{EditTask, Edited, Effect, Input};

#[test]
fn a_refresh_never_moves_the_selection_off_its_ticket() {
    let mut play = Play::new();
    play.press("j j");
    assert_eq!(play.selected(), Some(1039));

    play.fake.rows.insert(0, row(1050, "Newest", "New", Status::Open));
    play.news(News::Tickets(vec![]));

    assert_eq!(play.selected(), Some(1039));
    assert_eq!(play.model.queue.rows[0].number, Some(1050));
}

#[test]
fn a_ticket_that_leaves_the_list_hands_the_selection_to_its_neighbour() {
    let mut play = Play::new();

    play.press("j x");

    assert_eq!(play.fake.acts, [(key(1041), Act::Status(Status::Solved))]);
    assert_eq!(play.selected(), Some(1039));
    assert!(play.toast().starts_with("did"), "{}", play.toast());
}

#[test]
fn scrolling_reads_the_next_page_before_the_end() {
    let mut play = Play::on(Fake::many(500), 80, 24);
    assert_eq!(play.model.queue.rows.len(), 200);

    play.press("G G G G G");

    assert_eq!(play.model.queue.rows.len(), 500);
    assert_eq!(play.selected(), Some(1));
}

#[test]
fn a_query_that_is_typed_reads_a_short_page_and_the_keys_behind_it_the_rest() {
    let mut play = Play::on(Fake::many(500), 80, 24);

    play.press("/ ctrl-u").typed("question");
    assert_eq!(play.model.queue.rows.len(), 100);
    play.press("enter G G G G G");

    assert_eq!(play.model.queue.rows.len(), 500);
    assert_eq!(play.selected(), Some(1));
}

#[test]
fn a_screen_higher_than_that_page_is_filled() {
    let mut play = Play::on(Fake { page: 400, ..Fake::many(500) }, 80, 300);

    play.press("/ ctrl-u").typed("question");

    let (rows, height) = (play.model.queue.rows.len(), usize::from(play.model.layout().list.height));
    assert!(height > 100 && rows >= height, "{rows} rows on a list of {height} lines");
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut play = Play::new();
    let first = play.update(Input::Key(crate::tui::Key::char('7')));
    let second = play.update(Input::Key(crate::tui::Key::char('5')));
    let Effect::Read(_, older) = &first[0] else { panic!("{first:?}") };

    let rows = vec![row(9, "Stale", "x", Status::Open)];
    play.update(Input::Worker(FromWorker::Reply { id: older.id, result: Ok(Answer::Page(ListedPage { rows, next: None })) }));
    assert!(play.model.queue.rows.is_empty(), "the older answer is not shown");

    play.run(second);
    assert_eq!(play.selected(), Some(1030));
}

#[test]
fn views_are_reached_by_number_neighbour_and_name() {
    let mut play = Play::new();
    assert_eq!(play.model.queue.views[3].count, Some(5));

    assert_eq!(play.press("7").selected(), Some(1021));
    assert_eq!(play.press("h h").selected(), Some(1030));
    assert_eq!(play.press("g m").selected(), Some(1041));
    assert_eq!(play.model.queue.views[8].name, "vip");
    play.model.queue.views.pop();
    assert!(play.press("9").toast().contains("there is no view 9"), "{}", play.toast());
}

#[test]
fn the_filter_works_while_typing_and_esc_brings_the_view_back() {
    let mut play = Play::new();

    play.press("/ ctrl-u").typed("refund");
    assert_eq!(play.selected(), Some(1030));
    play.press("enter");
    assert_eq!(play.model.queue.filter.as_deref(), Some("refund"));
    assert_eq!(play.press("esc").selected(), Some(1042));
    assert_eq!(play.model.queue.filter, None);
}

#[test]
fn a_wrong_query_points_at_the_word_and_keeps_the_list() {
    let mut play = Play::new();

    play.press("/ ctrl-u").typed("status:opne");

    let Some(Overlay::Prompt(prompt)) = &play.model.overlay else { panic!("no prompt") };
    let (start, end, why) = prompt.error.clone().unwrap();
    assert!("status:opne".get(start..end).is_some_and(|word| word.contains("opne")), "{start}..{end}");
    assert!(why.contains("open"), "{why}");
    assert!(play.text().contains("did you mean `open`?"), "{}", play.text());
    assert_eq!(play.press("esc").model.queue.rows.len(), 5);
}

#[test]
fn opening_a_ticket_shows_its_newest_message_and_marks_it_read() {
    let mut play = Play::new();

    play.press("enter");

    assert_eq!(play.model.screen(), Screen::Ticket);
    assert_eq!(play.model.ticket.focus, 3);
    assert!(play.text().contains("It works again"), "{}", play.text());
    assert_eq!(play.fake.seen, [key(1042)]);
}

#[test]
fn messages_and_tickets_are_stepped_through_and_ends_are_told() {
    let mut play = Play::new();
    play.press("enter {");
    assert_eq!(play.model.ticket.focus, 2);
    assert!(play.press("} }").toast().contains("last message"));
    assert!(play.press("K").toast().contains("first ticket"));
    assert_eq!(play.press("J").model.ticket.key, Some(key(1041)));
    assert_eq!(play.press("q").selected(), Some(1041));
}

#[test]
fn quotes_are_folded_until_asked_for() {
    let mut play = Play::on(Fake::new(), 80, 60);
    play.press("enter E");
    assert!(!play.text().contains("> since this morning"), "{}", play.text());
    assert!(play.text().contains("2 quoted or repeated lines"), "{}", play.text());
    assert!(play.press("\"").text().contains("> since this morning"));
}

#[test]
fn a_reply_goes_through_editor_and_review_before_it_is_sent() {
    let mut play = Play::new();

    play.press("r");
    assert_eq!(play.model.screen(), Screen::Review);
    let screen = play.text();
    for shown in ["Maria Keller <maria@client.example>", "boss@client.example", "it is fixed.", "Re: Cannot log in", "was added since"] {
        assert!(screen.contains(shown), "{shown} is missing:\n{screen}");
    }
    assert_eq!(play.fake.drafts.len(), 1, "saved before anything else");
    assert!(play.fake.sent.is_empty());

    play.press("y");
    assert_eq!(play.fake.sent.len(), 1);
    assert_eq!(play.model.screen(), Screen::Queue);
    assert_eq!(play.toast(), "sent to Maria Keller");
    assert!(play.fake.drafts.is_empty());
}

#[test]
fn leaving_the_review_keeps_the_draft_by_every_door() {
    for door in ["q", "esc", "p", "P"] {
        let mut play = Play::new();
        play.press("r").press(door);
        assert_eq!(play.model.screen(), Screen::Queue, "{door}");
        assert_eq!(play.fake.drafts.len(), 1, "{door}");
        assert!(play.toast().contains("kept as draft"), "{door}: {}", play.toast());
    }
}

#[test]
fn leaving_while_the_draft_is_being_saved_waits_for_that_alone() {
    let mut play = Play::new();
    let begin = play.press_slowly("r");
    let mut edit = play.answer_first(begin);
    edit.retain(|effect| matches!(effect, Effect::Edit { .. }));
    let asked = play.answer_first(edit);
    assert!(play.press_slowly("q").is_empty());
    assert_eq!(play.model.screen(), Screen::Review);

    play.run(asked);

    assert_eq!(play.model.screen(), Screen::Queue);
    assert_eq!(play.fake.drafts.len(), 1);
    assert!(play.toast().contains("kept as draft"), "{}", play.toast());
}

#[test]
fn discarding_asks_and_the_harmless_answer_is_the_default() {
    let mut play = Play::new();
    play.press("r D enter");
    assert_eq!((play.model.screen(), play.fake.drafts.len()), (Screen::Review, 1));
    play.press("D y");
    assert_eq!((play.model.screen(), play.fake.drafts.len()), (Screen::Queue, 0));
}

#[test]
fn editing_again_twice_leaves_one_draft_with_the_newest_text() {
    let mut play = Play::new();
    play.press("r e e q");
    assert_eq!(play.fake.drafts.len(), 1);
    assert_eq!(play.fake.drafts[0].1.body.matches("it is fixed.").count(), 3);
}

#[test]
fn an_objection_is_asked_about_and_can_be_overridden() {
    let mut play = Play::new();
    play.fake.objections = vec![objection(Check::MissingAttachment, "the text speaks of an attachment, but none is attached")];

    play.press("r");
    assert!(play.text().contains("to be confirmed") && !play.text().contains("ready to send"), "{}", play.text());
    play.press("y enter");
    assert!(play.fake.sent.is_empty());
    assert!(play.text().contains("speaks of an attachment"), "{}", play.text());

    play.press("y y");
    assert_eq!(play.fake.sent.len(), 1);
}

#[test]
fn a_reply_to_nobody_cannot_be_overridden() {
    let mut play = Play::new();
    play.fake.objections = vec![objection(Check::NoRecipient, "there is no recipient")];
    play.press("r");
    let text = play.text();
    assert!(text.contains("cannot be sent yet") && !text.contains("ready to send") && !text.contains("y send"), "{text}");
    play.press("y");
    assert!(play.model.overlay.is_none());
    assert!(play.fake.sent.is_empty());
    assert!(play.toast().contains("nobody"));
}

#[test]
fn sending_can_set_the_status_too() {
    let mut play = Play::new();
    play.press("r Y").typed("pend").press("enter");
    assert_eq!(play.fake.sent[0].status, Some(Status::Pending));
}

#[test]
fn an_untouched_or_empty_text_leaves_no_draft() {
    for editor in [(|text| Edited::Text(text.to_owned())) as fn(&str) -> Edited, |_| Edited::Text("  \n".into())] {
        let mut play = Play::new();
        play.fake.editor = editor;
        play.press("r");
        assert_eq!(play.model.screen(), Screen::Queue);
        assert!(play.fake.drafts.is_empty());
        assert!(play.toast().contains("nothing written"), "{}", play.toast());
        assert!(play.model.composing.is_none());
    }
}

#[test]
fn a_template_can_be_sent_as_it_is() {
    let mut play = Play::new();
    play.fake.editor = |text| Edited::Text(text.to_owned());
    play.press("T").typed("refund").press("enter");
    assert_eq!(play.model.screen(), Screen::Review);
    play.press("y");
    assert_eq!(play.fake.sent[0].template.as_deref(), Some("refund"));
}

#[test]
fn a_failing_editor_keeps_what_was_written() {
    let mut play = Play::new();
    play.fake.editor = |_| Edited::Failed {
        text: Some("half a reply".into()),
        complaint: Complaint { what: "the editor ended with signal 9".into(), remedy: "The text is kept in /tmp/x.".into() },
    };
    play.press("r");
    assert_eq!(play.fake.drafts[0].1.body, "half a reply");
    assert!(play.text().contains("/tmp/x"), "{}", play.text());
}

#[test]
fn a_draft_that_cannot_be_saved_is_not_left_behind() {
    let mut play = Play::new();
    play.press("r");
    play.fake.broken = true;
    play.model.composing.as_mut().unwrap().draft_id = None;
    play.press("q q");
    assert_eq!(play.model.screen(), Screen::Review);
    play.fake.broken = false;
    play.press("q");
    play.press("q");
    assert_eq!(play.model.screen(), Screen::Queue);
    assert_eq!(play.fake.drafts.last().unwrap().1.body.matches("it is fixed.").count(), 1);
}

#[test]
fn who_discards_what_could_not_be_saved_is_told_so_and_the_trash_has_the_last_words_if_it_can() {
    let remarks = |play: &Play| match &play.model.overlay {
        Some(Overlay::Confirm(asked)) => asked.remarks.join(" "),
        other => panic!("{other:?}"),
    };
    let mut play = Play::new();
    play.fake.keeps_trash = true;
    play.press("r D");
    assert!(remarks(&play).contains("recovered from the trash"), "{}", remarks(&play));
    play.press("esc");

    let composing = play.model.composing.as_mut().unwrap();
    composing.unsaved = true;
    composing.draft.body = "The last words.".into();
    play.press("D");
    assert!(remarks(&play).contains("cannot be recovered"), "{}", remarks(&play));
    play.press("y");

    assert_eq!(play.model.screen(), Screen::Queue);
    assert_eq!(play.fake.drafts.last().unwrap().1.body, "The last words.");
}

#[test]
fn who_types_fast_need_not_wait_for_the_ticket_to_be_read() {
    let mut play = Play::new();
    play.model.queue.preview.ticket = None;
    let _unanswered = play.press_slowly("enter");
    assert!(play.model.ticket.shown.is_none() && play.model.screen() == Screen::Ticket);

    play.press("A");

    assert_eq!(play.fake.acts.len(), 1, "{}", play.text());
    play.press_slowly("r");
    assert!(play.model.composing.is_some(), "{}", play.text());
}

#[test]
fn assigning_takes_a_picker_or_one_key() {
    let mut play = Play::new();
    play.press("a").typed("ben").press("enter");
    play.press("A");
    play.press("a").typed("-").press("enter");
    let whos: Vec<Option<&str>> =
        play.fake.acts.iter().map(|(_, act)| if let Act::Assign(who) = act { who.as_deref() } else { panic!("{act:?}") }).collect();
    assert_eq!(whos, [Some("ben"), Some("ana"), None]);
}

#[test]
fn the_status_menu_shows_what_can_follow_and_esc_leaves_it() {
    let mut play = Play::new();
    play.press("s");
    assert!(play.text().contains("s …"), "{}", play.text());
    play.press("esc");
    assert!(play.fake.acts.is_empty() && play.model.pending.is_empty());
    play.press("s p");
    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Pending))]);
}

#[test]
fn tags_and_priority_are_typed() {
    let mut play = Play::new();
    play.press("t").typed("+billing -spam").press("enter");
    play.press("!").typed("urg").press("enter");
    let acts: Vec<&Act> = play.fake.acts.iter().map(|(_, act)| act).collect();
    assert_eq!(acts[0], &Act::Tag { add: vec!["billing".into()], remove: vec!["spam".into()] });
    assert_eq!(acts[1], &Act::Priority(crate::domain::ticket::Priority::Urgent));
}

#[test]
fn the_choice_of_a_priority_begins_at_the_one_a_ticket_has() {
    let mut play = Play::new();
    play.press("!").press("up").press("enter");
    assert_eq!(play.fake.acts.remove(0).1, Act::Priority(crate::domain::ticket::Priority::Low), "the one before normal");
}

#[test]
fn a_note_can_be_written_in_the_editor() {
    let mut play = Play::new();
    play.press("c");
    assert_eq!(play.fake.edited, [EditTask::Note(vec![key(1042)])]);
    assert!(play.text().contains("INTERNAL NOTE"), "{}", play.text());
    play.press("y");
    assert_eq!(play.fake.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["Hello,\n\nit is fixed.\n"]);
    assert!(play.fake.sent.is_empty() && play.fake.drafts.is_empty() && play.fake.note_drafts.is_empty());
}

#[test]
fn no_key_does_nothing_silently() {
    let mut play = Play::new();
    assert!(play.press("X").toast().contains("is open already"), "{}", play.toast());
    assert!(play.press("Z").toast().contains("`Z` does nothing here"), "{}", play.toast());
    assert!(play.press("s q").toast().contains("`s q` does nothing here"), "{}", play.toast());
    assert!(play.press("esc").toast().contains("nothing to cancel"));
    assert!(play.press("g o a").toast().contains("does nothing here"), "{}", play.toast());

    let mut empty = Play::on(Fake::empty(), 80, 24);
    for key in ["j", "enter", "x", "r", "T", "a", "A", "c", "t", "!", "]", "["] {
        assert!(!empty.press(key).toast().is_empty(), "{key}");
    }
}

#[test]
fn undo_says_what_was_undone() {
    assert!(Play::new().press("u").toast().contains("undone: status solved of #1042"));
}

#[test]
fn help_lists_exactly_the_keys_of_the_screen() {
    let mut play = Play::on(Fake::new(), 100, 300);
    let list = play.press("?").text();
    assert!(list.contains("Keys on the list") && list.contains("preview on or off") && !list.contains("next message"), "{list}");
    play.press("q enter");
    let ticket = play.press("?").text();
    assert!(ticket.contains("next message") && !ticket.contains("preview on or off"), "{ticket}");
    assert_eq!(play.press("?").model.screen(), Screen::Ticket);
}

#[test]
fn quitting_asks_only_when_mail_waits() {
    let mut play = Play::new();
    assert!(play.press("q").fake.quit);

    let mut waiting = Play::new();
    waiting.fake.outbox = vec![waiting_mail(1, OutboxState::Held, None), waiting_mail(2, OutboxState::Sent, None)];
    waiting.news(News::Outbox);
    assert!(!waiting.press("q enter").fake.quit);
    assert!(waiting.press("q y").fake.quit);
}

#[test]
fn ctrl_c_twice_quits_and_another_key_between_does_not() {
    let mut play = Play::new();
    assert!(!play.press("ctrl-c j ctrl-c").fake.quit);
    assert!(play.press("ctrl-c").fake.quit);
}

#[test]
fn the_status_line_says_since_when_there_is_no_server_and_what_to_do() {
    let mut play = Play::on(Fake::new(), 120, 30);
    let complaint = Complaint { what: "imap.example.com refuses the login".into(), remedy: "Check password_command.".into() };
    play.news(News::SyncEnded { at: super::support::now(), error: Some(complaint) });
    assert!(play.text().contains("offline since 12:00: imap.example.com refuses the login — Check password_command."), "{}", play.text());
    play.news(News::SyncEnded { at: super::support::now(), error: None });
    assert!(play.text().contains("synced now"), "{}", play.text());
}

#[test]
fn syncing_now_says_what_came() {
    assert_eq!(Play::new().press("$").toast(), "synced: 3 new");
}

#[test]
fn a_dead_worker_is_visible() {
    let mut play = Play::new();
    play.news(News::WorkerFailed { worker: "reading", why: "index out of bounds".into() });
    assert!(play.text().contains("the reading worker failed"), "{}", play.text());
}

#[test]
fn pasted_text_never_runs_keys() {
    let mut play = Play::new();
    let effects = play.update(Input::Paste("xxq".into()));
    assert!(effects.is_empty() && play.fake.acts.is_empty());
    assert!(play.toast().contains("ignored"));
}

#[test]
fn an_alarm_rings_once_when_its_time_has_come() {
    let mut play = Play::new();
    let at = play.now.checked_add(Duration::from_secs(2)).unwrap();
    play.model.alarms.insert(Alarm::Autosave, at);

    play.wait(Duration::from_secs(1));
    assert_eq!(play.model.next_alarm(), Some(at));
    play.wait(Duration::from_secs(1));
    assert_eq!(play.model.next_alarm(), None);
}

#[test]
fn a_change_is_about_the_marked_tickets_or_else_the_one_at_hand() {
    let mut play = Play::new();
    play.press("x");
    play.model.queue.marks.extend([key(1041), key(1038)]);
    play.press("A y");

    let changed: Vec<_> = play.fake.acts.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(changed, [key(1042), key(1038), key(1041)]);
}
