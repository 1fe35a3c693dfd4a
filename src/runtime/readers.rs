//! The threads that read for the screen: of what waits, only the newest of each
//! lane is of interest, and what runs is given up for a newer question.
//!
//! Counting, gathering the words for completion, and looking for what belongs together have
//! a thread of their own, so that a view is never read later because of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::workers::{Worker, spawn};
use crate::protocol::job::Request;
use crate::store::Interrupter;
use crate::tui::Lane;

/// Where readings are asked for.
#[derive(Debug)]
pub(super) struct Readers {
    reading: Reader,
    counting: Reader,
}

#[derive(Debug)]
struct Reader {
    inbox: Sender<(Lane, Request)>,
    running: Arc<Mutex<Running>>,
}

/// What a reader is at, and how it is stopped.
#[derive(Debug, Default)]
struct Running {
    lane: Option<Lane>,
    interrupter: Option<Interrupter>,
}

impl Readers {
    pub fn start(reading: Worker, counting: Worker) -> std::io::Result<Self> {
        Ok(Self { reading: Reader::start(reading)?, counting: Reader::start(counting)? })
    }

    pub fn read(&self, lane: Lane, request: Request) {
        match lane {
            Lane::Counts | Lane::Known | Lane::Related => self.counting.ask(lane, request),
            _ => self.reading.supersede(lane, request),
        }
    }
}

impl Reader {
    fn start(worker: Worker) -> std::io::Result<Self> {
        let (inbox, requests) = unbounded();
        let running = Arc::new(Mutex::new(Running::default()));
        let shared = Arc::clone(&running);
        spawn(worker, move |worker| newest_first(worker, &requests, &shared))?;
        Ok(Self { inbox, running })
    }

    fn ask(&self, lane: Lane, request: Request) {
        let _ = self.inbox.send((lane, request));
    }

    /// Asks, and ends an older reading of the same lane: nobody waits for its answer any more.
    fn supersede(&self, lane: Lane, request: Request) {
        let running = lock(&self.running);
        self.ask(lane, request);
        if running.lane == Some(lane) {
            running.interrupter.iter().for_each(Interrupter::interrupt);
        }
    }
}

fn newest_first(worker: &mut Worker, inbox: &Receiver<(Lane, Request)>, running: &Mutex<Running>) {
    let mut waiting: BTreeMap<Lane, Request> = BTreeMap::new();
    loop {
        if waiting.is_empty() {
            let Ok((lane, request)) = inbox.recv() else { return };
            waiting.insert(lane, request);
        }
        let interrupter = worker.interrupter();
        // Under the lock a newer question is either seen here, or finds this one running.
        let mut now = lock(running);
        waiting.extend(inbox.try_iter());
        let Some((lane, request)) = waiting.pop_first() else { continue };
        *now = Running { lane: Some(lane), interrupter };
        drop(now);
        worker.answer(request);
        lock(running).lane = None;
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
