//! The Date header as an instant (RFC 5322 §3.3 and its obsolete forms).

use jiff::civil;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::headers::Field;
use crate::domain::Timestamp;

/// Reads a date; `None` when it is none or cannot be real (before 1970, after 9998).
pub fn read(field: &Field<'_>) -> Option<Timestamp> {
    parse(&field.unfolded())
}

/// As [`read`], for a date that stands in a text.
pub fn parse(text: &str) -> Option<Timestamp> {
    mail_date(text)
        .or_else(|| mail_date(&from_asctime(text)?))
        .or_else(|| text.trim().parse().ok().filter(|instant| *instant >= Timestamp::UNIX_EPOCH))
}

/// `Thu Nov 11 13:05:24 2004 +0100`, as C's asctime and old archives write it, in the order of mail.
fn from_asctime(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(7).collect();
    let words = if words.first()?.len() == 3 && words.get(1)?.len() == 3 { words.get(1..)? } else { words.as_slice() };
    let [month, day, time, year, zone @ ..] = words else { return None };
    Some(format!("{day} {month} {year} {time} {}", zone.first().unwrap_or(&"+0000")))
}

fn mail_date(text: &str) -> Option<Timestamp> {
    // The parser wants a zone; a date without one is read as UTC.
    [format!("{text}\n"), format!("{text} +0000\n")].iter().find_map(|line| match MessageStream::new(line.as_bytes()).parse_date() {
        HeaderValue::DateTime(date) => instant(date),
        _ => None,
    })
}

fn instant(date: mail_parser::DateTime) -> Option<Timestamp> {
    let year = match date.year {
        year @ 0..=49 => year + 2000,
        year @ 50..=99 => year + 1900,
        year => year,
    };
    if !(1970..=9998).contains(&year) || date.tz_hour > 23 || date.tz_minute > 59 {
        return None;
    }
    let field = |value: u8| i8::try_from(value).ok();
    let local = civil::DateTime::new(
        i16::try_from(year).ok()?,
        field(date.month)?,
        field(date.day)?,
        field(date.hour)?,
        field(date.minute)?,
        // A leap second is the second before it.
        field(date.second.min(59))?,
        0,
    );
    let offset = (i64::from(date.tz_hour) * 3600 + i64::from(date.tz_minute) * 60) * if date.tz_before_gmt { 1 } else { -1 };
    let utc = local.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let instant = utc.checked_add(jiff::SignedDuration::from_secs(offset)).ok()?;
    (instant >= Timestamp::UNIX_EPOCH).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text).map(|instant| instant.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn dates_are_read_in_new_and_old_forms() {
        check("Mon, 23 Nov 2026 14:05:00 +0100", Some("2026-11-23T13:05:00Z"));
        check("23 Nov 2026 14:05:00 GMT (comment)", Some("2026-11-23T14:05:00Z"));
        check("Mon, 23 Nov 98 14:05:00 -0500", Some("1998-11-23T19:05:00Z"));
        check("Mon, 23 Nov 2026 14:05:00", Some("2026-11-23T14:05:00Z"));
        check("Thu Nov 11 13:05:24 2004", Some("2004-11-11T13:05:24Z"));
        check("Mon Sep  6 23:54:21 2004 +0200", Some("2004-09-06T21:54:21Z"));
        check("2026-11-23T14:05:00+01:00", Some("2026-11-23T13:05:00Z"));
    }

    #[test]
    fn dates_that_cannot_be_real_are_none() {
        check("Fri, 31 Dec 9999 23:59:59 +0000", None);
        check("Thu, 1 Jan 1970 00:00:00 +0100", None);
        check("32 Foo 2026 25:61:00 +0000", None);
        check("yesterday", None);
        check("", None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9A-Za-z:+ ,()\n-]{0,60}") {
            let _ = parse(&text);
        }
    }
}
