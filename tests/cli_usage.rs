//! The real binary: usage errors, help, and what works without a configuration.

// A test that cannot be set up has failed.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

/// The program in a home of its own: nothing of the real one is seen.
fn postdesk(home: &Path) -> Command {
    let mut command = Command::cargo_bin("postdesk").unwrap();
    command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("TZ", "UTC").current_dir(home);
    for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache"), ("STATE", "state")] {
        command.env(format!("XDG_{name}_HOME"), home.join(folder));
    }
    command
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs a command line that cannot be understood; both streams are checked.
fn refused(line: &str) -> String {
    let home = home();
    let output = postdesk(home.path()).args(line.split_whitespace()).assert().code(2).stdout("").get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_usage_error_is_exit_code_2_and_names_the_nearest_word() {
    for (line, what, remedy) in [
        ("lsit", "postdesk: `lsit` is no command\n", "did you mean `list`?"),
        ("list --limt 5", "`--limt` is no option of `postdesk list`", "did you mean `--limit`?"),
        ("status 5 slved", "`slved` is not possible for <STATUS>", "did you mean `solved`?"),
        ("outbox", "`postdesk outbox` needs a command", "list, show, retry, cancel, edit"),
        ("outbox retyr 1", "`retyr` is no command of `postdesk outbox`", "did you mean `retry`?"),
        ("reply", "<TICKET> is missing", "postdesk reply"),
        ("reply 5 --allow emptybody", "`emptybody` is not possible", "did you mean `empty-body`?"),
        ("completions nushell", "`nushell` is not possible", "one of: bash, zsh, fish, elvish, powershell"),
        ("tag 5", "", "postdesk tag"),
        ("show 5 6", "`6` is one word too many", "postdesk show --help"),
        ("list --limit", "--limit <N> needs a value", "see --help"),
        ("demo -- demo", "a demo inside a demo", "behind `--`"),
        ("demo -- list --desk x", "global options do not stand behind `--`", "postdesk demo"),
    ] {
        let text = refused(line);
        assert!(text.starts_with("postdesk: ") && text.contains(what) && text.contains(remedy), "{line}\n{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  ")), "{line}\n{text}");
    }
}

#[test]
fn without_a_configuration_every_command_says_where_it_was_looked_for() {
    let home = home();
    for line in ["", "list", "sync", "show 5", "outbox list", "templates check"] {
        postdesk(home.path())
            .args(line.split_whitespace())
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains("config/postdesk/config.toml does not exist").and(contains("[project.app]")).and(contains("postdesk demo")));
    }
}

#[test]
fn several_desks_have_to_be_told_apart() {
    let home = home();
    let config = home.path().join("two.toml");
    let text = "agent = { name = \"ana\", address = \"ana@example.com\" }\n\
        [desk.acme]\nsource = \"maildir\"\npath = \"/nowhere\"\n[desk.blue]\nsource = \"maildir\"\npath = \"/nowhere\"\n\
        [project.app]\ndesk = \"acme\"\naddresses = [\"a@example.com\"]\n[project.web]\ndesk = \"blue\"\naddresses = [\"b@example.com\"]\n";
    std::fs::write(&config, text).unwrap();
    let run = |extra: &[&str]| postdesk(home.path()).arg("--config").arg(&config).args(extra).arg("list").assert().code(2);

    run(&[]).stderr(contains("name it with --desk: acme, blue"));
    run(&["--desk", "bleu"]).stderr(contains("there is no desk `bleu`").and(contains("did you mean `blue`?")));
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let home = home();
    let config = home.path().join("config.toml");
    std::fs::write(&config, "agent = { name = \"ana\" }\n[desk.acme.imap]\nhost = 7\n").unwrap();

    postdesk(home.path()).arg("--config").arg(&config).arg("list").assert().code(2).stderr(contains("config.toml:3"));
}

#[test]
fn help_goes_to_standard_output_and_has_examples() {
    let home = home();
    for line in ["--help", "-h", "reply --help", "outbox --help", "outbox retry --help", "tag -h", "list -h"] {
        postdesk(home.path()).args(line.split_whitespace()).assert().code(0).stderr("").stdout(contains("Examples:").and(contains("Usage:")));
    }
    postdesk(home.path()).arg("--version").assert().code(0).stdout(contains(env!("CARGO_PKG_VERSION")));
    postdesk(home.path()).arg("--help").assert().stdout(contains("\n  man ").not());
}

#[test]
fn completions_and_the_manual_page_need_no_configuration() {
    let home = home();
    postdesk(home.path()).args(["completions", "bash"]).assert().code(0).stdout(contains("_postdesk()"));
    postdesk(home.path()).arg("man").assert().code(0).stdout(contains(".TH POSTDESK 1"));
}

#[test]
fn parse_reads_anything_without_a_configuration() {
    let home = home();
    std::fs::write(home.path().join("a.eml"), "From: a@b.example\nTo: support@c.example\nSubject: Hi\n\nHello\n").unwrap();
    std::fs::write(home.path().join("b.eml"), b"\xff\xfe\x00no mail").unwrap();

    let output = postdesk(home.path()).args(["parse", "a.eml", "b.eml", "-", "--json"]).write_stdin("").assert().code(0).get_output().stdout.clone();

    let lines: Vec<serde_json::Value> = String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["file"].as_str().unwrap()).collect::<Vec<_>>(), ["a.eml", "b.eml", "-"]);
    assert_eq!(lines[0]["routed_to"], "support@c.example");
}

#[test]
fn a_file_that_is_not_there_does_not_keep_the_others_from_being_parsed() {
    let home = home();
    std::fs::write(home.path().join("a.eml"), "Subject: Hi\n\nHello\n").unwrap();

    postdesk(home.path())
        .args(["parse", "missing.eml", "a.eml", "--json"])
        .assert()
        .code(3)
        .stdout(contains("\"subject\":\"Hi\""))
        .stderr(contains("cannot read missing.eml"));
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let home = home();
    for line in ["--help", "lsit", "reply --help"] {
        let output = postdesk(home.path()).args(line.split_whitespace()).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let home = home();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("postdesk"))
        .args(["completions", "zsh"])
        .env("HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    drop(child.stdout.take());
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    let status = child.wait().unwrap();

    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_log_level_is_refused_and_a_right_one_writes_a_private_file() {
    let home = home();
    postdesk(home.path()).arg("parse").arg("-").env("POSTDESK_LOG", "debug").write_stdin("").assert().code(0);

    let log = home.path().join("state/postdesk/postdesk.log");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&log).unwrap().permissions()) & 0o777, 0o600);
    postdesk(home.path())
        .arg("parse")
        .arg("-")
        .env("POSTDESK_LOG", "postdesk=loud")
        .write_stdin("")
        .assert()
        .code(2)
        .stderr(contains("POSTDESK_LOG=postdesk=loud"));
}

#[test]
fn without_asking_for_a_log_none_is_written() {
    let home = home();

    postdesk(home.path()).arg("parse").arg("-").write_stdin("").assert().code(0);

    assert!(!home.path().join("state").exists());
}

#[test]
fn the_screen_is_refused_where_there_is_no_terminal() {
    let home = home();
    let config = home.path().join("one.toml");
    let text = "agent = { name = \"ana\", address = \"ana@example.com\" }\n[desk.acme]\nsource = \"maildir\"\npath = \"/nowhere\"\n\
        [project.app]\ndesk = \"acme\"\naddresses = [\"a@example.com\"]\n";
    std::fs::write(&config, text).unwrap();

    postdesk(home.path()).arg("--config").arg(&config).assert().code(2).stderr(contains("the screen needs a terminal"));
}

#[test]
fn a_desk_that_fails_does_not_keep_the_others_from_being_synced() {
    let home = home();
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(home.path().join("mail").join(folder)).unwrap();
    }
    let desk = |name: &str, path: &str| format!("[desk.{name}]\nsource = \"maildir\"\npath = \"{}\"\n", home.path().join(path).display());
    let project = |name: &str, desk: &str| format!("[project.{name}]\ndesk = \"{desk}\"\naddresses = [\"{name}@example.com\"]\n");
    let text = format!("{}{}{}{}", desk("gone", "nowhere"), desk("fine", "mail"), project("p", "gone"), project("q", "fine"));
    std::fs::write(home.path().join("two.toml"), text).unwrap();

    let output = postdesk(home.path())
        .args(["--config", "two.toml", "sync", "--json"])
        .assert()
        .code(4)
        .stderr(contains("gone: "))
        .get_output()
        .stdout
        .clone();

    let reports: Vec<serde_json::Value> = String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((reports[0]["desk"].as_str(), reports[1]["desk"].as_str()), (Some("gone"), Some("fine")));
    assert_eq!((reports[0]["errors"].as_array().map(Vec::len), reports[1]["errors"].as_array().map(Vec::len)), (Some(1), Some(0)));
}

#[test]
fn a_data_dir_takes_everything_a_run_writes() {
    let home = home();
    std::fs::create_dir_all(home.path().join("mail/cur")).unwrap();
    let text = "[desk.a]\nsource = \"maildir\"\npath = \"mail\"\n[project.p]\ndesk = \"a\"\naddresses = [\"p@example.com\"]\n";
    std::fs::write(home.path().join("one.toml"), text).unwrap();

    postdesk(home.path()).args(["--config", "one.toml", "--data-dir", "here", "list"]).env("POSTDESK_LOG", "info").assert().code(0);

    for folder in ["here/data/a", "here/cache/a", "here/state/postdesk.log"] {
        assert!(home.path().join(folder).exists(), "{folder}");
    }
    assert!(["data", "cache", "state", ".local", ".cache"].iter().all(|folder| !home.path().join(folder).exists()));
}
