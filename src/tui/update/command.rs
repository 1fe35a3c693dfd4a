//! Ordering by words: the palette, the line behind `:`, and the last change again.

use super::{act, hint, picker, prompt, run};
use crate::action::{self, Action, Value};
use crate::domain::ticket::{Priority, Status};
use crate::domain::words;
use crate::protocol::job::Act;
use crate::tui::complete;
use crate::tui::input::LineInput;
use crate::tui::model::{Model, Overlay, PickerKind, PromptKind};
use crate::tui::msg::Effect;
use crate::tui::palette;
use crate::tui::theme::ThemeName;
use crate::tui::verb::Verb;

pub(super) fn open_palette(model: &mut Model) -> Vec<Effect> {
    let items = palette::items(model, has_ticket(model));
    picker::open(model, PickerKind::Palette, "Actions", items)
}

/// Looks for an action of the screen that is explained; choosing it runs it there.
pub(super) fn from_help(model: &mut Model) -> Vec<Effect> {
    let mut effects = super::navigate::back(model);
    effects.extend(open_palette(model));
    effects
}

pub(super) fn open_line(model: &mut Model) -> Vec<Effect> {
    model.commands.at = None;
    prompt::open(model, PromptKind::Command, "")
}

fn has_ticket(model: &Model) -> bool {
    !act::targets(model).is_empty()
}

/// Runs what was chosen in the palette; arguments typed behind the name count.
pub(super) fn choose(model: &mut Model, name: &str, typed: &str) -> Vec<Effect> {
    let has_arguments = typed.split_once(char::is_whitespace).is_some_and(|(word, _)| word == name);
    let line = if has_arguments { typed } else { name };
    match read(model, line) {
        Ok(verb) => finish(model, line, verb),
        Err(why) => {
            hint(model, why);
            Vec::new()
        }
    }
}

/// Runs the line behind `:`; one that is wrong stays and says why.
pub(super) fn accept(model: &mut Model, line: &str) -> Vec<Effect> {
    if line.is_empty() {
        model.overlay = None;
        return Vec::new();
    }
    match read(model, line) {
        Ok(verb) => finish(model, line, verb),
        Err(why) => {
            if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
                prompt.error = Some((0, prompt.input.text().len(), why));
            }
            Vec::new()
        }
    }
}

fn finish(model: &mut Model, line: &str, verb: Verb) -> Vec<Effect> {
    model.overlay = None;
    model.commands.remember(line);
    run(model, verb)
}

/// What a line orders, if that can be done here and now.
fn read(model: &Model, line: &str) -> Result<Verb, String> {
    let mut parts = shell_words::split(line).map_err(|_| "a quotation mark is missing".to_owned())?;
    if parts.is_empty() {
        return Err("write the name of an action; ctrl-p lists them".to_owned());
    }
    let name = parts.remove(0);
    let action = named(&name)?;
    if let Some(why) = palette::blocked(model, action, has_ticket(model)) {
        return Err(format!("`{}` does not work here ({why})", action.name));
    }
    Verb::of(action.name, &parts)
}

/// The action of a name, or of the beginning of one name alone. `q` quits, as everywhere.
fn named(word: &str) -> Result<&'static Action, String> {
    let word = if word == "q" { "quit" } else { word };
    let found = action::find(word).or_else(|| match palette::names(word).as_slice() {
        [only] => action::find(only),
        _ => None,
    });
    found.ok_or_else(|| {
        let near = words::nearest(word, action::all().map(|action| action.name)).map(|near| format!(", did you mean `{near}`?"));
        format!("unknown action `{word}`{}", near.unwrap_or_else(|| "; ctrl-p lists them".to_owned()))
    })
}

/// Puts an older or a newer line of the history into the prompt.
pub(super) fn step_history(model: &mut Model, older: bool) {
    let count = model.commands.history.len();
    let at = match (model.commands.at, older) {
        (None, true) => count.checked_sub(1),
        (None, false) => None,
        (Some(at), true) => Some(at.saturating_sub(1)),
        (Some(at), false) => Some(at + 1).filter(|at| *at < count),
    };
    let line = at.and_then(|at| model.commands.history.get(at)).cloned();
    if line.is_none() && older {
        return hint(model, "no line was written before");
    }
    model.commands.at = at;
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.input = LineInput::new(&line.unwrap_or_default());
        (prompt.error, prompt.cycle) = (None, None);
    }
}

/// What could continue the word at the cursor: an action, then what it is done with.
pub(super) fn offers(model: &Model, line: &str, cursor: usize) -> Vec<String> {
    let start = complete::word_start(line, cursor);
    let before = line.get(..start).unwrap_or_default().trim();
    let word = line.get(start..cursor).unwrap_or_default();
    if before.is_empty() {
        return palette::names(word);
    }
    let Some(action) = before.split_whitespace().next().and_then(action::find) else { return Vec::new() };
    let values = action.args.iter().filter_map(action::Arg::value).flat_map(|value| values(model, value));
    values.filter(|value| value.starts_with(word)).collect()
}

/// The words that stand for a kind of value on this desk.
fn values(model: &Model, value: Value) -> Vec<String> {
    match value {
        Value::Status => Status::ALL.iter().map(|status| status.as_str().to_owned()).collect(),
        Value::Priority => Priority::ALL.iter().map(|priority| priority.as_str().to_owned()).collect(),
        Value::Agent => ["me", "none"].into_iter().map(str::to_owned).chain(model.known.agents.iter().cloned()).collect(),
        Value::Project => model.projects.iter().map(|project| project.id.clone()).collect(),
        Value::TagChange => model.known.tags.iter().flat_map(|tag| [format!("+{tag}"), format!("-{tag}")]).collect(),
        Value::Theme => ThemeName::ALL.iter().map(|name| name.as_str().to_owned()).collect(),
        Value::Moment => ["3h", "tomorrow", "monday", "next week", "off"].into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Keeps a change that was made, for `.`; one that failed or changed nothing is not worth repeating.
pub(super) fn remember(model: &mut Model, act: &Act, changed: usize) {
    if changed > 0 {
        model.commands.last = Some(act.clone());
    }
}

/// Makes the last change again, to the ticket at hand or the marked ones.
///
/// The last one made to any ticket, as in vi: that a ticket is solved or tagged twice is of no
/// use, that the next one is treated like the last is.
pub(super) fn repeat(model: &mut Model) -> Vec<Effect> {
    let Some(last) = model.commands.last.clone() else {
        hint(model, "nothing was changed yet that could be repeated");
        return Vec::new();
    };
    let tickets = act::targets(model);
    if tickets.is_empty() {
        hint(model, "there is no ticket here to do that to");
        return Vec::new();
    }
    act::change(model, tickets, last)
}
