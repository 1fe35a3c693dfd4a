//! Finding words in the conversation: `/`, `n` and `N`.

use super::{hint, prompt, ticket};
use crate::tui::conversation::find::{self, Find};
use crate::tui::model::{Model, Overlay, PromptKind};
use crate::tui::msg::Effect;

/// Asks for the words; what is typed is looked for at once.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if model.ticket.shown.is_none() {
        hint(model, "the ticket is still being read");
        return Vec::new();
    }
    let before = (model.ticket.find.clone(), model.ticket.scroll, model.ticket.focus);
    prompt::open(model, PromptKind::Find(Box::new(before)), "")
}

/// After each change of the line.
pub(super) fn typed(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return };
    let PromptKind::Find(before) = &prompt.kind else { return };
    let (words, from) = (prompt.input.text().to_owned(), before.2);
    if words.trim().is_empty() {
        model.ticket.find = None;
        return;
    }
    let hits = places(model, &words);
    let mut found = Find { words, hits, at: None };
    found.at = found.from_message(from);
    model.ticket.find = Some(found);
    show(model);
}

/// Puts back what was there before the prompt.
pub(super) fn cancel(model: &mut Model, (find, scroll, focus): (Option<Find>, usize, usize)) {
    (model.ticket.find, model.ticket.scroll, model.ticket.focus) = (find, scroll, focus);
    ticket::lay_out(model);
}

/// Ends the prompt and tells what came of it.
pub(super) fn accept(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    tell(model);
    Vec::new()
}

pub(super) fn step(model: &mut Model, by: i32) -> Vec<Effect> {
    let focus = model.ticket.focus;
    let Some(found) = &mut model.ticket.find else {
        hint(model, "nothing is looked for; / asks for words");
        return Vec::new();
    };
    found.at = found.step(by, focus);
    show(model);
    tell(model);
    Vec::new()
}

/// Looks again after texts came in or changed.
pub(super) fn renew(model: &mut Model) {
    let Some(words) = model.ticket.find.as_ref().map(|find| find.words.clone()) else { return };
    let hits = places(model, &words);
    let focus = model.ticket.focus;
    if let Some(found) = &mut model.ticket.find {
        let waiting = found.at.is_none();
        found.renew(hits);
        if waiting {
            found.at = found.from_message(focus);
            show(model);
        }
    }
}

fn places(model: &Model, words: &str) -> Vec<find::Hit> {
    model.ticket.shown.as_ref().map(|ticket| find::find(words, ticket, &model.ticket.folds)).unwrap_or_default()
}

/// Unfolds the message of the present place and brings its line into sight.
fn show(model: &mut Model) {
    let Some(hit) = model.ticket.find.as_ref().and_then(|find| find.hits.get(find.at?)).copied() else { return };
    let screen = &mut model.ticket;
    if let Some(message) = screen.shown.as_ref().and_then(|ticket| ticket.messages.get(hit.message)) {
        screen.folds.closed.remove(&message.message_id);
    }
    screen.focus = hit.message;
    ticket::lay_out(model);
    let height = usize::from(model.layout().body.height.max(1));
    let screen = &mut model.ticket;
    let Some(line) = screen.lines.line_of(hit.message, hit.source, hit.start) else { return };
    if line < screen.scroll || line >= screen.scroll + height {
        screen.scroll = line.saturating_sub(height / 3).min(screen.lines.len().saturating_sub(height));
    }
}

fn tell(model: &mut Model) {
    let Some(found) = &model.ticket.find else { return };
    let unread = model.ticket.shown.iter().flat_map(|ticket| &ticket.messages).filter(|message| message.glance.outline.is_some()).count();
    let more = if unread > 0 { format!("; {unread} messages are still being read") } else { String::new() };
    let quotes = if model.ticket.folds.show_quotes { "" } else { "; quoted text is left out (\" shows it)" };
    let text = match found.at {
        Some(at) => format!("{} of {} for `{}`{more}", at + 1, found.hits.len(), found.words),
        None => format!("`{}` stands nowhere in this ticket{more}{quotes}", found.words),
    };
    hint(model, text);
}
