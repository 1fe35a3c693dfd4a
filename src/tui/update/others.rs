//! The requester's other tickets.

use super::{act, hint, picker, read, ticket};
use crate::domain::TicketKey;
use crate::domain::ticket::TicketRow;
use crate::protocol::answer::ListedPage;
use crate::protocol::job::{Job, ListPage};
use crate::tui::model::{Model, Overlay, PickerItem, PickerKind, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::text;

/// Tickets that are listed at most.
const TICKETS: u32 = 100;

/// Lists the other tickets of whoever opened this one.
pub(super) fn pick(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    let Some(who) = row.requester.clone().filter(|who| !who.address.is_empty()) else {
        hint(model, "this ticket has no requester");
        return Vec::new();
    };
    let words = format!("from:\"{}\"", who.address.replace('"', ""));
    let Ok(query) = (model.parse_query)(&words, &model.query_context()) else {
        hint(model, format!("{} cannot be searched for", who.address));
        return Vec::new();
    };
    picker::open(model, PickerKind::Others(row.key), &format!("Other tickets of {}", who.label()), Vec::new());
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.loading = true;
    }
    let page = ListPage { query, order: crate::domain::query::Order::default(), limit: TICKETS, after: None };
    vec![read(model, Lane::Choices, Purpose::Others, Job::List(page))]
}

pub(super) fn take(model: &mut Model, page: &ListedPage) {
    let now = model.now;
    let Some(Overlay::Picker(picker)) = &mut model.overlay else { return };
    let PickerKind::Others(this) = &picker.kind else { return };
    picker.items = page.rows.iter().filter(|row| row.key != *this).map(|row| item(row, &text::age(now, row.updated))).collect();
    picker.loading = false;
    if picker.items.is_empty() {
        model.overlay = None;
        hint(model, "the requester has no other ticket");
    }
}

fn item(row: &TicketRow, age: &str) -> PickerItem {
    PickerItem {
        value: row.key.as_str().to_owned(),
        label: format!("{} {}", row.label(), row.subject),
        hint: format!("{} {age}", row.status.as_str()),
    }
}

/// Opens the chosen one; going back leads to the ticket it was opened from.
pub(super) fn open(model: &mut Model, value: &str) -> Vec<Effect> {
    let Some(key) = TicketKey::new(value) else { return Vec::new() };
    let mut before = std::mem::take(&mut model.ticket.before);
    before.extend(model.ticket.key.clone().filter(|_| model.screen() == Screen::Ticket));
    let effects = ticket::open(model, key);
    model.ticket.before = before;
    effects
}
