//! Two agents answer the same ticket: real processes on a real mailbox, and a customer who must get one answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;
#[path = "support/team.rs"]
mod team;

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use screen::{PATIENCE, Screen};
use serde_json::Value;
use support::testbed::Testbed;
use team::{Agent, CUSTOMER, DESK, a_team, question};

/// Rounds in which two agents answer at once; more with this variable.
const ROUNDS: &str = "POSTDESK_REPLY_ROUNDS";

fn again(number: usize) -> String {
    format!(
        "From: Carla <{CUSTOMER}>\r\nTo: {DESK}\r\nSubject: Re: Question {number}\r\nMessage-ID: <a{number}@example.test>\r\n\
         In-Reply-To: <q{number}@customer.test>\r\nReferences: <q{number}@customer.test>\r\n\r\nStill not.\r\n"
    )
}

/// Two agents who know these tickets, each with a text to send.
fn two(bed: &Testbed, tickets: usize) -> [Agent; 2] {
    let agents = a_team(bed, ["ana", "bo"], (1..=tickets).map(question));
    for agent in &agents {
        agent.home.file("answer.txt", format!("Like this, says {}.\n", agent.name));
    }
    agents
}

fn reply(ticket: usize) -> [String; 5] {
    ["reply".into(), ticket.to_string(), "--body".into(), "answer.txt".into(), "--send".into()]
}

fn start(agent: &Agent, ticket: usize) -> std::process::Child {
    let words = reply(ticket);
    agent.start(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Answers, and says how it ended.
fn answer(agent: &Agent, ticket: usize) -> (i32, String) {
    ended(start(agent, ticket))
}

fn ended(child: std::process::Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), words)
}

fn outbox(agent: &Agent) -> Vec<Value> {
    agent.json(&["outbox", "list", "--json"])
}

fn held(agent: &Agent) -> Value {
    let lines = outbox(agent);
    lines.iter().find(|line| line["state"] == "held").cloned().unwrap_or_else(|| panic!("{} holds nothing: {lines:#?}", agent.name))
}

/// Subjects of what the customer got.
fn delivered(bed: &Testbed) -> Vec<String> {
    bed.mails(CUSTOMER, "INBOX").iter().map(|mail| mail.header("Subject").unwrap()).collect()
}

fn count_of(log: &[support::rawimap::Mail], words: &str) -> usize {
    log.iter().filter(|mail| mail.header("Subject").unwrap().contains(words)).count()
}

#[test]
fn of_two_answers_sent_at_once_one_leaves_and_the_other_is_held() {
    let Some(bed) = Testbed::start() else { return };
    let rounds = support::setting(ROUNDS, 25);
    let agents = two(&bed, rounds);

    let mut seen = 0;
    for round in 1..=rounds {
        let started = agents.each_ref().map(|agent| start(agent, round));
        let outcomes = started.map(ended);
        let codes: Vec<i32> = outcomes.iter().map(|(code, _)| *code).collect();
        assert!(codes == [0, 5] || codes == [5, 0], "round {round}: {outcomes:#?}");
        seen += 1;
        let got = bed.wait_for_mails(CUSTOMER, "INBOX", seen);
        assert_eq!(got.len(), seen, "round {round}");
    }
    for agent in &agents {
        agent.sync();
    }

    let mut got = delivered(&bed);
    got.sort();
    got.dedup();
    assert_eq!(got.len(), rounds, "one answer for each ticket");
    let states: Vec<Value> = agents.iter().flat_map(outbox).map(|line| line["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| *state == "held").count(), rounds, "{states:?}");
    let log = bed.mails(DESK, "Postdesk");
    let contests = count_of(&log, "is about to answer").saturating_sub(rounds);
    eprintln!("{rounds} rounds; in {contests} of them both had said that they are about to answer");
    let lost: Vec<Value> = (1..=rounds).flat_map(|ticket| lost_turns(&agents[0], ticket)).collect();
    assert!(lost.iter().all(|why| why == "ana began to send an answer first" || why == "bo began to send an answer first"), "{lost:?}");
    // Who came when the answer had left already gave the turn back.
    assert_eq!(lost.len() + count_of(&log, "leaves the answer to others"), contests, "each says who was first");
    assert_eq!(agents[0].hash(), agents[1].hash(), "both have folded the same");
}

/// Why those who had said that they are about to answer a ticket were not the ones to do so.
fn lost_turns(agent: &Agent, ticket: usize) -> Vec<Value> {
    let shown = agent.json(&["show", &ticket.to_string(), "--json"]).remove(0);
    let events = shown["events"].as_array().cloned().unwrap_or_default();
    events.into_iter().filter(|event| event["op"] == "intent" && event["applied"] == false).map(|event| event["not_applied"].clone()).collect()
}

#[test]
fn who_comes_second_is_told_by_whom_and_can_send_it_all_the_same() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    assert_eq!(answer(ana, 1).0, 0);
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);

    let (code, words) = answer(bo, 1);

    assert_eq!(code, 5, "{words}");
    let at = words.split_once("ana answered this ticket at ").and_then(|(_, rest)| rest.split_once(": read it")).map(|(at, _)| at.to_owned());
    let is_for_people = |at: &str| at.len() >= 16 && at.as_bytes()[10] == b' ' && !at.contains('Z');
    assert!(at.as_deref().is_some_and(is_for_people), "{words}");
    let line = held(bo);
    assert!(line["error"].as_str().unwrap().contains("ana answered"), "{line:#}");
    let shown = bo.run(&["show", "1"]);
    assert!(shown.contains("Like this, says ana."), "the other text is at hand: {shown}");
    bo.run(&["outbox", "retry", &line["id"].to_string(), "--anyway"]);
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 2).len(), 2);
}

#[test]
fn a_held_answer_that_was_edited_is_held_again_until_its_author_consents() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    assert_eq!(answer(ana, 1).0, 0);
    assert_eq!(answer(bo, 1).0, 5);
    let id = held(bo)["id"].to_string();

    bo.run(&["outbox", "edit", &id]);

    let draft = bo.json(&["drafts", "list", "--json"]).remove(0);
    assert!(bo.run(&["drafts", "show", &draft["id"].to_string()]).contains("says bo"), "the text is kept");
    let (code, words) = ended(bo.start(&["drafts", "send", &draft["id"].to_string()]));
    assert_eq!(code, 5, "to edit it is not to send it all the same: {words}");
    assert!(words.contains("ana answered this ticket at") && words.contains("--anyway"), "{words}");
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1);
    bo.run(&["outbox", "retry", &held(bo)["id"].to_string(), "--anyway"]);
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 2).len(), 2);
}

#[test]
fn a_held_answer_that_is_given_up_is_gone() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    assert_eq!(answer(ana, 1).0, 0);
    assert_eq!(answer(bo, 1).0, 5);

    bo.run(&["outbox", "cancel", &held(bo)["id"].to_string()]);

    assert!(outbox(bo).is_empty());
    bo.sync();
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1);
}

#[test]
fn an_intent_that_was_given_up_keeps_nobody_from_answering() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    // The server refuses ana's mail for good.
    let words = [&reply(1)[..], &["--cc".into(), "nosuchuser@example.test".into()]].concat();
    let (code, said) = ended(ana.start(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(code, 4, "{said}");
    ana.sync();
    std::thread::sleep(Duration::from_millis(1_100));

    let (code, said) = answer(bo, 1);

    assert_eq!(code, 0, "{said}");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
}

#[test]
fn an_answer_taken_back_at_the_last_moment_keeps_nobody_from_answering() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    // The password of the mail server is asked for between the look into the log and the hand-over.
    let program = env!("CARGO_BIN_EXE_postdesk");
    let login = format!("tls = \"starttls\", user = \"{DESK}\", password_command = \"{program} outbox cancel 1 >/dev/null; echo secret\"");
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    ana.home.config(&config.replace("tls = \"starttls\"", &login));

    let (code, words) = answer(ana, 1);

    assert_eq!(code, 3, "{words}");
    assert!(outbox(ana).is_empty());
    ana.sync();
    let second = std::time::Instant::now();
    support::wait_until("what was given up to expire", Duration::from_secs(5), || second.elapsed() > Duration::from_millis(1_100));
    let (code, words) = answer(bo, 1);
    assert_eq!(code, 0, "{words}");
    let got = bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    assert!(got.len() == 1 && got[0].text.contains("says bo"), "{got:#?}");
}

#[test]
fn without_the_log_an_answer_waits_until_somebody_says_anyway() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, _] = &agents;
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    ana.home.config(&config.replace(&format!("port = {}, user", bed.ports().imaps), "port = 1, user"));

    let (code, words) = answer(ana, 1);

    assert_eq!(code, 4, "{words}");
    let line = outbox(ana).remove(0);
    assert_eq!(line["state"], "queued");
    let why = line["error"].as_str().unwrap();
    assert!(why.contains("localhost") && !why.contains("--"), "{why}");
    assert!(words.contains("outbox retry ID --anyway"), "{words}");
    let (code, words) = ended(ana.start(&["outbox", "retry", &line["id"].to_string(), "--anyway"]));
    assert_eq!(code, 0, "{words}");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
}

/// The port of the mail server as somebody has configured it, changed to another.
fn with_smtp_at(agent: &Agent, bed: &Testbed, port: u16) {
    let config = std::fs::read_to_string(agent.home.config_path()).unwrap();
    agent.home.config(&config.replace(&format!("port = {}, tls", bed.ports().smtp), &format!("port = {port}, tls")));
}

/// A mail server that takes connections and never says a word.
fn silent_server() -> std::net::TcpListener {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap()
}

#[test]
fn who_asks_for_a_sync_has_waiting_mail_tried_at_once_and_is_told_what_still_waits() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, _] = &agents;
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    with_smtp_at(ana, &bed, 1);
    assert_eq!(answer(ana, 1).0, 4);
    let before = outbox(ana).remove(0);

    let said = ana.run(&["sync"]);

    let after = outbox(ana).remove(0);
    assert!(after["attempts"].as_u64() > before["attempts"].as_u64(), "it was tried: {after}");
    let planned: jiff::Timestamp = before["next_try"].as_str().unwrap().parse().unwrap();
    assert!(after["next_try"] == before["next_try"] || jiff::Timestamp::now() >= planned, "the next try moved: {before}\n{after}");
    let waits = said.lines().find(|line| line.contains("1 mail waits (")).unwrap_or_else(|| panic!("{said}"));
    assert!(waits.contains("), next try at "), "{waits}");
    ana.home.config(&config);
    let report = ana.sync();
    assert_eq!((report["sent"].as_u64(), &report["mails_waiting"]), (Some(1), &serde_json::json!([])), "{report:#}");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
}

#[test]
fn who_watches_tries_waiting_mail_in_its_time_and_at_once_when_somebody_asks() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, _] = &agents;
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    with_smtp_at(ana, &bed, 1);
    assert_eq!(answer(ana, 1).0, 4);
    ana.home.config(&config);
    let mut watcher = ana.start(&["sync", "--watch", "--json"]);
    let mut first = String::new();
    BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();

    let report = ana.sync();

    watcher.kill().unwrap();
    watcher.wait().unwrap();
    assert_eq!((first["sent"].as_u64(), first["mails_waiting"].as_array().unwrap().len()), (Some(0), 1), "{first:#}");
    assert_eq!(report["sent"].as_u64(), Some(1), "{report:#}");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
}

/// Says that it is about to answer, and dies before the mail server has said a word.
fn die_after_the_intent(agent: &Agent, bed: &Testbed) {
    let config = std::fs::read_to_string(agent.home.config_path()).unwrap();
    let silent = silent_server();
    with_smtp_at(agent, bed, silent.local_addr().unwrap().port());
    let mut child = start(agent, 1);
    let (_connection, _) = silent.accept().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    agent.home.config(&config);
    assert_eq!(outbox(agent)[0]["state"], "queued");
}

#[test]
fn after_a_crash_between_intent_and_mail_the_turn_is_still_ours() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    die_after_the_intent(ana, &bed);

    let (code, words) = answer(bo, 1);

    assert_eq!(code, 5, "{words}");
    assert!(words.contains("ana is sending an answer to this ticket since"), "{words}");
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 0);
    ana.sync();
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
    assert_eq!(outbox(ana)[0]["state"], "sent");
    for agent in &agents {
        agent.sync();
    }
    assert_eq!(agents[0].hash(), agents[1].hash(), "both have folded the same");
}

#[test]
fn an_intent_that_has_expired_is_overtaken_and_who_wakes_up_asks_again() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    die_after_the_intent(ana, &bed);
    make_old(&bed, "ana is about to answer", 16 * 60);

    let (code, words) = answer(bo, 1);

    assert_eq!(code, 0, "the turn has passed on: {words}");
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    let report = ana.sync();
    assert!(report["conflicts"][0].as_str().is_some_and(|why| why.contains("bo answered this ticket")), "{report:#}");
    assert!(held(ana)["error"].as_str().unwrap().contains("bo answered"));
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1);
}

/// The server received this event so many seconds ago.
fn make_old(bed: &Testbed, words: &str, seconds: i64) {
    let event = bed.mails(DESK, "Postdesk").into_iter().find(|mail| mail.header("Subject").unwrap().contains(words)).unwrap();
    bed.expunge(DESK, "Postdesk", event.uid);
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
    let date = then.strftime("%d-%b-%Y %H:%M:%S +0000");
    let text = &event.text;
    bed.imap(DESK).command(&format!("APPEND \"Postdesk\" (\\Seen) \"{date}\" {{{}+}}\r\n{text}", text.len()));
}

#[test]
fn a_customer_who_writes_meanwhile_holds_the_answer_and_its_turn_passes_on() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    assert_eq!(ended(ana.start(&["--offline", "reply", "1", "--body", "answer.txt", "--send"])).0, 4);
    let second = std::time::Instant::now();
    support::wait_until("the next second", Duration::from_secs(3), || second.elapsed() > Duration::from_millis(1_100));
    bed.imap(DESK).append("INBOX", "", &again(1));

    let report = ana.sync();

    assert!(report["conflicts"][0].as_str().is_some_and(|why| why.contains("the customer wrote again at")), "{report:#}");
    bo.sync();
    assert_eq!(answer(bo, 1).0, 0, "who has read it may answer");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
}

#[test]
fn the_first_word_of_a_customer_we_wrote_to_holds_what_was_begun_before_it() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 0);
    let [ana, _] = &agents;
    ana.run(&["new", "--project", "app", "--to", CUSTOMER, "--subject", "Your order", "--body", "answer.txt", "--send"]);
    let ours = bed.wait_for_mails(CUSTOMER, "INBOX", 1)[0].header("Message-ID").unwrap();
    ana.run(&["reply", "1", "--body", "answer.txt"]);
    let draft = ana.json(&["drafts", "list", "--json"]).remove(0)["id"].to_string();
    let thanks = format!(
        "From: Carla <{CUSTOMER}>\r\nTo: {DESK}\r\nSubject: Re: Your order\r\nMessage-ID: <thanks@example.test>\r\n\
         In-Reply-To: {ours}\r\nReferences: {ours}\r\n\r\nThank you, no more is needed.\r\n"
    );
    bed.imap(DESK).append("INBOX", "", &thanks);

    let (code, words) = ended(ana.start(&["drafts", "send", &draft]));

    assert_eq!(code, 5, "{words}");
    assert!(words.contains("the customer wrote again at"), "{words}");
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1);
}

#[test]
fn a_new_mail_and_a_desk_without_a_team_ask_nobody() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let config = std::fs::read_to_string(bo.home.config_path()).unwrap();
    bo.home.config(&config.replace("imap = {", "imap = { folders = { team = false },"));
    let before = bed.mails(DESK, "Postdesk").len();

    ana.run(&["new", "--project", "app", "--to", CUSTOMER, "--subject", "Hello", "--body", "answer.txt", "--send"]);
    assert_eq!(answer(bo, 1).0, 0);

    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 2).len(), 2);
    let log = bed.mails(DESK, "Postdesk");
    assert!(log.len() > before && count_of(&log, "is about to answer") == 0);
}

/// Opens the first ticket on a screen and begins to answer it.
fn composing(agent: &Agent, text: &str) -> Screen {
    let mut screen = Screen::of(&agent.home, &[], (30, 100));
    screen.wait_for_text("Question 1");
    screen.send("\r");
    screen.wait_for_text("How does it work?");
    screen.send("r");
    screen.wait_for_text("PUBLIC REPLY");
    screen.send(text);
    screen
}

fn is_replying(agent: &Agent) -> bool {
    agent.ticket(1)["badges"].as_array().unwrap().iter().any(|badge| badge == "replying")
}

#[test]
fn two_who_write_at_once_see_each_other_and_the_second_is_asked_before_sending() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let mut first = composing(ana, "Mine.");
    support::wait_until("it stands in the log", PATIENCE, || {
        bo.sync();
        is_replying(bo)
    });
    assert!(!is_replying(ana), "one's own is no news");

    let mut second = composing(bo, "Also mine.");
    second.wait_for_text("ana started a reply");
    first.wait_for_text("bo started a reply");
    first.send("<esc>");
    first.wait_for_text("ready to send");
    first.send("y");
    first.wait_for_text("Send all the same?");
    first.send("y");
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);
    second.wait_for_text("ana answered");
    second.send("<esc>");
    second.wait_for_text("ready to send");
    second.send("y");
    let asked = second.wait_for_text("Send all the same?");
    assert!(asked.contains("ana answered"), "{asked}");
    second.send("<esc>q");
    for screen in [&mut first, &mut second] {
        screen.send("qqqq");
        assert!(screen.wait_exit(PATIENCE).success());
    }

    for agent in [ana, bo, ana, bo] {
        agent.sync();
    }
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1);
    assert_eq!((is_replying(ana), is_replying(bo)), (false, false), "both have left");
    assert_eq!(ana.hash(), bo.hash());
    let events = ana.json(&["show", "1", "--json"]).remove(0)["events"].clone();
    assert!(!events.to_string().contains("presence"), "{events:#}");
    let (code, _) = ended(ana.start(&["undo"]));
    assert_eq!(code, 3, "that one has written is nothing to take back");
}

#[test]
fn a_colleague_who_assigns_while_one_types_is_seen_before_sending() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let mut screen = composing(ana, "Mine.");

    bo.run(&["assign", "1", "bo"]);
    bo.sync();

    screen.wait_for_text("bo assigned it to bo");
    screen.send("<esc>");
    screen.wait_for_text("ready to send");
    screen.send("y");
    let asked = screen.wait_for_text("Send all the same?");
    assert!(asked.contains("bo assigned it to bo"), "{asked}");
    screen.send("y");
    bed.wait_for_mails(CUSTOMER, "INBOX", 1);
}

#[test]
fn who_loses_sees_both_texts_on_the_screen() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let mut screen = composing(bo, "Also mine.<esc>");
    screen.wait_for_text("ready to send");
    screen.send("y");
    // In the ten seconds in which it could be called back the other one answers.
    screen.wait_for_text("sending to");
    assert_eq!(answer(ana, 1).0, 0);

    screen.wait_for_text("HELD");

    let both = screen.wait_for_text("Like this, says ana.");
    assert!(both.contains("Also mine.") && both.contains("ana answered this ticket"), "{both}");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 1).len(), 1);
    screen.send("r");
    screen.wait_for_text("Send it all the same?");
    screen.send("y");
    assert_eq!(bed.wait_for_mails(CUSTOMER, "INBOX", 2).len(), 2);
}

#[test]
fn that_somebody_writes_expires_by_the_clock_of_the_server() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let key = ana.desk().find(&"#1".parse().unwrap()).unwrap();
    ana.desk().tell_replying(&key, true).unwrap();
    assert!(!ana.ticket(1)["badges"].to_string().contains("pending"), "it is no change that waits");
    let report = ana.sync();
    assert_eq!((report["events_out"].as_u64(), report["events_waiting"].as_u64()), (Some(0), Some(0)));
    make_old(&bed, "ana is replying", 9 * 60);
    let report = bo.sync();
    assert_eq!((report["events_in"].as_u64(), report["signals_in"].as_u64()), (Some(0), Some(1)), "{report:#}");
    assert!(is_replying(bo));
    assert_eq!(bo.json(&["show", "1", "--json"]).remove(0)["replying"][0]["agent"], "ana");

    let cy = Agent::on(&bed, "cy");
    make_old(&bed, "ana is replying", 10 * 60 + 5);
    cy.sync();

    assert!(!is_replying(&cy), "the server received it too long ago");
}

#[test]
fn who_was_away_does_not_tell_later_that_he_writes() {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed, 1);
    let [ana, bo] = &agents;
    let key = ana.desk().find(&"#1".parse().unwrap()).unwrap();
    ana.desk().tell_replying(&key, true).unwrap();
    ana.store().forget_stale_presence(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(61)).unwrap();

    ana.sync();
    bo.sync();

    assert!(!is_replying(bo));
    assert_eq!(ana.hash(), bo.hash());
}
