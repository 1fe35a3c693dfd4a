//! The registry: every action once, with its name, words, keys and arguments.
//!
//! Keymap, footer, help, palette, `:` line, sub-commands, completions and the
//! man page are functions over [`all`]; nothing that a person can do exists
//! outside it.

pub mod command;
pub mod screen;
pub mod ticket;

/// One thing a person can do.
#[derive(Debug)]
pub struct Action {
    /// What is typed: the sub-command and the word behind `:`. Lower case, words joined by `-`.
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
    Review,
    Help,
    Outbox,
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
    OutboxId,
}

/// What the command line adds to an action.
#[derive(Debug)]
pub struct Command {
    /// Sub-commands below the name, e.g. `list`, `retry` of `outbox`; empty for a plain command.
    pub under: &'static [Sub],
    /// Command lines with a word on what they do.
    pub examples: &'static [(&'static str, &'static str)],
}

/// `outbox retry`, `templates render`, …
#[derive(Debug)]
pub struct Sub {
    pub name: &'static str,
    pub help: &'static str,
    pub args: &'static [Arg],
}

/// Every action there is.
pub fn all() -> impl Iterator<Item = &'static Action> {
    ticket::ACTIONS.iter().chain(screen::ACTIONS).chain(command::ACTIONS)
}

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Action> {
    all().find(|action| action.name == name)
}
