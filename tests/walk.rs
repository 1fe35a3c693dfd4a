//! A walk through everything that is done to tickets, by two people on one mailbox: done, seen by both, undone, done again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/actions.rs"]
mod actions;
#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;
#[path = "support/team.rs"]
mod team;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use actions::{Act, Before, Tickets};
use postdesk::action;
use screen::{PATIENCE, Screen};
use serde_json::Value;
use support::testbed::Testbed;
use team::{Agent, DESK, assert_agree};

const SHOP: &str = "[project.shop]\ndesk = \"acme\"\naddresses = [\"shop@example.test\"]\nfrom = \"Shop <shop@example.test>\"\n";

/// Two people who have synced the mailbox of the walk.
fn two(bed: &Testbed) -> [Agent; 2] {
    let mut client = bed.imap(DESK);
    for mail in actions::mailbox() {
        client.append("INBOX", "", &mail);
    }
    let agents = ["ana", "bo"].map(|name| Agent::on(bed, name));
    for agent in &agents {
        let config = std::fs::read_to_string(agent.home.config_path()).unwrap();
        agent.home.config(&config.replace("[project.app]\n", &format!("{SHOP}[project.app]\ndefault = true\n")));
        agent.home.file("note.txt", "Called back.\n");
        agent.home.file("corrected.txt", "Sorry: called back.\n");
        agent.sync();
    }
    agents
}

fn sync_all(agents: &[Agent]) {
    for agent in agents {
        agent.sync();
    }
}

/// Everything an agent sees of the tickets, but what happened to them and when, and whether he has read them.
#[track_caller]
fn seen(agent: &Agent, act: &Act) -> Tickets {
    let all = agent.json(&["--offline", "export", "--format", "json"]).into_iter();
    let tickets = all.map(|mut ticket| {
        let fields = ticket.as_object_mut().unwrap();
        fields.remove("events");
        fields.remove("updated");
        act.hides.and_then(|field| fields.remove(field));
        fields.remove("unread");
        fields["badges"].as_array_mut().unwrap().retain(|badge| badge != "pending" && badge != "unread");
        // By which way a mail came into its ticket.
        for message in fields["messages"].as_array_mut().unwrap().iter_mut().filter_map(Value::as_object_mut) {
            message.remove("placed_by");
            message.remove("placed_why");
        }
        (fields["number"].as_u64().unwrap_or_default(), ticket)
    });
    tickets.collect()
}

/// What differs, ticket by ticket.
#[track_caller]
fn assert_same(what: &str, found: &Tickets, wanted: &Tickets) {
    let numbers = found.keys().chain(wanted.keys());
    for number in numbers {
        let (found, wanted) = (found.get(number).unwrap_or(&Value::Null), wanted.get(number).unwrap_or(&Value::Null));
        let fields = found.as_object().into_iter().chain(wanted.as_object()).flat_map(serde_json::Map::keys);
        let differing: Vec<String> = fields
            .filter(|field| found[*field] != wanted[*field])
            .map(|field| format!("{field}: {:#} instead of {:#}", found[field], wanted[field]))
            .collect();
        assert!(found == wanted, "{what}: ticket {number} is otherwise than it was: {}", differing.join("\n"));
    }
}

/// An act on some tickets.
struct Case<'a> {
    act: &'a Act,
    on: &'a [u64],
}

impl Case<'_> {
    fn what(&self) -> String {
        let words = if self.act.typed.is_empty() { self.act.keys[0].0.to_owned() } else { self.act.typed.join(" ") };
        format!("{} ({words}) on {:?}", self.act.name, self.on)
    }

    /// Not one that only the screen has an order for.
    fn is_a_command_of_its_own(&self) -> bool {
        let differs = action::find(self.act.name).is_some_and(|action| action.command.is_some()) || self.act.before != Before::Anything;
        differs && !self.act.typed.is_empty()
    }

    fn line(&self, words: &[&str]) -> Vec<String> {
        let numbers = self.on.iter().map(ToString::to_string);
        words.iter().flat_map(|word| if *word == "TICKETS" { numbers.clone().collect() } else { vec![(*word).to_owned()] }).collect()
    }

    #[track_caller]
    fn run(&self, agent: &Agent, words: &[&str]) {
        let line = self.line(words);
        agent.run(&line.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Makes the act possible, for both.
    fn prepare(&self, agents: &[Agent; 2]) {
        let [ana, bo] = agents;
        match self.act.before {
            Before::Anything => return,
            Before::Ordered(words) => self.run(ana, words),
            Before::Lost => {
                self.run(ana, &["--offline", "assign", "TICKETS", "ana"]);
                // Each time to somebody else, or there would be nothing to change.
                self.run(bo, &["assign", "TICKETS", &format!("bo-{}", self.on.len())]);
                bo.sync();
            }
        }
        sync_all(agents);
        sync_all(agents);
    }

    #[track_caller]
    fn assert_done(&self, agent: &Agent) {
        let tickets = seen(agent, self.act);
        assert!((self.act.seen)(&tickets, self.on), "{}: {} sees {tickets:#?}", self.what(), agent.name);
    }
}

fn cases(acts: &'static [Act]) -> impl Iterator<Item = Case<'static>> {
    acts.iter().flat_map(|act| act.on.iter().map(move |on| Case { act, on }))
}

/// On the command line every order is a program of its own: each undo is one after a restart.
fn walk_on_the_command_line(acts: &'static [Act]) {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed);
    let [ana, bo] = &agents;
    for case in cases(acts).filter(Case::is_a_command_of_its_own) {
        case.prepare(&agents);
        let before = seen(ana, case.act);

        // Before any sync.
        case.run(ana, case.act.typed);
        case.assert_done(ana);
        if case.act.undone {
            for order in ["undo", "redo", "undo"] {
                ana.run(&[order]);
                if order == "redo" { case.assert_done(ana) } else { assert_same(&case.what(), &seen(ana, case.act), &before) }
            }
            sync_all(&agents);
            assert_same(&case.what(), &seen(bo, case.act), &before);
            assert_agree(&agents);
            ana.run(&["redo"]);
        }

        // Shared.
        sync_all(&agents);
        case.assert_done(bo);
        assert_agree(&agents);
        if case.act.undone {
            ana.run(&["undo"]);
            sync_all(&agents);
            for agent in &agents {
                assert_same(&case.what(), &seen(agent, case.act), &before);
            }
            assert_agree(&agents);
        }
    }
}

#[test]
fn fields_written_by_commands_are_seen_by_both_and_as_before_once_undone() {
    walk_on_the_command_line(actions::FIELDS);
}

#[test]
fn sets_and_notes_changed_by_commands_are_seen_by_both_and_as_before_once_undone() {
    walk_on_the_command_line(actions::SETS);
}

#[test]
fn tickets_joined_and_parted_by_commands_are_so_for_both_and_as_before_once_undone() {
    walk_on_the_command_line(actions::STRUCTURE);
}

/// Waits until an agent sees tickets as wanted.
#[track_caller]
fn wait_to_see(agent: &Agent, case: &Case<'_>, what: &str, wanted: impl Fn(&Tickets) -> bool) {
    let end = Instant::now() + PATIENCE;
    loop {
        let tickets = seen(agent, case.act);
        if wanted(&tickets) {
            return;
        }
        assert!(Instant::now() < end, "{what} of {}: {} sees {tickets:#?}", case.what(), agent.name);
    }
}

/// The same of the colleague, who asks for news each time; then both have folded the same.
#[track_caller]
fn wait_for_both(agents: &[Agent; 2], case: &Case<'_>, what: &str, wanted: impl Fn(&Tickets) -> bool) {
    let [ana, bo] = agents;
    let end = Instant::now() + PATIENCE;
    loop {
        bo.sync();
        let tickets = seen(bo, case.act);
        let is_quiet = || ana.store().waiting_count().unwrap() == 0 && ana.hash() == bo.hash() && ana.list() == bo.list();
        if wanted(&tickets) && is_quiet() {
            return assert_agree(agents);
        }
        assert!(Instant::now() < end, "{what} of {}: {} sees {tickets:#?}", case.what(), bo.name);
    }
}

/// Somebody's screen.
struct Desk {
    screen: Screen,
}

impl Desk {
    fn open(agent: &Agent, args: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_postdesk"));
        let screen = Screen::start(program, args, agent.home.environment(), agent.home.path(), (40, 140));
        screen.wait_for_text("Question 3");
        Self { screen }
    }

    /// Has the list show the tickets of the case alone, several of them marked.
    fn find(&mut self, case: &Case<'_>) {
        let query: Vec<String> = case.on.iter().map(|number| format!("number:{number}")).collect();
        let query = query.join(" OR ");
        // What another act was about may be the same, and still stand there.
        let stands = |text: &str, number: u64| {
            text.lines().skip(3).take(8).any(|line| line.chars().take(12).collect::<String>().contains(&format!("#{number} ")))
        };
        self.screen.send("8");
        self.screen.wait_for("all tickets", |text| (1..=4).all(|number| stands(text, number)), PATIENCE);
        self.screen.send(&format!("/<ctrl-u>{query}<enter>"));
        let alone = |text: &str| text.contains(&format!("/{query} ")) && (1..=6).all(|number| stands(text, number) == case.on.contains(&number));
        self.screen.wait_for("the tickets alone", alone, PATIENCE);
        if case.on.len() > 1 {
            self.screen.send("*");
            self.screen.wait_for_text("2 marked");
        }
    }

    fn act(&mut self, case: &Case<'_>) {
        self.find(case);
        let (last, first) = case.act.keys.split_last().unwrap();
        for (keys, text) in first {
            self.screen.send(keys);
            self.screen.wait_for_text(text);
        }
        self.screen.send(last.0);
        let is_many = case.on.len() > 1;
        // A note stands under a review of its own.
        let question = if is_many && case.act.name != "note" { Some("u takes it back.") } else { case.act.asked };
        if let Some(question) = question {
            self.screen.wait_for_text(question);
            self.screen.send("y");
        }
        self.screen.wait_for_text(if is_many { case.act.said_of_many } else { last.1 });
    }

    fn order(&mut self, key: &str, said: &str) {
        self.screen.send(key);
        self.screen.wait_for_text(said);
    }

    /// Back to the list, without a mark.
    fn rest(&mut self, case: &Case<'_>) {
        if ["split", "edit-note"].contains(&case.act.name) {
            self.screen.send("q");
        }
        self.screen.wait_for_text("by newest activity");
    }

    fn leave(mut self) {
        self.screen.send("<ctrl-c><ctrl-c>");
        assert!(self.screen.wait_exit(PATIENCE).success(), "{}", self.screen.text());
    }
}

const UNDO_AND_REDO: [(&str, &str); 3] = [("u", "undid on"), ("U", "redid on"), ("u", "undid on")];

/// Without a network, so that nothing is shared before it is undone.
fn walk_by_keys_before_any_sync(acts: &'static [Act]) {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed);
    let [ana, bo] = &agents;
    let mut kept = None;
    for case in cases(acts).filter(|case| !case.act.keys.is_empty()) {
        if case.act.before != Before::Anything {
            kept.take().into_iter().for_each(Desk::leave);
            case.prepare(&agents);
        }
        let before = seen(ana, case.act);
        let desk = kept.get_or_insert_with(|| Desk::open(ana, &["--offline"]));

        desk.act(&case);
        wait_to_see(ana, &case, "the act", |tickets| (case.act.seen)(tickets, case.on));
        if case.act.undone {
            // The same order under another name need not be done again.
            let times = if case.is_a_command_of_its_own() { 3 } else { 1 };
            for (key, said) in UNDO_AND_REDO.into_iter().take(times) {
                desk.order(key, said);
                let wanted = |tickets: &Tickets| if key == "U" { (case.act.seen)(tickets, case.on) } else { *tickets == before };
                wait_to_see(ana, &case, &format!("{key}, before {before:#?},"), wanted);
            }
        }
        desk.rest(&case);
    }
    kept.take().into_iter().for_each(Desk::leave);
    sync_all(&agents);
    assert_same("at the end", &seen(bo, &acts[0]), &seen(ana, &acts[0]));
    assert_agree(&agents);
}

/// On the network: the colleague sees the act, and, undone by a later start of the program, that too.
fn walk_by_keys_across_a_restart(acts: &'static [Act]) {
    let Some(bed) = Testbed::start() else { return };
    let agents = two(&bed);
    let [ana, _] = &agents;
    let is_whole = |act: &Act| act.name == "edit-note" || action::find(act.name).is_some_and(|action| action.command.is_some());
    for act in acts.iter().filter(|act| is_whole(act) && !act.keys.is_empty()) {
        let case = Case { act, on: act.on[act.on.len() - 1] };
        case.prepare(&agents);
        let before = seen(ana, case.act);

        let mut desk = Desk::open(ana, &[]);
        desk.act(&case);
        wait_for_both(&agents, &case, "the act", |tickets| (act.seen)(tickets, case.on));
        desk.leave();

        if act.undone {
            let mut desk = Desk::open(ana, &[]);
            for (key, said) in UNDO_AND_REDO {
                desk.order(key, said);
                let wanted = |tickets: &Tickets| if key == "U" { (act.seen)(tickets, case.on) } else { *tickets == before };
                wait_for_both(&agents, &case, &format!("{key}, before {before:#?},"), wanted);
            }
            desk.leave();
        }
    }
}

#[test]
fn fields_written_by_keys_are_as_before_once_undone() {
    walk_by_keys_before_any_sync(actions::FIELDS);
}

#[test]
fn sets_and_notes_changed_by_keys_are_as_before_once_undone() {
    walk_by_keys_before_any_sync(actions::SETS);
}

#[test]
fn tickets_joined_and_parted_by_keys_are_as_before_once_undone() {
    walk_by_keys_before_any_sync(actions::STRUCTURE);
}

#[test]
fn fields_written_by_keys_and_shared_are_undone_for_both_after_a_restart() {
    walk_by_keys_across_a_restart(actions::FIELDS);
}

#[test]
fn sets_and_notes_changed_by_keys_and_shared_are_undone_for_both_after_a_restart() {
    walk_by_keys_across_a_restart(actions::SETS);
}

#[test]
fn tickets_joined_and_parted_by_keys_and_shared_are_undone_for_both_after_a_restart() {
    walk_by_keys_across_a_restart(actions::STRUCTURE);
}

#[test]
fn everything_that_can_be_undone_is_on_the_way() {
    // Each of the others is undone and done again.
    let wanted = action::all().filter(|action| action.undo && action.name != "redo").map(|action| action.name);
    let walked: BTreeSet<&str> = actions::all().map(|act| act.name).collect();

    let left: Vec<&str> = wanted.filter(|name| !walked.contains(name)).collect();

    assert!(left.is_empty(), "{left:?} is in no table");
    let commands: BTreeSet<&str> = actions::all().filter_map(|act| act.typed.first().copied()).collect();
    let is_command = |name: &&str| action::find(name).is_some_and(|action| action.command.is_some());
    let left: Vec<&&str> = walked.iter().filter(|name| is_command(name) && !commands.contains(**name)).collect();
    assert!(left.is_empty(), "{left:?} is not tried as a command");
}
