//! Fetches a password or token from where the configuration says, and keeps it from being seen.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::SecretSource;

/// How long a password command may take; it may have to ask for a passphrase.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Longer than any password or token; what a command prints beyond it is not read.
const LIMIT: u64 = 64 * 1024;

/// A password or token. Wiped from memory when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the one place that hands it to a server.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no password. Never holds the secret or the command, which may hold it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("no password is configured")]
    NotConfigured,
    #[error("the password command could not be started")]
    CommandNotStarted { source: std::io::Error },
    #[error("the password command failed ({status})")]
    CommandFailed { status: String },
    #[error("the password command did not answer within {} seconds", limit.as_secs())]
    CommandTimedOut { limit: Duration },
    #[error("the password command printed nothing")]
    CommandPrintedNothing,
    #[error("the password file {} cannot be read", path.display())]
    FileUnreadable { path: PathBuf, source: std::io::Error },
    #[error("the password file {} can be read by others", path.display())]
    FileExposed { path: PathBuf },
    #[error("the password file {} is empty", path.display())]
    FileEmpty { path: PathBuf },
    #[error("the password holds a character that cannot be sent to a server")]
    Unusable,
}

impl SecretError {
    /// What the person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotConfigured => "write password_command or password_file into the desk's [imap] section".into(),
            Self::CommandNotStarted { .. } => "check that `sh` can be started".into(),
            Self::CommandFailed { .. } => "run the password_command of the configuration by hand to see why".into(),
            Self::CommandTimedOut { .. } => "run the password_command by hand; unlock the password store if it waits for a passphrase".into(),
            Self::CommandPrintedNothing => "the password must be the first line the command prints".into(),
            Self::FileUnreadable { path, .. } => format!("check that {} exists and that you may read it", path.display()),
            Self::FileExposed { path } => format!("run: chmod 600 {}", path.display()),
            Self::FileEmpty { path } => format!("write the password into the first line of {}", path.display()),
            Self::Unusable => "the password must be text on one line, without control characters".into(),
        }
    }
}

/// Fetches the secret: the first line of what the command prints or the file holds.
///
/// Commands run by `sh -c` without standard input, for at most 30 seconds.
/// A file that others may read is refused.
///
/// # Errors
/// See [`SecretError`]; nothing in it is secret.
pub fn resolve(source: &SecretSource) -> Result<Secret, SecretError> {
    match source {
        SecretSource::Command(command) | SecretSource::TokenCommand(command) => run(command, COMMAND_TIMEOUT),
        SecretSource::File(path) => read(path),
        SecretSource::None => Err(SecretError::NotConfigured),
    }
}

fn run(command: &str, limit: Duration) -> Result<Secret, SecretError> {
    let deadline = Instant::now() + limit;
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| SecretError::CommandNotStarted { source })?;
    let printed = wait_for_output(&mut child, deadline);
    let status = wait_for_exit(&mut child, deadline);
    let (Some(printed), Some(status)) = (printed, status) else {
        // Its own children may outlive it; nothing waits for them.
        let _ = child.kill();
        let _ = child.wait();
        return Err(SecretError::CommandTimedOut { limit });
    };
    if !status.success() {
        return Err(SecretError::CommandFailed { status: status.to_string() });
    }
    first_line(&printed)?.ok_or(SecretError::CommandPrintedNothing)
}

/// Reads on a thread of its own, since a pipe has no time-out. `None` when the time is over.
fn wait_for_output(child: &mut Child, deadline: Instant) -> Option<Zeroizing<Vec<u8>>> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut printed = Zeroizing::new(Vec::with_capacity(4096));
        let _ = stdout.take(LIMIT).read_to_end(&mut printed);
        let _ = sender.send(printed);
    });
    receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
}

fn wait_for_exit(child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}

fn read(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |source| SecretError::FileUnreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if is_exposed(&metadata) {
        return Err(SecretError::FileExposed { path: path.to_owned() });
    }
    let mut content = Zeroizing::new(Vec::with_capacity(4096));
    file.take(LIMIT).read_to_end(&mut content).map_err(unreadable)?;
    first_line(&content)?.ok_or_else(|| SecretError::FileEmpty { path: path.to_owned() })
}

#[cfg(unix)]
fn is_exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// The first line without its end; `None` when it is empty. Blanks belong to the password.
fn first_line(content: &[u8]) -> Result<Option<Secret>, SecretError> {
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| SecretError::Unusable)?;
    if text.chars().any(char::is_control) {
        return Err(SecretError::Unusable);
    }
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(error: &SecretError) -> String {
        format!("{error} / {error:?} / {}", error.remedy())
    }

    #[test]
    fn the_first_line_a_command_prints_is_the_password() {
        let secret = resolve(&SecretSource::Command("printf 'hunter two\\nlogin: ana\\n'".into())).unwrap();
        assert_eq!(secret.expose(), "hunter two");
    }

    #[test]
    fn a_failing_command_is_reported_without_a_word_of_it() {
        let error = resolve(&SecretSource::Command("echo hunter2; echo hunter2 >&2; exit 3".into())).unwrap_err();
        assert!(message(&error).contains('3'));
        assert!(!message(&error).contains("hunter2"), "{}", message(&error));
    }

    #[test]
    fn a_command_that_hangs_is_given_up() {
        let started = Instant::now();
        let error = run("sleep 30", Duration::from_millis(100)).unwrap_err();
        assert!(matches!(error, SecretError::CommandTimedOut { .. }));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_silent_command_is_an_error() {
        assert!(matches!(resolve(&SecretSource::Command("true".into())), Err(SecretError::CommandPrintedNothing)));
    }

    #[cfg(unix)]
    #[test]
    fn a_password_file_that_others_may_read_is_refused_with_the_command_that_helps() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        std::fs::write(&path, "hunter2\r\nsecond").unwrap();

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = resolve(&SecretSource::File(path.clone())).unwrap_err();
        assert!(error.remedy().contains("chmod 600"), "{error:?}");

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(resolve(&SecretSource::File(path)).unwrap().expose(), "hunter2");
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
