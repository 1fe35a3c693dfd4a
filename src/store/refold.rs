//! The cache of a desk that shares a log: what the log has decided, with what waits here laid over it.
//!
//! `ticket_state` holds what is shown. Where an event that has not been read back makes a
//! difference, what the log alone says stands in `decided`, so that messages which come
//! in are applied to that, and what still waits is laid over it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::forget::{self, Told};
use super::log::{self, ReadMessage};
use super::tickets::{self, load_state, row_by_key, row_by_log_id};
use super::{Store, StoreError, events, snapshot, ticket_rows};
use crate::domain::event::{Change, Event, Position};
use crate::domain::fold::{self, Counters, LogState, Outcome, Placed, Touched};
use crate::domain::replica::{Content, Message, Replica, Snapshot};
use crate::domain::ticket::TicketState;
use crate::domain::{EventId, MessageId, TicketKey};

/// So many messages of the log are folded in one transaction of the cache.
const MESSAGES_AT_ONCE: u32 = 5_000;
/// So many waiting events are laid over the rest in one.
const WAITING_AT_ONCE: u32 = 1_000;
/// So many events are applied without taking more memory for it.
const FEW: usize = 100;

/// How far the cache has been brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The last row of `log_message` that is folded.
    message: i64,
    /// The last row of `event` that is laid over.
    applied: i64,
    validity: u32,
    /// The greatest UID folded.
    last: u32,
}

impl Marks {
    pub fn read(cache: &Connection) -> rusqlite::Result<Self> {
        let text: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'log'")?.query_row([], |row| row.get(0)).optional()?;
        let mut numbers = text.as_deref().unwrap_or_default().split(' ').map(|number| number.parse::<i64>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let (message, validity, last) = (next(), next(), next());
        let small = |number: i64| u32::try_from(number).unwrap_or(0);
        Ok(Self { message, applied: events::applied(cache)?, validity: small(validity), last: small(last) })
    }

    fn write(self, cache: &Connection) -> rusqlite::Result<()> {
        events::set_meta(cache, "log", &format!("{} {} {}", self.message, self.validity, self.last))?;
        events::set_meta(cache, "applied", &self.applied.to_string())
    }

    /// What was folded under one UIDVALIDITY counts as folded under another.
    pub fn renumber(cache: &mut Connection, from: u32, to: u32) -> rusqlite::Result<()> {
        let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let marks = Self::read(&transaction)?;
        if marks.validity == from {
            Self { validity: to, ..marks }.write(&transaction)?;
        }
        transaction.commit()
    }

    /// The replica at this place, with the state given.
    pub fn replica(self, state: LogState) -> Replica {
        Replica::resume(state, self.validity, self.last)
    }

    /// The last place of the log that is folded.
    pub fn position(self) -> Position {
        Position { epoch: self.validity.into(), uid: self.last.into(), local: 0 }
    }
}

/// What a step found in `data.db`, all of one moment.
struct Found {
    fresh: Vec<ReadMessage>,
    /// Everything that waits if there is something fresh, else only what has not been laid over.
    waiting: Vec<(i64, Event)>,
    validity: u32,
}

impl Found {
    fn waiting(&self) -> impl Iterator<Item = (i64, &Event)> {
        self.waiting.iter().map(|(n, event)| (*n, event))
    }
}

impl Store {
    /// Changes the cache to the way this desk decides its events, if it was brought up to another.
    pub(super) fn keep_mode(&mut self) -> Result<(), StoreError> {
        let wanted = if self.is_shared { "shared" } else { "alone" };
        let before = self.remembered("mode")?;
        if before.as_deref() == Some(wanted) {
            return Ok(());
        }
        let is_new = before.is_none() && events::applied(&self.cache).map_err(|error| self.cache_error(error))? == 0;
        if !is_new && (before.is_some() || self.is_shared) {
            self.forget_fold().map_err(|error| self.cache_error(error))?;
        }
        self.remember("mode", wanted)
    }

    /// Makes everything that is shown anew from what has been read of the log.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub(super) fn fold_again(&mut self) -> Result<(), StoreError> {
        self.forget_fold().map_err(|error| self.cache_error(error))?;
        self.catch_up()
    }

    /// Makes every ticket one of which no event speaks; the next step opens them again.
    fn forget_fold(&mut self) -> rusqlite::Result<()> {
        let transaction = self.cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let context = ticket_rows::Context::load(&transaction)?;
        for key in all_states(&transaction)?.into_keys() {
            tickets::unopen(&transaction, &key, &context)?;
        }
        context.refresh_now(&transaction)?;
        transaction.execute_batch("DELETE FROM decided; DELETE FROM claim; DELETE FROM event_unapplied; DELETE FROM meta WHERE name IN ('log', 'applied', 'counters', 'decided', 'presence');")?;
        transaction.commit()
    }

    /// Folds what has been read of the log, and lays what waits over it; whom the events forget.
    pub(super) fn follow_log(&mut self) -> Result<Vec<Told>, StoreError> {
        let mut forgotten = Vec::new();
        loop {
            let marks = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
            let found = look(&mut self.data, marks, &mut self.at_hand).map_err(|error| self.data_error(error))?;
            let is_done = found.fresh.is_empty() && found.waiting.is_empty();
            if is_done || !self.follow(marks, &found, &mut forgotten)? {
                self.at_hand = log::AtHand::default();
                return Ok(forgotten);
            }
        }
    }

    /// One step; tells whether the order of the log is known, so that it could be followed.
    fn follow(&mut self, marks: Marks, found: &Found, forgotten: &mut Vec<Told>) -> Result<bool, StoreError> {
        forgotten.extend(found.waiting.iter().filter_map(|(_, event)| Told::by(event)));
        let is_much = marks.last == 0 || found.fresh.len() + found.waiting.len() > FEW;
        if is_much {
            self.begin_bulk()?;
        }
        let followed = if found.fresh.is_empty() {
            lay_over(&mut self.cache, marks, &found.waiting).map(|()| true).map_err(|error| self.cache_error(error))
        } else {
            self.refold(marks, found, forgotten)
        };
        if is_much {
            self.end_bulk()?;
        }
        followed
    }

    /// Tells whether the order of the log is known, so that it could be followed.
    fn refold(&mut self, marks: Marks, found: &Found, forgotten: &mut Vec<Told>) -> Result<bool, StoreError> {
        let mut forget = |read: &[ReadMessage]| {
            let fresh = read.iter().filter(|message| message.n > marks.message);
            forgotten.extend(fresh.filter_map(|message| message.event.as_ref()).filter_map(|(_, event)| Told::by(event)));
        };
        let is_simple = simply_follows(marks, found);
        if is_simple && advance(&mut self.cache, marks, found).map_err(|error| self.cache_error(error))? {
            forget(&found.fresh);
            forgotten.extend(self.named_though_forgotten(marks, &found.fresh)?);
            return Ok(true);
        }
        let all = log::messages_at_hand(&self.data, found.validity, &mut self.at_hand).map_err(|error| self.data_error(error))?;
        forget(&all);
        let is_known = decide(&mut self.cache, marks, found, &all).map_err(|error| self.cache_error(error))?;
        forgotten.extend(self.named_though_forgotten(marks, &all)?);
        Ok(is_known)
    }

    /// Who was forgotten before, and is named by what has just come.
    fn named_though_forgotten(&self, marks: Marks, read: &[ReadMessage]) -> Result<Vec<Told>, StoreError> {
        let shared = self.decided_counters()?.shared;
        if shared.forgotten.is_empty() {
            return Ok(Vec::new());
        }
        let fresh = read.iter().filter(|message| message.n > marks.message).filter_map(|message| message.event.as_ref());
        Ok(forget::named_in(fresh.map(|(_, event)| event.as_ref()), &shared))
    }

    /// The whole state as the log alone gives it.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn decided_state(&self) -> Result<LogState, StoreError> {
        let read = || -> rusqlite::Result<LogState> {
            let shadows = Shadows::load(&self.cache)?;
            let mut state = LogState { counters: decided_counters(&self.cache)?, ..LogState::default() };
            state.tickets = all_states(&self.cache)?;
            state.tickets.retain(|key, _| !shadows.by_key.contains_key(key));
            state.tickets.extend(shadows.by_key.into_iter().filter_map(|(key, ticket)| ticket.map(|ticket| (key, ticket))));
            for (key, ticket) in &state.tickets {
                state.aliases.extend(ticket.aliases.iter().map(|alias| (alias.clone(), key.clone())));
                state.owners.extend(ticket.ids.iter().map(|id| (id.clone(), key.clone())));
            }
            let mut statement = self.cache.prepare_cached("SELECT what FROM claim")?;
            for what in statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()? {
                state.claims.extend(tickets::load_claim(&self.cache, &what)?.map(|claim| (what, claim)));
            }
            Ok(state)
        };
        read().map_err(|error| self.cache_error(error))
    }

    /// Whether the order of the log is known as it stands on the server now. While it is not,
    /// nothing may be written that depends on it.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn knows_order(&self) -> Result<bool, StoreError> {
        let folded = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
        let read = log::validity(&self.data).map_err(|error| self.data_error(error))?;
        Ok(folded.validity == read)
    }

    /// What the log has decided over all tickets.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub(super) fn decided_counters(&self) -> Result<Counters, StoreError> {
        decided_counters(&self.cache).map_err(|error| self.cache_error(error))
    }

    /// What to append so that everybody keeps the order decided before a renumbering; `None` when
    /// somebody who knows more has to do it.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn order_to_carry_over(&self, validity: u32) -> Result<Option<Snapshot>, StoreError> {
        let marks = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
        let all = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
        let replica = marks.replica(self.decided_state()?);
        replica.carry_over(validity, &snapshot::assemble(&all)).map(|order| self.with_fates(order)).transpose()
    }

    /// The same on a person's word that nobody knows more of the log: what is not known here comes behind it,
    /// and who has no order at all takes that of the authors' clocks.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn order_to_carry_over_anyway(&self, validity: u32) -> Result<Option<Snapshot>, StoreError> {
        let marks = Marks::read(&self.cache).map_err(|error| self.cache_error(error))?;
        let all = log::messages_under(&self.data, validity).map_err(|error| self.data_error(error))?;
        let replica = marks.replica(self.decided_state()?);
        replica.carry_over_anyway(validity, &snapshot::assemble(&all)).map(|order| self.with_fates(order)).transpose()
    }

    /// Tells in a snapshot which of the events it holds changed nothing.
    pub(super) fn with_fates(&self, mut snapshot: Snapshot) -> Result<Snapshot, StoreError> {
        snapshot.state.unapplied.extend(self.all_unapplied()?);
        Ok(snapshot)
    }

    /// Who has won a claim, as far as the log has been read.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn claim(&self, what: &str) -> Result<Option<fold::Claim>, StoreError> {
        tickets::load_claim(&self.cache, what).map_err(|error| self.cache_error(error))
    }
}

fn look(data: &mut Connection, marks: Marks, at_hand: &mut log::AtHand) -> rusqlite::Result<Found> {
    let transaction = data.transaction()?;
    // Before anything is folded all of it is read anyway; one message shows that there is something.
    let limit = if marks.last == 0 { 1 } else { MESSAGES_AT_ONCE };
    let fresh = log::messages_after(&transaction, marks.message, limit, at_hand)?;
    let waiting =
        if fresh.is_empty() { log::waiting(&transaction, marks.applied, WAITING_AT_ONCE)? } else { log::waiting(&transaction, 0, u32::MAX)? };
    let validity = log::validity(&transaction)?;
    transaction.commit()?;
    Ok(Found { fresh, waiting, validity })
}

/// Whether the fresh messages lie behind what is folded, and none of them needs the rest to be understood.
fn simply_follows(marks: Marks, found: &Found) -> bool {
    let forgets = |event: &Event| matches!(event.change, Change::Forget { .. });
    let follows = |message: &ReadMessage| {
        message.validity == marks.validity
            && message.uid > marks.last
            && !matches!(message.kind.as_str(), "snapshot" | "reepoch")
            && !message.event.as_ref().is_some_and(|(_, event)| forgets(event))
    };
    marks.last > 0 && found.validity == marks.validity && found.fresh.iter().all(follows) && !found.waiting.iter().any(|(_, event)| forgets(event))
}

/// Lays events that have just been written over what is shown.
fn lay_over(cache: &mut Connection, marks: Marks, waiting: &[(i64, Event)]) -> rusqlite::Result<()> {
    let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if Marks::read(&transaction)? != marks {
        return transaction.rollback();
    }
    let context = ticket_rows::Context::load(&transaction)?;
    let mut counters = events::counters(&transaction)?;
    for (n, event) in waiting {
        let mut before = tickets::load(&transaction, &fold::touched(event), counters)?;
        if let Change::Forget { address } = &event.change {
            before.tickets.extend(forget::states_with(&transaction, address)?.into_iter().map(|state| (state.key.clone(), state)));
        }
        let mut after = before.clone();
        let outcome = lay_one(&mut after, marks, *n, event);
        shade(&transaction, &before, &after)?;
        tickets::save(&transaction, &before, &after, &context)?;
        aftermath(&transaction, *n, event, &outcome, &after.counters, &context)?;
        counters = after.counters;
    }
    context.refresh_now(&transaction)?;
    events::set_meta(&transaction, "counters", &serde_json::to_string(&counters).unwrap_or_default())?;
    Marks { applied: waiting.last().map_or(marks.applied, |(n, _)| *n), ..marks }.write(&transaction)?;
    transaction.commit()
}

/// Applies an event behind everything that has been read back. What must happen once is won in the log alone.
fn lay_one(view: &mut LogState, marks: Marks, n: i64, event: &Event) -> Outcome {
    let position = Position { epoch: marks.validity.into(), uid: BEHIND_ALL, local: n.unsigned_abs() };
    let claims = view.claims.clone();
    let outcome = fold::apply(view, event, &Placed { position, received: None, is_decided: false });
    view.claims = claims;
    outcome
}

/// No message has this UID.
const BEHIND_ALL: u64 = 1 << 32;

/// Keeps what the log alone says of tickets that are about to be shown otherwise.
fn shade(cache: &Connection, decided: &LogState, view: &LogState) -> rusqlite::Result<()> {
    let keys: BTreeSet<&TicketKey> = decided.tickets.keys().chain(view.tickets.keys()).collect();
    for key in keys {
        let ticket = decided.tickets.get(key);
        if ticket != view.tickets.get(key) {
            let text = ticket.map(|ticket| serde_json::to_string(ticket).unwrap_or_default()).unwrap_or_default();
            cache.prepare_cached("INSERT OR IGNORE INTO decided (key, value) VALUES (?1, ?2)")?.execute([key.as_str(), &text])?;
        }
    }
    Ok(())
}

fn aftermath(
    cache: &Connection,
    n: i64,
    event: &Event,
    outcome: &Outcome,
    counters: &Counters,
    context: &ticket_rows::Context,
) -> rusqlite::Result<()> {
    if outcome.is_applied() {
        events::beside_the_state(cache, event, counters, context)?;
    }
    events::note_fate(cache, n, outcome)
}

/// What a step makes of the log, before it is written.
struct Folded {
    decided: LogState,
    view: LogState,
    /// What is shown so far, of the tickets that may change.
    before: LogState,
    /// What became of events that were read, and of those that wait, by their rows.
    fates: BTreeMap<i64, Outcome>,
    marks: Marks,
}

/// Applies messages that lie behind what is folded. Tells whether they could be applied without all others.
fn advance(cache: &mut Connection, marks: Marks, found: &Found) -> rusqlite::Result<bool> {
    let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if Marks::read(&transaction)? != marks {
        return transaction.rollback().map(|()| true);
    }
    let shadows = Shadows::load(&transaction)?;
    let mut touched = Touched::default();
    for (_, event) in fresh_events(&found.fresh).chain(found.waiting()) {
        let more = fold::touched(event);
        touched.keys.extend(more.keys);
        touched.ids.extend(more.ids);
        touched.claims.extend(more.claims);
    }
    touched.keys.extend(shadows.by_key.keys().cloned());
    let loaded = shadows.load_touched(&transaction, &touched)?;
    let before = shadows.shown(&transaction, &loaded)?;
    let mut replica = Replica::resume(loaded, marks.validity, marks.last);
    if replica.advance(found.fresh.iter().map(plain).collect()).is_err() {
        return transaction.rollback().map(|()| false);
    }
    let (decided, outcomes) = replica.into_parts();
    let last = found.fresh.iter().map(|message| message.uid).max().unwrap_or(0).max(marks.last);
    let message = found.fresh.iter().map(|message| message.n).max().unwrap_or(marks.message);
    let marks = Marks { message, last, ..marks };
    let folded = fold_waiting(decided, before, fates(outcomes, fresh_events(&found.fresh)), found, marks);
    write(&transaction, &folded, fresh_events(&found.fresh).chain(found.waiting()))?;
    transaction.commit().map(|()| true)
}

/// Decides the order anew. Tells whether it is known.
fn decide(cache: &mut Connection, marks: Marks, found: &Found, all: &[ReadMessage]) -> rusqlite::Result<bool> {
    let transaction = cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if Marks::read(&transaction)? != marks {
        return transaction.rollback().map(|()| true);
    }
    let message = all.iter().chain(&found.fresh).map(|message| message.n).max().unwrap_or(marks.message);
    if stuck_at(&transaction)? == Some(message) {
        return transaction.rollback().map(|()| false);
    }
    let known = LogState { counters: decided_counters(&transaction)?, ..LogState::default() };
    let mut replica = Replica::resume(known, marks.validity, marks.last);
    if replica.decide(found.validity, snapshot::assemble(all)).is_err() {
        events::set_meta(&transaction, "stuck", &message.to_string())?;
        return transaction.commit().map(|()| false);
    }
    let covered = replica.take_covered();
    let (decided, outcomes) = replica.into_parts();
    let last = all.iter().map(|message| message.uid).max().unwrap_or(0);
    let marks = Marks { message, last, validity: found.validity, ..marks };
    let before = LogState { tickets: all_states(&transaction)?, ..LogState::default() };
    let folded = fold_waiting(decided, before, fates(outcomes, fresh_events(all)), found, marks);
    // What became of events that a snapshot covers is known from before, or it says so.
    transaction.execute_batch("DELETE FROM claim")?;
    write(&transaction, &folded, fresh_events(all).chain(found.waiting()))?;
    for (n, event) in fresh_events(all) {
        if let Some(unapplied) = covered.get(&event.id) {
            events::note_covered_fate(&transaction, n, unapplied)?;
        }
    }
    transaction.commit().map(|()| true)
}

fn stuck_at(cache: &Connection) -> rusqlite::Result<Option<i64>> {
    let text: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'stuck'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn fresh_events(messages: &[ReadMessage]) -> impl Iterator<Item = (i64, &Event)> {
    messages.iter().filter_map(|message| message.event.as_ref()).map(|(n, event)| (*n, event.as_ref()))
}

/// A message that can be understood alone.
pub(super) fn plain(message: &ReadMessage) -> Message {
    let content = match (&message.event, message.kind.as_str()) {
        (Some((_, event)), "event") => Content::Event(Arc::clone(event)),
        _ => Content::Foreign,
    };
    Message { uid: message.uid, received: message.received, content }
}

fn fates<'a>(outcomes: BTreeMap<EventId, Outcome>, rows: impl Iterator<Item = (i64, &'a Event)>) -> BTreeMap<i64, Outcome> {
    let rows: BTreeMap<EventId, i64> = rows.map(|(n, event)| (event.id, n)).collect();
    outcomes.into_iter().filter_map(|(id, outcome)| rows.get(&id).map(|n| (*n, outcome))).collect()
}

fn fold_waiting(decided: LogState, before: LogState, mut fates: BTreeMap<i64, Outcome>, found: &Found, mut marks: Marks) -> Folded {
    let mut view = decided.clone();
    for (n, event) in &found.waiting {
        let outcome = lay_one(&mut view, marks, *n, event);
        fates.insert(*n, outcome);
        marks.applied = marks.applied.max(*n);
    }
    Folded { decided, view, before, fates, marks }
}

fn write<'a>(cache: &Connection, folded: &Folded, events: impl Iterator<Item = (i64, &'a Event)>) -> rusqlite::Result<()> {
    let context = ticket_rows::Context::load(cache)?;
    let Folded { decided, view, before, fates, marks } = folded;
    for key in before.tickets.keys().filter(|key| !view.tickets.contains_key(*key) && !view.aliases.contains_key(*key)) {
        tickets::unopen(cache, key, &context)?;
    }
    tickets::save(cache, before, view, &context)?;
    look_again_at(cache, before, view)?;
    cache.execute_batch("DELETE FROM decided")?;
    shade(cache, decided, view)?;
    // Of tens of thousands hardly one was noted as unapplied before.
    let unapplied = if fates.len() > FEW { Some(events::unapplied_rows(cache)?) } else { None };
    let was_applied = |n: &i64| unapplied.as_ref().is_some_and(|rows| !rows.contains(n));
    for (n, event) in events {
        match fates.get(&n) {
            Some(Outcome::Applied) if was_applied(&n) => events::beside_the_state(cache, event, &view.counters, &context)?,
            Some(outcome) => aftermath(cache, n, event, outcome, &view.counters, &context)?,
            None => {}
        }
    }
    forget::keep_to(cache, &view.counters.shared, &context)?;
    context.refresh_now(cache)?;
    events::set_meta(cache, "counters", &serde_json::to_string(&view.counters).unwrap_or_default())?;
    events::set_meta(cache, "decided", &serde_json::to_string(&decided.counters).unwrap_or_default())?;
    marks.write(cache)
}

/// A status that changed elsewhere may have been set in ignorance of mail that is here.
fn look_again_at(cache: &Connection, before: &LogState, view: &LogState) -> rusqlite::Result<()> {
    for (key, ticket) in &before.tickets {
        if view.tickets.get(key).is_some_and(|now| now.status.value != ticket.status.value) {
            if let Some(row) = row_by_key(cache, key)? {
                cache.prepare_cached("INSERT OR IGNORE INTO unsettled (ticket) VALUES (?1)")?.execute([row.0])?;
            }
        }
    }
    Ok(())
}

fn decided_counters(cache: &Connection) -> rusqlite::Result<Counters> {
    let text: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'decided'")?.query_row([], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Everything that is shown, by key.
fn all_states(cache: &Connection) -> rusqlite::Result<BTreeMap<TicketKey, TicketState>> {
    let mut statement = cache.prepare_cached("SELECT value FROM ticket_state")?;
    let mut rows = statement.query([])?;
    let mut states = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        states.extend(serde_json::from_str::<TicketState>(&text).ok().map(|state| (state.key.clone(), state)));
    }
    Ok(states)
}

/// What the log alone says, where something else is shown.
#[derive(Default)]
struct Shadows {
    by_key: BTreeMap<TicketKey, Option<TicketState>>,
    aliases: BTreeMap<TicketKey, TicketKey>,
    owners: BTreeMap<MessageId, TicketKey>,
}

impl Shadows {
    fn load(cache: &Connection) -> rusqlite::Result<Self> {
        let mut shadows = Self::default();
        let mut statement = cache.prepare_cached("SELECT key, value FROM decided")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(key) = TicketKey::new(&row.get::<_, String>(0)?) else { continue };
            let ticket: Option<TicketState> = serde_json::from_str(&row.get::<_, String>(1)?).ok();
            if let Some(ticket) = &ticket {
                shadows.aliases.extend(ticket.aliases.iter().map(|alias| (alias.clone(), key.clone())));
                shadows.owners.extend(ticket.ids.iter().map(|id| (id.clone(), key.clone())));
            }
            shadows.by_key.insert(key, ticket);
        }
        Ok(shadows)
    }

    fn load_touched(&self, cache: &Connection, touched: &Touched) -> rusqlite::Result<LogState> {
        let mut state = LogState { counters: decided_counters(cache)?, ..LogState::default() };
        for key in &touched.keys {
            self.load_into(cache, key, &mut state)?;
        }
        for id in &touched.ids {
            if let Some(key) = self.owner(cache, id)? {
                self.load_into(cache, &key, &mut state)?;
                state.owners.insert(id.clone(), key);
            }
        }
        for what in &touched.claims {
            state.claims.extend(tickets::load_claim(cache, what)?.map(|claim| (what.clone(), claim)));
        }
        Ok(state)
    }

    /// Loads one ticket and those it is merged into.
    fn load_into(&self, cache: &Connection, key: &TicketKey, state: &mut LogState) -> rusqlite::Result<()> {
        let mut next = Some(key.clone());
        while let Some(key) = next.take() {
            let Some(ticket) = self.ticket(cache, &key)?.filter(|ticket| !state.tickets.contains_key(&ticket.key)) else { return Ok(()) };
            state.aliases.extend(ticket.aliases.iter().map(|alias| (alias.clone(), ticket.key.clone())));
            next.clone_from(&ticket.merged_into.value);
            state.tickets.insert(ticket.key.clone(), ticket);
        }
        Ok(())
    }

    /// The ticket that a key leads to by the log alone.
    fn ticket(&self, cache: &Connection, key: &TicketKey) -> rusqlite::Result<Option<TicketState>> {
        let known = self.by_key.get(key).and_then(Option::as_ref).or_else(|| self.by_key.get(self.aliases.get(key)?)?.as_ref());
        if known.is_some() || self.by_key.contains_key(key) {
            return Ok(known.cloned());
        }
        let shown = row_by_key(cache, key)?.map_or(Ok(None), |row| load_state(cache, row))?;
        Ok(shown.filter(|ticket| !self.by_key.contains_key(&ticket.key)))
    }

    /// The ticket that the log alone gives a message to.
    fn owner(&self, cache: &Connection, id: &MessageId) -> rusqlite::Result<Option<TicketKey>> {
        if let Some(key) = self.owners.get(id) {
            return Ok(Some(key.clone()));
        }
        let shown = row_by_log_id(cache, id)?.map_or(Ok(None), |row| load_state(cache, row))?;
        Ok(shown.map(|ticket| ticket.key).filter(|key| !self.by_key.contains_key(key)))
    }

    /// What is shown of the tickets that were loaded, and of all that differ.
    fn shown(&self, cache: &Connection, loaded: &LogState) -> rusqlite::Result<LogState> {
        let mut shown = LogState::default();
        for (key, ticket) in loaded.tickets.iter().filter(|(key, _)| !self.by_key.contains_key(*key)) {
            shown.tickets.insert(key.clone(), ticket.clone());
        }
        for key in self.by_key.keys() {
            let state = row_by_key(cache, key)?.map_or(Ok(None), |row| load_state(cache, row))?;
            shown.tickets.extend(state.filter(|state| state.key == *key).map(|state| (key.clone(), state)));
        }
        Ok(shown)
    }
}
