//! What can go wrong while sending, and what that means for the mail.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::HandoverError;
use crate::domain::sanitise;

/// How far sending had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything was contacted.
    Prepare,
    Connect,
    Greeting,
    Hello,
    Tls,
    Login,
    Sender,
    Recipients,
    /// From DATA to the last octet before the final dot.
    Data,
    /// The final dot may have reached the server.
    Accept,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "before connecting",
            Self::Connect => "while connecting",
            Self::Greeting => "waiting for the server's greeting",
            Self::Hello => "introducing ourselves",
            Self::Tls => "setting up TLS",
            Self::Login => "logging in",
            Self::Sender => "naming the sender",
            Self::Recipients => "naming the recipients",
            Self::Data => "handing over the mail",
            Self::Accept => "waiting for the server to take the mail",
        })
    }
}

/// What the server said to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientResult {
    pub address: String,
    pub accepted: bool,
    pub code: u16,
    /// Fit for a terminal.
    pub server_text: String,
}

/// Why it went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("the mail has no recipient")]
    NoRecipient,
    #[error("`{}` cannot be used as a mail address", sanitise::line(address))]
    BadAddress { address: String },
    #[error("line {line} of the mail is longer than 998 octets")]
    LineTooLong { line: usize },
    #[error("the network failed")]
    Network { source: io::Error },
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the server closed the connection")]
    Closed,
    #[error("what the server says is not SMTP: {text}")]
    NotSmtp { text: String },
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    #[error("TLS failed: {text}")]
    Tls { text: String },
    #[error("the server is not on this machine, and TLS is switched off")]
    Unprotected,
    #[error("the certificates in {} cannot be used", path.display())]
    CaFile { path: PathBuf },
    #[error("the server offers no way to log in that we know")]
    NoMechanism,
    #[error("the server refused the login: {code} {text}")]
    LoginRefused { code: u16, text: String },
    #[error("the server does not take addresses or text beyond ASCII")]
    NotAscii,
    #[error("the server said {code} {text}")]
    Refused { code: u16, text: String },
    #[error("the server refused {}", refused(results))]
    RecipientsRefused { results: Vec<RecipientResult> },
    #[error("the mail could not be marked as being sent")]
    Handover { source: HandoverError },
    #[error("the mail command could not be started")]
    CommandNotStarted { source: io::Error },
    #[error("the mail command ended with status {code}: {text}")]
    CommandFailed { code: i32, text: String },
    #[error("the mail command was stopped before it ended")]
    CommandStopped,
    #[error("the mail could not be written to {}", path.display())]
    NotFiled { path: PathBuf, source: io::Error },
}

fn refused(results: &[RecipientResult]) -> String {
    let refused = results.iter().filter(|result| !result.accepted);
    refused.map(|result| format!("{} ({} {})", sanitise::line(&result.address), result.code, result.server_text)).collect::<Vec<_>>().join(", ")
}

/// A mail that was not accepted, or of which nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("{cause} ({stage})")]
pub struct SendError {
    stage: Stage,
    #[source]
    cause: Cause,
}

impl SendError {
    pub(super) fn new(stage: Stage, cause: Cause) -> Self {
        Self { stage, cause }
    }

    pub(super) fn io(stage: Stage, source: io::Error) -> Self {
        let cause = match source.kind() {
            // A socket's time-out is `WouldBlock` on Linux.
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Cause::TimedOut,
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Cause::Closed
            }
            _ => Cause::Network { source },
        };
        Self { stage, cause }
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The mail may have gone out. Never true together with the questions below.
    pub fn is_uncertain(&self) -> bool {
        let told =
            matches!(self.cause, Cause::Refused { .. } | Cause::CommandFailed { .. } | Cause::CommandNotStarted { .. } | Cause::NotFiled { .. });
        self.stage == Stage::Accept && !told
    }

    /// Not sent; the same may work later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        !self.is_uncertain()
            && match &self.cause {
                Cause::Network { .. } | Cause::TimedOut | Cause::Closed | Cause::NotSmtp { .. } => true,
                Cause::Refused { code, .. } | Cause::LoginRefused { code, .. } => is_4xx(*code),
                Cause::RecipientsRefused { results } => results.iter().all(|result| result.accepted || is_4xx(result.code)),
                // EX_TEMPFAIL of sysexits.h.
                Cause::CommandFailed { code, .. } => *code == 75,
                _ => false,
            }
    }

    /// Not sent, and this mail will not be as it is.
    pub fn is_permanent(&self) -> bool {
        match &self.cause {
            Cause::NoRecipient | Cause::BadAddress { .. } | Cause::LineTooLong { .. } | Cause::NotAscii => true,
            Cause::Refused { code, .. } => self.stage >= Stage::Sender && !is_4xx(*code) && !self.is_auth(),
            Cause::RecipientsRefused { .. } => !self.is_transient(),
            Cause::CommandFailed { code, .. } => *code != 75,
            _ => false,
        }
    }

    /// Not sent: the password or token is wrong, expired, or not wanted.
    pub fn is_auth(&self) -> bool {
        match &self.cause {
            Cause::LoginRefused { code, .. } => !is_4xx(*code),
            Cause::NoMechanism => true,
            // 530 authentication required, 538 encryption required for it.
            Cause::Refused { code, .. } => matches!(code, 530 | 535 | 538),
            _ => false,
        }
    }

    /// What the server said, fit for a terminal; empty when it said nothing.
    pub fn server_text(&self) -> String {
        match &self.cause {
            Cause::Refused { code, text } | Cause::LoginRefused { code, text } => format!("{code} {text}"),
            Cause::NotSmtp { text } | Cause::CommandFailed { text, .. } => text.clone(),
            Cause::RecipientsRefused { results } => refused(results),
            _ => String::new(),
        }
    }

    /// What was said to each recipient, when it came to that.
    pub fn recipients(&self) -> &[RecipientResult] {
        match &self.cause {
            Cause::RecipientsRefused { results } => results,
            _ => &[],
        }
    }

    /// What the person can do about it.
    pub fn remedy(&self) -> &'static str {
        if self.is_uncertain() {
            return "look whether the mail is in Sent or has arrived before sending it again";
        }
        match &self.cause {
            Cause::NoRecipient | Cause::BadAddress { .. } => "correct the recipients and send again",
            Cause::LineTooLong { .. } => "break the long line and send again",
            Cause::Network { .. } | Cause::TimedOut | Cause::Closed => {
                "check the network, and host and port in the desk's [smtp] section; it waits in the outbox, and every `postdesk sync` tries it again"
            }
            Cause::NotSmtp { .. } => {
                "check host and port in the desk's [smtp] section; with tls = \"implicit\" the port is usually 465, with \"starttls\" 587"
            }
            Cause::NoStartTls => "check the port, or write tls = \"implicit\" into the desk's [smtp] section",
            Cause::Tls { .. } => {
                "check that host is the name in the server's certificate; for a certificate of your own write ca_file into the [smtp] section"
            }
            Cause::Unprotected => "write tls = \"starttls\" or \"implicit\" into the desk's [smtp] section",
            Cause::CaFile { .. } => "ca_file must be a PEM file with certificates that you may read",
            Cause::NoMechanism => {
                "if the server needs no login write user = \"\" into the [smtp] section; otherwise use another port or a token_command"
            }
            Cause::LoginRefused { .. } => {
                "check user and password in the desk's [smtp] section; a token has to be renewed, some providers need an app password"
            }
            Cause::NotAscii => "use addresses without special letters, or a server that supports SMTPUTF8",
            Cause::Refused { .. } if self.is_auth() => "the server wants a login: write user and password_command into the [smtp] section",
            Cause::Refused { .. } | Cause::RecipientsRefused { .. } if self.is_transient() => {
                "it waits in the outbox, and every `postdesk sync` tries it again"
            }
            Cause::RecipientsRefused { .. } => "nobody got the mail; correct or remove the refused recipients and send again",
            Cause::Refused { .. } => "read what the server says, change the mail and send again",
            Cause::Handover { .. } => "check that the data directory can be written",
            Cause::CommandNotStarted { .. } | Cause::CommandFailed { .. } | Cause::CommandStopped => {
                "check `command` in the desk's [smtp] section by hand"
            }
            Cause::NotFiled { .. } => "check that the folder can be written",
        }
    }
}

fn is_4xx(code: u16) -> bool {
    (400..500).contains(&code)
}
