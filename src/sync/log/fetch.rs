//! Messages of the log off the wire: the next ones are on their way while those at hand are read.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Sender, bounded};

use super::LogError;
use super::message::Opened;
use crate::mail::SNAPSHOT_OCTETS;
use crate::sync::pass::stopped;
use crate::sync::source::{FetchPart, MailSource, SourceError, SourceResult, Trouble, UidSet, Waker};

/// What is larger is none of ours; of such a message so much is fetched.
const LIMIT: u32 = SNAPSHOT_OCTETS as u32 + 1;
/// So many pages wait to be read at most: the server goes on while thousands of messages are written down …
const AHEAD: usize = 24;
/// … and so many octets of them, a page more or less.
const OCTETS_AHEAD: u64 = 16 << 20;

/// Messages of the log in ascending order: of those that look like events the part that counts, and of
/// the others, which somebody may have rebuilt on their way, the whole.
pub(super) fn messages(source: &mut dyn MailSource, page: &UidSet) -> SourceResult<Vec<Opened>> {
    let mut messages = Vec::new();
    match fetch(source, page, FetchPart::Event(LIMIT), &mut messages) {
        // Not every server hands out a part of a message that has none.
        Err(error) if error.is_fatal() => return Err(error),
        Err(_) | Ok(()) => {}
    }
    messages.retain(Opened::is_clear);
    let clear: UidSet = messages.iter().map(|message| message.uid).collect();
    let rest = page.difference(&clear);
    if !rest.is_empty() {
        fetch(source, &rest, FetchPart::Upto(LIMIT), &mut messages)?;
    }
    messages.sort_by_key(|message| message.uid);
    messages.dedup_by_key(|message| message.uid);
    Ok(messages)
}

fn fetch(source: &mut dyn MailSource, uids: &UidSet, part: FetchPart, into: &mut Vec<Opened>) -> SourceResult<()> {
    source.fetch(uids, part, &mut |message| {
        into.push(Opened::of(&message));
        Ok(())
    })
}

/// Hands page after page to `take`, in their order. What `take` was given when this fails has come whole.
///
/// # Errors
/// The session failed, a stop was asked for, or what `take` says.
pub(super) fn in_pages(
    source: &mut dyn MailSource,
    pages: &[UidSet],
    stop: &Waker,
    mut take: impl FnMut(&UidSet, Vec<Opened>) -> Result<(), LogError>,
) -> Result<(), LogError> {
    if let [page] = pages {
        // What a colleague has just done is no reason for a thread.
        return take(page, page_of(source, page, stop)?);
    }
    let (to_reader, from_wire) = bounded(AHEAD);
    let load = &Load::default();
    thread::scope(|scope| {
        let wire = thread::Builder::new()
            .name("log".into())
            .spawn_scoped(scope, move || take_off_wire(source, pages, stop, &to_reader, load))
            .map_err(|error| SourceError::new(Trouble::Io, "cannot start a thread").because(error))?;
        let taken = {
            // After an error or a panic here the wire must not wait for anybody.
            let _room = Emptied(load);
            from_wire.into_iter().try_for_each(|(page, messages)| {
                load.take_off(octets(&messages));
                take(page, messages)
            })
        };
        let wired = wire.join().unwrap_or_else(|_| Err(SourceError::new(Trouble::Protocol, "the transfer died")));
        taken.and_then(|()| Ok(wired?))
    })
}

fn take_off_wire<'a>(
    source: &mut dyn MailSource,
    pages: &'a [UidSet],
    stop: &Waker,
    to_reader: &Sender<(&'a UidSet, Vec<Opened>)>,
    load: &Load,
) -> SourceResult<()> {
    pages.iter().try_for_each(|page| {
        load.wait_for_room();
        let messages = page_of(source, page, stop)?;
        load.put_on(octets(&messages));
        to_reader.send((page, messages)).map_err(|_| stopped())
    })
}

fn octets(messages: &[Opened]) -> u64 {
    messages.iter().map(|message| message.octets).sum()
}

/// How many octets wait to be read.
#[derive(Default)]
struct Load {
    octets: Mutex<u64>,
    lighter: Condvar,
}

impl Load {
    fn octets(&self) -> MutexGuard<'_, u64> {
        self.octets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_on(&self, octets: u64) {
        let mut all = self.octets();
        *all = all.saturating_add(octets);
    }

    fn take_off(&self, octets: u64) {
        let mut all = self.octets();
        *all = all.saturating_sub(octets);
        self.lighter.notify_one();
    }

    fn wait_for_room(&self) {
        let full = |octets: &mut u64| *octets >= OCTETS_AHEAD;
        drop(self.lighter.wait_while(self.octets(), full).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Makes room once and for all when it is dropped: nobody reads what waits.
struct Emptied<'a>(&'a Load);

impl Drop for Emptied<'_> {
    fn drop(&mut self) {
        self.0.take_off(u64::MAX);
    }
}

fn page_of(source: &mut dyn MailSource, page: &UidSet, stop: &Waker) -> SourceResult<Vec<Opened>> {
    if stop.is_woken() { Err(stopped()) } else { messages(source, page) }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::sync::fake::FakeServer;
    use crate::sync::source::Flags;

    /// Each message is a page, and two dozen fill the room for what waits.
    fn pages(source: &mut impl MailSource, server: &FakeServer) -> Vec<UidSet> {
        let large = vec![b'x'; LIMIT as usize];
        let pages = (0..40).map(|_| server.deliver("Log", &Flags::default(), &large)).map(|uid| UidSet::range(uid, uid)).collect();
        source.select("Log", None).unwrap();
        pages
    }

    #[test]
    fn whoever_fails_over_a_page_does_not_wait_for_the_wire_that_waits_for_room() {
        let server = FakeServer::new();
        let mut source = server.connect();
        let pages = pages(&mut source, &server);
        const { assert!(LIMIT as u64 * AHEAD as u64 > OCTETS_AHEAD, "the room is full before the queue is") };

        let failed = in_pages(&mut source, &pages, &Waker::default(), |_, _| {
            thread::sleep(std::time::Duration::from_millis(200));
            Err(SourceError::new(Trouble::Refused, "not this one").into())
        });
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            in_pages(&mut source, &pages, &Waker::default(), |_, _| {
                thread::sleep(std::time::Duration::from_millis(200));
                panic!("a mistake")
            })
        }));

        assert!(matches!(failed, Err(LogError::Source(error)) if error.to_string().contains("not this one")));
        assert!(panicked.is_err());
    }
}
