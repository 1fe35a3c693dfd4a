//! What the last sync had to say against the team's folder, and what waits because of it.

use crate::desk::{Desk, DeskSetup};
use crate::protocol::doctor::Check;

const NAME: &str = "team folder";

/// `None` on a desk that shares no log or was never synced.
pub fn check(setup: &DeskSetup) -> Option<Check> {
    if setup.desk.folders.team.is_none() || !setup.places.cache.join("cache.db").exists() {
        return None;
    }
    let known = Desk::open(setup.clone()).and_then(|desk| Ok((desk.known_log_trouble()?, desk.waiting_changes()?))).ok()?;
    Some(match known {
        (Some(trouble), waiting) => {
            let waits = if waiting == 0 { String::new() } else { format!("; changes that wait here: {waiting}") };
            Check::failed(NAME, format!("the last sync: {}{waits}", trouble.what), trouble.remedy)
        }
        (None, 0) => Check::ok(NAME, "the last sync had no trouble with it, and nothing waits to be shared"),
        (None, waiting) => Check::ok(NAME, format!("the last sync had no trouble with it; changes since then that wait for the next: {waiting}")),
    })
}
