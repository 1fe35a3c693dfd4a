//! The terminal while the screen has it, and as it was before.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{BufWriter, Stdout, Write, stdout};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread::{self, ThreadId};

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use crate::tui::{self, Model};

/// Has the terminal from [`Screen::open`] until it is dropped: by an end, an error or a panic.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    /// Whether the terminal tells us of the pointer while we have it.
    mouse: bool,
}

/// Reports of buttons and the wheel alone, in the form without limits (1000 and 1006 of xterm):
/// the library's own way asks for every movement too, each of which would wake us up.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

impl Screen {
    /// Takes the terminal. A panic of this thread gives it back and says where the log is.
    pub fn open(log_folder: &Path, mouse: bool) -> std::io::Result<Self> {
        report_panics(thread::current().id(), log_folder.join("panic.log"));
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stdout())))?;
        let mut screen = Self { terminal, mouse };
        screen.enter()?;
        screen.repaint()?;
        Ok(screen)
    }

    pub fn draw(&mut self, model: &Model) -> std::io::Result<()> {
        self.terminal.draw(|frame| tui::view(model, frame)).map(|_| ())
    }

    /// Makes the next frame draw every cell.
    ///
    /// By a change to the same size: the library's own way asks the terminal where its
    /// cursor is, and many never answer.
    pub fn repaint(&mut self) -> std::io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Asks the terminal to copy a text (OSC 52); through tmux's passthrough if the terminal around it is meant.
    #[allow(clippy::unused_self, reason = "only who has the screen may write to the terminal")]
    pub fn copy(&mut self, text: &str, around_tmux: bool) -> std::io::Result<()> {
        let copy = CopyToClipboard::to_clipboard_from(text);
        if !around_tmux {
            return execute!(stdout(), copy);
        }
        let mut sequence = String::new();
        copy.write_ansi(&mut sequence).map_err(std::io::Error::other)?;
        // Inside the envelope each escape is doubled.
        write_out(&format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")))
    }

    /// Rings the terminal's bell.
    #[allow(clippy::unused_self, reason = "only who has the screen may write to the terminal")]
    pub fn ring(&mut self) -> std::io::Result<()> {
        write_out("\x07")
    }

    /// Columns and lines; a usual size if the terminal does not say.
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |size| (size.width, size.height))
    }

    pub fn enter(&mut self) -> std::io::Result<()> {
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        if self.mouse { write_out(MOUSE_ON) } else { Ok(()) }
    }

    /// Asks the terminal to tell of the pointer, or to keep it to itself.
    pub fn set_mouse(&mut self, on: bool) -> std::io::Result<()> {
        self.mouse = on;
        write_out(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    #[allow(clippy::unused_self, reason = "only who has the screen may take and leave the terminal")]
    pub fn leave(&mut self) -> std::io::Result<()> {
        leave()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone; there is nobody left to tell.
        let _ = leave();
    }
}

fn leave() -> std::io::Result<()> {
    // Whether it was on or not: who comes here by a panic cannot know.
    let mouse = write_out(MOUSE_OFF);
    let shown = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    disable_raw_mode()?;
    mouse.and(shown)
}

fn write_out(sequence: &str) -> std::io::Result<()> {
    let mut out = stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// Writes panics to a file. Only one of the screen's own thread ends the program,
/// so only that one gives the terminal back and speaks.
fn report_panics(screen_thread: ThreadId, log: PathBuf) {
    panic::set_hook(Box::new(move |panicked| {
        let written = append(&log, &format!("{} {panicked}\n", crate::domain::Timestamp::now()));
        if thread::current().id() == screen_thread {
            let _ = leave();
            let place = if written.is_ok() { format!("The details are in {}.", log.display()) } else { format!("{panicked}") };
            let _ = writeln!(std::io::stderr(), "postdesk: stopped by a mistake of its own. Drafts are saved. {place}");
        }
    }));
}

fn append(log: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = log.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(log)?.write_all(text.as_bytes())
}
