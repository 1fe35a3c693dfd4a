//! From the query language to SQL: conditions on the rows of tickets, and expressions for the full-text index.

use std::fmt::Write as _;

use rusqlite::types::Value;

use crate::domain::query::{Comparison, Has, Is, Query, Term};
use crate::domain::ticket::Badge;
use crate::store::ticket_rows::{badge_bit, priority_code, status_code};

/// SQL and the values for its placeholders, emitted together.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub sql: String,
    pub values: Vec<Value>,
}

/// A query taken apart.
pub(super) struct Parts<'a> {
    /// The full-text expression one message of every match meets.
    pub expression: Option<String>,
    /// Whether that holds a beginning of a word for which the index has nothing prepared.
    pub is_slow: bool,
    /// What the rows of tickets say.
    pub condition: Condition,
    /// Conditions of which the full-text index decides a part.
    pub rest: Vec<&'a Query>,
}

pub(super) fn parts(query: &Query) -> Parts<'_> {
    let mut condition = Condition { sql: "t.hidden = 0".into(), values: Vec::new() };
    if !mentions_status(query) {
        condition.sql.push_str(" AND t.status <> 4");
    }
    let (mut texts, mut rest, mut is_slow) = (Vec::new(), Vec::new(), false);
    for part in joined(query) {
        match part {
            Query::Term(term) if term_text(term).is_some() => {
                texts.extend(term_text(term));
                is_slow |= has_long_prefix(part);
                push_recheck(part, &mut condition);
            }
            part if has_text(part) => rest.push(part),
            part => {
                condition.sql.push_str(" AND ");
                emit(part, &mut condition);
            }
        }
    }
    // Words that stand beside each other must occur in one message, those of such a group in one ticket.
    let group = rest.iter().position(|part| full_text(part).is_some()).filter(|_| texts.is_empty());
    if let Some(group) = group.map(|at| rest.remove(at)) {
        texts.extend(full_text(group));
        is_slow |= has_long_prefix(group);
    }
    Parts { expression: (!texts.is_empty()).then(|| texts.join(" AND ")), is_slow, condition, rest }
}

/// All of a query as SQL, for questions that need every match.
pub(super) fn whole_condition(query: &Query) -> Condition {
    let Parts { expression, mut condition, rest, .. } = parts(query);
    for part in rest {
        condition.sql.push_str(" AND ");
        emit(part, &mut condition);
    }
    if let Some(expression) = expression {
        condition
            .sql
            .push_str(" AND t.id IN (SELECT m.ticket FROM fts CROSS JOIN message m INDEXED BY message_place ON m.id = fts.rowid WHERE fts MATCH ?)");
        condition.values.push(Value::Text(expression));
    }
    condition
}

/// What a condition says of the rows of tickets, beside its full-text expression.
pub(super) fn row_condition(query: &Query) -> Condition {
    let mut condition = Condition { sql: "1".into(), values: Vec::new() };
    if full_text(query).is_some() {
        push_recheck(query, &mut condition);
    } else {
        condition.sql.push_str(" AND ");
        emit(query, &mut condition);
    }
    condition
}

/// The index knows the beginnings of words up to three letters; a longer one is put
/// together anew from all words that begin so whenever it is asked for.
pub(super) fn has_long_prefix(query: &Query) -> bool {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().any(has_long_prefix),
        Query::Not(part) => has_long_prefix(part),
        Query::Term(Term::Text { words, prefix: true, .. }) => words.last().is_some_and(|word| word.chars().count() > 3),
        Query::Term(Term::From(text) | Term::To(text) | Term::Cc(text)) => text.chars().count() > 3,
        Query::Term(_) => false,
    }
}

/// The conditions that all must hold.
fn joined(query: &Query) -> Vec<&Query> {
    match query {
        Query::And(parts) => parts.iter().flat_map(joined).collect(),
        single => vec![single],
    }
}

/// Whether the full-text index has a part in the answer.
pub(super) fn has_text(query: &Query) -> bool {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().any(has_text),
        Query::Not(part) => has_text(part),
        Query::Term(term) => term_text(term).is_some(),
    }
}

/// Unless a query speaks of the status itself, spam is left out.
fn mentions_status(query: &Query) -> bool {
    match query {
        Query::And(parts) | Query::Or(parts) => parts.iter().any(mentions_status),
        Query::Not(part) => mentions_status(part),
        Query::Term(term) => matches!(term, Term::Status(_) | Term::Number(_)),
    }
}

/// The full-text expression a message of every match meets; `None` for what the index does not know.
///
/// Of conditions one of which must hold there is one if the index alone decides each of them.
pub(super) fn full_text(query: &Query) -> Option<String> {
    match query {
        Query::Term(term) => term_text(term),
        Query::Or(parts) if !parts.is_empty() => {
            let decided = |part: &Query| full_text(part).filter(|_| !matches!(part, Query::Term(Term::To(_) | Term::Cc(_))));
            Some(format!("({})", parts.iter().map(decided).collect::<Option<Vec<_>>>()?.join(" OR ")))
        }
        _ => None,
    }
}

/// The full-text expression of a term; `None` for what the index does not know.
fn term_text(term: &Term) -> Option<String> {
    let in_column = |column: &str, text: &str| Some(format!("{column} : {}", quoted(text, true)));
    match term {
        Term::Text { words, phrase, prefix } => {
            let count = words.len();
            let terms = if *phrase {
                quoted(&words.join(" "), *prefix)
            } else {
                let word = |(index, word): (usize, &String)| quoted(word, *prefix && index + 1 == count);
                words.iter().enumerate().map(word).collect::<Vec<_>>().join(" AND ")
            };
            Some(format!("{{subject sender body}} : ({terms})"))
        }
        Term::From(text) => in_column("sender", text),
        Term::To(text) | Term::Cc(text) => in_column("recipients", text),
        Term::Subject(text) => Some(format!("subject : {}", quoted(text, false))),
        _ => None,
    }
}

/// A user's text as an FTS5 string: quotes doubled, so that nothing in it is syntax.
fn quoted(text: &str, prefix: bool) -> String {
    format!("\"{}\"{}", text.replace('"', "\"\""), if prefix { " *" } else { "" })
}

/// The index knows recipients, but not To from Cc.
fn push_recheck(query: &Query, condition: &mut Condition) {
    let (column, text) = match query {
        Query::Term(Term::To(text)) => ("sent_to", text),
        Query::Term(Term::Cc(text)) => ("cc", text),
        _ => return,
    };
    let _ = write!(condition.sql, " AND EXISTS (SELECT 1 FROM message m WHERE m.ticket = t.id AND m.{column} LIKE ? ESCAPE '\\')");
    condition.values.push(Value::Text(contains(text)));
}

fn contains(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn emit(query: &Query, condition: &mut Condition) {
    match query {
        Query::And(parts) => emit_joined(parts, " AND ", "1", condition),
        Query::Or(parts) => emit_joined(parts, " OR ", "0", condition),
        Query::Not(part) => {
            condition.sql.push_str("NOT (");
            emit(part, condition);
            condition.sql.push(')');
        }
        Query::Term(term) => match full_text(query) {
            Some(expression) => {
                // The plus keeps the planner from looking into the index anew for each ticket.
                condition.sql.push_str(
                    "+t.id IN (SELECT m.ticket FROM fts CROSS JOIN message m INDEXED BY message_place ON m.id = fts.rowid WHERE fts MATCH ?)",
                );
                condition.values.push(Value::Text(expression));
                push_recheck(query, condition);
            }
            None => emit_term(term, condition),
        },
    }
}

fn emit_joined(parts: &[Query], between: &str, none: &str, condition: &mut Condition) {
    condition.sql.push('(');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            condition.sql.push_str(between);
        }
        emit(part, condition);
    }
    if parts.is_empty() {
        condition.sql.push_str(none);
    }
    condition.sql.push(')');
}

fn emit_term(term: &Term, condition: &mut Condition) {
    let mut with = |sql: &str, value: Value| {
        condition.sql.push_str(sql);
        condition.values.push(value);
    };
    let integer = |value: i64| Value::Integer(value);
    match term {
        Term::Status(status) => with("t.status = ?", integer(status_code(*status))),
        Term::Assignee(Some(agent)) => with("t.assignee IS ?", Value::Text(agent.clone())),
        Term::Assignee(None) => condition.sql.push_str("t.assignee IS NULL"),
        Term::Project(project) => with("t.project = ?", Value::Text(project.clone())),
        Term::Tag(tag) => with("EXISTS (SELECT 1 FROM json_each(t.tags) WHERE value = ?)", Value::Text(tag.clone())),
        Term::Has(Has::Attachment) => with("(t.badges & ?) <> 0", integer(badge_bit(Badge::Attachment))),
        Term::Is(is) => condition.sql.push_str(&emit_is(*is)),
        Term::Priority(comparison, priority) => with(&format!("t.priority {} ?", operator(*comparison)), integer(priority_code(*priority))),
        Term::Created(comparison, at) => with(&format!("t.created {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Updated(comparison, at) => with(&format!("t.updated {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Waiting(comparison, at) => with(&format!("t.waiting_since {} ?", operator(*comparison)), integer(at.as_second())),
        Term::Number(number) => with("t.number = ?", integer(i64::try_from(*number).unwrap_or(i64::MAX))),
        Term::Text { .. } | Term::From(_) | Term::To(_) | Term::Cc(_) | Term::Subject(_) => {}
    }
}

fn emit_is(is: Is) -> String {
    match is {
        Is::Unread => "t.unread > 0".into(),
        Is::Waiting => "t.waiting_since IS NOT NULL".into(),
        Is::Snoozed => "t.snoozed_until IS NOT NULL".into(),
        // No target has a due time before the projects' targets are counted.
        Is::Overdue => "0".into(),
        Is::Bounced => format!("(t.badges & {}) <> 0", badge_bit(Badge::Bounced)),
        Is::Automatic => "t.quiet = 1".into(),
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "=",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Greater => ">",
    }
}
