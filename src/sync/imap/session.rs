//! One logged-in session: commands out, answers in, IDLE.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::connect::{self, is_busy, line_failure, server_words};
use super::parse::{Code, StatusKind, Tagged, Untagged, parse_tagged, parse_untagged};
use super::wire::{Limits, Wire};
use crate::sync::endpoint::{Credential, Endpoint, Timeouts};
use crate::sync::refusal::Refusal;
use crate::sync::source::{SourceError, SourceResult, Trouble, Waker};

/// How long a server may take to begin or end IDLE.
const IDLE_ANSWER: Duration = Duration::from_secs(20);

/// What the server told about the selected folder beside the answers we asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    pub exists: u32,
    pub changed: bool,
}

/// A session after login. Any failure that is not a plain NO or BAD kills it.
#[derive(Debug)]
pub struct Session {
    inner: imap::Session<Wire>,
    wire: Wire,
    endpoint: Endpoint,
    timeouts: Timeouts,
    capabilities: BTreeSet<String>,
    unit: Vec<u8>,
    pub watch: Watch,
}

impl Session {
    /// Connects and logs in.
    pub fn open(endpoint: &Endpoint, timeouts: Timeouts) -> SourceResult<Self> {
        let (wire, offered) = connect::open(endpoint, timeouts, Limits::default())?;
        let inner = log_in(endpoint, &wire, &offered)?;
        let tagged = parse_tagged(&wire.last_tagged()).ok();
        let endpoint = endpoint.clone();
        let mut session = Self { inner, wire, endpoint, timeouts, capabilities: BTreeSet::new(), unit: Vec::new(), watch: Watch::default() };
        session.drain()?;
        // What was offered before login says nothing about afterwards.
        match tagged.and_then(|tagged| tagged.code) {
            Some(Code::Capability(list)) => session.capabilities = list.into_iter().collect(),
            _ => session.ask_capabilities()?,
        }
        Ok(session)
    }

    fn ask_capabilities(&mut self) -> SourceResult<()> {
        let mut list = Vec::new();
        self.expect_ok("CAPABILITY", &mut |untagged| {
            if let Untagged::Capability(names) = untagged {
                list = names;
            }
            Ok(())
        })?;
        self.capabilities = list.into_iter().collect();
        Ok(())
    }

    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// What the server offers after login, in capitals and in order.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.capabilities.iter().map(String::as_str)
    }

    /// How many messages one command may name (RFC 9738); most servers set no limit.
    pub fn message_limit(&self) -> u64 {
        let limit = self.capabilities.iter().find_map(|name| name.strip_prefix("MESSAGELIMIT=")?.parse().ok());
        limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX)
    }

    /// Where the session goes, for messages.
    pub fn address(&self) -> String {
        self.endpoint.address()
    }

    /// Runs a command; NO and BAD become errors.
    pub fn expect_ok(&mut self, command: &str, on: &mut dyn FnMut(Untagged<'_>) -> SourceResult<()>) -> SourceResult<Tagged> {
        let tagged = self.run(command, on)?;
        self.accept(command, tagged)
    }

    /// Turns NO and BAD into an error that names the command (its first word only) and the server's words.
    pub fn accept(&self, command: &str, tagged: Tagged) -> SourceResult<Tagged> {
        if tagged.kind == StatusKind::Ok {
            return Ok(tagged);
        }
        let mut words = command.split(' ');
        let verb = match words.next() {
            Some("UID") => format!("UID {}", words.next().unwrap_or_default()),
            first => first.unwrap_or_default().to_owned(),
        };
        let lacks_folder =
            matches!(tagged.code, Some(Code::TryCreate | Code::NonExistent)) || (tagged.code.is_none() && says_no_folder(&tagged.text));
        let trouble = if lacks_folder { Trouble::NoFolder } else { Trouble::Refused };
        let what = format!("{}: {verb} refused; the server says {}", self.address(), server_words(tagged.text.as_bytes()));
        let code = match &tagged.code {
            Some(Code::Other(name)) => Some(name.as_str()),
            Some(Code::ReadOnly) => Some("READ-ONLY"),
            _ => None,
        };
        Err(SourceError::new(trouble, what).refused_for(Refusal::read(tagged.kind == StatusKind::Bad, code, &tagged.text)))
    }

    /// Runs a command and hands untagged responses to `on` as they arrive.
    pub fn run(&mut self, command: &str, on: &mut dyn FnMut(Untagged<'_>) -> SourceResult<()>) -> SourceResult<Tagged> {
        self.write(command)?;
        self.answers(on)
    }

    /// Runs a command that ends in a literal (RFC 3501 §4.3), without waiting for leave where LITERAL+ allows it (RFC 7888).
    pub fn run_with_literal(&mut self, command: &str, literal: &[u8]) -> SourceResult<Tagged> {
        self.run_with_literals(command, "", &[literal])
    }

    /// Runs a command with several literals, and `between` before each but the first (RFC 3502).
    pub fn run_with_literals(&mut self, command: &str, between: &str, literals: &[&[u8]]) -> SourceResult<Tagged> {
        for (index, literal) in literals.iter().enumerate() {
            let at_once = self.can("LITERAL+") || (self.can("LITERAL-") && literal.len() <= 4096);
            let mark = format!("{{{}{}}}", literal.len(), if at_once { "+" } else { "" });
            if index == 0 {
                self.write(&format!("{command} {mark}"))?;
            } else {
                self.send(format!(" {between} {mark}\r\n").as_bytes())?;
            }
            if !at_once {
                if let Some(tagged) = self.continuation()? {
                    return Ok(tagged);
                }
            }
            self.send(literal)?;
        }
        self.wire.set_read_timeout(self.timeouts.append);
        let answer = self.send(b"\r\n").and_then(|()| self.answers(&mut |_| Ok(())));
        self.wire.set_read_timeout(self.timeouts.read);
        answer
    }

    fn send(&mut self, bytes: &[u8]) -> SourceResult<()> {
        self.wire.send(bytes).map_err(|error| self.line_failure(&error))
    }

    fn write(&mut self, command: &str) -> SourceResult<()> {
        self.drain()?;
        self.inner.run_command(command).map_err(|error| self.crate_failure(error))
    }

    /// Waits for `+`; a tagged line instead is the refusal.
    fn continuation(&mut self) -> SourceResult<Option<Tagged>> {
        loop {
            self.pull()?;
            match self.unit.first() {
                Some(b'*') => self.step(&mut |_| Ok(())).map(drop)?,
                Some(b'+') => return Ok(None),
                _ => return self.tagged().map(Some),
            }
        }
    }

    fn answers(&mut self, on: &mut dyn FnMut(Untagged<'_>) -> SourceResult<()>) -> SourceResult<Tagged> {
        loop {
            self.pull()?;
            match self.unit.first() {
                Some(b'*') => self.step(on)?,
                Some(b'+') => {}
                _ => return self.tagged(),
            }
        }
    }

    fn pull(&mut self) -> SourceResult<()> {
        let mut unit = std::mem::take(&mut self.unit);
        let result = self.wire.next_unit(&mut unit);
        self.unit = unit;
        result.map_err(|error| self.line_failure(&error))
    }

    /// Reads the untagged unit at hand, notes what it says of the folder and hands it on.
    fn step(&mut self, on: &mut dyn FnMut(Untagged<'_>) -> SourceResult<()>) -> SourceResult<()> {
        let unit = std::mem::take(&mut self.unit);
        let result = match parse_untagged(&unit) {
            Ok(untagged) => self.note(&untagged).and_then(|()| on(untagged)),
            Err(error) => Err(self.nonsense(&unit).because(error)),
        };
        self.unit = unit;
        result.inspect_err(|_| self.wire.kill())
    }

    fn tagged(&mut self) -> SourceResult<Tagged> {
        match parse_tagged(&self.unit) {
            Ok(tagged) if tagged.tag == self.wire.tag() => Ok(tagged),
            _ => {
                self.wire.kill();
                Err(self.nonsense(&self.unit))
            }
        }
    }

    fn note(&mut self, untagged: &Untagged<'_>) -> SourceResult<()> {
        match untagged {
            Untagged::Exists(count) => {
                self.watch.changed |= *count != self.watch.exists;
                self.watch.exists = *count;
            }
            Untagged::Expunge(_) => {
                self.watch.exists = self.watch.exists.saturating_sub(1);
                self.watch.changed = true;
            }
            Untagged::Vanished { earlier: false, uids } => {
                self.watch.exists = self.watch.exists.saturating_sub(u32::try_from(uids.len()).unwrap_or(u32::MAX));
                self.watch.changed = true;
            }
            Untagged::Status { kind: StatusKind::Bye, text, .. } => return Err(self.farewell(text)),
            Untagged::Status { code: Some(Code::Other(name)), text, .. } if name == "ALERT" => {
                tracing::warn!(server = %self.address(), "alert: {}", server_words(text.as_bytes()));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes in what arrived while nobody was asking.
    fn drain(&mut self) -> SourceResult<()> {
        let mut unit = std::mem::take(&mut self.unit);
        while self.wire.pop_inbox(&mut unit) {
            self.unit = unit;
            let mut touched = false;
            self.step(&mut |untagged| {
                touched |= matches!(untagged, Untagged::Fetch(_));
                Ok(())
            })?;
            self.watch.changed |= touched;
            unit = std::mem::take(&mut self.unit);
        }
        self.unit = unit;
        Ok(())
    }

    /// Idles (RFC 2177) until news, `until` or `waker`.
    pub fn idle(&mut self, until: Instant, waker: &Waker) -> SourceResult<()> {
        self.drain()?;
        if self.watch.changed {
            return Ok(());
        }
        // A line that died in silence shows when IDLE is to end: do not wait long for that answer.
        self.wire.set_read_timeout(self.timeouts.read.min(IDLE_ANSWER));
        self.wire.begin_idle(until, waker, self.watch.exists);
        let mut handle = self.inner.idle();
        handle.keepalive(false);
        let outcome = handle.wait_while(imap::extensions::idle::stop_on_any);
        drop(handle);
        self.wire.end_idle();
        self.wire.set_read_timeout(self.timeouts.read);
        self.drain()?;
        match outcome {
            Ok(_) if self.wire.is_dead() => Err(SourceError::new(Trouble::Unreachable, format!("{}: no answer to the end of IDLE", self.address()))),
            Ok(_) => Ok(()),
            Err(error) => {
                self.wire.kill();
                Err(self.crate_failure(error))
            }
        }
    }

    /// Listens without a command until something comes, `until` or `waker`.
    pub fn listen(&mut self, until: Instant, waker: &Waker) -> SourceResult<()> {
        let mut unit = std::mem::take(&mut self.unit);
        let came = self.wire.poll_unit(until, waker, &mut unit);
        self.unit = unit;
        if !came.map_err(|error| self.line_failure(&error))? {
            return Ok(());
        }
        if self.unit.starts_with(b"*") {
            return self.step(&mut |_| Ok(()));
        }
        self.wire.kill();
        Err(self.nonsense(&self.unit))
    }

    /// Says good-bye, waits a moment for the answer and closes the line.
    pub fn log_out(&mut self) {
        if !self.wire.is_dead() {
            self.wire.set_read_timeout(Duration::from_secs(2));
            // The answer is BYE, which ends the line either way.
            let _ = self.run("LOGOUT", &mut |_| Ok(()));
        }
        self.wire.kill();
    }

    /// Declares the session dead: somebody stopped reading in the middle.
    pub fn kill(&self) {
        self.wire.kill();
    }

    fn farewell(&self, text: &str) -> SourceError {
        let what = format!("{}: the server ended the session; it says {}", self.address(), server_words(text.as_bytes()));
        SourceError::new(Trouble::Unreachable, what)
    }

    fn nonsense(&self, unit: &[u8]) -> SourceError {
        let what = format!("{}: an answer that is not IMAP: {}", self.address(), server_words(unit));
        SourceError::new(Trouble::Protocol, what)
    }

    fn line_failure(&self, error: &std::io::Error) -> SourceError {
        line_failure(&self.endpoint, error)
    }

    /// The crate's errors quote what was sent; only their kind is told.
    fn crate_failure(&self, error: imap::Error) -> SourceError {
        crate_failure(&self.endpoint, &self.wire, error)
    }
}

fn crate_failure(endpoint: &Endpoint, wire: &Wire, error: imap::Error) -> SourceError {
    let mut unit = Vec::new();
    while wire.pop_inbox(&mut unit) {
        if let Ok(Untagged::Status { kind: StatusKind::Bye, text, .. }) = parse_untagged(&unit) {
            let what = format!("{}: the server ended the session; it says {}", endpoint.address(), server_words(text.as_bytes()));
            return SourceError::new(Trouble::Unreachable, what);
        }
    }
    match error {
        imap::Error::Io(error) => line_failure(endpoint, &error),
        imap::Error::ConnectionLost => SourceError::new(Trouble::Unreachable, format!("{}: the server closed the connection", endpoint.address())),
        _ => SourceError::new(Trouble::Protocol, format!("{}: an answer out of step", endpoint.address())),
    }
}

fn says_no_folder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["doesn't exist", "does not exist", "not exist", "unknown mailbox", "no such mailbox", "no such folder", "nonexistent"]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Proves who we are, by the strongest way both sides know.
fn log_in(endpoint: &Endpoint, wire: &Wire, offered: &[String]) -> SourceResult<imap::Session<Wire>> {
    let offers = |capability: &str| offered.iter().any(|name| name == capability);
    let mut client = imap::Client::new(wire.clone());
    // Tags nobody can guess: mail that looks like an answer cannot carry the right one.
    for _ in 0..getrandom::u32().unwrap_or(0) % (1 << 18) {
        client.skip_tag();
    }
    let user = endpoint.user.as_str();
    let (result, secret) = match &endpoint.secret {
        Credential::Token(token) => {
            let proof = Proof::new(format!("user={user}\x01auth=Bearer {}\x01\x01", token.as_str()));
            (client.authenticate("XOAUTH2", &proof), token)
        }
        Credential::Password(password) if !(user.is_ascii() && password.is_ascii()) && offers("AUTH=PLAIN") => {
            let proof = Proof::new(format!("\0{user}\0{}", password.as_str()));
            (client.authenticate("PLAIN", &proof), password)
        }
        Credential::Password(_) if offers("LOGINDISABLED") => {
            let what = format!("{}: the server allows no password on this line (LOGINDISABLED)", endpoint.address());
            return Err(SourceError::new(Trouble::Auth, what));
        }
        Credential::Password(password) if [user, password.as_str()].iter().any(|text| text.contains(['\r', '\n', '\0'])) => {
            let what = format!("{}: user or password holds a line end or a NUL", endpoint.address());
            return Err(SourceError::new(Trouble::Auth, what));
        }
        Credential::Password(password) => (client.login(user, password.as_str()), password),
    };
    result.map_err(|(error, _client)| login_failure(endpoint, wire, error, secret))
}

fn login_failure(endpoint: &Endpoint, wire: &Wire, error: imap::Error, secret: &str) -> SourceError {
    let refusal = matches!(error, imap::Error::No(_) | imap::Error::Bad(_)).then(|| parse_tagged(&wire.last_tagged()).ok()).flatten();
    let Some(tagged) = refusal else { return crate_failure(endpoint, wire, error) };
    wire.kill();
    // Servers may echo a command they did not understand.
    let text = if secret.is_empty() { tagged.text } else { tagged.text.replace(secret, "…") };
    let trouble = if is_busy(tagged.code.as_ref(), &text) { Trouble::Unreachable } else { Trouble::Auth };
    let what = format!("{}: login of {} refused; the server says {}", endpoint.address(), endpoint.user, server_words(text.as_bytes()));
    SourceError::new(trouble, what)
}

/// A SASL response sent once; a second challenge is the server's error and gets an empty line.
struct Proof(RefCell<Option<Zeroizing<String>>>);

impl Proof {
    fn new(response: String) -> Self {
        Self(RefCell::new(Some(Zeroizing::new(response))))
    }
}

impl imap::Authenticator for Proof {
    type Response = Zeroizing<String>;

    fn process(&self, _challenge: &[u8]) -> Zeroizing<String> {
        self.0.borrow_mut().take().unwrap_or_default()
    }
}
