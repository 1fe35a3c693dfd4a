//! Whole archives in and out: `import` and `export`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::network::{source_error, waits_for_another};
use super::visit::Visit;
use super::{Desk, DeskError, DeskResult, Progress};
use crate::config::Source;
use crate::domain::TicketKey;
use crate::domain::query::{Query, Sort};
use crate::mail::{self, mbox};
use crate::protocol::json::{ShownTicket, SyncReport};
use crate::sync::archive::{self, ArchiveError};
use crate::sync::source::{Deposit, MailSource, Waker};

/// Mails are put into the mailbox so many, or so many octets, at a time.
const BATCH_MAILS: usize = 500;
const BATCH_OCTETS: usize = 16 << 20;
/// How long an import waits for another process to leave the servers alone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where an archive comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveSource {
    /// An mbox on standard input.
    Stdin,
    Path(PathBuf),
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    pub desk: String,
    /// The folder the mail went to.
    pub folder: String,
    pub read: u64,
    pub imported: u64,
    /// In the mailbox already, with the same id and content.
    pub known: u64,
    pub bytes: u64,
    pub tickets_opened: u64,
    /// Files that could not be read, and why.
    pub errors: Vec<String>,
}

impl Desk {
    /// Puts the mails of an archive into the desk's inbox and reads them from there, so
    /// that they are where all the team's mail is.
    ///
    /// They keep the date of their arrival, by the mbox or else by their own Date, and the
    /// flags an archive notes. What lies in the mailbox already is passed over, so an
    /// import that was interrupted is simply done again. Only a few mails are in memory at a time.
    ///
    /// # Errors
    /// The mailbox cannot be written, or another process keeps using it; what was put in by then stays.
    pub fn import(&mut self, sources: &[ArchiveSource], progress: &mut dyn FnMut(Progress), stop: &Waker) -> DeskResult<ImportReport> {
        if self.setup.offline {
            return Err(DeskError::Server {
                what: "this run is offline".into(),
                remedy: "Leave out --offline: an import writes to the mailbox.".into(),
            });
        }
        let _role = self.patient_role(progress)?;
        let mut source = self.connect()?;
        let folder = self.setup.desk.folders.inbox.first().cloned().unwrap_or_else(|| "INBOX".into());
        let mut report = ImportReport { desk: self.name().to_owned(), folder, ..ImportReport::default() };
        let mut visit = self.visit(source.as_mut(), progress, stop);
        let outcome = self.import_over(&mut visit, sources, &mut report);
        source.close();
        outcome.map(|()| report)
    }

    fn import_over(&mut self, visit: &mut Visit<'_>, sources: &[ArchiveSource], report: &mut ImportReport) -> DeskResult<()> {
        self.mail_in(visit)?;
        self.team_exchange(visit)?;
        let mut batch = Batch::default();
        let mut errors = Vec::new();
        for archive in sources {
            let mut take = |mail: Deposit| -> DeskResult<()> {
                report.read += 1;
                self.take(mail, &mut batch, report)?;
                if batch.is_full() {
                    put(visit.source, &mut batch, report)?;
                    (visit.progress)(Progress { what: "import".into(), done: report.imported, total: 0, bytes: report.bytes });
                }
                if visit.stop.is_woken() { Err(stopped()) } else { Ok(()) }
            };
            let mut trouble = |error: ArchiveError| errors.push(format!("{}: {}", error.path.display(), error.source));
            match archive {
                ArchiveSource::Stdin => archive::each_of_stream(io::stdin().lock(), Path::new("-"), &mut take, &mut trouble)?,
                ArchiveSource::Path(path) => archive::each(path, &mut take, &mut trouble)?,
            }
        }
        put(visit.source, &mut batch, report)?;
        report.errors.extend(errors);
        // What was there before is none of the import's.
        visit.report = SyncReport::default();
        self.mail_in(visit)?;
        self.team_exchange(visit)?;
        report.tickets_opened = visit.report.tickets_opened;
        report.errors.append(&mut visit.report.errors);
        Ok(())
    }

    /// Keeps a mail for the next batch unless it is in the mailbox already.
    fn take(&mut self, mut mail: Deposit, batch: &mut Batch, report: &mut ImportReport) -> DeskResult<()> {
        if matches!(self.setup.desk.source, Source::Imap(_)) {
            mail.bytes = mbox::with_crlf(&mail.bytes);
        }
        let read = mail::ingest(&mail.bytes, mail.bytes.len() as u64);
        mail.internal_date = mail.internal_date.or(read.message.date);
        let fingerprint = (read.message.message_id.hash63(), read.body_hash);
        let is_known = batch.seen.contains(&fingerprint) || self.store.holds(&read.message.message_id, &read.body_hash, mail.bytes.len() as u64)?;
        if is_known {
            report.known += 1;
            return Ok(());
        }
        batch.seen.insert(fingerprint);
        batch.octets += mail.bytes.len();
        batch.mails.push(mail);
        Ok(())
    }

    /// The network role, waited for as long as somebody is only just using it.
    fn patient_role(&mut self, progress: &mut dyn FnMut(Progress)) -> DeskResult<super::network::NetworkRole> {
        if let Some(role) = self.try_network_role()? {
            return Ok(role);
        }
        progress(waits_for_another(PATIENCE));
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(role) = self.try_network_role()? {
                return Ok(role);
            }
            if Instant::now() >= deadline {
                return Err(DeskError::Server {
                    what: format!("another postdesk is using the mailbox of desk `{}`", self.name()),
                    remedy: "Close its screen, or stop its `sync --watch`, and import again.".into(),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The keys of the tickets that match, the first opened first.
    fn matching(&self, query: &Query) -> DeskResult<Vec<TicketKey>> {
        let mut keys = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.page(query, Sort::Created, 1_000, after)?;
            let is_last = page.next.is_none();
            keys.extend(page.rows.into_iter().map(|row| row.key));
            after = page.next;
            if is_last {
                keys.reverse();
                return Ok(keys);
            }
        }
    }

    /// Hands every ticket that matches to `sink`, whole, the oldest first.
    ///
    /// # Errors
    /// A file cannot be read, or `sink` fails.
    pub fn export_tickets<E: From<DeskError>>(&mut self, query: &Query, sink: &mut dyn FnMut(&ShownTicket) -> Result<(), E>) -> Result<(), E> {
        for key in self.matching(query)? {
            sink(&self.show_without_keeping(&key)?)?;
        }
        Ok(())
    }

    /// Writes the mails of the tickets that match as an mbox, in the order in which they
    /// came into the mailbox. Returns how many, and how many are here only in part.
    ///
    /// # Errors
    /// A file cannot be read or `target` not be written.
    pub fn export_mbox(&mut self, query: Option<&Query>, target: &mut dyn Write) -> DeskResult<(u64, u64)> {
        let tickets = match query {
            Some(query) => Some(self.store.rows_of(&self.matching(query)?)?),
            None => None,
        };
        let (mut written, mut partial, mut last) = (0, 0, i64::MIN);
        loop {
            let places = self.store.message_places(last, 1_000)?;
            let Some((end, _, _)) = places.last().copied() else { return Ok((written, partial)) };
            for (message, ticket, is_incomplete) in places {
                if tickets.as_ref().is_some_and(|tickets| !tickets.contains(&ticket)) {
                    continue;
                }
                let Some(bytes) = self.store.raw(message)? else { continue };
                mbox::write(target, &bytes).map_err(|error| cannot_write(&error))?;
                written += 1;
                partial += u64::from(is_incomplete);
            }
            last = end;
        }
    }

    /// Fetches the whole of what is here only in part, for an export that shall have everything.
    ///
    /// # Errors
    /// The mailbox cannot be read.
    pub fn fetch_everything(&mut self, progress: &mut dyn FnMut(Progress), stop: &Waker) -> DeskResult<()> {
        if self.store.want_all_whole()? == 0 || self.setup.offline {
            return Ok(());
        }
        self.sync(progress, stop).map(drop)
    }
}

/// Mails that are to be put into the mailbox, and what was taken in this run.
#[derive(Default)]
struct Batch {
    mails: Vec<Deposit>,
    octets: usize,
    seen: std::collections::HashSet<(i64, [u8; 32])>,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.mails.len() >= BATCH_MAILS || self.octets >= BATCH_OCTETS
    }
}

fn put(source: &mut dyn MailSource, batch: &mut Batch, report: &mut ImportReport) -> DeskResult<()> {
    if batch.mails.is_empty() {
        return Ok(());
    }
    source.deposit(&report.folder, &batch.mails).map_err(|error| source_error(&error))?;
    report.imported += batch.mails.len() as u64;
    report.bytes += batch.octets as u64;
    batch.mails.clear();
    batch.octets = 0;
    Ok(())
}

fn stopped() -> DeskError {
    DeskError::Failed { what: "stopped on request".into(), remedy: "What was imported stays; the same command goes on with the rest.".into() }
}

fn cannot_write(error: &io::Error) -> DeskError {
    DeskError::Failed { what: format!("the archive cannot be written: {error}"), remedy: "Make room, or name another file with --output.".into() }
}
