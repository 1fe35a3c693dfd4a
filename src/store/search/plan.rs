//! In whichever form leads to a page of tickets with the least reading.

use std::collections::HashSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::condition::{Condition, Parts, parts};
use super::filter::Filter;
use super::known::{self, Known};
use super::order::{Mark, Passing, Placed, marks, marks_with_messages};
use crate::domain::query::Query;

/// How the tickets of a page are found.
pub(super) enum Plan {
    /// Nothing matches the text.
    Nothing,
    /// By a condition on their rows alone.
    Rows(Condition),
    /// They are passed in their order, and each is asked.
    Walk(Walk),
}

/// Tickets that are passed in their order, and what is asked of each.
pub(super) struct Walk {
    pub condition: Condition,
    /// The condition names so few tickets that they are sorted; the index of an order would lead past all there are.
    pub are_named: bool,
    /// What the messages of each have to hold.
    pub text: Option<Known>,
    /// What else is asked.
    pub filters: Vec<Filter>,
    /// So many are passed at a time.
    pub size: usize,
}

/// At least so many tickets are passed at a time …
const PASSED_LEAST: usize = 128;
/// … and at most so many.
const PASSED_MOST: usize = 16_384;

/// So many matches are looked at before it is decided how the rest is found.
const FIRST_LOOK: usize = 512;
/// Up to so many matches are gathered even though not all of them are led to their tickets:
/// asking the index about the messages of the tickets passed takes longer.
const GATHERED_MOST: usize = 40_000;

/// Splits a query into what the full-text index answers and what SQL does.
///
/// To find a page of `limit` tickets where `found` tickets match, a walk passes about `tickets * limit / found`
/// of the queue, so that the square of `found` decides. The factors are measured: a match takes 0.1 µs to
/// gather and 0.3 µs to lead to its ticket, that ticket 2 µs to be sorted among others; a ticket of the walk
/// takes 0.3 µs, and 1 µs more if it has to lead to its messages.
pub(super) fn plan(cache: &Connection, query: &Query, limit: u32) -> rusqlite::Result<Plan> {
    let Parts { expression, is_slow, condition, rest } = parts(query);
    if expression.is_none() && rest.is_empty() {
        return Ok(Plan::Rows(condition));
    }
    let walk = highest(cache, "ticket")?.saturating_mul(limit as usize);
    let many = (walk / 2).isqrt() + 1;
    let mut passing = Walk { condition, are_named: false, text: None, filters: Vec::new(), size: PASSED_LEAST };
    if let Some(expression) = expression {
        let first = Known::gather(cache, &expression, known::limit(is_slow, FIRST_LOOK))?;
        if first.len() == 0 {
            return Ok(Plan::Nothing);
        }
        passing.begin_with(cache, &expression, first, walk)?;
    }
    for part in rest {
        passing.filters.push(Filter::of(cache, part, many)?);
    }
    Ok(Plan::Walk(passing))
}

impl Walk {
    fn begin_with(&mut self, cache: &Connection, expression: &str, first: Known, walk: usize) -> rusqlite::Result<()> {
        let messages = i64::try_from(highest(cache, "message")?).unwrap_or(i64::MAX);
        let about = if first.is_complete() { first.len() } else { known::about(cache, expression, messages)? };
        let few = walk.saturating_mul(2).isqrt() + 1;
        if about < few {
            let tickets = if first.is_complete() { Some(first.tickets(cache)?) } else { known::tickets_of(cache, expression, 2 * few)? };
            if let Some(tickets) = tickets {
                self.pass_among(tickets, walk);
                return Ok(());
            }
        }
        let mut known = first;
        if !known.is_complete() {
            let many = if about <= GATHERED_MOST { 2 * GATHERED_MOST } else { (walk / 2).isqrt() + 1 };
            known = Known::gather(cache, expression, many)?;
            known.expect(about, messages);
        }
        // A ticket has some messages, so that more of them have to be passed than there are matches.
        self.size = pass(walk, about.saturating_mul(highest(cache, "ticket")?) / usize::try_from(messages.max(1)).unwrap_or(1));
        self.text = Some(known);
        Ok(())
    }

    /// Only these come into question.
    fn pass_among(&mut self, tickets: HashSet<i64>, walk: usize) {
        self.size = pass(walk, tickets.len());
        self.are_named = tickets.len() * tickets.len() < walk / 8;
        if self.are_named {
            self.size = PASSED_MOST;
            self.condition.sql.push_str(" AND t.id IN (SELECT value FROM json_each(?))");
            self.condition.values.push(Value::Text(known::json(tickets)));
        } else {
            self.filters.push(Filter::Tickets(tickets));
        }
    }

    /// Passes the next tickets.
    pub fn pass(&self, cache: &Connection, passing: &Passing<'_>, after: Option<&Mark>, size: usize) -> rusqlite::Result<Passed> {
        let (mut tickets, found) = match &self.text {
            Some(text) => {
                let (tickets, messages) = marks_with_messages(cache, passing, after, size)?;
                (tickets, Some(text.tickets_among(cache, messages)?))
            }
            None => (marks(cache, passing, after, size)?, None),
        };
        let (last, count) = (tickets.last().map(|(mark, _)| mark.clone()), tickets.len());
        tickets.retain(|(_, id)| found.as_ref().is_none_or(|found| found.contains(id)));
        for filter in &self.filters {
            let ids: Vec<i64> = tickets.iter().map(|(_, id)| *id).collect();
            let found = filter.among(cache, &ids)?;
            tickets.retain(|(_, id)| found.contains(id));
        }
        Ok(Passed { last, count, matching: tickets })
    }
}

/// Some tickets of a walk.
pub(super) struct Passed {
    /// The last of them, whether it matches or not.
    pub last: Option<Mark>,
    pub count: usize,
    /// Those that match.
    pub matching: Vec<Placed>,
}

/// So many tickets hold a page, with some to spare.
fn pass(walk: usize, found: usize) -> usize {
    let expected = walk / found.max(1);
    (expected + expected / 8).clamp(PASSED_LEAST, PASSED_MOST)
}

/// So many are passed next, when of `passed` tickets `found` have matched and `missing` are wanted still.
pub(super) fn pass_next(passed: usize, found: usize, missing: usize) -> usize {
    if found == 0 { passed.clamp(PASSED_LEAST, PASSED_MOST) } else { pass(passed.saturating_mul(missing), found) }
}

/// The greatest row id: about so many rows there are.
fn highest(cache: &Connection, table: &str) -> rusqlite::Result<usize> {
    let highest: i64 = cache.prepare_cached(&format!("SELECT coalesce(max(id), 0) FROM {table}"))?.query_row([], |row| row.get(0))?;
    Ok(highest.unsigned_abs() as usize)
}
