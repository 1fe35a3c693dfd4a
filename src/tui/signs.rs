//! The signs before and behind the rows of the list, and what they mean.

use crate::domain::ticket::Badge;

/// Every mark that mail or log put on a ticket, the most pressing first.
const BADGES: [Badge; 11] = [
    Badge::Replying,
    Badge::Bounced,
    Badge::Outbox,
    Badge::Draft,
    Badge::Attachment,
    Badge::Pending,
    Badge::Gone,
    Badge::Stranger,
    Badge::AutoReply,
    Badge::List,
    Badge::Unread,
];

/// The letter of a ticket a change to which was not applied.
pub const NOT_APPLIED: char = 'C';
/// The letter of a ticket for which something is suggested.
pub const RELATED: char = '&';

/// The letter of a badge; unread stands before the row, not among the letters behind it.
pub fn of(badge: Badge) -> Option<char> {
    match badge {
        Badge::Bounced => Some('B'),
        Badge::Outbox => Some('>'),
        Badge::Draft => Some('d'),
        Badge::Attachment => Some('@'),
        Badge::Pending => Some('~'),
        Badge::Replying => Some('r'),
        Badge::Gone => Some('x'),
        Badge::Stranger => Some('?'),
        Badge::AutoReply => Some('a'),
        Badge::List => Some('l'),
        Badge::Unread => None,
    }
}

fn meaning(badge: Badge) -> &'static str {
    match badge {
        Badge::Bounced => "a mail of ours was not delivered",
        Badge::Outbox => "an answer waits in the outbox",
        Badge::Draft => "an answer has been begun",
        Badge::Attachment => "has files",
        Badge::Pending => "changed here, not told to colleagues yet",
        Badge::Replying => "a colleague writes an answer at this moment",
        Badge::Gone => "its mail is gone from the server",
        Badge::Stranger => "somebody joined who has not been confirmed",
        Badge::AutoReply => "has automatic mail",
        Badge::List => "mailing list",
        Badge::Unread => "unread",
    }
}

/// Every sign with its meaning.
pub fn all() -> impl Iterator<Item = (String, &'static str)> {
    let before = [("▸", "selected"), ("*", "marked"), ("●", "unread mail"), ("!", "answer is overdue"), ("U H", "urgent, high priority")];
    let badges = BADGES.into_iter().filter_map(|badge| of(badge).map(|sign| (sign.to_string(), meaning(badge))));
    let not_applied = (NOT_APPLIED.to_string(), "a change of yours was not applied: a colleague was first");
    let related = (RELATED.to_string(), "something is suggested: it may belong to another ticket");
    before.into_iter().map(|(sign, meaning)| (sign.to_owned(), meaning)).chain(badges).chain([not_applied, related])
}
