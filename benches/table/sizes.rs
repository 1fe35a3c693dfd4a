//! How much is measured, from the environment.

use std::path::PathBuf;
use std::time::Duration;

/// Sizes of a run; the defaults let it end within some minutes.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Mails of the desk the screen is opened on: `POSTDESK_BENCH_MESSAGES`.
    pub messages: u32,
    /// Mails of the mailbox on the IMAP server: `POSTDESK_BENCH_SYNC_MESSAGES`.
    pub sync_messages: u32,
    /// Mails both index that are compared: `POSTDESK_BENCH_INDEX_MESSAGES`.
    pub index_messages: u32,
    /// Threads of the mailbox a team begins on: `POSTDESK_BENCH_TEAM_THREADS`.
    pub team_threads: usize,
    /// Events of the log a newcomer reads: `POSTDESK_BENCH_TEAM_EVENTS`.
    pub team_events: usize,
    /// How long a client at rest is watched: `POSTDESK_BENCH_IDLE_SECS`.
    pub idle: Duration,
    /// Runs of which the median counts: `POSTDESK_BENCH_RUNS`.
    pub runs: usize,
    /// Where the desk is kept between runs: `POSTDESK_BENCH_DESK`. Else it is made anew and removed.
    pub desk: Option<PathBuf>,
    /// A Maildir to take the IMAP server's mails from: `POSTDESK_BENCH_MAILDIR`.
    pub maildir: Option<PathBuf>,
    /// Only sections whose name is in `POSTDESK_BENCH_ONLY`, parted by commas.
    only: Option<String>,
}

impl Sizes {
    pub fn of_the_environment() -> Self {
        Self {
            messages: number("MESSAGES", 20_000),
            sync_messages: number("SYNC_MESSAGES", 20_000),
            index_messages: number("INDEX_MESSAGES", 2_000),
            team_threads: number("TEAM_THREADS", 27_000) as usize,
            team_events: number("TEAM_EVENTS", 50_000) as usize,
            idle: Duration::from_secs(number("IDLE_SECS", 130).into()),
            runs: number("RUNS", 5) as usize,
            desk: variable("DESK").map(PathBuf::from),
            maildir: variable("MAILDIR").map(PathBuf::from),
            only: variable("ONLY"),
        }
    }

    /// Whether a section was asked for that is a part of another.
    pub fn wants_alone(&self, section: &str) -> bool {
        self.only.is_some() && self.wants(section)
    }

    pub fn wants(&self, section: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.split(',').any(|name| name.trim() == section))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("POSTDESK_BENCH_{name}")).ok().filter(|value| !value.is_empty())
}

fn number(name: &str, usual: u32) -> u32 {
    match variable(name).map(|text| text.replace('_', "").parse()) {
        None => usual,
        Some(Ok(number)) => number,
        Some(Err(_)) => panic!("POSTDESK_BENCH_{name} is not a number"),
    }
}
