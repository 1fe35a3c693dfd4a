//! Where a mail server is and how to log in to it, as plain values.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

/// A server, and who logs in to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub tls: Security,
    pub user: String,
    pub secret: Credential,
    /// PEM file with certificates trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
}

impl Endpoint {
    /// `host:port`, as it stands in messages; an IPv6 address gets its brackets.
    pub fn address(&self) -> String {
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

impl Credential {
    pub fn password(text: impl Into<String>) -> Self {
        Self::Password(Zeroizing::new(text.into()))
    }

    pub fn token(text: impl Into<String>) -> Self {
        Self::Token(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// How long a server may be silent before it counts as gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name look-up, TCP connection, TLS handshake and greeting, each.
    pub connect: Duration,
    /// Silence while an answer is due.
    pub read: Duration,
    /// No progress while sending.
    pub write: Duration,
    /// Silence after an APPEND: servers wait for locks here, a minute is not rare.
    pub append: Duration,
    /// Pause between two NOOPs where the server has no IDLE.
    pub poll: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(15), read: seconds(60), write: seconds(60), append: seconds(90), poll: seconds(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let endpoint = Endpoint {
            host: "::1".into(),
            port: 993,
            tls: Security::Implicit,
            user: "ana".into(),
            secret: Credential::password("hunter2"),
            ca_file: None,
        };
        assert!(!format!("{endpoint:?} {:?}", Credential::token("ya29")).contains("hunter2"));
        assert_eq!(endpoint.address(), "[::1]:993");
    }
}
