//! What pickers offer: people, words, files, projects and tickets, as far as they are known here or have come since.

use std::collections::BTreeMap;

use super::act;
use crate::domain::TicketKey;
use crate::domain::ticket::{Status, TicketRow};
use crate::protocol::answer::ProjectLine;
use crate::tui::model::{Model, Overlay, PickerItem, PickerKind, Tagging};

/// So many tickets are looked for at once.
pub(super) const FOUND: u32 = 30;

pub(super) fn item(value: &str, label: &str, hint: &str) -> PickerItem {
    PickerItem { value: value.to_owned(), label: label.to_owned(), hint: hint.to_owned() }
}

pub(super) fn files(model: &Model) -> Vec<PickerItem> {
    let files = model.composing.iter().flat_map(|composing| &composing.draft.attachments).enumerate();
    files.map(|(index, file)| item(&index.to_string(), &file.name, &file.kind)).collect()
}

pub(super) fn statuses() -> Vec<PickerItem> {
    Status::ALL.iter().map(|status| item(status.as_str(), status.as_str(), "")).collect()
}

pub(super) fn agents(me: &str, agents: &[String]) -> Vec<PickerItem> {
    let mut items = vec![item(me, me, "me"), item("-", "- nobody", "unassign")];
    items.extend(agents.iter().filter(|agent| *agent != me).map(|agent| item(agent, agent, "")));
    items
}

/// Fills an open picker with the agents that came.
pub(super) fn take_agents(model: &mut Model, known: &[String]) {
    let items = agents(&model.agent, known);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        if matches!(picker.kind, PickerKind::Assignee(_)) {
            (picker.items, picker.loading) = (items, false);
        }
    }
}

pub(super) fn take_identities(model: &mut Model, lines: Vec<ProjectLine>) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        if picker.kind == PickerKind::Identity {
            picker.items = lines.iter().map(|line| item(&line.id, &line.name, &line.from.to_string())).collect();
            picker.loading = false;
            model.identities = lines;
        }
    }
}

pub(super) fn projects(model: &Model) -> Vec<PickerItem> {
    model.projects.iter().map(|project| item(&project.id, &format!("{} · {}", project.id, project.name), &project.address)).collect()
}

/// The tags of the tickets with how many have each, then the others of the desk.
pub(super) fn tags(model: &Model, tickets: &[TicketKey], how: Tagging) -> (&'static str, Vec<PickerItem>) {
    let set = tags_of(model, tickets);
    let count = tickets.len();
    let about = |on: usize| if on == count { "set".to_owned() } else { format!("on {on} of {count}") };
    let own = set.iter().map(|(tag, on)| item(tag, tag, &about(*on)));
    let others = model.known.tags.iter().filter(|tag| !set.contains_key(*tag)).map(|tag| item(tag, tag, ""));
    match how {
        Tagging::Toggle => ("Tag (again removes it; a new name adds one)", own.chain(others).collect()),
        Tagging::Add => ("Add a tag", others.chain(set.iter().filter(|(_, on)| **on < count).map(|(tag, on)| item(tag, tag, &about(*on)))).collect()),
        Tagging::Remove => ("Remove a tag", own.collect()),
    }
}

/// How many of the tickets bear each tag, as far as they are known here.
pub(super) fn tags_of(model: &Model, tickets: &[TicketKey]) -> BTreeMap<String, usize> {
    let shown = model.ticket.shown.as_ref().map(|ticket| &ticket.row);
    let mut rows: BTreeMap<&TicketKey, &TicketRow> = model.queue.rows.iter().chain(shown).map(|row| (&row.key, row)).collect();
    rows.retain(|key, _| tickets.contains(key));
    let mut tags = BTreeMap::new();
    for tag in rows.values().flat_map(|row| &row.tags) {
        *tags.entry(tag.clone()).or_insert(0) += 1;
    }
    tags
}

/// Fills an open picker of tags with those of the whole desk.
pub(super) fn refill_tags(model: &mut Model) {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return };
    let PickerKind::Tag(tickets, how) = &picker.kind else { return };
    let (_, items) = tags(model, tickets, *how);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.items = items;
    }
}

/// Tickets of the list that may be meant: those of the same requester first.
pub(super) fn tickets_near(model: &Model, about: &[TicketKey]) -> Vec<PickerItem> {
    let address = |row: &TicketRow| row.requester.as_ref().map(crate::domain::Address::key);
    let requester = model.queue.rows.iter().chain(act::target(model)).find(|row| about.contains(&row.key)).and_then(address);
    let mut rows: Vec<&TicketRow> = model.queue.rows.iter().filter(|row| !about.contains(&row.key)).collect();
    rows.sort_by_key(|row| requester.is_none() || address(row) != requester);
    rows.into_iter().take(FOUND as usize).map(ticket_item).collect()
}

fn ticket_item(row: &TicketRow) -> PickerItem {
    let who = row.requester.as_ref().map(|address| address.label().to_owned()).unwrap_or_default();
    item(row.key.as_str(), &format!("{} {}", row.label(), row.subject), &who)
}

/// Fills an open picker of tickets with those that were found.
pub(super) fn take_tickets(model: &mut Model, rows: &[TicketRow]) {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return };
    let (PickerKind::Merge(about) | PickerKind::Link(about)) = &picker.kind else { return };
    let items = rows.iter().filter(|row| !about.contains(&row.key)).map(ticket_item).collect();
    fill(model, items);
}

pub(super) fn fill(model: &mut Model, items: Vec<PickerItem>) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.items = items;
        (picker.selected, picker.loading) = (0, false);
    }
}
