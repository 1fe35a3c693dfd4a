//! `doctor`: tries out what a desk needs, one check after the other, and says what to do about each fault.
//!
//! Nothing here needs an opened [`Desk`](super::Desk): a desk that cannot be opened is what
//! one calls a doctor for. No mail is sent, and no folder is touched but one
//! made for this purpose and removed again.

mod agreement;
mod imap;
mod log_rules;
mod log_trouble;
mod machine;
mod maildir;
mod places;
mod scratch;
mod smtp;

use std::time::{Duration, Instant};

pub use machine::{Terminal, configuration, program, terminal};

use super::DeskSetup;
use crate::config::Source;
use crate::protocol::doctor::Check;
use crate::sync::endpoint::Timeouts;
use crate::sync::source::Waker;

/// The rules of the log are tried for no longer than this; what is left then is skipped.
const LOG_RULES_AT_MOST: Duration = Duration::from_secs(45);

/// Looks at one desk, and tells of each check as soon as it is done.
///
/// When `stop` is woken, what has been begun in the mailbox is cleaned up and the rest left out.
pub fn desk(setup: &DeskSetup, stop: &Waker, tell: &mut dyn FnMut(Check)) {
    let mut tell = |check: Check| tell(Check { desk: Some(setup.desk.name.clone()), ..check });
    places::checks(setup).into_iter().for_each(&mut tell);
    agreement::check(setup).into_iter().for_each(&mut tell);
    log_trouble::check(setup).into_iter().for_each(&mut tell);
    match &setup.desk.source {
        Source::Maildir(path) => maildir::checks(setup, path, stop, &mut tell),
        Source::Imap(_) if setup.offline => offline(&["imap", "team log"]).into_iter().for_each(&mut tell),
        Source::Imap(server) => imap::checks(setup, server, stop, &mut tell),
    }
    if !stop.is_woken() {
        smtp::checks(setup).into_iter().for_each(&mut tell);
    }
}

fn offline(names: &[&str]) -> Vec<Check> {
    names.iter().map(|name| Check::skipped(name, "this run is offline: leave out --offline to try the servers")).collect()
}

/// Shorter than in everyday work: somebody is waiting for the verdict.
fn timeouts() -> Timeouts {
    let seconds = Duration::from_secs;
    Timeouts { connect: seconds(10), read: seconds(15), write: seconds(15), append: seconds(30), ..Timeouts::default() }
}

/// Whether there is time, and leave, for one more check.
struct Budget<'a> {
    stop: &'a Waker,
    until: Instant,
}

impl Budget<'_> {
    /// Why nothing more is tried.
    fn spent(&self) -> Option<&'static str> {
        if self.stop.is_woken() {
            return Some("stopped on request");
        }
        (Instant::now() >= self.until).then_some("the time for this was up: the server is slow")
    }
}
