//! Hands a finished mail over: to an SMTP server, to a `sendmail`-like command,
//! or into local Maildir folders.
//!
//! The caller gets one of three certain answers, or learns that there is none:
//! accepted, not accepted (with the stage and the server's words), or uncertain,
//! when the connection broke after the whole mail had been handed over.

mod error;
mod local;
mod reply;
mod smtp;
mod tls;
mod wire;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

pub use error::{Cause, RecipientResult, SendError, Stage};

use crate::domain::address::is_addr_spec;

/// Who the mail is from and for, apart from its headers (RFC 5321 §2.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Empty for mail that must not be answered by machines (`<>`).
    pub from: String,
    pub to: Vec<String>,
}

/// By which way mail leaves.
#[derive(Clone, Debug)]
pub enum SmtpAccess {
    Server(ServerAccess),
    /// Program and arguments. With `-t` among them the recipients are given as a
    /// `Bcc` header, which such programs remove; without it, as arguments behind `--`.
    Command(Vec<String>),
    /// A folder that gets one Maildir per recipient address; nothing leaves the machine.
    Folders(PathBuf),
}

#[derive(Clone, Debug)]
pub struct ServerAccess {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// `None`: the server takes mail without a login.
    pub credential: Option<Credential>,
    /// An extra root of trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// For connecting and for each answer; the answer to the mail itself may take five times as long.
    pub timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Implicit,
    /// Mandatory: without it nothing is sent.
    StartTls,
    /// Refused unless the server is on this machine.
    None,
}

/// A login. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct Credential {
    pub user: String,
    pub secret: Zeroizing<String>,
    pub kind: CredentialKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// AUTH PLAIN or LOGIN.
    Password,
    /// AUTH XOAUTH2.
    Token,
}

impl Credential {
    pub fn password(user: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { user: user.into(), secret: Zeroizing::new(secret.into()), kind: CredentialKind::Password }
    }

    pub fn token(user: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { user: user.into(), secret: Zeroizing::new(secret.into()), kind: CredentialKind::Token }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The mail is the server's responsibility now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What the server said, fit for a terminal; often holds its queue id.
    pub server_text: String,
}

/// Why the caller does not want the mail to go out after all.
pub type HandoverError = Box<dyn std::error::Error + Send + Sync>;

/// Sends one mail to all recipients of the envelope, or to none of them.
///
/// `before_handover` is called once, when everything up to the mail itself has
/// been accepted, immediately before its first octet goes out. If it fails, nothing is sent.
///
/// # Errors
/// [`SendError`] tells the stage; only [`SendError::is_uncertain`] leaves open whether the mail went out.
pub fn deliver(
    access: &SmtpAccess,
    envelope: &Envelope,
    bytes: &[u8],
    before_handover: &mut dyn FnMut() -> Result<(), HandoverError>,
) -> Result<Accepted, SendError> {
    check(envelope)?;
    let lines = wire::crlf(bytes);
    if let Some(line) = wire::overlong_line(&lines) {
        return Err(SendError::new(Stage::Prepare, Cause::LineTooLong { line }));
    }
    match access {
        SmtpAccess::Server(server) => smtp::send(server, envelope, &lines, before_handover),
        SmtpAccess::Command(command) => local::run(command, envelope, &lines, before_handover),
        SmtpAccess::Folders(root) => local::file(root, envelope, &lines, before_handover),
    }
}

/// Logs in and out again without sending anything; what the server offers, each line of it fit for a terminal.
///
/// # Errors
/// As [`deliver`], up to the login.
pub fn probe(access: &ServerAccess) -> Result<Vec<String>, SendError> {
    let dialogue = smtp::log_in(access)?;
    let offers = dialogue.offered();
    dialogue.quit();
    Ok(offers)
}

/// Addresses that could carry a second command or recipient never reach the wire.
fn check(envelope: &Envelope) -> Result<(), SendError> {
    if envelope.to.is_empty() {
        return Err(SendError::new(Stage::Prepare, Cause::NoRecipient));
    }
    let from = (!envelope.from.is_empty()).then_some(&envelope.from);
    match envelope.to.iter().chain(from).find(|address| !is_addr_spec(address)) {
        Some(address) => Err(SendError::new(Stage::Prepare, Cause::BadAddress { address: address.clone() })),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
