//! What the trials work with: two sessions, a folder, and mails that are told apart.

use crate::desk::DeskSetup;
use crate::domain::{MessageId, Timestamp};
use crate::sync::endpoint::Endpoint;
use crate::sync::imap::ImapSource;
use crate::sync::source::{Fetched, MailSource as _};

/// So many mails are appended one by one.
pub const TRIALS: usize = 20;

/// Two sessions, the folder, and what has been put into it.
pub struct Bench<'a> {
    pub endpoint: &'a Endpoint,
    pub mailbox: String,
    pub first: ImapSource,
    pub second: ImapSource,
    pub folder: String,
    pub run: u32,
    pub uid_validity: u32,
    pub uid_next: u32,
    pub sent: Vec<Sent>,
    pub arrived: Vec<Fetched>,
    /// When the last of the trials had been taken, by our clock.
    pub sent_at: Timestamp,
}

pub struct Sent {
    pub id: MessageId,
    /// What APPENDUID said.
    pub told: Option<u32>,
    /// What it was found under.
    pub found: Vec<u32>,
}

impl<'a> Bench<'a> {
    pub fn new(setup: &DeskSetup, endpoint: &'a Endpoint, first: ImapSource, second: ImapSource, folder: &str) -> Self {
        let mailbox = if setup.desk.mailbox.is_empty() { "postdesk@postdesk.invalid".to_owned() } else { setup.desk.mailbox.clone() };
        Self {
            endpoint,
            mailbox,
            first,
            second,
            folder: folder.to_owned(),
            run: getrandom::u32().unwrap_or(0),
            uid_validity: 0,
            uid_next: 0,
            sent: Vec::new(),
            arrived: Vec::new(),
            sent_at: Timestamp::UNIX_EPOCH,
        }
    }

    pub fn close(mut self) {
        self.first.close();
        self.second.close();
    }

    /// A small mail with an id of its own, dated a quarter of a century ago.
    pub fn mail(&self, name: &str) -> (MessageId, String) {
        let id = format!("doctor.{:08x}.{name}@postdesk.invalid", self.run);
        let text = format!(
            "From: {0}\r\nTo: {0}\r\nSubject: Trial {name} of postdesk doctor\r\nMessage-ID: <{id}>\r\nDate: Mon, 01 Jan 2001 12:00:00 +0000\r\n\
             Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n\r\nThis mail tries the server out; it may be deleted.\r\n",
            self.mailbox
        );
        (MessageId::new(&id).unwrap_or_else(|| MessageId::synthetic(id.as_bytes())), text)
    }
}
