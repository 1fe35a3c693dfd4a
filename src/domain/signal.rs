//! What an agent should notice about the sender of a mail before answering.

use serde::{Deserialize, Serialize};

use super::authentication::{Checked, Verdict};
use super::participants::Ours;
use super::thread::PlacedBy;
use super::{Address, lookalike, sanitise};

/// One thing to notice, in a word for programs and in a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub kind: SignalKind,
    /// Fit for the terminal; no full stop.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Our own server says that the sender is another.
    Forged,
    /// Somebody who has not taken part joined by References.
    Stranger,
    /// It bears our address, but nothing shows that it is ours.
    ClaimsToBeOurs,
    LookAlike,
    ReplyToDiffers,
    /// The name before the address is another address.
    NameIsAnAddress,
    /// Another mail here bears the same Message-ID.
    SameId,
    FirstTime,
}

impl SignalKind {
    /// Whether it is a warning; the others only inform.
    pub fn is_warning(self) -> bool {
        self != Self::FirstTime && self != Self::SameId
    }
}

/// What the signals of one mail are made of.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub from: Option<&'a Address>,
    pub reply_to: &'a [Address],
    pub ours: Ours,
    pub is_stranger: bool,
    /// Nobody has had a mail from this address before this one.
    pub is_first: bool,
    pub checked: &'a Checked,
    /// The other people of the ticket and our own addresses.
    pub known: &'a [Address],
    pub placed_by: Option<&'a PlacedBy>,
}

/// Everything to notice, the gravest first.
pub fn of(facts: &Facts<'_>) -> Vec<Signal> {
    let mut signals = Vec::new();
    let mut note = |kind, text: String| signals.push(Signal { kind, text: sanitise::line(&text).into_owned() });
    let from = facts.from.cloned().unwrap_or_default();
    if facts.checked.verdict == Verdict::Fail {
        note(SignalKind::Forged, format!("the sender is not who he claims to be, says our server ({})", facts.checked.words));
    }
    if facts.ours == Ours::Claimed && facts.checked.verdict == Verdict::None {
        note(SignalKind::ClaimsToBeOurs, format!("it bears our address {} but does not lie in Sent", from.address));
    }
    if facts.is_stranger {
        note(SignalKind::Stranger, format!("{} has not taken part in this ticket before; answers leave him out until you add him", from.address));
    }
    if facts.ours == Ours::No {
        senders(&from, facts, &mut note);
    }
    if facts.placed_by == Some(&PlacedBy::SameId) {
        note(SignalKind::SameId, "another mail of this ticket bears the same Message-ID".into());
    }
    if facts.is_first && facts.ours == Ours::No {
        note(SignalKind::FirstTime, format!("first mail from {}", from.address));
    }
    signals
}

fn senders(from: &Address, facts: &Facts<'_>, note: &mut dyn FnMut(SignalKind, String)) {
    let replies = facts.reply_to.iter().filter(|reply_to| reply_to.domain() != from.domain());
    let mut domains = vec![from.domain()];
    for reply_to in replies {
        note(SignalKind::ReplyToDiffers, format!("answers go to {}, though {} wrote", reply_to.address, from.address));
        domains.push(reply_to.domain());
    }
    for domain in domains {
        let copied = facts.known.iter().map(Address::domain).find(|known| lookalike::looks_like(&domain, known));
        if let Some(genuine) = copied {
            note(SignalKind::LookAlike, format!("{domain} looks like {genuine} but is another domain"));
        }
    }
    if let Some(claimed) = address_in(&from.name).filter(|claimed| !claimed.eq_ignore_ascii_case(&from.address)) {
        note(SignalKind::NameIsAnAddress, format!("the name says {claimed}, the address is {}", from.address));
    }
}

/// An address that stands in a display name.
fn address_in(name: &str) -> Option<&str> {
    let words = name.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '"' | '\'' | ',' | ';' | '[' | ']'));
    words.into_iter().find(|word| word.contains('.') && super::address::is_addr_spec(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(from: &Address, reply_to: &[Address], change: impl FnOnce(&mut Facts<'_>)) -> Vec<SignalKind> {
        let checked = Checked::default();
        let known = [Address::new("", "c@acmebank.example")];
        let mut facts = Facts {
            from: Some(from),
            reply_to,
            ours: Ours::No,
            is_stranger: false,
            is_first: false,
            checked: &checked,
            known: &known,
            placed_by: None,
        };
        change(&mut facts);
        of(&facts).into_iter().map(|signal| signal.kind).collect()
    }

    #[test]
    fn an_ordinary_mail_raises_nothing() {
        assert_eq!(kinds(&Address::new("Carla", "c@acmebank.example"), &[], |_| ()), []);
        assert_eq!(kinds(&Address::new("", "c@mail.acmebank.example"), &[Address::new("", "x@mail.acmebank.example")], |_| ()), []);
    }

    #[test]
    fn a_reply_to_elsewhere_a_look_alike_and_a_false_name_are_noticed() {
        let from = Address::new("boss@acmebank.example", "boss@acrnebank.example");

        let kinds = kinds(&from, &[Address::new("", "boss@mail.example")], |_| ());

        assert_eq!(kinds, [SignalKind::ReplyToDiffers, SignalKind::LookAlike, SignalKind::NameIsAnAddress]);
    }

    #[test]
    fn a_stranger_who_writes_for_the_first_time_is_both() {
        let from = Address::new("", "eve@z.example");

        assert_eq!(
            kinds(&from, &[], |facts| {
                facts.is_stranger = true;
                facts.is_first = true;
            }),
            [SignalKind::Stranger, SignalKind::FirstTime]
        );
    }

    #[test]
    fn what_our_server_calls_forged_comes_first() {
        let checked = Checked { verdict: Verdict::Fail, words: "dmarc=fail".into() };
        let from = Address::new("", "c@acmebank.example");
        let facts = Facts {
            from: Some(&from),
            reply_to: &[],
            ours: Ours::No,
            is_stranger: true,
            is_first: false,
            checked: &checked,
            known: &[],
            placed_by: None,
        };

        let signals = of(&facts);

        assert_eq!(signals.iter().map(|signal| signal.kind).collect::<Vec<_>>(), [SignalKind::Forged, SignalKind::Stranger]);
        assert!(signals[0].text.contains("dmarc=fail") && signals[0].kind.is_warning());
    }
}
