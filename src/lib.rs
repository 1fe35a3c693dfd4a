//! postdesk: a helpdesk for the terminal that needs no server of its own.
//!
//! This text is the architecture document. It says what the parts are, what may
//! use what, and what must always hold; `tests/architecture.rs` reads the paths in
//! the code and fails when a rule is broken.
//!
//! # Bird's eye view
//!
//! A team shares one mailbox. [`sync`] reads it over IMAP, or a local Maildir, into
//! a SQLite cache in [`store`]; what a mail says is found out by [`mail`]. Mail is
//! grouped into tickets by the thread graph (`domain::thread`); who takes part in one,
//! and who only knows a Message-ID of it, is `domain::participants`. Everything a person
//! does to a ticket is an event (`domain::event`); a ticket's state is a pure fold
//! over the events (`domain::fold`) and nothing else. The events of a team travel as
//! mails through a folder of the mailbox (`sync::log`); how several clients come to the
//! same order of them is decided in `domain::replica`, and what waits here is laid over
//! what is decided (`store::refold`). What ordinary mail programs are to see of that is
//! owed to the server, row by row, and never read back as truth (`sync::mirror`). What the server does
//! not take waits in order and is offered to it again later (`desk::held_back`). Answers are drafts that pass a
//! check, become rows of the outbox and leave through [`send`]. [`desk`] is the one
//! code path of all actions; the command line ([`cli`]) and the screen ([`tui`],
//! driven by [`runtime`]) stand on it and know nothing that the other could not.
//!
//! ```text
//! mailbox ──sync──▶ cache.db ──▶ ticket rows ──▶ list, show, screen
//!    ▲                 ▲
//! team log ◀─sync─▶ data.db ──fold──┘           draft ─check▶ outbox ──send──▶ customer
//!                      ▲
//! person ──▶ event ────┘
//! ```
//!
//! # Code map
//!
//! | module | what it is |
//! |---|---|
//! | [`domain`] | addresses, ids, messages, tickets, events, their seal and their fold, drafts, recipients, threading, routing, the query language, the sanitiser |
//! | [`action`] | the registry: every action once, with words, keys and arguments |
//! | [`protocol`] | what the screen asks of the workers, their answers and news, the JSON of the commands, tickets without the people in them |
//! | [`config`] | the TOML file, every problem with its line; fetching secrets |
//! | [`templates`] | the projects' templates: minijinja and the placeholders of GitLab's service desk |
//! | [`mail`] | bytes ↔ message: MIME, text, quotes, class; building an answer |
//! | [`store`] | `data.db` (events of all, drafts, outbox) and `cache.db` (mail and what is derived), every query |
//! | [`sync`] | mail sources behind one trait, the pure planner, the bounded pipeline, openings and reopenings, the team log, the mirror |
//! | [`send`] | SMTP, a command, or the demo's folders; a failure knows its stage |
//! | [`desk`] | what an action does, without any user interface; the visit to the servers and the role it needs; claims and arbitration; `doctor` |
//! | [`tui`] | model, pure `update` and `view` |
//! | [`runtime`] | threads, the terminal, the child editor, other programs, the configuration while it changes |
//! | [`cli`] | clap built from the registry, printing, exit codes |
//! | [`demo`] | the generated desk |
//!
//! # What may use what
//!
//! ```text
//! domain     ← action, protocol, config, templates
//! domain     ← mail        the only user of mail-parser, html2text and lettre's builder
//! domain     ← store       the only user of rusqlite
//! mail+store ← sync        imap in sync::imap alone; native-tls there and in send
//! mail+store ← send        lettre's transport here alone
//! all those  ← desk
//! domain+action+protocol ← tui
//! config+domain ← demo
//! everything ← runtime     the only user of crossterm
//!            ← cli         the only user of clap
//!            ← main
//! ```
//!
//! # Invariants
//!
//! 1. `domain` uses `std` and plain value crates (time, unicode, hashing, serde);
//!    none of its signatures name a UI, IMAP, SQL or MIME type.
//! 2. SQL lives under `store` alone. Reading mail never fails: it returns a message
//!    and a list of flaws, and a broken mail still becomes a ticket.
//! 3. The UI thread never touches the database or the network. It sends jobs and
//!    gets answers that carry a request id; older answers are dropped.
//! 4. `tui::update` does no I/O and returns effects; `tui::view` takes `&Model`.
//! 5. A database transaction never spans a network call. Writers begin with
//!    `BEGIN IMMEDIATE` and work in batches; no transaction spans both files.
//! 6. News from workers says what changed, by id and after the commit; rows travel
//!    only in the answer to a question.
//! 7. Nothing read from a mail reaches the terminal, a file name, a header or a
//!    shell without passing `domain::sanitise`.
//! 8. A note has no path to SMTP: it exists as an event only, and the outbox takes
//!    nothing but a `domain::draft::ReadyReply`.
//! 9. Progress of a folder is committed together with the rows it covers, so that a
//!    crash between any two lines costs at most a message fetched again.
//! 10. An event is appended only after the log was looked through for it over the same
//!     session, and is done only when it was read back; a message of the log counts as
//!     read in the transaction that stores it, and the cache follows from there.
//! 11. Of a team one client acts where something must happen once: a claim or an intent is read back
//!     from the log first, and who does not know whether it has won does nothing.
//! 12. A mail outside the team's folder is altered in its flags, our keywords and its place
//!     alone, by the author of the event that asks for it; no status follows from either.
//! 13. Only the holder of a desk's network lock talks to its servers; everybody else
//!     writes rows and rings. `doctor` is the exception: it must answer while somebody
//!     holds the lock, and touches nothing but a folder of its own.
//!
//! # What is deliberately absent
//!
//! - A server of our own, and any state that only one client has: the mailbox is the
//!   database the team shares, and the cache can be thrown away.
//! - Asynchronous Rust: a handful of threads over channels do what is needed.
//! - Decryption, and any request to an address found in a mail.
//! - Deleting: nothing here expunges a customer's mail, but the original of one that was copied
//!   in order to be moved; of the team's own folder only what a proven snapshot holds.
//! - Trust in what a server says it stored: an event of ours is shared when it was read back.
//!
//! # Standards, and where they are used
//!
//! | RFC | what | where |
//! |---|---|---|
//! | 3501, 9051 | IMAP | `sync::imap` |
//! | 7162 | CONDSTORE, QRESYNC | `sync::imap`, `sync::plan` |
//! | 6851 | MOVE | `sync::imap`, `sync::mirror` |
//! | 3502, 4315, 7888, 4731, 9738 | MULTIAPPEND, UIDPLUS, LITERAL+, ESEARCH, MESSAGELIMIT | `sync::imap` |
//! | 2177 | IDLE | `sync::imap` |
//! | 5530, 9208, 4469 | response codes: why something was refused | `sync::refusal` |
//! | 2342 | NAMESPACE | `sync::imap` |
//! | 6154 | SPECIAL-USE | `sync::imap`, `sync::pass` |
//! | 8314 | implicit TLS | `sync::imap`, `send` |
//! | 5321, 5322 | SMTP, message format | `send`, `mail`, `domain::address` |
//! | 2045–2047, 2231 | MIME, encoded words, parameters | `mail` |
//! | 3676 | format=flowed | `mail` |
//! | 3464, 3463 | delivery reports, status codes | `mail` |
//! | 2369, 2142 | lists, addresses of programs | `mail` |
//! | 5545, 5546 | answers to invitations | `mail` |
//! | 2104, 4231 | HMAC | `domain::seal` |
//! | 4648 | base64 in the parts of a snapshot | `store::snapshot` |
//! | 3834 | automatic answers | `mail` |
//! | 5233 | sub-addresses | `domain::project`, `domain::thread` |
//! | 8601, 7489 | Authentication-Results, alignment | `domain::authentication` |
//! | 3339 | times that programs read | `domain::moment`, `cli` |
//! | 4180 | CSV | `cli::csv` |
//! | 2606 | addresses in the place of people's | `protocol::redaction` |
//! | 4155 | mbox archives (read and written as mboxrd) | `mail::mbox` |

pub mod action;
pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
#[cfg(test)]
mod growth;
pub mod mail;
pub mod protocol;
pub mod runtime;
pub mod send;
pub mod store;
pub mod sync;
pub mod templates;
pub mod tui;
