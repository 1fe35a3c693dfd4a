//! Whether the clients of a team make the same of its log.

use crate::desk::{Desk, DeskSetup};
use crate::protocol::doctor::Check;

const NAME: &str = "team agrees";

/// What syncs have found out so far; `None` on a desk that shares no log or was never synced.
pub fn check(setup: &DeskSetup) -> Option<Check> {
    if setup.desk.folders.team.is_none() || !setup.places.cache.join("cache.db").exists() {
        return None;
    }
    let doubts = Desk::open(setup.clone()).and_then(|desk| desk.doubts()).ok()?;
    Some(match doubts.split_first() {
        None => Check::ok(NAME, "what other clients said of the team's log is what this one has made of it"),
        Some((first, rest)) => {
            let more = if rest.is_empty() { String::new() } else { format!("; {}", rest.join("; ")) };
            Check::failed(
                NAME,
                format!("{first}{more}"),
                "It is said until the other client says something else; nothing was lost, the log holds every change.",
            )
        }
    })
}
