//! A ticket without the people in it: addresses and names become placeholders.

use std::collections::HashMap;

use serde_json::Value;

use super::json::{ShownDirection, ShownEvent, ShownMessage, ShownTicket};
use crate::domain::event::Change;
use crate::domain::{Address, MessageId};

/// The domain of placeholders; no mail can ever reach it (RFC 2606).
const NOWHERE: &str = "redacted.invalid";

/// Letters a part of a person's name needs before it is looked for in texts.
const TELLING: usize = 3;

/// Replaces people by placeholders, the same person by the same one wherever it stands.
///
/// Addresses and names of people, of agents, and the ids of their mails are replaced in every
/// field and wherever they are written in a text. What else a person tells of himself in his own
/// words, such as a street or a telephone number, stays.
#[derive(Debug, Default)]
pub struct Redaction {
    /// Lower-cased address → number of the person.
    people: HashMap<String, usize>,
    agents: HashMap<String, usize>,
    mails: HashMap<String, usize>,
    /// First word of a name → all its words and what they become.
    names: HashMap<String, Vec<(Vec<String>, String)>>,
}

impl Redaction {
    pub fn ticket(&mut self, ticket: &mut ShownTicket) {
        self.learn(ticket);
        let row = &mut ticket.row;
        for person in row.requester.iter_mut().chain(&mut row.participants) {
            *person = self.person(person);
        }
        row.assignee = row.assignee.take().map(|agent| self.agent(&agent));
        row.subject = self.text(&row.subject);
        row.tags = row.tags.iter().map(|tag| self.text(tag)).collect();
        for message in &mut ticket.messages {
            self.message(message);
        }
        for event in &mut ticket.events {
            self.event(event);
        }
        for suggestion in &mut ticket.suggestions {
            suggestion.subject = self.text(&suggestion.subject);
            suggestion.why = self.text(&suggestion.why);
            suggestion.address = suggestion.address.take().map(|address| self.address(&address));
        }
    }

    /// Takes in who and what there is, so that a text may name somebody before a header does.
    fn learn(&mut self, ticket: &ShownTicket) {
        for agent in ticket.row.assignee.iter().chain(ticket.events.iter().map(|event| &event.agent)) {
            self.agent(agent);
        }
        let people = ticket.row.requester.iter().chain(&ticket.row.participants);
        for person in people {
            self.person(person);
            self.learn_parts(person);
        }
        for message in &ticket.messages {
            self.mail(&message.message_id);
            for person in message.from.iter().chain(&message.to).chain(&message.cc).filter(|person| person.address.contains('@')) {
                self.person(person);
            }
            // Our own name is no person's: its words stand in every text.
            if let Some(from) = message.from.as_ref().filter(|_| message.direction == ShownDirection::In) {
                self.learn_parts(from);
            }
        }
    }

    fn message(&mut self, message: &mut ShownMessage) {
        message.message_id = self.mail(&message.message_id);
        let is_note = message.direction == ShownDirection::Note;
        for person in message.from.iter_mut().chain(&mut message.to).chain(&mut message.cc) {
            *person = if is_note { Address::new(self.agent(person.label()), "") } else { self.person(person) };
        }
        for text in [
            &mut message.subject,
            &mut message.text,
            &mut message.new_text,
            &mut message.placed_why,
            &mut message.routed_to,
            &mut message.authentication,
        ] {
            *text = self.text(text);
        }
        for file in &mut message.attachments {
            file.name = self.text(&file.name);
            file.content_id = None;
        }
        for signal in &mut message.signals {
            signal.words = self.text(&signal.words);
        }
    }

    fn event(&mut self, event: &mut ShownEvent) {
        event.agent = self.agent(&event.agent);
        event.summary = self.text(&event.summary);
        let changed = serde_json::to_value(&event.change).map(|mut value| {
            self.value(&mut value);
            value
        });
        // What could not be told without its people is not told.
        event.change = changed.and_then(serde_json::from_value).unwrap_or(Change::Skip { seq: 0 });
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.iter_mut().filter(|(name, _)| *name != "op").for_each(|(_, field)| self.value(field)),
            _ => {}
        }
    }

    fn mail(&mut self, id: &MessageId) -> MessageId {
        let number = numbered(&mut self.mails, &id.to_string());
        MessageId::new(&format!("message{number}@{NOWHERE}")).unwrap_or_else(|| MessageId::synthetic(&number.to_be_bytes()))
    }

    /// The placeholder of an address, or of a mail whose id this is.
    fn address(&mut self, address: &str) -> String {
        if let Some(number) = self.mails.get(address) {
            return format!("message{number}@{NOWHERE}");
        }
        if address.ends_with(NOWHERE) {
            return address.to_owned();
        }
        format!("person{}@{NOWHERE}", numbered(&mut self.people, &address.to_lowercase()))
    }

    fn person(&mut self, person: &Address) -> Address {
        if person.address.ends_with(NOWHERE) {
            return person.clone();
        }
        let number = numbered(&mut self.people, &person.key());
        let placeholder = format!("Person {number}");
        self.learn_name(&person.name, &placeholder);
        Address::new(if person.name.is_empty() { String::new() } else { placeholder }, format!("person{number}@{NOWHERE}"))
    }

    fn agent(&mut self, agent: &str) -> String {
        if agent.is_empty()
            || agent.starts_with("agent") && self.agents.len() >= agent.get(5..).and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX)
        {
            return agent.to_owned();
        }
        let placeholder = format!("agent{}", numbered(&mut self.agents, agent));
        self.learn_name(agent, &placeholder);
        placeholder
    }

    /// A person is greeted by a part of his name, too.
    fn learn_parts(&mut self, person: &Address) {
        let placeholder = self.person(person).name;
        for part in words(&person.name).into_iter().filter(|part| part.2.chars().count() >= TELLING) {
            self.learn_name(&part.2, &placeholder);
        }
    }

    fn learn_name(&mut self, name: &str, placeholder: &str) {
        let parts: Vec<String> = words(name).into_iter().map(|(_, _, word)| word).collect();
        let Some(first) = parts.first().filter(|_| name.chars().count() >= 2 && !name.contains('@') && !placeholder.is_empty()) else { return };
        let known = self.names.entry(first.clone()).or_default();
        if !known.iter().any(|(other, _)| *other == parts) {
            known.push((parts, placeholder.to_owned()));
            known.sort_by_key(|(parts, _)| std::cmp::Reverse(parts.len()));
        }
    }

    /// A text with its addresses and known names replaced.
    fn text(&mut self, text: &str) -> String {
        let without_addresses = self.without_addresses(text);
        self.without_names(&without_addresses)
    }

    fn without_names(&self, text: &str) -> String {
        let found = words(text);
        let mut clean = String::with_capacity(text.len());
        let (mut at, mut index) = (0, 0);
        while let Some((start, _, word)) = found.get(index) {
            let known = self.names.get(word).into_iter().flatten().find(|(parts, _)| {
                let next = found.get(index..index + parts.len()).unwrap_or_default();
                next.len() == parts.len() && next.iter().zip(parts).all(|((_, _, word), part)| word == part) && are_close(text, next)
            });
            let Some((parts, placeholder)) = known else {
                index += 1;
                continue;
            };
            index += parts.len();
            clean.push_str(text.get(at..*start).unwrap_or_default());
            clean.push_str(placeholder);
            at = index.checked_sub(1).and_then(|last| found.get(last)).map_or(at, |(_, end, _)| *end);
        }
        clean.push_str(text.get(at..).unwrap_or_default());
        clean
    }

    fn without_addresses(&mut self, text: &str) -> String {
        let is_of_address = |c: char| c.is_alphanumeric() || "@.!#$%&'*+/=?^_`{|}~-".contains(c);
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_address) {
            let (before, from) = rest.split_at(start);
            clean.push_str(before);
            let (token, after) = from.split_at(from.find(|c: char| !is_of_address(c)).unwrap_or(from.len()));
            let address = token.trim_matches(|c: char| !c.is_alphanumeric());
            let is_address = address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 1);
            match token.split_once(address).filter(|_| is_address) {
                Some((front, back)) => {
                    clean.push_str(front);
                    clean.push_str(&self.address(address));
                    clean.push_str(back);
                }
                None => clean.push_str(token),
            }
            rest = after;
        }
        clean.push_str(rest);
        clean
    }
}

/// The number of a key, a new one when it is new.
fn numbered(numbers: &mut HashMap<String, usize>, key: &str) -> usize {
    let next = numbers.len() + 1;
    *numbers.entry(key.to_owned()).or_insert(next)
}

/// The words of a text in lower case, with where they begin and end.
fn words(text: &str) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    let mut from: Option<usize> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (from, c.is_alphanumeric()) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                found.push((start, at, text.get(start..at).unwrap_or_default().to_lowercase()));
                from = None;
            }
            _ => {}
        }
    }
    found
}

/// Whether nothing but a blank, a dot, a dash or a comma or two stands between neighbouring words.
fn are_close(text: &str, words: &[(usize, usize, String)]) -> bool {
    words.windows(2).all(|pair| {
        let [(_, end, _), (start, _, _)] = pair else { return true };
        text.get(*end..*start).is_some_and(|between| between.len() <= 3 && between.chars().all(|c| matches!(c, ' ' | '.' | '-' | '\'' | ',' | '\n')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, address: &str) -> Address {
        Address::new(name, address)
    }

    #[test]
    fn a_person_is_the_same_placeholder_wherever_it_stands() {
        let mut redaction = Redaction::default();
        let kim = redaction.person(&person("Kim Lee", "Kim@acme.example"));
        redaction.learn_parts(&person("Kim Lee", "kim@acme.example"));

        assert_eq!(kim, person("Person 1", "person1@redacted.invalid"));
        assert_eq!(
            redaction.text("Hello Kim, KIM LEE (kim@acme.example) and <bo@acme.example>. Kimono."),
            "Hello Person 1, Person 1 (person1@redacted.invalid) and <person2@redacted.invalid>. Kimono."
        );
        assert_eq!(redaction.person(&kim), kim, "what is redacted stays");
    }

    #[test]
    fn ids_of_mails_are_told_apart_from_addresses() {
        let mut redaction = Redaction::default();
        let id = MessageId::new("a.b@acme.example").unwrap();

        assert_eq!(redaction.mail(&id).to_string(), "message1@redacted.invalid");
        assert_eq!(redaction.text("see <a.b@acme.example>"), "see <message1@redacted.invalid>");
        assert_eq!(redaction.text("mailto:a.b@x.example, at 5 @ home @"), "mailto:person1@redacted.invalid, at 5 @ home @");
    }

    #[test]
    fn agents_are_people_too() {
        let mut redaction = Redaction::default();

        assert_eq!(redaction.agent("ana"), "agent1");
        assert_eq!(redaction.agent("agent1"), "agent1");
        assert_eq!(redaction.text("assigned to ana"), "assigned to agent1");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_address_gets_through(text in "(Kim|Lee|kim@acme\\.example|@|\\.| |-|ß|İ|\n|<|>){0,40}") {
            let mut redaction = Redaction::default();
            redaction.learn_parts(&person("Kim Lee", "kim@acme.example"));
            let clean = redaction.text(&text);
            proptest::prop_assert!(!clean.contains("kim@acme.example"), "{clean}");
        }
    }
}
