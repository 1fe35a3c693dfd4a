//! Other programs: what opens links and files, what keeps the clipboard, what a text is piped to.
//!
//! No child has our terminal: its input is nothing or a pipe, its output goes nowhere or
//! into a pipe, and it runs in a process group of its own, so that no key reaches it.

mod announce;
mod child;
mod clipboard;

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::{Happening, tell};
use crate::config::{self, Config};
use crate::domain::arrivals::Arrivals;
use crate::protocol::answer::Complaint;
use crate::tui::{Input, Piped};
use announce::Announcement;
pub(super) use clipboard::Copied;

/// How long a command may work on a text.
const PIPE_PATIENCE: Duration = Duration::from_mins(1);

/// What the agent configured, and where to tell what came of it.
#[derive(Debug)]
pub(super) struct Outside {
    opener: Vec<String>,
    clipboard: config::Clipboard,
    hook: Option<Vec<String>>,
    hooks: Option<Sender<Announcement>>,
    to: Sender<Happening>,
}

impl Outside {
    pub fn new(config: &Config, to: Sender<Happening>) -> Self {
        Self { opener: opener(&config.outside), clipboard: config.outside.clipboard, hook: config.notify.hook.clone(), hooks: None, to }
    }

    /// Goes by another configuration from here on.
    pub fn configure(&mut self, config: &Config) {
        (self.opener, self.clipboard) = (opener(&config.outside), config.outside.clipboard);
        self.hook.clone_from(&config.notify.hook);
    }

    /// Has the agent's hook told that customers have written, if there is one.
    pub fn announce(&mut self, desk: &str, arrivals: Arrivals) {
        let Some(hook) = self.hook.clone() else { return };
        let hooks = self.hooks.get_or_insert_with(|| announce::start(self.to.clone()));
        let _ = hooks.send(Announcement { hook, desk: desk.to_owned(), arrivals });
    }

    /// Gives a link or a file to the opener, as one argument and without a shell. Only a failure is told.
    pub fn open(&self, what: &str) {
        let (words, what, to) = (self.opener.clone(), what.to_owned(), self.to.clone());
        thread::spawn(move || {
            if let Err(why) = run_opener(&words, &what) {
                let remedy = "Set `opener` under [outside] in the configuration to a program that can.".to_owned();
                tell(&to, Happening::Told(Input::Outside(Err(Complaint { what: why, remedy }))));
            }
        });
    }

    /// Copies a text. What the terminal has to be told is returned; a program is run aside.
    pub fn copy(&self, what: &str, text: String) -> Copied {
        let way = clipboard::way(self.clipboard, &clipboard::Surroundings::here());
        clipboard::copy(way, what, text, &self.to)
    }

    /// Gives a text to a command line and tells what it printed.
    pub fn pipe(&self, command: String, text: String) {
        let to = self.to.clone();
        thread::spawn(move || {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(&command);
            let outcome = child::run(&mut shell, text.as_bytes(), PIPE_PATIENCE).map(|ended| Piped {
                title: if ended.success { command.clone() } else { format!("{command} ({})", ended.how) },
                output: ended.output,
            });
            let complaint = |why| Complaint { what: format!("`{command}` {why}"), remedy: "Correct the command with |.".to_owned() };
            tell(&to, Happening::Told(Input::Piped(outcome.map_err(complaint))));
        });
    }
}

fn opener(config: &config::Outside) -> Vec<String> {
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    config.opener.clone().unwrap_or_else(|| vec![usual.to_owned()])
}

fn run_opener(words: &[String], what: &str) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("no opener is set")?;
    let mut command = Command::new(program);
    command.args(arguments).arg(what);
    child::detach(&mut command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| format!("the opener `{program}` does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the opener `{program}` could not open it ({status})")) }
}
