//! `demo`: a generated desk, opened, listed, or worked on by a command.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::clock::Clock;
use super::desks::{self, Desks};
use super::fail::{FAILED, Failure, Outcome};
use super::meant::{DemoOrder, Globals};
use super::places::Roots;
use super::progress::Bar;
use crate::config::{Agent, DeskConfig};
use crate::desk::{Desk, DeskError, DeskSetup, Places};
use crate::domain::id::TicketName;
use crate::domain::{MessageId, TicketKey, Timestamp};
use crate::protocol::job::Act;
use crate::sync::source::Waker;

/// The file that says: everything in this folder was made by `postdesk demo`.
const MARK: &str = "postdesk-demo";

/// What the mark holds once the desk is complete.
const READY: &str = "ready\n";

/// The folders a demo desk consists of; `--fresh` removes these and nothing else.
const PARTS: [&str; 6] = ["mail", "mail.partial", "templates", "data", "cache", "state"];

/// What is made when nobody says otherwise.
const DEFAULT_SEED: u64 = 1;

/// Makes the demo desk, or finds the one made earlier, and brings it up to date.
pub fn prepare(order: &DemoOrder, globals: &Globals, clock: &Clock) -> Outcome<Desks> {
    let dir = match &order.dir {
        Some(dir) => absolute(dir)?,
        None => Roots::of(globals)?.demo(),
    };
    let must_make = order.fresh || !is_ready(&dir);
    let seeded = if must_make { make(order, &dir, clock.now)? } else { Vec::new() };
    let setup = setup(&dir, globals)?;
    sync(&setup)?;
    if must_make {
        seeded.into_iter().try_for_each(|change| change.apply(&setup, &mut BTreeMap::new()))?;
        mark(&dir, READY)?;
    }
    Ok(Desks::Given(Box::new(setup)))
}

fn absolute(dir: &Path) -> Outcome<PathBuf> {
    std::path::absolute(dir).map_err(|error| Failure::of_file("cannot use", dir, &error))
}

fn is_ready(dir: &Path) -> bool {
    fs::read_to_string(dir.join(MARK)).is_ok_and(|mark| mark == READY)
}

/// Generates into an empty place; an earlier or interrupted demo is cleared away first.
fn make(order: &DemoOrder, dir: &Path, now: Timestamp) -> Outcome<Vec<SeededChange>> {
    clear(dir)?;
    mark(dir, "begun\n")?;
    generate(order, dir, now)
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
    fs::create_dir_all(dir).and_then(|()| fs::write(dir.join(MARK), text)).map_err(|error| writing(dir, &error))
}

fn writing(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot write the demo desk to {}: {error}", path.display()), "name another folder with --dir DIR")
}

fn setup(dir: &Path, globals: &Globals) -> Outcome<DeskSetup> {
    let (desk, agent) = known(dir)?;
    let places = Places { data: dir.join("data"), cache: dir.join("cache"), state: dir.join("state") };
    Ok(DeskSetup { desk, agent: desks::agent(&agent, globals.agent.as_deref()), places, offline: false })
}

/// The same sync as that of a real desk; what matters of its report is that it worked.
fn sync(setup: &DeskSetup) -> Outcome<()> {
    let mut bar = Bar::on_stderr();
    Desk::open(setup.clone())?.sync(&mut |progress| bar.show(&setup.desk.name, &progress), &Waker::default())?;
    Ok(())
}

/// Something that an agent of the demo did before it was opened.
struct SeededChange {
    /// The first mail of the ticket.
    opened_by: MessageId,
    agent: Agent,
    act: Act,
}

impl SeededChange {
    /// Acts as its agent. A mail that opened no ticket of its own is passed over.
    fn apply(self, setup: &DeskSetup, desks: &mut BTreeMap<String, Desk>) -> Outcome<()> {
        let name = self.agent.name.clone();
        if !desks.contains_key(&name) {
            desks.insert(name.clone(), Desk::open(DeskSetup { agent: self.agent, ..setup.clone() })?);
        }
        let Some(desk) = desks.get_mut(&name) else { return Ok(()) };
        let key = TicketKey::of(&self.opened_by);
        match desk.find(&TicketName::KeyPrefix(key.as_str().to_owned())) {
            Ok(key) => desk.act(&[key], &self.act).map(drop).map_err(Failure::from),
            Err(DeskError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn generate(order: &DemoOrder, _dir: &Path, _now: Timestamp) -> Outcome<Vec<SeededChange>> {
    let _ = (order.messages, order.seed.unwrap_or(DEFAULT_SEED));
    Err(Failure::new(FAILED, "the demo is not part of this build", ""))
}

fn known(_dir: &Path) -> Outcome<(DeskConfig, Agent)> {
    Err(Failure::new(FAILED, "the demo is not part of this build", ""))
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
        mark(folder.path(), READY).unwrap();
        fs::create_dir_all(folder.path().join("mail/cur")).unwrap();
        fs::write(folder.path().join("mine.txt"), "x").unwrap();

        clear(folder.path()).unwrap();

        assert!(!folder.path().join("mail").exists());
        assert!(folder.path().join("mine.txt").exists());
    }

    #[test]
    fn an_interrupted_demo_is_not_taken_for_a_complete_one() {
        let folder = tempfile::tempdir().unwrap();
        mark(folder.path(), "begun\n").unwrap();

        assert!(!is_ready(folder.path()));

        mark(folder.path(), READY).unwrap();
        assert!(is_ready(folder.path()));
    }
}
