//! Merged tickets in the cache: where the mail of a merged ticket stands, and what becomes of it when the merge is taken back.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::ticket_rows;
use super::tickets::{TicketRowId, load_state, row_by_key};
use crate::domain::TicketKey;

/// The row in which the mail of a row is shown: its own, or the one it is merged into.
pub(super) fn home(cache: &Connection, row: TicketRowId) -> rusqlite::Result<TicketRowId> {
    let home: Option<i64> = cache.prepare_cached("SELECT home FROM ticket WHERE id = ?1")?.query_row([row.0], |row| row.get(0)).optional()?.flatten();
    Ok(home.map_or(row, TicketRowId))
}

/// Notes where a message that stands in a merged ticket's home belongs by its thread.
pub(super) fn note_origin(cache: &Connection, message: i64, thread: TicketRowId, home: TicketRowId) -> rusqlite::Result<()> {
    if thread == home {
        return Ok(());
    }
    cache.prepare_cached("UPDATE message SET origin = ?2 WHERE id = ?1")?.execute(params![message, thread.0]).map(drop)
}

/// Moves mail to where it stands now that a ticket was merged into another, or taken out of it.
pub(super) fn regroup(cache: &Connection, key: &TicketKey, context: &ticket_rows::Context) -> rusqlite::Result<()> {
    let Some(source) = row_by_key(cache, key)? else { return Ok(()) };
    let before = home(cache, source)?;
    // What was merged into the source goes where the source goes.
    let sql = "SELECT id FROM ticket WHERE id = ?1 OR home = ?1 OR home = ?2";
    let mut statement = cache.prepare_cached(sql)?;
    let members = statement.query_map([source.0, before.0], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut homes = std::collections::BTreeSet::from([source, before]);
    for member in members {
        let target = end_of_merges(cache, member)?;
        settle_in(cache, member, target)?;
        homes.insert(target);
    }
    homes.into_iter().try_for_each(|row| ticket_rows::refresh(cache, row, context))
}

fn end_of_merges(cache: &Connection, row: TicketRowId) -> rusqlite::Result<TicketRowId> {
    let mut at = row;
    // The fold refuses cycles; the bound keeps a damaged cache from hanging us.
    for _ in 0..10_000 {
        let next = load_state(cache, at)?.and_then(|state| state.merged_into.value);
        match next.map_or(Ok(None), |key| row_by_key(cache, &key))? {
            Some(next) if next != at => at = next,
            _ => return Ok(at),
        }
    }
    Ok(at)
}

fn settle_in(cache: &Connection, member: TicketRowId, home: TicketRowId) -> rusqlite::Result<()> {
    let is_merged = member != home;
    cache.prepare_cached("UPDATE ticket SET home = ?2 WHERE id = ?1")?.execute(params![member.0, is_merged.then_some(home.0)])?;
    let sql = "UPDATE message SET ticket = ?2, origin = ?3 WHERE origin = ?1 OR (ticket = ?1 AND origin IS NULL)";
    cache.prepare_cached(sql)?.execute(params![member.0, home.0, is_merged.then_some(member.0)]).map(drop)
}
