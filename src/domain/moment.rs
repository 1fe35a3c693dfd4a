//! Until when: the words in which a person says how long a ticket sleeps.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// Days begin at this hour for a ticket that sleeps until one.
const MORNING: i8 = 9;

/// Reads `3h`, `30m`, `2d`, `1w`, `tomorrow`, `next week`, `monday`, `2026-12-24`, `2026-12-24 15:30` or an RFC 3339 time.
///
/// Days are those of `zone` and begin at nine in the morning; `next week` is the next Monday.
///
/// # Errors
/// The text says no time, or one that has passed.
pub fn until(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, NoMoment> {
    let words = text.trim().to_lowercase();
    let here = now.to_zoned(zone.clone());
    let moment = span(&words)
        .and_then(|span| now.checked_add(span).ok())
        .or_else(|| day(&words, &here).and_then(|date| at(date, morning(), zone)))
        .or_else(|| date_and_time(&words, zone))
        .or_else(|| text.trim().parse::<Timestamp>().ok());
    // What a person says has no fractions of a second.
    match moment.and_then(|moment| Timestamp::from_second(moment.as_second()).ok()) {
        Some(moment) if moment > now => Ok(moment),
        Some(moment) => Err(NoMoment::Past { text: text.trim().to_owned(), moment }),
        None => Err(NoMoment::Unknown { text: text.trim().to_owned() }),
    }
}

/// Why a text says no time in the future.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoMoment {
    #[error("`{text}` is no time; write for example 3h, tomorrow, monday, next week, 2026-12-24 or \"2026-12-24 15:30\"")]
    Unknown { text: String },
    #[error("`{text}` has passed: it means {moment}")]
    Past { text: String, moment: Timestamp },
}

/// A length of time in one unit: `90s`, `30m`, `3h`, `7d`, `2w`.
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?.trim_end();
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten()?;
    Some(SignedDuration::from_secs(number.checked_mul(seconds)?))
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn day(text: &str, now: &Zoned) -> Option<Date> {
    let today = now.date();
    let later = |days: i64| today.checked_add(Span::new().try_days(days).ok()?).ok();
    match text {
        "tomorrow" => later(1),
        "next week" | "week" => later(days_until(0, today)),
        "next month" | "month" => today.checked_add(Span::new().try_months(1).ok()?).ok(),
        _ if text.len() == 10 => text.parse().ok(),
        _ => {
            let name = text.strip_prefix("next ").unwrap_or(text);
            let weekday = WEEKDAYS.iter().position(|known| known.starts_with(name) && name.len() >= 3)?;
            later(days_until(weekday as i64, today))
        }
    }
}

/// How many days it is from `today` to the next such weekday (0: Monday), at least one.
fn days_until(weekday: i64, today: Date) -> i64 {
    let days = (weekday - i64::from(today.weekday().to_monday_zero_offset())).rem_euclid(7);
    if days == 0 { 7 } else { days }
}

fn date_and_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (date, time) = text.split_once([' ', 't'])?;
    let (hour, minute) = time.trim().split_once(':')?;
    if date.len() != 10 || minute.len() != 2 {
        return None;
    }
    at(date.parse().ok()?, Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?, zone)
}

fn morning() -> Time {
    Time::new(MORNING, 0, 0, 0).unwrap_or_default()
}

fn at(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    date.to_datetime(time).to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25 is a Wednesday.
    fn check(text: &str, expected: &str) {
        let now: Timestamp = "2026-11-25T18:00:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let found = until(text, now, &zone).map_or_else(|error| error.to_string(), |moment| moment.to_string());
        assert!(found.starts_with(expected), "{text}: {found}, not {expected}");
    }

    #[test]
    fn spans_count_from_now() {
        check("3h", "2026-11-25T21:00:00Z");
        check("30m", "2026-11-25T18:30:00Z");
        check("1w", "2026-12-02T18:00:00Z");
    }

    #[test]
    fn a_moment_is_a_whole_second() {
        let now: Timestamp = "2026-11-25T18:00:00.753184732Z".parse().unwrap();

        let moment = until("3h", now, &TimeZone::UTC).unwrap();

        assert_eq!(moment.to_string(), "2026-11-25T21:00:00Z");
    }

    #[test]
    fn days_begin_in_the_morning_of_the_agents_zone() {
        check("tomorrow", "2026-11-26T08:00:00Z");
        check("Next Week", "2026-11-30T08:00:00Z");
        check("wed", "2026-12-02T08:00:00Z");
        check("next friday", "2026-11-27T08:00:00Z");
        check("2026-12-24", "2026-12-24T08:00:00Z");
        check("2026-12-24 15:30", "2026-12-24T14:30:00Z");
        check("2026-12-24T15:30:00Z", "2026-12-24T15:30:00Z");
    }

    #[test]
    fn what_has_passed_and_what_is_no_time_is_said() {
        check("2026-11-24", "`2026-11-24` has passed");
        check("soon", "`soon` is no time");
        check("0h", "`0h` has passed");
        check("", "`` is no time");
        check("99999999999999999w", "`99999999999999999w` is no time");
    }
}
