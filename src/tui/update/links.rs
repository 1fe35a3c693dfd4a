//! Taking links between tickets away.

use super::choices::item;
use super::{act, bulk, hint, picker, read};
use crate::domain::TicketKey;
use crate::protocol::job::{Act, Job};
use crate::protocol::json::{Linked, ShownTicket};
use crate::tui::model::{Model, PickerItem, PickerKind, Purpose};
use crate::tui::msg::{Effect, Lane};

/// Lists the tickets that the one at hand is linked with; of several marked ones the links with the first go.
pub(super) fn pick(model: &mut Model) -> Vec<Effect> {
    let mut tickets = act::targets(model);
    if tickets.len() > 1 {
        let first = tickets.remove(0);
        return bulk::ask(model, tickets, Act::Unlink(first));
    }
    let Some(row) = act::require(model) else { return Vec::new() };
    match act::known(model, &row.key).map(|ticket| ticket.links.clone()) {
        Some(links) => {
            show(model, &row.key, &row.label(), &links);
            Vec::new()
        }
        None => vec![read(model, Lane::Choices, Purpose::Links, Job::Show(row.key))],
    }
}

/// What the worker knows of a ticket of the list, if that is still the one at hand.
pub(super) fn take(model: &mut Model, ticket: &ShownTicket) {
    if act::target(model).is_some_and(|row| row.key == ticket.row.key) && model.overlay.is_none() {
        show(model, &ticket.row.key, &ticket.row.label(), &ticket.links);
    }
}

fn show(model: &mut Model, key: &TicketKey, label: &str, links: &[Linked]) {
    if links.is_empty() {
        hint(model, format!("{label} is linked with no other ticket"));
        return;
    }
    let items: Vec<PickerItem> = links.iter().map(|link| item(link.key.as_str(), &format!("{} {}", link.label(), link.subject), "")).collect();
    picker::open(model, PickerKind::Unlink(key.clone()), &format!("No longer linked with {label}"), items);
}
