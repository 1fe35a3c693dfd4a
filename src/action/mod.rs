//! The registry: every action once, with its name, words, keys and arguments.
//!
//! Keymap, footer, help, palette, `:` line, sub-commands, completions and the
//! man page are functions over [`all`]; nothing that a person can do exists
//! outside it.

pub mod afterwards;
pub mod command;
pub mod list;
pub mod screen;
pub mod ticket;
pub mod writing;

/// One thing a person can do.
#[derive(Debug)]
pub struct Action {
    /// What is typed: the sub-command and the word behind `:`. Lower case and digits, words joined by `-`.
    pub name: &'static str,
    /// An imperative of at most thirty characters, for menus.
    pub title: &'static str,
    /// One or more sentences for help and the man page.
    pub help: &'static str,
    /// Where its keys work. Empty: it has no key and no place on the screen.
    pub scopes: &'static [Scope],
    /// Default keys, in the notation of `[keys]`: `x`, `ctrl-p`, `enter`, `g m` (a prefix and a key).
    pub keys: &'static [&'static str],
    pub args: &'static [Arg],
    /// Whether `undo` takes it back.
    pub undo: bool,
    /// Present when it is a sub-command too.
    pub command: Option<Command>,
}

/// Where on the screen an action's keys are active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere except while typing.
    Global,
    List,
    Ticket,
    /// While a text is typed: letters are text here.
    Compose,
    Review,
    Help,
    Outbox,
    /// Syncing and sending.
    Jobs,
    Drafts,
    /// Changes that were not applied.
    Conflicts,
    /// A page of plain text.
    Source,
}

/// An argument or option, on the command line and behind `:`.
#[derive(Debug)]
pub struct Arg {
    /// `ticket`, `status`, …; options are written `--name`.
    pub name: &'static str,
    /// A short form such as `-n`.
    pub short: Option<char>,
    pub kind: ArgKind,
    pub help: &'static str,
    pub required: bool,
    pub many: bool,
}

impl Arg {
    /// A word that stands by its place.
    pub const fn word(name: &'static str, value: Value, help: &'static str) -> Self {
        Self { name, short: None, kind: ArgKind::Positional(value), help, required: true, many: false }
    }

    /// `--name VALUE`, which may be left out.
    pub const fn option(name: &'static str, value: Value, help: &'static str) -> Self {
        Self { name, short: None, kind: ArgKind::Option(value), help, required: false, many: false }
    }

    /// `--name`.
    pub const fn flag(name: &'static str, help: &'static str) -> Self {
        Self { name, short: None, kind: ArgKind::Flag, help, required: false, many: false }
    }

    #[must_use]
    pub const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    #[must_use]
    pub const fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The value it takes; `None` for a flag.
    pub fn value(&self) -> Option<Value> {
        match self.kind {
            ArgKind::Positional(value) | ArgKind::Option(value) => Some(value),
            ArgKind::Flag => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// Stands by its place.
    Positional(Value),
    /// `--name VALUE`.
    Option(Value),
    /// `--name`.
    Flag,
}

/// What kind of value is expected, for checks, completion and pickers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Text,
    Number,
    Ticket,
    Agent,
    Status,
    Priority,
    /// `+billing` or `-billing`.
    TagChange,
    /// `+ana@example.org` or `-ana@example.org`.
    ParticipantChange,
    /// `3h`, `tomorrow`, `next week`, a date, or `off`.
    Moment,
    /// A mail of a ticket: its place, counted from 1, or its Message-ID.
    Message,
    /// A note of a ticket: its place, counted from 1, or its id.
    Note,
    Project,
    Template,
    Query,
    Sort,
    Address,
    File,
    Folder,
    Event,
    Check,
    Shell,
    Theme,
    OutboxId,
    DraftId,
    /// A command of postdesk with its arguments: everything behind `--`.
    CommandLine,
}

/// What the command line adds to an action.
#[derive(Debug)]
pub struct Command {
    /// Sub-commands below the name, e.g. `list`, `retry` of `outbox`; empty for a plain command.
    pub under: &'static [Sub],
    /// Command lines with a word on what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// Left out of help, completions and the manual page.
    pub hidden: bool,
}

/// `outbox retry`, `templates render`, …
#[derive(Debug)]
pub struct Sub {
    pub name: &'static str,
    pub help: &'static str,
    pub args: &'static [Arg],
}

impl Scope {
    pub const ALL: [Self; 11] = [
        Self::Global,
        Self::List,
        Self::Ticket,
        Self::Compose,
        Self::Review,
        Self::Help,
        Self::Outbox,
        Self::Jobs,
        Self::Drafts,
        Self::Conflicts,
        Self::Source,
    ];

    /// The name in the configuration, as in `[keys.list]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Ticket => "ticket",
            Self::Compose => "compose",
            Self::Review => "review",
            Self::Help => "help",
            Self::Outbox => "outbox",
            Self::Jobs => "jobs",
            Self::Drafts => "drafts",
            Self::Conflicts => "conflicts",
            Self::Source => "source",
        }
    }

    /// Tells whether a key can mean something in both at the same moment.
    pub fn overlaps(self, other: Self) -> bool {
        self == other || self == Self::Global || other == Self::Global
    }
}

/// Where what is done to tickets has its keys.
const ON_TICKETS: &[Scope] = &[Scope::List, Scope::Ticket];

const TICKET: Arg = Arg::word("ticket", Value::Ticket, "The ticket: 1042, #1042, or at least four digits of its key");
const TICKETS: Arg = Arg::word("ticket", Value::Ticket, "The tickets: numbers, or at least four digits of a key each").many();

/// Options that stand before, or after, any sub-command.
pub static GLOBAL_OPTIONS: &[Arg] = &[
    Arg::option("config", Value::File, "The configuration file, instead of the one in the platform's place"),
    Arg::option("desk", Value::Text, "The desk to work on; needed only when several are configured"),
    Arg::option("data-dir", Value::Folder, "Puts data, cache and log of this run below the folder"),
    Arg::option("agent", Value::Agent, "Acts as this agent, instead of the one in the configuration"),
    Arg::flag("offline", "Never touches the network; what is to be sent is kept"),
];

/// A word on a mail to more than 20 people whom the command does not name.
const CROWD: Arg =
    Arg::flag("yes", "Sends it to more than 20 people who are not named here without asking; where nobody can be asked it is not sent otherwise");

/// Every action there is.
pub fn all() -> impl Iterator<Item = &'static Action> {
    let on_tickets = writing::ACTIONS.iter().chain(ticket::ACTIONS).chain(afterwards::ACTIONS);
    on_tickets.chain(list::ACTIONS).chain(screen::ACTIONS).chain(command::ACTIONS)
}

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Action> {
    all().find(|action| action.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn commands() -> impl Iterator<Item = (&'static Action, &'static Command)> {
        all().filter_map(|action| action.command.as_ref().map(|command| (action, command)))
    }

    /// Each argument list with the words that lead to it.
    fn argument_lists() -> Vec<(String, &'static [Arg])> {
        let plain = all().map(|action| (action.name.to_owned(), action.args));
        let under = commands().flat_map(|(action, command)| command.under.iter().map(|sub| (format!("{} {}", action.name, sub.name), sub.args)));
        plain.chain(under).chain([("postdesk".to_owned(), GLOBAL_OPTIONS)]).collect()
    }

    /// tmux, screen and flow control take the first four; terminals mangle the others.
    fn is_stolen(key: &str) -> bool {
        let stolen = ["ctrl-a", "ctrl-b", "ctrl-s", "ctrl-q", "alt-up", "alt-down", "alt-left", "alt-right"];
        stolen.contains(&key) || key.strip_prefix("ctrl-").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
    }

    fn clash(one: &str, other: &str) -> bool {
        one == other || one.starts_with(&format!("{other} ")) || other.starts_with(&format!("{one} "))
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let mut seen = BTreeSet::new();

        for action in all() {
            assert!(seen.insert(action.name), "`{}` is there twice", action.name);
            assert!(action.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", action.name);
        }
    }

    #[test]
    fn no_key_means_two_things_at_the_same_moment() {
        let bound: Vec<(Scope, &str, &str)> = all()
            .flat_map(|action| action.scopes.iter().flat_map(move |scope| action.keys.iter().map(move |key| (*scope, *key, action.name))))
            .collect();

        for (index, (scope, key, name)) in bound.iter().enumerate() {
            for (other_scope, other_key, other) in &bound[index + 1..] {
                let both = scope.overlaps(*other_scope) && clash(key, other_key);
                assert!(!both || name == other, "`{key}` is {name} in {scope:?}, and `{other_key}` is {other} in {other_scope:?}");
            }
        }
    }

    #[test]
    fn no_action_hangs_on_a_key_that_terminals_steal() {
        for action in all().filter(|action| !action.keys.is_empty()) {
            assert!(!action.keys.iter().all(|key| is_stolen(key)), "{} has only {:?}", action.name, action.keys);
        }
    }

    #[test]
    fn prefixes_are_the_few_people_know() {
        for key in all().flat_map(|action| action.keys) {
            if let Some((prefix, rest)) = key.split_once(' ') {
                assert!(["g", "s", "z", ","].contains(&prefix), "{key}");
                assert!(!rest.is_empty() && !rest.contains(' '), "{key}");
            }
        }
    }

    #[test]
    fn keys_need_a_scope_and_every_action_can_be_reached() {
        for action in all() {
            assert!(action.keys.is_empty() || !action.scopes.is_empty(), "{} has keys but no scope", action.name);
            assert!(!action.scopes.is_empty() || action.command.is_some(), "nothing leads to {}", action.name);
        }
    }

    #[test]
    fn titles_fit_a_menu_and_help_is_a_sentence() {
        for action in all() {
            let length = action.title.chars().count();
            assert!((1..=30).contains(&length), "`{}` has {length} characters", action.title);
            assert!(action.help.ends_with('.'), "the help of {} is no sentence: {}", action.name, action.help);
            assert!(!action.help.contains("  "), "the help of {} has gaps: {}", action.name, action.help);
        }
    }

    #[test]
    fn every_argument_says_what_it_is_for() {
        for (place, args) in argument_lists() {
            let mut names = BTreeSet::new();
            for arg in args {
                assert!(arg.help.len() > 3, "`{}` of {place} has no help", arg.name);
                assert!(names.insert(arg.name), "`{}` of {place} is there twice", arg.name);
                assert!(
                    place == "postdesk" || GLOBAL_OPTIONS.iter().all(|global| global.name != arg.name),
                    "`{}` of {place} hides a global one",
                    arg.name
                );
            }
        }
    }

    #[test]
    fn every_command_and_sub_command_has_help_and_an_example_of_itself() {
        for (action, command) in commands() {
            assert!(!command.examples.is_empty(), "{} has no example", action.name);
            for (line, what) in command.examples {
                assert!(line.contains("postdesk") && line.contains(action.name), "{line}");
                assert!(!what.is_empty(), "{line}");
            }
            assert!(command.under.iter().all(|sub| !sub.help.is_empty()));
        }
    }

    #[test]
    fn a_key_that_begins_another_clashes_with_it() {
        assert!(clash("s", "s o"));
        assert!(clash("s o", "s"));
        assert!(!clash("s", "ss"));
        assert!(!clash("s o", "s p"));
    }
}
