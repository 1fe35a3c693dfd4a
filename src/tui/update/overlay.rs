//! Prompts, pickers and questions: what takes the keys while it is there.

use super::{act, command, compose, filter, find, hint, others, outside, picker, read, views};
use crate::domain::ticket::{Priority, Status};
use crate::domain::{TicketKey, moment};
use crate::protocol::job::{Act, Job, TemplateLine};
use crate::tui::input::LineInput;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Confirmed, Model, Overlay, Picker, PickerItem, PickerKind, Prompt, PromptKind, Purpose};
use crate::tui::msg::{EditTask, Effect, Lane};

pub(super) fn prompt(model: &mut Model, kind: PromptKind, text: &str) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt(Prompt { kind, input: LineInput::new(text), error: None, cycle: None }));
    Vec::new()
}

/// Opens a picker of things that are at hand.
pub(super) fn open_picker(model: &mut Model, kind: PickerKind, title: &str, items: Vec<PickerItem>) -> Vec<Effect> {
    let picker = Picker { kind, title: title.to_owned(), items, input: LineInput::default(), selected: 0, loading: false };
    model.overlay = Some(Overlay::Picker(picker));
    Vec::new()
}

/// Opens a picker; choices that only the worker knows are asked for.
pub(super) fn pick(model: &mut Model, kind: PickerKind) -> Vec<Effect> {
    let (title, items) = match &kind {
        PickerKind::Assignee(_) => ("Assign to", agent_items(&model.agent, &[])),
        PickerKind::Status(_) => ("Status", status_items()),
        PickerKind::SendStatus => ("Send, then set the status to", status_items()),
        PickerKind::Priority(_) => ("Priority", Priority::ALL.iter().map(|priority| item(priority.as_str(), priority.as_str(), "")).collect()),
        PickerKind::Template(_) => ("Reply from template", Vec::new()),
        PickerKind::Palette | PickerKind::Open(_) | PickerKind::Save(..) | PickerKind::Copy | PickerKind::Others(_) => ("", Vec::new()),
        PickerKind::Tag(tickets, how) => picker::tags(model, tickets, *how),
        PickerKind::Project(_) => ("Move to project", picker::projects(model)),
        PickerKind::GoProject => ("Show project", picker::projects(model)),
        PickerKind::Merge(tickets) => ("Merge into", picker::tickets_near(model, tickets)),
        PickerKind::Link(tickets) => ("Link with", picker::tickets_near(model, tickets)),
    };
    let loading = matches!(kind, PickerKind::Assignee(_) | PickerKind::Template(_));
    let assignee = matches!(kind, PickerKind::Assignee(_));
    let tag = matches!(kind, PickerKind::Tag(..));
    model.overlay = Some(Overlay::Picker(Picker { kind, title: title.to_owned(), items, input: LineInput::default(), selected: 0, loading }));
    match (assignee, tag) {
        (true, _) => vec![read(model, Lane::Choices, Purpose::Choices, Job::Agents)],
        (_, true) => vec![filter::ask_known(model)],
        _ => Vec::new(),
    }
}

/// Opens a picker in which something is typed already.
pub(super) fn pick_typed(model: &mut Model, kind: PickerKind, typed: &str) -> Vec<Effect> {
    let mut effects = pick(model, kind);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.input.insert(typed);
    }
    effects.extend(picker::typed(model));
    effects
}

pub(super) fn pick_template(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    pick(model, PickerKind::Template(row.key));
    vec![read(model, Lane::Choices, Purpose::Choices, Job::Templates { project: row.project })]
}

pub(super) fn item(value: &str, label: &str, hint: &str) -> PickerItem {
    PickerItem { value: value.to_owned(), label: label.to_owned(), hint: hint.to_owned() }
}

fn status_items() -> Vec<PickerItem> {
    Status::ALL.iter().map(|status| item(status.as_str(), status.as_str(), "")).collect()
}

fn agent_items(me: &str, agents: &[String]) -> Vec<PickerItem> {
    let mut items = vec![item(me, me, "me"), item("-", "- nobody", "unassign")];
    items.extend(agents.iter().filter(|agent| *agent != me).map(|agent| item(agent, agent, "")));
    items
}

/// Fills an open picker with the agents that came.
pub(super) fn take_agents(model: &mut Model, agents: &[String]) {
    let items = agent_items(&model.agent, agents);
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        if matches!(picker.kind, PickerKind::Assignee(_)) {
            (picker.items, picker.loading) = (items, false);
        }
    }
}

/// Fills an open picker with the templates that came.
pub(super) fn take_templates(model: &mut Model, templates: &[TemplateLine]) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        if matches!(picker.kind, PickerKind::Template(_)) {
            let label = |line: &TemplateLine| if line.title.is_empty() { line.name.clone() } else { line.title.clone() };
            let about = |line: &TemplateLine| format!("{} {}", line.name, line.language).trim().to_owned();
            picker.items = templates.iter().map(|line| item(&line.name, &label(line), &about(line))).collect();
            picker.loading = false;
        }
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.input.insert(text);
            typed(model)
        }
        Some(Overlay::Picker(picker)) => {
            picker.input.insert(text);
            picker.selected = 0;
            picker::typed(model)
        }
        Some(Overlay::Confirm(_) | Overlay::Report(_)) | None => {
            hint(model, "pasted text is ignored here");
            Vec::new()
        }
    }
}

pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if key.code == Code::Esc {
        return cancel(model);
    }
    match &model.overlay {
        Some(Overlay::Prompt(_)) => press_prompt(model, key),
        Some(Overlay::Picker(_)) => press_picker(model, key),
        Some(Overlay::Confirm(_)) => press_confirm(model, key),
        Some(Overlay::Report(_)) => press_report(model, key),
        None => Vec::new(),
    }
}

/// Closes what is open and leaves everything as it was before.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Prompt(Prompt { kind: PromptKind::Filter(before), .. })) => return filter::restore(model, before),
        Some(Overlay::Prompt(Prompt { kind: PromptKind::Find(before), .. })) => find::cancel(model, *before),
        _ => {}
    }
    Vec::new()
}

fn press_prompt(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    let to_editor = key == Key::ctrl('e') || key == Key { alt: true, ..Key::char('e') };
    if let (PromptKind::Note(key), true) = (&prompt.kind, to_editor) {
        let effect = Effect::Edit { task: EditTask::Note(key.clone()), text: prompt.input.text().to_owned() };
        model.overlay = None;
        return vec![effect];
    }
    if let (PromptKind::Pipe { raw, .. }, Code::Tab) = (&mut prompt.kind, key.code) {
        *raw = !*raw;
        return Vec::new();
    }
    if key.code == Code::Enter {
        return accept(model);
    }
    if let (PromptKind::Command, Code::Up | Code::Down) = (&prompt.kind, key.code) {
        command::step_history(model, key.code == Code::Up);
        return Vec::new();
    }
    if let (PromptKind::Filter(_) | PromptKind::Command, Some(effects)) = (&prompt.kind, filter::press_key(key)) {
        return filter::complete(model, effects);
    }
    if prompt.input.press(key) {
        return typed(model);
    }
    hint(model, format!("`{key}` does nothing here; enter accepts, esc cancels"));
    Vec::new()
}

/// After each change of the line: a query is tried at once.
fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    (prompt.error, prompt.cycle) = (None, None);
    match prompt.kind {
        PromptKind::Filter(_) => filter::typed(model),
        PromptKind::Find(_) => {
            find::typed(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    let text = prompt.input.text().trim().to_owned();
    match prompt.kind.clone() {
        PromptKind::Filter(_) if prompt.error.is_some() => Vec::new(),
        PromptKind::Filter(_) => filter::accept(model),
        PromptKind::Snooze(tickets) => match moment::until(&text, model.now, &model.zone) {
            Ok(until) => {
                model.overlay = None;
                model.last_snooze = Some(text);
                act::change(model, tickets, Act::Snooze(Some(until)))
            }
            Err(error) => {
                prompt.error = Some((0, prompt.input.text().len(), error.to_string()));
                Vec::new()
            }
        },
        PromptKind::SaveView if !views::is_name(&text) => {
            prompt.error = Some((0, prompt.input.text().len(), "a name is one word of letters, digits, - and _, at most 24".to_owned()));
            Vec::new()
        }
        PromptKind::Command => command::accept(model, &text),
        PromptKind::SaveView => {
            model.overlay = None;
            views::save(model, Some(text))
        }
        PromptKind::Find(_) => find::accept(model),
        PromptKind::Pipe { message, raw } => outside::pipe(model, message, raw, text),
        PromptKind::Note(key) => {
            model.overlay = None;
            write_note(model, key, text)
        }
    }
}

/// Adds a note; an empty one is none.
pub(super) fn write_note(model: &mut Model, tickets: Vec<TicketKey>, text: String) -> Vec<Effect> {
    if text.trim().is_empty() {
        hint(model, "the note was empty; nothing written");
        return Vec::new();
    }
    act::change(model, tickets, Act::Note(text))
}

fn press_picker(model: &mut Model, key: Key) -> Vec<Effect> {
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
            return picker::typed(model);
        }
        _ => hint(model, format!("`{key}` does nothing here; enter chooses, esc cancels")),
    }
    Vec::new()
}

fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let chosen = picker.matches().get(picker.selected).map(|item| item.value.clone());
    let typed = picker.input.text().trim().to_owned();
    let kind = picker.kind.clone();
    // An agent nobody has heard of yet can be named in full.
    let named = matches!(kind, PickerKind::Assignee(_)).then_some(typed.clone()).filter(|name| !name.is_empty());
    if let PickerKind::Tag(tickets, how) = kind {
        return picker::choose_tag(model, tickets, how, chosen, &typed);
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
        PickerKind::Merge(key) => picker::with_ticket(model, key, &value, Act::Merge),
        PickerKind::Link(key) => picker::with_ticket(model, key, &value, Act::Link),
        PickerKind::Tag(..) | PickerKind::Palette => Vec::new(),
        PickerKind::Template(_) => compose::begin(model, false, Some(value)),
        PickerKind::SendStatus => compose::send_and_set(model, value.parse().ok()),
        PickerKind::Open(message) => outside::open_chosen(model, message, &value),
        PickerKind::Save(message, count) => outside::save_chosen(model, message, count, &value),
        PickerKind::Copy => vec![Effect::Copy { what: outside::named(&value), text: value }],
        PickerKind::Others(_) => others::open(model, &value),
    }
}

fn press_report(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Report(report)) = &mut model.overlay else { return Vec::new() };
    match key.code {
        Code::Down | Code::Char('j') => report.scroll = (report.scroll + 1).min(report.lines.len().saturating_sub(1)),
        Code::Up | Code::Char('k') => report.scroll = report.scroll.saturating_sub(1),
        _ => model.overlay = None,
    }
    Vec::new()
}

fn press_confirm(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Confirm(question)) = &model.overlay else { return Vec::new() };
    let then = question.then.clone();
    match key.typed() {
        Some('y' | 'Y') => {
            model.overlay = None;
            match then {
                Confirmed::Change(tickets, act) => act::confirmed(model, tickets, act),
                Confirmed::DropView(name) => views::drop(model, name),
                Confirmed::Quit => vec![Effect::Quit],
                Confirmed::Discard => compose::discard(model),
                Confirmed::SendAnyway => compose::send_anyway(model),
            }
        }
        Some('n' | 'N' | 'q') => cancel(model),
        _ if key.code == Code::Enter => cancel(model),
        _ => {
            hint(model, "y for yes, n or enter for no");
            Vec::new()
        }
    }
}
