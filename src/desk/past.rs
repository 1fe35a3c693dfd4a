//! A past that is made up: what the agents of a demo did, written in few transactions.

use std::collections::HashSet;

use super::{Desk, DeskResult};
use crate::domain::{MessageId, TicketKey, Timestamp, fold};
use crate::protocol::job::Act;
use crate::store::events::{Author, NewEvent};

/// Something an agent did to the ticket that a mail had opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAct {
    /// The first mail of the ticket.
    pub message_id: MessageId,
    /// The short name of who did it.
    pub agent: String,
    pub at: Timestamp,
    pub act: Act,
}

/// So many acts are written together at most.
const ACTS_AT_ONCE: usize = 4_000;

impl Desk {
    /// Does what was done, oldest first, as [`Desk::act`] would have at the time.
    /// A mail that opened no ticket of its own is passed over. Returns how many
    /// events came of it.
    ///
    /// # Errors
    /// An act is none, or a file cannot be written; what was written by then stays.
    pub fn relive(&mut self, past: Vec<PastAct>, progress: &mut dyn FnMut(usize)) -> DeskResult<u64> {
        self.store.begin_bulk()?;
        let written = self.relive_all(past, progress);
        self.store.end_bulk()?;
        written
    }

    fn relive_all(&mut self, past: Vec<PastAct>, progress: &mut dyn FnMut(usize)) -> DeskResult<u64> {
        let mut written = 0;
        let mut past = past.into_iter();
        loop {
            let mut some: Vec<PastAct> = past.by_ref().take(ACTS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(written);
            }
            let count = some.len();
            while !some.is_empty() {
                let (round, later) = one_for_each_ticket(some);
                written += self.relive_round(&round)?;
                some = later;
            }
            progress(count);
        }
    }

    fn relive_round(&mut self, acts: &[PastAct]) -> DeskResult<u64> {
        let mut events = Vec::with_capacity(acts.len());
        for past in acts {
            self.check_act(&past.act)?;
            let Some(state) = self.store.ticket_state(&TicketKey::of(&past.message_id))? else { continue };
            if let Some(change) = self.plan(&state, &past.act)?.change {
                let author = Author { agent: past.agent.as_str().into(), now: past.at };
                events.push((author, NewEvent { inverse: fold::inverse(&state, &change), change }));
            }
        }
        let count = events.len() as u64;
        self.store.append_past(events)?;
        Ok(count)
    }
}

/// The first act on each ticket, and the rest: what an act changes depends on those before it.
fn one_for_each_ticket(acts: Vec<PastAct>) -> (Vec<PastAct>, Vec<PastAct>) {
    let mut seen = HashSet::new();
    acts.into_iter().partition(|past| seen.insert(past.message_id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(id: &str, second: i64) -> PastAct {
        PastAct { message_id: MessageId::new(id).unwrap(), agent: "ana".into(), at: Timestamp::from_second(second).unwrap(), act: Act::Assign(None) }
    }

    #[test]
    fn acts_on_one_ticket_are_done_one_after_the_other() {
        let (first, later) = one_for_each_ticket(vec![act("a@x", 1), act("b@x", 2), act("a@x", 3), act("a@x", 4)]);

        assert_eq!(first, [act("a@x", 1), act("b@x", 2)]);
        assert_eq!(later, [act("a@x", 3), act("a@x", 4)]);
    }
}
