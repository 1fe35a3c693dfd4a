//! A TCP proxy in front of a server, which breaks the line at the octet it is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// What happens to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Both ends see an orderly end.
    Close,
    /// Both ends see a reset (RST).
    Reset,
    /// Nothing passes any more, either way, and nobody is told.
    Stall,
    /// This way ends here; the other goes on.
    Truncate,
    /// Up to there every octet travels alone; nothing is lost.
    SingleOctets,
}

/// A break of one connection, once `at` octets have passed one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub way: Way,
    pub at: usize,
    pub what: Break,
}

/// What passed over one connection.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    pub to_server: Vec<u8>,
    pub to_client: Vec<u8>,
}

impl Traffic {
    /// How often the client gave a command.
    pub fn commands(&self, verb: &str) -> usize {
        let text = String::from_utf8_lossy(&self.to_server);
        // The first word of a line is the tag; text of a mail has no tag of four signs or more and a verb behind it.
        text.lines().filter(|line| line.split(' ').nth(1) == Some(verb) || line.split(' ').skip(1).take(2).eq(["UID", verb])).count()
    }
}

type Plan = Box<dyn FnMut() -> Option<Fault> + Send>;

/// A running proxy; dropped, it ends with all its connections.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    server: u16,
    is_over: AtomicBool,
    /// The server is out of reach.
    is_away: AtomicBool,
    plan: Mutex<Plan>,
    last: Mutex<Arc<Mutex<Traffic>>>,
    open: Mutex<Vec<Weak<Line>>>,
}

impl Proxy {
    /// Stands before a port of this machine.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            is_over: AtomicBool::new(false),
            is_away: AtomicBool::new(false),
            plan: Mutex::new(Box::new(|| None)),
            last: Mutex::default(),
            open: Mutex::default(),
        });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { port, shared, thread: Some(thread) }
    }

    /// The next connection, and only that, is broken.
    pub fn break_next(&self, fault: Fault) {
        let mut fault = Some(fault);
        self.break_as(move || fault.take());
    }

    /// Asked for every connection from here on.
    pub fn break_as(&self, plan: impl FnMut() -> Option<Fault> + Send + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
    }

    /// Ends every connection, and takes none until [`Proxy::give_back`].
    pub fn take_away(&self) {
        self.shared.is_away.store(true, Ordering::SeqCst);
        self.shared.end_all();
    }

    pub fn give_back(&self) {
        self.shared.is_away.store(false, Ordering::SeqCst);
    }

    /// What passed over the newest connection until now.
    pub fn traffic(&self) -> Traffic {
        self.shared.last.lock().unwrap().lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Ends the wait for the next connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.shared.end_all();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn accept(&self, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            if self.is_away.load(Ordering::SeqCst) {
                continue;
            }
            let Ok(server) = TcpStream::connect(("127.0.0.1", self.server)) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let fault = (self.plan.lock().unwrap())();
            let line = Arc::new(Line { client, server, fault, is_broken: AtomicBool::new(false), traffic: Arc::default() });
            *self.last.lock().unwrap() = Arc::clone(&line.traffic);
            let mut open = self.open.lock().unwrap();
            open.retain(|line| line.strong_count() > 0);
            open.push(Arc::downgrade(&line));
            for way in [Way::ToServer, Way::ToClient] {
                let line = Arc::clone(&line);
                thread::spawn(move || line.carry(way));
            }
        }
    }

    fn end_all(&self) {
        for line in self.open.lock().unwrap().drain(..).filter_map(|line| line.upgrade()) {
            line.shut();
        }
    }
}

/// One connection through the proxy.
struct Line {
    client: TcpStream,
    server: TcpStream,
    fault: Option<Fault>,
    /// Nothing is passed on any more.
    is_broken: AtomicBool,
    traffic: Arc<Mutex<Traffic>>,
}

impl Line {
    fn ends(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::ToServer => (&self.client, &self.server),
            Way::ToClient => (&self.server, &self.client),
        }
    }

    fn carry(&self, way: Way) {
        let (mut from, to) = self.ends(way);
        let fault = self.fault.filter(|fault| fault.way == way);
        let mut passed = 0;
        let mut buffer = vec![0; 16 << 10];
        loop {
            let size = from.read(&mut buffer).unwrap_or(0);
            if size == 0 || self.is_broken.load(Ordering::SeqCst) {
                break;
            }
            let piece = &buffer[..size];
            let end = match fault {
                Some(Fault { at, what, .. }) if what != Break::SingleOctets && at <= passed + size => at - passed,
                _ => size,
            };
            let in_single = fault.is_some_and(|fault| fault.what == Break::SingleOctets && passed < fault.at);
            if self.pass(way, to, &piece[..end], in_single).is_err() {
                break;
            }
            passed += end;
            if end < size || fault.is_some_and(|fault| fault.what != Break::SingleOctets && fault.at == passed) {
                self.break_off(way, fault.map_or(Break::Close, |fault| fault.what));
                return;
            }
        }
        if self.is_broken.load(Ordering::SeqCst) {
            // A line that stalls stays open until one end gives it up.
            return self.drain_to_end(from);
        }
        let _ = to.shutdown(Shutdown::Write);
    }

    fn pass(&self, way: Way, mut to: &TcpStream, bytes: &[u8], in_single: bool) -> std::io::Result<()> {
        {
            let mut traffic = self.traffic.lock().unwrap();
            match way {
                Way::ToServer => traffic.to_server.extend_from_slice(bytes),
                Way::ToClient => traffic.to_client.extend_from_slice(bytes),
            }
        }
        if !in_single {
            return to.write_all(bytes);
        }
        for octet in bytes {
            to.write_all(std::slice::from_ref(octet))?;
            // Long enough that the other end reads it alone.
            thread::sleep(Duration::from_micros(50));
        }
        Ok(())
    }

    fn break_off(&self, way: Way, what: Break) {
        let (from, to) = self.ends(way);
        match what {
            Break::Close | Break::SingleOctets => self.shut(),
            Break::Truncate => {
                let _ = to.shutdown(Shutdown::Write);
                drain(from);
            }
            Break::Stall => {
                self.is_broken.store(true, Ordering::SeqCst);
                self.drain_to_end(from);
            }
            Break::Reset => {
                self.is_broken.store(true, Ordering::SeqCst);
                for end in [&self.client, &self.server] {
                    // Closed like this, with the last owner gone, an end sends RST instead of FIN.
                    let _ = rustix::net::sockopt::set_socket_linger(end, Some(Duration::ZERO));
                    let _ = end.shutdown(Shutdown::Read);
                }
            }
        }
    }

    /// Swallows what still comes, then ends both sides.
    fn drain_to_end(&self, from: &TcpStream) {
        let is_reset = rustix::net::sockopt::socket_linger(from).is_ok_and(|linger| linger.is_some());
        if !is_reset {
            drain(from);
            self.shut();
        }
    }

    fn shut(&self) {
        let _ = (self.client.shutdown(Shutdown::Both), self.server.shutdown(Shutdown::Both));
    }
}

fn drain(mut from: &TcpStream) {
    let mut buffer = [0; 4096];
    while from.read(&mut buffer).is_ok_and(|size| size > 0) {}
}
