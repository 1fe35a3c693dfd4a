//! Running a child that has no terminal.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Octets of output that are kept.
const OUTPUT_BYTES: u64 = 1 << 20;
/// Between two looks at a child that may end at any time.
const LOOK: Duration = Duration::from_millis(10);

/// How a child ended and what it printed, errors behind the rest.
#[derive(Debug)]
pub(super) struct Ended {
    pub success: bool,
    pub how: String,
    pub output: String,
}

/// Puts a child into a process group of its own: keys and signals of our terminal are not for it.
pub(super) fn detach(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Runs a command on an input until it ends or the time is up.
///
/// # Errors
/// Says why it did not start, or that it was stopped.
pub(super) fn run(command: &mut Command, input: &[u8], patience: Duration) -> Result<Ended, String> {
    detach(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("does not start: {error}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        // A child that does not read to the end closes its side; that is its right.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        let out = scope.spawn(move || read(out));
        let err = scope.spawn(move || read(err));
        let status = wait(&mut child, patience);
        let output = [out.join().unwrap_or_default(), err.join().unwrap_or_default()].concat();
        let status = status.ok_or_else(|| format!("was stopped: it ran longer than {} s", patience.as_secs()))?;
        Ok(Ended { success: status.success(), how: status.to_string(), output })
    })
}

/// Feeds a program that may stay in the background with its output closed, such as `xclip`.
///
/// # Errors
/// It does not start, does not take the text, or fails.
pub(super) fn feed(command: &mut Command, input: &[u8], patience: Duration) -> io::Result<bool> {
    let mut child = detach(command).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    Ok(wait(&mut child, patience).is_some_and(|status| status.success()))
}

/// Runs a program that sees nothing of us and says nothing to us.
///
/// # Errors
/// Says why it did not start, that it failed, or that it was stopped.
pub(super) fn run_apart(command: &mut Command, patience: Duration) -> Result<(), String> {
    let spawned = detach(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("does not start: {error}"))?;
    match wait(&mut child, patience) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("failed ({status})")),
        None => Err(format!("was stopped: it ran longer than {} s", patience.as_secs())),
    }
}

/// Waits for the end; a child that takes too long is killed with all it started.
fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            Ok(None) | Err(_) => break,
        }
    }
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
    None
}

fn read(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _ = from.by_ref().take(OUTPUT_BYTES).read_to_end(&mut bytes);
        // The rest is read and forgotten, so that the child can end.
        let _ = io::copy(&mut from, &mut io::sink());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &str, patience: Duration) -> Result<Ended, String> {
        run(Command::new("sh").arg("-c").arg(script), input.as_bytes(), patience)
    }

    #[test]
    fn what_a_command_prints_comes_back_with_how_it_ended() {
        let ended = sh("tr a-z A-Z; echo oops >&2; exit 3", "hello", Duration::from_secs(20)).unwrap();

        assert_eq!((ended.success, ended.output.as_str()), (false, "HELLOoops\n"));
        assert!(ended.how.contains('3'), "{}", ended.how);
    }

    #[test]
    fn a_command_that_does_not_read_or_prints_too_much_is_no_trouble() {
        let text = "x".repeat(3 << 20);
        assert!(sh("true", &text, Duration::from_secs(20)).unwrap().success);
        assert_eq!(sh("cat", &text, Duration::from_secs(20)).unwrap().output.len() as u64, OUTPUT_BYTES);
    }

    #[test]
    fn a_command_that_never_ends_is_stopped_with_all_it_started() {
        let begin = Instant::now();
        let stopped = sh("sleep 100 & sleep 100", "", Duration::from_millis(100)).unwrap_err();

        assert!(stopped.contains("was stopped"), "{stopped}");
        assert!(begin.elapsed() < Duration::from_secs(20), "the pipes of the one in the background are closed too");
    }

    #[test]
    fn a_child_has_no_terminal_and_a_group_of_its_own() {
        let ended =
            sh("test -t 0 || test -t 1 || test -t 2 || echo none; ps -o pgid= -p $$ | tr -d ' '; echo $$", "", Duration::from_secs(20)).unwrap();
        let lines: Vec<&str> = ended.output.lines().collect();

        assert_eq!(lines.first(), Some(&"none"), "{lines:?}");
        if let [_, group, own] = lines.as_slice() {
            assert_eq!(group, own);
        }
    }
}
