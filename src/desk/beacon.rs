//! Seeing that clients, or the server, disagree about the log.

use super::team::Way;
use super::visit::Visit;
use super::{Desk, DeskResult};
use crate::store::beacon::Doubt;
use crate::store::events::NewEvent;
use crate::sync::log::{Exchanged, LogError};

impl Desk {
    /// Compares what others say they have folded, and says what is folded here when it is time to.
    pub(super) fn beacons(&mut self, visit: &mut Visit<'_>) -> Result<Exchanged, LogError> {
        let look = self.store.look_at_beacons()?;
        if look.was_wrong {
            visit.report.warnings.push("what was shown here was not what the team's log says; it has been made again from the log".into());
        }
        if look.is_wrong {
            let remedy = "quit postdesk and delete the desk's cache folder; if it is said again, the program is at fault";
            visit.report.warnings.push(format!("what is shown here is not what the team's log says: {remedy}"));
        }
        let Some(change) = self.store.beacon_due()? else { return Ok(Exchanged::default()) };
        let author = self.author();
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }])?;
        let exchanged = self.with_log(visit, Way::Push)?;
        self.store.beacon_said()?;
        Ok(exchanged)
    }

    /// Whom this client doubts, in words.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn doubts(&self) -> DeskResult<Vec<String>> {
        Ok(self.store.doubts()?.iter().map(in_words).collect())
    }
}

fn in_words(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Differs { agent, version, uid } => format!(
            "the client of {agent} (version {version}) has made something else of the team's log than this one, up to message {uid}: all should \
             use one version, and {agent} should quit postdesk, delete the desk's cache folder and sync"
        ),
        Doubt::Numbers { agent, theirs, ours } => format!(
            "the mail server numbers the team's folder differently for each client (message {ours} here is {theirs} for {agent}): numbers of \
             tickets, and whose answer goes out, cannot be relied on; let one postdesk of the team sync at a time, or use another server"
        ),
    }
}
