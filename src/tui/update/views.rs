//! Views: which there are, how many tickets each holds, which one is shown and in what order.

use super::{confirm, hint, perform, picker, prompt, queue, read};
use crate::domain::query::{Order, Query, Sort};
use crate::protocol::job::Job;
use crate::tui::model::{Confirmed, Model, Origin, PickerKind, PromptKind, Purpose, Screen, Settings, ViewTab};
use crate::tui::msg::{Effect, Lane};

/// Tabs that are there whatever the configuration says: name and query.
const VIEWS: [(&str, &str); 8] = [
    ("mine", "assignee:me status:open -is:snoozed"),
    ("unassigned", "assignee:none status:open -is:snoozed -is:automatic"),
    ("waiting", "is:waiting status:open -is:snoozed"),
    ("open", "status:open -is:snoozed -is:automatic"),
    ("pending", "status:pending -is:snoozed"),
    ("snoozed", "is:snoozed"),
    ("solved", "status:solved"),
    (EVERYTHING, "-status:spam"),
];

/// The view of all tickets but spam.
pub const EVERYTHING: &str = "everything";

/// The view that is shown first.
pub(super) const FIRST: &str = "open";

/// The built-in views with the configuration's and the saved ones: one of the same name replaces, others follow.
pub(super) fn all(settings: &Settings) -> Vec<ViewTab> {
    let tab = |name: &str, query: &str, origin| ViewTab { name: name.to_owned(), query: query.to_owned(), count: None, origin };
    let mut views: Vec<ViewTab> = VIEWS.iter().map(|(name, query)| tab(name, query, Origin::BuiltIn)).collect();
    let own = settings.views.iter().map(|view| (view, Origin::Configuration));
    for ((name, query), origin) in own.chain(settings.saved_views.iter().map(|view| (view, Origin::Saved))) {
        match views.iter_mut().find(|view| view.name == *name) {
            // What stands in the configuration wins over what was saved before it was written there.
            Some(view) if origin == Origin::Saved && view.origin != Origin::Saved => {}
            Some(view) => *view = tab(name, query, origin),
            None => views.push(tab(name, query, origin)),
        }
    }
    views
}

/// Takes other views; the one that is shown stays, unless it is gone or asks for something else now.
pub(super) fn renew(model: &mut Model, settings: &Settings) -> Vec<Effect> {
    let shown = model.queue.views.get(model.queue.view).cloned().unwrap_or_default();
    let mut tabs = all(settings);
    for tab in &mut tabs {
        tab.count = model.queue.views.iter().find(|old| old.name == tab.name && old.query == tab.query).and_then(|old| old.count);
    }
    let still = tabs.iter().position(|tab| tab.name == shown.name);
    let first = || tabs.iter().position(|tab| tab.name == FIRST).unwrap_or(0);
    model.queue.view = still.unwrap_or_else(first);
    let same = tabs.get(model.queue.view).is_some_and(|tab| tab.query == shown.query);
    model.queue.views = tabs;
    let mut effects = count(model);
    if !same && model.queue.filter.is_none() {
        effects.extend(queue::start_over(model));
    }
    effects
}

/// Asks how many tickets each view holds, unless that is being counted already: then once more afterwards.
pub(super) fn count(model: &mut Model) -> Vec<Effect> {
    if model.awaits(&Purpose::Counts) {
        model.queue.recount = true;
        return Vec::new();
    }
    model.queue.recount = false;
    let context = model.query_context();
    // A query that cannot be read counts nothing, and keeps its place in the answer.
    let parse = |view: &ViewTab| (model.parse_query)(&view.query, &context).unwrap_or(Query::Or(Vec::new()));
    let queries: Vec<Query> = model.queue.views.iter().map(parse).collect();
    vec![read(model, Lane::Counts, Purpose::Counts, Job::Count(queries))]
}

pub(super) fn take_counts(model: &mut Model, counts: Vec<u64>) -> Vec<Effect> {
    let context = model.query_context();
    let parse = model.parse_query;
    if counts.len() == model.queue.views.len() {
        for (view, count) in model.queue.views.iter_mut().zip(counts) {
            view.count = parse(&view.query, &context).is_ok().then_some(count);
        }
    } else {
        model.queue.recount = true;
    }
    if model.queue.recount { count(model) } else { Vec::new() }
}

pub(super) fn step(model: &mut Model, by: i32) -> Vec<Effect> {
    let count = model.queue.views.len() as i32;
    show(model, (model.queue.view as i32 + by).rem_euclid(count.max(1)) as usize)
}

pub(super) fn show(model: &mut Model, index: usize) -> Vec<Effect> {
    let count = model.queue.views.len();
    if index >= count {
        hint(model, format!("there is no view {}; there are {count}", index + 1));
        return Vec::new();
    }
    model.screens = vec![Screen::Queue];
    let marked = model.queue.marks.len();
    model.queue.marks.clear();
    model.queue.range = None;
    if marked > 0 {
        hint(model, format!("{marked} marked tickets of the other view are no longer marked"));
    }
    model.queue.view = index;
    model.queue.filter = None;
    queue::start_over(model)
}

pub(super) fn show_named(model: &mut Model, name: &str) -> Vec<Effect> {
    if model.screen() == Screen::Review {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    match model.queue.views.iter().position(|view| view.name == name) {
        Some(index) => show(model, index),
        None => {
            let known: Vec<&str> = model.queue.views.iter().map(|view| view.name.as_str()).collect();
            let near = crate::domain::words::nearest(name, known.into_iter()).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            hint(model, format!("there is no view `{name}`{near}"));
            Vec::new()
        }
    }
}

/// Chooses the project whose open tickets are to be shown.
pub(super) fn pick_project(model: &mut Model) -> Vec<Effect> {
    if model.screen() == Screen::Review {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    picker::pick(model, PickerKind::GoProject)
}

pub(super) fn show_project(model: &mut Model, project: &str) -> Vec<Effect> {
    let open = model.queue.views.iter().position(|view| view.name == FIRST).unwrap_or(model.queue.view);
    let mut effects = show(model, open);
    model.queue.filter = Some(format!("project:{project} {}", model.query_text()).trim_end().to_owned());
    effects.extend(queue::start_over(model));
    effects
}

/// Sorts the list; the order it has already is turned round.
pub(super) fn sort(model: &mut Model, sort: Sort) -> Vec<Effect> {
    let reversed = model.queue.order.sort == sort && !model.queue.order.reversed;
    model.queue.order = Order { sort, reversed };
    hint(model, format!("sorted by {}", described(model.queue.order)));
    queue::reload_from_top(model)
}

/// An order in words, for the line over the list.
pub fn described(order: Order) -> &'static str {
    match (order.sort, order.reversed) {
        (Sort::Updated, false) => "newest activity",
        (Sort::Updated, true) => "oldest activity",
        (Sort::Created, false) => "newest first",
        (Sort::Created, true) => "oldest first",
        (Sort::Priority, false) => "priority",
        (Sort::Priority, true) => "lowest priority",
        (Sort::Number, false) => "highest number",
        (Sort::Number, true) => "lowest number",
        (Sort::Waiting, false) => "longest wait",
        (Sort::Waiting, true) => "shortest wait",
        (Sort::Status, false) => "status",
        (Sort::Status, true) => "status, solved first",
        (Sort::Assignee, false) => "assignee",
        (Sort::Assignee, true) => "assignee, Z to A",
        (Sort::Requester, false) => "customer",
        (Sort::Requester, true) => "customer, Z to A",
    }
}

/// Whether a tab can bear this name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 24 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Keeps the query of the list under a name; without one it is asked for.
pub(super) fn save(model: &mut Model, name: Option<String>) -> Vec<Effect> {
    let Some(name) = name else { return prompt::open(model, PromptKind::SaveView, "") };
    if model.queue.views.iter().any(|view| view.name == name && view.origin != Origin::Saved) {
        hint(model, format!("`{name}` is a view of the configuration or built in; choose another name"));
        return Vec::new();
    }
    let query = model.query_text().to_owned();
    let tab = ViewTab { name: name.clone(), query: query.clone(), count: None, origin: Origin::Saved };
    vec![perform(model, Purpose::SaveView(tab), Job::SaveView { name, query })]
}

/// The view is kept: it gets a tab, and is the one that is shown.
pub(super) fn take_saved(model: &mut Model, tab: ViewTab) -> Vec<Effect> {
    let views = &mut model.queue.views;
    let index = match views.iter().position(|view| view.name == tab.name) {
        Some(index) => index,
        None => {
            views.push(tab.clone());
            views.len() - 1
        }
    };
    if let Some(view) = views.get_mut(index) {
        *view = tab;
    }
    if model.screen() == Screen::Queue {
        model.queue.view = index;
        model.queue.filter = None;
    }
    count(model)
}

/// Asks before a saved view is taken away.
pub(super) fn ask_drop(model: &mut Model, name: &str) -> Vec<Effect> {
    match model.queue.views.iter().find(|view| view.name == name).map(|view| view.origin) {
        Some(Origin::Saved) => {
            let remarks = vec!["Its tickets stay.".to_owned()];
            confirm(model, format!("Take the view `{name}` away?"), remarks, Confirmed::DropView(name.to_owned()));
        }
        Some(_) => hint(model, format!("`{name}` was not saved here; change the configuration to be rid of it")),
        None => hint(model, format!("there is no view `{name}`")),
    }
    Vec::new()
}

pub(super) fn drop(model: &mut Model, name: String) -> Vec<Effect> {
    vec![perform(model, Purpose::DropView(name.clone()), Job::DropView(name))]
}

pub(super) fn take_dropped(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(index) = model.queue.views.iter().position(|view| view.name == name) else { return Vec::new() };
    model.queue.views.remove(index);
    let shown = model.queue.view;
    let mut effects = count(model);
    if shown == index {
        let first = model.queue.views.iter().position(|view| view.name == FIRST).unwrap_or(0);
        model.queue.view = first;
        effects.extend(queue::start_over(model));
    } else if shown > index {
        model.queue.view = shown - 1;
    }
    effects
}
