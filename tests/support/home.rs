//! A home of its own for every test: no configuration, data or variable of the person who runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A home directory that is gone when the test is over.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    extra: BTreeMap<String, OsString>,
}

impl Home {
    pub fn new() -> Self {
        let home = Self { dir: TempDir::new().unwrap(), extra: BTreeMap::new() };
        for folder in ["config/postdesk", "data", "cache", "state", "tmp"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the program looks for its configuration.
    pub fn config_path(&self) -> PathBuf {
        self.path().join("config/postdesk/config.toml")
    }

    /// Writes the configuration.
    pub fn config(&self, toml: &str) -> &Self {
        fs::write(self.config_path(), toml).unwrap();
        self
    }

    /// Writes a file below the home, with the folders above it.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The same, for the person's eyes alone.
    pub fn private_file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(path, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Sets one more variable for everything started from here on.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// The whole environment of what is started here; of the caller's only `PATH` is left.
    pub fn environment(&self) -> BTreeMap<String, OsString> {
        let place = |folder: &str| self.path().join(folder).into_os_string();
        let mut environment: BTreeMap<String, OsString> = [
            ("HOME", self.path().as_os_str().to_owned()),
            ("XDG_CONFIG_HOME", place("config")),
            ("XDG_DATA_HOME", place("data")),
            ("XDG_CACHE_HOME", place("cache")),
            ("XDG_STATE_HOME", place("state")),
            ("XDG_RUNTIME_DIR", place("tmp")),
            ("TMPDIR", place("tmp")),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("TZ", "UTC".into()),
            ("LANG", "C.UTF-8".into()),
            ("LC_ALL", "C.UTF-8".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment.extend(self.extra.clone());
        environment
    }

    /// Any program in this home.
    pub fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.env_clear().envs(self.environment()).current_dir(self.path());
        command
    }

    /// The program under test in this home, given up after a minute.
    pub fn postdesk<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_postdesk"));
        command.args(args).timeout(std::time::Duration::from_mins(1));
        command
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
