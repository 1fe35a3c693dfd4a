//! A desk in memory: what it holds, and what the screen has asked of it.

use super::samples::{ago, now, row};
use crate::domain::draft::{Draft, NoteDraft, Objection};
use crate::domain::ticket::{Badge, Priority, Status, TicketRow};
use crate::domain::{Address, EventId, TicketKey, Timestamp};
use crate::protocol::answer::{ConflictLine, HeldMail};
use crate::protocol::job::{Act, Batch, Decision, ReplyOptions};
use crate::protocol::json::{OutboxLine, Replying, ShownTicket};
use crate::tui::{EditTask, Edited, Effect};

/// What a desk would hold.
#[derive(Clone, Debug)]
pub struct Fake {
    pub rows: Vec<TicketRow>,
    pub outbox: Vec<OutboxLine>,
    pub objections: Vec<Objection>,
    /// Who a reply goes to beside the customer.
    pub reply_cc: Vec<Address>,
    pub page: usize,
    pub drafts: Vec<(i64, Draft)>,
    pub note_drafts: Vec<(i64, NoteDraft)>,
    pub trash: Vec<i64>,
    /// What colleagues were told about who answers what.
    pub told: Vec<(TicketKey, bool)>,
    /// Colleagues at the ticket that is answered, and what they have done since.
    pub replying: Vec<Replying>,
    pub news: Vec<(Timestamp, String)>,
    /// What a held mail is to be compared with.
    pub held: Option<HeldMail>,
    /// Mail that is sent is held.
    pub holds: bool,
    /// The id given last.
    pub last_id: i64,
    /// A discarded draft stays in the trash and is listed there.
    pub keeps_trash: bool,
    pub scheduled: Vec<(i64, Draft)>,
    pub sent: Vec<Draft>,
    pub acts: Vec<(TicketKey, Act)>,
    pub seen: Vec<TicketKey>,
    /// Every reading fails.
    pub broken: bool,
    /// A changed ticket moves to the top of the list.
    pub floats: bool,
    /// Tickets that cannot be changed in a batch.
    pub stubborn: Vec<TicketKey>,
    pub batches: Vec<Batch>,
    /// Tickets for which something is suggested.
    pub related: Vec<TicketKey>,
    /// What replies were begun with.
    pub replies: Vec<ReplyOptions>,
    /// Changes are refused.
    pub refuses: bool,
    pub views: Vec<(String, String)>,
    pub conflicts: Vec<ConflictLine>,
    pub decisions: Vec<(EventId, Decision)>,
    /// How often the team's log was to be put back.
    pub restores: usize,
    /// What the editor makes of a text.
    pub editor: fn(&str) -> Edited,
    pub edited: Vec<EditTask>,
    /// Texts are written in an editor of the agent's own, from the start.
    pub external: bool,
    pub notes: Vec<NoteDraft>,
    pub saves: usize,
    pub contacts: Vec<Address>,
    pub undo_window: std::time::Duration,
    /// Shown instead of the usual conversation.
    pub ticket: Option<ShownTicket>,
    pub quit: bool,
    pub now: Timestamp,
    pub other: Vec<Effect>,
}

impl Fake {
    pub fn new() -> Self {
        let mut rows = vec![
            row(1042, "Cannot log in since this morning", "Maria Keller", Status::Open),
            row(1041, "Invoice 2026-113 is wrong", "Jean Dupont", Status::Open),
            row(1039, "お世話になっております。請求書の件", "山田太郎", Status::Open),
            row(1038, "Feature: dark mode 👩‍💻 please", "Özlem Çelik", Status::Open),
            row(1035, "Undelivered Mail Returned to Sender", "Mail Delivery System", Status::Open),
            row(1030, "Refund", "Sam Lee", Status::Pending),
            row(1021, "Old story", "Lena", Status::Solved),
        ];
        rows[0].unread = 1;
        rows[0].badges = vec![Badge::Unread, Badge::Attachment];
        rows[0].waiting_since = Some(ago(30));
        rows[1].assignee = Some("ana".into());
        rows[1].priority = Priority::Urgent;
        rows[1].first_response_due = Some(ago(60));
        rows[3].number = None;
        rows[4].badges = vec![Badge::Bounced];
        Self {
            rows,
            outbox: vec![],
            objections: vec![],
            reply_cc: vec![Address::new("", "boss@client.example")],
            page: 200,
            drafts: vec![],
            note_drafts: vec![],
            trash: vec![],
            told: vec![],
            replying: vec![],
            news: vec![],
            held: None,
            holds: false,
            last_id: 0,
            keeps_trash: false,
            scheduled: vec![],
            sent: vec![],
            acts: vec![],
            seen: vec![],
            broken: false,
            floats: false,
            stubborn: vec![],
            batches: vec![],
            related: vec![],
            replies: vec![],
            refuses: false,
            views: vec![],
            conflicts: vec![],
            decisions: vec![],
            restores: 0,
            editor: |text| Edited::Text(format!("Hello,\n\nit is fixed.\n{text}")),
            edited: vec![],
            external: true,
            notes: vec![],
            saves: 0,
            contacts: vec![Address::new("Maria Keller", "maria@client.example"), Address::new("Mario Rossi", "mario@shop.example")],
            undo_window: std::time::Duration::ZERO,
            ticket: None,
            quit: false,
            now: now(),
            other: vec![],
        }
    }

    pub fn empty() -> Self {
        Self { rows: vec![], ..Self::new() }
    }

    pub fn many(count: u64) -> Self {
        let rows = (1..=count).rev().map(|number| row(number, &format!("Question {number}"), "Kim", Status::Open)).collect();
        Self { rows, ..Self::new() }
    }
}
