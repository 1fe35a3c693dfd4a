//! The network role: one process per desk talks to the servers at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Desk, DeskError, DeskResult, Progress, wake};
use crate::config::{SecretSource, Server, Source, TlsMode, secret};
use crate::domain::Timestamp;
use crate::protocol::json::SyncReport;
use crate::sync::endpoint::{Credential, Endpoint, Security, Timeouts};
use crate::sync::imap::ImapSource;
use crate::sync::maildir::MaildirSource;
use crate::sync::source::{MailSource, SourceError};

/// How long a process waits for the one that holds the role to do its work.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Holds the role until dropped; a crash releases it too.
#[derive(Debug)]
pub(super) struct NetworkRole {
    _lock: File,
}

/// Who does the work.
pub(super) enum Turn {
    /// We do.
    Ours(NetworkRole),
    /// The holder has done it, and this is what it reported.
    Done(Box<SyncReport>),
}

impl Desk {
    /// Takes the role if it is free.
    pub(super) fn try_network_role(&self) -> DeskResult<Option<NetworkRole>> {
        let path = self.setup.places.data.join("network.lock");
        let failed = |error: &std::io::Error| DeskError::Failed {
            what: format!("cannot lock {}: {error}", path.display()),
            remedy: "Make the folder writable for you; a network file system without locks will not do.".into(),
        };
        let mut options = OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.create(true).truncate(false).write(true).open(&path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(NetworkRole { _lock: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }

    /// Whether nobody has the role at this moment, so that watching is worth a try.
    ///
    /// # Errors
    /// The lock cannot be tried.
    pub fn is_unwatched(&self) -> DeskResult<bool> {
        Ok(self.try_network_role()?.is_some())
    }

    /// Takes the role, or has the holder do a sync and waits for its report, and says that it does.
    pub(super) fn network_turn(&mut self, progress: &mut dyn FnMut(Progress)) -> DeskResult<Turn> {
        if let Some(role) = self.try_network_role()? {
            return Ok(Turn::Ours(role));
        }
        let question = self.store.ask_for_sync(Timestamp::now())?;
        self.ring();
        progress(waits_for_another(PATIENCE));
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(answer) = self.store.answer_to(question)? {
                let report: Result<SyncReport, String> = serde_json::from_str(&answer).unwrap_or_else(|error| Err(error.to_string()));
                return report.map(|report| Turn::Done(Box::new(report))).map_err(|what| DeskError::Server { what, remedy: String::new() });
            }
            // The holder may have ended without having seen the question.
            if let Some(role) = self.try_network_role()? {
                self.store.withdraw(question)?;
                return Ok(Turn::Ours(role));
            }
            thread::sleep(LOOK_EVERY);
        }
        Err(DeskError::Server {
            what: format!("another postdesk is using the network for desk `{}` and has not answered within {} s", self.name(), PATIENCE.as_secs()),
            remedy: "What you wrote is kept; try again when the other one has finished.".into(),
        })
    }

    /// Tells the holder of the role that there is something to do.
    pub(super) fn ring(&self) {
        wake::ring(&self.setup.places.data);
    }

    /// Opens the desk's mail source.
    pub(super) fn connect(&self) -> DeskResult<Box<dyn MailSource>> {
        match &self.setup.desk.source {
            Source::Maildir(path) => Ok(Box::new(MaildirSource::open(path).map_err(|error| source_error(&error))?)),
            Source::Imap(server) => {
                let endpoint = endpoint(server)?;
                Ok(Box::new(ImapSource::connect(&endpoint, Timeouts::default()).map_err(|error| source_error(&error))?))
            }
        }
    }
}

/// What somebody who looks on is told while another process uses the servers.
pub(super) fn waits_for_another(patience: Duration) -> Progress {
    let what = format!("waiting up to {} s for another postdesk (screen, sync)", patience.as_secs());
    Progress { what, done: 0, total: 0, bytes: 0 }
}

/// A configured server with its secret fetched.
pub(super) fn endpoint(server: &Server) -> DeskResult<Endpoint> {
    let secret = secret::resolve(&server.secret)
        .map_err(|error| DeskError::Failed { what: format!("{} for {}: {error}", server.user, server.host), remedy: error.remedy() })?;
    let text = secret.expose().to_owned();
    let credential = match server.secret {
        SecretSource::TokenCommand(_) => Credential::token(text),
        _ => Credential::password(text),
    };
    let tls = match server.tls {
        TlsMode::Implicit => Security::Implicit,
        TlsMode::StartTls => Security::StartTls,
        TlsMode::None => Security::None,
    };
    Ok(Endpoint { host: server.host.clone(), port: server.port, tls, user: server.user.clone(), secret: credential, ca_file: server.ca_file.clone() })
}

/// What went wrong with the source, with every cause that is known.
pub(super) fn source_error(error: &SourceError) -> DeskError {
    let mut what = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let text = next.to_string();
        if !what.contains(&text) {
            what.push_str(": ");
            what.push_str(&text);
        }
        cause = next.source();
    }
    DeskError::Server { what: crate::domain::sanitise::line(&what).into_owned(), remedy: error.remedy().to_owned() }
}
