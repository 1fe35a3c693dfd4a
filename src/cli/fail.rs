//! How a command ends when it does not end well: what, what to do, exit code.

use std::fmt;
use std::io;

use crate::desk::DeskError;
use crate::domain::query::QueryError;
use crate::domain::sanitise;

/// What a person is told, and the exit code of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: u8,
    /// What happened and why. May hold text of mails and servers: it is sanitised when printed.
    pub what: String,
    /// What to do about it, in any number of lines; may be empty.
    pub remedy: String,
}

pub const FAILED: u8 = 1;
pub const USAGE: u8 = 2;
pub const NOT_FOUND: u8 = 3;
pub const SERVER: u8 = 4;
pub const CONFLICT: u8 = 5;

impl Failure {
    pub fn new(code: u8, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, what: what.into(), remedy: remedy.into() }
    }

    pub fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(USAGE, what, remedy)
    }

    /// What is left to return when everything has been said: the exit code.
    pub fn told(code: u8) -> Self {
        Self { code, what: String::new(), remedy: String::new() }
    }

    /// Tells whether nothing is left to say: it has been said, or nobody reads it.
    pub fn is_silent(&self) -> bool {
        self.what.is_empty()
    }

    /// The word at fault, underlined.
    pub fn of_query(error: &QueryError, query: &str) -> Self {
        let before = query.get(..error.start).unwrap_or(query);
        let word = query.get(error.start..error.end).unwrap_or_default();
        let blanks = " ".repeat(super::table::width(&sanitise::line(before)));
        let carets = "^".repeat(super::table::width(&sanitise::line(word)).max(1));
        Self::usage(error.to_string(), format!("{}\n{blanks}{carets}", sanitise::line(query)))
    }

    /// Reading or writing a file named by the user went wrong.
    pub fn of_file(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { FAILED };
        Self::new(code, format!("{what} {}: {error}", path.display()), "look at the path and its permissions")
    }
}

impl fmt::Display for Failure {
    /// `postdesk: WHAT`, and each line of the remedy indented by two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postdesk: {}", sanitise::text(&self.what))?;
        for line in self.remedy.lines() {
            write!(f, "\n  {}", sanitise::text(line))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<&DeskError> for Failure {
    fn from(error: &DeskError) -> Self {
        Self { code: error.exit_code(), what: error.to_string(), remedy: error.remedy().to_owned() }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::from(&error)
    }
}

/// For what goes to standard output: a closed pipe ends the process quietly.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::told(0);
        }
        Self::new(FAILED, format!("writing the output failed: {error}"), "look at the disk, or at what reads the output")
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(FAILED, format!("making JSON failed: {error}"), "")
    }
}

pub type Outcome<T> = Result<T, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_query_points_at_the_word() {
        let error = QueryError { start: 12, end: 23, what: "unknown status `opne`".into(), nearest: Some("open".into()) };

        let failure = Failure::of_query(&error, "tag:größe status:opne");

        assert_eq!(failure.code, USAGE);
        assert_eq!(failure.to_string(), "postdesk: unknown status `opne`, did you mean `open`?\n  tag:größe status:opne\n            ^^^^^^^^^^^");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));

        assert_eq!((failure.code, failure.is_silent()), (0, true));
    }

    #[test]
    fn nothing_a_server_says_controls_the_terminal() {
        let failure = Failure::new(SERVER, "server said \u{1b}[31mno", "try\u{9b}2J later");

        assert!(!failure.to_string().chars().any(|c| c.is_control() && c != '\n'), "{failure:?}");
    }
}
