//! From the query language to SQL and the full-text index: pages of the queue, and counts.

use std::collections::HashSet;
use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::ticket_rows::{self, badge_bit, priority_code, status_code};
use super::{Store, StoreError};
use crate::domain::TicketKey;
use crate::domain::query::{Comparison, Has, Is, Order, Query, Sort, SortValue, Term};
use crate::domain::ticket::{Badge, Status, TicketRow};

/// The sort value and row id of a row: the next page begins behind it.
pub type Mark = (SortValue, i64);

/// A page of the queue and the key its last row is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<TicketRow>,
    /// The last row; `None` when there is nothing behind it.
    pub next: Option<Mark>,
}

/// With so many matching messages at most, the tickets are looked up from them;
/// with more, the queue is walked and each ticket looked at.
const FEW_MATCHES: usize = 3_000;

/// SQL and the values for its placeholders, emitted together.
#[derive(Debug, Default)]
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

    /// How many tickets match.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.read_count(query).map_err(|error| self.cache_error(error))
    }

    fn read_page(&self, query: &Query, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        let plan = self.plan(query)?;
        let Ordering { key, direction, beyond } = ordering(order);
        let mut condition = plan.condition;
        if let Some((value, row)) = after {
            let _ = write!(condition.sql, " AND ({key}, t.id) {beyond} (?, ?)");
            condition.values.extend([sort_value(value), Value::Integer(row)]);
        }
        // Without a limit the planner prefers to sort all tickets to walking the index in order.
        // When tickets are asked one by one there is none to give, so the index is named.
        let (index, end) = match &plan.matches {
            None => ("", format!(" LIMIT {}", u64::from(limit) + 1)),
            Some(_) if order.sort == Sort::Updated && !mentions_status(query) => ("INDEXED BY ticket_updated", String::new()),
            Some(_) => ("", String::new()),
        };
        let sql = format!(
            "SELECT {}, {key}, t.id FROM ticket t {index} WHERE {} ORDER BY {key} {direction}, t.id {direction}{end}",
            ticket_rows::COLUMNS,
            condition.sql
        );
        let mut statement = self.cache.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(condition.values))?;
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            if !plan.matches.as_ref().is_none_or(|matches| matches.any_in(&self.cache, row.get(19).unwrap_or(0))) {
                continue;
            }
            if page.rows.len() as u64 == u64::from(limit) {
                return Ok(page);
            }
            page.next = Some((mark_value(row, 18)?, row.get(19)?));
            page.rows.push(self.row(row)?);
        }
        page.next = None;
        Ok(page)
    }

    fn read_keys(&self, query: &Query) -> rusqlite::Result<Vec<TicketKey>> {
        let plan = self.plan(query)?;
        let sql = format!("SELECT t.key, t.id FROM ticket t WHERE {}", plan.condition.sql);
        let mut statement = self.cache.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(plan.condition.values))?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            if plan.matches.as_ref().is_none_or(|matches| matches.any_in(&self.cache, row.get(1).unwrap_or(0))) {
                keys.extend(TicketKey::new(&row.get::<_, String>(0)?));
            }
        }
        Ok(keys)
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<TicketRow> {
        ticket_rows::ticket_row(&self.desk, row)
    }

    fn read_count(&self, query: &Query) -> rusqlite::Result<u64> {
        let plan = self.plan(query)?;
        let Some(matches) = plan.matches else {
            let sql = format!("SELECT count(*) FROM ticket t WHERE {}", plan.condition.sql);
            let count: i64 = self.cache.prepare_cached(&sql)?.query_row(params_from_iter(plan.condition.values), |row| row.get(0))?;
            return Ok(count.unsigned_abs());
        };
        let sql = format!("SELECT t.id FROM ticket t WHERE {}", plan.condition.sql);
        let mut statement = self.cache.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(plan.condition.values))?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += u64::from(matches.any_in(&self.cache, row.get(0)?));
        }
        Ok(count)
    }

    /// Splits a query into what the full-text index answers and what SQL does.
    fn plan(&self, query: &Query) -> rusqlite::Result<Plan> {
        let (texts, rest) = split_text(query);
        let mut condition = Condition { sql: "t.hidden = 0".into(), values: Vec::new() };
        if !mentions_status(query) {
            condition.sql.push_str(" AND t.status <> 4");
        }
        for part in rest {
            condition.sql.push_str(" AND ");
            emit(part, &mut condition);
        }
        if texts.is_empty() {
            return Ok(Plan { condition, matches: None });
        }
        let expression = texts.iter().filter_map(|term| full_text(term)).collect::<Vec<_>>().join(" AND ");
        for term in texts {
            push_recheck(term, &mut condition);
        }
        let messages = self.matching(&expression)?;
        if messages.len() > FEW_MATCHES {
            return Ok(Plan { condition, matches: Some(Matches(messages.into_iter().collect())) });
        }
        condition.sql.push_str(" AND t.id IN (SELECT ticket FROM message INDEXED BY message_place WHERE id IN (SELECT value FROM json_each(?)))");
        condition.values.push(Value::Text(serde_json::to_string(&messages).unwrap_or_default()));
        Ok(Plan { condition, matches: None })
    }

    fn matching(&self, expression: &str) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self.cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1")?;
        statement.query_map([expression], |row| row.get(0))?.collect()
    }
}

struct Plan {
    condition: Condition,
    /// Set when so many messages match that each ticket is asked instead.
    matches: Option<Matches>,
}

struct Matches(HashSet<i64>);

impl Matches {
    fn any_in(&self, cache: &Connection, ticket: i64) -> bool {
        let look = || -> rusqlite::Result<bool> {
            let mut statement = cache.prepare_cached("SELECT id FROM message WHERE ticket = ?1")?;
            let mut rows = statement.query([ticket])?;
            while let Some(row) = rows.next()? {
                if self.0.contains(&row.get(0)?) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        look().unwrap_or(false)
    }
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
        // A ticket whose time has come is awake, whether or not somebody has said so in an event.
        Is::Snoozed => "(t.snoozed_until IS NOT NULL AND t.snoozed_until > unixepoch())".into(),
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
