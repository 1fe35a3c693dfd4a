//! Templates of the projects: listing, checking, and turning one into a mail.

use super::{Desk, DeskError, DeskResult};
use crate::domain::TicketKey;
use crate::domain::draft::{Draft, DraftAttachment};
use crate::domain::message::{Class, Direction};
use crate::domain::ticket::TicketState;
use crate::mail;
use crate::protocol::answer::TemplateLine;
use crate::templates::{AgentFields, ProjectFields, TemplateContext, TemplateError, Templates};

impl Desk {
    /// The named templates of one project, or of all, each with its project.
    ///
    /// # Errors
    /// There is no such project.
    pub fn templates(&mut self, project: Option<&str>) -> DeskResult<Vec<(String, TemplateLine)>> {
        if let Some(project) = project {
            self.project(project)?;
        }
        let wanted = self.setup.desk.projects.iter().filter(|known| project.is_none_or(|id| known.project.id == id));
        Ok(wanted
            .flat_map(|known| {
                let lines = Templates::load(&known.templates).list();
                lines.into_iter().map(|line| (known.project.id.clone(), TemplateLine { name: line.name, title: line.title, language: line.language }))
            })
            .collect())
    }

    /// Problems of all templates, each with file, line and nearest name; empty when all is well.
    ///
    /// # Errors
    /// None at present; the result leaves room for projects read from elsewhere.
    pub fn check_templates(&mut self) -> DeskResult<Vec<String>> {
        let mut problems: Vec<String> = self
            .setup
            .desk
            .projects
            .iter()
            .flat_map(|project| Templates::load(&project.templates).check())
            .map(|problem| problem.to_string())
            .collect();
        problems.sort();
        problems.dedup();
        Ok(problems)
    }

    /// A template as it would begin a reply to a ticket.
    ///
    /// # Errors
    /// There is no such template, or a field in it has no value.
    pub fn render_template(&mut self, name: &str, ticket: &TicketKey) -> DeskResult<String> {
        let state = self.opened(ticket)?;
        let project = self.project_or_default(&state.project.value)?.project.id.clone();
        let mut draft = Draft { project, ticket: Some(state.key.clone()), ..Draft::default() };
        self.fill_from_template(&mut draft, name, Some(&state))?;
        if let Some(field) = draft.unfilled.first() {
            return Err(DeskError::Failed {
                what: format!("template `{name}` leaves {field} without a value"),
                remedy: "Give it a `default`, or fill it in by hand after `reply --template`.".into(),
            });
        }
        self.final_text(&draft)
    }

    /// Puts a template's text, status, tags and files into a draft.
    pub(super) fn fill_from_template(&mut self, draft: &mut Draft, name: &str, state: Option<&TicketState>) -> DeskResult<()> {
        let project = self.project_or_default(&draft.project)?.clone();
        let context = self.template_context(draft, state)?;
        let language = self.language_of(draft)?;
        let templates = Templates::load(&project.templates);
        let rendered = templates.render(name, &context, language.as_deref()).map_err(|error| template_error(&error))?;
        draft.body = rendered.body;
        draft.template = Some(name.to_owned());
        draft.status = rendered.status.or(draft.status);
        draft.tags = rendered.tags;
        draft.unfilled = rendered.unfilled;
        if let Some(subject) = rendered.subject.filter(|_| draft.ticket.is_none() && draft.subject.is_empty()) {
            draft.subject = subject;
        }
        for path in rendered.attachments {
            let bytes = std::fs::read(&path).map_err(|error| DeskError::Failed {
                what: format!("template `{name}` attaches {}, which cannot be read: {error}", path.display()),
                remedy: "Correct `attachments` in the template's head.".into(),
            })?;
            let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            draft.attachments.push(DraftAttachment {
                name: crate::domain::sanitise::file_name(&file_name),
                kind: mail::media_type(&file_name).to_owned(),
                bytes,
            });
        }
        Ok(())
    }

    /// The text as the recipient reads it: wrapped by the project's `new_note`, signature below.
    pub(super) fn final_text(&mut self, draft: &Draft) -> DeskResult<String> {
        let project = self.project_or_default(&draft.project)?.clone();
        let state = match &draft.ticket {
            Some(ticket) => self.store.ticket_state(ticket)?,
            None => None,
        };
        let mut context = self.template_context(draft, state.as_ref())?;
        context.body = draft.body.trim_end().trim_start_matches('\n').to_owned();
        let templates = Templates::load(&project.templates);
        let wrapped = templates.wrap(&context, self.language_of(draft)?.as_deref()).map_err(|error| template_error(&error))?;
        let signature = project.project.signature.trim_end();
        let text = wrapped.body.trim_end();
        if signature.is_empty() || templates.wrapper_has_signature() {
            return Ok(format!("{text}\n"));
        }
        Ok(format!("{text}\n\n-- \n{signature}\n"))
    }

    /// The customer's language, if the draft answers one and it is known.
    fn language_of(&mut self, draft: &Draft) -> DeskResult<Option<String>> {
        let Some(ticket) = draft.ticket.clone() else { return Ok(None) };
        Ok(Some(self.language(&ticket)?).filter(|language| !language.is_empty()))
    }

    fn template_context(&mut self, draft: &Draft, state: Option<&TicketState>) -> DeskResult<TemplateContext> {
        let project = self.project_or_default(&draft.project)?.project.clone();
        let agent = &self.setup.agent;
        let mut context = TemplateContext {
            agent: AgentFields {
                name: if agent.display.is_empty() { agent.name.clone() } else { agent.display.clone() },
                address: agent.address.clone(),
            },
            project: ProjectFields { name: project.name.clone(), from: project.from.address.clone(), signature: project.signature.clone() },
            ..TemplateContext::default()
        };
        context.ticket.project = project.id;
        let requester = state.and_then(|state| state.requester.clone()).or_else(|| draft.to.first().cloned());
        if let Some(requester) = requester {
            context.requester.first_name = requester.first_name().unwrap_or_default().to_owned();
            context.requester.name = requester.name;
            context.requester.address = requester.address;
        }
        let Some(state) = state else { return Ok(context) };
        context.ticket.number = state.number;
        context.ticket.key = state.key.to_string();
        context.ticket.subject = state.subject.value.clone();
        context.ticket.status = state.status.value.as_str().to_owned();
        self.add_texts(&mut context, &state.key)?;
        Ok(context)
    }

    /// The customer's first words, and the newest ones.
    fn add_texts(&mut self, context: &mut TemplateContext, ticket: &TicketKey) -> DeskResult<()> {
        let messages = self.store.messages_of(ticket)?;
        let inbound = || messages.iter().filter(|message| message.direction == Direction::In);
        if let Some(first) = inbound().next() {
            context.ticket.description = self.new_text_of(first.id)?;
        }
        let newest = inbound().rev().find(|message| message.class == Class::Human).or_else(|| inbound().next_back());
        if let Some(newest) = newest {
            let (read, view) = mail::open(&self.store.raw(newest.id)?.unwrap_or_default());
            context.quote.last = view.new_text;
            context.quote.date = read.date.unwrap_or(newest.at).strftime("%Y-%m-%d %H:%M").to_string();
            context.quote.from = newest.from.as_ref().map(|from| from.label().to_owned()).unwrap_or_default();
        }
        Ok(())
    }

    fn new_text_of(&self, message: i64) -> DeskResult<String> {
        Ok(self.store.raw(message)?.map(|bytes| mail::view(&bytes).new_text).unwrap_or_default())
    }
}

fn template_error(error: &TemplateError) -> DeskError {
    let (what, remedy) = (error.to_string(), error.remedy());
    match error {
        TemplateError::NotFound { .. } => DeskError::NotFound { what, remedy: remedy.into() },
        TemplateError::Broken(_) => DeskError::Failed { what, remedy },
    }
}
