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

    #[test]
    fn what_is_begun_is_finished_first_and_nothing_is_begun_until_it_is_over() {
        let rest = Rest::new(StorePaths { data: "/nonexistent".into(), cache: "/nonexistent".into() });
        let (sender, order) = mpsc::channel();
        let (late, too) = (sender.clone(), sender.clone());
        let first = rest.begin();

        thread::scope(|scope| {
            scope.spawn(|| {
                rest.stop(|| {
                    scope.spawn(|| {
                        let _second = rest.begin();
                        late.send("begun").unwrap();
                    });
                    assert_eq!(rest.lock().begun, 0);
                    too.send("stopped").unwrap();
                });
            });
            while !rest.lock().wanted {
                thread::yield_now();
            }
            sender.send("done").unwrap();
            drop(first);
        });

        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["done", "stopped", "begun"]);
    }
}
