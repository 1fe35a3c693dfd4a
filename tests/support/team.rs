//! Several people on one mailbox, each with a home and processes of their own.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use postdesk::desk::{Desk, DeskSetup, Places};
use postdesk::domain::fold;
use postdesk::store::{Store, StorePaths};
use serde_json::Value;

use super::home::Home;
use super::support::testbed::Testbed;

pub const DESK: &str = "support@example.test";

/// One agent at one computer.
pub struct Agent {
    pub name: &'static str,
    pub home: Home,
}

impl Agent {
    /// Somebody who works on the test-bed's mailbox.
    pub fn on(bed: &Testbed, name: &'static str) -> Self {
        Self::on_with(bed, name, "")
    }

    /// The same, with more settings of the server, each behind a comma.
    pub fn on_with(bed: &Testbed, name: &'static str, more: &str) -> Self {
        let (ports, ca) = (bed.ports(), bed.ca_file());
        let source = format!(
            "source = \"imap\"\nimap = {{ host = \"localhost\", port = {}, user = \"{DESK}\", password_file = \"password\", ca_file = \"{}\"{more} }}\n\
             smtp = {{ host = \"localhost\", port = {}, tls = \"starttls\" }}",
            ports.imaps,
            ca.display(),
            ports.smtp
        );
        Self::with(name, &source)
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
        let password = home.file("config/postdesk/password", "secret\n");
        std::fs::set_permissions(password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        home.config(&format!(
            "agent = {{ name = \"{name}\", display = \"{name} of the team\", address = \"{name}@example.test\" }}\n[desk.acme]\n{source}\n\
             [project.app]\ndesk = \"acme\"\naddresses = [\"support@example.test\"]\nfrom = \"App <{DESK}>\"\n"
        ));
        Self { name, home }
    }

    /// Runs the program; it has to succeed.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.home.postdesk(args.iter().copied()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: postdesk {}\n{out}{err}", self.name, args.join(" "));
        out.into_owned()
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

    /// Everything `list` says, by number: what changed in the same second has no order of its own.
    #[track_caller]
    pub fn list(&self) -> String {
        let all = self.run(&["list", "status:open OR status:pending OR status:hold OR status:solved OR status:spam", "--limit", "100000", "--json"]);
        let mut lines: Vec<(u64, &str)> =
            all.lines().map(|line| (serde_json::from_str::<Value>(line).unwrap()["number"].as_u64().unwrap_or(u64::MAX), line)).collect();
        lines.sort_unstable();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
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

/// A customer's mail.
pub fn mail(number: usize) -> String {
    format!(
        "From: Customer {number} <c{number}@customer.test>\r\nTo: {DESK}\r\nSubject: Question {number}\r\nMessage-ID: <q{number}@customer.test>\r\n\
         Date: Mon, 23 Nov 2026 10:{:02}:{:02} +0000\r\n\r\nHow does it work?\r\n",
        number / 60 % 60,
        number % 60
    )
}
