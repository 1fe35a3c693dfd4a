//! An SMTP server inside the test, which can misbehave at every step.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use native_tls::{Identity, TlsAcceptor};

/// What the server does at a step.
#[derive(Clone, Debug)]
pub enum Act {
    Say(&'static str),
    Close,
    Silent,
}

#[derive(Clone, Default)]
pub struct Script {
    rules: Vec<(String, Act)>,
    offers: Vec<String>,
    identity: Option<Identity>,
    implicit: bool,
}

impl Script {
    /// Sets what happens when a command begins with `verb`; `greeting` and `.` are steps too.
    pub fn on(mut self, verb: &str, act: Act) -> Self {
        self.rules.insert(0, (verb.to_owned(), act));
        self
    }

    pub fn offering(mut self, keyword: &str) -> Self {
        self.offers.push(keyword.to_owned());
        self
    }

    pub fn implicit(mut self, certificates: &Certificates) -> Self {
        self.identity = Some(certificates.identity());
        self.implicit = true;
        self
    }

    pub fn starttls(mut self, certificates: &Certificates) -> Self {
        self.identity = Some(certificates.identity());
        self.offering("STARTTLS")
    }

    fn act(&self, line: &str) -> Option<&Act> {
        self.rules.iter().find(|(verb, _)| line == verb || (verb != "." && line.starts_with(verb.as_str()))).map(|(_, act)| act)
    }
}

/// What a client said on its one connection.
#[derive(Debug, Default)]
pub struct Seen {
    pub commands: Vec<String>,
    /// With the dots still doubled, without the final one.
    pub payload: Vec<u8>,
}

pub struct Server {
    pub port: u16,
    seen: mpsc::Receiver<Seen>,
}

impl Server {
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, seen) = mpsc::channel();
        std::thread::spawn(move || {
            if let Ok((stream, _)) = listener.accept() {
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut talk = Talk { script, seen: Seen::default() };
                talk.run(stream);
                let _ = sender.send(talk.seen);
            }
        });
        Self { port, seen }
    }

    /// Waits for the connection to end.
    pub fn seen(&self) -> Seen {
        self.seen.recv_timeout(Duration::from_secs(10)).expect("the connection never ended")
    }
}

/// A port on which nobody listens.
pub fn closed_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

struct Talk {
    script: Script,
    seen: Seen,
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Talk {
    fn run(&mut self, stream: TcpStream) {
        if self.script.implicit {
            let Ok(tls) = self.acceptor().accept(stream) else { return };
            self.session(tls, true);
        } else if let Some(stream) = self.session(stream, true) {
            let Ok(tls) = self.acceptor().accept(stream) else { return };
            self.session(tls, false);
        }
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::new(self.script.identity.clone().unwrap()).unwrap()
    }

    /// Returns the stream when the client asked for STARTTLS.
    fn session<S: Wire>(&mut self, stream: S, greet: bool) -> Option<S> {
        let mut reader = BufReader::new(stream);
        if greet && !self.perform(&mut reader, "greeting", "220 ready") {
            return None;
        }
        loop {
            let mut line = String::new();
            if !matches!(reader.read_line(&mut line), Ok(1..)) {
                return None;
            }
            let line = line.trim_end().to_owned();
            self.seen.commands.push(line.clone());
            let usual = self.usual(&line);
            if !self.perform(&mut reader, &line, &usual) || line == "QUIT" {
                return None;
            }
            if line == "STARTTLS" {
                return Some(reader.into_inner());
            }
            if line == "DATA" && !self.receive(&mut reader) {
                return None;
            }
        }
    }

    fn usual(&self, line: &str) -> String {
        let verb = line.split(' ').next().unwrap_or_default();
        match verb {
            "EHLO" => {
                let lines: Vec<&str> = std::iter::once("test.example").chain(self.script.offers.iter().map(String::as_str)).collect();
                let last = lines.len() - 1;
                lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' })).collect::<Vec<_>>().join("\r\n")
            }
            "DATA" => "354 go on".into(),
            "STARTTLS" => "220 go".into(),
            "QUIT" => "221 bye".into(),
            "AUTH" if line == "AUTH LOGIN" => "334 VXNlcm5hbWU6".into(),
            // The user's name and the password in base64, as LOGIN sends them.
            "YW5h" => "334 UGFzc3dvcmQ6".into(),
            "AUTH" | "cHc=" => "235 welcome".into(),
            _ => "250 fine".into(),
        }
    }

    fn receive<S: Wire>(&mut self, reader: &mut BufReader<S>) -> bool {
        if self.script.act("DATA").is_some() {
            return true;
        }
        loop {
            let mut line = Vec::new();
            match reader.read_until(b'\n', &mut line) {
                Ok(1..) if line == b".\r\n" => return self.perform(reader, ".", "250 queued as 1"),
                Ok(1..) => self.seen.payload.extend_from_slice(&line),
                _ => return false,
            }
        }
    }

    /// Does what the script says, else the usual; `false` when the connection is over.
    fn perform<S: Wire>(&self, reader: &mut BufReader<S>, step: &str, usual: &str) -> bool {
        let said = match self.script.act(step) {
            Some(Act::Say(text)) => text,
            Some(Act::Close) => return false,
            Some(Act::Silent) => {
                // Until the client gives up.
                let _ = reader.read_to_end(&mut Vec::new());
                return false;
            }
            None => usual,
        };
        reader.get_mut().write_all(format!("{said}\r\n").as_bytes()).and_then(|()| reader.get_mut().flush()).is_ok()
    }
}

/// A self-signed certificate made by the `openssl` command.
pub struct Certificates(tempfile::TempDir);

impl Certificates {
    pub fn for_host(host: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .current_dir(&dir)
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "cert.pem"])
            .args(["-subj", &format!("/CN={host}"), "-addext", &format!("subjectAltName=DNS:{host}")])
            .output()
            .expect("the tests need the openssl command");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self(dir)
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("cert.pem")
    }

    fn identity(&self) -> Identity {
        let read = |name: &str| std::fs::read(self.0.path().join(name)).unwrap();
        Identity::from_pkcs8(&read("cert.pem"), &read("key.pem")).unwrap()
    }
}
