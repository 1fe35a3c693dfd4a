//! Which ticket a mail goes to, why, and who takes part: each rule with a small mail of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/desk.rs"]
mod desk;

use desk::{TestDesk, ids};
use postdesk::domain::signal::SignalKind;
use postdesk::domain::suggestion::{SuggestionKind, Which};
use postdesk::domain::ticket::Badge;
use postdesk::domain::{Address, MessageId, TicketKey};
use postdesk::protocol::job::{Act, ReplyOptions};
use postdesk::protocol::json::ShownTicket;

/// #1: a question with an answer of ours.
fn answered() -> TestDesk {
    let mut desk = TestDesk::new();
    desk.deliver("opens.eml").sent("answer.eml");
    assert_eq!(desk.tickets(), [(1, vec!["opens.1".into(), "answer.1".into()])]);
    desk
}

fn key(desk: &mut TestDesk, number: u64) -> TicketKey {
    desk.desk.find(&format!("#{number}").parse().unwrap()).unwrap()
}

fn kinds(shown: &ShownTicket) -> Vec<(SuggestionKind, Option<u64>)> {
    shown.suggestions.iter().map(|suggestion| (suggestion.kind, suggestion.number)).collect()
}

fn signals(desk: &mut TestDesk, number: u64, id: &str) -> Vec<SignalKind> {
    desk.message(number, id).signals.into_iter().map(|signal| signal.kind).collect()
}

fn participants(shown: &ShownTicket) -> Vec<&str> {
    shown.row.participants.iter().map(|person| person.address.as_str()).collect()
}

#[test]
fn an_answer_that_only_keeps_references_finds_its_ticket_by_the_nearest() {
    let mut desk = answered();

    desk.deliver("references-only.eml");

    assert_eq!(desk.placed_by(1, "references.only"), "reference:answer.1@DESK.example");
    assert_eq!(desk.message(1, "references.only").placed_why, "its References name <answer.1@DESK.example>, which is not here");
}

#[test]
fn references_cut_by_a_relay_still_find_the_ticket() {
    let mut desk = answered();

    desk.deliver("references-truncated.eml");

    assert_eq!(desk.placed_by(1, "truncated"), "reference:opens.1@customer.example");
    let why = desk.message(1, "truncated").placed_why;
    assert!(why.starts_with("its References name the mail of Carla Ruiz of 20"), "{why}");
}

#[test]
fn ids_without_brackets_are_ids_from_those_who_take_part() {
    let mut desk = answered();

    desk.deliver("no-brackets.eml");

    assert_eq!(desk.placed_by(1, "no.brackets"), "in_reply_to:opens.1@customer.example");
    let theirs = String::from_utf8(desk::bytes("no-brackets.eml")).unwrap().replace("carla@", "eve@").replace("no.brackets", "strange");
    desk.deliver_bytes("", theirs.as_bytes());
    assert_eq!(ids(&desk.show(2)), ["strange"]);
    assert_eq!(kinds(&desk.show(2)), [(SuggestionKind::NamesBoth, Some(1))]);
}

#[test]
fn ids_without_brackets_join_mails_that_come_together() {
    let mut desk = TestDesk::new();
    for (name, fixture) in [("a", "no-brackets.eml"), ("b", "opens.eml")] {
        std::fs::write(desk.path().join("mail/new").join(name), desk::bytes(fixture)).unwrap();
    }

    desk.sync();

    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(desk.placed_by(1, "no.brackets"), "in_reply_to:opens.1@customer.example");
}

#[test]
fn the_address_of_whoever_is_answered_joins_nothing() {
    let mut desk = answered();

    desk.deliver("in-reply-to-names-the-author.eml").deliver("other-matter-same-author-named.eml");

    assert_eq!(desk.placed_by(1, "author.named"), "in_reply_to:opens.1@customer.example");
    assert_eq!(desk.tickets()[1], (2, vec!["other.matter".into()]));
}

#[test]
fn two_answers_to_a_mail_that_is_not_here_are_one_ticket() {
    let mut desk = TestDesk::new();

    desk.deliver("child-of-missing.eml").deliver("sibling-of-missing.eml");

    assert_eq!(desk.tickets(), [(1, vec!["child.1".into(), "child.2".into()])]);
    assert_eq!(desk.placed_by(1, "child.2"), "reference:missing.1@customer.example");
}

#[test]
fn a_parent_that_comes_late_joins_two_tickets_into_the_older() {
    let mut desk = answered();
    desk.deliver("child-of-missing.eml");
    assert_eq!(desk.tickets().len(), 2);

    desk.deliver("missing.eml");

    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(ids(&desk.show(1)), ["opens.1", "answer.1", "missing.1", "child.1"]);
}

#[test]
fn a_strangers_missing_link_joins_nothing_and_is_shown() {
    let mut desk = answered();
    let theirs = |fixture: &str| String::from_utf8(desk::bytes(fixture)).unwrap().replace("carla@customer.example", "eve@elsewhere.example");
    let (child, link) = (theirs("child-of-missing.eml"), theirs("missing.eml"));
    desk.deliver_bytes("", child.as_bytes());

    desk.deliver_bytes("", link.as_bytes());

    assert_eq!(desk.tickets().iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
    assert!(kinds(&desk.show(2)).contains(&(SuggestionKind::NamesBoth, Some(1))), "{:?}", desk.show(2).suggestions);
}

#[test]
fn a_mail_without_an_id_gets_one_and_two_with_the_same_id_are_both_kept() {
    let mut desk = answered();

    desk.deliver("without-id.eml").deliver("same-id-other-content.eml");

    assert!(desk.show(2).messages[0].message_id.is_synthetic());
    assert_eq!(ids(&desk.show(1)), ["opens.1", "answer.1", "opens.1"]);
    assert_eq!(desk.show(1).messages[2].placed_by, "same_id");
    assert!(desk.show(1).messages[2].signals.iter().any(|signal| signal.kind == SignalKind::SameId));
}

#[test]
fn a_delivery_report_goes_to_the_mail_it_speaks_of() {
    let mut desk = answered();

    desk.deliver("report.eml");

    assert_eq!(desk.placed_by(1, "report.1"), "report:answer.1@desk.example");
    assert_eq!(participants(&desk.show(1)), ["boss@customer.example"]);
}

#[test]
fn the_same_subject_is_a_suggestion_and_never_an_act() {
    let mut desk = answered();

    desk.deliver("same-subject.eml").deliver("same-subject-other-person.eml");

    assert_eq!(desk.tickets().len(), 3);
    assert_eq!(kinds(&desk.show(2)), [(SuggestionKind::SameSubject, Some(1))]);
    assert_eq!(kinds(&desk.show(3)), []);
}

#[test]
fn accepting_a_suggestion_merges_into_the_older_ticket() {
    let mut desk = answered();
    desk.deliver("same-subject.eml");
    let two = key(&mut desk, 2);

    desk.desk.act(&[two], &Act::Accept(Which::Surest)).unwrap();

    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(ids(&desk.show(1)), ["opens.1", "answer.1", "same.subject"]);
    let why = desk.message(1, "same.subject").placed_why;
    assert!(why.starts_with("it came with #2, which was merged into this ticket"), "{why}");
}

#[test]
fn outlooks_conversation_is_a_hint() {
    let mut desk = TestDesk::new();

    desk.deliver("thread-index-first.eml").deliver("thread-index-answer.eml");

    assert_eq!(desk.tickets().len(), 2);
    assert_eq!(kinds(&desk.show(2)), [(SuggestionKind::Conversation, Some(1))]);
}

#[test]
fn list_mail_threads_like_any_other() {
    let mut desk = TestDesk::new();

    desk.deliver("list-first.eml").deliver("list-answer.eml");

    assert_eq!(desk.tickets(), [(1, vec!["list.1".into(), "list.2".into()])]);
}

#[test]
fn an_answer_that_kept_nothing_but_our_ticket_reference_finds_back() {
    let mut desk = answered();
    let reference = format!("References: <pd1.t.{}@desk.example>\n", key(&mut desk, 1));

    desk.deliver_filled(
        "matrix.eml",
        &[("from", "carla@customer.example"), ("to", "support@desk.example"), ("subject", "x"), ("references", &reference), ("authentication", "")],
    );

    assert!(desk.placed_by(1, "matrix").starts_with("ticket_reference:"));
}

#[test]
fn our_answers_carry_the_ticket_reference_once_there_is_a_chain() {
    let mut desk = answered();
    let one = key(&mut desk, 1);
    let references = |desk: &mut TestDesk| -> Vec<String> {
        let draft = desk.desk.begin_reply(&one, &ReplyOptions::default()).unwrap().draft;
        draft.references.iter().map(ToString::to_string).collect()
    };
    assert_eq!(references(&mut desk), ["opens.1@customer.example"]);

    desk.deliver("references-only.eml");

    let own = format!("pd1.t.{one}@desk.example");
    let chain = ["never.seen@customer.example", &own, "opens.1@customer.example", "answer.1@DESK.example", "references.only@customer.example"];
    assert_eq!(references(&mut desk), chain);
}

#[test]
fn two_hundred_references_are_read_and_more_are_cut_in_the_middle() {
    let mut desk = answered();
    let many = (0..400).map(|n| format!(" <{n}@x.example>\n")).collect::<Vec<_>>().concat();
    let references = format!("References: <opens.1@customer.example>\n{many}");

    desk.deliver_filled(
        "matrix.eml",
        &[("from", "carla@customer.example"), ("to", "support@desk.example"), ("subject", "x"), ("references", &references), ("authentication", "")],
    );

    assert_eq!(desk.placed_by(1, "matrix"), "reference:opens.1@customer.example");
    assert!(desk.message(1, "matrix").flaws.contains(&"too_many_references".to_owned()));
}

#[test]
fn an_answer_that_names_two_tickets_goes_to_the_nearer_and_the_other_is_suggested() {
    let mut desk = answered();
    desk.deliver("second.eml");

    desk.deliver("late-answer-to-both.eml");

    assert_eq!(ids(&desk.show(2)), ["second.1", "names.both"]);
    assert_eq!(kinds(&desk.show(2)), [(SuggestionKind::NamesBoth, Some(1))]);
}

#[test]
fn later_mail_to_a_merged_ticket_shows_where_it_was_merged() {
    let mut desk = answered();
    desk.deliver("second.eml");
    let (one, two) = (key(&mut desk, 1), key(&mut desk, 2));
    desk.desk.act(&[two], &Act::Merge(one)).unwrap();

    desk.deliver("answer-to-second.eml");

    assert_eq!(ids(&desk.show(1)), ["opens.1", "answer.1", "second.1", "second.2"]);
    desk.rebuild();
    assert_eq!(ids(&desk.show(1)), ["opens.1", "answer.1", "second.1", "second.2"]);

    desk.desk.undo(None).unwrap();

    assert_eq!(ids(&desk.show(2)), ["second.1", "second.2"]);
    assert_eq!(kinds(&desk.show(2)), [], "what an agent took apart is not suggested again");
}

#[test]
fn a_split_ticket_is_not_joined_again_by_later_mail() {
    let mut desk = answered();
    desk.deliver("no-brackets.eml");
    let one = key(&mut desk, 1);
    desk.desk.act(&[one], &Act::Split(MessageId::new("no.brackets@customer.example").unwrap())).unwrap();
    desk.sync();
    assert_eq!(ids(&desk.show(2)), ["no.brackets"]);
    assert_eq!(desk.placed_by(2, "no.brackets"), "agent");
    let later = "References: <opens.1@customer.example> <no.brackets@customer.example>\nIn-Reply-To: <no.brackets@customer.example>\n";

    desk.deliver_filled(
        "matrix.eml",
        &[("from", "carla@customer.example"), ("to", "support@desk.example"), ("subject", "x"), ("references", later), ("authentication", "")],
    );

    assert_eq!((ids(&desk.show(1)), ids(&desk.show(2))), (vec!["opens.1".into(), "answer.1".into()], vec!["no.brackets".into(), "matrix".into()]));
    assert_eq!(kinds(&desk.show(2)).iter().filter(|(_, number)| number.is_some()).count(), 0, "{:?}", desk.show(2).suggestions);
    desk.rebuild();
    assert_eq!((ids(&desk.show(1)), ids(&desk.show(2))), (vec!["opens.1".into(), "answer.1".into()], vec!["no.brackets".into(), "matrix".into()]));
    assert_eq!(desk.placed_by(2, "no.brackets"), "agent");
}

#[test]
fn an_answer_with_an_earlier_date_stands_behind_what_it_answers() {
    let mut desk = TestDesk::new();

    desk.deliver("child-of-missing.eml").deliver("sibling-of-missing.eml").deliver("missing.eml");

    assert_eq!(ids(&desk.show(1)), ["missing.1", "child.1", "child.2"]);
}

/// Ways in which a mail may ask to be put into #1.
const WAYS: [&str; 5] = ["references", "tag", "plus-tag", "forged own id", "id of a mail here"];

/// A participant, a stranger, and somebody who writes a participant's address into From.
const WRITERS: [&str; 3] = ["participant", "stranger", "spoofed"];

fn knock(way: &str, writer: &str) -> TestDesk {
    let mut desk = answered();
    let (mut to, mut subject, mut references) = ("support+app@desk.example", "Data", String::new());
    match way {
        "references" => references = "References: <opens.1@customer.example> <answer.1@desk.example>\n".into(),
        "tag" => subject = "[[#77]] Data [#1]",
        "plus-tag" => to = "support+app+t1@desk.example",
        "forged own id" => {
            references = "In-Reply-To: <pd1.r.00c0ffee00c0ffee.1.0123abcd@desk.example>\nReferences: <pd1.t.00112233aabbccdd@desk.example>\n".into();
        }
        _ => references = "Message-ID: <opens.1@customer.example>\n".into(),
    }
    let from = if writer == "stranger" { "Eve <eve@elsewhere.example>" } else { "Carla Ruiz <carla@customer.example>" };
    let authentication = match writer {
        "spoofed" => {
            "Authentication-Results: mx.desk.example; dmarc=fail header.from=customer.example\nReceived: from evil by mx\nAuthentication-Results: mx.desk.example; dmarc=pass\n"
        }
        "participant" => "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\n",
        _ => "",
    };
    let mut mail = String::from_utf8(desk::bytes("matrix.eml")).unwrap();
    if way == "id of a mail here" {
        mail = mail.replace("Message-ID: <matrix@elsewhere.example>\n", "");
    }
    for (word, value) in [("from", from), ("to", to), ("subject", subject), ("references", &references), ("authentication", authentication)] {
        mail = mail.replace(&format!("{{{{{word}}}}}"), value);
    }
    desk.deliver_bytes("", mail.as_bytes());
    desk
}

#[test]
fn who_joins_how_and_what_follows_from_it() {
    for way in WAYS {
        for writer in WRITERS {
            let mut desk = knock(way, writer);
            let what = format!("{way} × {writer}");
            let joins_anybody = matches!(way, "references" | "id of a mail here");
            let joins = joins_anybody || (writer == "participant" && matches!(way, "tag" | "plus-tag"));
            let first = desk.show(1);

            assert_eq!(desk.tickets().len(), if joins { 1 } else { 2 }, "{what}: {:?}", desk.tickets());
            assert_eq!(first.messages.len(), if joins { 3 } else { 2 }, "{what}");
            // Nobody is added by a stranger or by a forger, whatever he writes into Cc.
            let is_trusted = joins && writer == "participant";
            let expected = if is_trusted { vec!["boss@customer.example", "friend@elsewhere.example"] } else { vec!["boss@customer.example"] };
            assert_eq!(participants(&first), expected, "{what}");
            let last = if joins { first.messages[2].clone() } else { desk.show(2).messages[0].clone() };
            let warned: Vec<SignalKind> = last.signals.iter().map(|signal| signal.kind).filter(|kind| kind.is_warning()).collect();
            let mut warnings = Vec::new();
            warnings.extend((writer == "spoofed").then_some(SignalKind::Forged));
            warnings.extend((joins && !is_trusted).then_some(SignalKind::Stranger));
            assert_eq!(warned, warnings, "{what}: {:?}", last.signals);
            if joins && !is_trusted {
                let one = key(&mut desk, 1);
                let begun = desk.desk.begin_reply(&one, &ReplyOptions { quote: true, ..ReplyOptions::default() }).unwrap();
                let to: Vec<&str> = begun.draft.to.iter().chain(&begun.draft.cc).map(|who| who.address.as_str()).collect();
                assert_eq!(to, ["carla@customer.example", "boss@customer.example"], "{what}");
                assert!(!begun.draft.body.contains("Please send me"), "{what}: {}", begun.draft.body);
            }
            let named = desk.show(if joins { 1 } else { 2 });
            let offered = named.suggestions.iter().any(|suggestion| suggestion.number == Some(1));
            assert_eq!(offered, !joins && matches!(way, "tag" | "plus-tag"), "{what}: {:?}", named.suggestions);
        }
    }
}

#[test]
fn an_answer_to_a_named_mail_quotes_that_one_and_trusts_no_stranger() {
    let mut desk = knock("references", "stranger");
    let one = key(&mut desk, 1);
    let mails: Vec<MessageId> = desk.show(1).messages.iter().map(|message| message.message_id.clone()).collect();
    let mut answer = |message: &MessageId| {
        let options = ReplyOptions { message: Some(message.clone()), quote: true, ..ReplyOptions::default() };
        desk.desk.begin_reply(&one, &options).map(|begun| begun.draft)
    };

    let first = answer(&mails[0]).unwrap();
    assert_eq!(first.in_reply_to.as_ref(), Some(&mails[0]));
    assert_eq!(first.to[0].address, "carla@customer.example");
    assert!(first.body.contains("> "), "{}", first.body);

    let stranger = answer(&mails[2]).unwrap();
    assert_eq!(stranger.in_reply_to.as_ref(), Some(&mails[2]));
    assert_eq!(stranger.to[0].address, "carla@customer.example");
    assert!(stranger.to.len() == 1 && stranger.cc == first.cc && stranger.body.trim().is_empty(), "{stranger:?}");

    assert!(answer(&MessageId::new("elsewhere@x.example").unwrap()).is_err());
}

#[test]
fn a_stranger_is_confirmed_by_an_agent_and_takes_part_from_then_on() {
    let mut desk = knock("references", "stranger");
    assert_eq!(kinds(&desk.show(1)), [(SuggestionKind::Participant, None)]);
    let one = key(&mut desk, 1);

    desk.desk.act(std::slice::from_ref(&one), &Act::Accept(Which::Surest)).unwrap();

    let mut people = participants(&desk.show(1)).into_iter().map(str::to_owned).collect::<Vec<_>>();
    people.sort();
    assert_eq!(people, ["boss@customer.example", "eve@elsewhere.example", "friend@elsewhere.example"]);
    assert_eq!(desk.show(1).suggestions, []);
    let begun = desk.desk.begin_reply(&one, &ReplyOptions::default()).unwrap();
    assert_eq!(begun.draft.to, [Address::new("Eve", "eve@elsewhere.example")]);
    // Who asked, and who was there before, hear of it; the sender alone gets it where that is wanted.
    let copies: Vec<&str> = begun.draft.cc.iter().map(|who| who.address.as_str()).collect();
    assert_eq!(copies, ["friend@elsewhere.example", "carla@customer.example", "boss@customer.example"]);
    let alone = desk.desk.begin_reply(&one, &ReplyOptions { sender_only: true, ..ReplyOptions::default() }).unwrap();
    assert_eq!((alone.draft.to, alone.draft.cc), (begun.draft.to, vec![]));
}

/// Sender and copies of an answer to the newest mail of #1, with what is to be noticed.
fn answer_to_all(desk: &mut TestDesk) -> (Vec<String>, Vec<String>, Vec<String>) {
    let one = key(desk, 1);
    let begun = desk.desk.begin_reply(&one, &ReplyOptions::default()).unwrap();
    let addresses = |list: &[Address]| list.iter().map(|who| who.address.clone()).collect();
    (addresses(&begun.draft.to), addresses(&begun.draft.cc), begun.remarks)
}

fn deliver_from(desk: &mut TestDesk, from: &str, folder: &str, to: &str, n: u32) {
    let mail = format!(
        "From: {from}\nTo: {to}\nSubject: Re: The export stops at 1 GB\nMessage-ID: <more.{n}@customer.example>\n\
         References: <opens.1@customer.example>\nDate: Tue, 24 Nov 2026 10:{n:02}:00 +0000\n\nMore.\n"
    );
    desk.deliver_bytes(folder, mail.as_bytes());
}

#[test]
fn who_was_in_copy_answers_and_the_requester_is_not_pushed_out() {
    let mut desk = answered();
    deliver_from(&mut desk, "Boss <boss@customer.example>", "", "support@desk.example", 1);

    assert_eq!(answer_to_all(&mut desk), (vec!["boss@customer.example".into()], vec!["carla@customer.example".into()], vec![]));

    let one = key(&mut desk, 1);
    desk.desk.act(&[one], &Act::Participant { add: vec![], remove: vec!["carla@customer.example".into()] }).unwrap();
    assert_eq!(answer_to_all(&mut desk).1, [""; 0], "who was taken off stays so");
}

#[test]
fn an_answer_bears_the_subject_an_agent_gave_until_that_is_undone() {
    let mut desk = answered();
    let one = key(&mut desk, 1);
    let mut draft = |act: Option<&str>| {
        match act {
            Some(subject) => drop(desk.desk.act(std::slice::from_ref(&one), &Act::Subject(subject.into())).unwrap()),
            None => drop(desk.desk.undo(None).unwrap()),
        }
        desk.desk.begin_reply(&one, &ReplyOptions::default()).unwrap().draft
    };

    let named = draft(Some("Export limit"));
    assert_eq!(named.subject, "Re: Export limit [#1]");
    assert_eq!(named.references, [MessageId::new("opens.1@customer.example").unwrap()], "the thread is kept");
    assert_eq!(draft(Some("Export of large files")).subject, "Re: Export of large files [#1]");
    assert_eq!(draft(None).subject, "Re: Export limit [#1]");
    assert_eq!(draft(None).subject, "Re: The export stops at 1 GB [#1]", "which is the mail's own again");
}

#[test]
fn who_came_with_a_merged_ticket_is_not_said_to_have_joined_by_a_reference() {
    let mut desk = answered();
    desk.deliver("same-subject-other-person.eml");
    let [one, two] = [1, 2].map(|number| key(&mut desk, number));

    desk.desk.act(&[two], &Act::Merge(one)).unwrap();

    let why: Vec<String> = desk.show(1).suggestions.into_iter().map(|suggestion| suggestion.why).collect();
    assert!(matches!(&why[..], [one] if one.ends_with("came with a merged ticket and has not been confirmed")), "{why:?}");
}

/// #1, with Zoe's mail merged into it and split off again as #3.
fn split_off() -> TestDesk {
    let mut desk = answered();
    let zoes = String::from_utf8(desk::bytes("same-subject-other-person.eml")).unwrap().replace("The export stops at 1 GB", "Toner is out");
    desk.deliver_bytes("", zoes.as_bytes());
    let [one, two] = [1, 2].map(|number| key(&mut desk, number));
    desk.desk.act(&[two], &Act::Merge(one.clone())).unwrap();
    desk.desk.act(&[one], &Act::Split(MessageId::new("other.person@third.example").unwrap())).unwrap();
    desk.sync();
    desk
}

#[test]
fn who_is_forgotten_is_in_no_event_of_a_split() {
    let mut desk = split_off();
    let told = |desk: &mut TestDesk| serde_json::to_string(&desk.show(3)).unwrap();
    assert!(told(&mut desk).contains(r#""first":{"from":{"name":"Zoe""#), "{}", told(&mut desk));

    desk.desk.forget("zoe@third.example", true).unwrap();
    desk.sync();

    let after = told(&mut desk);
    assert!(!after.contains("Toner") && !after.contains("zoe@third.example"), "{after}");
}

#[test]
fn a_split_ticket_goes_by_its_own_first_mail_and_so_do_its_answers() {
    let mut desk = split_off();

    for what in ["at once", "for a client that comes later"] {
        let row = desk.show(3).row;
        let requester = row.requester.map(|who| who.address).unwrap_or_default();
        assert_eq!((requester.as_str(), row.subject.as_str()), ("zoe@third.example", "Toner is out"), "{what}");
        let three = key(&mut desk, 3);
        let draft = desk.desk.begin_reply(&three, &ReplyOptions::default()).unwrap().draft;
        assert_eq!((draft.to, draft.cc), (vec![Address::new("Zoe", "zoe@third.example")], vec![]), "{what}");
        assert_eq!(draft.subject, "Re: Toner is out [#3]", "{what}");
        assert_eq!(desk.show(1).row.requester.map(|who| who.address).as_deref(), Some("carla@customer.example"), "{what}");
        desk.rebuild();
    }
}

#[test]
fn whom_we_asked_apart_from_the_requester_is_answered_apart_and_that_is_said() {
    let mut desk = answered();
    deliver_from(&mut desk, "Support <support+app@desk.example>", ".Sent", "supplier@parts.example", 1);
    deliver_from(&mut desk, "Supplier <supplier@parts.example>", "", "support@desk.example", 2);

    let (to, cc, remarks) = answer_to_all(&mut desk);

    assert_eq!((to, cc), (vec!["supplier@parts.example".into()], vec![]));
    assert!(remarks.iter().any(|remark| remark.starts_with("carla@customer.example is left out")), "{remarks:?}");
}

#[test]
fn a_dismissed_suggestion_is_made_no_more_until_that_is_undone() {
    for (way, number) in [("references", 1), ("tag", 2)] {
        let mut desk = knock(way, "stranger");
        let before = desk.show(number).suggestions;
        assert_eq!(before.len(), 1, "{way}: {before:?}");
        let (ticket, which) = (key(&mut desk, number), before[0].which());

        let done = desk.desk.act(std::slice::from_ref(&ticket), &Act::Dismiss(which.clone())).unwrap();

        assert_eq!(desk.show(number).suggestions, [], "{way}");
        assert!(desk.desk.act(std::slice::from_ref(&ticket), &Act::Accept(which)).is_err(), "{way}: it is not offered any more");
        assert!(!desk.show(1).row.badges.contains(&Badge::Stranger), "{way}");
        desk.desk.undo(None).unwrap();
        assert_eq!(desk.show(number).suggestions, before, "{way}: {}", done.what);
        assert_eq!(desk.desk.related(std::slice::from_ref(&ticket)).unwrap(), [ticket], "{way}");
        let one = key(&mut desk, 1);
        let begun = desk.desk.begin_reply(&one, &ReplyOptions::default());
        assert!(!begun.unwrap().draft.to.iter().any(|to| to.address.contains("eve")), "{way}: undoing does not add him");
    }
}

#[test]
fn a_look_alike_a_reply_to_elsewhere_and_a_false_name_are_noticed() {
    let mut desk = answered();

    desk.deliver("look-alike.eml");

    assert_eq!(
        signals(&mut desk, 1, "look.alike"),
        [SignalKind::Stranger, SignalKind::LookAlike, SignalKind::ReplyElsewhere, SignalKind::NameIsAddress, SignalKind::FirstTime]
    );
    assert_eq!(signals(&mut desk, 1, "opens.1"), [SignalKind::FirstTime]);
}

#[test]
fn a_mail_with_our_address_that_does_not_lie_in_sent_says_so_and_adds_nobody() {
    let mut desk = answered();

    desk.deliver_filled(
        "matrix.eml",
        &[
            ("from", "support+app@desk.example"),
            ("to", "eve@elsewhere.example"),
            ("subject", "x"),
            ("references", "In-Reply-To: <opens.1@customer.example>\n"),
            ("authentication", ""),
        ],
    );

    assert_eq!(signals(&mut desk, 1, "matrix"), [SignalKind::ClaimsToBeOurs]);
    assert_eq!(participants(&desk.show(1)), ["boss@customer.example"]);
}

#[test]
fn mail_is_routed_by_the_first_header_that_names_one_of_our_addresses() {
    let cases = [
        ("To: nobody@x.example, Shop@DESK.example\n", "shop", "To"),
        ("To: support+app+t99@desk.example\n", "app", "To"),
        ("To: list@x.example\nDelivered-To: shop@desk.example\nCc: support+app@desk.example\n", "shop", "Delivered-To"),
        ("To: undisclosed-recipients:;\nX-Delivered-To: shop@desk.example\n", "shop", "X-Delivered-To"),
        ("Envelope-To: shop@desk.example\n", "shop", "Envelope-To"),
        ("X-Envelope-To: <shop@desk.example>\n", "shop", "X-Envelope-To"),
        ("Received: from a by b for <shop@desk.example>; Mon, 23 Nov 2026 12:00:00 +0000\n", "shop", "Received"),
        ("X-Original-To: shop@desk.example\n", "shop", "X-Original-To"),
        ("X-Forwarded-To: shop@desk.example\n", "shop", "X-Forwarded-To"),
        ("To: x@x.example\nCc: Us <shop@desk.example>\n", "shop", "Cc"),
        ("To: anything.at.all@app.desk.example\n", "app", "To"),
        ("To: Help@old.example\n", "app", "To"),
        ("To: nobody@x.example\n", "app", "default"),
    ];
    for (headers, project, header) in cases {
        let mut desk = TestDesk::new();

        desk.deliver_filled("routing.eml", &[("headers", headers)]);

        let shown = desk.show(1);
        assert_eq!((shown.row.project.as_str(), shown.messages[0].routed_by.as_str()), (project, header), "{headers}");
    }
}

#[test]
fn an_answer_stays_in_its_tickets_project_whatever_it_was_sent_to() {
    let mut desk = answered();
    let to = String::from_utf8(desk::bytes("no-brackets.eml")).unwrap().replace("support+app@desk.example", "shop@desk.example");

    desk.deliver_bytes("", to.as_bytes());

    assert_eq!((desk.show(1).messages.len(), desk.show(1).row.project.as_str()), (3, "app"));
}
