//! A table of the file being read: hands out typed values, and remembers which keys are known.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use crate::domain::words::nearest;

/// Where problems are gathered while the file is read.
pub(super) struct Report<'t> {
    text: &'t str,
    folder: PathBuf,
    home: Option<PathBuf>,
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
    /// Every key that was looked for, with the table it belongs into.
    asked: RefCell<BTreeSet<(String, &'static str)>>,
}

/// A value and the 1-based line it stands on.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub value: T,
    pub line: usize,
}

struct Entry<'t> {
    key: &'t str,
    start: usize,
    value: &'t Spanned<DeValue<'t>>,
    asked: bool,
}

/// One table, e.g. `[desk.acme.imap]`.
pub(super) struct Section<'t> {
    report: &'t Report<'t>,
    path: String,
    pub line: usize,
    entries: Vec<Entry<'t>>,
    known: Vec<&'static str>,
}

impl<'t> Report<'t> {
    pub fn new(text: &'t str, file: &Path, home: Option<PathBuf>) -> Self {
        let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { text, folder, home, errors: RefCell::default(), warnings: RefCell::default(), asked: RefCell::default() }
    }

    pub fn line_at(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    pub fn error(&self, line: usize, what: impl Into<String>) {
        self.error_near(line, what, None);
    }

    pub fn error_near(&self, line: usize, what: impl Into<String>, nearest: Option<String>) {
        self.errors.borrow_mut().push(Problem { line, what: what.into(), nearest });
    }

    pub fn warn(&self, line: usize, what: impl Into<String>, nearest: Option<String>) {
        self.warnings.borrow_mut().push(Problem { line, what: what.into(), nearest });
    }

    /// The keys that were looked for so far, tables left out.
    #[cfg(test)]
    pub fn asked(&self) -> BTreeSet<(String, &'static str)> {
        self.asked.borrow().clone()
    }

    /// Expands a leading `~` and puts relative paths below the file's folder.
    pub fn resolve(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), path, &self.home) {
            (Some(rest), _, Some(home)) => home.join(rest),
            (None, "~", Some(home)) => home.clone(),
            _ => self.folder.join(path.strip_prefix("./").unwrap_or(path)),
        }
    }

    /// Errors and warnings, each in the order of the lines.
    pub fn finish(self) -> (Vec<Problem>, Vec<Problem>) {
        let sorted = |problems: RefCell<Vec<Problem>>| {
            let mut problems = problems.into_inner();
            problems.sort_by_key(|problem| problem.line);
            problems
        };
        (sorted(self.errors), sorted(self.warnings))
    }
}

impl<'t> Section<'t> {
    pub fn new(report: &'t Report<'t>, path: &str, line: usize, table: &'t DeTable<'t>) -> Self {
        let mut entries: Vec<Entry<'t>> =
            table.iter().map(|(key, value)| Entry { key: key.get_ref(), start: key.span().start, value, asked: false }).collect();
        entries.sort_by_key(|entry| entry.start);
        Self { report, path: path.to_owned(), line, entries, known: Vec::new() }
    }

    pub fn report(&self) -> &'t Report<'t> {
        self.report
    }

    /// The dotted name, for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub fn line_of(&self, key: &str) -> usize {
        self.entries.iter().find(|entry| entry.key == key).map_or(self.line, |entry| self.report.line_at(entry.start))
    }

    /// Names of all entries in the order of the file: for tables whose keys people choose.
    pub fn names(&self) -> Vec<&'t str> {
        self.entries.iter().map(|entry| entry.key).collect()
    }

    /// Keys that are valid here although nothing reads them yet.
    pub fn tolerate(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
        for key in keys {
            self.named(key);
        }
    }

    pub fn string(&mut self, key: &'static str) -> Option<Found<String>> {
        let found = self.ask(key)?;
        self.typed(key, &found, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    /// As [`Section::string`], blank counted as an error.
    pub fn filled(&mut self, key: &'static str) -> Option<Found<String>> {
        let found = self.string(key)?;
        if found.value.trim().is_empty() {
            self.report.error(found.line, format!("`{key}` in [{}] is empty", self.path));
            return None;
        }
        Some(found)
    }

    pub fn path_value(&mut self, key: &'static str) -> Option<PathBuf> {
        self.filled(key).map(|found| self.report.resolve(&found.value))
    }

    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let found = self.ask(key)?;
        self.typed(key, &found, "true or false", DeValue::as_bool).map(|found| found.value)
    }

    /// A TCP port, 1 to 65535.
    pub fn port(&mut self, key: &'static str) -> Option<u16> {
        let found = self.ask(key)?;
        let read = |value: &DeValue<'_>| {
            let integer = value.as_integer()?;
            u16::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|port| *port > 0)
        };
        self.typed(key, &found, "a port, a number from 1 to 65535", read).map(|found| found.value)
    }

    /// A list of texts, or one text alone.
    pub fn strings(&mut self, key: &'static str) -> Option<Found<Vec<Found<String>>>> {
        let found = self.ask(key)?;
        let (report, line) = (self.report, found.line);
        let read = |value: &DeValue<'t>| match value {
            DeValue::String(text) => Some(vec![Found { value: text.to_string(), line }]),
            DeValue::Array(items) => {
                items.iter().map(|item| Some(Found { value: item.get_ref().as_str()?.to_owned(), line: report.line_at(item.span().start) })).collect()
            }
            _ => None,
        };
        self.typed(key, &found, "a list of texts", read)
    }

    /// One of a set of words; names the nearest when it is none of them.
    pub fn word<T: Copy>(&mut self, key: &'static str, all: &[(&'static str, T)]) -> Option<T> {
        let found = self.string(key)?;
        if let Some((_, value)) = all.iter().find(|(name, _)| *name == found.value) {
            return Some(*value);
        }
        let names: Vec<String> = all.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let what = format!("`{key}` in [{}] is \"{}\"; it can be {}", self.path, found.value, names.join(", "));
        self.report.error_near(found.line, what, nearest(&found.value, all.iter().map(|(name, _)| *name)));
        None
    }

    pub fn section(&mut self, key: &'static str) -> Option<Section<'t>> {
        self.known.push(key);
        self.named(key).and_then(|found| self.open_section(key, &found))
    }

    /// A table under a name that people choose.
    pub fn named_section(&mut self, name: &'t str) -> Option<Section<'t>> {
        self.named(name).and_then(|found| self.open_section(name, &found))
    }

    /// A value under a name that people choose.
    pub fn named(&mut self, name: &str) -> Option<Found<&'t DeValue<'t>>> {
        let report = self.report;
        let entry = self.entries.iter_mut().find(|entry| entry.key == name)?;
        entry.asked = true;
        Some(Found { value: entry.value.get_ref(), line: report.line_at(entry.start) })
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for entry in self.entries.iter().filter(|entry| !entry.asked) {
            let place = if self.path.is_empty() { "at the top".to_owned() } else { format!("in [{}]", self.path) };
            let near = nearest(entry.key, self.known.iter().copied());
            self.report.warn(self.report.line_at(entry.start), format!("unknown key `{}` {place}, ignored", entry.key), near);
        }
    }

    fn ask(&mut self, key: &'static str) -> Option<Found<&'t DeValue<'t>>> {
        self.known.push(key);
        self.report.asked.borrow_mut().insert((self.path.clone(), key));
        self.named(key)
    }

    fn open_section(&self, key: &str, found: &Found<&'t DeValue<'t>>) -> Option<Section<'t>> {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        match found.value {
            DeValue::Table(table) => Some(Section::new(self.report, &path, found.line, table)),
            other => {
                self.report.error(found.line, format!("`{path}` must be a table, but it is {}", article(other)));
                None
            }
        }
    }

    fn typed<T>(&self, key: &str, found: &Found<&'t DeValue<'t>>, expected: &str, read: impl FnOnce(&DeValue<'t>) -> Option<T>) -> Option<Found<T>> {
        if let Some(value) = read(found.value) {
            return Some(Found { value, line: found.line });
        }
        let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
        self.report.error(found.line, format!("`{key}`{place} must be {expected}, but it is {}", article(found.value)));
        None
    }
}

/// The value as its kind, with small ones shown.
fn article(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(_) => "a fraction".to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
