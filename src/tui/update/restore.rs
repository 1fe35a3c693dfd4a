//! The team's log has lost something that this computer knows: its agent is asked before anything is put back.

use super::{confirm, perform};
use crate::protocol::job::Job;
use crate::protocol::json::SyncReport;
use crate::tui::model::{Confirmed, LogLoss, Model, Purpose, Screen};
use crate::tui::msg::Effect;

/// Takes in what a pass has found. Who has said no is not asked again about the same.
pub(super) fn note(model: &mut Model, report: &SyncReport) {
    let what = report.log_trouble.as_ref().filter(|_| report.log_can_be_restored).map(|trouble| trouble.what.clone());
    let was_asked = model.sync.log_loss.take().is_some_and(|loss| loss.is_asked);
    model.sync.log_loss = what.map(|what| LogLoss { what, is_asked: was_asked });
}

/// Asks once nothing is being typed or chosen.
pub(super) fn announce(model: &mut Model) {
    let is_free = matches!(model.screen(), Screen::Queue | Screen::Ticket | Screen::Jobs | Screen::Outbox | Screen::Drafts);
    let is_due = model.sync.log_loss.as_ref().is_some_and(|loss| !loss.is_asked);
    if is_free && is_due && model.overlay.is_none() && !model.has_keys_waiting() {
        ask(model);
    }
}

pub(super) fn ask(model: &mut Model) {
    let Some(loss) = &mut model.sync.log_loss else { return };
    loss.is_asked = true;
    let (first, rest) = loss.what.split_at(loss.what.chars().next().map_or(0, char::len_utf8));
    let question = format!("Put the team's log back, as this computer knows it? {}{}.", first.to_uppercase(), rest);
    let key = model.keymap.key_of(model.scope(), "go-jobs").unwrap_or_else(|| ":go-jobs".to_owned());
    let remarks = vec![
        "Nothing was lost here. Until then nothing is written there; what you do waits in order.".to_owned(),
        "Yes writes into the folder what it lacks: everybody's changes, as far as they are known here. Several may do it.".to_owned(),
        format!("Say no if it was only renamed, or while the server repairs itself; {key} comes back to this."),
    ];
    confirm(model, question, remarks, Confirmed::RestoreLog);
}

/// The agent has said yes.
pub(super) fn confirmed(model: &mut Model) -> Vec<Effect> {
    vec![perform(model, Purpose::Act(None), Job::RestoreLog)]
}
