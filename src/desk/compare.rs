//! A held mail beside what came in between.

use super::{Desk, DeskError, DeskResult};
use crate::domain::draft::{Draft, DraftAttachment};
use crate::domain::event::Change;
use crate::domain::message::{Attachment, Class, Direction};
use crate::domain::outbox::OutboxState;
use crate::domain::ticket::Intent;
use crate::domain::{MessageId, TicketKey, Timestamp};
use crate::mail;
use crate::protocol::answer::{HeldMail, Other};
use crate::protocol::json::{Meanwhile, OutgoingMail, ShownOutgoing};

impl Desk {
    /// A mail of the outbox, the newest held one if it is not named, with what customer and colleagues
    /// have written on its ticket since it was begun.
    ///
    /// # Errors
    /// There is no such mail, or a file cannot be read.
    pub fn compare(&mut self, id: Option<i64>) -> DeskResult<HeldMail> {
        let entry = match id {
            Some(id) => self.store.outbox_entry(id)?,
            None => self.store.outbox_in(OutboxState::Held)?.pop(),
        };
        let entry = entry.ok_or_else(|| DeskError::NotFound {
            what: "there is no such mail in the outbox".into(),
            remedy: "`postdesk outbox list` shows what waits there.".into(),
        })?;
        let draft = self.store.outbox_draft(entry.id)?.unwrap_or_default();
        let key = entry.ticket.as_ref().map_or(Ok(None), |ticket| self.state_of(ticket))?.map(|state| state.key);
        Ok(HeldMail {
            id: entry.id,
            why: entry.error.unwrap_or_default(),
            label: key.as_ref().map_or_else(|| Ok(String::new()), |key| self.label_of(key))?,
            subject: draft.subject.clone(),
            to: entry.recipients,
            text: draft.body.clone(),
            others: key.map_or_else(|| Ok(Vec::new()), |key| self.others(&key, &draft))?,
        })
    }

    /// A mail of the outbox whole: as it will leave, or has left, with what others have written since it was begun.
    ///
    /// # Errors
    /// There is no such mail, a file cannot be read, or its wrapper template cannot be rendered.
    pub fn outgoing_mail(&mut self, id: i64) -> DeskResult<ShownOutgoing> {
        let entry = self.outbox_entry(id)?;
        let draft = self.store.outbox_draft(id)?.unwrap_or_default();
        let text = match self.store.outbox_bytes(id)? {
            Some(frozen) => mail::view(&frozen).text,
            None => self.final_text(&draft)?,
        };
        let text = text.trim_end().to_owned();
        let key = entry.ticket.as_ref().map_or(Ok(None), |ticket| self.state_of(ticket))?.map(|state| state.key);
        let others = match key {
            Some(key) if entry.state != OutboxState::Sent => self.others(&key, &draft)?,
            _ => Vec::new(),
        };
        let file =
            |file: &DraftAttachment| Attachment { name: file.name.clone(), kind: file.kind.clone(), size: file.bytes.len() as u64, content_id: None };
        Ok(ShownOutgoing {
            line: self.outbox_line(entry)?,
            mail: OutgoingMail {
                attachments: draft.attachments.iter().map(file).collect(),
                text,
                from: draft.from,
                to: draft.to,
                cc: draft.cc,
                bcc: draft.bcc,
                subject: draft.subject,
                status: draft.status,
                tags: draft.tags,
            },
            meanwhile: others.into_iter().map(|other| Meanwhile { who: other.who, at: other.at, text: other.text }).collect(),
        })
    }

    /// What others have written since, oldest first; who is only about to send comes last.
    fn others(&mut self, key: &TicketKey, draft: &Draft) -> DeskResult<Vec<Other>> {
        let mut wanted: Vec<(MessageId, String, Timestamp)> = Vec::new();
        for message in self.store.messages_of(key)? {
            let is_new = draft.seen.as_ref().map_or(draft.base.is_some(), |seen| message.at >= seen.at && message.message_id != seen.mid);
            if is_new && message.direction == Direction::In && message.class == Class::Human {
                let who = message.from.as_ref().map_or_else(|| "the customer".to_owned(), |from| from.label().to_owned());
                wanted.push((message.message_id.clone(), who, message.at));
            }
        }
        for news in draft.base.map_or_else(|| Ok(Vec::new()), |base| self.store.foreign_since(key, &base))? {
            let at = news.happened();
            if let Change::Sent { mid, .. } = news.event.change {
                wanted.push((mid, news.event.agent, at));
            }
        }
        for answer in draft.answers.as_ref().map_or_else(|| Ok(Vec::new()), |known| self.store.answers_since(key, known, draft.seen.as_ref()))? {
            if !wanted.iter().any(|(known, ..)| *known == answer.mid) {
                wanted.push((answer.mid, "somebody, with another mail program".to_owned(), answer.at));
            }
        }
        if let Some(Intent { event, mid, since, .. }) = self.store.ticket_state(key)?.and_then(|state| state.intent) {
            let is_ours = event.actor == self.store.actor()?;
            if !is_ours && !wanted.iter().any(|(known, ..)| *known == mid) {
                let who = self.store.event(event)?.map_or_else(|| "a colleague".to_owned(), |event| event.agent);
                wanted.push((mid, who, since));
            }
        }
        wanted.sort_by_key(|(_, _, at)| *at);
        let ids: Vec<MessageId> = wanted.iter().map(|(mid, ..)| mid.clone()).collect();
        let texts = self.texts(key, &ids)?;
        let text_of = |mid: &MessageId| texts.iter().find(|text| text.message_id == *mid).map(|text| text.new_text.clone());
        Ok(wanted.into_iter().map(|(mid, who, at)| Other { text: text_of(&mid), who, at }).collect())
    }
}
