//! The words of `assets/report-words.txt`: what delivery reports say in their text.

use std::sync::LazyLock;

/// What a phrase says of the mail that is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Failure,
    Final,
    Delay,
    Challenge,
}

static WORDS: LazyLock<Vec<(Says, String)>> = LazyLock::new(|| {
    let lines = include_str!("../../assets/report-words.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut columns = line.splitn(3, '|').map(str::trim);
            let (kind, _, words) = (columns.next()?, columns.next()?, columns.next()?);
            Some((kind_of(kind)?, words.to_owned()))
        })
        .collect()
});

fn kind_of(word: &str) -> Option<Says> {
    Some(match word {
        "failure" => Says::Failure,
        "final" => Says::Final,
        "delay" => Says::Delay,
        "challenge" => Says::Challenge,
        _ => return None,
    })
}

/// Octets of a text that are looked at: a report says what it is about before it quotes anything.
const LOOKED_AT: usize = 8 << 10;

/// Whether the beginning of a text says that.
pub fn says(text: &str, what: Says) -> bool {
    let lower = text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text).to_lowercase().replace('\u{2019}', "'");
    let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    WORDS.iter().any(|(kind, words)| *kind == what && lower.contains(words.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_understood() {
        let lines = include_str!("../../assets/report-words.txt").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());

        assert_eq!(lines.count(), WORDS.len());
        assert!(WORDS.iter().all(|(_, words)| words.to_lowercase() == *words && !words.is_empty()));
    }

    #[test]
    fn phrases_are_found_over_line_ends_and_in_many_languages() {
        assert!(says("your mail could\n   not be delivered", Says::Failure));
        assert!(says("Die Mail wurde NICHT zugestellt.", Says::Failure));
        assert!(says("退信原因：550", Says::Failure));
        assert!(!says("All is well.", Says::Failure));
    }
}
