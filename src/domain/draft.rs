//! A mail being written, and the check that stands between it and the outbox.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::address::is_addr_spec;
use super::fold::FORGOTTEN;
use super::project::Project;
use super::ticket::Status;
use super::{Address, EventId, MessageId, TicketKey, Timestamp, sanitise};

/// Characters given of an entry that is no address: a whole sentence may stand there.
const NAMED_CHARS: usize = 60;

/// A mail being written. Saved as it grows; sending it takes [`Draft::check`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The ticket it answers; `None` for a mail that opens one.
    pub ticket: Option<TicketKey>,
    pub project: String,
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    /// What the agent wrote, without the wrapper template and the signature.
    pub body: String,
    pub template: Option<String>,
    pub attachments: Vec<DraftAttachment>,
    pub in_reply_to: Option<MessageId>,
    /// Oldest first.
    pub references: Vec<MessageId>,
    /// The status the ticket gets once the mail is accepted.
    pub status: Option<Status>,
    /// Tags the template asks for, set together with the status.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The newest inbound mail the author had seen when the answer was begun.
    #[serde(default)]
    pub seen: Option<super::event::Seen>,
    /// How far the team's log had been followed when the answer was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<super::event::Base>,
    /// The answers to the ticket that were known when this one was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<super::answers::KnownAnswers>,
    /// Fields of the template that were left without a value, with the place.
    #[serde(default)]
    pub unfilled: Vec<String>,
}

/// A note being written. It is no [`Draft`], and nothing makes one of it: a note has no way to SMTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteDraft {
    /// The tickets it will stand on.
    pub note_on: Vec<TicketKey>,
    pub text: String,
    /// The note that it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<EventId>,
}

/// Something that was saved while it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writing {
    Mail(Box<Draft>),
    Note(NoteDraft),
}

/// One saved draft, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub id: i64,
    pub ticket: Option<TicketKey>,
    /// Number or short key of the ticket; empty for a mail that opens one.
    pub label: String,
    /// Of a note: its first line.
    pub subject: String,
    /// Nobody, for a note.
    pub to: Vec<Address>,
    pub saved: Timestamp,
    pub discarded: bool,
    pub is_note: bool,
}

/// A file that goes with a mail; its bytes are taken when it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAttachment {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub bytes: Vec<u8>,
}

/// What a draft is examined for; each that is not [final](Check::is_final) can be allowed on purpose with `--allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    UnfilledField,
    EmptyBody,
    MissingAttachment,
    ForeignFrom,
    NoRecipient,
    BadRecipient,
}

impl Check {
    pub const ALL: [Self; 6] =
        [Self::UnfilledField, Self::EmptyBody, Self::MissingAttachment, Self::ForeignFrom, Self::NoRecipient, Self::BadRecipient];

    /// Whether no server could take a mail that fails it, whatever is allowed.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NoRecipient | Self::BadRecipient)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnfilledField => "unfilled-field",
            Self::EmptyBody => "empty-body",
            Self::MissingAttachment => "missing-attachment",
            Self::ForeignFrom => "foreign-from",
            Self::NoRecipient => "no-recipient",
            Self::BadRecipient => "bad-recipient",
        }
    }
}

impl FromStr for Check {
    type Err = super::words::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::words::pick("check", text, &Self::ALL, Self::as_str)
    }
}

/// A check that failed, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Objection {
    pub check: Check,
    pub what: String,
}

/// A mail fit to be sent. Only [`Draft::check`] makes one, so nothing unsendable
/// reaches the outbox, and a note, which is no draft, never can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyReply {
    draft: Draft,
}

impl ReadyReply {
    pub fn draft(&self) -> &Draft {
        &self.draft
    }
}

impl Draft {
    /// Everybody it goes to, with the name of the field each stands in.
    pub fn recipients(&self) -> impl Iterator<Item = (&'static str, &Address)> {
        let fields = [("To", &self.to), ("Cc", &self.cc), ("Bcc", &self.bcc)];
        fields.into_iter().flat_map(|(field, people)| people.iter().map(move |address| (field, address)))
    }

    /// Everybody it goes to, each once, by [`Address::key`].
    pub fn recipient_keys(&self) -> BTreeSet<String> {
        self.recipients().map(|(_, address)| address.key()).collect()
    }

    /// The field of the first recipient that is not good, and the objection to all of them.
    pub fn bad_recipient(&self, is_good: impl Fn(&Address) -> bool) -> Option<(&'static str, Objection)> {
        let mut bad = self.recipients().filter(|(_, address)| !is_good(address));
        let (field, first) = bad.next()?;
        let shown: String = sanitise::line(&first.address).chars().take(NAMED_CHARS).collect();
        let more = match bad.count() {
            0 => String::new(),
            count => format!("; {count} more like it"),
        };
        let what = format!("`{shown}` in {field} is not a mail address (expected name@domain or Name <name@domain>){more}");
        Some((field, Objection { check: Check::BadRecipient, what }))
    }

    /// The objection to a recipient that stands for a person who was forgotten.
    pub fn forgotten_recipient(&self) -> Option<Objection> {
        let (field, _) = self.recipients().find(|(_, address)| address.key() == FORGOTTEN)?;
        let what = format!("{FORGOTTEN} in {field} stands for a person who was forgotten; nobody can be reached there: write another in its place");
        Some(Objection { check: Check::NoRecipient, what })
    }

    /// Examines the draft; what is in `allowed` is not objected to.
    ///
    /// A draft without any recipient cannot be sent even if allowed: there is nobody to send it to.
    /// Nor can one with a recipient that is no address, or that stands for a person who was forgotten.
    ///
    /// # Errors
    /// Returns every objection, not just the first.
    pub fn check(self, project: &Project, allowed: &BTreeSet<Check>) -> Result<ReadyReply, Vec<Objection>> {
        let mut objections = Vec::new();
        for field in &self.unfilled {
            objections.push(Objection { check: Check::UnfilledField, what: format!("the template leaves {field} without a value") });
        }
        if self.body.trim().is_empty() {
            objections.push(Objection { check: Check::EmptyBody, what: "the text is empty".into() });
        }
        if self.attachments.is_empty() && promises_attachment(&self.body) {
            objections.push(Objection { check: Check::MissingAttachment, what: "the text speaks of an attachment, but none is attached".into() });
        }
        if self.from.key() != project.from.key() {
            let what = format!("{} is not the sender address of project `{}` ({})", self.from.address, project.id, project.from.address);
            objections.push(Objection { check: Check::ForeignFrom, what });
        }
        objections.retain(|objection| !allowed.contains(&objection.check));
        if self.recipients().next().is_none() {
            objections.push(Objection { check: Check::NoRecipient, what: "there is no recipient".into() });
        }
        objections.extend(self.forgotten_recipient());
        objections.extend(self.bad_recipient(|address| is_addr_spec(&address.address)).map(|(_, objection)| objection));
        if objections.is_empty() { Ok(ReadyReply { draft: self }) } else { Err(objections) }
    }
}

/// Whether the agent's own words (not quoted lines) announce an attachment.
fn promises_attachment(body: &str) -> bool {
    const WORDS: [&str; 9] = ["attached", "attachment", "enclosed", "im anhang", "angehängt", "ci-joint", "pièce jointe", "adjunto", "in allegato"];
    body.lines().filter(|line| !line.trim_start().starts_with('>')).any(|line| {
        let line = line.to_lowercase();
        WORDS.iter().any(|word| line.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project { id: "app".into(), from: Address::new("App", "app@x.example"), ..Project::default() }
    }

    fn draft() -> Draft {
        Draft { from: Address::new("Ana", "app@x.example"), to: vec![Address::new("", "c@y.example")], body: "Done.".into(), ..Draft::default() }
    }

    fn objections(draft: Draft, allowed: &[Check]) -> Vec<Check> {
        draft.check(&project(), &allowed.iter().copied().collect()).err().unwrap_or_default().into_iter().map(|o| o.check).collect()
    }

    #[test]
    fn a_complete_draft_is_ready() {
        assert!(draft().check(&project(), &BTreeSet::new()).is_ok());
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let draft = Draft { from: Address::new("", "x@evil.example"), body: "  ".into(), to: vec![], unfilled: vec!["ticket.x".into()], ..draft() };

        assert_eq!(objections(draft, &[]), [Check::UnfilledField, Check::EmptyBody, Check::ForeignFrom, Check::NoRecipient]);
    }

    #[test]
    fn a_promised_attachment_is_missed_unless_it_is_quoted_or_allowed() {
        assert_eq!(objections(Draft { body: "See the attached file".into(), ..draft() }, &[]), [Check::MissingAttachment]);
        assert_eq!(objections(Draft { body: "Yes.\n> see the attached file".into(), ..draft() }, &[]), []);
        assert_eq!(objections(Draft { body: "See the attached file".into(), ..draft() }, &[Check::MissingAttachment]), []);
    }

    #[test]
    fn a_recipient_that_is_no_address_is_named_and_cannot_be_allowed() {
        let draft = Draft { cc: vec![Address::new("", "b@y.example"), Address::new("", "foo bar"), Address::new("", "x")], ..draft() };

        let found = draft.check(&project(), &Check::ALL.into()).unwrap_err();

        let what = "`foo bar` in Cc is not a mail address (expected name@domain or Name <name@domain>); 1 more like it";
        assert_eq!(found, [Objection { check: Check::BadRecipient, what: what.into() }]);
    }

    #[test]
    fn one_who_was_forgotten_cannot_be_written_to_even_if_it_is_allowed() {
        for draft in [Draft { to: vec![Address::new("", FORGOTTEN)], ..draft() }, Draft { bcc: vec![Address::new("", FORGOTTEN)], ..draft() }] {
            assert_eq!(objections(draft, &Check::ALL), [Check::NoRecipient]);
        }
    }

    #[test]
    fn nobody_to_send_to_cannot_be_allowed() {
        assert_eq!(objections(Draft { to: vec![], ..draft() }, &[Check::NoRecipient]), [Check::NoRecipient]);
    }
}
