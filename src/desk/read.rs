//! Looking: the queue, one ticket, its sources.

use std::collections::HashSet;

use super::elsewhere::OwnDoing;
use super::reading::{self, Reading};
use super::{Desk, DeskError, DeskResult, notes};
use crate::domain::event::Change;
use crate::domain::id::TicketName;
use crate::domain::message::{Class, Direction};
use crate::domain::query::Query;
use crate::domain::ticket::Badge;
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::answer::{KnownWords, ListedPage, MailSource};
use crate::protocol::job::{ListPage, PageMark};
use crate::protocol::json::{Linked, ShownEvent, ShownMessage, ShownTicket};
use crate::store::events::HistoryEntry;
use crate::store::messages::StoredMessage;
use crate::store::search::Mark;
use crate::store::tickets::Found;

/// How many texts are read before a ticket is first shown.
const FIRST_TEXTS: usize = 10;

/// Octets of a mail's source that are shown.
const SOURCE_BYTES: usize = 512 << 10;

/// Row ids of messages and what was read of them for the first time, as JSON.
type Fresh = Vec<(i64, String)>;

impl Desk {
    /// One page of the queue.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn page(&mut self, page: &ListPage) -> DeskResult<ListedPage> {
        let after = page.after.clone().map(|PageMark { value, tie }| Mark { value, tie });
        let found = self.store.page(&page.query, page.order, page.limit, after)?;
        let mut rows = found.rows;
        self.store.mark_company(&mut rows, &self.setup.agent.name, Timestamp::now())?;
        Ok(ListedPage { rows, next: found.next.map(|Mark { value, tie }| PageMark { value, tie }) })
    }

    /// The keys of all tickets that match, in no particular order.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn keys(&mut self, query: &Query) -> DeskResult<Vec<TicketKey>> {
        Ok(self.store.keys(query)?)
    }

    /// When the next ticket that sleeps at a time wakes.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn next_wake(&self, now: Timestamp) -> DeskResult<Option<Timestamp>> {
        Ok(self.store.next_wake(now)?)
    }

    /// Those of some tickets for which something is suggested.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn related(&self, tickets: &[TicketKey]) -> DeskResult<Vec<TicketKey>> {
        let mut related = Vec::new();
        for key in tickets {
            if !self.store.suggestions(key)?.is_empty() {
                related.push(key.clone());
            }
        }
        Ok(related)
    }

    /// The words this desk knows, for completion and pickers; looked for anew once a file has changed.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn known(&mut self) -> DeskResult<KnownWords> {
        // Both look through every event and ticket there is, and a prompt is opened often.
        let stamp = self.store.stamp()?;
        if let Some((_, words)) = self.words.as_ref().filter(|(then, _)| *then == stamp) {
            return Ok(words.clone());
        }
        let words = KnownWords { agents: self.agents()?, tags: self.store.tags()? };
        self.words = Some((stamp, words.clone()));
        Ok(words)
    }

    /// How many tickets each query matches.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn count(&mut self, queries: &[Query]) -> DeskResult<Vec<u64>> {
        queries.iter().map(|query| Ok(self.store.count(query)?)).collect()
    }

    /// The ticket a person named by number, key or prefix.
    ///
    /// # Errors
    /// There is none, or a prefix fits several.
    pub fn find(&mut self, name: &TicketName) -> DeskResult<TicketKey> {
        match self.store.find_ticket(name)? {
            Found::One(key) => Ok(key),
            Found::None => Err(DeskError::no_ticket(format!("there is no ticket {} on desk `{}`", written(name), self.name()))),
            Found::Many(keys) => {
                let list = keys.iter().map(TicketKey::as_str).collect::<Vec<_>>().join(", ");
                Err(DeskError::usage(format!("{} fits several tickets: {list}", written(name)), "Give more of the key."))
            }
        }
    }

    /// A ticket with its messages, notes and events.
    ///
    /// # Errors
    /// There is no such ticket, or a file cannot be read.
    pub fn show(&mut self, ticket: &TicketKey) -> DeskResult<ShownTicket> {
        let stored = self.store.messages_of(ticket)?;
        let (shown, fresh) = self.shown_ticket(ticket, stored, |_| true)?;
        self.keep(&fresh);
        Ok(shown)
    }

    /// The same for an export: what was read for it is not kept, or the cache would double.
    pub(super) fn show_without_keeping(&mut self, ticket: &TicketKey) -> DeskResult<ShownTicket> {
        let stored = self.store.messages_of(ticket)?;
        Ok(self.shown_ticket(ticket, stored, |_| true)?.0)
    }

    /// A cache that cannot be written now is no reason not to show a ticket.
    fn keep(&mut self, fresh: &[(i64, String)]) {
        if !fresh.is_empty() {
            let _ = self.store.save_readings(fresh);
        }
    }

    /// A ticket as it is first looked at: the texts of what nobody has read and of the newest
    /// message are there, and of all others an outline; so a ticket of thousands of mails opens at once.
    ///
    /// # Errors
    /// There is no such ticket, or a file cannot be read.
    pub fn glimpse(&mut self, ticket: &TicketKey) -> DeskResult<ShownTicket> {
        let stored = self.store.messages_of(ticket)?;
        let unread = stored.iter().filter(|message| message.direction == Direction::In && !message.is_seen);
        let first: Vec<i64> = stored.last().into_iter().chain(unread.rev()).take(FIRST_TEXTS).map(|message| message.id).collect();
        let (shown, fresh) = self.shown_ticket(ticket, stored, |message| first.contains(&message.id))?;
        self.keep(&fresh);
        Ok(shown)
    }

    /// The texts of some messages of a ticket; those that are gone are left out.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn texts(&mut self, ticket: &TicketKey, wanted: &[MessageId]) -> DeskResult<Vec<ShownMessage>> {
        let stored = self.store.messages_of(ticket)?.into_iter().filter(|message| wanted.contains(&message.message_id)).collect();
        let (shown, fresh) = self.shown_messages(ticket, stored, |_| true)?;
        self.keep(&fresh);
        Ok(shown.into_iter().map(|(message, _)| message).collect())
    }

    /// Puts a ticket together with its messages, oldest first.
    fn shown_ticket(
        &self,
        ticket: &TicketKey,
        stored: Vec<StoredMessage>,
        with_text: impl Fn(&StoredMessage) -> bool,
    ) -> DeskResult<(ShownTicket, Fresh)> {
        let mut row = self.store.ticket_row(ticket)?.ok_or_else(|| DeskError::no_ticket(format!("there is no ticket {ticket}")))?;
        let replying = self.replying(&row.key)?;
        row.badges.extend((!replying.is_empty()).then_some(Badge::Replying));
        let mut history = self.store.history(ticket)?;
        // Who was at the ticket once is nobody's business later.
        history.retain(|entry| !matches!(entry.event.change, Change::Presence { .. } | Change::Left { .. }));
        let (mut messages, fresh) = self.shown_messages(ticket, stored, with_text)?;
        messages.extend(notes::standing(&history).iter().map(notes::Note::shown));
        messages.sort_by_key(|message| message.1);
        let lost: HashSet<EventId> = history.iter().filter(|entry| entry.is_conflict).map(|entry| entry.event.id).collect();
        let open = if lost.is_empty() { Vec::new() } else { self.store.open_conflicts_among(|id| lost.contains(&id))? };
        let open: HashSet<EventId> = open.into_iter().map(|(conflict, _)| conflict.event.id).collect();
        let is_open = |id: EventId| open.contains(&id);
        let events = history.into_iter().map(|entry| self.shown_event(&row.key, entry, is_open)).collect::<DeskResult<_>>()?;
        let (suggestions, links) = (self.store.suggestions(ticket)?, self.links(&row.key)?);
        Ok((ShownTicket { row, messages: messages.into_iter().map(|(message, _)| message).collect(), events, suggestions, links, replying }, fresh))
    }

    /// The tickets one is linked with, as they are called now.
    fn links(&self, ticket: &TicketKey) -> DeskResult<Vec<Linked>> {
        let linked = self.store.ticket_state(ticket)?.map(|state| state.links).unwrap_or_default();
        let mut links = Vec::new();
        for key in linked.into_keys() {
            let row = self.store.plain_ticket_row(&key)?;
            links.extend(row.map(|row| Linked { key: row.key, number: row.number, subject: row.subject }));
        }
        Ok(links)
    }

    fn shown_event(&self, ticket: &TicketKey, entry: HistoryEntry, is_open: impl Fn(EventId) -> bool) -> DeskResult<ShownEvent> {
        let summary = self.in_words_at(ticket, &entry.event.change)?;
        let not_applied = entry.unapplied.as_deref().map_or(Ok(String::new()), |why| self.why_not(&entry.event.change, why, entry.winner))?;
        Ok(ShownEvent {
            is_ours_to_apply: is_open(entry.event.id) && self.can_be_made(&entry.event.change)?,
            not_applied,
            pending: entry.is_pending,
            id: entry.event.id,
            agent: entry.event.agent,
            at: entry.event.at,
            change: entry.event.change,
            applied: entry.unapplied.is_none(),
            summary,
        })
    }

    fn shown_messages(
        &self,
        ticket: &TicketKey,
        stored: Vec<StoredMessage>,
        with_text: impl Fn(&StoredMessage) -> bool,
    ) -> DeskResult<(Vec<(ShownMessage, jiff::Timestamp)>, Fresh)> {
        let mut fresh = Fresh::new();
        let mut shown = Vec::with_capacity(stored.len());
        let people = self.store.people(ticket)?;
        let (archives, junks) = (self.setup.desk.archive_on_solve, self.setup.desk.junk_on_spam);
        let own = self.store.plain_ticket_row(ticket)?.map(|row| OwnDoing::of(&row, archives, junks)).unwrap_or_default();
        let mut at = jiff::Timestamp::MIN;
        for message in stored {
            // Notes are put between by time; an answer stays behind what it answers, whatever its date.
            at = at.max(message.at);
            let reading = if with_text(&message) { Some(self.reading(&message, &mut fresh)?) } else { None };
            // What stands beside a text is looked up with the text: thousands of outlines must cost little.
            let message = match reading {
                Some(reading) => {
                    let beside = self.beside(&message, &reading, &people, own)?;
                    reading::shown(message, reading, beside)
                }
                None => reading::outline(message, reading::Beside::default()),
            };
            shown.push((message, at));
        }
        Ok((shown, fresh))
    }

    fn reading(&self, message: &StoredMessage, fresh: &mut Fresh) -> DeskResult<Reading> {
        let kept = self.store.reading(message.id)?.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(reading) = kept {
            return Ok(reading);
        }
        let Some(bytes) = self.store.raw(message.id)? else { return Ok(Reading::default()) };
        let reading = reading::of_bytes(&bytes, message.is_incomplete);
        fresh.push((message.id, serde_json::to_string(&reading).unwrap_or_default()));
        Ok(reading)
    }

    /// The language of the newest mail from outside, by ISO 639-1; empty when unknown.
    pub(super) fn language(&mut self, ticket: &TicketKey) -> DeskResult<String> {
        let newest = self.store.newest_inbound(ticket, Some(Class::Human))?;
        let message = newest.map_or(Ok(None), |seen| self.store.message_by_id(&seen.mid))?;
        message.map_or(Ok(String::new()), |message| Ok(self.reading(&message, &mut Vec::new())?.language))
    }

    /// The stored bytes of each message of the ticket, oldest first. What is stored
    /// only in part is asked for, so that the next sync brings the whole.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn raw(&mut self, ticket: &TicketKey) -> DeskResult<Vec<(MessageId, Vec<u8>)>> {
        let mut sources = Vec::new();
        for message in self.store.messages_of(ticket)? {
            if message.is_incomplete {
                self.store.want_whole(message.id)?;
            }
            if let Some(bytes) = self.store.raw(message.id)? {
                sources.push((message.message_id, bytes));
            }
        }
        Ok(sources)
    }

    /// A mail as it came, or as much of its beginning as anybody reads. What is stored
    /// only in part is asked for.
    ///
    /// # Errors
    /// It is not here, or a file cannot be read.
    pub fn source(&mut self, message: &MessageId) -> DeskResult<MailSource> {
        let (stored, bytes) = self.mail(message)?;
        let shown = bytes.get(..SOURCE_BYTES).unwrap_or(&bytes);
        let text = String::from_utf8_lossy(shown).into_owned();
        Ok(MailSource { message: message.clone(), text, size: bytes.len() as u64, is_partial: stored.is_incomplete })
    }

    /// A stored message and its bytes. What is stored only in part is asked for, so that the next sync brings the whole.
    pub(super) fn mail(&mut self, message: &MessageId) -> DeskResult<(StoredMessage, Vec<u8>)> {
        let gone = || DeskError::NotFound {
            what: format!("the mail {message} is not here; it may have been deleted on the server"),
            remedy: "A sync brings back what is still there.".into(),
        };
        let stored = self.store.message_by_id(message)?.ok_or_else(gone)?;
        if stored.is_incomplete {
            self.store.want_whole(stored.id)?;
        }
        let bytes = self.store.raw(stored.id)?.ok_or_else(gone)?;
        Ok((stored, bytes))
    }

    /// Agents that have acted on this desk or own tickets, sorted; the own name included.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn agents(&mut self) -> DeskResult<Vec<String>> {
        let mut agents = self.store.event_agents()?;
        agents.extend(self.store.assignees()?);
        agents.push(self.setup.agent.name.clone());
        agents.retain(|agent| !agent.is_empty());
        agents.sort();
        agents.dedup();
        Ok(agents)
    }
}

fn written(name: &TicketName) -> String {
    match name {
        TicketName::Number(number) | TicketName::Either(number, _) => format!("#{number}"),
        TicketName::KeyPrefix(prefix) => prefix.clone(),
    }
}
