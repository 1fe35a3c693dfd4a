//! Times as people read them: an age in two or three characters, a date and time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The moment of this run and the zone its times are shown in.
#[derive(Clone, Debug)]
pub struct Clock {
    pub now: Timestamp,
    pub zone: TimeZone,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Clock {
    /// The machine's time and zone.
    pub fn of_the_machine() -> Self {
        Self { now: Timestamp::now(), zone: TimeZone::system() }
    }

    /// How long ago, in one unit: `now`, `5m`, `3h`, `2d`, `6w`, `3y`.
    pub fn age(&self, then: Timestamp) -> String {
        let secs = self.now.as_second() - then.as_second();
        match secs {
            ..MINUTE => "now".into(),
            MINUTE..HOUR => format!("{}m", secs / MINUTE),
            HOUR..172_800 => format!("{}h", secs / HOUR),
            172_800..1_209_600 => format!("{}d", secs / DAY),
            1_209_600..63_072_000 => format!("{}w", secs / (7 * DAY)),
            _ => format!("{}y", secs / (365 * DAY)),
        }
    }

    /// `2026-11-23 11:40` in the zone of the run.
    pub fn moment(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// Octets in the unit people use: `980 B`, `12 KB`, `3.4 MB`.
pub fn size(octets: u64) -> String {
    match octets {
        0..1_000 => format!("{octets} B"),
        1_000..1_000_000 => format!("{} KB", octets / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", octets as f64 / 1e6),
        _ => format!("{:.1} GB", octets as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_one_unit() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let clock = Clock { now, zone: TimeZone::UTC };
        let ago = |secs: i64| clock.age(Timestamp::from_second(now.as_second() - secs).unwrap());

        assert_eq!([ago(-5), ago(0), ago(59)], ["now", "now", "now"]);
        assert_eq!([ago(60), ago(3_599), ago(3_600), ago(47 * 3_600)], ["1m", "59m", "1h", "47h"]);
        assert_eq!([ago(48 * 3_600), ago(13 * DAY), ago(14 * DAY), ago(700 * DAY), ago(1_000 * DAY)], ["2d", "13d", "2w", "100w", "2y"]);
    }

    #[test]
    fn a_size_is_told_in_the_unit_people_use() {
        assert_eq!([size(0), size(999), size(1_000), size(3_400_000), size(2_000_000_000)], ["0 B", "999 B", "1 KB", "3.4 MB", "2.0 GB"]);
    }
}
