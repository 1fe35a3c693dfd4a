//! The rules of the team's log, tried on the user's own server in a scratch folder.
//!
//! The log works as far as a mailbox numbers mail in the order of its arrival, shows it
//! at once to everybody, and dates it. Where a rule does not hold, the team works with a
//! fallback, and the check says with which.

mod bench;
mod judged;
mod steps;

use super::scratch::{self, Scratch};
use super::{Budget, timeouts};
use crate::desk::DeskSetup;
use crate::protocol::doctor::{Check, Outcome};
use crate::sync::endpoint::Endpoint;
use crate::sync::imap::ImapSource;
use crate::sync::source::{MailSource as _, SourceResult};
use bench::Bench;
use steps::{RULES, Rule};

/// Where a fallback serves, and nobody can do more.
const NOTHING: &str = "Nothing has to be done.";

/// Tries every rule, then removes the folder, whatever happened meanwhile.
pub fn checks(setup: &DeskSetup, endpoint: &Endpoint, mut source: ImapSource, budget: &Budget<'_>, tell: &mut dyn FnMut(Check)) {
    let separator = source.separator().unwrap_or(None);
    let scratch = Scratch::of(setup, separator);
    let folder = match prepare(&mut source, &scratch) {
        Ok((folder, removed)) => {
            removed.into_iter().for_each(&mut *tell);
            folder
        }
        Err(error) => {
            tell(Check::failed(scratch::CHECK, format!("no folder could be made: {error}"), error.remedy()));
            return tell(Check::skipped("team log", "its rules could not be tried"));
        }
    };
    let tried = ImapSource::connect(endpoint, timeouts()).map(|second| Bench::new(setup, endpoint, source, second, &folder));
    match tried {
        Ok(mut bench) => {
            let results = run(&mut bench, budget);
            results.iter().cloned().for_each(&mut *tell);
            tell(verdict(&results));
            bench.close();
        }
        Err(error) => tell(Check::failed("team log", format!("no second connection: {error}"), error.remedy())),
    }
    tell(scratch.report(&folder, remove(endpoint, &folder)));
}

/// Removes what earlier runs left, and makes a folder.
fn prepare(source: &mut ImapSource, scratch: &Scratch) -> SourceResult<(String, Vec<Check>)> {
    let folders: Vec<String> = source.folders()?.into_iter().map(|folder| folder.name).collect();
    let mut told = Vec::new();
    for left in scratch.leftovers(&folders) {
        let removed = source.delete_folder(&left);
        told.push(match removed {
            Ok(()) => Check::ok(scratch::CHECK, format!("{left}, left by an earlier run, is removed")),
            Err(error) => scratch.report(&left, Err(error)),
        });
    }
    let mut refused = None;
    for name in scratch.names(&folders) {
        // Without the note a killed run's folder is found all the same, an hour later.
        let _ = scratch.note(&name);
        match source.create(&name) {
            Ok(()) => return Ok((name, told)),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| crate::sync::source::SourceError::new(crate::sync::source::Trouble::Refused, "the server takes no new folder")))
}

/// The sessions of the trials may be dead or in the middle of something: a new one cleans up.
fn remove(endpoint: &Endpoint, folder: &str) -> SourceResult<()> {
    let mut source = ImapSource::connect(endpoint, timeouts())?;
    let removed = source.delete_folder(folder);
    source.close();
    removed
}

fn run(bench: &mut Bench<'_>, budget: &Budget<'_>) -> Vec<Check> {
    let mut ended: Option<String> = None;
    let mut results = Vec::with_capacity(RULES.len());
    for (name, rule) in RULES {
        if let Some(why) = ended.clone().or_else(|| budget.spent().map(str::to_owned)) {
            results.push(Check::skipped(name, why));
            continue;
        }
        let tried = match rule {
            Rule::Asked(ask) => ask(bench, name, budget.stop),
            Rule::Judged(judge) => Ok(judge(bench, name)),
        };
        match tried {
            Ok(check) => results.push(check),
            Err(error) => {
                ended = error.is_fatal().then(|| "the session had ended".to_owned());
                results.push(Check::failed(name, error.to_string(), error.remedy()));
            }
        }
    }
    results
}

/// What the team can count on, in one line.
fn verdict(results: &[Check]) -> Check {
    let name = "team log";
    let named = |outcome: Outcome| {
        results.iter().filter(|check| check.outcome == outcome).map(|check| check.check.trim_start_matches("log ")).collect::<Vec<_>>().join(", ")
    };
    let (failed, degraded, skipped) = (named(Outcome::Failed), named(Outcome::Degraded), named(Outcome::Skipped));
    let untried = if skipped.is_empty() { String::new() } else { format!("; not tried: {skipped}") };
    if !failed.is_empty() {
        return Check::failed(
            name,
            format!("broken: {failed}{untried}"),
            "Mend what is named above first; until then work with `team = false`, each with a log of his own.",
        );
    }
    if !degraded.is_empty() {
        return Check::degraded(name, format!("works with fallbacks for: {degraded}{untried}"), "What each means for the team stands above.");
    }
    if skipped.is_empty() { Check::ok(name, "every rule holds on this server") } else { Check::skipped(name, format!("no fault so far{untried}")) }
}
