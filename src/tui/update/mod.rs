//! What a message does to the model, and what is to be done about it.
//!
//! Pure: no clock, no terminal, no store. Requests leave as [`Effect`]s with an
//! id; answers whose id is not remembered any more are dropped.

mod act;
mod ahead;
mod answer;
mod begin;
mod bulk;
mod choices;
mod command;
mod company;
mod compose;
mod conflicts;
pub(super) mod departing;
mod drafts;
pub mod filter;
mod find;
mod held;
mod jobs;
mod links;
mod marks;
mod navigate;
mod notices;
mod onward;
mod others;
mod outside;
mod overlay;
mod picker;
mod pointer;
mod prompt;
mod queue;
mod reading;
mod restore;
mod review;
mod saving;
mod settings;
mod source;
mod suggest;
mod template;
mod ticket;
pub(super) mod typing;
pub mod views;

pub use company::SAY_AGAIN;

use super::key::{Code, Key, print_sequence};
use super::keymap::{Keymap, Lookup};
use super::model::{
    Alarm, Confirm, Confirmed, DraftsScreen, HelpScreen, Model, OutboxScreen, Overlay, Purpose, Queue, Screen, Setup, SourceScreen, SyncState,
    Tagging, TicketScreen, Toast, Tone,
};
use super::msg::{Effect, Input, Lane, Msg};
use super::verb::Verb;
use crate::action::Scope;
use crate::protocol::answer::Complaint;
use crate::protocol::job::{Act, Job, Request};

/// How long a sequence of keys waits before it shows what can follow.
const HESITATION: std::time::Duration = std::time::Duration::from_millis(300);

/// The model at the start, and the first things to ask for.
pub fn start(setup: Setup) -> (Model, Vec<Effect>) {
    let settings = setup.settings;
    let tabs = views::all(&settings);
    let open = tabs.iter().position(|view| view.name == views::FIRST).unwrap_or(0);
    let mut model = Model {
        desk: setup.desk,
        agent: setup.agent,
        now: setup.now,
        zone: setup.zone,
        width: setup.width,
        height: setup.height,
        look: settings.look,
        theme: settings.look.theme(),
        keymap: Keymap::new(&settings.overrides, &settings.file),
        parse_query: setup.parse_query,
        screens: vec![Screen::Queue],
        queue: Queue { views: tabs, view: open, ..Queue::default() },
        projects: setup.projects,
        after_action: settings.after_action,
        chrome: settings.chrome,
        known: crate::protocol::answer::KnownWords::default(),
        bulk: None,
        last_snooze: None,
        commands: crate::tui::model::Commands::default(),
        ticket: TicketScreen::default(),
        habits: settings.habits,
        composing: None,
        replying_to: None,
        is_closing: false,
        allowed: std::collections::BTreeSet::new(),
        departing: Vec::new(),
        template_preview: None,
        drafts: DraftsScreen::default(),
        identities: Vec::new(),
        outbox: OutboxScreen::default(),
        conflicts: crate::tui::model::ConflictScreen::default(),
        held: crate::tui::model::HeldScreen::default(),
        jobs: crate::tui::model::Jobs::default(),
        help: HelpScreen { about: Scope::List, scroll: 0 },
        source: SourceScreen::default(),
        downloads: settings.downloads.clone(),
        log_folder: setup.log_folder,
        overlay: None,
        pending: Vec::new(),
        ahead: std::collections::VecDeque::new(),
        which_key: false,
        toast: None,
        sync: SyncState { never: setup.offline, ..SyncState::default() },
        interrupted: false,
        clicked: None,
        alarms: std::collections::BTreeMap::new(),
        asked: std::collections::BTreeMap::new(),
        last_id: 0,
        configured: Box::new(settings),
    };
    settings::tell_problems(&mut model);
    let mut effects = queue::reload(&mut model);
    effects.extend(views::count(&mut model));
    effects.push(queue::ask_wake(&mut model));
    effects.push(read(&mut model, Lane::Outbox, Purpose::Outbox, Job::Outbox));
    effects.push(conflicts::ask(&mut model));
    (model, effects)
}

/// Takes one message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    model.now = msg.now;
    let is_typing = matches!(msg.input, Input::Key(_) | Input::Paste(_));
    let said = model.toast.clone();
    let mut effects = take(model, msg.input);
    // Before an editor takes the terminal.
    effects.splice(0..0, company::follow(model, is_typing));
    conflicts::announce(model);
    restore::announce(model);
    notices::tell(model, said.as_ref());
    effects.extend(ticket::ask_texts(model));
    effects.extend(queue::ask_related(model));
    effects
}

fn take(model: &mut Model, input: Input) -> Vec<Effect> {
    match input {
        Input::Key(key) => press(model, key.normalised()),
        Input::Paste(text) if model.overlay.is_none() && model.screen() == Screen::Compose => typing::paste(model, &text),
        Input::Paste(text) => overlay::paste(model, &text),
        Input::Resize { width, height } => resize(model, width, height),
        Input::Worker(news) => {
            let mut effects = answer::take(model, news);
            effects.extend(ahead::catch_up(model));
            effects
        }
        Input::Pointer(pointer) => pointer::take(model, pointer),
        Input::Settings { outcome, asked } => settings::take(model, outcome, asked),
        Input::Alarm(alarm) => ring(model, alarm),
        Input::Edited { outcome, .. } => compose::edited(model, outcome),
        Input::Outside(outcome) => {
            outside::take(model, outcome);
            Vec::new()
        }
        Input::Piped(outcome) => {
            outside::take_piped(model, outcome);
            Vec::new()
        }
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if ahead::keep(model, key) { Vec::new() } else { press_now(model, key) }
}

fn press_now(model: &mut Model, key: Key) -> Vec<Effect> {
    model.toast = None;
    model.clicked = None;
    model.interrupted &= key == Key::ctrl('c');
    if model.overlay.is_some() && !(key.ctrl && matches!(key.code, Code::Char('c' | 'z' | 'l'))) {
        let mut effects = overlay::press(model, key);
        effects.extend(template::preview(model));
        return effects;
    }
    if model.screen() == Screen::Compose {
        return typing::press(model, key);
    }
    model.alarms.remove(&Alarm::WhichKey);
    model.which_key &= !model.pending.is_empty();
    model.pending.push(key);
    let verb = match model.keymap.look_up(model.scope(), &model.pending) {
        Lookup::Run(binding) => binding.verb.clone(),
        Lookup::Prefix => return await_key(model),
        Lookup::Nothing => return unbound(model, key),
    };
    if ahead::postpone(model, &verb) {
        return Vec::new();
    }
    model.pending.clear();
    run(model, verb)
}

/// Waits for the next key of a sequence; whoever hesitates is shown what can follow.
fn await_key(model: &mut Model) -> Vec<Effect> {
    if let Ok(at) = model.now.checked_add(HESITATION) {
        model.alarms.insert(Alarm::WhichKey, at);
    }
    Vec::new()
}

fn unbound(model: &mut Model, key: Key) -> Vec<Effect> {
    if key == Key::char('?') && model.pending.len() > 1 {
        model.pending.pop();
        model.which_key = true;
        return Vec::new();
    }
    let keys = print_sequence(&std::mem::take(&mut model.pending));
    let cancelled = key.code == Code::Esc && keys != "esc";
    if !cancelled {
        let help = model.keymap.key_of(model.scope(), "help").unwrap_or_else(|| "help".to_owned());
        hint(model, format!("`{keys}` does nothing here; {help} shows the keys"));
    }
    Vec::new()
}

/// Does what an action means on the present screen.
pub(super) fn run(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::Move(motion) => navigate::motion(model, motion),
        Verb::Open => ticket::open_selected(model),
        Verb::Filter => filter::open(model),
        Verb::Search => filter::search(model),
        Verb::StepMatch(by) => filter::step_match(model, by),
        Verb::Mark => marks::toggle(model),
        Verb::MarkRange => marks::range(model),
        Verb::MarkAll => marks::all(model),
        Verb::Sort(sort) => views::sort(model, sort),
        Verb::PlacePreview => queue::place_preview(model),
        Verb::NextPane => queue::next_pane(model),
        Verb::Find => find::ask(model),
        Verb::StepFound(by) => find::step(model, by),
        Verb::TogglePreview => queue::toggle_preview(model),
        Verb::ScrollPreview(by) => queue::scroll_preview(model, by),
        Verb::StepView(by) => views::step(model, by),
        Verb::View(index) => views::show(model, index),
        Verb::NamedView(name) => views::show_named(model, &name),
        Verb::SaveView(name) => views::save(model, name),
        Verb::DropView(name) => views::ask_drop(model, &name),
        Verb::GoProject => views::pick_project(model),
        Verb::ReadOn => reading::read_on(model),
        Verb::ReadBack => reading::read_back(model),
        Verb::ShowMore => reading::show_more(model),
        Verb::StepMessage(by) => reading::step_message(model, by),
        Verb::StepTicket(by) => onward::step_ticket(model, by),
        Verb::StepWaiting(by) => onward::step_waiting(model, by),
        Verb::Fold => reading::fold(model),
        Verb::FoldAll => reading::fold_all(model),
        Verb::Headers => source::toggle_headers(model),
        Verb::Source => source::open(model),
        Verb::Why => reading::toggle_why(model),
        Verb::Signals => reading::toggle_signals(model),
        Verb::Suggestions => suggest::pick(model),
        Verb::AcceptSurest => suggest::surest(model, Act::Accept),
        Verb::DismissSurest => suggest::surest(model, Act::Dismiss),
        Verb::OpenOutside => outside::pick_to_open(model),
        Verb::SaveFiles => outside::pick_to_save(model),
        Verb::Copy => outside::pick_to_copy(model),
        Verb::CopyAddress => outside::copy_address(model),
        Verb::Pipe => outside::ask_pipe(model),
        Verb::Others => others::pick(model),
        Verb::Split => ticket::split(model),
        Verb::Quotes => reading::toggle_quotes(model),
        Verb::Reply { sender_only, template } => begin::reply(model, sender_only, template),
        Verb::ReplyFromTemplate => template::pick_to_reply(model),
        Verb::Assign(who) => act::assign(model, who),
        Verb::Status(status) => act::status(model, status),
        Verb::Priority(priority) => act::priority(model, priority),
        Verb::Tag(changes) => act::tag(model, &changes),
        Verb::TagAdd => act::pick_tag(model, Tagging::Add),
        Verb::TagRemove => act::pick_tag(model, Tagging::Remove),
        Verb::Snooze(to) => act::snooze(model, to),
        Verb::MoveTo(project) => act::move_to(model, project),
        Verb::Merge(typed) => act::merge(model, &typed),
        Verb::Link(typed) => act::link(model, &typed),
        Verb::Unlink => links::pick(model),
        Verb::ApplyAnyway => act::apply_anyway(model),
        Verb::Participant(changes) => act::participants(model, &changes),
        Verb::Subject(text) => act::subject(model, text),
        Verb::Forget(address) => act::ask_forget(model, address),
        Verb::Note(text) => act::note(model, text),
        Verb::EditNote => begin::edit_note(model),
        Verb::New => begin::new_mail(model),
        Verb::Forward => begin::forward(model),
        Verb::ToReview => compose::to_review(model),
        Verb::StepField(by) => typing::step_field(model, by),
        Verb::EditField(field) => typing::edit_field(model, field),
        Verb::EditExternally => compose::to_editor(model),
        Verb::InsertTemplate => template::pick_to_insert(model),
        Verb::CompletePerson => typing::complete(model),
        Verb::LeaveDraft => saving::keep(model),
        Verb::UndoTyping(back) => typing::undo_typing(model, back),
        Verb::Attach => review::attach(model),
        Verb::Detach => review::detach(model),
        Verb::AsReceived => review::toggle_received(model),
        Verb::ToggleNote => review::toggle_note(model),
        Verb::Identity => review::pick_identity(model),
        Verb::Drafts => drafts::open_list(model),
        Verb::OpenDraft => drafts::open_selected(model),
        Verb::DiscardSaved => drafts::discard_selected(model),
        Verb::RecoverDraft => drafts::recover_selected(model),
        Verb::RetryMail => drafts::retry(model),
        Verb::CompareMail => held::open_selected(model),
        Verb::EditMail => drafts::edit_mail(model),
        Verb::CancelMail => drafts::ask_cancel(model),
        Verb::Conflicts => conflicts::open(model),
        Verb::OpenConflict => conflicts::open_ticket(model),
        Verb::Decide(decision) => conflicts::decide(model, decision),
        Verb::DecideAll(decision) => conflicts::ask_about_all(model, decision),
        Verb::Jobs => jobs::open(model),
        Verb::OpenJob => jobs::details(model),
        Verb::RetryJob => jobs::retry(model),
        Verb::CancelJob => jobs::cancel(model),
        Verb::DismissJob => jobs::dismiss(model),
        Verb::DismissJobs => jobs::dismiss_all(model),
        Verb::OpenLog => jobs::open_log(model),
        Verb::Undo(None) => departing::call_back(model).unwrap_or_else(|| vec![perform(model, Purpose::Act(None), Job::Undo(None))]),
        Verb::Undo(event) => vec![perform(model, Purpose::Act(None), Job::Undo(event))],
        Verb::Send => review::send(model),
        Verb::SendAndSet => review::pick_status_and_send(model),
        Verb::Redo => vec![perform(model, Purpose::Act(None), Job::Redo)],
        Verb::Repeat => command::repeat(model),
        Verb::FindAction => command::from_help(model),
        Verb::Palette => command::open_palette(model),
        Verb::CommandLine => command::open_line(model),
        Verb::EditAgain => compose::edit_again(model),
        Verb::KeepDraft => saving::keep(model),
        Verb::DiscardDraft => review::ask_discard(model),
        Verb::Outbox => navigate::open_outbox(model),
        Verb::Reload => settings::reload(model),
        Verb::SyncNow => navigate::sync_now(model),
        Verb::Mouse => pointer::toggle(model),
        Verb::Theme(name) => settings::choose_theme(model, name),
        Verb::Help => navigate::help(model),
        Verb::Quit => navigate::quit(model),
        Verb::Back => navigate::back(model),
        Verb::Interrupt => navigate::interrupt(model),
        Verb::Suspend => {
            let mut effects = saving::flush(model);
            effects.push(Effect::Suspend);
            effects
        }
        Verb::Repaint => vec![Effect::Repaint],
    }
}

/// What was to be done at a time that has come.
fn ring(model: &mut Model, alarm: Alarm) -> Vec<Effect> {
    model.alarms.remove(&alarm);
    match alarm {
        Alarm::Autosave => typing::autosave(model),
        Alarm::SendWindow => departing::tick(model),
        Alarm::Wake | Alarm::Company => queue::refresh(model),
        Alarm::WhichKey => {
            model.which_key = !model.pending.is_empty();
            Vec::new()
        }
    }
}

/// What is still to be done when the screen goes: what was typed is saved, and colleagues hear that nobody types.
pub fn closing(model: &mut Model) -> Vec<Effect> {
    let mut effects = saving::flush(model);
    effects.extend(company::leave(model));
    model.is_closing = true;
    effects
}

/// Leaves the program; what was typed is saved first.
fn leave_program(model: &mut Model) -> Vec<Effect> {
    let mut effects = closing(model);
    effects.push(Effect::Quit);
    effects
}

/// Lays everything out for another size and paints all of it, whether the size is new to us or not:
/// the terminal may have been smaller for a moment between two frames of one size, and lost what it showed.
fn resize(model: &mut Model, width: u16, height: u16) -> Vec<Effect> {
    let mut effects = vec![Effect::Repaint];
    if (model.width, model.height) != (width, height) {
        (model.width, model.height) = (width, height);
        ticket::lay_out(model);
        source::lay_out(model);
        queue::lay_out_preview(model);
        queue::keep_in_sight(model);
        if model.queue.preview.ticket.is_none() {
            effects.extend(queue::ask_preview(model));
        }
    }
    effects
}

/// Remembers a request under a new id; for readings, the newest of a lane is the only one.
fn ask(model: &mut Model, purpose: Purpose, job: Job) -> Request {
    model.last_id += 1;
    model.asked.insert(model.last_id, purpose);
    Request { id: model.last_id, job }
}

fn read(model: &mut Model, lane: Lane, purpose: Purpose, job: Job) -> Effect {
    let same_lane = |asked: &Purpose| *asked == purpose || (lane == Lane::List && matches!(asked, Purpose::List | Purpose::More));
    model.asked.retain(|_, asked| !same_lane(asked));
    Effect::Read(lane, ask(model, purpose, job))
}

fn perform(model: &mut Model, purpose: Purpose, job: Job) -> Effect {
    Effect::Do(ask(model, purpose, job))
}

fn say(model: &mut Model, text: impl Into<String>) {
    model.toast = Some(Toast { tone: Tone::Good, text: text.into() });
}

fn hint(model: &mut Model, text: impl Into<String>) {
    model.toast = Some(Toast { tone: Tone::Hint, text: text.into() });
}

fn complain(model: &mut Model, complaint: &Complaint) {
    model.toast = Some(Toast { tone: Tone::Bad, text: sentence(complaint) });
}

/// A complaint as one sentence: what, and what to do.
pub(super) fn sentence(complaint: &Complaint) -> String {
    if complaint.remedy.is_empty() { complaint.what.clone() } else { format!("{} — {}", complaint.what, complaint.remedy) }
}

fn confirm(model: &mut Model, question: impl Into<String>, remarks: Vec<String>, then: Confirmed) {
    model.overlay = Some(Overlay::Confirm(Confirm { question: question.into(), remarks, then }));
}
