//! A local program takes the mail on its standard input.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::error::clean;
use super::wire::Parcel;
use super::{Accepted, SendError};

/// How long the program may take, writing to it included.
pub(super) const TIME_LIMIT: Duration = Duration::from_mins(1);
/// Pause between two looks whether the program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// `EX_TEMPFAIL` of sysexits.h: try again later.
const TRY_LATER: i32 = 75;
/// The longest part of what the program says that is read, in octets.
const LONGEST_OUTPUT: u64 = 4_096;

pub(super) fn deliver(
    argv: &[String],
    parcel: &Parcel,
    limit: Duration,
    before_handover: &mut dyn FnMut() -> Result<(), String>,
) -> Result<Accepted, SendError> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(SendError::Settings("the mail command is empty".into()));
    };
    before_handover().map_err(|why| SendError::NotBegun(clean(&why)))?;
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.map_err(|error| SendError::Settings(format!("the mail command `{program}` cannot be run: {}", clean(&error.to_string()))))?;
    feed(program, child, parcel.with_lf().to_vec(), limit)
}

/// Writes and reads in threads, so that neither a program that does not read
/// nor one that talks without end can hold us up.
fn feed(program: &str, mut child: Child, mail: Vec<u8>, limit: Duration) -> Result<Accepted, SendError> {
    let deadline = Instant::now() + limit;
    if let Some(mut input) = child.stdin.take() {
        // A program that needs no input may close it; its exit status is what counts.
        std::thread::spawn(move || input.write_all(&mail));
    }
    let (report, output) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.take(LONGEST_OUTPUT).read_to_end(&mut text);
            let _ = report.send(text);
        });
    }
    let ended = wait(&mut child, deadline);
    let said = output.recv_timeout(LOOK_EVERY * 5).unwrap_or_default();
    judge(program, ended, &clean(&String::from_utf8_lossy(&said)), limit)
}

/// The exit status, or nothing if the program had to be ended at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn judge(program: &str, ended: std::io::Result<Option<ExitStatus>>, said: &str, limit: Duration) -> Result<Accepted, SendError> {
    let uncertain = |why: String| Err(SendError::Uncertain { server: format!("the command `{program}`"), why });
    match ended {
        Ok(Some(status)) if status.success() => Ok(Accepted { server_text: said.to_owned() }),
        Ok(Some(status)) => match status.code() {
            Some(code) => {
                let why = if said.is_empty() { format!("exit status {code}") } else { format!("exit status {code}, {said}") };
                Err(SendError::Command { program: program.to_owned(), why, is_transient: code == TRY_LATER })
            }
            None => uncertain(format!("it was killed ({status})")),
        },
        Ok(None) => uncertain(format!("it did not end within {} s and was ended", limit.as_secs_f32())),
        Err(error) => uncertain(error.to_string()),
    }
}
