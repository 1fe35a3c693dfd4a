//! Putting the log back into its folder, on a person's word.

use super::message;
use super::{Exchanged, LogError, LogSync};
use crate::store::log::LogHead;
use crate::store::lost::{Losses, LostEvent};
use crate::sync::source::Selected;

/// So many octets of messages go into one step.
const OCTETS_AT_ONCE: usize = 2 << 20;
/// So often what was put back is looked for.
const TRIES: u32 = 3;

impl LogSync<'_> {
    /// Makes the folder again if it is gone, and puts back what it lacks of what is known here: the
    /// beginning, where everything stands, and the events themselves, by their names. Somebody else
    /// who does the same at the same time does no harm. Where the server has numbered the log anew and nobody has
    /// carried its order over, the order known here counts from here on.
    ///
    /// # Errors
    /// The session or a file failed, the folder holds another team's log, or a newer program has written to the log.
    pub fn restore(&mut self) -> Result<Exchanged, LogError> {
        let Some(head) = self.store.log_head()? else { return self.pull() };
        if self.store.decided_state()?.counters.shared.has_newer {
            return Err(LogError::Newer { folder: self.folder.to_owned() });
        }
        for _ in 0..TRIES {
            let selected = self.enter_or_make()?;
            let (_, gone) = self.read_all(&head, &selected)?;
            self.store.catch_up()?;
            let losses = self.store.losses(selected.uid_validity, &|uid| !gone.contains(uid))?;
            if losses.is_other {
                return Err(LogError::Other { folder: self.folder.to_owned() });
            }
            if losses.count() == 0 && self.store.knows_order()? {
                self.store.consent_used()?;
                return self.pull();
            }
            self.put_back(&head, &selected, &losses)?;
        }
        Err(LogError::NotShown { folder: self.folder.to_owned(), count: 1 })
    }

    fn enter_or_make(&mut self) -> Result<Selected, LogError> {
        match self.enter() {
            Err(LogError::Gone { .. }) => {
                self.source.create(self.folder)?;
                Ok(self.source.select(self.folder, None)?)
            }
            entered => entered,
        }
    }

    /// The state goes before the events: who joins in between takes it for the order.
    fn put_back(&mut self, head: &LogHead, selected: &Selected, losses: &Losses) -> Result<(), LogError> {
        let validity = selected.uid_validity;
        if losses.genesis {
            // Under its old number: who has no order yet must not find one in the middle of this.
            let first_seen = if head.validity == validity { validity } else { head.validity };
            self.append_beginning(&head.log, &head.key, first_seen)?;
        }
        if self.store.knows_order()? {
            let snapshot = self.store.snapshot()?;
            self.append_snapshot(&snapshot)?;
        } else if let Some(order) = self.store.order_to_carry_over_anyway(validity)? {
            self.append_order(&order, validity)?;
        }
        self.append_lost(head, &losses.events)
    }

    fn append_lost(&mut self, head: &LogHead, lost: &[LostEvent]) -> Result<(), LogError> {
        let (mut messages, mut octets) = (Vec::new(), 0);
        for LostEvent { event, raw } in lost {
            let words = (self.describe)(self.store, event);
            let bytes = message::write_again(event, raw.as_deref(), &words, self.mailbox, &head.log, &head.key);
            let bytes = bytes.map_err(|error| self.unwritable(error))?;
            if octets + bytes.len() > OCTETS_AT_ONCE {
                self.append_all(&std::mem::take(&mut messages))?;
                octets = 0;
            }
            octets += bytes.len();
            messages.push(bytes);
        }
        self.append_all(&messages)
    }

    fn append_all(&mut self, messages: &[Vec<u8>]) -> Result<(), LogError> {
        if messages.is_empty() {
            return Ok(());
        }
        self.put(messages)
    }
}
