//! Where this run reads and keeps things.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::fail::{FAILED, Failure, Outcome};
use super::order::Globals;
use crate::desk::Places;
use crate::domain::sanitise;

/// The folders under which every desk has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    data: PathBuf,
    cache: PathBuf,
    state: PathBuf,
    log: PathBuf,
}

impl Roots {
    /// The folders below `--data-dir`, else those of the platform.
    ///
    /// # Errors
    /// Fails where the platform knows no home directory.
    pub fn of(globals: &Globals) -> Outcome<Self> {
        match &globals.data_dir {
            Some(dir) => Ok(Self { data: dir.join("data"), cache: dir.join("cache"), state: dir.join("state"), log: dir.join("state") }),
            None => Self::of_the_platform(),
        }
    }

    fn of_the_platform() -> Outcome<Self> {
        let dirs = ProjectDirs::from("", "", "postdesk")
            .ok_or_else(|| Failure::new(FAILED, "no home directory is known, so there is no place for data", "set HOME, or give --data-dir DIR"))?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
        Ok(Self { data: dirs.data_dir().join("desks"), cache: dirs.cache_dir().join("desks"), state: state.join("desks"), log: state.to_owned() })
    }

    /// The folders of one desk.
    pub fn of_desk(&self, name: &str) -> Places {
        let folder = sanitise::file_name(name);
        Places { data: self.data.join(&folder), cache: self.cache.join(&folder), state: self.state.join(&folder) }
    }

    /// Where a demo desk without `--dir` lives, with its mail and everything of its own.
    pub fn demo(&self) -> PathBuf {
        self.data.join("demo")
    }

    /// The log of this and earlier runs; written only when asked for.
    pub fn log_file(&self) -> PathBuf {
        self.log.join("postdesk.log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_dir_holds_everything_of_the_run() {
        let globals = Globals { data_dir: Some("/x".into()), ..Globals::default() };

        let roots = Roots::of(&globals).unwrap();

        let places = roots.of_desk("acme");
        assert_eq!(
            [places.data, places.cache, places.state],
            ["/x/data/acme".into(), "/x/cache/acme".into(), "/x/state/acme".into()] as [PathBuf; 3]
        );
        assert_eq!(roots.log_file(), PathBuf::from("/x/state/postdesk.log"));
    }

    #[test]
    fn no_desk_name_leads_out_of_the_folder() {
        let roots = Roots::of(&Globals { data_dir: Some("/x".into()), ..Globals::default() }).unwrap();

        assert_eq!(roots.of_desk("../../etc").data, PathBuf::from("/x/data/etc"));
    }
}
