//! What to notice about who sent a mail: what its ticket, our own server and earlier mail tell.
//!
//! What the mail itself gives away is found where it is read.

use super::authentication::{Checked, Verdict};
use super::participants::Ours;
use super::signal::{Signal, SignalKind};
use super::thread::PlacedBy;
use super::{Address, lookalike, sanitise};

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
pub fn signals(facts: &Facts<'_>) -> Vec<Signal> {
    let address = facts.from.map_or("", |from| from.address.as_str());
    let mut found = Vec::new();
    let mut note = |kind, words: String| found.push(Signal::new(kind, sanitise::line(&words)));
    if facts.checked.verdict == Verdict::Fail {
        note(SignalKind::Forged, format!("the sender is not who he claims to be, says our server {}", facts.checked.words).trim_end().to_owned());
    }
    if facts.ours == Ours::Claimed && facts.checked.verdict == Verdict::None {
        note(SignalKind::ClaimsToBeOurs, format!("it bears our address {address} but does not lie in Sent"));
    }
    if facts.is_stranger {
        note(SignalKind::Stranger, format!("{address} has not taken part in this ticket before; answers leave him out until you add him"));
    }
    if facts.ours == Ours::No {
        if let Some(words) = look_alike(facts) {
            note(SignalKind::LookAlike, words);
        }
    }
    if facts.placed_by == Some(&PlacedBy::SameId) {
        note(SignalKind::SameId, "another mail of this ticket bears the same Message-ID".into());
    }
    if facts.is_first && facts.ours == Ours::No {
        note(SignalKind::FirstTime, format!("first mail from {address}"));
    }
    found
}

/// The sender's domain, or that of Reply-To, is made to look like ours or a participant's.
fn look_alike(facts: &Facts<'_>) -> Option<String> {
    let known: Vec<String> = facts.known.iter().map(Address::domain).filter(|domain| !domain.is_empty()).collect();
    let mut domains = facts.from.into_iter().chain(facts.reply_to).map(Address::domain);
    let (domain, genuine) = domains.find_map(|domain| Some((domain.clone(), lookalike::resembles(&domain, &known)?.to_owned())))?;
    Some(format!("the domain {domain} looks like {genuine}, which takes part, and is not"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(from: &Address, change: impl FnOnce(&mut Facts<'_>)) -> Vec<SignalKind> {
        let checked = Checked::default();
        let known = [Address::new("", "c@acmebank.example")];
        let mut facts = Facts {
            from: Some(from),
            reply_to: &[],
            ours: Ours::No,
            is_stranger: false,
            is_first: false,
            checked: &checked,
            known: &known,
            placed_by: None,
        };
        change(&mut facts);
        signals(&facts).into_iter().map(|signal| signal.kind).collect()
    }

    #[test]
    fn an_ordinary_mail_raises_nothing() {
        assert_eq!(kinds(&Address::new("Carla", "c@acmebank.example"), |_| ()), []);
        assert_eq!(kinds(&Address::new("", "c@mail.acmebank.example"), |_| ()), []);
    }

    #[test]
    fn a_domain_like_a_participants_is_noticed() {
        assert_eq!(kinds(&Address::new("", "boss@acrnebank.example"), |_| ()), [SignalKind::LookAlike]);
    }

    #[test]
    fn a_stranger_who_writes_for_the_first_time_is_both() {
        let marked = kinds(&Address::new("", "eve@z.example"), |facts| {
            facts.is_stranger = true;
            facts.is_first = true;
        });

        assert_eq!(marked, [SignalKind::Stranger, SignalKind::FirstTime]);
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

        let found = signals(&facts);

        assert_eq!(found.iter().map(|signal| signal.kind).collect::<Vec<_>>(), [SignalKind::Forged, SignalKind::Stranger]);
        assert!(found[0].words.contains("dmarc=fail") && found[0].kind.is_warning());
    }
}
