//! What the workers say.

use super::{
    act, begin, bulk, choices, command, company, compose, conflicts, departing, drafts, held, jobs, links, marks, others, outside, picker, prompt,
    queue, review, saving, say, source, suggest, template, ticket, typing, views,
};
use crate::protocol::answer::{Answer, Complaint};
use crate::protocol::json::SyncReport;
use crate::protocol::news::{FromWorker, News};
use crate::tui::model::{Model, Purpose, Running, Screen, Toast, Tone};
use crate::tui::msg::Effect;

pub(super) fn take(model: &mut Model, from: FromWorker) -> Vec<Effect> {
    match from {
        FromWorker::News(news) => take_news(model, news),
        FromWorker::Reply { id, result } => match (model.asked.remove(&id), result) {
            (Some(purpose), Ok(answer)) => take_answer(model, &purpose, answer),
            (Some(purpose), Err(complaint)) => take_complaint(model, &purpose, complaint),
            // Something newer was asked since.
            (None, _) => Vec::new(),
        },
    }
}

fn take_answer(model: &mut Model, purpose: &Purpose, answer: Answer) -> Vec<Effect> {
    match (purpose, answer) {
        (Purpose::List, Answer::Page(page)) => return queue::take_page(model, page, false),
        (Purpose::More, Answer::Page(page)) => return queue::take_page(model, page, true),
        (Purpose::Counts, Answer::Counts(counts)) => return views::take_counts(model, counts),
        (Purpose::Mark, Answer::Keys(keys)) => marks::take(model, keys),
        (Purpose::Wake, Answer::Wake(at)) => queue::take_wake(model, at),
        (Purpose::Related(about), Answer::Keys(related)) => queue::take_related(model, about, related),
        (Purpose::Known, Answer::Known(known)) => {
            model.known = known;
            choices::refill_tags(model);
        }
        (Purpose::Choices, Answer::Page(page)) => {
            choices::take_tickets(model, &page.rows);
            return picker::chosen_early(model);
        }
        (Purpose::Bulk, Answer::Batch(done)) => return bulk::take(model, done),
        (Purpose::SaveView(tab), Answer::Done { what, .. }) => {
            say(model, what);
            return views::take_saved(model, tab.clone());
        }
        (Purpose::DropView(name), Answer::Done { what, .. }) => {
            say(model, what);
            return views::take_dropped(model, name);
        }
        (Purpose::ActAndGo(act), Answer::Done { what, tickets, events }) => {
            command::remember(model, act, events.len());
            act::unmark(model, &tickets);
            let effects = act::follow_up(model, &tickets);
            say(model, what);
            return effects;
        }
        (Purpose::Preview, Answer::Ticket(shown)) => queue::take_preview(model, shown),
        (Purpose::Conversation, Answer::Ticket(shown)) => ticket::take(model, shown),
        (Purpose::Suggestions, Answer::Ticket(shown)) => suggest::take(model, &shown),
        (Purpose::Links, Answer::Ticket(shown)) => links::take(model, &shown),
        (Purpose::Headers, Answer::Source(mail)) => source::take_headers(model, &mail),
        (Purpose::Source, Answer::Source(mail)) => source::take(model, *mail),
        (Purpose::PipeSource(command), Answer::Source(mail)) => return source::pipe(model, command, *mail),
        (Purpose::Others, Answer::Page(page)) => others::take(model, &page),
        (Purpose::Saved, Answer::Files(files)) => outside::take_saved(model, &files),
        (Purpose::Aside, Answer::Files(files)) => return outside::take_aside(model, files),
        (Purpose::Texts, Answer::Texts(texts)) => ticket::take_texts(model, texts),
        (Purpose::Outbox, Answer::Outbox(lines)) => model.outbox.take(lines),
        (Purpose::Conflicts, Answer::Conflicts(lines)) => conflicts::take(model, lines),
        (Purpose::Decide, Answer::Done { what, .. }) => return conflicts::take_decided(model, what),
        (Purpose::Choices, Answer::Agents(agents)) => {
            choices::take_agents(model, &agents);
            return picker::chosen_early(model);
        }
        (Purpose::Choices, Answer::Templates(templates)) => {
            template::take(model, &templates);
            return template::preview(model);
        }
        (Purpose::Choices, Answer::Identities(lines)) => choices::take_identities(model, lines),
        (Purpose::Contacts, Answer::Contacts(people)) => typing::take_contacts(model, people),
        (Purpose::Paths, Answer::Paths(paths)) => prompt::take_paths(model, &paths),
        (Purpose::TemplatePreview, Answer::Rendered(rendered)) => model.template_preview = Some(rendered),
        (Purpose::Insert, Answer::Rendered(rendered)) => return typing::take_template(model, *rendered),
        (Purpose::Attach, Answer::Attached(file)) => return review::take_attached(model, file),
        (Purpose::WriteNote, Answer::Done { what, .. }) => return review::take_written(model, what),
        (Purpose::Drafts, Answer::Drafts(lines)) => drafts::take(model, lines),
        (Purpose::Open, Answer::Opened { id, writing }) => {
            let mut effects = begin::resume(model, id, writing);
            effects.extend(queue::refresh(model));
            return effects;
        }
        (Purpose::Schedule, Answer::Scheduled { id, at }) => return departing::take_scheduled(model, id, at),
        (Purpose::Depart { id, to }, Answer::Sent(outcome)) => return departing::take_departed(model, *id, outcome, to),
        (Purpose::Act(act), Answer::Done { what, tickets, events }) => {
            if let Some(act) = act {
                command::remember(model, act, events.len());
            }
            act::unmark(model, &tickets);
            say(model, what);
            model.queue.keep_order = true;
            return queue::refresh(model);
        }
        (Purpose::Begin, Answer::Draft { draft, remarks, .. }) => return begin::take_draft(model, *draft, remarks),
        (Purpose::Held, Answer::Held(mail)) => held::take(model, *mail),
        (Purpose::Company, Answer::Company(company)) => company::take(model, *company),
        (Purpose::Save, Answer::Saved(id)) => return saving::take_saved(model, id),
        (Purpose::Review, Answer::Review(review)) => compose::take_review(model, *review),
        (Purpose::Send | Purpose::Schedule, Answer::Sent(outcome)) => return review::take_outcome(model, outcome),
        (Purpose::Seen | Purpose::Discard, Answer::Done { .. }) => return queue::refresh(model),
        (Purpose::Sync, Answer::Synced(report)) => return take_report(model, &report),
        // An answer of another kind is a mistake of the worker; it changes nothing.
        _ => {}
    }
    Vec::new()
}

fn take_complaint(model: &mut Model, purpose: &Purpose, complaint: Complaint) -> Vec<Effect> {
    if matches!(purpose, Purpose::Conversation | Purpose::Choices | Purpose::Begin) {
        // What was typed ahead was meant for what does not come.
        model.ahead.clear();
    }
    match purpose {
        Purpose::List | Purpose::More => {
            (model.queue.loaded, model.queue.error) = (true, Some(complaint));
        }
        Purpose::Texts => ticket::take_complaint(model, complaint),
        Purpose::Conversation => model.ticket.error = Some(complaint),
        Purpose::Outbox => (model.outbox.loaded, model.outbox.error) = (true, Some(complaint)),
        Purpose::Conflicts => (model.conflicts.loaded, model.conflicts.error) = (true, Some(complaint)),
        Purpose::Held => held::take_complaint(model, complaint),
        Purpose::Source => source::take_complaint(model, complaint),
        Purpose::Headers | Purpose::PipeSource(_) | Purpose::Saved | Purpose::Aside => super::complain(model, &complaint),
        Purpose::Choices | Purpose::Others | Purpose::Suggestions | Purpose::Links => {
            model.overlay = None;
            super::complain(model, &complaint);
        }
        Purpose::Begin | Purpose::Save | Purpose::Review | Purpose::Send | Purpose::Schedule | Purpose::WriteNote => {
            compose::take_complaint(model, purpose, complaint);
        }
        Purpose::Drafts => (model.drafts.loaded, model.drafts.error) = (true, Some(complaint)),
        // A template that cannot be filled in says so where its text would stand.
        Purpose::TemplatePreview => {
            let text = super::sentence(&complaint);
            model.template_preview = Some(Box::new(crate::protocol::answer::RenderedTemplate { text, ..Default::default() }));
        }
        Purpose::Sync => {
            jobs::failed(model, model.now, complaint.clone());
            super::complain(model, &complaint);
        }
        Purpose::Bulk => return bulk::fail(model, &complaint),
        // Without them completion offers what the language knows, and signs are missing; that
        // somebody writes is advice, and before a mail leaves the log is asked in any case.
        Purpose::TellReplying | Purpose::Company | Purpose::Known | Purpose::Wake | Purpose::Related(_) => {}
        Purpose::Counts
        | Purpose::Mark
        | Purpose::Preview
        | Purpose::Act(_)
        | Purpose::ActAndGo(_)
        | Purpose::Decide
        | Purpose::SaveView(_)
        | Purpose::DropView(_)
        | Purpose::Seen
        | Purpose::Contacts
        | Purpose::Paths
        | Purpose::Insert
        | Purpose::Attach
        | Purpose::Open
        | Purpose::Depart { .. }
        | Purpose::Discard => super::complain(model, &complaint),
    }
    Vec::new()
}

fn take_report(model: &mut Model, report: &SyncReport) -> Vec<Effect> {
    let what = jobs::words(report).unwrap_or_else(|| "nothing new".to_owned());
    let waiting = report.waiting_mail(&model.zone);
    match waiting.as_ref().or(report.errors.first()) {
        Some(error) => {
            super::complain(model, &Complaint { what: format!("synced, {what}; {error}"), remedy: String::new() });
            model.outbox.said = model.toast.as_ref().map(|toast| toast.text.clone());
        }
        None => say(model, format!("synced: {what}")),
    }
    queue::refresh(model)
}

fn take_news(model: &mut Model, news: News) -> Vec<Effect> {
    match news {
        News::Tickets(_) => queue::refresh(model),
        News::Arrived(arrivals) => vec![Effect::Announce(arrivals)],
        News::Outbox => vec![super::read(model, crate::tui::msg::Lane::Outbox, Purpose::Outbox, crate::protocol::job::Job::Outbox)],
        News::SyncProgress { what, done, total, bytes } => {
            jobs::progress(model, Running { what, done, total, bytes });
            Vec::new()
        }
        News::SyncReport { at, report } => {
            jobs::report(model, at, &report);
            Vec::new()
        }
        News::SyncEnded { at, error: None } => {
            jobs::succeeded(model, at);
            Vec::new()
        }
        News::SyncEnded { at, error: Some(complaint) } => {
            jobs::failed(model, at, complaint);
            Vec::new()
        }
        News::SyncStopped => {
            jobs::stopped(model);
            Vec::new()
        }
        News::NextTry(at) => {
            model.sync.next_try = Some(at);
            Vec::new()
        }
        News::SyncElsewhere => {
            jobs::elsewhere(model);
            Vec::new()
        }
        News::LastSync(at) => {
            model.sync.last_success = model.sync.last_success.max(Some(at));
            Vec::new()
        }
        News::WorkerFailed { worker, why } => {
            let text = jobs::worker_failed(model, worker, &why);
            model.toast = Some(Toast { tone: Tone::Bad, text });
            if matches!(model.screen(), Screen::Review | Screen::Compose) {
                return Vec::new();
            }
            queue::refresh(model)
        }
    }
}
