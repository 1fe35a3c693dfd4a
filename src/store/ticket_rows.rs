//! The queue's lines: derived from a ticket's mail and its state in the log, and kept up one ticket at a time.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::tickets::{TicketRowId, load_state};
use super::time;
use crate::domain::authentication::Verdict;
use crate::domain::message::Class;
use crate::domain::participants::{self, Agreed, Letter, Ours, Roster};
use crate::domain::ticket::{Badge, Priority, Status, TicketRow, TicketState};
use crate::domain::{Address, TicketKey};

/// What deriving needs to know of the desk.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Addresses (lower case) and `*@domain` patterns that are our own.
    pub own: Vec<String>,
    /// Rows to be derived anew once a batch of events has been applied.
    later: RefCell<BTreeSet<TicketRowId>>,
}

impl Context {
    pub fn load(cache: &Connection) -> rusqlite::Result<Self> {
        let text: Option<String> = cache.prepare_cached("SELECT value FROM meta WHERE name = 'own'")?.query_row([], |row| row.get(0)).optional()?;
        Ok(Self { own: text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(), later: RefCell::default() })
    }

    /// Derives a line at the end of the batch: once, however many events speak of its ticket.
    pub fn refresh_later(&self, row: TicketRowId) {
        self.later.borrow_mut().insert(row);
    }

    /// Derives the lines that were put off.
    pub fn refresh_now(&self, cache: &Connection) -> rusqlite::Result<()> {
        self.later.take().into_iter().try_for_each(|row| refresh(cache, row, self))
    }

    pub fn is_own(&self, address: &str) -> bool {
        let address = crate::domain::project::without_tag(address);
        self.own.iter().any(|own| *own == address || crate::domain::project::fits(own, &address))
    }
}

/// What a queue line needs to know of one message.
struct Brief {
    id: i64,
    at: i64,
    is_out: bool,
    class: Class,
    seen: bool,
    copies: i64,
    junk: bool,
    from: Address,
    to: Vec<Address>,
    cc: Vec<Address>,
    subject: String,
    attachments: i64,
    project: String,
    ours: Ours,
    is_forged: bool,
}

impl Brief {
    /// Nobody can read what is gone from the server, and who comes later does not know of it.
    fn is_unread(&self) -> bool {
        !self.is_out && !self.seen && self.copies > 0
    }

    fn letter(&self) -> Letter {
        Letter { from: self.from.clone(), to: self.to.clone(), cc: self.cc.clone(), ours: self.ours, class: self.class, is_forged: self.is_forged }
    }
}

/// The part of a queue line that comes from mail alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct FromMail {
    messages: i64,
    unread: i64,
    created: i64,
    updated: i64,
    waiting_since: Option<i64>,
    newest_human: Option<i64>,
    requester: Option<Address>,
    participants: Vec<Address>,
    subject: String,
    project: String,
    badges: Vec<Badge>,
    quiet: bool,
    junk_only: bool,
    /// There was mail, and none of it was found here.
    is_gone: bool,
}

const PARTICIPANTS_SHOWN: usize = 50;

/// Derives a ticket's line anew from its messages and its state.
pub(super) fn refresh(cache: &Connection, row: TicketRowId, context: &Context) -> rusqlite::Result<()> {
    let messages = briefs(cache, row)?;
    let state = load_state(cache, row)?;
    let mail = match state.as_ref().filter(|_| messages.is_empty()) {
        Some(state) if is_mail_gone(cache, row)? => from_log(state),
        _ => from_mail(&messages, state.as_ref(), context),
    };
    write(cache, row, &mail, state.as_ref())
}

fn is_mail_gone(cache: &Connection, row: TicketRowId) -> rusqlite::Result<bool> {
    cache.prepare_cached("SELECT mail_gone FROM ticket WHERE id = ?1")?.query_row([row.0], |row| row.get(0))
}

/// What a line says that comes from mail, of a ticket of which the log alone knows. Whether it was read, whom else it
/// was written to, what hung on it and whether a person waits for an answer nobody can tell any more.
fn from_log(state: &TicketState) -> FromMail {
    let seen = state.seen_at.max(state.snooze_seen_at);
    let created = state.created.or(seen).or(state.active_at).map_or(0, jiff::Timestamp::as_second);
    FromMail {
        messages: state.ids.len() as i64,
        created,
        updated: seen.map_or(created, |seen| created.max(seen.as_second())),
        badges: vec![Badge::Gone],
        is_gone: true,
        ..FromMail::default()
    }
}

/// The people of a ticket, with the row ids of its messages in the order of the roster's letters.
pub(super) fn roster(cache: &Connection, row: TicketRowId, state: Option<&TicketState>, context: &Context) -> rusqlite::Result<(Roster, Vec<i64>)> {
    let messages = briefs(cache, row)?;
    let requester = agreed_requester(&messages, state);
    Ok((people(&messages, requester.as_ref(), state, context), messages.iter().map(|message| message.id).collect()))
}

fn people(messages: &[Brief], requester: Option<&Address>, state: Option<&TicketState>, context: &Context) -> Roster {
    let letters: Vec<Letter> = messages.iter().map(Brief::letter).collect();
    let added = state.map(|state| state.participants.keys().cloned().collect()).unwrap_or_default();
    participants::of(&letters, &Agreed { requester, added }, &|address| context.is_own(address))
}

fn agreed_requester(messages: &[Brief], state: Option<&TicketState>) -> Option<Address> {
    state.and_then(|state| state.requester.clone()).or_else(|| requester(messages))
}

/// Brings the line of a ticket that was just opened, is open, and was not touched by anybody, up to
/// date without looking at its mail. Tells whether that was enough.
pub(super) fn opened(cache: &Connection, row: TicketRowId, state: &TicketState) -> rusqlite::Result<bool> {
    // A client that reads a whole log at once sees the opening and what people did since as one step.
    if state.active_at.is_some() || state.status.writer.is_some() || state.merged_into.writer.is_some() {
        return Ok(false);
    }
    let requester = state.requester.clone().unwrap_or_default();
    let created = state.created.map_or(i64::MAX, jiff::Timestamp::as_second);
    let sql = "UPDATE ticket SET number = ?2, created = min(created, ?7), project = iif(?3 = '', project, ?3), subject = iif(?4 = '', subject, ?4),
                   requester_name = iif(?6 = '', requester_name, ?5), requester_address = iif(?6 = '', requester_address, ?6)
               WHERE id = ?1 AND status = 0 AND hidden = 0";
    let changed = cache.prepare_cached(sql)?.execute(params![
        row.0,
        state.number.map(|number| number as i64),
        state.project.value,
        state.subject.value,
        requester.name,
        requester.address,
        created
    ])?;
    Ok(changed == 1)
}

fn briefs(cache: &Connection, row: TicketRowId) -> rusqlite::Result<Vec<Brief>> {
    let sql = "SELECT at, direction, class, flags, copies, junk, from_name, from_address, sent_to, cc, subject, attachments, project,
                   id, ours, auth
               FROM message WHERE ticket = ?1 ORDER BY at, id";
    let mut statement = cache.prepare_cached(sql)?;
    statement.query_map([row.0], brief)?.collect()
}

fn brief(row: &Row<'_>) -> rusqlite::Result<Brief> {
    let addresses = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(Brief {
        at: row.get(0)?,
        is_out: row.get::<_, i64>(1)? == 1,
        class: class_from(row.get(2)?),
        seen: row.get::<_, i64>(3)? & 1 == 1,
        copies: row.get(4)?,
        junk: row.get(5)?,
        from: Address { name: row.get(6)?, address: row.get(7)? },
        to: addresses(row.get(8)?),
        cc: addresses(row.get(9)?),
        subject: row.get(10)?,
        attachments: row.get(11)?,
        project: row.get(12)?,
        id: row.get(13)?,
        ours: ours_from(row.get(14)?),
        is_forged: row.get::<_, i64>(15)? == 2,
    })
}

fn from_mail(messages: &[Brief], state: Option<&TicketState>, context: &Context) -> FromMail {
    let Some((first, last)) = messages.first().zip(messages.last()) else { return FromMail::default() };
    let inbound = || messages.iter().filter(|message| !message.is_out);
    let requester = agreed_requester(messages, state);
    let roster = people(messages, requester.as_ref(), state, context);
    let others = roster.people.iter().filter(|person| requester.as_ref().is_none_or(|requester| requester.key() != person.key()));
    FromMail {
        messages: messages.len() as i64,
        unread: inbound().filter(|message| message.is_unread()).count() as i64,
        // Who has never seen the first mail goes by who opened the ticket.
        created: state.and_then(|state| state.created).map_or(first.at, |created| first.at.min(created.as_second())),
        updated: last.at,
        waiting_since: waiting_since(messages),
        newest_human: inbound().rfind(|message| message.class == Class::Human).map(|message| message.at),
        participants: others.take(PARTICIPANTS_SHOWN).cloned().collect(),
        badges: badges(messages, &undecided(messages, &roster.strangers, state)),
        requester,
        subject: first.subject.clone(),
        project: inbound().chain(messages).map(|message| message.project.clone()).find(|project| !project.is_empty()).unwrap_or_default(),
        quiet: !messages.iter().any(|message| matches!(message.class, Class::Human | Class::Own)),
        junk_only: messages.iter().all(|message| message.junk),
        is_gone: false,
    }
}

/// Who opened the ticket: the first outside sender, else whom we wrote to first.
fn requester(messages: &[Brief]) -> Option<Address> {
    let first_in = messages.iter().find(|message| !message.is_out && !message.from.address.is_empty()).map(|message| message.from.clone());
    match messages.first() {
        Some(first) if first.is_out => first.to.first().cloned().or(first_in),
        _ => first_in,
    }
}

/// The first human mail since our last answer, if the last word is theirs.
fn waiting_since(messages: &[Brief]) -> Option<i64> {
    let unanswered = messages.iter().rposition(|message| message.is_out).map_or(0, |last| last + 1);
    messages.iter().skip(unanswered).find(|message| message.class == Class::Human).map(|message| message.at)
}

/// The strangers of whom no agent has said that they stay out.
fn undecided(messages: &[Brief], strangers: &[bool], state: Option<&TicketState>) -> Vec<bool> {
    let is_out = |message: &Brief| state.is_some_and(|state| state.taken_off.contains_key(&message.from.key()));
    messages.iter().zip(strangers).map(|(message, is_stranger)| *is_stranger && !is_out(message)).collect()
}

fn badges(messages: &[Brief], strangers: &[bool]) -> Vec<Badge> {
    let has = |class: Class| messages.iter().any(|message| message.class == class);
    let mut badges = Vec::new();
    let mut mark = |badge, wanted: bool| badges.extend(wanted.then_some(badge));
    mark(Badge::Unread, messages.iter().any(Brief::is_unread));
    mark(Badge::Attachment, messages.iter().any(|message| message.attachments > 0));
    mark(Badge::Bounced, has(Class::Bounce));
    mark(Badge::AutoReply, has(Class::AutoReply));
    mark(Badge::List, has(Class::List));
    mark(Badge::Stranger, messages.iter().zip(strangers).any(|(message, is_stranger)| *is_stranger && message.class == Class::Human));
    // The copy of an answer may not have been seen yet.
    let mut from_outside = messages.iter().filter(|message| !message.is_out).peekable();
    mark(Badge::Gone, from_outside.peek().is_some() && from_outside.all(|message| message.copies == 0));
    badges
}

fn write(cache: &Connection, row: TicketRowId, mail: &FromMail, state: Option<&TicketState>) -> rusqlite::Result<()> {
    let status = state.map_or(if mail.junk_only && mail.messages > 0 { Status::Spam } else { Status::Open }, |state| state.status.value);
    let requester = state.and_then(|state| state.requester.clone()).or_else(|| mail.requester.clone()).unwrap_or_default();
    let tags: Vec<&String> = state.map(|state| state.tags.keys().collect()).unwrap_or_default();
    let own_or = |own: Option<&String>, mail: &String| own.filter(|text| !text.is_empty()).unwrap_or(mail).clone();
    let hidden = mail.messages == 0 || state.is_some_and(|state| state.merged_into.value.is_some());
    let waiting = mail.waiting_since.filter(|_| !matches!(status, Status::Solved | Status::Spam));
    let sql = "UPDATE ticket SET number = ?2, project = ?3, status = ?4, priority = ?5, assignee = ?6, subject = ?7, requester_name = ?8,
                   requester_address = ?9, participants = ?10, tags = ?11, messages = ?12, unread = ?13, created = ?14,
                   updated = max(?15, CASE WHEN opened = 1 THEN touched ELSE 0 END), waiting_since = ?16, snoozed_until = ?17, badges = ?18, quiet = ?19, hidden = ?20,
                   mail_gone = ?21
               WHERE id = ?1";
    cache
        .prepare_cached(sql)?
        .execute(params![
            row.0,
            state.and_then(|state| state.number).map(|number| number as i64),
            own_or(state.map(|state| &state.project.value), &mail.project),
            status_code(status),
            priority_code(state.map(|state| state.priority.value).unwrap_or_default()),
            state.and_then(|state| state.assignee.value.clone()),
            own_or(state.map(|state| &state.subject.value), &mail.subject),
            requester.name,
            requester.address,
            json(&taking_part(&mail.participants, state)),
            json(&tags),
            mail.messages,
            mail.unread,
            mail.created,
            mail.updated,
            waiting,
            state.and_then(|state| state.asleep_until(mail.newest_human.map(time))).map(jiff::Timestamp::as_second),
            badge_bits(&mail.badges),
            mail.quiet,
            hidden,
            mail.is_gone
        ])
        .map(drop)
}

/// Who takes part by the mail, with those an agent added and without those taken off.
fn taking_part(by_mail: &[Address], state: Option<&TicketState>) -> Vec<Address> {
    let Some(state) = state else { return by_mail.to_vec() };
    let is_new = |address: &&String| !by_mail.iter().any(|known| known.key() == **address);
    let added = state.participants.keys().filter(is_new).map(|address| Address::new("", address.clone()));
    by_mail.iter().cloned().chain(added).filter(|address| !state.taken_off.contains_key(&address.key())).take(PARTICIPANTS_SHOWN).collect()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}

/// The columns [`ticket_row`] reads, in its order.
pub(super) const COLUMNS: &str = "t.number, t.key, t.project, t.status, t.priority, t.assignee, t.subject, t.requester_name, t.requester_address,
    t.participants, t.tags, t.messages, t.unread, t.created, t.updated, t.waiting_since, t.snoozed_until, t.badges";

pub(super) fn ticket_row(desk: &str, row: &Row<'_>) -> rusqlite::Result<TicketRow> {
    let key: String = row.get(1)?;
    let requester = Address { name: row.get(7)?, address: row.get(8)? };
    Ok(TicketRow {
        desk: desk.to_owned(),
        number: row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs),
        key: TicketKey::new(&key).unwrap_or_else(|| TicketKey::of(&crate::domain::MessageId::synthetic(key.as_bytes()))),
        project: row.get(2)?,
        status: status_from(row.get(3)?),
        priority: priority_from(row.get(4)?),
        assignee: row.get(5)?,
        subject: row.get(6)?,
        requester: (!requester.address.is_empty()).then_some(requester),
        participants: serde_json::from_str(&row.get::<_, String>(9)?).unwrap_or_default(),
        tags: serde_json::from_str(&row.get::<_, String>(10)?).unwrap_or_default(),
        messages: row.get::<_, i64>(11)?.unsigned_abs(),
        unread: row.get::<_, i64>(12)?.unsigned_abs(),
        created: time(row.get(13)?),
        updated: time(row.get(14)?),
        waiting_since: row.get::<_, Option<i64>>(15)?.map(time),
        snoozed_until: row.get::<_, Option<i64>>(16)?.map(time),
        first_response_due: None,
        badges: badges_from(row.get(17)?),
    })
}

pub(super) fn status_code(status: Status) -> i64 {
    Status::ALL.iter().position(|known| *known == status).unwrap_or(0) as i64
}

fn status_from(code: i64) -> Status {
    usize::try_from(code).ok().and_then(|code| Status::ALL.get(code)).copied().unwrap_or_default()
}

pub(super) fn priority_code(priority: Priority) -> i64 {
    Priority::ALL.iter().position(|known| *known == priority).unwrap_or(1) as i64
}

fn priority_from(code: i64) -> Priority {
    usize::try_from(code).ok().and_then(|code| Priority::ALL.get(code)).copied().unwrap_or_default()
}

pub(super) const CLASSES: [Class; 5] = [Class::Human, Class::AutoReply, Class::Bounce, Class::List, Class::Own];

pub(super) fn class_code(class: Class) -> i64 {
    CLASSES.iter().position(|known| *known == class).unwrap_or(0) as i64
}

pub(super) fn class_from(code: i64) -> Class {
    usize::try_from(code).ok().and_then(|code| CLASSES.get(code)).copied().unwrap_or_default()
}

/// In the order of their codes.
pub(super) const OURS: [Ours; 3] = [Ours::No, Ours::Claimed, Ours::Sure];

pub(super) fn ours_from(code: i64) -> Ours {
    usize::try_from(code).ok().and_then(|code| OURS.get(code)).copied().unwrap_or_default()
}

/// In the order of their codes.
pub(super) const VERDICTS: [Verdict; 3] = [Verdict::None, Verdict::Pass, Verdict::Fail];

pub(super) fn auth_from(code: i64) -> Verdict {
    usize::try_from(code).ok().and_then(|code| VERDICTS.get(code)).copied().unwrap_or_default()
}

const BADGES: [Badge; 7] = [Badge::Unread, Badge::Attachment, Badge::Bounced, Badge::AutoReply, Badge::List, Badge::Gone, Badge::Stranger];

/// The bit of a badge in `ticket.badges`.
pub(super) fn badge_bit(badge: Badge) -> i64 {
    BADGES.iter().position(|known| *known == badge).map_or(0, |index| 1 << index)
}

fn badge_bits(badges: &[Badge]) -> i64 {
    badges.iter().map(|badge| badge_bit(*badge)).sum()
}

fn badges_from(bits: i64) -> Vec<Badge> {
    BADGES.iter().copied().filter(|badge| bits & badge_bit(*badge) != 0).collect()
}
