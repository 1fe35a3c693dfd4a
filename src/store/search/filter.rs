//! Deciding of some tickets at a time which of them match.

use std::collections::HashSet;

use rusqlite::{Connection, params_from_iter};

use super::condition::{self, Condition};
use super::known::{self, Known};
use crate::domain::query::Query;

/// What must hold of a ticket beside the condition by which it was found.
pub(super) enum Filter {
    /// It is one of these.
    Tickets(HashSet<i64>),
    /// One of its messages meets a full-text expression.
    Text(Known),
    Rows(Condition),
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
}

impl Filter {
    /// Reads a condition; of each text in it as many messages are gathered as `many` says.
    pub fn of(cache: &Connection, query: &Query, many: usize) -> rusqlite::Result<Self> {
        let each = |parts: &[Query]| parts.iter().map(|part| Self::of(cache, part, many)).collect::<rusqlite::Result<Vec<_>>>();
        Ok(match query {
            Query::And(parts) => Self::All(each(parts)?),
            Query::Not(part) => Self::Not(Box::new(Self::of(cache, part, many)?)),
            _ => match condition::full_text(query) {
                Some(expression) => {
                    let text = Self::Text(Known::gather(cache, &expression, known::limit(condition::has_long_prefix(query), many))?);
                    Self::All(vec![text, Self::Rows(condition::row_condition(query))])
                }
                None => match query {
                    Query::Or(parts) => Self::Any(each(parts)?),
                    _ => Self::Rows(condition::row_condition(query)),
                },
            },
        })
    }

    /// Which of these tickets match.
    pub fn among(&self, cache: &Connection, tickets: &[i64]) -> rusqlite::Result<HashSet<i64>> {
        let left = |without: &HashSet<i64>| tickets.iter().filter(|ticket| !without.contains(ticket)).copied().collect::<Vec<_>>();
        match self {
            Self::Tickets(known) => Ok(tickets.iter().filter(|ticket| known.contains(ticket)).copied().collect()),
            Self::Text(known) => known.among(cache, tickets),
            Self::Rows(condition) => among_rows(cache, condition, tickets),
            Self::Not(filter) => Ok(left(&filter.among(cache, tickets)?).into_iter().collect()),
            Self::All(filters) => {
                let mut found: HashSet<i64> = tickets.iter().copied().collect();
                for filter in filters {
                    found = filter.among(cache, &found.into_iter().collect::<Vec<_>>())?;
                }
                Ok(found)
            }
            Self::Any(filters) => {
                let mut found = HashSet::new();
                for filter in filters {
                    found.extend(filter.among(cache, &left(&found))?);
                }
                Ok(found)
            }
        }
    }
}

fn among_rows(cache: &Connection, condition: &Condition, tickets: &[i64]) -> rusqlite::Result<HashSet<i64>> {
    if condition.sql == "1" {
        return Ok(tickets.iter().copied().collect());
    }
    let sql = format!("SELECT t.id FROM json_each(?) j CROSS JOIN ticket t ON t.id = j.value WHERE {}", condition.sql);
    let values = std::iter::once(rusqlite::types::Value::Text(known::json(tickets))).chain(condition.values.iter().cloned());
    cache.prepare_cached(&sql)?.query_map(params_from_iter(values), |row| row.get(0))?.collect()
}
