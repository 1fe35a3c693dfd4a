//! Fetching, reading and writing at the same time, within a bound of memory.
//!
//! One thread takes messages off the wire, as many as there are cores read and
//! compress them, and the calling thread writes them in batches. A budget of
//! octets stands between the wire and the writer, so that a fast server and a
//! slow disk cannot fill the memory.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use std::sync::{Condvar, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::pass::{FolderReport, Pass, PassError, PassProgress, pages, stopped};
use super::prepare::{DeskContext, Preparer};
use super::source::{FetchPart, Fetched, MailSource, SourceResult, UidSet, Waker};
use crate::store::Store;
use crate::store::folders::{FolderProgress, FolderRole};
use crate::store::mail_in::Arrived;

/// Octets of a message that are fetched at first; what is longer comes when somebody wants it.
pub const PART_LIMIT: u32 = 1 << 20;
/// UIDs in one FETCH; some servers refuse more.
pub const CHUNK: u32 = 500;

/// A transaction takes so many messages at most …
const BATCH_MESSAGES: usize = 1_000;
/// … and so many octets of raw mail …
const BATCH_OCTETS: usize = 12 << 20;
/// … and waits no longer than this for more.
const BATCH_AGE: Duration = Duration::from_secs(2);
/// Octets between the wire and the writer.
const BUDGET_OCTETS: usize = 28 << 20;
/// Reading a deeply nested mail needs room.
const STACK_OCTETS: usize = 8 << 20;

/// From the reading threads and the wire to the writer.
enum Delivery {
    Message {
        chunk: usize,
        octets: usize,
        arrived: Box<Arrived>,
    },
    /// A FETCH has ended: so many of its messages came.
    Ended {
        chunk: usize,
        uids: UidSet,
        count: usize,
    },
}

/// Transfers messages of the selected folder: runs to the end, or to the first error; what was
/// committed by then stays, and `current` says what is left.
///
/// # Errors
/// The session or the store failed, or a stop was asked for.
pub fn run(pass: &mut Pass<'_>, uids: &UidSet, part: FetchPart, current: &mut FolderProgress, report: &mut FolderReport) -> Result<(), PassError> {
    let (context, stop) = (pass.context, pass.stop);
    let (store, source, progress) = (&mut *pass.store, &mut *pass.source, &mut *pass.progress);
    let chunks = pages(uids, CHUNK);
    let budget = Budget::new(BUDGET_OCTETS);
    let (to_readers, from_wire) = bounded::<(usize, Fetched)>(256);
    let (to_writer, deliveries) = bounded::<Delivery>(256);
    let role = current.role;
    let header_only = part == FetchPart::Header;
    thread::scope(|scope| {
        for _ in 0..readers() {
            let (from_wire, to_writer) = (from_wire.clone(), to_writer.clone());
            let spawned = thread::Builder::new()
                .name("read".into())
                .stack_size(STACK_OCTETS)
                .spawn_scoped(scope, move || read(&from_wire, &to_writer, context, role, header_only));
            drop(spawned);
        }
        drop(from_wire);
        let budget = &budget;
        let wire = thread::Builder::new()
            .name("wire".into())
            .stack_size(STACK_OCTETS)
            .spawn_scoped(scope, move || take_off_wire(source, &chunks, part, budget, stop, &to_readers, &to_writer))
            .map_err(|error| super::source::SourceError::new(super::source::Trouble::Io, "cannot start a thread").because(error))?;
        let mut writer = Writer::new(store, uids, current, report, header_only, progress);
        let written = writer.run(&deliveries, budget);
        // After an error of the writer the wire must not wait for it.
        budget.close();
        drop(deliveries);
        let wired = wire.join().unwrap_or_else(|_| Err(super::source::SourceError::new(super::source::Trouble::Protocol, "the transfer died")));
        written?;
        wired?;
        Ok(())
    })
}

fn readers() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().clamp(1, 4))
}

fn read(from_wire: &Receiver<(usize, Fetched)>, to_writer: &Sender<Delivery>, context: &DeskContext, role: FolderRole, header_only: bool) {
    let mut preparer = Preparer::new(context);
    for (chunk, fetched) in from_wire {
        let octets = fetched.bytes.len();
        let arrived = Box::new(preparer.prepare(&fetched, role, header_only));
        if to_writer.send(Delivery::Message { chunk, octets, arrived }).is_err() {
            return;
        }
    }
}

fn take_off_wire(
    source: &mut dyn MailSource,
    chunks: &[UidSet],
    part: FetchPart,
    budget: &Budget,
    stop: &Waker,
    to_readers: &Sender<(usize, Fetched)>,
    to_writer: &Sender<Delivery>,
) -> SourceResult<()> {
    for (chunk, uids) in chunks.iter().enumerate() {
        let mut count = 0;
        source.fetch(uids, part, &mut |fetched| {
            if stop.is_woken() || !budget.take(fetched.bytes.len()) {
                return Err(stopped());
            }
            count += 1;
            to_readers.send((chunk, fetched)).map_err(|_| stopped())
        })?;
        if to_writer.send(Delivery::Ended { chunk, uids: uids.clone(), count }).is_err() {
            return Err(stopped());
        }
    }
    Ok(())
}

/// Collects deliveries into transactions.
struct Writer<'a> {
    store: &'a mut Store,
    current: &'a mut FolderProgress,
    report: &'a mut FolderReport,
    progress: &'a mut dyn FnMut(PassProgress),
    header_only: bool,
    total: u64,
    done: u64,
    todo: UidSet,
    /// What has come of each chunk and is not written yet.
    waiting: BTreeMap<usize, Part>,
    octets: usize,
    begun: Instant,
}

/// What has come of one chunk.
#[derive(Default)]
struct Part {
    batch: Vec<Arrived>,
    octets: usize,
    /// Messages that came, those written already included.
    received: usize,
    /// Set when the FETCH has ended: what was asked for, and how many came.
    ended: Option<(UidSet, usize)>,
}

impl Part {
    fn is_complete(&self) -> bool {
        self.ended.as_ref().is_some_and(|(_, count)| self.received == *count)
    }
}

impl<'a> Writer<'a> {
    fn new(
        store: &'a mut Store,
        uids: &UidSet,
        current: &'a mut FolderProgress,
        report: &'a mut FolderReport,
        header_only: bool,
        progress: &'a mut dyn FnMut(PassProgress),
    ) -> Self {
        let todo = UidSet::parse(&current.todo).unwrap_or_default();
        Self {
            store,
            current,
            report,
            progress,
            header_only,
            total: uids.len(),
            done: 0,
            todo,
            waiting: BTreeMap::new(),
            octets: 0,
            begun: Instant::now(),
        }
    }

    /// Whole chunks are written, in order, so that the same mailbox gives the same rows whichever
    /// thread was faster; a part of one only when there is too much of it or too long a wait.
    fn run(&mut self, deliveries: &Receiver<Delivery>, budget: &Budget) -> Result<(), PassError> {
        loop {
            match deliveries.recv_timeout(BATCH_AGE) {
                Ok(delivery) => self.take(delivery),
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return self.commit_all(budget),
            }
            let is_due = !self.waiting.is_empty() && self.begun.elapsed() > BATCH_AGE;
            if self.octets >= BATCH_OCTETS || is_due {
                self.commit_all(budget)?;
            } else if let Some(last) = self.enough() {
                self.commit(last, budget)?;
            }
        }
    }

    fn take(&mut self, delivery: Delivery) {
        if self.waiting.is_empty() {
            self.begun = Instant::now();
        }
        match delivery {
            Delivery::Message { chunk, octets, arrived } => {
                self.octets += octets;
                let part = self.waiting.entry(chunk).or_default();
                part.octets += octets;
                part.received += 1;
                part.batch.push(*arrived);
            }
            Delivery::Ended { chunk, uids, count } => self.waiting.entry(chunk).or_default().ended = Some((uids, count)),
        }
    }

    /// The last of the complete chunks that make a transaction, if there are enough.
    fn enough(&self) -> Option<usize> {
        let mut messages = 0;
        self.waiting.iter().take_while(|(_, part)| part.is_complete()).find_map(|(chunk, part)| {
            messages += part.batch.len();
            (messages >= BATCH_MESSAGES).then_some(*chunk)
        })
    }

    fn commit_all(&mut self, budget: &Budget) -> Result<(), PassError> {
        self.commit(usize::MAX, budget)
    }

    /// Writes what has come of the chunks up to `last`, with the progress it amounts to.
    fn commit(&mut self, last: usize, budget: &Budget) -> Result<(), PassError> {
        let mut batch = Vec::new();
        let mut covered = UidSet::new();
        let mut octets = 0;
        for part in self.waiting.range_mut(..=last).map(|(_, part)| part) {
            for arrived in &part.batch {
                covered.insert(arrived.uid);
            }
            batch.append(&mut part.batch);
            octets += std::mem::take(&mut part.octets);
            // A UID that was asked for and did not come does not exist any more.
            if let Some((uids, _)) = part.ended.as_ref().filter(|_| part.is_complete()) {
                covered.union(uids);
            }
        }
        self.waiting.retain(|chunk, part| *chunk > last || !part.is_complete());
        self.begun = Instant::now();
        if batch.is_empty() && covered.is_empty() {
            return Ok(());
        }
        if !self.header_only {
            self.todo = self.todo.difference(&covered);
            self.current.todo = self.todo.to_string();
        }
        let messages = batch.len() as u64;
        let outcome = self.store.write_batch(self.current, batch)?;
        self.report.messages_new += outcome.new_messages;
        self.report.bytes += octets as u64;
        self.report.tickets.extend(outcome.tickets);
        budget.give_back(octets);
        self.octets -= octets;
        self.done += messages;
        (self.progress)(PassProgress { folder: self.current.name.clone(), done: self.done, total: self.total, bytes: self.report.bytes });
        Ok(())
    }
}

/// Octets that may be on their way at one time.
struct Budget {
    state: Mutex<BudgetState>,
    freed: Condvar,
}

struct BudgetState {
    left: usize,
    whole: usize,
    closed: bool,
}

impl Budget {
    fn new(whole: usize) -> Self {
        Self { state: Mutex::new(BudgetState { left: whole, whole, closed: false }), freed: Condvar::new() }
    }

    /// Waits until there is room; a message larger than the whole budget travels
    /// alone. Tells whether the way is still open.
    fn take(&self, octets: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.closed && state.left < octets.min(state.whole) {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.left = state.left.saturating_sub(octets);
        !state.closed
    }

    fn give_back(&self, octets: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.left = (state.left + octets).min(state.whole);
        drop(state);
        self.freed.notify_all();
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.freed.notify_all();
    }
}
