//! The screen in a real terminal: threads, keys, signals, the editor.
//!
//! One receiver in the thread of the screen; everything else sends to it. The
//! loop takes one event, drains what is queued, runs the effects and draws: at
//! once after a key, else at most once per ten milliseconds. While nothing
//! happens, nothing runs.

mod config_file;
mod configured;
mod editor;
mod input;
mod keys;
mod meanwhile;
mod outside;
mod readers;
mod rest;
mod settings;
mod signals;
mod terminal;
mod watching;
mod workers;

use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use crossterm::event::{Event, KeyCode};
use jiff::tz::TimeZone;

use crate::config::{Config, ProjectConfig};
use crate::desk::DeskSetup;
use crate::domain::arrivals::Arrivals;
use crate::domain::{Timestamp, query};
use crate::protocol::job::{Job, Request};
use crate::protocol::news::FromWorker;
use crate::store::StorePaths;
use crate::tui::model::ProjectTab;
use crate::tui::{self, EditTask, Edited, Effect, Input, Model, Msg, Renewed, Setup};
use config_file::ReadAgain;
use configured::Configured;
use meanwhile::meanwhile;
use outside::{Copied, Outside};
use rest::Rest;
use terminal::Screen;
use workers::Workers;

/// Frames that no key has asked for are at least so far apart.
const FRAME: Duration = Duration::from_millis(10);

/// Why the screen could not be opened, or ended on its own.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error("the screen needs a terminal, and standard input or output is none")]
    NoTerminal,
    #[error("the terminal cannot be used")]
    Terminal(#[source] std::io::Error),
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
}

impl ScreenError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoTerminal => "Use a command such as `postdesk list`, or start postdesk in a terminal.",
            Self::Terminal(_) => "Check TERM, and that the terminal is still there.",
            Self::Thread(_) => "Close other programs, or raise the limit on processes (ulimit -u).",
        }
    }
}

/// What the loop waits for.
#[derive(Debug)]
enum Happening {
    Terminal(Event),
    /// The terminal gives no more keys.
    InputClosed,
    Worker(FromWorker),
    /// Another program has ended.
    Told(Input),
    Signal(i32),
    /// The configuration was read again.
    Config(ReadAgain),
}

/// Opens the screen of a desk and returns when the agent quits or a signal says so.
///
/// # Errors
/// The terminal cannot be used, or a thread cannot be started.
pub fn open_screen(setup: &DeskSetup, config: &Config) -> Result<(), ScreenError> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(ScreenError::NoTerminal);
    }
    let (sender, happenings) = unbounded();
    let rest = Arc::new(Rest::new(StorePaths { data: setup.places.data.clone(), cache: setup.places.cache.clone() }));
    let signals = signals::Watch::start(sender.clone(), &rest).map_err(ScreenError::Thread)?;
    let mut screen = Screen::open(&setup.places.state, config.ui.mouse).map_err(ScreenError::Terminal)?;
    let (width, height) = screen.size();
    let (model, first) = tui::start(start_with(setup, config, width, height));
    let workers = Workers::start(setup, &sender, &rest).map_err(ScreenError::Thread)?;
    let outside = Outside::new(config, sender.clone());
    let configured = Configured::new(config, sender.clone());
    let keys = input::Keys::start(sender).map_err(ScreenError::Thread)?;
    let mut running = Running {
        model,
        screen: &mut screen,
        workers: &workers,
        keys: &keys,
        signals: &signals,
        rest: &rest,
        outside,
        setup,
        configured,
        over: false,
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| running.until_over(&happenings, first)));
    if outcome.is_err() {
        // Whatever is wrong with the rest of the model: what was typed last is saved if it can be.
        let _ = catch_unwind(AssertUnwindSafe(|| running.close()));
    }
    drop(screen);
    workers.finish();
    outcome.unwrap_or_else(|panic| resume_unwind(panic)).map_err(ScreenError::Terminal)
}

/// `F12` is a mistake of the program, for the test of what a mistake leaves behind; not in a release.
fn stumble(event: &Event) {
    let is_wanted = cfg!(debug_assertions) && matches!(event, Event::Key(key) if key.code == KeyCode::F(12));
    assert!(!is_wanted || std::env::var_os("POSTDESK_TEST_PANIC").is_none(), "a mistake on demand");
}

fn start_with(setup: &DeskSetup, config: &Config, width: u16, height: u16) -> Setup {
    Setup {
        desk: setup.desk.name.clone(),
        agent: setup.agent.name.clone(),
        now: Timestamp::now(),
        zone: TimeZone::system(),
        width,
        height,
        projects: setup.desk.projects.iter().map(project_tab).collect(),
        settings: settings::of(setup, config),
        parse_query: query::parse,
        offline: setup.offline,
        log_folder: setup.places.state.clone(),
    }
}
/// A project with the address customers write to.
fn project_tab(project: &ProjectConfig) -> ProjectTab {
    let project = &project.project;
    let address = project.addresses.iter().find(|address| !address.starts_with('*')).unwrap_or(&project.from.address).clone();
    ProjectTab { id: project.id.clone(), name: project.name.clone(), address }
}

/// The screen while it is open.
struct Running<'a> {
    model: Model,
    screen: &'a mut Screen,
    workers: &'a Workers,
    keys: &'a input::Keys,
    signals: &'a signals::Watch,
    rest: &'a Rest,
    outside: Outside,
    setup: &'a DeskSetup,
    configured: Configured,
    over: bool,
}

impl Running<'_> {
    fn until_over(&mut self, happenings: &Receiver<Happening>, first: Vec<Effect>) -> std::io::Result<()> {
        self.run(first)?;
        self.draw()?;
        let mut drawn = Instant::now();
        while !self.over {
            let mut is_pressed = false;
            match self.next(happenings) {
                Some(happening) => {
                    is_pressed = matches!(happening, Happening::Terminal(_));
                    self.take(happening)?;
                }
                None => self.ring()?,
            }
            // What comes until the next frame is due goes into that frame. News can wait
            // for it, a person who has pressed a key does not: what is queued, and no more.
            let begun = Instant::now();
            while !(self.over || is_pressed && begun.elapsed() > FRAME) {
                match happenings.recv_deadline(if is_pressed { begun } else { drawn + FRAME }) {
                    Ok(more) => {
                        is_pressed |= matches!(more, Happening::Terminal(_));
                        self.take(more)?;
                    }
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            if !self.over {
                self.draw()?;
                drawn = Instant::now();
            }
        }
        Ok(())
    }

    /// Waits for something to happen; `None` when the time of an alarm came first.
    fn next(&self, happenings: &Receiver<Happening>) -> Option<Happening> {
        let Some(at) = self.model.next_alarm() else { return Some(happenings.recv().unwrap_or(Happening::InputClosed)) };
        let left = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        match happenings.recv_timeout(left) {
            Ok(happening) => Some(happening),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Happening::InputClosed),
        }
    }

    /// Tells the model of every alarm whose time has come.
    fn ring(&mut self) -> std::io::Result<()> {
        let now = Timestamp::now();
        let due: Vec<_> = self.model.alarms.iter().filter(|(_, at)| **at <= now).map(|(alarm, _)| *alarm).collect();
        due.into_iter().try_for_each(|alarm| self.tell(Input::Alarm(alarm)))
    }

    fn draw(&mut self) -> std::io::Result<()> {
        self.screen.draw(&self.model)
    }

    fn take(&mut self, happening: Happening) -> std::io::Result<()> {
        match happening {
            Happening::Terminal(event) => {
                stumble(&event);
                keys::translate(event).map_or(Ok(()), |input| self.tell(input))
            }
            Happening::Worker(news) => self.tell(Input::Worker(news)),
            Happening::InputClosed => self.close(),
            Happening::Told(input) => self.tell(input),
            Happening::Signal(signal) => self.signal(signal),
            Happening::Config(again) => self.take_config(again),
        }
    }

    fn signal(&mut self, signal: i32) -> std::io::Result<()> {
        match signal {
            signals::STOP => self.suspend(),
            // Whoever stopped us may have changed the terminal.
            signals::CONTINUE => self.come_back(),
            _ => self.close(),
        }
    }

    /// Ends because somebody else says so: what was typed is saved on the way.
    fn close(&mut self) -> std::io::Result<()> {
        self.over = true;
        let effects = tui::closing(&mut self.model);
        self.run(effects)
    }

    fn tell(&mut self, input: Input) -> std::io::Result<()> {
        let effects = tui::update(&mut self.model, Msg { now: Timestamp::now(), input });
        self.run(effects)
    }

    fn run(&mut self, effects: Vec<Effect>) -> std::io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Read(lane, request) => self.workers.read(lane, request),
                Effect::Do(request) => self.workers.work(request),
                Effect::Send(request) => self.workers.send(request),
                Effect::SyncNow(request) => self.workers.sync_now(request),
                Effect::StopSync => self.workers.stop_sync(),
                Effect::Edit { task, text } => self.edit(task, &text)?,
                Effect::Open(what) => self.outside.open(&what),
                Effect::Copy { what, text } => self.copy(&what, text)?,
                Effect::Pipe { command, input } => self.outside.pipe(command, input),
                Effect::Announce(arrivals) => self.announce(arrivals)?,
                Effect::ReadConfig => self.configured.read(),
                Effect::Mouse(on) => self.screen.set_mouse(on)?,
                Effect::Suspend => self.suspend()?,
                Effect::Repaint => self.screen.repaint()?,
                Effect::Quit => self.over = true,
            }
        }
        Ok(())
    }

    /// Rings and runs the hook, as far as the agent wants either.
    fn announce(&mut self, arrivals: Arrivals) -> std::io::Result<()> {
        self.outside.announce(&self.setup.desk.name, arrivals);
        if self.configured.now().notify.bell { self.screen.ring() } else { Ok(()) }
    }

    /// Takes what can be taken while the screen runs.
    fn take_config(&mut self, again: ReadAgain) -> std::io::Result<()> {
        let outcome = self.configured.take(again.outcome).map(|()| {
            let config = self.configured.now();
            self.outside.configure(config);
            Box::new(Renewed { settings: settings::of(self.setup, config), at_next_start: self.configured.at_next_start() })
        });
        self.tell(Input::Settings { outcome, asked: again.asked })
    }

    /// Copies a text by the terminal or by a program, and says which.
    fn copy(&mut self, what: &str, text: String) -> std::io::Result<()> {
        match self.outside.copy(what, text) {
            Copied::Aside => Ok(()),
            Copied::Not(complaint) => self.tell(Input::Outside(Err(complaint))),
            Copied::ByTerminal { text, around_tmux, said } => {
                self.screen.copy(&text, around_tmux)?;
                self.tell(Input::Outside(Ok(said)))
            }
        }
    }

    /// Hands the terminal to the agent's editor and takes it back, whatever became of the editor.
    fn edit(&mut self, task: EditTask, text: &str) -> std::io::Result<()> {
        self.screen.leave()?;
        let outcome = {
            let _quiet = self.keys.pause();
            let _child = self.signals.for_child();
            self.replying_meanwhile(|| editor::edit(&self.setup.places.data, text))
        };
        self.come_back()?;
        let outcome = outcome.unwrap_or_else(|failure| Edited::Failed { text: failure.text, complaint: failure.complaint });
        self.tell(Input::Edited { task, outcome })
    }

    /// What colleagues were told of an answer that is being written stays true while this screen is away.
    fn replying_meanwhile<T>(&self, body: impl FnOnce() -> T) -> T {
        let Some((ticket, _)) = self.model.replying_to.clone() else { return body() };
        let workers = self.workers;
        // Nobody waits for an answer to this.
        let again = move || workers.work(Request { id: 0, job: Job::TellReplying { ticket: ticket.clone(), is_replying: true } });
        meanwhile(tui::SAY_AGAIN, again, body)
    }

    fn suspend(&mut self) -> std::io::Result<()> {
        self.screen.leave()?;
        {
            let _quiet = self.keys.pause();
            self.rest.stop(signals::stop_this_job);
        }
        self.come_back()
    }

    /// Takes the terminal again and draws all of it.
    fn come_back(&mut self) -> std::io::Result<()> {
        self.screen.enter()?;
        self.screen.repaint()?;
        let (width, height) = self.screen.size();
        self.tell(Input::Resize { width, height })
    }
}

/// Sends to the loop; when that is over, nobody needs it any more.
fn tell(to: &Sender<Happening>, happening: Happening) {
    let _ = to.send(happening);
}
