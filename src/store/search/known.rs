//! The messages that match, as far as they were gathered, and how the index is asked about the others.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use rusqlite::{Connection, params};

use super::order::Places;

/// As many matches as the index leads past in the time one more question to it takes.
const WORTH_A_QUESTION: i64 = 400;
/// A word of which so many messages lie among as many matches is common.
const COMMON: i64 = 8 * WORTH_A_QUESTION;

/// All messages from a row id on that meet a full-text expression, and how those before it are asked for.
pub(super) struct Known {
    /// Row ids, descending.
    messages: Vec<i64>,
    /// `None` when `messages` are all there are.
    older: Option<Older>,
}

struct Older {
    expression: String,
    /// Two messages further apart than this are asked about by themselves.
    apart: i64,
}

/// So many matches are gathered. What begins with four letters is put together by the index for
/// each question anew, so it is asked but once.
pub(super) fn limit(is_slow: bool, many: usize) -> usize {
    if is_slow { usize::MAX } else { many }
}

impl Known {
    /// Gathers the newest messages that match, at most `limit`.
    pub fn gather(cache: &Connection, expression: &str, limit: usize) -> rusqlite::Result<Self> {
        let mut statement = cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let messages = statement.query_map(params![expression, most], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        let mut known = Self { messages, older: None };
        if known.messages.len() == limit {
            let apart = WORTH_A_QUESTION.saturating_mul(known.span()) / i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
            known.older = Some(Older { expression: expression.to_owned(), apart: apart.max(WORTH_A_QUESTION) });
        }
        Ok(known)
    }

    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// About so many of the messages up to row id `highest` match.
    pub fn estimate(&self, highest: i64) -> usize {
        let found = i64::try_from(self.messages.len()).unwrap_or(i64::MAX);
        match (&self.older, self.span()) {
            (Some(_), span @ 1..) => usize::try_from(found.saturating_mul(highest) / span).unwrap_or(usize::MAX).max(self.messages.len()),
            _ => self.messages.len(),
        }
    }

    fn span(&self) -> i64 {
        self.messages.first().zip(self.messages.last()).map_or(0, |(last, first)| last - first)
    }

    /// The tickets of the messages that were gathered.
    pub fn tickets(&self, cache: &Connection) -> rusqlite::Result<HashSet<i64>> {
        let sql = "SELECT m.ticket FROM json_each(?1) j CROSS JOIN message m INDEXED BY message_place ON m.id = j.value";
        cache.prepare_cached(sql)?.query_map([json(&self.messages)], |row| row.get(0))?.collect()
    }

    /// Which of these tickets hold a message that matches.
    pub fn among(&self, cache: &Connection, tickets: &[i64]) -> rusqlite::Result<HashSet<i64>> {
        let sql = "SELECT m.id, m.ticket FROM json_each(?1) j CROSS JOIN message m INDEXED BY message_ticket ON m.ticket = j.value";
        let mut statement = cache.prepare_cached(sql)?;
        let messages = statement.query_map([json(tickets)], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        self.tickets_among(cache, messages)
    }

    /// The tickets of those messages that match.
    pub fn tickets_among(&self, cache: &Connection, mut messages: Places) -> rusqlite::Result<HashSet<i64>> {
        let oldest = self.messages.last().copied().unwrap_or(i64::MAX);
        let mut found = HashSet::new();
        messages.retain(|(message, ticket)| {
            let is_known = *message >= oldest;
            if is_known && self.messages.binary_search_by(|known| message.cmp(known)).is_ok() {
                found.insert(*ticket);
            }
            !is_known
        });
        if let Some(older) = &self.older {
            // One message that matches is enough, and where a word is common that is the newest already.
            let newest: HashMap<i64, i64> = messages.iter().filter(|_| older.apart < COMMON).map(|(message, ticket)| (*ticket, *message)).collect();
            let is_newest = |(message, ticket): &(i64, i64)| newest.get(ticket) == Some(message);
            let (first, then): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_newest);
            for round in [first, then] {
                older.ask_all(cache, round, &mut found)?;
            }
        }
        Ok(found)
    }
}

impl Older {
    /// Adds the tickets of those messages that match, as far as they have not been found.
    fn ask_all(&self, cache: &Connection, mut messages: Places, found: &mut HashSet<i64>) -> rusqlite::Result<()> {
        messages.retain(|(_, ticket)| !found.contains(ticket));
        messages.sort_unstable();
        messages.chunk_by(|a, b| b.0 - a.0 < self.apart).try_for_each(|near| self.ask(cache, near, found))
    }

    /// Adds the tickets of those messages that match; the messages lie near each other, in order.
    fn ask(&self, cache: &Connection, near: &[(i64, i64)], found: &mut HashSet<i64>) -> rusqlite::Result<()> {
        let (Some((first, _)), Some((last, _))) = (near.first(), near.last()) else { return Ok(()) };
        let mut statement = cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3")?;
        let mut matching = statement.query(params![self.expression, first, last])?;
        let mut rest = near.iter().peekable();
        while let Some(row) = matching.next()? {
            let id: i64 = row.get(0)?;
            while rest.next_if(|(message, _)| *message < id).is_some() {}
            found.extend(rest.next_if(|(message, _)| *message == id).map(|(_, ticket)| *ticket));
        }
        Ok(())
    }
}

/// Row ids as SQL takes a list of them.
pub(super) fn json(ids: impl IntoIterator<Item = impl std::borrow::Borrow<i64>>) -> String {
    let mut text = String::from("[");
    for id in ids {
        let _ = write!(text, "{}{}", if text.len() > 1 { "," } else { "" }, id.borrow());
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of many tickets, every third of which says `rain`; ticket 7 is long.
    fn cache() -> Connection {
        let cache = Connection::open_in_memory().unwrap();
        cache
            .execute_batch(
                "CREATE TABLE message (id INTEGER PRIMARY KEY, ticket INTEGER, at INTEGER);
                 CREATE INDEX message_ticket ON message (ticket, at);
                 CREATE INDEX message_place ON message (id, ticket);
                 CREATE VIRTUAL TABLE fts USING fts5 (body);",
            )
            .unwrap();
        for id in 1..=900_i64 {
            // Far apart in places, as the blocks of several folders are.
            let row = id + id / 300 * 40_000;
            let ticket = if id % 9 == 0 { 7 } else { id % 200 };
            cache.execute("INSERT INTO message VALUES (?1, ?2, 0)", [row, ticket]).unwrap();
            let body = if id % 3 == 0 { "the rain again" } else { "sun" };
            cache.execute("INSERT INTO fts (rowid, body) VALUES (?1, ?2)", params![row, body]).unwrap();
        }
        cache
    }

    #[test]
    fn however_few_matches_are_gathered_the_same_tickets_are_found() {
        let cache = cache();
        let tickets: Vec<i64> = (0..200).collect();

        for word in ["rain", "sun", "snow", "the again"] {
            let all = Known::gather(&cache, word, usize::MAX).unwrap();
            let expected = all.among(&cache, &tickets).unwrap();
            assert_eq!(expected, all.tickets(&cache).unwrap(), "{word}");
            for limit in [1, 10, 50, 299, 300, 301] {
                let some = Known::gather(&cache, word, limit).unwrap();
                assert_eq!(some.among(&cache, &tickets).unwrap(), expected, "{word}, {limit} gathered");
            }
        }
    }
}
