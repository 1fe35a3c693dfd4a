//! Keeping a desk up to date: passes, waiting for news in between, and pauses after trouble.

use std::time::{Duration, Instant};

use super::ear::InboxEar;
use super::wake::WakeListener;
use super::{Desk, DeskError, DeskResult, Progress, Watched};
use crate::domain::Timestamp;
use crate::sync::slumber::Vigil;
use crate::sync::source::{MailSource, Waker};

/// After trouble the next try waits this long, doubled each time …
const BACK_OFF_FROM: Duration = Duration::from_secs(1);
/// … up to this.
const BACK_OFF_TO: Duration = Duration::from_mins(5);
/// While it waits, it is looked so often whether the computer was asleep or others have changed the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Desk {
    /// Syncs, then waits for news and syncs again until `stop` is woken.
    ///
    /// Trouble with a server is told and tried again, later each time; a ring
    /// (something to be sent) tries at once and leaves the times of the others as they are.
    /// A sync that somebody asks for begins anew.
    ///
    /// # Errors
    /// The role is taken by another process that watches, or a file cannot be written.
    pub fn watch(&mut self, tell: &mut dyn FnMut(Watched<'_>), stop: &Waker) -> DeskResult<()> {
        self.refuse_offline()?;
        let Some(_role) = self.try_network_role()? else {
            return Err(DeskError::Conflict(format!("another postdesk keeps desk `{}` up to date already", self.name())));
        };
        self.watches = true;
        let waker = stop.child();
        let _listener = WakeListener::start(&self.setup.places.data, waker.clone());
        let mut back_off = BackOff::default();
        while !stop.is_woken() {
            let had_success = self.watch_connected(tell, stop, &waker);
            if stop.is_woken() {
                break;
            }
            let pause = back_off.after(had_success, Instant::now());
            if let Ok(at) = Timestamp::now().checked_add(pause) {
                tell(Watched::NextTry(at));
            }
            self.wait_out(&waker, pause, tell);
            if !self.store.unanswered().unwrap_or_default().is_empty() {
                back_off = BackOff::default();
            }
        }
        Ok(())
    }

    /// Waits until somebody wakes us or a pause is over, and tells what others do to the files meanwhile.
    /// A computer that was asleep wakes up in another place: there the next try is worth making at once.
    fn wait_out(&mut self, waker: &Waker, pause: Duration, tell: &mut dyn FnMut(Watched<'_>)) {
        let end = Instant::now() + pause;
        loop {
            // Whoever rang has written something, even if nobody can be reached. Trouble with the
            // files is told by whoever works with them.
            if let Ok(Some(seen)) = self.look() {
                tell(Watched::Seen(seen));
            }
            if Instant::now() >= end || waker.is_woken() {
                return;
            }
            let vigil = Vigil::begin();
            waker.wait(None, end.min(Instant::now() + LOOK_EVERY));
            if vigil.was_asleep() {
                return;
            }
        }
    }

    /// Connects, then passes and waits until something stands in the way; tells whether any pass succeeded.
    fn watch_connected(&mut self, tell: &mut dyn FnMut(Watched<'_>), stop: &Waker, waker: &Waker) -> bool {
        // Whoever rings from here on is answered by this try.
        waker.take();
        tell(Watched::Progress(Progress { what: self.connecting(), done: 0, total: 0, bytes: 0 }));
        match self.connect() {
            Ok(mut source) => {
                let had_success = self.watch_session(source.as_mut(), tell, stop, waker);
                source.close();
                had_success
            }
            Err(error) => {
                let questions = self.asked().unwrap_or_default();
                let outcome = Err(error);
                let _ = self.answer(&questions, &outcome);
                tell(Watched::Ended(outcome.as_ref()));
                false
            }
        }
    }

    /// Passes and waits over one connection, until it fails or `stop` is woken; tells whether any pass succeeded.
    fn watch_session(&mut self, source: &mut dyn MailSource, tell: &mut dyn FnMut(Watched<'_>), stop: &Waker, waker: &Waker) -> bool {
        let mut had_success = false;
        let inbox = self.setup.desk.folders.inbox.first().cloned().unwrap_or_else(|| "INBOX".into());
        let mut ear = InboxEar::default();
        loop {
            waker.take();
            let questions = self.asked().unwrap_or_default();
            let mut forward = |progress| tell(Watched::Progress(progress));
            let mut visit = self.visit(source, &mut forward, stop);
            let outcome = self.pass(&mut visit).map(|()| visit.report);
            let _ = self.answer(&questions, &outcome);
            if stop.is_woken() {
                self.take_leave(source);
                return had_success;
            }
            let failed = outcome.is_err();
            tell(Watched::Ended(outcome.as_ref()));
            if failed {
                return had_success;
            }
            had_success = true;
            let heard = self.listen(source, &inbox, &mut ear, waker, tell);
            if stop.is_woken() {
                self.take_leave(source);
            }
            if heard.is_err() || stop.is_woken() {
                return had_success;
            }
        }
    }
}

/// How long to wait after trouble.
struct BackOff {
    next: Duration,
    /// When the pause that was begun last is over.
    end: Option<Instant>,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { next: BACK_OFF_FROM, end: None }
    }
}

impl BackOff {
    /// The pause before the next try; a success in between begins anew. After a try that
    /// somebody's ring brought about, it is what is left of the pause that the ring broke off.
    fn after(&mut self, had_success: bool, now: Instant) -> Duration {
        if had_success {
            *self = Self::default();
        }
        let left = self.end.map(|end| end.saturating_duration_since(now)).filter(|left| !left.is_zero());
        left.unwrap_or_else(|| self.begin(now))
    }

    fn begin(&mut self, now: Instant) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(BACK_OFF_TO);
        self.end = now.checked_add(pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_later_each_time_up_to_five_minutes_and_a_success_begins_anew() {
        let mut back_off = BackOff::default();
        let mut now = Instant::now();
        let mut wait = |had_success| {
            let pause = back_off.after(had_success, now);
            now += pause;
            pause.as_secs()
        };

        let pauses: Vec<u64> = (0..11).map(|_| wait(false)).collect();

        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!((wait(true), wait(false)), (1, 2));
    }

    #[test]
    fn however_often_somebody_rings_the_timer_tries_when_it_would_have() {
        let mut back_off = BackOff::default();
        let begun = Instant::now();
        let at = |secs: u64| begun + Duration::from_secs(secs);
        assert_eq!(back_off.after(false, begun).as_secs(), 1);
        assert_eq!(back_off.after(false, at(1)).as_secs(), 2);
        assert_eq!(back_off.after(false, at(3)).as_secs(), 4, "until second 7");

        let after_rings: Vec<u64> = (3..7).map(|second| back_off.after(false, at(second)).as_secs()).collect();

        assert_eq!(after_rings, [4, 3, 2, 1]);
        assert_eq!(back_off.after(false, at(7)).as_secs(), 8);
    }
}
