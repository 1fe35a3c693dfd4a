//! The command line as clap sees it: a function over the registry.

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, ColorChoice, ValueHint, value_parser};

use crate::action::{self, Action, Arg, ArgKind, Value};
use crate::domain::ticket::{Priority, Status};
use crate::tui::theme::ThemeName;

/// The id under which the tickets and changes of `tag`, `participant` and `apply` arrive together.
pub const WORDS: &str = "words";

/// Everything `postdesk` understands.
pub fn command() -> clap::Command {
    let root = clap::Command::new("postdesk")
        // Messages name it so, whatever the file is called.
        .bin_name("postdesk")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A keyboard-driven helpdesk for the terminal that needs no server of its own")
        .long_about(
            "A keyboard-driven helpdesk for the terminal that needs no server of its own. A team shares one support mailbox; \
             postdesk groups its mail into tickets, and answers them. Without a command it opens the screen.",
        )
        .after_help(EXAMPLES)
        .color(ColorChoice::Auto)
        .disable_help_subcommand(true)
        .subcommand_value_name("COMMAND")
        .args(action::GLOBAL_OPTIONS.iter().map(|arg| argument(arg).global(true).help_heading("Global options")));
    action::all().filter(|action| action.command.is_some()).fold(root, |root, action| root.subcommand(subcommand(action)))
}

const EXAMPLES: &str = "Examples:
  postdesk demo
      tries everything on generated mail
  postdesk sync && postdesk list status:open
      fetches mail and prints the open tickets
  postdesk reply 1042 --template refund --send
      answers a ticket

Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 offline or refused by the server, 5 conflict";

fn subcommand(action: &'static Action) -> clap::Command {
    let Some(command) = &action.command else { return clap::Command::new(action.name) };
    let built = clap::Command::new(action.name)
        .about(action.title)
        .long_about(action.help)
        .after_help(examples(command.examples))
        .hide(command.hidden)
        .args(arguments(action.args));
    if command.under.is_empty() {
        return built;
    }
    let built = built.subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true).subcommand_value_name("COMMAND");
    command.under.iter().fold(built, |built, sub| {
        let lines: Vec<_> = command.examples.iter().copied().filter(|(line, _)| line.contains(&format!("{} {}", action.name, sub.name))).collect();
        let lines = if lines.is_empty() { command.examples.to_vec() } else { lines };
        built.subcommand(clap::Command::new(sub.name).about(sub.help).after_help(examples(&lines)).args(arguments(sub.args)))
    })
}

fn examples(lines: &[(&str, &str)]) -> String {
    let lines: Vec<String> = lines.iter().map(|(line, what)| format!("  {line}\n      {what}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}

/// clap takes only one open-ended list of words, so tickets and what is done to them arrive as one.
fn arguments(args: &'static [Arg]) -> Vec<clap::Arg> {
    let has_tickets = args.iter().any(|arg| arg.many && arg.kind == ArgKind::Positional(Value::Ticket));
    let mixed = args.iter().find_map(|arg| match arg.kind {
        ArgKind::Positional(Value::Event) if has_tickets => Some("TICKET|EVENT"),
        ArgKind::Positional(Value::TagChange) => Some("TICKET|+TAG|-TAG"),
        ArgKind::Positional(Value::ParticipantChange) => Some("TICKET|+ADDRESS|-ADDRESS"),
        _ => None,
    });
    let Some(placeholder) = mixed else { return args.iter().map(argument).collect() };
    let (words, options): (Vec<&Arg>, Vec<&Arg>) = args.iter().partition(|arg| matches!(arg.kind, ArgKind::Positional(_)));
    let help: Vec<&str> = words.iter().map(|arg| arg.help).collect();
    let least = words.iter().filter(|arg| arg.required).count();
    let mixed = clap::Arg::new(WORDS).value_name(placeholder).help(help.join(". ")).num_args(least..).required(true);
    std::iter::once(mixed).chain(options.into_iter().map(argument)).collect()
}

fn argument(arg: &'static Arg) -> clap::Arg {
    let built = clap::Arg::new(arg.name).help(arg.help).required(arg.required);
    let built = if let Some(short) = arg.short { built.short(short) } else { built };
    match arg.kind {
        ArgKind::Flag => built.long(arg.name).action(ArgAction::SetTrue),
        ArgKind::Option(value) => {
            let action = if arg.many { ArgAction::Append } else { ArgAction::Set };
            typed(built.long(arg.name).action(action), value).value_name(placeholder(arg.name, value))
        }
        ArgKind::Positional(value) => {
            let built = typed(built, value).value_name(placeholder(arg.name, value));
            let built = if arg.many { built.num_args(1..).action(ArgAction::Append) } else { built };
            if value == Value::CommandLine { built.last(true) } else { built }
        }
    }
}

fn placeholder(name: &str, value: Value) -> String {
    match value {
        Value::File => "FILE".into(),
        Value::Folder => "DIR".into(),
        Value::Address => "ADDRESS".into(),
        Value::Number => "N".into(),
        Value::Sort => "FIELD".into(),
        Value::DraftId | Value::OutboxId => "ID".into(),
        Value::Note => "NOTE".into(),
        _ => name.to_uppercase(),
    }
}

/// What clap itself can check or complete; the rest is understood in `meant`.
fn typed(arg: clap::Arg, value: Value) -> clap::Arg {
    match value {
        Value::Status => words(arg, Status::ALL.map(Status::as_str)),
        Value::Priority => words(arg, Priority::ALL.map(Priority::as_str)),
        Value::Check => words(arg, super::reference::checks()),
        Value::Sort => words(arg, super::order::SORTS.map(|(name, _)| name)),
        Value::Theme => words(arg, ThemeName::ALL.map(ThemeName::as_str)),
        Value::Shell => words(arg, super::order::SHELLS.map(|(name, _)| name)),
        Value::File => arg.value_parser(value_parser!(std::path::PathBuf)).value_hint(ValueHint::FilePath),
        Value::Folder => arg.value_parser(value_parser!(std::path::PathBuf)).value_hint(ValueHint::DirPath),
        Value::CommandLine => arg.value_parser(value_parser!(std::ffi::OsString)).value_hint(ValueHint::CommandWithArguments),
        _ => arg.value_hint(ValueHint::Other),
    }
}

fn words(arg: clap::Arg, names: impl IntoIterator<Item = &'static str>) -> clap::Arg {
    arg.value_parser(PossibleValuesParser::new(names)).ignore_case(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each command and sub-command with the words that lead to it.
    fn every_command(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let path = format!("{path}{} ", command.get_name());
        let below = command.get_subcommands().flat_map(|sub| every_command(sub, &path));
        std::iter::once((path.trim().to_owned(), command.clone())).chain(below.collect::<Vec<_>>()).collect()
    }

    #[test]
    fn clap_finds_no_mistake_in_it() {
        command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_has_an_example() {
        for (path, mut command) in every_command(&command(), "") {
            let help = command.render_long_help().to_string();
            assert!(help.contains("Examples:\n  postdesk") || help.contains("Examples:\n  echo"), "{path}:\n{help}");
        }
    }

    #[test]
    fn every_command_of_the_registry_is_there_and_no_other() {
        let built = command();
        let mut names: Vec<&str> = built.get_subcommands().map(clap::Command::get_name).collect();
        let mut wanted: Vec<&str> = action::all().filter(|action| action.command.is_some()).map(|action| action.name).collect();
        names.sort_unstable();
        wanted.sort_unstable();

        assert_eq!(names, wanted);
    }

    #[test]
    fn every_example_is_understood() {
        for (action, line) in
            action::all().filter_map(|action| Some((action, action.command.as_ref()?))).flat_map(|(a, c)| c.examples.iter().map(move |e| (a, e.0)))
        {
            let typed = line.split(" > ").next().unwrap_or(line);
            let typed = typed.rsplit_once("| ").map_or(typed, |(_, command)| command);
            let words = split_like_a_shell(typed);
            let matches = command().try_get_matches_from(super::super::words::fit_for_clap(words.into_iter().map(Into::into).collect()));
            let meant =
                matches.map_err(|error| error.to_string()).and_then(|matches| super::super::meant::meant(&matches).map_err(|f| f.to_string()));
            assert!(meant.is_ok(), "{}: {line}\n{meant:?}", action.name);
        }
    }

    fn split_like_a_shell(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words
    }
}
