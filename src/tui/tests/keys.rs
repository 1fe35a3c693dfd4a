//! What keys do, or say, on every screen.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;

use super::support::{Fake, Play, shown, waiting_mail};
use crate::domain::draft::{Draft, NoteDraft};
use crate::domain::outbox::OutboxState;
use crate::protocol::news::News;
use crate::tui::key::{Code, Key, print_sequence};
use crate::tui::keymap::{Keymap, Lookup, Override};
use crate::tui::model::{Overlay, Screen};
use crate::tui::{Input, help};

/// Every key a terminal of our days sends without an extended protocol.
fn all_keys() -> Vec<Key> {
    let mut keys: Vec<Key> = (' '..='~').map(Key::char).collect();
    keys.extend(('a'..='z').map(Key::ctrl));
    keys.extend(('a'..='z').map(|c| Key { alt: true, ..Key::char(c) }));
    keys.extend((1..=12).map(|number| Key::plain(Code::F(number))));
    let named = [Code::Enter, Code::Esc, Code::Tab, Code::Backspace, Code::Delete, Code::Insert];
    let moving = [Code::Up, Code::Down, Code::Left, Code::Right, Code::Home, Code::End, Code::PageUp, Code::PageDown];
    keys.extend(named.into_iter().chain(moving).map(Key::plain));
    keys.push(Key { shift: true, ..Key::plain(Code::Tab) });
    keys.push(Key { alt: true, ..Key::plain(Code::Enter) });
    keys
}

/// Keys that lead to each screen and to each kind of overlay.
pub(super) const PLACES: [&str; 30] = [
    "",
    "p",
    "tab",
    "space",
    "v",
    "enter",
    "enter {",
    "enter V",
    "r",
    "c",
    "m",
    "r x esc",
    "c x esc",
    "g o",
    "g o j",
    "g D",
    "g j",
    "?",
    "ctrl-p",
    ": s t",
    "/",
    "enter / l o g",
    "a",
    "t",
    "T",
    "L",
    "enter o",
    "z d",
    "r x esc D",
    "space j space x",
];

pub(super) fn filled(fake: Fake) -> Play {
    let mut play = Play::on(Fake { external: false, ..fake }, 80, 24);
    if let Some(row) = play.fake.rows.first() {
        play.fake.ticket = Some(shown(row));
        play.fake.drafts = vec![(1, Draft { subject: "Re: Refund".into(), ..Draft::default() })];
        play.fake.note_drafts = vec![(2, NoteDraft { note_on: vec![row.key.clone()], text: "a thought".into(), edits: None })];
        play.fake.outbox = vec![waiting_mail(1, OutboxState::Queued, None), waiting_mail(2, OutboxState::Sent, None)];
        play.fake.last_id = 9;
        play.news(News::Tickets(Vec::new()));
    }
    play
}

/// Whether the key made, asked or told anything.
fn is_answered(before: &Play, seen: &(Buffer, (u16, u16)), key: Key) -> bool {
    let mut after = before.clone();
    let effects = after.update(Input::Key(key));
    let news = !effects.is_empty() || after.model.toast.is_some() || !after.model.pending.is_empty();
    after.run(effects);
    news || *seen != (after.buffer(), after.cursor())
}

/// Whether it is one of those that move, or take away, inside of what is typed: at its edge it has nowhere to go.
fn is_typing(play: &Play, key: Key) -> bool {
    let types = matches!(play.model.overlay, Some(Overlay::Prompt(_) | Overlay::Picker(_))) || play.model.screen() == Screen::Compose;
    types && (crate::tui::input::LineInput::new("x").press(key) || key.is_editing() || matches!(key.code, Code::Up | Code::Down | Code::Tab))
}

#[test]
fn check_30_every_key_is_answered_on_every_screen() {
    let mut silent = BTreeSet::new();
    for (name, fake) in [("full", Fake::new as fn() -> Fake), ("empty", Fake::empty)] {
        for keys in PLACES {
            let mut play = filled(fake());
            if !keys.is_empty() {
                play.press(keys);
            }
            play.model.toast = None;
            let seen = (play.buffer(), play.cursor());
            for key in all_keys().into_iter().filter(|key| !is_typing(&play, *key)) {
                if !is_answered(&play, &seen, key) {
                    silent.insert(format!("{name} desk, `{keys}`: `{key}`"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "these keys do nothing and say nothing:\n{}", silent.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Keys that open each screen, with its name.
const SCREENS: [(&str, &str); 8] = [
    ("list", ""),
    ("ticket", "enter"),
    ("compose", "r"),
    ("review", "r x esc"),
    ("outbox", "g o"),
    ("drafts", "g D"),
    ("source", "enter V"),
    ("jobs", "g j"),
];

/// Every key, and every key behind a prefix, that means something there.
fn active(play: &Play) -> BTreeSet<String> {
    let scope = play.model.scope();
    let types = play.model.screen() == Screen::Compose;
    let mut found = BTreeSet::new();
    for key in all_keys() {
        match play.model.keymap.look_up(scope, &[key]) {
            _ if types && (key.typed().is_some() || key.is_editing()) => {}
            Lookup::Run(_) => {
                found.insert(key.to_string());
            }
            Lookup::Prefix => found.extend(
                all_keys()
                    .into_iter()
                    .filter(|second| matches!(play.model.keymap.look_up(scope, &[key, *second]), Lookup::Run(_)))
                    .map(|second| print_sequence(&[key, second]).replace(' ', "")),
            ),
            Lookup::Nothing => {}
        }
    }
    found
}

#[test]
fn check_28_the_help_of_each_screen_lists_exactly_its_keys_also_after_they_were_changed() {
    let wish = |scope: &str, key: &str, command: &str| Override { scope: scope.into(), key: key.into(), command: command.into(), line: 1 };
    let changed = vec![
        wish("list", "p", ""),
        wish("ticket", "ctrl-t", "solve"),
        wish("review", "ctrl-x", "send"),
        wish("global", "f9", "sync"),
        wish("list", "g x", "solve"),
    ];
    for overrides in [vec![], changed] {
        for (name, keys) in SCREENS {
            let mut play = filled(Fake::new());
            play.model.keymap = Keymap::new(&overrides, "config.toml");
            if !keys.is_empty() {
                play.press(keys);
            }
            let expected = active(&play);
            play.press(if name == "compose" { "f1" } else { "?" });
            assert_eq!(play.model.screen(), Screen::Help, "{name}");

            let rows = help::rows(&play.model);
            let upto = rows.iter().position(|row| *row == help::Row::Heading("signs")).unwrap_or(rows.len());
            let listed = rows[..upto].iter().filter_map(|row| if let help::Row::Entry { keys, .. } = row { Some(keys) } else { None });
            let listed: BTreeSet<String> = listed.flat_map(|keys| keys.split_whitespace()).map(str::to_owned).collect();
            assert_eq!(listed, expected, "{name}");
        }
    }
}
