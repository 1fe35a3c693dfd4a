//! Ways that need no server: a `sendmail`-like command, and Maildir folders.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::{Cause, SendError, Stage};
use super::reply::fit;
use super::{Accepted, Envelope, HandoverError, wire};
use crate::domain::sanitise;

/// How long a mail command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);

/// Pipes the mail into a command and believes its exit status.
pub(super) fn run(
    command: &[String],
    envelope: &Envelope,
    lines: &[u8],
    before_handover: &mut dyn FnMut() -> Result<(), HandoverError>,
) -> Result<Accepted, SendError> {
    before_handover().map_err(|source| SendError::new(Stage::Data, Cause::Handover { source }))?;
    let mut child = start(command, &envelope.to).map_err(|source| SendError::new(Stage::Connect, Cause::CommandNotStarted { source }))?;
    let input = input(command, envelope, lines);
    let deadline = Instant::now() + COMMAND_TIMEOUT;
    let complaint = converse(&mut child, input);
    let Some(status) = wait(&mut child, deadline) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(SendError::new(Stage::Accept, Cause::CommandStopped));
    };
    let text = complaint.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
    match status.code() {
        Some(0) => Ok(Accepted { server_text: text }),
        Some(code) => Err(SendError::new(Stage::Accept, Cause::CommandFailed { code, text })),
        None => Err(SendError::new(Stage::Accept, Cause::CommandStopped)),
    }
}

fn reads_recipients(command: &[String]) -> bool {
    command.iter().skip(1).any(|argument| argument == "-t")
}

fn start(command: &[String], recipients: &[String]) -> io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut start = Command::new(program);
    start.args(arguments);
    if !reads_recipients(command) {
        start.arg("--").args(recipients);
    }
    start.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
}

/// The mail with local line ends. A command that reads the recipients from the
/// headers gets them all in a `Bcc`, since the mail itself does not name the hidden ones.
fn input(command: &[String], envelope: &Envelope, lines: &[u8]) -> Vec<u8> {
    let mut input = Vec::new();
    if reads_recipients(command) {
        input.extend_from_slice(format!("Bcc: {}\n", envelope.to.join(",\n ")).as_bytes());
    }
    input.extend_from_slice(&wire::lf(lines));
    input
}

/// Writes the mail and collects what the command complains about, each on its own thread.
fn converse(child: &mut Child, input: Vec<u8>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read to the end is judged by its status.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.take(8 * 1024).read_to_end(&mut text);
            let _ = sender.send(fit(&String::from_utf8_lossy(&text)));
        });
    }
    receiver
}

fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}

/// Puts a copy into the Maildir of each recipient, `ROOT/ADDRESS/new`.
pub(super) fn file(
    root: &Path,
    envelope: &Envelope,
    lines: &[u8],
    before_handover: &mut dyn FnMut() -> Result<(), HandoverError>,
) -> Result<Accepted, SendError> {
    before_handover().map_err(|source| SendError::new(Stage::Data, Cause::Handover { source }))?;
    let content = wire::lf(lines);
    for address in &envelope.to {
        let folder = root.join(sanitise::file_name(&address.to_lowercase()));
        file_into(&folder, &content).map_err(|source| SendError::new(Stage::Accept, Cause::NotFiled { path: folder.clone(), source }))?;
    }
    Ok(Accepted { server_text: format!("filed for {}", envelope.to.join(", ")) })
}

/// Writes into `tmp`, then moves into `new`, so that a reader never sees half a mail.
fn file_into(folder: &Path, content: &[u8]) -> io::Result<()> {
    for part in ["tmp", "new", "cur"] {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder.join(part))?;
    }
    let name = unique_name();
    let draft = folder.join("tmp").join(&name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join("new").join(&name))
}

fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.M{}P{}Q{}.postdesk", now.as_secs(), now.subsec_micros(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
