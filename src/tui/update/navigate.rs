//! Moving on and between screens.

use super::{bulk, compose, confirm, hint, marks, queue, read, saving, say};
use crate::action::Scope;
use crate::protocol::job::Job;
use crate::tui::help;
use crate::tui::model::{Confirmed, HelpScreen, Model, Purpose, Screen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::review;
use crate::tui::verb::Motion;

/// Moves the selection of a list, or scrolls a text; says so where there is nowhere to go.
pub(super) fn motion(model: &mut Model, motion: Motion) -> Vec<Effect> {
    let before = position(model);
    let effects = moved(model, motion);
    if position(model) == before && model.toast.is_none() && model.screen() != Screen::Ticket {
        hint(model, if motion.is_down() { "this is the end" } else { "this is the beginning" });
    }
    effects
}

/// Where the selection, or the first line in sight, is.
fn position(model: &Model) -> usize {
    match model.screen() {
        Screen::Queue if model.queue.preview.focused => model.queue.preview.scroll,
        Screen::Queue => model.queue.index().unwrap_or(0),
        Screen::Ticket => model.ticket.scroll,
        Screen::Review => model.composing.as_ref().map_or(0, |composing| composing.scroll),
        Screen::Drafts => model.drafts.selected,
        Screen::Conflicts => model.conflicts.selected,
        Screen::Compose => 0,
        Screen::Source => model.source.scroll,
        Screen::Jobs => model.jobs.row,
        Screen::Outbox => model.outbox.selected,
        Screen::Held => model.held.scroll,
        Screen::Help => model.help.scroll,
    }
}

fn moved(model: &mut Model, motion: Motion) -> Vec<Effect> {
    let layout = model.layout();
    let body = usize::from(layout.body.height.max(1));
    match model.screen() {
        Screen::Queue => return queue::step(model, motion),
        Screen::Ticket => {
            super::reading::motion(model, motion);
        }
        Screen::Review => {
            let width = usize::from(model.width);
            if let Some(composing) = &mut model.composing {
                let lines = review::lines(composing, width).len();
                composing.scroll = scrolled(composing.scroll, motion, lines, body);
            }
        }
        Screen::Drafts => model.drafts.selected = stepped(model.drafts.selected, motion, model.drafts.lines.len(), body),
        Screen::Conflicts => model.conflicts.selected = stepped(model.conflicts.selected, motion, model.conflicts.lines.len(), body),
        // The keys of the text move in it.
        Screen::Compose => {}
        Screen::Source => model.source.scroll = scrolled(model.source.scroll, motion, model.source.lines.len(), body),
        Screen::Jobs => super::jobs::motion(model, motion),
        Screen::Outbox => model.outbox.selected = stepped(model.outbox.selected, motion, model.outbox.lines.len(), body),
        Screen::Held => {
            let width = usize::from(model.width.saturating_sub(2));
            let lines = model.held.mail.as_ref().map_or(0, |mail| crate::tui::held::rows(mail, width, model.now).len());
            model.held.scroll = scrolled(model.held.scroll, motion, lines, body);
        }
        Screen::Help => {
            let lines = help::rows(model).len();
            model.help.scroll = scrolled(model.help.scroll, motion, lines, body);
        }
    }
    Vec::new()
}

/// The new index in a list of `count` with `page` lines on the screen.
pub(super) fn stepped(index: usize, motion: Motion, count: usize, page: usize) -> usize {
    let last = count.saturating_sub(1);
    let by = |lines: i64| usize::try_from((index as i64).saturating_add(lines).max(0)).unwrap_or(0).min(last);
    match motion {
        Motion::Lines(n) => by(i64::from(n)),
        Motion::HalfPages(n) => by(i64::from(n) * (page / 2).max(1) as i64),
        Motion::Pages(n) => by(i64::from(n) * page.saturating_sub(1).max(1) as i64),
        Motion::Top => 0,
        Motion::Bottom => last,
    }
}

/// The new first line of a text of `count` lines: the last page is full.
fn scrolled(top: usize, motion: Motion, count: usize, page: usize) -> usize {
    let last_top = count.saturating_sub(page);
    stepped(top, motion, count, page).min(last_top)
}

pub(super) fn open_outbox(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Review | Screen::Compose) {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    if model.screen() != Screen::Outbox {
        model.screens.push(Screen::Outbox);
    }
    vec![read(model, Lane::Outbox, Purpose::Outbox, Job::Outbox)]
}

pub(super) fn help(model: &mut Model) -> Vec<Effect> {
    if model.scope() == Scope::Help {
        return back(model);
    }
    model.help = HelpScreen { about: model.scope(), scroll: 0 };
    model.screens.push(Screen::Help);
    Vec::new()
}

pub(super) fn sync_now(model: &mut Model) -> Vec<Effect> {
    if model.sync.never {
        hint(model, "offline: started with --offline, nothing is fetched or sent");
        return Vec::new();
    }
    if model.sync.running.is_some() {
        hint(model, "a sync is running");
        return Vec::new();
    }
    say(model, "syncing");
    vec![Effect::SyncNow(super::ask(model, Purpose::Sync, Job::Sync))]
}

/// Back one level; from the queue out, asking first when mail waits.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.screen() != Screen::Queue {
        return back(model);
    }
    let mut open = Vec::new();
    match model.outbox.waiting() {
        0 => {}
        1 => open.push("One mail waits in the outbox; it goes out with a later sync.".to_owned()),
        count => open.push(format!("{count} mails wait in the outbox; they go out with a later sync.")),
    }
    if let Some(bulk) = &model.bulk {
        open.push(format!("A change to {} tickets is being made; the rest of them stays as it is.", bulk.total));
    }
    if model.composing.is_some() {
        open.push("A reply is being prepared or sent.".to_owned());
    }
    if open.is_empty() {
        return super::leave_program(model);
    }
    confirm(model, "Quit?", open, Confirmed::Quit);
    Vec::new()
}

pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    match model.screen() {
        Screen::Compose => compose::to_review(model),
        Screen::Review => saving::keep(model),
        Screen::Queue if model.queue.preview.focused => queue::next_pane(model),
        Screen::Queue if model.queue.filter.is_some() => {
            model.queue.filter = None;
            hint(model, "filter cleared");
            let selected = model.queue.selected.clone();
            let effects = queue::start_over(model);
            model.queue.selected = selected;
            effects
        }
        Screen::Queue if marks::clear(model) => {
            hint(model, "marks cleared");
            Vec::new()
        }
        Screen::Queue => {
            hint(model, "nothing to cancel; q quits");
            Vec::new()
        }
        Screen::Ticket if model.ticket.find.is_some() => {
            model.ticket.find = None;
            hint(model, "no words are looked for any more");
            Vec::new()
        }
        Screen::Ticket if !model.ticket.before.is_empty() => super::ticket::back(model).unwrap_or_default(),
        Screen::Source => {
            model.screens.pop();
            Vec::new()
        }
        Screen::Ticket | Screen::Drafts | Screen::Outbox | Screen::Held | Screen::Conflicts | Screen::Jobs | Screen::Help => {
            model.screens.pop();
            queue::ask_preview(model)
        }
    }
}

pub(super) fn interrupt(model: &mut Model) -> Vec<Effect> {
    model.pending.clear();
    if model.interrupted {
        return super::leave_program(model);
    }
    if model.overlay.is_some() {
        return super::overlay::cancel(model);
    }
    model.interrupted = true;
    if bulk::stop(model) {
        return Vec::new();
    }
    if model.sync.running.is_some() {
        hint(model, "sync stopped; ctrl-c again quits");
        return vec![Effect::StopSync];
    }
    hint(model, "nothing is running; ctrl-c again quits");
    Vec::new()
}
