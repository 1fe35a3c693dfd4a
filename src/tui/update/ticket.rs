//! Reading one ticket.

use super::{hint, perform, queue, read};
use crate::domain::TicketKey;
use crate::protocol::job::Job;
use crate::protocol::json::ShownTicket;
use crate::tui::conversation;
use crate::tui::model::{Model, Purpose, Screen, TicketScreen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::verb::Motion;

pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    match model.queue.selected.clone() {
        Some(key) => open(model, key),
        None => {
            hint(model, "there is no ticket to open");
            Vec::new()
        }
    }
}

/// Shows a ticket: at once what the preview has of it, and then all that is new.
fn open(model: &mut Model, key: TicketKey) -> Vec<Effect> {
    let known = model.queue.preview.ticket.clone().filter(|ticket| ticket.row.key == key);
    model.ticket = TicketScreen { key: Some(key), ..TicketScreen::default() };
    if model.screen() != Screen::Ticket {
        model.screens.push(Screen::Ticket);
    }
    if let Some(ticket) = known {
        take(model, ticket);
    }
    let mut effects = ask(model);
    let unread = model.queue.row().filter(|row| row.unread > 0).map(|row| row.key.clone());
    effects.extend(unread.map(|key| perform(model, Purpose::Seen, Job::MarkSeen(key))));
    effects
}

pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    match model.ticket.key.clone() {
        Some(key) => vec![read(model, Lane::Conversation, Purpose::Conversation, Job::Show(key))],
        None => Vec::new(),
    }
}

/// Takes the ticket in. The first time the newest message is shown; later nothing moves.
pub(super) fn take(model: &mut Model, ticket: Box<ShownTicket>) {
    let first = model.ticket.shown.is_none();
    let newest = ticket.messages.len().saturating_sub(1);
    model.ticket.key = Some(ticket.row.key.clone());
    model.ticket.shown = Some(ticket);
    model.ticket.error = None;
    lay_out(model);
    if first {
        focus(model, newest);
    }
}

pub(super) fn lay_out(model: &mut Model) {
    let Some(ticket) = &model.ticket.shown else { return };
    let lines = conversation::lay_out(ticket, &model.ticket.folds, &model.page(model.width));
    let last_top = lines.len().saturating_sub(usize::from(model.layout().body.height));
    model.ticket.scroll = model.ticket.scroll.min(last_top);
    model.ticket.lines = lines;
}

/// Lays out anew and keeps the message in focus in sight.
fn lay_out_around_focus(model: &mut Model) {
    lay_out(model);
    let message = model.ticket.focus;
    focus(model, message);
}

fn focus(model: &mut Model, message: usize) {
    let height = usize::from(model.layout().body.height);
    model.ticket.focus = message;
    if let Some(start) = conversation::start_of(&model.ticket.lines, message) {
        model.ticket.scroll = start.min(model.ticket.lines.len().saturating_sub(height));
    }
}

fn messages(model: &Model) -> usize {
    model.ticket.shown.as_ref().map_or(0, |ticket| ticket.messages.len())
}

pub(super) fn step_message(model: &mut Model, by: i32) -> Vec<Effect> {
    let wanted = model.ticket.focus as i64 + i64::from(by);
    match usize::try_from(wanted).ok().filter(|index| *index < messages(model)) {
        Some(index) => focus(model, index),
        None => hint(model, if by > 0 { "this is the last message" } else { "this is the first message" }),
    }
    Vec::new()
}

pub(super) fn read_on(model: &mut Model) -> Vec<Effect> {
    let page = usize::from(model.layout().body.height);
    if model.ticket.scroll + page >= model.ticket.lines.len() {
        hint(model, "end of the ticket; J opens the next one");
        return Vec::new();
    }
    super::navigate::motion(model, Motion::Pages(1))
}

pub(super) fn fold(model: &mut Model) -> Vec<Effect> {
    let focus = model.ticket.focus;
    let closed = &mut model.ticket.folds.closed;
    if !closed.remove(&focus) {
        closed.insert(focus);
    }
    lay_out_around_focus(model);
    Vec::new()
}

pub(super) fn fold_all(model: &mut Model) -> Vec<Effect> {
    let count = messages(model);
    let closed = &mut model.ticket.folds.closed;
    if closed.is_empty() {
        closed.extend(0..count);
    } else {
        closed.clear();
    }
    lay_out_around_focus(model);
    Vec::new()
}

pub(super) fn toggle_quotes(model: &mut Model) -> Vec<Effect> {
    let quotes = model.ticket.shown.iter().flat_map(|ticket| &ticket.messages).any(|message| message.text.trim() != message.new_text.trim());
    if !quotes {
        hint(model, "this ticket has no quoted text");
        return Vec::new();
    }
    model.ticket.folds.show_quotes = !model.ticket.folds.show_quotes;
    lay_out_around_focus(model);
    Vec::new()
}

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

/// Selects a row, and opens it when a ticket is being read.
fn go_to(model: &mut Model, index: usize) -> Vec<Effect> {
    let mut effects = queue::select(model, index);
    if model.screen() == Screen::Ticket {
        effects.extend(open_selected(model));
    }
    effects
}
