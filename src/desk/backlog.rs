//! A backlog of tickets that no event speaks of yet: opened by one client of the team, awaited by the others.

use std::time::{Duration, Instant};

use super::team::Way;
use super::visit::Visit;
use super::{Desk, DeskResult};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::sync::log::{Exchanged, LogError};
use crate::sync::settle::Opens;

/// More unopened tickets than this are a backlog, opened by the one client that claims it.
const BACKLOG: u64 = 50;
/// Name and seconds of that claim. Who dies over it is followed by another when they have passed.
const IMPORT: &str = "import";
const IMPORT_SECS: u64 = 300;
/// How long a single sync waits for another client that opens a backlog, since that made its last step.
const IMPORT_PATIENCE: Duration = Duration::from_secs(20);
const IMPORT_LOOK: Duration = Duration::from_millis(200);

impl Desk {
    /// A backlog is opened by the one client that wins the claim, however many begin at once.
    pub(super) fn who_opens(&mut self, visit: &mut Visit<'_>, exchanged: &mut Exchanged) -> Result<Opens, LogError> {
        if self.store.unopened_count()? <= BACKLOG {
            return Ok(Opens::Here);
        }
        if self.import_is_claimed()? {
            return self.import_winner();
        }
        let (_, claimed) = self.claim_over(visit, IMPORT, IMPORT_SECS)?;
        exchanged.join(claimed);
        self.import_winner()
    }

    /// Whether a claim is likely to be live. Our clock only says when another is worth a try: what it is
    /// worth is decided by the server's.
    fn import_is_claimed(&self) -> Result<bool, StoreError> {
        let now = Timestamp::now().as_second();
        Ok(self.store.claim(IMPORT)?.is_some_and(|claim| now - claim.since.as_second() < i64::try_from(claim.ttl).unwrap_or(i64::MAX)))
    }

    /// Opening tickets twice does no harm, so that who had won before a crash goes on.
    fn import_winner(&mut self) -> Result<Opens, LogError> {
        let me = self.store.actor()?;
        let is_ours = self.store.claim(IMPORT)?.is_some_and(|claim| claim.event.actor == me);
        Ok(if is_ours { Opens::Backlog } else { Opens::Elsewhere })
    }

    /// Waits while another client opens the backlog, so that a single sync ends with numbers.
    pub(super) fn await_import(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        let mut deadline = Instant::now() + IMPORT_PATIENCE;
        while self.team_folder().is_some() && self.store.unopened_count()? > BACKLOG && Instant::now() < deadline && !visit.stop.is_woken() {
            visit.stop.wait(None, Instant::now() + IMPORT_LOOK);
            let pulled = self.with_log(visit, Way::Pull);
            let Ok(exchanged) = pulled else { return Ok(()) };
            if exchanged.came > 0 {
                deadline = Instant::now() + IMPORT_PATIENCE;
            }
            visit.report.events_in += exchanged.came;
            visit.report.signals_in += exchanged.signals;
            visit.report.bytes += exchanged.bytes;
        }
        Ok(())
    }
}
