//! Who takes part in a ticket, and who only knows one of its Message-IDs.
//!
//! A Message-ID is known to whoever has the mail, so References join a ticket
//! whoever writes. But somebody who joined that way is a stranger until an agent
//! says otherwise or writes to him: he is no default recipient, gets no quoted
//! text, and brings nobody else in.

use std::collections::BTreeSet;

use super::Address;
use super::message::Class;

/// Whether a mail can be believed to be ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ours {
    /// It comes from outside.
    #[default]
    No,
    /// It bears one of our addresses, which anybody can write.
    Claimed,
    /// It lies in Sent, left through our outbox, or our server vouches for it.
    Sure,
}

/// What is asked of one mail of a ticket.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub ours: Ours,
    pub class: Class,
    /// Our own server says that the sender is not who he claims to be.
    pub is_forged: bool,
}

/// What the log says about the people of a ticket.
#[derive(Clone, Debug, Default)]
pub struct Agreed<'a> {
    pub requester: Option<&'a Address>,
    /// Added by an agent, in lower case.
    pub added: BTreeSet<String>,
}

/// The people of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Everybody who takes part, the requester included, in the order in which they came.
    pub people: Vec<Address>,
    /// For each letter, in order: whether a stranger wrote it.
    pub strangers: Vec<bool>,
    keys: BTreeSet<String>,
    /// Those whom one of us wrote to apart from everybody else, and whom nobody has brought together with the others since.
    apart: BTreeSet<String>,
}

impl Roster {
    /// Tells whether an address takes part, whatever its case.
    pub fn includes(&self, address: &Address) -> bool {
        self.keys.contains(&address.key())
    }

    /// Who gets an answer to a mail of somebody besides its author, and who of the people does not.
    ///
    /// What a supplier is asked is not for the customer to read, nor the other way round: a mail of ours that went
    /// to none of the people began a conversation of its own.
    pub fn around(&self, author: Option<&Address>) -> (Vec<Address>, Vec<Address>) {
        let is_author = |person: &Address| author.is_some_and(|author| author.key() == person.key());
        let is_apart = author.is_some_and(|author| self.apart.contains(&author.key()));
        let others = self.people.iter().filter(|person| !is_author(person)).cloned();
        let (apart, together): (Vec<Address>, Vec<Address>) = others.partition(|person| self.apart.contains(&person.key()));
        if is_apart { (Vec::new(), together) } else { (together, apart) }
    }

    /// Takes in whom a letter names, and notes whether that happens apart from those who are here.
    fn hear<'a>(&mut self, named: impl Iterator<Item = &'a Address> + Clone, is_own: &dyn Fn(&str) -> bool) {
        let keys: BTreeSet<String> = named.clone().map(Address::key).collect();
        if keys.iter().any(|key| self.keys.contains(key) && !self.apart.contains(key)) {
            self.apart.retain(|key| !keys.contains(key));
        } else {
            self.apart.extend(keys.into_iter().filter(|key| !self.keys.contains(key)));
        }
        self.admit(named, is_own);
    }

    fn admit<'a>(&mut self, addresses: impl IntoIterator<Item = &'a Address>, is_own: &dyn Fn(&str) -> bool) {
        for address in addresses {
            let key = address.key();
            if !address.address.is_empty() && !is_own(&key) && self.keys.insert(key) {
                self.people.push(address.clone());
            }
        }
    }
}

/// Works out who takes part. The letters come in the order in which they arrived.
///
/// Whoever opened the ticket, whoever one of us wrote to, whoever an agent added,
/// and whom these put into To or Cc. A mail that only claims to be ours adds nobody,
/// nor does one our server calls forged, nor a machine's.
pub fn of(letters: &[Letter], agreed: &Agreed<'_>, is_own: &dyn Fn(&str) -> bool) -> Roster {
    let mut roster = Roster::default();
    roster.admit(agreed.requester, is_own);
    let added: Vec<Address> = agreed.added.iter().map(|address| Address::new("", address.as_str())).collect();
    roster.admit(&added, is_own);
    let mut has_begun = agreed.requester.is_some();
    for (index, letter) in letters.iter().enumerate() {
        let is_machine = matches!(letter.class, Class::Bounce);
        let may_speak = match letter.ours {
            Ours::Sure => true,
            Ours::Claimed => false,
            Ours::No => !letter.is_forged && (!has_begun || roster.includes(&letter.from)),
        };
        let is_stranger = match letter.ours {
            Ours::Sure => false,
            Ours::Claimed => letter.is_forged,
            // Whoever opened the ticket may be a forger, but joined nothing.
            Ours::No => index > 0 && has_begun && !may_speak && !is_machine,
        };
        roster.strangers.push(is_stranger);
        if may_speak && !is_machine {
            let author = (letter.ours == Ours::No).then_some(&letter.from);
            let named = author.into_iter().chain(&letter.to).chain(&letter.cc);
            if has_begun { roster.hear(named, is_own) } else { roster.admit(named, is_own) }
        }
        has_begun |= letter.ours != Ours::Claimed;
    }
    roster.name(letters);
    roster
}

impl Roster {
    /// An address an agent typed has no name; a mail may tell it.
    fn name(&mut self, letters: &[Letter]) {
        for person in self.people.iter_mut().filter(|person| person.name.is_empty()) {
            let key = person.key();
            let named = letters.iter().map(|letter| &letter.from).find(|from| from.key() == key && !from.name.is_empty());
            if let Some(named) = named {
                person.name.clone_from(&named.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a(address: &str) -> Address {
        Address::new("", address)
    }

    fn from(address: &str) -> Letter {
        Letter { from: a(address), to: vec![a("support@desk.example")], ..Letter::default() }
    }

    fn people(letters: &[Letter], added: &[&str]) -> (Vec<String>, Vec<bool>) {
        let agreed = Agreed { requester: None, added: added.iter().map(|who| (*who).to_owned()).collect() };
        let roster = of(letters, &agreed, &|address| address.ends_with("@desk.example"));
        (roster.people.into_iter().map(|who| who.address).collect(), roster.strangers)
    }

    #[test]
    fn who_opens_a_ticket_takes_part_and_brings_others_in() {
        let first = Letter { cc: vec![a("boss@x.example")], ..from("c@x.example") };

        assert_eq!(people(&[first, from("BOSS@x.example")], &[]), (vec!["c@x.example".into(), "boss@x.example".into()], vec![false, false]));
    }

    #[test]
    fn who_joins_by_a_reference_alone_is_a_stranger_and_brings_nobody_in() {
        let stranger = Letter { cc: vec![a("friend@z.example")], ..from("eve@z.example") };

        assert_eq!(people(&[from("c@x.example"), stranger, from("friend@z.example")], &[]), (vec!["c@x.example".into()], vec![false, true, true]));
    }

    #[test]
    fn an_agent_confirms_by_adding_or_by_writing() {
        let answer = Letter { from: a("support@desk.example"), to: vec![a("eve@z.example")], ours: Ours::Sure, ..Letter::default() };

        assert_eq!(people(&[from("c@x.example"), from("eve@z.example")], &["eve@z.example"]).1, [false, false]);
        assert_eq!(people(&[from("c@x.example"), answer, from("eve@z.example")], &[]).1, [false, false, false]);
    }

    #[test]
    fn a_mail_that_only_claims_to_be_ours_adds_nobody() {
        let claimed = Letter { from: a("support@desk.example"), to: vec![a("eve@z.example")], ours: Ours::Claimed, ..Letter::default() };

        assert_eq!(people(&[from("c@x.example"), claimed.clone(), from("eve@z.example")], &[]).1, [false, false, true]);
        assert_eq!(people(&[from("c@x.example"), Letter { is_forged: true, ..claimed }], &[]).1, [false, true]);
    }

    #[test]
    fn a_forged_participant_is_a_stranger() {
        let forged = Letter { is_forged: true, cc: vec![a("eve@z.example")], ..from("c@x.example") };

        assert_eq!(people(&[from("c@x.example"), forged], &[]), (vec!["c@x.example".into()], vec![false, true]));
    }

    #[test]
    fn a_delivery_report_is_no_stranger_and_adds_nobody() {
        let report = Letter { class: Class::Bounce, to: vec![a("other@y.example")], ..from("mailer-daemon@y.example") };

        assert_eq!(people(&[from("c@x.example"), report], &[]), (vec!["c@x.example".into()], vec![false, false]));
    }

    /// Who gets an answer to each of these, and who of the people does not.
    fn around(letters: &[Letter], added: &[&str], author: &str) -> (Vec<String>, Vec<String>) {
        let agreed = Agreed { requester: None, added: added.iter().map(|who| (*who).to_owned()).collect() };
        let (with, without) = of(letters, &agreed, &|address| address.ends_with("@desk.example")).around(Some(&a(author)));
        let addresses = |people: Vec<Address>| people.into_iter().map(|who| who.address).collect();
        (addresses(with), addresses(without))
    }

    fn ours(to: &str) -> Letter {
        Letter { from: a("support@desk.example"), to: vec![a(to)], ours: Ours::Sure, ..Letter::default() }
    }

    #[test]
    fn who_takes_part_gets_the_answers_to_the_others() {
        let joined = [from("c@x.example"), from("uma@y.example")];

        assert_eq!(around(&joined, &["uma@y.example"], "uma@y.example"), (vec!["c@x.example".into()], vec![]));
        assert_eq!(around(&joined, &["uma@y.example"], "C@x.example"), (vec!["uma@y.example".into()], vec![]));
        assert_eq!(around(&joined, &[], "c@x.example"), (vec![], vec![]), "a stranger gets nothing");
    }

    #[test]
    fn whom_we_wrote_to_apart_is_in_a_conversation_of_his_own() {
        let asked = [from("c@x.example"), ours("supplier@y.example"), Letter { cc: vec![a("clerk@y.example")], ..from("supplier@y.example") }];
        let ends = vec!["supplier@y.example".to_owned(), "clerk@y.example".to_owned()];

        assert_eq!(around(&asked, &[], "supplier@y.example"), (vec![], vec!["c@x.example".into()]));
        assert_eq!(around(&asked, &[], "c@x.example"), (vec![], ends));
        assert_eq!(around(&asked, &["supplier@y.example"], "supplier@y.example"), (vec!["c@x.example".into(), "clerk@y.example".into()], vec![]));
    }

    #[test]
    fn who_is_brought_together_with_the_others_is_not_apart_any_more() {
        let told = Letter { cc: vec![a("supplier@y.example")], ..ours("c@x.example") };

        assert_eq!(around(&[from("c@x.example"), ours("supplier@y.example"), told], &[], "c@x.example"), (vec!["supplier@y.example".into()], vec![]));
    }

    #[test]
    fn whom_we_wrote_to_first_takes_part() {
        let first = Letter { from: a("support@desk.example"), to: vec![a("c@x.example")], ours: Ours::Sure, ..Letter::default() };

        assert_eq!(people(&[first, from("c@x.example"), from("d@x.example")], &[]), (vec!["c@x.example".into()], vec![false, false, true]));
    }
}
