//! What a ticket may belong to: looked at, accepted, dismissed.

use super::choices::item;
use super::{act, hint, others, picker, read};
use crate::domain::TicketKey;
use crate::domain::suggestion::{Suggestion, Which};
use crate::protocol::job::{Act, Job};
use crate::protocol::json::ShownTicket;
use crate::tui::model::{Model, PickerItem, PickerKind, Purpose};
use crate::tui::msg::{Effect, Lane};

/// Lists what is suggested for the ticket at hand.
pub(super) fn pick(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    match act::known(model, &row.key).map(|ticket| ticket.suggestions.clone()) {
        Some(suggestions) => {
            show(model, &row.key, &row.label(), &suggestions);
            Vec::new()
        }
        None => vec![read(model, Lane::Choices, Purpose::Suggestions, Job::Show(row.key))],
    }
}

/// What the worker knows of a ticket of the list, if that is still the one at hand.
pub(super) fn take(model: &mut Model, ticket: &ShownTicket) {
    if act::target(model).is_some_and(|row| row.key == ticket.row.key) && model.overlay.is_none() {
        show(model, &ticket.row.key, &ticket.row.label(), &ticket.suggestions);
    }
}

fn show(model: &mut Model, key: &TicketKey, label: &str, suggestions: &[Suggestion]) {
    if suggestions.is_empty() {
        hint(model, format!("nothing is suggested for {label}"));
        return;
    }
    picker::open(model, PickerKind::Suggestions(key.clone()), &format!("Suggested for {label}"), items(suggestions));
}

/// For each suggestion: going there first, for that harms nothing.
fn items(suggestions: &[Suggestion]) -> Vec<PickerItem> {
    let mut items = Vec::new();
    for suggestion in suggestions {
        let label = suggestion.label();
        if let Some(key) = &suggestion.key {
            items.push(item(&format!("go {key}"), &format!("go to {label} “{}”", suggestion.subject), &suggestion.why));
        }
        let value = suggestion.address.clone().or(suggestion.key.as_ref().map(ToString::to_string)).unwrap_or_default();
        let (accept, dismiss) = match suggestion.address {
            Some(_) => (format!("{label} takes part from now on"), format!("leave {label} out")),
            None => (suggestion.proposal(), format!("not related to {label}")),
        };
        let why = if suggestion.key.is_some() { "undo takes them apart" } else { suggestion.why.as_str() };
        items.push(item(&format!("accept {value}"), &accept, why));
        items.push(item(&format!("dismiss {value}"), &dismiss, "is suggested no more"));
    }
    items
}

/// Does what was chosen.
pub(super) fn choose(model: &mut Model, ticket: TicketKey, value: &str) -> Vec<Effect> {
    let Some((what, about)) = value.split_once(' ') else { return Vec::new() };
    let which = match TicketKey::new(about) {
        Some(key) => Which::Ticket(key),
        None => Which::Person(about.to_owned()),
    };
    match (what, which) {
        ("go", _) => others::open(model, about),
        ("accept", which) => act::change(model, vec![ticket], Act::Accept(which)),
        (_, which) => act::change(model, vec![ticket], Act::Dismiss(which)),
    }
}

/// Accepts or dismisses the surest suggestion for the ticket at hand, or for each marked one.
pub(super) fn surest(model: &mut Model, act: fn(Which) -> Act) -> Vec<Effect> {
    let tickets = act::targets(model);
    if tickets.is_empty() {
        hint(model, "there is no ticket here to do that to");
        return Vec::new();
    }
    if let [key] = tickets.as_slice() {
        if act::known(model, key).is_some_and(|ticket| ticket.suggestions.is_empty()) {
            hint(model, "nothing is suggested for this ticket");
            return Vec::new();
        }
    }
    act::change(model, tickets, act(Which::Surest))
}
