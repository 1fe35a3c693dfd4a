//! The orders of the queue, and how a page goes on behind the one before.

use std::fmt::Write as _;

use rusqlite::Row;
use rusqlite::types::Value;

use super::condition::Condition;
use crate::domain::query::{Order, Sort, SortValue};

/// The sort value and row id of a row: the next page begins behind it.
pub type Mark = (SortValue, i64);

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

pub(super) fn mark_value(row: &Row<'_>, column: usize) -> rusqlite::Result<SortValue> {
    Ok(match row.get::<_, Value>(column)? {
        Value::Text(text) => SortValue::Text(text),
        Value::Integer(number) => SortValue::Number(number),
        _ => SortValue::Number(0),
    })
}

/// The condition, for what stands behind a row of that order.
pub(super) fn behind(condition: &Condition, order: Order, after: Option<&Mark>) -> Condition {
    let mut condition = condition.clone();
    if let Some((value, row)) = after {
        let Ordering { key, beyond, .. } = ordering(order);
        let _ = write!(condition.sql, " AND ({key}, t.id) {beyond} (?, ?)");
        condition.values.extend([sort_value(value.clone()), Value::Integer(*row)]);
    }
    condition
}
