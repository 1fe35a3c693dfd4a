//! The line that is asked for: opened, typed into, accepted.

use super::{act, command, filter, find, hint, outside, perform, read, views};
use crate::domain::moment;
use crate::protocol::job::{Act, Job};
use crate::tui::input::LineInput;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Model, Overlay, Prompt, PromptKind, Purpose};
use crate::tui::msg::{Effect, Lane};

pub(super) fn open(model: &mut Model, kind: PromptKind, text: &str) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt(Prompt { kind, input: LineInput::new(text), error: None, cycle: None }));
    Vec::new()
}

pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
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
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
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
