//! The transport under the `imap` crate: whole responses, limits, time-outs, wake-ups.
//!
//! The stream is cut into *units*, one response line with all its literals
//! (RFC 3501 §7). Nothing is consumed before a unit is whole, so a pause never
//! tears a line. The crate sees tagged lines and `+` only, and those masked to
//! plain ASCII; untagged units go to our own parser. After any failure the wire
//! is dead and says so at once instead of blocking again.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use memchr::memchr;
use native_tls::TlsStream;

use super::line::{command_tag, is_news, literal_size, masked_continuation, masked_tagged, may_have_literals};
use crate::sync::slumber::{self, Vigil, WallClock};
use crate::sync::source::{Waker, Woke};

/// A blocked read looks this often whether somebody wakes it.
const SLICE: Duration = Duration::from_millis(100);
const CHUNK: usize = 64 * 1024;
/// Untagged units kept while the crate conducts LOGIN or IDLE.
const INBOX_OCTETS: usize = 16 * 1024 * 1024;

/// What one response may weigh, in octets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub line: usize,
    pub literal: usize,
    pub unit: usize,
}

impl Default for Limits {
    /// A SEARCH answer of a million UIDs is one line of 8 MB; mails above 128 MiB exist on no provider known.
    fn default() -> Self {
        Self { line: 16 << 20, literal: 128 << 20, unit: 160 << 20 }
    }
}

/// The socket, before or after the TLS handshake.
#[derive(Debug)]
pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Whether something can be read that the kernel does not know of.
    fn has_buffered(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.buffered_read_size().unwrap_or(1) > 0,
        }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Plain(stream) => stream.as_fd(),
            Self::Tls(stream) => stream.get_ref().as_fd(),
        }
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Tls(stream) => stream.read(buf),
        }
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buf),
            Self::Tls(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Sets the socket options the wire relies on: short slices, no delay.
pub fn tame(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(SLICE))
}

/// How an IDLE ends from our side.
#[derive(Clone, Debug)]
struct Pause {
    until: Instant,
    waker: Waker,
}

impl Pause {
    fn is_due(&self) -> bool {
        self.waker.is_woken() || Instant::now() >= self.until
    }

    /// Waits until something can be read; `false` when the pause came first. A line over which the computer
    /// slept is taken for dead: its end would show only when it is used.
    fn awaits(&self, socket: BorrowedFd<'_>, watch: SleepWatch) -> io::Result<bool> {
        loop {
            let vigil = Vigil::by(watch.clock);
            let woke = self.waker.wait(Some(socket), self.until.min(Instant::now() + watch.every));
            if vigil.was_asleep() {
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "this computer was asleep"));
            }
            match woke {
                Woke::Readable => return Ok(true),
                Woke::TimedOut if Instant::now() < self.until => {}
                Woke::Called | Woke::TimedOut => return Ok(false),
            }
        }
    }
}

/// How it is noticed that the computer was asleep.
#[derive(Clone, Copy, Debug)]
struct SleepWatch {
    clock: WallClock,
    every: Duration,
}

/// What the crate is doing while it reads through the wire.
#[derive(Debug)]
enum Mode {
    Command,
    /// IDLE was sent; only `+` may answer.
    IdleStarting(Pause, u32),
    Idling(Pause, u32),
}

struct Inner {
    socket: Option<Socket>,
    chunk: Vec<u8>,
    inbuf: Vec<u8>,
    start: usize,
    limits: Limits,
    read_timeout: Duration,
    write_timeout: Duration,
    mode: Mode,
    tag: Vec<u8>,
    last_tagged: Vec<u8>,
    inbox: VecDeque<Vec<u8>>,
    inbox_octets: usize,
    for_crate: Vec<u8>,
    given: usize,
    dead: bool,
    sleep: SleepWatch,
}

/// A handle on the line; the `imap` crate owns one clone, the source another.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<Inner>>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// `socket` must have passed [`tame`].
    pub fn new(socket: Socket, read_timeout: Duration, write_timeout: Duration, limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            socket: Some(socket),
            chunk: vec![0; CHUNK],
            inbuf: Vec::new(),
            start: 0,
            limits,
            read_timeout,
            write_timeout,
            mode: Mode::Command,
            tag: Vec::new(),
            last_tagged: Vec::new(),
            inbox: VecDeque::new(),
            inbox_octets: 0,
            for_crate: Vec::new(),
            given: 0,
            dead: false,
            sleep: SleepWatch { clock: SystemTime::now, every: slumber::LOOK_EVERY },
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next unit, whatever it is; silence for the read time-out is an error.
    pub fn next_unit(&self, unit: &mut Vec<u8>) -> io::Result<()> {
        let mut inner = self.lock();
        if inner.pop_inbox(unit) {
            return Ok(());
        }
        inner.live(|inner| {
            let end = inner.unit(None)?.unwrap_or(0);
            inner.take_into(end, unit);
            Ok(())
        })
    }

    /// The next unit, or `false` when `until` has passed or `waker` is woken.
    pub fn poll_unit(&self, until: Instant, waker: &Waker, unit: &mut Vec<u8>) -> io::Result<bool> {
        let mut inner = self.lock();
        if inner.pop_inbox(unit) {
            return Ok(true);
        }
        let pause = Pause { until, waker: waker.clone() };
        inner.live(|inner| match inner.unit(Some(&pause))? {
            Some(end) => {
                inner.take_into(end, unit);
                Ok(true)
            }
            None => Ok(false),
        })
    }

    /// A unit that came while the crate was reading.
    pub fn pop_inbox(&self, unit: &mut Vec<u8>) -> bool {
        self.lock().pop_inbox(unit)
    }

    /// Sends bytes past the crate: a literal, or a line before there is a session.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.lock().live(|inner| inner.send(bytes))
    }

    /// The tag of the last command the crate wrote.
    pub fn tag(&self) -> Vec<u8> {
        self.lock().tag.clone()
    }

    /// The last tagged line the crate has been given, as the server wrote it.
    pub fn last_tagged(&self) -> Vec<u8> {
        self.lock().last_tagged.clone()
    }

    pub fn set_read_timeout(&self, timeout: Duration) {
        self.lock().read_timeout = timeout;
    }

    /// Makes the crate's IDLE end at `until`, by `waker`, or on news: anything but `exists` messages.
    pub fn begin_idle(&self, until: Instant, waker: &Waker, exists: u32) {
        self.lock().mode = Mode::IdleStarting(Pause { until, waker: waker.clone() }, exists);
    }

    pub fn end_idle(&self) {
        self.lock().mode = Mode::Command;
    }

    /// Takes the socket out for a TLS handshake; `None` when a byte is buffered
    /// that the handshake would never see (an injected response).
    pub fn take_plain(&self) -> Option<TcpStream> {
        let mut inner = self.lock();
        if inner.start < inner.inbuf.len() || !inner.inbox.is_empty() {
            return None;
        }
        match inner.socket.take() {
            Some(Socket::Plain(stream)) => Some(stream),
            other => {
                inner.socket = other;
                None
            }
        }
    }

    pub fn put(&self, socket: Socket) {
        self.lock().socket = Some(socket);
    }

    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Closes the line; every later call fails at once.
    pub fn kill(&self) {
        let mut inner = self.lock();
        inner.dead = true;
        inner.socket = None;
    }
}

impl Inner {
    /// Runs a step unless the line is dead; a failed step kills it.
    fn live<T>(&mut self, step: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        if self.dead {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the connection is closed"));
        }
        let result = step(self);
        if result.is_err() {
            self.dead = true;
            self.socket = None;
        }
        result
    }

    fn pop_inbox(&mut self, unit: &mut Vec<u8>) -> bool {
        match self.inbox.pop_front() {
            Some(first) => {
                self.inbox_octets = self.inbox_octets.saturating_sub(first.len());
                *unit = first;
                true
            }
            None => false,
        }
    }

    fn take_into(&mut self, end: usize, unit: &mut Vec<u8>) {
        unit.clear();
        unit.extend_from_slice(self.inbuf.get(self.start..self.start + end).unwrap_or_default());
        self.start += end;
    }

    /// The length of the whole unit that begins at `start`; `None` when `pause` came first.
    fn unit(&mut self, pause: Option<&Pause>) -> io::Result<Option<usize>> {
        let (mut scan, mut line) = (0, 0);
        loop {
            let pending = self.inbuf.get(self.start..).unwrap_or_default();
            let Some(at) = memchr(b'\n', pending.get(scan..).unwrap_or_default()) else {
                scan = pending.len().max(scan);
                check(scan - line <= self.limits.line, "a line longer than the limit")?;
                if !self.fill(pause)? {
                    return Ok(None);
                }
                continue;
            };
            let end = scan + at + 1;
            check(end - line <= self.limits.line, "a line longer than the limit")?;
            let has_literals = may_have_literals(pending);
            let Some(size) = pending.get(line..end).filter(|_| has_literals).and_then(literal_size) else {
                return Ok(Some(end));
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            check(size <= self.limits.literal, "a literal larger than the limit")?;
            check(end + size <= self.limits.unit, "a response larger than the limit")?;
            scan = end + size;
            line = scan;
            while self.inbuf.len() - self.start < scan {
                if !self.fill(pause)? {
                    return Ok(None);
                }
            }
        }
    }

    /// Reads more; `false` when `pause` came first.
    fn fill(&mut self, pause: Option<&Pause>) -> io::Result<bool> {
        self.compact();
        let silence = Instant::now() + self.read_timeout;
        let sleep = self.sleep;
        let Some(socket) = &mut self.socket else { return Err(io::ErrorKind::NotConnected.into()) };
        loop {
            if let Some(pause) = pause
                && !socket.has_buffered()
                && !pause.awaits(socket.as_fd(), sleep)?
            {
                return Ok(false);
            }
            match socket.read(&mut self.chunk) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
                Ok(count) => {
                    self.inbuf.extend_from_slice(self.chunk.get(..count).unwrap_or_default());
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_slice_end(&error) => match pause {
                    Some(pause) if pause.is_due() => return Ok(false),
                    None if Instant::now() >= silence => return Err(silent(self.read_timeout)),
                    _ => {}
                },
                Err(error) => return Err(error),
            }
        }
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.inbuf.drain(..self.start.min(self.inbuf.len()));
            self.start = 0;
        }
        if self.inbuf.len() < CHUNK && self.inbuf.capacity() > 64 * CHUNK {
            self.inbuf.shrink_to(CHUNK);
        }
    }

    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let mut deadline = Instant::now() + self.write_timeout;
        let Some(socket) = &mut self.socket else { return Err(io::ErrorKind::NotConnected.into()) };
        while !bytes.is_empty() {
            match socket.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    bytes = bytes.get(count..).unwrap_or_default();
                    deadline = Instant::now() + self.write_timeout;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_slice_end(&error) && Instant::now() < deadline => {}
                Err(error) if is_slice_end(&error) => return Err(silent(self.write_timeout)),
                Err(error) => return Err(error),
            }
        }
        socket.flush()
    }

    /// Reads one unit on behalf of the crate and puts it where it belongs; `false`: the IDLE is over.
    fn feed(&mut self) -> io::Result<bool> {
        let pause = match &self.mode {
            Mode::Idling(pause, _) => Some(pause.clone()),
            Mode::Command | Mode::IdleStarting(..) => None,
        };
        let Some(end) = self.unit(pause.as_ref())? else {
            self.mode = Mode::Command;
            return Ok(false);
        };
        let mut unit = Vec::new();
        self.take_into(end, &mut unit);
        match unit.first() {
            Some(b'*') => self.feed_untagged(unit),
            Some(b'+') => {
                self.feed_continuation(&unit);
                Ok(true)
            }
            _ => self.feed_tagged(unit),
        }
    }

    fn feed_untagged(&mut self, unit: Vec<u8>) -> io::Result<bool> {
        let is_bye = unit.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"* BYE"));
        let is_news = matches!(&self.mode, Mode::Idling(_, exists) if is_news(&unit, *exists));
        self.inbox_octets += unit.len();
        self.inbox.push_back(unit);
        check(self.inbox_octets <= INBOX_OCTETS, "too many untagged responses at once")?;
        if is_bye {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server said BYE"));
        }
        if is_news {
            self.mode = Mode::Command;
        }
        Ok(!is_news)
    }

    fn feed_continuation(&mut self, unit: &[u8]) {
        if let Mode::IdleStarting(pause, exists) = &self.mode {
            self.mode = Mode::Idling(pause.clone(), *exists);
        }
        self.for_crate = masked_continuation(unit);
        self.given = 0;
    }

    /// In IDLE a tagged line before DONE is an answer to nothing: the crate would panic or wait for ever.
    fn feed_tagged(&mut self, unit: Vec<u8>) -> io::Result<bool> {
        check(matches!(self.mode, Mode::Command), "a tagged answer in the middle of IDLE")?;
        self.for_crate = masked_tagged(&unit).ok_or_else(|| invalid("a line that is no IMAP response"))?;
        self.given = 0;
        self.last_tagged = unit;
        Ok(true)
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.lock();
        while inner.given >= inner.for_crate.len() {
            if !inner.live(Inner::feed)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        let ready = inner.for_crate.get(inner.given..).unwrap_or_default();
        let count = ready.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        inner.given += count;
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut inner = self.lock();
        if let Some(tag) = command_tag(buf) {
            inner.tag = tag.to_vec();
        }
        inner.live(|inner| inner.send(buf))?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl imap::extensions::idle::SetReadTimeout for Wire {
    /// The wire has its own deadlines; the crate's would be reset to "for ever" after each IDLE.
    fn set_read_timeout(&mut self, _timeout: Option<Duration>) -> imap::Result<()> {
        Ok(())
    }
}

/// A time-out of a socket slice; Linux says `WouldBlock`, Windows `TimedOut`.
pub fn is_slice_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn silent(timeout: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer for {} s", timeout.as_secs_f32()))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn check(holds: bool, what: &'static str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(invalid(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Shutdown, TcpListener};

    fn wire_to(bytes: &[u8], limits: Limits) -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        tame(&client).unwrap();
        server.write_all(bytes).unwrap();
        (Wire::new(Socket::Plain(client), Duration::from_millis(300), Duration::from_millis(300), limits), server)
    }

    fn small() -> Limits {
        Limits { line: 200, literal: 1000, unit: 2000 }
    }

    fn units(bytes: &[u8]) -> (Vec<String>, io::ErrorKind) {
        let (wire, server) = wire_to(bytes, small());
        server.shutdown(Shutdown::Write).unwrap();
        let (mut seen, mut unit) = (Vec::new(), Vec::new());
        loop {
            match wire.next_unit(&mut unit) {
                Ok(()) => seen.push(String::from_utf8_lossy(&unit).into_owned()),
                Err(error) => return (seen, error.kind()),
            }
        }
    }

    #[test]
    fn a_unit_holds_its_literals_even_when_they_look_like_answers() {
        let (seen, end) = units(b"* 1 FETCH (BODY[] {12}\r\na1 OK fake\r\n FLAGS ())\r\na1 OK done\r\n");
        assert_eq!(seen, ["* 1 FETCH (BODY[] {12}\r\na1 OK fake\r\n FLAGS ())\r\n", "a1 OK done\r\n"]);
        assert_eq!(end, io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn braces_in_free_text_are_no_literal() {
        let (seen, _) = units(b"* OK see {50}\r\na1 NO {9}\r\n* 2 EXISTS\r\n");
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn endless_lines_and_giant_literals_are_refused_before_they_are_read() {
        for bytes in [&b"* 1 FETCH (BODY[] {10737418240}\r\n"[..], &[b'x'; 300], b"* 1 FETCH (BODY[] {99999999999999999999999}\r\n"] {
            assert_eq!(units(bytes).1, io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn silence_ends_in_a_time_out_and_the_line_stays_dead() {
        let (wire, mut server) = wire_to(b"* 1 EXI", small());
        let mut unit = Vec::new();
        assert_eq!(wire.next_unit(&mut unit).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let _ = server.write_all(b"STS\r\n");
        assert_eq!(wire.next_unit(&mut unit).unwrap_err().kind(), io::ErrorKind::NotConnected);
    }

    #[test]
    fn a_pause_does_not_tear_a_line() {
        let (wire, mut server) = wire_to(b"* 1 EXI", small());
        let mut unit = Vec::new();
        assert!(!wire.poll_unit(Instant::now(), &Waker::default(), &mut unit).unwrap());
        server.write_all(b"STS\r\n").unwrap();
        wire.next_unit(&mut unit).unwrap();
        assert_eq!(unit, b"* 1 EXISTS\r\n");
    }

    #[test]
    fn a_line_over_which_the_computer_slept_is_dead_at_once() {
        /// An hour passes between any two looks.
        fn restless() -> SystemTime {
            static LOOKS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            SystemTime::now() + Duration::from_hours(1) * LOOKS.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
        }
        let (wire, _server) = wire_to(b"", small());
        let every = Duration::from_millis(5);
        wire.lock().sleep = SleepWatch { clock: SystemTime::now, every };
        let mut unit = Vec::new();
        assert!(!wire.poll_unit(Instant::now() + 4 * every, &Waker::default(), &mut unit).unwrap(), "who was awake goes on");

        wire.lock().sleep = SleepWatch { clock: restless, every };
        let begun = Instant::now();
        let outcome = wire.poll_unit(begun + Duration::from_mins(9), &Waker::default(), &mut unit);

        assert_eq!(outcome.unwrap_err().to_string(), "this computer was asleep");
        assert!(wire.is_dead() && begun.elapsed() < Duration::from_mins(5), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_response_that_comes_octet_by_octet_reads_the_same() {
        let text = b"* 1 FETCH (BODY[] {4}\r\n)\r\n) FLAGS ())\r\na1 OK done\r\n";
        let (wire, mut server) = wire_to(b"", small());
        let writer = std::thread::spawn(move || text.iter().for_each(|byte| server.write_all(&[*byte]).unwrap()));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        wire.next_unit(&mut first).unwrap();
        wire.next_unit(&mut second).unwrap();
        assert_eq!([first, second].concat(), text);
        writer.join().unwrap();
    }
}
