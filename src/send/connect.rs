//! Connection and TLS, both within one time limit.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::error::clean;
use super::{Reply, Security, SendError, SmtpServer, Stage};

type SmtpError = lettre::transport::smtp::Error;

/// Connects, greets, and sets up TLS unless the server is on this machine and none is wanted.
pub(super) fn connect(server: &SmtpServer) -> Result<SmtpConnection, SendError> {
    let tls = match server.security {
        Security::None => None,
        Security::Implicit | Security::StartTls => Some(tls_parameters(server)?),
    };
    let mut connection = open(server, tls.clone())?;
    if let (Security::StartTls, Some(tls)) = (server.security, tls) {
        start_tls(server, &mut connection, &tls)?;
    }
    Ok(connection)
}

/// Look-up, connection, handshake and greeting in a thread of their own, because
/// neither the look-up nor the handshake has a time limit that could be set.
fn open(server: &SmtpServer, tls: Option<TlsParameters>) -> Result<SmtpConnection, SendError> {
    let (report, outcome) = mpsc::channel();
    let mine = server.clone();
    let thread = std::thread::Builder::new().name("smtp connect".into()).spawn(move || {
        // Nobody may be waiting any more; the connection is closed then.
        let _ = report.send(open_within(&mine, tls.as_ref()));
    });
    thread.map_err(|error| unreachable(server, &error.to_string()))?;
    match outcome.recv_timeout(server.timeout) {
        Ok(opened) => opened,
        Err(RecvTimeoutError::Timeout) => Err(unreachable(server, &no_answer(server.timeout))),
        Err(RecvTimeoutError::Disconnected) => Err(unreachable(server, "the connection was given up")),
    }
}

fn open_within(server: &SmtpServer, tls: Option<&TlsParameters>) -> Result<SmtpConnection, SendError> {
    let addresses: Vec<SocketAddr> =
        (server.host.as_str(), server.port).to_socket_addrs().map_err(|error| unreachable(server, &error.to_string()))?.collect();
    if server.security == Security::None && !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(SendError::Settings(format!(
            "{} is not on this machine, so `tls = \"none\"` would send passwords and mail in the clear",
            server.address()
        )));
    }
    let implicit = tls.filter(|_| server.security == Security::Implicit);
    SmtpConnection::connect(addresses.as_slice(), Some(server.timeout), &ClientId::default(), implicit, None)
        .map_err(|error| not_opened(server, &error))
}

fn not_opened(server: &SmtpServer, error: &SmtpError) -> SendError {
    if let Some(reply) = reply(error) {
        return SendError::Refused { server: server.address(), stage: Stage::Connecting, reply };
    }
    let why = network_trouble(error, server.timeout);
    if io_kind(error).is_none() && server.security == Security::Implicit && !error.is_response() {
        return SendError::Unprotected { server: server.address(), why };
    }
    unreachable(server, &why)
}

fn start_tls(server: &SmtpServer, connection: &mut SmtpConnection, tls: &TlsParameters) -> Result<(), SendError> {
    if !connection.can_starttls() {
        return Err(SendError::Unprotected { server: server.address(), why: "it does not offer STARTTLS".into() });
    }
    connection.starttls(tls, &ClientId::default()).map_err(|error| {
        let why = reply(&error).map_or_else(|| network_trouble(&error, server.timeout), |reply| reply.to_string());
        SendError::Unprotected { server: server.address(), why }
    })
}

fn tls_parameters(server: &SmtpServer) -> Result<TlsParameters, SendError> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.ca_file {
        let unusable = |why: &str| SendError::Settings(format!("the certificates in {} cannot be used: {}", path.display(), clean(why)));
        let pem = std::fs::read_to_string(path).map_err(|error| unusable(&error.to_string()))?;
        let certificates: Vec<&str> =
            pem.split_inclusive("-----END CERTIFICATE-----").filter(|part| part.contains("-----BEGIN CERTIFICATE-----")).collect();
        if certificates.is_empty() {
            return Err(unusable("there is none in the file"));
        }
        for certificate in certificates {
            let certificate = Certificate::from_pem(certificate.trim_start().as_bytes()).map_err(|error| unusable(&error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build_native().map_err(|error| SendError::Settings(format!("TLS cannot be set up: {}", clean(&error.to_string()))))
}

/// The server's negative answer, if the error is one.
pub(super) fn reply(error: &SmtpError) -> Option<Reply> {
    let code = u16::from(error.status()?);
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Some(Reply::new(code, &text))
}

/// What happened to the connection, in plain words.
pub(super) fn network_trouble(error: &SmtpError, timeout: Duration) -> String {
    match io_kind(error) {
        Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => no_answer(timeout),
        Some(io::ErrorKind::ConnectionRefused) => "nobody listens there".into(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof) => {
            "it closed the connection".into()
        }
        Some(io::ErrorKind::InvalidData) => "its answer is not text".into(),
        _ if error.to_string().contains("incomplete response") => "it closed the connection".into(),
        _ if error.is_response() => "its answer is not SMTP".into(),
        _ => clean(&std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)),
    }
}

/// The kind of the I/O error at the bottom, if there is one.
fn io_kind(error: &SmtpError) -> Option<io::ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = inner.source();
    }
    None
}

fn no_answer(timeout: Duration) -> String {
    format!("no answer within {} s", timeout.as_secs_f32())
}

fn unreachable(server: &SmtpServer, why: &str) -> SendError {
    SendError::Unreachable { server: server.address(), why: clean(why) }
}
