//! What leaves the screen: links and files that are opened, saved or copied, texts that are piped.

use std::path::PathBuf;

use super::{act, complain, hint, perform, picker, prompt, say, source};
use crate::domain::link::{self, Link};
use crate::domain::ticket::TicketRow;
use crate::domain::{Address, MessageId};
use crate::protocol::answer::Complaint;
use crate::protocol::job::{Aside, Job};
use crate::protocol::json::{ShownDirection, ShownMessage, ShownTicket};
use crate::tui::conversation::first_to_read;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Model, Overlay, PickerItem, PickerKind, PromptKind, Purpose, Screen};
use crate::tui::msg::{Effect, Piped};
use crate::tui::text;

/// Links offered by the copy menu.
const LINKS_TO_COPY: usize = 9;

/// The ticket and message that keys are about: those being read, else those of the preview.
fn at_hand(model: &Model) -> Option<(&ShownTicket, &ShownMessage)> {
    let (ticket, index) = match model.screen() {
        Screen::Ticket => (model.ticket.shown.as_deref()?, model.ticket.focus),
        Screen::Queue => {
            let ticket = model.queue.preview.ticket.as_deref()?;
            (ticket, first_to_read(ticket))
        }
        _ => return None,
    };
    Some((ticket, ticket.messages.get(index)?))
}

/// A message whose text is here, or a word on why there is none.
fn message_at_hand(model: &mut Model) -> Option<ShownMessage> {
    let message = at_hand(model).map(|(_, message)| message.clone());
    match &message {
        None => hint(model, "there is no message here; enter opens the ticket"),
        Some(message) if message.glance.outline.is_some() => {
            hint(model, "the message is folded and has not been read yet; enter unfolds it");
            return None;
        }
        Some(_) => {}
    }
    message
}

fn item(value: impl Into<String>, label: impl Into<String>, hint: impl Into<String>) -> PickerItem {
    PickerItem { value: value.into(), label: label.into(), hint: hint.into() }
}

/// Offers what can be opened: links with their true host first, files, the HTML.
pub(super) fn pick_to_open(model: &mut Model) -> Vec<Effect> {
    let Some(message) = message_at_hand(model) else { return Vec::new() };
    let mut items: Vec<PickerItem> = message.glance.links.iter().enumerate().map(|(index, link)| link_item(index, link)).collect();
    items.extend(
        message
            .attachments
            .iter()
            .enumerate()
            .map(|(index, file)| item(format!("file:{index}"), format!("file  {}", file.name), format!("{}, {}", file.kind, text::size(file.size)))),
    );
    if message.html {
        items.push(item("html:", "the HTML, in the browser; loads and runs nothing", ""));
    }
    if items.is_empty() {
        hint(model, "this message has no link, no attachment and no HTML");
        return Vec::new();
    }
    picker::open(model, PickerKind::Open(message.message_id), "Open (ctrl-y copies)", items)
}

fn link_item(index: usize, link: &Link) -> PickerItem {
    let (host, odd) = match link::target(&link.url) {
        Ok(target) => (target.host, link.warning().map(|why| format!("! {why}"))),
        Err(why) => ("not opened".to_owned(), Some(why.to_string())),
    };
    let words = if link.label.is_empty() { String::new() } else { format!("  “{}”", link.label) };
    item(format!("link:{index}:{}", link.url), format!("{} {host}{words}  {}", index + 1, link.url), odd.unwrap_or_default())
}

/// Offers the attachments to be saved.
pub(super) fn pick_to_save(model: &mut Model) -> Vec<Effect> {
    let Some(message) = message_at_hand(model) else { return Vec::new() };
    let files = &message.attachments;
    if files.is_empty() {
        hint(model, "this message has no attachment");
        return Vec::new();
    }
    let all = item("all", format!("all {} files", files.len()), "S");
    let one = |(index, file): (usize, &crate::domain::message::Attachment)| {
        item(index.to_string(), file.name.clone(), format!("{}, {}", file.kind, text::size(file.size)))
    };
    let mut items: Vec<PickerItem> = files.iter().enumerate().map(one).collect();
    if files.len() > 1 {
        items.push(all);
    }
    let title = format!("Save into {} (S: all)", model.downloads.display());
    let count = files.len();
    picker::open(model, PickerKind::Save(message.message_id, count), &title, items)
}

/// Offers what can be copied of the ticket and the message.
pub(super) fn pick_to_copy(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    let mut items = ticket_items(&row);
    if let Some((_, message)) = at_hand(model) {
        items.extend(message_items(message));
    }
    picker::open(model, PickerKind::Copy, "Copy", items)
}

fn ticket_items(row: &TicketRow) -> Vec<PickerItem> {
    let both = format!("{} {}", row.label(), row.subject);
    let mut items = vec![item(row.label(), row.label(), "number"), item(row.subject.clone(), row.subject.clone(), "subject")];
    items.extend(row.requester.as_ref().map(|who| item(who.address.clone(), who.address.clone(), "requester")));
    items.push(item(both.clone(), both, "number and subject"));
    items
}

fn message_items(message: &ShownMessage) -> Vec<PickerItem> {
    let mut items = Vec::new();
    if message.glance.outline.is_none() {
        let words: String = message.new_text.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
        items.push(item(message.new_text.clone(), words, "text of the message"));
    }
    items
        .extend(message.from.as_ref().filter(|from| !from.address.is_empty()).map(|from| item(from.address.clone(), from.address.clone(), "sender")));
    if message.direction != ShownDirection::Note {
        let id = format!("<{}>", message.message_id);
        items.push(item(id.clone(), id, "Message-ID"));
    }
    items.extend(message.glance.links.iter().take(LINKS_TO_COPY).map(|link| item(link.url.clone(), link.url.clone(), "link")));
    items
}

/// What a copied text is called when it is told.
pub(super) fn named(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text::width(&words) <= 40 { words } else { format!("{} characters", text.chars().count()) }
}

/// Copies the requester's address.
pub(super) fn copy_address(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    match row.requester {
        Some(Address { address, .. }) => copy(model, "the requester's address", address),
        None => {
            hint(model, "this ticket has no requester");
            Vec::new()
        }
    }
}

fn copy(model: &mut Model, what: &str, text: String) -> Vec<Effect> {
    if text.is_empty() {
        hint(model, "there is nothing to copy");
        return Vec::new();
    }
    vec![Effect::Copy { what: what.to_owned(), text }]
}

/// Keys that mean more in these pickers than to narrow them; `None` leaves the key to the picker.
pub(super) fn press_picker(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return None };
    match &picker.kind {
        PickerKind::Save(message, count) if key == Key::char('S') && picker.input.text().is_empty() => {
            let (message, count) = (message.clone(), *count);
            model.overlay = None;
            Some(save(model, message, (0..count).collect()))
        }
        PickerKind::Open(_) if key.ctrl && key.code == Code::Char('y') => {
            let chosen = picker
                .matches()
                .get(picker.selected)
                .and_then(|item| item.value.strip_prefix("link:")?.split_once(':').map(|(_, url)| url.to_owned()));
            match chosen {
                Some(url) => {
                    model.overlay = None;
                    Some(copy(model, "the link", url))
                }
                None => {
                    hint(model, "only a link can be copied from here");
                    Some(Vec::new())
                }
            }
        }
        _ => None,
    }
}

/// Opens what was chosen.
pub(super) fn open_chosen(model: &mut Model, message: MessageId, value: &str) -> Vec<Effect> {
    if let Some(url) = value.strip_prefix("link:").and_then(|rest| rest.split_once(':')).map(|(_, url)| url) {
        return open_link(model, url);
    }
    let what = match value.strip_prefix("file:").and_then(|index| index.parse().ok()) {
        Some(index) => Aside::File(index),
        None => Aside::Html,
    };
    vec![perform(model, Purpose::Aside, Job::PutAside { message, what })]
}

fn open_link(model: &mut Model, url: &str) -> Vec<Effect> {
    match link::target(url) {
        Ok(target) => {
            say(model, format!("opening {}", target.host));
            vec![Effect::Open(url.to_owned())]
        }
        Err(why) => {
            hint(model, format!("not opened: {why}; ctrl-y in the picker copies it"));
            Vec::new()
        }
    }
}

/// A file has been put aside for the opener.
pub(super) fn take_aside(model: &mut Model, files: Vec<PathBuf>) -> Vec<Effect> {
    let Some(file) = files.into_iter().next() else { return Vec::new() };
    say(model, format!("opening {}", file.display()));
    vec![Effect::Open(file.display().to_string())]
}

pub(super) fn save_chosen(model: &mut Model, message: MessageId, count: usize, value: &str) -> Vec<Effect> {
    let which = value.parse().map_or_else(|_| (0..count).collect(), |index| vec![index]);
    save(model, message, which)
}

fn save(model: &mut Model, message: MessageId, which: Vec<usize>) -> Vec<Effect> {
    let folder = model.downloads.clone();
    vec![perform(model, Purpose::Saved, Job::SaveFiles { message, which, folder })]
}

/// Says where files were saved: all of one, the folder of many.
pub(super) fn take_saved(model: &mut Model, files: &[PathBuf]) {
    match files {
        [file] => say(model, format!("saved {}", file.display())),
        files => {
            let names: Vec<String> = files.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect();
            let folder = files.first().and_then(|file| file.parent()).map(|folder| folder.display().to_string()).unwrap_or_default();
            say(model, format!("saved {} files in {folder}: {}", files.len(), names.join(", ")));
        }
    }
}

/// Asks for a command; tab changes between the text and the mail as it came.
pub(super) fn ask_pipe(model: &mut Model) -> Vec<Effect> {
    match message_at_hand(model) {
        Some(message) => prompt::open(model, PromptKind::Pipe { message: message.message_id, raw: false }, ""),
        None => Vec::new(),
    }
}

/// Runs the command on the text, or asks for the raw mail first.
pub(super) fn pipe(model: &mut Model, message: MessageId, raw: bool, command: String) -> Vec<Effect> {
    model.overlay = None;
    if command.is_empty() {
        hint(model, "no command, nothing piped");
        return Vec::new();
    }
    if raw {
        return source::ask_for_pipe(model, message, command);
    }
    let text = at_hand(model).filter(|(_, shown)| shown.message_id == message).map(|(_, shown)| shown.text.clone());
    match text {
        Some(input) => run(model, command, input),
        None => {
            hint(model, "the message is gone; nothing piped");
            Vec::new()
        }
    }
}

pub(super) fn run(model: &mut Model, command: String, input: String) -> Vec<Effect> {
    say(model, format!("running {command}"));
    vec![Effect::Pipe { command, input }]
}

/// Shows what a command printed.
pub(super) fn take_piped(model: &mut Model, outcome: Result<Piped, Complaint>) {
    match outcome {
        Err(complaint) => complain(model, &complaint),
        Ok(piped) if piped.output.trim().is_empty() => say(model, format!("{}: nothing printed", piped.title)),
        Ok(piped) => source::show(model, &piped.title, piped.output),
    }
}

/// Tells what came of something done outside.
pub(super) fn take(model: &mut Model, outcome: Result<String, Complaint>) {
    match outcome {
        Ok(said) => say(model, said),
        Err(complaint) => complain(model, &complaint),
    }
}
