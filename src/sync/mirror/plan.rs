//! What is owed, as marks and moves by folder.

use std::collections::BTreeMap;

use super::{ALL_KEYWORDS, Moves, keyword_of};
use crate::domain::event::Change;
use crate::domain::ticket::{Field, Priority, Status};
use crate::domain::{EventId, MessageId, TicketKey, Timestamp};
use crate::store::folders::FolderRole;
use crate::store::mail_in::{ANSWERED, FLAGGED, SEEN};
use crate::store::mirror::{Due, Place};
use crate::store::{Store, StoreError};
use crate::sync::source::UidSet;

/// An answer whose copy is not here yet is waited for so long.
const ANSWER_AWAITED_SECS: i64 = 24 * 3_600;

/// What one event, or one message that was read, comes down to.
#[derive(Debug, Default)]
pub(super) struct Task {
    /// The row of what is owed.
    pub row: Option<i64>,
    pub tries: u32,
    /// The message that was read here.
    pub seen: Option<MessageId>,
    /// It cannot be said yet what is to be done.
    pub waits: bool,
    has_begun: bool,
    pub places: Vec<Place>,
    set: u8,
    clear: u8,
    target: Option<FolderRole>,
}

/// What to set and to clear, and for which rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Mark {
    pub set: u8,
    pub clear: u8,
    pub rows: Vec<i64>,
}

/// A message that goes to another folder.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub uid: u32,
    pub row: i64,
    /// A copy may have been made by an earlier run …
    pub has_begun: bool,
    /// … and the message lies in the target.
    pub is_there: bool,
}

/// Everything to be done in one folder.
#[derive(Debug, Default)]
pub(super) struct FolderPlan {
    pub id: i64,
    pub name: String,
    pub uid_validity: u32,
    pub marks: Vec<(Mark, UidSet)>,
    pub moves: Vec<(FolderRole, Vec<Move>)>,
}

/// What is owed now.
pub(super) fn tasks(store: &Store, moves: &Moves, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::new();
    for (id, places) in store.unsent_seen()? {
        tasks.push(Task { seen: Some(id), places, set: SEEN, ..Task::default() });
    }
    for due in store.mirror_due(now)? {
        let task = task(store, &due, &due.event.change, moves, now)?;
        tasks.push(Task { row: Some(due.n), tries: due.tries, has_begun: due.has_begun, ..task });
    }
    Ok(tasks)
}

fn task(store: &Store, due: &Due, change: &Change, moves: &Moves, now: Timestamp) -> Result<Task, StoreError> {
    match change {
        Change::Undo { change, .. } => task(store, due, change, moves, now),
        Change::Status { ticket, .. } | Change::Reopen { ticket, .. } => status(store, due.event.id, ticket, moves),
        Change::Priority { ticket, value } => priority(store, due, ticket, *value),
        Change::Sent { mid, .. } => answered(store, due, mid, now),
        _ => Ok(Task::default()),
    }
}

/// Whoever wrote a field last has it mirrored; of an event that was not applied nothing is.
fn is_last<T>(field: &Field<T>, event: EventId) -> bool {
    field.writer.is_some_and(|writer| writer.event == event)
}

fn status(store: &Store, event: EventId, ticket: &TicketKey, moves: &Moves) -> Result<Task, StoreError> {
    let Some(state) = store.acted_on(ticket)?.filter(|state| is_last(&state.status, event)) else { return Ok(Task::default()) };
    let set = keyword_of(state.status.value);
    let target = match state.status.value {
        Status::Solved => Some(FolderRole::Archive),
        Status::Spam => Some(FolderRole::Junk),
        Status::Open | Status::Pending | Status::Hold => None,
    };
    let target = target.filter(|role| moves.target(*role).is_some());
    Ok(Task { places: store.places_of(ticket)?, set, clear: ALL_KEYWORDS & !set, target, ..Task::default() })
}

/// A star that was there before the ticket became urgent is somebody's own: only one that
/// `urgent` brought is taken away.
fn priority(store: &Store, due: &Due, ticket: &TicketKey, value: Priority) -> Result<Task, StoreError> {
    if !store.acted_on(ticket)?.is_some_and(|state| is_last(&state.priority, due.event.id)) {
        return Ok(Task::default());
    }
    let (set, clear) = match value {
        Priority::Urgent => (FLAGGED, 0),
        _ if due.inverse.as_ref().is_some_and(makes_urgent) => (0, FLAGGED),
        _ => return Ok(Task::default()),
    };
    Ok(Task { places: store.places_of(ticket)?, set, clear, ..Task::default() })
}

fn makes_urgent(change: &Change) -> bool {
    match change {
        Change::Undo { change, .. } => makes_urgent(change),
        Change::Priority { value, .. } => *value == Priority::Urgent,
        _ => false,
    }
}

fn answered(store: &Store, due: &Due, mid: &MessageId, now: Timestamp) -> Result<Task, StoreError> {
    match store.places_answered_by(mid)? {
        Some(places) => Ok(Task { places, set: ANSWERED, ..Task::default() }),
        None => Ok(Task { waits: now.as_second() - due.event.at.as_second() < ANSWER_AWAITED_SECS, ..Task::default() }),
    }
}

/// From where mail goes to a folder of this role.
fn leaves(from: FolderRole, target: FolderRole) -> bool {
    from == FolderRole::Inbox || (from == FolderRole::Archive && target == FolderRole::Junk)
}

/// The same by folder; what a message bears already is left out.
pub(super) fn by_folder(tasks: &[Task]) -> Vec<FolderPlan> {
    let mut folders: BTreeMap<i64, Building> = BTreeMap::new();
    for task in tasks {
        for place in &task.places {
            let folder = folders.entry(place.folder).or_default();
            folder.plan.id = place.folder;
            folder.plan.name.clone_from(&place.name);
            folder.plan.uid_validity = place.uid_validity;
            folder.take(task, place);
        }
    }
    folders.into_values().map(Building::built).filter(|plan| !plan.marks.is_empty() || !plan.moves.is_empty()).collect()
}

#[derive(Default)]
struct Building {
    plan: FolderPlan,
    /// By UID, so that several events end in one change of each message.
    marks: BTreeMap<u32, Mark>,
    moves: BTreeMap<u32, (FolderRole, Move)>,
}

impl Building {
    fn take(&mut self, task: &Task, place: &Place) {
        let (set, clear) = (task.set & !place.flags, task.clear & place.flags);
        if set | clear != 0 {
            let mark = self.marks.entry(place.uid).or_default();
            (mark.set, mark.clear) = ((mark.set & !clear) | set, (mark.clear & !set) | clear);
            mark.rows.extend(task.row);
        }
        if let (Some(target), Some(row)) = (task.target.filter(|target| leaves(place.role, *target)), task.row) {
            let is_there = task.places.iter().any(|other| other.message == place.message && other.role == target);
            self.moves.insert(place.uid, (target, Move { uid: place.uid, row, has_begun: task.has_begun, is_there }));
        }
    }

    fn built(self) -> FolderPlan {
        let mut plan = self.plan;
        for (uid, mark) in self.marks {
            match plan.marks.iter_mut().find(|(known, _)| (known.set, known.clear) == (mark.set, mark.clear)) {
                Some((known, uids)) => {
                    known.rows.extend(mark.rows);
                    uids.insert(uid);
                }
                None => plan.marks.push((mark, UidSet::range(uid, uid))),
            }
        }
        for (target, one) in self.moves.into_values() {
            match plan.moves.iter_mut().find(|(role, _)| *role == target) {
                Some((_, moves)) => moves.push(one),
                None => plan.moves.push((target, vec![one])),
            }
        }
        plan
    }
}
