use std::collections::BTreeSet;

use super::*;
use crate::cli::usage::read_line;
use crate::domain::draft::Check;
use crate::domain::query::Sort;
use crate::domain::ticket::{Priority, Status};

fn typed(line: &str) -> Outcome<Meant> {
    read_line(std::iter::once("postdesk").chain(line.split_whitespace()).map(OsString::from).collect())
}

fn order_of(line: &str) -> Order {
    typed(line).unwrap_or_else(|failure| panic!("{line}\n{failure}")).order
}

fn refused(line: &str) -> String {
    let failure = typed(line).expect_err(line);
    assert_eq!(failure.code, crate::cli::fail::USAGE, "{line}");
    failure.to_string()
}

fn name(text: &str) -> TicketName {
    text.parse().unwrap()
}

#[test]
fn without_a_command_the_screen_is_meant() {
    assert_eq!(order_of(""), Order::Screen);
    assert_eq!(order_of("--offline"), Order::Screen);
}

#[test]
fn global_options_stand_before_and_after_the_command() {
    let wanted = Globals { desk: Some("acme".into()), agent: Some("ana".into()), offline: true, ..Globals::default() };

    assert_eq!(typed("--desk acme --agent ana --offline list").unwrap().globals, wanted);
    assert_eq!(typed("list --desk acme --agent ana --offline").unwrap().globals, wanted);
}

#[test]
fn a_query_is_all_its_words_with_dashes_and_options_around_it() {
    let wanted = ListOrder { query: "status:open  -tag:spam printer".into(), sort: Sort::Priority, limit: 7, json: true };

    assert_eq!(order_of("list status:open -tag:spam printer --json --sort Priority --limit 7"), Order::List(wanted));
    assert_eq!(
        order_of("list --json -tag:spam"),
        Order::List(ListOrder { query: "-tag:spam".into(), sort: Sort::Updated, limit: DEFAULT_LIMIT, json: true })
    );
}

#[test]
fn tickets_and_tag_changes_are_told_apart() {
    let change = ChangeOrder::Tag { add: vec!["billing".into()], remove: vec!["vip".into(), "new".into()] };

    assert_eq!(order_of("tag 5 #6 +Billing -vip -new --offline"), Order::Change { tickets: vec![name("5"), name("#6")], change });
}

#[test]
fn a_tag_command_without_ticket_or_change_says_which_is_missing() {
    assert!(refused("tag 5 6").contains("no tag is named"));
    assert!(refused("tag +a +b").contains("no ticket is named"));
    assert!(refused("tag 5 +a,b").contains("`a,b` is no tag"));
}

#[test]
fn the_last_word_is_the_value_and_all_before_are_tickets() {
    let tickets = vec![name("5"), name("6"), name("a1b2c3")];

    assert_eq!(order_of("assign 5 6 a1b2c3 Ana"), Order::Change { tickets: tickets.clone(), change: ChangeOrder::Assign(Some("ana".into())) });
    assert_eq!(order_of("assign 5 6 a1b2c3 none"), Order::Change { tickets: tickets.clone(), change: ChangeOrder::Assign(None) });
    assert_eq!(order_of("assign 5 6 a1b2c3 me"), Order::Change { tickets: tickets.clone(), change: ChangeOrder::AssignMe });
    assert_eq!(order_of("status 5 6 a1b2c3 Solved"), Order::Change { tickets: tickets.clone(), change: ChangeOrder::Status(Status::Solved) });
    assert_eq!(order_of("priority 5 6 a1b2c3 high"), Order::Change { tickets, change: ChangeOrder::Priority(Priority::High) });
}

#[test]
fn a_reply_carries_everything_that_was_asked_for() {
    let order =
        order_of("reply 5 --template refund --body - --attach a.pdf --attach b.pdf --cc x@y.example --status pending --allow empty-body --send");

    let Order::Reply { ticket, status, mail } = order else { panic!("{order:?}") };
    assert_eq!((ticket, status), (name("5"), Some(Status::Pending)));
    assert_eq!((mail.template.as_deref(), &mail.body, mail.fate), (Some("refund"), &Some(BodySource::Stdin), Fate::Send));
    assert_eq!(mail.attach, [PathBuf::from("a.pdf"), PathBuf::from("b.pdf")]);
    assert_eq!(mail.cc, [Address::new("", "x@y.example")]);
    assert_eq!(mail.allow, BTreeSet::from([Check::EmptyBody]));
}

#[test]
fn a_dry_run_wins_over_sending() {
    let Order::Reply { mail, .. } = order_of("reply 5 --send --dry-run") else { panic!() };

    assert_eq!(mail.fate, Fate::DryRun);
}

#[test]
fn without_send_a_mail_stays_a_draft() {
    let Order::New { mail, .. } = order_of("new --project app --to a@b.example --subject Hi") else { panic!() };

    assert_eq!(mail.fate, Fate::Draft);
}

#[test]
fn what_stands_behind_the_dashes_of_demo_is_left_alone() {
    let Order::Demo(demo) = order_of("demo --seed 7 -- list status:open --json") else { panic!() };

    assert_eq!(demo.command, ["list", "status:open", "--json"]);
    assert_eq!((demo.seed, demo.fresh), (Some(7), false));
}

#[test]
fn sub_commands_take_their_ids() {
    assert_eq!(order_of("outbox retry 7 --anyway"), Order::Outbox(OutboxOrder::Retry { id: 7, anyway: true }));
    assert_eq!(order_of("outbox list --json"), Order::Outbox(OutboxOrder::List { json: true }));
    assert_eq!(order_of("drafts discard 3"), Order::Drafts(DraftsOrder::Discard(3)));
    assert_eq!(order_of("templates render refund --ticket 5"), Order::Templates(TemplatesOrder::Render { name: "refund".into(), ticket: name("5") }));
}

#[test]
fn a_misspelt_word_names_its_neighbour() {
    assert_eq!(refused("lsit"), "postdesk: `lsit` is no command\n  did you mean `list`? See `postdesk --help`");
    assert_eq!(refused("list --jsno"), "postdesk: `--jsno` is no option of `postdesk list`\n  did you mean `--json`? See `postdesk list --help`");
    assert_eq!(
        refused("status 5 slved"),
        "postdesk: `slved` is not possible for <STATUS>\n  did you mean `solved`? One of: open, pending, hold, solved, spam"
    );
    assert_eq!(
        refused("outbox retyr 5"),
        "postdesk: `retyr` is no command of `postdesk outbox`\n  did you mean `retry`? See `postdesk outbox --help`"
    );
}

#[test]
fn words_of_other_helpdesks_name_what_is_meant_here() {
    for (word, meant) in [("done", "solved"), ("Closed", "solved"), ("waiting", "pending"), ("junk", "spam"), ("new", "open")] {
        let refused = refused(&format!("status 5 {word}"));
        assert!(refused.contains(&format!("did you mean `{meant}`?")), "{refused}");
    }
    assert!(refused("priority 5 critical").contains("did you mean `urgent`?"));
}

#[test]
fn a_tag_without_a_sign_is_shown_with_both() {
    let text = refused("tag 5 billing");
    assert!(text.contains("write +billing to add it and -billing to remove it"), "{text}");
    assert!(!refused("tag x! billing").contains("+x!"), "of two words that are no tickets the first is wrong");
}

#[test]
fn what_is_missing_is_named_with_the_usage() {
    let text = refused("new --project app");

    assert!(text.contains("--to <ADDRESS>") && text.contains("--subject <SUBJECT>"), "{text}");
    assert!(text.contains("postdesk new"), "{text}");
}

#[test]
fn wrong_values_say_what_is_expected() {
    assert_eq!(refused("show x!"), "postdesk: `x!` is not a ticket\n  expected a number such as 1042 or #1042, or at least 4 digits of its key");
    assert!(refused("list --limit many").contains("`many` is no number for limit"));
    assert!(refused("reply 5 --to ana").contains("`ana` is not a mail address"));
    assert!(refused("undo 17").contains("`17` is not an event"));
    assert!(refused("show 5 --raw --json").contains("exclude each other"));
}
