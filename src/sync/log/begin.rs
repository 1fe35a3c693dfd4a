//! The beginning of a log: found in the folder, or made by the first client of a team.

use super::message::{self, Words};
use super::{LogError, LogSync};
use crate::domain::envelope::{self, Genesis, LogName};
use crate::domain::event::{Base, Change, Event, Position};
use crate::domain::id::hex;
use crate::domain::seal::TeamKey;
use crate::domain::{EventId, Timestamp};
use crate::store::log::LogHead;
use crate::sync::pass::pages;
use crate::sync::source::Selected;

/// The beginning stands among the first messages; so many are looked through at a time.
const AT_ONCE: u32 = 500;

impl LogSync<'_> {
    /// Joins the log of the selected folder, or begins one in it.
    ///
    /// # Errors
    /// The session or a file failed, or the folder holds events and no beginning.
    pub(super) fn begin(&mut self, selected: &Selected) -> Result<LogHead, LogError> {
        let genesis = match self.find_genesis()? {
            Sight::Genesis(genesis) => genesis,
            Sight::EventsAlone => return Err(LogError::Other { folder: self.folder.to_owned() }),
            Sight::Nothing => {
                self.append_genesis(selected.uid_validity)?;
                // Somebody else may have begun at the same moment: what stands first is the beginning.
                let again = self.source.select(self.folder, None)?;
                match self.find_genesis()? {
                    Sight::Genesis(genesis) => genesis,
                    _ => return Err(LogError::NotShown { folder: self.folder.to_owned(), count: again.exists as usize }),
                }
            }
        };
        self.store.join_log(&genesis)?;
        Ok(LogHead { log: genesis.log, key: genesis.key, validity: 0, rekeyed: 0 })
    }

    /// The beginning with the lowest UID; after a renumbering that may be one that came second
    /// at the time, so one that events name goes before it.
    fn find_genesis(&mut self) -> Result<Sight, LogError> {
        let there = self.source.uids()?;
        let mut has_events = false;
        for page in pages(&there, AT_ONCE).into_iter().rev() {
            let texts: Vec<String> = self.messages(&page)?.into_iter().filter_map(|message| message.text.ok()).collect();
            let candidates: Vec<Genesis> = texts.iter().filter_map(|text| envelope::open_genesis(text)).collect();
            let has_event = |genesis: &&Genesis| {
                let opens = |text: &str| envelope::open_genesis(text).is_none() && envelope::open(text, &genesis.log, &genesis.key).is_ok();
                texts.iter().any(|text| opens(text))
            };
            if let Some(genesis) = candidates.iter().find(has_event).or(candidates.first()) {
                return Ok(Sight::Genesis(genesis.clone()));
            }
            has_events |= texts.iter().any(|text| envelope::names_a_log(text));
        }
        Ok(if has_events { Sight::EventsAlone } else { Sight::Nothing })
    }

    fn append_genesis(&mut self, validity: u32) -> Result<(), LogError> {
        let team = if self.mailbox.is_empty() { self.folder } else { self.mailbox };
        let log = LogName { team: team.to_owned(), epoch: hex(&random::<16>()) };
        self.append_beginning(&log, &TeamKey::new(random()), validity)
    }

    /// The first message of a log, which says under which UIDVALIDITY it began.
    pub(super) fn append_beginning(&mut self, log: &LogName, key: &TeamKey, validity: u32) -> Result<(), LogError> {
        let event = Event {
            id: EventId { actor: self.store.actor()?, seq: 0 },
            agent: self.agent.to_owned(),
            at: Timestamp::now(),
            lamport: 0,
            base: Base { position: Position { epoch: validity.into(), ..Position::default() }, lamport: 0 },
            was: None,
            change: Change::Genesis { team: log.team.clone(), epoch: log.epoch.clone(), key: key.to_hex() },
        };
        let words = Words {
            subject: format!("The team log of {} begins", log.team),
            text: "From here on postdesk keeps in this folder what the team does to its tickets: one mail for each change.\n\
                   Every client of the team reads it. Please delete nothing here, and let no filter deliver into it.\n"
                .to_owned(),
        };
        let bytes = message::write(&event, &words, self.mailbox, log, key).map_err(|error| self.unwritable(error))?;
        self.put(&[bytes])
    }
}

enum Sight {
    Genesis(Genesis),
    /// Events of a log whose beginning is gone.
    EventsAlone,
    Nothing,
}

/// Octets nobody can guess; waited for, because a key that can be guessed is worth nothing.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    while getrandom::fill(&mut bytes).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    bytes
}
