//! Every command without a network: what is local works, what is not says so, and nothing connects anywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/actions.rs"]
mod actions;
#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postdesk::action;
use screen::Screen;
use support::testbed::Testbed;
use team::{Agent, DESK};

/// Counts whoever connects, and says nothing to them.
struct Trap {
    port: u16,
    caught: Arc<AtomicUsize>,
}

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, caught) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&caught);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { port, caught }
    }

    fn caught(&self) -> usize {
        self.caught.load(Ordering::SeqCst)
    }
}

/// Where a command's work lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Here: it connects to nobody, `--offline` or not.
    Here,
    /// With a server: `--offline` keeps it from that, and it says so.
    Elsewhere,
}
use Work::{Elsewhere, Here};

/// A command line, the code it ends with, and words it says.
type Row = (Work, &'static str, i32, &'static str);

/// In an order in which each finds what it needs.
const ROWS: &[Row] = &[
    (Here, "list", 0, "Question 1"),
    (Here, "show 1", 0, "How does it work?"),
    (Here, "assign 1 2 bo", 0, "assigned to bo"),
    (Here, "status 1 pending", 0, "pending"),
    (Here, "priority 1 high", 0, "priority high"),
    (Here, "tag 1 +billing", 0, "+billing"),
    (Here, "snooze 1 3h", 0, "snoozed until"),
    (Here, "move 1 shop", 0, "moved to shop"),
    (Here, "subject 1 Refund", 0, "subject is now Refund"),
    (Here, "participant 1 +boss@customer.test", 0, "+boss@customer.test"),
    (Here, "link 1 3", 0, "linked with #3"),
    (Here, "note 1 --body note.txt", 0, "note added"),
    (Here, "note 1 --body answer.txt --edit 1", 0, "note corrected"),
    (Here, "split 1 2", 0, "split"),
    (Here, "undo", 0, "undid on"),
    (Here, "redo", 0, "redid on"),
    (Here, "merge 2 3", 0, "merged into #3"),
    (Here, "apply 4", 0, "applied all the same"),
    (Here, "dismiss 6", 0, "not related to #5"),
    (Here, "undo", 0, "undid on #6"),
    (Here, "accept 6", 0, "joined with #5"),
    (Here, "reply 1 --body answer.txt", 0, "raft"),
    (Here, "drafts list", 0, "Re: "),
    (Here, "drafts show 1", 0, "Like this."),
    (Here, "drafts discard 1", 0, ""),
    (Here, "drafts recover 1", 0, ""),
    (Elsewhere, "drafts send 1", 4, "offline"),
    (Elsewhere, "reply 3 --body answer.txt --send", 4, "offline"),
    (Elsewhere, "forward 3 --to lab@partner.example --send", 4, "offline"),
    (Elsewhere, "new --project app --to c9@customer.test --subject Hello --body answer.txt --send", 4, "offline"),
    (Here, "outbox list", 0, "queued"),
    (Here, "outbox show 1", 0, "Like this."),
    (Elsewhere, "outbox retry 1", 4, "offline"),
    (Here, "outbox edit 1", 0, "raft"),
    (Here, "outbox cancel 2", 0, ""),
    (Elsewhere, "sync", 4, "offline"),
    (Elsewhere, "sync --watch", 4, "offline"),
    (Elsewhere, "sync --restore-log", 4, "offline"),
    (Elsewhere, "import old.mbox", 4, "offline"),
    (Here, "templates list", 0, "refund"),
    (Here, "templates check", 0, ""),
    (Here, "templates render refund --ticket 3", 0, "refunded"),
    (Here, "parse one.eml", 0, "Question 9"),
    // What is here only in part would be fetched; nothing is.
    (Here, "export --format csv", 0, "Refund"),
    (Elsewhere, "doctor", 0, "offline"),
    (Here, "forget c5@customer.test --yes", 0, "redacted here"),
    (Here, "demo --messages 12 --dir demo -- list", 0, "#1"),
    (Here, "completions bash", 0, "postdesk"),
    (Here, "man", 0, "postdesk"),
];

/// A desk that was synced once, with a conflict, and whose servers are gone since: in their place is the trap.
fn left_alone(bed: &Testbed, trap: &Trap) -> Agent {
    let [ana, bo] = ["ana", "bo"].map(|name| Agent::on(bed, name));
    for agent in [&ana, &bo] {
        let config = std::fs::read_to_string(agent.home.config_path()).unwrap();
        let shop = "[project.shop]\ndesk = \"acme\"\naddresses = [\"shop@example.test\"]\nfrom = \"Shop <shop@example.test>\"\n";
        let app = "[project.app]\ndefault = true\ntemplates = [\"./templates\"]\n";
        agent.home.config(&config.replace("[project.app]\n", &format!("{shop}{app}")));
        agent.home.file("config/postdesk/templates/refund.md", "We have refunded it.\n");
        agent.sync();
    }
    ana.run(&["--offline", "assign", "4", "ana"]);
    bo.run(&["assign", "4", &format!("bo-{}", trap.port)]);
    bo.sync();
    ana.sync();
    for (name, text) in
        [("note.txt", "Called back.\n"), ("answer.txt", "Like this.\n"), ("one.eml", &team::mail(9)), ("old.mbox", "From x\nSubject: old\n\nold\n")]
    {
        ana.home.file(name, text);
    }
    let config = std::fs::read_to_string(ana.home.config_path()).unwrap();
    let (imaps, smtp) = (format!("port = {},", bed.ports().imaps), format!("port = {},", bed.ports().smtp));
    assert!(config.contains(&imaps) && config.contains(&smtp), "{config}");
    let trapped = format!("port = {},", trap.port);
    let secret = "password_command = \"touch fetched; echo secret\"";
    ana.home.config(&config.replace(&imaps, &trapped).replace(&smtp, &trapped).replace("password_file = \"password\"", secret));
    ana
}

fn fill(bed: &Testbed) {
    let mut client = bed.imap(DESK);
    for mail in actions::mailbox() {
        client.append("INBOX", "", &mail);
    }
}

#[test]
fn check_50_every_command_does_its_local_work_and_says_so_when_it_needs_a_server() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed);
    for is_told in [true, false] {
        let trap = Trap::set();
        let ana = left_alone(&bed, &trap);
        for (work, line, code, words) in ROWS {
            // What needs a server would try one where nobody says it must not.
            let offline = if is_told || *work == Elsewhere { vec!["--offline"] } else { Vec::new() };
            let output = ana.home.postdesk(offline.into_iter().chain(line.split(' '))).output().unwrap();
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.code(), Some(*code), "{line}: {said}");
            assert!(said.contains(words), "{line} does not say {words:?}: {said}");
            assert_eq!(trap.caught(), 0, "{line} has connected to a server");
            assert!(!ana.home.path().join("fetched").exists(), "{line} has fetched a password");
        }
    }
}

#[test]
fn without_being_told_to_stay_off_what_needs_a_server_tries_one() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed);
    let trap = Trap::set();
    let ana = left_alone(&bed, &trap);

    assert_eq!(ana.try_run(&["sync"]), 4);

    assert!(trap.caught() > 0 && ana.home.path().join("fetched").exists(), "nothing was tried");
}

#[test]
fn the_screen_that_is_told_to_stay_off_the_network_connects_to_nobody() {
    let Some(bed) = Testbed::start() else { return };
    fill(&bed);
    let trap = Trap::set();
    let ana = left_alone(&bed, &trap);
    let program = Path::new(env!("CARGO_BIN_EXE_postdesk"));

    let mut screen = Screen::start(program, &["--offline"], ana.home.environment(), ana.home.path(), (30, 100));
    screen.wait_for_text("Question 3");
    screen.send("A");
    screen.wait_for_text("assigned to ana");
    screen.send("$");
    screen.wait_for("why it does not sync", |text| text.contains("offline"), screen::PATIENCE);
    screen.send("<ctrl-c><ctrl-c>");
    screen.wait_exit(screen::PATIENCE);

    assert_eq!(trap.caught(), 0);
    assert!(!ana.home.path().join("fetched").exists());
}

#[test]
fn every_command_is_in_the_table() {
    let commands = action::all().filter_map(|action| action.command.as_ref().map(|command| (action.name, command)));
    let paths = commands.flat_map(|(name, command)| match command.under {
        [] => vec![name.to_owned()],
        under => under.iter().map(|sub| format!("{name} {}", sub.name)).collect(),
    });
    let tried: BTreeSet<&str> = ROWS.iter().map(|(_, line, ..)| *line).collect();

    let missing: Vec<String> = paths.filter(|path| !tried.iter().any(|line| format!("{line} ").starts_with(&format!("{path} ")))).collect();

    assert!(missing.is_empty(), "{missing:?}: say whether it needs a server");
}
