//! Signals: ending, stopping, coming back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::Sender;
use rustix::process::{Signal, kill_current_process_group};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::rest::Rest;
use super::{Happening, tell};

/// Somebody wants us to stop for a while.
pub(super) const STOP: i32 = SIGTSTP;
/// We go on after having been stopped.
pub(super) const CONTINUE: i32 = SIGCONT;

/// The thread that waits for signals.
#[derive(Debug)]
pub(super) struct Watch {
    child_runs: Arc<AtomicBool>,
}

/// While this lives, keys such as `ctrl-c` are the child's business.
#[derive(Debug)]
pub(super) struct ForChild<'a> {
    child_runs: &'a AtomicBool,
}

impl Watch {
    pub fn start(to: Sender<Happening>, rest: &Arc<Rest>) -> std::io::Result<Self> {
        let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT])?;
        let child_runs = Arc::new(AtomicBool::new(false));
        let child = Arc::clone(&child_runs);
        let rest = Arc::clone(rest);
        thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                match (signal, child.load(Ordering::SeqCst)) {
                    (SIGINT | SIGCONT, true) => {}
                    // The terminal has stopped the whole job; we must not be the one that goes on.
                    (SIGTSTP, true) => rest.stop(|| drop(low_level::emulate_default_handler(SIGTSTP))),
                    _ => tell(&to, Happening::Signal(signal)),
                }
            }
        })?;
        Ok(Self { child_runs })
    }

    pub fn for_child(&self) -> ForChild<'_> {
        self.child_runs.store(true, Ordering::SeqCst);
        ForChild { child_runs: &self.child_runs }
    }
}

impl Drop for ForChild<'_> {
    fn drop(&mut self) {
        self.child_runs.store(false, Ordering::SeqCst);
    }
}

/// Stops every process of this job, as the terminal would, and returns when it goes on.
///
/// The whole group, because a program such as `make` may have started us and
/// the shell waits for that one. `SIGSTOP`, because our own `SIGTSTP` is caught.
pub(super) fn stop_this_job() {
    let _ = kill_current_process_group(Signal::STOP);
}

/// Makes the terminal library return from reading, by a signal it takes for a change of size.
pub(super) fn nudge_terminal_reader() {
    let _ = low_level::raise(SIGWINCH);
}
