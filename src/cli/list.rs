//! `list`: the queue on paper.

use super::clock::Clock;
use super::desks::Desks;
use super::fail::{Failure, Outcome};
use super::order::ListOrder;
use super::out::{Out, Style};
use super::table::{Column, Fit, lay_out};
use crate::desk::Desk;
use crate::domain::query::{self, Query, QueryContext, Term};
use crate::domain::ticket::{Priority, Status, TicketRow};
use crate::protocol::job::ListPage;

/// Prints the tickets that match.
pub fn list(desks: &Desks, order: &ListOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let query = understand(&order.query, &desk.query_context(clock.now))?;
    let rows = rows(&mut desk, query, order)?;
    if order.json {
        return rows.iter().try_for_each(|row| out.json(row));
    }
    print(&rows, clock, out)
}

/// Prints tickets as an aligned table.
pub fn print(rows: &[TicketRow], clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    if rows.is_empty() && out.is_terminal() {
        return out.line("No tickets match.");
    }
    let lines = lines(rows, clock, out.width());
    for (index, line) in lines.iter().enumerate() {
        out.styled_line(line, if index == 0 { Style::Bold } else { Style::Plain })?;
    }
    Ok(())
}

/// What is typed, as a query; without words everything that is not spam.
pub fn understand(text: &str, context: &QueryContext) -> Outcome<Query> {
    if text.trim().is_empty() {
        return Ok(Query::Not(Box::new(Query::Term(Term::Status(Status::Spam)))));
    }
    query::parse(text, context).map_err(|error| Failure::of_query(&error, text))
}

/// As many rows as asked for, page by page.
fn rows(desk: &mut Desk, query: Query, order: &ListOrder) -> Outcome<Vec<TicketRow>> {
    let mut rows = Vec::new();
    let mut page = ListPage { query, order: order.sort.into(), limit: order.limit, after: None };
    loop {
        let listed = desk.page(&page)?;
        let is_last = listed.rows.is_empty() || listed.next.is_none();
        rows.extend(listed.rows);
        let missing = (order.limit as usize).saturating_sub(rows.len());
        if is_last || missing == 0 {
            rows.truncate(order.limit as usize);
            return Ok(rows);
        }
        page.limit = missing as u32;
        page.after = listed.next;
    }
}

const COLUMNS: &[Column] = &[
    Column { title: "NO", fit: Fit::Whole },
    Column { title: "AGE", fit: Fit::Whole },
    Column { title: "REQUESTER", fit: Fit::Cap(18) },
    Column { title: "SUBJECT", fit: Fit::Rest },
    Column { title: "PROJECT", fit: Fit::Cap(12) },
    Column { title: "ASSIGNEE", fit: Fit::Cap(10) },
    Column { title: "STATUS", fit: Fit::Whole },
    Column { title: "TAGS", fit: Fit::Cap(26) },
];

fn lines(rows: &[TicketRow], clock: &Clock, width: usize) -> Vec<String> {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, clock)).collect();
    lay_out(COLUMNS, &cells, width)
}

fn cells(row: &TicketRow, clock: &Clock) -> Vec<String> {
    vec![
        row.label(),
        clock.age(row.updated),
        row.requester.as_ref().map(|requester| requester.label().to_owned()).unwrap_or_default(),
        row.subject.clone(),
        row.project.clone(),
        row.assignee.clone().unwrap_or_else(|| "-".into()),
        row.status.as_str().to_owned(),
        marks(row),
    ]
}

/// Priority if it is not normal, badges in brackets, tags.
fn marks(row: &TicketRow) -> String {
    let priority = (row.priority != Priority::Normal).then(|| format!("!{}", row.priority.as_str()));
    let badges = row.badges.iter().map(|badge| format!("[{}]", badge.as_str()));
    priority.into_iter().chain(badges).chain(row.tags.iter().cloned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn printed(rows: &[TicketRow], width: usize) -> String {
        samples::printed_in(width, |out| print(rows, &samples::clock(), out))
    }

    #[test]
    fn the_queue_is_an_aligned_table() {
        insta::assert_snapshot!(printed(&samples::rows(), 100));
    }

    #[test]
    fn the_subject_gives_way_on_a_narrow_screen() {
        insta::assert_snapshot!(printed(&samples::rows(), 80));
    }

    #[test]
    fn without_words_everything_but_spam_is_meant() {
        let context = QueryContext { agent: "ana".into(), now: samples::clock().now };

        assert_eq!(understand("  ", &context).unwrap(), Query::Not(Box::new(Query::Term(Term::Status(Status::Spam)))));
    }
}
