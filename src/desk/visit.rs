//! A visit to the mail server: what everything that is done over one session works with.

use super::Progress;
use crate::protocol::json::SyncReport;
use crate::sync::source::{MailSource, Waker};

/// A session, and who hears of what is done over it.
pub(super) struct Visit<'a> {
    pub source: &'a mut dyn MailSource,
    /// Is told how far it has come.
    pub progress: &'a mut dyn FnMut(Progress),
    /// Ends it when woken.
    pub stop: &'a Waker,
    /// What was done so far.
    pub report: SyncReport,
}
