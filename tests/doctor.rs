//! `postdesk doctor`: what it finds on good servers and bad ones, and what it leaves behind there: nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use home::Home;
use serde_json::Value;
use support::quirky::{Quirks, Quirky};
use support::testbed::{Certificate, Setup, Testbed};
use support::wait_until;

const DESK: &str = "support@example.test";

/// A desk with the password in a file and these servers.
fn desk(imap: &str, smtp: &str) -> Home {
    let home = Home::new();
    home.private_file("config/postdesk/password", "secret\n");
    home.config(&format!(
        r#"
agent = {{ name = "ana", display = "Ana Ruiz", address = "ana@example.test" }}
[desk.acme]
imap = {{ {imap}, user = "{DESK}", password_file = "password" }}
{smtp}
[project.app]
desk = "acme"
addresses = ["{DESK}"]
from = "Acme App <{DESK}>"
"#
    ));
    home
}

fn on(bed: &Testbed) -> Home {
    let (ports, ca) = (bed.ports(), bed.ca_file());
    let imap = format!("host = \"localhost\", port = {}, ca_file = \"{}\"", ports.imaps, ca.display());
    desk(&imap, &format!("smtp = {{ host = \"localhost\", port = {}, tls = \"starttls\" }}", ports.smtp))
}

fn on_quirky(server: &Quirky) -> Home {
    let imap = format!("host = \"localhost\", port = {}, tls = \"none\"", server.port);
    desk(&imap, "smtp = { command = [\"true\"] }")
}

/// Everything a run of `doctor --json` said, and its exit code.
struct Report {
    checks: Vec<Value>,
    code: i32,
    text: String,
}

impl Report {
    fn of(home: &Home, args: &[&str]) -> Self {
        let output = home.postdesk(args.iter().copied().chain(["doctor", "--json"])).timeout(Duration::from_mins(2)).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let checks = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self { checks, code: output.status.code().unwrap_or(-1), text }
    }

    #[track_caller]
    fn check(&self, name: &str) -> &Value {
        self.checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("there is no check {name}:\n{}", self.text))
    }

    #[track_caller]
    fn outcome(&self, name: &str) -> &str {
        self.check(name)["outcome"].as_str().unwrap()
    }

    #[track_caller]
    fn seen(&self, name: &str) -> &str {
        self.check(name)["seen"].as_str().unwrap()
    }

    fn with_outcome(&self, outcome: &str) -> Vec<&str> {
        self.checks.iter().filter(|check| check["outcome"] == outcome).map(|check| check["check"].as_str().unwrap()).collect()
    }
}

fn folders(bed: &Testbed) -> String {
    String::from_utf8(bed.imap(DESK).command("LIST \"\" \"*\"")).unwrap()
}

#[test]
fn a_healthy_server_passes_every_check_and_keeps_nothing_of_it() {
    let Some(bed) = Testbed::start() else { return };
    let home = on(&bed);
    let begun = Instant::now();

    let report = Report::of(&home, &[]);

    assert_eq!((report.code, report.with_outcome("failed"), report.with_outcome("degraded")), (0, vec![], vec![]), "{}", report.text);
    assert_eq!(report.with_outcome("skipped"), ["terminal"], "{}", report.text);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    for name in [
        "program",
        "configuration",
        "data folder",
        "cache folder",
        "state folder",
        "temporary folder",
        "data.db",
        "cache.db",
        "imap password",
        "imap connection",
        "imap tls",
        "imap login",
        "imap capabilities",
        "inbox folder",
        "sent folder",
        "archive folder",
        "junk folder",
        "team folder",
        "log append",
        "log order",
        "log appenduid",
        "log dates",
        "clock",
        "log multiappend",
        "log keywords",
        "log search",
        "log idle",
        "log connections",
        "log uidvalidity",
        "team log",
        "scratch folder",
        "smtp connection",
        "smtp tls",
        "smtp login",
        "smtp offers",
    ] {
        assert_eq!(report.outcome(name), "ok", "{}", report.text);
    }
    assert!(report.seen("log idle").contains("median") && report.seen("log connections").starts_with("10 "), "{}", report.text);
    assert!(report.seen("smtp offers").contains("up to 52 MB"), "{}", report.text);
    let fields = ["check", "desk", "outcome", "remedy", "seen"];
    assert!(report.checks.iter().all(|check| check.as_object().unwrap().keys().map(String::as_str).eq(fields)), "{}", report.text);
    assert!(!report.text.contains("secret"), "{}", report.text);
    assert!(!folders(&bed).contains("doctor"), "{}", folders(&bed));
    assert_eq!((bed.mails(DESK, "INBOX").len(), bed.mails(DESK, "Sent").len()), (0, 0));
}

#[test]
fn the_text_is_read_line_by_line_with_the_name_first() {
    let Some(bed) = Testbed::start() else { return };
    let home = on(&bed);

    let output = home.postdesk(["--offline", "doctor"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();

    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("program            ok        postdesk "), "{text}");
    assert!(text.lines().any(|line| line.starts_with("imap               skipped   acme: this run is offline")), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains("secret"), "{text}");
}

#[test]
fn a_wrong_password_is_told_from_a_wrong_host_and_a_wrong_certificate() {
    let Some(bed) = Testbed::start_with(Setup { certificate: Certificate::WrongHost, ..Setup::default() }) else { return };
    let wrong_host = Report::of(&on(&bed), &[]);
    assert_eq!((wrong_host.code, wrong_host.with_outcome("failed")), (1, vec!["imap tls", "smtp tls"]), "{}", wrong_host.text);

    let Some(bed) = Testbed::start() else { return };
    let home = on(&bed);
    home.file("config/postdesk/password", "hunter2\n");
    let wrong_password = Report::of(&home, &[]);
    assert_eq!((wrong_password.code, wrong_password.with_outcome("failed")), (1, vec!["imap login", "smtp login"]), "{}", wrong_password.text);
    assert_eq!((wrong_password.outcome("imap tls"), wrong_password.outcome("team log")), ("ok", "skipped"));
    assert!(wrong_password.check("imap login")["remedy"].as_str().unwrap().contains("password"), "{}", wrong_password.text);
    assert!(!wrong_password.text.contains("hunter2"), "{}", wrong_password.text);
}

#[test]
fn a_password_nobody_gives_is_a_fault_of_its_own() {
    let Some(bed) = Testbed::start() else { return };
    let home = on(&bed);
    std::fs::remove_file(home.path().join("config/postdesk/password")).unwrap();

    let report = Report::of(&home, &[]);

    assert_eq!((report.code, report.with_outcome("failed")), (1, vec!["imap password", "smtp password"]), "{}", report.text);
}

#[test]
fn a_server_without_smtp_fails_there_and_is_tried_all_the_same() {
    let Some(bed) = Testbed::start() else { return };
    let imap = format!("host = \"localhost\", port = {}, ca_file = \"{}\"", bed.ports().imaps, bed.ca_file().display());

    let closed = Report::of(&desk(&imap, "smtp = { host = \"localhost\", port = 1 }"), &[]);
    let none = Report::of(&desk(&imap, ""), &[]);

    assert_eq!((closed.code, closed.with_outcome("failed")), (1, vec!["smtp connection"]), "{}", closed.text);
    assert_eq!((closed.outcome("team log"), closed.outcome("smtp login")), ("ok", "skipped"));
    assert_eq!((none.code, none.outcome("smtp"), none.outcome("configuration")), (0, "degraded", "degraded"), "{}", none.text);
}

#[test]
fn a_cache_folder_that_cannot_be_written_keeps_nothing_else_from_being_examined() {
    let Some(bed) = Testbed::start() else { return };
    let mut home = on(&bed);
    // Nobody may write there, root included.
    home.set("XDG_CACHE_HOME", "/proc/self");

    let report = Report::of(&home, &[]);

    assert_eq!((report.code, report.with_outcome("failed")), (1, vec!["cache folder"]), "{}", report.text);
    assert!(report.check("cache folder")["remedy"].as_str().unwrap().contains("writable"), "{}", report.text);
    assert_eq!((report.outcome("team log"), report.outcome("smtp login")), ("ok", "ok"));
}

#[test]
fn a_disk_without_room_is_found_although_an_empty_file_can_be_made_there() {
    let home = Home::new();
    let disk = home.path().join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    // A small disk of its own, which goes with the processes that see it.
    let script = "mount -t tmpfs -o size=128k none \"$1\" || exit 77
        head -c 1000000 /dev/zero > \"$1/filler\" 2>/dev/null
        exec \"$2\" --data-dir \"$1/data\" doctor --json";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(&disk).arg(env!("CARGO_BIN_EXE_postdesk"));
    home.config("[desk.acme]\nsource = \"maildir\"\npath = \"mail\"\naddress = \"s@example.test\"\nsmtp = { folders = \"out\" }\n[project.app]\ndesk = \"acme\"\naddresses = [\"s@example.test\"]\nfrom = \"s@example.test\"\n");
    let output = command.env_clear().envs(home.environment()).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").current_dir(home.path()).output();
    let Some(output) = output.ok().filter(|output| !output.stdout.is_empty()) else { return eprintln!("no disk can be made here: not tried") };

    let text = String::from_utf8(output.stdout).unwrap();
    let checks: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let data = checks.iter().find(|check| check["check"] == "data folder").unwrap_or_else(|| panic!("{text}"));
    assert_eq!((output.status.code(), data["outcome"].as_str()), (Some(1), Some("failed")), "{text}");
    assert!(data["seen"].as_str().unwrap().contains("no room") && data["remedy"].as_str().unwrap().contains("Make room"), "{data}");
}

#[test]
fn a_damaged_database_is_found() {
    let server = Quirky::start(Quirks::default());
    let home = on_quirky(&server);
    home.file("data/postdesk/desks/acme/data.db", "this is no database, but it is long enough to be taken for one, at least by its name".repeat(20));

    let report = Report::of(&home, &["--offline"]);

    assert_eq!((report.code, report.with_outcome("failed")), (1, vec!["data.db"]), "{}", report.text);
    assert!(report.check("data.db")["remedy"].as_str().unwrap().contains("backup"), "{}", report.text);
}

#[test]
fn a_server_with_the_bare_minimum_is_degraded_and_each_rule_says_what_that_means() {
    let server = Quirky::start(Quirks { reorders: true, trusts_dates: true, sessions: 6, ..Quirks::default() });

    let report = Report::of(&on_quirky(&server), &[]);

    assert_eq!((report.code, report.with_outcome("failed")), (0, vec![]), "{}", report.text);
    for (name, means) in [
        ("imap capabilities", "no UIDPLUS"),
        ("log order", "nothing is claimed by itself"),
        ("log appenduid", "looked for instead"),
        ("log dates", "clients' clocks"),
        ("log multiappend", "one by one"),
        ("log keywords", "\\Flagged alone"),
        ("log idle", "within 10 s"),
        ("log connections", "6 sessions at once"),
    ] {
        assert_eq!(report.outcome(name), "degraded", "{}", report.text);
        assert!(report.seen(name).contains(means), "{name}: {}", report.text);
    }
    assert_eq!((report.outcome("log append"), report.outcome("log search")), ("ok", "ok"), "{}", report.text);
    assert!(report.seen("team log").contains("order, appenduid, dates"), "{}", report.text);
    assert_eq!(server.folders(), ["INBOX"]);
}

#[test]
fn a_scratch_folder_that_cannot_be_removed_is_a_fault_and_the_next_run_tries_again() {
    let server = Quirky::start(Quirks { keeps_folders: true, ..Quirks::default() });
    let home = on_quirky(&server);

    let first = Report::of(&home, &[]);
    let left: Vec<String> = server.folders().into_iter().filter(|name| name.contains("doctor")).collect();
    assert_eq!((first.code, first.outcome("scratch folder"), left.len()), (1, "failed", 1), "{}", first.text);
    assert!(first.seen("scratch folder").contains(&left[0]), "{}", first.text);

    let second = Report::of(&home, &[]);
    assert!(second.seen("scratch folder").starts_with(&left[0]), "{}", second.text);
}

fn spawn(home: &Home) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
    command.arg("doctor").env_clear().envs(home.environment()).current_dir(home.path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn an_interrupted_run_cleans_up_and_a_killed_one_is_cleaned_up_by_the_next() {
    let Some(bed) = Testbed::start() else { return };
    let home = on(&bed);

    let mut interrupted = spawn(&home);
    wait_until("the scratch folder is there", Duration::from_secs(20), || folders(&bed).contains("Postdesk-doctor-"));
    let status = Command::new("kill").args(["-INT", &interrupted.id().to_string()]).status().unwrap();
    assert!(status.success());
    interrupted.wait().unwrap();
    assert!(!folders(&bed).contains("doctor"), "{}", folders(&bed));

    // Below the folder of the team, once that is there.
    bed.imap(DESK).command("CREATE Postdesk");
    let mut killed = spawn(&home);
    wait_until("the scratch folder is there", Duration::from_secs(20), || folders(&bed).contains("Postdesk/doctor-"));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(folders(&bed).contains("doctor"), "{}", folders(&bed));

    let report = Report::of(&home, &[]);
    assert_eq!(report.with_outcome("failed"), [] as [&str; 0], "{}", report.text);
    assert!(report.seen("scratch folder").contains("left by an earlier run"), "{}", report.text);
    assert!(!folders(&bed).contains("doctor") && folders(&bed).contains("Postdesk"), "{}", folders(&bed));
}

#[test]
fn a_desk_on_local_folders_is_tried_where_it_is() {
    let home = Home::new();
    let mail = home.path().join("mail");
    std::fs::create_dir_all(&mail).unwrap();
    home.config(&format!(
        "[desk.acme]\nsource = \"maildir\"\npath = {:?}\naddress = \"{DESK}\"\nsmtp = {{ folders = \"out\" }}\n[project.app]\ndesk = \"acme\"\naddresses = [\"{DESK}\"]\nfrom = \"{DESK}\"\n",
        mail.display().to_string()
    ));

    let report = Report::of(&home, &[]);

    assert_eq!((report.code, report.with_outcome("failed"), report.with_outcome("degraded")), (0, vec![], vec![]), "{}", report.text);
    for name in ["maildir", "maildir rename", "maildir lock", "log order", "log news", "scratch folder", "smtp"] {
        assert_eq!(report.outcome(name), "ok", "{}", report.text);
    }
    let left: Vec<_> =
        std::fs::read_dir(&mail).unwrap().map(|entry| entry.unwrap().file_name()).filter(|name| name.to_string_lossy().contains("doctor")).collect();
    assert_eq!(left, [] as [&str; 0]);

    std::fs::remove_dir_all(&mail).unwrap();
    let gone = Report::of(&home, &[]);
    assert_eq!((gone.code, gone.with_outcome("failed")), (1, vec!["maildir"]), "{}", gone.text);
}

#[test]
fn a_wrong_configuration_is_a_check_with_file_and_line() {
    let home = Home::new();
    let missing = Report::of(&home, &[]);
    assert_eq!((missing.code, missing.with_outcome("failed")), (1, vec!["configuration"]), "{}", missing.text);

    home.config("[desk.acme]\nimap = { hots = \"x\", user = \"u\", password_file = \"p\" }\n");
    let broken = Report::of(&home, &[]);
    assert_eq!(broken.code, 1, "{}", broken.text);
    assert!(broken.seen("configuration").contains("config.toml:2: "), "{}", broken.text);
}
