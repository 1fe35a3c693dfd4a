//! The outbox: what waits in it, and taking a mail back out of it.

use crate::desk::{Desk, DeskError, DeskResult};
use crate::domain::Timestamp;
use crate::domain::outbox::OutboxState;
use crate::protocol::json::{MailWaiting, OutboxLine};
use crate::store::outbox::OutboxEntry;

impl Desk {
    /// The outbox, oldest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn outbox(&mut self) -> DeskResult<Vec<OutboxLine>> {
        let entries = self.store.outbox()?;
        entries.into_iter().map(|entry| self.outbox_line(entry)).collect()
    }

    pub(in crate::desk) fn outbox_line(&self, entry: OutboxEntry) -> DeskResult<OutboxLine> {
        let ticket = match &entry.ticket {
            Some(key) => Some(
                self.store
                    .plain_ticket_row(key)?
                    .map_or_else(|| key.to_string(), |row| row.number.map_or_else(|| key.to_string(), |number| number.to_string())),
            ),
            None => None,
        };
        Ok(OutboxLine {
            id: entry.id,
            ticket,
            state: entry.state,
            to: entry.recipients,
            subject: entry.subject,
            message_id: entry.message_id,
            since: entry.since,
            attempts: entry.attempts,
            // A mail that nobody has tried yet goes out with the next pass, whenever that is.
            next_try: Some(entry.next_try).filter(|at| at.as_second() > 0 && matches!(entry.state, OutboxState::Queued | OutboxState::Scheduled)),
            error: entry.error,
        })
    }

    /// Removes a mail that has not been handed to a server.
    ///
    /// # Errors
    /// There is none, or it has been handed over.
    pub fn outbox_cancel(&mut self, id: i64) -> DeskResult<()> {
        let entry = self.outbox_entry(id)?;
        if self.store.cancel(id)? {
            self.make_way(&entry)
        } else {
            Err(DeskError::Conflict(format!("mail {id} is {} and cannot be cancelled", entry.state.as_str())))
        }
    }

    /// Takes a mail back out of the outbox and makes it a draft again; the draft's id.
    ///
    /// # Errors
    /// There is none, or it may have been handed over.
    pub fn outbox_edit(&mut self, id: i64) -> DeskResult<i64> {
        let entry = self.outbox_entry(id)?;
        let recalled = self.store.recall(id, Timestamp::now())?;
        // Who edits a held mail has consented to nothing yet: the draft knows no more than it did, and is held again.
        if recalled.is_some() {
            self.make_way(&entry)?;
        }
        recalled.ok_or_else(|| DeskError::Conflict(format!("mail {id} is {} and cannot be edited any more", entry.state.as_str())))
    }

    /// A mail that will not leave keeps nobody from answering its ticket.
    pub(super) fn make_way(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        if let (Some(_), Some(ticket), Some(mid)) = (self.team_folder(), &entry.ticket, &entry.message_id) {
            self.give_up_intent(ticket, mid)?;
            self.ring();
        }
        Ok(())
    }

    /// The mails that could not be handed over and are tried again later.
    pub(in crate::desk) fn mails_waiting(&self) -> DeskResult<Vec<MailWaiting>> {
        let mut queued = self.store.outbox_in(OutboxState::Queued)?;
        queued.retain(|entry| entry.next_try.as_second() > 0);
        Ok(queued.into_iter().map(|entry| MailWaiting { id: entry.id, why: entry.error.unwrap_or_default(), next_try: entry.next_try }).collect())
    }

    /// The mails that may have been sent, and may not.
    pub(in crate::desk) fn mails_uncertain(&self) -> DeskResult<Vec<i64>> {
        Ok(self.store.outbox_in(OutboxState::Uncertain)?.into_iter().map(|entry| entry.id).collect())
    }

    pub(in crate::desk) fn outbox_entry(&self, id: i64) -> DeskResult<OutboxEntry> {
        self.store.outbox_entry(id)?.ok_or_else(|| DeskError::NotFound {
            what: format!("there is no mail {id} in the outbox"),
            remedy: "`postdesk outbox list` shows what waits there.".into(),
        })
    }
}
