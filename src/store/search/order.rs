//! The orders of the queue, and how a page goes on behind the one before.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::condition::Condition;
use crate::domain::query::{Order, Sort, SortValue};

/// The place of a row in an order: the next page begins behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub value: SortValue,
    /// What decides between rows of the same value: the number, or the key while there is none.
    pub tie: SortValue,
}

/// A ticket that was passed in an order, by its row id.
pub(super) type Placed = (Mark, i64);

/// Of some messages the row id of each and that of its ticket.
pub(super) type Places = Vec<(i64, i64)>;

/// In which order rows come, and how those behind a mark compare with it.
pub(super) struct Ordering {
    pub key: &'static str,
    pub direction: &'static str,
    beyond: &'static str,
}

pub(super) fn ordering(order: Order) -> Ordering {
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

pub(super) fn mark(row: &Row<'_>, column: usize) -> rusqlite::Result<Mark> {
    let value = |column: usize| -> rusqlite::Result<SortValue> {
        Ok(match row.get::<_, Value>(column)? {
            Value::Text(text) => SortValue::Text(text),
            Value::Integer(number) => SortValue::Number(number),
            _ => SortValue::Number(0),
        })
    };
    Ok(Mark { value: value(column)?, tie: value(column + 1)? })
}

/// The condition, for what stands behind a row of that order.
pub(super) fn behind(condition: &Condition, order: Order, after: Option<&Mark>) -> Condition {
    let mut condition = condition.clone();
    if let Some(Mark { value, tie }) = after {
        let Ordering { key, beyond, .. } = ordering(order);
        let _ = write!(condition.sql, " AND ({key}, t.tie) {beyond} (?, ?)");
        condition.values.extend([sort_value(value.clone()), sort_value(tie.clone())]);
    }
    condition
}

/// The next tickets of an order, without their rows.
pub(super) fn marks(cache: &Connection, passing: &Passing<'_>, after: Option<&Mark>, limit: usize) -> rusqlite::Result<Vec<Placed>> {
    let (sql, values) = passing.select(after, limit);
    let mut statement = cache.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(values), |row| Ok((mark(row, 0)?, row.get(2)?)))?.collect()
}

/// The same with the messages of each: row ids of message and ticket.
pub(super) fn marks_with_messages(
    cache: &Connection,
    passing: &Passing<'_>,
    after: Option<&Mark>,
    limit: usize,
) -> rusqlite::Result<(Vec<Placed>, Places)> {
    let (tickets, values) = passing.select(after, limit);
    // The left side of such a join leads, in its own order.
    let sql = format!("SELECT p.mark, p.tie, p.id, m.id FROM ({tickets}) p LEFT JOIN message m INDEXED BY message_ticket ON m.ticket = p.id");
    let mut statement = cache.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut marks, mut messages) = (Vec::<Placed>::new(), Places::new());
    while let Some(row) = rows.next()? {
        let ticket = row.get(2)?;
        if marks.last().is_none_or(|(_, last)| *last != ticket) {
            marks.push((mark(row, 0)?, ticket));
        }
        messages.extend(row.get::<_, Option<i64>>(3)?.map(|message| (message, ticket)));
    }
    Ok((marks, messages))
}

/// Tickets in an order, all that meet a condition.
pub(super) struct Passing<'a> {
    pub table: &'static str,
    pub condition: &'a Condition,
    pub order: Order,
}

impl Passing<'_> {
    fn select(&self, after: Option<&Mark>, limit: usize) -> (String, Vec<Value>) {
        let (Ordering { key, direction, .. }, mut condition) = (ordering(self.order), behind(self.condition, self.order, after));
        condition.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT {key} AS mark, t.tie AS tie, t.id AS id FROM {} WHERE {} ORDER BY {key} {direction}, t.tie {direction} LIMIT ?",
            self.table, condition.sql
        );
        (sql, condition.values)
    }
}
