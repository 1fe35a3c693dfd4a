//! The mirror against a scripted server: every step cut once, and what real servers will not show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::path::Path;

use jiff::SignedDuration;
use postdesk::domain::event::Change;
use postdesk::domain::fold;
use postdesk::domain::project::Project;
use postdesk::domain::query::{Query, Sort};
use postdesk::domain::ticket::{Priority, Status, TicketRow};
use postdesk::domain::{MessageId, TicketKey, Timestamp};
use postdesk::store::events::{Author, NewEvent};
use postdesk::store::{Store, StorePaths};
use postdesk::sync::fake::{FakeServer, FakeSource, Fault, Mode};
use postdesk::sync::mirror::{Mirror, Mirrored, Moves};
use postdesk::sync::pass::{self, FolderChoice, FolderReport, Pass, PassError};
use postdesk::sync::prepare::DeskContext;
use postdesk::sync::settle;
use postdesk::sync::source::{Flags, Keeps, Relocation, Trouble, Waker};

fn context() -> DeskContext {
    let app =
        Project { id: "app".into(), addresses: vec!["support@desk.example".into()], is_default: true, reopen_on_reply: true, ..Project::default() };
    DeskContext { mailbox: "support@desk.example".into(), projects: vec![app], authserv_id: None }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn author() -> Author<'static> {
    Author { agent: "ana".into(), now: now() }
}

fn open(folder: &Path) -> Store {
    let mut store = Store::open("desk", StorePaths { data: folder.to_owned(), cache: folder.to_owned() }).unwrap();
    store.set_own_addresses(&context().own_addresses()).unwrap();
    store
}

fn choice() -> FolderChoice {
    FolderChoice { inbox: vec!["INBOX".into()], ..FolderChoice::default() }
}

fn read(store: &mut Store, source: &mut FakeSource) -> Result<Vec<FolderReport>, PassError> {
    let folders = pass::folders(source, &choice())?;
    let reports = Pass { store, source, context: &context(), stop: &Waker::default(), progress: &mut |_| {} }.run(&folders);
    settle::settle(store, &author(), settle::Opens::Here, &|_| true)?;
    reports
}

fn mirror(store: &mut Store, source: &mut FakeSource) -> Result<Mirrored, PassError> {
    mirror_at(store, source, now())
}

fn mirror_at(store: &mut Store, source: &mut FakeSource, now: Timestamp) -> Result<Mirrored, PassError> {
    let folders = pass::folders(source, &choice())?;
    let moves = Moves { archive: Some("Archive".into()), junk: Some("Junk".into()) };
    Mirror { store, source, folders: &folders, moves: &moves, now }.run()
}

fn try_sync(store: &mut Store, server: &FakeServer) -> Result<(Vec<FolderReport>, Mirrored), PassError> {
    let mut source = server.connect();
    let reports = read(store, &mut source)?;
    Ok((reports, mirror(store, &mut source)?))
}

fn sync(store: &mut Store, server: &FakeServer) -> (Vec<FolderReport>, Mirrored) {
    try_sync(store, server).unwrap()
}

fn mail(id: &str, parent: Option<&str>) -> Vec<u8> {
    let parent = parent.map(|parent| format!("In-Reply-To: <{parent}>\r\n")).unwrap_or_default();
    let text = "It does not work, whatever I try.\r\n".repeat(60);
    format!(
        "From: Carla <carla@customer.example>\r\nTo: support@desk.example\r\nSubject: {id}\r\nMessage-ID: <{id}>\r\n{parent}\
         Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n{text}"
    )
    .into_bytes()
}

fn rows(store: &Store) -> Vec<TicketRow> {
    store.page(&Query::And(vec![]), Sort::Updated, 1_000, None).unwrap().rows
}

/// The ticket of `<ID@c>`.
fn key(id: &str) -> TicketKey {
    TicketKey::of(&MessageId::new(&format!("{id}@c")).unwrap())
}

fn act(store: &mut Store, change: Change) {
    let state = store.ticket_state(&change.tickets()[0]).unwrap().unwrap();
    let inverse = fold::inverse(&state, &change);
    store.append_events(&author(), vec![NewEvent { change, inverse }]).unwrap();
}

fn set_status(store: &mut Store, id: &str, value: Status) {
    let seen = store.newest_inbound(&key(id), None).unwrap();
    act(store, Change::Status { ticket: key(id), value, seen });
}

/// Four tickets, and everything there is to be mirrored.
fn a_day_of_work(server: &FakeServer, store: &mut Store) {
    for id in ["solved@c", "spam@c", "urgent@c", "answered@c"] {
        server.deliver("INBOX", &Flags::default(), &mail(id, None));
    }
    let ours = String::from_utf8(mail("ours@desk", Some("answered@c"))).unwrap().replace("carla@customer", "support@desk");
    server.deliver("Sent", &Flags { seen: true, ..Flags::default() }, ours.as_bytes());
    read(store, &mut server.connect()).unwrap();
    set_status(store, "solved", Status::Solved);
    set_status(store, "spam", Status::Spam);
    act(store, Change::Priority { ticket: key("urgent"), value: Priority::Urgent });
    store.mark_seen(&key("urgent")).unwrap();
    act(store, Change::Sent { ticket: key("answered"), mid: MessageId::new("ours@desk").unwrap(), sha: String::new() });
}

type Lying = BTreeSet<(String, String, Vec<u8>)>;

/// What lies where, with which flags.
fn lying(server: &FakeServer) -> (usize, Lying) {
    let folders = ["INBOX", "Sent", "Archive", "Junk"];
    let all: Vec<_> = folders.iter().flat_map(|folder| server.messages(folder).into_iter().map(|message| ((*folder).to_owned(), message))).collect();
    (all.len(), all.into_iter().map(|(folder, (_, flags, bytes))| (folder, format!("{flags:?}"), bytes)).collect())
}

fn flags_of(server: &FakeServer, folder: &str, id: &str) -> Vec<Flags> {
    let mark = format!("Message-ID: <{id}@c>");
    server.messages(folder).into_iter().filter(|(_, _, bytes)| String::from_utf8_lossy(bytes).contains(&mark)).map(|(_, flags, _)| flags).collect()
}

fn keyword(name: &str) -> Flags {
    Flags { keywords: vec![name.into()], ..Flags::default() }
}

#[test]
fn whatever_step_is_cut_the_next_sync_ends_in_the_same_folders_flags_and_tickets() {
    let ways = [
        (Mode::Qresync, Relocation::AtOnce, true),
        (Mode::Condstore, Relocation::AtOnce, false),
        (Mode::Condstore, Relocation::ByCopy, true),
        (Mode::Plain, Relocation::ByCopy, false),
    ];
    for (mode, relocation, tells_uids) in ways {
        let prepared = || {
            let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
            server.set_mode(mode);
            server.set_relocation(relocation, tells_uids);
            let mut store = open(folder.path());
            a_day_of_work(&server, &mut store);
            (folder, server, store)
        };
        let (_folder, server, mut store) = prepared();
        let first = server.steps();
        let (_, done) = sync(&mut store, &server);
        let (steps, expected) = (server.steps(), lying(&server));
        sync(&mut store, &server);
        let tickets = rows(&store);
        assert_eq!((done.moved, done.errors), (2, vec![]));
        assert_eq!(flags_of(&server, "Archive", "solved"), [keyword("postdesk-solved")]);
        assert_eq!(flags_of(&server, "Junk", "spam"), [keyword("postdesk-spam")]);
        assert_eq!(flags_of(&server, "INBOX", "urgent"), [Flags { flagged: true, seen: true, ..Flags::default() }]);
        assert_eq!(flags_of(&server, "INBOX", "answered"), [Flags { answered: true, ..Flags::default() }]);
        assert_eq!(expected.0, 5);

        for step in first..steps {
            for fault in [Fault::Before(Trouble::Unreachable), Fault::After(Trouble::Unreachable)] {
                let what = format!("{mode:?}, {relocation:?}, COPYUID {tells_uids}, step {step} of {first}..{steps}, {fault:?}");
                let (folder, server, mut store) = prepared();
                server.fail_at(step, fault);
                let cut = try_sync(&mut store, &server);
                assert!(cut.is_err(), "{what}");
                drop(store);

                let mut store = open(folder.path());
                sync(&mut store, &server);
                sync(&mut store, &server);

                assert_eq!(lying(&server), expected, "{what}");
                assert_eq!(rows(&store), tickets, "{what}");
                let stores = server.stores();
                let (reports, done) = sync(&mut store, &server);
                assert_eq!((server.stores(), done), (stores, Mirrored::default()), "{what}: a further run changes nothing");
                assert!(reports.iter().all(|report| report.messages_new + report.bytes + report.messages_gone == 0), "{what}: {reports:?}");
            }
        }
    }
}

#[test]
fn mail_moved_by_another_program_is_recognised_in_every_mode_and_not_fetched() {
    for mode in [Mode::Qresync, Mode::Condstore, Mode::Plain] {
        let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
        server.set_mode(mode);
        let uid = server.deliver("INBOX", &Flags { seen: true, ..Flags::default() }, &mail("a@c", None));
        let stays = server.deliver("INBOX", &Flags::default(), &mail("b@c", None));
        let mut store = open(folder.path());
        sync(&mut store, &server);
        let before = rows(&store);

        server.relocate("INBOX", uid, "Archive");
        // What bears the same id and is another mail is no moved one.
        let mut other = mail("b@c", None);
        other.extend_from_slice(b"Something else.\r\n");
        server.deliver("Junk", &Flags::default(), &other);
        let (reports, _) = sync(&mut store, &server);

        let archive = reports.iter().find(|report| report.name == "Archive").unwrap();
        assert_eq!(archive.messages_new, 0, "{mode:?}");
        assert!(archive.bytes < 1_000, "{mode:?}: {archive:?}");
        let moved = before.iter().find(|row| row.key == key("a")).unwrap();
        assert!(rows(&store).contains(moved), "{mode:?}: unread, ticket and times are as they were");
        let messages = store.messages_of(&key("b")).unwrap();
        assert_eq!(messages.len(), 2, "{mode:?}");
        assert!(store.whereabouts(messages[0].id).unwrap().unwrap().left.is_none() && stays > 0, "{mode:?}");
    }
}

#[test]
fn an_id_that_is_used_again_is_no_mail_that_came_back() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let uid = server.deliver("INBOX", &Flags::default(), &mail("a@c", None));
    let mut store = open(folder.path());
    sync(&mut store, &server);
    server.expunge("INBOX", uid);
    // As long as the other, and it begins alike.
    let other = String::from_utf8(mail("a@c", None)).unwrap().replace("Subject: a@c", "Subject: b@c").replace("whatever", "whenever");
    server.deliver("Archive", &Flags::default(), other.as_bytes());

    let (reports, _) = sync(&mut store, &server);

    assert_eq!(reports.iter().map(|report| report.messages_new).sum::<u64>(), 1, "{reports:?}");
    let messages = store.messages_of(&key("a")).unwrap();
    assert_eq!(messages.iter().map(|message| message.is_gone).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn an_answer_whose_copy_comes_late_is_waited_for_and_not_for_ever() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    server.deliver("INBOX", &Flags::default(), &mail("answered@c", None));
    sync(&mut store, &server);
    let sent = |mid: &str| Change::Sent { ticket: key("answered"), mid: MessageId::new(mid).unwrap(), sha: String::new() };
    act(&mut store, sent("ours@desk"));
    act(&mut store, sent("lost@desk"));

    sync(&mut store, &server);
    assert_eq!(store.mirror_due(now()).unwrap().len(), 2);
    let ours = String::from_utf8(mail("ours@desk", Some("answered@c"))).unwrap().replace("carla@customer", "support@desk");
    server.deliver("Sent", &Flags::default(), ours.as_bytes());
    sync(&mut store, &server);

    assert_eq!(flags_of(&server, "INBOX", "answered"), [Flags { answered: true, ..Flags::default() }]);
    assert_eq!(store.mirror_due(now()).unwrap().len(), 1);
    let tomorrow = Timestamp::from_second(now().as_second() + 24 * 3_600).unwrap();
    let mut source = server.connect();
    let folders = pass::folders(&mut source, &choice()).unwrap();
    Mirror { store: &mut store, source: &mut source, folders: &folders, moves: &Moves::default(), now: tomorrow }.run().unwrap();
    assert_eq!(store.mirror_due(now()).unwrap().len(), 0);
}

#[test]
fn a_folder_that_keeps_no_keywords_is_told_the_system_flags_alone() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    a_day_of_work(&server, &mut store);
    server.set_keeps("INBOX", &Keeps::system_flags());
    server.set_relocation(Relocation::Never, false);
    let before = server.stores();

    let (_, done) = sync(&mut store, &server);

    assert_eq!(server.stores(), before + 2, "what was read and is urgent, and what was answered; nothing was tried in vain");
    assert_eq!(flags_of(&server, "INBOX", "solved"), [Flags::default()]);
    assert_eq!(flags_of(&server, "INBOX", "answered"), [Flags { answered: true, ..Flags::default() }]);
    assert_eq!(done.errors.len(), 1, "{done:?}");
    assert_eq!(sync(&mut store, &server).1, Mirrored::default());
}

/// One sync, so many hours after the first.
fn sync_at(store: &mut Store, server: &FakeServer, hours: i64) -> Mirrored {
    let mut source = server.connect();
    read(store, &mut source).unwrap();
    mirror_at(store, &mut source, now() + SignedDuration::from_hours(hours)).unwrap()
}

#[test]
fn a_server_that_refuses_a_keyword_is_left_alone_and_asked_again_an_hour_later() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    a_day_of_work(&server, &mut store);
    server.refuse_keywords("INBOX", true);
    sync(&mut store, &server);
    assert_eq!(flags_of(&server, "Archive", "solved"), [Flags::default()], "what it takes is done");
    assert_eq!(flags_of(&server, "INBOX", "answered"), [Flags { answered: true, ..Flags::default() }]);
    // What lies in other folders now is told there.
    for hours in [1, 1] {
        sync_at(&mut store, &server, hours);
    }
    let before = server.stores();

    set_status(&mut store, "urgent", Status::Pending);
    let refused = sync_at(&mut store, &server, 1);
    assert_eq!((server.stores(), refused.errors), (before + 1, vec![]), "it is asked");
    sync_at(&mut store, &server, 2);
    assert_eq!(server.stores(), before + 1, "and left alone");
    assert!(!store.owes_mirror(now() + SignedDuration::from_hours(2)).unwrap(), "nothing is owed until then");
    server.refuse_keywords("INBOX", false);
    sync_at(&mut store, &server, 3);

    assert_eq!(flags_of(&server, "INBOX", "urgent"), [Flags { flagged: true, seen: true, ..keyword("postdesk-pending") }]);
    let before = server.stores();
    assert_eq!(sync_at(&mut store, &server, 100), Mirrored::default());
    assert_eq!((server.stores(), store.owes_mirror(now() + SignedDuration::from_hours(100)).unwrap()), (before, false));
}

#[test]
fn a_server_that_never_takes_a_keyword_is_asked_once_a_day_at_most() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    server.deliver("INBOX", &Flags::default(), &mail("pending@c", None));
    server.refuse_keywords("INBOX", true);
    read(&mut store, &mut server.connect()).unwrap();
    set_status(&mut store, "pending", Status::Pending);

    let asked_after = |store: &mut Store, hours: std::ops::Range<i64>| {
        let before = server.stores();
        hours.for_each(|hours| drop(sync_at(store, &server, hours)));
        server.stores() - before
    };
    // At once, then 1, 2, 4 and 8 hours after the one before.
    assert_eq!(asked_after(&mut store, 0..16), 5);
    assert_eq!(asked_after(&mut store, 16..80), 0, "so often refused, it is no longer owed");
    for day in 4..8 {
        set_status(&mut store, "pending", if day % 2 == 0 { Status::Hold } else { Status::Pending });
        assert_eq!(asked_after(&mut store, day * 24..day * 24 + 20), 1, "something new is tried");
    }
}

#[test]
fn a_folder_numbered_anew_under_our_hands_is_not_touched_by_old_numbers() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    a_day_of_work(&server, &mut store);
    let mut source = server.connect();
    read(&mut store, &mut source).unwrap();
    server.renumber_backwards("INBOX");
    let before = lying(&server);

    let done = mirror(&mut store, &mut source).unwrap();

    assert_eq!((done, lying(&server)), (Mirrored::default(), before));
    sync(&mut store, &server);
    assert_eq!(flags_of(&server, "Archive", "solved"), [keyword("postdesk-solved")]);
    assert_eq!(flags_of(&server, "INBOX", "urgent"), [Flags { flagged: true, seen: true, ..Flags::default() }]);
}

#[test]
fn a_move_that_is_refused_is_told_tried_again_and_given_up_in_the_end() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    server.deliver("INBOX", &Flags::default(), &mail("solved@c", None));
    read(&mut store, &mut server.connect()).unwrap();
    set_status(&mut store, "solved", Status::Solved);
    let mut told = 0;
    for _ in 0..8 {
        let mut source = server.connect();
        read(&mut store, &mut source).unwrap();
        // The folder goes away each time before mail can be moved there, and comes again.
        let steps = server.steps();
        // List, select, flags (the first time), look at the target, move.
        let at = if told == 0 { steps + 4 } else { steps + 3 };
        server.fail_at(at, Fault::Before(Trouble::Refused));
        let done = mirror(&mut store, &mut source).unwrap();
        told += done.errors.len();
        assert_eq!((done.moved, lying(&server).0), (0, 1));
    }

    assert_eq!(told, 5);
    assert_eq!(flags_of(&server, "INBOX", "solved"), [keyword("postdesk-solved")]);
}

#[test]
fn a_folder_that_cannot_be_opened_for_a_moment_is_told_by_the_next_sync() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FakeServer::new());
    let mut store = open(folder.path());
    a_day_of_work(&server, &mut store);
    let mut source = server.connect();
    read(&mut store, &mut source).unwrap();
    // List, select.
    server.fail_at(server.steps() + 1, Fault::Before(Trouble::Refused));

    let done = mirror(&mut store, &mut source).unwrap();

    assert_eq!(done, Mirrored::default());
    sync(&mut store, &server);
    assert_eq!(flags_of(&server, "Archive", "solved"), [keyword("postdesk-solved")]);
    assert_eq!(flags_of(&server, "INBOX", "urgent"), [Flags { flagged: true, seen: true, ..Flags::default() }]);
    assert!(store.mirror_due(now()).unwrap().is_empty() && store.unsent_seen().unwrap().is_empty());
}
