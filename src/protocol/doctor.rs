//! What `doctor` found out, one check at a time.

use serde::{Deserialize, Serialize};

/// One line of `doctor --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name; the same in every version.
    pub check: String,
    pub outcome: Outcome,
    /// What was seen, or why nothing was looked at. Holds no secret.
    pub seen: String,
    /// What to do about it; empty when nothing has to be done.
    pub remedy: String,
    /// The desk it is about; null for what is about the machine.
    pub desk: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    /// It works, with less comfort or less certainty.
    Degraded,
    Failed,
    /// Not looked at; `seen` says why.
    Skipped,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Check {
    fn new(check: &str, outcome: Outcome, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check: check.to_owned(), outcome, seen: seen.into(), remedy: remedy.into(), desk: None }
    }

    pub fn ok(check: &str, seen: impl Into<String>) -> Self {
        Self::new(check, Outcome::Ok, seen, "")
    }

    pub fn degraded(check: &str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(check, Outcome::Degraded, seen, remedy)
    }

    pub fn failed(check: &str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(check, Outcome::Failed, seen, remedy)
    }

    pub fn skipped(check: &str, why: impl Into<String>) -> Self {
        Self::new(check, Outcome::Skipped, why, "")
    }
}
