//! A mail as it came, its headers, and what a command printed: plain pages of text.

use super::{hint, outside, read, ticket};
use crate::domain::{MessageId, sanitise};
use crate::protocol::answer::{Complaint, MailSource};
use crate::protocol::job::Job;
use crate::protocol::json::ShownDirection;
use crate::tui::model::{Model, Purpose, Screen, SourceScreen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::text;

/// The mail behind the message in focus, or a word on why there is none.
fn mail_in_focus(model: &mut Model) -> Option<MessageId> {
    let message = model.ticket.message().map(|message| (message.message_id.clone(), message.direction));
    match message {
        Some((id, way)) if way != ShownDirection::Note => Some(id),
        Some(_) => {
            hint(model, "a note has no mail behind it");
            None
        }
        None => {
            hint(model, "there is no message here");
            None
        }
    }
}

/// Shows or hides all headers of the message in focus.
pub(super) fn toggle_headers(model: &mut Model) -> Vec<Effect> {
    let Some(message) = mail_in_focus(model) else { return Vec::new() };
    if model.ticket.folds.headers.remove(&message).is_some() {
        ticket::lay_out_around_focus(model);
        return Vec::new();
    }
    model.ticket.folds.closed.remove(&message);
    vec![read(model, Lane::Source, Purpose::Headers, Job::Source(message))]
}

pub(super) fn take_headers(model: &mut Model, source: &MailSource) {
    model.ticket.folds.headers.insert(source.message.clone(), header_block(&source.text).to_owned());
    ticket::lay_out_around_focus(model);
}

/// Everything before the first empty line.
fn header_block(mail: &str) -> &str {
    let ends = ["\r\n\r\n", "\n\n"].iter().filter_map(|end| mail.find(end)).min();
    mail.get(..ends.unwrap_or(mail.len())).unwrap_or(mail)
}

/// Opens the mail as it came.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(message) = mail_in_focus(model) else { return Vec::new() };
    push(model, SourceScreen { title: format!("Source of <{message}>"), loading: true, ..SourceScreen::default() });
    vec![read(model, Lane::Source, Purpose::Source, Job::Source(message))]
}

pub(super) fn take(model: &mut Model, source: MailSource) {
    let MailSource { text, size, is_partial, message } = source;
    let mut note = String::new();
    if is_partial {
        "only the beginning is here; the rest comes with the next sync".clone_into(&mut note);
    } else if (text.len() as u64) < size {
        note = format!("the first {} of {}; | hands all of it to a command", text::size(text.len() as u64), text::size(size));
    }
    model.source = SourceScreen { title: format!("Source of <{message}>"), text, note, ..SourceScreen::default() };
    lay_out(model);
}

/// Says on the page why there is nothing on it.
pub(super) fn take_complaint(model: &mut Model, complaint: Complaint) {
    model.source.loading = false;
    model.source.error = Some(complaint);
}

/// Asks for the raw mail that a command is to have.
pub(super) fn ask_for_pipe(model: &mut Model, message: MessageId, command: String) -> Vec<Effect> {
    vec![read(model, Lane::Source, Purpose::PipeSource(command), Job::Source(message))]
}

pub(super) fn pipe(model: &mut Model, command: &str, source: MailSource) -> Vec<Effect> {
    outside::run(model, command.to_owned(), source.text)
}

/// Shows a text on a page of its own.
pub(super) fn show(model: &mut Model, title: &str, text: String) {
    push(model, SourceScreen { title: title.to_owned(), text, ..SourceScreen::default() });
}

fn push(model: &mut Model, screen: SourceScreen) {
    model.source = screen;
    if model.screen() != Screen::Source {
        model.screens.push(Screen::Source);
    }
    lay_out(model);
}

pub(super) fn lay_out(model: &mut Model) {
    let width = usize::from(model.width);
    let source = &mut model.source;
    let clean = sanitise::text(&source.text);
    source.lines = clean.trim_end().split('\n').flat_map(|line| text::wrap(line, width)).collect();
    source.scroll = source.scroll.min(source.lines.len().saturating_sub(1));
}
