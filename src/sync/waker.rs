//! Stopping a wait from another thread, without anybody looking again and again.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

/// Between two looks where a pipe cannot be had.
const LOOK: Duration = Duration::from_millis(100);

/// Stops a wait or a transfer from another thread.
#[derive(Clone, Debug, Default)]
pub struct Waker {
    own: Arc<Bell>,
    parent: Option<Arc<Bell>>,
}

/// How [`Waker::wait`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke {
    /// Somebody called [`Waker::wake`]; [`Waker::take`] says so too.
    Called,
    /// There is something to read on the descriptor beside, or it has failed.
    Readable,
    TimedOut,
}

impl Waker {
    /// A waker of its own that is also woken whenever this one is.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { own: Arc::default(), parent: Some(Arc::clone(&self.own)) }
    }

    pub fn wake(&self) {
        self.own.ring();
    }

    /// Tells whether somebody called [`Waker::wake`] since the last call, and forgets it;
    /// a wake-up of the parent is not forgotten.
    pub fn take(&self) -> bool {
        self.own.silence() || self.parent_is_woken()
    }

    pub fn is_woken(&self) -> bool {
        self.own.is_rung() || self.parent_is_woken()
    }

    fn parent_is_woken(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.is_rung())
    }

    /// Sleeps until somebody wakes this, something can be read from `beside`, or `until`.
    pub fn wait(&self, beside: Option<BorrowedFd<'_>>, until: Instant) -> Woke {
        let bells = || std::iter::once(&self.own).chain(&self.parent);
        // First the ears, then the look: who rings between the two is heard.
        let ears: Vec<&OwnedFd> = bells().filter_map(|bell| bell.ear()).collect();
        let hears_all = ears.len() == bells().count();
        loop {
            if self.is_woken() {
                return Woke::Called;
            }
            let left = until.saturating_duration_since(Instant::now());
            let nap = if hears_all { left } else { left.min(LOOK) };
            let mut fds: Vec<PollFd<'_>> = beside.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            fds.extend(ears.iter().map(|ear| PollFd::from_borrowed_fd(ear.as_fd(), PollFlags::IN)));
            match poll(&mut fds, Timespec::try_from(nap).ok().as_ref()) {
                Ok(_) if beside.is_some() && fds.first().is_some_and(|fd| !fd.revents().is_empty()) && !self.is_woken() => return Woke::Readable,
                Ok(_) if !self.is_woken() => bells().for_each(|bell| bell.clear()),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // Nothing to wait on: whoever reads will hear what is wrong.
                Err(_) if beside.is_some() => return Woke::Readable,
                Err(_) => std::thread::sleep(nap.min(LOOK)),
            }
            if left.is_zero() {
                return if self.is_woken() { Woke::Called } else { Woke::TimedOut };
            }
        }
    }
}

/// A flag that can be waited for.
#[derive(Debug, Default)]
struct Bell {
    rung: AtomicBool,
    /// What is read and written; made when somebody waits for the first time.
    pipe: OnceLock<Option<(OwnedFd, OwnedFd)>>,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        if let Some(Some((_, mouth))) = self.pipe.get() {
            // A full pipe can be heard as well.
            let _ = rustix::io::write(mouth, b"!");
        }
    }

    fn is_rung(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }

    /// Whether it was rung; it is not any more.
    fn silence(&self) -> bool {
        // The pipe first: a ring in between leaves at least the flag.
        self.empty();
        self.rung.swap(false, Ordering::SeqCst)
    }

    /// Takes out what a ring left that was heard by its flag alone.
    fn clear(&self) {
        self.empty();
        if self.is_rung() {
            self.ring();
        }
    }

    fn empty(&self) {
        if let Some(Some((ear, _))) = self.pipe.get() {
            let mut buffer = [0; 64];
            while rustix::io::read(ear, &mut buffer).is_ok_and(|count| count == buffer.len()) {}
        }
    }

    fn ear(&self) -> Option<&OwnedFd> {
        let pipe = self.pipe.get_or_init(|| pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok());
        pipe.as_ref().map(|(ear, _)| ear)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[test]
    fn a_call_before_during_and_by_the_parent_ends_a_wait() {
        let parent = Waker::default();
        let waker = parent.child();

        waker.wake();
        assert_eq!(waker.wait(None, in_a_minute()), Woke::Called);
        assert!(waker.take() && !waker.take());

        let other = waker.clone();
        let calling = std::thread::spawn(move || other.wake());
        assert_eq!(waker.wait(None, in_a_minute()), Woke::Called);
        calling.join().unwrap();
        assert!(waker.take());
        assert_eq!(waker.wait(None, Instant::now() + Duration::from_millis(5)), Woke::TimedOut, "a call that was taken is over");

        parent.wake();
        assert_eq!(waker.wait(None, in_a_minute()), Woke::Called);
        assert!(waker.take() && waker.take(), "the parent's call stays");
        assert!(parent.take() && !waker.take());
    }

    #[test]
    fn what_comes_beside_ends_a_wait_and_so_does_the_end_of_it() {
        let waker = Waker::default();
        let (mut near, far) = UnixStream::pair().unwrap();
        assert_eq!(waker.wait(Some(far.as_fd()), Instant::now() + Duration::from_millis(5)), Woke::TimedOut);

        near.write_all(b"x").unwrap();
        assert_eq!(waker.wait(Some(far.as_fd()), in_a_minute()), Woke::Readable);

        drop(near);
        assert_eq!(waker.wait(Some(far.as_fd()), in_a_minute()), Woke::Readable);
    }

    #[test]
    fn thousands_of_calls_that_nobody_took_do_no_harm() {
        let waker = Waker::default();
        waker.wait(None, Instant::now());
        (0..100_000).for_each(|_| waker.wake());
        assert!(waker.take() && !waker.take());
        assert_eq!(waker.wait(None, Instant::now() + Duration::from_millis(5)), Woke::TimedOut);
    }
}
