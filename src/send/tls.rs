//! The connection itself: TCP, and TLS over it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector, TlsStream};

use super::ServerAccess;
use super::error::{Cause, SendError, Stage};
use super::reply::fit;

/// A connection with time-outs on every read and write.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the first address of the host that answers.
pub(super) fn connect(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, SendError> {
    let failed = |error| SendError::io(Stage::Connect, error);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", fit(host)));
    for address in (host, port).to_socket_addrs().map_err(failed)? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                set_timeouts(&stream, timeout).map_err(failed)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn set_timeouts(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    stream.set_nodelay(true)
}

/// Makes the connector: TLS 1.2 or newer, host names checked, extra roots from `ca_file`.
pub(super) fn connector(access: &ServerAccess) -> Result<TlsConnector, SendError> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    if let Some(path) = &access.ca_file {
        let unusable = || SendError::new(Stage::Tls, Cause::CaFile { path: path.clone() });
        for certificate in certificates(path).ok_or_else(unusable)? {
            builder.add_root_certificate(certificate);
        }
    }
    builder.build().map_err(|error| broken(&error))
}

/// Every certificate of a PEM file; `None` when there is none or one is broken.
fn certificates(path: &Path) -> Option<Vec<Certificate>> {
    let text = std::fs::read_to_string(path).ok()?;
    let end = "-----END CERTIFICATE-----";
    let begin = "-----BEGIN CERTIFICATE-----";
    let blocks = text.split_inclusive(end).filter_map(|block| block.get(block.find(begin)?..));
    let certificates: Option<Vec<Certificate>> = blocks.map(|block| Certificate::from_pem(block.as_bytes()).ok()).collect();
    certificates.filter(|certificates| !certificates.is_empty())
}

fn broken(error: &native_tls::Error) -> SendError {
    SendError::new(Stage::Tls, Cause::Tls { text: fit(&error.to_string()) })
}

impl Stream {
    /// Turns the plain connection into a protected one.
    pub fn protect(self, connector: &TlsConnector, host: &str) -> Result<Self, SendError> {
        let Self::Plain(tcp) = self else { return Ok(self) };
        match connector.connect(host, tcp) {
            Ok(stream) => Ok(Self::Tls(Box::new(stream))),
            Err(HandshakeError::Failure(error)) => Err(broken(&error)),
            // The socket blocks, so this is its time-out.
            Err(HandshakeError::WouldBlock(_)) => Err(SendError::new(Stage::Tls, Cause::TimedOut)),
        }
    }

    /// Tells whether the other end is this machine.
    pub fn is_local(&self) -> bool {
        self.tcp().peer_addr().is_ok_and(|peer| peer.ip().is_loopback())
    }

    pub fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.tcp().set_read_timeout(Some(timeout))
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(octets),
            Self::Tls(tls) => tls.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
