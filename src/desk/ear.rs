//! A second connection that listens to the inbox, while the first listens to what the team does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Desk;
use crate::config::Source;
use crate::sync::source::{MailSource, WaitEnd, Waker};

/// After a server has refused a second connection, or that one has died, another is tried so much later.
const NEXT_TRY: Duration = Duration::from_mins(5);
/// The listener waits in steps of this length; what keeps the line alive is up to the source.
const STEP: Duration = Duration::from_hours(1);

/// Listens to the inbox of a desk whose server allows a second connection. Without it the first one looks there now and then.
#[derive(Debug, Default)]
pub(super) struct InboxEar {
    listener: Option<Listener>,
    /// When a connection was tried last.
    tried: Option<Instant>,
}

#[derive(Debug)]
struct Listener {
    hears: Arc<AtomicBool>,
    stop: Waker,
}

impl InboxEar {
    /// Whether news of the inbox is told by itself.
    pub fn hears(&self) -> bool {
        self.listener.as_ref().is_some_and(|listener| listener.hears.load(Ordering::Acquire))
    }

    /// Begins to listen if nobody does. What came to the inbox before this returns has to be looked for once.
    pub fn listen(&mut self, desk: &Desk, inbox: &str, waker: &Waker) {
        let is_early = self.tried.is_some_and(|tried| tried.elapsed() < NEXT_TRY);
        if self.hears() || is_early || !matches!(desk.setup.desk.source, Source::Imap(_)) {
            return;
        }
        self.tried = Some(Instant::now());
        self.listener = desk.connect().ok().and_then(|source| Listener::start(source, inbox, waker.clone()));
    }
}

impl Listener {
    fn start(mut source: Box<dyn MailSource>, inbox: &str, waker: Waker) -> Option<Self> {
        source.select(inbox, None).ok()?;
        let listener = Self { hears: Arc::new(AtomicBool::new(true)), stop: Waker::default() };
        let (hears, stop) = (Arc::clone(&listener.hears), listener.stop.clone());
        let spawned = thread::Builder::new().name("inbox".into()).spawn(move || {
            while !stop.is_woken() {
                match source.wait(STEP, &stop) {
                    Ok(WaitEnd::Changed) => waker.wake(),
                    Ok(WaitEnd::Woken | WaitEnd::TimedOut) => {}
                    Err(_) => break,
                }
            }
            hears.store(false, Ordering::Release);
            if !stop.is_woken() {
                // Who relied on this has to look for himself from here on.
                waker.wake();
            }
            source.close();
        });
        spawned.is_ok().then_some(listener)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.wake();
    }
}
