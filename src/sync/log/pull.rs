//! Reading the log: every message that is there and has not been read, whatever its number.

use super::message::{Opened, classify};
use super::{Exchanged, LogError, LogSync};
use crate::mail::SNAPSHOT_OCTETS;
use crate::store::log::{LogEntry, LogHead};
use crate::sync::pass::pages;
use crate::sync::source::{FetchPart, Glance, Selected, SourceResult, UidSet};

/// UIDs in one FETCH; some servers refuse more.
const AT_ONCE: u32 = 500;
/// What is larger is none of ours; of such a message so much is fetched.
const LIMIT: u32 = SNAPSHOT_OCTETS as u32 + 1;
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
        let (mut exchanged, gone) = self.read_all(&head, &selected)?;
        self.store.catch_up()?;
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
        let mut key = head.key.clone();
        let mut withheld = 0;
        if head.validity != validity {
            // Noted even when nothing is there: an empty folder under other numbers is no log to go on with.
            self.store.note_messages(validity, &[])?;
        }
        for _ in 0..LOOKS {
            let known: UidSet = self.store.read_uids(validity)?.into_iter().collect();
            let there = self.source.uids()?;
            let (new, gone) = (there.difference(&known), known.difference(&there));
            if new.is_empty() {
                return Ok(gone);
            }
            let total = new.len();
            let mut done = 0;
            let mut got = 0;
            for page in pages(&new, AT_ONCE).into_iter().rev() {
                if self.stop.is_woken() {
                    return Err(crate::sync::pass::stopped().into());
                }
                let entries = self.page(&page, head, &mut key, exchanged)?;
                got += entries.len();
                // What is listed and came without a body was expunged under our hands, or will come.
                exchanged.add(&self.store.note_messages(validity, &entries)?);
                done += page.len();
                (self.progress)(done, total);
            }
            withheld = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(got);
            if withheld == 0 {
                return Ok(gone);
            }
        }
        Err(LogError::NotShown { folder: self.folder.to_owned(), count: withheld })
    }

    fn page(
        &mut self,
        page: &UidSet,
        head: &LogHead,
        key: &mut crate::domain::seal::TeamKey,
        exchanged: &mut Exchanged,
    ) -> Result<Vec<LogEntry>, LogError> {
        let messages = self.messages(page)?;
        exchanged.bytes += messages.iter().map(|message| message.octets).sum::<u64>();
        Ok(messages.into_iter().map(|message| classify(message, &head.log, key)).collect())
    }

    /// Messages of the log in ascending order: of those that look like events the part that counts, and of
    /// the others, which somebody may have rebuilt on their way, the whole.
    pub(super) fn messages(&mut self, page: &UidSet) -> Result<Vec<Opened>, LogError> {
        let mut messages = Vec::new();
        match self.fetch(page, FetchPart::Event(LIMIT), &mut messages) {
            // Not every server hands out a part of a message that has none.
            Err(error) if error.is_fatal() => return Err(error.into()),
            Err(_) | Ok(()) => {}
        }
        messages.retain(Opened::is_clear);
        let clear: UidSet = messages.iter().map(|message| message.uid).collect();
        let rest = page.difference(&clear);
        if !rest.is_empty() {
            self.fetch(&rest, FetchPart::Upto(LIMIT), &mut messages)?;
        }
        messages.sort_by_key(|message| message.uid);
        messages.dedup_by_key(|message| message.uid);
        Ok(messages)
    }

    fn fetch(&mut self, uids: &UidSet, part: FetchPart, into: &mut Vec<Opened>) -> SourceResult<()> {
        self.source.fetch(uids, part, &mut |message| {
            into.push(Opened::of(&message));
            Ok(())
        })
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
