//! Which ticket a message belongs to, and why.
//!
//! The graph has a node for every Message-ID that was ever named, whether its
//! mail is here or not (a ghost). A message stands where the nodes it names
//! stand; only what no id decides is left to the numbers people write.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::message::Message;
use super::{MessageId, TicketKey};

/// Why a message stands in its ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
pub enum PlacedBy {
    /// It names no message we know: it opened the ticket.
    First,
    /// Its own id was already expected: another mail had referred to it.
    Expected,
    /// Another mail with other content bears the same id.
    SameId,
    InReplyTo(MessageId),
    Reference(MessageId),
    /// It names the id every answer from this ticket carries among its References.
    TicketReference(TicketKey),
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
    /// The short form that is stored and that `show --json` prints as `placed_by`.
    pub fn label(&self) -> String {
        match self {
            Self::First => "first".into(),
            Self::Expected => "expected".into(),
            Self::SameId => "same_id".into(),
            Self::InReplyTo(id) => format!("in_reply_to:{id}"),
            Self::Reference(id) => format!("reference:{id}"),
            Self::TicketReference(key) => format!("ticket_reference:{key}"),
            Self::Report(id) => format!("report:{id}"),
            Self::Joined(id) => format!("joined:{id}"),
            Self::PlusTag(number) => format!("plus_tag:{number}"),
            Self::SubjectTag(number) => format!("subject_tag:{number}"),
            Self::Agent => "agent".into(),
            Self::Own => "own".into(),
        }
    }

    /// Reads a stored label; `None` for one of another version.
    pub fn parse(label: &str) -> Option<Self> {
        let (reason, detail) = label.split_once(':').unwrap_or((label, ""));
        let id = || MessageId::new(detail);
        Some(match reason {
            "first" => Self::First,
            "expected" => Self::Expected,
            "same_id" => Self::SameId,
            "in_reply_to" => Self::InReplyTo(id()?),
            "reference" => Self::Reference(id()?),
            "ticket_reference" => Self::TicketReference(TicketKey::new(detail)?),
            "report" => Self::Report(id()?),
            "joined" => Self::Joined(id()?),
            "plus_tag" => Self::PlusTag(detail.parse().ok()?),
            "subject_tag" => Self::SubjectTag(detail.parse().ok()?),
            "agent" => Self::Agent,
            "own" => Self::Own,
            _ => return None,
        })
    }

    /// The other mail the reason rests on, when there is one.
    pub fn names(&self) -> Option<&MessageId> {
        match self {
            Self::InReplyTo(id) | Self::Reference(id) | Self::Report(id) | Self::Joined(id) => Some(id),
            _ => None,
        }
    }

    /// The reason as a sentence without its full stop. `other` says whose mail the
    /// named one is, for example `Ana's of 23 November`; `None`: it is not here.
    pub fn sentence(&self, other: Option<&str>) -> String {
        let mail = |id: &MessageId| other.map_or_else(|| format!("<{id}>, which is not here"), |whose| format!("the mail of {whose}"));
        match self {
            Self::First => "it names no mail that is here, so it opened a ticket".into(),
            Self::Expected => "another mail of this ticket refers to it".into(),
            Self::SameId => "it bears the Message-ID of another mail of this ticket, with other content".into(),
            Self::InReplyTo(id) => format!("it answers {}", mail(id)),
            Self::Reference(id) => format!("its References name {}", mail(id)),
            Self::TicketReference(_) => "its References name this ticket".into(),
            Self::Report(id) => format!("it reports what became of {}", mail(id)),
            Self::Joined(id) => format!("{} belongs to this thread and to its own", mail(id)),
            Self::PlusTag(number) => format!("it was sent to +t{number} by somebody who takes part"),
            Self::SubjectTag(number) => format!("its subject says [#{number}], and its sender takes part"),
            Self::Agent => "an agent put it here".into(),
            Self::Own => "it was written from this ticket".into(),
        }
    }
}

/// An id a message names, and what being found by it would mean.
pub type Link = (MessageId, PlacedBy);

/// The links of the thread graph that a message brings, in the order of trust.
///
/// The message's own id, the mail a delivery report speaks of, In-Reply-To, then
/// References from the newest to the oldest (RFC 5322 §3.6.4); last the ids that
/// name a ticket, because those stay in every later answer, also in one to a mail
/// that was split off. Each id is named once.
pub fn links(message: &Message) -> Vec<Link> {
    let mut links = vec![(message.message_id.clone(), PlacedBy::Expected)];
    let reported = message.bounce.iter().filter_map(|bounce| bounce.original_message_id.clone()).map(|id| (id.clone(), PlacedBy::Report(id)));
    let parents = message.in_reply_to.iter().map(|id| (id.clone(), PlacedBy::InReplyTo(id.clone())));
    let ancestors = message.references.iter().rev().map(|id| (id.clone(), PlacedBy::Reference(id.clone())));
    let mut seen: BTreeSet<MessageId> = message.bare_ids.iter().cloned().chain([message.message_id.clone()]).collect();
    links.extend(reported.chain(parents).chain(ancestors).filter(|(id, _)| seen.insert(id.clone())));
    for (id, by) in &mut links {
        if let Some(key) = ticket_named(id) {
            *by = PlacedBy::TicketReference(key);
        }
    }
    links.sort_by_key(|(_, by)| matches!(by, PlacedBy::TicketReference(_)));
    links
}

/// The direct parent: what In-Reply-To names, else the newest of References.
pub fn parent(message: &Message) -> Option<&MessageId> {
    message.in_reply_to.last().or_else(|| message.references.iter().rev().find(|id| ticket_named(id).is_none()))
}

const TICKET_REFERENCE: &str = "pd1.t.";

/// The id that stands in the References of every answer from a ticket, so that even
/// an answer whose writer's program dropped all other ids finds back.
///
/// It holds the key, which nobody can guess who has no mail of the ticket.
pub fn ticket_reference(key: &TicketKey, domain: &str) -> Option<MessageId> {
    MessageId::new(&format!("{TICKET_REFERENCE}{key}@{domain}"))
}

/// The ticket an id of [`ticket_reference`] names.
pub fn ticket_named(id: &MessageId) -> Option<TicketKey> {
    let (key, _) = id.as_str().strip_prefix(TICKET_REFERENCE)?.split_once('@')?;
    TicketKey::new(key)
}

/// A link that led to a ticket; `T` is how the caller tells tickets apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead<T> {
    pub by: PlacedBy,
    /// Where the named id lies.
    pub ticket: T,
    /// Where the ticket shows after merges; itself when it was not merged.
    pub shown_in: T,
    /// An event speaks of it: only another event may join it with one like it.
    pub is_opened: bool,
    /// The named mail is not here.
    pub is_ghost: bool,
}

/// Where a message goes, and what follows from it for other tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement<T> {
    /// `None`: it opens a ticket.
    pub home: Option<T>,
    pub by: PlacedBy,
    /// Tickets no event speaks of yet that belong to the same thread: they become part of `home`.
    pub absorbed: Vec<T>,
    /// Opened tickets that it names, too. They stay as they are.
    pub crossed: Vec<T>,
    /// It is the missing link between `home` and the crossed ones: a parent that came after its answers.
    pub is_late: bool,
}

/// Decides where a message goes. `pinned`: the log gives its id to that ticket.
///
/// The nearest known mail wins, before any ghost; the leads come in the order of
/// [`links`]. Threads that no event speaks of become one, as in any mail program.
/// Opened tickets are another matter: people have acted on them, so a mail that
/// names several stands in the nearest and joins nothing by itself.
pub fn place<T: Copy + Ord>(leads: &[Lead<T>], pinned: Option<&Lead<T>>) -> Placement<T> {
    let nearest = leads.iter().find(|lead| lead.is_opened && !lead.is_ghost).or_else(|| leads.iter().find(|lead| lead.is_opened));
    let nearest = nearest.or_else(|| leads.iter().find(|lead| !lead.is_ghost)).or_else(|| leads.first());
    let is_pinned = pinned.is_some();
    let Some(home) = pinned.or(nearest) else {
        return Placement { home: None, by: PlacedBy::First, absorbed: Vec::new(), crossed: Vec::new(), is_late: false };
    };
    let mut seen = BTreeSet::from([home.shown_in, home.ticket]);
    let (mut absorbed, mut crossed) = (Vec::new(), Vec::new());
    for lead in leads {
        if seen.insert(lead.shown_in) {
            let others = if lead.is_opened { &mut crossed } else { &mut absorbed };
            others.push(if lead.is_opened { lead.shown_in } else { lead.ticket });
        }
    }
    // A mail whose own id is in use already was named before it came, or is a second one with the same id.
    let was_expected = leads.first().is_some_and(|lead| lead.by == PlacedBy::Expected && lead.is_opened && lead.is_ghost);
    let by = match &home.by {
        PlacedBy::Expected if !home.is_ghost => PlacedBy::SameId,
        by => by.clone(),
    };
    Placement { home: Some(home.ticket), by, absorbed, is_late: was_expected && !is_pinned && !crossed.is_empty(), crossed }
}

/// What a message asks to be put into a ticket by: the ticket's number, or 0 and the id of a mail in it.
pub type Claim = (u64, PlacedBy);

/// At most so many numbers of one mail are looked at.
const CLAIMS: usize = 10;

/// The tickets a message claims: by ids that stand in its header without brackets, by
/// `+t<number>` in a recipient that is ours, then by `[#number]` in the subject.
///
/// These place nothing by themselves: numbers are no secret, and a bare word with an `@`
/// may be anything, so they count only if the sender already takes part in that ticket.
pub fn claims(message: &Message, is_own: &dyn Fn(&str) -> bool) -> Vec<Claim> {
    let own = message.recipients.iter().filter(|recipient| is_own(&recipient.address));
    let tags = own.filter_map(|recipient| plus_tag(&recipient.address)).map(|number| (number, PlacedBy::PlusTag(number)));
    let subject = subject_tags(&message.subject).into_iter().map(|number| (number, PlacedBy::SubjectTag(number)));
    let mut seen = BTreeSet::new();
    let numbers = tags.chain(subject).filter(|(number, _)| *number > 0 && seen.insert(*number));
    let newest = message.bare_ids.iter().rev().map(|id| (0, PlacedBy::Reference(id.clone())));
    let is_parent = |id: &MessageId| message.in_reply_to.contains(id);
    let ids = newest.map(|(number, by)| match by {
        PlacedBy::Reference(id) if is_parent(&id) => (number, PlacedBy::InReplyTo(id)),
        by => (number, by),
    });
    ids.take(CLAIMS).chain(numbers.take(CLAIMS)).collect()
}

fn plus_tag(address: &str) -> Option<u64> {
    let (local, _) = address.rsplit_once('@')?;
    local.split('+').skip(1).find_map(|tag| number(tag.strip_prefix(['t', 'T'])?))
}

/// The numbers in the `[#number]` tags of a subject. Tags with words in them, as
/// `[example.com #79]`, are other systems'.
pub fn subject_tags(subject: &str) -> Vec<u64> {
    let behind = subject.split("[#").skip(1);
    behind.filter_map(|rest| rest.split_once(']')).filter_map(|(digits, _)| number(digits.trim())).collect()
}

fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// What ordering a conversation needs to know of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// [`MessageId::hash63`] of its id.
    pub id: i64,
    /// The same of its direct parent; 0 when it has none.
    pub parent: i64,
}

/// The order in which messages are read: as given, but none stands before the one it answers.
///
/// The steps come by time; what is returned are their places. Clocks differ and mail is
/// delayed, so an answer may carry an earlier date than what it answers.
pub fn in_order(steps: &[Step]) -> Vec<usize> {
    let mut place_of: HashMap<i64, usize> = HashMap::new();
    for (place, step) in steps.iter().enumerate() {
        place_of.entry(step.id).or_insert(place);
    }
    let mut placed = vec![false; steps.len()];
    let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut order = Vec::with_capacity(steps.len());
    for (place, step) in steps.iter().enumerate() {
        let parent = place_of.get(&step.parent).copied().filter(|parent| *parent != place && step.parent != 0);
        match parent {
            Some(parent) if !placed.get(parent).copied().unwrap_or(true) => waiting.entry(parent).or_default().push(place),
            _ => release(place, &mut placed, &mut waiting, &mut order),
        }
    }
    // Mails that name each other as parents wait for nobody.
    order.extend((0..steps.len()).filter(|place| !placed.get(*place).copied().unwrap_or(true)));
    order
}

fn release(place: usize, placed: &mut [bool], waiting: &mut HashMap<usize, Vec<usize>>, order: &mut Vec<usize>) {
    let mut free = vec![place];
    while let Some(next) = free.pop() {
        if let Some(flag) = placed.get_mut(next) {
            *flag = true;
        }
        order.push(next);
        free.extend(waiting.remove(&next).into_iter().flatten().rev());
    }
}

/// A message and all that answer it, directly or not: what goes along when it is split off.
pub fn with_answers(steps: &[Step], of: i64) -> BTreeSet<i64> {
    let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
    for step in steps.iter().filter(|step| step.parent != 0) {
        children.entry(step.parent).or_default().push(step.id);
    }
    let mut found = BTreeSet::new();
    let mut next = vec![of];
    while let Some(id) = next.pop() {
        if found.insert(id) {
            next.extend(children.get(&id).into_iter().flatten());
        }
    }
    found
}

/// The key a ticket gets when it is opened: that of its earliest message.
pub fn key_of_earliest<'a>(messages: impl Iterator<Item = (super::Timestamp, &'a MessageId)>) -> Option<TicketKey> {
    messages.min().map(|(_, id)| TicketKey::of(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MessageId {
        MessageId::new(text).unwrap()
    }

    fn lead(by: PlacedBy, ticket: u8) -> Lead<u8> {
        Lead { by, ticket, shown_in: ticket, is_opened: false, is_ghost: false }
    }

    fn opened(by: PlacedBy, ticket: u8) -> Lead<u8> {
        Lead { is_opened: true, ..lead(by, ticket) }
    }

    fn ghost(lead: Lead<u8>) -> Lead<u8> {
        Lead { is_ghost: true, ..lead }
    }

    fn step(id: i64, parent: i64) -> Step {
        Step { id, parent }
    }

    #[test]
    fn a_label_says_everything_a_reason_holds() {
        let key = TicketKey::new("0011223344556677").unwrap();
        let reasons = [
            PlacedBy::First,
            PlacedBy::Expected,
            PlacedBy::SameId,
            PlacedBy::InReplyTo(id("a:b@x")),
            PlacedBy::Reference(id("a@x")),
            PlacedBy::TicketReference(key),
            PlacedBy::Report(id("a@x")),
            PlacedBy::Joined(id("a@x")),
            PlacedBy::PlusTag(7),
            PlacedBy::SubjectTag(8),
            PlacedBy::Agent,
            PlacedBy::Own,
        ];

        for reason in reasons {
            assert_eq!(PlacedBy::parse(&reason.label()), Some(reason.clone()));
            assert!(!reason.sentence(None).is_empty());
        }
        assert_eq!(PlacedBy::parse("teleported"), None);
    }

    #[test]
    fn what_names_nothing_known_opens_a_ticket() {
        assert_eq!(place::<u8>(&[], None).home, None);
    }

    #[test]
    fn the_nearest_known_mail_decides_and_says_so() {
        let placed = place(&[opened(PlacedBy::InReplyTo(id("b@x")), 2), opened(PlacedBy::Reference(id("a@x")), 1)], None);

        assert_eq!((placed.home, placed.by), (Some(2), PlacedBy::InReplyTo(id("b@x"))));
    }

    #[test]
    fn a_mail_that_is_here_counts_before_one_that_is_not() {
        let placed = place(&[ghost(lead(PlacedBy::InReplyTo(id("b@x")), 2)), lead(PlacedBy::Reference(id("a@x")), 1)], None);

        assert_eq!((placed.home, placed.absorbed), (Some(1), vec![2]));
    }

    #[test]
    fn threads_nobody_has_acted_on_become_one() {
        let placed = place(&[lead(PlacedBy::Expected, 3), lead(PlacedBy::Reference(id("a@x")), 1), lead(PlacedBy::Reference(id("b@x")), 2)], None);

        assert_eq!((placed.home, placed.absorbed, placed.crossed), (Some(3), vec![1, 2], vec![]));
    }

    #[test]
    fn an_answer_that_names_two_tickets_stands_in_the_nearer_and_joins_nothing() {
        let placed = place(&[opened(PlacedBy::Reference(id("new@x")), 2), opened(PlacedBy::Reference(id("old@x")), 1)], None);

        assert_eq!((placed.home, placed.absorbed, placed.crossed, placed.is_late), (Some(2), vec![], vec![1], false));
    }

    #[test]
    fn a_parent_that_comes_after_its_answer_is_a_missing_link() {
        let placed = place(&[ghost(opened(PlacedBy::Expected, 2)), opened(PlacedBy::InReplyTo(id("a@x")), 1)], None);

        assert!(placed.is_late, "{placed:?}");
        assert_eq!((placed.home, placed.crossed), (Some(1), vec![2]));
    }

    #[test]
    fn what_an_agent_put_somewhere_stays_there_and_joins_nothing() {
        let pinned = opened(PlacedBy::Agent, 9);

        let placed = place(&[ghost(opened(PlacedBy::Expected, 2)), opened(PlacedBy::InReplyTo(id("a@x")), 1)], Some(&pinned));

        assert_eq!((placed.home, placed.by, placed.is_late), (Some(9), PlacedBy::Agent, false));
    }

    #[test]
    fn two_tickets_that_were_merged_are_one() {
        let merged = Lead { shown_in: 1, ..opened(PlacedBy::InReplyTo(id("b@x")), 2) };

        let placed = place(&[merged, opened(PlacedBy::Reference(id("a@x")), 1)], None);

        assert_eq!((placed.home, placed.crossed), (Some(2), vec![]));
    }

    #[test]
    fn a_second_mail_with_the_same_id_says_so() {
        assert_eq!(place(&[lead(PlacedBy::Expected, 1)], None).by, PlacedBy::SameId);
        assert_eq!(place(&[ghost(lead(PlacedBy::Expected, 1))], None).by, PlacedBy::Expected);
    }

    #[test]
    fn the_id_of_a_ticket_is_recognised_whatever_the_domain() {
        let key = TicketKey::new("0011223344556677").unwrap();
        let reference = ticket_reference(&key, "desk.example").unwrap();

        assert_eq!(ticket_named(&reference), Some(key));
        assert_eq!(ticket_named(&id("pd1.t.0011@desk.example")), None);
        assert_eq!(ticket_named(&id("pd1.r.1.2.3@desk.example")), None);
    }

    #[test]
    fn every_tag_of_a_subject_is_found_and_other_systems_tags_are_not_ours() {
        assert_eq!(subject_tags("[[#99]] Re: [#5] x [# 6 ]"), [99, 5, 6]);
        assert!(subject_tags("[example.com #79] [#x] [#] [#12").is_empty());
        assert!(subject_tags("[#99999999999999999999]").is_empty());
    }

    #[test]
    fn a_plus_tag_is_a_t_and_digits() {
        assert_eq!(plus_tag("support+app+t1042@desk.example"), Some(1042));
        assert_eq!(plus_tag("support+T7@desk.example"), Some(7));
        assert_eq!(plus_tag("support+team@desk.example"), None);
        assert_eq!(plus_tag("support+t12ab@desk.example"), None);
        assert_eq!(plus_tag("t12@desk.example"), None);
    }

    #[test]
    fn an_answer_never_stands_before_what_it_answers() {
        assert_eq!(in_order(&[step(3, 2), step(2, 1), step(1, 0), step(4, 0)]), [2, 1, 0, 3]);
        assert_eq!(in_order(&[step(1, 0), step(2, 1), step(3, 9)]), [0, 1, 2]);
    }

    #[test]
    fn mails_that_answer_each_other_are_all_shown_once() {
        assert_eq!(in_order(&[step(1, 2), step(2, 1), step(3, 3)]), [2, 0, 1]);
        assert_eq!(in_order(&[step(1, 0), step(1, 0)]), [0, 1]);
    }

    #[test]
    fn the_answers_to_a_mail_are_found_at_any_depth() {
        let steps = [step(1, 0), step(2, 1), step(3, 2), step(4, 1), step(5, 3)];

        assert_eq!(with_answers(&steps, 2), BTreeSet::from([2, 3, 5]));
    }

    proptest::proptest! {
        #[test]
        fn every_message_is_ordered_exactly_once_and_in_linear_time(links in proptest::collection::vec((0_i64..12, 0_i64..12), 0..40)) {
            let steps: Vec<Step> = links.into_iter().map(|(id, parent)| step(id, parent)).collect();
            let mut order = in_order(&steps);
            order.sort_unstable();
            proptest::prop_assert_eq!(order, (0..steps.len()).collect::<Vec<_>>());
        }
    }
}
