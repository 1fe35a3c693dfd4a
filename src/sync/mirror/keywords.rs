//! A folder that has refused a keyword: left alone for a while, longer each time, and asked again then.

use std::time::Duration;

use crate::domain::Timestamp;
use crate::store::{Store, StoreError};
use crate::sync::source::SourceError;

/// After the first refusal a folder is asked again about this much later, after each further one twice as late …
const FROM: Duration = Duration::from_hours(1);
/// … up to this: limits are raised, and servers replaced, within days.
const TO: Duration = Duration::from_hours(24);

/// What is known of how a folder takes keywords.
#[derive(Debug)]
pub(super) struct Keywords {
    /// Under this name the cache remembers it.
    name: String,
    uid_validity: u32,
    /// How often in a row they were refused.
    refusals: u32,
    /// In seconds since 1970.
    until: i64,
}

impl Keywords {
    /// A folder that was numbered anew may be another one.
    pub fn of(store: &Store, folder: &str, uid_validity: u32) -> Result<Self, StoreError> {
        let name = format!("keywords refused: {folder}");
        let known = store.remembered(&name)?.unwrap_or_default();
        let mut numbers = known.split(' ').map(|number| number.parse::<i64>().unwrap_or(0));
        let is_this = numbers.next() == Some(uid_validity.into());
        let mut next = || numbers.next().filter(|_| is_this).unwrap_or(0);
        Ok(Self { name, uid_validity, refusals: u32::try_from(next()).unwrap_or(0), until: next() })
    }

    /// Until when the folder is left alone; `None`: it may be asked now.
    pub fn rest(&self, now: Timestamp) -> Option<Timestamp> {
        Timestamp::from_second(self.until).ok().filter(|until| now < *until)
    }

    /// Notes that it has refused one; until when it is left alone from here on.
    pub fn refused(&self, store: &mut Store, now: Timestamp, error: &SourceError) -> Result<Timestamp, StoreError> {
        let stated = error.refusal.and_then(|refusal| refusal.pause).unwrap_or_default();
        let pause = FROM.saturating_mul(1_u32.checked_shl(self.refusals).unwrap_or(u32::MAX)).min(TO).max(stated);
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        let refusals = self.refusals.saturating_add(1);
        store.remember(&self.name, &format!("{} {refusals} {}", self.uid_validity, until.as_second()))?;
        Ok(until)
    }

    /// Notes that it has taken one.
    pub fn taken(&self, store: &mut Store) -> Result<(), StoreError> {
        if self.refusals == 0 { Ok(()) } else { store.remember(&self.name, "") }
    }
}
