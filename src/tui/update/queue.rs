//! The list: reading pages, moving the selection, views and preview.

use std::collections::{HashMap, HashSet};

use super::navigate::stepped;
use super::{company, held, hint, marks, read, views};
use crate::domain::query::Query;
use crate::domain::ticket::{Badge, TicketRow};
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::answer::{Complaint, ListedPage};
use crate::protocol::job::{Job, ListPage};
use crate::protocol::json::ShownTicket;
use crate::tui::conversation::{self, Folds, first_to_read};
use crate::tui::layout::Place;
use crate::tui::model::{Alarm, Model, Overlay, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::verb::Motion;

/// Rows of a page.
const PAGE: u32 = 200;
/// Rows of the first page of a query that was just changed: most of them are changed again.
const FIRST_PAGE: u32 = 100;
/// The next page is read while so many rows are still ahead.
const AHEAD: usize = 80;

/// Reads the list again from the top to as far as it had been read.
pub(super) fn reload(model: &mut Model) -> Vec<Effect> {
    let text = model.query_text().to_owned();
    match (model.parse_query)(&text, &model.query_context()) {
        Ok(query) => {
            let limit = PAGE.max(u32::try_from(model.queue.rows.len()).unwrap_or(u32::MAX));
            vec![read_page(model, query, limit)]
        }
        Err(error) => {
            let what = format!("the query `{text}` cannot be read: {error}");
            model.queue.error = Some(Complaint { what, remedy: "correct it with / or in the configuration".to_owned() });
            model.queue.rows.clear();
            model.queue.loaded = true;
            Vec::new()
        }
    }
}

/// Reads the first page of a query that was changed; the old rows stay until it is there.
pub(super) fn reload_from_top(model: &mut Model) -> Vec<Effect> {
    match (model.parse_query)(model.query_text(), &model.query_context()) {
        Ok(query) => {
            let limit = FIRST_PAGE.max(u32::from(model.layout().list.height));
            vec![read_page(model, query, limit)]
        }
        Err(_) => Vec::new(),
    }
}

fn read_page(model: &mut Model, query: Query, limit: u32) -> Effect {
    let page = ListPage { query, order: model.queue.order, limit, after: None };
    read(model, Lane::List, Purpose::List, Job::List(page))
}

/// Reads a list that has nothing to do with the one before.
pub(super) fn start_over(model: &mut Model) -> Vec<Effect> {
    let queue = &mut model.queue;
    queue.rows.clear();
    (queue.next, queue.selected, queue.top, queue.loaded, queue.error) = (None, None, 0, false, None);
    (queue.keep_order, queue.preview.focused) = (false, false);
    drop_preview(model);
    reload(model)
}

/// Reads everything on the screen again; selection and scroll stay.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = reload(model);
    effects.extend(views::count(model));
    effects.push(ask_wake(model));
    effects.push(read(model, Lane::Outbox, Purpose::Outbox, Job::Outbox));
    effects.extend(company::ask(model));
    effects.push(super::conflicts::ask(model));
    effects.extend(held::ask(model));
    if model.screens.contains(&Screen::Drafts) {
        effects.extend(super::drafts::ask(model));
    }
    if model.screens.contains(&Screen::Ticket) {
        effects.extend(super::ticket::ask(model));
    } else {
        effects.extend(ask_preview(model));
    }
    effects
}

/// Asks when the next snoozed ticket wakes; then everything is read again.
pub(super) fn ask_wake(model: &mut Model) -> Effect {
    let now = model.now;
    read(model, Lane::Wake, Purpose::Wake, Job::NextWake(now))
}

pub(super) fn take_wake(model: &mut Model, at: Option<Timestamp>) {
    match at {
        Some(at) => model.alarms.insert(Alarm::Wake, at),
        None => model.alarms.remove(&Alarm::Wake),
    };
}

/// Asks for which of the rows in sight something is suggested, once for each reading of the list.
pub(super) fn ask_related(model: &mut Model) -> Vec<Effect> {
    let asked = model.asked.values().any(|purpose| matches!(purpose, Purpose::Related(_)));
    // While something is typed the rows change with every letter.
    if model.screen() != Screen::Queue || asked || matches!(model.overlay, Some(Overlay::Prompt(_))) {
        return Vec::new();
    }
    let height = usize::from(model.layout().list.height);
    let rows = model.queue.rows.iter().skip(model.queue.top).take(height).map(|row| &row.key);
    let new: Vec<TicketKey> = rows.filter(|key| !model.queue.looked_at.contains(*key)).cloned().collect();
    if new.is_empty() {
        return Vec::new();
    }
    model.queue.looked_at.extend(new.iter().cloned());
    vec![read(model, Lane::Related, Purpose::Related(new.clone()), Job::Related(new))]
}

pub(super) fn take_related(model: &mut Model, about: &[TicketKey], related: Vec<TicketKey>) {
    model.queue.related.retain(|key| !about.contains(key));
    model.queue.related.extend(related);
}

/// Takes a page in. The selection stays on its ticket, and that on its line of the screen;
/// when the ticket is gone, the one that followed it takes its place.
pub(super) fn take_page(model: &mut Model, page: ListedPage, more: bool) -> Vec<Effect> {
    let keep_order = std::mem::take(&mut model.queue.keep_order);
    if !more {
        model.queue.looked_at.clear();
    }
    let queue = &mut model.queue;
    let before = queue.index();
    let line = before.map(|before| before.saturating_sub(queue.top));
    let mut old = std::mem::take(&mut queue.rows);
    queue.next = page.next;
    queue.rows = if more {
        appended(std::mem::take(&mut old), page.rows)
    } else if keep_order {
        in_order_of(&old, page.rows)
    } else {
        page.rows
    };
    (queue.loaded, queue.error) = (true, None);
    let is_somebody_replying = queue.rows.iter().any(|row| row.badges.contains(&Badge::Replying));
    let index = queue.index().or_else(|| heir(&old, before?, &queue.rows)).unwrap_or(0).min(queue.rows.len().saturating_sub(1));
    // At the very top the list stays there, so that what comes in above is seen.
    queue.top = line.filter(|_| queue.top > 0).map_or(queue.top, |line| index.saturating_sub(line));
    let selected = queue.rows.get(index).map(|row| row.key.clone());
    let previewed = queue.preview.ticket.as_ref().map(|ticket| &ticket.row.key);
    let moved = selected != queue.selected || previewed.is_some_and(|key| Some(key) != selected.as_ref());
    queue.selected = selected;
    keep_in_sight(model);
    if is_somebody_replying {
        company::look_again(model);
    }
    if moved {
        drop_preview(model);
        return ask_preview(model);
    }
    Vec::new()
}

/// Rows with those of a further page; what moved there since is listed once.
fn appended(mut rows: Vec<TicketRow>, more: Vec<TicketRow>) -> Vec<TicketRow> {
    let known: HashSet<TicketKey> = rows.iter().map(|row| row.key.clone()).collect();
    rows.extend(more.into_iter().filter(|row| !known.contains(&row.key)));
    rows
}

/// New rows in the order of the old ones; tickets that were not there before keep to their end of the list.
fn in_order_of(old: &[TicketRow], new: Vec<TicketRow>) -> Vec<TicketRow> {
    let places: HashMap<&TicketKey, usize> = old.iter().enumerate().map(|(place, row)| (&row.key, place)).collect();
    let half = new.len() / 2;
    let mut rows: Vec<(usize, TicketRow)> = new
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let other = if index < half { 0 } else { usize::MAX };
            (places.get(&row.key).map_or(other, |place| place + 1), row)
        })
        .collect();
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Where the nearest ticket stands that followed the one that is gone, else the last before it.
fn heir(old: &[TicketRow], gone: usize, new: &[TicketRow]) -> Option<usize> {
    let places: HashMap<&TicketKey, usize> = new.iter().enumerate().map(|(place, row)| (&row.key, place)).collect();
    let behind = old.iter().skip(gone + 1);
    let ahead = old.iter().take(gone).rev();
    behind.chain(ahead).find_map(|row| places.get(&row.key).copied()).or(Some(gone))
}

pub(super) fn step(model: &mut Model, motion: Motion) -> Vec<Effect> {
    if model.queue.preview.focused && model.layout().preview.height > 0 {
        return move_preview(model, motion);
    }
    let page = usize::from(model.layout().list.height.max(1));
    let count = model.queue.rows.len();
    let Some(index) = model.queue.index() else {
        hint(model, "there is no ticket in this list");
        return Vec::new();
    };
    select(model, stepped(index, motion, count, page))
}

/// Selects a row, and reads on when the end comes near.
pub(super) fn select(model: &mut Model, index: usize) -> Vec<Effect> {
    let Some(key) = model.queue.rows.get(index).map(|row| row.key.clone()) else { return Vec::new() };
    let mut effects = Vec::new();
    if model.queue.selected.as_ref() != Some(&key) {
        model.queue.selected = Some(key);
        marks::stretch(model);
        drop_preview(model);
        effects.extend(ask_preview(model));
    }
    keep_in_sight(model);
    effects.extend(read_on(model, index));
    effects
}

fn read_on(model: &mut Model, index: usize) -> Option<Effect> {
    let near = index + AHEAD >= model.queue.rows.len();
    let busy = model.awaits(&Purpose::More) || model.awaits(&Purpose::List);
    let after = model.queue.next.clone().filter(|_| near && !busy)?;
    let query = (model.parse_query)(model.query_text(), &model.query_context()).ok()?;
    let page = ListPage { query, order: model.queue.order, limit: PAGE, after: Some(after) };
    Some(read(model, Lane::List, Purpose::More, Job::List(page)))
}

/// Scrolls so far that the selected row can be seen, and no farther.
pub(super) fn keep_in_sight(model: &mut Model) {
    let height = usize::from(model.layout().list.height.max(1));
    let queue = &mut model.queue;
    let Some(index) = queue.index() else { return };
    queue.top = queue.top.clamp((index + 1).saturating_sub(height), index).min(queue.rows.len().saturating_sub(height)).min(index);
}

pub(super) fn toggle_preview(model: &mut Model) -> Vec<Effect> {
    let hidden = model.queue.preview.place == Place::Hidden;
    place(model, if hidden { Place::Auto } else { Place::Hidden });
    if hidden && model.layout().preview.height == 0 {
        hint(model, "the terminal is too small for a preview; enter opens the ticket");
    }
    ask_preview(model)
}

/// Puts the preview to the other side.
pub(super) fn place_preview(model: &mut Model) -> Vec<Effect> {
    let beside = model.layout().divider.width == 1;
    place(model, if beside { Place::Below } else { Place::Beside });
    let now_beside = model.layout().divider.width == 1;
    if model.layout().preview.height == 0 {
        hint(model, "the terminal is too small for a preview; enter opens the ticket");
    } else if beside == now_beside {
        hint(model, if beside { "there is no room below the list" } else { "there is no room beside the list" });
    }
    ask_preview(model)
}

fn place(model: &mut Model, place: Place) {
    model.queue.preview.place = place;
    model.queue.preview.focused &= place != Place::Hidden;
    keep_in_sight(model);
    lay_out_preview(model);
}

/// Moves the keys that move between list and preview.
pub(super) fn next_pane(model: &mut Model) -> Vec<Effect> {
    if model.layout().preview.height == 0 {
        hint(model, "there is no preview; p shows it");
        return Vec::new();
    }
    let focused = &mut model.queue.preview.focused;
    *focused = !*focused;
    let word = if *focused { "the keys scroll the preview; tab goes back to the list" } else { "the keys move in the list" };
    hint(model, word);
    Vec::new()
}

pub(super) fn scroll_preview(model: &mut Model, by: i32) -> Vec<Effect> {
    if model.layout().preview.height == 0 {
        hint(model, "there is no preview; enter opens the ticket");
        return Vec::new();
    }
    let before = model.queue.preview.scroll;
    let effects = move_preview(model, Motion::HalfPages(by));
    if model.queue.preview.scroll == before {
        hint(model, if by > 0 { "the preview is at its end; enter opens the ticket" } else { "the preview is at its beginning" });
    }
    effects
}

fn move_preview(model: &mut Model, motion: Motion) -> Vec<Effect> {
    let height = usize::from(model.layout().preview.height);
    let preview = &mut model.queue.preview;
    let last = preview.lines.len().saturating_sub(height.saturating_sub(1));
    preview.scroll = stepped(preview.scroll, motion, last + 1, height);
    Vec::new()
}

fn drop_preview(model: &mut Model) {
    let preview = &mut model.queue.preview;
    preview.ticket = None;
    preview.lines.clear();
    preview.scroll = 0;
}

/// Asks for the selected ticket if its preview has a place on the screen.
pub(super) fn ask_preview(model: &mut Model) -> Vec<Effect> {
    let visible = model.layout().preview.height > 0;
    match model.queue.selected.clone().filter(|_| visible) {
        Some(key) => vec![read(model, Lane::Preview, Purpose::Preview, Job::Show(key))],
        None => Vec::new(),
    }
}

pub(super) fn take_preview(model: &mut Model, ticket: Box<ShownTicket>) {
    if model.queue.selected.as_ref() == Some(&ticket.row.key) {
        model.queue.preview.ticket = Some(ticket);
        lay_out_preview(model);
    }
}

/// Nobody scrolls a preview through more messages than this.
const PREVIEWED: usize = 40;

/// The ticket with its newest messages alone: laying out thousands for each press of a key is felt.
fn newest_of(ticket: &ShownTicket) -> ShownTicket {
    let older = ticket.messages.len().saturating_sub(PREVIEWED);
    let messages = ticket.messages.iter().skip(older).cloned().collect();
    ShownTicket {
        row: ticket.row.clone(),
        messages,
        events: ticket.events.clone(),
        suggestions: ticket.suggestions.clone(),
        links: ticket.links.clone(),
        replying: ticket.replying.clone(),
    }
}

/// Lays the preview out for its place: newest message first in sight.
pub(super) fn lay_out_preview(model: &mut Model) {
    let area = model.layout().preview;
    let Some(ticket) = &model.queue.preview.ticket else { return };
    let ticket = &newest_of(ticket);
    let lines = conversation::lay_out(ticket, &Folds::of(ticket), &model.page(area.width));
    let newest = conversation::start_of(&lines, first_to_read(ticket)).unwrap_or(0);
    if model.queue.preview.lines.is_empty() {
        let room = usize::from(area.height.saturating_sub(1));
        model.queue.preview.scroll = newest.min(lines.len().saturating_sub(room));
    }
    model.queue.preview.scroll = model.queue.preview.scroll.min(lines.len().saturating_sub(1));
    model.queue.preview.lines = lines;
}
