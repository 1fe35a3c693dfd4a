//! Fixed tickets for the tests of what is printed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clock::Clock;
use super::fail::Outcome;
use super::out::Out;
use crate::domain::event::Change;
use crate::domain::message::{Attachment, Class};
use crate::domain::ticket::{Badge, Priority, Status, TicketRow};
use crate::domain::{ActorId, Address, EventId, MessageId, TicketKey};
use crate::protocol::json::{ShownDirection, ShownEvent, ShownMessage, ShownTicket};

/// What something prints where there is room for 80 columns.
pub fn printed(print: impl FnOnce(&mut Out<'_>) -> Outcome<()>) -> String {
    printed_in(80, print)
}

/// The same in so many columns.
pub fn printed_in(width: usize, print: impl FnOnce(&mut Out<'_>) -> Outcome<()>) -> String {
    let mut bytes = Vec::new();
    print(&mut Out::plain(&mut bytes, width)).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub fn clock() -> Clock {
    Clock { now: at("2026-11-23T12:00:00Z"), zone: TimeZone::UTC }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn row(number: Option<u64>, subject: &str, requester: Address) -> TicketRow {
    TicketRow {
        desk: "acme".into(),
        number,
        key: TicketKey::of(&MessageId::synthetic(subject.as_bytes())),
        project: "app".into(),
        status: Status::Open,
        priority: Priority::Normal,
        assignee: None,
        subject: subject.into(),
        requester: Some(requester),
        participants: vec![],
        tags: vec![],
        messages: 1,
        unread: 0,
        created: at("2026-11-20T09:00:00Z"),
        updated: at("2026-11-23T11:15:00Z"),
        waiting_since: None,
        snoozed_until: None,
        first_response_due: None,
        badges: vec![],
    }
}

pub fn rows() -> Vec<TicketRow> {
    vec![
        TicketRow {
            assignee: Some("ana".into()),
            priority: Priority::Urgent,
            tags: vec!["billing".into(), "vip".into()],
            badges: vec![Badge::Unread, Badge::Attachment],
            ..row(Some(1042), "Cannot log in since the update of Monday", Address::new("Kim Lee", "kim@acme.example"))
        },
        TicketRow {
            status: Status::Pending,
            project: "web-shop-and-more".into(),
            updated: at("2026-11-21T10:00:00Z"),
            ..row(Some(7), "請求書について質問があります。よろしくお願いいたします", Address::new("山田 太郎", "taro@jp.example"))
        },
        row(None, "Invoice\u{1b}[31m\u{202e} 17", Address::new("", "a.very.long.address@customer.example")),
    ]
}

pub fn ticket() -> ShownTicket {
    let kim = Address::new("Kim Lee", "kim@acme.example");
    let desk = Address::new("Acme App Support", "app@example.com");
    let mail = |date: &str, text: &str| ShownMessage {
        message_id: MessageId::new("m1@acme.example").unwrap(),
        direction: ShownDirection::In,
        from: Some(kim.clone()),
        to: vec![desk.clone()],
        cc: vec![],
        date: Some(at(date)),
        edited: None,
        subject: "Cannot log in since the update of Monday".into(),
        text: format!("{text}\n\n> quoted"),
        new_text: text.into(),
        html: false,
        attachments: vec![],
        class: Class::Human,
        auto_reason: String::new(),
        bounce: None,
        language: String::new(),
        placed_by: "first".into(),
        placed_why: "it names no mail that is here, so it opened a ticket".into(),
        routed_to: "app@example.com".into(),
        routed_by: "To".into(),
        authentication: "pass".into(),
        flaws: vec![],
        glance: crate::protocol::json::Glance::default(),
        signals: vec![],
    };
    let first = ShownMessage {
        attachments: vec![Attachment { name: "screen.png".into(), kind: "image/png".into(), size: 48_213, content_id: None }],
        flaws: vec!["charset_repaired".into()],
        signals: vec![],
        ..mail("2026-11-20T09:00:00Z", "Hello,\n\nthe login page says\u{1b}[2J nothing.\n\nKim\n")
    };
    let note = ShownMessage {
        direction: ShownDirection::Note,
        from: Some(Address::new("ana", "")),
        to: vec![],
        subject: String::new(),
        ..mail("2026-11-20T10:30:00Z", "Looks like the cookie bug.")
    };
    let answer = ShownMessage {
        direction: ShownDirection::Out,
        from: Some(desk.clone()),
        to: vec![kim.clone()],
        cc: vec![Address::new("", "boss@acme.example")],
        subject: "Re: Cannot log in".into(),
        ..mail("2026-11-21T08:00:00Z", "Please clear the cookies.")
    };
    let event = |seq: u64, time: &str, summary: &str, applied: bool| ShownEvent {
        id: EventId { actor: ActorId(0x00c0_ffee), seq },
        agent: "ana".into(),
        at: at(time),
        change: Change::Skip { seq: 0 },
        not_applied: if applied { String::new() } else { "ben set the status to pending first".into() },
        pending: false,
        is_ours_to_apply: false,
        applied,
        summary: summary.into(),
    };
    ShownTicket {
        row: TicketRow {
            participants: vec![Address::new("", "boss@acme.example")],
            waiting_since: Some(at("2026-11-20T09:00:00Z")),
            ..rows().remove(0)
        },
        messages: vec![first, note, answer],
        events: vec![
            event(1, "2026-11-20T10:00:00Z", "assigned to ana", true),
            event(2, "2026-11-20T10:30:00Z", "", true),
            event(3, "2026-11-22T10:00:00Z", "status set to solved", false),
        ],
        suggestions: vec![],
        links: vec![],
        replying: Vec::new(),
    }
}
