//! What can be wrong with a template, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// Whether a problem stops the template from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// 1-based line in the file.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    pub severity: Severity,
    pub what: String,
    /// The valid name that may have been meant.
    pub nearest: Option<String>,
}

impl Problem {
    pub(super) fn error(file: &Path, line: usize, column: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column, severity: Severity::Error, what: what.into(), nearest: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.what)?;
        match &self.nearest {
            Some(nearest) => write!(f, ", did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// Why a template gives no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no template `{name}`{}", nearest.as_ref().map(|near| format!(", did you mean `{near}`?")).unwrap_or_default())]
    NotFound { name: String, nearest: Option<String>, dirs: Vec<PathBuf> },
    #[error("{0}")]
    Broken(Problem),
}

impl TemplateError {
    /// What the person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound { dirs, .. } => {
                let dirs: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
                format!(
                    "see `postdesk templates list`; templates are .md files in {}",
                    if dirs.is_empty() { "no folder at all".into() } else { dirs.join(", ") }
                )
            }
            Self::Broken(problem) => format!("edit {} at line {}, then run `postdesk templates check`", problem.file.display(), problem.line),
        }
    }
}
