//! Who an answer goes to.

use std::collections::BTreeMap;

use super::Address;
use super::fold::FORGOTTEN;

/// A mail goes to so many people whom its author did not name without his being asked again: a stranger's
/// mail can name hundreds to reply to.
pub const UNASKED: usize = 20;

/// What is known of the mail being answered and of the people around it.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    pub from: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    /// Whether its sender took part in the ticket before this mail, or opened it.
    pub sender_takes_part: bool,
    /// Whether we wrote it ourselves; then the answer goes where that mail went.
    pub own: bool,
    /// Who gets the answer besides its sender, whatever the mail itself says.
    pub with: Vec<Address>,
    /// Who takes part in the ticket and does not get it.
    pub without: Vec<Address>,
}

/// The default recipients of an answer, with what an agent should notice about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub remarks: Vec<String>,
}

impl Recipients {
    /// Adds the addresses that agents put on the ticket as Cc and leaves out those they took off.
    pub fn follow<T>(&mut self, added: &BTreeMap<String, T>, taken_off: &BTreeMap<String, T>) {
        let known: Vec<String> = self.to.iter().chain(&self.cc).map(Address::key).collect();
        self.cc.extend(added.keys().filter(|address| !known.contains(address)).map(|address| Address::new("", address.clone())));
        self.cc.retain(|address| !taken_off.contains_key(&address.key()));
        // Somebody has to get the answer: the last recipient stays, whoever it is.
        if self.to.iter().any(|address| !taken_off.contains_key(&address.key())) {
            self.to.retain(|address| !taken_off.contains_key(&address.key()));
        }
    }

    /// Says who takes part and does not get the answer, since he is in another conversation than its sender.
    fn note_apart(&mut self, answered: &Answered) {
        let gets_it: Vec<String> = self.to.iter().chain(&self.cc).map(Address::key).collect();
        let left_out = answered.without.iter().filter(|person| person.address != FORGOTTEN && !gets_it.contains(&person.key()));
        self.remarks.extend(left_out.map(|person| format!("{} is left out: the two sides were written to apart from each other", person.address)));
    }
}

/// Works out whom an answer goes to.
///
/// Reply-To, else From (marked when their domains differ); the Cc and To of the
/// mail and the people of the ticket are kept as Cc; our own addresses and doubles are
/// left out. A sender who has not taken part before is no default recipient: the requester is.
pub fn of_answer(answered: &Answered, requester: Option<&Address>, is_own: &dyn Fn(&str) -> bool) -> Recipients {
    let mut recipients = Recipients::default();
    let author = if answered.own { answered.to.clone() } else { author(answered, &mut recipients.remarks) };
    let author = if answered.sender_takes_part || answered.own {
        author
    } else {
        if let Some(from) = &answered.from {
            recipients.remarks.push(format!("{} has not taken part in this ticket before and is left out", from.address));
        }
        requester.cloned().into_iter().collect()
    };
    push_new(&mut recipients.to, author, &[], is_own);
    if recipients.to.is_empty() {
        push_new(&mut recipients.to, requester.cloned().into_iter().collect(), &[], is_own);
    }
    if answered.sender_takes_part || answered.own {
        let others = if answered.own { answered.cc.clone() } else { answered.to.iter().chain(&answered.cc).cloned().collect() };
        let to = recipients.to.clone();
        push_new(&mut recipients.cc, others, &to, is_own);
    }
    if !answered.own {
        let to = recipients.to.clone();
        push_new(&mut recipients.cc, answered.with.clone(), &to, is_own);
        recipients.note_apart(answered);
    }
    // Nobody can be reached there, and the others still can. One to whom alone it would go stays, to be objected to.
    recipients.cc.retain(|address| address.address != FORGOTTEN);
    if recipients.to.iter().any(|address| address.address != FORGOTTEN) {
        recipients.to.retain(|address| address.address != FORGOTTEN);
    }
    recipients
}

fn author(answered: &Answered, remarks: &mut Vec<String>) -> Vec<Address> {
    let from: Vec<Address> = answered.from.clone().into_iter().collect();
    if answered.reply_to.is_empty() {
        return from;
    }
    let foreign = answered.reply_to.iter().find(|reply_to| from.first().is_some_and(|from| from.domain() != reply_to.domain()));
    if let (Some(reply_to), Some(from)) = (foreign, from.first()) {
        remarks.push(format!("the answer goes to {}, though {} wrote", reply_to.address, from.address));
    }
    answered.reply_to.clone()
}

fn push_new(list: &mut Vec<Address>, candidates: Vec<Address>, elsewhere: &[Address], is_own: &dyn Fn(&str) -> bool) {
    for candidate in candidates {
        let key = candidate.key();
        let known = list.iter().chain(elsewhere).any(|address| address.key() == key);
        if !known && !is_own(&key) && super::address::is_addr_spec(&candidate.address) {
            list.push(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a(address: &str) -> Address {
        Address::new("", address)
    }

    fn own(address: &str) -> bool {
        address.ends_with("@desk.example")
    }

    fn addresses(list: &[Address]) -> Vec<&str> {
        list.iter().map(|address| address.address.as_str()).collect()
    }

    #[test]
    fn who_is_forgotten_is_left_out_unless_nobody_else_is_there() {
        let answered = |to: &[&str], cc: &[&str]| Answered {
            to: to.iter().map(|address| a(address)).collect(),
            cc: cc.iter().map(|address| a(address)).collect(),
            own: true,
            ..Answered::default()
        };

        let others = of_answer(&answered(&["kim@x.example", FORGOTTEN], &["lee@x.example"]), None, &own);
        let in_copy = of_answer(&answered(&["kim@x.example"], &[FORGOTTEN, "lee@x.example"]), None, &own);
        let alone = of_answer(&answered(&[FORGOTTEN], &[]), None, &own);

        assert_eq!((addresses(&others.to), addresses(&others.cc)), (vec!["kim@x.example"], vec!["lee@x.example"]));
        assert_eq!(in_copy, others);
        assert_eq!(addresses(&alone.to), [FORGOTTEN], "which is objected to");
    }

    #[test]
    fn the_answer_goes_to_reply_to_and_says_so_when_the_domain_differs() {
        let answered = Answered { from: Some(a("c@x.example")), reply_to: vec![a("c@evil.example")], sender_takes_part: true, ..Answered::default() };

        let recipients = of_answer(&answered, None, &own);

        assert_eq!(addresses(&recipients.to), ["c@evil.example"]);
        assert_eq!(recipients.remarks.len(), 1);
    }

    #[test]
    fn the_others_stay_in_cc_and_we_ourselves_do_not() {
        let answered = Answered {
            from: Some(a("c@x.example")),
            to: vec![a("support@desk.example"), a("boss@x.example")],
            cc: vec![a("C@x.example"), a("d@x.example"), a("app@desk.example")],
            sender_takes_part: true,
            ..Answered::default()
        };

        let recipients = of_answer(&answered, None, &own);

        assert_eq!(addresses(&recipients.to), ["c@x.example"]);
        assert_eq!(addresses(&recipients.cc), ["boss@x.example", "d@x.example"]);
    }

    #[test]
    fn a_stranger_who_joined_by_references_is_not_answered_by_default() {
        let answered = Answered { from: Some(a("stranger@z.example")), cc: vec![a("friend@z.example")], ..Answered::default() };

        let recipients = of_answer(&answered, Some(&a("c@x.example")), &own);

        assert_eq!(addresses(&recipients.to), ["c@x.example"]);
        assert_eq!(recipients.cc, []);
        assert_eq!(recipients.remarks.len(), 1);
    }

    #[test]
    fn after_our_own_mail_the_next_one_goes_to_the_same_people() {
        let answered =
            Answered { from: Some(a("app@desk.example")), to: vec![a("c@x.example")], cc: vec![a("d@x.example")], own: true, ..Answered::default() };

        let recipients = of_answer(&answered, None, &own);

        assert_eq!((addresses(&recipients.to), addresses(&recipients.cc)), (vec!["c@x.example"], vec!["d@x.example"]));
    }
}
