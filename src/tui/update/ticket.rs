//! Reading one ticket: opening, moving, folding.

use std::collections::BTreeSet;

use super::navigate::stepped;
use super::{hint, perform, queue, read};
use crate::domain::{Address, MessageId, TicketKey};
use crate::protocol::job::{Act, Complaint, Job};
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};
use crate::tui::conversation::{Folds, first_to_read};
use crate::tui::model::{Model, Purpose, Screen, TicketScreen};
use crate::tui::msg::{Effect, Lane};
use crate::tui::verb::Motion;

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

fn last_top(model: &Model) -> usize {
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

fn messages(model: &Model) -> usize {
    model.ticket.shown.as_ref().map_or(0, |ticket| ticket.messages.len())
}

/// Scrolls; the message at the top is the one keys are about. At the ends the focus goes on alone.
pub(super) fn motion(model: &mut Model, motion: Motion) {
    let page = usize::from(model.layout().body.height.max(1));
    let top = stepped(model.ticket.scroll, motion, model.ticket.lines.len(), page).min(last_top(model));
    let moved = top != model.ticket.scroll;
    model.ticket.scroll = top;
    let at_top = model.ticket.lines.message_at(top);
    let down = motion.is_down();
    let last = messages(model).saturating_sub(1);
    match (moved, motion) {
        (_, Motion::Bottom) if moved || model.ticket.focus != last => model.ticket.focus = last,
        (_, Motion::Top) if moved || model.ticket.focus != 0 => model.ticket.focus = 0,
        (true, _) => model.ticket.focus = at_top.unwrap_or(model.ticket.focus),
        (false, _) if down && model.ticket.focus < last => model.ticket.focus += 1,
        (false, _) if !down && model.ticket.focus > at_top.unwrap_or(0) => model.ticket.focus -= 1,
        (false, _) => hint(model, if down { "end of the ticket; J opens the next one" } else { "beginning of the ticket" }),
    }
}

pub(super) fn step_message(model: &mut Model, by: i32) -> Vec<Effect> {
    let wanted = model.ticket.focus as i64 + i64::from(by);
    match usize::try_from(wanted).ok().filter(|index| *index < messages(model)) {
        Some(index) => focus(model, index),
        None => hint(model, if by > 0 { "this is the last message" } else { "this is the first message" }),
    }
    Vec::new()
}

/// Scrolls a page on; at the end of a message shows more of it, or unfolds the next one.
pub(super) fn read_on(model: &mut Model) -> Vec<Effect> {
    let page = usize::from(model.layout().body.height.max(1));
    let screen = &model.ticket;
    let end = screen.lines.end_of(screen.focus).unwrap_or(0);
    if end > screen.scroll + page {
        let by = page.saturating_sub(1).max(1);
        model.ticket.scroll = (screen.scroll + by).min(last_top(model));
        return Vec::new();
    }
    if screen.lines.goes_on(screen.focus) {
        return show_more(model);
    }
    let next = screen.focus + 1;
    let id = screen.shown.as_ref().and_then(|ticket| ticket.messages.get(next)).map(|message| message.message_id.clone());
    match id {
        Some(id) => {
            model.ticket.folds.closed.remove(&id);
            lay_out(model);
            focus(model, next);
        }
        None => hint(model, "end of the ticket; J opens the next one"),
    }
    Vec::new()
}

pub(super) fn read_back(model: &mut Model) -> Vec<Effect> {
    motion(model, Motion::Pages(-1));
    Vec::new()
}

/// Shows more of a long message.
pub(super) fn show_more(model: &mut Model) -> Vec<Effect> {
    if !model.ticket.lines.goes_on(model.ticket.focus) {
        hint(model, "all of this message is shown");
        return Vec::new();
    }
    let screen = &mut model.ticket;
    if let Some(message) = screen.shown.as_ref().and_then(|ticket| ticket.messages.get(screen.focus)) {
        screen.folds.show_more(message);
    }
    lay_out(model);
    Vec::new()
}

pub(super) fn fold(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.ticket.message().map(|message| message.message_id.clone()) else {
        hint(model, "there is no message to fold");
        return Vec::new();
    };
    let closed = &mut model.ticket.folds.closed;
    if !closed.remove(&id) {
        closed.insert(id);
    }
    lay_out_around_focus(model);
    Vec::new()
}

pub(super) fn fold_all(model: &mut Model) -> Vec<Effect> {
    let Some(ticket) = &model.ticket.shown else { return Vec::new() };
    let closed = &mut model.ticket.folds.closed;
    if closed.is_empty() {
        closed.extend(ticket.messages.iter().map(|message| message.message_id.clone()));
    } else {
        closed.clear();
    }
    lay_out(model);
    focus(model, model.ticket.focus);
    Vec::new()
}

pub(super) fn toggle_quotes(model: &mut Model) -> Vec<Effect> {
    let has_quotes = |message: &ShownMessage| message.glance.outline.is_some() || message.text.trim() != message.new_text.trim();
    if !model.ticket.shown.iter().flat_map(|ticket| &ticket.messages).any(has_quotes) {
        hint(model, "this ticket has no quoted text");
        return Vec::new();
    }
    model.ticket.folds.show_quotes = !model.ticket.folds.show_quotes;
    hint(model, if model.ticket.folds.show_quotes { "quotes are shown" } else { "quotes are hidden" });
    lay_out_around_focus(model);
    super::find::renew(model);
    Vec::new()
}

/// Says, or stops saying, why the message lies here.
pub(super) fn toggle_why(model: &mut Model) -> Vec<Effect> {
    toggle(model, |folds| &mut folds.why)
}

/// Explains, or stops explaining, what is to be noticed about the message.
pub(super) fn toggle_signals(model: &mut Model) -> Vec<Effect> {
    toggle(model, |folds| &mut folds.signals)
}

/// Takes the message in focus into a set, or out of it, and unfolds it.
fn toggle(model: &mut Model, set: fn(&mut Folds) -> &mut BTreeSet<MessageId>) -> Vec<Effect> {
    let Some(id) = model.ticket.message().map(|message| message.message_id.clone()) else {
        hint(model, "there is no message here");
        return Vec::new();
    };
    model.ticket.folds.closed.remove(&id);
    let set = set(&mut model.ticket.folds);
    if !set.remove(&id) {
        set.insert(id);
    }
    lay_out_around_focus(model);
    Vec::new()
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

pub(super) fn step_ticket(model: &mut Model, by: i32) -> Vec<Effect> {
    let wanted = model.queue.index().map(|index| index as i64 + i64::from(by));
    match wanted.and_then(|index| usize::try_from(index).ok()).filter(|index| *index < model.queue.rows.len()) {
        Some(index) => go_to(model, index),
        None => {
            hint(model, if by > 0 { "this is the last ticket of the list" } else { "this is the first ticket of the list" });
            Vec::new()
        }
    }
}

/// Goes to the nearest ticket, in one direction, whose customer waits for us.
pub(super) fn step_waiting(model: &mut Model, by: i32) -> Vec<Effect> {
    let here = model.queue.index().unwrap_or(0);
    let waits = |index: &usize| model.queue.rows.get(*index).is_some_and(|row| row.unread > 0 || row.waiting_since.is_some());
    let found = if by > 0 { (here + 1..model.queue.rows.len()).find(waits) } else { (0..here).rev().find(waits) };
    match found {
        Some(index) => go_to(model, index),
        None => {
            hint(model, if by > 0 { "nobody waits further down" } else { "nobody waits further up" });
            Vec::new()
        }
    }
}

/// Goes to the ticket behind the one at hand, or, at the end, to the one before it.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    match model.queue.index() {
        Some(index) if index + 1 < model.queue.rows.len() => go_to(model, index + 1),
        Some(index) if index > 0 => go_to(model, index - 1),
        _ => Vec::new(),
    }
}

/// Selects a row, and opens it when a ticket is being read.
fn go_to(model: &mut Model, index: usize) -> Vec<Effect> {
    let mut effects = queue::select(model, index);
    if model.screen() == Screen::Ticket {
        effects.extend(open_selected(model));
    }
    effects
}
