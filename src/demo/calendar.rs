//! When mail arrives: mostly in working hours, a little at night and on weekends.
//!
//! The generator thinks in *work seconds* before now, which depend on the seed
//! alone. This maps them to the clock, order kept, so that the queue looks the
//! same whatever the weekday on which the demo is opened.

use jiff::tz::Offset;

use crate::domain::Timestamp;

const HOUR: i64 = 3600;
/// Days on the clock that hold [`SIX_WEEKS`] whatever the weekday.
const DAYS: i64 = 46;

/// Work seconds in an average day: ten busy hours on weekdays and a trickle at other times.
pub(super) const DAY: u64 = 30_000;
/// How far a mailbox of the usual size reaches back.
pub(super) const SIX_WEEKS: u64 = 42 * DAY;
/// So many mails come in six weeks at most; a larger mailbox reaches back further.
const MESSAGES_IN_SIX_WEEKS: u32 = 20_000;

#[derive(Debug)]
pub(super) struct Calendar {
    now: i64,
    /// The oldest mail is about so many work seconds old.
    pub(super) horizon: u64,
    /// For each hour before now: work seconds up to its newer end, and its weight in percent.
    hours: Vec<(u64, u64)>,
}

impl Calendar {
    /// A calendar with room for so many mails.
    pub(super) fn new(now: Timestamp, messages: u32) -> Self {
        let now = now.as_second();
        let stretch = i64::from((messages / MESSAGES_IN_SIX_WEEKS).max(1));
        let mut elapsed = 0;
        let mut hours = Vec::new();
        for hour in 0..DAYS * stretch * 24 {
            let weight = if hour < 3 { 100 } else { weight(now - hour * HOUR - HOUR / 2) };
            hours.push((elapsed, weight));
            elapsed += HOUR as u64 * weight / 100;
        }
        Self { now, horizon: SIX_WEEKS * stretch as u64, hours }
    }

    /// The time that lies `ago` work seconds back; older ones never come out newer.
    pub(super) fn at(&self, ago: u64) -> Timestamp {
        let hour = self.hours.partition_point(|(start, _)| *start <= ago).saturating_sub(1);
        let (start, weight) = self.hours.get(hour).copied().unwrap_or((0, 100));
        let into = ((ago - start) * 100 / weight).min(HOUR as u64 - 1);
        let second = self.now - hour as i64 * HOUR - into as i64;
        Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// How much of an hour's share falls into the hour around this second, in percent.
fn weight(second: i64) -> u64 {
    let weekday = (second.div_euclid(86_400) + 4).rem_euclid(7);
    let hour = second.rem_euclid(86_400) / HOUR;
    match (weekday, hour) {
        (0 | 6, _) => 6,
        (_, 7..=17) => 100,
        _ => 10,
    }
}

/// A time as a `Date` header has it (RFC 5322 §3.3), in a zone so many minutes from Greenwich.
pub(super) fn header_date(at: Timestamp, zone_minutes: i32) -> String {
    zoned(at, zone_minutes).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// A time in the given `strftime` form.
pub(super) fn written(at: Timestamp, zone_minutes: i32, form: &str) -> String {
    zoned(at, zone_minutes).strftime(form).to_string()
}

fn zoned(at: Timestamp, zone_minutes: i32) -> jiff::Zoned {
    let offset = Offset::from_seconds(zone_minutes * 60).unwrap_or(Offset::UTC);
    at.to_zoned(offset.to_time_zone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_mail_is_older_on_the_clock_whatever_the_day() {
        for now in ["2026-03-02T09:00:00Z", "2026-03-08T03:10:00Z", "2026-03-07T23:59:59Z"] {
            let calendar = Calendar::new(now.parse().unwrap(), 240);
            let times: Vec<Timestamp> = (0..SIX_WEEKS).step_by(577).map(|ago| calendar.at(ago)).collect();

            assert!(times.windows(2).all(|pair| pair[0] > pair[1]), "{now}");
        }
    }

    #[test]
    fn six_weeks_of_work_are_about_six_weeks_on_the_clock() {
        let now: Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();

        let oldest = Calendar::new(now, 240).at(SIX_WEEKS);

        let days = (now.as_second() - oldest.as_second()) / 86_400;
        assert!((36..46).contains(&days), "{days} days");
    }

    #[test]
    fn a_million_mails_have_come_over_years() {
        let now: Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
        let calendar = Calendar::new(now, 1_000_000);

        let years = (now.as_second() - calendar.at(calendar.horizon).as_second()) / (365 * 86_400);

        assert!((5..7).contains(&years), "{years} years");
    }

    #[test]
    fn minutes_are_minutes_even_on_a_sunday_night() {
        let now: Timestamp = "2026-03-08T03:10:00Z".parse().unwrap();

        assert_eq!(Calendar::new(now, 240).at(240).as_second(), now.as_second() - 240);
    }

    #[test]
    fn a_date_header_carries_its_zone() {
        let at: Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();

        assert_eq!(header_date(at, -300), "Wed, 04 Mar 2026 07:00:00 -0500");
    }
}
