//! The copies of sent mails in Sent: put there once, and a proof that a mail did leave.

use crate::desk::network::source_error;
use crate::desk::{Desk, DeskResult};
use crate::domain::Timestamp;
use crate::domain::outbox::OutboxState;
use crate::store::outbox::OutboxEntry;
use crate::sync::source::{Flags, MailSource, SourceError, Trouble};

/// Set once the server was seen to file its own copy in Sent.
const FILES_ITS_OWN: &str = "server_files_sent";
/// How long a server that files its own copies is given for it.
const FILES_WITHIN_SECS: i64 = 600;

impl Desk {
    /// A mail whose fate is unknown is sent if a copy lies in Sent.
    pub(super) fn probe_uncertain(&mut self, source: &mut dyn MailSource) -> DeskResult<()> {
        let uncertain = self.store.outbox_in(OutboxState::Uncertain)?;
        if uncertain.is_empty() {
            return Ok(());
        }
        let Some(sent) = self.sent_folder(source)? else { return Ok(()) };
        source.select(&sent, None).map_err(|error| source_error(&error))?;
        for entry in uncertain {
            let Some(id) = &entry.message_id else { continue };
            if !source.find(id).map_err(|error| source_error(&error))?.is_empty() {
                self.accept(&entry)?;
                self.store.filed(entry.id)?;
            }
        }
        Ok(())
    }

    /// Puts a copy of each sent mail into Sent, after one look for it by Message-ID.
    pub(super) fn file_copies(&mut self, source: &mut dyn MailSource) -> DeskResult<()> {
        let unfiled = self.store.unfiled()?;
        if unfiled.is_empty() {
            return Ok(());
        }
        let sent = match self.sent_folder(source)? {
            Some(name) => name,
            None => "Sent".to_owned(),
        };
        match source.select(&sent, None) {
            Err(error) if error.trouble == Trouble::NoFolder => {
                source.create(&sent).and_then(|()| source.select(&sent, None)).map_err(|error| source_error(&error))?;
            }
            other => drop(other.map_err(|error| source_error(&error))?),
        }
        let files_its_own = self.store.remembered(FILES_ITS_OWN)?.is_some();
        for entry in unfiled {
            self.file_copy(source, &sent, &entry, files_its_own).map_err(|error| source_error(&error))??;
        }
        Ok(())
    }

    fn file_copy(
        &mut self,
        source: &mut dyn MailSource,
        sent: &str,
        entry: &OutboxEntry,
        files_its_own: bool,
    ) -> Result<DeskResult<()>, SourceError> {
        let Some(id) = &entry.message_id else { return Ok(Ok(())) };
        if !source.find(id)?.is_empty() {
            return Ok(self.found_in_sent(entry));
        }
        // Such a server may be slow about it, but not for ever.
        if files_its_own && Timestamp::now().as_second() - entry.since.as_second() < FILES_WITHIN_SECS {
            return Ok(Ok(()));
        }
        let bytes = match self.store.outbox_bytes(entry.id).and_then(|bytes| self.store.begin_filing(entry.id).map(|()| bytes)) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => return Ok(Err(error.into())),
        };
        source.append(sent, &Flags { seen: true, ..Flags::default() }, &bytes)?;
        Ok(self.store.filed(entry.id).map_err(Into::into))
    }

    /// A copy is there. If we have not begun to put one there, the server files its own.
    fn found_in_sent(&mut self, entry: &OutboxEntry) -> DeskResult<()> {
        if !entry.filing {
            self.store.remember(FILES_ITS_OWN, "1")?;
        }
        Ok(self.store.filed(entry.id)?)
    }
}
