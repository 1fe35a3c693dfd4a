use super::*;

fn maildir() -> (tempfile::TempDir, MaildirSource) {
    let dir = tempfile::tempdir().unwrap();
    let source = MaildirSource::open(dir.path()).unwrap();
    (dir, source)
}

fn drop_in(dir: &Path, place: &str) {
    fs::write(dir.join(place), format!("Message-ID: <{place}@x>\nSubject: hi\n\nbody\n")).unwrap();
}

#[test]
fn a_mistyped_path_is_an_error_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no/such");
    assert_eq!(MaildirSource::open(&path).unwrap_err().trouble, Trouble::Io);
    assert!(!path.exists());
}

#[test]
fn uids_follow_the_time_of_delivery_and_survive_a_restart() {
    let (dir, mut source) = maildir();
    for place in ["new/30.c.host", "cur/9.a.host:2,S", "new/10.b.host"] {
        drop_in(dir.path(), place);
    }
    let first = source.select("INBOX", None).unwrap();
    drop_in(dir.path(), "new/1.late.host");
    let mut again = MaildirSource::open(dir.path()).unwrap();
    let second = again.select("INBOX", None).unwrap();

    assert_eq!((first.uid_validity, first.uid_next, second.uid_next), (second.uid_validity, 4, 5));
    let mut seen = Vec::new();
    again
        .fetch(&UidSet::range(1, 10), FetchPart::Header, &mut |mail| {
            seen.push((mail.uid, mail.flags.seen, String::from_utf8(mail.bytes).unwrap()));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen[0], (1, true, "Message-ID: <cur/9.a.host:2,S@x>\nSubject: hi\n\n".to_owned()));
    assert!(seen[3].2.contains("1.late"));
}

#[test]
fn reading_leaves_new_mail_in_new_and_a_flag_moves_it_to_cur() {
    let (dir, mut source) = maildir();
    drop_in(dir.path(), "new/1.a.host");
    source.select("INBOX", None).unwrap();
    source.fetch(&UidSet::range(1, 1), FetchPart::Whole, &mut |_| Ok(())).unwrap();
    assert!(dir.path().join("new/1.a.host").exists());

    source.store_flags(&UidSet::range(1, 1), &Flags { answered: true, ..Flags::default() }, true).unwrap();

    assert!(dir.path().join("cur/1.a.host:2,R").exists());
    assert_eq!(source.uids().unwrap().to_string(), "1");
}

#[test]
fn a_file_renamed_by_another_program_keeps_its_uid_and_one_that_comes_back_gets_a_new_one() {
    let (dir, mut source) = maildir();
    drop_in(dir.path(), "new/1.a.host");
    let before = source.select("INBOX", None).unwrap();
    let known = SyncPoint { uid_validity: before.uid_validity, uid_next: before.uid_next, highest_modseq: before.highest_modseq };

    fs::rename(dir.path().join("new/1.a.host"), dir.path().join("cur/1.a.host:2,FS")).unwrap();
    let flagged = source.select("INBOX", Some(known)).unwrap();
    let expected = Flags { flagged: true, seen: true, ..Flags::default() };
    assert_eq!(flagged.changes, Changes::Exact { flags: vec![(1, expected)], vanished: UidSet::new() });

    let aside = dir.path().join("aside");
    fs::rename(dir.path().join("cur/1.a.host:2,FS"), &aside).unwrap();
    assert_eq!(source.select("INBOX", Some(known)).unwrap().changes, Changes::Exact { flags: vec![], vanished: UidSet::range(1, 1) });
    fs::rename(&aside, dir.path().join("cur/1.a.host:2,FS")).unwrap();
    assert_eq!(source.uids().unwrap().to_string(), "2");
}

#[test]
fn a_sync_point_from_before_the_first_look_says_nothing() {
    let (dir, mut source) = maildir();
    let now = source.select("INBOX", None).unwrap();
    let point = |highest_modseq| Some(SyncPoint { uid_validity: now.uid_validity, uid_next: now.uid_next, highest_modseq });
    assert_eq!(source.select("INBOX", point(now.highest_modseq - 1)).unwrap().changes, Changes::Unknown);
    assert_eq!(source.select("INBOX", point(u64::MAX)).unwrap().changes, Changes::Unknown);
    drop(dir);
}

#[test]
fn many_writers_on_one_folder_each_get_a_uid_of_their_own() {
    let (dir, mut source) = maildir();
    source.create("Postdesk").unwrap();
    let uids: Vec<u32> = std::thread::scope(|scope| {
        let path = dir.path();
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(move || -> Vec<u32> {
                    let mut source = MaildirSource::open(path).unwrap();
                    (0..20).filter_map(|_| source.append("Postdesk", &Flags { seen: true, ..Flags::default() }, b"a: b\r\n\r\n").unwrap()).collect()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(uids.len(), 160);
    assert_eq!(uids.into_iter().collect::<UidSet>().to_string(), "1:160");
    assert_eq!(source.select("Postdesk", None).unwrap().exists, 160);
    assert_eq!(fs::read_dir(dir.path().join(".Postdesk/tmp")).unwrap().count(), 0);
}

#[test]
fn folders_that_are_not_folders_are_not_listed() {
    let (dir, mut source) = maildir();
    source.create("Sent").unwrap();
    source.create("Kunden/München").unwrap();
    fs::create_dir(dir.path().join(".notes")).unwrap();
    let names: Vec<_> = source.folders().unwrap().into_iter().map(|folder| (folder.name, folder.role)).collect();
    assert_eq!(names, [("INBOX".into(), Some(Role::Inbox)), ("Kunden/München".into(), None), ("Sent".into(), Some(Role::Sent))]);
}

#[test]
fn a_lost_uid_list_means_another_validity_and_nothing_remembered() {
    let (dir, mut source) = maildir();
    for place in ["new/2.b.host", "new/3.c.host"] {
        drop_in(dir.path(), place);
    }
    let before = source.select("INBOX", None).unwrap();
    drop_in(dir.path(), "new/1.a.host");
    let id = MessageId::new("new/1.a.host@x").unwrap();
    assert_eq!(source.find(&id).unwrap().to_string(), "3");

    fs::remove_file(dir.path().join("postdesk-uidlist")).unwrap();
    drop_in(dir.path(), "new/4.d.host");
    let known = SyncPoint { uid_validity: before.uid_validity, uid_next: before.uid_next, highest_modseq: before.highest_modseq };
    let after = source.select("INBOX", Some(known)).unwrap();

    assert!(after.uid_validity > before.uid_validity);
    assert_eq!(after.changes, Changes::Unknown);
    assert_eq!(source.find(&id).unwrap().to_string(), "1");
}

#[test]
fn a_file_is_renamed_into_the_other_folder_with_its_flags_and_over_no_other() {
    let (dir, mut source) = maildir();
    source.create("Archive").unwrap();
    drop_in(dir.path(), "new/1.a.host");
    drop_in(dir.path(), ".Archive/cur/1.a.host:2,S");
    fs::write(dir.path().join("dovecot-keywords"), "0 other\n1 solved\n").unwrap();
    fs::write(dir.path().join(".Archive/dovecot-keywords"), "0 solved\n").unwrap();
    drop_in(dir.path(), "cur/2.b.host:2,FSb");
    source.select("INBOX", None).unwrap();

    let landed = source.move_to(&UidSet::range(1, 2), "Archive").unwrap().unwrap();

    assert_eq!(source.select("INBOX", None).unwrap().exists, 0);
    let archive = source.select("Archive", None).unwrap();
    assert_eq!((archive.exists, archive.uid_validity), (3, landed.uid_validity));
    let mut lying = Vec::new();
    source
        .fetch(&UidSet::range(1, 9), FetchPart::Header, &mut |mail| {
            lying.push((mail.uid, mail.flags, String::from_utf8(mail.bytes).unwrap()));
            Ok(())
        })
        .unwrap();
    let find = |uid: u32| lying.iter().find(|(known, _, _)| *known == uid).unwrap();
    assert_eq!(landed.uids.iter().map(|(before, _)| *before).collect::<Vec<_>>(), [1, 2]);
    assert!(find(landed.uids[0].1).2.contains("<new/1.a.host@x>"), "{lying:?}");
    assert_eq!(find(landed.uids[1].1).1, Flags { seen: true, flagged: true, keywords: vec!["solved".into()], ..Flags::default() });
    assert!(find(1).2.contains("<.Archive/cur/1.a.host:2,S@x>"), "the other mail of that name is still there: {lying:?}");
}
