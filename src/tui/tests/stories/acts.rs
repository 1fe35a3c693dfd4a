//! Changes that have no key of their own: by the palette, the line, and on marked tickets.

use super::super::support::{Fake, Play, key, row, shown};
use crate::domain::ticket::Status;
use crate::protocol::job::{Act, Job};
use crate::protocol::json::Linked;
use crate::tui::Effect;

fn acts(play: &Play) -> Vec<(u64, Act)> {
    play.fake.acts.iter().map(|(ticket, act)| ((1000..2000).find(|number| key(*number) == *ticket).unwrap_or(0), act.clone())).collect()
}

#[test]
fn the_subject_is_changed_in_a_prompt_that_holds_the_present_one() {
    let mut play = Play::new();
    play.press(":").typed("subject").press("enter");
    assert!(play.text().contains("Subject: Cannot log in since this morning"), "{}", play.text());

    play.press("ctrl-u").typed("Login broken").press("enter");

    assert_eq!(acts(&play), [(1042, Act::Subject("Login broken".into()))]);
}

#[test]
fn the_participants_of_marked_tickets_are_changed_at_once_and_a_wrong_address_is_pointed_at() {
    let mut play = Play::new();
    play.press("space space :").typed("participant").press("enter");
    play.typed("boss@x.example nobody").press("enter");
    assert!(play.text().contains("`nobody` is no address"), "{}", play.text());
    assert!(play.fake.batches.is_empty());

    play.press("ctrl-w").typed("-list@y.example").press("enter");
    assert!(play.text().contains("Change who takes part in 2 tickets: +boss@x.example"), "{}", play.text());
    play.press("y");

    let act = Act::Participant { add: vec!["boss@x.example".into()], remove: vec!["list@y.example".into()] };
    assert_eq!(play.fake.batches.iter().map(|batch| (batch.tickets.len(), batch.act.clone())).collect::<Vec<_>>(), [(2, act)]);
}

#[test]
fn a_link_is_taken_away_by_choosing_the_other_ticket() {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    ticket.links = vec![Linked { key: key(1030), number: Some(1030), subject: "Refund".into() }];
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 80, 24);
    play.press("enter");
    assert!(play.text().contains("& Linked with #1030 “Refund”"), "{}", play.text());

    play.press(":").typed("unlink").press("enter");
    assert!(play.text().contains("No longer linked with #1042") && play.text().contains("▸ #1030 Refund"), "{}", play.text());
    play.press("enter");

    assert_eq!(acts(&play), [(1042, Act::Unlink(key(1030)))]);
}

#[test]
fn without_a_link_there_is_none_to_take_away_and_of_marked_tickets_those_among_them_go() {
    let mut play = Play::new();
    assert!(play.press(":").typed("unlink").press("enter").toast().contains("#1042 is linked with no other ticket"), "{}", play.toast());

    play.press("space space space :").typed("unlink").press("enter y");

    let batch = play.fake.batches.first().expect("a batch");
    assert_eq!((batch.tickets.len(), matches!(batch.act, Act::Unlink(_))), (2, true), "{batch:?}");
}

#[test]
fn check_47_a_person_is_forgotten_after_a_question_that_says_it_cannot_be_undone() {
    let mut play = Play::new();
    let forget = |play: &mut Play| play.press(":").typed("forget").press("enter").text();
    let asked = forget(&mut play);
    assert!(asked.contains("Forget") && asked.contains("cannot be undone") && asked.contains("[n no]"), "{asked}");
    play.press("enter");
    assert!(!play.text().contains("Forget "), "enter is no: {}", play.text());

    forget(&mut play);
    let effects = play.press_slowly("y");

    let address = play.fake.rows[0].requester.clone().unwrap().address;
    assert!(matches!(&effects[..], [Effect::Do(request)] if request.job == Job::Forget(address.clone())), "{effects:?}");
}

#[test]
fn a_change_is_undone_by_its_name_and_a_wrong_name_is_refused() {
    let mut play = Play::new();
    play.press(":").typed("undo 17").press("enter");
    assert!(play.text().contains("`17` is not an event"), "{}", play.text());
    play.press("ctrl-u").typed("undo 00c0ffee00c0ffee.17");

    let effects = play.press_slowly("enter");

    let named = |request: &crate::protocol::job::Request| matches!(&request.job, Job::Undo(Some(event)) if event.seq == 17);
    assert!(matches!(&effects[..], [Effect::Do(request)] if named(request)), "{effects:?}");
}

#[test]
fn the_end_of_a_long_text_is_in_sight_while_it_is_typed_into_a_picker() {
    let mut play = Play::new();
    play.press("a").typed(&"x".repeat(80)).typed("THE-END");

    assert!(play.text().contains("xTHE-END"), "{}", play.text());
}

#[test]
fn the_line_at_the_bottom_says_less_rather_than_half_a_word() {
    use crate::protocol::answer::Complaint;
    use crate::protocol::news::News;
    for width in 30..=120 {
        for keys in ["", "r"] {
            let mut play = Play::on(Fake { external: false, ..Fake::new() }, width, 12);
            if !keys.is_empty() {
                play.press(keys);
            }
            let complaint = Complaint { what: "imap.example.com does not answer".into(), remedy: "Check the network.".into() };
            play.news(News::SyncEnded { at: play.model.now, error: Some(complaint) });

            let line = play.text().lines().find(|line| line.contains("offline")).unwrap_or_default().to_owned();

            assert!(line.contains("offline") && !line.contains('…'), "{width}: {line}");
        }
    }
}
