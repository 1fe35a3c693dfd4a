//! The pointer: a click selects, the second one opens, the wheel moves.

use super::{conflicts, drafts, jobs, navigate, overlay, queue, reading, run, say, template, ticket, typing, views};
use crate::domain::outbox::OutboxState;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Model, Overlay, Screen};
use crate::tui::msg::Effect;
use crate::tui::pointer::{Pointer, Target};
use crate::tui::verb::Motion;
use crate::tui::view;

/// Lines of a text that one step of the wheel moves.
const STEP: i32 = 3;

pub(super) fn take(model: &mut Model, pointer: Pointer) -> Vec<Effect> {
    model.toast = None;
    model.pending.clear();
    model.which_key = false;
    match pointer {
        Pointer::Click { x, y } => {
            let target = view::hits(model).at(x, y).cloned();
            click(model, target)
        }
        Pointer::Wheel { x, y, by } => {
            model.clicked = None;
            let over_preview = model.overlay.is_none() && view::hits(model).at(x, y) == Some(&Target::Preview);
            if over_preview { queue::scroll_preview(model, by) } else { turn(model, by) }
        }
    }
}

/// Turns the mouse over to the screen, or back to the terminal.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    model.look.mouse = !model.look.mouse;
    let word = if model.look.mouse { "mouse on: click, click again to open, wheel; shift and drag selects text" } else { "mouse off" };
    say(model, word);
    vec![Effect::Mouse(model.look.mouse)]
}

fn click(model: &mut Model, target: Option<Target>) -> Vec<Effect> {
    let again = target.is_some() && model.clicked == target;
    model.clicked.clone_from(&target);
    if matches!(model.overlay, Some(Overlay::Report(_))) {
        return overlay::press(model, Key::plain(Code::Esc));
    }
    let Some(target) = target else { return Vec::new() };
    match target {
        Target::Tab(index) => views::show(model, index),
        Target::Ticket(_) if again => ticket::open_selected(model),
        Target::Ticket(key) => {
            model.queue.preview.focused = false;
            model.queue.rows.iter().position(|row| row.key == key).map_or_else(Vec::new, |index| queue::select(model, index))
        }
        Target::Preview if again => ticket::open_selected(model),
        Target::Preview if model.queue.preview.focused => Vec::new(),
        Target::Preview => queue::next_pane(model),
        Target::Message(_) if again => reading::fold(model),
        Target::Message(index) => {
            model.ticket.focus = index;
            Vec::new()
        }
        Target::Line(index) => line(model, index, again),
        Target::Job(_) if again => jobs::details(model),
        Target::Job(row) => {
            model.jobs.row = model.job_rows().iter().position(|other| *other == row).unwrap_or(model.jobs.row);
            model.jobs.selected = Some(row);
            Vec::new()
        }
        Target::Hint(name) => hint(model, name),
        Target::Choice(index) => {
            if let Some(Overlay::Picker(picker)) = &mut model.overlay {
                picker.selected = index;
            }
            if again { overlay::press(model, Key::plain(Code::Enter)) } else { template::preview(model) }
        }
        Target::Yes => overlay::press(model, Key::char('y')),
        Target::No => overlay::press(model, Key::char('n')),
        Target::Nothing => Vec::new(),
    }
}

/// A line of the drafts or of the outbox; only a draft is opened, a mail that waits keeps waiting.
fn line(model: &mut Model, index: usize, again: bool) -> Vec<Effect> {
    match model.screen() {
        Screen::Drafts => model.drafts.selected = index,
        Screen::Outbox => model.outbox.selected = index,
        Screen::Conflicts => model.conflicts.selected = index,
        _ => return Vec::new(),
    }
    match (model.screen(), again) {
        (Screen::Drafts, true) => drafts::open_selected(model),
        (Screen::Conflicts, true) => conflicts::open_ticket(model),
        (Screen::Outbox, true) if model.outbox.lines.get(index).is_some_and(|line| line.state == OutboxState::Held) => {
            super::held::open_selected(model)
        }
        (_, true) => {
            super::hint(model, "e makes it a draft again, r tries to send it now");
            Vec::new()
        }
        (_, false) => Vec::new(),
    }
}

/// Does what the key of a hint does.
fn hint(model: &mut Model, name: &str) -> Vec<Effect> {
    let verb = model.keymap.active(model.scope()).find(|binding| binding.action.name == name).map(|binding| binding.verb.clone());
    verb.map_or_else(Vec::new, |verb| run(model, verb))
}

fn turn(model: &mut Model, by: i32) -> Vec<Effect> {
    let key = Key::plain(if by > 0 { Code::Down } else { Code::Up });
    match (&model.overlay, model.screen()) {
        (Some(Overlay::Picker(_)), _) => {
            let mut effects = overlay::press(model, key);
            effects.extend(template::preview(model));
            effects
        }
        (Some(Overlay::Report(_)), _) => overlay::press(model, key),
        (Some(Overlay::Prompt(_) | Overlay::Confirm(_)), _) => Vec::new(),
        (None, Screen::Queue) => {
            model.queue.preview.focused = false;
            queue::step(model, Motion::Lines(by))
        }
        (None, Screen::Outbox | Screen::Drafts | Screen::Conflicts | Screen::Jobs) => navigate::motion(model, Motion::Lines(by)),
        (None, Screen::Compose) => typing::press(model, key),
        (None, _) => navigate::motion(model, Motion::Lines(by * STEP)),
    }
}
