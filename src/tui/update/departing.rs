//! Mail on its way out: the time in which it can be called back, and what became of it.

use std::time::Duration;

use super::{compose, held, hint, perform, queue, say};
use crate::domain::Timestamp;
use crate::protocol::answer::SendOutcome;
use crate::protocol::job::Job;
use crate::tui::model::{Alarm, Composing, Departing, Model, Purpose};
use crate::tui::msg::Effect;

/// The mail is in the outbox and leaves at a time.
pub(super) fn take_scheduled(model: &mut Model, id: i64, at: Timestamp) -> Vec<Effect> {
    let to = model.composing.as_ref().map(recipient).unwrap_or_default();
    model.departing.push(Departing { id, to, at });
    compose::leave(model);
    count_down(model);
    queue::refresh(model)
}

pub(super) fn recipient(composing: &Composing) -> String {
    composing.draft.to.first().map(|address| address.label().to_owned()).unwrap_or_default()
}

/// Sets the alarm for the next second that is told, if anything is leaving. Without animations only the end is awaited.
pub(super) fn count_down(model: &mut Model) {
    let Some(next) = model.departing.iter().map(|mail| mail.at).min() else { return };
    let second = model.now.checked_add(Duration::from_secs(1)).unwrap_or(next);
    model.alarms.insert(Alarm::SendWindow, if model.look.animations { next.min(second) } else { next });
}

/// A second has passed: what is due leaves.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let (due, left): (Vec<_>, Vec<_>) = std::mem::take(&mut model.departing).into_iter().partition(|mail| mail.at <= now);
    model.departing = left;
    count_down(model);
    due.into_iter().map(|mail| Effect::Send(super::ask(model, Purpose::Depart { id: mail.id, to: mail.to }, Job::SendScheduled(mail.id)))).collect()
}

/// Calls the mail back that was sent last, if one can still be; `None` if none is leaving.
pub(super) fn call_back(model: &mut Model) -> Option<Vec<Effect>> {
    if model.departing.is_empty() {
        return None;
    }
    if model.composing.is_some() {
        hint(model, "another text is being written; keep or send it first");
        return Some(Vec::new());
    }
    let mail = model.departing.pop()?;
    forget(model, mail.id);
    say(model, "called back; nothing was sent");
    Some(vec![perform(model, Purpose::Open, Job::Recall(mail.id))])
}

/// The mail is another's business now: it is counted down no more.
pub(super) fn forget(model: &mut Model, id: i64) {
    model.departing.retain(|mail| mail.id != id);
    if model.departing.is_empty() {
        model.alarms.remove(&Alarm::SendWindow);
    }
}

/// Says what became of a mail.
pub(super) fn tell(model: &mut Model, outcome: SendOutcome, to: &str) {
    match outcome {
        SendOutcome::Sent => say(model, if to.is_empty() { "sent".to_owned() } else { format!("sent to {to}") }),
        SendOutcome::Queued(why) => {
            let said = format!("kept in the outbox: {why}");
            model.outbox.said = Some(said.clone());
            hint(model, said);
        }
        SendOutcome::Held(why) => hint(model, format!("held: {why}; v in the outbox (g o) shows both texts")),
        SendOutcome::Refused(why) => hint(model, format!("the server refused it: {why}; g o shows the outbox")),
        SendOutcome::Uncertain(why) => hint(model, format!("it is uncertain whether it was sent: {why}; g o shows the outbox")),
        SendOutcome::Objected(_) => {}
    }
}

/// A mail whose time had come was handed over.
pub(super) fn take_departed(model: &mut Model, id: i64, outcome: SendOutcome, to: &str) -> Vec<Effect> {
    if outcome == SendOutcome::Sent {
        // Who quits now is not asked about it, although the outbox has not been read again.
        model.outbox.left_the_house(id);
    }
    let is_held = matches!(outcome, SendOutcome::Held(_));
    model.outbox.announced.insert(id);
    tell(model, outcome, to);
    let mut effects = queue::refresh(model);
    effects.extend(if is_held { held::open_when_free(model, Some(id)) } else { Vec::new() });
    effects
}

/// What the status line says of the mail that leaves next.
pub fn countdown(model: &Model) -> Option<String> {
    let next = model.departing.iter().min_by_key(|mail| mail.at)?;
    let left = next.at.as_second() - model.now.as_second();
    let more = if model.departing.len() > 1 { format!(" and {} more", model.departing.len() - 1) } else { String::new() };
    // A number that does not move would lie.
    let when =
        if model.look.animations { format!("in {} s", left.max(0)) } else { format!("at {}", next.at.to_zoned(model.zone.clone()).strftime("%T")) };
    Some(format!("sending to {}{more} {when}, u calls it back", next.to))
}
