//! Between an event and its message: what the mail says, and what a message of the folder is.

use std::sync::Arc;

use crate::domain::envelope::{self, LogName};
use crate::domain::event::{Change, Event};
use crate::domain::seal::TeamKey;
use crate::domain::{MessageId, Timestamp};
use crate::mail::{self, EventMail, NoEventMail};
use crate::store::log::{LogContent, LogEntry};
use crate::sync::source::Fetched;

/// An event in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub text: String,
}

/// Why an event cannot stand in the log.
#[derive(Debug)]
pub enum Unwritable {
    /// It would be larger than any server is sure to take.
    TooLarge,
    Compose(mail::ComposeError),
}

/// Writes an event as the mail that goes into the folder.
///
/// # Errors
/// It is too large, or the mailbox's address cannot stand in a header.
pub fn write(event: &Event, words: &Words, mailbox: &str, log: &LogName, key: &TeamKey) -> Result<Vec<u8>, Unwritable> {
    write_again(event, None, words, mailbox, log, key)
}

/// The same of an event that stood in the log before: `raw` is its text where that says more than this version understands.
///
/// # Errors
/// As [`write`].
pub fn write_again(event: &Event, raw: Option<&str>, words: &Words, mailbox: &str, log: &LogName, key: &TeamKey) -> Result<Vec<u8>, Unwritable> {
    let json = match raw {
        Some(raw) => envelope::seal_again(raw, key),
        None => envelope::seal(event, log, key),
    };
    let json = json.map_err(|_| Unwritable::TooLarge)?;
    let mail = EventMail {
        mailbox,
        agent: &event.agent,
        subject: &words.subject,
        text: &words.text,
        message_id: message_id(event, log),
        date: event.at,
        json: &json,
    };
    let bytes = mail::write_event(&mail).map_err(Unwritable::Compose)?;
    let limit = if is_snapshot(&event.change) { mail::SNAPSHOT_OCTETS } else { mail::EVENT_OCTETS };
    if bytes.len() > limit { Err(Unwritable::TooLarge) } else { Ok(bytes) }
}

fn is_snapshot(change: &Change) -> bool {
    matches!(change, Change::Snapshot { .. } | Change::Reepoch { .. })
}

/// `pd1.ACTOR.SEQ@EPOCH.invalid`; what has no place in its device's row says what it is instead.
fn message_id(event: &Event, log: &LogName) -> MessageId {
    let seq = match &event.change {
        Change::Genesis { .. } => "genesis".to_owned(),
        Change::Snapshot { snap, part, .. } | Change::Reepoch { snap, part, .. } => format!("{snap}-{part}"),
        _ => event.id.seq.to_string(),
    };
    let text = format!("pd1.{}.{seq}@{}.invalid", event.id.actor, log.epoch);
    MessageId::new(&text).unwrap_or_else(|| MessageId::synthetic(text.as_bytes()))
}

/// A message of the folder, with the text of the event it may be.
#[derive(Debug)]
pub struct Opened {
    pub uid: u32,
    pub received: Timestamp,
    /// How much of it was fetched.
    pub octets: u64,
    pub text: Result<String, NoEventMail>,
}

impl Opened {
    pub fn of(fetched: &Fetched) -> Self {
        Self {
            uid: fetched.uid,
            received: fetched.internal_date.unwrap_or(Timestamp::UNIX_EPOCH),
            octets: fetched.bytes.len() as u64,
            text: mail::read_event(&fetched.bytes, fetched.size as usize),
        }
    }

    /// Whether what was fetched says what it is, so that the rest of it can stay on the server.
    pub fn is_clear(&self) -> bool {
        match &self.text {
            Ok(text) => text.starts_with('{'),
            Err(why) => matches!(why, NoEventMail::Delivered | NoEventMail::TooLarge),
        }
    }
}

/// Says what a message of the folder is. Messages have to come in the order of their UIDs:
/// behind a change of the team's key only the new one counts, and `key` follows it.
pub fn classify(opened: Opened, log: &LogName, key: &mut TeamKey) -> LogEntry {
    LogEntry { uid: opened.uid, received: opened.received, content: content(opened.text, log, key) }
}

fn content(text: Result<String, NoEventMail>, log: &LogName, key: &mut TeamKey) -> LogContent {
    let text = match text {
        Ok(text) => text,
        Err(why) => return LogContent::Ignored(why.to_string()),
    };
    if let Some(event) = envelope::open_own(&text, log, key) {
        return believed(event, None, key);
    }
    let read = match envelope::Text::read(&text) {
        Ok(read) => read,
        Err(why) => return LogContent::Ignored(why.to_string()),
    };
    if let Some(genesis) = read.genesis() {
        // Of two clients that began at once one was second: its beginning is none, and no cause for alarm.
        return if genesis.log == *log { LogContent::Genesis { validity: genesis.validity } } else { LogContent::OtherGenesis };
    }
    match read.open(log, key) {
        Ok((event, says_more)) => believed(event, says_more.then_some(text), key),
        Err(why) => LogContent::Ignored(why.to_string()),
    }
}

/// What an event is to the log; `raw` is its text where that says more than this version understands.
fn believed(event: Event, raw: Option<String>, key: &mut TeamKey) -> LogContent {
    if let Change::Rekey { key: next } = &event.change {
        if let Some(next) = TeamKey::parse(next) {
            *key = next;
        }
    }
    let as_json = || serde_json::to_string(&event).unwrap_or_default();
    match &event.change {
        Change::Snapshot { .. } => LogContent::Snapshot(as_json()),
        Change::Reepoch { .. } => LogContent::Reepoch(as_json()),
        Change::Genesis { .. } => LogContent::Ignored(String::new()),
        _ if event.id.seq == 0 => LogContent::Ignored("it has no place among its device's events".into()),
        _ => LogContent::Event { event: Arc::new(event), raw },
    }
}
