//! The log file: written only when `POSTDESK_LOG` asks for it, readable by its owner alone.

use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::fail::{Failure, Outcome};
use super::private;

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
    let writer = private::append(file).map_err(|error| Failure::of_file("cannot write the log", file, &error))?;
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(writer)).try_init();
    logging.map_err(|error| Failure::usage(format!("logging cannot be started: {error}"), format!("unset {VARIABLE}")))
}
