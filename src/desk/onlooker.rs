//! What this process learns from the files that others write: that there is something new,
//! and what customers have written.
//!
//! Any number of screens and commands may share a data directory, and one of them syncs.
//! Who syncs and who only looks on ask the same question, and of all of them one gets the
//! arrivals, so that a mail rings once on a machine.

use super::{Desk, DeskResult};
use crate::domain::Timestamp;
use crate::domain::arrivals::Arrivals;
use crate::store::arrivals::LastMessage;

/// What a desk remembers from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Onlooker {
    /// Mail up to here lay there when somebody began to wait for more; `None` for commands, which announce nothing.
    announces_from: Option<LastMessage>,
    version: Option<(i64, i64)>,
    last_sync: Option<Timestamp>,
}

/// What others have done since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When a sync of theirs ended, if one did.
    pub synced: Option<Timestamp>,
    /// What customers have written and nobody on this machine has announced.
    pub arrived: Option<Arrivals>,
}

impl Desk {
    /// Says that what customers write from here on is announced by whoever has this desk.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn announce_arrivals(&mut self) -> DeskResult<()> {
        if self.onlooker.announces_from.is_none() {
            self.onlooker.announces_from = Some(self.store.last_message()?);
        }
        Ok(())
    }

    /// Looks whether others have changed the files since the last look; `None` if not.
    ///
    /// Costs next to nothing as long as nothing has changed. Mail is told of once their
    /// sync is over, when its ticket has its number.
    ///
    /// # Errors
    /// The files cannot be read, or it cannot be noted in the cache what was announced.
    pub fn look(&mut self) -> DeskResult<Option<Seen>> {
        let version = Some(self.store.version()?);
        if version == self.onlooker.version {
            return Ok(None);
        }
        let last_sync = self.last_sync()?;
        let arrived = if last_sync == self.onlooker.last_sync { None } else { self.take_arrivals()? };
        let synced = last_sync.filter(|_| last_sync != self.onlooker.last_sync);
        (self.onlooker.version, self.onlooker.last_sync) = (version, last_sync);
        Ok(Some(Seen { synced, arrived }))
    }

    /// What is to be announced here and now, and nowhere else any more.
    pub(super) fn take_arrivals(&mut self) -> DeskResult<Option<Arrivals>> {
        let Some(from) = self.onlooker.announces_from else { return Ok(None) };
        Ok(self.store.take_arrivals(from, Timestamp::now())?)
    }
}
