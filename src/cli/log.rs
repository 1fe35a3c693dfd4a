//! The log file: written only when `POSTDESK_LOG` asks for it, readable by its owner alone.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::fail::{Failure, Outcome};

/// Names the level: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `postdesk::sync=debug`.
pub const VARIABLE: &str = "POSTDESK_LOG";

/// Starts logging into a file if the environment asks for it.
///
/// # Errors
/// Fails when the level is not understood or the file cannot be written.
pub fn start(file: &Path) -> Outcome<()> {
    let Some(level) = std::env::var(VARIABLE).ok().filter(|level| !matches!(level.trim(), "" | "off")) else { return Ok(()) };
    let filter = EnvFilter::try_new(&level)
        .map_err(|error| Failure::usage(format!("{VARIABLE}={level} is not understood: {error}"), "use error, warn, info, debug or trace"))?;
    let writer = open(file).map_err(|error| Failure::of_file("cannot write the log", file, &error))?;
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(writer)).try_init();
    logging.map_err(|error| Failure::usage(format!("logging cannot be started: {error}"), format!("unset {VARIABLE}")))
}

/// Opens the file to append to it; it and its folder are the owner's alone.
fn open(file: &Path) -> std::io::Result<File> {
    if let Some(folder) = file.parent() {
        create_private(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_log_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/postdesk.log");

        open(&path).unwrap();

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}
