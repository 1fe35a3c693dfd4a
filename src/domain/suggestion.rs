//! What postdesk has noticed about a ticket and leaves to an agent to do.
//!
//! Numbers are no secret and subjects repeat, so neither puts a mail into a
//! ticket by itself; they are shown, and accepting one is an ordinary event.

use serde::{Deserialize, Serialize};

use super::TicketKey;
use super::event::Change;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A stranger's mail names the other ticket by `+t<number>`.
    PlusTag,
    /// A stranger's mail names it by `[#number]`.
    SubjectTag,
    /// A mail here names mails of both tickets.
    NamesBoth,
    /// Outlook counts both to one conversation.
    Conversation,
    /// Same subject, same people, not long apart.
    SameSubject,
    /// Somebody who joined by References has not been confirmed.
    Participant,
}

/// Which of the suggestions for a ticket is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    Surest,
    Ticket(TicketKey),
    /// An address, in lower case.
    Person(String),
}

impl Which {
    pub fn fits(&self, suggestion: &Suggestion) -> bool {
        match self {
            Self::Surest => true,
            Self::Ticket(key) => suggestion.key.as_ref() == Some(key),
            Self::Person(address) => suggestion.address.as_ref() == Some(address),
        }
    }
}

/// One suggestion, with what accepting it would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub kind: SuggestionKind,
    /// The other ticket; null for a person.
    pub key: Option<TicketKey>,
    pub number: Option<u64>,
    /// The other ticket's subject; empty for a person.
    pub subject: String,
    /// The person to be confirmed; null for a ticket.
    pub address: Option<String>,
    /// A sentence without its full stop, fit for the terminal.
    pub why: String,
}

impl Suggestion {
    /// The change that accepting it makes: a merge into the older ticket, or a participant more.
    ///
    /// `own` is the ticket it was made for and `own_number` its number.
    pub fn change(&self, own: &TicketKey, own_number: Option<u64>) -> Option<Change> {
        if let Some(address) = &self.address {
            return Some(Change::Participant { ticket: own.clone(), add: vec![address.clone()], remove: Vec::new(), clear: Vec::new() });
        }
        let other = self.key.clone()?;
        let own_is_older = own_number.is_some_and(|own| self.number.is_none_or(|other| own < other));
        Some(if own_is_older { Change::Merge { ticket: other, into: own.clone() } } else { Change::Merge { ticket: own.clone(), into: other } })
    }

    /// How it is named among the others.
    pub fn which(&self) -> Which {
        match (&self.address, &self.key) {
            (Some(address), _) => Which::Person(address.clone()),
            (None, Some(key)) => Which::Ticket(key.clone()),
            (None, None) => Which::Surest,
        }
    }

    /// The other ticket as people call it, or the person.
    pub fn label(&self) -> String {
        match (&self.address, self.number, &self.key) {
            (Some(address), ..) => address.clone(),
            (None, Some(number), _) => format!("#{number}"),
            (None, None, Some(key)) => key.short().to_owned(),
            (None, None, None) => String::new(),
        }
    }

    /// The change that dismissing it makes: the two tickets are not related, or the person is left out.
    pub fn dismissal(&self, own: &TicketKey) -> Option<Change> {
        if let Some(address) = &self.address {
            return Some(Change::Participant { ticket: own.clone(), add: Vec::new(), remove: vec![address.clone()], clear: Vec::new() });
        }
        Some(Change::Unlink { a: own.clone(), b: self.key.clone()? })
    }

    /// What accepting it would do, for a button or a line of help.
    pub fn proposal(&self) -> String {
        match (&self.address, &self.key) {
            (Some(address), _) => format!("add {address} to this ticket"),
            (None, Some(_)) => format!("merge with {}", self.label()),
            (None, None) => "nothing".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> TicketKey {
        TicketKey::new(&digit.to_string().repeat(16)).unwrap()
    }

    fn about(number: u64) -> Suggestion {
        Suggestion {
            kind: SuggestionKind::SameSubject,
            key: Some(key('b')),
            number: Some(number),
            subject: "Help".into(),
            address: None,
            why: String::new(),
        }
    }

    #[test]
    fn the_younger_ticket_is_merged_into_the_older() {
        assert_eq!(about(3).change(&key('a'), Some(7)), Some(Change::Merge { ticket: key('a'), into: key('b') }));
        assert_eq!(about(9).change(&key('a'), Some(7)), Some(Change::Merge { ticket: key('b'), into: key('a') }));
        assert_eq!(about(9).proposal(), "merge with #9");
    }

    #[test]
    fn a_person_is_added() {
        let person = Suggestion { kind: SuggestionKind::Participant, key: None, number: None, address: Some("d@x.example".into()), ..about(0) };

        assert_eq!(
            person.change(&key('a'), None),
            Some(Change::Participant { ticket: key('a'), add: vec!["d@x.example".into()], remove: vec![], clear: vec![] })
        );
    }
}
