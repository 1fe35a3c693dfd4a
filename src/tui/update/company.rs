//! Colleagues at the ticket that is being answered: they are told of us, and we of them, before anything leaves.

use std::collections::BTreeSet;
use std::time::Duration;

use super::read;
use crate::domain::{TicketKey, Timestamp, sanitise};
use crate::protocol::answer::Company;
use crate::protocol::job::{Job, Known};
use crate::tui::model::{Alarm, Composing, Kind, Model, Purpose, Stage};
use crate::tui::msg::{Effect, Lane};

/// Whoever goes on typing says so again after this long, and not sooner.
pub const SAY_AGAIN: Duration = Duration::from_mins(3);
/// What is said of a moment is looked at again after this long.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The ticket that is being answered now.
fn answered(composing: &Composing) -> Option<TicketKey> {
    let is_written = matches!(composing.stage, Stage::Editing | Stage::Preparing | Stage::Ready);
    composing.draft.ticket.clone().filter(|_| is_written && composing.kind == Kind::Mail)
}

/// Tells colleagues when an answer begins to be written, goes on being typed, and is over.
pub(super) fn follow(model: &mut Model, is_typing: bool) -> Vec<Effect> {
    if model.is_closing {
        return Vec::new();
    }
    let now_at = model.composing.as_ref().and_then(answered);
    let (told, at) = model.replying_to.clone().unzip();
    let is_due = at.is_some_and(|at| is_typing && model.now.duration_since(at) >= jiff::SignedDuration::from_secs(SAY_AGAIN.as_secs() as i64));
    if now_at == told && !is_due {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if let Some(left) = told.filter(|told| now_at.as_ref() != Some(told)) {
        effects.push(tell(model, left, false));
    }
    if let Some(ticket) = &now_at {
        effects.push(tell(model, ticket.clone(), true));
    }
    model.replying_to = now_at.map(|ticket| (ticket, model.now));
    effects
}

/// Says that nothing is being answered here any more.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    match model.replying_to.take() {
        Some((ticket, _)) => vec![tell(model, ticket, false)],
        None => Vec::new(),
    }
}

fn tell(model: &mut Model, ticket: TicketKey, is_replying: bool) -> Effect {
    super::perform(model, Purpose::TellReplying, Job::TellReplying { ticket, is_replying })
}

/// Asks who else is at the ticket, and what has come since the answer was begun.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = model.composing.as_ref().filter(|composing| composing.kind == Kind::Mail) else { return Vec::new() };
    let Some(ticket) = composing.draft.ticket.clone() else { return Vec::new() };
    let draft = &composing.draft;
    let since = Known { seen: draft.seen.clone(), base: draft.base, answers: draft.answers.clone() };
    vec![read(model, Lane::Company, Purpose::Company, Job::Company { ticket, since })]
}

pub(super) fn take(model: &mut Model, company: Company) {
    let now = model.now;
    let Some(composing) = &mut model.composing else { return };
    if composing.draft.ticket.as_ref() != Some(&company.ticket) {
        return;
    }
    composing.company_lines = lines(&company, now);
    let is_somebody_here = !company.replying.is_empty();
    composing.company = Some(company);
    if is_somebody_here {
        look_again(model);
    }
}

/// A list or a text that says what somebody does now is read again in a while.
pub(super) fn look_again(model: &mut Model) {
    if let Ok(at) = model.now.checked_add(LOOK_AGAIN) {
        model.alarms.entry(Alarm::Company).or_insert(at);
    }
}

fn lines(company: &Company, now: Timestamp) -> Vec<String> {
    let clean = |text: String| sanitise::line(&text).into_owned();
    let news = company.news.iter().map(|(at, what)| clean(format!("{what} {}", ago(now, *at))));
    news.chain(company.replying.iter().map(|who| clean(format!("{} started a reply {}", who.agent, ago(now, who.since))))).collect()
}

/// `just now`, `2 min ago`, `3 h ago`.
fn ago(now: Timestamp, at: Timestamp) -> String {
    match (now.as_second() - at.as_second()) / 60 {
        ..1 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..2_880 => format!("{} h ago", minutes / 60),
        minutes => format!("{} days ago", minutes / 1_440),
    }
}

/// What the agent has to be asked about before the mail may leave.
pub(super) fn against(composing: &Composing) -> Vec<String> {
    let Some(company) = &composing.company else { return Vec::new() };
    let is_accepted = company.news.is_empty() && company.replying.iter().all(|who| composing.accepted.contains(&who.agent));
    if is_accepted { Vec::new() } else { composing.company_lines.iter().map(|line| format!("· {line}")).collect() }
}

/// The agent has read it and sends all the same: only what comes from here on stands against the mail.
pub(super) fn accept(composing: &mut Composing) {
    let Some(company) = &mut composing.company else { return };
    let now = company.now.clone();
    composing.draft.seen = now.seen.or(composing.draft.seen.take());
    composing.draft.base = now.base.or(composing.draft.base);
    composing.draft.answers = now.answers.or(composing.draft.answers.take());
    let agents: BTreeSet<String> = company.replying.iter().map(|who| who.agent.clone()).collect();
    composing.accepted.extend(agents);
    company.news.clear();
}
