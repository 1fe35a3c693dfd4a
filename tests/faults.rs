//! Bad input and failure, seen from outside: a clear message, the right exit code, and nothing lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use home::Home;
use serde_json::Value;
use support::script::{Expect, Server, Silence, Step, login, script, send};
use support::wait_until;

/// A desk on a Maildir whose outgoing mail goes into folders.
fn desk() -> Home {
    let home = Home::new();
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("mail").join(part)).unwrap();
    }
    home.config(CONFIG);
    home
}

const CONFIG: &str = r#"agent = { name = "ana", display = "Ana Ruiz" }
[desk.acme]
source = "maildir"
path = "../../mail"
address = "support@desk.example"
smtp = { folders = "../../out" }
[project.app]
desk = "acme"
addresses = ["support@desk.example"]
from = "Acme <support@desk.example>"
templates = ["./templates"]
"#;

fn deliver(home: &Home, name: &str, mail: impl AsRef<[u8]>) {
    home.file(&format!("mail/new/{name}"), mail);
}

fn mail(id: &str, subject: &str) -> String {
    format!(
        "From: Carla <carla@customer.example>\nTo: support@desk.example\nSubject: {subject}\nMessage-ID: <{id}>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\nText of {id}.\n"
    )
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(home: &Home, args: &[&str]) -> Ran {
    let output = home.postdesk(args.iter().copied()).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn ok(home: &Home, args: &[&str]) -> String {
    let ran = run(home, args);
    assert_eq!(ran.code, 0, "postdesk {}\n{}{}", args.join(" "), ran.out, ran.err);
    ran.out
}

/// Fails with this code, and says all these words.
#[track_caller]
fn fails(home: &Home, args: &[&str], code: i32, words: &[&str]) -> String {
    let ran = run(home, args);
    assert_eq!(ran.code, code, "postdesk {}\n{}{}", args.join(" "), ran.out, ran.err);
    for word in words {
        assert!(ran.err.contains(word), "`{word}` is missing in:\n{}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran.err
}

fn json(home: &Home, args: &[&str]) -> Vec<Value> {
    ok(home, args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().flat_map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { vec![entry.path()] }).collect()
}

fn find(home: &Home, name: &str) -> PathBuf {
    files_below(home.path()).into_iter().find(|path| path.file_name().is_some_and(|found| found == name)).unwrap()
}

#[test]
fn strange_mails_become_tickets_and_none_reaches_the_terminal_raw() {
    let home = desk();
    deliver(&home, "1.a.x", b"\x00\xff\xfe this is no mail at all \x1b[31m");
    deliver(&home, "2.a.x", "Subject: nobody sent this\n\ntext\n");
    deliver(&home, "3.a.x", "From: a@customer.example\nSubject: year 9999\nDate: Fri, 31 Dec 9999 23:59:59 +0000\nMessage-ID: <y@c>\n\ntext\n");
    deliver(
        &home,
        "4.a.x",
        "From: \x1b]0;owned\x07 <b@customer.example>\nSubject: \x1b[2J\u{9b}31m\u{202e}evil\nMessage-ID: <e@c>\n\n\x1b]52;c;AAAA\x07 body\n",
    );
    deliver(&home, "5.a.x", "");
    deliver(
        &home,
        "6.a.x",
        "From: c@customer.example\nSubject: file\nMessage-ID: <f@c>\nMIME-Version: 1.0\nContent-Type: application/octet-stream; name=\"../../etc/passwd\"\nContent-Disposition: attachment; filename=\"../../etc/passwd\"\n\nx\n",
    );

    ok(&home, &["sync"]);

    let rows = json(&home, &["list", "--json"]);
    assert_eq!(rows.iter().map(|row| row["messages"].as_u64().unwrap()).sum::<u64>(), 6, "{rows:#?}");
    for row in &rows {
        let number = row["number"].to_string();
        for args in [vec!["show", &number], vec!["show", &number, "--headers"], vec!["list"]] {
            let shown = ok(&home, &args);
            assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{args:?}: {shown:?}");
            assert!(!shown.contains('\u{202e}'), "{shown:?}");
        }
        for message in json(&home, &["show", &number, "--json"])[0]["messages"].as_array().unwrap() {
            assert!(message["message_id"].as_str().is_some_and(|id| !id.is_empty()));
            for attachment in message["attachments"].as_array().unwrap() {
                assert_eq!(attachment["name"].as_str(), Some("passwd"));
            }
        }
    }
}

#[test]
fn a_mail_without_an_id_gets_the_same_one_on_every_machine() {
    let ids: Vec<String> = (0..2)
        .map(|_| {
            let home = desk();
            deliver(&home, "1.a.x", "From: a@customer.example\nSubject: no id\n\ntext\n");
            ok(&home, &["sync"]);
            json(&home, &["show", "1", "--json"])[0]["messages"][0]["message_id"].as_str().unwrap().to_owned()
        })
        .collect();

    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].ends_with("@postdesk.invalid"), "{}", ids[0]);
}

#[test]
fn an_empty_mailbox_is_no_error() {
    let home = desk();

    assert!(ok(&home, &["sync"]).contains("nothing new"));
    assert_eq!(json(&home, &["list", "--json"]), Vec::<Value>::new());
    ok(&home, &["list"]);
}

#[test]
fn a_mailbox_that_is_not_there_is_named() {
    let home = desk();
    fs::remove_dir_all(home.path().join("mail")).unwrap();

    fails(&home, &["sync"], 4, &["mail"]);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named_with_a_remedy() {
    let home = desk();
    let blocker = home.file("blocker", "a file, no folder");

    fails(&home, &["--data-dir", blocker.to_str().unwrap(), "list"], 1, &["blocker", "--data-dir"]);
}

#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let home = desk();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=600k", "none"]).arg(&disk).stderr(Stdio::null()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("\n*** SKIPPED: a small file system cannot be mounted here, a full disk was not tried ***\n");
        return;
    }
    let mounted = Mounted(disk.clone());
    for number in 0..400 {
        deliver(&home, &format!("{number}.a.x"), format!("{}{}\n", mail(&format!("m{number}@c"), "Large"), noise(number)));
    }
    let place = disk.to_str().unwrap();

    let ran = run(&home, &["--data-dir", place, "sync"]);

    assert!((1..=4).contains(&ran.code), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("full") || ran.err.contains("space"), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    // To the last octet, so that there is no room for what SQLite maps into memory either.
    let rest = fs::write(disk.join("rest"), vec![0; 1 << 20]);
    assert!(rest.is_err(), "the disk takes more than it holds");
    for change in [["tag", "1", "+billing"], ["assign", "1", "ana"]] {
        let ran = run(&home, &["--data-dir", place, change[0], change[1], change[2]]);
        assert!(ran.code == 1 && ran.err.contains("the disk is full") && ran.err.contains("Free some space"), "{} {}", ran.code, ran.err);
    }
    drop(mounted);
    ok(&home, &["sync"]);
    assert_eq!(json(&home, &["list", "--limit", "1000", "--json"]).len(), 400);
}

/// Text that does not compress well.
fn noise(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    (0..3_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
        })
        .collect()
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_damaged_cache_is_rebuilt_and_damaged_data_is_left_alone() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    ok(&home, &["sync"]);
    ok(&home, &["assign", "1", "ana"]);
    let cache = find(&home, "cache.db");
    fs::write(&cache, vec![0x55; 30_000]).unwrap();
    let _ = fs::remove_file(cache.with_extension("db-wal"));

    ok(&home, &["sync"]);
    let row = json(&home, &["list", "--json"]).remove(0);
    assert_eq!((row["number"].as_u64(), row["assignee"].as_str(), row["messages"].as_u64()), (Some(1), Some("ana"), Some(1)));

    let data = find(&home, "data.db");
    let damaged = vec![0x55; 30_000];
    fs::write(&data, &damaged).unwrap();
    let _ = fs::remove_file(data.with_extension("db-wal"));
    fails(&home, &["list"], 1, &["data.db", "damaged"]);
    assert_eq!(fs::read(&data).unwrap(), damaged);
}

#[test]
fn files_of_a_newer_version_are_left_alone() {
    let home = desk();
    ok(&home, &["sync"]);
    let data = find(&home, "data.db");
    let _ = fs::remove_file(data.with_extension("db-wal"));
    let mut bytes = fs::read(&data).unwrap();
    // The user version lies at octet 60 of the header (SQLite file format §1.3).
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&data, &bytes).unwrap();

    fails(&home, &["list"], 1, &["newer postdesk", "99"]);

    assert_eq!(fs::read(&data).unwrap(), bytes);
}

#[test]
fn a_template_with_a_fault_sends_nothing_and_names_file_line_and_nearest_field() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    home.file("config/postdesk/templates/broken.md", "Hello,\n\n{{ requester.nam }}\n");
    ok(&home, &["sync"]);

    fails(&home, &["reply", "1", "--template", "broken", "--send"], 1, &["broken.md", "3", "requester.name"]);
    fails(&home, &["reply", "1", "--template", "brokne", "--send"], 3, &["broken"]);
    fails(&home, &["templates", "check"], 1, &[]);

    assert_eq!(files_below(&home.path().join("out")), Vec::<PathBuf>::new());
    assert_eq!(json(&home, &["outbox", "list", "--json"]), Vec::<Value>::new());
}

#[test]
fn a_quote_stands_apart_from_the_text_above_it() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    home.file("config/postdesk/templates/short.md", "Hello,\n\nAna\n");
    ok(&home, &["sync"]);

    let shown = ok(&home, &["reply", "1", "--template", "short", "--dry-run"]);

    assert!(!shown.contains("AnaOn "), "{shown}");
}

#[test]
fn a_mail_nobody_signed_has_no_requester_and_a_misspelt_key_is_named() {
    let home = desk();
    home.config(&CONFIG.replace("addresses =", "adresses ="));
    deliver(&home, "1.a.x", "To: support@desk.example\nSubject: who?\n\nhi\n");
    ok(&home, &["sync"]);

    assert_eq!(json(&home, &["list", "--json"])[0]["requester"], Value::Null);

    let ran = run(&home, &["list"]);
    assert!(ran.code == 0 && ran.err.contains("config.toml:9") && ran.err.contains("`addresses`"), "{}", ran.err);
}

#[test]
fn the_links_of_an_html_mail_are_listed_and_nothing_is_loaded() {
    let home = desk();
    deliver(
        &home,
        "1.a.x",
        "From: a@customer.example\nSubject: html\nMessage-ID: <h@c>\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>See <a href=\"https://x.example/log\">the log</a><img src=\"http://127.0.0.1:9/p.gif\"></p>\n",
    );
    ok(&home, &["sync"]);

    let shown = ok(&home, &["show", "1"]);

    assert!(shown.contains("[1] https://x.example/log") && shown.contains("Not loaded from elsewhere: http://127.0.0.1:9/p.gif"), "{shown}");
}

#[test]
fn a_promised_attachment_stops_the_mail_until_it_is_allowed() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    ok(&home, &["sync"]);
    let body = home.file("body.txt", "See the attached file.\n");
    let args = ["reply", "1", "--body", body.to_str().unwrap(), "--send"];

    fails(&home, &args, 1, &["attach"]);
    assert_eq!(files_below(&home.path().join("out")), Vec::<PathBuf>::new());

    ok(&home, &[&args[..], &["--allow", "missing-attachment"]].concat());
    assert_eq!(files_below(&home.path().join("out")).len(), 1);
}

#[test]
fn a_password_file_that_others_may_read_is_refused() {
    let home = Home::new();
    let password = home.file("config/postdesk/password", "hunter2\n");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
    home.config("[desk.a]\nsource = \"imap\"\nimap = { host = \"localhost\", port = 9, user = \"x@y.example\", password_file = \"password\" }\n");

    let error = fails(&home, &["sync"], 1, &["password", "chmod 600"]);

    assert!(!error.contains("hunter2"));
}

/// A desk on a scripted IMAP server, in the clear on loopback.
fn scripted(server: &Server, tls: &str) -> Home {
    let endpoint = server.endpoint();
    let home = Home::new();
    home.config(&format!(
        "[desk.a]\nsource = \"imap\"\naddress = \"x@y.example\"\nimap = {{ host = \"127.0.0.1\", port = {}, tls = \"{tls}\", user = \"ana\", password_command = \"echo hunter2\" }}\n",
        endpoint.port
    ));
    home
}

#[test]
fn servers_that_misbehave_end_in_exit_code_4_and_a_remedy() {
    let greeting = || send("* OK ready\r\n");
    let offers = || vec![Expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1 STARTTLS\r\n{T} OK done\r\n"), Expect("STARTTLS")];
    let cases: Vec<(&str, Vec<Step>, &str, &[&str])> = vec![
        (
            "no STARTTLS",
            vec![greeting(), Expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1\r\n{T} OK done\r\n"), Silence],
            "starttls",
            &["STARTTLS"],
        ),
        (
            "octets behind the OK",
            script([vec![greeting()], offers(), vec![send("{T} OK go\r\n* OK injected\r\n"), Silence]]),
            "starttls",
            &["STARTTLS"],
        ),
        ("PREAUTH", vec![send("* PREAUTH come in\r\n"), Silence], "starttls", &["PREAUTH"]),
        ("garbage", vec![send("HTTP/1.1 400 Bad Request\r\n\r\n"), Silence], "none", &["IMAP"]),
        ("closed at once", vec![], "none", &["127.0.0.1"]),
        ("closed behind the login", script([login("")]), "none", &["127.0.0.1"]),
    ];
    for (what, steps, tls, words) in cases {
        let server = Server::start(steps);
        let home = scripted(&server, tls);

        let ran = run(&home, &["sync"]);

        assert_eq!(ran.code, 4, "{what}: {}", ran.err);
        assert!(words.iter().all(|word| ran.err.contains(word)), "{what}: {}", ran.err);
        assert!(ran.err.lines().count() >= 2, "{what} has no remedy: {}", ran.err);
        assert!(!ran.err.contains("hunter2") && !ran.err.contains("panicked"), "{what}: {}", ran.err);
    }
}

#[test]
fn no_secret_is_in_any_file_or_output_even_when_everything_is_logged() {
    let server = Server::start(vec![send("* OK ready\r\n"), Silence]);
    let mut home = scripted(&server, "none");
    home.set("POSTDESK_LOG", "trace");
    let dropped = Server::start(script([login("")]));
    home.config(&fs::read_to_string(scripted(&dropped, "none").config_path()).unwrap());

    let ran = run(&home, &["sync"]);

    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"));
    for file in files_below(home.path()) {
        let holds = String::from_utf8_lossy(&fs::read(&file).unwrap()).contains("hunter2");
        assert!(!holds || file == home.config_path(), "{} holds the password", file.display());
    }
}

#[test]
fn everything_written_is_private_whatever_the_umask() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    let line = format!("umask 000; exec {} sync", env!("CARGO_BIN_EXE_postdesk"));

    assert!(home.command("sh").args(["-c", &line]).output().unwrap().status.success());

    let data = find(&home, "data.db");
    let cache = find(&home, "cache.db");
    for folder in [data.parent().unwrap(), cache.parent().unwrap()] {
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
        for file in files_below(folder) {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }
}

/// Runs a command, kills it after `delay`, and says whether it had ended well by then.
fn kill_after(home: &Home, args: &[&str], delay: Duration) -> bool {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_postdesk"))
        .args(args)
        .env_clear()
        .envs(home.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + delay;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    let _ = child.kill();
    child.wait().unwrap().success()
}

/// Checks both databases as a killed process left them.
#[track_caller]
fn assert_sound(home: &Home, when: &str) {
    for name in ["data.db", "cache.db"] {
        let found = files_below(home.path()).into_iter().find(|file| file.file_name().is_some_and(|file| file == name));
        // The process may have been killed before there was one.
        let Some(path) = found else { continue };
        let database = rusqlite::Connection::open(&path).unwrap();
        let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap_or_else(|error| error.to_string());
        assert_eq!(verdict, "ok", "{name} {when}");
    }
}

fn clean_duration(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

#[test]
fn a_sync_killed_at_any_moment_is_finished_by_the_next() {
    let fill = || {
        let home = desk();
        for number in 0..150 {
            deliver(&home, &format!("{number:04}.a.x"), mail(&format!("m{number}@c"), &format!("Mail {number}")));
        }
        home
    };
    let clean = fill();
    let whole = clean_duration(|| drop(ok(&clean, &["sync"])));
    for step in 0..20_u32 {
        let home = fill();

        kill_after(&home, &["sync"], whole * step / 18);

        assert_sound(&home, &format!("killed after {:?} of {whole:?}", whole * step / 18));
        ok(&home, &["sync"]);
        let rows = json(&home, &["list", "--limit", "1000", "--json"]);
        let numbers: BTreeSet<u64> = rows.iter().filter_map(|row| row["number"].as_u64()).collect();
        assert_eq!((rows.len(), numbers), (150, (1..=150).collect()), "killed after {:?} of {whole:?}", whole * step / 18);
        assert!(ok(&home, &["sync"]).contains("nothing new"));
    }
}

#[test]
fn an_act_killed_at_any_moment_happened_or_did_not() {
    let home = desk();
    deliver(&home, "1.a.x", mail("a@c", "A"));
    ok(&home, &["sync"]);
    let whole = clean_duration(|| drop(ok(&home, &["tag", "1", "+first"])));
    let mut done = vec!["first".to_owned()];
    for step in 0..30_u32 {
        let tag = format!("t{step}");
        if kill_after(&home, &["tag", "1", &format!("+{tag}")], whole * step / 26) {
            done.push(tag);
        }
    }

    let row = json(&home, &["list", "--json"]).remove(0);

    let tags: Vec<&str> = row["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(done.iter().all(|tag| tags.contains(&tag.as_str())), "{done:?} {tags:?}");
    assert_eq!(row["number"].as_u64(), Some(1));
}

#[test]
fn a_send_killed_at_any_moment_delivers_once_or_says_that_it_does_not_know() {
    let fill = || {
        let home = desk();
        deliver(&home, "1.a.x", mail("a@c", "A"));
        home.file("body.txt", "Done.\n");
        ok(&home, &["sync"]);
        home
    };
    let args = |home: &Home| home.path().join("body.txt").to_str().unwrap().to_owned();
    let clean = fill();
    let body = args(&clean);
    let whole = clean_duration(|| drop(ok(&clean, &["reply", "1", "--body", &body, "--send"])));
    for step in 0..24_u32 {
        let home = fill();
        let body = args(&home);

        let was_told = kill_after(&home, &["reply", "1", "--body", &body, "--send"], whole * step / 20);

        ok(&home, &["sync"]);
        ok(&home, &["sync"]);
        let delivered =
            files_below(&home.path().join("out")).iter().filter(|file| file.parent().is_some_and(|folder| folder.ends_with("new"))).count();
        let outbox = json(&home, &["outbox", "list", "--json"]);
        let copies = files_below(&home.path().join("mail")).iter().filter(|file| file.to_string_lossy().contains("/.Sent/cur/")).count();
        let drafts = ok(&home, &["drafts", "list"]);
        assert!(delivered <= 1 && copies <= 1, "{delivered} delivered, {copies} copies: {outbox:?}");
        let kept = !outbox.is_empty() || drafts.contains("Re: A") || step < 20;
        assert!(kept, "the text is gone: {outbox:?} {drafts}");
        match outbox.first().and_then(|line| line["state"].as_str()) {
            Some("sent") => assert_eq!(delivered, 1),
            Some("uncertain") => assert!(!was_told),
            None => assert_eq!(delivered, 0),
            Some(other) => panic!("after two syncs a mail is {other}: {outbox:?}"),
        }
    }
}

#[test]
fn a_watcher_that_is_killed_leaves_the_role_to_the_next() {
    let home = desk();
    ok(&home, &["sync"]);
    let mut watcher = std::process::Command::new(env!("CARGO_BIN_EXE_postdesk"))
        .args(["sync", "--watch"])
        .env_clear()
        .envs(home.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the watcher listens", Duration::from_secs(20), || files_below(home.path()).iter().any(|file| file.ends_with("wake.sock")));

    watcher.kill().unwrap();
    watcher.wait().unwrap();
    deliver(&home, "1.a.x", mail("a@c", "A"));

    ok(&home, &["sync"]);
    assert_eq!(json(&home, &["list", "--json"]).len(), 1);
}
