//! A ticket on the screen: opened, taken in, laid out, its texts asked for.

use std::collections::BTreeSet;

use super::{hint, perform, read};
use crate::domain::{Address, MessageId, TicketKey};
use crate::protocol::answer::Complaint;
use crate::protocol::job::{Act, Job};
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};
use crate::tui::conversation::first_to_read;
use crate::tui::model::{Model, Purpose, Screen, TicketScreen};
use crate::tui::msg::{Effect, Lane};

/// Texts asked for at once while looking for words in all of them.
const TEXTS_AT_ONCE: usize = 100;

pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    match model.queue.selected.clone() {
        Some(key) => open(model, key),
        None => {
            hint(model, "there is no ticket to open");
            Vec::new()
        }
    }
}

/// Shows a ticket: at once what the preview has of it, and then all that is new.
pub(super) fn open(model: &mut Model, key: TicketKey) -> Vec<Effect> {
    let known = model.queue.preview.ticket.clone().filter(|ticket| ticket.row.key == key);
    model.ticket = TicketScreen { key: Some(key.clone()), ..TicketScreen::default() };
    if model.screen() != Screen::Ticket {
        model.screens.push(Screen::Ticket);
    }
    if let Some(ticket) = known {
        take(model, ticket);
    }
    let mut effects = ask(model);
    let unread = model.queue.rows.iter().find(|row| row.key == key).is_none_or(|row| row.unread > 0);
    if unread {
        effects.push(perform(model, Purpose::Seen, Job::MarkSeen(key)));
    }
    effects
}

/// Goes back to the ticket from which this one was opened.
pub(super) fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let mut before = std::mem::take(&mut model.ticket.before);
    let key = before.pop()?;
    let effects = open(model, key);
    model.ticket.before = before;
    Some(effects)
}

pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    match model.ticket.key.clone() {
        Some(key) => vec![read(model, Lane::Conversation, Purpose::Conversation, Job::Show(key))],
        None => Vec::new(),
    }
}

/// Takes the ticket in. The first time it is shown from where reading begins; later nothing
/// moves, and what came in meanwhile is told.
pub(super) fn take(model: &mut Model, mut ticket: Box<ShownTicket>) {
    let screen = &mut model.ticket;
    let old = screen.shown.take().filter(|old| old.row.key == ticket.row.key);
    let known = old.is_some();
    let here = old.as_ref().and_then(|old| old.messages.get(screen.focus)).map(|message| message.message_id.clone());
    let anchor = old.as_ref().and_then(|old| screen.lines.anchor(screen.scroll, old));
    screen.stale = old.map(|old| keep_texts(*old, &mut ticket)).unwrap_or_default();
    let met = screen.folds.meet(&ticket);
    // What we did ourselves has just been said; only a customer's mail is told over it.
    let told = model.toast.is_some();
    let is_news = |message: &&&ShownMessage| known && (message.direction == ShownDirection::In || !told);
    let news = met.last().filter(is_news).map(|message| who_wrote(message));
    screen.key = Some(ticket.row.key.clone());
    screen.focus = here.and_then(|id| index_of(&ticket, &id)).unwrap_or_else(|| first_to_read(&ticket));
    screen.error = None;
    screen.asked.clear();
    screen.shown = Some(ticket);
    renew(model);
    let line = anchor.and_then(|anchor| model.ticket.lines.line_at(&anchor, model.ticket.shown.as_ref()?));
    match line {
        Some(line) => model.ticket.scroll = line.min(last_top(model)),
        None => focus(model, model.ticket.focus),
    }
    if let Some(news) = news {
        hint(model, news);
    }
}

/// Texts that are here already stay in sight; returns of which messages that is so. They are read
/// anew once seen: who is a stranger, or why a mail is here, may have changed.
fn keep_texts(old: ShownTicket, new: &mut ShownTicket) -> BTreeSet<MessageId> {
    let mut kept = BTreeSet::new();
    let mut texts: std::collections::HashMap<MessageId, ShownMessage> =
        old.messages.into_iter().filter(|message| message.glance.outline.is_none()).map(|message| (message.message_id.clone(), message)).collect();
    for message in new.messages.iter_mut().filter(|message| message.glance.outline.is_some()) {
        if let Some(known) = texts.remove(&message.message_id) {
            let is_unread = message.glance.is_unread;
            *message = known;
            message.glance.is_unread = is_unread;
            kept.insert(message.message_id.clone());
        }
    }
    kept
}

fn who_wrote(message: &ShownMessage) -> String {
    let who = message.from.as_ref().map_or("somebody", Address::label);
    match message.direction {
        ShownDirection::Note => format!("{who} wrote a note meanwhile"),
        ShownDirection::In => format!("{who} wrote meanwhile; it stands below"),
        ShownDirection::Out => format!("{who} answered meanwhile; it stands below"),
    }
}

fn index_of(ticket: &ShownTicket, id: &MessageId) -> Option<usize> {
    ticket.messages.iter().position(|message| message.message_id == *id)
}

/// Takes texts in that were asked for.
pub(super) fn take_texts(model: &mut Model, texts: Vec<ShownMessage>) {
    let Some(ticket) = &mut model.ticket.shown else { return };
    for text in texts {
        if let Some(index) = index_of(ticket, &text.message_id) {
            model.ticket.asked.retain(|asked| *asked != text.message_id);
            model.ticket.stale.remove(&text.message_id);
            if let Some(message) = ticket.messages.get_mut(index) {
                *message = text;
            }
        }
    }
    lay_out(model);
    super::find::renew(model);
}

/// Texts that cannot be read are said once and not asked for again until the ticket is.
pub(super) fn take_complaint(model: &mut Model, complaint: Complaint) {
    model.ticket.error = Some(complaint);
}

/// Lays out what changed; the line at the top stays where it is.
pub(super) fn lay_out(model: &mut Model) {
    let anchor = model.ticket.shown.as_ref().and_then(|ticket| model.ticket.lines.anchor(model.ticket.scroll, ticket));
    renew(model);
    let line = anchor.and_then(|anchor| model.ticket.lines.line_at(&anchor, model.ticket.shown.as_ref()?));
    model.ticket.scroll = line.unwrap_or(model.ticket.scroll).min(last_top(model));
}

fn renew(model: &mut Model) {
    let old = std::mem::take(&mut model.ticket.lines);
    let Some(ticket) = &model.ticket.shown else { return };
    model.ticket.lines = old.renewed(ticket, &model.ticket.folds, &model.page(model.width));
}

/// What is to be read now that the view may have moved: the texts that are in sight or soon
/// will be, and all while words are looked for.
pub(super) fn ask_texts(model: &mut Model) -> Vec<Effect> {
    let screen = &model.ticket;
    let (Some(key), Some(ticket)) = (&screen.key, &screen.shown) else { return Vec::new() };
    if model.screen() != Screen::Ticket || model.awaits(&Purpose::Texts) {
        return Vec::new();
    }
    let height = usize::from(model.layout().body.height);
    let near = screen.lines.messages_in(screen.scroll..screen.scroll + 2 * height);
    let open = near.filter_map(|index| ticket.messages.get(index)).filter(|message| !screen.folds.is_closed(message));
    let all = ticket.messages.iter().filter(|_| screen.find.is_some());
    let is_due = |message: &&ShownMessage| message.glance.outline.is_some() || screen.stale.contains(&message.message_id);
    let missing = open.chain(all).filter(is_due).filter(|message| !screen.asked.contains(&message.message_id));
    let wanted: Vec<MessageId> = missing.take(TEXTS_AT_ONCE).map(|message| message.message_id.clone()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let job = Job::Texts { ticket: key.clone(), messages: wanted.clone() };
    model.ticket.asked.extend(wanted);
    vec![read(model, Lane::Texts, Purpose::Texts, job)]
}

pub(super) fn last_top(model: &Model) -> usize {
    model.ticket.lines.len().saturating_sub(usize::from(model.layout().body.height))
}

/// Lays out anew and keeps the message in focus in sight.
pub(super) fn lay_out_around_focus(model: &mut Model) {
    lay_out(model);
    let height = usize::from(model.layout().body.height);
    let start = model.ticket.lines.start_of(model.ticket.focus).unwrap_or(0);
    if start < model.ticket.scroll || start >= model.ticket.scroll + height {
        focus(model, model.ticket.focus);
    }
}

/// Makes a message the one keys are about and shows it from its beginning.
pub(super) fn focus(model: &mut Model, message: usize) {
    model.ticket.focus = message;
    if let Some(start) = model.ticket.lines.start_of(message) {
        model.ticket.scroll = start.min(last_top(model));
    }
}

/// Makes a new ticket of the message in focus and what follows it.
pub(super) fn split(model: &mut Model) -> Vec<Effect> {
    let screen = &model.ticket;
    let mails = screen.shown.iter().flat_map(|ticket| &ticket.messages).filter(|message| message.direction != ShownDirection::Note);
    let first = mails.map(|message| &message.message_id).next().cloned();
    let wanted = screen.message().map(|message| (message.message_id.clone(), message.direction));
    let (Some(key), Some((id, way))) = (screen.key.clone(), wanted) else {
        hint(model, "there is no message to split off");
        return Vec::new();
    };
    if way == ShownDirection::Note || first == Some(id.clone()) {
        hint(model, "a ticket is split at a later mail; } goes to the next one");
        return Vec::new();
    }
    super::act::change(model, vec![key], Act::Split(id))
}
