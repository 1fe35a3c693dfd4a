//! What this device was about to send to a person who is forgotten.

use rusqlite::{Connection, TransactionBehavior, params};

use super::{Told, is_meant, scrub};
use crate::domain::Address;
use crate::domain::draft::Draft;
use crate::domain::fold::{FORGOTTEN, Forgetting};

/// Takes a person out of drafts and out of the outbox, once for each event that says so. Nothing goes there any
/// more: what waited to be sent is a draft again, and no draft to who is forgotten passes its check.
pub(in crate::store) fn redact_begun(data: &mut Connection, told: &Told, forgetting: Option<&Forgetting>) -> rusqlite::Result<()> {
    let transaction = data.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let until = match told.event {
        Some(id) => {
            let sql = "UPDATE event SET told = 1 WHERE actor = ?1 AND seq = ?2 AND told = 0";
            if transaction.execute(sql, params![id.actor.to_string(), id.seq as i64])? == 0 {
                return transaction.commit();
            }
            i64::MAX
        }
        // It may have been known before; what was begun later is to somebody new.
        None => forgetting.map_or(i64::MAX, |forgetting| forgetting.at.as_second()),
    };
    let address = told.address.as_str();
    for (id, body, saved) in rows(&transaction, DRAFTS, until)? {
        let Some(draft) = without(&body, address) else { continue };
        let body = serde_json::to_string(&draft).unwrap_or_default();
        transaction.execute("UPDATE draft SET body = ?2, saved = ?3 WHERE id = ?1", params![id, body, saved])?;
    }
    for (id, body, since) in rows(&transaction, WAITING, until)? {
        let Some(draft) = without(&body, address) else { continue };
        let ticket = draft.ticket.as_ref().map(|ticket| ticket.as_str().to_owned());
        let body = serde_json::to_string(&draft).unwrap_or_default();
        transaction.execute("INSERT INTO draft (ticket, body, saved) VALUES (?1, ?2, ?3)", params![ticket, body, since])?;
        let sql = "INSERT INTO draft_file (draft, position, bytes) SELECT ?1, position, bytes FROM outbox_file WHERE outbox = ?2";
        transaction.execute(sql, params![transaction.last_insert_rowid(), id])?;
        transaction.execute("DELETE FROM outbox_file WHERE outbox = ?1", [id])?;
        transaction.execute("DELETE FROM outbox WHERE id = ?1", [id])?;
    }
    let left = "SELECT id, draft, since FROM outbox WHERE since <= ?1 AND state IN ('sent', 'uncertain')";
    for (id, body, _) in rows(&transaction, left, until)? {
        let Some(draft) = without(&body, address) else { continue };
        let recipients: Vec<&str> = draft.recipients().map(|(_, person)| person.address.as_str()).collect();
        // The bytes of what was sent are needed until a copy lies in Sent.
        let sql =
            "UPDATE outbox SET draft = ?2, recipients = ?3, subject = ?4, bytes = iif(state = 'sent' AND filed <> 1, bytes, NULL) WHERE id = ?1";
        let json = |value: &[&str]| serde_json::to_string(value).unwrap_or_default();
        transaction.execute(sql, params![id, serde_json::to_string(&draft).unwrap_or_default(), json(&recipients), draft.subject])?;
    }
    transaction.commit()
}

/// How many drafts, and how many mails of the outbox that have not left, are to a person.
pub(super) fn count(data: &Connection, address: &str) -> rusqlite::Result<(u64, u64)> {
    let of = |sql| -> rusqlite::Result<u64> {
        let found = rows(data, sql, i64::MAX)?;
        Ok(found.iter().filter(|(_, body, _)| without(body, address).is_some()).count() as u64)
    };
    Ok((of(DRAFTS)?, of(WAITING)?))
}

const DRAFTS: &str = "SELECT id, body, saved FROM draft WHERE saved <= ?1";
const WAITING: &str = "SELECT id, draft, since FROM outbox WHERE since <= ?1 AND state NOT IN ('sending', 'sent', 'uncertain')";

fn rows(data: &Connection, sql: &str, until: i64) -> rusqlite::Result<Vec<(i64, String, i64)>> {
    data.prepare(sql)?.query_map([until], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// The draft without the person, if it was to that person.
fn without(body: &str, address: &str) -> Option<Draft> {
    let mut draft: Draft = serde_json::from_str(body).ok()?;
    let mut gone = Vec::new();
    for person in [&mut draft.to, &mut draft.cc, &mut draft.bcc].into_iter().flatten().filter(|person| is_meant(&person.address, address)) {
        gone.push(std::mem::replace(person, Address::new("", FORGOTTEN)));
    }
    if gone.is_empty() {
        return None;
    }
    draft.subject = scrub::text(&draft.subject, &gone);
    draft.body = scrub::text(&draft.body, &gone);
    Some(draft)
}
