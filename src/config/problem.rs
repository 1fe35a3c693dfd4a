//! What can be wrong with the configuration file, said so that it can be mended.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// 1-based line in the file.
    pub line: usize,
    /// What is wrong and, where it is not obvious, what to write instead.
    pub what: String,
    /// The valid key or value that may have been meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)?;
        match &self.nearest {
            Some(nearest) => write!(f, ", did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("there is no configuration at {}", path.display())]
    Missing { path: PathBuf },
    #[error("the configuration {} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Every problem of the file, in the order of its lines.
    #[error("{}", listed(path, problems))]
    Invalid { path: PathBuf, problems: Vec<Problem> },
}

impl ConfigError {
    /// What the person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { path } => format!(
                "write {} with a [desk.NAME.imap] (host, user, password_command) and a [desk.NAME.smtp] (host), name another file with --config, or look around first with `postdesk demo`",
                path.display()
            ),
            Self::Unreadable { path, .. } => format!("check that {} is a file that you may read", path.display()),
            Self::Invalid { path, .. } => format!("edit {} at the lines named", path.display()),
        }
    }

    /// Tells whether there simply is no file yet.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

fn listed(path: &std::path::Path, problems: &[Problem]) -> String {
    problems.iter().map(|problem| located(path, problem)).collect::<Vec<_>>().join("\n")
}

/// `FILE:LINE: what, did you mean …?`, the form editors can jump to.
pub(super) fn located(path: &std::path::Path, problem: &Problem) -> String {
    let text = problem.to_string();
    let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
    format!("{}:{}: {what}", path.display(), problem.line)
}
