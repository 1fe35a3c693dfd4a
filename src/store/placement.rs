//! Asking the thread graph where a message belongs; the decision itself is `domain::thread`'s.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::tickets::TicketRowId;
use crate::domain::message::Message;
use crate::domain::thread::{self, Lead, PlacedBy, Placement};
use crate::domain::{MessageId, TicketKey};

/// Where an arriving message goes.
pub(super) fn decide(cache: &Connection, message: &Message) -> rusqlite::Result<Placement<TicketRowId>> {
    let leads = leads(cache, &thread::links(message))?;
    let pinned = pinned(cache, &message.message_id, &leads)?;
    Ok(thread::place(&leads, pinned.as_ref()))
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
            let sql = "SELECT t.id, t.opened, coalesce(t.home, t.id) FROM ticket_alias a JOIN ticket t ON t.id = a.ticket WHERE a.key = ?1";
            cache.prepare_cached(sql)?.query_row([key.as_str()], row).optional()?
        }
        _ => None,
    };
    let is_named = by_key.is_some();
    let found = match by_key {
        Some(found) => Some(found),
        None => {
            let sql = "SELECT t.id, t.opened, coalesce(t.home, t.id) FROM node n JOIN ticket t ON t.id = n.ticket WHERE n.id = ?1";
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
    let sql = "SELECT l.ticket, l.reason, t.key, coalesce(t.home, t.id) FROM log_id l JOIN ticket t ON t.id = l.ticket WHERE l.id = ?1";
    let found: Option<(i64, String, String, i64)> =
        cache.prepare_cached(sql)?.query_row(params![id.hash63()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
    let Some((ticket, reason, key, shown_in)) = found else { return Ok(None) };
    let ticket = TicketRowId(ticket);
    let said = PlacedBy::parse(&reason);
    let by_itself = leads.iter().find(|lead| lead.ticket == ticket && lead.by != PlacedBy::Expected).map(|lead| lead.by.clone());
    let opened_it = TicketKey::of(id).as_str() == key;
    let is_second = leads.first().is_some_and(|lead| lead.by == PlacedBy::Expected && !lead.is_ghost);
    let by = match said {
        Some(PlacedBy::Agent) => PlacedBy::Agent,
        _ if is_second => PlacedBy::SameId,
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

/// Where the mail named by a stored reason lies, and whether an event speaks of that ticket.
pub(super) fn named(cache: &Connection, reason: &str) -> rusqlite::Result<Option<(TicketRowId, bool)>> {
    let reason = PlacedBy::parse(reason);
    let Some(id) = reason.as_ref().and_then(PlacedBy::names) else { return Ok(None) };
    let sql = "SELECT t.id, t.opened FROM node n JOIN ticket t ON t.id = n.ticket WHERE n.id = ?1";
    cache.prepare_cached(sql)?.query_row([id.hash63()], |row| Ok((TicketRowId(row.get(0)?), row.get(1)?))).optional()
}
