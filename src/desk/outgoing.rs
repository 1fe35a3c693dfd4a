//! Mail out: from a checked draft by the outbox to `sent`, with every step committed before the next.

mod accepted;
mod copies;
mod hand_over;
mod outbox;
mod server;

use std::collections::BTreeSet;

use super::network::Turn;
use super::visit::Visit;
use super::{Desk, DeskError, DeskResult, words};
use crate::domain::Timestamp;
use crate::domain::address::is_addr_spec;
use crate::domain::draft::{Check, Draft, Objection, ReadyReply};
use crate::domain::outbox::OutboxState;
use crate::domain::project::Project;
use crate::mail;
use crate::protocol::answer::SendOutcome;
use crate::protocol::json::SyncReport;
use crate::sync::source::Waker;
pub(super) use server::{server_access, with_causes};

impl Desk {
    /// Checks the draft, puts it into the outbox and sends it if the network may be used.
    /// The draft, if it was saved, is gone once the outbox has it.
    ///
    /// # Errors
    /// A file cannot be written. A server that refuses is an outcome, not an error.
    pub fn send(&mut self, draft_id: Option<i64>, draft: Draft, allowed: &BTreeSet<Check>) -> DeskResult<SendOutcome> {
        match self.checked(draft, allowed)? {
            Ok(ready) => {
                let id = self.store.queue(&ready, draft_id, Timestamp::now())?;
                self.send_queued(id)
            }
            Err(objections) => Ok(SendOutcome::Objected(objections)),
        }
    }

    /// Checks the draft and puts it into the outbox, to go out at a time and not before; its id there.
    /// Until then it can be called back ([`Desk::outbox_edit`]). Whoever syncs after that time sends it.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn schedule(
        &mut self,
        draft_id: Option<i64>,
        draft: Draft,
        allowed: &BTreeSet<Check>,
        at: Timestamp,
    ) -> DeskResult<Result<i64, Vec<Objection>>> {
        Ok(match self.checked(draft, allowed)? {
            Ok(ready) => Ok(self.store.schedule(&ready, draft_id, Timestamp::now(), at)?),
            Err(objections) => Err(objections),
        })
    }

    /// Sends a scheduled mail whose time has come.
    ///
    /// # Errors
    /// There is no such mail, or a file cannot be written.
    pub fn send_scheduled(&mut self, id: i64) -> DeskResult<SendOutcome> {
        self.store.set_outbox_state(id, OutboxState::Scheduled, OutboxState::Queued, None)?;
        self.send_queued(id)
    }

    fn checked(&mut self, draft: Draft, allowed: &BTreeSet<Check>) -> DeskResult<Result<ReadyReply, Vec<Objection>>> {
        if self.setup.desk.smtp.is_none() {
            return Err(self.cannot_send());
        }
        let project = self.project_or_default(&draft.project)?.project.clone();
        Ok(examined(draft, &project, allowed))
    }

    /// Tries again; `anyway` sends a held one, and an uncertain one after its owner said so.
    ///
    /// # Errors
    /// There is no such mail, or it is in a state that cannot be tried again.
    pub fn outbox_retry(&mut self, id: i64, anyway: bool) -> DeskResult<SendOutcome> {
        let entry = self.outbox_entry(id)?;
        // Only one that may have left is still here.
        if let Some(objection) = self.store.outbox_draft(id)?.and_then(|draft| draft.forgotten_recipient()) {
            return Ok(SendOutcome::Objected(vec![objection]));
        }
        match entry.state {
            OutboxState::Sent => {
                return Err(DeskError::usage(format!("mail {id} has been sent"), "Another one needs a new answer: `postdesk reply`."));
            }
            OutboxState::Held if !anyway => return Ok(SendOutcome::Held(entry.error.unwrap_or_default())),
            OutboxState::Uncertain | OutboxState::Sending if !anyway => {
                return Ok(SendOutcome::Uncertain(entry.error.unwrap_or_else(|| "the server may have taken it".into())));
            }
            _ => self.store.retry(id, anyway)?,
        }
        self.send_queued(id)
    }

    /// Sends one queued mail now, or has the holder of the network role do it.
    fn send_queued(&mut self, id: i64) -> DeskResult<SendOutcome> {
        if self.setup.offline {
            return Ok(SendOutcome::Queued("this run is offline".into()));
        }
        match self.network_turn(&mut |_| {}) {
            Ok(Turn::Ours(role)) => {
                let trouble = self.send_over_own_session(id)?;
                drop(role);
                self.outcome(id, trouble)
            }
            Ok(Turn::Done(_)) => self.outcome(id, None),
            Err(error) => self.outcome(id, Some(error)),
        }
    }

    /// Pull, send, file: over a session of our own. What stood in the way is returned, the mail is kept.
    fn send_over_own_session(&mut self, id: i64) -> DeskResult<Option<DeskError>> {
        self.recover_interrupted()?;
        let mut source = match self.connect() {
            Ok(source) => source,
            Err(error) if self.may_send_unpulled(id)? => {
                self.send_one(id, None)?;
                return Ok(Some(error));
            }
            Err(error) => {
                let why = words::with_remedy(&error.to_string(), error.remedy());
                self.store.note_trouble(id, &why)?;
                return Ok(Some(error));
            }
        };
        let mut visit = Visit { source: source.as_mut(), progress: &mut |_| {}, stop: &Waker::default(), report: SyncReport::default() };
        if let Err(error) = self.mail_in(&mut visit).and_then(|_| self.team_exchange(&mut visit)) {
            return Ok(Some(error));
        }
        self.send_one(id, Some(visit.source))?;
        let filed = self.file_copies(visit.source);
        // That it was sent is for the team to see; if it cannot be told now, the next sync does it.
        let _ = self.team_exchange(&mut visit);
        source.close();
        Ok(filed.err())
    }

    /// Without a look at the mailbox nothing is sent, unless nobody shares it or the agent said so.
    fn may_send_unpulled(&self, id: i64) -> DeskResult<bool> {
        Ok(self.outbox_entry(id)?.anyway || self.setup.desk.folders.team.is_none())
    }

    fn outcome(&self, id: i64, trouble: Option<DeskError>) -> DeskResult<SendOutcome> {
        let entry = self.outbox_entry(id)?;
        let why = entry.error.clone().or_else(|| trouble.map(|error| words::with_remedy(&error.to_string(), error.remedy()))).unwrap_or_default();
        Ok(match entry.state {
            OutboxState::Sent => SendOutcome::Sent,
            OutboxState::Queued | OutboxState::Scheduled => SendOutcome::Queued(why),
            OutboxState::Held => SendOutcome::Held(why),
            OutboxState::Refused => SendOutcome::Refused(why),
            OutboxState::Sending | OutboxState::Uncertain => SendOutcome::Uncertain(why),
        })
    }

    /// Whoever holds the network role and finds a mail in `sending` knows that its
    /// sender died over it: nobody can say whether the server has it.
    pub(super) fn recover_interrupted(&mut self) -> DeskResult<()> {
        for entry in self.store.outbox_in(OutboxState::Sending)? {
            let why = "postdesk ended while the server was taking it; looked for in Sent by every sync, never sent again by itself";
            self.store.set_outbox_state(entry.id, OutboxState::Sending, OutboxState::Uncertain, Some(why))?;
        }
        Ok(())
    }

    /// Everything in the outbox that can be done now: probes, due mails, copies.
    pub(super) fn outbox_out(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        self.probe_uncertain(visit.source)?;
        self.store.queue_scheduled(Timestamp::now())?;
        for due in self.store.due(Timestamp::now())? {
            let Some(entry) = self.send_one(due.id, Some(visit.source))? else { continue };
            let (id, why) = (entry.id, entry.error.unwrap_or_default());
            match entry.state {
                OutboxState::Sent => visit.report.sent += 1,
                OutboxState::Held => visit.report.conflicts.push(format!("mail {id} is held: {why}")),
                OutboxState::Refused | OutboxState::Queued | OutboxState::Uncertain => visit.report.errors.push(format!("mail {id}: {why}")),
                OutboxState::Sending | OutboxState::Scheduled => {}
            }
        }
        self.file_copies(visit.source)
    }
}

/// [`Draft::check`], and whether what looks like an address can be written into a mail: that is known where mails are built.
pub(super) fn examined(draft: Draft, project: &Project, allowed: &BTreeSet<Check>) -> Result<ReadyReply, Vec<Objection>> {
    let unwritable = draft.bad_recipient(|address| !is_addr_spec(&address.address) || mail::is_writable(address));
    match (draft.check(project, allowed), unwritable) {
        (checked, None) => checked,
        (checked, Some((_, objection))) => Err(checked.err().into_iter().flatten().chain([objection]).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Address;

    #[test]
    fn an_address_that_cannot_be_written_is_objected_to_before_the_mail_is_built() {
        let us = Address::new("App", "app@x.example");
        let project = Project { id: "app".into(), from: us.clone(), ..Project::default() };
        let draft = Draft { from: us, to: vec![Address::new("", "a..b@y.example")], body: "Done.".into(), ..Draft::default() };

        let found = examined(draft, &project, &BTreeSet::new()).unwrap_err();

        assert_eq!(found[0].check, Check::BadRecipient);
        assert!(found[0].what.contains("`a..b@y.example` in To"), "{found:?}");
    }
}
