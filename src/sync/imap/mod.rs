//! IMAP4rev1 (RFC 3501) behind [`MailSource`](crate::sync::source::MailSource).
//!
//! The `imap` crate and `native-tls` are named nowhere else. The crate writes
//! commands, counts tags, logs in and conducts IDLE; every byte from the server
//! passes [`wire`] first, which cuts the stream into whole responses within
//! limits, and untagged responses are read by [`parse`] alone.

mod command;
mod connect;
mod line;
pub mod parse;
mod probe;
mod quote;
mod session;
mod source;
pub mod wire;

pub use source::ImapSource;
