//! What pickers of tags, projects and tickets offer, and what choosing does.

use std::collections::BTreeMap;

use super::overlay::item;
use super::{act, hint, read};
use crate::domain::TicketKey;
use crate::domain::ticket::TicketRow;
use crate::protocol::job::{Act, Job, ListPage};
use crate::tui::model::{Model, Overlay, PickerItem, PickerKind, Purpose, Tagging};
use crate::tui::msg::{Effect, Lane};

/// So many tickets are looked for at once.
const FOUND: u32 = 30;

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
fn tags_of(model: &Model, tickets: &[TicketKey]) -> BTreeMap<String, usize> {
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

/// Adds or removes the chosen tag; several words, or words with signs, are changes of their own.
pub(super) fn choose_tag(model: &mut Model, tickets: Vec<TicketKey>, how: Tagging, chosen: Option<String>, typed: &str) -> Vec<Effect> {
    let written = typed.starts_with(['+', '-']) || typed.contains(char::is_whitespace);
    let change = match (chosen.filter(|_| !written), how) {
        (Some(tag), Tagging::Add) => Ok(Act::Tag { add: vec![tag], remove: Vec::new() }),
        (Some(tag), Tagging::Remove) => Ok(Act::Tag { add: Vec::new(), remove: vec![tag] }),
        (Some(tag), Tagging::Toggle) if tags_of(model, &tickets).get(&tag) == Some(&tickets.len()) => {
            Ok(Act::Tag { add: Vec::new(), remove: vec![tag] })
        }
        (Some(tag), Tagging::Toggle) => Ok(Act::Tag { add: vec![tag], remove: Vec::new() }),
        (None, Tagging::Remove) if !written => Err("no tag of these tickets matches; esc cancels".to_owned()),
        (None, _) => act::read_tags(typed).map_err(|(.., why)| why),
    };
    match change {
        Ok(change) => {
            model.overlay = None;
            act::change(model, tickets, change)
        }
        Err(why) => {
            hint(model, why);
            Vec::new()
        }
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

/// Looks for the tickets that what was typed names, by number or by words.
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let (PickerKind::Merge(about) | PickerKind::Link(about)) = &picker.kind else { return Vec::new() };
    let text = picker.input.text().trim().to_owned();
    if text.is_empty() {
        let items = tickets_near(model, &about.clone());
        fill(model, items);
        return Vec::new();
    }
    let digits = text.strip_prefix('#').unwrap_or(&text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty();
    let wanted = if is_number { format!("number:{digits}") } else { format!("{}*", text.trim_end_matches('*')) };
    let Ok(query) = (model.parse_query)(&wanted, &model.query_context()) else { return Vec::new() };
    let page = ListPage { query, order: crate::domain::query::Order::default(), limit: FOUND, after: None };
    vec![read(model, Lane::Choices, Purpose::Choices, Job::List(page))]
}

/// Fills an open picker of tickets with those that were found.
pub(super) fn take_tickets(model: &mut Model, rows: &[TicketRow]) {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return };
    let (PickerKind::Merge(about) | PickerKind::Link(about)) = &picker.kind else { return };
    let items = rows.iter().filter(|row| !about.contains(&row.key)).map(ticket_item).collect();
    fill(model, items);
}

fn fill(model: &mut Model, items: Vec<PickerItem>) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.items = items;
        picker.selected = 0;
    }
}

/// Does to tickets what needs another one.
pub(super) fn with_ticket(model: &mut Model, tickets: Vec<TicketKey>, other: &str, act: fn(TicketKey) -> Act) -> Vec<Effect> {
    match TicketKey::new(other) {
        Some(other) => act::change(model, tickets, act(other)),
        None => Vec::new(),
    }
}
