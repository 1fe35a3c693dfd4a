//! A desk on local folders: whether they can be written, locked and watched, and keep order.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::places;
use super::scratch::Scratch;
use crate::desk::DeskSetup;
use crate::domain::MessageId;
use crate::protocol::doctor::Check;
use crate::sync::maildir::MaildirSource;
use crate::sync::source::{Flags, MailSource, SourceError, SourceResult, Trouble, WaitEnd, Waker};

const TRIALS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(6);
const HEAD_START: Duration = Duration::from_millis(250);
/// A system without notices is looked at every few seconds.
const SLOW: Duration = Duration::from_millis(1500);

/// The folders, and the rules of the log tried in one made for it.
pub fn checks(setup: &DeskSetup, root: &Path, stop: &Waker, tell: &mut dyn FnMut(Check)) {
    if !root.is_dir() {
        return tell(Check::failed(
            "maildir",
            format!("{}: there is no such folder", root.display()),
            "Correct `path` in the desk's configuration, or make the folder.",
        ));
    }
    if let Err(error) = places::writable(root) {
        return tell(Check::failed("maildir", format!("{}: cannot be written: {error}", root.display()), "Make the folder writable for you."));
    }
    tell(Check::ok("maildir", format!("{} can be written", root.display())));
    tell(told("maildir rename", rename(root), "a file appears whole under its new name"));
    tell(told("maildir lock", lock(root), "a lock of one process keeps another out"));
    match folder(setup, root) {
        Ok(source) => log_rules(source, stop, tell),
        Err(error) => tell(Check::failed("team log", format!("no folder could be made: {error}"), error.remedy())),
    }
}

fn told(name: &str, tried: io::Result<()>, well: &str) -> Check {
    match tried {
        Ok(()) => Check::ok(name, well),
        Err(error) => Check::failed(name, error.to_string(), "Keep the mail on a local file system; some network file systems cannot do this."),
    }
}

/// Delivery writes into `tmp` and renames into `new`.
fn rename(root: &Path) -> io::Result<()> {
    let dir = tempfile::Builder::new().prefix(".doctor-").tempdir_in(root)?;
    let (from, to) = (dir.path().join("tmp"), dir.path().join("new"));
    fs::create_dir(&from).and_then(|()| fs::create_dir(&to))?;
    fs::write(from.join("mail"), "trial")?;
    fs::rename(from.join("mail"), to.join("mail"))?;
    if fs::read(to.join("mail"))? != b"trial" || from.join("mail").exists() {
        return Err(io::Error::other("a renamed file is not what it was"));
    }
    Ok(())
}

fn lock(root: &Path) -> io::Result<()> {
    let file = tempfile::Builder::new().prefix(".doctor-").tempfile_in(root)?;
    file.as_file().try_lock().map_err(io::Error::from)?;
    match File::open(file.path())?.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Ok(()),
        Err(fs::TryLockError::Error(error)) => Err(error),
        Ok(()) => Err(io::Error::other("two holders have the same lock")),
    }
}

/// A scratch folder, gone when this is dropped.
struct Trial {
    source: MaildirSource,
    name: String,
    directory: PathBuf,
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.source.close();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn folder(setup: &DeskSetup, root: &Path) -> SourceResult<Trial> {
    let mut source = MaildirSource::open(root)?;
    let scratch = Scratch::of(setup, Some('.'));
    let folders: Vec<String> = source.folders()?.into_iter().map(|folder| folder.name).collect();
    for left in scratch.leftovers(&folders) {
        let _ = fs::remove_dir_all(root.join(format!(".{left}")));
    }
    // A name without levels is a directory beside the others; it never is part of one that is read.
    let name = scratch.names(&[]).into_iter().next().unwrap_or_default();
    let _ = scratch.note(&name);
    source.create(&name)?;
    let directory = root.join(format!(".{name}"));
    Ok(Trial { source, name, directory })
}

fn log_rules(mut trial: Trial, stop: &Waker, tell: &mut dyn FnMut(Check)) {
    let refused = |name: &str, error: &SourceError| Check::failed(name, error.to_string(), error.remedy());
    tell(order(&mut trial).unwrap_or_else(|error| refused("log order", &error)));
    if !stop.is_woken() {
        tell(news(&mut trial, stop).unwrap_or_else(|error| refused("log news", &error)));
    }
    let directory = trial.directory.clone();
    drop(trial);
    tell(if directory.exists() {
        Check::failed(super::scratch::CHECK, format!("{} could not be removed", directory.display()), "Delete the folder.")
    } else {
        Check::ok(super::scratch::CHECK, format!("{} is removed again", directory.display()))
    });
}

fn mail(number: usize) -> (MessageId, String) {
    let id = format!("doctor.{:08x}.{number}@postdesk.invalid", getrandom::u32().unwrap_or(0));
    let text = format!(
        "Subject: Trial {number} of postdesk doctor\nMessage-ID: <{id}>\nDate: Mon, 01 Jan 2001 12:00:00 +0000\n\nThis mail may be deleted.\n"
    );
    (MessageId::new(&id).unwrap_or_else(|| MessageId::synthetic(id.as_bytes())), text)
}

/// Appends, and reads back with eyes that have not seen it.
fn order(trial: &mut Trial) -> SourceResult<Check> {
    let mut ids = Vec::new();
    for number in 1..=TRIALS {
        let (id, text) = mail(number);
        trial.source.append(&trial.name, &Flags::default(), text.as_bytes())?;
        ids.push(id);
    }
    let mut other = MaildirSource::open(trial.directory.parent().unwrap_or(&trial.directory))?;
    other.select(&trial.name, None)?;
    let mut uids = Vec::new();
    for id in &ids {
        uids.extend(other.find(id)?.iter());
    }
    let turned = uids.windows(2).filter(|pair| matches!(pair, [one, next] if one >= next)).count();
    Ok(match (uids.len() == TRIALS, turned) {
        (false, _) => Check::failed(
            "log order",
            format!("of {TRIALS} mails appended {} were found", uids.len()),
            "Changes would be lost here: look at the file system.",
        ),
        (true, 0) => Check::ok("log order", format!("{TRIALS} mails appended, found by another reader, in order")),
        (true, turned) => {
            Check::degraded("log order", format!("{turned} mails are numbered out of order: changes are ordered by their own counters"), "")
        }
    })
}

/// How soon a file that another program puts there is noticed.
fn news(trial: &mut Trial, stop: &Waker) -> SourceResult<Check> {
    let name = "log news";
    let target = trial.directory.join("new").join("1.doctor");
    let (_, text) = mail(TRIALS + 1);
    trial.source.select(&trial.name, None)?;
    let waker = stop.child();
    let source = &mut trial.source;
    let (heard, at, begun) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            thread::sleep(HEAD_START);
            let begun = Instant::now();
            fs::write(&target, text.as_bytes()).map(|()| begun)
        });
        let heard = source.wait(HEAD_START + PATIENCE, &waker);
        let at = Instant::now();
        (heard, at, writer.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes has died"))))
    });
    let begun = begun.map_err(|error| SourceError::new(Trouble::Io, format!("{}: {error}", target.display())))?;
    let delay = at.saturating_duration_since(begun);
    Ok(match heard? {
        WaitEnd::Changed if delay < SLOW => Check::ok(name, format!("a new mail is noticed after {} ms", delay.as_millis())),
        WaitEnd::Changed => Check::degraded(
            name,
            format!("a new mail is noticed after {} ms: the system gives no notices here, so folders are looked at", delay.as_millis()),
            "Keep the mail on a local file system.",
        ),
        WaitEnd::Woken => Check::skipped(name, "stopped on request"),
        WaitEnd::TimedOut => Check::degraded(
            name,
            format!("a new mail was not noticed within {} s", PATIENCE.as_secs()),
            "Keep the mail on a local file system; `postdesk sync` sees it all the same.",
        ),
    })
}
