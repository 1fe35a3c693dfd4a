//! What can be taken back, and what can be done again.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::domain::EventId;
use crate::domain::event::{Change, Event};

/// An event that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    pub event: Event,
    pub inverse: Change,
}

/// Looking for something to take back ends after so many of this device's changes.
const LOOK_BACK: i64 = 20_000;

impl Store {
    /// What `undo` takes back: the named event, or all of this device's newest gesture that
    /// still stands. The newest event comes first.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn undoable(&self, named: Option<EventId>) -> Result<Vec<Undoable>, StoreError> {
        match named {
            Some(id) => Ok(self.standing("actor = ?1 AND seq = ?2", &id.actor.to_string(), id.seq as i64)?.into_iter().map(|own| own.0).collect()),
            None => {
                let gesture = self.gesture_where(|kind, is_undone| match kind {
                    Kind::Plain if !is_undone => Look::Found,
                    _ => Look::Further,
                })?;
                self.of_gesture(gesture, Kind::Plain)
            }
        }
    }

    /// What `redo` does again: the newest undo that stands, unless something new was done since.
    ///
    /// # Errors
    /// `data.db` cannot be read.
    pub fn redoable(&self) -> Result<Vec<Undoable>, StoreError> {
        let gesture = self.gesture_where(|kind, is_undone| match kind {
            Kind::Plain => Look::End,
            Kind::Undo if !is_undone => Look::Found,
            _ => Look::Further,
        })?;
        self.of_gesture(gesture, Kind::Undo)
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
            match self.event(at)?.map(|event| event.change) {
                Some(Change::Undo { event, .. }) => (at, depth) = (event, depth + 1),
                _ => break,
            }
        }
        Ok((at, depth))
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

    fn of_gesture(&self, gesture: Option<i64>, kind: Kind) -> Result<Vec<Undoable>, StoreError> {
        let Some(gesture) = gesture else { return Ok(Vec::new()) };
        let found = self.standing("actor = (SELECT id FROM actor) AND gesture = ?2 AND ?1 = ?1", "", gesture)?;
        Ok(found.into_iter().filter(|(_, of_kind)| *of_kind == kind).map(|(undoable, _)| undoable).collect())
    }

    /// This device's gestures, newest first, until the question is answered.
    fn gesture_where(&self, look: impl Fn(Kind, bool) -> Look) -> Result<Option<i64>, StoreError> {
        let read = || -> rusqlite::Result<Option<i64>> {
            let sql = "SELECT gesture, body, undone IS NOT NULL FROM event
                       WHERE actor = (SELECT id FROM actor) AND inverse IS NOT NULL ORDER BY n DESC LIMIT ?1";
            let mut statement = self.data.prepare_cached(sql)?;
            let mut rows = statement.query([LOOK_BACK])?;
            while let Some(row) = rows.next()? {
                let body: String = row.get(1)?;
                let Ok(event) = serde_json::from_str::<Event>(&body) else { continue };
                match look(self.kind(&event)?, row.get(2)?) {
                    Look::Found => return row.get(0).map(Some),
                    Look::Further => {}
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
        let sql = format!("SELECT body, inverse FROM event WHERE inverse IS NOT NULL AND undone IS NULL AND {condition} ORDER BY n DESC");
        let read = || -> rusqlite::Result<Vec<(Undoable, Kind)>> {
            let mut statement = self.data.prepare_cached(&sql)?;
            let rows = statement.query_map(params![actor, number], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut found = Vec::new();
            for row in rows {
                let (body, inverse) = row?;
                if let (Ok(event), Ok(inverse)) = (serde_json::from_str::<Event>(&body), serde_json::from_str(&inverse)) {
                    let kind = self.kind(&event)?;
                    found.push((Undoable { event, inverse }, kind));
                }
            }
            Ok(found)
        };
        read().map_err(|error| self.data_error(error))
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
