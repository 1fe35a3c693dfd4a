//! From a host name to a greeted, protected line.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector, TlsStream};

use super::parse::{Code, StatusKind, Untagged, parse_untagged};
use super::wire::{Limits, Socket, Wire, tame};
use crate::domain::sanitise;
use crate::sync::endpoint::{Endpoint, Security, Timeouts};
use crate::sync::source::{SourceError, SourceResult, Trouble};

/// Connects, checks the greeting, protects the line as the endpoint demands and
/// returns it with what the server offers before login, in capitals.
///
/// Whatever the server said before TLS is forgotten.
pub fn open(endpoint: &Endpoint, timeouts: Timeouts, limits: Limits) -> SourceResult<(Wire, Vec<String>)> {
    let stream = dial(endpoint, timeouts.connect)?;
    tame(&stream).map_err(|error| unreachable_at(endpoint, &error))?;
    let socket = match endpoint.tls {
        Security::Implicit => Socket::Tls(Box::new(handshake(endpoint, stream, timeouts.connect)?)),
        Security::StartTls | Security::None => Socket::Plain(stream),
    };
    let wire = Wire::new(socket, timeouts.connect, timeouts.write, limits);
    let mut offered = greeting(endpoint, &wire)?;
    if endpoint.tls == Security::StartTls {
        start_tls(endpoint, &wire, timeouts.connect)?;
        offered = None;
    }
    let offered = match offered {
        Some(offered) => offered,
        None => capabilities(endpoint, &wire)?,
    };
    wire.set_read_timeout(timeouts.read);
    Ok((wire, offered))
}

/// Tries every address of the host in turn; the last failure is reported.
fn dial(endpoint: &Endpoint, timeout: Duration) -> SourceResult<TcpStream> {
    let addresses = resolve(endpoint, timeout)?;
    if endpoint.tls == Security::None && !addresses.iter().all(|address| address.ip().is_loopback()) {
        let what = format!("{}: tls = \"none\" is only for loopback addresses; passwords would travel in the clear", endpoint.address());
        return Err(SourceError::new(Trouble::Tls, what));
    }
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(unreachable_at(endpoint, &last))
}

/// Looks the name up on a thread of its own: the system's resolver knows no time-out.
fn resolve(endpoint: &Endpoint, timeout: Duration) -> SourceResult<Vec<SocketAddr>> {
    let host = endpoint.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
    }
    let (answer, answered) = mpsc::channel();
    let port = endpoint.port;
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody listens any more when the time-out has passed.
        let _ = answer.send(found);
    });
    match answered.recv_timeout(timeout) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(unreachable_at(endpoint, &error)),
        Err(_) => Err(unreachable_at(endpoint, &io::Error::new(io::ErrorKind::TimedOut, "the name could not be looked up in time"))),
    }
}

/// Says that nobody answers there, and why.
pub fn unreachable_at(endpoint: &Endpoint, error: &io::Error) -> SourceError {
    let why = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if error.get_ref().is_none() => "no answer".to_owned(),
        _ => sanitise::line(&error.to_string()).into_owned(),
    };
    SourceError::new(Trouble::Unreachable, format!("{}: {why}", endpoint.address()))
}

fn handshake(endpoint: &Endpoint, stream: TcpStream, timeout: Duration) -> SourceResult<TlsStream<TcpStream>> {
    let deadline = Instant::now() + timeout;
    let host = endpoint.host.trim_start_matches('[').trim_end_matches(']');
    let mut attempt = connector(endpoint)?.connect(host, stream);
    loop {
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(HandshakeError::WouldBlock(_)) if Instant::now() >= deadline => {
                return Err(SourceError::new(Trouble::Unreachable, format!("{}: no answer to the TLS handshake", endpoint.address())));
            }
            Err(HandshakeError::WouldBlock(half)) => attempt = half.handshake(),
            Err(HandshakeError::Failure(error)) => return Err(tls_failure(endpoint, &error)),
        }
    }
}

fn connector(endpoint: &Endpoint) -> SourceResult<TlsConnector> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    for certificate in extra_roots(endpoint)? {
        builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| SourceError::new(Trouble::Tls, format!("TLS cannot be set up: {error}")))
}

fn extra_roots(endpoint: &Endpoint) -> SourceResult<Vec<Certificate>> {
    let Some(path) = &endpoint.ca_file else { return Ok(Vec::new()) };
    let problem = |why: String| SourceError::new(Trouble::Tls, format!("ca_file {}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    let roots = Certificate::stack_from_pem(&pem).map_err(|error| problem(error.to_string()))?;
    if roots.is_empty() { Err(problem("no certificate in PEM form".to_owned())) } else { Ok(roots) }
}

/// Names the reason in plain words; the library's own words stay in `source`.
fn tls_failure(endpoint: &Endpoint, error: &native_tls::Error) -> SourceError {
    let text = error.to_string();
    let lower = text.to_ascii_lowercase();
    if ["unexpected eof", "connection reset", "broken pipe"].iter().any(|mark| lower.contains(mark)) {
        return SourceError::new(Trouble::Unreachable, format!("{}: the connection was closed during the TLS handshake", endpoint.address()))
            .because(text);
    }
    let known = [
        ("hostname mismatch", "the certificate is for another host name"),
        ("ip address mismatch", "the certificate is for another address"),
        ("has expired", "the certificate has expired"),
        ("not yet valid", "the certificate is not valid yet (is the clock right?)"),
        ("self-signed", "the certificate is signed by nobody this machine trusts"),
        ("self signed", "the certificate is signed by nobody this machine trusts"),
        ("unable to get local issuer", "the certificate is signed by nobody this machine trusts"),
        ("wrong version number", "the server does not speak TLS on this port (tls = \"starttls\"?)"),
        ("packet length too long", "the server does not speak TLS on this port (tls = \"starttls\"?)"),
        ("unsupported protocol", "the server only offers TLS versions that are broken"),
    ];
    let reason =
        known.iter().find(|(mark, _)| lower.contains(mark)).map_or_else(|| sanitise::line(&text).into_owned(), |(_, words)| (*words).to_owned());
    SourceError::new(Trouble::Tls, format!("{}: {reason}", endpoint.address())).because(text)
}

/// Reads the greeting; most servers say in it what they offer.
fn greeting(endpoint: &Endpoint, wire: &Wire) -> SourceResult<Option<Vec<String>>> {
    let mut unit = Vec::new();
    wire.next_unit(&mut unit).map_err(|error| line_failure(endpoint, &error))?;
    let no_imap = || SourceError::new(Trouble::Protocol, format!("{}: the greeting is not IMAP: {}", endpoint.address(), server_words(&unit)));
    match parse_untagged(&unit).map_err(|_| no_imap())? {
        Untagged::Status { kind: StatusKind::Ok, code: Some(Code::Capability(offered)), .. } => Ok(Some(offered)),
        Untagged::Status { kind: StatusKind::Ok, .. } => Ok(None),
        Untagged::Status { kind: StatusKind::Bye, text, .. } => Err(turned_away(endpoint, &text)),
        // A man in the middle uses PREAUTH to skip STARTTLS; and it would be somebody else's login.
        Untagged::Status { kind: StatusKind::Preauth, .. } => {
            Err(SourceError::new(Trouble::Tls, format!("{}: the server claims a login that never happened (PREAUTH); refused", endpoint.address())))
        }
        _ => Err(no_imap()),
    }
}

fn turned_away(endpoint: &Endpoint, text: &str) -> SourceError {
    SourceError::new(Trouble::Unreachable, format!("{}: turned away; the server says {}", endpoint.address(), server_words(text.as_bytes())))
}

fn start_tls(endpoint: &Endpoint, wire: &Wire, timeout: Duration) -> SourceResult<()> {
    let refused = |why: &str| SourceError::new(Trouble::Tls, format!("{}: {why}", endpoint.address()));
    if !capabilities(endpoint, wire)?.iter().any(|capability| capability == "STARTTLS") {
        return Err(refused("the server does not offer STARTTLS; refused, because passwords would travel in the clear"));
    }
    if !plain_command(endpoint, wire, "s1", "STARTTLS", &mut |_| {})? {
        return Err(refused("the server offers STARTTLS and refuses it"));
    }
    let stream = wire.take_plain().ok_or_else(|| refused("the server sent more after its OK to STARTTLS (an injection); refused"))?;
    wire.put(Socket::Tls(Box::new(handshake(endpoint, stream, timeout)?)));
    Ok(())
}

/// What the server offers before login, in capitals; empty when it refuses to say.
fn capabilities(endpoint: &Endpoint, wire: &Wire) -> SourceResult<Vec<String>> {
    let mut offered = Vec::new();
    plain_command(endpoint, wire, "s0", "CAPABILITY", &mut |untagged| {
        if let Untagged::Capability(list) = untagged {
            offered = list;
        }
    })?;
    Ok(offered)
}

/// Runs a command before there is a session; tells whether the answer was OK.
fn plain_command(endpoint: &Endpoint, wire: &Wire, tag: &str, command: &str, on: &mut dyn FnMut(Untagged<'_>)) -> SourceResult<bool> {
    let failed = |error: io::Error| line_failure(endpoint, &error);
    wire.send(format!("{tag} {command}\r\n").as_bytes()).map_err(failed)?;
    let mut unit = Vec::new();
    loop {
        wire.next_unit(&mut unit).map_err(failed)?;
        if unit.starts_with(b"* ") {
            match parse_untagged(&unit).unwrap_or(Untagged::Other) {
                Untagged::Status { kind: StatusKind::Bye, text, .. } => return Err(turned_away(endpoint, &text)),
                untagged => on(untagged),
            }
        } else if let Some(answer) = unit.strip_prefix(format!("{tag} ").as_bytes()) {
            return Ok(answer.get(..2).is_some_and(|status| status.eq_ignore_ascii_case(b"OK")));
        } else {
            return Err(SourceError::new(Trouble::Protocol, format!("{}: not an IMAP answer: {}", endpoint.address(), server_words(&unit))));
        }
    }
}

/// Sorts a failure of the line: nonsense and limits are the protocol's, the rest is the network's.
pub fn line_failure(endpoint: &Endpoint, error: &io::Error) -> SourceError {
    match error.kind() {
        io::ErrorKind::InvalidData => SourceError::new(Trouble::Protocol, format!("{}: the server sent {error}", endpoint.address())),
        _ => unreachable_at(endpoint, error),
    }
}

/// What a server said, fit to be shown: one line, at most 200 characters, in quotes.
pub fn server_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(1000)).unwrap_or_default()).trim().to_owned();
    let text: String = sanitise::line(&text).chars().take(200).collect();
    format!("“{text}”")
}

/// Tells whether a refusal of LOGIN is about the server's state, not about the password.
pub fn is_busy(code: Option<&Code>, text: &str) -> bool {
    let busy = ["too many", "simultaneous", "temporar", "try again", "throttled"];
    match code {
        Some(Code::Other(name)) => matches!(name.as_str(), "UNAVAILABLE" | "LIMIT" | "INUSE" | "SERVERBUG"),
        Some(Code::AuthenticationFailed) => false,
        _ => busy.iter().any(|mark| text.to_ascii_lowercase().contains(mark)),
    }
}
