//! Values inside texts: durations, hosts, addresses.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::address::is_addr_spec;

/// Reads `10s`, `4h`, `3d`, `1h 30m`, also `250ms` and `2w`. `0s` is a duration, `10` is not.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at_checked(letters)?;
        total = total.checked_add(amount(number.parse().ok()?, unit)?)?;
        rest = tail.trim_start();
    }
    (total <= Duration::from_hours(100 * 366 * 24)).then_some(total)
}

fn amount(number: u64, unit: &str) -> Option<Duration> {
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// Tells whether a host is this machine, as far as its name alone says so.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Tells whether a text can be a host: a name of letters, digits, `-`, `_` and dots, or an IP address.
pub fn is_host(text: &str) -> bool {
    let named = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || (!text.is_empty() && text.len() <= 253 && text.chars().all(named) && !text.starts_with(['-', '.']))
}

/// Tells whether a text is an address that a project can own: `a@b` or `*@b`.
pub fn is_address_pattern(text: &str) -> bool {
    match text.strip_prefix("*@") {
        Some(domain) => is_addr_spec(&format!("x@{domain}")) && !domain.contains('*'),
        None => is_addr_spec(text) && !text.contains('*'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(duration("10s"), Some(Duration::from_secs(10)));
        assert_eq!(duration("1h 30m"), Some(Duration::from_mins(90)));
        assert_eq!(duration("3d"), Some(Duration::from_hours(72)));
        for wrong in ["", "10", "s", "4 hours", "-3d", "1x", "99999999999999999999d", "9999999999999w"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "mail.example.com"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_host_is_no_url() {
        assert!(is_host("imap.example.com") && is_host("::1") && is_host("10.0.0.1"));
        for wrong in ["", "imaps://imap.example.com", "imap.example.com:993", "a b", "-flag"] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }
}
