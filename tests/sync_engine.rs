//! The sync engine against a scripted server: every step cut once, every resync mode, every renumbering.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

use std::path::Path;

use postdesk::domain::project::Project;
use postdesk::domain::query::{Query, Sort};
use postdesk::domain::ticket::TicketRow;
use postdesk::domain::{MessageId, Timestamp};
use postdesk::store::events::Author;
use postdesk::store::{Store, StorePaths};
use postdesk::sync::fake::{FakeServer, FakeSource, Fault, Mode};
use postdesk::sync::pass::{self, FolderChoice, FolderReport, Pass, PassError};
use postdesk::sync::prepare::DeskContext;
use postdesk::sync::settle;
use postdesk::sync::source::{Flags, Trouble, Waker};

fn context() -> DeskContext {
    let app =
        Project { id: "app".into(), addresses: vec!["support@desk.example".into()], is_default: true, reopen_on_reply: true, ..Project::default() };
    DeskContext { mailbox: "support@desk.example".into(), projects: vec![app], authserv_id: None }
}

fn open(folder: &Path) -> Store {
    let mut store = Store::open("desk", StorePaths { data: folder.to_owned(), cache: folder.to_owned() }).unwrap();
    store.set_own_addresses(&context().own_addresses()).unwrap();
    store
}

fn try_sync(store: &mut Store, source: &mut FakeSource) -> Result<Vec<FolderReport>, PassError> {
    let folders = pass::folders(source, &FolderChoice { inbox: vec!["INBOX".into()], ..FolderChoice::default() })?;
    let context = context();
    let reports = Pass { store, source, context: &context, stop: &Waker::default(), progress: &mut |_| {} }.run(&folders);
    let author = Author { agent: "ana".into(), now: Timestamp::from_second(1_800_000_000).unwrap() };
    settle::settle(store, &author, settle::Opens::Here, &|_| true)?;
    reports
}

fn sync(store: &mut Store, server: &FakeServer) -> Vec<FolderReport> {
    try_sync(store, &mut server.connect()).unwrap()
}

fn mail(id: &str, parent: Option<&str>, subject: &str) -> Vec<u8> {
    let parent = parent.map(|parent| format!("In-Reply-To: <{parent}>\r\nReferences: <{parent}>\r\n")).unwrap_or_default();
    format!(
        "From: Carla <carla@customer.example>\r\nTo: support@desk.example\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{parent}\
         Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nText of {id}.\r\n"
    )
    .into_bytes()
}

fn rows(store: &Store) -> Vec<TicketRow> {
    let mut rows = store.page(&Query::And(vec![]), Sort::Updated, 1_000, None).unwrap().rows;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// What must be the same however a sync was interrupted: numbers may be given in another order.
fn state(store: &Store) -> Vec<(String, String, u64, u64)> {
    rows(store).into_iter().map(|row| (row.key.to_string(), row.subject, row.messages, row.unread)).collect()
}

fn total(reports: &[FolderReport]) -> u64 {
    reports.iter().map(|report| report.messages_new).sum()
}

fn deliver_three_threads(server: &FakeServer) {
    for thread in 0..3 {
        server.deliver("INBOX", &Flags::default(), &mail(&format!("root{thread}@c"), None, &format!("Thread {thread}")));
    }
    for reply in 0..4 {
        let root = format!("root{}@c", reply % 3);
        server.deliver("INBOX", &Flags::default(), &mail(&format!("reply{reply}@c"), Some(&root), "Re: Thread"));
    }
    server.deliver("Sent", &Flags { seen: true, ..Flags::default() }, &mail("answer@desk", Some("root0@c"), "Re: Thread 0"));
}

#[test]
fn mail_becomes_tickets_and_a_second_sync_does_nothing() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let folder = tempfile::tempdir().unwrap();
        let server = FakeServer::new();
        server.set_mode(mode);
        deliver_three_threads(&server);
        let mut store = open(folder.path());

        let first = sync(&mut store, &server);
        let second = sync(&mut store, &server);

        assert_eq!(total(&first), 8, "{mode:?}");
        assert_eq!(rows(&store).len(), 3, "{mode:?}");
        assert!(rows(&store).iter().all(|row| row.number.is_some()), "{mode:?}");
        let quiet = second.iter().all(|report| report.messages_new + report.flags_changed + report.messages_gone + report.bytes == 0);
        assert!(quiet, "{mode:?}: {second:?}");
    }
}

#[test]
fn whatever_step_is_cut_the_next_sync_ends_in_the_same_state() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let server = FakeServer::new();
        server.set_mode(mode);
        deliver_three_threads(&server);
        let folder = tempfile::tempdir().unwrap();
        let mut clean = open(folder.path());
        sync(&mut clean, &server);
        let expected = state(&clean);
        let steps = server.steps();

        for step in 0..steps {
            for fault in [Fault::Before(Trouble::Unreachable), Fault::After(Trouble::Unreachable)] {
                let server = FakeServer::new();
                server.set_mode(mode);
                deliver_three_threads(&server);
                let folder = tempfile::tempdir().unwrap();
                let mut store = open(folder.path());
                server.fail_at(step, fault);
                let cut = try_sync(&mut store, &mut server.connect());
                drop(store);

                let mut store = open(folder.path());
                sync(&mut store, &server);
                let again = sync(&mut store, &server);

                assert_eq!(
                    state(&store),
                    expected,
                    "{mode:?}, step {step} of {steps} cut {fault:?} ({:?})",
                    cut.err().map(|error| error.to_string())
                );
                assert_eq!(total(&again), 0);
            }
        }
    }
}

#[test]
fn flags_set_elsewhere_arrive_in_every_mode() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let folder = tempfile::tempdir().unwrap();
        let server = FakeServer::new();
        server.set_mode(mode);
        let uid = server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
        let mut store = open(folder.path());
        sync(&mut store, &server);
        assert_eq!(rows(&store)[0].unread, 1);

        server.set_flags("INBOX", uid, &Flags { seen: true, ..Flags::default() });
        sync(&mut store, &server);

        assert_eq!(rows(&store)[0].unread, 0, "{mode:?}");
    }
}

#[test]
fn mail_deleted_on_the_server_stays_readable_and_is_marked() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let folder = tempfile::tempdir().unwrap();
        let server = FakeServer::new();
        server.set_mode(mode);
        let uid = server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
        let mut store = open(folder.path());
        sync(&mut store, &server);

        server.expunge("INBOX", uid);
        let reports = sync(&mut store, &server);

        let messages = store.messages_of(&rows(&store)[0].key).unwrap();
        assert_eq!(reports[0].messages_gone, 1, "{mode:?}");
        assert!(messages[0].is_gone, "{mode:?}");
        assert!(store.raw(messages[0].id).unwrap().is_some(), "{mode:?}");
    }
}

#[test]
fn after_a_renumbering_nothing_is_lost_doubled_or_fetched_again() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let folder = tempfile::tempdir().unwrap();
        let server = FakeServer::new();
        server.set_mode(mode);
        deliver_three_threads(&server);
        let mut store = open(folder.path());
        sync(&mut store, &server);
        let before = rows(&store);

        server.renumber("INBOX");
        let reports = sync(&mut store, &server);

        assert_eq!(rows(&store), before, "{mode:?}");
        assert_eq!((total(&reports), reports[0].bytes), (0, 0), "{mode:?}: {reports:?}");
        assert_eq!(total(&sync(&mut store, &server)), 0);
    }
}

#[test]
fn mail_moved_to_another_folder_is_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    let uid = server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    let mut store = open(folder.path());
    sync(&mut store, &server);

    server.deliver("Archive", &Flags::default(), &mail("a@c", None, "A"));
    server.expunge("INBOX", uid);
    sync(&mut store, &server);

    let row = &rows(&store)[0];
    assert_eq!(row.messages, 1);
    assert!(!store.messages_of(&row.key).unwrap()[0].is_gone);
}

#[test]
fn the_same_message_id_with_other_content_is_kept_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    let mut other = mail("a@c", None, "A");
    other.extend_from_slice(b"Something else entirely.\r\n");
    server.deliver("INBOX", &Flags::default(), &other);
    let mut store = open(folder.path());

    sync(&mut store, &server);

    assert_eq!(rows(&store)[0].messages, 2);
}

#[test]
fn a_folder_deleted_meanwhile_is_reported_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    let mut store = open(folder.path());
    sync(&mut store, &server);
    server.deliver("Sent", &Flags::default(), &mail("s@desk", None, "S"));
    server.delete_folder("INBOX");

    let reports = sync(&mut store, &server);

    assert!(reports[0].error.is_some(), "{reports:?}");
    assert_eq!(total(&reports), 1);
}

#[test]
fn a_late_mail_that_joins_two_opened_tickets_keeps_the_lower_number() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    server.deliver("INBOX", &Flags::default(), &mail("c@c", Some("b@c"), "C"));
    let mut store = open(folder.path());
    sync(&mut store, &server);
    assert_eq!(rows(&store).len(), 2);

    server.deliver("INBOX", &Flags::default(), &mail("b@c", Some("a@c"), "B"));
    sync(&mut store, &server);

    let joined = rows(&store);
    assert_eq!(joined.len(), 1, "{joined:#?}");
    assert_eq!((joined[0].number, joined[0].messages), (Some(1), 3));
}

#[test]
fn a_cache_that_was_deleted_is_rebuilt_with_numbers_and_states() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    deliver_three_threads(&server);
    let mut store = open(folder.path());
    sync(&mut store, &server);
    let before = rows(&store);
    drop(store);
    for name in ["cache.db", "cache.db-wal", "cache.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }

    let mut store = open(folder.path());
    sync(&mut store, &server);

    assert_eq!(rows(&store), before);
}

#[test]
fn a_damaged_cache_is_set_aside_and_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    deliver_three_threads(&server);
    sync(&mut open(folder.path()), &server);
    std::fs::write(folder.path().join("cache.db"), vec![0x55; 20_000]).unwrap();
    let _ = std::fs::remove_file(folder.path().join("cache.db-wal"));

    let mut store = open(folder.path());
    sync(&mut store, &server);

    assert!(store.set_aside().is_some());
    assert_eq!(rows(&store).len(), 3);
}

#[test]
fn a_customers_mail_on_a_solved_ticket_reopens_it_once() {
    use postdesk::domain::event::{Change, Seen};
    use postdesk::domain::ticket::Status;
    use postdesk::store::events::NewEvent;
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    let mut store = open(folder.path());
    sync(&mut store, &server);
    let key = rows(&store)[0].key.clone();
    let seen = Seen { mid: MessageId::new("a@c").unwrap(), at: Timestamp::from_second(1).unwrap() };
    let author = Author { agent: "ana".into(), now: Timestamp::from_second(1_800_000_000).unwrap() };
    let solve = Change::Status { ticket: key.clone(), value: Status::Solved, seen: Some(seen) };
    store.append_events(&author, vec![NewEvent { change: solve, inverse: None }]).unwrap();
    assert_eq!(rows(&store)[0].status, Status::Solved);

    server.deliver("INBOX", &Flags::default(), &mail("b@c", Some("a@c"), "Re: A"));
    sync(&mut store, &server);
    let after = store.history(&key).unwrap().len();
    sync(&mut store, &server);

    assert_eq!(rows(&store)[0].status, Status::Open);
    assert_eq!(store.history(&key).unwrap().len(), after);
}

#[test]
fn a_customers_mail_wakes_a_ticket_and_what_was_known_when_it_was_put_to_sleep_does_not() {
    use postdesk::domain::event::Change;
    use postdesk::store::events::NewEvent;
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    let mut store = open(folder.path());
    sync(&mut store, &server);
    let key = rows(&store)[0].key.clone();
    let author = Author { agent: "ana".into(), now: Timestamp::from_second(1_800_000_000).unwrap() };
    let until = Timestamp::from_second(1_900_000_000).unwrap();
    let put_to_sleep = |store: &mut Store| {
        let seen = store.newest_inbound(&key, None).unwrap();
        let change = Change::Snooze { ticket: key.clone(), value: Some(until), seen };
        store.append_events(&author, vec![NewEvent { change, inverse: None }]).unwrap();
        rows(store)[0].snoozed_until
    };
    let asleep = put_to_sleep(&mut store);

    let machine = String::from_utf8(mail("m@c", Some("a@c"), "Out of office")).unwrap();
    server.deliver("INBOX", &Flags::default(), machine.replace("Subject:", "Auto-Submitted: auto-replied\r\nSubject:").as_bytes());
    sync(&mut store, &server);
    let after_a_machine = rows(&store)[0].snoozed_until;
    server.deliver("INBOX", &Flags::default(), &mail("b@c", Some("a@c"), "Re: A"));
    sync(&mut store, &server);
    let after_the_customer = rows(&store)[0].snoozed_until;
    let again = put_to_sleep(&mut store);

    assert_eq!((asleep, after_a_machine, after_the_customer, again), (Some(until), Some(until), None, Some(until)));
}

#[test]
fn a_stranger_who_knows_a_number_gets_a_ticket_of_his_own_and_a_participant_joins() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::new();
    server.deliver("INBOX", &Flags::default(), &mail("a@c", None, "A"));
    let mut store = open(folder.path());
    sync(&mut store, &server);

    let stranger = String::from_utf8(mail("x@evil", None, "about [#1]")).unwrap().replace("carla@customer.example", "eve@evil.example");
    server.deliver("INBOX", &Flags::default(), stranger.as_bytes());
    server.deliver("INBOX", &Flags::default(), &mail("later@c", None, "again [#1]"));
    sync(&mut store, &server);

    let rows = rows(&store);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(rows.iter().find(|row| row.number == Some(1)).map(|row| row.messages), Some(2));
}

#[test]
fn many_may_open_a_new_desk_at_the_same_moment() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let paths = StorePaths { data: folder.path().to_owned(), cache: folder.path().to_owned() };
                    let mut store = Store::open("desk", paths).unwrap();
                    store.set_own_addresses(&context().own_addresses()).unwrap();
                });
            }
        });
    }
}
