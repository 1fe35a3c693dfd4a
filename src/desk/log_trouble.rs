//! What keeps this client from following the team's log or from adding to it: told, remembered, and,
//! where the server says no, tried again later.

use std::time::Instant;

use super::team::Way;
use super::{Desk, DeskResult};
use crate::protocol::json::{LogTrouble, SyncReport};
use crate::store::StoreError;
use crate::sync::log::LogError;

/// So often in a row the log is read without finding what is missing, before this client stops writing to it: it
/// would build upon a state that others may not share.
pub(super) const TRIES: u32 = 50;
/// Under this name the cache remembers the trouble of the last pass, for whoever asks without a connection.
const TROUBLE: &str = "log_trouble";

impl Desk {
    /// Fails when nothing may be handed over now, although something waits.
    pub(super) fn require_leave_to_push(&mut self) -> Result<(), LogError> {
        self.require_whole_log()?;
        if self.store.waiting_count()? == 0 {
            return Ok(());
        }
        if let Some((event, why)) = self.store.parked()? {
            return Err(LogError::Parked { event: event.id, why });
        }
        self.held_back.now(Instant::now()).map_or(Ok(()), Err)
    }

    /// Whether something that nobody has asked for may be written.
    pub(super) fn may_write_log(&self) -> Result<bool, StoreError> {
        Ok(self.store.log_tries()? < TRIES && self.held_back.now(Instant::now()).is_none())
    }

    fn require_whole_log(&mut self) -> Result<(), LogError> {
        let tries = self.store.log_tries()?;
        if tries < TRIES {
            return Ok(());
        }
        let folder = self.team_folder().unwrap_or_default().to_owned();
        Err(LogError::Incomplete { folder, missing: self.store.holes()?.len(), tries })
    }

    /// Counts how often in a row the log was read and something was missing in it.
    pub(super) fn count_log_try(&mut self) -> Result<(), StoreError> {
        let is_whole = self.store.holes()?.is_empty();
        self.store.count_log_try(is_whole)
    }

    /// Draws the conclusions from a try to put something into the log.
    pub(super) fn note_push(&mut self, way: Way, had_waiting: bool, error: Option<&LogError>) -> Result<(), StoreError> {
        if let Some(LogError::Refused { event: Some(event), error }) = error {
            self.store.park(*event, &error.to_string())?;
        }
        if had_waiting || (error.is_some() && matches!(way, Way::Compact)) {
            self.held_back.note(error, Instant::now());
        }
        Ok(())
    }

    /// What is told of an error, and what can be done about it.
    pub(super) fn log_trouble(&self, error: &LogError) -> DeskResult<LogTrouble> {
        let (what, remedy) = (error.to_string(), error.remedy().to_owned());
        if let Some(parked) = self.parked_line()? {
            let (label, mine, event) = (&parked.label, &parked.mine, parked.event);
            let number = label.trim_start_matches('#');
            let ticket = if label.is_empty() { String::new() } else { format!(" on {label}") };
            return Ok(LogTrouble {
                what: format!("{what}; that is about what you did{ticket}: you {mine}"),
                remedy: format!(
                    "What you did after it waits behind it. `postdesk apply {number} {event} --leave` leaves it out, `postdesk sync` tries it once more."
                ),
                next_try: None,
                event: Some(event),
            });
        }
        let is_put_off = matches!(error, LogError::Refused { .. } | LogError::HeldBack { .. }) && self.watches;
        let next_try = self.held_back.until(Instant::now()).filter(|_| is_put_off).map(|(_, at)| at);
        Ok(LogTrouble { what, remedy, next_try, event: None })
    }

    /// Tells it in the report, and remembers it until a pass goes without.
    pub(super) fn note_log_trouble(&mut self, report: &mut SyncReport, trouble: Option<LogTrouble>) -> DeskResult<()> {
        let text = trouble.as_ref().map(|trouble| serde_json::to_string(trouble).unwrap_or_default()).unwrap_or_default();
        if self.store.remembered(TROUBLE)?.unwrap_or_default() != text {
            self.store.remember(TROUBLE, &text)?;
        }
        report.log_trouble = trouble.map(Box::new);
        Ok(())
    }

    /// How many changes of ours no colleague has seen yet.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn waiting_changes(&self) -> DeskResult<u64> {
        Ok(self.store.waiting_changes()?)
    }

    /// The trouble of the last pass.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn known_log_trouble(&self) -> DeskResult<Option<LogTrouble>> {
        Ok(self.store.remembered(TROUBLE)?.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::json::RESTORE_LOG;

    #[test]
    fn whatever_can_be_restored_says_so_by_the_name_that_a_screen_replaces() {
        let folder = || "Postdesk".to_owned();
        let restorable = [LogError::Gone { folder: folder() }, LogError::Incomplete { folder: folder(), missing: 1, tries: 1 }];

        for error in restorable {
            assert!(error.can_be_restored() && error.remedy().contains(RESTORE_LOG), "{error}");
        }
    }
}
