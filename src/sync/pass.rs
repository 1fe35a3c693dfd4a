//! The worker: carries out the plan for each folder of a mail source.

use super::plan::{self, Step};
use super::prepare::{DeskContext, Preparer, flag_bits};
use super::source::{Changes, FetchPart, Fetched, MailSource, Role, Selected, SourceError, SourceResult, SyncPoint, Trouble, UidSet, Waker};
use super::transfer;
use crate::domain::{MessageId, TicketKey};
use crate::mail;
use crate::store::folders::{FolderProgress, FolderRole};
use crate::store::mail_in::FlagBatch;
use crate::store::mail_in::relink::Known;
use crate::store::{Store, StoreError};

/// Which folders are read; a name that is `None` is found by its special use.
#[derive(Clone, Debug, Default)]
pub struct FolderChoice {
    pub inbox: Vec<String>,
    pub sent: Option<String>,
    pub archive: Option<String>,
    pub junk: Option<String>,
}

/// How far a pass has come, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassProgress {
    pub folder: String,
    pub done: u64,
    pub total: u64,
    pub bytes: u64,
}

/// What a pass did in one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    pub name: String,
    pub mode: &'static str,
    pub messages_new: u64,
    pub flags_changed: u64,
    pub messages_gone: u64,
    pub bytes: u64,
    pub tickets: std::collections::BTreeSet<TicketKey>,
    /// Why this folder could not be read; the others were.
    pub error: Option<FolderRefused>,
}

/// A folder that the server would not let be read, while the session went on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{folder}: {why}")]
pub struct FolderRefused {
    pub folder: String,
    pub role: FolderRole,
    pub why: String,
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything a pass works with.
pub struct Pass<'a> {
    pub store: &'a mut Store,
    pub source: &'a mut dyn MailSource,
    pub context: &'a DeskContext,
    pub stop: &'a Waker,
    pub progress: &'a mut dyn FnMut(PassProgress),
}

impl std::fmt::Debug for Pass<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("context", self.context).finish_non_exhaustive()
    }
}

/// The folders of a source that are read, with what each is for; the inboxes first.
///
/// # Errors
/// The source cannot list its folders.
pub fn folders(source: &mut dyn MailSource, choice: &FolderChoice) -> SourceResult<Vec<(String, FolderRole)>> {
    let listed = source.folders()?;
    let by_role = |role: Role| listed.iter().find(|folder| folder.role == Some(role) && folder.selectable).map(|folder| folder.name.clone());
    let mut chosen: Vec<(String, FolderRole)> = choice.inbox.iter().map(|name| (name.clone(), FolderRole::Inbox)).collect();
    let others = [
        (choice.sent.clone().or_else(|| by_role(Role::Sent)), FolderRole::Sent),
        (choice.archive.clone().or_else(|| by_role(Role::Archive)), FolderRole::Archive),
        (choice.junk.clone().or_else(|| by_role(Role::Junk)), FolderRole::Junk),
    ];
    for (name, role) in others {
        if let Some(name) = name {
            if !chosen.iter().any(|(known, _)| *known == name) {
                chosen.push((name, role));
            }
        }
    }
    Ok(chosen)
}

impl Pass<'_> {
    /// Brings every folder up to date. A folder that is refused is reported and
    /// passed over; trouble with the session or the store ends the pass.
    ///
    /// # Errors
    /// The session died or the store cannot be written; everything committed so far stays.
    pub fn run(&mut self, folders: &[(String, FolderRole)]) -> Result<Vec<FolderReport>, PassError> {
        let mut reports = Vec::with_capacity(folders.len());
        for (name, role) in folders {
            match self.folder(name, *role) {
                Ok(report) => reports.push(report),
                Err(PassError::Source(error)) if !error.is_fatal() => {
                    reports.push(FolderReport {
                        name: name.clone(),
                        mode: self.source.resync_mode(),
                        error: Some(FolderRefused { folder: name.clone(), role: *role, why: error.to_string() }),
                        ..FolderReport::default()
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(reports)
    }

    fn folder(&mut self, name: &str, role: FolderRole) -> Result<FolderReport, PassError> {
        let before = self.store.folder(name, role)?;
        let point = (before.uid_validity != 0).then_some(SyncPoint {
            uid_validity: before.uid_validity,
            uid_next: before.uid_next,
            highest_modseq: before.highest_modseq,
        });
        let mut selected = self.source.select(name, point)?;
        if selected.uid_next == 0 {
            selected.uid_next = self.source.uids()?.ranges().last().map_or(1, |(_, high)| high + 1);
        }
        let moved: UidSet = self.store.known_beyond(before.id, before.uid_next)?.into_iter().collect();
        let known = self.store.location_count(before.id)? - moved.len();
        let plan = plan::plan(&before, &selected, known);
        let mut work = FolderWork {
            report: FolderReport { name: name.to_owned(), mode: self.source.resync_mode(), ..FolderReport::default() },
            current: plan.progress,
            modseq: plan.highest_modseq,
            selected,
        };
        let has_flag_steps = plan.steps.iter().any(|step| matches!(step, Step::Apply | Step::CompareFlags | Step::CompareUids));
        if !has_flag_steps && !plan.steps.contains(&Step::Renumbered) {
            work.current.highest_modseq = work.modseq;
        }
        if work.current != before && !plan.steps.contains(&Step::Renumbered) {
            self.store.begin_folder(&work.current, plan.new)?;
        }
        for step in plan.steps {
            self.step(step, &mut work, plan.new)?;
        }
        self.fetch_wanted(&mut work)?;
        Ok(work.report)
    }

    fn step(&mut self, step: Step, work: &mut FolderWork, new: Option<crate::store::folders::NewRange>) -> Result<(), PassError> {
        match step {
            Step::Renumbered => self.rematch(work, new),
            Step::Apply => self.apply(work),
            Step::CompareFlags => self.compare_flags(work),
            Step::CompareUids => self.compare_uids(work),
            Step::Relink(uids) => self.relink(work, &uids),
            Step::Headers(uids) => self.transfer(work, &uids, FetchPart::Header),
            Step::Bodies => {
                let uids = UidSet::parse(&work.current.todo).unwrap_or_default();
                self.transfer(work, &uids, FetchPart::Upto(transfer::PART_LIMIT))
            }
        }
    }

    fn apply(&mut self, work: &mut FolderWork) -> Result<(), PassError> {
        let (flags, gone) = match std::mem::take(&mut work.selected.changes) {
            Changes::Exact { flags, vanished } => (flags, vanished),
            Changes::FlagsOnly { flags } => (flags, UidSet::new()),
            Changes::Unknown => (Vec::new(), UidSet::new()),
        };
        // VANISHED (EARLIER) may name ranges far beyond what was ever here.
        let known = if gone.is_empty() { Vec::new() } else { self.store.known_uids(work.current.id)? };
        let batch = FlagBatch {
            flags: flags.iter().map(|(uid, flags)| (*uid, flag_bits(flags))).collect(),
            gone: known.into_iter().map(|(uid, _)| uid).filter(|uid| gone.contains(*uid)).collect(),
        };
        let todo = UidSet::parse(&work.current.todo).unwrap_or_default();
        work.current.todo = todo.difference(&gone).to_string();
        self.write_flags(work, &batch)
    }

    fn compare_flags(&mut self, work: &mut FolderWork) -> Result<(), PassError> {
        let known = self.store.known_uids(work.current.id)?;
        let before = |uid: u32| known.binary_search_by_key(&uid, |(uid, _)| *uid).ok().and_then(|place| known.get(place)).map(|(_, flags)| *flags);
        let mut flags = Vec::new();
        let wanted: UidSet = known.iter().map(|(uid, _)| *uid).collect();
        for page in pages(&wanted, 5_000) {
            self.source.fetch(&page, FetchPart::Flags, &mut |fetched: Fetched| {
                let bits = flag_bits(&fetched.flags);
                if before(fetched.uid).is_some_and(|before| before != bits) {
                    flags.push((fetched.uid, bits));
                }
                Ok(())
            })?;
        }
        self.write_flags(work, &FlagBatch { flags, gone: Vec::new() })
    }

    fn compare_uids(&mut self, work: &mut FolderWork) -> Result<(), PassError> {
        let there = self.source.uids()?;
        let gone = self.store.known_uids(work.current.id)?.into_iter().map(|(uid, _)| uid).filter(|uid| !there.contains(*uid)).collect();
        let todo = UidSet::parse(&work.current.todo).unwrap_or_default();
        let vanished = todo.difference(&there);
        work.current.todo = todo.difference(&vanished).to_string();
        self.write_flags(work, &FlagBatch { flags: Vec::new(), gone })
    }

    fn write_flags(&mut self, work: &mut FolderWork, batch: &FlagBatch) -> Result<(), PassError> {
        work.current.highest_modseq = work.modseq;
        let (changed, gone) = self.store.write_flags(&work.current, batch)?;
        work.report.flags_changed += changed;
        work.report.messages_gone += gone;
        Ok(())
    }

    /// After a renumbering: match what is stored by Message-ID and size, so that
    /// only what is really new has to be fetched.
    fn rematch(&mut self, work: &mut FolderWork, new: Option<crate::store::folders::NewRange>) -> Result<(), PassError> {
        self.store.forget_locations(&work.current)?;
        self.store.begin_folder(&work.current, new)?;
        let all = UidSet::parse(&work.current.todo).unwrap_or_default();
        for page in pages(&all, transfer::CHUNK) {
            let mut found: Vec<(u32, u8, u32, MessageId)> = Vec::new();
            self.source.fetch(&page, FetchPart::Header, &mut |fetched: Fetched| {
                let message = mail::ingest(&fetched.bytes, fetched.bytes.len() as u64).message;
                found.push((fetched.uid, flag_bits(&fetched.flags), fetched.size, message.message_id));
                Ok(())
            })?;
            let before = work.current.clone();
            let matched = self.store.rematch(&work.current, &found)?;
            let todo = UidSet::parse(&work.current.todo).unwrap_or_default();
            work.current.todo = todo.difference(&matched.into_iter().collect()).to_string();
            if work.current != before {
                self.store.begin_folder(&work.current, None)?;
            }
        }
        work.current.highest_modseq = work.modseq;
        self.store.begin_folder(&work.current, None)?;
        Ok(())
    }

    /// Mail that was moved here keeps its text, its ticket and whether it was read: what has
    /// left another folder is recognised by a few fields of its header, and not fetched again.
    fn relink(&mut self, work: &mut FolderWork, uids: &UidSet) -> Result<(), PassError> {
        let mut linked: UidSet =
            self.store.known_beyond(work.current.id, uids.ranges().first().map_or(u32::MAX, |(low, _)| *low))?.into_iter().collect();
        let unknown = if self.store.has_departed()? { uids.difference(&linked) } else { UidSet::new() };
        for page in pages(&unknown, transfer::CHUNK) {
            let mut found = Vec::new();
            self.source.fetch(&page, FetchPart::Identity, &mut |fetched: Fetched| {
                work.report.bytes += fetched.bytes.len() as u64;
                let ingested = mail::ingest(&fetched.bytes, fetched.bytes.len() as u64);
                let (id, header_hash) = (ingested.message.message_id, ingested.header_hash);
                found.push(Known { uid: fetched.uid, flags: flag_bits(&fetched.flags), size: fetched.size, id, header_hash });
                Ok(())
            })?;
            linked.union(&self.store.relink(&work.current, &found)?.into_iter().collect());
        }
        let todo = UidSet::parse(&work.current.todo).unwrap_or_default();
        work.current.todo = todo.difference(&linked).to_string();
        if !linked.is_empty() {
            self.store.begin_folder(&work.current, None)?;
        }
        Ok(())
    }

    fn transfer(&mut self, work: &mut FolderWork, uids: &UidSet, part: FetchPart) -> Result<(), PassError> {
        if uids.is_empty() {
            return Ok(());
        }
        if uids.len() <= FEW {
            return self.transfer_some(work, uids, part);
        }
        self.store.begin_bulk()?;
        let outcome = self.transfer_some(work, uids, part);
        self.store.end_bulk()?;
        outcome
    }

    fn transfer_some(&mut self, work: &mut FolderWork, uids: &UidSet, part: FetchPart) -> Result<(), PassError> {
        transfer::run(self, uids, part, &mut work.current, &mut work.report)
    }

    /// Large messages come in part; the whole of those that somebody asked for comes here.
    fn fetch_wanted(&mut self, work: &mut FolderWork) -> Result<(), PassError> {
        let uids: UidSet = self.store.wanted()?.into_iter().filter(|wanted| wanted.folder == work.current.name).map(|wanted| wanted.uid).collect();
        for uid in uids.iter() {
            let mut whole = None;
            self.source.fetch(&UidSet::range(uid, uid), FetchPart::Whole, &mut |fetched| {
                whole = Some(fetched);
                Ok(())
            })?;
            if let Some(fetched) = whole {
                work.report.bytes += fetched.bytes.len() as u64;
                let arrived = Preparer::new(self.context).prepare(&fetched, work.current.role, false);
                let outcome = self.store.write_batch(&work.current, vec![arrived])?;
                work.report.tickets.extend(outcome.tickets);
            }
        }
        Ok(())
    }
}

/// So many messages are fetched without taking more memory for it.
const FEW: u64 = 500;

/// A folder while it is being worked on.
struct FolderWork {
    report: FolderReport,
    current: FolderProgress,
    modseq: u64,
    selected: Selected,
}

/// Cuts a set into pieces of at most `size` UIDs, newest first.
pub(super) fn pages(uids: &UidSet, size: u32) -> Vec<UidSet> {
    let mut rest = uids.clone();
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let page = rest.newest(size);
        rest = rest.difference(&page);
        pages.push(page);
    }
    pages
}

/// What a stopped pass says.
pub(super) fn stopped() -> SourceError {
    SourceError::new(Trouble::Unreachable, "stopped on request")
}
