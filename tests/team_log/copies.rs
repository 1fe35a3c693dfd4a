//! The files of a client that are there twice: copied, or put back from a backup.

use std::collections::BTreeSet;

use postdesk::domain::event::Change;
use postdesk::domain::ticket::Priority;
use postdesk::sync::fake::FakeServer;

use super::log_client::{LogClient, key, opened, tagged};
use super::{assert_in_once, come_to_rest, in_log};

#[test]
fn a_copied_client_takes_another_name_and_nothing_is_lost_or_done_twice() {
    let server = FakeServer::new();
    let mut ana = LogClient::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    ana.act(tagged("one", "before-the-copy"));
    let mut copy = ana.copy("ana's laptop");
    ana.act(tagged("one", "here"));
    copy.act(tagged("one", "there"));
    copy.act(tagged("one", "there-too"));

    let first = ana.exchange(&server).unwrap();
    let second = copy.exchange(&server).unwrap();
    ana.act(Change::Priority { ticket: key("one"), value: Priority::High });
    come_to_rest(&server, &mut [&mut ana, &mut copy], "copied");

    assert!(!first.was_copied && second.was_copied);
    assert_eq!(copy.tags(&key("one")), ["before-the-copy", "here", "there", "there-too"]);
    let mut bo = LogClient::new("bo");
    come_to_rest(&server, &mut [&mut ana, &mut copy, &mut bo], "a third reads it");
    let actors: BTreeSet<String> = in_log(&server).iter().filter_map(|id| id.split('.').nth(1).map(str::to_owned)).collect();
    assert_eq!(actors.len(), 2, "{actors:?}");
}

#[test]
fn a_client_restored_from_a_backup_takes_another_name() {
    let server = FakeServer::new();
    let mut ana = LogClient::new("ana");
    ana.act(opened("one"));
    ana.exchange(&server).unwrap();
    let mut backup = ana.copy("ana, restored");
    ana.act(tagged("one", "lost-with-the-disk"));
    ana.exchange(&server).unwrap();
    drop(ana);

    backup.act(tagged("one", "after"));
    come_to_rest(&server, &mut [&mut backup], "restored");

    assert_eq!(backup.tags(&key("one")), ["after", "lost-with-the-disk"]);
    assert_in_once(&server, 3, "restored");
}
