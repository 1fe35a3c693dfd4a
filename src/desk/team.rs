//! The team: changes of colleagues in, ours out, and what is to be told of its log.

use super::log_trouble::TRIES;
use super::log_words::describe;
use super::network::source_error;
use super::visit::Visit;
use super::{Desk, DeskError, DeskResult, Progress, words};
use crate::domain::Timestamp;
use crate::protocol::json::{SyncReport, SyncStep};
use crate::store::StoreError;
use crate::store::news::Fate;
use crate::sync::log::{Compaction, Exchanged, LogError, LogSync};
use crate::sync::settle::{Opens, Settled};

/// Reading the log, putting into it what waits, keeping it short.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Pull,
    Push,
    Compact,
    /// The first look over a new connection.
    SpotCheck,
    Restore,
    /// Going on without what nobody has.
    GiveUp,
}

impl Desk {
    /// The folder of the team's log; `None` on a desk that shares none.
    pub(super) fn team_folder(&self) -> Option<&str> {
        self.setup.desk.folders.team.as_deref()
    }

    /// Opens what mail has made, and exchanges events with the team. Trouble with the log alone is
    /// reported, and the rest of a sync goes on.
    pub(super) fn team_exchange(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        let Some(folder) = self.team_folder().map(str::to_owned) else { return Ok(()) };
        let mut exchanged = Exchanged::default();
        let is_first = self.followed.take().is_none();
        let outcome = self.exchange(visit, &mut exchanged, is_first);
        let report = &mut visit.report;
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
            Ok(()) => self.note_log_trouble(report, None),
            Err(error) if error.leaves_session() => {
                report.log_can_be_restored = error.can_be_restored();
                let trouble = self.log_trouble(&error)?;
                report.errors.push(format!("{folder}: {}", words::with_remedy(&trouble.what, &trouble.remedy)));
                self.note_log_trouble(report, Some(trouble))
            }
            Err(error) => Err(log_error(error)),
        }
    }

    fn exchange(&mut self, visit: &mut Visit<'_>, exchanged: &mut Exchanged, is_first: bool) -> Result<(), LogError> {
        if is_first {
            self.with_log(visit, Way::SpotCheck)?;
        }
        let way = if self.store.may_restore()? { Way::Restore } else { Way::Pull };
        exchanged.join(self.with_log(visit, way)?);
        if matches!(way, Way::Restore) && self.store.log_tries()? >= TRIES {
            exchanged.join(self.with_log(visit, Way::GiveUp)?);
        }
        self.count_log_try()?;
        let opens = self.who_opens(visit, exchanged)?;
        let settled = self.settle(opens)?;
        self.store.forget_stale_presence(Timestamp::now())?;
        let at = exchanged.at;
        // What comes is followed even if what goes is not taken.
        self.followed = Some(at).filter(|at| at.uid_validity != 0);
        let pushed = self.with_log(visit, Way::Push);
        self.count_settled(&settled, &mut visit.report)?;
        let pushed = pushed?;
        exchanged.join(pushed);
        if opens == Opens::Backlog {
            // Only now are its tickets there to be asked about.
            let settled = self.settle(Opens::Here)?;
            self.count_settled(&settled, &mut visit.report)?;
        }
        let said = self.beacons(visit)?;
        exchanged.join(said);
        let compacted = self.with_log(visit, Way::Compact)?;
        exchanged.join(compacted);
        // Each of them may have had no reason to look into the folder.
        let looks = [compacted.at, said.at, pushed.at, at];
        self.followed = looks.into_iter().find(|look| look.uid_validity != 0);
        Ok(())
    }

    /// Tickets that colleagues had opened, or reopened, at the same moment are theirs.
    pub(super) fn count_settled(&self, settled: &Settled, report: &mut SyncReport) -> Result<(), StoreError> {
        report.tickets_opened += settled.opened.saturating_sub(self.store.opened_before(&settled.openings)?);
        for reopening in &settled.reopenings {
            report.tickets_reopened += u64::from(!matches!(self.store.fate_of(*reopening)?, Fate::Unapplied(_)));
        }
        Ok(())
    }

    /// One step with the log. Before anything is put into it, what has lost meanwhile is looked for.
    pub(super) fn with_log(&mut self, visit: &mut Visit<'_>, way: Way) -> Result<Exchanged, LogError> {
        match way {
            Way::Push => {
                self.ask_about_stale()?;
                self.require_leave_to_push()?;
            }
            Way::Compact if !self.may_write_log()? => return Ok(Exchanged::default()),
            _ => {}
        }
        let had_waiting = matches!(way, Way::Push) && self.store.waiting_count()? > 0;
        let outcome = self.over_log(visit, way);
        self.note_push(way, had_waiting, outcome.as_ref().err())?;
        outcome
    }

    fn over_log(&mut self, visit: &mut Visit<'_>, way: Way) -> Result<Exchanged, LogError> {
        let folder = self.setup.desk.folders.team.clone().unwrap_or_default();
        let mut forward = |done, total| (visit.progress)(Progress { what: folder.clone(), done, total, bytes: 0 });
        let mut log = LogSync {
            store: &mut self.store,
            source: visit.source,
            folder: &folder,
            mailbox: &self.setup.desk.mailbox,
            agent: &self.setup.agent.name,
            describe: &describe,
            stop: visit.stop,
            progress: &mut forward,
        };
        match way {
            Way::Pull => log.pull(),
            Way::Push => log.push(),
            Way::Compact => log.compact(Compaction::default()),
            Way::SpotCheck => log.spot_check().map(|()| Exchanged::default()),
            Way::Restore => log.restore(),
            Way::GiveUp => log.give_up_missing(),
        }
    }

    /// Notes that a person wants the team's log put back into its folder. The next sync does it, whoever runs it.
    ///
    /// # Errors
    /// The cache cannot be written, or the desk shares no log.
    pub fn consent_to_restore(&mut self) -> DeskResult<()> {
        if self.team_folder().is_none() {
            return Err(DeskError::usage(
                format!("desk `{}` has no team log", self.name()),
                "Take `folders.team = false` out of the configuration, if colleagues share the mailbox.",
            ));
        }
        self.store.consent_to_restore()?;
        self.ring();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_by_minutes_is_told_of() {
        assert_eq!((wrong_clock(0), wrong_clock(120), wrong_clock(-120)), (None, None, None));
        assert!(wrong_clock(300).unwrap().starts_with("this computer's clock is 5 min behind the mail server's"));
        assert!(wrong_clock(-7_200).unwrap().contains("120 min ahead of"));
    }
}
