//! Mail out: the outbox from `queued` to `sent`, with every step committed before the next.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::arbitrate::{Lease, Verdict};
use super::network::{Turn, endpoint, source_error};
use super::{Desk, DeskError, DeskResult};
use crate::config::{Server, Smtp, TlsMode};
use crate::domain::address::is_addr_spec;
use crate::domain::draft::{Check, Draft, Objection, ReadyReply, Writing};
use crate::domain::event::{Change, Opening};
use crate::domain::fold;
use crate::domain::id::hex;
use crate::domain::outbox::OutboxState;
use crate::domain::project::Project;
use crate::domain::{MessageId, TicketKey, Timestamp};
use crate::mail;
use crate::protocol::job::SendOutcome;
use crate::protocol::json::{MailWaiting, OutboxLine, SyncReport};
use crate::send;
use crate::store::events::NewEvent;
use crate::store::folders::FolderRole;
use crate::store::outbox::OutboxEntry;
use crate::sync::endpoint::Credential;
use crate::sync::prepare::Preparer;
use crate::sync::source::{Fetched, Flags, MailSource, SourceError, Trouble, Waker};

/// After a temporary refusal the next try waits this long, doubled each time, up to an hour.
const RETRY_AFTER_SECS: i64 = 60;
const RETRY_AT_MOST_SECS: i64 = 3_600;
/// Set once the server was seen to file its own copy in Sent.
const FILES_ITS_OWN: &str = "server_files_sent";
/// How long a server that files its own copies is given for it.
const FILES_WITHIN_SECS: i64 = 600;

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
            let name = self.name();
            return Err(DeskError::Usage(format!("desk `{name}` cannot send: write smtp = {{ host = \"…\" }} into [desk.{name}]")));
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
        match entry.state {
            OutboxState::Sent => return Err(DeskError::Usage(format!("mail {id} has been sent"))),
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
        match self.network_turn() {
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
                let why = format!("{error}. {} (postdesk outbox retry {id} --anyway sends it without asking the team)", error.remedy());
                self.store.note_trouble(id, &why)?;
                return Ok(Some(error));
            }
        };
        let mut report = SyncReport::default();
        let stop = Waker::default();
        let pulled = self
            .mail_in(source.as_mut(), &mut |_| {}, &stop, &mut report)
            .and_then(|()| self.team_exchange(source.as_mut(), &mut |_| {}, &stop, &mut report));
        if let Err(error) = pulled {
            return Ok(Some(error));
        }
        self.send_one(id, Some(source.as_mut()))?;
        let filed = self.file_copies(source.as_mut());
        // That it was sent is for the team to see; if it cannot be told now, the next sync does it.
        let _ = self.team_exchange(source.as_mut(), &mut |_| {}, &stop, &mut report);
        source.close();
        Ok(filed.err())
    }

    /// Without a look at the mailbox nothing is sent, unless nobody shares it or the agent said so.
    fn may_send_unpulled(&self, id: i64) -> DeskResult<bool> {
        Ok(self.outbox_entry(id)?.anyway || self.setup.desk.folders.team.is_none())
    }

    fn outcome(&self, id: i64, trouble: Option<DeskError>) -> DeskResult<SendOutcome> {
        let entry = self.outbox_entry(id)?;
        let why = entry.error.clone().or_else(|| trouble.map(|error| format!("{error}. {}", error.remedy()))).unwrap_or_default();
        Ok(match entry.state {
            OutboxState::Sent => SendOutcome::Sent,
            OutboxState::Queued | OutboxState::Scheduled => SendOutcome::Queued(why),
            OutboxState::Held => SendOutcome::Held(why),
            OutboxState::Refused => SendOutcome::Refused(why),
            OutboxState::Sending | OutboxState::Uncertain => SendOutcome::Uncertain(why),
        })
    }

    fn outbox_entry(&self, id: i64) -> DeskResult<OutboxEntry> {
        self.store.outbox_entry(id)?.ok_or_else(|| DeskError::NotFound {
            what: format!("there is no mail {id} in the outbox"),
            remedy: "`postdesk outbox list` shows what waits there.".into(),
        })
    }

    /// The outbox, oldest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn outbox(&mut self) -> DeskResult<Vec<OutboxLine>> {
        let entries = self.store.outbox()?;
        entries.into_iter().map(|entry| self.outbox_line(entry)).collect()
    }

    fn outbox_line(&self, entry: OutboxEntry) -> DeskResult<OutboxLine> {
        let ticket = match &entry.ticket {
            Some(key) => Some(
                self.store
                    .ticket_row(key)?
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
        if let Some(draft_id) = recalled {
            self.make_way(&entry)?;
            // Who takes it back has been told why it was held.
            if entry.state == OutboxState::Held {
                self.note_looked(draft_id)?;
            }
        }
        recalled.ok_or_else(|| DeskError::Conflict(format!("mail {id} is {} and cannot be edited any more", entry.state.as_str())))
    }

    /// From here on only what is newer than now holds the draft's mail.
    fn note_looked(&mut self, draft_id: i64) -> DeskResult<()> {
        if let Writing::Mail(mut draft) = self.writing(draft_id)? {
            self.looked_at(&mut draft)?;
            self.save_draft(Some(draft_id), &draft)?;
        }
        Ok(())
    }

    /// A mail that will not leave keeps nobody from answering its ticket.
    fn make_way(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        if let (Some(_), Some(ticket), Some(mid)) = (self.team_folder(), &entry.ticket, &entry.message_id) {
            self.give_up_intent(ticket, mid)?;
            self.ring();
        }
        Ok(())
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
    pub(super) fn outbox_out(&mut self, source: &mut dyn MailSource, report: &mut SyncReport) -> DeskResult<()> {
        self.probe_uncertain(source)?;
        self.store.queue_scheduled(Timestamp::now())?;
        for entry in self.store.due(Timestamp::now())? {
            match self.send_one(entry.id, Some(source))? {
                OutboxState::Sent => report.sent += 1,
                OutboxState::Held => {
                    let why = self.outbox_entry(entry.id)?.error.unwrap_or_default();
                    report.conflicts.push(format!("mail {} is held: {why}", entry.id));
                }
                OutboxState::Refused | OutboxState::Queued | OutboxState::Uncertain => {
                    let why = self.outbox_entry(entry.id)?.error.unwrap_or_default();
                    report.errors.push(format!("mail {}: {why}", entry.id));
                }
                OutboxState::Sending | OutboxState::Scheduled => {}
            }
        }
        self.file_copies(source)
    }

    /// The mails that could not be handed over and are tried again later.
    pub(super) fn mails_waiting(&self) -> DeskResult<Vec<MailWaiting>> {
        let mut queued = self.store.outbox_in(OutboxState::Queued)?;
        queued.retain(|entry| entry.next_try.as_second() > 0);
        Ok(queued.into_iter().map(|entry| MailWaiting { id: entry.id, why: entry.error.unwrap_or_default(), next_try: entry.next_try }).collect())
    }

    /// A mail whose fate is unknown is sent if a copy lies in Sent.
    fn probe_uncertain(&mut self, source: &mut dyn MailSource) -> DeskResult<()> {
        let uncertain = self.store.outbox_in(OutboxState::Uncertain)?;
        if uncertain.is_empty() {
            return Ok(());
        }
        let Some(sent) = self.sent_folder(source)? else { return Ok(()) };
        source.select(&sent, None).map_err(|error| source_error(&error))?;
        for entry in uncertain {
            let Some(id) = &entry.message_id else { continue };
            if !source.find(id).map_err(|error| source_error(&error))?.is_empty() {
                self.accept(&entry)?;
                self.store.filed(entry.id)?;
            }
        }
        Ok(())
    }

    /// Takes one mail as far as it goes; the state it ends in.
    fn send_one(&mut self, id: i64, source: Option<&mut dyn MailSource>) -> DeskResult<OutboxState> {
        let entry = self.outbox_entry(id)?;
        if entry.state != OutboxState::Queued {
            return Ok(entry.state);
        }
        let Some(draft) = self.store.outbox_draft(id)? else { return Ok(entry.state) };
        if let Some(why) = self.moved(&entry, &draft)? {
            return self.hold(id, &why);
        }
        if let Err(error) = self.freeze(&entry, &draft) {
            self.store.set_outbox_state(id, OutboxState::Queued, OutboxState::Refused, Some(&format!("it cannot be built: {error}")))?;
            return Ok(OutboxState::Refused);
        }
        let entry = self.outbox_entry(id)?;
        match self.arbitrate(&entry, &draft, source)? {
            Verdict::Go(lease) => self.hand_over(id, &draft, lease),
            Verdict::Held(why) => self.hold(id, &why),
            Verdict::Waits(why) => {
                self.postpone(id, &format!("{why} (postdesk outbox retry {id} --anyway sends it without asking)"))?;
                Ok(OutboxState::Queued)
            }
            Verdict::Sent => {
                self.accept(&entry)?;
                Ok(OutboxState::Sent)
            }
        }
    }

    fn hold(&mut self, id: i64, why: &str) -> DeskResult<OutboxState> {
        self.store.set_outbox_state(id, OutboxState::Queued, OutboxState::Held, Some(why))?;
        Ok(OutboxState::Held)
    }

    /// Whether somebody has written on the ticket since the answer was begun, as far as it is known here.
    fn moved(&self, entry: &OutboxEntry, draft: &Draft) -> DeskResult<Option<String>> {
        let Some(ticket) = entry.ticket.as_ref().filter(|_| !entry.anyway) else { return Ok(None) };
        Ok(self.answered_since(ticket, draft)?)
    }

    /// Renders bytes and Message-ID once; they never change again.
    fn freeze(&mut self, entry: &OutboxEntry, draft: &Draft) -> DeskResult<()> {
        if entry.message_id.is_some() {
            return Ok(());
        }
        let now = Timestamp::now();
        let id = self.new_message_id(entry.id, &draft.from.domain(), now)?;
        let outgoing = self.outgoing(draft, id.clone(), now)?;
        let bytes = mail::compose(&outgoing).map_err(|error| DeskError::Failed { what: error.to_string(), remedy: String::new() })?;
        Ok(self.store.freeze(entry.id, &id, &bytes)?)
    }

    fn new_message_id(&mut self, outbox_id: i64, domain: &str, now: Timestamp) -> DeskResult<MessageId> {
        let actor = self.store.actor()?;
        let mut mark = hex(&Sha256::digest(format!("{actor}.{outbox_id}.{}.{}", now.as_nanosecond(), std::process::id())));
        mark.truncate(8);
        let domain = if domain.is_empty() { "postdesk.invalid" } else { domain };
        let text = format!("pd1.r.{actor}.{outbox_id}.{mark}@{domain}");
        Ok(MessageId::new(&text).unwrap_or_else(|| MessageId::synthetic(text.as_bytes())))
    }

    fn hand_over(&mut self, id: i64, draft: &Draft, lease: Option<Lease>) -> DeskResult<OutboxState> {
        let access = match self.smtp_access() {
            Ok(access) => access,
            Err(error) => {
                self.postpone(id, &error.to_string())?;
                return Ok(OutboxState::Queued);
            }
        };
        let bytes = self.store.outbox_bytes(id)?.unwrap_or_default();
        let envelope = send::Envelope {
            from: draft.from.address.clone(),
            to: draft.to.iter().chain(&draft.cc).chain(&draft.bcc).map(|address| address.address.clone()).collect(),
        };
        let store = &mut self.store;
        // A computer that slept meanwhile has to ask again: somebody else may have answered.
        let is_ours = || lease.is_none_or(Lease::holds);
        let mut begin = || {
            if !is_ours() {
                return Err("it took too long since the team was asked whose turn it is; the team is asked again".into());
            }
            match store.set_outbox_state(id, OutboxState::Queued, OutboxState::Sending, None) {
                Ok(true) => Ok(()),
                Ok(false) => Err("it was cancelled or taken by another process".into()),
                Err(error) => Err(error.into()),
            }
        };
        match send::deliver(&access, &envelope, &bytes, &mut begin) {
            Ok(_) => {
                let entry = self.outbox_entry(id)?;
                self.accept(&entry)?;
                Ok(OutboxState::Sent)
            }
            Err(error) => self.failed(id, &error),
        }
    }

    fn failed(&mut self, id: i64, error: &send::SendError) -> DeskResult<OutboxState> {
        let what = format!("{}{}. {}", self.smtp_name(), with_causes(error), error.remedy());
        if error.is_uncertain() {
            self.store.set_outbox_state(id, OutboxState::Sending, OutboxState::Uncertain, Some(&what))?;
            return Ok(OutboxState::Uncertain);
        }
        if error.is_permanent() && !error.is_auth() {
            for state in [OutboxState::Sending, OutboxState::Queued] {
                self.store.set_outbox_state(id, state, OutboxState::Refused, Some(&what))?;
            }
            let entry = self.outbox_entry(id)?;
            self.make_way(&entry)?;
            return Ok(OutboxState::Refused);
        }
        self.postpone(id, &what)?;
        Ok(OutboxState::Queued)
    }

    /// `HOST:PORT: `, when mail leaves by a server.
    fn smtp_name(&self) -> String {
        match &self.setup.desk.smtp {
            Some(Smtp::Server(server)) => format!("{}:{}: ", server.host, server.port),
            _ => String::new(),
        }
    }

    fn postpone(&mut self, id: i64, why: &str) -> DeskResult<()> {
        let attempts = self.outbox_entry(id)?.attempts.min(10);
        let wait = (RETRY_AFTER_SECS << attempts).min(RETRY_AT_MOST_SECS);
        let next = Timestamp::from_second(Timestamp::now().as_second() + wait).unwrap_or_default();
        Ok(self.store.postpone(id, next, why)?)
    }

    /// The server has taken it: record that with all that follows, then show it in its ticket.
    fn accept(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        let (Some(id), Some(draft)) = (entry.message_id.clone(), self.store.outbox_draft(entry.id)?) else { return Ok(()) };
        let bytes = self.store.outbox_bytes(entry.id)?.unwrap_or_default();
        let events = self.events_of_sent(&id, &draft, &bytes)?;
        self.store.accepted(entry.id, &self.author(), events)?;
        let now = Timestamp::now();
        let fetched = Fetched { uid: 0, flags: Flags { seen: true, ..Flags::default() }, internal_date: Some(now), size: bytes.len() as u32, bytes };
        let arrived = Preparer::new(&self.context).prepare(&fetched, FolderRole::Sent, false);
        self.store.write_own(&arrived)?;
        Ok(())
    }

    /// What the log says of a mail that left: its ticket, that it was sent, and what its template asked for.
    fn events_of_sent(&mut self, id: &MessageId, draft: &Draft, bytes: &[u8]) -> DeskResult<Vec<NewEvent>> {
        let mut events = Vec::new();
        let (key, state) = match &draft.ticket {
            Some(ticket) => {
                let state = self.opened(ticket)?;
                (state.key.clone(), Some(state))
            }
            None => {
                let key = TicketKey::of(id);
                let opening = Opening {
                    key: key.clone(),
                    project: draft.project.clone(),
                    ids: vec![id.clone()],
                    subject: draft.subject.clone(),
                    requester: draft.to.first().cloned(),
                };
                events.push(NewEvent { change: Change::Open { tickets: vec![opening] }, inverse: None });
                (key, None)
            }
        };
        events.push(NewEvent { change: Change::Sent { ticket: key.clone(), mid: id.clone(), sha: hex(&Sha256::digest(bytes)) }, inverse: None });
        let fresh = || crate::domain::ticket::TicketState::new(key.clone());
        let before = state.unwrap_or_else(fresh);
        let mut push = |change: Change| events.push(NewEvent { inverse: fold::inverse(&before, &change), change });
        if let Some(value) = draft.status.filter(|status| *status != before.status.value) {
            push(Change::Status { ticket: key.clone(), value, seen: self.store.newest_inbound(&key, None)? });
        }
        let add: Vec<String> =
            draft.tags.iter().filter_map(|tag| crate::domain::ticket::tag(tag)).filter(|tag| !before.tags.contains_key(tag)).collect();
        if !add.is_empty() {
            push(Change::Tag { ticket: key.clone(), add, remove: Vec::new() });
        }
        Ok(events)
    }

    /// Puts a copy of each sent mail into Sent, after one look for it by Message-ID.
    fn file_copies(&mut self, source: &mut dyn MailSource) -> DeskResult<()> {
        let unfiled = self.store.unfiled()?;
        if unfiled.is_empty() {
            return Ok(());
        }
        let sent = match self.sent_folder(source)? {
            Some(name) => name,
            None => "Sent".to_owned(),
        };
        match source.select(&sent, None) {
            Err(error) if error.trouble == Trouble::NoFolder => {
                source.create(&sent).and_then(|()| source.select(&sent, None)).map_err(|error| source_error(&error))?;
            }
            other => drop(other.map_err(|error| source_error(&error))?),
        }
        let files_its_own = self.store.remembered(FILES_ITS_OWN)?.is_some();
        for entry in unfiled {
            self.file_copy(source, &sent, &entry, files_its_own).map_err(|error| source_error(&error))??;
        }
        Ok(())
    }

    fn file_copy(
        &mut self,
        source: &mut dyn MailSource,
        sent: &str,
        entry: &OutboxEntry,
        files_its_own: bool,
    ) -> Result<DeskResult<()>, SourceError> {
        let Some(id) = &entry.message_id else { return Ok(Ok(())) };
        if !source.find(id)?.is_empty() {
            return Ok(self.found_in_sent(entry));
        }
        // Such a server may be slow about it, but not for ever.
        if files_its_own && Timestamp::now().as_second() - entry.since.as_second() < FILES_WITHIN_SECS {
            return Ok(Ok(()));
        }
        let bytes = match self.store.outbox_bytes(entry.id).and_then(|bytes| self.store.begin_filing(entry.id).map(|()| bytes)) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => return Ok(Err(error.into())),
        };
        source.append(sent, &Flags { seen: true, ..Flags::default() }, &bytes)?;
        Ok(self.store.filed(entry.id).map_err(Into::into))
    }

    /// A copy is there. If we have not begun to put one there, the server files its own.
    fn found_in_sent(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        if !entry.filing {
            self.store.remember(FILES_ITS_OWN, "1")?;
        }
        Ok(self.store.filed(entry.id)?)
    }

    /// How mail leaves, with the secret fetched.
    fn smtp_access(&self) -> DeskResult<send::SmtpAccess> {
        match &self.setup.desk.smtp {
            None => Err(DeskError::Usage(format!("desk `{}` has no [desk.{}.smtp] section, so nothing can be sent", self.name(), self.name()))),
            Some(Smtp::Command(command)) => Ok(send::SmtpAccess::Command(command.clone())),
            Some(Smtp::Folders(folder)) => Ok(send::SmtpAccess::Folders(folder.clone())),
            Some(Smtp::Server(server)) => Ok(send::SmtpAccess::Server(server_access(server, std::time::Duration::from_mins(1))?)),
        }
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

/// A configured server with its secret fetched, given up after so long a silence.
pub(super) fn server_access(server: &Server, timeout: std::time::Duration) -> DeskResult<send::ServerAccess> {
    Ok(send::ServerAccess {
        host: server.host.clone(),
        port: server.port,
        security: match server.tls {
            TlsMode::Implicit => send::Security::Implicit,
            TlsMode::StartTls => send::Security::StartTls,
            TlsMode::None => send::Security::None,
        },
        credential: credential(server)?,
        ca_file: server.ca_file.clone(),
        timeout,
    })
}

/// An error with its causes on one line, each said once.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    });
    crate::domain::sanitise::line(&text).into_owned()
}

/// The login, with its secret fetched; none for a server that takes mail without one.
fn credential(server: &Server) -> DeskResult<Option<send::Credential>> {
    if server.user.is_empty() {
        return Ok(None);
    }
    let endpoint = endpoint(server)?;
    Ok(Some(match endpoint.secret {
        Credential::Password(secret) => send::Credential { user: endpoint.user, secret, kind: send::CredentialKind::Password },
        Credential::Token(secret) => send::Credential { user: endpoint.user, secret, kind: send::CredentialKind::Token },
    }))
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
