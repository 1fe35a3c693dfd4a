//! One pass over the network: mail in, openings and reopenings, flags and outbox out, Sent copies.

use super::network::{Turn, source_error};
use super::visit::Visit;
use super::{Desk, DeskError, DeskResult, Progress};
use crate::config::Source;
use crate::domain::Timestamp;
use crate::domain::arrivals::Arrivals;
use crate::protocol::json::{SyncReport, SyncStep};
use crate::store::folders::FolderRole;
use crate::sync::pass::{self, FolderChoice, FolderRefused, FolderReport, Pass, PassError};
use crate::sync::settle::{self, Opens};
use crate::sync::source::{MailSource, Waker};

/// The name under which it is remembered that the mailbox has been read as a whole.
const READ_ONCE: &str = "read once";

/// The time of the last pass that went through.
pub(super) const LAST_SYNC: &str = "last_sync";

impl Desk {
    /// One pass: mail in, openings and reopenings, due outbox, Sent copies.
    ///
    /// # Errors
    /// A server could not be used, or a file cannot be written. Everything done
    /// by then stays done.
    pub fn sync(&mut self, progress: &mut dyn FnMut(Progress), stop: &Waker) -> DeskResult<SyncReport> {
        self.refuse_offline()?;
        let role = match self.network_turn(progress)? {
            Turn::Done(report) => return Ok(*report),
            Turn::Ours(role) => role,
        };
        let questions = self.asked()?;
        self.hasten()?;
        progress(Progress { what: self.connecting(), done: 0, total: 0, bytes: 0 });
        let outcome = match self.connect() {
            Ok(mut source) => {
                let mut visit = self.visit(source.as_mut(), progress, stop);
                let outcome = self.pass(&mut visit).and_then(|()| self.await_import(&mut visit)).map(|()| visit.report);
                source.close();
                outcome
            }
            Err(error) => Err(error),
        };
        self.answer(&questions, &outcome)?;
        drop(role);
        outcome
    }

    /// What is connected to, in words.
    pub(super) fn connecting(&self) -> String {
        match &self.setup.desk.source {
            Source::Imap(server) => format!("connecting to {}", server.host),
            Source::Maildir(path) => format!("opening {}", path.display()),
        }
    }

    /// When a pass succeeded last, as far as the cache knows.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn last_sync(&self) -> DeskResult<Option<Timestamp>> {
        Ok(self.store.remembered(LAST_SYNC)?.and_then(|at| at.parse().ok()))
    }

    pub(super) fn refuse_offline(&self) -> DeskResult<()> {
        if self.setup.offline {
            return Err(DeskError::Server { what: "this run is offline".into(), remedy: "Leave out --offline to use the network.".into() });
        }
        Ok(())
    }

    /// The questions of others that the next pass answers. Who asks for a sync wants what waits in the
    /// outbox to be tried by it, however often that has failed.
    pub(super) fn asked(&mut self) -> DeskResult<Vec<i64>> {
        let questions = self.store.unanswered()?;
        if !questions.is_empty() {
            self.hasten()?;
        }
        Ok(questions)
    }

    /// Whatever waits for a better moment is tried now.
    fn hasten(&mut self) -> DeskResult<()> {
        self.store.hasten()?;
        self.store.unpark()?;
        self.held_back.hasten();
        Ok(())
    }

    pub(super) fn answer(&mut self, questions: &[i64], outcome: &DeskResult<SyncReport>) -> DeskResult<()> {
        if questions.is_empty() {
            return Ok(());
        }
        let answer: Result<&SyncReport, String> = outcome.as_ref().map_err(ToString::to_string);
        Ok(self.store.answer(questions, &serde_json::to_string(&answer).unwrap_or_default(), Timestamp::now())?)
    }

    /// A visit over an open session, with nothing done yet.
    pub(super) fn visit<'a>(&self, source: &'a mut dyn MailSource, progress: &'a mut dyn FnMut(Progress), stop: &'a Waker) -> Visit<'a> {
        Visit { source, progress, stop, report: SyncReport { desk: self.name().to_owned(), ..SyncReport::default() } }
    }

    /// Everything one pass does.
    pub(super) fn pass(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        self.recover_interrupted()?;
        // Who watches has been woken by a colleague or by a hand on the keys: that goes first.
        let goes_first = self.followed.is_some();
        if goes_first {
            self.team_exchange(visit)?;
        }
        let steps = std::mem::take(&mut visit.report.steps);
        let refused = self.mail_in(visit)?;
        // Without news in the mail there is nothing that the team has not heard a moment ago.
        let report = &visit.report;
        let has_news = report.messages_new + report.messages_gone + report.flags_changed > 0 || self.store.waiting_count()? > 0;
        if has_news || !goes_first || self.followed.is_none() {
            self.team_exchange(visit)?;
        } else {
            visit.report.steps.extend(steps);
        }
        if refused.is_empty() && !self.store.without_mail()?.is_empty() {
            self.look_for_mail(visit)?;
        }
        visit.report.arrived = self.arrived()?.map(Box::new);
        self.outbox_out(visit)?;
        visit.report.mails_waiting = self.mails_waiting()?;
        visit.report.mails_uncertain = self.mails_uncertain()?;
        self.mirror_out(visit)?;
        require_inboxes(refused)?;
        Ok(self.store.remember(LAST_SYNC, &Timestamp::now().to_string())?)
    }

    /// Looks for the mail of tickets that the log speaks of, which may have come after the folders were read.
    fn look_for_mail(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        let steps = std::mem::take(&mut visit.report.steps);
        let before = visit.report.messages_new;
        self.mail_in(visit)?;
        visit.report.steps = steps;
        if visit.report.messages_new > before {
            self.team_exchange(visit)?;
        }
        Ok(())
    }

    /// What customers have written. What the first pass of all finds is no news, to anybody.
    fn arrived(&mut self) -> DeskResult<Option<Arrivals>> {
        if self.store.remembered(READ_ONCE)?.is_none() {
            self.store.pass_over_arrivals()?;
            self.store.remember(READ_ONCE, "yes")?;
        }
        self.take_arrivals()
    }

    /// Mail in, and the events that follow from it. Returns the folders that could not be read.
    pub(super) fn mail_in(&mut self, visit: &mut Visit<'_>) -> DeskResult<Vec<FolderRefused>> {
        let chosen = self.folder_choice();
        let folders = pass::folders(visit.source, &chosen).map_err(|error| source_error(&error))?;
        self.reads = folders.iter().map(|(name, _)| name.clone()).collect();
        let without_mail = self.store.without_mail()?;
        let mut forward =
            |step: pass::PassProgress| (visit.progress)(Progress { what: step.folder, done: step.done, total: step.total, bytes: step.bytes });
        let mut pass = Pass { store: &mut self.store, source: visit.source, context: &self.context, stop: visit.stop, progress: &mut forward };
        let result = pass.run(&folders);
        // Mail that is in by now is settled even if the session has died. A team first looks at what
        // colleagues have made of it.
        if self.team_folder().is_none() {
            let settled = self.settle(Opens::Here)?;
            self.count_settled(&settled, &mut visit.report)?;
        }
        let folders = result.map_err(|error| pass_error(&error))?;
        let refused: Vec<FolderRefused> = folders.into_iter().filter_map(|folder| add(&mut visit.report, folder)).collect();
        if refused.is_empty() {
            self.store.mail_was_looked_for(&without_mail)?;
        }
        Ok(refused)
    }

    pub(super) fn settle(&mut self, opens: Opens) -> Result<settle::Settled, crate::store::StoreError> {
        let author = self.author();
        let projects = &self.setup.desk.projects;
        let reopens = |id: &str| projects.iter().find(|project| project.project.id == id).is_none_or(|project| project.project.reopen_on_reply);
        settle::settle(&mut self.store, &author, opens, &reopens)
    }

    pub(super) fn folder_choice(&self) -> FolderChoice {
        let folders = &self.setup.desk.folders;
        FolderChoice { inbox: folders.inbox.clone(), sent: folders.sent.clone(), archive: folders.archive.clone(), junk: folders.junk.clone() }
    }

    /// The name of the Sent folder, if there is one.
    pub(super) fn sent_folder(&self, source: &mut dyn MailSource) -> DeskResult<Option<String>> {
        let folders = pass::folders(source, &self.folder_choice()).map_err(|error| source_error(&error))?;
        Ok(folders.into_iter().find(|(_, role)| *role == FolderRole::Sent).map(|(name, _)| name))
    }
}

/// Puts a folder into the report; whether it could be read.
fn add(report: &mut SyncReport, folder: FolderReport) -> Option<FolderRefused> {
    report.messages_new += folder.messages_new;
    report.flags_changed += folder.flags_changed;
    report.messages_gone += folder.messages_gone;
    report.bytes += folder.bytes;
    report.errors.extend(folder.error.as_ref().map(ToString::to_string));
    report.steps.push(SyncStep { name: folder.name, messages: folder.messages_new, bytes: folder.bytes, mode: folder.mode.to_owned() });
    folder.error
}

/// A sync that could not read an inbox has failed, whatever else it did.
fn require_inboxes(refused: Vec<FolderRefused>) -> DeskResult<()> {
    refused.into_iter().find(|folder| folder.role == FolderRole::Inbox).map_or(Ok(()), |inbox| Err(DeskError::Inbox(inbox)))
}

pub(super) fn pass_error(error: &PassError) -> DeskError {
    match error {
        PassError::Source(error) => source_error(error),
        PassError::Store(error) => DeskError::Failed { what: error.to_string(), remedy: error.remedy().to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_fails_over_an_inbox_whatever_its_name_and_over_no_other_folder() {
        let refused = |folder: &str, role| FolderRefused { folder: folder.into(), role, why: "no such folder".into() };

        assert!(require_inboxes(vec![refused("INBOX: old", FolderRole::Sent), refused("INBOX", FolderRole::Archive)]).is_ok());
        let failed = require_inboxes(vec![refused("Junk", FolderRole::Junk), refused("Anfragen: neu", FolderRole::Inbox)]).unwrap_err();

        assert_eq!((failed.to_string().as_str(), failed.exit_code()), ("Anfragen: neu: no such folder", 4));
    }
}
