use serde_json::json;

use super::*;
use crate::domain::Address;
use crate::domain::event::{Base, FirstMail, Opening, Seen};
use crate::domain::ticket::{Priority, Status};

/// A log, and what folding it gives. Positions are UIDs from 1.
#[derive(Default)]
struct Log {
    state: LogState,
    uid: u64,
    seq: BTreeMap<u64, u64>,
}

impl Log {
    /// Somebody who has seen everything writes next.
    fn write(&mut self, actor: u64, change: Change) -> Outcome {
        let seen = self.uid;
        self.write_having_seen(actor, seen, change)
    }

    fn write_having_seen(&mut self, actor: u64, seen: u64, change: Change) -> Outcome {
        let event = self.event(actor, seen, change);
        self.append(&event)
    }

    fn event(&mut self, actor: u64, seen: u64, change: Change) -> Event {
        let seq = self.seq.entry(actor).or_insert(0);
        *seq += 1;
        Event {
            id: EventId { actor: ActorId(actor), seq: *seq },
            agent: format!("agent{actor}"),
            at: Timestamp::UNIX_EPOCH,
            lamport: self.state.counters.lamport + 1,
            base: Base { position: position(seen), lamport: self.state.counters.lamport },
            was: None,
            change,
        }
    }

    fn append(&mut self, event: &Event) -> Outcome {
        self.uid += 1;
        let at = self.uid as i64;
        self.append_at(event, at)
    }

    fn append_at(&mut self, event: &Event, at: i64) -> Outcome {
        let received = Timestamp::from_second(at).ok();
        let outcome = apply(&mut self.state, event, &Placed { position: position(self.uid), received, is_decided: true });
        while let Some(held) = next_held(&mut self.state.counters, event.id.actor) {
            apply(&mut self.state, &held, &Placed { position: position(self.uid), received, is_decided: true });
        }
        outcome
    }

    fn with_tickets(names: &[&str]) -> Self {
        let mut log = Self::default();
        for name in names {
            log.write(1, open_ticket(name, &[name]));
        }
        log
    }

    fn ticket(&self, name: &str) -> &TicketState {
        &self.state.tickets[&key(name)]
    }
}

fn position(uid: u64) -> Position {
    Position { epoch: 1, uid, local: 0 }
}

fn key(name: &str) -> TicketKey {
    TicketKey::of(&mid(name))
}

fn mid(name: &str) -> MessageId {
    MessageId::new(&format!("{name}@example")).unwrap()
}

fn open_ticket(name: &str, ids: &[&str]) -> Change {
    let requester = Some(Address::new("Carla", "carla@example.org"));
    Change::Open {
        tickets: vec![Opening {
            key: key(name),
            project: "app".into(),
            ids: ids.iter().map(|id| mid(id)).collect(),
            subject: name.into(),
            requester,
            created: None,
        }],
    }
}

fn assign(name: &str, agent: &str) -> Change {
    Change::Assign { ticket: key(name), value: Some(agent.into()) }
}

fn tag(name: &str, add: &[&str], remove: &[&str]) -> Change {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Change::Tag { ticket: key(name), add: words(add), remove: words(remove) }
}

fn participants(add: &[&str], remove: &[&str]) -> Change {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Change::Participant { ticket: key("a"), add: words(add), remove: words(remove), clear: vec![] }
}

fn subject(text: &str) -> Change {
    Change::Subject { ticket: key("a"), value: text.into() }
}

fn forget_carla() -> Change {
    Change::Forget { address: seal::digest("carla@example.org") }
}

/// Which event it takes back makes no difference to the fold.
fn undo(change: Change) -> Change {
    Change::Undo { event: EventId { actor: ActorId(2), seq: 1 }, change: Box::new(change) }
}

fn merge(name: &str, into: &str) -> Change {
    Change::Merge { ticket: key(name), into: key(into) }
}

fn solve(name: &str, seen: Option<i64>) -> Change {
    let seen = seen.map(|at| Seen { mid: mid("seen"), at: Timestamp::from_second(at).unwrap() });
    Change::Status { ticket: key(name), value: Status::Solved, seen }
}

#[test]
fn numbers_are_given_in_the_order_of_the_log() {
    let log = Log::with_tickets(&["a", "b", "c"]);

    assert_eq!(["a", "b", "c"].map(|name| log.ticket(name).number), [Some(1), Some(2), Some(3)]);
}

#[test]
fn an_event_that_only_this_client_knows_gives_no_number() {
    let mut state = LogState::default();
    let mut log = Log::default();
    let event = log.event(1, 0, open_ticket("a", &["a"]));

    apply(&mut state, &event, &Placed { position: Position { local: 1, ..Position::default() }, received: None, is_decided: false });

    assert_eq!((state.tickets[&key("a")].number, state.counters.next_number), (None, 1));
}

#[test]
fn two_openings_that_share_a_message_are_one_ticket_with_the_first_number() {
    let mut log = Log::with_tickets(&["a"]);

    log.write(2, open_ticket("b", &["b", "a"]));

    assert_eq!(log.state.tickets.len(), 1);
    assert_eq!(log.ticket("a").number, Some(1));
    assert_eq!(resolve(&log.state, &key("b")), Some(key("a")));
    assert_eq!(log.state.counters.next_number, 2);
}

#[test]
fn a_ticket_that_joins_another_takes_along_what_was_seen_when_it_was_put_to_sleep() {
    let mut log = Log::with_tickets(&["a", "b"]);
    let seen = |at| Some(Seen { mid: mid("m"), at: Timestamp::from_second(at).unwrap() });
    log.write(1, Change::Snooze { ticket: key("a"), value: Timestamp::from_second(9_000).ok(), seen: seen(40) });
    log.write(1, Change::Snooze { ticket: key("b"), value: Timestamp::from_second(9_000).ok(), seen: seen(50) });

    log.write(1, open_ticket("both", &["a", "b"]));

    assert_eq!(log.ticket("a").snooze_seen_at, Timestamp::from_second(50).ok());
}

#[test]
fn a_write_in_ignorance_of_anothers_is_stale_and_one_in_knowledge_is_not() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, assign("a", "ben"));

    let stale = log.write_having_seen(3, 1, assign("a", "chiara"));
    let informed = log.write_having_seen(3, 2, assign("a", "chiara"));

    assert_eq!(stale, Outcome::Stale { field: "assignee", winner: EventId { actor: ActorId(2), seq: 1 } });
    assert_eq!(informed, Outcome::Applied);
    assert_eq!(log.ticket("a").assignee.value.as_deref(), Some("chiara"));
}

#[test]
fn ones_own_writes_are_never_stale_and_other_fields_do_not_matter() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, assign("a", "ben"));

    assert_eq!(log.write_having_seen(2, 0, assign("a", "dora")), Outcome::Applied);
    assert_eq!(log.write_having_seen(3, 1, Change::Priority { ticket: key("a"), value: Priority::High }), Outcome::Applied);
}

#[test]
fn a_base_of_an_older_epoch_is_compared_by_lamport_time() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, assign("a", "ben"));
    let mut event = log.event(3, 0, assign("a", "chiara"));
    event.base = Base { position: Position { epoch: 0, uid: 900, local: 0 }, lamport: 1 };
    let mut informed = event.clone();
    informed.id.seq += 1;
    informed.base.lamport = 2;

    assert!(matches!(log.append(&event), Outcome::Stale { .. }));
    assert_eq!(log.append(&informed), Outcome::Applied);
}

#[test]
fn tags_come_and_go_one_by_one() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, tag("a", &["billing"], &[]));

    // Has seen neither tag: the one it removes survives.
    log.write_having_seen(3, 1, tag("a", &["vip"], &["billing"]));
    let both: Vec<_> = log.ticket("a").tags.keys().cloned().collect();
    log.write(3, tag("a", &[], &["billing"]));

    assert_eq!(both, ["billing", "vip"]);
    assert_eq!(log.ticket("a").tags.keys().collect::<Vec<_>>(), ["vip"]);
}

#[test]
fn somebody_taken_off_stays_off_until_added_again() {
    let mut log = Log::with_tickets(&["a"]);

    log.write(2, participants(&["boss@example.org"], &["carla@example.org"]));
    let first = (log.ticket("a").participants.len(), log.ticket("a").taken_off.contains_key("carla@example.org"));
    log.write(2, participants(&["carla@example.org"], &[]));

    assert_eq!(first, (1, true));
    assert!(log.ticket("a").taken_off.is_empty());
}

/// Who takes part and who is taken off, after each of some changes and after it is taken back.
#[test]
fn taking_back_who_takes_part_leaves_everybody_as_he_was() {
    let who = |log: &Log| {
        let ticket = log.ticket("a");
        let names = |set: &BTreeMap<String, _>| set.keys().cloned().collect::<Vec<_>>();
        (names(&ticket.participants), names(&ticket.taken_off))
    };
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, participants(&["in@example.org"], &["off@example.org"]));
    let clear = Change::Participant { ticket: key("a"), add: vec![], remove: vec![], clear: vec!["in@example.org".into(), "off@example.org".into()] };
    for change in [
        participants(&["new@example.org"], &[]),
        participants(&["off@example.org"], &["in@example.org", "new@example.org"]),
        participants(&["in@example.org"], &["off@example.org"]),
        clear,
    ] {
        let before = who(&log);
        let back = inverse(log.ticket("a"), &change).unwrap();
        log.write(2, change.clone());
        let after = who(&log);
        let again = inverse(log.ticket("a"), &back).unwrap();

        log.write(2, undo(back));
        assert_eq!(who(&log), before, "{change:?} was taken back");
        let back = inverse(log.ticket("a"), &again).unwrap();
        log.write(2, undo(again));
        assert_eq!(who(&log), after, "{change:?} was done again");
        log.write(2, undo(back));
    }
}

#[test]
fn whom_somebody_else_added_meanwhile_no_undo_takes_out() {
    let mut log = Log::with_tickets(&["a"]);
    let back = inverse(log.ticket("a"), &participants(&["boss@example.org"], &[])).unwrap();
    log.write(2, participants(&["boss@example.org"], &[]));
    let seen = log.uid;
    log.write(3, participants(&["boss@example.org"], &[]));

    log.write_having_seen(2, seen, undo(back));

    assert!(log.ticket("a").participants.contains_key("boss@example.org"));
}

#[test]
fn an_answer_nobody_had_seen_reopens_once() {
    let reopen = |name: &str, at: i64| Change::Reopen { ticket: key("a"), mid: mid(name), at: Timestamp::from_second(at).unwrap() };
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, solve("a", Some(100)));

    let seen = log.write(3, reopen("old", 100));
    let new = log.write(3, reopen("new", 101));
    log.write(2, solve("a", None));
    let again = log.write(1, reopen("new", 101));

    assert!(matches!(seen, Outcome::NoEffect(_)));
    assert_eq!(new, Outcome::Applied);
    assert!(matches!(again, Outcome::NoEffect(_)));
    assert_eq!(log.ticket("a").status.value, Status::Solved);
}

#[test]
fn merges_follow_each_other_and_never_close_a_circle() {
    let mut log = Log::with_tickets(&["a", "b", "c"]);

    assert_eq!(log.write(2, merge("c", "b")), Outcome::Applied);
    assert_eq!(log.write(2, merge("b", "a")), Outcome::Applied);
    assert!(log.write(2, merge("a", "c")).is_conflict());
    assert_eq!(resolve(&log.state, &key("c")), Some(key("a")));
    log.write(2, assign("c", "ben"));
    assert_eq!(log.ticket("a").assignee.value.as_deref(), Some("ben"));

    assert_eq!(log.write(2, Change::Unmerge { ticket: key("b") }), Outcome::Applied);
    assert_eq!(resolve(&log.state, &key("c")), Some(key("b")));
}

#[test]
fn of_two_merges_of_one_ticket_the_first_counts_and_the_second_is_a_conflict() {
    let mut log = Log::with_tickets(&["a", "b", "c"]);
    log.write(2, merge("c", "a"));

    let second = log.write_having_seen(3, 3, merge("c", "b"));
    let crossed = log.write_having_seen(3, 3, merge("a", "c"));

    assert_eq!(second, Outcome::Stale { field: "merge", winner: EventId { actor: ActorId(2), seq: 1 } });
    assert!(crossed.is_conflict());
    assert_eq!(resolve(&log.state, &key("c")), Some(key("a")));
}

#[test]
fn who_had_not_seen_that_a_ticket_was_merged_changes_no_field_of_the_other() {
    let mut log = Log::with_tickets(&["a", "b", "c"]);
    let seen = log.uid;
    log.write(2, merge("c", "b"));
    log.write(2, merge("b", "a"));
    let status = || Change::Status { ticket: key("c"), value: Status::Solved, seen: None };

    let blind = log.write_having_seen(3, seen, status());
    let tagged = log.write_having_seen(3, seen, tag("c", &["late"], &[]));
    let own = log.write(2, assign("c", "ben"));
    let seeing = log.write(4, status());

    assert_eq!(blind, Outcome::Stale { field: "merge", winner: EventId { actor: ActorId(2), seq: 1 } });
    assert_eq!((tagged, own, seeing), (Outcome::Applied, Outcome::Applied, Outcome::Applied), "what is kept by element goes along");
    assert_eq!(log.ticket("a").status.value, Status::Solved);
}

fn split(ticket: &str, ids: &[&str]) -> Change {
    Change::Split { ticket: key(ticket), ids: ids.iter().map(|id| mid(id)).collect(), key: key("new"), first: None }
}

#[test]
fn what_was_split_off_goes_by_its_own_first_mail() {
    let first = |who: &str| {
        let at = Timestamp::from_second(7).unwrap();
        Some(Box::new(FirstMail { from: Address::new("Kim", who), subject: "Toner".into(), at }))
    };
    let parted = |log: &mut Log, first: Option<Box<FirstMail>>| {
        log.write(2, Change::Split { ticket: key("a"), ids: vec![mid("a2")], key: key("new"), first });
        let ticket = log.ticket("new").clone();
        (ticket.requester.map(|who| who.address).unwrap_or_default(), ticket.subject.value, ticket.created)
    };
    let opened = || {
        let mut log = Log::default();
        log.write(1, open_ticket("a", &["a", "a2"]));
        log
    };
    let of_a = opened().ticket("a").clone();

    let own = parted(&mut opened(), first("kim@example.org"));
    let earlier = parted(&mut opened(), None);
    let mut log = opened();
    // Whoever split did not know yet that the person is forgotten.
    let seen = log.uid;
    log.write(1, Change::Forget { address: crate::domain::seal::digest("kim@example.org") });
    log.write_having_seen(3, seen, Change::Split { ticket: key("a"), ids: vec![mid("a2")], key: key("new"), first: first("kim@example.org") });

    assert_eq!(own, ("kim@example.org".into(), "Toner".into(), Timestamp::from_second(7).ok()));
    assert_eq!((earlier.0, earlier.1), (of_a.requester.map(|who| who.address).unwrap_or_default(), of_a.subject.value));
    assert_eq!(log.ticket("new").requester, Some(Address::new("", FORGOTTEN)));
    assert_eq!(log.ticket("new").subject.value, FORGOTTEN_SUBJECT);
}

#[test]
fn what_was_split_off_is_not_joined_again_by_a_mail_that_refers_to_both() {
    let mut log = Log::default();
    log.write(1, open_ticket("a", &["a", "a2", "a3"]));

    log.write(2, split("a", &["a2", "a3"]));
    log.write(3, open_ticket("a", &["late", "a", "a2"]));

    assert_eq!((log.ticket("a").number, log.ticket("new").number), (Some(1), Some(2)));
    assert_eq!(log.ticket("new").ids, BTreeSet::from([mid("a2"), mid("a3")]));
    assert_eq!(log.ticket("a").ids, BTreeSet::from([mid("a"), mid("late")]));
    assert_eq!(log.state.owners[&mid("a2")], key("new"));
}

#[test]
fn undoing_a_split_gives_the_mail_back_and_undoing_a_merge_too() {
    for (change, on) in [(split("a", &["a2"]), "a"), (merge("b", "a"), "b"), (solve("a", None), "a"), (tag("a", &["x"], &[]), "a")] {
        let mut log = Log::default();
        log.write(1, open_ticket("a", &["a", "a2"]));
        log.write(1, open_ticket("b", &["b"]));
        let before = log.ticket(on).clone();
        let back = inverse(&before, &change).unwrap();
        let homes = |log: &Log| ["a", "a2", "b"].map(|id| resolve(&log.state, &log.state.owners[&mid(id)]).unwrap());
        let (homes_before, view) = (homes(&log), |log: &Log| (log.ticket("a").status.value, log.ticket("a").tags.len()));
        let view_before = view(&log);

        assert_eq!(log.write(2, change.clone()), Outcome::Applied);
        let changed = log.ticket(on).clone();
        assert_eq!(log.write(2, Change::Undo { event: EventId { actor: ActorId(2), seq: 1 }, change: Box::new(back.clone()) }), Outcome::Applied);

        assert_eq!((homes(&log), view(&log)), (homes_before, view_before), "{change:?}");
        assert!(inverse(&changed, &back).is_some(), "{change:?} cannot be done again");
    }
}

#[test]
fn links_hold_on_both_sides() {
    let mut log = Log::with_tickets(&["a", "b"]);

    log.write(2, Change::Link { a: key("a"), b: key("b") });
    let linked = (log.ticket("a").links.contains_key(&key("b")), log.ticket("b").links.contains_key(&key("a")));
    log.write(3, Change::Unlink { a: key("b"), b: key("a") });

    assert_eq!(linked, (true, true));
    assert!(log.ticket("a").links.is_empty() && log.ticket("b").links.is_empty());
    assert!(log.write(2, Change::Link { a: key("a"), b: key("a") }).is_conflict());
}

#[test]
fn of_two_claims_the_first_wins_until_it_expires_by_the_servers_clock() {
    let claim = || Change::Claim { what: "import".into(), ttl: 60 };
    let mut log = Log::default();
    let (first, second, late) = (log.event(1, 0, claim()), log.event(2, 0, claim()), log.event(3, 0, claim()));

    assert_eq!(log.append_at(&first, 1_000), Outcome::Applied);
    assert_eq!(log.append_at(&second, 1_059), Outcome::Lost { winner: first.id });
    assert_eq!(log.append_at(&late, 1_060), Outcome::Applied);
}

#[test]
fn a_claim_to_acknowledge_never_expires() {
    let claim = || Change::Claim { what: "ack:0011223344556677".into(), ttl: 60 };
    let mut log = Log::default();
    let (first, late) = (log.event(1, 0, claim()), log.event(2, 0, claim()));

    assert_eq!(log.append_at(&first, 1_000), Outcome::Applied);
    assert_eq!(log.append_at(&late, 100_000), Outcome::Lost { winner: first.id });
}

#[test]
fn an_intent_gives_way_to_a_later_one_of_its_device_alone_and_to_others_when_it_has_expired() {
    let intent = |name: &str, ttl| Change::Intent { ticket: key("a"), mid: mid(name), sha: String::new(), ttl };
    let mut log = Log::with_tickets(&["a"]);
    let (first, edited, copied) = (log.event(1, 1, intent("one", 900)), log.event(1, 1, intent("two", 900)), log.event(2, 1, intent("two", 900)));
    let (overtaking, given_up, next) =
        (log.event(3, 1, intent("three", 900)), log.event(3, 1, intent("three", 1)), log.event(2, 1, intent("four", 900)));

    assert_eq!(log.append_at(&first, 1_000), Outcome::Applied);
    assert_eq!(log.append_at(&edited, 1_010), Outcome::Applied);
    assert_eq!(log.append_at(&copied, 1_020), Outcome::Lost { winner: edited.id }, "the same mail on a copied device is another's");
    assert_eq!(log.append_at(&overtaking, 1_910), Outcome::Applied);
    assert_eq!(log.append_at(&given_up, 1_911), Outcome::Applied);
    assert_eq!(log.append_at(&next, 1_912), Outcome::Applied);
}

#[test]
fn one_answer_at_a_time_goes_out_and_its_number_is_frozen() {
    let intent = |name: &str| Change::Intent { ticket: key("a"), mid: mid(name), sha: String::new(), ttl: 900 };
    let mut log = Log::with_tickets(&["a"]);

    assert_eq!(log.write(1, intent("mine")), Outcome::Applied);
    assert!(matches!(log.write(2, intent("yours")), Outcome::Lost { .. }));
    log.write(1, Change::Sent { ticket: key("a"), mid: mid("mine"), sha: String::new() });
    assert_eq!(log.write(2, intent("yours")), Outcome::Applied);
    assert!(log.ticket("a").number_frozen && log.ticket("a").ids.contains(&mid("mine")));
}

#[test]
fn a_hole_holds_one_device_and_no_other() {
    let mut log = Log::with_tickets(&["a"]);
    let (first, second) = (log.event(2, 1, tag("a", &["one"], &[])), log.event(2, 1, tag("a", &["two"], &[])));

    assert_eq!(log.append(&second), Outcome::Hole { expected: 1 });
    assert_eq!(log.write(3, tag("a", &["other"], &[])), Outcome::Applied);
    assert_eq!(log.ticket("a").tags.len(), 1);
    assert_eq!(log.append(&first), Outcome::Applied);
    assert_eq!(log.append(&second), Outcome::Duplicate);

    assert_eq!(log.ticket("a").tags.len(), 3);
    assert!(log.state.counters.shared.held.is_empty());
}

#[test]
fn a_revoked_device_counts_for_nothing_from_then_on() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, tag("a", &["before"], &[]));

    log.write(1, Change::Revoke { actor: ActorId(2) });

    assert_eq!(log.write(2, tag("a", &["after"], &[])), Outcome::Revoked);
    assert_eq!(log.ticket("a").tags.keys().collect::<Vec<_>>(), ["before"]);
}

#[test]
fn an_operation_of_a_newer_version_is_kept_and_noted() {
    let mut log = Log::with_tickets(&["a"]);

    let outcome = log.write(2, Change::Unknown(json!({"op": "teleport"}).as_object().unwrap().clone()));

    assert_eq!(outcome, Outcome::Unknown);
    assert!(log.state.counters.shared.has_newer);
    assert_eq!(log.write(2, tag("a", &["x"], &[])), Outcome::Applied);
}

#[test]
fn a_forgotten_person_leaves_no_name_in_the_state() {
    let mut log = Log::with_tickets(&["a"]);

    log.write(2, forget_carla());

    let text = serde_json::to_string(&log.state).unwrap();
    assert!(!text.to_lowercase().contains("carla"), "{text}");
}

#[test]
fn when_a_person_was_forgotten_is_kept_beside_what_versions_that_do_not_keep_it_agree_on() {
    let mut log = Log::with_tickets(&["a"]);
    let address = seal::digest("carla@example.org");
    log.write(2, Change::Forget { address: address.clone() });
    let mut without = serde_json::to_value(&log.state).unwrap();

    let at = without.pointer_mut("/counters/shared").unwrap().as_object_mut().unwrap().remove("forgotten_at");

    assert!(at.is_some_and(|at| at[address]["at"].is_string()));
    let read: LogState = serde_json::from_value(without).unwrap();
    assert!(read != log.state && hash(&read) == hash(&log.state));
}

#[test]
fn a_subject_that_an_undo_put_back_is_the_persons_and_one_an_agent_wrote_is_not() {
    let forgotten_after = |changes: Vec<Change>| {
        let mut log = Log::with_tickets(&["a"]);
        for change in changes {
            assert!(log.write(2, change).is_applied());
        }
        log.write(2, forget_carla());
        log.ticket("a").subject.value.clone()
    };

    assert_eq!(forgotten_after(vec![subject("Invoice"), undo(subject("a"))]), FORGOTTEN_SUBJECT);
    assert_eq!(forgotten_after(vec![subject("Invoice"), undo(subject("a")), subject("Invoice")]), "Invoice");
    assert_eq!(forgotten_after(vec![subject("Invoice")]), "Invoice");
}

#[test]
fn who_is_forgotten_is_brought_back_by_nothing_that_was_written_in_ignorance_of_it() {
    let mut log = Log::with_tickets(&["a"]);
    log.write(2, subject("Invoice"));
    let seen = log.uid;
    log.write(2, forget_carla());

    log.write_having_seen(1, seen, open_ticket("late", &["late"]));
    log.write_having_seen(1, seen, open_ticket("answer", &["a", "answer"]));
    log.write_having_seen(2, seen, undo(subject("What Carla asked")));
    log.write_having_seen(3, seen, participants(&["carla@example.org"], &[]));
    log.write_having_seen(3, seen, participants(&[], &["carla@example.org"]));

    let text = serde_json::to_string(&log.state).unwrap();
    assert!(!text.to_lowercase().contains("carla"), "{text}");
    assert_eq!(log.ticket("late").requester.as_ref().unwrap().address, FORGOTTEN);
}

#[test]
fn the_hash_tells_states_apart_and_presence_is_not_part_of_it() {
    let mut log = Log::with_tickets(&["a"]);
    let same = hash(&Log::with_tickets(&["a"]).state);
    let before = hash(&log.state);
    log.state
        .tickets
        .get_mut(&key("a"))
        .unwrap()
        .presence
        .insert("ana".into(), crate::domain::ticket::Presence { what: "replying".into(), since: Timestamp::UNIX_EPOCH });
    let with_presence = hash(&log.state);
    log.write(2, assign("a", "ben"));

    assert_eq!((&before, &before), (&same, &with_presence));
    assert_ne!(hash(&log.state), before);
}

#[test]
fn the_state_survives_being_written_and_read() {
    let mut log = Log::with_tickets(&["a", "b"]);
    log.write(2, Change::Link { a: key("a"), b: key("b") });
    log.write(2, Change::Claim { what: "import".into(), ttl: 0 });
    let ahead = log.event(3, 0, assign("a", "x"));
    let held = Event { id: EventId { seq: 5, ..ahead.id }, ..ahead };
    log.append(&held);

    let text = serde_json::to_string(&log.state).unwrap();

    assert_eq!(serde_json::from_str::<LogState>(&text).unwrap(), log.state);
}
