//! From the query language to SQL and the full-text index: pages of the queue, and counts.

use std::collections::HashSet;
use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};

use super::ticket_rows::{self, badge_bit, priority_code, status_code};
use super::{Store, StoreError, time};
use crate::domain::query::{Comparison, Has, Is, Order, Query, Sort, SortValue, Term};
use crate::domain::ticket::{Badge, Status, TicketRow};
use crate::domain::{TicketKey, Timestamp};

/// The sort value and row id of a row: the next page begins behind it.
pub type Mark = (SortValue, i64);

/// A page of the queue and the key its last row is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<TicketRow>,
    /// The last row; `None` when there is nothing behind it.
    pub next: Option<Mark>,
}

/// The queue is walked in pieces, from so many tickets …
const WALKED_FIRST: usize = 256;
/// … to so many at once.
const WALKED_AT_ONCE: usize = 4_096;
/// Of a ticket with more messages than this they are looked at one by one.
const LONG_TICKET: usize = 64;
/// Two messages further apart than this are looked up in the full-text index by themselves.
const APART: i64 = 20_000;
/// More matching messages than this, and more than a tenth of all, are not gathered.
const MANY_MATCHES: usize = 30_000;

/// SQL and the values for its placeholders, emitted together.
#[derive(Clone, Debug, Default)]
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Store {
    /// Reads a page of tickets that match, in the order wanted, behind `after`.
    ///
    /// # Errors
    /// The cache cannot be read, or the reading was interrupted.
    pub fn page(&self, query: &Query, order: impl Into<Order>, limit: u32, after: Option<Mark>) -> Result<Page, StoreError> {
        self.read_page(query, order.into(), limit, after).map_err(|error| self.cache_error(error))
    }

    /// The keys of all tickets that match.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn keys(&self, query: &Query) -> Result<Vec<TicketKey>, StoreError> {
        self.read_keys(query).map_err(|error| self.cache_error(error))
    }

    /// Tags of tickets, the most used first, at most five hundred.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn tags(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT j.value FROM ticket t, json_each(t.tags) j WHERE t.hidden = 0 AND t.tags <> '[]'
                   GROUP BY j.value ORDER BY count(*) DESC, j.value LIMIT 500";
        let read = || -> rusqlite::Result<Vec<String>> { self.cache.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect() };
        read().map_err(|error| self.cache_error(error))
    }

    /// The line of one ticket, hidden or not; the key may be an alias.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn ticket_row(&self, key: &TicketKey) -> Result<Option<TicketRow>, StoreError> {
        let sql = format!("SELECT {} FROM ticket_alias a JOIN ticket t ON t.id = a.ticket WHERE a.key = ?1", ticket_rows::COLUMNS);
        let read = || self.cache.prepare_cached(&sql)?.query_row([key.as_str()], |row| self.row(row)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Agents to whom a ticket is assigned.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn assignees(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT assignee FROM ticket WHERE assignee IS NOT NULL AND hidden = 0";
        let read = || -> rusqlite::Result<Vec<String>> { self.cache.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect() };
        read().map_err(|error| self.cache_error(error))
    }

    /// When the next ticket that sleeps at a time wakes.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn next_wake(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        // The index `ticket_snoozed` holds those that sleep and no others.
        let sql = "SELECT min(snoozed_until) FROM ticket WHERE snoozed_until IS NOT NULL AND hidden = 0 AND snoozed_until > ?1";
        let read = || self.cache.prepare_cached(sql)?.query_row([now.as_second()], |row| row.get::<_, Option<i64>>(0));
        Ok(read().map_err(|error| self.cache_error(error))?.map(time))
    }

    /// How many tickets match.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.read_count(query).map_err(|error| self.cache_error(error))
    }

    fn read_page(&self, query: &Query, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        let plan = self.plan(query, limit)?;
        match &plan.matches {
            None => self.ordered_page(&plan.condition, order, limit, after.as_ref()),
            Some(matches) => self.walked_page(&plan.condition, matches, order, limit, after),
        }
    }

    /// The tickets of a condition, in their order.
    fn ordered_page(&self, condition: &Condition, order: Order, limit: u32, after: Option<&Mark>) -> rusqlite::Result<Page> {
        let (Ordering { key, direction, .. }, condition) = (ordering(order), behind(condition, order, after));
        let sql = format!(
            "SELECT {}, {key}, t.id FROM ticket t WHERE {} ORDER BY {key} {direction}, t.id {direction} LIMIT {}",
            ticket_rows::COLUMNS,
            condition.sql,
            u64::from(limit) + 1
        );
        let mut statement = self.cache.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(condition.values))?;
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            if page.rows.len() as u64 == u64::from(limit) {
                return Ok(page);
            }
            page.next = Some((mark_value(row, 18)?, row.get(19)?));
            page.rows.push(self.row(row)?);
        }
        page.next = None;
        Ok(page)
    }

    /// The same for text that thousands of messages hold: walks the queue and asks of each
    /// ticket whether it matches, so that no more is read than the page needs.
    fn walked_page(&self, condition: &Condition, matches: &Matches, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        let mut page = Page::default();
        let (mut after, mut size) = (after, WALKED_FIRST);
        loop {
            let piece = self.piece(condition, order, after.as_ref(), size)?;
            size = (size * 2).min(WALKED_AT_ONCE);
            let Some(last) = piece.last() else {
                page.next = None;
                return Ok(page);
            };
            after = Some(last.clone());
            let ids: Vec<i64> = piece.iter().map(|(_, id)| *id).collect();
            let matching = matches.among(&self.cache, &ids)?;
            for (value, id) in piece.into_iter().filter(|(_, id)| matching.contains(id)) {
                if page.rows.len() as u64 == u64::from(limit) {
                    return Ok(page);
                }
                let sql = format!("SELECT {} FROM ticket t WHERE t.id = ?1", ticket_rows::COLUMNS);
                page.rows.push(self.cache.prepare_cached(&sql)?.query_row([id], |row| self.row(row))?);
                page.next = Some((value, id));
            }
        }
    }

    /// The next tickets of the queue: sort value and row id.
    fn piece(&self, condition: &Condition, order: Order, after: Option<&Mark>, size: usize) -> rusqlite::Result<Vec<Mark>> {
        let (Ordering { key, direction, .. }, condition) = (ordering(order), behind(condition, order, after));
        let sql = format!("SELECT {key}, t.id FROM ticket t WHERE {} ORDER BY {key} {direction}, t.id {direction} LIMIT {size}", condition.sql);
        let mut statement = self.cache.prepare_cached(&sql)?;
        statement.query_map(params_from_iter(condition.values), |row| Ok((mark_value(row, 0)?, row.get(1)?)))?.collect()
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<TicketRow> {
        ticket_rows::ticket_row(&self.desk, row)
    }

    fn read_keys(&self, query: &Query) -> rusqlite::Result<Vec<TicketKey>> {
        let condition = whole_condition(query);
        let sql = format!("SELECT t.key FROM ticket t WHERE {}", condition.sql);
        let mut statement = self.cache.prepare_cached(&sql)?;
        let keys = statement.query_map(params_from_iter(condition.values), |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(keys.iter().filter_map(|key| TicketKey::new(key)).collect())
    }

    fn read_count(&self, query: &Query) -> rusqlite::Result<u64> {
        let condition = whole_condition(query);
        let sql = format!("SELECT count(*) FROM ticket t WHERE {}", condition.sql);
        let count: i64 = self.cache.prepare_cached(&sql)?.query_row(params_from_iter(condition.values), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Splits a query into what the full-text index answers and what SQL does.
    fn plan(&self, query: &Query, limit: u32) -> rusqlite::Result<Plan> {
        let (texts, mut condition) = conditions(query);
        let Some(expression) = texts else { return Ok(Plan { condition, matches: None }) };
        let stored = self.stored_messages()?;
        // What begins with four letters has to be gathered whole, so it is gathered once.
        let many = if has_long_prefix(query) { usize::MAX } else { MANY_MATCHES.max(stored / 10) };
        let messages = self.matching(&expression, many)?;
        if messages.len() == many {
            return Ok(Plan { condition, matches: Some(Matches::Asked(expression)) });
        }
        // A row of the queue takes about ten times as long to read as its place in the order,
        // and a match as long to lead to its ticket as a ticket to lead to its messages.
        let (found, walk) = (messages.len(), stored * limit as usize);
        if found * found > walk * 2 {
            return Ok(Plan { condition, matches: Some(Matches::Messages(messages.into_iter().collect())) });
        }
        if found * found > walk / 80 {
            return Ok(Plan { condition, matches: Some(Matches::Tickets(self.tickets_of(&messages)?)) });
        }
        condition.sql.push_str(" AND t.id IN (SELECT ticket FROM message INDEXED BY message_place WHERE id IN (SELECT value FROM json_each(?)))");
        condition.values.push(Value::Text(serde_json::to_string(&messages).unwrap_or_default()));
        Ok(Plan { condition, matches: None })
    }

    /// About so many messages are stored.
    fn stored_messages(&self) -> rusqlite::Result<usize> {
        let highest: i64 = self.cache.prepare_cached("SELECT coalesce(max(id), 0) FROM message")?.query_row([], |row| row.get(0))?;
        Ok(highest.unsigned_abs() as usize)
    }

    fn tickets_of(&self, messages: &[i64]) -> rusqlite::Result<HashSet<i64>> {
        let mut statement = self.cache.prepare_cached("SELECT ticket FROM message INDEXED BY message_place WHERE id = ?1")?;
        let mut tickets = HashSet::with_capacity(messages.len());
        for message in messages {
            tickets.extend(statement.query_row([message], |row| row.get::<_, i64>(0)).optional()?);
        }
        Ok(tickets)
    }

    fn matching(&self, expression: &str, limit: usize) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self.cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 LIMIT ?2")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        statement.query_map(params![expression, limit], |row| row.get(0))?.collect()
    }
}

/// The full-text expression every match must meet, and everything else as SQL.
fn conditions(query: &Query) -> (Option<String>, Condition) {
    let (texts, rest) = split_text(query);
    let mut condition = Condition { sql: "t.hidden = 0".into(), values: Vec::new() };
    if !mentions_status(query) {
        condition.sql.push_str(" AND t.status <> 4");
    }
    for part in rest {
        condition.sql.push_str(" AND ");
        emit(part, &mut condition);
    }
    let expression = texts.iter().filter_map(|term| full_text(term)).collect::<Vec<_>>().join(" AND ");
    for term in texts {
        push_recheck(term, &mut condition);
    }
    ((!expression.is_empty()).then_some(expression), condition)
}

/// All of a query as SQL, for questions that need every match.
fn whole_condition(query: &Query) -> Condition {
    let (texts, mut condition) = conditions(query);
    if let Some(expression) = texts {
        condition
            .sql
            .push_str(" AND t.id IN (SELECT m.ticket FROM fts CROSS JOIN message m INDEXED BY message_place ON m.id = fts.rowid WHERE fts MATCH ?)");
        condition.values.push(Value::Text(expression));
    }
    condition
}

/// The condition, for what stands behind a row of that order.
fn behind(condition: &Condition, order: Order, after: Option<&Mark>) -> Condition {
    let mut condition = condition.clone();
    if let Some((value, row)) = after {
        let Ordering { key, beyond, .. } = ordering(order);
        let _ = write!(condition.sql, " AND ({key}, t.id) {beyond} (?, ?)");
        condition.values.extend([sort_value(value.clone()), Value::Integer(*row)]);
    }
    condition
}

/// The index knows the beginnings of words up to three letters; a longer one is put
/// together anew from all words that begin so whenever it is asked for.
fn has_long_prefix(query: &Query) -> bool {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().any(has_long_prefix),
        Query::Not(part) => has_long_prefix(part),
        Query::Term(Term::Text { words, prefix: true, .. }) => words.last().is_some_and(|word| word.chars().count() > 3),
        Query::Term(Term::From(text) | Term::To(text) | Term::Cc(text)) => text.chars().count() > 3,
        Query::Term(_) => false,
    }
}

struct Plan {
    condition: Condition,
    /// Set when so many messages match that each ticket is asked instead.
    matches: Option<Matches>,
}

enum Matches {
    Tickets(HashSet<i64>),
    Messages(HashSet<i64>),
    /// The full-text expression, to be asked about some messages at a time.
    Asked(String),
}

impl Matches {
    /// Which of these tickets hold a message that matches.
    fn among(&self, cache: &Connection, tickets: &[i64]) -> rusqlite::Result<HashSet<i64>> {
        if let Self::Tickets(known) = self {
            return Ok(tickets.iter().filter(|ticket| known.contains(ticket)).copied().collect());
        }
        let mut found = HashSet::new();
        let mut messages: Vec<(i64, i64)> = Vec::with_capacity(tickets.len() * 2);
        let mut statement = cache.prepare_cached("SELECT id FROM message WHERE ticket = ?1")?;
        for ticket in tickets {
            let ids = statement.query_map([ticket], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            match self {
                Self::Tickets(_) => {}
                Self::Messages(known) => found.extend(ids.iter().any(|id| known.contains(id)).then_some(*ticket)),
                Self::Asked(expression) if ids.len() > LONG_TICKET => found.extend(any_matches(cache, expression, &ids)?.then_some(*ticket)),
                Self::Asked(_) => messages.extend(ids.into_iter().map(|id| (id, *ticket))),
            }
        }
        if let Self::Asked(expression) = self {
            messages.sort_unstable();
            for near in messages.chunk_by(|a, b| b.0 - a.0 < APART) {
                tickets_of_matches(cache, expression, near, &mut found)?;
            }
        }
        Ok(found)
    }
}

/// Adds the tickets of those messages that match; the messages lie near each other, in order.
fn tickets_of_matches(cache: &Connection, expression: &str, near: &[(i64, i64)], found: &mut HashSet<i64>) -> rusqlite::Result<()> {
    let (Some((first, _)), Some((last, _))) = (near.first(), near.last()) else { return Ok(()) };
    let mut statement = cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3")?;
    let mut matching = statement.query(params![expression, first, last])?;
    let mut rest = near.iter().peekable();
    while let Some(row) = matching.next()? {
        let id: i64 = row.get(0)?;
        while rest.next_if(|(message, _)| *message < id).is_some() {}
        found.extend(rest.next_if(|(message, _)| *message == id).map(|(_, ticket)| *ticket));
    }
    Ok(())
}

fn any_matches(cache: &Connection, expression: &str, messages: &[i64]) -> rusqlite::Result<bool> {
    let mut statement = cache.prepare_cached("SELECT EXISTS (SELECT 1 FROM fts WHERE fts MATCH ?1 AND rowid = ?2)")?;
    for id in messages.iter().rev() {
        if statement.query_row(params![expression, id], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// In which order rows come, and how those behind a mark compare with it.
struct Ordering {
    key: &'static str,
    direction: &'static str,
    beyond: &'static str,
}

fn ordering(order: Order) -> Ordering {
    // Names begin with A, everything else with the greatest.
    let ascending = matches!(order.sort, Sort::Assignee | Sort::Requester) != order.reversed;
    let (direction, beyond) = if ascending { ("ASC", ">") } else { ("DESC", "<") };
    Ordering { key: sort_key(order.sort), direction, beyond }
}

fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::Updated => "t.updated",
        Sort::Created => "t.created",
        Sort::Priority => "(t.priority * 100000000000 + t.updated)",
        Sort::Number => "coalesce(t.number, 0)",
        // The longest wait first; tickets nobody waits for at the end.
        Sort::Waiting => "-coalesce(t.waiting_since, 100000000000)",
        Sort::Status => "(-t.status * 100000000000 + t.updated)",
        Sort::Assignee => "coalesce(t.assignee, char(1114111))",
        Sort::Requester => "lower(iif(t.requester_name = '', t.requester_address, t.requester_name))",
    }
}

fn sort_value(value: SortValue) -> Value {
    match value {
        SortValue::Number(number) => Value::Integer(number),
        SortValue::Text(text) => Value::Text(text),
    }
}

fn mark_value(row: &Row<'_>, column: usize) -> rusqlite::Result<SortValue> {
    Ok(match row.get::<_, Value>(column)? {
        Value::Text(text) => SortValue::Text(text),
        Value::Integer(number) => SortValue::Number(number),
        _ => SortValue::Number(0),
    })
}

/// The text conditions every match must meet, and the rest.
fn split_text(query: &Query) -> (Vec<&Term>, Vec<&Query>) {
    let parts: Vec<&Query> = match query {
        Query::And(parts) => parts.iter().collect(),
        single => vec![single],
    };
    let mut texts = Vec::new();
    let mut rest = Vec::new();
    for part in parts {
        match part {
            Query::Term(term) if full_text(term).is_some() => texts.push(term),
            Query::And(_) => {
                let (inner_texts, inner_rest) = split_text(part);
                texts.extend(inner_texts);
                rest.extend(inner_rest);
            }
            other => rest.push(other),
        }
    }
    (texts, rest)
}

/// Unless a query speaks of the status itself, spam is left out.
fn mentions_status(query: &Query) -> bool {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().any(mentions_status),
        Query::Not(part) => mentions_status(part),
        Query::Term(term) => matches!(term, Term::Status(_) | Term::Number(_)),
    }
}

/// The full-text expression of a term; `None` for what the index does not know.
fn full_text(term: &Term) -> Option<String> {
    let in_column = |column: &str, text: &str| Some(format!("{column} : {}", quoted(text, true)));
    match term {
        Term::Text { words, phrase, prefix } => {
            let count = words.len();
            let terms = if *phrase {
                quoted(&words.join(" "), *prefix)
            } else {
                let word = |(index, word): (usize, &String)| quoted(word, *prefix && index + 1 == count);
                words.iter().enumerate().map(word).collect::<Vec<_>>().join(" AND ")
            };
            Some(format!("{{subject sender body}} : ({terms})"))
        }
        Term::From(text) => in_column("sender", text),
        Term::To(text) | Term::Cc(text) => in_column("recipients", text),
        Term::Subject(text) => Some(format!("subject : {}", quoted(text, false))),
        _ => None,
    }
}

/// A user's text as an FTS5 string: quotes doubled, so that nothing in it is syntax.
fn quoted(text: &str, prefix: bool) -> String {
    format!("\"{}\"{}", text.replace('"', "\"\""), if prefix { " *" } else { "" })
}

/// The index knows recipients, but not To from Cc.
fn push_recheck(term: &Term, condition: &mut Condition) {
    let (column, text) = match term {
        Term::To(text) => ("sent_to", text),
        Term::Cc(text) => ("cc", text),
        _ => return,
    };
    let _ = write!(condition.sql, " AND EXISTS (SELECT 1 FROM message m WHERE m.ticket = t.id AND m.{column} LIKE ? ESCAPE '\\')");
    condition.values.push(Value::Text(contains(text)));
}

fn contains(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn emit(query: &Query, condition: &mut Condition) {
    match query {
        Query::And(parts) => emit_joined(parts, " AND ", "1", condition),
        Query::Or(parts) => emit_joined(parts, " OR ", "0", condition),
        Query::Not(part) => {
            condition.sql.push_str("NOT (");
            emit(part, condition);
            condition.sql.push(')');
        }
        Query::Term(term) => emit_term(term, condition),
    }
}

fn emit_joined(parts: &[Query], between: &str, none: &str, condition: &mut Condition) {
    condition.sql.push('(');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            condition.sql.push_str(between);
        }
        emit(part, condition);
    }
    if parts.is_empty() {
        condition.sql.push_str(none);
    }
    condition.sql.push(')');
}

fn emit_term(term: &Term, condition: &mut Condition) {
    if let Some(expression) = full_text(term) {
        // The plus keeps the planner from looking into the index anew for each ticket.
        condition
            .sql
            .push_str("+t.id IN (SELECT m.ticket FROM fts CROSS JOIN message m INDEXED BY message_place ON m.id = fts.rowid WHERE fts MATCH ?)");
        condition.values.push(Value::Text(expression));
        push_recheck(term, condition);
        return;
    }
    let mut with = |sql: &str, value: Value| {
        condition.sql.push_str(sql);
        condition.values.push(value);
    };
    let integer = |value: i64| Value::Integer(value);
    match term {
        Term::Status(status) => with("t.status = ?", integer(status_code(*status))),
        Term::Assignee(Some(agent)) => with("t.assignee IS ?", Value::Text(agent.clone())),
        Term::Assignee(None) => condition.sql.push_str("t.assignee IS NULL"),
        Term::Project(project) => with("t.project = ?", Value::Text(project.clone())),
        Term::Tag(tag) => with("EXISTS (SELECT 1 FROM json_each(t.tags) WHERE value = ?)", Value::Text(tag.clone())),
        Term::Has(Has::Attachment) => with("(t.badges & ?) <> 0", integer(badge_bit(Badge::Attachment))),
        Term::Is(is) => condition.sql.push_str(&emit_is(*is)),
        Term::Priority(comparison, priority) => with(&format!("t.priority {} ?", operator(*comparison)), integer(priority_code(*priority))),
        Term::Created(comparison, at) => with(&format!("t.created {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Updated(comparison, at) => with(&format!("t.updated {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Waiting(comparison, at) => with(&format!("t.waiting_since {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Number(number) => with("t.number = ?", integer(i64::try_from(*number).unwrap_or(i64::MAX))),
        Term::Text { .. } | Term::From(_) | Term::To(_) | Term::Cc(_) | Term::Subject(_) => {}
    }
}

fn emit_is(is: Is) -> String {
    match is {
        Is::Unread => "t.unread > 0".into(),
        Is::Waiting => "t.waiting_since IS NOT NULL".into(),
        Is::Snoozed => "t.snoozed_until IS NOT NULL".into(),
        // No target has a due time before the projects' targets are counted.
        Is::Overdue => "0".into(),
        Is::Bounced => format!("(t.badges & {}) <> 0", badge_bit(Badge::Bounced)),
        Is::Automatic => "t.quiet = 1".into(),
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "=",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Greater => ">",
    }
}

/// The whole queue that is not spam, as `list` shows it without a query.
pub fn everything() -> Query {
    Query::And(Vec::new())
}

/// Tickets of one status.
pub fn with_status(status: Status) -> Query {
    Query::Term(Term::Status(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of many tickets, every third of which says `rain`; ticket 7 is long.
    fn cache() -> Connection {
        let cache = Connection::open_in_memory().unwrap();
        cache.execute_batch("CREATE TABLE message (id INTEGER PRIMARY KEY, ticket INTEGER); CREATE VIRTUAL TABLE fts USING fts5 (body);").unwrap();
        for id in 1..=900_i64 {
            // Far apart in places, as the blocks of several folders are.
            let row = id + id / 300 * 2 * APART;
            let ticket = if id % 9 == 0 { 7 } else { id % 200 };
            cache.execute("INSERT INTO message VALUES (?1, ?2)", [row, ticket]).unwrap();
            let body = if id % 3 == 0 { "the rain again" } else { "sun" };
            cache.execute("INSERT INTO fts (rowid, body) VALUES (?1, ?2)", params![row, body]).unwrap();
        }
        cache
    }

    fn matching(cache: &Connection, word: &str) -> Vec<i64> {
        let mut statement = cache.prepare("SELECT rowid FROM fts WHERE fts MATCH ?1").unwrap();
        statement.query_map([word], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn asking_the_index_finds_the_tickets_that_gathered_matches_find() {
        let cache = cache();
        let tickets: Vec<i64> = (0..200).collect();

        for word in ["rain", "sun", "snow", "the again"] {
            let asked = Matches::Asked(word.into()).among(&cache, &tickets).unwrap();
            let gathered = Matches::Messages(matching(&cache, word).into_iter().collect()).among(&cache, &tickets).unwrap();

            assert_eq!(asked, gathered, "{word}");
        }
        assert!(Matches::Asked("rain".into()).among(&cache, &[7]).unwrap().contains(&7));
    }
}
