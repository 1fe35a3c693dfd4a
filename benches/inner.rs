//! The inner works, each alone: parsing a mail and a query, reading it for showing, a page of the queue, laying out a conversation.
//!
//! `cargo bench --bench inner`; `make bench` runs it behind the table.
#![allow(clippy::unwrap_used, missing_debug_implementations)]

use std::path::Path;

use divan::{Bencher, black_box};
use postdesk::demo::{self, DemoOptions};
use postdesk::domain::Timestamp;
use postdesk::domain::query::{self, QueryContext};
use postdesk::mail;
use tempfile::TempDir;

fn main() {
    divan::main();
}

const NOW: &str = "2026-03-04T12:00:00Z";

/// A few hundred generated mails.
struct Mails {
    all: Vec<Vec<u8>>,
    _dir: TempDir,
}

impl Mails {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        demo::generate(&DemoOptions { messages: 400, seed: 1, now: NOW.parse().unwrap(), dir: dir.path().to_owned() }).unwrap();
        Self { all: files(&dir.path().join("mail/cur")), _dir: dir }
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// What a first sync does with each mail.
#[divan::bench]
fn ingest_all_mails(bencher: Bencher<'_, '_>) {
    let mails = Mails::new();
    bencher.counter(divan::counter::ItemsCount::new(mails.all.len())).bench_local(|| {
        for mail in &mails.all {
            black_box(mail::ingest(mail, mail.len() as u64));
        }
    });
}

/// What showing a mail for the first time does.
#[divan::bench]
fn view_all_mails(bencher: Bencher<'_, '_>) {
    let mails = Mails::new();
    bencher.counter(divan::counter::ItemsCount::new(mails.all.len())).bench_local(|| {
        for mail in &mails.all {
            black_box(mail::view(mail));
        }
    });
}

#[divan::bench(args = ["", "status:open assignee:me", "from:@acme.example -tag:spam (priority:>=high OR waiting:>2d) \"a phrase\" pre*"])]
fn parse_query(bencher: Bencher<'_, '_>, text: &str) {
    let context = QueryContext { agent: "ana".into(), now: NOW.parse::<Timestamp>().unwrap() };
    bencher.bench_local(|| black_box(query::parse(black_box(text), &context).is_ok()));
}
