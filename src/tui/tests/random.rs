//! Long random use: keys, typed and pasted text, sizes, alarms, news, and answers that come
//! late, in another order, as failures or never.
//!
//! `POSTDESK_KEYS_SEEDS` says how many seeds are run instead of a few, `POSTDESK_KEYS` how many
//! inputs each; both are read when the test is built. A failure prints the seed and the last inputs.

use std::collections::VecDeque;
use std::time::Duration;

use super::support::{Fake, Play, key, now, waiting_mail};
use crate::action;
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::Complaint;
use crate::protocol::job::Request;
use crate::protocol::json::{SyncReport, SyncStep};
use crate::protocol::news::{FromWorker, News};
use crate::tui::key::{Key, parse_sequence};
use crate::tui::model::{Kind, Overlay, Screen};
use crate::tui::pointer::Pointer;
use crate::tui::{Edited, Effect, Input, Piped};

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.roll() % count as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

const TEXTS: [&str; 9] = [
    "Hello Maria, it is fixed.",
    "日本語のお客様",
    "👩‍💻 ❤️ zwj",
    "e\u{301}\u{301} combining",
    "مرحبا",
    "status:open assignee:me",
    "q",
    ":quit",
    "a very long word: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

const PASTES: [&str; 5] =
    ["two\nlines\r\nand more", "\x1b[201~\x1b]52;c;AA\x07 :q\n", "", "tab\tand\u{202e}override", "x@y.example, Kim <kim@z.example>"];

/// A screen in use, and what the workers have not told it yet.
struct Use {
    seed: u64,
    dice: Dice,
    play: Play,
    keys: Vec<Key>,
    /// Answers to readings: they come in any order, or never.
    readings: Vec<Input>,
    /// Answers of the workers that keep an order.
    done: VecDeque<Input>,
    last: VecDeque<String>,
    steps: usize,
    /// Went through to the end.
    over: bool,
}

impl Drop for Use {
    #[allow(clippy::print_stderr, reason = "whoever reads the failure needs what led to it")]
    fn drop(&mut self) {
        if !self.over {
            eprintln!("seed {}, step {}, the last inputs: {:#?}", self.seed, self.steps, self.last);
        }
    }
}

impl Use {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut fake = Fake { external: dice.one_in(3), keeps_trash: true, ..Fake::new() };
        if dice.one_in(2) {
            fake.undo_window = Duration::from_secs(10);
        }
        fake.outbox = vec![waiting_mail(901, OutboxState::Queued, None), waiting_mail(902, OutboxState::Refused, Some("550 no such user"))];
        let mut keys: Vec<Key> = action::all().flat_map(|action| action.keys).flat_map(|keys| parse_sequence(keys).unwrap()).collect();
        let more = ["tab", "backspace", "delete", "alt-x", "Z", "ä", "日", "ctrl-w", "ctrl-k", "y", "n", "left", "right", "enter", "enter", "esc"];
        keys.extend(more.map(|key| Key::parse(key).unwrap()));
        let play = Play::on(fake, 80, 24);
        Self { seed, dice, play, keys, readings: Vec::new(), done: VecDeque::new(), last: VecDeque::new(), steps: 0, over: false }
    }

    fn go(&mut self, steps: usize) {
        for _ in 0..steps {
            self.steps += 1;
            let inputs = self.next();
            for input in inputs {
                self.take(input);
            }
        }
        self.settle();
        self.over = true;
    }

    /// What happens next.
    fn next(&mut self) -> Vec<Input> {
        match self.dice.below(100) {
            0..68 => vec![Input::Key(self.dice.of(&self.keys))],
            68..76 => {
                let text = self.dice.of(&TEXTS);
                text.chars().map(|c| Input::Key(Key::char(c))).collect()
            }
            76..78 => vec![Input::Paste(self.dice.of(&PASTES).to_owned())],
            78..80 => vec![Input::Pointer(self.point())],
            80..83 => vec![self.resize()],
            83..87 => self.let_time_pass(),
            87..91 => vec![Input::Worker(FromWorker::News(self.news()))],
            91..98 => self.late_answer().into_iter().collect(),
            _ => {
                self.change_desk();
                Vec::new()
            }
        }
    }

    fn resize(&mut self) -> Input {
        let (width, height) = match self.dice.below(4) {
            0 => (1 + self.dice.below(220), 1 + self.dice.below(70)),
            1 => (40, 10),
            2 => (80, 24),
            _ => (20 + self.dice.below(70), 5 + self.dice.below(25)),
        };
        Input::Resize { width: u16::try_from(width).unwrap(), height: u16::try_from(height).unwrap() }
    }

    /// Somewhere on the screen, or a little beside it.
    fn point(&mut self) -> Pointer {
        let within = |dice: &mut Dice, length: u16| u16::try_from(dice.below(usize::from(length) + 3)).unwrap();
        let (x, y) = (within(&mut self.dice, self.play.model.width), within(&mut self.dice, self.play.model.height));
        if self.dice.one_in(2) { Pointer::Click { x, y } } else { Pointer::Wheel { x, y, by: self.dice.of(&[-3, -1, 1, 3]) } }
    }

    fn let_time_pass(&mut self) -> Vec<Input> {
        let time = Duration::from_millis(self.dice.of(&[10, 350, 2_100, 11_000, 3_600_000]));
        self.play.now = self.play.now.checked_add(time).unwrap();
        let due = self.play.model.alarms.iter().filter(|(_, at)| **at <= self.play.now).map(|(alarm, _)| Input::Alarm(*alarm));
        due.collect()
    }

    fn news(&mut self) -> News {
        let complaint = || Complaint { what: "imap.example.com does not answer".into(), remedy: "Check the network.".into() };
        let at = self.play.now;
        let step = SyncStep { name: "INBOX".into(), messages: 3, bytes: 9_000, mode: "QRESYNC".into() };
        let errors = if self.dice.one_in(2) { vec!["INBOX: gone".to_owned(), "mail 901: busy".to_owned()] } else { vec![] };
        let report = SyncReport { steps: vec![step], messages_new: 3, errors, ..SyncReport::default() };
        self.dice.of(&[
            News::Tickets(vec![]),
            News::Tickets(vec![key(1042)]),
            News::Outbox,
            News::SyncProgress { what: "INBOX".into(), done: 5, total: 10, bytes: 1 },
            News::SyncReport { at, report: Box::new(report) },
            News::SyncEnded { at, error: None },
            News::SyncEnded { at, error: Some(complaint()) },
            News::SyncStopped,
            News::NextTry(now()),
            News::SyncElsewhere,
            News::LastSync(now()),
            News::WorkerFailed { worker: "sync", why: "out of luck".into() },
        ])
    }

    /// Mail comes in, and a ticket goes into another.
    fn change_desk(&mut self) {
        match self.dice.below(3) {
            0 => self.play.fake.rows.rotate_left(1),
            1 if self.play.fake.rows.len() > 2 => drop(self.play.fake.rows.pop()),
            _ => self.play.fake.rows.extend(Fake::new().rows.into_iter().take(1)),
        }
        // One row for each ticket.
        let mut seen = std::collections::BTreeSet::new();
        self.play.fake.rows.retain(|row| seen.insert(row.key.clone()));
    }

    fn late_answer(&mut self) -> Option<Input> {
        if self.dice.one_in(2) && !self.readings.is_empty() {
            let which = self.dice.below(self.readings.len());
            return Some(self.readings.swap_remove(which));
        }
        self.done.pop_front()
    }

    /// Takes one input in, with what follows from it, and checks what must always hold.
    fn take(&mut self, input: Input) {
        self.last.push_back(format!("{:?}: {input:?}", self.play.model.screen()).chars().take(200).collect());
        if self.last.len() > 40 {
            self.last.pop_front();
        }
        // Who was told that it cannot be recovered may let a text go.
        let warned = matches!(&self.play.model.overlay, Some(Overlay::Confirm(asked)) if asked.remarks.iter().any(|remark| remark.contains("cannot be recovered")));
        let before = self.written().filter(|_| !warned);
        let kept = self.kept();
        let effects = self.play.update(input);
        self.run(effects);
        assert!(self.kept() >= kept, "a draft is gone");
        if let Some(text) = before.filter(|_| self.play.model.composing.is_none()) {
            assert!(self.is_kept(&text), "{text:?} is nowhere any more");
        }
        if self.steps.is_multiple_of(6) {
            self.play.buffer();
        }
    }

    fn run(&mut self, effects: Vec<Effect>) {
        let leaves = effects.iter().any(|effect| matches!(effect, Effect::Quit | Effect::Suspend));
        for effect in effects {
            match effect {
                Effect::Read(_, request) => {
                    let answer = self.answer(request, true);
                    // A reading that a newer one has replaced is not answered.
                    if !self.dice.one_in(20) {
                        self.readings.push(answer);
                    }
                    if self.dice.one_in(4) {
                        continue;
                    }
                    while let Some(input) = self.readings.pop() {
                        self.take(input);
                    }
                }
                Effect::Do(request) | Effect::Send(request) | Effect::SyncNow(request) => {
                    let answer = self.answer(request, !leaves);
                    self.done.push_back(answer);
                    while !self.dice.one_in(4) {
                        let Some(input) = self.done.pop_front() else { break };
                        self.take(input);
                    }
                }
                Effect::Edit { task, text } => {
                    let outcome = match self.dice.below(4) {
                        0 => Edited::Failed { text: None, complaint: failure() },
                        1 => Edited::Failed { text: Some(text), complaint: failure() },
                        2 => Edited::Text(text),
                        _ => Edited::Text(format!("It is fixed.\n{text}")),
                    };
                    self.take(Input::Edited { task, outcome });
                }
                Effect::Pipe { command, .. } => {
                    let piped = if self.dice.one_in(2) { Ok(Piped { title: command, output: "a\tb\x1b[2J\n".into() }) } else { Err(failure()) };
                    self.take(Input::Piped(piped));
                }
                Effect::Open(_) | Effect::Copy { .. } => {
                    let outcome = if self.dice.one_in(2) { Ok("copied".to_owned()) } else { Err(failure()) };
                    self.take(Input::Outside(outcome));
                }
                Effect::Quit => self.start_again(),
                Effect::StopSync | Effect::Suspend | Effect::Repaint | Effect::Announce(_) | Effect::ReadConfig | Effect::Mouse(_) => {}
            }
        }
    }

    /// Jobs are done in the order they are asked for, or fail; only the answers are late.
    fn answer(&mut self, request: Request, may_fail: bool) -> Input {
        let fails = may_fail && self.dice.one_in(12);
        let result = if fails { Err(failure()) } else { self.play.fake.answer(request.job) };
        Input::Worker(FromWorker::Reply { id: request.id, result })
    }

    fn start_again(&mut self) {
        let text = self.written();
        if let Some(text) = text {
            assert!(self.is_kept(&text), "{text:?} is gone with the program");
        }
        self.readings.clear();
        self.done.clear();
        let fake = std::mem::replace(&mut self.play.fake, Fake::empty());
        self.play = Play::on(fake, 80, 24);
    }

    /// All that is late comes; what is written is saved within two seconds, whatever failed before.
    fn settle(&mut self) {
        for _ in 0..200 {
            let late: Vec<Input> = self.readings.drain(..).chain(self.done.drain(..)).collect();
            for input in late {
                self.take(input);
            }
        }
        let effects = crate::tui::closing(&mut self.play.model);
        for effect in effects {
            if let Effect::Do(request) = effect {
                let answer = self.answer(request, false);
                self.take(answer);
            }
        }
        if let Some(text) = self.written() {
            assert!(self.is_kept(&text), "{text:?} is not saved at the end");
        }
    }

    /// What is being written now, if anything was.
    fn written(&self) -> Option<String> {
        let composing = self.play.model.composing.as_ref().filter(|composing| !composing.is_untouched())?;
        let typing = self.play.model.screens.contains(&Screen::Compose);
        let text = if typing { composing.form.body.text() } else { composing.draft.body.clone() };
        let begun = matches!(composing.kind, Kind::Mail) && composing.begun.body == text;
        (!text.trim().is_empty() && !begun).then(|| text.trim().to_owned())
    }

    fn kept(&self) -> usize {
        let fake = &self.play.fake;
        fake.drafts.len() + fake.note_drafts.len() + fake.scheduled.len() + fake.sent.len() + fake.notes.len()
    }

    /// Tells whether a text is in the store: as a draft, also in the trash, or sent, or a note.
    fn is_kept(&self, text: &str) -> bool {
        let fake = &self.play.fake;
        let mails = fake.drafts.iter().chain(&fake.scheduled).map(|(_, draft)| draft).chain(&fake.sent).map(|draft| &draft.body);
        let notes = fake.note_drafts.iter().map(|(_, note)| note).chain(&fake.notes).map(|note| &note.text);
        mails.chain(notes).any(|kept| kept.contains(text))
    }
}

fn failure() -> Complaint {
    Complaint { what: "the disk is full".into(), remedy: "Make room.".into() }
}

fn number(set: Option<&str>, otherwise: u64) -> u64 {
    set.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn ten_thousand_random_inputs_never_break_the_screen_nor_lose_a_text() {
    let steps = usize::try_from(number(option_env!("POSTDESK_KEYS"), 10_000)).unwrap();
    let first = number(option_env!("POSTDESK_KEYS_FIRST"), 1);
    for seed in first..first + number(option_env!("POSTDESK_KEYS_SEEDS"), 1) {
        Use::new(seed).go(steps);
    }
}

#[test]
fn many_short_random_uses_never_break_the_screen_nor_lose_a_text() {
    for seed in 0..number(option_env!("POSTDESK_KEYS_SEEDS"), 30) {
        Use::new(seed ^ 0x5eed_0000).go(250);
    }
}
