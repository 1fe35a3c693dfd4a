//! Working through the list: marks, filters, views, changes to one and to many.

use crate::domain::query::Sort;
use crate::domain::ticket::Status;
use crate::protocol::answer::Answer;
use crate::protocol::job::Act;
use crate::protocol::news::{FromWorker, News};
use crate::tui::Input;
use crate::tui::model::{AfterAction, Overlay, Screen};
use crate::tui::tests::support::{Fake, Play, key, row};

fn marked(play: &Play) -> Vec<u64> {
    play.model.queue.rows.iter().filter(|row| play.model.queue.marks.contains(&row.key)).filter_map(|row| row.number).collect()
}

fn question(play: &Play) -> String {
    match &play.model.overlay {
        Some(Overlay::Confirm(confirm)) => format!("{} {}", confirm.question, confirm.remarks.join(" ")),
        other => panic!("no question but {other:?}"),
    }
}

#[test]
fn space_marks_and_moves_on_and_takes_the_mark_away_again() {
    let mut play = Play::new();

    play.press("space space");
    assert_eq!(marked(&play), [1042, 1041]);
    assert_eq!(play.selected(), Some(1039));
    assert!(play.text().contains("2 marked"), "{}", play.text());

    play.press("k space");
    assert_eq!(marked(&play), [1042]);
}

#[test]
fn a_range_follows_the_selection_both_ways_and_keeps_what_was_marked_before() {
    let mut play = Play::new();

    play.press("space v j");
    assert_eq!(marked(&play), [1042, 1041, 1039]);
    play.press("k k k");
    assert_eq!(marked(&play), [1042, 1041]);
    play.press("v j j j");
    assert_eq!(marked(&play), [1042, 1041], "the range has ended");
}

#[test]
fn star_marks_all_also_those_not_read_yet_and_again_the_others() {
    let mut play = Play::on(Fake::many(500), 80, 24);
    play.press("*");
    assert_eq!(play.model.queue.rows.len(), 200);
    assert_eq!(play.model.queue.marks.len(), 500);

    play.press("space *");
    assert_eq!(play.model.queue.marks.len(), 1, "the one whose mark was taken away");
    play.press("esc");
    assert!(play.model.queue.marks.is_empty());
}

#[test]
fn esc_clears_the_filter_first_and_then_the_marks() {
    let mut play = Play::new();
    play.press("space / ctrl-u").typed("invoice").press("enter");

    play.press("esc");
    assert_eq!((play.model.queue.filter.is_some(), play.model.queue.marks.len()), (false, 1));
    play.press("esc");
    assert!(play.model.queue.marks.is_empty());
    assert!(play.press("esc").toast().contains("nothing to cancel"));
}

#[test]
fn a_change_to_marked_tickets_is_asked_about_once_with_their_number_and_no_in_front() {
    let mut play = Play::new();
    play.press("space space A");
    assert!(question(&play).starts_with("Assign 2 tickets to ana?"), "{}", question(&play));

    play.press("enter");
    assert!(play.fake.acts.is_empty(), "enter is no");
    assert_eq!(marked(&play).len(), 2, "the marks are still there");

    play.press("A y");
    assert_eq!(play.fake.acts, [(key(1041), Act::Assign(Some("ana".into()))), (key(1042), Act::Assign(Some("ana".into())))]);
    assert!(play.model.queue.marks.is_empty());
    assert!(play.toast().contains("2 tickets: assigned to ana"), "{}", play.toast());
}

#[test]
fn a_change_to_500_tickets_goes_in_batches_that_are_one_gesture() {
    let mut play = Play::on(Fake::many(500), 80, 24);
    play.press("* x");
    assert!(question(&play).starts_with("Set 500 tickets to solved?"), "{}", question(&play));
    assert!(question(&play).contains("300 of them are not among the rows"), "{}", question(&play));

    play.press("y");

    assert_eq!(play.fake.acts.len(), 500);
    assert!(play.fake.batches.len() > 5 && play.fake.batches.iter().all(|batch| batch.tickets.len() <= 25));
    assert!(play.fake.batches[0].first.is_none() && play.fake.batches[1..].iter().all(|batch| batch.first.is_some()));
    assert!(play.toast().contains("500 tickets: solved"), "{}", play.toast());
}

#[test]
fn the_screen_can_be_used_while_many_tickets_are_changed_and_ctrl_c_stops_it() {
    let mut play = Play::on(Fake::many(500), 80, 24);
    play.press("* x");
    let first = play.press_slowly("y");
    let second = play.answer_first(first);
    assert!(play.text().contains("20/500 done, ctrl-c stops"), "{}", play.text());

    play.press("j");
    assert_eq!(play.selected(), Some(499));
    assert!(play.press("A").toast().is_empty() || play.toast().contains("still being made"), "{}", play.toast());
    play.press("ctrl-c");
    assert!(play.text().contains("stopping"), "{}", play.text());
    play.run(second);

    assert_eq!(play.fake.acts.len(), 40, "the batch that was under way is finished");
    assert!(play.toast().contains("40 tickets: solved") && play.toast().contains("460 not reached"), "{}", play.toast());
    assert_eq!(play.model.queue.marks.len(), 460);
    assert!(play.model.bulk.is_none());
}

#[test]
fn what_fails_is_reported_ticket_by_ticket_and_stays_marked() {
    let mut play = Play::new();
    play.fake.stubborn = vec![key(1041)];

    play.press("* a").typed("ben").press("enter y");

    assert!(play.text().contains("1 of 5 failed") && play.text().contains("#1041: there is no such ticket any more"), "{}", play.text());
    play.press("esc");
    assert_eq!(marked(&play), [1041]);
    assert!(play.model.overlay.is_none());
}

#[test]
fn an_act_on_one_ticket_is_not_asked_about() {
    let mut play = Play::new();
    play.press("A");
    assert_eq!(play.fake.acts.len(), 1);
    assert!(play.model.overlay.is_none());
}

#[test]
fn after_an_act_the_cursor_goes_where_the_configuration_says() {
    for (after, list, ticket) in [
        (AfterAction::Stay, Some(1041), (Screen::Ticket, Some(key(1041)))),
        (AfterAction::Next, Some(1039), (Screen::Ticket, Some(key(1039)))),
        (AfterAction::Back, Some(1041), (Screen::Queue, Some(key(1041)))),
    ] {
        let mut play = Play::new();
        play.fake.floats = true;
        play.model.after_action = after;
        play.press("j a").typed("ben").press("enter");
        assert_eq!(play.selected(), list, "{after:?} in the list");

        let mut play = Play::new();
        play.fake.floats = true;
        play.model.after_action = after;
        play.press("j enter a").typed("ben").press("enter");
        assert_eq!((play.model.screen(), play.model.ticket.key.clone()), ticket, "{after:?} in a ticket");
    }
}

#[test]
fn a_change_of_ours_never_moves_the_ticket_from_under_the_cursor() {
    let mut play = Play::new();
    play.fake.floats = true;

    play.press("j j j A");

    assert_eq!(play.model.queue.selected, Some(play.fake.rows[0].key.clone()), "the same ticket, which the store lists first now");
    assert_eq!(play.model.queue.index(), Some(3), "although it has the newest activity now");
    assert_eq!(play.model.queue.rows.len(), 5);
}

#[test]
fn the_ticket_behind_the_one_that_left_is_selected_whatever_else_has_come_in() {
    let mut play = Play::new();
    play.press("j j");
    play.fake.rows.iter_mut().filter(|row| row.number == Some(1039)).for_each(|row| row.status = Status::Solved);
    play.fake.rows.insert(0, row(1050, "Newest", "New", Status::Open));
    let follower = play.model.queue.rows[3].key.clone();

    play.news(News::Tickets(vec![]));

    assert_eq!(play.model.queue.selected, Some(follower));
}

#[test]
fn sorting_names_the_order_and_the_same_key_turns_it_round() {
    let mut play = Play::new();
    play.press(", a");
    assert_eq!((play.model.queue.order.sort, play.model.queue.order.reversed), (Sort::Assignee, false));
    assert!(play.toast().contains("sorted by assignee"), "{}", play.toast());
    play.press(", a");
    assert!(play.model.queue.order.reversed);
    assert!(play.text().contains("by assignee, Z to A"), "{}", play.text());
    assert_eq!(play.selected(), Some(1042), "the selection stays on its ticket");
}

#[test]
fn check_65_tab_completes_fields_and_known_values_of_the_desk() {
    let mut play = Play::new();
    play.press("/ ctrl-u").typed("ta");
    assert!(play.text().contains("tab  tag:") || play.text().contains("tab tag:"), "{}", play.text());

    play.press("tab");
    assert!(play.text().contains("tag:billing"), "{}", play.text());
    play.press("tab tab");
    assert!(play.text().contains("/ tag:bug"), "{}", play.text());
    play.press("shift-tab");
    assert!(play.text().contains("/ tag:billing"), "{}", play.text());
    assert_eq!(play.model.queue.filter.as_deref(), Some("tag:billing"), "what tab offers is tried at once");

    play.typed(" nothing-to-complete").press("tab");
    assert!(play.toast().contains("nothing completes"), "{}", play.toast());
}

#[test]
fn check_65_an_error_is_shown_at_the_wrong_word_once_nothing_continues_it() {
    let mut play = Play::new();
    play.press("/ ctrl-u").typed("refund status:solvd");
    let Some(Overlay::Prompt(prompt)) = &play.model.overlay else { panic!("no prompt") };
    let (start, end, _) = prompt.error.clone().unwrap();
    assert_eq!("refund status:solvd".get(start..end), Some("solvd"));
    assert!(play.text().contains("did you mean `solved`?"), "{}", play.text());
}

#[test]
fn esc_in_the_filter_brings_back_the_rows_the_selection_and_the_scroll() {
    let mut play = Play::on(Fake::many(100), 80, 24);
    play.press("ctrl-f ctrl-f ctrl-f j");
    let (selected, top) = (play.selected(), play.model.queue.top);

    play.press("/ ctrl-u").typed("question 77").press("esc");

    assert_eq!((play.selected(), play.model.queue.top), (selected, top));
}

#[test]
fn only_the_newest_query_is_shown_whatever_the_order_of_the_answers() {
    let mut play = Play::new();
    play.press("/ ctrl-u");
    let mut asked = Vec::new();
    for letter in ["r", "e", "f"] {
        asked.extend(play.press_slowly(letter));
    }
    asked.reverse();
    play.run(asked);
    assert_eq!(play.selected(), Some(1030));
    assert_eq!(play.model.queue.rows.len(), 1);
}

#[test]
fn n_goes_round_among_what_the_filter_has_found() {
    let mut play = Play::new();
    assert!(play.press("n").toast().contains("no filter is set"));
    play.press("/ ctrl-u").typed("in").press("enter");
    let count = play.model.queue.rows.len();
    assert!(count > 1);
    let first = play.selected();
    for _ in 0..count {
        play.press("n");
    }
    assert_eq!(play.selected(), first);
    play.press("N n");
    assert_eq!(play.selected(), first);
}

#[test]
fn searching_everything_starts_with_an_empty_query_and_esc_goes_back() {
    let mut play = Play::new();
    play.press("j g /").typed("old story");
    assert_eq!(play.selected(), Some(1021));
    assert_eq!(play.press("esc").selected(), Some(1041));
    assert_eq!(play.model.queue.views[play.model.queue.view].name, "open");
}

#[test]
fn a_query_is_saved_as_a_view_and_taken_away_again() {
    let mut play = Play::new();
    play.press("/ ctrl-u").typed("status:pending refund").press("enter alt-s").typed("refunds").press("enter");

    assert_eq!(play.fake.views, [("refunds".to_owned(), "status:pending refund".to_owned())]);
    assert_eq!(play.model.queue.views.last().map(|view| (view.name.as_str(), view.count)), Some(("refunds", Some(1))));
    assert_eq!((play.model.queue.view, play.model.queue.filter.clone()), (9, None));

    let effects = crate::tui::tests::support::run_verb(&mut play, "view", &["drop", "refunds"]);
    play.run(effects);
    assert_eq!(play.fake.views.len(), 1, "it asks first");
    play.press("y");
    assert!(play.fake.views.is_empty());
    assert_eq!(play.model.queue.views.len(), 9);
}

#[test]
fn a_view_of_the_configuration_cannot_be_replaced_from_the_screen() {
    let mut play = Play::new();
    play.press("alt-s").typed("vip").press("enter");
    assert!(play.toast().contains("choose another name"), "{}", play.toast());
    play.press("alt-s").typed("two words").press("enter");
    assert!(play.text().contains("a name is one word"), "{}", play.text());
    assert!(play.fake.views.is_empty());
}

#[test]
fn snoozing_takes_the_ticket_out_of_the_view_and_can_be_repeated() {
    let mut play = Play::new();
    play.press("z t");
    let until: jiff::Timestamp = "2026-03-05T09:00:00Z".parse().unwrap();
    assert_eq!(play.fake.acts, [(key(1042), Act::Snooze(Some(until)))]);
    assert_eq!(play.selected(), Some(1041));

    play.press("z z");
    assert_eq!(play.fake.acts[1], (key(1041), Act::Snooze(Some(until))));
    play.press("z d").typed("2026-04-01 08:30").press("enter");
    assert_eq!(play.fake.acts[2].1, Act::Snooze(Some("2026-04-01T08:30:00Z".parse().unwrap())));

    play.press("g s z u");
    assert_eq!(play.fake.acts[3].1, Act::Snooze(None));
    assert!(play.press("4 z u").toast().contains("is awake"), "{}", play.toast());
}

#[test]
fn a_ticket_wakes_while_nobody_touches_the_screen() {
    let mut play = Play::new();
    play.press("4 z h");
    assert_eq!(play.model.next_alarm(), Some("2026-03-04T15:00:00Z".parse().unwrap()));
    assert!(!play.text().contains("Cannot log in"), "{}", play.text());

    play.wait(std::time::Duration::from_hours(4));

    assert!(play.text().contains("Cannot log in"), "{}", play.text());
    assert_eq!(play.model.next_alarm(), None, "nothing else sleeps, so nothing rings");
}

#[test]
fn a_time_that_is_none_is_said_and_what_was_typed_stays() {
    let mut play = Play::new();
    assert!(play.press("z z").toast().contains("nothing was snoozed yet"));
    play.press("z d").typed("soon").press("enter");
    assert!(play.text().contains("`soon` is no time"), "{}", play.text());
    assert!(play.fake.acts.is_empty());
}

#[test]
fn tags_are_chosen_from_those_of_the_desk_or_made_anew() {
    let mut play = Play::new();
    let tag = |add: &[&str], remove: &[&str]| Act::Tag {
        add: add.iter().map(|tag| (*tag).to_owned()).collect(),
        remove: remove.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    play.press("t").typed("bill").press("enter");
    assert_eq!(play.fake.acts[0].1, tag(&["billing"], &[]));
    play.press("t").typed("billing").press("enter");
    assert_eq!(play.fake.acts[1].1, tag(&[], &["billing"]), "again takes it away");
    play.press("+").typed("brand-new").press("enter");
    assert_eq!(play.fake.acts[2].1, tag(&["brand-new"], &[]));
    play.press("- enter");
    assert_eq!(play.fake.acts[3].1, tag(&[], &["brand-new"]));
    play.press("t").typed("+one -bug").press("enter");
    assert_eq!(play.fake.acts[4].1, tag(&["one"], &["bug"]));
    play.press("t").typed("a,b").press("enter");
    assert!(play.toast().contains("is no tag"), "{}", play.toast());
}

#[test]
fn marked_tickets_show_how_many_of_them_have_a_tag() {
    let mut play = Play::new();
    play.press("t").typed("vip").press("enter space space t");
    assert!(play.text().contains("on 1 of 2"), "{}", play.text());
    play.typed("vip").press("enter y");
    assert_eq!(play.fake.acts.len(), 3, "it is added to both");
}

#[test]
fn a_ticket_is_merged_into_one_that_is_found_by_number_or_words() {
    let mut play = Play::new();
    play.press("j M").typed("1030").press("enter");
    assert!(question(&play).starts_with("Merge #1041 into"), "{}", question(&play));
    play.press("y");
    assert_eq!(play.fake.acts, [(key(1041), Act::Merge(key(1030)))]);

    play.press("M").typed("old").press("enter y");
    assert_eq!(play.fake.acts[1].1, Act::Merge(key(1021)));
}

#[test]
fn marked_tickets_are_merged_together_and_linked_with_the_first() {
    let mut play = Play::new();
    play.press("space space M").typed("1039").press("enter y");
    let merged: Vec<_> = play.fake.acts.iter().map(|(_, act)| act.clone()).collect();
    assert_eq!(merged, [Act::Merge(key(1039)), Act::Merge(key(1039))]);

    let mut play = Play::new();
    play.press("space space & y");
    assert_eq!(play.fake.acts, [(key(1042), Act::Link(key(1041)))]);
    play.press("G &").typed("1030").press("enter");
    assert_eq!(play.fake.acts[1], (key(1035), Act::Link(key(1030))));
}

#[test]
fn a_ticket_moves_to_another_project_and_the_address_on_top_follows() {
    let mut play = Play::new();
    assert!(play.text().contains("Acme App · app@acme.example"), "{}", play.text());
    play.press("> ").typed("sh").press("enter");
    assert_eq!(play.fake.acts, [(key(1042), Act::Project("shop".into()))]);
    assert!(play.text().contains("Acme Shop · shop@acme.example"), "{}", play.text());

    play.press("g p").typed("shop").press("enter");
    assert_eq!(play.model.queue.rows.len(), 1);
    assert!(play.model.queue.filter.as_deref().is_some_and(|filter| filter.starts_with("project:shop status:open")));
}

#[test]
fn the_preview_is_moved_hidden_and_scrolled_by_the_keys_of_the_list() {
    let mut play = Play::on(Fake::new(), 120, 40);
    assert_eq!(play.model.layout().divider.width, 1);
    play.press("P");
    assert!(play.model.layout().divider.width > 1);
    play.press("P");
    assert_eq!(play.model.layout().divider.width, 1);

    let mut play = Play::new();
    play.press("tab g g j j");
    assert!(play.model.queue.preview.scroll > 0);
    assert_eq!(play.selected(), Some(1042), "the keys scroll the preview");
    play.press("tab j");
    assert_eq!(play.selected(), Some(1041));
    play.press("p");
    assert_eq!(play.model.layout().preview.height, 0);
    assert!(play.press("tab").toast().contains("no preview"));
    assert!(play.press("J").toast().contains("no preview"));
}

#[test]
fn counting_is_asked_for_once_more_when_news_came_meanwhile_and_never_piles_up() {
    let mut play = Play::new();
    let first = play.update(Input::Worker(FromWorker::News(News::Tickets(vec![]))));
    let second = play.update(Input::Worker(FromWorker::News(News::Tickets(vec![]))));
    let counting = |effects: &[crate::tui::Effect]| {
        effects.iter().filter(|effect| matches!(effect, crate::tui::Effect::Read(crate::tui::Lane::Counts, _))).count()
    };
    assert_eq!((counting(&first), counting(&second)), (1, 0));

    let request = first.iter().find_map(|effect| match effect {
        crate::tui::Effect::Read(crate::tui::Lane::Counts, request) => Some(request.id),
        _ => None,
    });
    let counts = Ok(Answer::Counts(vec![0; play.model.queue.views.len()]));
    let third = play.update(Input::Worker(FromWorker::Reply { id: request.unwrap(), result: counts }));
    assert_eq!(counting(&third), 1, "what came meanwhile is counted now");
}

#[test]
fn every_size_we_are_told_of_is_painted_anew() {
    let mut play = Play::new();
    assert_eq!(play.update(Input::Resize { width: 80, height: 24 }), [crate::tui::Effect::Repaint], "it was another for a moment");
    // The frame after the first is drawn when the terminal has its old size again: the same to the terminal's
    // buffer, which compares sizes between frames, though the terminal was cut in between.
    for (width, height) in [(30, 8), (80, 24)] {
        assert!(play.update(Input::Resize { width, height }).contains(&crate::tui::Effect::Repaint), "{width}x{height}");
    }
}

#[test]
fn another_view_forgets_the_marks_and_says_so() {
    let mut play = Play::new();
    play.press("space 5");
    assert!(play.model.queue.marks.is_empty());
    assert!(play.toast().contains("no longer marked"), "{}", play.toast());
}

#[test]
fn no_key_of_the_list_does_nothing_silently_on_an_empty_list() {
    for keys in ["space", "v", "*", "n", "N", "enter", "x", "A", "a", "t", "+", "-", "z t", "z u", "M", "&", ">", "!", "j", "]", "J", "tab"] {
        let mut play = Play::on(Fake::empty(), 80, 24);
        play.press("p").model.toast = None;
        play.press(keys);
        assert!(!play.toast().is_empty(), "`{keys}` says nothing");
    }
}
