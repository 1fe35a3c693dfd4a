//! Two agents, one ticket: before an answer is handed to the mail server, the team's log decides whose turn it is.

use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest as _, Sha256};

use super::team::Way;
use super::visit::Visit;
use super::{Desk, DeskResult, words};
use crate::domain::draft::Draft;
use crate::domain::event::Change;
use crate::domain::id::hex;
use crate::domain::message::Class;
use crate::domain::ticket::{Intent, TicketState};
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::json::SyncReport;
use crate::store::events::NewEvent;
use crate::store::news::Fate;
use crate::store::outbox::OutboxEntry;
use crate::sync::log::LogError;
use crate::sync::source::{MailSource, Waker};

/// So long an intent keeps others from answering, in seconds by the server's clock.
const LEASE_SECS: u64 = 15 * 60;
/// An intent is used for so long by this computer's clocks; the rest is for handing the mail over.
const LEASE_USED: Duration = Duration::from_mins(12);
/// An intent that is given up expires after this.
const GIVEN_UP_SECS: u64 = 1;

/// Whether a mail may be handed over now.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It may, as long as the lease holds.
    Go(Option<Lease>),
    /// A person has to look first; why.
    Held(String),
    /// The log could not be asked; why.
    Waits(String),
    /// The line broke over it, and the next one decides; why.
    Cut(String),
    /// The log says that this very mail was sent.
    Sent,
}

/// The right to answer a ticket, for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    /// One clock stands still while the computer sleeps, the other can be set: the one that ran further counts.
    steady: Instant,
    wall: SystemTime,
}

impl Lease {
    fn begins_now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    pub fn holds(self) -> bool {
        // A clock that was set back says nothing.
        let by_wall = self.wall.elapsed().unwrap_or_default();
        self.steady.elapsed().max(by_wall) < LEASE_USED
    }
}

impl Desk {
    /// Asks the team's log whether a frozen mail may leave. `source` is `None` when there is no session.
    pub(super) fn arbitrate(&mut self, entry: &OutboxEntry, draft: &Draft, source: Option<&mut dyn MailSource>) -> DeskResult<Verdict> {
        let (Some(_), Some(ticket), Some(mid)) = (self.team_folder(), &draft.ticket, &entry.message_id) else { return Ok(Verdict::Go(None)) };
        let Some(source) = source else {
            return Ok(if entry.anyway { Verdict::Go(None) } else { Verdict::Waits("the team's log cannot be asked without a connection".into()) });
        };
        let verdict = match self.contend(draft, ticket, mid, entry.id, source) {
            Ok(verdict) => verdict,
            Err(LogError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let why = format!("whether a colleague answers this ticket cannot be found out: {error}. {}", error.remedy());
                if error.leaves_session() { Verdict::Waits(why) } else { Verdict::Cut(why) }
            }
        };
        Ok(match verdict {
            Verdict::Held(_) | Verdict::Waits(_) | Verdict::Cut(_) if entry.anyway => Verdict::Go(None),
            other => other,
        })
    }

    fn contend(
        &mut self,
        draft: &Draft,
        ticket: &TicketKey,
        mid: &MessageId,
        outbox_id: i64,
        source: &mut dyn MailSource,
    ) -> Result<Verdict, LogError> {
        let mut visit = Visit { source, progress: &mut |_| {}, stop: &Waker::default(), report: SyncReport::default() };
        self.with_log(&mut visit, Way::Pull)?;
        let Some(before) = self.state_of(ticket)? else { return Ok(Verdict::Go(None)) };
        if self.store.log_says_sent(&before.key, mid)? {
            return Ok(Verdict::Sent);
        }
        if let Some(why) = self.answered_since(&before.key, draft)? {
            return Ok(Verdict::Held(why));
        }
        let lease = Lease::begins_now();
        let intent = self.intend(&before.key, mid, outbox_id)?;
        self.with_log(&mut visit, Way::Push)?;
        let Some(now) = self.state_of(ticket)? else { return Ok(Verdict::Go(None)) };
        match self.store.fate_of(intent)? {
            Fate::Waits => return Ok(Verdict::Waits("the team's log does not show that this mail is about to leave".into())),
            Fate::Unapplied(why) => return Ok(Verdict::Held(self.somebody_sends(&now, &why)?)),
            Fate::Applied => {}
        }
        let held = match self.answered_since(&now.key, draft)? {
            Some(why) => Some(why),
            None => self.overtaken_mail_left(before.intent.as_ref(), intent)?,
        };
        match held {
            Some(why) => {
                self.give_up_intent(ticket, mid)?;
                Ok(Verdict::Held(why))
            }
            None => Ok(Verdict::Go(Some(lease))),
        }
    }

    /// The state of a ticket, or of the one it is merged into.
    pub(super) fn state_of(&self, ticket: &TicketKey) -> Result<Option<TicketState>, crate::store::StoreError> {
        let mut state = self.store.ticket_state(ticket)?;
        // The fold lets no circle of merges come about; the bound keeps a damaged file from hanging us.
        for _ in 0..100 {
            match state.as_ref().and_then(|state| state.merged_into.value.clone()) {
                Some(target) => state = self.store.ticket_state(&target)?,
                None => break,
            }
        }
        Ok(state)
    }

    /// Writes the intent down. One of this mail that waits since a line broke is used again.
    fn intend(&mut self, ticket: &TicketKey, mid: &MessageId, outbox_id: i64) -> Result<EventId, LogError> {
        let is_its = |change: &Change| matches!(change, Change::Intent { mid: known, ttl, .. } if known == mid && *ttl == LEASE_SECS);
        if let Some(waiting) = self.store.waiting_events(u32::MAX)?.into_iter().find(|event| is_its(&event.change)) {
            return Ok(waiting.id);
        }
        let bytes = self.store.outbox_bytes(outbox_id)?.unwrap_or_default();
        let change = Change::Intent { ticket: ticket.clone(), mid: mid.clone(), sha: hex(&Sha256::digest(bytes)), ttl: LEASE_SECS };
        let author = self.author();
        let written = self.store.append_events(&author, vec![NewEvent { change, inverse: None }])?;
        Ok(written.first().copied().unwrap_or(EventId { actor: self.store.actor()?, seq: 0 }))
    }

    /// Lets others answer the ticket again, if it was this mail that kept them from it.
    pub(super) fn give_up_intent(&mut self, ticket: &TicketKey, mid: &MessageId) -> Result<(), crate::store::StoreError> {
        let me = self.store.actor()?;
        let Some(state) = self.state_of(ticket)? else { return Ok(()) };
        if !state.intent.as_ref().is_some_and(|intent| intent.event.actor == me && intent.mid == *mid && intent.ttl == LEASE_SECS) {
            return Ok(());
        }
        let change = Change::Intent { ticket: state.key, mid: mid.clone(), sha: String::new(), ttl: GIVEN_UP_SECS };
        let author = self.author();
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }]).map(drop)
    }

    /// Why an answer is out of date: somebody has written since it was begun.
    pub(super) fn answered_since(&self, ticket: &TicketKey, draft: &Draft) -> Result<Option<String>, crate::store::StoreError> {
        let key = self.state_of(ticket)?.map_or_else(|| ticket.clone(), |state| state.key);
        if let Some(at) = self.customer_wrote_since(&key, draft)? {
            let at = words::moment(at);
            return Ok(Some(format!("the customer wrote again at {at}: read it, then send yours all the same or edit it")));
        }
        if let Some(base) = draft.base.as_ref().filter(|_| self.team_folder().is_some()) {
            let sent = self.store.foreign_since(&key, base)?.into_iter().rev().find(|news| matches!(news.event.change, Change::Sent { .. }));
            if let Some(news) = sent {
                let (who, at) = (&news.event.agent, words::moment(news.happened()));
                return Ok(Some(format!("{who} answered this ticket at {at}: read it, then send yours all the same or edit it")));
            }
        }
        Ok(self.answered_elsewhere(&key, draft)?.map(|elsewhere| format!("{}, then send yours all the same or edit it", elsewhere.order())))
    }

    /// When the customer wrote last, if that was after the answer was begun.
    pub(super) fn customer_wrote_since(&self, ticket: &TicketKey, draft: &Draft) -> Result<Option<Timestamp>, crate::store::StoreError> {
        let newest = self.store.newest_inbound(ticket, Some(Class::Human))?;
        let is_new = newest.as_ref().is_some_and(|newest| match &draft.seen {
            Some(seen) => newest.at > seen.at || (newest.at == seen.at && newest.mid != seen.mid),
            // Who began when nothing of the customer's was there has seen none; of who has not looked nothing is known.
            None => draft.base.is_some(),
        });
        Ok(newest.filter(|_| is_new).map(|newest| newest.at))
    }

    fn somebody_sends(&self, state: &TicketState, why: &str) -> Result<String, crate::store::StoreError> {
        let Some(intent) = &state.intent else { return Ok(format!("another answer to this ticket came first ({why})")) };
        let who = self.store.event(intent.event)?.map_or_else(|| "a colleague".to_owned(), |event| event.agent);
        Ok(format!(
            "{who} is sending an answer to this ticket since {}: read it when it is there, then send yours all the same or edit it",
            words::moment(intent.since)
        ))
    }

    /// Who overtakes an intent that has expired looks whether its mail left after all: it would lie in Sent.
    fn overtaken_mail_left(&self, overtaken: Option<&Intent>, ours: EventId) -> Result<Option<String>, crate::store::StoreError> {
        let Some(intent) = overtaken.filter(|intent| intent.event.actor != ours.actor) else { return Ok(None) };
        if self.store.ticket_of(&intent.mid)?.is_none() {
            return Ok(None);
        }
        let who = self.store.event(intent.event)?.map_or_else(|| "a colleague".to_owned(), |event| event.agent);
        Ok(Some(format!("an answer of {who} to this ticket has left: read it, then send yours all the same or edit it")))
    }
}
