//! Beginning an answer, and showing what exactly would be sent.

use std::collections::BTreeSet;

use super::act::label;
use super::{Begun, Desk, DeskError, DeskResult};
use crate::domain::draft::{Check, Draft};
use crate::domain::fold::FORGOTTEN_SUBJECT;
use crate::domain::message::{Class, Direction, Flaw};
use crate::domain::project::Project;
use crate::domain::recipients::{self, Answered};
use crate::domain::ticket::TicketState;
use crate::domain::{Address, MessageId, TicketKey, Timestamp, thread};
use crate::mail;
use crate::protocol::answer::Review;
use crate::protocol::job::ReplyOptions;
use crate::store::messages::StoredMessage;

impl Desk {
    /// Begins an answer to a mail of a ticket, the newest that asks for one unless it is named:
    /// recipients, subject, thread headers, template text.
    ///
    /// # Errors
    /// There is no such ticket, no such mail in it, or the template cannot be rendered.
    pub fn begin_reply(&mut self, ticket: &TicketKey, options: &ReplyOptions) -> DeskResult<Begun> {
        let state = self.opened(ticket)?;
        let messages = self.store.messages_of(&state.key)?;
        let answered = answered_message(&messages, options.message.as_ref()).ok_or_else(|| match &options.message {
            Some(id) => DeskError::no_message(format!("ticket {} holds no mail {id} that could be answered", label(&state))),
            None => DeskError::no_message(format!("ticket {} has no mail to answer", label(&state))),
        })?;
        let bytes = self.store.raw(answered.id)?.unwrap_or_default();
        let read = mail::read(&bytes);
        let project = self.project_or_default(&state.project.value)?.project.clone();
        // Nobody answers a delivery report: what is written about it is for the requester.
        let people = self.store.people(&state.key)?;
        let takes_part = answered.class != Class::Bounce && !people.strangers.contains(&answered.id);
        let (with, without) = if answered.class == Class::Bounce { Default::default() } else { people.roster.around(answered.from.as_ref()) };
        let answers = Answered {
            from: answered.from.clone(),
            reply_to: read.reply_to.clone(),
            to: answered.to.clone(),
            cc: answered.cc.clone(),
            sender_takes_part: takes_part,
            own: answered.direction == Direction::Out,
            with,
            without,
        };
        let mut to = self.recipients(&state, &messages, &answers);
        if options.sender_only {
            to.cc.clear();
        } else if takes_part && read.flaws.contains(&Flaw::TooManyAddresses) {
            to.remarks.push("the mail names more people than are read of a mail; the answer does not go to the others".into());
        }
        let mut draft = Draft {
            ticket: Some(state.key.clone()),
            project: project.id.clone(),
            from: self.sender(&project),
            to: to.to,
            cc: to.cc,
            subject: mail::reply_subject(given_subject(&state, &messages).unwrap_or(&answered.subject), state.number),
            in_reply_to: Some(answered.message_id.clone()),
            references: with_ticket(&state.key, &project, references(&read.references, &read.in_reply_to, &answered.message_id)),
            seen: self.store.newest_inbound(&state.key, None)?,
            base: Some(self.store.base()?),
            answers: Some(self.store.known_answers(&state.key)?),
            ..Draft::default()
        };
        if let Some(template) = &options.template {
            self.fill_from_template(&mut draft, template, Some(&state))?;
        }
        if options.quote && takes_part {
            // The time by which its writer knows it, and by which it is shown here.
            let attribution = mail::attribution(read.date.unwrap_or(answered.at), answered.from.as_ref().map_or("somebody", Address::label));
            let quote = mail::quote(&mail::view(&bytes).new_text, &attribution);
            draft.body = format!("{}\n\n{quote}", draft.body.trim_end());
        }
        Ok(Begun { draft, remarks: to.remarks })
    }

    fn recipients(&self, state: &TicketState, messages: &[StoredMessage], answered: &Answered) -> recipients::Recipients {
        let requester = state
            .requester
            .clone()
            .or_else(|| messages.iter().find(|message| message.direction == Direction::In).and_then(|first| first.from.clone()));
        let mut recipients = recipients::of_answer(answered, requester.as_ref(), &|address| self.context.is_own(address));
        recipients.follow(&state.participants, &state.taken_off);
        recipients
    }

    /// Begins a mail that opens a ticket.
    ///
    /// # Errors
    /// There is no such project or template.
    pub fn begin_new(&mut self, project: &str, to: Vec<Address>, subject: &str, template: Option<&str>) -> DeskResult<Begun> {
        let project = self.project(project)?.project.clone();
        let mut draft = Draft { project: project.id.clone(), from: self.sender(&project), to, subject: subject.to_owned(), ..Draft::default() };
        if let Some(template) = template {
            self.fill_from_template(&mut draft, template, None)?;
        }
        Ok(Begun { draft, remarks: Vec::new() })
    }

    /// Begins a mail that opens a ticket, in the project named or the default one.
    ///
    /// # Errors
    /// There is no such project, or none at all.
    pub fn begin_first(&mut self, project: Option<&str>) -> DeskResult<Begun> {
        let id = self.project_or_default(project.unwrap_or_default())?.project.id.clone();
        self.begin_new(&id, Vec::new(), "", None)
    }

    /// The project's sender, under the name its style gives.
    pub(super) fn sender(&self, project: &Project) -> Address {
        let agent = &self.setup.agent;
        let display = if agent.display.is_empty() { &agent.name } else { &agent.display };
        let name = match &project.from_style {
            Some(style) => style.replace("{agent}", display).replace("{project}", &project.name),
            None => project.from.name.clone(),
        };
        Address::new(crate::domain::sanitise::header(&name), project.from.address.clone())
    }

    /// What exactly would leave the house, and what stands against it.
    ///
    /// # Errors
    /// The project's wrapper template cannot be rendered.
    pub fn review(&mut self, draft: &Draft, allowed: &BTreeSet<Check>) -> DeskResult<Review> {
        let project = self.project_or_default(&draft.project)?.project.clone();
        let text = self.final_text(draft)?;
        let objections = super::outgoing::examined(draft.clone(), &project, allowed).err().unwrap_or_default();
        Ok(Review { draft: draft.clone(), text, objections, remarks: self.recipient_remarks(draft)? })
    }

    /// Who was added or left out since the mail being answered, and other things to notice.
    fn recipient_remarks(&mut self, draft: &Draft) -> DeskResult<Vec<String>> {
        let Some(ticket) = draft.ticket.clone() else { return Ok(Vec::new()) };
        let begun = self.begin_reply(&ticket, &self.answered_by(draft, &ticket)?)?;
        let keys = |draft: &Draft| draft.to.iter().chain(&draft.cc).map(Address::key).collect::<BTreeSet<_>>();
        let (usual, chosen) = (keys(&begun.draft), keys(draft));
        let mut remarks = begun.remarks;
        remarks.extend(chosen.difference(&usual).map(|address| format!("added: {address}")));
        remarks.extend(usual.difference(&chosen).map(|address| format!("left out: {address}")));
        remarks.extend(draft.bcc.iter().map(|address| format!("blind copy: {}", address.address)));
        Ok(remarks)
    }

    /// The mail that a draft answers, if it is still in the ticket.
    fn answered_by(&self, draft: &Draft, ticket: &TicketKey) -> DeskResult<ReplyOptions> {
        let Some(id) = &draft.in_reply_to else { return Ok(ReplyOptions::default()) };
        let is_here = self.store.messages_of(ticket)?.iter().any(|message| message.message_id == *id);
        Ok(ReplyOptions { message: is_here.then(|| id.clone()), ..ReplyOptions::default() })
    }

    /// The mail as it will be built.
    pub(super) fn outgoing(&mut self, draft: &Draft, message_id: MessageId, date: Timestamp) -> DeskResult<mail::Outgoing> {
        Ok(mail::Outgoing {
            from: draft.from.clone(),
            to: draft.to.clone(),
            cc: draft.cc.clone(),
            subject: draft.subject.clone(),
            text: self.final_text(draft)?,
            html: None,
            attachments: draft.attachments.clone(),
            message_id,
            date,
            in_reply_to: draft.in_reply_to.clone(),
            references: draft.references.clone(),
            automatic: false,
            thread_topic: None,
        })
    }
}

/// The mail named; without a name the newest human one from outside, else the newest from outside, else our own newest.
fn answered_message<'a>(messages: &'a [StoredMessage], named: Option<&MessageId>) -> Option<&'a StoredMessage> {
    if let Some(id) = named {
        return messages.iter().rev().find(|message| message.message_id == *id);
    }
    let newest = |wanted: &dyn Fn(&StoredMessage) -> bool| messages.iter().rev().find(|message| wanted(message));
    newest(&|message| message.direction == Direction::In && message.class == Class::Human)
        .or_else(|| newest(&|message| message.direction == Direction::In))
        .or_else(|| messages.last())
}

/// What an agent called the ticket; `None` while it goes by its mail.
///
/// An undo writes the subject that was there before, so that it may be the mail's after all.
fn given_subject<'a>(state: &'a TicketState, messages: &[StoredMessage]) -> Option<&'a str> {
    let subject = state.subject.value.as_str();
    let is_given = state.subject.writer.is_some() && !subject.is_empty() && subject != FORGOTTEN_SUBJECT;
    let is_a_mails = || messages.iter().any(|message| mail::base_subject(&message.subject) == mail::base_subject(subject));
    (is_given && !(state.subject_put_back && is_a_mails())).then_some(subject)
}

/// Puts the id that names the ticket behind the first of a chain, so that an answer from a
/// program that shortens the rest away still finds back. A single id needs no company.
fn with_ticket(key: &TicketKey, project: &Project, chain: Vec<MessageId>) -> Vec<MessageId> {
    let mut chain: Vec<MessageId> = chain.into_iter().filter(|id| thread::ticket_named(id).is_none()).collect();
    let own = thread::ticket_reference(key, &project.from.domain()).filter(|_| chain.len() > 1);
    if let Some(own) = own {
        chain.insert(1, own);
    }
    chain
}

/// The chain for References: that of the answered mail, or its In-Reply-To when it
/// has none, and the answered mail itself (RFC 5322 §3.6.4).
fn references(chain: &[MessageId], parents: &[MessageId], answered: &MessageId) -> Vec<MessageId> {
    let before = match (chain, parents) {
        ([], [one]) => std::slice::from_ref(one),
        (chain, _) => chain,
    };
    before.iter().filter(|id| *id != answered).chain([answered]).filter(|id| !id.is_synthetic()).cloned().collect()
}
