//! Changes of ours that were not applied: announced, looked at, decided about.

use super::support::{Fake, Play, ago, key, row, shown};
use crate::domain::ticket::Status;
use crate::domain::{ActorId, EventId};
use crate::protocol::answer::ConflictLine;
use crate::protocol::job::{Act, Decision};
use crate::protocol::json::SyncReport;
use crate::protocol::news::News;
use crate::tui::model::Screen;

pub fn conflict(number: u64, mine: &str, is_undecided: bool) -> ConflictLine {
    ConflictLine {
        event: EventId { actor: ActorId(7), seq: number },
        ticket: key(number),
        label: format!("#{number}"),
        subject: "Cannot log in since this morning".into(),
        mine: mine.into(),
        at: ago(180),
        theirs: "ben set the status to pending".into(),
        theirs_at: Some(ago(90)),
        why: "the status had been changed meanwhile".into(),
        is_undecided,
        is_parked: false,
        can_be_applied: true,
    }
}

fn id(number: u64) -> EventId {
    EventId { actor: ActorId(7), seq: number }
}

/// Back on the network after hours.
fn back(play: &mut Play) {
    play.fake.conflicts = vec![
        conflict(1030, "set the priority to high", false),
        conflict(1042, "set the status to solved", true),
        conflict(1041, "assigned it to ana", true),
    ];
    play.news(News::Tickets(vec![]));
}

#[test]
fn who_comes_back_is_asked_and_a_key_pressed_meanwhile_decides_nothing() {
    let mut play = Play::new();
    back(&mut play);
    assert!(play.text().contains("While you were offline colleagues changed 2 things"), "{}", play.text());

    play.press("a d h A D H");
    assert!(play.fake.decisions.is_empty(), "{:?}", play.fake.decisions);
    assert_eq!(play.model.screen(), Screen::Queue);
    play.press("y");

    assert_eq!(play.model.screen(), Screen::Conflicts);
    let text = play.text();
    assert!(text.contains("▸ waits 3h  #1042 you set the status to solved"), "{text}");
    assert!(text.contains("But ben set the status to pending"), "{text}");
    assert!(text.contains("  lost  3h  #1030"), "what has been shared stands below: {text}");
}

#[test]
fn a_change_the_server_does_not_take_stands_first_with_its_words_and_two_ways_on() {
    let mut play = Play::new();
    let why = "imap.example.com:993: APPEND refused; the server says \"BAD what is this\"";
    let stuck = ConflictLine { theirs: String::new(), theirs_at: None, why: why.into(), is_parked: true, ..conflict(1041, "added a note", true) };
    play.fake.conflicts = vec![conflict(1042, "set the status to solved", true), stuck];
    play.news(News::Tickets(vec![]));
    assert!(play.text().contains("The mail server does not take a change of yours"), "{}", play.text());

    play.press("y");
    let text = play.text();
    assert!(text.contains("▸ stuck") && text.contains("#1041 you added a note") && text.contains("BAD what is this"), "{text}");
    assert!(text.contains("a tries it") && text.contains("d leaves it out for good"), "{text}");
    play.press("d");

    assert_eq!(play.fake.decisions, [(id(1041), Decision::Drop)]);
    assert!(play.text().contains("Colleagues were first"), "what is left is of the other kind: {}", play.text());
}

#[test]
fn what_cannot_be_applied_is_not_offered() {
    let mut play = Play::new();
    let line = ConflictLine { can_be_applied: false, ..conflict(1030, "merged it into #1031", false) };
    play.fake.conflicts = vec![line];
    play.news(News::Tickets(vec![]));

    play.press("g c");

    let text = play.text();
    assert!(text.contains("takes it off this list") && !text.contains("applies it anyway"), "{text}");
    assert!(!text.contains("a apply anyway"), "{text}");
}

#[test]
fn each_is_decided_about_with_one_key() {
    let mut play = Play::new();
    back(&mut play);

    play.press("y a d h");

    assert_eq!(play.fake.decisions, [(id(1042), Decision::Apply), (id(1041), Decision::Drop), (id(1030), Decision::Keep)]);
    assert!(play.text().contains("Nothing waits for a decision of yours."), "{}", play.text());
    assert!(play.press("a").toast().contains("nothing waits for a decision"));
}

#[test]
fn all_are_decided_about_at_once_after_a_question() {
    for (keys, decision) in [("A", Decision::Apply), ("D", Decision::Drop), ("H", Decision::Keep)] {
        let mut play = Play::new();
        back(&mut play);
        play.press("y").press(keys);
        assert!(play.text().contains("2 to decide"), "{}", play.text());
        assert!(play.text().contains("(2)?") && play.text().contains("[n no]"), "{}", play.text());
        assert!(play.fake.decisions.is_empty());

        play.press("y");

        assert_eq!(play.fake.decisions, [1042, 1041].map(|number| (id(number), decision)), "what had been shared is none of those");
        play.press(keys);
        assert_eq!(play.fake.decisions.last(), Some(&(id(1030), decision)), "{}", play.text());
    }
}

#[test]
fn nobody_is_asked_while_typing_but_as_soon_as_that_is_over() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 80, 24);
    play.press("r").typed("Hello");

    back(&mut play);

    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.model.overlay.is_none() && play.text().contains("Hello"), "{}", play.text());
    play.typed(" Maria");
    assert!(play.text().contains("not applied 3"), "the status line tells: {}", play.text());
    play.press("ctrl-g");
    assert!(play.text().contains("While you were offline"), "{}", play.text());
}

#[test]
fn who_looks_at_the_list_before_it_is_read_is_not_asked_about_it_over_the_next_ticket() {
    let mut play = Play::new();
    play.press("g");
    let listed = play.press_slowly("c");
    play.fake.conflicts = vec![conflict(1042, "set the status to solved", true), conflict(1041, "assigned it to ana", true)];
    play.run(listed);
    play.press("d enter");

    assert_eq!(play.model.screen(), Screen::Ticket);
    assert!(play.model.overlay.is_none(), "{}", play.text());
    play.fake.conflicts.push(conflict(1030, "set the priority to high", true));
    play.news(News::Tickets(vec![]));
    assert!(play.text().contains("While you were offline"), "what is new is asked about: {}", play.text());
}

#[test]
fn nobody_is_asked_while_something_else_is_asked() {
    let mut play = Play::new();
    play.press("a");

    back(&mut play);

    assert!(play.text().contains("Assign") && !play.text().contains("While you were offline"), "{}", play.text());
    play.press("esc");
    assert!(play.text().contains("While you were offline"), "{}", play.text());
}

#[test]
fn who_says_no_is_not_asked_again_and_finds_the_way_by_key_and_jobs() {
    let mut play = Play::new();
    back(&mut play);

    play.press("n");
    play.news(News::Tickets(vec![]));

    assert!(play.model.overlay.is_none(), "{}", play.text());
    assert_eq!(play.press("g c").model.screen(), Screen::Conflicts);
    assert_eq!(play.press("q g j").model.screen(), Screen::Jobs);
    assert!(play.text().contains("Not applied #1042 you set the status to solved, but ben set the status to"), "{}", play.text());
    assert_eq!(play.press("j enter").model.screen(), Screen::Conflicts);
}

#[test]
fn a_change_that_lost_is_told_once_and_marked_in_the_list() {
    let mut play = Play::new();
    play.fake.conflicts = vec![conflict(1042, "set the status to solved", false)];

    play.news(News::Tickets(vec![]));

    assert!(play.toast().contains("#1042: not applied: you set the status to solved, but ben set the status to pending first"), "{}", play.toast());
    let line = play.text().lines().find(|line| line.contains("#1042")).unwrap_or_default().to_owned();
    assert!(line.contains("C@"), "{line}");
    play.press("j");
    play.news(News::SyncReport { at: play.model.now, report: Box::<SyncReport>::default() });
    play.news(News::Tickets(vec![]));
    assert!(!play.toast().contains("not applied"), "{}", play.toast());
}

#[test]
fn in_the_conversation_one_key_applies_it_anyway() {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    let mut lost = ticket.events[0].clone();
    (lost.applied, lost.is_ours_to_apply) = (false, true);
    lost.not_applied = "ben assigned it to ben first".into();
    let mut theirs = lost.clone();
    (theirs.is_ours_to_apply, theirs.agent) = (false, "cy".into());
    let mut waiting = ticket.events[0].clone();
    waiting.pending = true;
    ticket.events = vec![lost, theirs, waiting];
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 120, 40);
    play.press("enter g g");
    let text = play.text();
    assert!(text.contains("ana assigned it to ana (NOT APPLIED: ben assigned it to ben first; C applies it anyway)"), "{text}");
    assert!(text.contains("cy assigned it to ana (not applied: ben assigned it to ben first)"), "{text}");
    assert!(text.contains("ana assigned it to ana (not shared yet)"), "{text}");

    play.press("C");

    assert_eq!(play.fake.acts, [(key(1042), Act::Apply(None))]);
}

#[test]
fn a_change_lost_during_a_short_absence_is_told_whatever_was_being_said() {
    let mut play = Play::new();
    play.press("s s");
    assert!(!play.toast().is_empty());

    play.fake.conflicts = vec![conflict(1030, "set the priority to high", false)];
    play.news(News::Tickets(vec![]));

    assert!(play.toast().contains("#1030: not applied: you set the priority to high"), "{}", play.toast());
    play.press("j");
    play.news(News::Tickets(vec![]));
    assert!(!play.toast().contains("not applied"), "once: {}", play.toast());
}

#[test]
fn what_was_refused_a_moment_ago_is_read_first_and_the_lost_change_told_after_the_next_key() {
    let mut play = Play::new();
    play.fake.refuses = true;
    play.press("s s");
    let refused = play.toast();

    play.fake.conflicts = vec![conflict(1030, "set the priority to high", false)];
    play.news(News::Tickets(vec![]));
    assert_eq!(play.toast(), refused);
    play.press("j");

    assert!(play.toast().contains("#1030: not applied"), "{}", play.toast());
}
