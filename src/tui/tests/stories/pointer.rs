//! The mouse: what a click and the wheel do where.

use crate::domain::ticket::Status;
use crate::protocol::job::Act;
use crate::tui::model::{JobRow, Overlay, Screen};
use crate::tui::pointer::Target;
use crate::tui::tests::support::{Fake, Play, key};
use crate::tui::view::hits;
use crate::tui::{Input, Pointer};

impl Play {
    fn point(&mut self, pointer: Pointer) -> &mut Self {
        let effects = self.update(Input::Pointer(pointer));
        self.run(effects);
        self
    }

    /// Clicks into the middle of what is pointed at.
    #[track_caller]
    fn click(&mut self, target: &Target) -> &mut Self {
        let place = hits(&self.model).place_of(target).unwrap_or_else(|| panic!("{target:?} is not on the screen:\n{}", self.text()));
        self.point(Pointer::Click { x: place.x + place.width / 2, y: place.y })
    }

    fn wheel(&mut self, x: u16, y: u16, by: i32) -> &mut Self {
        self.point(Pointer::Wheel { x, y, by })
    }
}

#[test]
fn a_click_selects_a_ticket_and_a_second_one_opens_it() {
    let mut play = Play::new();
    let wanted = Target::Ticket(key(1039));

    play.click(&wanted);
    assert_eq!((play.selected(), play.model.screen()), (Some(1039), Screen::Queue));
    play.click(&wanted);
    assert_eq!(play.model.screen(), Screen::Ticket);
}

#[test]
fn a_click_on_the_row_that_is_selected_already_opens_nothing_before_the_second() {
    let mut play = Play::new();
    let first = Target::Ticket(play.model.queue.selected.clone().unwrap());

    play.click(&first);
    assert_eq!(play.model.screen(), Screen::Queue);
    play.press("j k").click(&first);
    assert_eq!(play.model.screen(), Screen::Queue, "a key in between makes the click the first one again");
}

#[test]
fn a_click_on_a_tab_shows_its_view() {
    let mut play = Play::new();
    let solved = play.model.queue.views.iter().position(|view| view.name == "pending").unwrap();

    play.click(&Target::Tab(solved));

    assert_eq!(play.model.queue.view, solved);
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut play = Play::new();

    play.click(&Target::Hint("solve"));
    assert_eq!(play.fake.acts, [(key(1042), Act::Status(Status::Solved))]);
    play.press("j").click(&Target::Hint("help"));
    assert_eq!(play.model.screen(), Screen::Help);
    play.click(&Target::Hint("quit"));
    assert_eq!(play.model.screen(), Screen::Queue);
}

#[test]
fn the_hints_lie_where_they_are_drawn() {
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        let play = Play::on(Fake::new(), width, height);
        let place = hits(&play.model).place_of(&Target::Hint("quit")).unwrap();
        let row = play.text().lines().nth(usize::from(place.y)).unwrap().to_owned();
        let drawn: String = row.chars().skip(usize::from(place.x)).take(usize::from(place.width)).collect();
        assert_eq!(drawn, "q quit", "{row}");
    }
}

#[test]
fn in_a_picker_the_first_click_chooses_an_item_and_the_second_takes_it() {
    let mut play = Play::new();
    play.press("!");

    play.click(&Target::Choice(2));
    assert!(matches!(&play.model.overlay, Some(Overlay::Picker(picker)) if picker.selected == 2));
    assert!(play.fake.acts.is_empty());
    play.click(&Target::Choice(2));

    assert_eq!(play.fake.acts.len(), 1);
    assert!(play.model.overlay.is_none());
}

#[test]
fn what_lies_under_a_picker_cannot_be_clicked() {
    let mut play = Play::new();
    let row = hits(&play.model).place_of(&Target::Ticket(key(1039))).unwrap();
    let hint = hits(&play.model).place_of(&Target::Hint("quit")).unwrap();
    play.press("!");

    for place in [row, hint] {
        play.point(Pointer::Click { x: place.x, y: place.y }).point(Pointer::Click { x: place.x, y: place.y });
    }

    assert_eq!((play.selected(), play.fake.quit), (Some(1042), false));
    assert!(play.model.overlay.is_some());
}

#[test]
fn a_question_is_answered_by_a_click_on_yes_or_no() {
    let mut play = Play::new();
    play.press("* x");
    assert!(matches!(play.model.overlay, Some(Overlay::Confirm(_))), "{}", play.text());

    play.click(&Target::No);
    assert!(play.fake.acts.is_empty() && play.model.overlay.is_none());
    play.press("x").click(&Target::Yes);
    assert!(play.model.overlay.is_none());
    assert!(play.model.bulk.is_some() || !play.fake.acts.is_empty() || play.toast().contains("solved"), "{}", play.text());
}

#[test]
fn the_wheel_moves_the_list_the_preview_below_it_the_ticket_the_help_and_a_picker() {
    let mut play = Play::on(Fake::new(), 120, 24);
    let layout = play.model.layout();
    let before = play.selected();

    play.wheel(layout.list.x + 3, layout.list.y + 2, 1);
    assert_ne!(play.selected(), before);
    let scrolled = play.model.queue.preview.scroll;
    play.wheel(layout.preview.x + 1, layout.preview.y + 2, 1);
    assert!(play.model.queue.preview.scroll > scrolled || play.model.queue.preview.lines.len() <= usize::from(layout.preview.height));

    let mut play = Play::on(Fake::new(), 60, 10);
    play.press("enter E g g").wheel(5, 5, 1);
    assert_eq!(play.model.ticket.scroll, 3);
    play.press("?").wheel(5, 5, 1).wheel(5, 5, 1).wheel(5, 5, -1);
    assert_eq!(play.model.help.scroll, 3);
    play.press("q !").wheel(0, 0, 1);
    assert!(matches!(&play.model.overlay, Some(Overlay::Picker(picker)) if picker.selected == 2));
}

#[test]
fn a_click_focuses_a_message_and_a_second_one_folds_it() {
    let mut play = Play::on(Fake::new(), 100, 60);
    play.press("enter E");
    let count = play.model.ticket.lines.len();

    play.click(&Target::Message(1));
    assert_eq!((play.model.ticket.focus, play.model.ticket.lines.len()), (1, count));
    play.click(&Target::Message(1));
    assert_ne!(play.model.ticket.lines.len(), count);
}

#[test]
fn a_draft_is_opened_and_a_hint_works_while_writing() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 80, 24);
    play.press("r").typed("Hello").click(&Target::Hint("leave-draft"));
    assert_eq!(play.fake.drafts.len(), 1, "{}", play.text());

    play.press("g D").click(&Target::Line(0)).click(&Target::Line(0));

    assert!(matches!(play.model.screen(), Screen::Compose | Screen::Review), "{}", play.text());
}

#[test]
fn any_click_anywhere_on_any_screen_is_survived() {
    for keys in crate::tui::tests::sizes::PLACES {
        for (width, height) in [(30, 8), (80, 24), (20, 5)] {
            let mut play = Play::on(Fake::new(), width, height);
            if !keys.is_empty() {
                play.press(keys);
            }
            for (x, y) in (0..height).flat_map(|y| (0..width).step_by(7).map(move |x| (x, y))) {
                play.point(Pointer::Click { x, y }).wheel(x, y, if y % 2 == 0 { 1 } else { -1 });
            }
            play.buffer();
        }
    }
}

#[test]
fn the_mouse_is_switched_by_an_action_that_says_how_to_select_text_meanwhile() {
    let mut play = Play::new();

    play.press(":").typed("mouse\n");
    assert!(play.model.look.mouse && play.toast().contains("shift and drag"), "{}", play.toast());
    play.press(":").typed("mouse\n");
    assert!(!play.model.look.mouse && play.toast().contains("mouse off"), "{}", play.toast());
}

#[test]
fn a_job_is_selected_by_a_click_and_explained_by_the_second() {
    let mut play = Play::new();
    play.press("g j").click(&Target::Job(JobRow::Sending));
    assert_eq!((play.model.screen(), &play.model.jobs.selected), (Screen::Jobs, &Some(JobRow::Sending)));

    play.click(&Target::Job(JobRow::Sending));
    assert_eq!(play.model.screen(), Screen::Source);
}
