//! One template file: its head between `+++` lines and its body.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Severity};
use super::scan::{Scanned, scan};
use crate::domain::ticket::{self, Status};
use crate::domain::words::nearest;

const KEYS: [&str; 7] = ["title", "subject", "language", "status", "tags", "attachments", "required"];

/// A template file as read, whatever is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct TemplateFile {
    pub path: PathBuf,
    /// The file's name without language and ending, e.g. `refund`.
    pub name: String,
    /// From the head, else from the file's name; empty when neither says.
    pub language: String,
    pub head: Head,
    pub body: String,
    /// Lines of the file before the body.
    pub lines_before: usize,
    pub scanned: Scanned,
    pub problems: Vec<Problem>,
}

/// What the head says.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub title: Option<String>,
    pub subject: Option<(String, usize)>,
    pub language: Option<String>,
    pub status: Option<Status>,
    pub tags: Vec<String>,
    pub attachments: Vec<PathBuf>,
    /// Field and the line that requires it.
    pub required: Vec<(String, usize)>,
}

impl TemplateFile {
    pub fn read(path: &Path, text: &str) -> Self {
        let (name, suffix) = name_and_language(path);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut problems = Vec::new();
        let (head_text, body, lines_before) = split(text).unwrap_or_else(|| {
            problems.push(Problem::error(path, 1, 1, "the head that begins with `+++` has no closing `+++` line"));
            ("", text, 0)
        });
        let head = HeadReader { path, problems: &mut problems, text: head_text }.read();
        let body = body.replace("\r\n", "\n");
        let scanned = scan(&body);
        let language = head.language.clone().or(suffix).unwrap_or_default();
        Self { path: path.to_owned(), name, language, head, body, lines_before, scanned, problems }
    }

    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// 1-based line and column (in characters) in the file of a place in the body.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.body.get(..offset).unwrap_or(&self.body);
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        (self.lines_before + line + 1, column + 1)
    }

    /// Where a field is named in the body or the subject.
    pub fn place_of(&self, field: &str) -> Option<(usize, usize)> {
        let in_body = self.scanned.locate(&self.body, field).map(|at| self.position(at));
        in_body.or_else(|| self.head.subject.as_ref().filter(|(subject, _)| subject.contains(field)).map(|(_, line)| (*line, 1)))
    }
}

/// Head, body and the number of lines before the body. `None` when the head is not closed.
fn split(text: &str) -> Option<(&str, &str, usize)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() != "+++" {
        return Some(("", text, 0));
    }
    let mut at = first.len();
    for (index, line) in lines.enumerate() {
        if line.trim_end() == "+++" {
            return Some((text.get(first.len()..at)?, text.get(at + line.len()..)?, index + 2));
        }
        at += line.len();
    }
    None
}

/// `refund.de.md` is `refund` in `de`; a suffix counts as a language when it looks like `de` or `pt-BR`.
fn name_and_language(path: &Path) -> (String, Option<String>) {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match stem.rsplit_once('.') {
        Some((name, language)) if is_language(language) && !name.is_empty() => (name.to_owned(), Some(language.to_lowercase())),
        _ => (stem, None),
    }
}

fn is_language(text: &str) -> bool {
    let (primary, region) = text.split_once('-').unwrap_or((text, "XX"));
    primary.len() == 2
        && primary.bytes().all(|byte| byte.is_ascii_lowercase())
        && (2..=4).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

struct HeadReader<'h> {
    path: &'h Path,
    problems: &'h mut Vec<Problem>,
    text: &'h str,
}

type Entry<'v> = Spanned<DeValue<'v>>;

impl HeadReader<'_> {
    fn read(mut self) -> Head {
        let text = self.text;
        match DeTable::parse(text) {
            Ok(table) => self.table(table.get_ref()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.complain(at, format!("the head is not valid TOML: {}", error.message().replace('\n', ", ")));
                Head::default()
            }
        }
    }

    fn table(&mut self, table: &DeTable<'_>) -> Head {
        let mut head = Head::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "title" => head.title = self.string("title", value),
                "subject" => head.subject = self.string("subject", value).map(|subject| (subject, self.line(value.span().start))),
                "language" => head.language = self.string("language", value).map(|language| language.to_lowercase()),
                "status" => head.status = self.status(value),
                "tags" => head.tags = self.tags(value),
                "attachments" => head.attachments = self.attachments(value),
                "required" => head.required = self.required(value),
                unknown => {
                    let near = nearest(unknown, KEYS.into_iter());
                    let line = self.line(key.span().start);
                    let what = format!("unknown key `{unknown}` in the head");
                    self.problems.push(Problem { severity: Severity::Warning, nearest: near, ..Problem::error(self.path, line, 1, what) });
                }
            }
        }
        head
    }

    /// The head begins on the file's second line.
    fn line(&self, offset: usize) -> usize {
        2 + self.text.get(..offset).unwrap_or_default().matches('\n').count()
    }

    fn complain(&mut self, offset: usize, what: impl Into<String>) {
        let problem = Problem::error(self.path, self.line(offset), 1, what);
        self.problems.push(problem);
    }

    fn string(&mut self, key: &str, value: &Entry<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.complain(value.span().start, format!("`{key}` must be a text in quotes"));
        }
        text.filter(|text| !text.trim().is_empty())
    }

    fn strings(&mut self, key: &str, value: &Entry<'_>) -> Vec<(String, usize)> {
        let item = |item: &Entry<'_>| item.get_ref().as_str().map(|text| (text.to_owned(), item.span().start));
        let list = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(item).collect::<Option<Vec<_>>>(),
            DeValue::String(_) => item(value).map(|only| vec![only]),
            _ => None,
        };
        if list.is_none() {
            self.complain(value.span().start, format!("`{key}` must be a list of texts"));
        }
        list.unwrap_or_default()
    }

    fn status(&mut self, value: &Entry<'_>) -> Option<Status> {
        let text = self.string("status", value)?;
        text.parse::<Status>().map_err(|error| self.complain(value.span().start, error.to_string())).ok()
    }

    fn tags(&mut self, value: &Entry<'_>) -> Vec<String> {
        let mut tags = Vec::new();
        for (text, at) in self.strings("tags", value) {
            match ticket::tag(&text) {
                Some(tag) => tags.push(tag),
                None => self.complain(at, format!("`{text}` cannot be a tag")),
            }
        }
        tags
    }

    /// Attachments lie beside the template or below; a path that leads elsewhere is refused.
    fn attachments(&mut self, value: &Entry<'_>) -> Vec<PathBuf> {
        let folder = self.path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut paths = Vec::new();
        for (text, at) in self.strings("attachments", value) {
            let path = folder.join(&text);
            match (folder.canonicalize(), path.canonicalize()) {
                (Ok(folder), Ok(real)) if real.starts_with(&folder) && real.is_file() => paths.push(path),
                (Ok(_), Ok(_)) => self.complain(at, format!("the attachment `{text}` is not a file in the template's folder")),
                _ => self.complain(at, format!("the attachment `{text}` does not exist")),
            }
        }
        paths
    }

    fn required(&mut self, value: &Entry<'_>) -> Vec<(String, usize)> {
        let mut required = Vec::new();
        for (field, at) in self.strings("required", value) {
            if super::context::FIELDS.contains(&field.as_str()) {
                required.push((field, self.line(at)));
            } else {
                let near = nearest(&field, super::context::FIELDS.into_iter());
                let problem = Problem::error(self.path, self.line(at), 1, format!("unknown field `{field}` in `required`"));
                self.problems.push(Problem { nearest: near, ..problem });
            }
        }
        required
    }
}
