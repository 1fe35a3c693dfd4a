//! A whole screen on a scripted desk, with a worker that answers from memory.

mod answers;
mod fake;
mod samples;

use std::collections::VecDeque;

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::domain::{Timestamp, query};
use crate::protocol::news::{FromWorker, News};
use crate::tui::key::parse_sequence;
use crate::tui::model::Settings;
use crate::tui::text;
use crate::tui::{self, Effect, Habits, Input, Model, Msg, Setup};
pub use fake::Fake;
use samples::projects;
pub use samples::{ago, key, now, nth_mail, objection, row, shown, ticket_of, waiting_mail};

/// What the tests' configuration says.
pub fn settings(fake: &Fake) -> Settings {
    Settings {
        views: vec![("vip".into(), "tag:vip".into())],
        file: "config.toml".into(),
        habits: Habits { undo_window: fake.undo_window, external_editor: fake.external },
        downloads: "/home/ana/Downloads".into(),
        ..Settings::default()
    }
}

/// A whole screen on a scripted desk.
#[derive(Clone, Debug)]
pub struct Play {
    pub model: Model,
    pub fake: Fake,
    pub now: Timestamp,
}

impl Play {
    pub fn on(fake: Fake, width: u16, height: u16) -> Self {
        let setup = Setup {
            desk: "acme".into(),
            agent: "ana".into(),
            now: now(),
            zone: TimeZone::UTC,
            width,
            height,
            projects: projects(),
            settings: settings(&fake),
            parse_query: query::parse,
            offline: false,
            log_folder: "/home/ana/.local/state/postdesk".into(),
        };
        let (model, effects) = tui::start(setup);
        let mut play = Self { model, fake, now: now() };
        play.run(effects);
        play
    }

    pub fn new() -> Self {
        Self::on(Fake::new(), 80, 24)
    }

    /// Runs effects until none is left, as the runtime would.
    pub fn run(&mut self, effects: Vec<Effect>) {
        let mut left: VecDeque<Effect> = effects.into();
        while let Some(effect) = left.pop_front() {
            left.extend(self.answer(effect));
        }
    }

    /// Runs one effect; returns what follows from its answer.
    fn answer(&mut self, effect: Effect) -> Vec<Effect> {
        let input = match effect {
            Effect::Read(_, request) | Effect::Do(request) | Effect::Send(request) | Effect::SyncNow(request) => {
                Input::Worker(FromWorker::Reply { id: request.id, result: self.fake.answer(request.job) })
            }
            Effect::Edit { task, text } => {
                self.fake.edited.push(task.clone());
                Input::Edited { task, outcome: (self.fake.editor)(&text) }
            }
            Effect::Quit => {
                self.fake.quit = true;
                return Vec::new();
            }
            other => {
                self.fake.other.push(other);
                return Vec::new();
            }
        };
        self.update(input)
    }

    /// Presses one key and leaves what it asks for unanswered.
    pub fn press_slowly(&mut self, key: &str) -> Vec<Effect> {
        self.update(Input::Key(crate::tui::Key::parse(key).unwrap()))
    }

    /// Answers the first of some effects alone.
    pub fn answer_first(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        self.answer(effects.into_iter().next().unwrap())
    }

    pub fn update(&mut self, input: Input) -> Vec<Effect> {
        self.fake.now = self.now;
        tui::update(&mut self.model, Msg { now: self.now, input })
    }

    /// Lets time pass and rings the alarms that fall due, in their order.
    pub fn wait(&mut self, time: std::time::Duration) -> &mut Self {
        let end = self.now.checked_add(time).unwrap();
        while let Some((alarm, at)) =
            self.model.alarms.iter().min_by_key(|(_, at)| **at).map(|(alarm, at)| (*alarm, *at)).filter(|(_, at)| *at <= end)
        {
            self.now = self.now.max(at);
            let effects = self.update(Input::Alarm(alarm));
            self.run(effects);
        }
        self.now = end;
        self
    }

    pub fn news(&mut self, news: News) {
        let effects = self.update(Input::Worker(FromWorker::News(news)));
        self.run(effects);
    }

    /// Presses keys in the registry's notation, with blanks between them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in parse_sequence(keys).unwrap() {
            let effects = self.update(Input::Key(key));
            self.run(effects);
        }
        self
    }

    /// Types a text, blanks and line ends included.
    pub fn typed(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == '\n' { crate::tui::Key::plain(crate::tui::key::Code::Enter) } else { crate::tui::Key::char(c) };
            let effects = self.update(Input::Key(key));
            self.run(effects);
        }
        self
    }

    /// Where the terminal's cursor stands: column and row.
    pub fn cursor(&self) -> (u16, u16) {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| tui::view(&self.model, frame)).unwrap();
        let at = terminal.backend().cursor_position();
        (at.x, at.y)
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| tui::view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, one line per row, without trailing blanks.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let row = |y: u16| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // A wide grapheme covers the cells behind it.
                x += text::width(symbol).max(1) as u16;
            }
            line.trim_end().to_owned()
        };
        (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
    }

    pub fn toast(&self) -> String {
        self.model.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default()
    }

    pub fn selected(&self) -> Option<u64> {
        self.model.queue.row().and_then(|row| row.number)
    }
}

/// Runs an action with arguments, as a key of the configuration would.
pub fn run_verb(play: &mut Play, action: &str, args: &[&str]) -> Vec<Effect> {
    let args: Vec<String> = args.iter().map(|word| (*word).to_owned()).collect();
    let verb = crate::tui::verb::Verb::of(action, &args).unwrap();
    tui::update::run(&mut play.model, verb)
}

/// A ticket of so many mails, opened.
pub fn reading(count: usize) -> Play {
    let mut play = Play::on(Fake { ticket: Some(ticket_of(count)), ..Fake::new() }, 80, 24);
    play.press("enter");
    play
}
