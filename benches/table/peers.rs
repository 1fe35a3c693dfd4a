//! Beside notmuch: reading, threading and indexing the same Maildir, and searching it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::home::Home;
use crate::report::{Bar, Report, Times};
use crate::sizes::Sizes;
use crate::sync::command;
use crate::{has_program, server, timed};

/// What is searched for: rare and common words, two words, a phrase, a prefix.
const QUERIES: [&str; 6] = ["lighthouse", "invoice", "the", "station firmware", "\"silver strip\"", "inv*"];

pub fn measure(sizes: &Sizes, report: &mut Report) {
    report.heading(&format!("Index and search: {} messages of a Maildir; notmuch as a process, in turn", sizes.index_messages));
    if !has_program("notmuch") {
        report.skipped("index and search : notmuch", "not installed, skipped");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mail = server::generated(scratch.path(), sizes.index_messages);
    let home = Home::new();
    home.config(&format!("agent = {{ name = \"ana\" }}\n[desk.bench]\nsource = \"maildir\"\naddress = \"support@northlight.example\"\nsmtp = {{ host = \"localhost\" }}\npath = \"{}\"\n", mail.display()));
    configure_notmuch(scratch.path(), &mail);
    let ours = timed(|| assert!(command(&home, &["sync"]).status().unwrap().success()));
    let theirs = timed(|| notmuch(scratch.path(), &["new", "--quiet"]));
    report.beside("index : notmuch new", ours.as_secs_f64(), theirs.as_secs_f64(), "s", Bar::Ratio(0.1));
    for query in QUERIES {
        search(sizes, &home, scratch.path(), query, report);
    }
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..sizes.runs * 2 {
        ours.add(timed(|| assert!(command(&home, &["list", "--limit", "100"]).status().unwrap().success())));
        theirs.add(timed(|| notmuch(scratch.path(), &["search", "--limit=100", "*"])));
    }
    report.beside("newest 100 : notmuch search *", ours.median(), theirs.median(), "ms", Bar::Ratio(0.5));
}

fn search(sizes: &Sizes, home: &Home, scratch: &Path, query: &str, report: &mut Report) {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..sizes.runs * 2 {
        ours.add(timed(|| assert!(command(home, &["list", query, "--limit", "50"]).status().unwrap().success())));
        theirs.add(timed(|| notmuch(scratch, &["search", "--limit=50", query])));
    }
    report.beside(&format!("{query}, newest 50 : notmuch search"), ours.median(), theirs.median(), "ms", Bar::Ratio(1.0));
}

fn configure_notmuch(scratch: &Path, mail: &Path) {
    let text = format!("[database]\npath={}\n[user]\nname=Ana\nprimary_email=ana@example.test\n[new]\ntags=inbox\n", mail.display());
    std::fs::write(scratch.join("notmuch-config"), text).unwrap();
}

fn notmuch(scratch: &Path, args: &[&str]) {
    let mut command = Command::new("notmuch");
    command.arg(format!("--config={}", scratch.join("notmuch-config").display())).args(args);
    let status = command.env("HOME", scratch).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "notmuch {args:?} failed");
}
