//! The list to choose from: opened, narrowed by typing, and what choosing does.

use super::{act, begin, choices, command, filter, hint, others, outside, read, review, settings, suggest, typing, views};
use crate::domain::TicketKey;
use crate::domain::query::Order;
use crate::domain::ticket::Priority;
use crate::protocol::job::{Act, Job, ListPage};
use crate::tui::input::LineInput;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Model, Overlay, Picker, PickerItem, PickerKind, Purpose, Tagging};
use crate::tui::msg::{Effect, Lane};
use crate::tui::theme::ThemeName;

/// Opens a picker of things that are at hand.
pub(super) fn open(model: &mut Model, kind: PickerKind, title: &str, items: Vec<PickerItem>) -> Vec<Effect> {
    let picker = Picker { kind, title: title.to_owned(), items, input: LineInput::default(), selected: 0, loading: false, is_chosen: false };
    model.overlay = Some(Overlay::Picker(picker));
    Vec::new()
}

/// Opens a picker; choices that only the worker knows are asked for.
pub(super) fn pick(model: &mut Model, kind: PickerKind) -> Vec<Effect> {
    let (title, items) = match &kind {
        PickerKind::Assignee(_) => ("Assign to", choices::agents(&model.agent, &[])),
        PickerKind::Status(_) => ("Status", choices::statuses()),
        PickerKind::SendStatus => ("Send, then set the status to", choices::statuses()),
        PickerKind::Priority(_) => {
            ("Priority", Priority::ALL.iter().map(|priority| choices::item(priority.as_str(), priority.as_str(), "")).collect())
        }
        PickerKind::Template(_) => ("Reply from template", Vec::new()),
        PickerKind::Insert => ("Insert template", Vec::new()),
        PickerKind::Identity => ("Write as", Vec::new()),
        PickerKind::Detach => ("Take off", choices::files(model)),
        PickerKind::Palette | PickerKind::Open(_) | PickerKind::Save(..) | PickerKind::Copy => ("", Vec::new()),
        PickerKind::Others(_) | PickerKind::Suggestions(_) | PickerKind::Unlink(_) | PickerKind::Theme => ("", Vec::new()),
        PickerKind::Tag(tickets, how) => choices::tags(model, tickets, *how),
        PickerKind::Project(_) => ("Move to project", choices::projects(model)),
        PickerKind::GoProject => ("Show project", choices::projects(model)),
        PickerKind::Merge(tickets) => ("Merge into", choices::tickets_near(model, tickets)),
        PickerKind::Link(tickets) => ("Link with", choices::tickets_near(model, tickets)),
    };
    model.template_preview = None;
    let loading = matches!(kind, PickerKind::Assignee(_) | PickerKind::Template(_) | PickerKind::Insert | PickerKind::Identity);
    let assignee = matches!(kind, PickerKind::Assignee(_));
    let tag = matches!(kind, PickerKind::Tag(..));
    model.overlay =
        Some(Overlay::Picker(Picker { kind, title: title.to_owned(), items, input: LineInput::default(), selected: 0, loading, is_chosen: false }));
    match (assignee, tag) {
        (true, _) => vec![read(model, Lane::Choices, Purpose::Choices, Job::Agents)],
        (_, true) => vec![filter::ask_known(model)],
        _ => Vec::new(),
    }
}

/// Opens a picker that begins at a choice.
pub(super) fn pick_at(model: &mut Model, kind: PickerKind, value: Option<&'static str>) -> Vec<Effect> {
    let effects = pick(model, kind);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.selected = picker.items.iter().position(|item| value == Some(item.value.as_str())).unwrap_or_default();
    }
    effects
}

/// Opens a picker in which something is typed already.
pub(super) fn pick_typed(model: &mut Model, kind: PickerKind, text: &str) -> Vec<Effect> {
    let mut effects = pick(model, kind);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.input.insert(text);
    }
    effects.extend(typed(model));
    effects
}

pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(effects) = outside::press_picker(model, key) {
        return effects;
    }
    let Some(Overlay::Picker(picker)) = &mut model.overlay else { return Vec::new() };
    let last = picker.matches().len().saturating_sub(1);
    match (key.code, key.ctrl) {
        (Code::Enter, _) => return choose(model),
        (Code::Down | Code::Tab, false) | (Code::Char('n' | 'j'), true) => picker.selected = (picker.selected + 1).min(last),
        (Code::Up, _) | (Code::Char('p' | 'k'), true) => picker.selected = picker.selected.saturating_sub(1),
        _ if picker.input.press(key) => {
            picker.selected = 0;
            return typed(model);
        }
        _ => hint(model, format!("`{key}` does nothing here; enter chooses, esc cancels")),
    }
    Vec::new()
}

/// The choices have come: one that was chosen blindly is made now.
pub(super) fn chosen_early(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &mut model.overlay else { return Vec::new() };
    if picker.loading || !std::mem::take(&mut picker.is_chosen) {
        return Vec::new();
    }
    let effects = choose(model);
    if matches!(model.overlay, Some(Overlay::Picker(_))) {
        // Nothing was chosen: what was typed behind the choice would be typed into the picker.
        model.ahead.clear();
    }
    effects
}

fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &mut model.overlay else { return Vec::new() };
    // What is listed by now need not be what was typed for.
    if picker.loading && matches!(picker.kind, PickerKind::Assignee(_) | PickerKind::Merge(_) | PickerKind::Link(_)) {
        picker.is_chosen = true;
        return Vec::new();
    }
    let (chosen, label) = picker.matches().get(picker.selected).map(|item| (item.value.clone(), item.label.clone())).unzip();
    let label = label.unwrap_or_default();
    let typed = picker.input.text().trim().to_owned();
    let kind = picker.kind.clone();
    // An agent nobody has heard of yet can be named in full.
    let named = matches!(kind, PickerKind::Assignee(_)).then_some(typed.clone()).filter(|name| !name.is_empty());
    if let PickerKind::Tag(tickets, how) = kind {
        return choose_tag(model, tickets, how, chosen, &typed);
    }
    if let (PickerKind::Palette, Some(name)) = (&kind, &chosen) {
        return command::choose(model, name, &typed);
    }
    let Some(value) = chosen.or(named) else {
        let why = if picker.loading { "the choices are still being read" } else { "nothing matches; esc cancels" };
        hint(model, why);
        return Vec::new();
    };
    model.overlay = None;
    match kind {
        PickerKind::Assignee(key) => act::change(model, key, Act::Assign(Some(value).filter(|value| value != "-"))),
        PickerKind::Status(key) => value.parse().map_or_else(|_| Vec::new(), |status| act::change(model, key, Act::Status(status))),
        PickerKind::Priority(key) => value.parse().map_or_else(|_| Vec::new(), |priority| act::change(model, key, Act::Priority(priority))),
        PickerKind::Project(key) => act::change(model, key, Act::Project(value)),
        PickerKind::GoProject => views::show_project(model, &value),
        PickerKind::Merge(key) => with_ticket(model, key, (&value, &label), Act::Merge),
        PickerKind::Link(key) => with_ticket(model, key, (&value, &label), Act::Link),
        PickerKind::Unlink(key) => with_ticket(model, vec![key], (&value, &label), Act::Unlink),
        PickerKind::Tag(..) | PickerKind::Palette => Vec::new(),
        PickerKind::Template(_) => begin::reply(model, false, Some(value)),
        PickerKind::SendStatus => review::send_and_set(model, value.parse().ok()),
        PickerKind::Insert => typing::insert_template(model, &value),
        PickerKind::Identity => match model.identities.iter().find(|line| line.id == value).cloned() {
            Some(line) => review::take_identity(model, &line),
            None => Vec::new(),
        },
        PickerKind::Detach => value.parse().map_or_else(|_| Vec::new(), |index| review::detach_one(model, index)),
        PickerKind::Open(message) => outside::open_chosen(model, message, &value),
        PickerKind::Save(message, count) => outside::save_chosen(model, message, count, &value),
        PickerKind::Copy => vec![Effect::Copy { what: outside::named(&value), text: value }],
        PickerKind::Others(_) => others::open(model, &value),
        PickerKind::Suggestions(ticket) => suggest::choose(model, ticket, &value),
        PickerKind::Theme => settings::choose_theme(model, ThemeName::ALL.into_iter().find(|name| name.as_str() == value)),
    }
}

/// Looks for the tickets that what was typed names, by number or by words.
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let (PickerKind::Merge(about) | PickerKind::Link(about)) = &picker.kind else { return Vec::new() };
    let text = picker.input.text().trim().to_owned();
    if text.is_empty() {
        let items = choices::tickets_near(model, &about.clone());
        choices::fill(model, items);
        return Vec::new();
    }
    let digits = text.strip_prefix('#').unwrap_or(&text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty();
    let wanted = if is_number { format!("number:{digits}") } else { format!("{}*", text.trim_end_matches('*')) };
    let Ok(query) = (model.parse_query)(&wanted, &model.query_context()) else { return Vec::new() };
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.loading = true;
    }
    let page = ListPage { query, order: Order::default(), limit: choices::FOUND, after: None };
    vec![read(model, Lane::Choices, Purpose::Choices, Job::List(page))]
}

/// Adds or removes the chosen tag; several words, or words with signs, are changes of their own.
fn choose_tag(model: &mut Model, tickets: Vec<TicketKey>, how: Tagging, chosen: Option<String>, typed: &str) -> Vec<Effect> {
    let written = typed.starts_with(['+', '-']) || typed.contains(char::is_whitespace);
    let change = match (chosen.filter(|_| !written), how) {
        (Some(tag), Tagging::Add) => Ok(Act::Tag { add: vec![tag], remove: Vec::new() }),
        (Some(tag), Tagging::Remove) => Ok(Act::Tag { add: Vec::new(), remove: vec![tag] }),
        (Some(tag), Tagging::Toggle) if choices::tags_of(model, &tickets).get(&tag) == Some(&tickets.len()) => {
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

/// Does to tickets what needs another one.
fn with_ticket(model: &mut Model, tickets: Vec<TicketKey>, (other, label): (&str, &str), act: fn(TicketKey) -> Act) -> Vec<Effect> {
    let Some(key) = TicketKey::new(other) else { return Vec::new() };
    if let Some((label, _)) = label.split_once(' ') {
        model.queue.chosen = Some((key.clone(), label.to_owned()));
    }
    act::change(model, tickets, act(key))
}
