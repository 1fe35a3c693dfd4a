//! What this device has begun on tickets: it is nobody else's business, and the cache knows nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::OptionalExtension as _;

use super::{Store, StoreError};
use crate::domain::ticket::{Badge, TicketRow};

/// Tickets with a draft of a mail or a note (0), and with a mail that has not left (1).
const OWN_WORK: &str = "SELECT ticket, 0 FROM draft WHERE discarded IS NULL AND ticket IS NOT NULL
                        UNION SELECT ticket, 1 FROM outbox WHERE state <> 'sent' AND ticket IS NOT NULL";

impl Store {
    /// Marks the tickets for which a draft is kept, a mail waits in the outbox, or an event has
    /// not been read back from the team's log.
    ///
    /// # Errors
    /// Data or cache cannot be read.
    pub(super) fn mark_own_work(&self, rows: &mut [TicketRow]) -> Result<(), StoreError> {
        let work = self.own_work()?;
        let waits = self.has_waiting_events().map_err(|error| self.data_error(error))?;
        for row in rows {
            row.badges.extend(work.get(row.key.as_str()).into_iter().flatten());
            let is_pending = waits && self.waits(row.key.as_str()).map_err(|error| self.data_error(error))?;
            row.badges.extend(is_pending.then_some(Badge::Pending));
        }
        Ok(())
    }

    /// Without a log nothing waits for colleagues.
    fn has_waiting_events(&self) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM log) AND EXISTS (SELECT 1 FROM event WHERE state < 2)";
        self.data.prepare_cached(sql)?.query_row([], |row| row.get(0))
    }

    fn waits(&self, key: &str) -> rusqlite::Result<bool> {
        // That somebody writes, or is about to send, is no change to the ticket.
        let sql = "SELECT EXISTS (SELECT 1 FROM event_ticket t JOIN event e ON e.n = t.n WHERE t.ticket = ?1 AND e.state < 2
                       AND json_extract(e.body, '$.change.op') NOT IN ('presence', 'left', 'intent', 'skip'))";
        self.data.prepare_cached(sql)?.query_row([key], |row| row.get(0))
    }

    /// By the key of the ticket a mail or note is meant for now.
    fn own_work(&self) -> Result<BTreeMap<String, BTreeSet<Badge>>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(String, bool)>> {
            self.data.prepare_cached(OWN_WORK)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let mut work: BTreeMap<String, BTreeSet<Badge>> = BTreeMap::new();
        for (key, is_mail) in read().map_err(|error| self.data_error(error))? {
            let key = self.key_now(&key).map_err(|error| self.cache_error(error))?.unwrap_or(key);
            work.entry(key).or_default().insert(if is_mail { Badge::Outbox } else { Badge::Draft });
        }
        Ok(work)
    }

    /// The key of the ticket another one has become.
    fn key_now(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT t.key FROM ticket_alias a JOIN ticket t ON t.id = a.ticket WHERE a.key = ?1";
        self.cache.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StorePaths;

    #[test]
    fn mails_that_wait_are_found_without_reading_the_mails() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("desk", StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() }).unwrap();
        let mut statement = store.data.prepare(&format!("EXPLAIN QUERY PLAN {OWN_WORK}")).unwrap();
        let steps: Vec<String> = statement.query_map([], |row| row.get("detail")).unwrap().collect::<Result<_, _>>().unwrap();

        assert!(steps.iter().any(|step| step.contains("outbox USING COVERING INDEX outbox_state")), "{steps:?}");
    }
}
