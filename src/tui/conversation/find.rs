//! Finding words in a conversation.

use super::Folds;
use super::source;
use crate::protocol::json::ShownTicket;

/// One place where the words stand: octets of a source line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub message: usize,
    pub source: usize,
    pub start: usize,
    pub end: usize,
}

/// What is looked for, and where it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    pub words: String,
    /// In the order of reading.
    pub hits: Vec<Hit>,
    /// The one the reader has come to.
    pub at: Option<usize>,
}

/// Finds every place of the words in what the messages show when none is folded.
/// Case counts for nothing. Texts that are not here yet have no places.
pub fn find(words: &str, ticket: &ShownTicket, folds: &Folds) -> Vec<Hit> {
    let needle = words.to_lowercase();
    let mut hits = Vec::new();
    if needle.trim().is_empty() {
        return hits;
    }
    for (message, shown) in ticket.messages.iter().enumerate() {
        // The header is the first source line; who wrote stands below it again.
        for (index, line) in source::body(shown, folds).iter().enumerate() {
            hits.extend(places(&line.text, &needle).into_iter().map(|(start, end)| Hit { message, source: index + 1, start, end }));
        }
    }
    hits
}

/// Where a needle in lower case stands in a text of any case.
fn places(text: &str, needle: &str) -> Vec<(usize, usize)> {
    let lower = text.to_lowercase();
    if lower.len() == text.len() && text.is_ascii() == lower.is_ascii() {
        let found = memchr::memmem::find_iter(lower.as_bytes(), needle.as_bytes());
        let ends = |start: usize| (start, start + needle.len());
        return found.map(ends).filter(|(start, end)| text.is_char_boundary(*start) && text.is_char_boundary(*end)).collect();
    }
    places_by_char(text, needle)
}

/// For texts whose lower case has another length: each character is lowered by itself.
fn places_by_char(text: &str, needle: &str) -> Vec<(usize, usize)> {
    let mut lower = String::new();
    let mut origin = Vec::new();
    for (at, c) in text.char_indices() {
        for small in c.to_lowercase() {
            origin.extend(std::iter::repeat_n((at, at + c.len_utf8()), small.len_utf8()));
            lower.push(small);
        }
    }
    let found = memchr::memmem::find_iter(lower.as_bytes(), needle.as_bytes());
    found.filter_map(|start| Some((origin.get(start)?.0, origin.get(start + needle.len() - 1)?.1))).collect()
}

impl Find {
    /// The hits of one source line.
    pub fn in_source(&self, message: usize, source: usize) -> impl Iterator<Item = (bool, &Hit)> {
        let first = self.hits.partition_point(|hit| (hit.message, hit.source) < (message, source));
        let hits = self.hits.iter().enumerate().skip(first).take_while(move |(_, hit)| (hit.message, hit.source) == (message, source));
        hits.map(|(index, hit)| (self.at == Some(index), hit))
    }

    /// Takes the places in that were found now and stays at the one it was at.
    pub fn renew(&mut self, hits: Vec<Hit>) {
        let here = self.at.and_then(|at| self.hits.get(at)).copied();
        self.at = here.and_then(|here| hits.iter().position(|hit| *hit == here));
        self.hits = hits;
    }

    /// The nearest place from a message on, else the first of all.
    pub fn from_message(&self, message: usize) -> Option<usize> {
        let found = self.hits.iter().position(|hit| hit.message >= message);
        found.or((!self.hits.is_empty()).then_some(0))
    }

    /// The next or previous place, round the ends.
    pub fn step(&self, by: i32, message: usize) -> Option<usize> {
        let count = self.hits.len() as i64;
        match self.at {
            _ if count == 0 => None,
            Some(at) => usize::try_from((at as i64 + i64::from(by)).rem_euclid(count)).ok(),
            None => self.from_message(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts_for_nothing_and_places_are_octets_of_the_text_itself() {
        assert_eq!(places("Log in, LOG out", "log"), [(0, 3), (8, 11)]);
        assert_eq!(places("GRÖSSE größe", "grö"), [(0, 4), (8, 12)]);
        assert_eq!(places("İstanbul x", "x"), [(10, 11)]);
        assert_eq!(places("", "x"), []);
    }

    #[test]
    fn steps_go_round_and_a_renewed_search_stays_where_it_was() {
        let hit = |message| Hit { message, source: 0, start: 0, end: 1 };
        let mut find = Find { words: "x".into(), hits: vec![hit(1), hit(4)], at: None };

        assert_eq!(find.step(1, 2), Some(1));
        find.at = Some(1);
        assert_eq!((find.step(1, 0), find.step(-1, 0)), (Some(0), Some(0)));
        find.renew(vec![hit(0), hit(1), hit(4)]);
        assert_eq!(find.at, Some(2));
        find.renew(vec![]);
        assert_eq!(find.step(1, 0), None);
    }
}
