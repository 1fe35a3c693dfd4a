//! Prompts, pickers and questions: what takes the keys while it is there.

use super::{
    act, command, compose, conflicts, drafts, filter, find, hint, others, outside, perform, picker, read, review, settings, suggest, typing, views,
};
use crate::domain::draft::Draft;
use crate::domain::moment;
use crate::domain::ticket::{Priority, Status};
use crate::protocol::job::{Act, Job, ProjectLine, TemplateLine};
use crate::tui::input::LineInput;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Confirmed, Kind, Model, Overlay, Picker, PickerItem, PickerKind, Prompt, PromptKind, Purpose};
use crate::tui::msg::{Effect, Lane};
use crate::tui::theme::ThemeName;

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
        PickerKind::Insert => ("Insert template", Vec::new()),
        PickerKind::Identity => ("Write as", Vec::new()),
        PickerKind::Detach => ("Take off", file_items(model)),
        PickerKind::Palette | PickerKind::Open(_) | PickerKind::Save(..) | PickerKind::Copy => ("", Vec::new()),
        PickerKind::Others(_) | PickerKind::Suggestions(_) | PickerKind::Unlink(_) | PickerKind::Theme => ("", Vec::new()),
        PickerKind::Tag(tickets, how) => picker::tags(model, tickets, *how),
        PickerKind::Project(_) => ("Move to project", picker::projects(model)),
        PickerKind::GoProject => ("Show project", picker::projects(model)),
        PickerKind::Merge(tickets) => ("Merge into", picker::tickets_near(model, tickets)),
        PickerKind::Link(tickets) => ("Link with", picker::tickets_near(model, tickets)),
    };
    model.template_preview = None;
    let loading = matches!(kind, PickerKind::Assignee(_) | PickerKind::Template(_) | PickerKind::Insert | PickerKind::Identity);
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

fn file_items(model: &Model) -> Vec<PickerItem> {
    let files = model.composing.iter().flat_map(|composing| &composing.draft.attachments).enumerate();
    files.map(|(index, file)| item(&index.to_string(), &file.name, &file.kind)).collect()
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
        if matches!(picker.kind, PickerKind::Template(_) | PickerKind::Insert) {
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
    if key.code == Code::Tab && prompt.kind == PromptKind::Attach {
        let typed = prompt.input.text().to_owned();
        return vec![read(model, Lane::Choices, Purpose::Paths, Job::Paths(typed))];
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
        PromptKind::Subject(tickets) => {
            model.overlay = None;
            if text.is_empty() { Vec::new() } else { act::change(model, tickets, Act::Subject(text)) }
        }
        PromptKind::Participants(tickets) => match act::read_participants(&text) {
            Ok(act) => {
                model.overlay = None;
                act::change(model, tickets, act)
            }
            Err(error) => {
                prompt.error = Some(error);
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
        PromptKind::Attach => {
            model.overlay = None;
            if text.is_empty() { Vec::new() } else { vec![perform(model, Purpose::Attach, Job::Attach(text))] }
        }
    }
}

/// Opens the templates of the draft's project, to put one where the cursor is.
pub(super) fn pick_template_to_insert(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = &model.composing else { return Vec::new() };
    let project = match &composing.kind {
        Kind::Mail => composing.draft.project.clone(),
        Kind::Note(_) => {
            hint(model, "templates are for mail to customers");
            return Vec::new();
        }
    };
    pick(model, PickerKind::Insert);
    vec![read(model, Lane::Choices, Purpose::Choices, Job::Templates { project })]
}

/// Asks for the text of the template the picker points at, when that is another one than before.
pub(super) fn preview_template(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let draft = match &picker.kind {
        PickerKind::Template(key) => {
            Draft { ticket: Some(key.clone()), project: act::target(model).map(|row| row.project.clone()).unwrap_or_default(), ..Draft::default() }
        }
        PickerKind::Insert => model.composing.as_ref().map(|composing| composing.draft.clone()).unwrap_or_default(),
        _ => return Vec::new(),
    };
    let Some(template) = picker.matches().get(picker.selected).map(|item| item.value.clone()) else {
        model.template_preview = None;
        return Vec::new();
    };
    if model.template_preview.as_ref().is_some_and(|shown| shown.name == template) || model.awaits(&Purpose::TemplatePreview) {
        return Vec::new();
    }
    vec![read(model, Lane::Template, Purpose::TemplatePreview, Job::RenderTemplate { draft: Box::new(draft), template })]
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

/// Continues the path that is typed as far as it is the only way.
pub(super) fn take_paths(model: &mut Model, paths: &[String]) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    let Some(first) = paths.first() else {
        hint(model, "no file there continues this");
        return;
    };
    let shared = paths.iter().fold(first.as_str(), |shared, path| common_start(shared, path));
    if shared.len() > prompt.input.text().len() {
        prompt.input = LineInput::new(shared);
    }
    if paths.len() > 1 {
        let names: Vec<&str> = paths.iter().filter_map(|path| path.trim_end_matches('/').rsplit('/').next()).collect();
        hint(model, names.join("  "));
    }
}

fn common_start<'a>(one: &'a str, other: &str) -> &'a str {
    let end = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map_or(one.len().min(other.len()), |((at, _), _)| at);
    one.get(..end).unwrap_or_default()
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
        PickerKind::Unlink(key) => picker::with_ticket(model, vec![key], &value, Act::Unlink),
        PickerKind::Tag(..) | PickerKind::Palette => Vec::new(),
        PickerKind::Template(_) => compose::begin(model, false, Some(value)),
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
                Confirmed::Quit => super::leave_program(model),
                Confirmed::Discard => review::discard(model),
                Confirmed::SendAnyway => review::send_anyway(model),
                Confirmed::MakePublic => review::make_public(model),
                Confirmed::RetryAnyway(id) => drafts::retry_anyway(model, id),
                Confirmed::CancelMail(id) => drafts::cancel(model, id),
                Confirmed::Change(tickets, act) => act::confirmed(model, tickets, act),
                Confirmed::DropView(name) => views::drop(model, name),
                Confirmed::Conflicts => conflicts::open(model),
                Confirmed::Decide(all) => conflicts::confirmed(model, all),
                Confirmed::Forget(address) => vec![perform(model, Purpose::Act(None), Job::Forget(address))],
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
