//! One function for each rule.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use super::super::timeouts;
use super::NOTHING;
use super::bench::{Bench, Sent, TRIALS};
use super::judged;
use crate::domain::{MessageId, Timestamp};
use crate::mail;
use crate::protocol::doctor::Check;
use crate::sync::imap::ImapSource;
use crate::sync::source::{FetchPart, Fetched, Flags, MailSource as _, SourceError, SourceResult, Trouble, UidSet, WaitEnd, Waker};

/// How often the delay of IDLE is measured, and how long one measurement may take.
const IDLE_TRIALS: usize = 4;
const IDLE_PATIENCE: Duration = Duration::from_secs(6);
/// News that comes later than this is slower than asking for it.
const IDLE_SLOW: Duration = Duration::from_secs(3);
/// A server starts to listen a moment after it has been told to.
const IDLE_HEAD_START: Duration = Duration::from_millis(250);
/// So many sessions at once are tried, ours included.
const SESSIONS: usize = 10;
/// Not longer than any server takes (Dovecot: 50), and said once only, so that a mailbox is not filled with words.
const KEYWORD: &str = "$PostdeskDoctor";

/// How a rule is tried.
#[derive(Clone, Copy)]
pub enum Rule {
    /// By asking the server.
    Asked(fn(&mut Bench<'_>, &str, &Waker) -> SourceResult<Check>),
    /// By looking at what `append` has brought.
    Judged(fn(&Bench<'_>, &str) -> Check),
}

/// The rules by name, in the order in which they are tried.
pub const RULES: [(&str, Rule); 11] = [
    ("log append", Rule::Asked(append)),
    ("log order", Rule::Judged(judged::order)),
    ("log appenduid", Rule::Judged(judged::append_uid)),
    ("log dates", Rule::Judged(judged::dates)),
    ("clock", Rule::Judged(judged::clock)),
    ("log multiappend", Rule::Asked(multi_append)),
    ("log keywords", Rule::Asked(keywords)),
    ("log search", Rule::Asked(search)),
    ("log idle", Rule::Asked(idle)),
    ("log connections", Rule::Asked(connections)),
    ("log uidvalidity", Rule::Asked(validity)),
];

fn seen() -> Flags {
    Flags { seen: true, ..Flags::default() }
}

fn whole(source: &mut ImapSource, uids: &UidSet) -> SourceResult<Vec<Fetched>> {
    let mut all = Vec::new();
    source.fetch(uids, FetchPart::Whole, &mut |fetched| {
        all.push(fetched);
        Ok(())
    })?;
    Ok(all)
}

/// One session appends, another one reads back.
fn append(bench: &mut Bench<'_>, name: &str, _stop: &Waker) -> SourceResult<Check> {
    let selected = bench.second.select(&bench.folder, None)?;
    (bench.uid_validity, bench.uid_next) = (selected.uid_validity, selected.uid_next);
    let begun = Instant::now();
    let mut texts = HashMap::new();
    for number in 1..=TRIALS {
        let (id, text) = bench.mail(&number.to_string());
        let told = bench.first.append(&bench.folder, &seen(), text.as_bytes())?;
        texts.insert(id.clone(), text);
        bench.sent.push(Sent { id, told, found: Vec::new() });
    }
    bench.sent_at = Timestamp::now();
    let took = begun.elapsed();
    bench.second.select(&bench.folder, None)?;
    let uids = bench.second.uids()?;
    bench.arrived = whole(&mut bench.second, &uids)?;
    let mut unchanged = true;
    for fetched in &bench.arrived {
        let id = mail::ingest(&fetched.bytes, u64::from(fetched.size)).message.message_id;
        unchanged &= texts.get(&id).is_none_or(|text| text.as_bytes() == fetched.bytes);
        if let Some(sent) = bench.sent.iter_mut().find(|sent| sent.id == id) {
            sent.found.push(fetched.uid);
        }
    }
    let (lost, doubled) = (count(bench, |found| found == 0), count(bench, |found| found > 1));
    if lost + doubled > 0 {
        return Ok(Check::failed(
            name,
            format!("of {TRIALS} mails appended, {lost} were not there for another session and {doubled} more than once"),
            "Changes would be lost on this server; use another one for the shared mailbox, or work with team = false.",
        ));
    }
    let bytes = if unchanged { "byte for byte" } else { "rewritten by the server, which the log can bear" };
    Ok(Check::ok(name, format!("{TRIALS} mails appended in {} ms and read back by another session, {bytes}", took.as_millis())))
}

fn count(bench: &Bench<'_>, is: impl Fn(usize) -> bool) -> usize {
    bench.sent.iter().filter(|sent| is(sent.found.len())).count()
}

/// Several at once must come whole and side by side.
fn multi_append(bench: &mut Bench<'_>, name: &str, _stop: &Waker) -> SourceResult<Check> {
    if !(bench.first.can("MULTIAPPEND") && bench.first.can("LITERAL+")) {
        return Ok(Check::degraded(name, "not offered: many changes at once are shared one by one, which takes longer", NOTHING));
    }
    let mails: Vec<(MessageId, String)> = (1..=3).map(|number| bench.mail(&format!("together-{number}"))).collect();
    let texts: Vec<String> = mails.iter().map(|(_, text)| text.clone()).collect();
    bench.first.append_together(&bench.folder, &texts)?;
    bench.second.select(&bench.folder, None)?;
    let mut uids = Vec::new();
    for (id, _) in &mails {
        uids.extend(bench.second.find(id)?.iter());
    }
    if uids.len() == mails.len() && uids.windows(2).all(|pair| matches!(pair, [one, next] if one + 1 == *next)) {
        return Ok(Check::ok(name, "three mails at once came whole and in order"));
    }
    Ok(Check::degraded(
        name,
        format!("of three mails appended at once {} came, or not side by side: changes are shared one by one", uids.len()),
        NOTHING,
    ))
}

/// Set by one session, read by the other.
fn keywords(bench: &mut Bench<'_>, name: &str, _stop: &Waker) -> SourceResult<Check> {
    let lacking = |seen: &str| {
        Check::degraded(name, format!("{seen}: other mail programs are shown \\Answered and \\Flagged alone, no status of the ticket"), NOTHING)
    };
    if !bench.first.takes_new_keywords(&bench.folder)? {
        return Ok(lacking("the server takes no keywords of ours (no \\* among PERMANENTFLAGS)"));
    }
    let Some(uid) = bench.sent.iter().find_map(|sent| sent.found.first().copied()) else { return Ok(Check::skipped(name, "no mail to mark")) };
    let uids = UidSet::range(uid, uid);
    let flags = Flags { keywords: vec![KEYWORD.to_owned()], flagged: true, ..Flags::default() };
    bench.first.store_flags(&uids, &flags, true)?;
    bench.second.select(&bench.folder, None)?;
    let mut read = Flags::default();
    bench.second.fetch(&uids, FetchPart::Flags, &mut |fetched| {
        read = fetched.flags;
        Ok(())
    })?;
    let kept = read.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(KEYWORD));
    match (kept, read.flagged) {
        (true, true) => Ok(Check::ok(name, "set by one session and read by another")),
        (false, true) => Ok(lacking("a keyword was taken and not kept")),
        _ => Ok(Check::degraded(name, "flags set by one session do not reach another: nothing is shown to other mail programs", NOTHING)),
    }
}

/// What one session appends another one must find at once.
fn search(bench: &mut Bench<'_>, name: &str, _stop: &Waker) -> SourceResult<Check> {
    const TIMES: usize = 3;
    let mut missed = 0;
    for number in 1..=TIMES {
        let (id, text) = bench.mail(&format!("search-{number}"));
        bench.second.append(&bench.folder, &seen(), text.as_bytes())?;
        // A search sees what a session has been told of: each look begins with SELECT, as everywhere in this program.
        bench.first.select(&bench.folder, None)?;
        missed += usize::from(bench.first.find(&id)?.is_empty());
    }
    if missed == 0 {
        return Ok(Check::ok(name, format!("found at once, {TIMES} times of {TIMES}")));
    }
    Ok(Check::degraded(
        name,
        format!("not found at once {missed} times of {TIMES}: a sent mail is looked for again before it is called lost"),
        NOTHING,
    ))
}

/// How soon a colleague's change is seen.
fn idle(bench: &mut Bench<'_>, name: &str, stop: &Waker) -> SourceResult<Check> {
    if !bench.first.can("IDLE") {
        let every = timeouts().poll.as_secs();
        return Ok(Check::degraded(name, format!("not offered: a colleague's change is seen within {every} s, not at once"), NOTHING));
    }
    let mut delays = Vec::new();
    let mut silent = 0;
    while delays.len() + silent < IDLE_TRIALS && silent < 2 && !stop.is_woken() {
        match idle_once(bench, delays.len() + silent, stop)? {
            Some(delay) => delays.push(delay),
            None => silent += 1,
        }
    }
    delays.sort_unstable();
    let (Some(median), Some(worst)) = (delays.get(delays.len() / 2), delays.last()) else {
        let patience = IDLE_PATIENCE.as_secs();
        return Ok(Check::degraded(
            name,
            format!("no news within {patience} s: a colleague's change is seen when it is asked for, within a minute"),
            NOTHING,
        ));
    };
    let seen = format!("news after {} ms (median), {} ms at worst, {} times tried", median.as_millis(), worst.as_millis(), delays.len() + silent);
    if silent > 0 || *worst > IDLE_SLOW {
        let missing = if silent > 0 { format!(", {silent} times none within {} s", IDLE_PATIENCE.as_secs()) } else { String::new() };
        return Ok(Check::degraded(name, format!("{seen}{missing}: a colleague's change is seen late"), NOTHING));
    }
    Ok(Check::ok(name, seen))
}

/// The time from appending in one session to the news in the other; `None` when none came.
fn idle_once(bench: &mut Bench<'_>, number: usize, stop: &Waker) -> SourceResult<Option<Duration>> {
    let (_, text) = bench.mail(&format!("idle-{number}"));
    bench.first.select(&bench.folder, None)?;
    let (first, second, folder) = (&mut bench.first, &mut bench.second, bench.folder.as_str());
    let waker = stop.child();
    let (heard, at, appended) = thread::scope(|scope| {
        let appender = scope.spawn(|| {
            thread::sleep(IDLE_HEAD_START);
            let begun = Instant::now();
            second.append(folder, &seen(), text.as_bytes()).map(|_| begun)
        });
        let heard = first.wait(IDLE_HEAD_START + IDLE_PATIENCE, &waker);
        let at = Instant::now();
        let died = || Err(SourceError::new(Trouble::Io, "the thread that appends has died"));
        (heard, at, appender.join().unwrap_or_else(|_| died()))
    });
    let begun = appended?;
    Ok((heard? == WaitEnd::Changed).then(|| at.saturating_duration_since(begun)))
}

/// Opens sessions one after the other, and stops at the first refusal.
fn connections(bench: &mut Bench<'_>, name: &str, stop: &Waker) -> SourceResult<Check> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut open = Vec::new();
    let mut refusal = None;
    while open.len() + 2 < SESSIONS && refusal.is_none() && !stop.is_woken() && Instant::now() < until {
        match ImapSource::connect(bench.endpoint, timeouts()) {
            Ok(source) => open.push(source),
            Err(error) => refusal = Some(error),
        }
    }
    let count = open.len() + 2;
    open.iter_mut().for_each(ImapSource::close);
    // A refusal must not cost the sessions that were there before.
    bench.first.select(&bench.folder, None)?;
    let Some(refusal) = refusal else {
        return Ok(Check::ok(name, format!("{count} sessions at once were let in; more were not tried")));
    };
    let seen = format!("{count} sessions at once were let in, beside those others hold at this moment; then: {refusal}");
    Ok(Check::degraded(
        name,
        format!("{seen}. Colleagues beyond that number wait for their turn"),
        "Raise the server's limit of connections for each user, if it is yours.",
    ))
}

/// The folder's identity must last.
fn validity(bench: &mut Bench<'_>, name: &str, _stop: &Waker) -> SourceResult<Check> {
    let selected = bench.second.select(&bench.folder, None)?;
    if selected.uid_validity != bench.uid_validity {
        return Ok(Check::degraded(
            name,
            format!("UIDVALIDITY changed from {} to {} meanwhile: the log is read anew each time it does", bench.uid_validity, selected.uid_validity),
            "Ask the server's operator why folders are numbered anew.",
        ));
    }
    if selected.uid_next < bench.uid_next {
        return Ok(Check::degraded(
            name,
            "UIDNEXT fell: the log is read anew each time it does",
            "Ask the server's operator why numbers are given twice.",
        ));
    }
    Ok(Check::ok(name, format!("UIDVALIDITY {} stayed, UIDNEXT only grew", selected.uid_validity)))
}
