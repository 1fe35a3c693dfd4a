//! `demo`: a generated desk, opened, listed, or worked on by a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::clock::Clock;
use super::desks::{self, Desks};
use super::fail::{FAILED, Failure, Outcome};
use super::order::{DemoOrder, Globals};
use super::places::Roots;
use super::private;
use super::progress::Bar;
use crate::demo::{self, DemoError, DemoOptions, Seeded, SeededAct};
use crate::desk::{Desk, DeskSetup, PastAct, Places, Progress};
use crate::domain::Timestamp;
use crate::protocol::job::Act;
use crate::sync::source::Waker;

/// The file that says: everything in this folder was made by `postdesk demo`.
const MARK: &str = "postdesk-demo";

/// The folders a demo desk consists of; `--fresh` removes these and nothing else.
const PARTS: [&str; 6] = ["mail", "mail.partial", "templates", "data", "cache", "state"];

/// What is made when nobody says otherwise.
const DEFAULT_SEED: u64 = 1;

/// Makes the demo desk, or finds the one made earlier. Whether to [`catch_up`] with
/// the mail of an earlier one is left to the caller: the screen does so while it is open.
///
/// # Errors
/// Fails where the folder cannot be written or is somebody else's, and when other
/// mail is asked for than the desk kept there has.
pub fn prepare(order: &DemoOrder, globals: &Globals, clock: &Clock) -> Outcome<Prepared> {
    let dir = match &order.dir {
        Some(dir) => absolute(dir)?,
        None => Roots::of(globals)?.demo(),
    };
    let wanted = Wanted { messages: order.messages.unwrap_or(demo::MESSAGES), seed: order.seed.unwrap_or(DEFAULT_SEED) };
    let kept = if order.fresh { None } else { kept(&dir) };
    let setup = setup(&dir, globals);
    let is_new = kept.is_none();
    match kept {
        Some(kept) if kept != wanted && (order.messages.is_some() || order.seed.is_some()) => return Err(other_demo(&dir, kept)),
        Some(_) => {}
        None => make(wanted, &dir, &setup, clock.now)?,
    }
    Ok(Prepared { desks: Desks::Given(Box::new(setup)), is_new })
}

/// The demo desk.
#[derive(Debug)]
pub struct Prepared {
    pub desks: Desks,
    /// It was made just now, so that all its mail has been read.
    pub is_new: bool,
}

/// Reads what has come into the demo's mailbox since.
///
/// # Errors
/// The mail or the desk's files cannot be read or written.
pub fn catch_up(desks: &Desks) -> Outcome<()> {
    sync(&desks.one()?)
}

/// What a demo desk was, or is to be, made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    messages: u32,
    seed: u64,
}

impl Wanted {
    /// What the mark holds once the desk is complete.
    fn mark(self) -> String {
        format!("ready messages={} seed={}\n", self.messages, self.seed)
    }
}

/// What the complete demo desk in a folder was made from; `None` when there is none.
fn kept(dir: &Path) -> Option<Wanted> {
    let mark = fs::read_to_string(dir.join(MARK)).ok()?;
    let mut words = mark.strip_prefix("ready ")?.split_whitespace();
    let messages = words.next()?.strip_prefix("messages=")?.parse().ok()?;
    let seed = words.next()?.strip_prefix("seed=")?.parse().ok()?;
    Some(Wanted { messages, seed })
}

fn other_demo(dir: &Path, kept: Wanted) -> Failure {
    let Wanted { messages, seed } = kept;
    Failure::usage(
        format!("the demo desk in {} exists already, made with --messages {messages} --seed {seed}", dir.display()),
        "add --fresh to make it anew, or name another folder with --dir",
    )
}

fn absolute(dir: &Path) -> Outcome<PathBuf> {
    std::path::absolute(dir).map_err(|error| Failure::of_file("cannot use", dir, &error))
}

/// Generates into an empty place, after an earlier or interrupted demo was cleared
/// away, and does what its agents did. Only then the mark says that it is complete.
fn make(wanted: Wanted, dir: &Path, setup: &DeskSetup, now: Timestamp) -> Outcome<()> {
    clear(dir)?;
    mark(dir, "begun\n")?;
    let options = DemoOptions { messages: wanted.messages, seed: wanted.seed, now, dir: dir.to_owned() };
    let made = demo::generate(&options).map_err(|error| not_made(&error))?;
    sync(setup)?;
    relive(made.seeded, setup)?;
    mark(dir, &wanted.mark())
}

fn not_made(error: &DemoError) -> Failure {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(FAILED, format!("{error}{cause}"), "name another folder with --dir DIR")
}

/// Removes what an earlier demo left. A folder without the mark is somebody else's.
fn clear(dir: &Path) -> Outcome<()> {
    let parts = PARTS.map(|part| dir.join(part));
    let Some(part) = parts.iter().find(|part| part.exists()) else { return Ok(()) };
    if !dir.join(MARK).is_file() {
        return Err(Failure::usage(
            format!("{} was not made by `postdesk demo`, so the demo is not written there", part.display()),
            "name an empty folder with --dir",
        ));
    }
    parts.iter().filter(|part| part.exists()).try_for_each(|part| fs::remove_dir_all(part).map_err(|error| writing(part, &error)))
}

fn mark(dir: &Path, text: &str) -> Outcome<()> {
    private::write(&dir.join(MARK), text).map_err(|error| writing(dir, &error))
}

fn writing(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot write the demo desk to {}: {error}", path.display()), "name another folder with --dir DIR")
}

fn setup(dir: &Path, globals: &Globals) -> DeskSetup {
    let opener = demo::agents().into_iter().next().unwrap_or_default();
    let places = Places { data: dir.join("data"), cache: dir.join("cache"), state: dir.join("state") };
    DeskSetup { desk: demo::desk_config(dir), agent: desks::agent(&opener, globals.agent.as_deref()), places, offline: false }
}

/// The same sync as that of a real desk; what matters of its report is that it worked.
fn sync(setup: &DeskSetup) -> Outcome<()> {
    let mut bar = Bar::on_stderr();
    Desk::open(setup.clone())?.sync(&mut |progress| bar.show(&setup.desk.name, &progress), &Waker::default())?;
    Ok(())
}

/// Does what the agents did. It is the past of one device, whoever of them sat there.
fn relive(seeded: Vec<Seeded>, setup: &DeskSetup) -> Outcome<()> {
    let total = seeded.len() as u64;
    let past = seeded.into_iter().map(|seeded| PastAct { message_id: seeded.message_id, agent: seeded.agent, at: seeded.at, act: act(seeded.act) });
    let mut bar = Bar::on_stderr();
    let mut done = 0;
    let mut progress = |count: usize| {
        done += count as u64;
        bar.show(&setup.desk.name, &Progress { what: "what the agents did".into(), done, total, bytes: 0 });
    };
    Desk::open(setup.clone())?.relive(past.collect(), &mut progress)?;
    Ok(())
}

fn act(seeded: SeededAct) -> Act {
    match seeded {
        SeededAct::Assign(agent) => Act::Assign(Some(agent)),
        SeededAct::Status(status) => Act::Status(status),
        SeededAct::Priority(priority) => Act::Priority(priority),
        SeededAct::Tag(add) => Act::Tag { add, remove: Vec::new() },
        SeededAct::Note(text) => Act::Note(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_somebody_else_made_is_never_cleared() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        fs::write(folder.path().join("mail/precious"), "x").unwrap();

        let failure = clear(folder.path()).unwrap_err();

        assert!(failure.what.contains("was not made by"), "{failure}");
        assert!(folder.path().join("mail/precious").exists());
    }

    #[test]
    fn an_earlier_demo_is_cleared_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        mark(folder.path(), "begun\n").unwrap();
        fs::create_dir_all(folder.path().join("mail/cur")).unwrap();
        fs::write(folder.path().join("mine.txt"), "x").unwrap();

        clear(folder.path()).unwrap();

        assert!(!folder.path().join("mail").exists());
        assert!(folder.path().join("mine.txt").exists());
    }

    #[test]
    fn an_interrupted_demo_is_not_taken_for_a_complete_one() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = Wanted { messages: 240, seed: 7 };
        assert_eq!(kept(folder.path()), None);

        mark(folder.path(), "begun\n").unwrap();
        assert_eq!(kept(folder.path()), None);

        mark(folder.path(), &wanted.mark()).unwrap();
        assert_eq!(kept(folder.path()), Some(wanted));
    }

    #[test]
    fn the_help_names_the_real_defaults() {
        let args = crate::action::find("demo").unwrap().args;
        let help = |name: &str| args.iter().find(|arg| arg.name == name).unwrap().help;

        assert!(help("messages").contains(&format!("(default {})", demo::MESSAGES)));
        assert!(help("seed").contains(&format!("(default {DEFAULT_SEED})")));
    }

    #[test]
    fn other_mail_than_that_of_the_kept_desk_takes_fresh() {
        let folder = tempfile::tempdir().unwrap();
        mark(folder.path(), &Wanted { messages: 240, seed: 7 }.mark()).unwrap();
        let order = DemoOrder { dir: Some(folder.path().to_owned()), seed: Some(8), ..DemoOrder::default() };

        let failure = prepare(&order, &Globals::default(), &Clock::of_the_machine()).unwrap_err();

        assert!(failure.what.contains("--messages 240 --seed 7") && failure.remedy.contains("--fresh"), "{failure}");
    }
}
