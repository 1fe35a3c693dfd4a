//! What other mail programs have done to a mail on the server, as facts beside it.
//!
//! They change no status: the log alone says what a ticket's is.

use super::{Desk, words};
use crate::domain::draft::Draft;
use crate::domain::message::Direction;
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::ticket::{Priority, Status, TicketRow};
use crate::domain::{ActorId, MessageId, TicketKey, Timestamp, sanitise};
use crate::store::StoreError;
use crate::store::folders::FolderRole;
use crate::store::mirror::Whereabouts;

/// What the desk itself brings about on the server, which is no news.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OwnDoing {
    /// Where the ticket's mail is moved to by now.
    pub moved_to: Option<FolderRole>,
    /// Its mail bears a star.
    pub is_flagged: bool,
}

impl OwnDoing {
    pub fn of(row: &TicketRow, archive_on_solve: bool, junk_on_spam: bool) -> Self {
        let moved_to = match row.status {
            Status::Solved if archive_on_solve => Some(FolderRole::Archive),
            Status::Spam if junk_on_spam => Some(FolderRole::Junk),
            _ => None,
        };
        Self { moved_to, is_flagged: row.priority == Priority::Urgent }
    }
}

/// The facts about one mail.
pub(super) fn signals(found: &Whereabouts, own: OwnDoing) -> Vec<Signal> {
    let mut signals: Vec<Signal> = place(found, own).into_iter().collect();
    // What we sent bears what our own program gave it.
    if found.direction == Direction::Out {
        return signals;
    }
    if found.is_answered_unseen {
        signals.push(Signal::new(SignalKind::AnsweredElsewhere, "answered elsewhere: the server has it as answered, and the answer is not here"));
    }
    if found.is_flagged && !own.is_flagged {
        signals.push(Signal::new(SignalKind::Flagged, "flagged on the server"));
    }
    signals
}

fn place(found: &Whereabouts, own: OwnDoing) -> Option<Signal> {
    let Some((now, role)) = found.now.first() else {
        // The copy of what we have just sent may not have been seen yet.
        let was_there = found.left.is_some() || found.direction == Direction::In;
        return was_there.then(|| Signal::new(SignalKind::Gone, "gone on the server: deleted, or moved to a folder that is not read"));
    };
    let left = found.left.as_ref().filter(|_| own.moved_to != Some(*role))?;
    let words = format!("moved from {left} to {now} on the server");
    Some(Signal::new(SignalKind::Moved, sanitise::line(&words).into_owned()))
}

/// An answer to a ticket that left by another way than ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// It lies in Sent: who wrote it, if that can be told, and when.
    Sent { who: Option<String>, at: Timestamp },
    /// The server has a mail of the ticket as answered, and nothing more is known.
    Flagged,
}

impl Elsewhere {
    /// As news: `somebody answered with another mail program`.
    pub fn news(&self) -> String {
        match self {
            Self::Sent { who: Some(who), .. } => format!("{who} answered"),
            Self::Sent { who: None, .. } => "somebody answered with another mail program".to_owned(),
            Self::Flagged => "somebody answered with another mail program: the server says so, and the answer is not here".to_owned(),
        }
    }

    /// The same with what to do about it.
    pub fn order(&self) -> String {
        match self {
            Self::Sent { who: Some(who), at } => format!("{who} answered this ticket at {}: read it", words::moment(*at)),
            Self::Sent { who: None, at } => {
                format!("somebody answered this ticket with another mail program at {}: read it", words::moment(*at))
            }
            Self::Flagged => {
                "somebody answered this ticket with another mail program, the server says, and the answer is not here: find it".to_owned()
            }
        }
    }
}

impl Desk {
    /// The newest answer that has come to be known since a draft was begun and did not leave by this outbox.
    pub(super) fn answered_elsewhere(&self, ticket: &TicketKey, draft: &Draft) -> Result<Option<Elsewhere>, StoreError> {
        let Some(known) = &draft.answers else { return Ok(None) };
        if let Some(answer) = self.store.answers_since(ticket, known, draft.seen.as_ref())?.pop() {
            let who = actor_of(&answer.mid).map_or(Ok(None), |actor| self.store.agent_of(actor))?;
            return Ok(Some(Elsewhere::Sent { who, at: answer.at }));
        }
        let is_flagged = self.store.known_answers(ticket)?.unseen > known.unseen;
        Ok(is_flagged.then_some(Elsewhere::Flagged))
    }
}

/// The device a mail of ours left from, as its id says.
fn actor_of(mid: &MessageId) -> Option<ActorId> {
    mid.as_str().strip_prefix("pd1.r.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lying(now: &[(&str, FolderRole)], left: Option<&str>) -> Whereabouts {
        let now = now.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect();
        Whereabouts { direction: Direction::In, is_flagged: false, is_answered_unseen: false, left: left.map(str::to_owned), now }
    }

    fn kinds(found: &Whereabouts, own: OwnDoing) -> Vec<SignalKind> {
        signals(found, own).into_iter().map(|signal| signal.kind).collect()
    }

    #[test]
    fn a_mail_that_stayed_is_no_news() {
        assert_eq!(kinds(&lying(&[("INBOX", FolderRole::Inbox)], None), OwnDoing::default()), []);
    }

    #[test]
    fn a_mail_in_no_folder_is_gone_unless_its_copy_is_still_to_come() {
        let gone = lying(&[], Some("INBOX"));
        let just_sent = Whereabouts { direction: Direction::Out, ..lying(&[], None) };

        assert_eq!(kinds(&gone, OwnDoing::default()), [SignalKind::Gone]);
        assert_eq!(kinds(&just_sent, OwnDoing::default()), []);
    }

    #[test]
    fn what_the_desk_moves_and_flags_itself_is_no_news() {
        let archived = Whereabouts { is_flagged: true, ..lying(&[("Archive", FolderRole::Archive)], Some("INBOX")) };
        let own = OwnDoing { moved_to: Some(FolderRole::Archive), is_flagged: true };

        assert_eq!(kinds(&archived, own), []);
        assert_eq!(kinds(&archived, OwnDoing::default()), [SignalKind::Moved, SignalKind::Flagged]);
        assert_eq!(signals(&archived, OwnDoing::default())[0].words, "moved from INBOX to Archive on the server");
        assert_eq!(kinds(&archived, OwnDoing { moved_to: Some(FolderRole::Junk), is_flagged: true }), [SignalKind::Moved]);
    }

    #[test]
    fn an_answer_that_is_not_here_is_told_of_mail_from_outside_alone() {
        let answered = Whereabouts { is_answered_unseen: true, is_flagged: true, ..lying(&[("INBOX", FolderRole::Inbox)], None) };
        let ours = Whereabouts { direction: Direction::Out, ..answered.clone() };

        assert_eq!(kinds(&answered, OwnDoing::default()), [SignalKind::AnsweredElsewhere, SignalKind::Flagged]);
        assert_eq!(kinds(&ours, OwnDoing::default()), []);
    }
}
