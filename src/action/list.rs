//! What the screen offers around the list: views, filter, marks, order, preview, and
//! the short ways to what can be done to tickets.

use super::{Action, Arg, Scope, Value};

const LIST: &[Scope] = &[Scope::List];
const BOTH: &[Scope] = &[Scope::List, Scope::Ticket];
const GLOBAL: &[Scope] = &[Scope::Global];

/// An action without arguments that changes nothing.
const fn look(name: &'static str, title: &'static str, help: &'static str, scopes: &'static [Scope], keys: &'static [&'static str]) -> Action {
    Action { name, title, help, scopes, keys, args: &[], undo: false, command: None }
}

/// An action without arguments that changes tickets.
const fn change(name: &'static str, title: &'static str, help: &'static str, keys: &'static [&'static str]) -> Action {
    Action { name, title, help, scopes: BOTH, keys, args: &[], undo: true, command: None }
}

pub static ACTIONS: &[Action] = &[
    look(
        "filter",
        "filter the list",
        "Edits the query of the list: it filters while you type, tab completes fields and values, esc brings the view back.",
        LIST,
        &["/", "\\"],
    ),
    look("next-match", "next match", "Moves to the next ticket the filter has found, and from the last to the first.", LIST, &["n"]),
    look("previous-match", "previous match", "Moves to the previous ticket the filter has found.", LIST, &["N"]),
    look(
        "mark",
        "mark and move down",
        "Marks the ticket, or takes the mark away; what is done next is done to all marked tickets.",
        LIST,
        &["space"],
    ),
    look("mark-range", "mark a range", "Marks from here to wherever you move, until pressed again.", LIST, &["v"]),
    look(
        "mark-all",
        "mark all, or the others",
        "Marks every ticket of the view, also those further down; with marks set, marks the others instead.",
        LIST,
        &["*"],
    ),
    look("preview", "preview on or off", "Shows or hides the preview.", LIST, &["p"]),
    look("preview-place", "move the preview", "Puts the preview beside or below the list.", LIST, &["P"]),
    look("next-pane", "list or preview", "Moves between list and preview: the keys that move then scroll the preview.", LIST, &["tab", "shift-tab"]),
    look("preview-down", "scroll the preview down", "Scrolls the preview down.", LIST, &["J"]),
    look("preview-up", "scroll the preview up", "Scrolls the preview up.", LIST, &["K"]),
    look("sort-date", "sort by activity", "The newest activity first; again: the oldest.", LIST, &[", d"]),
    look("sort-priority", "sort by priority", "The most urgent first; again: the least.", LIST, &[", p"]),
    look("sort-status", "sort by status", "From open to solved; again: from solved to open.", LIST, &[", s"]),
    look("sort-assignee", "sort by assignee", "By the assignee's name, nobody's last; again: the other way round.", LIST, &[", a"]),
    look("sort-customer", "sort by customer", "By the requester's name; again: the other way round.", LIST, &[", c"]),
    look("sort-waiting", "sort by waiting time", "The longest wait first; again: the shortest.", LIST, &[", w"]),
    look("sort-number", "sort by number", "The newest ticket first; again: the oldest.", LIST, &[", n"]),
    look("next-view", "next view", "Moves to the next view.", LIST, &["l", "right"]),
    look("previous-view", "previous view", "Moves to the previous view.", LIST, &["h", "left"]),
    look("view-one", "view 1", "Shows the first view.", LIST, &["1"]),
    look("view-two", "view 2", "Shows the second view.", LIST, &["2"]),
    look("view-three", "view 3", "Shows the third view.", LIST, &["3"]),
    look("view-four", "view 4", "Shows the fourth view.", LIST, &["4"]),
    look("view-five", "view 5", "Shows the fifth view.", LIST, &["5"]),
    look("view-six", "view 6", "Shows the sixth view.", LIST, &["6"]),
    look("view-seven", "view 7", "Shows the seventh view.", LIST, &["7"]),
    look("view-eight", "view 8", "Shows the eighth view.", LIST, &["8"]),
    look("view-nine", "view 9", "Shows the ninth view.", LIST, &["9"]),
    look("save-view", "save the query as a view", "Asks for a name and keeps the query of the list as a view of its own.", LIST, &["alt-s"]),
    Action {
        name: "view",
        title: "show, save or drop a view",
        help: "`view NAME` shows a view, `view save NAME` keeps the query of the list under that name, `view drop NAME` takes a saved one away. \
               Saved views lie in the data folder as views.toml, in the words of the configuration, which is never rewritten.",
        scopes: LIST,
        keys: &[],
        args: &[Arg::word("view", Value::Text, "NAME, `save NAME` or `drop NAME`").many()],
        undo: false,
        command: None,
    },
    look("go-mine", "my tickets", "Shows the view `mine`.", GLOBAL, &["g m"]),
    look("go-unassigned", "unassigned tickets", "Shows the view `unassigned`.", GLOBAL, &["g u"]),
    look("go-all", "all open tickets", "Shows the view `open`.", GLOBAL, &["g a"]),
    look("go-snoozed", "snoozed tickets", "Shows the view `snoozed`.", GLOBAL, &["g s"]),
    look("go-project", "a project's tickets", "Chooses a project and shows its open tickets.", GLOBAL, &["g p"]),
    look("search", "search everything", "Searches all tickets, whatever their status, while you type.", GLOBAL, &["g /"]),
    change("tag-add", "add a tag", "Chooses a tag to add.", &["+"]),
    change("tag-remove", "remove a tag", "Chooses a tag to remove.", &["-"]),
    change("snooze-hours", "snooze for three hours", "Takes tickets out of the way for three hours.", &["z h"]),
    change("snooze-tomorrow", "snooze until tomorrow", "Takes tickets out of the way until tomorrow morning.", &["z t"]),
    change("snooze-week", "snooze until next week", "Takes tickets out of the way until the next Monday morning.", &["z w"]),
    change("snooze-again", "snooze as last time", "Takes tickets out of the way as it was done last.", &["z z"]),
    change("wake", "wake", "Brings snoozed tickets back now.", &["z u"]),
];
