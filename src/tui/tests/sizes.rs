//! What must hold whatever the size, the keys and the mail.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::support::{Fake, Play, key};
use crate::protocol::news::News;
use crate::tui::Input;
use crate::tui::theme::Theme;

/// Keys that lead to each screen and overlay.
pub(super) const PLACES: [&str; 26] = [
    "",
    "enter",
    "r",
    "r y",
    "g o",
    "g j",
    "?",
    "s",
    "a",
    "T",
    "t",
    "c",
    "/",
    "r D",
    "p",
    "M",
    ">",
    "z d",
    ",",
    "P",
    "tab",
    "space j v j",
    "* x",
    "/ ctrl-u t tab",
    "alt-s",
    "g p",
];

#[test]
fn no_size_breaks_any_screen() {
    for keys in PLACES {
        let mut play = Play::new();
        if !keys.is_empty() {
            play.press(keys);
        }
        for width in (1..=40).chain([59, 60, 79, 80, 81, 119, 120, 121, 200]) {
            for height in [1, 2, 3, 7, 8, 9, 10, 17, 24, 60] {
                let effects = play.update(Input::Resize { width, height });
                play.run(effects);
                play.buffer();
            }
        }
        for height in 1..=60 {
            let effects = play.update(Input::Resize { width: 81, height });
            play.run(effects);
            play.buffer();
        }
    }
}

#[test]
fn a_frame_of_another_size_than_the_model_knows_is_drawn_too() {
    let mut play = Play::new();
    play.press("enter");
    for (width, height) in [(1, 1), (31, 9), (200, 60)] {
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| crate::tui::view(&play.model, frame)).unwrap();
    }
}

const HOSTILE: [&str; 6] = [
    "\x1b]52;c;AAAA\x07 title \x1b[2J\x1b[31m",
    "\u{9b}31m c1 \u{202e}gnp.exe\u{202c} \u{2066}x",
    "お世話になっております。請求書の件でご連絡しました",
    "👩‍💻👨‍👩‍👧‍👦 ❤️ 🏳️‍🌈 zwj",
    "مرحبا بالعالم كيف الحال",
    "a\u{301}\u{301}\u{301} e\u{308} ﾊﾛｰﾜｰﾙﾄﾞ \u{200b}\u{feff}",
];

/// A desk on which everything a customer chooses is hostile.
fn hostile(width: u16, height: u16) -> Play {
    let mut fake = Fake::new();
    for (row, text) in fake.rows.iter_mut().zip(HOSTILE.iter().cycle()) {
        row.subject = (*text).to_owned();
        row.requester = Some(crate::domain::Address::new(*text, "x@y.example"));
        row.tags = vec![(*text).to_owned()];
        row.assignee = Some((*text).to_owned());
        row.project = (*text).to_owned();
    }
    let mut play = Play::on(fake, width, height);
    play.press("8");
    play
}

#[test]
fn hostile_text_never_reaches_the_terminal_raw() {
    for keys in ["", "enter", "r", "a", "t", "J"] {
        let mut play = hostile(100, 30);
        for _ in 0..play.fake.rows.len() {
            if !keys.is_empty() {
                play.press(keys);
            }
            for cell in play.buffer().content() {
                let bad = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}');
                assert!(!cell.symbol().chars().any(bad), "{:?} after {keys}", cell.symbol());
            }
            play.press("esc esc q n");
            play.press("j");
        }
    }
}

#[test]
fn a_hostile_conversation_is_cleaned_too() {
    let mut play = Play::new();
    let mut ticket = super::support::shown(&play.fake.rows[0]);
    for (message, text) in ticket.messages.iter_mut().zip(HOSTILE) {
        message.text = format!("{text}\n\t{text}\r\n> {text}");
        message.new_text = message.text.clone();
        message.from = Some(crate::domain::Address::new(text, text));
        message.flaws = vec![text.to_owned()];
        message.authentication = format!("fail {text}");
    }
    let lines = crate::tui::conversation::lay_out(&ticket, &crate::tui::conversation::Folds::default(), &play.model.page(60));
    for (_, line) in lines.from(0) {
        assert!(line.text.chars().all(|c| !c.is_control()), "{:?}", line.text);
        assert!(line.text.as_str().width() <= 60, "{:?}", line.text);
    }
    play.press("enter");
}

#[test]
fn columns_stay_aligned_whatever_the_script() {
    let play = hostile(100, 30);
    let buffer = play.buffer();
    let layout = play.model.layout();
    let heads: String = (0..100).map(|x| buffer[(x, layout.columns.y)].symbol()).collect();
    let project = heads.find("project").unwrap() as u16;
    for y in layout.list.y..layout.list.y + play.model.queue.rows.len() as u16 {
        assert_eq!(buffer[(project - 1, y)].symbol(), " ", "row {y}: the gap before `project` is where it belongs");
    }
}

#[test]
fn without_colour_everything_is_still_told_apart() {
    let mut play = Play::new();
    play.model.theme = Theme::plain();
    play.press("j");
    let buffer = play.buffer();
    assert!(buffer.content().iter().all(|cell| cell.fg == ratatui::style::Color::Reset && cell.bg == ratatui::style::Color::Reset));
    let screen = play.text();
    assert!(screen.contains("▸ !") && screen.contains(" ●"), "{screen}");
    play.press("k enter { { {");
    assert!(Play::on(Fake::new(), 80, 60).press("enter E").text().contains("INTERNAL NOTE by ana (never sent)"));
}

#[test]
fn the_default_theme_keeps_to_sixteen_colours() {
    for keys in PLACES {
        let mut play = Play::new();
        if !keys.is_empty() {
            play.press(keys);
        }
        for cell in play.buffer().content() {
            for colour in [cell.fg, cell.bg] {
                assert!(!matches!(colour, ratatui::style::Color::Rgb(..) | ratatui::style::Color::Indexed(_)), "{colour:?}");
            }
        }
    }
}

#[test]
fn the_cursor_is_on_the_focused_row_or_in_the_line_being_typed() {
    let mut play = Play::new();
    play.press("j j");
    let cursor = |play: &Play| {
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| crate::tui::view(&play.model, frame)).unwrap();
        ratatui::backend::Backend::get_cursor_position(terminal.backend_mut()).unwrap()
    };
    assert_eq!(cursor(&play).y, play.model.layout().list.y + 2);
    play.press("/");
    assert_eq!(cursor(&play).y, 23);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn news_between_keys_never_moves_the_selection(steps in 0_usize..5, changed in 0_u64..3) {
        let mut play = Play::new();
        for _ in 0..steps {
            play.press("j");
        }
        let selected = play.selected();
        play.fake.rows.rotate_left(usize::try_from(changed).unwrap());
        play.news(News::Tickets(vec![key(1042)]));
        prop_assert_eq!(play.selected(), selected);
    }
}
