//! The thread that reads keys, and how it is kept from reading a child's.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::{Happening, signals, tell};

/// How long to wait for the reader to stand still before a child gets the terminal all the same.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    paused: bool,
    standing: bool,
}

/// The reader of keys.
#[derive(Debug)]
pub(super) struct Keys {
    gate: Arc<Gate>,
}

/// While this lives, no key is read.
#[derive(Debug)]
pub(super) struct Pause<'a> {
    gate: &'a Gate,
}

impl Keys {
    pub fn start(to: Sender<Happening>) -> std::io::Result<Self> {
        let gate = Arc::new(Gate::default());
        let at = Arc::clone(&gate);
        thread::Builder::new().name("keys".into()).spawn(move || read(&at, &to))?;
        Ok(Self { gate })
    }

    /// Stops reading and returns when the reader stands still.
    ///
    /// The reader blocks in the terminal library, which returns for a change of
    /// size as well; so it is sent one, and finds the gate closed.
    pub fn pause(&self) -> Pause<'_> {
        let mut state = self.gate.lock();
        state.paused = true;
        signals::nudge_terminal_reader();
        let _ = self.gate.changed.wait_timeout_while(state, PATIENCE, |state| !state.standing);
        Pause { gate: &self.gate }
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.gate.lock().paused = false;
        self.gate.changed.notify_all();
    }
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stand_while_paused(&self) {
        let mut state = self.lock();
        state.standing = true;
        self.changed.notify_all();
        state = self.changed.wait_while(state, |state| state.paused).unwrap_or_else(PoisonError::into_inner);
        state.standing = false;
    }

    fn is_paused(&self) -> bool {
        self.lock().paused
    }
}

fn read(gate: &Gate, to: &Sender<Happening>) {
    loop {
        if gate.is_paused() {
            gate.stand_while_paused();
        }
        match crossterm::event::read() {
            Ok(event) => tell(to, Happening::Terminal(event)),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return tell(to, Happening::InputClosed),
        }
    }
}
