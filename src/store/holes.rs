//! Events that wait for one of the same device which is not in the log, and how long that has been so.

use std::collections::BTreeMap;

use super::{Store, StoreError};
use crate::domain::{ActorId, EventId};

/// Under this name the cache counts how often in a row the log could not be followed as a whole.
const TRIES: &str = "log_tries";

impl Store {
    /// The events of other devices that are missing, the oldest of each first.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn holes(&mut self) -> Result<Vec<EventId>, StoreError> {
        let me = self.actor()?;
        let counters = self.decided_counters()?;
        let mut held: BTreeMap<ActorId, Vec<u64>> = BTreeMap::new();
        for event in counters.shared.held.values().filter(|event| event.id.actor != me) {
            held.entry(event.id.actor).or_default().push(event.id.seq);
        }
        let missing = held.into_iter().flat_map(|(actor, seqs)| {
            let next = counters.next_seq.get(&actor).copied().unwrap_or(1);
            let last = seqs.iter().max().copied().unwrap_or(next);
            (next..last).filter(move |seq| !seqs.contains(seq)).map(move |seq| EventId { actor, seq })
        });
        Ok(missing.collect())
    }

    /// How often in a row the log could not be followed as a whole.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn log_tries(&self) -> Result<u32, StoreError> {
        Ok(self.remembered(TRIES)?.and_then(|tries| tries.parse().ok()).unwrap_or(0))
    }

    /// Counts one more such try, or, when everything could be followed, none.
    ///
    /// # Errors
    /// The cache cannot be read or written.
    pub fn count_log_try(&mut self, is_whole: bool) -> Result<(), StoreError> {
        match (is_whole, self.log_tries()?) {
            (true, 0) => Ok(()),
            (true, _) => self.remember(TRIES, "0"),
            (false, tries) => self.remember(TRIES, &tries.saturating_add(1).to_string()),
        }
    }
}
