//! One folder as last seen: UIDs, file names, what changed when.

mod hand_over;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::name::{self, Keywords};
use super::names::{Names, Part, Row, Sight};
use super::private;
use super::uidlist::{UidList, lock};
use crate::domain::MessageId;
use crate::sync::source::{Changes, Deposit, Flags, SyncPoint, UidSet};

/// A directory changed this shortly before it was read may have changed again within the same tick of its clock.
const TICK: Duration = Duration::from_secs(2);
/// So many threads wait for the disk when many messages are written.
const WRITERS: usize = 16;
/// A header longer than this is read no further.
const HEADER_OCTETS: u64 = 1 << 20;

/// Modification times of `new` and `cur`.
type Stamp = (SystemTime, SystemTime);

#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    uids: UidList,
    keywords: Keywords,
    names: Names,
    vanished: Vec<(u64, u32)>,
    stamp: Option<Stamp>,
    settled: bool,
    /// The last look as a mod-sequence: microseconds since 1970, always growing, above [`Folder::instance`].
    now: u64,
    /// Ten random bits below each mod-sequence. What another process saw when cannot be
    /// compared with what this one saw, so its sync points have to be told apart.
    instance: u64,
    /// The first look; nothing is known of changes before it.
    begun: u64,
    /// The last look that found something.
    pub changed: u64,
    ids: HashMap<u32, Option<MessageId>>,
}

impl Folder {
    pub fn new(dir: PathBuf) -> Self {
        let uids = UidList::new(&dir);
        Self {
            dir,
            uids,
            keywords: Keywords::default(),
            names: Names::default(),
            vanished: Vec::new(),
            stamp: None,
            settled: false,
            now: 0,
            instance: u64::from(getrandom::u32().unwrap_or(0) & 1023),
            begun: 0,
            changed: 0,
            ids: HashMap::new(),
        }
    }

    pub fn uid_validity(&self) -> u32 {
        self.uids.uid_validity
    }

    pub fn uid_next(&self) -> u32 {
        self.uids.next
    }

    pub fn modseq(&self) -> u64 {
        self.now
    }

    pub fn uids(&self) -> UidSet {
        self.names.uids().collect()
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn directory(&self) -> &Path {
        &self.dir
    }

    /// Whether a change after the last look can be told by the directories' times.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Looks again, unless both directories are as they were.
    pub fn refresh(&mut self) -> io::Result<()> {
        let stamp = self.read_stamp()?;
        if self.settled && self.stamp == Some(stamp) {
            return Ok(());
        }
        let begun = SystemTime::now();
        let _lock = lock(&self.dir)?;
        self.refresh_uids()?;
        self.keywords = Keywords::load(&self.dir)?;
        let mut found = self.read_names()?;
        // A file that is renamed while a directory is read may be passed over: look twice before it counts as gone.
        if self.lacks_some(&found) {
            let again = self.read_names()?;
            let seen: HashSet<&str> = found.uniques().collect();
            let passed_over: Vec<(Part, String)> =
                again.files().filter(|(_, file)| !seen.contains(name::split(file).0)).map(|(part, file)| (part, file.to_owned())).collect();
            for (part, file) in &passed_over {
                found.push(*part, file);
            }
        }
        self.give_uids(&found)?;
        self.compare(&found);
        self.stamp = Some(stamp);
        self.settled = [stamp.0, stamp.1].iter().all(|time| begun.duration_since(*time).is_ok_and(|age| age > TICK));
        Ok(())
    }

    /// Under another UIDVALIDITY nothing remembered by UID is true any more.
    fn refresh_uids(&mut self) -> io::Result<()> {
        let before = self.uids.uid_validity;
        self.uids.refresh()?;
        if self.uids.uid_validity != before {
            self.names = Names::default();
            self.vanished.clear();
            self.ids.clear();
            self.settled = false;
        }
        Ok(())
    }

    fn read_stamp(&self) -> io::Result<Stamp> {
        let modified = |part: &str| fs::metadata(self.dir.join(part)).and_then(|data| data.modified());
        Ok((modified("new")?, modified("cur")?))
    }

    fn read_names(&self) -> io::Result<Sight> {
        let mut found = Sight::default();
        for part in Part::ALL {
            for entry in fs::read_dir(self.dir.join(part.folder()))? {
                // A name that is not UTF-8 was made by no mail program.
                let Ok(file) = entry?.file_name().into_string() else { continue };
                if !file.starts_with('.') && !file.contains(['\n', ' ']) {
                    found.push(part, &file);
                }
            }
        }
        Ok(found)
    }

    fn lacks_some(&self, found: &Sight) -> bool {
        found.uniques().filter(|unique| self.uids.uid(unique).is_some()).count() < self.uids.len()
    }

    fn give_uids(&mut self, found: &Sight) -> io::Result<()> {
        if self.lacks_some(found) {
            let seen: HashSet<&str> = found.uniques().collect();
            let gone: Vec<String> = self.uids.names()?.into_iter().filter(|name| !seen.contains(name.as_str())).collect();
            self.uids.remove(&gone)?;
        }
        let mut fresh: Vec<&str> = found.uniques().filter(|name| self.uids.uid(name).is_none()).collect();
        fresh.sort_unstable_by_key(|name| name::delivery_order(name));
        fresh.dedup();
        self.uids.add(&fresh)
    }

    fn compare(&mut self, found: &Sight) {
        let now = self.tick();
        let found = Names::of(
            found,
            |unique| self.uids.uid(unique),
            |uid, letters| match self.names.get(uid) {
                Some(old) if self.names.letters(old) == letters => self.names.changed(old),
                _ => now,
            },
        );
        let differs = found.rows().any(|row| found.changed(row) == now);
        let before = std::mem::replace(&mut self.names, found);
        let gone: Vec<u32> = before.uids().filter(|uid| self.names.get(*uid).is_none()).collect();
        if differs || !gone.is_empty() {
            self.changed = now;
        }
        for uid in gone {
            self.vanished.push((now, uid));
            self.ids.remove(&uid);
        }
    }

    fn tick(&mut self) -> u64 {
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64);
        self.now = (micros.max((self.now >> 10) + 1) << 10) | self.instance;
        if self.begun == 0 {
            self.begun = self.now;
        }
        self.now
    }

    /// What changed since an earlier look through this very source; of others nothing is known.
    pub fn changes_since(&self, known: SyncPoint) -> Changes {
        let is_ours = (self.begun..=self.now).contains(&known.highest_modseq) && known.highest_modseq & 1023 == self.instance;
        if known.uid_validity != self.uid_validity() || !is_ours {
            return Changes::Unknown;
        }
        let flags = self.names.rows().filter(|row| row.uid < known.uid_next && self.names.changed(row) > known.highest_modseq);
        Changes::Exact {
            flags: flags.map(|row| (row.uid, name::flags(self.names.letters(row), &self.keywords))).collect(),
            vanished: self.vanished.iter().filter(|(when, _)| *when > known.highest_modseq).map(|(_, uid)| *uid).collect(),
        }
    }

    pub fn flags(&self, uid: u32) -> Option<Flags> {
        self.names.get(uid).map(|row| name::flags(self.names.letters(row), &self.keywords))
    }

    /// Opens the file of a message; looks again once when it was renamed meanwhile. `None`: it is gone.
    pub fn open(&mut self, uid: u32) -> io::Result<Option<File>> {
        for attempt in 0..2 {
            let Some(row) = self.names.get(uid).copied() else { return Ok(None) };
            let Some(path) = self.path(&row)? else { return Ok(None) };
            match File::open(path) {
                Ok(file) => return Ok(Some(file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempt == 0 => {
                    self.settled = false;
                    self.refresh()?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Where a file lies by what was seen of it last.
    fn path(&mut self, row: &Row) -> io::Result<Option<PathBuf>> {
        let Some(unique) = self.uids.name(row.uid)? else { return Ok(None) };
        Ok(Some(self.dir.join(row.part.folder()).join(unique + self.names.tail(row))))
    }

    /// Writes through `tmp`, so that nobody ever sees half a message; on disk when this returns.
    pub fn append(&mut self, flags: &Flags, message: &[u8]) -> io::Result<Option<u32>> {
        let unique = name::unique(message.len());
        let draft = self.dir.join("tmp").join(&unique);
        let mut file = private::new_file(&draft)?;
        let written = file.write_all(message).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // Half a message in tmp is of no use to anybody.
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        let _lock = lock(&self.dir)?;
        self.refresh_uids()?;
        self.keywords = Keywords::load(&self.dir)?;
        self.admit(&flags.keywords)?;
        let letters = name::letters(flags, &self.keywords);
        let (part, name) = if letters.is_empty() { (Part::New, unique.clone()) } else { (Part::Cur, format!("{unique}:2,{letters}")) };
        let folder = self.dir.join(part.folder());
        fs::rename(&draft, folder.join(&name))?;
        File::open(folder)?.sync_all()?;
        self.uids.add(&[&unique])?;
        let uid = self.uids.uid(&unique);
        if let Some(uid) = uid.filter(|_| self.stamp.is_some()) {
            self.changed = self.tick();
            self.names.set(uid, part, &name, self.changed);
        }
        Ok(uid)
    }

    /// Writes many messages; their files' dates are their dates of arrival. On disk when this returns.
    pub fn deposit(&mut self, mails: &[Deposit]) -> io::Result<()> {
        let tmp = self.dir.join("tmp");
        let drafts: Vec<(String, PathBuf)> =
            mails.iter().map(|mail| name::unique(mail.bytes.len())).map(|unique| (unique.clone(), tmp.join(unique))).collect();
        if let Err(error) = write_drafts(&drafts, mails) {
            for (_, draft) in &drafts {
                let _ = fs::remove_file(draft);
            }
            return Err(error);
        }
        let _lock = lock(&self.dir)?;
        self.refresh_uids()?;
        self.keywords = Keywords::load(&self.dir)?;
        for ((unique, draft), mail) in drafts.iter().zip(mails) {
            let letters = name::letters(&mail.flags, &self.keywords);
            let (part, file) = if letters.is_empty() { (Part::New, unique.clone()) } else { (Part::Cur, format!("{unique}:2,{letters}")) };
            fs::rename(draft, self.dir.join(part.folder()).join(file))?;
        }
        for part in ["new", "cur"] {
            File::open(self.dir.join(part))?.sync_all()?;
        }
        let names: Vec<&str> = drafts.iter().map(|(unique, _)| unique.as_str()).collect();
        self.uids.add(&names)?;
        self.settled = false;
        Ok(())
    }

    /// Removes the files for good.
    pub fn expunge(&mut self, uids: &UidSet) -> io::Result<()> {
        self.refresh()?;
        {
            let _lock = lock(&self.dir)?;
            let wanted: Vec<Row> = self.names.rows().filter(|row| uids.contains(row.uid)).copied().collect();
            for row in wanted {
                let Some(path) = self.path(&row)? else { continue };
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        self.settled = false;
        self.refresh()
    }

    fn admit(&mut self, keywords: &[String]) -> io::Result<()> {
        if keywords.iter().any(|keyword| keyword.is_empty() || keyword.contains(char::is_whitespace)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a keyword holds a blank or nothing"));
        }
        if self.keywords.admit(&self.dir, keywords)? {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, "a Maildir folder bears 26 keywords, and all are taken"))
    }

    /// Renames the files; one that leaves `new` has been touched by a person and goes to `cur`.
    pub fn store_flags(&mut self, uids: &UidSet, flags: &Flags, on: bool) -> io::Result<()> {
        self.refresh()?;
        let _lock = lock(&self.dir)?;
        self.keywords = Keywords::load(&self.dir)?;
        if on {
            self.admit(&flags.keywords)?;
        }
        let letters = name::letters(flags, &self.keywords);
        let wanted: Vec<u32> = self.names.uids().filter(|uid| uids.contains(*uid)).collect();
        for uid in wanted {
            self.set_letters(uid, &letters, on)?;
        }
        Ok(())
    }

    fn set_letters(&mut self, uid: u32, letters: &str, on: bool) -> io::Result<()> {
        let now = self.tick();
        let Some(row) = self.names.get(uid).copied() else { return Ok(()) };
        let before = self.names.letters(&row);
        let mut after: Vec<char> = before.chars().filter(|letter| on || !letters.contains(*letter)).collect();
        after.extend(letters.chars().filter(|letter| on && !before.contains(*letter)));
        after.sort_unstable();
        let after: String = after.into_iter().collect();
        if after == before {
            return Ok(());
        }
        let (Some(unique), Some(path)) = (self.uids.name(uid)?, self.path(&row)?) else { return Ok(()) };
        let file = format!("{unique}:2,{after}");
        match fs::rename(path, self.dir.join(Part::Cur.folder()).join(&file)) {
            Ok(()) => self.names.set(uid, Part::Cur, &file, now),
            // Gone or renamed by another program: the next look tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.settled = false,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// UIDs of messages with this id. Each header is read once in the life of the source.
    pub fn find(&mut self, id: &MessageId) -> io::Result<UidSet> {
        let unread: Vec<u32> = self.names.uids().filter(|uid| !self.ids.contains_key(uid)).collect();
        for uid in unread {
            let Some(mut file) = self.open(uid)? else { continue };
            let header = read_header(&mut file)?;
            self.ids.insert(uid, message_id(&header));
        }
        Ok(self.names.uids().filter(|uid| self.ids.get(uid).is_some_and(|known| known.as_ref() == Some(id))).collect())
    }
}

/// Reads up to and with the empty line after the header.
pub fn read_header(file: &mut File) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let mut searched = 0;
    loop {
        let count = file.take(4096).read_to_end(&mut header)?;
        if let Some(end) = header_end(&header, searched) {
            header.truncate(end);
            return Ok(header);
        }
        if count == 0 || header.len() as u64 >= HEADER_OCTETS {
            return Ok(header);
        }
        searched = header.len().saturating_sub(3);
    }
}

fn header_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

fn message_id(header: &[u8]) -> Option<MessageId> {
    let text = String::from_utf8_lossy(header);
    let mut lines = text.lines().skip_while(|line| !line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:")));
    let first = lines.next()?.get(11..)?.to_owned();
    let folded: String = lines.take_while(|line| line.starts_with([' ', '\t'])).collect();
    MessageId::new(&(first + &folded))
}

/// Writes many files at once: a disk that is told of sixteen at a time has them all sooner than one by one.
fn write_drafts(drafts: &[(String, PathBuf)], mails: &[Deposit]) -> io::Result<()> {
    let part = mails.len().div_ceil(WRITERS).max(1);
    thread::scope(|scope| {
        let write =
            |(drafts, mails): (&[(String, PathBuf)], &[Deposit])| drafts.iter().zip(mails).try_for_each(|((_, path), mail)| write_draft(path, mail));
        let parts: Vec<_> = drafts.chunks(part).zip(mails.chunks(part)).collect();
        let writers: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || write(part))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap_or_else(|_| Err(io::Error::other("a writer failed")))).fold(Ok(()), io::Result::and)
    })
}

fn write_draft(path: &Path, mail: &Deposit) -> io::Result<()> {
    let mut file = private::new_file(path)?;
    file.write_all(&mail.bytes)?;
    if let Some(date) = mail.internal_date {
        file.set_modified(date.into())?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_message_id_is_found_whatever_the_line_ends() {
        for header in ["From: a\r\nMessage-ID:\r\n <x@y>\r\n\r\n", "message-id: <x@y>\nTo: b\n\n", "MESSAGE-ID:<x@y>"] {
            assert_eq!(message_id(header.as_bytes()), MessageId::new("x@y"), "{header:?}");
        }
        assert_eq!(message_id(b"Subject: Message-ID: <x@y>\r\n\r\n"), None);
    }

    #[test]
    fn the_header_ends_with_its_empty_line() {
        assert_eq!(header_end(b"a: b\r\n\r\nbody", 0), Some(8));
        assert_eq!(header_end(b"a: b\n\nbody\n\n", 0), Some(6));
        assert_eq!(header_end(b"a: b\r\n c\r\n", 0), None);
    }
}
