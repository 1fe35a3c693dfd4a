//! Several people on one mailbox, each with a home and processes of their own.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};

use postdesk::desk::{Desk, DeskSetup, Places};
use postdesk::domain::fold;
use postdesk::store::{Store, StorePaths};
use serde_json::Value;

use super::home::Home;
use super::support::dovecot::PASSWORD;
use super::support::rawimap::RawImap;
use super::support::testbed::Testbed;
use promises::{Found, Memory};

pub mod promises;

pub const DESK: &str = "support@example.test";
/// A customer with a mailbox of the test-bed.
pub const CUSTOMER: &str = "customer@example.test";

/// What became of an act.
#[derive(Clone, Debug)]
pub struct Fate {
    pub agent: String,
    pub op: String,
    pub applied: bool,
}

/// One agent at one computer.
pub struct Agent {
    pub name: &'static str,
    pub home: Home,
    memory: Mutex<Memory>,
}

impl Agent {
    /// Somebody who works on the test-bed's mailbox.
    pub fn on(bed: &Testbed, name: &'static str) -> Self {
        Self::on_with(bed, name, "")
    }

    /// The same, with more settings of the server, each behind a comma.
    pub fn on_with(bed: &Testbed, name: &'static str, more: &str) -> Self {
        let servers = bed.servers(DESK, &format!("password_file = \"password\"{more}"));
        Self::with(name, &format!("source = \"imap\"\n{servers}"))
    }

    /// Somebody who works on a mailbox of this machine, without TLS: octets on the line are those of the protocol.
    /// Everything is logged; no mail leaves.
    pub fn in_the_clear(port: u16, user: &str, name: &'static str) -> Self {
        Self::logging(port, user, name, "folders = \"out\"")
    }

    /// The same, with mail that leaves.
    pub fn sending(imap: u16, smtp: u16, name: &'static str) -> Self {
        Self::logging(imap, DESK, name, &format!("host = \"127.0.0.1\", port = {smtp}, tls = \"none\""))
    }

    fn logging(port: u16, user: &str, name: &'static str, smtp: &str) -> Self {
        let imap = format!("imap = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\", user = \"{user}\", password_file = \"password\" }}");
        let mut agent = Self::with(name, &format!("source = \"imap\"\naddress = \"{DESK}\"\n{imap}\nsmtp = {{ {smtp} }}"));
        agent.home.set("POSTDESK_LOG", "trace");
        agent
    }

    /// Somebody who works on a Maildir.
    pub fn on_maildir(mail: &Path, name: &'static str) -> Self {
        Self::on_maildir_with(mail, name, "")
    }

    /// The same, with more lines in the desk's section.
    pub fn on_maildir_with(mail: &Path, name: &'static str, more: &str) -> Self {
        Self::with(name, &format!("source = \"maildir\"\npath = \"{}\"\naddress = \"{DESK}\"\n{more}", mail.display()))
    }

    fn with(name: &'static str, source: &str) -> Self {
        let home = Home::new();
        home.private_file("config/postdesk/password", format!("{PASSWORD}\n"));
        home.config(&format!(
            "agent = {{ name = \"{name}\", display = \"{name} of the team\", address = \"{name}@example.test\" }}\n[desk.acme]\n{source}\n\
             [project.app]\ndesk = \"acme\"\naddresses = [\"support@example.test\"]\nfrom = \"App <{DESK}>\"\n"
        ));
        Self { name, home, memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Counts more acts of a kind, or fewer, than [`Agent::run`] did: those done at a screen or in the test's own process.
    pub fn reckon(&self, op: &str, count: i64) {
        self.memory().reckon(op, count);
    }

    /// Runs the program; it has to succeed.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.home.postdesk(args.iter().copied()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // A sync that was done but for something that it reports says so by its exit code.
        let is_amiss = args.first() == Some(&"sync") && (out.contains("\n  error: ") || out.contains("\"errors\":[\""));
        assert_eq!(output.status.code(), Some(i32::from(is_amiss)), "{}: postdesk {}\n{out}{err}", self.name, args.join(" "));
        self.assert_fit_for_a_terminal(&out);
        self.assert_fit_for_a_terminal(&err);
        self.memory().note(args, &out);
        out.into_owned()
    }

    /// Runs the program, whatever comes of it; the exit code.
    #[track_caller]
    pub fn try_run(&self, args: &[&str]) -> i32 {
        let output = self.home.postdesk(args.iter().copied()).output().unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            self.assert_fit_for_a_terminal(&text);
            assert!(!text.contains(PASSWORD) && !text.contains("panicked"), "{text}");
        }
        output.status.code().unwrap_or(-1)
    }

    /// Runs the program, which has to refuse; its exit code and why.
    #[track_caller]
    pub fn refuses(&self, args: &[&str]) -> (i32, String) {
        let output = self.home.postdesk(args.iter().copied()).output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        self.assert_fit_for_a_terminal(&why);
        let code = output.status.code().unwrap_or(-1);
        assert_ne!(code, 0, "{}: postdesk {} is done", self.name, args.join(" "));
        (code, why)
    }

    /// Syncs however often it takes.
    #[track_caller]
    pub fn sync_at_last(&self) -> Value {
        let mut last = Value::Null;
        for _ in 0..40 {
            let output = self.home.postdesk(["sync", "--json"]).output().unwrap();
            if let Ok(report) = serde_json::from_slice(&output.stdout) {
                last = report;
                if last["errors"] == Value::Array(Vec::new()) {
                    return last;
                }
            }
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        panic!("{} cannot sync: {last:#}", self.name);
    }

    fn assert_fit_for_a_terminal(&self, text: &str) {
        let bad = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(bad, None, "{}: a control character for the terminal: {text:?}", self.name);
    }

    /// What must be so of an agent's files and output after whatever happened: the databases are sound, all is
    /// private, the password is nowhere but in its own file, and nothing for the terminal but text.
    #[track_caller]
    pub fn assert_in_order(&self) {
        for (part, name) in [("data", "data.db"), ("cache", "cache.db")] {
            let path = self.folder(part).join(name);
            let database = rusqlite::Connection::open(&path).unwrap();
            let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok", "{}", path.display());
        }
        let mut logged = 0;
        for path in ["data", "cache", "state"].iter().flat_map(|part| below(&self.home.path().join(part))) {
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            // The folders directly below the home were made by the test.
            let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", path.display());
            if metadata.is_file() {
                let text = std::fs::read(&path).unwrap();
                let holds = |secret: &str| text.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!holds(PASSWORD), "{} holds the password", path.display());
                logged += usize::from(path.extension().is_some_and(|end| end == "log"));
            }
        }
        assert!(logged > 0 || !self.home.environment().contains_key("POSTDESK_LOG"), "{} was to log everything", self.name);
        self.run(&["list", "--limit", "1000"]);
        self.run(&["show", "1"]);
    }

    /// What became of every act of a person, by its id.
    #[track_caller]
    pub fn fates(&self, tickets: u64) -> BTreeMap<String, Fate> {
        let mut fates = BTreeMap::new();
        for number in 1..=tickets {
            let shown = self.json(&["show", &number.to_string(), "--json"]).remove(0);
            for event in shown["events"].as_array().unwrap() {
                let word = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                let fate = Fate { agent: word("agent"), op: word("op"), applied: event["applied"] == true };
                if promises::COUNTED.contains(&fate.op.as_str()) {
                    fates.insert(format!("{}.{}", event["id"]["actor"].as_str().unwrap(), event["id"]["seq"]), fate);
                }
            }
        }
        fates
    }

    /// Which number each ticket has, by its key.
    #[track_caller]
    pub fn numbers(&self) -> BTreeMap<String, u64> {
        let rows = self.list();
        let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.filter_map(|row| Some((row["key"].as_str()?.to_owned(), row["number"].as_u64()?))).collect()
    }

    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        self.run(args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Syncs once, without trouble; the report.
    #[track_caller]
    pub fn sync(&self) -> Value {
        let report = self.json(&["sync", "--json"]).remove(0);
        assert_eq!(report["errors"], Value::Array(Vec::new()), "{}: {report:#}", self.name);
        report
    }

    /// Everything `list` says, in its order.
    #[track_caller]
    pub fn list(&self) -> String {
        let all = self.run(&["list", "status:open OR status:pending OR status:hold OR status:solved OR status:spam", "--limit", "100000", "--json"]);
        for row in all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if let (Some(key), Some(number)) = (row["key"].as_str(), row["number"].as_u64()) {
                self.memory().see(self.name, key, number);
            }
        }
        all.trim_end().to_owned()
    }

    /// The line of one ticket.
    #[track_caller]
    pub fn ticket(&self, number: u64) -> Value {
        let all: Vec<Value> = self.list().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        all.iter().find(|row| row["number"] == number).cloned().unwrap_or_else(|| panic!("{} knows no #{number}: {all:#?}", self.name))
    }

    /// Starts a process and does not wait for it.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
        command.env_clear().envs(self.home.environment()).current_dir(self.home.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn folder(&self, part: &str) -> PathBuf {
        self.home.path().join(part).join("postdesk/desks/acme")
    }

    pub fn store(&self) -> Store {
        Store::open_shared("acme", StorePaths { data: self.folder("data"), cache: self.folder("cache") }).unwrap()
    }

    /// The desk as a process of this agent has it open.
    pub fn desk(&self) -> Desk {
        let config = postdesk::config::load(&self.home.config_path()).unwrap();
        let places = Places { data: self.folder("data"), cache: self.folder("cache"), state: self.folder("state") };
        Desk::open(DeskSetup { desk: config.desks[0].clone(), agent: config.agent.clone(), places, offline: false }).unwrap()
    }

    /// The hash of what this client has folded.
    pub fn hash(&self) -> String {
        fold::hash(&self.store().decided_state().unwrap())
    }
}

/// Puts mails into the team's mailbox.
pub fn fill(mailbox: &mut RawImap, mails: impl IntoIterator<Item = String>) {
    for mail in mails {
        mailbox.append("INBOX", "", &mail);
    }
}

/// A mailbox with these mails, and people who have all synced.
pub fn a_team<const N: usize>(bed: &Testbed, names: [&'static str; N], mails: impl IntoIterator<Item = String>) -> [Agent; N] {
    fill(&mut bed.imap(DESK), mails);
    let agents = names.map(|name| Agent::on(bed, name));
    remember(bed, &agents);
    sync_all(&agents);
    agents
}

/// Has [`assert_promises`] compare the mailbox with what it is now.
pub fn remember(bed: &Testbed, agents: &[Agent]) {
    let found = Found::in_the_mailbox(bed);
    for agent in agents {
        agent.memory().found = Some(found.clone());
    }
}

pub fn sync_all(agents: &[Agent]) {
    for agent in agents {
        agent.sync();
    }
}

/// All see the same, and have folded the same.
#[track_caller]
pub fn assert_agree(agents: &[Agent]) {
    let (first, list, hash) = (&agents[0], agents[0].list(), agents[0].hash());
    assert!(!list.is_empty(), "there are no tickets");
    for agent in &agents[1..] {
        assert_eq!(agent.list(), list, "{} and {} see different tickets", agent.name, first.name);
        assert_eq!(agent.hash(), hash, "{} and {} have folded differently", agent.name, first.name);
    }
}

/// Numbers of all tickets, each once; none is without.
#[track_caller]
pub fn assert_numbered(agent: &Agent, count: u64) {
    let rows: Vec<Value> = agent.list().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut numbers: Vec<u64> = rows.iter().map(|row| row["number"].as_u64().unwrap_or_else(|| panic!("without a number: {row:#}"))).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{}", agent.name);
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], below(&path)].concat() } else { vec![path] }).collect()
}

/// A customer's mail, with what a terminal would obey in its subject.
pub fn hostile_mail(number: usize) -> String {
    hostile(&mail(number))
}

/// The mail with what a terminal would obey in its subject.
pub fn hostile(mail: &str) -> String {
    mail.replace("Subject: Question", "Subject: =?utf-8?q?=1b]0;owned=07=1b[2J=9b31m?= Question")
}

/// A customer's mail; the first one holds what a terminal would obey.
pub fn mail_or_hostile(number: usize) -> String {
    if number == 1 { hostile_mail(number) } else { mail(number) }
}

/// A mail of the customer who can be answered.
pub fn question(number: usize) -> String {
    mail(number).replace(&format!("Customer {number} <c{number}@customer.test>"), &format!("Carla <{CUSTOMER}>"))
}

/// A customer's mail.
pub fn mail(number: usize) -> String {
    format!(
        "From: Customer {number} <c{number}@customer.test>\r\nTo: {DESK}\r\nSubject: Question {number}\r\nMessage-ID: <q{number}@customer.test>\r\n\
         Date: Mon, 23 Nov 2026 10:{:02}:{:02} +0000\r\n\r\nHow does it work?\r\n",
        number / 60 % 60,
        number % 60
    )
}
