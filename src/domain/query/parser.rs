//! From text to [`Query`]: recursive descent, with places for errors.
//!
//! ```text
//! any    = all { "OR" all }
//! all    = { item }
//! item   = "-" item | "(" any ")" | [ field ":" ] value
//! ```

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::lexer::{Lexed, Token, Word, lex};
use super::moment::{bounds, comparison, is_age};
use super::{Comparison, Has, Is, Query, QueryContext, QueryError, Term};
use crate::domain::Timestamp;
use crate::domain::ticket;
use crate::domain::words::nearest;

/// How deep parentheses and minus signs may nest.
const MAX_DEPTH: usize = 50;

/// Every field there is.
pub(super) const FIELDS: [&str; 14] =
    ["status", "assignee", "project", "tag", "from", "to", "cc", "subject", "has", "is", "priority", "created", "updated", "waiting"];

pub(super) const NUMBER: &str = "number";

pub(super) const IS: [(&str, Is); 6] = [
    ("unread", Is::Unread),
    ("waiting", Is::Waiting),
    ("snoozed", Is::Snoozed),
    ("overdue", Is::Overdue),
    ("bounced", Is::Bounced),
    ("automatic", Is::Automatic),
];

/// Reads a query.
///
/// # Errors
/// Points at the word that is wrong and offers the nearest valid one.
pub fn parse(text: &str, context: &QueryContext) -> Result<Query, QueryError> {
    let mut parser = Parser { tokens: lex(text)?.into_iter().peekable(), context, end: text.len() };
    let query = parser.any(0)?;
    match parser.tokens.next() {
        Some(stray) => Err(error(&stray.at, "nothing is open that this `)` could close")),
        None => Ok(query),
    }
}

struct Parser<'t> {
    tokens: Peekable<IntoIter<Lexed<'t>>>,
    context: &'t QueryContext,
    end: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Query, QueryError> {
        let mut branches = vec![self.all(depth)?];
        while let Some(or) = self.tokens.next_if(|lexed| lexed.token == Token::Or) {
            let right = self.all(depth)?;
            if is_empty(&right) || branches.last().is_some_and(is_empty) {
                return Err(error(&or.at, "`OR` needs something on both sides"));
            }
            branches.push(right);
        }
        Ok(match (branches.pop(), branches.is_empty()) {
            (Some(only), true) => only,
            (last, _) => Query::Or(branches.into_iter().chain(last).collect()),
        })
    }

    fn all(&mut self, depth: usize) -> Result<Query, QueryError> {
        let mut items: Vec<Query> = Vec::new();
        let mut last_was_bare = false;
        while let Some(lexed) = self.tokens.next_if(|lexed| !matches!(lexed.token, Token::Close | Token::Or)) {
            let bare = bare_word(&lexed.token);
            match (bare, last_was_bare, items.last_mut()) {
                // Neighbouring words must occur in one message, so they are one term.
                (Some(word), true, Some(Query::Term(Term::Text { words, .. }))) => words.push(word.to_owned()),
                _ => items.push(self.item(lexed, depth)?),
            }
            last_was_bare = bare.is_some();
        }
        Ok(match (items.len(), items.pop()) {
            (1, Some(only)) => only,
            (_, last) => Query::And(items.into_iter().chain(last).collect()),
        })
    }

    fn item(&mut self, lexed: Lexed<'_>, depth: usize) -> Result<Query, QueryError> {
        if depth >= MAX_DEPTH {
            return Err(error(&lexed.at, "this query is nested too deeply"));
        }
        match lexed.token {
            Token::Minus => match self.tokens.next() {
                Some(next) if !matches!(next.token, Token::Close | Token::Or) && next.at.start == lexed.at.end => {
                    Ok(Query::Not(Box::new(self.item(next, depth + 1)?)))
                }
                _ => Err(error(&lexed.at, "`-` needs a condition right behind it")),
            },
            Token::Open => self.group(&lexed.at, depth),
            Token::Word(word) => condition(&word, lexed.at.start, self.context),
            // Both end `all` before they get here.
            Token::Close | Token::Or => Err(error(&lexed.at, "a condition is missing here")),
        }
    }

    fn group(&mut self, open: &Range<usize>, depth: usize) -> Result<Query, QueryError> {
        let inner = self.any(depth + 1)?;
        match self.tokens.next() {
            Some(_) if is_empty(&inner) => Err(error(open, "there is nothing in these parentheses")),
            Some(_) => Ok(inner),
            None => Err(error(&(open.start..self.end), "this `(` is never closed")),
        }
    }
}

fn is_empty(query: &Query) -> bool {
    matches!(query, Query::And(items) if items.is_empty())
}

fn error(at: &Range<usize>, what: impl Into<String>) -> QueryError {
    QueryError { start: at.start, end: at.end, what: what.into(), nearest: None }
}

/// A word that is searched for as it stands.
fn bare_word<'t>(token: &Token<'t>) -> Option<&'t str> {
    match token {
        Token::Word(word) if word.field.is_none() && !word.quoted && !word.prefix && ticket_number(word.value).is_none() => Some(word.value),
        _ => None,
    }
}

/// `#1042`.
fn ticket_number(word: &str) -> Option<u64> {
    word.strip_prefix('#').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn condition(word: &Word<'_>, start: usize, context: &QueryContext) -> Result<Query, QueryError> {
    let Some(field) = word.field else { return text(word) };
    let name = field.to_ascii_lowercase();
    if !FIELDS.contains(&name.as_str()) && name != NUMBER {
        let at = start..start + field.len();
        let near = nearest(&name, FIELDS.into_iter().chain([NUMBER])).map(|near| format!("{near}:"));
        let what = format!("there is no field `{field}:` (to search for it as text, put it into quotation marks)");
        return Err(QueryError { nearest: near, ..error(&at, what) });
    }
    if word.value.trim().is_empty() {
        return Err(error(&(start..word.at.end.max(start + 1)), format!("`{name}:` needs a value right behind it")));
    }
    match name.as_str() {
        "created" | "updated" | "waiting" => moment(&name, word, context),
        "priority" => priority(word),
        _ => exact(&name, word, context).map(Query::Term),
    }
}

fn text(word: &Word<'_>) -> Result<Query, QueryError> {
    if let Some(number) = ticket_number(word.value).filter(|_| !word.quoted && !word.prefix) {
        return Ok(Query::Term(Term::Number(number)));
    }
    let words: Vec<String> = word.value.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err(error(&word.at, "there is nothing between these quotation marks"));
    }
    Ok(Query::Term(Term::Text { words, phrase: word.quoted, prefix: word.prefix }))
}

fn exact(field: &str, word: &Word<'_>, context: &QueryContext) -> Result<Term, QueryError> {
    let value = || word.value.to_owned();
    Ok(match field {
        "status" => Term::Status(known(word, word.value.parse())?),
        "assignee" => Term::Assignee(assignee(word.value, context)),
        "project" => Term::Project(value()),
        "tag" => Term::Tag(ticket::tag(word.value).ok_or_else(|| error(&word.at, format!("`{}` cannot be a tag", word.value)))?),
        "from" => Term::From(value()),
        "to" => Term::To(value()),
        "cc" => Term::Cc(value()),
        "subject" => Term::Subject(value()),
        "has" => Term::Has(one_of("has", word, &[("attachment", Has::Attachment)])?),
        "is" => Term::Is(one_of("is", word, &IS)?),
        _ => Term::Number(number(word)?),
    })
}

fn assignee(value: &str, context: &QueryContext) -> Option<String> {
    match value {
        "me" => Some(context.agent.clone()),
        "none" => None,
        name => Some(name.to_owned()),
    }
}

fn number(word: &Word<'_>) -> Result<u64, QueryError> {
    let digits = word.value.strip_prefix('#').unwrap_or(word.value);
    digits.parse().map_err(|_| error(&word.at, format!("`{}` is not a ticket number", word.value)))
}

fn known<T>(word: &Word<'_>, read: Result<T, crate::domain::words::UnknownWord>) -> Result<T, QueryError> {
    read.map_err(|unknown| {
        let what = format!("there is no {} `{}` (one of: {})", unknown.kind, unknown.word, unknown.allowed.join(", "));
        QueryError { nearest: unknown.nearest, ..error(&word.at, what) }
    })
}

fn one_of<T: Copy>(field: &str, word: &Word<'_>, all: &[(&'static str, T)]) -> Result<T, QueryError> {
    let wanted = word.value.to_lowercase();
    all.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let what = format!("`{field}:` knows {}, not `{}`", names.join(", "), word.value);
        QueryError { nearest: nearest(&wanted, names.into_iter()), ..error(&word.at, what) }
    })
}

fn priority(word: &Word<'_>) -> Result<Query, QueryError> {
    let (comparison, value) = comparison(word.value);
    Ok(Query::Term(Term::Priority(comparison, known(word, value.parse())?)))
}

fn moment(field: &str, word: &Word<'_>, context: &QueryContext) -> Result<Query, QueryError> {
    let (comparison, value) = comparison(word.value);
    if comparison == Comparison::Equal && is_age(value) {
        let near = Some(format!("{field}:{}{value}", if field == "waiting" { '>' } else { '<' }));
        return Err(QueryError { nearest: near, ..error(&word.at, format!("an age such as `{value}` needs `<` or `>`")) });
    }
    let Some(bounds) = bounds(comparison, value, context.now) else {
        let what = format!("`{value}` is neither a day (2026-01-31, today) nor an age (3h, 7d, 2w)");
        return Err(error(&word.at, what));
    };
    let build: fn(Comparison, Timestamp) -> Term = match field {
        "created" => Term::Created,
        "updated" => Term::Updated,
        _ => Term::Waiting,
    };
    let mut terms: Vec<Query> = bounds.into_iter().map(|(comparison, instant)| Query::Term(build(comparison, instant))).collect();
    Ok(match (terms.len(), terms.pop()) {
        (1, Some(only)) => only,
        (_, last) => Query::And(terms.into_iter().chain(last).collect()),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
