//! [`ImapSource`]: the calls of [`MailSource`] as IMAP commands.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::command::{Wanted, fetch_items, flag_list, pieces, wanted};
use super::parse::{Code, Listed, StatusKind, Untagged};
use super::quote::quoted;
use super::session::{Session, Watch};
use crate::domain::{MessageId, sanitise};
use crate::sync::endpoint::{Endpoint, Timeouts};
use crate::sync::mutf7;
use crate::sync::roles;
use crate::sync::source::{
    Changes, Deposit, FetchPart, Fetched, Flags, FolderEntry, Glance, Keeps, Landed, MailSource, Relocation, Role, Selected, SourceError,
    SourceResult, SyncPoint, Trouble, UidSet, WaitEnd, Waker,
};

/// IDLE is renewed this often, far below the 29 min of RFC 2177: only a renewal shows that a
/// silent line is dead, and some servers tell news late or never while a client idles.
const IDLE_AT_MOST: Duration = Duration::from_mins(1);

/// So many messages go into one APPEND (RFC 3502).
const MULTIAPPEND_AT_MOST: usize = 100;

/// How the server tells what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resync {
    Qresync,
    Condstore,
    Plain,
}

/// A mailbox on an IMAP server; one connection.
#[derive(Debug)]
pub struct ImapSource {
    pub(super) session: Session,
    resync: Resync,
    timeouts: Timeouts,
    /// Names as the server listed them, by decoded name.
    raw_names: HashMap<String, String>,
    uid_validity: HashMap<String, u32>,
    /// What the server puts before the names of our folders; asked for when first needed.
    prefix: Option<String>,
}

impl ImapSource {
    /// Connects, logs in and finds out what the server can do.
    ///
    /// Errors: [`Trouble::Unreachable`], [`Trouble::Tls`], [`Trouble::Auth`] or
    /// [`Trouble::Protocol`], each with `host:port` and the reason.
    pub fn connect(endpoint: &Endpoint, timeouts: Timeouts) -> SourceResult<Self> {
        let mut session = Session::open(endpoint, timeouts)?;
        let resync = agree_on_resync(&mut session)?;
        Ok(Self { session, resync, timeouts, raw_names: HashMap::new(), uid_validity: HashMap::new(), prefix: None })
    }

    /// Tells whether the server offers a capability, named in capitals, after login.
    pub fn can(&self, capability: &str) -> bool {
        self.session.can(capability)
    }

    /// The folder as it stands in a command. Control characters are refused: modified UTF-7
    /// would carry them safely, but no such folder is wanted by anybody.
    pub(super) fn quoted_name(&mut self, folder: &str) -> SourceResult<String> {
        let raw = match self.raw_names.get(folder) {
            Some(raw) => raw.clone(),
            None => mutf7::encode(&self.full_name(folder)?),
        };
        let name = quoted(&raw).filter(|_| !folder.chars().any(char::is_control));
        name.ok_or_else(|| SourceError::new(Trouble::Refused, format!("{:?} cannot be the name of a folder", sanitise::line(folder))))
    }

    /// Courier has all folders under `INBOX.`: `Postdesk` means `INBOX.Postdesk` there.
    fn full_name(&mut self, folder: &str) -> SourceResult<String> {
        if folder.eq_ignore_ascii_case("INBOX") {
            return Ok("INBOX".to_owned());
        }
        let prefix = self.prefix()?;
        Ok(if folder.starts_with(&prefix) { folder.to_owned() } else { prefix + folder })
    }

    fn prefix(&mut self) -> SourceResult<String> {
        if let Some(prefix) = &self.prefix {
            return Ok(prefix.clone());
        }
        let mut found = String::new();
        if self.session.can("NAMESPACE") {
            self.session.run("NAMESPACE", &mut |untagged| {
                if let Untagged::Namespace { prefix } = untagged {
                    found = String::from_utf8(prefix).ok().and_then(|prefix| mutf7::decode(&prefix)).unwrap_or_default();
                }
                Ok(())
            })?;
        }
        self.prefix = Some(found.clone());
        Ok(found)
    }

    fn list(&mut self, pattern: &str) -> SourceResult<Vec<Listed>> {
        let with_use = self.session.can("SPECIAL-USE") && self.session.can("LIST-EXTENDED");
        let command = format!("LIST \"\" {pattern}{}", if with_use { " RETURN (SPECIAL-USE)" } else { "" });
        let mut found = Vec::new();
        self.session.expect_ok(&command, &mut |untagged| {
            if let Untagged::List(listed) = untagged {
                found.push(listed);
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn entry(&mut self, listed: Listed, prefix: &str) -> Option<FolderEntry> {
        let raw = String::from_utf8(listed.name).ok()?;
        let name = normal_name(&mutf7::decode(&raw).unwrap_or_else(|| raw.clone()));
        let name = name.strip_prefix(prefix).filter(|name| !name.is_empty()).unwrap_or(&name).to_owned();
        self.raw_names.insert(name.clone(), raw);
        let selectable = !listed.attributes.iter().any(|attribute| matches!(attribute.as_str(), "\\NOSELECT" | "\\NONEXISTENT"));
        let role = if name == "INBOX" { Some(Role::Inbox) } else { listed.attributes.iter().find_map(|attribute| role_of(attribute)) };
        Some(FolderEntry { name, role, selectable })
    }

    fn flags_since(&mut self, known: SyncPoint) -> SourceResult<Vec<(u32, Flags)>> {
        let command = format!("UID FETCH 1:{} (FLAGS) (CHANGEDSINCE {})", known.uid_next.saturating_sub(1).max(1), known.highest_modseq);
        let mut flags = Vec::new();
        self.session.expect_ok(&command, &mut |untagged| {
            if let Untagged::Fetch(items) = untagged {
                flags.extend(items.uid.zip(items.flags).filter(|(uid, _)| *uid < known.uid_next));
            }
            Ok(())
        })?;
        Ok(flags)
    }

    /// Courier says UIDNEXT only in STATUS; a server that says it nowhere has its UIDs listed.
    fn uid_next(&mut self, name: &str) -> SourceResult<u32> {
        if let Some(next) = self.status(name, "UIDNEXT")? {
            return Ok(next);
        }
        let last = self.uids()?.ranges().last().map_or(0, |(_, high)| *high);
        Ok(last.saturating_add(1))
    }

    fn status(&mut self, name: &str, item: &str) -> SourceResult<Option<u32>> {
        let mut value = None;
        self.session.expect_ok(&format!("STATUS {name} ({item})"), &mut |untagged| {
            if let Untagged::MailboxStatus { items } = untagged {
                value = items.iter().find(|(name, _)| name == item).and_then(|(_, value)| u32::try_from(*value).ok());
            }
            Ok(())
        })?;
        Ok(value)
    }

    /// The UIDVALIDITY to hold an APPENDUID against: some gateways swap its two numbers.
    fn validity_of(&mut self, folder: &str, name: &str) -> SourceResult<Option<u32>> {
        if let Some(validity) = self.uid_validity.get(folder) {
            return Ok(Some(*validity));
        }
        let validity = self.status(name, "UIDVALIDITY")?;
        self.uid_validity.extend(validity.map(|validity| (folder.to_owned(), validity)));
        Ok(validity)
    }

    fn search(&mut self, command: &str) -> SourceResult<UidSet> {
        let mut found = UidSet::new();
        self.session.expect_ok(command, &mut |untagged| {
            if let Untagged::Search(uids) = untagged {
                found.union(&uids);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// MOVE tells where messages went before they vanish, COPY at its end (RFC 6851 §4.3).
    fn relocate(&mut self, verb: &str, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        let name = self.quoted_name(folder)?;
        let mut told: Vec<(u32, Vec<(u32, u32)>)> = Vec::new();
        for set in pieces(uids, self.session.message_limit()) {
            let mut take = |code: Option<Code>| {
                if let Some(Code::CopyUid { uid_validity, uids }) = code {
                    told.push((uid_validity, uids));
                }
            };
            let tagged = self.session.expect_ok(&format!("{verb} {set} {name}"), &mut |untagged| {
                if let Untagged::Status { code, .. } = untagged {
                    take(code);
                }
                Ok(())
            })?;
            take(tagged.code);
        }
        if told.is_empty() {
            return Ok(None);
        }
        let validity = self.validity_of(folder, &name)?.filter(|validity| told.iter().all(|(told, _)| told == validity));
        let pairs = told.into_iter().flat_map(|(_, pairs)| pairs).filter(|(before, _)| uids.contains(*before));
        Ok(validity.map(|uid_validity| Landed { uid_validity, uids: pairs.collect() }))
    }

    fn noop(&mut self) -> SourceResult<()> {
        let mut touched = false;
        self.session.expect_ok("NOOP", &mut |untagged| {
            touched |= matches!(untagged, Untagged::Fetch(_));
            Ok(())
        })?;
        self.session.watch.changed |= touched;
        Ok(())
    }
}

impl MailSource for ImapSource {
    fn folders(&mut self) -> SourceResult<Vec<FolderEntry>> {
        let prefix = self.prefix()?;
        let listed = self.list("\"*\"")?;
        let mut folders: Vec<FolderEntry> = listed.into_iter().filter_map(|listed| self.entry(listed, &prefix)).collect();
        folders.sort_by(|a, b| a.name.cmp(&b.name));
        folders.dedup_by(|a, b| a.name == b.name);
        roles::guess(&mut folders);
        Ok(folders)
    }

    fn select(&mut self, folder: &str, known: Option<SyncPoint>) -> SourceResult<Selected> {
        let name = self.quoted_name(folder)?;
        let known = known.filter(|known| known.uid_validity > 0);
        let mut answer = Answer::default();
        let tagged = self.session.expect_ok(&select_command(&name, self.resync, known), &mut |untagged| {
            answer.take(untagged);
            Ok(())
        })?;
        self.session.watch = Watch { exists: answer.exists, changed: false };
        self.uid_validity.insert(folder.to_owned(), answer.uid_validity);
        let uid_next = if answer.uid_next > 0 { answer.uid_next } else { self.uid_next(&name)? };
        let comparable = known.filter(|known| answer.continues(*known));
        let changes = match (self.resync, comparable) {
            (_, None) | (Resync::Plain, _) => Changes::Unknown,
            (Resync::Qresync, Some(known)) => {
                answer.flags.retain(|(uid, _)| *uid < known.uid_next);
                Changes::Exact { flags: answer.flags, vanished: answer.vanished }
            }
            (Resync::Condstore, Some(known)) if answer.highest_modseq == known.highest_modseq || known.uid_next <= 1 || answer.exists == 0 => {
                Changes::FlagsOnly { flags: Vec::new() }
            }
            (Resync::Condstore, Some(known)) => Changes::FlagsOnly { flags: self.flags_since(known)? },
        };
        Ok(Selected {
            exists: answer.exists,
            uid_validity: answer.uid_validity,
            uid_next,
            highest_modseq: answer.highest_modseq,
            read_only: tagged.code == Some(Code::ReadOnly),
            keeps: answer.keeps.unwrap_or_else(Keeps::system_flags),
            changes,
        })
    }

    fn fetch(&mut self, uids: &UidSet, part: FetchPart, sink: &mut dyn FnMut(Fetched) -> SourceResult<()>) -> SourceResult<()> {
        let items = fetch_items(part);
        for set in pieces(uids, self.session.message_limit()) {
            let mut touched = false;
            let result = self.session.expect_ok(&format!("UID FETCH {set} ({items})"), &mut |untagged| {
                let Untagged::Fetch(items) = untagged else { return Ok(()) };
                match wanted(items, uids, part) {
                    Wanted::Yes(fetched) => sink(fetched),
                    Wanted::Gone => Ok(()),
                    Wanted::OtherNews => {
                        touched = true;
                        Ok(())
                    }
                }
            });
            self.session.watch.changed |= touched;
            result?;
        }
        Ok(())
    }

    fn uids(&mut self) -> SourceResult<UidSet> {
        let extended = self.session.can("ESEARCH");
        self.search(if extended { "UID SEARCH RETURN (ALL) ALL" } else { "UID SEARCH ALL" })
    }

    fn find(&mut self, id: &MessageId) -> SourceResult<UidSet> {
        let text = quoted(&format!("<{id}>")).filter(|text| text.is_ascii());
        let Some(text) = text else {
            return Err(SourceError::new(Trouble::Refused, format!("the server cannot look for the id {:?}", sanitise::line(id.as_str()))));
        };
        self.search(&format!("UID SEARCH HEADER Message-ID {text}"))
    }

    fn append(&mut self, folder: &str, flags: &Flags, message: &[u8]) -> SourceResult<Option<u32>> {
        let name = self.quoted_name(folder)?;
        let command = format!("APPEND {name} ({})", flag_list(flags)?);
        let tagged = self.session.run_with_literal(&command, message)?;
        let tagged = self.session.accept(&command, tagged)?;
        let Some(Code::AppendUid { uid_validity, uids }) = tagged.code else { return Ok(None) };
        let fits = self.validity_of(folder, &name)? == Some(uid_validity);
        Ok(uids.ranges().first().filter(|_| fits && uids.len() == 1).map(|(uid, _)| *uid))
    }

    fn deposit(&mut self, folder: &str, mails: &[Deposit]) -> SourceResult<()> {
        let name = self.quoted_name(folder)?;
        for mail in mails {
            let date = mail.internal_date.map(|at| format!(" \"{}\"", at.strftime("%d-%b-%Y %H:%M:%S +0000"))).unwrap_or_default();
            let command = format!("APPEND {name} ({}){date}", flag_list(&mail.flags)?);
            let tagged = self.session.run_with_literal(&command, &mail.bytes)?;
            self.session.accept(&command, tagged)?;
        }
        Ok(())
    }

    fn append_all(&mut self, folder: &str, flags: &Flags, messages: &[Vec<u8>]) -> SourceResult<()> {
        let name = self.quoted_name(folder)?;
        let (command, between) = (format!("APPEND {name} ({})", flag_list(flags)?), format!("({})", flag_list(flags)?));
        let literals: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let at_once = if self.session.can("MULTIAPPEND") { MULTIAPPEND_AT_MOST } else { 1 };
        for some in literals.chunks(at_once) {
            let tagged = self.session.run_with_literals(&command, &between, some)?;
            self.session.accept(&command, tagged)?;
        }
        Ok(())
    }

    fn expunge(&mut self, uids: &UidSet) -> SourceResult<bool> {
        if !self.session.can("UIDPLUS") {
            return Ok(false);
        }
        for set in pieces(uids, self.session.message_limit()) {
            self.session.expect_ok(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), &mut |_| Ok(()))?;
            // Never a bare EXPUNGE: somebody else may have marked other messages.
            self.session.expect_ok(&format!("UID EXPUNGE {set}"), &mut |_| Ok(()))?;
        }
        Ok(true)
    }

    fn relocation(&self) -> Relocation {
        match (self.session.can("MOVE"), self.session.can("UIDPLUS")) {
            (true, _) => Relocation::AtOnce,
            (false, true) => Relocation::ByCopy,
            (false, false) => Relocation::Never,
        }
    }

    fn move_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        self.relocate("UID MOVE", uids, folder)
    }

    fn copy_to(&mut self, uids: &UidSet, folder: &str) -> SourceResult<Option<Landed>> {
        self.relocate("UID COPY", uids, folder)
    }

    fn glance(&mut self, folder: &str) -> SourceResult<Glance> {
        let name = self.quoted_name(folder)?;
        let mut glance = Glance::default();
        let modseq = if self.resync == Resync::Plain { "" } else { " HIGHESTMODSEQ" };
        self.session.expect_ok(&format!("STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY{modseq})"), &mut |untagged| {
            if let Untagged::MailboxStatus { items } = untagged {
                let value = |item: &str| items.iter().find(|(name, _)| name == item).map_or(0, |(_, value)| *value);
                let small = |item: &str| u32::try_from(value(item)).unwrap_or(0);
                let (uid_validity, uid_next, messages) = (small("UIDVALIDITY"), small("UIDNEXT"), small("MESSAGES"));
                glance = Glance { uid_validity, uid_next, messages, highest_modseq: value("HIGHESTMODSEQ") };
            }
            Ok(())
        })?;
        Ok(glance)
    }

    fn glance_every(&self) -> Duration {
        self.timeouts.poll
    }

    fn store_flags(&mut self, uids: &UidSet, flags: &Flags, on: bool) -> SourceResult<()> {
        let list = flag_list(flags)?;
        if list.is_empty() {
            return Ok(());
        }
        let sign = if on { '+' } else { '-' };
        for set in pieces(uids, self.session.message_limit()) {
            // In CONDSTORE mode the server answers FETCH (MODSEQ) even so: our own change is no news.
            self.session.expect_ok(&format!("UID STORE {set} {sign}FLAGS.SILENT ({list})"), &mut |_| Ok(()))?;
        }
        Ok(())
    }

    fn create(&mut self, folder: &str) -> SourceResult<()> {
        let name = self.quoted_name(folder)?;
        let command = format!("CREATE {name}");
        let tagged = self.session.run(&command, &mut |_| Ok(()))?;
        if tagged.kind == StatusKind::Ok || tagged.code == Some(Code::AlreadyExists) || !self.list(&name)?.is_empty() {
            return Ok(());
        }
        self.session.accept(&command, tagged).map(drop)
    }

    fn wait(&mut self, max: Duration, waker: &Waker) -> SourceResult<WaitEnd> {
        let end = Instant::now() + max;
        loop {
            if waker.take() {
                return Ok(WaitEnd::Woken);
            }
            if std::mem::take(&mut self.session.watch.changed) {
                return Ok(WaitEnd::Changed);
            }
            let now = Instant::now();
            if now >= end {
                return Ok(WaitEnd::TimedOut);
            }
            if self.session.can("IDLE") {
                self.session.idle(end.min(now + IDLE_AT_MOST), waker)?;
            } else {
                self.session.listen(end.min(now + self.timeouts.poll), waker)?;
                if !waker.is_woken() {
                    self.noop()?;
                }
            }
        }
    }

    fn resync_mode(&self) -> &'static str {
        match self.resync {
            Resync::Qresync => "QRESYNC",
            Resync::Condstore => "CONDSTORE",
            Resync::Plain => "plain",
        }
    }

    fn close(&mut self) {
        self.session.log_out();
    }
}

impl Drop for ImapSource {
    fn drop(&mut self) {
        self.session.kill();
    }
}

/// QRESYNC counts only when the server says it is enabled (RFC 7162 §3.2.3).
fn agree_on_resync(session: &mut Session) -> SourceResult<Resync> {
    let condstore = if session.can("CONDSTORE") || session.can("QRESYNC") { Resync::Condstore } else { Resync::Plain };
    if !(session.can("QRESYNC") && session.can("ENABLE")) {
        return Ok(condstore);
    }
    let mut enabled = false;
    let tagged = session.run("ENABLE QRESYNC", &mut |untagged| {
        enabled |= matches!(untagged, Untagged::Enabled(list) if list.iter().any(|name| name == "QRESYNC"));
        Ok(())
    })?;
    Ok(if enabled && tagged.kind == StatusKind::Ok { Resync::Qresync } else { condstore })
}

fn select_command(name: &str, resync: Resync, known: Option<SyncPoint>) -> String {
    match (resync, known) {
        (Resync::Qresync, Some(known)) if known.highest_modseq > 0 => {
            format!("SELECT {name} (QRESYNC ({} {}))", known.uid_validity, known.highest_modseq)
        }
        (Resync::Qresync | Resync::Condstore, _) => format!("SELECT {name} (CONDSTORE)"),
        (Resync::Plain, _) => format!("SELECT {name}"),
    }
}

/// What SELECT answers, collected.
#[derive(Debug, Default)]
struct Answer {
    exists: u32,
    uid_validity: u32,
    uid_next: u32,
    highest_modseq: u64,
    keeps: Option<Keeps>,
    flags: Vec<(u32, Flags)>,
    vanished: UidSet,
}

impl Answer {
    fn take(&mut self, untagged: Untagged<'_>) {
        match untagged {
            Untagged::Exists(count) => self.exists = count,
            Untagged::Fetch(items) => self.flags.extend(items.uid.zip(items.flags)),
            Untagged::Vanished { uids, .. } => self.vanished.union(&uids),
            Untagged::Status { code: Some(code), .. } => self.take_code(code),
            _ => {}
        }
    }

    fn take_code(&mut self, code: Code) {
        match code {
            // What came before belongs to the folder left (RFC 7162 §3.2.11).
            Code::Closed => *self = Self::default(),
            Code::UidValidity(value) => self.uid_validity = value,
            Code::UidNext(value) => self.uid_next = value,
            Code::HighestModseq(value) => self.highest_modseq = value,
            Code::PermanentFlags(keeps) => self.keeps = Some(keeps),
            Code::NoModseq => self.highest_modseq = 0,
            _ => {}
        }
    }

    /// A mod-sequence that fell means an index was lost: nothing can be compared with it.
    fn continues(&self, known: SyncPoint) -> bool {
        self.uid_validity == known.uid_validity && known.highest_modseq > 0 && self.highest_modseq >= known.highest_modseq
    }
}

/// INBOX in any spelling is INBOX (RFC 3501 §5.1).
fn normal_name(folder: &str) -> String {
    if folder.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { folder.to_owned() }
}

fn role_of(attribute: &str) -> Option<Role> {
    match attribute {
        "\\SENT" => Some(Role::Sent),
        "\\ARCHIVE" => Some(Role::Archive),
        "\\JUNK" | "\\SPAM" => Some(Role::Junk),
        "\\TRASH" => Some(Role::Trash),
        "\\DRAFTS" => Some(Role::Drafts),
        "\\ALL" | "\\ALLMAIL" => Some(Role::All),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallen_modseq_or_another_validity_means_nothing_can_be_compared() {
        let known = SyncPoint { uid_validity: 5, uid_next: 10, highest_modseq: 13 };
        let answer = |uid_validity, highest_modseq| Answer { uid_validity, highest_modseq, ..Answer::default() };
        assert!(answer(5, 13).continues(known));
        assert!(!answer(5, 2).continues(known));
        assert!(!answer(6, 13).continues(known));
        assert!(!answer(5, 13).continues(SyncPoint { highest_modseq: 0, ..known }));
    }

    #[test]
    fn what_is_said_before_closed_belongs_to_the_folder_left() {
        let mut answer = Answer::default();
        answer.take(Untagged::Exists(9));
        answer.take(Untagged::Vanished { earlier: false, uids: UidSet::range(1, 2) });
        answer.take(Untagged::Status { kind: StatusKind::Ok, code: Some(Code::Closed), text: String::new() });
        answer.take(Untagged::Exists(3));
        assert_eq!((answer.exists, answer.vanished.is_empty()), (3, true));
    }
}
