//! The threads that use the desk: reading, working, sending, syncing.
//!
//! Each opens its own [`Desk`]. A panic in one becomes an answer and a piece of
//! news, and the thread goes on with a desk opened anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::readers::Readers;
use super::{Happening, tell};
use crate::desk::{Desk, DeskError, DeskResult, DeskSetup, Progress, Watched};
use crate::domain::Timestamp;
use crate::protocol::job::{Answer, Aside, Complaint, FromWorker, Job, News, Request, SendOutcome};
use crate::protocol::json::SyncReport;
use crate::store::Interrupter;
use crate::sync::source::Waker;
use crate::tui::Lane;

/// How long quitting waits for a mail that is being handed over; its state is kept in any case.
const SEND_PATIENCE: Duration = Duration::from_secs(5);
/// How long after a failure of our own, or while another postdesk watches, watching is tried again.
const WATCH_AGAIN: Duration = Duration::from_mins(1);
/// While a sync fetches, the tickets it has brought so far are told of at most so often.
const TICKETS_EVERY: Duration = Duration::from_secs(1);
/// The niceness of a worker whose answers somebody waits for: behind the screen's own thread.
const ANSWERING: i32 = 5;
/// The niceness of what goes on by itself.
const BACKGROUND: i32 = 15;
/// Progress is told at most so often.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The workers' inboxes.
#[derive(Debug)]
pub(super) struct Workers {
    read: Readers,
    work: Sender<Request>,
    send: Sender<Request>,
    sync: Sender<Request>,
    watch: Sender<()>,
    stop: Waker,
    /// Disconnected when the thread has done everything it was asked.
    working: Receiver<()>,
    sending: Receiver<()>,
}

impl Workers {
    pub fn start(setup: &DeskSetup, to: &Sender<Happening>) -> std::io::Result<Self> {
        let stop = Waker::default();
        let read = Readers::start(Worker::new("reading", ANSWERING, setup, to, &stop), Worker::new("counting", BACKGROUND, setup, to, &stop))?;
        let (work, working) = in_order(Worker::new("working", ANSWERING, setup, to, &stop))?;
        let (send, sending) = in_order(Worker::new("sending", ANSWERING, setup, to, &stop))?;
        let (watch, wakes) = unbounded();
        let sync = on_demand(Worker::new("sync", BACKGROUND, setup, to, &stop), watch.clone())?;
        let worker = Worker::new("sync", BACKGROUND, setup, to, &stop);
        if setup.offline {
            spawn(worker, Worker::tell_last_sync)?;
        } else {
            spawn(worker, move |worker| keep_watching(worker, &wakes))?;
        }
        Ok(Self { read, work, send, sync, watch, stop, working, sending })
    }

    pub fn read(&self, lane: Lane, request: Request) {
        self.read.read(lane, request);
    }

    pub fn work(&self, request: Request) {
        let _ = self.work.send(request);
    }

    pub fn send(&self, request: Request) {
        let _ = self.send.send(request);
    }

    /// Runs a pass now; whoever holds the network role does it.
    pub fn sync_now(&self, request: Request) {
        let _ = self.watch.send(());
        let _ = self.sync.send(request);
    }

    pub fn stop_sync(&self) {
        self.stop.wake();
    }

    /// Ends the threads. Returns when everything asked for has been written.
    pub fn finish(self) {
        let Self { read, work, send, sync, watch, stop, working, sending } = self;
        stop.wake();
        drop((read, work, send, sync, watch));
        let _ = working.recv();
        let _ = sending.recv_timeout(SEND_PATIENCE);
    }
}

/// What every worker has.
pub(super) struct Worker {
    name: &'static str,
    niceness: i32,
    setup: DeskSetup,
    desk: Option<Desk>,
    to: Sender<Happening>,
    stop: Waker,
}

pub(super) fn spawn(mut worker: Worker, body: impl FnOnce(&mut Worker) + Send + 'static) -> std::io::Result<()> {
    let name = worker.name.to_owned();
    let body = move || {
        stand_back(worker.niceness);
        body(&mut worker);
    };
    thread::Builder::new().name(name).spawn(body).map(|_| ())
}

/// Lets the screen's own thread go first where there is more to do than processors.
fn stand_back(niceness: i32) {
    // Elsewhere than on Linux this would be about the whole process, not about the calling thread.
    if cfg!(target_os = "linux") {
        let _ = rustix::process::setpriority_process(None, niceness);
    }
}

/// A worker that takes requests one after the other.
fn in_order(worker: Worker) -> std::io::Result<(Sender<Request>, Receiver<()>)> {
    let (inbox, requests) = unbounded::<Request>();
    let (done, finished) = bounded::<()>(0);
    spawn(worker, move |worker| {
        let _done = done;
        for request in requests {
            worker.answer(request);
        }
    })?;
    Ok((inbox, finished))
}

/// A worker that syncs when asked. Who keeps watching is told afterwards that the network role is free again.
fn on_demand(worker: Worker, watch: Sender<()>) -> std::io::Result<Sender<Request>> {
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
fn keep_watching(worker: &mut Worker, wakes: &Receiver<()>) {
    worker.tell_last_sync();
    loop {
        let stopped = worker.guarded(Worker::watch);
        while wakes.try_recv().is_ok() {}
        // Stopped by the agent: until asked to go on. Failed: for a while.
        let over = match stopped {
            Some(Ok(())) => {
                worker.news(News::SyncStopped);
                wakes.recv().is_err()
            }
            Some(Err(_)) | None => matches!(wakes.recv_timeout(WATCH_AGAIN), Err(RecvTimeoutError::Disconnected)),
        };
        if over {
            return;
        }
        worker.stop.take();
    }
}

impl Worker {
    fn new(name: &'static str, niceness: i32, setup: &DeskSetup, to: &Sender<Happening>, stop: &Waker) -> Self {
        Self { name, niceness, setup: setup.clone(), desk: None, to: to.clone(), stop: stop.clone() }
    }

    fn news(&self, news: News) {
        tell(&self.to, Happening::Worker(FromWorker::News(news)));
    }

    /// What ends this worker's search from another thread, once it has a desk.
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        self.guarded(|worker| worker.desk().ok().map(|desk| desk.interrupter())).flatten()
    }

    pub fn answer(&mut self, request: Request) {
        let Request { id, job } = request;
        let result = match self.guarded(|worker| worker.do_job(job)) {
            // A newer question has been asked: there is nobody to answer.
            Some(Err(DeskError::Interrupted)) => return,
            Some(outcome) => outcome.map_err(|error| complaint(&error)),
            None => Err(Complaint { what: format!("the {} worker failed at this", self.name), remedy: "Try again; panic.log says more.".to_owned() }),
        };
        tell(&self.to, Happening::Worker(FromWorker::Reply { id, result }));
    }

    /// Runs something; a panic is told, and leaves a worker without a desk.
    fn guarded<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(|| body(self))) {
            Ok(value) => Some(value),
            Err(panic) => {
                self.desk = None;
                let why = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
                self.news(News::WorkerFailed { worker: self.name, why: why.unwrap_or("no reason given").to_owned() });
                None
            }
        }
    }

    fn desk(&mut self) -> DeskResult<&mut Desk> {
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => Desk::open(self.setup.clone())?,
        };
        Ok(self.desk.insert(desk))
    }

    /// Each job is one method of the desk.
    fn do_job(&mut self, job: Job) -> DeskResult<Answer> {
        if matches!(job, Job::Sync) {
            return self.sync();
        }
        let desk = self.desk()?;
        Ok(match job {
            Job::List(page) => Answer::Page(desk.page(&page)?),
            Job::Count(queries) => Answer::Counts(desk.count(&queries)?),
            Job::Show(ticket) => Answer::Ticket(Box::new(desk.glimpse(&ticket)?)),
            Job::Texts { ticket, messages } => Answer::Texts(desk.texts(&ticket, &messages)?),
            Job::SaveFiles { message, which, folder } => Answer::Files(desk.save_attachments(&message, &which, &folder)?),
            Job::PutAside { message, what: Aside::File(index) } => Answer::Files(vec![desk.attachment_aside(&message, index)?]),
            Job::PutAside { message, what: Aside::Html } => Answer::Files(vec![desk.html_aside(&message)?]),
            Job::Source(message) => Answer::Source(Box::new(desk.source(&message)?)),
            Job::Act { tickets, act } => done(desk.act(&tickets, &act)?),
            Job::Undo(event) => done(desk.undo(event)?),
            Job::Redo => done(desk.redo()?),
            Job::Forget(address) => done(desk.forget(&address)?),
            Job::MarkSeen(ticket) => done(desk.mark_seen(&ticket)?),
            Job::BeginReply { ticket, options } => begun(desk.begin_reply(&ticket, &options)?),
            Job::SaveDraft { id, draft } => Answer::Saved(desk.save_draft(id, &draft)?),
            Job::SaveNote { id, note } => Answer::Saved(desk.save_note(id, &note)?),
            Job::WriteNote { draft_id, note } => done(desk.write_note(draft_id, &note)?),
            Job::BeginNew { project } => begun(desk.begin_first(project.as_deref())?),
            Job::BeginForward { ticket, message } => begun(desk.begin_forward(&ticket, message.as_ref())?),
            Job::Drafts => Answer::Drafts(desk.drafts()?),
            Job::OpenDraft(id) => Answer::Opened { id, writing: desk.writing(id)? },
            Job::RecoverDraft(id) => {
                desk.recover_draft(id)?;
                done(crate::desk::Done::default())
            }
            Job::RenderTemplate { draft, template } => Answer::Rendered(Box::new(desk.render_into(&draft, &template)?)),
            Job::Identities => Answer::Identities(desk.identities()),
            Job::Contacts { project, text } => Answer::Contacts(desk.contacts(&project, &text)?),
            Job::Paths(typed) => Answer::Paths(crate::desk::paths_like(&typed)),
            Job::Attach(path) => Answer::Attached(desk.attach(&path)?),
            Job::Schedule { draft_id, draft, allowed, at } => match desk.schedule(draft_id, *draft, &allowed, at)? {
                Ok(id) => Answer::Scheduled { id, at },
                Err(objections) => Answer::Sent(SendOutcome::Objected(objections)),
            },
            Job::SendScheduled(id) => Answer::Sent(desk.send_scheduled(id)?),
            Job::Recall(id) => {
                let id = desk.outbox_edit(id)?;
                Answer::Opened { id, writing: desk.writing(id)? }
            }
            Job::Retry { id, anyway } => Answer::Sent(desk.outbox_retry(id, anyway)?),
            Job::CancelMail(id) => {
                desk.outbox_cancel(id)?;
                done(crate::desk::Done::default())
            }
            Job::DiscardDraft(id) => {
                desk.discard_draft(id)?;
                done(crate::desk::Done::default())
            }
            Job::Review(draft) => Answer::Review(Box::new(desk.review(&draft, &std::collections::BTreeSet::new())?)),
            Job::Send { draft_id, draft, allowed } => Answer::Sent(desk.send(draft_id, draft, &allowed)?),
            Job::Outbox => Answer::Outbox(desk.outbox()?),
            Job::Templates { project } => Answer::Templates(desk.templates(Some(&project))?.into_iter().map(|(_, line)| line).collect()),
            Job::Agents => Answer::Agents(desk.agents()?),
            Job::Batch(batch) => Answer::Batch(desk.act_each(&batch)?),
            Job::SaveView { name, query } => done(desk.save_view(&name, &query)?),
            Job::DropView(name) => done(desk.drop_view(&name)?),
            Job::Keys(query) => Answer::Keys(desk.keys(&query)?),
            Job::NextWake(now) => Answer::Wake(desk.next_wake(now)?),
            Job::Related(tickets) => Answer::Keys(desk.related(&tickets)?),
            Job::Known => Answer::Known(desk.known()?),
            Job::Sync => Answer::Synced(Box::default()),
        })
    }

    fn tell_last_sync(&mut self) {
        let last = self.guarded(|worker| worker.desk().and_then(|desk| desk.last_sync()).ok().flatten()).flatten();
        if let Some(at) = last {
            self.news(News::LastSync(at));
        }
    }

    fn sync(&mut self) -> DeskResult<Answer> {
        let mut telling = Telling::new(self.to.clone());
        let stop = self.stop.clone();
        stop.take();
        let outcome = self.desk().and_then(|desk| desk.sync(&mut |progress| telling.progress(progress), &stop));
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
            Watched::NextTry(at) => telling.tell(News::NextTry(at)),
        };
        let outcome = self.desk().and_then(|desk| desk.watch(&mut take, &stop));
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
        report.events_in,
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

fn begun(begun: crate::desk::Begun) -> Answer {
    Answer::Draft { id: None, draft: Box::new(begun.draft), remarks: begun.remarks }
}

fn done(done: crate::desk::Done) -> Answer {
    Answer::Done { what: done.what, events: done.events, tickets: done.tickets }
}

fn complaint(error: &DeskError) -> Complaint {
    Complaint { what: error.to_string(), remedy: error.remedy().to_owned() }
}
