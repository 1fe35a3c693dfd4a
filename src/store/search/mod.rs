//! Asking for tickets: pages of the queue in any order, keys, counts.

mod condition;
mod filter;
mod known;
mod order;
mod plan;

use rusqlite::{OptionalExtension as _, Row, params_from_iter};

use super::{Store, StoreError, ticket_rows, time};
use crate::domain::query::{Order, Query, Term};
use crate::domain::ticket::{Status, TicketRow};
use crate::domain::{TicketKey, Timestamp};
use condition::{Condition, whole_condition};
pub use order::Mark;
use order::{Ordering, Passing, behind, mark, ordering};
use plan::{Passed, Plan, Walk, pass_next};

/// A page of the queue and the key its last row is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<TicketRow>,
    /// The last row; `None` when there is nothing behind it.
    pub next: Option<Mark>,
}

/// So often the end of a reading is tried that an interruption has hit.
const ENDINGS: u32 = 100;

impl Store {
    /// Reads a page of tickets that match, in the order wanted, behind `after`.
    ///
    /// # Errors
    /// The cache cannot be read, or the reading was interrupted.
    pub fn page(&self, query: &Query, order: impl Into<Order>, limit: u32, after: Option<Mark>) -> Result<Page, StoreError> {
        let mut page = self.read_page(query, order.into(), limit, after).map_err(|error| self.cache_error(error))?;
        self.mark_own_work(&mut page.rows)?;
        Ok(page)
    }

    /// The keys of all tickets that match.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn keys(&self, query: &Query) -> Result<Vec<TicketKey>, StoreError> {
        self.read_keys(query).map_err(|error| self.cache_error(error))
    }

    /// Tags of tickets, the most used first, at most five hundred.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn tags(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT j.value FROM ticket t, json_each(t.tags) j WHERE t.hidden = 0 AND t.tags <> '[]'
                   GROUP BY j.value ORDER BY count(*) DESC, j.value LIMIT 500";
        let read = || -> rusqlite::Result<Vec<String>> { self.cache.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect() };
        read().map_err(|error| self.cache_error(error))
    }

    /// The line of one ticket, hidden or not; the key may be an alias.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn ticket_row(&self, key: &TicketKey) -> Result<Option<TicketRow>, StoreError> {
        let mut row = self.plain_ticket_row(key)?;
        self.mark_own_work(row.as_mut_slice())?;
        Ok(row)
    }

    /// The same without a look at what this device has begun on it: enough for who asks for many tickets' names.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn plain_ticket_row(&self, key: &TicketKey) -> Result<Option<TicketRow>, StoreError> {
        let sql = format!("SELECT {} FROM ticket_alias a JOIN ticket t ON t.id = a.ticket WHERE a.key = ?1", ticket_rows::COLUMNS);
        let read = || self.cache.prepare_cached(&sql)?.query_row([key.as_str()], |row| self.row(row)).optional();
        read().map_err(|error| self.cache_error(error))
    }

    /// Agents to whom a ticket is assigned.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn assignees(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT assignee FROM ticket WHERE assignee IS NOT NULL AND hidden = 0";
        let read = || -> rusqlite::Result<Vec<String>> { self.cache.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect() };
        read().map_err(|error| self.cache_error(error))
    }

    /// When the next ticket that sleeps at a time wakes.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn next_wake(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        // The index `ticket_snoozed` holds those that sleep and no others.
        let sql = "SELECT min(snoozed_until) FROM ticket WHERE snoozed_until IS NOT NULL AND hidden = 0 AND snoozed_until > ?1";
        let read = || self.cache.prepare_cached(sql)?.query_row([now.as_second()], |row| row.get::<_, Option<i64>>(0));
        Ok(read().map_err(|error| self.cache_error(error))?.map(time))
    }

    /// How many tickets match.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.read_count(query).map_err(|error| self.cache_error(error))
    }

    fn read_page(&self, query: &Query, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        // Thousands of statements are one reading: none of them locks the file by itself.
        let reading = self.cache.unchecked_transaction()?;
        let page = self.planned_page(query, order, limit, after);
        drop(reading);
        // Who interrupts a reading may hit its end, which then stays open and lets no other begin.
        for _ in 0..ENDINGS {
            if self.cache.is_autocommit() {
                break;
            }
            let _ = self.cache.execute_batch("ROLLBACK");
        }
        page
    }

    fn planned_page(&self, query: &Query, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        match plan::plan(&self.cache, query, limit)? {
            Plan::Nothing => Ok(Page::default()),
            Plan::Rows(condition) => self.ordered_page(&condition, order, limit, after.as_ref()),
            Plan::Walk(walk) => self.walked_page(&walk, order, limit, after),
        }
    }

    /// The tickets of a condition, in their order, as its index leads past them.
    fn ordered_page(&self, condition: &Condition, order: Order, limit: u32, after: Option<&Mark>) -> rusqlite::Result<Page> {
        let condition = behind(condition, order, after);
        let sql = page_sql(&condition, order, limit);
        let mut statement = self.cache.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(condition.values))?;
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            if page.rows.len() as u64 == u64::from(limit) {
                return Ok(page);
            }
            page.next = Some(mark(row, 18)?);
            page.rows.push(self.row(row)?);
        }
        page.next = None;
        Ok(page)
    }

    /// Walks tickets in their order and asks of each whether it matches, so that no more is read than the page needs.
    fn walked_page(&self, walk: &Walk, order: Order, limit: u32, after: Option<Mark>) -> rusqlite::Result<Page> {
        let mut page = Page::default();
        // An order's index would lead past every ticket there is.
        let table = if walk.are_named { "ticket t NOT INDEXED" } else { "ticket t" };
        let passing = Passing { table, condition: &walk.condition, order };
        let sql = format!("SELECT {} FROM ticket t WHERE t.id = ?1", ticket_rows::COLUMNS);
        let mut row_of = self.cache.prepare_cached(&sql)?;
        let (mut after, mut size, mut passed) = (after, walk.size, 0);
        loop {
            let Passed { last, count, matching } = walk.pass(&self.cache, &passing, after.as_ref(), size)?;
            let is_last = count < size;
            after = last;
            passed += count;
            for (mark, id) in matching {
                if page.rows.len() as u64 == u64::from(limit) {
                    return Ok(page);
                }
                page.rows.push(row_of.query_row([id], |row| self.row(row))?);
                page.next = Some(mark);
            }
            if is_last {
                page.next = None;
                return Ok(page);
            }
            // One more tells whether there is a page behind this one.
            size = pass_next(passed, page.rows.len(), (limit as usize + 1).saturating_sub(page.rows.len()));
        }
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<TicketRow> {
        ticket_rows::ticket_row(&self.desk, row)
    }

    fn read_keys(&self, query: &Query) -> rusqlite::Result<Vec<TicketKey>> {
        let condition = whole_condition(query);
        let sql = format!("SELECT t.key FROM ticket t WHERE {}", condition.sql);
        let mut statement = self.cache.prepare_cached(&sql)?;
        let keys = statement.query_map(params_from_iter(condition.values), |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(keys.iter().filter_map(|key| TicketKey::new(key)).collect())
    }

    fn read_count(&self, query: &Query) -> rusqlite::Result<u64> {
        let condition = whole_condition(query);
        let sql = format!("SELECT count(*) FROM ticket t WHERE {}", condition.sql);
        let count: i64 = self.cache.prepare_cached(&sql)?.query_row(params_from_iter(condition.values), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

/// One row more than a page has, so that it is known whether there is another behind it.
fn page_sql(condition: &Condition, order: Order, limit: u32) -> String {
    let Ordering { key, direction, .. } = ordering(order);
    format!(
        "SELECT {}, {key}, t.tie FROM ticket t WHERE {} ORDER BY {key} {direction}, t.tie {direction} LIMIT {}",
        ticket_rows::COLUMNS,
        condition.sql,
        u64::from(limit) + 1
    )
}

/// The whole queue that is not spam, as `list` shows it without a query.
pub fn everything() -> Query {
    Query::And(Vec::new())
}

/// Tickets of one status.
pub fn with_status(status: Status) -> Query {
    Query::Term(Term::Status(status))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

    use super::*;
    use crate::domain::query::Sort;
    use crate::store::StorePaths;

    #[test]
    fn an_index_leads_through_the_orders_so_that_no_more_than_equal_tickets_are_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("desk", StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() }).unwrap();
        for sort in [Sort::Updated, Sort::Created, Sort::Priority, Sort::Number, Sort::Waiting] {
            for reversed in [false, true] {
                let sql = format!("EXPLAIN QUERY PLAN {}", page_sql(&whole_condition(&everything()), Order { sort, reversed }, 50));
                let mut statement = store.cache.prepare(&sql).unwrap();
                let steps: Vec<String> = statement.query_map([], |row| row.get("detail")).unwrap().collect::<Result<_, _>>().unwrap();
                assert!(steps[0].contains(" USING INDEX ticket_"), "{sort:?}: {steps:?}");
                let sorted = steps.get(1).map(String::as_str);
                let is_sorted_already = sort == Sort::Waiting;
                assert_eq!(sorted, (!is_sorted_already).then_some("USE TEMP B-TREE FOR LAST TERM OF ORDER BY"), "{sort:?}: {steps:?}");
            }
        }
    }

    #[test]
    fn an_end_of_a_reading_that_fails_is_tried_again_so_that_the_next_can_begin() {
        let folder = tempfile::tempdir().unwrap();
        let paths = StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() };
        let mut store = Store::open("desk", paths).unwrap();
        let ends = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&ends);
        // SQLite is asked before it does anything: the first end fails as one does that an interruption hits.
        let refuse_once = move |asked: AuthContext<'_>| {
            let is_end = matches!(asked.action, AuthAction::Transaction { operation: TransactionOperation::Rollback });
            if is_end && seen.fetch_add(1, Relaxed) == 0 { Authorization::Deny } else { Authorization::Allow }
        };
        store.cache.authorizer(Some(refuse_once)).unwrap();

        let _ = store.page(&everything(), Sort::Updated, 5, None);

        assert_eq!(ends.load(Relaxed), 2, "the end that failed and the one that was");
        assert_eq!(store.page(&everything(), Sort::Updated, 5, None).map_err(|error| error.to_string()), Ok(Page::default()));
    }
}
