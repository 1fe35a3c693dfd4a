//! Colleagues at the same ticket: saying that an answer is being written, and what others do and have done meanwhile.

use super::elsewhere::Elsewhere;
use super::team::Way;
use super::{Desk, DeskResult};
use crate::domain::draft::Draft;
use crate::domain::event::Change;
use crate::domain::{TicketKey, Timestamp};
use crate::protocol::answer::Company;
use crate::protocol::job::Known;
use crate::protocol::json::Replying;
use crate::store::events::NewEvent;
use crate::store::presence::REPLYING;
use crate::sync::source::{MailSource, Waker};

/// Who leaves waits for no more than so many changes to be shared.
const FEW: u32 = 100;

impl Desk {
    /// Tells colleagues that an answer to a ticket is being written here, or no longer is. Only advice:
    /// it goes out at once or not at all.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn tell_replying(&mut self, ticket: &TicketKey, is_replying: bool) -> DeskResult<()> {
        if self.team_folder().is_none() || self.setup.offline {
            return Ok(());
        }
        let (ticket, what) = (ticket.clone(), REPLYING.to_owned());
        let change = if is_replying { Change::Presence { ticket, what } } else { Change::Left { ticket, what } };
        let author = self.author();
        self.store.append_events(&author, vec![NewEvent { change, inverse: None }])?;
        self.ring();
        Ok(())
    }

    /// Before the line goes: colleagues hear at once that nobody writes here any more, if that is not told yet.
    /// Should it not work out, it expires, or the next sync tells it.
    pub(super) fn take_leave(&mut self, source: &mut dyn MailSource) {
        let waiting = self.store.waiting_events(FEW + 1).unwrap_or_default();
        let is_leaving = waiting.iter().any(|event| matches!(event.change, Change::Left { .. }));
        if is_leaving && waiting.len() <= FEW as usize && self.followed.is_some() {
            let stop = Waker::default();
            let mut unseen = |_| {};
            let mut visit = self.visit(source, &mut unseen, &stop);
            let told = self.with_log(&mut visit, Way::Push);
            tracing::debug!(?told, "colleagues were told on leaving");
        }
    }

    /// Who else answers a ticket now, and what has happened to it since an answer was begun by
    /// somebody who knew what `since` says.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn company(&mut self, ticket: &TicketKey, since: &Known) -> DeskResult<Company> {
        let key = self.state_of(ticket)?.map_or_else(|| ticket.clone(), |state| state.key);
        let mut news = Vec::new();
        let draft =
            Draft { ticket: Some(key.clone()), seen: since.seen.clone(), base: since.base, answers: since.answers.clone(), ..Draft::default() };
        if let Some(at) = self.customer_wrote_since(&key, &draft)? {
            news.push((at, "the customer wrote again".to_owned()));
        }
        let mut is_answered = false;
        for change in since.base.as_ref().map_or_else(|| Ok(Vec::new()), |base| self.store.foreign_since(&key, base))? {
            is_answered |= matches!(change.event.change, Change::Sent { .. });
            if let Some(what) = self.concerns_an_answer(&key, &change.event.change)? {
                news.push((change.happened(), format!("{} {what}", change.event.agent)));
            }
        }
        // Of what the log tells there is a copy in Sent as well.
        if let Some(elsewhere) = self.answered_elsewhere(&key, &draft)?.filter(|_| !is_answered) {
            let at = if let Elsewhere::Sent { at, .. } = elsewhere { at } else { Timestamp::now() };
            news.push((at, elsewhere.news()));
        }
        news.sort();
        Ok(Company {
            replying: self.replying(&key)?,
            news,
            now: Known {
                seen: self.store.newest_inbound(&key, None)?,
                base: Some(self.store.base()?),
                answers: Some(self.store.known_answers(&key)?),
            },
            ticket: ticket.clone(),
        })
    }

    /// Who else writes an answer to this ticket, by the time of this computer.
    pub(super) fn replying(&self, key: &TicketKey) -> DeskResult<Vec<Replying>> {
        let present = self.store.company(&self.setup.agent.name, Timestamp::now())?;
        let here = present.into_iter().filter(|present| present.ticket == *key && present.what == REPLYING);
        Ok(here.map(|present| Replying { agent: present.agent, since: present.since }).collect())
    }

    /// What a colleague did, if who writes an answer has to know it.
    fn concerns_an_answer(&self, ticket: &TicketKey, change: &Change) -> DeskResult<Option<String>> {
        Ok(match change {
            Change::Sent { .. } => Some("answered".to_owned()),
            Change::Assign { .. } | Change::Status { .. } | Change::Merge { .. } | Change::Note { .. } => Some(self.in_words_at(ticket, change)?),
            _ => None,
        })
    }
}
