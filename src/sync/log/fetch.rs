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
        let taken = from_wire.iter().try_for_each(|(page, messages)| {
            load.take_off(octets(&messages));
            take(page, messages)
        });
        // After an error here the wire must not wait for anybody.
        drop(from_wire);
        load.take_off(u64::MAX);
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

fn page_of(source: &mut dyn MailSource, page: &UidSet, stop: &Waker) -> SourceResult<Vec<Opened>> {
    if stop.is_woken() { Err(stopped()) } else { messages(source, page) }
}
