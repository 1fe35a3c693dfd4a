//! The arguments of a command as typed values; what cannot be read is said with the word that was typed.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ArgMatches;

use super::fail::{Failure, Outcome};
use crate::domain::Address;

pub fn addresses(args: &ArgMatches, name: &str) -> Outcome<Vec<Address>> {
    texts(args, name).iter().map(|text| Address::parse(text).map_err(|error| misread(&error))).collect()
}

pub fn wants_json(sub: Option<(&str, &ArgMatches)>) -> bool {
    sub.is_some_and(|(_, args)| args.get_flag("json"))
}

pub fn chosen<T: Copy>(choices: &[(&str, T)], name: &str) -> Option<T> {
    choices.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim())).map(|(_, value)| *value)
}

pub fn text(args: &ArgMatches, name: &str) -> Option<String> {
    args.get_one::<String>(name).cloned()
}

pub fn texts(args: &ArgMatches, name: &str) -> Vec<String> {
    args.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

pub fn path(args: &ArgMatches, name: &str) -> Option<PathBuf> {
    args.get_one::<PathBuf>(name).cloned()
}

pub fn paths(args: &ArgMatches, name: &str) -> Vec<PathBuf> {
    args.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect()
}

pub fn required(args: &ArgMatches, name: &str) -> Outcome<String> {
    text(args, name).ok_or_else(|| Failure::usage(format!("`{name}` is missing"), "see --help"))
}

pub fn optional<T: FromStr>(args: &ArgMatches, name: &str) -> Outcome<Option<T>>
where
    T::Err: std::error::Error,
{
    text(args, name).map(|text| T::from_str(text.trim()).map_err(|error| misread(&error))).transpose()
}

pub fn one<T: FromStr>(args: &ArgMatches, name: &str) -> Outcome<T>
where
    T::Err: std::error::Error,
{
    T::from_str(required(args, name)?.trim()).map_err(|error| misread(&error))
}

pub fn all<T: FromStr>(args: &ArgMatches, name: &str) -> Outcome<Vec<T>>
where
    T::Err: std::error::Error,
{
    texts(args, name).iter().map(|text| T::from_str(text.trim()).map_err(|error| misread(&error))).collect()
}

pub fn number<T: FromStr>(args: &ArgMatches, name: &str) -> Outcome<T> {
    optional_number(args, name)?.ok_or_else(|| Failure::usage(format!("`{name}` is missing"), "see --help"))
}

pub fn optional_number<T: FromStr>(args: &ArgMatches, name: &str) -> Outcome<Option<T>> {
    let wrong = |text: &str| Failure::usage(format!("`{text}` is no number for {name}"), "give a whole number, for example 50");
    text(args, name).map(|text| text.trim().parse().map_err(|_| wrong(&text))).transpose()
}

/// What is expected stands in brackets at the end of such an error.
pub fn misread(error: &dyn std::error::Error) -> Failure {
    let text = error.to_string();
    match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((what, expected)) => Failure::usage(what, expected),
        None => Failure::usage(text, ""),
    }
}
