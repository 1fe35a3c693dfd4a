//! Keeping the log short: snapshots, and taking out of the folder what an old one covers.

use super::{Exchanged, LogError, LogSync};
use crate::domain::event::Change;
use crate::domain::id::hex;
use crate::domain::replica::Snapshot;
use crate::sync::pass::{pages, stopped};
use crate::sync::source::UidSet;

/// So many messages are taken out in one step: over tens of thousands a busy server is silent for
/// longer than a line is trusted, and would have to begin anew.
const OUT_AT_ONCE: u32 = 1_000;

/// When a log is made shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// A snapshot is written when so many events came since the last.
    pub events: u64,
    /// What a snapshot covers goes when it is so old by the server's clock, in seconds: until then
    /// a client that was away, or a copy of one, still finds the events themselves.
    pub age_secs: i64,
}

/// Signs of presence and beacons go when a snapshot that covers them is so old: they say nothing any more,
/// and who has not read them finds the snapshot.
const SIGNALS_AGE_SECS: i64 = 3_600;

impl Default for Compaction {
    fn default() -> Self {
        Self { events: 5_000, age_secs: 7 * 86_400 }
    }
}

impl LogSync<'_> {
    /// Writes a snapshot if enough has come since the last, else takes out what an old one covers.
    /// Only who has read everything, has nothing waiting and understands all of it does either.
    ///
    /// # Errors
    /// The session or a file failed, or the server refused.
    pub fn compact(&mut self, when: Compaction) -> Result<Exchanged, LogError> {
        let mut exchanged = Exchanged::default();
        if !self.store.may_compact()? {
            return Ok(exchanged);
        }
        if self.store.events_since_snapshot()? >= when.events {
            let snapshot = self.store.snapshot()?;
            self.append_snapshot(&snapshot)?;
            exchanged.join(self.pull()?);
            return Ok(exchanged);
        }
        let signals_age = when.age_secs.min(SIGNALS_AGE_SECS);
        if let Some(snapshot) = self.store.snapshot_over_signals(signals_age)? {
            let covered = self.store.covered_signals(signals_age)?;
            self.take_out_if_there(covered)?;
            self.store.signals_dropped(snapshot)?;
        }
        if let Some(snapshot) = self.store.old_snapshot(when.age_secs)? {
            let covered = self.store.covered_by_old_snapshot(when.age_secs)?;
            self.take_out_if_there(covered)?;
            self.store.compacted(snapshot)?;
        }
        Ok(exchanged)
    }

    /// Takes messages out of the folder, as far as they are there.
    fn take_out_if_there(&mut self, covered: Vec<u32>) -> Result<(), LogError> {
        let covered: UidSet = covered.into_iter().collect();
        if !covered.is_empty() {
            self.source.select(self.folder, None)?;
            let there = self.source.uids()?;
            let gone = covered.difference(&there);
            self.take_out(&covered.difference(&gone))?;
        }
        Ok(())
    }

    /// Takes messages out of the selected folder, the oldest first. What is not reached is taken out another time.
    fn take_out(&mut self, uids: &UidSet) -> Result<(), LogError> {
        for some in pages(uids, OUT_AT_ONCE).into_iter().rev() {
            if self.stop.is_woken() {
                return Err(stopped().into());
            }
            if !self.source.expunge(&some)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Puts a snapshot into the folder.
    ///
    /// # Errors
    /// As [`LogSync::compact`].
    pub fn append_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        let snap = hex(&super::begin::random::<8>());
        self.append_state(snapshot, snapshot.validity, &|part, parts, text| Change::Snapshot {
            snap: snap.clone(),
            cut: snapshot.cut,
            part,
            parts,
            hash: snapshot.hash.clone(),
            text,
        })
    }
}
