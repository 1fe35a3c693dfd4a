//! What the screen is told without having asked.

use super::answer::{Answer, Complaint};
use super::json::SyncReport;
use crate::domain::arrivals::Arrivals;
use crate::domain::{TicketKey, Timestamp};

/// Something happened that nobody asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These tickets changed; empty means "many, ask again".
    Tickets(Vec<TicketKey>),
    SyncProgress {
        what: String,
        done: u64,
        total: u64,
        bytes: u64,
    },
    /// What a pass did that is over; its end is told by [`News::SyncEnded`].
    SyncReport {
        at: Timestamp,
        report: Box<SyncReport>,
    },
    SyncEnded {
        at: Timestamp,
        error: Option<Complaint>,
    },
    /// Somebody asked for an end; nothing is synced until somebody asks for it.
    SyncStopped,
    /// After trouble: when it is tried again.
    NextTry(Timestamp),
    /// Another process keeps the desk up to date; it is looked again whether it still does.
    SyncElsewhere,
    /// When a sync succeeded last, before this run.
    LastSync(Timestamp),
    Outbox,
    /// Customers have written.
    Arrived(Arrivals),
    /// A worker died and was started again.
    WorkerFailed {
        worker: &'static str,
        why: String,
    },
}

/// What the screen receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromWorker {
    Reply { id: u64, result: Result<Answer, Complaint> },
    News(News),
}
