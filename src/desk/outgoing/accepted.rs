//! What follows when a mail was accepted: events for the team, and the mail in its ticket.

use sha2::{Digest as _, Sha256};

use crate::desk::{Desk, DeskResult};
use crate::domain::draft::Draft;
use crate::domain::event::{Change, Opening};
use crate::domain::fold;
use crate::domain::id::hex;
use crate::domain::ticket::{TicketState, tag};
use crate::domain::{MessageId, TicketKey, Timestamp};
use crate::store::events::NewEvent;
use crate::store::folders::FolderRole;
use crate::store::outbox::OutboxEntry;
use crate::sync::prepare::Preparer;
use crate::sync::source::{Fetched, Flags};

impl Desk {
    /// The server has taken it: record that with all that follows, then show it in its ticket.
    pub(super) fn accept(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        let (Some(id), Some(draft)) = (entry.message_id.clone(), self.store.outbox_draft(entry.id)?) else { return Ok(()) };
        let bytes = self.store.outbox_bytes(entry.id)?;
        let events = self.events_of_sent(&id, &draft, bytes.as_deref().unwrap_or_default())?;
        self.store.accepted(entry.id, &self.author(), events)?;
        // Whom it went to is forgotten; the copy in Sent shows that it left.
        let Some(bytes) = bytes else { return Ok(()) };
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
                    created: None,
                };
                events.push(NewEvent { change: Change::Open { tickets: vec![opening] }, inverse: None });
                (key, None)
            }
        };
        events.push(NewEvent { change: Change::Sent { ticket: key.clone(), mid: id.clone(), sha: hex(&Sha256::digest(bytes)) }, inverse: None });
        let fresh = || TicketState::new(key.clone());
        let before = state.unwrap_or_else(fresh);
        let mut push = |change: Change| events.push(NewEvent { inverse: fold::inverse(&before, &change), change });
        if let Some(value) = draft.status.filter(|status| *status != before.status.value) {
            push(Change::Status { ticket: key.clone(), value, seen: self.store.newest_inbound(&key, None)? });
        }
        let add: Vec<String> = draft.tags.iter().filter_map(|name| tag(name)).filter(|tag| !before.tags.contains_key(tag)).collect();
        if !add.is_empty() {
            push(Change::Tag { ticket: key.clone(), add, remove: Vec::new() });
        }
        Ok(events)
    }
}
