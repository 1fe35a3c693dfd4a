//! One mail on its way: looked at once more, frozen, arbitrated, and handed to the mail server.

use sha2::{Digest as _, Sha256};

use super::server::with_causes;
use crate::config::Smtp;
use crate::desk::arbitrate::{Lease, Verdict};
use crate::desk::{Desk, DeskError, DeskResult};
use crate::domain::draft::Draft;
use crate::domain::id::hex;
use crate::domain::outbox::OutboxState;
use crate::domain::{MessageId, Timestamp};
use crate::mail;
use crate::send;
use crate::store::outbox::OutboxEntry;
use crate::sync::source::MailSource;

/// After a temporary refusal the next try waits this long, doubled each time, up to an hour.
const RETRY_AFTER_SECS: i64 = 60;
const RETRY_AT_MOST_SECS: i64 = 3_600;

impl Desk {
    /// Takes one mail as far as it goes; what has become of it, or `None` when somebody has taken it back meanwhile.
    pub(super) fn send_one(&mut self, id: i64, source: Option<&mut dyn MailSource>) -> DeskResult<Option<OutboxEntry>> {
        if let Some(queued) = self.store.outbox_entry(id)?.filter(|entry| entry.state == OutboxState::Queued) {
            self.take_on(&queued, source)?;
        }
        Ok(self.store.outbox_entry(id)?)
    }

    fn take_on(&mut self, queued: &OutboxEntry, source: Option<&mut dyn MailSource>) -> DeskResult<()> {
        let id = queued.id;
        let Some(draft) = self.store.outbox_draft(id)? else { return Ok(()) };
        if let Some(why) = self.moved(queued, &draft)? {
            return self.hold(id, &why);
        }
        if let Err(error) = self.freeze(queued, &draft) {
            self.store.set_outbox_state(id, OutboxState::Queued, OutboxState::Refused, Some(&format!("it cannot be built: {error}")))?;
            return Ok(());
        }
        let Some(frozen) = self.store.outbox_entry(id)? else { return Ok(()) };
        match self.arbitrate(&frozen, &draft, source)? {
            Verdict::Go(lease) => self.hand_over(&frozen, &draft, lease)?,
            Verdict::Held(why) => self.hold(id, &why)?,
            Verdict::Waits(why) => self.postpone(id, &why)?,
            // Whoever connects again does so after pauses of his own; the mail goes with him.
            Verdict::Cut(why) => self.store.note_trouble(id, &why)?,
            Verdict::Sent => self.accept(&frozen)?,
        }
        // Who took it back did not know yet that the log has heard of it.
        if self.store.outbox_entry(id)?.is_none() { self.make_way(&frozen) } else { Ok(()) }
    }

    fn hold(&mut self, id: i64, why: &str) -> DeskResult<()> {
        self.store.set_outbox_state(id, OutboxState::Queued, OutboxState::Held, Some(why))?;
        Ok(())
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

    fn hand_over(&mut self, entry: &OutboxEntry, draft: &Draft, lease: Option<Lease>) -> DeskResult<()> {
        let id = entry.id;
        let access = match self.smtp_access() {
            Ok(access) => access,
            Err(error) => return self.postpone(id, &error.to_string()),
        };
        let Some(bytes) = self.store.outbox_bytes(id)? else { return Ok(()) };
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
            Ok(_) => self.accept(entry),
            Err(error) => self.failed(entry, &error),
        }
    }

    fn failed(&mut self, entry: &OutboxEntry, error: &send::SendError) -> DeskResult<()> {
        let what = format!("{}{}. {}", self.smtp_name(), with_causes(error), error.remedy());
        if error.is_uncertain() {
            self.store.set_outbox_state(entry.id, OutboxState::Sending, OutboxState::Uncertain, Some(&what))?;
            return Ok(());
        }
        if error.is_permanent() && !error.is_auth() {
            for state in [OutboxState::Sending, OutboxState::Queued] {
                self.store.set_outbox_state(entry.id, state, OutboxState::Refused, Some(&what))?;
            }
            return self.make_way(entry);
        }
        self.postpone(entry.id, &what)
    }

    /// `HOST:PORT: `, when mail leaves by a server.
    fn smtp_name(&self) -> String {
        match &self.setup.desk.smtp {
            Some(Smtp::Server(server)) => format!("{}:{}: ", server.host, server.port),
            _ => String::new(),
        }
    }

    fn postpone(&mut self, id: i64, why: &str) -> DeskResult<()> {
        let Some(entry) = self.store.outbox_entry(id)? else { return Ok(()) };
        let (next_try, pauses) = next_try(&entry, Timestamp::now());
        Ok(self.store.postpone(id, next_try, pauses, why)?)
    }
}

/// When a mail that was not taken is tried next, and after how many pauses of the timer. A try that
/// somebody asked for in between leaves the timer's plan as it is.
fn next_try(entry: &OutboxEntry, now: Timestamp) -> (Timestamp, u32) {
    if let Some(planned) = entry.planned.filter(|planned| *planned > now) {
        return (planned, entry.pauses);
    }
    let wait = (RETRY_AFTER_SECS << entry.pauses.min(10)).min(RETRY_AT_MOST_SECS);
    (Timestamp::from_second(now.as_second() + wait).unwrap_or_default(), entry.pauses.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(pauses: u32, planned: Option<Timestamp>) -> OutboxEntry {
        OutboxEntry {
            id: 1,
            ticket: None,
            state: OutboxState::Queued,
            recipients: Vec::new(),
            subject: String::new(),
            message_id: None,
            since: Timestamp::default(),
            attempts: 0,
            next_try: Timestamp::default(),
            pauses,
            planned,
            error: None,
            anyway: false,
            filed: false,
            filing: false,
        }
    }

    #[test]
    fn a_try_that_somebody_asked_for_leaves_the_next_one_of_the_timer_where_it_was() {
        let at = |second| Timestamp::from_second(second).unwrap();

        assert_eq!(next_try(&waiting(0, None), at(1_000)), (at(1_060), 1), "the first try");
        assert_eq!(next_try(&waiting(2, None), at(1_000)), (at(1_240), 3), "the timer's third");
        assert_eq!(next_try(&waiting(3, Some(at(1_200))), at(1_000)), (at(1_200), 3), "one asked for while the timer waits");
        assert_eq!(next_try(&waiting(3, Some(at(1_200))), at(1_200)), (at(1_680), 4), "one asked for when its time had come");
        assert_eq!(next_try(&waiting(40, None), at(0)), (at(3_600), 41), "an hour at most");
    }
}
