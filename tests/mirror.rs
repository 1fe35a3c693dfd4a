//! The mirror on real servers: what ordinary mail programs see of the team's work, and what the team sees of theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeSet;

use serde_json::Value;
use support::testbed::{Setup, Storage, Testbed};
use team::{Agent, DESK, assert_agree, mail};

const FOLDERS: [&str; 4] = ["INBOX", "Sent", "Archive", "Junk"];
const MOVES: &str = ", archive_on_solve = true, junk_on_spam = true";

fn fill(bed: &Testbed, count: usize) {
    team::fill(&mut bed.imap(DESK), (1..=count).map(large));
}

/// A mail that nobody downloads twice without its being noticed.
fn large(number: usize) -> String {
    mail(number) + &"It does not work at all, whatever I try to do about it.\r\n".repeat(2_000)
}

/// Flags and keywords of a mail, wherever it lies; the folders first.
fn seen_by_others(bed: &Testbed, number: u64) -> Vec<(&'static str, BTreeSet<String>)> {
    let id = format!("<q{number}@customer.test>");
    let lying = |folder| bed.mails(DESK, folder).into_iter().filter(|mail| mail.header("Message-ID").as_ref() == Some(&id)).collect::<Vec<_>>();
    let words = |flags: &str| flags.split(' ').filter(|flag| !matches!(*flag, "" | "\\Recent")).map(str::to_owned).collect();
    FOLDERS.iter().flat_map(|folder| lying(folder).into_iter().map(|mail| (*folder, words(&mail.flags)))).collect()
}

fn set(flags: &[&str]) -> BTreeSet<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

/// How often anything in a folder was changed.
fn modseq(bed: &Testbed, folder: &str) -> String {
    String::from_utf8(bed.imap(DESK).command(&format!("STATUS \"{folder}\" (MESSAGES UIDNEXT HIGHESTMODSEQ)"))).unwrap()
}

/// Every mail of the customers' folders, whatever its flags and folder.
fn contents(bed: &Testbed) -> BTreeSet<String> {
    FOLDERS.iter().flat_map(|folder| bed.mails(DESK, folder)).map(|mail| mail.text).collect()
}

#[track_caller]
fn facts(agent: &Agent, number: u64) -> Vec<String> {
    let shown = agent.json(&["show", &number.to_string(), "--json"]).remove(0);
    let signals = shown["messages"].as_array().unwrap().iter().flat_map(|message| message["signals"].as_array().unwrap().clone());
    let of_server = signals.filter(|signal| ["moved", "gone", "flagged", "answered_elsewhere"].iter().any(|kind| signal["kind"] == *kind));
    of_server.map(|signal| signal["words"].as_str().unwrap().to_owned()).collect()
}

/// Nothing was fetched but what tells messages apart.
#[track_caller]
fn assert_not_fetched_again(report: &Value) {
    assert_eq!(report["messages_new"], 0, "{report:#}");
    assert!(report["bytes"].as_u64().unwrap() < 20_000, "{report:#}");
}

#[test]
fn a_status_is_a_keyword_urgent_a_star_and_a_second_sync_stores_nothing() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 6);
    let ana = Agent::on(&bed, "ana");
    ana.sync();
    let before = contents(&bed);

    for (number, status) in [("1", "pending"), ("2", "hold"), ("3", "solved"), ("4", "spam")] {
        ana.run(&["status", number, status]);
    }
    ana.run(&["priority", "5", "urgent"]);
    ana.run(&["priority", "6", "high"]);
    let report = ana.sync();

    let inbox = |flags: &[&str]| vec![("INBOX", set(flags))];
    let names = [&["postdesk-pending"][..], &["postdesk-hold"], &["postdesk-solved"], &["postdesk-spam"], &["\\Flagged"], &[]];
    for (number, flags) in (1..).zip(names) {
        assert_eq!(seen_by_others(&bed, number), inbox(flags), "#{number}");
    }
    assert_eq!(report["marked"], 5, "{report:#}");
    assert_eq!(contents(&bed), before, "no mail was altered");
    let quiet = modseq(&bed, "INBOX");
    assert_eq!(ana.sync()["marked"], 0);
    assert_eq!(modseq(&bed, "INBOX"), quiet, "nothing was stored");

    ana.run(&["status", "3", "open"]);
    ana.run(&["undo"]);
    ana.run(&["status", "1", "open"]);
    ana.run(&["status", "2", "solved"]);
    ana.run(&["priority", "5", "low"]);
    ana.sync();
    assert_eq!(seen_by_others(&bed, 1), inbox(&[]));
    assert_eq!(seen_by_others(&bed, 2), inbox(&["postdesk-solved"]));
    assert_eq!(seen_by_others(&bed, 3), inbox(&["postdesk-solved"]));
    assert_eq!(seen_by_others(&bed, 5), inbox(&[]));
}

#[test]
fn a_star_that_a_person_set_is_not_taken_away_and_is_told() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 1);
    let ana = Agent::on(&bed, "ana");
    ana.sync();
    let mut phone = bed.imap(DESK);
    phone.command("SELECT INBOX");
    phone.command("UID STORE 1 +FLAGS (\\Flagged)");

    ana.run(&["priority", "1", "high"]);
    ana.sync();
    ana.run(&["priority", "1", "low"]);
    ana.sync();

    assert_eq!(seen_by_others(&bed, 1), [("INBOX", set(&["\\Flagged"]))]);
    assert_eq!(facts(&ana, 1), ["flagged on the server"]);
    ana.run(&["priority", "1", "urgent"]);
    assert_eq!(facts(&ana, 1), Vec::<String>::new(), "a star is what urgent looks like");
}

#[test]
fn only_the_author_mirrors_and_only_once_the_team_can_see_it() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 2);
    let agents = ["ana", "bo"].map(|name| Agent::on_with(&bed, name, MOVES));
    let [ana, bo] = &agents;
    ana.sync();
    bo.sync();

    ana.run(&["status", "1", "pending"]);
    bo.run(&["--offline", "status", "1", "solved"]);
    ana.sync();
    assert_eq!(seen_by_others(&bed, 1), [("INBOX", set(&["postdesk-pending"]))]);
    let mut phone = bed.imap(DESK);
    phone.command("SELECT INBOX");
    phone.command("UID STORE 1 -FLAGS (postdesk-pending)");
    let quiet = modseq(&bed, "INBOX");

    // Bo's change comes too late, so that it is decided against him.
    let conflict = bo.sync();

    assert_eq!(conflict["conflicts"].as_array().unwrap().len(), 1, "{conflict:#}");
    for agent in [bo, ana, bo] {
        agent.sync();
    }
    assert_eq!(modseq(&bed, "INBOX"), quiet, "what somebody took away by hand is not put back, least of all by others");
    assert_agree(&agents);
    assert_eq!(ana.ticket(1)["status"], "pending", "and it was never read back as the truth");
}

#[test]
fn what_was_answered_bears_the_mark_of_it() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 2);
    let ana = Agent::on(&bed, "ana");
    ana.sync();
    let body = ana.home.file("body.txt", "Like this.\n");

    ana.run(&["reply", "1", "--body", body.to_str().unwrap(), "--send"]);
    ana.sync();
    ana.sync();

    let answered = seen_by_others(&bed, 1);
    assert!(answered.iter().any(|(folder, flags)| *folder == "INBOX" && flags.contains("\\Answered")), "{answered:?}");
    assert_eq!(seen_by_others(&bed, 2), [("INBOX", set(&[]))]);
    assert_eq!(facts(&ana, 1), Vec::<String>::new(), "we answered it ourselves");
    let quiet = modseq(&bed, "INBOX");
    ana.sync();
    assert_eq!(modseq(&bed, "INBOX"), quiet);
}

/// Two people, of whom one solves #1, and spam is #2; the other's report of it.
#[track_caller]
fn solve_and_junk(bed: &Testbed) -> (Agent, Agent, Value) {
    fill(bed, 3);
    let (ana, bo) = (Agent::on_with(bed, "ana", MOVES), Agent::on(bed, "bo"));
    ana.sync();
    bo.sync();
    // Marked for deletion by somebody, who has not made up his mind.
    let mut phone = bed.imap(DESK);
    phone.command("SELECT INBOX");
    phone.command("UID STORE 3 +FLAGS (\\Deleted)");
    let before = contents(bed);

    ana.run(&["status", "1", "solved"]);
    ana.run(&["status", "2", "spam"]);
    let report = ana.sync();

    assert_eq!((report["moved"].as_u64(), report["messages_new"].as_u64()), (Some(2), Some(0)), "{report:#}");
    assert_eq!(contents(bed), before, "nothing is lost and nothing altered");
    let told = bo.sync();
    let after = ana.sync();
    assert_not_fetched_again(&after);
    assert_eq!(after["moved"], 0);
    (ana, bo, told)
}

#[test]
fn solved_mail_goes_to_the_archive_and_spam_to_junk_and_is_not_fetched_again() {
    for storage in [Storage::Sdbox, Storage::Maildir] {
        let Some(bed) = Testbed::start_with(Setup { storage, ..Setup::default() }) else { return };

        let (ana, bo, told) = solve_and_junk(&bed);

        assert_eq!(seen_by_others(&bed, 1), [("Archive", set(&["postdesk-solved"]))]);
        assert_eq!(seen_by_others(&bed, 2), [("Junk", set(&["postdesk-spam"]))]);
        assert_eq!(seen_by_others(&bed, 3), [("INBOX", set(&["\\Deleted"]))]);
        assert_not_fetched_again(&told);
        assert_eq!(bo.ticket(1)["messages"], 1, "and is no second mail");
        assert_eq!(bo.ticket(1)["unread"], 1, "nobody has read it yet");
        assert_agree(&[ana, bo]);
    }
}

#[test]
fn without_move_mail_is_copied_and_only_the_original_deleted() {
    let more = "imap_capability = IMAP4rev1 LITERAL+ ENABLE IDLE NAMESPACE UIDPLUS CONDSTORE QRESYNC ESEARCH SPECIAL-USE LIST-EXTENDED\n";
    let Some(bed) = Testbed::start_with(Setup { more, ..Setup::default() }) else { return };

    let (ana, bo, told) = solve_and_junk(&bed);

    assert_eq!(seen_by_others(&bed, 1), [("Archive", set(&["postdesk-solved"]))]);
    assert_eq!(seen_by_others(&bed, 2), [("Junk", set(&["postdesk-spam"]))]);
    assert_eq!(seen_by_others(&bed, 3), [("INBOX", set(&["\\Deleted"]))], "what somebody else has marked stays");
    assert_not_fetched_again(&told);
    assert_agree(&[ana, bo]);
}

#[test]
fn a_server_that_cannot_delete_one_mail_moves_none_and_that_is_said_once() {
    let Some(bed) =
        Testbed::start_with(Setup { more: "imap_capability = IMAP4rev1 LITERAL+ NAMESPACE SPECIAL-USE LIST-EXTENDED\n", ..Setup::default() })
    else {
        return;
    };
    fill(&bed, 2);
    let ana = Agent::on_with(&bed, "ana", MOVES);
    ana.sync();
    ana.run(&["status", "1", "solved"]);

    let first = ana.json(&["sync", "--json"]).remove(0);
    ana.run(&["status", "2", "solved"]);
    let second = ana.sync();

    assert!(first["errors"][0].as_str().unwrap().contains("neither MOVE nor UIDPLUS"), "{first:#}");
    assert_eq!((first["moved"].as_u64(), second["moved"].as_u64()), (Some(0), Some(0)));
    for number in [1, 2] {
        assert_eq!(seen_by_others(&bed, number), [("INBOX", set(&["postdesk-solved"]))]);
    }
}

#[test]
fn reopening_moves_nothing_back_and_the_archive_changes_no_status() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 2);
    let ana = Agent::on_with(&bed, "ana", MOVES);
    ana.sync();
    ana.run(&["status", "1", "solved"]);
    ana.run(&["status", "2", "solved"]);
    ana.sync();
    let answer = |parent: usize| mail(7 + parent).replace("Subject:", &format!("In-Reply-To: <q{parent}@customer.test>\r\nSubject:"));
    // INTERNALDATE counts whole seconds: the customer writes in a later one than the status was set.
    std::thread::sleep(std::time::Duration::from_millis(1_100));

    let mut client = bed.imap(DESK);
    client.append("INBOX", "", &answer(1));
    client.append("Archive", "", &answer(2));
    let report = ana.sync();
    ana.sync();

    assert_eq!(report["tickets_reopened"], 1, "{report:#}");
    assert_eq!((ana.ticket(1)["status"].as_str(), ana.ticket(1)["messages"].as_u64()), (Some("open"), Some(2)));
    assert_eq!((ana.ticket(2)["status"].as_str(), ana.ticket(2)["messages"].as_u64()), (Some("solved"), Some(2)));
    assert_eq!(seen_by_others(&bed, 1), [("Archive", set(&[]))], "it lost its keyword and stays where it is");
    assert_eq!(facts(&ana, 1), ["moved from INBOX to Archive on the server"]);
    assert_eq!(facts(&ana, 2), Vec::<String>::new(), "the desk wants it so");
}

#[test]
fn what_is_done_in_another_mail_program_is_told_and_decides_nothing() {
    for more in ["", "imap_capability = IMAP4rev1 LITERAL+ NAMESPACE UIDPLUS SPECIAL-USE LIST-EXTENDED\n"] {
        let Some(bed) = Testbed::start_with(Setup { more, ..Setup::default() }) else { return };
        fill(&bed, 6);
        let agents = ["ana", "bo"].map(|name| Agent::on(&bed, name));
        let [ana, bo] = &agents;
        ana.sync();
        bo.sync();
        let statuses = || (1..=6).map(|number| ana.ticket(number)["status"].clone()).collect::<Vec<_>>();
        let before = statuses();
        let mut phone = bed.imap(DESK);
        phone.command("CREATE Elsewhere");
        phone.command("SELECT INBOX");
        phone.command("UID MOVE 1 Archive");
        phone.command("UID MOVE 2 Junk");
        phone.command("UID MOVE 3 Elsewhere");
        phone.command("UID STORE 4 +FLAGS (\\Flagged)");
        phone.command("UID STORE 5 +FLAGS (\\Answered \\Seen)");
        drop(phone);
        bed.expunge(DESK, "INBOX", 6);

        let reports = [ana.sync(), bo.sync()];

        reports.iter().for_each(assert_not_fetched_again);
        for agent in &agents {
            assert_eq!(facts(agent, 1), ["moved from INBOX to Archive on the server"]);
            assert_eq!(facts(agent, 2), ["moved from INBOX to Junk on the server"]);
            for number in [3, 6] {
                assert_eq!(facts(agent, number), ["gone on the server: deleted, or moved to a folder that is not read"]);
                assert!(agent.run(&["show", &number.to_string()]).contains("How does it work?"), "its text is kept");
                assert!(agent.ticket(number)["badges"].as_array().unwrap().contains(&Value::from("gone")));
            }
            assert_eq!(facts(agent, 4), ["flagged on the server"]);
            assert_eq!(facts(agent, 5), ["answered elsewhere: the server has it as answered, and the answer is not here"]);
        }
        assert_eq!(statuses(), before);
        assert_eq!((ana.ticket(1)["unread"].as_u64(), ana.ticket(5)["unread"].as_u64()), (Some(1), Some(0)));
        assert_agree(&agents);
        let printed = ana.run(&["show", "1"]);
        assert!(printed.contains("Notice   moved from INBOX to Archive on the server"), "{printed}");

        let mut phone = bed.imap(DESK);
        phone.command("SELECT Elsewhere");
        phone.command("UID MOVE 1 INBOX");
        phone.command("SELECT Archive");
        phone.command("UID MOVE 1 INBOX");
        let report = ana.sync();
        assert_eq!(report["messages_new"], 0, "{report:#}");
        assert_eq!((facts(ana, 1), facts(ana, 3)), (vec!["moved from Archive to INBOX on the server".to_owned()], Vec::new()));
    }
}

#[test]
fn a_folder_that_can_only_be_read_is_left_alone() {
    let acl = "protocol imap {\n  mail_plugins = acl\n}\nplugin {\n  acl = vfile\n}\n";
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, more: acl, ..Setup::default() }) else { return };
    fill(&bed, 2);
    let ana = Agent::on_with(&bed, "ana", MOVES);
    ana.sync();
    std::fs::write(bed.dir().join("home/support/mail/dovecot-acl"), "owner lr\n").unwrap();
    ana.run(&["status", "1", "solved"]);
    ana.run(&["status", "2", "pending"]);

    let report = ana.json(&["sync", "--json"]).remove(0);
    let again = ana.sync();

    assert_eq!(report["errors"], serde_json::json!(["mail stays in INBOX, which can only be read"]), "{report:#}");
    assert_eq!((report["marked"].as_u64(), report["moved"].as_u64(), again["marked"].as_u64()), (Some(0), Some(0), Some(0)));
    assert_eq!(seen_by_others(&bed, 1), [("INBOX", set(&[]))]);
    assert_eq!(ana.ticket(1)["status"], "solved");
}

#[test]
fn the_folder_mail_goes_to_is_made_when_it_is_missing() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 1);
    let ana = Agent::on_with(&bed, "ana", ", archive_on_solve = true, folders = { archive = \"Done/2026\" }");
    ana.json(&["sync", "--json"]);

    ana.run(&["status", "1", "solved"]);
    let report = ana.json(&["sync", "--json"]).remove(0);

    assert_eq!(report["moved"], 1, "{report:#}");
    assert_eq!((bed.mails(DESK, "INBOX").len(), bed.mails(DESK, "Done/2026").len()), (0, 1));
    let next = ana.sync();
    assert_not_fetched_again(&next);
    assert_eq!(ana.ticket(1)["messages"], 1);
}

#[test]
fn on_a_maildir_files_are_renamed_into_the_other_folder() {
    let mailbox = tempfile::tempdir().unwrap();
    let root = mailbox.path().join("mail");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(root.join(part)).unwrap();
    }
    for number in 1..=3 {
        std::fs::write(root.join("new").join(format!("{number}.test")), large(number)).unwrap();
    }
    let ana = Agent::on_maildir_with(&root, "ana", "archive_on_solve = true\njunk_on_spam = true");
    let bo = Agent::on_maildir(&root, "bo");
    ana.sync();
    bo.sync();

    ana.run(&["status", "1", "solved"]);
    ana.run(&["status", "2", "spam"]);
    let report = ana.sync();
    let told = bo.sync();

    assert_eq!((report["moved"].as_u64(), report["marked"].as_u64()), (Some(2), Some(2)), "{report:#}");
    let files = |folder: &str| -> Vec<String> {
        let all = ["new", "cur"].into_iter().flat_map(|part| std::fs::read_dir(root.join(folder).join(part)).unwrap());
        all.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!((files("."), files(".Archive"), files(".Junk")), (vec!["3.test".into()], vec!["1.test:2,a".into()], vec!["2.test:2,a".into()]));
    assert_eq!(std::fs::read_to_string(root.join(".Archive/dovecot-keywords")).unwrap(), "0 postdesk-solved\n");
    for next in [told, ana.sync()] {
        assert_not_fetched_again(&next);
    }
    assert_eq!((ana.ticket(1)["messages"].as_u64(), ana.ticket(1)["unread"].as_u64()), (Some(1), Some(1)));
    assert_eq!(facts(&bo, 1), ["moved from INBOX to Archive on the server"], "bo's own desk moves nothing");
    assert_agree(&[ana, bo]);
}

#[test]
fn a_desk_without_a_team_mirrors_at_once() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 2);
    let ana = Agent::on_with(&bed, "ana", &format!("{MOVES}, folders = {{ team = false }}"));
    ana.sync();
    let body = ana.home.file("body.txt", "Like this.\n");
    ana.run(&["status", "1", "solved"]);
    ana.run(&["reply", "2", "--body", body.to_str().unwrap(), "--send"]);

    ana.sync();

    assert_eq!(seen_by_others(&bed, 1), [("Archive", set(&["postdesk-solved"]))]);
    let answered = seen_by_others(&bed, 2);
    assert!(answered[0].1.contains("\\Answered"), "{answered:?}");
    assert!(bed.mails(DESK, "Postdesk").is_empty());
}

#[test]
fn after_the_server_lost_its_index_what_was_changed_elsewhere_is_seen_and_nothing_is_fetched_again() {
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() }) else { return };
    fill(&bed, 3);
    let ana = Agent::on_with(&bed, "ana", MOVES);
    ana.sync();
    ana.run(&["status", "1", "pending"]);
    for priority in ["high", "urgent", "low", "normal"] {
        ana.run(&["priority", "2", priority]);
        ana.sync();
    }
    let before = modseq(&bed, "INBOX");
    for file in std::fs::read_dir(bed.dir().join("home/support/mail")).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().is_some_and(|name| name.starts_with("dovecot.index")) {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let mut phone = bed.imap(DESK);
    phone.command("SELECT INBOX");
    phone.command("UID STORE 3 +FLAGS (\\Flagged)");
    phone.command("UID STORE 1 -FLAGS (postdesk-pending)");
    let number = |status: &str| -> u64 { status.split("HIGHESTMODSEQ ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap() };
    assert!(number(&modseq(&bed, "INBOX")) < number(&before), "the server counts from the beginning");

    let report = ana.sync();

    assert_eq!((report["messages_new"].as_u64(), report["flags_changed"].as_u64()), (Some(0), Some(2)), "{report:#}");
    assert_eq!(facts(&ana, 3), ["flagged on the server"]);
    ana.run(&["status", "1", "hold"]);
    ana.sync();
    assert_eq!(seen_by_others(&bed, 1), [("INBOX", set(&["postdesk-hold"]))]);
}

#[test]
fn who_watches_shows_what_was_done_without_being_asked() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed, 1);
    let ana = Agent::on_with(&bed, "ana", MOVES);
    ana.sync();
    let mut watching = ana.start(&["sync", "--watch", "--json"]);
    let socket = ana.home.path().join("data/postdesk/desks/acme/wake.sock");
    support::wait_until("somebody watches", std::time::Duration::from_secs(20), || socket.exists());

    ana.run(&["status", "1", "solved"]);
    support::wait_until("the mail is in the archive", std::time::Duration::from_secs(20), || {
        seen_by_others(&bed, 1) == [("Archive", set(&["postdesk-solved"]))]
    });

    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_not_fetched_again(&ana.sync());
}
