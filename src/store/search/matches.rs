//! What the full-text index finds, in whichever form leads to a page of tickets with the least reading.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::condition::{Condition, conditions, has_long_prefix};
use crate::domain::query::Query;

/// Of a ticket with more messages than this they are looked at one by one.
const LONG_TICKET: usize = 64;
/// Two messages further apart than this are looked up in the full-text index by themselves.
const APART: i64 = 20_000;

/// How the tickets of a page are found.
pub(super) enum Plan {
    /// Nothing matches the text.
    Nothing,
    /// By a condition on their rows alone.
    Rows(Condition),
    /// These and no others may match: their rows are read.
    Few(Condition),
    /// So many match that the queue is walked, and each ticket asked.
    Walk(Condition, Matches),
}

/// Splits a query into what the full-text index answers and what SQL does.
///
/// Reading a page of `limit` tickets from `stored` messages of which `found` match takes a walk
/// past about `stored * limit / found` of them, so that the square of `found` decides. The
/// factors are measured: a match takes 0.1 µs to gather and 1.5 µs to lead to its ticket, a
/// ticket of the walk 0.5 µs to lead to its messages, a row of the queue 10 µs to read.
pub(super) fn plan(cache: &Connection, query: &Query, limit: u32) -> rusqlite::Result<Plan> {
    let (texts, mut condition) = conditions(query);
    let Some(expression) = texts else { return Ok(Plan::Rows(condition)) };
    let walk = stored_messages(cache)? * limit as usize;
    // Past this the walk is short and the index is asked about its tickets alone; asking is slow where it has to
    // walk far, so it is late. What begins with four letters has to be gathered whole, so it is gathered once.
    let many = if has_long_prefix(query) { usize::MAX } else { (walk * 50).isqrt() + 1 };
    let messages = matching(cache, &expression, many)?;
    let found = messages.len();
    if found == many {
        return Ok(Plan::Walk(condition, Matches::Asked(expression)));
    }
    if found * found > walk / 5 {
        return Ok(Plan::Walk(condition, Matches::Messages(messages.into_iter().collect())));
    }
    let tickets = tickets_of(cache, &messages)?;
    if found * found > walk / 80 {
        return Ok(Plan::Walk(condition, Matches::Tickets(tickets)));
    }
    if tickets.is_empty() {
        return Ok(Plan::Nothing);
    }
    condition.sql.push_str(" AND t.id IN (SELECT value FROM json_each(?))");
    condition.values.push(Value::Text(serde_json::to_string(&tickets).unwrap_or_default()));
    Ok(Plan::Few(condition))
}

/// About so many messages are stored.
fn stored_messages(cache: &Connection) -> rusqlite::Result<usize> {
    let highest: i64 = cache.prepare_cached("SELECT coalesce(max(id), 0) FROM message")?.query_row([], |row| row.get(0))?;
    Ok(highest.unsigned_abs() as usize)
}

fn tickets_of(cache: &Connection, messages: &[i64]) -> rusqlite::Result<HashSet<i64>> {
    let mut statement = cache.prepare_cached("SELECT ticket FROM message INDEXED BY message_place WHERE id = ?1")?;
    let mut tickets = HashSet::with_capacity(messages.len());
    for message in messages {
        tickets.extend(statement.query_row([message], |row| row.get::<_, i64>(0)).optional()?);
    }
    Ok(tickets)
}

fn matching(cache: &Connection, expression: &str, limit: usize) -> rusqlite::Result<Vec<i64>> {
    let mut statement = cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 LIMIT ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map(params![expression, limit], |row| row.get(0))?.collect()
}

pub(super) enum Matches {
    Tickets(HashSet<i64>),
    Messages(HashSet<i64>),
    /// The full-text expression, to be asked about some messages at a time.
    Asked(String),
}

impl Matches {
    /// Which of these tickets hold a message that matches.
    pub fn among(&self, cache: &Connection, tickets: &[i64]) -> rusqlite::Result<HashSet<i64>> {
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
