//! The columns of the list: which there are room for, and what stands in them.

use crate::domain::query::Sort;
use crate::domain::sanitise;
use crate::domain::ticket::{Priority, TicketRow};
use crate::tui::model::Model;
use crate::tui::{signs, text};

/// How many columns each field of a row gets; 0 leaves it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    number: usize,
    age: usize,
    wait: usize,
    requester: usize,
    subject: usize,
    project: usize,
    assignee: usize,
    status: usize,
    priority: usize,
    tags: usize,
    badges: usize,
}

/// What decides which columns are of use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    pub number: usize,
    /// Somebody waits for us.
    pub wait: bool,
    /// The list is sorted by that.
    pub wait_first: bool,
    /// The rows differ in it.
    pub status: bool,
    pub project: bool,
    pub tags: bool,
    pub priority: bool,
}

/// Signs before each row: selection, mark, unread.
pub(super) const SIGNS: usize = 3;

/// Rows that decide which columns there are.
const LOOKED_AT: usize = 1_000;

pub(super) fn wishes(model: &Model) -> Wishes {
    // What stands far below does not decide, and is not looked at in every frame.
    let rows = model.queue.rows.get(..LOOKED_AT).unwrap_or(&model.queue.rows);
    let differ = |same: fn(&TicketRow, &TicketRow) -> bool| rows.windows(2).any(|pair| matches!(pair, [a, b] if !same(a, b)));
    Wishes {
        number: rows.iter().map(|row| text::width(&row.label())).max().unwrap_or(4).max(4),
        wait: rows.iter().any(|row| row.waiting_since.is_some()),
        wait_first: model.queue.order.sort == Sort::Waiting,
        status: differ(|a, b| a.status == b.status),
        project: model.projects.len() > 1 || differ(|a, b| a.project == b.project),
        tags: rows.iter().any(|row| !row.tags.is_empty()),
        priority: rows.iter().any(|row| row.priority != Priority::Normal),
    }
}

impl Columns {
    /// Shares the width: number, age and subject always, the rest as it fits.
    pub fn of(width: usize, wishes: Wishes) -> Self {
        let mut columns = Self { number: wishes.number, age: 3, ..Self::default() };
        let mut left = width.saturating_sub(SIGNS + wishes.number + 1 + columns.age + 1);
        let mut take = |wanted: usize, keep: usize| {
            if wanted > 0 && left > keep + wanted {
                left -= wanted + 1;
                return wanted;
            }
            0
        };
        let wide = width >= 100;
        columns.badges = take(4, 16);
        columns.requester = take(if wide { 20 } else { 16 }, 20);
        columns.wait = take(if wishes.wait && wishes.wait_first { 4 } else { 0 }, 22);
        columns.assignee = take(8, 22);
        columns.status = take(if wishes.status { 7 } else { 0 }, 24);
        columns.project = take(if wishes.project { 8 } else { 0 }, 26);
        if columns.wait == 0 {
            columns.wait = take(if wishes.wait { 4 } else { 0 }, 24);
        }
        columns.priority = take(if wishes.priority { 6 } else { 0 }, 30);
        columns.tags = take(if wishes.tags { 14 } else { 0 }, 34);
        columns.subject = left;
        columns
    }

    pub fn titles(&self) -> String {
        self.line(
            " ".repeat(SIGNS),
            ["#", "age", "wait", "requester", "subject", "status", "project", "assignee", "prio", "tags", ""].map(str::to_owned),
        )
    }

    /// A row behind its signs.
    pub fn row(&self, model: &Model, signs: String, row: &TicketRow) -> String {
        let fields = [
            row.label(),
            text::age(model.now, row.updated),
            row.waiting_since.map(|since| text::age(model.now, since)).unwrap_or_default(),
            row.requester.as_ref().map(|address| address.label().to_owned()).unwrap_or_default(),
            row.subject.clone(),
            row.status.as_str().to_owned(),
            row.project.clone(),
            row.assignee.clone().unwrap_or_else(|| "-".to_owned()),
            if row.priority == Priority::Normal { String::new() } else { row.priority.as_str().to_owned() },
            row.tags.join(" "),
            badges(row, self.priority == 0, model.queue.related.contains(&row.key), model.conflicts.is_on(&row.key)),
        ];
        self.line(signs, fields)
    }

    fn line(&self, mut line: String, fields: [String; 11]) -> String {
        let widths = [
            self.number,
            self.age,
            self.wait,
            self.requester,
            self.subject,
            self.status,
            self.project,
            self.assignee,
            self.priority,
            self.tags,
            self.badges,
        ];
        for (width, field) in widths.into_iter().zip(fields).filter(|(width, _)| *width > 0) {
            line.push_str(&text::fit(&sanitise::line(&field), width));
            line.push(' ');
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// One letter per mark: the most pressing first, so that a cut loses the least.
fn badges(row: &TicketRow, with_priority: bool, is_related: bool, is_conflict: bool) -> String {
    let mut marks = String::new();
    match row.priority {
        Priority::Urgent if with_priority => marks.push('U'),
        Priority::High if with_priority => marks.push('H'),
        _ => {}
    }
    marks.extend(is_conflict.then_some(signs::NOT_APPLIED));
    marks.extend(is_related.then_some(signs::RELATED));
    marks.extend(row.badges.iter().filter_map(|badge| signs::of(*badge)));
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_take_more_than_there_is_and_the_subject_keeps_its_share() {
        for all in [false, true] {
            for width in 0..250 {
                let columns =
                    Columns::of(width, Wishes { number: 6, wait: all, wait_first: false, status: all, project: all, tags: all, priority: all });
                let fields = [
                    columns.number,
                    columns.age,
                    columns.wait,
                    columns.requester,
                    columns.subject,
                    columns.status,
                    columns.project,
                    columns.assignee,
                    columns.priority,
                    columns.tags,
                    columns.badges,
                ];
                let used: usize = fields.iter().filter(|field| **field > 0).map(|field| field + 1).sum();
                if width >= 30 {
                    assert!(used + SIGNS <= width + 1, "{width}: {columns:?}");
                    assert!(columns.subject >= 14, "{width}: {columns:?}");
                }
            }
        }
    }

    #[test]
    fn a_wide_list_shows_everything_and_a_narrow_one_what_matters_most() {
        let all = Wishes { number: 5, wait: true, wait_first: false, status: true, project: true, tags: true, priority: true };
        assert_eq!(Columns::of(160, all).titles().split_whitespace().count(), 10);
        assert_eq!(Columns::of(40, all).titles().split_whitespace().collect::<Vec<_>>(), ["#", "age", "subject"]);
        assert_eq!(
            Columns::of(80, Wishes { number: 5, wait: true, ..Wishes::default() }).titles().split_whitespace().collect::<Vec<_>>(),
            ["#", "age", "wait", "requester", "subject", "assignee"]
        );
    }

    #[test]
    fn where_it_is_narrow_the_wait_gives_way_to_the_project_unless_the_list_is_sorted_by_it() {
        let titles = |wait_first| {
            let wishes = Wishes { number: 5, wait: true, wait_first, project: true, ..Wishes::default() };
            Columns::of(80, wishes).titles().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };

        assert_eq!(titles(false), ["#", "age", "requester", "subject", "project", "assignee"]);
        assert_eq!(titles(true), ["#", "age", "wait", "requester", "subject", "assignee"]);
    }
}
