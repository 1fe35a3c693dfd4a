//! Reading the log: every message that is there and has not been read, whatever its number.

use super::message::{Opened, classify};
use super::whole::absences;
use super::{Exchanged, LogError, LogSync, fetch};
use crate::domain::seal::TeamKey;
use crate::store::Store;
use crate::store::log::{LogEntry, LogHead, TakenIn};
use crate::sync::pass::pages;
use crate::sync::source::{Glance, Selected, UidSet};

/// UIDs in one FETCH; some servers refuse more.
const AT_ONCE: u32 = 500;
/// So many messages are noted in one transaction at most …
const MESSAGES_AT_ONCE: usize = 5_000;
/// … and so many octets.
const OCTETS_AT_ONCE: u64 = 8 << 20;
/// So many messages are noted without taking more memory for it.
const FEW: u64 = 500;
/// So often messages are asked for that the server lists and does not show.
const LOOKS: u32 = 5;

impl LogSync<'_> {
    /// Reads everything new and brings the cache up to it.
    ///
    /// The first client of a team makes the folder and begins the log.
    ///
    /// # Errors
    /// The session or a file failed, or the log is not the one this desk belongs to.
    pub fn pull(&mut self) -> Result<Exchanged, LogError> {
        let selected = self.enter()?;
        let head = match self.store.log_head()? {
            Some(head) => head,
            None => self.begin(&selected)?,
        };
        let read = self.read_all(&head, &selected);
        if let Ok((_, gone)) = &read {
            let is_looked_into = gone.is_empty() || self.store.has_looked_into(&absences(selected.uid_validity, gone))?;
            self.store.heed_fillers(selected.uid_validity, &|uid| gone.contains(uid), is_looked_into)?;
        }
        // What came is shown even if the server keeps the rest to itself.
        if matches!(read, Ok(_) | Err(LogError::NotShown { .. })) {
            self.store.catch_up()?;
        }
        let (mut exchanged, gone) = read?;
        if !self.store.knows_order()? {
            self.carry_over(selected.uid_validity, &gone, &mut exchanged)?;
        }
        self.look_for_losses(selected.uid_validity, &gone)?;
        Ok(exchanged)
    }

    /// Reads what is new in the folder that was just entered; with it, which messages that were read are gone.
    pub(super) fn read_all(&mut self, head: &LogHead, selected: &Selected) -> Result<(Exchanged, UidSet), LogError> {
        let Selected { uid_validity, uid_next, exists: messages, highest_modseq, .. } = *selected;
        let at = Glance { uid_validity, uid_next, messages, highest_modseq };
        let mut exchanged = Exchanged { at, ..Exchanged::default() };
        let gone = self.read(head, selected.uid_validity, &mut exchanged)?;
        Ok((exchanged, gone))
    }

    /// Every UID that is listed and was not read, lower ones too: a server may show them late.
    /// Says which were read and are not listed.
    pub(super) fn read(&mut self, head: &LogHead, validity: u32, exchanged: &mut Exchanged) -> Result<UidSet, LogError> {
        let mut notes =
            Notes { store: &mut *self.store, head, validity, key: head.key.clone(), entries: Vec::new(), octets: 0, taken: TakenIn::default() };
        let mut withheld = 0;
        if head.validity != validity {
            // Noted even when nothing is there: an empty folder under other numbers is no log to go on with.
            notes.store.note_messages(validity, &[])?;
        }
        for _ in 0..LOOKS {
            let known: UidSet = notes.store.read_uids(validity)?.into_iter().collect();
            let there = self.source.uids()?;
            let (new, gone) = (there.difference(&known), known.difference(&there));
            if new.is_empty() {
                return Ok(gone);
            }
            let pages: Vec<UidSet> = pages(&new, AT_ONCE).into_iter().rev().collect();
            let (total, mut done, mut got) = (new.len(), 0, 0);
            if total > FEW {
                notes.store.begin_bulk()?;
            }
            let outcome = fetch::in_pages(self.source, &pages, self.stop, |page, messages| {
                // What is listed and came without a body was expunged under our hands, or will come.
                got += messages.len();
                exchanged.bytes += notes.take(messages)?;
                done += page.len();
                (self.progress)(done, total);
                Ok(())
            });
            // What has come is kept, whatever became of the rest.
            let noted = notes.write();
            if total > FEW {
                notes.store.end_bulk()?;
            }
            exchanged.add(&std::mem::take(&mut notes.taken));
            outcome?;
            noted?;
            withheld = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(got);
            if withheld == 0 {
                return Ok(gone);
            }
        }
        Err(LogError::NotShown { folder: self.folder.to_owned(), count: withheld })
    }

    /// Messages of the selected folder in ascending order.
    pub(super) fn messages(&mut self, page: &UidSet) -> Result<Vec<Opened>, LogError> {
        Ok(fetch::messages(self.source, page)?)
    }

    /// Selects the folder; a client that has never seen a log makes it.
    pub(super) fn enter(&mut self) -> Result<Selected, LogError> {
        let error = match self.source.select(self.folder, None) {
            Ok(selected) => return Ok(selected),
            Err(error) if error.is_fatal() => return Err(error.into()),
            Err(error) => error,
        };
        if self.source.folders()?.iter().any(|folder| folder.name == self.folder && folder.selectable) {
            return Err(error.into());
        }
        if self.store.log_head()?.is_some() {
            return Err(LogError::Gone { folder: self.folder.to_owned() });
        }
        self.source.create(self.folder)?;
        Ok(self.source.select(self.folder, None)?)
    }
}

/// What was read and is to be noted, many messages at a time: each transaction writes pages all over the indexes.
struct Notes<'a> {
    store: &'a mut Store,
    head: &'a LogHead,
    validity: u32,
    /// The key that counts behind the last message read.
    key: TeamKey,
    entries: Vec<LogEntry>,
    octets: u64,
    taken: TakenIn,
}

impl Notes<'_> {
    /// Reads messages, and notes them when there are enough; how many octets they are.
    fn take(&mut self, messages: Vec<Opened>) -> Result<u64, LogError> {
        let octets = messages.iter().map(|message| message.octets).sum::<u64>();
        let Self { head, key, entries, .. } = self;
        entries.extend(messages.into_iter().map(|message| classify(message, &head.log, key)));
        self.octets += octets;
        if self.entries.len() >= MESSAGES_AT_ONCE || self.octets >= OCTETS_AT_ONCE {
            self.write()?;
        }
        Ok(octets)
    }

    fn write(&mut self) -> Result<(), LogError> {
        self.octets = 0;
        let entries = std::mem::take(&mut self.entries);
        if !entries.is_empty() {
            self.taken.join(&self.store.note_messages(self.validity, &entries)?);
        }
        Ok(())
    }
}
