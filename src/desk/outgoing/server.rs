//! Where mail leaves: the configured server or command, with its secret fetched.

use std::time::Duration;

use crate::config::{Server, Smtp, TlsMode};
use crate::desk::network::endpoint;
use crate::desk::{Desk, DeskResult};
use crate::send;
use crate::sync::endpoint::Credential;

impl Desk {
    /// How mail leaves, with the secret fetched.
    pub(super) fn smtp_access(&self) -> DeskResult<send::SmtpAccess> {
        match &self.setup.desk.smtp {
            None => Err(self.cannot_send()),
            Some(Smtp::Command(command)) => Ok(send::SmtpAccess::Command(command.clone())),
            Some(Smtp::Folders(folder)) => Ok(send::SmtpAccess::Folders(folder.clone())),
            Some(Smtp::Server(server)) => Ok(send::SmtpAccess::Server(server_access(server, Duration::from_mins(1))?)),
        }
    }
}

/// A configured server with its secret fetched, given up after so long a silence.
pub(in crate::desk) fn server_access(server: &Server, timeout: Duration) -> DeskResult<send::ServerAccess> {
    Ok(send::ServerAccess {
        host: server.host.clone(),
        port: server.port,
        security: match server.tls {
            TlsMode::Implicit => send::Security::Implicit,
            TlsMode::StartTls => send::Security::StartTls,
            TlsMode::None => send::Security::None,
        },
        credential: credential(server)?,
        ca_file: server.ca_file.clone(),
        timeout,
    })
}

/// An error with its causes on one line, each said once.
pub(in crate::desk) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    });
    crate::domain::sanitise::line(&text).into_owned()
}

/// The login, with its secret fetched; none for a server that takes mail without one.
fn credential(server: &Server) -> DeskResult<Option<send::Credential>> {
    if server.user.is_empty() {
        return Ok(None);
    }
    let endpoint = endpoint(server)?;
    Ok(Some(match endpoint.secret {
        Credential::Password(secret) => send::Credential { user: endpoint.user, secret, kind: send::CredentialKind::Password },
        Credential::Token(secret) => send::Credential { user: endpoint.user, secret, kind: send::CredentialKind::Token },
    }))
}
