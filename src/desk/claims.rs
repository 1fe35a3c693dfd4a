//! What must happen once: claimed by an event, read back before anybody acts.

use super::network::Turn;
use super::team::Way;
use super::visit::Visit;
use super::{Desk, DeskResult};
use crate::domain::EventId;
use crate::domain::event::Change;
use crate::protocol::json::SyncReport;
use crate::store::events::NewEvent;
use crate::store::news::Fate;
use crate::sync::log::{Exchanged, LogError};
use crate::sync::source::Waker;

/// Who may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// This call, and nobody else. It has to act before the claim expires, and at most once.
    Won,
    /// Somebody was first: a colleague, or this device at another time. Nothing is to be done.
    Lost,
    /// The log could not be asked, for this reason. Nothing may be done, lest somebody else does it too.
    Unknown(String),
}

impl Desk {
    /// Claims what must happen once, so that of all clients of the team one acts.
    ///
    /// The claim stands in the log, and its winner is who comes first in it. It holds for `ttl_secs` by the
    /// server's clock, 0 for ever; then somebody else may win it. Claims whose name begins with `ack:` never
    /// expire. A claim that is won once is not won again by the same device either: after a crash nobody
    /// knows how far the act had come.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn claim(&mut self, what: &str, ttl_secs: u64) -> DeskResult<Claimed> {
        if self.team_folder().is_some() && self.setup.offline {
            return Ok(Claimed::Unknown("this run is offline".into()));
        }
        if self.team_folder().is_none() {
            let id = self.say_claim(what, ttl_secs)?;
            return self.claimed(id);
        }
        if let Some(_role) = self.try_network_role()? {
            return self.claim_over_own_session(what, ttl_secs);
        }
        let id = self.say_claim(what, ttl_secs)?;
        let trouble = match self.network_turn(&mut |_| {}) {
            Ok(Turn::Ours(_role)) => self.push_over_own_session().err().map(|error| error.to_string()),
            Ok(Turn::Done(_)) => None,
            Err(error) => Some(error.to_string()),
        };
        self.claimed_or_taken_back(id, trouble)
    }

    fn claim_over_own_session(&mut self, what: &str, ttl_secs: u64) -> DeskResult<Claimed> {
        let mut source = match self.connect() {
            Ok(source) => source,
            Err(error) => return Ok(Claimed::Unknown(error.to_string())),
        };
        let mut visit = Visit { source: source.as_mut(), progress: &mut |_| {}, stop: &Waker::default(), report: SyncReport::default() };
        let pulled = self.with_log(&mut visit, Way::Pull);
        let claimed = match pulled.and_then(|_| self.claim_over(&mut visit, what, ttl_secs)) {
            Ok((claimed, _)) => claimed,
            Err(LogError::Store(error)) => return Err(error.into()),
            Err(error) => Claimed::Unknown(error.to_string()),
        };
        source.close();
        Ok(claimed)
    }

    fn push_over_own_session(&mut self) -> DeskResult<()> {
        let mut source = self.connect()?;
        let mut visit = Visit { source: source.as_mut(), progress: &mut |_| {}, stop: &Waker::default(), report: SyncReport::default() };
        let pulled = self.with_log(&mut visit, Way::Pull);
        let pushed = pulled.and_then(|_| self.with_log(&mut visit, Way::Push));
        source.close();
        pushed.map(drop).map_err(super::team::log_error)
    }

    /// The same over a session on which the log has been pulled; with what was exchanged meanwhile.
    ///
    /// # Errors
    /// The session or a file failed, or the server refused.
    pub(super) fn claim_over(&mut self, visit: &mut Visit<'_>, what: &str, ttl_secs: u64) -> Result<(Claimed, Exchanged), LogError> {
        let id = self.say_claim(what, ttl_secs)?;
        match self.with_log(visit, Way::Push) {
            Ok(exchanged) => Ok((self.fate(id)?, exchanged)),
            Err(error) => {
                self.store.unsay(id)?;
                Err(error)
            }
        }
    }

    fn say_claim(&mut self, what: &str, ttl: u64) -> Result<EventId, crate::store::StoreError> {
        let change = Change::Claim { what: what.to_owned(), ttl };
        let author = self.author();
        let written = self.store.append_events(&author, vec![NewEvent { change, inverse: None }])?;
        Ok(written.first().copied().unwrap_or(EventId { actor: self.store.actor()?, seq: 0 }))
    }

    fn claimed(&self, id: EventId) -> DeskResult<Claimed> {
        Ok(self.fate(id)?)
    }

    fn fate(&self, id: EventId) -> Result<Claimed, crate::store::StoreError> {
        Ok(match self.store.fate_of(id)? {
            Fate::Applied => Claimed::Won,
            Fate::Unapplied(_) => Claimed::Lost,
            Fate::Waits => Claimed::Unknown("the claim has not been read back from the log".into()),
        })
    }

    /// A claim that never reached a server is taken back: it would win later, when nobody acts on it any more.
    fn claimed_or_taken_back(&mut self, id: EventId, trouble: Option<String>) -> DeskResult<Claimed> {
        let claimed = self.claimed(id)?;
        if !matches!(claimed, Claimed::Unknown(_)) {
            return Ok(claimed);
        }
        self.store.unsay(id)?;
        Ok(trouble.map_or(claimed, Claimed::Unknown))
    }
}
