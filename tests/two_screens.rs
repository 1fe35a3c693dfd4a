//! Two people triage one mailbox at two screens, and one of them is offline in between: nothing is lost, nothing doubled.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dice::Dice;

use screen::{PATIENCE, Screen};
use support::dovecot::PASSWORD;
use support::proxy::Proxy;
use support::testbed::Testbed;
use team::promises::assert_promises;
use team::{Agent, CUSTOMER, DESK, fill, hostile, question, remember};

const TICKETS: usize = 6;

/// Rounds of triage, each with a time online and a time in which one is offline; more with these variables.
const ROUNDS: &str = "POSTDESK_TRIAGE_ROUNDS";
const MINUTES: &str = "POSTDESK_TRIAGE_MINUTES";
const SEED: &str = "POSTDESK_TRIAGE_SEED";

/// Somebody at a screen, and what was done there.
struct Person<'a> {
    agent: &'a Agent,
    screen: Screen,
    /// How often each kind of event was made.
    done: BTreeMap<&'static str, usize>,
    notes: usize,
}

impl<'a> Person<'a> {
    fn at_a_screen(agent: &'a Agent) -> Self {
        let screen = Screen::of(&agent.home, &[], (30, 100));
        screen.wait_for_text("Question 1");
        Self { agent, screen, done: BTreeMap::new(), notes: 0 }
    }

    /// Has the list show this ticket alone.
    fn find(&mut self, ticket: usize) {
        self.screen.send(&format!("/<ctrl-u>number:{ticket}<enter>"));
        let filtered = format!("/number:{ticket} ");
        // In rows of tickets: what is said at the bottom may name another.
        let rows = |text: &str| text.lines().filter(|line| line.trim_start_matches(['▸', '●', ' ']).starts_with('#')).collect::<String>();
        let shown = |text: &str| (1..=TICKETS).all(|number| rows(text).contains(&format!("Question {number} ")) == (number == ticket));
        self.screen.wait_for("the ticket alone", |text| text.contains(&filtered) && shown(text), PATIENCE);
    }

    /// Orders something of a ticket behind `:` and waits until it is said to be done, or that a change of before was
    /// lost, which covers it. Whether it was done is seen in the history at the end.
    fn order(&mut self, ticket: usize, line: &str, op: &'static str, said: &str) {
        self.find(ticket);
        self.screen.send(&format!(":{line}<enter>"));
        self.screen.wait_for(said, |text| text.contains(said) || is_covered(text), PATIENCE);
        *self.done.entry(op).or_default() += 1;
    }

    /// Waits for something of the status line, which a message about a conflict may cover until a key is pressed.
    fn wait_beside_messages(&mut self, what: &str, wanted: impl Fn(&str) -> bool, patience: Duration) {
        while is_covered(&self.screen.wait_for(what, |text| is_covered(text) || wanted(text), patience)) {
            self.screen.send("<home>");
            self.screen.wait_for("the status line", |text| !is_covered(text), PATIENCE);
        }
    }

    /// One act of triage, each time one that changes something.
    fn act(&mut self, dice: &mut Dice, ticket: usize) {
        self.notes += 1;
        let (name, nth) = (self.agent.name, self.notes);
        match dice.below(4) {
            0 => self.order(ticket, &format!("note {name} says {nth}."), "note", "note added"),
            1 => self.order(ticket, &format!("tag +{name}{nth}"), "tag", &format!("+{name}{nth}")),
            2 => self.order(
                ticket,
                &format!("subject Question {ticket} by {name} {nth}"),
                "subject",
                &format!("subject is now Question {ticket} by {name} {nth}"),
            ),
            _ => self.order(ticket, &format!("assign {name}{nth}"), "assign", &format!("assigned to {name}{nth}")),
        }
    }

    /// Answers a ticket up to the order to send.
    fn reply(&mut self, ticket: usize, text: &str) {
        self.find(ticket);
        self.screen.send("<enter>");
        self.screen.wait_for_text("T template");
        self.screen.send("r");
        self.screen.wait_for_text("PUBLIC REPLY");
        self.screen.send(text);
        self.screen.wait_for_text(text);
        self.screen.send("<esc>");
        self.screen.wait_for_text("ready to send");
        self.screen.send("y");
        self.screen.wait_until_gone("review before sending");
        self.screen.send("q");
        self.screen.wait_for_text("by newest activity");
        *self.done.entry("sent").or_default() += 1;
    }

    fn leave(mut self) -> BTreeMap<&'static str, usize> {
        // Else it asks about what waits.
        let waits = |mail: &serde_json::Value| mail["state"] != "sent";
        support::wait_until("an empty outbox", PATIENCE, || !self.agent.json(&["outbox", "list", "--json"]).iter().any(waits));
        self.screen.settle();
        self.screen.send("q");
        // The screen may hear of the last mail a moment later.
        let end = Instant::now() + PATIENCE;
        while self.screen.asks_or_ends("Quit?") {
            assert!(Instant::now() < end, "it asks for ever:\n{}", self.screen.text());
            self.screen.send("n");
            self.screen.wait_until_gone("Quit?");
            self.screen.settle();
            self.screen.send("q");
        }
        assert!(self.screen.wait_exit(PATIENCE).success(), "{}", self.screen.text());
        let raw = self.screen.raw();
        let wrote = |words: &str| raw.windows(words.len()).any(|part| part == words.as_bytes());
        assert!(!wrote("\x1b]0;owned") && !wrote(PASSWORD), "a mail or a secret has reached the terminal of {}", self.agent.name);
        for (op, count) in &self.done {
            self.agent.reckon(op, i64::try_from(*count).unwrap());
        }
        self.done
    }
}

/// Whether a message about a conflict covers what is said at the bottom.
fn is_covered(text: &str) -> bool {
    text.contains("\n ✗ ")
}

/// The events of each kind that stand in the history of all tickets, by who made them.
fn history(agent: &Agent, of: &str) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for ticket in 1..=TICKETS {
        let shown = agent.json(&["show", &ticket.to_string(), "--json"]).remove(0);
        for event in shown["events"].as_array().unwrap().iter().filter(|event| event["agent"] == of) {
            *counted.entry(event["op"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    counted
}

#[track_caller]
fn assert_each_once(person: &Agent, done: &BTreeMap<&'static str, usize>, seen_by: &Agent) {
    let history = history(seen_by, person.name);
    for (op, count) in done {
        assert_eq!(history.get(*op), Some(count), "{op} of {} as {} sees it: {history:?}", person.name, seen_by.name);
    }
}

#[test]
fn what_two_people_do_at_their_screens_is_there_once_though_one_goes_offline_in_between() {
    let Some(bed) = Testbed::start() else { return };
    fill(&mut bed.imap(DESK), (1..=TICKETS).map(|number| if number == 1 { hostile(&question(number)) } else { question(number) }));
    let line = Proxy::start(bed.ports().imap);
    let agents = [Agent::sending(line.port, bed.ports().smtp, "ana"), Agent::sending(bed.ports().imap, bed.ports().smtp, "bo")];
    remember(&bed, &agents);
    for agent in &agents {
        let config = std::fs::read_to_string(agent.home.config_path()).unwrap();
        agent.home.config(&format!("{config}[send]\nundo_window = \"0s\"\n"));
        agent.sync();
    }
    let [ana, bo] = &agents;
    let mut dice = Dice::new(support::setting(SEED, 1));
    let (mut hers, mut his) = (Person::at_a_screen(ana), Person::at_a_screen(bo));
    let (mut answers, mut round) = (0, 0);
    let (rounds, minutes) = (support::setting(ROUNDS, 1), support::setting(MINUTES, 0));
    let begun = Instant::now();

    while round < rounds || begun.elapsed() < Duration::from_mins(minutes) {
        round += 1;
        // Both at once: her tickets are the odd ones, his the even ones; fields of one ticket are fought for below.
        for place in 0..3 {
            hers.act(&mut dice, place * 2 + 1);
            his.act(&mut dice, place * 2 + 2);
        }
        hers.reply(1, &format!("Like this, says ana in round {round}."));
        his.reply(2, &format!("Like that, says bo in round {round}."));
        answers += 2;
        bed.wait_for_mails(CUSTOMER, "INBOX", answers);

        line.take_away();
        hers.wait_beside_messages("that she is offline", |text| text.contains("offline since"), PATIENCE);
        hers.order(5, &format!("assign ana-away-{round}"), "assign", &format!("assigned to ana-away-{round}"));
        hers.order(6, &format!("note Written on the train, {round}."), "note", "note added");
        hers.reply(3, &format!("Written on the train, {round}."));
        his.order(5, &format!("assign bo-here-{round}"), "assign", &format!("assigned to bo-here-{round}"));
        his.act(&mut dice, 6);
        assert_eq!(bed.mails(CUSTOMER, "INBOX").len(), answers, "nothing leaves unasked while she is offline");

        line.give_back();
        hers.wait_beside_messages("the connection", |text| !text.contains("offline since"), Duration::from_secs(90));
        answers += 1;
        // Should its turn have expired on a busy machine, it is tried again a minute later.
        support::wait_until("her answer", Duration::from_secs(90), || bed.mails(CUSTOMER, "INBOX").len() >= answers);
        eprintln!("round {round} after {:?}", begun.elapsed());
    }
    let (hers, his) = (hers.leave(), his.leave());

    assert_promises(&bed, &agents);
    for seen_by in &agents {
        assert_each_once(ana, &hers, seen_by);
        assert_each_once(bo, &his, seen_by);
    }
    let mut texts: Vec<String> = bed.mails(CUSTOMER, "INBOX").iter().map(|mail| mail.header("Message-ID").unwrap_or_default()).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((all, texts.len()), (answers, answers), "each answer was delivered once");
}
