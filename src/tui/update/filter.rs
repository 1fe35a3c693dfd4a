//! The query being typed: tried at each key, completed by tab, taken back by esc.

use super::{command, hint, prompt, queue, read, views};
use crate::protocol::job::Job;
use crate::tui::complete::{self, Words};
use crate::tui::key::{Code, Key};
use crate::tui::model::{BeforeFilter, Cycle, Model, Overlay, Prompt, PromptKind, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};

/// Opens the query of the list for editing.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let mut text = model.query_text().to_owned();
    if !text.is_empty() {
        text.push(' ');
    }
    open_with(model, &text)
}

/// Opens an empty query over all tickets there are.
pub(super) fn search(model: &mut Model) -> Vec<Effect> {
    if model.screen() == Screen::Review {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    let before = before(model);
    let everything = model.queue.views.iter().position(|view| view.name == views::EVERYTHING);
    let mut effects = if let Some(index) = everything.filter(|index| *index != model.queue.view || model.screen() != Screen::Queue) {
        views::show(model, index)
    } else {
        Vec::new()
    };
    effects.extend(open_with(model, ""));
    if let Some(Overlay::Prompt(Prompt { kind: PromptKind::Filter(kept), .. })) = &mut model.overlay {
        *kept = before;
    }
    effects
}

fn open_with(model: &mut Model, text: &str) -> Vec<Effect> {
    let before = before(model);
    let mut effects = prompt::open(model, PromptKind::Filter(before), text);
    effects.push(ask_known(model));
    effects
}

/// Asks for the words that completion offers; those known so far serve until then.
pub(super) fn ask_known(model: &mut Model) -> Effect {
    read(model, Lane::Known, Purpose::Known, Job::Known)
}

fn before(model: &Model) -> BeforeFilter {
    let queue = &model.queue;
    BeforeFilter { view: queue.view, filter: queue.filter.clone(), selected: queue.selected.clone(), top: queue.top }
}

/// Puts everything back as it was before the first key.
pub(super) fn restore(model: &mut Model, before: BeforeFilter) -> Vec<Effect> {
    if model.queue.filter == before.filter && model.queue.view == before.view {
        return Vec::new();
    }
    model.queue.view = before.view;
    model.queue.filter = before.filter;
    let effects = queue::start_over(model);
    (model.queue.selected, model.queue.top) = (before.selected, before.top);
    effects
}

/// Whether a key asks for the next completion (`true`), or the one before.
pub(super) fn press_key(key: Key) -> Option<bool> {
    match (key.code, key.shift) {
        (Code::Tab, false) | (Code::Down, _) => Some(true),
        (Code::Tab, true) | (Code::Up, _) => Some(false),
        _ => None,
    }
}

/// Completes the word at the cursor.
pub(super) fn complete(model: &mut Model, forward: bool) -> Vec<Effect> {
    let found = offers(model);
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    let cycle = match prompt.cycle.take() {
        Some(cycle) => {
            let count = cycle.options.len();
            let at = if forward { cycle.at + 1 } else { cycle.at + count - 1 } % count.max(1);
            Cycle { at, ..cycle }
        }
        None => {
            let start = complete::word_start(prompt.input.text(), prompt.input.cursor());
            let at = if forward { 0 } else { found.len().saturating_sub(1) };
            Cycle { start, options: found, at }
        }
    };
    let Some(word) = cycle.options.get(cycle.at) else {
        hint(model, "nothing completes this word");
        return Vec::new();
    };
    prompt.input.replace_before_cursor(cycle.start, word);
    // One that is the only one is taken; what follows it is a new word to be completed.
    let kept = (cycle.options.len() > 1).then_some(cycle);
    prompt.error = None;
    let effects = if prompt.kind == PromptKind::Command { Vec::new() } else { typed(model) };
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.cycle = kept;
    }
    effects
}

/// What could continue the word before the cursor; the list that is being gone through while it is.
pub fn offers(model: &Model) -> Vec<String> {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return Vec::new() };
    if let Some(cycle) = &prompt.cycle {
        return cycle.options.clone();
    }
    match prompt.kind {
        PromptKind::Filter(_) => {}
        PromptKind::Command => return command::offers(model, prompt.input.text(), prompt.input.cursor()),
        _ => return Vec::new(),
    }
    let projects: Vec<String> = model.projects.iter().map(|project| project.id.clone()).collect();
    let words = Words { agents: &model.known.agents, tags: &model.known.tags, projects: &projects };
    complete::offers(prompt.input.text(), prompt.input.cursor(), words)
}

/// After each change of the line the query is tried.
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
    let context = model.query_context();
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    prompt.cycle = None;
    prompt.error = None;
    let text = prompt.input.text().trim_end().to_owned();
    match (model.parse_query)(&text, &context) {
        Err(error) => {
            // The hint comes first: it is what a narrow line must not lose.
            let near = error.nearest.as_ref().map(|word| format!("did you mean `{word}`? ")).unwrap_or_default();
            prompt.error = Some((error.start, error.end, format!("{near}{}", error.what)));
            Vec::new()
        }
        Ok(_) if model.query_text() == text => Vec::new(),
        Ok(_) => {
            model.queue.filter = Some(text);
            (model.queue.selected, model.queue.top) = (None, 0);
            queue::reload_from_top(model)
        }
    }
}

/// Keeps the query; the view's own is no filter.
pub(super) fn accept(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let unfiltered = model.queue.views.get(model.queue.view).is_some_and(|view| Some(&view.query) == model.queue.filter.as_ref());
    if unfiltered {
        model.queue.filter = None;
    }
    Vec::new()
}

/// Moves among the tickets the filter has found, and round at the ends.
pub(super) fn step_match(model: &mut Model, by: i32) -> Vec<Effect> {
    if model.queue.filter.is_none() {
        hint(model, "no filter is set; / searches this view");
        return Vec::new();
    }
    let count = model.queue.rows.len() as i64;
    match model.queue.index() {
        Some(index) => queue::select(model, (index as i64 + i64::from(by)).rem_euclid(count.max(1)) as usize),
        None => {
            hint(model, "no ticket matches; esc clears the filter");
            Vec::new()
        }
    }
}
