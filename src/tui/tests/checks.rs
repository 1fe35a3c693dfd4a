//! What must hold of every screen, in the words of the checks that agents gave us; the numbers are theirs.

use unicode_segmentation::UnicodeSegmentation as _;

use super::keys::{PLACES, filled};
use super::support::{Fake, Play, key, objection, row, shown, waiting_mail};
use crate::action;
use crate::domain::draft::Check;
use crate::domain::outbox::OutboxState;
use crate::domain::ticket::Status;
use crate::protocol::news::News;
use crate::tui::Input;
use crate::tui::layout::Place;
use crate::tui::model::Overlay;
use crate::tui::text;

fn at(keys: &str, width: u16, height: u16) -> Play {
    let mut play = filled(Fake::new());
    let effects = play.update(Input::Resize { width, height });
    play.run(effects);
    if !keys.is_empty() {
        play.press(keys);
    }
    play
}

/// Rows that hold names, numbers and keys of ours, not what customers wrote.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    let count = text.lines().count();
    let lines = text.lines().enumerate();
    lines.filter(move |(index, line)| *index == 0 || index + 2 >= count || line.contains(['┌', '└'])).map(|(_, line)| line)
}

#[test]
fn check_8_no_label_is_cut_at_80x24_120x40_and_200x60() {
    for keys in PLACES {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let text = at(keys, width, height).text();
            for line in labels(&text) {
                // A box that waits for keys is titled by those pressed so far: `z …`.
                let cut = line.contains('…') && !line.contains(" … ─");
                assert!(!cut, "`{keys}` at {width}x{height} cuts `{line}`:\n{text}");
            }
            let last = text.lines().last().unwrap_or_default();
            assert!(!last.trim().is_empty(), "`{keys}` at {width}x{height} has no word on what to do next:\n{text}");
        }
    }
}

#[test]
fn check_11_the_preview_moves_below_a_list_that_would_be_too_narrow_and_back() {
    let mut play = at("", 200, 40);
    let beside = |play: &Play| play.text().lines().filter(|line| line.contains(" │ ") || line.ends_with(" │")).count() > 20;
    let below = |play: &Play| play.text().lines().any(|line| line.starts_with("────"));
    assert!(beside(&play) && !below(&play), "{}", play.text());
    for (width, is_beside) in [(100, false), (200, true), (80, false)] {
        let effects = play.update(Input::Resize { width, height: 40 });
        play.run(effects);
        assert_eq!((beside(&play), below(&play)), (is_beside, !is_beside), "{width}:\n{}", play.text());
        assert_eq!(play.model.queue.preview.place, Place::Auto);
    }
    let narrow = at("", 40, 10).text();
    assert!(!narrow.contains("────") && !narrow.contains(" │ "), "the list alone: {narrow}");
}

const SCRIPTS: [&str; 7] = [
    "お世話になっております。請求書の件でご連絡しました。よろしくお願いいたします。",
    "👩‍💻 👨‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👍🏽 zero width joiners and variation selectors",
    "e\u{301}a\u{308}o\u{302}\u{303} combining marks one after the other e\u{301}e\u{301}e\u{301}",
    "مرحبا بالعالم كيف الحال اليوم يا صديقي العزيز",
    "ﾊﾛｰﾜｰﾙﾄﾞ ﾊﾝｶｸ ｶﾀｶﾅ half-width kana",
    "한국어 문의드립니다 환불 부탁드립니다",
    "नमस्ते दुनिया क्या हाल है",
];

#[test]
fn check_21_no_script_is_torn_apart_in_list_ticket_or_preview() {
    for script in SCRIPTS {
        let mut line = row(1042, script, script, Status::Open);
        line.tags = vec!["タグ".into(), "e\u{301}tiquette".into()];
        let mut ticket = shown(&line);
        for message in &mut ticket.messages {
            (message.text, message.new_text) = (script.repeat(4), script.repeat(4));
            message.glance.is_unread = true;
        }
        let whole: Vec<&str> = script.graphemes(true).chain(["タ", "グ", "e\u{301}"]).collect();
        for (keys, width) in [("p", 61), ("p", 80), ("p", 100), ("enter", 41), ("enter", 80), ("P", 133)] {
            let mut play = Play::on(Fake { rows: vec![line.clone()], ticket: Some(ticket.clone()), ..Fake::empty() }, width, 30);
            play.press(keys);
            let buffer = play.buffer();
            for y in 0..buffer.area.height {
                let mut columns = 0;
                while columns < buffer.area.width {
                    let symbol = buffer[(columns, y)].symbol();
                    let is_ours = symbol.is_ascii() || whole.contains(&symbol) || text::width(symbol) == 1 && symbol.chars().count() == 1;
                    assert!(is_ours, "`{symbol}` is a part of something, at {columns},{y} of `{keys}` {width} wide:\n{}", play.text());
                    columns += text::width(symbol).max(1) as u16;
                }
                assert_eq!(columns, buffer.area.width, "row {y} of `{keys}` ends within its width:\n{}", play.text());
            }
        }
    }
}

#[test]
fn check_26_every_action_stands_in_the_palette_with_its_key_or_why_it_has_none() {
    for keys in ["", "enter", "r x esc", "g o", "g D", "g j"] {
        let play = at(keys, 80, 24);
        let items = crate::tui::palette::items(&play.model, true);
        for action in action::all().filter(|action| !action.scopes.is_empty()) {
            let item = items.iter().find(|item| item.value == action.name).unwrap_or_else(|| panic!("{} is not there", action.name));
            let bound = play.model.keymap.key_of(play.model.scope(), action.name);
            let reason = item.hint.starts_with('(') && item.hint.ends_with(')');
            assert!(item.label.contains(action.title), "{}", item.label);
            assert!(reason || item.hint == bound.unwrap_or_else(|| "unbound".to_owned()), "{}: `{}`", action.name, item.hint);
        }
    }
}

#[test]
fn check_29_a_prefix_shows_what_can_follow_and_esc_leaves_everything_as_it_was() {
    for place in ["", "enter"] {
        for prefix in ["g", "s", "z", ","] {
            let mut play = at(place, 120, 40);
            let follow = play.model.keymap.continuations(play.model.scope(), &[crate::tui::Key::parse(prefix).unwrap()]);
            if follow.is_empty() {
                continue;
            }
            let before = (play.text(), play.model.screens.clone());
            let text = play.press(&format!("{prefix} ?")).text();
            for (key, title) in &follow {
                assert!(text.lines().any(|line| line.contains(&format!("{key} {title}"))), "`{prefix} {key}` {title}:\n{text}");
            }
            play.press("esc");
            assert_eq!((play.text(), play.model.screens.clone()), before, "`{prefix}` in `{place}`");
            assert!(play.fake.acts.is_empty() && play.model.pending.is_empty());
        }
    }
}

/// Everything that a question could have changed.
fn done(play: &Play) -> (usize, usize, usize, usize, bool) {
    let fake = &play.fake;
    (fake.acts.len(), fake.sent.len() + fake.notes.len(), fake.drafts.len() + fake.note_drafts.len(), fake.outbox.len() + fake.views.len(), fake.quit)
}

#[test]
fn check_47_every_question_has_the_harmless_answer_in_front() {
    let questions = [
        ("r x esc D", "Discard the draft?"),
        ("c x esc n", "Turn the internal note"),
        ("q", "Quit?"),
        ("g o D", "Cancel this mail?"),
        ("g o j r", "Send it all the same?"),
        ("M down enter", "Merge #1042 into"),
        ("space space x", "Set 2 tickets to solved?"),
        ("r x esc y", "Send all the same?"),
        (": v i e w space d r o p space k e p t enter", "Take the view `kept` away?"),
    ];
    for (keys, question) in questions {
        let mut play = at("", 80, 24);
        play.fake.outbox = vec![waiting_mail(1, OutboxState::Queued, None), waiting_mail(2, OutboxState::Uncertain, None)];
        play.fake.objections = vec![objection(Check::EmptyBody, "the text is empty")];
        play.press("alt-s").typed("kept").press("enter");
        play.news(News::Tickets(Vec::new()));
        play.press(keys);
        assert!(matches!(&play.model.overlay, Some(Overlay::Confirm(confirm)) if confirm.question.contains(question)), "`{keys}`:\n{}", play.text());
        let before = done(&play);

        let (x, y) = play.cursor();
        let buffer = play.buffer();
        let answer: String = (x..x + 4).map(|x| buffer[(x, y)].symbol()).collect();
        assert_eq!(answer, "n no", "the cursor is on it:\n{}", play.text());
        assert_eq!(buffer[(x, y)].style(), buffer[(x, y)].style().patch(play.model.theme.selected), "and it is the one that is marked");
        play.press("enter");

        assert!(play.model.overlay.is_none(), "{}", play.text());
        assert_eq!(done(&play), before, "`{keys}` and enter change nothing");
    }
}

#[test]
fn check_52_what_comes_in_moves_neither_cursor_scroll_marks_nor_what_is_typed() {
    let mut play = Play::on(Fake::many(300), 80, 24);
    play.press("ctrl-d ctrl-d ctrl-d ctrl-d space j space");
    let before = (play.selected(), play.model.queue.marks.clone(), play.text());
    let come_in = |play: &mut Play, numbers: std::ops::Range<u64>| {
        for number in numbers {
            play.fake.rows.insert(0, row(number, &format!("New {number}"), "Lee", Status::Open));
            play.news(News::Tickets(vec![key(number)]));
        }
    };
    come_in(&mut play, 301..320);
    assert_eq!((play.selected(), play.model.queue.marks.clone()), (before.0, before.1));
    let rows = |text: &str| text.lines().skip(2).take(8).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&play.text()), rows(&before.2), "the same rows on the same lines");

    play.press("/ ctrl-u").typed("status:op");
    come_in(&mut play, 320..330);
    assert!(play.text().lines().last().unwrap().contains("status:op"), "{}", play.text());
    play.press("esc");
    assert_eq!(play.selected(), before.0, "esc brings the list back");
}
