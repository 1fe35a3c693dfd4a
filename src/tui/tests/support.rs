//! A worker that answers from a script in memory, and a screen to look at.

use std::collections::VecDeque;

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::domain::draft::{Check, Draft, DraftAttachment, DraftLine, NoteDraft, Objection, Writing};
use crate::domain::event::{Base, Change};
use crate::domain::message::{Attachment, Class};
use crate::domain::outbox::OutboxState;
use crate::domain::query::{self, Is, Query, SortValue, Term};
use crate::domain::ticket::{Badge, Priority, Status, TicketRow};
use crate::domain::{ActorId, Address, EventId, MessageId, TicketKey, Timestamp};
use crate::protocol::answer::{Answer, BatchDone, Company, Complaint, ConflictLine, HeldMail, KnownWords, ListedPage, MailSource, ProjectLine, RenderedTemplate, Review, SendOutcome, TemplateLine};
use crate::protocol::job::{Act, Batch, Decision, Job, PageMark, ReplyOptions};
use crate::protocol::news::{FromWorker, News};
use crate::protocol::json::{Glance, OutboxLine, Replying, ShownDirection, ShownEvent, ShownMessage, ShownTicket, SyncReport};
use crate::tui::key::parse_sequence;
use crate::tui::model::{ProjectTab, Settings};
use crate::tui::text;
use crate::tui::{self, EditTask, Edited, Effect, Habits, Input, Model, Msg, Setup};

pub fn now() -> Timestamp {
    "2026-03-04T12:00:00Z".parse().unwrap()
}

pub fn ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - minutes * 60).unwrap()
}

pub fn key(number: u64) -> TicketKey {
    TicketKey::new(&format!("{number:016x}")).unwrap()
}

fn projects() -> Vec<ProjectTab> {
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

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    fn draft_lines(&self) -> Vec<DraftLine> {
        let line = |id: i64, subject: &str, is_note: bool, to: Vec<Address>| DraftLine {
            id,
            ticket: Some(key(1042)),
            label: "#1042".into(),
            subject: subject.into(),
            to,
            saved: ago(5),
            discarded: self.trash.contains(&id),
            is_note,
        };
        let mails = self.drafts.iter().map(|(id, draft)| line(*id, &draft.subject, false, draft.to.clone()));
        mails.chain(self.note_drafts.iter().map(|(id, note)| line(*id, &note.text, true, vec![]))).collect()
    }

    fn writing(&self, id: i64) -> Option<Writing> {
        let mail = self.drafts.iter().find(|(known, _)| *known == id).map(|(_, draft)| Writing::Mail(Box::new(draft.clone())));
        mail.or_else(|| self.note_drafts.iter().find(|(known, _)| *known == id).map(|(_, note)| Writing::Note(note.clone())))
    }

    pub fn empty() -> Self {
        Self { rows: vec![], ..Self::new() }
    }

    pub fn many(count: u64) -> Self {
        let rows = (1..=count).rev().map(|number| row(number, &format!("Question {number}"), "Kim", Status::Open)).collect();
        Self { rows, ..Self::new() }
    }

    fn whole(&self, row: &TicketRow) -> ShownTicket {
        self.ticket.clone().filter(|ticket| ticket.row.key == row.key).unwrap_or_else(|| shown(row))
    }

    /// As the desk answers: of mail that is neither unread nor the newest, the text is left out.
    fn outline(&self, row: &TicketRow) -> ShownTicket {
        let mut ticket = self.whole(row);
        let last = ticket.messages.len().saturating_sub(1);
        for message in &mut ticket.messages[..last] {
            if !message.glance.is_unread && message.direction != ShownDirection::Note {
                message.glance.outline = Some(message.new_text.chars().take(200).collect());
                (message.text, message.new_text) = (String::new(), String::new());
                message.glance.has_attachments = !std::mem::take(&mut message.attachments).is_empty();
            }
        }
        ticket
    }

    fn matching(&self, query: &Query) -> Vec<TicketRow> {
        self.rows.iter().filter(|row| matches(query, row, self.now)).cloned().collect()
    }

    pub fn answer(&mut self, job: Job) -> Result<Answer, Complaint> {
        if self.broken {
            return Err(Complaint { what: "the cache cannot be read: disk I/O error".into(), remedy: "Check the disk.".into() });
        }
        Ok(match job {
            Job::List(page) => {
                let all = self.matching(&page.query);
                let from = page.after.map_or(0, |mark| mark.row as usize);
                let upto = (from + (page.limit as usize).min(self.page)).min(all.len());
                let next = (upto < all.len()).then_some(PageMark { value: SortValue::Number(0), row: upto as i64 });
                Answer::Page(ListedPage { rows: all[from..upto].to_vec(), next })
            }
            Job::Count(queries) => Answer::Counts(queries.iter().map(|query| self.matching(query).len() as u64).collect()),
            Job::Show(key) => match self.rows.iter().find(|row| row.key == key) {
                Some(row) => Answer::Ticket(Box::new(self.outline(row))),
                None => return Err(Complaint { what: format!("there is no ticket {key}"), remedy: String::new() }),
            },
            Job::Texts { ticket, messages } => {
                let row = self.rows.iter().find(|row| row.key == ticket).cloned().ok_or_else(gone)?;
                let whole = self.whole(&row).messages.into_iter();
                Answer::Texts(whole.filter(|message| messages.contains(&message.message_id)).collect())
            }
            Job::SaveFiles { which, folder, .. } => Answer::Files(which.iter().map(|index| folder.join(format!("file-{index}"))).collect()),
            Job::PutAside { .. } => Answer::Files(vec!["/cache/opened/screen.png".into()]),
            Job::Source(message) => {
                let text = "Received: from x\r\nSubject: s\r\n\r\nbody\r\n".to_owned();
                Answer::Source(Box::new(MailSource { message, size: text.len() as u64, text, is_partial: false }))
            }
            Job::Act { .. } if self.refuses => return Err(Complaint { what: "the disk is full".into(), remedy: "Make room.".into() }),
            Job::Act { tickets, act } => self.act(&tickets, &act),
            Job::Conflicts => Answer::Conflicts(self.conflicts.clone()),
            Job::Decide(decisions) => {
                self.conflicts.retain(|line| !decisions.iter().any(|(event, _)| *event == line.event));
                let what = format!("{} decided", decisions.len());
                self.decisions.extend(decisions);
                Answer::Done { what, events: vec![], tickets: vec![] }
            }
            Job::Undo(_) => Answer::Done { what: "undone: status solved of #1042".into(), events: vec![], tickets: vec![] },
            Job::Redo => Answer::Done { what: "redone: status solved of #1042".into(), events: vec![], tickets: vec![] },
            Job::Forget(address) => Answer::Done { what: format!("{address}: redacted"), events: vec![], tickets: vec![] },
            Job::TellReplying { ticket, is_replying } => {
                self.told.push((ticket, is_replying));
                Answer::Done { what: String::new(), events: vec![], tickets: vec![] }
            }
            Job::Company { ticket, .. } => Answer::Company(Box::new(Company {
                ticket,
                replying: self.replying.clone(),
                news: self.news.clone(),
                seen: None,
                base: Some(Base { lamport: 7, ..Base::default() }),
            })),
            Job::Compare(_) => Answer::Held(Box::new(self.held.clone().ok_or_else(gone)?)),
            Job::MarkSeen(key) => {
                self.seen.push(key.clone());
                self.rows.iter_mut().filter(|row| row.key == key).for_each(|row| row.unread = 0);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![key] }
            }
            Job::BeginReply { ticket, options } => {
                self.replies.push(options.clone());
                let body = if options.template.is_some() { "Dear customer,\n\nwe have refunded it.\n" } else { "\n> quoted\n" };
                let draft = Draft {
                    ticket: Some(ticket),
                    project: "app".into(),
                    from: Address::new("Acme App", "app@acme.example"),
                    to: vec![Address::new("Maria Keller", "maria@client.example")],
                    cc: self.reply_cc.clone(),
                    subject: "Re: Cannot log in".into(),
                    body: body.into(),
                    template: options.template,
                    ..Draft::default()
                };
                Answer::Draft { id: None, draft: Box::new(draft), remarks: vec![] }
            }
            Job::SaveDraft { id, draft } => {
                self.saves += 1;
                let id = id.unwrap_or_else(|| self.new_id());
                self.drafts.retain(|(known, _)| *known != id);
                self.note_drafts.retain(|(known, _)| *known != id);
                self.drafts.push((id, draft));
                Answer::Saved(id)
            }
            Job::SaveNote { id, note } => {
                let id = id.unwrap_or_else(|| self.new_id());
                self.drafts.retain(|(known, _)| *known != id);
                self.note_drafts.retain(|(known, _)| *known != id);
                self.note_drafts.push((id, note));
                Answer::Saved(id)
            }
            Job::WriteNote { draft_id, note } => {
                self.note_drafts.retain(|(known, _)| Some(*known) != draft_id);
                self.notes.push(note);
                Answer::Done { what: "noted on #1042".into(), events: vec![], tickets: vec![] }
            }
            Job::BeginNew { .. } => {
                let from = Address::new("Acme App", "app@acme.example");
                Answer::Draft { id: None, draft: Box::new(Draft { project: "app".into(), from, ..Draft::default() }), remarks: vec![] }
            }
            Job::BeginForward { ticket, .. } => {
                let draft = Draft { ticket: Some(ticket), subject: "Fwd: Cannot log in".into(), body: "\n\nForwarded".into(), ..Draft::default() };
                Answer::Draft { id: None, draft: Box::new(draft), remarks: vec![] }
            }
            Job::Drafts => Answer::Drafts(self.draft_lines()),
            Job::OpenDraft(id) => Answer::Opened { id, writing: self.writing(id).ok_or_else(gone)? },
            Job::RecoverDraft(id) => {
                self.trash.retain(|known| *known != id);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![] }
            }
            Job::RenderTemplate { template, .. } => {
                let text = format!("Dear customer,\n\nthis is the text of {template}.\n");
                Answer::Rendered(Box::new(RenderedTemplate { name: template, text, unfilled: vec!["order.number".into()], ..Default::default() }))
            }
            Job::Identities => Answer::Identities(vec![
                ProjectLine { id: "app".into(), name: "Acme App".into(), from: Address::new("Acme App", "app@acme.example") },
                ProjectLine { id: "shop".into(), name: "Acme Shop".into(), from: Address::new("Acme Shop", "shop@acme.example") },
            ]),
            Job::Contacts { text, .. } => {
                let known = |person: &&Address| person.to_string().to_lowercase().contains(&text.to_lowercase());
                Answer::Contacts(self.contacts.iter().filter(known).cloned().collect())
            }
            Job::Paths(_) => Answer::Paths(vec!["/tmp/invoice.pdf".into(), "/tmp/invoices/".into()]),
            Job::Attach(path) => {
                let name = path.rsplit('/').next().unwrap().to_owned();
                Answer::Attached(DraftAttachment { name, kind: "application/pdf".into(), bytes: vec![0; 2_000] })
            }
            Job::Schedule { draft_id, draft, at, .. } => {
                self.drafts.retain(|(id, _)| Some(*id) != draft_id);
                let id = self.new_id();
                self.scheduled.push((id, *draft));
                Answer::Scheduled { id, at }
            }
            Job::SendScheduled(id) => {
                let left = self.scheduled.iter().position(|(known, _)| *known == id).ok_or_else(gone)?;
                self.sent.push(self.scheduled.remove(left).1);
                Answer::Sent(SendOutcome::Sent)
            }
            Job::Recall(id) => {
                self.outbox.retain(|line| line.id != id);
                let recalled = self.scheduled.iter().position(|(known, _)| *known == id).map(|at| self.scheduled.remove(at).1);
                let draft = recalled.unwrap_or_else(|| Draft { body: "recalled text".into(), ..Draft::default() });
                let id = self.new_id();
                self.drafts.push((id, draft.clone()));
                Answer::Opened { id, writing: Writing::Mail(Box::new(draft)) }
            }
            Job::Retry { id, .. } => {
                self.outbox.retain(|line| line.id != id);
                Answer::Sent(SendOutcome::Sent)
            }
            Job::CancelMail(id) => {
                self.outbox.retain(|line| line.id != id);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![] }
            }
            Job::DiscardDraft(id) if self.keeps_trash => {
                self.trash.push(id);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![] }
            }
            Job::DiscardDraft(id) => {
                self.drafts.retain(|(known, _)| *known != id);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![] }
            }
            Job::Review(draft) => {
                let text = format!("{}\n-- \nAna Ruiz · Acme App", draft.body);
                let remarks = vec!["boss@client.example was added since the customer's last mail".into()];
                Answer::Review(Box::new(Review { draft, text, objections: self.objections.clone(), remarks }))
            }
            Job::Send { draft_id, .. } if self.holds => {
                self.drafts.retain(|(id, _)| Some(*id) != draft_id);
                Answer::Sent(SendOutcome::Held("bo answered this ticket".into()))
            }
            Job::Send { draft_id, draft, allowed } => {
                let left: Vec<Objection> = self.objections.iter().filter(|objection| !allowed.contains(&objection.check)).cloned().collect();
                if left.is_empty() {
                    self.drafts.retain(|(id, _)| Some(*id) != draft_id);
                    self.sent.push(draft);
                    Answer::Sent(SendOutcome::Sent)
                } else {
                    Answer::Sent(SendOutcome::Objected(left))
                }
            }
            Job::Outbox => Answer::Outbox(self.outbox.clone()),
            Job::Templates { .. } => {
                let line = |name: &str, title: &str| TemplateLine { name: name.into(), title: title.into(), language: "en".into() };
                Answer::Templates(vec![line("refund", "Refund granted"), line("welcome", "Welcome aboard")])
            }
            Job::Agents => Answer::Agents(vec!["ana".into(), "ben".into()]),
            Job::NextWake(now) => Answer::Wake(self.rows.iter().filter_map(|row| row.snoozed_until).filter(|until| *until > now).min()),
            Job::Related(tickets) => Answer::Keys(tickets.into_iter().filter(|key| self.related.contains(key)).collect()),
            Job::Keys(query) => Answer::Keys(self.matching(&query).into_iter().map(|row| row.key).collect()),
            Job::Known => {
                Answer::Known(KnownWords { agents: vec!["ana".into(), "ben".into()], tags: vec!["billing".into(), "bug".into(), "vip".into()] })
            }
            Job::Batch(batch) => self.batch(batch),
            Job::SaveView { name, query } => {
                self.views.push((name.clone(), query));
                Answer::Done { what: format!("view `{name}` saved"), events: vec![], tickets: vec![] }
            }
            Job::DropView(name) => {
                self.views.retain(|(known, _)| *known != name);
                Answer::Done { what: format!("view `{name}` taken away"), events: vec![], tickets: vec![] }
            }
            Job::Sync => Answer::Synced(Box::new(SyncReport { messages_new: 3, ..SyncReport::default() })),
        })
    }

    fn batch(&mut self, batch: Batch) -> Answer {
        self.batches.push(batch.clone());
        let (bad, good): (Vec<TicketKey>, Vec<TicketKey>) = batch.tickets.into_iter().partition(|key| self.stubborn.contains(key));
        self.act(&good, &batch.act);
        let first = batch.first.or(Some(EventId { actor: ActorId(1), seq: 7 }));
        let failed = bad.into_iter().map(|key| (key, "there is no such ticket any more".to_owned())).collect();
        Answer::Batch(BatchDone { changed: good.len(), unchanged: 0, failed, first })
    }

    fn act(&mut self, tickets: &[TicketKey], act: &Act) -> Answer {
        for key in tickets {
            for row in self.rows.iter_mut().filter(|row| row.key == *key) {
                match act {
                    Act::Status(status) => row.status = *status,
                    Act::Assign(who) => row.assignee.clone_from(who),
                    Act::Snooze(until) => row.snoozed_until = *until,
                    Act::Project(project) => row.project.clone_from(project),
                    Act::Tag { add, remove } => {
                        row.tags.retain(|tag| !remove.contains(tag));
                        row.tags.extend(add.clone());
                    }
                    _ => {}
                }
            }
            if matches!(act, Act::Merge(_)) {
                self.rows.retain(|row| row.key != *key);
            }
            if let (Act::Accept(which) | Act::Dismiss(which), Some(ticket)) = (act, &mut self.ticket) {
                ticket.suggestions.retain(|suggestion| !which.fits(suggestion));
            }
            // The newest activity comes first, as in the store.
            if self.floats {
                self.rows.sort_by_key(|row| row.key != *key);
            }
            self.acts.push((key.clone(), act.clone()));
        }
        let events = vec![EventId { actor: ActorId(1), seq: 9 }];
        Answer::Done { what: format!("did {act:?}"), events, tickets: tickets.to_vec() }
    }
}

/// What a desk says of something that was there before.
fn gone() -> Complaint {
    Complaint { what: "it is not there any more".into(), remedy: "Read the list again.".into() }
}

/// Enough of the language to tell the views apart.
fn matches(query: &Query, row: &TicketRow, now: Timestamp) -> bool {
    match query {
        Query::And(parts) => parts.iter().all(|part| matches(part, row, now)),
        Query::Or(parts) => parts.iter().any(|part| matches(part, row, now)),
        Query::Not(part) => !matches(part, row, now),
        Query::Term(Term::Status(status)) => row.status == *status,
        Query::Term(Term::Assignee(who)) => row.assignee == *who,
        Query::Term(Term::Number(number)) => row.number == Some(*number),
        Query::Term(Term::Project(project)) => row.project == *project,
        Query::Term(Term::Tag(tag)) => row.tags.contains(tag),
        Query::Term(Term::Is(Is::Snoozed)) => row.snoozed_until.is_some_and(|until| until > now),
        Query::Term(Term::Is(Is::Waiting)) => row.waiting_since.is_some(),
        Query::Term(Term::Is(Is::Automatic)) => false,
        Query::Term(Term::Text { words, .. }) => words.iter().all(|word| row.subject.to_lowercase().contains(&word.to_lowercase())),
        Query::Term(_) => true,
    }
}

/// What the tests' configuration says.
pub fn settings(fake: &Fake) -> Settings {
    Settings {
        views: vec![("vip".into(), "tag:vip".into())],
        file: "config.toml".into(),
        habits: Habits { undo_window: fake.undo_window, external_editor: fake.external },
        downloads: "/home/ana/Downloads".into(),
        ..Settings::default()
    }
}

/// A whole screen on a scripted desk.
#[derive(Clone, Debug)]
pub struct Play {
    pub model: Model,
    pub fake: Fake,
    pub now: Timestamp,
}

impl Play {
    pub fn on(fake: Fake, width: u16, height: u16) -> Self {
        let setup = Setup {
            desk: "acme".into(),
            agent: "ana".into(),
            now: now(),
            zone: TimeZone::UTC,
            width,
            height,
            projects: projects(),
            settings: settings(&fake),
            parse_query: query::parse,
            offline: false,
            log_folder: "/home/ana/.local/state/postdesk".into(),
        };
        let (model, effects) = tui::start(setup);
        let mut play = Self { model, fake, now: now() };
        play.run(effects);
        play
    }

    pub fn new() -> Self {
        Self::on(Fake::new(), 80, 24)
    }

    /// Runs effects until none is left, as the runtime would.
    pub fn run(&mut self, effects: Vec<Effect>) {
        let mut left: VecDeque<Effect> = effects.into();
        while let Some(effect) = left.pop_front() {
            left.extend(self.answer(effect));
        }
    }

    /// Runs one effect; returns what follows from its answer.
    fn answer(&mut self, effect: Effect) -> Vec<Effect> {
        let input = match effect {
            Effect::Read(_, request) | Effect::Do(request) | Effect::Send(request) | Effect::SyncNow(request) => {
                Input::Worker(FromWorker::Reply { id: request.id, result: self.fake.answer(request.job) })
            }
            Effect::Edit { task, text } => {
                self.fake.edited.push(task.clone());
                Input::Edited { task, outcome: (self.fake.editor)(&text) }
            }
            Effect::Quit => {
                self.fake.quit = true;
                return Vec::new();
            }
            other => {
                self.fake.other.push(other);
                return Vec::new();
            }
        };
        self.update(input)
    }

    /// Presses one key and leaves what it asks for unanswered.
    pub fn press_slowly(&mut self, key: &str) -> Vec<Effect> {
        self.update(Input::Key(crate::tui::Key::parse(key).unwrap()))
    }

    /// Answers the first of some effects alone.
    pub fn answer_first(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        self.answer(effects.into_iter().next().unwrap())
    }

    pub fn update(&mut self, input: Input) -> Vec<Effect> {
        self.fake.now = self.now;
        tui::update(&mut self.model, Msg { now: self.now, input })
    }

    /// Lets time pass and rings the alarms that fall due, in their order.
    pub fn wait(&mut self, time: std::time::Duration) -> &mut Self {
        let end = self.now.checked_add(time).unwrap();
        while let Some((alarm, at)) =
            self.model.alarms.iter().min_by_key(|(_, at)| **at).map(|(alarm, at)| (*alarm, *at)).filter(|(_, at)| *at <= end)
        {
            self.now = self.now.max(at);
            let effects = self.update(Input::Alarm(alarm));
            self.run(effects);
        }
        self.now = end;
        self
    }

    pub fn news(&mut self, news: News) {
        let effects = self.update(Input::Worker(FromWorker::News(news)));
        self.run(effects);
    }

    /// Presses keys in the registry's notation, with blanks between them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in parse_sequence(keys).unwrap() {
            let effects = self.update(Input::Key(key));
            self.run(effects);
        }
        self
    }

    /// Types a text, blanks and line ends included.
    pub fn typed(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == '\n' { crate::tui::Key::plain(crate::tui::key::Code::Enter) } else { crate::tui::Key::char(c) };
            let effects = self.update(Input::Key(key));
            self.run(effects);
        }
        self
    }

    /// Where the terminal's cursor stands: column and row.
    pub fn cursor(&self) -> (u16, u16) {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| tui::view(&self.model, frame)).unwrap();
        let at = terminal.backend().cursor_position();
        (at.x, at.y)
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| tui::view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, one line per row, without trailing blanks.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let row = |y: u16| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // A wide grapheme covers the cells behind it.
                x += text::width(symbol).max(1) as u16;
            }
            line.trim_end().to_owned()
        };
        (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
    }

    pub fn toast(&self) -> String {
        self.model.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default()
    }

    pub fn selected(&self) -> Option<u64> {
        self.model.queue.row().and_then(|row| row.number)
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

/// Runs an action with arguments, as a key of the configuration would.
pub fn run_verb(play: &mut Play, action: &str, args: &[&str]) -> Vec<Effect> {
    let args: Vec<String> = args.iter().map(|word| (*word).to_owned()).collect();
    let verb = crate::tui::verb::Verb::of(action, &args).unwrap();
    tui::update::run(&mut play.model, verb)
}
