//! Lines that announce that an earlier mail follows: "On … wrote", separators, header blocks.

use super::reply_words::WORDS;

/// `-----Original Message-----` and its kin: known words between dashes, underscores, or with a colon.
pub fn is_separator(line: &str, words: &[String]) -> bool {
    let line = line.trim();
    if line.chars().count() > 120 {
        return false;
    }
    let is_dash = |c: char| matches!(c, '-' | '_' | '=' | '*' | '#' | '—' | '–' | '‐');
    let inner = line.trim_matches(|c: char| is_dash(c) || c.is_whitespace());
    let framed = line.len() > inner.len() && line.starts_with(is_dash);
    if inner.is_empty() || !(framed || line.ends_with(':')) {
        return false;
    }
    let inner = inner.trim_end_matches(':').to_lowercase();
    let known = |word: &String| inner == *word || framed && inner.starts_with(word.as_str());
    words.iter().any(known)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    From,
    Sent,
    To,
    Subject,
}

/// Which field of a quoted header block a line is, for example `*Von:* Ana`.
pub fn field_kind(line: &str) -> Option<FieldKind> {
    let line = line.trim().trim_start_matches(['*', '|', ' ']);
    let colon = line.find([':', '：'])?;
    let name = line.get(..colon).filter(|name| name.chars().count() <= 24)?.trim().trim_end_matches(['*', ' ', '\u{a0}']).to_lowercase();
    let among = |words: &[String]| words.contains(&name);
    if among(&WORDS.from) {
        Some(FieldKind::From)
    } else if among(&WORDS.subject) {
        Some(FieldKind::Subject)
    } else if among(&WORDS.sent) {
        Some(FieldKind::Sent)
    } else if among(&WORDS.to) {
        Some(FieldKind::To)
    } else {
        None
    }
}

/// "On … wrote:" in a known language: the start and the verb, and a date or an address between.
///
/// `first` is the first of the lines that were joined to `line`, when there were several.
pub fn is_attribution(line: &str, first: Option<&str>) -> bool {
    if !ends_with_colon(line) && !is_framed(line) {
        return first.is_none() && (is_dated_name(line) || ends_with_verb(line));
    }
    if is_dated_sender(line) && first.is_none_or(may_begin_attribution) {
        return true;
    }
    let telling = has_date(line) || line.contains('@');
    let lower = line.to_lowercase();
    WORDS.attributions.iter().any(|attribution| {
        let Some((at, end)) = attribution.find_verb(&lower) else { return false };
        if !is_word_at(&lower, at) {
            return false;
        }
        let tail = lower.get(end..).unwrap_or_default();
        let verb_ends_it = tail.trim_matches(|c: char| !c.is_alphanumeric()).chars().count() <= 3;
        if attribution.start.is_empty() {
            telling && first.is_none_or(|first| verb_ends_it && may_begin_attribution(first))
        } else {
            starts_with_word(&lower, &attribution.start) && (telling || verb_ends_it)
        }
    })
}

/// A line right above a quotation that ends with a colon, or gives a date and an address.
pub fn is_loose_attribution(line: &str, first: Option<&str>) -> bool {
    if first.is_some_and(|first| !may_begin_attribution(first)) {
        return false;
    }
    let telling = line.contains('@') || has_date(line);
    is_framed(line)
        || first.is_none() && is_name_with_verb(line)
        || telling && ends_with_colon(line)
        || first.is_none() && line.contains('<') && line.contains('@') && has_date(line)
}

/// `Bo Lee wrote:`, which says neither when nor from where.
fn is_name_with_verb(line: &str) -> bool {
    let Some(rest) = line.trim().strip_suffix(':').filter(|rest| rest.len() <= 80) else { return false };
    let lower = rest.to_lowercase();
    let ends_it = |(at, end): (usize, usize)| end == lower.len() && at > 0 && is_word_at(&lower, at);
    WORDS.attributions.iter().any(|attribution| attribution.find_verb(&lower).is_some_and(ends_it)) && rest.split(' ').count() <= 5
}

/// A year, a time and an address in brackets: no sentence, whatever its language.
fn is_dated_sender(line: &str) -> bool {
    let year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    let time = |at: &[u8]| matches!(at, [a, b':' | b'.', b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit());
    line.contains('@') && line.contains('<') && line.split(|c: char| !c.is_ascii_digit()).any(year) && line.as_bytes().windows(4).any(time)
}

/// `2016-03-03 17:21 GMT+01:00 Some One` or `2013/7/20 Some One <some@x.example>`, as Gmail wrote it.
fn is_dated_name(line: &str) -> bool {
    let Some((date, rest)) = line.split_once(' ').filter(|(date, _)| is_numeric_date(date)) else { return false };
    let addressed = rest.ends_with('>') && rest.contains('<') && rest.contains('@');
    let zoned = rest.split_once(' ').is_some_and(|(time, zone)| time.contains(':') && time.len() <= 8 && zone.starts_with("GMT"));
    line.len() <= 200 && date.len() >= 8 && (addressed || zoned)
}

/// `2016-03-03` or `2013/7/20`.
fn is_numeric_date(word: &str) -> bool {
    let mut numbers = word.split(['-', '/']);
    let year = numbers.next().is_some_and(|year| year.len() == 4 && (year.starts_with("19") || year.starts_with("20")));
    let rest: Vec<&str> = numbers.collect();
    year && rest.len() == 2 && rest.iter().all(|number| (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `On Wed, 14 Nov 2018 08:14:43 -0200 Ana <ana@x.example> wrote`: all of an attribution but its colon.
fn ends_with_verb(line: &str) -> bool {
    if !is_dated_sender(line) || line.len() > 300 {
        return false;
    }
    let lower = line.trim_end().to_lowercase();
    WORDS.attributions.iter().filter(|attribution| !attribution.start.is_empty()).any(|attribution| {
        attribution.find_verb(&lower).is_some_and(|(at, end)| end == lower.len() && is_word_at(&lower, at))
            && starts_with_word(&lower, &attribution.start)
    })
}

/// Where in a line an attribution begins that shares it with the words in front: `Yes. On Wed, … wrote:`.
pub fn shared_attribution(line: &str) -> Option<usize> {
    if line.len() > 400 || !ends_with_colon(line) || !has_date(line) {
        return None;
    }
    WORDS.attributions.iter().filter(|attribution| !attribution.start.is_empty()).find_map(|attribution| {
        let start = capitalised(&attribution.start);
        let at = line.match_indices(start.as_str()).map(|(at, _)| at).filter(|at| *at > 0).last()?;
        let (before, rest) = (line.get(..at)?, line.get(at..)?);
        let apart = before.ends_with([' ', '-']) && before.contains(char::is_alphanumeric);
        let lower = rest.to_lowercase();
        let announces = starts_with_word(&lower, &attribution.start) && has_date(rest) && attribution.find_verb(&lower).is_some();
        (apart && announces).then_some(at)
    })
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The first line of an attribution whose address a program put on lines of its own:
/// `On Thu, 31 Mar 2016 at 11:16 Ana`, `<`, `mailto:Ana <ana@x.example>`, `> wrote:`.
pub fn begins_spread_attribution(line: &str) -> bool {
    if line.len() > 200 || !has_date(line) || !line.contains(':') {
        return false;
    }
    let lower = line.trim().to_lowercase();
    WORDS.attributions.iter().any(|attribution| !attribution.start.is_empty() && starts_with_word(&lower, &attribution.start))
}

/// The last line of such an attribution: `> wrote:`.
pub fn ends_spread_attribution(line: &str) -> bool {
    let Some(rest) = line.trim().strip_prefix('>') else { return false };
    let lower = rest.trim_matches([' ', ':']).to_lowercase();
    WORDS.attributions.iter().any(|attribution| attribution.find_verb(&lower).is_some_and(|(at, end)| at == 0 && end == lower.len()))
}

/// `---- On … wrote ----`.
fn is_framed(line: &str) -> bool {
    line.starts_with("--") && line.trim_end().ends_with("--") && line.contains(char::is_alphabetic)
}

/// A line of nothing but dashes, underscores or the like.
pub fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 3 && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '~' | '#' | '─' | '—'))
}

/// A line that names a date or an address and ends no sentence.
fn may_begin_attribution(line: &str) -> bool {
    let addressed = line.contains('@') && line.contains('<');
    addressed || (has_date(line) || line.contains('@')) && !line.trim_end().ends_with(['.', '!', '?', ':'])
}

pub fn ends_with_colon(line: &str) -> bool {
    line.trim_end_matches(['*', '_', ' ', '\u{a0}', '>']).ends_with([':', '：'])
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    text.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphabetic()))
}

fn is_word_at(text: &str, at: usize) -> bool {
    !text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|c| c.is_alphabetic() && c.is_ascii())
}

/// At least three digits, or a time.
fn has_date(line: &str) -> bool {
    line.chars().filter(char::is_ascii_digit).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_date_and_a_name_are_an_attribution() {
        assert!(is_attribution("2016-03-03 17:21 GMT+01:00 Some One", None));
        assert!(is_attribution("2013/7/20 Some One <some@x.example>", None));
        assert!(!is_attribution("2016-03-03 17:21 the export failed", None));
        assert!(!is_attribution("2013/7/20 was the day", None));
    }

    #[test]
    fn a_name_and_a_verb_above_a_quotation_are_enough() {
        assert!(is_loose_attribution("Bo Lee wrote:", None));
        assert!(!is_loose_attribution("Here is what I wrote and sent to you:", None));
        assert!(!is_loose_attribution("Wrote:", None));
    }

    #[test]
    fn an_attribution_may_lack_its_colon() {
        assert!(is_attribution("On Wed, 14 Nov 2018 08:14:43 -0200 Ana <ana@x.example> wrote", None));
        assert!(!is_attribution("On Wednesday I saw what Ana wrote", None));
    }

    #[test]
    fn an_attribution_may_share_its_line() {
        assert_eq!(shared_attribution("Yes. On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:"), Some(5));
        assert_eq!(shared_attribution("On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:"), None);
        assert_eq!(shared_attribution("Turn it On and see what 2012 brought:"), None);
    }
}
