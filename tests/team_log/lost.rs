//! A log that is gone, in part or as a whole, and is put back when a person says so.

use postdesk::domain::event::Change;
use postdesk::sync::fake::{FakeServer, Fault};
use postdesk::sync::log::LogError;
use postdesk::sync::source::{MailSource, Trouble};

use super::log_client::{FOLDER, LogClient, key, opened, tagged};
use super::{a_past, come_to_rest, seen};

/// Takes messages out of the folder as a person does with a mail program.
fn clear(server: &FakeServer, keep: usize) {
    for (uid, _, _) in server.messages(FOLDER).into_iter().skip(keep) {
        server.expunge(FOLDER, uid);
    }
}

type Harm<'a> = (&'a str, &'a dyn Fn(&FakeServer));

#[test]
fn a_log_that_was_deleted_or_emptied_is_put_back_when_a_person_says_so() {
    let deleted = |server: &FakeServer| server.delete_folder(FOLDER);
    let remade = |server: &FakeServer| {
        server.delete_folder(FOLDER);
        MailSource::create(&mut server.connect(), FOLDER).unwrap();
    };
    let emptied = |server: &FakeServer| clear(server, 0);
    let in_part = |server: &FakeServer| clear(server, 3);
    let harms: [Harm<'_>; 4] = [("deleted", &deleted), ("made anew", &remade), ("emptied", &emptied), ("emptied in part", &in_part)];
    for (what, harm) in harms {
        let server = FakeServer::new();
        let (mut ana, mut bo) = a_past(&server);
        let before = (seen(&ana), ana.hash());
        harm(&server);
        let left = server.messages(FOLDER).len();

        let trouble = [ana.exchange(&server).unwrap_err(), bo.exchange(&server).unwrap_err()];
        assert!(trouble.iter().all(LogError::can_be_restored), "{what}: {trouble:?}");
        assert_eq!(server.messages(FOLDER).len(), left, "{what}: nothing is written without a person's word");

        ana.restore(&server).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((seen(&ana), ana.hash()), before, "{what}");
        // The other one does the same a moment later, or hears of it; and somebody new joins.
        bo.restore(&server).unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut cy = LogClient::new("cy");
        come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], what);
        for client in [&ana, &bo, &cy] {
            assert_eq!(seen(client), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1), "{what}: {}", client.name);
        }
    }
}

#[test]
fn two_who_put_a_log_back_at_the_same_moment_do_no_harm() {
    for step in 0.. {
        let server = FakeServer::new();
        let (mut ana, mut bo) = a_past(&server);
        let hash = ana.hash();
        server.delete_folder(FOLDER);
        // One is broken off somewhere, the other does all of it, and the first goes on.
        let broken = server.steps() + step;
        server.fail_at(broken, Fault::After(Trouble::Unreachable));
        if ana.restore(&server).is_ok() && server.steps() <= broken {
            assert!(step > 10, "{step}");
            return;
        }
        bo.restore(&server).unwrap();
        let fresh = [ana.restore(&server), bo.restore(&server)];
        assert!(fresh.iter().all(Result::is_ok), "broken at {step}: {fresh:?}");
        assert_eq!(ana.hash(), hash, "broken at {step}");
        let mut cy = LogClient::new("cy");
        come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], &format!("broken at {step}"));
        assert_eq!(cy.tags(&key("one")), ["red", "waits"], "broken at {step}");
    }
}

#[test]
fn who_cannot_read_all_of_a_log_does_not_put_it_back() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    let newer = serde_json::from_str(&format!(r#"{{"op":"teleport","ticket":"{}"}}"#, key("one"))).unwrap();
    bo.act(Change::Unknown(newer));
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    server.delete_folder(FOLDER);

    let trouble = ana.restore(&server).unwrap_err();

    assert!(matches!(trouble, LogError::Newer { .. }), "{trouble}");
    assert!(server.messages(FOLDER).is_empty(), "nothing was written");
}

#[test]
fn who_knows_more_than_what_was_put_back_brings_it_in() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    bo.exchange(&server).unwrap();
    server.delete_folder(FOLDER);
    ana.restore(&server).unwrap();

    let trouble = bo.exchange(&server).unwrap_err();
    bo.restore(&server).unwrap();

    assert!(matches!(trouble, LogError::Lost { count: 1, .. } | LogError::Missing { count: 1, .. }), "{trouble}");
    let mut cy = LogClient::new("cy");
    come_to_rest(&server, &mut [&mut ana, &mut bo, &mut cy], "both have");
    assert_eq!((ana.tags(&key("one")), cy.tags(&key("one"))), (vec!["red".into(), "waits".into()], vec!["red".into(), "waits".into()]));
}

#[test]
fn another_teams_log_is_neither_followed_nor_written_to_whatever_a_person_says() {
    let server = FakeServer::new();
    let (mut ana, _) = a_past(&server);
    let before = seen(&ana);
    server.delete_folder(FOLDER);
    let mut other = LogClient::new("other");
    other.act(opened("theirs"));
    other.exchange(&server).unwrap();
    let count = server.messages(FOLDER).len();

    let trouble = [ana.exchange(&server).unwrap_err(), ana.restore(&server).unwrap_err()];

    assert!(trouble.iter().all(|error| matches!(error, LogError::Other { .. })), "{trouble:?}");
    assert!(!trouble[0].can_be_restored());
    assert_eq!((server.messages(FOLDER).len(), seen(&ana)), (count, before));
}

#[test]
fn a_folder_put_back_from_a_backup_lacks_what_came_after_it() {
    let server = FakeServer::new();
    let (mut ana, mut bo) = a_past(&server);
    let backup = server.copy();
    bo.exchange(&server).unwrap();
    ana.exchange(&server).unwrap();
    let count = backup.messages(FOLDER).len();

    ana.spot_check(&backup).unwrap();
    let trouble = ana.exchange(&backup).unwrap_err();
    assert!(matches!(trouble, LogError::Missing { count: 1, .. }), "{trouble}");
    assert_eq!(backup.messages(FOLDER).len(), count);
    ana.restore(&backup).unwrap();

    bo.spot_check(&backup).unwrap();
    let mut cy = LogClient::new("cy");
    come_to_rest(&backup, &mut [&mut ana, &mut bo, &mut cy], "put back");
    assert_eq!(seen(&cy), (Some(1), Some(2), vec!["red".into(), "waits".into()], 1));
}

#[test]
fn a_folder_that_is_gone_is_not_made_again_behind_peoples_backs() {
    let server = FakeServer::new();
    let mut ana = LogClient::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    server.delete_folder(FOLDER);
    ana.act(tagged("one", "red"));

    let trouble = ana.exchange(&server).unwrap_err();

    assert!(matches!(trouble, LogError::Gone { .. }), "{trouble}");
    assert!(server.messages(FOLDER).is_empty());
    assert_eq!((ana.store.waiting_count().unwrap(), ana.tags(&key("one")).len()), (1, 1));
}
