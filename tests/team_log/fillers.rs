//! A change that the folder has lost, and in whose place a colleague puts a mark, while others have read it.

#![allow(clippy::redundant_closure_for_method_calls, reason = "a method that borrows for a time of its own is no function of any time")]

use postdesk::sync::fake::Fault;
use postdesk::sync::log::Compaction;
use postdesk::sync::source::Trouble;

use super::*;

/// The number in the folder of the newest message but one.
fn last_but_one(server: &FakeServer) -> u32 {
    let messages = server.messages(FOLDER);
    messages[messages.len() - 2].0
}

/// Bo tags a ticket twice, and of the two changes the first is lost. Ana has read neither.
struct Lost {
    server: FakeServer,
    ana: LogClient,
    bo: LogClient,
    uid: u32,
}

impl Lost {
    fn by(lose: impl FnOnce(&mut LogClient, &FakeServer) -> u32) -> Self {
        let server = FakeServer::new();
        let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
        bo.act(opened("one"));
        bo.exchange(&server).unwrap();
        ana.exchange(&server).unwrap();
        bo.act(tagged("one", "first"));
        bo.act(tagged("one", "second"));
        let uid = lose(&mut bo, &server);
        Self { server, ana, bo, uid }
    }

    /// A person says that it goes on without what is missing.
    fn give_up(&mut self) {
        self.ana.exchange(&self.server).unwrap();
        assert_eq!(self.ana.tags(&key("one")), Vec::<String>::new(), "what came after it waits");
        self.ana.over(&self.server, |log| log.give_up_missing()).unwrap();
        assert_eq!(self.ana.tags(&key("one")), ["second"]);
    }
}

/// Whether the first change is listed among those about which its author has to say what becomes of them.
fn is_asked_about(client: &LogClient) -> bool {
    let conflicts = client.store.conflicts().unwrap();
    conflicts.iter().any(|conflict| conflict.is_undecided && conflict.event.change == tagged("one", "first"))
}

fn lost_after_it_was_read(bo: &mut LogClient, server: &FakeServer) -> u32 {
    bo.exchange(server).unwrap();
    last_but_one(server)
}

#[test]
fn what_is_given_up_while_some_have_it_is_given_up_by_all_and_its_author_is_asked() {
    let mut all = Lost::by(lost_after_it_was_read);
    let mut cy = LogClient::new("cy");
    cy.exchange(&all.server).unwrap();
    all.server.expunge(FOLDER, all.uid);
    all.give_up();

    all.bo.exchange(&all.server).unwrap();
    cy.exchange(&all.server).unwrap();

    assert_eq!((all.bo.tags(&key("one")), cy.tags(&key("one"))), (vec!["second".into()], vec!["second".into()]));
    assert_eq!((is_asked_about(&all.bo), is_asked_about(&cy)), (true, false));
    let said = |client: &LogClient| {
        let history = client.store.history(&key("one")).unwrap();
        history.into_iter().filter(|entry| entry.event.change == tagged("one", "first")).map(|entry| entry.unapplied).collect::<Vec<_>>()
    };
    assert_eq!(said(&all.bo), [Some("the mail server had lost it, and ana went on without it".to_owned())]);
    assert_eq!(said(&cy), []);
    let mut late = LogClient::new("late");
    come_to_rest(&all.server, &mut [&mut all.ana, &mut all.bo, &mut cy, &mut late], "given up");
}

#[test]
fn what_is_shown_late_counts_before_the_mark_in_its_place_until_it_is_gone() {
    let mut all = Lost::by(|bo, server| {
        let lost = lost_after_it_was_read(bo, server);
        server.hide(FOLDER, lost, true);
        lost
    });
    all.give_up();
    let mut late = LogClient::new("late");
    late.exchange(&all.server).unwrap();
    assert_eq!(late.tags(&key("one")), ["second"]);

    all.server.hide(FOLDER, all.uid, false);
    come_to_rest(&all.server, &mut [&mut all.ana, &mut all.bo, &mut late], "shown late");
    for client in [&all.ana, &all.bo, &late] {
        assert_eq!(client.tags(&key("one")), ["first", "second"], "{}", client.name);
        let history = client.store.history(&key("one")).unwrap();
        assert!(
            history.iter().any(|entry| entry.event.change == tagged("one", "first") && entry.unapplied.is_none()),
            "{}: {history:#?}",
            client.name
        );
    }
    assert!(!is_asked_about(&all.bo));

    all.server.expunge(FOLDER, all.uid);
    let mut last = LogClient::new("last");
    come_to_rest(&all.server, &mut [&mut all.ana, &mut all.bo, &mut late, &mut last], "gone");
    assert_eq!(all.ana.tags(&key("one")), ["second"]);
    assert!(is_asked_about(&all.bo));
}

#[test]
fn what_is_given_up_before_its_author_has_read_it_back_makes_no_copy_of_him() {
    let mut all = Lost::by(|bo, server| {
        // Whatever the last step of the session is, it is not needed for the folder to have both.
        let pushed = bo.over(server, |log| {
            log.pull()?;
            server.fail_at(server.steps() + 1, Fault::After(Trouble::Unreachable));
            log.push()
        });
        assert!(pushed.is_err(), "{pushed:?}");
        assert_eq!(bo.store.waiting_count().unwrap(), 2);
        last_but_one(server)
    });
    all.server.expunge(FOLDER, all.uid);
    all.give_up();
    let actor = all.bo.store.actor().unwrap();

    let exchanged = all.bo.exchange(&all.server).unwrap();

    assert!(!exchanged.was_copied);
    assert_eq!(all.bo.store.actor().unwrap(), actor);
    assert!(is_asked_about(&all.bo));
    come_to_rest(&all.server, &mut [&mut all.ana, &mut all.bo], "given up");
    assert_eq!(all.bo.tags(&key("one")), ["second"]);
}

#[test]
fn what_a_snapshot_holds_is_given_up_by_nobody() {
    let mut all = Lost::by(lost_after_it_was_read);
    all.server.hide(FOLDER, all.uid, true);
    all.give_up();
    all.server.hide(FOLDER, all.uid, false);
    let when = Compaction { events: 1, age_secs: 0 };
    all.bo
        .over(&all.server, |log| {
            log.pull()?;
            log.compact(when)
        })
        .unwrap();
    all.server.expunge(FOLDER, all.uid);

    let mut late = LogClient::new("late");
    come_to_rest(&all.server, &mut [&mut all.ana, &mut all.bo, &mut late], "held");

    assert_eq!(late.tags(&key("one")), ["first", "second"]);
    assert!(!is_asked_about(&all.bo));
}

#[test]
fn what_stands_twice_and_is_lost_once_counts_where_it_still_stands() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
    ana.act(opened("one"));
    ana.act(Change::Assign { ticket: key("one"), value: Some("ana".into()) });
    ana.exchange(&server).unwrap();
    let (uid, flags, bytes) = server.messages(FOLDER).pop().unwrap();
    bo.exchange(&server).unwrap();
    bo.act(tagged("one", "between"));
    bo.exchange(&server).unwrap();
    // Ana's answer was lost, and she handed it over once more.
    server.deliver(FOLDER, &flags, &bytes);
    ana.exchange(&server).unwrap();

    server.expunge(FOLDER, uid);
    let mut late = LogClient::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut late], "lost once");
    assert_eq!(late.store.ticket_state(&key("one")).unwrap().unwrap().assignee.value.as_deref(), Some("ana"));
}
