//! Mail as bytes, read into the words of the domain and made from them.
//!
//! Reading is total: whatever the bytes are, a [`Message`] comes out, and what had
//! to be repaired, guessed or cut stands in its flaws. Every step is linear in the
//! size of the mail and bounded by [`limits`]. There are two depths of reading:
//! [`ingest`] runs once for every mail that is synced and never lays out HTML;
//! [`read`] and [`view`] run when somebody looks.
//!
//! | file | question |
//! |---|---|
//! | `headers`, `encoded`, `ids`, `dates`, `routing`, `trace` | what the header block says |
//! | `line_ends`, `structure`, `transfer`, `charset`, `body`, `attachment`, `tnef` | which parts there are, and their octets and characters |
//! | `flowed`, `html`, `markup` | how a part reads as text |
//! | `quote`, `attribution`, `trailer`, `reply_words` | what in the text is new |
//! | `class`, `subject_words`, `spam` | who or what wrote it |
//! | `bounce`, `delivery_status`, `ses`, `report_words`, `lost_recipients`, `returned` | what became of a mail of ours |
//! | `links`, `calendar`, `signals` | what it refers to, and what an agent should know of it |
//! | `subject`, `quotation`, `compose` | how an answer is made |
//! | `event_mail` | an event of the team log as a mail |
//! | `mbox` | whole archives in one file |

mod address_list;
mod attachment;
mod attribution;
mod body;
mod bounce;
mod calendar;
mod charset;
mod class;
mod compose;
mod dates;
mod delivery_status;
mod encoded;
mod event_mail;
mod flowed;
mod headers;
mod html;
mod id_list;
mod ids;
mod ingest;
mod language;
pub mod limits;
mod line_ends;
mod links;
mod lost_recipients;
mod machine;
mod marks;
mod markup;
pub mod mbox;
mod quotation;
mod quote;
mod read;
mod reply_words;
mod report_words;
mod returned;
mod routing;
mod ses;
mod signals;
mod spam;
mod structure;
mod subject;
mod subject_words;
mod tnef;
mod trace;
mod trailer;
mod transfer;
mod view;

pub use attachment::{media_type, open as attachment};
pub use compose::{ComposeError, Outgoing, compose, is_writable};
pub use event_mail::{EVENT_OCTETS, EVENT_PART_HEAD, EventMail, NoEventMail, SNAPSHOT_OCTETS, read_event, write_event};
pub use flowed::flow;
pub use ingest::{Ingested, ingest};
pub use language::detect as language;
pub use quotation::{attribution, quote};
pub use quote::{NewText, new_text};
pub use read::{read, read_header};
pub use subject::{base as base_subject, reply_subject, tag as subject_tag};
pub use view::{NO_VISIBLE_TEXT, Reading, browser_page, open, view};

use crate::domain::message::{Message, RoutedAddress};

/// Where a desk without configuration would route a mail: the first recipient and the header that names it.
pub fn routed(message: &Message) -> Option<&RoutedAddress> {
    message.recipients.first()
}
