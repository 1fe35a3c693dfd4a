//! From one ticket on to another one of the list.

use super::{hint, queue, ticket};
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

pub(super) fn step_ticket(model: &mut Model, by: i32) -> Vec<Effect> {
    let wanted = model.queue.index().map(|index| index as i64 + i64::from(by));
    match wanted.and_then(|index| usize::try_from(index).ok()).filter(|index| *index < model.queue.rows.len()) {
        Some(index) => go_to(model, index),
        None => {
            hint(model, if by > 0 { "this is the last ticket of the list" } else { "this is the first ticket of the list" });
            Vec::new()
        }
    }
}

/// Goes to the nearest ticket, in one direction, whose customer waits for us.
pub(super) fn step_waiting(model: &mut Model, by: i32) -> Vec<Effect> {
    let here = model.queue.index().unwrap_or(0);
    let waits = |index: &usize| model.queue.rows.get(*index).is_some_and(|row| row.unread > 0 || row.waiting_since.is_some());
    let found = if by > 0 { (here + 1..model.queue.rows.len()).find(waits) } else { (0..here).rev().find(waits) };
    match found {
        Some(index) => go_to(model, index),
        None => {
            hint(model, if by > 0 { "nobody waits further down" } else { "nobody waits further up" });
            Vec::new()
        }
    }
}

/// Goes to the ticket behind the one at hand, or, at the end, to the one before it.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    match model.queue.index() {
        Some(index) if index + 1 < model.queue.rows.len() => go_to(model, index + 1),
        Some(index) if index > 0 => go_to(model, index - 1),
        _ => Vec::new(),
    }
}

/// Selects a row, and opens it when a ticket is being read.
fn go_to(model: &mut Model, index: usize) -> Vec<Effect> {
    let mut effects = queue::select(model, index);
    if model.screen() == Screen::Ticket {
        effects.extend(ticket::open_selected(model));
    }
    effects
}
