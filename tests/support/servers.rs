//! Mail servers that Debian does not let stand beside Dovecot: unpacked from their packages, not installed.
//!
//! `make test` fetches the packages and unpacks them below `target/mail-servers`; nothing is
//! started, configured or owned by the system. A server that is not there is skipped, loudly.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An unpacked server.
pub struct Unpacked(PathBuf);

impl Unpacked {
    /// Looks for one; `None` is said.
    pub fn find(name: &str, program: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../mail-servers").join(name);
        if root.join(program).is_file() {
            return Some(Self(root.canonicalize().unwrap()));
        }
        eprintln!("\n*** SKIPPED: {name} is not in {}, nothing was tested against it; `make test-deps` fetches it on Debian ***\n", root.display());
        None
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// A program of it, which finds its libraries.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path(program));
        command.env("LD_LIBRARY_PATH", self.libraries());
        command
    }

    fn libraries(&self) -> String {
        let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
        ["usr/lib", "lib"]
            .iter()
            .flat_map(|lib| [self.path(&format!("{lib}/{machine}")), self.path(lib)])
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(":")
    }
}
