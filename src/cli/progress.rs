//! One line on standard error that says how far a sync has come.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::clock::size;
use super::table::cut;
use crate::desk::Progress;
use crate::domain::sanitise;

/// Between two rewrites of the line.
const PAUSE: Duration = Duration::from_millis(100);

/// Columns of the line: less than any terminal has, so that it never wraps.
const WIDTH: usize = 70;

/// The line. Draws nothing unless standard error is a terminal.
#[derive(Debug)]
pub struct Bar {
    enabled: bool,
    drawn: Option<Instant>,
}

impl Bar {
    pub fn on_stderr() -> Self {
        Self { enabled: io::stderr().is_terminal(), drawn: None }
    }

    pub fn silent() -> Self {
        Self { enabled: false, drawn: None }
    }

    /// Draws the line anew, at most ten times a second.
    pub fn show(&mut self, desk: &str, progress: &Progress) {
        if !self.enabled || self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE) {
            return;
        }
        self.drawn = Some(Instant::now());
        // A terminal that has gone away is no reason to stop a sync.
        let _ = write!(io::stderr(), "\r\u{1b}[K{}", line(desk, progress));
        let _ = io::stderr().flush();
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
            let _ = io::stderr().flush();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(desk: &str, progress: &Progress) -> String {
    // A step in which nothing is counted, such as connecting.
    if (progress.done, progress.total, progress.bytes) == (0, 0, 0) {
        return cut(&sanitise::line(&format!("{desk}: {}", progress.what)), WIDTH);
    }
    let name = cut(&sanitise::line(&format!("{desk} {}", progress.what)), 24);
    let counts = match progress.total {
        0 => progress.done.to_string(),
        total => format!("{}/{total}", progress.done),
    };
    format!("{name} {} {counts}  {}", drawing(progress.done, progress.total), size(progress.bytes)).chars().take(WIDTH).collect()
}

fn drawing(done: u64, total: u64) -> String {
    const CELLS: u64 = 20;
    let full = (done.min(total) * CELLS).checked_div(total).unwrap_or(0) as usize;
    format!("[{}{}]", "#".repeat(full), ".".repeat(CELLS as usize - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_how_far_and_how_much() {
        let progress = Progress { what: "INBOX".into(), done: 120, total: 400, bytes: 1_234_567 };

        assert_eq!(line("acme", &progress), "acme INBOX [######..............] 120/400  1.2 MB");
    }

    #[test]
    fn a_step_without_numbers_is_told_in_its_words() {
        let progress = Progress { what: "waiting up to 30 s for another postdesk (screen, sync)".into(), done: 0, total: 0, bytes: 0 };

        assert_eq!(line("acme", &progress), "acme: waiting up to 30 s for another postdesk (screen, sync)");
    }

    #[test]
    fn an_unknown_end_and_a_hostile_folder_do_no_harm() {
        let progress = Progress { what: format!("\u{1b}[2J{}", "x".repeat(200)), done: 7, total: 0, bytes: 0 };

        let line = line("acme", &progress);

        assert!(line.chars().count() <= WIDTH && !line.contains('\u{1b}'), "{line}");
        assert!(line.contains("] 7  0 B"), "{line}");
    }
}
