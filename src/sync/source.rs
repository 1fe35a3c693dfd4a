//! Where mail comes from: one trait, three implementations (IMAP, Maildir, scripted).

use std::fmt;
use std::time::Duration;

use super::refusal::Refusal;
pub use super::waker::{Waker, Woke};
use crate::domain::{MessageId, Timestamp};

/// A set of UIDs as sorted, disjoint, inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    pub fn new() -> Self {
        Self::default()
    }

    /// The UIDs from `low` to `high`, both included; empty when `low > high` or `low` is 0.
    pub fn range(low: u32, high: u32) -> Self {
        if low == 0 || low > high { Self::default() } else { Self { ranges: vec![(low, high)] } }
    }

    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(low, high)| u64::from(high - low) + 1).sum()
    }

    pub fn contains(&self, uid: u32) -> bool {
        let index = self.ranges.partition_point(|(_, high)| *high < uid);
        self.ranges.get(index).is_some_and(|(low, _)| *low <= uid)
    }

    pub fn insert(&mut self, uid: u32) {
        self.insert_range(uid, uid);
    }

    pub fn insert_range(&mut self, low: u32, high: u32) {
        if low == 0 || low > high {
            return;
        }
        let start = self.ranges.partition_point(|(_, end)| end.saturating_add(1) < low);
        let end = self.ranges.partition_point(|(begin, _)| *begin <= high.saturating_add(1));
        let merged = self.ranges.get(start..end).unwrap_or_default().iter().fold((low, high), |(l, h), (a, b)| (l.min(*a), h.max(*b)));
        self.ranges.splice(start..end.max(start), [merged]);
    }

    pub fn union(&mut self, other: &Self) {
        for (low, high) in &other.ranges {
            self.insert_range(*low, *high);
        }
    }

    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut cuts = other.ranges.iter().peekable();
        for &(low, high) in &self.ranges {
            let mut from = low;
            while let Some(&&(cut_low, cut_high)) = cuts.peek() {
                if cut_high < from {
                    cuts.next();
                } else if cut_low > high {
                    break;
                } else {
                    if cut_low > from {
                        rest.push((from, cut_low - 1));
                    }
                    if cut_high >= high {
                        from = u32::MAX;
                        break;
                    }
                    from = cut_high + 1;
                    cuts.next();
                }
            }
            if from <= high {
                rest.push((from, high));
            }
        }
        Self { ranges: rest }
    }

    /// The `count` greatest UIDs.
    #[must_use]
    pub fn newest(&self, count: u32) -> Self {
        let mut left = count;
        let mut ranges = Vec::new();
        for &(low, high) in self.ranges.iter().rev() {
            if left == 0 {
                break;
            }
            let low = low.max((high + 1).saturating_sub(left));
            left -= high - low + 1;
            ranges.push((low, high));
        }
        ranges.reverse();
        Self { ranges }
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(low, high)| *low..=*high)
    }

    /// Reads an IMAP sequence set of plain numbers and ranges (RFC 9051 §9), `*` excluded.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = Self::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (a, b) = part.split_once(':').unwrap_or((part, part));
            let (a, b): (u32, u32) = (a.trim().parse().ok()?, b.trim().parse().ok()?);
            set.insert_range(a.min(b), a.max(b));
        }
        Some(set)
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}:{high}")? }
        }
        Ok(())
    }
}

impl FromIterator<u32> for UidSet {
    fn from_iter<T: IntoIterator<Item = u32>>(uids: T) -> Self {
        let mut uids: Vec<u32> = uids.into_iter().filter(|uid| *uid > 0).collect();
        uids.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some((_, high)) if *high >= uid => {}
                Some((_, high)) if *high + 1 == uid => *high = uid,
                _ => ranges.push((uid, uid)),
            }
        }
        Self { ranges }
    }
}

/// The flags postdesk reads; keywords are kept by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub seen: bool,
    pub answered: bool,
    pub flagged: bool,
    pub deleted: bool,
    pub draft: bool,
    pub keywords: Vec<String>,
}

/// What a folder is for (RFC 6154).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Inbox,
    Sent,
    Archive,
    Junk,
    Trash,
    Drafts,
    All,
}

/// A folder as the server lists it; `name` is already decoded to Unicode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    pub name: String,
    pub role: Option<Role>,
    pub selectable: bool,
}

/// How far a folder has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncPoint {
    pub uid_validity: u32,
    pub uid_next: u32,
    /// 0 when the server keeps no mod-sequences.
    pub highest_modseq: u64,
}

/// A folder that has been selected, and what changed since the [`SyncPoint`] handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    pub exists: u32,
    pub uid_validity: u32,
    /// Asked for by STATUS or search when SELECT does not say it.
    pub uid_next: u32,
    /// 0: no mod-sequences (no CONDSTORE, or NOMODSEQ for this folder).
    pub highest_modseq: u64,
    pub read_only: bool,
    pub keeps: Keeps,
    pub changes: Changes,
}

/// The flags a folder keeps for everybody (PERMANENTFLAGS, RFC 3501 §7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeps {
    /// Flags and keywords it keeps for certain.
    pub flags: Flags,
    /// Any other keyword may be made (`\\*`).
    pub any_keyword: bool,
}

impl Keeps {
    /// Every system flag, and whatever keyword somebody thinks of.
    pub fn everything() -> Self {
        Self { flags: Flags { seen: true, answered: true, flagged: true, deleted: true, draft: true, keywords: Vec::new() }, any_keyword: true }
    }

    /// Every system flag: what a folder keeps that does not say it (RFC 3501 §6.3.1).
    pub fn system_flags() -> Self {
        Self { any_keyword: false, ..Self::everything() }
    }

    /// Tells whether a keyword can be set; names are compared without case.
    pub fn keyword(&self, name: &str) -> bool {
        self.any_keyword || self.flags.keywords.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// How a source moves messages from one folder to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relocation {
    /// In one step (`UID MOVE`, RFC 6851): a message is in the one folder or in the other.
    AtOnce,
    /// By a copy, and by deleting the original: in between it is in both.
    ByCopy,
    /// Single messages cannot be deleted, so that nothing can be moved.
    Never,
}

/// Where messages went, as the server told it (COPYUID, RFC 4315).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Landed {
    /// Of the folder they are in now.
    pub uid_validity: u32,
    /// UID before, UID now.
    pub uids: Vec<(u32, u32)>,
}

/// What happened to known messages since a sync point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// The server told exactly what changed (QRESYNC): flags by UID, and UIDs that are gone.
    Exact { flags: Vec<(u32, Flags)>, vanished: UidSet },
    /// Flags by mod-sequence (CONDSTORE); what is gone has to be found by comparing UIDs.
    FlagsOnly { flags: Vec<(u32, Flags)> },
    /// The server cannot tell: compare UIDs and flags.
    #[default]
    Unknown,
}

/// How much of each message to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchPart {
    Flags,
    /// The fields of the header by which a message is recognised: From, Date, Subject, Message-ID.
    Identity,
    /// The whole header.
    Header,
    /// Header and body up to so many octets; what is longer comes cut.
    Upto(u32),
    /// What makes a message of the team log believable and no more: its `Received` fields and its second part,
    /// at most so many octets, as a message of that part alone. Sources that have it at hand give the
    /// beginning of the whole message instead; a message without a second part may be passed over.
    Event(u32),
    Whole,
}

/// One message as it comes off the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub uid: u32,
    pub flags: Flags,
    pub internal_date: Option<Timestamp>,
    /// RFC822.SIZE: octets of the whole message on the server.
    pub size: u32,
    pub bytes: Vec<u8>,
}

/// What a folder looks like from outside, without selecting it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    pub uid_validity: u32,
    pub uid_next: u32,
    pub messages: u32,
    /// 0 when the source keeps no mod-sequences.
    pub highest_modseq: u64,
}

/// A mail to be put into a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    pub flags: Flags,
    /// `None`: now.
    pub internal_date: Option<Timestamp>,
    pub bytes: Vec<u8>,
}

/// Why waiting for news ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    Changed,
    Woken,
    TimedOut,
}

/// What sort of trouble a source is in; callers ask, they never match on text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Host unknown, refused, reset, silent: try again later.
    Unreachable,
    /// Login refused.
    Auth,
    /// Certificate, host name, STARTTLS missing or tampered with.
    Tls,
    /// The server answered NO or BAD; the session is still usable.
    Refused,
    /// The folder does not exist (any more).
    NoFolder,
    /// The server talked nonsense or went over a limit; the session is dead.
    Protocol,
    /// Local files could not be read or written.
    Io,
}

/// What went wrong with a source. `Display` says what and why; `remedy` what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    pub trouble: Trouble,
    /// Sanitised for the terminal; never holds a secret.
    pub what: String,
    /// Why the server said no, where it did.
    pub refusal: Option<Refusal>,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl SourceError {
    pub fn new(trouble: Trouble, what: impl Into<String>) -> Self {
        Self { trouble, what: what.into(), refusal: None, source: None }
    }

    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    #[must_use]
    pub fn refused_for(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(refusal);
        self
    }

    /// The session cannot be used any more: reconnect.
    pub fn is_fatal(&self) -> bool {
        !matches!(self.trouble, Trouble::Refused | Trouble::NoFolder)
    }

    pub fn is_auth(&self) -> bool {
        self.trouble == Trouble::Auth
    }

    pub fn is_transient(&self) -> bool {
        matches!(self.trouble, Trouble::Unreachable | Trouble::Protocol)
    }

    /// What a person can do about it, one sentence.
    pub fn remedy(&self) -> &'static str {
        match self.trouble {
            Trouble::Unreachable => "Check host, port and network; local work goes on, the next sync tries again.",
            Trouble::Auth => "Check user and password (password_command, password_file or token_command) of the desk.",
            Trouble::Tls => "Check host name, port and tls; for a private certificate authority set ca_file.",
            Trouble::Refused => self.refusal.map_or("The server's words are above; ask its operator if they do not help.", Refusal::remedy),
            Trouble::NoFolder => "Check folders in the desk's configuration, or create the folder on the server.",
            Trouble::Protocol => "Check that host and port belong to an IMAP server; the next sync starts anew.",
            Trouble::Io => "Check that the path exists, is writable and has space.",
        }
    }
}

pub type SourceResult<T> = Result<T, SourceError>;

/// A store of mail with folders, UIDs and flags.
///
/// Reading never sets `\Seen`; only [`MailSource::expunge`] deletes. Exactly one folder is
/// selected at a time; a failed `select` leaves none selected.
pub trait MailSource: Send {
    /// All folders, with the role the server gives them.
    fn folders(&mut self) -> SourceResult<Vec<FolderEntry>>;

    /// Selects a folder and reports what changed since `known`, as exactly as the server can.
    fn select(&mut self, folder: &str, known: Option<SyncPoint>) -> SourceResult<Selected>;

    /// Hands the wanted part of each message of the selected folder to `sink`, in ascending UID
    /// order as a rule; UIDs that do not exist (any more) are passed over in silence.
    /// When `sink` returns an error the transfer is given up and the session may be dead.
    fn fetch(&mut self, uids: &UidSet, part: FetchPart, sink: &mut dyn FnMut(Fetched) -> SourceResult<()>) -> SourceResult<()>;

    /// All UIDs of the selected folder.
    fn uids(&mut self) -> SourceResult<UidSet>;

    /// UIDs of messages with this Message-ID in the selected folder.
    fn find(&mut self, id: &MessageId) -> SourceResult<UidSet>;

    /// Appends a message; the UID, when the server tells it (UIDPLUS).
    fn append(&mut self, folder: &str, flags: &Flags, message: &[u8]) -> SourceResult<Option<u32>>;

    /// Appends many messages in order, each with the date it is to bear as its arrival.
    /// Those before the one that failed are there.
    fn deposit(&mut self, folder: &str, mails: &[Deposit]) -> SourceResult<()>;

    /// Appends messages in order, in one step where the source can: then all of them are
    /// there or none. What was not confirmed may be there all the same.
    fn append_all(&mut self, folder: &str, flags: &Flags, messages: &[Vec<u8>]) -> SourceResult<()>;

    /// Deletes these messages of the selected folder, and no others, for good. `false`: the source
    /// cannot delete single messages, and nothing was done.
    fn expunge(&mut self, uids: &UidSet) -> SourceResult<bool>;

    /// How [`MailSource::move_to`] can be done here, if at all.
    fn relocation(&self) -> Relocation;

    /// Moves messages of the selected folder to another in one step; only where [`Relocation::AtOnce`] is said.
    fn move_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>>;

    /// Copies messages of the selected folder, with their flags, to another.
    fn copy_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>>;

    /// Looks at a folder other than the selected one.
    fn glance(&mut self, folder: &str) -> SourceResult<Glance>;

    /// How often [`MailSource::glance`] may be asked by who waits for news.
    fn glance_every(&self) -> Duration;

    /// Adds (`on`) or removes system flags and keywords of messages of the selected folder.
    fn store_flags(&mut self, uids: &UidSet, flags: &Flags, on: bool) -> SourceResult<()>;

    /// Creates a folder; it is no error when it exists.
    fn create(&mut self, folder: &str) -> SourceResult<()>;

    /// Waits until the selected folder changes, `waker` is woken or `max` has passed.
    fn wait(&mut self, max: Duration, waker: &Waker) -> SourceResult<WaitEnd>;

    /// How the server keeps us up to date, for the report: `QRESYNC`, `CONDSTORE` or `plain`.
    fn resync_mode(&self) -> &'static str;

    /// Ends the session politely; errors are of no interest any more.
    fn close(&mut self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_set_merges_neighbours_and_prints_as_imap_wants_it() {
        let mut set: UidSet = [5, 1, 2, 9, 3].into_iter().collect();
        set.insert(4);
        assert_eq!(set.to_string(), "1:5,9");
        assert_eq!(UidSet::parse("1:5,9"), Some(set));
    }

    #[test]
    fn the_difference_cuts_ranges() {
        let all = UidSet::range(1, 10);
        let cut = UidSet::parse("1,4:5,10").unwrap();
        assert_eq!(all.difference(&cut).to_string(), "2:3,6:9");
        assert_eq!(cut.difference(&all).to_string(), "");
    }

    #[test]
    fn the_newest_are_taken_from_the_end() {
        assert_eq!(UidSet::parse("1:4,8:9").unwrap().newest(3).to_string(), "4,8:9");
        assert_eq!(UidSet::range(1, 2).newest(10).to_string(), "1:2");
    }

    proptest::proptest! {
        #[test]
        fn set_operations_agree_with_a_plain_set(a in proptest::collection::btree_set(1_u32..60, 0..40), b in proptest::collection::btree_set(1_u32..60, 0..40)) {
            let (left, right): (UidSet, UidSet) = (a.iter().copied().collect(), b.iter().copied().collect());
            let mut union = left.clone();
            union.union(&right);
            proptest::prop_assert_eq!(union.iter().collect::<Vec<_>>(), a.union(&b).copied().collect::<Vec<_>>());
            proptest::prop_assert_eq!(left.difference(&right).iter().collect::<Vec<_>>(), a.difference(&b).copied().collect::<Vec<_>>());
            proptest::prop_assert!((1..60).all(|uid| left.contains(uid) == a.contains(&uid)));
        }
    }
}
