//! What frames every screen: tabs or title, status line, footer, key pop-up.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use crate::tui::key::print_sequence;
use crate::tui::model::{Composing, Model, Overlay, Prompt, PromptKind, Screen, Tone};
use crate::tui::pointer::Target;
use crate::tui::text;

/// The views as numbered tabs; those around the active one while there is room.
pub(super) fn tabs(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let labels: Vec<String> = model.queue.views.iter().enumerate().map(|(index, view)| tab(index, &view.name, view.count)).collect();
    let width = |from: usize| labels.iter().skip(from).take(model.queue.view + 1 - from).map(|label| text::width(label) + 1).sum::<usize>();
    let first = (0..=model.queue.view).find(|from| width(*from) <= usize::from(area.width)).unwrap_or(model.queue.view);
    let mut x = area.x;
    for (index, label) in labels.iter().enumerate().skip(first) {
        let style = if index == model.queue.view { model.theme.tab } else { model.theme.text };
        if x >= area.right() {
            break;
        }
        let used = canvas.put(x, area.y, area.right() - x, label, style);
        canvas.hit(Rect::new(x, area.y, used, 1), Target::Tab(index));
        x += used + 1;
    }
}

fn tab(index: usize, name: &str, count: Option<u64>) -> String {
    let number = if index < 9 { format!("{} ", index + 1) } else { String::new() };
    match count {
        Some(count) => format!(" {number}{name} {count} "),
        None => format!(" {number}{name} "),
    }
}

/// A title over a screen that is no list.
pub(super) fn title(model: &Model, canvas: &mut Canvas<'_>, area: Rect, left: &str, right: &str) {
    let room = usize::from(area.width).saturating_sub(text::width(right) + 2);
    canvas.bar(area, 0, &format!(" {} {right} ", text::fit(&crate::domain::sanitise::line(left), room.saturating_sub(1))), model.theme.tab);
}

/// Desk, agent, sync and trouble.
pub(super) fn status(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let left = format!(" {} · {}{}", model.desk, model.agent, at_hand(model));
    let room = usize::from(area.width).saturating_sub(text::width(&left) + 1);
    let said = |before: &str| match crate::tui::update::departing::countdown(model) {
        Some(words) => (words, model.theme.warning),
        None => sync(model, room.saturating_sub(text::width(before) + 1)),
    };
    let fits = |before: &&String| text::width(before) + text::width(&said(before).0) < room;
    let counts = waiting(model);
    // How the sync stands matters most: of the rest what there is room for.
    let before = counts.iter().find(fits).or(counts.last()).cloned().unwrap_or_default();
    let (sync, style) = said(&before);
    let right = format!("{before}{sync} ");
    canvas.bar(area, 0, &left, model.theme.status_line);
    let right = text::cut(&right, room).into_owned();
    let x = area.right().saturating_sub(text::width(&right) as u16);
    canvas.put(x, area.y, area.right() - x, &right, model.theme.status_line.patch(style));
}

/// What waits for a word of the agent or to be sent, in more and in fewer words.
fn waiting(model: &Model) -> Vec<String> {
    let counted = |count: usize, what: &str| if count == 0 { String::new() } else { format!("{what} {count} · ") };
    let (lost, mails) = (model.conflicts.lines.len(), model.outbox.waiting());
    vec![
        format!("{}{}", counted(lost, "not applied"), counted(mails, "outbox")),
        format!("{}{}", counted(lost, "lost"), counted(mails, "out")),
        counted(lost, "lost"),
        String::new(),
    ]
}

/// What is marked, and how far a change to many tickets has come.
fn at_hand(model: &Model) -> String {
    if let Some(bulk) = &model.bulk {
        let word = if bulk.stopping { "stopping" } else { "ctrl-c stops" };
        return format!(" · {}/{} done, {word}", bulk.done(), bulk.total);
    }
    let range = if model.queue.range.is_some() { " in a range" } else { "" };
    match model.queue.marks.len() {
        0 => String::new(),
        count => format!(" · {count} marked{range}"),
    }
}

/// The state of the sync, in as many words as there is room for.
fn sync(model: &Model, room: usize) -> (String, ratatui::style::Style) {
    let theme = &model.theme;
    let more = match model.keymap.key_of(model.scope(), "go-jobs") {
        Some(key) => format!(" · {key}"),
        // There it would go into the text.
        None if model.screen() == Screen::Compose => String::new(),
        None => " · :go-jobs".to_owned(),
    };
    let fitting = |wordings: &[String]| wordings.iter().find(|words| text::width(words) <= room).or(wordings.last()).cloned().unwrap_or_default();
    if model.sync.never {
        return ("offline (--offline)".to_owned(), theme.warning);
    }
    if let Some(running) = &model.sync.running {
        let far = if running.total > 0 { format!(" {}/{}", running.done, running.total) } else { String::new() };
        return (format!("syncing {}{far}", running.what), theme.accent);
    }
    if let Some((since, complaint)) = &model.sync.failed {
        let since = format!("offline since {}", model.clock(*since));
        let next = model.sync.next_try.map(|at| format!(", next try {}", model.clock_with_seconds(at))).unwrap_or_default();
        let wordings = [
            format!("{since}: {}{next}{more}", crate::tui::update::sentence(complaint)),
            format!("{since}: {}{next}{more}", complaint.what),
            format!("{since}{next}{more}"),
            format!("{since}{more}"),
            since.clone(),
            format!("offline{more}"),
            "offline".to_owned(),
        ];
        return (fitting(&wordings), theme.error);
    }
    if let Some(failed) = model.jobs.failed_worker() {
        return (fitting(&[format!("{}{more}", failed.complaint.what), format!("a worker failed{more}"), "a worker failed".to_owned()]), theme.error);
    }
    if model.sync.log_loss.is_some() {
        return (fitting(&[format!("team log to restore{more}"), "team log to restore".to_owned(), "team log".to_owned()]), theme.error);
    }
    if model.sync.stopped {
        return (fitting(&[format!("sync stopped{more}"), "stopped".to_owned()]), theme.warning);
    }
    let trouble = match model.jobs.troubles.len() {
        0 => None,
        1 => Some("1 error".to_owned()),
        count => Some(format!("{count} errors")),
    };
    let synced = match model.sync.last_success {
        Some(at) => format!("synced {}", text::age(model.now, at)),
        None if model.sync.elsewhere => "synced by another postdesk".to_owned(),
        None => "not synced yet".to_owned(),
    };
    // How it goes there is not known here.
    if trouble.is_none() && model.sync.elsewhere && model.sync.last_success.is_some() {
        return (fitting(&[format!("{synced} · another postdesk syncs"), synced]), theme.dim);
    }
    match (trouble, model.sync.last_success.is_some()) {
        (Some(trouble), _) => (fitting(&[format!("{synced} · {trouble}{more}"), format!("{trouble}{more}"), trouble]), theme.error),
        (None, true) => (synced, theme.good),
        (None, false) => (synced, theme.dim),
    }
}

/// How many rows a message may take.
const TOAST_LINES: usize = 4;

/// The prompt, else what just happened, else the keys that matter here.
pub(super) fn footer(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    if let Some(Overlay::Prompt(line)) = &model.overlay {
        return Some(prompt(model, line, canvas, area));
    }
    if let Some(toast) = &model.toast {
        let (sign, style) = match toast.tone {
            Tone::Good => ("✓", model.theme.good),
            Tone::Hint => ("·", model.theme.accent),
            Tone::Bad => ("✗", model.theme.error),
        };
        // What does not fit grows upwards: a remedy that is cut off helps nobody.
        let lines = text::wrap(&toast.text, usize::from(area.width).saturating_sub(4));
        let shown = lines.len().min(TOAST_LINES).min(usize::from(area.y) + 1);
        for (index, line) in lines.iter().take(shown).enumerate() {
            let row = Rect { y: area.y - (shown - 1 - index) as u16, ..area };
            let sign = if index == 0 { sign } else { " " };
            let content = format!(" {sign} {line}");
            let blank = usize::from(area.width).saturating_sub(text::width(&content));
            canvas.line(row, 0, &(content + &" ".repeat(blank)), style);
        }
        return None;
    }
    hints(model, canvas, area);
    None
}

/// Actions worth a hint, most wanted first.
fn wanted(model: &Model) -> &'static [&'static str] {
    match model.screen() {
        Screen::Queue if !model.queue.marks.is_empty() => &["assign", "solve", "tag", "snooze-tomorrow", "merge", "move"],
        Screen::Queue if model.queue.rows.is_empty() => &["sync", "new", "search", "next-view", "go-drafts", "go-outbox"],
        Screen::Queue => &["open", "reply", "assign", "solve", "note", "filter", "mark", "preview", "sync"],
        Screen::Ticket if model.ticket.shown.as_ref().is_some_and(|ticket| !ticket.suggestions.is_empty()) => {
            &["suggestions", "reply", "reply-template", "note", "assign-me", "solve", "next-message", "next-ticket", "quotes"]
        }
        Screen::Ticket => &["reply", "reply-template", "note", "assign-me", "solve", "next-message", "next-ticket", "quotes"],
        Screen::Compose => &["back", "next-field", "insert-template", "edit-externally", "leave-draft", "undo-typing"],
        Screen::Drafts if model.drafts.lines.is_empty() => &["new"],
        Screen::Drafts => &["open-draft", "discard-saved", "recover-draft"],
        Screen::Conflicts if model.conflicts.lines.is_empty() => &["sync"],
        Screen::Conflicts if model.conflicts.lines.get(model.conflicts.selected).is_some_and(|line| line.is_parked) => {
            &["drop-mine", "open-conflict"]
        }
        Screen::Conflicts if model.conflicts.lines.get(model.conflicts.selected).is_some_and(|line| !line.can_be_applied) => {
            &["drop-mine", "keep-as-is", "open-conflict", "apply-all", "drop-all", "keep-all"]
        }
        Screen::Conflicts => &["apply-mine", "drop-mine", "keep-as-is", "open-conflict", "apply-all", "drop-all", "keep-all"],
        Screen::Review if is_note(model) => &["send", "edit-again", "keep-draft", "discard-draft"],
        Screen::Review if model.composing.as_ref().is_some_and(Composing::is_unsendable) => {
            &["edit-to", "edit-again", "attach", "as-received", "keep-draft", "discard-draft"]
        }
        Screen::Review => &["send", "edit-again", "send-and-set", "edit-to", "attach", "as-received", "keep-draft", "discard-draft"],
        Screen::Outbox if model.outbox.lines.is_empty() => &["sync", "reload"],
        Screen::Held => &["retry-mail", "edit-mail", "cancel-mail", "page-down"],
        Screen::Outbox
            if model.outbox.lines.get(model.outbox.selected).is_some_and(|line| line.state == crate::domain::outbox::OutboxState::Held) =>
        {
            &["compare-mail", "retry-mail", "edit-mail", "cancel-mail", "sync"]
        }
        Screen::Outbox => &["retry-mail", "edit-mail", "cancel-mail", "sync"],
        Screen::Jobs => &["open-job", "retry-job", "cancel-job", "dismiss-job", "open-log"],
        Screen::Source => &["page-down", "page-up"],
        Screen::Help => &["find-action"],
    }
}

fn is_note(model: &Model) -> bool {
    model.composing.as_ref().is_some_and(Composing::is_note)
}

fn hints(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    if let Some(pairs) = keys_over(model) {
        let mut x = area.x + 1;
        for (key, title) in pairs {
            if usize::from(area.right().saturating_sub(x)) < text::width(key) + text::width(title) + 1 {
                break;
            }
            x = written(model, canvas, x, area, key, title);
        }
        return;
    }
    let scope = model.scope();
    let last = match model.screen() {
        Screen::Queue => "quit",
        _ => "back",
    };
    let end: Vec<(&'static str, String, &str)> =
        [("help", "keys"), ("quit", last)].into_iter().filter_map(|(name, title)| Some((name, model.keymap.key_of(scope, name)?, title))).collect();
    let reserved: usize = end.iter().map(|(_, key, title)| text::width(key) + text::width(title) + 3).sum();
    let mut x = area.x + 1;
    let limit = area.right().saturating_sub(reserved as u16);
    for name in wanted(model).iter().copied() {
        let Some(key) = model.keymap.key_of(scope, name) else { continue };
        // A note is written to the ticket and goes nowhere.
        let title = if name == "send" && is_note(model) { "add" } else { short(name) };
        if x + (text::width(&key) + text::width(title) + 3) as u16 > limit {
            break;
        }
        x = pair(model, canvas, x, area, name, &key, title);
    }
    for (name, key, title) in end {
        x = pair(model, canvas, x, area, name, &key, title);
    }
}

/// The keys of what lies over the screen, or of a sequence that has been begun.
fn keys_over(model: &Model) -> Option<&'static [(&'static str, &'static str)]> {
    match &model.overlay {
        Some(Overlay::Picker(_)) => Some(&[("enter", "choose"), ("esc", "cancel"), ("↑ ↓", "move"), ("", "type to narrow")]),
        Some(Overlay::Confirm(_)) => Some(&[("y", "yes"), ("n", "no"), ("esc", "cancel")]),
        Some(Overlay::Report(_)) => Some(&[("j", "on"), ("k", "back"), ("esc", "close")]),
        Some(Overlay::Prompt(_)) => None,
        None if model.which_key && !model.pending.is_empty() => Some(&[("", "one of these keys"), ("esc", "cancel")]),
        None => None,
    }
}

/// A key with its word; returns where the next one may stand.
fn written(model: &Model, canvas: &mut Canvas<'_>, start: u16, area: Rect, key: &str, title: &str) -> u16 {
    let room = |x: u16| area.right().saturating_sub(x);
    let x = start + canvas.put(start, area.y, room(start), key, model.theme.key) + 1;
    x + canvas.put(x, area.y, room(x), title, model.theme.dim) + 2
}

fn pair(model: &Model, canvas: &mut Canvas<'_>, start: u16, area: Rect, name: &'static str, key: &str, title: &str) -> u16 {
    let next = written(model, canvas, start, area, key, title);
    canvas.hit(Rect::new(start, area.y, next.saturating_sub(start + 2), 1), Target::Hint(name));
    next
}

/// A word for the footer; the action's name unless that says too much.
fn short(name: &'static str) -> &'static str {
    match name {
        "reply-template" => "template",
        "assign-me" => "take",
        "suggestions" => "related",
        "snooze-tomorrow" => "snooze",
        "next-message" => "message",
        "next-ticket" => "next",
        "edit-again" => "edit",
        "edit-to" => "to",
        "send-and-set" => "send+status",
        "keep-draft" => "keep",
        "discard-draft" | "discard-saved" => "discard",
        "back" => "review",
        "find-action" => "find and run",
        "go-drafts" => "drafts",
        "go-outbox" => "outbox",
        "next-view" => "views",
        "page-down" => "on",
        "page-up" => "back",
        "next-field" => "field",
        "insert-template" => "template",
        "edit-externally" => "$EDITOR",
        "leave-draft" => "keep",
        "undo-typing" => "undo",
        "apply-mine" => "apply anyway",
        "drop-mine" => "drop",
        "keep-as-is" => "leave",
        "open-conflict" => "ticket",
        "open-draft" => "go on",
        "recover-draft" => "recover",
        "retry-mail" => "try again",
        "compare-mail" => "compare",
        "edit-mail" => "edit",
        "cancel-mail" | "cancel-job" => "cancel",
        "open-job" => "details",
        "retry-job" => "try now",
        "dismiss-job" => "dismiss",
        "open-log" => "log",
        "as-received" => "preview",
        "reload" => "read again",
        name => name,
    }
}

fn prompt(model: &Model, prompt: &Prompt, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let label = match &prompt.kind {
        PromptKind::Filter(_) => " / ",
        PromptKind::Attach => " Attach (tab completes): ",
        PromptKind::Pipe { raw: false, .. } if area.width < 60 => " Text | ",
        PromptKind::Pipe { raw: true, .. } if area.width < 60 => " Raw | ",
        PromptKind::Pipe { raw: false, .. } => " The text (tab: raw mail) | ",
        PromptKind::Pipe { raw: true, .. } => " The raw mail (tab: text) | ",
        PromptKind::Find(_) => &found(model),
        PromptKind::Snooze(_) if area.width < 60 => " Until: ",
        PromptKind::Snooze(_) => " Snooze until (3h, friday, 2026-12-24 15:30): ",
        PromptKind::Subject(_) => " Subject: ",
        PromptKind::Participants(_) if area.width < 60 => " Who: ",
        PromptKind::Participants(_) => " Participants (+address -address): ",
        PromptKind::Command => " : ",
        PromptKind::SaveView => " Save the view as: ",
    };
    canvas.clear(area);
    let used = canvas.put(area.x, area.y, area.width, label, model.theme.key);
    let room = usize::from(area.width.saturating_sub(used + 1));
    let before = prompt.input.cursor_column();
    // A long line is scrolled so that the cursor is in sight.
    let skip = before.saturating_sub(room.saturating_sub(1));
    let clean = crate::domain::sanitise::line(prompt.input.text());
    let (_, shown) = text::split_at(&clean, skip);
    let skipped = text::width(&clean) - text::width(shown);
    canvas.put(area.x + used, area.y, room as u16, shown, model.theme.text);
    if let Some((start, end, _)) = &prompt.error {
        let column = |octet: &usize| text::width(prompt.input.text().get(..*octet).unwrap_or(prompt.input.text())).saturating_sub(skipped) as u16;
        let mark = Rect::new(area.x + used + column(start), area.y, (column(end).saturating_sub(column(start))).max(1), 1);
        canvas.paint(mark.intersection(area), model.theme.error.add_modifier(ratatui::style::Modifier::UNDERLINED));
    }
    Position::new((area.x + used + before.saturating_sub(skipped) as u16).min(area.right().saturating_sub(1)), area.y)
}

/// The label of the search, with how often the words were found.
fn found(model: &Model) -> String {
    match &model.ticket.find {
        None => " Find: ".to_owned(),
        Some(find) => format!(" Find ({}/{}): ", find.at.map_or(0, |at| at + 1), find.hits.len()),
    }
}

/// What can follow the keys pressed so far.
pub(super) fn which_key(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    if model.pending.is_empty() || !model.which_key {
        return;
    }
    let rows = model.keymap.continuations(model.scope(), &model.pending);
    let widest = rows.iter().map(|(key, title)| text::width(key) + text::width(title) + 3).max().unwrap_or(0);
    let area = Rect { height: (rows.len() as u16 + 2).min(body.height), width: (widest as u16 + 4).clamp(12, body.width.max(12)), ..body };
    let area = Rect { x: body.right().saturating_sub(area.width), y: body.bottom().saturating_sub(area.height), ..area };
    let inside = canvas.boxed(area, &format!("{} …", print_sequence(&model.pending)), model.theme.accent);
    for (row, (key, title)) in (0..inside.height).zip(&rows) {
        let used = canvas.put(inside.x + 1, inside.y + row, inside.width.saturating_sub(1), key, model.theme.key);
        canvas.put(inside.x + used + 2, inside.y + row, inside.width.saturating_sub(used + 2), title, model.theme.text);
    }
}
