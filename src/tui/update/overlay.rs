//! Prompts, pickers and questions: what takes the keys while it is there.

use super::{act, conflicts, drafts, filter, find, hint, perform, picker, prompt, restore, review, views};
use crate::protocol::job::Job;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Confirmed, Model, Overlay, Prompt, PromptKind, Purpose};
use crate::tui::msg::Effect;

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.input.insert(text);
            prompt::typed(model)
        }
        Some(Overlay::Picker(picker)) => {
            picker.input.insert(text);
            picker.selected = 0;
            picker::typed(model)
        }
        Some(Overlay::Confirm(_) | Overlay::Report(_)) | None => {
            hint(model, "pasted text is ignored here");
            Vec::new()
        }
    }
}

pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if key.code == Code::Esc {
        return cancel(model);
    }
    match &model.overlay {
        Some(Overlay::Prompt(_)) => prompt::press(model, key),
        Some(Overlay::Picker(_)) => picker::press(model, key),
        Some(Overlay::Confirm(_)) => press_confirm(model, key),
        Some(Overlay::Report(_)) => press_report(model, key),
        None => Vec::new(),
    }
}

/// Closes what is open and leaves everything as it was before.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Prompt(Prompt { kind: PromptKind::Filter(before), .. })) => return filter::restore(model, before),
        Some(Overlay::Prompt(Prompt { kind: PromptKind::Find(before), .. })) => find::cancel(model, *before),
        _ => {}
    }
    Vec::new()
}

fn press_report(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Report(report)) = &mut model.overlay else { return Vec::new() };
    match key.code {
        Code::Down | Code::Char('j') => report.scroll = (report.scroll + 1).min(report.lines.len().saturating_sub(1)),
        Code::Up | Code::Char('k') => report.scroll = report.scroll.saturating_sub(1),
        _ => model.overlay = None,
    }
    Vec::new()
}

fn press_confirm(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Confirm(question)) = &model.overlay else { return Vec::new() };
    let then = question.then.clone();
    match key.typed() {
        Some('y' | 'Y') => {
            model.overlay = None;
            match then {
                Confirmed::Quit => super::leave_program(model),
                Confirmed::Discard => review::discard(model),
                Confirmed::SendAnyway => review::send_anyway(model),
                Confirmed::MakePublic => review::make_public(model),
                Confirmed::RetryAnyway(id) => drafts::retry_anyway(model, id),
                Confirmed::CancelMail(id) => drafts::cancel(model, id),
                Confirmed::Change(tickets, act) => act::confirmed(model, tickets, act),
                Confirmed::DropView(name) => views::drop(model, name),
                Confirmed::Conflicts => conflicts::open(model),
                Confirmed::RestoreLog => restore::confirmed(model),
                Confirmed::Decide(all) => conflicts::confirmed(model, all),
                Confirmed::Forget(address) => vec![perform(model, Purpose::Act(None), Job::Forget(address))],
            }
        }
        Some('n' | 'N' | 'q') => {
            let effects = cancel(model);
            if matches!(then, Confirmed::Quit) {
                hint(model, "still here; q asks again, and y quits");
            }
            effects
        }
        _ if key.code == Code::Enter => cancel(model),
        _ => {
            hint(model, "y for yes, n or enter for no");
            Vec::new()
        }
    }
}
