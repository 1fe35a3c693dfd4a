//! Templates: files in a project's own folders, filled with plain values.
//!
//! A file is Markdown with minijinja in it, perhaps with a TOML head between
//! `+++` lines; GitLab's `%{…}` placeholders work too. Everything is filled in
//! one pass: text that is inserted is never read as a template.

mod context;
mod engine;
mod file;
mod problem;
mod scan;

use std::io::Read;
use std::path::{Path, PathBuf};

pub use context::{AgentFields, ProjectFields, QuoteFields, RequesterFields, TemplateContext, Texts, TicketFields};
pub use problem::{Problem, Severity, TemplateError};

use crate::domain::ticket::Status;
use crate::domain::words::nearest;
use file::TemplateFile;

/// The wrapper around every reply.
pub const WRAPPER: &str = "new_note";

/// The acknowledgement for a new requester.
pub const ACKNOWLEDGEMENT: &str = "thank_you";

/// Templates with a fixed purpose, which no agent picks.
const RESERVED: [&str; 3] = [WRAPPER, ACKNOWLEDGEMENT, "new_participant"];

/// Fields whose text the sender of a mail chose.
const SENDER_CHOSEN: [&str; 9] = [
    "ticket.subject",
    "ticket.description",
    "requester.name",
    "requester.first_name",
    "requester.address",
    "quote.last",
    "quote.from",
    "quote.date",
    "ISSUE_DESCRIPTION",
];

/// A template file is at most so large; what is longer was not meant as one.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The templates of a project, as they were when loaded.
#[derive(Debug)]
pub struct Templates {
    dirs: Vec<PathBuf>,
    files: Vec<TemplateFile>,
    env: minijinja::Environment<'static>,
    problems: Vec<Problem>,
}

/// A template as a picker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// The name when the head has none.
    pub title: String,
    /// Empty when nothing says it.
    pub language: String,
    pub file: PathBuf,
}

/// A template filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub subject: Option<String>,
    pub body: String,
    pub status: Option<Status>,
    pub tags: Vec<String>,
    pub attachments: Vec<PathBuf>,
    /// Fields without a value, each with its place: `requester.name (refund.md:3:7)`.
    pub unfilled: Vec<String>,
    /// Whether a number is missing that the ticket will get later.
    pub awaits_number: bool,
}

impl Templates {
    /// Reads every `.md` file of the folders; the first folder with a name wins.
    /// Missing folders are fine, and broken files are reported when used or checked.
    pub fn load(dirs: &[PathBuf]) -> Self {
        let mut files: Vec<TemplateFile> = Vec::new();
        let mut problems = Vec::new();
        for dir in dirs {
            for path in markdown_files(dir) {
                match read_text(dir, &path) {
                    Ok(text) => {
                        let file = TemplateFile::read(&path, &text);
                        if !files.iter().any(|other| other.file_name() == file.file_name()) {
                            files.push(file);
                        }
                    }
                    Err(what) => problems.push(Problem::error(&path, 1, 1, what)),
                }
            }
        }
        let (env, broken) = engine::environment(&files);
        problems.extend(broken);
        Self { dirs: dirs.to_vec(), files, env, problems }
    }

    /// The templates an agent can pick, by name; the wrapper and automatic ones are left out.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = self.files.iter().filter(|file| !RESERVED.contains(&file.name.as_str())).map(listed).collect();
        listed.sort_by(|left, right| (&left.name, &left.language).cmp(&(&right.name, &right.language)));
        listed
    }

    /// Tells whether there is a template of a name.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name || file.file_name() == name)
    }

    /// Tells whether the wrapper puts the signature in itself.
    pub fn wrapper_has_signature(&self) -> bool {
        self.choose(WRAPPER, None).is_ok_and(|file| engine::named_fields(&self.env, file).iter().any(|field| field == "project.signature"))
    }

    /// Every problem of every file, in the order of files and lines.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        for file in &self.files {
            problems.extend(self.check_file(file));
        }
        problems.sort_by(|left, right| (&left.file, left.line, left.column, &left.what).cmp(&(&right.file, right.line, right.column, &right.what)));
        problems.dedup();
        problems
    }

    /// Fills in a template, named with or without `.md`, in the wanted language if there is such a variant.
    ///
    /// A known field without a value is not an error: it stands in [`Rendered::unfilled`].
    ///
    /// # Errors
    /// No such template, or one with a fault: an unknown field, a wrong tag, a broken head.
    pub fn render(&self, name: &str, context: &TemplateContext, language: Option<&str>) -> Result<Rendered, TemplateError> {
        self.render_file(self.choose(name, language)?, context)
    }

    /// Puts `context.body` into the wrapper `new_note`; without such a file it stays as it is.
    ///
    /// # Errors
    /// As [`Templates::render`]; also when the wrapper would lose the body.
    pub fn wrap(&self, context: &TemplateContext, language: Option<&str>) -> Result<Rendered, TemplateError> {
        let Ok(file) = self.choose(WRAPPER, language) else {
            return Ok(Rendered { body: context.body.clone(), ..Rendered::default() });
        };
        match self.lost_body(file) {
            Some(problem) => Err(TemplateError::Broken(problem)),
            None => self.render_file(file, context),
        }
    }

    fn render_file(&self, file: &TemplateFile, context: &TemplateContext) -> Result<Rendered, TemplateError> {
        let faults = self.faults(file).into_iter().find(|problem| problem.severity == Severity::Error);
        if let Some(problem) = faults {
            return Err(TemplateError::Broken(problem));
        }
        let filled = engine::fill(&self.env, file, context, &self.files).map_err(TemplateError::Broken)?;
        let subject = engine::fill_subject(&self.env, file, context).map_err(TemplateError::Broken)?;
        let required = file.head.required.iter().map(|(field, _)| field).filter(|field| context.text(field).trim().is_empty());
        let mut names: Vec<String> = filled.unfilled;
        names.extend(subject.iter().flat_map(|subject| subject.unfilled.iter().cloned()));
        names.extend(required.cloned());
        names.sort();
        names.dedup();
        let awaits_number = names.iter().any(|name| matches!(name.as_str(), "ticket.number" | "ISSUE_ID" | "ISSUE_PATH"));
        Ok(Rendered {
            subject: subject.map(|subject| subject.text).filter(|subject| !subject.is_empty()),
            body: filled.text.trim_end().to_owned(),
            status: file.head.status,
            tags: file.head.tags.clone(),
            attachments: file.head.attachments.clone(),
            unfilled: names.iter().map(|name| self.with_place(file, name)).collect(),
            awaits_number,
        })
    }

    /// The field with the place where it is named: in the file itself, else in one it includes.
    fn with_place(&self, file: &TemplateFile, field: &str) -> String {
        let required = file.head.required.iter().find(|(name, _)| name == field).map(|(_, line)| (*line, 1));
        let here = file.place_of(field).or(required).map(|place| (file, place));
        let place = here.or_else(|| self.files.iter().find_map(|other| Some((other, other.place_of(field)?))));
        match place {
            Some((file, (line, column))) => format!("{field} ({}:{line}:{column})", file.file_name()),
            None => field.to_owned(),
        }
    }

    /// The file of a name in the language wanted: exact, then without region, then the plain one.
    fn choose(&self, name: &str, language: Option<&str>) -> Result<&TemplateFile, TemplateError> {
        let wanted = name.strip_suffix(".md").unwrap_or(name);
        let named: Vec<&TemplateFile> = self.files.iter().filter(|file| file.name == wanted).collect();
        let language = language.unwrap_or_default().to_lowercase();
        let primary = language.split('-').next().unwrap_or_default();
        let is_plain = |file: &TemplateFile| file.file_name() == format!("{wanted}.md");
        let pick = |test: &dyn Fn(&TemplateFile) -> bool| named.iter().find(|file| test(file)).copied();
        let in_language = |tag: &str| if tag.is_empty() { None } else { pick(&|file| file.language == tag) };
        let exact = self.files.iter().find(|file| file.file_name() == name && file.name != wanted);
        exact
            .or_else(|| in_language(&language))
            .or_else(|| in_language(primary))
            .or_else(|| pick(&is_plain))
            .or_else(|| named.first().copied())
            .ok_or_else(|| self.not_found(name))
    }

    fn not_found(&self, name: &str) -> TemplateError {
        let near = nearest(name, self.files.iter().map(|file| file.name.as_str()));
        TemplateError::NotFound { name: name.to_owned(), nearest: near, dirs: self.dirs.clone() }
    }

    /// What is wrong with a file as it stands, whatever it is filled with.
    fn faults(&self, file: &TemplateFile) -> Vec<Problem> {
        let mut problems = file.problems.clone();
        problems.extend(self.problems.iter().filter(|problem| problem.file == file.path).cloned());
        problems.extend(engine::unknown_names(&self.env, file));
        problems
    }

    fn check_file(&self, file: &TemplateFile) -> Vec<Problem> {
        let mut problems = self.faults(file);
        if problems.iter().all(|problem| problem.severity == Severity::Warning) {
            let sample = TemplateContext::sample();
            problems.extend(engine::fill(&self.env, file, &sample, &self.files).err());
            problems.extend(engine::fill_subject(&self.env, file, &sample).err());
        }
        if file.name == WRAPPER {
            problems.extend(self.lost_body(file));
        }
        if file.name == ACKNOWLEDGEMENT {
            problems.extend(self.sender_chosen(file));
        }
        problems
    }

    fn lost_body(&self, file: &TemplateFile) -> Option<Problem> {
        let has_body = engine::named_fields(&self.env, file).iter().any(|field| field == "body" || field == "NOTE_TEXT");
        let what = "the wrapper does not hold the reply: write `{{ body }}` where it belongs";
        // A file that cannot be compiled has a problem of its own.
        let compiles = self.env.get_template(&file.file_name()).is_ok();
        (!has_body && compiles).then(|| Problem::error(&file.path, file.lines_before + 1, 1, what))
    }

    /// An acknowledgement that repeats what a stranger wrote can be used to send mail to others.
    fn sender_chosen(&self, file: &TemplateFile) -> Vec<Problem> {
        let mut fields = engine::named_fields(&self.env, file);
        fields.retain(|field| SENDER_CHOSEN.contains(&field.as_str()));
        fields.sort();
        fields
            .iter()
            .map(|field| {
                let (line, column) = file.place_of(field).unwrap_or((file.lines_before + 1, 1));
                let what = format!("`{field}` is text the sender chose; an automatic mail that repeats it can be abused to send anything to anybody");
                Problem { severity: Severity::Warning, ..Problem::error(&file.path, line, column, what) }
            })
            .collect()
    }
}

fn listed(file: &TemplateFile) -> Listed {
    let title = file.head.title.clone().unwrap_or_else(|| file.name.clone());
    Listed { name: file.name.clone(), title, language: file.language.clone(), file: file.path.clone() }
}

fn markdown_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.sort();
    paths
}

/// Reads a file that really lies in the folder: a link that leads out of it is refused.
fn read_text(dir: &Path, path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {error}");
    let real = path.canonicalize().map_err(unreadable)?;
    if !dir.canonicalize().is_ok_and(|dir| real.starts_with(dir)) {
        return Err("the file is a link that leads out of the template folder".into());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&real).map_err(unreadable)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err("the file is larger than a template can be (1 MiB)".into());
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".into())
}

#[cfg(test)]
mod tests;
