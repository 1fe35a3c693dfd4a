use proptest::prelude::*;

use super::*;
use crate::domain::query::Sort;
use crate::domain::ticket::{Priority, Status};

fn context() -> QueryContext {
    QueryContext { agent: "ana".into(), now: at("2026-03-10T12:00:00Z") }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(text: &str) -> Query {
    parse(text, &context()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn term(text: &str) -> Term {
    match read(text) {
        Query::Term(term) => term,
        other => panic!("{text}: {other:?}"),
    }
}

fn fail(text: &str) -> QueryError {
    parse(text, &context()).expect_err(text)
}

fn words(list: &[&str]) -> Query {
    Query::Term(Term::Text { words: list.iter().map(|word| (*word).to_owned()).collect(), phrase: false, prefix: false })
}

#[test]
fn an_empty_query_matches_everything() {
    assert_eq!(read(" \t "), Query::And(vec![]));
}

#[test]
fn every_field_of_the_grammar_is_read() {
    let cases = [
        ("status:open", Term::Status(Status::Open)),
        ("Status:Solved", Term::Status(Status::Solved)),
        ("assignee:me", Term::Assignee(Some("ana".into()))),
        ("assignee:none", Term::Assignee(None)),
        ("assignee:ben", Term::Assignee(Some("ben".into()))),
        ("project:app", Term::Project("app".into())),
        ("tag:Billing", Term::Tag("billing".into())),
        ("from:@acme.example", Term::From("@acme.example".into())),
        ("to:a", Term::To("a".into())),
        ("cc:b", Term::Cc("b".into())),
        ("subject:\"no light\"", Term::Subject("no light".into())),
        ("has:attachment", Term::Has(Has::Attachment)),
        ("is:unread", Term::Is(Is::Unread)),
        ("is:waiting", Term::Is(Is::Waiting)),
        ("is:snoozed", Term::Is(Is::Snoozed)),
        ("is:overdue", Term::Is(Is::Overdue)),
        ("is:bounced", Term::Is(Is::Bounced)),
        ("priority:>=high", Term::Priority(Comparison::GreaterOrEqual, Priority::High)),
        ("priority:low", Term::Priority(Comparison::Equal, Priority::Low)),
        ("number:1042", Term::Number(1042)),
        ("number:#1042", Term::Number(1042)),
        ("#1042", Term::Number(1042)),
        ("prefix*", Term::Text { words: vec!["prefix".into()], phrase: false, prefix: true }),
        ("\"a phrase\"", Term::Text { words: vec!["a".into(), "phrase".into()], phrase: true, prefix: false }),
    ];
    for (text, expected) in cases {
        assert_eq!(term(text), expected, "{text}");
    }
}

#[test]
fn an_age_counts_back_from_now() {
    assert_eq!(term("updated:<7d"), Term::Updated(Comparison::Greater, at("2026-03-03T12:00:00Z")));
    assert_eq!(term("waiting:>2d"), Term::Waiting(Comparison::Less, at("2026-03-08T12:00:00Z")));
    assert_eq!(term("created:<=3h"), Term::Created(Comparison::GreaterOrEqual, at("2026-03-10T09:00:00Z")));
    assert_eq!(term("created:>2w"), Term::Created(Comparison::Less, at("2026-02-24T12:00:00Z")));
}

#[test]
fn a_day_is_compared_as_a_whole() {
    let start = at("2026-01-01T00:00:00Z");
    let end = at("2026-01-02T00:00:00Z");
    assert_eq!(term("created:>2026-01-01"), Term::Created(Comparison::GreaterOrEqual, end));
    assert_eq!(term("created:>=2026-01-01"), Term::Created(Comparison::GreaterOrEqual, start));
    assert_eq!(term("created:<2026-01-01"), Term::Created(Comparison::Less, start));
    assert_eq!(term("created:<=2026-01-01"), Term::Created(Comparison::Less, end));
    let within = Query::And(vec![Query::Term(Term::Created(Comparison::GreaterOrEqual, start)), Query::Term(Term::Created(Comparison::Less, end))]);
    assert_eq!(read("created:2026-01-01"), within);
    assert_eq!(term("updated:>=today"), Term::Updated(Comparison::GreaterOrEqual, at("2026-03-10T00:00:00Z")));
}

#[test]
fn neighbouring_words_are_one_term() {
    assert_eq!(read("no light tonight"), words(&["no", "light", "tonight"]));
    let query = read("no light status:open lamp -dark old");
    let expected = vec![
        words(&["no", "light"]),
        Query::Term(Term::Status(Status::Open)),
        words(&["lamp"]),
        Query::Not(Box::new(words(&["dark"]))),
        words(&["old"]),
    ];
    assert_eq!(query, Query::And(expected));
}

#[test]
fn or_binds_weaker_than_neighbourhood_and_parentheses_group() {
    assert_eq!(read("a b OR c"), Query::Or(vec![words(&["a", "b"]), words(&["c"])]));
    assert_eq!(read("a (b OR c)"), Query::And(vec![words(&["a"]), Query::Or(vec![words(&["b"]), words(&["c"])])]));
    assert_eq!(read("-(b OR c)"), Query::Not(Box::new(Query::Or(vec![words(&["b"]), words(&["c"])]))));
    assert_eq!(read("(status:open)"), Query::Term(Term::Status(Status::Open)));
    assert_eq!(read("a OR b OR c"), Query::Or(vec![words(&["a"]), words(&["b"]), words(&["c"])]));
}

#[test]
fn what_looks_like_code_or_a_link_is_text() {
    assert_eq!(read("https://example.com/a?b=c"), words(&["https://example.com/a?b=c"]));
    assert_eq!(read("print() x-y 12:30"), words(&["print()", "x-y", "12:30"]));
    assert_eq!(read("or"), words(&["or"]));
    assert_eq!(read("\"OR\""), Query::Term(Term::Text { words: vec!["OR".into()], phrase: true, prefix: false }));
}

#[test]
fn an_error_points_at_the_word_and_offers_the_nearest() {
    let cases = [
        ("is:unread stauts:open", "stauts", Some("status:")),
        ("status:opne x", "opne", Some("open")),
        ("a is:unraed", "unraed", Some("unread")),
        ("priority:>=hihg", ">=hihg", Some("high")),
        ("has:attachmnt", "attachmnt", Some("attachment")),
        ("updated:7d", "7d", Some("updated:<7d")),
        ("created:>2026-13-01", ">2026-13-01", None),
        ("number:x", "x", None),
        ("a )", ")", None),
        ("a (b", "(b", None),
        ("a \"b c", "\"b c", None),
        ("a OR", "OR", None),
        ("OR a", "OR", None),
        ("a - b", "-", None),
        ("()", "(", None),
        ("grüße status:", "status:", None),
        ("tag:\"a b\"", "\"a b\"", None),
    ];
    for (text, word, near) in cases {
        let error = fail(text);
        assert_eq!(text.get(error.start..error.end), Some(word), "{text}: {error}");
        assert_eq!(error.nearest.as_deref(), near, "{text}: {error}");
    }
}

#[test]
fn deep_nesting_ends_in_an_error_and_not_in_the_stack() {
    assert!(fail(&"(".repeat(100_000)).what.contains("deep"));
    assert!(fail(&"-".repeat(100_000)).what.contains("deep"));
}

#[test]
fn a_long_query_takes_linear_time() {
    let words = |count| "word status:open \"a b\" OR ".repeat(count) + "x";

    crate::growth::assert_linear("a query of so many parts", 800, words, |text| drop(read(text)));
}

#[test]
fn an_order_is_read_by_name() {
    for sort in Sort::ALL {
        assert_eq!(sort.as_str().parse(), Ok(sort));
    }
    assert_eq!("updatd".parse::<Sort>().unwrap_err().nearest.as_deref(), Some("updated"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic_and_every_error_points_into_it(text in "\\PC*|[-()\":* a-zäOR#<>=0-9]{0,60}") {
        if let Err(error) = parse(&text, &context()) {
            prop_assert!(text.get(error.start..error.end).is_some(), "{:?} in {:?}", error, text);
        }
    }
}
