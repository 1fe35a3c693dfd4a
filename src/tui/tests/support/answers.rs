//! What a desk in memory answers to each job.

use std::collections::BTreeSet;

use super::fake::Fake;
use super::samples::{ago, key, shown};
use crate::domain::draft::{Check, Draft, DraftAttachment, DraftLine, NoteDraft, Objection, Writing};
use crate::domain::event::Base;
use crate::domain::query::{Is, Query, SortValue, Term};
use crate::domain::ticket::TicketRow;
use crate::domain::{ActorId, Address, EventId, TicketKey, Timestamp};
use crate::protocol::answer::{
    Answer, BatchDone, Company, Complaint, KnownWords, ListedPage, MailSource, ProjectLine, RenderedTemplate, Review, SendOutcome, TemplateLine,
};
use crate::protocol::job::{Act, Batch, Decision, Job, Known, ListPage, PageMark, ReplyOptions};
use crate::protocol::json::{ShownDirection, ShownTicket, SyncReport};

impl Fake {
    pub fn answer(&mut self, job: Job) -> Result<Answer, Complaint> {
        if self.broken {
            return Err(Complaint { what: "the cache cannot be read: disk I/O error".into(), remedy: "Check the disk.".into() });
        }
        Ok(match job {
            Job::List(page) => self.page(&page),
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
            Job::Decide(decisions) => self.decide(decisions),
            Job::RestoreLog => {
                self.restores += 1;
                done("the team's log is put back by the next sync")
            }
            Job::Undo(_) => done("undone: status solved of #1042"),
            Job::Redo => done("redone: status solved of #1042"),
            Job::Forget(address) => done(format!("{address}: redacted")),
            Job::TellReplying { ticket, is_replying } => {
                self.told.push((ticket, is_replying));
                done("")
            }
            Job::Company { ticket, .. } => Answer::Company(Box::new(Company {
                ticket,
                replying: self.replying.clone(),
                news: self.news.clone(),
                now: Known { base: Some(Base { lamport: 7, ..Base::default() }), ..Known::default() },
            })),
            Job::Compare(_) => Answer::Held(Box::new(self.held.clone().ok_or_else(gone)?)),
            Job::MarkSeen(key) => {
                self.seen.push(key.clone());
                self.rows.iter_mut().filter(|row| row.key == key).for_each(|row| row.unread = 0);
                Answer::Done { what: String::new(), events: vec![], tickets: vec![key] }
            }
            Job::BeginReply { ticket, options } => self.reply(ticket, options),
            Job::SaveDraft { id, draft } => self.save_draft(id, draft),
            Job::SaveNote { id, note } => self.save_note(id, note),
            Job::WriteNote { draft_id, note } => {
                self.note_drafts.retain(|(known, _)| Some(*known) != draft_id);
                self.notes.push(note);
                done("noted on #1042")
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
                done("")
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
            Job::Recall(id) => self.recall(id),
            Job::Retry { id, .. } => {
                self.outbox.retain(|line| line.id != id);
                Answer::Sent(SendOutcome::Sent)
            }
            Job::CancelMail(id) => {
                self.outbox.retain(|line| line.id != id);
                done("")
            }
            Job::DiscardDraft(id) if self.keeps_trash => {
                self.trash.push(id);
                done("")
            }
            Job::DiscardDraft(id) => {
                self.drafts.retain(|(known, _)| *known != id);
                done("")
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
            Job::Send { draft_id, draft, allowed } => self.send(draft_id, draft, &allowed),
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
                done(format!("view `{name}` saved"))
            }
            Job::DropView(name) => {
                self.views.retain(|(known, _)| *known != name);
                done(format!("view `{name}` taken away"))
            }
            Job::Sync => Answer::Synced(Box::new(SyncReport { messages_new: 3, ..SyncReport::default() })),
        })
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

    fn page(&self, page: &ListPage) -> Answer {
        let all = self.matching(&page.query);
        let from = page.after.as_ref().map_or(0, |mark| if let SortValue::Number(from) = mark.tie { from as usize } else { 0 });
        let upto = (from + (page.limit as usize).min(self.page)).min(all.len());
        let next = (upto < all.len()).then_some(PageMark { value: SortValue::Number(0), tie: SortValue::Number(upto as i64) });
        Answer::Page(ListedPage { rows: all[from..upto].to_vec(), next })
    }

    fn decide(&mut self, decisions: Vec<(EventId, Decision)>) -> Answer {
        self.conflicts.retain(|line| !decisions.iter().any(|(event, _)| *event == line.event));
        let what = format!("{} decided", decisions.len());
        self.decisions.extend(decisions);
        done(what)
    }

    fn reply(&mut self, ticket: TicketKey, options: ReplyOptions) -> Answer {
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

    fn save_draft(&mut self, id: Option<i64>, draft: Draft) -> Answer {
        self.saves += 1;
        let id = id.unwrap_or_else(|| self.new_id());
        self.drafts.retain(|(known, _)| *known != id);
        self.note_drafts.retain(|(known, _)| *known != id);
        self.drafts.push((id, draft));
        Answer::Saved(id)
    }

    fn save_note(&mut self, id: Option<i64>, note: NoteDraft) -> Answer {
        let id = id.unwrap_or_else(|| self.new_id());
        self.drafts.retain(|(known, _)| *known != id);
        self.note_drafts.retain(|(known, _)| *known != id);
        self.note_drafts.push((id, note));
        Answer::Saved(id)
    }

    fn recall(&mut self, id: i64) -> Answer {
        self.outbox.retain(|line| line.id != id);
        let recalled = self.scheduled.iter().position(|(known, _)| *known == id).map(|at| self.scheduled.remove(at).1);
        let draft = recalled.unwrap_or_else(|| Draft { body: "recalled text".into(), ..Draft::default() });
        let id = self.new_id();
        self.drafts.push((id, draft.clone()));
        Answer::Opened { id, writing: Writing::Mail(Box::new(draft)) }
    }

    fn send(&mut self, draft_id: Option<i64>, draft: Draft, allowed: &BTreeSet<Check>) -> Answer {
        let left: Vec<Objection> = self.objections.iter().filter(|objection| !allowed.contains(&objection.check)).cloned().collect();
        if left.is_empty() {
            self.drafts.retain(|(id, _)| Some(*id) != draft_id);
            self.sent.push(draft);
            Answer::Sent(SendOutcome::Sent)
        } else {
            Answer::Sent(SendOutcome::Objected(left))
        }
    }
}

/// It was done, and no ticket has changed by it.
fn done(what: impl Into<String>) -> Answer {
    Answer::Done { what: what.into(), events: vec![], tickets: vec![] }
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
