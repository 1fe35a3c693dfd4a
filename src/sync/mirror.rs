//! The mirror: what ordinary mail programs are shown of the team's work.
//!
//! Only the author of an event mirrors it, once the team can see it, and nothing of it is
//! ever read back as truth: the log says what a ticket's status is. What is owed is a row in
//! `data.db` that goes when the server has been told, and what a folder bears already is not
//! told again; so an interrupted run is simply run once more.

mod keywords;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use super::pass::PassError;
use super::source::{Flags, Keeps, MailSource, Relocation, Selected, SourceResult, Trouble, UidSet};
use crate::domain::Timestamp;
use crate::domain::ticket::Status;
use crate::store::Store;
use crate::store::folders::FolderRole;
use crate::store::mail_in::{ANSWERED, FLAGGED, HOLD, PENDING, SEEN, SOLVED, SPAM};
use keywords::Keywords;
use plan::{FolderPlan, Move, Task};

/// The keywords, one for each status but `open`: a mail without any belongs to an open ticket.
const KEYWORDS: [(u8, &str); 4] = [(PENDING, "postdesk-pending"), (HOLD, "postdesk-hold"), (SOLVED, "postdesk-solved"), (SPAM, "postdesk-spam")];

/// A server that refuses a mark or a move so often is left alone with it.
const TRIES: u32 = 5;

/// Where mail goes when its ticket is solved, or is spam; `None`: it stays where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub archive: Option<String>,
    pub junk: Option<String>,
}

impl Moves {
    fn target(&self, role: FolderRole) -> Option<&str> {
        match role {
            FolderRole::Archive => self.archive.as_deref(),
            FolderRole::Junk => self.junk.as_deref(),
            FolderRole::Inbox | FolderRole::Sent => None,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// Messages whose flags or keywords were changed.
    pub marked: u64,
    pub moved: u64,
    pub errors: Vec<String>,
}

/// Everything a run works with.
pub struct Mirror<'a> {
    pub store: &'a mut Store,
    pub source: &'a mut dyn MailSource,
    /// The folders there are of those that are read.
    pub folders: &'a [(String, FolderRole)],
    pub moves: &'a Moves,
    pub now: Timestamp,
}

impl std::fmt::Debug for Mirror<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mirror").field("moves", self.moves).finish_non_exhaustive()
    }
}

/// The bits of those keywords that are ours.
pub fn keyword_bits(keywords: &[String]) -> u8 {
    let is_there = |name: &str| keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(name));
    KEYWORDS.iter().filter(|(_, name)| is_there(name)).fold(0, |bits, (bit, _)| bits | bit)
}

/// The keyword of a status; 0: it has none.
fn keyword_of(status: Status) -> u8 {
    match status {
        Status::Open => 0,
        Status::Pending => PENDING,
        Status::Hold => HOLD,
        Status::Solved => SOLVED,
        Status::Spam => SPAM,
    }
}

const ALL_KEYWORDS: u8 = PENDING | HOLD | SOLVED | SPAM;

/// Flags and keywords of bits.
fn flags(bits: u8) -> Flags {
    let keywords = KEYWORDS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| (*name).to_owned()).collect();
    Flags { seen: bits & SEEN != 0, answered: bits & ANSWERED != 0, flagged: bits & FLAGGED != 0, keywords, ..Flags::default() }
}

/// The bits a folder keeps.
fn kept(keeps: &Keeps) -> u8 {
    let system = [(SEEN, keeps.flags.seen), (ANSWERED, keeps.flags.answered), (FLAGGED, keeps.flags.flagged)];
    let keywords = KEYWORDS.map(|(bit, name)| (bit, keeps.keyword(name)));
    system.into_iter().chain(keywords).filter(|(_, is_kept)| *is_kept).fold(0, |bits, (bit, _)| bits | bit)
}

/// What a run could not do.
#[derive(Default)]
struct Left {
    /// Folders that have been numbered anew since they were read.
    stale: BTreeSet<i64>,
    /// Folders that are there and could not be opened.
    shut: BTreeSet<i64>,
    /// Rows of which the server has refused something.
    refused: BTreeSet<i64>,
    /// Rows whose keywords a folder does not take now, and until when it is left alone with them.
    later: BTreeMap<Timestamp, BTreeSet<i64>>,
}

/// A run under way.
struct Run<'a, 'b> {
    mirror: &'b mut Mirror<'a>,
    done: Mirrored,
    left: Left,
    /// Targets that exist.
    ready: BTreeSet<String>,
}

impl Mirror<'_> {
    /// Tells the server everything that is owed to it.
    ///
    /// What a folder refuses is tried by a few more syncs and then left; a session that
    /// breaks ends the run, and the next one goes on.
    ///
    /// # Errors
    /// The session died or a file cannot be read or written.
    pub fn run(&mut self) -> Result<Mirrored, PassError> {
        let tasks = plan::tasks(self.store, self.moves, self.now)?;
        let mut run = Run { mirror: self, done: Mirrored::default(), left: Left::default(), ready: BTreeSet::new() };
        for folder in plan::by_folder(&tasks) {
            run.folder(&folder)?;
        }
        let Run { done, left, .. } = run;
        self.finish(&tasks, &left)?;
        Ok(done)
    }

    /// Strikes off what is done, or has been tried often enough.
    fn finish(&mut self, tasks: &[Task], left: &Left) -> Result<(), PassError> {
        let (mut rows, mut again, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let lies_in = |task: &Task, folders: &BTreeSet<i64>| task.places.iter().any(|place| folders.contains(&place.folder));
        for task in tasks.iter().filter(|task| !task.waits && !lies_in(task, &left.stale)) {
            let is_shut = lies_in(task, &left.shut);
            let has = |rows: &BTreeSet<i64>| task.row.is_some_and(|row| rows.contains(&row));
            if is_shut || has(&left.refused) {
                let kind = if task.tries + 1 < TRIES { &mut again } else { &mut rows };
                kind.extend(task.row);
            } else if !left.later.values().any(has) {
                rows.extend(task.row);
            }
            seen.extend(task.seen.clone().filter(|_| !is_shut));
        }
        self.store.mirror_refused(&again)?;
        for (until, rows) in &left.later {
            self.store.mirror_later(&rows.iter().copied().collect::<Vec<_>>(), *until)?;
        }
        self.store.mirrored(&rows)?;
        Ok(self.store.seen_sent(&seen)?)
    }
}

impl Run<'_, '_> {
    fn folder(&mut self, folder: &FolderPlan) -> Result<(), PassError> {
        let selected = match self.mirror.source.select(&folder.name, None) {
            Err(error) if error.is_fatal() => return Err(error.into()),
            // It has gone since: the next pass knows.
            Err(error) if error.trouble == Trouble::NoFolder => return Ok(()),
            // Its server may be busy with it.
            Err(_) => {
                self.left.shut.insert(folder.id);
                return Ok(());
            }
            // Its UIDs mean other messages now.
            Ok(selected) if selected.uid_validity != folder.uid_validity => {
                self.left.stale.insert(folder.id);
                return Ok(());
            }
            Ok(selected) => selected,
        };
        if selected.read_only {
            if !folder.moves.is_empty() {
                self.say_once(&format!("mail stays in {}, which can only be read", folder.name))?;
            }
            return Ok(());
        }
        self.marks(folder, &selected)?;
        for (target, moves) in &folder.moves {
            self.move_all(folder, *target, moves)?;
        }
        Ok(())
    }

    /// System flags and keywords apart: who refuses the ones may take the others.
    fn marks(&mut self, folder: &FolderPlan, selected: &Selected) -> Result<(), PassError> {
        let kept = kept(&selected.keeps);
        for (mark, uids) in &folder.marks {
            let (set, clear) = (mark.set & kept, mark.clear & kept);
            let mut has_changed = false;
            for (bits, on) in [(set & !ALL_KEYWORDS, true), (clear & !ALL_KEYWORDS, false), (clear & ALL_KEYWORDS, false), (set & ALL_KEYWORDS, true)]
            {
                has_changed |= bits != 0 && self.store(folder, uids, bits, on, &mark.rows)?;
            }
            self.done.marked += if has_changed { uids.len() } else { 0 };
        }
        Ok(())
    }

    /// Tells whether the folder took it.
    fn store(&mut self, folder: &FolderPlan, uids: &UidSet, bits: u8, on: bool, rows: &[i64]) -> Result<bool, PassError> {
        let now = self.mirror.now;
        if let Some(until) = self.keywords_of(folder)?.rest(now).filter(|_| bits & ALL_KEYWORDS != 0) {
            self.left.later.entry(until).or_default().extend(rows);
            return Ok(false);
        }
        match self.mirror.source.store_flags(uids, &flags(bits), on) {
            Ok(()) => {
                let (set, clear) = if on { (bits, 0) } else { (0, bits) };
                self.mirror.store.note_flags(folder.id, uids.iter(), set, clear)?;
                if bits & ALL_KEYWORDS != 0 {
                    self.keywords_of(folder)?.taken(self.mirror.store)?;
                }
                Ok(true)
            }
            Err(error) if error.is_fatal() => Err(error.into()),
            // Whatever it promised: there is a limit, none are wanted, or it is busy.
            Err(error) if bits & ALL_KEYWORDS != 0 => {
                let until = self.keywords_of(folder)?.refused(self.mirror.store, now, &error)?;
                self.left.refused.extend(rows);
                self.left.later.entry(until).or_default().extend(rows);
                Ok(false)
            }
            Err(_) => {
                self.left.refused.extend(rows);
                Ok(false)
            }
        }
    }

    fn keywords_of(&self, folder: &FolderPlan) -> Result<Keywords, PassError> {
        Ok(Keywords::of(self.mirror.store, &folder.name, folder.uid_validity)?)
    }

    fn move_all(&mut self, folder: &FolderPlan, role: FolderRole, moves: &[Move]) -> Result<(), PassError> {
        let Some(target) = self.mirror.moves.target(role).map(str::to_owned).filter(|target| *target != folder.name) else { return Ok(()) };
        if self.mirror.source.relocation() == Relocation::Never {
            return self.say_once("mail stays in its folder: the server offers neither MOVE nor UIDPLUS, without which nothing can be moved safely");
        }
        let moved = match self.make(&target) {
            Ok(()) => self.relocate(folder, role, &target, moves)?,
            Err(error) => Err(error),
        };
        match moved {
            Ok(()) => self.done.moved += moves.len() as u64,
            Err(error) if error.is_fatal() => return Err(error.into()),
            Err(error) => {
                self.left.refused.extend(moves.iter().map(|one| one.row));
                self.done.errors.push(format!("mail cannot be moved from {} to {target}: {error}. {}", folder.name, error.remedy()));
            }
        }
        Ok(())
    }

    /// Makes the target when the first mail goes there.
    fn make(&mut self, target: &str) -> SourceResult<()> {
        if self.ready.contains(target) {
            return Ok(());
        }
        let is_known = self.mirror.folders.iter().any(|(name, _)| name == target);
        if !is_known || self.mirror.source.glance(target).is_err_and(|error| !error.is_fatal()) {
            self.mirror.source.create(target)?;
        }
        self.ready.insert(target.to_owned());
        Ok(())
    }

    fn relocate(&mut self, folder: &FolderPlan, role: FolderRole, target: &str, moves: &[Move]) -> Result<SourceResult<()>, PassError> {
        let uids: UidSet = moves.iter().map(|one| one.uid).collect();
        let landed = match self.mirror.source.relocation() {
            Relocation::AtOnce => self.mirror.source.move_to(&uids, target),
            _ => self.by_copy(target, moves)?,
        };
        match landed {
            Ok(landed) => {
                if let Some(landed) = landed {
                    self.mirror.store.note_moved(folder.id, target, role, landed.uid_validity, &landed.uids)?;
                }
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// A message that was copied before a break is not copied again: only its original goes.
    fn by_copy(&mut self, target: &str, moves: &[Move]) -> Result<SourceResult<Option<super::source::Landed>>, PassError> {
        let all: UidSet = moves.iter().map(|one| one.uid).collect();
        let fresh: Vec<&Move> = moves.iter().filter(|one| !(one.has_begun && one.is_there)).collect();
        let uids: UidSet = fresh.iter().map(|one| one.uid).collect();
        self.mirror.store.begin_moves(&fresh.iter().map(|one| one.row).collect::<Vec<_>>())?;
        let landed = if uids.is_empty() { Ok(None) } else { self.mirror.source.copy_to(&uids, target) };
        Ok(match landed {
            Ok(landed) => self.mirror.source.expunge(&all).map(|_| landed),
            Err(error) => Err(error),
        })
    }

    /// What stays true is told by one sync, not by each.
    fn say_once(&mut self, what: &str) -> Result<(), PassError> {
        let name = format!("said: {what}");
        if self.mirror.store.remembered(&name)?.is_none() {
            self.mirror.store.remember(&name, "yes")?;
            self.done.errors.push(what.to_owned());
        }
        Ok(())
    }
}
