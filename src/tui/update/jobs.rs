//! Syncing and sending: what the workers tell of it, and what can be done about it.

use super::{conflicts, drafts, hint, navigate, read, restore, say, source};
use crate::action::Scope;
use crate::domain::Timestamp;
use crate::protocol::answer::Complaint;
use crate::protocol::job::Job;
use crate::protocol::json::{LogTrouble, RESTORE_LOG, SyncReport};
use crate::tui::jobs;
use crate::tui::model::{About, JobRow, Model, PAST_KEPT, PastJob, Purpose, Running, Screen, TROUBLES_KEPT, Trouble};
use crate::tui::msg::{Effect, Lane};
use crate::tui::verb::Motion;

/// Opens the screen; the outbox is read with it.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Review | Screen::Compose) {
        hint(model, "keep or send the reply first");
        return Vec::new();
    }
    model.screens.retain(|screen| *screen != Screen::Jobs);
    model.screens.push(Screen::Jobs);
    (model.jobs.selected, model.jobs.row) = (None, 0);
    vec![read(model, Lane::Outbox, Purpose::Outbox, Job::Outbox)]
}

pub(super) fn motion(model: &mut Model, motion: Motion) {
    let rows = model.job_rows();
    let page = usize::from(model.layout().body.height.max(1));
    let index = navigate::stepped(model.job_index(&rows), motion, rows.len(), page);
    (model.jobs.row, model.jobs.selected) = (index, rows.get(index).cloned());
}

/// What the cursor is on.
fn selected(model: &Model) -> JobRow {
    let rows = model.job_rows();
    rows.get(model.job_index(&rows)).cloned().unwrap_or(JobRow::Sync)
}

pub(super) fn details(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        JobRow::Conflicts => return conflicts::open(model),
        JobRow::Log => restore::ask(model),
        _ => {}
    }
    if let Some((title, text)) = jobs::details(model, &selected(model)) {
        source::show(model, &title, text);
    }
    Vec::new()
}

/// Tries again now: the mail of the row, else the sync.
pub(super) fn retry(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        JobRow::Mail(id) => {
            point_at_mail(model, id);
            drafts::retry(model)
        }
        _ => navigate::sync_now(model),
    }
}

/// Stops the running sync, or takes the mail of the row out of the outbox after asking.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        JobRow::Mail(id) => {
            point_at_mail(model, id);
            drafts::ask_cancel(model)
        }
        _ if model.sync.running.is_some() => {
            hint(model, "stopping the sync");
            vec![Effect::StopSync]
        }
        _ => {
            hint(model, "no sync is running, and no mail is selected");
            Vec::new()
        }
    }
}

fn point_at_mail(model: &mut Model, id: i64) {
    if let Some(at) = model.outbox.lines.iter().position(|line| line.id == id) {
        model.outbox.selected = at;
    }
}

pub(super) fn dismiss(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        JobRow::Trouble(id) => {
            let rows = model.job_rows();
            model.jobs.row = model.job_index(&rows);
            model.jobs.troubles.retain(|trouble| trouble.id != id);
            say(model, "dismissed");
        }
        JobRow::Mail(_) => hint(model, "the mail stays until it is sent: r tries again, c cancels it"),
        _ => hint(model, "there is no error on this line"),
    }
    Vec::new()
}

pub(super) fn dismiss_all(model: &mut Model) -> Vec<Effect> {
    match model.jobs.troubles.len() {
        0 => hint(model, "there are no errors"),
        1 => say(model, "one error dismissed"),
        count => say(model, format!("{count} errors dismissed")),
    }
    model.jobs.troubles.clear();
    Vec::new()
}

pub(super) fn open_log(model: &mut Model) -> Vec<Effect> {
    let folder = model.log_folder.display().to_string();
    say(model, format!("the log lies in {folder}"));
    vec![Effect::Open(folder)]
}

pub(super) fn progress(model: &mut Model, running: Running) {
    model.jobs.folders.iter_mut().for_each(|folder| folder.is_running = false);
    // Of a total of nothing only the words are worth telling: "connecting".
    if running.total > 0 {
        model.jobs.with_folder(&running.what, |folder| {
            (folder.is_running, folder.done, folder.total, folder.bytes) = (true, running.done, running.total, running.bytes);
        });
    }
    (model.sync.stopped, model.sync.elsewhere, model.sync.next_try) = (false, false, None);
    model.sync.running = Some(running);
}

/// Takes in what a pass did, folder by folder.
pub(super) fn report(model: &mut Model, at: Timestamp, report: &SyncReport) {
    restore::note(model, report);
    if report.mails_waiting.is_empty() && report.errors.is_empty() {
        let said = model.outbox.said.take();
        take_back(model, said.as_ref());
    }
    model.jobs.troubles.retain(|trouble| trouble.about != About::Part);
    let about_mail = |error: &&String| error.strip_prefix("mail ").is_none_or(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    let errors: Vec<&String> = report.errors.iter().filter(about_mail).collect();
    let of = |name: &str| errors.iter().find(|error| error.strip_prefix(name).is_some_and(|rest| rest.starts_with(": ")));
    for step in &report.steps {
        let about = About::Folder(step.name.clone());
        if let Some(error) = of(&step.name) {
            let trouble = report.log_trouble.as_ref().filter(|_| step.mode == "log");
            let complaint = trouble.map_or_else(|| of_folder(error), |trouble| of_log(model, report, &step.name, trouble));
            keep(model, about, at, complaint);
            model.jobs.with_folder(&step.name, |folder| folder.is_running = false);
            continue;
        }
        model.jobs.troubles.retain(|trouble| trouble.about != about);
        model.jobs.with_folder(&step.name, |folder| {
            (folder.is_running, folder.done, folder.total) = (false, 0, 0);
            (folder.new, folder.bytes, folder.last_success) = (step.messages, step.bytes, Some(at));
            folder.mode.clone_from(&step.mode);
        });
    }
    for error in errors.iter().filter(|error| !report.steps.iter().any(|step| error.starts_with(&format!("{}: ", step.name)))) {
        keep(model, About::Part, at, Complaint { what: (*error).clone(), remedy: String::new() });
    }
    for warning in &report.warnings {
        keep(model, About::Part, at, Complaint { what: warning.clone(), remedy: String::new() });
    }
    if let Some(what) = words(report) {
        remember(model, at, what);
    }
}

fn of_folder(error: &str) -> Complaint {
    let remedy = "Everything else was done. Check `folders` in the desk's configuration, or the folder on the server.".to_owned();
    Complaint { what: error.to_owned(), remedy }
}

fn of_log(model: &Model, report: &SyncReport, folder: &str, trouble: &LogTrouble) -> Complaint {
    let waiting = report.waiting_changes(&model.zone).map(|waiting| format!("{waiting}. ")).unwrap_or_default();
    Complaint { what: format!("{folder}: {}", trouble.what), remedy: format!("{waiting}{}", by_keys(model, trouble)) }
}

/// What to do about the log, with keys in the place of commands.
fn by_keys(model: &Model, trouble: &LogTrouble) -> String {
    let key = |action: &str| model.keymap.key_of(Scope::Jobs, action).unwrap_or_else(|| format!(":{action}"));
    match trouble.event {
        Some(_) => format!("What you did after it waits behind it. {} shows it, to be tried once more or left out.", key("go-conflicts")),
        None => trouble.remedy.replace(RESTORE_LOG, &format!("{} on `Team log`", key("open-job"))),
    }
}

/// What a pass did; `None` if that was nothing.
pub(super) fn words(report: &SyncReport) -> Option<String> {
    let counts = [
        (report.messages_new, "new"),
        (report.sent, "sent"),
        (report.tickets_opened, "opened"),
        (report.tickets_reopened, "reopened"),
        (report.messages_gone, "gone"),
        (report.moved, "moved on the server"),
    ];
    let told: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn remember(model: &mut Model, at: Timestamp, what: String) {
    let id = model.jobs.next_id();
    model.jobs.past.push_front(PastJob { id, at, what });
    model.jobs.past.truncate(PAST_KEPT);
}

/// A pass has gone through: what kept it from that is over.
pub(super) fn succeeded(model: &mut Model, at: Timestamp) {
    if let Some((since, complaint)) = model.sync.failed.take() {
        take_back(model, Some(&super::sentence(&complaint)));
        let what = format!("connected again, after trouble since {}", model.clock(since));
        remember(model, at, what);
    }
    let sync = &mut model.sync;
    (sync.running, sync.failed, sync.last_success, sync.next_try) = (None, None, Some(at), None);
    (sync.stopped, sync.elsewhere) = (false, false);
    model.jobs.folders.iter_mut().for_each(|folder| folder.is_running = false);
    model.jobs.troubles.retain(|trouble| trouble.about != About::Sync);
}

/// What was said of a connection is untrue once that works again, if it still stands there.
fn take_back(model: &mut Model, said: Option<&String>) {
    model.toast.take_if(|toast| Some(&toast.text) == said);
}

pub(super) fn failed(model: &mut Model, at: Timestamp, complaint: Complaint) {
    let since = model.sync.failed.take().map_or(at, |(since, _)| since);
    model.sync.running = None;
    model.jobs.folders.iter_mut().for_each(|folder| folder.is_running = false);
    keep(model, About::Sync, at, complaint.clone());
    model.sync.failed = Some((since, complaint));
}

pub(super) fn stopped(model: &mut Model) {
    (model.sync.running, model.sync.stopped, model.sync.next_try) = (None, true, None);
    model.jobs.folders.iter_mut().for_each(|folder| folder.is_running = false);
}

pub(super) fn elsewhere(model: &mut Model) {
    (model.sync.running, model.sync.elsewhere, model.sync.failed, model.sync.next_try) = (None, true, None, None);
    model.jobs.troubles.retain(|trouble| trouble.about != About::Sync);
}

pub(super) fn worker_failed(model: &mut Model, worker: &'static str, why: &str) -> String {
    let what = format!("the {worker} worker failed and was started again: {why}");
    if worker == "sync" {
        model.sync.running = None;
    }
    let remedy = "Please report it, with panic.log; o opens its folder.".to_owned();
    keep(model, About::Worker(worker), model.now, Complaint { what: what.clone(), remedy });
    what
}

/// Keeps a trouble; the same one once more is counted.
fn keep(model: &mut Model, about: About, at: Timestamp, complaint: Complaint) {
    // What to do may change meanwhile, such as when it is tried next.
    let known = model.jobs.troubles.iter().position(|trouble| trouble.about == about && trouble.complaint.what == complaint.what);
    let trouble = match known {
        Some(index) => {
            let mut trouble = model.jobs.troubles.remove(index);
            // A failed pass that was asked for is told by news and by its answer.
            if trouble.last != at {
                trouble.times += 1;
            }
            Trouble { last: at, complaint, ..trouble }
        }
        None => Trouble { id: model.jobs.next_id(), about, first: at, last: at, times: 1, complaint },
    };
    model.jobs.troubles.insert(0, trouble);
    model.jobs.troubles.truncate(TROUBLES_KEPT);
}
