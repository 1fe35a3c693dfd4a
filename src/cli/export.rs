//! `export`: mail as an archive, and tickets for scripts, spreadsheets and readers.

use std::io::Write;
use std::path::Path;

use super::clock::Clock;
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::order::{ExportFormat, ExportOrder};
use super::out::Out;
use super::progress::Bar;
use super::target::Target;
use super::{csv, list, markdown};
use crate::desk::{Desk, Progress};
use crate::domain::query::{Query, Term};
use crate::domain::ticket::Status;
use crate::protocol::json::ShownTicket;
use crate::protocol::redaction::Redaction;
use crate::sync::source::Waker;

/// Writes mails or tickets to standard output or a file.
pub fn export(desks: &Desks, order: &ExportOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    if order.format == ExportFormat::Mbox && order.redact {
        return Err(Failure::usage("an mbox holds the mails byte for byte, with everybody in them", "redact json, csv or markdown"));
    }
    let mut desk = desks.open()?;
    let query = match order.query.as_str() {
        "" => None,
        text => Some(list::understand(text, &desk.query_context(clock.now))?),
    };
    if order.format == ExportFormat::Mbox && order.output.is_none() && out.is_terminal() {
        return Err(Failure::usage("an mbox is nothing for a terminal", "name a file with --output, or pipe it into another program"));
    }
    let mut bar = Bar::on_stderr();
    let name = desk.name().to_owned();
    desk.fetch_everything(&mut |progress: Progress| bar.show(&name, &progress), &Waker::default())?;
    bar.clear();
    let export = Export { format: order.format, query, redact: order.redact, clock };
    match &order.output {
        None => export.print(&mut desk, out),
        Some(path) => export.save(&mut desk, path),
    }
}

/// What is to be written.
struct Export<'a> {
    format: ExportFormat,
    query: Option<Query>,
    redact: bool,
    clock: &'a Clock,
}

impl Export<'_> {
    fn print(&self, desk: &mut Desk, out: &mut Out<'_>) -> Outcome<()> {
        match self.format {
            ExportFormat::Mbox => mbox(desk, self.query.as_ref(), &mut OutWriter(out)),
            ExportFormat::Json => self.tickets(desk, &mut |ticket| out.json(ticket)),
            ExportFormat::Csv | ExportFormat::Markdown => {
                out.file(self.head().as_bytes())?;
                self.tickets(desk, &mut |ticket| out.bytes(self.piece(ticket).as_bytes()))
            }
        }
    }

    fn save(&self, desk: &mut Desk, path: &Path) -> Outcome<()> {
        let fail = |error: std::io::Error| Failure::of_file("cannot write", path, &error);
        let mut target = Target::open(path).map_err(fail)?;
        match self.format {
            ExportFormat::Mbox => mbox(desk, self.query.as_ref(), &mut target)?,
            _ => {
                target.write_all(self.head().as_bytes()).map_err(fail)?;
                self.tickets(desk, &mut |ticket| target.write_all(self.piece(ticket).as_bytes()).map_err(fail))?;
            }
        }
        target.complete().map_err(fail)
    }

    fn tickets(&self, desk: &mut Desk, sink: &mut dyn FnMut(&ShownTicket) -> Outcome<()>) -> Outcome<()> {
        let query = self.query.clone().unwrap_or_else(everything);
        let mut redaction = Redaction::default();
        desk.export_tickets(&query, &mut |ticket| {
            if !self.redact {
                return sink(ticket);
            }
            let mut ticket = ticket.clone();
            redaction.ticket(&mut ticket);
            sink(&ticket)
        })
    }

    /// What stands above the first ticket.
    fn head(&self) -> &'static str {
        if self.format == ExportFormat::Csv { csv::HEAD } else { "" }
    }

    /// One ticket as it stands in the file.
    fn piece(&self, ticket: &ShownTicket) -> String {
        match self.format {
            ExportFormat::Csv => csv::line(&ticket.row),
            ExportFormat::Markdown => markdown::ticket(ticket, self.clock) + "\n",
            ExportFormat::Json | ExportFormat::Mbox => serde_json::to_string(ticket).unwrap_or_default() + "\n",
        }
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

fn mbox(desk: &mut Desk, query: Option<&Query>, target: &mut dyn Write) -> Outcome<()> {
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

/// A query that says anything about the status does not leave out spam.
fn everything() -> Query {
    let spam = Query::Term(Term::Status(Status::Spam));
    Query::Or(vec![spam.clone(), Query::Not(Box::new(spam))])
}
