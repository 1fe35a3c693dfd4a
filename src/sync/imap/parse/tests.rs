use super::*;

fn read(unit: &str) -> Untagged<'_> {
    parse_untagged(unit.as_bytes()).unwrap_or_else(|error| panic!("{unit}: {error}"))
}

fn fetch(unit: &str) -> FetchItems<'_> {
    match read(unit) {
        Untagged::Fetch(items) => items,
        other => panic!("{unit}: {other:?}"),
    }
}

#[test]
fn a_fetch_gives_the_items_asked_for_and_steps_over_the_rest() {
    let items = fetch(
        "* 12 FETCH (UID 7 X-GM-LABELS (\"\\\\Inbox\" (a (b))) FLAGS (\\Seen $Work \\Recent) MODSEQ (65) EMAILID (M1) \
         INTERNALDATE \" 1-Jan-2024 01:00:00 +0100\" RFC822.SIZE 44827 PREVIEW NIL BODY[HEADER]<0> {4}\r\na)\r\n)\r\n",
    );

    assert_eq!(items.uid, Some(7));
    assert_eq!(items.flags, Some(Flags { seen: true, keywords: vec!["$Work".into()], ..Flags::default() }));
    assert_eq!(items.internal_date.map(|date| date.to_string()).as_deref(), Some("2024-01-01T00:00:00Z"));
    assert_eq!(items.size, Some(44827));
    assert_eq!(items.body.as_deref(), Some(&b"a)\r\n"[..]));
}

#[test]
fn a_missing_body_or_date_is_none_and_an_empty_one_is_empty() {
    let items = fetch("* 1 FETCH (INTERNALDATE NIL BODY[] NIL UID 3)\r\n");
    assert_eq!((items.uid, items.internal_date, items.body), (Some(3), None, None));
    assert_eq!(fetch("* 1 FETCH (BODY[] \"\" UID 3)\r\n").body.as_deref(), Some(&b""[..]));
}

#[test]
fn lists_deeper_than_any_real_answer_are_refused_without_recursion() {
    let deep = format!("* 1 FETCH (X {}{})\r\n", "(".repeat(1_000_000), ")".repeat(1_000_000));
    assert!(parse_untagged(deep.as_bytes()).is_err());
}

#[test]
fn search_answers_come_in_two_shapes() {
    let expected = Untagged::Search(UidSet::parse("2:4,9").unwrap());
    assert_eq!(read("* SEARCH 9 2 3 4 (MODSEQ 917)\r\n"), expected);
    assert_eq!(read("* ESEARCH (TAG \"a5\") UID COUNT 4 ALL 2:4,9 MODSEQ 7\r\n"), expected);
    assert_eq!(read("* ESEARCH (TAG \"a5\") UID\r\n"), Untagged::Search(UidSet::new()));
    assert_eq!(read("* SEARCH\r\n"), Untagged::Search(UidSet::new()));
}

#[test]
fn a_list_answer_unescapes_names_and_ignores_extensions() {
    for unit in [
        "* LIST (\\HasNoChildren \\Sent) \"/\" \"a\\\"b\\\\c\"\r\n",
        "* LIST (\\hasnochildren \\SENT) \"/\" {5}\r\na\"b\\c (CHILDINFO (\"SUBSCRIBED\"))\r\n",
    ] {
        let Untagged::List(listed) = read(unit) else { panic!("{unit}") };
        assert_eq!(listed, Listed { attributes: vec!["\\HASNOCHILDREN".into(), "\\SENT".into()], delimiter: Some('/'), name: b"a\"b\\c".to_vec() });
    }
    let Untagged::List(flat) = read("* LIST () NIL INBOX\r\n") else { panic!() };
    assert_eq!(flat.delimiter, None);
}

#[test]
fn status_vanished_enabled_and_capability_are_read() {
    assert_eq!(
        read("* STATUS \"a b\" (UIDNEXT 4392 MAILBOXID (x) MESSAGES 3)\r\n"),
        Untagged::MailboxStatus { items: vec![("UIDNEXT".into(), 4392), ("MESSAGES".into(), 3)] }
    );
    assert_eq!(read("* VANISHED (EARLIER) 41,43:116\r\n"), Untagged::Vanished { earlier: true, uids: UidSet::parse("41,43:116").unwrap() });
    assert_eq!(read("* VANISHED 405\r\n"), Untagged::Vanished { earlier: false, uids: UidSet::parse("405").unwrap() });
    assert_eq!(read("* enabled qresync\r\n"), Untagged::Enabled(vec!["QRESYNC".into()]));
    assert_eq!(read("* CAPABILITY IMAP4rev1 idle\r\n"), Untagged::Capability(vec!["IMAP4REV1".into(), "IDLE".into()]));
}

#[test]
fn the_first_personal_namespace_counts_and_broken_lists_are_passed_over() {
    assert_eq!(read("* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\"))\r\n"), Untagged::Namespace { prefix: b"INBOX.".to_vec() });
    assert_eq!(read("* NAMESPACE NIL NIL NIL\r\n"), Untagged::Other);
    assert_eq!(read("* STATUS two words (UIDNEXT 4)\r\n"), Untagged::Other);
    assert_eq!(read("* LIST (\\Broken\r\n"), Untagged::Other);
}

#[test]
fn response_codes_are_read_and_unknown_ones_kept_by_name() {
    let code = |line: &str| parse_tagged(line.as_bytes()).unwrap().code;
    assert_eq!(code("a1 OK [APPENDUID 38505 3955] done\r\n"), Some(Code::AppendUid { uid_validity: 38505, uids: UidSet::range(3955, 3955) }));
    assert_eq!(code("a1 NO [TRYCREATE] no such\r\n"), Some(Code::TryCreate));
    assert_eq!(code("a1 NO [LIMIT] no\r\n"), Some(Code::Other("LIMIT".into())));
    assert_eq!(code("a1 OK [HIGHESTMODSEQ x] odd\r\n"), None);
    let Untagged::Status { code: Some(Code::PermanentFlags(keeps)), .. } = read("* OK [PERMANENTFLAGS (\\Seen $Work \\*)] x\r\n") else { panic!() };
    assert!(keeps.any_keyword && keeps.flags.seen && !keeps.flags.answered);
    assert_eq!(keeps.flags.keywords, ["$Work"]);
}

#[test]
fn where_messages_went_is_read_in_the_order_of_both_sets() {
    let uids = |text: &str| match parse_tagged(format!("a1 OK [COPYUID 7 {text}] moved\r\n").as_bytes()).unwrap().code {
        Some(Code::CopyUid { uid_validity: 7, uids }) => Some(uids),
        _ => None,
    };

    assert_eq!(uids("3 9"), Some(vec![(3, 9)]));
    assert_eq!(uids("304,319:320 3956:3958"), Some(vec![(304, 3956), (319, 3957), (320, 3958)]));
    assert_eq!(uids("9,2 5,6"), Some(vec![(9, 5), (2, 6)]), "not sorted");
    for broken in ["1:2 5", "1", "x 1", "1:4294967295 1:4294967295"] {
        assert_eq!(uids(broken), None, "{broken}");
    }
}

#[test]
fn server_text_in_any_encoding_is_no_error() {
    let tagged = parse_tagged(b"a1 NO pas tr\xe8s bien\r\n").unwrap();
    assert_eq!((tagged.kind, tagged.text.as_str()), (StatusKind::No, "pas tr\u{fffd}s bien"));
    assert!(parse_tagged(b"a1 YES\r\n").is_err());
    assert!(parse_untagged(b"HTTP/1.1 200 OK\r\n").is_err());
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = parse_tagged(&bytes);
        let _ = parse_untagged(&[b"* ", bytes.as_slice()].concat());
        let _ = parse_untagged(&[b"* 1 FETCH (", bytes.as_slice()].concat());
    }

    #[test]
    fn no_cut_or_flip_of_a_real_answer_makes_the_parser_panic(cut in 0_usize..200, flip in 0_usize..200, byte in proptest::prelude::any::<u8>()) {
        let mut unit = b"* 12 FETCH (UID 7 FLAGS (\\Seen) MODSEQ (65) INTERNALDATE \"01-Jan-2024 01:00:00 +0100\" BODY[HEADER]<0> {4}\r\na)\r\n ENV (\"x\\\"\" {2}\r\nab NIL))\r\n".to_vec();
        if let Some(place) = unit.get_mut(flip) { *place = byte; }
        unit.truncate(cut.max(1));
        let _ = parse_untagged(&unit);
    }
}
