//! Mail out: hands the finished octets of one mail to a server, a command or a folder.
//!
//! Whatever goes wrong, the caller learns which of three things holds: the mail was
//! surely not accepted and may be tried again, it was refused for good, or nobody can
//! say whether the other side has it ([`SendError::is_uncertain`]).

mod command;
mod connect;
mod error;
mod folders;
mod login;
mod smtp;
mod wire;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

pub use error::{Reply, SendError, Stage};

/// Who the mail is from and to, as the servers see it (RFC 5321 §2.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go.
    pub from: String,
    /// Everybody, Bcc included; the same address twice gets one copy.
    pub to: Vec<String>,
}

/// The way mail leaves this desk.
#[derive(Clone, Debug)]
pub enum SmtpAccess {
    Server(SmtpServer),
    /// A program and its arguments which reads the mail from its standard input, like `sendmail -t`.
    Command(Vec<String>),
    /// A folder holding one Maildir per recipient, so that no mail leaves this machine.
    Folders(PathBuf),
}

/// A submission server, and who logs in to it.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Without a name nobody logs in.
    pub user: String,
    pub credential: Credential,
    /// PEM file with certificates trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// How long connecting as a whole, and each answer afterwards, may take.
    pub timeout: Duration,
}

impl SmtpServer {
    /// `host:port`, as it stands in messages; an IPv6 address gets its brackets.
    fn address(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

/// How the line to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, mandatory: a server that does not offer it is refused.
    StartTls,
    /// In the clear; only loopback addresses are accepted.
    None,
}

/// What proves who we are. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub enum Credential {
    Password(Zeroizing<String>),
    /// An OAuth 2.0 access token, sent by XOAUTH2.
    Token(Zeroizing<String>),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// The other side has taken the mail and is responsible for it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it said when it did, fit for the terminal; often its queue id.
    pub server_text: String,
}

/// Hands one mail over, to all recipients or to nobody.
///
/// `before_handover` is called once everything up to the content has been agreed to,
/// directly before the first octet of the mail goes out. If it returns an error, nothing
/// is sent. Line ends become CRLF on the way to a server and LF on the way to a
/// command or a folder; nothing else is changed.
///
/// # Errors
/// See [`SendError`]; its questions say what to do with the mail.
pub fn deliver(
    access: &SmtpAccess,
    envelope: &Envelope,
    bytes: &[u8],
    before_handover: &mut dyn FnMut() -> Result<(), String>,
) -> Result<Accepted, SendError> {
    let parcel = wire::Parcel::new(envelope, bytes)?;
    match access {
        SmtpAccess::Server(server) => smtp::deliver(server, &parcel, before_handover),
        SmtpAccess::Command(argv) => command::deliver(argv, &parcel, command::TIME_LIMIT, before_handover),
        SmtpAccess::Folders(root) => folders::deliver(root, &parcel, before_handover),
    }
}
