//! What the integration tests share: a real mail server, a scripted one, and a plain client to look with.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::print_stderr, missing_debug_implementations)]

pub mod courier;
pub mod cyrus;
pub mod dovecot;
pub mod log_client;
pub mod proxy;
pub mod quirky;
pub mod rawimap;
pub mod refusing;
pub mod script;
pub mod servers;
pub mod testbed;

use std::str::FromStr;
use std::time::{Duration, Instant};

/// The number that an environment variable gives, for a longer run than usual or one that failed.
#[track_caller]
pub fn setting<T: FromStr>(name: &str, otherwise: T) -> T {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Waits until `holds` says so; fails with `what` after `deadline`.
#[track_caller]
pub fn wait_until(what: &str, deadline: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + deadline;
    while !holds() {
        assert!(Instant::now() < end, "not within {deadline:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
