//! The minijinja environment templates run in, and its errors in our words.

use std::sync::{Arc, Mutex};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::context::{Blank, FIELDS, GROUPS, PLACEHOLDERS, TemplateContext, Unfilled};
use super::file::TemplateFile;
use super::problem::Problem;
use crate::domain::words::nearest;

/// Steps of the engine before a template counts as running away.
const FUEL: u64 = 100_000;

/// A template's text and the fields it printed without a value.
pub(super) struct Filled {
    pub text: String,
    pub unfilled: Vec<String>,
}

/// Builds an environment that knows the given files, by file name, and nothing else.
pub(super) fn environment(files: &[TemplateFile]) -> (Environment<'static>, Vec<Problem>) {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(50);
    env.set_debug(true);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("quoted", quoted);
    env.set_formatter(|out, state, value| match value.kind() {
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            Err(Error::new(ErrorKind::InvalidOperation, "this is a group, not a text; name one of its fields"))
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    let mut problems = Vec::new();
    for file in files {
        if env.get_template(&file.file_name()).is_ok() {
            continue;
        }
        if let Err(error) = env.add_template_owned(file.file_name(), file.scanned.text.clone()) {
            problems.push(said(&error, file, files));
        }
    }
    (env, problems)
}

/// `default` serves absent and blank values alike.
#[allow(clippy::needless_pass_by_value, reason = "the engine passes what is left of the arguments by value")]
fn default(value: &Value, other: Rest<Value>) -> Value {
    let blank = value.is_undefined()
        || value.is_none()
        || value.downcast_object_ref::<Blank>().is_some()
        || value.as_str().is_some_and(|text| text.trim().is_empty());
    if blank { other.first().cloned().unwrap_or_else(|| Value::from("")) } else { value.clone() }
}

/// Puts `> ` before each line.
fn quoted(text: &str) -> String {
    text.lines().map(|line| if line.starts_with('>') { format!(">{line}") } else { format!("> {line}") }).collect::<Vec<_>>().join("\n")
}

/// Fills in a file's body.
pub(super) fn fill(env: &Environment<'_>, file: &TemplateFile, context: &TemplateContext, files: &[TemplateFile]) -> Result<Filled, Problem> {
    let unfilled: Unfilled = Arc::new(Mutex::default());
    let rendered = env.get_template(&file.file_name()).and_then(|template| template.render(context.values(&unfilled)));
    let text = rendered.map_err(|error| said(&error, file, files))?;
    Ok(Filled { text, unfilled: taken(&unfilled) })
}

/// Fills in the subject of a head.
pub(super) fn fill_subject(env: &Environment<'_>, file: &TemplateFile, context: &TemplateContext) -> Result<Option<Filled>, Problem> {
    let Some((subject, line)) = &file.head.subject else { return Ok(None) };
    let scanned = super::scan::scan(subject);
    let unfilled: Unfilled = Arc::new(Mutex::default());
    let at_line = |error: &Error| Problem::error(&file.path, *line, 1, format!("in the subject: {}", reason(error)));
    let template = env.template_from_str(&scanned.text).map_err(|error| at_line(&error))?;
    let names = template.undeclared_variables(true);
    if let Some((name, _)) = scanned.unknown.first() {
        return Err(unknown_placeholder(file, (*line, 1), name));
    }
    if let Some(name) = unknown_field(env, names.iter()) {
        return Err(unknown_field_problem(file, (*line, 1), &name));
    }
    let text = template.render(context.values(&unfilled)).map_err(|error| at_line(&error))?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Some(Filled { text, unfilled: taken(&unfilled) }))
}

fn taken(unfilled: &Unfilled) -> Vec<String> {
    unfilled.lock().map(|mut set| std::mem::take(&mut *set).into_iter().collect()).unwrap_or_default()
}

/// Every field and placeholder in the body that does not exist, in branches not taken too.
pub(super) fn unknown_names(env: &Environment<'_>, file: &TemplateFile) -> Vec<Problem> {
    let mut problems: Vec<Problem> = file.scanned.unknown.iter().map(|(name, at)| unknown_placeholder(file, file.position(*at), name)).collect();
    let Ok(template) = env.get_template(&file.file_name()) else { return problems };
    let known_wrong: Vec<&str> = file.scanned.unknown.iter().map(|(name, _)| name.as_str()).collect();
    let names = template.undeclared_variables(true);
    for name in names.iter().filter(|name| !known_wrong.contains(&name.as_str())) {
        if let Some(name) = unknown_field(env, std::iter::once(name)) {
            problems.push(unknown_field_problem(file, file.place_of(&name).unwrap_or((file.lines_before + 1, 1)), &name));
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// Names of the fields and placeholders the body mentions.
pub(super) fn named_fields(env: &Environment<'_>, file: &TemplateFile) -> Vec<String> {
    env.get_template(&file.file_name()).map(|template| template.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
}

fn unknown_field<'n>(env: &Environment<'_>, names: impl Iterator<Item = &'n String>) -> Option<String> {
    let known = |name: &str| {
        FIELDS.contains(&name) || GROUPS.contains(&name) || PLACEHOLDERS.contains(&name) || env.globals().any(|(global, _)| global == name)
    };
    let mut unknown: Vec<&String> = names.filter(|name| !known(name)).collect();
    unknown.sort();
    unknown.first().map(|name| (*name).clone())
}

fn unknown_field_problem(file: &TemplateFile, (line, column): (usize, usize), name: &str) -> Problem {
    let problem = Problem::error(&file.path, line, column, format!("unknown field `{name}`"));
    Problem { nearest: nearest(name, FIELDS.into_iter()), ..problem }
}

fn unknown_placeholder(file: &TemplateFile, (line, column): (usize, usize), name: &str) -> Problem {
    let problem = Problem::error(&file.path, line, column, format!("unknown placeholder `%{{{name}}}`"));
    Problem { nearest: nearest(&name.to_uppercase(), PLACEHOLDERS.into_iter()).map(|near| format!("%{{{near}}}")), ..problem }
}

/// The innermost error, placed in the file it happened in: an include's own, if it was one.
fn said(error: &Error, outer: &TemplateFile, files: &[TemplateFile]) -> Problem {
    let mut innermost = error;
    while let Some(inner) = std::error::Error::source(innermost).and_then(|source| source.downcast_ref::<Error>()) {
        innermost = inner;
    }
    let placed = if innermost.line().is_some() { innermost } else { error };
    let file = placed.name().and_then(|name| files.iter().find(|file| file.file_name() == name)).unwrap_or(outer);
    let at = placed.range().map(|range| file.position(file.scanned.original(range.start)));
    let (line, column) = at.unwrap_or((file.lines_before + placed.line().unwrap_or(1), 1));
    let problem = Problem::error(&file.path, line, column, reason(innermost));
    if innermost.kind() == ErrorKind::TemplateNotFound {
        let wanted = innermost.detail().and_then(|detail| detail.split(['"', '`', '\'']).nth(1)).unwrap_or_default().to_owned();
        let names: Vec<String> = files.iter().map(TemplateFile::file_name).collect();
        return Problem { nearest: nearest(&wanted, names.iter().map(String::as_str)), ..problem };
    }
    problem
}

fn reason(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => "the template runs away (a loop that is too long)".to_owned(),
        ErrorKind::UndefinedError => format!("this has no value here {detail}").trim_end().to_owned(),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    }
}
