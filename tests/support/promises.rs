//! What is promised of a team and its mailbox whatever was done, looked at once all is quiet.
//!
//! [`assert_promises`] is the one function that says so; the numbers are those of the table in `team_faults`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::support::rawimap::RawImap;
use super::super::support::testbed::Testbed;
use super::{Agent, DESK, assert_agree};

/// What is no business of the program: a folder of the mailbox that nobody has told it of.
const STRANGE: &str = "Private";

/// Acts that leave one event for each ticket.
pub const COUNTED: [&str; 6] = ["assign", "subject", "tag", "note", "status", "priority"];

/// The customers' mail and the folder of somebody else, as they were before anything was done.
#[derive(Clone, Debug)]
pub struct Found {
    texts: BTreeMap<String, usize>,
    strange: String,
}

impl Found {
    /// Looks at the mailbox, and puts into a strange folder a copy of one of the mails.
    pub fn in_the_mailbox(bed: &Testbed) -> Self {
        let mut client = bed.imap(DESK);
        let texts = texts(&mut client);
        client.command(&format!("CREATE {STRANGE}"));
        if let Some(text) = texts.keys().next() {
            client.append(STRANGE, "", text);
        }
        Self { texts, strange: state_of(&mut client, STRANGE) }
    }
}

/// What an agent has done and seen until now.
#[derive(Debug, Default)]
pub struct Memory {
    pub found: Option<Found>,
    /// Acts by their kind.
    acts: BTreeMap<String, i64>,
    /// Something was taken back or made again, which leaves as many events as it needs.
    is_beyond_counting: bool,
    /// Numbers that were shown, by the keys of their tickets.
    numbers: BTreeMap<String, u64>,
}

impl Memory {
    /// Notes what a command did that succeeded, and what it said.
    pub fn note(&mut self, args: &[&str], said: &str) {
        let words: Vec<&str> = args.iter().copied().filter(|word| *word != "--offline").collect();
        match words.as_slice() {
            ["undo" | "redo" | "apply", ..] => self.is_beyond_counting = true,
            [op, tickets @ ..] if !said.contains("nothing to change") => {
                let tickets = tickets.iter().take_while(|word| word.parse::<u64>().is_ok()).count();
                self.reckon(op, i64::try_from(tickets).unwrap());
            }
            _ => {}
        }
    }

    /// So many more acts of a kind, or fewer.
    pub fn reckon(&mut self, op: &str, count: i64) {
        if COUNTED.contains(&op) {
            *self.acts.entry(op.to_owned()).or_default() += count;
        }
    }

    /// Checks that a number, once it was shown, has stayed (I5).
    #[track_caller]
    pub fn see(&mut self, agent: &str, key: &str, number: u64) {
        let shown = *self.numbers.entry(key.to_owned()).or_insert(number);
        assert_eq!(shown, number, "I5: {agent} was shown another number of {key}");
    }
}

/// Lets the team come to rest and checks everything that is promised of it: I1 to I3, I5, I7 to I10.
#[track_caller]
pub fn assert_promises(bed: &Testbed, agents: &[Agent]) {
    for agent in agents.iter().chain(agents) {
        agent.sync();
    }
    assert_agree(agents);
    assert_numbers_are_unique(agents);
    for agent in agents {
        assert_done_once(agent, agents);
        agent.assert_in_order();
    }
    let mut client = bed.imap(DESK);
    assert_delivered_once(bed);
    if let Some(found) = agents.iter().find_map(|agent| agent.memory().found.clone()) {
        assert_untouched(&mut client, &found);
    }
    assert_a_further_sync_writes_nothing(&mut client, agents);
}

/// I2: each act is there once as everybody sees it, and none waits.
#[track_caller]
fn assert_done_once(agent: &Agent, agents: &[Agent]) {
    let waiting = agent.store().waiting_count().unwrap();
    assert_eq!(waiting, 0, "I2: events of {} wait", agent.name);
    let (acts, is_countable) = {
        let memory = agent.memory();
        (memory.acts.clone(), !memory.is_beyond_counting)
    };
    for seen_by in agents.iter().filter(|_| is_countable && !acts.is_empty()) {
        let tickets = seen_by.numbers().into_values().max().unwrap_or_default();
        let mut counted: BTreeMap<String, i64> = acts.keys().map(|op| (op.clone(), 0)).collect();
        for fate in seen_by.fates(tickets).into_values().filter(|fate| fate.agent == agent.name) {
            *counted.entry(fate.op).or_default() += 1;
        }
        assert_eq!(counted, acts, "I2: what {} did, as {} sees it", agent.name, seen_by.name);
    }
}

/// I5: no two tickets bear the same number.
#[track_caller]
fn assert_numbers_are_unique(agents: &[Agent]) {
    for agent in agents {
        let numbers = agent.numbers();
        let distinct: BTreeSet<&u64> = numbers.values().collect();
        assert_eq!(distinct.len(), numbers.len(), "I5: {}: {numbers:?}", agent.name);
    }
}

/// I3: nobody has got a mail twice, and of none there are two copies.
#[track_caller]
fn assert_delivered_once(bed: &Testbed) {
    for entry in std::fs::read_dir(bed.dir().join("home")).unwrap() {
        let user = format!("{}@example.test", entry.unwrap().file_name().to_str().unwrap());
        for folder in ["INBOX", "Sent"] {
            let mails = bed.mails(&user, folder);
            let ids: Vec<String> = mails.iter().filter_map(|mail| mail.header("Message-ID")).collect();
            let distinct: BTreeSet<&String> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "I3: a mail lies twice in {folder} of {user}: {ids:#?}");
        }
    }
}

/// I7: customers' mail is all there, octet by octet and once, with no flags but those that the program sets; what lies
/// in a folder of somebody else has not been touched at all.
#[track_caller]
fn assert_untouched(client: &mut RawImap, found: &Found) {
    let now = texts(client);
    for (text, count) in &found.texts {
        assert_eq!(now.get(text), Some(count), "I7: a customer's mail was altered:\n{text}");
    }
    assert_eq!(state_of(client, STRANGE), found.strange, "I7: a folder of somebody else was touched");
    for mail in ["INBOX", "Archive", "Junk"].into_iter().flat_map(|folder| client.mails(folder)) {
        let is_ours = |flag: &str| flag.starts_with("postdesk-") || ["\\Seen", "\\Answered", "\\Flagged", "\\Recent", ""].contains(&flag);
        assert!(mail.flags.split(' ').all(is_ours), "I7: {} at\n{}", mail.flags, mail.text);
    }
}

/// I8: neither a mail nor a flag of any folder is written when there is nothing to do.
#[track_caller]
fn assert_a_further_sync_writes_nothing(client: &mut RawImap, agents: &[Agent]) {
    let before = states(client);
    for agent in agents {
        let report = agent.sync();
        // A flag that is stored once more leaves no trace on the server.
        let written = ["events_out", "sent", "marked", "moved"].map(|what| report[what].as_u64());
        assert_eq!(written, [Some(0); 4], "I8: {}: {report:#}", agent.name);
    }
    assert_eq!(states(client), before, "I8: a sync without news writes");
}

/// Texts of the mails in the customers' folders, and how often each is there.
fn texts(client: &mut RawImap) -> BTreeMap<String, usize> {
    let mut texts = BTreeMap::new();
    for mail in ["INBOX", "Archive", "Junk"].into_iter().flat_map(|folder| client.mails(folder)) {
        *texts.entry(mail.text).or_default() += 1;
    }
    texts
}

/// What tells whether anything in a folder was changed.
fn state_of(client: &mut RawImap, folder: &str) -> String {
    let answer = client.command(&format!("STATUS \"{folder}\" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn states(client: &mut RawImap) -> Vec<String> {
    let listed = String::from_utf8(client.command("LIST \"\" \"*\"")).unwrap();
    let names: Vec<&str> = listed.lines().filter_map(|line| Some(line.trim().rsplit_once(' ')?.1.trim_matches('"'))).collect();
    assert!(names.contains(&"INBOX"), "{listed}");
    names.iter().map(|name| state_of(client, name)).collect()
}
