//! The words of postdesk as values: addresses, messages, tickets, events.
//!
//! Everything here is plain data and pure functions over it. Nothing knows of
//! IMAP, SQL, MIME, a terminal or a clock; the time of day is an argument.

pub mod address;
pub mod answers;
pub mod arrivals;
pub mod authentication;
pub mod canonical;
pub mod conflict;
pub mod draft;
pub mod envelope;
pub mod event;
pub mod fold;
pub mod id;
pub mod language;
pub mod link;
pub mod lookalike;
pub mod message;
pub mod moment;
pub mod outbox;
pub mod participants;
pub mod project;
pub mod query;
pub mod recipients;
pub mod replica;
pub mod sanitise;
pub mod seal;
pub mod sender;
pub mod signal;
pub mod suggestion;
pub mod thread;
pub mod ticket;
pub mod words;

pub use address::Address;
pub use id::{ActorId, EventId, MessageId, TicketKey};
pub use jiff::Timestamp;
