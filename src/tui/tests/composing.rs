//! Writing, reviewing, sending and calling back, on a scripted desk.

use std::time::Duration;

use super::support::{Fake, Play, key, objection, waiting_mail};
use crate::domain::Address;
use crate::domain::draft::Check;
use crate::domain::outbox::OutboxState;
use crate::protocol::news::News;
use crate::tui::model::{Field, Overlay, Screen};
use crate::tui::{EditTask, Edited, Input};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

fn built_in() -> Fake {
    Fake { external: false, ..Fake::new() }
}

fn play() -> Play {
    Play::on(built_in(), 80, 24)
}

/// A mail can be called back for ten seconds.
fn patient() -> Play {
    Play::on(Fake { undo_window: Duration::from_secs(10), ..built_in() }, 80, 24)
}

#[test]
fn a_reply_is_typed_reviewed_and_sent() {
    let mut play = play();
    play.press("r").typed("It is fixed, q and ? are letters here.").press("esc");

    assert_eq!(play.model.screen(), Screen::Review);
    assert!(play.text().contains("q and ? are letters here."), "{}", play.text());
    play.press("y");
    assert_eq!(play.fake.sent[0].body, "It is fixed, q and ? are letters here.\n> quoted\n");
    assert!(play.fake.drafts.is_empty() && play.model.composing.is_none());
    assert_eq!(play.model.screen(), Screen::Queue);
}

#[test]
fn what_is_typed_is_saved_within_two_seconds_and_once() {
    let mut play = play();
    play.press("r").typed("a");
    assert_eq!(play.fake.saves, 0);
    play.wait(Duration::from_secs(2));
    assert_eq!((play.fake.saves, play.fake.drafts.len()), (1, 1));
    play.wait(Duration::from_mins(1));
    assert_eq!(play.fake.saves, 1, "nothing was typed since");

    play.typed("b").wait(Duration::from_secs(2));
    assert_eq!((play.fake.saves, play.fake.drafts.len()), (2, 1));
    assert!(play.fake.drafts[0].1.body.starts_with("ab"));
}

#[test]
fn a_text_saved_again_before_the_first_save_is_answered_makes_one_draft() {
    let mut play = play();
    play.press("r").typed("a");
    play.now = play.now.checked_add(Duration::from_secs(2)).unwrap();
    let first = play.update(Input::Alarm(crate::tui::model::Alarm::Autosave));
    play.typed("b");
    let second = play.update(Input::Alarm(crate::tui::model::Alarm::Autosave));
    assert_eq!((first.len(), second.len()), (1, 0));

    play.run(first);

    assert_eq!(play.fake.drafts.len(), 1);
    assert!(play.fake.drafts[0].1.body.starts_with("ab"), "{:?}", play.fake.drafts);
}

#[test]
fn leaving_by_every_door_keeps_what_was_typed() {
    for doors in ["ctrl-g", "esc esc", "esc q", "alt-enter p"] {
        let mut play = play();
        play.press("r").typed("kept").press(doors);
        assert!(play.fake.drafts[0].1.body.starts_with("kept"), "{doors}");
        assert_eq!(play.model.screen(), Screen::Queue, "{doors}");
        assert!(play.model.composing.is_none(), "{doors}");
    }
}

#[test]
fn quitting_and_signals_save_what_was_typed_last() {
    let mut play = play();
    play.press("r").typed("last words").press("ctrl-c ctrl-c");
    assert!(play.fake.quit);
    assert!(play.fake.drafts[0].1.body.starts_with("last words"));

    let mut play = self::play();
    play.press("r").typed("last words");
    let effects = crate::tui::closing(&mut play.model);
    play.run(effects);
    assert!(play.fake.drafts[0].1.body.starts_with("last words"));
}

#[test]
fn leaving_while_a_mail_is_handed_over_says_what_becomes_of_it_and_quitting_asks() {
    let mut play = play();
    play.press("r").typed("Done.").press("esc");
    let handing_over = play.press_slowly("y");
    assert!(play.text().contains("sending… q leaves, it goes on"), "{}", play.text());

    play.press("q");
    assert!(play.model.screen() == Screen::Queue && play.toast().contains("goes on in the background; g o shows"), "{}", play.toast());
    play.press("q");
    assert!(play.text().contains("A reply is being prepared or sent."), "{}", play.text());
    play.press("q");
    assert!(!play.fake.quit && play.toast().contains("still here"), "{}", play.toast());
    play.run(handing_over);

    assert_eq!(play.fake.sent.len(), 1);
}

#[test]
fn an_untouched_reply_leaves_no_draft() {
    for doors in ["esc", "ctrl-g", "alt-enter"] {
        let mut play = play();
        play.press("r").press(doors);
        play.wait(Duration::from_secs(5));
        assert!(play.fake.drafts.is_empty() && play.model.composing.is_none(), "{doors}");
        assert!(play.toast().contains("nothing written"), "{doors}: {}", play.toast());
    }
}

#[test]
fn what_is_no_address_keeps_the_mail_in_the_composer_with_a_word_on_it() {
    let mut play = play();
    play.press("f").typed("foo bar").press("tab tab tab tab").typed("A text.").press("esc");

    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.toast().contains("`foo bar` in To is not a mail address"), "{}", play.toast());
    play.typed(" <foo@y.example>").press("esc");
    assert_eq!(play.model.screen(), Screen::Review, "{}", play.text());
    play.press("y");
    assert_eq!(play.fake.sent[0].to, [Address::new("foo bar", "foo@y.example")]);
}

#[test]
fn a_text_typed_where_the_recipient_belongs_is_noticed_at_its_first_line() {
    let mut play = play();
    play.press("f");
    assert!(play.text().contains("to whom? type a name or an address"), "{}", play.text());

    play.typed("Hello,").press("enter");

    assert!(play.toast().contains("`Hello` is not a mail address"), "{}", play.toast());
    assert_eq!(play.model.composing.as_ref().unwrap().form.focus, Field::To);
}

#[test]
fn a_kept_draft_with_a_recipient_that_is_no_address_is_not_sent_from_the_review() {
    let mut play = play();
    play.fake.objections = vec![objection(Check::BadRecipient, "`foo bar` in To is not a mail address")];
    play.press("r").typed("x").press("esc y");

    assert!(play.fake.sent.is_empty() && play.model.overlay.is_none(), "{}", play.text());
    assert!(play.toast().contains("`foo bar` in To") && play.toast().contains("t, c and b"), "{}", play.toast());
}

fn crowd(name: &str, people: usize) -> Vec<Address> {
    (0..people).map(|number| Address::new("", format!("{name}{number}@crowd.example"))).collect()
}

#[test]
fn an_answer_to_hundreds_nobody_typed_is_counted_and_asked_about() {
    let mut play = play();
    play.fake.reply_cc = crowd("c", 500);
    play.press("r").typed("Only for Maria.").press("esc");

    assert!(play.text().contains("to 501 people"), "{}", play.text());
    assert!(play.text().contains("500 people: c0@crowd.example") && play.text().contains("Only for Maria."), "{}", play.text());
    let everybody = crate::tui::review::lines(play.model.composing.as_ref().unwrap(), 80);
    assert!(crowd("c", 500).iter().all(|person| everybody.iter().any(|(_, line)| line.trim() == person.address)));
    play.press("y");
    assert!(play.fake.sent.is_empty() && play.text().contains("Send to 501 people?"), "{}", play.text());
    play.press("enter");
    assert!(play.fake.sent.is_empty(), "enter is no");
    play.press("y y");
    assert_eq!(play.fake.sent.len(), 1);
}

#[test]
fn people_the_agent_typed_are_not_asked_about_and_those_of_a_kept_draft_are() {
    let mut play = play();
    let typed: Vec<String> = crowd("t", 30).iter().map(ToString::to_string).collect();
    play.press("r").typed("x").press("esc c").typed(&typed.join(", ")).press("esc");
    assert!(play.text().contains("to 32 people"), "{}", play.text());

    play.press("p g D enter esc y");

    assert!(play.fake.sent.is_empty() && play.text().contains("Send to 32 people?"), "{}", play.text());
    let mut play = self::play();
    play.press("r").typed("x").press("esc c").typed(&typed.join(", ")).press("esc y");
    assert_eq!(play.fake.sent.len(), 1, "{}", play.text());
}

#[test]
fn a_draft_is_resumed_from_the_list_of_drafts() {
    let mut play = play();
    play.press("r").typed("one").press("ctrl-g");
    play.press("j r").typed("two").press("ctrl-g g D");
    assert_eq!(play.model.drafts.lines.len(), 2);

    play.press("enter");
    assert_eq!(play.model.screen(), Screen::Compose);
    play.typed("more ").press("esc y");

    assert!(play.fake.sent[0].body.starts_with("more one"), "{:?}", play.fake.sent);
    assert_eq!(play.fake.drafts.len(), 1, "the other draft stays");
}

#[test]
fn a_draft_goes_to_the_trash_and_comes_back() {
    let mut play = Play::on(Fake { keeps_trash: true, ..built_in() }, 80, 24);
    play.press("r").typed("one").press("ctrl-g g D D");
    assert!(play.text().contains("trash"), "{}", play.text());
    assert!(play.press("enter").toast().contains("r recovers it"));
    play.press("r enter");
    assert_eq!(play.model.screen(), Screen::Compose);
}

#[test]
fn the_editor_takes_the_text_and_gives_it_back_and_a_failed_one_loses_nothing() {
    let mut play = play();
    play.press("r").typed("mine").press("ctrl-e");
    assert_eq!(play.fake.edited, [EditTask::Reply]);
    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.text().contains("it is fixed."), "{}", play.text());

    let complaint = crate::protocol::answer::Complaint { what: "the editor was killed".into(), remedy: "the text lies in /x".into() };
    let outcome = Edited::Failed { text: None, complaint };
    let effects = play.update(Input::Edited { task: EditTask::Reply, outcome });
    play.run(effects);
    assert!(play.toast().contains("the text lies in /x"));
    play.press("esc");
    assert!(play.text().contains("it is fixed."), "{}", play.text());
}

#[test]
fn what_is_pasted_is_text_with_its_lines() {
    let mut play = play();
    play.press("r");
    let effects = play.update(Input::Paste("q\r\n\x1b[31mD\n".into()));
    play.run(effects);
    play.press("esc y");
    assert!(play.fake.sent[0].body.starts_with("q\n[31mD\n"), "{:?}", play.fake.sent[0].body);
}

#[test]
fn typing_is_taken_back_and_done_again() {
    let mut play = play();
    play.press("r").typed("xyz").press("alt-u alt-u");
    assert!(!play.text().contains("yz"), "{}", play.text());
    play.press("alt-r alt-r");
    assert!(play.text().contains("xyz"), "{}", play.text());
    assert!(play.press("alt-r").toast().contains("nothing to do again"));
}

#[test]
fn recipients_are_completed_from_people_known() {
    let mut play = play();
    play.press("r shift-tab shift-tab shift-tab").typed("mari");
    assert!(play.text().contains("Mario Rossi <mario@shop.example>"), "{}", play.text());
    play.press("down enter");
    assert!(
        play.text().contains("Cc      boss@client.example, Mario Rossi")
            || play.model.composing.as_ref().unwrap().form.cc.text().contains("mario@shop.example")
    );
    play.press("esc");
    let to: Vec<String> = play.model.composing.as_ref().unwrap().draft.cc.iter().map(ToString::to_string).collect();
    assert!(to.contains(&"Mario Rossi <mario@shop.example>".to_owned()), "{to:?}");
}

#[test]
fn the_review_edits_recipients_subject_and_files() {
    let mut play = play();
    play.press("r").typed("x").press("esc t").typed("new@x.example").press("esc s").typed(" again").press("esc");
    play.press("a").typed("/tmp/inv").press("tab").typed(".pdf").press("enter");
    let draft = &play.model.composing.as_ref().unwrap().draft;
    assert_eq!(draft.to.len(), 2);
    assert_eq!(draft.subject, "Re: Cannot log in again");
    assert_eq!(draft.attachments[0].name, "invoice.pdf");
    assert!(play.text().contains("invoice.pdf"), "{}", play.text());
    play.press("d");
    assert!(play.model.composing.as_ref().unwrap().draft.attachments.is_empty());
}

#[test]
fn the_sender_is_chosen_among_the_projects() {
    let mut play = play();
    play.press("r").typed("x").press("esc F").typed("shop").press("enter");
    assert!(play.text().contains("Acme Shop <shop@acme.example>"), "{}", play.text());
}

#[test]
fn a_template_is_seen_before_it_is_inserted_where_the_cursor_is() {
    let mut play = play();
    play.press("r").typed("first ").press("ctrl-t");
    assert!(play.text().contains("this is the text of refund"), "{}", play.text());
    assert!(play.text().contains("order.number"), "what it leaves empty is said:\n{}", play.text());
    play.press("down");
    assert!(play.text().contains("this is the text of welcome"), "{}", play.text());
    play.press("enter esc");
    let body = &play.model.composing.as_ref().unwrap().draft.body;
    assert!(body.starts_with("first Dear customer,\n\nthis is the text of welcome."), "{body}");
}

#[test]
fn a_note_is_unmistakable_and_never_sent() {
    let mut play = patient();
    play.press("c").typed("Looks like fraud").press("esc");
    assert!(play.text().contains("INTERNAL NOTE") && play.text().contains(" y add  e edit  "), "{}", play.text());
    let speaks_of_mail = |text: &str| ["ready to send", "y send", "send+status", "a attach"].into_iter().find(|words| text.contains(words));
    assert_eq!(speaks_of_mail(&play.text()), None, "{}", play.text());
    play.press("y");
    assert_eq!(play.fake.notes[0].note_on, [key(1042)]);
    assert_eq!(play.fake.notes[0].text, "Looks like fraud");
    play.wait(Duration::from_mins(1));
    assert!(play.fake.sent.is_empty() && play.fake.scheduled.is_empty() && play.fake.drafts.is_empty());
}

#[test]
fn a_note_is_saved_while_it_is_typed_and_resumed() {
    let mut play = play();
    play.press("c").typed("half a thought").wait(Duration::from_secs(2)).press("ctrl-g");
    assert_eq!(play.fake.note_drafts[0].1.text, "half a thought");
    play.press("g D");
    assert!(play.text().contains("NOTE"), "{}", play.text());
    play.press("enter").press("esc y");
    assert_eq!(play.fake.notes[0].text, "half a thought");
    assert!(play.fake.note_drafts.is_empty());
}

#[test]
fn a_note_turns_public_only_after_asking_and_a_reply_turns_internal_at_once() {
    let mut play = play();
    play.press("c").typed("internal").press("esc n");
    assert!(matches!(play.model.overlay, Some(Overlay::Confirm(_))));
    play.press("enter");
    assert!(play.model.composing.as_ref().unwrap().is_note(), "no is the default");
    play.press("n y");
    assert!(play.text().contains("PUBLIC REPLY"), "{}", play.text());
    assert!(play.text().contains("Maria Keller"), "{}", play.text());
    play.press("n");
    assert!(play.text().contains("INTERNAL NOTE"), "{}", play.text());
    play.press("y");
    assert_eq!(play.fake.notes[0].text, "internal");
    assert!(play.fake.sent.is_empty());
}

#[test]
fn a_mail_can_be_called_back_until_its_time_is_over() {
    let mut play = patient();
    play.press("r").typed("too fast").press("esc y");
    assert!(play.fake.sent.is_empty());
    assert!(play.text().contains("in 10 s"), "{}", play.text());
    play.wait(Duration::from_secs(4));
    assert!(play.text().contains("in 6 s"), "{}", play.text());

    play.press("u");
    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.text().contains("too fast"), "{}", play.text());
    play.wait(Duration::from_mins(1));
    assert!(play.fake.sent.is_empty() && play.fake.scheduled.is_empty());
}

#[test]
fn a_mail_leaves_when_its_time_is_over_while_other_things_are_done() {
    let mut play = patient();
    play.press("r").typed("done").press("esc y j enter");
    play.wait(Duration::from_secs(11));
    assert_eq!(play.fake.sent.len(), 1);
    assert!(play.toast().contains("sent to Maria"), "{}", play.toast());
    assert!(play.model.alarms.is_empty(), "nothing rings any more");
    assert!(play.press("u").toast().contains("undone"), "undo is about tickets again");
}

#[test]
fn what_cannot_be_sent_says_so_before_the_time_runs() {
    let mut play = patient();
    play.fake.objections = vec![objection(Check::EmptyBody, "the text is empty")];
    play.press("r").typed("x").press("esc y");
    assert!(matches!(play.model.overlay, Some(Overlay::Confirm(_))));
    assert!(play.fake.scheduled.is_empty());
}

#[test]
fn mail_in_the_outbox_is_tried_again_edited_or_cancelled() {
    let mut play = play();
    play.fake.outbox = vec![
        waiting_mail(1, OutboxState::Queued, None),
        waiting_mail(2, OutboxState::Uncertain, Some("the connection broke")),
        waiting_mail(3, OutboxState::Refused, Some("550 no such user")),
    ];
    play.news(News::Outbox);
    play.press("g o r");
    assert_eq!(play.fake.outbox.len(), 2);
    play.press("r");
    assert!(play.text().contains("could get it"), "{}", play.text());
    play.press("enter");
    assert_eq!(play.fake.outbox.len(), 2, "no is the default");
    assert!(play.press("e").toast().contains("cannot be edited"), "{}", play.toast());
    play.press("j D y");
    assert_eq!(play.fake.outbox.len(), 1);
}

#[test]
fn a_mail_that_is_sent_now_from_the_outbox_is_counted_down_no_more() {
    let mut play = patient();
    play.press("r").typed("now").press("esc y");
    play.fake.outbox = vec![waiting_mail(play.fake.scheduled[0].0, OutboxState::Scheduled, None)];
    play.news(News::Outbox);
    assert!(play.text().contains("in 10 s"), "{}", play.text());

    play.press("g o r");

    assert!(!play.text().contains("calls it back"), "{}", play.text());
    assert!(play.model.departing.is_empty() && play.model.alarms.is_empty());
    play.wait(Duration::from_mins(1));
    assert!(play.fake.sent.is_empty(), "it was handed over once, by the retry");
}

#[test]
fn a_refused_mail_becomes_a_draft_again() {
    let mut play = play();
    play.fake.outbox = vec![waiting_mail(3, OutboxState::Refused, Some("550 no such user"))];
    play.news(News::Outbox);
    play.press("g o e");
    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.text().contains("recalled text"), "{}", play.text());
}

#[test]
fn a_new_mail_and_a_forward_ask_for_their_recipient_first() {
    let mut play = play();
    play.press("m").typed("kim@x.example").press("tab tab tab").typed("Hello").press("tab").typed("Text").press("esc y");
    assert_eq!((play.fake.sent[0].to[0].address.as_str(), play.fake.sent[0].subject.as_str()), ("kim@x.example", "Hello"));

    play.press("f").typed("lab@x.example").press("esc y");
    assert_eq!(play.fake.sent[1].to[0].address, "lab@x.example");
}

#[test]
fn a_wrapped_quote_keeps_its_marks() {
    let mut play = play();
    play.press("r");
    let long = format!("> {}", "word ".repeat(40));
    let effects = play.update(Input::Paste(long));
    play.run(effects);
    play.press("esc");
    let quoted = play.text().lines().filter(|line| line.trim_start().starts_with("> word")).count();
    assert!(quoted >= 3, "{}", play.text());
}

#[test]
fn wide_characters_move_the_cursor_by_their_width() {
    let mut play = play();
    play.press("r").typed("漢字");
    let backend_cursor = play.cursor();
    assert_eq!(backend_cursor.0, 4, "{backend_cursor:?}\n{}", play.text());
}

#[test]
fn pictures_of_writing() {
    for (width, height) in SIZES {
        let snap = |name: &str, play: &Play| insta::assert_snapshot!(format!("{name}-{width}x{height}"), play.text());
        let on = || Play::on(Fake { undo_window: Duration::from_secs(10), ..built_in() }, width, height);

        let mut reply = on();
        reply.press("r").typed("Hello Maria,\n");
        snap("compose-reply", &reply);
        reply.press("tab").typed("mari");
        snap("compose-people", &reply);
        let mut template = on();
        template.press("r ctrl-t");
        snap("compose-template", &template);
        let mut note = on();
        note.press("c").typed("Looks like fraud.");
        snap("compose-note", &note);
        note.press("esc");
        snap("review-note", &note);
        let mut review = on();
        review.press("r").typed("Hello Maria,").press("esc v");
        snap("review-as-received", &review);
        let mut departing = on();
        departing.press("r").typed("x").press("esc y");
        snap("departing", &departing);
        let mut drafts = on();
        drafts.press("r").typed("one").press("ctrl-g c").typed("a thought").press("ctrl-g g D");
        snap("drafts-normal", &drafts);
        snap("drafts-empty", Play::on(built_in(), width, height).press("g D"));
        snap("drafts-error", Play::on(Fake { broken: true, ..built_in() }, width, height).press("g D"));
    }
}
