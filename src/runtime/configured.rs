//! The configuration this run began with, and as it was read last.

use std::path::Path;

use crossbeam_channel::Sender;

use super::settings::near_home;
use super::{Happening, config_file};
use crate::config::{Config, ConfigError};
use crate::protocol::answer::Complaint;

#[derive(Debug)]
pub(super) struct Configured {
    began: Config,
    now: Config,
    to: Sender<Happening>,
}

impl Configured {
    /// Begins to watch the file, if there is one. Where that cannot be had, `:reload` still works.
    pub fn new(config: &Config, to: Sender<Happening>) -> Self {
        if !config.path.as_os_str().is_empty() {
            let _ = config_file::watch(config.path.clone(), to.clone());
        }
        Self { began: config.clone(), now: config.clone(), to }
    }

    /// Reads the file again.
    pub fn read(&self) {
        config_file::read(self.began.path.clone(), self.to.clone());
    }

    /// Keeps what was read, or what was there when it could not be read.
    ///
    /// # Errors
    /// Says the first thing that is wrong, and how many more there are.
    pub fn take(&mut self, outcome: Result<Box<Config>, ConfigError>) -> Result<(), Complaint> {
        match outcome {
            Ok(config) => {
                self.now = *config;
                Ok(())
            }
            Err(error) => Err(complaint(&error, &self.began.path)),
        }
    }

    /// As it was read last.
    pub fn now(&self) -> &Config {
        &self.now
    }

    /// What stands in the file now and works only from the next start on.
    pub fn at_next_start(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.began.agent != self.now.agent {
            parts.push("agent".to_owned());
        }
        if self.began.desks != self.now.desks {
            parts.push("desks and projects".to_owned());
        }
        parts
    }
}

fn complaint(error: &ConfigError, path: &Path) -> Complaint {
    let (full, short) = (path.display().to_string(), near_home(path));
    let text = if full.is_empty() { error.to_string() } else { error.to_string().replace(&full, &short) };
    let more = text.lines().count().saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Complaint { what: format!("{}{more}", text.lines().next().unwrap_or_default()), remedy: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    const DOCUMENTED: &str = include_str!("../config/documented.toml");

    #[test]
    fn only_what_the_workers_use_waits_for_the_next_start() {
        let read = |text: &str| parse(text, Path::new("config.toml")).unwrap();
        let mut configured = Configured::new(&Config { path: "".into(), ..read(DOCUMENTED) }, crossbeam_channel::unbounded().0);
        let mut after = |from: &str, to: &str| {
            configured.take(Ok(Box::new(read(&DOCUMENTED.replace(from, to))))).unwrap();
            configured.at_next_start()
        };

        assert_eq!(after("theme = \"default\"", "theme = \"dark\""), Vec::<String>::new());
        assert_eq!(after("Ana Ruiz", "Ana R."), ["agent"]);
        assert_eq!(after("Acme App\"", "Acme\""), ["desks and projects"]);
        assert_eq!(after("", ""), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_wrong_is_named_with_its_line_and_changes_nothing() {
        let mut configured = Configured::new(&Config::default(), crossbeam_channel::unbounded().0);
        let wrong = parse("[ui]\ntheme = \"drak\"\nmouse = 1\n", Path::new("config.toml")).map(Box::new);

        let complaint = configured.take(wrong).unwrap_err();

        assert!(complaint.what.starts_with("config.toml:1: there is no desk"), "{complaint:?}");
        assert!(complaint.what.ends_with("(and 2 more)"), "{complaint:?}");
    }
}
