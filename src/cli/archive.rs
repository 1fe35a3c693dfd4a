//! `import` and `export`: whole archives of mail.

use std::io::Write;
use std::path::Path;

use super::clock::{Clock, size};
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::list;
use super::meant::{BodySource, ExportFormat, ExportOrder};
use super::out::Out;
use super::progress::Bar;
use super::sync::stop_on_signals;
use crate::desk::archive::{ArchiveSource, ImportReport};
use crate::desk::{Desk, Progress};
use crate::domain::query::{Query, Term};
use crate::domain::ticket::Status;
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
    let mut desk = desks.open()?;
    let stop = Waker::default();
    stop_on_signals(vec![stop.clone()])?;
    let name = desk.name().to_owned();
    let mut bar = Bar::on_stderr();
    let report = desk.import(&sources, &mut |progress: Progress| bar.show(&name, &progress), &stop);
    bar.clear();
    let report = report?;
    if json { out.json(&report) } else { out.line(&summary(&report)) }?;
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

/// Writes mails or tickets to standard output or a file.
pub fn export(desks: &Desks, order: &ExportOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let query = match order.query.as_str() {
        "" => None,
        text => Some(list::understand(text, &desk.query_context(clock.now))?),
    };
    let mut bar = Bar::on_stderr();
    let name = desk.name().to_owned();
    desk.fetch_everything(&mut |progress: Progress| bar.show(&name, &progress), &Waker::default())?;
    bar.clear();
    match (&order.output, order.format) {
        (None, ExportFormat::Json) => desk.export_tickets(&query.unwrap_or_else(everything), &mut |ticket| out.json(ticket)),
        (None, ExportFormat::Mbox) if out.is_terminal() => {
            Err(Failure::usage("an mbox is nothing for a terminal", "name a file with --output, or pipe it into another program"))
        }
        (None, ExportFormat::Mbox) => write(&mut desk, order.format, query.as_ref(), &mut OutWriter(out)),
        (Some(path), _) => into_file(&mut desk, order.format, query.as_ref(), path),
    }
}

/// Standard output, which is no terminal, as a plain writer.
struct OutWriter<'a, 'b>(&'a mut Out<'b>);

impl Write for OutWriter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.bytes(bytes).map(|()| bytes.len()).map_err(|failure| std::io::Error::new(std::io::ErrorKind::BrokenPipe, failure.what))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The file appears under its name once it is complete.
fn into_file(desk: &mut Desk, format: ExportFormat, query: Option<&Query>, path: &Path) -> Outcome<()> {
    let fail = |error: std::io::Error| Failure::of_file("cannot write", path, &error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    let mut writer = std::io::BufWriter::with_capacity(256 << 10, file);
    write(desk, format, query, &mut writer)?;
    let file = writer.into_inner().map_err(|error| fail(error.into_error()))?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

fn write(desk: &mut Desk, format: ExportFormat, query: Option<&Query>, target: &mut dyn Write) -> Outcome<()> {
    match format {
        ExportFormat::Json => {
            let query = query.cloned().unwrap_or_else(everything);
            desk.export_tickets(&query, &mut |ticket| -> Outcome<()> {
                let mut line = serde_json::to_vec(ticket).unwrap_or_default();
                line.push(b'\n');
                Ok(target.write_all(&line)?)
            })
        }
        ExportFormat::Mbox => {
            let (_, partial) = desk.export_mbox(query, target)?;
            if partial == 0 {
                return Ok(());
            }
            Err(Failure::new(
                FAILED,
                format!("{partial} of the mails are written only in part: no more of them is here"),
                "run `postdesk sync` and export again; what has left the mailbox cannot be completed",
            ))
        }
    }
}

/// A query that says anything about the status does not leave out spam.
fn everything() -> Query {
    let spam = Query::Term(Term::Status(Status::Spam));
    Query::Or(vec![spam.clone(), Query::Not(Box::new(spam))])
}
