//! What the jobs screen says: of each row a line or two, and everything when it is opened.

use super::model::{About, FolderJob, JobRow, Model, Trouble};
use super::text;
use crate::domain::outbox::OutboxState;
use crate::domain::{Timestamp, sanitise};
use crate::protocol::json::OutboxLine;

/// What sort of news a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    Good,
    Active,
    Waiting,
    Bad,
    Plain,
}

/// A row as it is drawn: what it is about, and what there is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobText {
    pub kind: JobKind,
    pub head: String,
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

/// The words of a row; `None` if what it stands for is gone.
pub fn row(model: &Model, row: &JobRow) -> Option<JobText> {
    let clean = |text: &str| sanitise::line(text).into_owned();
    let said = |kind, head: String, text: String| JobText { kind, head: clean(&head), text: clean(&text), remedy: String::new() };
    Some(match row {
        JobRow::Sync => {
            let (kind, text) = sync(model);
            said(kind, "Sync".to_owned(), text)
        }
        JobRow::Trouble(id) => {
            let trouble = model.jobs.trouble(*id)?;
            let words = said(JobKind::Bad, format!("✗ {}", model.clock(trouble.last)), trouble_text(model, trouble));
            JobText { remedy: clean(&trouble.complaint.remedy), ..words }
        }
        JobRow::Folder(name) => {
            let folder = model.jobs.folders.iter().find(|folder| folder.name == *name)?;
            let (kind, text) = folder_text(model, folder);
            said(kind, folder.name.clone(), text)
        }
        JobRow::Sending => {
            let (kind, text) = sending(model);
            said(kind, "Sending".to_owned(), text)
        }
        JobRow::Log => {
            let words = said(JobKind::Bad, "Team log".to_owned(), model.sync.log_loss.as_ref()?.what.clone());
            JobText { remedy: clean(&format!("{} asks whether to put it back from what this computer knows.", key(model, "open-job"))), ..words }
        }
        JobRow::Conflicts => {
            let words = said(JobKind::Bad, "Not applied".to_owned(), conflicts(model));
            JobText { remedy: clean(&format!("{} shows them; what is to become of them is yours to say.", key(model, "go-conflicts"))), ..words }
        }
        JobRow::Mail(id) => {
            let line = mail(model, *id)?;
            said(mail_kind(line.state), line.state.as_str().to_owned(), mail_text(model, line))
        }
        JobRow::Past(id) => {
            let past = model.jobs.past.iter().find(|past| past.id == *id)?;
            said(JobKind::Plain, model.clock(past.at), past.what.clone())
        }
    })
}

/// The changes of ours that were not applied, by name.
fn conflicts(model: &Model) -> String {
    let named = model.conflicts.lines.iter().map(|line| format!("{} you {}, but {}", line.label, line.mine, line.reason()));
    named.collect::<Vec<_>>().join(" · ")
}

/// The state of the sync in a sentence.
pub fn sync(model: &Model) -> (JobKind, String) {
    let state = &model.sync;
    let last = state.last_success.map(|at| format!("last success {} ({})", model.clock(at), text::age(model.now, at)));
    let with_last = |kind, what: String| {
        let parts = [Some(what), last.clone()];
        (kind, parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    };
    if state.never {
        return with_last(JobKind::Waiting, "offline: started with --offline, nothing is fetched or sent".to_owned());
    }
    if let Some(running) = &state.running {
        return with_last(JobKind::Active, format!("syncing {}{}", running.what, far(running.done, running.total)));
    }
    if state.stopped {
        return with_last(JobKind::Waiting, format!("stopped; {} goes on", key(model, "sync")));
    }
    if state.elsewhere {
        return with_last(JobKind::Good, "another postdesk keeps this desk up to date".to_owned());
    }
    if let Some((since, _)) = &state.failed {
        let next = match state.next_try {
            Some(at) => format!("next try {}, {} tries now", model.clock_with_seconds(at), key(model, "sync")),
            None => format!("{} tries again", key(model, "sync")),
        };
        return with_last(JobKind::Bad, format!("offline since {} · {next}", model.clock(*since)));
    }
    match state.last_success {
        Some(at) => (JobKind::Good, format!("up to date, last success {} ({})", model.clock(at), text::age(model.now, at))),
        None => (JobKind::Waiting, "not synced yet".to_owned()),
    }
}

/// ` 1200/5000, 24%`; nothing while it is not known how much there is.
pub fn far(done: u64, total: u64) -> String {
    match total {
        0 => String::new(),
        total => format!(" {done}/{total}, {}%", done.min(total) * 100 / total),
    }
}

fn folder_text(model: &Model, folder: &FolderJob) -> (JobKind, String) {
    let size = if folder.bytes > 0 { format!(" · {}", text::size(folder.bytes)) } else { String::new() };
    if folder.is_running {
        return (JobKind::Active, format!("fetching{}{size}", far(folder.done, folder.total)));
    }
    if folder.done < folder.total {
        return (JobKind::Waiting, format!("{} of {} fetched, the rest comes with the next sync", folder.done, folder.total));
    }
    let new = if folder.new > 0 { format!("{} new{size}", folder.new) } else { "nothing new".to_owned() };
    match folder.last_success {
        Some(at) => (JobKind::Good, format!("{new} · {}", model.clock(at))),
        None => (JobKind::Bad, "not read yet".to_owned()),
    }
}

fn trouble_text(model: &Model, trouble: &Trouble) -> String {
    let times = if trouble.times > 1 { format!(" ({} times since {})", trouble.times, model.clock(trouble.first)) } else { String::new() };
    format!("{}{times}", trouble.complaint.what)
}

fn sending(model: &Model) -> (JobKind, String) {
    let count = |wanted: &[OutboxState]| model.outbox.lines.iter().filter(|line| wanted.contains(&line.state)).count();
    let parts = [
        (count(&[OutboxState::Sending]), "on the way"),
        (count(&[OutboxState::Queued, OutboxState::Scheduled]), "waiting"),
        (count(&[OutboxState::Held, OutboxState::Refused, OutboxState::Uncertain]), "in trouble"),
    ];
    let told: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let kind = match (parts[2].0, parts[0].0, told.len()) {
        (1.., ..) => JobKind::Bad,
        (_, 1.., _) => JobKind::Active,
        (_, _, 0) => JobKind::Good,
        _ => JobKind::Waiting,
    };
    let sent = model.outbox.lines.iter().filter(|line| line.state == OutboxState::Sent).map(|line| line.since).max();
    let sent = sent.map(|at| format!("last sent {} ({})", model.clock(at), text::age(model.now, at)));
    let waits = if told.is_empty() { "nothing waits".to_owned() } else { told.join(", ") };
    (kind, [Some(waits), sent].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

fn mail(model: &Model, id: i64) -> Option<&OutboxLine> {
    model.outbox.lines.iter().find(|line| line.id == id)
}

fn mail_kind(state: OutboxState) -> JobKind {
    match state {
        OutboxState::Sending => JobKind::Active,
        OutboxState::Queued | OutboxState::Scheduled => JobKind::Waiting,
        OutboxState::Held | OutboxState::Refused | OutboxState::Uncertain => JobKind::Bad,
        OutboxState::Sent => JobKind::Good,
    }
}

fn mail_text(model: &Model, line: &OutboxLine) -> String {
    let ticket = line.ticket.as_deref().unwrap_or("new");
    let next = line.next_try.filter(|at| *at > model.now).map(|at| format!(" · next try {}", model.clock_with_seconds(at))).unwrap_or_default();
    let why = line.error.as_ref().map(|error| format!(" — {error}")).unwrap_or_default();
    format!("{ticket} {} → {}{next}{why}", line.subject, line.to.join(", "))
}

/// Everything that is known of a row, as a page: its title and its text.
pub fn details(model: &Model, row: &JobRow) -> Option<(String, String)> {
    Some(match row {
        // They have a screen and a question of their own.
        JobRow::Conflicts | JobRow::Log => return None,
        JobRow::Sync => ("Sync".to_owned(), format!("{}\n\n{}", sync(model).1, all_troubles(model))),
        JobRow::Trouble(id) => ("Error".to_owned(), about_trouble(model, model.jobs.trouble(*id)?)),
        JobRow::Folder(name) => {
            let folder = model.jobs.folders.iter().find(|folder| folder.name == *name)?;
            (format!("Folder {name}"), about_folder(model, folder))
        }
        JobRow::Sending => ("Sending".to_owned(), sending(model).1),
        JobRow::Mail(id) => (format!("Mail {id}"), about_mail(model, mail(model, *id)?)),
        JobRow::Past(id) => {
            let past = model.jobs.past.iter().find(|past| past.id == *id)?;
            ("A sync".to_owned(), format!("{}\n{}", when(model, past.at), past.what))
        }
    })
}

/// A line for each field that has something to say.
fn fields<const N: usize>(fields: [(&str, String); N]) -> String {
    let told = fields.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

/// The time by the clock, and how long ago that was.
fn when(model: &Model, at: Timestamp) -> String {
    format!("{} ({})", model.clock_with_seconds(at), text::age(model.now, at))
}

fn about_trouble(model: &Model, trouble: &Trouble) -> String {
    let about = match &trouble.about {
        About::Sync => "the sync".to_owned(),
        About::Folder(name) => format!("the folder {name}"),
        About::Part => "a part of the sync".to_owned(),
        About::Worker(name) => format!("the {name} worker"),
    };
    let times = if trouble.times > 1 { format!("{} times since {}", trouble.times, when(model, trouble.first)) } else { String::new() };
    let told = fields([
        ("About", about),
        ("When", when(model, trouble.last)),
        ("How often", times),
        ("What", trouble.complaint.what.clone()),
        ("What to do", trouble.complaint.remedy.clone()),
    ]);
    let end = format!("It stays here until what failed succeeds, or {} on the list of jobs dismisses it.", key(model, "dismiss-job"));
    format!("{told}\n\n{end}\nThe log lies in {}.", model.log_folder.display())
}

fn about_folder(model: &Model, folder: &FolderJob) -> String {
    fields([
        ("State", folder_text(model, folder).1),
        ("Last success", folder.last_success.map(|at| when(model, at)).unwrap_or_default()),
        ("New in the last pass", folder.new.to_string()),
        ("Fetched in the last pass", text::size(folder.bytes)),
        ("Compared by", folder.mode.clone()),
    ])
}

fn about_mail(model: &Model, line: &OutboxLine) -> String {
    fields([
        ("State", line.state.as_str().to_owned()),
        ("Since", when(model, line.since)),
        ("Ticket", line.ticket.clone().unwrap_or_default()),
        ("To", line.to.join(", ")),
        ("Subject", line.subject.clone()),
        ("Tries", line.attempts.to_string()),
        ("Next try", line.next_try.map(|at| model.clock_with_seconds(at)).unwrap_or_default()),
        ("What", line.error.clone().unwrap_or_default()),
    ])
}

fn all_troubles(model: &Model) -> String {
    let lines: Vec<String> = model
        .jobs
        .troubles
        .iter()
        .map(|trouble| {
            let remedy = if trouble.complaint.remedy.is_empty() { String::new() } else { format!("\n  {}", trouble.complaint.remedy) };
            format!("✗ {} {}{remedy}", model.clock(trouble.last), trouble_text(model, trouble))
        })
        .collect();
    if lines.is_empty() { "No errors.".to_owned() } else { lines.join("\n") }
}

fn key(model: &Model, action: &str) -> String {
    model.keymap.key_of(crate::action::Scope::Jobs, action).unwrap_or_else(|| format!(":{action}"))
}
