//! Keeping the desk up to date: watching the servers, looking on while another process does,
//! and telling the screen of both in bearable doses.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::workers::{Worker, complaint, spawn};
use super::{Happening, tell};
use crate::desk::{Desk, DeskError, DeskResult, Progress, Seen, Watched};
use crate::domain::Timestamp;
use crate::protocol::answer::Answer;
use crate::protocol::job::Request;
use crate::protocol::json::SyncReport;
use crate::protocol::news::{FromWorker, News};

/// How long after a failure of our own watching is tried again.
const WATCH_AGAIN: Duration = Duration::from_mins(1);
/// How often it is looked whether another process has changed the files or no longer syncs, while none of ours does.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// While a sync fetches, the tickets it has brought so far are told of at most so often.
const TICKETS_EVERY: Duration = Duration::from_secs(1);
/// Progress is told at most so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A worker that syncs when asked. Who keeps watching is told afterwards that the network role is free again.
pub(super) fn on_demand(worker: Worker, watch: Sender<()>) -> std::io::Result<Sender<Request>> {
    let (inbox, requests) = unbounded::<Request>();
    spawn(worker, move |worker| {
        for request in requests {
            worker.answer(request);
            if !worker.stop.is_woken() {
                let _ = watch.send(());
            }
        }
    })?;
    Ok(inbox)
}

/// Stays logged in and fetches what is new, until the screen is closed.
pub(super) fn keep_watching(worker: &mut Worker, wakes: &Receiver<()>) {
    worker.tell_last_sync();
    loop {
        let stopped = worker.guarded(Worker::watch);
        while wakes.try_recv().is_ok() {}
        // Stopped by the agent: until asked to go on. Done by somebody else: until that one has ended. Failed: for a while.
        let over = match stopped {
            Some(Ok(())) => {
                worker.news(News::SyncStopped);
                wakes.recv().is_err()
            }
            Some(Err(DeskError::Conflict(_))) => look_on(worker, wakes, Worker::is_unwatched),
            Some(Err(_)) | None => matches!(wakes.recv_timeout(WATCH_AGAIN), Err(RecvTimeoutError::Disconnected)),
        };
        if over {
            return;
        }
        worker.stop.take();
    }
}

/// Tells what others write into the files, for a screen that does not use the network.
pub(super) fn keep_looking_on(worker: &mut Worker, wakes: &Receiver<()>) {
    worker.tell_last_sync();
    while !look_on(worker, wakes, |_| false) {}
}

/// Tells what others write into the files until it is time to watch again; returns whether the screen has been closed.
fn look_on(worker: &mut Worker, wakes: &Receiver<()>, is_time: impl Fn(&mut Worker) -> bool) -> bool {
    loop {
        match wakes.recv_timeout(LOOK_EVERY) {
            Ok(()) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => worker.look(),
        }
        if is_time(worker) {
            return false;
        }
    }
}

impl Worker {
    fn tell_last_sync(&mut self) {
        let last = self.guarded(|worker| worker.desk().and_then(|desk| desk.last_sync()).ok().flatten()).flatten();
        if let Some(at) = last {
            self.news(News::LastSync(at));
        }
    }

    fn announcing_desk(&mut self) -> DeskResult<&mut Desk> {
        let desk = self.desk()?;
        desk.announce_arrivals()?;
        Ok(desk)
    }

    /// One look at the files. Trouble with them is told by whoever works with them.
    fn look(&mut self) {
        let seen = self.guarded(|worker| worker.announcing_desk().and_then(Desk::look).ok().flatten()).flatten();
        let Some(seen) = seen else { return };
        Telling::new(self.to.clone()).seen(seen);
    }

    /// Whether the process that kept the desk up to date has ended, however it did: its lock went with it.
    fn is_unwatched(&mut self) -> bool {
        !matches!(self.guarded(|worker| worker.desk().and_then(|desk| desk.is_unwatched())), Some(Ok(false)))
    }

    pub(super) fn sync(&mut self) -> DeskResult<Answer> {
        let mut telling = Telling::new(self.to.clone());
        let stop = self.stop.clone();
        stop.take();
        let outcome = self.announcing_desk().and_then(|desk| desk.sync(&mut |progress| telling.progress(progress), &stop));
        if outcome.is_err() && stop.is_woken() {
            self.news(News::SyncStopped);
            return Err(DeskError::Interrupted);
        }
        telling.ended(outcome.as_ref());
        Ok(Answer::Synced(Box::new(outcome?)))
    }

    fn watch(&mut self) -> DeskResult<()> {
        let stop = self.stop.clone();
        let mut telling = Telling::new(self.to.clone());
        let mut take = |news: Watched<'_>| match news {
            Watched::Progress(progress) => telling.progress(progress),
            Watched::Ended(outcome) => telling.ended(outcome),
            Watched::Unchanged(at) => telling.tell(News::LastSync(at)),
            Watched::NextTry(at) => telling.tell(News::NextTry(at)),
            Watched::Seen(seen) => telling.seen(seen),
        };
        let outcome = self.announcing_desk().and_then(|desk| desk.watch(&mut take, &stop));
        match &outcome {
            Ok(()) => {}
            Err(DeskError::Conflict(_)) => self.news(News::SyncElsewhere),
            Err(error) => {
                self.news(News::SyncEnded { at: Timestamp::now(), error: Some(complaint(error)) });
                if let Ok(at) = Timestamp::now().checked_add(WATCH_AGAIN) {
                    self.news(News::NextTry(at));
                }
            }
        }
        outcome
    }
}

fn changed_something(report: &SyncReport) -> bool {
    let counts = [
        report.messages_new,
        report.flags_changed,
        report.messages_gone,
        report.tickets_opened,
        report.tickets_reopened,
        report.sent,
        report.moved,
        report.events_in,
        report.signals_in,
        report.events_out,
    ];
    counts.iter().any(|count| *count > 0) || !report.conflicts.is_empty()
}

/// What a sync is doing, for the screen and in bearable doses.
struct Telling {
    to: Sender<Happening>,
    /// What was told last, and when.
    last: Option<(String, Instant)>,
    tickets: Instant,
}

impl Telling {
    fn new(to: Sender<Happening>) -> Self {
        Self { to, last: None, tickets: Instant::now() }
    }

    fn tell(&self, news: News) {
        tell(&self.to, Happening::Worker(FromWorker::News(news)));
    }

    fn progress(&mut self, progress: Progress) {
        // What has been fetched is in the store: a first sync fills the list while it runs.
        if progress.done > 0 && self.tickets.elapsed() >= TICKETS_EVERY {
            self.tickets = Instant::now();
            self.tell(News::Tickets(Vec::new()));
        }
        let Progress { what, done, total, bytes } = progress;
        if self.last.as_ref().is_some_and(|(told, at)| *told == what && at.elapsed() < PROGRESS_EVERY) {
            return;
        }
        self.last = Some((what.clone(), Instant::now()));
        self.tell(News::SyncProgress { what, done, total, bytes });
    }

    /// Tells what others have done to the files.
    fn seen(&self, seen: Seen) {
        seen.synced.into_iter().for_each(|at| self.tell(News::LastSync(at)));
        seen.arrived.into_iter().for_each(|arrivals| self.tell(News::Arrived(arrivals)));
        self.tell(News::Tickets(Vec::new()));
    }

    /// Tells how a pass ended, and that the list may have changed.
    fn ended(&mut self, outcome: Result<&SyncReport, &DeskError>) {
        let at = Timestamp::now();
        self.last = None;
        if let Ok(report) = outcome {
            self.tell(News::SyncReport { at, report: Box::new(report.clone()) });
        }
        self.tell(News::SyncEnded { at, error: outcome.err().map(complaint) });
        if let Some(arrivals) = outcome.ok().and_then(|report| report.arrived.as_deref()) {
            self.tell(News::Arrived(arrivals.clone()));
        }
        if outcome.is_ok_and(changed_something) {
            self.tell(News::Tickets(Vec::new()));
        }
    }
}
