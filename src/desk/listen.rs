//! Waiting for news over an open session, and finding out at little cost that there are none.

use std::time::{Duration, Instant};

use super::ear::InboxEar;
use super::sync::LAST_SYNC;
use super::{Desk, Watched};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::folders::FolderProgress;
use crate::sync::source::{Glance, MailSource, SourceResult, WaitEnd, Waker};

/// Other folders than the one being listened to are looked at this often.
const LISTEN_AT_MOST: Duration = Duration::from_mins(1);
/// The same while both the team's folder and the inbox tell of news, and nothing waits to be done.
const LISTEN_IN_QUIET: Duration = Duration::from_mins(2);
/// However quiet it is, everything is gone through this often: a server may show a message of the log
/// late, and a folder may be new.
const PASS_AT_LEAST: Duration = Duration::from_mins(15);

impl Desk {
    /// Waits for news, a ring, or the end.
    ///
    /// The connection listens to what the team does, where moments count; `ear` listens to the inbox, and
    /// where it cannot, the inbox is looked at now and then. A desk without a team listens to the inbox.
    /// While all is quiet a glance at each folder stands for a pass.
    pub(super) fn listen(
        &mut self,
        source: &mut dyn MailSource,
        inbox: &str,
        ear: &mut InboxEar,
        waker: &Waker,
        tell: &mut dyn FnMut(Watched<'_>),
    ) -> SourceResult<()> {
        let Some((folder, followed)) = self.team_folder().map(str::to_owned).zip(self.followed) else {
            source.select(inbox, None)?;
            return if waker.is_woken() { Ok(()) } else { source.wait(LISTEN_AT_MOST, waker).map(drop) };
        };
        ear.listen(self, inbox, waker);
        // What came while the rest of the pass ran is seen here; what comes from now on while waiting.
        let selected = source.select(&folder, None)?;
        let before = source.glance(inbox)?;
        let has_mail = self.store.known_uid_next(inbox).is_ok_and(|known| known.is_some_and(|known| known < before.uid_next));
        if has_mail || (selected.uid_validity, selected.uid_next) != (followed.uid_validity, followed.uid_next) {
            return Ok(());
        }
        let pass_at = Instant::now() + PASS_AT_LEAST;
        let mut seen = None;
        loop {
            let is_quiet = ear.hears() && self.has_nothing_to_do().unwrap_or(false);
            let end = Instant::now() + if is_quiet { LISTEN_IN_QUIET } else { LISTEN_AT_MOST };
            // What the server did not take is offered again when its time has come.
            let end = self.held_back.until(Instant::now()).map_or(end, |(until, _)| end.min(until));
            let heard = hear(source, inbox, before, ear, waker, end)?;
            let may_glance = is_quiet && ear.hears() && Instant::now() < pass_at;
            if heard || !may_glance || !self.shows_nothing_new(source, &mut seen)? || waker.is_woken() {
                return Ok(());
            }
            let now = Timestamp::now();
            // What cannot be written here is said by the pass that follows.
            if self.store.remember(LAST_SYNC, &now.to_string()).is_err() {
                return Ok(());
            }
            tell(Watched::Unchanged(now));
        }
    }

    /// Whether nothing waits here for its time or for another try.
    fn has_nothing_to_do(&self) -> Result<bool, StoreError> {
        let store = &self.store;
        Ok(store.has_nothing_to_send()?
            && !store.owes_mirror(Timestamp::now())?
            && store.waiting_count()? == 0
            && store.unopened_count()? == 0
            && store.knows_order()?)
    }

    /// Glances at every folder that a pass reads. The first time since a pass it is compared with what was
    /// read, then with what was `seen`.
    fn shows_nothing_new(&self, source: &mut dyn MailSource, seen: &mut Option<Vec<Glance>>) -> SourceResult<bool> {
        let mut glances = Vec::with_capacity(self.reads.len());
        for name in &self.reads {
            match source.glance(name) {
                Ok(glance) => glances.push(glance),
                Err(error) if error.is_fatal() => return Err(error),
                // What has become of the folder is found out by a pass.
                Err(_) => return Ok(false),
            }
        }
        if seen.as_ref().is_some_and(|seen| *seen != glances) {
            return Ok(false);
        }
        let is_first = seen.replace(glances).is_none();
        let glances = seen.iter().flatten();
        Ok(!is_first || self.reads.iter().zip(glances).all(|(name, glance)| self.was_read(name, glance).unwrap_or(false)))
    }

    fn was_read(&self, name: &str, glance: &Glance) -> Result<bool, StoreError> {
        let Some(progress) = self.store.known_folder(name)? else { return Ok(false) };
        Ok(is_all_of(&progress, self.store.location_count(progress.id)?, glance))
    }
}

/// Waits on the selected folder until `end`; tells whether there is a reason for a pass.
fn hear(source: &mut dyn MailSource, inbox: &str, before: Glance, ear: &InboxEar, waker: &Waker, end: Instant) -> SourceResult<bool> {
    while Instant::now() < end && !waker.is_woken() {
        let left = end.saturating_duration_since(Instant::now());
        let wait = if ear.hears() { left } else { source.glance_every().min(left) };
        if source.wait(wait, waker)? != WaitEnd::TimedOut || (!ear.hears() && source.glance(inbox)? != before) {
            return Ok(true);
        }
    }
    Ok(waker.is_woken())
}

/// Whether a folder of which `known` messages are stored is just as it was read. Without mod-sequences
/// (RFC 7162) a glance does not show whether a flag has changed.
fn is_all_of(progress: &FolderProgress, known: u64, glance: &Glance) -> bool {
    let read = (progress.uid_validity, progress.uid_next, progress.highest_modseq);
    let is_there = (glance.uid_validity, glance.uid_next, glance.highest_modseq);
    read == is_there && glance.highest_modseq > 0 && progress.todo.is_empty() && known == u64::from(glance.messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::folders::FolderRole;

    #[test]
    fn a_glance_shows_whether_anything_has_changed_since_a_folder_was_read() {
        let progress = FolderProgress {
            id: 1,
            name: "INBOX".into(),
            role: FolderRole::Inbox,
            uid_validity: 7,
            uid_next: 12,
            highest_modseq: 40,
            todo: String::new(),
        };
        let same = Glance { uid_validity: 7, uid_next: 12, messages: 9, highest_modseq: 40 };

        assert!(is_all_of(&progress, 9, &same));
        for other in [
            Glance { uid_validity: 8, ..same },
            Glance { uid_next: 13, ..same },
            Glance { messages: 8, ..same },
            Glance { highest_modseq: 41, ..same },
        ] {
            assert!(!is_all_of(&progress, 9, &other), "{other:?}");
        }
        let unread = FolderProgress { todo: "11".into(), ..progress.clone() };
        assert!(!is_all_of(&unread, 9, &same));
        let without = FolderProgress { highest_modseq: 0, ..progress };
        assert!(!is_all_of(&without, 9, &Glance { highest_modseq: 0, ..same }), "flags would go unseen");
    }
}
