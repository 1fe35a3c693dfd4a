//! The folder in which the rules of the log are tried, and its removal.
//!
//! Its name says when it was made; this machine also writes down the name of its own. So the next run
//! finds what a killed one left behind, and leaves alone what a colleague is using at this moment.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::desk::DeskSetup;
use crate::domain::Timestamp;
use crate::protocol::doctor::Check;
use crate::sync::source::SourceError;

/// A folder of nobody known is left alone for this long: somebody may be using it.
const FOREIGN_SECS: i64 = 3600;

/// The name of the check that tells of the folder's end.
pub const CHECK: &str = "scratch folder";

/// Where scratch folders of this desk are, and which of them is ours.
#[derive(Clone, Debug)]
pub struct Scratch {
    team: String,
    separator: Option<char>,
    note: PathBuf,
}

impl Scratch {
    /// `separator` stands between the levels of a folder's name.
    pub fn of(setup: &DeskSetup, separator: Option<char>) -> Self {
        let team = setup.desk.folders.team.clone().unwrap_or_else(|| "Postdesk".to_owned());
        Self { team, separator, note: setup.places.state.join("doctor-scratch") }
    }

    /// Names to try in this order: below the team's folder where there is one, else beside it.
    pub fn names(&self, folders: &[String]) -> Vec<String> {
        let stamp = u32::try_from(Timestamp::now().as_second()).unwrap_or(0);
        let tail = format!("doctor-{stamp:08x}-{:08x}", getrandom::u32().unwrap_or(0));
        // Making a folder below one that is not there would leave that one behind.
        let below = self.separator.filter(|_| folders.contains(&self.team));
        below.map(|separator| format!("{}{separator}{tail}", self.team)).into_iter().chain([format!("{}-{tail}", self.team)]).collect()
    }

    /// Scratch folders that nobody uses any more.
    pub fn leftovers(&self, folders: &[String]) -> Vec<String> {
        let own = fs::read_to_string(&self.note).unwrap_or_default();
        let now = Timestamp::now().as_second();
        let is_left = |name: &&String| self.made_at(name).is_some_and(|at| **name == own.trim() || now - at > FOREIGN_SECS);
        folders.iter().filter(is_left).cloned().collect()
    }

    /// When a folder was made, in seconds since 1970; `None` if it is none of these.
    fn made_at(&self, name: &str) -> Option<i64> {
        let rest = name.strip_prefix(&self.team)?;
        let rest = rest.strip_prefix('-').or_else(|| rest.strip_prefix(self.separator?))?;
        let (stamp, random) = rest.strip_prefix("doctor-")?.split_once('-')?;
        let is_hex = |part: &str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hex(stamp) && is_hex(random)).then(|| i64::from_str_radix(stamp, 16).ok()).flatten()
    }

    /// Writes down that this folder is ours, before it is made.
    ///
    /// # Errors
    /// The state folder cannot be written; then a run that is killed leaves its folder for an hour.
    pub fn note(&self, name: &str) -> io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        if let Some(folder) = self.note.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.note)?;
        file.write_all(name.as_bytes())
    }

    /// What is told when the folder is gone, or is not.
    pub fn report(&self, name: &str, removed: Result<(), SourceError>) -> Check {
        match removed {
            Ok(()) => {
                let _ = fs::remove_file(&self.note);
                Check::ok(CHECK, format!("{name} is removed again"))
            }
            Err(error) => Check::failed(
                CHECK,
                format!("{name} could not be removed: {error}"),
                "Delete that folder with any mail program; the next `postdesk doctor` tries it, too.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(note: &str) -> (tempfile::TempDir, Scratch) {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch { team: "Postdesk".into(), separator: Some('/'), note: dir.path().join("state/doctor-scratch") };
        scratch.note(note).unwrap();
        (dir, scratch)
    }

    #[test]
    fn a_scratch_folder_is_made_below_the_team_folder_only_where_there_is_one() {
        let (_dir, scratch) = scratch("");

        let alone = scratch.names(&["INBOX".into()]);
        let both = scratch.names(&["INBOX".into(), "Postdesk".into()]);

        assert!(alone.len() == 1 && alone[0].starts_with("Postdesk-doctor-"), "{alone:?}");
        assert!(both.len() == 2 && both[0].starts_with("Postdesk/doctor-") && both[1].starts_with("Postdesk-doctor-"), "{both:?}");
    }

    #[test]
    fn what_this_machine_left_and_what_is_old_is_found_and_nothing_else() {
        let fresh = format!("Postdesk/doctor-{:08x}-00000001", Timestamp::now().as_second());
        let own = format!("Postdesk-doctor-{:08x}-00000002", Timestamp::now().as_second());
        let old = "Postdesk/doctor-5fffffff-0000000a".to_owned();
        let (_dir, scratch) = scratch(&own);
        let others = ["Postdesk", "Postdesk/doctor-notes", "Postdesk/doctor-5fffffff-0000000a/x", "Other/doctor-5fffffff-0000000a"];
        let folders: Vec<String> = [fresh, own.clone(), old.clone()].into_iter().chain(others.map(str::to_owned)).collect();

        assert_eq!(scratch.leftovers(&folders), [own, old]);
    }
}
