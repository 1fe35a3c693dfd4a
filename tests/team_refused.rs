//! A mail server that does not take what is put into the team's folder: everything is kept in order, its author
//! is told why and what to do, and the server is left alone for a while.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postdesk::desk::{Desk, Watched};
use postdesk::domain::TicketKey;
use postdesk::protocol::job::{Act, Decision};
use postdesk::protocol::json::SyncReport;
use postdesk::sync::source::Waker;
use serde_json::{Value, json};
use support::refusing::Refusing;
use support::testbed::{Setup, Testbed};
use support::wait_until;
use team::{Agent, DESK, assert_agree, mail};

fn fill(bed: &Testbed, count: usize) {
    for number in 1..=count {
        bed.imap(DESK).append("INBOX", "", &mail(number));
    }
}

/// One who works through the proxy, a colleague who does not, and three tickets both know.
fn a_team(bed: &Testbed, proxy: &Refusing) -> [Agent; 2] {
    fill(bed, 3);
    let agents = [Agent::in_the_clear(proxy.port, DESK, "ana"), Agent::in_the_clear(bed.ports().imap, DESK, "bo")];
    for _ in 0..2 {
        for agent in &agents {
            agent.sync();
        }
    }
    agents
}

fn sync(desk: &mut Desk) -> SyncReport {
    desk.sync(&mut |_| {}, &Waker::default()).unwrap()
}

fn ticket(desk: &mut Desk, number: u64) -> TicketKey {
    desk.find(&format!("#{number}").parse().unwrap()).unwrap()
}

fn tag(desk: &mut Desk, number: u64, tag: &str) {
    let key = ticket(desk, number);
    desk.act(&[key], &Act::Tag { add: vec![tag.into()], remove: vec![] }).unwrap();
}

/// The server refuses a message in which this word stands, alone or among others.
fn dislikes(word: &'static str, answer: &'static str) -> impl FnMut(&[String]) -> Option<String> + Send + 'static {
    move |messages| messages.iter().any(|message| message.contains(word)).then(|| answer.to_owned())
}

/// The subjects in the log that tell of a tag, in order.
fn tagged(bed: &Testbed) -> Vec<String> {
    let subjects = bed.imap(DESK).heads("Postdesk", 1).into_iter().map(|head| head.header("Subject").unwrap());
    subjects.filter(|subject| subject.contains("tag")).collect()
}

#[test]
fn each_refusal_is_told_with_its_remedy_while_colleagues_are_heard_and_goes_through_in_order_later() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    let answers = [
        ("NO [OVERQUOTA] The mailbox is full", "raise"),
        ("NO [SERVERBUG] Internal error", "operator"),
        ("NO [UNAVAILABLE] Storage is away", "by itself"),
        ("NO [INUSE] Mailbox is locked", "by itself"),
        ("NO [LIMIT] Too many messages here", "limit"),
        ("NO [NOPERM] You may not insert", "allow this account"),
        ("BAD Request is throttled. Suggested Backoff Time: 20000 milliseconds", "asked too much"),
    ];
    for (round, (answer, remedy)) in answers.into_iter().enumerate() {
        proxy.refuse(answer);
        ana.run(&["tag", "1", &format!("+a{round}")]);
        ana.run(&["tag", "2", &format!("+b{round}")]);
        bo.run(&["subject", "3", &format!("Round {round}")]);
        bo.sync();

        let report = ana.json(&["sync", "--json"]).remove(0);

        let (_, words) = answer.split_once(' ').unwrap();
        let words = words.rsplit_once("] ").map_or(words, |(_, words)| words);
        let trouble = &report["log_trouble"];
        assert!(trouble["what"].as_str().unwrap().contains(words), "{answer}: {report:#}");
        assert!(trouble["remedy"].as_str().unwrap().contains(remedy), "{answer}: {report:#}");
        assert_eq!((&report["events_waiting"], &trouble["event"]), (&json!(2), &Value::Null), "{answer}");
        assert!(report["errors"][0].as_str().unwrap().starts_with("Postdesk: "), "{report:#}");
        assert_eq!(ana.ticket(3)["subject"], format!("Round {round}"), "{answer}: what colleagues do is followed");
        assert!(bo.ticket(1)["tags"].as_array().unwrap().len() <= round, "{answer}: nothing of it is in the log");

        proxy.let_pass();
        let report = ana.sync();
        assert_eq!((&report["events_waiting"], &report["log_trouble"]), (&json!(0), &Value::Null), "{report:#}");
        bo.sync();
    }
    let order: Vec<String> = tagged(&bed).iter().map(|subject| subject.split('+').nth(1).unwrap()[..2].to_owned()).collect();
    let expected: Vec<String> = (0..answers.len()).flat_map(|round| [format!("a{round}"), format!("b{round}")]).collect();
    assert_eq!(order, expected);
    ana.sync();
    assert_agree(&[ana, bo]);
}

#[test]
fn a_mailbox_that_is_full_keeps_changes_here_until_there_is_room() {
    let more = "mail_plugins = quota\nprotocol imap {\n  mail_plugins = quota imap_quota\n}\nplugin {\n  quota = count:User quota\n  quota_rule = *:storage=64K\n  quota_vsizes = yes\n  quota_grace = 0\n}\n";
    let Some(bed) = Testbed::start_with(Setup { more, ..Setup::default() }) else { return };
    fill(&bed, 2);
    let ana = Agent::in_the_clear(bed.ports().imap, DESK, "ana");
    ana.sync();
    let large = format!("{}{}", mail(7), "All work and no play makes nobody happy.\r\n".repeat(300));
    let appended =
        |text: &str| bed.imap(DESK).try_command(&format!("APPEND INBOX {{{}+}}\r\n{text}", text.len())).is_some_and(|(_, is_taken)| is_taken);
    let mut large_ones = 0;
    while appended(&large) {
        large_ones += 1;
    }
    while appended(&mail(9)) {}
    assert!(large_ones > 0, "the quota is in force: {}", bed.logs());

    ana.run(&["tag", "1", "+later"]);
    let report = ana.json(&["sync", "--json"]).remove(0);

    // The other is the opening of tickets for what has filled the mailbox.
    assert_eq!(report["events_waiting"], 2, "{report:#}");
    assert!(report["log_trouble"]["remedy"].as_str().unwrap().contains("mailbox is full"), "{report:#}");
    let told = ana.run(&["sync"]);
    assert!(told.contains("2 changes wait to be shared") && told.contains("have its quota raised"), "{told}");
    let uid = bed.imap(DESK).heads("INBOX", 1).iter().find(|head| head.header("Message-ID").unwrap().contains("q7@")).unwrap().uid;
    bed.expunge(DESK, "INBOX", uid);
    let report = ana.sync();
    assert_eq!(report["events_waiting"], 0, "{report:#}");
    let bo = Agent::in_the_clear(bed.ports().imap, DESK, "bo");
    bo.sync();
    assert_eq!(bo.ticket(1)["tags"], json!(["later"]));
}

/// Watches a desk until told to stop; what its passes reported.
struct Watching {
    stop: Waker,
    reports: Arc<Mutex<Vec<SyncReport>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watching {
    fn start(agent: &Agent) -> Self {
        let (mut desk, stop, reports) = (agent.desk(), Waker::default(), Arc::<Mutex<Vec<SyncReport>>>::default());
        let (stopped, told) = (stop.clone(), Arc::clone(&reports));
        let thread = std::thread::spawn(move || {
            let mut tell = |news: Watched<'_>| {
                if let Watched::Ended(Ok(report)) = news {
                    told.lock().unwrap().push(report.clone());
                }
            };
            desk.watch(&mut tell, &stopped).unwrap();
        });
        Self { stop, reports, thread: Some(thread) }
    }

    fn last(&self) -> SyncReport {
        self.reports.lock().unwrap().last().cloned().unwrap_or_default()
    }

    fn passes(&self) -> usize {
        self.reports.lock().unwrap().len()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.wake();
        let joined = self.thread.take().unwrap().join();
        assert!(joined.is_ok() || std::thread::panicking());
    }
}

const PATIENCE: Duration = Duration::from_mins(1);

fn gaps(tries: &[Instant]) -> Vec<Duration> {
    tries.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn who_watches_leaves_the_server_alone_longer_each_time_however_much_is_done_meanwhile_and_comes_back_by_itself() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    let before = proxy.tries().len();
    proxy.refuse("NO [UNAVAILABLE] Not now");
    let watching = Watching::start(&ana);
    wait_until("the first pass", PATIENCE, || watching.passes() > 0);
    let mut desk = ana.desk();

    let mut round = 0;
    wait_until("three tries", PATIENCE, || {
        round += 1;
        tag(&mut desk, 1, &format!("t{round}"));
        proxy.tries().len() >= before + 3
    });

    let tries = proxy.tries().split_off(before);
    for (gap, least) in gaps(&tries).into_iter().zip([1, 2]) {
        assert!(gap >= Duration::from_secs(least), "{:?} after {round} changes", gaps(&tries));
    }
    wait_until("it is told when it is tried next", PATIENCE, || watching.last().log_trouble.is_some_and(|trouble| trouble.next_try.is_some()));
    proxy.let_pass();
    wait_until("everything went by itself", PATIENCE, || watching.last().events_waiting == 0 && watching.last().log_trouble.is_none());
    bo.sync();
    assert_eq!(bo.ticket(1)["tags"].as_array().unwrap().len(), round);
}

#[test]
fn a_pause_the_server_asks_for_is_kept_and_somebody_who_asks_for_a_sync_ends_it() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    let before = proxy.tries().len();
    proxy.refuse("NO Request is throttled. Suggested Backoff Time: 4 seconds");
    let watching = Watching::start(&ana);
    let mut desk = ana.desk();
    tag(&mut desk, 1, "patient");
    wait_until("two tries", PATIENCE, || proxy.tries().len() >= before + 2);
    let tries = proxy.tries().split_off(before);
    assert!(gaps(&tries)[0] >= Duration::from_secs(4), "{:?}", gaps(&tries));

    proxy.refuse("NO Request is throttled. Suggested Backoff Time: 900 seconds");
    let so_far = proxy.tries().len();
    wait_until("the long pause begins", PATIENCE, || proxy.tries().len() > so_far);
    proxy.let_pass();
    let asked = Instant::now();
    let report = sync(&mut desk);

    assert!(asked.elapsed() < Duration::from_mins(2) && report.events_waiting == 0, "{report:#?}");
    drop(watching);
    bo.sync();
    assert_eq!(bo.ticket(1)["tags"], json!(["patient"]));
}

#[test]
fn a_change_the_server_never_takes_is_found_out_told_and_left_out_when_its_author_says_so() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    for answer in ["BAD Error in IMAP command APPEND", "NO [TOOBIG] Message is too large"] {
        proxy.refuse_as(dislikes("poison", answer));
        for (number, word) in [("1", "+before"), ("2", "+poison"), ("3", "+after")] {
            ana.run(&["tag", number, word]);
        }

        let report = ana.json(&["sync", "--json"]).remove(0);

        let event = report["log_trouble"]["event"].clone();
        let event = format!("{}.{}", event["actor"].as_str().unwrap(), event["seq"]);
        let told = report["errors"][0].as_str().unwrap();
        assert!(told.contains("#2") && told.contains("+poison") && told.contains(&format!("postdesk apply 2 {event} --leave")), "{told}");
        assert_eq!(report["events_waiting"], 2, "what was done before it is shared, what after it waits: {report:#}");
        bo.sync();
        assert_eq!((&bo.ticket(1)["tags"], &bo.ticket(3)["tags"]), (&json!(["before"]), &json!([])));
        let lines = ana.desk().conflicts().unwrap();
        assert!(lines.len() == 1 && lines[0].is_parked && lines[0].label == "#2", "{lines:#?}");
        let examined = String::from_utf8(ana.home.postdesk(["doctor", "--offline"]).output().unwrap().stdout).unwrap();
        assert!(examined.replace('\n', " ").contains(&event), "doctor tells of it, too: {examined}");

        assert!(ana.run(&["apply", "2", &event, "--leave"]).contains("left out"));
        let report = ana.sync();

        assert_eq!((&report["events_waiting"], &report["log_trouble"]), (&json!(0), &Value::Null), "{report:#}");
        bo.sync();
        assert_eq!((&ana.ticket(2)["tags"], &ana.ticket(3)["tags"]), (&json!([]), &json!(["after"])));
        assert!(ana.desk().conflicts().unwrap().is_empty());
        ana.run(&["tag", "1", "-before"]);
        ana.run(&["tag", "3", "-after"]);
        ana.sync();
        bo.sync();
    }
    assert_agree(&[ana, bo]);
}

#[test]
fn a_change_the_server_did_not_take_is_tried_again_when_somebody_asks_and_not_before() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    proxy.refuse_as(dislikes("poison", "BAD Error in IMAP command APPEND"));
    let watching = Watching::start(&ana);
    let mut desk = ana.desk();
    tag(&mut desk, 2, "poison");
    wait_until("it is parked", PATIENCE, || watching.last().log_trouble.is_some_and(|trouble| trouble.event.is_some()));
    let (tries, passes) = (proxy.tries().len(), watching.passes());

    tag(&mut desk, 1, "behind");
    wait_until("a pass", PATIENCE, || watching.passes() > passes);
    let passes = watching.passes();
    tag(&mut desk, 3, "too");
    wait_until("another pass", PATIENCE, || watching.passes() > passes);
    assert_eq!(proxy.tries().len(), tries, "nobody has asked for another try");
    assert_eq!(watching.last().log_trouble.unwrap().next_try, None);

    proxy.let_pass();
    let parked = desk.conflicts().unwrap().remove(0);
    desk.decide(&[(parked.event, Decision::Apply)]).unwrap();
    wait_until("both are shared", PATIENCE, || watching.last().events_waiting == 0 && watching.last().log_trouble.is_none());
    bo.sync();
    assert_eq!((&bo.ticket(1)["tags"], &bo.ticket(2)["tags"]), (&json!(["behind"]), &json!(["poison"])));
}

#[test]
fn what_changes_no_ticket_is_left_out_without_asking_anybody() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, bo] = a_team(&bed, &proxy);
    proxy.refuse_as(dislikes("is replying", "BAD Error in IMAP command APPEND"));
    let mut desk = ana.desk();
    let key = ticket(&mut desk, 1);
    desk.tell_replying(&key, true).unwrap();
    tag(&mut desk, 1, "behind");

    let report = sync(&mut desk);

    assert_eq!((report.events_waiting, report.log_trouble), (0, None), "{:?}", report.errors);
    bo.sync();
    assert_eq!(bo.ticket(1)["tags"], json!(["behind"]));
}

#[test]
fn a_server_that_takes_nothing_at_all_is_not_blamed_on_a_change() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, _] = a_team(&bed, &proxy);
    proxy.refuse("BAD Unknown command");
    ana.run(&["tag", "1", "+red"]);
    let report = ana.json(&["sync", "--json"]).remove(0);
    let event = report["log_trouble"]["event"].clone();
    let event = format!("{}.{}", event["actor"].as_str().unwrap(), event["seq"]);
    ana.run(&["apply", "1", &event, "--leave"]);

    let report = ana.json(&["sync", "--json"]).remove(0);

    assert_eq!(report["log_trouble"]["event"], Value::Null, "what fills its place is not left out in turn: {report:#}");
    proxy.let_pass();
    assert_eq!(ana.sync()["log_trouble"], Value::Null);
}

#[test]
fn a_folder_that_went_away_at_that_very_moment_is_not_made_again_without_a_word() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    let [ana, _] = a_team(&bed, &proxy);
    proxy.refuse("NO [TRYCREATE] Mailbox doesn't exist: Postdesk");
    ana.run(&["tag", "1", "+red"]);

    let report = ana.json(&["sync", "--json"]).remove(0);

    assert_eq!((&report["log_can_be_restored"], &report["events_waiting"]), (&json!(true), &json!(1)), "{report:#}");
    assert!(report["errors"][0].as_str().unwrap().contains("is gone"), "{report:#}");
    proxy.let_pass();
    assert_eq!(ana.sync()["events_waiting"], 0);
}

#[test]
fn a_sent_mail_bears_the_date_of_its_copy_for_its_sender_too() {
    let Some(bed) = Testbed::start() else { return };
    let proxy = Refusing::start(bed.ports().imap);
    fill(&bed, 1);
    let agents = [Agent::sending(proxy.port, bed.ports().smtp, "ana"), Agent::in_the_clear(bed.ports().imap, DESK, "bo")];
    let [ana, bo] = &agents;
    ana.sync();
    bo.sync();
    proxy.refuse_as(dislikes("Message-ID: <pd1.r.", "NO [UNAVAILABLE] Not now"));
    let body = ana.home.file("body.txt", "It works like this.\n");
    ana.try_run(&["reply", "1", "--body", body.to_str().unwrap(), "--send"]);
    let sent = ana.ticket(1)["updated"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(bed.mails(DESK, "Sent").is_empty(), "its copy was not taken");
    wait_until("the copy is filed seconds later", PATIENCE, || jiff::Timestamp::now().as_second() > sent.as_second() + 2);
    proxy.let_pass();
    ana.sync();
    assert_eq!(bed.mails(DESK, "Sent").len(), 1);

    ana.sync();
    bo.sync();

    assert!(ana.ticket(1)["updated"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() > sent);
    assert_agree(&agents);
}
