//! From bytes off the wire to a row ready to be written: read, hashed, placed in a project, compressed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::message::{Class, Direction, Message};
use crate::domain::project::{self, Project};
use crate::domain::{Address, MessageId, Timestamp, authentication, thread};
use crate::mail;
use crate::store::folders::FolderRole;
use crate::store::mail_in::{ANSWERED, Arrived, Extent, FLAGGED, SEEN};

use super::source::{Fetched, Flags};

/// What reading a mail needs to know of the desk.
#[derive(Clone, Debug, Default)]
pub struct DeskContext {
    /// The address of the shared mailbox.
    pub mailbox: String,
    pub projects: Vec<Project>,
    /// The name under which our own server writes Authentication-Results.
    pub authserv_id: Option<String>,
}

impl DeskContext {
    /// Tells whether an address is one of the desk's own.
    pub fn is_own(&self, address: &str) -> bool {
        project::is_own_address(address, &self.mailbox, &self.projects)
    }

    /// Every own address and pattern, current and retired.
    pub fn own_addresses(&self) -> Vec<String> {
        let of_projects = self
            .projects
            .iter()
            .flat_map(|project| project.addresses.iter().chain(&project.retired_addresses).cloned().chain([project.from.address.clone()]));
        of_projects.chain([self.mailbox.clone()]).filter(|address| !address.is_empty()).collect()
    }
}

/// Compresses one message after the other with the same tables.
#[allow(missing_debug_implementations)]
pub struct Preparer<'a> {
    context: &'a DeskContext,
    compressor: Option<zstd::bulk::Compressor<'static>>,
}

/// Fast, and within 2 % of what level 3 saves on mail.
const ZSTD_LEVEL: i32 = 1;

impl<'a> Preparer<'a> {
    pub fn new(context: &'a DeskContext) -> Self {
        Self { context, compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL).ok() }
    }

    /// Makes a row of a fetched message. Never fails: a mail that makes the
    /// reader panic is kept as one that is no MIME at all.
    pub fn prepare(&mut self, fetched: &Fetched, role: FolderRole, header_only: bool) -> Arrived {
        let read = catch_unwind(AssertUnwindSafe(|| {
            mail::ingest(&fetched.bytes, if header_only { fetched.bytes.len() as u64 } else { u64::from(fetched.size) })
        }));
        let ingested = read.unwrap_or_else(|_| mail::ingest(&unreadable(&fetched.bytes), fetched.bytes.len() as u64));
        let is_part = (fetched.bytes.len() as u64) < u64::from(fetched.size);
        let extent = match (header_only, is_part) {
            (true, _) => Extent::Header,
            (false, true) => Extent::Part,
            (false, false) => Extent::Whole,
        };
        let mut message = ingested.message;
        let direction = self.direction(&mut message, role);
        let route = project::route(&message.recipients, &self.context.projects);
        let domain = message.from.as_ref().map(Address::domain).unwrap_or_default();
        let auth = authentication::check(&message.authentication, self.context.authserv_id.as_deref(), &domain).verdict;
        let claims = thread::claims(&message, &|address| self.context.is_own(address));
        Arrived {
            uid: fetched.uid,
            flags: flag_bits(&fetched.flags),
            at: fetched.internal_date.or(message.date).unwrap_or(Timestamp::UNIX_EPOCH),
            size: fetched.size,
            extent,
            direction,
            route,
            auth,
            claims,
            search_text: ingested.search_text,
            preview: ingested.preview,
            header_hash: ingested.header_hash,
            body_hash: ingested.body_hash,
            raw: self.compress(&fetched.bytes),
            message,
        }
    }

    /// What lies in Sent, or comes from an own address, went out.
    fn direction(&self, message: &mut Message, role: FolderRole) -> Direction {
        let from_us = message.from.as_ref().is_some_and(|from| self.context.is_own(&from.address));
        if role != FolderRole::Sent && !from_us {
            return Direction::In;
        }
        if message.class == Class::Human {
            message.class = Class::Own;
        }
        Direction::Out
    }

    fn compress(&mut self, bytes: &[u8]) -> Vec<u8> {
        let packed = self.compressor.as_mut().and_then(|compressor| compressor.compress(bytes).ok());
        packed.or_else(|| zstd::stream::encode_all(bytes, ZSTD_LEVEL).ok()).unwrap_or_default()
    }
}

/// A mail nobody can read is shown by its beginning, as text.
fn unreadable(bytes: &[u8]) -> Vec<u8> {
    let text: String = String::from_utf8_lossy(bytes.get(..bytes.len().min(4_096)).unwrap_or_default()).into_owned();
    let id = MessageId::synthetic(bytes);
    format!("Message-ID: <{id}>\r\nSubject: (unreadable mail)\r\n\r\n{text}").into_bytes()
}

/// The flags that are stored.
pub fn flag_bits(flags: &Flags) -> u8 {
    let system = (u8::from(flags.seen) * SEEN) | (u8::from(flags.answered) * ANSWERED) | (u8::from(flags.flagged) * FLAGGED);
    system | super::mirror::keyword_bits(&flags.keywords)
}
