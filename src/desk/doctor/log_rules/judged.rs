//! Rules that what `append` has brought is held against.

use super::NOTHING;
use super::bench::{Bench, TRIALS};
use crate::domain::Timestamp;
use crate::protocol::doctor::Check;

/// Clocks that differ more than this break logins and dates.
const SKEW_SECS: i64 = 120;

/// Numbers must grow in the order of appending: that is the order everybody folds in.
pub fn order(bench: &Bench<'_>, name: &str) -> Check {
    let uids: Vec<u32> = bench.sent.iter().filter_map(|sent| sent.found.first().copied()).collect();
    let turned = uids.windows(2).filter(|pair| matches!(pair, [one, next] if one >= next)).count();
    if turned == 0 {
        return Check::ok(name, "numbered in the order of appending");
    }
    Check::degraded(
        name,
        format!(
            "{turned} of {} mails are numbered out of order: changes are ordered by the clients' own counters instead, and nothing is claimed by itself",
            uids.len()
        ),
        "Nothing can be done on this server; acknowledgements and scheduled mail have to be sent by hand.",
    )
}

pub fn append_uid(bench: &Bench<'_>, name: &str) -> Check {
    let told = bench.sent.iter().filter(|sent| sent.told.is_some()).count();
    let wrong = bench.sent.iter().filter(|sent| sent.told.is_some_and(|uid| sent.found.first() != Some(&uid))).count();
    match (told, wrong) {
        (0, _) => Check::degraded(name, "the server does not say under which number a mail was filed: each change is looked for instead", NOTHING),
        (_, 0) => Check::ok(name, format!("right {told} times of {TRIALS}")),
        _ => Check::degraded(
            name,
            format!("wrong {wrong} times of {told}: what the server says is not believed, each change is looked for instead"),
            NOTHING,
        ),
    }
}

/// The arrival must be dated by the server: that is the one clock all clients share.
pub fn dates(bench: &Bench<'_>, name: &str) -> Check {
    let dated: Vec<Timestamp> = bench.arrived.iter().filter_map(|fetched| fetched.internal_date).collect();
    // The mails themselves claim to be of 2001.
    let old = dated.iter().filter(|at| bench.sent_at.as_second() - at.as_second() > 365 * 86_400).count();
    if dated.len() == bench.arrived.len() && old == 0 {
        return Check::ok(name, "each mail is dated by the server when it arrives");
    }
    Check::degraded(
        name,
        format!(
            "{} of {} mails bear no date of the server's own: who is replying is shown by the clients' clocks, and may be shown too long",
            bench.arrived.len() - dated.len() + old,
            bench.arrived.len()
        ),
        NOTHING,
    )
}

/// Our clock beside the server's.
pub fn clock(bench: &Bench<'_>, name: &str) -> Check {
    let last = bench.arrived.iter().filter_map(|fetched| fetched.internal_date).max();
    let Some(skew) = last.map(|at| bench.sent_at.as_second() - at.as_second()) else {
        return Check::skipped(name, "the server dates nothing");
    };
    if skew.abs() <= SKEW_SECS {
        return Check::ok(name, format!("within {} s of the server's", skew.abs().max(1)));
    }
    let direction = if skew > 0 { "ahead of" } else { "behind" };
    Check::degraded(
        name,
        format!("{} s {direction} the server's", skew.abs()),
        "Set this machine's clock (NTP): logins by token, TLS and the dates of your mails depend on it.",
    )
}
