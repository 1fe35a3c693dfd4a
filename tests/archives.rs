//! Whole archives in and out, and how their threads compare with what other programs make of them.
//!
//! The archives are other people's mail and not part of this project: the comparison runs
//! when `POSTDESK_CORPUS` (or `../shared/corpus`) holds them, and says so when it does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stdout)]

#[path = "support/desk.rs"]
mod desk;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use desk::TestDesk;
use postdesk::desk::archive::ArchiveSource;
use postdesk::desk::{DeskError, Progress};
use postdesk::domain::query::{Query, Term};
use postdesk::domain::ticket::Status;
use postdesk::mail;
use postdesk::mail::mbox::Reader;
use postdesk::sync::source::Waker;
use serde_json::Value;

fn import(desk: &mut TestDesk, path: &Path) -> (u64, u64) {
    let report = desk.desk.import(&[ArchiveSource::Path(path.to_owned())], &mut |_| {}, &Waker::default()).unwrap();
    assert_eq!(report.errors, [] as [&str; 0]);
    (report.imported, report.known)
}

fn exported(desk: &mut TestDesk) -> Vec<u8> {
    desk.desk.fetch_everything(&mut |_| {}, &Waker::default()).unwrap();
    let mut file = Vec::new();
    let (_, partial) = desk.desk.export_mbox(None, &mut file).unwrap();
    assert_eq!(partial, 0);
    file
}

fn everything() -> Query {
    let spam = Query::Term(Term::Status(Status::Spam));
    Query::Or(vec![spam.clone(), Query::Not(Box::new(spam))])
}

/// The Message-IDs of each ticket, as `export --format json` tells them.
fn groups(desk: &mut TestDesk) -> Vec<Vec<String>> {
    let mut groups = Vec::new();
    desk.desk
        .export_tickets(&everything(), &mut |ticket| -> Result<(), DeskError> {
            groups.push(ticket.messages.iter().map(|message| message.message_id.to_string()).collect());
            Ok(())
        })
        .unwrap();
    groups
}

const SMALL: &str = "From mboxrd@z Thu Jan  1 00:00:00 1970
From: Carla <carla@customer.example>
To: support@desk.example
Subject: From here to there
Message-ID: <1@customer.example>
Date: Mon, 23 Nov 2026 09:00:00 +0000
Status: RO

>From the start:
>>From further away
no line end here, but the archive has one

From mboxrd@z Thu Jan  1 00:00:00 1970
From: Dan <dan@customer.example>
Subject: Mixed line ends
Message-ID: <2@customer.example>
In-Reply-To: <1@customer.example>
Date: Mon, 23 Nov 2026 10:00:00 +0000

one\r
two


From mboxrd@z Thu Jan  1 00:00:00 1970
Subject: nobody wrote this

\u{fc}

";

#[test]
fn an_archive_comes_back_byte_for_byte() {
    let mut desk = TestDesk::new();
    let path = desk.path().join("small.mbox");
    fs::write(&path, SMALL).unwrap();

    assert_eq!(import(&mut desk, &path), (3, 0));

    assert_eq!(String::from_utf8(exported(&mut desk)).unwrap(), SMALL);
    assert_eq!(desk.show(1).messages.len(), 2);
    assert_eq!(desk.show(1).row.unread, 1, "the archive notes that the first was read");
    assert_eq!(desk.show(1).row.created.to_string(), "2026-11-23T09:00:00Z");
}

#[test]
fn an_import_says_that_it_waits_for_another_postdesk_and_goes_on_when_that_has_ended() {
    let mut desk = TestDesk::new();
    let path = desk.path().join("small.mbox");
    fs::write(&path, SMALL).unwrap();
    let mut held = Some(fs::File::create(desk.setup.places.data.join("network.lock")).unwrap());
    held.as_ref().unwrap().lock().unwrap();
    let mut said = Vec::new();
    // It ends as soon as we are told of it.
    let mut look_on = |progress: Progress| {
        if held.take().is_some() {
            said.push(progress.what);
        }
    };

    let report = desk.desk.import(&[ArchiveSource::Path(path)], &mut look_on, &Waker::default()).unwrap();

    assert_eq!((report.imported, said), (3, vec!["waiting up to 30 s for another postdesk (screen, sync)".to_owned()]));
}

#[test]
fn importing_again_adds_nothing_and_an_interrupted_import_goes_on() {
    let mut desk = TestDesk::new();
    let (whole, part) = (desk.path().join("whole.mbox"), desk.path().join("part.mbox"));
    fs::write(&whole, SMALL).unwrap();
    fs::write(&part, &SMALL[..SMALL.find("From: Dan").unwrap() - "From mboxrd@z Thu Jan  1 00:00:00 1970\n".len()]).unwrap();

    assert_eq!(import(&mut desk, &part), (1, 0));
    assert_eq!(import(&mut desk, &whole), (2, 1));
    assert_eq!(import(&mut desk, &whole), (0, 3));

    assert_eq!(String::from_utf8(exported(&mut desk)).unwrap(), SMALL);
}

#[test]
fn a_query_exports_its_tickets_whole_and_no_others() {
    let mut desk = TestDesk::new();
    let path = desk.path().join("small.mbox");
    fs::write(&path, SMALL).unwrap();
    import(&mut desk, &path);
    let one = postdesk::domain::query::parse("number:1", &desk.desk.query_context(postdesk::domain::Timestamp::UNIX_EPOCH)).unwrap();

    let mut file = Vec::new();
    let (written, _) = desk.desk.export_mbox(Some(&one), &mut file).unwrap();

    assert_eq!(written, 2);
    assert_eq!(groups(&mut desk).iter().map(Vec::len).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2]));
}

/// The folder, or why there is none.
fn corpus() -> Result<PathBuf, String> {
    let named = std::env::var_os("POSTDESK_CORPUS").filter(|named| !named.is_empty()).map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")).join("archives");
    if folder.is_dir() { Ok(folder) } else { Err(format!("there is no {} (POSTDESK_CORPUS names the folder above it)", folder.display())) }
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut decoder = zstd::Decoder::new(BufReader::new(fs::File::open(path).unwrap())).unwrap();
    decoder.window_log_max(27).unwrap();
    let mut bytes = Vec::new();
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Groups by nothing but the ids that mails name: what is joined beyond that was joined by something else.
fn closure(mails: &[mail::Ingested]) -> Vec<usize> {
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    let mut nodes: HashMap<i64, usize> = HashMap::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut own = Vec::new();
    for mail in mails {
        let message = &mail.message;
        let reported = message.bounce.iter().filter_map(|bounce| bounce.original_message_id.as_ref());
        let ids: Vec<usize> = std::iter::once(&message.message_id)
            .chain(&message.in_reply_to)
            .chain(&message.references)
            .chain(reported)
            .map(|id| {
                *nodes.entry(id.hash63()).or_insert_with(|| {
                    parents.push(parents.len());
                    parents.len() - 1
                })
            })
            .collect();
        for id in &ids {
            let (a, b) = (root(&mut parents, ids[0]), root(&mut parents, *id));
            parents[b] = a;
        }
        own.push(ids[0]);
    }
    own.into_iter().map(|node| root(&mut parents, node)).collect()
}

#[test]
fn archives_come_back_whole_and_thread_as_other_programs_thread_them() {
    let folder = match corpus() {
        Ok(folder) => folder,
        Err(why) => return println!("archives: SKIPPED, {why}; threads were not compared with those of notmuch and Dovecot"),
    };
    let mut names: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.to_string_lossy().ends_with(".mbox.zst"));
    names.sort();
    assert!(!names.is_empty());
    for path in names {
        compare(&path);
    }
}

fn compare(path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy().replace(".mbox.zst", "");
    let original = unpacked(path);
    let reference: Value = serde_json::from_slice(&unpacked(&path.with_file_name(format!("{name}.threads.json.zst")))).unwrap();
    let mut desk = TestDesk::new();
    let file = desk.path().join("archive.mbox");
    fs::write(&file, &original).unwrap();

    let start = std::time::Instant::now();
    let (imported, known) = import(&mut desk, &file);
    let seconds = start.elapsed().as_secs_f64();
    let again = exported(&mut desk);

    assert!(known > 0 || again == original, "{name}: what came out differs from what went in");
    let mails: Vec<mail::Ingested> = Reader::new(original.as_slice())
        .unwrap()
        .map(|mail| {
            let bytes = mail.unwrap().bytes;
            mail::ingest(&bytes, bytes.len() as u64)
        })
        .collect();
    let ticket_of: HashMap<String, usize> =
        groups(&mut desk).into_iter().enumerate().flat_map(|(ticket, ids)| ids.into_iter().map(move |id| (id, ticket))).collect();
    let own: Vec<usize> = mails.iter().map(|mail| ticket_of[mail.message.message_id.as_str()]).collect();
    let rows = reference["messages"].as_array().unwrap();
    let theirs: Vec<i64> = rows.iter().map(|row| row[2].as_i64().unwrap()).collect();
    assert_eq!(own.len(), theirs.len(), "{name}");

    let members = |groups: &[i64]| {
        let mut members: BTreeMap<i64, BTreeSet<usize>> = BTreeMap::new();
        for (mail, group) in groups.iter().enumerate() {
            members.entry(*group).or_default().insert(mail);
        }
        members
    };
    let own: Vec<i64> = own.into_iter().map(|group| group as i64).collect();
    let (own_groups, their_groups) = (members(&own), members(&theirs));
    let sure: Vec<usize> = (0..rows.len()).filter(|mail| rows[*mail][6].as_i64() == Some(1)).collect();
    let same = sure.iter().filter(|mail| own_groups[&own[**mail]] == their_groups[&theirs[**mail]]).count();
    let share = same as f64 / sure.len() as f64 * 100.0;
    let by_ids = closure(&mails);
    let beyond = own_groups.values().filter(|group| group.iter().map(|mail| by_ids[*mail]).collect::<BTreeSet<_>>().len() > 1).count();
    println!(
        "{name:24} {imported} mails imported in {seconds:.1} s ({known} doubles), {} tickets\n{:24} {same:5} of {:5}  {share:5.1} %  sure messages grouped as by notmuch and Dovecot; {beyond} tickets joined by anything but ids",
        own_groups.len(),
        "",
        sure.len(),
    );
    assert!(share >= 99.5, "{name}: {share:.2} %");
    assert_eq!(beyond, 0, "{name}: something else than ids joined mails");
}
