//! A mail to many people whom its author did not name: sent only on a word of his.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use super::fail::{FAILED, Failure, Outcome};
use super::input;
use crate::domain::Address;
use crate::domain::draft::Draft;
use crate::domain::recipients::UNASKED;

/// How many people a mail goes to, where more of them than usual are not among those named in the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    everybody: usize,
    unnamed: usize,
}

impl Crowd {
    /// The crowd that a draft goes to; `None` if it goes to few, or to people whom the command names.
    pub fn of(draft: &Draft, named: &[&[Address]]) -> Option<Self> {
        let named: BTreeSet<String> = named.iter().copied().flatten().map(Address::key).collect();
        let everybody = draft.recipient_keys();
        let unnamed = everybody.difference(&named).count();
        (unnamed > UNASKED).then_some(Self { everybody: everybody.len(), unnamed })
    }

    pub fn remark(self) -> String {
        format!("it goes to {} people, {} of whom you did not name", self.everybody, self.unnamed)
    }

    /// Asks whoever sits at the terminal. A script is told to say so beforehand, and nothing is sent.
    ///
    /// # Errors
    /// Nobody agreed; `kept` says where the text is.
    pub fn agree(self, draft: Option<i64>, kept: &str) -> Outcome<()> {
        let question = format!("Send it to {} people, {} of whom you did not name?", self.everybody, self.unnamed);
        if io::stdin().is_terminal() && input::agrees(&question, &mut io::stdin().lock(), &mut io::stderr())? {
            return Ok(());
        }
        let way = draft.map_or_else(
            || "add --yes to send it to all of them, or name who gets it with --to".to_owned(),
            |id| format!("to send it to all of them: postdesk drafts send {id} --yes"),
        );
        Err(Failure::new(FAILED, format!("not sent: {}", self.remark()), [kept, &way].join("\n").trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(name: &str, count: usize) -> Vec<Address> {
        (0..count).map(|number| Address::new("", format!("{name}{number}@crowd.example"))).collect()
    }

    #[test]
    fn people_whom_nobody_named_are_a_crowd_from_twenty_one_on() {
        let draft = |cc| Draft { to: vec![Address::new("", "kim@acme.example")], cc, ..Draft::default() };
        let named = people("c", 15);

        assert_eq!(Crowd::of(&draft(people("c", 19)), &[]), None);
        assert_eq!(Crowd::of(&draft(people("c", 20)), &[]), Some(Crowd { everybody: 21, unnamed: 21 }));
        assert_eq!(Crowd::of(&draft(people("c", 30)), &[&[], &named]), None, "16 are left");
        assert_eq!(Crowd::of(&draft([people("c", 15), people("C", 15)].concat()), &[]), None, "each counts once");
    }
}
