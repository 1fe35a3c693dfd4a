//! Tickets, conversations and mails to show.

use crate::domain::draft::{Check, Objection};
use crate::domain::event::Change;
use crate::domain::message::{Attachment, Class};
use crate::domain::outbox::OutboxState;
use crate::domain::ticket::{Priority, Status, TicketRow};
use crate::domain::{ActorId, Address, EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::json::{Glance, OutboxLine, ShownDirection, ShownEvent, ShownMessage, ShownTicket};
use crate::tui::model::ProjectTab;

pub fn now() -> Timestamp {
    "2026-03-04T12:00:00Z".parse().unwrap()
}

pub fn ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - minutes * 60).unwrap()
}

pub fn key(number: u64) -> TicketKey {
    TicketKey::new(&format!("{number:016x}")).unwrap()
}

pub fn projects() -> Vec<ProjectTab> {
    let project = |id: &str, name: &str| ProjectTab { id: id.into(), name: name.into(), address: format!("{id}@acme.example") };
    vec![project("app", "Acme App"), project("shop", "Acme Shop")]
}

pub fn row(number: u64, subject: &str, from: &str, status: Status) -> TicketRow {
    TicketRow {
        desk: "acme".into(),
        number: Some(number),
        key: key(number),
        project: "app".into(),
        status,
        priority: Priority::Normal,
        assignee: None,
        subject: subject.into(),
        requester: Some(Address::new(from, "customer@client.example")),
        participants: vec![],
        tags: vec![],
        messages: 2,
        unread: 0,
        created: ago(3_000),
        updated: ago(number as i64 * 7 % 4_000),
        waiting_since: None,
        snoozed_until: None,
        first_response_due: None,
        badges: vec![],
    }
}

fn message(direction: ShownDirection, who: &str, minutes: i64, text: &str, new_text: &str) -> ShownMessage {
    ShownMessage {
        message_id: MessageId::new(&format!("m{minutes}@x.example")).unwrap(),
        direction,
        from: Some(Address::new(who, "who@client.example")),
        to: vec![Address::new("", "support@acme.example")],
        cc: vec![],
        date: Some(ago(minutes)),
        edited: None,
        subject: "s".into(),
        text: text.into(),
        new_text: new_text.into(),
        html: false,
        attachments: vec![],
        class: Class::Human,
        auto_reason: String::new(),
        bounce: None,
        language: String::new(),
        placed_by: "reference".into(),
        placed_why: "it names no mail that is here, so it opened a ticket".into(),
        routed_to: "app@example.com".into(),
        routed_by: "To".into(),
        authentication: "none".into(),
        flaws: vec![],
        glance: Glance::default(),
        signals: vec![],
    }
}

/// A ticket with a question, an answer, a note and a change.
pub fn shown(row: &TicketRow) -> ShownTicket {
    let question = "Hello,\n\nI cannot log in since this morning. The page says \"session expired\" whatever I type, and the reset mail never arrives.\n\nRegards";
    let mut first = message(ShownDirection::In, "Maria Keller", 300, question, question);
    first.attachments = vec![Attachment { name: "screen.png".into(), kind: "image/png".into(), size: 48_213, content_id: None }];
    let last = message(ShownDirection::In, "Maria Keller", 30, "It works again, thank you!", "It works again, thank you!");
    let answer = "Hello Maria,\n\nplease try again now.\n\nAna\n\n> I cannot log in\n> since this morning.";
    ShownTicket {
        row: row.clone(),
        messages: vec![
            first,
            message(ShownDirection::Out, "Ana Ruiz", 200, answer, "Hello Maria,\n\nplease try again now.\n\nAna"),
            message(ShownDirection::Note, "ana", 150, "Looks like the session store is full.", "Looks like the session store is full."),
            ShownMessage { glance: Glance { is_unread: row.unread > 0, ..Glance::default() }, ..last },
        ],
        events: vec![ShownEvent {
            id: EventId { actor: ActorId(1), seq: 1 },
            agent: "ana".into(),
            at: ago(250),
            change: Change::Assign { ticket: row.key.clone(), value: Some("ana".into()) },
            not_applied: String::new(),
            pending: false,
            is_ours_to_apply: false,
            applied: true,
            summary: "assigned it to ana".into(),
        }],
        suggestions: vec![],
        links: vec![],
        replying: vec![],
    }
}

pub fn objection(check: Check, what: &str) -> Objection {
    Objection { check, what: what.into() }
}

pub fn waiting_mail(id: i64, state: OutboxState, error: Option<&str>) -> OutboxLine {
    OutboxLine {
        id,
        ticket: Some("#1042".into()),
        state,
        to: vec!["maria@client.example".into()],
        subject: "Re: Cannot log in".into(),
        message_id: None,
        since: ago(12),
        attempts: 1,
        next_try: None,
        error: error.map(str::to_owned),
    }
}

/// The id of the mail of a place in such a ticket.
pub fn nth_mail(number: usize) -> MessageId {
    MessageId::new(&format!("n{number}@x.example")).unwrap()
}

/// A ticket of so many mails that say their number; the last is unread.
pub fn ticket_of(count: usize) -> ShownTicket {
    let mut ticket = shown(&row(1042, "Cannot log in", "Maria Keller", Status::Open));
    let one = ticket.messages[0].clone();
    ticket.messages = (0..count)
        .map(|number| {
            let text = format!("This is mail {number}.\n\n> quoted in {number}");
            let mut message = ShownMessage { message_id: nth_mail(number), new_text: format!("This is mail {number}."), text, ..one.clone() };
            message.glance.is_unread = number + 1 == count;
            message
        })
        .collect();
    ticket.events.clear();
    ticket
}
