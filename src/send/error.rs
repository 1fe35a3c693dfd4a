//! What can go wrong while a mail is handed over, and what it means for the mail.

use std::fmt;

use crate::domain::sanitise;

/// The longest piece of a server's text that is repeated, in characters.
const LONGEST_TEXT: usize = 400;

/// How far a delivery had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Looking at the mail and its addresses, before anything else.
    Preparing,
    Connecting,
    Securing,
    LoggingIn,
    Sender,
    Recipients,
    /// The server was asked whether it will take the content.
    Announcing,
    /// The mail is going out, or its answer is awaited.
    Content,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preparing => "preparing the mail",
            Self::Connecting => "connecting",
            Self::Securing => "setting up TLS",
            Self::LoggingIn => "logging in",
            Self::Sender => "naming the sender",
            Self::Recipients => "naming the recipients",
            Self::Announcing => "announcing the mail",
            Self::Content => "handing over the mail",
        })
    }
}

/// A negative answer of a server: its code and its text, fit for the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 400-599 (RFC 5321 §4.2.1).
    pub code: u16,
    pub text: String,
}

impl Reply {
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: clean(text) }
    }

    fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() { write!(f, "{}", self.code) } else { write!(f, "{} {}", self.code, self.text) }
    }
}

/// Why a mail was not accepted, or why nobody knows whether it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The mail or an address cannot be transported at all.
    #[error("the mail cannot be sent: {0}")]
    Unfit(String),
    /// The settings of this desk do not work.
    #[error("{0}")]
    Settings(String),
    #[error("cannot connect to {server}: {why}")]
    Unreachable { server: String, why: String },
    #[error("no protected connection to {server}: {why}")]
    Unprotected { server: String, why: String },
    /// Wrong password, token run out, or no common way to log in.
    #[error("{server} does not let `{user}` log in: {why}")]
    Login { server: String, user: String, why: String, is_transient: bool },
    #[error("{server} refused the mail while {stage}: {reply}")]
    Refused { server: String, stage: Stage, reply: Reply },
    /// At least one recipient was refused, so nobody got the mail.
    #[error("{server} refused {}; nothing was sent to anybody", named(.refused))]
    Recipients { server: String, refused: Vec<(String, Reply)> },
    /// The connection broke before the mail went out.
    #[error("the connection to {server} broke while {stage}: {why}; nothing was sent")]
    Lost { server: String, stage: Stage, why: String },
    /// The caller said no before the mail went out.
    #[error("nothing was sent: {0}")]
    NotBegun(String),
    /// The mail went out in part or in full and no answer came.
    #[error("{server} may or may not have taken the mail: {why}")]
    Uncertain { server: String, why: String },
    /// The mail command could not be run, or said no.
    #[error("the command `{program}` did not take the mail: {why}")]
    Command { program: String, why: String, is_transient: bool },
    #[error("the mail cannot be put into {folder}: {why}")]
    Folder { folder: String, why: String },
}

/// What is said of troubles that pass.
const AGAIN: &str = "It is tried again by itself.";

impl SendError {
    /// How far the delivery had come.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Unfit(_) | Self::Settings(_) => Stage::Preparing,
            Self::Unreachable { .. } => Stage::Connecting,
            Self::Unprotected { .. } => Stage::Securing,
            Self::Login { .. } => Stage::LoggingIn,
            Self::Recipients { .. } => Stage::Recipients,
            Self::Refused { stage, .. } | Self::Lost { stage, .. } => *stage,
            Self::NotBegun(_) => Stage::Announcing,
            Self::Uncertain { .. } | Self::Command { .. } | Self::Folder { .. } => Stage::Content,
        }
    }

    /// Surely not accepted, and the same mail may be taken later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Settings(_) | Self::Unreachable { .. } | Self::Unprotected { .. } | Self::Lost { .. } | Self::NotBegun(_) | Self::Folder { .. } => {
                true
            }
            Self::Login { is_transient, .. } | Self::Command { is_transient, .. } => *is_transient,
            Self::Refused { reply, .. } => reply.is_transient(),
            Self::Recipients { refused, .. } => refused.iter().all(|(_, reply)| reply.is_transient()),
            Self::Unfit(_) | Self::Uncertain { .. } => false,
        }
    }

    /// Surely not accepted, and the same mail will not be taken later either.
    pub fn is_permanent(&self) -> bool {
        !self.is_transient() && !self.is_uncertain()
    }

    /// The server does not accept who we say we are.
    pub fn is_auth(&self) -> bool {
        matches!(self, Self::Login { .. })
    }

    /// Nobody can say whether the mail was accepted; it must not be sent again unasked.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain { .. })
    }

    /// What a person can do about it, as a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unfit(_) => "Edit the mail or its addresses and send it again.",
            Self::Settings(_) => "Correct the smtp section of the desk's configuration; the mail waits in the outbox.",
            Self::Unreachable { .. } => "It is tried again by itself; check the network, and host and port in the smtp section.",
            Self::Unprotected { .. } => "Check `tls`, port and `ca_file` in the smtp section; mail is never sent unprotected over a network.",
            Self::Login { is_transient: true, .. } => AGAIN,
            Self::Recipients { .. } | Self::Refused { .. } | Self::Lost { .. } | Self::NotBegun(_) | Self::Folder { .. } if self.is_transient() => {
                AGAIN
            }
            Self::Login { .. } => "Check the user and its password or token command in the smtp section; the mail waits in the outbox.",
            Self::Recipients { .. } => "Correct or remove the refused addresses and send it again.",
            Self::Uncertain { .. } => {
                "It is looked for in Sent and never sent again by itself; ask the recipient before sending it again on purpose."
            }
            Self::Command { .. } => "Run the command by hand to see what it says, then try again; the mail is still in the outbox.",
            _ => "Read what the server says, edit the mail and send it again.",
        }
    }
}

/// A server's or program's text made one short line fit for the terminal.
pub(super) fn clean(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = sanitise::line(&words);
    if line.chars().count() <= LONGEST_TEXT {
        return line.into_owned();
    }
    let cut: String = line.chars().take(LONGEST_TEXT).collect();
    format!("{cut}…")
}

fn named(refused: &[(String, Reply)]) -> String {
    refused.iter().map(|(address, reply)| format!("{address} ({reply})")).collect::<Vec<_>>().join(", ")
}
