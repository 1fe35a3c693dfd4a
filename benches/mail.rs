//! How fast mail is read: at ingest, at first view, and on hostile input.
//!
//! `cargo bench --bench mail`. The typical mails are those of the generated demo, or the files of the folder
//! that `POSTDESK_BENCH_MAIL` names. Rates are per core: everything here runs on one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, missing_debug_implementations)]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use postdesk::demo::{self, DemoOptions};
use postdesk::domain::project::{self, Project};
use postdesk::domain::{Address, Timestamp};
use postdesk::mail;

const MESSAGES: u32 = 2_000;

fn main() {
    // `cargo test --all-targets` runs benches too, with this flag missing.
    if std::env::args().any(|arg| arg == "--bench") {
        let bytes: usize = MAILS.iter().map(Vec::len).sum();
        println!("{} mails, {} octets on average", MAILS.len(), bytes / MAILS.len().max(1));
        divan::main();
    }
}

static MAILS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    if let Some(folder) = std::env::var_os("POSTDESK_BENCH_MAIL") {
        return files_below(Path::new(&folder));
    }
    let scratch = tempfile::tempdir().unwrap();
    demo::generate(&DemoOptions { messages: MESSAGES, seed: 1, now: Timestamp::from_second(1_795_000_000).unwrap(), dir: scratch.path().to_owned() })
        .unwrap();
    files_below(&scratch.path().join("mail"))
});

fn files_below(folder: &Path) -> Vec<Vec<u8>> {
    let mut folders = vec![PathBuf::from(folder)];
    let mut mails = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                mails.extend(std::fs::read(entry).ok().filter(|bytes| !bytes.is_empty()));
            }
        }
    }
    mails
}

fn projects() -> Vec<Project> {
    let project = |id: &str| Project {
        id: id.to_owned(),
        addresses: vec![format!("support+{id}@example.com"), format!("*@{id}.example.com")],
        from: Address::new(id, format!("support+{id}@example.com")),
        ..Project::default()
    };
    ["app", "web", "shop", "cloud"].map(project).to_vec()
}

/// Parts, thread ids, routing and class of typical mails: at least 12,000 in a second.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn ingest(bencher: Bencher<'_, '_>) {
    let projects = projects();
    bencher.counter(ItemsCount::new(MAILS.len())).bench_local(|| {
        for bytes in MAILS.iter() {
            let ingested = mail::ingest(bytes, bytes.len() as u64);
            black_box(project::route(&ingested.message.recipients, &projects));
            black_box(ingested);
        }
    });
}

/// Text, new text, HTML laid out, links, signals and language of typical mails: at least 3,000 in a second.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn first_view(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(MAILS.len())).bench_local(|| {
        for bytes in MAILS.iter() {
            black_box(mail::view(bytes));
        }
    });
}

/// A megabyte of quoted lines: below 50 ms, whatever the lines are.
#[divan::bench(sample_count = 10, sample_size = 1, args = [">", "> a\n", "a\n", "On a\n", "From: a\n", "--\n", "On 1 Jan 2026 at 10:00, a@x.example wrote:\n", "> a\nb\n"])]
fn fold_a_megabyte(bencher: Bencher<'_, '_>, line: &str) {
    let text = line.repeat((1 << 20) / line.len());
    bencher.counter(BytesCount::new(text.len())).bench_local(|| black_box(mail::new_text(&text)));
}

/// Five megabytes of hostile HTML: below 300 ms, with a flaw that says it was only stripped.
#[divan::bench(sample_count = 5, sample_size = 1, args = ["<div>", "<b><i><a>", "<table><tr><td>", "<a b=\">", "<p>a&amp;", "<blockquote>x", "<!--", "<img src='http://x.example/p.gif'>", "a<br>"])]
fn hostile_html(bencher: Bencher<'_, '_>, piece: &str) {
    let mut bytes = b"Content-Type: text/html; charset=utf-8\n\n".to_vec();
    bytes.extend_from_slice(piece.repeat((5 << 20) / piece.len()).as_bytes());
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| black_box(mail::view(&bytes)));
}

/// HTML just below the limits, which is laid out: below 300 ms, too.
#[divan::bench(sample_count = 3, sample_size = 1, args = ["tables", "quotations", "lists", "misnested", "paragraphs", "cells"])]
fn laid_out_html(bencher: Bencher<'_, '_>, what: &str) {
    let html = match what {
        "tables" => "<table><tr><td>x".repeat(160),
        "quotations" => "<blockquote>words of a quotation".repeat(490),
        "lists" => "<ul><li>x".repeat(490),
        "misnested" => "<b><i><a>x</b></i></a>".repeat(8_000),
        "paragraphs" => "<p>Some words of an ordinary paragraph.</p>".repeat(20_000),
        _ => format!("<table>{}</table>", "<tr><td>one</td><td>two</td><td>three</td></tr>".repeat(6_000)),
    };
    let mail = format!("Content-Type: text/html; charset=utf-8\n\n{html}");
    bencher.counter(BytesCount::new(mail.len())).bench_local(|| black_box(mail::view(mail.as_bytes())));
}
