//! What can be taken back, and what can be done again.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, params};

use super::fillers::is_filler;
use super::{Store, StoreError};
use crate::domain::EventId;
use crate::domain::event::{Change, Event};
use crate::domain::fold::Unapplied;

/// An event that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    pub event: Event,
    pub inverse: Change,
    /// Why it changed nothing, so that there is nothing to take back; `None` if it did.
    pub unapplied: Option<Unapplied>,
}

/// What was done at once and still stands, the newest event first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gesture {
    /// Its name on this device: the `seq` of its first event.
    pub first: u64,
    pub events: Vec<Undoable>,
}

/// How far back this device's gestures have been looked through, from the newest on.
#[derive(Clone, Debug)]
pub struct LookBack {
    below: i64,
    seen: BTreeSet<i64>,
}

impl Default for LookBack {
    fn default() -> Self {
        Self { below: i64::MAX, seen: BTreeSet::new() }
    }
}

/// Looking for something to take back ends after so many of this device's changes.
const LOOK_BACK: i64 = 20_000;
/// Under this name the cache remembers which gestures a person was told of that they cannot be taken back.
const PASSED: &str = "undo_passed";
/// So many of them, the newest.
const PASSED_AT_MOST: usize = 500;

impl Store {
    /// An event by its name, if it can be taken back.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn undoable(&self, id: EventId) -> Result<Option<Undoable>, StoreError> {
        let found = self.standing("actor = ?1 AND seq = ?2", &id.actor.to_string(), id.seq as i64)?;
        Ok(found.into_iter().map(|(undoable, _)| undoable).next())
    }

    /// What `undo` takes back: the next older of this device's gestures that still stands.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next_undoable(&self, back: &mut LookBack) -> Result<Option<Gesture>, StoreError> {
        let look = |kind: Kind, is_undone: bool| if kind == Kind::Plain && !is_undone { Look::Found } else { Look::Further };
        self.next_gesture(back, Kind::Plain, look)
    }

    /// What `redo` does again: the next older undo that stands, unless something new was done since.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next_redoable(&self, back: &mut LookBack) -> Result<Option<Gesture>, StoreError> {
        let look = |kind: Kind, is_undone: bool| match kind {
            Kind::Plain => Look::End,
            Kind::Undo if !is_undone => Look::Found,
            _ => Look::Further,
        };
        self.next_gesture(back, Kind::Undo, look)
    }

    /// The gestures of this device a person was told of that they cannot be taken back.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn passed_over(&self) -> Result<BTreeSet<u64>, StoreError> {
        let text = self.remembered(PASSED)?.unwrap_or_default();
        Ok(text.split(' ').filter_map(|first| first.parse().ok()).collect())
    }

    /// Notes which they are now.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn pass_over(&mut self, gestures: &BTreeSet<u64>) -> Result<(), StoreError> {
        let newest: Vec<String> = gestures.iter().rev().take(PASSED_AT_MOST).map(u64::to_string).collect();
        self.remember(PASSED, &newest.join(" "))
    }

    /// The change that an undo, or the undo of an undo, comes down to: the event that acted first.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn root_of(&self, id: EventId) -> Result<EventId, StoreError> {
        Ok(self.root_and_depth(id)?.0)
    }

    /// The same, and how many events lie between: an even number for what undoes it, an odd one for what does it again.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn root_and_depth(&self, id: EventId) -> Result<(EventId, u32), StoreError> {
        let mut at = id;
        let mut depth = 0;
        // A chain is as long as somebody pressed two keys in turn.
        for _ in 0..10_000 {
            match self.as_written(at)?.map(|event| event.change) {
                Some(Change::Undo { event, .. }) => (at, depth) = (event, depth + 1),
                _ => break,
            }
        }
        Ok((at, depth))
    }

    /// An event as it was written, also while it waits for a word of its author and a mark fills its place.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn as_written(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let event = self.event(id)?;
        if event.as_ref().is_some_and(|event| is_filler(&event.change)) {
            return Ok(self.undecided(id)?.or(event));
        }
        Ok(event)
    }

    /// An event by its id.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let sql = "SELECT body FROM event WHERE actor = ?1 AND seq = ?2";
        let read = || -> rusqlite::Result<Option<String>> {
            self.data.prepare_cached(sql)?.query_row(params![id.actor.to_string(), id.seq as i64], |row| row.get(0)).optional()
        };
        Ok(read().map_err(|error| self.data_error(error))?.and_then(|body| serde_json::from_str(&body).ok()))
    }

    fn next_gesture(&self, back: &mut LookBack, kind: Kind, look: impl Fn(Kind, bool) -> Look) -> Result<Option<Gesture>, StoreError> {
        let Some(first) = self.gesture_where(back, look)? else { return Ok(None) };
        let found = self.standing("actor = (SELECT id FROM actor) AND gesture = ?2 AND ?1 = ?1", "", first)?;
        let events = found.into_iter().filter(|(_, of_kind)| *of_kind == kind).map(|(undoable, _)| undoable).collect();
        Ok(Some(Gesture { first: first.unsigned_abs(), events }))
    }

    /// This device's gestures, newest first, until the question is answered.
    fn gesture_where(&self, back: &mut LookBack, look: impl Fn(Kind, bool) -> Look) -> Result<Option<i64>, StoreError> {
        let mut read = || -> rusqlite::Result<Option<i64>> {
            let sql = "SELECT gesture, body, undone IS NOT NULL, n FROM event
                       WHERE actor = (SELECT id FROM actor) AND inverse IS NOT NULL AND n < ?2 ORDER BY n DESC LIMIT ?1";
            let mut statement = self.data.prepare_cached(sql)?;
            let mut rows = statement.query([LOOK_BACK, back.below])?;
            while let Some(row) = rows.next()? {
                let (gesture, body): (i64, String) = (row.get(0)?, row.get(1)?);
                back.below = row.get(3)?;
                let Ok(event) = serde_json::from_str::<Event>(&body) else { continue };
                match look(self.kind(&event)?, row.get(2)?) {
                    // One may have been added to after the next was begun.
                    Look::Found if back.seen.insert(gesture) => return Ok(Some(gesture)),
                    Look::Found | Look::Further => {}
                    Look::End => return Ok(None),
                }
            }
            Ok(None)
        };
        read().map_err(|error| self.data_error(error))
    }

    fn kind(&self, event: &Event) -> rusqlite::Result<Kind> {
        let Change::Undo { event: target, .. } = &event.change else { return Ok(Kind::Plain) };
        let sql = "SELECT json_extract(body, '$.change.op') = 'undo' FROM event WHERE actor = ?1 AND seq = ?2";
        let of_undo: Option<bool> =
            self.data.prepare_cached(sql)?.query_row(params![target.actor.to_string(), target.seq as i64], |row| row.get(0)).optional()?;
        Ok(if of_undo == Some(true) { Kind::Redo } else { Kind::Undo })
    }

    fn standing(&self, condition: &str, actor: &str, number: i64) -> Result<Vec<(Undoable, Kind)>, StoreError> {
        let sql = format!("SELECT n, body, inverse FROM event WHERE inverse IS NOT NULL AND undone IS NULL AND {condition} ORDER BY n DESC");
        let read = || -> rusqlite::Result<Vec<(i64, Event, Change, Kind)>> {
            let mut statement = self.data.prepare_cached(&sql)?;
            let mut rows = statement.query(params![actor, number])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (body, inverse): (String, String) = (row.get(1)?, row.get(2)?);
                if let (Ok(event), Ok(inverse)) = (serde_json::from_str::<Event>(&body), serde_json::from_str(&inverse)) {
                    let kind = self.kind(&event)?;
                    found.push((row.get(0)?, event, inverse, kind));
                }
            }
            Ok(found)
        };
        let found = read().map_err(|error| self.data_error(error))?;
        found.into_iter().map(|(n, event, inverse, kind)| Ok((Undoable { event, inverse, unapplied: self.fate(n)? }, kind))).collect()
    }
}

/// A change, the undo of one, or the undo of an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Undo,
    Redo,
}

enum Look {
    Found,
    Further,
    End,
}
