//! What a template can say: plain values under fixed names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Object, ObjectRepr, Value};

/// Everything a template can be filled with. A blank text is the same as no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateContext {
    pub ticket: TicketFields,
    pub requester: RequesterFields,
    pub agent: AgentFields,
    pub project: ProjectFields,
    pub quote: QuoteFields,
    /// What the agent wrote; only for the wrapper `new_note`.
    pub body: String,
    pub texts: Texts,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFields {
    pub number: Option<u64>,
    pub key: String,
    pub subject: String,
    /// The project's short name.
    pub project: String,
    pub status: String,
    /// The text of the customer's first mail.
    pub description: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequesterFields {
    pub name: String,
    pub first_name: String,
    pub address: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentFields {
    /// The display name.
    pub name: String,
    pub address: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFields {
    pub name: String,
    pub from: String,
    pub signature: String,
}

/// The customer's newest mail: text, date as it is to be shown, sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteFields {
    pub last: String,
    pub date: String,
    pub from: String,
}

/// Values for placeholders of GitLab's service desk that have no field of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub issue_url: String,
    pub unsubscribe_url: String,
    pub system_header: String,
    pub system_footer: String,
    pub additional_text: String,
}

/// Every field a template may name.
pub(super) const FIELDS: [&str; 18] = [
    "ticket.number",
    "ticket.key",
    "ticket.subject",
    "ticket.project",
    "ticket.status",
    "ticket.description",
    "requester.name",
    "requester.first_name",
    "requester.address",
    "agent.name",
    "agent.address",
    "project.name",
    "project.from",
    "project.signature",
    "quote.last",
    "quote.date",
    "quote.from",
    "body",
];

/// Groups whose fields stand in [`FIELDS`]; they can be tested but not printed.
pub(super) const GROUPS: [&str; 5] = ["ticket", "requester", "agent", "project", "quote"];

/// GitLab's placeholders, as in `%{ISSUE_ID}`.
pub(super) const PLACEHOLDERS: [&str; 9] =
    ["ISSUE_ID", "ISSUE_PATH", "ISSUE_URL", "ISSUE_DESCRIPTION", "NOTE_TEXT", "UNSUBSCRIBE_URL", "SYSTEM_HEADER", "SYSTEM_FOOTER", "ADDITIONAL_TEXT"];

/// Placeholders that simply vanish without a configured value, as they do in GitLab.
const MAY_VANISH: [&str; 3] = ["SYSTEM_HEADER", "SYSTEM_FOOTER", "ADDITIONAL_TEXT"];

/// Fields that were printed without having a value.
pub(super) type Unfilled = Arc<Mutex<BTreeSet<String>>>;

impl TemplateContext {
    /// The text of a field or placeholder; empty when there is none.
    pub(super) fn text(&self, field: &str) -> String {
        let (ticket, requester, texts) = (&self.ticket, &self.requester, &self.texts);
        let number = || ticket.number.map(|number| format!("#{number}")).unwrap_or_default();
        match field {
            "ticket.number" => ticket.number.map(|number| number.to_string()).unwrap_or_default(),
            "ticket.key" => ticket.key.clone(),
            "ticket.subject" => ticket.subject.clone(),
            "ticket.project" => ticket.project.clone(),
            "ticket.status" => ticket.status.clone(),
            "ticket.description" | "ISSUE_DESCRIPTION" => ticket.description.clone(),
            "requester.name" => requester.name.clone(),
            "requester.first_name" => requester.first_name.clone(),
            "requester.address" => requester.address.clone(),
            "agent.name" => self.agent.name.clone(),
            "agent.address" => self.agent.address.clone(),
            "project.name" => self.project.name.clone(),
            "project.from" => self.project.from.clone(),
            "project.signature" => self.project.signature.clone(),
            "quote.last" => self.quote.last.clone(),
            "quote.date" => self.quote.date.clone(),
            "quote.from" => self.quote.from.clone(),
            "body" | "NOTE_TEXT" => self.body.clone(),
            "ISSUE_ID" => number(),
            "ISSUE_PATH" if ticket.number.is_some() => format!("{}{}", ticket.project, number()),
            "ISSUE_URL" => texts.issue_url.clone(),
            "UNSUBSCRIBE_URL" => texts.unsubscribe_url.clone(),
            "SYSTEM_HEADER" => texts.system_header.clone(),
            "SYSTEM_FOOTER" => texts.system_footer.clone(),
            "ADDITIONAL_TEXT" => texts.additional_text.clone(),
            _ => String::new(),
        }
    }

    /// The values for the engine; printing one that is blank notes its name in `unfilled`.
    pub(super) fn values(&self, unfilled: &Unfilled) -> Value {
        let mut root: BTreeMap<String, Value> = BTreeMap::new();
        let mut groups: BTreeMap<&str, BTreeMap<String, Value>> = GROUPS.iter().map(|group| (*group, BTreeMap::new())).collect();
        for field in FIELDS.into_iter().chain(PLACEHOLDERS) {
            match field.split_once('.') {
                Some((group, name)) => {
                    groups.entry(group).or_default().insert(name.to_owned(), self.value(field, unfilled));
                }
                None => {
                    root.insert(field.to_owned(), self.value(field, unfilled));
                }
            }
        }
        root.extend(groups.into_iter().map(|(group, fields)| (group.to_owned(), Value::from(fields))));
        Value::from(root)
    }

    fn value(&self, field: &str, unfilled: &Unfilled) -> Value {
        let text = self.text(field);
        if !text.trim().is_empty() || MAY_VANISH.contains(&field) {
            return match (field, self.ticket.number) {
                ("ticket.number", Some(number)) => Value::from(number),
                _ => Value::from(text),
            };
        }
        Value::from_object(Blank { field: field.to_owned(), unfilled: Arc::clone(unfilled) })
    }

    /// A context in which every field has a value: for checking templates.
    pub(super) fn sample() -> Self {
        let text = || "x".to_owned();
        Self {
            ticket: TicketFields { number: Some(1), key: text(), subject: text(), project: text(), status: text(), description: text() },
            requester: RequesterFields { name: text(), first_name: text(), address: text() },
            agent: AgentFields { name: text(), address: text() },
            project: ProjectFields { name: text(), from: text(), signature: text() },
            quote: QuoteFields { last: text(), date: text(), from: text() },
            body: text(),
            texts: Texts { issue_url: text(), unsubscribe_url: text(), system_header: text(), system_footer: text(), additional_text: text() },
        }
    }
}

/// A known field without a value: false in conditions, replaced by `default`,
/// and remembered when something prints it.
#[derive(Debug)]
pub(super) struct Blank {
    field: String,
    unfilled: Unfilled,
}

impl Object for Blank {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(mut unfilled) = self.unfilled.lock() {
            unfilled.insert(self.field.clone());
        }
        Ok(())
    }
}
