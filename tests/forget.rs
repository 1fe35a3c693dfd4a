//! A person who is forgotten on a real mailbox: by everybody, for good, and until she writes again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::path::{Path, PathBuf};

use support::testbed::Testbed;
use support::wait_until;
use team::{Agent, CUSTOMER, DESK, a_team, assert_agree, mail, question, sync_all};

/// What an agent sees of tickets and people, by whatever command names people or texts.
fn told(agent: &Agent, tickets: &[u64]) -> String {
    let shown = tickets.iter().map(u64::to_string).map(|number| agent.run(&["show", &number]) + &agent.run(&["show", &number, "--json"]));
    shown.collect::<String>() + &agent.run(&["list", "--json", "--limit", "50"])
}

/// A mail of the person who was forgotten, in a later second by the server's clock: it knows no smaller unit.
fn back_again(bed: &Testbed) {
    let forgotten = jiff::Timestamp::now().as_second();
    wait_until("the next second", std::time::Duration::from_secs(10), || jiff::Timestamp::now().as_second() > forgotten);
    let mail = "From: Customer 2 <C2@customer.test>\r\nTo: support@example.test\r\nSubject: Back again\r\nMessage-ID: <later@customer.test>\r\n\
                Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\nI write anew.\r\n";
    bed.imap(DESK).append("INBOX", "", mail);
}

#[track_caller]
fn assert_only_the_later_mail_is_whole(agent: &Agent) {
    let (before, later) = (told(agent, &[2]), agent.run(&["show", "4"]));
    assert!(!before.contains("Question 2") && !agent.run(&["show", "2"]).contains("customer 2"), "{}: {before}", agent.name);
    for part in ["Back again", "I write anew.", "C2@customer.test"] {
        assert!(later.contains(part), "{}: {part} is missing: {later}", agent.name);
    }
    let requester = &agent.ticket(4)["requester"];
    assert_eq!((requester["name"].as_str(), requester["address"].as_str()), (Some("Customer 2"), Some("C2@customer.test")), "{}", agent.name);
    assert_eq!(agent.ticket(2)["requester"]["address"], "forgotten@postdesk.invalid", "{}", agent.name);
}

fn without_cache(agent: &Agent) {
    std::fs::remove_dir_all(agent.home.path().join("cache/postdesk")).unwrap();
}

/// Two who have three mails and know that the person who wrote the second is forgotten.
fn without_the_second(bed: &Testbed) -> [Agent; 2] {
    let agents = a_team(bed, ["ana", "bo"], (1..=3).map(mail));
    agents[0].run(&["forget", "c2@customer.test"]);
    for agent in &agents {
        drop(agent.sync());
    }
    agents
}

#[test]
fn who_writes_again_after_being_forgotten_is_a_new_person_to_everybody() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = without_the_second(&bed);

    back_again(&bed);
    ana.sync();
    bo.sync();

    for agent in [&ana, &bo] {
        assert_only_the_later_mail_is_whole(agent);
        // What is redacted of the events when the cache is made anew shows when it is made once more.
        for _ in 0..2 {
            without_cache(agent);
            agent.sync();
            assert_only_the_later_mail_is_whole(agent);
        }
    }
    let cy = Agent::on(&bed, "cy");
    cy.sync();
    cy.sync();
    assert_only_the_later_mail_is_whole(&cy);
    assert_agree(&[ana, bo, cy]);
}

#[test]
fn it_stays_so_after_the_log_was_put_back_and_for_who_joins_then() {
    let Some(bed) = Testbed::start() else { return };
    let [ana, bo] = without_the_second(&bed);
    back_again(&bed);
    ana.sync();
    bed.imap(DESK).command("DELETE Postdesk");
    ana.run(&["sync", "--restore-log"]);
    bo.sync();

    // The state that was put back is all that says when she was forgotten.
    let cy = Agent::on(&bed, "cy");
    cy.sync();
    cy.sync();

    let all = [ana, bo, cy];
    all.iter().for_each(assert_only_the_later_mail_is_whole);
    without_cache(&all[1]);
    all[1].sync();
    assert_only_the_later_mail_is_whole(&all[1]);
    assert_agree(&all);
}

/// Whatever of the files holds a text.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(holding(&entry, text));
        } else if std::fs::read(&entry).unwrap().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes())) {
            found.push(entry);
        }
    }
    found
}

/// A conversation with the customer, of which everybody knows.
fn a_conversation(bed: &Testbed) -> [Agent; 2] {
    let agents = a_team(bed, ["ana", "bo"], (1..=3).map(question));
    agents[0].home.file("answer.txt", format!("Dear Carla,\n\nlike this.\n\nCarla <{CUSTOMER}> wrote:\n> How does it work?\n"));
    agents[0].run(&["reply", "1", "--body", "answer.txt", "--cc", "boss@acme.example", "--send"]);
    sync_all(&agents);
    agents
}

#[test]
fn our_own_mails_do_not_name_who_is_forgotten_and_neither_does_the_search() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_conversation(&bed);
    assert!(agents[0].run(&["list", &format!("to:{CUSTOMER}")]).contains("Question 1"), "it is found before");

    agents[0].run(&["forget", CUSTOMER]);
    sync_all(&agents);

    for agent in &agents {
        for rebuilt in [false, true] {
            if rebuilt {
                without_cache(agent);
                agent.sync();
            }
            let all = told(agent, &[1, 2, 3]);
            let source = agent.home.postdesk(["show", "1", "--raw"]).output().unwrap().stdout;
            let source = String::from_utf8_lossy(&source).into_owned();
            assert!(!all.contains(CUSTOMER) && !source.contains(CUSTOMER), "{}: {all}\n{source}", agent.name);
            assert!(all.contains("like this.") && all.contains("boss@acme.example"), "our own words and the others stay: {all}");
            for query in [format!("to:{CUSTOMER}"), CUSTOMER.to_owned(), "carla".to_owned()] {
                assert_eq!(agent.run(&["list", "--json", &query]), "", "{}: {query}", agent.name);
            }
        }
        assert_eq!(holding(&agent.home.path().join("cache"), CUSTOMER), Vec::<PathBuf>::new(), "{}", agent.name);
    }
}

#[test]
fn nothing_of_what_the_person_wrote_is_left_in_anybodys_files() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_team(&bed, ["ana", "bo"], (1..=3).map(mail));
    let words = ["c2@customer.test", "Question 2", "customer 2"];
    let left = |agent: &Agent| -> Vec<(&str, PathBuf)> {
        let of =
            |word| ["cache", "data"].into_iter().flat_map(move |part| holding(&agent.home.path().join(part), word)).map(move |file| (word, file));
        words.into_iter().flat_map(of).collect()
    };
    assert!(agents.iter().all(|agent| !left(agent).is_empty()), "it is there before");

    agents[0].run(&["forget", "c2@customer.test"]);
    sync_all(&agents);

    for agent in &agents {
        assert_eq!(left(agent), [], "{}", agent.name);
    }
}

#[test]
fn what_was_being_written_to_who_is_forgotten_stays_without_her_and_is_not_sent() {
    let Some(bed) = Testbed::start() else { return };
    let agents = a_conversation(&bed);
    let [ana, bo] = &agents;
    bo.home.file("answer.txt", "Dear Carla,\n\nas I said.\n");
    bo.run(&["reply", "2", "--body", "answer.txt"]);
    assert_eq!(bo.try_run(&["--offline", "reply", "3", "--body", "answer.txt", "--send"]), 4);
    ana.home.file("answer.txt", "Dear Carla,\n\nof course.\n");
    ana.run(&["reply", "2", "--body", "answer.txt"]);

    let said = ana.run(&["forget", CUSTOMER]);
    ana.sync();
    bo.sync();

    assert!(said.contains("1 draft to them has lost that recipient"), "{said}");
    assert_eq!(bo.run(&["outbox", "list", "--json"]), "", "nothing leaves any more");
    let drafts = bo.json(&["drafts", "list", "--json"]);
    assert_eq!(drafts.len(), 2, "both texts are kept: {drafts:#?}");
    for draft in &drafts {
        let id = draft["id"].to_string();
        assert!(bo.run(&["drafts", "show", &id]).contains("as I said."));
        let refused = bo.home.postdesk(["drafts", "send", &id]).output().unwrap();
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && why.contains("stands for a person who was forgotten"), "{why}");
    }
    for agent in &agents {
        let named = agent.run(&["drafts", "list"]) + &agent.run(&["outbox", "list", "--json"]);
        assert!(!named.contains(CUSTOMER), "{}: {named}", agent.name);
    }
    assert_eq!(holding(&ana.home.path().join("data"), CUSTOMER), Vec::<PathBuf>::new(), "of who forgets it leaves the files");
    assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), 1, "and nothing has left");
}
