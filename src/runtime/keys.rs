//! What the terminal reports, in the words of the screen.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::tui::key::{Code, Key};
use crate::tui::{Input, Pointer};

/// Translates what the screen has a use for.
pub(super) fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(key).map(Input::Key),
        Event::Mouse(mouse) => pointer(mouse).map(Input::Pointer),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(width, height) => Some(Input::Resize { width, height }),
        _ => None,
    }
}

/// The left button going down, and the wheel; other buttons are nobody's.
fn pointer(event: MouseEvent) -> Option<Pointer> {
    let (x, y) = (event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Pointer::Click { x, y }),
        MouseEventKind::ScrollDown => Some(Pointer::Wheel { x, y, by: 1 }),
        MouseEventKind::ScrollUp => Some(Pointer::Wheel { x, y, by: -1 }),
        _ => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    let has = |modifier| event.modifiers.contains(modifier);
    let (code, shift) = match event.code {
        KeyCode::Char(c) => (Code::Char(c), false),
        KeyCode::BackTab => (Code::Tab, true),
        other => (named(other)?, has(KeyModifiers::SHIFT)),
    };
    Some(Key { code, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT), shift }.normalised())
}

fn named(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::F(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_arrive_in_the_notation_of_the_registry() {
        let pressed = |code, modifiers| key(KeyEvent::new(code, modifiers)).map(|key| key.to_string());

        assert_eq!(pressed(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(pressed(KeyCode::Char('R'), KeyModifiers::CONTROL).as_deref(), Some("ctrl-r"));
        assert_eq!(pressed(KeyCode::BackTab, KeyModifiers::SHIFT).as_deref(), Some("shift-tab"));
        assert_eq!(pressed(KeyCode::Char(' '), KeyModifiers::NONE).as_deref(), Some("space"));
        assert_eq!(pressed(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
