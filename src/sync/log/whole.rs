//! Whether the folder still holds the log: nothing taken out that no snapshot holds, and no number that means another message.

use super::message::Opened;
use super::{LogError, LogSync};
use crate::domain::envelope;
use crate::sync::source::UidSet;

/// So many known messages are compared with what the server shows under their numbers.
const SAMPLE: usize = 20;

/// Messages that are gone, as it is remembered that they were looked into.
pub(super) fn absences(validity: u32, gone: &UidSet) -> String {
    format!("{validity} {gone}")
}

impl LogSync<'_> {
    /// Fails when the folder has lost something; `gone` are messages that were read and are not there.
    /// Absences that were looked into once are not looked into again.
    pub(super) fn look_for_losses(&mut self, validity: u32, gone: &UidSet) -> Result<(), LogError> {
        let absences = absences(validity, gone);
        if self.store.has_looked_into(&absences)? {
            return Ok(());
        }
        if !(gone.is_empty() && self.store.all_stands_under(validity)?) {
            let losses = self.store.losses(validity, &|uid| !gone.contains(uid))?;
            if losses.is_other {
                return Err(LogError::Other { folder: self.folder.to_owned() });
            }
            if losses.count() > 0 {
                return Err(LogError::Lost { folder: self.folder.to_owned(), count: losses.count() });
            }
        }
        Ok(self.store.looked_into(&absences)?)
    }

    /// Compares what is known of some messages with what the server shows under their numbers now. When
    /// it is something else, or the server's next number has fallen, the next pull treats the folder
    /// as one that was numbered anew. Meant for the first look over a new connection.
    ///
    /// # Errors
    /// The session or a file failed.
    pub fn spot_check(&mut self) -> Result<(), LogError> {
        let Some(head) = self.store.log_head()? else { return Ok(()) };
        let selected = match self.source.select(self.folder, None) {
            Ok(selected) if selected.uid_validity == head.validity => selected,
            // What is wrong with the folder is found out, and said, by the pull that follows.
            Err(error) if error.is_fatal() => return Err(error.into()),
            _ => return Ok(()),
        };
        let known = self.store.sample(head.validity, SAMPLE)?;
        let has_fallen = known.last().is_some_and(|(last, _)| selected.uid_next <= *last);
        let wanted: UidSet = known.iter().map(|(uid, _)| *uid).collect();
        let shown = if wanted.is_empty() || has_fallen { Vec::new() } else { self.messages(&wanted)? };
        let is_known = |message: &Opened| {
            let text = message.text.as_deref().unwrap_or_default();
            known.iter().find(|(uid, _)| *uid == message.uid).is_none_or(|(_, id)| match id {
                Some(id) => envelope::names(text) == Some(*id),
                None => envelope::open_genesis(text).is_some_and(|genesis| genesis.log == head.log),
            })
        };
        if has_fallen || !shown.iter().all(is_known) {
            tracing::warn!(folder = %self.folder, "the server shows other messages under known numbers; all are read anew");
            self.store.distrust_numbers(head.validity)?;
        }
        Ok(())
    }
}
