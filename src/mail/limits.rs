//! How much of a mail is looked at. What goes beyond becomes a [`Flaw`], never an error.
//!
//! [`Flaw`]: crate::domain::message::Flaw

/// Octets of one message that are parsed; the rest stays unread.
pub const MESSAGE_BYTES: usize = 50 << 20;
/// Multiparts and messages inside each other.
pub const DEPTH: usize = 32;
/// Parts of one message, containers included.
pub const PARTS: usize = 500;
/// Header fields of one part.
pub const HEADERS: usize = 1_000;
/// Octets of one header field.
pub const HEADER_BYTES: usize = 64 << 10;
/// Message-IDs taken from one header.
pub const IDS: usize = 200;
/// Addresses taken from one header.
pub const ADDRESSES: usize = 500;
/// Octets of readable text.
pub const TEXT_BYTES: usize = 4 << 20;
/// Octets of text that go into the search index.
pub const SEARCH_BYTES: usize = 256 << 10;
/// Characters of a preview line.
pub const PREVIEW_CHARS: usize = 200;
/// Octets, open elements and tags of HTML up to which it is laid out; what is more complex is only stripped.
pub const HTML_BYTES: usize = 1 << 20;
pub const HTML_OPEN_ELEMENTS: usize = 500;
pub const HTML_TAGS: usize = 50_000;
/// Lines of text that are made of HTML which is only stripped.
pub const HTML_LINES: usize = 50_000;
/// Links listed for one mail.
pub const LINKS: usize = 500;
