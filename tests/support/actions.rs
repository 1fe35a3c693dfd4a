//! Everything that is done to tickets: how on the command line, by which keys, and what all must see then.
//!
//! The tickets are those of [`mailbox`]: 1 and 2 are acted upon, 3 is the other one of a merge or
//! a link, 4 that of a person who is forgotten, 5 and 6 are of one person under one subject.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::BTreeMap;

use serde_json::Value;

use super::team::{DESK, mail};

/// What somebody sees of each ticket, by its number.
pub type Tickets = BTreeMap<u64, Value>;

/// Keys, and the text that stands on the screen when they have done what they should.
pub type Press = (&'static str, &'static str);

/// What has to be the case before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Anything,
    /// These were ordered; `TICKETS` stands for the tickets that are acted upon.
    Ordered(&'static [&'static str]),
    /// An assignment of ours to these tickets has lost against one of the colleague.
    Lost,
}

/// Something that is done to tickets.
pub struct Act {
    /// As in the registry.
    pub name: &'static str,
    pub before: Before,
    /// The words behind the program's name; `TICKETS` stands for the tickets. Empty: only the screen has it.
    pub typed: &'static [&'static str],
    /// In the list with the ticket alone, or with the tickets marked. The last text is that for one ticket.
    pub keys: &'static [Press],
    /// What is asked before one is changed.
    pub asked: Option<&'static str>,
    /// The tickets it is tried on, one and many.
    pub on: &'static [&'static [u64]],
    /// Said on the screen when many were changed.
    pub said_of_many: &'static str,
    /// Whether it is so for these tickets.
    pub seen: fn(&Tickets, &[u64]) -> bool,
    /// Undo takes it back.
    pub undone: bool,
    /// What is not looked at: what was parted again is not suggested once more.
    pub hides: Option<&'static str>,
}

const ONE: &[&[u64]] = &[&[1]];
const BOTH: &[&[u64]] = &[&[1], &[1, 2]];

const PLAIN: Act = Act {
    name: "",
    before: Before::Anything,
    typed: &[],
    keys: &[],
    asked: None,
    on: BOTH,
    said_of_many: "2 tickets: ",
    seen: |_, _| false,
    undone: true,
    hides: None,
};

fn each(tickets: &Tickets, on: &[u64], holds: impl Fn(&Value) -> bool) -> bool {
    on.iter().all(|number| tickets.get(number).is_some_and(&holds))
}

fn has(tickets: &Tickets, on: &[u64], field: &str, value: &str) -> bool {
    each(tickets, on, |ticket| ticket[field] == value)
}

fn is_linked(tickets: &Tickets, on: &[u64], other: u64) -> bool {
    each(tickets, on, |ticket| ticket["links"].as_array().unwrap().iter().any(|link| link["number"] == other))
}

const NOTE: &[Press] = &[("c", "INTERNAL NOTE"), ("Called back.", "Called back."), ("<esc>", "y adds it"), ("y", "note added")];

fn has_note(ticket: &Value) -> bool {
    ticket["messages"].as_array().unwrap().iter().any(|message| message["direction"] == "note" && message["text"] == "Called back.")
}

fn mails(tickets: &Tickets, number: u64) -> usize {
    tickets.get(&number).map_or(0, |ticket| ticket["messages"].as_array().unwrap().len())
}

/// Fields: who wrote last counts.
pub static FIELDS: &[Act] = &[
    Act {
        name: "assign",
        typed: &["assign", "TICKETS", "bo"],
        keys: &[("a", "Assign to"), ("bo<enter>", "assigned to bo")],
        seen: |tickets, on| has(tickets, on, "assignee", "bo"),
        ..PLAIN
    },
    Act {
        name: "assign-me",
        typed: &["assign", "TICKETS", "me"],
        keys: &[("A", "assigned to ana")],
        seen: |tickets, on| has(tickets, on, "assignee", "ana"),
        ..PLAIN
    },
    Act {
        name: "assign",
        before: Before::Ordered(&["assign", "TICKETS", "cy"]),
        typed: &["assign", "TICKETS", "none"],
        keys: &[("a", "Assign to"), ("-<enter>", "unassigned")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["assignee"].is_null()),
        ..PLAIN
    },
    Act {
        name: "status",
        typed: &["status", "TICKETS", "pending"],
        keys: &[(":status pending<enter>", ": pending")],
        seen: |tickets, on| has(tickets, on, "status", "pending"),
        ..PLAIN
    },
    Act {
        name: "pending",
        typed: &["status", "TICKETS", "pending"],
        keys: &[("sp", ": pending")],
        seen: |tickets, on| has(tickets, on, "status", "pending"),
        ..PLAIN
    },
    Act {
        name: "hold",
        typed: &["status", "TICKETS", "hold"],
        keys: &[("sh", ": hold")],
        seen: |tickets, on| has(tickets, on, "status", "hold"),
        ..PLAIN
    },
    Act {
        name: "solve",
        typed: &["status", "TICKETS", "solved"],
        keys: &[("x", ": solved")],
        seen: |tickets, on| has(tickets, on, "status", "solved"),
        ..PLAIN
    },
    Act {
        name: "spam",
        typed: &["status", "TICKETS", "spam"],
        keys: &[("sx", ": spam")],
        seen: |tickets, on| has(tickets, on, "status", "spam"),
        ..PLAIN
    },
    Act {
        name: "reopen",
        before: Before::Ordered(&["status", "TICKETS", "hold"]),
        typed: &["status", "TICKETS", "open"],
        keys: &[("X", ": open")],
        seen: |tickets, on| has(tickets, on, "status", "open"),
        ..PLAIN
    },
    Act {
        name: "priority",
        typed: &["priority", "TICKETS", "urgent"],
        keys: &[("!", "Priority"), ("urgent<enter>", "priority urgent")],
        seen: |tickets, on| has(tickets, on, "priority", "urgent"),
        ..PLAIN
    },
    Act {
        name: "snooze",
        typed: &["snooze", "TICKETS", "2099-12-24 15:30"],
        keys: &[("zd", "Snooze until"), ("2099-12-24 15:30<enter>", "snoozed until")],
        seen: |tickets, on| has(tickets, on, "snoozed_until", "2099-12-24T15:30:00Z"),
        ..PLAIN
    },
    Act {
        name: "snooze-hours",
        typed: &["snooze", "TICKETS", "3h"],
        keys: &[("zh", "snoozed until")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["snoozed_until"].is_string()),
        ..PLAIN
    },
    Act {
        name: "snooze-tomorrow",
        typed: &["snooze", "TICKETS", "tomorrow"],
        keys: &[("zt", "snoozed until")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["snoozed_until"].is_string()),
        ..PLAIN
    },
    Act {
        name: "snooze-week",
        typed: &["snooze", "TICKETS", "next week"],
        keys: &[("zw", "snoozed until")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["snoozed_until"].is_string()),
        ..PLAIN
    },
    Act {
        name: "snooze-again",
        typed: &["snooze", "TICKETS", "2d"],
        keys: &[(":snooze 2d<enter>", "snoozed until"), ("u", "undid"), ("zz", "snoozed until")],
        on: ONE,
        seen: |tickets, on| each(tickets, on, |ticket| ticket["snoozed_until"].is_string()),
        ..PLAIN
    },
    Act {
        name: "wake",
        before: Before::Ordered(&["snooze", "TICKETS", "2099-11-11"]),
        typed: &["snooze", "TICKETS", "off"],
        keys: &[("zu", "awake")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["snoozed_until"].is_null()),
        ..PLAIN
    },
    Act {
        name: "move",
        typed: &["move", "TICKETS", "shop"],
        keys: &[(">", "Move to project"), ("shop<enter>", "moved to shop")],
        seen: |tickets, on| has(tickets, on, "project", "shop"),
        ..PLAIN
    },
    Act {
        name: "subject",
        typed: &["subject", "TICKETS", "Refund for order 77"],
        keys: &[(":subject<enter>", "Subject"), ("<ctrl-u>Refund for order 77<enter>", "subject is now Refund for order 77")],
        seen: |tickets, on| has(tickets, on, "subject", "Refund for order 77"),
        ..PLAIN
    },
];

/// Sets, and what always stands.
pub static SETS: &[Act] = &[
    Act {
        name: "tag",
        before: Before::Ordered(&["tag", "TICKETS", "+unsure"]),
        typed: &["tag", "TICKETS", "+billing", "-unsure"],
        keys: &[("t", "Tag"), ("+billing -unsure<enter>", "+billing -unsure")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["tags"] == serde_json::json!(["billing"])),
        ..PLAIN
    },
    Act {
        name: "tag-add",
        typed: &["tag", "TICKETS", "+outage"],
        keys: &[("+", "Add a tag"), ("outage<enter>", "+outage")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["tags"].as_array().unwrap().iter().any(|tag| tag == "outage")),
        ..PLAIN
    },
    Act {
        name: "tag-remove",
        before: Before::Ordered(&["tag", "TICKETS", "+unsure", "+kept"]),
        typed: &["tag", "TICKETS", "-unsure"],
        keys: &[("-", "Remove a tag"), ("unsure<enter>", "-unsure")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["tags"] == serde_json::json!(["kept"])),
        ..PLAIN
    },
    Act {
        name: "note",
        typed: &["note", "TICKETS", "--body", "note.txt"],
        keys: NOTE,
        on: ONE,
        seen: |tickets, on| each(tickets, on, has_note),
        ..PLAIN
    },
    // On the command line a note is about one ticket.
    Act { name: "note", keys: NOTE, on: &[&[1, 2]], said_of_many: "#1, #2: note added", seen: |tickets, on| each(tickets, on, has_note), ..PLAIN },
    Act {
        name: "edit-note",
        before: Before::Ordered(&["note", "TICKETS", "--body", "note.txt"]),
        typed: &["note", "TICKETS", "--edit", "1", "--body", "corrected.txt"],
        keys: &[
            ("<enter>", "\n▾ "),
            ("G", "INTERNAL NOTE by ana"),
            ("e", "INTERNAL NOTE, corrected"),
            ("Sorry: ", "Sorry: "),
            ("<esc>", "y adds it"),
            ("y", "note corrected"),
        ],
        on: ONE,
        seen: |tickets, on| {
            let is_it = |message: &Value| message["text"].as_str().is_some_and(|text| text.contains("Sorry: ")) && message["edited"].is_string();
            each(tickets, on, |ticket| ticket["messages"].as_array().unwrap().iter().any(is_it))
        },
        ..PLAIN
    },
    Act {
        name: "participant",
        typed: &["participant", "TICKETS", "+boss@customer.test"],
        keys: &[(":participant<enter>", "Participants (+address"), ("boss@customer.test<enter>", "+boss@customer.test")],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["participants"].to_string().contains("boss@customer.test")),
        ..PLAIN
    },
    Act {
        name: "participant",
        typed: &["participant", "TICKETS", "-cc@customer.test"],
        keys: &[(":participant -cc@customer.test<enter>", "-cc@customer.test")],
        seen: |tickets, on| each(tickets, on, |ticket| !ticket["participants"].to_string().contains("cc@customer.test")),
        ..PLAIN
    },
    Act {
        name: "link",
        typed: &["link", "TICKETS", "3"],
        keys: &[("&", "Link with"), ("3", "#3 Question 3"), ("<enter>", "linked with #3")],
        on: ONE,
        seen: |tickets, on| is_linked(tickets, on, 3),
        ..PLAIN
    },
    Act { name: "link", typed: &["link", "TICKETS", "3"], on: &[&[1, 2]], seen: |tickets, on| is_linked(tickets, on, 3), ..PLAIN },
    // Marked tickets are linked with each other.
    Act {
        name: "link",
        keys: &[("&", "")],
        on: &[&[1, 2]],
        said_of_many: "1 ticket: linked",
        seen: |tickets, _| is_linked(tickets, &[1], 2) && is_linked(tickets, &[2], 1),
        ..PLAIN
    },
    Act {
        name: "unlink",
        before: Before::Ordered(&["link", "TICKETS", "3"]),
        typed: &["link", "TICKETS", "3", "--remove"],
        keys: &[(":unlink<enter>", "#3 Question 3"), ("<enter>", "no longer linked with #3")],
        on: ONE,
        seen: |tickets, on| !is_linked(tickets, on, 3),
        ..PLAIN
    },
];

/// What makes tickets, or one of two; what is decided about; what cannot be taken back.
pub static STRUCTURE: &[Act] = &[
    Act {
        name: "merge",
        typed: &["merge", "TICKETS", "3"],
        keys: &[("M", "Merge into"), ("3", "#3 Question 3"), ("<enter>", "merged into #3")],
        asked: Some("Merge #1 into #3?"),
        seen: |tickets, on| on.iter().all(|number| !tickets.contains_key(number)) && mails(tickets, 3) == if on.len() == 2 { 5 } else { 4 },
        ..PLAIN
    },
    Act {
        name: "split",
        typed: &["split", "TICKETS", "2"],
        keys: &[("<enter>", "\n▾ "), ("gg}#", "#1: split")],
        on: ONE,
        // It has no number before it is shared.
        seen: |tickets, _| mails(tickets, 1) == 1 && tickets.len() == 7 && tickets.keys().any(|number| mails(tickets, *number) == 2),
        ..PLAIN
    },
    Act {
        name: "dismiss",
        typed: &["dismiss", "TICKETS"],
        keys: &[(":dismiss<enter>", "not related to #5")],
        on: &[&[6]],
        seen: |tickets, on| each(tickets, on, |ticket| ticket["suggestions"] == serde_json::json!([])),
        ..PLAIN
    },
    Act {
        name: "accept",
        typed: &["accept", "TICKETS"],
        keys: &[(":accept<enter>", "joined with #5")],
        asked: Some("#6?"),
        on: &[&[6]],
        seen: |tickets, _| !tickets.contains_key(&6) && mails(tickets, 5) == 2,
        hides: Some("suggestions"),
        ..PLAIN
    },
    Act {
        name: "apply",
        before: Before::Lost,
        typed: &["apply", "TICKETS"],
        keys: &[("C", "applied all the same")],
        seen: |tickets, on| has(tickets, on, "assignee", "ana"),
        ..PLAIN
    },
    Act {
        name: "forget",
        typed: &["forget", "c4@customer.test", "--yes"],
        keys: &[(":forget<enter>", "Forget c4@customer.test?"), ("y", "redacted here")],
        on: &[&[4]],
        seen: |tickets, on| {
            each(tickets, on, |ticket| !ticket.to_string().contains("c4@customer.test") && !ticket.to_string().contains("Question 4"))
        },
        undone: false,
        ..PLAIN
    },
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Act> {
    FIELDS.iter().chain(SETS).chain(STRUCTURE)
}

/// The mails of the six tickets, in the order in which they came.
pub fn mailbox() -> Vec<String> {
    let with_cc = |number: usize| mail(number).replace(&format!("To: {DESK}\r\n"), &format!("To: {DESK}\r\nCc: cc@customer.test\r\n"));
    let again = |number: usize, suffix: &str| {
        let more = format!("Message-ID: <q{number}{suffix}@customer.test>\r\nReferences: <q{number}@customer.test>\r\n");
        mail(number).replace(&format!("Message-ID: <q{number}@customer.test>\r\n"), &more)
    };
    let same = |number: usize| {
        mail(number).replace(&format!("Customer {number} <c{number}@"), "Customer 5 <c5@").replace(&format!("Question {number}"), "The same")
    };
    vec![with_cc(1), with_cc(2), mail(3), mail(4), same(5), same(6), again(1, "b"), again(1, "c")]
}
