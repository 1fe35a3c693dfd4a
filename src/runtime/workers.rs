//! The threads that use the desk: reading, working, sending, syncing.
//!
//! Each opens its own [`Desk`]. A panic in one becomes an answer and a piece of
//! news, and the thread goes on with a desk opened anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::readers::Readers;
use super::rest::Rest;
use super::watching::{keep_looking_on, keep_watching, on_demand};
use super::{Happening, tell};
use crate::desk::{Desk, DeskError, DeskResult, DeskSetup};
use crate::protocol::answer::{Answer, Complaint, SendOutcome};
use crate::protocol::job::{Aside, Job, Request};
use crate::protocol::news::{FromWorker, News};
use crate::store::Interrupter;
use crate::sync::source::Waker;
use crate::tui::Lane;

/// How long quitting waits for a mail that is being handed over; its state is kept in any case.
const SEND_PATIENCE: Duration = Duration::from_secs(5);
/// How long quitting waits until colleagues have been told that nobody writes here any more.
const FAREWELL_PATIENCE: Duration = Duration::from_millis(400);
/// The niceness of a worker whose answers somebody waits for: behind the screen's own thread.
const ANSWERING: i32 = 5;
/// The niceness of what goes on by itself.
const BACKGROUND: i32 = 15;

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
    watching: Receiver<()>,
    /// Colleagues were, or are to be, told that an answer is no longer written here.
    has_left: AtomicBool,
}

impl Workers {
    pub fn start(setup: &DeskSetup, to: &Sender<Happening>, rest: &Arc<Rest>) -> std::io::Result<Self> {
        let stop = Waker::default();
        let worker = |name, niceness| Worker::new(name, niceness, setup, to, &stop, rest);
        let read = Readers::start(worker("reading", ANSWERING), worker("counting", BACKGROUND))?;
        let (work, working) = in_order(worker("working", ANSWERING))?;
        let (send, sending) = in_order(worker("sending", ANSWERING))?;
        let (watch, wakes) = unbounded();
        let sync = on_demand(worker("sync", BACKGROUND), watch.clone())?;
        let watcher = worker("sync", BACKGROUND);
        let (done, watching) = bounded::<()>(0);
        let is_offline = setup.offline;
        spawn(watcher, move |worker| {
            let _done = done;
            if is_offline { keep_looking_on(worker, &wakes) } else { keep_watching(worker, &wakes) }
        })?;
        Ok(Self { read, work, send, sync, watch, stop, working, sending, watching, has_left: AtomicBool::new(false) })
    }

    pub fn read(&self, lane: Lane, request: Request) {
        self.read.read(lane, request);
    }

    pub fn work(&self, request: Request) {
        if let Job::TellReplying { is_replying, .. } = &request.job {
            self.has_left.store(!is_replying, Ordering::Relaxed);
        }
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
        let Self { read, work, send, sync, watch, stop, working, sending, watching, has_left } = self;
        drop((read, work));
        // First everything is written, so that who watches finds what colleagues are to hear.
        let _ = working.recv();
        stop.wake();
        drop((send, sync, watch));
        if has_left.into_inner() {
            let _ = watching.recv_timeout(FAREWELL_PATIENCE);
        }
        let _ = sending.recv_timeout(SEND_PATIENCE);
    }
}

/// What every worker has.
pub(super) struct Worker {
    name: &'static str,
    niceness: i32,
    setup: DeskSetup,
    desk: Option<Desk>,
    pub(super) to: Sender<Happening>,
    pub(super) stop: Waker,
    rest: Arc<Rest>,
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
    if niceness == BACKGROUND {
        leave_a_processor();
    }
}

/// Keeps this thread, and those it starts, off one processor where there are several: however low its
/// priority, what runs may go on to the end of its slice, and that can be longer than a frame may take.
#[cfg(target_os = "linux")]
fn leave_a_processor() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(mut processors) = sched_getaffinity(None) else { return };
    let first = (0..CpuSet::MAX_CPU).find(|processor| processors.is_set(*processor));
    if let Some(first) = first.filter(|_| processors.count() > 1) {
        processors.unset(first);
        let _ = sched_setaffinity(None, &processors);
    }
}

#[cfg(not(target_os = "linux"))]
fn leave_a_processor() {}

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

impl Worker {
    fn new(name: &'static str, niceness: i32, setup: &DeskSetup, to: &Sender<Happening>, stop: &Waker, rest: &Arc<Rest>) -> Self {
        Self { name, niceness, setup: setup.clone(), desk: None, to: to.clone(), stop: stop.clone(), rest: Arc::clone(rest) }
    }

    pub(super) fn news(&self, news: News) {
        tell(&self.to, Happening::Worker(FromWorker::News(news)));
    }

    /// What ends this worker's search from another thread, once it has a desk.
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        self.guarded(|worker| worker.desk().ok().map(|desk| desk.interrupter())).flatten()
    }

    pub fn answer(&mut self, request: Request) {
        let Request { id, job } = request;
        let rest = Arc::clone(&self.rest);
        // A sync comes to rest between its transactions; it may take minutes.
        let _begun = (!matches!(job, Job::Sync)).then(|| rest.begin());
        let result = match self.guarded(|worker| worker.do_job(job)) {
            // A newer question has been asked: there is nobody to answer.
            Some(Err(DeskError::Interrupted)) => return,
            Some(outcome) => outcome.map_err(|error| complaint(&error)),
            None => Err(Complaint { what: format!("the {} worker failed at this", self.name), remedy: "Try again; panic.log says more.".to_owned() }),
        };
        tell(&self.to, Happening::Worker(FromWorker::Reply { id, result }));
    }

    /// Runs something; a panic is told, and leaves a worker without a desk.
    pub(super) fn guarded<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> Option<T> {
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

    pub(super) fn desk(&mut self) -> DeskResult<&mut Desk> {
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => {
                let mut desk = Desk::open(self.setup.clone())?;
                desk.ask_before_sharing();
                if self.niceness == BACKGROUND {
                    desk.stand_aside()?;
                }
                desk
            }
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
            Job::Conflicts => Answer::Conflicts(desk.conflicts()?),
            Job::Decide(decisions) => done(desk.decide(&decisions)?),
            Job::RestoreLog => {
                desk.consent_to_restore()?;
                done(crate::desk::Done { what: "the team's log is put back by the next sync".into(), ..crate::desk::Done::default() })
            }
            Job::Undo(event) => done(desk.undo(event)?),
            Job::Redo => done(desk.redo()?),
            Job::Forget(address) => done(desk.forget(&address, false)?),
            Job::MarkSeen(ticket) => done(desk.mark_seen(&ticket)?),
            Job::BeginReply { ticket, options } => begun(desk.begin_reply(&ticket, &options)?),
            Job::TellReplying { ticket, is_replying } => {
                desk.tell_replying(&ticket, is_replying)?;
                done(crate::desk::Done::default())
            }
            Job::Company { ticket, since } => Answer::Company(Box::new(desk.company(&ticket, &since)?)),
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
            Job::Compare(id) => Answer::Held(Box::new(desk.compare(id)?)),
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
}

fn begun(begun: crate::desk::Begun) -> Answer {
    Answer::Draft { id: None, draft: Box::new(begun.draft), remarks: begun.remarks }
}

fn done(done: crate::desk::Done) -> Answer {
    Answer::Done { what: done.what, events: done.events, tickets: done.tickets }
}

pub(super) fn complaint(error: &DeskError) -> Complaint {
    Complaint { what: error.to_string(), remedy: error.remedy().to_owned() }
}
