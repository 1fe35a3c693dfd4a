//! Asking the thread graph where a message belongs; the decision itself is `domain::thread`'s.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::tickets::{self, TicketRowId};
use crate::domain::message::Message;
use crate::domain::thread::{self, Lead, PlacedBy, Placement};
use crate::domain::{MessageId, TicketKey};

/// Where an arriving message goes.
pub(super) fn decide(cache: &Connection, message: &Message) -> rusqlite::Result<Placement<TicketRowId>> {
    let leads = leads(cache, &thread::links(message))?;
    let pinned = pinned(cache, &message.message_id, &leads)?;
    Ok(thread::place(&leads, pinned))
}

/// Where a delivery report belongs, once its body says what it speaks of; `begun` is the ticket it opened.
pub(super) fn of_report(cache: &Connection, message: &Message, begun: TicketRowId) -> rusqlite::Result<Option<(TicketRowId, PlacedBy)>> {
    let mut found = leads(cache, &thread::links(message))?;
    found.retain(|lead| lead.ticket != begun && matches!(lead.by, PlacedBy::Report(_)));
    Ok(found.into_iter().next().map(|lead| (lead.ticket, lead.by)))
}

/// What the links lead to, in their order.
fn leads(cache: &Connection, links: &[(MessageId, PlacedBy)]) -> rusqlite::Result<Vec<Lead<TicketRowId>>> {
    let mut found = Vec::new();
    for (id, by) in links {
        if let Some((lead, hash)) = lead(cache, id, by)? {
            found.push((lead, hash));
        }
    }
    let tickets: BTreeSet<TicketRowId> = found.iter().map(|(lead, _)| lead.shown_in).collect();
    let names_itself = found.iter().any(|(lead, _)| lead.by == PlacedBy::Expected);
    // Whether a mail is here matters only where there is a choice, which is seldom.
    if tickets.len() > 1 || names_itself {
        for (lead, hash) in &mut found {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM message WHERE mid_hash = ?1)";
            lead.is_ghost = !matches!(lead.by, PlacedBy::TicketReference(_)) && cache.prepare_cached(sql)?.query_row([*hash], |row| row.get(0))?;
        }
    }
    Ok(found.into_iter().map(|(lead, _)| lead).collect())
}

fn lead(cache: &Connection, id: &MessageId, by: &PlacedBy) -> rusqlite::Result<Option<(Lead<TicketRowId>, i64)>> {
    let hash = id.hash63();
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(TicketRowId, bool, TicketRowId)> {
        Ok((TicketRowId(row.get(0)?), row.get(1)?, TicketRowId(row.get(2)?)))
    };
    let by_key = match by {
        PlacedBy::TicketReference(key) => {
            let sql =
                "SELECT t.id, t.opened, iif(t.shown_in = 0, t.id, t.shown_in) FROM ticket_alias a JOIN ticket t ON t.id = a.ticket WHERE a.key = ?1";
            cache.prepare_cached(sql)?.query_row([key.as_str()], row).optional()?
        }
        _ => None,
    };
    let is_named = by_key.is_some();
    let found = match by_key {
        Some(found) => Some(found),
        None => {
            let sql = "SELECT t.id, t.opened, iif(t.shown_in = 0, t.id, t.shown_in) FROM node n JOIN ticket t ON t.id = n.ticket WHERE n.id = ?1";
            cache.prepare_cached(sql)?.query_row([hash], row).optional()?
        }
    };
    // An id that looks like a ticket's but names none of ours is an id like any other.
    let by = if matches!(by, PlacedBy::TicketReference(_)) && !is_named { PlacedBy::Reference(id.clone()) } else { by.clone() };
    Ok(found.map(|(ticket, is_opened, shown_in)| (Lead { by, ticket, shown_in, is_opened, is_ghost: false }, hash)))
}

/// The ticket the log gives the message to, and the reason to be told: the agent's
/// hand, else what the mail itself says, else what the log says.
fn pinned(cache: &Connection, id: &MessageId, leads: &[Lead<TicketRowId>]) -> rusqlite::Result<Option<Lead<TicketRowId>>> {
    let sql =
        "SELECT l.ticket, l.reason, t.key, iif(t.shown_in = 0, t.id, t.shown_in) FROM log_id l JOIN ticket t ON t.id = l.ticket WHERE l.id = ?1";
    let found: Option<(i64, String, String, i64)> =
        cache.prepare_cached(sql)?.query_row(params![id.hash63()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
    let Some((ticket, reason, key, shown_in)) = found else { return Ok(None) };
    let ticket = TicketRowId(ticket);
    let said = PlacedBy::parse(&reason);
    let by_itself = leads.iter().find(|lead| lead.ticket == ticket && lead.by != PlacedBy::Expected).map(|lead| lead.by.clone());
    let opened_it = TicketKey::of(id).as_str() == key;
    let by = match said {
        Some(PlacedBy::Agent) => PlacedBy::Agent,
        said => by_itself.or(said).unwrap_or(if opened_it { PlacedBy::First } else { PlacedBy::Expected }),
    };
    Ok(Some(Lead { by, ticket, shown_in: TicketRowId(shown_in), is_opened: true, is_ghost: true }))
}

/// Remembers why the log put these ids where they are. An agent's hand counts for all of
/// them; a number in one mail explains only what named no other mail.
pub(super) fn explain(cache: &Connection, ids: &[MessageId], reason: &PlacedBy) -> rusqlite::Result<()> {
    let label = reason.label();
    for id in ids {
        cache.prepare_cached("UPDATE log_id SET reason = ?2 WHERE id = ?1")?.execute(params![id.hash63(), label])?;
        let sql = "UPDATE message SET placed_by = ?2 WHERE mid_hash = ?1 AND (?2 = 'agent' OR placed_by IN ('first', 'agent'))";
        cache.prepare_cached(sql)?.execute(params![id.hash63(), label])?;
    }
    Ok(())
}

/// Follows a merge, or its end: the mail of the ticket, and of those merged into it,
/// shows where the chain of merges ends.
pub(super) fn follow_merge(
    cache: &Connection,
    row: TicketRowId,
    target: Option<&TicketKey>,
    context: &super::ticket_rows::Context,
) -> rusqlite::Result<()> {
    let into = target.map_or(Ok(None), |key| tickets::row_by_key(cache, key))?.filter(|into| *into != row);
    let (was_into, was_shown): (i64, i64) =
        cache.prepare_cached("SELECT into_row, shown_in FROM ticket WHERE id = ?1")?.query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if into.map_or(0, |into| into.0) == was_into {
        return Ok(());
    }
    cache.prepare_cached("UPDATE ticket SET into_row = ?2 WHERE id = ?1")?.execute(params![row.0, into.map_or(0, |into| into.0)])?;
    let mut affected = vec![row];
    for shown in [row.0, was_shown].into_iter().filter(|shown| *shown != 0) {
        let mut statement = cache.prepare_cached("SELECT id FROM ticket WHERE shown_in = ?1 AND shown_in <> 0")?;
        let rows = statement.query_map([shown], |row| row.get(0).map(TicketRowId))?.collect::<rusqlite::Result<Vec<_>>>()?;
        affected.extend(rows);
    }
    let mut stale = BTreeSet::new();
    for ticket in affected {
        let before = tickets::shown_in(cache, ticket)?;
        let after = end_of_chain(cache, ticket)?;
        stale.extend([before, after, ticket]);
        cache.prepare_cached("UPDATE message SET ticket = ?3 WHERE ticket = ?2 AND home = ?1")?.execute(params![ticket.0, before.0, after.0])?;
        let shown = if after == ticket { 0 } else { after.0 };
        cache.prepare_cached("UPDATE ticket SET shown_in = ?2 WHERE id = ?1")?.execute(params![ticket.0, shown])?;
    }
    stale.into_iter().try_for_each(|ticket| super::ticket_rows::refresh(cache, ticket, context))
}

/// A merge is refused when it would close a circle; the bound keeps a damaged file from hanging a client.
fn end_of_chain(cache: &Connection, row: TicketRowId) -> rusqlite::Result<TicketRowId> {
    let mut end = row;
    for _ in 0..1_000 {
        let next: Option<i64> = cache.prepare_cached("SELECT into_row FROM ticket WHERE id = ?1")?.query_row([end.0], |row| row.get(0)).optional()?;
        match next {
            Some(next) if next != 0 && next != row.0 => end = TicketRowId(next),
            _ => break,
        }
    }
    Ok(end)
}
