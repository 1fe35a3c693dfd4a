//! What is being written.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::address::is_addr_spec;
use crate::domain::draft::{Draft, DraftLine, NoteDraft, Objection};
use crate::domain::{Address, EventId, TicketKey, Timestamp};
use crate::protocol::answer::{Company, Complaint};
use crate::tui::editor::Editor;
use crate::tui::input::LineInput;

/// How things are written and sent on this desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// So long a mail can be called back; zero sends at once.
    pub undo_window: Duration,
    /// Texts are written in `$VISUAL` or `$EDITOR` from the start.
    pub external_editor: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self { undo_window: Duration::from_secs(10), external_editor: false }
    }
}

/// A mail or a note on its way from its first letter to sent.
#[derive(Clone, Debug)]
pub struct Composing {
    pub kind: Kind,
    pub draft: Draft,
    pub draft_id: Option<i64>,
    /// The note that this one corrects.
    pub edits: Option<EventId>,
    /// Those it came with: they were taken from a mail or from a saved draft, and not typed now.
    pub came_with: BTreeSet<String>,
    /// What it began with: unchanged means nothing was written.
    pub begun: Draft,
    pub stage: Stage,
    pub form: Form,
    /// Something was typed that is not saved yet.
    pub unsaved: bool,
    /// The text as the recipient will read it.
    pub text: String,
    pub objections: Vec<Objection>,
    pub remarks: Vec<String>,
    /// Colleagues at the ticket, and what has come since the answer was begun.
    pub company: Option<Company>,
    /// The same in words, as they were when it was read.
    pub company_lines: Vec<String>,
    /// Colleagues who write as well, with whom the agent wants to send all the same.
    pub accepted: BTreeSet<String>,
    /// The review shows the mail as the customer will see it, and nothing else.
    pub as_received: bool,
    pub scroll: usize,
    /// The agent wants to leave as soon as the draft is saved.
    pub leaving: bool,
    pub error: Option<Complaint>,
}

/// What a text will become. A note cannot be sent: sending takes the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Mail,
    Note(Vec<TicketKey>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The worker prepares the draft.
    Beginning,
    /// It is being typed, here or in an editor.
    Editing,
    /// The worker renders what would be sent.
    Preparing,
    Ready,
    Sending,
}

/// The fields of a mail as they are typed.
#[derive(Clone, Debug)]
pub struct Form {
    pub to: LineInput,
    pub cc: LineInput,
    pub bcc: LineInput,
    pub subject: LineInput,
    pub body: Editor,
    pub focus: Field,
    /// People who continue what stands in a field of recipients.
    pub offers: Vec<Address>,
    pub offered: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    To,
    Cc,
    Bcc,
    Subject,
    Body,
}

impl Field {
    pub const ALL: [Self; 5] = [Self::To, Self::Cc, Self::Bcc, Self::Subject, Self::Body];

    pub fn label(self) -> &'static str {
        match self {
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Bcc => "Bcc",
            Self::Subject => "Subject",
            Self::Body => "",
        }
    }
}

impl Form {
    /// The fields of a draft, with the cursor at the start of the text.
    pub fn of(draft: &Draft) -> Self {
        let list = |people: &[Address]| LineInput::new(&people.iter().map(Address::to_string).collect::<Vec<_>>().join(", "));
        Self {
            to: list(&draft.to),
            cc: list(&draft.cc),
            bcc: list(&draft.bcc),
            subject: LineInput::new(&draft.subject),
            body: Editor::new(&draft.body),
            focus: Field::Body,
            offers: Vec::new(),
            offered: 0,
        }
    }

    /// The line of a field; the text itself has none.
    pub fn line(&self, field: Field) -> Option<&LineInput> {
        match field {
            Field::To => Some(&self.to),
            Field::Cc => Some(&self.cc),
            Field::Bcc => Some(&self.bcc),
            Field::Subject => Some(&self.subject),
            Field::Body => None,
        }
    }

    pub fn line_mut(&mut self, field: Field) -> Option<&mut LineInput> {
        match field {
            Field::To => Some(&mut self.to),
            Field::Cc => Some(&mut self.cc),
            Field::Bcc => Some(&mut self.bcc),
            Field::Subject => Some(&mut self.subject),
            Field::Body => None,
        }
    }

    /// Moves to a field; behind the people who stand there already, another one can be typed at once.
    pub fn enter(&mut self, field: Field) {
        self.focus = field;
        self.offers.clear();
        if matches!(field, Field::To | Field::Cc | Field::Bcc) {
            if let Some(line) = self.line_mut(field).filter(|line| !line.text().trim().is_empty()) {
                *line = LineInput::new(&format!("{}, ", line.text().trim_end_matches([',', ' '])));
            }
        }
    }

    /// Writes what was typed into a draft. What is no address stays as it was typed;
    /// the draft's check objects to it.
    pub fn write_into(&self, draft: &mut Draft) {
        draft.to = recipients(self.to.text());
        draft.cc = recipients(self.cc.text());
        draft.bcc = recipients(self.bcc.text());
        draft.subject = self.subject.text().trim().to_owned();
        draft.body = self.body.text();
    }

    /// What stands behind the last comma of a field of recipients.
    pub fn last_recipient(&self) -> Option<&str> {
        let line = match self.focus {
            Field::To | Field::Cc | Field::Bcc => self.line(self.focus)?,
            Field::Subject | Field::Body => return None,
        };
        split(line.text()).last().copied().map(str::trim)
    }

    /// The person that Enter takes for what is being typed.
    pub fn chosen(&self) -> Option<&Address> {
        self.offers.get(self.offered).filter(|_| self.last_recipient().is_some_and(|typed| !typed.is_empty()))
    }

    /// What stands in the field at hand, is no address, and is not about to become one.
    pub fn no_address(&self) -> Option<String> {
        let line = self.line(self.focus).filter(|_| self.last_recipient().is_some() && self.chosen().is_none())?;
        recipients(line.text()).into_iter().map(|address| address.address).find(|address| !is_addr_spec(address))
    }

    /// Puts a person in place of what stands behind the last comma.
    pub fn complete(&mut self, person: &Address) {
        let focus = self.focus;
        if let Some(line) = self.line_mut(focus) {
            let before: Vec<String> = {
                let parts = split(line.text());
                parts.iter().take(parts.len().saturating_sub(1)).map(|part| part.trim().to_owned()).collect()
            };
            let all: Vec<String> = before.into_iter().chain([person.to_string()]).collect();
            *line = LineInput::new(&format!("{}, ", all.join(", ")));
        }
        self.offers.clear();
    }
}

/// Reads `Ana <a@b>, c@d`; a comma in quotes belongs to a name.
fn recipients(text: &str) -> Vec<Address> {
    let parts = split(text).into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| Address::parse(part).unwrap_or_else(|_| Address::new("", part))).collect()
}

fn split(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        (c == ',' || c == ';') && !quoted
    })
    .collect()
}

impl Composing {
    /// Something to be written, before anything is known of it.
    pub fn begin(kind: Kind, draft: Draft) -> Self {
        Self {
            kind,
            form: Form::of(&draft),
            came_with: draft.recipient_keys(),
            begun: draft.clone(),
            draft,
            draft_id: None,
            edits: None,
            stage: Stage::Beginning,
            unsaved: false,
            text: String::new(),
            objections: Vec::new(),
            remarks: Vec::new(),
            company: None,
            company_lines: Vec::new(),
            accepted: BTreeSet::new(),
            as_received: false,
            scroll: 0,
            leaving: false,
            error: None,
        }
    }

    pub fn is_note(&self) -> bool {
        matches!(self.kind, Kind::Note(_))
    }

    /// Whether something stands against it that cannot be allowed on purpose.
    pub fn is_unsendable(&self) -> bool {
        self.objections.iter().any(|objection| objection.check.is_final())
    }

    /// How many people the mail goes to, each counted once.
    pub fn audience(&self) -> usize {
        if self.is_note() { 0 } else { self.draft.recipient_keys().len() }
    }

    /// How many of them the agent did not type.
    pub fn untyped(&self) -> usize {
        self.draft.recipient_keys().intersection(&self.came_with).count()
    }

    /// The note as it stands, if it is one.
    pub fn note(&self) -> Option<NoteDraft> {
        match &self.kind {
            Kind::Note(tickets) => Some(NoteDraft { note_on: tickets.clone(), text: self.draft.body.clone(), edits: self.edits }),
            Kind::Mail => None,
        }
    }

    /// Whether leaving it would lose nothing a person wrote.
    pub fn is_untouched(&self) -> bool {
        let (now, begun) = (&self.draft, &self.begun);
        let body = now.body.trim();
        let same_body = body.is_empty() || (body == begun.body.trim() && now.template.is_none());
        let same_head = now.to == begun.to && now.cc == begun.cc && now.bcc == begun.bcc && now.subject == begun.subject;
        self.draft_id.is_none() && same_body && same_head && now.attachments == begun.attachments
    }
}

/// The saved drafts.
#[derive(Clone, Debug, Default)]
pub struct DraftsScreen {
    pub lines: Vec<DraftLine>,
    pub selected: usize,
    pub loaded: bool,
    pub error: Option<Complaint>,
}

/// A mail that leaves at a time, up to which it can be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departing {
    pub id: i64,
    pub to: String,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_as_they_are_typed() {
        let read = recipients("\"Keller, Maria\" <maria@x.example>; sam@y.example , nonsense,");
        let shown: Vec<String> = read.iter().map(Address::to_string).collect();
        assert_eq!(shown, ["\"Keller, Maria\" <maria@x.example>", "sam@y.example", "nonsense"]);
    }

    #[test]
    fn a_person_completes_what_stands_behind_the_last_comma() {
        let mut form = Form::of(&Draft { to: vec![Address::new("", "a@x.example")], ..Draft::default() });
        form.focus = Field::To;
        form.to = LineInput::new("a@x.example, mar");
        assert_eq!(form.last_recipient(), Some("mar"));

        form.complete(&Address::new("Maria Keller", "maria@x.example"));

        assert_eq!(form.to.text(), "a@x.example, Maria Keller <maria@x.example>, ");
    }
}
