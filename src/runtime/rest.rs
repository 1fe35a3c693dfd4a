//! Coming to rest before the whole program is stopped.
//!
//! A stopped program keeps the locks it holds. If one of its threads were writing to the
//! desk's files, nobody on this machine could write to them until it goes on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::store::StorePaths;
use crate::store::lull::Lull;

/// How long what has been begun may take before the program is stopped all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// What all threads that use the desk share.
#[derive(Debug)]
pub(super) struct Rest {
    state: Mutex<State>,
    changed: Condvar,
    files: StorePaths,
}

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    /// Jobs that have been begun and are not done.
    begun: usize,
}

/// A job that is being done.
#[derive(Debug)]
pub(super) struct Begun<'a>(&'a Rest);

impl Rest {
    pub fn new(files: StorePaths) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), files }
    }

    /// Says that a job is begun; while rest is wanted, this waits.
    pub fn begin(&self) -> Begun<'_> {
        let mut state = self.changed.wait_while(self.lock(), |state| state.wanted).unwrap_or_else(PoisonError::into_inner);
        state.begun += 1;
        Begun(self)
    }

    /// Runs `stop` when every job that was begun is done and nothing is being written; none is begun meanwhile.
    /// What takes long, such as a sync, goes on and is only kept from holding a lock.
    pub fn stop(&self, stop: impl FnOnce()) {
        let mut state = self.lock();
        state.wanted = true;
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| state.begun > 0);
        drop(waited);
        let lull = Lull::wait(&self.files, PATIENCE);
        lull.let_go();
        stop();
        self.lock().wanted = false;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.lock().begun -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Whatever does not wait has happened after this.
    const A_MOMENT: Duration = Duration::from_millis(50);

    #[test]
    fn what_is_begun_is_finished_first_and_nothing_is_begun_until_it_is_over() {
        let rest = &Rest::new(StorePaths { data: "/nonexistent".into(), cache: "/nonexistent".into() });
        let ((stopping, stopped), (beginning, begun)) = (mpsc::channel(), mpsc::channel());
        let first = rest.begin();

        thread::scope(|scope| {
            scope.spawn(move || {
                rest.stop(|| {
                    stopping.send(()).unwrap();
                    scope.spawn(move || {
                        let _second = rest.begin();
                        beginning.send(()).unwrap();
                    });
                    assert!(begun.recv_timeout(A_MOMENT).is_err(), "begun while the program is stopped");
                });
                assert!(begun.recv_timeout(PATIENCE).is_ok(), "begun once it goes on");
            });
            assert!(stopped.recv_timeout(A_MOMENT).is_err(), "stopped while a job is being done");
            drop(first);
            assert!(stopped.recv_timeout(PATIENCE).is_ok());
        });
    }
}
