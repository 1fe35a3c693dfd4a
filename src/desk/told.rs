//! Events in words, with what the store knows of the tickets they speak of and of what was undone.

use jiff::tz::TimeZone;

use super::undo::other_ticket;
use super::words::{self, Named};
use crate::domain::TicketKey;
use crate::domain::event::Change;
use crate::store::{Store, StoreError};

/// A change in a few words; to who looks at the ticket `here`, one about another ticket says which. An undo is told
/// by what it took back, in the words of who had done that.
pub(super) fn in_words(store: &Store, change: &Change, here: Option<&TicketKey>, zone: &TimeZone) -> Result<String, StoreError> {
    let it = elsewhere(store, change, here)?;
    let other = other_ticket(change).map(|key| label_of(store, &key)).transpose()?;
    let named = Named { it: it.as_deref(), other: other.as_deref() };
    let Change::Undo { event, change: inner } = change else { return Ok(words::change(change, named, zone)) };
    let (root, depth) = store.root_and_depth(*event)?;
    let is_again = depth % 2 == 1;
    // What is said of a note and of a merge needs no root.
    let root = if matches!(**inner, Change::Note { .. } | Change::Unmerge { .. }) { None } else { store.as_written(root)? };
    // Of what its author has given up no more is left than a mark in its place.
    match root.filter(|root| !matches!(root.change, Change::Skip { .. } | Change::Undo { .. })) {
        Some(root) => Ok(format!("{}: {}", words::taking_back(is_again), in_words(store, &root.change, here, zone)?)),
        None => Ok(words::taken_back(inner, is_again, named, zone)),
    }
}

/// What a person calls the ticket: `#1042`, or the first digits of its key.
pub(super) fn label_of(store: &Store, key: &TicketKey) -> Result<String, StoreError> {
    Ok(store.plain_ticket_row(key)?.map_or_else(|| key.short().to_owned(), |row| row.label()))
}

/// The ticket a change is about, where that is not the one it is looked at from: such as one that was merged into it.
fn elsewhere(store: &Store, change: &Change, here: Option<&TicketKey>) -> Result<Option<String>, StoreError> {
    let Some((key, here)) = change.tickets().into_iter().next().zip(here).filter(|(key, here)| key != *here) else { return Ok(None) };
    // One ticket may have been known by several keys.
    let (label, here) = (label_of(store, &key)?, label_of(store, here)?);
    Ok((label != here).then_some(label))
}
