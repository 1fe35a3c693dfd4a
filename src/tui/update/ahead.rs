//! Typing ahead: keys about something that is still being read in wait, in order, until it stands there.

use super::hint;
use crate::tui::key::{Code, Key, print_sequence};
use crate::tui::model::{Model, Overlay, Purpose, Screen, Stage};
use crate::tui::msg::Effect;
use crate::tui::verb::Verb;

/// So many keys wait at most; of what is typed beyond that nothing is taken.
const KEYS: usize = 64;

/// Takes a key that has to wait; `false` if it means something now.
pub(super) fn keep(model: &mut Model, key: Key) -> bool {
    if key.ctrl && matches!(key.code, Code::Char('c' | 'z' | 'l')) {
        model.ahead.clear();
        return false;
    }
    if key.code == Code::Esc {
        let is_dropped = !model.ahead.is_empty();
        model.ahead.clear();
        if is_dropped {
            hint(model, "the keys typed ahead are dropped");
        }
        // A choice that was made blindly goes with them.
        return is_dropped && model.overlay.is_none();
    }
    if model.ahead.is_empty() && !takes_no_key(model) {
        return false;
    }
    if model.ahead.len() < KEYS {
        model.ahead.push_back(key);
    }
    tell(model);
    true
}

/// Whether an action has to wait for the ticket that was opened or the list it is to be found in;
/// then the keys that mean it do.
pub(super) fn postpone(model: &mut Model, verb: &Verb) -> bool {
    let waits = verb.is_about_messages() && awaits_ticket(model) || verb.is_about_tickets() && awaits_list(model);
    if !waits {
        return false;
    }
    for key in std::mem::take(&mut model.pending).into_iter().rev() {
        model.ahead.push_front(key);
    }
    tell(model);
    true
}

/// Presses what has waited, as far as it need not wait any longer.
pub(super) fn catch_up(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while !takes_no_key(model) {
        let Some(key) = model.ahead.pop_front() else { break };
        let left = model.ahead.len();
        effects.extend(super::press_now(model, key));
        // It is about what the one before it has asked for.
        if model.ahead.len() > left {
            break;
        }
    }
    effects
}

/// Whatever is typed is about what comes: a choice that is made by then, or a text that is begun.
fn takes_no_key(model: &Model) -> bool {
    match &model.overlay {
        Some(Overlay::Picker(picker)) => picker.is_chosen,
        Some(_) => false,
        None => model.composing.as_ref().is_some_and(|composing| composing.stage == Stage::Beginning),
    }
}

/// A ticket was opened of which nothing is here yet.
fn awaits_ticket(model: &Model) -> bool {
    model.screen() == Screen::Ticket && model.overlay.is_none() && model.ticket.shown.is_none() && model.awaits(&Purpose::Conversation)
}

/// Another view or query was asked for, of which nothing is here yet.
fn awaits_list(model: &Model) -> bool {
    model.screen() == Screen::Queue && model.overlay.is_none() && !model.queue.loaded && model.awaits(&Purpose::List)
}

fn tell(model: &mut Model) {
    let keys: Vec<Key> = model.ahead.iter().copied().collect();
    let what = if model.ahead.len() < KEYS { "still being read in, then" } else { "still being read in, and no more keys wait than" };
    hint(model, format!("{what} {}; esc drops that", print_sequence(&keys)));
}
