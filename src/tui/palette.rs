//! Every action by its words: what the palette offers, and what stands against it here.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::model::{Model, PickerItem, Screen};
use crate::action::{self, Action, Scope};

/// What an action is worth more when its name matches, rather than its title.
const NAME_FIRST: u32 = 8;

/// The actions with a place on the screen, those that work here first.
///
/// An item's value is the action's name, its hint the key or the reason why it
/// does not work here.
pub fn items(model: &Model, has_ticket: bool) -> Vec<PickerItem> {
    let mut items: Vec<(bool, PickerItem)> = action::all()
        .filter(|action| !action.scopes.is_empty())
        .map(|action| {
            let blocked = blocked(model, action, has_ticket);
            let label = format!("{} · {}", action.title, action.name);
            let hint = blocked.clone().map_or_else(|| key(model, action), |why| format!("({why})"));
            (blocked.is_some(), PickerItem { value: action.name.to_owned(), label, hint })
        })
        .collect();
    items.sort_by_key(|(is_blocked, _)| *is_blocked);
    items.into_iter().map(|(_, item)| item).collect()
}

/// The key of an action on the present screen, after the user's changes.
fn key(model: &Model, action: &Action) -> String {
    model.keymap.key_of(model.scope(), action.name).unwrap_or_else(|| "unbound".to_owned())
}

/// Why an action cannot be done now; `None` if it can.
pub fn blocked(model: &Model, action: &Action, has_ticket: bool) -> Option<String> {
    let here = model.scope();
    if action.scopes.is_empty() {
        return Some(format!("a command for the shell: postdesk {}", action.name));
    }
    if !action.scopes.iter().any(|scope| *scope == here || *scope == Scope::Global) {
        let places: Vec<&str> = action.scopes.iter().map(|scope| scope.as_str()).collect();
        return Some(format!("only: {}", places.join(", ")));
    }
    if needs_ticket(action) && !has_ticket && matches!(model.screen(), Screen::Queue | Screen::Ticket) {
        return Some("no ticket here".to_owned());
    }
    (action.name == "sync" && model.sync.never).then(|| "started with --offline".to_owned())
}

/// Whether an action is done to tickets.
fn needs_ticket(action: &Action) -> bool {
    let on_tickets = !action.scopes.contains(&Scope::Global) && action.scopes.contains(&Scope::List);
    on_tickets && (action.undo || action.args.first().is_some_and(|arg| arg.value() == Some(action::Value::Ticket)))
}

/// The items that what was typed may mean, the likeliest first.
///
/// A name with arguments behind it means that action alone.
pub fn ranked<'a>(items: &'a [PickerItem], typed: &str) -> Vec<&'a PickerItem> {
    if let Some((name, _)) = typed.split_once(char::is_whitespace) {
        if let Some(item) = items.iter().find(|item| item.value == name) {
            return vec![item];
        }
    }
    let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut letters), &mut matcher);
    let mut found: Vec<(u32, &PickerItem)> = items
        .iter()
        .filter_map(|item| {
            let name = if item.value == typed { Some(u32::MAX) } else { score(&item.value).map(|score| score + NAME_FIRST) };
            name.max(score(&item.label)).map(|score| (score, item))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

/// The names that begin with a word, for completion behind `:`.
pub fn names(word: &str) -> Vec<String> {
    action::all().filter(|action| !action.scopes.is_empty() && action.name.starts_with(word)).map(|action| action.name.to_owned()).collect()
}
