//! How the screen looks and behaves: chosen on the screen, or by the configuration.

use super::{choices, departing, picker, queue, say, views};
use crate::protocol::answer::Complaint;
use crate::tui::keymap::Keymap;
use crate::tui::model::{Model, PickerKind, Settings, Toast, Tone};
use crate::tui::msg::{Effect, Renewed};
use crate::tui::theme::{Depth, ThemeName};

/// Takes a theme; without a name, by the picker.
pub(super) fn choose_theme(model: &mut Model, name: Option<ThemeName>) -> Vec<Effect> {
    let Some(name) = name else {
        let items = ThemeName::ALL.iter().map(|name| choices::item(name.as_str(), name.as_str(), name.about())).collect();
        return picker::open(model, PickerKind::Theme, "Theme", items);
    };
    set_theme(model, name);
    let shown = match (model.look.depth, name) {
        (Depth::None, _) => "; NO_COLOR or TERM takes all colours away",
        (Depth::Sixteen, ThemeName::Light | ThemeName::Dark) => "; this terminal has sixteen colours, so it looks like default",
        (Depth::Indexed, ThemeName::Light | ThemeName::Dark) => ", in the nearest of 256 colours (COLORTERM does not promise more)",
        _ => "",
    };
    say(model, format!("theme {}{shown}", name.as_str()));
    Vec::new()
}

pub(super) fn set_theme(model: &mut Model, name: ThemeName) {
    model.look.theme = name;
    model.theme = model.look.theme();
}

/// Says what is odd about the configuration: the first thing in full, and how many more there are.
pub(super) fn tell_problems(model: &mut Model) {
    let problems: Vec<&String> = problems(model).collect();
    let Some(first) = problems.first() else { return };
    let more = if problems.len() > 1 { format!(" (and {} more)", problems.len() - 1) } else { String::new() };
    model.toast = Some(Toast { tone: Tone::Bad, text: format!("config: {first}{more}") });
}

/// Reads the list and the configuration again.
pub(super) fn reload(model: &mut Model) -> Vec<Effect> {
    let mut effects = queue::refresh(model);
    if model.configured.file.is_empty() {
        say(model, "the list was read again; there is no configuration file");
    } else {
        effects.push(Effect::ReadConfig);
    }
    effects
}

/// Takes what changed in the configuration; one with new mistakes changes nothing.
pub(super) fn take(model: &mut Model, outcome: Result<Box<Renewed>, Complaint>, asked: bool) -> Vec<Effect> {
    let Renewed { settings, at_next_start } = match outcome {
        Ok(renewed) => *renewed,
        Err(complaint) => {
            refuse(model, &complaint.what);
            return Vec::new();
        }
    };
    let keymap = Keymap::new(&settings.overrides, &settings.file);
    let old: Vec<String> = problems(model).map(|problem| without_place(problem, &model.configured.file).to_owned()).collect();
    let mut new =
        settings.warnings.iter().chain(&keymap.problems).filter(|problem| !old.iter().any(|known| known == without_place(problem, &settings.file)));
    if let Some(first) = new.next() {
        let more = new.count();
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        refuse(model, &format!("{first}{more}"));
        return Vec::new();
    }
    let (changed, effects) = apply(model, settings, keymap);
    tell_taken(model, &changed, &at_next_start, asked);
    effects
}

fn refuse(model: &mut Model, why: &str) {
    model.toast = Some(Toast { tone: Tone::Bad, text: format!("{why} — settings kept") });
}

fn problems(model: &Model) -> impl Iterator<Item = &String> {
    model.configured.warnings.iter().chain(&model.keymap.problems)
}

/// A report without `FILE:LINE: `: an old mistake that moved is no new one.
fn without_place<'a>(problem: &'a str, file: &str) -> &'a str {
    let behind = problem.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    behind.and_then(|rest| rest.split_once(": ")).map_or(problem, |(_, what)| what)
}

fn tell_taken(model: &mut Model, changed: &[&str], at_next_start: &[String], asked: bool) {
    let mut words = Vec::new();
    match (changed.is_empty(), asked) {
        (false, _) => words.push(format!("settings read again: {}", changed.join(", "))),
        (true, true) => words.push("read again; no setting of the screen has changed".to_owned()),
        (true, false) => {}
    }
    if !at_next_start.is_empty() {
        words.push(format!("{} will change at the next start of postdesk", at_next_start.join(", ")));
    }
    if !words.is_empty() {
        say(model, words.join("; "));
    }
}

/// Takes over what differs from the last reading; what the agent chose on the screen since stays otherwise.
fn apply(model: &mut Model, settings: Settings, keymap: Keymap) -> (Vec<&'static str>, Vec<Effect>) {
    let old = std::mem::replace(&mut *model.configured, settings);
    let new = (*model.configured).clone();
    let (mut changed, mut effects) = (Vec::new(), Vec::new());
    if old.overrides != new.overrides {
        model.pending.clear();
        changed.push("keys");
    }
    // Also when only their lines have changed.
    model.keymap = keymap;
    if old.look.theme != new.look.theme {
        set_theme(model, new.look.theme);
        changed.push("theme");
    }
    if old.look.mouse != new.look.mouse {
        model.look.mouse = new.look.mouse;
        effects.push(Effect::Mouse(new.look.mouse));
        changed.push("mouse");
    }
    let simple = [
        (old.look.animations != new.look.animations, "animations"),
        (old.chrome != new.chrome, "borders and icons"),
        (old.after_action != new.after_action, "after_action"),
        (old.habits != new.habits, "sending"),
        (old.downloads != new.downloads, "downloads"),
    ];
    changed.extend(simple.iter().filter(|(differs, _)| *differs).map(|(_, name)| *name));
    if model.look.animations != new.look.animations {
        model.look.animations = new.look.animations;
        departing::count_down(model);
    }
    (model.chrome, model.after_action, model.habits) = (new.chrome, new.after_action, new.habits);
    model.downloads.clone_from(&new.downloads);
    if old.views != new.views {
        effects.extend(views::renew(model, &new));
        changed.push("views");
    }
    (changed, effects)
}
