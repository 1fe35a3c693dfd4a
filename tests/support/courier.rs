//! Courier's IMAP server (5.x) on a Maildir of its own.
//!
//! Its login service needs a daemon and a socket of the system. So the greeting and the login are
//! given here, as `imaplogin` would; from then on its `imapd` alone has the connection. Locks are waited for
//! with gamin's server, without which every wait takes a second.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::rawimap::RawImap;
use super::servers::Unpacked;

pub const USER: &str = "support";
const GAMIN: &str = "usr/libexec/gam_server";
const CAPABILITY: &str = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE";

/// A running server; dropped, it ends with its sessions.
pub struct Courier {
    pub port: u16,
    is_over: Arc<AtomicBool>,
    /// First the one that watches files.
    processes: Arc<Mutex<Vec<Child>>>,
    thread: Option<JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

impl Courier {
    /// `None` where it is not to be had, which is said.
    pub fn start() -> Option<Self> {
        let server = Unpacked::find("courier", "usr/bin/imapd")?;
        let dir = tempfile::Builder::new().prefix("pd").tempdir().unwrap();
        for part in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"] {
            fs::create_dir_all(dir.path().join("Maildir").join(part)).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let name = dir.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut watcher = server.command(GAMIN);
        watcher.args(["--notimeout", &name]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let processes = Arc::new(Mutex::new(vec![watcher.spawn().unwrap()]));
        let is_over = Arc::new(AtomicBool::new(false));
        let door = Door { server, name, home: dir.path().to_owned(), processes: Arc::clone(&processes) };
        let thread = thread::spawn({
            let (door, is_over) = (Arc::new(door), Arc::clone(&is_over));
            move || {
                while let Ok((stream, _)) = listener.accept() {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let door = Arc::clone(&door);
                    thread::spawn(move || door.let_in(stream));
                }
            }
        });
        Some(Self { port, is_over, processes, thread: Some(thread), _dir: dir })
    }

    pub fn imap(&self) -> RawImap {
        RawImap::login(self.port, USER).expect("a login")
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().map(JoinHandle::join);
        for mut process in self.processes.lock().unwrap().drain(..) {
            let _ = (process.kill(), process.wait());
        }
    }
}

/// What stands before a session.
struct Door {
    server: Unpacked,
    /// Under which gamin's server is found.
    name: String,
    home: PathBuf,
    processes: Arc<Mutex<Vec<Child>>>,
}

impl Door {
    fn let_in(&self, mut stream: TcpStream) -> Option<()> {
        stream.write_all(b"* OK ready\r\n").ok()?;
        loop {
            let line = read_line(&mut stream)?;
            let (tag, command) = line.split_once(' ')?;
            if command.to_ascii_uppercase().starts_with("LOGIN ") {
                return self.hand_over(stream, tag);
            }
            stream.write_all(format!("* CAPABILITY {CAPABILITY}\r\n{tag} OK done\r\n").as_bytes()).ok()?;
        }
    }

    /// The server answers the login itself.
    fn hand_over(&self, stream: TcpStream, tag: &str) -> Option<()> {
        let mut command = self.server.command("usr/bin/imapd");
        command.arg("Maildir").current_dir(&self.home).env("HOME", &self.home).env("AUTHENTICATED", USER).env("IMAPLOGINTAG", tag);
        command.env("IMAP_CAPABILITY", CAPABILITY).env("IMAP_USELOCKS", "1").env("IMAP_KEYWORDS", "1").env("IMAP_ENHANCEDIDLE", "0");
        command.env("GAM_CLIENT_ID", &self.name).env("GAMIN_DEBUG_SERVER", self.server.path(GAMIN));
        command.env("PROTOCOL", "IMAP").env("TCPREMOTEIP", "127.0.0.1").env("TCPREMOTEPORT", "1");
        let input: OwnedFd = stream.try_clone().ok()?.into();
        command.stdin(input).stdout(OwnedFd::from(stream)).stderr(Stdio::null());
        let mut processes = self.processes.lock().unwrap();
        processes.retain_mut(|process| process.try_wait().is_ok_and(|ended| ended.is_none()));
        processes.push(command.spawn().unwrap());
        Some(())
    }
}

/// Octet by octet: what comes behind the line is the server's.
fn read_line(stream: &mut TcpStream) -> Option<String> {
    let mut line = Vec::new();
    let mut octet = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut octet).ok()?;
        line.push(octet[0]);
    }
    String::from_utf8(line).ok().map(|line| line.trim_end().to_owned())
}
