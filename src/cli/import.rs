//! `import`: whole archives of mail into the desk.

use super::clock::size;
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::order::BodySource;
use super::out::Out;
use super::progress::Bar;
use super::sync::stop_on_signals;
use crate::desk::Progress;
use crate::desk::archive::{ArchiveSource, ImportReport};
use crate::sync::source::Waker;

/// Puts archives into the desk's mailbox.
pub fn import(desks: &Desks, archives: &[BodySource], json: bool, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let sources: Vec<ArchiveSource> = archives
        .iter()
        .map(|source| match source {
            BodySource::Stdin => ArchiveSource::Stdin,
            BodySource::File(path) => ArchiveSource::Path(path.clone()),
        })
        .collect();
    // Nothing is put into the mailbox for the sake of a command that was mistyped.
    for source in &sources {
        if let ArchiveSource::Path(path) = source {
            std::fs::metadata(path).map_err(|error| Failure::of_file("cannot import", path, &error))?;
        }
    }
    let mut desk = desks.open()?;
    let stop = Waker::default();
    stop_on_signals(vec![stop.clone()])?;
    let name = desk.name().to_owned();
    let mut bar = Bar::on_stderr();
    let report = desk.import(&sources, &mut |progress: Progress| bar.show(&name, &progress), &stop);
    bar.clear();
    let report = report?;
    if json {
        out.json(&report)?;
    } else if report.read > 0 {
        out.line(&summary(&report))?;
    } else if report.errors.is_empty() {
        out.line(&format!("{}: no mail is in what was named; nothing was imported", report.desk))?;
    }
    for error in &report.errors {
        complain(&Failure::new(FAILED, error.clone(), ""));
    }
    if report.errors.is_empty() { Ok(()) } else { Err(Failure::told(FAILED)) }
}

fn summary(report: &ImportReport) -> String {
    let known = if report.known == 0 { String::new() } else { format!(", {} were there already", report.known) };
    format!(
        "{}: {} mails ({}) imported into {}{known}; {} tickets opened",
        report.desk,
        report.imported,
        size(report.bytes),
        report.folder,
        report.tickets_opened
    )
}
