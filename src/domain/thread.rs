//! Which ticket a message belongs to, and why.

use serde::{Deserialize, Serialize};

use super::message::Message;
use super::{MessageId, TicketKey};

/// Why a message stands in its ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
pub enum PlacedBy {
    /// It names no message we know: it opened the ticket.
    First,
    /// Its own id was already expected: an earlier mail had referred to it.
    Expected,
    InReplyTo(MessageId),
    Reference(MessageId),
    /// It reports what became of this mail of ours.
    Report(MessageId),
    /// A later mail joined this one's ticket with another.
    Joined(MessageId),
    /// `+t<number>` in a recipient, from somebody who takes part.
    PlusTag(u64),
    /// `[#number]` in the subject, from somebody who takes part.
    SubjectTag(u64),
    /// An agent put it there.
    Agent,
    /// We wrote it from this ticket.
    Own,
}

impl PlacedBy {
    /// The short form `show --json` prints as `placed_by`.
    pub fn label(&self) -> String {
        match self {
            Self::First => "first".into(),
            Self::Expected => "expected".into(),
            Self::InReplyTo(id) => format!("in_reply_to:{id}"),
            Self::Reference(id) => format!("reference:{id}"),
            Self::Report(id) => format!("report:{id}"),
            Self::Joined(id) => format!("joined:{id}"),
            Self::PlusTag(number) => format!("plus_tag:{number}"),
            Self::SubjectTag(number) => format!("subject_tag:{number}"),
            Self::Agent => "agent".into(),
            Self::Own => "own".into(),
        }
    }
}

/// A link of the thread graph that a message brings: the id and why it counts.
///
/// In the order of trust: the message's own id, the mail a delivery report
/// speaks of, In-Reply-To, then References from the newest to the oldest
/// (RFC 5322 §3.6.4). Each id is named once.
pub fn links(message: &Message) -> Vec<(MessageId, PlacedBy)> {
    let mut links = vec![(message.message_id.clone(), PlacedBy::Expected)];
    let reported = message.bounce.iter().filter_map(|bounce| bounce.original_message_id.clone()).map(|id| (id.clone(), PlacedBy::Report(id)));
    let parents = message.in_reply_to.iter().map(|id| (id.clone(), PlacedBy::InReplyTo(id.clone())));
    let ancestors = message.references.iter().rev().map(|id| (id.clone(), PlacedBy::Reference(id.clone())));
    let mut seen = std::collections::BTreeSet::from([message.message_id.clone()]);
    links.extend(reported.chain(parents).chain(ancestors).filter(|(id, _)| seen.insert(id.clone())));
    links
}

/// The ticket number a message claims by `+t<number>` in a recipient or `[#number]` in the subject.
///
/// This alone places nothing: it counts only if the sender already takes part in that ticket.
pub fn claimed_number(message: &Message) -> Option<(u64, PlacedBy)> {
    let by_recipient = message.recipients.iter().find_map(|recipient| plus_tag(&recipient.address)).map(|number| (number, PlacedBy::PlusTag(number)));
    by_recipient.or_else(|| subject_tag(&message.subject).map(|number| (number, PlacedBy::SubjectTag(number))))
}

fn plus_tag(address: &str) -> Option<u64> {
    let (local, _) = address.rsplit_once('@')?;
    local.split('+').skip(1).find_map(|tag| tag.strip_prefix(['t', 'T'])?.parse().ok())
}

/// The number in the last `[#number]` of a subject.
pub fn subject_tag(subject: &str) -> Option<u64> {
    let (_, behind) = subject.rsplit_once("[#")?;
    let (digits, _) = behind.split_once(']')?;
    digits.trim().parse().ok()
}

/// The key a ticket gets when it is opened: that of its earliest message.
pub fn key_of_earliest<'a>(messages: impl Iterator<Item = (super::Timestamp, &'a MessageId)>) -> Option<TicketKey> {
    messages.min().map(|(_, id)| TicketKey::of(id))
}
