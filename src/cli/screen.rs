//! Without a command: the screen.

use std::io::{self, IsTerminal};

use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use crate::config::Config;
use crate::desk::DeskSetup;
use crate::runtime;

/// Opens the screen on the one desk.
///
/// # Errors
/// Says so when there is no terminal to draw on.
pub fn screen(desks: &Desks) -> Outcome<()> {
    let setup = desks.one()?;
    if !has_terminal() {
        return Err(Failure::usage("the screen needs a terminal", "for scripts there is `postdesk list`; see `postdesk --help`"));
    }
    open_screen(&setup, &desks.config()?)
}

/// Tells whether there is a terminal to draw on and to read keys from.
pub fn has_terminal() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

fn open_screen(setup: &DeskSetup, config: &Config) -> Outcome<()> {
    runtime::open_screen(setup, config).map_err(|error| {
        let why = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::new(FAILED, format!("{error}{why}"), error.remedy())
    })
}
