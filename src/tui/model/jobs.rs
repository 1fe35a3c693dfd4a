//! What syncing and sending are about, how far they have come, and what went wrong on the way.

use std::collections::VecDeque;

use super::Model;
use crate::domain::Timestamp;
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::Complaint;

/// So many passes that did something are remembered.
pub const PAST_KEPT: usize = 50;
/// So many troubles are kept; the oldest go first.
pub const TROUBLES_KEPT: usize = 50;

#[derive(Clone, Debug, Default)]
pub struct Jobs {
    pub folders: Vec<FolderJob>,
    /// The newest first. Each stays until it is dismissed, or what failed succeeds.
    pub troubles: Vec<Trouble>,
    /// What passes did, the newest first.
    pub past: VecDeque<PastJob>,
    /// What the cursor is on, and the row it was on.
    pub selected: Option<JobRow>,
    pub row: usize,
    pub last_id: u64,
}

/// A folder of the mailbox, as far as syncs have spoken of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderJob {
    pub name: String,
    pub is_running: bool,
    /// Messages fetched of those that were to be fetched.
    pub done: u64,
    pub total: u64,
    pub bytes: u64,
    /// New messages of the last pass.
    pub new: u64,
    pub mode: String,
    pub last_success: Option<Timestamp>,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub id: u64,
    pub about: About,
    pub first: Timestamp,
    pub last: Timestamp,
    pub times: u32,
    pub complaint: Complaint,
}

/// What a trouble is about: success with the same ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Sync,
    Folder(String),
    /// Another part of a pass.
    Part,
    Worker(&'static str),
}

/// What one pass did, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastJob {
    pub id: u64,
    pub at: Timestamp,
    pub what: String,
}

/// A row of the screen, by what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobRow {
    Sync,
    /// What the team's folder lacks.
    Log,
    Trouble(u64),
    Folder(String),
    Sending,
    /// Changes of ours that were not applied.
    Conflicts,
    /// A mail of the outbox.
    Mail(i64),
    Past(u64),
}

impl Jobs {
    /// The next number for something that is remembered.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Changes what is known of a folder; one that nobody spoke of before is added.
    pub fn with_folder(&mut self, name: &str, change: impl FnOnce(&mut FolderJob)) {
        match self.folders.iter_mut().find(|folder| folder.name == name) {
            Some(folder) => change(folder),
            None => {
                let mut folder = FolderJob { name: name.to_owned(), ..FolderJob::default() };
                change(&mut folder);
                self.folders.push(folder);
            }
        }
    }

    pub fn trouble(&self, id: u64) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.id == id)
    }

    /// The last worker that failed.
    pub fn failed_worker(&self) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| matches!(trouble.about, About::Worker(_)))
    }
}

impl Model {
    /// The rows of the jobs screen, from the top: trouble stands right under the sync.
    pub fn job_rows(&self) -> Vec<JobRow> {
        let jobs = &self.jobs;
        let mut rows = vec![JobRow::Sync];
        rows.extend(self.sync.log_loss.as_ref().map(|_| JobRow::Log));
        rows.extend((!self.conflicts.lines.is_empty()).then_some(JobRow::Conflicts));
        rows.extend(jobs.troubles.iter().map(|trouble| JobRow::Trouble(trouble.id)));
        rows.extend(jobs.folders.iter().map(|folder| JobRow::Folder(folder.name.clone())));
        rows.push(JobRow::Sending);
        rows.extend(self.outbox.lines.iter().filter(|line| line.state != OutboxState::Sent).map(|line| JobRow::Mail(line.id)));
        rows.extend(jobs.past.iter().map(|past| JobRow::Past(past.id)));
        rows
    }

    /// The row the cursor is on: where its subject stands now, else where it stood.
    pub fn job_index(&self, rows: &[JobRow]) -> usize {
        let there = self.jobs.selected.as_ref().and_then(|selected| rows.iter().position(|row| row == selected));
        there.unwrap_or(self.jobs.row).min(rows.len().saturating_sub(1))
    }
}
