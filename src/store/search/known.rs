//! The messages that match, as far as they were gathered, and how the index is asked about the others.

use std::collections::HashSet;
use std::fmt::Write as _;

use rusqlite::{Connection, params};

use super::order::Places;

/// As many matches as the index leads past in the time one more question to it takes.
const WORTH_A_QUESTION: i64 = 400;
/// A word of which so many messages lie among as many matches is common.
const COMMON: i64 = 8 * WORTH_A_QUESTION;
/// How often a word is, is found out in so many stretches of row ids …
const STRETCHES: i64 = 8;
/// … from so many matches in each.
const SAMPLED: i64 = 32;

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

/// About so many messages match, of those up to row id `highest`: each folder has row ids of its own, and
/// what is common in one may be rare in another.
pub(super) fn about(cache: &Connection, expression: &str, highest: i64) -> rusqlite::Result<usize> {
    let mut statement = cache.prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 LIMIT ?4")?;
    let (length, mut about) = (highest / STRETCHES + 1, 0);
    for begin in (0..STRETCHES).map(|stretch| stretch * length + 1) {
        let found: Vec<i64> =
            statement.query_map(params![expression, begin, begin + length - 1, SAMPLED], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let count = i64::try_from(found.len()).unwrap_or(SAMPLED);
        about += match found.last() {
            Some(last) if count == SAMPLED => count * length / (last - begin + 1),
            _ => count,
        };
    }
    Ok(usize::try_from(about).unwrap_or(0))
}

/// The tickets with a message that matches; `None` when more than `most` messages do.
pub(super) fn tickets_of(cache: &Connection, expression: &str, most: usize) -> rusqlite::Result<Option<HashSet<i64>>> {
    let sql = "SELECT m.ticket FROM fts CROSS JOIN message m INDEXED BY message_place ON m.id = fts.rowid WHERE fts MATCH ?1 LIMIT ?2";
    let mut statement = cache.prepare_cached(sql)?;
    let mut rows = statement.query(params![expression, i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)])?;
    let (mut tickets, mut count) = (HashSet::new(), 0);
    while let Some(row) = rows.next()? {
        count += 1;
        tickets.insert(row.get(0)?);
    }
    Ok((count <= most).then_some(tickets))
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

    /// Whether all that match were gathered.
    pub fn is_complete(&self) -> bool {
        self.older.is_none()
    }

    /// Takes in that about so many messages match of those up to row id `highest`.
    pub fn expect(&mut self, about: usize, highest: i64) {
        if let Some(older) = &mut self.older {
            let apart = WORTH_A_QUESTION.saturating_mul(highest) / i64::try_from(about.max(1)).unwrap_or(i64::MAX);
            older.apart = apart.max(WORTH_A_QUESTION);
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
            for round in older.rounds(messages) {
                older.ask_all(cache, round, &mut found)?;
            }
        }
        Ok(found)
    }
}

impl Older {
    /// In which order messages are asked about: one that matches is enough for a ticket, and where a word is
    /// common that is one of its newest already. So each round asks about four times as many of each ticket.
    fn rounds(&self, mut messages: Places) -> Vec<Places> {
        if self.apart >= COMMON {
            return vec![messages];
        }
        messages.sort_unstable_by_key(|(message, ticket)| (*ticket, std::cmp::Reverse(*message)));
        let mut rounds: Vec<Places> = Vec::new();
        for of_one in messages.chunk_by(|a, b| a.1 == b.1) {
            for (place, message) in of_one.iter().enumerate() {
                let round = (3 * place + 1).ilog(4) as usize;
                rounds.resize_with(rounds.len().max(round + 1), Vec::new);
                rounds.get_mut(round).into_iter().for_each(|round| round.push(*message));
            }
        }
        rounds
    }

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
                let mut some = Known::gather(&cache, word, limit).unwrap();
                assert_eq!(some.among(&cache, &tickets).unwrap(), expected, "{word}, {limit} gathered");
                some.expect(80_900, 80_900);
                assert_eq!(some.among(&cache, &tickets).unwrap(), expected, "{word} as if it were common, {limit} gathered");
            }
            assert_eq!(tickets_of(&cache, word, 900).unwrap(), Some(expected), "{word}");
        }
    }

    #[test]
    fn tickets_are_led_to_unless_more_messages_match_than_was_thought() {
        let cache = cache();

        assert_eq!(tickets_of(&cache, "rain", 300).unwrap().map(|tickets| tickets.contains(&7)), Some(true));
        assert_eq!(tickets_of(&cache, "rain", 299).unwrap(), None);
    }

    #[test]
    fn how_often_a_word_is_is_known_without_counting_it() {
        let cache = Connection::open_in_memory().unwrap();
        cache.execute_batch("CREATE VIRTUAL TABLE fts USING fts5 (body)").unwrap();
        for row in 1..=5_000_i64 {
            // Behind all others a folder in which nobody speaks of the sun.
            let body = if row > 4_000 || row % 3 == 0 { "rain" } else { "sun" };
            cache.execute("INSERT INTO fts (rowid, body) VALUES (?1, ?2)", params![row, body]).unwrap();
        }

        let (rain, sun) = (about(&cache, "rain", 5_000).unwrap(), about(&cache, "sun", 5_000).unwrap());

        assert!((2_000..=2_700).contains(&rain), "{rain} of 2333");
        assert!((2_300..=3_000).contains(&sun), "{sun} of 2667");
        assert_eq!(about(&cache, "snow", 5_000).unwrap(), 0);
    }

    #[test]
    fn of_a_common_word_the_newest_messages_of_a_ticket_are_asked_about_first() {
        let asked = |apart| {
            let older = Older { expression: String::new(), apart };
            let messages = (1..=100).map(|message| (message, 7)).chain([(101, 8)]).collect();
            older.rounds(messages).iter().map(Vec::len).collect::<Vec<_>>()
        };

        assert_eq!(asked(WORTH_A_QUESTION), [2, 4, 16, 64, 15]);
        assert_eq!(asked(COMMON), [101], "one that is not is looked for in all of them at once");
    }
}
