//! The real program in a real terminal: keys in, a screen out.
//!
//! A thread reads what the program writes into a `vt100` terminal and keeps the
//! raw bytes; waiting means looking at that screen until it is as wanted or the
//! deadline has passed, and a failure shows the last screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsString;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::home::Home;

/// How long a test waits for the screen as a rule.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the program has drawn so far.
struct Seen {
    terminal: vt100::Parser,
    raw: Vec<u8>,
    /// When each piece of it came.
    arrivals: Vec<Instant>,
    ended: bool,
}

/// How a program answered a key.
#[derive(Clone, Copy, Debug)]
pub struct Pressed {
    /// From the key to the first thing drawn.
    pub first: Duration,
    /// From the key to the last thing drawn before it was quiet.
    pub last: Duration,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A program in a terminal; it is killed when this is dropped.
pub struct Screen {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    exit: Option<ExitStatus>,
    /// How the terminal treats keys and lines, as it was before the program.
    modes: String,
}

impl Screen {
    /// postdesk with a command, or with none, in a terminal of so many rows and columns.
    pub fn of(home: &Home, args: &[&str], size: (u16, u16)) -> Self {
        Self::start(Path::new(env!("CARGO_BIN_EXE_postdesk")), args, home.environment(), home.path(), size)
    }

    /// Starts a program with exactly this environment and `TERM=xterm-256color` in a terminal of so many rows and columns.
    pub fn start(
        program: &Path,
        args: &[&str],
        environment: impl IntoIterator<Item = (String, OsString)>,
        folder: &Path,
        (rows, columns): (u16, u16),
    ) -> Self {
        let pair = native_pty_system().openpty(size(rows, columns)).unwrap();
        let modes = modes(pair.master.as_ref());
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(folder);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let terminal = vt100::Parser::new(cells(rows), cells(columns), 0);
        let shared =
            Arc::new(Shared { seen: Mutex::new(Seen { terminal, raw: Vec::new(), arrivals: Vec::new(), ended: false }), changed: Condvar::new() });
        listen(pair.master.try_clone_reader().unwrap(), Arc::clone(&shared));
        let keys = pair.master.take_writer().unwrap();
        Self { shared, master: pair.master, keys, child, exit: None, modes }
    }

    /// Types. `<enter>`, `<esc>`, `<tab>`, `<up>`, `<down>`, `<left>`, `<right>`, `<pgup>`, `<pgdn>`,
    /// `<home>`, `<end>`, `<backspace>`, `<space>`, `<lt>` and `<ctrl-x>` are keys; the rest is text.
    pub fn send(&mut self, keys: &str) {
        self.send_bytes(&key_bytes(keys));
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the screen's text is as wanted and returns it.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&str) -> bool, patience: Duration) -> String {
        let deadline = Instant::now() + patience;
        let mut seen = self.shared.lock();
        loop {
            let text = seen.terminal.screen().contents();
            if wanted(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                let why = if seen.ended { "the program ended" } else { "the time was up" };
                panic!(
                    "{why} before the screen showed {what}. The last screen:\n{}\nThe last bytes: {:?}",
                    framed(seen.terminal.screen()),
                    tail(&seen.raw)
                );
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// Waits until this text stands on the screen.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) -> String {
        self.wait_for(&format!("{text:?}"), |screen| screen.contains(text), PATIENCE)
    }

    /// Waits until this text stands on the screen or the program has ended; tells whether it asks.
    #[track_caller]
    pub fn asks_or_ends(&self, text: &str) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.shared.lock();
        while !seen.ended && !seen.terminal.screen().contents().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "neither {text:?} nor an end. The last screen:\n{}", framed(seen.terminal.screen()));
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
        !seen.ended
    }

    /// Waits until this text is not on the screen any more.
    #[track_caller]
    pub fn wait_until_gone(&self, text: &str) -> String {
        self.wait_for(&format!("no {text:?}"), |screen| !screen.contains(text), PATIENCE)
    }

    /// Waits until nothing has been drawn for as long as `quiet`.
    pub fn settled(&self, quiet: Duration) {
        let mut seen = self.shared.lock();
        while !seen.ended {
            let left = quiet.saturating_sub(seen.arrivals.last().map_or(Duration::ZERO, Instant::elapsed));
            if left.is_zero() {
                return;
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// Types, and measures until nothing has been drawn for as long as `quiet`.
    #[track_caller]
    pub fn press(&mut self, keys: &str, quiet: Duration) -> Pressed {
        let before = self.shared.lock().arrivals.len();
        let begun = Instant::now();
        self.send(keys);
        let deadline = begun + PATIENCE;
        let mut seen = self.shared.lock();
        while seen.arrivals.len() == before {
            assert!(Instant::now() < deadline && !seen.ended, "nothing was drawn for {keys:?}:\n{}", framed(seen.terminal.screen()));
            seen = self.shared.changed.wait_timeout(seen, PATIENCE).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
        let first = seen.arrivals[before] - begun;
        drop(seen);
        self.settled(quiet);
        let last = self.shared.lock().arrivals.last().map_or(first, |last| *last - begun);
        Pressed { first, last }
    }

    /// The lines that are marked: by inverse video or a background.
    pub fn marked(&self) -> Vec<u16> {
        marked(self.shared.lock().terminal.screen())
    }

    /// Waits until the marked lines are as wanted.
    #[track_caller]
    pub fn wait_for_marked(&self, wanted: impl Fn(&Vec<u16>) -> bool, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut seen = self.shared.lock();
        while !wanted(&marked(seen.terminal.screen())) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.ended, "no other line was marked:\n{}", framed(seen.terminal.screen()));
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// The number of the process.
    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// The screen as it is now, line by line.
    pub fn text(&self) -> String {
        self.shared.lock().terminal.screen().contents()
    }

    /// Looks at the terminal itself, with its colours.
    pub fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shared.lock().terminal.screen())
    }

    /// Waits until nothing has been written for a moment.
    pub fn settle(&self) {
        let quiet = Duration::from_millis(300);
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.shared.lock();
        while Instant::now() < deadline && !seen.ended {
            let (guard, waited) = self.shared.changed.wait_timeout(seen, quiet).unwrap_or_else(std::sync::PoisonError::into_inner);
            seen = guard;
            if waited.timed_out() {
                return;
            }
        }
    }

    /// Everything the program has written.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// Changes the size of the terminal; the program gets SIGWINCH.
    pub fn resize(&self, rows: u16, columns: u16) {
        self.shared.lock().terminal.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Sends a signal by its name, e.g. `TERM`, to the program alone.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let done = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(done.success(), "kill -s {name} {id} failed");
    }

    /// Waits until the program has been stopped, as by the terminal's suspend key.
    #[track_caller]
    pub fn wait_stopped(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let path = format!("/proc/{}/stat", self.process());
        // The state stands behind the name, which is in brackets and may hold anything.
        while !std::fs::read_to_string(&path).unwrap().rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')) {
            assert!(Instant::now() < deadline, "the program did not stop");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the program's end and for all it wrote.
    #[track_caller]
    pub fn wait_exit(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        let mut seen = self.shared.lock();
        while !seen.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program did not end. The last screen:\n{}", framed(seen.terminal.screen()));
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
        drop(seen);
        let status = self.child.wait().unwrap();
        self.exit = Some(status.clone());
        status
    }

    /// Where the terminal's cursor is (row and column), if it can be seen.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.with_screen(|screen| (!screen.hide_cursor()).then(|| screen.cursor_position()))
    }

    /// Checks that the terminal is as it was: cooked, main screen, cursor shown, no mouse, no bracketed paste.
    #[track_caller]
    pub fn assert_restored(&self) {
        let seen = self.shared.lock();
        let screen = seen.terminal.screen();
        let mut wrong = Vec::new();
        if screen.alternate_screen() {
            wrong.push("the alternate screen is still on");
        }
        if screen.hide_cursor() {
            wrong.push("the cursor is hidden");
        }
        if screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None {
            wrong.push("the mouse is still captured");
        }
        if screen.bracketed_paste() {
            wrong.push("bracketed paste is still on");
        }
        if modes(self.master.as_ref()) != self.modes {
            wrong.push("keys and lines are not treated as before (raw mode)");
        }
        assert!(wrong.is_empty(), "{}. The last bytes: {:?}", wrong.join(", "), tail(&seen.raw));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.exit.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// How the terminal treats keys and lines.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Lines that begin in inverse video or on a background of their own.
fn marked(screen: &vt100::Screen) -> Vec<u16> {
    let is_marked = |row: &u16| screen.cell(*row, 1).is_some_and(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default);
    (0..screen.size().0.get()).filter(is_marked).collect()
}

/// A terminal has at least one row and one column.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// Reads until the terminal's other side is closed, which on Linux shows as an error.
fn listen(mut output: Box<dyn std::io::Read + Send>, shared: Arc<Shared>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        loop {
            let read = output.by_ref().read(&mut buffer).unwrap_or(0);
            let now = Instant::now();
            let mut seen = shared.lock();
            seen.arrivals.push(now);
            seen.terminal.process(&buffer[..read]);
            seen.raw.extend(&buffer[..read]);
            seen.ended = read == 0;
            shared.changed.notify_all();
            if read == 0 {
                return;
            }
        }
    });
}

/// The screen in a frame, so that blanks and empty lines can be seen.
fn framed(screen: &vt100::Screen) -> String {
    let columns = screen.size().1.get();
    let bar = "-".repeat(usize::from(columns));
    let rows: Vec<String> = screen.rows(0, columns).map(|row| format!("|{row}")).collect();
    format!("+{bar}\n{}\n+{bar}", rows.join("\n"))
}

fn tail(raw: &[u8]) -> String {
    String::from_utf8_lossy(&raw[raw.len().saturating_sub(200)..]).into_owned()
}

fn key_bytes(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(open) = rest.find('<') {
        let close = rest[open..].find('>').map_or_else(|| panic!("`<` without `>` in {keys:?}; write <lt>"), |at| open + at);
        bytes.extend(rest[..open].bytes());
        bytes.extend(named_key(&rest[open + 1..close]));
        rest = &rest[close + 1..];
    }
    bytes.extend(rest.bytes());
    bytes
}

fn named_key(name: &str) -> Vec<u8> {
    if let Some(letter) = name.strip_prefix("ctrl-").and_then(|letter| letter.bytes().next()) {
        return vec![letter.to_ascii_lowercase() & 0x1f];
    }
    let text = match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        "backspace" => "\x7f",
        "space" => " ",
        "lt" => "<",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        _ => panic!("unknown key <{name}>"),
    };
    text.as_bytes().to_vec()
}
