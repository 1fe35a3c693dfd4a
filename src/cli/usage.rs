//! Command lines that cannot be understood, in our own words: what, and the nearest that can.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::fail::{Failure, Outcome};
use super::meant::meant;
use super::order::Meant;
use super::{build, words};
use crate::domain::words::nearest;

/// Reads a command line; the first element is the program's name.
///
/// # Errors
/// A [`Failure`] with code 2 for what cannot be understood. With code 0 when help or
/// the version was asked for: then `remedy` is empty and `what` is the text to print.
pub fn read_line(line: Vec<OsString>) -> Outcome<Meant> {
    let mut command = build::command();
    let line = words::fit_for_clap(line);
    match command.try_get_matches_from_mut(line) {
        Ok(matches) => meant(&matches),
        Err(error) => Err(failure(&error, &command)),
    }
}

fn failure(error: &clap::Error, command: &clap::Command) -> Failure {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Failure::new(0, error.render().to_string(), ""),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => missing_command(error, command),
        ErrorKind::InvalidSubcommand => unknown_command(error, command),
        ErrorKind::UnknownArgument => unknown_option(error, command),
        ErrorKind::InvalidValue => wrong_value(error),
        ErrorKind::MissingRequiredArgument => {
            Failure::usage(format!("{} is missing", strings(error, ContextKind::InvalidArg).join(", ")), usage_line(error))
        }
        _ => Failure::usage(first_line(error), usage_line(error)),
    }
}

fn missing_command(error: &clap::Error, command: &clap::Command) -> Failure {
    let (path, asked) = asked_command(error, command);
    Failure::usage(format!("`{path}` needs a command"), format!("one of: {}", visible_commands(asked).join(", ")))
}

fn unknown_command(error: &clap::Error, command: &clap::Command) -> Failure {
    let (path, asked) = asked_command(error, command);
    let word = string(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    // clap's best comes last.
    let near = strings(error, ContextKind::SuggestedSubcommand).pop();
    let near = near.or_else(|| nearest(&word, visible_commands(asked).iter().map(String::as_str)));
    let place = if path == "postdesk" { String::new() } else { format!(" of `{path}`") };
    Failure::usage(format!("`{word}` is no command{place}"), advice(near, &path))
}

fn unknown_option(error: &clap::Error, command: &clap::Command) -> Failure {
    let (path, asked) = asked_command(error, command);
    let word = string(error, ContextKind::InvalidArg).unwrap_or_default();
    if path == "postdesk" && !word.starts_with('-') {
        let near = nearest(&word, visible_commands(asked).iter().map(String::as_str));
        return Failure::usage(format!("`{word}` is no command"), advice(near, &path));
    }
    if !word.starts_with('-') {
        return Failure::usage(format!("`{word}` is one word too many for `{path}`"), format!("see `{path} --help`"));
    }
    let options: Vec<String> = asked.get_arguments().filter_map(|arg| arg.get_long()).map(|name| format!("--{name}")).collect();
    let near = string(error, ContextKind::SuggestedArg).or_else(|| nearest(&word, options.iter().map(String::as_str)));
    Failure::usage(format!("`{word}` is no option of `{path}`"), advice(near, &path))
}

fn wrong_value(error: &clap::Error) -> Failure {
    let word = string(error, ContextKind::InvalidValue).unwrap_or_default();
    let place = string(error, ContextKind::InvalidArg).unwrap_or_default();
    let valid = strings(error, ContextKind::ValidValue);
    if word.is_empty() {
        return Failure::usage(format!("{place} needs a value"), possible(None, &valid));
    }
    let near = nearest(&word.to_lowercase(), valid.iter().map(String::as_str)).or_else(|| string(error, ContextKind::SuggestedValue));
    Failure::usage(format!("`{word}` is not possible for {}", place.trim_end_matches("...")), possible(near, &valid))
}

fn possible(near: Option<String>, valid: &[String]) -> String {
    match (near, valid.is_empty()) {
        (Some(near), false) => format!("did you mean `{near}`? One of: {}", valid.join(", ")),
        (None, false) => format!("one of: {}", valid.join(", ")),
        (_, true) => "see --help".into(),
    }
}

fn advice(near: Option<String>, path: &str) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`? See `{path} --help`"),
        None => format!("see `{path} --help`"),
    }
}

/// The command the error is about: clap names it only in the usage line.
fn asked_command<'a>(error: &clap::Error, root: &'a clap::Command) -> (String, &'a clap::Command) {
    let (mut path, mut asked) = ("postdesk".to_owned(), root);
    for word in usage_line(error).split_whitespace().skip_while(|word| *word != "postdesk").skip(1) {
        match asked.get_subcommands().find(|sub| sub.get_name() == word) {
            Some(sub) => (path, asked) = (format!("{path} {word}"), sub),
            None => break,
        }
    }
    (path, asked)
}

fn visible_commands(command: &clap::Command) -> Vec<String> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(|sub| sub.get_name().to_owned()).collect()
}

/// The usage of the command at fault, on one line, as clap writes it.
fn usage_line(error: &clap::Error) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => error.render().to_string().lines().find(|line| line.starts_with("Usage:")).unwrap_or_default().to_owned(),
    };
    usage.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn string(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.trim().to_owned()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    }
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_under_another_name_is_understood_all_the_same() {
        let failure = read_line(["pd", "outbox"].map(OsString::from).to_vec()).unwrap_err();

        assert_eq!(failure.what, "`postdesk outbox` needs a command");
        assert!(failure.remedy.contains("show"), "{}", failure.remedy);
    }
}
