//! Sending over lines that break and by programs that die: a mail is delivered once or not at all, unless a
//! person says otherwise, and what became of it is never claimed wrongly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postdesk::desk::Desk;
use postdesk::domain::Timestamp;
use postdesk::domain::outbox::OutboxState;
use postdesk::protocol::job::ReplyOptions;
use postdesk::sync::source::Waker;
use support::proxy::{Break, Fault, Proxy, Way};
use support::testbed::Testbed;
use support::wait_until;
use team::{Agent, DESK, mail};

const CUSTOMER: &str = "c1@customer.test";
/// What the server says when it has taken a mail.
const TAKEN: &str = "250 OK id=";

/// Somebody with one question in the inbox, whose mail leaves through the proxy.
fn agent(bed: &Testbed, smtp: &Proxy) -> Agent {
    bed.imap(DESK).append("INBOX", "", &mail(1));
    let agent = Agent::sending(bed.ports().imap, smtp.port, "ana");
    agent.sync();
    agent
}

fn answer(desk: &mut Desk, text: &str) {
    let key = desk.find(&"#1".parse().unwrap()).unwrap();
    let mut draft = desk.begin_reply(&key, &ReplyOptions::default()).unwrap().draft;
    draft.body = text.to_owned();
    // What became of it stands in the outbox.
    let _ = desk.send(None, draft, &BTreeSet::new());
}

/// How often each mail has reached the customer, by its Message-ID.
fn deliveries(bed: &Testbed) -> BTreeMap<String, usize> {
    times_of_each(bed, CUSTOMER, "INBOX")
}

/// How often each mail lies in a folder, by its Message-ID.
fn times_of_each(bed: &Testbed, user: &str, folder: &str) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for id in bed.mails(user, folder).iter().filter_map(|mail| mail.header("Message-ID")) {
        *count.entry(id.trim_matches(['<', '>']).to_owned()).or_default() += 1;
    }
    count
}

/// Each mail's Message-ID, if it got that far, and its state.
fn outbox(desk: &mut Desk) -> Vec<(Option<String>, OutboxState)> {
    desk.outbox().unwrap().into_iter().map(|line| (line.message_id.map(|id| id.to_string()), line.state)).collect()
}

#[test]
fn a_line_that_breaks_at_any_octet_delivers_no_mail_twice() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Proxy::start(bed.ports().smtp);
    let ana = agent(&bed, &proxy);
    let mut desk = ana.desk();
    answer(&mut desk, "Without a fault.");
    let whole = proxy.traffic();
    assert!(String::from_utf8_lossy(&whole.to_client).contains(TAKEN));

    let kinds = [Break::Close, Break::Reset, Break::Truncate];
    let mut cuts = 0;
    for (way, length) in [(Way::ToServer, whole.to_server.len()), (Way::ToClient, whole.to_client.len())] {
        for at in (1..length).step_by(37) {
            cuts += 1;
            proxy.break_next(Fault { way, at, what: kinds[cuts % kinds.len()] });
            answer(&mut desk, &format!("Broken at {at}, {way:?}."));
        }
    }
    for _ in 0..2 {
        desk.sync(&mut |_| {}, &Waker::default()).unwrap();
    }

    let outbox = outbox(&mut desk);
    let in_state =
        |wanted: OutboxState| outbox.iter().filter(|(_, state)| *state == wanted).filter_map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
    let (sent, uncertain) = (in_state(OutboxState::Sent), in_state(OutboxState::Uncertain));
    wait_until("what was sent arrives", Duration::from_secs(20), || sent.iter().all(|id| deliveries(&bed).contains_key(id)));
    let delivered = deliveries(&bed);
    eprintln!("{cuts} cuts: {} sent, {} uncertain, {} delivered", sent.len(), uncertain.len(), delivered.len());
    assert_eq!(outbox.len(), cuts + 1, "no answer is gone");
    assert!(delivered.values().all(|times| *times == 1), "{delivered:?}");
    assert!(delivered.keys().all(|id| sent.contains(id) || uncertain.contains(id)), "delivered and not known as that: {outbox:?}");
    assert!(!uncertain.is_empty(), "some cut lay behind the end of the mail: {outbox:?}");
}

#[test]
fn an_answer_whose_mailbox_was_lost_at_any_octet_leaves_once_when_it_is_back() {
    let Some(bed) = Testbed::start() else { return };
    bed.imap(DESK).append("INBOX", "", &mail(1));
    let proxy = Proxy::start(bed.ports().imap);
    let ana = Agent::sending(proxy.port, bed.ports().smtp, "ana");
    ana.sync();
    let mut desk = ana.desk();
    // What was left to tell the team would make the next session longer than this one.
    let sync = |desk: &mut Desk| drop(desk.sync(&mut |_| {}, &Waker::default()).unwrap());
    answer(&mut desk, "The first one.");
    sync(&mut desk);
    answer(&mut desk, "Without a fault.");
    let whole = proxy.traffic();
    assert!(whole.commands("APPEND") > 1, "the session that is cut tells the team and files the copy");

    let kinds = [Break::Close, Break::Reset, Break::Truncate];
    let (mut answers, mut waited) = (2, 0);
    // What the server answers to one command is shorter than what it is sent.
    for (way, length, step) in [(Way::ToServer, whole.to_server.len(), 251), (Way::ToClient, whole.to_client.len(), 71)] {
        for at in (1..length).step_by(step) {
            proxy.break_next(Fault { way, at, what: kinds[answers % kinds.len()] });
            answer(&mut desk, &format!("Lost at {at}, {way:?}."));
            answers += 1;
            for line in desk.outbox().unwrap().into_iter().filter(|line| line.state == OutboxState::Queued) {
                // Who watches the mailbox waits before connecting again, and the mail no longer than that.
                assert!(line.next_try.is_none_or(|next| next <= Timestamp::now()), "lost at {at}, {way:?}: {line:?}");
                waited += 1;
            }
            sync(&mut desk);
            let outbox = outbox(&mut desk);
            assert!(outbox.iter().all(|(_, state)| *state == OutboxState::Sent), "lost at {at}, {way:?}: {outbox:?}");
            sync(&mut desk);
        }
    }

    eprintln!("{waited} of {} answers waited for the next session", answers - 2);
    assert!(waited > 0 && waited < answers - 2, "some cuts lay before the mail and some behind it");
    wait_until("what was sent arrives", Duration::from_secs(20), || deliveries(&bed).len() == answers);
    let delivered = deliveries(&bed);
    assert!(delivered.values().all(|times| *times == 1), "{delivered:?}");
    let filed = times_of_each(&bed, DESK, "Sent");
    assert!(filed.len() == answers && filed.values().all(|times| *times == 1), "{answers} answers, in Sent {filed:?}");
}

#[test]
fn a_program_that_dies_while_the_server_takes_a_mail_never_sends_it_again_by_itself() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Proxy::start(bed.ports().smtp);
    let ana = agent(&bed, &proxy);
    ana.home.file("body.txt", "Once.\n");
    let send = ["reply", "1", "--body", "body.txt", "--send"];
    ana.run(&send);
    let answers = String::from_utf8(proxy.traffic().to_client).unwrap();
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);

    // The first octet of the last answer still comes through: so far the mail has gone out whole.
    proxy.break_next(Fault { way: Way::ToClient, at: answers.find(TAKEN).unwrap() + 1, what: Break::Stall });
    let mut child = ana.start(&send);
    bed.wait_for_mails(CUSTOMER, "INBOX", 2);
    child.kill().unwrap();
    child.wait().unwrap();
    for _ in 0..3 {
        ana.try_run(&["sync"]);
    }

    let outbox = ana.json(&["outbox", "list", "--json"]);
    let mut states: Vec<&str> = outbox.iter().map(|line| line["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["sent", "uncertain"], "{outbox:#?}");
    let undecided = outbox.iter().find(|line| line["state"] == "uncertain").unwrap()["id"].as_i64().unwrap();
    let said = ana.run(&["sync"]);
    assert!(said.contains(&format!("mail {undecided} may have been sent")) && said.contains(&format!("outbox cancel {undecided}")), "{said}");
    // Whatever had been sent again would be here by the time that another mail is.
    proxy.break_as(|| None);
    ana.run(&send);
    let delivered = bed.wait_for_mails(CUSTOMER, "INBOX", 3);
    assert_eq!(delivered.len(), 3);
    assert!(deliveries(&bed).values().all(|times| *times == 1), "{:?}", deliveries(&bed));
    ana.assert_in_order();
}

#[test]
fn a_mail_that_is_taken_back_while_another_one_leaves_stops_no_sync() {
    let mailbox = tempfile::tempdir().unwrap();
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mailbox.path().join("mail").join(part)).unwrap();
    }
    // The first mail that leaves takes the second one back.
    let words = format!("cat >/dev/null; {} outbox cancel 2 >/dev/null", env!("CARGO_BIN_EXE_postdesk"));
    let sends = format!("smtp = {{ command = [\"sh\", \"-c\", {words:?}] }}");
    let ana = Agent::on_maildir_with(&mailbox.path().join("mail"), "ana", &sends);
    ana.home.file("text.txt", "It has been sent.\n");
    for _ in 0..2 {
        let new = ["--offline", "new", "--project", "app", "--to", CUSTOMER, "--subject", "Your order", "--body", "text.txt", "--send"];
        assert_eq!(ana.try_run(&new), 4);
    }

    let report = ana.sync();

    assert_eq!(report["sent"], 1, "{report:#}");
    let states: Vec<_> = ana.json(&["outbox", "list", "--json"]).into_iter().map(|line| (line["id"].clone(), line["state"].clone())).collect();
    assert_eq!(states, [(1.into(), "sent".into())]);
}
