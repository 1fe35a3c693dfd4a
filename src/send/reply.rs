//! Reads one SMTP reply, octet by octet, within limits and a deadline.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::error::{Cause, SendError, Stage};
use crate::domain::sanitise;

/// Longer than any honest reply.
const MAX_REPLY_OCTETS: usize = 64 * 1024;

/// What the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// The texts of all lines, without the code.
    pub lines: Vec<String>,
}

impl Reply {
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// All lines in one, fit for a terminal, at most 400 characters.
    pub fn text(&self) -> String {
        fit(&self.lines.join(" "))
    }
}

pub(super) fn fit(text: &str) -> String {
    sanitise::line(text.trim()).chars().take(400).collect()
}

/// Reads a reply of one or more lines (RFC 5321 §4.2.1).
///
/// Nothing beyond its last line feed is read, so that octets sent along with the
/// answer to STARTTLS stay in the socket, where the TLS handshake trips over them.
pub(super) fn read(stream: &mut impl Read, stage: Stage, limit: Duration) -> Result<Reply, SendError> {
    let deadline = Instant::now() + limit;
    let mut code = None;
    let mut lines = Vec::new();
    let mut octets = 0;
    loop {
        let line = line(stream, stage, deadline, &mut octets)?;
        let (number, last, text) =
            split(&line).filter(|(number, ..)| code.is_none_or(|code| code == *number)).ok_or_else(|| not_smtp(stage, &line))?;
        code = Some(number);
        lines.push(text);
        if last {
            return Ok(Reply { code: number, lines });
        }
    }
}

fn line(stream: &mut impl Read, stage: Stage, deadline: Instant, octets: &mut usize) -> Result<Vec<u8>, SendError> {
    let mut line = Vec::new();
    let mut octet = [0_u8];
    loop {
        let read = match stream.read(&mut octet) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(|error| SendError::io(stage, error))?,
        };
        if read == 0 {
            return Err(SendError::new(stage, Cause::Closed));
        }
        *octets += 1;
        line.extend_from_slice(&octet);
        if octet == *b"\n" {
            return Ok(line);
        }
        if *octets > MAX_REPLY_OCTETS || (line.len() > 4 && split(&line).is_none()) {
            return Err(not_smtp(stage, &line));
        }
        if Instant::now() > deadline {
            return Err(SendError::new(stage, Cause::TimedOut));
        }
    }
}

/// Code, whether the line is the last one, and text.
fn split(line: &[u8]) -> Option<(u16, bool, String)> {
    let code = std::str::from_utf8(line.get(..3)?).ok()?.parse::<u16>().ok().filter(|code| (200..600).contains(code))?;
    let last = match line.get(3)? {
        b'-' => false,
        b' ' | b'\r' | b'\n' => true,
        _ => return None,
    };
    let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).trim_end().to_owned();
    Some((code, last, text))
}

fn not_smtp(stage: Stage, line: &[u8]) -> SendError {
    SendError::new(stage, Cause::NotSmtp { text: fit(&String::from_utf8_lossy(line)) })
}
