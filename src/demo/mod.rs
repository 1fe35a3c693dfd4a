//! The demo: a support mailbox made up from a seed, on a local Maildir, with
//! templates and a past, so that everything can be tried without an account.
//!
//! What is written and in which order depends on the seed alone. The time of
//! day is an argument and only moves the dates.

mod calendar;
mod client;
mod dealer;
mod encode;
mod files;
mod mime;
mod oddities;
mod office;
mod people;
pub mod rng;
mod scenario;
mod tree;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use office::{agents, desk_config, views};

use crate::config::{Agent, DeskConfig};
use crate::domain::ticket::{Priority, Status};
use crate::domain::{MessageId, Timestamp};

use self::dealer::Dealer;
use self::scenario::{Client, Scenario};
use self::tree::{Tree, create_folder};

/// The name of the demo's desk.
pub const DESK: &str = "demo";

/// The number of mails a demo has when nobody says otherwise.
pub const MESSAGES: u32 = 240;

/// What kind of mailbox to make up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// Exactly so many mails are written.
    pub messages: u32,
    pub seed: u64,
    /// The newest mails are minutes older than this.
    pub now: Timestamp,
    /// Mail goes below `dir/mail`, templates below `dir/templates`.
    pub dir: PathBuf,
}

/// A mailbox that has been made up, and how to work on it.
#[derive(Clone, Debug)]
pub struct Demo {
    pub desk: DeskConfig,
    /// All who work on the desk; the first opens the demo.
    pub agents: Vec<Agent>,
    /// What has been done to tickets, oldest first.
    pub seeded: Vec<Seeded>,
    pub counts: Counts,
}

/// Something an agent did to a ticket before the demo was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeded {
    /// The first mail of the ticket.
    pub message_id: MessageId,
    /// The short name of who did it.
    pub agent: String,
    pub at: Timestamp,
    pub act: SeededAct,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeededAct {
    Assign(String),
    Status(Status),
    Priority(Priority),
    /// Tags to add.
    Tag(Vec<String>),
    Note(String),
}

/// How many mails of each kind there are; the folders add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inbox: u32,
    pub sent: u32,
    pub archive: u32,
    pub junk: u32,
    /// Conversations with a customer that were written to their end.
    pub conversations: u32,
    pub auto_replies: u32,
    pub bounces: u32,
    pub list_mail: u32,
    pub hostile: u32,
    pub not_mime: u32,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{0} exists already; a demo is not written over other mail")]
    Exists(PathBuf),
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
}

/// Tells whether a demo was made in this folder, to its end.
pub fn exists(dir: &Path) -> bool {
    dir.join("mail").is_dir()
}

/// Makes up a mailbox and its templates.
///
/// The mail appears under its final name when it is complete, so a generator
/// that was interrupted leaves nothing that looks like a demo.
///
/// # Errors
/// [`DemoError::Exists`] when `dir/mail` is there already, else what could not be written.
pub fn generate(options: &DemoOptions) -> Result<Demo, DemoError> {
    let (mail, partial) = (options.dir.join("mail"), options.dir.join("mail.partial"));
    if mail.exists() {
        return Err(DemoError::Exists(mail));
    }
    create_folder(&options.dir)?;
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(|source| DemoError::Write { path: partial.clone(), source })?;
    }
    let mut dealer = Dealer {
        rng: rng::Rng::new(options.seed),
        calendar: calendar::Calendar::new(options.now, options.messages),
        tree: Tree::create(&partial)?,
        left: options.messages,
        counts: Counts::default(),
        seeded: Vec::new(),
    };
    deal_everything(&mut dealer, options.messages)?;
    office::write_templates(&options.dir)?;
    fs::rename(&partial, &mail).map_err(|source| DemoError::Write { path: mail, source })?;
    let Dealer { mut seeded, counts, .. } = dealer;
    seeded.sort_by_key(|seeded| seeded.at);
    Ok(Demo { desk: desk_config(&options.dir), agents: agents(), seeded, counts })
}

fn deal_everything(dealer: &mut Dealer, messages: u32) -> Result<(), DemoError> {
    for round in 0..=messages / 400 {
        dealer.oddities(messages / 6, round)?;
    }
    for length in [if messages >= 150 { 42 } else { 0 }, if messages >= 50_000 { 2000 } else { 0 }] {
        if length > 0 {
            dealer.deal(&endless(length), true)?;
        }
    }
    let mut deck = scenario::all();
    let mut fresh = true;
    while dealer.left > 0 {
        dealer.rng.shuffle(&mut deck);
        for scenario in &deck {
            if dealer.left > 0 {
                dealer.deal(scenario, fresh)?;
            }
        }
        fresh = false;
    }
    Ok(())
}

/// The conversation with the lighthouse, in so many mails.
fn endless(length: usize) -> Scenario {
    Scenario {
        project: "hub",
        lang: "en",
        subject: "Gaps in the readings at Skerry lighthouse",
        client: Some(Client::Thunderbird),
        age: Some(1500),
        assign: Some("kenji"),
        tags: vec!["readings", "firmware"],
        steps: scenario::endless().into_iter().cycle().take(length).collect(),
        ..Scenario::default()
    }
}
