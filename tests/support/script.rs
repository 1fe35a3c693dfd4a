//! A scripted IMAP server for what a well-behaved one never does. Plain TCP on loopback, one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use postdesk::sync::endpoint::{Credential, Endpoint, Security, Timeouts};

#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes for the client; `{T}` stands for the tag of its last command.
    Send(Vec<u8>),
    /// Reads a line; after its tag it must begin with this.
    Expect(&'static str),
    /// Reads a line that carries no tag.
    ExpectLine(&'static str),
    /// Reads so many octets and the line end after them.
    Literal(usize),
    /// Says nothing more until the client goes away.
    Silence,
}

pub fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

#[allow(unused_imports)]
pub use Step::{Expect, ExpectLine, Literal, Silence};

/// A running script; `finish` tells whether the client kept to it.
pub struct Server {
    pub port: u16,
    thread: JoinHandle<Result<(), String>>,
}

impl Server {
    pub fn start(script: Vec<Step>) -> Self {
        Self::start_cut(script, usize::MAX)
    }

    /// Closes the line once `octets` have been sent.
    pub fn start_cut(script: Vec<Step>, octets: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().map_err(|error| error.to_string())?;
            drop(listener);
            play(stream, &script, octets)
        });
        Self { port, thread }
    }

    /// A login to this server, in the clear.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: "127.0.0.1".into(),
            port: self.port,
            tls: Security::None,
            user: "ana".into(),
            secret: Credential::password("hunter2"),
            ca_file: None,
        }
    }

    #[track_caller]
    pub fn finish(self) {
        if let Err(problem) = self.thread.join().expect("the script does not panic") {
            panic!("{problem}");
        }
    }
}

/// Patience for tests on a busy machine: two seconds.
pub fn patient() -> Timeouts {
    Timeouts { poll: Duration::from_millis(100), ..all(Duration::from_secs(2)) }
}

/// For tests of silence itself: 400 ms.
pub fn hasty() -> Timeouts {
    all(Duration::from_millis(400))
}

fn all(time: Duration) -> Timeouts {
    Timeouts { connect: time, read: time, write: time, append: time, poll: time }
}

/// Greeting and login; `capabilities` hold after it.
pub fn login(capabilities: &str) -> Vec<Step> {
    vec![
        send("* OK ready\r\n"),
        Expect("CAPABILITY"),
        send("* CAPABILITY IMAP4rev1\r\n{T} OK done\r\n"),
        Expect("LOGIN \"ana\" \"hunter2\""),
        send(format!("{{T}} OK [CAPABILITY IMAP4rev1 {capabilities}] in\r\n")),
    ]
}

/// A script made of parts.
pub fn script(parts: impl IntoIterator<Item = Vec<Step>>) -> Vec<Step> {
    parts.into_iter().flatten().collect()
}

fn play(stream: TcpStream, script: &[Step], mut octets: usize) -> Result<(), String> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(|error| error.to_string())?;
    let mut reader = BufReader::new(stream);
    let mut tag = String::new();
    for step in script {
        match step {
            Step::Send(bytes) => {
                let text = replaced(bytes, tag.as_bytes());
                let part = &text[..text.len().min(octets)];
                // The client may be gone already: that is its right after nonsense.
                if reader.get_mut().write_all(part).is_err() {
                    return Ok(());
                }
                octets -= part.len();
                if part.len() < text.len() || octets == 0 {
                    return Ok(());
                }
            }
            Step::Expect(command) => {
                let line = read_line(&mut reader)?;
                let (first, rest) = line.split_once(' ').unwrap_or_default();
                if !rest.starts_with(command) {
                    return Err(format!("expected {command:?}, the client sent {line:?}"));
                }
                first.clone_into(&mut tag);
            }
            Step::ExpectLine(expected) => {
                let line = read_line(&mut reader)?;
                if line.trim_end() != *expected {
                    return Err(format!("expected {expected:?}, the client sent {line:?}"));
                }
            }
            Step::Literal(size) => {
                let mut bytes = vec![0; size + 2];
                reader.read_exact(&mut bytes).map_err(|error| error.to_string())?;
            }
            Step::Silence => {
                let mut rest = Vec::new();
                let _ = reader.read_to_end(&mut rest);
            }
        }
    }
    Ok(())
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Result<String, String> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(0) => Err("the client closed the line too early".into()),
        Ok(_) => Ok(line),
        Err(error) => Err(error.to_string()),
    }
}

fn replaced(bytes: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, b"{T}") {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(tag);
        rest = &rest[at + 3..];
    }
    out.extend_from_slice(rest);
    out
}
