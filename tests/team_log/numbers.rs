//! A server that numbers the log anew.

use postdesk::domain::event::Change;
use postdesk::sync::fake::FakeServer;
use postdesk::sync::log::LogError;

use super::log_client::{FOLDER, LogClient, key, opened, tagged};
use super::{a_past, come_to_rest, in_log, seen};

#[test]
fn an_order_nobody_else_knows_is_carried_over_on_a_persons_word() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    // The one who was there to the end does not come back; ana has not read bo's last event.
    drop(bo);
    server.renumber_backwards(FOLDER);
    let mut cy = LogClient::new("cy");

    let trouble = [ana.exchange(&server).unwrap_err(), cy.exchange(&server).unwrap_err()];
    let mut alone = LogClient::new("alone");
    let lonely = {
        let copy = server.copy();
        let _ = alone.exchange(&copy).unwrap_err();
        alone.restore(&copy).unwrap();
        seen(&alone)
    };
    ana.restore(&server).unwrap();

    assert!(trouble.iter().all(|error| matches!(error, LogError::NoOrder { .. })), "{trouble:?}");
    come_to_rest(&server, &mut [&mut ana, &mut cy], "carried over");
    for client in [&ana, &cy] {
        assert_eq!(seen(client), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1), "{}", client.name);
    }
    assert_eq!(lonely, seen(&ana), "who knows no order takes that of the authors' clocks");
}

#[test]
fn numbers_that_mean_other_messages_under_the_same_validity_are_found_out() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    let before = (seen(&ana), ana.hash());
    let assignee = |client: &LogClient| client.store.ticket_state(&key("one")).unwrap().unwrap().assignee.value;
    let was = assignee(&ana);
    server.turn_round(FOLDER);

    for client in [&mut ana, &mut bo] {
        client.spot_check(&server).unwrap();
        client.exchange(&server).unwrap();
    }

    let mut cy = LogClient::new("cy");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "turned round");
    for client in [&ana, &bo, &cy] {
        assert_eq!((seen(client), assignee(client)), (before.0.clone(), was.clone()), "{}", client.name);
    }
    bo.act(Change::Assign { ticket: key("one"), value: Some("cy".into()) });
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "and later changes apply");
    assert_eq!(assignee(&cy).as_deref(), Some("cy"));
}

#[test]
fn numbers_and_fields_stay_when_the_server_numbers_the_log_anew_in_another_order() {
    let server = FakeServer::new();
    let (mut ana, mut bo, mut cy) = (LogClient::new("ana"), LogClient::new("bo"), LogClient::new("cy"));
    for name in ["one", "two", "three", "four"] {
        ana.act(opened(name));
        ana.exchange(&server).unwrap();
        bo.exchange(&server).unwrap();
        bo.act(Change::Assign { ticket: key(name), value: Some("bo".into()) });
        bo.exchange(&server).unwrap();
    }
    ana.exchange(&server).unwrap();
    cy.exchange(&server).unwrap();
    let before = (ana.hash(), ana.number(&key("one")), ana.number(&key("four")));
    ana.act(tagged("one", "waits"));

    server.renumber_backwards(FOLDER);
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "numbered anew");

    let mut late = LogClient::new("late");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy, &mut late], "another joins");
    for client in [&ana, &bo, &cy, &late] {
        assert_eq!((client.number(&key("one")), client.number(&key("four"))), (before.1, before.2), "{}", client.name);
        assert_eq!(client.tags(&key("one")), ["waits"]);
    }
    let carried = in_log(&server).iter().filter(|id| id.contains('-')).count();
    assert_eq!(carried, 1, "one client carries the order over: {:#?}", in_log(&server));
}

#[test]
fn while_a_server_shows_a_part_of_a_folder_it_numbered_anew_nothing_is_written() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = (LogClient::new("ana"), LogClient::new("bo"));
    ana.act(opened("one"));
    ana.act(tagged("one", "red"));
    ana.exchange(&server).unwrap();
    bo.exchange(&server).unwrap();
    server.renumber_backwards(FOLDER);
    let count = server.messages(FOLDER).len();
    for uid in 1..=u32::try_from(count).unwrap() {
        server.hide(FOLDER, uid, true);
    }
    ana.act(tagged("one", "waits"));

    let empty = ana.exchange(&server).unwrap_err();
    server.hide(FOLDER, 1, false);
    let in_part = bo.exchange(&server).unwrap_err();

    assert!(matches!((&empty, &in_part), (LogError::Missing { .. }, LogError::Missing { .. })), "{empty}, {in_part}");
    assert_eq!(server.messages(FOLDER).len(), count, "nothing was written");
    assert_eq!((bo.number(&key("one")), bo.tags(&key("one"))), (Some(1), vec!["red".to_owned()]), "what was known stays");
    for uid in 1..=u32::try_from(count).unwrap() {
        server.hide(FOLDER, uid, false);
    }
    come_to_rest(&server, &mut [&mut ana, &mut bo], "all shown");
    assert_eq!(bo.tags(&key("one")), ["red", "waits"]);
}
