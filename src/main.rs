//! The program: one command line in, one exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    match postdesk::cli::run(std::env::args_os().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            postdesk::cli::complain(&failure);
            ExitCode::from(failure.code)
        }
    }
}
