//! Marks: which tickets the next change is about.

use super::queue;
use super::{hint, read};
use crate::domain::TicketKey;
use crate::protocol::job::Job;
use crate::tui::model::{Model, Purpose, Range};
use crate::tui::msg::{Effect, Lane};
use crate::tui::verb::Motion;

/// Marks the selected ticket or takes its mark away, and moves on.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(key) = model.queue.row().map(|row| row.key.clone()) else {
        hint(model, "there is no ticket to mark");
        return Vec::new();
    };
    model.queue.range = None;
    if !model.queue.marks.remove(&key) {
        model.queue.marks.insert(key);
    }
    queue::step(model, Motion::Lines(1))
}

/// Begins a range at the selected ticket, or ends the one there is.
pub(super) fn range(model: &mut Model) -> Vec<Effect> {
    if model.queue.range.take().is_some() {
        hint(model, format!("{} marked", model.queue.marks.len()));
        return Vec::new();
    }
    match model.queue.row().map(|row| row.key.clone()) {
        Some(anchor) => {
            model.queue.range = Some(Range { anchor, before: model.queue.marks.clone() });
            stretch(model);
            hint(model, "move to mark more; v ends the range, esc clears it");
        }
        None => hint(model, "there is no ticket to mark"),
    }
    Vec::new()
}

/// Makes the range reach to the selected ticket.
pub(super) fn stretch(model: &mut Model) {
    let queue = &mut model.queue;
    let Some(range) = &queue.range else { return };
    let anchor = queue.rows.iter().position(|row| row.key == range.anchor);
    let (Some(anchor), Some(here)) = (anchor, queue.index()) else { return };
    let (from, to) = (anchor.min(here), anchor.max(here));
    let mut marks = range.before.clone();
    marks.extend(queue.rows.iter().skip(from).take(to + 1 - from).map(|row| row.key.clone()));
    queue.marks = marks;
}

/// Marks all tickets of the list, those not read yet too; with marks set, all the others.
pub(super) fn all(model: &mut Model) -> Vec<Effect> {
    model.queue.range = None;
    if model.queue.next.is_none() && model.queue.loaded {
        let keys = model.queue.rows.iter().map(|row| row.key.clone()).collect();
        take(model, keys);
        return Vec::new();
    }
    match (model.parse_query)(model.query_text(), &model.query_context()) {
        Ok(query) => {
            hint(model, "marking…");
            vec![read(model, Lane::Marks, Purpose::Mark, Job::Keys(query))]
        }
        Err(error) => {
            hint(model, format!("the query cannot be read: {error}"));
            Vec::new()
        }
    }
}

pub(super) fn take(model: &mut Model, keys: Vec<TicketKey>) {
    if keys.is_empty() {
        hint(model, "there is no ticket to mark");
        return;
    }
    let marks = &mut model.queue.marks;
    let had_some = !marks.is_empty();
    for key in keys {
        if !(had_some && marks.remove(&key)) {
            marks.insert(key);
        }
    }
    let count = marks.len();
    hint(model, if count == 0 { "nothing is marked".to_owned() } else { format!("{count} marked; what you do next is done to all of them") });
}

/// Takes all marks away, and tells whether there were any.
pub(super) fn clear(model: &mut Model) -> bool {
    let had_some = !model.queue.marks.is_empty() || model.queue.range.is_some();
    model.queue.range = None;
    model.queue.marks.clear();
    had_some
}
