//! Comparisons with a day, an instant or an age.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Comparison;
use crate::domain::moment::span;

/// Splits `>=high` into the comparison and the rest; without a sign it is `Equal`.
pub(super) fn comparison(text: &str) -> (Comparison, &str) {
    let signs = [
        (">=", Comparison::GreaterOrEqual),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];
    signs.iter().find_map(|(sign, comparison)| Some((*comparison, text.strip_prefix(sign)?))).unwrap_or((Comparison::Equal, text))
}

/// Turns a comparison with a day, an instant or an age into comparisons with instants, all of which must hold.
///
/// A day is a day of UTC: `>` means after its end, no sign means within it.
/// An age counts back from `now`, so that a smaller age is a later instant.
pub(super) fn bounds(comparison: Comparison, text: &str, now: Timestamp) -> Option<Vec<(Comparison, Timestamp)>> {
    if let Some(instant) = span(text).and_then(|age| now.checked_sub(age).ok()) {
        let turned = turn(comparison)?;
        return Some(vec![(turned, instant)]);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(vec![(comparison, instant)]);
    }
    let (start, end) = day(text, now)?;
    Some(match comparison {
        Comparison::Less => vec![(Comparison::Less, start)],
        Comparison::LessOrEqual => vec![(Comparison::Less, end)],
        Comparison::Equal => vec![(Comparison::GreaterOrEqual, start), (Comparison::Less, end)],
        Comparison::GreaterOrEqual => vec![(Comparison::GreaterOrEqual, start)],
        Comparison::Greater => vec![(Comparison::GreaterOrEqual, end)],
    })
}

/// Tells whether a text is an age such as `7d`, which needs `<` or `>`.
pub(super) fn is_age(text: &str) -> bool {
    span(text).is_some()
}

fn turn(comparison: Comparison) -> Option<Comparison> {
    match comparison {
        Comparison::Less => Some(Comparison::Greater),
        Comparison::LessOrEqual => Some(Comparison::GreaterOrEqual),
        Comparison::GreaterOrEqual => Some(Comparison::LessOrEqual),
        Comparison::Greater => Some(Comparison::Less),
        Comparison::Equal => None,
    }
}

fn day(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let date = match text {
        "today" => today,
        "yesterday" => today.yesterday().ok()?,
        // Only the whole form: a date parser would also take times behind it.
        _ if text.len() == 10 => text.parse::<Date>().ok()?,
        _ => return None,
    };
    let start = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    Some((start(date)?, start(date.tomorrow().ok()?)?))
}
