//! Moving through a ticket that is being read, and folding its messages.

use std::collections::BTreeSet;

use super::hint;
use super::navigate::stepped;
use super::ticket::{focus, last_top, lay_out, lay_out_around_focus};
use crate::domain::MessageId;
use crate::protocol::json::ShownMessage;
use crate::tui::conversation::Folds;
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::verb::Motion;

fn messages(model: &Model) -> usize {
    model.ticket.shown.as_ref().map_or(0, |ticket| ticket.messages.len())
}

/// Scrolls; the message at the top is the one keys are about. At the ends the focus goes on alone.
pub(super) fn motion(model: &mut Model, motion: Motion) {
    let page = usize::from(model.layout().body.height.max(1));
    let top = stepped(model.ticket.scroll, motion, model.ticket.lines.len(), page).min(last_top(model));
    let moved = top != model.ticket.scroll;
    model.ticket.scroll = top;
    let at_top = model.ticket.lines.message_at(top);
    let down = motion.is_down();
    let last = messages(model).saturating_sub(1);
    match (moved, motion) {
        (_, Motion::Bottom) if moved || model.ticket.focus != last => model.ticket.focus = last,
        (_, Motion::Top) if moved || model.ticket.focus != 0 => model.ticket.focus = 0,
        (true, _) => model.ticket.focus = at_top.unwrap_or(model.ticket.focus),
        (false, _) if down && model.ticket.focus < last => model.ticket.focus += 1,
        (false, _) if !down && model.ticket.focus > at_top.unwrap_or(0) => model.ticket.focus -= 1,
        (false, _) => hint(model, if down { "end of the ticket; J opens the next one" } else { "beginning of the ticket" }),
    }
}

pub(super) fn step_message(model: &mut Model, by: i32) -> Vec<Effect> {
    let wanted = model.ticket.focus as i64 + i64::from(by);
    match usize::try_from(wanted).ok().filter(|index| *index < messages(model)) {
        Some(index) => focus(model, index),
        None => hint(model, if by > 0 { "this is the last message" } else { "this is the first message" }),
    }
    Vec::new()
}

/// Scrolls a page on; at the end of a message shows more of it, or unfolds the next one.
pub(super) fn read_on(model: &mut Model) -> Vec<Effect> {
    let page = usize::from(model.layout().body.height.max(1));
    let screen = &model.ticket;
    let end = screen.lines.end_of(screen.focus).unwrap_or(0);
    if end > screen.scroll + page {
        let by = page.saturating_sub(1).max(1);
        model.ticket.scroll = (screen.scroll + by).min(last_top(model));
        return Vec::new();
    }
    if screen.lines.goes_on(screen.focus) {
        return show_more(model);
    }
    let next = screen.focus + 1;
    let id = screen.shown.as_ref().and_then(|ticket| ticket.messages.get(next)).map(|message| message.message_id.clone());
    match id {
        Some(id) => {
            model.ticket.folds.closed.remove(&id);
            lay_out(model);
            focus(model, next);
        }
        None => hint(model, "end of the ticket; J opens the next one"),
    }
    Vec::new()
}

pub(super) fn read_back(model: &mut Model) -> Vec<Effect> {
    motion(model, Motion::Pages(-1));
    Vec::new()
}

/// Shows more of a long message.
pub(super) fn show_more(model: &mut Model) -> Vec<Effect> {
    if !model.ticket.lines.goes_on(model.ticket.focus) {
        hint(model, "all of this message is shown");
        return Vec::new();
    }
    let screen = &mut model.ticket;
    if let Some(message) = screen.shown.as_ref().and_then(|ticket| ticket.messages.get(screen.focus)) {
        screen.folds.show_more(message);
    }
    lay_out(model);
    Vec::new()
}

pub(super) fn fold(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.ticket.message().map(|message| message.message_id.clone()) else {
        hint(model, "there is no message to fold");
        return Vec::new();
    };
    let closed = &mut model.ticket.folds.closed;
    if !closed.remove(&id) {
        closed.insert(id);
    }
    lay_out_around_focus(model);
    Vec::new()
}

pub(super) fn fold_all(model: &mut Model) -> Vec<Effect> {
    let Some(ticket) = &model.ticket.shown else { return Vec::new() };
    let closed = &mut model.ticket.folds.closed;
    if closed.is_empty() {
        closed.extend(ticket.messages.iter().map(|message| message.message_id.clone()));
    } else {
        closed.clear();
    }
    lay_out(model);
    focus(model, model.ticket.focus);
    Vec::new()
}

pub(super) fn toggle_quotes(model: &mut Model) -> Vec<Effect> {
    let has_quotes = |message: &ShownMessage| message.glance.outline.is_some() || message.text.trim() != message.new_text.trim();
    if !model.ticket.shown.iter().flat_map(|ticket| &ticket.messages).any(has_quotes) {
        hint(model, "this ticket has no quoted text");
        return Vec::new();
    }
    model.ticket.folds.show_quotes = !model.ticket.folds.show_quotes;
    hint(model, if model.ticket.folds.show_quotes { "quotes are shown" } else { "quotes are hidden" });
    lay_out_around_focus(model);
    super::find::renew(model);
    Vec::new()
}

/// Says, or stops saying, why the message lies here.
pub(super) fn toggle_why(model: &mut Model) -> Vec<Effect> {
    toggle(model, |folds| &mut folds.why)
}

/// Explains, or stops explaining, what is to be noticed about the message.
pub(super) fn toggle_signals(model: &mut Model) -> Vec<Effect> {
    toggle(model, |folds| &mut folds.signals)
}

/// Takes the message in focus into a set, or out of it, and unfolds it.
fn toggle(model: &mut Model, set: fn(&mut Folds) -> &mut BTreeSet<MessageId>) -> Vec<Effect> {
    let Some(id) = model.ticket.message().map(|message| message.message_id.clone()) else {
        hint(model, "there is no message here");
        return Vec::new();
    };
    model.ticket.folds.closed.remove(&id);
    let set = set(&mut model.ticket.folds);
    if !set.remove(&id) {
        set.insert(id);
    }
    lay_out_around_focus(model);
    Vec::new()
}
