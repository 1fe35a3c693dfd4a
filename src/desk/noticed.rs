//! What is said beside a shown message: why it stands there, and what to notice about its sender.

use super::elsewhere::{self, OwnDoing};
use super::reading::{Beside, Reading};
use super::{Desk, DeskResult};
use crate::domain::authentication::{self, Checked};
use crate::domain::message::Direction;
use crate::domain::sanitise;
use crate::domain::sender::{self, Facts};
use crate::domain::signal::Signal;
use crate::domain::thread::PlacedBy;
use crate::domain::{Address, Timestamp};
use crate::store::messages::StoredMessage;
use crate::store::people::People;

/// What our own server says of the sender of a message.
fn checked(message: &StoredMessage, reading: &Reading, authserv_id: Option<&str>) -> Checked {
    let domain = message.from.as_ref().map(Address::domain).unwrap_or_default();
    let mut checked = authentication::check(&reading.authentication, authserv_id, &domain);
    checked.words = sanitise::line(&checked.words).into_owned();
    checked
}

impl Desk {
    /// Why the message stands in its ticket, as a sentence.
    pub(super) fn why_here(&self, message: &StoredMessage) -> DeskResult<String> {
        let Some(reason) = PlacedBy::parse(&message.placed_by) else { return Ok(message.placed_by.clone()) };
        let other = match reason.names() {
            Some(id) => self.store.message_by_id(id)?.map(|other| whose(&other)),
            None => None,
        };
        let mut sentence = reason.sentence(other.as_deref());
        if let Some(number) = message.came_with {
            sentence = format!("it came with #{number}, which was merged into this ticket; there {sentence}");
        }
        Ok(sanitise::line(&sentence).into_owned())
    }

    /// Everything that is said beside a message whose text is shown.
    pub(super) fn beside(&self, message: &StoredMessage, reading: &Reading, people: &People, own: OwnDoing) -> DeskResult<Beside> {
        let checked = checked(message, reading, self.setup.desk.authserv_id.as_deref());
        let mut signals = self.sender_signals(message, reading, &checked, people)?;
        if let Some(found) = self.store.whereabouts(message.id)? {
            signals.extend(elsewhere::signals(&found, own));
        }
        Ok(Beside { checked, why: self.why_here(message)?, signals })
    }

    fn sender_signals(&self, message: &StoredMessage, reading: &Reading, checked: &Checked, people: &People) -> DeskResult<Vec<Signal>> {
        let first = match message.from.as_ref().filter(|_| message.direction == Direction::In) {
            Some(from) => self.store.first_heard_of(from)?,
            None => None,
        };
        let own = self.context.own_addresses().into_iter().map(|address| Address::new("", address));
        let known: Vec<Address> = people.roster.people.iter().cloned().chain(own).collect();
        let reason = PlacedBy::parse(&message.placed_by);
        Ok(sender::signals(&Facts {
            from: message.from.as_ref(),
            reply_to: &reading.reply_to,
            ours: message.ours,
            is_stranger: people.strangers.contains(&message.id),
            is_first: first == Some(message.at.as_second()),
            checked,
            known: &known,
            placed_by: reason.as_ref(),
        }))
    }
}

/// `Ana Ruiz of 2026-11-23 14:05 UTC`.
fn whose(message: &StoredMessage) -> String {
    let who = message.from.as_ref().map_or("somebody", Address::label);
    format!("{who} of {}", minute(message.at))
}

fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let cut = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{cut} UTC")
}
