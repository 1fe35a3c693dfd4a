//! The team: changes of colleagues in, ours out, and who opens a backlog of tickets.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::network::source_error;
use super::undo::other_ticket;
use super::{Desk, DeskError, DeskResult, Progress, words};
use crate::domain::Timestamp;
use crate::domain::event::{Change, Event};
use crate::protocol::json::{SyncReport, SyncStep};
use crate::store::{Store, StoreError};
use crate::sync::log::{Compaction, Exchanged, LogError, LogSync, Words};
use crate::sync::settle::Opens;
use crate::sync::source::{MailSource, Waker};

/// More unopened tickets than this are a backlog, opened by the one client that claims it.
const BACKLOG: u64 = 50;
/// Name and seconds of that claim. Who dies over it is followed by another when they have passed.
const IMPORT: &str = "import";
const IMPORT_SECS: u64 = 300;
/// How long a single sync waits for another client that opens a backlog, since that made its last step.
const IMPORT_PATIENCE: Duration = Duration::from_secs(20);
const IMPORT_LOOK: Duration = Duration::from_millis(200);

/// A note stands in the text of its event up to so many octets; whole in the part for the program.
const NOTE_OCTETS: usize = 8 * 1_024;

/// Reading the log, putting into it what waits, keeping it short.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Pull,
    Push,
    Compact,
    /// The first look over a new connection.
    SpotCheck,
    Restore,
}

impl Desk {
    /// The folder of the team's log; `None` on a desk that shares none.
    pub(super) fn team_folder(&self) -> Option<&str> {
        self.setup.desk.folders.team.as_deref()
    }

    /// Opens what mail has made, and exchanges events with the team. Trouble with the log alone is
    /// reported, and the rest of a sync goes on.
    pub(super) fn team_exchange(
        &mut self,
        source: &mut dyn MailSource,
        progress: &mut dyn FnMut(Progress),
        stop: &Waker,
        report: &mut SyncReport,
    ) -> DeskResult<()> {
        let Some(folder) = self.team_folder().map(str::to_owned) else { return Ok(()) };
        let mut exchanged = Exchanged::default();
        let is_first = self.followed.take().is_none();
        let outcome = self.exchange(source, progress, stop, report, &mut exchanged, is_first);
        report.events_in += exchanged.came;
        report.signals_in += exchanged.signals;
        report.events_out += exchanged.went;
        report.bytes += exchanged.bytes;
        report.steps.push(SyncStep { name: folder.clone(), messages: exchanged.came, bytes: exchanged.bytes, mode: "log".into() });
        if exchanged.was_copied {
            report.conflicts.push("another copy of this client's files is in use; what waited here goes out under a name of its own".into());
        }
        report.errors.extend(exchanged.clock_ahead.and_then(wrong_clock));
        self.tell_of_log(report)?;
        match outcome {
            Ok(()) => Ok(()),
            Err(error) if error.leaves_session() => {
                report.log_can_be_restored = error.can_be_restored();
                report.errors.push(format!("{folder}: {error}. {}", error.remedy()));
                Ok(())
            }
            Err(error) => Err(log_error(error)),
        }
    }

    fn exchange(
        &mut self,
        source: &mut dyn MailSource,
        progress: &mut dyn FnMut(Progress),
        stop: &Waker,
        report: &mut SyncReport,
        exchanged: &mut Exchanged,
        is_first: bool,
    ) -> Result<(), LogError> {
        if is_first {
            self.with_log(source, progress, stop, Way::SpotCheck)?;
        }
        let way = if self.store.may_restore()? { Way::Restore } else { Way::Pull };
        exchanged.join(self.with_log(source, progress, stop, way)?);
        let opens = self.who_opens(source, stop, exchanged)?;
        self.settle_as(opens, report)?;
        self.store.forget_stale_presence(Timestamp::now())?;
        let at = exchanged.at;
        let pushed = self.with_log(source, progress, stop, Way::Push)?;
        exchanged.join(pushed);
        let said = self.beacons(source, stop, report)?;
        exchanged.join(said);
        let compacted = self.with_log(source, progress, stop, Way::Compact)?;
        exchanged.join(compacted);
        // Each of them may have had no reason to look into the folder.
        let looks = [compacted.at, said.at, pushed.at, at];
        self.followed = looks.into_iter().find(|look| look.uid_validity != 0);
        Ok(())
    }

    fn settle_as(&mut self, opens: Opens, report: &mut SyncReport) -> Result<(), StoreError> {
        let settled = self.settle(opens)?;
        report.tickets_opened += settled.opened;
        report.tickets_reopened += settled.reopened;
        Ok(())
    }

    pub(super) fn with_log(
        &mut self,
        source: &mut dyn MailSource,
        progress: &mut dyn FnMut(Progress),
        stop: &Waker,
        way: Way,
    ) -> Result<Exchanged, LogError> {
        if matches!(way, Way::Push) {
            self.ask_about_stale()?;
        }
        let folder = self.setup.desk.folders.team.clone().unwrap_or_default();
        let mut forward = |done, total| progress(Progress { what: folder.clone(), done, total, bytes: 0 });
        let mut log = LogSync {
            store: &mut self.store,
            source,
            folder: &folder,
            mailbox: &self.setup.desk.mailbox,
            agent: &self.setup.agent.name,
            describe: &describe,
            stop,
            progress: &mut forward,
        };
        match way {
            Way::Pull => log.pull(),
            Way::Push => log.push(),
            Way::Compact => log.compact(Compaction::default()),
            Way::SpotCheck => log.spot_check().map(|()| Exchanged::default()),
            Way::Restore => log.restore(),
        }
    }

    /// A backlog is opened by the one client that wins the claim, however many begin at once.
    fn who_opens(&mut self, source: &mut dyn MailSource, stop: &Waker, exchanged: &mut Exchanged) -> Result<Opens, LogError> {
        if self.store.unopened_count()? <= BACKLOG {
            return Ok(Opens::Here);
        }
        if self.import_is_claimed()? {
            return self.import_winner();
        }
        let (_, claimed) = self.claim_over(source, stop, IMPORT, IMPORT_SECS)?;
        exchanged.join(claimed);
        self.import_winner()
    }

    /// Whether a claim is likely to be live. Our clock only says when another is worth a try: what it is
    /// worth is decided by the server's.
    fn import_is_claimed(&self) -> Result<bool, StoreError> {
        let now = Timestamp::now().as_second();
        Ok(self.store.claim(IMPORT)?.is_some_and(|claim| now - claim.since.as_second() < i64::try_from(claim.ttl).unwrap_or(i64::MAX)))
    }

    /// Opening tickets twice does no harm, so that who had won before a crash goes on.
    fn import_winner(&mut self) -> Result<Opens, LogError> {
        let me = self.store.actor()?;
        let is_ours = self.store.claim(IMPORT)?.is_some_and(|claim| claim.event.actor == me);
        Ok(if is_ours { Opens::Here } else { Opens::Elsewhere })
    }

    /// Notes that a person wants the team's log put back into its folder. The next sync does it, whoever runs it.
    ///
    /// # Errors
    /// The cache cannot be written, or the desk shares no log.
    pub fn consent_to_restore(&mut self) -> DeskResult<()> {
        if self.team_folder().is_none() {
            return Err(DeskError::Usage(format!("desk `{}` has no team log (folders.team = false)", self.name())));
        }
        self.store.consent_to_restore()?;
        self.ring();
        Ok(())
    }

    /// Waits while another client opens the backlog, so that a single sync ends with numbers.
    pub(super) fn await_import(
        &mut self,
        source: &mut dyn MailSource,
        progress: &mut dyn FnMut(Progress),
        stop: &Waker,
        report: &mut SyncReport,
    ) -> DeskResult<()> {
        let mut deadline = Instant::now() + IMPORT_PATIENCE;
        while self.team_folder().is_some() && self.store.unopened_count()? > BACKLOG && Instant::now() < deadline && !stop.is_woken() {
            stop.wait(None, Instant::now() + IMPORT_LOOK);
            let pulled = self.with_log(source, progress, stop, Way::Pull);
            let Ok(exchanged) = pulled else { return Ok(()) };
            if exchanged.came > 0 {
                deadline = Instant::now() + IMPORT_PATIENCE;
            }
            report.events_in += exchanged.came;
            report.signals_in += exchanged.signals;
            report.bytes += exchanged.bytes;
        }
        Ok(())
    }

    /// What is to be said of the log after an exchange: what was decided against us, what waits, what is not ours.
    fn tell_of_log(&mut self, report: &mut SyncReport) -> DeskResult<()> {
        for conflict in self.untold_conflicts()? {
            let number = conflict.label.trim_start_matches('#');
            let (label, mine, event) = (&conflict.label, &conflict.mine, conflict.event);
            let why = conflict.reason();
            let offer = if conflict.can_be_applied { format!(" (postdesk apply {number} {event} applies it anyway)") } else { String::new() };
            report.conflicts.push(format!("{label}: not applied: you {mine}, but {why}{offer}"));
        }
        report.undecided = self.store.undecided_count()?;
        for doubt in self.doubts()? {
            if !report.warnings.contains(&doubt) {
                report.warnings.push(doubt);
            }
        }
        report.events_waiting = self.store.waiting_changes()?;
        report.events_ignored = self.store.ignored_messages()?.iter().map(|(_, count)| count).sum();
        Ok(())
    }
}

/// Clocks that differ by more than this are told of, in seconds.
const CLOCK_OFF: i64 = 120;

/// Our clock dates our mails, and decides whether certificates and logins are believed; the log goes by the server's.
fn wrong_clock(ahead: i64) -> Option<String> {
    let (minutes, way) = (ahead.abs() / 60, if ahead > 0 { "behind" } else { "ahead of" });
    (ahead.abs() > CLOCK_OFF).then(|| format!("this computer's clock is {minutes} min {way} the mail server's. Set it, or switch on network time"))
}

pub(super) fn log_error(error: LogError) -> DeskError {
    match error {
        LogError::Source(error) => source_error(&error),
        LogError::Store(error) => error.into(),
        other => DeskError::Server { what: other.to_string(), remedy: other.remedy().to_owned() },
    }
}

/// An event in words, for people who look into the folder with their mail program. The end of
/// the subject makes it unlike that of any other event: some servers gather mails by subject.
fn describe(store: &Store, event: &Event) -> Words {
    let named = |key: Option<&crate::domain::TicketKey>| {
        let row = key.and_then(|key| store.ticket_row(key).ok().flatten());
        row.map(|row| (row.label(), row.subject)).or_else(|| key.map(|key| (key.short().to_owned(), String::new())))
    };
    let tickets = event.change.tickets();
    let other = other_ticket(&event.change);
    let done = done(&event.change, named(other.as_ref()).map(|(label, _)| label).as_deref());
    let ticket = named(tickets.first()).filter(|_| tickets.len() <= 2);
    let mark = format!("{:.4}.{}", event.id.actor.to_string(), event.id.seq);
    let label = ticket.as_ref().map(|(label, _)| format!("[{label}] ")).unwrap_or_default();
    let mut text = format!("{} {done}.\n\n", event.agent);
    if let Some((label, subject)) = &ticket {
        let _ = writeln!(text, "Ticket: {label} {subject}");
    }
    let _ = writeln!(text, "When:   {}", event.at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    if let Change::Note { text: note, .. } = &event.change {
        let _ = writeln!(text, "\n{}", shortened(note));
    }
    text.push_str("\nThis mail is a part of the team's log: postdesk reads the attached file. Please leave it here.\n");
    Words { subject: format!("{label}{} {done} ({mark})", event.agent), text }
}

fn done(change: &Change, other: Option<&str>) -> String {
    match change {
        Change::Open { tickets } if tickets.len() > 1 => format!("opened {} tickets", tickets.len()),
        Change::Claim { what, .. } => format!("claimed: {what}"),
        Change::Hello { .. } => "has followed the log up to here".into(),
        Change::Skip { .. } => "left out a change that was too large".into(),
        Change::Forget { .. } => "had a person forgotten".into(),
        Change::Intent { .. } => "is about to answer".into(),
        Change::Presence { what, .. } => format!("is {what}"),
        Change::Left { what, .. } => format!("is no longer {what}"),
        Change::Snapshot { part, parts, .. } => format!("wrote down where everything stands (part {part} of {parts})"),
        Change::Reepoch { part, parts, .. } => format!("carried the order over (part {part} of {parts})"),
        other_change => match words::change(other_change, other, &TimeZone::UTC) {
            words if words.is_empty() => other_change.op().to_owned(),
            words => words,
        },
    }
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(NOTE_OCTETS);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_by_minutes_is_told_of() {
        assert_eq!((wrong_clock(0), wrong_clock(120), wrong_clock(-120)), (None, None, None));
        assert!(wrong_clock(300).unwrap().starts_with("this computer's clock is 5 min behind the mail server's"));
        assert!(wrong_clock(-7_200).unwrap().contains("120 min ahead of"));
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = "ü".repeat(NOTE_OCTETS);

        assert_eq!(shortened(&note).len(), NOTE_OCTETS);
        assert_eq!(shortened("x"), "x");
        assert!(shortened(&format!("a{note}")).len() < NOTE_OCTETS);
    }
}
